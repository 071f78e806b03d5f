/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Refresh tokens that rotate: a server that drops the old one at once, a file that takes the new
 * one, and a power supply that fails at every call of the port and of the keeper.
 */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

enum { CONNECTIONS = 4, ANSWERS = 12, LIFE_S = 300 };

static const struct nvt_environment here = {"here", "https://api.example.net", NULL, NULL};
static const struct nvt_profile profile = {.name = "p",
                                           .title = "P",
                                           .environments = &here,
                                           .environment_count = 1,
                                           .grant = NVT_GRANT_PASSWORD,
                                           .token_path = "/public/token",
                                           .token_life_s = LIFE_S};

/* ---- the server, its state lives through power cuts ---- */

enum mood { MOOD_USUAL, MOOD_NO_REFRESH, MOOD_SAME_REFRESH, MOOD_LONG_REFRESH };

static struct {
    unsigned turn; /* of the tokens that are good now: acc-turn and ref/turn */
    enum mood mood;
    char text[CONNECTIONS][ANSWERS][400];
    struct nvt_sim_answer answers[CONNECTIONS][ANSWERS];
    struct nvt_sim_script scripts[CONNECTIONS];
    size_t answered[CONNECTIONS];
    size_t seen; /* of what the client sent */
    size_t logins, refreshes, requests;
} server;

/* ---- the file of the refresh token, and the power ---- */

static char disk[NVT_REFRESH_CAP];
static bool disk_full;
static size_t keeps;

static jmp_buf cut;
static size_t ticks;
static size_t cut_at;  /* tick before which the power fails; 0: never */
static bool in_window; /* the server has rotated, the file does not know */

static struct world w;

static const char *current(void)
{
    static char text[32];
    (void)snprintf(text, sizeof(text), "ref/%04u-abcdefghijklmn", server.turn);
    return text;
}

static void tick(bool of_answer)
{
    ticks++;
    /* Between the answer and the file nothing else is done. */
    assert_true(!in_window || of_answer);
    if (ticks == cut_at) {
        longjmp(cut, 1);
    }
}

static nvt_err keep(void *ctx, struct nvt_span token)
{
    (void)ctx;
    tick(true);
    keeps++;
    if (disk_full) {
        return NVT_E_NET_IO;
    }
    memset(disk, 0, sizeof(disk));
    memcpy(disk, token.ptr, token.len);
    in_window = false;
    tick(true);
    return NVT_OK;
}

static void answer(unsigned status, const char *body)
{
    size_t k = w.sim.connections - 1U;
    size_t i = server.answered[k]++;
    assert_true(k < CONNECTIONS && i < ANSWERS);
    int n = snprintf(server.text[k][i], sizeof(server.text[k][i]),
                     "HTTP/1.1 %u X\r\nContent-Length: %zu\r\n\r\n%s", status, strlen(body), body);
    server.answers[k][i] =
        (struct nvt_sim_answer){server.text[k][i], (size_t)n, 1, false, NVT_SIM_STAY};
}

static void grant(void)
{
    char body[300];
    char refresh[160] = "";
    if (server.mood != MOOD_SAME_REFRESH) {
        server.turn++;
        in_window = true;
    }
    if (server.mood != MOOD_NO_REFRESH) {
        (void)snprintf(
            refresh, sizeof(refresh), ",\"refresh_token\":\"ref\\/%04u-abcdefghijklmn%s\"",
            server.turn,
            server.mood == MOOD_LONG_REFRESH
                ? "0123456789012345678901234567890123456789012345678901234567890123456789012"
                : "");
    }
    in_window = in_window && server.mood != MOOD_NO_REFRESH;
    (void)snprintf(body, sizeof(body),
                   "{\"access_token\":\"acc-%04u-abcdefghijklmn\",\"expires_in\":%d%s}",
                   server.turn, LIFE_S, refresh);
    answer(200, body);
}

static void serve(const char *request)
{
    char bearer[64];
    char refresh[64];
    (void)snprintf(bearer, sizeof(bearer), "Bearer acc-%04u-abcdefghijklmn\r\n", server.turn);
    (void)snprintf(refresh, sizeof(refresh), "\"refresh_token\":\"%s\"}", current());
    if (strncmp(request, "POST /public/token ", 19) != 0) {
        server.requests++;
        /* No access token is used before its refresh token is safe. */
        assert_false(in_window);
        answer(strstr(request, bearer) != NULL ? 201 : 401, "");
    } else if (strstr(request, "\"grant_type\":\"password\"") != NULL) {
        server.logins++;
        if (strstr(request, "\"username\":\"user\",\"password\":\"pass word\"}") != NULL) {
            grant();
        } else {
            answer(400, "{\"error\":\"invalid_grant\",\"error_description\":\"wrong\"}");
        }
    } else {
        server.refreshes++;
        if (strstr(request, refresh) != NULL) {
            grant();
        } else {
            answer(400, "{\"error\":\"invalid_grant\",\"error_description\":\"dead\"}");
        }
    }
}

