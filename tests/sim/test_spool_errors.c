/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The spool on a device whose calls fail now and then: a run of operations, single and held ones,
 * once for each call that the device gets, with that one failing, done or not. Nothing that
 * returned NVT_OK is undone by it, what failed can be done again at once, and the figures stay
 * right; also when the power goes afterwards.
 */
#include "spool_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { IDS = 512, OPERATIONS = 260, TEXT_MAX = 70, VALUE_LEN = 12, FEW_PICKS = 8 };

/* ---- the device ---- */

static struct nvt_port_block real;
static uint64_t calls, failing, failing_end; /* those from failing on, before failing_end, fail */
static bool is_done;                         /* and are done all the same */
static bool reads_too;

static bool is_failing(void)
{
    calls++;
    return calls >= failing && calls < failing_end;
}

static nvt_err some_read(void *ctx, uint32_t block, uint32_t offset, uint8_t *out, uint32_t len)
{
    return reads_too && is_failing() ? NVT_E_SPOOL_IO : real.read(ctx, block, offset, out, len);
}

static nvt_err some_prog(void *ctx, uint32_t block, uint32_t offset, const uint8_t *data,
                         uint32_t len)
{
    bool fails = is_failing();
    nvt_err err = fails && !is_done ? NVT_OK : real.prog(ctx, block, offset, data, len);
    return fails ? NVT_E_SPOOL_IO : err;
}

static nvt_err some_erase(void *ctx, uint32_t block)
{
    bool fails = is_failing();
    nvt_err err = fails && !is_done ? NVT_OK : real.erase(ctx, block);
    return fails ? NVT_E_SPOOL_IO : err;
}

static nvt_err some_sync(void *ctx)
{
    bool fails = is_failing();
    nvt_err err = fails && !is_done ? NVT_OK : real.sync(ctx);
    return fails ? NVT_E_SPOOL_IO : err;
}

static struct bench *failing_bench(uint32_t blocks, uint64_t from, uint64_t end)
{
    struct bench *b = spool_bench(blocks, FEW_PICKS);
    real = b->flash.device;
    b->flash.device.read = some_read;
    b->flash.device.prog = some_prog;
    b->flash.device.erase = some_erase;
    b->flash.device.sync = some_sync;
    calls = 0;
    failing = from;
    failing_end = end;
    return b;
}

/* ---- what must be there ---- */

enum state { NOT_THERE, UNSURE, THERE };

static enum state states[IDS];  /* as long as the power stays */
static enum state durable[IDS]; /* when it goes now */
static bool touched[IDS];       /* since hold */
static bool any_touched;
static uint32_t chance;
static uint8_t value, durable_value, last_value; /* last: that was tried */

static uint32_t some(uint32_t below)
{
    chance = chance * 1664525U + 1013904223U;
    return (chance >> 16U) % below;
}

/* What was written is durable, and stands behind all that failed: that never comes back. */
static void all_is_durable(void)
{
    (void)memcpy(durable, states, sizeof durable);
    (void)memset(touched, 0, sizeof touched);
    any_touched = false;
    durable_value = value;
    last_value = value;
}

static void note(const struct bench *b, uint32_t id, enum state now)
{
    states[id] = now;
    if (b->spool.held) {
        durable[id] = UNSURE;
        touched[id] = true;
        any_touched = true;
    } else {
        all_is_durable();
    }
}

/* It did not come to be; only when the power goes now it may. */
static void note_failed(uint32_t id, enum state still)
{
    states[id] = still;
    durable[id] = UNSURE;
}

static void note_value(const struct bench *b, uint8_t what)
{
    value = what;
    any_touched = true;
    if (!b->spool.held) {
        all_is_durable();
    }
}

static nvt_err get(struct bench *b, uint8_t *out_value)
{
    uint8_t bytes[VALUE_LEN] = {0};
    struct nvt_buf out;
    nvt_buf_init(&out, bytes, sizeof bytes);
    nvt_err err = nvt_spool_get_value(&b->spool, 0U, &out);
    *out_value = bytes[0];
    return err;
}

static void list(struct bench *b, bool listed[IDS])
{
    struct nvt_spool_cursor cursor = {{0U, 0U, 0U}};
    struct nvt_spool_entry e;
    struct nvt_buf out;
    uint8_t text[TEXT_MAX];
    (void)memset(listed, 0, sizeof(bool) * (size_t)IDS);
    nvt_buf_init(&out, text, sizeof text);
    while (nvt_spool_list(&b->spool, &cursor, &out, &e) == NVT_OK) {
        listed[e.id] = true;
        nvt_buf_init(&out, text, sizeof text);
    }
}

/* A sync failed: of what was held some is undone now, the rest is durable. */
static void note_undone(struct bench *b)
{
    bool listed[IDS];
    list(b, listed);
    for (size_t i = 0; i < (size_t)IDS; i++) {
        if (touched[i]) {
            enum state now = listed[i] ? THERE : NOT_THERE;
            durable[i] = now == states[i] ? now : UNSURE;
            states[i] = now;
            touched[i] = false;
        }
    }
    nvt_err err = get(b, &value);
    assert_true(err == NVT_OK || err == NVT_E_SPOOL_EMPTY);
    assert_in_range(value, durable_value, last_value);
    durable_value = value;
}

