/* SPDX-License-Identifier: Apache-2.0 */
/* What a device holds: the newest block's head tells how things stood when it was opened, its
 * records what came since, and one pass over all blocks which entries are still there. */
#include "journal.h"

/* Room in each block for at least one small entry besides its head. */
static bool has_room(const struct nvt_spool *s)
{
    uint32_t taken = nvt_spool_head_max(s) + 2U * nvt_spool_room(s, 0U);
    return s->config.device->block_size >= taken && s->config.buffer_cap >= nvt_spool_head_max(s) &&
           s->config.buffer_cap >= nvt_spool_room(s, 64U);
}

static nvt_err begin(struct nvt_spool *s, const struct nvt_spool_config *config)
{
    (void)memset(s, 0, sizeof *s);
    bool good = config != NULL && nvt_is_good_device(config->device) && config->buffer != NULL &&
                config->buffer_cap >= 256U && config->window != NULL && config->window_len >= 4U &&
                config->window_len % 4U == 0U && config->window_len <= 131072U &&
                config->picks != NULL && config->pick_cap >= 8U;
    if (!good) {
        return NVT_E_ARG;
    }
    s->config = *config;
    s->tail = 1U;
    s->next = 1U;
    nvt_window_clear(s);
    return has_room(s) ? NVT_OK : NVT_E_ARG;
}

/* Nothing was found: is there anything else? */
static nvt_err find_nothing(const struct nvt_spool *s)
{
    bool blank = true;
    nvt_err err = NVT_OK;
    for (uint32_t b = 0; err == NVT_OK && blank && b < s->config.device->block_count; b++) {
        err = nvt_spool_is_blank(s, b, &blank);
    }
    nvt_err nothing = blank ? NVT_E_SPOOL_BLANK : NVT_E_SPOOL_FOREIGN;
    return err == NVT_OK ? nothing : err;
}

/* The highest number below limit. NVT_E_SPOOL_EMPTY: there is none. */
static nvt_err find_newest(struct nvt_spool *s, uint32_t limit)
{
    s->head_seq = 0;
    for (uint32_t b = 0; b < s->config.device->block_count; b++) {
        struct nvt_block_head h;
        nvt_err err = nvt_spool_read_head(s, b, &h);
        if (err == NVT_OK && h.seq > s->head_seq && h.seq < limit) {
            s->head_seq = h.seq;
            s->head = b;
        }
        if (err == NVT_E_SPOOL_IO) {
            return err;
        }
    }
    return s->head_seq != 0U ? NVT_OK : NVT_E_SPOOL_EMPTY;
}

static nvt_err load_head(struct nvt_spool *s, struct nvt_block_head *h, struct nvt_walk *walk)
{
    nvt_err err = nvt_spool_load_head(s, s->head, h);
    s->oldest_seq = h->oldest_seq;
    s->tail = h->tail;
    s->next = h->next;
    s->delivered = h->delivered;
    s->refused = h->refused;
    s->expired = h->expired;
    nvt_spool_begin_at(s, nvt_spool_padded(s, (uint32_t)NVT_HEAD_LEN + h->window_len));
    *walk = (struct nvt_walk){s->head, s->head_seq, s->offset, 0U, 0U};
    return err;
}

/* A block that was opened to move records counts only once all of them are there. */
static nvt_err was_moved(struct nvt_spool *s, struct nvt_walk walk, bool *out_moved)
{
    struct nvt_record r;
    nvt_err err = NVT_OK;
    *out_moved = false;
    while (err == NVT_OK && !*out_moved) {
        err = nvt_spool_next_record(s, &walk, &r);
        *out_moved = err == NVT_OK && r.type == (uint8_t)NVT_RECORD_MOVED;
    }
    return err == NVT_E_SPOOL_EMPTY ? NVT_OK : err;
}

/* The newest head of all, if its block counts, or the newest below limit. */
static nvt_err try_head(struct nvt_spool *s, uint32_t limit, struct nvt_walk *walk,
                        bool *out_counts)
{
    struct nvt_block_head h = {.moving = false};
    nvt_err err = find_newest(s, limit);
    if (err == NVT_OK) {
        err = load_head(s, &h, walk);
    }
    *out_counts = !h.moving;
    return err == NVT_OK && h.moving ? was_moved(s, *walk, out_counts) : err;
}

/* Moves that failed or were cut off leave blocks that do not count. When there is nothing else, the
 * newest of them must do. */
static nvt_err find_head(struct nvt_spool *s, struct nvt_walk *walk)
{
    bool counts = false;
    nvt_err err = try_head(s, UINT32_MAX, walk, &counts);
    uint32_t top = s->head_seq;
    for (unsigned i = 0; i < NVT_UNFINISHED_MAX && err == NVT_OK && !counts; i++) {
        err = try_head(s, s->head_seq, walk, &counts);
    }
    if (top != 0U && (err == NVT_E_SPOOL_EMPTY || (err == NVT_OK && !counts))) {
        err = try_head(s, UINT32_MAX, walk, &counts);
    }
    s->top_seq = top;
    return err == NVT_E_SPOOL_EMPTY ? find_nothing(s) : err;
}