/* ---- the port, tick by tick ---- */

static struct nvt_port_net real;

static nvt_err do_resolve(void *ctx, const char *host, uint16_t port, struct nvt_addr *out_addrs,
                          size_t *out_count)
{
    tick(false);
    return real.resolve(ctx, host, port, out_addrs, out_count);
}

static nvt_err do_open(void *ctx, const struct nvt_addr *addr, nvt_sock *out_sock)
{
    tick(false);
    return real.open(ctx, addr, out_sock);
}

static nvt_err do_connected(void *ctx, nvt_sock sock)
{
    tick(false);
    return real.connected(ctx, sock);
}

static nvt_err do_send(void *ctx, nvt_sock sock, const uint8_t *data, size_t len, size_t *out_n)
{
    static char request[4000];
    tick(false);
    nvt_err err = real.send(ctx, sock, data, len, out_n);
    if (err == NVT_OK) {
        assert_true(w.sim.sent_len - server.seen < sizeof(request));
        memset(request, 0, sizeof(request));
        memcpy(request, w.sent + server.seen, w.sim.sent_len - server.seen);
        server.seen = w.sim.sent_len;
        serve(request);
    }
    return err;
}

static nvt_err do_recv(void *ctx, nvt_sock sock, uint8_t *data, size_t cap, size_t *out_n)
{
    tick(true);
    return real.recv(ctx, sock, data, cap, out_n);
}

static void do_close(void *ctx, nvt_sock sock)
{
    tick(false);
    real.close(ctx, sock);
}

/* ---- the gateway ---- */

/* Power on: nothing is left but the file. */
static void boot(bool with_password)
{
    for (size_t k = 0; k < CONNECTIONS; k++) {
        server.answered[k] = 0;
        server.scripts[k] = (struct nvt_sim_script){server.answers[k], ANSWERS};
        memset(server.answers[k], 0, sizeof(server.answers[k]));
    }
    server.seen = 0;
    in_window = false;
    world_init(&w, &profile, server.scripts, CONNECTIONS);
    nvt_token_wipe(&w.client.token);
    real = w.sim.port.net;
    w.sim.port.net.resolve = do_resolve;
    w.sim.port.net.open = do_open;
    w.sim.port.net.connected = do_connected;
    w.sim.port.net.send = do_send;
    w.sim.port.net.recv = do_recv;
    w.sim.port.net.close = do_close;
    w.sim.recv_max = 40;
    w.client.keeper.keep = keep;
    assert_int_equal(nvt_credentials_set_password(
                         &w.client.credentials, with_password ? NVT_LIT("user") : NVT_LIT(""),
                         with_password ? NVT_LIT("pass word") : NVT_LIT("")),
                     NVT_OK);
    if (disk[0] != '\0') {
        assert_int_equal(nvt_credentials_set_refresh(&w.client.credentials, nvt_span_str(disk)),
                         NVT_OK);
    }
}

static void reset(const char *on_disk)
{
    memset(&server, 0, sizeof(server));
    memset(disk, 0, sizeof(disk));
    memcpy(disk, on_disk, strlen(on_disk));
    disk_full = false;
    keeps = 0;
    ticks = 0;
    cut_at = 0;
}

static void down(void)
{
    cut_at = 0;
    in_window = false;
    world_close(&w);
    assert_false(world_holds(&w, offsetof(struct world, sent), "pass word"));
    assert_false(world_holds(&w, offsetof(struct world, sent), "-abcdefghijklmn"));
}

static void renewal_is_due(void)
{
    w.sim.mono_ms += (uint64_t)LIFE_S * 1000U;
}

/* Login or renewal, then two more renewals, each with a request. */
static void work(bool with_password)
{
    boot(with_password);
    for (unsigned i = 0; i < 3U; i++) {
        world_send(&w, "POST", 0);
        world_expect(&w, NVT_DELIVERED, NVT_OK);
        assert_string_equal(disk, current());
        renewal_is_due();
    }
    down();
}

/* ---- the power fails ---- */

