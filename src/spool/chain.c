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

/* What stands in a block. */
struct content {
    bool own;   /* a record that is no list, and no part of a move */
    bool ended; /* a move was ended */
    bool moved; /* and none of its copies is missing */
    bool any;
};

static bool is_own(const struct nvt_record *r)
{
    return !r->copy && r->type != (uint8_t)NVT_RECORD_LIST && r->type != (uint8_t)NVT_RECORD_MOVED;
}

static nvt_err look_into(const struct nvt_spool_medium *m, struct nvt_walk *walk,
                         struct content *out)
{
    struct nvt_record r;
    uint32_t end = walk->offset;
    bool hole = false;
    nvt_err err = nvt_used_end(m, walk->block, walk->offset, &walk->stop);
    (void)memset(out, 0, sizeof *out);
    while (err == NVT_OK && !out->own) {
        err = nvt_walk_next(m, walk, &r);
        if (err == NVT_OK) {
            bool moved = r.type == (uint8_t)NVT_RECORD_MOVED;
            hole = hole || r.place.offset != end;
            end = walk->offset;
            out->any = true;
            out->own = is_own(&r);
            out->ended = out->ended || moved;
            out->moved = out->moved || (moved && !hole);
        }
    }
    return err == NVT_E_SPOOL_EMPTY ? NVT_OK : err;
}

/* Whether the block stands from which the records were moved. */
static nvt_err has_source(const struct nvt_spool_medium *m, const struct nvt_head *h, bool *out_has)
{
    struct nvt_head source = {.seq = 0U};
    nvt_err err = nvt_read_head(m, h->oldest, &source);
    *out_has = err == NVT_OK && source.seq == h->oldest_seq && source.copies == 2U;
    return err == NVT_E_SPOOL_EMPTY ? NVT_OK : err;
}

/* A block counts when its head was durable: both copies stand, or a record behind them. One that
 * was opened to move records counts when all of them were: MOVED says so behind them all, or what
 * came after it. Else nothing is lost without it, as what it was made from is still whole; unless
 * that is gone. */
static nvt_err does_count(const struct nvt_spool_medium *m, uint32_t block,
                          const struct nvt_head *h, bool *out_counts)
{
    struct nvt_walk walk;
    struct content c;
    *out_counts = !h->moving && h->copies == 2U;
    if (*out_counts) {
        return NVT_OK;
    }
    nvt_walk_begin(m, block, h->seq, h->salt, &walk);
    nvt_err err = look_into(m, &walk, &c);
    *out_counts = c.own || c.moved;
    if (err == NVT_OK && !*out_counts && c.ended) {
        err = has_source(m, h, out_counts);
        *out_counts = !*out_counts;
    }
    return err;
}

/* ---- the newest ---- */

enum look { PLAIN, MOVING, ANY };

static nvt_err consider(const struct nvt_spool_medium *m, uint32_t block, enum look look,
                        struct nvt_chain *c)
{
    struct nvt_head h = {.seq = 0U};
    bool counts = look == ANY;
    nvt_err err = nvt_read_head(m, block, &h);
    if (err != NVT_OK) {
        return pass_over(m, err);
    }
    c->top_seq = h.seq > c->top_seq ? h.seq : c->top_seq;
    bool wanted = h.seq > c->head.seq && (look == ANY || h.moving == (look == MOVING));
    if (wanted && !counts) {
        err = does_count(m, block, &h, &counts);
    }
    if (wanted && counts) {
        c->head = h;
        c->block = block;
    }
    return m->lenient ? NVT_OK : err;
}

/* Those that were opened to move records are walked through only where they are newer than the
 * newest of the others. When nothing counts, the newest of what there is must do. */
