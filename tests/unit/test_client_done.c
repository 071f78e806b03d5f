/* SPDX-License-Identifier: Apache-2.0 */
/* What an answer is taken for, as a pure function: forms, members, what was kept of a longer one,
 * errors of the API's own. */
#include "../../src/client/call.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const struct nvt_profile named = {.errors = "error detail", .duplicate_status = 409};
static const struct nvt_profile versioned = {.errors = "error", .versioned = true};
static const struct nvt_profile plain = {.name = "plain"};

static struct nvt_said said(uint16_t status, const char *type, const char *body, bool cut)
{
    const struct nvt_said a = {status, cut, nvt_span_str(type), nvt_span_str(body)};
    return a;
}

static void expect(struct nvt_said a, const struct nvt_request *q, const struct nvt_profile *p,
                   enum nvt_saying wanted)
{
    enum nvt_saying got = nvt_done_judge(&a, q, p);
    if (got != wanted) {
        fail_msg("%u %.*s: %d, not %d", a.status, (int)a.body.len, (const char *)a.body.ptr,
                 (int)got, (int)wanted);
    }
}

/* ---- what was kept of a longer answer ---- */

static const struct nvt_done kept_row = {.status = 200U,
                                         .form = (uint8_t)NVT_FORM_OBJECT,
                                         .has = "a=12",
                                         .lacks = "error",
                                         .same = "id",
                                         .sent = "id"};

/* Cut at every byte: the id must have begun; of the rest only what is there and wrong counts. */
static void test_every_cut(void **state)
{
    static const char *const right[] = {
        "{\"a\":12,\"id\":\"x\\ud83d\\ude00\xC3\xA9\xE2\x82\xAC\\u00e9\",\"b\":[true,null,-1.5e+3,"
        "\"\\\"\",{\"error\":1}]}",
        " { \"b\" : { \"error\" : 1 } , \"id\" : \"x\\uD83D\\uDE00\xC3\xA9\xE2\x82\xAC\xC3\xA9\" , "
        "\"error\" : null , \"a\" : 12 } ",
    };
    const struct nvt_request q = {
        .done = &kept_row,
        .body = NVT_LIT("{\"id\":\"x\xF0\x9F\x98\x80\xC3\xA9\xE2\x82\xAC\xC3\xA9\"}")};
    char text[200];
    (void)state;
    for (size_t i = 0; i < 2U; i++) {
        expect(said(200, "", right[i], false), &q, &plain, NVT_SAID_OWN);
        size_t begun = (size_t)(strchr(strstr(right[i], "\"id\"") + 4, '"') - right[i]);
        for (size_t n = 2; n < strlen(right[i]); n++) {
            (void)snprintf(text, sizeof text, "%.*s", (int)n, right[i]);
            expect(said(200, "", text, true), &q, &plain,
                   n > begun ? NVT_SAID_OWN : NVT_SAID_OTHER);
        }
    }
}

static void test_wrong_and_cut(void **state)
{
    static const char *const wrong[] = {
        "{\"a\":12,\"id\":\"y\",\"b\":\"",
        "{\"a\":13,\"b\":\"",
        "{\"error\":{\"code\":1},\"b\":\"",
        "{\"error\":{\"data\":[\"",
        "{\"error\":\"a long one",
        "{\"a\":12,\"b\":tru,\"c\":\"more than twelve bytes behind",
        "<html><body>",
        "[1,2",
        "\"text",
        "",
        "   ",
    };
    const struct nvt_request q = {.done = &kept_row, .body = NVT_LIT("{\"id\":\"x\"}")};
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        expect(said(200, "", wrong[i], true), &q, &plain, NVT_SAID_OTHER);
    }
    expect(said(200, "text/plain", "{\"a\":12", true), &q, &plain, NVT_SAID_OTHER);
    expect(said(201, "", "{\"a\":12", true), &q, &plain, NVT_SAID_OTHER);
}

/* An error that is cut is one when the member that makes it one was kept. */
static void test_errors_cut(void **state)
{
    const struct nvt_request q = {.target = NVT_LIT("/x")};
    (void)state;
    expect(said(400, "", "{\"error\":{\"data\":[\"/a: must be\",\"", true), &q, &named,
           NVT_SAID_OWN);
    expect(said(400, "", "{\"x\":1,\"detail\":\"abc\",\"", true), &q, &named, NVT_SAID_OWN);
    expect(said(400, "", "{\"x\":\"", true), &q, &named, NVT_SAID_OTHER);
    expect(said(400, "", "{\"error\":{\"data\":", false), &q, &named, NVT_SAID_OTHER);
}

/* ---- errors ---- */

