/* SPDX-License-Identifier: Apache-2.0 */
/* All that stands on a device, whatever became of it: nothing is judged but CRCs, nothing is
 * written. */
#include "journal.h"

static struct nvt_medium medium_of(const struct nvt_spool_audit *a)
{
    return (struct nvt_medium){a->device, a->buffer, a->buffer_cap};
}

static uint32_t records_at(const struct nvt_spool_audit *a, const struct nvt_block_head *h)
{
    return nvt_padded(a->device, (uint32_t)NVT_HEAD_LEN + h->window_len);
}

/* ---- the ring ---- */

/* The highest number below limit, 0: there is none. */
static void find_newest(struct nvt_spool_audit *a, uint32_t limit, struct nvt_block_head *out)
{
    struct nvt_medium m = medium_of(a);
    *out = (struct nvt_block_head){.seq = 0};
    for (uint32_t b = 0; b < a->device->block_count; b++) {
        struct nvt_block_head h;
        if (nvt_medium_read_head(&m, b, &h) == NVT_OK && h.seq > out->seq && h.seq < limit) {
            *out = h;
            a->head = b;
        }
    }
}

/* The last MOVED record of the newest block, 0: there is none. */
static uint32_t moved_to(const struct nvt_spool_audit *a, const struct nvt_block_head *h)
{
    struct nvt_medium m = medium_of(a);
    struct nvt_walk walk = {a->head, h->seq, records_at(a, h), 0U, 0U};
    struct nvt_record r;
    uint32_t to = 0;
    while (nvt_medium_next_record(&m, &walk, &r) == NVT_OK) {
        to = r.type == (uint8_t)NVT_RECORD_MOVED ? r.id : to;
    }
    return to;
}

/* As a mount does: blocks that were opened to move records and are not complete do not count,
 * unless there is nothing else. */
static uint32_t find_head(struct nvt_spool_audit *a, struct nvt_block_head *h)
{
    find_newest(a, UINT32_MAX, h);
    uint32_t moved = h->seq == 0U ? 0U : moved_to(a, h);
    for (unsigned i = 0; i < NVT_UNFINISHED_MAX && h->moving && moved == 0U; i++) {
        find_newest(a, h->seq, h);
        moved = h->seq == 0U ? 0U : moved_to(a, h);
    }
    if (h->seq == 0U || (h->moving && moved == 0U)) {
        find_newest(a, UINT32_MAX, h);
    }
    return moved;
}

static void find_oldest(struct nvt_spool_audit *a)
{
    struct nvt_medium m = medium_of(a);
    uint32_t lowest = a->head_seq;
    a->oldest = a->head;
    for (uint32_t b = 0; b < a->device->block_count; b++) {
        struct nvt_block_head h;
        if (nvt_medium_read_head(&m, b, &h) == NVT_OK && h.seq >= a->oldest_seq && h.seq < lowest) {
            lowest = h.seq;
            a->oldest = b;
        }
    }
}

nvt_err nvt_spool_audit_begin(struct nvt_spool_audit *a, const struct nvt_port_block *device,
                              uint8_t *buffer, uint32_t buffer_cap)
{
    struct nvt_block_head h;
    if (a == NULL || !nvt_is_good_device(device) || buffer == NULL || buffer_cap < 256U) {
        return NVT_E_ARG;
    }
    *a = (struct nvt_spool_audit){.device = device, .buffer_cap = buffer_cap};
    a->buffer = buffer;
    uint32_t moved = find_head(a, &h);
    a->head_seq = h.seq;
    a->oldest_seq = moved == 0U ? h.oldest_seq : moved;
    find_oldest(a);
    return NVT_OK;
}

/* ---- walking ---- */

static bool is_in_use(const struct nvt_spool_audit *a, uint32_t seq)
{
    return a->head_seq != 0U && seq >= a->oldest_seq && seq <= a->head_seq;
}

static bool is_between(const struct nvt_spool_audit *a, uint32_t block)
{
    uint32_t count = a->device->block_count;
    return a->head_seq != 0U &&
           (block + count - a->oldest) % count < (a->head + count - a->oldest) % count;
}

static struct nvt_spool_item item_at(const struct nvt_spool_audit *a, enum nvt_spool_item_type type,
                                     uint32_t offset, uint32_t len)
{
    return (struct nvt_spool_item){.type = type,
                                   .place = {a->block, offset, a->seq},
                                   .len = len,
                                   .in_use = is_in_use(a, a->seq)};
}

