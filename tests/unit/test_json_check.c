/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON checker: exactly RFC 8259, each refusal with its cause and place. */
#include "json_cases.h"

#include <stdio.h>

#define BYTES(s) (const uint8_t *)("" s), sizeof(s) - 1U

struct good_case {
    const uint8_t *text;
    size_t len;
};

static const struct good_case good[] = {
    {BYTES("0")},
    {BYTES("-0")},
    {BYTES("-1")},
    {BYTES("1234567890123456789012345678901234567890")},
    {BYTES("0.0")},
    {BYTES("-0.000e-000")},
    {BYTES("1e5")},
    {BYTES("1E+5")},
    {BYTES("1e-5")},
    {BYTES("0e0")},
    {BYTES("1.5e300000")},
    {BYTES("[123e65]")},
    {BYTES("[0e+1]")},
    {BYTES("[20e1]")},
    {BYTES("[1 ]")},
    {BYTES("true")},
    {BYTES(" false ")},
    {BYTES("null\n")},
    {BYTES("\"a\"")},
    {BYTES("\"\"")},
    {BYTES("[[]   ]")},
    {BYTES("[\"\"]")},
    {BYTES("[null, 1, \"1\", {}]")},
    {BYTES("[1\n]")},
    {BYTES(" [1]")},
    {BYTES("[2] ")},
    {BYTES("[1,null,null,null,2]")},
    {BYTES("{\"a\":\"b\",\"a\":\"b\"}")},
    {BYTES("{\"\":0}")},
    {BYTES("{\"a\":[]}")},
    {BYTES("{\n\"a\": \"b\"\n}")},
    {BYTES("{\"foo\\u0000bar\": 42}")},
    {BYTES("{\"min\": -1.0e+28, \"max\": 1.0e+28}")},
    {BYTES("[\"\\u0060\\u012a\\u12AB\"]")},
    {BYTES("[\"\\uD801\\udc37\"]")},
    {BYTES("[\"\\ud83d\\ude39\\ud83d\\udc8d\"]")},
    {BYTES("[\"\\uDBFF\\uDFFF\"]")},
    {BYTES("[\"\\uFFFE\\uFFFF\\uD7FF\\uE000\"]")},
    {BYTES("[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]")},
    {BYTES("[\"\\\\u0000\"]")},
    {BYTES("[\"a/*b*/c/*d//e\"]")},
    {BYTES("[\"\x7F\"]")},
    {BYTES("[\"\xC2\x80\xDF\xBF\"]")},
    {BYTES("[\"\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF\"]")},
    {BYTES("[\"\xF0\x90\x80\x80\xF4\x8F\xBF\xBF\"]")},
    {BYTES("[\"\xE2\x80\xA8\xE2\x80\xA9\xEF\xBB\xBF\"]")},
    {BYTES("\t\n\r [\t\n\r ]\t\n\r ")},
};

struct bad_case {
    const uint8_t *text;
    size_t len;
    nvt_err err;
    size_t at;
};

