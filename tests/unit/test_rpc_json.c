/* SPDX-License-Identifier: Apache-2.0 */
/* Journeys that are JSON already: one change each to a good one, and parity with the struct check.
 */
#include "rpc_sample.h"

#define POOL (NVT_RPC_TOKENS_MAX + 64)

static nvt_err check(struct nvt_span json, int64_t now_s, struct nvt_failure *failure)
{
    static struct nvt_json_tok pool[POOL];
    (void)memset(failure, 0x5A, sizeof *failure);
    nvt_err err = nvt_rpc_json_check(json, pool, POOL, now_s, failure);
    assert_int_equal(failure->err, err);
    assert_int_equal(nvt_rpc_json_check(json, pool, POOL, now_s, NULL), err);
    return err;
}

static void expect_text(const char *text, nvt_err err, const char *field)
{
    struct nvt_failure failure;
    struct nvt_span json = exact(text, strlen(text));
    assert_string_equal(nvt_err_name(check(json, 0, &failure)), nvt_err_name(err));
    assert_string_equal(failure.field, field);
    exact_free(json);
}

/* The sample with the n-th old replaced by new. */
static char *changed(const char *old, unsigned nth, const char *new)
{
    char *text = (char *)malloc(sizeof SAMPLE_V3 + strlen(new));
    const char *at = SAMPLE_V3;
    assert_non_null(text);
    for (unsigned i = 0; at != NULL && i <= nth; i++) {
        at = strstr(i == 0U ? at : at + 1, old);
    }
    assert_non_null(at);
    size_t head = (size_t)(at - SAMPLE_V3);
    (void)memcpy(text, SAMPLE_V3, head);
    (void)strcpy(text + head, new);
    (void)strcat(text, at + strlen(old));
    return text;
}

struct change {
    const char *old;
    unsigned nth;
    const char *new;
    nvt_err err;
    const char *field;
};

static void expect_changes(const struct change *c, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char *text = changed(c[i].old, c[i].nth, c[i].new);
        struct nvt_failure failure;
        struct nvt_span json = exact(text, strlen(text));
        nvt_err err = check(json, 0, &failure);
        if (err != c[i].err || strcmp(failure.field, c[i].field) != 0) {
            fail_msg("%s -> %s: %s at %s, not %s at %s", c[i].old, c[i].new, nvt_err_name(err),
                     failure.field, nvt_err_name(c[i].err), c[i].field);
        }
        exact_free(json);
        free(text);
    }
}
#define EXPECT_CHANGES(c) expect_changes((c), sizeof(c) / sizeof((c)[0]))

static void test_sample(void **state)
{
    (void)state;
    expect_text(SAMPLE_V3, NVT_OK, "");
    expect_text(" \t\r\n" SAMPLE_V3 " \n", NVT_OK, "");
}

static void test_missing(void **state)
{
    static const struct change c[] = {
        {"\"operator_journey_id\":\"J-1\",", 0, "", NVT_E_FIELD_MISSING, "operator_journey_id"},
        {"\"operator_trip_id\":\"T-1\",", 0, "", NVT_E_FIELD_MISSING, "operator_trip_id"},
        {"\"operator_class\":\"C\",", 0, "", NVT_E_FIELD_MISSING, "operator_class"},
        {"\"distance\":12000,", 0, "", NVT_E_FIELD_MISSING, "distance"},
        {"\"licence_plate\":\"AA-123-BB\",", 0, "", NVT_OK, ""},
        {"\"start\":{\"datetime\":\"2025-06-02T12:00:00Z\",\"lat\":48.856614,\"lon\":2.352222},", 0,
         "", NVT_E_FIELD_MISSING, "start"},
        {"\"end\":{\"datetime\":\"2025-06-02T12:30:00Z\",\"lat\":-20.9,\"lon\":55.45},", 0, "",
         NVT_E_FIELD_MISSING, "end"},
        {"\"datetime\":\"2025-06-02T12:00:00Z\",", 0, "", NVT_E_FIELD_MISSING, "start.datetime"},
        {"\"lat\":48.856614,", 0, "", NVT_E_FIELD_MISSING, "start.lat"},
        {",\"lon\":55.45", 0, "", NVT_E_FIELD_MISSING, "end.lon"},
        {"\"index\":0,", 0, "", NVT_E_FIELD_MISSING, "incentives[0].index"},
        {"\"amount\":101,", 0, "", NVT_E_FIELD_MISSING, "incentives[1].amount"},
        {",\"siret\":\"11000101300017\"", 1, "", NVT_E_FIELD_MISSING, "incentives[1].siret"},
        {"\"index\":0,", 1, "", NVT_E_FIELD_MISSING, "passenger.payments[0].index"},
        {"\"siret\":\"22000202400028\",", 0, "", NVT_E_FIELD_MISSING,
         "passenger.payments[0].siret"},
        {"\"type\":\"card\",", 0, "", NVT_E_FIELD_MISSING, "passenger.payments[0].type"},
        {",\"amount\":75", 0, "", NVT_E_FIELD_MISSING, "passenger.payments[0].amount"},
        {",\"revenue\":550", 0, "", NVT_E_FIELD_MISSING, "driver.revenue"},
        {"\"contribution\":150,", 0, "", NVT_E_FIELD_MISSING, "passenger.contribution"},
        {"\"seats\":2,", 0, "", NVT_OK, ""},
        {"\"operator_user_id\":\"U-1\",", 0, "", NVT_E_FIELD_MISSING,
         "driver.identity.operator_user_id"},
        {",\"identity_key\":\"" SAMPLE_KEY "\"", 0, "", NVT_E_FIELD_MISSING,
         "driver.identity.identity_key"},
        {"\"phone_trunc\":\"+336010203\",", 0, "", NVT_OK, ""},
        {"\"phone\":\"+33601020304\",", 0, "", NVT_OK, ""},
        {"\"phone_trunc\":\"+336010203\",", 1, "", NVT_E_FIELD_MISSING,
         "passenger.identity.phone_trunc"},
        {"\"over_18\":true,", 0, "", NVT_OK, ""},
        {"\"name\":\"navigo\",", 0, "", NVT_E_FIELD_MISSING, "passenger.identity.travel_pass.name"},
        {",\"user_id\":\"N-9\"", 0, "", NVT_E_FIELD_MISSING,
         "passenger.identity.travel_pass.user_id"},
        {",\"travel_pass\":{\"name\":\"navigo\",\"user_id\":\"N-9\"}", 0, "", NVT_OK, ""},
        {"{\"name\":\"navigo\",\"user_id\":\"N-9\"}", 0, "{}", NVT_E_FIELD_MISSING,
         "passenger.identity.travel_pass.name"},
    };
    (void)state;
    EXPECT_CHANGES(c);
    expect_text("{}", NVT_E_FIELD_MISSING, "operator_journey_id");
}

