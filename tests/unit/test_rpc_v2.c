/* SPDX-License-Identifier: Apache-2.0 */
/* The registry's API v2: bodies, calls, answers, and what the uplink is told. */
#include "rpc_calls.h"

#include <stdio.h>

/* The first example of the registry's page "Envoyer un trajet", version 2.0, with a place left for
 * the driver's start and for what else the driver has. */
#define IDENTITY(phone, id)                                                                        \
    "\"identity\":{\"phone_trunc\":\"" phone "\",\"operator_user_id\":\"" id "\",\"over_18\":"     \
    "true}"
#define START                                                                                      \
    "\"start\":{\"datetime\":\"2021-01-01T10:00:00Z\",\"lat\":45.8500862636592,"                   \
    "\"lon\":1.2677062964308117}"
#define END                                                                                        \
    "\"end\":{\"datetime\":\"2021-01-01T11:00:00Z\",\"lat\":45.80491919633787,"                    \
    "\"lon\":1.2149815791287082}"
#define HEAD                                                                                       \
    "{\"journey_id\":\"8c872418-37c0-4b94-8cc7-e189c1599c4c\","                                    \
    "\"operator_journey_id\":\"57d08b47-8d1c-4345-b0d2-36a20a182883\",\"operator_class\":\"C\","
#define PASSENGER                                                                                  \
    "\"passenger\":{\"contribution\":200,\"seats\":1,\"incentives\":[]," IDENTITY(                 \
        "+336654321", "1a6b3c2c-7dbf-412c-a21d-47a37627d3c3") "," START "," END "}}"
#define JOURNEY(start, more)                                                                       \
    HEAD "\"driver\":{\"revenue\":200,\"incentives\":[]," IDENTITY(                                \
        "+336123456", "3085e7bb-ea8f-4e8e-87b1-d8950d8510ba") "," start "," END more               \
                                                              "}," PASSENGER

/* ---- finished JSON ---- */

static struct nvt_json_tok pool[NVT_RPC_V2_TOKENS_MAX];

static void checked_at(const char *json, int64_t now_s, nvt_err err, const char *field)
{
    struct nvt_failure failure;
    struct nvt_span text = exact(json, strlen(json));
    nvt_err got = nvt_rpc_v2_check(text, pool, NVT_RPC_V2_TOKENS_MAX, now_s, &failure);
    assert_string_equal(nvt_err_name(got), nvt_err_name(err));
    assert_string_equal(failure.field, field);
    assert_int_equal(nvt_rpc_v2_check(text, pool, NVT_RPC_V2_TOKENS_MAX, now_s, NULL), err);
    exact_free(text);
}

static void checked(const char *json, nvt_err err, const char *field)
{
    checked_at(json, 0, err, field);
}

static void test_example(void **state)
{
    uint32_t due_s = 0;
    (void)state;
    checked(JOURNEY(START, ""), NVT_OK, "");
    checked_at(JOURNEY(START, ""), 1609498800, NVT_OK, "");
    checked_at(JOURNEY(START, ""), 1609498799, NVT_E_FIELD_FUTURE, "driver.end.datetime");
    checked("{}", NVT_E_FIELD_MISSING, "journey_id");
    checked("[]", NVT_E_FIELD_TYPE, "");
    checked("{", NVT_E_JSON_END, "");
    checked(SAMPLE_V3, NVT_E_FIELD_UNKNOWN, "operator_trip_id");
    assert_int_equal(
        nvt_rpc_v2_due(NVT_LIT(JOURNEY(START, "")), pool, NVT_RPC_V2_TOKENS_MAX, &due_s), NVT_OK);
    assert_int_equal(due_s, 1609495200 + 86400);
    assert_int_equal(
        nvt_rpc_v2_due(NVT_LIT(JOURNEY("\"start\":{\"datetime\":\"2021-01-01T09:00:00Z\"}", "")),
                       pool, NVT_RPC_V2_TOKENS_MAX, &due_s),
        NVT_OK);
    assert_int_equal(due_s, 1609495200 - 3600 + 86400);
    assert_int_equal(nvt_rpc_v2_due(NVT_LIT("{}"), pool, NVT_RPC_V2_TOKENS_MAX, &due_s),
                     NVT_E_SYNTAX);
}

