/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Room for records. When the last free block would be taken, what lives in the oldest block is
 * moved there first. Until all of it is there the oldest block stays as it is, so a cut at any
 * moment leaves one whole copy.
 */
#include "spool_internal.h"

/* ---- moving ---- */

static bool lives(const struct nvt_spool *s, const struct nvt_record *r)
{
    if (r->type == (uint8_t)NVT_RECORD_ENTRY) {
        return nvt_id_is_pending(s, r->id);
    }
    return r->type == (uint8_t)NVT_RECORD_VALUE && r->aux < (uint8_t)NVT_SPOOL_VALUES &&
           s->values[r->aux].seq == r->place.seq && s->values[r->aux].offset == r->place.offset;
}

/* The next living record of one block. */
static nvt_err next_living(const struct nvt_spool *s, struct nvt_walk *walk, struct nvt_record *out)
{
    nvt_err err = NVT_OK;
    do {
        err = nvt_walk_next(&s->medium, walk, out);
    } while (err == NVT_OK && !lives(s, out));
    return err;
}

/* The block in use behind the oldest, and its number. With no head that is not known; but it is
 * higher than the oldest one's. */
static void find_second(const struct nvt_spool *s, struct nvt_spool_ring *out)
{
    struct nvt_walk walk;
    out->oldest = nvt_used_after(&s->medium, s->ring.oldest);
    nvt_err err = nvt_ring_enter(s, out->oldest, &walk);
    out->oldest_seq = err == NVT_OK && walk.of.seq != 0U ? walk.of.seq : s->ring.oldest_seq + 1U;
}

/* Lets the oldest follow to the first block in which something lives. */
static nvt_err follow(struct nvt_spool *s)
{
    nvt_err err = NVT_E_SPOOL_EMPTY;
    while (err == NVT_E_SPOOL_EMPTY && s->ring.oldest != s->ring.newest.block) {
        struct nvt_walk walk;
        struct nvt_record r;
        err = nvt_ring_begin(s, true, &walk);
        if (err == NVT_OK) {
            err = next_living(s, &walk, &r);
        }
        if (err == NVT_E_SPOOL_EMPTY) {
            nvt_ring_note(s, s->ring.oldest, NVT_BLOCK_FREE);
            find_second(s, &s->ring);
        }
    }
    return err == NVT_E_SPOOL_EMPTY ? NVT_OK : err;
}

static nvt_err copy_living(struct nvt_spool *s, struct nvt_walk *walk, struct nvt_spool_ring *tip)
{
    struct nvt_record r;
    nvt_err err = next_living(s, walk, &r);
    while (err == NVT_OK) {
        r.copy = true;
        err = nvt_tip_write(s, tip, r, nvt_span_of(s->config.buffer + NVT_RECORD_LEN, r.len));
        if (err != NVT_OK) {
            nvt_ring_note(s, tip->newest.block, NVT_BLOCK_BAD);
            return err;
        }
        err = next_living(s, walk, &r);
    }
    return err == NVT_E_SPOOL_EMPTY ? NVT_OK : err;
}

/* Twice, as all that was copied would be lost with the only one. */
static nvt_err write_moved(struct nvt_spool *s, struct nvt_spool_ring *tip)
{
    uint32_t source = s->ring.oldest;
    tip->oldest = tip->newest.block;
    tip->oldest_seq = tip->newest.seq;
    if (source != s->ring.newest.block) {
        find_second(s, tip);
    }
    struct nvt_record r = {
        .type = (uint8_t)NVT_RECORD_MOVED, .id = tip->oldest_seq, .due_s = tip->oldest};
    nvt_err err = NVT_OK;
    for (unsigned i = 0; i < 2U && err == NVT_OK; i++) {
        err = nvt_tip_write(s, tip, r, NVT_LIT(""));
        if (err != NVT_OK) {
            nvt_ring_note(s, tip->newest.block, NVT_BLOCK_BAD);
        }
    }
    if (err == NVT_OK) {
        err = nvt_ring_sync(s);
    }
    if (err == NVT_OK) {
        tip->synced = tip->newest.end;
        tip->limit += 2U * nvt_room(s->config.device, 0U);
        nvt_tip_become_head(s, tip);
        nvt_ring_note(s, source, NVT_BLOCK_FREE);
    }
    return err;
}

/* Where the copies stand is told once they count. */
static nvt_err adopt(struct nvt_spool *s)
{
    struct nvt_walk walk;
    struct nvt_record r;
    nvt_err err = nvt_ring_enter(s, s->ring.newest.block, &walk);
    walk.checked = false;
    while (err == NVT_OK) {
        err = nvt_walk_next(&s->medium, &walk, &r);
        if (err == NVT_OK && r.type == (uint8_t)NVT_RECORD_ENTRY) {
            nvt_picks_move(s, &r);
        }
        if (err == NVT_OK && r.type == (uint8_t)NVT_RECORD_VALUE) {
            s->values[r.aux] = r.place;
        }
    }
    s->stale = s->stale || err != NVT_E_SPOOL_EMPTY;
    return err == NVT_E_SPOOL_EMPTY ? NVT_OK : err;
}

