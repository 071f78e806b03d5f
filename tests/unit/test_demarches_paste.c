/* SPDX-License-Identifier: Apache-2.0 */
/* Demarches simplifiees: tokens, numbers and addresses as people paste them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <navette/demarches.h>

/* base64url of "3f2a9c7e-0b51-4d8a-9e6f-7c1d2b3a4f50;Ab3dEf6hJk9mNp2qRs5tVw8x", made up. */
#define TOKEN "M2YyYTljN2UtMGI1MS00ZDhhLTllNmYtN2MxZDJiM2E0ZjUwO0FiM2RFZjZoSms5bU5wMnFSczV0Vnc4eA=="

static void is_err(nvt_err got, nvt_err wanted)
{
    assert_string_equal(nvt_err_name(got), nvt_err_name(wanted));
}

/* In memory of exact size. */
static void check(const char *text, nvt_err wanted)
{
    size_t len = strlen(text);
    uint8_t *mem = (uint8_t *)malloc(len + 1U);
    assert_non_null(mem);
    (void)memcpy(mem, text, len);
    uint8_t *exact = (uint8_t *)realloc(mem, len == 0U ? 1U : len);
    is_err(nvt_demarches_token_check(nvt_span_of(exact, len)), wanted);
    free(exact);
}

static void test_right(void **state)
{
    (void)state;
    assert_int_equal(strlen(TOKEN), 84);
    check(TOKEN, NVT_OK);
    /* characters of the URL-safe alphabet: a secret of '~', '}' and '?' */
    check("M2YyYTljN2UtMGI1MS00ZDhhLTllNmYtN2MxZDJiM2E0ZjUwO35-fn0_fn5-fT9-fn59P35-fn0_fn5-fQ==",
          NVT_OK);
}

static void test_pasted_along(void **state)
{
    (void)state;
    check("", NVT_E_CRED_EMPTY);
    check(" " TOKEN, NVT_E_CRED_SPACE);
    check(TOKEN " ", NVT_E_CRED_SPACE);
    check(TOKEN "\xC2\xA0", NVT_E_CRED_SPACE);
    check(TOKEN "\n", NVT_E_CRED_EOL);
    check(TOKEN "\r\n", NVT_E_CRED_EOL);
    check("M2YyYTljN2Ut\nMGI1MS00ZDhh", NVT_E_CRED_EOL);
    check("\"" TOKEN "\"", NVT_E_CRED_QUOTE);
    check("\xC2\xAB" TOKEN "\xC2\xBB", NVT_E_CRED_QUOTE);
    check("Bearer " TOKEN, NVT_E_CRED_PREFIX);
    check("bearer token=" TOKEN, NVT_E_CRED_PREFIX);
    check("token=" TOKEN, NVT_E_CRED_PREFIX);
    check("Token=" TOKEN, NVT_E_CRED_PREFIX);
    check(" token=\"" TOKEN "\"", NVT_E_CRED_PREFIX);
    check("M2Yy\x01", NVT_E_CRED_BYTE);
}

static void test_something_else(void **state)
{
    char digits[22];
    (void)state;
    check("https://www.demarches-simplifiees.fr/profil", NVT_E_CRED_URL);
    check("HTTP://demarche.numerique.gouv.fr", NVT_E_CRED_URL);
    check("www.demarches-simplifiees.fr", NVT_E_CRED_URL);
    check(" https://x", NVT_E_CRED_URL);
    check("62515", NVT_E_CRED_NUMBER);
    check("0", NVT_E_CRED_NUMBER);
    (void)memset(digits, '7', sizeof digits);
    digits[20] = '\0';
    check(digits, NVT_E_CRED_NUMBER);
    digits[20] = '7';
    digits[21] = '\0';
    check(digits, NVT_E_CRED_FORM);
}

static void test_cut(void **state)
{
    char text[85];
    (void)state;
    (void)memcpy(text, TOKEN, sizeof text);
    for (size_t len = 83; len >= 8U; len--) {
        text[len] = '\0';
        check(text, NVT_E_CRED_CUT);
    }
    text[7] = '\0';
    check(text, NVT_E_CRED_FORM); /* too little to tell */
}

static void test_case(void **state)
{
    char text[85];
    size_t wrong = 0;
    (void)state;
    (void)memcpy(text, TOKEN, sizeof text);
    for (size_t i = 0; i < 84U; i++) {
        text[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] + 32 : text[i]);
    }
    check(text, NVT_E_CRED_CASE);
    for (size_t i = 0; i < 84U; i++) {
        text[i] = (char)(text[i] >= 'a' && text[i] <= 'z' ? text[i] - 32 : text[i]);
    }
    check(text, NVT_E_CRED_CASE);
    text[83] = '\0';
    check(text, NVT_E_CRED_CUT); /* both, and this is what stands out */
    /* One letter of the UUID's 48 characters: most cannot have any other case. */
    for (size_t i = 0; i < 48U; i++) {
        (void)memcpy(text, TOKEN, sizeof text);
        text[i] =
            (char)(((text[i] | 0x20) >= 'a' && (text[i] | 0x20) <= 'z') ? text[i] ^ 0x20 : text[i]);
        nvt_err err = nvt_demarches_token_check(nvt_span_str(text));
        assert_true(err == NVT_OK || err == NVT_E_CRED_CASE);
        wrong += err == NVT_OK ? 0U : 1U;
    }
    assert_true(wrong > 20U);
}