/* A place by position, commune or address. */
static void test_places(void **state)
{
    static const struct {
        const char *members;
        nvt_err err;
        const char *field;
    } rows[] = {
        {"\"lat\":45,\"lon\":0", NVT_OK, ""},
        {"\"insee\":\"2A004\"", NVT_OK, ""},
        {"\"literal\":\"5 rue du Paradis, 75010 Paris\",\"country\":\"France\"", NVT_OK, ""},
        {"\"lat\":45,\"lon\":0,\"insee\":\"91377\"", NVT_OK, ""},
        {"\"insee\":\"9137\"", NVT_E_FIELD_LENGTH, "driver.start.insee"},
        {"\"insee\":\"91x77\"", NVT_E_FIELD_FORMAT, "driver.start.insee"},
        {"\"lat\":45", NVT_E_FIELD_MISSING, "driver.start.lon"},
        {"\"lat\":45,\"insee\":\"91377\"", NVT_E_FIELD_MISSING, "driver.start.lon"},
        {"\"lon\":45,\"insee\":\"91377\"", NVT_E_FIELD_MISSING, "driver.start.lat"},
        {"\"literal\":\"Saclay\"", NVT_E_FIELD_MISSING, "driver.start.country"},
        {"\"insee\":\"91377\",\"country\":\"France\"", NVT_E_FIELD_MISSING, "driver.start.literal"},
        {"\"country\":\"France\"", NVT_E_FIELD_MISSING, "driver.start.lat"},
        {"\"lat\":90.1,\"lon\":0", NVT_E_FIELD_RANGE, "driver.start.lat"},
        {"\"town\":\"x\"", NVT_E_FIELD_UNKNOWN, "driver.start.town"},
    };
    char json[2048];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        (void)snprintf(json, sizeof json,
                       JOURNEY("\"start\":{\"datetime\":\"2021-01-01T10:00:00Z\",%s}", ""),
                       rows[i].members);
        checked(json, rows[i].err, rows[i].field);
    }
    checked(JOURNEY("\"start\":{\"datetime\":\"2021-01-01T10:00:00Z\"}", ""), NVT_E_FIELD_MISSING,
            "driver.start.lat");
    checked(JOURNEY("\"start\":{\"datetime\":\"2021-01-01T11:00:00Z\",\"insee\":\"91377\"}", ""),
            NVT_E_FIELD_ORDER, "driver.end.datetime");
}

static void test_members(void **state)
{
    (void)state;
    checked(JOURNEY(START, ",\"distance\":1000000,\"duration\":86400,\"payments\":[]"), NVT_OK, "");
    checked(JOURNEY(START, ",\"distance\":0"), NVT_E_FIELD_RANGE, "driver.distance");
    checked(JOURNEY(START, ",\"distance\":1000001"), NVT_E_FIELD_RANGE, "driver.distance");
    checked(JOURNEY(START, ",\"duration\":0"), NVT_E_FIELD_RANGE, "driver.duration");
    checked(JOURNEY(START, ",\"duration\":86401"), NVT_E_FIELD_RANGE, "driver.duration");
    checked(JOURNEY(START, ",\"duration\":1.5"), NVT_E_FIELD_TYPE, "driver.duration");
    checked(JOURNEY(START, ",\"seats\":1"), NVT_E_FIELD_UNKNOWN, "driver.seats");
    checked(JOURNEY(START, ",\"payments\":[{\"index\":0,\"amount\":1,\"type\":\"card\"}]"),
            NVT_E_FIELD_MISSING, "driver.payments[0].siret");
}

