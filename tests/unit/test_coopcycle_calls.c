/* SPDX-License-Identifier: Apache-2.0 */
/* CoopCycle's calls and answers. */
#include "coopcycle_stand.h"

static struct nvt_coopcycle_request request;

/* ---- profile ---- */

static void test_profile(void **state)
{
    (void)state;
    const struct nvt_profile *p = nvt_profile_find(NVT_LIT("coopcycle"));
    assert_ptr_equal(p, &nvt_coopcycle_profile);
    assert_int_equal(p->environment_count, 1);
    assert_string_equal(p->environments[0].name, "demo");
    assert_string_equal(p->environments[0].url, "https://demo.coopcycle.org");
    assert_int_equal(p->grant, NVT_GRANT_CLIENT_BASIC);
    assert_true(p->basic_plain);
    assert_string_equal(p->token_path, "/oauth2/token");
    assert_string_equal(p->scope, "tasks deliveries");
    assert_string_equal(p->api_key_name, "");
    assert_int_equal(p->token_life_s, 3600);
    assert_int_equal(p->duplicate_status, 0);
    assert_false(p->retry_500);
    for (size_t i = 0; i < NVT_RATES_MAX; i++) {
        assert_int_equal(p->rates[i].limit, 0);
    }
}

/* ---- requests ---- */

static void expect_request(nvt_err err, const char *method, const char *target, const char *body,
                           unsigned flags, bool scanned)
{
    assert_string_equal(nvt_err_name(err), "NVT_OK");
    assert_non_null(begun);
    expect_span(begun->method, method);
    expect_span(begun->target, target);
    expect_span(begun->body, body);
    expect_span(begun->media_type, body[0] == '\0' ? "" : "application/ld+json");
    expect_span(begun->accept, "application/ld+json");
    assert_int_equal(begun->flags, flags);
    assert_int_equal(begun->rate, 0);
    assert_int_equal(begun->header_count, 0);
    assert_int_equal(begun->sink != NULL, scanned);
    begun = NULL;
}

#define JSON NVT_LIT("{\"a\":1}")

static void test_requests(void **state)
{
    struct nvt_span key = NVT_LIT("k-1");
    (void)state;
    expect_request(nvt_coopcycle_create(&call, &request, JSON, key), "POST", "/api/deliveries",
                   "{\"a\":1}", 0U, true);
    assert_ptr_equal(request.scan.key.ptr, key.ptr);
    expect_request(nvt_coopcycle_get(&call, &request, NVT_LIT("12")), "GET", "/api/deliveries/12",
                   "", NVT_REQ_IDEMPOTENT, true);
    assert_int_equal(request.scan.key.len, 0);
    expect_request(nvt_coopcycle_update(&call, &request, NVT_LIT("/api/deliveries/12"), JSON),
                   "PUT", "/api/deliveries/12", "{\"a\":1}", NVT_REQ_IDEMPOTENT, true);
    expect_request(nvt_coopcycle_cancel(&call, &request, NVT_LIT("7")), "DELETE",
                   "/api/deliveries/7", "", NVT_REQ_IDEMPOTENT, false);
    expect_request(nvt_coopcycle_feasible(&call, &request, JSON), "POST", "/api/deliveries/assert",
                   "{\"a\":1}", NVT_REQ_IDEMPOTENT, false);
    expect_request(nvt_coopcycle_quote(&call, &request, JSON), "POST", "/api/deliveries/quotes",
                   "{\"a\":1}", NVT_REQ_IDEMPOTENT, false);
    expect_request(nvt_coopcycle_confirm(&call, &request, NVT_LIT("/api/delivery_quotes/3")), "PUT",
                   "/api/deliveries/quotes/3/confirm", "{}", 0U, false);
    expect_request(nvt_coopcycle_me(&call, &request), "GET", "/api/me", "", NVT_REQ_IDEMPOTENT,
                   false);
}

static void test_ids(void **state)
{
    static const char *const bad[] = {"/",     "x",  "12x",    "-1",  "1 ",
                                      "../me", "1?", "/api/x", "1.0", "18446744073709551616"};
    (void)state;
    expect_request(nvt_coopcycle_get(&call, &request, NVT_LIT("18446744073709551615")), "GET",
                   "/api/deliveries/18446744073709551615", "", NVT_REQ_IDEMPOTENT, true);
    expect_refused(nvt_coopcycle_get(&call, &request, NVT_LIT("")), NVT_E_FIELD_MISSING);
    expect_refused(nvt_coopcycle_update(&call, &request, NVT_LIT(""), JSON), NVT_E_FIELD_MISSING);
    expect_refused(nvt_coopcycle_cancel(&call, &request, NVT_LIT("")), NVT_E_FIELD_MISSING);
    expect_refused(nvt_coopcycle_confirm(&call, &request, NVT_LIT("")), NVT_E_FIELD_MISSING);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        expect_refused(nvt_coopcycle_get(&call, &request, nvt_span_str(bad[i])),
                       NVT_E_FIELD_FORMAT);
        expect_refused(nvt_coopcycle_cancel(&call, &request, nvt_span_str(bad[i])),
                       NVT_E_FIELD_FORMAT);
    }
}

