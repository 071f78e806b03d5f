/* SPDX-License-Identifier: Apache-2.0 */
/* Demarches simplifiees: requests, what their answers say, decisions and messages. */
#include "demarches_stand.h"

static int open_stand(void **state)
{
    (void)state;
    stand_open(4096, 4096);
    return 0;
}

static int close_stand(void **state)
{
    (void)state;
    stand_close();
    return 0;
}

static void test_profile(void **state)
{
    const struct nvt_profile *p = nvt_profile_find(NVT_LIT("demarches"));
    (void)state;
    assert_ptr_equal(p, &nvt_demarches_profile);
    assert_string_equal(p->environments[0].url, "https://www.demarches-simplifiees.fr");
    assert_string_equal(p->environments[1].name, "numerique");
    assert_string_equal(p->environments[1].url, "https://demarche.numerique.gouv.fr");
    assert_int_equal(p->environment_count, 2);
    assert_int_equal(p->grant, NVT_GRANT_STATIC);
    assert_string_equal(p->token_path, "");
    assert_int_equal(p->rates[0].limit, 0);
    assert_int_equal(p->rates[1].limit, 400);
    assert_int_equal(p->rates[1].window_ms, 61000);
    assert_true(p->rates[1].burst < 400U);
    assert_int_equal(p->duplicate_status, 0);
    assert_true(p->retry_500);
    assert_int_equal(nvt_utf8_check(nvt_span_str(p->title)), NVT_OK);
}

/* ---- requests ---- */

static void query(const struct nvt_demarches_query *q, const char *body, unsigned flags)
{
    is_err(nvt_demarches_query(&call, &request, q), NVT_OK);
    assert_ptr_equal(begun, &request.request);
    is_text(begun->method, "POST");
    is_text(begun->target, "/api/v2/graphql");
    is_text(begun->media_type, "application/json");
    is_body(body);
    assert_int_equal(begun->flags, flags);
    assert_int_equal(begun->rate, 1);
    assert_null(begun->origin);
    assert_null(begun->source);
    assert_int_equal(request.mutation, (flags & NVT_REQ_IDEMPOTENT) == 0U);
    begun = NULL;
}

static void no_query(const struct nvt_demarches_query *q, nvt_err wanted)
{
    is_err(nvt_demarches_query(&call, &request, q), wanted);
    assert_null(begun);
}

static void test_query(void **state)
{
    struct nvt_demarches_query q = {.text = NVT_LIT("query { \"\n\t\\ }")};
    (void)state;
    query(&q, "{\"query\":\"query { \\\"\\n\\t\\\\ }\"}", NVT_REQ_IDEMPOTENT);
    q.operation = NVT_LIT("a\"b");
    q.variables = NVT_LIT(" { \"n\" : [1, \"\\u00e9\"] } ");
    query(&q,
          "{\"query\":\"query { \\\"\\n\\t\\\\ }\",\"operationName\":\"a\\\"b\","
          "\"variables\": { \"n\" : [1, \"\\u00e9\"] } }",
          NVT_REQ_IDEMPOTENT);
    /* the documented example */
    q.text = NVT_LIT("");
    q.query_id = NVT_LIT("ds-query-v2");
    q.operation = NVT_LIT("getDemarche");
    q.variables = NVT_LIT("{\"demarcheNumber\":1,\"includeDossiers\":true}");
    query(&q,
          "{\"queryId\":\"ds-query-v2\",\"operationName\":\"getDemarche\","
          "\"variables\":{\"demarcheNumber\":1,\"includeDossiers\":true}}",
          NVT_REQ_IDEMPOTENT);
}