/* Number of ticks of the whole work, or cut before one of them. */
static size_t work_until(size_t at, bool with_password)
{
    reset(with_password ? "" : "ref/0000-abcdefghijklmn");
    cut_at = at;
    if (setjmp(cut) == 0) {
        work(with_password);
    }
    return ticks;
}

static void test_power_cuts_with_password(void **state)
{
    (void)state;
    size_t all = work_until(0, true);
    assert_int_equal(server.logins, 1);
    assert_int_equal(server.refreshes, 2);
    for (size_t at = 1; at <= all; at++) {
        (void)work_until(at, true);
        cut_at = 0;
        boot(true);
        world_send(&w, "POST", 0);
        world_expect(&w, NVT_DELIVERED, NVT_OK);
        assert_string_equal(disk, current());
        down();
    }
    assert_true(all > 30U);
}

static void test_power_cuts_without_password(void **state)
{
    size_t locked_out = 0;
    (void)state;
    size_t all = work_until(0, false);
    assert_int_equal(server.logins, 0);
    assert_int_equal(server.refreshes, 3);
    for (size_t at = 1; at <= all; at++) {
        (void)work_until(at, false);
        bool lost = in_window; /* the answer was on its way, or not in the file yet */
        cut_at = 0;
        boot(false);
        world_send(&w, "POST", 0);
        if (lost) {
            world_expect(&w, NVT_REFUSED, NVT_E_GRANT_LOGIN);
            locked_out++;
        } else {
            world_expect(&w, NVT_DELIVERED, NVT_OK);
        }
        down();
    }
    /* Three rotations; each is lost only while it is received and before it is in the file. */
    assert_in_range(locked_out, 3, 3U * 10U);
}

/* ---- the file cannot be written ---- */

static void test_keeper_fails(void **state)
{
    (void)state;
    reset("");
    boot(true);
    disk_full = true;
    world_send(&w, "POST", 0);
    world_expect(&w, NVT_RETRY, NVT_E_GRANT_KEEP);
    assert_int_equal(w.call.outcome.status, 0);
    assert_int_equal(w.call.outcome.retry_at_ms - w.sim.mono_ms, NVT_BACKOFF_MS);
    assert_int_equal(server.requests, 0);
    assert_int_equal(w.client.token.len, 0);
    assert_string_equal(w.client.credentials.refresh, current());
    /* tried before anything else, and nothing is asked for while it fails */
    in_window = false;
    size_t before = ticks;
    world_send(&w, "POST", 0);
    world_expect(&w, NVT_RETRY, NVT_E_GRANT_KEEP);
    assert_int_equal(ticks, before + 1U);
    assert_int_equal(keeps, 2);
    disk_full = false;
    world_send(&w, "POST", 0);
    world_expect(&w, NVT_DELIVERED, NVT_OK);
    assert_int_equal(server.logins, 1);
    assert_int_equal(server.refreshes, 1);
    assert_int_equal(keeps, 4);
    assert_string_equal(disk, current());
    down();
}

static void test_no_keeper(void **state)
{
    (void)state;
    reset("");
    boot(true);
    w.client.keeper.keep = NULL;
    for (unsigned i = 0; i < 2U; i++) {
        in_window = false;
        server.mood = MOOD_NO_REFRESH;
        world_send(&w, "POST", 0);
        world_expect(&w, NVT_DELIVERED, NVT_OK);
        renewal_is_due();
    }
    down();
}

/* ---- the server's moods ---- */

/* Without a refresh token in the answer the old one stays (RFC 6749 section 6). */
static void test_refresh_stays(void **state)
{
    (void)state;
    reset("ref/0000-abcdefghijklmn");
    server.mood = MOOD_SAME_REFRESH;
    boot(false);
    for (unsigned i = 0; i < 3U; i++) {
        world_send(&w, "POST", 0);
        world_expect(&w, NVT_DELIVERED, NVT_OK);
        renewal_is_due();
    }
    assert_int_equal(server.refreshes, 3);
    assert_int_equal(keeps, 0); /* flash wears out */
    down();
}

/* A refresh token that does not fit is told, not cut. */
static void test_long_refresh(void **state)
{
    (void)state;
    reset("");
    server.mood = MOOD_LONG_REFRESH;
    boot(true);
    world_send(&w, "POST", 0);
    world_expect(&w, NVT_RETRY, NVT_E_GRANT_ANSWER);
    assert_int_equal(keeps, 0);
    assert_string_equal(w.client.credentials.refresh, "");
    down();
}