/* ---- short answers ---- */

static void test_me(void **state)
{
    struct nvt_coopcycle_self self;
    (void)state;
    answer = "{\"@context\":\"\\/api\\/contexts\\/ApiApp\",\"@id\":\"\\/api\\/me\","
             "\"@type\":\"http:\\/\\/schema.org\\/SoftwareApplication\","
             "\"store\":\"\\/api\\/stores\\/1\",\"shop\":null,\"name\":\"V\\u00e9lo\"}";
    assert_int_equal(nvt_coopcycle_read_me(&call, &self), NVT_OK);
    assert_string_equal(self.store, "/api/stores/1");
    assert_string_equal(self.name, "V\xC3\xA9lo");
    answer = "{\"store\":null,\"shop\":\"/api/restaurants/1\"}";
    assert_int_equal(nvt_coopcycle_read_me(&call, &self), NVT_OK);
    assert_string_equal(self.store, "");
    assert_string_equal(self.name, "");
    answer = "{\"username\":\"bob\"}";
    assert_int_equal(nvt_coopcycle_read_me(&call, &self), NVT_OK);
    static const char *const bad[] = {"", "[]", "{", "1", "{\"store\":1}", "{\"store\":{}}"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        answer = bad[i];
        assert_int_equal(nvt_coopcycle_read_me(&call, &self), NVT_E_ANSWER);
        assert_string_equal(self.store, "");
    }
}

/* Texts that just fit their room, and one byte more. */
static void test_me_room(void **state)
{
    struct nvt_coopcycle_self self;
    char json[256];
    (void)state;
    (void)strcpy(json, "{\"store\":\"/api/stores/"); /* 12 bytes and 51 digits: 63 */
    size_t len = strlen(json);
    (void)memset(json + len, '1', 51);
    (void)strcpy(json + len + 51, "\"}");
    answer = json;
    assert_int_equal(nvt_coopcycle_read_me(&call, &self), NVT_OK);
    assert_int_equal(strlen(self.store), NVT_COOPCYCLE_IRI_CAP - 1);
    (void)strcpy(json + len + 51, "1\"}");
    assert_int_equal(nvt_coopcycle_read_me(&call, &self), NVT_E_ANSWER);
    assert_string_equal(self.store, "");
}

#define QUOTE_HEAD "{\"@id\":\"\\/api\\/delivery_quotes\\/31\",\"@type\":\"DeliveryQuote\","

static void test_quote(void **state)
{
    struct nvt_coopcycle_price p;
    (void)state;
    answer = QUOTE_HEAD "\"amount\":499,\"currency\":\"EUR\","
                        "\"expiresAt\":\"2025-06-02T14:00:00+02:00\"}";
    assert_int_equal(nvt_coopcycle_read_quote(&call, &p), NVT_OK);
    assert_int_equal(p.id, 31);
    assert_int_equal(p.amount, 499);
    assert_string_equal(p.currency, "EUR");
    assert_int_equal(p.expires_s, 1748865600);
    answer = QUOTE_HEAD "\"amount\":0,\"currency\":\"CHF\"}";
    assert_int_equal(nvt_coopcycle_read_quote(&call, &p), NVT_OK);
    assert_int_equal(p.expires_s, 0);
    static const char *const bad[] = {
        "",
        "{}",
        "{\"amount\":499,\"currency\":\"EUR\"}",
        "{\"@id\":\"/api/delivery_quotes/x\",\"amount\":499,\"currency\":\"EUR\"}",
        QUOTE_HEAD "\"currency\":\"EUR\"}",
        QUOTE_HEAD "\"amount\":499}",
        QUOTE_HEAD "\"amount\":-1,\"currency\":\"EUR\"}",
        QUOTE_HEAD "\"amount\":4.5,\"currency\":\"EUR\"}",
        QUOTE_HEAD "\"amount\":\"499\",\"currency\":\"EUR\"}",
        QUOTE_HEAD "\"amount\":499,\"currency\":\"EURO\"}",
        QUOTE_HEAD "\"amount\":499,\"currency\":null}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        answer = bad[i];
        assert_int_equal(nvt_coopcycle_read_quote(&call, &p), NVT_E_ANSWER);
    }
}

