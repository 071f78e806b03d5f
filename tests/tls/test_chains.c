/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory of chains: what is remembered, what is not, and that nothing which is refused without
 * it passes with it. test_refusals and test_stream run with and without it.
 */
#include "peer.h"

#include <stdio.h>

enum { VERSIONS = HAS_TLS13 ? 2 : 1 };

static const int64_t DAY_S = 86400;

/* One connection; *out_known (may be NULL): its chain was remembered. */
static nvt_err visit(struct client *c, const struct server *s, const char *host, bool *out_known)
{
    nvt_err err = client_connect(c, s, host, NULL);
    if (out_known != NULL) {
        *out_known = c->tls.chain.known;
    }
    if (err == NVT_OK) {
        assert_true(c->tls.chain.checked);
        assert_false(c->tls.resumed);
        client_echo(c);
        client_hang_up(c);
    }
    return err;
}

static void expect(struct client *c, const struct server *s, const char *host, bool wanted)
{
    bool known = !wanted;
    assert_int_equal(visit(c, s, host, &known), NVT_OK);
    if (known != wanted) {
        fail_msg("%s: %s", host, known ? "remembered" : "not remembered");
    }
}

static void test_known_again(void **state)
{
    (void)state;
    for (int i = 0; i < VERSIONS; i++) {
        struct server s;
        struct client c;
        server_start(&s, "server", NULL);
        client_init(&c, i == 0, NULL, 0);
        expect(&c, &s, "localhost", false);
        expect(&c, &s, "localhost", true);
        expect(&c, &s, "localhost", true);
        /* Of another host, and of an address, nothing was found out yet. */
        expect(&c, &s, "a.localhost", false);
        expect(&c, &s, "127.0.0.1", false);
        expect(&c, &s, "127.0.0.1", true);
        client_free(&c);
        server_kill(&s);
    }
}

/* The same chain is good for both versions. */
static void test_other_version(void **state)
{
    struct server s12;
    struct server s;
    struct client c;
    (void)state;
    if (!HAS_TLS13) {
        return;
    }
    server_start(&s12, "server", "-tls1_2");
    server_start(&s, "server", "-tls1_3");
    client_init(&c, false, NULL, 0);
    expect(&c, &s12, "localhost", false);
    expect(&c, &s, "localhost", true);
    client_free(&c);
    server_kill(&s12);
    server_kill(&s);
}

static void test_other_chain(void **state)
{
    struct server s;
    struct server rsa;
    struct client c;
    (void)state;
    server_start(&s, "server", NULL);
    server_start(&rsa, "rsa", NULL);
    client_init(&c, true, NULL, 0);
    expect(&c, &s, "localhost", false);
    expect(&c, &rsa, "localhost", false);
    expect(&c, &s, "localhost", true);
    expect(&c, &rsa, "localhost", true);
    server_kill(&rsa);
    /* A part of a chain is another chain: what made it good is missing. */
    server_start(&rsa, "nointermediate", NULL);
    assert_int_equal(visit(&c, &rsa, "localhost", NULL), NVT_E_TLS_CHAIN);
    client_free(&c);
    server_kill(&s);
    server_kill(&rsa);
}

/* As many as there is room for; then the oldest gives way. */
static void test_full(void **state)
{
    struct server s;
    struct client c;
    char host[32];
    (void)state;
    server_start(&s, "server", NULL);
    client_init(&c, true, NULL, 0);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < NVT_TLS_CHAINS_MAX; i++) {
            (void)snprintf(host, sizeof host, "h%d.localhost", i);
            expect(&c, &s, host, round == 1);
        }
    }
    expect(&c, &s, "localhost", false);
    expect(&c, &s, "h1.localhost", true);
    expect(&c, &s, "h0.localhost", false);
    expect(&c, &s, "localhost", true);
    client_free(&c);
    server_kill(&s);
}

