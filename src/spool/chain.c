/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ring: the newest block that counts, and from there back, link by link, to the oldest. No
 * block belongs to it because of its number or its place: what a cut or a failure left behind is
 * named by no link.
 */
#include "spool_internal.h"

/* A block without a head is no error; nor is one that cannot be read, where that is passed over. */
static nvt_err pass_over(const struct nvt_spool_medium *m, nvt_err err)
{
    return err == NVT_E_SPOOL_EMPTY || m->lenient ? NVT_OK : err;
}

/* ---- which blocks count ---- */

static bool is_moved(const struct nvt_record *r)
{
    return r->type == (uint8_t)NVT_RECORD_MOVED;
}

static bool is_own(const struct nvt_record *r)
{
    return !r->copy && r->type != (uint8_t)NVT_RECORD_LIST && !is_moved(r);
}

/* Whether the block stands from which the records were moved. */
static nvt_err has_source(const struct nvt_spool_medium *m, const struct nvt_head *h, bool *out_has)
{
    struct nvt_head source;
    nvt_err err = nvt_read_head(m, h->oldest, &source);
    *out_has = err == NVT_OK && source.seq == h->oldest_seq && source.copies == 2U;
    return err == NVT_E_SPOOL_EMPTY ? NVT_OK : err;
}

/* A block counts when its head was durable: both copies stand, or a record of its own. One that was
 * opened to move records counts when all of them were: what ended the move stands there, and no
 * hole in front of it. Else nothing is lost without it, as what it was made from is still whole;
 * unless that is gone. h: its head; NULL: that is gone, and a move may have been given up. */
static nvt_err does_count(const struct nvt_spool_medium *m, struct nvt_walk *walk,
                          const struct nvt_head *h, bool *out_counts)
{
    struct nvt_record r;
    bool ended = false;
    *out_counts = h != NULL && !h->moving && h->copies == 2U;
    if (*out_counts) {
        return NVT_OK;
    }
    nvt_err err = nvt_used_end(m, walk->block, walk->offset, walk->end, &walk->stop);
    while (err == NVT_OK && !*out_counts) {
        err = nvt_walk_next(m, walk, &r);
        bool moved = err == NVT_OK && h != NULL && is_moved(&r);
        ended = ended || moved;
        *out_counts = err == NVT_OK && (is_own(&r) || (moved && !walk->any_hole));
    }
    if (err == NVT_E_SPOOL_EMPTY && ended) {
        err = has_source(m, h, out_counts);
        *out_counts = !*out_counts;
    }
    return err == NVT_E_SPOOL_EMPTY ? NVT_OK : err;
}

/* ---- the newest ---- */

/* any: even if it does not count. */
static nvt_err consider(const struct nvt_spool_medium *m, uint32_t block, bool any,
                        struct nvt_chain *c)
{
    struct nvt_head h;
    struct nvt_walk walk;
    bool counts = any;
    nvt_err err = nvt_read_head(m, block, &h);
    if (err != NVT_OK) {
        return pass_over(m, err);
    }
    c->top_seq = h.seq > c->top_seq ? h.seq : c->top_seq;
    if (h.seq <= c->head.seq) {
        return NVT_OK;
    }
    if (!any) {
        nvt_walk_begin(m, block, h.seq, h.salt, &walk);
        err = does_count(m, &walk, &h, &counts);
    }
    if (counts) {
        c->head = h;
        c->block = block;
    }
    return pass_over(m, err);
}

/* From the last block on, since numbers go up with the places: few others are newer than all that
 * were met. When nothing counts, the newest of what there is must do. */
static nvt_err find_newest(const struct nvt_spool_medium *m, struct nvt_chain *c)
{
    nvt_err err = NVT_OK;
    for (unsigned any = 0; any < 2U && c->head.seq == 0U; any++) {
        for (uint32_t b = m->device->block_count; err == NVT_OK && b > 0U; b--) {
            err = consider(m, b - 1U, any != 0U, c);
        }
    }
    c->base_block = c->block;
    return err == NVT_OK && c->head.seq == 0U ? NVT_E_SPOOL_EMPTY : err;
}

