/* SPDX-License-Identifier: Apache-2.0 */
/* Credentials as they are pasted: each usual accident has its own error. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <navette/auth.h>

static nvt_err check_exact(struct nvt_span text, size_t max_len)
{
    uint8_t *mem = malloc(text.len == 0U ? 1U : text.len);
    assert_non_null(mem);
    memcpy(mem, text.ptr, text.len);
    nvt_err err = nvt_credential_check(nvt_span_of(mem, text.len), max_len);
    free(mem);
    return err;
}

#define CASE(s, err)                                                                               \
    {                                                                                              \
        (const uint8_t *)("" s), sizeof(s) - 1U, err                                               \
    }

static void test_each_accident(void **state)
{
    (void)state;
    static const struct {
        const uint8_t *text;
        size_t len;
        nvt_err err;
    } cases[] = {
        CASE("eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjF9.c2ln", NVT_OK),
        CASE("0b7f1b9e-6b0c-4b0e-9d2c-7a2f0a3f8d11", NVT_OK),
        CASE("aZ09-_.~+/", NVT_OK),
        CASE("YWJj==", NVT_OK),
        CASE("Bearer", NVT_E_CRED_PREFIX),
        CASE("BearerOfNews", NVT_OK),
        CASE("bearer.x", NVT_OK),
        CASE("", NVT_E_CRED_EMPTY),
        CASE("abc\n", NVT_E_CRED_EOL),
        CASE("abc\r\n", NVT_E_CRED_EOL),
        CASE("\nabc", NVT_E_CRED_EOL),
        CASE("ab\rc", NVT_E_CRED_EOL),
        CASE("abc\xE2\x80\xA8", NVT_E_CRED_EOL),
        CASE("abc\xC2\x85", NVT_E_CRED_EOL),
        CASE(" abc", NVT_E_CRED_SPACE),
        CASE("abc ", NVT_E_CRED_SPACE),
        CASE("ab c", NVT_E_CRED_SPACE),
        CASE("abc\t", NVT_E_CRED_SPACE),
        CASE("abc\xC2\xA0", NVT_E_CRED_SPACE),
        CASE("abc\xE2\x80\xAF", NVT_E_CRED_SPACE),
        CASE("\xE2\x80\x8B"
             "abc",
             NVT_E_CRED_SPACE),
        CASE("\xEF\xBB\xBF"
             "abc",
             NVT_E_CRED_SPACE),
        CASE("\"abc\"", NVT_E_CRED_QUOTE),
        CASE("'abc'", NVT_E_CRED_QUOTE),
        CASE("`abc`", NVT_E_CRED_QUOTE),
        CASE("abc\"", NVT_E_CRED_QUOTE),
        CASE("\xE2\x80\x9C"
             "abc\xE2\x80\x9D",
             NVT_E_CRED_QUOTE),
        CASE("\xE2\x80\x98"
             "abc\xE2\x80\x99",
             NVT_E_CRED_QUOTE),
        CASE("\xE2\x80\x9E"
             "abc",
             NVT_E_CRED_QUOTE),
        CASE("\xC2\xAB"
             "abc\xC2\xBB",
             NVT_E_CRED_QUOTE),
        CASE("\xE2\x80\xB9"
             "abc\xE2\x80\xBA",
             NVT_E_CRED_QUOTE),
        CASE("Bearer abc", NVT_E_CRED_PREFIX),
        CASE("bearer abc", NVT_E_CRED_PREFIX),
        CASE("  BEARER\tabc", NVT_E_CRED_PREFIX),
        CASE("Bearer token=abc", NVT_E_CRED_PREFIX),
        CASE("Bearer ", NVT_E_CRED_PREFIX),
        CASE("abc\"\n", NVT_E_CRED_EOL), /* the more telling of two */
        CASE("\" abc \"", NVT_E_CRED_SPACE),
        CASE("\"\x01"
             "abc\"",
             NVT_E_CRED_QUOTE),
        CASE("abc,def", NVT_E_CRED_BYTE),
        CASE("abc:def", NVT_E_CRED_BYTE),
        CASE("a=bc", NVT_E_CRED_BYTE),
        CASE("=abc", NVT_E_CRED_BYTE),
        CASE("=", NVT_E_CRED_BYTE),
        CASE("===", NVT_E_CRED_BYTE),
        CASE("abc\0", NVT_E_CRED_BYTE),
        CASE("a\0b\n", NVT_E_CRED_EOL),
        CASE("abc\x7F", NVT_E_CRED_BYTE),
        CASE("abc\xC3\xA9", NVT_E_CRED_BYTE),
        CASE("abc\xFF", NVT_E_CRED_BYTE),
        CASE("\xE2\x80", NVT_E_CRED_BYTE),
        CASE("\xFF\n", NVT_E_CRED_EOL),
        CASE("{\"token\":\"x\"}", NVT_E_CRED_QUOTE),
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        nvt_err err = check_exact(nvt_span_of(cases[i].text, cases[i].len), 100);
        if (err != cases[i].err) {
            fail_msg("case %zu (%.*s): %s", i, (int)cases[i].len, (const char *)cases[i].text,
                     nvt_err_name(err));
        }
    }
}

