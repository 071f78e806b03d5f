/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The blocks as a ring: in use from the oldest to the head, free from there to the oldest. One good
 * block is always kept free: when it is the last one, what lives in the oldest block is moved there
 * first. Until all of it is there the oldest block stays as it is, so a cut at any moment leaves
 * one whole copy.
 */
#include "journal.h"

static uint32_t after(const struct nvt_spool *s, uint32_t block)
{
    return block + 1U == s->config.device->block_count ? 0U : block + 1U;
}

/* ---- bad blocks ---- */

static bool is_bad(const struct nvt_spool *s, uint32_t block)
{
    uint8_t i = 0;
    while (i < s->bad_count && s->bad[i] != block) {
        i++;
    }
    return i < s->bad_count;
}

/* With no room left the one noted first is forgotten: it will be tried again. */
void nvt_ring_note_bad(struct nvt_spool *s, uint32_t block)
{
    if (is_bad(s, block)) {
        return;
    }
    if (s->bad_count == (uint8_t)NVT_SPOOL_BAD_MAX) {
        (void)memmove(&s->bad[0], &s->bad[1], sizeof s->bad - sizeof s->bad[0]);
        s->bad_count--;
    }
    s->bad[s->bad_count] = block;
    s->bad_count++;
}

/* ---- walking ---- */

/* The first block in use from b on. The head block is always in use. One in between that is not in
 * use was passed over when it was its turn. */
static nvt_err enter_from(struct nvt_spool *s, uint32_t b, struct nvt_walk *walk)
{
    for (uint32_t turn = 0; turn < s->config.device->block_count; turn++) {
        struct nvt_block_head head = {.seq = 0};
        nvt_err err = nvt_spool_read_head(s, b, &head);
        if (err == NVT_E_SPOOL_IO) {
            return err;
        }
        if (err == NVT_OK && head.seq >= s->oldest_seq && head.seq <= s->head_seq) {
            walk->block = b;
            walk->seq = head.seq;
            walk->offset = nvt_spool_padded(s, (uint32_t)NVT_HEAD_LEN + head.window_len);
            walk->doubt = 0U;
            return NVT_OK;
        }
        if (b == s->head) {
            return NVT_E_SPOOL_IO; /* it was good when it was opened */
        }
        if (!s->mounted) { /* later on, it may have been a sync that failed */
            nvt_ring_note_bad(s, b);
        }
        b = after(s, b);
    }
    return NVT_E_SPOOL_IO;
}

nvt_err nvt_ring_begin_at(struct nvt_spool *s, uint32_t block, struct nvt_walk *walk)
{
    walk->damaged = 0;
    return enter_from(s, block, walk);
}

nvt_err nvt_ring_begin(struct nvt_spool *s, struct nvt_walk *walk)
{
    return nvt_ring_begin_at(s, s->oldest, walk);
}

/* The last record was not checked, and behind it stands none: it may not be one either. */
static nvt_err resolve_doubt(const struct nvt_spool *s, struct nvt_walk *walk,
                             struct nvt_record *out)
{
    uint32_t after_it = walk->offset;
    uint32_t doubt = walk->doubt;
    walk->offset = doubt;
    walk->doubt = 0U;
    nvt_err err = nvt_spool_next_record(s, walk, out);
    if (err == NVT_OK && out->place.offset == doubt) {
        walk->offset = after_it;
        err = nvt_spool_next_record(s, walk, out);
    }
    return err;
}

static nvt_err next_record(const struct nvt_spool *s, enum nvt_check check, struct nvt_walk *walk,
                           struct nvt_record *out)
{
    nvt_err err = check == NVT_CHECK_ALL ? NVT_AGAIN : nvt_spool_peek(s, walk, out);
    bool unchecked = err == NVT_OK && out->type != (uint8_t)NVT_RECORD_VALUE &&
                     (check == NVT_CHECK_NONE || out->type != (uint8_t)NVT_RECORD_ENTRY ||
                      !nvt_spool_is_pending(s, out->id));
    if (unchecked) {
        walk->doubt = walk->offset;
        walk->offset += nvt_spool_room(s, out->len);
        return NVT_OK;
    }
    if (err != NVT_OK && walk->doubt != 0U) {
        return resolve_doubt(s, walk, out);
    }
    walk->doubt = 0U;
    return nvt_spool_next_record(s, walk, out);
}

