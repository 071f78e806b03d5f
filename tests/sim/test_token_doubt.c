/* SPDX-License-Identifier: Apache-2.0 */
/* A system that changed its token key and says 500 to every token of the old one: a new token is
 * asked for once, and an outage that looks the same costs no more than that one. */
#include "vehicle.h"
#include "world.h"

#include <navette/rpc.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#define NOW_S INT64_C(1800000000)

enum { MIN_MS = 60000 };

static struct world w;
static struct vehicle v;

/* ---- one client ---- */

static void start(const struct nvt_sim_script *script)
{
    static struct nvt_profile doubting;
    doubting = world_plain;
    doubting.doubt_status = 500U;
    doubting.rates[0] = world_keyed.rates[0];
    world_init(&w, &doubting, script, 1);
    world_use_keys(&w);
}

static void send(enum nvt_verdict verdict)
{
    world_send(&w, "POST", NVT_REQ_KEYED);
    world_expect(&w, verdict, verdict == NVT_DELIVERED ? NVT_OK : NVT_E_STATUS);
}

#define NEW_GRANT                                                                                  \
    STAY("HTTP/1.1 200 OK\r\nContent-Length: 43\r\n\r\n"                                           \
         "{\"access_token\":\"tok-zyxwvutsrqponmlkjihg\"}")
#define NEW_TOKEN "Bearer tok-zyxwvutsrqponmlkjihg"

static void test_two_in_a_row_renew(void **state)
{
    static const struct nvt_sim_answer a[] = {STAY(WORLD_GRANT), STAY(WORLD_OK), STAY(WORLD_500),
                                              STAY(WORLD_500),   NEW_GRANT,      STAY(WORLD_OK)};
    static const struct nvt_sim_script s = SCRIPT(a);
    (void)state;
    start(&s);
    send(NVT_DELIVERED);
    send(NVT_RETRY);
    assert_int_equal(w.call.token_requests, 1);
    send(NVT_RETRY);
    send(NVT_DELIVERED);
    assert_int_equal(w.call.token_requests, 2);
    assert_int_equal(world_count_sent(&w, NEW_TOKEN), 1);
    world_close(&w);
}

/* Between a request that the server falls over and the next one others are answered. */
static void test_one_request_at_fault(void **state)
{
    static const struct nvt_sim_answer a[] = {
        STAY(WORLD_GRANT),
        STAY(WORLD_500),
        STAY(WORLD_OK),
        STAY(WORLD_500),
        STAY("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"), /* a look-up's */
        STAY(WORLD_500),
        STAY(WORLD_OK)};
    static const struct nvt_sim_script s = SCRIPT(a);
    (void)state;
    start(&s);
    for (size_t i = 0; i < 6U; i++) {
        bool answered = i % 2U == 1U;
        send(i == 3U ? NVT_REFUSED : answered ? NVT_DELIVERED : NVT_RETRY);
    }
    assert_int_equal(w.call.token_requests, 1);
    world_close(&w);
}

static void test_outage_costs_one(void **state)
{
    static const struct nvt_sim_answer a[] = {
        STAY(WORLD_GRANT), STAY(WORLD_500), STAY(WORLD_500), NEW_GRANT,       STAY(WORLD_500),
        STAY(WORLD_500),   STAY(WORLD_500), STAY(WORLD_500), STAY(WORLD_500), STAY(WORLD_OK),
        STAY(WORLD_500),   STAY(WORLD_500), NEW_GRANT,       STAY(WORLD_OK)};
    static const struct nvt_sim_script s = SCRIPT(a);
    (void)state;
    start(&s);
    for (unsigned i = 0; i < 7U; i++) {
        send(NVT_RETRY);
    }
    assert_int_equal(w.call.token_requests, 2);
    send(NVT_DELIVERED); /* it is over: the next one may be the token's fault again */
    send(NVT_RETRY);
    send(NVT_RETRY);
    send(NVT_DELIVERED);
    assert_int_equal(w.call.token_requests, 3);
    world_close(&w);
}

#define NO_401 STAY("HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n")

static void send_401(void)
{
    world_send(&w, "POST", NVT_REQ_KEYED);
    world_expect(&w, NVT_REFUSED, NVT_E_UNAUTHORIZED);
}

/* A request that is refused with each token costs one new one, not one each time: its quota would
 * be all others'. */
static void test_401_for_one_request(void **state)
{
    static const struct nvt_sim_answer a[] = {STAY(WORLD_GRANT),
                                              STAY(WORLD_OK),
                                              NO_401,
                                              NEW_GRANT,
                                              NO_401,
                                              STAY(WORLD_OK),
                                              NO_401,
                                              STAY(WORLD_OK),
                                              NO_401,
                                              STAY(WORLD_OK),
                                              NO_401,
                                              NO_401,
                                              NEW_GRANT,
                                              STAY(WORLD_OK),
                                              NO_401,
                                              NEW_GRANT,
                                              STAY(WORLD_OK)};
    static const struct nvt_sim_script s = SCRIPT(a);
    (void)state;
    start(&s);
    send(NVT_DELIVERED);
    for (unsigned i = 0; i < 3U; i++) {
        send_401();
        send(NVT_DELIVERED);
        assert_int_equal(w.call.token_requests, 2);
    }
    send_401(); /* two in a row: it is the token after all */
    send(NVT_DELIVERED);
    assert_int_equal(w.call.token_requests, 3);
    w.sim.mono_ms += (uint64_t)MIN_MS;
    send(NVT_DELIVERED); /* which helped: the next one is at once */
    assert_int_equal(w.call.token_requests, 4);
    world_close(&w);
}

