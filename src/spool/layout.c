/* SPDX-License-Identifier: Apache-2.0 */
/* Heads and records as bytes. FORMAT.md has the layout; numbers are little-endian. */
#include "journal.h"

enum { MAGIC = 0x3153564E, /* "NVS1" */ ERASED = 0xFF };

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

uint32_t nvt_spool_padded(const struct nvt_spool *s, uint32_t len)
{
    uint32_t unit = s->config.device->prog_size < 4U ? 4U : s->config.device->prog_size;
    return (len + unit - 1U) / unit * unit;
}

uint32_t nvt_spool_room(const struct nvt_spool *s, uint32_t len)
{
    return nvt_spool_padded(s, (uint32_t)NVT_RECORD_LEN + len);
}

uint32_t nvt_spool_head_max(const struct nvt_spool *s)
{
    return nvt_spool_padded(s, (uint32_t)NVT_HEAD_LEN + s->config.window_len / 2U);
}

uint32_t nvt_spool_data_max(const struct nvt_spool *s)
{
    return s->config.device->block_size - nvt_spool_head_max(s) - nvt_spool_room(s, 0U);
}

void nvt_spool_begin_at(struct nvt_spool *s, uint32_t offset)
{
    s->offset = offset;
    s->limit = offset + nvt_spool_data_max(s);
}

static nvt_err read_at(const struct nvt_spool *s, uint32_t block, uint32_t offset, uint8_t *out,
                       uint32_t len)
{
    const struct nvt_port_block *d = s->config.device;
    return d->read(d->ctx, block, offset, out, len);
}

nvt_err nvt_spool_sync(struct nvt_spool *s)
{
    const struct nvt_port_block *d = s->config.device;
    nvt_err err = s->unsynced ? d->sync(d->ctx) : NVT_OK;
    if (err == NVT_OK) {
        s->unsynced = false;
    } else { /* nothing may follow what is perhaps not there */
        s->sync_failed = true;
        s->offset = d->block_size;
    }
    return err;
}

static nvt_err prog_at(struct nvt_spool *s, uint32_t block, uint32_t offset, uint32_t len)
{
    const struct nvt_port_block *d = s->config.device;
    uint32_t padded = nvt_spool_padded(s, len);
    (void)memset(s->config.buffer + len, ERASED, padded - len);
    s->unsynced = true;
    nvt_err err = d->prog(d->ctx, block, offset, s->config.buffer, padded);
    return err == NVT_OK && !s->held ? nvt_spool_sync(s) : err;
}

static bool is_erased(const uint8_t *bytes, uint32_t len)
{
    uint32_t i = 0;
    while (i < len && bytes[i] == (uint8_t)ERASED) {
        i++;
    }
    return i == len;
}

nvt_err nvt_spool_is_clean(struct nvt_spool *s, uint32_t block, uint32_t offset, bool *out_clean)
{
    uint32_t end = s->config.device->block_size;
    nvt_err err = NVT_OK;
    *out_clean = true;
    while (err == NVT_OK && *out_clean && offset < end) {
        uint32_t n = end - offset < s->config.buffer_cap ? end - offset : s->config.buffer_cap;
        err = read_at(s, block, offset, s->config.buffer, n);
        *out_clean = err == NVT_OK && is_erased(s->config.buffer, n);
        offset += n;
    }
    return err;
}

/* ---- heads ---- */

/* The bits of the ids from tail to next, the first one lowest. */
static uint32_t put_window(const struct nvt_spool *s, uint8_t *out)
{
    uint32_t count = s->next - s->tail;
    uint32_t len = (count + 7U) / 8U;
    (void)memset(out, 0, len);
    for (uint32_t i = 0; i < count; i++) {
        if (nvt_window_is_done(s, s->tail + i)) {
            out[i / 8U] |= (uint8_t)(1U << (i % 8U));
        }
    }
    return len;
}