static void test_what_may_mutate(void **state)
{
    static const char *const writes[] = {"mutation { a }", "mutation", "#c\nmutation M{a}",
                                         "query { a } mutation B { b }"};
    static const char *const reads[] = {"{ a }", "query { a }", "Mutation", "mutatio",
                                        "{ mutatio n"};
    (void)state;
    for (size_t i = 0; i < sizeof writes / sizeof writes[0]; i++) {
        struct nvt_demarches_query q = {.text = nvt_span_str(writes[i])};
        is_err(nvt_demarches_query(&call, &request, &q), NVT_OK);
        assert_int_equal(begun->flags, 0);
        assert_true(request.mutation);
        assert_true(request.listed);
    }
    for (size_t i = 0; i < sizeof reads / sizeof reads[0]; i++) {
        struct nvt_demarches_query q = {.text = nvt_span_str(reads[i])};
        is_err(nvt_demarches_query(&call, &request, &q), NVT_OK);
        assert_int_equal(begun->flags, NVT_REQ_IDEMPOTENT);
        assert_false(request.mutation);
    }
    static const struct {
        const char *id;
        bool mutation, listed;
    } ids[] = {{"ds-query-v2", false, true},
               {"introspection", false, true},
               {"ds-mutation-v2", true, true},
               {"ds-query-v3", true, false}};
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        struct nvt_demarches_query q = {.query_id = nvt_span_str(ids[i].id)};
        is_err(nvt_demarches_query(&call, &request, &q), NVT_OK);
        assert_int_equal(request.mutation, ids[i].mutation);
        assert_int_equal(request.listed, ids[i].listed);
        assert_int_equal(begun->flags, ids[i].mutation ? 0 : NVT_REQ_IDEMPOTENT);
    }
    struct nvt_demarches_query open = {.query_id = NVT_LIT("ds-query-v2"), .open_data = true};
    query(&open, "{\"queryId\":\"ds-query-v2\"}", NVT_REQ_IDEMPOTENT | NVT_REQ_NO_AUTH);
}

static void test_query_refused(void **state)
{
    struct nvt_demarches_query q = {.operation = NVT_LIT("a")};
    (void)state;
    no_query(&q, NVT_E_FIELD_MISSING);
    q.text = NVT_LIT("{ a }");
    q.query_id = NVT_LIT("ds-query-v2");
    no_query(&q, NVT_E_FIELD_BOTH);
    q.query_id = NVT_LIT("");
    static const char *const others[] = {"[]", "1", "\"{}\"", "null", " true"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        q.variables = nvt_span_str(others[i]);
        no_query(&q, NVT_E_FIELD_TYPE);
    }
    q.variables = NVT_LIT("{\"a\":1");
    no_query(&q, NVT_E_JSON_END);
    q.variables = NVT_LIT("{\"a\":1},\"x\":2");
    no_query(&q, NVT_E_JSON_TRAILING);
    q.variables = NVT_LIT(" ");
    no_query(&q, NVT_E_FIELD_TYPE);
    q.variables = NVT_LIT("{}");
    q.text = NVT_LIT("{ \xFF }");
    no_query(&q, NVT_E_UTF8);
    q.text = NVT_LIT("{ a }");
    begin_err = NVT_E_STATE;
    no_query(&q, NVT_E_STATE);
    begin_err = NVT_OK;
    /* a room of exactly the body's size, and one byte less */
    stand_close();
    q.operation = NVT_LIT("");
    stand_open(32, 10);
    query(&q, "{\"query\":\"{ a }\",\"variables\":{}}", NVT_REQ_IDEMPOTENT);
    request.body.cap = 31;
    no_query(&q, NVT_E_SPACE);
}

static void test_stored(void **state)
{
    (void)state;
    is_err(nvt_demarches_demarche(&call, &request, 62515), NVT_OK);
    is_body("{\"queryId\":\"ds-query-v2\",\"operationName\":\"getDemarche\",\"variables\":{"
            "\"demarcheNumber\":62515}}");
    assert_int_equal(begun->flags, NVT_REQ_IDEMPOTENT);
    is_err(nvt_demarches_dossier(&call, &request, INT32_MAX,
                                 NVT_DEMARCHES_MESSAGES | NVT_DEMARCHES_ANNOTATIONS),
           NVT_OK);
    is_body("{\"queryId\":\"ds-query-v2\",\"operationName\":\"getDossier\",\"variables\":{"
            "\"dossierNumber\":2147483647,\"includeChamps\":false,\"includeAnotations\":true,"
            "\"includeTraitements\":false,\"includeInstructeurs\":false,\"includeAvis\":false,"
            "\"includeMessages\":true,\"includeCorrections\":false,\"includeGeometry\":false}}");
    assert_true(begun->body.len < NVT_DEMARCHES_BODY_MIN);
    begun = NULL;
    is_err(nvt_demarches_demarche(&call, &request, 0), NVT_E_FIELD_RANGE);
    is_err(nvt_demarches_dossier(&call, &request, -1, 0), NVT_E_FIELD_RANGE);
    assert_null(begun);
}

