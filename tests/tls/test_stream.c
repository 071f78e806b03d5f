/* SPDX-License-Identifier: Apache-2.0 */
/* What happens on an open connection: resumption, ends of all kinds, bent byte streams. */
#include "peer.h"

#include <stdio.h>
#include <time.h>

enum { VERSIONS = HAS_TLS13 ? 2 : 1 };

/* One connection that hears the server once, so that tickets of TLS 1.3 have arrived. */
static nvt_err visit(struct client *c, const struct server *s, const char *host,
                     struct nvt_tls_ticket *ticket)
{
    nvt_err err = client_connect(c, s, host, ticket);
    if (err == NVT_OK) {
        client_echo(c);
        client_hang_up(c);
    }
    return err;
}

/* ---- resumption ---- */

static void test_resumes(void **state)
{
    (void)state;
    for (int i = 0; i < VERSIONS; i++) {
        struct server s;
        struct client c;
        struct nvt_tls_ticket ticket = {0};
        uint8_t pin[1][32];
        pki_pin("server", pin[0]);
        server_start(&s, "server", NULL);
        client_init(&c, i == 0, (const uint8_t(*)[32])pin, 1);
        assert_int_equal(visit(&c, &s, "localhost", &ticket), NVT_OK);
        assert_false(c.tls.resumed);
        assert_true(ticket.valid);
        const int64_t until = ticket.not_after_s;
        for (int again = 0; again < 3; again++) {
            assert_int_equal(visit(&c, &s, "localhost", &ticket), NVT_OK);
            assert_true(c.tls.resumed);
            assert_true(ticket.valid);
            assert_true(ticket.not_after_s == until);
        }
        assert_int_equal(visit(&c, &s, "localhost", NULL), NVT_OK);
        assert_false(c.tls.resumed);
        nvt_tls_ticket_free(&ticket);
        assert_false(ticket.valid);
        nvt_tls_ticket_free(&ticket);
        client_free(&c);
        server_kill(&s);
    }
}

static void test_ticket_is_bound(void **state)
{
    (void)state;
    for (int i = 0; i < VERSIONS; i++) {
        struct server s;
        struct client c;
        struct client other;
        struct nvt_tls_ticket ticket = {0};
        server_start(&s, "server", NULL);
        client_init(&c, i == 0, NULL, 0);
        client_init(&other, i == 0, NULL, 0);
        assert_int_equal(visit(&c, &s, "localhost", &ticket), NVT_OK);
        /* Another name that the certificate has: checked anew. */
        assert_int_equal(visit(&c, &s, "a.localhost", &ticket), NVT_OK);
        assert_false(c.tls.resumed);
        assert_int_equal(visit(&c, &s, "a.localhost", &ticket), NVT_OK);
        assert_true(c.tls.resumed);
        /* One that it has not: the ticket does not help. */
        assert_int_equal(visit(&c, &s, "other.example", &ticket), NVT_E_TLS_HOST);
        assert_false(ticket.valid);
        assert_int_equal(visit(&c, &s, "localhost", &ticket), NVT_OK);
        /* Other trust settings: checked anew. */
        assert_int_equal(visit(&other, &s, "localhost", &ticket), NVT_OK);
        assert_false(other.tls.resumed);
        nvt_tls_ticket_free(&ticket);
        client_free(&c);
        client_free(&other);
        server_kill(&s);
    }
}

static void test_ticket_ends_with_its_chain(void **state)
{
    (void)state;
    for (int i = 0; i < VERSIONS; i++) {
        struct server s;
        struct client c;
        struct nvt_tls_ticket ticket = {0};
        server_start(&s, "server", NULL);
        client_init(&c, i == 0, NULL, 0);
        const int64_t now_s = c.net.now_s;
        assert_int_equal(visit(&c, &s, "localhost", &ticket), NVT_OK);
        assert_true(ticket.not_after_s > now_s + 29 * 86400);
        assert_true(ticket.not_after_s < now_s + 31 * 86400);
        c.net.now_s = ticket.not_after_s;
        assert_int_equal(visit(&c, &s, "localhost", &ticket), NVT_OK);
        assert_true(c.tls.resumed);
        c.net.now_s = ticket.not_after_s + 1;
        assert_int_equal(visit(&c, &s, "localhost", &ticket), NVT_E_TLS_EXPIRED);
        assert_false(ticket.valid);
        c.net.now_s = now_s;
        assert_int_equal(visit(&c, &s, "localhost", &ticket), NVT_OK);
        assert_false(c.tls.resumed);
        c.net.now_s = ticket.not_before_s - 1;
        assert_int_equal(visit(&c, &s, "localhost", &ticket), NVT_E_TLS_NOT_YET);
        c.net.now_s = now_s;
        assert_int_equal(visit(&c, &s, "localhost", &ticket), NVT_OK);
        c.net.clock_known = false;
        assert_int_equal(visit(&c, &s, "localhost", &ticket), NVT_E_TLS_CLOCK);
        nvt_tls_ticket_free(&ticket);
        client_free(&c);
        server_kill(&s);
    }
}

