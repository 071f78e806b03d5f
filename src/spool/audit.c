/* SPDX-License-Identifier: Apache-2.0 */
/* All that stands on a device, whatever became of it: nothing is judged but CRCs and the ring,
 * nothing is written. */
#include "spool_internal.h"

nvt_err nvt_spool_audit_begin(struct nvt_spool_audit *a, const struct nvt_port_block *device,
                              uint8_t *buffer, uint32_t buffer_cap, uint8_t *map, uint32_t map_len)
{
    uint32_t skip = 0U;
    if (a == NULL || !nvt_is_good_device(device) || buffer == NULL || buffer_cap < 256U ||
        map == NULL || map_len < nvt_map_len(device)) {
        return NVT_E_ARG;
    }
    (void)memset(a, 0, sizeof *a);
    a->spool.medium.device = device;
    a->spool.medium.buffer = buffer;
    a->spool.medium.buffer_cap = buffer_cap;
    a->spool.medium.map = map;
    a->spool.medium.lenient = true;
    if (nvt_chain_find(&a->spool, &skip) != NVT_OK) {
        (void)memset(&a->spool.ring, 0, sizeof a->spool.ring);
        (void)memset(map, 0, nvt_map_len(device));
    }
    a->spool.medium.lenient = false;
    return NVT_OK;
}

static bool is_used(const struct nvt_spool_audit *a)
{
    return nvt_block_state(&a->spool.medium, a->block) == NVT_BLOCK_USED;
}

/* Those of the ring stand before and behind it: it was one of them, or passed over as bad. */
static bool is_between(const struct nvt_spool_audit *a)
{
    const struct nvt_spool_medium *m = &a->spool.medium;
    return a->spool.ring.newest.seq != 0U &&
           nvt_distance(m, a->spool.ring.oldest, a->block) <
               nvt_distance(m, a->spool.ring.oldest, a->spool.ring.newest.block);
}

static struct nvt_spool_item item_at(const struct nvt_spool_audit *a, enum nvt_spool_item_type type,
                                     uint32_t offset, uint32_t len)
{
    return (struct nvt_spool_item){
        .type = type, .place = {a->block, offset, a->seq}, .len = len, .in_use = is_used(a)};
}

static void leave_block(struct nvt_spool_audit *a)
{
    a->inside = false;
    a->block++;
    a->offset = 0U;
    a->seq = 0U;
}

/* ---- blocks ---- */

/* A block that does not belong to the ring, as its own head tells. */
static nvt_err enter_other(const struct nvt_spool_audit *a, struct nvt_walk *walk)
{
    struct nvt_head h;
    nvt_err err = nvt_read_head(&a->spool.medium, a->block, &h);
    if (err == NVT_OK) {
        err = nvt_walk_begin(&a->spool.medium, &h.own, walk);
        walk->copies = h.copies;
    }
    return err;
}

/* NVT_AGAIN: nothing stands in this block. */
static nvt_err enter_block(struct nvt_spool_audit *a, struct nvt_spool_item *out)
{
    struct nvt_walk walk;
    uint32_t end = 0;
    nvt_err err = is_used(a) ? nvt_ring_enter(&a->spool, a->block, &walk) : enter_other(a, &walk);
    if (err == NVT_OK && walk.of.seq != 0U) {
        a->inside = true;
        a->seq = walk.of.seq;
        a->life = walk.of;
        a->offset = walk.offset;
        a->stop = walk.stop;
        *out = item_at(a, NVT_SPOOL_ITEM_BLOCK, 0U, walk.copies);
        return NVT_OK;
    }
    if (err == NVT_OK) {
        err =
            nvt_used_end(&a->spool.medium, a->block, 0U, a->spool.medium.device->block_size, &end);
    }
    if (err == NVT_OK) {
        *out = item_at(a, NVT_SPOOL_ITEM_DAMAGE, 0U, end);
        err = end == 0U && !out->in_use ? NVT_AGAIN : NVT_OK;
        out->in_use = out->in_use || is_between(a);
    }
    leave_block(a);
    return err;
}

/* No further record: NVT_AGAIN when nothing else stands there either. */
static nvt_err end_block(struct nvt_spool_audit *a, struct nvt_spool_item *out)
{
    uint32_t end = a->life.end < a->stop ? a->life.end : a->stop;
    nvt_err err = NVT_OK;
    if (a->offset < end && a->offset < a->life.sure) {
        *out = item_at(a, NVT_SPOOL_ITEM_DAMAGE, a->offset, end - a->offset);
    } else {
        err = nvt_used_end(&a->spool.medium, a->block, a->offset,
                           a->spool.medium.device->block_size, &end);
        *out = item_at(a, NVT_SPOOL_ITEM_CUT, a->offset, end - a->offset);
        out->in_use = out->in_use && a->block == a->spool.ring.newest.block;
        err = err == NVT_OK && end <= a->offset ? NVT_AGAIN : err;
    }
    leave_block(a);
    return err;
}

/* ---- records ---- */

static void tell_record(struct nvt_spool_audit *a, const struct nvt_record *r,
                        struct nvt_spool_item *out, struct nvt_span *out_bytes)
{
    out->place = r->place;
    out->len = r->len;
    out->id = r->id;
    if (r->len <= a->spool.medium.buffer_cap - (uint32_t)NVT_RECORD_LEN) {
        *out_bytes = nvt_span_of(a->spool.medium.buffer + NVT_RECORD_LEN, r->len);
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
        nvt_wipe(a->spool.medium.buffer, a->spool.medium.buffer_cap);
        *out_bytes = NVT_LIT("");
        break;
    case NVT_RECORD_LIST:
        out->type = NVT_SPOOL_ITEM_LIST;
        out->due_s = r->due_s;
        break;
    default:
        out->type = NVT_SPOOL_ITEM_MOVED;
        break;
    }
}

static nvt_err next_in_block(struct nvt_spool_audit *a, struct nvt_spool_item *out,
                             struct nvt_span *out_bytes)
{
    struct nvt_record r;
    struct nvt_walk walk;
    (void)nvt_walk_begin(&a->spool.medium, &a->life, &walk); /* its end is known: nothing is read */
    walk.offset = a->offset;
    walk.stop = a->stop;
    nvt_err err = nvt_walk_next(&a->spool.medium, &walk, &r);
    if (err == NVT_E_SPOOL_EMPTY) {
        return end_block(a, out);
    }
    if (err != NVT_OK) {
        leave_block(a);
        return err;
    }
    if (r.place.offset != a->offset) { /* the record is told with the next call */
        bool sure = a->offset < a->life.sure;
        *out = item_at(a, sure ? NVT_SPOOL_ITEM_DAMAGE : NVT_SPOOL_ITEM_CUT, a->offset,
                       r.place.offset - a->offset);
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
    while (err == NVT_AGAIN && a->block < a->spool.medium.device->block_count) {
        err = a->inside ? next_in_block(a, out_item, out_bytes) : enter_block(a, out_item);
    }
    return err == NVT_AGAIN ? NVT_E_SPOOL_EMPTY : err;
}
