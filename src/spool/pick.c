/* SPDX-License-Identifier: Apache-2.0 */
/* Which entry goes next: the most urgent ones are remembered with their places, and found again by
 * one pass over the ring when they are used up. */
#include "journal.h"

static bool is_before(const struct nvt_spool_entry *a, const struct nvt_spool_entry *b)
{
    return a->due_s != b->due_s ? a->due_s < b->due_s : a->id < b->id;
}

void nvt_picks_forget(struct nvt_spool *s)
{
    s->pick_count = 0;
    s->picks_complete = false;
}

/* Into the order, if it belongs there. */
static void insert(struct nvt_spool *s, const struct nvt_spool_entry *e)
{
    struct nvt_spool_entry *picks = s->config.picks;
    size_t i = s->pick_count;
    if (i == s->config.pick_cap) {
        s->picks_complete = false;
        if (!is_before(e, &picks[i - 1U])) {
            return;
        }
        i--;
    } else {
        s->pick_count++;
    }
    while (i > 0U && is_before(e, &picks[i - 1U])) {
        picks[i] = picks[i - 1U];
        i--;
    }
    picks[i] = *e;
}

static struct nvt_spool_entry *slot_of(struct nvt_spool *s, uint32_t id)
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
    if (slot_of(s, e->id) == NULL) {
        insert(s, e);
    }
}

void nvt_picks_offer(struct nvt_spool *s, const struct nvt_spool_entry *e)
{
    bool belongs = s->picks_complete ||
                   (s->pick_count > 0U && is_before(e, &s->config.picks[s->pick_count - 1U]));
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

static void drop_first(struct nvt_spool *s)
{
    s->pick_count--;
    (void)memmove(&s->config.picks[0], &s->config.picks[1],
                  s->pick_count * sizeof s->config.picks[0]);
}

void nvt_picks_move(struct nvt_spool *s, uint32_t id, struct nvt_spool_place to)
{
    struct nvt_spool_entry *slot = slot_of(s, id);
    if (slot != NULL) {
        slot->place = to;
        return;
    }
    for (uint32_t i = 0; i < s->pick_count; i++) {
        if (s->config.picks[i].id == id) {
            s->config.picks[i].place = to;
            return;
        }
    }
}

void nvt_picks_forget_places(struct nvt_spool *s)
{
    nvt_picks_forget(s);
    for (size_t i = 0; i < (size_t)NVT_SPOOL_OUT_MAX; i++) {
        s->out[i].place.seq = 0U;
    }
}

/* The first pick that can be read, its bytes in the buffer. NVT_E_SPOOL_EMPTY: there is none. Where
 * one can not be, bits have flipped since its head was read, and all is checked again. */
static nvt_err fetch_first(struct nvt_spool *s, struct nvt_spool_entry *out_entry)
{
    enum { TRIES = 3 };
    nvt_err err = NVT_OK;
    if (s->pick_count == 0U && !s->picks_complete) {
        err = nvt_spool_take_stock(s, NVT_CHECK_NONE, s->next);
    }
    for (unsigned i = 0; i < (unsigned)TRIES && err == NVT_OK; i++) {
        if (s->pick_count == 0U) {
            return NVT_E_SPOOL_EMPTY;
        }
        *out_entry = s->config.picks[0];
        err = fetch(s, out_entry);
        if (err != NVT_E_SPOOL_EMPTY) {
            return err;
        }
        err = nvt_spool_take_stock(s, NVT_CHECK_ALL, s->next);
    }
    return err == NVT_OK ? NVT_E_SPOOL_IO : err;
}

nvt_err nvt_spool_pick(struct nvt_spool *s, struct nvt_buf *out, struct nvt_spool_entry *out_entry)
{
    struct nvt_spool_entry *slot = slot_of(s, 0U);
    if (!s->mounted) {
        return NVT_E_STATE;
    }
    if (slot == NULL) {
        return NVT_E_SPOOL_OUT;
    }
    nvt_err err = fetch_first(s, out_entry);
    if (err == NVT_OK && out != NULL && out->cap - out->len < out_entry->len) {
        err = NVT_E_SPACE;
    }
    if (err == NVT_OK && out != NULL) {
        nvt_buf_put(out, nvt_span_of(s->config.buffer + NVT_RECORD_LEN, out_entry->len));
    }
    if (err == NVT_OK) {
        *slot = *out_entry;
        drop_first(s);
    }
    return err;
}

nvt_err nvt_spool_put_back(struct nvt_spool *s, uint32_t id)
{
    struct nvt_spool_entry *slot = id == 0U ? NULL : slot_of(s, id);
    if (slot == NULL) {
        return NVT_E_ARG;
    }
    struct nvt_spool_entry e = *slot;
    slot->id = 0U;
    if (e.place.seq == 0U) { /* not known any more */
        nvt_picks_forget(s);
    } else {
        nvt_picks_offer(s, &e);
    }
    return NVT_OK;
}

/* ---- settling ---- */

nvt_err nvt_spool_settle(struct nvt_spool *s, uint32_t id, enum nvt_spool_state state,
                         uint16_t status, struct nvt_span reason)
{
    enum { REASON_MAX = 64 };
    struct nvt_spool_entry *slot = id == 0U ? NULL : slot_of(s, id);
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
