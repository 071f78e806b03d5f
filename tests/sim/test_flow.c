/* SPDX-License-Identifier: Apache-2.0 */
/* How a call goes: kept connections, stale ones, statuses and times. */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#define OK_CLOSE "HTTP/1.1 201 Created\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"

static struct world w;

static void one_answer(const struct nvt_profile *profile, const char *answer, uint8_t flags,
                       enum nvt_verdict verdict, nvt_err err)
{
    const struct nvt_sim_answer a[] = {{answer, strlen(answer), 0, false, NVT_SIM_STAY}};
    const struct nvt_sim_script s[] = {SCRIPT(a)};
    world_init(&w, profile, s, 1);
    world_send(&w, "POST", flags);
    world_expect(&w, verdict, err);
}

/* ---- connections ---- */

static void test_one_record_and_wiped(void **state)
{
    static const struct nvt_sim_answer a[] = {STAY(WORLD_OK)};
    static const struct nvt_sim_script s[] = {SCRIPT(a)};
    (void)state;
    world_init(&w, &world_keyed, s, 1);
    world_send(&w, "POST", NVT_REQ_KEYED);
    world_expect(&w, NVT_DELIVERED, NVT_OK);
    assert_string_equal((const char *)w.sent,
                        "POST /v3.3/journeys HTTP/1.1\r\nHost: api.example.net\r\n"
                        "Authorization: Bearer " WORLD_TOKEN "\r\nUser-Agent: navette\r\n"
                        "Accept: application/json\r\nContent-Type: application/json\r\n"
                        "Content-Length: 29\r\n\r\n{\"operator_journey_id\":\"j-1\"}");
    /* resolve, open, connected, one send, two recv at most before it answers */
    assert_true(w.sim.calls <= 6U);
    assert_false(world_holds(&w.call, sizeof(w.call), WORLD_TOKEN));
    assert_true(w.client.token.good);
    world_close(&w);
}

static void test_keep_alive(void **state)
{
    static const struct nvt_sim_answer a[] = {STAY(WORLD_OK), STAY(WORLD_OK), STAY(OK_CLOSE)};
    static const struct nvt_sim_answer b[] = {STAY(WORLD_OK)};
    static const struct nvt_sim_script s[] = {SCRIPT(a), SCRIPT(b)};
    (void)state;
    world_init(&w, &world_keyed, s, 2);
    for (unsigned i = 0; i < 4U; i++) {
        world_send(&w, "POST", 0);
        world_expect(&w, NVT_DELIVERED, NVT_OK);
    }
    assert_int_equal(w.sim.connections, 2);
    assert_int_equal(w.call.conn.stats.handshakes, 1);
    assert_int_equal(w.call.conn.stats.resumptions, 1);
    world_close(&w);
}

/* The server had closed before the request was sent: seen, no retry used, even unkeyed. */
static void test_closed_while_idle(void **state)
{
    static const struct nvt_sim_answer a[] = {STAY(WORLD_OK), UNASKED("", NVT_SIM_CLOSE)};
    static const struct nvt_sim_answer b[] = {STAY(WORLD_OK)};
    static const struct nvt_sim_script s[] = {SCRIPT(a), SCRIPT(b)};
    (void)state;
    world_init(&w, &world_plain, s, 2);
    world_send(&w, "POST", 0);
    w.sim.mono_ms += 1000;
    world_send(&w, "POST", 0);
    world_expect(&w, NVT_DELIVERED, NVT_OK);
    assert_false(w.call.stale_tried);
    assert_int_equal(w.sim.connections, 2);
    world_close(&w);
}

/* Bytes that nobody asked for make a kept connection unfit: they could pose as an answer. */
static void test_unasked_answer(void **state)
{
    static const struct nvt_sim_answer a[] = {
        STAY(WORLD_OK), UNASKED("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", NVT_SIM_STAY)};
    static const struct nvt_sim_answer b[] = {STAY(WORLD_OK)};
    static const struct nvt_sim_script s[] = {SCRIPT(a), SCRIPT(b)};
    (void)state;
    world_init(&w, &world_plain, s, 2);
    world_send(&w, "POST", 0);
    w.sim.mono_ms += 1000;
    world_send(&w, "POST", 0);
    world_expect(&w, NVT_DELIVERED, NVT_OK);
    assert_true(nvt_span_eq(w.call.outcome.body, NVT_LIT("ok")));
    assert_int_equal(w.sim.connections, 2);
    world_close(&w);
}

