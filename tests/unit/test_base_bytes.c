/* SPDX-License-Identifier: Apache-2.0 */
/* Spans, bounded buffers, the error table and secrets. */
#include <navette/base.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void assert_span(struct nvt_span s, const char *text)
{
    assert_int_equal(s.len, strlen(text));
    if (s.len > 0U) {
        assert_memory_equal(s.ptr, text, s.len);
    }
}

static void test_span_drop(void **state)
{
    (void)state;
    assert_span(nvt_span_drop(NVT_LIT("abc"), 0), "abc");
    assert_span(nvt_span_drop(NVT_LIT("abc"), 2), "c");
    assert_span(nvt_span_drop(NVT_LIT("abc"), 3), "");
    assert_span(nvt_span_drop(NVT_LIT("abc"), SIZE_MAX), "");
    assert_span(nvt_span_drop(nvt_span_str(NULL), 3), "");
    struct nvt_span s = NVT_LIT("abc");
    nvt_span_skip(&s, 0);
    assert_span(s, "abc");
    nvt_span_skip(&s, 1);
    assert_span(s, "bc");
    nvt_span_skip(&s, SIZE_MAX);
    assert_span(s, "");
    s = nvt_span_str(NULL);
    nvt_span_skip(&s, 3);
    assert_null(s.ptr);
}

static void test_span_trim(void **state)
{
    (void)state;
    assert_span(nvt_span_trim(NVT_LIT(" \t a b\t ")), "a b");
    assert_span(nvt_span_trim(NVT_LIT("a")), "a");
    assert_span(nvt_span_trim(NVT_LIT(" \t ")), "");
    assert_span(nvt_span_trim(NVT_LIT("")), "");
    assert_span(nvt_span_trim(NVT_LIT("\na\r")), "\na\r");
}

static void test_span_eq(void **state)
{
    (void)state;
    assert_true(nvt_span_eq(NVT_LIT("ab"), NVT_LIT("ab")));
    assert_true(nvt_span_eq(nvt_span_str(NULL), NVT_LIT("")));
    assert_false(nvt_span_eq(NVT_LIT("ab"), NVT_LIT("aB")));
    assert_false(nvt_span_eq(NVT_LIT("ab"), NVT_LIT("abc")));
}

/* All pairs of bytes: only the two cases of one letter are equal without being the same. */
static void test_span_eq_nocase(void **state)
{
    (void)state;
    for (unsigned a = 0; a < 256U; a++) {
        for (unsigned b = 0; b < 256U; b++) {
            uint8_t left[2] = {'x', (uint8_t)a};
            uint8_t right[2] = {'X', (uint8_t)b};
            bool letters =
                (a >= 'a' && a <= 'z' && b == a - 32U) || (a >= 'A' && a <= 'Z' && b == a + 32U);
            assert_int_equal(nvt_span_eq_nocase(nvt_span_of(left, 2), nvt_span_of(right, 2)),
                             a == b || letters);
        }
    }
    assert_false(nvt_span_eq_nocase(NVT_LIT("ab"), NVT_LIT("abc")));
    assert_true(nvt_span_eq_nocase(nvt_span_str(NULL), NVT_LIT("")));
}

static void test_buf_overflow_sticks(void **state)
{
    (void)state;
    uint8_t *memory = malloc(4);
    struct nvt_buf b;
    assert_non_null(memory);
    nvt_buf_init(&b, memory, 4);
    nvt_buf_put(&b, NVT_LIT("ab"));
    assert_int_equal(nvt_buf_err(&b), NVT_OK);
    nvt_buf_put(&b, NVT_LIT("cde"));
    assert_int_equal(nvt_buf_err(&b), NVT_E_SPACE);
    assert_span(nvt_buf_span(&b), "ab");
    nvt_buf_put(&b, NVT_LIT("c"));
    nvt_buf_put_byte(&b, 'c');
    nvt_buf_put_u64(&b, 1);
    assert_span(nvt_buf_span(&b), "ab");
    free(memory);
}

