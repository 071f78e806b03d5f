/* SPDX-License-Identifier: Apache-2.0 */
/* The registry's geography and CEE applications: calls, bodies, answers. */
#include "rpc_calls.h"

/* ---- geography ---- */

static void test_route(void **state)
{
    struct nvt_rpc_place from = {488566140, -23522224};
    struct nvt_rpc_place to = {-209000004, 554500006};
    (void)state;
    expect_request(nvt_rpc_route(&call, &request, from, to), "GET",
                   "/v3.3/geo/route?start%5Blat%5D=48.856614&start%5Blon%5D=-2.352222"
                   "&end%5Blat%5D=-20.9&end%5Blon%5D=55.450001",
                   "", NVT_REQ_IDEMPOTENT, READ);
    from.lat_e7 = 9;
    from.lon_e7 = 1800000000;
    to.lat_e7 = -900000000;
    to.lon_e7 = -1800000000;
    expect_request(nvt_rpc_route(&call, &request, from, to), "GET",
                   "/v3.3/geo/route?start%5Blat%5D=0&start%5Blon%5D=180&end%5Blat%5D=-90"
                   "&end%5Blon%5D=-180",
                   "", NVT_REQ_IDEMPOTENT, READ);
    to.lon_e7--;
    expect_refused(nvt_rpc_route(&call, &request, from, to), NVT_E_FIELD_RANGE);
    to.lon_e7 = 0;
    from.lat_e7 = 900000001;
    expect_refused(nvt_rpc_route(&call, &request, from, to), NVT_E_FIELD_RANGE);
    from.lat_e7 = -900000001;
    expect_refused(nvt_rpc_route(&call, &request, from, to), NVT_E_FIELD_RANGE);
    from.lat_e7 = 0;
    from.lon_e7 = 1800000001;
    expect_refused(nvt_rpc_route(&call, &request, from, to), NVT_E_FIELD_RANGE);
}

static nvt_err by_address(const char *address, const char *country)
{
    return nvt_rpc_point_by_address(&call, &request, nvt_span_str(address), nvt_span_str(country));
}

static void test_by_address(void **state)
{
    char *a256 = repeated("a", 256);
    char *a257 = repeated("a", 257);
    char *e256 = repeated("\xC3\xA9", 256);
    (void)state;
    expect_request(by_address("5 rue de l'\xC3\x89glise, Paris & co", "La R\xC3\xA9union & co"),
                   "GET",
                   "/v3.3/geo/point/by_address?literal=5%20rue%20de%20l%27%C3%89glise%2C%20Paris"
                   "%20%26%20co&country=La%20R%C3%A9union%20%26%20co",
                   "", NVT_REQ_IDEMPOTENT, READ);
    assert_int_equal(by_address(a256, "France"), NVT_OK);
    begun = NULL;
    expect_refused(by_address(a257, "France"), NVT_E_FIELD_LENGTH);
    expect_refused(by_address("x", a257), NVT_E_FIELD_LENGTH);
    expect_refused(by_address(e256, "France"), NVT_E_SPACE);
    expect_refused(by_address("", "France"), NVT_E_FIELD_MISSING);
    expect_refused(by_address("x", ""), NVT_E_FIELD_MISSING);
    expect_refused(by_address("\xFF", "France"), NVT_E_UTF8);
    expect_refused(by_address("x", "\xFF"), NVT_E_UTF8);
    free(a256);
    free(a257);
    free(e256);
}

static void test_by_insee(void **state)
{
    static const char *const bad[] = {"9117", "911777", "9117 ", "2C004", "91&77", "2a004"};
    (void)state;
    expect_request(nvt_rpc_point_by_insee(&call, &request, NVT_LIT("2A004")), "GET",
                   "/v3.3/geo/point/by_insee?code=2A004", "", NVT_REQ_IDEMPOTENT, READ);
    expect_refused(nvt_rpc_point_by_insee(&call, &request, NVT_LIT("")), NVT_E_FIELD_MISSING);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        expect_refused(nvt_rpc_point_by_insee(&call, &request, nvt_span_str(bad[i])),
                       NVT_E_FIELD_FORMAT);
    }
}

