/* SPDX-License-Identifier: Apache-2.0 */
/* Demarches simplifiees: every dossier once and in order, whatever a page meets. */
#include "demarches_stand.h"

#include <stdio.h>

static struct nvt_demarches_dossiers it;

static int open_stand(void **state)
{
    (void)state;
    stand_open(NVT_DEMARCHES_BODY_MIN, 4096);
    return 0;
}

static int close_stand(void **state)
{
    (void)state;
    stand_close();
    return 0;
}

static struct nvt_demarches_filter filter_of(unsigned first)
{
    struct nvt_demarches_filter f = {.number = 62515, .first = (uint8_t)first};
    return f;
}

static void start(unsigned first)
{
    struct nvt_demarches_filter f = filter_of(first);
    is_err(nvt_demarches_dossiers_init(&it, &f), NVT_OK);
}

/* ---- a service with some dossiers ---- */

static struct {
    unsigned count;     /* dossiers */
    unsigned slow;      /* pages of more than this time out; 0: none */
    unsigned long_from; /* dossiers from here on are long, up to ... */
    unsigned long_to;   /* ... here */
    unsigned asked;     /* requests so far */
    unsigned smallest;  /* page that was asked for */
} service;

static unsigned number_in_body(const char *name, unsigned missing)
{
    char text[NVT_DEMARCHES_BODY_MIN + 1];
    assert_true(begun->body.len < sizeof text);
    (void)memcpy(text, begun->body.ptr, begun->body.len);
    text[begun->body.len] = '\0';
    const char *at = strstr(text, name);
    return at == NULL ? missing : (unsigned)strtoul(at + strlen(name), NULL, 10);
}

static void serve(void)
{
    static char text[65536];
    size_t n = 0;
    unsigned first = number_in_body("\"first\":", 0U);
    unsigned from = number_in_body("\"after\":\"c", 0U);
    unsigned to = from + first < service.count ? from + first : service.count;
    service.asked++;
    service.smallest = first < service.smallest ? first : service.smallest;
    if (service.slow > 0U && to - from > service.slow) {
        answered(
            "{\"data\":{\"demarche\":{\"dossiers\":null}},\"errors\":[{\"message\":\"Timeout on "
            "Demarche.dossiers\",\"extensions\":{\"code\":\"timeout\"}}]}");
        return;
    }
    n += (size_t)snprintf(text + n, sizeof text - n,
                          "{\"data\":{\"demarche\":{\"dossiers\":{"
                          "\"nodes\":[");
    for (unsigned i = from; i < to; i++) {
        bool is_long = i >= service.long_from && i < service.long_to;
        n += (size_t)snprintf(text + n, sizeof text - n, "%s{\"number\":%u,\"t\":\"%*s\"}",
                              i == from ? "" : ", ", i, is_long ? 1000 : 1, "");
    }
    (void)snprintf(text + n, sizeof text - n,
                   "],\"pageInfo\":{\"hasPreviousPage\":true,\"hasNextPage\":%s,\"endCursor\":\"c%u"
                   "\"}}}}}",
                   to < service.count ? "true" : "false", to);
    answered(text);
}

/* Reads the page that came; each dossier must be the next. Returns how many. */
static unsigned take_page(unsigned *expected)
{
    struct nvt_span dossier;
    unsigned n = 0;
    while (nvt_demarches_dossiers_next(&it, &dossier)) {
        char start_of[32];
        int len = snprintf(start_of, sizeof start_of, "{\"number\":%u,", *expected);
        assert_true(dossier.len > (size_t)len);
        assert_memory_equal(dossier.ptr, start_of, (size_t)len);
        is_err(nvt_json_check(dossier, NULL), NVT_OK);
        (*expected)++;
        n++;
    }
    assert_int_equal(it.position, *expected);
    return n;
}

