/* SPDX-License-Identifier: Apache-2.0 */
/* Jindexe: the class of a path, and what goes along with it; the client is replaced here. */
#include <navette/api.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct nvt_request *begun;

nvt_err nvt_call_begin(struct nvt_call *call, const struct nvt_request *request)
{
    (void)call;
    begun = request;
    return NVT_OK;
}

static void test_profile(void **state)
{
    (void)state;
    const struct nvt_profile *p = nvt_profile_find(NVT_LIT("jindexe"));
    assert_ptr_equal(p, &nvt_jindexe_profile);
    assert_int_equal(p->environment_count, 0);
    assert_int_equal(p->grant, NVT_GRANT_PASSWORD);
    assert_string_equal(p->token_path, "/public/token");
    assert_string_equal(p->api_key_name, "X-API-KEY");
    assert_true(p->api_key_for_token);
    assert_int_equal(p->token_life_s, 86400);
    assert_int_equal(p->duplicate_status, 0);
    assert_int_equal(p->rates[0].limit, 0);
}

/* In memory of exactly its size. */
static nvt_err classify(const char *target, enum nvt_jindexe_class *out)
{
    size_t len = strlen(target);
    uint8_t *mem = (uint8_t *)malloc(len == 0U ? 1U : len);
    assert_non_null(mem);
    (void)memcpy(mem, target, len);
    nvt_err err = nvt_jindexe_classify(nvt_span_of(mem, len), out);
    free(mem);
    return err;
}

static void expect_class(const char *target, enum nvt_jindexe_class wanted)
{
    enum nvt_jindexe_class got = (enum nvt_jindexe_class)99;
    nvt_err err = classify(target, &got);
    if (err != NVT_OK || got != wanted) {
        fail_msg("%s: %s, class %d", target, nvt_err_name(err), (int)got);
    }
}

static void test_class(void **state)
{
    (void)state;
    expect_class("/ext/feeds", NVT_JINDEXE_EXT);
    expect_class("/public/categories?page=2", NVT_JINDEXE_PUBLIC);
    expect_class("/user/me", NVT_JINDEXE_USER);
    expect_class("/pro/listing/12/publish", NVT_JINDEXE_PRO);
    expect_class("/pro/", NVT_JINDEXE_PRO);
    expect_class("/pro/?x", NVT_JINDEXE_PRO);
    expect_class("/pro/listing/", NVT_JINDEXE_PRO);
    expect_class("/pro/caf%C3%A9/a%20b", NVT_JINDEXE_PRO);
    expect_class("/pro/.hidden/...", NVT_JINDEXE_PRO);
    expect_class("/pro/a..b/..c/d..", NVT_JINDEXE_PRO);
    expect_class("/pro/a;v=1/b;..", NVT_JINDEXE_PRO);
    expect_class("/user/ext/x", NVT_JINDEXE_USER);
    /* Behind the '?' no segments are left. */
    expect_class("/ext/x?u=/../user/me", NVT_JINDEXE_EXT);
    expect_class("/ext/x?%2e%2e//\\", NVT_JINDEXE_EXT);
    expect_class("/ext/x?%zz", NVT_JINDEXE_EXT);
}

static void test_no_class(void **state)
{
    (void)state;
    static const char *const bad[] = {
        /* no such prefix */
        "",
        "/",
        "ext/x",
        "/ext",
        "/user",
        "/pro",
        "/public",
        "/pro?x=1",
        "/users/me",
        "/proX/x",
        "/api/user/me",
        "/other/x",
        " /user/me",
        "https://host/user/me",
        "?/user/",
        "*",
        /* letter case */
        "/User/me",
        "/PRO/x",
        "/Ext/x",
        "/publiC/x",
        /* empty segments */
        "//user/me",
        "/user//me",
        "/user/me//",
        "/user//",
        "/ext///x",
        /* dot segments */
        "/./user/me",
        "/ext/../user/me",
        "/ext/..",
        "/ext/.",
        "/ext/./x",
        "/ext/x/..",
        "/ext/x/../y",
        "/ext/../user/me?x",
        "/ext/..?x",
        /* the same, encoded */
        "/ext/%2e%2e/user/me",
        "/ext/%2E./user/me",
        "/ext/.%2e/user/me",
        "/ext/%2e/x",
        "/ext/%2e",
        "/%65xt/x",
        "/user%2Fme",
        "/ext/%2e%2e%2fuser/me",
        "/ext/..%2fuser",
        "/ext/a%2Fb",
        "/ext/%252e%252e/user/me",
        "/ext/a%25b",
        /* with a parameter */
        "/ext/..;/user/me",
        "/ext/..;x=1/user/me",
        "/ext/.;/x",
        "/ext/;/x",
        "/ext/;a",
        "/ext/..%3b/x",
        "/ext/%2e%2e;/user/me",
        "/ext/..;",
        /* what no path has */
        "/ext/a\\b",
        "/ext/..\\user",
        "/ext/a%5Cb",
        "/ext/..%5cuser",
        "/ext/a#b",
        "/ext/a%23b",
        "/ext/%00",
        "/ext/%0d%0ax",
        "/ext/%1F",
        "/ext/%7f",
        "/ext/a\tb",
        "/ext/a\x7F",
        "/ext/a\nb",
        /* broken encoding */
        "/ext/%",
        "/ext/%2",
        "/ext/%2?",
        "/ext/%zz",
        "/ext/%2g",
        "/ext/%g2",
        "/ext/%-1",
        "/ext/a%",
    };
    enum nvt_jindexe_class class = (enum nvt_jindexe_class)99;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        nvt_err err = classify(bad[i], &class);
        if (err != NVT_E_HTTP_TARGET || class != (enum nvt_jindexe_class)99) {
            fail_msg("%s: %s, class %d", bad[i], nvt_err_name(err), (int)class);
        }
    }
}