/* What failed as a whole device may be well again: all that are free are tried. */
static nvt_err open_to_move(struct nvt_spool *s, struct nvt_spool_ring *tip)
{
    nvt_err err = nvt_tip_open(s, true, tip);
    if (err == NVT_E_SPOOL_FULL && s->bad_count > 0U) {
        nvt_ring_forgive_bad(s);
        err = nvt_tip_open(s, true, tip);
    }
    return err;
}

nvt_err nvt_ring_move(struct nvt_spool *s)
{
    struct nvt_walk source;
    struct nvt_spool_ring tip;
    nvt_err err = open_to_move(s, &tip);
    if (err == NVT_OK) {
        err = nvt_ring_begin(s, true, &source);
    }
    if (err == NVT_OK) {
        err = copy_living(s, &source, &tip);
    }
    if (err == NVT_OK) {
        err = nvt_ring_sync(s);
        tip.synced = tip.newest.end;
    }
    if (err == NVT_OK) {
        err = write_moved(s, &tip);
    }
    return err == NVT_OK ? adopt(s) : err;
}

/* ---- making room ---- */

static bool has_room(const struct nvt_spool *s, uint32_t room)
{
    return !s->closed && s->ring.newest.end <= s->ring.limit &&
           s->ring.limit - s->ring.newest.end >= room;
}

static nvt_err open_plain(struct nvt_spool *s)
{
    struct nvt_spool_ring tip;
    nvt_err err = nvt_tip_open(s, false, &tip);
    if (err == NVT_OK) {
        nvt_tip_become_head(s, &tip);
    }
    return err;
}

/* Each turn opens one block, at worst to move the oldest one's records into it. */
static nvt_err make_room(struct nvt_spool *s, uint32_t room)
{
    uint32_t turns = 2U * s->config.device->block_count;
    /* The oldest is left only when what emptied it is durable. */
    nvt_err err = has_room(s, room) ? NVT_OK : nvt_ring_sync(s);
    while (err == NVT_OK && !has_room(s, room)) {
        err = turns == 0U ? NVT_E_SPOOL_FULL : follow(s);
        if (err == NVT_OK) {
            err = open_plain(s);
            err = err == NVT_E_SPOOL_FULL ? nvt_ring_move(s) : err;
        }
        turns--;
    }
    return err;
}

static nvt_err write_to_head(struct nvt_spool *s, const struct nvt_record *r, struct nvt_span bytes)
{
    struct nvt_spool_ring tip = s->ring;
    nvt_err err = nvt_tip_write(s, &tip, *r, bytes);
    if (err != NVT_OK) { /* who knows what stands there now */
        s->closed = true;
        return err;
    }
    if (!s->held) {
        err = nvt_ring_sync(s);
        tip.synced = tip.newest.end;
    }
    if (err == NVT_OK) {
        s->ring = tip;
    }
    return err;
}

static nvt_err try_to_add(struct nvt_spool *s, const struct nvt_record *r, struct nvt_span bytes)
{
    nvt_err err = make_room(s, nvt_room(s->config.device, (uint32_t)bytes.len));
    return err == NVT_OK ? write_to_head(s, r, bytes) : err;
}

/* A block that fails is left behind, and the record written into the next one. */
static nvt_err add(struct nvt_spool *s, const struct nvt_record *r, struct nvt_span bytes)
{
    enum { TRIES = 3 };
    nvt_err err = try_to_add(s, r, bytes);
    bool tried = err == NVT_E_SPOOL_IO;
    for (unsigned i = 1; i < (unsigned)TRIES && err == NVT_E_SPOOL_IO && !s->stale; i++) {
        err = try_to_add(s, r, bytes);
    }
    if (err == NVT_E_SPOOL_FULL && s->bad_count > 0U) { /* they may be well again */
        nvt_ring_forgive_bad(s);
        err = try_to_add(s, r, bytes);
    }
    /* It may stand in a block that failed. */
    return s->stale || (err == NVT_E_SPOOL_FULL && tried) ? NVT_E_SPOOL_IO : err;
}

nvt_err nvt_ring_add(struct nvt_spool *s, const struct nvt_record *r, struct nvt_span bytes,
                     struct nvt_spool_place *out_place)
{
    uint32_t room = nvt_room(s->config.device, (uint32_t)bytes.len);
    nvt_err err = add(s, r, bytes);
    if (err == NVT_OK) {
        *out_place = (struct nvt_spool_place){s->ring.newest.block, s->ring.newest.end - room,
                                              s->ring.newest.seq};
        s->longest = room > s->longest ? room : s->longest;
    }
    return err;
}
