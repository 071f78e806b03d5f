/* SPDX-License-Identifier: Apache-2.0 */
#include "run.h"

#include "image.h"

uint32_t run_random(struct run *r, uint32_t below)
{
    r->random ^= r->random << 13U;
    r->random ^= r->random >> 17U;
    r->random ^= r->random << 5U;
    return (r->random >> 3U) % below;
}

static void fail(struct run *r, const char *fault)
{
    r->fault = r->fault == NULL ? fault : r->fault;
}

/* Whether calls may fail now. */
static bool is_armed(const struct run *r)
{
    bool armed = r->device.off || r->device.steps_left != UINT64_MAX;
    for (unsigned i = 0; i < (unsigned)FAULTY_PLANS; i++) {
        armed = armed || r->device.plans[i].count > 0U;
    }
    return armed;
}

static void begin(struct run *r, const struct run_size *size, uint32_t seed, uint32_t first)
{
    r->size = size;
    r->random = seed * 2654435761U + 12345U;
    r->numbers = first;
    r->fault = NULL;
    r->held = false;
    r->damaged = false;
    r->wraps = false;
    (void)memset(r->out, 0, sizeof r->out);
    faulty_init(&r->device, size->block_size, size->block_count, size->prog_size, seed);
    r->config = (struct nvt_spool_config){
        .device = &r->device.device,
        .buffer = r->buffer,
        .buffer_cap = RUN_BUFFER,
        .window = r->window,
        .window_len = NVT_SPOOL_WINDOW_LEN(size->block_count, size->entries_max),
        .picks = r->picks,
        .pick_cap = RUN_PICKS,
        .salt = seed * 3U};
    ledger_init(&r->ledger, first, size->bytes_max);
}

bool run_init(struct run *r, const struct run_size *size, uint32_t seed, uint32_t first)
{
    begin(r, size, seed, first);
    return nvt_spool_format(&r->spool, &r->config) == NVT_OK;
}

bool run_init_at(struct run *r, const struct run_size *size, uint32_t seed, uint32_t seq,
                 uint32_t id)
{
    struct faulty *f = &r->device;
    begin(r, size, seed, 1U);
    r->wraps = true;
    r->ledger.top_id = id - 1U;
    const struct image_head h = {.seq = seq,
                                 .salt = seed,
                                 .oldest_seq = seq,
                                 .tail = id,
                                 .next = id,
                                 .window_cap = size->entries_max};
    (void)image_put_head(&f->device, 0U, &h, f->now);
    (void)memcpy(f->durable, f->now, size->block_size);
    faulty_restart(f, false);
    return nvt_spool_mount(&r->spool, &r->config) == NVT_OK;
}

/* ---- operations ---- */

/* Something was written. Once it is durable, so is what the spool made of what failed before. */
static void confirm(struct run *r, bool wrote)
{
    r->wrote = r->wrote || wrote;
    if (r->wrote && !r->held) {
        ledger_confirm(&r->ledger);
    }
}

/* It failed, and may have undone what was held: whatever the spool makes of that must hold. */
static void look(struct run *r)
{
    ledger_commit(&r->ledger, false);
    r->wrote = false;
    if (!r->device.off) {
        ledger_look(&r->ledger, &r->spool);
    }
}

static void note_appended(struct run *r, struct ledger_entry *e, uint32_t id)
{
    struct ledger *l = &r->ledger;
    e->id = id;
    e->state = r->held ? LEDGER_HELD : LEDGER_PENDING;
    if (id <= l->top_id) {
        fail(r, "an id is given twice");
    }
    l->top_id = r->held ? l->top_id : id;
}

static void do_append(struct run *r)
{
    static uint8_t bytes[LEDGER_BYTES_MAX];
    struct ledger_entry *e;
    uint32_t due = 0;
    uint32_t id = 0;
    bool armed = is_armed(r);
    if (r->ledger.count == (uint32_t)LEDGER_MAX) {
        return;
    }
    struct nvt_span text = ledger_make(&r->ledger, run_random(r, 1U << 28U), bytes, &due, &e);
    nvt_err err = nvt_spool_append(&r->spool, text, due, &id);
    if (err == NVT_OK) {
        note_appended(r, e, id);
        confirm(r, true);
    } else if (err != NVT_E_SPOOL_IO) { /* nothing was touched; but a sync may have failed */
        r->ledger.count--;
        if (armed && r->held) {
            look(r);
        }
    } else if (!armed && !r->wraps && !r->damaged) {
        fail(r, "an append fails while the device works");
    } else {
        look(r);
    }
}

