/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens: fetched once, shared, renewed in time, never asked for too often. */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#define TOKEN_2                                                                                    \
    "HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\n"                                                \
    "{\"access_token\":\"tok-zyxwvutsrqponmlkjihg\",\"expires_in\":300}"

static struct world w;

static void test_token_leg(void **state)
{
    static const struct nvt_sim_answer a[] = {STAY(WORLD_GRANT), STAY(WORLD_OK), STAY(WORLD_OK)};
    static const struct nvt_sim_script s[] = {SCRIPT(a)};
    (void)state;
    world_init(&w, &world_keyed, s, 1);
    world_use_keys(&w);
    world_send(&w, "POST", NVT_REQ_KEYED);
    world_expect(&w, NVT_DELIVERED, NVT_OK);
    world_send(&w, "POST", NVT_REQ_KEYED);
    world_expect(&w, NVT_DELIVERED, NVT_OK);
    assert_int_equal(
        world_count_sent(&w, "POST /token HTTP/1.1\r\nHost: api.example.net\r\n"
                             "User-Agent: navette\r\nAccept: application/json\r\n"
                             "Content-Type: application/json\r\nContent-Length: 81\r\n\r\n{"),
        1);
    assert_int_equal(world_count_sent(&w, "{\"access_key\":\"" WORLD_ACCESS
                                          "\",\"secret_key\":\"" WORLD_SECRET "\"}"),
                     1);
    assert_int_equal(world_count_sent(&w, "Bearer " WORLD_TOKEN), 2);
    assert_int_equal(w.sim.connections, 1);
    world_close(&w);
}

static void test_token_is_renewed_in_time(void **state)
{
    static const struct nvt_sim_answer a[] = {STAY(TOKEN_2), STAY(WORLD_OK), STAY(WORLD_GRANT),
                                              STAY(WORLD_OK)};
    static const struct nvt_sim_script s[] = {SCRIPT(a)};
    (void)state;
    world_init(&w, &world_keyed, s, 1);
    world_use_keys(&w);
    world_send(&w, "POST", NVT_REQ_KEYED);
    w.sim.mono_ms += 300000U;
    world_send(&w, "POST", NVT_REQ_KEYED);
    world_expect(&w, NVT_DELIVERED, NVT_OK);
    assert_int_equal(w.call.token_requests, 2);
    assert_int_equal(world_count_sent(&w, "Bearer " WORLD_TOKEN), 1);
    world_close(&w);
}

static void test_401_renews_once(void **state)
{
    static const struct nvt_sim_answer a[] = {STAY(TOKEN_2), STAY(WORLD_OK), STAY(WORLD_DENIED),
                                              STAY(WORLD_GRANT), STAY(WORLD_OK)};
    static const struct nvt_sim_script s[] = {SCRIPT(a)};
    (void)state;
    world_init(&w, &world_plain, s, 1);
    world_use_keys(&w);
    world_send(&w, "POST", 0);
    world_expect(&w, NVT_DELIVERED, NVT_OK);
    world_send(&w, "POST", 0);
    world_expect(&w, NVT_DELIVERED, NVT_OK);
    assert_int_equal(w.call.token_requests, 2);
    world_close(&w);
}

static void test_401_twice(void **state)
{
    static const struct nvt_sim_answer a[] = {STAY(TOKEN_2), STAY(WORLD_OK), STAY(WORLD_DENIED),
                                              STAY(WORLD_GRANT), STAY(WORLD_DENIED)};
    static const struct nvt_sim_script s[] = {SCRIPT(a)};
    (void)state;
    world_init(&w, &world_keyed, s, 1);
    world_use_keys(&w);
    world_send(&w, "POST", NVT_REQ_KEYED);
    world_send(&w, "POST", NVT_REQ_KEYED);
    world_expect(&w, NVT_REFUSED, NVT_E_UNAUTHORIZED);
    assert_int_equal(w.call.outcome.status, 401);
    world_close(&w);
}