/* A server that knows nothing of the ticket is checked in full. */
static void test_ticket_at_another_server(void **state)
{
    (void)state;
    for (int i = 0; i < VERSIONS; i++) {
        struct server s;
        struct client c;
        struct nvt_tls_ticket ticket = {0};
        client_init(&c, i == 0, NULL, 0);
        server_start(&s, "server", NULL);
        assert_int_equal(visit(&c, &s, "localhost", &ticket), NVT_OK);
        server_kill(&s);
        server_start(&s, "rsa", NULL);
        assert_int_equal(visit(&c, &s, "localhost", &ticket), NVT_OK);
        assert_false(c.tls.resumed);
        server_kill(&s);
        server_start(&s, "expired", NULL);
        assert_int_equal(visit(&c, &s, "localhost", &ticket), NVT_E_TLS_EXPIRED);
        assert_false(ticket.valid);
        server_kill(&s);
        nvt_tls_ticket_free(&ticket);
        client_free(&c);
    }
}

static void test_no_tickets_given(void **state)
{
    struct server s;
    struct client c;
    struct nvt_tls_ticket ticket = {0};
    (void)state;
    server_start(&s, "server", "-no_ticket -no_cache");
    client_init(&c, true, NULL, 0);
    assert_int_equal(visit(&c, &s, "localhost", &ticket), NVT_OK);
    assert_false(ticket.valid);
    server_kill(&s);
    /* TLS 1.2 without tickets: by session id. */
    server_start(&s, "server", "-no_ticket");
    assert_int_equal(visit(&c, &s, "localhost", &ticket), NVT_OK);
    assert_int_equal(visit(&c, &s, "localhost", &ticket), NVT_OK);
    assert_true(c.tls.resumed);
    nvt_tls_ticket_free(&ticket);
    client_free(&c);
    server_kill(&s);
}

/* ---- ends ---- */

static void test_orderly_end(void **state)
{
    (void)state;
    for (int i = 0; i < VERSIONS; i++) {
        struct server s;
        struct client c;
        char byte = 0;
        server_start(&s, "server", NULL);
        client_init(&c, i == 0, NULL, 0);
        assert_int_equal(client_connect(&c, &s, "localhost", NULL), NVT_OK);
        client_echo(&c);
        assert_int_equal(client_send(&c, "CLOSE\n"), NVT_OK);
        assert_int_equal(client_recv(&c, &byte, 1), NVT_E_NET_CLOSED);
        assert_int_equal(client_recv(&c, &byte, 1), NVT_E_NET_CLOSED);
        client_free(&c);
        assert_int_equal(client_recv(&c, &byte, 1), NVT_E_STATE);
        server_kill(&s);
    }
}

/* Our own close_notify goes out, but not on a connection that is beyond it. */
static void test_own_close_notify(void **state)
{
    (void)state;
    for (int i = 0; i < VERSIONS; i++) {
        struct server s;
        struct client c;
        char byte = 0;
        server_start(&s, "server", NULL);
        client_init(&c, i == 0, NULL, 0);
        assert_int_equal(client_connect(&c, &s, "localhost", NULL), NVT_OK);
        client_echo(&c);
        size_t before = c.net.sent;
        nvt_tls_close(&c.tls);
        assert_in_range(c.net.sent - before, 5 + 2 + 16, 5 + 16 + 16);
        client_hang_up(&c);
        assert_int_equal(client_connect(&c, &s, "localhost", NULL), NVT_OK);
        c.net.bend.cut_at = c.net.received;
        c.net.bend.cut_err = NVT_E_NET_CLOSED;
        assert_int_equal(client_recv(&c, &byte, 1), NVT_E_TLS_TRUNCATED);
        before = c.net.sent;
        client_free(&c);
        assert_int_equal(c.net.sent, before);
        server_kill(&s);
    }
}

