/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How all stands. One walk over the ring, every CRC checked, finds which ids are pending: what the
 * records say comes in the order in which it was written, and each block begins with a list of what
 * was pending then. A second one over the heads of records finds where pending entries stand.
 */
#include "spool_internal.h"

struct count {
    struct nvt_spool *s;
    bool listing;    /* in a block whose lists matter */
    bool fresh;      /* in a block that is newer than what s->base tells */
    bool beyond;     /* ids that the window has no room for, and once had */
    bool hole;       /* since what was met last, where all was synced */
    uint32_t met;    /* ids below were given by now */
    uint32_t listed; /* ids below were in a list of the same block */
    uint32_t old;    /* entries that s->base counts and that were not settled since */
    uint32_t keys;   /* values that must be there, one bit each */
};

/* ---- ids ---- */

/* The ids up to the one were given. Those that the window has no room for beside it were settled,
 * even if the records that said so are damaged; unless it is smaller now. */
static void reach(struct count *k, uint32_t id)
{
    struct nvt_spool *s = k->s;
    uint32_t cap = nvt_ids_cap(s);
    uint64_t most = (uint64_t)s->config.device->block_size / (uint64_t)NVT_RECORD_LEN *
                    s->config.device->block_count; /* that can have been given since */
    if (id < s->now.next || id == UINT32_MAX || id - s->base.next > most) {
        return;
    }
    k->beyond = k->beyond || (id - s->now.tail >= cap && cap < s->base.window_cap);
    if (id - s->now.tail >= 2U * cap) {
        nvt_ids_clear(s);
        s->now.tail = id - cap + 1U;
        s->now.next = s->now.tail;
    }
    while (id - s->now.tail >= cap) {
        s->lost += nvt_id_state(s, s->now.tail) == NVT_ID_PROMISED ? 1U : 0U;
        nvt_id_set(s, s->now.tail, NVT_ID_GONE);
        s->now.tail++;
    }
    s->now.next = id + 1U;
}

/* New ids of which nothing is known were given in damage. Of older ones the newest head has a
 * count. */
static void promise_new(struct nvt_spool *s)
{
    uint32_t id = s->base.next > s->now.tail ? s->base.next : s->now.tail;
    for (; id < s->now.next; id++) {
        if (nvt_id_state(s, id) == NVT_ID_GONE) {
            nvt_id_set(s, id, NVT_ID_PROMISED);
        }
    }
}

/* What became of an id in the end: 1: it was lost. What was promised and is nowhere was; but
 * whoever has it out has its bytes, too. */
static uint32_t judge(struct nvt_spool *s, uint32_t id)
{
    enum nvt_id_state state = nvt_id_state(s, id);
    bool promised = state == NVT_ID_PROMISED;
    bool out = promised && nvt_out_slot(s, id) != NULL;
    if (out) {
        nvt_id_set(s, id, NVT_ID_PENDING);
    } else if (promised || state == NVT_ID_DONE) {
        nvt_id_set(s, id, NVT_ID_GONE);
    } else {
        /* as it is */
    }
    return promised && !out ? 1U : 0U;
}

/* Where lists had no room for all, fewer may be there than the newest head counted. */
static void give_up(struct count *k)
{
    struct nvt_spool *s = k->s;
    uint32_t old = 0; /* pending ones that the newest head counted */
    for (uint32_t id = s->now.tail; id < s->now.next; id++) {
        uint32_t lost = judge(s, id);
        s->lost += lost;
        old += id < s->base.next && (lost > 0U || nvt_id_is_pending(s, id)) ? 1U : 0U;
    }
    s->lost += k->old > old ? k->old - old : 0U;
}

/* ---- records ---- */

static void see_entry(struct count *k, const struct nvt_record *r)
{
    reach(k, r->id);
    if (nvt_id_is_known(k->s, r->id) && nvt_id_state(k->s, r->id) != NVT_ID_DONE) {
        nvt_id_set(k->s, r->id, NVT_ID_PENDING);
    }
}

static void count_mark(struct count *k, const struct nvt_record *r)
{
    struct nvt_spool_base *now = &k->s->now;
    k->old -= k->old > 0U && r->id < k->s->base.next ? 1U : 0U;
    now->delivered += r->aux == (uint8_t)NVT_SPOOL_DELIVERED ? 1U : 0U;
    now->refused += r->aux == (uint8_t)NVT_SPOOL_REFUSED ? 1U : 0U;
    now->expired += r->aux == (uint8_t)NVT_SPOOL_EXPIRED ? 1U : 0U;
    nvt_ids_follow(k->s, NVT_ID_DONE);
}