/* All pages; returns the requests it took. */
static unsigned walk_all(unsigned first)
{
    unsigned expected = 0;
    service.asked = 0;
    service.smallest = 1000U;
    start(first);
    while (it.more) {
        is_err(nvt_demarches_dossiers_begin(&call, &request, &it), NVT_OK);
        assert_int_equal(begun->flags, NVT_REQ_IDEMPOTENT);
        serve();
        nvt_err err = nvt_demarches_dossiers_read(&call, &request, &it, &failure);
        assert_true(err == NVT_OK || err == NVT_AGAIN);
        (void)take_page(&expected);
        assert_true(service.asked < 10000U);
    }
    assert_int_equal(expected, service.count);
    is_err(nvt_demarches_dossiers_begin(&call, &request, &it), NVT_E_STATE);
    return service.asked;
}

static void offer(unsigned count, unsigned slow, unsigned long_from, unsigned long_to)
{
    service.count = count;
    service.slow = slow;
    service.long_from = long_from;
    service.long_to = long_to;
}

static void test_all(void **state)
{
    (void)state;
    offer(0, 0, 0, 0);
    assert_int_equal(walk_all(10), 1);
    offer(1, 0, 0, 0);
    assert_int_equal(walk_all(1), 1);
    offer(10, 0, 0, 0);
    assert_int_equal(walk_all(10), 1);
    offer(11, 0, 0, 0);
    assert_int_equal(walk_all(0), 2); /* ten by default */
    offer(300, 0, 0, 0);
    assert_int_equal(walk_all(7), 43);
    assert_int_equal(walk_all(100), 3);
}

static void test_adaption(void **state)
{
    (void)state;
    /* too slow for more than 12: the size goes down and up again and down */
    offer(500, 12, 0, 0);
    assert_true(walk_all(100) < 75U);
    assert_true(service.smallest >= 6U);
    offer(40, 1, 0, 0);
    (void)walk_all(100);
    assert_int_equal(service.smallest, 1);
    /* 4096 bytes hold three long dossiers, or a hundred short ones */
    offer(300, 0, 100, 120);
    unsigned asked = walk_all(50);
    assert_true(asked > 12U && asked < 60U);
    assert_true(service.smallest <= 3U);
    assert_true(it.size > service.smallest); /* it recovered */
}

static void test_growth(void **state)
{
    struct nvt_demarches_filter f = filter_of(40);
    unsigned expected = 0;
    static const unsigned sizes[] = {20, 20, 20, 20, 26, 26, 26, 26, 33, 33, 33, 33, 40, 40};
    (void)state;
    offer(1000, 0, 0, 0);
    is_err(nvt_demarches_dossiers_init(&it, &f), NVT_OK);
    is_err(nvt_demarches_dossiers_begin(&call, &request, &it), NVT_OK);
    ended(NVT_RETRY, NVT_E_TIMEOUT_ANSWER, 0);
    is_err(nvt_demarches_dossiers_read(&call, &request, &it, &failure), NVT_AGAIN);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        is_err(nvt_demarches_dossiers_begin(&call, &request, &it), NVT_OK);
        serve();
        is_err(nvt_demarches_dossiers_read(&call, &request, &it, &failure), NVT_OK);
        assert_int_equal(take_page(&expected), sizes[i]);
    }
}

/* ---- the request ---- */

#define PAGE(first, more)                                                                          \
    "{\"queryId\":\"ds-query-v2\",\"operationName\":\"getDemarche\",\"variables\":{"               \
    "\"demarcheNumber\":62515,\"includeDossiers\":true,\"first\":" first more                      \
    ",\"includeChamps\":true,\"includeAnotations\":false,\"includeTraitements\":false,"            \
    "\"includeInstructeurs\":false,\"includeAvis\":false,\"includeMessages\":false,"               \
    "\"includeCorrections\":false,\"includeGeometry\":true}}"

