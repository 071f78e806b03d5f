/* SPDX-License-Identifier: Apache-2.0 */
/* The registry's calls about journeys and what they bring back. */
#include "rpc_calls.h"

/* ---- profile ---- */

static void test_profile(void **state)
{
    (void)state;
    const struct nvt_profile *p = &nvt_rpc_profile;
    assert_string_equal(p->name, "rpc");
    assert_string_equal(p->title, "Registre de preuve de covoiturage");
    assert_string_equal(p->environments[0].url, "https://api.covoiturage.beta.gouv.fr");
    assert_string_equal(p->token_path, "/v3.3/auth/access_token");
    assert_int_equal(p->grant, NVT_GRANT_KEY_PAIR);
    assert_int_equal(p->token_life_s, 300);
    static const uint32_t limits[NVT_RATES_MAX] = {5, 20000, 2000, 20000, 100};
    for (unsigned i = 0; i < NVT_RATES_MAX; i++) {
        assert_int_equal(p->rates[i].limit, limits[i]);
        assert_in_range(p->rates[i].burst, 1, limits[i] - 1U);
        assert_in_range(p->rates[i].window_ms, i < 4U ? 60001 : 300001, 310000);
    }
    assert_int_equal(p->duplicate_status, 409);
    assert_true(p->retry_500);
}

/* ---- requests ---- */

static void test_send(void **state)
{
    (void)state;
    expect_request(nvt_rpc_send(&call, &request, NVT_LIT("{\"a\":1}")), "POST", "/v3.3/journeys",
                   "{\"a\":1}", NVT_REQ_KEYED, WRITE);
}

static void test_ids(void **state)
{
    char *long_id = repeated("\xC3\xA9", 128); /* 256 bytes, 768 encoded */
    char *longer = repeated("\xC3\xA9", 131);
    (void)state;
    expect_request(nvt_rpc_status(&call, &request, NVT_LIT("Az09-._~")), "GET",
                   "/v3.3/journeys/Az09-._~", "", NVT_REQ_IDEMPOTENT, READ);
    expect_request(nvt_rpc_status(&call, &request, NVT_LIT("a/b?c#d e%\r\n\xC3\xA9")), "GET",
                   "/v3.3/journeys/a%2Fb%3Fc%23d%20e%25%0D%0A%C3%A9", "", NVT_REQ_IDEMPOTENT, READ);
    assert_int_equal(nvt_rpc_status(&call, &request, nvt_span_str(long_id)), NVT_OK);
    assert_int_equal(begun->target.len, 15 + 768);
    begun = NULL;
    assert_int_equal(
        nvt_rpc_cancel(&call, &request, nvt_span_str(long_id), NVT_LIT(""), NVT_LIT("")), NVT_OK);
    assert_int_equal(begun->target.len, 15 + 768 + 7);
    begun = NULL;
    expect_refused(nvt_rpc_status(&call, &request, nvt_span_str(longer)), NVT_E_SPACE);
    expect_refused(nvt_rpc_update(&call, &request, nvt_span_str(longer), NVT_LIT("{}")),
                   NVT_E_SPACE);
    expect_refused(nvt_rpc_status(&call, &request, NVT_LIT(".")), NVT_E_FIELD_FORMAT);
    expect_refused(nvt_rpc_cancel(&call, &request, NVT_LIT(".."), NVT_LIT(""), NVT_LIT("")),
                   NVT_E_FIELD_FORMAT);
    expect_request(nvt_rpc_status(&call, &request, NVT_LIT("...")), "GET", "/v3.3/journeys/...", "",
                   NVT_REQ_IDEMPOTENT, READ);
    expect_refused(nvt_rpc_status(&call, &request, NVT_LIT("")), NVT_E_FIELD_MISSING);
    expect_refused(nvt_rpc_update(&call, &request, NVT_LIT(""), NVT_LIT("{}")),
                   NVT_E_FIELD_MISSING);
    expect_refused(nvt_rpc_cancel(&call, &request, NVT_LIT(""), NVT_LIT(""), NVT_LIT("")),
                   NVT_E_FIELD_MISSING);
    free(long_id);
    free(longer);
}

static void test_update(void **state)
{
    (void)state;
    expect_request(nvt_rpc_update(&call, &request, NVT_LIT("J 1"), NVT_LIT("{}")), "PATCH",
                   "/v3.3/journeys/J%201", "{}", NVT_REQ_IDEMPOTENT, READ);
}

static void cancel(const char *code, const char *message, const char *body)
{
    expect_request(
        nvt_rpc_cancel(&call, &request, NVT_LIT("J-1"), nvt_span_str(code), nvt_span_str(message)),
        "POST", "/v3.3/journeys/J-1/cancel", body, NVT_REQ_IDEMPOTENT, WRITE);
}