static void leave_block(struct nvt_spool_audit *a)
{
    a->inside = false;
    a->block++;
    a->offset = 0U;
    a->seq = 0U;
}

/* NVT_AGAIN: nothing stands in this block. */
static nvt_err enter_block(struct nvt_spool_audit *a, struct nvt_spool_item *out)
{
    struct nvt_medium m = medium_of(a);
    struct nvt_block_head h;
    uint32_t end = 0;
    nvt_err err = nvt_medium_read_head(&m, a->block, &h);
    if (err == NVT_OK) {
        a->inside = true;
        a->seq = h.seq;
        a->offset = records_at(a, &h);
        *out = item_at(a, NVT_SPOOL_ITEM_BLOCK, 0U, h.window_len);
        return NVT_OK;
    }
    if (err == NVT_E_SPOOL_EMPTY) {
        err = nvt_medium_used(&m, a->block, 0U, &end);
    }
    if (err == NVT_OK) {
        *out = item_at(a, NVT_SPOOL_ITEM_DAMAGE, 0U, end);
        out->in_use = is_between(a, a->block);
        err = end == 0U ? NVT_AGAIN : NVT_OK;
    }
    leave_block(a);
    return err;
}

/* No further record: NVT_AGAIN when nothing else stands there either. */
static nvt_err end_block(struct nvt_spool_audit *a, struct nvt_spool_item *out)
{
    struct nvt_medium m = medium_of(a);
    uint32_t end = 0;
    nvt_err err = nvt_medium_used(&m, a->block, a->offset, &end);
    *out = item_at(a, NVT_SPOOL_ITEM_CUT, a->offset, end - a->offset);
    if (err == NVT_OK && out->len == 0U) {
        err = NVT_AGAIN;
    }
    leave_block(a);
    return err;
}

static void tell_record(struct nvt_spool_audit *a, const struct nvt_record *r,
                        struct nvt_spool_item *out, struct nvt_span *out_bytes)
{
    uint8_t *bytes = a->buffer + NVT_RECORD_LEN;
    out->place = r->place;
    out->len = r->len;
    out->id = r->id;
    if (r->len <= a->buffer_cap - (uint32_t)NVT_RECORD_LEN) {
        *out_bytes = nvt_span_of(bytes, r->len);
    }
    switch (r->type) {
    case NVT_RECORD_ENTRY:
        out->type = NVT_SPOOL_ITEM_ENTRY;
        out->due_s = r->due_s;
        break;
    case NVT_RECORD_MARK:
        out->type = NVT_SPOOL_ITEM_MARK;
        out->state = (enum nvt_spool_state)r->aux;
        out->status = (uint16_t)r->due_s;
        break;
    case NVT_RECORD_VALUE:
        out->type = NVT_SPOOL_ITEM_VALUE;
        out->id = r->aux;
        nvt_wipe(a->buffer, a->buffer_cap);
        *out_bytes = NVT_LIT("");
        break;
    default:
        out->type = NVT_SPOOL_ITEM_MOVED;
        break;
    }
}

static nvt_err next_in_block(struct nvt_spool_audit *a, struct nvt_spool_item *out,
                             struct nvt_span *out_bytes)
{
    struct nvt_medium m = medium_of(a);
    struct nvt_walk walk = {a->block, a->seq, a->offset, 0U, 0U};
    struct nvt_record r;
    nvt_err err = nvt_medium_next_record(&m, &walk, &r);
    if (err == NVT_E_SPOOL_EMPTY) {
        return end_block(a, out);
    }
    if (err != NVT_OK) {
        leave_block(a);
        return err;
    }
    if (r.place.offset != a->offset) { /* the record is told with the next call */
        *out = item_at(a, NVT_SPOOL_ITEM_DAMAGE, a->offset, r.place.offset - a->offset);
        a->offset = r.place.offset;
        return NVT_OK;
    }
    *out = item_at(a, NVT_SPOOL_ITEM_ENTRY, a->offset, r.len);
    tell_record(a, &r, out, out_bytes);
    a->offset = walk.offset;
    return NVT_OK;
}

nvt_err nvt_spool_audit_next(struct nvt_spool_audit *a, struct nvt_spool_item *out_item,
                             struct nvt_span *out_bytes)
{
    nvt_err err = NVT_AGAIN;
    *out_bytes = NVT_LIT("");
    while (err == NVT_AGAIN && a->block < a->device->block_count) {
        err = a->inside ? next_in_block(a, out_item, out_bytes) : enter_block(a, out_item);
    }
    return err == NVT_AGAIN ? NVT_E_SPOOL_EMPTY : err;
}
