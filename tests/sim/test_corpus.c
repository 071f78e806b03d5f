/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A corpus of answers, each delivered whole, in every split in two, byte by byte with and without
 * would-block, and ended at every byte in four ways. The verdict must not depend on the split; an
 * ended one must have its exact error; nothing may hang, leak or outlive the deadline.
 */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

enum { KEYED = NVT_REQ_KEYED, SAFE = NVT_REQ_IDEMPOTENT, BARE = 0 };

struct specimen {
    const char *name;
    const char *method;
    const char *answer;
    size_t whole; /* bytes after which the answer is whole; 0: all */
    uint8_t flags;
    bool until_close; /* the body ends with the connection */
    uint16_t status;
    enum nvt_verdict verdict;
    nvt_err err;
    const char *body; /* kept part; NULL: not looked at */
};

#define JSON_HEAD "Content-Type: application/json\r\n"

static const struct specimen corpus[] = {
    {"201 with length", "POST",
     "HTTP/1.1 201 Created\r\nDate: Mon, 02 Jun 2025 10:00:00 GMT\r\n" JSON_HEAD
     "X-RateLimit-Limit: 20000\r\nX-RateLimit-Remaining: 19999\r\nContent-Length: 15\r\n\r\n"
     "{\"result\":true}",
     0, KEYED, false, 201, NVT_DELIVERED, NVT_OK, "{\"result\":true}"},
    {"201 unkeyed", "POST", "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok", 0, BARE, false,
     201, NVT_DELIVERED, NVT_OK, "ok"},
    {"200 empty", "PATCH", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 0, KEYED, false, 200,
     NVT_DELIVERED, NVT_OK, ""},
    {"204", "DELETE", "HTTP/1.1 204 No Content\r\n\r\n", 0, SAFE, false, 204, NVT_DELIVERED, NVT_OK,
     ""},
    {"304", "GET", "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\nContent-Length: 99\r\n\r\n", 0,
     SAFE, false, 304, NVT_REFUSED, NVT_E_STATUS, ""},
    {"HEAD", "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n", 0, SAFE, false, 200,
     NVT_DELIVERED, NVT_OK, ""},
    {"chunked", "GET",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nWiki\r\n6;a=b\r\npedia "
     "\r\n0\r\n\r\n",
     0, SAFE, false, 200, NVT_DELIVERED, NVT_OK, "Wikipedia "},
    {"chunked with trailers", "GET",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: Digest\r\n\r\n3\r\nabc\r\n0\r\n"
     "Digest: x\r\nOther: y\r\n\r\n",
     0, SAFE, false, 200, NVT_DELIVERED, NVT_OK, "abc"},
    {"until close", "GET", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nsome text", 0, SAFE, true,
     200, NVT_DELIVERED, NVT_OK, "some text"},
    {"until close, HTTP/1.0", "GET", "HTTP/1.0 200 OK\r\n\r\nold text", 0, SAFE, true, 200,
     NVT_DELIVERED, NVT_OK, "old text"},
    {"HTTP/1.0 with length", "POST", "HTTP/1.0 201 Created\r\nContent-Length: 2\r\n\r\nok", 0,
     KEYED, false, 201, NVT_DELIVERED, NVT_OK, "ok"},
    {"interim answers", "POST",
     "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
     "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok",
     0, KEYED, false, 201, NVT_DELIVERED, NVT_OK, "ok"},
    {"excess after 204", "DELETE", "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", 27,
     SAFE, false, 204, NVT_DELIVERED, NVT_OK, ""},
    {"duplicate", "POST",
     "HTTP/1.1 409 Conflict\r\n" JSON_HEAD "Content-Length: 98\r\n\r\n"
     "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"data\":\"Carpool already "
     "registered\",\"code\":-32509,"
     "\"message\":\"C\"}}",
     0, KEYED, false, 409, NVT_DUPLICATE, NVT_E_STATUS, NULL},
    {"409 unkeyed", "POST", "HTTP/1.1 409 Conflict\r\nContent-Length: 2\r\n\r\n{}", 0, BARE, false,
     409, NVT_REFUSED, NVT_E_STATUS, NULL},
    {"400 with faults", "POST",
     "HTTP/1.1 400 Bad Request\r\n" JSON_HEAD "Content-Length: 84\r\n\r\n"
     "{\"id\":1,\"error\":{\"data\":[\"/distance: must be "
     "integer\"],\"code\":-32602,\"message\":\"I\"}"
     "}",
     0, KEYED, false, 400, NVT_REFUSED, NVT_E_STATUS, NULL},
    {"422", "POST",
     "HTTP/1.1 422 Unprocessable\r\n" JSON_HEAD "Content-Length: 71\r\n\r\n"
     "{\"error\":{\"data\":{\"terms_violation_labels\":[\"expired\"]},\"code\":-32422}}",
     0, BARE, false, 422, NVT_REFUSED, NVT_E_STATUS, NULL},
    {"404 empty", "GET", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", 0, SAFE, false, 404,
     NVT_REFUSED, NVT_E_STATUS, ""},
    {"403 page", "GET",
     "HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n1b\r\n"
     "<html><title>403</title></h\r\n0\r\n\r\n",
     0, SAFE, false, 403, NVT_REFUSED, NVT_E_STATUS, NULL},
    {"401 static", "POST", "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", 0, KEYED,
     false, 401, NVT_REFUSED, NVT_E_UNAUTHORIZED, ""},
    {"302", "GET",
     "HTTP/1.1 302 Found\r\nLocation: https://x.example/\r\nContent-Length: 0\r\n\r\n", 0, SAFE,
     false, 302, NVT_REFUSED, NVT_E_REDIRECT, ""},
    {"429", "POST", "HTTP/1.1 429 Too Many\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n", 0, BARE,
     false, 429, NVT_RETRY, NVT_E_STATUS, ""},
    {"503", "POST", "HTTP/1.1 503 Unavailable\r\nContent-Length: 3\r\n\r\nno!", 0, BARE, false, 503,
     NVT_RETRY, NVT_E_STATUS, "no!"},
    {"502 keyed", "POST", "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", 0, KEYED, false,
     502, NVT_RETRY, NVT_E_STATUS, ""},
    {"502 unkeyed", "POST", "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", 0, BARE, false,
     502, NVT_UNKNOWN, NVT_E_STATUS, ""},
    {"no HTTP", "GET", "SSH-2.0-OpenSSH_9.2\r\n", 0, SAFE, false, 0, NVT_RETRY,
     NVT_E_HTTP_STATUS_LINE, NULL},
    {"two lengths", "POST",
     "HTTP/1.1 201 Created\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok", 0, BARE, false, 0,
     NVT_UNKNOWN, NVT_E_HTTP_LENGTH_TWICE, NULL},
    {"bad chunk", "GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 0, SAFE,
     false, 0, NVT_RETRY, NVT_E_HTTP_CHUNK_SIZE, NULL},
    {"folded", "GET", "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", 0, SAFE, false, 0, NVT_RETRY,
     NVT_E_HTTP_OBS_FOLD, NULL},
};

