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

/* ---- walking ---- */

/* The first block in use from b on. The head block is always in use. */
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
            return NVT_OK;
        }
        if (b == s->head) {
            return NVT_E_SPOOL_IO; /* it was good when it was opened */
        }
        b = after(s, b);
    }
    return NVT_E_SPOOL_IO;
}

nvt_err nvt_ring_begin(struct nvt_spool *s, struct nvt_walk *walk)
{
    walk->damaged = 0;
    return enter_from(s, s->oldest, walk);
}

nvt_err nvt_ring_next_record(struct nvt_spool *s, struct nvt_walk *walk, struct nvt_record *out)
{
    nvt_err err = nvt_spool_next_record(s, walk, out);
    while (err == NVT_E_SPOOL_EMPTY && walk->block != s->head) {
        err = enter_from(s, after(s, walk->block), walk);
        if (err == NVT_OK) {
            err = nvt_spool_next_record(s, walk, out);
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

static bool is_bad(const struct nvt_spool *s, uint32_t block)
{
    uint8_t i = 0;
    while (i < s->bad_count && s->bad[i] != block) {
        i++;
    }
    return i < s->bad_count;
}

static void note_bad(struct nvt_spool *s, uint32_t block)
{
    if (s->bad_count < (uint8_t)NVT_SPOOL_BAD_MAX) {
        s->bad[s->bad_count] = block;
        s->bad_count++;
    }
}

/* Free blocks not known as bad; *out_last is the last of them. */
static uint32_t free_blocks(const struct nvt_spool *s, uint32_t *out_last)
{
    uint32_t count = 0;
    for (uint32_t b = after(s, s->head); b != s->oldest; b = after(s, b)) {
        if (!is_bad(s, b)) {
            count++;
            *out_last = b;
        }
    }
    return count;
}

/* What made the block free must be durable before, and what stood in it be gone for good before
 * anything else does: the number of a block whose head was cut off is given again. */
static nvt_err erase(struct nvt_spool *s, uint32_t block)
{
    nvt_err err = nvt_spool_sync(s);
    if (err != NVT_OK) {
        return err;
    }
    err = s->config.device->erase(s->config.device->ctx, block);
    if (err != NVT_OK) {
        note_bad(s, block);
        return err;
    }
    s->unsynced = true;
    return nvt_spool_sync(s);
}

/* More than the one that is kept free? When there are just two, the one that would be kept is
 * erased, to be sure of it. */
static bool has_spare(struct nvt_spool *s)
{
    uint32_t last = 0;
    uint32_t count = free_blocks(s, &last);
    return count > 2U || (count == 2U && erase(s, last) == NVT_OK);
}

nvt_err nvt_ring_open(struct nvt_spool *s, bool moving)
{
    nvt_err err = NVT_E_SPOOL_FULL;
    for (uint32_t b = after(s, s->head); b != s->oldest; b = after(s, b)) {
        if (is_bad(s, b)) {
            continue;
        }
        err = erase(s, b);
        if (err == NVT_OK) {
            s->top_seq++;
            err = nvt_spool_write_head(s, b, s->top_seq, moving);
            if (err == NVT_OK) {
                s->head = b;
                s->head_seq = s->top_seq;
                return NVT_OK;
            }
            note_bad(s, b);
        }
    }
    s->offset = s->config.device->block_size;
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
        s->oldest = walk.block;
        s->oldest_seq = walk.seq;
        if (err != NVT_OK || s->oldest == s->head) {
            return err;
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
            if (r.type == (uint8_t)NVT_RECORD_VALUE) {
                values[r.aux] = (struct nvt_spool_place){s->head, s->offset, s->head_seq};
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
        if (s->offset == s->config.device->block_size) {
            note_bad(s, s->head);
        }
        s->head = head;
        s->head_seq = head_seq;
        s->offset = s->config.device->block_size;
        return err;
    }
    (void)memcpy(s->values, values, sizeof values);
    s->oldest = next.block;
    s->oldest_seq = next.seq;
    nvt_picks_forget(s);
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
            err = has_spare(s) ? nvt_ring_open(s, false) : move_oldest(s);
        }
        turns--;
    }
    return err;
}
