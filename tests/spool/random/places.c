/* SPDX-License-Identifier: Apache-2.0 */
#include "places.h"

enum { RECORD_HEAD = 16 };

const char *place_words(enum place place)
{
#define PLACE_WORDS(name, words) words,
    static const char *const texts[] = {PLACES(PLACE_WORDS)};
#undef PLACE_WORDS
    return texts[place];
}

static void add(struct places *p, enum place place, uint32_t block, uint32_t offset, uint32_t len)
{
    if (len > 0U && p->count < (uint32_t)SPOTS_MAX) {
        p->spots[p->count++] = (struct spot){place, block, offset, len};
    }
}

static uint32_t padded(const struct run *r, uint32_t len)
{
    uint32_t unit = r->size->prog_size < 4U ? 4U : r->size->prog_size;
    return (len + unit - 1U) / unit * unit;
}

static bool is_pending(const struct run *r, uint32_t id)
{
    for (uint32_t i = r->ledger.oldest; i < r->ledger.count; i++) {
        const struct ledger_entry *e = &r->ledger.entries[i];
        if (e->id == id && e->state == LEDGER_PENDING) {
            return true;
        }
    }
    return false;
}

static void add_record(struct places *p, const struct run *r, enum place head, enum place bytes,
                       const struct nvt_spool_item *item)
{
    uint32_t block = item->place.block;
    uint32_t offset = item->place.offset;
    uint32_t len = (uint32_t)RECORD_HEAD + item->len;
    if (!item->in_use) {
        add(p, PLACE_FREE, block, offset, len);
        return;
    }
    add(p, head, block, offset, RECORD_HEAD);
    add(p, bytes, block, offset + (uint32_t)RECORD_HEAD, item->len);
    add(p, PLACE_PADDING, block, offset + len, padded(r, len) - len);
}

static void add_head(struct places *p, const struct run *r, const struct nvt_spool_item *item)
{
    uint32_t block = item->place.block;
    uint32_t second = padded(r, NVT_SPOOL_HEAD_LEN);
    p->in_use[block] = item->in_use;
    if (!item->in_use) {
        add(p, PLACE_FREE, block, 0U, 2U * second);
        return;
    }
    p->used++;
    add(p, PLACE_HEAD_A, block, 0U, NVT_SPOOL_HEAD_LEN);
    add(p, PLACE_HEAD_B, block, second, NVT_SPOOL_HEAD_LEN);
    add(p, PLACE_HEAD_BOTH, block, 0U, NVT_SPOOL_HEAD_LEN);
    add(p, PLACE_PADDING, block, NVT_SPOOL_HEAD_LEN, second - NVT_SPOOL_HEAD_LEN);
}

static bool add_item(struct places *p, const struct run *r, const struct nvt_spool_item *item)
{
    bool pending = false;
    switch (item->type) {
    case NVT_SPOOL_ITEM_BLOCK:
        add_head(p, r, item);
        return true;
    case NVT_SPOOL_ITEM_ENTRY:
        pending = is_pending(r, item->id);
        add_record(p, r, pending ? PLACE_ENTRY_HEAD : PLACE_SETTLED_HEAD,
                   pending ? PLACE_ENTRY : PLACE_SETTLED, item);
        return true;
    case NVT_SPOOL_ITEM_MARK:
        add_record(p, r, PLACE_MARK_HEAD, PLACE_MARK, item);
        return true;
    case NVT_SPOOL_ITEM_VALUE:
        add_record(p, r, PLACE_VALUE_HEAD, PLACE_VALUE, item);
        return true;
    case NVT_SPOOL_ITEM_LIST:
        add_record(p, r, PLACE_LIST_HEAD, PLACE_LIST, item);
        return true;
    case NVT_SPOOL_ITEM_MOVED:
        add_record(p, r, PLACE_MOVED, PLACE_MOVED, item);
        return true;
    case NVT_SPOOL_ITEM_CUT:
    default:
        add(p, item->in_use ? PLACE_CUT : PLACE_FREE, item->place.block, item->place.offset,
            item->len);
        return item->type == NVT_SPOOL_ITEM_CUT || !item->in_use;
    }
}

/* What nothing else covers: the ends of blocks, and whole free ones. */
static void add_rests(struct places *p, const struct run *r)
{
    uint32_t end[FAULTY_BLOCKS_MAX] = {0};
    for (uint32_t i = 0; i < p->count; i++) {
        const struct spot *s = &p->spots[i];
        end[s->block] = s->offset + s->len > end[s->block] ? s->offset + s->len : end[s->block];
    }
    for (uint32_t b = 0; b < r->size->block_count; b++) {
        add(p, p->in_use[b] ? PLACE_REST : PLACE_FREE, b, end[b], r->size->block_size - end[b]);
    }
}

/* The records that nothing in the newest block follows. */
static void name_last(struct places *p, uint32_t offset)
{
    for (uint32_t i = 0; i < p->count; i++) {
        struct spot *s = &p->spots[i];
        if (s->block == p->newest && s->offset >= offset && s->place != PLACE_CUT) {
            s->place = PLACE_LAST;
        }
    }
}

bool places_find(struct places *p, struct run *r)
{
    static uint8_t map[(FAULTY_BLOCKS_MAX + 15) / 16 * 4];
    struct nvt_spool_audit a;
    struct nvt_spool_item item;
    struct nvt_span bytes;
    uint32_t highest = 0;
    uint32_t lowest = UINT32_MAX;
    uint32_t last = 0;
    (void)memset(p, 0, sizeof *p);
    if (nvt_spool_audit_begin(&a, &r->device.device, r->buffer, RUN_BUFFER, map, sizeof map) !=
        NVT_OK) {
        return false;
    }
    bool good = true;
    nvt_err err = nvt_spool_audit_next(&a, &item, &bytes);
    while (err == NVT_OK && good) {
        good = add_item(p, r, &item);
        if (item.type == NVT_SPOOL_ITEM_BLOCK && item.in_use) {
            p->newest = item.place.seq > highest ? item.place.block : p->newest;
            p->oldest = item.place.seq < lowest ? item.place.block : p->oldest;
            highest = item.place.seq > highest ? item.place.seq : highest;
            lowest = item.place.seq < lowest ? item.place.seq : lowest;
            last = item.place.seq == highest ? 0U : last;
        } else if (item.place.seq == highest && item.type != NVT_SPOOL_ITEM_CUT &&
                   item.type != NVT_SPOOL_ITEM_LIST) {
            last = item.place.offset;
        } else {
            /* not in the newest block, as far as it is known */
        }
        err = nvt_spool_audit_next(&a, &item, &bytes);
    }
    if (last > 0U) {
        name_last(p, last);
    }
    add_rests(p, r);
    return good && err == NVT_E_SPOOL_EMPTY && p->used > 0U;
}