/* ---- how far it is written ---- */

struct survey {
    uint32_t hole_at;        /* the first one that may be a cut's; 0: none */
    uint32_t torn;           /* how many of them */
    bool own, copied, moved; /* records that are no part of a move; its copies; what ended one */
};

/* end: of the record. */
static void see(const struct nvt_port_block *d, struct nvt_spool_ring *ring, struct survey *v,
                const struct nvt_record *r, uint32_t end)
{
    if (r->place.offset != ring->end) {
        v->torn++;
        v->hole_at = v->hole_at == 0U ? ring->end : v->hole_at;
    }
    if (!r->joined) { /* all before it was synced: those holes are damage */
        v->torn = 0U;
        v->hole_at = 0U;
    }
    if (is_moved(r) && r->due_s < d->block_count) {
        ring->oldest = r->due_s;
        ring->oldest_seq = r->id;
    }
    v->copied = v->copied || r->copy;
    v->moved = v->moved || is_moved(r);
    v->own = v->own || is_own(r);
    ring->end = end;
}

/* Ids that may have been given behind the last record: one for each that may have begun there. */
static nvt_err count_torn_ids(const struct nvt_spool_medium *m, const struct nvt_walk *at,
                              uint32_t offset, uint32_t *out_count)
{
    const struct nvt_port_block *d = m->device;
    nvt_err err = NVT_OK;
    *out_count = offset < at->stop ? 1U : 0U;
    while (err == NVT_OK && offset + (uint32_t)NVT_RECORD_LEN <= at->end && offset < at->stop) {
        struct nvt_record r = {.place = {at->block, offset, at->seq}};
        err = d->read(d->ctx, at->block, offset, m->buffer, NVT_RECORD_LEN);
        bool may_be = err == NVT_OK && nvt_record_decode(d, m->buffer, &r) == NVT_OK;
        *out_count += may_be && r.type == (uint8_t)NVT_RECORD_ENTRY ? 1U : 0U;
        offset += may_be ? nvt_room(d, r.len) : nvt_padded(d, 1U);
    }
    return err;
}

static nvt_err survey(const struct nvt_spool_medium *m, struct nvt_chain *c,
                      struct nvt_spool_ring *ring)
{
    struct survey v = {.hole_at = 0U};
    struct nvt_walk walk;
    struct nvt_record r;
    nvt_walk_begin(m, c->block, c->head.seq, c->head.salt, &walk);
    ring->end = walk.offset;
    nvt_err err = nvt_used_end(m, c->block, walk.offset, walk.end, &walk.stop);
    while (err == NVT_OK) {
        err = nvt_walk_next(m, &walk, &r);
        if (err == NVT_OK) {
            see(m->device, ring, &v, &r, walk.offset);
        }
    }
    c->moved_anyway = v.copied && v.own && !v.moved;
    c->torn = v.torn + (walk.stop > ring->end ? 1U : 0U);
    ring->sure = v.hole_at == 0U ? ring->end : v.hole_at;
    return err == NVT_E_SPOOL_EMPTY ? count_torn_ids(m, &walk, ring->end, &c->skip) : err;
}

/* ---- the newest, when both copies of its head are gone ---- */

/* Its number is one of the next few, its salt follows from that of the newest known one. */
static nvt_err probe(const struct nvt_spool_medium *m, uint32_t block, struct nvt_chain *c,
                     bool *out_is)
{
    enum { TRIES = 2 };
    const struct nvt_link link = {c->block, c->head.seq, c->head.salt, m->device->block_size, 0U};
    nvt_err err = NVT_OK;
    *out_is = false;
    for (uint32_t i = 1; i <= (uint32_t)TRIES && err == NVT_OK && !*out_is; i++) {
        struct nvt_walk walk;
        uint32_t salt = nvt_salt_after(link.salt, link.seq + i);
        nvt_walk_begin(m, block, link.seq + i, salt, &walk);
        walk.budget = m->device->block_size;
        err = does_count(m, &walk, NULL, out_is);
        if (*out_is) {
            c->head.seq = walk.seq;
            c->head.salt = salt;
            c->head.before = link;
            c->head.copies = 0U;
            c->block = block;
        }
    }
    c->top_seq = c->head.seq > c->top_seq ? c->head.seq : c->top_seq;
    return err;
}

