/* SPDX-License-Identifier: Apache-2.0 */
/* Heads and records as bytes. FORMAT.md has the layout; numbers are little-endian. */
#include "spool_internal.h"

static const uint8_t magic[4] = {0x4E, 0x56, 0x53, 0x33}; /* "NVS3" */

static void put_32(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8U);
    at[2] = (uint8_t)(value >> 16U);
    at[3] = (uint8_t)(value >> 24U);
}

static uint32_t get_32(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8U | (uint32_t)at[2] << 16U | (uint32_t)at[3] << 24U;
}

/* ---- sizes ---- */

static bool is_good_geometry(const struct nvt_spool_geometry *g)
{
    bool power_of_2 = g->prog_size != 0U && (g->prog_size & (g->prog_size - 1U)) == 0U;
    return power_of_2 && g->prog_size <= 4096U && g->block_size >= 256U &&
           g->block_size <= 1048576U && g->block_size % 4U == 0U &&
           g->block_size % g->prog_size == 0U && g->block_count >= 4U && g->block_count <= 65535U;
}

bool nvt_is_good_device(const struct nvt_port_block *d)
{
    struct nvt_spool_geometry g = {0U, 0U, 0U};
    if (d != NULL) {
        g = (struct nvt_spool_geometry){d->block_size, d->block_count, d->prog_size};
    }
    return is_good_geometry(&g);
}