static void replay_record(struct nvt_spool *s, const struct nvt_record *r)
{
    if (r->type == (uint8_t)NVT_RECORD_MARK) {
        nvt_spool_note_settled(s, r->id, r->aux);
        nvt_window_follow(s);
    } else if (r->type == (uint8_t)NVT_RECORD_MOVED) {
        s->oldest_seq = r->id;
    } else if (r->type == (uint8_t)NVT_RECORD_ENTRY && r->id >= s->next && r->id != UINT32_MAX) {
        nvt_window_reach(s, r->id);
    } else {
        /* moved here, or a value */
    }
}

/* What the head block's records say since it was opened. All before the last record that is not
 * joined to others was durable: *out_sure is the next id then. */
static nvt_err replay(struct nvt_spool *s, struct nvt_walk *walk, uint32_t *out_sure)
{
    /* Those that are too long for the buffer as well: their ids were given. */
    struct nvt_medium m = {s->config.device, s->config.buffer, s->config.buffer_cap};
    struct nvt_record r;
    bool clean = false;
    *out_sure = s->next;
    s->offset = walk->offset;
    nvt_err err = nvt_medium_next_record(&m, walk, &r);
    while (err == NVT_OK) {
        *out_sure = r.joined ? *out_sure : s->next;
        replay_record(s, &r);
        s->offset = walk->offset;
        err = nvt_medium_next_record(&m, walk, &r);
    }
    if (err == NVT_E_SPOOL_EMPTY) {
        err = nvt_spool_is_clean(s, s->head, s->offset, &clean);
    }
    if (!clean) { /* a record was cut off here: nothing can be written over it, nor into its room */
        s->offset = s->config.device->block_size;
    }
    return err;
}

/* Blocks in use follow each other: the oldest is the first of them behind the newest. */
static nvt_err find_oldest(struct nvt_spool *s)
{
    uint32_t count = s->config.device->block_count;
    for (uint32_t i = 1; i <= count; i++) {
        struct nvt_block_head h;
        s->oldest = (s->head + i) % count;
        nvt_err err = nvt_spool_read_head(s, s->oldest, &h);
        if (err == NVT_E_SPOOL_IO) {
            return err;
        }
        if (err == NVT_OK && h.seq >= s->oldest_seq && h.seq <= s->head_seq) {
            s->oldest_seq = h.seq;
            return NVT_OK;
        }
    }
    return NVT_E_SPOOL_IO; /* the newest one's head was good before */
}

nvt_err nvt_spool_mount(struct nvt_spool *s, const struct nvt_spool_config *config)
{
    struct nvt_walk walk = {.damaged = 0U};
    uint32_t sure = 0;
    if (s == NULL) {
        return NVT_E_ARG;
    }
    nvt_err err = begin(s, config);
    if (err == NVT_OK) {
        err = find_head(s, &walk);
    }
    if (err == NVT_OK) {
        err = replay(s, &walk, &sure);
    }
    if (err == NVT_OK) {
        err = find_oldest(s);
    }
    if (err == NVT_OK) {
        err = nvt_spool_take_stock(s, NVT_CHECK_LIVING, sure);
    }
    if (err == NVT_OK) {
        s->unsynced = true; /* whoever wrote it last may not have come to that */
        s->mounted = true;
    }
    return err;
}

/* Numbers go on from what is there, so that none of the old blocks counts any more. Such as no
 * device lives to see, somebody else's, would leave too few: all blocks are erased then. */
static nvt_err begin_numbers(struct nvt_spool *s)
{
    nvt_err err = find_newest(s, UINT32_MAX);
    if (err == NVT_OK && s->head_seq > NVT_SEQ_MAX / 2U) {
        for (uint32_t b = 0; b < s->config.device->block_count; b++) {
            (void)nvt_ring_erase(s, b); /* a bad one matters if its head is still good */
        }
        err = find_newest(s, UINT32_MAX);
        err = s->head_seq > NVT_SEQ_MAX / 2U ? NVT_E_SPOOL_IO : err;
    }
    s->top_seq = s->head_seq;
    return err == NVT_E_SPOOL_EMPTY ? NVT_OK : err;
}

nvt_err nvt_spool_format(struct nvt_spool *s, const struct nvt_spool_config *config)
{
    if (s == NULL) {
        return NVT_E_ARG;
    }
    nvt_err err = begin(s, config);
    if (err != NVT_OK) {
        return err;
    }
    err = begin_numbers(s);
    if (err != NVT_OK) {
        return err;
    }
    s->oldest_seq = s->top_seq + 1U;
    s->head = s->config.device->block_count - 1U;
    s->oldest = s->head;
    nvt_window_clear(s);
    err = nvt_ring_open(s, false);
    if (err == NVT_OK) {
        s->oldest = s->head;
        s->oldest_seq = s->head_seq;
        s->picks_complete = true;
        s->mounted = true;
    }
    return err == NVT_E_SPOOL_FULL ? NVT_E_SPOOL_IO : err;
}
