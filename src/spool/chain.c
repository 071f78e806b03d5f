/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ring: the newest block that counts, and from there back, link by link, to the oldest. No
 * block belongs to it because of its number or its place: what a cut or a failure left behind is
 * named by no link.
 */
#include "spool_internal.h"

/* ---- which blocks count ---- */

static bool is_own(const struct nvt_record *r)
{
    return !r->copy && r->type != (uint8_t)NVT_RECORD_LIST && r->type != (uint8_t)NVT_RECORD_MOVED;
}

/* Whether the block stands from which the records were moved. */
static nvt_err has_source(const struct nvt_spool_medium *m, const struct nvt_head *h, bool *out_has)
{
    struct nvt_head source;
    nvt_err err = nvt_read_head(m, h->oldest, &source);
    *out_has = source.own.seq == h->oldest_seq && source.copies == 2U;
    return err;
}

/* What stands in a block that was opened to move records, or has one copy of its head alone. */
struct content {
    bool own;      /* a record that is neither a list nor part of a move */
    bool moved;    /* a move was ended, and none of its copies is missing */
    bool ended;    /* a move was ended */
    uint32_t next; /* number of the oldest block from then on */
};

static void look_at_record(struct content *c, const struct nvt_head *h, const struct nvt_record *r,
                           bool any_hole)
{
    c->own = is_own(r);
    if (r->copy && c->next == h->oldest_seq) {
        c->next++; /* in case that what ended the move is gone */
    }
    if (r->type == (uint8_t)NVT_RECORD_MOVED) {
        c->next = r->id;
        c->ended = true;
        c->moved = c->moved || !any_hole;
    }
}

/* Up to the first own record. */
static nvt_err look_into(const struct nvt_spool_medium *m, const struct nvt_head *h,
                         struct content *c)
{
    struct nvt_walk walk;
    struct nvt_record r;
    *c = (struct content){.next = h->oldest_seq};
    nvt_err err = nvt_walk_begin(m, &h->own, &walk);
    while (err == NVT_OK && !c->own) {
        err = nvt_walk_next(m, &walk, &r);
        if (err == NVT_OK) {
            look_at_record(c, h, &r, walk.any_hole);
        }
    }
    return err == NVT_E_SPOOL_EMPTY ? NVT_OK : err;
}

/* A block counts when its head was durable: both copies stand, or a record of its own. One that was
 * opened to move records counts when all of them were: what ended the move stands there, and no
 * hole in front of it. Else nothing is lost without it, as what it was made from is still whole;
 * unless that is gone. Copies 0: its head is gone, and a move may have been given up. What ended a
 * move tells a younger oldest block than the head. */
static nvt_err does_count(const struct nvt_spool_medium *m, struct nvt_head *h, bool *out_counts)
{
    struct content c;
    *out_counts = !h->moving && h->copies == 2U;
    if (*out_counts) {
        return NVT_OK;
    }
    nvt_err err = look_into(m, h, &c);
    *out_counts = c.own || (c.moved && h->copies > 0U);
    if (err == NVT_OK && !*out_counts && c.ended && h->copies > 0U) {
        err = has_source(m, h, out_counts);
        *out_counts = !*out_counts;
    }
    h->oldest_seq = *out_counts ? c.next : h->oldest_seq;
    return err;
}

/* The block's head, and whether its number is between the two and it counts. */
static nvt_err look_at(const struct nvt_spool_medium *m, uint32_t block, uint32_t above,
                       uint32_t below, struct nvt_head *out, bool *out_counts)
{
    nvt_err err = nvt_read_head(m, block, out);
    *out_counts = false;
    if (err == NVT_OK && out->own.seq > above && out->own.seq < below) {
        err = does_count(m, out, out_counts);
    }
    return err;
}

/* ---- the newest ---- */

/* From the last block on, since numbers go up with the places: few others are newer than all that
 * were met. When nothing counts, the newest of what there is must do. */
static nvt_err find_newest(struct nvt_spool *s, struct nvt_head *out)
{
    struct nvt_head any = {.copies = 0U};
    nvt_err err = NVT_OK;
    (void)memset(out, 0, sizeof *out);
    for (uint32_t b = s->medium.device->block_count; err == NVT_OK && b > 0U; b--) {
        struct nvt_head h;
        bool counts = false;
        err = look_at(&s->medium, b - 1U, out->own.seq, UINT32_MAX, &h, &counts);
        if (counts) {
            *out = h;
        }
        if (h.own.seq > any.own.seq) {
            any = h;
        }
    }
    if (out->copies == 0U) {
        *out = any;
    }
    s->top_seq = any.own.seq;
    s->base = out->base;
    s->base_block = out->own.block;
    return err == NVT_OK && out->copies == 0U ? NVT_E_SPOOL_EMPTY : err;
}

