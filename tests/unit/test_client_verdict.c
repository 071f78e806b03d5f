/* SPDX-License-Identifier: Apache-2.0 */
/* The verdict as a pure function: every status from 100 to 599, every error, both kinds of request.
 */
#include "../../src/client/call.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static enum nvt_verdict judge(uint8_t flags, uint16_t status, enum nvt_saying saying,
                              nvt_err *out_err)
{
    struct nvt_attempt a = {flags, status, NVT_OK, true, saying};
    return nvt_verdict_judge(&a, out_err);
}

/* ---- what the API itself said ---- */

struct row {
    uint16_t status;
    uint8_t flags;
    enum nvt_verdict verdict;
    nvt_err err;
};

static const struct row rows[] = {
    {200, 0, NVT_DELIVERED, NVT_OK},
    {201, NVT_REQ_KEYED, NVT_DELIVERED, NVT_OK},
    {204, NVT_REQ_IDEMPOTENT, NVT_DELIVERED, NVT_OK},
    {299, 0, NVT_DELIVERED, NVT_OK},
    {301, 0, NVT_REFUSED, NVT_E_REDIRECT},
    {304, NVT_REQ_IDEMPOTENT, NVT_REFUSED, NVT_E_STATUS},
    {308, NVT_REQ_KEYED, NVT_REFUSED, NVT_E_REDIRECT},
    {400, NVT_REQ_KEYED, NVT_REFUSED, NVT_E_STATUS},
    {401, NVT_REQ_KEYED, NVT_REFUSED, NVT_E_UNAUTHORIZED},
    {401, NVT_REQ_NO_AUTH, NVT_REFUSED, NVT_E_STATUS},
    {403, 0, NVT_REFUSED, NVT_E_STATUS},
    {404, NVT_REQ_IDEMPOTENT, NVT_REFUSED, NVT_E_STATUS},
    {408, 0, NVT_RETRY, NVT_E_STATUS},
    {409, NVT_REQ_KEYED, NVT_REFUSED, NVT_E_STATUS},
    {409, 0, NVT_REFUSED, NVT_E_STATUS},
    {422, NVT_REQ_KEYED, NVT_REFUSED, NVT_E_STATUS},
    {423, 0, NVT_RETRY, NVT_E_STATUS},
    {429, 0, NVT_RETRY, NVT_E_STATUS},
    {500, NVT_REQ_KEYED, NVT_RETRY, NVT_E_STATUS},
    {500, 0, NVT_UNKNOWN, NVT_E_STATUS},
    {501, 0, NVT_RETRY, NVT_E_STATUS},
    {502, NVT_REQ_IDEMPOTENT, NVT_RETRY, NVT_E_STATUS},
    {502, 0, NVT_UNKNOWN, NVT_E_STATUS},
    {503, 0, NVT_RETRY, NVT_E_STATUS},
    {504, NVT_REQ_KEYED, NVT_RETRY, NVT_E_STATUS},
    {504, 0, NVT_UNKNOWN, NVT_E_STATUS},
    {505, NVT_REQ_KEYED, NVT_RETRY, NVT_E_STATUS},
    {507, NVT_REQ_KEYED, NVT_RETRY, NVT_E_STATUS},
    {507, 0, NVT_UNKNOWN, NVT_E_STATUS},
    {511, 0, NVT_RETRY, NVT_E_STATUS},
    {525, NVT_REQ_KEYED, NVT_RETRY, NVT_E_STATUS},
    {599, 0, NVT_UNKNOWN, NVT_E_STATUS},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        nvt_err err = NVT_OK;
        enum nvt_verdict v = judge(rows[i].flags, rows[i].status, NVT_SAID_OWN, &err);
        if (v != rows[i].verdict || err != rows[i].err) {
            fail_msg("row %zu, status %u: %d, %s", i, rows[i].status, (int)v, nvt_err_name(err));
        }
    }
}

/* The rule that must hold for every status: what may have been done is never simply sent again, and
 * a server's failure is never a refusal. */