/* Dates are looked at each time, by the clock of that time. */
static void test_dates(void **state)
{
    (void)state;
    for (int i = 0; i < VERSIONS; i++) {
        struct server s;
        struct client c;
        server_start(&s, "server", NULL);
        client_init(&c, i == 0, NULL, 0);
        const int64_t now_s = c.net.now_s;
        expect(&c, &s, "localhost", false);
        c.net.now_s = now_s + 60 * DAY_S;
        assert_int_equal(visit(&c, &s, "localhost", NULL), NVT_E_TLS_EXPIRED);
        c.net.now_s = now_s - 7300 * DAY_S;
        assert_int_equal(visit(&c, &s, "localhost", NULL), NVT_E_TLS_NOT_YET);
        c.net.now_s = now_s + 29 * DAY_S;
        expect(&c, &s, "localhost", true);
        client_free(&c);
        server_kill(&s);
    }
}

/* A chain that was let in with the clock unknown has not begun for a clock that knows better. */
static void test_clock_found(void **state)
{
    struct server s;
    struct client c;
    (void)state;
    server_start(&s, "notyet", NULL);
    client_init(&c, true, NULL, 0);
    c.config.clock = NVT_TLS_CLOCK_BUILD_TIME;
    c.config.build_time_s = c.net.now_s;
    c.net.clock_known = false;
    expect(&c, &s, "localhost", false);
    expect(&c, &s, "localhost", true);
    c.net.clock_known = true;
    assert_int_equal(visit(&c, &s, "localhost", NULL), NVT_E_TLS_NOT_YET);
    c.net.clock_known = false;
    c.config.build_time_s = c.net.now_s + 70 * 366 * DAY_S;
    assert_int_equal(visit(&c, &s, "localhost", NULL), NVT_E_TLS_EXPIRED);
    client_free(&c);
    server_kill(&s);
}

static void test_switched_off(void **state)
{
    uint8_t mem[4096];
    struct nvt_tls_settings settings;
    struct server s;
    struct client c;
    (void)state;
    memset(&settings, 0, sizeof settings);
    settings.ca = pki_read("ca", ".pem", mem, sizeof mem);
    settings.forget_chains = true;
    server_start(&s, "server", NULL);
    client_init_as(&c, &settings);
    expect(&c, &s, "localhost", false);
    expect(&c, &s, "localhost", false);
    client_free(&c);
    server_kill(&s);
}

/* Nothing remembered under other CAs or pins is found: as when an entry is carried over. */
static void test_bound_to_trust(void **state)
{
    uint8_t pins[2][32];
    struct nvt_tls_known kept[NVT_TLS_CHAINS_MAX];
    struct server s;
    struct client c;
    (void)state;
    pki_pin("rsa", pins[0]);
    pki_pin("server", pins[1]);
    server_start(&s, "server", NULL);
    client_init(&c, true, NULL, 0);
    expect(&c, &s, "localhost", false);
    memcpy(kept, c.config.known, sizeof kept);
    client_free(&c);
    client_init(&c, true, (const uint8_t(*)[32])pins, 1);
    memcpy(c.config.known, kept, sizeof kept);
    assert_int_equal(visit(&c, &s, "localhost", NULL), NVT_E_TLS_PIN);
    client_free(&c);
    client_init(&c, true, (const uint8_t(*)[32])pins, 2);
    memcpy(c.config.known, kept, sizeof kept);
    expect(&c, &s, "localhost", false);
    expect(&c, &s, "localhost", true);
    client_free(&c);
    client_init(&c, true, NULL, 0);
    memcpy(c.config.known, kept, sizeof kept);
    expect(&c, &s, "localhost", true);
    client_free(&c);
    server_kill(&s);
}

