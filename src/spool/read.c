/* SPDX-License-Identifier: Apache-2.0 */
/* Heads and records read and checked, a piece at a time where they are longer than the buffer. */
#include "journal.h"

static const uint8_t magic[4] = {0x4E, 0x56, 0x53, 0x32}; /* "NVS2" */

static uint32_t get_32(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8U | (uint32_t)at[2] << 16U | (uint32_t)at[3] << 24U;
}

static struct nvt_medium medium_of(const struct nvt_spool *s)
{
    return (struct nvt_medium){s->config.device, s->config.buffer, s->config.buffer_cap};
}

static nvt_err read_at(const struct nvt_medium *m, uint32_t block, uint32_t offset, uint8_t *out,
                       uint32_t len)
{
    return m->device->read(m->device->ctx, block, offset, out, len);
}

static bool is_erased(const uint8_t *bytes, uint32_t len)
{
    uint32_t i = 0;
    while (i < len && bytes[i] == (uint8_t)NVT_ERASED) {
        i++;
    }
    return i == len;
}

nvt_err nvt_medium_used(const struct nvt_medium *m, uint32_t block, uint32_t offset,
                        uint32_t *out_end)
{
    nvt_err err = NVT_OK;
    *out_end = offset;
    while (err == NVT_OK && offset < m->device->block_size) {
        uint32_t rest = m->device->block_size - offset;
        uint32_t n = rest < m->buffer_cap ? rest : m->buffer_cap;
        err = read_at(m, block, offset, m->buffer, n);
        for (uint32_t i = n; err == NVT_OK && i > 0U; i--) {
            if (m->buffer[i - 1U] != (uint8_t)NVT_ERASED) {
                *out_end = offset + i;
                break;
            }
        }
        offset += n;
    }
    return err;
}

/* ---- heads ---- */

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

nvt_err nvt_spool_read_geometry(struct nvt_span head, struct nvt_spool_geometry *out_geometry)
{
    if (head.len < (size_t)NVT_HEAD_LEN || memcmp(head.ptr, magic, sizeof magic) != 0) {
        return NVT_E_SPOOL_FOREIGN;
    }
    uint32_t counts = get_32(head.ptr + 36);
    *out_geometry =
        (struct nvt_spool_geometry){get_32(head.ptr + 32), counts & 0xFFFFU, counts >> 16U};
    return is_good_geometry(out_geometry) ? NVT_OK : NVT_E_SPOOL_FOREIGN;
}

static bool is_geometry_of(const struct nvt_medium *m, const struct nvt_spool_geometry *g)
{
    return g->block_size == m->device->block_size && g->block_count == m->device->block_count &&
           g->prog_size == m->device->prog_size;
}

static void load_bits(struct nvt_spool *s, const struct nvt_block_head *h, const uint8_t *bits,
                      uint32_t from, uint32_t len)
{
    uint32_t count = h->next - h->tail;
    uint32_t end = (from + len) * 8U < count ? (from + len) * 8U : count;
    for (uint32_t i = from * 8U; i < end; i++) {
        if (((uint32_t)bits[i / 8U - from] >> (i % 8U) & 1U) != 0U) {
            nvt_window_set_done(s, h->tail + i);
        }
    }
}

/* The window's bytes go on *crc, and its bits into the window of load unless that is NULL. */
static nvt_err read_window(const struct nvt_medium *m, uint32_t block,
                           const struct nvt_block_head *h, struct nvt_spool *load, uint32_t *crc)
{
    uint8_t *piece = m->buffer + NVT_HEAD_LEN;
    uint32_t room = m->buffer_cap - (uint32_t)NVT_HEAD_LEN;
    nvt_err err = NVT_OK;
    for (uint32_t from = 0; err == NVT_OK && from < h->window_len; from += room) {
        uint32_t rest = h->window_len - from;
        uint32_t n = rest < room ? rest : room;
        err = read_at(m, block, (uint32_t)NVT_HEAD_LEN + from, piece, n);
        *crc = nvt_crc32(*crc, nvt_span_of(piece, n));
        if (load != NULL) {
            load_bits(load, h, piece, from, n);
        }
    }
    return err;
}

