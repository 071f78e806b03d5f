/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one response costs to parse: a head of 420 bytes with ten fields and a body of 159 bytes, by
 * Content-Length. Each parser gets head and body in one piece, keeps where every field lies and
 * looks up framing and persistence.
 *
 *   bench_http list          the parsers built in, one a line
 *   bench_http size          bytes of the head, bytes of the body
 *   bench_http PARSER N      parses N responses; for instructions a response run it under
 *                            valgrind --tool=callgrind with N and 2N and divide the difference by N
 *   bench_http time          ns of CPU a response for each parser, median of interleaved rounds
 *
 * Exit 0, 1 when a parser did not accept the response, 2 for wrong arguments. Built with
 * NVT_BENCH_HTTP_PARSER or NVT_BENCH_LLHTTP when those libraries are there (http.mk).
 */
#include <navette/http.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#ifdef NVT_BENCH_HTTP_PARSER
#include <http_parser.h>
#endif
#ifdef NVT_BENCH_LLHTTP
#include <llhttp.h>
#endif

#define FIELDS_MAX 16U
#define ROUNDS 9U
#define ROUND_RESPONSES 20000U

static const char head_text[] =
    "HTTP/1.1 201 Created\r\n"
    "Server: nginx/1.22.1\r\n"
    "Date: Sun, 22 Nov 2026 06:00:00 GMT\r\n"
    "Content-Type: application/json; charset=utf-8\r\n"
    "Content-Length: 159\r\n"
    "Connection: keep-alive\r\n"
    "X-RateLimit-Limit: 20000\r\n"
    "X-RateLimit-Remaining: 19999\r\n"
    "X-RateLimit-Reset: 1795327260\r\n"
    "Strict-Transport-Security: max-age=31536000; includeSubDomains; preload\r\n"
    "ETag: W/\"9f-2Xq0yJ6kYb1Tn5vZ0m8cUe7RgAo-4b1f0c9de8a73625141e0c77a9d3b2f56840ce7d15\"\r\n"
    "\r\n";
static const char body_text[] =
    "{\"id\":123,\"jsonrpc\":\"2.0\",\"result\":{\"meta\":null,\"data\":{\"operator_journey_id\":"
    "\"4f0e6f5a-8f0b-4c59-9f0e-3b8c5d2f1a70\",\"created_at\":\"2026-11-22T06:00:00.000Z\"}}}";

#define HEAD_LEN (sizeof head_text - 1U)
#define BODY_LEN (sizeof body_text - 1U)

static uint8_t input[HEAD_LEN + BODY_LEN];

/* Each runs one response through a parser and returns the body bytes it saw, 0 on a refusal. */
typedef size_t (*parse_fn)(void);

static size_t parse_nothing(void)
{
    static uint8_t copy[sizeof input];
    (void)memcpy(copy, input, sizeof input);
    return copy[0] == (uint8_t)'H' ? BODY_LEN : 0U;
}

static size_t parse_navette(void)
{
    static uint8_t head[NVT_HEAD_MAX];
    struct nvt_http_response r;
    struct nvt_span in = nvt_span_of(input, sizeof input);
    struct nvt_span body = {NULL, 0};
    enum nvt_http_event event = NVT_HTTP_NEED;
    size_t seen = 0;
    nvt_http_response_init(&r, head, sizeof head, false);
    do {
        if (nvt_http_response_feed(&r, &in, &event, &body) != NVT_OK) {
            return 0;
        }
        seen += body.len;
    } while (event != NVT_HTTP_DONE && event != NVT_HTTP_NEED);
    bool right = event == NVT_HTTP_DONE && r.keep_alive && r.status == 201U;
    return right ? seen : 0U;
}

/* What a user of the callback parsers keeps. */
#if defined(NVT_BENCH_HTTP_PARSER) || defined(NVT_BENCH_LLHTTP)
struct seen {
    struct nvt_span names[FIELDS_MAX];
    struct nvt_span values[FIELDS_MAX];
    size_t fields;
    size_t body_len;
    bool done;
};

static void keep_name(struct seen *s, const char *at, size_t len)
{
    if (s->fields < FIELDS_MAX) {
        s->names[s->fields] = nvt_span_of(at, len);
    }
}

static void keep_value(struct seen *s, const char *at, size_t len)
{
    if (s->fields < FIELDS_MAX) {
        s->values[s->fields] = nvt_span_of(at, len);
        s->fields++;
    }
}
#endif

#ifdef NVT_BENCH_HTTP_PARSER
static int hp_name(http_parser *p, const char *at, size_t len)
{
    keep_name(p->data, at, len);
    return 0;
}

static int hp_value(http_parser *p, const char *at, size_t len)
{
    keep_value(p->data, at, len);
    return 0;
}

static int hp_body(http_parser *p, const char *at, size_t len)
{
    (void)at;
    ((struct seen *)p->data)->body_len += len;
    return 0;
}