static void no_cancel(const char *code, const char *message, nvt_err err)
{
    expect_refused(
        nvt_rpc_cancel(&call, &request, NVT_LIT("J-1"), nvt_span_str(code), nvt_span_str(message)),
        err);
}

static void test_cancel(void **state)
{
    char *m512 = repeated("a", 512);
    char *m513 = repeated("a", 513);
    char *e512 = repeated("\xC3\xA9", 512);
    (void)state;
    cancel("", "", "{\"code\":\"\"}");
    cancel("FRAUD_01-b", "Bad \"trip\"\n",
           "{\"code\":\"FRAUD_01-b\",\"message\":\"Bad \\\"trip\\\"\\n\"}");
    cancel("azAZ09_-azAZ09_-azAZ09_-azAZ09_-", "",
           "{\"code\":\"azAZ09_-azAZ09_-azAZ09_-azAZ09_-\"}");
    no_cancel("azAZ09_-azAZ09_-azAZ09_-azAZ09_-x", "", NVT_E_FIELD_LENGTH);
    static const char *const bad[] = {" ", "/",   ":",        "@",   "[", "`",
                                      "{", "a b", "\xC3\xA9", "a\"", "."};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        no_cancel(bad[i], "", NVT_E_FIELD_FORMAT);
    }
    assert_int_equal(nvt_rpc_cancel(&call, &request, NVT_LIT("J-1"),
                                    NVT_LIT("azAZ09_-azAZ09_-azAZ09_-azAZ09_-"),
                                    nvt_span_str(m512)),
                     NVT_OK);
    begun = NULL;
    no_cancel("", m513, NVT_E_FIELD_LENGTH);
    no_cancel("", e512, NVT_E_SPACE); /* legal, but beyond the room */
    no_cancel("", "\xFF", NVT_E_UTF8);
    free(m512);
    free(m513);
    free(e512);
}

static void test_list(void **state)
{
    struct nvt_rpc_filter f = {.status = NVT_LIT("ok")};
    (void)state;
    expect_request(nvt_rpc_list(&call, &request, &f), "GET", "/v3.3/journeys?status=ok", "",
                   NVT_REQ_IDEMPOTENT, READ);
    f.status = NVT_LIT("fraud_error");
    f.start_s = SAMPLE_START;
    f.end_s = SAMPLE_END;
    f.limit = UINT32_MAX;
    f.offset = 7;
    expect_request(nvt_rpc_list(&call, &request, &f), "GET",
                   "/v3.3/journeys?status=fraud_error&start=2025-06-02T12%3A00%3A00Z"
                   "&end=2025-06-02T12%3A30%3A00Z&limit=4294967295&offset=7",
                   "", NVT_REQ_IDEMPOTENT, READ);
    f.end_s = SAMPLE_START - 1;
    expect_refused(nvt_rpc_list(&call, &request, &f), NVT_E_FIELD_ORDER);
    f.start_s = 0;
    f.end_s = INT64_MAX;
    expect_refused(nvt_rpc_list(&call, &request, &f), NVT_E_SPACE);
    f.end_s = 0;
    f.status = NVT_LIT("");
    expect_refused(nvt_rpc_list(&call, &request, &f), NVT_E_FIELD_MISSING);
    static const char *const bad[] = {"OK", "a&b=c", "ok ", "a\r\n",
                                      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        f.status = nvt_span_str(bad[i]);
        expect_refused(nvt_rpc_list(&call, &request, &f), NVT_E_FIELD_FORMAT);
    }
}

/* ---- the list page by page ---- */

static void expect_page(const struct nvt_rpc_walk *walk, const char *target)
{
    expect_request(nvt_rpc_list_page(&call, &request, walk), "GET", target, "", NVT_REQ_IDEMPOTENT,
                   READ);
}

/* An answer of that many ids. */
static nvt_err page_of(unsigned count, struct nvt_rpc_walk *walk, bool *out_more)
{
    static char text[128 * 2 + 3];
    struct nvt_json doc;
    struct nvt_buf b;
    nvt_buf_init(&b, text, sizeof text - 1U);
    nvt_buf_put_byte(&b, (uint8_t)'[');
    for (unsigned i = 0; i < count; i++) {
        nvt_buf_put(&b, i == 0U ? NVT_LIT("1") : NVT_LIT(",1"));
    }
    nvt_buf_put_byte(&b, (uint8_t)']');
    text[b.len] = '\0';
    answer = text;
    *out_more = true;
    assert_int_equal(nvt_call_json(&call, &doc), NVT_OK);
    return nvt_rpc_next_page(&doc, walk, out_more);
}