static void see_mark(struct count *k, const struct nvt_record *r)
{
    struct nvt_spool *s = k->s;
    if (nvt_id_is_known(s, r->id) && nvt_id_state(s, r->id) != NVT_ID_DONE) {
        nvt_id_set(s, r->id, NVT_ID_DONE);
        if (k->fresh) {
            count_mark(k, r);
        }
    }
}

/* ---- lists ---- */

/* They were settled. */
static void set_done(struct nvt_spool *s, uint32_t from, uint32_t end)
{
    from = from < s->now.tail ? s->now.tail : from;
    end = end > s->now.next ? s->now.next : end;
    for (; from < end; from++) {
        nvt_id_set(s, from, NVT_ID_DONE);
    }
}

/* Of the ids that a list is about, those in it were pending, and no others. Those of one block go
 * on where the one before ended. */
static void see_list(struct count *k, const struct nvt_record *r, uint32_t next)
{
    struct nvt_spool *s = k->s;
    struct nvt_list l = nvt_list_of(s, r);
    uint32_t from = r->id;
    k->keys = r->due_s;
    if (!k->listing || from < k->listed) {
        return;
    }
    while (nvt_list_next(&l)) {
        set_done(s, from, l.id);
        if (nvt_id_is_known(s, l.id) && nvt_id_state(s, l.id) == NVT_ID_GONE) {
            nvt_id_set(s, l.id, NVT_ID_PROMISED);
        }
        from = l.id + 1U;
    }
    if (r->aux != 0U) {
        set_done(s, from, next);
        from = next;
    }
    k->listed = from;
}

/* ---- what else a record tells ---- */

/* Ids below next were given by now. Those that were not met were lost in the damage in between;
 * without any, they were never durable. */
static void note_given(struct count *k, uint32_t next)
{
    struct nvt_spool *s = k->s;
    if (!k->fresh) {
        return;
    }
    uint32_t id = k->met > s->now.tail ? k->met : s->now.tail;
    uint32_t end = next < s->now.next ? next : s->now.next;
    for (; !k->hole && id < end; id++) {
        if (nvt_id_state(s, id) == NVT_ID_GONE) {
            nvt_id_set(s, id, NVT_ID_DONE);
        }
    }
    if (end > k->met) {
        k->met = end;
        k->hole = false;
    }
}

/* The next id when a record was written, from its lower half. */
static uint32_t next_from(const struct count *k, uint32_t half)
{
    return k->met + ((half - k->met) & 0xFFFFU);
}

static void see_next(struct count *k, uint32_t next)
{
    bool possible = next - k->s->now.tail <= nvt_ids_cap(k->s);
    if (k->fresh && possible && next > k->s->now.next) {
        reach(k, next - 1U);
    }
    note_given(k, next);
}

static void see(struct count *k, const struct nvt_record *r, uint32_t block_next)
{
    switch (r->type) {
    case NVT_RECORD_LIST:
        see_list(k, r, block_next);
        break;
    case NVT_RECORD_ENTRY:
        see_entry(k, r);
        note_given(k, r->id + 1U);
        break;
    case NVT_RECORD_MARK:
        see_next(k, next_from(k, r->due_s >> 16U));
        see_mark(k, r);
        break;
    case NVT_RECORD_VALUE:
        see_next(k, r->due_s);
        k->keys |= 1U << r->aux;
        break;
    default:
        break;
    }
}

/* ---- blocks ---- */

static void note_head(struct nvt_spool *s, uint8_t copies)
{
    s->repaired += copies == 1U ? 1U : 0U;
    s->damaged += copies == 0U ? 1U : 0U;
}

/* What the next id was when the block was opened. */
static uint32_t next_of(const struct nvt_spool *s, uint32_t block)
{
    struct nvt_head h;
    nvt_err err = nvt_read_head(&s->medium, block, &h);
    return err == NVT_OK ? h.base.next : 0U;
}

/* Each record of a walk through one block. */
static nvt_err count_records(struct count *k, struct nvt_walk *walk, uint32_t next)
{
    struct nvt_record r;
    nvt_err err = NVT_OK;
    while (err == NVT_OK) {
        uint32_t holes = walk->holes;
        err = nvt_walk_next(&k->s->medium, walk, &r);
        k->hole = k->hole || (k->fresh && walk->holes > holes);
        if (err == NVT_OK && (r.type != (uint8_t)NVT_RECORD_LIST || nvt_is_list(k->s, &r))) {
            see(k, &r, next);
        }
    }
    return err;
}

