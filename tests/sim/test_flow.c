/* SPDX-License-Identifier: Apache-2.0 */
/* How a call goes: kept connections, tokens, renewals, quotas, retries, bodies, cancelling. */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#define OK_TEXT "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok"
#define OK_CLOSE "HTTP/1.1 201 Created\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"
#define DENIED "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"
#define OH "HTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\nno"
#define TOKEN                                                                                      \
    "HTTP/1.1 201 Created\r\nContent-Length: "                                                     \
    "43\r\n\r\n{\"access_token\":\"tok-0123456789abcdefghij\"}"
#define TOKEN_2                                                                                    \
    "HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\n"                                                \
    "{\"access_token\":\"tok-zyxwvutsrqponmlkjihg\",\"expires_in\":300}"

#define STAY(text)                                                                                 \
    {                                                                                              \
        (text), sizeof(text) - 1U, 3, false, NVT_SIM_STAY                                          \
    }
#define AND(text, how)                                                                             \
    {                                                                                              \
        (text), sizeof(text) - 1U, 3, false, (how)                                                 \
    }
#define NOTHING(how)                                                                               \
    {                                                                                              \
        "", 0, 3, false, (how)                                                                     \
    }
#define UNASKED(text, how)                                                                         \
    {                                                                                              \
        (text), sizeof(text) - 1U, 3, true, (how)                                                  \
    }
#define SCRIPT(a)                                                                                  \
    {                                                                                              \
        (a), sizeof(a) / sizeof((a)[0])                                                            \
    }

static struct world w;

static void start(const struct nvt_profile *profile, const struct nvt_sim_script *scripts,
                  size_t count)
{
    world_init(&w, profile, scripts, count);
}

static void send(const char *method, uint8_t flags)
{
    static struct nvt_request q;
    q = world_request(method, flags);
    world_run(&w, &q);
}

static void expect(enum nvt_verdict verdict, nvt_err err)
{
    const struct nvt_outcome *o = &w.call.outcome;
    if (w.fault != NULL) {
        fail_msg("%s", w.fault);
    }
    if (o->verdict != verdict || o->failure.err != err) {
        fail_msg("verdict %d, %s, status %u, \"%s\"", (int)o->verdict, nvt_err_name(o->failure.err),
                 o->status, o->failure.message);
    }
}

static void end(void)
{
    if (!world_end(&w)) {
        fail_msg("%s", w.fault);
    }
}

static size_t count_sent(const char *text)
{
    size_t found = 0;
    for (size_t i = 0; i + strlen(text) <= w.sim.sent_len; i++) {
        found += memcmp(w.sent + i, text, strlen(text)) == 0 ? 1U : 0U;
    }
    return found;
}

/* ---- connections ---- */

static void test_one_record_and_wiped(void **state)
{
    static const struct nvt_sim_answer a[] = {STAY(OK_TEXT)};
    static const struct nvt_sim_script s[] = {SCRIPT(a)};
    (void)state;
    start(&world_keyed, s, 1);
    send("POST", NVT_REQ_KEYED);
    expect(NVT_DELIVERED, NVT_OK);
    assert_string_equal((const char *)w.sent,
                        "POST /v3.3/journeys HTTP/1.1\r\nHost: api.example.net\r\n"
                        "Authorization: Bearer " WORLD_TOKEN "\r\nUser-Agent: navette\r\n"
                        "Accept: application/json\r\nContent-Type: application/json\r\n"
                        "Content-Length: 29\r\n\r\n{\"operator_journey_id\":\"j-1\"}");
    /* resolve, open, connected, one send, two recv at most before it answers */
    assert_true(w.sim.calls <= 6U);
    assert_false(world_holds(&w.call, sizeof(w.call), WORLD_TOKEN));
    assert_true(w.client.token.good);
    end();
}

static void test_keep_alive(void **state)
{
    static const struct nvt_sim_answer a[] = {STAY(OK_TEXT), STAY(OK_TEXT), STAY(OK_CLOSE)};
    static const struct nvt_sim_answer b[] = {STAY(OK_TEXT)};
    static const struct nvt_sim_script s[] = {SCRIPT(a), SCRIPT(b)};
    (void)state;
    start(&world_keyed, s, 2);
    for (unsigned i = 0; i < 4U; i++) {
        send("POST", 0);
        expect(NVT_DELIVERED, NVT_OK);
    }
    assert_int_equal(w.sim.connections, 2);
    assert_int_equal(w.call.conn.stats.handshakes, 1);
    assert_int_equal(w.call.conn.stats.resumptions, 1);
    end();
}

