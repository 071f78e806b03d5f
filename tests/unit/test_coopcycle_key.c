/* SPDX-License-Identifier: Apache-2.0 */
/* The client key of a delivery: what may be one, and how it is put in. */
#include <navette/coopcycle.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define POOL 512

static struct nvt_json_tok pool[POOL];
static uint8_t out_mem[512];

static void test_keys(void **state)
{
    static const char *const bad[] = {" ", "a b", "a/b",      "a:b", "@", "[",
                                      "`", "{",   "\xC3\xA9", "a\n", ","};
    char key[NVT_COOPCYCLE_KEY_MAX + 2];
    (void)state;
    assert_int_equal(nvt_coopcycle_check_key(NVT_LIT("azAZ09._-")), NVT_OK);
    assert_int_equal(nvt_coopcycle_check_key(NVT_LIT("")), NVT_E_FIELD_MISSING);
    (void)memset(key, 'k', sizeof key);
    assert_int_equal(nvt_coopcycle_check_key(nvt_span_of(key, NVT_COOPCYCLE_KEY_MAX)), NVT_OK);
    assert_int_equal(nvt_coopcycle_check_key(nvt_span_of(key, NVT_COOPCYCLE_KEY_MAX + 1)),
                     NVT_E_FIELD_LENGTH);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(nvt_coopcycle_check_key(nvt_span_str(bad[i])), NVT_E_FIELD_FORMAT);
    }
}

static nvt_err add(const char *json, const char *key, size_t cap)
{
    struct nvt_buf b;
    nvt_buf_init(&b, out_mem, cap);
    nvt_err err = nvt_coopcycle_json_add_key(nvt_span_str(json), nvt_span_str(key), pool, POOL, &b);
    out_mem[b.len] = 0;
    return err;
}

static void expect_keyed(const char *json, const char *wanted)
{
    assert_string_equal(nvt_err_name(add(json, "k-1", sizeof out_mem - 1U)), "NVT_OK");
    assert_string_equal((const char *)out_mem, wanted);
    assert_int_equal(nvt_json_check(nvt_span_str((const char *)out_mem), NULL), NVT_OK);
    assert_int_equal(add(json, "k-1", strlen(wanted)), NVT_OK);
    assert_int_equal(add(json, "k-1", strlen(wanted) - 1U), NVT_E_SPACE);
}

static void test_add_key(void **state)
{
    (void)state;
    expect_keyed(" { \"dropoff\" : { \"before\":\"x\"}}",
                 " { \"dropoff\" : {\"metadata\":{\"navette_key\":\"k-1\"}, \"before\":\"x\"}}");
    expect_keyed("{\"pickup\":{\"a\":1},\"dropoff\":{}}",
                 "{\"pickup\":{\"a\":1},\"dropoff\":{\"metadata\":{\"navette_key\":\"k-1\"}}}");
    expect_keyed("{\"tasks\":[{\"a\":1},{}]}",
                 "{\"tasks\":[{\"metadata\":{\"navette_key\":\"k-1\"},\"a\":1},{}]}");
    expect_keyed("{\"dropoff\":null,\"pickup\":{}}",
                 "{\"dropoff\":null,\"pickup\":{\"metadata\":{\"navette_key\":\"k-1\"}}}");
    expect_keyed("{\"dropoff\":{\"metadata\":{\"a\":1}}}",
                 "{\"dropoff\":{\"metadata\":{\"navette_key\":\"k-1\",\"a\":1}}}");
    expect_keyed("{\"dropoff\":{\"metadata\":{}}}",
                 "{\"dropoff\":{\"metadata\":{\"navette_key\":\"k-1\"}}}");
}

static void test_no_key(void **state)
{
    (void)state;
    assert_int_equal(add("{}", "k", 99), NVT_E_FIELD_MISSING);
    assert_int_equal(add("{\"tasks\":[]}", "k", 99), NVT_E_FIELD_MISSING);
    assert_int_equal(add("{\"dropoff\":1}", "k", 99), NVT_E_FIELD_MISSING);
    assert_int_equal(add("{\"dropoff\":{\"metadata\":\"a=b\"}}", "k", 99), NVT_E_FIELD_TYPE);
    assert_int_equal(add("{\"dropoff\":{\"metadata\":[]}}", "k", 99), NVT_E_FIELD_TYPE);
    assert_int_equal(add("{\"dropoff\":{\"metadata\":{\"navette_key\":1}}}", "k", 99),
                     NVT_E_FIELD_BOTH);
    assert_int_equal(add("{", "k", 99), NVT_E_JSON_END);
    assert_int_equal(add("{\"dropoff\":{}}", "", 99), NVT_E_FIELD_MISSING);
    assert_int_equal(add("{\"dropoff\":{}}", "a\"b", 99), NVT_E_FIELD_FORMAT);
    assert_string_equal((const char *)out_mem, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_add_key),
        cmocka_unit_test(test_no_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