static void test_confirmed(void **state)
{
    struct nvt_coopcycle_receipt r;
    (void)state;
    answer = "{\"@id\":\"/api/delivery_quotes/31\",\"delivery\":\"\\/api\\/deliveries\\/9\"}";
    assert_int_equal(nvt_coopcycle_read_confirmed(&call, &r), NVT_OK);
    assert_int_equal(r.id, 9);
    assert_string_equal(r.iri, "/api/deliveries/9");
    static const char *const bad[] = {"",
                                      "{}",
                                      "[]",
                                      "{\"delivery\":null}",
                                      "{\"delivery\":9}",
                                      "{\"delivery\":\"/api/deliveries/\"}"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        answer = bad[i];
        assert_int_equal(nvt_coopcycle_read_confirmed(&call, &r), NVT_E_ANSWER);
    }
}

/* ---- deliveries, read as they come ---- */

static nvt_err receive(const char *json, size_t first, const char *key,
                       struct nvt_coopcycle_receipt *out)
{
    assert_int_equal(nvt_coopcycle_create(&call, &request, JSON, nvt_span_str(key)), NVT_OK);
    assert_int_equal(feed(json, first), NVT_OK);
    begun = NULL;
    return nvt_coopcycle_read_receipt(&request, out);
}

/* As the server writes it: solidi escaped, each task twice. */
#define TASK(n, status, comments, metadata)                                                        \
    "{\"@id\":\"\\/api\\/tasks\\/" n "\",\"@type\":\"Task\",\"id\":" n ",\"status\":\"" status     \
    "\",\"type\":\"PICKUP\",\"address\":{\"@id\":\"\\/api\\/addresses\\/4\",\"geo\":{"             \
    "\"latitude\":48.87,\"longitude\":2.33},\"streetAddress\":\"24, Rue de la Paix\"},"            \
    "\"after\":\"2025-06-02T12:00:00+02:00\",\"comments\":\"" comments "\",\"createdAt\":"         \
    "\"2025-06-02T10:00:00+02:00\",\"tags\":[],\"metadata\":" metadata ",\"weight\":null,"         \
    "\"packages\":[{\"type\":\"XL\",\"quantity\":2,\"labels\":[\"a\",\"b\"]}]}"
#define DELIVERY(n, status, comments, metadata)                                                    \
    "{\"@context\":\"\\/api\\/contexts\\/Delivery\",\"@id\":\"\\/api\\/deliveries\\/" n "\","      \
    "\"@type\":\"http:\\/\\/schema.org\\/ParcelDelivery\",\"id\":" n ",\"distance\":1500,"         \
    "\"polyline\":\"e~|iHk\\\\yw\\u0026M\",\"tasks\":[" TASK("1", "DONE", "", "[]") "," TASK(      \
        "2", status, comments,                                                                     \
        metadata) "],\"pickup\":" TASK("1", "DONE", "",                                            \
                                       "[]") ",\"dropoff\":" TASK("2", status, comments,           \
                                                                  metadata) ",\"trackingUrl\":"    \
                                                                            "\"https:\\/\\/"       \
                                                                            "demo.coopcycle."      \
                                                                            "org\\/fr\\/pub\\/"    \
                                                                            "d\\/"                 \
                                                                            "x?a=1\\u0026b=2\"}"

static void expect_nine(const struct nvt_coopcycle_receipt *r, bool keyed)
{
    assert_int_equal(r->id, 9);
    assert_string_equal(r->iri, "/api/deliveries/9");
    assert_string_equal(r->tracking_url, "https://demo.coopcycle.org/fr/pub/d/x?a=1&b=2");
    assert_int_equal(r->task_count, 2);
    assert_int_equal(r->status[0], NVT_COOPCYCLE_DONE);
    assert_int_equal(r->status[1], NVT_COOPCYCLE_TODO);
    assert_int_equal(r->keyed, keyed);
}

