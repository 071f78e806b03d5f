/* SPDX-License-Identifier: Apache-2.0 */
/* Every refusal of the TLS room against openssl s_server: the exact error, TLS 1.2 and 1.3. */
#include "peer.h"

#include <stdio.h>

enum { VERSIONS = HAS_TLS13 ? 2 : 1 };

/* One attempt on each version that there is; i 0 is TLS 1.2, 1 is TLS 1.3. */
static void expect(const struct server *s, const char *host, nvt_err wanted)
{
    for (int i = 0; i < VERSIONS; i++) {
        struct client c;
        client_init(&c, i == 0, NULL, 0);
        nvt_err err = client_connect(&c, s, host, NULL);
        if (err != wanted) {
            fail_msg("TLS 1.%d: %s (%d) instead of %s", 2 + i, nvt_err_name(err), (int)c.tls.detail,
                     nvt_err_name(wanted));
        }
        if (err == NVT_OK) {
            assert_string_equal(nvt_tls_version(&c.tls), i == 0 ? "TLSv1.2" : "TLSv1.3");
            assert_true(strlen(nvt_tls_suite(&c.tls)) > 4U);
            client_echo(&c);
        }
        client_free(&c);
        assert_string_equal(nvt_tls_version(&c.tls), "");
    }
}

static void certificate(const char *name, const char *options, nvt_err wanted)
{
    struct server s;
    server_start(&s, name, options);
    expect(&s, "localhost", wanted);
    server_kill(&s);
}

#define WEAK_SERVER "-cipher DEFAULT:@SECLEVEL=0"

static void test_good(void **state)
{
    (void)state;
    certificate("server", NULL, NVT_OK);
    certificate("server", "-alpn http/1.1", NVT_OK);
    certificate("rsa", NULL, NVT_OK);
}

static void test_expired(void **state)
{
    (void)state;
    certificate("expired", NULL, NVT_E_TLS_EXPIRED);
    certificate("oldca", NULL, NVT_E_TLS_EXPIRED);
}

static void test_not_yet(void **state)
{
    (void)state;
    certificate("notyet", NULL, NVT_E_TLS_NOT_YET);
}

static void test_wrong_host(void **state)
{
    (void)state;
    certificate("wronghost", NULL, NVT_E_TLS_HOST);
}

static void test_self_signed(void **state)
{
    (void)state;
    certificate("selfsigned", NULL, NVT_E_TLS_SELF_SIGNED);
}

static void test_unknown_root(void **state)
{
    (void)state;
    certificate("unknownroot", NULL, NVT_E_TLS_ISSUER);
}

static void test_missing_intermediate(void **state)
{
    (void)state;
    certificate("nointermediate", NULL, NVT_E_TLS_CHAIN);
    certificate("notca", NULL, NVT_E_TLS_CHAIN);
}

static void test_usage(void **state)
{
    (void)state;
    certificate("clientauth", NULL, NVT_E_TLS_USAGE);
    /* OpenSSL itself keeps from signing with this key in TLS 1.2. */
    if (HAS_TLS13) {
        struct server s;
        struct client c;
        server_start(&s, "nosign", "-tls1_3");
        client_init(&c, false, NULL, 0);
        assert_int_equal(client_connect(&c, &s, "localhost", NULL), NVT_E_TLS_USAGE);
        client_free(&c);
        server_kill(&s);
    }
}

static void test_weak(void **state)
{
    (void)state;
    certificate("sha1", WEAK_SERVER, NVT_E_TLS_WEAK);
    certificate("rsa1024", WEAK_SERVER, NVT_E_TLS_WEAK);
}

/* ---- names ---- */

static void test_names(void **state)
{
    static const struct {
        const char *certificate;
        const char *host;
        nvt_err wanted;
    } cases[] = {
        {"server", "LocalHost", NVT_OK},
        {"server", "a.localhost", NVT_OK},
        {"server", "a.b.localhost", NVT_E_TLS_HOST},
        {"server", "localhost.example", NVT_E_TLS_HOST},
        {"server", "xlocalhost", NVT_E_TLS_HOST},
        {"server", "127.0.0.1", NVT_OK},
        {"server", "127.0.0.2", NVT_E_TLS_HOST},
        {"server", "::1", NVT_OK},
        {"server", "0:0:0:0:0:0:0:1", NVT_OK},
        {"server", "::2", NVT_E_TLS_HOST},
        {"wronghost", "other.example", NVT_OK},
        {"wronghost", "192.0.2.1", NVT_OK},
        {"wronghost", "127.0.0.1", NVT_E_TLS_HOST},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct server s;
        server_start(&s, cases[i].certificate, NULL);
        expect(&s, cases[i].host, cases[i].wanted);
        server_kill(&s);
    }
}