static void test_server_killed(void **state)
{
    (void)state;
    for (int i = 0; i < VERSIONS; i++) {
        struct server s;
        struct client c;
        char byte = 0;
        server_start(&s, "server", NULL);
        client_init(&c, i == 0, NULL, 0);
        assert_int_equal(client_connect(&c, &s, "localhost", NULL), NVT_OK);
        client_echo(&c);
        server_kill(&s);
        assert_int_equal(client_recv(&c, &byte, 1), NVT_E_TLS_TRUNCATED);
        assert_int_equal(client_recv(&c, &byte, 1), NVT_E_TLS_TRUNCATED);
        assert_int_equal(client_send(&c, "x"), NVT_E_TLS_TRUNCATED);
        client_free(&c);
    }
}

/* Looks again until there is something. */
static void wait_until_not_quiet(struct client *c)
{
    const struct timespec pause = {0, 1000000};
    for (int ms = 0; nvt_tls_quiet(&c->tls); ms++) {
        assert_true(ms < PATIENCE_MS);
        (void)nanosleep(&pause, NULL);
    }
}

/* The two tickets that openssl sends in TLS 1.3: met by a look, taken by a receive. */
static void take_tickets(struct client *c, struct nvt_tls_ticket *ticket)
{
    uint8_t byte = 0;
    size_t n = 0;
    uint8_t events = 0;
    ticket->valid = false;
    while (!ticket->valid) {
        wait_until_not_quiet(c);
        assert_true(nvt_tls_pending(&c->tls));
        assert_int_equal(nvt_tls_recv(&c->tls, &byte, 1, &n, &events), NVT_AGAIN);
    }
}

/* A look loses nothing of what it meets. */
static void test_quiet(void **state)
{
    (void)state;
    for (int i = 0; i < VERSIONS; i++) {
        struct server s;
        struct client c = {0};
        struct nvt_tls_ticket ticket = {0};
        char echo[4];
        size_t n = 0;
        uint8_t events = 0;
        server_start(&s, "server", NULL);
        client_init(&c, i == 0, NULL, 0);
        assert_false(nvt_tls_quiet(&c.tls));
        assert_int_equal(client_connect(&c, &s, "localhost", &ticket), NVT_OK);
        if (i == 1) {
            take_tickets(&c, &ticket);
        }
        assert_int_equal(client_send(&c, "abc\n"), NVT_OK);
        wait_until_not_quiet(&c);
        assert_false(nvt_tls_quiet(&c.tls)); /* still */
        while (nvt_tls_recv(&c.tls, echo, 1, &n, &events) == NVT_AGAIN) {
            wait_until_not_quiet(&c);
        }
        assert_true(nvt_tls_pending(&c.tls)); /* the rest of the record */
        assert_false(nvt_tls_quiet(&c.tls));
        assert_int_equal(client_recv(&c, echo + 1, 3), NVT_OK);
        assert_memory_equal(echo, "cba\n", 4);
        assert_false(nvt_tls_pending(&c.tls));
        assert_true(nvt_tls_quiet(&c.tls));
        c.net.bend.cut_at = c.net.received;
        c.net.bend.cut_err = NVT_E_NET_RESET;
        assert_false(nvt_tls_quiet(&c.tls));
        nvt_tls_ticket_free(&ticket);
        client_hang_up(&c);
        client_free(&c);
        server_kill(&s);
    }
}

