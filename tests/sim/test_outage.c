/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Outages of ten minutes: beginning at every moment of a run, in each way in which a network can
 * fail; what is done meanwhile; and how a fleet comes back.
 */
#include "vehicle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

enum { MIN_MS = 60000, OUTAGE_MS = 10 * MIN_MS, FLEET = 200 };

#define NOW_S INT64_C(1800000000)

enum way {
    DARK,     /* a tunnel: nothing passes, what hangs in it arrives at its end */
    NO_ROUTE, /* connections are refused, those that are there hang */
    NO_NAMES, /* the resolver says no; connections that are there go on */
    NO_TLS,   /* something else answers */
    CLOSED,   /* maintenance, with a time */
    CLOSED_UNTOLD,
    WAYS
};

static struct vehicle v;

static void begin(uint8_t lanes, uint64_t seed, unsigned journeys)
{
    const struct vehicle_setup setup = {4096U, 12U, 16U, lanes, NOW_S, seed, 128U};
    vehicle_init(&v, &setup);
    v.sim.latency_ms = 25;
    v.registry.idle_ms = 5000;
    assert_true(vehicle_boot(&v));
    for (unsigned i = 0; i < journeys; i++) {
        assert_int_equal(vehicle_append(&v, NOW_S - 3600, (uint32_t)NOW_S + 80000U), NVT_OK);
    }
}

static void break_down(enum way way)
{
    struct nvt_sim *s = &v.sim;
    s->blackout = way == DARK || way == NO_ROUTE;
    s->resolve_dead = way == DARK;
    s->hosts[0].connect_err = way == NO_ROUTE ? NVT_E_NET_REFUSED : NVT_OK;
    s->resolve_err = way == NO_NAMES ? NVT_E_NET_RESOLVER : NVT_OK;
    s->handshake_err = way == NO_TLS ? NVT_E_TLS_HANDSHAKE : NVT_OK;
    if (way == CLOSED || way == CLOSED_UNTOLD) {
        v.registry.closed_ms = registry_now_ms(&v.registry) + (uint64_t)OUTAGE_MS;
        v.registry.retry_s = way == CLOSED ? (uint32_t)OUTAGE_MS / 1000U : 0U;
    }
}

static void mend(void)
{
    v.sim.resolve_dead = false;
    v.sim.hosts[0].connect_err = NVT_OK;
    v.sim.resolve_err = NVT_OK;
    v.sim.handshake_err = NVT_OK;
    nvt_sim_light(&v.sim);
}

static void check(enum way way, uint64_t at_ms)
{
    if (v.fault != NULL) {
        fail_msg("%s (%u): way %d, beginning after %u ms", v.fault, (unsigned)v.fault_number,
                 (int)way, (unsigned)at_ms);
    }
}

/* Ten minutes from at_ms of the run on, and some to come back. */
static void suffer(enum way way, uint64_t at_ms)
{
    begin(3U, at_ms + 1U, 9U);
    (void)vehicle_run(&v, v.sim.mono_ms + at_ms);
    break_down(way);
    (void)vehicle_run(&v, v.sim.mono_ms + (uint64_t)OUTAGE_MS);
    mend();
    if (vehicle_drain(&v, 12U * (uint64_t)MIN_MS)) {
        (void)vehicle_audit(&v);
    }
    check(way, at_ms);
    vehicle_halt(&v, 1000U, 0U);
}

static void test_at_any_moment(void **state)
{
    (void)state;
    for (int way = 0; way < (int)WAYS; way++) {
        for (uint64_t at_ms = 0; at_ms < 2400U; at_ms += 3U) {
            suffer((enum way)way, at_ms);
        }
    }
}

/* The longer it lasts the less is tried: one lane alone, with growing pauses. */
static void test_quiet(void **state)
{
    (void)state;
    for (int way = 0; way < (int)WAYS; way++) {
        begin(4U, (uint64_t)way + 1U, 40U);
        break_down((enum way)way);
        (void)vehicle_run(&v, v.sim.mono_ms + (uint64_t)OUTAGE_MS - 1U);
        check((enum way)way, 0U);
        assert_in_range(v.uplink.state.count.attempts, 1U, 60U);
        assert_in_range(v.uplink.state.count.link_losses, 1U, 1U);
        assert_int_equal(v.count.delivered, 0);
        mend();
        assert_true(vehicle_drain(&v, 12U * (uint64_t)MIN_MS));
        assert_true(vehicle_audit(&v));
        assert_in_range(v.registry.posts, 40U, 44U);
        vehicle_halt(&v, 1000U, 0U);
    }
}

static void run_to_delivery(unsigned count)
{
    while (v.count.delivered < count && v.fault == NULL) {
        (void)vehicle_run(&v, v.sim.mono_ms + 1U);
    }
}

/* One lane comes first; the others join as its calls succeed. */
static void test_joins_slowly(void **state)
{
    (void)state;
    begin(4U, 7U, 40U);
    break_down(NO_ROUTE);
    (void)vehicle_run(&v, v.sim.mono_ms + (uint64_t)OUTAGE_MS);
    mend();
    size_t before = v.sim.connections;
    run_to_delivery(1U);
    (void)vehicle_run(&v, v.sim.mono_ms + 1U);
    assert_int_equal(v.sim.connections - before, 2);
    assert_true(vehicle_drain(&v, (uint64_t)MIN_MS));
    assert_int_equal(v.sim.connections - before, 4);
    vehicle_halt(&v, 1000U, 0U);
}

/* The whole fleet loses the network in the same second, and gets it back in the same: in no second
 * of what follows does more than a small part of it return. */