static void hold_or_commit(struct bench *b)
{
    if (!b->spool.held) {
        nvt_spool_hold(&b->spool);
        any_touched = false;
        return;
    }
    nvt_err err = nvt_spool_commit(&b->spool);
    if (err == NVT_OK && any_touched) {
        all_is_durable();
    } else if (err != NVT_OK) {
        assert_int_equal(err, NVT_E_SPOOL_IO);
        note_undone(b);
    } else {
        /* nothing was written */
    }
}

static void note_error(struct bench *b, nvt_err err)
{
    if (err == NVT_E_SPOOL_IO && b->spool.held) {
        note_undone(b);
    }
}

static void append(struct bench *b)
{
    uint8_t text[TEXT_MAX] = {0};
    uint32_t len = some(TEXT_MAX);
    uint32_t due = some(50U);
    uint32_t id = 0;
    uint32_t next = b->spool.now.next;
    nvt_err err = nvt_spool_append(&b->spool, nvt_span_of(text, len), due, &id);
    assert_true(next < (uint32_t)IDS);
    if (err == NVT_OK) {
        note(b, id, THERE);
    } else if (err == NVT_E_SPOOL_IO) {
        note_error(b, err);
        note_failed(next, NOT_THERE);
    } else {
        assert_int_equal(err, NVT_E_SPOOL_FULL);
    }
}

static void deliver(struct bench *b)
{
    uint8_t text[TEXT_MAX];
    struct nvt_buf out;
    struct nvt_spool_entry e;
    nvt_buf_init(&out, text, sizeof text);
    nvt_err err = nvt_spool_pick(&b->spool, &out, &e);
    if (err == NVT_E_SPOOL_IO) {
        err = nvt_spool_pick(&b->spool, &out, &e);
    }
    if (err == NVT_E_SPOOL_EMPTY) {
        assert_int_equal(b->spool.now.pending, 0);
        return;
    }
    assert_int_equal(err, NVT_OK);
    assert_int_not_equal(states[e.id], NOT_THERE);
    bool held_only = touched[e.id];
    err = nvt_spool_settle(&b->spool, e.id, NVT_SPOOL_DELIVERED, 201U, NVT_LIT(""));
    if (err == NVT_E_SPOOL_IO) {
        note_error(b, err);
        err = nvt_spool_settle(&b->spool, e.id, NVT_SPOOL_DELIVERED, 201U, NVT_LIT(""));
        if (held_only && states[e.id] == NOT_THERE) { /* its append was undone */
            assert_int_equal(err, NVT_E_ARG);
            return;
        }
    }
    assert_int_equal(err, NVT_OK);
    note(b, e.id, NOT_THERE);
}

static nvt_err put(struct bench *b, uint8_t what)
{
    uint8_t bytes[VALUE_LEN];
    (void)memset(bytes, what, sizeof bytes);
    return nvt_spool_put_value(&b->spool, 0U, nvt_span_of(bytes, sizeof bytes));
}

static void put_value(struct bench *b)
{
    uint8_t what = (uint8_t)(last_value + 1U);
    last_value = what;
    nvt_err err = put(b, what);
    if (err == NVT_E_SPOOL_IO) {
        note_error(b, err);
        err = put(b, what);
    }
    if (err == NVT_OK) {
        note_value(b, what);
    }
    assert_true(err == NVT_OK || err == NVT_E_SPOOL_FULL);
}

static void check_value(struct bench *b)
{
    uint8_t found = 0U;
    nvt_err err = get(b, &found);
    if (err == NVT_E_SPOOL_IO) {
        err = get(b, &found);
    }
    assert_int_equal(err, value == 0U ? NVT_E_SPOOL_EMPTY : NVT_OK);
    assert_int_equal(found, value);
}

/* Each pending entry is known, and the figures are those of what is listed. */
static void check_all(struct bench *b)
{
    bool listed[IDS] = {false};
    struct nvt_spool_cursor cursor = {{0U, 0U, 0U}};
    struct nvt_spool_info info;
    struct nvt_spool_entry e;
    struct nvt_buf out;
    uint8_t text[TEXT_MAX];
    uint32_t pending = 0;
    uint32_t used = value == 0U ? 0U : 16U + (uint32_t)VALUE_LEN;
    nvt_buf_init(&out, text, sizeof text);
    while (nvt_spool_list(&b->spool, &cursor, &out, &e) == NVT_OK) {
        pending++;
        used += (16U + e.len + 3U) / 4U * 4U;
        assert_false(listed[e.id]);
        assert_int_not_equal(states[e.id], NOT_THERE);
        listed[e.id] = true;
        nvt_buf_init(&out, text, sizeof text);
    }
    for (size_t i = 0; i < (size_t)IDS; i++) {
        assert_true(states[i] != THERE || listed[i]);
    }
    nvt_spool_info(&b->spool, &info);
    assert_int_equal(info.pending, pending);
    assert_int_equal(info.used_bytes, used);
    assert_int_equal(info.lost, 0);
    check_value(b);
}