/* The server had closed before the request was sent: seen, no retry used, even unkeyed. */
static void test_closed_while_idle(void **state)
{
    static const struct nvt_sim_answer a[] = {STAY(OK_TEXT), UNASKED("", NVT_SIM_CLOSE)};
    static const struct nvt_sim_answer b[] = {STAY(OK_TEXT)};
    static const struct nvt_sim_script s[] = {SCRIPT(a), SCRIPT(b)};
    (void)state;
    start(&world_plain, s, 2);
    send("POST", 0);
    w.sim.mono_ms += 1000;
    send("POST", 0);
    expect(NVT_DELIVERED, NVT_OK);
    assert_false(w.call.stale_tried);
    assert_int_equal(w.sim.connections, 2);
    end();
}

/* Bytes that nobody asked for make a kept connection unfit: they could pose as an answer. */
static void test_unasked_answer(void **state)
{
    static const struct nvt_sim_answer a[] = {
        STAY(OK_TEXT), UNASKED("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", NVT_SIM_STAY)};
    static const struct nvt_sim_answer b[] = {STAY(OK_TEXT)};
    static const struct nvt_sim_script s[] = {SCRIPT(a), SCRIPT(b)};
    (void)state;
    start(&world_plain, s, 2);
    send("POST", 0);
    w.sim.mono_ms += 1000;
    send("POST", 0);
    expect(NVT_DELIVERED, NVT_OK);
    assert_true(nvt_span_eq(w.call.outcome.body, NVT_LIT("ok")));
    assert_int_equal(w.sim.connections, 2);
    end();
}

static void stale(enum nvt_sim_end how, uint8_t flags, enum nvt_verdict verdict, nvt_err err)
{
    const struct nvt_sim_answer a[] = {STAY(OK_TEXT), NOTHING(how)};
    static const struct nvt_sim_answer b[] = {STAY(OK_TEXT)};
    const struct nvt_sim_script s[] = {SCRIPT(a), SCRIPT(b)};
    start(&world_keyed, s, 2);
    send("POST", flags);
    send("POST", flags);
    expect(verdict, err);
    end();
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
    static const struct nvt_sim_answer a[] = {STAY(OK_TEXT), NOTHING(NVT_SIM_CLOSE)};
    static const struct nvt_sim_answer b[] = {NOTHING(NVT_SIM_CLOSE)};
    static const struct nvt_sim_script s[] = {SCRIPT(a), SCRIPT(b), SCRIPT(a)};
    (void)state;
    start(&world_keyed, s, 3);
    send("POST", NVT_REQ_KEYED);
    send("POST", NVT_REQ_KEYED);
    expect(NVT_RETRY, NVT_E_NET_CLOSED);
    assert_int_equal(w.sim.connections, 2);
    end();
}

/* A reset while sending: nothing of the request can be acted upon, so even unkeyed is sent anew. */
static void test_reset_before_sent(void **state)
{
    static const struct nvt_sim_answer a[] = {STAY(OK_TEXT)};
    static const struct nvt_sim_script s[] = {SCRIPT(a), SCRIPT(a)};
    (void)state;
    start(&world_plain, s, 2);
    send("POST", 0);
    w.sim.fail_at = w.sim.calls + 2U; /* after the look at the kept connection */
    send("POST", 0);
    expect(NVT_DELIVERED, NVT_OK);
    assert_true(w.call.stale_tried);
    end();
}

/* ---- tokens ---- */

static void test_token_leg(void **state)
{
    static const struct nvt_sim_answer a[] = {STAY(TOKEN), STAY(OK_TEXT), STAY(OK_TEXT)};
    static const struct nvt_sim_script s[] = {SCRIPT(a)};
    (void)state;
    start(&world_keyed, s, 1);
    world_use_keys(&w);
    send("POST", NVT_REQ_KEYED);
    expect(NVT_DELIVERED, NVT_OK);
    send("POST", NVT_REQ_KEYED);
    expect(NVT_DELIVERED, NVT_OK);
    assert_int_equal(count_sent("POST /token HTTP/1.1\r\n"), 1);
    assert_int_equal(
        count_sent("{\"access_key\":\"" WORLD_ACCESS "\",\"secret_key\":\"" WORLD_SECRET "\"}"), 1);
    assert_int_equal(count_sent("Bearer " WORLD_TOKEN), 2);
    assert_int_equal(w.sim.connections, 1);
    end();
}