static void test_pages(void **state)
{
    struct nvt_rpc_walk walk = {.filter = {.status = NVT_LIT("ok")}, .left = 120U};
    bool more = false;
    (void)state;
    expect_page(&walk, "/v3.3/journeys?status=ok&limit=50");
    assert_int_equal(page_of(50, &walk, &more), NVT_OK);
    assert_true(more);
    expect_page(&walk, "/v3.3/journeys?status=ok&limit=50&offset=50");
    assert_int_equal(page_of(50, &walk, &more), NVT_OK);
    assert_true(more);
    expect_page(&walk, "/v3.3/journeys?status=ok&limit=20&offset=100");
    assert_int_equal(page_of(20, &walk, &more), NVT_OK);
    assert_false(more); /* as many as were wanted */
    expect_refused(nvt_rpc_list_page(&call, &request, &walk), NVT_E_ARG);
}

static void test_last_page(void **state)
{
    struct nvt_rpc_walk walk = {.filter = {.status = NVT_LIT("ok")}, .left = UINT32_MAX};
    bool more = false;
    (void)state;
    walk.filter.limit = 101U;
    expect_page(&walk, "/v3.3/journeys?status=ok&limit=100");
    assert_int_equal(page_of(100, &walk, &more), NVT_OK);
    assert_true(more);
    assert_int_equal(page_of(99, &walk, &more), NVT_OK);
    assert_false(more);
    assert_int_equal(walk.filter.offset, 199);
    assert_int_equal(page_of(0, &walk, &more), NVT_OK);
    assert_false(more);
    walk.filter.limit = 1U;
    walk.filter.offset = UINT32_MAX - 1U;
    assert_int_equal(page_of(1, &walk, &more), NVT_OK);
    assert_true(more);
    assert_int_equal(page_of(1, &walk, &more), NVT_OK);
    assert_false(more); /* no offset is left */
}

static void test_bad_page(void **state)
{
    struct nvt_rpc_walk walk = {.filter = {.status = NVT_LIT("ok"), .limit = 2U}, .left = 9U};
    struct nvt_json doc;
    bool more = true;
    (void)state;
    assert_int_equal(page_of(3, &walk, &more), NVT_E_ANSWER);
    assert_false(more);
    answer = "{}";
    assert_int_equal(nvt_call_json(&call, &doc), NVT_OK);
    assert_int_equal(nvt_rpc_next_page(&doc, &walk, &more), NVT_E_ANSWER);
    assert_int_equal(walk.left, 9);
    assert_int_equal(walk.filter.offset, 0);
}

/* ---- answers ---- */

static void test_terms(void **state)
{
    static const char *const bad[] = {
        "",
        "{\"error\":{\"code\":-32700,\"data\":\"Journeys cannot happen in the future\"}}",
        "{\"error\":{\"data\":{\"terms_violation_labels\":\"expired\"}}}",
        "{\"error\":{\"data\":{\"terms_violation_labels\":null}}}",
    };
    struct nvt_span labels;
    (void)state;
    answer = "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"data\":{\"terms_violation_labels\":"
             "[\"expired\",\"distance_too_short\"]},\"code\":-32422,\"message\":\"x\"}}";
    assert_int_equal(nvt_rpc_read_terms(&call, &labels), NVT_OK);
    assert_true(nvt_span_eq(labels, NVT_LIT("[\"expired\",\"distance_too_short\"]")));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        answer = bad[i];
        assert_int_equal(nvt_rpc_read_terms(&call, &labels), NVT_E_ANSWER);
        assert_int_equal(labels.len, 0);
    }
}

static void test_receipt(void **state)
{
    static const char *const bad[] = {
        "",
        "[]",
        "{}",
        "{\"result\":{\"data\":null}}",
        "{\"result\":{\"data\":{\"operator_journey_id\":\"J\"}}}",
        "{\"result\":{\"data\":{\"operator_journey_id\":1,\"created_at\":\"x\"}}}",
        "{\"result\":{\"data\":{\"operator_journey_id\":\"J\",\"created_at\":null}}}",
        "{\"operator_journey_id\":\"J\",\"created_at\":\"x\"}",
        "{\"result\":{\"data\":{\"operator_journey_id\":\"J\",\"created_at\":\"x\"}}",
    };
    struct nvt_rpc_receipt r;
    (void)state;
    answer = "{\"id\":1,\"jsonrpc\":\"2.0\",\"result\":{\"meta\":null,\"data\":{"
             "\"operator_journey_id\":\"J-1\",\"created_at\":\"2025-06-02T12:31:00.000Z\"}}}";
    assert_int_equal(nvt_rpc_read_receipt(&call, &r), NVT_OK);
    assert_true(nvt_span_eq(r.operator_journey_id, NVT_LIT("J-1")));
    assert_true(nvt_span_eq(r.created_at, NVT_LIT("2025-06-02T12:31:00.000Z")));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        answer = bad[i];
        assert_int_equal(nvt_rpc_read_receipt(&call, &r), NVT_E_ANSWER);
    }
}