/* What a mount tells stays so. */
static void mount(struct bench *b)
{
    bool listed[IDS];
    (void)memcpy(states, durable, sizeof states);
    assert_int_equal(nvt_spool_mount(&b->spool, &b->config), NVT_OK);
    (void)get(b, &value);
    assert_in_range(value, durable_value, last_value);
    check_all(b);
    list(b, listed);
    for (size_t i = 0; i < (size_t)IDS; i++) {
        states[i] = listed[i] ? THERE : NOT_THERE;
    }
    all_is_durable();
}

/* Nothing is left of what was not synced. */
static void cut(struct bench *b)
{
    (void)memcpy(b->mem, b->synced, sizeof b->mem);
    mount(b);
}

static struct bench *begin(uint32_t blocks, uint64_t n, uint64_t count)
{
    (void)memset(states, 0, sizeof states);
    (void)memset(durable, 0, sizeof durable);
    (void)memset(touched, 0, sizeof touched);
    any_touched = false;
    value = 0U;
    durable_value = 0U;
    last_value = 0U;
    return failing_bench(blocks, n, n + count);
}

static void operate(struct bench *b, bool filling, bool holds)
{
    uint32_t what = some(16U);
    if (what == 0U) {
        put_value(b);
    } else if (what == 1U) {
        check_value(b);
    } else if (what <= 3U && holds) {
        hold_or_commit(b);
    } else if (what < (filling ? 13U : 6U)) {
        append(b);
    } else {
        deliver(b);
    }
}

enum { HOLDS = 1, DONE = 2, ENDS_SOON = 4, WAYS = 8 };

/* The n-th call fails; false when there are not so many. */
static bool run(uint64_t n, unsigned how)
{
    bool holds = (how & (unsigned)HOLDS) != 0U;
    bool soon = (how & (unsigned)ENDS_SOON) != 0U;
    struct bench *b = begin(6U, n, 1U);
    unsigned left = OPERATIONS;
    chance = 7U;
    is_done = (how & (unsigned)DONE) != 0U;
    reads_too = true;
    for (unsigned i = 0; left > 0U; i++) {
        operate(b, i / 64U % 2U == 0U, holds);
        left--;
        left = soon && calls >= n && left > n % 8U ? (unsigned)(n % 8U) : left;
    }
    bool came = calls >= n;
    failing = UINT64_MAX;
    check_all(b);
    if (!holds) {
        mount(b);
    }
    cut(b);
    append(b);
    deliver(b);
    cut(b);
    assert_null(b->flash.violation);
    return came;
}

static void test_each_call_fails_once(void **state)
{
    (void)state;
    for (unsigned how = 0; how < (unsigned)WAYS; how++) {
        uint64_t n = 1;
        while (run(n, how)) {
            n++;
        }
        assert_true(n > 1000U);
    }
}

/* ---- fails for a while ---- */

/* Once; what it may have done stays open. */
static void deliver_if_it_can_be(struct bench *b)
{
    uint8_t text[TEXT_MAX];
    struct nvt_buf out;
    struct nvt_spool_entry e;
    nvt_buf_init(&out, text, sizeof text);
    if (nvt_spool_pick(&b->spool, &out, &e) != NVT_OK) {
        return;
    }
    assert_int_not_equal(states[e.id], NOT_THERE);
    if (nvt_spool_settle(&b->spool, e.id, NVT_SPOOL_DELIVERED, 201U, NVT_LIT("")) == NVT_OK) {
        note(b, e.id, NOT_THERE);
    } else {
        note_failed(e.id, THERE);
        assert_int_equal(nvt_spool_put_back(&b->spool, e.id), NVT_OK);
    }
}

static void run_through(uint32_t blocks, uint64_t n, uint64_t count)
{
    struct bench *b = begin(blocks, n, count);
    chance = (uint32_t)n;
    is_done = n % 2U == 0U;
    reads_too = n % 3U == 0U;
    while (calls < n + count) {
        if (some(2U) == 0U) {
            append(b);
        } else {
            deliver_if_it_can_be(b);
        }
    }
    check_all(b);
    while (b->spool.now.pending > 0U) {
        deliver(b);
    }
    uint32_t id = 0;
    assert_int_equal(nvt_spool_append(&b->spool, NVT_LIT("at last"), 1U, &id), NVT_OK);
    note(b, id, THERE);
    check_all(b);
    mount(b);
    cut(b);
}

/* A device that is away for a while: when it is back all goes on, also where nothing is pending. */
static void test_all_calls_fail_for_a_while(void **state)
{
    (void)state;
    static const uint32_t blocks[] = {4U, 8U, 18U};
    static const uint64_t counts[] = {2U, 5U, 17U, 60U};
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        for (size_t k = 0; k < sizeof counts / sizeof counts[0]; k++) {
            for (uint64_t n = 1; n < 400U; n += 3U) {
                run_through(blocks[i], n, counts[k]);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_calls_fail_for_a_while),
        cmocka_unit_test(test_each_call_fails_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