static nvt_err find_newest(const struct nvt_spool_medium *m, struct nvt_chain *c)
{
    nvt_err err = NVT_OK;
    for (unsigned look = PLAIN; look <= (unsigned)ANY; look++) {
        bool more = look != (unsigned)ANY || c->head.seq == 0U;
        for (uint32_t b = 0; more && err == NVT_OK && b < m->device->block_count; b++) {
            err = consider(m, b, (enum look)look, c);
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
    if (r->type == (uint8_t)NVT_RECORD_MOVED && r->due_s < d->block_count) {
        ring->oldest = r->due_s;
        ring->oldest_seq = r->id;
    }
    v->copied = v->copied || r->copy;
    v->moved = v->moved || r->type == (uint8_t)NVT_RECORD_MOVED;
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
    nvt_err err = nvt_used_end(m, c->block, walk.offset, &walk.stop);
    while (err == NVT_OK) {
        err = nvt_walk_next(m, &walk, &r);
        if (err == NVT_OK) {
            see(m->device, ring, &v, &r, walk.offset);
        }
    }
    c->moved_anyway = (c->head.moving || v.copied) && v.own && !v.moved;
    c->torn = v.torn + (walk.stop > ring->end ? 1U : 0U);
    ring->sure = v.hole_at == 0U ? ring->end : v.hole_at;
    return err == NVT_E_SPOOL_EMPTY ? count_torn_ids(m, &walk, ring->end, &c->skip) : err;
}

/* ---- the newest, when both copies of its head are gone ---- */

/* As it would have been opened behind that block. */
static nvt_err try_life(const struct nvt_spool_medium *m, uint32_t block, uint32_t seq,
                        uint32_t salt, bool *out_is)
{
    struct nvt_walk walk;
    struct content c;
    nvt_walk_begin(m, block, seq, nvt_salt_after(salt, seq), &walk);
    walk.budget = m->device->block_size;
    nvt_err err = look_into(m, &walk, &c);
    *out_is = c.own; /* else nothing is lost without it, or it was given up */
    return err;
}

/* Its number is one of the next few, its salt follows from that of the block before it: from the
 * newest known one, or, if that was given up, from the one before. */
static nvt_err probe(const struct nvt_spool_medium *m, uint32_t block, struct nvt_chain *c,
                     bool *out_is)
{
    enum { TRIES = 2 };
    const struct nvt_head h = c->head;
    const struct nvt_link own = {c->block, h.seq, h.salt, m->device->block_size, 0U};
    const struct nvt_link *const links[2] = {&own, &h.before};
    nvt_err err = NVT_OK;
    *out_is = false;
    for (unsigned i = 0; i < 2U * (unsigned)TRIES && err == NVT_OK; i++) {
        const struct nvt_link *link = links[i % 2U];
        uint32_t seq = h.seq + 1U + i / 2U;
        err = try_life(m, block, seq, link->salt, out_is);
        if (err == NVT_OK && *out_is) {
            c->head.seq = seq;
            c->head.salt = nvt_salt_after(link->salt, seq);
            c->head.before = *link;
            c->head.copies = 0U;
            c->block = block;
            c->top_seq = seq > c->top_seq ? seq : c->top_seq;
            return NVT_OK;
        }
    }
    return err;
}

/* A block that has no head: *out_is: the newest of all; *unknown: nothing of it can be read. whole:
 * it may have lost its beginning. */
static nvt_err try_headless(const struct nvt_spool_medium *m, uint32_t block, bool whole,
                            struct nvt_chain *c, bool *out_is, bool *unknown)
{
    struct nvt_head h;
    bool begun = false;
    nvt_err err = nvt_read_head(m, block, &h);
    if (err != NVT_E_SPOOL_EMPTY) {
        return pass_over(m, err);
    }
    err = nvt_is_begun(m, block, whole, &begun);
    if (err == NVT_OK && begun) {
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

/* How far one can go back from a block of the ring without meeting its newest one. */
static uint32_t reach_of(const struct nvt_spool_medium *m, const struct nvt_spool_ring *ring,
                         uint32_t block)
{
    return block == ring->head ? m->device->block_count : nvt_distance(m, ring->head, block);
}

/* A link to the block, if it counts. */
static nvt_err make_link(const struct nvt_spool_medium *m, uint32_t block, uint32_t below,
                         const struct nvt_spool_ring *ring, struct nvt_link *out)
{
    struct nvt_head h;
    bool counts = false;
    nvt_err err = nvt_read_head(m, block, &h);
    if (err == NVT_OK && h.seq < below && h.seq >= ring->oldest_seq) {
        err = does_count(m, block, &h, &counts);
    }
    if (counts) {
        *out = (struct nvt_link){block, h.seq, h.salt, 0U, 0U};
    }
    return pass_over(m, err);
}

/* Where the link of a block is gone with its head: the nearest one before it that counts. */
static nvt_err search_back(const struct nvt_spool_medium *m, uint32_t block, uint32_t below,
                           const struct nvt_spool_ring *ring, struct nvt_link *out)
{
    nvt_err err = NVT_OK;
    uint32_t count = m->device->block_count;
    uint32_t reach = reach_of(m, ring, block);
    out->seq = 0U;
    for (uint32_t step = 1; step < reach && err == NVT_OK && out->seq == 0U; step++) {
        err = make_link(m, (block + count - step) % count, below, ring, out);
    }
    return err;
}

/* It leads back, and not once round. */
static bool is_good_link(const struct nvt_spool_medium *m, const struct nvt_spool_ring *ring,
                         const struct nvt_link *link, uint32_t block, uint32_t seq)
{
    uint32_t step = nvt_distance(m, link->block, block);
    return link->seq != 0U && link->seq >= ring->oldest_seq && link->seq < seq && step != 0U &&
           step < reach_of(m, ring, block);
}

/* From the block that it leads to, the link onwards. */
static nvt_err follow_link(const struct nvt_spool_medium *m, const struct nvt_spool_ring *ring,
                           struct nvt_link *link)
{
    struct nvt_head h = {.seq = 0U};
    nvt_err err = nvt_read_head(m, link->block, &h);
    if (err == NVT_OK && h.seq == link->seq && h.salt == link->salt) {
        *link = h.before;
        return NVT_OK;
    }
    err = pass_over(m, err);
    return err == NVT_OK ? search_back(m, link->block, link->seq, ring, link) : err;
}

static nvt_err mark(const struct nvt_spool_medium *m, const struct nvt_chain *c,
                    struct nvt_spool_ring *ring)
{
    struct nvt_link link = c->head.before;
    uint32_t block = c->block;
    uint32_t seq = c->head.seq;
    nvt_err err = NVT_OK;
    nvt_block_set(m, block, NVT_BLOCK_USED);
    while (err == NVT_OK && seq > ring->oldest_seq && is_good_link(m, ring, &link, block, seq)) {
        block = link.block;
        seq = link.seq;
        nvt_block_set(m, block, NVT_BLOCK_USED);
        err = follow_link(m, ring, &link);
    }
    ring->oldest = block;
    ring->oldest_seq = seq;
    return err;
}

static void leave_oldest(const struct nvt_spool_medium *m, struct nvt_spool_ring *ring)
{
    nvt_block_set(m, ring->oldest, NVT_BLOCK_FREE);
    ring->oldest = nvt_used_after(m, ring->oldest);
}

/* Whether anything of the oldest block is there. */
static nvt_err look_at_oldest(const struct nvt_spool_medium *m, struct nvt_spool_ring *ring,
                              bool *out_has)
{
    struct nvt_walk walk = {.seq = 0U};
    struct content c;
    uint8_t copies = 0U;
    *out_has = false;
    nvt_err err = nvt_ring_enter(m, ring, ring->oldest, &walk, &copies);
    if (err != NVT_OK) {
        return pass_over(m, err);
    }
    ring->oldest_seq = walk.seq;
    *out_has = copies > 0U;
    if (!*out_has) {
        err = look_into(m, &walk, &c);
        *out_has = c.any;
    }
    return pass_over(m, err);
}

/* What was the oldest may have been erased since, as nothing lived in it. moved: its records were,
 * though what said so is gone. */
static nvt_err drop_oldest(const struct nvt_spool_medium *m, bool moved,
                           struct nvt_spool_ring *ring)
{
    nvt_err err = NVT_OK;
    bool has = false;
    if (moved && ring->oldest != ring->head) {
        leave_oldest(m, ring);
    }
    while (err == NVT_OK && !has && ring->oldest != ring->head) {
        err = look_at_oldest(m, ring, &has);
        if (err == NVT_OK && !has) {
            leave_oldest(m, ring);
        }
    }
    ring->oldest_seq = ring->oldest == ring->head ? ring->head_seq : ring->oldest_seq;
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
    uint32_t source = ring->oldest_seq; /* of a move to the newest */
    if (err == NVT_OK) {
        begin_ring(out, ring);
        err = mark(m, out, ring);
    }
    if (err == NVT_OK) {
        bool moved = out->moved_anyway && ring->oldest_seq == source;
        err = drop_oldest(m, moved, ring);
    }
    return err;
}

static bool is_in(const struct nvt_spool_ring *ring, uint32_t seq)
{
    return seq >= ring->oldest_seq && seq <= ring->head_seq;
}

static void enter_head(const struct nvt_spool_medium *m, const struct nvt_spool_ring *ring,
                       struct nvt_walk *walk)
{
    nvt_walk_begin(m, ring->head, ring->head_seq, ring->salt, walk);
    walk->end = ring->end;
    walk->sure = ring->sure;
}

/* As the next block's link tells. NVT_E_SPOOL_EMPTY: it does not; the head of an earlier life of
 * that block tells of an earlier ring. */
static nvt_err enter_by_link(const struct nvt_spool_medium *m, const struct nvt_spool_ring *ring,
                             uint32_t block, struct nvt_walk *walk)
{
    struct nvt_head next = {.seq = 0U};
    nvt_err err = nvt_read_head(m, nvt_used_after(m, block), &next);
    bool tells = err == NVT_OK && next.before.block == block && is_in(ring, next.seq) &&
                 is_in(ring, next.before.seq);
    if (!tells) {
        return err == NVT_OK ? NVT_E_SPOOL_EMPTY : err;
    }
    nvt_walk_begin(m, block, next.before.seq, next.before.salt, walk);
    walk->end = next.before.end;
    walk->sure = next.before.sure;
    return NVT_OK;
}

nvt_err nvt_ring_enter(const struct nvt_spool_medium *m, const struct nvt_spool_ring *ring,
                       uint32_t block, struct nvt_walk *walk, uint8_t *out_copies)
{
    struct nvt_head own = {.seq = 0U};
    nvt_err err = nvt_read_head(m, block, &own);
    *out_copies = 0U;
    if (err != NVT_OK && err != NVT_E_SPOOL_EMPTY) {
        return err;
    }
    if (block == ring->head) {
        enter_head(m, ring, walk);
    } else {
        err = enter_by_link(m, ring, block, walk);
        if (err == NVT_E_SPOOL_EMPTY && own.copies > 0U && is_in(ring, own.seq)) {
            nvt_walk_begin(m, block, own.seq, own.salt, walk);
            err = nvt_used_end(m, block, walk->offset, &walk->stop);
        }
        if (err != NVT_OK) {
            return err;
        }
    }
    *out_copies = own.seq == walk->seq ? own.copies : 0U;
    return NVT_OK;
}
