/* SPDX-License-Identifier: Apache-2.0 */
/* Error bodies of every shape, and what may never get through. */
#include "../../src/client/call.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

struct sample {
    const char *body, *code, *message, *field;
};

static const struct sample samples[] = {
    /* registry */
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"data\":[\"/distance: must be integer\"],"
     "\"code\":-32602,\"message\":\"Invalid params\"}}",
     "-32602", "Invalid params: /distance: must be integer", "distance"},
    {"{\"error\":{\"data\":\"/driver/identity/phone_trunc must match\",\"code\":-32602,\"message\":"
     "\"Invalid params\"}}",
     "-32602", "Invalid params: /driver/identity/phone_trunc must match",
     "driver.identity.phone_trunc"},
    {"{\"error\":{\"data\":[\"/start: a\",7,\"/end: b\"],\"code\":-32602,\"message\":\"I\"}}",
     "-32602", "I: /start: a, /end: b", "start"},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"data\":\"Carpool already registered at Mon Jun "
     "02\","
     "\"code\":-32509,\"message\":\"Conflict\"}}",
     "-32509", "Conflict: Carpool already registered at Mon Jun 02", ""},
    {"{\"error\":{\"data\":{\"terms_violation_labels\":[\"expired\",\"distance_too_short\"]},"
     "\"code\":-32422,\"message\":\"Unprocessable Request\"}}",
     "-32422", "Unprocessable Request: expired, distance_too_short", ""},
    {"{\"id\":1,\"jsonrpc\":\"2.0\",\"error\":{\"code\":401,\"data\":\"Error\",\"message\":"
     "\"Unauthorized Error\"}}",
     "401", "Unauthorized Error: Error", ""},
    {"{\"error\":{\"code\":429,\"message\":\"Too many requests\"}}", "429", "Too many requests",
     ""},
    {"{\"error\":{\"data\":[\"only data\"],\"code\":1}}", "1", "only data", ""},
    {"{\"code\":404,\"error\":\"Not found\"}", "404", "Not found", ""},
    {"{\"code\":503,\"error\":\"Service Unavailable\"}", "503", "Service Unavailable", ""},
    {"\"Conflict\"", "", "Conflict", ""},
    {"[\"a\",\"b\"]", "", "a, b", ""},
    /* OAuth */
    {"{\"error\":\"invalid_client\",\"error_description\":\"Client authentication failed\","
     "\"message\":\"Client authentication failed\"}",
     "invalid_client", "Client authentication failed", ""},
    {"{\"error\":\"invalid_client\"}", "invalid_client", "invalid_client", ""},
    {"{\"error\":\"Not at home\"}", "", "Not at home", ""},
    {"{\"error\":\"invalid_scope\",\"error_description\":\"The scope is invalid\",\"hint\":"
     "\"Check the `x` scope, see /doc\",\"message\":\"The scope is invalid\"}",
     "invalid_scope", "The scope is invalid: Check the `x` scope, see /doc", ""},
    {"{\"error\":\"invalid_scope\",\"hint\":\"no x\"}", "invalid_scope", "no x", ""},
    {"{\"error\":\"invalid_grant\",\"error_description\":null}", "invalid_grant", "invalid_grant",
     ""},
    /* GraphQL */
    {"{\"errors\":[{\"message\":\"Dossier not found\",\"path\":[\"dossier\"],\"extensions\":{"
     "\"code\":\"not_found\"}}],\"data\":null}",
     "not_found", "Dossier not found", "dossier"},
    {"{\"errors\":[{\"message\":\"Timeout\",\"path\":[\"demarche\",\"dossiers\",\"nodes\",12,"
     "\"cha\\u006dps\"],\"extensions\":{\"code\":\"timeout\"}}]}",
     "timeout", "Timeout", "demarche.dossiers.nodes.12.champs"},
    {"{\"errors\":[{\"message\":\"Parse error on \\\"}\\\"\",\"path\":[]}]}", "",
     "Parse error on \"}\"", ""},
    /* API Platform */
    {"{\"@type\":\"ConstraintViolationList\",\"hydra:title\":\"An error occurred\","
     "\"hydra:description\":\"items[1].task.doneBefore: bad value\",\"violations\":[{"
     "\"propertyPath\":\"items[1].task.doneBefore\",\"message\":\"bad value\",\"code\":null}]}",
     "", "items[1].task.doneBefore: bad value", "items[1].task.doneBefore"},
    {"{\"type\":\"x\",\"title\":\"An error occurred\",\"detail\":\"email: used\",\"violations\":[{"
     "\"propertyPath\":\"email\",\"message\":\"used\",\"code\":\"x1\"}]}",
     "x1", "email: used", "email"},
    {"{\"violations\":[{\"propertyPath\":\"email\",\"message\":\"used\"}]}", "", "used", "email"},
    {"{\"code\":401,\"message\":\"Invalid credentials.\"}", "401", "Invalid credentials.", ""},
    {"{\"@type\":\"hydra:Error\",\"hydra:title\":\"An error occurred\",\"hydra:description\":"
     "\"Item not found for \\\"\\/api\\/time_slots\\/9\\\".\"}",
     "", "Item not found for \"/api/time_slots/9\".", ""},
    {"{\"hydra:title\":\"An error occurred\"}", "", "An error occurred", ""},
    {"{\"title\":\"Gone\",\"status\":410}", "410", "Gone", ""},
    /* PISTE and Chorus */
    {"{\"messages\":[{\"code\":\"X1\",\"severity\":\"ERROR\",\"description\":\"No.\"}]}", "X1",
     "No.", ""},
    {"{\"codeRetour\":20001,\"libelle\":\"Refus\"}", "20001", "Refus", ""},
    /* no shape at all */
    {"", "", "", ""},
    {"  \r\n ", "", "", ""},
    {"Too Many Requests\n", "", "Too Many Requests", ""},
    {"{\"a\":1}", "", "{\"a\":1}", ""},
    {"{\"a\":[\"b\"", "", "{\"a\":[\"b\"", ""},
    /* cut, or larger than the pool */
    {"{\"error\":{\"message\":\"cut he", "", "cut he", ""},
    {"{\"@type\":\"hydra:Error\",\"hydra:title\":\"An error occurred\",\"hydra:description\":"
     "\"Item \\\"9\\\" not found\",\"trace\":[{\"message\":\"no\"",
     "", "Item \"9\" not found", ""},
    {"{\"error\":{\"data\":[\"/distance: must be integer\",\"/start", "",
     "/distance: must be integer", ""},
    {"{\"data\" : null,\"data2\":\"x\",\"message\"\n: \"so\\", "", "so\\", ""},
    {"{\"message\":", "", "{\"message\":", ""},
    {"{\"message\":\"", "", "{\"message\":\"", ""},
    {"<html>\r\n<head><title>404 Not Found</title></head>\r\n<body><h1>404</h1></body></html>", "",
     "404 Not Found", ""},
    {"<p>Down <b>for</b>\n work</p>", "", "Down for work", ""},
    {"<?xml version=\"1.0\"?>\n<fault>\n <code>429</code><text>Too many</text>\n</fault>\n", "",
     "429 Too many", ""},
    {"<", "", "", ""},
    {"<title>", "", "", ""},
    /* characters */
    {"a\tb\x1b[31mc\x7f", "", "a b [31mc ", ""},
    {"caf\xc3\xa9 \xff\xc3", "", "caf\xc3\xa9 ??", ""},
    {"{\"message\":\"caf\\u00e9\\u00fF \\ud83d\\ude00 \\u0007\\n\\\"\\/\\\\\"}", "",
     "caf\xc3\xa9\xc3\xbf \xf0\x9f\x98\x80   \"/\\", ""},
    {"{\"message\":\"\\ud83d\\u0041 \\udc00 \\ud83d\"}", "",
     "\xef\xbf\xbd"
     "A \xef\xbf\xbd \xef\xbf\xbd",
     ""},
    {"{\"error\":{\"message\":\"m\",\"data\":\"either/or\"}}", "", "m: either/or", ""},
    {"{\"message\":\"\\u202egnp.exe\"}", "", " gnp.exe", ""},
};