/* The largest that a pool of NVT_RPC_V2_TOKENS_MAX must read: every list full. */
static void test_tokens(void **state)
{
    char incentives[2048] = "";
    char payments[4096] = "";
    char json[16384];
    size_t a = 0;
    size_t b = 0;
    (void)state;
    for (int i = 0; i < 20; i++) {
        const char *comma = i == 0 ? "" : ",";
        a += (size_t)snprintf(incentives + a, sizeof incentives - a,
                              "%s{\"index\":%d,\"amount\":1,\"siret\":\"11000101300017\"}", comma,
                              i);
        b += (size_t)snprintf(
            payments + b, sizeof payments - b,
            "%s{\"index\":%d,\"amount\":1,\"siret\":\"11000101300017\",\"type\":\"card\"}", comma,
            i);
    }
#define ALL_OF_IT                                                                                  \
    "\"identity\":{\"phone_trunc\":\"+336123456\",\"phone\":\"+33612345678\","                     \
    "\"operator_user_id\":\"u\",\"firstname\":\"Z\",\"lastname\":\"H\","                           \
    "\"email\":\"z@example.org\",\"company\":\"c\",\"over_18\":null,"                              \
    "\"travel_pass\":{\"name\":\"navigo\",\"user_id\":\"n\"}},\"incentives\":[%s],"                \
    "\"payments\":[%s],\"start\":{\"datetime\":\"2021-01-01T10:00:00Z\",\"lat\":1,\"lon\":2,"      \
    "\"insee\":\"91377\",\"literal\":\"l\",\"country\":\"c\"},"                                    \
    "\"end\":{\"datetime\":\"2021-01-01T11:00:00Z\",\"lat\":1,\"lon\":2,"                          \
    "\"insee\":\"91377\",\"literal\":\"l\",\"country\":\"c\"},\"distance\":1,\"duration\":1"
    (void)snprintf(json, sizeof json,
                   HEAD "\"driver\":{" ALL_OF_IT ",\"revenue\":1},\"passenger\":{" ALL_OF_IT
                        ",\"contribution\":1,\"seats\":8}}",
                   incentives, payments, incentives, payments);
    checked(json, NVT_OK, "");
}

/* ---- structs ---- */

static void expect_v2(const struct sample *s, nvt_err err, const char *field)
{
    struct nvt_failure failure;
    assert_string_equal(nvt_err_name(nvt_rpc_v2_journey_check(&s->j, 0, &failure)),
                        nvt_err_name(err));
    assert_string_equal(failure.field, field);
}

/* What is written is what the check of finished JSON takes. */
static void written(const struct sample *s, const char *json)
{
    char text[NVT_RPC_BODY_MAX];
    struct nvt_buf b;
    struct nvt_failure failure;
    nvt_buf_init(&b, text, sizeof text - 1U);
    assert_int_equal(nvt_rpc_v2_write(&s->j, 0, &b, &failure), NVT_OK);
    text[b.len] = '\0';
    assert_string_equal(text, json);
    checked(text, NVT_OK, "");
}

#define POINTS                                                                                     \
    "\"start\":{\"datetime\":\"2025-06-02T12:00:00Z\",\"lat\":48.856614,\"lon\":2.352222},"        \
    "\"end\":{\"datetime\":\"2025-06-02T12:30:00Z\",\"lat\":-20.9,\"lon\":55.45}"