static void test_error_forms(void **state)
{
    static const struct {
        const char *errors, *type, *body;
        bool own;
    } cases[] = {
        {NULL, "text/html", "<html>", true},
        {NVT_ERRORS_ANY, "text/html", "<html>", true},
        {NVT_ERRORS_ANY, "", "", true},
        {NVT_ERRORS_JSON, "", "\"no\"", true},
        {NVT_ERRORS_JSON, "", "[]", true},
        {NVT_ERRORS_JSON, "application/json", "", true},
        {NVT_ERRORS_JSON, "", "", false},
        {NVT_ERRORS_JSON, "text/plain", "", false},
        {NVT_ERRORS_JSON, "", "no", false},
        {"", "", "{}", true},
        {"", "application/problem+json", "{\"x\":1}", true},
        {"", "", "[]", false},
        {"", "", "", false},
        {"a.b c", "", "{\"a\":{\"b\":0}}", true},
        {"a.b c", "", "{\"c\":\"\"}", true},
        {"a.b c", "", "{\"\\u0063\":false}", true},
        {"a.b c", "", "{\"a\":{\"c\":0},\"b\":1}", false},
        {"a.b c", "", "{\"c\":null}", false},
        {"a.b c", "", "[{\"c\":1}]", false},
        {"a.b c", "text/html", "{\"c\":1}", false},
        {"a.b c", "APPLICATION/JSON ; q=1", "{\"c\":1}", true},
        {"a.b c", "application/jsonx", "{\"c\":1}", false},
        {"a.b c", "json", "{\"c\":1}", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct nvt_said a = said(400, cases[i].type, cases[i].body, false);
        if (nvt_done_is_error(cases[i].errors, &a) != cases[i].own) {
            fail_msg("%zu: %s as %s", i, cases[i].body, cases[i].type);
        }
    }
}

/* Another origin than the client's has errors of its own, unless the row knows them. */
static void test_other_origin(void **state)
{
    static const struct nvt_done any = {.form = (uint8_t)NVT_FORM_DATA};
    static const struct nvt_done json = {.form = (uint8_t)NVT_FORM_DATA, .errors = NVT_ERRORS_JSON};
    struct nvt_origin origin;
    struct nvt_request q = {.target = NVT_LIT("/x"), .origin = &origin};
    (void)state;
    (void)memset(&origin, 0, sizeof origin);
    expect(said(403, "application/xml", "<Error/>", false), &q, &named, NVT_SAID_OWN);
    q.done = &any;
    expect(said(403, "application/xml", "<Error/>", false), &q, &named, NVT_SAID_OWN);
    /* A store that keeps a file says so with an empty body, whatever it calls that. */
    expect(said(201, "text/html; charset=UTF-8", "", false), &q, &named, NVT_SAID_OWN);
    expect(said(200, "text/html", "<p>", false), &q, &named, NVT_SAID_OTHER);
    q.done = &json;
    expect(said(403, "application/xml", "<Error/>", false), &q, &named, NVT_SAID_OTHER);
}

static void test_versions(void **state)
{
    static const char *const paths[] = {"/v2/journeys", "/v3.3/x", "/health", "/vx", "/v", ""};
    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        struct nvt_request q = {.target = nvt_span_str(paths[i])};
        expect(said(404, "", "", false), &q, &versioned,
               i < 2U ? NVT_SAID_NO_ROUTE : NVT_SAID_OTHER);
        expect(said(404, "", "", false), &q, &named, NVT_SAID_OTHER);
        expect(said(404, "", "{\"error\":1}", false), &q, &versioned, NVT_SAID_OWN);
        expect(said(403, "", "", false), &q, &versioned, NVT_SAID_OTHER);
        expect(said(404, "", "", false), &q, &plain, NVT_SAID_OWN);
    }
}

/* Statuses that are neither of success nor refusals have no form. */
static void test_other_statuses(void **state)
{
    const struct nvt_request q = {.done = &kept_row, .target = NVT_LIT("/v2/x")};
    (void)state;
    for (uint16_t status = 100; status <= 599U; status++) {
        if (status < 200U || (status >= 300U && status < 400U) || status >= 500U) {
            expect(said(status, "text/html", "<html>", false), &q, &named, NVT_SAID_OWN);
            assert_false(nvt_done_begins(NULL, status, NVT_LIT("")));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_cut),      cmocka_unit_test(test_wrong_and_cut),
        cmocka_unit_test(test_errors_cut),     cmocka_unit_test(test_error_forms),
        cmocka_unit_test(test_other_origin),   cmocka_unit_test(test_versions),
        cmocka_unit_test(test_other_statuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
