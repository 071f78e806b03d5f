/* SPDX-License-Identifier: Apache-2.0 */
/* The caller's side: requests, bodies, cancelling, mistakes. */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

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

/* ---- bodies from a source ---- */

/* Byte i of an endless body. */
static uint8_t byte_at(uint64_t i)
{
    return (uint8_t)(i * 31U + (i >> 8U));
}

struct tap {
    uint64_t next;     /* offset that must come */
    uint64_t fails_at; /* UINT64_MAX: never */
    size_t asked, starts;
    size_t piece; /* most bytes of one answer */
    size_t bad_n; /* what it says it brought when it fails */
    nvt_err err;
    bool out_of_order;
};

static nvt_err draw(void *ctx, uint64_t offset, uint8_t *out, size_t cap, size_t *out_n)
{
    struct tap *t = (struct tap *)ctx;
    t->asked++;
    t->starts += offset == 0U ? 1U : 0U;
    t->out_of_order = t->out_of_order || (offset != t->next && offset != 0U);
    if (offset >= t->fails_at) {
        *out_n = t->bad_n;
        return t->err;
    }
    size_t n = cap < t->piece ? cap : t->piece;
    for (size_t i = 0; i < n; i++) {
        out[i] = byte_at(offset + i);
    }
    t->next = offset + n;
    *out_n = n;
    return NVT_OK;
}

static uint8_t wire[300000];

static struct nvt_request source_request(struct tap *t, uint64_t len, uint8_t flags)
{
    struct nvt_request q = world_request("PUT", flags);
    memset(t, 0, sizeof(*t));
    t->fails_at = UINT64_MAX;
    t->piece = SIZE_MAX;
    q.body = NVT_LIT("");
    q.source = draw;
    q.source_ctx = t;
    q.source_len = len;
    return q;
}

static void use_wire(void)
{
    memset(wire, 0, sizeof(wire));
    w.sim.sent = wire;
    w.sim.sent_cap = sizeof(wire);
}

/* The last len bytes that were sent, behind a head. */
static void assert_body(size_t len)
{
    assert_true(w.sim.sent_total <= sizeof(wire));
    const uint8_t *body = wire + w.sim.sent_len - len;
    assert_memory_equal(body - 4, "\r\n\r\n", 4);
    for (size_t i = 0; i < len; i++) {
        assert_int_equal(body[i], byte_at(i));
    }
}

static void test_source(void **state)
{
    static const struct nvt_sim_answer a[] = {STAY(WORLD_OK)};
    static const struct nvt_sim_script s[] = {SCRIPT(a)};
    static const size_t lengths[] = {0, 1, NVT_IO_CAP + NVT_IN_CAP, NVT_IO_CAP + NVT_IN_CAP + 1,
                                     250000};
    struct tap t;
    (void)state;
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        for (size_t piece = 777; piece != 0U; piece = piece == 777U ? SIZE_MAX : 0U) {
            char text[64];
            struct nvt_progress p;
            struct nvt_request q = source_request(&t, lengths[i], 0);
            t.piece = piece;
            world_init(&w, &world_keyed, s, 1);
            use_wire();
            w.sim.send_max = 1000;
            world_run(&w, &q);
            world_expect(&w, NVT_DELIVERED, NVT_OK);
            assert_body(lengths[i]);
            (void)snprintf(text, sizeof(text), "\r\nContent-Length: %zu\r\n\r\n", lengths[i]);
            assert_true(world_holds(wire, w.sim.sent_len, text));
            assert_false(t.out_of_order);
            nvt_call_progress(&w.call, &p);
            assert_true(p.out_total == lengths[i] && p.out_done == lengths[i]);
            world_close(&w);
        }
    }
}

/* How far it is, is told at every step; and a fast network gives the caller its turn. */
static void source_progress(bool blocking)
{
    static const struct nvt_sim_answer a[] = {STAY(WORLD_OK)};
    static const struct nvt_sim_script s[] = {SCRIPT(a)};
    struct tap t;
    struct nvt_request q = source_request(&t, 200000, 0);
    struct nvt_progress p;
    uint64_t before = 0;
    size_t sending = 0;
    world_init(&w, &world_keyed, s, 1);
    use_wire();
    w.sim.blocking = blocking;
    w.begun_ms = w.sim.mono_ms;
    assert_int_equal(nvt_call_begin(&w.call, &q), NVT_OK);
    assert_int_equal(t.asked, 0);
    do {
        nvt_call_progress(&w.call, &p);
        assert_true(p.out_total == 200000U && p.out_done >= before);
        assert_true(p.out_done <= w.sim.sent_total);
        before = p.out_done;
        sending += p.phase == NVT_CALL_SENDING ? 1U : 0U;
    } while (!world_step(&w, &w.call));
    world_expect(&w, NVT_DELIVERED, NVT_OK);
    assert_true(sending >= 2U);
    world_close(&w);
}