/* A token that never was good is not asked for again: the keys or the rights are wrong. */
static void test_401_of_a_fresh_token(void **state)
{
    static const struct nvt_sim_answer a[] = {STAY(WORLD_GRANT), STAY(WORLD_DENIED),
                                              STAY(WORLD_GRANT)};
    static const struct nvt_sim_script s[] = {SCRIPT(a)};
    (void)state;
    world_init(&w, &world_keyed, s, 1);
    world_use_keys(&w);
    world_send(&w, "POST", NVT_REQ_KEYED);
    world_expect(&w, NVT_REFUSED, NVT_E_UNAUTHORIZED);
    assert_int_equal(w.call.token_requests, 1);
    world_close(&w);
}

/* A token kept since an earlier run counts as formerly good. */
static void test_401_of_a_kept_token(void **state)
{
    static const struct nvt_sim_answer a[] = {STAY(WORLD_DENIED), STAY(TOKEN_2), STAY(WORLD_OK)};
    static const struct nvt_sim_script s[] = {SCRIPT(a)};
    (void)state;
    world_init(&w, &world_keyed, s, 1);
    world_use_keys(&w);
    assert_int_equal(nvt_token_set(&w.client.token, NVT_LIT(WORLD_TOKEN), UINT64_MAX), NVT_OK);
    world_send(&w, "POST", NVT_REQ_KEYED);
    world_expect(&w, NVT_DELIVERED, NVT_OK);
    world_close(&w);
}

static void token_refused(const char *answer, enum nvt_verdict verdict, nvt_err err)
{
    const struct nvt_sim_answer a[] = {{answer, strlen(answer), 3, false, NVT_SIM_STAY}};
    const struct nvt_sim_script s[] = {SCRIPT(a)};
    world_init(&w, &world_keyed, s, 1);
    world_use_keys(&w);
    world_send(&w, "POST", 0);
    world_expect(&w, verdict, err);
    assert_int_equal(w.call.outcome.status, 0);
    assert_int_equal(w.client.token.len, 0);
    world_close(&w);
}

static void test_token_refusals(void **state)
{
    (void)state;
    token_refused("HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", NVT_REFUSED, NVT_E_GRANT_REFUSED);
    token_refused("HTTP/1.1 400 No\r\nContent-Length: 2\r\n\r\n{}", NVT_REFUSED,
                  NVT_E_GRANT_REFUSED);
    token_refused("HTTP/1.1 403 No\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>",
                  NVT_RETRY, NVT_E_FRONT);
    token_refused("HTTP/1.1 429 Slow\r\nRetry-After: 9\r\nContent-Length: 0\r\n\r\n", NVT_RETRY,
                  NVT_E_GRANT_QUOTA);
    token_refused("HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n", NVT_RETRY, NVT_E_STATUS);
    token_refused("HTTP/1.1 302 Go\r\nLocation: http://x/\r\nContent-Length: 0\r\n\r\n",
                  NVT_REFUSED, NVT_E_REDIRECT);
    token_refused("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", NVT_RETRY, NVT_E_GRANT_ANSWER);
    token_refused("HTTP/1.1 204 OK\r\n\r\n", NVT_RETRY, NVT_E_FRONT);
    token_refused("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>", NVT_RETRY, NVT_E_FRONT);
    token_refused("HTTP/1.1 511 Log in\r\nContent-Length: 6\r\n\r\n<html>", NVT_RETRY,
                  NVT_E_STATUS);
}

static void test_no_credentials(void **state)
{
    static const struct nvt_sim_script s[] = {{NULL, 0}};
    (void)state;
    world_init(&w, &world_keyed, s, 1);
    nvt_token_wipe(&w.client.token);
    world_send(&w, "POST", 0);
    world_expect(&w, NVT_REFUSED, NVT_E_CRED_EMPTY);
    assert_int_equal(w.sim.calls, 0);
    world_close(&w);
}

static void test_without_credentials_on_purpose(void **state)
{
    static const struct nvt_sim_answer a[] = {STAY(WORLD_OK)};
    static const struct nvt_sim_script s[] = {SCRIPT(a)};
    (void)state;
    world_init(&w, &world_keyed, s, 1);
    world_send(&w, "GET", NVT_REQ_NO_AUTH | NVT_REQ_IDEMPOTENT);
    world_expect(&w, NVT_DELIVERED, NVT_OK);
    assert_int_equal(world_count_sent(&w, "Authorization"), 0);
    assert_false(w.client.token.good);
    world_close(&w);
}