/* RFC 6750 section 2.1: exactly these bytes. */
static void test_each_byte(void **state)
{
    (void)state;
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~+/";
    for (unsigned byte = 0; byte < 256U; byte++) {
        uint8_t text[3] = {'a', (uint8_t)byte, 'b'};
        bool good = byte != 0U && strchr(allowed, (int)byte) != NULL;
        assert_true((check_exact(nvt_span_of(text, 3), 3) == NVT_OK) == good);
    }
}

static void test_length(void **state)
{
    (void)state;
    assert_int_equal(check_exact(NVT_LIT("abcd"), 4), NVT_OK);
    assert_int_equal(check_exact(NVT_LIT("abcd"), 3), NVT_E_CRED_SIZE);
    assert_int_equal(check_exact(NVT_LIT("abc=="), 4), NVT_E_CRED_SIZE);
    assert_int_equal(check_exact(NVT_LIT("ab d"), 3), NVT_E_CRED_SPACE); /* the cause comes first */
}

static void test_key_pair(void **state)
{
    (void)state;
    struct nvt_credentials c;
    memset(&c, 0, sizeof c);
    struct nvt_credentials before;
    char longest[NVT_SECRET_CAP + 1];

    memset(longest, 'k', sizeof longest);
    struct nvt_span fits = nvt_span_of(longest, NVT_SECRET_CAP - 1U);
    assert_int_equal(nvt_credentials_set_key_pair(&c, NVT_LIT("id-1"), fits), NVT_OK);
    assert_int_equal(c.grant, NVT_GRANT_KEY_PAIR);
    assert_string_equal(c.id, "id-1");
    assert_int_equal(strlen(c.secret), NVT_SECRET_CAP - 1U);

    before = c;
    struct nvt_span too_long = nvt_span_of(longest, NVT_SECRET_CAP);
    assert_int_equal(nvt_credentials_set_key_pair(&c, NVT_LIT("x"), too_long), NVT_E_CRED_SIZE);
    assert_int_equal(nvt_credentials_set_key_pair(&c, too_long, NVT_LIT("x")), NVT_E_CRED_SIZE);
    assert_int_equal(nvt_credentials_set_key_pair(&c, NVT_LIT("x\n"), fits), NVT_E_CRED_EOL);
    assert_int_equal(nvt_credentials_set_key_pair(&c, NVT_LIT("x"), NVT_LIT("")), NVT_E_CRED_EMPTY);
    assert_memory_equal(&c, &before, sizeof c);

    /* nothing of the longer secret stays behind the shorter one */
    assert_int_equal(nvt_credentials_set_key_pair(&c, NVT_LIT("i"), NVT_LIT("s")), NVT_OK);
    assert_string_equal(c.secret, "s");
    for (size_t i = 1; i < sizeof c.secret; i++) {
        assert_int_equal(c.secret[i], 0);
    }
    nvt_credentials_wipe(&c);
    for (size_t i = 0; i < sizeof c; i++) {
        assert_int_equal(((const uint8_t *)&c)[i], 0);
    }
}