nvt_err nvt_medium_read_head(const struct nvt_medium *m, uint32_t block, struct nvt_block_head *out)
{
    uint8_t *b = m->buffer;
    struct nvt_spool_geometry g;
    nvt_err err = read_at(m, block, 0U, b, NVT_HEAD_LEN);
    if (err != NVT_OK) {
        return err;
    }
    uint32_t flags = get_32(b + 40);
    uint32_t wanted = get_32(b + 44);
    uint32_t crc = nvt_crc32(0U, nvt_span_of(b, 44U));
    *out = (struct nvt_block_head){get_32(b + 4),  get_32(b + 8),       get_32(b + 12),
                                   get_32(b + 16), get_32(b + 20),      get_32(b + 24),
                                   get_32(b + 28), flags & 0x7FFFFFFFU, (flags >> 31U) != 0U};
    uint32_t ids = out->next - out->tail;
    bool ours = nvt_spool_read_geometry(nvt_span_of(b, NVT_HEAD_LEN), &g) == NVT_OK &&
                is_geometry_of(m, &g) && out->seq != 0U && out->seq <= NVT_SEQ_MAX &&
                out->tail != 0U && out->next >= out->tail &&
                out->window_len == ids / 8U + (ids % 8U != 0U ? 1U : 0U) &&
                out->window_len <= m->device->block_size - (uint32_t)NVT_HEAD_LEN;
    if (!ours) {
        return NVT_E_SPOOL_EMPTY;
    }
    err = read_window(m, block, out, NULL, &crc);
    return err == NVT_OK && crc != wanted ? NVT_E_SPOOL_EMPTY : err;
}

nvt_err nvt_spool_read_head(const struct nvt_spool *s, uint32_t block, struct nvt_block_head *out)
{
    struct nvt_medium m = medium_of(s);
    return nvt_medium_read_head(&m, block, out);
}

nvt_err nvt_spool_load_head(struct nvt_spool *s, uint32_t block, struct nvt_block_head *out)
{
    struct nvt_medium m = medium_of(s);
    uint32_t crc = 0U;
    nvt_err err = nvt_medium_read_head(&m, block, out);
    if (err == NVT_OK && out->next - out->tail > nvt_window_cap(s)) {
        err = NVT_E_SPOOL_WINDOW;
    }
    nvt_window_clear(s);
    return err == NVT_OK ? read_window(&m, block, out, s, &crc) : err;
}

/* A head that was cut off: its first bytes, or parts of all, and nothing behind it. A whole one is
 * that of another geometry. */
nvt_err nvt_spool_is_blank(const struct nvt_spool *s, uint32_t block, bool *out_blank)
{
    struct nvt_medium m = medium_of(s);
    uint32_t end = 0;
    nvt_err err = nvt_medium_used(&m, block, 0U, &end);
    if (err == NVT_OK) {
        err = read_at(&m, block, 0U, m.buffer, NVT_HEAD_LEN);
    }
    uint32_t n = 0;
    while (n < sizeof magic && m.buffer[n] == magic[n]) {
        n++;
    }
    bool begun = end <= nvt_spool_padded(s, NVT_HEAD_LEN) &&
                 (n == sizeof magic || is_erased(m.buffer + n, (uint32_t)NVT_HEAD_LEN - n)) &&
                 nvt_crc32(0U, nvt_span_of(m.buffer, 44U)) != get_32(m.buffer + 44);
    *out_blank = err == NVT_OK && begun;
    return err;
}

/* ---- records ---- */

uint32_t nvt_record_crc(uint32_t seq, const uint8_t record[NVT_RECORD_LEN])
{
    uint8_t number[4] = {(uint8_t)seq, (uint8_t)(seq >> 8U), (uint8_t)(seq >> 16U),
                         (uint8_t)(seq >> 24U)};
    uint32_t crc = nvt_crc32(0U, nvt_span_of(number, sizeof number));
    return nvt_crc32(crc, nvt_span_of(record, 12U));
}

static bool is_possible(const struct nvt_medium *m, const struct nvt_record *r)
{
    uint32_t rest = m->device->block_size - r->place.offset;
    bool typed = (r->type == (uint8_t)NVT_RECORD_ENTRY && r->aux == 0U) ||
                 (r->type == (uint8_t)NVT_RECORD_MARK && r->aux >= (uint8_t)NVT_SPOOL_DELIVERED &&
                  r->aux <= (uint8_t)NVT_SPOOL_EXPIRED) ||
                 (r->type == (uint8_t)NVT_RECORD_VALUE && r->aux < (uint8_t)NVT_SPOOL_VALUES) ||
                 (r->type == (uint8_t)NVT_RECORD_MOVED && r->aux == 0U);
    return typed && nvt_padded(m->device, (uint32_t)NVT_RECORD_LEN + r->len) <= rest;
}