static nvt_err count_block(struct count *k, uint32_t block)
{
    struct nvt_spool *s = k->s;
    struct nvt_walk walk = {.holes = 0U};
    uint8_t copies = 0U;
    uint32_t next = block == s->base_block ? s->base.next : next_of(s, block);
    nvt_err err = nvt_ring_enter(&s->medium, &s->ring, block, &walk, &copies);
    k->listed = 0U;
    if (err == NVT_OK || err == NVT_E_SPOOL_EMPTY) {
        note_head(s, copies);
    }
    if (err == NVT_OK) {
        err = count_records(k, &walk, next);
    }
    s->damaged += walk.holes;
    s->any_hole = s->any_hole || walk.any_hole;
    return err == NVT_E_SPOOL_EMPTY ? NVT_OK : err;
}

static nvt_err count_blocks(struct count *k)
{
    struct nvt_spool *s = k->s;
    uint32_t block = s->ring.oldest;
    uint32_t lists = block;
    nvt_err err = nvt_find_lists(s, &lists);
    bool last = false;
    while (err == NVT_OK && !last) {
        last = block == s->ring.head;
        k->listing = k->listing || block == lists;
        k->fresh = k->fresh || block == s->base_block;
        err = count_block(k, block);
        block = nvt_used_after(&s->medium, block);
    }
    return err;
}

/* ---- places ---- */

struct stock {
    uint32_t live, longest, met;
    bool too_long; /* something lives that the buffer, or the keys, have no room for */
};

static void meet_entry(struct nvt_spool *s, const struct nvt_record *r, struct stock *t)
{
    struct nvt_spool_entry e = {r->id, r->due_s, r->len, r->place};
    struct nvt_spool_entry *out = nvt_out_slot(s, r->id);
    if (out != NULL) {
        *out = e;
        return;
    }
    t->live += nvt_room(s->config.device, r->len);
    t->met++;
    nvt_picks_see(s, &e);
}

static void meet(struct nvt_spool *s, const struct nvt_record *r, bool all, struct stock *t)
{
    uint32_t room = nvt_room(s->config.device, r->len);
    if (r->type == (uint8_t)NVT_RECORD_ENTRY && nvt_id_is_pending(s, r->id)) {
        meet_entry(s, r, t);
    } else if (r->type == (uint8_t)NVT_RECORD_VALUE && all) {
        t->too_long = t->too_long || r->aux >= (uint8_t)NVT_SPOOL_VALUES;
        s->values[r->aux % (uint8_t)NVT_SPOOL_VALUES] = r->place;
        s->value_lens[r->aux % (uint8_t)NVT_SPOOL_VALUES] = r->len;
    } else {
        return;
    }
    t->too_long = t->too_long || room > s->config.buffer_cap;
    t->longest = room > t->longest ? room : t->longest;
}

/* checked: by CRCs, which a look at all has just found good unless something is damaged. */
static nvt_err take_stock(struct nvt_spool *s, bool all, bool checked, struct stock *t)
{
    struct nvt_walk walk;
    struct nvt_record r;
    (void)memset(t, 0, sizeof *t);
    nvt_picks_begin(s, all);
    nvt_err err = nvt_ring_begin(s, checked, &walk);
    while (err == NVT_OK) {
        err = nvt_ring_next(s, &walk, &r);
        if (err == NVT_OK) {
            meet(s, &r, all, t);
        }
    }
    if (err != NVT_E_SPOOL_EMPTY) {
        nvt_picks_forget(s);
        return err;
    }
    nvt_picks_end(s);
    return NVT_OK;
}

static uint32_t count_out(const struct nvt_spool *s)
{
    uint32_t count = 0;
    for (size_t i = 0; i < (size_t)NVT_SPOOL_OUT_MAX; i++) {
        count += s->out[i].id != 0U ? 1U : 0U;
    }
    return count;
}

