/* SPDX-License-Identifier: Apache-2.0 */
/* Journeys that end in the registry's future, since the clock that wrote them is ahead: they are
 * kept until its clock is there, and hold up no other. */
#include "uplink_world.h"
#include "vehicle.h"

#include <navette/rpc.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define NOW_S INT64_C(1800000000)

enum { SEC_MS = 1000, MIN_MS = 60000, DAY_S = 86400 };

static struct vehicle v;
static struct up_world world;

static void boot(uint8_t lanes)
{
    const struct vehicle_setup setup = {4096U, 32U, 16U, lanes, NOW_S, 1U, 128U};
    vehicle_init(&v, &setup);
    v.sim.latency_ms = 25;
    assert_true(vehicle_boot(&v));
}

/* One that ends so much later than now. */
static void append(int64_t ends_in_s)
{
    int64_t start_s = (int64_t)(registry_now_ms(&v.registry) / 1000U) - 600;
    v.registry.trip_s = 600 + ends_in_s;
    assert_int_equal(vehicle_append(&v, start_s, (uint32_t)(start_s + DAY_S)), NVT_OK);
}

static void run(uint64_t ms)
{
    (void)vehicle_run(&v, v.sim.mono_ms + ms);
    assert_null(v.fault);
}

static void stop(void)
{
    assert_true(vehicle_audit(&v));
    assert_null(v.fault);
    vehicle_halt(&v, 1000U, 0U);
}

static void test_waits_for_its_end(void **state)
{
    (void)state;
    boot(1);
    append(85);
    run(10U * SEC_MS);
    for (unsigned i = 0; i < 3U; i++) { /* those behind it do not wait */
        append(-60);
    }
    run(10U * SEC_MS);
    assert_int_equal(v.count.delivered, 3);
    assert_int_equal(v.uplink.state.busy, 0);
    assert_int_equal(v.uplink.state.link, NVT_UPLINK_UP);
    run(85U * SEC_MS);
    assert_int_equal(v.count.delivered, 3);
    run(60U * SEC_MS);
    assert_int_equal(v.count.delivered, 4);
    assert_int_equal(v.registry.early, 1);
    assert_int_equal(v.count.refused, 0);
    stop();
}

/* No connection is kept for it meanwhile. */
static void test_idle_connection(void **state)
{
    (void)state;
    boot(2);
    for (unsigned i = 0; i < 4U; i++) {
        append(-60);
    }
    assert_true(vehicle_drain(&v, MIN_MS));
    append(-60);
    append(85);
    run(5U * SEC_MS);
    assert_int_equal(v.registry.early, 1);
    assert_int_equal(v.lanes[1].call.conn.phase, NVT_CONN_OPEN);
    run((uint64_t)NVT_UPLINK_IDLE_MS);
    append(-60);
    run(1U * SEC_MS);
    assert_int_equal(v.lanes[1].call.conn.phase, NVT_CONN_CLOSED);
    assert_true(vehicle_drain(&v, 10U * MIN_MS));
    stop();
}

/* A hundred of them: neither what is more urgent nor what is less waits for them. */
static void test_many(void **state)
{
    (void)state;
    for (uint8_t lanes = 1; lanes <= 4U; lanes = (uint8_t)(lanes + 3U)) {
        boot(lanes);
        for (int i = 0; i < 100; i++) {
            append(50 + i / 3);
        }
        run(20U * SEC_MS);
        assert_int_equal(v.count.delivered, 0);
        assert_int_equal(v.uplink.state.busy, 0);
        uint32_t early = (uint32_t)v.registry.early;
        assert_in_range(early, 80, 100); /* the others are refused for their content */
        for (int64_t start_s = NOW_S - 3600; start_s < NOW_S; start_s += 3540) {
            v.registry.trip_s = 50;
            assert_int_equal(vehicle_append(&v, start_s, (uint32_t)(start_s + DAY_S)), NVT_OK);
        }
        run(5U * SEC_MS);
        assert_int_equal(v.count.delivered, 2);
        assert_int_equal(v.registry.early, early); /* asked again only when they may be ready */
        run(3U * MIN_MS);
        assert_int_equal(v.count.delivered + v.count.refused, 102);
        assert_in_range(v.registry.early, early, early + early / 4U);
        stop();
    }
}

/* A clock that is further ahead is wrong, not early; so is a journey that the registry
 * still does not take when by its own Date it could. */
