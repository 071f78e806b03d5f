/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The wall clock is wrong at the start and is set while the uplink runs: deadlines, pauses and
 * tokens go by the monotonic clock, and what has expired is judged by the registry's own time.
 */
#include "vehicle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

enum { MIN_MS = 60000, COUNT = 12 };

#define NOW_S INT64_C(1800000000)
#define DAY_S INT64_C(86400)

static struct vehicle v;

static void begin(void)
{
    const struct vehicle_setup setup = {4096U, 8U, 16U, 2U, NOW_S, 1U, 64U};
    vehicle_init(&v, &setup);
    assert_true(vehicle_boot(&v));
}

/* The wall clock is off by so much from now on. */
static void set_clock(int64_t off_s)
{
    int64_t true_s = (int64_t)(registry_now_ms(&v.registry) / 1000U);
    v.sim.wall_s = true_s + off_s - (int64_t)(v.sim.mono_ms / 1000U);
}

static void append(unsigned count, int64_t ago_s)
{
    for (unsigned i = 0; i < count; i++) {
        int64_t start_s = (int64_t)(registry_now_ms(&v.registry) / 1000U) - ago_s;
        assert_int_equal(vehicle_append(&v, start_s, (uint32_t)(start_s + DAY_S)), NVT_OK);
    }
}

static void finish(void)
{
    bool good = vehicle_drain(&v, 60U * (uint64_t)MIN_MS) && vehicle_audit(&v);
    if (!good) {
        fail_msg("%s (%u)", v.fault, (unsigned)v.fault_number);
    }
    vehicle_halt(&v, 1000U, 0U);
}

static void expect_delivered(void)
{
    finish();
    assert_int_equal(v.count.expired, 0);
    assert_int_equal(v.count.delivered + v.count.refused, v.count.accepted);
}

static void test_unknown_at_start(void **state)
{
    (void)state;
    begin();
    v.sim.wall_known = false;
    append(COUNT, 3600);
    expect_delivered();
}

static void test_1970_at_start(void **state)
{
    (void)state;
    begin();
    v.sim.wall_s = 0;
    append(COUNT, 3600);
    expect_delivered();
}

/* Set from 1970 to today amid the work, which for a clock is a jump of decades. */
static void test_set_while_running(void **state)
{
    (void)state;
    begin();
    v.sim.wall_s = 0;
    for (unsigned i = 0; i < (unsigned)COUNT; i++) {
        append(1, 3600);
        assert_true(vehicle_run(&v, v.sim.mono_ms + 150U));
        if (i == (unsigned)COUNT / 2U) {
            set_clock(0);
        }
    }
    expect_delivered();
    assert_int_equal(v.registry.tokens, 1);
}

static void jump(int64_t off_s)
{
    begin();
    append(1, 3600);
    assert_true(vehicle_run(&v, v.sim.mono_ms + 5000U));
    assert_int_equal(v.count.delivered, 1);
    set_clock(off_s);
    append(3, 3600);
    expect_delivered();
    /* A token's age is no matter of the wall clock. */
    assert_int_equal(v.registry.tokens, 1);
}

static void test_forward(void **state)
{
    (void)state;
    jump(3 * DAY_S);
    jump(14600 * DAY_S);
}

static void test_backward(void **state)
{
    (void)state;
    jump(-3 * DAY_S);
    jump(-NOW_S);
}

/* A pause under way is as long as it was, whatever the clock is set to. */
static void pause_and_jump(int64_t off_s)
{
    begin();
    v.registry.closed_ms = registry_now_ms(&v.registry) + 5U * (uint64_t)MIN_MS;
    v.registry.retry_s = 300;
    append(3, 3600);
    assert_true(vehicle_run(&v, v.sim.mono_ms + (uint64_t)MIN_MS));
    assert_int_equal(v.uplink.state.link, NVT_UPLINK_HELD);
    set_clock(off_s);
    uint64_t back_ms = v.sim.mono_ms + 4U * (uint64_t)MIN_MS;
    assert_true(vehicle_run(&v, back_ms - 2000U));
    assert_int_equal(v.count.delivered, 0);
    assert_true(vehicle_run(&v, back_ms + 2U * (uint64_t)MIN_MS));
    assert_int_equal(v.count.delivered, 3);
    expect_delivered();
}

static void test_pause(void **state)
{
    (void)state;
    pause_and_jump(3 * DAY_S);
    pause_and_jump(-3 * DAY_S);
    pause_and_jump(-NOW_S);
}

/* Before the first answer nobody knows the time that counts: the registry judges. */
static void test_expired_unknown(void **state)
{
    (void)state;
    begin();
    v.sim.wall_s = 0;
    append(1, 2 * DAY_S);
    finish();
    assert_int_equal(v.known[0].posts, 1);
    assert_int_equal(v.count.refused, 1);
    assert_int_equal(v.known[0].state, REGISTRY_TERMS);
}

/* Once it has told its time, what is too late is not sent any more: though the local clock is
 * behind by days. */
static void test_expired_known(void **state)
{
    (void)state;
    begin();
    append(1, 3600);
    assert_true(vehicle_run(&v, v.sim.mono_ms + 5000U));
    set_clock(-5 * DAY_S);
    append(2, 2 * DAY_S);
    append(1, 3600);
    finish();
    assert_int_equal(v.count.expired, 2);
    assert_int_equal(v.count.delivered, 2);
    assert_int_equal(v.known[1].posts + v.known[2].posts, 0);
}

/* Its time goes on while nothing is heard from it. */
static void test_expired_in_outage(void **state)
{
    (void)state;
    begin();
    v.registry.idle_ms = 5000; /* no connection stays */
    append(1, 3600);
    assert_true(vehicle_run(&v, v.sim.mono_ms + (uint64_t)MIN_MS));
    v.sim.hosts[0].connect_err = NVT_E_NET_UNREACHABLE;
    append(2, DAY_S - 600);
    append(1, 3600);
    set_clock(-5 * DAY_S);
    assert_true(vehicle_run(&v, v.sim.mono_ms + 20U * (uint64_t)MIN_MS));
    assert_int_equal(v.count.expired, 2);
    v.sim.hosts[0].connect_err = NVT_OK;
    finish();
    assert_int_equal(v.count.delivered, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unknown_at_start),  cmocka_unit_test(test_1970_at_start),
        cmocka_unit_test(test_set_while_running), cmocka_unit_test(test_forward),
        cmocka_unit_test(test_backward),          cmocka_unit_test(test_pause),
        cmocka_unit_test(test_expired_unknown),   cmocka_unit_test(test_expired_known),
        cmocka_unit_test(test_expired_in_outage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