static void test_token_is_renewed_in_time(void **state)
{
    static const struct nvt_sim_answer a[] = {STAY(TOKEN_2), STAY(OK_TEXT), STAY(TOKEN),
                                              STAY(OK_TEXT)};
    static const struct nvt_sim_script s[] = {SCRIPT(a)};
    (void)state;
    start(&world_keyed, s, 1);
    world_use_keys(&w);
    send("POST", NVT_REQ_KEYED);
    w.sim.mono_ms += 300000U;
    send("POST", NVT_REQ_KEYED);
    expect(NVT_DELIVERED, NVT_OK);
    assert_int_equal(w.call.token_requests, 2);
    assert_int_equal(count_sent("Bearer " WORLD_TOKEN), 1);
    end();
}

static void test_401_renews_once(void **state)
{
    static const struct nvt_sim_answer a[] = {STAY(TOKEN_2), STAY(OK_TEXT), STAY(DENIED),
                                              STAY(TOKEN), STAY(OK_TEXT)};
    static const struct nvt_sim_script s[] = {SCRIPT(a)};
    (void)state;
    start(&world_plain, s, 1);
    world_use_keys(&w);
    send("POST", 0);
    expect(NVT_DELIVERED, NVT_OK);
    send("POST", 0);
    expect(NVT_DELIVERED, NVT_OK);
    assert_int_equal(w.call.token_requests, 2);
    end();
}

static void test_401_twice(void **state)
{
    static const struct nvt_sim_answer a[] = {STAY(TOKEN_2), STAY(OK_TEXT), STAY(DENIED),
                                              STAY(TOKEN), STAY(DENIED)};
    static const struct nvt_sim_script s[] = {SCRIPT(a)};
    (void)state;
    start(&world_keyed, s, 1);
    world_use_keys(&w);
    send("POST", NVT_REQ_KEYED);
    send("POST", NVT_REQ_KEYED);
    expect(NVT_REFUSED, NVT_E_UNAUTHORIZED);
    assert_int_equal(w.call.outcome.status, 401);
    end();
}

/* A token that never was good is not asked for again: the keys or the rights are wrong. */
static void test_401_of_a_fresh_token(void **state)
{
    static const struct nvt_sim_answer a[] = {STAY(TOKEN), STAY(DENIED), STAY(TOKEN)};
    static const struct nvt_sim_script s[] = {SCRIPT(a)};
    (void)state;
    start(&world_keyed, s, 1);
    world_use_keys(&w);
    send("POST", NVT_REQ_KEYED);
    expect(NVT_REFUSED, NVT_E_UNAUTHORIZED);
    assert_int_equal(w.call.token_requests, 1);
    end();
}

/* A token kept since an earlier run counts as formerly good. */
static void test_401_of_a_kept_token(void **state)
{
    static const struct nvt_sim_answer a[] = {STAY(DENIED), STAY(TOKEN_2), STAY(OK_TEXT)};
    static const struct nvt_sim_script s[] = {SCRIPT(a)};
    (void)state;
    start(&world_keyed, s, 1);
    world_use_keys(&w);
    assert_int_equal(nvt_token_set(&w.client.token, NVT_LIT(WORLD_TOKEN), UINT64_MAX), NVT_OK);
    send("POST", NVT_REQ_KEYED);
    expect(NVT_DELIVERED, NVT_OK);
    end();
}

static void token_refused(const char *answer, enum nvt_verdict verdict, nvt_err err)
{
    const struct nvt_sim_answer a[] = {{answer, strlen(answer), 3, false, NVT_SIM_STAY}};
    const struct nvt_sim_script s[] = {SCRIPT(a)};
    start(&world_keyed, s, 1);
    world_use_keys(&w);
    send("POST", 0);
    expect(verdict, err);
    assert_int_equal(w.call.outcome.status, 0);
    assert_int_equal(w.client.token.len, 0);
    end();
}

static void test_token_refusals(void **state)
{
    (void)state;
    token_refused("HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", NVT_REFUSED, NVT_E_GRANT_REFUSED);
    token_refused("HTTP/1.1 400 No\r\nContent-Length: 2\r\n\r\n{}", NVT_REFUSED,
                  NVT_E_GRANT_REFUSED);
    token_refused("HTTP/1.1 429 Slow\r\nRetry-After: 9\r\nContent-Length: 0\r\n\r\n", NVT_RETRY,
                  NVT_E_GRANT_QUOTA);
    token_refused("HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n", NVT_RETRY, NVT_E_STATUS);
    token_refused("HTTP/1.1 302 Go\r\nLocation: http://x/\r\nContent-Length: 0\r\n\r\n",
                  NVT_REFUSED, NVT_E_REDIRECT);
    token_refused("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", NVT_RETRY, NVT_E_GRANT_ANSWER);
    token_refused("HTTP/1.1 204 OK\r\n\r\n", NVT_RETRY, NVT_E_GRANT_ANSWER);
}