static void test_source_progress(void **state)
{
    (void)state;
    source_progress(false);
    source_progress(true);
}

static void test_source_starts_again(void **state)
{
    static const struct nvt_sim_answer a[] = {STAY(WORLD_500), STAY(WORLD_OK)};
    static const struct nvt_sim_answer stale[] = {STAY(WORLD_OK), ENDS("", NVT_SIM_CLOSE)};
    static const struct nvt_sim_script s[] = {SCRIPT(stale), SCRIPT(a)};
    struct tap t;
    struct nvt_request q = source_request(&t, 9000, NVT_REQ_IDEMPOTENT);
    (void)state;
    world_init(&w, &world_keyed, s, 2);
    use_wire();
    world_run(&w, &q);
    world_expect(&w, NVT_DELIVERED, NVT_OK);
    world_run(&w, &q);
    world_expect(&w, NVT_DELIVERED, NVT_OK);
    assert_int_equal(t.starts, 4); /* once, stale, 500, at last */
    assert_false(t.out_of_order);
    assert_body(9000);
    world_close(&w);
}

static void broken(uint8_t flags, enum nvt_verdict verdict, size_t bad_n, nvt_err err)
{
    static const struct nvt_sim_answer a[] = {STAY(WORLD_OK)};
    static const struct nvt_sim_script s[] = {SCRIPT(a)};
    struct tap t;
    struct nvt_request q = source_request(&t, 9000, flags);
    t.fails_at = 5000;
    t.piece = 2500;
    t.bad_n = bad_n;
    t.err = err;
    world_init(&w, &world_keyed, s, 1);
    use_wire();
    world_run(&w, &q);
    world_expect(&w, verdict, NVT_E_SOURCE);
    assert_int_equal(w.sim.open_now, 0); /* half a request must not meet the next one */
    world_close(&w);
}

static void test_source_breaks_off(void **state)
{
    (void)state;
    broken(NVT_REQ_IDEMPOTENT, NVT_RETRY, 0, NVT_OK);
    broken(NVT_REQ_IDEMPOTENT, NVT_RETRY, 100, NVT_E_NET_IO);
    broken(NVT_REQ_IDEMPOTENT, NVT_RETRY, 100, NVT_AGAIN);
    broken(NVT_REQ_IDEMPOTENT, NVT_RETRY, 4001, NVT_OK); /* more than is left */
    broken(0, NVT_UNKNOWN, 0, NVT_OK);
}

static void test_source_or_body(void **state)
{
    struct tap t;
    struct nvt_request q = source_request(&t, 5, 0);
    (void)state;
    world_init(&w, &world_keyed, NULL, 0);
    q.body = NVT_LIT("12345");
    assert_int_equal(nvt_call_begin(&w.call, &q), NVT_E_ARG);
    q.body = NVT_LIT("");
    q.target = NVT_LIT("no");
    assert_int_equal(nvt_call_begin(&w.call, &q), NVT_E_HTTP_TARGET);
    assert_int_equal(t.asked, 0);
    world_close(&w);
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
    world_init(&w, &world_keyed, s, 1);
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
    world_expect(&w, NVT_DELIVERED, NVT_OK);
    assert_int_equal(c.len, 19940);
    assert_true(c.right);
    assert_int_equal(w.call.outcome.body.len, 0);
    nvt_call_progress(&w.call, &p);
    assert_int_equal(p.phase, NVT_CALL_DONE);
    assert_int_equal(p.in_done, 19940);
    assert_int_equal(p.in_total, 19940);
    world_close(&w);
}

static void test_sink_refuses(void **state)
{
    struct collected c = {0, 5000, true};
    (void)state;
    big_answer(collect, &c);
    world_expect(&w, NVT_RETRY, NVT_E_SINK);
    world_close(&w);
}

