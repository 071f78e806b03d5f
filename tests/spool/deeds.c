/* SPDX-License-Identifier: Apache-2.0 */
/* The operations, and what each must do. */
#include "know.h"

#include <string.h>

const char *const op_names[OPS] = {"append",         "append-long", "settle",  "settle-newest",
                                   "pick",           "put-back",    "defer",   "put-value",
                                   "put-long-value", "hold",        "remount", "list"};

/* ---- operations ---- */

/* 7: "full" is said only when it is true. A longer record than all before it also makes the
 * capacity less by its excess in each block. */
static void check_full(uint32_t len, nvt_err err)
{
    struct nvt_spool_info info;
    uint32_t unit = world.size.prog_size < 4U ? 4U : world.size.prog_size;
    uint32_t room = (16U + len + unit - 1U) / unit * unit;
    uint32_t more = room > world.spool.longest ? room - world.spool.longest : 0U;
    nvt_spool_info(&world.spool, &info);
    uint64_t wanted =
        (uint64_t)info.used_bytes + room + (uint64_t)more * (world.size.block_count - 2U);
    bool last = world.spool.now.next == UINT32_MAX; /* all ids were given */
    if (err == NVT_E_SPOOL_WINDOW && info.span < info.entries_max && !last) {
        fail("7: the window is said to be full, and is not");
    }
    if (err == NVT_E_SPOOL_FULL && wanted <= info.capacity_bytes && world.failures == 0U) {
        fail("7: said to be full, and is not");
    }
}

/* Devices of less than 16 blocks have none to spare: one that takes an erase and no bytes may leave
 * none free. */
static bool is_short_of_blocks(void)
{
    const struct chip *c = &world.chip;
    return memchr(c->bad, 2, c->block_count) != NULL || world.failures > 1U;
}

/* An operation failed: it may, when the device did. */
static void check_failed(nvt_err err)
{
    world.sealed = false;
    if (err != NVT_E_SPOOL_IO) {
        fail("7: an error that cannot be");
    } else if (!world.chip.is_hit && !is_short_of_blocks()) {
        fail("7: fails, and the device works");
    } else {
        /* may be */
    }
}

static void was_appended(struct note *n, uint32_t id)
{
    if (id <= world.given_id || id <= n->min_id || note_of(id) != NULL) {
        fail("an id was given twice");
    }
    n->id = id;
    n->live = TOLD_PENDING;
    n->told = TOLD_PENDING;
    world.given_id = id;
    world.sealed = true;
    all_is_durable();
}

/* What was refused before the device was touched is as if never tried. */
static void give_back_salt(void)
{
    world.salts -= world.frugal && world.chip.writes == 0U ? 1U : 0U;
}

static void append(bool is_long)
{
    uint8_t mem[BYTES_MAX];
    uint32_t id = 0;
    struct note *n = new_note(is_long);
    if (n == NULL) {
        return;
    }
    struct nvt_span bytes = bytes_of(n->salt, mem);
    nvt_err err = nvt_spool_append(&world.spool, bytes, due_of(n->salt), &id);
    if (world.chip.off) {
        n->id = err == NVT_OK ? id : 0U; /* held */
    } else if (err == NVT_OK) {
        was_appended(n, id);
    } else if (err == NVT_E_SPOOL_FULL || err == NVT_E_SPOOL_WINDOW) {
        check_full((uint32_t)bytes.len, err);
        world.note_count--;
        (void)memset(n, 0, sizeof *n);
        give_back_salt();
    } else {
        check_failed(err);
    }
}

static void do_append(void)
{
    append(false);
}

static void do_append_long(void)
{
    append(true);
}

static bool is_before(const struct note *a, const struct note *b, enum nvt_spool_order order)
{
    if (b == NULL || order == NVT_SPOOL_NEWEST) {
        return b == NULL || a->id > b->id;
    }
    uint32_t due_a = due_of(a->salt);
    uint32_t due_b = due_of(b->salt);
    return due_a < due_b || (due_a == due_b && a->id < b->id);
}