static void test_text(void **state)
{
    struct sample s;
    (void)state;
    sample_init(&s);
    s.j.incentive_count = 1;
    s.j.driver.firstname = NVT_LIT("Zoé");
    s.j.driver.lastname = NVT_LIT("L'Hôpital");
    s.j.driver.email = NVT_LIT("zoe@example.org");
    s.j.driver.company = NVT_LIT("Ponts \"& Cie\"");
    s.j.passenger.over_18 = NVT_RPC_ADULT_NULL;
    written(&s,
            "{\"journey_id\":\"J-1\",\"operator_journey_id\":\"T-1\",\"operator_class\":\"C\","
            "\"driver\":{\"identity\":{\"phone_trunc\":\"+336010203\",\"phone\":\"+33601020304\","
            "\"operator_user_id\":\"U-1\",\"firstname\":\"Zoé\",\"lastname\":\"L'Hôpital\","
            "\"email\":\"zoe@example.org\",\"company\":\"Ponts \\\"& Cie\\\"\"},"
            "\"incentives\":[{\"index\":0,\"amount\":100,\"siret\":\"11000101300017\"}]," POINTS
            ",\"distance\":12000,\"revenue\":550},\"passenger\":{\"identity\":{\"phone_trunc\":"
            "\"+336010203\",\"operator_user_id\":\"U-2\",\"over_18\":null,"
            "\"travel_pass\":{\"name\":\"navigo\",\"user_id\":\"N-9\"}},\"incentives\":[],"
            "\"payments\":[{\"index\":0,\"siret\":\"22000202400028\",\"type\":\"card\","
            "\"amount\":75}]," POINTS ",\"distance\":12000,\"contribution\":150,\"seats\":2}}");
}

static void test_least(void **state)
{
    struct sample s;
    (void)state;
    sample_init(&s);
    s.j.operator_trip_id.len = 0;
    s.j.incentive_count = 0;
    s.j.payment_count = 0;
    s.j.passenger_seats = 0;
    (void)memset(&s.j.driver, 0, sizeof s.j.driver);
    (void)memset(&s.j.passenger, 0, sizeof s.j.passenger);
    s.j.driver.phone = NVT_LIT("+33601020304");
    s.j.passenger.phone = NVT_LIT("+33601020305");
    s.j.passenger.over_18 = NVT_RPC_ADULT_NO;
    s.j.distance_m = 0; /* optional in v2 */
    written(&s, "{\"journey_id\":\"J-1\",\"operator_class\":\"C\",\"driver\":{\"identity\":{"
                "\"phone\":\"+33601020304\"},\"incentives\":[]," POINTS
                ",\"revenue\":550},\"passenger\":{\"identity\":{\"phone\":\"+33601020305\","
                "\"over_18\":false},\"incentives\":[]," POINTS ",\"contribution\":150}}");
}

/* The meridian of Greenwich is a place, not an absent one. */
static void test_greenwich(void **state)
{
    struct sample s;
    char text[NVT_RPC_BODY_MAX];
    struct nvt_buf b;
    (void)state;
    sample_init(&s);
    s.j.start.lat_e7 = 0;
    s.j.start.lon_e7 = 0;
    nvt_buf_init(&b, text, sizeof text - 1U);
    assert_int_equal(nvt_rpc_v2_write(&s.j, 0, &b, NULL), NVT_OK);
    text[b.len] = '\0';
    assert_non_null(strstr(text, "\"lat\":0,\"lon\":0}"));
}

static void test_bounds(void **state)
{
    struct sample s;
    char *long_name = repeated("a", 256);
    (void)state;
    sample_init(&s);
    s.j.incentive_count = 21;
    expect_v2(&s, NVT_E_FIELD_COUNT, "driver.incentives");
    s.j.incentive_count = 0;
    s.j.passenger.company = nvt_span_str(long_name);
    expect_v2(&s, NVT_E_FIELD_LENGTH, "passenger.identity.company");
    s.j.passenger.company.len = 255;
    expect_v2(&s, NVT_OK, "");
    s.j.operator_journey_id.len = 0;
    expect_v2(&s, NVT_E_FIELD_MISSING, "journey_id");
    s.j.operator_journey_id = NVT_LIT("x");
    s.j.operator_trip_id = nvt_span_str(long_name);
    expect_v2(&s, NVT_E_FIELD_LENGTH, "operator_journey_id");
    s.j.operator_trip_id.len = 0;
    s.j.end.time_s = s.j.start.time_s;
    expect_v2(&s, NVT_E_FIELD_ORDER, "driver.end.datetime");
    s.j.start.time_s = INT64_MIN;
    expect_v2(&s, NVT_E_FIELD_RANGE, "driver.start.datetime");
    free(long_name);
}