/* Ids, passwords and keys: any text, but nothing that came with the paste. */
static void test_each_secret(void **state)
{
    (void)state;
    static const struct {
        const uint8_t *text;
        size_t len;
        nvt_err err;
    } cases[] = {
        CASE("a", NVT_OK),
        CASE("pass phrase of four", NVT_OK),
        CASE("it's:100%+a\"b", NVT_OK),
        CASE("caf\xC3\xA9 \xF0\x9F\x9A\xB2!", NVT_OK),
        CASE("a\xC2\xA0z", NVT_OK),
        CASE("Bearer of news", NVT_OK),
        CASE("", NVT_E_CRED_EMPTY),
        CASE("abc\n", NVT_E_CRED_EOL),
        CASE("a\rb", NVT_E_CRED_EOL),
        CASE("a\xC2\x85z", NVT_E_CRED_EOL),
        CASE("\"abc\"\n", NVT_E_CRED_EOL),
        CASE(" abc", NVT_E_CRED_EDGE),
        CASE("abc ", NVT_E_CRED_EDGE),
        CASE(" ", NVT_E_CRED_EDGE),
        CASE("\tabc", NVT_E_CRED_EDGE),
        CASE("abc\xC2\xA0", NVT_E_CRED_EDGE),
        CASE("\xEF\xBB\xBF"
             "abc",
             NVT_E_CRED_EDGE),
        CASE("\"abc", NVT_E_CRED_EDGE),
        CASE("abc'", NVT_E_CRED_EDGE),
        CASE("\xC2\xAB"
             "abc",
             NVT_E_CRED_EDGE),
        CASE("a\x01z ", NVT_E_CRED_EDGE),
        CASE("a\tb", NVT_E_CRED_BYTE),
        CASE("a\x01", NVT_E_CRED_BYTE),
        CASE("a\0b", NVT_E_CRED_BYTE),
        CASE("a\x7F", NVT_E_CRED_BYTE),
        CASE("a\xC2\x9Bz", NVT_E_CRED_BYTE),
        CASE("a\xFFz", NVT_E_CRED_BYTE),
        CASE("\xE2\x82", NVT_E_CRED_BYTE),
        CASE("0123456789012345678901234567890", NVT_OK),
        CASE("01234567890123456789012345678901", NVT_E_CRED_SIZE),
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t *mem = malloc(cases[i].len == 0U ? 1U : cases[i].len);
        assert_non_null(mem);
        memcpy(mem, cases[i].text, cases[i].len);
        nvt_err err = nvt_secret_check(nvt_span_of(mem, cases[i].len), 31);
        free(mem);
        if (err != cases[i].err) {
            fail_msg("case %zu (%.*s): %s", i, (int)cases[i].len, (const char *)cases[i].text,
                     nvt_err_name(err));
        }
    }
}

static void test_client(void **state)
{
    (void)state;
    struct nvt_credentials c;
    struct nvt_credentials before;
    char longest[NVT_SECRET_CAP];
    memset(&c, 0, sizeof c);
    memset(longest, 'k', sizeof longest);
    struct nvt_span fits = nvt_span_of(longest, sizeof longest - 1U);
    struct nvt_span too_long = nvt_span_of(longest, sizeof longest);
    assert_int_equal(nvt_credentials_set_client(&c, NVT_GRANT_CLIENT_FORM, NVT_LIT("i d"), fits),
                     NVT_OK);
    assert_int_equal(c.grant, NVT_GRANT_CLIENT_FORM);
    assert_string_equal(c.id, "i d");
    before = c;
    assert_int_equal(nvt_credentials_set_client(&c, NVT_GRANT_KEY_PAIR, NVT_LIT("i"), fits),
                     NVT_E_ARG);
    assert_int_equal(nvt_credentials_set_client(&c, NVT_GRANT_CLIENT_BASIC, too_long, fits),
                     NVT_E_CRED_SIZE);
    assert_int_equal(nvt_credentials_set_client(&c, NVT_GRANT_CLIENT_BASIC, fits, too_long),
                     NVT_E_CRED_SIZE);
    assert_int_equal(
        nvt_credentials_set_client(&c, NVT_GRANT_CLIENT_BASIC, NVT_LIT("i"), NVT_LIT("s ")),
        NVT_E_CRED_EDGE);
    assert_memory_equal(&c, &before, sizeof c);
    assert_int_equal(nvt_credentials_set_client(&c, NVT_GRANT_CLIENT_BASIC, fits, NVT_LIT("s")),
                     NVT_OK);
    assert_int_equal(c.grant, NVT_GRANT_CLIENT_BASIC);
    assert_string_equal(c.secret, "s");
    assert_int_equal(c.secret[2], 0);
}

