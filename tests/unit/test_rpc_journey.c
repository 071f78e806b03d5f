/* SPDX-License-Identifier: Apache-2.0 */
/* Journeys as structs: every bound at its edge. */
#include "rpc_sample.h"

/* ---- numbers at their edges ---- */

static void u32_edges(struct sample *s, uint32_t *at, uint32_t min, uint32_t max, const char *field)
{
    const uint32_t old = *at;
    *at = min;
    expect(s, NVT_RPC_V3, NVT_OK, "");
    *at = max;
    expect(s, NVT_RPC_V3, NVT_OK, "");
    *at = max + 1U;
    expect(s, NVT_RPC_V3, NVT_E_FIELD_RANGE, field);
    *at = UINT32_MAX;
    expect(s, NVT_RPC_V3, NVT_E_FIELD_RANGE, field);
    if (min > 0U) {
        *at = min - 1U;
        expect(s, NVT_RPC_V3, NVT_E_FIELD_RANGE, field);
    }
    *at = old;
}

static void test_numbers(void **state)
{
    struct sample s;
    (void)state;
    sample_init(&s);
    u32_edges(&s, &s.j.distance_m, 1, 1000000, "distance");
    u32_edges(&s, &s.j.driver_revenue, 0, 1000000, "driver.revenue");
    u32_edges(&s, &s.j.passenger_contribution, 0, 1000000, "passenger.contribution");
    u32_edges(&s, &s.incentive[0].amount, 0, 100000, "incentives[0].amount");
    u32_edges(&s, &s.incentive[1].amount, 0, 100000, "incentives[1].amount");
    u32_edges(&s, &s.payment[0].amount, 0, 100000, "passenger.payments[0].amount");
}

static void test_small_numbers(void **state)
{
    struct sample s;
    (void)state;
    sample_init(&s);
    s.incentive[1].index = 19;
    s.payment[0].index = 19;
    s.j.passenger_seats = 8;
    expect(&s, NVT_RPC_V3, NVT_OK, "");
    s.j.passenger_seats = 9;
    expect(&s, NVT_RPC_V3, NVT_E_FIELD_RANGE, "passenger.seats");
    s.j.passenger_seats = 1;
    s.incentive[1].index = 20;
    expect(&s, NVT_RPC_V3, NVT_E_FIELD_RANGE, "incentives[1].index");
    s.incentive[1].index = 0;
    s.payment[0].index = 255;
    expect(&s, NVT_RPC_V3, NVT_E_FIELD_RANGE, "passenger.payments[0].index");
}

static void e7_edges(struct sample *s, int32_t *at, int32_t max, const char *field)
{
    const int32_t old = *at;
    *at = max;
    expect(s, NVT_RPC_V3, NVT_OK, "");
    *at = -max;
    expect(s, NVT_RPC_V3, NVT_OK, "");
    *at = max + 1;
    expect(s, NVT_RPC_V3, NVT_E_FIELD_RANGE, field);
    *at = -max - 1;
    expect(s, NVT_RPC_V3, NVT_E_FIELD_RANGE, field);
    *at = INT32_MIN;
    expect(s, NVT_RPC_V3, NVT_E_FIELD_RANGE, field);
    *at = old;
}

static void test_coordinates(void **state)
{
    struct sample s;
    (void)state;
    sample_init(&s);
    e7_edges(&s, &s.j.start.lat_e7, 900000000, "start.lat");
    e7_edges(&s, &s.j.start.lon_e7, 1800000000, "start.lon");
    e7_edges(&s, &s.j.end.lat_e7, 900000000, "end.lat");
    e7_edges(&s, &s.j.end.lon_e7, 1800000000, "end.lon");
}

static void test_lists(void **state)
{
    struct sample s;
    (void)state;
    sample_init(&s);
    s.j.incentive_count = 20;
    s.j.payment_count = 20;
    expect(&s, NVT_RPC_V3, NVT_OK, "");
    s.incentive[19].siret = NVT_LIT("x");
    expect(&s, NVT_RPC_V3, NVT_E_FIELD_LENGTH, "incentives[19].siret");
    s.j.incentive_count = 21;
    expect(&s, NVT_RPC_V3, NVT_E_FIELD_COUNT, "incentives");
    s.j.incentive_count = 19;
    s.j.payment_count = 21;
    expect(&s, NVT_RPC_V3, NVT_E_FIELD_COUNT, "passenger.payments");
    s.j.payment_count = (size_t)-1;
    expect(&s, NVT_RPC_V3, NVT_E_FIELD_COUNT, "passenger.payments");
    s.j.payment_count = 1;
    s.j.payments = NULL;
    expect(&s, NVT_RPC_V3, NVT_E_ARG, "passenger.payments");
    s.j.payment_count = 0;
    s.j.incentives = NULL;
    s.j.incentive_count = 0;
    expect(&s, NVT_RPC_V3, NVT_OK, "");
}

/* ---- texts at their edges ---- */