static void test_identity(void **state)
{
    struct sample s;
    (void)state;
    sample_init(&s);
    s.j.driver.phone_trunc.len = 0;
    s.j.driver.operator_user_id.len = 0;
    expect_v2(&s, NVT_OK, "");
    s.j.driver.phone.len = 0;
    expect_v2(&s, NVT_E_FIELD_MISSING, "driver.identity.phone_trunc");
    s.j.driver.phone_trunc = NVT_LIT("+336010203");
    expect_v2(&s, NVT_E_FIELD_MISSING, "driver.identity.operator_user_id");
}

/* ---- calls ---- */

static void test_profile(void **state)
{
    const struct nvt_profile *p = &nvt_rpc_v2_profile;
    (void)state;
    assert_string_equal(p->name, "rpc");
    assert_int_equal(p->grant, NVT_GRANT_STATIC);
    assert_string_equal(p->token_path, "");
    assert_int_equal(p->environment_count, 3);
    assert_string_equal(p->environments[2].name, "staging");
    assert_string_equal(p->environments[2].url, "https://api-staging.covoiturage.beta.gouv.fr");
    assert_int_equal(p->rates[WRITE].limit, 20000);
    assert_ptr_equal(nvt_rpc_v2_uplink.profile, p);
}

static void test_requests(void **state)
{
    (void)state;
    expect_request(nvt_rpc_v2_send(&call, &request, NVT_LIT("{\"a\":1}")), "POST", "/v2/journeys",
                   "{\"a\":1}", NVT_REQ_KEYED, WRITE);
    expect_request(nvt_rpc_v2_status(&call, &request, NVT_LIT("J/1")), "GET", "/v2/journeys/J%2F1",
                   "", NVT_REQ_IDEMPOTENT, READ);
    expect_request(nvt_rpc_v2_cancel(&call, &request, NVT_LIT("J/1")), "DELETE",
                   "/v2/journeys/J%2F1", "", NVT_REQ_IDEMPOTENT, WRITE);
    expect_refused(nvt_rpc_v2_status(&call, &request, NVT_LIT("")), NVT_E_FIELD_MISSING);
    expect_refused(nvt_rpc_v2_cancel(&call, &request, NVT_LIT("..")), NVT_E_FIELD_FORMAT);
}

static void test_receipts(void **state)
{
    static const char *const good[] = {
        "{\"journey_id\":\"J-1\",\"created_at\":\"2021-11-08T13:32:26.307Z\"}",
        "{\"id\":1,\"result\":{\"meta\":null,\"data\":{\"journey_id\":\"J-1\","
        "\"created_at\":\"2021-11-08T13:32:26.307Z\"}},\"jsonrpc\":\"2.0\"}"};
    static const char *const bad[] = {"",
                                      "{}",
                                      "[]",
                                      "{\"journey_id\":\"J-1\"}",
                                      "{\"journey_id\":1,\"created_at\":\"x\"}",
                                      "{\"result\":{\"data\":{}},\"journey_id\":\"J-1\"}"};
    struct nvt_rpc_receipt receipt;
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        answer = good[i];
        assert_int_equal(nvt_rpc_v2_read_receipt(&call, &receipt), NVT_OK);
        assert_true(nvt_span_eq(receipt.operator_journey_id, NVT_LIT("J-1")));
        assert_true(nvt_span_eq(receipt.created_at, NVT_LIT("2021-11-08T13:32:26.307Z")));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        answer = bad[i];
        assert_int_equal(nvt_rpc_v2_read_receipt(&call, &receipt), NVT_E_ANSWER);
    }
}