/* The server shows another certificate to a client that names this host in SNI. */
static void start_with_name(struct server *s, const char *name)
{
    char options[256];
    (void)snprintf(options, sizeof options, "-servername %s -cert2 %s -key2 %s", name,
                   pki_path("nointermediate", ".pem"), pki_path("nointermediate", ".key"));
    server_start(s, "server", options);
}

static void test_sni(void **state)
{
    struct server s;
    (void)state;
    start_with_name(&s, "a.localhost");
    expect(&s, "localhost", NVT_OK);
    expect(&s, "a.localhost", NVT_E_TLS_CHAIN);
    server_kill(&s);
}

/* RFC 6066 section 3: literal addresses are not permitted in SNI. */
static void test_no_sni_for_addresses(void **state)
{
    struct server s;
    (void)state;
    start_with_name(&s, "127.0.0.1");
    expect(&s, "127.0.0.1", NVT_OK);
    server_kill(&s);
}

static void test_bad_host_argument(void **state)
{
    struct client c;
    char host[400];
    (void)state;
    client_init(&c, false, NULL, 0);
    memset(host, 'a', sizeof host);
    host[sizeof host - 1U] = '\0';
    assert_int_equal(nvt_tls_open(&c.tls, &c.config, "", 0, NULL), NVT_E_ARG);
    assert_int_equal(nvt_tls_open(&c.tls, &c.config, host, 0, NULL), NVT_E_ARG);
    assert_int_equal(nvt_tls_open(&c.tls, &c.config, NULL, 0, NULL), NVT_E_ARG);
    client_free(&c);
    assert_int_equal(nvt_tls_open(&c.tls, &c.config, "localhost", 0, NULL), NVT_E_STATE);
}

/* ---- clocks ---- */

static const int64_t YEAR_S = 31556952;

static void test_moved_clock(void **state)
{
    struct server s;
    struct client c;
    (void)state;
    server_start(&s, "server", NULL);
    client_init(&c, false, NULL, 0);
    const int64_t now_s = c.net.now_s;
    c.net.now_s = now_s + 20 * YEAR_S;
    assert_int_equal(client_connect(&c, &s, "localhost", NULL), NVT_E_TLS_EXPIRED);
    c.net.now_s = now_s + 60 * 86400; /* the leaf alone is over */
    assert_int_equal(client_connect(&c, &s, "localhost", NULL), NVT_E_TLS_EXPIRED);
    c.net.now_s = now_s - 20 * YEAR_S;
    assert_int_equal(client_connect(&c, &s, "localhost", NULL), NVT_E_TLS_NOT_YET);
    c.net.now_s = 0;
    assert_int_equal(client_connect(&c, &s, "localhost", NULL), NVT_E_TLS_NOT_YET);
    c.net.now_s = now_s;
    assert_int_equal(client_connect(&c, &s, "localhost", NULL), NVT_OK);
    client_free(&c);
    server_kill(&s);
}

static void test_unknown_clock_refused(void **state)
{
    struct server s;
    struct client c;
    (void)state;
    server_start(&s, "server", NULL);
    client_init(&c, false, NULL, 0);
    c.net.clock_known = false;
    assert_int_equal(client_connect(&c, &s, "localhost", NULL), NVT_E_TLS_CLOCK);
    assert_int_equal(c.net.sent, 0);
    client_free(&c);
    server_kill(&s);
}

static nvt_err by_build_time(const char *name, int64_t build_time_s)
{
    struct server s;
    struct client c;
    server_start(&s, name, NULL);
    client_init(&c, false, NULL, 0);
    c.config.clock = NVT_TLS_CLOCK_BUILD_TIME;
    c.config.build_time_s = build_time_s;
    c.net.clock_known = false;
    nvt_err err = client_connect(&c, &s, "localhost", NULL);
    client_free(&c);
    server_kill(&s);
    return err;
}