static nvt_err peek(const struct nvt_medium *m, const struct nvt_walk *walk, struct nvt_record *out)
{
    uint8_t *b = m->buffer;
    nvt_err err = read_at(m, walk->block, walk->offset, b, NVT_RECORD_LEN);
    if (err != NVT_OK) {
        return err;
    }
    if (is_erased(b, NVT_RECORD_LEN)) {
        return NVT_E_SPOOL_EMPTY;
    }
    uint32_t first = get_32(b);
    *out = (struct nvt_record){(uint8_t)first,
                               (uint8_t)(first >> 8U & 0x7FU),
                               (uint16_t)(first >> 16U),
                               get_32(b + 4),
                               get_32(b + 8),
                               {walk->block, walk->offset, walk->seq},
                               (first >> 8U & (uint32_t)NVT_RECORD_JOINED) != 0U};
    return is_possible(m, out) ? NVT_OK : NVT_AGAIN;
}

/* The bytes behind the record whose first ones are in the buffer. NVT_AGAIN: they are not good. */
static nvt_err check_bytes(const struct nvt_medium *m, const struct nvt_record *r)
{
    uint32_t wanted = get_32(m->buffer + 12);
    uint32_t crc = nvt_record_crc(r->place.seq, m->buffer);
    uint8_t *piece = m->buffer + NVT_RECORD_LEN;
    uint32_t room = m->buffer_cap - (uint32_t)NVT_RECORD_LEN;
    nvt_err err = NVT_OK;
    for (uint32_t from = 0; err == NVT_OK && from < r->len; from += room) {
        uint32_t rest = r->len - from;
        uint32_t n = rest < room ? rest : room;
        err =
            read_at(m, r->place.block, r->place.offset + (uint32_t)NVT_RECORD_LEN + from, piece, n);
        crc = nvt_crc32(crc, nvt_span_of(piece, n));
    }
    return err == NVT_OK && crc != wanted ? NVT_AGAIN : err;
}

/* What stands at the walk's place. *used: behind what is damaged, where the last byte ends that is
 * not erased; else 0. Erased bytes before it are no end: parts of the damage look so. */
static nvt_err try_record(const struct nvt_medium *m, struct nvt_walk *walk, uint32_t *used,
                          struct nvt_record *out)
{
    nvt_err err = peek(m, walk, out);
    if (err == NVT_OK) {
        err = check_bytes(m, out);
    }
    if (err == NVT_E_SPOOL_EMPTY && walk->offset < *used) {
        return NVT_AGAIN;
    }
    if (err == NVT_AGAIN && *used == 0U) {
        walk->damaged++;
        err = nvt_medium_used(m, walk->block, walk->offset, used);
        return err == NVT_OK ? NVT_AGAIN : err;
    }
    return err;
}

/* Records stand one behind the other up to erased bytes. Where one is damaged, the next may begin
 * at any program unit behind it. */
nvt_err nvt_medium_next_record(const struct nvt_medium *m, struct nvt_walk *walk,
                               struct nvt_record *out)
{
    uint32_t end = m->device->block_size;
    uint32_t used = 0U;
    nvt_err err = NVT_AGAIN;
    while (err == NVT_AGAIN && walk->offset <= end - (uint32_t)NVT_RECORD_LEN) {
        err = try_record(m, walk, &used, out);
        walk->offset += err == NVT_AGAIN ? nvt_padded(m->device, 1U) : 0U;
    }
    if (err == NVT_OK) {
        walk->offset += nvt_padded(m->device, (uint32_t)NVT_RECORD_LEN + out->len);
    }
    if (err == NVT_AGAIN) {
        walk->offset = end;
        err = NVT_E_SPOOL_EMPTY;
    }
    return err;
}

nvt_err nvt_spool_next_record(const struct nvt_spool *s, struct nvt_walk *walk,
                              struct nvt_record *out)
{
    struct nvt_medium m = medium_of(s);
    nvt_err err = nvt_medium_next_record(&m, walk, out);
    while (err == NVT_OK && nvt_spool_room(s, out->len) > m.buffer_cap) {
        walk->damaged++; /* written with a larger buffer: it cannot be moved with this one */
        err = nvt_medium_next_record(&m, walk, out);
    }
    return err;
}

nvt_err nvt_spool_peek(const struct nvt_spool *s, const struct nvt_walk *walk,
                       struct nvt_record *out)
{
    struct nvt_medium m = medium_of(s);
    bool inside = walk->offset <= m.device->block_size - (uint32_t)NVT_RECORD_LEN;
    return inside ? peek(&m, walk, out) : NVT_E_SPOOL_EMPTY;
}

nvt_err nvt_spool_is_clean(const struct nvt_spool *s, uint32_t block, uint32_t offset,
                           bool *out_clean)
{
    struct nvt_medium m = medium_of(s);
    uint32_t end = 0;
    nvt_err err = nvt_medium_used(&m, block, offset, &end);
    *out_clean = err == NVT_OK && end == offset;
    return err;
}