static void test_password(void **state)
{
    (void)state;
    struct nvt_credentials c;
    struct nvt_credentials before;
    char longest[NVT_SECRET_CAP];
    memset(&c, 0, sizeof c);
    memset(longest, 'k', sizeof longest);
    assert_int_equal(nvt_credentials_set_refresh(&c, nvt_span_of(longest, NVT_REFRESH_CAP - 1U)),
                     NVT_OK);
    assert_int_equal(c.grant, NVT_GRANT_PASSWORD);
    assert_int_equal(nvt_credentials_set_api_key(&c, nvt_span_of(longest, NVT_API_KEY_CAP - 1U)),
                     NVT_OK);
    assert_int_equal(nvt_credentials_set_password(&c, NVT_LIT("u"), NVT_LIT("p w")), NVT_OK);
    assert_string_equal(c.secret, "p w");
    assert_int_equal(strlen(c.refresh), NVT_REFRESH_CAP - 1U);
    before = c;
    assert_int_equal(nvt_credentials_set_password(&c, NVT_LIT(" u"), NVT_LIT("")), NVT_E_CRED_EDGE);
    assert_int_equal(nvt_credentials_set_password(&c, NVT_LIT(""), NVT_LIT("p")), NVT_E_CRED_EMPTY);
    assert_int_equal(nvt_credentials_set_refresh(&c, nvt_span_of(longest, NVT_REFRESH_CAP)),
                     NVT_E_CRED_SIZE);
    assert_int_equal(nvt_credentials_set_refresh(&c, NVT_LIT("\"x\"")), NVT_E_CRED_EDGE);
    assert_int_equal(nvt_credentials_set_api_key(&c, nvt_span_of(longest, NVT_API_KEY_CAP)),
                     NVT_E_CRED_SIZE);
    assert_int_equal(nvt_credentials_set_api_key(&c, NVT_LIT("")), NVT_E_CRED_EMPTY);
    assert_memory_equal(&c, &before, sizeof c);
    /* the password went after a login */
    assert_int_equal(nvt_credentials_set_password(&c, NVT_LIT("u"), NVT_LIT("")), NVT_OK);
    assert_string_equal(c.id, "u");
    assert_string_equal(c.secret, "");
    assert_int_equal(strlen(c.refresh), NVT_REFRESH_CAP - 1U);
    /* only the refresh token is at hand */
    assert_int_equal(nvt_credentials_set_password(&c, NVT_LIT(""), NVT_LIT("")), NVT_OK);
    assert_string_equal(c.id, "");
    assert_string_equal(c.secret, "");
    assert_int_equal(strlen(c.refresh), NVT_REFRESH_CAP - 1U);
}

static void test_token(void **state)
{
    (void)state;
    static struct nvt_token t;
    static struct nvt_token before;
    static uint8_t text[NVT_TOKEN_CAP + 1];

    memset(text, 't', sizeof text);
    assert_int_equal(nvt_token_set(&t, nvt_span_of(text, NVT_TOKEN_CAP), 77), NVT_OK);
    assert_int_equal(t.len, NVT_TOKEN_CAP);
    assert_int_equal(t.renew_at_ms, 77);
    assert_false(t.good);
    assert_memory_equal(t.text, text, NVT_TOKEN_CAP);

    t.good = true;
    before = t;
    assert_int_equal(nvt_token_set(&t, nvt_span_of(text, NVT_TOKEN_CAP + 1U), 1), NVT_E_CRED_SIZE);
    assert_int_equal(nvt_token_set(&t, NVT_LIT("Bearer x"), 1), NVT_E_CRED_PREFIX);
    assert_memory_equal(&t, &before, sizeof t);

    assert_int_equal(nvt_token_set(&t, NVT_LIT("new"), UINT64_MAX), NVT_OK);
    assert_int_equal(t.len, 3);
    assert_false(t.good); /* the server has not seen this one */
    assert_int_equal(t.text[3], 0);
    nvt_token_wipe(&t);
    assert_int_equal(t.len, 0);
    for (size_t i = 0; i < sizeof t.text; i++) {
        assert_int_equal(t.text[i], 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_accident), cmocka_unit_test(test_each_byte),
        cmocka_unit_test(test_length),        cmocka_unit_test(test_key_pair),
        cmocka_unit_test(test_each_secret),   cmocka_unit_test(test_client),
        cmocka_unit_test(test_password),      cmocka_unit_test(test_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
