/* SPDX-License-Identifier: Apache-2.0 */
/* Which entry goes next: the most urgent ones are remembered with their places, and found again by
 * one pass over the ring when they are used up. */
#include "journal.h"

bool nvt_picks_is_before(const struct nvt_spool_entry *a, const struct nvt_spool_entry *b)
{
    return a->due_s != b->due_s ? a->due_s < b->due_s : a->id < b->id;
}

void nvt_picks_forget(struct nvt_spool *s)
{
    s->pick_count = 0;
    s->picks_complete = false;
    s->defer_count = 0;
    s->defers_complete = false;
}

bool nvt_picks_insert(struct nvt_spool_entry *list, uint32_t *count, uint32_t cap,
                      const struct nvt_spool_entry *e)
{
    uint32_t i = *count;
    bool full = i == cap;
    if (full) {
        i--;
        if (!nvt_picks_is_before(e, &list[i])) {
            return false;
        }
    } else {
        (*count)++;
    }
    while (i > 0U && nvt_picks_is_before(e, &list[i - 1U])) {
        list[i] = list[i - 1U];
        i--;
    }
    list[i] = *e;
    return !full;
}

static uint32_t room_of(const struct nvt_spool *s)
{
    return s->config.pick_cap - nvt_defers_room(s);
}

void nvt_picks_trim(struct nvt_spool *s)
{
    if (s->pick_count > room_of(s)) {
        s->pick_count = room_of(s);
        s->picks_complete = false;
    }
}

/* Into the order, if it belongs there. */
static void insert(struct nvt_spool *s, const struct nvt_spool_entry *e)
{
    if (!nvt_picks_insert(s->config.picks, &s->pick_count, room_of(s), e)) {
        s->picks_complete = false;
    }
}

struct nvt_spool_entry *nvt_picks_slot(struct nvt_spool *s, uint32_t id)
{
    for (size_t i = 0; i < (size_t)NVT_SPOOL_OUT_MAX; i++) {
        if (s->out[i].id == id) {
            return &s->out[i];
        }
    }
    return NULL;
}

void nvt_picks_put(struct nvt_spool *s, const struct nvt_spool_entry *e)
{
    if (nvt_picks_slot(s, e->id) != NULL) {
        return;
    }
    if (nvt_window_failed(s, e->id) == 0U) {
        insert(s, e);
    } else {
        nvt_defers_see(s, e);
    }
}

void nvt_picks_offer(struct nvt_spool *s, const struct nvt_spool_entry *e)
{
    bool belongs =
        s->picks_complete ||
        (s->pick_count > 0U && nvt_picks_is_before(e, &s->config.picks[s->pick_count - 1U]));
    if (belongs) {
        insert(s, e);
    }
}

/* Its bytes into the buffer; NVT_E_SPOOL_EMPTY when they are not what was written. */
static nvt_err fetch(struct nvt_spool *s, const struct nvt_spool_entry *e)
{
    struct nvt_walk walk = {e->place.block, e->place.seq, e->place.offset, 0U, 0U};
    struct nvt_record r;
    nvt_err err = nvt_spool_next_record(s, &walk, &r);
    bool same = err == NVT_OK && r.id == e->id && r.place.offset == e->place.offset;
    return err == NVT_OK && !same ? NVT_E_SPOOL_EMPTY : err;
}

static struct nvt_spool_entry *find(struct nvt_spool_entry *list, uint32_t count, uint32_t id)
{
    for (uint32_t i = 0; i < count; i++) {
        if (list[i].id == id) {
            return &list[i];
        }
    }
    return NULL;
}

static void drop(struct nvt_spool_entry *list, uint32_t *count, uint32_t id)
{
    struct nvt_spool_entry *e = find(list, *count, id);
    if (e != NULL) {
        (*count)--;
        (void)memmove(e, e + 1, (size_t)(list + *count - e) * sizeof *e);
    }
}

void nvt_picks_move(struct nvt_spool *s, uint32_t id, struct nvt_spool_place to)
{
    struct nvt_spool_entry *slot = nvt_picks_slot(s, id);
    if (slot != NULL) {
        slot->place = to;
        return;
    }
    struct nvt_spool_entry *e = find(s->config.picks, s->pick_count, id);
    if (e == NULL) {
        e = find(nvt_defers_front(s), s->defer_count, id);
    }
    if (e != NULL) {
        e->place = to;
    }
}