/* ---- answers ---- */

static struct nvt_demarches_answer got;

static void ask(bool mutation)
{
    struct nvt_demarches_query q = {.text = NVT_LIT("{ a }")};
    if (mutation) {
        q.text = NVT_LIT("mutation { a }");
    }
    is_err(nvt_demarches_query(&call, &request, &q), NVT_OK);
}

/* What reading this answer says. */
static void read(bool mutation, const char *text, nvt_err err, enum nvt_verdict verdict)
{
    ask(mutation);
    answered(text);
    (void)memset(&got, 0x55, sizeof got);
    (void)memset(&failure, 0x55, sizeof failure);
    is_err(nvt_demarches_read(&call, &request, &got, &failure), err);
    is_err(failure.err, err);
    assert_int_equal(got.verdict, verdict);
}

static void says(const char *code, const char *message, const char *field)
{
    assert_string_equal(failure.code, code);
    assert_string_equal(failure.message, message);
    assert_string_equal(failure.field, field);
}

static void test_data(void **state)
{
    (void)state;
    read(false, "{\"data\":{\"a\":[1,\"]}\\\"\"]}}", NVT_OK, NVT_DELIVERED);
    is_text(got.data, "{\"a\":[1,\"]}\\\"\"]}");
    assert_int_equal(got.errors.len, 0);
    says("", "", "");
    read(false, " { \"errors\" : [ ] , \"data\" : { \"a\" : null } } ", NVT_OK, NVT_DELIVERED);
    is_text(got.data, "{ \"a\" : null }");
    assert_int_equal(got.errors.len, 0);
    read(false, "{\"errors\":null,\"data\":{}}", NVT_OK, NVT_DELIVERED);
    /* a query may have a field of that name */
    read(false, "{\"data\":{\"a\":{\"errors\":[{\"message\":\"x\"}]}}}", NVT_OK, NVT_DELIVERED);
}

static void test_errors(void **state)
{
    (void)state;
    read(
        false,
        "{\"errors\":[{\"message\":\"Dossier not found\",\"locations\":[{\"line\":2,\"column\":3}],"
        "\"path\":[\"dossier\"],\"extensions\":{\"code\":\"not_found\"}},{\"message\":\"two\"}],"
        "\"data\":null}",
        NVT_E_GRAPHQL, NVT_REFUSED);
    says("not_found", "Dossier not found", "dossier");
    assert_int_equal(got.data.len, 0);
    assert_int_equal(failure.http_status, 200);
    is_text(
        got.errors,
        "[{\"message\":\"Dossier not found\",\"locations\":[{\"line\":2,\"column\":3}],"
        "\"path\":[\"dossier\"],\"extensions\":{\"code\":\"not_found\"}},{\"message\":\"two\"}]");
    /* partial data, a path with an index, no code, escapes */
    read(false,
         "{\"data\":{\"demarche\":{\"dossiers\":{\"nodes\":[{\"id\":\"A\"},null]}}},"
         "\"errors\":[{\"message\":\"N\\u2019est pas \\\"l\\u00e0\\\"\\n\","
         "\"path\":[\"demarche\",\"dossiers\",\"nodes\",1,\"champs\"]}]}",
         NVT_E_GRAPHQL, NVT_REFUSED);
    says("",
         "N\xE2\x80\x99"
         "est pas \"l\xC3\xA0\" ",
         "demarche.dossiers.nodes.1.champs");
    is_text(nvt_demarches_find(got.data, "demarche.dossiers.nodes"), "[{\"id\":\"A\"},null]");
    /* nothing but a message; nothing at all */
    read(false, "{\"errors\":[{\"message\":\"syntax error\"}]}", NVT_E_GRAPHQL, NVT_REFUSED);
    says("", "syntax error", "");
    read(false, "{\"errors\":[1],\"data\":{}}", NVT_E_GRAPHQL, NVT_REFUSED);
    says("", "", "");
    read(false, "{\"errors\":[{\"message\":7,\"path\":\"x\",\"extensions\":[1],\"code\":\"no\"}]}",
         NVT_E_GRAPHQL, NVT_REFUSED);
    says("", "7", "x");
}