/* Which one must come now. */
static struct note *expected(enum nvt_spool_order order)
{
    struct note *best = NULL;
    for (uint32_t i = 0; i < world.note_count; i++) {
        struct note *n = &world.notes[i];
        bool may = n->live == TOLD_PENDING && !n->out && !n->deferred;
        best = may && is_before(n, best, order) ? n : best;
    }
    return best;
}

static bool is_any_deferred(void)
{
    bool any = false;
    for (uint32_t i = 0; i < world.note_count; i++) {
        any = any || world.notes[i].deferred;
    }
    return any;
}

/* After a call that failed it may be forgotten what was deferred. */
static struct note *check_picked(struct note *wanted, const struct nvt_spool_entry *e,
                                 struct nvt_span bytes)
{
    struct note *n = note_of(e->id);
    if (n == NULL || n->out) {
        fail(n == NULL ? "4: picked, and not pending" : "picked twice");
        return NULL;
    }
    if (!is_made_of(bytes, n->salt) || e->due_s != due_of(n->salt)) {
        fail("3: picked with other bytes than were appended");
    } else if (n != wanted && !is_anything_unasked() && !(world.doubt && is_any_deferred())) {
        fail(n->live == TOLD_GONE ? "2: picked, and was settled" : "5: picked out of order");
    } else {
        n->out = true;
    }
    return n;
}

/* NULL: there is none, or it cannot be read. */
struct note *pick(enum nvt_spool_order order)
{
    uint8_t mem[BYTES_MAX];
    struct nvt_buf out;
    struct nvt_spool_entry e;
    struct note *wanted = expected(order);
    nvt_buf_init(&out, mem, sizeof mem);
    nvt_err err = nvt_spool_pick_by(&world.spool, order, &out, &e);
    if (err == NVT_OK) {
        return check_picked(wanted, &e, nvt_buf_span(&out));
    }
    if (world.chip.off || is_anything_unasked()) {
        return NULL;
    }
    if (err != NVT_E_SPOOL_EMPTY && err != NVT_E_SPOOL_OUT) {
        check_failed(err);
    } else if (wanted != NULL && err == NVT_E_SPOOL_EMPTY) {
        fail("1: pending, and not picked");
    } else {
        /* none is there */
    }
    return NULL;
}

static struct note *first_out(void)
{
    for (uint32_t i = 0; i < world.note_count; i++) {
        if (world.notes[i].out) {
            return &world.notes[i];
        }
    }
    return NULL;
}

static void settle(struct note *n, enum nvt_spool_state state, struct nvt_span reason)
{
    if (n == NULL) {
        return;
    }
    bool was_sure = n->live == TOLD_PENDING;
    n->may_go = true;
    nvt_err err = nvt_spool_settle(&world.spool, n->id, state, 422U, reason);
    if (world.chip.off) {
        return;
    }
    if (err == NVT_OK) {
        n->live = TOLD_GONE;
        n->told = TOLD_GONE;
        n->out = false;
        world.sealed = true;
        all_is_durable();
        return;
    }
    if (err != NVT_E_ARG || was_sure) {
        check_failed(err);
    }
    n->live = TOLD_NOTHING;
    n->told = TOLD_NOTHING;
    (void)nvt_spool_put_back(&world.spool, n->id);
    n->out = false;
}

static void do_settle(void)
{
    struct note *n = first_out();
    settle(n != NULL ? n : pick(NVT_SPOOL_URGENT), NVT_SPOOL_DELIVERED, NVT_LIT(""));
}

static void do_settle_newest(void)
{
    settle(pick(NVT_SPOOL_NEWEST), NVT_SPOOL_REFUSED, NVT_LIT("too far away"));
}

static void do_pick(void)
{
    (void)pick(NVT_SPOOL_URGENT);
}

static void do_put_back(void)
{
    struct note *n = first_out();
    n = n != NULL ? n : pick(NVT_SPOOL_URGENT);
    if (n != NULL && nvt_spool_put_back(&world.spool, n->id) != NVT_OK && !world.chip.is_hit) {
        fail("cannot be put back");
    }
    if (n != NULL) {
        n->out = false;
    }
}

