/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where some of the entries stand: the most urgent ones at the beginning of config.picks, and once
 * any failed and was deferred, a queue of those behind them. Which ones were deferred stands in the
 * window, so that their number does not matter. As long as all of them have room in the queue they
 * take turns there; else walks over the ring fill it, each from where the one before ended (by
 * urgency), and round again.
 */
#include "spool_internal.h"

/* The less, the earlier. */
static uint64_t urgency(const struct nvt_spool_entry *e)
{
    return (uint64_t)e->due_s << 32U | e->id;
}

void nvt_entry_of(const struct nvt_record *r, struct nvt_spool_entry *out)
{
    *out = (struct nvt_spool_entry){r->id, r->due_s, r->len, r->place};
}

struct nvt_spool_entry *nvt_entry_find(struct nvt_spool_entry *list, uint32_t count, uint32_t id)
{
    for (uint32_t i = 0; i < count; i++) {
        if (list[i].id == id) {
            return &list[i];
        }
    }
    return NULL;
}

struct nvt_spool_entry *nvt_out_slot(struct nvt_spool *s, uint32_t id)
{
    return id == 0U ? NULL : nvt_entry_find(s->out, NVT_SPOOL_OUT_MAX, id);
}

/* ---- two lists ---- */

/* Inserts at index i. A full list drops its last entry, which the next walk has to find. */
static void put(struct nvt_spool_picks *p, uint32_t i, const struct nvt_spool_entry *e)
{
    struct nvt_spool_entry *at = &p->list[i];
    if (p->count == p->room) {
        p->missing = true;
        if (i == p->count) {
            return;
        }
        p->count--;
        uint64_t last = urgency(&p->list[p->count]);
        p->from = p->from < last ? p->from : last - 1U;
    }
    (void)memmove(at + 1, at, (p->count - i) * sizeof *at);
    *at = *e;
    p->count++;
}

static uint32_t place_of(const struct nvt_spool_picks *p, const struct nvt_spool_entry *e)
{
    uint32_t i = p->count;
    while (i > 0U && urgency(e) < urgency(&p->list[i - 1U])) {
        i--;
    }
    return i;
}

void nvt_picks_offer(struct nvt_spool *s, const struct nvt_spool_entry *e)
{
    struct nvt_spool_picks *p = &s->picks[0];
    uint32_t i = place_of(p, e);
    if (i < p->count || !p->missing) {
        put(p, i, e);
    }
}

void nvt_picks_drop(struct nvt_spool_picks *p, uint32_t id)
{
    struct nvt_spool_entry *e = nvt_entry_find(p->list, p->count, id);
    if (e != NULL) {
        p->count--;
        (void)memmove(e, e + 1, (size_t)(&p->list[p->count] - e) * sizeof *e);
    }
}

void nvt_picks_forget(struct nvt_spool *s)
{
    for (unsigned i = 0; i < 2U; i++) {
        s->picks[i].count = 0U;
        s->picks[i].missing = true;
    }
}

void nvt_picks_move(struct nvt_spool *s, const struct nvt_record *r)
{
    struct nvt_spool_entry *e = nvt_out_slot(s, r->id);
    for (struct nvt_spool_picks *p = s->picks; e == NULL && p < s->picks + 2; p++) {
        e = nvt_entry_find(p->list, p->count, r->id);
    }
    if (e != NULL) {
        e->place = r->place;
    }
}

/* ---- walks ---- */

/* The queue takes a quarter once any were deferred. */
void nvt_picks_begin(struct nvt_spool *s, bool all)
{
    uint32_t quarter = s->config.pick_cap / 4U;
    uint32_t rest = s->config.pick_cap - quarter;
    if (all) {
        nvt_picks_forget(s);
    }
    for (unsigned i = 0; i < 2U; i++) {
        struct nvt_spool_picks *p = &s->picks[i];
        p->filling = p->count == 0U;
        if (p->filling) {
            p->missing = false;
        }
    }
    s->picks[0].list = s->config.picks;
    s->picks[0].room = s->deferred == 0U ? s->config.pick_cap : rest;
    s->picks[1].list = s->config.picks + rest;
    s->picks[1].room = quarter;
}

/* Deferred ones before where the last walk ended come with one of the next. */
void nvt_picks_see(struct nvt_spool *s, const struct nvt_spool_entry *e)
{
    struct nvt_spool_picks *p = &s->picks[nvt_id_is_deferred(s, e->id)];
    if (p->filling && urgency(e) > p->from) {
        put(p, place_of(p, e), e);
    } else if (p->filling) {
        p->missing = true;
    } else {
        /* it may stand there already */
    }
}

void nvt_picks_end(struct nvt_spool *s)
{
    struct nvt_spool_picks *q = &s->picks[1];
    if (q->filling) {
        q->from = q->count == q->room ? urgency(&q->list[q->count - 1U]) : 0U;
    }
}

/* ---- entries that come back ---- */

static nvt_err come_back(struct nvt_spool *s, uint32_t id, bool first)
{
    struct nvt_spool_picks *queue = &s->picks[1];
    struct nvt_spool_entry *slot = nvt_out_slot(s, id);
    if (slot == NULL) {
        return NVT_E_ARG;
    }
    if (slot->place.seq == 0U) { /* not known any more */
        nvt_picks_forget(s);
    } else if (!nvt_id_is_deferred(s, id)) {
        nvt_picks_offer(s, slot);
    } else if (first || !queue->missing) {
        put(queue, first ? 0U : queue->count, slot);
    } else {
        /* a walk comes to it */
    }
    slot->id = 0U;
    return NVT_OK;
}

nvt_err nvt_spool_put_back(struct nvt_spool *s, uint32_t id)
{
    return come_back(s, id, true);
}

/* The others make room for them. */
static void begin_queue(struct nvt_spool *s)
{
    struct nvt_spool_picks *p = &s->picks[0];
    p->room = s->config.pick_cap - s->picks[1].room;
    if (p->count > p->room) {
        p->count = p->room;
        p->missing = true;
    }
}

nvt_err nvt_spool_defer(struct nvt_spool *s, uint32_t id, bool failed, bool first)
{
    if (nvt_out_slot(s, id) == NULL) {
        return NVT_E_ARG;
    }
    uint32_t state = (uint32_t)nvt_id_state(s, id);
    if (state == (uint32_t)NVT_ID_PENDING) {
        state = (uint32_t)NVT_ID_DEFERRED;
        s->deferred++;
        begin_queue(s);
    }
    state += failed && state < (uint32_t)NVT_ID_FAILED_OFTEN ? 1U : 0U;
    nvt_id_set(s, id, (enum nvt_id_state)state);
    return come_back(s, id, first);
}

unsigned nvt_spool_failures(const struct nvt_spool *s, uint32_t id)
{
    unsigned state = (unsigned)nvt_id_state(s, id);
    bool failed = state >= (unsigned)NVT_ID_FAILED && state <= (unsigned)NVT_ID_FAILED_OFTEN;
    return failed ? state - (unsigned)NVT_ID_DEFERRED : 0U;
}

void nvt_spool_forgive(struct nvt_spool *s, uint32_t id)
{
    unsigned failures = nvt_spool_failures(s, id);
    if (failures > 0U) {
        nvt_id_set(s, id, (enum nvt_id_state)((unsigned)NVT_ID_DEFERRED + failures - 1U));
    }
}