static void test_timeout(void **state)
{
    static const char timeout[] =
        "{\"errors\":[{\"message\":\"Timeout on Query.dossier\",\"path\":[\"dossier\"],"
        "\"extensions\":{\"code\":\"timeout\"}}],\"data\":{\"demarche\":{\"id\":\"x\"}}}";
    (void)state;
    read(false, timeout, NVT_E_GRAPHQL, NVT_RETRY);
    says("timeout", "Timeout on Query.dossier", "dossier");
    read(true, timeout, NVT_E_GRAPHQL, NVT_UNKNOWN);
    read(true, "{\"errors\":[{\"message\":\"x\",\"extensions\":{\"code\":\"unauthorized\"}}]}",
         NVT_E_GRAPHQL, NVT_REFUSED);
    says("unauthorized", "x", "");
}

static void test_refused_mutation(void **state)
{
    (void)state;
    read(true,
         "{\"data\":{\"dossierAccepter\":{\"dossier\":null,\"errors\":[{\"message\":\"Le dossier "
         "est "
         "d\xC3\xA9j\xC3\xA0 accept\xC3\xA9\"},{\"message\":\"b\"}]}}}",
         NVT_E_MUTATION, NVT_REFUSED);
    says("", "Le dossier est d\xC3\xA9j\xC3\xA0 accept\xC3\xA9", "dossierAccepter");
    is_text(nvt_demarches_find(got.data, "dossierAccepter.dossier"), "null");
    read(true,
         "{\"data\":{\"a\":{\"x\":1,\"errors\":null},\"b\":{\"errors\":[]},\"c\":{\"errors\":[{"
         "\"message\":\"no\"}]}}}",
         NVT_E_MUTATION, NVT_REFUSED);
    says("", "no", "c");
    read(true, "{\"data\":{\"a\":{\"errors\":null},\"b\":null}}", NVT_OK, NVT_DELIVERED);
}

static void test_no_answer(void **state)
{
    static const char *const bad[] = {"",
                                      " ",
                                      "null",
                                      "[]",
                                      "\"x\"",
                                      "{}",
                                      "{\"data\":null}",
                                      "{\"data\":[]}",
                                      "{\"data\":{}",
                                      "{\"data\":{}}x",
                                      "<html>maintenance</html>",
                                      "{\"data\":\"{}\"}",
                                      "{\"data\":1,\"errors\":{}}"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        read(false, bad[i], NVT_E_ANSWER, NVT_RETRY);
        says("", "", "");
        read(true, bad[i], NVT_E_ANSWER, NVT_UNKNOWN);
    }
}

static void test_failed_call(void **state)
{
    (void)state;
    ask(false);
    ended(NVT_RETRY, NVT_E_STATUS, 429U);
    (void)snprintf(call.outcome.failure.message, sizeof call.outcome.failure.message,
                   "Trop de requ\xC3\xAAtes");
    is_err(nvt_demarches_read(&call, &request, &got, &failure), NVT_E_STATUS);
    assert_int_equal(got.verdict, NVT_RETRY);
    says("", "Trop de requ\xC3\xAAtes", "");
    ask(true);
    ended(NVT_UNKNOWN, NVT_E_TIMEOUT_ANSWER, 0U);
    is_err(nvt_demarches_read(&call, &request, &got, &failure), NVT_E_TIMEOUT_ANSWER);
    assert_int_equal(got.verdict, NVT_UNKNOWN);
    assert_int_equal(got.data.len, 0);
}

