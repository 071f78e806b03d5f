/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where some of the entries stand: the most urgent ones at the beginning of config.picks, and once
 * any was deferred, the next of those in a queue at its end. Walks over the ring fill both.
 */
#include "spool_internal.h"

/* ---- lists ---- */

bool nvt_entry_is_before(const struct nvt_spool_entry *a, const struct nvt_spool_entry *b)
{
    return a->due_s != b->due_s ? a->due_s < b->due_s : a->id < b->id;
}

bool nvt_entries_insert(struct nvt_spool_entry *list, uint32_t *count, uint32_t cap,
                        const struct nvt_spool_entry *e)
{
    uint32_t i = *count;
    bool full = i == cap;
    if (full) {
        i--;
        if (!nvt_entry_is_before(e, &list[i])) {
            return false;
        }
    } else {
        (*count)++;
    }
    while (i > 0U && nvt_entry_is_before(e, &list[i - 1U])) {
        list[i] = list[i - 1U];
        i--;
    }
    list[i] = *e;
    return !full;
}

struct nvt_spool_entry *nvt_entries_find(struct nvt_spool_entry *list, uint32_t count, uint32_t id)
{
    for (uint32_t i = 0; i < count; i++) {
        if (list[i].id == id) {
            return &list[i];
        }
    }
    return NULL;
}

void nvt_entries_drop(struct nvt_spool_entry *list, uint32_t *count, uint32_t id)
{
    struct nvt_spool_entry *e = nvt_entries_find(list, *count, id);
    if (e != NULL) {
        (*count)--;
        (void)memmove(e, e + 1, (size_t)(list + *count - e) * sizeof *e);
    }
}

struct nvt_spool_entry *nvt_out_slot(struct nvt_spool *s, uint32_t id)
{
    return nvt_entries_find(s->out, NVT_SPOOL_OUT_MAX, id);
}

uint32_t nvt_queue_room(const struct nvt_spool *s)
{
    return s->deferred == 0U ? 0U : s->config.pick_cap / 4U;
}

struct nvt_spool_entry *nvt_queue(const struct nvt_spool *s)
{
    return &s->config.picks[s->config.pick_cap - nvt_queue_room(s)];
}

/* ---- single entries ---- */

static uint32_t picks_room(const struct nvt_spool *s)
{
    return s->config.pick_cap - nvt_queue_room(s);
}

static void insert(struct nvt_spool *s, const struct nvt_spool_entry *e)
{
    if (!nvt_entries_insert(s->config.picks, &s->pick_count, picks_room(s), e)) {
        s->picks_complete = false;
    }
}

void nvt_picks_offer(struct nvt_spool *s, const struct nvt_spool_entry *e)
{
    bool belongs =
        s->picks_complete ||
        (s->pick_count > 0U && nvt_entry_is_before(e, &s->config.picks[s->pick_count - 1U]));
    if (belongs) {
        insert(s, e);
    }
}

void nvt_picks_forget(struct nvt_spool *s)
{
    s->pick_count = 0;
    s->picks_complete = false;
    s->defer_count = 0;
    s->defers_complete = false;
}

void nvt_picks_trim(struct nvt_spool *s)
{
    if (s->pick_count > picks_room(s)) {
        s->pick_count = picks_room(s);
        s->picks_complete = false;
    }
}

void nvt_picks_move(struct nvt_spool *s, uint32_t id, struct nvt_spool_place to)
{
    struct nvt_spool_entry *e = nvt_out_slot(s, id);
    if (e == NULL) {
        e = nvt_entries_find(s->config.picks, s->pick_count, id);
    }
    if (e == NULL) {
        e = nvt_entries_find(nvt_queue(s), s->defer_count, id);
    }
    if (e != NULL) {
        e->place = to;
    }
}

/* ---- walks ---- */

void nvt_picks_begin(struct nvt_spool *s, bool anew)
{
    s->pick_count = 0;
    s->picks_complete = true;
    s->defers_filling = anew || s->defer_count == 0U;
    if (s->defers_filling) {
        s->defer_count = 0;
        s->defers_complete = true;
        s->defers_cut = false;
    }
}

/* Those before where the last walk ended come with one of the next. */
static void see_deferred(struct nvt_spool *s, const struct nvt_spool_entry *e)
{
    if (!s->defers_filling) {
        return;
    }
    if (!nvt_entry_is_before(&s->defers_from, e)) {
        s->defers_complete = false;
    } else if (!nvt_entries_insert(nvt_queue(s), &s->defer_count, nvt_queue_room(s), e)) {
        s->defers_complete = false;
        s->defers_cut = true;
    } else {
        /* it has its place */
    }
}

void nvt_picks_see(struct nvt_spool *s, const struct nvt_spool_entry *e)
{
    if (nvt_id_is_deferred(s, e->id)) {
        see_deferred(s, e);
    } else {
        insert(s, e);
    }
}

void nvt_picks_end(struct nvt_spool *s)
{
    if (s->defers_filling) {
        s->defers_filling = false;
        (void)memset(&s->defers_from, 0, sizeof s->defers_from);
        if (s->defers_cut) {
            s->defers_from = nvt_queue(s)[s->defer_count - 1U];
        }
    }
}