static void test_no_credentials(void **state)
{
    static const struct nvt_sim_script s[] = {{NULL, 0}};
    (void)state;
    start(&world_keyed, s, 1);
    nvt_token_wipe(&w.client.token);
    send("POST", 0);
    expect(NVT_REFUSED, NVT_E_CRED_EMPTY);
    assert_int_equal(w.sim.calls, 0);
    end();
}

static void test_without_credentials_on_purpose(void **state)
{
    static const struct nvt_sim_answer a[] = {STAY(OK_TEXT)};
    static const struct nvt_sim_script s[] = {SCRIPT(a)};
    (void)state;
    start(&world_keyed, s, 1);
    send("GET", NVT_REQ_NO_AUTH | NVT_REQ_IDEMPOTENT);
    expect(NVT_DELIVERED, NVT_OK);
    assert_int_equal(count_sent("Authorization"), 0);
    assert_false(w.client.token.good);
    end();
}

/* Two calls need a token at once: one asks, both use it. */
static void test_single_flight(void **state)
{
    static const struct nvt_sim_answer a[] = {STAY(TOKEN), STAY(OK_TEXT)};
    static const struct nvt_sim_answer b[] = {STAY(OK_TEXT)};
    static const struct nvt_sim_script s[] = {SCRIPT(a), SCRIPT(b)};
    static struct nvt_call other;
    struct nvt_request q = world_request("POST", NVT_REQ_KEYED);
    (void)state;
    start(&world_keyed, s, 2);
    world_use_keys(&w);
    nvt_call_init(&other, &w.client);
    assert_int_equal(nvt_call_begin(&w.call, &q), NVT_OK);
    assert_int_equal(nvt_call_begin(&other, &q), NVT_OK);
    bool done = false;
    bool other_done = false;
    while (!done || !other_done) {
        done = done || world_step(&w, &w.call);
        other_done = other_done || world_step(&w, &other);
    }
    expect(NVT_DELIVERED, NVT_OK);
    assert_int_equal(other.outcome.verdict, NVT_DELIVERED);
    assert_int_equal(count_sent("POST /token"), 1);
    assert_int_equal(w.call.token_requests + other.token_requests, 1);
    nvt_call_free(&other);
    end();
}

/* The call that fetches is given up: the other one takes over. */
static void test_single_flight_is_handed_on(void **state)
{
    static const struct nvt_sim_answer a[] = {STAY(TOKEN), STAY(OK_TEXT)};
    static const struct nvt_sim_script s[] = {SCRIPT(a), SCRIPT(a)};
    static struct nvt_call other;
    struct nvt_request q = world_request("POST", NVT_REQ_KEYED);
    struct nvt_wait wait;
    (void)state;
    start(&world_keyed, s, 2);
    world_use_keys(&w);
    nvt_call_init(&other, &w.client);
    assert_int_equal(nvt_call_begin(&other, &q), NVT_OK);
    assert_int_equal(nvt_call_step(&other, &wait), NVT_AGAIN);
    assert_ptr_equal(w.client.token_busy, &other);
    assert_int_equal(nvt_call_begin(&w.call, &q), NVT_OK);
    assert_int_equal(nvt_call_step(&w.call, &wait), NVT_AGAIN);
    nvt_call_cancel(&other);
    assert_int_equal(other.outcome.verdict, NVT_RETRY);
    assert_int_equal(other.outcome.failure.err, NVT_E_CANCELLED);
    world_finish_run(&w);
    expect(NVT_DELIVERED, NVT_OK);
    nvt_call_free(&other);
    end();
}

