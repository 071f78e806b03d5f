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

static void leave_oldest(struct nvt_spool *s, uint32_t next, uint32_t next_seq)
{
    nvt_ring_note(s, s->ring.oldest, NVT_BLOCK_FREE);
    s->ring.oldest = next;
    s->ring.oldest_seq = next_seq;
}

/* The block in use behind the oldest, and its number. */
static nvt_err find_second(const struct nvt_spool *s, uint32_t *out_block, uint32_t *out_seq)
{
    struct nvt_walk walk = {.seq = 0U};
    uint8_t copies = 0U;
    *out_block = nvt_used_after(&s->medium, s->ring.oldest);
    nvt_err err = nvt_ring_enter(&s->medium, &s->ring, *out_block, &walk, &copies);
    /* With no head the number is not known; but it is higher than the oldest one's. */
    *out_seq = err == NVT_OK ? walk.seq : s->ring.oldest_seq + 1U;
    return err == NVT_E_SPOOL_EMPTY ? NVT_OK : err;
}

nvt_err nvt_ring_follow(struct nvt_spool *s)
{
    nvt_err err = NVT_E_SPOOL_EMPTY;
    while (err == NVT_E_SPOOL_EMPTY && s->ring.oldest != s->ring.head) {
        struct nvt_walk walk;
        struct nvt_record r;
        uint32_t next = 0;
        uint32_t next_seq = 0;
        err = nvt_ring_begin(s, true, &walk);
        if (err == NVT_OK) {
            err = next_living(s, &walk, &r);
        }
        if (err == NVT_E_SPOOL_EMPTY) {
            err = find_second(s, &next, &next_seq);
            if (err == NVT_OK) {
                leave_oldest(s, next, next_seq);
                err = NVT_E_SPOOL_EMPTY;
            }
        }
    }
    return err == NVT_E_SPOOL_EMPTY ? NVT_OK : err;
}

static nvt_err copy_living(struct nvt_spool *s, struct nvt_walk *walk, struct nvt_tip *tip)
{
    struct nvt_record r;
    nvt_err err = next_living(s, walk, &r);
    while (err == NVT_OK) {
        r.copy = true;
        err = nvt_tip_write(s, tip, r, nvt_span_of(s->config.buffer + NVT_RECORD_LEN, r.len));
        if (err != NVT_OK) {
            nvt_ring_note(s, tip->block, NVT_BLOCK_BAD);
            return err;
        }
        err = next_living(s, walk, &r);
    }
    return err == NVT_E_SPOOL_EMPTY ? NVT_OK : err;
}

/* Twice, as all that was copied would be lost with the only one. */
static nvt_err write_moved(struct nvt_spool *s, struct nvt_tip *tip)
{
    struct nvt_record r = {.type = (uint8_t)NVT_RECORD_MOVED, .id = tip->seq, .due_s = tip->block};
    nvt_err err = NVT_OK;
    if (s->ring.oldest != s->ring.head) {
        err = find_second(s, &r.due_s, &r.id);
    }
    for (unsigned i = 0; i < 2U && err == NVT_OK; i++) {
        err = nvt_tip_write(s, tip, r, NVT_LIT(""));
        if (err != NVT_OK) {
            nvt_ring_note(s, tip->block, NVT_BLOCK_BAD);
        }
    }
    if (err == NVT_OK) {
        err = nvt_ring_sync(s);
    }
    if (err == NVT_OK) {
        tip->limit += 2U * nvt_room(s->config.device, 0U);
        nvt_tip_become_head(s, tip);
        leave_oldest(s, r.due_s, r.id);
    }
    return err;
}

/* Where the copies stand is told once they count. */
static nvt_err adopt(struct nvt_spool *s)
{
    struct nvt_walk walk;
    struct nvt_record r;
    uint8_t copies = 0U;
    nvt_err err = nvt_ring_enter(&s->medium, &s->ring, s->ring.head, &walk, &copies);
    walk.checked = false;
    while (err == NVT_OK) {
        err = nvt_walk_next(&s->medium, &walk, &r);
        if (err == NVT_OK && r.type == (uint8_t)NVT_RECORD_ENTRY) {
            nvt_picks_move(s, r.id, r.place);
        }
        if (err == NVT_OK && r.type == (uint8_t)NVT_RECORD_VALUE) {
            s->values[r.aux] = r.place;
        }
    }
    s->stale = s->stale || err != NVT_E_SPOOL_EMPTY;
    return err == NVT_E_SPOOL_EMPTY ? NVT_OK : err;
}

/* What failed as a whole device may be well again: all that are free are tried. */
static nvt_err open_to_move(struct nvt_spool *s, struct nvt_tip *tip)
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
    struct nvt_tip tip;
    nvt_err err = open_to_move(s, &tip);
    if (err == NVT_OK) {
        err = nvt_ring_begin(s, true, &source);
    }
    if (err == NVT_OK) {
        err = copy_living(s, &source, &tip);
    }
    if (err == NVT_OK) {
        err = nvt_ring_sync(s);
        tip.synced = tip.end;
    }
    if (err == NVT_OK) {
        err = write_moved(s, &tip);
    }
    return err == NVT_OK ? adopt(s) : err;
}

/* ---- making room ---- */

static bool has_room(const struct nvt_spool *s, uint32_t room)
{
    return !s->closed && s->ring.end <= s->ring.limit && s->ring.limit - s->ring.end >= room;
}

static nvt_err open_plain(struct nvt_spool *s)
{
    struct nvt_tip tip;
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
        err = turns == 0U ? NVT_E_SPOOL_FULL : nvt_ring_follow(s);
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
    struct nvt_tip tip = {
        .block = s->ring.head,
        .seq = s->ring.head_seq,
        .seed = nvt_life_seed(s->ring.head, s->ring.head_seq, s->ring.salt),
        .end = s->ring.end,
        .synced = s->synced,
    };
    nvt_err err = nvt_tip_write(s, &tip, *r, bytes);
    if (err != NVT_OK) { /* who knows what stands there now */
        s->closed = true;
        return err;
    }
    if (s->held) {
        s->ring.end = tip.end;
        s->ring.sure = tip.end;
        return NVT_OK;
    }
    err = nvt_ring_sync(s);
    if (err == NVT_OK) {
        s->ring.end = tip.end;
        s->ring.sure = tip.end;
        s->synced = tip.end;
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
        *out_place = (struct nvt_spool_place){s->ring.head, s->ring.end - room, s->ring.head_seq};
        s->longest = room > s->longest ? room : s->longest;
    }
    return err;
}