static void stale(enum nvt_sim_end how, uint8_t flags, enum nvt_verdict verdict, nvt_err err)
{
    const struct nvt_sim_answer a[] = {STAY(WORLD_OK), ENDS("", how)};
    static const struct nvt_sim_answer b[] = {STAY(WORLD_OK)};
    const struct nvt_sim_script s[] = {SCRIPT(a), SCRIPT(b)};
    world_init(&w, &world_keyed, s, 2);
    world_send(&w, "POST", flags);
    world_send(&w, "POST", flags);
    world_expect(&w, verdict, err);
    world_close(&w);
}

static void test_stale_connection(void **state)
{
    (void)state;
    stale(NVT_SIM_CLOSE, NVT_REQ_KEYED, NVT_DELIVERED, NVT_OK);
    stale(NVT_SIM_CUT, NVT_REQ_IDEMPOTENT, NVT_DELIVERED, NVT_OK);
    stale(NVT_SIM_RESET, NVT_REQ_KEYED, NVT_DELIVERED, NVT_OK);
    stale(NVT_SIM_CLOSE, 0, NVT_UNKNOWN, NVT_E_NET_CLOSED);
    stale(NVT_SIM_CUT, 0, NVT_UNKNOWN, NVT_E_TLS_TRUNCATED);
    stale(NVT_SIM_RESET, 0, NVT_UNKNOWN, NVT_E_NET_RESET);
}

/* One retry, not two; and none on a connection that is fresh. */
static void test_stale_once(void **state)
{
    static const struct nvt_sim_answer a[] = {STAY(WORLD_OK), ENDS("", NVT_SIM_CLOSE)};
    static const struct nvt_sim_answer b[] = {ENDS("", NVT_SIM_CLOSE)};
    static const struct nvt_sim_script s[] = {SCRIPT(a), SCRIPT(b), SCRIPT(a)};
    (void)state;
    world_init(&w, &world_keyed, s, 3);
    world_send(&w, "POST", NVT_REQ_KEYED);
    world_send(&w, "POST", NVT_REQ_KEYED);
    world_expect(&w, NVT_RETRY, NVT_E_NET_CLOSED);
    assert_int_equal(w.sim.connections, 2);
    world_close(&w);
}

/* A reset while sending: nothing of the request can be acted upon, so even unkeyed is sent anew. */
static void test_reset_before_sent(void **state)
{
    static const struct nvt_sim_answer a[] = {STAY(WORLD_OK)};
    static const struct nvt_sim_script s[] = {SCRIPT(a), SCRIPT(a)};
    (void)state;
    world_init(&w, &world_plain, s, 2);
    world_send(&w, "POST", 0);
    w.sim.fail_at = w.sim.calls + 2U; /* after the look at the kept connection */
    world_send(&w, "POST", 0);
    world_expect(&w, NVT_DELIVERED, NVT_OK);
    assert_true(w.call.stale_tried);
    world_close(&w);
}

/* The server answers in the middle of a long body and resets the rest: its answer counts. */
static void cut_short(const char *answer, uint8_t flags, enum nvt_verdict verdict, nvt_err err)
{
    static uint8_t body[6000];
    const struct nvt_sim_answer a[] = {{answer, strlen(answer), 0, true, NVT_SIM_RESET}};
    static const struct nvt_sim_answer b[] = {STAY(WORLD_OK)};
    const struct nvt_sim_script s[] = {SCRIPT(a), SCRIPT(b)};
    struct nvt_request q = world_request("POST", flags);
    q.body = nvt_span_of(body, sizeof(body));
    world_init(&w, &world_keyed, s, 2);
    w.sim.send_max = 700;
    w.sim.sent_max = 2000;
    world_run(&w, &q);
    world_expect(&w, verdict, err);
    assert_false(world_holds(&w.call, sizeof(w.call), WORLD_TOKEN));
    w.sim.sent_max = 0;
    world_send(&w, "POST", flags); /* on a connection of its own */
    world_expect(&w, NVT_DELIVERED, NVT_OK);
    assert_int_equal(w.sim.connections, 2);
    world_close(&w);
}