static void test_every_status(void **state)
{
    (void)state;
    for (uint16_t status = 100; status <= 599U; status++) {
        nvt_err err = NVT_OK;
        enum nvt_verdict v = judge(0, status, NVT_SAID_OWN, &err);
        bool says_not_done = status == 408U || status == 423U || status == 429U || status == 501U ||
                             status == 503U || status == 505U || status == 511U;
        assert_int_equal(v == NVT_RETRY, says_not_done);
        assert_int_equal(v == NVT_DELIVERED, status >= 200U && status <= 299U);
        assert_int_equal(err == NVT_OK, v == NVT_DELIVERED);
        v = judge(NVT_REQ_KEYED, status, NVT_SAID_OWN, &err);
        assert_true(v != NVT_UNKNOWN);
        assert_false(status >= 500U && v == NVT_REFUSED);
    }
}

/* ---- what it did not say, or not so ---- */

static void test_every_status_of_others(void **state)
{
    static const uint8_t flags[] = {0, NVT_REQ_IDEMPOTENT, NVT_REQ_KEYED, NVT_REQ_NO_AUTH};
    (void)state;
    for (uint16_t status = 200; status <= 599U; status++) {
        for (size_t i = 0; i < sizeof flags; i++) {
            nvt_err err = NVT_OK;
            enum nvt_verdict v = judge(flags[i], status, NVT_SAID_OTHER, &err);
            bool safe = flags[i] == NVT_REQ_IDEMPOTENT;
            assert_true(v != NVT_DELIVERED && v != NVT_DUPLICATE);
            if (status <= 299U) {
                assert_int_equal(v, safe ? NVT_RETRY : NVT_UNKNOWN);
                assert_int_equal(err, NVT_E_ANSWER);
                assert_true(nvt_verdict_open(status, err));
            } else if (status >= 400U && status <= 499U) {
                bool told = status == 408U || status == 423U || status == 429U;
                assert_int_equal(v, NVT_RETRY);
                assert_int_equal(err, told ? NVT_E_STATUS : NVT_E_FRONT);
                assert_int_equal(nvt_verdict_open(status, err), !told);
            } else {
                nvt_err own = NVT_OK;
                assert_int_equal(v, judge(flags[i], status, NVT_SAID_OWN, &own));
                assert_int_equal(err, own);
            }
        }
    }
}

static void test_duplicate_and_route(void **state)
{
    nvt_err err = NVT_OK;
    (void)state;
    assert_int_equal(judge(NVT_REQ_KEYED, 409, NVT_SAID_DUPLICATE, &err), NVT_DUPLICATE);
    assert_int_equal(err, NVT_E_STATUS);
    assert_int_equal(judge(NVT_REQ_KEYED, 404, NVT_SAID_NO_ROUTE, &err), NVT_REFUSED);
    assert_int_equal(err, NVT_E_ROUTE);
    assert_false(nvt_verdict_open(404, err));
}

/* ---- no whole answer ---- */

static void test_errors(void **state)
{
    static const nvt_err all[] = {
#define LIST(name, number, sentence) name,
        NVT_ERR_TABLE(LIST)
#undef LIST
    };
    (void)state;
    for (size_t i = 2; i < sizeof(all) / sizeof(all[0]); i++) {
        struct nvt_attempt a = {0, 0, all[i], true, NVT_SAID_OWN};
        nvt_err err = NVT_OK;
        assert_int_equal(nvt_verdict_judge(&a, &err), NVT_UNKNOWN);
        assert_int_equal(err, all[i]);
        a.flags = NVT_REQ_KEYED;
        assert_int_equal(nvt_verdict_judge(&a, &err), NVT_RETRY);
        a.sent = false;
        a.flags = 0;
        enum nvt_verdict v = nvt_verdict_judge(&a, &err);
        assert_true(v == NVT_RETRY || v == NVT_REFUSED);
    }
    struct nvt_attempt a = {0, 0, NVT_E_SPACE, false, NVT_SAID_OWN};
    nvt_err err = NVT_OK;
    assert_int_equal(nvt_verdict_judge(&a, &err), NVT_REFUSED);
    a.err = NVT_E_CRED_EMPTY;
    assert_int_equal(nvt_verdict_judge(&a, &err), NVT_REFUSED);
    a.err = NVT_E_TLS_EXPIRED;
    assert_int_equal(nvt_verdict_judge(&a, &err), NVT_RETRY);
}

