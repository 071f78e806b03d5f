/* SPDX-License-Identifier: Apache-2.0 */
/* Entries and values in; what there is. */
#include "journal.h"

#define CAPACITY_MAX 0xFFF00000U /* with a record more still a number of 32 bits */

/* Bytes that can live at once: in every block but those kept free, the bad ones, and one for marks,
 * what is left of its room when the longest record just did not fit. Beyond that, moving records
 * could go round without ever making room. */
static uint32_t capacity(const struct nvt_spool *s, uint32_t longest)
{
    uint32_t data = nvt_spool_data_max(s);
    uint32_t spare = nvt_ring_spare(s);
    uint32_t kept = 2U + (spare > s->bad_count ? spare : s->bad_count);
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
    return s->live - freed + room > capacity(s, longest);
}

static nvt_err check_room(struct nvt_spool *s, size_t len, uint32_t freed)
{
    if (!s->mounted) {
        return NVT_E_STATE;
    }
    if (len > UINT16_MAX || (uint32_t)NVT_RECORD_LEN + len > s->config.buffer_cap) {
        return NVT_E_SPOOL_SIZE;
    }
    uint32_t room = nvt_spool_room(s, (uint32_t)len);
    if (room > nvt_spool_data_max(s) || room > s->config.buffer_cap) {
        return NVT_E_SPOOL_SIZE;
    }
    if (s->pending == 0U && is_full(s, room, freed)) {
        s->bad_count = 0U; /* no settling will ever make room: try them again, as a mount does */
    }
    return is_full(s, room, freed) ? NVT_E_SPOOL_FULL : NVT_OK;
}

/* A block that fails is left behind, and the record written into the next one. */
nvt_err nvt_spool_add(struct nvt_spool *s, const struct nvt_record *r, struct nvt_span bytes)
{
    enum { TRIES = 3 };
    nvt_err err = NVT_E_SPOOL_IO;
    for (unsigned i = 0; i < (unsigned)TRIES && err == NVT_E_SPOOL_IO; i++) {
        nvt_err room_err = nvt_ring_make_room(s, nvt_spool_room(s, (uint32_t)bytes.len));
        if (room_err != NVT_OK) {
            return i == 0U ? room_err : NVT_E_SPOOL_IO; /* it may stand in the block that failed */
        }
        err = nvt_spool_write_record(s, r, bytes);
    }
    if (err == NVT_OK) {
        uint32_t room = nvt_spool_room(s, (uint32_t)bytes.len);
        s->longest = room > s->longest ? room : s->longest;
    }
    return err;
}

/* Where the record just written stands. */
static struct nvt_spool_place last_place(const struct nvt_spool *s, uint32_t len)
{
    return (struct nvt_spool_place){s->head, s->offset - nvt_spool_room(s, len), s->head_seq};
}

nvt_err nvt_spool_append(struct nvt_spool *s, struct nvt_span bytes, uint32_t due_s,
                         uint32_t *out_id)
{
    nvt_err err = check_room(s, bytes.len, 0U);
    if (err != NVT_OK) {
        return err;
    }
    if (s->next - s->tail >= nvt_window_cap(s) || s->next == UINT32_MAX) {
        return NVT_E_SPOOL_FULL;
    }
    uint32_t len = (uint32_t)bytes.len;
    struct nvt_record r = {.type = (uint8_t)NVT_RECORD_ENTRY, .id = s->next, .due_s = due_s};
    err = nvt_spool_add(s, &r, bytes);
    s->next++;
    if (err != NVT_OK) { /* it may have been written: its id is given up with it */
        nvt_window_set_done(s, r.id);
        nvt_window_follow(s);
        s->offset = s->config.device->block_size; /* only the next head tells of that */
        return err;
    }
    s->live += nvt_spool_room(s, len);
    s->pending++;
    struct nvt_spool_entry e = {r.id, due_s, len, last_place(s, len)};
    nvt_picks_offer(s, &e);
    *out_id = r.id;
    return NVT_OK;
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
    s->held = false;
    nvt_err err = nvt_spool_sync(s);
    return s->sync_failed ? NVT_E_SPOOL_IO : err;
}

