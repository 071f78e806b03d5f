/* SPDX-License-Identifier: Apache-2.0 */
/* Entries in, out and settled; what there is. */
#include "spool_internal.h"

#define CAPACITY_MAX 0xFFF00000U /* with a record more still a number of 32 bits */

/* ---- room ---- */

/* Bytes that can live at once: in every block but those kept free, the bad ones, and one for marks,
 * what is left of its room when the longest record just did not fit. Beyond that, moving records
 * could go round without ever making room. */
static uint32_t capacity(const struct nvt_spool *s, uint32_t longest, uint32_t bad)
{
    uint32_t data = nvt_data_max(s->config.device);
    uint32_t spare = nvt_ring_spare(s);
    uint32_t kept = 2U + (spare > bad ? spare : bad);
    uint32_t count = s->config.device->block_count;
    if (data < longest || count < kept) {
        return 0U;
    }
    uint64_t sum = (uint64_t)(count - kept) * (data - longest);
    return sum < CAPACITY_MAX ? (uint32_t)sum : CAPACITY_MAX;
}

static bool is_full(const struct nvt_spool *s, uint32_t room, uint32_t freed)
{
    uint32_t longest = room > s->longest ? room : s->longest;
    return s->live - freed + room > capacity(s, longest, s->bad_count);
}

nvt_err nvt_spool_check_room(struct nvt_spool *s, size_t len, uint32_t freed)
{
    uint32_t room = nvt_room(s->config.device, (uint32_t)len);
    if (len > UINT16_MAX || room > s->config.buffer_cap ||
        room > capacity(s, room, 0U)) { /* even of an empty one */
        return NVT_E_SPOOL_SIZE;
    }
    while (is_full(s, room, freed)) {
        if (s->now.pending > 0U || s->bad_count == 0U) {
            return NVT_E_SPOOL_FULL;
        }
        nvt_ring_forgive_bad(s); /* no settling will ever make room: they are tried again */
    }
    return NVT_OK;
}

/* ---- in ---- */

/* Is there room in the window for one more? It counts as free only when what settled the oldest
 * ones is durable: else a cut could leave more than it has room for. */
static nvt_err find_id(struct nvt_spool *s)
{
    uint32_t cap = nvt_ids_cap(s);
    nvt_err err = s->now.next - s->synced_tail >= cap ? nvt_ring_sync(s) : NVT_OK;
    if (err != NVT_OK) {
        return err;
    }
    bool none = s->now.next - s->synced_tail >= cap || s->now.next == UINT32_MAX;
    return none ? NVT_E_SPOOL_WINDOW : NVT_OK;
}

nvt_err nvt_spool_append(struct nvt_spool *s, struct nvt_span bytes, uint32_t due_s,
                         uint32_t *out_id)
{
    nvt_err err = nvt_spool_ready(s);
    if (err == NVT_OK) {
        err = nvt_spool_check_room(s, bytes.len, 0U);
    }
    if (err == NVT_OK) {
        err = find_id(s);
    }
    if (err != NVT_OK) {
        return err;
    }
    struct nvt_record r = {.type = (uint8_t)NVT_RECORD_ENTRY,
                           .len = (uint16_t)bytes.len,
                           .id = s->now.next,
                           .due_s = due_s};
    struct nvt_spool_entry e;
    err = nvt_ring_add(s, &r, bytes, &r.place);
    if (err != NVT_OK) {
        return err;
    }
    nvt_entry_of(&r, &e);
    nvt_id_set(s, r.id, NVT_ID_PENDING);
    s->now.next++;
    s->live += nvt_room(s->config.device, e.len);
    s->now.pending++;
    nvt_picks_offer(s, &e);
    *out_id = r.id;
    return NVT_OK;
}

/* ---- out ---- */

/* The first of a list. Where the last walk came to the end of the order, the next one begins it
 * again. */
static nvt_err next_of(struct nvt_spool *s, const struct nvt_spool_picks *p,
                       struct nvt_spool_entry *out_entry)
{
    nvt_err err = NVT_OK;
    while (err == NVT_OK && p->count == 0U && p->missing) {
        err = nvt_refill(s);
    }
    if (err == NVT_OK && p->count == 0U) {
        err = NVT_E_SPOOL_EMPTY;
    }
    if (err == NVT_OK) {
        *out_entry = p->list[0];
    }
    return err;
}

/* The entry's record in one block. NVT_E_SPOOL_EMPTY: it is not there. */
static nvt_err look_in(const struct nvt_spool *s, uint32_t block, uint32_t id,
                       struct nvt_spool_entry *out_entry)
{
    struct nvt_walk walk;
    struct nvt_record r;
    nvt_err err = nvt_ring_enter(s, block, &walk);
    walk.checked = s->any_hole;
    do {
        err = err == NVT_OK ? nvt_walk_next(&s->medium, &walk, &r) : err;
    } while (err == NVT_OK && (r.type != (uint8_t)NVT_RECORD_ENTRY || r.id != id));
    if (err == NVT_OK) {
        nvt_entry_of(&r, out_entry);
    }
    return err;
}