nvt_err nvt_ring_next_record(struct nvt_spool *s, enum nvt_check check, struct nvt_walk *walk,
                             struct nvt_record *out)
{
    nvt_err err = next_record(s, check, walk, out);
    while (err == NVT_E_SPOOL_EMPTY && walk->block != s->head) {
        err = enter_from(s, after(s, walk->block), walk);
        if (err == NVT_OK) {
            err = next_record(s, check, walk, out);
        }
    }
    return err;
}

static bool lives(const struct nvt_spool *s, const struct nvt_record *r)
{
    if (r->type == (uint8_t)NVT_RECORD_ENTRY) {
        return nvt_spool_is_pending(s, r->id);
    }
    return r->type == (uint8_t)NVT_RECORD_VALUE && s->values[r->aux].seq == r->place.seq &&
           s->values[r->aux].offset == r->place.offset;
}

/* ---- free blocks ---- */

/* Of large devices more than one is kept free: any may turn out bad when it is its turn. */
uint32_t nvt_ring_spare(const struct nvt_spool *s)
{
    uint32_t spare = s->config.device->block_count / 16U;
    return spare < (uint32_t)NVT_SPOOL_BAD_MAX ? spare : (uint32_t)NVT_SPOOL_BAD_MAX;
}

/* Blocks behind from and before to; all others when both are the same. */
static uint32_t between(const struct nvt_spool *s, uint32_t from, uint32_t to)
{
    uint32_t count = s->config.device->block_count;
    return (to + count - from - 1U) % count;
}

/* Free blocks behind b, not known as bad. */
static uint32_t free_behind(const struct nvt_spool *s, uint32_t b)
{
    uint32_t count = between(s, b, s->oldest);
    uint32_t bad = 0;
    for (uint8_t i = 0; i < s->bad_count; i++) {
        bad += between(s, b, s->bad[i]) < count ? 1U : 0U;
    }
    return count - bad;
}

static uint32_t last_free(const struct nvt_spool *s)
{
    uint32_t count = s->config.device->block_count;
    uint32_t b = s->oldest;
    do {
        b = (b + count - 1U) % count;
    } while (is_bad(s, b));
    return b;
}

/* What made the block free must be durable before, and what stood in it be gone for good before
 * anything else does: the number of a block whose head was cut off is given again. */
nvt_err nvt_ring_erase(struct nvt_spool *s, uint32_t block)
{
    nvt_err err = nvt_spool_sync(s);
    if (err != NVT_OK) {
        return err;
    }
    err = s->config.device->erase(s->config.device->ctx, block);
    if (err != NVT_OK) {
        nvt_ring_note_bad(s, block);
        return err;
    }
    s->unsynced = true;
    return nvt_spool_sync(s);
}

/* Erases the free block that would be the last one, to be sure of it. */
static bool is_last_good(struct nvt_spool *s)
{
    uint32_t last = last_free(s);
    if (s->erased != last + 1U) {
        s->erased = nvt_ring_erase(s, last) == NVT_OK ? last + 1U : 0U;
    }
    return s->erased != 0U;
}

/* Are enough kept free behind b? */
static bool leaves_enough(struct nvt_spool *s, uint32_t b)
{
    uint32_t spare = nvt_ring_spare(s);
    uint32_t kept = spare > s->bad_count ? spare - s->bad_count : 0U;
    uint32_t count = free_behind(s, b);
    return count > kept && (count > 1U || is_last_good(s));
}

static nvt_err open_block(struct nvt_spool *s, uint32_t b, bool moving)
{
    nvt_err err = s->erased == b + 1U ? nvt_spool_sync(s) : nvt_ring_erase(s, b);
    if (err != NVT_OK) {
        return err;
    }
    s->erased = s->erased == b + 1U ? 0U : s->erased;
    s->top_seq++;
    err = nvt_spool_write_head(s, b, s->top_seq, moving);
    if (err != NVT_OK) {
        return err;
    }
    s->head = b;
    s->head_seq = s->top_seq;
    return NVT_OK;
}

static nvt_err open_next(struct nvt_spool *s, bool moving)
{
    nvt_err err = NVT_E_SPOOL_FULL;
    for (uint32_t b = after(s, s->head); b != s->oldest; b = after(s, b)) {
        if (is_bad(s, b) || s->top_seq == NVT_SEQ_MAX) {
            continue;
        }
        if (!moving && !leaves_enough(s, b)) {
            return NVT_E_SPOOL_FULL;
        }
        err = open_block(s, b, moving);
        if (err == NVT_OK) {
            return NVT_OK;
        }
        s->offset = s->config.device->block_size;
    }
    return err;
}