/* ---- values ---- */

nvt_err nvt_spool_put_value(struct nvt_spool *s, uint8_t key, struct nvt_span value)
{
    if (key >= (uint8_t)NVT_SPOOL_VALUES) {
        return NVT_E_ARG;
    }
    bool had = s->values[key].seq != 0U;
    uint32_t freed = had ? nvt_spool_room(s, s->value_lens[key]) : 0U;
    nvt_err err = check_room(s, value.len, freed);
    if (err != NVT_OK) {
        return err;
    }
    struct nvt_record r = {.type = (uint8_t)NVT_RECORD_VALUE, .aux = key};
    err = nvt_spool_add(s, &r, value);
    if (err == NVT_OK) {
        s->values[key] = last_place(s, (uint32_t)value.len);
        s->value_lens[key] = (uint32_t)value.len;
        s->live += nvt_spool_room(s, (uint32_t)value.len) - freed;
    }
    return err;
}

nvt_err nvt_spool_get_value(struct nvt_spool *s, uint8_t key, struct nvt_buf *out)
{
    if (key >= (uint8_t)NVT_SPOOL_VALUES) {
        return NVT_E_ARG;
    }
    if (!s->mounted) {
        return NVT_E_STATE;
    }
    const struct nvt_spool_place *at = &s->values[key];
    struct nvt_walk walk = {at->block, at->seq, at->offset, 0U, 0U};
    struct nvt_record r;
    if (at->seq == 0U) {
        return NVT_E_SPOOL_EMPTY;
    }
    nvt_err err = nvt_spool_next_record(s, &walk, &r);
    if (err == NVT_OK && r.place.offset != at->offset) {
        err = NVT_E_SPOOL_EMPTY;
    }
    if (err == NVT_OK && out->cap - out->len < r.len) {
        err = NVT_E_SPACE;
    }
    if (err == NVT_OK) {
        nvt_buf_put(out, nvt_span_of(s->config.buffer + NVT_RECORD_LEN, r.len));
    }
    return err;
}

/* ---- listing ---- */

nvt_err nvt_spool_list(struct nvt_spool *s, struct nvt_spool_cursor *cursor, struct nvt_buf *out,
                       struct nvt_spool_entry *out_entry)
{
    struct nvt_walk walk = {cursor->at.block, cursor->at.seq, cursor->at.offset, 0U, 0U};
    struct nvt_record r = {.type = 0};
    if (!s->mounted) {
        return NVT_E_STATE;
    }
    nvt_err err = walk.seq == 0U ? nvt_ring_begin(s, &walk) : NVT_OK;
    do {
        if (err == NVT_OK) {
            err = nvt_ring_next_record(s, NVT_CHECK_ALL, &walk, &r);
        }
    } while (err == NVT_OK &&
             (r.type != (uint8_t)NVT_RECORD_ENTRY || !nvt_spool_is_pending(s, r.id)));
    cursor->at = (struct nvt_spool_place){walk.block, walk.offset, walk.seq};
    if (err == NVT_OK) {
        *out_entry = (struct nvt_spool_entry){r.id, r.due_s, r.len, r.place};
        nvt_buf_put(out, nvt_span_of(s->config.buffer + NVT_RECORD_LEN, r.len));
        err = nvt_buf_err(out);
    }
    return err;
}

/* ---- figures ---- */

void nvt_spool_info(const struct nvt_spool *s, struct nvt_spool_info *out_info)
{
    *out_info = (struct nvt_spool_info){
        .pending = s->pending,
        .deferred = s->deferred,
        .oldest_id = s->pending == 0U ? 0U : s->tail,
        .delivered = s->delivered,
        .refused = s->refused,
        .expired = s->expired,
        .used_bytes = s->live,
        .capacity_bytes = s->mounted ? capacity(s, s->longest) : 0U,
        .erases = s->top_seq,
        .damaged = s->damaged,
        .lost = s->lost,
    };
}