static void test_unknown_query_id(void **state)
{
    struct nvt_demarches_query q = {.query_id = NVT_LIT("ds-query-v9")};
    (void)state;
    is_err(nvt_demarches_query(&call, &request, &q), NVT_OK);
    ended(NVT_UNKNOWN, NVT_E_STATUS, 500U);
    is_err(nvt_demarches_read(&call, &request, &got, &failure), NVT_E_STATUS);
    assert_int_equal(got.verdict, NVT_REFUSED);
    is_err(nvt_demarches_query(&call, &request, &q), NVT_OK);
    ended(NVT_UNKNOWN, NVT_E_STATUS, 502U);
    (void)nvt_demarches_read(&call, &request, &got, &failure);
    assert_int_equal(got.verdict, NVT_UNKNOWN);
    q.query_id = NVT_LIT("ds-query-v2");
    is_err(nvt_demarches_query(&call, &request, &q), NVT_OK);
    ended(NVT_RETRY, NVT_E_STATUS, 500U);
    (void)nvt_demarches_read(&call, &request, &got, &failure);
    assert_int_equal(got.verdict, NVT_RETRY);
}

static void test_room(void **state)
{
    static const char text[] = "{\"data\":{\"a\":1}}";
    (void)state;
    stand_close();
    stand_open(200, sizeof text - 1U);
    read(false, text, NVT_OK, NVT_DELIVERED);
    stand_close();
    stand_open(200, sizeof text - 2U);
    read(false, text, NVT_E_HTTP_BODY_SIZE, NVT_RETRY);
    assert_int_equal(got.data.len, 0);
    read(true, text, NVT_E_HTTP_BODY_SIZE, NVT_UNKNOWN);
    /* the next request starts anew */
    read(false, "{\"data\":{}}", NVT_OK, NVT_DELIVERED);
    /* a sink's refusal without an overflow is no matter of size */
    ask(false);
    ended(NVT_RETRY, NVT_E_SINK, 0U);
    is_err(nvt_demarches_read(&call, &request, &got, &failure), NVT_E_SINK);
}

static void test_secrets(void **state)
{
    (void)state;
    read(
        false,
        "{\"errors\":[{\"message\":\"token dG9rZW4tdGhhdC1tdXN0LW5vdC1zaG93 \\u0064G9rZW4tdGhhdC1td"
        "\",\"path\":[\"dG9rZW4tdGhhdC1tdXN0\"],\"extensions\":{\"code\":\"dG9rZW4tdGhhdC\"}}]}",
        NVT_E_GRAPHQL, NVT_REFUSED);
    says("***", "token *** ***", "***");
    read(true, "{\"data\":{\"dG9rZW4tdGhhdC1tdXN0\":{\"errors\":[{\"message\":\"\\u0007x\"}]}}}",
         NVT_E_MUTATION, NVT_REFUSED);
    says("", " x", "***");
}

static void test_long_words(void **state)
{
    char text[2048];
    char word[1000];
    (void)state;
    (void)memset(word, 0, sizeof word);
    for (size_t i = 0; i + 3U < sizeof word; i += 2U) {
        (void)memcpy(word + i, "\xC3\xA9", 2);
    }
    (void)snprintf(text, sizeof text,
                   "{\"errors\":[{\"message\":\"a%.600s\",\"path\":[\"x%.200s\",1,\"y\"],"
                   "\"extensions\":{\"code\":\"%.100s\"}}]}",
                   word, word, word);
    read(false, text, NVT_E_GRAPHQL, NVT_REFUSED);
    assert_true(strlen(failure.message) >= NVT_FAILURE_TEXT_CAP - 2U);
    assert_int_equal(nvt_utf8_check(nvt_span_str(failure.message)), NVT_OK);
    assert_int_equal(nvt_utf8_check(nvt_span_str(failure.field)), NVT_OK);
    assert_int_equal(nvt_utf8_check(nvt_span_str(failure.code)), NVT_OK);
}

/* ---- walking ---- */