/* An attacker's FIN or RST at any byte: in the handshake, in the answer, before close_notify. */
static void cut_everywhere(int version, nvt_err cut_err, nvt_err wanted)
{
    struct server s;
    struct client c;
    char back[5] = "";
    server_start(&s, "server", NULL);
    client_init(&c, version == 0, NULL, 0);
    assert_int_equal(client_connect(&c, &s, "localhost", NULL), NVT_OK);
    const size_t handshake_len = c.net.received;
    client_echo(&c);
    assert_int_equal(client_send(&c, "CLOSE\n"), NVT_OK);
    assert_int_equal(client_recv(&c, back, 1), NVT_E_NET_CLOSED);
    const size_t all_len = c.net.received;
    client_hang_up(&c);
    c.net.bend.cut_err = cut_err;
    size_t stride = 1;
    for (size_t at = 1; at < all_len; at += stride) {
        /* Signatures make the flight's length vary by a few bytes. */
        stride = (at + 16U < handshake_len) ? 61U : 7U;
        c.net.bend.cut_at = at;
        nvt_err err = client_connect(&c, &s, "localhost", NULL);
        if (err == NVT_OK) {
            assert_true(at + 16U > handshake_len);
            err = client_send(&c, "abc\nCLOSE\n");
            err = (err == NVT_OK) ? client_recv(&c, back, 4) : err;
            err = (err == NVT_OK) ? client_recv(&c, back, 1) : err;
        }
        assert_int_equal(err, (at + 8U < all_len || err != NVT_E_NET_CLOSED) ? wanted : err);
        client_hang_up(&c);
    }
    client_free(&c);
    server_kill(&s);
}

static void test_truncated(void **state)
{
    (void)state;
    for (int i = 0; i < VERSIONS; i++) {
        cut_everywhere(i, NVT_E_NET_CLOSED, NVT_E_TLS_TRUNCATED);
    }
}

static void test_reset(void **state)
{
    (void)state;
    for (int i = 0; i < VERSIONS; i++) {
        cut_everywhere(i, NVT_E_NET_RESET, NVT_E_NET_RESET);
    }
}

/* A peer that takes no more may have sent something before. */
static void test_read_after_reset(void **state)
{
    (void)state;
    for (int i = 0; i < VERSIONS; i++) {
        struct server s;
        struct client c;
        char back[5] = "";
        uint8_t events = 0;
        size_t n = 0;
        server_start(&s, "server", NULL);
        client_init(&c, i == 0, NULL, 0);
        assert_int_equal(client_connect(&c, &s, "localhost", NULL), NVT_OK);
        assert_int_equal(client_send(&c, "abc\n"), NVT_OK);
        c.net.bend.reset_sends = true;
        for (int turn = 0; turn < 2; turn++) {
            assert_int_equal(nvt_tls_send(&c.tls, NVT_LIT("more"), &n, &events), NVT_E_NET_RESET);
        }
        assert_int_equal(client_recv(&c, back, 4), NVT_OK);
        assert_string_equal(back, "cba\n");
        assert_int_equal(nvt_tls_send(&c.tls, NVT_LIT("more"), &n, &events), NVT_E_NET_RESET);
        client_hang_up(&c);
        client_free(&c);
        server_kill(&s);
    }
}

static void test_tampered(void **state)
{
    (void)state;
    for (int i = 0; i < VERSIONS; i++) {
        struct server s;
        struct client c;
        char back[5] = "";
        server_start(&s, "server", NULL);
        client_init(&c, i == 0, NULL, 0);
        /* A byte of the answer. */
        assert_int_equal(client_connect(&c, &s, "localhost", NULL), NVT_OK);
        const size_t handshake_len = c.net.received;
        client_echo(&c);
        c.net.bend.flip_at = c.net.received + 5U + 3U;
        assert_int_equal(client_send(&c, "abc\n"), NVT_OK);
        assert_int_equal(client_recv(&c, back, 4), NVT_E_TLS_RECORD);
        assert_int_equal(client_recv(&c, back, 4), NVT_E_TLS_RECORD);
        client_hang_up(&c);
        /* Bytes of the handshake: whatever is said, it is not NVT_OK. A length that got larger
         * leaves both sides waiting: a deadline of the caller's ends that. */
        c.patience_ms = 50;
        for (size_t at = 1; at + 16U < handshake_len; at += 37U) {
            c.net.bend.flip_at = at;
            nvt_err err = client_connect(&c, &s, "localhost", NULL);
            if (err == NVT_OK) {
                fail_msg("byte %zu of %zu changed and not noticed", at, handshake_len);
            }
            assert_true(((err <= NVT_E_TLS_HANDSHAKE) && (err >= NVT_E_TLS_TRUNCATED)) ||
                        (err == NVT_E_TIMEOUT_CALL));
        }
        client_free(&c);
        server_kill(&s);
    }
}

/* ---- bent streams ---- */