static void test_body_is_cut(void **state)
{
    struct nvt_json doc;
    (void)state;
    big_answer(NULL, NULL);
    world_expect(&w, NVT_DELIVERED, NVT_OK);
    assert_true(w.call.outcome.body_cut);
    assert_int_equal(w.call.outcome.body.len, NVT_IN_CAP - 60);
    assert_memory_equal(w.call.outcome.body.ptr, big + 60, NVT_IN_CAP - 60);
    assert_int_equal(nvt_call_json(&w.call, &doc), NVT_E_HTTP_BODY_SIZE);
    world_close(&w);
}

/* A body beyond the staging room goes out from the caller's own memory. */
static void upload(size_t send_max, bool blocking)
{
    static const struct nvt_sim_answer a[] = {STAY(WORLD_OK), STAY(WORLD_OK)};
    static const struct nvt_sim_script s[] = {SCRIPT(a)};
    struct nvt_request q = world_request("POST", 0);
    make_big("");
    world_init(&w, &world_keyed, s, 1);
    w.sim.send_max = send_max;
    w.sim.blocking = blocking;
    q.body = nvt_span_of(big, 7000);
    world_run(&w, &q);
    world_expect(&w, NVT_DELIVERED, NVT_OK);
    size_t head = w.sim.sent_len - 7000U;
    assert_int_equal(w.sim.sent_total, w.sim.sent_len);
    assert_memory_equal(w.sent + head, big, 7000);
    assert_memory_equal(w.sent + head - 4U, "\r\n\r\n", 4);
    world_close(&w);
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
    world_close(&w);
}

/* ---- the caller's side ---- */

static void test_cancel(void **state)
{
    static const struct nvt_sim_answer a[] = {
        {WORLD_OK, sizeof(WORLD_OK) - 1U, 500, false, NVT_SIM_STAY}};
    static const struct nvt_sim_script s[] = {SCRIPT(a)};
    struct nvt_request q = world_request("POST", 0);
    struct nvt_progress p;
    (void)state;
    world_init(&w, &world_keyed, s, 1);
    assert_int_equal(nvt_call_begin(&w.call, &q), NVT_OK);
    nvt_call_cancel(&w.call);
    world_expect(&w, NVT_RETRY, NVT_E_CANCELLED);
    assert_int_equal(nvt_call_begin(&w.call, &q), NVT_OK);
    assert_false(world_step(&w, &w.call));
    nvt_call_progress(&w.call, &p);
    assert_int_equal(p.phase, NVT_CALL_WAITING);
    assert_int_equal(p.out_done, q.body.len);
    assert_int_equal(nvt_call_begin(&w.call, &q), NVT_E_STATE);
    nvt_call_cancel(&w.call);
    world_expect(&w, NVT_UNKNOWN, NVT_E_CANCELLED);
    nvt_call_cancel(&w.call);
    world_close(&w);
}

static void test_programmer_errors(void **state)
{
    struct nvt_wait wait;
    struct nvt_request q = world_request("POST", 0);
    struct nvt_client c;
    (void)state;
    world_init(&w, &world_keyed, NULL, 0);
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
    world_close(&w);
}

static nvt_err begin_with(const char *method, const char *target, const char *name,
                          const char *value, uint8_t flags)
{
    static const struct nvt_sim_script s[] = {{NULL, 0}};
    struct nvt_request q = world_request("POST", flags);
    struct nvt_header h = {nvt_span_str(name), nvt_span_str(value), false};
    q.method = nvt_span_str(method);
    q.target = nvt_span_str(target);
    q.headers = &h;
    q.header_count = 1;
    world_init(&w, &world_keyed, s, 1);
    nvt_err err = nvt_call_begin(&w.call, &q);
    assert_false(err != NVT_OK && world_holds(&w.call, sizeof(w.call), WORLD_TOKEN));
    assert_int_equal(w.sim.calls, 0);
    nvt_call_cancel(&w.call);
    world_close(&w);
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
    static const struct nvt_sim_answer a[] = {STAY(WORLD_GRANT), STAY(WORLD_OK)};
    static const struct nvt_sim_script s[] = {SCRIPT(a)};
    (void)state;
    world_init(&w, &world_keyed, s, 1);
    world_use_keys(&w);
    assert_int_equal(
        nvt_origin_parse(nvt_span_str("https://[2001:DB8::1]:8443/pre/fix/"), &w.client.origin),
        NVT_OK);
    world_send(&w, "POST", NVT_REQ_KEYED);
    world_expect(&w, NVT_DELIVERED, NVT_OK);
    assert_int_equal(
        world_count_sent(&w, "POST /pre/fix/token HTTP/1.1\r\nHost: [2001:db8::1]:8443\r\n"), 1);
    assert_int_equal(
        world_count_sent(&w,
                         "POST /pre/fix/v3.3/journeys HTTP/1.1\r\nHost: [2001:db8::1]:8443\r\n"),
        1);
    world_close(&w);
}

