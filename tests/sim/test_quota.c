/* SPDX-License-Identifier: Apache-2.0 */
/* Quotas in a call: waited for when that is short, told when it is long, kept by all calls. */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static const struct nvt_environment here = {"here", "https://api.example.net", NULL, NULL};
/* 1: two a second, one after the other; 2: two in ten seconds; 3: the same, both at once */
static const struct nvt_profile profile = {
    .name = "p",
    .title = "P",
    .environments = &here,
    .environment_count = 1,
    .grant = NVT_GRANT_KEY_PAIR,
    .token_path = "/token",
    .token_life_s = 300,
    .retry_500 = true,
    .rates = {{0, 0, 0}, {2, 1000, 1}, {2, 10000, 1}, {2, 10000, 2}}};

static const struct nvt_sim_answer many[] = {STAY(WORLD_OK), STAY(WORLD_OK), STAY(WORLD_OK),
                                             STAY(WORLD_OK), STAY(WORLD_OK), STAY(WORLD_OK)};
static const struct nvt_sim_script scripts[] = {SCRIPT(many), SCRIPT(many)};

static struct world w;

static void send_at(uint8_t rate)
{
    static struct nvt_request q;
    q = world_request("POST", NVT_REQ_KEYED);
    q.rate = rate;
    world_run(&w, &q);
}

static void test_short_wait(void **state)
{
    (void)state;
    world_init(&w, &profile, scripts, 1);
    uint64_t first_ms = w.sim.mono_ms;
    for (unsigned i = 0; i < 5U; i++) {
        send_at(1);
        world_expect(&w, NVT_DELIVERED, NVT_OK);
    }
    assert_true(w.sim.mono_ms - first_ms >= 4U * 500U);
    assert_true(w.sim.mono_ms - first_ms <= 4U * 510U);
    assert_int_equal(w.sim.connections, 1);
    world_close(&w);
}

static void test_long_wait(void **state)
{
    (void)state;
    world_init(&w, &profile, scripts, 1);
    uint64_t first_ms = w.sim.mono_ms;
    send_at(2);
    world_expect(&w, NVT_DELIVERED, NVT_OK);
    size_t calls = w.sim.calls;
    send_at(2);
    world_expect(&w, NVT_RETRY, NVT_E_QUOTA);
    assert_int_equal(w.sim.calls, calls);
    assert_int_equal(w.call.outcome.status, 0);
    assert_in_range(w.call.outcome.retry_at_ms - first_ms, 5000, 5005);
    /* the other rows know nothing of it */
    send_at(1);
    world_expect(&w, NVT_DELIVERED, NVT_OK);
    send_at(3);
    send_at(3);
    world_expect(&w, NVT_DELIVERED, NVT_OK);
    send_at(3);
    world_expect(&w, NVT_RETRY, NVT_E_QUOTA);
    send_at(0);
    world_expect(&w, NVT_DELIVERED, NVT_OK);
    world_close(&w);
}

/* The row that is not there. */
static void test_bad_row(void **state)
{
    struct nvt_request q = world_request("POST", 0);
    (void)state;
    world_init(&w, &profile, scripts, 1);
    q.rate = NVT_RATES_MAX;
    assert_int_equal(nvt_call_begin(&w.call, &q), NVT_E_ARG);
    q.rate = NVT_RATES_MAX - 1U;
    assert_int_equal(nvt_call_begin(&w.call, &q), NVT_OK);
    world_close(&w);
}

/* Two calls that connect at the same time share what there is. */
static void test_two_calls(void **state)
{
    static struct nvt_call other;
    struct nvt_request q = world_request("POST", NVT_REQ_KEYED);
    (void)state;
    world_init(&w, &profile, scripts, 2);
    w.sim.hosts[0].connect_ms = 30;
    q.rate = 2;
    nvt_call_init(&other, &w.client);
    assert_int_equal(nvt_call_begin(&w.call, &q), NVT_OK);
    assert_int_equal(nvt_call_begin(&other, &q), NVT_OK);
    bool done = false;
    bool other_done = false;
    while (!done || !other_done) {
        done = done || world_step(&w, &w.call);
        other_done = other_done || world_step(&w, &other);
    }
    world_expect(&w, NVT_DELIVERED, NVT_OK);
    assert_int_equal(other.outcome.verdict, NVT_RETRY);
    assert_int_equal(other.outcome.failure.err, NVT_E_QUOTA);
    assert_int_equal(world_count_sent(&w, "POST /v3.3/journeys"), 1);
    nvt_call_free(&other);
    world_close(&w);
}

/* What is repeated counts again. */
static void test_repetition_counts(void **state)
{
    static const struct nvt_sim_answer a[] = {STAY(WORLD_500), STAY(WORLD_OK)};
    static const struct nvt_sim_script s[] = {SCRIPT(a)};
    (void)state;
    world_init(&w, &profile, s, 1);
    send_at(3);
    world_expect(&w, NVT_DELIVERED, NVT_OK);
    send_at(3);
    world_expect(&w, NVT_RETRY, NVT_E_QUOTA);
    world_close(&w);
}

/* The environment's quotas stand in the place of the profile's. */
static void test_environment_rates(void **state)
{
    static const struct nvt_rate none[NVT_RATES_MAX] = {{0, 0, 0}};
    (void)state;
    world_init(&w, &profile, scripts, 1);
    w.client.rates = none;
    send_at(2);
    send_at(2);
    world_expect(&w, NVT_DELIVERED, NVT_OK);
    world_close(&w);
}

/* Given up while it waits: nothing was sent. */
static void test_cancel_while_waiting(void **state)
{
    struct nvt_request q = world_request("POST", 0);
    struct nvt_wait wait;
    struct nvt_progress p;
    (void)state;
    world_init(&w, &profile, scripts, 1);
    send_at(1);
    q.rate = 1;
    assert_int_equal(nvt_call_begin(&w.call, &q), NVT_OK);
    assert_int_equal(nvt_call_step(&w.call, &wait), NVT_AGAIN);
    assert_in_range(wait.until_ms - w.sim.mono_ms, 490, 502);
    nvt_call_progress(&w.call, &p);
    assert_int_equal(p.phase, NVT_CALL_WAITING);
    nvt_call_cancel(&w.call);
    assert_int_equal(w.call.outcome.verdict, NVT_RETRY);
    assert_int_equal(world_count_sent(&w, "POST /v3.3/journeys"), 1);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_short_wait),
        cmocka_unit_test(test_long_wait),
        cmocka_unit_test(test_bad_row),
        cmocka_unit_test(test_two_calls),
        cmocka_unit_test(test_repetition_counts),
        cmocka_unit_test(test_environment_rates),
        cmocka_unit_test(test_cancel_while_waiting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