static void test_small_pieces(void **state)
{
    static const size_t chunks[] = {1, 2, 5, 1000};
    (void)state;
    for (size_t i = 0; i < 4U * VERSIONS; i++) {
        struct server s;
        struct client c;
        struct nvt_tls_ticket ticket = {0};
        server_start(&s, "server", NULL);
        client_init(&c, i < 4U, NULL, 0);
        c.net.bend.chunk = chunks[i % 4U];
        c.net.bend.stutter = chunks[i % 4U] > 1U;
        assert_int_equal(visit(&c, &s, "localhost", &ticket), NVT_OK);
        assert_int_equal(visit(&c, &s, "localhost", &ticket), NVT_OK);
        assert_true(c.tls.resumed);
        nvt_tls_ticket_free(&ticket);
        client_free(&c);
        server_kill(&s);
    }
}

static void test_large_data(void **state)
{
    enum { LEN = 40000 };
    static char text[LEN + 1];
    static char back[LEN];
    (void)state;
    for (size_t i = 0; i < LEN; i++) {
        text[i] = (char)('a' + (int)(i % 23U));
        if (i % 8000U == 7999U) {
            text[i] = '\n';
        }
    }
    for (int i = 0; i < VERSIONS; i++) {
        struct server s;
        struct client c;
        server_start(&s, "server", NULL);
        client_init(&c, i == 0, NULL, 0);
        assert_int_equal(client_connect(&c, &s, "localhost", NULL), NVT_OK);
        assert_int_equal(client_send(&c, text), NVT_OK);
        assert_int_equal(client_recv(&c, back, LEN), NVT_OK);
        for (size_t k = 0; k < LEN; k++) {
            size_t line = k - k % 8000U;
            size_t from = (k % 8000U == 7999U) ? k : line + 7998U - k % 8000U;
            assert_int_equal(back[k], text[from]);
        }
        client_free(&c);
        server_kill(&s);
    }
}

/* A record that the socket did not take: the retry may bring more, never less. */
static void test_blocked_send(void **state)
{
    (void)state;
    for (int i = 0; i < VERSIONS; i++) {
        struct server s;
        struct client c;
        char back[9] = "";
        size_t n = 0;
        uint8_t events = 0;
        server_start(&s, "server", NULL);
        client_init(&c, i == 0, NULL, 0);
        assert_int_equal(client_connect(&c, &s, "localhost", NULL), NVT_OK);
        assert_int_equal(nvt_tls_send(&c.tls, NVT_LIT(""), &n, &events), NVT_E_ARG);
        c.net.bend.block_sends = true;
        assert_int_equal(nvt_tls_send(&c.tls, NVT_LIT("abc\n"), &n, &events), NVT_AGAIN);
        assert_int_equal(events, NVT_WAIT_WRITE);
        assert_int_equal(nvt_tls_send(&c.tls, NVT_LIT("abc\ndef\n"), &n, &events), NVT_AGAIN);
        assert_int_equal(nvt_tls_send(&c.tls, NVT_LIT("abc"), &n, &events), NVT_E_ARG);
        c.net.bend.block_sends = false;
        assert_int_equal(nvt_tls_send(&c.tls, NVT_LIT("abc\ndef\n"), &n, &events), NVT_OK);
        assert_int_equal(n, 4);
        assert_int_equal(nvt_tls_send(&c.tls, NVT_LIT("def\n"), &n, &events), NVT_OK);
        assert_int_equal(n, 4);
        assert_int_equal(client_recv(&c, back, 8), NVT_OK);
        assert_string_equal(back, "cba\nfed\n");
        assert_int_equal(nvt_tls_recv(&c.tls, back, 0, &n, &events), NVT_E_ARG);
        client_free(&c);
        server_kill(&s);
    }
}

/* What was said not to have been sent must not leave with the end of the connection. */
static void test_given_up_send(void **state)
{
    (void)state;
    for (int i = 0; i < VERSIONS; i++) {
        for (size_t begun = 0; begun < 8U; begun += 7U) {
            struct server s;
            struct client c;
            size_t n = 0;
            uint8_t events = 0;
            server_start(&s, "server", NULL);
            client_init(&c, i == 0, NULL, 0);
            assert_int_equal(client_connect(&c, &s, "localhost", NULL), NVT_OK);
            const size_t before = c.net.sent;
            c.net.bend.chunk = begun;
            c.net.bend.send_cap = before + begun;
            assert_int_equal(nvt_tls_send(&c.tls, NVT_LIT("abc\n"), &n, &events), NVT_AGAIN);
            assert_int_equal(c.net.sent, before + begun);
            c.net.bend.send_cap = 0;
            c.net.bend.chunk = 0;
            nvt_tls_close(&c.tls);
            assert_int_equal(c.net.sent, before + begun);
            client_free(&c);
            server_kill(&s);
        }
    }
}