nvt_err nvt_spool_write_head(struct nvt_spool *s, uint32_t block, uint32_t seq, bool moving)
{
    uint8_t *b = s->config.buffer;
    uint32_t len = put_window(s, b + NVT_HEAD_LEN);
    put_32(b, MAGIC);
    put_32(b + 4, seq);
    put_32(b + 8, s->oldest_seq);
    put_32(b + 12, s->tail);
    put_32(b + 16, s->next);
    put_32(b + 20, s->delivered);
    put_32(b + 24, s->refused);
    put_32(b + 28, s->expired);
    put_32(b + 32, s->config.device->block_size);
    put_32(b + 36, s->config.device->block_count);
    put_32(b + 40, len | (moving ? 1U << 31U : 0U));
    uint32_t crc = nvt_crc32(0U, nvt_span_of(b, 44U));
    put_32(b + 44, nvt_crc32(crc, nvt_span_of(b + NVT_HEAD_LEN, len)));
    nvt_spool_begin_at(s, nvt_spool_padded(s, (uint32_t)NVT_HEAD_LEN + len));
    return prog_at(s, block, 0U, (uint32_t)NVT_HEAD_LEN + len);
}

/* No head: erased, or cut off in its first bytes, or anything else. */
static nvt_err no_head(const struct nvt_spool *s)
{
    static const uint8_t magic[4] = {0x4E, 0x56, 0x53, 0x31};
    const uint8_t *b = s->config.buffer;
    uint32_t n = 0;
    while (n < 4U && b[n] == magic[n]) {
        n++;
    }
    bool begun = n == 4U || is_erased(b + n, (uint32_t)NVT_HEAD_LEN - n);
    return begun ? NVT_E_SPOOL_BLANK : NVT_E_SPOOL_EMPTY;
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

/* The window's bytes go on *crc; load: into the window of s as well. A piece at a time, since that
 * of a damaged or foreign head may be longer than the buffer. */
static nvt_err read_window(struct nvt_spool *s, uint32_t block, const struct nvt_block_head *h,
                           bool load, uint32_t *crc)
{
    uint8_t *piece = s->config.buffer + NVT_HEAD_LEN;
    uint32_t room = s->config.buffer_cap - (uint32_t)NVT_HEAD_LEN;
    nvt_err err = NVT_OK;
    for (uint32_t from = 0; err == NVT_OK && from < h->window_len; from += room) {
        uint32_t rest = h->window_len - from;
        uint32_t n = rest < room ? rest : room;
        err = read_at(s, block, (uint32_t)NVT_HEAD_LEN + from, piece, n);
        *crc = nvt_crc32(*crc, nvt_span_of(piece, n));
        if (load) {
            load_bits(s, h, piece, from, n);
        }
    }
    return err;
}

nvt_err nvt_spool_read_head(struct nvt_spool *s, uint32_t block, struct nvt_block_head *out)
{
    const struct nvt_port_block *d = s->config.device;
    uint8_t *b = s->config.buffer;
    nvt_err err = read_at(s, block, 0U, b, NVT_HEAD_LEN);
    if (err != NVT_OK) {
        return err;
    }
    uint32_t flags = get_32(b + 40);
    *out = (struct nvt_block_head){get_32(b + 4),  get_32(b + 8),       get_32(b + 12),
                                   get_32(b + 16), get_32(b + 20),      get_32(b + 24),
                                   get_32(b + 28), flags & 0x7FFFFFFFU, (flags >> 31U) != 0U};
    bool ours = get_32(b) == (uint32_t)MAGIC && get_32(b + 32) == d->block_size &&
                get_32(b + 36) == d->block_count && out->next >= out->tail &&
                out->window_len == (out->next - out->tail + 7U) / 8U &&
                out->window_len <= d->block_size - (uint32_t)NVT_HEAD_LEN;
    uint32_t crc = nvt_crc32(0U, nvt_span_of(b, 44U));
    if (ours) {
        err = read_window(s, block, out, false, &crc);
    }
    if (err != NVT_OK) {
        return err;
    }
    return ours && crc == get_32(b + 44) ? NVT_OK : no_head(s);
}

nvt_err nvt_spool_load_head(struct nvt_spool *s, uint32_t block, struct nvt_block_head *out)
{
    uint32_t crc = 0U;
    nvt_err err = nvt_spool_read_head(s, block, out);
    if (err == NVT_OK && out->next - out->tail > nvt_window_cap(s)) {
        err = NVT_E_SPOOL_WINDOW;
    }
    nvt_window_clear(s);
    return err == NVT_OK ? read_window(s, block, out, true, &crc) : err;
}

/* ---- records ---- */

/* The number of the block counts too: a record is good in its own block alone. */
static uint32_t record_crc(uint32_t seq, const uint8_t *record, uint32_t len)
{
    uint8_t number[4];
    put_32(number, seq);
    uint32_t crc = nvt_crc32(0U, nvt_span_of(number, sizeof number));
    crc = nvt_crc32(crc, nvt_span_of(record, 12U));
    return nvt_crc32(crc, nvt_span_of(record + NVT_RECORD_LEN, len));
}

nvt_err nvt_spool_write_record(struct nvt_spool *s, const struct nvt_record *r,
                               struct nvt_span bytes)
{
    uint8_t *b = s->config.buffer;
    uint32_t len = (uint32_t)bytes.len;
    if (len > 0U) {
        (void)memmove(b + NVT_RECORD_LEN, bytes.ptr, len);
    }
    uint32_t joined = s->unsynced ? (uint32_t)NVT_RECORD_JOINED : 0U;
    put_32(b, (uint32_t)r->type | ((uint32_t)r->aux | joined) << 8U | len << 16U);
    put_32(b + 4, r->id);
    put_32(b + 8, r->due_s);
    put_32(b + 12, record_crc(s->head_seq, b, len));
    nvt_err err = prog_at(s, s->head, s->offset, (uint32_t)NVT_RECORD_LEN + len);
    if (err == NVT_OK) {
        s->offset += nvt_spool_room(s, len);
    } else {
        s->offset = s->config.device->block_size; /* who knows what stands there now */
    }
    return err;
}

static bool is_possible(const struct nvt_spool *s, const struct nvt_record *r)
{
    uint32_t end = s->config.device->block_size;
    bool typed = (r->type == (uint8_t)NVT_RECORD_ENTRY && r->aux == 0U) ||
                 (r->type == (uint8_t)NVT_RECORD_MARK && r->aux >= (uint8_t)NVT_SPOOL_DELIVERED &&
                  r->aux <= (uint8_t)NVT_SPOOL_EXPIRED) ||
                 (r->type == (uint8_t)NVT_RECORD_VALUE && r->aux < (uint8_t)NVT_SPOOL_VALUES) ||
                 (r->type == (uint8_t)NVT_RECORD_MOVED && r->aux == 0U);
    return typed && nvt_spool_room(s, r->len) <= end - r->place.offset &&
           (uint32_t)NVT_RECORD_LEN + r->len <= s->config.buffer_cap;
}

/* What stands at the walk's place: NVT_OK with a good record, NVT_E_SPOOL_EMPTY where bytes are
 * erased, NVT_AGAIN for anything else. */
static nvt_err read_record(struct nvt_spool *s, const struct nvt_walk *walk, struct nvt_record *out)
{
    uint8_t *b = s->config.buffer;
    nvt_err err = read_at(s, walk->block, walk->offset, b, NVT_RECORD_LEN);
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
    if (!is_possible(s, out)) {
        return NVT_AGAIN;
    }
    err = read_at(s, walk->block, walk->offset + (uint32_t)NVT_RECORD_LEN, b + NVT_RECORD_LEN,
                  out->len);
    if (err == NVT_OK && record_crc(walk->seq, b, out->len) != get_32(b + 12)) {
        err = NVT_AGAIN;
    }
    return err;
}

/* Records stand one behind the other up to erased bytes. Where one is damaged, the next may begin
 * at any program unit behind it. */
nvt_err nvt_spool_next_record(struct nvt_spool *s, struct nvt_walk *walk, struct nvt_record *out)
{
    uint32_t end = s->config.device->block_size;
    uint32_t damaged = 0U;
    nvt_err err = NVT_AGAIN;
    while (err == NVT_AGAIN && walk->offset <= end - (uint32_t)NVT_RECORD_LEN) {
        err = read_record(s, walk, out);
        if (err == NVT_AGAIN) {
            damaged = 1U;
            walk->offset += nvt_spool_padded(s, 1U);
        }
    }
    walk->damaged += damaged;
    if (err == NVT_OK) {
        walk->offset += nvt_spool_room(s, out->len);
    }
    if (err == NVT_AGAIN) {
        walk->offset = end;
        err = NVT_E_SPOOL_EMPTY;
    }
    return err;
}
