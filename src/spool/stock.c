/* SPDX-License-Identifier: Apache-2.0 */
/* Stock-taking: one pass over the ring finds where all that lives stands. */
#include "journal.h"

static void see_entry(struct nvt_spool *s, const struct nvt_record *r)
{
    struct nvt_spool_entry e = {r->id, r->due_s, r->len, r->place};
    nvt_window_set_seen(s, r->id);
    s->live += nvt_spool_room(s, r->len);
    s->pending++;
    nvt_picks_put(s, &e);
}

static void see(struct nvt_spool *s, const struct nvt_record *r)
{
    if (r->type == (uint8_t)NVT_RECORD_VALUE) {
        s->values[r->aux] = r->place;
        s->value_lens[r->aux] = r->len;
    } else if (r->type == (uint8_t)NVT_RECORD_ENTRY && nvt_spool_is_pending(s, r->id) &&
               !nvt_window_is_seen(s, r->id)) {
        see_entry(s, r);
    } else {
        return;
    }
    uint32_t room = nvt_spool_room(s, r->len);
    s->longest = room > s->longest ? room : s->longest;
}

/* The caller has the bytes of those that are out: they can be settled even if their records are
 * damaged by now. */
static void see_out(struct nvt_spool *s)
{
    for (size_t i = 0; i < (size_t)NVT_SPOOL_OUT_MAX; i++) {
        const struct nvt_spool_entry *e = &s->out[i];
        if (e->id != 0U && !nvt_window_is_seen(s, e->id)) {
            nvt_window_set_seen(s, e->id);
            s->live += nvt_spool_room(s, e->len);
            s->pending++;
        }
    }
}

static nvt_err look_at_all(struct nvt_spool *s, enum nvt_check check)
{
    struct nvt_walk walk;
    struct nvt_record r;
    nvt_defers_begin(s, check != NVT_CHECK_NONE);
    nvt_window_clear_seen(s);
    s->live = 0;
    s->pending = 0;
    s->pick_count = 0;
    s->picks_complete = true;
    nvt_err err = nvt_ring_begin(s, &walk);
    while (err == NVT_OK) {
        err = nvt_ring_next_record(s, check, &walk, &r);
        if (err == NVT_OK) {
            see(s, &r);
        }
    }
    s->damaged = walk.damaged;
    see_out(s);
    for (size_t i = 0; i < (size_t)NVT_SPOOL_VALUES; i++) {
        s->live += s->values[i].seq == 0U ? 0U : nvt_spool_room(s, s->value_lens[i]);
    }
    return err == NVT_E_SPOOL_EMPTY ? NVT_OK : err;
}

static bool is_missing(const struct nvt_spool *s, uint32_t id)
{
    return !nvt_window_is_done(s, id) && !nvt_window_is_seen(s, id);
}

static bool is_any_missing(const struct nvt_spool *s)
{
    uint32_t id = s->tail;
    while (id < s->next && !is_missing(s, id)) {
        id++;
    }
    return id < s->next;
}

/* Ids that were given and are nowhere to be found were in what is damaged; those from sure on were
 * never durable. Only the next head tells that they are given up. */
static void give_up_missing(struct nvt_spool *s, uint32_t sure)
{
    for (uint32_t id = s->tail; id < s->next; id++) {
        if (is_missing(s, id)) {
            nvt_window_set_done(s, id);
            s->lost += id < sure ? 1U : 0U;
            s->deferred -= nvt_window_failed(s, id) != 0U ? 1U : 0U;
            s->offset = s->config.device->block_size;
        }
    }
    nvt_window_follow(s);
}

/* What a walk finds out anew; half of a walk is worse than what was known before. */
struct stock {
    struct nvt_spool_place values[NVT_SPOOL_VALUES];
    uint32_t value_lens[NVT_SPOOL_VALUES];
    uint32_t live, pending, damaged;
};

static struct stock stock_of(const struct nvt_spool *s)
{
    struct stock k = {.live = s->live, .pending = s->pending, .damaged = s->damaged};
    (void)memcpy(k.values, s->values, sizeof k.values);
    (void)memcpy(k.value_lens, s->value_lens, sizeof k.value_lens);
    return k;
}

static void go_back(struct nvt_spool *s, const struct stock *k)
{
    (void)memcpy(s->values, k->values, sizeof s->values);
    (void)memcpy(s->value_lens, k->value_lens, sizeof s->value_lens);
    s->live = k->live;
    s->pending = k->pending;
    s->damaged = k->damaged;
    nvt_picks_forget(s);
}

nvt_err nvt_spool_take_stock(struct nvt_spool *s, enum nvt_check check, uint32_t sure)
{
    struct stock before = stock_of(s);
    nvt_err err = look_at_all(s, check);
    bool again = err == NVT_OK && check != NVT_CHECK_ALL && is_any_missing(s);
    if (again) { /* what was not checked may have led astray */
        err = look_at_all(s, NVT_CHECK_ALL);
    }
    if (err != NVT_OK) {
        go_back(s, &before);
        return err;
    }
    nvt_defers_end(s);
    if (check == NVT_CHECK_NONE && !again) {
        s->live = before.live;
    } else {
        give_up_missing(s, sure);
    }
    return NVT_OK;
}
