/* SPDX-License-Identifier: Apache-2.0 */
/* Heads and records as bytes. FORMAT.md has the layout; numbers are little-endian. */
#include "spool_internal.h"

#define MAGIC 0x3353564EU /* "NVS3" */

enum {
    HEAD_WORDS = 18, /* in front of the CRC */
    HEAD_CRC_AT = 4 * HEAD_WORDS,
    HEAD_PLAIN = 12 /* of these, as in struct nvt_head from before on */
};

static void put_words(uint8_t *out, const uint32_t *words, size_t count)
{
    for (size_t i = 0; i < 4U * count; i++) {
        out[i] = (uint8_t)(words[i / 4U] >> i % 4U * 8U);
    }
}

static uint32_t get_32(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8U | (uint32_t)at[2] << 16U | (uint32_t)at[3] << 24U;
}

static void get_words(const uint8_t *bytes, uint32_t *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        words[i] = get_32(bytes + 4U * i);
    }
}

/* ---- sizes ---- */

static bool is_good_geometry(uint32_t block_size, uint32_t block_count, uint32_t prog_size)
{
    bool power_of_2 = prog_size != 0U && (prog_size & (prog_size - 1U)) == 0U;
    return power_of_2 && prog_size <= 4096U && block_size >= 256U && block_size <= 1048576U &&
           (block_size & ((prog_size - 1U) | 3U)) == 0U && block_count >= 4U &&
           block_count <= 65535U;
}

bool nvt_is_good_device(const struct nvt_port_block *d)
{
    return d != NULL && is_good_geometry(d->block_size, d->block_count, d->prog_size);
}

uint32_t nvt_padded(const struct nvt_port_block *d, uint32_t len)
{
    uint32_t rest = (d->prog_size - 1U) | 3U; /* units of 4 at least */
    return (len + rest) & ~rest;
}

uint32_t nvt_room(const struct nvt_port_block *d, uint32_t len)
{
    return nvt_padded(d, (uint32_t)NVT_RECORD_LEN + len);
}

uint32_t nvt_records_at(const struct nvt_port_block *d)
{
    return 2U * nvt_padded(d, NVT_HEAD_LEN);
}

uint32_t nvt_list_room(const struct nvt_port_block *d)
{
    uint32_t least = nvt_room(d, 16U);
    uint32_t share = nvt_padded(d, d->block_size / 64U);
    return share > least ? share : least;
}

uint32_t nvt_data_max(const struct nvt_port_block *d)
{
    uint32_t taken = nvt_records_at(d) + nvt_list_room(d) + 2U * nvt_room(d, 0U);
    return d->block_size > taken ? d->block_size - taken : 0U;
}

/* ---- heads ---- */

static uint32_t crc_word(uint32_t crc, uint32_t word)
{
    uint8_t bytes[4];
    put_words(bytes, &word, 1U);
    return nvt_crc32(crc, nvt_span_of(bytes, sizeof bytes));
}

static uint32_t head_crc(uint32_t block, const uint8_t bytes[NVT_HEAD_LEN])
{
    return nvt_crc32(crc_word(0U, block), nvt_span_of(bytes, (size_t)HEAD_CRC_AT));
}

bool nvt_head_is_whole(uint32_t block, const uint8_t bytes[NVT_HEAD_LEN])
{
    return get_32(bytes + HEAD_CRC_AT) == head_crc(block, bytes);
}

static uint32_t counts_of(const struct nvt_port_block *d)
{
    return d->block_count | d->prog_size << 16U;
}

void nvt_head_encode(const struct nvt_port_block *d, uint32_t block, const struct nvt_head *h,
                     uint8_t out[NVT_HEAD_LEN])
{
    uint32_t words[HEAD_WORDS];
    words[0] = MAGIC;
    words[1] = h->own.seq;
    words[2] = h->own.salt;
    (void)memcpy(&words[3], &h->before, (size_t)HEAD_PLAIN * sizeof words[0]);
    words[7] |= h->oldest << 16U;
    words[15] = d->block_size | (h->moving ? 1U << 31U : 0U);
    words[16] = counts_of(d);
    words[17] = h->base.pending;
    put_words(out, words, (size_t)HEAD_WORDS);
    words[0] = head_crc(block, out);
    put_words(out + HEAD_CRC_AT, words, 1U);
}

nvt_err nvt_spool_read_geometry(struct nvt_span head, struct nvt_spool_geometry *out_geometry)
{
    if (head.len < (size_t)NVT_HEAD_LEN || (get_32(head.ptr) ^ MAGIC) << 8U != 0U) {
        return NVT_E_SPOOL_FOREIGN;
    }
    if (get_32(head.ptr) != MAGIC) {
        bool version = head.ptr[3] > (uint8_t)'0' && head.ptr[3] <= (uint8_t)'9';
        return version ? NVT_E_SPOOL_VERSION : NVT_E_SPOOL_FOREIGN;
    }
    uint32_t size = get_32(head.ptr + 60) & 0x7FFFFFFFU;
    uint32_t counts = get_32(head.ptr + 64);
    *out_geometry = (struct nvt_spool_geometry){size, counts & 0xFFFFU, counts >> 16U};
    return is_good_geometry(size, counts & 0xFFFFU, counts >> 16U) ? NVT_OK : NVT_E_SPOOL_FOREIGN;
}

