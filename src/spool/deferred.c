/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries that failed wait behind those that did not. Which they are stands in the window, so that
 * their number does not matter; where a few of them stand, in the queue at the end of the picks. As
 * long as all have room there they take turns in it; else walks over the ring fill it, each from
 * where the one before ended (by urgency), and round again.
 */
#include "spool_internal.h"

/* The last one gave its place up: the next walk must meet it. */
static void go_back_to(struct nvt_spool *s, const struct nvt_spool_entry *e)
{
    s->defers_complete = false;
    if (!nvt_entry_is_before(&s->defers_from, e)) {
        s->defers_from = *e;
        s->defers_from.id--;
    }
}

static void put_first(struct nvt_spool *s, const struct nvt_spool_entry *e)
{
    struct nvt_spool_entry *q = nvt_queue(s);
    uint32_t room = nvt_queue_room(s);
    if (s->defer_count == room) {
        s->defer_count--;
        go_back_to(s, &q[s->defer_count]);
    }
    (void)memmove(&q[1], &q[0], s->defer_count * sizeof q[0]);
    q[0] = *e;
    s->defer_count++;
}

static void put_last(struct nvt_spool *s, const struct nvt_spool_entry *e)
{
    if (s->defers_complete && s->defer_count < nvt_queue_room(s)) {
        nvt_queue(s)[s->defer_count] = *e;
        s->defer_count++;
    } else {
        s->defers_complete = false; /* a walk comes to it */
    }
}

/* The first one: the picks make room. */
static void begin_queue(struct nvt_spool *s)
{
    s->deferred++;
    if (s->deferred == 1U) {
        nvt_picks_trim(s);
        s->defer_count = 0;
        s->defers_complete = true;
        (void)memset(&s->defers_from, 0, sizeof s->defers_from);
    }
}

nvt_err nvt_spool_defer(struct nvt_spool *s, uint32_t id, bool failed, bool first)
{
    struct nvt_spool_entry *slot = id == 0U ? NULL : nvt_out_slot(s, id);
    if (slot == NULL) {
        return NVT_E_ARG;
    }
    struct nvt_spool_entry e = *slot;
    uint32_t before = (uint32_t)nvt_id_state(s, id);
    bool is_first_time = before == (uint32_t)NVT_ID_PENDING;
    uint32_t state = is_first_time ? (uint32_t)NVT_ID_DEFERRED : before;
    state += failed && state < (uint32_t)NVT_ID_FAILED_OFTEN ? 1U : 0U;
    nvt_id_set(s, id, (enum nvt_id_state)state);
    slot->id = 0U;
    if (is_first_time) {
        begin_queue(s);
    }
    if (e.place.seq == 0U) { /* not known any more */
        s->defers_complete = false;
    } else if (first) {
        put_first(s, &e);
    } else {
        put_last(s, &e);
    }
    return NVT_OK;
}

nvt_err nvt_spool_put_back(struct nvt_spool *s, uint32_t id)
{
    struct nvt_spool_entry *slot = id == 0U ? NULL : nvt_out_slot(s, id);
    if (slot == NULL) {
        return NVT_E_ARG;
    }
    struct nvt_spool_entry e = *slot;
    slot->id = 0U;
    if (e.place.seq == 0U) { /* not known any more */
        nvt_picks_forget(s);
    } else if (nvt_id_is_deferred(s, id)) {
        put_first(s, &e);
    } else {
        nvt_picks_offer(s, &e);
    }
    return NVT_OK;
}

void nvt_spool_forgive(struct nvt_spool *s, uint32_t id)
{
    if (nvt_spool_failures(s, id) > 0U) {
        nvt_id_set(s, id, (enum nvt_id_state)((uint32_t)nvt_id_state(s, id) - 1U));
    }
}

unsigned nvt_spool_failures(const struct nvt_spool *s, uint32_t id)
{
    uint32_t state = nvt_id_is_deferred(s, id) ? (uint32_t)nvt_id_state(s, id) : 0U;
    return state > (uint32_t)NVT_ID_DEFERRED ? (unsigned)(state - (uint32_t)NVT_ID_DEFERRED) : 0U;
}