static void test_token(void **state)
{
    nvt_err err = NVT_OK;
    (void)state;
    for (uint16_t status = 100; status <= 599U; status++) {
        enum nvt_verdict v = nvt_verdict_token(status, NVT_SAID_OWN, &err);
        assert_true(v == NVT_RETRY || v == NVT_REFUSED);
        assert_true(err != NVT_OK);
        v = nvt_verdict_token(status, NVT_SAID_OTHER, &err);
        assert_int_equal(v == NVT_REFUSED, status >= 300U && status <= 399U);
        assert_true(err != NVT_E_GRANT_REFUSED && err != NVT_OK);
    }
    assert_int_equal(nvt_verdict_token(201, NVT_SAID_OWN, &err), NVT_RETRY);
    assert_int_equal(err, NVT_E_GRANT_ANSWER);
    assert_int_equal(nvt_verdict_token(401, NVT_SAID_OWN, &err), NVT_REFUSED);
    assert_int_equal(err, NVT_E_GRANT_REFUSED);
    assert_int_equal(nvt_verdict_token(404, NVT_SAID_NO_ROUTE, &err), NVT_REFUSED);
    assert_int_equal(err, NVT_E_ROUTE);
}

static void test_back_off(void **state)
{
    struct nvt_dates none = {0, 0};
    (void)state;
    uint64_t before = 0;
    for (unsigned streak = 0; streak < 300U; streak++) {
        uint64_t ms = nvt_verdict_delay_ms(NULL, none, streak);
        assert_true(ms >= before && ms <= NVT_BACKOFF_MAX_MS);
        before = ms;
    }
    assert_int_equal(nvt_verdict_delay_ms(NULL, none, 0), NVT_BACKOFF_MS);
    assert_int_equal(before, NVT_BACKOFF_MAX_MS);
}

static uint64_t delay(uint16_t status, const char *fields, struct nvt_dates dates)
{
    static uint8_t head[1024];
    struct nvt_http_response r;
    struct nvt_buf b;
    uint8_t text[1024];
    enum nvt_http_event event = NVT_HTTP_NEED;
    struct nvt_span body;
    nvt_buf_init(&b, text, sizeof(text));
    nvt_buf_put(&b, NVT_LIT("HTTP/1.1 "));
    nvt_buf_put_u64(&b, status);
    nvt_buf_put(&b, NVT_LIT(" x\r\nContent-Length: 0\r\n"));
    nvt_buf_put(&b, nvt_span_str(fields));
    nvt_buf_put(&b, NVT_LIT("\r\n"));
    struct nvt_span in = nvt_buf_span(&b);
    nvt_http_response_init(&r, head, sizeof(head), false);
    while (event != NVT_HTTP_DONE) {
        assert_int_equal(nvt_http_response_feed(&r, &in, &event, &body), NVT_OK);
    }
    return nvt_verdict_delay_ms(&r, dates, 3);
}

static void test_times_in_answers(void **state)
{
    struct nvt_dates none = {0, 0};
    struct nvt_dates wall = {0, 1748858400};
    struct nvt_dates both = {1748858400, 1};
    const char *date = "Retry-After: Mon, 02 Jun 2025 10:01:00 GMT\r\n";
    (void)state;
    assert_int_equal(delay(503, "Retry-After: 5\r\n", none), 5000);
    assert_int_equal(delay(503, date, wall), 60000);
    assert_int_equal(delay(503, date, both), 60000);
    /* no clock at all: the usual back-off */
    assert_int_equal(delay(503, date, none), 8000);
    assert_int_equal(delay(429, "X-RateLimit-Reset: 1748858410\r\n", none), 8000);
    assert_int_equal(delay(429, "X-RateLimit-Reset: 1748858410\r\n", both), 10000);
    /* a quota's end says nothing about an outage */
    assert_int_equal(delay(503, "X-RateLimit-Reset: 1748858410\r\n", both), 8000);
    assert_int_equal(delay(429, "Retry-After: -1\r\n", both), 8000);
    assert_int_equal(delay(429, "Retry-After: 1.5\r\n", both), 8000);
    assert_int_equal(delay(429, "RateLimit-Reset: x\r\nX-RateLimit-Reset: 4\r\n", both), 4000);
    assert_int_equal(delay(429, "RateLimit-Reset: 99999999999999999999999\r\n", both), 8000);
}

#define WINDOW(w, left) "{\"window\":" w ",\"type\":\"throttle\",\"remaining\":" left "}"

