/* SPDX-License-Identifier: Apache-2.0 */
/* Times: known instants, every refusal, and the C library's calendar as a second opinion. */
#include <navette/base.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include <time.h>

#define LAST_S 253402300799

typedef nvt_err (*parse_fn)(struct nvt_span, int64_t *);

static nvt_err parse_exact(parse_fn parse, const char *text, int64_t *out_s)
{
    size_t len = strlen(text);
    uint8_t *copy = malloc(len == 0U ? 1U : len);
    assert_non_null(copy);
    memcpy(copy, text, len);
    nvt_err err = parse(nvt_span_of(copy, len), out_s);
    free(copy);
    return err;
}

struct row {
    const char *text;
    nvt_err err;
    int64_t s;
};

static void check_rows(parse_fn parse, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int64_t s = 77;
        nvt_err err = parse_exact(parse, rows[i].text, &s);
        if (err != rows[i].err || s != (err == NVT_OK ? rows[i].s : 77)) {
            fail_msg("%s: %s, %lld", rows[i].text, nvt_err_name(err), (long long)s);
        }
    }
}

static void test_rfc3339(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"1970-01-01T00:00:00Z", NVT_OK, 0},
        {"1985-04-12T23:20:50.52Z", NVT_OK, 482196050},
        {"1996-12-19T16:39:57-08:00", NVT_OK, 851042397},
        {"1990-12-31T23:59:60Z", NVT_OK, 662687999},
        {"1990-12-31T15:59:60-08:00", NVT_OK, 662687999},
        {"1937-01-01T12:00:27.87+00:20", NVT_E_RANGE, 0},
        {"2025-06-02t09:15:00z", NVT_OK, 1748855700},
        {"2025-06-02T09:15:00+00:00", NVT_OK, 1748855700},
        {"2025-06-02T09:15:00-00:00", NVT_OK, 1748855700},
        {"2025-06-02T11:15:00+02:00", NVT_OK, 1748855700},
        {"2025-06-02T09:15:00.123456789123456789Z", NVT_OK, 1748855700},
        {"2024-02-29T00:00:00Z", NVT_OK, 1709164800},
        {"2000-02-29T00:00:00Z", NVT_OK, 951782400},
        {"9999-12-31T23:59:59Z", NVT_OK, LAST_S},
        {"1969-12-31T23:30:00-01:00", NVT_OK, 1800},
        {"1970-01-01T00:30:00+01:00", NVT_E_RANGE, 0},
        {"9999-12-31T23:59:59-00:01", NVT_E_RANGE, 0},
        {"0000-01-01T00:00:00Z", NVT_E_RANGE, 0},
        {"2025-02-29T00:00:00Z", NVT_E_RANGE, 0},
        {"2100-02-29T00:00:00Z", NVT_E_RANGE, 0},
        {"2025-04-31T00:00:00Z", NVT_E_RANGE, 0},
        {"2025-00-01T00:00:00Z", NVT_E_RANGE, 0},
        {"2025-13-01T00:00:00Z", NVT_E_RANGE, 0},
        {"2025-01-00T00:00:00Z", NVT_E_RANGE, 0},
        {"2025-01-32T00:00:00Z", NVT_E_RANGE, 0},
        {"2025-01-01T24:00:00Z", NVT_E_RANGE, 0},
        {"2025-01-01T00:60:00Z", NVT_E_RANGE, 0},
        {"2025-01-01T00:00:61Z", NVT_E_RANGE, 0},
        {"2025-01-01T12:00:60Z", NVT_E_RANGE, 0},
        {"2025-01-01T23:59:60+01:00", NVT_E_RANGE, 0},
        {"2025-01-01T00:00:00+24:00", NVT_E_RANGE, 0},
        {"2025-01-01T00:00:00+00:60", NVT_E_RANGE, 0},
        {"", NVT_E_SYNTAX, 0},
        {"2025-01-01", NVT_E_SYNTAX, 0},
        {"2025-01-01T00:00:00", NVT_E_SYNTAX, 0},
        {"2025-01-01 00:00:00Z", NVT_E_SYNTAX, 0},
        {"2025-01-01T00:00Z", NVT_E_SYNTAX, 0},
        {"2025-1-01T00:00:00Z", NVT_E_SYNTAX, 0},
        {"25-01-01T00:00:00Z", NVT_E_SYNTAX, 0},
        {"+2025-01-01T00:00:00Z", NVT_E_SYNTAX, 0},
        {"-025-01-01T00:00:00Z", NVT_E_SYNTAX, 0},
        {"2025-01-01T00:00:00.Z", NVT_E_SYNTAX, 0},
        {"2025-01-01T00:00:00,5Z", NVT_E_SYNTAX, 0},
        {"2025-01-01T00:00:00ZZ", NVT_E_SYNTAX, 0},
        {"2025-01-01T00:00:00Z ", NVT_E_SYNTAX, 0},
        {" 2025-01-01T00:00:00Z", NVT_E_SYNTAX, 0},
        {"2025-01-01T00:00:00+01", NVT_E_SYNTAX, 0},
        {"2025-01-01T00:00:00+0100", NVT_E_SYNTAX, 0},
        {"2025-01-01T00:00:00+1:00", NVT_E_SYNTAX, 0},
        {"2025/01/01T00:00:00Z", NVT_E_SYNTAX, 0},
        {"2025-01-01T00:00:0xZ", NVT_E_SYNTAX, 0},
    };
    check_rows(nvt_time_parse_rfc3339, rows, sizeof rows / sizeof rows[0]);
}