static void text_edges(struct sample *s, struct nvt_span *at, size_t max, bool required,
                       const char *field)
{
    const struct nvt_span old = *at;
    char *most = repeated("a", max);
    char *over = repeated("a", max + 1U);
    char *accents = repeated("é", max); /* two bytes a character */
    char *cars = repeated("\xF0\x9F\x9A\x97", max + 1U);
    *at = NVT_LIT("a");
    expect(s, NVT_RPC_V3, NVT_OK, "");
    *at = nvt_span_str(most);
    expect(s, NVT_RPC_V3, NVT_OK, "");
    *at = nvt_span_str(accents);
    expect(s, NVT_RPC_V3, NVT_OK, "");
    *at = nvt_span_str(over);
    expect(s, NVT_RPC_V3, NVT_E_FIELD_LENGTH, field);
    *at = nvt_span_str(cars);
    expect(s, NVT_RPC_V3, NVT_E_FIELD_LENGTH, field);
    *at = nvt_span_of(cars, max * 4U);
    expect(s, NVT_RPC_V3, NVT_OK, "");
    *at = NVT_LIT("\xC3");
    expect(s, NVT_RPC_V3, NVT_E_UTF8, field);
    *at = NVT_LIT("");
    expect(s, NVT_RPC_V3, required ? NVT_E_FIELD_MISSING : NVT_OK, required ? field : "");
    *at = old;
    free(most);
    free(over);
    free(accents);
    free(cars);
}

static void test_texts(void **state)
{
    struct sample s;
    (void)state;
    sample_init(&s);
    text_edges(&s, &s.j.operator_journey_id, 256, true, "operator_journey_id");
    text_edges(&s, &s.j.operator_trip_id, 256, true, "operator_trip_id");
    text_edges(&s, &s.j.licence_plate, 32, false, "licence_plate");
    text_edges(&s, &s.j.driver.operator_user_id, 256, true, "driver.identity.operator_user_id");
    text_edges(&s, &s.j.passenger.operator_user_id, 256, true,
               "passenger.identity.operator_user_id");
    text_edges(&s, &s.j.passenger.travel_pass_user_id, 128, false,
               "passenger.identity.travel_pass.user_id");
    text_edges(&s, &s.payment[0].type, 256, true, "passenger.payments[0].type");
}

static void form_of(struct sample *s, struct nvt_span *at, const char *text, nvt_err err,
                    const char *field)
{
    const struct nvt_span old = *at;
    *at = exact(text, strlen(text));
    expect(s, NVT_RPC_V3, err, err == NVT_OK ? "" : field);
    exact_free(*at);
    *at = old;
}

static void test_siret(void **state)
{
    struct sample s;
    (void)state;
    sample_init(&s);
    const char *f = "incentives[1].siret";
    struct nvt_span *at = &s.incentive[1].siret;
    form_of(&s, at, "00000000000000", NVT_OK, f);
    form_of(&s, at, "99999999999999", NVT_OK, f);
    form_of(&s, at, "1234567890123", NVT_E_FIELD_LENGTH, f);
    form_of(&s, at, "123456789012345", NVT_E_FIELD_LENGTH, f);
    form_of(&s, at, "1234567890123/", NVT_E_FIELD_FORMAT, f);
    form_of(&s, at, ":2345678901234", NVT_E_FIELD_FORMAT, f);
    form_of(&s, at, "110 001 013 00", NVT_E_FIELD_FORMAT, f);
    form_of(&s, at, "", NVT_E_FIELD_MISSING, f);
    form_of(&s, &s.payment[0].siret, "x2345678901234", NVT_E_FIELD_FORMAT,
            "passenger.payments[0].siret");
}

static void test_identity_key_form(void **state)
{
    struct sample s;
    (void)state;
    sample_init(&s);
    const char *f = "driver.identity.identity_key";
    struct nvt_span *at = &s.j.driver.identity_key;
    char key[66] = SAMPLE_KEY;
    form_of(&s, at, key, NVT_OK, f);
    static const char bad[] = "/:`gAFG@";
    for (size_t i = 0; bad[i] != '\0'; i++) {
        key[63] = bad[i];
        form_of(&s, at, key, NVT_E_FIELD_FORMAT, f);
    }
    key[63] = '\0';
    form_of(&s, at, key, NVT_E_FIELD_LENGTH, f);
    form_of(&s, at, SAMPLE_KEY "0", NVT_E_FIELD_LENGTH, f);
    form_of(&s, at, "", NVT_E_FIELD_MISSING, f);
    form_of(&s, &s.j.passenger.identity_key, "", NVT_E_FIELD_MISSING,
            "passenger.identity.identity_key");
}

