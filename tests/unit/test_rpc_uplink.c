/* SPDX-License-Identifier: Apache-2.0 */
/* A journey's deadline, and texts found in JSON without tokens. */
#include "../../src/api/member.h"

#include <navette/rpc.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct nvt_json_tok pool[NVT_RPC_TOKENS_MAX];

static nvt_err due(const char *json, uint32_t *out)
{
    *out = 7;
    return nvt_rpc_due(nvt_span_str(json), pool, NVT_RPC_TOKENS_MAX, out);
}

static void test_due(void **state)
{
    (void)state;
    uint32_t s = 0;
    assert_int_equal(due("{\"start\":{\"datetime\":\"2025-06-02T08:00:00Z\"}}", &s), NVT_OK);
    assert_int_equal(s, 1748851200 + 86400);
    assert_int_equal(due("{\"start\":{\"datetime\":\"2025-06-02T10:00:00.5+02:00\"}}", &s), NVT_OK);
    assert_int_equal(s, 1748851200 + 86400);
    /* beyond what the spool can say: as late as it can, not "never" */
    assert_int_equal(due("{\"start\":{\"datetime\":\"2999-06-02T10:00:00Z\"}}", &s), NVT_OK);
    assert_int_equal(s, UINT32_MAX - 1U);
    assert_int_equal(due("{\"start\":{}}", &s), NVT_E_SYNTAX);
    assert_int_equal(due("{\"start\":{\"datetime\":12}}", &s), NVT_E_SYNTAX);
    assert_int_equal(due("{\"start\":{\"datetime\":\"today\"}}", &s), NVT_E_SYNTAX);
    assert_int_equal(due("[]", &s), NVT_E_SYNTAX);
    assert_int_equal(due("{\"start\":", &s), NVT_E_JSON_END);
    assert_int_equal(nvt_rpc_due(NVT_LIT("{\"a\":1,\"b\":2}"), pool, 2, &s), NVT_E_JSON_TOKENS);
    assert_int_equal(s, 7);
}

static void expect_member(const char *json, const char *name, bool deep, const char *wanted)
{
    size_t len = strlen(json);
    uint8_t *copy = malloc(len == 0U ? 1U : len);
    assert_non_null(copy);
    (void)memcpy(copy, json, len);
    struct nvt_span text = nvt_member_text(nvt_span_of(copy, len), nvt_span_str(name), deep);
    assert_int_equal(text.len, strlen(wanted));
    assert_memory_equal(text.ptr, wanted, text.len);
    for (size_t n = 0; n < len; n++) { /* cut anywhere: in bounds */
        (void)memmove(copy + len - n, json, n);
        (void)nvt_member_text(nvt_span_of(copy + len - n, n), nvt_span_str(name), deep);
    }
    free(copy);
}

static void test_member(void **state)
{
    (void)state;
    expect_member("{\"a\":\"x\"}", "a", false, "x");
    expect_member("{ \"a\" \t:\r\n \"x\\\"y\" }", "a", false, "x\\\"y");
    expect_member("{\"b\":{\"a\":\"no\"},\"c\":[{\"a\":\"no\"}],\"a\":\"x\"}", "a", false, "x");
    expect_member("{\"b\":{\"a\":\"yes\"}}", "a", true, "yes");
    expect_member("{\"b\":\"a\",\"c\":\"a\",\"a\":\"x\"}", "a", false, "x");
    expect_member("{\"b\":\"\\\\\",\"a\":\"x\"}", "a", false, "x");
    expect_member("{\"a\":1,\"b\":\"no\"}", "a", false, "");
    expect_member("{\"a\":null,\"b\":\"no\"}", "a", false, "");
    expect_member("{\"a\":{\"b\":\"no\"},\"c\":\"no\"}", "a", false, "");
    expect_member("{\"a\":[\"no\"],\"c\":\"no\"}", "a", false, "");
    expect_member("{\"a\":[],\"c\":\"no\"}", "a", false, "");
    expect_member("{\"b\":[\"a\",\"no\"]}", "a", true, "");
    expect_member("{\"b\":\"{\\\"a\\\":\\\"no\\\"}\"}", "a", true, "");
    expect_member("{\"a\":\"\"}", "a", false, "");
    expect_member("", "a", false, "");
    expect_member("]]}}{\"a\":\"x\"", "a", false, "x");
}

static void expect_object(const char *json, const char *wanted)
{
    struct nvt_span rest = nvt_member_object(nvt_span_str(json), NVT_LIT("a"));
    struct nvt_span text = nvt_member_text(rest, NVT_LIT("t"), false);
    assert_int_equal(text.len, strlen(wanted));
    assert_memory_equal(text.ptr, wanted, text.len);
}

static void test_member_object(void **state)
{
    (void)state;
    expect_object("{\"a\":{\"t\":\"x\"}}", "x");
    expect_object("{\"t\":\"no\",\"a\" :\n{ \"b\":{\"t\":\"no\"},\"t\" : \"x\"},\"t\":\"no\"}",
                  "x");
    expect_object("{\"b\":{\"a\":{\"t\":\"no\"}},\"a\":{\"t\":\"x\"}}", "x");
    expect_object("{\"b\":\"a\",\"c\":[\"a\",{\"t\":\"no\"}],\"a\":{\"t\":\"x\"}}", "x");
    expect_object("{\"a\":\"t\",\"t\":\"no\"}", "");
    expect_object("{\"a\":[{\"t\":\"no\"}]}", "");
    expect_object("{\"a\":null,\"b\":{\"t\":\"no\"}}", "");
    expect_object("{\"a\"", "");
    expect_object("{\"a\":", "");
    expect_object("", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_due),
        cmocka_unit_test(test_member),
        cmocka_unit_test(test_member_object),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