static void test_geo_answers(void **state)
{
    static const char *const no_route[] = {"",
                                           "[]",
                                           "{\"distance\":1}",
                                           "{\"duration\":1}",
                                           "{\"distance\":-1,\"duration\":1}",
                                           "{\"distance\":1,\"duration\":4294967296}",
                                           "{\"distance\":\"1\",\"duration\":1}"};
    static const char *const no_place[] = {"", "{\"lat\":1}", "{\"lat\":90.0000001,\"lon\":1}",
                                           "{\"lat\":1,\"lon\":-180.0000001}",
                                           "{\"lat\":null,\"lon\":1}"};
    struct nvt_rpc_place place;
    uint32_t distance_m = 0;
    uint32_t duration_s = 0;
    (void)state;
    answer = "{\"distance\":12345.5,\"duration\":1e3}";
    assert_int_equal(nvt_rpc_read_route(&call, &distance_m, &duration_s), NVT_OK);
    assert_int_equal(distance_m, 12346);
    assert_int_equal(duration_s, 1000);
    for (size_t i = 0; i < sizeof no_route / sizeof no_route[0]; i++) {
        answer = no_route[i];
        assert_int_equal(nvt_rpc_read_route(&call, &distance_m, &duration_s), NVT_E_ANSWER);
    }
    answer = "{\"lat\":-90,\"lon\":2.35222219}";
    assert_int_equal(nvt_rpc_read_place(&call, &place), NVT_OK);
    assert_int_equal(place.lat_e7, -900000000);
    assert_int_equal(place.lon_e7, 23522222);
    for (size_t i = 0; i < sizeof no_place / sizeof no_place[0]; i++) {
        answer = no_place[i];
        assert_int_equal(nvt_rpc_read_place(&call, &place), NVT_E_ANSWER);
    }
}

/* ---- CEE: calls ---- */

#define UUID "f1d4b6a0-3c5e-4a7b-9d8c-0123456789aF"

static void test_cee_calls(void **state)
{
    static const char *const bad[] = {"f1d4b6a0", UUID "0", "f1d4b6a0-3c5e-4a7b-9d8c-0123456789ag",
                                      "../../../../../../../../../../../../"};
    (void)state;
    expect_request(nvt_rpc_cee_simulate(&call, &request, NVT_LIT("{}")), "POST",
                   "/v3.3/policies/cee/simulate", "{}", NVT_REQ_IDEMPOTENT, CEE);
    expect_request(nvt_rpc_cee_register(&call, &request, NVT_LIT("{}")), "POST",
                   "/v3.3/policies/cee", "{}", NVT_REQ_KEYED, CEE);
    expect_request(nvt_rpc_cee_find(&call, &request, NVT_LIT(UUID)), "GET",
                   "/v3.3/policies/cee/" UUID, "", NVT_REQ_IDEMPOTENT, CEE);
    expect_request(nvt_rpc_cee_delete(&call, &request, NVT_LIT(UUID)), "DELETE",
                   "/v3.3/policies/cee/" UUID, "", NVT_REQ_IDEMPOTENT, CEE);
    expect_refused(nvt_rpc_cee_find(&call, &request, NVT_LIT("")), NVT_E_FIELD_MISSING);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        expect_refused(nvt_rpc_cee_find(&call, &request, nvt_span_str(bad[i])), NVT_E_FIELD_FORMAT);
        expect_refused(nvt_rpc_cee_delete(&call, &request, nvt_span_str(bad[i])),
                       NVT_E_FIELD_FORMAT);
    }
}