static void settle(struct run *r, struct ledger_entry *e, uint32_t id)
{
    enum nvt_spool_state state = (enum nvt_spool_state)(1U + run_random(r, 3U));
    bool armed = is_armed(r);
    bool kept = e->state == LEDGER_PENDING || e->state == LEDGER_HELD;
    e->state = LEDGER_SETTLING;
    nvt_err err = nvt_spool_settle(&r->spool, id, state, 422U, NVT_LIT("too far"));
    if (err == NVT_OK) {
        e->state = r->held ? LEDGER_HELD_DONE : LEDGER_DONE;
        confirm(r, true);
    } else if (!armed && kept && !r->wraps && !r->damaged) {
        fail(r, "an entry cannot be settled while the device works");
    } else {
        (void)nvt_spool_put_back(&r->spool, id);
        look(r);
    }
}

/* The entry with that id that is not known to be done; more than one may bear it, none of which but
 * the last was acknowledged. */
static struct ledger_entry *by_id(struct ledger *l, uint32_t id)
{
    for (uint32_t i = l->count; i > l->oldest; i--) {
        if (l->entries[i - 1U].id == id) {
            return &l->entries[i - 1U];
        }
    }
    return NULL;
}

static void settle_out(struct run *r, unsigned i)
{
    struct ledger_entry *e = by_id(&r->ledger, r->out[i]);
    if (e != NULL) {
        settle(r, e, r->out[i]);
    }
    r->out[i] = 0U;
}

static void do_pick(struct run *r)
{
    static uint8_t bytes[LEDGER_BYTES_MAX];
    struct nvt_spool_entry e;
    struct nvt_buf out;
    unsigned slot = run_random(r, RUN_OUT);
    if (r->out[slot] != 0U) {
        settle_out(r, slot);
        return;
    }
    nvt_buf_init(&out, bytes, sizeof bytes);
    enum nvt_spool_order order = (enum nvt_spool_order)run_random(r, 3U);
    if (nvt_spool_pick_by(&r->spool, order, &out, &e) != NVT_OK) {
        return;
    }
    struct ledger_entry *known = ledger_find(&r->ledger, &e, nvt_buf_span(&out));
    if (known == NULL) {
        fail(r, "picked: an entry that was never appended, or changed");
        return;
    }
    if (known->state == LEDGER_DONE || known->state == LEDGER_HELD_DONE) {
        fail(r, "picked: an entry that was settled");
    }
    known->id = e.id;
    uint32_t then = run_random(r, 16U);
    if (then == 0U) {
        (void)nvt_spool_put_back(&r->spool, e.id);
    } else if (then == 1U) {
        (void)nvt_spool_defer(&r->spool, e.id, run_random(r, 2U) == 0U, run_random(r, 2U) == 0U);
    } else if (then < 4U) {
        r->out[slot] = e.id;
    } else {
        settle(r, known, e.id);
    }
}

static void do_put_value(struct run *r)
{
    static uint8_t bytes[LEDGER_BYTES_MAX];
    uint8_t key = (uint8_t)run_random(r, LEDGER_KEYS);
    uint32_t len = 4U + run_random(r, r->size->bytes_max / 2U + 4U);
    bool armed = is_armed(r);
    if (r->ledger.values[key].next_count == (uint32_t)LEDGER_VALUES) {
        return;
    }
    r->numbers++;
    nvt_err err = nvt_spool_put_value(&r->spool, key, ledger_value(r->numbers, len, bytes));
    if (err == NVT_OK && !r->held) {
        r->ledger.values[key].is = r->numbers;
        r->ledger.values[key].next_count = 0U;
        r->ledger.values[key].doubt = false;
        confirm(r, true);
    } else if (err == NVT_OK || err == NVT_E_SPOOL_IO) {
        r->ledger.values[key].next[r->ledger.values[key].next_count++] = r->numbers;
        r->ledger.values[key].doubt = r->ledger.values[key].doubt || err != NVT_OK;
        if (err != NVT_OK) {
            look(r);
        }
        if (err != NVT_OK && !armed && !r->wraps && !r->damaged) {
            fail(r, "a value cannot be put while the device works");
        }
    } else {
        /* full */
    }
}

static void hold_or_commit(struct run *r)
{
    if (!r->held) {
        nvt_spool_hold(&r->spool);
        r->held = true;
        return;
    }
    nvt_err err = nvt_spool_commit(&r->spool);
    r->held = false;
    if (err == NVT_OK) {
        ledger_commit(&r->ledger, true);
        confirm(r, false);
    } else {
        look(r);
    }
}

/* Times of filling and of draining take turns. */
void run_step(struct run *r)
{
    uint32_t what = run_random(r, 32U);
    bool filling = r->ledger.count / 24U % 2U == 0U;
    if (what < 2U) {
        do_put_value(r);
    } else if (what < 6U) {
        hold_or_commit(r);
    } else if (what < (filling ? 24U : 12U)) {
        do_append(r);
    } else {
        do_pick(r);
    }
    if (r->device.violation != NULL) {
        fail(r, r->device.violation);
    }
}

/* ---- restarts ---- */

