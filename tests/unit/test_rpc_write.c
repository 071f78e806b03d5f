/* SPDX-License-Identifier: Apache-2.0 */
/* Journeys as structs: the texts written. */
#include "rpc_sample.h"

#include <stdio.h>

static void written(const struct sample *s, enum nvt_rpc_version version, const char *json)
{
    char text[NVT_RPC_BODY_MAX];
    struct nvt_buf b;
    struct nvt_failure failure;
    nvt_buf_init(&b, text, sizeof text - 1U);
    assert_int_equal(nvt_rpc_journey_write(&s->j, version, 0, &b, &failure), NVT_OK);
    text[b.len] = '\0';
    assert_string_equal(text, json);
    assert_int_equal(failure.err, NVT_OK);
}

/* ---- golden texts ---- */

static void test_v3_text(void **state)
{
    struct sample s;
    (void)state;
    sample_init(&s);
    written(&s, NVT_RPC_V3, SAMPLE_V3);
}

static void test_v3_least(void **state)
{
    struct sample s;
    (void)state;
    sample_init(&s);
    s.j.licence_plate.len = 0;
    s.j.passenger_seats = 0;
    s.j.incentive_count = 0;
    s.j.payment_count = 0;
    s.j.driver.phone.len = 0;
    s.j.passenger.over_18 = NVT_RPC_ADULT_ABSENT;
    s.j.passenger.travel_pass_user_id.len = 0;
    s.j.driver.firstname = NVT_LIT("not sent in v3");
    written(
        &s, NVT_RPC_V3,
        "{\"operator_journey_id\":\"J-1\",\"operator_trip_id\":\"T-1\",\"operator_class\":\"C\","
        "\"incentives\":[],\"start\":{\"datetime\":\"2025-06-02T12:00:00Z\",\"lat\":48.856614,"
        "\"lon\":2.352222},\"end\":{\"datetime\":\"2025-06-02T12:30:00Z\",\"lat\":-20.9,"
        "\"lon\":55.45},\"distance\":12000,\"driver\":{\"identity\":{\"phone_trunc\":"
        "\"+336010203\",\"operator_user_id\":\"U-1\",\"identity_key\":\"" SAMPLE_KEY
        "\"},\"revenue\":550},\"passenger\":{\"identity\":{\"phone_trunc\":\"+336010203\","
        "\"operator_user_id\":\"U-2\",\"identity_key\":\"" SAMPLE_KEY "\"},\"contribution\":150}}");
}

#define POINTS                                                                                     \
    "\"start\":{\"datetime\":\"2025-06-02T12:00:00Z\",\"lat\":48.856614,\"lon\":2.352222},"        \
    "\"end\":{\"datetime\":\"2025-06-02T12:30:00Z\",\"lat\":-20.9,\"lon\":55.45},"                 \
    "\"distance\":12000"

static void test_update_text(void **state)
{
    struct sample s;
    (void)state;
    sample_init(&s);
    s.j.incentive_count = 0;
    s.j.driver_revenue = 2000000; /* not part of it, so not looked at */
    written(&s, NVT_RPC_UPDATE,
            "{\"operator_trip_id\":\"T-1\",\"operator_class\":\"C\",\"incentives\":[]," POINTS "}");
    s.j.operator_trip_id.len = 0;
    written(&s, NVT_RPC_UPDATE, "{\"operator_class\":\"C\",\"incentives\":[]," POINTS "}");
    s.j.distance_m = 0;
    expect(&s, NVT_RPC_UPDATE, NVT_E_FIELD_RANGE, "distance");
}

static void test_escapes(void **state)
{
    struct sample s;
    struct nvt_json_tok pool[NVT_RPC_TOKENS_MAX];
    uint8_t text[2048];
    struct nvt_buf b;
    (void)state;
    sample_init(&s);
    s.j.operator_journey_id = NVT_LIT("\"\\\x01\x1F\n/\xE2\x80\xA8\xF0\x9F\x9A\x97");
    nvt_buf_init(&b, text, sizeof text);
    assert_int_equal(nvt_rpc_journey_write(&s.j, NVT_RPC_V3, 0, &b, NULL), NVT_OK);
    struct nvt_json doc;
    assert_int_equal(nvt_json_parse(&doc, nvt_buf_span(&b), pool, NVT_RPC_TOKENS_MAX), NVT_OK);
    nvt_json_node node = 0;
    uint8_t back[64];
    struct nvt_buf id;
    nvt_buf_init(&id, back, sizeof back);
    assert_int_equal(nvt_json_find(&doc, 0, "operator_journey_id", &node), NVT_OK);
    assert_int_equal(nvt_json_get_str(&doc, node, &id), NVT_OK);
    assert_true(nvt_span_eq(nvt_buf_span(&id), s.j.operator_journey_id));
}