static void test_replaced_headers(void **state)
{
    static const struct nvt_sim_answer a[] = {STAY(WORLD_OK)};
    static const struct nvt_sim_script s[] = {SCRIPT(a)};
    static const struct nvt_header h[] = {
        {{(const uint8_t *)"accept", 6}, {(const uint8_t *)"text/csv", 8}, false},
        {{(const uint8_t *)"User-Agent", 10}, {(const uint8_t *)"mine/1", 6}, false},
    };
    struct nvt_request q = world_request("GET", NVT_REQ_IDEMPOTENT);
    (void)state;
    world_init(&w, &world_keyed, s, 1);
    q.headers = h;
    q.header_count = 2;
    world_run(&w, &q);
    world_expect(&w, NVT_DELIVERED, NVT_OK);
    assert_int_equal(world_count_sent(&w, "Accept"), 0);
    assert_int_equal(world_count_sent(&w, "accept: text/csv\r\n"), 1);
    assert_int_equal(world_count_sent(&w, "navette"), 0);
    world_close(&w);
}

/* What a progress bar would see of one call, in order. */
static void test_progress(void **state)
{
    static const struct nvt_sim_answer a[] = {STAY(WORLD_GRANT), STAY(WORLD_OK)};
    static const struct nvt_sim_script s[] = {SCRIPT(a)};
    struct nvt_request q = world_request("POST", NVT_REQ_KEYED);
    struct nvt_timeouts quick = {0, 0, 0, 0, 5000};
    struct nvt_progress p;
    unsigned seen = 0;
    (void)state;
    world_init(&w, &world_keyed, s, 1);
    assert_int_equal(
        nvt_client_init(&w.client, &world_keyed, &w.sim.port, &w.tls, "https://b.example", &quick),
        NVT_OK);
    nvt_call_init(&w.call, &w.client);
    assert_int_equal(w.call.conn.timeouts.call_ms, 5000);
    assert_int_equal(w.call.conn.timeouts.connect_ms, 10000);
    world_use_keys(&w);
    w.sim.blocking = true;
    w.sim.send_max = 9;
    w.sim.recv_max = 9;
    nvt_call_progress(&w.call, &p);
    assert_int_equal(p.phase, NVT_CALL_IDLE);
    assert_int_equal(nvt_call_begin(&w.call, &q), NVT_OK);
    enum nvt_call_phase before = NVT_CALL_IDLE;
    do {
        nvt_call_progress(&w.call, &p);
        assert_true(p.phase >= before);
        assert_true(p.out_done <= p.out_total && p.in_done <= p.in_total);
        before = p.phase;
        seen |= 1U << (unsigned)p.phase;
    } while (!world_step(&w, &w.call));
    world_expect(&w, NVT_DELIVERED, NVT_OK);
    assert_true((seen & (1U << NVT_CALL_TOKEN)) != 0U && (seen & (1U << NVT_CALL_SENDING)) != 0U);
    assert_true((seen & (1U << NVT_CALL_RECEIVING)) != 0U);
    nvt_call_progress(&w.call, &p);
    assert_int_equal(p.out_done, q.body.len);
    assert_int_equal(p.in_done, 2);
    world_close(&w);
}