/* ---- how far it is written ---- */

/* Ids that may have been given behind the last record: one for each that may have begun there. */
static nvt_err count_torn_ids(const struct nvt_spool_medium *m, const struct nvt_walk *at,
                              uint32_t offset, uint32_t *out_count)
{
    const struct nvt_port_block *d = m->device;
    nvt_err err = NVT_OK;
    *out_count = offset < at->stop ? 1U : 0U;
    while (err == NVT_OK && offset + (uint32_t)NVT_RECORD_LEN <= at->of.end && offset < at->stop) {
        struct nvt_record r = {.place = {at->of.block, offset, at->of.seq}};
        err = nvt_read_at(m, at->of.block, offset, m->buffer, NVT_RECORD_LEN);
        bool may_be = err == NVT_OK && nvt_record_decode(d, m->buffer, &r) == NVT_OK;
        *out_count += may_be && r.type == (uint8_t)NVT_RECORD_ENTRY ? 1U : 0U;
        offset += may_be ? nvt_room(d, r.len) : nvt_padded(d, 1U);
    }
    return err;
}

/* A hole in front of joined records alone may be a cut's; any other is damage. end: so far; sure:
 * where the first one is that may be a cut's; 0: none is. */
static void see(struct nvt_spool *s, const struct nvt_record *r)
{
    struct nvt_spool_life *newest = &s->ring.newest;
    if (r->place.offset != newest->end) {
        s->torn++;
        newest->sure = newest->sure == 0U ? newest->end : newest->sure;
    }
    if (!r->joined) { /* all before it was synced */
        s->torn = 0U;
        newest->sure = 0U;
    }
}

static nvt_err survey(struct nvt_spool *s, const struct nvt_spool_life *life, uint32_t *out_skip)
{
    struct nvt_spool_life *newest = &s->ring.newest;
    struct nvt_walk walk;
    struct nvt_record r;
    nvt_err err = nvt_walk_begin(&s->medium, life, &walk);
    *newest = *life;
    newest->end = walk.offset;
    newest->sure = 0U;
    s->torn = 0U;
    while (err == NVT_OK) {
        err = nvt_walk_next(&s->medium, &walk, &r);
        if (err == NVT_OK) {
            see(s, &r);
            newest->end = walk.offset;
        }
    }
    newest->sure = newest->sure == 0U ? newest->end : newest->sure;
    s->ring.synced = newest->end;
    s->torn += walk.stop > newest->end ? 1U : 0U;
    return err == NVT_E_SPOOL_EMPTY ? count_torn_ids(&s->medium, &walk, newest->end, out_skip)
                                    : err;
}

/* ---- the newest, when both copies of its head are gone ---- */

/* Its number is one of the next few, its salt follows from that of the newest known one. */
static nvt_err probe(const struct nvt_spool_medium *m, uint32_t block, struct nvt_head *newest)
{
    enum { TRIES = 2 };
    struct nvt_head h = *newest;
    nvt_err err = NVT_OK;
    bool is = false;
    h.before = newest->own;
    h.before.sure = 0U; /* where it ends is not known */
    h.copies = 0U;
    for (uint32_t i = 1; i <= (uint32_t)TRIES && err == NVT_OK && !is; i++) {
        h.own = h.before;
        h.own.block = block;
        h.own.seq += i;
        h.own.salt = nvt_salt_after(h.before.salt, h.own.seq);
        err = does_count(m, &h, &is);
    }
    if (is) {
        *newest = h;
    }
    return err;
}

/* A block that has no head. *unknown: nothing of it can be read. whole: it may have lost its
 * beginning. */
static nvt_err try_headless(const struct nvt_spool_medium *m, uint32_t block, bool whole,
                            struct nvt_head *newest, bool *unknown)
{
    struct nvt_head h;
    uint32_t end = 0U;
    nvt_err err = nvt_read_head(m, block, &h);
    if (err == NVT_OK && h.copies == 0U) {
        uint32_t limit = nvt_records_at(m->device) + (uint32_t)NVT_RECORD_LEN;
        err = nvt_used_end(m, block, 0U, whole ? m->device->block_size : limit, &end);
    }
    if (err == NVT_OK && end > 0U) {
        err = probe(m, block, newest);
        *unknown = newest->own.block != block;
    }
    return err;
}

/* What stands behind the newest and has no head. Where nothing of it can be read, numbers may have
 * been given that nobody knows of any more. */
