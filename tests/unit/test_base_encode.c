/* SPDX-License-Identifier: Apache-2.0 */
/* Base64, percent- and form-encoding, UTF-8. Inputs lie in heap blocks of their own size. */
#include <navette/base.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static uint8_t memory[256];
static struct nvt_buf out;

static void start(size_t cap)
{
    nvt_buf_init(&out, memory, cap);
}

static void assert_out(const char *want)
{
    assert_int_equal(nvt_buf_err(&out), NVT_OK);
    if (out.len != strlen(want) || memcmp(memory, want, out.len) != 0) {
        fail_msg("%.*s, not %s", (int)out.len, (const char *)memory, want);
    }
}

static uint8_t *exact_copy(const void *bytes, size_t len)
{
    uint8_t *copy = malloc(len == 0U ? 1U : len);
    assert_non_null(copy);
    memcpy(copy, bytes, len);
    return copy;
}

/* ---- Base64: the vectors of RFC 4648 section 10, and what tells the forms apart ---- */

static const struct {
    const char *bytes;
    const char *text[3];
} vectors[] = {
    {"", {"", "", ""}},
    {"f", {"Zg==", "Zg==", "Zg"}},
    {"fo", {"Zm8=", "Zm8=", "Zm8"}},
    {"foo", {"Zm9v", "Zm9v", "Zm9v"}},
    {"foob", {"Zm9vYg==", "Zm9vYg==", "Zm9vYg"}},
    {"fooba", {"Zm9vYmE=", "Zm9vYmE=", "Zm9vYmE"}},
    {"foobar", {"Zm9vYmFy", "Zm9vYmFy", "Zm9vYmFy"}},
    {"\xfb\xff\xbf", {"+/+/", "-_-_", "-_-_"}},
    {"id:pa?s>", {"aWQ6cGE/cz4=", "aWQ6cGE_cz4=", "aWQ6cGE_cz4"}},
};
static const enum nvt_base64 forms[3] = {NVT_BASE64, NVT_BASE64URL, NVT_BASE64URL_BARE};

static nvt_err decode(const char *text, enum nvt_base64 form)
{
    size_t len = strlen(text);
    uint8_t *copy = exact_copy(text, len);
    nvt_err err = nvt_base64_decode(nvt_span_of(copy, len), form, &out);
    free(copy);
    return err;
}

static void test_base64_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        for (size_t f = 0; f < 3U; f++) {
            start(sizeof memory);
            nvt_base64_put(&out, nvt_span_str(vectors[i].bytes), forms[f]);
            assert_out(vectors[i].text[f]);
            start(strlen(vectors[i].bytes));
            assert_int_equal(decode(vectors[i].text[f], forms[f]), NVT_OK);
            assert_out(vectors[i].bytes);
        }
    }
}

static void test_base64_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool refused[3]; /* in each form */
    } rows[] = {
        {"Zg", {true, true, false}},     {"Zg=", {true, true, true}},
        {"Zg==", {false, false, true}},  {"Zg===", {true, true, true}},
        {"Z", {true, true, true}},       {"Zm9vY", {true, true, true}},
        {"Z===", {true, true, true}},    {"====", {true, true, true}},
        {"=", {true, true, true}},       {"==", {true, true, true}},
        {"Zh==", {true, true, true}},    {"Zm9=", {true, true, true}},
        {"Zh", {true, true, true}},      {"Zm9", {true, true, true}},
        {"Zm 9v", {true, true, true}},   {"Zm9v\n", {true, true, true}},
        {" Zm9v", {true, true, true}},   {"Zg==Zg==", {true, true, true}},
        {"Z=g=", {true, true, true}},    {"+/+/", {false, true, true}},
        {"-_-_", {true, false, false}},  {"Zm9v====", {true, true, true}},
        {"Zm9\xe9", {true, true, true}}, {"Zm9vYmE=", {false, false, true}},
        {"Zm9[", {true, true, true}},    {"Zm9`", {true, true, true}},
        {"Zm9@", {true, true, true}},    {"Zm9{", {true, true, true}},
        {"Zm9:", {true, true, true}},    {"Zm9.", {true, true, true}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (size_t f = 0; f < 3U; f++) {
            start(sizeof memory);
            nvt_buf_put(&out, NVT_LIT("kept"));
            nvt_err err = decode(rows[i].text, forms[f]);
            if (err != (rows[i].refused[f] ? NVT_E_SYNTAX : NVT_OK)) {
                fail_msg("\"%s\" in form %zu: %s", rows[i].text, f, nvt_err_name(err));
            }
            if (err != NVT_OK) {
                assert_out("kept");
            }
        }
    }
}

