/* SPDX-License-Identifier: Apache-2.0 */
/* Journeys that are JSON already: one change each to a good one, and parity with the struct check.
 */
#include "rpc_changes.h"

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
        {"{\"phone_trunc\"", 1, "{\"email\":\"a@b.fr\",\"company\":\"B\",\"phone_trunc\"", NVT_OK,
         ""},
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
        {"48.856614", 0, "-90.000000000000001", NVT_E_FIELD_RANGE, "start.lat"},
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
        {"+336010203\"", 0, "+336010\"", NVT_E_FIELD_PHONE, "driver.identity.phone_trunc"},
        {"+336010203\"", 0, "+6871234\"", NVT_OK, ""},
        {"+336010203\"", 0, "0336010203\"", NVT_E_FIELD_WHOLE_PHONE, "driver.identity.phone_trunc"},
        {"+336010203\"", 0, "+336010203040506070809\"", NVT_E_FIELD_PHONE,
         "driver.identity.phone_trunc"},
        {"+33601020304", 0, "+687123456", NVT_OK, ""},
        {"+33601020304", 0, "+68712345", NVT_E_FIELD_PHONE, "driver.identity.phone"},
        {"+33601020304", 0, "0601020304", NVT_E_FIELD_PHONE, "driver.identity.phone"},
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

static void lengths_of(const char *old, size_t max, const char *field)
{
    length_of(old, "", 1, NVT_E_FIELD_LENGTH, field);
    length_of(old, "x", 1, NVT_OK, field);
    length_of(old, "x", max, NVT_OK, field);
    length_of(old, "x", max + 1U, NVT_E_FIELD_LENGTH, field);
    length_of(old, "\xC3\xA9", max, NVT_OK, field);
    length_of(old, "\xC3\xA9", max + 1U, NVT_E_FIELD_LENGTH, field);
    length_of(old, "\xF0\x9F\x9A\x97", max, NVT_OK, field);
    length_of(old, "\xF0\x9F\x9A\x97", max + 1U, NVT_E_FIELD_LENGTH, field);
    length_of(old, "\\u00e9", max, NVT_OK, field);
    length_of(old, "\\u00e9", max + 1U, NVT_E_FIELD_LENGTH, field);
    length_of(old, "\\uD83D\\uDE97", max, NVT_OK, field);
    length_of(old, "\\ud83d\\ude97", max + 1U, NVT_E_FIELD_LENGTH, field);
    length_of(old, "\\ud800\\udc00", max, NVT_OK, field);
    length_of(old, "\\ud7ff", max + 1U, NVT_E_FIELD_LENGTH, field);
    length_of(old, "\\n", max, NVT_OK, field);
    length_of(old, "\\\\", max + 1U, NVT_E_FIELD_LENGTH, field);
    length_of(old, "\\\"", max, NVT_OK, field);
    length_of(old, "\\u005c", max, NVT_OK, field);
}

static void test_lengths(void **state)
{
    (void)state;
    lengths_of("J-1", 256, "operator_journey_id");
    lengths_of("T-1", 256, "operator_trip_id");
    lengths_of("AA-123-BB", 32, "licence_plate");
    lengths_of("U-1", 256, "driver.identity.operator_user_id");
    lengths_of("U-2", 256, "passenger.identity.operator_user_id");
    lengths_of("N-9", 128, "passenger.identity.travel_pass.user_id");
    lengths_of("card", 256, "passenger.payments[0].type");
}

static void test_counts(void **state)
{
    static const char payment[] =
        "{\"index\":0,\"siret\":\"22000202400028\",\"type\":\"card\",\"amount\":75},";
    (void)state;
    for (unsigned more = 17; more <= 20U; more++) {
        char items[20 * 64] = "";
        for (unsigned i = 0; i < more; i++) {
            (void)snprintf(items + strlen(items), sizeof items - strlen(items),
                           "{\"index\":%u,\"amount\":1,\"siret\":\"11000101300017\"},",
                           (i + 2U) % 20U);
        }
        char *text = joined("\"incentives\":[", items, "");
        const struct change c = {"\"incentives\":[", 0, text,
                                 more <= 18U ? NVT_OK : NVT_E_FIELD_COUNT,
                                 more <= 18U ? "" : "incentives"};
        expect_changes(&c, 1U);
        free(text);
    }
    for (unsigned more = 18; more <= 21U; more++) {
        char *items = repeated(payment, more);
        char *text = joined("\"payments\":[", items, "");
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