uint32_t nvt_padded(const struct nvt_port_block *d, uint32_t len)
{
    uint32_t unit = d->prog_size < 4U ? 4U : d->prog_size;
    return (len + unit - 1U) / unit * unit;
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

static uint32_t head_crc(uint32_t block, const uint8_t bytes[NVT_HEAD_LEN])
{
    uint8_t place[4];
    put_32(place, block);
    return nvt_crc32(nvt_crc32(0U, nvt_span_of(place, 4U)), nvt_span_of(bytes, 72U));
}

bool nvt_head_is_whole(uint32_t block, const uint8_t bytes[NVT_HEAD_LEN])
{
    return get_32(bytes + 72) == head_crc(block, bytes);
}

void nvt_head_encode(const struct nvt_port_block *d, uint32_t block, const struct nvt_head *h,
                     uint8_t out[NVT_HEAD_LEN])
{
    const uint32_t words[17] = {
        h->own.seq,
        h->own.salt,
        h->before.seq,
        h->before.salt,
        h->before.end,
        h->before.sure,
        h->before.block | h->oldest << 16U,
        h->oldest_seq,
        h->base.tail,
        h->base.next,
        h->base.delivered,
        h->base.refused,
        h->base.expired,
        h->base.window_cap,
        d->block_size | (h->moving ? 1U << 31U : 0U),
        d->block_count | d->prog_size << 16U,
        h->base.pending,
    };
    (void)memcpy(out, magic, sizeof magic);
    for (size_t i = 0; i < 17U; i++) {
        put_32(out + 4U + 4U * i, words[i]);
    }
    put_32(out + 72, head_crc(block, out));
}

nvt_err nvt_spool_read_geometry(struct nvt_span head, struct nvt_spool_geometry *out_geometry)
{
    if (head.len < (size_t)NVT_HEAD_LEN || memcmp(head.ptr, magic, 3U) != 0) {
        return NVT_E_SPOOL_FOREIGN;
    }
    if (head.ptr[3] != magic[3]) {
        bool version = head.ptr[3] > (uint8_t)'0' && head.ptr[3] <= (uint8_t)'9';
        return version ? NVT_E_SPOOL_VERSION : NVT_E_SPOOL_FOREIGN;
    }
    uint32_t counts = get_32(head.ptr + 64);
    *out_geometry = (struct nvt_spool_geometry){get_32(head.ptr + 60) & 0x7FFFFFFFU,
                                                counts & 0xFFFFU, counts >> 16U};
    return is_good_geometry(out_geometry) ? NVT_OK : NVT_E_SPOOL_FOREIGN;
}

static bool is_of(const struct nvt_port_block *d, const uint8_t bytes[NVT_HEAD_LEN])
{
    struct nvt_spool_geometry g;
    return nvt_spool_read_geometry(nvt_span_of(bytes, NVT_HEAD_LEN), &g) == NVT_OK &&
           g.block_size == d->block_size && g.block_count == d->block_count &&
           g.prog_size == d->prog_size;
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
    uint32_t words[17];
    if (!is_of(d, bytes) || !nvt_head_is_whole(block, bytes)) {
        return false;
    }
    for (size_t i = 0; i < 17U; i++) {
        words[i] = get_32(bytes + 4U + 4U * i);
    }
    *out = (struct nvt_head){
        .own = {block, words[0], words[1], d->block_size, d->block_size},
        .before = {words[6] & 0xFFFFU, words[2], words[3], words[4], words[5]},
        .oldest = words[6] >> 16U,
        .oldest_seq = words[7],
        .base = {words[8], words[9], words[10], words[11], words[12], words[13], words[16]},
        .moving = words[14] >> 31U != 0U,
        .copies = 1U,
    };
    return is_sound(d, out);
}

/* ---- records ---- */

uint32_t nvt_salt_after(uint32_t salt, uint32_t seq)
{
    uint8_t bytes[8];
    put_32(bytes, salt);
    put_32(bytes + 4, seq);
    return nvt_crc32(0U, nvt_span_of(bytes, sizeof bytes));
}

uint32_t nvt_life_seed(const struct nvt_spool_life *life)
{
    uint8_t bytes[12];
    put_32(bytes, life->salt);
    put_32(bytes + 4, life->seq);
    put_32(bytes + 8, life->block);
    return nvt_crc32(0U, nvt_span_of(bytes, sizeof bytes));
}

uint32_t nvt_record_crc(uint32_t seed, uint32_t offset, const uint8_t bytes[NVT_RECORD_LEN])
{
    uint8_t place[4];
    put_32(place, offset);
    return nvt_crc32(nvt_crc32(seed, nvt_span_of(place, 4U)), nvt_span_of(bytes, 12U));
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
    put_32(out, (uint32_t)r->type | (r->aux | flags) << 8U | (uint32_t)bytes.len << 16U);
    put_32(out + 4, r->id);
    put_32(out + 8, r->due_s);
    put_32(out + 12, nvt_crc32(nvt_record_crc(seed, r->place.offset, out), bytes));
}

static bool is_typed(const struct nvt_record *r)
{
    switch (r->type) {
    case NVT_RECORD_ENTRY:
    case NVT_RECORD_MOVED:
        return r->aux == 0U;
    case NVT_RECORD_MARK:
        return r->aux >= (uint8_t)NVT_SPOOL_DELIVERED && r->aux <= (uint8_t)NVT_SPOOL_EXPIRED;
    case NVT_RECORD_VALUE:
        return r->aux < (uint8_t)NVT_KEYS_MAX;
    case NVT_RECORD_LIST:
        return r->aux < 8U;
    default:
        return false;
    }
}

nvt_err nvt_record_decode(const struct nvt_port_block *d, const uint8_t bytes[NVT_RECORD_LEN],
                          struct nvt_record *out)
{
    uint32_t first = get_32(bytes);
    uint32_t flags = first >> 8U;
    out->type = (uint8_t)first;
    out->aux = (uint8_t)(flags & 0x3FU);
    out->len = (uint16_t)(first >> 16U);
    out->id = get_32(bytes + 4);
    out->due_s = get_32(bytes + 8);
    out->joined = (flags & (uint32_t)NVT_RECORD_JOINED) != 0U;
    out->copy = (flags & (uint32_t)NVT_RECORD_COPY) != 0U;
    if ((first & out->id & out->due_s & get_32(bytes + 12)) == UINT32_MAX) {
        return NVT_E_SPOOL_EMPTY;
    }
    bool fits = nvt_room(d, out->len) <= d->block_size - out->place.offset;
    return is_typed(out) && fits ? NVT_OK : NVT_AGAIN;
}