static void test_http_date(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"Sun, 06 Nov 1994 08:49:37 GMT", NVT_OK, 784111777},
        {"Sunday, 06-Nov-94 08:49:37 GMT", NVT_OK, 784111777},
        {"Sun Nov  6 08:49:37 1994", NVT_OK, 784111777},
        {"Wed Nov 16 08:49:37 1994", NVT_OK, 784975777},
        {"Thu, 01 Jan 1970 00:00:00 GMT", NVT_OK, 0},
        {"Fri, 31 Dec 9999 23:59:59 GMT", NVT_OK, LAST_S},
        {"Thursday, 01-Jan-70 00:00:00 GMT", NVT_OK, 0},
        {"Tuesday, 31-Dec-69 23:59:59 GMT", NVT_OK, 3155759999},
        {"Saturday, 31-Dec-16 23:59:60 GMT", NVT_OK, 1483228799},
        {"Wednesday, 01-Jan-25 00:00:00 GMT", NVT_OK, 1735689600},
        {"Mon, 06 Nov 1994 08:49:37 GMT", NVT_OK, 784111777}, /* the name is not compared */
        {"Sun, 31 Nov 1994 08:49:37 GMT", NVT_E_RANGE, 0},
        {"Sun, 06 Nov 1969 08:49:37 GMT", NVT_E_RANGE, 0},
        {"Sun, 06 Nov 1994 24:49:37 GMT", NVT_E_RANGE, 0},
        {"Sun, 06 Nov 1994 08:49:60 GMT", NVT_E_RANGE, 0},
        {"", NVT_E_SYNTAX, 0},
        {"Sun, 06 Nov 1994 08:49:37", NVT_E_SYNTAX, 0},
        {"Sun, 06 Nov 1994 08:49:37 UTC", NVT_E_SYNTAX, 0},
        {"Sun, 06 Nov 1994 08:49:37 gmt", NVT_E_SYNTAX, 0},
        {"Sun, 06 nov 1994 08:49:37 GMT", NVT_E_SYNTAX, 0},
        {"sun, 06 Nov 1994 08:49:37 GMT", NVT_E_SYNTAX, 0},
        {"Sun, 6 Nov 1994 08:49:37 GMT", NVT_E_SYNTAX, 0},
        {"Sun 06 Nov 1994 08:49:37 GMT", NVT_E_SYNTAX, 0},
        {"Sunday, 06 Nov 1994 08:49:37 GMT", NVT_E_SYNTAX, 0},
        {"Sun, 06-Nov-94 08:49:37 GMT", NVT_E_SYNTAX, 0},
        {"Sunnesday, 06-Nov-94 08:49:37 GMT", NVT_E_SYNTAX, 0},
        {"Sun Nov 6 08:49:37 1994", NVT_E_SYNTAX, 0},
        {"Sun Nov  6 08:49:37 1994 GMT", NVT_E_SYNTAX, 0},
        {"Sun, 06 Nov 1994 08:49:37 GMT ", NVT_E_SYNTAX, 0},
        {"120", NVT_E_SYNTAX, 0},
    };
    check_rows(nvt_time_parse_http, rows, sizeof rows / sizeof rows[0]);
}