static void test_request(void **state)
{
    struct nvt_demarches_filter f = filter_of(100);
    (void)state;
    f.include = NVT_DEMARCHES_CHAMPS | NVT_DEMARCHES_GEOMETRY;
    is_err(nvt_demarches_dossiers_init(&it, &f), NVT_OK);
    is_err(nvt_demarches_dossiers_begin(&call, &request, &it), NVT_OK);
    is_body(PAGE("100", ""));
    f.state = NVT_LIT("en_construction");
    f.updated_since = NVT_LIT("2026-01-31T00:00:00+01:00");
    f.after = NVT_LIT("uMjAyNi0wMS0zMVQwMDowMDowMC4wMDAwMDAwMDBaOzEyMzQ1Njc4OTA=");
    is_err(nvt_demarches_dossiers_init(&it, &f), NVT_OK);
    is_err(nvt_demarches_dossiers_begin(&call, &request, &it), NVT_OK);
    is_body(PAGE("100", ",\"after\":\"MjAyNi0wMS0zMVQwMDowMDowMC4wMDAwMDAwMDBaOzEyMzQ1Njc4OTA=\""
                        ",\"state\":\"en_construction\""
                        ",\"updatedSince\":\"2026-01-31T00:00:00+01:00\""));
    assert_true(begun->body.len + 40U < NVT_DEMARCHES_BODY_MIN);
}

/* The longest of everything fits the room that the header promises. */
static void test_longest_request(void **state)
{
    struct nvt_demarches_filter f = filter_of(100);
    char after[NVT_DEMARCHES_CURSOR_CAP];
    (void)state;
    (void)memset(after, 'A', sizeof after);
    after[0] = 'u';
    f.number = INT32_MAX;
    f.state = NVT_LIT("en_construction");
    f.updated_since = NVT_LIT("2026-01-31T00:00:00.123456789+01:00");
    f.after = nvt_span_of(after, sizeof after - 1U);
    is_err(nvt_demarches_dossiers_init(&it, &f), NVT_OK);
    is_err(nvt_demarches_dossiers_begin(&call, &request, &it), NVT_OK);
    f.after = nvt_span_of(after, sizeof after);
    is_err(nvt_demarches_dossiers_init(&it, &f), NVT_E_CURSOR);
}

static void test_filters(void **state)
{
    struct nvt_demarches_filter f = filter_of(101);
    (void)state;
    is_err(nvt_demarches_dossiers_init(&it, &f), NVT_E_FIELD_RANGE);
    assert_false(it.more);
    f = filter_of(100);
    f.number = 0;
    is_err(nvt_demarches_dossiers_init(&it, &f), NVT_E_FIELD_RANGE);
    f = filter_of(0);
    f.number = 1;
    static const char *const states[] = {"en_construction", "en_instruction", "accepte",
                                         "refuse",          "sans_suite",     ""};
    for (size_t i = 0; i < 6U; i++) {
        f.state = nvt_span_str(states[i]);
        is_err(nvt_demarches_dossiers_init(&it, &f), NVT_OK);
    }
    static const char *const others[] = {"brouillon", "Accepte", "accept", "en_instructions", " "};
    for (size_t i = 0; i < 5U; i++) {
        f.state = nvt_span_str(others[i]);
        is_err(nvt_demarches_dossiers_init(&it, &f), NVT_E_FIELD_FORMAT);
    }
    f.state = NVT_LIT("");
    f.updated_since = NVT_LIT("2026-01-31");
    is_err(nvt_demarches_dossiers_init(&it, &f), NVT_E_FIELD_FORMAT);
    /* a cursor of the other order, or of none */
    f.updated_since = NVT_LIT("2026-01-31T00:00:00Z");
    f.after = NVT_LIT("dMjAy");
    is_err(nvt_demarches_dossiers_init(&it, &f), NVT_E_CURSOR);
    f.after = NVT_LIT("uMjAy");
    is_err(nvt_demarches_dossiers_init(&it, &f), NVT_OK);
    f.updated_since = NVT_LIT("");
    is_err(nvt_demarches_dossiers_init(&it, &f), NVT_E_CURSOR);
    static const char *const cursors[] = {"d", "MjAy", "d a", "d\"", "d\\", "d\x7F", "d\n"};
    for (size_t i = 0; i < sizeof cursors / sizeof cursors[0]; i++) {
        f.after = nvt_span_str(cursors[i]);
        is_err(nvt_demarches_dossiers_init(&it, &f), NVT_E_CURSOR);
    }
    f.after = NVT_LIT("d~");
    is_err(nvt_demarches_dossiers_init(&it, &f), NVT_OK);
}

