/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How all stands. One walk over the ring, every CRC checked, finds which ids are pending: what the
 * records say comes in the order in which it was written, and each block begins with a list of what
 * was pending then. A second one over the heads of records finds where pending entries stand.
 */
#include "spool_internal.h"

struct count {
    struct nvt_spool *s;
    bool fresh;    /* in a block that is newer than what s->base tells */
    bool beyond;   /* ids that the window has no room for, and once had */
    bool hole;     /* since the last record that told of given ids, where all was synced */
    uint32_t old;  /* entries that s->base counts and that were not settled since */
    uint32_t keys; /* values that must be there, one bit each */
};

/* ---- ids ---- */

/* Those that the window has no room for were settled, even if the records that said so are damaged;
 * unless it is smaller now. */
static void drop_tail(struct count *k)
{
    struct nvt_spool *s = k->s;
    k->beyond = k->beyond || nvt_ids_cap(s) < s->base.window_cap;
    s->lost += nvt_id_state(s, s->now.tail) == NVT_ID_PROMISED ? 1U : 0U;
    nvt_id_set(s, s->now.tail, NVT_ID_GONE);
    s->now.tail++;
}

/* Ids below next were given by now. Those that were not met were lost in the damage since the last
 * record that told; without any, they were never durable. */
static void reach(struct count *k, uint32_t next)
{
    struct nvt_spool *s = k->s;
    uint32_t most = s->config.device->block_size / (uint32_t)NVT_RECORD_LEN *
                    s->config.device->block_count; /* that can have been given since */
    if (next - s->base.next > most) {
        return;
    }
    while (s->now.next < next) {
        if (s->now.next - s->now.tail >= nvt_ids_cap(s)) {
            drop_tail(k);
        }
        nvt_id_set(s, s->now.next, k->hole ? NVT_ID_PROMISED : NVT_ID_DONE);
        s->now.next++;
    }
    k->hole = false;
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
    struct nvt_spool *s = k->s;
    uint32_t next = s->now.next;
    if (k->fresh && !r->copy && r->id != UINT32_MAX) {
        reach(k, r->id + 1U);
    }
    bool is_new = r->id >= next;
    if (nvt_id_is_known(s, r->id) && (is_new || nvt_id_state(s, r->id) != NVT_ID_DONE)) {
        nvt_id_set(s, r->id, NVT_ID_PENDING);
    }
}

static void count_mark(struct count *k, const struct nvt_record *r)
{
    k->old -= k->old > 0U && r->id < k->s->base.next ? 1U : 0U;
    nvt_count_settled(&k->s->now, (enum nvt_spool_state)r->aux);
    nvt_ids_follow(k->s, NVT_ID_DONE);
}

static void see_mark(struct count *k, const struct nvt_record *r)
{
    struct nvt_spool *s = k->s;
    if (k->fresh) { /* the next id, from its lower half */
        reach(k, s->now.next + (((r->due_s >> 16U) - s->now.next) & 0xFFFFU));
    }
    if (nvt_id_is_known(s, r->id) && nvt_id_state(s, r->id) != NVT_ID_DONE) {
        nvt_id_set(s, r->id, NVT_ID_DONE);
        if (k->fresh) {
            count_mark(k, r);
        }
    }
}

static void see_value(struct count *k, const struct nvt_record *r)
{
    k->keys |= 1U << r->aux;
    if (k->fresh && !r->copy) {
        reach(k, r->due_s);
    }
}

static void see_listed(struct nvt_spool *s, uint32_t id, bool pending)
{
    if (!pending) { /* it was settled by then */
        nvt_id_set(s, id, NVT_ID_DONE);
    } else if (nvt_id_state(s, id) == NVT_ID_GONE) {
        nvt_id_set(s, id, NVT_ID_PROMISED);
    } else {
        /* its record was met */
    }
}

/* Others were written with a larger buffer. */
static void see_list(struct count *k, const struct nvt_record *r)
{
    struct nvt_spool *s = k->s;
    const uint8_t *bits = s->config.buffer + NVT_RECORD_LEN;
    uint32_t count = r->len == 0U ? 0U : 8U * r->len - r->aux;
    k->keys = r->due_s;
    s->listed = count < nvt_list_ids(s) ? 0U : r->id + count;
    if (nvt_room(s->config.device, r->len) > s->config.buffer_cap) {
        return;
    }
    for (uint32_t i = s->now.tail > r->id ? s->now.tail - r->id : 0U; i < count; i++) {
        if (nvt_id_is_known(s, r->id + i)) {
            see_listed(s, r->id + i, (bits[i / 8U] >> i % 8U & 1U) != 0U);
        }
    }
}