/* Two calls need a token at once: one asks, both use it. */
static void test_single_flight(void **state)
{
    static const struct nvt_sim_answer a[] = {STAY(WORLD_GRANT), STAY(WORLD_OK)};
    static const struct nvt_sim_answer b[] = {STAY(WORLD_OK)};
    static const struct nvt_sim_script s[] = {SCRIPT(a), SCRIPT(b)};
    static struct nvt_call other;
    struct nvt_request q = world_request("POST", NVT_REQ_KEYED);
    (void)state;
    world_init(&w, &world_keyed, s, 2);
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
    world_expect(&w, NVT_DELIVERED, NVT_OK);
    assert_int_equal(other.outcome.verdict, NVT_DELIVERED);
    assert_int_equal(world_count_sent(&w, "POST /token"), 1);
    assert_int_equal(w.call.token_requests + other.token_requests, 1);
    nvt_call_free(&other);
    world_close(&w);
}

/* The call that fetches is given up: the other one takes over. */
static void test_single_flight_is_handed_on(void **state)
{
    static const struct nvt_sim_answer a[] = {STAY(WORLD_GRANT), STAY(WORLD_OK)};
    static const struct nvt_sim_script s[] = {SCRIPT(a), SCRIPT(a)};
    static struct nvt_call other;
    struct nvt_request q = world_request("POST", NVT_REQ_KEYED);
    struct nvt_wait wait;
    (void)state;
    world_init(&w, &world_keyed, s, 2);
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
    world_expect(&w, NVT_DELIVERED, NVT_OK);
    nvt_call_free(&other);
    world_close(&w);
}

/* Three tokens at once, then one each 20.3 s: never six in the quota's 61 s. What has to wait long
 * is not even asked for. */
static void test_token_quota(void **state)
{
    static const struct nvt_sim_answer a[] = {STAY(WORLD_500), STAY(WORLD_500),   STAY(WORLD_500),
                                              STAY(WORLD_500), STAY(WORLD_GRANT), STAY(WORLD_OK)};
    static const struct nvt_sim_script s[] = {SCRIPT(a)};
    (void)state;
    world_init(&w, &world_keyed, s, 1);
    world_use_keys(&w);
    uint64_t first_ms = w.sim.mono_ms;
    for (unsigned i = 0; i < 3U; i++) {
        world_send(&w, "POST", 0);
        world_expect(&w, NVT_RETRY, NVT_E_STATUS);
        w.sim.mono_ms += 1000;
    }
    size_t calls = w.sim.calls;
    uint8_t streak = w.call.streak;
    world_send(&w, "POST", 0);
    world_expect(&w, NVT_RETRY, NVT_E_GRANT_QUOTA);
    assert_int_equal(w.sim.calls, calls);
    assert_int_equal(w.call.streak, streak); /* no failure of the server's */
    assert_int_equal(w.call.outcome.retry_at_ms - first_ms, 20334);
    /* soon enough: the call waits by itself */
    w.sim.mono_ms = w.call.outcome.retry_at_ms - NVT_QUOTA_WAIT_MS;
    world_send(&w, "POST", 0);
    world_expect(&w, NVT_RETRY, NVT_E_STATUS);
    assert_true(w.sim.mono_ms - first_ms >= 20334U);
    world_send(&w, "POST", 0);
    world_expect(&w, NVT_RETRY, NVT_E_GRANT_QUOTA);
    assert_int_equal(w.call.outcome.retry_at_ms - first_ms, 40668);
    w.sim.mono_ms = w.call.outcome.retry_at_ms;
    world_send(&w, "POST", 0);
    world_expect(&w, NVT_DELIVERED, NVT_OK);
    world_close(&w);
}