/* Six tokens in a minute are one too many: the sixth is not even asked for. */
static void test_token_quota(void **state)
{
    static const struct nvt_sim_answer a[] = {STAY(OH), STAY(OH),    STAY(OH),     STAY(OH),
                                              STAY(OH), STAY(TOKEN), STAY(OK_TEXT)};
    static const struct nvt_sim_script s[] = {SCRIPT(a)};
    (void)state;
    start(&world_keyed, s, 1);
    world_use_keys(&w);
    uint64_t first_ms = w.sim.mono_ms;
    for (unsigned i = 0; i < 5U; i++) {
        send("POST", 0);
        expect(NVT_RETRY, NVT_E_STATUS);
        w.sim.mono_ms += 1000;
    }
    size_t calls = w.sim.calls;
    send("POST", 0);
    expect(NVT_RETRY, NVT_E_GRANT_QUOTA);
    assert_int_equal(w.sim.calls, calls);
    assert_true(w.call.outcome.retry_at_ms >= first_ms + 60000U);
    assert_true(w.call.outcome.retry_at_ms <= first_ms + 62000U);
    w.sim.mono_ms = w.call.outcome.retry_at_ms;
    send("POST", 0);
    expect(NVT_DELIVERED, NVT_OK);
    end();
}

/* ---- statuses ---- */

static void test_500_is_repeated_once(void **state)
{
    static const struct nvt_sim_answer a[] = {STAY(OH), STAY(OK_TEXT), STAY(OH), STAY(OH)};
    static const struct nvt_sim_script s[] = {SCRIPT(a)};
    (void)state;
    start(&world_keyed, s, 1);
    uint64_t at = w.sim.mono_ms;
    send("POST", NVT_REQ_KEYED);
    expect(NVT_DELIVERED, NVT_OK);
    assert_true(w.sim.mono_ms - at >= 1000U);
    send("POST", NVT_REQ_KEYED);
    expect(NVT_RETRY, NVT_E_STATUS);
    assert_int_equal(w.call.outcome.status, 500);
    end();
}

static void one_answer(const struct nvt_profile *profile, const char *answer, uint8_t flags,
                       enum nvt_verdict verdict, nvt_err err)
{
    const struct nvt_sim_answer a[] = {{answer, strlen(answer), 0, false, NVT_SIM_STAY}};
    const struct nvt_sim_script s[] = {SCRIPT(a)};
    start(profile, s, 1);
    send("POST", flags);
    expect(verdict, err);
}

static void test_500_unkeyed(void **state)
{
    (void)state;
    one_answer(&world_keyed, OH, 0, NVT_UNKNOWN, NVT_E_STATUS);
    end();
    one_answer(&world_plain, OH, NVT_REQ_KEYED, NVT_REFUSED, NVT_E_STATUS);
    end();
}

static uint64_t delay_of(const char *fields)
{
    char answer[512];
    (void)snprintf(answer, sizeof(answer),
                   "HTTP/1.1 429 Too Many Requests\r\n%sContent-Length: 0\r\n\r\n", fields);
    one_answer(&world_keyed, answer, NVT_REQ_KEYED, NVT_RETRY, NVT_E_STATUS);
    uint64_t delay = w.call.outcome.retry_at_ms - w.sim.mono_ms;
    end();
    return delay;
}

static void test_retry_times(void **state)
{
    (void)state;
    assert_int_equal(delay_of("Retry-After: 17\r\n"), 17000);
    assert_int_equal(delay_of("Retry-After: 0\r\n"), 0);
    /* by the server's clock, which need not be ours */
    assert_int_equal(delay_of("Date: Mon, 02 Jun 2025 10:00:00 GMT\r\n"
                              "Retry-After: Mon, 02 Jun 2025 10:00:30 GMT\r\n"),
                     30000);
    assert_int_equal(delay_of("Date: Mon, 02 Jun 2025 10:00:00 GMT\r\n"
                              "Retry-After: Mon, 02 Jun 2025 09:00:30 GMT\r\n"),
                     0);
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
    start(&world_keyed, NULL, 0);
    w.sim.resolve_err = NVT_E_NET_NAME;
    for (unsigned i = 0; i < 20U; i++) {
        send("POST", 0);
        expect(NVT_RETRY, NVT_E_NET_NAME);
        uint64_t delay = w.call.outcome.retry_at_ms - w.sim.mono_ms;
        assert_true(delay == (before == 0U ? 1000U : 2U * before) || delay == 300000U);
        before = delay;
    }
    assert_int_equal(before, 300000);
    end();
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
    end();
}