static void test_name_trunc(void **state)
{
    char trunc[4];
    (void)state;
    assert_int_equal(
        nvt_rpc_name_trunc(NVT_LIT("D'H\xC3\xA9r\xC3\xBBg-de-l'H\xC3\xA9rault"), trunc), NVT_OK);
    assert_string_equal(trunc, "D H");
    assert_int_equal(nvt_rpc_name_trunc(NVT_LIT("T\xC3\xB4"), trunc), NVT_OK);
    assert_string_equal(trunc, "TO ");
    assert_int_equal(nvt_rpc_name_trunc(NVT_LIT("\xC5\x92"), trunc), NVT_OK);
    assert_string_equal(trunc, "OE ");
    assert_int_equal(nvt_rpc_name_trunc(NVT_LIT(""), trunc), NVT_E_FIELD_LENGTH);
    assert_string_equal(trunc, "");
    assert_int_equal(nvt_rpc_name_trunc(NVT_LIT("4"), trunc), NVT_E_FIELD_FORMAT);
    assert_string_equal(trunc, "");
}

/* ---- CEE: bodies ---- */

static struct nvt_rpc_cee person(const char *type)
{
    struct nvt_rpc_cee cee = {
        .journey_type = nvt_span_str(type),
        .identity_key = NVT_LIT(SAMPLE_KEY),
        .driving_license = NVT_LIT("051227308989"),
        .last_name_trunc = NVT_LIT("D H"),
        .phone_trunc = NVT_LIT("+336010203"),
        .operator_journey_id = NVT_LIT("J-1"),
        .paid_s = SAMPLE_START,
        .signed_s = SAMPLE_END,
    };
    return cee;
}

#define LONG                                                                                       \
    "{\"datetime\":\"2025-06-02T12:00:00.000Z\",\"phone_trunc\":\"+336010203\","                   \
    "\"journey_type\":\"long\",\"identity_key\":\"" SAMPLE_KEY "\","                               \
    "\"driving_license\":\"051227308989\",\"last_name_trunc\":\"D H\","                            \
    "\"application_timestamp\":\"2025-06-02T12:30:00.000Z\"}"
#define SHORT                                                                                      \
    "{\"journey_type\":\"short\",\"identity_key\":\"" SAMPLE_KEY "\","                             \
    "\"driving_license\":\"051227308989\",\"last_name_trunc\":\"D H\","                            \
    "\"application_timestamp\":\"2025-06-02T12:30:00.000Z\",\"operator_journey_id\":\"J-1\"}"
#define SIMULATE                                                                                   \
    "{\"phone_trunc\":\"+336010203\",\"journey_type\":\"long\",\"identity_key\":\"" SAMPLE_KEY     \
    "\",\"driving_license\":\"051227308989\",\"last_name_trunc\":\"D H\"}"
#define SIMULATE_LEAST                                                                             \
    "{\"phone_trunc\":\"+336010203\",\"journey_type\":\"short\",\"last_name_trunc\":\"D H\"}"

static nvt_err check_cee(const char *json, enum nvt_rpc_cee_use use, struct nvt_failure *failure)
{
    struct nvt_json_tok pool[NVT_RPC_CEE_TOKENS];
    struct nvt_span copy = exact(json, strlen(json));
    (void)memset(failure, 0x5A, sizeof *failure);
    nvt_err err = nvt_rpc_cee_check(copy, pool, NVT_RPC_CEE_TOKENS, use, failure);
    assert_int_equal(failure->err, err);
    assert_int_equal(nvt_rpc_cee_check(copy, pool, NVT_RPC_CEE_TOKENS, use, NULL), err);
    exact_free(copy);
    return err;
}

static void writes(const struct nvt_rpc_cee *cee, enum nvt_rpc_cee_use use, const char *json)
{
    char text[NVT_RPC_CEE_MAX];
    struct nvt_failure failure;
    struct nvt_buf b;
    nvt_buf_init(&b, text, sizeof text - 1U);
    assert_int_equal(nvt_rpc_cee_write(cee, use, &b, &failure), NVT_OK);
    text[b.len] = '\0';
    assert_string_equal(text, json);
    assert_int_equal(check_cee(json, use, &failure), NVT_OK);
}