/* Both calls meet a 401 with the same token: one new token serves both. */
static void test_401_of_two_calls(void **state)
{
    static const struct nvt_sim_answer a[] = {STAY(TOKEN_2), STAY(WORLD_OK), STAY(WORLD_DENIED),
                                              STAY(WORLD_GRANT), STAY(WORLD_OK)};
    static const struct nvt_sim_answer b[] = {STAY(WORLD_DENIED), STAY(WORLD_OK)};
    static const struct nvt_sim_script s[] = {SCRIPT(a), SCRIPT(b)};
    static struct nvt_call other;
    struct nvt_request q = world_request("POST", 0);
    (void)state;
    world_init(&w, &world_keyed, s, 2);
    world_use_keys(&w);
    world_send(&w, "POST", 0);
    world_expect(&w, NVT_DELIVERED, NVT_OK);
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
    assert_int_equal(other.outcome.verdict, NVT_DELIVERED);
    assert_int_equal(world_count_sent(&w, "POST /token"), 2);
    nvt_call_free(&other);
    world_close(&w);
}

/* The token goes while a call connects, over another one's 401: it asks for one, and is not sent
 * without. */
static void test_token_goes_meanwhile(void **state)
{
    static const struct nvt_sim_answer a[] = {STAY(WORLD_GRANT), STAY(WORLD_OK),
                                              ENDS("", NVT_SIM_CLOSE)};
    static const struct nvt_sim_answer b[] = {STAY(TOKEN_2), STAY(WORLD_OK)};
    static const struct nvt_sim_script s[] = {SCRIPT(a), SCRIPT(b)};
    struct nvt_request q = world_request("POST", NVT_REQ_KEYED);
    (void)state;
    for (unsigned stale = 0; stale < 2U; stale++) {
        world_init(&w, &world_keyed, s, 2);
        world_use_keys(&w);
        w.sim.hosts[0].connect_ms = 100;
        world_send(&w, "POST", NVT_REQ_KEYED);
        if (stale == 0U) {
            nvt_conn_close(&w.call.conn);
        }
        assert_int_equal(nvt_call_begin(&w.call, &q), NVT_OK);
        do {
            assert_false(world_step(&w, &w.call));
        } while (w.call.conn.phase == NVT_CONN_OPEN || w.call.conn.phase == NVT_CONN_CLOSED);
        nvt_token_wipe(&w.client.token);
        world_finish_run(&w);
        world_expect(&w, NVT_DELIVERED, NVT_OK);
        assert_int_equal(w.call.token_requests, 2);
        assert_int_equal(world_count_sent(&w, "Authorization: Bearer tok-zyx"), 1);
        world_close(&w);
    }
}

/* Token and journey over one connection that ends at each byte of what the server sends. */
static void converse(size_t at, enum nvt_sim_end how, uint8_t flags)
{
    static const struct nvt_sim_answer a[] = {STAY(WORLD_GRANT), STAY(WORLD_OK)};
    static const struct nvt_sim_answer b[] = {STAY(WORLD_OK)};
    static const struct nvt_sim_script s[] = {SCRIPT(a), SCRIPT(b)};
    const size_t token_len = sizeof(WORLD_GRANT) - 1U;
    world_init(&w, &world_keyed, s, 2);
    world_use_keys(&w);
    w.sim.end_at = at;
    w.sim.end_how = how;
    w.sim.end_script = 0;
    world_send(&w, "POST", flags);
    enum nvt_verdict verdict = flags == 0U ? NVT_UNKNOWN : NVT_RETRY;
    if (at < token_len) {
        verdict = NVT_RETRY;
    } else if (at == token_len && flags != 0U && how != NVT_SIM_SILENCE) {
        verdict = NVT_DELIVERED;
    }
    world_expect(&w, verdict, w.call.outcome.failure.err);
    assert_int_equal(w.client.token.len > 0U, at >= token_len);
    assert_int_equal(w.call.outcome.failure.err == NVT_OK, verdict == NVT_DELIVERED);
    if (w.client.token.len == 0U) {
        assert_false(world_holds(&w.call, sizeof(w.call), "tok-"));
    }
    world_close(&w);
}