static void test_walk(void **state)
{
    struct nvt_span rest = NVT_LIT(" [ 1 , \"a,]\" ,[ 2,{}], {\"b\":[3]} ,true]");
    static const char *const items[] = {"1", "\"a,]\"", "[ 2,{}]", "{\"b\":[3]}", "true"};
    struct nvt_span name;
    struct nvt_span value;
    (void)state;
    for (size_t i = 0; i < 5U; i++) {
        assert_true(nvt_demarches_walk(&rest, &name, &value));
        assert_int_equal(name.len, 0);
        is_text(value, items[i]);
    }
    assert_false(nvt_demarches_walk(&rest, &name, &value));
    assert_false(nvt_demarches_walk(&rest, &name, &value));
    rest = NVT_LIT("{ \"a\\\"b\" : {} , \"c\":\"\\\\\" }");
    assert_true(nvt_demarches_walk(&rest, &name, &value));
    is_text(name, "a\\\"b");
    is_text(value, "{}");
    assert_true(nvt_demarches_walk(&rest, &name, &value));
    is_text(name, "c");
    is_text(value, "\"\\\\\"");
    assert_false(nvt_demarches_walk(&rest, &name, &value));
    static const char *const none[] = {"[]", " { } ", "1", "\"[1]\"", "null", "", "  "};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        rest = nvt_span_str(none[i]);
        assert_false(nvt_demarches_walk(&rest, &name, &value));
    }
}

static void test_find(void **state)
{
    struct nvt_span json = NVT_LIT("{\"a\":{\"b\":[{\"c\":1}],\"b\":2,\"\":3},\"aa\":4}");
    (void)state;
    is_text(nvt_demarches_find(json, "a.b"), "[{\"c\":1}]");
    is_text(nvt_demarches_find(json, "aa"), "4");
    is_text(nvt_demarches_find(json, "a.b.c"), "");
    is_text(nvt_demarches_find(json, "aa.x"), "");
    is_text(nvt_demarches_find(json, "b"), "");
    is_text(nvt_demarches_find(json, ""), (const char *)json.ptr);
}

/* ---- decisions and messages ---- */

static struct nvt_demarches_act act_of(enum nvt_demarches_verb verb)
{
    struct nvt_demarches_act act = {
        .verb = verb, .dossier_id = NVT_LIT("RG9zc2llci0x"), .instructeur_id = NVT_LIT("I=")};
    return act;
}

#define ACT(name, rest)                                                                            \
    "{\"queryId\":\"ds-mutation-v2\",\"operationName\":\"" name                                    \
    "\",\"variables\":{\"input\":{\"dossierId\":\"RG9zc2llci0x\",\"instructeurId\":\"I=\"" rest    \
    "}}}"

static void test_acts(void **state)
{
    static const struct {
        enum nvt_demarches_verb verb;
        const char *body, *state;
    } acts[] = {
        {NVT_DEMARCHES_INSTRUCT, ACT("dossierPasserEnInstruction", ""), "en_instruction"},
        {NVT_DEMARCHES_ACCEPT, ACT("dossierAccepter", ""), "accepte"},
        {NVT_DEMARCHES_REINSTRUCT, ACT("dossierRepasserEnInstruction", ""), "en_instruction"},
        {NVT_DEMARCHES_RECONSTRUCT, ACT("dossierRepasserEnConstruction", ""), "en_construction"},
    };
    static const struct {
        enum nvt_demarches_verb verb;
        const char *body, *state;
    } worded[] = {
        {NVT_DEMARCHES_ACCEPT,
         ACT("dossierAccepter", ",\"motivation\":\"a \\\"b\\\"\\n\",\"justificatif\":\"S--1\""),
         "accepte"},
        {NVT_DEMARCHES_REFUSE,
         ACT("dossierRefuser", ",\"motivation\":\"a \\\"b\\\"\\n\",\"justificatif\":\"S--1\""),
         "refuse"},
        {NVT_DEMARCHES_CLOSE,
         ACT("dossierClasserSansSuite",
             ",\"motivation\":\"a \\\"b\\\"\\n\",\"justificatif\":\"S--1\""),
         "sans_suite"},
        {NVT_DEMARCHES_MESSAGE,
         ACT("dossierEnvoyerMessage", ",\"body\":\"a \\\"b\\\"\\n\",\"attachment\":\"S--1\""), ""},
    };
    (void)state;
    for (size_t i = 0; i < 4U; i++) {
        struct nvt_demarches_act act = act_of(acts[i].verb);
        is_err(nvt_demarches_act(&call, &request, &act), NVT_OK);
        is_body(acts[i].body);
        assert_int_equal(begun->flags, 0); /* never twice */
        assert_true(request.mutation);
        assert_string_equal(nvt_demarches_state_after(acts[i].verb), acts[i].state);
        act = act_of(worded[i].verb);
        act.text = NVT_LIT("a \"b\"\n");
        act.attachment = NVT_LIT("S--1");
        is_err(nvt_demarches_act(&call, &request, &act), NVT_OK);
        is_body(worded[i].body);
        assert_int_equal(begun->flags, 0);
        assert_string_equal(nvt_demarches_state_after(worded[i].verb), worded[i].state);
    }
    struct nvt_demarches_act silent = act_of(NVT_DEMARCHES_ACCEPT);
    silent.silent = true;
    is_err(nvt_demarches_act(&call, &request, &silent), NVT_OK);
    is_body(ACT("dossierAccepter", ",\"disableNotification\":true"));
}