static const struct bad_case bad[] = {
    /* the fifteen that jsmn's strict mode was tried with: it lets all but one pass */
    {BYTES("{\"a\"}"), NVT_E_JSON_SYNTAX, 4},
    {BYTES("{\"a\":1,}"), NVT_E_JSON_SYNTAX, 7},
    {BYTES("{\"a\":::1}"), NVT_E_JSON_SYNTAX, 5},
    {BYTES("{}{}"), NVT_E_JSON_TRAILING, 2},
    {BYTES(":,{}"), NVT_E_JSON_SYNTAX, 0},
    {BYTES("[1 2]"), NVT_E_JSON_SYNTAX, 3},
    {BYTES("{\"a\":1 \"b\":2}"), NVT_E_JSON_SYNTAX, 7},
    {BYTES("[01]"), NVT_E_JSON_NUMBER, 2},
    {BYTES("[nul]"), NVT_E_JSON_LITERAL, 4},
    {BYTES("[\"\\ud800\"]"), NVT_E_JSON_SURROGATE, 8},
    {BYTES("[\"\xFF\"]"), NVT_E_JSON_UTF8, 2},
    {BYTES("[1e]"), NVT_E_JSON_NUMBER, 3},
    {BYTES("tru"), NVT_E_JSON_END, 3},
    {BYTES("[-]"), NVT_E_JSON_NUMBER, 2},
    {BYTES("{}x"), NVT_E_JSON_TRAILING, 2},
    /* nothing, or not yet all */
    {BYTES(""), NVT_E_JSON_END, 0},
    {BYTES(" \t\r\n"), NVT_E_JSON_END, 4},
    {BYTES("["), NVT_E_JSON_END, 1},
    {BYTES("[1"), NVT_E_JSON_END, 2},
    {BYTES("[1,"), NVT_E_JSON_END, 3},
    {BYTES("[\"a"), NVT_E_JSON_END, 3},
    {BYTES("{\"a\""), NVT_E_JSON_END, 4},
    {BYTES("{\"a\":"), NVT_E_JSON_END, 5},
    {BYTES("\""), NVT_E_JSON_END, 1},
    {BYTES("\"\\"), NVT_E_JSON_END, 2},
    {BYTES("\"\\u12"), NVT_E_JSON_END, 5},
    {BYTES("\"\\uD800"), NVT_E_JSON_END, 7},
    {BYTES("\"\\uD800\\"), NVT_E_JSON_END, 8},
    {BYTES("\"\\uD800\\u"), NVT_E_JSON_END, 9},
    {BYTES("\"\xE2\x82"), NVT_E_JSON_END, 3},
    {BYTES("-"), NVT_E_JSON_END, 1},
    {BYTES("1."), NVT_E_JSON_END, 2},
    {BYTES("1e"), NVT_E_JSON_END, 2},
    {BYTES("1e+"), NVT_E_JSON_END, 3},
    {BYTES("[[[["), NVT_E_JSON_END, 4},
    /* structure */
    {BYTES("]"), NVT_E_JSON_SYNTAX, 0},
    {BYTES("}"), NVT_E_JSON_SYNTAX, 0},
    {BYTES(","), NVT_E_JSON_SYNTAX, 0},
    {BYTES("[}"), NVT_E_JSON_SYNTAX, 1},
    {BYTES("{]"), NVT_E_JSON_SYNTAX, 1},
    {BYTES("[1}"), NVT_E_JSON_SYNTAX, 2},
    {BYTES("{\"a\":1]"), NVT_E_JSON_SYNTAX, 6},
    {BYTES("[1,]"), NVT_E_JSON_SYNTAX, 3},
    {BYTES("[,1]"), NVT_E_JSON_SYNTAX, 1},
    {BYTES("[1,,2]"), NVT_E_JSON_SYNTAX, 3},
    {BYTES("[\"\"],"), NVT_E_JSON_TRAILING, 4},
    {BYTES("[1:2]"), NVT_E_JSON_SYNTAX, 2},
    {BYTES("[\"a\":1]"), NVT_E_JSON_SYNTAX, 4},
    {BYTES("[\"a\" \"b\"]"), NVT_E_JSON_SYNTAX, 5},
    {BYTES("{,}"), NVT_E_JSON_SYNTAX, 1},
    {BYTES("{1:1}"), NVT_E_JSON_SYNTAX, 1},
    {BYTES("{a:1}"), NVT_E_JSON_SYNTAX, 1},
    {BYTES("{'a':1}"), NVT_E_JSON_SYNTAX, 1},
    {BYTES("{null:1}"), NVT_E_JSON_SYNTAX, 1},
    {BYTES("{[]:1}"), NVT_E_JSON_SYNTAX, 1},
    {BYTES("{\"a\" 1}"), NVT_E_JSON_SYNTAX, 5},
    {BYTES("{\"a\",1}"), NVT_E_JSON_SYNTAX, 4},
    {BYTES("{\"a\":}"), NVT_E_JSON_SYNTAX, 5},
    {BYTES("{\"a\":,}"), NVT_E_JSON_SYNTAX, 5},
    {BYTES("{\"a\":1,,\"b\":2}"), NVT_E_JSON_SYNTAX, 7},
    {BYTES("{\"a\":\"b\"}/**/"), NVT_E_JSON_TRAILING, 9},
    {BYTES("{\"a\":/*c*/1}"), NVT_E_JSON_SYNTAX, 5},
    {BYTES("[1]//"), NVT_E_JSON_TRAILING, 3},
    {BYTES("[1]]"), NVT_E_JSON_TRAILING, 3},
    {BYTES("\"a\"\"b\""), NVT_E_JSON_TRAILING, 3},
    {BYTES("1 2"), NVT_E_JSON_TRAILING, 2},
    {BYTES("[<null>]"), NVT_E_JSON_SYNTAX, 1},
    {BYTES("['a']"), NVT_E_JSON_SYNTAX, 1},
    {BYTES("[\\n]"), NVT_E_JSON_SYNTAX, 1},
    {BYTES("[*]"), NVT_E_JSON_SYNTAX, 1},
    {BYTES("#{}"), NVT_E_JSON_SYNTAX, 0},
    {BYTES("\xEF\xBB\xBF{}"), NVT_E_JSON_SYNTAX, 0},
    {BYTES("[\x0C]"), NVT_E_JSON_SYNTAX, 1},
    {BYTES("[\x0B]"), NVT_E_JSON_SYNTAX, 1},
    {BYTES("[\0]"), NVT_E_JSON_SYNTAX, 1},
    {BYTES("\0"), NVT_E_JSON_SYNTAX, 0},
    {BYTES("{}\0"), NVT_E_JSON_TRAILING, 2},
    {BYTES("[\xC2\xA0]"), NVT_E_JSON_SYNTAX, 1},
    {BYTES("[\xE2\x81\xA0]"), NVT_E_JSON_SYNTAX, 1},
    {BYTES("[\xC3\xA9]"), NVT_E_JSON_SYNTAX, 1},
    {BYTES("{\xF0\x9F\x87\xA8}"), NVT_E_JSON_SYNTAX, 1},
    /* depth: 16 is allowed here, 17 is not */
    {BYTES("[[[[[[[[[[[[[[[[["), NVT_E_JSON_DEPTH, 16},
    {BYTES("[[[[[[[[[[[[[[[[{\"a\":1}]"), NVT_E_JSON_DEPTH, 16},
    /* numbers */
    {BYTES("+1"), NVT_E_JSON_SYNTAX, 0},
    {BYTES("++1"), NVT_E_JSON_SYNTAX, 0},
    {BYTES(".5"), NVT_E_JSON_SYNTAX, 0},
    {BYTES("-.5"), NVT_E_JSON_NUMBER, 1},
    {BYTES("-01"), NVT_E_JSON_NUMBER, 2},
    {BYTES("--1"), NVT_E_JSON_NUMBER, 1},
    {BYTES("-a"), NVT_E_JSON_NUMBER, 1},
    {BYTES("- 1"), NVT_E_JSON_NUMBER, 1},
    {BYTES("-Infinity"), NVT_E_JSON_NUMBER, 1},
    {BYTES("[1.]"), NVT_E_JSON_NUMBER, 3},
    {BYTES("[1.e5]"), NVT_E_JSON_NUMBER, 3},
    {BYTES("[0.1.2]"), NVT_E_JSON_NUMBER, 4},
    {BYTES("[1eE2]"), NVT_E_JSON_NUMBER, 3},
    {BYTES("[1e+]"), NVT_E_JSON_NUMBER, 4},
    {BYTES("[1e+-2]"), NVT_E_JSON_NUMBER, 4},
    {BYTES("[1e5.5]"), NVT_E_JSON_NUMBER, 4},
    {BYTES("[0x42]"), NVT_E_JSON_NUMBER, 2},
    {BYTES("[1a]"), NVT_E_JSON_NUMBER, 2},
    {BYTES("[1+2]"), NVT_E_JSON_NUMBER, 2},
    {BYTES("[1-2]"), NVT_E_JSON_NUMBER, 2},
    {BYTES("[1 000.0]"), NVT_E_JSON_SYNTAX, 3},
    {BYTES("[1\xEF\xBC\x91]"), NVT_E_JSON_SYNTAX, 2},
    {BYTES("[1_000]"), NVT_E_JSON_SYNTAX, 2},
    /* literals */
    {BYTES("[NaN]"), NVT_E_JSON_LITERAL, 1},
    {BYTES("[Infinity]"), NVT_E_JSON_LITERAL, 1},
    {BYTES("[True]"), NVT_E_JSON_LITERAL, 1},
    {BYTES("[NULL]"), NVT_E_JSON_LITERAL, 1},
    {BYTES("[undefined]"), NVT_E_JSON_LITERAL, 1},
    {BYTES("[truth]"), NVT_E_JSON_LITERAL, 4},
    {BYTES("[truex]"), NVT_E_JSON_LITERAL, 5},
    {BYTES("[nullnull]"), NVT_E_JSON_LITERAL, 5},
    {BYTES("[fals]"), NVT_E_JSON_LITERAL, 5},
    {BYTES("[a\xE5]"), NVT_E_JSON_LITERAL, 1},
    /* strings */
    {BYTES("[\"a\nb\"]"), NVT_E_JSON_CONTROL, 3},
    {BYTES("[\"\t\"]"), NVT_E_JSON_CONTROL, 2},
    {BYTES("[\"a\0a\"]"), NVT_E_JSON_CONTROL, 3},
    {BYTES("[\"\x1F\"]"), NVT_E_JSON_CONTROL, 2},
    {BYTES("[\"0123456\x1F\"]"), NVT_E_JSON_CONTROL, 9},
    {BYTES("[\"\\x00\"]"), NVT_E_JSON_ESCAPE, 3},
    {BYTES("[\"\\a\"]"), NVT_E_JSON_ESCAPE, 3},
    {BYTES("[\"\\'\"]"), NVT_E_JSON_ESCAPE, 3},
    {BYTES("[\"\\\0\"]"), NVT_E_JSON_ESCAPE, 3},
    {BYTES("[\"\\\t\"]"), NVT_E_JSON_ESCAPE, 3},
    {BYTES("[\"\\\xF0\x9F\x8C\x80\"]"), NVT_E_JSON_ESCAPE, 3},
    {BYTES("[\"\\U0041\"]"), NVT_E_JSON_ESCAPE, 3},
    {BYTES("[\"\\u00A\"]"), NVT_E_JSON_ESCAPE, 7},
    {BYTES("[\"\\u00G0\"]"), NVT_E_JSON_ESCAPE, 6},
    {BYTES("[\"\\uD834\\uDd\"]"), NVT_E_JSON_ESCAPE, 12},
    {BYTES("[\"\\uqqqq\"]"), NVT_E_JSON_ESCAPE, 4},
    {BYTES("[\"\\uD800\\uD800\"]"), NVT_E_JSON_SURROGATE, 11},
    {BYTES("[\"\\uD800\\u0041\"]"), NVT_E_JSON_SURROGATE, 10},
    {BYTES("[\"\\uD800\\uE000\"]"), NVT_E_JSON_SURROGATE, 10},
    {BYTES("[\"\\uD800\\n\"]"), NVT_E_JSON_SURROGATE, 9},
    {BYTES("[\"\\uD800abc\"]"), NVT_E_JSON_SURROGATE, 8},
    {BYTES("[\"\\uDC00\"]"), NVT_E_JSON_SURROGATE, 5},
    {BYTES("[\"\\udfff\\ud800\"]"), NVT_E_JSON_SURROGATE, 5},
    {BYTES("[\"\x80\"]"), NVT_E_JSON_UTF8, 2},
    {BYTES("[\"\xC0\xAF\"]"), NVT_E_JSON_UTF8, 2},
    {BYTES("[\"\xC1\xBF\"]"), NVT_E_JSON_UTF8, 2},
    {BYTES("[\"\xE0\x9F\xBF\"]"), NVT_E_JSON_UTF8, 3},
    {BYTES("[\"\xED\xA0\x80\"]"), NVT_E_JSON_UTF8, 3},
    {BYTES("[\"\xF0\x8F\xBF\xBF\"]"), NVT_E_JSON_UTF8, 3},
    {BYTES("[\"\xF4\x90\x80\x80\"]"), NVT_E_JSON_UTF8, 3},
    {BYTES("[\"\xF5\x80\x80\x80\"]"), NVT_E_JSON_UTF8, 2},
    {BYTES("[\"\xFC\x80\x80\x80\x80\x80\"]"), NVT_E_JSON_UTF8, 2},
    {BYTES("[\"\xE2\x82\"]"), NVT_E_JSON_UTF8, 4},
    {BYTES("[\"\xC3(\"]"), NVT_E_JSON_UTF8, 3},
    {BYTES("[\"\xE9\"]"), NVT_E_JSON_UTF8, 3},
    {BYTES("[\"0123456789\xE9t\xE9\"]"), NVT_E_JSON_UTF8, 13},
};

