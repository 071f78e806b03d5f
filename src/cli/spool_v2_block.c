/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One block of format 2: its head, its records.
 *
 * A block made to deceive may begin a record at each unit, all of them as long as it goes: the CRC
 * of each comes from the sums of the block's bytes, which are taken once.
 */
#include "spool_v2_block.h"

#define RECORD_LEN 16U
#define LEN_MAX 65535U
#define JOINED 0x80U

/* ---- CRC-32 of any part of a block ---- */

#define POLY 0xEDB88320U

static uint32_t table[256];           /* of a byte */
static uint32_t shifts[LEN_MAX + 1U]; /* x to the 8 n: what n further bytes do to a CRC */

/* a times b as polynomials, bits reversed. */
static uint32_t times(uint32_t a, uint32_t b)
{
    uint32_t product = 0;
    for (uint32_t bit = 1U << 31U; bit != 0U; bit >>= 1U) {
        product ^= (a & bit) != 0U ? b : 0U;
        b = (b >> 1U) ^ ((b & 1U) != 0U ? POLY : 0U);
    }
    return product;
}

void v2_make_tables(void)
{
    if (shifts[0] != 0U) {
        return;
    }
    for (uint32_t i = 0; i < 256U; i++) {
        uint32_t crc = i;
        for (unsigned bit = 0; bit < 8U; bit++) {
            crc = (crc >> 1U) ^ ((crc & 1U) != 0U ? POLY : 0U);
        }
        table[i] = crc;
    }
    shifts[0] = 1U << 31U;
    for (uint32_t n = 1; n <= LEN_MAX; n++) {
        shifts[n] = (shifts[n - 1U] >> 8U) ^ table[shifts[n - 1U] & 0xFFU];
    }
}

void v2_sum_up(uint32_t *sums, const uint8_t *bytes, uint32_t len)
{
    uint32_t crc = UINT32_MAX;
    sums[0] = 0U;
    for (uint32_t i = 0; i < len; i++) {
        crc = (crc >> 8U) ^ table[(crc ^ bytes[i]) & 0xFFU];
        sums[i + 1U] = ~crc;
    }
}

/* ---- heads ---- */

uint32_t v2_get_32(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8U | (uint32_t)at[2] << 16U | (uint32_t)at[3] << 24U;
}

bool v2_is_good_geometry(const struct nvt_spool_geometry *g)
{
    bool power_of_2 = g->prog_size != 0U && (g->prog_size & (g->prog_size - 1U)) == 0U;
    return power_of_2 && g->prog_size <= 4096U && g->block_size >= 256U &&
           g->block_size <= 1048576U && g->block_size % 4U == 0U &&
           g->block_size % g->prog_size == 0U && g->block_count >= 4U && g->block_count <= 65535U;
}

bool v2_read_geometry(struct nvt_span head, struct nvt_spool_geometry *out)
{
    if (head.len < V2_HEAD_LEN || memcmp(head.ptr, "NVS2", 4U) != 0) {
        return false;
    }
    uint32_t counts = v2_get_32(head.ptr + 36);
    *out = (struct nvt_spool_geometry){v2_get_32(head.ptr + 32), counts & 0xFFFFU, counts >> 16U};
    return v2_is_good_geometry(out);
}

uint32_t v2_padded(const struct v2 *v, uint32_t len)
{
    uint32_t unit = v->device->prog_size < 4U ? 4U : v->device->prog_size;
    return (len + unit - 1U) / unit * unit;
}

uint32_t v2_window_len(const uint8_t *head)
{
    return v2_get_32(head + 40) & 0x7FFFFFFFU;
}

static bool is_of_device(const struct v2 *v, const uint8_t *head)
{
    struct nvt_spool_geometry g;
    return v2_read_geometry(nvt_span_of(head, V2_HEAD_LEN), &g) &&
           g.block_size == v->device->block_size && g.block_count == v->device->block_count &&
           g.prog_size == v->device->prog_size;
}

/* The head of the block in memory. */
bool v2_is_good_head(const struct v2 *v)
{
    const uint8_t *b = v->mem;
    uint32_t seq = v2_get_32(b + 4);
    uint32_t tail = v2_get_32(b + 12);
    uint32_t ids = v2_get_32(b + 16) - tail;
    uint32_t len = v2_window_len(b);
    bool fits = is_of_device(v, b) && seq != 0U && seq <= V2_SEQ_MAX && tail != 0U &&
                v2_get_32(b + 16) >= tail && len == ids / 8U + (ids % 8U != 0U ? 1U : 0U) &&
                len <= v->device->block_size - V2_HEAD_LEN;
    if (!fits) {
        return false;
    }
    uint32_t crc = nvt_crc32(0U, nvt_span_of(b, 44U));
    return nvt_crc32(crc, nvt_span_of(b + V2_HEAD_LEN, len)) == v2_get_32(b + 44);
}