static void test_cut_short(void **state)
{
    static const char large[] = "HTTP/1.1 413 Content Too Large\r\nContent-Length: 19\r\n\r\n"
                                "{\"error\":\"too big\"}";
    (void)state;
    cut_short(large, 0, NVT_REFUSED, NVT_E_STATUS);
    cut_short(large, NVT_REQ_KEYED, NVT_REFUSED, NVT_E_STATUS);
    cut_short(WORLD_OK, 0, NVT_DELIVERED, NVT_OK);
    cut_short("", 0, NVT_UNKNOWN, NVT_E_NET_RESET);
    cut_short("", NVT_REQ_KEYED, NVT_RETRY, NVT_E_NET_RESET);
    cut_short("HTTP/1.1 413 Content Too La", 0, NVT_UNKNOWN, NVT_E_NET_RESET);
    cut_short("HTTP/1.1 413 X\r\nContent-Length: 9\r\n\r\n{", 0, NVT_UNKNOWN, NVT_E_NET_RESET);
}

/* ---- statuses ---- */

static void test_500_is_repeated_once(void **state)
{
    static const struct nvt_sim_answer a[] = {STAY(WORLD_500), STAY(WORLD_OK), STAY(WORLD_500),
                                              STAY(WORLD_500)};
    static const struct nvt_sim_script s[] = {SCRIPT(a)};
    (void)state;
    world_init(&w, &world_keyed, s, 1);
    uint64_t at = w.sim.mono_ms;
    world_send(&w, "POST", NVT_REQ_KEYED);
    world_expect(&w, NVT_DELIVERED, NVT_OK);
    assert_true(w.sim.mono_ms - at >= 1000U);
    world_send(&w, "POST", NVT_REQ_KEYED);
    world_expect(&w, NVT_RETRY, NVT_E_STATUS);
    assert_int_equal(w.call.outcome.status, 500);
    world_close(&w);
}

static void test_500_unkeyed(void **state)
{
    (void)state;
    one_answer(&world_keyed, WORLD_500, 0, NVT_UNKNOWN, NVT_E_STATUS);
    world_close(&w);
    one_answer(&world_plain, WORLD_500, NVT_REQ_KEYED, NVT_RETRY, NVT_E_STATUS);
    world_close(&w);
}

static uint64_t delay_of(const char *fields)
{
    char answer[512];
    (void)snprintf(answer, sizeof(answer),
                   "HTTP/1.1 429 Too Many Requests\r\n%sContent-Length: 0\r\n\r\n", fields);
    one_answer(&world_keyed, answer, NVT_REQ_KEYED, NVT_RETRY, NVT_E_STATUS);
    uint64_t delay = w.call.outcome.retry_at_ms - w.sim.mono_ms;
    world_close(&w);
    return delay;
}