/* Each text cut short anywhere is refused, never read past. */
static void test_truncated(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "2025-06-02T09:15:00.5+02:00", "Wednesday, 06-Nov-94 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"};
    for (size_t i = 0; i < 4U; i++) {
        parse_fn parse = i == 0U ? nvt_time_parse_rfc3339 : nvt_time_parse_http;
        char cut[40];
        int64_t s = 0;
        for (size_t len = 0; len < strlen(texts[i]); len++) {
            memcpy(cut, texts[i], len);
            cut[len] = '\0';
            assert_int_equal(parse_exact(parse, cut, &s), NVT_E_SYNTAX);
        }
    }
}

static void test_put(void **state)
{
    (void)state;
    uint8_t *exact = malloc(20);
    struct nvt_buf b;
    assert_non_null(exact);
    nvt_buf_init(&b, exact, 20);
    nvt_time_put_rfc3339(&b, 1748855700);
    assert_int_equal(nvt_buf_err(&b), NVT_OK);
    assert_int_equal(b.len, 20);
    assert_memory_equal(exact, "2025-06-02T09:15:00Z", 20);
    nvt_buf_init(&b, exact, 19);
    nvt_time_put_rfc3339(&b, 0);
    assert_int_equal(nvt_buf_err(&b), NVT_E_SPACE);
    assert_int_equal(b.len, 0);
    static const int64_t outside[] = {-1, LAST_S + 1, INT64_MIN, INT64_MAX};
    for (size_t i = 0; i < 4U; i++) {
        nvt_buf_init(&b, exact, 20);
        nvt_time_put_rfc3339(&b, outside[i]);
        assert_int_equal(nvt_buf_err(&b), NVT_E_SPACE);
        assert_int_equal(b.len, 0);
    }
    free(exact);
}

static void test_civil(void **state)
{
    (void)state;
    int64_t s = 77;
    assert_int_equal(nvt_time_from_civil(1970, 1, 1, 0, 0, 0, &s), NVT_OK);
    assert_true(s == 0);
    assert_int_equal(nvt_time_from_civil(9999, 12, 31, 23, 59, 59, &s), NVT_OK);
    assert_true(s == LAST_S);
    s = 77;
    static const int32_t bad[][6] = {
        {1969, 12, 31, 23, 59, 59}, {10000, 1, 1, 0, 0, 0},     {2025, 0, 1, 0, 0, 0},
        {2025, 13, 1, 0, 0, 0},     {2025, 1, 0, 0, 0, 0},      {2025, 2, 29, 0, 0, 0},
        {2025, 1, 1, -1, 0, 0},     {2025, 1, 1, 24, 0, 0},     {2025, 1, 1, 0, -1, 0},
        {2025, 1, 1, 0, 60, 0},     {2025, 1, 1, 0, 0, -1},     {2025, 1, 1, 0, 0, 60},
        {2016, 12, 31, 23, 59, 60}, {INT32_MIN, 1, 1, 0, 0, 0}, {INT32_MAX, 1, 1, 0, 0, 0}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(nvt_time_from_civil(bad[i][0], bad[i][1], bad[i][2], bad[i][3], bad[i][4],
                                             bad[i][5], &s),
                         NVT_E_RANGE);
    }
    assert_true(s == 77);
}

/* Every day up to 9999, against gmtime_r and strftime. */
static void test_every_day(void **state)
{
    (void)state;
    for (int64_t day = 0; day <= LAST_S / 86400; day++) {
        int64_t s = day * 86400 + day * 7919 % 86400;
        time_t t = (time_t)s;
        struct tm tm;
        char want[40];
        uint8_t text[20];
        struct nvt_buf b;
        int64_t back = 0;
        if ((int64_t)t != s) {
            break; /* a 32-bit time_t ends in 2038 */
        }
        assert_non_null(gmtime_r(&t, &tm));
        assert_int_equal(strftime(want, sizeof want, "%Y-%m-%dT%H:%M:%SZ", &tm), 20);
        nvt_buf_init(&b, text, sizeof text);
        nvt_time_put_rfc3339(&b, s);
        assert_int_equal(nvt_buf_err(&b), NVT_OK);
        assert_memory_equal(text, want, 20);
        assert_int_equal(nvt_time_parse_rfc3339(nvt_buf_span(&b), &back), NVT_OK);
        assert_true(back == s);
        assert_int_equal(strftime(want, sizeof want, "%a, %d %b %Y %H:%M:%S GMT", &tm), 29);
        assert_int_equal(nvt_time_parse_http(nvt_span_str(want), &back), NVT_OK);
        assert_true(back == s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rfc3339),   cmocka_unit_test(test_http_date),
        cmocka_unit_test(test_truncated), cmocka_unit_test(test_put),
        cmocka_unit_test(test_civil),     cmocka_unit_test(test_every_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