static size_t cases;

static bool is_refusal(const struct specimen *c)
{
    return c->status == 0U;
}

static size_t whole_of(const struct specimen *c)
{
    return c->whole != 0U ? c->whole : strlen(c->answer);
}

/* Where the final head ends, in an answer without a refusal. */
static size_t head_end(const struct specimen *c)
{
    const char *at = c->answer;
    const char *end = strstr(at, "\r\n\r\n");
    while (strncmp(at, "HTTP/1.1 1", 10) == 0) {
        at = end + 4;
        end = strstr(at, "\r\n\r\n");
    }
    return (size_t)(end - c->answer) + 4U;
}

/* The network's shape of one run. */
struct shape {
    size_t split_at, recv_max, send_max, end_at;
    bool blocking;
    enum nvt_sim_end how;
};

static void run_one(struct world *w, const struct specimen *c, const struct shape *s)
{
    struct nvt_sim_answer answer = {c->answer, strlen(c->answer), 5, false, NVT_SIM_STAY};
    struct nvt_sim_script script = {&answer, 1};
    struct nvt_request q = world_request(c->method, c->flags);
    answer.end = c->until_close ? NVT_SIM_CLOSE : NVT_SIM_STAY;
    world_init(w, &world_keyed, &script, 1);
    w->sim.split_at = s->split_at;
    w->sim.recv_max = s->recv_max;
    w->sim.send_max = s->send_max;
    w->sim.blocking = s->blocking;
    w->sim.end_at = s->end_at;
    w->sim.end_how = s->how;
    world_run(w, &q);
    cases++;
}

static void complain(const struct world *w, const struct specimen *c, const struct shape *s,
                     const char *why)
{
    const struct nvt_outcome *o = &w->call.outcome;
    fail_msg("%s: %s (split %zu, piece %zu, end %zu/%d): verdict %d, %s, status %u", c->name, why,
             s->split_at, s->recv_max, s->end_at, (int)s->how, (int)o->verdict,
             nvt_err_name(o->failure.err), o->status);
}