static void test_retry_times(void **state)
{
    (void)state;
    assert_int_equal(delay_of("Retry-After: 17\r\n"), 17000);
    assert_int_equal(delay_of("Retry-After: 0\r\n"), 1000); /* the usual back-off */
    /* by the server's clock, which need not be ours */
    assert_int_equal(delay_of("Date: Mon, 02 Jun 2025 10:00:00 GMT\r\n"
                              "Retry-After: Mon, 02 Jun 2025 10:00:30 GMT\r\n"),
                     30000);
    assert_int_equal(delay_of("Date: Mon, 02 Jun 2025 10:00:00 GMT\r\n"
                              "Retry-After: Mon, 02 Jun 2025 09:00:30 GMT\r\n"),
                     NVT_BACKOFF_MS);
    /* by ours: 1750000001 is Sun, 15 Jun 2025 15:06:41 GMT */
    assert_int_equal(delay_of("Retry-After: Sun, 15 Jun 2025 15:07:00 GMT\r\n"), 19000);
    assert_int_equal(delay_of("X-RateLimit-Reset: 1750000011\r\n"), 10000);
    assert_int_equal(delay_of("X-RateLimit-Reset: 12\r\n"), 12000);
    assert_int_equal(delay_of("RateLimit-Reset: 5\r\nX-RateLimit-Reset: 12\r\n"), 5000);
    assert_int_equal(delay_of("Retry-After: 3\r\nRateLimit-Reset: 5\r\n"), 3000);
    assert_int_equal(delay_of("Retry-After: soon\r\n"), NVT_BACKOFF_MS);
    assert_int_equal(delay_of(""), NVT_BACKOFF_MS);
    /* longer than a day is a mistake or malice */
    assert_int_equal(delay_of("Retry-After: 999999999999999999999999\r\n"), 86400000);
    assert_int_equal(delay_of("Retry-After: 99999999\r\n"), 86400000);
}

static void test_back_off_grows(void **state)
{
    (void)state;
    uint64_t before = 0;
    world_init(&w, &world_keyed, NULL, 0);
    w.sim.resolve_err = NVT_E_NET_NAME;
    for (unsigned i = 0; i < 20U; i++) {
        world_send(&w, "POST", 0);
        world_expect(&w, NVT_RETRY, NVT_E_NET_NAME);
        uint64_t delay = w.call.outcome.retry_at_ms - w.sim.mono_ms;
        assert_true(delay == (before == 0U ? 1000U : 2U * before) || delay == 300000U);
        before = delay;
    }
    assert_int_equal(before, 300000);
    world_close(&w);
}

static void test_redirect(void **state)
{
    (void)state;
    one_answer(&world_keyed,
               "HTTP/1.1 307 Go\r\nLocation: https://evil.example/?t=" WORLD_TOKEN
               "\r\nContent-Length: 0\r\n\r\n",
               NVT_REQ_KEYED, NVT_REFUSED, NVT_E_REDIRECT);
    assert_string_equal(w.call.outcome.failure.message, "https://evil.example/?t=***");
    assert_int_equal(w.sim.connections, 1);
    world_close(&w);
}

static void test_quota_fields(void **state)
{
    (void)state;
    one_answer(&world_keyed,
               "HTTP/1.1 201 Created\r\nDate: Mon, 02 Jun 2025 10:00:00 GMT\r\n"
               "X-RateLimit-Limit: 20000\r\nX-RateLimit-Remaining: 19\r\nContent-Length: 0\r\n\r\n",
               NVT_REQ_KEYED, NVT_DELIVERED, NVT_OK);
    struct nvt_facts facts;
    nvt_call_facts(&w.call, &facts);
    assert_int_equal(facts.quota_limit, 20000);
    assert_int_equal(facts.quota_left, 19);
    assert_int_equal(facts.date_s, 1748858400);
    world_close(&w);
    one_answer(&world_keyed, WORLD_OK, NVT_REQ_KEYED, NVT_DELIVERED, NVT_OK);
    nvt_call_facts(&w.call, &facts);
    assert_int_equal(facts.quota_limit, -1);
    assert_int_equal(facts.quota_left, -1);
    assert_int_equal(facts.date_s, 0);
    world_close(&w);
}

static struct nvt_facts facts_of(const char *fields)
{
    static char answer[600];
    struct nvt_facts facts;
    (void)snprintf(answer, sizeof(answer), "HTTP/1.1 403 No\r\n%sContent-Length: 0\r\n\r\n",
                   fields);
    one_answer(&world_keyed, answer, NVT_REQ_KEYED, NVT_REFUSED, NVT_E_STATUS);
    nvt_call_facts(&w.call, &facts);
    return facts;
}

static void assert_realm(const char *value, const char *realm)
{
    char fields[200];
    (void)snprintf(fields, sizeof(fields), "WWW-Authenticate: %s\r\n", value);
    struct nvt_facts facts = facts_of(fields);
    if (!nvt_span_eq(facts.realm, nvt_span_str(realm))) {
        fail_msg("%s: %.*s", value, (int)facts.realm.len, (const char *)facts.realm.ptr);
    }
    world_close(&w);
}