static void test_quota_fields(void **state)
{
    (void)state;
    one_answer(&world_keyed,
               "HTTP/1.1 201 Created\r\nDate: Mon, 02 Jun 2025 10:00:00 GMT\r\n"
               "X-RateLimit-Limit: 20000\r\nX-RateLimit-Remaining: 19\r\nContent-Length: 0\r\n\r\n",
               NVT_REQ_KEYED, NVT_DELIVERED, NVT_OK);
    assert_int_equal(w.call.outcome.quota_limit, 20000);
    assert_int_equal(w.call.outcome.quota_left, 19);
    assert_int_equal(w.call.outcome.server_date_s, 1748858400);
    end();
    one_answer(&world_keyed, OK_TEXT, NVT_REQ_KEYED, NVT_DELIVERED, NVT_OK);
    assert_int_equal(w.call.outcome.quota_limit, -1);
    end();
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
    end();
}

/* ---- bodies ---- */

static uint8_t big[20000];

struct collected {
    size_t len;
    size_t stop_after;
    bool right;
};

static nvt_err collect(void *ctx, struct nvt_span piece)
{
    struct collected *c = (struct collected *)ctx;
    for (size_t i = 0; i < piece.len; i++) {
        c->right = c->right && piece.ptr[i] == big[60U + c->len + i];
    }
    c->len += piece.len;
    return c->len > c->stop_after ? NVT_E_SPACE : NVT_OK;
}

static void make_big(const char *head)
{
    struct nvt_span text = nvt_span_str(head);
    for (size_t i = text.len; i < sizeof(big); i++) {
        big[i] = (uint8_t)(i * 7U);
    }
    memcpy(big, text.ptr, text.len);
}

static void big_answer(nvt_sink sink, struct collected *c)
{
    static struct nvt_sim_answer a[1];
    static struct nvt_sim_script s[1];
    struct nvt_request q = world_request("GET", NVT_REQ_IDEMPOTENT);
    make_big("HTTP/1.1 200 OK\r\nX: 1234567890123\r\nContent-Length: 19940\r\n\r\n");
    a[0] = (struct nvt_sim_answer){big, sizeof(big), 0, false, NVT_SIM_STAY};
    s[0] = (struct nvt_sim_script){a, 1};
    start(&world_keyed, s, 1);
    q.sink = sink;
    q.sink_ctx = c;
    world_run(&w, &q);
}

static void test_sink(void **state)
{
    struct collected c = {0, SIZE_MAX, true};
    struct nvt_progress p;
    (void)state;
    big_answer(collect, &c);
    expect(NVT_DELIVERED, NVT_OK);
    assert_int_equal(c.len, 19940);
    assert_true(c.right);
    assert_int_equal(w.call.outcome.body.len, 0);
    nvt_call_progress(&w.call, &p);
    assert_int_equal(p.phase, NVT_CALL_DONE);
    assert_int_equal(p.in_done, 19940);
    assert_int_equal(p.in_total, 19940);
    end();
}

static void test_sink_refuses(void **state)
{
    struct collected c = {0, 5000, true};
    (void)state;
    big_answer(collect, &c);
    expect(NVT_RETRY, NVT_E_SINK);
    end();
}

static void test_body_is_cut(void **state)
{
    struct nvt_json doc;
    (void)state;
    big_answer(NULL, NULL);
    expect(NVT_DELIVERED, NVT_OK);
    assert_true(w.call.outcome.body_cut);
    assert_int_equal(w.call.outcome.body.len, NVT_IN_CAP - 60);
    assert_memory_equal(w.call.outcome.body.ptr, big + 60, NVT_IN_CAP - 60);
    assert_int_equal(nvt_call_json(&w.call, &doc), NVT_E_HTTP_BODY_SIZE);
    end();
}

/* A body beyond the staging room goes out from the caller's own memory. */
static void upload(size_t send_max, bool blocking)
{
    static const struct nvt_sim_answer a[] = {STAY(OK_TEXT), STAY(OK_TEXT)};
    static const struct nvt_sim_script s[] = {SCRIPT(a)};
    struct nvt_request q = world_request("POST", 0);
    make_big("");
    start(&world_keyed, s, 1);
    w.sim.send_max = send_max;
    w.sim.blocking = blocking;
    q.body = nvt_span_of(big, 7000);
    world_run(&w, &q);
    expect(NVT_DELIVERED, NVT_OK);
    size_t head = w.sim.sent_len - 7000U;
    assert_int_equal(w.sim.sent_total, w.sim.sent_len);
    assert_memory_equal(w.sent + head, big, 7000);
    assert_memory_equal(w.sent + head - 4U, "\r\n\r\n", 4);
    end();
}

static void test_upload(void **state)
{
    (void)state;
    upload(0, false);
    upload(1000, true);
    upload(1, true);
}