void nvt_picks_forget_places(struct nvt_spool *s)
{
    nvt_picks_forget(s);
    for (size_t i = 0; i < (size_t)NVT_SPOOL_OUT_MAX; i++) {
        s->out[i].place.seq = 0U;
    }
}

/* ---- picking ---- */

static nvt_err next_urgent(struct nvt_spool *s, struct nvt_spool_entry *out_entry)
{
    nvt_err err = NVT_OK;
    if (s->pick_count == 0U && !s->picks_complete) {
        err = nvt_spool_take_stock(s, NVT_CHECK_NONE, s->next);
    }
    if (err == NVT_OK && s->pick_count == 0U) {
        err = NVT_E_SPOOL_EMPTY;
    }
    if (err == NVT_OK) {
        *out_entry = s->config.picks[0];
    }
    return err;
}

/* Where the last walk came to the end of the order, the next one begins it again. */
static nvt_err next_deferred(struct nvt_spool *s, struct nvt_spool_entry *out_entry)
{
    nvt_err err = NVT_OK;
    for (unsigned i = 0; i < 2U && err == NVT_OK && s->deferred > 0U; i++) {
        if (s->defer_count > 0U) {
            *out_entry = *nvt_defers_front(s);
            return NVT_OK;
        }
        if (s->defers_complete) {
            return NVT_E_SPOOL_EMPTY;
        }
        err = nvt_spool_take_stock(s, NVT_CHECK_NONE, s->next);
    }
    if (err == NVT_OK && s->deferred > 0U && s->defer_count > 0U) {
        *out_entry = *nvt_defers_front(s);
        return NVT_OK;
    }
    return err == NVT_OK ? NVT_E_SPOOL_EMPTY : err;
}

/* The entry's record in one block. NVT_E_SPOOL_EMPTY: it is not there. */
static nvt_err look_in(struct nvt_spool *s, uint32_t block, uint32_t id,
                       struct nvt_spool_entry *out_entry)
{
    struct nvt_walk walk;
    struct nvt_record r;
    nvt_err err = nvt_ring_begin_at(s, block, &walk);
    while (err == NVT_OK && walk.block == block) {
        err = nvt_ring_next_record(s, NVT_CHECK_NONE, &walk, &r);
        if (err == NVT_OK && r.type == (uint8_t)NVT_RECORD_ENTRY && r.id == id) {
            *out_entry = (struct nvt_spool_entry){r.id, r.due_s, r.len, r.place};
            return NVT_OK;
        }
    }
    return err == NVT_OK ? NVT_E_SPOOL_EMPTY : err;
}

/* What came in last stands in the last blocks, as a rule. */
static nvt_err next_newest(struct nvt_spool *s, struct nvt_spool_entry *out_entry)
{
    uint32_t count = s->config.device->block_count;
    uint32_t id = s->next - 1U;
    while (id >= s->tail && (!nvt_spool_is_pending(s, id) || nvt_window_failed(s, id) != 0U ||
                             nvt_picks_slot(s, id) != NULL)) {
        id--;
    }
    nvt_err err = NVT_E_SPOOL_EMPTY;
    for (uint32_t i = 0; i < count && id >= s->tail && err == NVT_E_SPOOL_EMPTY; i++) {
        err = look_in(s, (s->head + count - i) % count, id, out_entry);
    }
    return err;
}

static nvt_err next_of(struct nvt_spool *s, enum nvt_spool_order order,
                       struct nvt_spool_entry *out_entry)
{
    nvt_err err = NVT_E_SPOOL_EMPTY;
    if (order == NVT_SPOOL_DEFERRED) {
        return next_deferred(s, out_entry);
    }
    if (order == NVT_SPOOL_NEWEST) {
        err = next_newest(s, out_entry);
    }
    return err == NVT_E_SPOOL_EMPTY ? next_urgent(s, out_entry) : err;
}

/* The next one that can be read, its bytes in the buffer. NVT_E_SPOOL_EMPTY: there is none. Where
 * one cannot be, bits have flipped since its head was read, and all is checked again. */