static void take_over(struct nvt_spool *s, const struct stock *t, uint32_t keys)
{
    s->live = t->live;
    s->longest = t->longest > s->longest ? t->longest : s->longest;
    s->pending = t->met + count_out(s);
    for (size_t i = 0; i < (size_t)NVT_SPOOL_OUT_MAX; i++) {
        s->live += s->out[i].id != 0U ? nvt_room(s->config.device, s->out[i].len) : 0U;
    }
    for (uint32_t i = 0; i < (uint32_t)NVT_SPOOL_VALUES; i++) {
        bool is = s->values[i].seq != 0U;
        s->live += is ? nvt_room(s->config.device, s->value_lens[i]) : 0U;
        s->damaged += !is && (keys >> i & 1U) != 0U ? 1U : 0U;
    }
}

/* ---- all of it ---- */

static void begin(struct nvt_spool *s)
{
    s->now = s->base;
    nvt_ids_clear(s);
    s->damaged = 0;
    s->any_hole = false;
    s->repaired = 0;
    s->deferred = 0;
    (void)memset(s->values, 0, sizeof s->values);
    (void)memset(s->value_lens, 0, sizeof s->value_lens);
    for (size_t i = 0; i < (size_t)NVT_SPOOL_OUT_MAX; i++) {
        s->out[i].place.seq = 0U;
    }
    s->lost = s->lost_before;
}

/* Ids that were given and undone are not given again. */
static void skip_undone(struct nvt_spool *s, uint32_t next)
{
    for (size_t i = 0; i < (size_t)NVT_SPOOL_OUT_MAX; i++) {
        s->out[i].id = s->out[i].id >= s->now.next ? 0U : s->out[i].id;
    }
    if (next > s->now.next && next - s->now.tail <= nvt_ids_cap(s)) {
        s->now.next = next;
    }
    nvt_ids_follow(s, NVT_ID_GONE);
}

/* Which ids are pending. */
static nvt_err count_ids(struct nvt_spool *s, uint32_t *out_keys)
{
    struct count k = {.s = s, .met = s->base.next, .old = s->base.pending};
    s->given = s->now.next > s->given ? s->now.next : s->given;
    begin(s);
    if (s->base.next - s->base.tail > nvt_ids_cap(s)) {
        return NVT_E_SPOOL_WINDOW;
    }
    nvt_err err = count_blocks(&k);
    if (err != NVT_OK) {
        return err;
    }
    promise_new(s);
    give_up(&k);
    skip_undone(s, s->given);
    *out_keys = k.keys;
    return k.beyond ? NVT_E_SPOOL_WINDOW : NVT_OK;
}

static nvt_err recount(struct nvt_spool *s)
{
    struct stock t;
    uint32_t keys = 0;
    nvt_err err = count_ids(s, &keys);
    if (err == NVT_OK) {
        err = take_stock(s, true, s->any_hole, &t);
    }
    if (err == NVT_OK && t.too_long) {
        err = NVT_E_SPOOL_SIZE;
    }
    if (err == NVT_OK) {
        take_over(s, &t, keys);
    }
    return err;
}

/* What is damaged in front of all that lives is none: an erase was under way there. */
static nvt_err recount_living(struct nvt_spool *s)
{
    uint32_t oldest = s->ring.oldest;
    uint32_t lost = s->lost;
    nvt_err err = NVT_OK;
    if (s->damaged > 0U && s->ring.end == s->synced) {
        err = nvt_ring_follow(s);
    }
    if (err == NVT_OK && s->ring.oldest != oldest) {
        err = recount(s);
        s->lost = lost;
    }
    return err;
}

nvt_err nvt_recount(struct nvt_spool *s)
{
    s->stale = true;
    nvt_err err = recount(s);
    if (err == NVT_OK) {
        err = recount_living(s);
    }
    if (err == NVT_OK) {
        bool lost = s->lost > s->lost_before;
        s->closed = s->closed || lost; /* the next head tells that they were given up */
        s->damaged += s->damaged == 0U && lost ? 1U : 0U;
        s->synced_tail = s->ring.end == s->synced ? s->now.tail : s->base.tail;
        s->stale = false;
    }
    return err;
}

/* Where a light walk does not meet all, bits have flipped since. */
nvt_err nvt_refill(struct nvt_spool *s)
{
    struct stock t;
    nvt_err err = take_stock(s, false, s->any_hole, &t);
    if (err == NVT_OK && t.met + count_out(s) != s->pending) {
        err = nvt_recount(s);
    }
    return err;
}

nvt_err nvt_spool_ready(struct nvt_spool *s)
{
    if (!s->mounted) {
        return NVT_E_STATE;
    }
    return s->stale ? nvt_recount(s) : NVT_OK;
}