/* Who shows a chain that is remembered must still sign for it. */
static void test_impostor(void **state)
{
    (void)state;
    for (int i = 0; i < VERSIONS; i++) {
        struct server s;
        struct server impostor;
        struct client c;
        bool known = false;
        server_start(&s, "server", NULL);
        client_init(&c, i == 0, NULL, 0);
        expect(&c, &s, "localhost", false);
        server_impostor(&impostor, "server", "server");
        assert_int_equal(client_connect(&c, &impostor, "localhost", NULL), NVT_OK);
        assert_true(c.tls.chain.known);
        client_hang_up(&c);
        server_kill(&impostor);
        server_impostor(&impostor, "server", "expired");
        nvt_err err = visit(&c, &impostor, "localhost", &known);
        assert_true(known);
        if ((err == NVT_OK) || (err == NVT_AGAIN)) {
            fail_msg("TLS 1.%d: believed", 2 + i);
        }
        client_free(&c);
        server_kill(&s);
        server_kill(&impostor);
    }
}

/* ---- refusals ---- */

struct outcome {
    nvt_err err;
    int32_t detail;
    size_t sent;
    uint8_t tail[7];
};

static void refuse(const char *name, bool no_tls13, bool forget, struct outcome *out)
{
    uint8_t mem[4096];
    struct nvt_tls_settings settings;
    struct server s;
    struct client c;
    memset(out, 0, sizeof *out);
    memset(&settings, 0, sizeof settings);
    settings.ca = pki_read("ca", ".pem", mem, sizeof mem);
    settings.no_tls13 = no_tls13;
    settings.forget_chains = forget;
    server_start(&s, name, "-cipher DEFAULT:@SECLEVEL=0");
    client_init_as(&c, &settings);
    for (int i = 0; i < 2; i++) {
        out->err = visit(&c, &s, "localhost", NULL);
        assert_true(out->err != NVT_OK);
        assert_false(c.tls.chain.known);
    }
    out->detail = c.tls.detail;
    out->sent = c.net.sent;
    memcpy(out->tail, c.net.tail, sizeof out->tail);
    client_free(&c);
    server_kill(&s);
}

/* The same error, the same alert, the same number of bytes sent before: with the memory as without,
 * and the second time as the first. */
static void test_refused_alike(void **state)
{
    static const struct {
        const char *name;
        uint8_t alert;
    } cases[] = {
        {"expired", 45},    {"oldca", 45},       {"notyet", 46},         {"wronghost", 42},
        {"selfsigned", 48}, {"unknownroot", 48}, {"notca", 48},          {"clientauth", 43},
        {"sha1", 46},       {"rsa1024", 43},     {"nointermediate", 48},
    };
    (void)state;
    for (size_t i = 0; i < VERSIONS * sizeof cases / sizeof cases[0]; i++) {
        const char *name = cases[i / VERSIONS].name;
        const bool no_tls13 = (i % VERSIONS) == 0U;
        struct outcome without;
        struct outcome with;
        refuse(name, no_tls13, true, &without);
        refuse(name, no_tls13, false, &with);
        if (memcmp(&with, &without, sizeof with) != 0) {
            fail_msg("%s: %s, %zu bytes sent, alert %u; without the memory %s, %zu, %u", name,
                     nvt_err_name(with.err), with.sent, (unsigned)with.tail[6],
                     nvt_err_name(without.err), without.sent, (unsigned)without.tail[6]);
        }
        if (no_tls13) {
            const uint8_t wanted[7] = {21, 3, 3, 0, 2, 2, cases[i / VERSIONS].alert};
            assert_memory_equal(with.tail, wanted, sizeof wanted);
        }
    }
}

#define TEST(f) cmocka_unit_test_teardown(f, server_kill_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_known_again),   TEST(test_other_version),  TEST(test_other_chain),
        TEST(test_full),          TEST(test_dates),          TEST(test_clock_found),
        TEST(test_switched_off),  TEST(test_bound_to_trust), TEST(test_impostor),
        TEST(test_refused_alike),
    };
    return cmocka_run_group_tests_name("tls chains", tests, NULL, NULL);
}