static void test_resume(void **state)
{
    struct nvt_demarches_filter f = filter_of(10);
    char kept[NVT_DEMARCHES_CURSOR_CAP];
    unsigned expected = 0;
    (void)state;
    offer(25, 0, 0, 0);
    is_err(nvt_demarches_dossiers_init(&it, &f), NVT_OK);
    is_err(nvt_demarches_dossiers_begin(&call, &request, &it), NVT_OK);
    serve();
    is_err(nvt_demarches_dossiers_read(&call, &request, &it, &failure), NVT_OK);
    assert_int_equal(take_page(&expected), 10);
    assert_string_equal(it.cursor, "dc10");
    (void)memcpy(kept, it.cursor, sizeof kept);
    f.after = nvt_span_str(kept);
    is_err(nvt_demarches_dossiers_init(&it, &f), NVT_OK);
    it.position = expected;
    while (it.more) {
        is_err(nvt_demarches_dossiers_begin(&call, &request, &it), NVT_OK);
        serve();
        is_err(nvt_demarches_dossiers_read(&call, &request, &it, &failure), NVT_OK);
        (void)take_page(&expected);
    }
    assert_int_equal(expected, 25);
    assert_string_equal(it.cursor, "dc25");
}

/* ---- pages that are not what they should be ---- */

static nvt_err page(const char *text)
{
    is_err(nvt_demarches_dossiers_begin(&call, &request, &it), NVT_OK);
    answered(text);
    return nvt_demarches_dossiers_read(&call, &request, &it, &failure);
}

#define NODES(nodes, info)                                                                         \
    "{\"data\":{\"demarche\":{\"dossiers\":{\"nodes\":" nodes ",\"pageInfo\":{" info "}}}}}"
#define NEXT(cursor) "\"hasNextPage\":true,\"endCursor\":" cursor

static void test_cursors(void **state)
{
    static const char *const bad[] = {
        NODES("[{}]", "\"hasNextPage\":true"), NODES("[{}]", NEXT("null")),
        NODES("[{}]", NEXT("\"\"")),           NODES("[{}]", NEXT("7")),
        NODES("[{}]", NEXT("\"a\\u0041\"")),   NODES("[{}]", NEXT("\"a b\"")),
        NODES("[{}]", NEXT("\"\xC3\xA9\""))};
    char text[512];
    char cursor[NVT_DEMARCHES_CURSOR_CAP + 1];
    struct nvt_span dossier;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        start(5);
        is_err(page(bad[i]), NVT_E_CURSOR);
        is_err(failure.err, NVT_E_CURSOR);
        assert_false(nvt_demarches_dossiers_next(&it, &dossier));
        assert_string_equal(it.cursor, "");
        assert_true(it.more);
    }
    (void)memset(cursor, 'x', sizeof cursor);
    for (size_t len = NVT_DEMARCHES_CURSOR_CAP - 2U; len < NVT_DEMARCHES_CURSOR_CAP + 1U; len++) {
        start(5);
        (void)snprintf(text, sizeof text, NODES("[{}]", NEXT("\"%.*s\"")), (int)len, cursor);
        is_err(page(text), len == NVT_DEMARCHES_CURSOR_CAP - 2U ? NVT_OK : NVT_E_CURSOR);
    }
    /* the last page needs none */
    start(5);
    is_err(page(NODES("[{}]", "\"hasNextPage\":false,\"endCursor\":null")), NVT_OK);
    assert_true(nvt_demarches_dossiers_next(&it, &dossier));
    assert_false(it.more);
}