static void test_cee_texts(void **state)
{
    struct nvt_rpc_cee cee = person("long");
    (void)state;
    writes(&cee, NVT_RPC_CEE_REGISTER, LONG);
    writes(&cee, NVT_RPC_CEE_SIMULATE, SIMULATE);
    cee = person("short");
    writes(&cee, NVT_RPC_CEE_REGISTER, SHORT);
    cee.identity_key.len = 0;
    cee.driving_license.len = 0;
    writes(&cee, NVT_RPC_CEE_SIMULATE, SIMULATE_LEAST);
}

static void test_cee_largest(void **state)
{
    char text[NVT_RPC_CEE_MAX];
    char *id = repeated("a", 255);
    char *license = repeated("9", 61);
    char full[65] = "99-";
    struct nvt_rpc_cee cee = person("short");
    struct nvt_buf b;
    (void)state;
    (void)memcpy(full + 3, license, 62);
    cee.operator_journey_id = nvt_span_str(id);
    cee.driving_license = nvt_span_str(full);
    nvt_buf_init(&b, text, sizeof text);
    assert_int_equal(nvt_rpc_cee_write(&cee, NVT_RPC_CEE_REGISTER, &b, NULL), NVT_OK);
    assert_in_range(b.len, 320, NVT_RPC_CEE_MAX);
    free(id);
    free(license);
}

static void refuses(const struct nvt_rpc_cee *cee, enum nvt_rpc_cee_use use, nvt_err err,
                    const char *field)
{
    char text[NVT_RPC_CEE_MAX];
    struct nvt_failure failure;
    struct nvt_buf b;
    nvt_buf_init(&b, text, sizeof text);
    assert_string_equal(nvt_err_name(nvt_rpc_cee_write(cee, use, &b, &failure)), nvt_err_name(err));
    assert_string_equal(failure.field, field);
    assert_int_equal(failure.err, err);
    assert_int_equal(nvt_rpc_cee_write(cee, use, &b, NULL), err);
    assert_int_equal(b.len, 0);
}

/* The same fault in a struct and, made of it by the change, in JSON. */
#define FAULT(type, use, member, value, fault, place, json)                                        \
    do {                                                                                           \
        struct nvt_rpc_cee cee = person(type);                                                     \
        struct nvt_failure failure;                                                                \
        cee.member = value;                                                                        \
        refuses(&cee, use, fault, place);                                                          \
        assert_int_equal(check_cee(json, use, &failure), fault);                                   \
        assert_string_equal(failure.field, place);                                                 \
    } while (0)

#define SIM(rest) "{\"journey_type\":\"long\"," rest "}"
#define NAME "\"last_name_trunc\":\"D H\""
#define PHONE "\"phone_trunc\":\"+336010203\""

static void test_cee_faults(void **state)
{
    (void)state;
    FAULT("long", NVT_RPC_CEE_SIMULATE, phone_trunc, NVT_LIT(""), NVT_E_FIELD_MISSING,
          "phone_trunc", SIM(NAME));
    FAULT("long", NVT_RPC_CEE_SIMULATE, last_name_trunc, NVT_LIT(""), NVT_E_FIELD_MISSING,
          "last_name_trunc", SIM(PHONE));
    FAULT("long", NVT_RPC_CEE_SIMULATE, last_name_trunc, NVT_LIT("DH"), NVT_E_FIELD_LENGTH,
          "last_name_trunc", SIM(PHONE ",\"last_name_trunc\":\"DH\""));
    FAULT("long", NVT_RPC_CEE_SIMULATE, last_name_trunc, NVT_LIT("D-H"), NVT_E_FIELD_FORMAT,
          "last_name_trunc", SIM(PHONE ",\"last_name_trunc\":\"D-H\""));
    FAULT("long", NVT_RPC_CEE_SIMULATE, phone_trunc, NVT_LIT("+33601"), NVT_E_FIELD_PHONE,
          "phone_trunc", SIM(NAME ",\"phone_trunc\":\"+33601\""));
    FAULT("long", NVT_RPC_CEE_SIMULATE, identity_key, NVT_LIT("ff"), NVT_E_FIELD_LENGTH,
          "identity_key", SIM(NAME "," PHONE ",\"identity_key\":\"ff\""));
    FAULT("medium", NVT_RPC_CEE_SIMULATE, paid_s, 0, NVT_E_FIELD_FORMAT, "journey_type",
          "{\"journey_type\":\"medium\"," NAME "," PHONE "}");
}