static void test_base64_every_length(void **state)
{
    (void)state;
    uint8_t bytes[64];
    uint8_t back[64];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(i * 37U + 11U);
    }
    for (size_t len = 0; len <= sizeof bytes; len++) {
        for (size_t f = 0; f < 3U; f++) {
            struct nvt_buf b;
            start(sizeof memory);
            nvt_base64_put(&out, nvt_span_of(bytes, len), forms[f]);
            nvt_buf_init(&b, back, len);
            assert_int_equal(nvt_base64_decode(nvt_buf_span(&out), forms[f], &b), NVT_OK);
            assert_int_equal(b.len, len);
            assert_memory_equal(back, bytes, len);
        }
    }
}

static void test_base64_space(void **state)
{
    (void)state;
    for (size_t cap = 0; cap < 8U; cap++) {
        start(cap);
        nvt_base64_put(&out, NVT_LIT("fooba"), NVT_BASE64);
        assert_int_equal(nvt_buf_err(&out), NVT_E_SPACE);
        assert_int_equal(out.len, 0);
    }
    for (size_t cap = 0; cap < 5U; cap++) {
        start(cap);
        assert_int_equal(decode("Zm9vYmE=", NVT_BASE64), NVT_E_SPACE);
        assert_int_equal(out.len, 0);
    }
}

/* ---- escapes ---- */

static void test_percent(void **state)
{
    (void)state;
    start(sizeof memory);
    nvt_percent_put(&out, NVT_LIT("AZaz09-._~ /?#%&=+:@!$'()*,;[]\"\x7f\xc3\xa9"));
    assert_out(
        "AZaz09-._~%20%2F%3F%23%25%26%3D%2B%3A%40%21%24%27%28%29%2A%2C%3B%5B%5D%22%7F%C3%A9");
    start(sizeof memory);
    nvt_percent_put(&out, NVT_LIT("\r\n"));
    assert_out("%0D%0A");
    start(sizeof memory);
    nvt_percent_put(&out, nvt_span_of("\0", 1));
    assert_out("%00");
}

static void test_form(void **state)
{
    (void)state;
    start(sizeof memory);
    nvt_form_put(&out, NVT_LIT("grant_type"), NVT_LIT("client_credentials"));
    nvt_form_put(&out, NVT_LIT("a b"), NVT_LIT(" +&=~*\r\n\xc3\xa9"));
    nvt_form_put(&out, NVT_LIT(""), NVT_LIT(""));
    assert_out("grant_type=client_credentials&a+b=+%2B%26%3D%7E*%0D%0A%C3%A9&=");
}

static void test_escapes_are_whole_or_not_at_all(void **state)
{
    (void)state;
    for (size_t cap = 0; cap <= 8U; cap++) {
        start(cap);
        nvt_percent_put(&out, NVT_LIT("a%b/"));
        assert_int_equal(nvt_buf_err(&out), cap < 8U ? NVT_E_SPACE : NVT_OK);
        assert_int_equal(out.len, cap < 8U ? 0U : 8U);
    }
    start(10);
    nvt_form_put(&out, NVT_LIT("a"), NVT_LIT("b"));
    nvt_form_put(&out, NVT_LIT("cd"), NVT_LIT("efgh"));
    assert_int_equal(nvt_buf_err(&out), NVT_E_SPACE);
    assert_int_equal(out.len, 3);
}

/* ---- UTF-8 ---- */

static nvt_err check_utf8(const char *text)
{
    size_t len = strlen(text);
    uint8_t *copy = exact_copy(text, len);
    nvt_err err = nvt_utf8_check(nvt_span_of(copy, len));
    free(copy);
    return err;
}