static void test_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        size_t at = 12345;
        if (check_exact(nvt_span_of(good[i].text, good[i].len), &at) != NVT_OK ||
            at != good[i].len) {
            fail_msg("refused at %zu: %.*s", at, (int)good[i].len, (const char *)good[i].text);
        }
    }
}

static void test_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        size_t at = 12345;
        nvt_err err = check_exact(nvt_span_of(bad[i].text, bad[i].len), &at);
        if (err != bad[i].err || at != bad[i].at) {
            fail_msg("case %zu (%.*s): %s at %zu", i, (int)bad[i].len, (const char *)bad[i].text,
                     nvt_err_name(err), at);
        }
    }
}

static void test_place_is_optional(void **state)
{
    (void)state;
    assert_int_equal(nvt_json_check(NVT_LIT("[1"), NULL), NVT_E_JSON_END);
    assert_int_equal(nvt_json_check(NVT_LIT("[1]"), NULL), NVT_OK);
    assert_int_equal(nvt_json_check(nvt_span_of(NULL, 0), NULL), NVT_E_JSON_END);
}

static void test_each_truncation_is_incomplete(void **state)
{
    (void)state;
    for (size_t i = 0; i < CLOSED_COUNT; i++) {
        struct nvt_span text = nvt_span_str(closed_documents[i]);
        assert_int_equal(check_exact(text, NULL), NVT_OK);
        for (size_t len = 0; len < text.len; len++) {
            size_t at = 12345;
            assert_int_equal(check_exact(nvt_span_of(text.ptr, len), &at), NVT_E_JSON_END);
            assert_int_equal(at, len);
        }
    }
}