static void test_realm(void **state)
{
    (void)state;
    assert_realm("Bearer realm=\"PISTE\"", "PISTE");
    assert_realm("Bearer realm=\"DefaultRealm\",error=\"invalid_token\"", "DefaultRealm");
    assert_realm("Bearer error=\"x\",Realm=\"a b, c\"", "a b, c");
    assert_realm("Basic realm=token, charset=x", "token");
    assert_realm("Basic realm=token charset", "token");
    assert_realm("Bearer realm=\"cut", "cut");
    assert_realm("Bearer realm=\"", "");
    assert_realm("Bearer realm=", "");
    assert_realm("Bearer xrealm=\"no\"", "");
    assert_realm("Bearer", "");
    struct nvt_facts facts = facts_of("");
    assert_int_equal(facts.realm.len, 0);
    world_close(&w);
}

static void test_other_quota_fields(void **state)
{
    (void)state;
    struct nvt_facts facts = facts_of("RateLimit-Limit: 400\r\nRateLimit-Remaining: 0\r\n");
    assert_int_equal(facts.quota_limit, 400);
    assert_int_equal(facts.quota_left, 0);
    world_close(&w);
    facts = facts_of("X-RateLimit-Remaining: 7\r\nRateLimit-Remaining: 0\r\n");
    assert_int_equal(facts.quota_left, 7);
    world_close(&w);
    facts = facts_of("x-rate-limit: [{\"window\":\"1s\",\"remaining\":19},"
                     "{\"window\":\"day\",\"remaining\":5},{\"window\":1,\"remaining\":8}]\r\n");
    assert_int_equal(facts.quota_limit, -1);
    assert_int_equal(facts.quota_left, 5);
    world_close(&w);
}

/* The server sends the token back: it must not get any further. */
static void test_echoed_secret(void **state)
{
    (void)state;
    one_answer(&world_keyed,
               "HTTP/1.1 403 No\r\nContent-Length: 59\r\n\r\n"
               "{\"code\":403,\"error\":\"bad token tok-0123456789abcdefghij !\"}",
               NVT_REQ_KEYED, NVT_REFUSED, NVT_E_STATUS);
    assert_string_equal(w.call.outcome.failure.message, "bad token *** !");
    world_close(&w);
}

/* Neither clock tells the date: the server's date is as good as none. */
static void test_retry_time_without_clock(void **state)
{
    static const struct nvt_sim_answer a[] = {
        STAY("HTTP/1.1 503 No\r\nRetry-After: Sun, 15 Jun 2025 15:07:00 GMT\r\n"
             "Content-Length: 0\r\n\r\n")};
    static const struct nvt_sim_script s[] = {SCRIPT(a)};
    (void)state;
    world_init(&w, &world_keyed, s, 1);
    w.sim.wall_known = false;
    world_send(&w, "POST", NVT_REQ_KEYED);
    world_expect(&w, NVT_RETRY, NVT_E_STATUS);
    assert_int_equal(w.call.outcome.retry_at_ms - w.sim.mono_ms, NVT_BACKOFF_MS);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_record_and_wiped),
        cmocka_unit_test(test_keep_alive),
        cmocka_unit_test(test_closed_while_idle),
        cmocka_unit_test(test_unasked_answer),
        cmocka_unit_test(test_stale_connection),
        cmocka_unit_test(test_stale_once),
        cmocka_unit_test(test_reset_before_sent),
        cmocka_unit_test(test_cut_short),
        cmocka_unit_test(test_500_is_repeated_once),
        cmocka_unit_test(test_500_unkeyed),
        cmocka_unit_test(test_retry_times),
        cmocka_unit_test(test_back_off_grows),
        cmocka_unit_test(test_redirect),
        cmocka_unit_test(test_quota_fields),
        cmocka_unit_test(test_other_quota_fields),
        cmocka_unit_test(test_realm),
        cmocka_unit_test(test_echoed_secret),
        cmocka_unit_test(test_retry_time_without_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