static void test_utf8_accepted(void **state)
{
    (void)state;
    static const char *const good[] = {"",
                                       "ASCII\x7f",
                                       "\xc2\x80",
                                       "\xdf\xbf",
                                       "\xe0\xa0\x80",
                                       "\xed\x9f\xbf",
                                       "\xee\x80\x80",
                                       "\xef\xbf\xbf",
                                       "\xf0\x90\x80\x80",
                                       "\xf4\x8f\xbf\xbf",
                                       "\xc3\xa9l\xc3\xa8ve"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_int_equal(check_utf8(good[i]), NVT_OK);
    }
    assert_int_equal(nvt_utf8_check(nvt_span_of("\0", 1)), NVT_OK);
}

static void test_utf8_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"\x80",
                                      "\xbf",
                                      "a\x80",
                                      "\xc0\x80",
                                      "\xc1\xbf",
                                      "\xc2",
                                      "\xc2\x41",
                                      "\xc2\xc2\x80",
                                      "\xe0\x80\x80",
                                      "\xe0\x9f\xbf",
                                      "\xe2\x82",
                                      "\xe2\x82\x41",
                                      "\xed\xa0\x80",
                                      "\xed\xbf\xbf",
                                      "\xf0\x80\x80\x80",
                                      "\xf0\x8f\xbf\xbf",
                                      "\xf0\x9f\x98",
                                      "\xf0\x9f",
                                      "\xf4\x90\x80\x80",
                                      "\xf5\x80\x80\x80",
                                      "\xf8\x88\x80\x80",
                                      "\xfe",
                                      "\xff",
                                      "ok\xc3"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (check_utf8(bad[i]) != NVT_E_UTF8) {
            fail_msg("row %zu", i);
        }
    }
}

/* Every character is written and read back, and nothing else is written. */
static void test_utf8_every_character(void **state)
{
    (void)state;
    for (uint32_t c = 0; c <= 0x110010U; c++) {
        uint32_t back = 0;
        start(4);
        nvt_utf8_put(&out, c);
        struct nvt_span text = nvt_buf_span(&out);
        assert_int_equal(nvt_utf8_next(&text, &back), NVT_OK);
        assert_int_equal(text.len, 0);
        bool scalar = c <= 0x10ffffU && (c < 0xd800U || c > 0xdfffU);
        assert_int_equal(back, scalar ? c : 0xfffdU);
    }
}

static void test_utf8_next_takes_one(void **state)
{
    (void)state;
    struct nvt_span text = NVT_LIT("\xc3\xa9x\x80");
    uint32_t c = 0;
    assert_int_equal(nvt_utf8_next(&text, &c), NVT_OK);
    assert_int_equal(c, 0xe9);
    assert_int_equal(nvt_utf8_next(&text, &c), NVT_OK);
    assert_int_equal(c, 'x');
    assert_int_equal(nvt_utf8_next(&text, &c), NVT_E_UTF8);
    assert_int_equal(text.len, 1);
    text = nvt_span_str("");
    assert_int_equal(nvt_utf8_next(&text, &c), NVT_E_UTF8);
}

static void test_utf8_put_space(void **state)
{
    (void)state;
    start(3);
    nvt_utf8_put(&out, 0x1f600);
    assert_int_equal(nvt_buf_err(&out), NVT_E_SPACE);
    assert_int_equal(out.len, 0);
}

/* Held against the characters themselves. */
static void test_characters(void **state)
{
    static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
    (void)state;
    for (unsigned c = 0; c < 256U; c++) {
        int lower = c >= 'A' && c <= 'Z' ? (int)c + 32 : (int)c;
        const char *found = c == 0U ? NULL : strchr(digits, lower);
        unsigned value = found == NULL ? 16U : (unsigned)(found - digits);
        assert_int_equal(nvt_is_alnum((uint8_t)c), found != NULL);
        assert_int_equal(nvt_hex_value((uint8_t)c), value < 16U ? value : 16U);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_base64_vectors),
        cmocka_unit_test(test_base64_refused),
        cmocka_unit_test(test_base64_every_length),
        cmocka_unit_test(test_base64_space),
        cmocka_unit_test(test_percent),
        cmocka_unit_test(test_characters),
        cmocka_unit_test(test_form),
        cmocka_unit_test(test_escapes_are_whole_or_not_at_all),
        cmocka_unit_test(test_utf8_accepted),
        cmocka_unit_test(test_utf8_refused),
        cmocka_unit_test(test_utf8_every_character),
        cmocka_unit_test(test_utf8_next_takes_one),
        cmocka_unit_test(test_utf8_put_space),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