static void test_state(void **state)
{
    struct nvt_rpc_v2_state got;
    (void)state;
    answer = "{\"status\":\"acquisition_error\",\"journey_id\":\"J-1\",\"created_at\":\"t\","
             "\"metadata\":{\"message\":\"no\"}}";
    assert_int_equal(nvt_rpc_v2_read_state(&call, &got), NVT_OK);
    assert_true(nvt_span_eq(got.status, NVT_LIT("acquisition_error")));
    assert_true(nvt_span_eq(got.message, NVT_LIT("no")));
    answer = "{\"status\":\"ok\",\"journey_id\":\"J-1\",\"created_at\":\"t\"}";
    assert_int_equal(nvt_rpc_v2_read_state(&call, &got), NVT_OK);
    assert_int_equal(got.message.len, 0);
    answer = "{\"status\":\"ok\",\"operator_journey_id\":\"J-1\",\"created_at\":\"t\"}";
    assert_int_equal(nvt_rpc_v2_read_state(&call, &got), NVT_E_ANSWER);
}

/* ---- what a done answer is ---- */

static enum nvt_verdict created(const char *id, const char *body)
{
    char sent[64];
    (void)snprintf(sent, sizeof sent, "{\"journey_id\":\"%s\"}", id);
    assert_int_equal(nvt_rpc_v2_send(&call, &request, nvt_span_str(sent)), NVT_OK);
    call.request = begun;
    begun = NULL;
    call.outcome.body = nvt_span_str(body);
    call.outcome.failure.err = NVT_OK;
    enum nvt_verdict verdict = call.request->done->check(&call);
    assert_int_equal(call.outcome.failure.err, verdict == NVT_DELIVERED ? NVT_OK : NVT_E_ANSWER);
    return verdict;
}

static void test_created(void **state)
{
    static const char *const other[] = {
        "",
        "{}",
        "[]",
        "{\"journey_id\":\"J-2\",\"created_at\":\"t\"}",
        "{\"journey_id\":\"J-1\"}",
        "{\"journey_id\":\"J-1\",\"created_at\":null}",
        "{\"operator_journey_id\":\"J-1\",\"created_at\":\"t\"}",
        "{\"result\":{\"data\":{\"journey_id\":\"J-2\",\"created_at\":\"t\"}}}"};
    (void)state;
    assert_int_equal(created("J-1", "{\"journey_id\":\"J-1\",\"created_at\":\"t\"}"),
                     NVT_DELIVERED);
    assert_int_equal(created("J-1", "{\"journey_id\":\"J\\u002d1\",\"created_at\":\"t\"}"),
                     NVT_DELIVERED);
    assert_int_equal(created("J-1", "{\"id\":1,\"result\":{\"meta\":null,\"data\":{"
                                    "\"journey_id\":\"J-1\",\"created_at\":\"t\"}}}"),
                     NVT_DELIVERED);
    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++) {
        assert_int_equal(created("J-1", other[i]), NVT_UNKNOWN);
    }
    assert_int_equal(call.request->done->status, 201);
    assert_int_equal(call.request->done->form, NVT_FORM_OBJECT);
    assert_int_equal(nvt_rpc_v2_cancel(&call, &request, NVT_LIT("J-1")), NVT_OK);
    assert_int_equal(begun->done->status, 200);
    assert_int_equal(begun->done->form, NVT_FORM_JSON);
    assert_int_equal(nvt_rpc_v2_status(&call, &request, NVT_LIT("J-1")), NVT_OK);
    assert_int_equal(begun->done->status, 200);
    assert_string_equal(begun->done->same, "journey_id");
    assert_true(nvt_span_eq(begun->id, NVT_LIT("J-1")));
    begun = NULL;
}

/* ---- what the uplink is told ---- */

static enum nvt_uplink_known known(uint16_t status, enum nvt_verdict verdict, const char *body)
{
    call.outcome.status = status;
    call.outcome.verdict = verdict;
    call.outcome.failure.err = verdict == NVT_DELIVERED ? NVT_OK : NVT_E_STATUS;
    call.outcome.body = nvt_span_str(body);
    return nvt_rpc_v2_uplink.known(&call, NULL);
}

