/* SPDX-License-Identifier: Apache-2.0 */
/* The blocks in use from the oldest to the newest (head), and those that are free from there to the
 * oldest: walked through, noted, made durable, erased. */
#include "spool_internal.h"

/* ---- walking ---- */

nvt_err nvt_ring_begin(const struct nvt_spool *s, bool checked, struct nvt_walk *walk)
{
    nvt_err err = nvt_ring_enter(s, s->ring.oldest, walk);
    walk->checked = checked;
    return err;
}

nvt_err nvt_ring_next(const struct nvt_spool *s, struct nvt_walk *walk, struct nvt_record *out)
{
    nvt_err err = nvt_walk_next(&s->medium, walk, out);
    while (err == NVT_E_SPOOL_EMPTY && walk->of.block != s->ring.newest.block) {
        bool checked = walk->checked;
        err = nvt_ring_enter(s, nvt_used_after(&s->medium, walk->of.block), walk);
        walk->checked = checked;
        if (err == NVT_OK) {
            err = nvt_walk_next(&s->medium, walk, out);
        }
    }
    return err;
}

nvt_err nvt_ring_fetch(const struct nvt_spool *s, const struct nvt_spool_place *place,
                       struct nvt_record *out)
{
    struct nvt_walk walk;
    if (place->seq == 0U || nvt_block_state(&s->medium, place->block) != NVT_BLOCK_USED) {
        return NVT_E_SPOOL_EMPTY;
    }
    nvt_err err = nvt_ring_enter(s, place->block, &walk);
    if (err == NVT_OK) {
        walk.offset = place->offset;
        err = nvt_walk_next(&s->medium, &walk, out);
    }
    bool there = out->place.seq == place->seq && out->place.offset == place->offset;
    return err == NVT_OK && !there ? NVT_E_SPOOL_EMPTY : err;
}

/* ---- blocks ---- */

void nvt_ring_note(struct nvt_spool *s, uint32_t block, enum nvt_block_state state)
{
    s->bad_count -= nvt_block_state(&s->medium, block) == NVT_BLOCK_BAD ? 1U : 0U;
    s->bad_count += state == NVT_BLOCK_BAD ? 1U : 0U;
    nvt_block_set(&s->medium, block, state);
}

void nvt_ring_forgive_bad(struct nvt_spool *s)
{
    for (uint32_t b = 0; s->bad_count > 0U && b < s->config.device->block_count; b++) {
        if (nvt_block_state(&s->medium, b) == NVT_BLOCK_BAD) {
            nvt_ring_note(s, b, NVT_BLOCK_FREE);
        }
    }
}

uint32_t nvt_ring_spare(const struct nvt_spool *s)
{
    uint32_t spare = s->config.device->block_count / 16U;
    return spare < (uint32_t)NVT_SPOOL_SPARE_MAX ? spare : (uint32_t)NVT_SPOOL_SPARE_MAX;
}

bool nvt_ring_is_free(const struct nvt_spool *s, uint32_t block)
{
    enum nvt_block_state state = nvt_block_state(&s->medium, block);
    return state == NVT_BLOCK_FREE || state == NVT_BLOCK_ERASED;
}

uint32_t nvt_ring_free_behind(const struct nvt_spool *s, uint32_t b, uint32_t *out_last)
{
    uint32_t count = 0;
    for (b = nvt_block_after(&s->medium, b); b != s->ring.told;
         b = nvt_block_after(&s->medium, b)) {
        if (nvt_ring_is_free(s, b)) {
            *out_last = b;
            count++;
        }
    }
    return count;
}

/* ---- making durable ---- */

static void forget_erased(struct nvt_spool *s)
{
    for (uint32_t b = 0; b < s->config.device->block_count; b++) {
        if (nvt_block_state(&s->medium, b) == NVT_BLOCK_ERASED) {
            nvt_block_set(&s->medium, b, NVT_BLOCK_FREE);
        }
    }
}

/* What was written since the last good sync may never come to be: it stops to count at once, and
 * the next block's head says so for good. */
nvt_err nvt_ring_sync(struct nvt_spool *s)
{
    const struct nvt_port_block *d = s->config.device;
    struct nvt_spool_life *newest = &s->ring.newest;
    nvt_err err = s->unsynced ? d->sync(d->ctx) : NVT_OK;
    if (err == NVT_OK) {
        s->unsynced = false;
        s->ring.synced = newest->end;
        s->synced_tail = s->now.tail;
        return NVT_OK;
    }
    s->failed_syncs++;
    s->sync_failed = true;
    s->closed = true;
    forget_erased(s);
    s->stale = s->stale || newest->end != s->ring.synced;
    newest->end = s->ring.synced;
    newest->sure = newest->sure < newest->end ? newest->sure : newest->end;
    return err;
}

/* What made the block free must be durable before. */
nvt_err nvt_ring_erase(struct nvt_spool *s, uint32_t block)
{
    nvt_err err = nvt_ring_sync(s);
    if (err == NVT_OK && nvt_block_state(&s->medium, block) != NVT_BLOCK_ERASED) {
        s->unsynced = true;
        err = s->config.device->erase(s->config.device->ctx, block);
        nvt_ring_note(s, block, err == NVT_OK ? NVT_BLOCK_ERASED : NVT_BLOCK_BAD);
    }
    return err;
}