/* The server quotes the token that is dropped over its answer. */
static void test_dropped_token_is_hidden(void **state)
{
    static const char quote[] = "HTTP/1.1 500 Oh\r\nContent-Length: 48\r\n\r\n"
                                "{\"message\":\"Invalid: " WORLD_TOKEN "!\"}";
    static const struct nvt_sim_answer a[] = {STAY(WORLD_GRANT), STAY(quote), STAY(quote)};
    static const struct nvt_sim_script s = SCRIPT(a);
    (void)state;
    start(&s);
    w.echoed = true;
    for (unsigned i = 0; i < 2U; i++) {
        send(NVT_RETRY);
        assert_string_equal(w.call.outcome.failure.message,
                            NVT_SERVER_WORDS ? "Invalid: ***!" : "");
    }
    assert_int_equal(w.client.token.len, 0);
    world_close(&w);
}

/* The last token of the minute is not spent on a guess; once there is room, the next answer tells.
 */
static void test_quota_goes_before(void **state)
{
    static const struct nvt_sim_answer a[] = {STAY(WORLD_GRANT), STAY(WORLD_500), STAY(WORLD_500),
                                              STAY(WORLD_500),   NEW_GRANT,       STAY(WORLD_OK)};
    static const struct nvt_sim_script s = SCRIPT(a);
    (void)state;
    start(&s);
    send(NVT_RETRY);
    uint64_t due_us = w.client.rate_due_us[0];
    w.client.rate_due_us[0] = (w.sim.mono_ms + 60000U) * 1000U;
    send(NVT_RETRY);
    assert_true(w.client.token.len > 0U);
    w.client.rate_due_us[0] = due_us;
    send(NVT_RETRY);
    send(NVT_DELIVERED);
    assert_int_equal(w.call.token_requests, 2);
    world_close(&w);
}

/* A token made by hand, a system where 500 says nothing, a request that goes without. */
static void test_nothing_to_renew(void **state)
{
    static const struct nvt_sim_answer a[] = {STAY(WORLD_500), STAY(WORLD_500), STAY(WORLD_500),
                                              STAY(WORLD_OK)};
    static const struct nvt_sim_script s = SCRIPT(a);
    (void)state;
    for (unsigned turn = 0; turn < 3U; turn++) {
        start(&s);
        if (turn == 0U) {
            nvt_credentials_wipe(&w.client.credentials);
        }
        if (turn == 1U) {
            w.client.profile = &world_plain;
        }
        assert_int_equal(nvt_token_set(&w.client.token, NVT_LIT(WORLD_TOKEN), UINT64_MAX), NVT_OK);
        for (unsigned i = 0; i < 4U; i++) {
            world_send(&w, "POST", turn == 2U ? NVT_REQ_NO_AUTH | NVT_REQ_KEYED : NVT_REQ_KEYED);
        }
        world_expect(&w, NVT_DELIVERED, NVT_OK);
        assert_int_equal(w.call.token_requests, 0);
        assert_true(w.client.token.len > 0U);
        world_close(&w);
    }
}

/* ---- an uplink and its registry ---- */

static void boot(uint8_t lanes)
{
    const struct vehicle_setup setup = {4096U, 12U, 16U, lanes, NOW_S, 1U, 128U};
    vehicle_init(&v, &setup);
    v.sim.latency_ms = 25;
    assert_true(vehicle_boot(&v));
}

static void append(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(vehicle_append(&v, NOW_S - 3600, (uint32_t)NOW_S + 80000U), NVT_OK);
    }
}

static void stop(void)
{
    assert_null(v.fault);
    assert_true(vehicle_audit(&v));
    vehicle_halt(&v, 1000U, 0U);
}

enum { PATIENT = 4 }; /* entries, at most, that meet the old key before it is known for old */

/* It would be 270 s until the token's end. */
static void test_new_key(void **state)
{
    (void)state;
    for (uint8_t lanes = 1; lanes <= 4U; lanes = (uint8_t)(lanes + 3U)) {
        boot(lanes);
        append(4);
        assert_true(vehicle_drain(&v, MIN_MS));
        assert_int_equal(v.registry.tokens, 1);
        registry_rekey(&v.registry);
        append(20);
        uint64_t begun_ms = v.sim.mono_ms;
        (void)vehicle_run(&v, begun_ms + MIN_MS);
        /* What met the old key comes again behind the others. */
        assert_in_range(v.count.delivered, 24U - PATIENT, 24U);
        assert_true(vehicle_drain(&v, MIN_MS));
        assert_int_equal(v.registry.tokens, 2);
        stop();
    }
}

/* An hour of nothing but 500: what the tokens' ends ask for, and one. */
static void test_hour_of_500(void **state)
{
    (void)state;
    boot(4);
    append(4);
    assert_true(vehicle_drain(&v, MIN_MS));
    v.registry.mood.error = 1000U;
    v.registry.mood.tokens_well = true;
    append(8);
    (void)vehicle_run(&v, v.sim.mono_ms + 60U * MIN_MS);
    assert_null(v.fault);
    assert_in_range(v.registry.tokens, 2, 2 + 3600 / 270 + 1);
    v.registry.mood.error = 0;
    assert_true(vehicle_drain(&v, 30U * MIN_MS));
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_in_a_row_renew), cmocka_unit_test(test_one_request_at_fault),
        cmocka_unit_test(test_outage_costs_one),   cmocka_unit_test(test_401_for_one_request),
        cmocka_unit_test(test_quota_goes_before),  cmocka_unit_test(test_dropped_token_is_hidden),
        cmocka_unit_test(test_nothing_to_renew),   cmocka_unit_test(test_new_key),
        cmocka_unit_test(test_hour_of_500),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