static void test_phones(void **state)
{
    struct sample s;
    (void)state;
    sample_init(&s);
    const char *f = "driver.identity.phone_trunc";
    struct nvt_span *at = &s.j.driver.phone_trunc;
    form_of(&s, at, "+336010", NVT_E_FIELD_PHONE, f);
    form_of(&s, at, "+6871234", NVT_OK, f);
    form_of(&s, at, "+1234567890123", NVT_OK, f);
    form_of(&s, at, "+12345678901234", NVT_E_FIELD_PHONE, f);
    form_of(&s, at, "+12345678901234567890", NVT_E_FIELD_PHONE, f);
    form_of(&s, at, "0336010203", NVT_E_FIELD_WHOLE_PHONE, f);
    form_of(&s, at, "+036010203", NVT_E_FIELD_PHONE, f);
    form_of(&s, at, "+33 601020", NVT_E_FIELD_PHONE, f);
    form_of(&s, at, "+33601020x", NVT_E_FIELD_PHONE, f);
    f = "driver.identity.phone";
    at = &s.j.driver.phone;
    form_of(&s, at, "+33601020", NVT_E_FIELD_PHONE, f);
    form_of(&s, at, "+687123456", NVT_OK, f);
    form_of(&s, at, "+123456789012345", NVT_OK, f);
    form_of(&s, at, "+1234567890123456", NVT_E_FIELD_PHONE, f);
    form_of(&s, at, "+12345678901234567890", NVT_E_FIELD_PHONE, f);
    form_of(&s, at, "0601020304", NVT_E_FIELD_PHONE, f);
}

static void test_one_phone(void **state)
{
    struct sample s;
    (void)state;
    sample_init(&s);
    s.j.driver.phone_trunc.len = 0;
    expect(&s, NVT_RPC_V3, NVT_OK, "");
    s.j.driver.operator_user_id.len = 0;
    expect(&s, NVT_RPC_V3, NVT_E_FIELD_MISSING, "driver.identity.operator_user_id");
    s.j.driver.operator_user_id = NVT_LIT("u");
    s.j.driver.phone.len = 0;
    expect(&s, NVT_RPC_V3, NVT_E_FIELD_MISSING, "driver.identity.phone_trunc");
}

static void test_class(void **state)
{
    struct sample s;
    (void)state;
    sample_init(&s);
    for (int c = 0; c < 256; c++) {
        s.j.operator_class = (char)c;
        bool ok = c == 'A' || c == 'B' || c == 'C';
        expect(&s, NVT_RPC_V3, ok ? NVT_OK : NVT_E_FIELD_FORMAT, ok ? "" : "operator_class");
    }
}

static void test_adult(void **state)
{
    struct sample s;
    (void)state;
    sample_init(&s);
    for (int a = NVT_RPC_ADULT_ABSENT; a <= NVT_RPC_ADULT_NULL; a++) {
        s.j.passenger.over_18 = (enum nvt_rpc_adult)a;
        expect(&s, NVT_RPC_V3, NVT_OK, "");
    }
    s.j.passenger.over_18 = (enum nvt_rpc_adult)(NVT_RPC_ADULT_NULL + 1);
    expect(&s, NVT_RPC_V3, NVT_E_FIELD_RANGE, "passenger.identity.over_18");
}

/* ---- times ---- */

static void expect_at(const struct sample *s, int64_t now_s, nvt_err err)
{
    struct nvt_failure failure;
    assert_int_equal(nvt_rpc_journey_check(&s->j, NVT_RPC_V3, now_s, &failure), err);
    assert_string_equal(failure.field, err == NVT_OK ? "" : "end.datetime");
}

static void test_times(void **state)
{
    struct sample s;
    (void)state;
    sample_init(&s);
    expect_at(&s, SAMPLE_END - 1, NVT_E_FIELD_FUTURE);
    expect_at(&s, SAMPLE_END, NVT_OK);
    expect_at(&s, SAMPLE_END + 1, NVT_OK);
    expect_at(&s, 1, NVT_E_FIELD_FUTURE);
    s.j.end.time_s = SAMPLE_START;
    expect_at(&s, 0, NVT_OK);
    s.j.end.time_s = SAMPLE_START - 1;
    expect_at(&s, 0, NVT_E_FIELD_ORDER);
    s.j.end.time_s = 253402300799;
    expect(&s, NVT_RPC_V3, NVT_OK, "");
    s.j.end.time_s = 253402300800;
    expect(&s, NVT_RPC_V3, NVT_E_FIELD_RANGE, "end.datetime");
    s.j.start.time_s = -1;
    expect(&s, NVT_RPC_V3, NVT_E_FIELD_RANGE, "start.datetime");
    s.j.start.time_s = INT64_MIN;
    expect(&s, NVT_RPC_V3, NVT_E_FIELD_RANGE, "start.datetime");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_small_numbers),
        cmocka_unit_test(test_coordinates),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_siret),
        cmocka_unit_test(test_identity_key_form),
        cmocka_unit_test(test_phones),
        cmocka_unit_test(test_one_phone),
        cmocka_unit_test(test_class),
        cmocka_unit_test(test_adult),
        cmocka_unit_test(test_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
