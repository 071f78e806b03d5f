/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks opened and written to. One good block is always kept free, and on large devices some more.
 */
#include "spool_internal.h"

/* The first len bytes of the buffer, up to whole units. */
static nvt_err prog(struct nvt_spool *s, uint32_t block, uint32_t offset, uint32_t len)
{
    const struct nvt_port_block *d = s->config.device;
    uint32_t padded = nvt_padded(d, len);
    (void)memset(s->config.buffer + len, NVT_ERASED, padded - len);
    s->unsynced = true;
    return d->prog(d->ctx, block, offset, s->config.buffer, padded);
}

/* ---- records ---- */

nvt_err nvt_tip_write(struct nvt_spool *s, struct nvt_spool_ring *tip, struct nvt_record r,
                      struct nvt_span bytes)
{
    const struct nvt_port_block *d = s->config.device;
    uint32_t room = nvt_room(d, (uint32_t)bytes.len);
    if (room > d->block_size - tip->newest.end) {
        return NVT_E_SPOOL_IO; /* an image that no spool of ours wrote */
    }
    if (bytes.len > 0U) {
        (void)memmove(s->config.buffer + NVT_RECORD_LEN, bytes.ptr, bytes.len);
    }
    r.place = (struct nvt_spool_place){tip->newest.block, tip->newest.end, tip->newest.seq};
    r.joined = tip->newest.end != tip->synced;
    nvt_record_encode(tip->seed, &r, nvt_span_of(s->config.buffer + NVT_RECORD_LEN, bytes.len),
                      s->config.buffer);
    nvt_err err =
        prog(s, tip->newest.block, tip->newest.end, (uint32_t)NVT_RECORD_LEN + (uint32_t)bytes.len);
    tip->newest.end += err == NVT_OK ? room : 0U;
    tip->newest.sure = tip->newest.end;
    return err;
}

/* ---- what is pending ---- */

static uint32_t keys_of(const struct nvt_spool *s)
{
    uint32_t keys = 0;
    for (uint32_t i = 0; i < (uint32_t)NVT_SPOOL_VALUES; i++) {
        keys |= s->values[i].seq != 0U ? 1U << i : 0U;
    }
    return keys;
}

/* From the tail on, or where the last one had no room for more. */
static nvt_err write_list(struct nvt_spool *s, struct nvt_spool_ring *tip)
{
    uint8_t *bits = s->config.buffer + NVT_RECORD_LEN;
    uint32_t most = nvt_list_ids(s);
    uint32_t first = nvt_id_is_known(s, s->listed) ? s->listed : s->now.tail;
    uint32_t count = s->now.next - first < most ? s->now.next - first : most;
    uint32_t len = (count + 7U) / 8U;
    (void)memset(bits, 0, len);
    for (uint32_t i = 0; i < count; i++) {
        bits[i / 8U] |= (uint8_t)((nvt_id_is_pending(s, first + i) ? 1U : 0U) << i % 8U);
    }
    s->listed = count < most ? 0U : first + count;
    struct nvt_record r = {.type = (uint8_t)NVT_RECORD_LIST,
                           .aux = (uint8_t)(8U * len - count),
                           .id = first,
                           .due_s = keys_of(s)};
    return nvt_tip_write(s, tip, r, nvt_span_of(bits, len));
}

/* ---- opening ---- */

static nvt_err write_heads(struct nvt_spool *s, const struct nvt_spool_ring *tip, bool moving)
{
    const struct nvt_port_block *d = s->config.device;
    struct nvt_head h = {
        .own = tip->newest,
        .before = s->ring.newest,
        .oldest = tip->oldest,
        .oldest_seq = tip->oldest_seq,
        .base = s->now,
        .moving = moving,
    };
    nvt_err err = NVT_OK;
    for (uint32_t copy = 0; copy < 2U && err == NVT_OK; copy++) {
        nvt_head_encode(d, tip->newest.block, &h, s->config.buffer);
        err = prog(s, tip->newest.block, copy * nvt_padded(d, NVT_HEAD_LEN), NVT_HEAD_LEN);
    }
    return err;
}