/* A block that has no head: *out_is: the newest of all; *unknown: nothing of it can be read. whole:
 * it may have lost its beginning. */
static nvt_err try_headless(const struct nvt_spool_medium *m, uint32_t block, bool whole,
                            struct nvt_chain *c, bool *out_is, bool *unknown)
{
    struct nvt_head h;
    uint32_t end = nvt_records_at(m->device) + (uint32_t)NVT_RECORD_LEN;
    nvt_err err = nvt_read_head(m, block, &h);
    if (err != NVT_E_SPOOL_EMPTY) {
        return pass_over(m, err);
    }
    err = nvt_used_end(m, block, 0U, whole ? m->device->block_size : end, &end);
    if (err == NVT_OK && end > 0U) {
        err = probe(m, block, c, out_is);
        *unknown = !*out_is;
    }
    return pass_over(m, err);
}

/* What stands behind the newest and has no head. Where nothing of it can be read, numbers may have
 * been given that nobody knows of any more. */
static nvt_err find_headless(const struct nvt_spool_medium *m, struct nvt_chain *c)
{
    nvt_err err = NVT_OK;
    bool is = false;
    bool unknown = false;
    uint32_t from = c->block;
    uint32_t next = nvt_block_after(m, from);
    for (uint32_t b = next; b != from && err == NVT_OK && !is; b = nvt_block_after(m, b)) {
        err = try_headless(m, b, b == next, c, &is, &unknown);
    }
    c->torn += unknown ? 1U : 0U;
    if (unknown && c->top_seq < NVT_SEQ_MAX - m->device->block_count) {
        c->top_seq += m->device->block_count;
    }
    return err;
}

/* ---- back to the oldest ---- */

/* A link to the block, if it counts. */
static nvt_err make_link(const struct nvt_spool_medium *m, uint32_t block, uint32_t below,
                         const struct nvt_spool_ring *ring, struct nvt_link *out)
{
    struct nvt_head h;
    struct nvt_walk walk;
    bool counts = false;
    nvt_err err = nvt_read_head(m, block, &h);
    if (err == NVT_OK && h.seq < below && h.seq >= ring->oldest_seq) {
        nvt_walk_begin(m, block, h.seq, h.salt, &walk);
        err = does_count(m, &walk, &h, &counts);
    }
    if (counts) {
        *out = (struct nvt_link){block, h.seq, h.salt, 0U, 0U};
    }
    return pass_over(m, err);
}

/* From the block that it leads to, the link onwards. Where that is gone with its head, to the
 * nearest of so many blocks before it that counts. */
static nvt_err follow_link(const struct nvt_spool_medium *m, const struct nvt_spool_ring *ring,
                           uint32_t left, struct nvt_link *link)
{
    const struct nvt_link at = *link;
    uint32_t count = m->device->block_count;
    struct nvt_head h;
    nvt_err err = nvt_read_head(m, at.block, &h);
    if (err == NVT_OK && h.seq == at.seq && h.salt == at.salt) {
        *link = h.before;
        return NVT_OK;
    }
    err = pass_over(m, err);
    link->seq = 0U;
    for (uint32_t step = 1; step <= left && err == NVT_OK && link->seq == 0U; step++) {
        err = make_link(m, (at.block + count - step) % count, at.seq, ring, link);
    }
    return err;
}

/* How many blocks a link leads back; 0: not to an older one of the ring. */
static uint32_t length_of(const struct nvt_spool_medium *m, const struct nvt_spool_ring *ring,
                          const struct nvt_link *link, uint32_t block, uint32_t seq)
{
    bool older = link->seq != 0U && link->seq >= ring->oldest_seq && link->seq < seq;
    return older ? nvt_distance(m, link->block, block) : 0U;
}