/* What came in last stands in the last blocks, as a rule. */
static nvt_err next_newest(struct nvt_spool *s, struct nvt_spool_entry *out_entry)
{
    uint32_t block = s->ring.newest.block;
    uint32_t id = s->now.next - 1U;
    nvt_err err = NVT_E_SPOOL_EMPTY;
    while (id >= s->now.tail &&
           (nvt_id_state(s, id) != NVT_ID_PENDING || nvt_out_slot(s, id) != NULL)) {
        id--;
    }
    bool more = id >= s->now.tail;
    while (more) {
        if (nvt_block_state(&s->medium, block) == NVT_BLOCK_USED) {
            err = look_in(s, block, id, out_entry);
        }
        more = err == NVT_E_SPOOL_EMPTY && block != s->ring.oldest;
        block = (block == 0U ? s->config.device->block_count : block) - 1U;
    }
    return err;
}

static nvt_err next_by(struct nvt_spool *s, enum nvt_spool_order order,
                       struct nvt_spool_entry *out_entry)
{
    nvt_err err = order == NVT_SPOOL_NEWEST ? next_newest(s, out_entry) : NVT_E_SPOOL_EMPTY;
    return err == NVT_E_SPOOL_EMPTY ? next_of(s, &s->picks[order == NVT_SPOOL_DEFERRED], out_entry)
                                    : err;
}

/* The bytes of a pending entry into the buffer. NVT_E_SPOOL_EMPTY: they are not what was written.
 */
static nvt_err fetch(struct nvt_spool *s, const struct nvt_spool_entry *e)
{
    struct nvt_record r;
    if (!nvt_id_is_pending(s, e->id) || nvt_out_slot(s, e->id) != NULL) {
        return NVT_E_SPOOL_EMPTY;
    }
    nvt_err err = nvt_ring_fetch(s, &e->place, &r);
    bool same = err != NVT_OK || (r.type == (uint8_t)NVT_RECORD_ENTRY && r.id == e->id);
    return same ? err : NVT_E_SPOOL_EMPTY;
}

/* The next one that can be read, its bytes in the buffer. NVT_E_SPOOL_EMPTY: there is none. Where
 * one cannot be, bits have flipped since its head was read, and all is counted again. */
static nvt_err fetch_next(struct nvt_spool *s, enum nvt_spool_order order,
                          struct nvt_spool_entry *out_entry)
{
    enum { TRIES = 3 };
    nvt_err err = NVT_OK;
    for (unsigned i = 0; i < (unsigned)TRIES && err == NVT_OK; i++) {
        err = next_by(s, order, out_entry);
        if (err != NVT_OK) {
            return err;
        }
        err = fetch(s, out_entry);
        if (err != NVT_E_SPOOL_EMPTY) {
            return err;
        }
        err = nvt_recount(s);
    }
    return err == NVT_OK ? NVT_E_SPOOL_IO : err;
}

nvt_err nvt_spool_give(const struct nvt_spool *s, uint32_t len, struct nvt_buf *out)
{
    if (out->cap - out->len < len) {
        return NVT_E_SPACE;
    }
    nvt_buf_put(out, nvt_span_of(s->config.buffer + NVT_RECORD_LEN, len));
    return NVT_OK;
}

nvt_err nvt_spool_pick_by(struct nvt_spool *s, enum nvt_spool_order order, struct nvt_buf *out,
                          struct nvt_spool_entry *out_entry)
{
    nvt_err err = nvt_spool_ready(s);
    struct nvt_spool_entry *slot = nvt_entry_find(s->out, NVT_SPOOL_OUT_MAX, 0U);
    if (err == NVT_OK) {
        err = slot == NULL ? NVT_E_SPOOL_OUT : fetch_next(s, order, out_entry);
    }
    if (err == NVT_OK && out != NULL) {
        err = nvt_spool_give(s, out_entry->len, out);
    }
    if (err == NVT_OK) {
        *slot = *out_entry;
        nvt_picks_drop(&s->picks[order == NVT_SPOOL_DEFERRED], slot->id);
    }
    return err;
}

nvt_err nvt_spool_pick(struct nvt_spool *s, struct nvt_buf *out, struct nvt_spool_entry *out_entry)
{
    return nvt_spool_pick_by(s, NVT_SPOOL_URGENT, out, out_entry);
}

static uint32_t earliest(const struct nvt_spool_entry *list, size_t count, uint32_t after_s,
                         uint32_t due_s)
{
    for (size_t i = 0; i < count; i++) {
        bool counts = list[i].id != 0U && list[i].due_s > after_s;
        due_s = counts && list[i].due_s < due_s ? list[i].due_s : due_s;
    }
    return due_s;
}

uint32_t nvt_spool_urgent_s(const struct nvt_spool *s, uint32_t after_s)
{
    const struct nvt_spool_picks *p = s->picks;
    uint32_t due_s = earliest(p[0].list, p[0].count, after_s, UINT32_MAX);
    due_s = earliest(p[1].list, p[1].count, after_s, due_s);
    return earliest(s->out, NVT_SPOOL_OUT_MAX, after_s, due_s);
}