static void test_json(void **state)
{
    struct nvt_json doc;
    nvt_json_node node = 0;
    (void)state;
    one_answer(&world_keyed, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"a\":[1]}",
               NVT_REQ_KEYED, NVT_DELIVERED, NVT_OK);
    assert_int_equal(nvt_call_json(&w.call, &doc), NVT_OK);
    assert_int_equal(nvt_json_find(&doc, 0, "a.0", &node), NVT_OK);
    end();
}

/* ---- the caller's side ---- */

static void test_cancel(void **state)
{
    static const struct nvt_sim_answer a[] = {
        {OK_TEXT, sizeof(OK_TEXT) - 1U, 500, false, NVT_SIM_STAY}};
    static const struct nvt_sim_script s[] = {SCRIPT(a)};
    struct nvt_request q = world_request("POST", 0);
    struct nvt_progress p;
    (void)state;
    start(&world_keyed, s, 1);
    assert_int_equal(nvt_call_begin(&w.call, &q), NVT_OK);
    nvt_call_cancel(&w.call);
    expect(NVT_RETRY, NVT_E_CANCELLED);
    assert_int_equal(nvt_call_begin(&w.call, &q), NVT_OK);
    assert_false(world_step(&w, &w.call));
    nvt_call_progress(&w.call, &p);
    assert_int_equal(p.phase, NVT_CALL_WAITING);
    assert_int_equal(p.out_done, q.body.len);
    assert_int_equal(nvt_call_begin(&w.call, &q), NVT_E_STATE);
    nvt_call_cancel(&w.call);
    expect(NVT_UNKNOWN, NVT_E_CANCELLED);
    nvt_call_cancel(&w.call);
    end();
}

static void test_programmer_errors(void **state)
{
    struct nvt_wait wait;
    struct nvt_request q = world_request("POST", 0);
    struct nvt_client c;
    (void)state;
    start(&world_keyed, NULL, 0);
    assert_int_equal(nvt_call_begin(NULL, &q), NVT_E_ARG);
    assert_int_equal(nvt_call_begin(&w.call, NULL), NVT_E_ARG);
    assert_int_equal(nvt_call_step(NULL, &wait), NVT_E_ARG);
    assert_int_equal(nvt_call_step(&w.call, NULL), NVT_E_ARG);
    assert_int_equal(nvt_call_step(&w.call, &wait), NVT_E_STATE);
    assert_int_equal(nvt_call_json(&w.call, NULL), NVT_E_ARG);
    q.body = nvt_span_of(NULL, 3);
    assert_int_equal(nvt_call_begin(&w.call, &q), NVT_E_ARG);
    assert_int_equal(nvt_client_init(NULL, &world_keyed, &w.sim.port, &w.tls, NULL, NULL),
                     NVT_E_ARG);
    assert_int_equal(nvt_client_init(&c, NULL, &w.sim.port, &w.tls, NULL, NULL), NVT_E_ARG);
    assert_int_equal(
        nvt_client_init(&c, &world_keyed, &w.sim.port, &w.tls, "http://api.example.net", NULL),
        NVT_E_URL_PLAIN);
    nvt_call_free(NULL);
    nvt_client_free(NULL);
    nvt_call_cancel(NULL);
    end();
}

static nvt_err begin_with(const char *method, const char *target, const char *name,
                          const char *value, uint8_t flags)
{
    static const struct nvt_sim_script s[] = {{NULL, 0}};
    struct nvt_request q = world_request("POST", flags);
    struct nvt_header h = {nvt_span_str(name), nvt_span_str(value)};
    q.method = nvt_span_str(method);
    q.target = nvt_span_str(target);
    q.headers = &h;
    q.header_count = 1;
    start(&world_keyed, s, 1);
    nvt_err err = nvt_call_begin(&w.call, &q);
    assert_false(err != NVT_OK && world_holds(&w.call, sizeof(w.call), WORLD_TOKEN));
    assert_int_equal(w.sim.calls, 0);
    nvt_call_cancel(&w.call);
    end();
    return err;
}

