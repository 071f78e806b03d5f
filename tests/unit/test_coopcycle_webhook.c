/* SPDX-License-Identifier: Apache-2.0 */
/* Webhooks: signatures and what they announce. */
#include <navette/coopcycle.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Made with
 *   printf '%s' "$BODY" | openssl dgst -sha256 -hmac "$SECRET" -binary | base64 */
#define SECRET "bmF2ZXR0ZSB0ZXN0IHNlY3JldCwgMzIgYnl0ZXMhISE="
#define BODY "{\"data\":{\"object\":\"\\/api\\/deliveries\\/1\",\"event\":\"delivery.picked\"}}"
#define SIGNATURE "CUTmAxGEnKK4OYSo4lZXqHvrVcPdXVWprwbdhvwONWI="
#define SIGNATURE_EMPTY "+P36lH3fgxWMoGj0dKyfWUlhTjPwocEP/8TaE7j3bUg="

static nvt_err check(struct nvt_span body, struct nvt_span signature, struct nvt_span secret)
{
    return nvt_coopcycle_webhook_check(body, signature, secret);
}

static void test_good(void **state)
{
    (void)state;
    assert_int_equal(check(NVT_LIT(BODY), NVT_LIT(SIGNATURE), NVT_LIT(SECRET)), NVT_OK);
    assert_int_equal(check(NVT_LIT(""), NVT_LIT(SIGNATURE_EMPTY), NVT_LIT(SECRET)), NVT_OK);
}

/* Any bit of any of the three. */
static void test_flipped(void **state)
{
    uint8_t body[] = BODY;
    uint8_t signature[] = SIGNATURE;
    uint8_t secret[] = SECRET;
    struct nvt_span all[] = {nvt_span_of(body, sizeof body - 1U),
                             nvt_span_of(signature, sizeof signature - 1U),
                             nvt_span_of(secret, sizeof secret - 1U)};
    uint8_t *bytes[] = {body, signature, secret};
    (void)state;
    for (size_t n = 0; n < 3U; n++) {
        for (size_t bit = 0; bit < 8U * all[n].len; bit++) {
            bytes[n][bit / 8U] ^= (uint8_t)(1U << (bit % 8U));
            assert_int_not_equal(check(all[0], all[1], all[2]), NVT_OK);
            bytes[n][bit / 8U] ^= (uint8_t)(1U << (bit % 8U));
        }
    }
    assert_int_equal(check(all[0], all[1], all[2]), NVT_OK);
}

static void test_bad_signature(void **state)
{
    static const char *const bad[] = {
        "",
        "=",
        "AAAA",
        " " SIGNATURE,
        SIGNATURE " ",
        SIGNATURE "=",
        SIGNATURE "\n",
        "sha256=" SIGNATURE,
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", /* 32 other bytes */
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==", /* 31 */
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", /* 33 */
        "0000000000000000000000000000000000000000000000000000000000000000"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(check(NVT_LIT(BODY), nvt_span_str(bad[i]), NVT_LIT(SECRET)),
                         NVT_E_SIGNATURE);
    }
    /* Cut anywhere. */
    for (size_t len = 0; len < sizeof SIGNATURE - 1U; len++) {
        char *cut = malloc(len + 1U);
        assert_non_null(cut);
        (void)memcpy(cut, SIGNATURE, len);
        assert_int_equal(check(NVT_LIT(BODY), nvt_span_of(cut, len), NVT_LIT(SECRET)),
                         NVT_E_SIGNATURE);
        free(cut);
    }
    /* JSON written anew is another text. */
    assert_int_equal(
        check(
            NVT_LIT("{\"data\":{\"object\":\"/api/deliveries/1\",\"event\":\"delivery.picked\"}}"),
            NVT_LIT(SIGNATURE), NVT_LIT(SECRET)),
        NVT_E_SIGNATURE);
}

static void test_bad_secret(void **state)
{
    char text[NVT_SECRET_CAP + 1];
    (void)state;
    assert_int_equal(check(NVT_LIT(BODY), NVT_LIT(SIGNATURE), NVT_LIT("")), NVT_E_CRED_EMPTY);
    assert_int_equal(check(NVT_LIT(BODY), NVT_LIT(SIGNATURE), NVT_LIT(SECRET "\n")),
                     NVT_E_CRED_EOL);
    assert_int_equal(check(NVT_LIT(BODY), NVT_LIT(SIGNATURE), NVT_LIT("\"" SECRET "\"")),
                     NVT_E_CRED_QUOTE);
    (void)memset(text, 'A', sizeof text);
    assert_int_equal(check(NVT_LIT(BODY), NVT_LIT(SIGNATURE), nvt_span_of(text, NVT_SECRET_CAP)),
                     NVT_E_SIGNATURE);
    assert_int_equal(
        check(NVT_LIT(BODY), NVT_LIT(SIGNATURE), nvt_span_of(text, NVT_SECRET_CAP + 1)),
        NVT_E_CRED_SIZE);
}

static void test_read(void **state)
{
    struct nvt_coopcycle_event e;
    (void)state;
    assert_int_equal(nvt_coopcycle_webhook_read(NVT_LIT(BODY), &e), NVT_OK);
    assert_string_equal(e.object, "/api/deliveries/1");
    assert_string_equal(e.event, "delivery.picked");
    assert_int_equal(nvt_coopcycle_webhook_read(
                         NVT_LIT("{\"x\":[1],\"data\":{\"event\":\"order.created\",\"y\":{},"
                                 "\"object\":\"/api/orders/4\"}}"),
                         &e),
                     NVT_OK);
    assert_string_equal(e.object, "/api/orders/4");
    assert_string_equal(e.event, "order.created");
    static const char *const bad[] = {"",
                                      "{}",
                                      "[]",
                                      "{\"data\":null}",
                                      "{\"data\":{\"object\":\"a\"}}",
                                      "{\"data\":{\"event\":\"a\"}}",
                                      "{\"data\":{\"object\":\"\",\"event\":\"a\"}}",
                                      "{\"data\":{\"object\":\"a\",\"event\":\"\"}}",
                                      "{\"data\":{\"object\":1,\"event\":\"a\"}}",
                                      "{\"data\":{\"object\":\"\\u0000a\",\"event\":\"a\"}}",
                                      "{\"data\":{\"object\":\"a\",\"event\":\"a\\u0000\"}}",
                                      "{\"object\":\"a\",\"event\":\"b\"}",
                                      "{\"data\":{\"object\":\"a\",\"event\":\"b\"}"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(nvt_coopcycle_webhook_read(nvt_span_str(bad[i]), &e), NVT_E_ANSWER);
    }
}

/* The longest event, and one byte more. */
static void test_read_room(void **state)
{
    struct nvt_coopcycle_event e;
    char json[128];
    (void)state;
    (void)strcpy(json, "{\"data\":{\"object\":\"a\",\"event\":\"");
    size_t len = strlen(json);
    (void)memset(json + len, 'e', 32);
    (void)strcpy(json + len + 31, "\"}}");
    assert_int_equal(nvt_coopcycle_webhook_read(nvt_span_str(json), &e), NVT_OK);
    assert_int_equal(strlen(e.event), 31);
    (void)strcpy(json + len + 31, "e\"}}");
    assert_int_equal(nvt_coopcycle_webhook_read(nvt_span_str(json), &e), NVT_E_ANSWER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),          cmocka_unit_test(test_flipped),
        cmocka_unit_test(test_bad_signature), cmocka_unit_test(test_bad_secret),
        cmocka_unit_test(test_read),          cmocka_unit_test(test_read_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
