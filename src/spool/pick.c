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

void nvt_picks_offer(struct nvt_spool *s, const struct nvt_spool_entry *e)
{
    bool belongs = s->picks_complete ||
                   (s->pick_count > 0U && is_before(e, &s->config.picks[s->pick_count - 1U]));
    if (belongs) {
        insert(s, e);
    }
}

static bool is_known(const struct nvt_spool *s, uint32_t id)
{
    bool known = false;
    for (size_t i = 0; i < (size_t)NVT_SPOOL_OUT_MAX && !known; i++) {
        known = s->out[i].id == id;
    }
    for (size_t i = 0; i < s->pick_count && !known; i++) {
        known = s->config.picks[i].id == id;
    }
    return known;
}

static nvt_err refill(struct nvt_spool *s)
{
    struct nvt_walk walk;
    struct nvt_record r;
    nvt_err err = nvt_ring_begin(s, &walk);
    s->picks_complete = true;
    while (err == NVT_OK) {
        err = nvt_ring_next_record(s, &walk, &r);
        if (err == NVT_OK && r.type == (uint8_t)NVT_RECORD_ENTRY && nvt_spool_is_pending(s, r.id) &&
            !is_known(s, r.id)) {
            struct nvt_spool_entry e = {r.id, r.due_s, r.len, r.place};
            insert(s, &e);
        }
    }
    if (err != NVT_E_SPOOL_EMPTY) {
        nvt_picks_forget(s);
        return err;
    }
    return NVT_OK;
}

static struct nvt_spool_out *slot_of(struct nvt_spool *s, uint32_t id)
{
    for (size_t i = 0; i < (size_t)NVT_SPOOL_OUT_MAX; i++) {
        if (s->out[i].id == id) {
            return &s->out[i];
        }
    }
    return NULL;
}

/* Its bytes into the buffer; NVT_E_SPOOL_EMPTY when they are not what was written. */
static nvt_err fetch(struct nvt_spool *s, const struct nvt_spool_entry *e)
{
    struct nvt_walk walk = {e->place.block, e->place.seq, e->place.offset, 0};
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

/* Bits have flipped since the mount: nobody will ever read it. */
static void lose(struct nvt_spool *s, const struct nvt_spool_entry *e)
{
    nvt_window_set_done(s, e->id);
    nvt_window_follow(s);
    s->live -= nvt_spool_room(s, e->len);
    s->pending--;
    s->lost++;
    drop_first(s);
}

/* The first pick that can be read, its bytes in the buffer. NVT_E_SPOOL_EMPTY: there is none. */
static nvt_err fetch_first(struct nvt_spool *s, struct nvt_spool_entry *out_entry)
{
    nvt_err err = s->pick_count == 0U && !s->picks_complete ? refill(s) : NVT_OK;
    while (err == NVT_OK && s->pick_count > 0U) {
        *out_entry = s->config.picks[0];
        err = fetch(s, out_entry);
        if (err != NVT_E_SPOOL_EMPTY) {
            return err;
        }
        lose(s, out_entry);
        err = s->pick_count == 0U && !s->picks_complete ? refill(s) : NVT_OK;
    }
    return err == NVT_OK ? NVT_E_SPOOL_EMPTY : err;
}

nvt_err nvt_spool_pick(struct nvt_spool *s, struct nvt_buf *out, struct nvt_spool_entry *out_entry)
{
    struct nvt_spool_out *slot = slot_of(s, 0U);
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
        *slot = (struct nvt_spool_out){out_entry->id, out_entry->len};
        drop_first(s);
    }
    return err;
}

nvt_err nvt_spool_put_back(struct nvt_spool *s, uint32_t id)
{
    struct nvt_spool_out *slot = id == 0U ? NULL : slot_of(s, id);
    if (slot == NULL) {
        return NVT_E_ARG;
    }
    *slot = (struct nvt_spool_out){0U, 0U};
    nvt_picks_forget(s);
    return NVT_OK;
}

/* ---- settling ---- */

nvt_err nvt_spool_settle(struct nvt_spool *s, uint32_t id, enum nvt_spool_state state,
                         uint16_t status, struct nvt_span reason)
{
    enum { REASON_MAX = 64 };
    struct nvt_spool_out *slot = id == 0U ? NULL : slot_of(s, id);
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
        *slot = (struct nvt_spool_out){0U, 0U};
    }
    return err;
}