/* Not more than once round. */
static nvt_err mark(const struct nvt_spool_medium *m, const struct nvt_chain *c,
                    struct nvt_spool_ring *ring)
{
    struct nvt_link link = c->head.before;
    uint32_t block = c->block;
    uint32_t seq = c->head.seq;
    uint32_t left = m->device->block_count - 1U;
    uint32_t step = length_of(m, ring, &link, block, seq);
    nvt_err err = NVT_OK;
    nvt_block_set(m, block, NVT_BLOCK_USED);
    while (err == NVT_OK && step != 0U && step <= left) {
        left -= step;
        block = link.block;
        seq = link.seq;
        nvt_block_set(m, block, NVT_BLOCK_USED);
        err = follow_link(m, ring, left, &link);
        step = length_of(m, ring, &link, block, seq);
    }
    ring->oldest = block;
    ring->oldest_seq = seq;
    return err;
}

/* ---- all of it ---- */

static void begin_ring(const struct nvt_chain *c, struct nvt_spool_ring *ring)
{
    ring->head = c->block;
    ring->head_seq = c->head.seq;
    ring->salt = c->head.salt;
}

nvt_err nvt_chain_find(struct nvt_spool_medium *m, struct nvt_chain *out,
                       struct nvt_spool_ring *ring)
{
    (void)memset(out, 0, sizeof *out);
    (void)memset(ring, 0, sizeof *ring);
    (void)memset(m->map, 0, nvt_map_len(m->device));
    nvt_err err = find_newest(m, out);
    if (err == NVT_OK) {
        ring->oldest = out->head.oldest;
        ring->oldest_seq = out->head.oldest_seq;
        err = survey(m, out, ring);
    }
    if (err == NVT_OK) {
        err = find_headless(m, out);
    }
    if (err == NVT_OK && out->head.copies == 0U) {
        err = survey(m, out, ring);
    }
    if (err == NVT_OK) {
        begin_ring(out, ring);
        ring->oldest_seq += out->moved_anyway ? 1U : 0U;
        err = mark(m, out, ring);
    }
    return err;
}

static bool is_in(const struct nvt_spool_ring *ring, uint32_t seq)
{
    return seq >= ring->oldest_seq && seq <= ring->head_seq;
}

/* As the next block's link tells. The head of an earlier life of that block tells of an earlier
 * ring. */
static bool is_told(const struct nvt_spool_ring *ring, uint32_t block, const struct nvt_head *next)
{
    return next->copies > 0U && next->before.block == block && is_in(ring, next->seq) &&
           is_in(ring, next->before.seq);
}

nvt_err nvt_ring_enter(const struct nvt_spool_medium *m, const struct nvt_spool_ring *ring,
                       uint32_t block, struct nvt_walk *walk, uint8_t *out_copies)
{
    struct nvt_head own;
    struct nvt_head next = {.copies = 0U};
    struct nvt_link link = {block, ring->head_seq, ring->salt, ring->end, ring->sure};
    nvt_err err = nvt_read_head(m, block, &own);
    *out_copies = 0U;
    if (err == NVT_E_SPOOL_EMPTY) {
        own.seq = 0U;
        err = NVT_OK;
    }
    if (err == NVT_OK && block != ring->head) {
        err = nvt_read_head(m, nvt_used_after(m, block), &next);
    }
    if (err != NVT_OK && err != NVT_E_SPOOL_EMPTY) {
        return err;
    }
    if (is_told(ring, block, &next)) {
        link = next.before;
    } else if (block != ring->head) {
        link = (struct nvt_link){block, own.seq, own.salt, m->device->block_size,
                                 m->device->block_size};
    } else {
        /* nothing is behind it yet */
    }
    if (!is_in(ring, link.seq)) {
        return NVT_E_SPOOL_EMPTY;
    }
    *out_copies = own.seq == link.seq ? own.copies : 0U;
    nvt_walk_begin(m, block, link.seq, link.salt, walk);
    walk->end = link.end;
    walk->sure = link.sure;
    walk->stop = link.end;
    return link.end == m->device->block_size
               ? nvt_used_end(m, block, walk->offset, link.end, &walk->stop)
               : NVT_OK;
}