static void test_buf_exactly_full(void **state)
{
    (void)state;
    uint8_t *memory = malloc(3);
    struct nvt_buf b;
    assert_non_null(memory);
    nvt_buf_init(&b, memory, 3);
    nvt_buf_put(&b, NVT_LIT("ab"));
    nvt_buf_put_byte(&b, 'c');
    nvt_buf_put(&b, nvt_span_str(NULL));
    assert_int_equal(nvt_buf_err(&b), NVT_OK);
    assert_span(nvt_buf_span(&b), "abc");
    nvt_buf_put_byte(&b, 'd');
    assert_int_equal(nvt_buf_err(&b), NVT_E_SPACE);
    assert_span(nvt_buf_span(&b), "abc");
    free(memory);
}

static void test_buf_without_memory(void **state)
{
    (void)state;
    struct nvt_buf b;
    nvt_buf_init(&b, NULL, 0);
    nvt_buf_put(&b, NVT_LIT(""));
    assert_int_equal(nvt_buf_err(&b), NVT_OK);
    nvt_buf_put_byte(&b, 'x');
    assert_int_equal(nvt_buf_err(&b), NVT_E_SPACE);
}

static void test_error_table(void **state)
{
    (void)state;
    static const nvt_err all[] = {
#define ROW(name, number, sentence) name,
        NVT_ERR_TABLE(ROW)
#undef ROW
    };
    size_t count = sizeof all / sizeof all[0];
    for (size_t i = 0; i < count; i++) {
        assert_memory_equal(nvt_err_name(all[i]), "NVT_", 4);
        size_t len = strlen(nvt_err_text(all[i]));
        assert_true(len > 0U && nvt_err_text(all[i])[len - 1U] != '.');
        assert_true(all[i] >= -32768 && (all[i] == NVT_OK || all[i] == NVT_AGAIN || all[i] < -1));
        for (size_t j = 0; j < i; j++) {
            assert_true(all[i] != all[j]);
            assert_string_not_equal(nvt_err_text(all[i]), nvt_err_text(all[j]));
        }
    }
}

static void test_error_lookup(void **state)
{
    (void)state;
    assert_string_equal(nvt_err_name(NVT_OK), "NVT_OK");
    assert_string_equal(nvt_err_name(NVT_E_SPACE), "NVT_E_SPACE");
    assert_string_equal(nvt_err_text(NVT_E_SPACE), "the destination buffer is too small");
    assert_string_equal(nvt_err_name((nvt_err)-1), "NVT_E_?");
    assert_string_equal(nvt_err_text((nvt_err)-32768), "unknown error number");
}

static void test_ct_equal(void **state)
{
    (void)state;
    uint8_t a[32];
    uint8_t b[32];
    memset(a, 0x5a, sizeof a);
    for (size_t at = 0; at < sizeof a; at++) {
        for (unsigned bit = 0; bit < 8U; bit++) {
            memcpy(b, a, sizeof b);
            assert_true(nvt_ct_equal(a, b, sizeof a));
            b[at] = (uint8_t)(b[at] ^ (1U << bit));
            assert_false(nvt_ct_equal(a, b, sizeof a));
        }
    }
    assert_true(nvt_ct_equal(a, b, 0));
}

static void test_wipe(void **state)
{
    (void)state;
    uint8_t a[5] = {1, 2, 3, 4, 5};
    static const uint8_t want[5] = {1, 0, 0, 0, 5};
    nvt_wipe(a + 1, 3);
    assert_memory_equal(a, want, sizeof a);
    nvt_wipe(NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_span_drop),
        cmocka_unit_test(test_span_trim),
        cmocka_unit_test(test_span_eq),
        cmocka_unit_test(test_span_eq_nocase),
        cmocka_unit_test(test_buf_overflow_sticks),
        cmocka_unit_test(test_buf_exactly_full),
        cmocka_unit_test(test_buf_without_memory),
        cmocka_unit_test(test_error_table),
        cmocka_unit_test(test_error_lookup),
        cmocka_unit_test(test_ct_equal),
        cmocka_unit_test(test_wipe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