static void test_windows(void **state)
{
    static const struct {
        const char *value;
        uint64_t ms; /* 8000: the usual back-off */
    } cases[] = {
        {"[" WINDOW("1", "0") "]", 1000},
        {"[" WINDOW("\"1s\"", "0") "]", 1000},
        {"[" WINDOW("\"60\"", "\"0\"") "]", 60000},
        {"[" WINDOW("\"1 second\"", "0") "]", 1000},
        {"[" WINDOW("\"2 Minutes\"", "0") "]", 120000},
        {"[" WINDOW("\"hour\"", "0") "]", 3600000},
        {"[" WINDOW("\"Day\"", "0") "]", 86400000},
        {"[" WINDOW("\"7 d\"", "0") "]", 86400000}, /* no wait is longer than a day */
        {"[" WINDOW("\"24h\"", "0") "]", 86400000},
        /* the longest of those that are used up */
        {"[" WINDOW("\"1s\"", "0") "," WINDOW("\"1 minute\"", "0") "," WINDOW("\"day\"", "3") "]",
         60000},
        {"[" WINDOW("\"1 minute\"", "0") "," WINDOW("\"1s\"", "0") "]", 60000},
        {WINDOW("5", "0"), 5000}, /* without its array */
        {"[{\"remaining\":0,\"window\":\"3 s\",\"a\":1,\"b\":2,\"c\":3}]", 3000},
        {"[{\"\\u0077indo\\u0077\":\"6 s\",\"remai\\u006e\\u0069ng\":0}]", 6000},
        /* what only looks like a member */
        {"[{\"\\u0077indo\":\"2s\",\"windowx\":\"2s\",\"win\\ndow\":\"2s\",\"\":\"2s\","
         "\"windo\\u00e9\":\"2s\",\"window\":\"3s\",\"remaining\":0}]",
         3000},
        {"[{\"a\":[\"remaining\",7,\"window\"],\"b\":\"\\\"window\\\":\", \"window\" : \"3s\" ,"
         "\"remaining\":0 , \"window\":9}]",
         3000},
        /* nothing to go by */
        {"[" WINDOW("\"1s\"", "1") "]", 8000},
        {"[" WINDOW("\"5s", "0") "]", 8000},
        {"[" WINDOW("5", "[0,0]") "]", 8000},
        {"[" WINDOW("\"soon\"", "0") "]", 1000},
        {"[" WINDOW("\"eon\"", "0") "]", 8000},
        {"[" WINDOW("0", "0") "]", 8000},
        {"[" WINDOW("\"\"", "0") "]", 8000},
        {"[" WINDOW("-1", "0") "]", 8000},
        {"[" WINDOW("1", "-1") "]", 8000},
        {"[" WINDOW("1", "null") "]", 8000},
        {"[" WINDOW("99999999999999999999", "0") "]", 8000},
        {"[" WINDOW("[1]", "0") "]", 8000},
        {"[]", 8000},
        {"[{\"window\":1}]", 8000},
        {"{\"window\":{\"s\":1},\"remaining\":0}", 8000},
        {"}{", 8000},
        {"{{{" WINDOW("4", "0"), 8000},
        {"{]}" WINDOW("4", "0"), 4000},
        {"", 8000},
    };
    struct nvt_dates none = {0, 0};
    char fields[512];
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        (void)snprintf(fields, sizeof(fields), "x-rate-limit: %s\r\n", cases[i].value);
        if (delay(429, fields, none) != cases[i].ms) {
            fail_msg("%s: %u", cases[i].value, (unsigned)delay(429, fields, none));
        }
        assert_int_equal(delay(503, fields, none), 8000);
    }
    /* the last source of all */
    assert_int_equal(
        delay(429, "x-rate-limit: [" WINDOW("9", "0") "]\r\nX-RateLimit-Reset: 4\r\n", none), 4000);
    assert_int_equal(delay(429, "x-rate-limit: [" WINDOW("9", "0") "]\r\nRetry-After: 2\r\n", none),
                     2000);
    assert_int_equal(
        delay(429, "x-rate-limit: [" WINDOW("9", "0") "]\r\nRetry-After: soon\r\n", none), 9000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_every_status),
        cmocka_unit_test(test_every_status_of_others),
        cmocka_unit_test(test_duplicate_and_route),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_token),
        cmocka_unit_test(test_back_off),
        cmocka_unit_test(test_times_in_answers),
        cmocka_unit_test(test_windows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
