/* SPDX-License-Identifier: Apache-2.0 */
/* Looking for a delivery by its key, page by page. */
#include "coopcycle_stand.h"

static struct nvt_coopcycle_resolve resolve;

#define LIST(items, total)                                                                         \
    "{\"@id\":\"/api/stores/1/deliveries\",\"hydra:member\":[" items                               \
    "],\"hydra:totalItems\":" total ",\"hydra:view\":{\"@id\":\"x\"}}"
#define ITEM(n, key)                                                                               \
    "{\"@id\":\"/api/deliveries/" n "\",\"tasks\":[{\"createdAt\":"                                \
    "\"2025-06-02T10:00:00+02:00\",\"metadata\":{\"navette_key\":\"" key "\"}}]}"
#define MADE_S 1748851200 /* that createdAt */

static struct nvt_coopcycle_receipt found;

/* One answer; then what comes of it. */
static nvt_err page(const char *json)
{
    assert_non_null(begun);
    assert_int_equal(feed(json, strlen(json) / 2U), NVT_OK);
    begun = NULL;
    return nvt_coopcycle_resolve_next(&call, &resolve, &found);
}

static void start(int64_t since_s)
{
    (void)memset(&call.outcome, 0, sizeof call.outcome);
    assert_int_equal(
        nvt_coopcycle_resolve(&call, &resolve, NVT_LIT("/api/stores/12"), NVT_LIT("k-1"), since_s),
        NVT_OK);
    expect_span(begun->target, "/api/stores/12/deliveries?itemsPerPage=20&page=1");
}

static void expect_page(nvt_err err, const char *target)
{
    assert_string_equal(nvt_err_name(err), "NVT_AGAIN");
    expect_span(begun->target, target);
    assert_int_equal(begun->flags, NVT_REQ_IDEMPOTENT);
}

#define PAGE(n) "/api/stores/12/deliveries?itemsPerPage=20&page=" n

static void test_found(void **state)
{
    (void)state;
    start(0);
    expect_page(page(LIST(ITEM("9", "k") "," ITEM("8", "k-12"), "4")), PAGE("2"));
    assert_int_equal(found.id, 0);
    assert_int_equal(page(LIST(ITEM("7", "k-1") "," ITEM("6", "k"), "4")), NVT_OK);
    assert_int_equal(found.id, 7);
    assert_string_equal(found.iri, "/api/deliveries/7");
    assert_true(found.keyed);
    assert_null(begun);
    /* The newest of two, and not what follows it. */
    start(0);
    assert_int_equal(page(LIST(ITEM("9", "k") "," ITEM("8", "k-1") "," ITEM("7", "k-1"), "3")),
                     NVT_OK);
    assert_int_equal(found.id, 8);
    /* Long past that time, but there. */
    start(MADE_S + 1000000);
    assert_int_equal(page(LIST(ITEM("9", "k-1"), "1")), NVT_OK);
    assert_int_equal(found.id, 9);
    /* Without Hydra's prefix, and with the id behind the tasks. */
    start(0);
    assert_int_equal(page("{\"member\":[{\"dropoff\":{\"comments\":\"navette:k-1\"},"
                          "\"@id\":\"/api/deliveries/9\"}]}"),
                     NVT_OK);
    assert_int_equal(found.id, 9);
}

static void test_not_found(void **state)
{
    (void)state;
    start(0);
    assert_int_equal(page(LIST("", "0")), NVT_E_NOT_FOUND);
    start(0);
    expect_page(page(LIST(ITEM("9", "k"), "1")), PAGE("2"));
    assert_int_equal(page(LIST("", "1")), NVT_E_NOT_FOUND);
    /* A page whose youngest delivery is an hour older than the sending, and one second less. */
    start(MADE_S + NVT_COOPCYCLE_SLACK_S + 1);
    assert_int_equal(page(LIST(ITEM("9", "k"), "50")), NVT_E_NOT_FOUND);
    start(MADE_S + NVT_COOPCYCLE_SLACK_S);
    expect_page(page(LIST(ITEM("9", "k"), "50")), PAGE("2"));
    /* One younger task is enough to go on, whatever stands around it. */
    start(MADE_S + 1000000);
    expect_page(page(LIST(ITEM("9", "k") ",{\"@id\":\"/api/deliveries/8\",\"pickup\":{"
                                         "\"createdAt\":\"2025-06-14T10:00:00Z\"}}," ITEM("7", "k"),
                          "50")),
                PAGE("2"));
    /* No time at all: to the end. */
    start(MADE_S + 1000000);
    expect_page(page(LIST("{\"@id\":\"/api/deliveries/8\"}", "1")), PAGE("2"));
    assert_int_equal(page(LIST("", "1")), NVT_E_NOT_FOUND);
    /* Keys outside of deliveries are nobody's. */
    start(0);
    assert_int_equal(page("{\"navette_key\":\"k-1\",\"x\":[{\"navette_key\":\"k-1\"}],"
                          "\"hydra:member\":[]}"),
                     NVT_E_NOT_FOUND);
    /* Nor are times. */
    start(MADE_S + 1000000);
    assert_int_equal(page("{\"createdAt\":\"2031-06-02T10:00:00Z\",\"hydra:member\":[" ITEM(
                         "9", "k") "],\"x\":{\"createdAt\":\"2031-06-02T10:00:00Z\"}}"),
                     NVT_E_NOT_FOUND);
}

