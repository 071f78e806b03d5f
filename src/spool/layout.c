/* SPDX-License-Identifier: Apache-2.0 */
/* Heads and records written. FORMAT.md has the layout; numbers are little-endian. */
#include "journal.h"

enum { MAGIC = 0x3253564E /* "NVS2" */ };

static void put_32(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8U);
    at[2] = (uint8_t)(value >> 16U);
    at[3] = (uint8_t)(value >> 24U);
}

uint32_t nvt_padded(const struct nvt_port_block *device, uint32_t len)
{
    uint32_t unit = device->prog_size < 4U ? 4U : device->prog_size;
    return (len + unit - 1U) / unit * unit;
}

uint32_t nvt_spool_padded(const struct nvt_spool *s, uint32_t len)
{
    return nvt_padded(s->config.device, len);
}

uint32_t nvt_spool_room(const struct nvt_spool *s, uint32_t len)
{
    return nvt_spool_padded(s, (uint32_t)NVT_RECORD_LEN + len);
}

uint32_t nvt_spool_head_max(const struct nvt_spool *s)
{
    return nvt_spool_padded(s, (uint32_t)NVT_HEAD_LEN + s->config.window_len / 4U);
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
    (void)memset(s->config.buffer + len, NVT_ERASED, padded - len);
    s->unsynced = true;
    nvt_err err = d->prog(d->ctx, block, offset, s->config.buffer, padded);
    if (err != NVT_OK) {
        nvt_ring_note_bad(s, block);
        return err;
    }
    return s->held ? NVT_OK : nvt_spool_sync(s); /* a sync that fails is no fault of the block */
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
    put_32(b + 36, s->config.device->block_count | s->config.device->prog_size << 16U);
    put_32(b + 40, len | (moving ? 1U << 31U : 0U));
    uint32_t crc = nvt_crc32(0U, nvt_span_of(b, 44U));
    put_32(b + 44, nvt_crc32(crc, nvt_span_of(b + NVT_HEAD_LEN, len)));
    nvt_spool_begin_at(s, nvt_spool_padded(s, (uint32_t)NVT_HEAD_LEN + len));
    return prog_at(s, block, 0U, (uint32_t)NVT_HEAD_LEN + len);
}

/* ---- records ---- */

nvt_err nvt_spool_write_record(struct nvt_spool *s, const struct nvt_record *r,
                               struct nvt_span bytes)
{
    uint8_t *b = s->config.buffer;
    uint32_t len = (uint32_t)bytes.len;
    if (nvt_spool_room(s, len) > s->config.device->block_size - s->offset) {
        s->offset = s->config.device->block_size; /* an image that no spool of ours wrote */
        return NVT_E_SPOOL_IO;
    }
    if (len > 0U) {
        (void)memmove(b + NVT_RECORD_LEN, bytes.ptr, len);
    }
    uint32_t joined = s->unsynced ? (uint32_t)NVT_RECORD_JOINED : 0U;
    put_32(b, (uint32_t)r->type | ((uint32_t)r->aux | joined) << 8U | len << 16U);
    put_32(b + 4, r->id);
    put_32(b + 8, r->due_s);
    uint32_t crc = nvt_record_crc(s->head_seq, b);
    put_32(b + 12, nvt_crc32(crc, nvt_span_of(b + NVT_RECORD_LEN, len)));
    nvt_err err = prog_at(s, s->head, s->offset, (uint32_t)NVT_RECORD_LEN + len);
    if (err == NVT_OK) {
        s->offset += nvt_spool_room(s, len);
    } else {
        s->offset = s->config.device->block_size; /* who knows what stands there now */
    }
    return err;
}