static void test_bad_requests(void **state)
{
    static const char *const reserved[] = {
        "Host", "content-length", "Transfer-Encoding", "CONNECTION",
        "te",   "Expect",         "Upgrade",           "Authorization"};
    static char long_target[6000];
    (void)state;
    assert_int_equal(begin_with("POST", "/a", "X-A", "b", 0), NVT_OK);
    assert_int_equal(begin_with("PO ST", "/a", "X-A", "b", 0), NVT_E_HTTP_METHOD);
    assert_int_equal(begin_with("POST", "/a b", "X-A", "b", 0), NVT_E_HTTP_TARGET);
    assert_int_equal(begin_with("POST", "a", "X-A", "b", 0), NVT_E_HTTP_TARGET);
    assert_int_equal(begin_with("POST", "/a", "X A", "b", 0), NVT_E_HTTP_NAME);
    assert_int_equal(begin_with("POST", "/a", "X-A", "b\r\nEvil: 1", 0), NVT_E_HTTP_VALUE);
    for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
        assert_int_equal(begin_with("POST", "/a", reserved[i], "b", 0), NVT_E_HTTP_NAME);
    }
    assert_int_equal(begin_with("POST", "/a", "Authorization", "Basic eA==", NVT_REQ_NO_AUTH),
                     NVT_OK);
    memset(long_target, 'a', sizeof(long_target) - 1U);
    long_target[0] = '/';
    assert_int_equal(begin_with("POST", long_target, "X-A", "b", 0), NVT_E_SPACE);
}

static void test_base_path_and_port(void **state)
{
    static const struct nvt_sim_answer a[] = {STAY(TOKEN), STAY(OK_TEXT)};
    static const struct nvt_sim_script s[] = {SCRIPT(a)};
    (void)state;
    start(&world_keyed, s, 1);
    world_use_keys(&w);
    assert_int_equal(
        nvt_origin_parse(nvt_span_str("https://[2001:DB8::1]:8443/pre/fix/"), &w.client.origin),
        NVT_OK);
    send("POST", NVT_REQ_KEYED);
    expect(NVT_DELIVERED, NVT_OK);
    assert_int_equal(count_sent("POST /pre/fix/token HTTP/1.1\r\nHost: [2001:db8::1]:8443\r\n"), 1);
    assert_int_equal(
        count_sent("POST /pre/fix/v3.3/journeys HTTP/1.1\r\nHost: [2001:db8::1]:8443\r\n"), 1);
    end();
}

static void test_replaced_headers(void **state)
{
    static const struct nvt_sim_answer a[] = {STAY(OK_TEXT)};
    static const struct nvt_sim_script s[] = {SCRIPT(a)};
    static const struct nvt_header h[] = {
        {{(const uint8_t *)"accept", 6}, {(const uint8_t *)"text/csv", 8}},
        {{(const uint8_t *)"User-Agent", 10}, {(const uint8_t *)"mine/1", 6}},
    };
    struct nvt_request q = world_request("GET", NVT_REQ_IDEMPOTENT);
    (void)state;
    start(&world_keyed, s, 1);
    q.headers = h;
    q.header_count = 2;
    world_run(&w, &q);
    expect(NVT_DELIVERED, NVT_OK);
    assert_int_equal(count_sent("Accept"), 0);
    assert_int_equal(count_sent("accept: text/csv\r\n"), 1);
    assert_int_equal(count_sent("navette"), 0);
    end();
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
        cmocka_unit_test(test_token_leg),
        cmocka_unit_test(test_token_is_renewed_in_time),
        cmocka_unit_test(test_401_renews_once),
        cmocka_unit_test(test_401_twice),
        cmocka_unit_test(test_401_of_a_fresh_token),
        cmocka_unit_test(test_401_of_a_kept_token),
        cmocka_unit_test(test_token_refusals),
        cmocka_unit_test(test_no_credentials),
        cmocka_unit_test(test_without_credentials_on_purpose),
        cmocka_unit_test(test_single_flight),
        cmocka_unit_test(test_single_flight_is_handed_on),
        cmocka_unit_test(test_token_quota),
        cmocka_unit_test(test_500_is_repeated_once),
        cmocka_unit_test(test_500_unkeyed),
        cmocka_unit_test(test_retry_times),
        cmocka_unit_test(test_back_off_grows),
        cmocka_unit_test(test_redirect),
        cmocka_unit_test(test_quota_fields),
        cmocka_unit_test(test_echoed_secret),
        cmocka_unit_test(test_sink),
        cmocka_unit_test(test_sink_refuses),
        cmocka_unit_test(test_body_is_cut),
        cmocka_unit_test(test_upload),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_programmer_errors),
        cmocka_unit_test(test_bad_requests),
        cmocka_unit_test(test_base_path_and_port),
        cmocka_unit_test(test_replaced_headers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