static void test_conversation_ends_at_every_byte(void **state)
{
    (void)state;
    for (size_t at = 0; at < sizeof(WORLD_GRANT) + sizeof(WORLD_OK) - 2U; at++) {
        for (int how = NVT_SIM_CLOSE; how <= NVT_SIM_SILENCE; how++) {
            converse(at, (enum nvt_sim_end)how, 0);
            converse(at, (enum nvt_sim_end)how, NVT_REQ_KEYED);
        }
    }
}

/* A token answer that is too long for its place is no token. */
static void test_token_answer_is_cut(void **state)
{
    static char text[6000];
    struct nvt_sim_answer a[1] = {{text, 0, 0, false, NVT_SIM_STAY}};
    struct nvt_sim_script s[1] = {{a, 1}};
    (void)state;
    int n = snprintf(
        text, sizeof(text),
        "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{\"access_token\":\"" WORLD_TOKEN "\"}");
    memset(text + n, ' ', sizeof(text) - (size_t)n);
    a[0].len = (size_t)n + 5000U - 43U;
    world_init(&w, &world_keyed, s, 1);
    world_use_keys(&w);
    world_send(&w, "POST", 0);
    world_expect(&w, NVT_RETRY, NVT_E_GRANT_ANSWER);
    assert_false(world_holds(&w.call, sizeof(w.call), WORLD_TOKEN));
    world_close(&w);
}

/* Credentials that the token request cannot carry are found before anything is sent of them. */
static void test_token_path_is_bad(void **state)
{
    struct nvt_profile bad = world_keyed;
    static const struct nvt_sim_script s[] = {{NULL, 0}};
    (void)state;
    bad.token_path = "/to ken";
    world_init(&w, &bad, s, 1);
    world_use_keys(&w);
    world_send(&w, "POST", 0);
    world_expect(&w, NVT_REFUSED, NVT_E_HTTP_TARGET);
    assert_int_equal(w.sim.sent_total, 0);
    world_close(&w);
}

/* A request that went without the token says nothing about it. */
static void test_401_without_credentials(void **state)
{
    static const struct nvt_sim_answer a[] = {STAY(WORLD_DENIED), STAY(WORLD_GRANT)};
    static const struct nvt_sim_script s[] = {SCRIPT(a)};
    (void)state;
    world_init(&w, &world_keyed, s, 1);
    world_use_keys(&w);
    assert_int_equal(nvt_token_set(&w.client.token, NVT_LIT(WORLD_TOKEN), UINT64_MAX), NVT_OK);
    world_send(&w, "GET", NVT_REQ_NO_AUTH | NVT_REQ_IDEMPOTENT);
    world_expect(&w, NVT_REFUSED, NVT_E_STATUS);
    assert_int_equal(w.call.token_requests, 0);
    assert_true(w.client.token.len > 0U);
    world_close(&w);
}

/* ---- turns among those who share a token ---- */

static struct {
    unsigned enters, leaves, waits; /* waits: how often it is not our turn */
    bool gives;                     /* another has fetched the token meanwhile */
    nvt_err err;
} turns;

static nvt_err enter(void *ctx)
{
    assert_ptr_equal(ctx, &turns);
    turns.enters++;
    if (turns.enters <= turns.waits) {
        return NVT_AGAIN;
    }
    if (turns.gives) {
        assert_int_equal(nvt_token_set(&w.client.token, NVT_LIT(WORLD_TOKEN), UINT64_MAX), NVT_OK);
    }
    return turns.err;
}

static void leave(void *ctx)
{
    assert_ptr_equal(ctx, &turns);
    turns.leaves++;
}

static void take_turns(const struct nvt_sim_script *scripts, unsigned waits, bool gives,
                       nvt_err err)
{
    memset(&turns, 0, sizeof(turns));
    turns.waits = waits;
    turns.gives = gives;
    turns.err = err;
    world_init(&w, &world_keyed, scripts, 1);
    world_use_keys(&w);
    w.client.keeper = (struct nvt_keeper){.ctx = &turns, .enter = enter, .leave = leave};
}