static void do_defer(void)
{
    struct note *n = pick(NVT_SPOOL_URGENT);
    if (n == NULL) {
        return;
    }
    if (nvt_spool_defer(&world.spool, n->id, (n->id & 1U) != 0U, (n->id & 2U) != 0U) != NVT_OK) {
        fail("cannot be deferred");
    }
    n->out = false;
    n->deferred = true;
}

static void put_value(bool is_long)
{
    uint8_t mem[BYTES_MAX];
    uint8_t key = (uint8_t)(world.salts % (uint32_t)KEYS);
    struct value *v = &world.values[key];
    if (v->count == (uint32_t)VERSIONS) {
        return;
    }
    uint32_t salt = new_salt(is_long);
    struct nvt_span bytes = bytes_of(salt, mem);
    v->may[v->count++] = salt;
    nvt_err err = nvt_spool_put_value(&world.spool, key, bytes);
    if (world.chip.off) {
        return;
    }
    if (err == NVT_OK) {
        v->live = salt;
        v->told = salt;
        world.sealed = true;
        all_is_durable();
    } else if (err == NVT_E_SPOOL_FULL) {
        check_full((uint32_t)bytes.len, err);
        v->count--;
        give_back_salt();
    } else {
        check_failed(err);
        v->asked = false;
        v->told = UINT32_MAX;
    }
}

static void do_put_value(void)
{
    put_value(false);
}

static void do_put_long_value(void)
{
    put_value(true);
}

static void forget_told(void)
{
    for (uint32_t i = 0; i < world.note_count; i++) {
        struct note *n = &world.notes[i];
        n->told = n->may_pend && n->may_go ? TOLD_NOTHING : n->told;
    }
    for (uint32_t i = 0; i < (uint32_t)KEYS; i++) {
        world.values[i].told = world.values[i].count > 1U ? UINT32_MAX : world.values[i].told;
    }
}

static void do_hold(void)
{
    if (!world.held) {
        nvt_spool_hold(&world.spool);
        world.held = true;
        return;
    }
    nvt_err err = nvt_spool_commit(&world.spool);
    if (world.chip.off) {
        return;
    }
    world.held = false;
    if (err == NVT_OK) {
        if (world.chip.is_hit) {
            ask_all();
        }
        all_is_durable();
        return;
    }
    world.sealed = false;
    if (!world.doubt) {
        check_failed(err);
    }
    forget_told();
    doubt_all();
}

static void do_remount(void)
{
    struct nvt_spool_info before;
    struct nvt_spool_info after;
    bool sure = !world.held && !world.doubt;
    nvt_spool_info(&world.spool, &before);
    chip_reopen(&world.chip);
    world_mount(no_plan);
    nvt_spool_info(&world.spool, &after);
    if (sure && (before.used_bytes != after.used_bytes || before.delivered != after.delivered ||
                 before.refused != after.refused)) {
        fail("a mount counts otherwise than the spool before it");
    }
}

static void do_list(void)
{
    if (!is_anything_unasked() && !world.chip.is_hit) {
        ask_all();
    }
}

void world_do(enum op op)
{
    static void (*const ops[OPS])(void) = {
        do_append, do_append_long, do_settle,         do_settle_newest, do_pick,    do_put_back,
        do_defer,  do_put_value,   do_put_long_value, do_hold,          do_remount, do_list};
    struct chip *c = &world.chip;
    if (!world.mounted) {
        return;
    }
    ops[op]();
    world.op_writes = c->writes;
    world.op_reads = c->reads;
    if (c->violation != NULL) {
        fail(c->violation);
    }
    if (c->off || world.fault != NULL) {
        return;
    }
    if (c->is_hit) {
        world.doubt = true;
        world.failures += c->hit == CHIP_PROG || c->hit == CHIP_ERASE ? 1U : 0U;
        doubt_all();
    }
    if (c->is_hit && c->plan.forever) {
        return;
    }
    chip_arm(c, no_plan);
    if (is_anything_unasked()) {
        ask_all();
    }
    check_info();
}
