/* SPDX-License-Identifier: Apache-2.0 */
/* Decimal numbers in both directions. */
#include <navette/base.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static uint8_t memory[64];

static void assert_put(const struct nvt_buf *b, const char *want)
{
    assert_int_equal(nvt_buf_err(b), NVT_OK);
    if (b->len != strlen(want) || memcmp(b->ptr, want, b->len) != 0) {
        fail_msg("%.*s, not %s", (int)b->len, (const char *)b->ptr, want);
    }
}

static void test_put_whole(void **state)
{
    (void)state;
    static const struct {
        int64_t value;
        const char *text;
    } rows[] = {{0, "0"},
                {7, "7"},
                {-7, "-7"},
                {10, "10"},
                {1000000, "1000000"},
                {INT64_MAX, "9223372036854775807"},
                {INT64_MIN, "-9223372036854775808"}};
    struct nvt_buf b;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        nvt_buf_init(&b, memory, sizeof memory);
        nvt_buf_put_i64(&b, rows[i].value);
        assert_put(&b, rows[i].text);
    }
    nvt_buf_init(&b, memory, sizeof memory);
    nvt_buf_put_u64(&b, UINT64_MAX);
    assert_put(&b, "18446744073709551615");
}

static void test_put_decimal(void **state)
{
    (void)state;
    static const struct {
        int64_t value;
        unsigned scale;
        const char *text;
    } rows[] = {{0, 7, "0"},
                {1, 7, "0.0000001"},
                {-1, 7, "-0.0000001"},
                {488566000, 7, "48.8566"},
                {-1799999999, 7, "-179.9999999"},
                {480000000, 7, "48"},
                {1500, 2, "15"},
                {1050, 2, "10.5"},
                {123, 0, "123"},
                {INT64_MAX, 18, "9.223372036854775807"},
                {INT64_MIN, 18, "-9.223372036854775808"},
                {-1, 18, "-0.000000000000000001"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct nvt_buf b;
        nvt_buf_init(&b, memory, sizeof memory);
        nvt_buf_put_dec(&b, rows[i].value, rows[i].scale);
        assert_put(&b, rows[i].text);
    }
}

static void test_put_is_whole_or_not_at_all(void **state)
{
    (void)state;
    struct nvt_buf b;
    nvt_buf_init(&b, memory, 4);
    nvt_buf_put_dec(&b, 12345, 2);
    assert_int_equal(nvt_buf_err(&b), NVT_E_SPACE);
    assert_int_equal(b.len, 0);
    nvt_buf_init(&b, memory, sizeof memory);
    nvt_buf_put_dec(&b, 1, 19);
    assert_int_equal(nvt_buf_err(&b), NVT_E_SPACE);
}

static void test_parse_whole(void **state)
{
    (void)state;
    uint64_t value = 77;
    assert_int_equal(nvt_u64_parse(NVT_LIT("0"), 0, &value), NVT_OK);
    assert_true(value == 0U);
    assert_int_equal(nvt_u64_parse(NVT_LIT("007"), 7, &value), NVT_OK);
    assert_true(value == 7U);
    assert_int_equal(nvt_u64_parse(NVT_LIT("18446744073709551615"), UINT64_MAX, &value), NVT_OK);
    assert_true(value == UINT64_MAX);
    value = 77;
    assert_int_equal(nvt_u64_parse(NVT_LIT("18446744073709551616"), UINT64_MAX, &value),
                     NVT_E_RANGE);
    assert_int_equal(nvt_u64_parse(NVT_LIT("184467440737095516150"), UINT64_MAX, &value),
                     NVT_E_RANGE);
    assert_int_equal(nvt_u64_parse(NVT_LIT("8"), 7, &value), NVT_E_RANGE);
    assert_int_equal(nvt_u64_parse(NVT_LIT("100"), 99, &value), NVT_E_RANGE);
    assert_true(value == 77U);
}

static void test_parse_whole_syntax(void **state)
{
    (void)state;
    static const char *const bad[] = {"",    "+1", "-1", " 1", "1 ", "1.0",
                                      "0x1", "a",  "1a", "1:", "/"};
    uint64_t value = 77;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(nvt_u64_parse(nvt_span_str(bad[i]), UINT64_MAX, &value), NVT_E_SYNTAX);
    }
    assert_int_equal(nvt_u64_parse(nvt_span_str(NULL), 1, &value), NVT_E_SYNTAX);
    assert_int_equal(nvt_u64_parse(NVT_LIT("99999x"), 1, &value), NVT_E_SYNTAX);
    assert_true(value == 77U);
}

