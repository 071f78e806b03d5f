/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One fault at every byte of what an uplink and the registry say to each other, in both directions:
 * the connection ends there in four ways, a record is broken, the line stalls for a while or for
 * good, a byte is changed. Whatever it was, each journey is settled once, with the registry's own
 * word, and no call outlives its deadline.
 */
#include "vehicle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

enum { NOW_S = 1800000000, HOUR_MS = 3600000, COUNT = 4 };

static struct vehicle v;

static const struct nvt_sim_fault ends[] = {
    {.how = NVT_SIM_CLOSE},   {.how = NVT_SIM_CUT},
    {.how = NVT_SIM_RESET},   {.how = NVT_SIM_RESET, .err = NVT_E_TLS_RECORD},
    {.how = NVT_SIM_SILENCE}, {.hold_ms = 5000},
    {.hold_ms = 45000},
};

/* Below TLS a changed byte never gets through. These run without it: the answers' bytes do change,
 * and the client must stand whatever they turn into. */
static const struct nvt_sim_fault changes[] = {
    {.mask = 0x01U}, {.mask = 0x02U}, {.mask = 0x04U},
    {.mask = 0x10U}, {.mask = 0x20U}, {.mask = 0x80U},
};

/* Journeys 5 to 8: the third, 7, breaks the registry's terms. */
static void begin(uint8_t lanes, uint32_t first)
{
    const struct vehicle_setup setup = {2048U, 8U, 16U, lanes, NOW_S, 1U, 16U};
    vehicle_init(&v, &setup);
    v.next = first;
    v.sim.latency_ms = 10;
    assert_true(vehicle_boot(&v));
    for (unsigned i = 0; i < (unsigned)COUNT; i++) {
        assert_int_equal(vehicle_append(&v, NOW_S - 3600, NOW_S + 80000), NVT_OK);
    }
}

static void finish(const struct nvt_sim_fault *f)
{
    bool drained = vehicle_drain(&v, 4U * (uint64_t)HOUR_MS);
    if (drained) {
        (void)vehicle_audit(&v);
    }
    if (v.fault != NULL) {
        fail_msg("%s (%u): how %d, hold %u, mask %u, err %d, at byte %u of the %s of connection %u",
                 v.fault, (unsigned)v.fault_number, (int)f->how, (unsigned)f->hold_ms,
                 (unsigned)f->mask, (int)f->err, (unsigned)f->at,
                 f->answers ? "answers" : "requests", (unsigned)f->connection);
    }
    vehicle_halt(&v, 1000U, 0U);
    assert_null(v.fault);
}

/* Every byte, each connection's, in each of these ways. */
static unsigned meet_all(uint8_t lanes, const struct nvt_sim_fault *faults, size_t count,
                         bool answers)
{
    unsigned runs = 0;
    for (size_t connection = 0; connection < lanes; connection++) {
        for (size_t way = 0; way < count; way++) {
            bool met = true;
            for (size_t at = 0; met; at++) {
                begin(lanes, 5U);
                v.sim.fault = faults[way];
                v.sim.fault.armed = true;
                v.sim.fault.answers = answers;
                v.sim.fault.connection = connection;
                v.sim.fault.at = at;
                const struct nvt_sim_fault fault = v.sim.fault;
                finish(&fault);
                met = v.sim.fault.met != 0U;
                runs += met ? 1U : 0U;
            }
        }
    }
    return runs;
}

static void expect_settled(uint32_t refused)
{
    assert_int_equal(v.count.delivered, (uint32_t)COUNT - refused);
    assert_int_equal(v.count.refused, refused);
}

/* Without a fault: what the others are compared with. */
static void test_none(void **state)
{
    (void)state;
    const struct nvt_sim_fault none = {.armed = false};
    begin(1U, 5U);
    finish(&none);
    expect_settled(1U);
    assert_int_equal(v.registry.posts, (unsigned)COUNT);
    assert_int_equal(v.registry.lookups, 0);
    assert_int_equal(v.registry.tokens, 1);
    assert_int_equal(v.count.duplicates, 0);
}

static void test_requests(void **state)
{
    (void)state;
    print_message("%u faults in requests\n",
                  meet_all(1U, ends, sizeof ends / sizeof ends[0], false));
}

static void test_answers(void **state)
{
    (void)state;
    print_message("%u faults in answers\n", meet_all(1U, ends, sizeof ends / sizeof ends[0], true));
}

static void test_two_lanes(void **state)
{
    (void)state;
    print_message("%u faults with two lanes\n",
                  meet_all(2U, ends + 2, 2U, true) + meet_all(2U, ends + 4, 1U, false));
}

static void test_changed_answers(void **state)
{
    (void)state;
    print_message("%u changed bytes\n",
                  meet_all(1U, changes, sizeof changes / sizeof changes[0], true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_none),
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_two_lanes),
        cmocka_unit_test(test_changed_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