static void test_falls_back_to_the_password(void **state)
{
    (void)state;
    reset("ref/9999-stolen");
    boot(true);
    world_send(&w, "POST", 0);
    world_expect(&w, NVT_DELIVERED, NVT_OK);
    assert_string_equal(w.call.outcome.failure.code, "");
    assert_int_equal(server.refreshes, 1);
    assert_int_equal(server.logins, 1);
    assert_int_equal(w.call.token_requests, 2);
    assert_string_equal(disk, current());
    down();
}

static void test_asks_for_a_login(void **state)
{
    (void)state;
    reset("ref/9999-stolen");
    boot(false);
    for (unsigned i = 0; i < 2U; i++) {
        world_send(&w, "POST", 0);
        world_expect(&w, NVT_REFUSED, NVT_E_GRANT_LOGIN);
        assert_string_equal(w.call.outcome.failure.code, "invalid_grant");
        assert_string_equal(w.call.outcome.failure.message, "dead");
        assert_int_equal(w.call.outcome.failure.http_status, 400);
    }
    down();
}

/* The password is wrong: no second try, and no word of a login that would not help. */
static void test_wrong_password(void **state)
{
    (void)state;
    reset("");
    boot(true);
    assert_int_equal(
        nvt_credentials_set_password(&w.client.credentials, NVT_LIT("user"), NVT_LIT("pass")),
        NVT_OK);
    world_send(&w, "POST", 0);
    world_expect(&w, NVT_REFUSED, NVT_E_GRANT_REFUSED);
    assert_int_equal(server.logins, 1);
    down();
}

/* An access token that the server dropped early is renewed with the refresh token. */
static void test_401_refreshes(void **state)
{
    (void)state;
    reset("");
    boot(true);
    world_send(&w, "POST", 0);
    world_expect(&w, NVT_DELIVERED, NVT_OK);
    w.client.token.text[5]++;
    world_send(&w, "POST", 0);
    world_expect(&w, NVT_DELIVERED, NVT_OK);
    assert_int_equal(server.refreshes, 1);
    assert_int_equal(server.logins, 1);
    down();
}

/* Only that answer to a refresh means that the token is dead. */
static void refused(const char *text, enum nvt_verdict verdict, nvt_err err)
{
    const struct nvt_sim_answer a[] = {{text, strlen(text), 1, false, NVT_SIM_STAY}};
    const struct nvt_sim_script s[] = {SCRIPT(a)};
    world_init(&w, &profile, s, 1);
    nvt_token_wipe(&w.client.token);
    assert_int_equal(
        nvt_credentials_set_password(&w.client.credentials, NVT_LIT("user"), NVT_LIT("pass")),
        NVT_OK);
    assert_int_equal(
        nvt_credentials_set_refresh(&w.client.credentials, NVT_LIT("ref-0123456789abc")), NVT_OK);
    world_send(&w, "POST", 0);
    world_expect(&w, verdict, err);
    assert_null(strstr(w.call.outcome.failure.message, "0123"));
    assert_string_equal(w.client.credentials.refresh, "ref-0123456789abc");
    world_close(&w);
}

static void test_other_refusals(void **state)
{
    (void)state;
    refused("HTTP/1.1 400 No\r\nContent-Length: 26\r\n\r\n{\"error\":\"invalid_client\"}",
            NVT_REFUSED, NVT_E_GRANT_REFUSED);
    refused("HTTP/1.1 403 No\r\nContent-Length: 25\r\n\r\n{\"error\":\"invalid_grant\"}",
            NVT_REFUSED, NVT_E_GRANT_REFUSED);
    refused("HTTP/1.1 503 No\r\nContent-Length: 25\r\n\r\n{\"error\":\"invalid_grant\"}", NVT_RETRY,
            NVT_E_STATUS);
    refused("HTTP/1.1 400 No\r\nContent-Length: "
            "39\r\n\r\n{\"error\":\"x\",\"y\":\"ref-0123456789abc!\"}  ",
            NVT_REFUSED, NVT_E_GRANT_REFUSED);
    refused("HTTP/1.1 400 No\r\nContent-Length: 21\r\n\r\nref-0123456789abc ref", NVT_RETRY,
            NVT_E_FRONT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_power_cuts_with_password),
        cmocka_unit_test(test_power_cuts_without_password),
        cmocka_unit_test(test_keeper_fails),
        cmocka_unit_test(test_no_keeper),
        cmocka_unit_test(test_refresh_stays),
        cmocka_unit_test(test_long_refresh),
        cmocka_unit_test(test_falls_back_to_the_password),
        cmocka_unit_test(test_asks_for_a_login),
        cmocka_unit_test(test_wrong_password),
        cmocka_unit_test(test_401_refreshes),
        cmocka_unit_test(test_other_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