/* The byte refused is the first one that is wrong: what stands before it can be completed. */
static void assert_viable_prefix(struct nvt_span text)
{
    size_t at = 0;
    nvt_err err = check_exact(text, &at);
    assert_true(at <= text.len);
    assert_true((err == NVT_OK || err == NVT_E_JSON_END) == (at == text.len));
    if (at < text.len) {
        size_t again = 0;
        nvt_err before = check_exact(nvt_span_of(text.ptr, at), &again);
        assert_true(before == NVT_OK || before == NVT_E_JSON_END);
        assert_int_equal(again, at);
    }
}

static void test_each_mutation_names_the_first_wrong_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < CLOSED_COUNT; i++) {
        struct nvt_span text = nvt_span_str(closed_documents[i]);
        uint8_t *mem = malloc(text.len);
        assert_non_null(mem);
        for (size_t at = 0; at < text.len; at++) {
            memcpy(mem, text.ptr, text.len);
            for (unsigned byte = 0; byte < 256U; byte++) {
                mem[at] = (uint8_t)byte;
                assert_viable_prefix(nvt_span_of(mem, text.len));
            }
        }
        free(mem);
    }
}

/* Word scanning must see each odd byte at each place of a word, from each alignment. */
static void test_each_byte_at_each_place_of_a_string(void **state)
{
    (void)state;
    for (size_t len = 1; len <= 20; len++) {
        for (size_t place = 0; place < len; place++) {
            for (unsigned byte = 0; byte < 256U; byte++) {
                uint8_t text[24];
                memset(text, 'a', sizeof text);
                text[0] = '"';
                text[len + 1U] = '"';
                text[place + 1U] = (uint8_t)byte;
                nvt_err err = check_exact(nvt_span_of(text, len + 2U), NULL);
                bool plain = byte >= 0x20U && byte < 0x80U && byte != '"' && byte != '\\';
                assert_true((err == NVT_OK) == plain);
            }
        }
    }
}

static void test_each_code_unit_escape(void **state)
{
    (void)state;
    for (unsigned code = 0; code < 0x10000U; code++) {
        char text[16];
        int len = snprintf(text, sizeof text, "\"\\u%04X\"", code);
        nvt_err err = nvt_json_check(nvt_span_of(text, (size_t)len), NULL);
        bool surrogate = code >= 0xD800U && code <= 0xDFFFU;
        assert_int_equal(err, surrogate ? NVT_E_JSON_SURROGATE : NVT_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_place_is_optional),
        cmocka_unit_test(test_each_truncation_is_incomplete),
        cmocka_unit_test(test_each_mutation_names_the_first_wrong_byte),
        cmocka_unit_test(test_each_byte_at_each_place_of_a_string),
        cmocka_unit_test(test_each_code_unit_escape),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