static void test_build_time(void **state)
{
    struct net n;
    (void)state;
    net_init(&n);
    assert_int_equal(by_build_time("server", n.now_s), NVT_OK);
    assert_int_equal(by_build_time("server", n.now_s + YEAR_S), NVT_E_TLS_EXPIRED);
    assert_int_equal(by_build_time("expired", n.now_s), NVT_E_TLS_EXPIRED);
    /* Whether it has begun cannot be told without a clock. */
    assert_int_equal(by_build_time("server", n.now_s - 5 * YEAR_S), NVT_OK);
    assert_int_equal(by_build_time("notyet", n.now_s), NVT_OK);
}

/* ---- pins ---- */

static void test_pins(void **state)
{
    static const char *const good[] = {"server", "intermediate", "ca"};
    uint8_t pins[2][32];
    struct server s;
    struct client c;
    (void)state;
    server_start(&s, "server", NULL);
    for (size_t i = 0; i < 2U * sizeof good / sizeof good[0]; i++) {
        pki_pin("rsa", pins[0]);
        pki_pin(good[i / 2U], pins[1]);
        client_init(&c, (i % 2U) == 0U, (const uint8_t(*)[32])pins, 2);
        assert_int_equal(client_connect(&c, &s, "localhost", NULL), NVT_OK);
        client_free(&c);
        /* Behind pin_count it does not count. */
        client_init(&c, (i % 2U) == 0U, (const uint8_t(*)[32])pins, 1);
        assert_int_equal(client_connect(&c, &s, "localhost", NULL), NVT_E_TLS_PIN);
        client_free(&c);
    }
    server_kill(&s);
}

/* A pin never makes up for a chain that is not trusted, nor hides why it is not. */
static void test_pin_does_not_replace_trust(void **state)
{
    uint8_t pin[1][32];
    struct server s;
    struct client c;
    (void)state;
    pki_pin("server", pin[0]);
    server_start(&s, "nointermediate", NULL);
    client_init(&c, false, (const uint8_t(*)[32])pin, 1);
    assert_int_equal(client_connect(&c, &s, "localhost", NULL), NVT_E_TLS_CHAIN);
    assert_int_equal(client_connect(&c, &s, "other.example", NULL), NVT_E_TLS_CHAIN);
    client_free(&c);
    server_kill(&s);
    server_start(&s, "clientauth", NULL);
    client_init(&c, false, (const uint8_t(*)[32])pin, 1);
    assert_int_equal(client_connect(&c, &s, "localhost", NULL), NVT_E_TLS_USAGE);
    client_free(&c);
    server_kill(&s);
}

/* ---- what the server speaks ---- */

static void test_alpn_ignored_by_server(void **state)
{
    (void)state;
    certificate("server", NULL, NVT_OK);
}

/* A server that insists on another protocol says so (RFC 7301 section 3.2): alert 120. */
static void test_alpn_insisted(void **state)
{
    struct server s;
    struct client c;
    (void)state;
    server_start(&s, "server", "-alpn h2");
    client_init(&c, false, NULL, 0);
    nvt_err err = client_connect(&c, &s, "localhost", NULL);
    if (err != NVT_OK) { /* OpenSSL before 3.0.14 lets it pass */
        assert_int_equal(err, NVT_E_TLS_ALERT);
        assert_int_equal(c.tls.detail, 120);
    }
    client_free(&c);
    server_kill(&s);
}

static void test_old_versions(void **state)
{
    (void)state;
    certificate("server", "-tls1_1 " WEAK_SERVER, NVT_E_TLS_VERSION);
    certificate("server", "-tls1 " WEAK_SERVER, NVT_E_TLS_VERSION);
    certificate("rsa", "-tls1_1 " WEAK_SERVER, NVT_E_TLS_VERSION);
}

/* A ServerHello of TLS 1.1, whatever the client offered. */
static void test_old_server_hello(void **state)
{
    uint8_t hello[5 + 4 + 2 + 32 + 1 + 2 + 1] = {22, 3, 2, 0, 42, 2, 0, 0, 38, 3, 2};
    struct server s;
    (void)state;
    hello[44] = 0xC0; /* an ECDHE suite */
    hello[45] = 0x2B;
    server_raw(&s, nvt_span_of(hello, sizeof hello), false);
    expect(&s, "localhost", NVT_E_TLS_VERSION);
    server_kill(&s);
}