/* ---- records of the block in memory ---- */

bool v2_read_block(struct v2 *v, uint32_t block)
{
    uint32_t size = v->device->block_size;
    if (v->device->read(v->device->ctx, block, 0U, v->mem, size) != NVT_OK) {
        return false;
    }
    v->used = size;
    while (v->used > 0U && v->mem[v->used - 1U] == 0xFFU) {
        v->used--;
    }
    return true;
}

bool v2_load_block(struct v2 *v, uint32_t block)
{
    bool ok = v2_read_block(v, block);
    if (ok) {
        v2_sum_up(v->sums, v->mem, v->device->block_size);
    }
    return ok;
}

static bool is_possible(const struct v2_record *r, uint32_t room, uint32_t rest)
{
    bool typed = (r->type == (uint8_t)V2_ENTRY && r->aux == 0U) ||
                 (r->type == (uint8_t)V2_MARK && r->aux >= (uint8_t)NVT_SPOOL_DELIVERED &&
                  r->aux <= (uint8_t)NVT_SPOOL_EXPIRED) ||
                 (r->type == (uint8_t)V2_VALUE && r->aux < V2_VALUES) ||
                 (r->type == (uint8_t)V2_MOVED && r->aux == 0U);
    return typed && room <= rest;
}

/* CRC of the block's number, the record's first 12 bytes, and those behind its 16. */
static bool is_whole(const struct v2 *v, const struct v2_walk *w, uint32_t len)
{
    const uint8_t *b = v->mem + w->offset;
    const uint8_t number[4] = {(uint8_t)w->seq, (uint8_t)(w->seq >> 8U), (uint8_t)(w->seq >> 16U),
                               (uint8_t)(w->seq >> 24U)};
    uint32_t from = w->offset + RECORD_LEN;
    uint32_t crc = nvt_crc32(nvt_crc32(0U, nvt_span_of(number, 4U)), nvt_span_of(b, 12U));
    crc = times(shifts[len], crc ^ v->sums[from]) ^ v->sums[from + len];
    return crc == v2_get_32(b + 12);
}

static bool read_record(const struct v2 *v, const struct v2_walk *w, struct v2_record *out)
{
    const uint8_t *b = v->mem + w->offset;
    uint32_t len = (uint32_t)b[2] | (uint32_t)b[3] << 8U;
    *out = (struct v2_record){b[0],
                              b[1] & (uint8_t)~JOINED,
                              (b[1] & JOINED) != 0U,
                              v2_get_32(b + 4),
                              v2_get_32(b + 8),
                              {w->seq, w->block, w->offset + RECORD_LEN, len}};
    return is_possible(out, v2_padded(v, RECORD_LEN + len), v->device->block_size - w->offset) &&
           is_whole(v, w, len);
}

static bool is_erased(const uint8_t *bytes, uint32_t len)
{
    uint32_t i = 0;
    while (i < len && bytes[i] == 0xFFU) {
        i++;
    }
    return i == len;
}

/* The next good record. Erased bytes end the block, but not in the middle of what is damaged. */
bool v2_next_record(const struct v2 *v, struct v2_walk *w, struct v2_record *out)
{
    while (w->offset <= v->device->block_size - RECORD_LEN) {
        bool end = is_erased(v->mem + w->offset, RECORD_LEN) && (!w->torn || w->offset >= v->used);
        if (end) {
            return false;
        }
        if (read_record(v, w, out)) {
            w->offset += v2_padded(v, RECORD_LEN + out->at.len);
            w->torn = false;
            return true;
        }
        w->damaged += w->torn ? 0U : 1U;
        w->torn = true;
        w->offset += v2_padded(v, 1U);
    }
    return false;
}

/* Without a head, what is left of it and its window comes before the records. */
struct v2_walk v2_walk_of(const struct v2 *v, uint32_t block, uint32_t seq)
{
    const struct v2_block *b = &v->blocks[block];
    uint32_t from = b->headless ? v2_padded(v, V2_HEAD_LEN) : b->records_at;
    return (struct v2_walk){block, seq, from, 0U, b->headless};
}