static void test_cee_missing(void **state)
{
    struct nvt_rpc_cee cee = person("long");
    (void)state;
    cee.paid_s = 0;
    refuses(&cee, NVT_RPC_CEE_REGISTER, NVT_E_FIELD_MISSING, "datetime");
    cee = person("long");
    cee.signed_s = 0;
    refuses(&cee, NVT_RPC_CEE_REGISTER, NVT_E_FIELD_MISSING, "application_timestamp");
    cee = person("short");
    cee.operator_journey_id.len = 0;
    refuses(&cee, NVT_RPC_CEE_REGISTER, NVT_E_FIELD_MISSING, "operator_journey_id");
    cee = person("short");
    cee.driving_license.len = 0;
    refuses(&cee, NVT_RPC_CEE_REGISTER, NVT_E_FIELD_MISSING, "driving_license");
    cee = person("short");
    cee.identity_key.len = 0;
    refuses(&cee, NVT_RPC_CEE_REGISTER, NVT_E_FIELD_MISSING, "identity_key");
    cee = person("short");
    cee.driving_license = NVT_LIT("99-\xFF");
    refuses(&cee, NVT_RPC_CEE_REGISTER, NVT_E_UTF8, "driving_license");
    cee = person("");
    refuses(&cee, NVT_RPC_CEE_REGISTER, NVT_E_FIELD_MISSING, "journey_type");
    refuses(&cee, NVT_RPC_CEE_SIMULATE, NVT_E_FIELD_MISSING, "journey_type");
}

/* A member of the other kind is no member here. */
static void test_cee_kinds(void **state)
{
    struct nvt_failure failure;
    (void)state;
    assert_int_equal(check_cee(LONG, NVT_RPC_CEE_SIMULATE, &failure), NVT_E_FIELD_UNKNOWN);
    assert_string_equal(failure.field, "datetime");
    assert_int_equal(check_cee("{\"journey_type\":\"short\",\"phone_trunc\":\"+336010203\"}",
                               NVT_RPC_CEE_REGISTER, &failure),
                     NVT_E_FIELD_UNKNOWN);
    assert_int_equal(check_cee("{\"journey_type\":\"long\",\"operator_journey_id\":\"J\"}",
                               NVT_RPC_CEE_REGISTER, &failure),
                     NVT_E_FIELD_UNKNOWN);
    assert_int_equal(check_cee("[]", NVT_RPC_CEE_REGISTER, &failure), NVT_E_FIELD_TYPE);
    assert_int_equal(check_cee("{", NVT_RPC_CEE_REGISTER, &failure), NVT_E_JSON_END);
    assert_int_equal(failure.detail, 1);
}

static nvt_err license_of(const char *license)
{
    char json[512];
    char text[NVT_RPC_CEE_MAX];
    struct nvt_rpc_cee cee = person("long");
    struct nvt_failure failure;
    struct nvt_buf b;
    cee.driving_license = nvt_span_str(license);
    nvt_buf_init(&b, text, sizeof text);
    nvt_err err = nvt_rpc_cee_write(&cee, NVT_RPC_CEE_SIMULATE, &b, &failure);
    assert_string_equal(failure.field, err == NVT_OK ? "" : "driving_license");
    nvt_buf_init(&b, json, sizeof json - 1U);
    nvt_buf_put(&b, NVT_LIT(SIM(NAME "," PHONE ",\"driving_license\":\"")));
    b.len--;
    nvt_buf_put(&b, nvt_span_str(license));
    nvt_buf_put(&b, NVT_LIT("\"}"));
    json[b.len] = '\0';
    assert_int_equal(check_cee(json, NVT_RPC_CEE_SIMULATE, &failure), err);
    assert_string_equal(failure.field, err == NVT_OK ? "" : "driving_license");
    return err;
}