static int hp_done(http_parser *p)
{
    ((struct seen *)p->data)->done = true;
    return 0;
}

static size_t parse_http_parser(void)
{
    static const http_parser_settings settings = {.on_header_field = hp_name,
                                                  .on_header_value = hp_value,
                                                  .on_body = hp_body,
                                                  .on_message_complete = hp_done};
    struct seen s;
    http_parser p;
    s.fields = 0;
    s.body_len = 0;
    s.done = false;
    http_parser_init(&p, HTTP_RESPONSE);
    p.data = &s;
    size_t used = http_parser_execute(&p, &settings, (const char *)input, sizeof input);
    bool right = used == sizeof input && s.done && http_should_keep_alive(&p) != 0;
    return right && p.status_code == 201U ? s.body_len : 0U;
}
#endif

#ifdef NVT_BENCH_LLHTTP
static int ll_name(llhttp_t *p, const char *at, size_t len)
{
    keep_name(p->data, at, len);
    return 0;
}

static int ll_value(llhttp_t *p, const char *at, size_t len)
{
    keep_value(p->data, at, len);
    return 0;
}

static int ll_body(llhttp_t *p, const char *at, size_t len)
{
    (void)at;
    ((struct seen *)p->data)->body_len += len;
    return 0;
}

static int ll_done(llhttp_t *p)
{
    ((struct seen *)p->data)->done = true;
    return 0;
}

static size_t parse_llhttp(void)
{
    static const llhttp_settings_t settings = {.on_header_field = ll_name,
                                               .on_header_value = ll_value,
                                               .on_body = ll_body,
                                               .on_message_complete = ll_done};
    struct seen s;
    llhttp_t p;
    s.fields = 0;
    s.body_len = 0;
    s.done = false;
    llhttp_init(&p, HTTP_RESPONSE, &settings);
    p.data = &s;
    bool right = llhttp_execute(&p, (const char *)input, sizeof input) == HPE_OK && s.done;
    return right && llhttp_should_keep_alive(&p) != 0 && p.status_code == 201U ? s.body_len : 0U;
}
#endif

static const struct {
    const char *name;
    parse_fn parse;
} parsers[] = {
    {"copy", parse_nothing},
    {"navette", parse_navette},
#ifdef NVT_BENCH_HTTP_PARSER
    {"http-parser", parse_http_parser},
#endif
#ifdef NVT_BENCH_LLHTTP
    {"llhttp", parse_llhttp},
#endif
};

#define PARSERS (sizeof parsers / sizeof parsers[0])

static bool run(parse_fn parse, uint64_t count)
{
    uint64_t right = 0;
    for (uint64_t i = 0; i < count; i++) {
        right += parse() == BODY_LEN ? 1U : 0U;
    }
    return right == count;
}

static double cpu_ns(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;
    return (left > right) - (left < right);
}

/* Interleaved, so that what disturbs the machine for a while disturbs all alike. */
static int run_time(void)
{
    static double ns[PARSERS][ROUNDS];
    for (size_t round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < PARSERS; i++) {
            double start = cpu_ns();
            if (!run(parsers[i].parse, ROUND_RESPONSES)) {
                return 1;
            }
            ns[i][round] = (cpu_ns() - start) / ROUND_RESPONSES;
        }
    }
    for (size_t i = 0; i < PARSERS; i++) {
        qsort(ns[i], ROUNDS, sizeof ns[i][0], by_value);
        (void)printf("%s %.1f\n", parsers[i].name, ns[i][ROUNDS / 2U]);
    }
    return 0;
}

static int run_counted(const char *name, const char *count_text)
{
    uint64_t count = 0;
    if (nvt_u64_parse(nvt_span_str(count_text), UINT32_MAX, &count) != NVT_OK) {
        return 2;
    }
    for (size_t i = 0; i < PARSERS; i++) {
        if (strcmp(parsers[i].name, name) == 0) {
            return run(parsers[i].parse, count) ? 0 : 1;
        }
    }
    return 2;
}

int main(int argc, char **argv)
{
    (void)memcpy(input, head_text, HEAD_LEN);
    (void)memcpy(input + HEAD_LEN, body_text, BODY_LEN);
    if (argc == 3) {
        return run_counted(argv[1], argv[2]);
    }
    if (argc == 2 && strcmp(argv[1], "time") == 0) {
        return run_time();
    }
    if (argc == 2 && strcmp(argv[1], "size") == 0) {
        (void)printf("%zu %zu\n", HEAD_LEN, BODY_LEN);
        return 0;
    }
    if (argc == 2 && strcmp(argv[1], "list") == 0) {
        for (size_t i = 0; i < PARSERS; i++) {
            (void)printf("%s\n", parsers[i].name);
        }
        return 0;
    }
    (void)fprintf(stderr, "usage: bench_http list | size | time | PARSER N\n");
    return 2;
}