struct run_told run_mount(struct run *r)
{
    struct nvt_spool_info info;
    struct run_told told = {NVT_OK, 0U, false, false, false};
    (void)memset(r->out, 0, sizeof r->out);
    r->held = false;
    r->wrote = false;
    told.err = nvt_spool_mount(&r->spool, &r->config);
    if (told.err == NVT_OK) {
        nvt_spool_info(&r->spool, &info);
        told.lost = info.lost;
        told.counted = info.damaged > 0U || info.lost > 0U;
        told.torn = info.torn > 0U;
        told.any = told.counted || told.torn || info.repaired > 0U;
    }
    return told;
}

const char *run_check_order(struct run *r)
{
    static uint8_t bytes[LEDGER_BYTES_MAX];
    uint32_t ids[NVT_SPOOL_OUT_MAX];
    struct nvt_spool_entry e;
    struct nvt_spool_entry last = {0U, 0U, 0U, {0U, 0U, 0U}};
    struct nvt_spool_info info;
    const char *fault = NULL;
    uint32_t n = 0;
    while (n < (uint32_t)NVT_SPOOL_OUT_MAX && fault == NULL) {
        struct nvt_buf out;
        nvt_buf_init(&out, bytes, sizeof bytes);
        if (nvt_spool_pick(&r->spool, &out, &e) != NVT_OK) {
            break;
        }
        ids[n++] = e.id;
        if (ledger_find(&r->ledger, &e, nvt_buf_span(&out)) == NULL) {
            fault = "picked: an entry that was never appended, or changed";
        } else if (e.due_s < last.due_s || (e.due_s == last.due_s && e.id <= last.id)) {
            fault = "picked out of order";
        } else {
            last = e;
        }
    }
    nvt_spool_info(&r->spool, &info);
    if (fault == NULL && n < (uint32_t)NVT_SPOOL_OUT_MAX && n != info.pending) {
        fault = "listed, but not picked";
    }
    while (n > 0U) {
        n--;
        (void)nvt_spool_put_back(&r->spool, ids[n]);
    }
    return fault;
}

uint32_t run_newest(struct run *r)
{
    static uint8_t map[(FAULTY_BLOCKS_MAX + 15) / 16 * 4];
    static uint8_t buffer[RUN_BUFFER];
    struct nvt_spool_audit a;
    struct nvt_spool_item item;
    struct nvt_span bytes;
    uint32_t highest = 0;
    uint32_t newest = r->size->block_count;
    nvt_err err = nvt_spool_audit_begin(&a, &r->device.device, buffer, RUN_BUFFER, map, sizeof map);
    while (err == NVT_OK && nvt_spool_audit_next(&a, &item, &bytes) == NVT_OK) {
        if (item.type == NVT_SPOOL_ITEM_BLOCK && item.in_use && item.place.seq > highest) {
            highest = item.place.seq;
            newest = item.place.block;
        }
    }
    return newest;
}

/* A write was reported and not done, and nothing stands behind it: as if it had never been. */
static bool is_unseen(struct run *r)
{
    uint32_t block = r->device.dropped.block;
    bool erased = block == run_newest(r);
    for (uint32_t i = r->device.dropped.offset; i < r->size->block_size; i++) {
        erased = erased && r->device.now[block * r->size->block_size + i] == 0xFFU;
    }
    return erased;
}

static const char *judge(struct run *r, const struct run_told *told, const struct ledger_verdict *v)
{
    uint32_t wrong = v->missing + v->back + v->values;
    if (v->fault != NULL) {
        return v->fault;
    }
    if (r->device.dropped.done) {
        bool said = told->any || r->lost_told;
        return wrong > 0U && !said && !is_unseen(r) ? "a write that was not done: silent" : NULL;
    }
    if (v->missing > 0U) {
        return "an acknowledged entry is gone";
    }
    if (v->back > 0U) {
        return "a settled entry is back";
    }
    if (v->values > 0U) {
        return "a value is gone, or an older one is back";
    }
    if (told->lost > 0U && !r->damaged) {
        return "nothing is lost, and it says so";
    }
    return told->counted && !r->damaged ? "nothing is damaged, and it says so" : NULL;
}

void run_restart(struct run *r, bool cut)
{
    struct nvt_spool_info info = {.lost = 0U};
    nvt_spool_info(&r->spool, &info);
    r->lost_told = r->device.dropped.done && info.lost > 0U;
    faulty_restart(&r->device, cut);
    bool armed = is_armed(r);
    struct run_told told = run_mount(r);
    if (told.err != NVT_OK && armed) {
        faulty_heal(&r->device);
        faulty_restart(&r->device, false);
        told = run_mount(r);
    }
    faulty_heal(&r->device);
    if (told.err != NVT_OK) {
        fail(r, "cannot be mounted");
        return;
    }
    struct ledger_verdict v = ledger_check(&r->ledger, &r->spool, true);
    const char *fault = judge(r, &told, &v);
    fault = fault == NULL ? run_check_order(r) : fault;
    if (fault != NULL) {
        fail(r, fault);
    }
    if (r->device.dropped.done) {
        r->damaged = true;
        ledger_forget_ids(&r->ledger);
    }
    r->device.dropped.done = false;
}