static void test_bounds(void **state)
{
    (void)state;
    boot(1);
    append(NVT_UPLINK_EARLY_MAX_S - 30 + 2);
    run(5U * SEC_MS);
    assert_int_equal(v.count.refused, 1);
    append(NVT_UPLINK_EARLY_MAX_S - 30 - 2);
    run(5U * SEC_MS);
    assert_int_equal(v.count.refused, 1);
    run((uint64_t)NVT_UPLINK_EARLY_MAX_S * SEC_MS);
    assert_int_equal(v.count.delivered, 1);
    v.registry.ahead_s = -40; /* the one that judges lags behind the one that writes the Date */
    append(5);
    run(2U * MIN_MS);
    assert_int_equal(v.count.refused, 2);
    assert_int_equal(v.registry.early, 4);
    stop();
}

/* It starts after its end: refused once that is over, whatever the code says. */
static void test_not_the_clock(void **state)
{
    (void)state;
    boot(1);
    v.registry.trip_s = -100;
    assert_int_equal(vehicle_append(&v, NOW_S - 600, (uint32_t)NOW_S + DAY_S), NVT_OK);
    run(5U * SEC_MS);
    assert_int_equal(v.count.refused, 1);
    stop();
}

static void test_stops_and_starts(void **state)
{
    (void)state;
    boot(1);
    for (int i = 0; i < 7; i++) {
        append(85);
    }
    run(5U * SEC_MS);
    vehicle_halt(&v, 1000U, 1000U);
    assert_true(vehicle_boot(&v));
    for (size_t i = 0; i < (size_t)NVT_SPOOL_OUT_MAX; i++) {
        assert_int_equal(v.spool.out[i].id, 0);
    }
    assert_true(vehicle_drain(&v, 10U * MIN_MS));
    assert_int_equal(v.count.delivered, 7);
    stop();
}

/* Told that the clock was set: what waits is tried at once. */
static void test_resume(void **state)
{
    (void)state;
    boot(1);
    for (int i = 0; i < 7; i++) {
        append(85);
    }
    run(5U * SEC_MS);
    v.registry.ahead_s = 400;
    nvt_uplink_resume(&v.uplink);
    run(5U * SEC_MS);
    assert_int_equal(v.count.delivered, 7);
    stop();
}

/* ---- answers ---- */

#define DATE "Date: Sun, 15 Jun 2025 15:06:41 GMT\r\n" /* UP_DATE_S */
#define PARSE_ERROR                                                                                \
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"data\":\"Journeys cannot happen in the future\","  \
    "\"code\":-32700,\"message\":\"Parse error\"}}"
#define TERMS "{\"error\":{\"code\":-32422,\"data\":{\"terms_violation_labels\":[\"expired\"]}}}"

/* How often it is sent when the first answer is this one. */
static size_t sent(struct nvt_sim_answer first, const char *end)
{
    char text[UP_BODY];
    uint32_t id = 0;
    up_init(&world, &nvt_rpc_uplink, 1, &first, 1);
    up_start(&world);
    (void)snprintf(text, sizeof text,
                   "{\"operator_journey_id\" : \"j\",\"start\":{\"datetime\":"
                   "\"2025-06-15T15:00:00Z\"},\"end\":{%s}}",
                   end);
    assert_int_equal(nvt_spool_append(&world.spool, nvt_span_str(text), UINT32_MAX, &id), NVT_OK);
    up_run(&world, (uint64_t)NVT_UPLINK_EARLY_MAX_S * SEC_MS);
    const struct up_told *t = up_receipt(&world, id);
    size_t count = up_count_asked(&world, "POST");
    if (count == 1U) {
        assert_int_equal(t->state, NVT_SPOOL_REFUSED);
        assert_int_equal(t->status, 422);
        assert_true(t->reason[0] != '\0');
    } else {
        assert_int_equal(t->state, NVT_SPOOL_DELIVERED);
    }
    up_end(&world);
    return count;
}

static void test_told_apart(void **state)
{
    (void)state;
    static const char soon[] = "\"datetime\":\"2025-06-15T17:07:40.5+02:00\"";
    const char *const others[] = {"", "\"datetime\":17", "\"datetime\":\"soon\"",
                                  "\"datetime\":\"2025-06-15T15:06:11Z\"",
                                  "\"datetime\":\"2025-06-15T18:00:00Z\""};
    assert_int_equal(sent(up_says("422 No", DATE, PARSE_ERROR), soon), 2);
    assert_int_equal(sent(up_says("422 No", DATE, TERMS), soon), 1);
    assert_int_equal(sent(up_says("422 No", DATE, "{\"error\":{\"code\":-32701}}"), soon), 1);
    assert_int_equal(sent(up_says("422 No", "", PARSE_ERROR), soon), 1); /* no clock to go by */
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_int_equal(sent(up_says("422 No", DATE, PARSE_ERROR), others[i]), 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_waits_for_its_end),
        cmocka_unit_test(test_idle_connection),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_not_the_clock),
        cmocka_unit_test(test_stops_and_starts),
        cmocka_unit_test(test_resume),
        cmocka_unit_test(test_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