static void no_act(const struct nvt_demarches_act *act, nvt_err wanted)
{
    begun = NULL;
    is_err(nvt_demarches_act(&call, &request, act), wanted);
    assert_null(begun);
}

static void test_no_acts(void **state)
{
    struct nvt_demarches_act act = act_of(NVT_DEMARCHES_ACCEPT);
    (void)state;
    act.dossier_id.len = 0;
    no_act(&act, NVT_E_FIELD_MISSING);
    act = act_of(NVT_DEMARCHES_ACCEPT);
    act.instructeur_id.len = 0;
    no_act(&act, NVT_E_FIELD_MISSING);
    static const enum nvt_demarches_verb wordy[] = {NVT_DEMARCHES_REFUSE, NVT_DEMARCHES_CLOSE,
                                                    NVT_DEMARCHES_MESSAGE};
    for (size_t i = 0; i < 3U; i++) {
        act = act_of(wordy[i]);
        no_act(&act, NVT_E_FIELD_MISSING);
    }
    static const enum nvt_demarches_verb mute[] = {NVT_DEMARCHES_INSTRUCT, NVT_DEMARCHES_REINSTRUCT,
                                                   NVT_DEMARCHES_RECONSTRUCT};
    for (size_t i = 0; i < 3U; i++) {
        act = act_of(mute[i]);
        act.text = NVT_LIT("x");
        no_act(&act, NVT_E_FIELD_UNKNOWN);
        act = act_of(mute[i]);
        act.attachment = NVT_LIT("x");
        no_act(&act, NVT_E_FIELD_UNKNOWN);
    }
    act = act_of(NVT_DEMARCHES_MESSAGE);
    act.text = NVT_LIT("x");
    act.silent = true;
    no_act(&act, NVT_E_FIELD_UNKNOWN);
    act = act_of((enum nvt_demarches_verb)7);
    no_act(&act, NVT_E_ARG);
    assert_string_equal(nvt_demarches_state_after((enum nvt_demarches_verb)7), "");
    act = act_of(NVT_DEMARCHES_MESSAGE);
    act.text = NVT_LIT("\xC3");
    no_act(&act, NVT_E_UTF8);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_stand, close_stand)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_profile),       TEST(test_query),       TEST(test_what_may_mutate),
        TEST(test_query_refused), TEST(test_stored),      TEST(test_data),
        TEST(test_errors),        TEST(test_timeout),     TEST(test_refused_mutation),
        TEST(test_no_answer),     TEST(test_failed_call), TEST(test_unknown_query_id),
        TEST(test_room),          TEST(test_secrets),     TEST(test_long_words),
        TEST(test_walk),          TEST(test_find),        TEST(test_acts),
        TEST(test_no_acts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