/* Its head is durable before any record stands behind it. */
static nvt_err open_block(struct nvt_spool *s, uint32_t b, bool moving, struct nvt_spool_ring *tip)
{
    nvt_block_set(&s->medium, b, NVT_BLOCK_FREE);
    s->closed = true; /* once a head behind it says where its records end */
    s->top_seq++;
    *tip = s->ring;
    tip->newest = (struct nvt_spool_life){
        .block = b,
        .seq = s->top_seq,
        .salt = nvt_salt_after(s->ring.newest.salt, s->top_seq),
        .end = nvt_records_at(s->config.device),
    };
    tip->seed = nvt_life_seed(&tip->newest);
    tip->synced = tip->newest.end;
    nvt_err err = write_heads(s, tip, moving);
    if (err == NVT_OK) {
        err = write_list(s, tip);
    }
    if (err != NVT_OK) {
        nvt_ring_note(s, b, NVT_BLOCK_BAD);
        return err;
    }
    tip->limit = tip->newest.end + nvt_data_max(s->config.device);
    tip->synced = tip->newest.end;
    return nvt_ring_sync(s);
}

/* Are enough kept free behind b? The only one is erased, to be sure of it; but after b, which was
 * in the ring before it. */
static nvt_err reserve(struct nvt_spool *s, uint32_t b)
{
    uint32_t spare = nvt_ring_spare(s);
    uint32_t kept = spare > s->bad_count ? spare - s->bad_count : 0U;
    uint32_t last = b;
    uint32_t count = nvt_ring_free_behind(s, b, &last);
    if (count <= kept || count == 0U) {
        return NVT_E_SPOOL_FULL;
    }
    nvt_err err = nvt_ring_erase(s, b);
    if (err == NVT_OK && count == 1U && nvt_ring_erase(s, last) != NVT_OK) {
        err = NVT_E_SPOOL_FULL;
    }
    return err;
}

static nvt_err try_block(struct nvt_spool *s, uint32_t b, bool moving, struct nvt_spool_ring *tip)
{
    uint32_t syncs = s->failed_syncs;
    if (s->top_seq >= NVT_SEQ_MAX) {
        return NVT_E_SPOOL_FULL;
    }
    nvt_err err = moving ? nvt_ring_erase(s, b) : reserve(s, b);
    if (err == NVT_OK) {
        err = open_block(s, b, moving, tip);
    }
    return s->failed_syncs == syncs ? err : NVT_E_SPOOL_IO;
}

nvt_err nvt_tip_open(struct nvt_spool *s, bool moving, struct nvt_spool_ring *tip)
{
    enum { TRIES = 16 }; /* a device that is out of order is not tried to its end each time */
    unsigned tries = 0;
    uint32_t syncs = s->failed_syncs;
    nvt_err err = NVT_AGAIN;
    uint32_t b = nvt_block_after(&s->medium, s->ring.newest.block);
    while (err == NVT_AGAIN && b != s->ring.told) {
        if (nvt_ring_is_free(s, b)) {
            err = try_block(s, b, moving, tip);
            tries++;
            bool more =
                err == NVT_E_SPOOL_IO && s->failed_syncs == syncs && tries < (unsigned)TRIES;
            err = more ? NVT_AGAIN : err;
        }
        b = nvt_block_after(&s->medium, b);
    }
    nvt_err none = tries > 0U ? NVT_E_SPOOL_IO : NVT_E_SPOOL_FULL;
    return err == NVT_AGAIN ? none : err;
}

void nvt_tip_become_head(struct nvt_spool *s, const struct nvt_spool_ring *tip)
{
    s->ring = *tip;
    s->ring.told = tip->oldest;
    nvt_ring_note(s, tip->newest.block, NVT_BLOCK_USED);
    s->base = s->now;
    s->base_block = tip->newest.block;
    s->lost_before = s->lost;
    s->closed = false;
}