/* Doubtful lists are never "not found". */
static void test_doubt(void **state)
{
    static const char *const bad[] = {"",
                                      "[]",
                                      "{}",
                                      "{\"hydra:member\":{}",
                                      "{\"hydra:member\":[",
                                      "{\"a\":{\"hydra:member\":[]}}",
                                      "{\"hydra:member\":null}",
                                      "{\"@id\":\"/api/deliveries/1\"}"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        start(0);
        assert_int_equal(page(bad[i]), NVT_E_ANSWER);
        assert_int_equal(found.id, 0);
    }
    /* The same page again. */
    start(0);
    expect_page(page(LIST(ITEM("9", "k"), "5")), PAGE("2"));
    assert_int_equal(page(LIST(ITEM("9", "k"), "5")), NVT_E_CURSOR);
    /* Not so: a new one has moved the last one on. */
    start(0);
    expect_page(page(LIST(ITEM("9", "k") "," ITEM("8", "k"), "2")), PAGE("2"));
    expect_page(page(LIST(ITEM("8", "k"), "3")), PAGE("3"));
    /* Fewer than the list counts. */
    start(0);
    expect_page(page(LIST(ITEM("9", "k"), "2")), PAGE("2"));
    assert_int_equal(page(LIST("", "2")), NVT_E_CURSOR);
    start(0);
    assert_int_equal(page(LIST("", "1")), NVT_E_CURSOR);
    /* One was removed meanwhile: anew, from the first page. */
    start(0);
    expect_page(page(LIST(ITEM("9", "k"), "3")), PAGE("2"));
    expect_page(page(LIST(ITEM("7", "k"), "2")), PAGE("1"));
    expect_page(page(LIST(ITEM("9", "k"), "2")), PAGE("2"));
    assert_int_equal(page(LIST(ITEM("8", "k-1"), "2")), NVT_OK);
    assert_int_equal(found.id, 8);
    /* What was seen before counts no more. */
    start(0);
    expect_page(page(LIST(ITEM("9", "k"), "3")), PAGE("2"));
    expect_page(page(LIST(ITEM("7", "k"), "2")), PAGE("1"));
    expect_page(page(LIST(ITEM("9", "k"), "2")), PAGE("2"));
    assert_int_equal(page(LIST("", "2")), NVT_E_CURSOR);
}

static void test_endless(void **state)
{
    char json[256];
    nvt_err err = NVT_AGAIN;
    unsigned pages = 0;
    (void)state;
    start(0);
    while (err == NVT_AGAIN) {
        pages++;
        (void)strcpy(json, "{\"hydra:member\":[{\"@id\":\"/api/deliveries/");
        size_t len = strlen(json);
        struct nvt_buf b;
        nvt_buf_init(&b, json + len, 20);
        nvt_buf_put_u64(&b, 100000U - pages);
        (void)strcpy(json + len + b.len, "\"}]}");
        err = page(json);
    }
    assert_int_equal(err, NVT_E_LIST_LENGTH);
    assert_int_equal(pages, NVT_COOPCYCLE_PAGES_MAX);
}

static void test_store(void **state)
{
    (void)state;
    (void)memset(&call.outcome, 0, sizeof call.outcome);
    assert_int_equal(nvt_coopcycle_resolve(&call, &resolve, NVT_LIT(""), NVT_LIT("k-1"), 0),
                     NVT_OK);
    expect_span(begun->target, "/api/me");
    answer = "{\"store\":\"\\/api\\/stores\\/12\"}";
    begun = NULL;
    expect_page(nvt_coopcycle_resolve_next(&call, &resolve, &found), PAGE("1"));
    assert_int_equal(page(LIST(ITEM("9", "k-1"), "1")), NVT_OK);
    static const struct {
        const char *answer;
        nvt_err err;
    } bad[] = {{"{\"store\":null}", NVT_E_FIELD_MISSING},
               {"{}", NVT_E_FIELD_MISSING},
               {"[]", NVT_E_ANSWER},
               {"{\"store\":\"/api/stores/..\"}", NVT_E_ANSWER},
               {"{\"store\":\"/api/stores/1?a\"}", NVT_E_ANSWER}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(nvt_coopcycle_resolve(&call, &resolve, NVT_LIT(""), NVT_LIT("k-1"), 0),
                         NVT_OK);
        begun = NULL;
        answer = bad[i].answer;
        expect_refused(nvt_coopcycle_resolve_next(&call, &resolve, &found), bad[i].err);
    }
}

static void test_resolve_refused(void **state)
{
    (void)state;
    begun = NULL;
    expect_refused(nvt_coopcycle_resolve(&call, &resolve, NVT_LIT("1"), NVT_LIT(""), 0),
                   NVT_E_FIELD_MISSING);
    expect_refused(nvt_coopcycle_resolve(&call, &resolve, NVT_LIT("1"), NVT_LIT("a b"), 0),
                   NVT_E_FIELD_FORMAT);
    expect_refused(nvt_coopcycle_resolve(&call, &resolve, NVT_LIT("acme"), NVT_LIT("k-1"), 0),
                   NVT_E_FIELD_FORMAT);
    /* A page that did not come: the outcome's own error, and nothing is sent. */
    start(0);
    begun = NULL;
    call.outcome.failure.err = NVT_E_TIMEOUT_ANSWER;
    expect_refused(nvt_coopcycle_resolve_next(&call, &resolve, &found), NVT_E_TIMEOUT_ANSWER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_found), cmocka_unit_test(test_not_found),
        cmocka_unit_test(test_doubt), cmocka_unit_test(test_endless),
        cmocka_unit_test(test_store), cmocka_unit_test(test_resolve_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