/* A body that never stops coming must not hold the caller's loop, nor outlive the call. */
static void test_endless_body(void **state)
{
    static const struct nvt_sim_script s[] = {{NULL, 0}};
    struct nvt_request q = world_request("GET", NVT_REQ_IDEMPOTENT);
    struct nvt_sim_answer a[1];
    struct nvt_sim_script endless[1] = {{a, 1}};
    struct nvt_wait wait;
    (void)state;
    make_big("HTTP/1.1 200 OK\r\nContent-Length: 19957\r\n\r\n");
    a[0] = (struct nvt_sim_answer){big, sizeof(big), 0, false, NVT_SIM_STAY};
    world_init(&w, &world_keyed, s, 1);
    w.sim.scripts = endless;
    w.sim.recv_max = 1;
    assert_int_equal(nvt_call_begin(&w.call, &q), NVT_OK);
    assert_int_equal(nvt_call_step(&w.call, &wait), NVT_AGAIN); /* sent; no answer is that fast */
    assert_false(w.call.received);
    assert_int_equal(wait.on[0].events, NVT_WAIT_READ);
    assert_true(wait.until_ms == w.sim.mono_ms + 30000U);
    assert_int_equal(nvt_call_step(&w.call, &wait), NVT_AGAIN);
    assert_true(w.sim.calls < 64U);
    assert_true(wait.until_ms <= w.sim.mono_ms);
    assert_int_equal(nvt_call_json(&w.call, &(struct nvt_json){0}), NVT_E_STATE);
    w.sim.mono_ms += 60001U;
    assert_int_equal(nvt_call_step(&w.call, &wait), NVT_OK);
    world_expect(&w, NVT_RETRY, NVT_E_TIMEOUT_CALL);
    world_close(&w);
}

/* A method that expects content tells its length even when there is none; others do not. */
static void test_length_of_nothing(void **state)
{
    static const char *const methods[] = {"POST", "PUT", "PATCH", "GET", "DELETE"};
    (void)state;
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        static const struct nvt_sim_answer a[] = {STAY(WORLD_OK)};
        static const struct nvt_sim_script s[] = {SCRIPT(a)};
        struct nvt_request q = world_request(methods[i], NVT_REQ_KEYED);
        q.body = NVT_LIT("");
        world_init(&w, &world_keyed, s, 1);
        world_run(&w, &q);
        world_expect(&w, NVT_DELIVERED, NVT_OK);
        assert_int_equal(world_count_sent(&w, "\r\nContent-Length: 0\r\n"), i < 3U ? 1U : 0U);
        world_close(&w);
    }
}

/* ---- an answer that is longer than what is kept of it ---- */

/* The secret stands at the end of what is kept, so much of it before the cut. */
static void cut_within(const char *secret, size_t before)
{
    static char answer[2U * NVT_IN_CAP];
    static const char head[] = "HTTP/1.1 422 No\r\nContent-Length: 3000\r\n\r\n";
    static const char front[] = "{\"unknown\":\"";
    static const char back[] = "\",\"detail\":\"no ";
    const struct nvt_header fields[] = {
        {NVT_LIT("cpro-account"), NVT_LIT("VEVDSF8xOlpxOSFLdw=="), true}};
    struct nvt_request q = world_request("POST", 0);
    const size_t head_len = sizeof head - 1U;
    memset(answer, ' ', sizeof answer);
    memcpy(answer, head, head_len);
    memcpy(answer + head_len, front, sizeof front - 1U);
    char *at = answer + NVT_IN_CAP - before;
    memcpy(at, secret, strlen(secret));
    memcpy(at - (sizeof back - 1U), back, sizeof back - 1U);
    const struct nvt_sim_answer a[] = {{answer, head_len + 3000U, 0, false, NVT_SIM_STAY}};
    const struct nvt_sim_script s[] = {SCRIPT(a)};
    world_init(&w, &world_keyed, s, 1);
    w.echoed = true;
    q.headers = fields;
    q.header_count = 1U;
    world_run(&w, &q);
    assert_true(w.call.outcome.body_cut);
    const char *words = before == 0U ? "no " : "no ***";
    assert_string_equal(w.call.outcome.failure.message, NVT_SERVER_WORDS ? words : "");
    world_close(&w);
}

static void test_a_secret_where_the_body_is_cut(void **state)
{
    (void)state;
    for (size_t before = 0; before <= 6U; before++) {
        cut_within("Zq9!Kw", before);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_source),
        cmocka_unit_test(test_a_secret_where_the_body_is_cut),
        cmocka_unit_test(test_source_progress),
        cmocka_unit_test(test_source_starts_again),
        cmocka_unit_test(test_source_breaks_off),
        cmocka_unit_test(test_source_or_body),
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
        cmocka_unit_test(test_progress),
        cmocka_unit_test(test_endless_body),
        cmocka_unit_test(test_length_of_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