static void test_parse_decimal(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned scale;
        int64_t value;
    } rows[] = {{"0", 7, 0},
                {"-0", 7, 0},
                {"-0.00", 7, 0},
                {"48.8566", 7, 488566000},
                {"-179.9999999", 7, -1799999999},
                {"0.00000004", 7, 0},
                {"0.00000005", 7, 1},
                {"-0.00000005", 7, -1},
                {"0.999999949999", 7, 9999999},
                {"0.99999995", 7, 10000000},
                {"1.5", 0, 2},
                {"-1.5", 0, -2},
                {"1.4999", 0, 1},
                {"0001.5", 1, 15},
                {"9223372036854775807", 0, INT64_MAX},
                {"-9223372036854775808", 0, INT64_MIN},
                {"9.223372036854775807", 18, INT64_MAX},
                {"9.2233720368547758074", 18, INT64_MAX},
                {"-9.223372036854775808", 18, INT64_MIN}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t value = 77;
        assert_int_equal(nvt_dec_parse(nvt_span_str(rows[i].text), rows[i].scale, &value), NVT_OK);
        if (value != rows[i].value) {
            fail_msg("%s", rows[i].text);
        }
    }
}

static void test_parse_decimal_errors(void **state)
{
    (void)state;
    static const char *const syntax[] = {"",      "-",    ".5",  "1.",   "+1",  "1e3",
                                         "1.2.3", "--1",  " 1",  "1 ",   "1,5", "NaN",
                                         "-.5",   "1.-5", "0x1", "1.5e", "."};
    static const char *const range[] = {"9223372036854775808", "-9223372036854775809",
                                        "9223372036854775807.5", "99999999999999999999"};
    int64_t value = 77;
    for (size_t i = 0; i < sizeof syntax / sizeof syntax[0]; i++) {
        assert_int_equal(nvt_dec_parse(nvt_span_str(syntax[i]), 7, &value), NVT_E_SYNTAX);
    }
    for (size_t i = 0; i < sizeof range / sizeof range[0]; i++) {
        assert_int_equal(nvt_dec_parse(nvt_span_str(range[i]), 0, &value), NVT_E_RANGE);
    }
    assert_int_equal(nvt_dec_parse(NVT_LIT("10"), 18, &value), NVT_E_RANGE);
    assert_int_equal(nvt_dec_parse(NVT_LIT("1"), 19, &value), NVT_E_RANGE);
    assert_true(value == 77);
}

/* What is written is read back. */
static void test_decimal_round_trip(void **state)
{
    (void)state;
    uint64_t bits = 0x9e3779b97f4a7c15U;
    for (unsigned i = 0; i < 20000U; i++) {
        struct nvt_buf b;
        int64_t back = 0;
        bits ^= bits << 13U;
        bits ^= bits >> 7U;
        bits ^= bits << 17U;
        int64_t value = (int64_t)(bits >> (i % 64U) >> 1U) * (i % 2U == 0U ? 1 : -1);
        nvt_buf_init(&b, memory, sizeof memory);
        nvt_buf_put_dec(&b, value, i % 19U);
        assert_int_equal(nvt_dec_parse(nvt_buf_span(&b), i % 19U, &back), NVT_OK);
        assert_true(back == value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_put_whole),
        cmocka_unit_test(test_put_decimal),
        cmocka_unit_test(test_put_is_whole_or_not_at_all),
        cmocka_unit_test(test_parse_whole),
        cmocka_unit_test(test_parse_whole_syntax),
        cmocka_unit_test(test_parse_decimal),
        cmocka_unit_test(test_parse_decimal_errors),
        cmocka_unit_test(test_decimal_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