#define STATE "{\"status\":\"ok\",\"operator_journey_id\":\"J-1\",\"created_at\":\"T\""

static void test_state(void **state)
{
    struct nvt_rpc_state s;
    (void)state;
    answer = STATE "}";
    assert_int_equal(nvt_rpc_read_state(&call, &s), NVT_OK);
    assert_true(nvt_span_eq(s.status, NVT_LIT("ok")));
    assert_true(nvt_span_eq(s.operator_journey_id, NVT_LIT("J-1")));
    assert_true(nvt_span_eq(s.created_at, NVT_LIT("T")));
    assert_int_equal(s.fraud_labels.len + s.anomaly_details.len + s.terms_details.len, 0);
    answer =
        STATE ",\"journey_id\":12,\"fraud_error_labels\":[\"interoperator_overlap\"],"
              "\"anomaly_error_details\":[{\"label\":\"temporal_overlap_anomaly\",\"metas\":{}}],"
              "\"terms_violation_details\":[\"expired\",\"distance_too_short\"],\"new\":{}}";
    assert_int_equal(nvt_rpc_read_state(&call, &s), NVT_OK);
    assert_true(nvt_span_eq(s.fraud_labels, NVT_LIT("[\"interoperator_overlap\"]")));
    assert_true(nvt_span_eq(s.terms_details, NVT_LIT("[\"expired\",\"distance_too_short\"]")));
    assert_true(nvt_span_eq(s.anomaly_details,
                            NVT_LIT("[{\"label\":\"temporal_overlap_anomaly\",\"metas\":{}}]")));
    answer = STATE ",\"fraud_error_labels\":[{\"label\":\"interoperator_overlap\"}],"
                   "\"anomaly_error_details\":[],\"terms_violation_details\":null}";
    assert_int_equal(nvt_rpc_read_state(&call, &s), NVT_OK);
    assert_true(nvt_span_eq(s.fraud_labels, NVT_LIT("[{\"label\":\"interoperator_overlap\"}]")));
    assert_true(nvt_span_eq(s.anomaly_details, NVT_LIT("[]")));
    assert_int_equal(s.terms_details.len, 0);
}

static void test_bad_state(void **state)
{
    static const char *const bad[] = {
        "",
        "[]",
        "{\"status\":\"ok\",\"operator_journey_id\":\"J-1\"}",
        "{\"status\":1,\"operator_journey_id\":\"J-1\",\"created_at\":\"T\"}",
        STATE ",\"fraud_error_labels\":\"x\"}",
        STATE ",\"fraud_error_labels\":{\"label\":\"x\"}}",
        STATE ",\"fraud_error_labels\":[1]}",
        STATE ",\"fraud_error_labels\":[\"a\",{\"name\":\"x\"}]}",
        STATE ",\"anomaly_error_details\":[{\"label\":null}]}",
        STATE ",\"terms_violation_details\":[[]]}",
    };
    struct nvt_rpc_state s;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        answer = bad[i];
        assert_int_equal(nvt_rpc_read_state(&call, &s), NVT_E_ANSWER);
    }
}

static void test_label(void **state)
{
    struct nvt_json doc;
    struct nvt_json_iter it = {0, 0, false};
    struct nvt_span name;
    struct nvt_span label;
    nvt_json_node node = 0;
    unsigned count = 0;
    (void)state;
    answer = "[\"expired\",{\"metas\":{},\"label\":\"expired\"}]";
    assert_int_equal(nvt_call_json(&call, &doc), NVT_OK);
    while (nvt_json_next(&doc, 0, &it, &name, &node)) {
        assert_int_equal(nvt_rpc_label(&doc, node, &label), NVT_OK);
        assert_true(nvt_span_eq(label, NVT_LIT("expired")));
        count++;
    }
    assert_int_equal(count, 2);
    assert_int_equal(nvt_rpc_label(&doc, 0, &label), NVT_E_ANSWER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_profile),   cmocka_unit_test(test_send),
        cmocka_unit_test(test_ids),       cmocka_unit_test(test_update),
        cmocka_unit_test(test_cancel),    cmocka_unit_test(test_list),
        cmocka_unit_test(test_receipt),   cmocka_unit_test(test_state),
        cmocka_unit_test(test_bad_state), cmocka_unit_test(test_label),
        cmocka_unit_test(test_pages),     cmocka_unit_test(test_last_page),
        cmocka_unit_test(test_bad_page),  cmocka_unit_test(test_terms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