nvt_err nvt_ring_open(struct nvt_spool *s, bool moving)
{
    nvt_err err = open_next(s, moving);
    if (err == NVT_E_SPOOL_FULL && moving && s->bad_count > 0U) {
        s->bad_count = 0; /* all that are free: what failed as a whole device may be well again */
        err = open_next(s, true);
    }
    return err;
}

/* ---- making room ---- */

/* Lets oldest follow to the first block in which something lives. */
static nvt_err follow_oldest(struct nvt_spool *s)
{
    while (s->oldest != s->head) {
        struct nvt_walk walk = {.damaged = 0};
        struct nvt_record r;
        nvt_err err = enter_from(s, s->oldest, &walk);
        if (err != NVT_OK) {
            return err;
        }
        s->oldest = walk.block;
        s->oldest_seq = walk.seq;
        if (s->oldest == s->head) {
            return NVT_OK;
        }
        do {
            err = nvt_spool_next_record(s, &walk, &r);
        } while (err == NVT_OK && !lives(s, &r));
        if (err != NVT_E_SPOOL_EMPTY) {
            return err;
        }
        s->oldest = after(s, s->oldest);
    }
    s->oldest_seq = s->head_seq;
    return NVT_OK;
}

/* Copies what lives in the block under walk into the head block. */
static nvt_err copy_records(struct nvt_spool *s, struct nvt_walk *walk,
                            struct nvt_spool_place values[NVT_SPOOL_VALUES])
{
    struct nvt_record r;
    nvt_err err = nvt_spool_next_record(s, walk, &r);
    while (err == NVT_OK) {
        if (lives(s, &r)) {
            struct nvt_spool_place to = {s->head, s->offset, s->head_seq};
            if (r.type == (uint8_t)NVT_RECORD_VALUE) {
                values[r.aux] = to;
            } else {
                nvt_picks_move(s, r.id, to);
            }
            err = nvt_spool_write_record(s, &r,
                                         nvt_span_of(s->config.buffer + NVT_RECORD_LEN, r.len));
        }
        if (err == NVT_OK) {
            err = nvt_spool_next_record(s, walk, &r);
        }
    }
    return err == NVT_E_SPOOL_EMPTY ? NVT_OK : err;
}

/* All of it is durable on return: only then MOVED may say so. */
static nvt_err copy_block(struct nvt_spool *s, struct nvt_walk *walk,
                          struct nvt_spool_place values[NVT_SPOOL_VALUES])
{
    bool held = s->held;
    s->held = true;
    nvt_err err = copy_records(s, walk, values);
    s->held = held;
    return err == NVT_OK ? nvt_spool_sync(s) : err;
}

static nvt_err move_oldest(struct nvt_spool *s)
{
    struct nvt_spool_place values[NVT_SPOOL_VALUES];
    struct nvt_walk source = {.damaged = 0};
    struct nvt_walk next = {.damaged = 0};
    uint32_t head = s->head;
    uint32_t head_seq = s->head_seq;
    (void)memcpy(values, s->values, sizeof values);
    nvt_err err = enter_from(s, s->oldest, &source);
    if (err == NVT_OK) {
        err = nvt_ring_open(s, true);
    }
    if (err != NVT_OK) {
        return err;
    }
    err = copy_block(s, &source, values);
    if (err == NVT_OK) {
        err = enter_from(s, after(s, source.block), &next);
    }
    if (err == NVT_OK) {
        struct nvt_record moved = {.type = (uint8_t)NVT_RECORD_MOVED, .id = next.seq};
        err = nvt_spool_write_record(s, &moved, NVT_LIT(""));
    }
    if (err != NVT_OK) { /* the block before stays the head, and what was copied does not count */
        s->head = head;
        s->head_seq = head_seq;
        s->offset = s->config.device->block_size;
        nvt_picks_forget_places(s);
        return err;
    }
    (void)memcpy(s->values, values, sizeof values);
    s->oldest = next.block;
    s->oldest_seq = next.seq;
    return NVT_OK;
}

/* Each turn opens one block, at worst to move the oldest one's records into it. */
nvt_err nvt_ring_make_room(struct nvt_spool *s, uint32_t len)
{
    uint32_t turns = 2U * s->config.device->block_count;
    nvt_err err = NVT_OK;
    while (err == NVT_OK && (s->offset > s->limit || s->limit - s->offset < len)) {
        err = turns == 0U ? NVT_E_SPOOL_FULL : follow_oldest(s);
        if (err == NVT_OK) {
            err = nvt_ring_open(s, false);
            err = err == NVT_E_SPOOL_FULL ? move_oldest(s) : err;
        }
        turns--;
    }
    return err;
}