/* RFC 6066 section 4: the server's records get that small (TLS 1.2; Mbed TLS has no such thing for
 * 1.3). 2.28 cannot put together a chain that arrives in several records. */
static void test_max_fragment(void **state)
{
    enum { LINE = 5000, FRAGMENT = HAS_TLS13 ? 512 : 2048 };
    uint8_t mem[4096];
    char text[LINE + 1];
    uint8_t back[LINE];
    struct server s;
    struct client c;
    struct nvt_tls_settings settings;
    (void)state;
    memset(text, 'a', LINE);
    text[LINE - 1] = '\n';
    text[LINE] = '\0';
    server_start(&s, "server", NULL);
    client_init(&c, true, NULL, 0);
    nvt_tls_config_free(&c.config);
    memset(&settings, 0, sizeof settings);
    settings.ca = pki_read("ca", ".pem", mem, sizeof mem);
    settings.no_tls13 = true;
    settings.max_fragment = FRAGMENT;
    assert_int_equal(nvt_tls_config_init(&c.config, &c.net.port, &settings, NULL), NVT_OK);
    assert_int_equal(client_connect(&c, &s, "localhost", NULL), NVT_OK);
    assert_int_equal(client_send(&c, text), NVT_OK);
    size_t have = 0;
    size_t records = 0;
    while (have < sizeof back) {
        size_t n = 0;
        uint8_t events = 0;
        nvt_err err = nvt_tls_recv(&c.tls, back, sizeof back, &n, &events);
        if (err == NVT_AGAIN) {
            (void)client_wait(&c, events);
            continue;
        }
        assert_int_equal(err, NVT_OK);
        assert_true(n <= (size_t)FRAGMENT);
        have += n;
        records++;
    }
    assert_true(records >= 2U);
    client_free(&c);
    server_kill(&s);
}

static void test_wrong_order(void **state)
{
    struct server s;
    struct client c;
    size_t n = 0;
    uint8_t events = 0;
    char byte = 0;
    (void)state;
    server_start(&s, "server", NULL);
    client_init(&c, false, NULL, 0);
    assert_int_equal(nvt_tls_handshake(&c.tls, &events), NVT_E_STATE);
    nvt_tls_close(&c.tls);
    c.sock = net_connect(&c.net, s.tcp_port);
    assert_int_equal(nvt_tls_open(&c.tls, &c.config, "localhost", c.sock, NULL), NVT_OK);
    assert_int_equal(nvt_tls_send(&c.tls, NVT_LIT("x"), &n, &events), NVT_E_STATE);
    assert_int_equal(nvt_tls_recv(&c.tls, &byte, 1, &n, &events), NVT_E_STATE);
    assert_string_equal(nvt_tls_suite(&c.tls), "");
    client_hang_up(&c);
    assert_int_equal(client_connect(&c, &s, "localhost", NULL), NVT_OK);
    assert_int_equal(nvt_tls_handshake(&c.tls, &events), NVT_OK);
    client_free(&c);
    nvt_tls_config_free(&c.config);
    server_kill(&s);
}

#define TEST(f) cmocka_unit_test_teardown(f, server_kill_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_resumes),
        TEST(test_ticket_is_bound),
        TEST(test_ticket_ends_with_its_chain),
        TEST(test_ticket_at_another_server),
        TEST(test_no_tickets_given),
        TEST(test_orderly_end),
        TEST(test_own_close_notify),
        TEST(test_server_killed),
        TEST(test_quiet),
        TEST(test_truncated),
        TEST(test_reset),
        TEST(test_read_after_reset),
        TEST(test_tampered),
        TEST(test_small_pieces),
        TEST(test_large_data),
        TEST(test_blocked_send),
        TEST(test_given_up_send),
        TEST(test_max_fragment),
        TEST(test_wrong_order),
    };
    return cmocka_run_group_tests_name("tls stream", tests, NULL, NULL);
}
