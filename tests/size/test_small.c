/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A library without names, sentences and servers' words (NVT_ERR_SENTENCES 0, NVT_SERVER_WORDS 0):
 * what is left of them, and that nothing else changes. Built and run by `make check-small`.
 */
#include "../../src/client/call.h"
#include "../sim/uplink_world.h"

#include <navette/rpc.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct up_world world;

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(nvt_err_name(NVT_E_SPACE), "NVT_E_?");
    assert_string_equal(nvt_err_text(NVT_OK), "NVT_E_?");
}

static const char *code_of(const char *body)
{
    static struct nvt_failure f;
    struct nvt_json_tok pool[16];
    struct nvt_hidden hidden = {.header_count = 0};
    (void)memset(&f, 'x', sizeof f);
    nvt_failure_read(&f, nvt_span_str(body), pool, 16, &hidden);
    assert_string_equal(f.message, "");
    assert_string_equal(f.field, "");
    return f.code;
}

static void test_codes(void **state)
{
    (void)state;
    assert_string_equal(code_of("{\"error\":\"invalid_grant\",\"error_description\":\"no\"}"),
                        "invalid_grant");
    assert_string_equal(code_of("{\"error\":{\"code\":\"invalid_grant\",\"message\":\"no\"}}"),
                        "invalid_grant");
    assert_string_equal(code_of("{\"code\":\"timeout\",\"message\":\"no\"}"), "timeout");
    assert_string_equal(code_of("{\"error\":\"invalid_client\",\"error_description\":\"no\"}"), "");
    assert_string_equal(code_of("{\"error\":\"invalid_grants\"}"), "");
    assert_string_equal(code_of("{\"error\":\"inva"), "");
    assert_string_equal(code_of("<title>no</title>"), "");
    assert_string_equal(code_of(""), "");
}

static void test_words(void **state)
{
    (void)state;
    char out[14] = "";
    char narrow[13] = "";
    struct nvt_hidden hidden = {.header_count = 0};
    nvt_failure_words(out, sizeof out, NVT_LIT("secret-key-0123456789"), false, &hidden);
    assert_string_equal(out, "");
    nvt_failure_words(narrow, sizeof narrow, NVT_LIT("invalid_grant"), false, &hidden);
    assert_string_equal(narrow, "");
    nvt_failure_words(out, sizeof out, NVT_LIT("invalid_grant"), false, &hidden);
    assert_string_equal(out, "invalid_grant");
}

/* The registry's labels are read where the uplink needs them, and stay. */
static void test_reasons(void **state)
{
    (void)state;
    const struct nvt_sim_answer answers[] = {
        up_says("400 Bad", "", "{\"error\":{\"code\":-32602,\"message\":\"Invalid params\"}}"),
        up_says("422 No", "",
                "{\"error\":{\"code\":-32422,\"message\":\"Unprocessable Request\","
                "\"data\":{\"terms_violation_labels\":[\"expired\"]}}}"),
    };
    up_init(&world, &nvt_rpc_uplink, 1, answers, 2);
    up_start(&world);
    uint32_t first = up_append(&world, "a", 1);
    uint32_t second = up_append(&world, "b", 2);
    up_run(&world, 2000);
    assert_int_equal(up_receipt(&world, first)->state, NVT_SPOOL_REFUSED);
    assert_int_equal(up_receipt(&world, first)->status, 400);
    assert_int_equal(up_receipt(&world, first)->err, NVT_E_STATUS);
    assert_string_equal(up_receipt(&world, first)->reason, "-700");
    assert_int_equal(up_receipt(&world, second)->state, NVT_SPOOL_REFUSED);
    assert_string_equal(up_receipt(&world, second)->reason, "expired");
    up_end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_codes),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_reasons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