static void return_together(enum way way)
{
    static unsigned back[16 * MIN_MS / 1000];
    unsigned most = 0;
    memset(back, 0, sizeof back);
    for (unsigned i = 0; i < (unsigned)FLEET; i++) {
        begin(2U, 1000U + i, 3U);
        break_down(way);
        (void)vehicle_run(&v, v.sim.mono_ms + (uint64_t)OUTAGE_MS);
        mend();
        uint64_t mended_ms = v.sim.mono_ms;
        assert_true(vehicle_drain(&v, 15U * (uint64_t)MIN_MS));
        check(way, i);
        back[(v.sim.mono_ms - mended_ms) / 1000U]++;
    }
    for (size_t i = 0; i < sizeof back / sizeof back[0]; i++) {
        most = back[i] > most ? back[i] : most;
    }
    print_message("way %d: at most %u of %u in one second\n", (int)way, most, (unsigned)FLEET);
    assert_in_range(most, 1U, (unsigned)FLEET / 10U);
}

static void test_fleet(void **state)
{
    (void)state;
    return_together(DARK);
    return_together(NO_ROUTE);
    return_together(CLOSED);
    return_together(CLOSED_UNTOLD);
}

/* One call of the port's network table fails: once, for no reason, or it and all that follow for
 * ten minutes. False: there are fewer calls. */
static bool fail_call(size_t at, nvt_err err, bool on)
{
    begin(2U, at, 5U);
    v.sim.fail_at = at;
    v.sim.fail_err = err;
    v.sim.fail_on = on;
    (void)vehicle_run(&v, v.sim.mono_ms + (uint64_t)OUTAGE_MS);
    bool met = v.sim.calls >= at;
    v.sim.fail_at = 0;
    if (vehicle_drain(&v, 12U * (uint64_t)MIN_MS)) {
        (void)vehicle_audit(&v);
    }
    if (v.fault != NULL) {
        fail_msg("%s (%u): network call %u, err %d, on %d", v.fault, (unsigned)v.fault_number,
                 (unsigned)at, (int)err, (int)on);
    }
    vehicle_halt(&v, 1000U, 0U);
    return met;
}

static void test_each_call(void **state)
{
    (void)state;
    bool met = true;
    size_t at = 0;
    while (met) {
        at++;
        met = fail_call(at, NVT_OK, false);
        (void)fail_call(at, NVT_AGAIN, false);
        (void)fail_call(at, NVT_OK, true);
    }
    assert_in_range(at, 20U, 1000U);
}

/* What was on its way when the tunnel began is not sent again blindly, though it arrives late. */
static void test_in_flight(void **state)
{
    (void)state;
    begin(4U, 3U, 12U);
    while (v.registry.posts < 4U) {
        (void)vehicle_run(&v, v.sim.mono_ms + 1U);
    }
    break_down(DARK);
    (void)vehicle_run(&v, v.sim.mono_ms + (uint64_t)OUTAGE_MS);
    uint64_t posts = v.registry.posts;
    mend();
    assert_true(vehicle_drain(&v, 12U * (uint64_t)MIN_MS));
    assert_true(vehicle_audit(&v));
    assert_true(v.registry.lookups > 0U);
    assert_in_range(v.registry.posts - posts, 1U, 12U);
    vehicle_halt(&v, 1000U, 0U);
}

/* Its time runs out while nobody knows whether it arrived: that is asked first. */
static void test_late_in_doubt(void **state)
{
    (void)state;
    begin(1U, 3U, 1U);
    v.registry.idle_ms = 0;
    v.registry.token_life_s = 3600;
    run_to_delivery(1U);
    uint32_t due_s = (uint32_t)(registry_now_ms(&v.registry) / 1000U) + 300U;
    break_down(DARK);
    assert_int_equal(vehicle_append(&v, NOW_S - 3600, due_s), NVT_OK);
    (void)vehicle_run(&v, v.sim.mono_ms + (uint64_t)OUTAGE_MS);
    assert_int_equal(v.count.expired, 0);
    mend();
    assert_int_equal(v.registry.late, 1);
    assert_true(vehicle_drain(&v, 12U * (uint64_t)MIN_MS));
    assert_int_equal(v.count.delivered, 2);
    vehicle_halt(&v, 1000U, 0U);
}

/* The same when the power went between the answer and its mark, and stayed away for too long. */
static void test_late_after_cut(void **state)
{
    (void)state;
    begin(1U, 3U, 2U);
    while (v.registry.posts < 2U) {
        (void)vehicle_run(&v, v.sim.mono_ms + 1U);
    }
    assert_int_equal(v.count.delivered, 1);
    vehicle_cut(&v, 100000000U);
    assert_true(vehicle_boot(&v));
    /* With what is more urgent the registry tells its time. */
    int64_t now_s = (int64_t)(registry_now_ms(&v.registry) / 1000U);
    assert_int_equal(vehicle_append(&v, now_s - 60, 1U), NVT_OK);
    assert_true(vehicle_drain(&v, 12U * (uint64_t)MIN_MS));
    assert_int_equal(v.count.delivered, 3);
    assert_int_equal(v.registry.posts, 3);
    vehicle_halt(&v, 1000U, 0U);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_at_any_moment), cmocka_unit_test(test_quiet),
        cmocka_unit_test(test_joins_slowly),  cmocka_unit_test(test_fleet),
        cmocka_unit_test(test_each_call),     cmocka_unit_test(test_in_flight),
        cmocka_unit_test(test_late_in_doubt), cmocka_unit_test(test_late_after_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