static struct nvt_failure f;

static void read(const char *body, const char *secret)
{
    struct nvt_json_tok pool[64];
    struct nvt_hidden hidden = {.secret = {nvt_span_str(secret)}};
    struct nvt_span text = nvt_span_str(body);
    uint8_t *mem = (uint8_t *)malloc(text.len + 1U);
    assert_non_null(mem);
    /* Ends where the memory ends, so that a read beyond it is caught. */
    mem++;
    memcpy(mem, text.ptr, text.len);
    memset(&f, 'x', sizeof(f));
    nvt_failure_read(&f, nvt_span_of(mem, text.len), pool, 64, &hidden);
    free(mem - 1);
}

static void test_shapes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        read(samples[i].body, "");
        assert_string_equal(f.message, samples[i].message);
        assert_string_equal(f.code, samples[i].code);
        assert_string_equal(f.field, samples[i].field);
    }
}

static void test_cut_at_a_character(void **state)
{
    char body[400];
    (void)state;
    for (size_t lead = 0; lead < 4U; lead++) {
        memset(body, 'a', lead);
        for (size_t i = lead; i + 2U < sizeof(body); i += 2U) {
            memcpy(body + i, "\xc3\xa9", 2);
        }
        body[398] = '\0';
        read(body, "");
        assert_int_equal(nvt_utf8_check(nvt_span_str(f.message)), NVT_OK);
        assert_true(strlen(f.message) >= NVT_FAILURE_TEXT_CAP - 2U);
        assert_true(strlen(f.message) < NVT_FAILURE_TEXT_CAP);
    }
}