/* A circle of so many cursors, entered after some others, ends before it was walked thrice. */
static void circle(unsigned lead, unsigned length)
{
    unsigned pages = 0;
    nvt_err err = NVT_OK;
    start(1);
    while (err == NVT_OK) {
        char text[256];
        unsigned c = pages < lead ? pages : lead + (pages - lead) % length;
        (void)snprintf(text, sizeof text, NODES("[{}]", NEXT("\"c%u\"")), c);
        err = page(text);
        pages++;
        assert_true(pages <= 3U * (lead + length) + 3U);
    }
    is_err(err, NVT_E_CURSOR);
}

static void test_circles(void **state)
{
    (void)state;
    for (unsigned lead = 0; lead < 12U; lead++) {
        for (unsigned length = 1; length < 12U; length++) {
            circle(lead, length);
        }
    }
}

static void test_no_page(void **state)
{
    static const char *const bad[] = {"{\"data\":{\"demarche\":null}}",
                                      "{\"data\":{\"demarche\":{\"dossiers\":null}}}",
                                      "{\"data\":{\"demarche\":{\"dossiers\":[]}}}",
                                      NODES("null", "\"hasNextPage\":false"),
                                      NODES("{}", "\"hasNextPage\":false"),
                                      NODES("[]", ""),
                                      NODES("[]", "\"hasNextPage\":null"),
                                      NODES("[]", "\"hasNextPage\":\"true\""),
                                      "[]",
                                      ""};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        start(5);
        is_err(page(bad[i]), NVT_E_ANSWER);
        is_err(failure.err, NVT_E_ANSWER);
        assert_true(it.more);
    }
    start(5);
    is_err(page("{\"errors\":[{\"message\":\"x\",\"extensions\":{\"code\":\"unauthorized\"}}],"
                "\"data\":null}"),
           NVT_E_GRAPHQL);
    assert_string_equal(failure.code, "unauthorized");
    is_err(page("{\"errors\":[{\"message\":\"x\"}],\"data\":{\"demarche\":null}}"), NVT_E_GRAPHQL);
    is_err(failure.err, NVT_E_GRAPHQL);
    is_err(nvt_demarches_dossiers_begin(&call, &request, &it), NVT_OK);
    ended(NVT_RETRY, NVT_E_STATUS, 429);
    is_err(nvt_demarches_dossiers_read(&call, &request, &it, &failure), NVT_E_STATUS);
    assert_int_equal(it.size, 5); /* a quota is no matter of size */
}

static void test_partial(void **state)
{
    struct nvt_span dossier;
    (void)state;
    start(3);
    is_err(
        page("{\"errors\":[{\"message\":\"bad\",\"path\":[\"demarche\",\"dossiers\",\"nodes\",1],"
             "\"extensions\":{\"code\":\"invalid_null\"}}],\"data\":{\"demarche\":{\"dossiers\":{"
             "\"nodes\":[{\"id\":\"a\"},null,{\"id\":\"c\"}],\"pageInfo\":{"
             "\"hasNextPage\":false}}}}}"),
        NVT_OK);
    is_err(failure.err, NVT_E_GRAPHQL);
    assert_string_equal(failure.code, "invalid_null");
    assert_string_equal(failure.field, "demarche.dossiers.nodes.1");
    assert_true(nvt_demarches_dossiers_next(&it, &dossier));
    is_text(dossier, "{\"id\":\"a\"}");
    assert_true(nvt_demarches_dossiers_next(&it, &dossier));
    is_text(dossier, "null");
    assert_true(nvt_demarches_dossiers_next(&it, &dossier));
    is_text(dossier, "{\"id\":\"c\"}");
    assert_false(nvt_demarches_dossiers_next(&it, &dossier));
    assert_int_equal(it.position, 3);
}