/* What an attacker writes has a good CRC too: nothing here may lead out of the device. */
static bool is_sound(const struct nvt_port_block *d, const struct nvt_head *h)
{
    return h->own.seq != 0U && h->own.seq <= NVT_SEQ_MAX && h->before.seq < h->own.seq &&
           h->oldest_seq <= h->own.seq && h->before.block < d->block_count &&
           h->oldest < d->block_count && h->before.end <= d->block_size && h->base.tail != 0U &&
           h->base.next >= h->base.tail;
}

bool nvt_head_decode(const struct nvt_port_block *d, uint32_t block,
                     const uint8_t bytes[NVT_HEAD_LEN], struct nvt_head *out)
{
    uint32_t words[HEAD_WORDS];
    get_words(bytes, words, (size_t)HEAD_WORDS);
    if (words[0] != MAGIC || (words[15] & 0x7FFFFFFFU) != d->block_size ||
        words[16] != counts_of(d) || !nvt_head_is_whole(block, bytes)) {
        return false;
    }
    out->own = (struct nvt_spool_life){words[1], words[2], NVT_END_UNKNOWN, NVT_END_UNKNOWN, block};
    (void)memcpy(&out->before, &words[3], (size_t)HEAD_PLAIN * sizeof words[0]);
    out->before.block &= 0xFFFFU;
    out->oldest = words[7] >> 16U;
    out->moving = words[15] >> 31U != 0U;
    out->base.pending = words[17];
    out->copies = 1U;
    return is_sound(d, out);
}

/* ---- records ---- */

uint32_t nvt_salt_after(uint32_t salt, uint32_t seq)
{
    return crc_word(crc_word(0U, salt), seq);
}

uint32_t nvt_life_seed(const struct nvt_spool_life *life)
{
    return crc_word(nvt_salt_after(life->salt, life->seq), life->block);
}

uint32_t nvt_record_crc(uint32_t seed, uint32_t offset, const uint8_t bytes[NVT_RECORD_LEN])
{
    return nvt_crc32(crc_word(seed, offset), nvt_span_of(bytes, 12U));
}

uint32_t nvt_record_wanted(const uint8_t bytes[NVT_RECORD_LEN])
{
    return get_32(bytes + 12);
}

void nvt_record_encode(uint32_t seed, const struct nvt_record *r, struct nvt_span bytes,
                       uint8_t out[NVT_RECORD_LEN])
{
    uint32_t flags =
        (r->joined ? (uint32_t)NVT_RECORD_JOINED : 0U) | (r->copy ? (uint32_t)NVT_RECORD_COPY : 0U);
    uint32_t words[3] = {r->type | (r->aux | flags) << 8U | (uint32_t)bytes.len << 16U, r->id,
                         r->due_s};
    put_words(out, words, 3U);
    words[0] = nvt_crc32(nvt_record_crc(seed, r->place.offset, out), bytes);
    put_words(out + 12, words, 1U);
}

/* What stands in aux is below. */
static uint8_t aux_end(uint8_t type)
{
    switch (type) {
    case NVT_RECORD_ENTRY:
    case NVT_RECORD_MOVED:
        return 1U;
    case NVT_RECORD_MARK:
        return (uint8_t)NVT_SPOOL_EXPIRED + 1U;
    case NVT_RECORD_VALUE:
        return (uint8_t)NVT_KEYS_MAX;
    case NVT_RECORD_LIST:
        return 8U;
    default:
        return 0U;
    }
}

nvt_err nvt_record_decode(const struct nvt_port_block *d, const uint8_t bytes[NVT_RECORD_LEN],
                          struct nvt_record *out)
{
    uint32_t words[4];
    get_words(bytes, words, 4U);
    out->type = (uint8_t)words[0];
    out->aux = (uint8_t)(words[0] >> 8U & 0x3FU);
    out->len = (uint16_t)(words[0] >> 16U);
    out->id = words[1];
    out->due_s = words[2];
    out->joined = (words[0] >> 8U & (uint32_t)NVT_RECORD_JOINED) != 0U;
    out->copy = (words[0] >> 8U & (uint32_t)NVT_RECORD_COPY) != 0U;
    if ((words[0] & words[1] & words[2] & words[3]) == UINT32_MAX) {
        return NVT_E_SPOOL_EMPTY;
    }
    bool typed =
        out->aux < aux_end(out->type) && (out->type != (uint8_t)NVT_RECORD_MARK || out->aux != 0U);
    bool fits = nvt_room(d, out->len) <= d->block_size - out->place.offset;
    return typed && fits ? NVT_OK : NVT_AGAIN;
}