static void see(struct count *k, const struct nvt_record *r)
{
    switch (r->type) {
    case NVT_RECORD_LIST:
        see_list(k, r);
        break;
    case NVT_RECORD_ENTRY:
        see_entry(k, r);
        break;
    case NVT_RECORD_MARK:
        see_mark(k, r);
        break;
    case NVT_RECORD_VALUE:
        see_value(k, r);
        break;
    default:
        break;
    }
}

/* ---- blocks ---- */

static nvt_err count_records(struct count *k, struct nvt_walk *walk)
{
    struct nvt_record r;
    nvt_err err = NVT_OK;
    while (err == NVT_OK) {
        uint32_t holes = walk->holes;
        err = nvt_walk_next(&k->s->medium, walk, &r);
        k->hole = k->hole || walk->holes > holes;
        if (err == NVT_OK) {
            see(k, &r);
        }
    }
    return err;
}

static nvt_err count_block(struct count *k, uint32_t block)
{
    struct nvt_spool *s = k->s;
    struct nvt_walk walk = {.holes = 0U};
    nvt_err err = nvt_ring_enter(s, block, &walk);
    if (err == NVT_OK) {
        s->repaired += walk.copies == 1U ? 1U : 0U;
        s->damaged += walk.copies == 0U ? 1U : 0U;
        err = count_records(k, &walk);
    }
    s->damaged += walk.holes;
    s->any_hole = s->any_hole || walk.any_hole;
    return err == NVT_E_SPOOL_EMPTY ? NVT_OK : err;
}

static nvt_err count_blocks(struct count *k)
{
    struct nvt_spool *s = k->s;
    uint32_t block = s->ring.oldest;
    nvt_err err = NVT_OK;
    bool last = false;
    while (err == NVT_OK && !last) {
        last = block == s->ring.newest.block;
        k->hole = k->hole && k->fresh;
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
    struct nvt_spool_entry e;
    struct nvt_spool_entry *out = nvt_out_slot(s, r->id);
    if (out != NULL) {
        nvt_entry_of(r, out);
        return;
    }
    nvt_entry_of(r, &e);
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
    s->now.pending = t->met + count_out(s);
    for (size_t i = 0; i < (size_t)NVT_SPOOL_OUT_MAX; i++) {
        s->live += s->out[i].id != 0U ? nvt_room(s->config.device, s->out[i].len) : 0U;
    }
    for (uint32_t i = 0; i < (uint32_t)NVT_SPOOL_VALUES; i++) {
        uint32_t room = nvt_value_room(s, i);
        s->live += room;
        s->damaged += room == 0U && (keys >> i & 1U) != 0U ? 1U : 0U;
    }
}

/* ---- all of it ---- */

static void begin(struct nvt_spool *s)
{
    s->now = s->base;
    s->now.window_cap = nvt_ids_cap(s);
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
    struct count k = {.s = s, .old = s->base.pending};
    s->given = s->now.next > s->given ? s->now.next : s->given;
    begin(s);
    if (s->base.next - s->base.tail > nvt_ids_cap(s)) {
        return NVT_E_SPOOL_WINDOW;
    }
    nvt_err err = count_blocks(&k);
    if (err != NVT_OK) {
        return err;
    }
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

nvt_err nvt_recount(struct nvt_spool *s)
{
    s->stale = true;
    nvt_err err = recount(s);
    if (err == NVT_OK) {
        bool lost = s->lost > s->lost_before;
        s->closed = s->closed || lost; /* the next head tells that they were given up */
        s->damaged += s->damaged == 0U && lost ? 1U : 0U;
        s->synced_tail = s->ring.newest.end == s->ring.synced ? s->now.tail : s->base.tail;
        s->stale = false;
    }
    return err;
}

/* Where a light walk does not meet all, bits have flipped since. */
nvt_err nvt_refill(struct nvt_spool *s)
{
    struct stock t;
    nvt_err err = take_stock(s, false, s->any_hole, &t);
    if (err == NVT_OK && t.met + count_out(s) != s->now.pending) {
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