static void test_too_new(void **state)
{
    struct server s;
    struct client c;
    (void)state;
    server_start(&s, "server", "-tls1_3");
    client_init(&c, true, NULL, 0);
    assert_int_equal(client_connect(&c, &s, "localhost", NULL), NVT_E_TLS_VERSION);
    assert_int_equal(c.tls.detail, 70);
    client_free(&c);
    server_kill(&s);
}

/* CBC, and RSA key exchange, are not even offered. */
static void test_old_suites(void **state)
{
    static const char *const servers[][2] = {
        {"server", "-tls1_2 -cipher ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA"},
        {"rsa", "-tls1_2 -cipher AES128-GCM-SHA256:AES256-GCM-SHA384"},
        {"rsa", "-tls1_2 -cipher DHE-RSA-AES128-GCM-SHA256"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof servers / sizeof servers[0]; i++) {
        struct server s;
        struct client c;
        server_start(&s, servers[i][0], servers[i][1]);
        client_init(&c, true, NULL, 0);
        assert_int_equal(client_connect(&c, &s, "localhost", NULL), NVT_E_TLS_ALERT);
        assert_int_equal(c.tls.detail, 40);
        client_free(&c);
        server_kill(&s);
    }
}

static void test_modern_suites(void **state)
{
    (void)state;
    certificate("server", "-cipher ECDHE-ECDSA-AES256-GCM-SHA384", NVT_OK);
    certificate("server", "-cipher ECDHE-ECDSA-CHACHA20-POLY1305", NVT_OK);
    certificate("rsa", "-cipher ECDHE-RSA-AES256-GCM-SHA384", NVT_OK);
    certificate("server", "-groups X25519", NVT_OK);
    certificate("server", "-groups P-384:P-256", NVT_OK);
}

static void test_no_tls(void **state)
{
    static const char answer[] = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";
    static const uint8_t noise[64] = {0xFF, 0x00, 0x12, 0x34, 0x56, 0x78, 0x9A, 0xBC};
    static const uint8_t huge[] = {22, 3, 3, 0xFF, 0xFF, 2, 0};
    static const uint8_t alert[] = {21, 3, 3, 0, 2, 2, 80};
    static const uint8_t goodbye[] = {21, 3, 3, 0, 2, 1, 0}; /* close_notify */
    const struct {
        struct nvt_span bytes;
        nvt_err wanted;
    } cases[] = {
        {nvt_span_of(answer, sizeof answer - 1U), NVT_E_TLS_RECORD},
        {nvt_span_of(noise, sizeof noise), NVT_E_TLS_RECORD},
        {nvt_span_of(huge, sizeof huge), NVT_E_TLS_RECORD},
        {nvt_span_of(alert, sizeof alert), NVT_E_TLS_ALERT},
        {nvt_span_of(goodbye, sizeof goodbye), NVT_E_TLS_TRUNCATED},
        {nvt_span_of(alert, 3), NVT_E_TLS_TRUNCATED},
        {nvt_span_of(alert, 0), NVT_E_TLS_TRUNCATED},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct server s;
        server_raw(&s, cases[i].bytes, false);
        expect(&s, "localhost", cases[i].wanted);
        server_kill(&s);
    }
}

static void test_reset(void **state)
{
    struct server s;
    (void)state;
    server_raw(&s, nvt_span_of(NULL, 0), true);
    expect(&s, "localhost", NVT_E_NET_RESET);
    server_kill(&s);
}

#define TEST(f) cmocka_unit_test_teardown(f, server_kill_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_good),
        TEST(test_expired),
        TEST(test_not_yet),
        TEST(test_wrong_host),
        TEST(test_self_signed),
        TEST(test_unknown_root),
        TEST(test_missing_intermediate),
        TEST(test_usage),
        TEST(test_weak),
        TEST(test_names),
        TEST(test_sni),
        TEST(test_no_sni_for_addresses),
        TEST(test_bad_host_argument),
        TEST(test_moved_clock),
        TEST(test_unknown_clock_refused),
        TEST(test_build_time),
        TEST(test_pins),
        TEST(test_pin_does_not_replace_trust),
        TEST(test_alpn_ignored_by_server),
        TEST(test_alpn_insisted),
        TEST(test_old_versions),
        TEST(test_old_server_hello),
        TEST(test_too_new),
        TEST(test_old_suites),
        TEST(test_modern_suites),
        TEST(test_no_tls),
        TEST(test_reset),
    };
    return cmocka_run_group_tests_name("tls refusals", tests, NULL, NULL);
}