/* A pointer may be longer than the field's room, and may hold anything. */
static void test_field_cut_at_a_character(void **state)
{
    char body[200] = "{\"error\":{\"data\":\"/";
    (void)state;
    for (size_t i = 0; i < 40U; i++) {
        strcat(body, "\xc3\xa9");
    }
    strcat(body, "/b\"}}");
    read(body, "");
    assert_int_equal(strlen(f.field), sizeof(f.field) - 2U);
    assert_int_equal(nvt_utf8_check(nvt_span_str(f.field)), NVT_OK);
}

#define SECRET "eyJhbGciOiJSUzI1NiJ9.payload/with+signs.signature"

/* Whole, cut, escaped, in the code, in the field, in markup: never. */
static void test_secrets_do_not_show(void **state)
{
    static const char *const bodies[] = {
        "got " SECRET " from you",
        SECRET,
        "{\"message\":\"bad " SECRET "\",\"code\":\"" SECRET "\"}",
        "{\"message\":\"bad eyJhbGciOiJSUzI1NiJ9.payload\\/with+signs.signature\"}",
        "{\"message\":\"bad \\u0065yJhbGciOiJSUzI1NiJ9.pay\"}",
        "{\"error\":{\"message\":\"x\",\"data\":[\"" SECRET "\",\"" SECRET "\"]}}",
        "{\"violations\":[{\"propertyPath\":\"" SECRET "\",\"message\":\"used\"}]}",
        "<title>" SECRET "</title>",
        "{\"unknown\":\"" SECRET "\"}",
        "{\"unknown\":\"eyJhbGciOiJSUzI1NiJ9.payload\\/with+si",
        ("[\"" SECRET),
    };
    (void)state;
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        read(bodies[i], SECRET);
        if (strstr(f.message, "eyJhbGci") != NULL || strstr(f.code, "eyJhbGci") != NULL ||
            strstr(f.field, "eyJhbGci") != NULL) {
            fail_msg("%zu: %s / %s / %s", i, f.message, f.code, f.field);
        }
        assert_true(strstr(f.message, "***") != NULL || strstr(f.field, "***") != NULL);
    }
    read("a short eyJhbG is no secret", SECRET);
    assert_string_equal(f.message, "a short eyJhbG is no secret");
    read("key abc!", "abc");
    assert_string_equal(f.message, "key ***!");
}