static void test_space(void **state)
{
    struct sample s;
    uint8_t text[sizeof SAMPLE_V3];
    struct nvt_failure failure;
    (void)state;
    sample_init(&s);
    for (size_t cap = 0; cap < sizeof SAMPLE_V3 - 1U; cap++) {
        struct nvt_buf b;
        nvt_buf_init(&b, text, cap);
        assert_int_equal(nvt_rpc_journey_write(&s.j, NVT_RPC_V3, 0, &b, &failure), NVT_E_SPACE);
        assert_int_equal(failure.err, NVT_E_SPACE);
    }
    struct nvt_buf b;
    nvt_buf_init(&b, text, sizeof SAMPLE_V3 - 1U);
    assert_int_equal(nvt_rpc_journey_write(&s.j, NVT_RPC_V3, 0, &b, &failure), NVT_OK);
}

static void test_nothing_written_when_refused(void **state)
{
    struct sample s;
    uint8_t text[4096];
    struct nvt_buf b;
    struct nvt_failure failure;
    (void)state;
    sample_init(&s);
    s.payment[0].siret = NVT_LIT("1");
    nvt_buf_init(&b, text, sizeof text);
    assert_int_equal(nvt_rpc_journey_write(&s.j, NVT_RPC_V3, 0, &b, &failure), NVT_E_FIELD_LENGTH);
    assert_string_equal(failure.field, "passenger.payments[0].siret");
    assert_int_equal(b.len, 0);
}

/* ---- coordinates ---- */

static void lat_text(int32_t e7, const char *text)
{
    struct sample s;
    char json[2048];
    char wanted[64];
    struct nvt_buf b;
    sample_init(&s);
    s.j.start.lat_e7 = e7;
    nvt_buf_init(&b, json, sizeof json - 1U);
    assert_int_equal(nvt_rpc_journey_write(&s.j, NVT_RPC_V3, 0, &b, NULL), NVT_OK);
    json[b.len] = '\0';
    (void)snprintf(wanted, sizeof wanted, "\"lat\":%s,\"lon\"", text);
    assert_non_null(strstr(json, wanted));
}

static void test_coordinate_text(void **state)
{
    (void)state;
    lat_text(0, "0");
    lat_text(1, "0");
    lat_text(-5, "0");
    lat_text(9, "0");
    lat_text(-9, "0");
    lat_text(10, "0.000001");
    lat_text(-10, "-0.000001");
    lat_text(14, "0.000001");
    lat_text(15, "0.000002");
    lat_text(-15, "-0.000002");
    lat_text(-14, "-0.000001");
    lat_text(488566144, "48.856614");
    lat_text(488566145, "48.856615");
    lat_text(-488566145, "-48.856615");
    lat_text(100000000, "10");
    lat_text(900000000, "90");
    lat_text(899999999, "90");
    lat_text(-900000000, "-90");
    lat_text(5000000, "0.5");
}

/* ---- the sizes that the header promises ---- */

static void test_largest(void **state)
{
    struct sample s;
    struct nvt_json_tok pool[NVT_RPC_TOKENS_MAX];
    uint8_t text[NVT_RPC_BODY_MAX];
    struct nvt_buf b;
    struct nvt_json doc;
    char *a = repeated("a", 256);
    (void)state;
    sample_init(&s);
    struct nvt_span longest = nvt_span_str(a);
    s.j.operator_journey_id = longest;
    s.j.operator_trip_id = longest;
    s.j.licence_plate = nvt_span_of(a, 32U);
    s.j.driver.operator_user_id = longest;
    s.j.passenger.operator_user_id = longest;
    s.j.driver.travel_pass_user_id = nvt_span_of(a, 128U);
    s.j.passenger.travel_pass_user_id = nvt_span_of(a, 128U);
    s.j.passenger.phone = NVT_LIT("+33601020304");
    s.j.driver.over_18 = NVT_RPC_ADULT_NO;
    s.j.incentive_count = 20;
    s.j.payment_count = 20;
    for (unsigned i = 0; i < 20U; i++) {
        s.incentive[i].amount = 100000;
        s.payment[i].amount = 100000;
        s.payment[i].type = longest;
    }
    nvt_buf_init(&b, text, sizeof text);
    assert_int_equal(nvt_rpc_journey_write(&s.j, NVT_RPC_V3, 0, &b, NULL), NVT_OK);
    assert_int_equal(nvt_json_parse(&doc, nvt_buf_span(&b), pool, NVT_RPC_TOKENS_MAX), NVT_OK);
    print_message("largest ASCII body %zu bytes, %u tokens\n", b.len, (unsigned)doc.count);
    nvt_buf_init(&b, text, sizeof text);
    sample_init(&s);
    assert_int_equal(nvt_rpc_journey_write(&s.j, NVT_RPC_V3, 0, &b, NULL), NVT_OK);
    print_message("sample body %zu bytes\n", b.len);
    free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_v3_text),         cmocka_unit_test(test_v3_least),
        cmocka_unit_test(test_update_text),     cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_space),           cmocka_unit_test(test_nothing_written_when_refused),
        cmocka_unit_test(test_coordinate_text), cmocka_unit_test(test_largest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
