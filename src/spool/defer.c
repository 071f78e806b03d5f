/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries that failed wait behind those that did not. Which they are stands in the window, so that
 * their number does not matter; where a few of them stand, in a queue at the end of the picks. As
 * long as all have room there they take turns in it; else walks over the ring fill it, each from
 * where the one before ended (by urgency), and round again.
 */
#include "journal.h"

enum { FAILED_MAX = 3 }; /* two bits */

uint32_t nvt_defers_room(const struct nvt_spool *s)
{
    return s->deferred == 0U ? 0U : s->config.pick_cap / 4U;
}

struct nvt_spool_entry *nvt_defers_front(struct nvt_spool *s)
{
    return &s->config.picks[s->config.pick_cap - nvt_defers_room(s)];
}

/* ---- walks ---- */

void nvt_defers_begin(struct nvt_spool *s, bool anew)
{
    s->defers_filling = anew || s->defer_count == 0U;
    if (s->defers_filling) {
        s->defer_count = 0;
        s->defers_complete = true;
        s->defers_cut = false;
    }
}

void nvt_defers_see(struct nvt_spool *s, const struct nvt_spool_entry *e)
{
    if (!s->defers_filling) {
        return;
    }
    if (!nvt_picks_is_before(&s->defers_from, e)) {
        s->defers_complete = false;
    } else if (!nvt_picks_insert(nvt_defers_front(s), &s->defer_count, nvt_defers_room(s), e)) {
        s->defers_complete = false;
        s->defers_cut = true;
    } else {
        /* it has its place */
    }
}

void nvt_defers_end(struct nvt_spool *s)
{
    if (s->defers_filling) {
        s->defers_filling = false;
        (void)memset(&s->defers_from, 0, sizeof s->defers_from);
        if (s->defers_cut) {
            s->defers_from = nvt_defers_front(s)[s->defer_count - 1U];
        }
    }
}

/* The last one gave its place up: the next walk must meet it. */
static void go_back_to(struct nvt_spool *s, const struct nvt_spool_entry *e)
{
    s->defers_complete = false;
    if (!nvt_picks_is_before(&s->defers_from, e)) {
        s->defers_from = *e;
        s->defers_from.id--;
    }
}

/* ---- the queue ---- */

void nvt_defers_put_first(struct nvt_spool *s, const struct nvt_spool_entry *e)
{
    struct nvt_spool_entry *q = nvt_defers_front(s);
    uint32_t room = nvt_defers_room(s);
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
    if (s->defers_complete && s->defer_count < nvt_defers_room(s)) {
        nvt_defers_front(s)[s->defer_count] = *e;
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
    struct nvt_spool_entry *slot = id == 0U ? NULL : nvt_picks_slot(s, id);
    if (slot == NULL) {
        return NVT_E_ARG;
    }
    struct nvt_spool_entry e = *slot;
    uint8_t before = nvt_window_failed(s, id);
    uint8_t now = (uint8_t)((before == 0U ? 1U : before) + (failed ? 1U : 0U));
    nvt_window_set_failed(s, id, now < (uint8_t)FAILED_MAX ? now : (uint8_t)FAILED_MAX);
    slot->id = 0U;
    if (before == 0U) {
        begin_queue(s);
    }
    if (e.place.seq == 0U) { /* not known any more */
        s->defers_complete = false;
    } else if (first) {
        nvt_defers_put_first(s, &e);
    } else {
        put_last(s, &e);
    }
    return NVT_OK;
}

void nvt_spool_forgive(struct nvt_spool *s, uint32_t id)
{
    uint8_t failed = nvt_spool_is_pending(s, id) ? nvt_window_failed(s, id) : 0U;
    if (failed > 1U) {
        nvt_window_set_failed(s, id, (uint8_t)(failed - 1U));
    }
}

unsigned nvt_spool_failures(const struct nvt_spool *s, uint32_t id)
{
    uint8_t failed = nvt_spool_is_pending(s, id) ? nvt_window_failed(s, id) : 0U;
    return failed > 1U ? failed - 1U : 0U;
}