/* enter is called until it is our turn; then the token is asked for, unless it is there. */
static void test_turns(void **state)
{
    static const struct nvt_sim_answer a[] = {STAY(WORLD_GRANT), STAY(WORLD_OK), STAY(WORLD_OK)};
    static const struct nvt_sim_answer b[] = {STAY(WORLD_OK), STAY(WORLD_OK)};
    static const struct nvt_sim_script fetched[] = {SCRIPT(a)};
    static const struct nvt_sim_script given[] = {SCRIPT(b)};
    (void)state;
    for (unsigned gives = 0; gives < 2U; gives++) {
        take_turns(gives != 0U ? given : fetched, 3, gives != 0U, NVT_OK);
        for (unsigned i = 0; i < 2U; i++) {
            world_send(&w, "POST", NVT_REQ_KEYED);
            world_expect(&w, NVT_DELIVERED, NVT_OK);
            assert_int_equal(turns.enters, 4);
            assert_int_equal(turns.leaves, 1);
        }
        assert_int_equal(world_count_sent(&w, "POST /token"), gives == 0U ? 1 : 0);
        assert_int_equal(world_count_sent(&w, "Bearer " WORLD_TOKEN), 2);
        world_close(&w);
    }
}

/* The token that is refused was another's; the next one is ours. */
static void test_turn_after_401(void **state)
{
    static const struct nvt_sim_answer a[] = {STAY(TOKEN_2), STAY(WORLD_OK), STAY(WORLD_DENIED),
                                              STAY(WORLD_OK)};
    static const struct nvt_sim_script s[] = {SCRIPT(a)};
    (void)state;
    take_turns(s, 0, false, NVT_OK);
    world_send(&w, "POST", NVT_REQ_KEYED);
    world_expect(&w, NVT_DELIVERED, NVT_OK);
    turns.gives = true;
    world_send(&w, "POST", NVT_REQ_KEYED);
    world_expect(&w, NVT_DELIVERED, NVT_OK);
    assert_int_equal(world_count_sent(&w, "POST /token"), 1);
    assert_int_equal(world_count_sent(&w, "Bearer " WORLD_TOKEN), 1);
    assert_int_equal(turns.enters, 2);
    assert_int_equal(turns.leaves, 2);
    world_close(&w);
}

/* Whatever becomes of the token request, the turn is given back once. */
static void test_turn_is_given_back(void **state)
{
    static const struct nvt_sim_answer a[] = {STAY(WORLD_DENIED)};
    static const struct nvt_sim_script s[] = {SCRIPT(a)};
    struct nvt_request q = world_request("POST", NVT_REQ_KEYED);
    struct nvt_wait wait;
    (void)state;
    take_turns(s, 0, false, NVT_OK);
    world_send(&w, "POST", NVT_REQ_KEYED);
    assert_int_equal(turns.leaves, 1);
    world_close(&w);
    take_turns(s, 0, false, NVT_E_GRANT_KEEP);
    world_send(&w, "POST", NVT_REQ_KEYED);
    world_expect(&w, NVT_RETRY, NVT_E_GRANT_KEEP);
    assert_int_equal(turns.leaves, 0);
    assert_int_equal(world_count_sent(&w, "POST"), 0);
    world_close(&w);
    take_turns(s, 0, false, NVT_OK);
    assert_int_equal(nvt_call_begin(&w.call, &q), NVT_OK);
    assert_int_equal(nvt_call_step(&w.call, &wait), NVT_AGAIN);
    assert_int_equal(turns.leaves, 0);
    nvt_call_cancel(&w.call);
    assert_int_equal(turns.leaves, 1);
    world_close(&w);
    take_turns(s, 1000000, false, NVT_OK);
    world_send(&w, "POST", NVT_REQ_KEYED);
    world_expect(&w, NVT_RETRY, NVT_E_TIMEOUT_CALL);
    assert_int_equal(turns.leaves, 0);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
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
        cmocka_unit_test(test_401_of_two_calls),
        cmocka_unit_test(test_token_goes_meanwhile),
        cmocka_unit_test(test_conversation_ends_at_every_byte),
        cmocka_unit_test(test_token_answer_is_cut),
        cmocka_unit_test(test_token_path_is_bad),
        cmocka_unit_test(test_401_without_credentials),
        cmocka_unit_test(test_turns),
        cmocka_unit_test(test_turn_after_401),
        cmocka_unit_test(test_turn_is_given_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