static void test_unknown(void **state)
{
    static const struct change c[] = {
        {"{\"operator_j", 0, "{\"x\":1,\"operator_j", NVT_E_FIELD_UNKNOWN, "x"},
        {"\"distance\"", 0, "\"Distance\"", NVT_E_FIELD_UNKNOWN, "Distance"},
        {"\"distance\"", 0, "\"distanc\\u0065\"", NVT_E_FIELD_UNKNOWN, "distanc\\u0065"},
        {"\"distance\"", 0, "\"\":0,\"distance\"", NVT_E_FIELD_UNKNOWN, ""},
        {"\"lat\":48", 0, "\"alt\":2,\"lat\":48", NVT_E_FIELD_UNKNOWN, "start.alt"},
        {"\"index\":1", 0, "\"x\":null,\"index\":1", NVT_E_FIELD_UNKNOWN, "incentives[1].x"},
        {"\"type\"", 0, "\"typ\":0,\"type\"", NVT_E_FIELD_UNKNOWN, "passenger.payments[0].typ"},
        {"\"revenue\"", 0, "\"seats\":1,\"revenue\"", NVT_E_FIELD_UNKNOWN, "driver.seats"},
        {"\"contribution\"", 0, "\"revenue\":1,\"contribution\"", NVT_E_FIELD_UNKNOWN,
         "passenger.revenue"},
        {"{\"name\"", 0, "{\"x\":[[{}]],\"name\"", NVT_E_FIELD_UNKNOWN,
         "passenger.identity.travel_pass.x"},
        {"{\"phone_trunc\"", 0, "{\"application_timestamp\":\"x\",\"phone_trunc\"",
         NVT_E_FIELD_UNKNOWN, "driver.identity.application_timestamp"},
        {"{\"phone_trunc\"", 1, "{\"driving_license\":\"051227308989\",\"phone_trunc\"",
         NVT_E_FIELD_UNKNOWN, "passenger.identity.driving_license"},
        {"\"phone\"", 0,
         "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xC3\xA9 too long\":1,\"phone\"",
         NVT_E_FIELD_UNKNOWN, "driver.identity.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
        {"\"phone\"", 0,
         "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xC3\xA9 too long\":1,\"phone\"",
         NVT_E_FIELD_UNKNOWN,
         "driver.identity.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xC3\xA9"},
        {"{\"phone_trunc\"", 0, "{\"firstname\":\"Zoé\",\"lastname\":\"B\",\"phone_trunc\"", NVT_OK,
         ""},
        {"{\"phone_trunc\"", 1, "{\"email\":\"a@b\",\"company\":\"B\",\"phone_trunc\"", NVT_OK, ""},
        {"\"distance\"", 0, "\"incentive_counterparts\":[{\"a\":[1,{}]}],\"distance\"", NVT_OK, ""},
        {"\"distance\"", 0, "\"incentive_counterparts\":null,\"distance\"", NVT_OK, ""},
    };
    (void)state;
    EXPECT_CHANGES(c);
}

static void test_types(void **state)
{
    static const struct change c[] = {
        {"\"J-1\"", 0, "1", NVT_E_FIELD_TYPE, "operator_journey_id"},
        {"\"T-1\"", 0, "null", NVT_E_FIELD_TYPE, "operator_trip_id"},
        {"\"C\"", 0, "true", NVT_E_FIELD_TYPE, "operator_class"},
        {"12000", 0, "\"12000\"", NVT_E_FIELD_TYPE, "distance"},
        {"12000", 0, "null", NVT_E_FIELD_TYPE, "distance"},
        {"12000", 0, "[12000]", NVT_E_FIELD_TYPE, "distance"},
        {"\"AA-123-BB\"", 0, "null", NVT_E_FIELD_TYPE, "licence_plate"},
        {"48.856614", 0, "\"48.856614\"", NVT_E_FIELD_TYPE, "start.lat"},
        {"55.45", 0, "false", NVT_E_FIELD_TYPE, "end.lon"},
        {"\"2025-06-02T12:00:00Z\"", 0, "1748865600", NVT_E_FIELD_TYPE, "start.datetime"},
        {"\"11000101300017\"", 0, "11000101300017", NVT_E_FIELD_TYPE, "incentives[0].siret"},
        {"{\"index\":1,\"amount\":101,\"siret\":\"11000101300017\"}", 0, "null", NVT_E_FIELD_TYPE,
         "incentives[1]"},
        {"{\"index\":1,\"amount\":101,\"siret\":\"11000101300017\"}", 0, "[]", NVT_E_FIELD_TYPE,
         "incentives[1]"},
        {"{\"name\":\"navigo\",\"user_id\":\"N-9\"}", 0, "null", NVT_E_FIELD_TYPE,
         "passenger.identity.travel_pass"},
        {"{\"name\":\"navigo\",\"user_id\":\"N-9\"}", 0, "\"navigo\"", NVT_E_FIELD_TYPE,
         "passenger.identity.travel_pass"},
        {"true", 0, "\"true\"", NVT_E_FIELD_TYPE, "passenger.identity.over_18"},
        {"true", 0, "1", NVT_E_FIELD_TYPE, "passenger.identity.over_18"},
        {"true", 0, "null", NVT_OK, ""},
        {"true", 0, "false", NVT_OK, ""},
        {"\"seats\":2", 0, "\"seats\":null", NVT_E_FIELD_TYPE, "passenger.seats"},
        {"\"+33601020304\"", 0, "33601020304", NVT_E_FIELD_TYPE, "driver.identity.phone"},
        {"[{\"index\":0,\"siret\":\"22000202400028\",\"type\":\"card\",\"amount\":75}]", 0, "{}",
         NVT_E_FIELD_TYPE, "passenger.payments"},
        {"[{\"index\":0,\"siret\":\"22000202400028\",\"type\":\"card\",\"amount\":75}]", 0, "null",
         NVT_E_FIELD_TYPE, "passenger.payments"},
        {"[{\"index\":0,\"siret\":\"22000202400028\",\"type\":\"card\",\"amount\":75}]", 0, "[]",
         NVT_OK, ""},
    };
    (void)state;
    EXPECT_CHANGES(c);
    expect_text("[]", NVT_E_FIELD_TYPE, "");
    expect_text("null", NVT_E_FIELD_TYPE, "");
    expect_text("\"{}\"", NVT_E_FIELD_TYPE, "");
}

static void test_duplicates(void **state)
{
    static const struct change c[] = {
        {"\"distance\"", 0, "\"distance\":1,\"distance\"", NVT_E_JSON_DUPLICATE, "distance"},
        {"\"lat\":48", 0, "\"lat\":1,\"lat\":48", NVT_E_JSON_DUPLICATE, "start.lat"},
        {"\"index\":1", 0, "\"index\":1,\"index\":1", NVT_E_JSON_DUPLICATE, "incentives[1].index"},
        {"\"revenue\"", 0, "\"identity\":{},\"revenue\"", NVT_E_JSON_DUPLICATE, "driver.identity"},
        {"\"distance\"", 0, "\"incentive_counterparts\":{\"a\":1,\"a\":2},\"distance\"",
         NVT_E_JSON_DUPLICATE, "incentive_counterparts"},
        {"\"distance\"", 0, "\"incentive_counterparts\":{\"a\":1,\"\\u0061\":2},\"distance\"",
         NVT_E_JSON_DUPLICATE, "incentive_counterparts"},
    };
    (void)state;
    EXPECT_CHANGES(c);
}

static void test_integers(void **state)
{
    static const struct change c[] = {
        {"12000", 0, "0", NVT_E_FIELD_RANGE, "distance"},
        {"12000", 0, "-0", NVT_E_FIELD_RANGE, "distance"},
        {"12000", 0, "-1", NVT_E_FIELD_RANGE, "distance"},
        {"12000", 0, "1", NVT_OK, ""},
        {"12000", 0, "1000000", NVT_OK, ""},
        {"12000", 0, "1000001", NVT_E_FIELD_RANGE, "distance"},
        {"12000", 0, "4294979296", NVT_E_FIELD_RANGE, "distance"},
        {"12000", 0, "18446744073709563616", NVT_E_FIELD_RANGE, "distance"},
        {"12000", 0, "99999999999999999999999999999999999999", NVT_E_FIELD_RANGE, "distance"},
        {"12000", 0, "12000.0", NVT_OK, ""},
        {"12000", 0, "12000.000", NVT_OK, ""},
        {"12000", 0, "12000.5", NVT_E_FIELD_TYPE, "distance"},
        {"12000", 0, "12000.00000000000000001", NVT_E_FIELD_TYPE, "distance"},
        {"12000", 0, "12e3", NVT_E_FIELD_TYPE, "distance"},
        {"12000", 0, "12.0E3", NVT_E_FIELD_TYPE, "distance"},
        {"12000", 0, "12000e0", NVT_E_FIELD_TYPE, "distance"},
        {"\"revenue\":550", 0, "\"revenue\":-0.0", NVT_OK, ""},
        {"\"revenue\":550", 0, "\"revenue\":0", NVT_OK, ""},
        {"\"revenue\":550", 0, "\"revenue\":-1", NVT_E_FIELD_RANGE, "driver.revenue"},
        {"\"revenue\":550", 0, "\"revenue\":1000000", NVT_OK, ""},
        {"\"revenue\":550", 0, "\"revenue\":1000001", NVT_E_FIELD_RANGE, "driver.revenue"},
        {"\"contribution\":150", 0, "\"contribution\":1000001", NVT_E_FIELD_RANGE,
         "passenger.contribution"},
        {"\"seats\":2", 0, "\"seats\":0", NVT_E_FIELD_RANGE, "passenger.seats"},
        {"\"seats\":2", 0, "\"seats\":1", NVT_OK, ""},
        {"\"seats\":2", 0, "\"seats\":8", NVT_OK, ""},
        {"\"seats\":2", 0, "\"seats\":9", NVT_E_FIELD_RANGE, "passenger.seats"},
        {"\"index\":1", 0, "\"index\":19", NVT_OK, ""},
        {"\"index\":1", 0, "\"index\":20", NVT_E_FIELD_RANGE, "incentives[1].index"},
        {"\"index\":1", 0, "\"index\":-1", NVT_E_FIELD_RANGE, "incentives[1].index"},
        {"\"amount\":100", 0, "\"amount\":100000", NVT_OK, ""},
        {"\"amount\":100", 0, "\"amount\":100001", NVT_E_FIELD_RANGE, "incentives[0].amount"},
        {"\"amount\":100", 0, "\"amount\":0.5", NVT_E_FIELD_TYPE, "incentives[0].amount"},
        {"\"amount\":75", 0, "\"amount\":100001", NVT_E_FIELD_RANGE,
         "passenger.payments[0].amount"},
    };
    (void)state;
    EXPECT_CHANGES(c);
}

static void test_coordinates(void **state)
{
    static const struct change c[] = {
        {"48.856614", 0, "90", NVT_OK, ""},
        {"48.856614", 0, "-90", NVT_OK, ""},
        {"48.856614", 0, "90.0", NVT_OK, ""},
        {"48.856614", 0, "90.00000000000001", NVT_E_FIELD_RANGE, "start.lat"},
        {"48.856614", 0, "-90.0000001", NVT_E_FIELD_RANGE, "start.lat"},
        {"48.856614", 0, "91", NVT_E_FIELD_RANGE, "start.lat"},
        {"48.856614", 0, "100", NVT_E_FIELD_RANGE, "start.lat"},
        {"48.856614", 0, "48.85661400000000000000000000000000000000000001", NVT_OK, ""},
        {"48.856614", 0, "9999999999999999999999999999", NVT_E_FIELD_RANGE, "start.lat"},
        {"48.856614", 0, "4.8e1", NVT_E_FIELD_FORMAT, "start.lat"},
        {"48.856614", 0, "48E0", NVT_E_FIELD_FORMAT, "start.lat"},
        {"48.856614", 0, "0", NVT_OK, ""},
        {"48.856614", 0, "-0.0", NVT_OK, ""},
        {"48.856614", 0, "0.00000000000000000000", NVT_OK, ""},
        {"48.856614", 0, "0.000001", NVT_OK, ""},
        {"48.856614", 0, "-0.000001", NVT_OK, ""},
        {"48.856614", 0, "0.0000009", NVT_E_FIELD_FORMAT, "start.lat"},
        {"48.856614", 0, "-0.0000001", NVT_E_FIELD_FORMAT, "start.lat"},
        {"48.856614", 0, "0.00000000000000000001", NVT_E_FIELD_FORMAT, "start.lat"},
        {"55.45", 0, "180", NVT_OK, ""},
        {"55.45", 0, "-180.000", NVT_OK, ""},
        {"55.45", 0, "180.00000000000001", NVT_E_FIELD_RANGE, "end.lon"},
        {"55.45", 0, "-181", NVT_E_FIELD_RANGE, "end.lon"},
        {"55.45", 0, "1e-7", NVT_E_FIELD_FORMAT, "end.lon"},
    };
    (void)state;
    EXPECT_CHANGES(c);
}

static void test_forms(void **state)
{
    static const struct change c[] = {
        {"\"C\"", 0, "\"A\"", NVT_OK, ""},
        {"\"C\"", 0, "\"D\"", NVT_E_FIELD_FORMAT, "operator_class"},
        {"\"C\"", 0, "\"c\"", NVT_E_FIELD_FORMAT, "operator_class"},
        {"\"C\"", 0, "\"\"", NVT_E_FIELD_FORMAT, "operator_class"},
        {"\"C\"", 0, "\"CC\"", NVT_E_FIELD_FORMAT, "operator_class"},
        {"\"C\"", 0, "\"\\u0043\"", NVT_OK, ""},
        {"11000101300017", 1, "1100010130001", NVT_E_FIELD_LENGTH, "incentives[1].siret"},
        {"11000101300017", 1, "110001013000170", NVT_E_FIELD_LENGTH, "incentives[1].siret"},
        {"11000101300017", 1, "1100010130001a", NVT_E_FIELD_FORMAT, "incentives[1].siret"},
        {"11000101300017", 1, "\\u003100010130001\\u0037", NVT_E_FIELD_LENGTH,
         "incentives[1].siret"},
        {"11000101300017", 1, "1\\u003100010130001", NVT_E_FIELD_LENGTH, "incentives[1].siret"},
        {"11000101300017", 1, "1\\u00310001013000\\u00317", NVT_OK, ""},
        {"22000202400028", 0, "", NVT_E_FIELD_LENGTH, "passenger.payments[0].siret"},
        {SAMPLE_KEY, 0, "0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef",
         NVT_E_FIELD_FORMAT, "driver.identity.identity_key"},
        {SAMPLE_KEY, 1, SAMPLE_KEY "0", NVT_E_FIELD_LENGTH, "passenger.identity.identity_key"},
        {SAMPLE_KEY, 1, SAMPLE_KEY SAMPLE_KEY, NVT_E_FIELD_LENGTH,
         "passenger.identity.identity_key"},
        {SAMPLE_KEY, 1, "", NVT_E_FIELD_LENGTH, "passenger.identity.identity_key"},
        {"+336010203\"", 0, "+336010\"", NVT_E_FIELD_LENGTH, "driver.identity.phone_trunc"},
        {"+336010203\"", 0, "+6871234\"", NVT_OK, ""},
        {"+336010203\"", 0, "0336010203\"", NVT_E_FIELD_FORMAT, "driver.identity.phone_trunc"},
        {"+336010203\"", 0, "+336010203040506070809\"", NVT_E_FIELD_LENGTH,
         "driver.identity.phone_trunc"},
        {"+33601020304", 0, "+687123456", NVT_OK, ""},
        {"+33601020304", 0, "+68712345", NVT_E_FIELD_LENGTH, "driver.identity.phone"},
        {"+33601020304", 0, "0601020304", NVT_E_FIELD_FORMAT, "driver.identity.phone"},
        {"navigo", 0, "Navigo", NVT_E_FIELD_FORMAT, "passenger.identity.travel_pass.name"},
        {"navigo", 0, "", NVT_E_FIELD_FORMAT, "passenger.identity.travel_pass.name"},
        {"2025-06-02T12:00:00Z", 0, "2025-06-02T14:00:00+02:00", NVT_OK, ""},
        {"2025-06-02T12:00:00Z", 0, "2025-06-02T12:00:00.123Z", NVT_OK, ""},
        {"2025-06-02T12:00:00Z", 0, "2025-06-02T12:00:00", NVT_E_FIELD_FORMAT, "start.datetime"},
        {"2025-06-02T12:00:00Z", 0, "2025-02-29T12:00:00Z", NVT_E_FIELD_FORMAT, "start.datetime"},
        {"2025-06-02T12:00:00Z", 0, "", NVT_E_FIELD_FORMAT, "start.datetime"},
        {"2025-06-02T12:00:00Z", 0,
         "2025-06-02T12:00:00.00000000000000000000000000000000000000000000Z", NVT_E_FIELD_LENGTH,
         "start.datetime"},
        {"2025-06-02T12:00:00Z", 0,
         "2025-06-02T12:00:00.0000000000000000000000000000000000000000000Z", NVT_OK, ""},
        {"2025-06-02T12:00:00Z", 0, "2025-06-02T12:30:01Z", NVT_E_FIELD_ORDER, "end.datetime"},
        {"2025-06-02T12:00:00Z", 0, "2025-06-02T12:30:00Z", NVT_OK, ""},
    };
    (void)state;
    EXPECT_CHANGES(c);
}

/* ---- lengths ---- */

static void length_of(const char *old, const char *unit, size_t count, nvt_err err,
                      const char *field)
{
    char *value = repeated(unit, count);
    const struct change c = {old, 0, value, err, err == NVT_OK ? "" : field};
    expect_changes(&c, 1U);
    free(value);
}

static void lengths_of(const char *old, const char *field)
{
    length_of(old, "", 1, NVT_E_FIELD_LENGTH, field);
    length_of(old, "x", 1, NVT_OK, field);
    length_of(old, "x", 256, NVT_OK, field);
    length_of(old, "x", 257, NVT_E_FIELD_LENGTH, field);
    length_of(old, "\xC3\xA9", 256, NVT_OK, field);
    length_of(old, "\xC3\xA9", 257, NVT_E_FIELD_LENGTH, field);
    length_of(old, "\xF0\x9F\x9A\x97", 256, NVT_OK, field);
    length_of(old, "\xF0\x9F\x9A\x97", 257, NVT_E_FIELD_LENGTH, field);
    length_of(old, "\\u00e9", 256, NVT_OK, field);
    length_of(old, "\\u00e9", 257, NVT_E_FIELD_LENGTH, field);
    length_of(old, "\\uD83D\\uDE97", 256, NVT_OK, field);
    length_of(old, "\\ud83d\\ude97", 257, NVT_E_FIELD_LENGTH, field);
    length_of(old, "\\n", 256, NVT_OK, field);
    length_of(old, "\\\\", 257, NVT_E_FIELD_LENGTH, field);
    length_of(old, "\\\"", 256, NVT_OK, field);
    length_of(old, "\\u005c", 256, NVT_OK, field);
}

static void test_lengths(void **state)
{
    (void)state;
    lengths_of("J-1", "operator_journey_id");
    lengths_of("T-1", "operator_trip_id");
    lengths_of("AA-123-BB", "licence_plate");
    lengths_of("U-1", "driver.identity.operator_user_id");
    lengths_of("U-2", "passenger.identity.operator_user_id");
    lengths_of("N-9", "passenger.identity.travel_pass.user_id");
    lengths_of("card", "passenger.payments[0].type");
}

static void test_counts(void **state)
{
    static const char incentive[] = "{\"index\":1,\"amount\":1,\"siret\":\"11000101300017\"},";
    static const char payment[] =
        "{\"index\":0,\"siret\":\"22000202400028\",\"type\":\"card\",\"amount\":75},";
    (void)state;
    for (unsigned more = 17; more <= 20U; more++) {
        char *items = repeated(incentive, more);
        char *text = (char *)malloc(strlen(items) + 64U);
        assert_non_null(text);
        (void)strcpy(text, "\"incentives\":[");
        (void)strcat(text, items);
        const struct change c = {"\"incentives\":[", 0, text,
                                 more <= 18U ? NVT_OK : NVT_E_FIELD_COUNT,
                                 more <= 18U ? "" : "incentives"};
        expect_changes(&c, 1U);
        free(text);
        free(items);
    }
    for (unsigned more = 18; more <= 21U; more++) {
        char *items = repeated(payment, more);
        char *text = (char *)malloc(strlen(items) + 64U);
        assert_non_null(text);
        (void)strcpy(text, "\"payments\":[");
        (void)strcat(text, items);
        const struct change c = {"\"payments\":[", 0, text,
                                 more <= 19U ? NVT_OK : NVT_E_FIELD_COUNT,
                                 more <= 19U ? "" : "passenger.payments"};
        expect_changes(&c, 1U);
        free(text);
        free(items);
    }
}

/* ---- the text itself ---- */

static void test_broken_text(void **state)
{
    struct nvt_failure failure;
    (void)state;
    /* cut after every byte: never accepted, never a field */
    for (size_t len = 0; len < sizeof SAMPLE_V3 - 1U; len++) {
        struct nvt_span json = exact(SAMPLE_V3, len);
        assert_int_equal(check(json, 0, &failure), NVT_E_JSON_END);
        assert_string_equal(failure.field, "");
        assert_int_equal(failure.detail, len);
        exact_free(json);
    }
    struct nvt_span json = exact("{\"a\":1,}", 8);
    assert_int_equal(check(json, 0, &failure), NVT_E_JSON_SYNTAX);
    assert_int_equal(failure.detail, 7);
    exact_free(json);
    expect_text(SAMPLE_V3 SAMPLE_V3, NVT_E_JSON_TRAILING, "");
    expect_text(SAMPLE_V3 ",", NVT_E_JSON_TRAILING, "");
}

static void test_small_pool(void **state)
{
    struct nvt_json_tok pool[NVT_RPC_TOKENS_MAX];
    struct nvt_failure failure;
    (void)state;
    size_t need = 0;
    nvt_err err = NVT_E_JSON_TOKENS;
    for (; err != NVT_OK && need < NVT_RPC_TOKENS_MAX; need++) {
        assert_int_equal(err, NVT_E_JSON_TOKENS);
        err = nvt_rpc_json_check(NVT_LIT(SAMPLE_V3), pool, need, 0, &failure);
        assert_int_equal(failure.err, err);
        assert_int_equal(failure.detail, 0);
    }
    assert_int_equal(err, NVT_OK);
}

static void test_future(void **state)
{
    struct nvt_failure failure;
    (void)state;
    assert_int_equal(check(NVT_LIT(SAMPLE_V3), SAMPLE_END - 1, &failure), NVT_E_FIELD_FUTURE);
    assert_string_equal(failure.field, "end.datetime");
    assert_int_equal(check(NVT_LIT(SAMPLE_V3), SAMPLE_END, &failure), NVT_OK);
}

/* ---- updates ---- */

static void test_update(void **state)
{
    static const char *const wanted =
        "{\"operator_trip_id\":\"T-1\",\"operator_class\":\"C\","
        "\"incentives\":[{\"index\":0,\"amount\":100,\"siret\":\"11000101300017\"},"
        "{\"index\":1,\"amount\":101,\"siret\":\"11000101300017\"}],"
        "\"start\":{\"datetime\":\"2025-06-02T12:00:00Z\",\"lat\":48.856614,\"lon\":2.352222},"
        "\"end\":{\"datetime\":\"2025-06-02T12:30:00Z\",\"lat\":-20.9,\"lon\":55.45},"
        "\"distance\":12000}";
    static struct nvt_json_tok pool[POOL];
    struct nvt_failure failure;
    char text[1024];
    struct nvt_buf b;
    (void)state;
    nvt_buf_init(&b, text, sizeof text - 1U);
    assert_int_equal(nvt_rpc_update_body(NVT_LIT(SAMPLE_V3), pool, POOL, 0, &b, &failure), NVT_OK);
    text[b.len] = '\0';
    assert_string_equal(text, wanted);
    assert_int_equal(nvt_rpc_update_check(nvt_buf_span(&b), pool, POOL, 0, &failure), NVT_OK);
    assert_int_equal(nvt_rpc_update_check(nvt_buf_span(&b), pool, POOL, SAMPLE_END - 1, &failure),
                     NVT_E_FIELD_FUTURE);
    assert_int_equal(nvt_rpc_json_check(nvt_buf_span(&b), pool, POOL, 0, &failure),
                     NVT_E_FIELD_MISSING);
    assert_int_equal(nvt_rpc_update_check(NVT_LIT(SAMPLE_V3), pool, POOL, 0, &failure),
                     NVT_E_FIELD_UNKNOWN);
    assert_string_equal(failure.field, "operator_journey_id");
    assert_int_equal(nvt_rpc_update_check(NVT_LIT("{}"), pool, POOL, 0, &failure),
                     NVT_E_FIELD_MISSING);
    assert_string_equal(failure.field, "operator_class");
    assert_int_equal(nvt_rpc_update_body(NVT_LIT("{}"), pool, POOL, 0, &b, &failure),
                     NVT_E_FIELD_MISSING);
    nvt_buf_init(&b, text, 100);
    assert_int_equal(nvt_rpc_update_body(NVT_LIT(SAMPLE_V3), pool, POOL, 0, &b, &failure),
                     NVT_E_SPACE);
}

/* ---- parity: what the struct check accepts, the writer writes and the JSON check accepts ---- */

static uint32_t chance(uint32_t limit)
{
    static uint32_t state = 1U;
    state = state * 1664525U + 1013904223U;
    return (state >> 8) % limit;
}

static int32_t edge_e7(int32_t max)
{
    const int32_t edges[] = {0, 1, 9, 10, 15, max / 3, max - 1, max, max + 1, 123456789};
    int32_t v = edges[chance(10)];
    return chance(2) == 0U ? v : -v;
}

static uint32_t edge_u32(uint32_t max)
{
    const uint32_t edges[] = {0, 1, max - 1U, max, max + 1U, max / 7U, 2, 3, 4, 5, 6, 7};
    return edges[chance(12)];
}

static void mix(struct sample *s, char *text)
{
    sample_init(s);
    s->j.start.lat_e7 = edge_e7(900000000);
    s->j.start.lon_e7 = edge_e7(1800000000);
    s->j.end.time_s += (int64_t)chance(3600) - 1800;
    s->j.operator_class = "ABCABCABCD"[chance(10)];
    s->j.operator_journey_id = nvt_span_of(text, 255U + chance(3));
    s->j.distance_m = edge_u32(1000000);
    s->j.driver_revenue = edge_u32(1000000);
    s->j.passenger_contribution = edge_u32(1000000);
    s->j.passenger_seats = (uint8_t)chance(10);
    s->j.incentive_count = chance(22);
    s->j.payment_count = chance(22);
    s->payment[chance(20)].amount = edge_u32(100000);
    s->incentive[chance(20)].index = (uint8_t)chance(21);
    s->j.driver.over_18 = (enum nvt_rpc_adult)chance(4);
    s->j.driver.phone_trunc.len = chance(4) == 0U ? 0U : 10U;
    s->j.passenger.travel_pass_user_id.len = chance(2);
}

static void test_parity(void **state)
{
    static uint8_t out[NVT_RPC_BODY_MAX];
    struct sample s;
    struct nvt_failure failure;
    unsigned accepted = 0;
    char *text = repeated("a", 260);
    (void)state;
    for (unsigned i = 0; i < 4000U; i++) {
        struct nvt_buf b;
        int64_t now_s = chance(2) == 0U ? 0 : SAMPLE_END - 600 + (int64_t)chance(1200);
        mix(&s, text);
        nvt_buf_init(&b, out, sizeof out);
        nvt_err err = nvt_rpc_journey_write(&s.j, NVT_RPC_V3, now_s, &b, &failure);
        if (err == NVT_OK) {
            struct nvt_span json = exact((const char *)out, b.len);
            accepted++;
            assert_int_equal(check(json, now_s, &failure), NVT_OK);
            exact_free(json);
        }
    }
    print_message("%u of 4000 accepted\n", accepted);
    assert_in_range(accepted, 200, 3000);
    free(text);
}

/* ---- parity the other way: the same fault is found, under the same name, in both forms ---- */

static void distance_0(struct sample *s)
{
    s->j.distance_m = 0;
}
static void distance_over(struct sample *s)
{
    s->j.distance_m = 1000001;
}
static void distance_most(struct sample *s)
{
    s->j.distance_m = 1000000;
}
static void revenue_over(struct sample *s)
{
    s->j.driver_revenue = 1000001;
}
static void contribution_over(struct sample *s)
{
    s->j.passenger_contribution = 1000001;
}
static void seats_over(struct sample *s)
{
    s->j.passenger_seats = 9;
}
static void index_over(struct sample *s)
{
    s->incentive[1].index = 20;
}
static void amount_over(struct sample *s)
{
    s->incentive[1].amount = 100001;
}
static void payment_over(struct sample *s)
{
    s->payment[0].amount = 100001;
}
static void lat_over(struct sample *s)
{
    s->j.start.lat_e7 = 900000001;
}
static void lat_least(struct sample *s)
{
    s->j.start.lat_e7 = -900000000;
}
static void lon_under(struct sample *s)
{
    s->j.end.lon_e7 = -1800000001;
}
static void class_d(struct sample *s)
{
    s->j.operator_class = 'D';
}
static void siret_short(struct sample *s)
{
    s->incentive[1].siret.len = 13;
}
static void siret_letter(struct sample *s)
{
    s->payment[0].siret = NVT_LIT("2200020240002x");
}
static void key_short(struct sample *s)
{
    s->j.driver.identity_key.len = 63;
}
static void key_capital(struct sample *s)
{
    s->j.passenger.identity_key = NVT_LIT("F" SAMPLE_KEY);
    s->j.passenger.identity_key.len = 64;
}
static void trunc_short(struct sample *s)
{
    s->j.driver.phone_trunc.len = 7;
}
static void trunc_national(struct sample *s)
{
    s->j.driver.phone_trunc = NVT_LIT("0601020304");
}
static void phone_long(struct sample *s)
{
    s->j.driver.phone = NVT_LIT("+336010203040506070809");
}
static void no_phone(struct sample *s)
{
    s->j.passenger.phone_trunc.len = 0;
}
static void no_user(struct sample *s)
{
    s->j.driver.operator_user_id.len = 0;
}
static void no_id(struct sample *s)
{
    s->j.operator_journey_id.len = 0;
}
static void no_pass(struct sample *s)
{
    s->j.passenger.travel_pass_user_id.len = 0;
}
static void late_start(struct sample *s)
{
    s->j.start.time_s = SAMPLE_END + 1;
}
static void instant(struct sample *s)
{
    s->j.start.time_s = SAMPLE_END;
}

struct twin {
    void (*set)(struct sample *s);
    const char *old;
    unsigned nth;
    const char *new;
};

static void test_same_fault(void **state)
{
    static const struct twin twins[] = {
        {distance_0, "12000", 0, "0"},
        {distance_over, "12000", 0, "1000001"},
        {distance_most, "12000", 0, "1000000"},
        {revenue_over, "\"revenue\":550", 0, "\"revenue\":1000001"},
        {contribution_over, "\"contribution\":150", 0, "\"contribution\":1000001"},
        {seats_over, "\"seats\":2", 0, "\"seats\":9"},
        {index_over, "\"index\":1", 0, "\"index\":20"},
        {amount_over, "\"amount\":101", 0, "\"amount\":100001"},
        {payment_over, "\"amount\":75", 0, "\"amount\":100001"},
        {lat_over, "48.856614", 0, "90.0000001"},
        {lat_least, "48.856614", 0, "-90"},
        {lon_under, "55.45", 0, "-180.0000001"},
        {class_d, "\"C\"", 0, "\"D\""},
        {siret_short, "11000101300017", 1, "1100010130001"},
        {siret_letter, "22000202400028", 0, "2200020240002x"},
        {key_short, "cdef\"", 0, "cde\""},
        {key_capital, "\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", 1,
         "\"F0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde"},
        {trunc_short, "+336010203\"", 0, "+336010\""},
        {trunc_national, "+336010203\"", 0, "0601020304\""},
        {phone_long, "+33601020304", 0, "+336010203040506070809"},
        {no_phone, "\"phone_trunc\":\"+336010203\",", 1, ""},
        {no_user, "\"operator_user_id\":\"U-1\",", 0, ""},
        {no_id, "\"operator_journey_id\":\"J-1\",", 0, ""},
        {no_pass, ",\"travel_pass\":{\"name\":\"navigo\",\"user_id\":\"N-9\"}", 0, ""},
        {late_start, "2025-06-02T12:00:00Z", 0, "2025-06-02T12:30:01Z"},
        {instant, "2025-06-02T12:00:00Z", 0, "2025-06-02T12:30:00Z"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof twins / sizeof twins[0]; i++) {
        struct sample s;
        struct nvt_failure failure;
        sample_init(&s);
        twins[i].set(&s);
        nvt_err err = nvt_rpc_journey_check(&s.j, NVT_RPC_V3, 0, &failure);
        const struct change c = {twins[i].old, twins[i].nth, twins[i].new, err, failure.field};
        expect_changes(&c, 1U);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sample),      cmocka_unit_test(test_missing),
        cmocka_unit_test(test_unknown),     cmocka_unit_test(test_types),
        cmocka_unit_test(test_duplicates),  cmocka_unit_test(test_integers),
        cmocka_unit_test(test_coordinates), cmocka_unit_test(test_forms),
        cmocka_unit_test(test_lengths),     cmocka_unit_test(test_counts),
        cmocka_unit_test(test_broken_text), cmocka_unit_test(test_small_pool),
        cmocka_unit_test(test_future),      cmocka_unit_test(test_update),
        cmocka_unit_test(test_parity),      cmocka_unit_test(test_same_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