static nvt_err find_headless(struct nvt_spool *s, struct nvt_head *newest)
{
    const struct nvt_spool_medium *m = &s->medium;
    nvt_err err = NVT_OK;
    bool unknown = false;
    uint32_t from = newest->own.block;
    uint32_t next = nvt_block_after(m, from);
    for (uint32_t b = next; b != from && err == NVT_OK && newest->copies > 0U;
         b = nvt_block_after(m, b)) {
        err = try_headless(m, b, b == next, newest, &unknown);
    }
    s->top_seq = newest->own.seq > s->top_seq ? newest->own.seq : s->top_seq;
    if (unknown && s->top_seq < NVT_SEQ_MAX - m->device->block_count) {
        s->top_seq += m->device->block_count;
    }
    s->torn += unknown ? 1U : 0U;
    return err;
}

/* ---- back to the oldest ---- */

/* From a block, the life of the one before it. Where that is not told, as its head is gone: of the
 * nearest of so many blocks before it that counts. */
static nvt_err follow_back(const struct nvt_spool_medium *m, const struct nvt_spool_ring *ring,
                           uint32_t left, struct nvt_spool_life *at)
{
    uint32_t count = m->device->block_count;
    struct nvt_head h;
    bool found = false;
    nvt_err err = nvt_read_head(m, at->block, &h);
    if (err == NVT_OK && h.own.seq == at->seq && h.own.salt == at->salt) {
        *at = h.before;
        return NVT_OK;
    }
    for (uint32_t step = 1; step <= left && err == NVT_OK && !found; step++) {
        err = look_at(m, (at->block + count - step) % count, ring->oldest_seq - 1U, at->seq, &h,
                      &found);
    }
    *at = h.own;
    at->seq = found ? at->seq : 0U;
    return err;
}

/* Link by link, and not more than once round. */
static nvt_err mark(struct nvt_spool *s, const struct nvt_spool_life *before)
{
    const struct nvt_spool_medium *m = &s->medium;
    struct nvt_spool_life at = *before;
    uint32_t left = m->device->block_count - 1U;
    uint32_t block = s->ring.newest.block;
    uint32_t seq = s->ring.newest.seq;
    nvt_err err = NVT_OK;
    bool more = true;
    while (more) {
        nvt_block_set(m, block, NVT_BLOCK_USED);
        uint32_t step = nvt_distance(m, at.block, block);
        more = err == NVT_OK && at.seq != 0U && at.seq >= s->ring.oldest_seq && at.seq < seq &&
               step != 0U && step <= left;
        if (more) {
            left -= step;
            block = at.block;
            seq = at.seq;
            err = follow_back(m, &s->ring, left, &at);
        }
    }
    s->ring.oldest = block;
    s->ring.told = block;
    s->ring.oldest_seq = seq;
    return err;
}

/* ---- all of it ---- */

nvt_err nvt_chain_find(struct nvt_spool *s, uint32_t *out_skip)
{
    struct nvt_head newest;
    (void)memset(&s->ring, 0, sizeof s->ring);
    (void)memset(s->medium.map, 0, nvt_map_len(s->medium.device));
    nvt_err err = find_newest(s, &newest);
    if (err == NVT_OK) {
        err = survey(s, &newest.own, out_skip);
    }
    if (err == NVT_OK) {
        err = find_headless(s, &newest);
    }
    if (err == NVT_OK && newest.copies == 0U) {
        err = survey(s, &newest.own, out_skip);
    }
    if (err == NVT_OK) {
        s->ring.oldest_seq = newest.oldest_seq;
        err = mark(s, &newest.before);
    }
    return err;
}

static bool is_in(const struct nvt_spool_ring *ring, uint32_t seq)
{
    return seq >= ring->oldest_seq && seq <= ring->newest.seq;
}

/* As the next block's link tells. The head of an earlier life of that block tells of an earlier
 * ring. */
static bool is_told(const struct nvt_spool_ring *ring, uint32_t block, const struct nvt_head *next)
{
    return next->before.block == block && is_in(ring, next->own.seq) &&
           is_in(ring, next->before.seq);
}

nvt_err nvt_ring_enter(const struct nvt_spool *s, uint32_t block, struct nvt_walk *walk)
{
    const struct nvt_spool_medium *m = &s->medium;
    struct nvt_head own;
    struct nvt_head next;
    struct nvt_spool_life life = s->ring.newest;
    nvt_err err = nvt_read_head(m, block, &own);
    if (err == NVT_OK && block != life.block) {
        life = own.own;
        err = nvt_read_head(m, nvt_used_after(m, block), &next);
        if (is_told(&s->ring, block, &next)) {
            life = next.before;
        }
    }
    if (!is_in(&s->ring, life.seq)) {
        life = (struct nvt_spool_life){.block = block};
    }
    if (err == NVT_OK) {
        err = nvt_walk_begin(m, &life, walk);
        walk->copies = own.own.seq == life.seq ? own.copies : 0U;
    }
    return err;
}