static void test_receipt(void **state)
{
    static const char json[] = DELIVERY("9", "TODO", "ring", "{\"navette_key\":\"k-1\"}");
    struct nvt_coopcycle_receipt r;
    (void)state;
    for (size_t i = 0; i <= sizeof json; i++) {
        assert_int_equal(receive(json, i, "k-1", &r), NVT_OK);
        expect_nine(&r, true);
    }
    assert_int_equal(receive(json, 0, "", &r), NVT_OK);
    expect_nine(&r, false);
    assert_int_equal(receive(json, 0, "k-", &r), NVT_OK);
    expect_nine(&r, false);
    /* An empty key is none. */
    assert_int_equal(
        receive(DELIVERY("9", "TODO", "navette:", "{\"navette_key\":\"\"}"), 0, "", &r), NVT_OK);
    expect_nine(&r, false);
    assert_int_equal(receive(json, 0, "k-12", &r), NVT_OK);
    expect_nine(&r, false);
    assert_int_equal(receive(" {\t\"@id\" : \"/api/deliveries/1\"\r\n} ", 0, "", &r), NVT_OK);
    assert_int_equal(r.id, 1);
    assert_int_equal(r.task_count, 0);
    assert_string_equal(r.tracking_url, "");
}

/* Cut anywhere it is no delivery; nor is anything else. */
static void test_bad_receipt(void **state)
{
    static const char json[] = DELIVERY("9", "TODO", "", "[]");
    char cut[sizeof json];
    struct nvt_coopcycle_receipt r;
    (void)state;
    for (size_t i = 0; i < sizeof json - 1U; i++) {
        (void)memcpy(cut, json, i);
        cut[i] = '\0';
        assert_int_equal(receive(cut, i / 2U, "", &r), NVT_E_ANSWER);
    }
    static const char *const bad[] = {
        "[]",
        "\"@id\"",
        "{}",
        "{\"@id\":9}",
        "{\"@id\":null}",
        "{\"@id\":\"/api/deliveries/x\"}",
        "{\"@id\":\"/api/deliveries/\"}",
        "{\"a\":{\"@id\":\"/api/deliveries/9\"}}",
        "[{\"@id\":\"/api/deliveries/9\"}]",
        "{\"@id\":\"/api/deliveries/9\"}}",
        "{\"@id\":\"/api/deliveries/9\"},",
        "{\"@id\":\"/api/deliveries/9\"]",
        "{\"@id\":\"/api/deliveries/9\",}",
        "{\"@id\":\"/api/deliveries/9\" \"a\":1}",
        "{\"@id\" \"/api/deliveries/9\"}",
        "{\"@id\"::\"/api/deliveries/9\"}",
        "{\"@id\":\"/api/deliveries/9\",1:2}",
        "{\"@id\":\"/api/deliveries/9\",\"a\":[1 2]}",
        "{\"@id\":\"/api/deliveries/9\",\"a\":[1,,2]}",
        "{\"@id\":\"/api/deliveries/9\",\"a\":[1}]",
        "{\"@id\":\"/api/deliveries/9\",\"a\":{1}}",
        "{,\"@id\":\"/api/deliveries/9\"}",
        "{\"@id\":\"/api/deliveries/9\"}{}",
        "<html>",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(receive(bad[i], 3, "", &r), NVT_E_ANSWER);
    }
}

static void test_statuses(void **state)
{
    static const char *const names[] = {"TODO", "DOING", "DONE", "FAILED", "CANCELLED",
                                        "todo", "LATE",  "",     "TODOX"};
    static const uint8_t wanted[] = {
        NVT_COOPCYCLE_TODO,   NVT_COOPCYCLE_DOING,     NVT_COOPCYCLE_DONE,
        NVT_COOPCYCLE_FAILED, NVT_COOPCYCLE_CANCELLED, NVT_COOPCYCLE_OTHER,
        NVT_COOPCYCLE_OTHER,  NVT_COOPCYCLE_OTHER,     NVT_COOPCYCLE_OTHER};
    struct nvt_coopcycle_receipt r;
    char json[2048] = "{\"@id\":\"/api/deliveries/9\",\"status\":\"DONE\",\"tasks\":[";
    (void)state;
    for (size_t i = 0; i < 9U; i++) {
        (void)strcat(strcat(json, "{\"status\":\""), names[i]);
        (void)strcat(json, "\",\"x\":{\"status\":\"DONE\"}},");
    }
    size_t nine = strlen(json);
    (void)strcpy(json + nine - 1U, "]}");
    assert_int_equal(receive(json, 0, "", &r), NVT_OK);
    assert_int_equal(r.task_count, 9);
    assert_memory_equal(r.status, wanted, 9);
    /* One more than there is room for. */
    (void)strcpy(json + nine - 1U, ",");
    for (size_t i = 9; i <= NVT_COOPCYCLE_TASKS_MAX; i++) {
        (void)strcat(json, "{\"status\":\"DONE\"},");
    }
    (void)strcpy(json + strlen(json) - 1U, "]}");
    assert_int_equal(receive(json, 0, "", &r), NVT_OK);
    assert_int_equal(r.task_count, NVT_COOPCYCLE_TASKS_MAX);
}