/* ---- settled ---- */

static void note_settled(struct nvt_spool *s, struct nvt_spool_entry *slot,
                         enum nvt_spool_state state)
{
    s->live -= nvt_room(s->config.device, slot->len);
    s->now.pending--;
    s->deferred -= nvt_id_is_deferred(s, slot->id) ? 1U : 0U;
    nvt_count_settled(&s->now, state);
    nvt_id_set(s, slot->id, NVT_ID_GONE);
    nvt_ids_follow(s, NVT_ID_GONE);
    slot->id = 0U;
}

nvt_err nvt_spool_settle(struct nvt_spool *s, uint32_t id, enum nvt_spool_state state,
                         uint16_t status, struct nvt_span reason)
{
    nvt_err err = nvt_spool_ready(s);
    struct nvt_spool_entry *slot = nvt_out_slot(s, id);
    if (err == NVT_OK &&
        (slot == NULL || state < NVT_SPOOL_DELIVERED || state > NVT_SPOOL_EXPIRED)) {
        err = NVT_E_ARG;
    }
    if (err != NVT_OK) {
        return err;
    }
    struct nvt_record mark = {.type = (uint8_t)NVT_RECORD_MARK,
                              .aux = (uint8_t)state,
                              .id = id,
                              .due_s = status | s->now.next << 16U};
    struct nvt_span words = {
        reason.ptr, reason.len < (size_t)NVT_REASON_MAX ? reason.len : (size_t)NVT_REASON_MAX};
    struct nvt_spool_place place;
    err = nvt_ring_add(s, &mark, words, &place);
    if (err == NVT_OK) {
        note_settled(s, slot, state);
    }
    return err;
}

/* ---- several operations, one sync ---- */

void nvt_spool_hold(struct nvt_spool *s)
{
    if (!s->held) {
        s->held = true;
        s->sync_failed = false;
    }
}

nvt_err nvt_spool_commit(struct nvt_spool *s)
{
    if (!s->mounted) {
        return NVT_E_STATE;
    }
    if (!s->held) {
        return NVT_OK;
    }
    nvt_err err = nvt_ring_sync(s);
    if (s->stale) {
        (void)nvt_recount(s); /* so that the figures are right at once */
    }
    s->held = false;
    return s->sync_failed ? NVT_E_SPOOL_IO : err;
}

/* ---- listing ---- */

static nvt_err begin_listing(const struct nvt_spool *s, const struct nvt_spool_cursor *cursor,
                             struct nvt_walk *walk)
{
    if (cursor->at.seq == 0U) {
        return nvt_ring_begin(s, true, walk);
    }
    nvt_err err = nvt_ring_enter(s, cursor->at.block, walk);
    walk->offset = cursor->at.offset;
    return err;
}

nvt_err nvt_spool_list(struct nvt_spool *s, struct nvt_spool_cursor *cursor, struct nvt_buf *out,
                       struct nvt_spool_entry *out_entry)
{
    struct nvt_walk walk;
    struct nvt_record r = {.type = 0U};
    nvt_err err = nvt_spool_ready(s);
    if (err == NVT_OK) {
        err = begin_listing(s, cursor, &walk);
    }
    if (err != NVT_OK) {
        return err;
    }
    do {
        err = nvt_ring_next(s, &walk, &r);
    } while (err == NVT_OK && (r.type != (uint8_t)NVT_RECORD_ENTRY || !nvt_id_is_pending(s, r.id)));
    cursor->at = (struct nvt_spool_place){walk.of.block, walk.offset, 1U};
    if (err == NVT_OK) {
        nvt_entry_of(&r, out_entry);
        nvt_buf_put(out, nvt_span_of(s->config.buffer + NVT_RECORD_LEN, r.len));
        err = nvt_buf_err(out);
    }
    return err;
}

/* ---- figures ---- */

void nvt_spool_info(const struct nvt_spool *s, struct nvt_spool_info *out_info)
{
    (void)memset(out_info, 0, sizeof *out_info);
    out_info->pending = s->now.pending;
    out_info->deferred = s->deferred;
    out_info->oldest_id = s->now.pending == 0U ? 0U : s->now.tail;
    out_info->delivered = s->now.delivered;
    out_info->refused = s->now.refused;
    out_info->expired = s->now.expired;
    out_info->used_bytes = s->live;
    out_info->span = s->now.next - s->now.tail;
    out_info->erases = s->top_seq;
    out_info->failed_syncs = s->failed_syncs;
    out_info->damaged = s->damaged;
    out_info->lost = s->lost;
    out_info->torn = s->torn;
    out_info->repaired = s->repaired;
    if (s->mounted) {
        out_info->capacity_bytes = capacity(s, s->longest, s->bad_count);
        out_info->entries_max = nvt_ids_cap(s);
    }
}