static void expect_call(const char *method, const char *target, const char *body, unsigned flags)
{
    static struct nvt_client client;
    struct nvt_call call = {.client = &client};
    struct nvt_request r;
    (void)memset(&r, 0xFF, sizeof r);
    (void)memcpy(client.credentials.api_key, "k", 2);
    begun = NULL;
    assert_int_equal(
        nvt_jindexe_call(&call, &r, nvt_span_str(method), nvt_span_str(target), nvt_span_str(body)),
        NVT_OK);
    assert_ptr_equal(begun, &r);
    assert_int_equal(r.flags, flags);
    assert_true(nvt_span_eq(r.method, nvt_span_str(method)));
    assert_true(nvt_span_eq(r.target, nvt_span_str(target)));
    assert_true(nvt_span_eq(r.body, nvt_span_str(body)));
    assert_true(nvt_span_eq(r.media_type, nvt_span_str(body[0] == '\0' ? "" : "application/json")));
    assert_int_equal(r.rate, 0);
    assert_int_equal(r.header_count, 0);
    assert_null(r.sink);
    assert_null(r.source);
    assert_null(r.origin);
}

static void test_call(void **state)
{
    (void)state;
    expect_call("GET", "/ext/x", "", NVT_REQ_IDEMPOTENT | NVT_REQ_NO_AUTH);
    expect_call("HEAD", "/public/x", "", NVT_REQ_IDEMPOTENT | NVT_REQ_NO_AUTH | NVT_REQ_API_KEY);
    expect_call("POST", "/public/x", "{}", NVT_REQ_NO_AUTH | NVT_REQ_API_KEY);
    expect_call("PUT", "/user/x", "{}", NVT_REQ_IDEMPOTENT | NVT_REQ_API_KEY);
    expect_call("DELETE", "/pro/x", "", NVT_REQ_IDEMPOTENT | NVT_REQ_API_KEY);
    expect_call("OPTIONS", "/pro/x", "", NVT_REQ_IDEMPOTENT | NVT_REQ_API_KEY);
    expect_call("POST", "/pro/x", "{}", NVT_REQ_API_KEY);
    expect_call("PATCH", "/pro/x", "{}", NVT_REQ_API_KEY);
}

static void test_refused(void **state)
{
    static struct nvt_client client;
    struct nvt_call call = {.client = &client};
    struct nvt_request r;
    (void)state;
    begun = NULL;
    assert_int_equal(
        nvt_jindexe_call(&call, &r, NVT_LIT("GET"), NVT_LIT("/ext/../user/me"), NVT_LIT("")),
        NVT_E_HTTP_TARGET);
    static const char *const keyed[] = {"/public/x", "/user/x", "/pro/x"};
    for (size_t i = 0; i < 3U; i++) {
        assert_int_equal(
            nvt_jindexe_call(&call, &r, NVT_LIT("GET"), nvt_span_str(keyed[i]), NVT_LIT("")),
            NVT_E_CRED_EMPTY);
    }
    assert_null(begun);
    assert_int_equal(nvt_jindexe_call(&call, &r, NVT_LIT("GET"), NVT_LIT("/ext/x"), NVT_LIT("")),
                     NVT_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_profile),  cmocka_unit_test(test_class),
        cmocka_unit_test(test_no_class), cmocka_unit_test(test_call),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
