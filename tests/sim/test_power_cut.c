/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The power goes at every byte that a vehicle's work writes to its flash, and at every step of the
 * uplink: behind each cut the work goes on, and each journey ends once.
 */
#include "vehicle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

enum { MIN_MS = 60000, ROUNDS = 3, JOURNEYS = 5 };

#define NOW_S INT64_C(1800000000)

static struct vehicle v;

static void begin(uint8_t lanes)
{
    const struct vehicle_setup setup = {1024U, 7U, 4U, lanes, NOW_S, 1U, 64U};
    vehicle_init(&v, &setup);
    v.next = 1U;
    assert_true(vehicle_boot(&v));
}

/* Until it comes up: a cut may come while it does. */
static void boot_again(void)
{
    vehicle_cut(&v, 5000U);
    assert_true(vehicle_boot(&v));
}

/* Appends and delivers by turns, so that marks and entries mix, and the device goes round. False:
 * the power went. */
static bool work(void)
{
    for (unsigned round = 0; round < (unsigned)ROUNDS; round++) {
        for (unsigned i = 0; i < (unsigned)JOURNEYS; i++) {
            (void)vehicle_append(&v, NOW_S - 3600, (uint32_t)NOW_S + 80000U);
            if (v.flash.off) {
                return false;
            }
        }
        if (!vehicle_run(&v, v.sim.mono_ms + 1500U)) {
            return false;
        }
    }
    return vehicle_run(&v, v.sim.mono_ms + (uint64_t)MIN_MS);
}

static void finish(unsigned at)
{
    if (v.fault == NULL && vehicle_drain(&v, 20U * (uint64_t)MIN_MS)) {
        (void)vehicle_audit(&v);
    }
    if (v.fault == NULL) {
        boot_again();
    }
    if (v.fault != NULL || v.pending != 0U) {
        fail_msg("%s (%u): cut at %u, torn %d", v.fault == NULL ? "pending" : v.fault,
                 (unsigned)v.fault_number, at, (int)v.flash.torn);
    }
}

static unsigned cut_each_byte(uint8_t lanes, enum nvt_sim_torn torn)
{
    unsigned at = 0;
    bool whole = false;
    while (!whole) {
        at++;
        begin(lanes);
        v.flash.torn = torn;
        v.flash.noise = at;
        v.flash.steps_left = at;
        whole = work();
        if (!whole && v.fault == NULL) {
            boot_again();
        }
        finish(at);
    }
    return at;
}

static void test_each_byte(void **state)
{
    (void)state;
    unsigned cuts = 0;
    for (int torn = 0; torn < (int)NVT_SIM_TORN_COUNT; torn++) {
        cuts += cut_each_byte(1U, (enum nvt_sim_torn)torn);
    }
    cuts += cut_each_byte(3U, NVT_SIM_REORDER);
    print_message("%u cuts\n", cuts);
}

/* Between two steps: nothing is torn, but all that memory knew is gone. */
static void test_each_step(void **state)
{
    (void)state;
    bool whole = false;
    unsigned at = 0;
    for (; !whole; at++) {
        begin(2U);
        for (unsigned i = 0; i < (unsigned)JOURNEYS; i++) {
            (void)vehicle_append(&v, NOW_S - 3600, (uint32_t)NOW_S + 80000U);
        }
        for (unsigned i = 0; i < at && v.pending > 0U; i++) {
            (void)vehicle_run(&v, v.sim.mono_ms + 1U);
        }
        whole = v.pending == 0U;
        boot_again();
        finish(at);
    }
    print_message("%u cuts\n", at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_byte),
        cmocka_unit_test(test_each_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