/* Texts of the longest that is kept, and one byte more. */
static void test_long_texts(void **state)
{
    struct nvt_coopcycle_receipt r;
    char json[512];
    (void)state;
    for (size_t more = 0; more < 2U; more++) {
        (void)strcpy(json, "{\"@id\":\"/api/deliveries/9\",\"trackingUrl\":\"");
        size_t len = strlen(json);
        (void)memset(json + len, 'u', NVT_COOPCYCLE_URL_CAP - 1U + more);
        (void)strcpy(json + len + NVT_COOPCYCLE_URL_CAP - 1U + more, "\"}");
        assert_int_equal(receive(json, 0, "", &r), NVT_OK);
        assert_int_equal(strlen(r.tracking_url), more == 0U ? NVT_COOPCYCLE_URL_CAP - 1U : 0U);
    }
    for (size_t more = 0; more < 2U; more++) {
        (void)strcpy(json, "{\"@id\":\"");
        size_t len = strlen(json);
        size_t iri = NVT_COOPCYCLE_IRI_CAP - 1U + more;
        (void)memset(json + len, 'u', iri);
        (void)strcpy(json + len + iri - 2U, "/9\"}");
        assert_int_equal(receive(json, 0, "", &r), more == 0U ? NVT_OK : NVT_E_ANSWER);
    }
}

/* Nested as deeply as is followed, and one level more. */
static void test_depth(void **state)
{
    struct nvt_coopcycle_receipt r;
    char json[512];
    (void)state;
    for (size_t depth = 31; depth <= 32U; depth++) {
        (void)strcpy(json, "{\"@id\":\"/api/deliveries/9\",\"a\":");
        for (size_t i = 0; i < depth; i++) {
            (void)strcat(json, "{\"a\":");
        }
        (void)strcat(json, "1");
        size_t len = strlen(json);
        (void)memset(json + len, '}', depth + 1U);
        json[len + depth + 1U] = '\0';
        assert_int_equal(receive(json, 0, "", &r), depth == 31U ? NVT_OK : NVT_E_ANSWER);
    }
}

/* ---- the key's line in comments ---- */

static void expect_line(const char *comments, bool keyed)
{
    struct nvt_coopcycle_receipt r;
    char json[512] = "{\"@id\":\"/api/deliveries/9\",\"dropoff\":{\"comments\":\"";
    (void)strcat(strcat(json, comments), "\"}}");
    for (size_t i = 0; i < 100U; i += 7U) {
        assert_int_equal(receive(json, i, "k-1", &r), NVT_OK);
        assert_int_equal(r.keyed, keyed);
    }
}

static void test_lines(void **state)
{
    (void)state;
    expect_line("navette:k-1", true);
    expect_line("ring twice\\nnavette:k-1\\n2 x XL", true);
    expect_line("ring\\r\\nnavette:k-1\\r\\n", true);
    expect_line("ring\\u000anavette:k-1\\u000Dx", true);
    expect_line("navette:\\u006b-1", true);
    expect_line("navette:navette:k-1\\nnavette:k-1", true);
    expect_line("", false);
    expect_line("navette:k-", false);
    expect_line("navette:k-12", false);
    expect_line("navette:k-1 ", false);
    expect_line(" navette:k-1", false);
    expect_line("Navette:k-1", false);
    expect_line("xnavette:k-1", false);
    expect_line("navette:\\nk-1", false);
    expect_line("navette:k-1\\u0100", false);
    expect_line("k-1", false);
}

/* A comments text that is far longer than any room. */
static void test_long_line(void **state)
{
    struct nvt_coopcycle_receipt r;
    char *json = malloc(4096);
    (void)state;
    assert_non_null(json);
    (void)strcpy(json, "{\"@id\":\"/api/deliveries/9\",\"tasks\":[{\"comments\":\"");
    size_t len = strlen(json);
    (void)memset(json + len, 'x', 3000);
    (void)strcpy(json + len + 3000, "\\nnavette:k-1\"}]}");
    assert_int_equal(receive(json, 1000, "k-1", &r), NVT_OK);
    assert_true(r.keyed);
    free(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_profile),     cmocka_unit_test(test_requests),
        cmocka_unit_test(test_ids),         cmocka_unit_test(test_me),
        cmocka_unit_test(test_me_room),     cmocka_unit_test(test_quote),
        cmocka_unit_test(test_confirmed),   cmocka_unit_test(test_receipt),
        cmocka_unit_test(test_bad_receipt), cmocka_unit_test(test_statuses),
        cmocka_unit_test(test_long_texts),  cmocka_unit_test(test_depth),
        cmocka_unit_test(test_lines),       cmocka_unit_test(test_long_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