#define STATE(status) "{\"status\":\"" status "\",\"journey_id\":\"J-1\",\"created_at\":\"t\"}"

static void test_uplink(void **state)
{
    static const char *const there[] = {STATE("ok"), STATE("pending"), STATE("canceled"),
                                        STATE("normalization_error"), STATE("fraud_error")};
    char reason[64] = "";
    struct nvt_buf out;
    (void)state;
    assert_int_equal(nvt_rpc_v2_uplink.send(&call, &request, NVT_LIT("{\"a\":1}")), NVT_OK);
    assert_int_equal(begun->flags, NVT_REQ_KEYED | NVT_REQ_ONCE);
    assert_int_equal(nvt_rpc_v2_uplink.ask(&call, &request, NVT_LIT(JOURNEY(START, ""))), NVT_OK);
    assert_true(
        nvt_span_eq(begun->target, NVT_LIT("/v2/journeys/8c872418-37c0-4b94-8cc7-e189c1599c4c")));
    assert_int_equal(nvt_rpc_v2_uplink.ask(&call, &request, NVT_LIT(SAMPLE_V3)),
                     NVT_E_FIELD_MISSING);
    assert_int_equal(known(404, NVT_REFUSED, "{\"code\":404,\"error\":\"Not found\"}"),
                     NVT_UPLINK_ABSENT);
    for (size_t i = 0; i < sizeof there / sizeof there[0]; i++) {
        assert_int_equal(known(200, NVT_DELIVERED, there[i]), NVT_UPLINK_THERE);
    }
    assert_int_equal(known(200, NVT_DELIVERED, STATE("expired")), NVT_UPLINK_REFUSED);
    assert_int_equal(known(200, NVT_DELIVERED, STATE("acquisition_error")), NVT_UPLINK_REFUSED);
    assert_int_equal(known(200, NVT_DELIVERED, "{}"), NVT_UPLINK_UNSURE);
    assert_int_equal(known(503, NVT_RETRY, STATE("ok")), NVT_UPLINK_UNSURE);
    answer = "{\"status\":\"expired\",\"journey_id\":\"J-1\",\"created_at\":\"t\","
             "\"metadata\":{\"message\":\"late\"}}";
    call.outcome.status = 200;
    nvt_buf_init(&out, reason, sizeof reason - 1U);
    nvt_rpc_v2_uplink.reason(&call, &out);
    assert_string_equal(reason, "expired: late");
    begun = NULL;
}

/* A journey that ends in the registry's future waits for the later of its two ends. */
static void test_early(void **state)
{
    static const char later[] =
        HEAD "\"driver\":{" START "," END "},\"passenger\":{" START
             ",\"end\":{\"datetime\":\"2021-01-01T11:00:30Z\",\"lat\":1,\"lon\":1}}}";
    (void)state;
    answer = "{\"error\":{\"code\":-32700,\"message\":\"Parse error\"}}";
    call.outcome.status = 422;
    assert_int_equal(nvt_rpc_v2_uplink.not_before(&call, NVT_LIT(JOURNEY(START, ""))), 1609498800);
    assert_int_equal(nvt_rpc_v2_uplink.not_before(&call, nvt_span_str(later)), 1609498830);
    answer = "{\"error\":{\"code\":-32602}}";
    assert_int_equal(nvt_rpc_v2_uplink.not_before(&call, nvt_span_str(later)), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_example),   cmocka_unit_test(test_places),
        cmocka_unit_test(test_members),   cmocka_unit_test(test_tokens),
        cmocka_unit_test(test_text),      cmocka_unit_test(test_least),
        cmocka_unit_test(test_greenwich), cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_identity),  cmocka_unit_test(test_profile),
        cmocka_unit_test(test_requests),  cmocka_unit_test(test_receipts),
        cmocka_unit_test(test_state),     cmocka_unit_test(test_uplink),
        cmocka_unit_test(test_early),     cmocka_unit_test(test_created),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