static void test_licenses(void **state)
{
    static const char *const good[] = {"1",
                                       "051227308989",
                                       "822146819",
                                       "123456A",
                                       "ABCDEFGHIJKLMNO",
                                       "ABCDEFGHIJKLMNO1234",
                                       "ABCDEFGHIJKLM0123",
                                       "99-X23836",
                                       "99-x",
                                       "99-\xC3\xA9 /",
                                       "99999"};
    static const char *const bad[] = {
        "a",    "A-1", "ABCDEFGHIJKLMNOP", "ABCDEFGHIJKLMNO123A", "ABCDEFGHIJKLMNOP1234", "99-",
        "98-X", " 1"};
    char *longest = repeated("x", 61);
    char full[66] = "99-";
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_int_equal(license_of(good[i]), NVT_OK);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(license_of(bad[i]), NVT_E_FIELD_FORMAT);
    }
    (void)memcpy(full + 3, longest, 62);
    assert_int_equal(license_of(full), NVT_OK);
    full[64] = 'x';
    full[65] = '\0';
    assert_int_equal(license_of(full), NVT_E_FIELD_LENGTH);
    free(longest);
}

/* ---- CEE: answers ---- */

static void test_cee_answers(void **state)
{
    static const char *const bad[] = {
        "", "[]", "{}", "{\"uuid\":\"u\"}", "{\"datetime\":null}", "\"Not found\""};
    struct nvt_rpc_cee_answer a;
    (void)state;
    answer = "{\"uuid\":\"" UUID "\",\"datetime\":\"2025-06-02T12:00:00.000Z\",\"token\":\"t=\","
             "\"journey_id\":4711,\"status\":\"ok\"}";
    assert_int_equal(nvt_rpc_read_cee(&call, &a), NVT_OK);
    assert_true(nvt_span_eq(a.uuid, NVT_LIT(UUID)));
    assert_true(nvt_span_eq(a.datetime, NVT_LIT("2025-06-02T12:00:00.000Z")));
    assert_true(nvt_span_eq(a.token, NVT_LIT("t=")));
    assert_true(nvt_span_eq(a.status, NVT_LIT("ok")));
    assert_int_equal(a.journey_id, 4711);
    answer = "{\"datetime\":1748865600,\"journey_id\":\"x\"}"; /* another operator's */
    assert_int_equal(nvt_rpc_read_cee(&call, &a), NVT_OK);
    assert_true(nvt_span_eq(a.datetime, NVT_LIT("1748865600")));
    assert_int_equal(a.uuid.len + a.token.len + a.status.len, 0);
    assert_int_equal(a.journey_id, 0);
    answer = "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32509,\"data\":{\"datetime\":\"d\","
             "\"uuid\":\"u\"}}}";
    assert_int_equal(nvt_rpc_read_cee(&call, &a), NVT_OK);
    assert_true(nvt_span_eq(a.uuid, NVT_LIT("u")));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        answer = bad[i];
        assert_int_equal(nvt_rpc_read_cee(&call, &a), NVT_E_ANSWER);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_route),       cmocka_unit_test(test_by_address),
        cmocka_unit_test(test_by_insee),    cmocka_unit_test(test_geo_answers),
        cmocka_unit_test(test_cee_calls),   cmocka_unit_test(test_name_trunc),
        cmocka_unit_test(test_cee_texts),   cmocka_unit_test(test_cee_largest),
        cmocka_unit_test(test_cee_faults),  cmocka_unit_test(test_cee_missing),
        cmocka_unit_test(test_cee_kinds),   cmocka_unit_test(test_licenses),
        cmocka_unit_test(test_cee_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