/* Time that ran out behind another error left dossiers null that are not broken at all. */
static void test_timeout_second(void **state)
{
    struct nvt_span dossier;
    (void)state;
    start(2);
    is_err(page("{\"errors\":[{\"message\":\"bad\",\"extensions\":{\"code\":\"invalid_null\"}},"
                "{\"message\":\"late\",\"extensions\":{\"code\":\"timeout\"}}],\"data\":{"
                "\"demarche\":{\"dossiers\":{\"nodes\":[null,null],\"pageInfo\":{"
                "\"hasNextPage\":false}}}}}"),
           NVT_AGAIN);
    assert_string_equal(failure.message, "late");
    assert_int_equal(it.size, 1);
    assert_false(nvt_demarches_dossiers_next(&it, &dossier));
}

/* ---- too much ---- */

static void too_much(enum nvt_verdict verdict, nvt_err err, uint16_t status)
{
    static const unsigned sizes[] = {50, 25, 12, 6, 3, 1};
    start(100);
    it.position = 137;
    for (size_t i = 0; i < 6U; i++) {
        is_err(nvt_demarches_dossiers_begin(&call, &request, &it), NVT_OK);
        ended(verdict, err, status);
        is_err(nvt_demarches_dossiers_read(&call, &request, &it, &failure), NVT_AGAIN);
        assert_int_equal(it.size, sizes[i]);
    }
    is_err(nvt_demarches_dossiers_begin(&call, &request, &it), NVT_OK);
    ended(verdict, err, status);
    is_err(nvt_demarches_dossiers_read(&call, &request, &it, &failure), err);
    is_err(failure.err, err);
    assert_string_equal(failure.field, "dossiers.137");
    assert_true(it.more);
    /* and once more, since the iterator stays where it was */
    is_err(nvt_demarches_dossiers_begin(&call, &request, &it), NVT_OK);
    assert_int_equal(it.size, 1);
}

static void test_too_much(void **state)
{
    (void)state;
    too_much(NVT_RETRY, NVT_E_TIMEOUT_ANSWER, 0);
    too_much(NVT_RETRY, NVT_E_TIMEOUT_CALL, 0);
    too_much(NVT_RETRY, NVT_E_STATUS, 504);
    stand_close();
    stand_open(NVT_DEMARCHES_BODY_MIN, 20);
    start(2);
    is_err(page(NODES("[{}]", "\"hasNextPage\":false")), NVT_AGAIN);
    is_err(failure.err, NVT_E_HTTP_BODY_SIZE);
    is_err(page(NODES("[{}]", "\"hasNextPage\":false")), NVT_E_HTTP_BODY_SIZE);
    assert_string_equal(failure.field, "dossiers.0");
    start(1);
    is_err(nvt_demarches_dossiers_begin(&call, &request, &it), NVT_OK);
    ended(NVT_RETRY, NVT_E_NET_RESET, 0);
    is_err(nvt_demarches_dossiers_read(&call, &request, &it, &failure), NVT_E_NET_RESET);
    assert_string_equal(failure.field, "");
}

static void test_timeout_at_one(void **state)
{
    (void)state;
    offer(3, 0, 0, 0);
    start(1);
    is_err(page("{\"errors\":[{\"message\":\"Timeout\",\"extensions\":{\"code\":\"timeout\"}}]}"),
           NVT_E_GRAPHQL);
    assert_string_equal(failure.field, "dossiers.0");
    assert_string_equal(failure.code, "timeout");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_stand, close_stand)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_all),
        TEST(test_adaption),
        TEST(test_growth),
        TEST(test_request),
        TEST(test_longest_request),
        TEST(test_filters),
        TEST(test_resume),
        TEST(test_cursors),
        TEST(test_circles),
        TEST(test_no_page),
        TEST(test_partial),
        TEST(test_too_much),
        TEST(test_timeout_at_one),
        TEST(test_timeout_second),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