static nvt_err fetch_next(struct nvt_spool *s, enum nvt_spool_order order,
                          struct nvt_spool_entry *out_entry)
{
    enum { TRIES = 3 };
    for (unsigned i = 0; i < (unsigned)TRIES; i++) {
        nvt_err err = next_of(s, order, out_entry);
        if (err != NVT_OK) {
            return err;
        }
        err = fetch(s, out_entry);
        if (err != NVT_E_SPOOL_EMPTY) {
            return err;
        }
        err = nvt_spool_take_stock(s, NVT_CHECK_ALL, s->next);
        if (err != NVT_OK) {
            return err;
        }
        /* A walk for the newest may meet a copy that was cut off again and again. */
        order = order == NVT_SPOOL_NEWEST ? NVT_SPOOL_URGENT : order;
    }
    return NVT_E_SPOOL_IO;
}

nvt_err nvt_spool_pick_by(struct nvt_spool *s, enum nvt_spool_order order, struct nvt_buf *out,
                          struct nvt_spool_entry *out_entry)
{
    struct nvt_spool_entry *slot = nvt_picks_slot(s, 0U);
    if (!s->mounted) {
        return NVT_E_STATE;
    }
    if (slot == NULL) {
        return NVT_E_SPOOL_OUT;
    }
    nvt_err err = fetch_next(s, order, out_entry);
    if (err == NVT_OK && out != NULL && out->cap - out->len < out_entry->len) {
        err = NVT_E_SPACE;
    }
    if (err == NVT_OK && out != NULL) {
        nvt_buf_put(out, nvt_span_of(s->config.buffer + NVT_RECORD_LEN, out_entry->len));
    }
    if (err == NVT_OK) {
        *slot = *out_entry;
        drop(s->config.picks, &s->pick_count, slot->id);
        drop(nvt_defers_front(s), &s->defer_count, slot->id);
    }
    return err;
}

nvt_err nvt_spool_pick(struct nvt_spool *s, struct nvt_buf *out, struct nvt_spool_entry *out_entry)
{
    return nvt_spool_pick_by(s, NVT_SPOOL_URGENT, out, out_entry);
}

nvt_err nvt_spool_put_back(struct nvt_spool *s, uint32_t id)
{
    struct nvt_spool_entry *slot = id == 0U ? NULL : nvt_picks_slot(s, id);
    if (slot == NULL) {
        return NVT_E_ARG;
    }
    struct nvt_spool_entry e = *slot;
    slot->id = 0U;
    if (e.place.seq == 0U) { /* not known any more */
        nvt_picks_forget(s);
    } else if (nvt_window_failed(s, id) != 0U) {
        nvt_defers_put_first(s, &e);
    } else {
        nvt_picks_offer(s, &e);
    }
    return NVT_OK;
}

uint32_t nvt_spool_urgent_s(const struct nvt_spool *s)
{
    const struct nvt_spool_entry *queue = &s->config.picks[s->config.pick_cap - nvt_defers_room(s)];
    uint32_t due_s = s->pick_count > 0U ? s->config.picks[0].due_s : UINT32_MAX;
    for (uint32_t i = 0; i < s->defer_count; i++) {
        due_s = queue[i].due_s < due_s ? queue[i].due_s : due_s;
    }
    for (size_t i = 0; i < (size_t)NVT_SPOOL_OUT_MAX; i++) {
        due_s = s->out[i].id != 0U && s->out[i].due_s < due_s ? s->out[i].due_s : due_s;
    }
    return due_s;
}

/* ---- settling ---- */

nvt_err nvt_spool_settle(struct nvt_spool *s, uint32_t id, enum nvt_spool_state state,
                         uint16_t status, struct nvt_span reason)
{
    enum { REASON_MAX = 64 };
    struct nvt_spool_entry *slot = id == 0U ? NULL : nvt_picks_slot(s, id);
    if (slot == NULL || state < NVT_SPOOL_DELIVERED || state > NVT_SPOOL_EXPIRED) {
        return NVT_E_ARG;
    }
    struct nvt_record mark = {
        .type = (uint8_t)NVT_RECORD_MARK, .aux = (uint8_t)state, .id = id, .due_s = status};
    struct nvt_span words = {reason.ptr, reason.len < (size_t)REASON_MAX ? reason.len : REASON_MAX};
    nvt_err err = nvt_spool_add(s, &mark, words);
    if (err == NVT_OK) {
        s->live -= nvt_spool_room(s, slot->len);
        s->pending--;
        nvt_spool_note_settled(s, id, mark.aux);
        nvt_window_follow(s);
        slot->id = 0U;
    }
    return err;
}