static void test_form(void **state)
{
    (void)state;
    check(TOKEN "=", NVT_E_CRED_FORM);
    check("M2YyYTljN2UtMGI1MS00ZDhhLTllNmYtN2MxZDJiM2E0ZjUwO0FiM2RFZjZoSms5bU5wMnFSczV0Vnc4eHkA",
          NVT_E_CRED_FORM); /* 63 bytes, the last a NUL */
    check("eyJhbGciOiJIUzI1NiJ9.e30.c2ln", NVT_E_CRED_FORM);
    check("abcdefghijklmnopqrstuvwxyz", NVT_E_CRED_FORM);
    check("x", NVT_E_CRED_FORM);
    /* a UUID of a digit too few, "," in place of ";", a space in the secret */
    check("M2YyYTljN2UtMGI1MS00ZDhhLTllNmYtN2MxZDJiM2E0ZjU7MEFiM2RFZjZoSms5bU5wMnFSczV0Vnc4eA==",
          NVT_E_CRED_FORM);
    check("M2YyYTljN2UtMGI1MS00ZDhhLTllNmYtN2MxZDJiM2E0ZjUwLEFiM2RFZjZoSms5bU5wMnFSczV0Vnc4eA==",
          NVT_E_CRED_FORM);
    check("M2YyYTljN2UtMGI1MS00ZDhhLTllNmYtN2MxZDJiM2E0ZjUwOyBiM2RFZjZoSms5bU5wMnFSczV0Vnc4eA==",
          NVT_E_CRED_FORM);
}

/* ---- numbers ---- */

static void number(const char *text, nvt_err wanted, int32_t value)
{
    int32_t n = -7;
    is_err(nvt_demarches_number(nvt_span_str(text), &n), wanted);
    assert_int_equal(n, wanted == NVT_OK ? value : -7);
}

static void test_numbers(void **state)
{
    (void)state;
    number("1", NVT_OK, 1);
    number("62515", NVT_OK, 62515);
    number("2147483647", NVT_OK, INT32_MAX);
    number("2147483648", NVT_E_FIELD_RANGE, 0);
    number("99999999999999999999", NVT_E_FIELD_RANGE, 0);
    number("0", NVT_E_FIELD_RANGE, 0);
    number("", NVT_E_FIELD_MISSING, 0);
    number("-1", NVT_E_FIELD_FORMAT, 0);
    number("1 ", NVT_E_FIELD_FORMAT, 0);
    number("62515.0", NVT_E_FIELD_FORMAT, 0);
    number(TOKEN, NVT_E_FIELD_FORMAT, 0);
    number("https://www.demarches-simplifiees.fr/admin/procedures/62515", NVT_E_FIELD_FORMAT, 0);
}

static void id(const char *text, nvt_err wanted, int32_t value)
{
    int32_t n = -7;
    is_err(nvt_demarches_id_number(nvt_span_str(text), &n), wanted);
    assert_int_equal(n, wanted == NVT_OK ? value : -7);
}

static void test_ids(void **state)
{
    (void)state;
    id("UHJvY2VkdXJlLTYyNTE1", NVT_OK, 62515); /* Procedure-62515 */
    id("RG9zc2llci0x", NVT_OK, 1);
    id("RG9zc2llci0xMg==", NVT_OK, 12);
    id("RG9zc2llci0xMg", NVT_E_FIELD_FORMAT, 0);
    id("RG9zc2llci0=", NVT_E_FIELD_FORMAT, 0);     /* Dossier- */
    id("RG9zc2llcjEy", NVT_E_FIELD_FORMAT, 0);     /* Dossier12 */
    id("RG9zc2llci0wMHg=", NVT_E_FIELD_FORMAT, 0); /* Dossier-00x */
    id("RG9zc2llci0w", NVT_E_FIELD_FORMAT, 0);     /* Dossier-0 */
    id("", NVT_E_FIELD_FORMAT, 0);
    id("123", NVT_E_FIELD_FORMAT, 0);
    id(TOKEN, NVT_E_FIELD_FORMAT, 0); /* longer than any id */
}

/* ---- addresses ---- */

static void url(const char *text, nvt_err wanted, const char *base)
{
    struct nvt_span got = NVT_LIT("");
    is_err(nvt_demarches_url_check(nvt_span_str(text), &got), wanted);
    assert_int_equal(got.len, strlen(base));
    assert_memory_equal(got.ptr, base, got.len);
}

static void test_urls(void **state)
{
    static const char host[] = "https://www.demarches-simplifiees.fr";
    (void)state;
    url(host, NVT_OK, host);
    url("https://www.demarches-simplifiees.fr/", NVT_OK, host);
    url("https://gate.example/ds", NVT_OK, "https://gate.example");
    url("https://www.demarches-simplifiees.fr/graphql", NVT_E_URL, host);
    url("https://www.demarches-simplifiees.fr/api/v2/graphql", NVT_E_URL, host);
    url("https://www.demarches-simplifiees.fr/api/v1/procedures/1", NVT_E_URL, host);
    url("https://127.0.0.1:8443/api", NVT_E_URL, "https://127.0.0.1:8443");
    url("", NVT_OK, "");
    url("/api", NVT_OK, "/api"); /* no address at all: the client says so */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_right),          cmocka_unit_test(test_pasted_along),
        cmocka_unit_test(test_something_else), cmocka_unit_test(test_cut),
        cmocka_unit_test(test_case),           cmocka_unit_test(test_form),
        cmocka_unit_test(test_numbers),        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_urls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