/* What a person chose may hold anything; a form's coat hides it as little as JSON's. */
static void test_passwords_do_not_show(void **state)
{
    const char *password = "p w&\xc3\xa9q:r=50%+x";
    static const char *const bodies[] = {
        "got p w&\xc3\xa9q:r=50%+x.",
        "{\"message\":\"got p w\\u0026\\u00E9q:r=50%+x.\"}",
        "got p+w%26%C3%A9q%3ar%3D50%25%2Bx.",
        "got %70%20w%26%c3%a9q:r=50%%2bx.",
        "{\"a\":\"got p\\u002Bw%26%C3%A9q%3Ar%3D50%25%2Bx.\"}",
        "got p\nw&\xc3\xa9q:r=50%+x.",      /* as it would show */
        "got p+w&\xc3\xa9q:r%3D50%25%2Bx.", /* half a form */
    };
    (void)state;
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        read(bodies[i], password);
        if (strstr(f.message, "got ***.") == NULL) {
            fail_msg("%s: %s", bodies[i], f.message);
        }
    }
    read("p w&\xc3\xa9q:r=50 is its first part", password);
    assert_string_equal(f.message, "*** is its first part");
    read("p w&\xc3\xa9q is short, p%2", password);
    assert_string_equal(f.message, "p w&\xc3\xa9q is short, p%2");
}

/* The message has less room than the server says: what a secret field holds is taken out before it
 * is cut there, as it is and in coats. */
static void test_secrets_where_the_message_is_cut(void **state)
{
    static const char *const coats[] = {"Zq9!Kw", "%5Aq9%21Kw", "\\u005aq9!Kw", "WnE5IUt3",
                                        "eFpxOSFLdw"}; /* the last behind an x in base64: e */
    const struct nvt_header header = {NVT_LIT("cpro-account"), NVT_LIT("VEVDSF8xOlpxOSFLdw=="),
                                      true};
    const struct nvt_hidden hidden = {.headers = &header, .header_count = 1U};
    struct nvt_json_tok pool[64];
    char body[2U * NVT_FAILURE_TEXT_CAP];
    (void)state;
    for (size_t i = 0; i < sizeof coats / sizeof coats[0]; i++) {
        for (size_t lead = 1; lead < NVT_FAILURE_TEXT_CAP; lead++) {
            int n = snprintf(body, sizeof body, "{\"message\":\"%0*d%s and more\"}", (int)lead, 0,
                             coats[i]);
            nvt_failure_read(&f, nvt_span_of(body, (size_t)n), pool, 64, &hidden);
            const char *end = f.message + strspn(f.message, "0e");
            assert_true(end >= f.message + lead && (*end == '\0' || strncmp(end, "***", 3) == 0));
        }
    }
}

/* A body that was cut: its end may be a secret's beginning, wherever the words are read. */
static void test_secrets_where_the_body_is_cut(void **state)
{
    static const char *const bodies[] = {
        "{\"unknown\":1,\"detail\":\"no", "[\"no", "<title>no", "<b>no</b><p>no", "no",
    };
    struct nvt_span secret = NVT_LIT("Z 9!Kw");
    struct nvt_hidden hidden = {.more = &secret, .more_count = 1U};
    struct nvt_json_tok pool[64];
    char body[64];
    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        for (int cut = 1; cut < (int)secret.len; cut++) {
            int n = snprintf(body, sizeof body, "%s%.*s", bodies[i], cut, (const char *)secret.ptr);
            hidden.cut = (const uint8_t *)body + n;
            nvt_failure_read(&f, nvt_span_of(body, (size_t)n), pool, 64, &hidden);
            assert_non_null(strstr(f.message, "no***"));
        }
    }
}

static void test_pool_too_small(void **state)
{
    struct nvt_json_tok pool[2];
    struct nvt_hidden hidden = {.secret = {NVT_LIT("")}};
    (void)state;
    nvt_failure_read(&f, NVT_LIT("{\"error\":{\"message\":\"m\"}}"), pool, 2, &hidden);
    assert_string_equal(f.message, "m");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_cut_at_a_character),
        cmocka_unit_test(test_field_cut_at_a_character),
        cmocka_unit_test(test_secrets_do_not_show),
        cmocka_unit_test(test_passwords_do_not_show),
        cmocka_unit_test(test_secrets_where_the_message_is_cut),
        cmocka_unit_test(test_secrets_where_the_body_is_cut),
        cmocka_unit_test(test_pool_too_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