static void check_whole(const struct specimen *c, const struct shape *s)
{
    static struct world w;
    run_one(&w, c, s);
    const struct nvt_outcome *o = &w.call.outcome;
    if (o->verdict != c->verdict || o->failure.err != c->err || o->status != c->status) {
        complain(&w, c, s, "wrong outcome");
    }
    if (c->body != NULL && !nvt_span_eq(o->body, nvt_span_str(c->body))) {
        complain(&w, c, s, "wrong body");
    }
    if (!world_end(&w)) {
        complain(&w, c, s, w.fault);
    }
}

static nvt_err error_of_end(const struct specimen *c, size_t at, enum nvt_sim_end how)
{
    switch (how) {
    case NVT_SIM_RESET:
        return NVT_E_NET_RESET;
    case NVT_SIM_CUT:
        return NVT_E_TLS_TRUNCATED;
    case NVT_SIM_SILENCE:
        return at == 0U ? NVT_E_TIMEOUT_ANSWER : NVT_E_TIMEOUT_CALL;
    case NVT_SIM_CLOSE:
    case NVT_SIM_STAY:
    default:
        break;
    }
    if (at == 0U) {
        return NVT_E_NET_CLOSED;
    }
    bool complete = c->until_close && at >= head_end(c);
    return complete ? NVT_OK : NVT_E_HTTP_TRUNCATED;
}

static void check_ended(const struct specimen *c, size_t at, enum nvt_sim_end how)
{
    static struct world w;
    struct shape s = {0, 0, 0, at, false, how};
    run_one(&w, c, &s);
    const struct nvt_outcome *o = &w.call.outcome;
    nvt_err err = error_of_end(c, at, how);
    bool whole = o->verdict == c->verdict && o->failure.err == c->err;
    bool repeatable = c->flags != 0U;
    enum nvt_verdict verdict = repeatable ? NVT_RETRY : NVT_UNKNOWN;
    if (err == NVT_OK) {
        verdict = NVT_DELIVERED;
    }
    bool ended = o->verdict == verdict && o->failure.err == err;
    /* What is refused may be refused before the end is noticed. */
    if (!ended && !(is_refusal(c) && whole)) {
        complain(&w, c, &s, "wrong error");
    }
    if (!world_end(&w)) {
        complain(&w, c, &s, w.fault);
    }
}

static void test_every_split(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(corpus) / sizeof(corpus[0]); i++) {
        const struct specimen *c = &corpus[i];
        for (size_t at = 0; at < strlen(c->answer); at++) {
            struct shape s = {at, 0, 0, SIZE_MAX, false, NVT_SIM_STAY};
            check_whole(c, &s);
        }
    }
}

static void test_small_pieces(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(corpus) / sizeof(corpus[0]); i++) {
        for (size_t piece = 1; piece <= 17; piece++) {
            struct shape s = {0, piece, piece, SIZE_MAX, false, NVT_SIM_STAY};
            check_whole(&corpus[i], &s);
            s.blocking = true;
            check_whole(&corpus[i], &s);
        }
    }
}

static void test_ended_at_every_byte(void **state)
{
    static const enum nvt_sim_end how[] = {NVT_SIM_RESET, NVT_SIM_CUT, NVT_SIM_CLOSE,
                                           NVT_SIM_SILENCE};
    (void)state;
    for (size_t i = 0; i < sizeof(corpus) / sizeof(corpus[0]); i++) {
        for (size_t at = 0; at < whole_of(&corpus[i]); at++) {
            for (size_t k = 0; k < sizeof(how) / sizeof(how[0]); k++) {
                check_ended(&corpus[i], at, how[k]);
            }
        }
    }
}

/* The end of the connection right behind a whole answer changes nothing. */
static void test_ended_behind(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(corpus) / sizeof(corpus[0]); i++) {
        if (corpus[i].until_close) {
            continue;
        }
        struct shape s = {0, 0, 0, strlen(corpus[i].answer), false, NVT_SIM_RESET};
        check_whole(&corpus[i], &s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_split),
        cmocka_unit_test(test_small_pieces),
        cmocka_unit_test(test_ended_at_every_byte),
        cmocka_unit_test(test_ended_behind),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    printf("corpus: %zu answers in %zu runs\n", sizeof(corpus) / sizeof(corpus[0]), cases);
    return failed;
}
