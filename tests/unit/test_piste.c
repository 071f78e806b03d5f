/* SPDX-License-Identifier: Apache-2.0 */
/* PISTE: the profile, what a call is made of, and what its outcome is judged to be. */
#include <navette/api.h>

#include "../../src/client/call.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* ---- in place of the client ---- */

static const struct nvt_request *begun;
static struct nvt_client client;
static struct nvt_call call;
static struct nvt_piste_request request;
static struct nvt_request q;

nvt_err nvt_call_begin(struct nvt_call *c, const struct nvt_request *r)
{
    (void)c;
    begun = r;
    return NVT_OK;
}

static int set_up(void **state)
{
    (void)state;
    (void)memset(&client, 0, sizeof client);
    (void)memset(&call, 0, sizeof call);
    (void)memset(&q, 0, sizeof q);
    (void)memset(&request, 0xFF, sizeof request);
    call.client = &client;
    call.request = &request.request;
    call.state = NVT_STATE_DONE;
    begun = NULL;
    q.method = NVT_LIT("GET");
    q.target = NVT_LIT("/x/y");
    return 0;
}

/* ---- profile ---- */

/* The facts of the gateway's guide, as they stand there. */
static void test_profile(void **state)
{
    (void)state;
    static const char *const places[][3] = {
        {"production", "https://api.piste.gouv.fr", "https://oauth.piste.gouv.fr/api/oauth/token"},
        {"sandbox", "https://sandbox-api.piste.gouv.fr",
         "https://sandbox-oauth.piste.gouv.fr/api/oauth/token"},
        {"state", "https://api.aife.finances.rie.gouv.fr",
         "https://oauth.aife.finances.rie.gouv.fr/api/oauth/token"},
        {"state-sandbox", "https://sandbox-api.aife.finances.rie.gouv.fr",
         "https://sandbox-oauth.aife.finances.rie.gouv.fr/api/oauth/token"},
    };
    const struct nvt_profile *p = nvt_profile_find(NVT_LIT("piste"));
    assert_ptr_equal(p, &nvt_piste_profile);
    assert_int_equal(p->environment_count, 4);
    for (size_t i = 0; i < 4U; i++) {
        const struct nvt_environment *e = &p->environments[i];
        assert_string_equal(e->name, places[i][0]);
        assert_string_equal(e->url, places[i][1]);
        assert_string_equal(e->token_url, places[i][2]);
        const struct nvt_rate *rate = e->rates == NULL ? p->rates : e->rates;
        bool sandbox = i % 2U == 1U;
        assert_int_equal(rate[NVT_PISTE_RATE].limit, sandbox ? 1000000 : 20);
        assert_true(rate[NVT_PISTE_RATE].window_ms >= (sandbox ? 86400000U : 1000U));
        assert_true(rate[NVT_PISTE_RATE].burst <= rate[NVT_PISTE_RATE].limit);
        assert_int_equal(rate[0].limit, 0);
    }
    assert_int_equal(p->grant, NVT_GRANT_CLIENT_FORM);
    assert_string_equal(p->token_path, "/api/oauth/token");
    assert_string_equal(p->scope, "openid");
    assert_string_equal(p->api_key_name, "KeyId");
    assert_false(p->api_key_for_token);
    assert_int_equal(p->token_life_s, 3600);
    assert_int_equal(p->duplicate_status, 0);
    assert_true(p->retry_500);
}

/* ---- calls ---- */

static unsigned flags_of(const char *method, const char *target, unsigned flags)
{
    q.method = nvt_span_str(method);
    q.target = nvt_span_str(target);
    q.flags = (uint8_t)flags;
    assert_int_equal(nvt_piste_call(&call, &request, &q), NVT_OK);
    assert_ptr_equal(begun, &request.request);
    assert_int_equal(begun->rate, NVT_PISTE_RATE);
    return begun->flags;
}

static void test_flags(void **state)
{
    (void)state;
    assert_int_equal(flags_of("GET", "/x", 0), NVT_REQ_IDEMPOTENT);
    assert_int_equal(flags_of("POST", "/x", 0), 0);
    assert_int_equal(flags_of("POST", "/x", NVT_REQ_IDEMPOTENT), NVT_REQ_IDEMPOTENT);
    assert_int_equal(flags_of("POST", "/dila/legifrance/lf-engine-app/search", 0),
                     NVT_REQ_IDEMPOTENT);
    assert_int_equal(flags_of("POST", "/dila/legifrance", 0), 0);
    assert_int_equal(flags_of("POST", "/dila/legifrance-beta/x", 0), 0);
    assert_int_equal(flags_of("POST", "/x", NVT_REQ_API_KEY | NVT_REQ_NO_AUTH),
                     NVT_REQ_API_KEY | NVT_REQ_NO_AUTH);
    /* A key alone has to do where there is nothing to get a token with. */
    assert_int_equal(flags_of("POST", "/x", NVT_REQ_API_KEY), NVT_REQ_API_KEY);
    (void)memcpy(client.credentials.api_key, "k", 2);
    assert_int_equal(flags_of("POST", "/x", NVT_REQ_API_KEY), NVT_REQ_API_KEY | NVT_REQ_NO_AUTH);
    assert_int_equal(flags_of("POST", "/x", 0), 0);
    (void)memcpy(client.credentials.secret, "s", 2);
    assert_int_equal(flags_of("POST", "/x", NVT_REQ_API_KEY), NVT_REQ_API_KEY);
    client.credentials.secret[0] = '\0';
    client.token.len = 1;
    assert_int_equal(flags_of("POST", "/x", NVT_REQ_API_KEY), NVT_REQ_API_KEY);
}

struct taken {
    char text[64];
    size_t len;
    nvt_err answer;
};

static nvt_err take(void *ctx, struct nvt_span piece)
{
    struct taken *t = (struct taken *)ctx;
    assert_true(piece.len <= sizeof t->text - t->len);
    (void)memcpy(t->text + t->len, piece.ptr, piece.len);
    t->len += piece.len;
    return t->answer;
}

static void pass(const char *piece, nvt_err wanted)
{
    assert_int_equal(begun->sink(begun->sink_ctx, nvt_span_str(piece)), wanted);
}

/* What passes by reaches the caller as it is, and is watched. */
/* What the call does with a done answer, and then the caller. */
static nvt_err judge(void)
{
    struct nvt_outcome *o = &call.outcome;
    call.request = begun;
    if (o->verdict == NVT_DELIVERED && o->failure.err == NVT_OK && begun->done->check != NULL) {
        o->verdict = begun->done->check(&call);
    }
    if (o->verdict == NVT_UNKNOWN && (begun->flags & NVT_REQ_IDEMPOTENT) != 0U) {
        o->verdict = NVT_RETRY;
    }
    return nvt_piste_judge(&call, &request);
}

static void test_sink(void **state)
{
    (void)state;
    struct taken t = {"", 0, NVT_OK};
    q.sink = take;
    q.sink_ctx = &t;
    q.body = NVT_LIT("{}");
    q.media_type = NVT_LIT("application/json");
    q.accept = NVT_LIT("text/plain");
    assert_int_equal(nvt_piste_call(&call, &request, &q), NVT_OK);
    assert_true(nvt_span_eq(begun->body, q.body));
    assert_true(nvt_span_eq(begun->accept, q.accept));
    pass("{\"codeRet", NVT_OK);
    pass("our\":12,\"libelle\":\"n\\u006f\"}", NVT_OK);
    t.answer = NVT_E_SPACE;
    pass(" ", NVT_E_SPACE);
    assert_memory_equal(t.text, "{\"codeRetour\":12,\"libelle\":\"n\\u006f\"} ", t.len);
    assert_true(request.watch.failed);
    call.outcome.status = 200;
    assert_int_equal(judge(), NVT_E_BUSINESS);
    assert_int_equal(call.outcome.verdict, NVT_REFUSED);
    assert_string_equal(call.outcome.failure.code, "12");
    assert_string_equal(call.outcome.failure.message, "no");
    /* The next call starts afresh. */
    assert_int_equal(nvt_piste_call(&call, &request, &q), NVT_OK);
    assert_false(request.watch.failed);
}

static void test_without_sink(void **state)
{
    (void)state;
    assert_int_equal(nvt_piste_call(&call, &request, &q), NVT_OK);
    assert_null(begun->sink);
    call.outcome.status = 200;
    call.outcome.body = NVT_LIT("{\"codeRetour\":0,\"libelle\":\"ok\"}");
    assert_int_equal(judge(), NVT_OK);
    assert_int_equal(call.outcome.verdict, NVT_DELIVERED);
    assert_string_equal(call.outcome.failure.message, "");
    assert_int_equal(judge(), NVT_OK); /* once more does no harm */
    call.outcome.body = NVT_LIT("{\"libelle\":\"a\\tb\",\"codeRetour\":-1}");
    assert_int_equal(judge(), NVT_E_BUSINESS);
    assert_int_equal(judge(), NVT_E_BUSINESS);
    assert_string_equal(call.outcome.failure.message, "a b");
    assert_string_equal(call.outcome.failure.code, "-1");
}

/* No secret shows, whoever sends it back. */
static void test_no_secret(void **state)
{
    (void)state;
    struct nvt_piste_account a;
    assert_int_equal(nvt_piste_account_set(&a, NVT_LIT("TECH_1@cpro.fr"), NVT_LIT("s3cret-pass")),
                     NVT_OK);
    (void)memcpy(client.token.text, "token-0123456789", 16);
    client.token.len = 16;
    assert_int_equal(nvt_piste_chorus(&call, &request, &q, &a), NVT_OK);
    char body[256];
    (void)snprintf(body, sizeof body,
                   "{\"codeRetour\":1,\"libelle\":\"got token-0123456789 and %.*s.\"}", (int)a.len,
                   (const char *)a.text);
    call.outcome.status = 200;
    call.outcome.body = nvt_span_str(body);
    assert_int_equal(judge(), NVT_E_BUSINESS);
    assert_string_equal(call.outcome.failure.message, "got *** and ***.");
}

/* ---- Chorus Pro ---- */

static void expect_account(const char *login, const char *password, nvt_err wanted)
{
    struct nvt_piste_account a;
    struct nvt_piste_account before;
    (void)memset(&a, 0x5A, sizeof a);
    before = a;
    nvt_err err = nvt_piste_account_set(&a, nvt_span_str(login), nvt_span_str(password));
    assert_string_equal(nvt_err_name(err), nvt_err_name(wanted));
    if (err != NVT_OK) {
        assert_memory_equal(&a, &before, sizeof a);
    }
}

static void test_account(void **state)
{
    (void)state;
    struct nvt_piste_account a;
    char text[NVT_PISTE_ACCOUNT_MAX + 2];
    assert_int_equal(nvt_piste_account_set(&a, NVT_LIT("Aladdin"), NVT_LIT("open sesame")), NVT_OK);
    assert_true(nvt_span_eq(nvt_span_of(a.text, a.len), NVT_LIT("QWxhZGRpbjpvcGVuIHNlc2FtZQ==")));
    assert_int_equal(nvt_piste_account_set(&a, NVT_LIT("test"), NVT_LIT("123\xC2\xA3:+%")), NVT_OK);
    assert_true(nvt_span_eq(nvt_span_of(a.text, a.len), NVT_LIT("dGVzdDoxMjPCozorJQ==")));
    nvt_piste_account_wipe(&a);
    assert_int_equal(a.len, 0);
    assert_int_equal(a.text[0], 0);
    expect_account("", "p", NVT_E_CRED_EMPTY);
    expect_account("l", "", NVT_E_CRED_EMPTY);
    expect_account("a:b", "p", NVT_E_CRED_BYTE);
    expect_account(":", "p", NVT_E_CRED_BYTE);
    expect_account("l ", "p", NVT_E_CRED_EDGE);
    expect_account("l", "\"p\"", NVT_E_CRED_EDGE);
    expect_account("l\n", "p", NVT_E_CRED_EOL);
    expect_account("l", "p\r\n", NVT_E_CRED_EOL);
    expect_account("l\x01", "p", NVT_E_CRED_BYTE);
    expect_account("l", "\xFF", NVT_E_CRED_BYTE);
    /* Login and password together, on both sides of the bound. */
    (void)memset(text, 'p', sizeof text);
    text[NVT_PISTE_ACCOUNT_MAX - 1] = '\0';
    expect_account("l", text, NVT_OK);
    assert_int_equal(nvt_piste_account_set(&a, NVT_LIT("l"), nvt_span_str(text)), NVT_OK);
    assert_true(a.len <= sizeof a.text);
    text[NVT_PISTE_ACCOUNT_MAX - 1] = 'p';
    text[NVT_PISTE_ACCOUNT_MAX] = '\0';
    expect_account("l", text, NVT_E_CRED_SIZE);
    text[NVT_PISTE_ACCOUNT_MAX] = 'p';
    text[NVT_PISTE_ACCOUNT_MAX + 1] = '\0';
    expect_account("l", text, NVT_E_CRED_SIZE);
}

static void test_chorus(void **state)
{
    (void)state;
    struct nvt_piste_account a = {{0}, 0};
    struct nvt_header further = {NVT_LIT("X"), NVT_LIT("y"), false};
    (void)memset(&q, 0, sizeof q);
    q.target = NVT_LIT("/cpro/factures/v1/soumettre");
    q.body = NVT_LIT("{}");
    assert_int_equal(nvt_piste_chorus(&call, &request, &q, &a), NVT_E_CRED_EMPTY);
    assert_int_equal(nvt_piste_account_set(&a, NVT_LIT("l"), NVT_LIT("p")), NVT_OK);
    q.headers = &further;
    q.header_count = 1;
    assert_int_equal(nvt_piste_chorus(&call, &request, &q, &a), NVT_E_ARG);
    assert_null(begun);
    q.headers = NULL;
    q.header_count = 0;
    assert_int_equal(nvt_piste_chorus(&call, &request, &q, &a), NVT_OK);
    assert_true(nvt_span_eq(begun->method, NVT_LIT("POST")));
    assert_true(nvt_span_eq(begun->media_type, NVT_LIT("application/json;charset=utf-8")));
    assert_int_equal(begun->header_count, 1);
    assert_true(nvt_span_eq(begun->headers[0].name, NVT_LIT("cpro-account")));
    assert_true(nvt_span_eq(begun->headers[0].value, NVT_LIT("bDpw")));
    assert_true(begun->headers[0].secret);
    assert_int_equal(begun->flags, 0); /* a submission is sent once */
    q.method = NVT_LIT("PUT");
    q.media_type = NVT_LIT("text/xml");
    assert_int_equal(nvt_piste_chorus(&call, &request, &q, &a), NVT_OK);
    assert_true(nvt_span_eq(begun->method, NVT_LIT("PUT")));
    assert_true(nvt_span_eq(begun->media_type, NVT_LIT("text/xml")));
}

/* ---- pings ---- */

static void expect_ping(enum nvt_piste_service service, const char *target, unsigned flags)
{
    assert_int_equal(nvt_piste_ping(&call, &request, service), NVT_OK);
    assert_true(nvt_span_eq(begun->method, NVT_LIT("GET")));
    assert_true(nvt_span_eq(begun->target, nvt_span_str(target)));
    assert_int_equal(begun->flags, flags);
    assert_null(begun->sink);
    assert_int_equal(begun->header_count, 0);
}

static nvt_err judged(const char *body)
{
    (void)memset(&call.outcome, 0, sizeof call.outcome);
    call.outcome.status = 200;
    call.outcome.body = nvt_span_str(body);
    return judge();
}

static void test_ping(void **state)
{
    (void)state;
    expect_ping(NVT_PISTE_GATEWAY, "/piste/healthcheck", NVT_REQ_IDEMPOTENT);
    assert_int_equal(judged("<ok/>"), NVT_OK);
    expect_ping(NVT_PISTE_JUDILIBRE, "/cassation/judilibre/v1.0/healthcheck",
                NVT_REQ_IDEMPOTENT | NVT_REQ_API_KEY);
    assert_int_equal(judged("{\"status\":\"disponible\"}"), NVT_OK);
    expect_ping(NVT_PISTE_LEGIFRANCE, "/dila/legifrance/lf-engine-app/consult/ping",
                NVT_REQ_IDEMPOTENT);
    assert_int_equal(judged("pong"), NVT_OK);
    assert_int_equal(judged("pong\r\n"), NVT_OK);
    assert_int_equal(judged(""), NVT_E_ANSWER);
    assert_int_equal(judged("pon"), NVT_E_ANSWER);
    assert_int_equal(judged("<html>login</html>"), NVT_E_ANSWER);
    assert_int_equal(call.outcome.verdict, NVT_RETRY);
    begun = NULL;
    assert_int_equal(nvt_piste_ping(&call, &request, (enum nvt_piste_service)3), NVT_E_ARG);
    assert_null(begun);
}

/* ---- why the gateway turned it away ---- */

/* An answer's head as the call keeps it. */
static void answer(unsigned status, const char *fields)
{
    static uint8_t mem[512];
    char head[512];
    enum nvt_http_event event = NVT_HTTP_NEED;
    struct nvt_span body;
    int n =
        snprintf(head, sizeof head, "HTTP/1.1 %u x\r\nContent-Length: 0\r\n%s\r\n", status, fields);
    struct nvt_span in = nvt_span_of(head, (size_t)n);
    nvt_http_response_init(&call.response, mem, sizeof mem, false);
    assert_int_equal(nvt_http_response_feed(&call.response, &in, &event, &body), NVT_OK);
    (void)memset(&call.outcome, 0, sizeof call.outcome);
    call.outcome.status = (uint16_t)status;
    call.outcome.verdict = NVT_REFUSED;
    call.outcome.failure.err = status == 401U ? NVT_E_UNAUTHORIZED : NVT_E_STATUS;
    call.outcome.failure.http_status = (uint16_t)status;
}

static void expect_denial(const char *fields, enum nvt_piste_denial wanted, nvt_err err,
                          const char *code)
{
    answer(401, fields);
    assert_int_equal(nvt_piste_denied(&call), wanted);
    assert_int_equal(judge(), err);
    assert_int_equal(call.outcome.failure.err, err);
    assert_string_equal(call.outcome.failure.code, code);
    assert_int_equal(call.outcome.verdict, NVT_REFUSED);
}

static void test_denied(void **state)
{
    (void)state;
    assert_int_equal(nvt_piste_call(&call, &request, &q), NVT_OK);
    expect_denial("WWW-Authenticate: Bearer realm=\"PISTE\"\r\n", NVT_PISTE_BAD_TOKEN,
                  NVT_E_UNAUTHORIZED, "");
    expect_denial("www-authenticate:Bearer Realm=\"PISTE\", error=\"invalid_token\"\r\n",
                  NVT_PISTE_BAD_TOKEN, NVT_E_UNAUTHORIZED, "");
    expect_denial("WWW-Authenticate: Bearer realm=\"DefaultRealm\"\r\n", NVT_PISTE_WRONG_PATH,
                  NVT_E_STATUS, "DefaultRealm");
    expect_denial("WWW-Authenticate: Bearer realm=\"piste\"\r\n", NVT_PISTE_WRONG_PATH,
                  NVT_E_STATUS, "piste");
    expect_denial("WWW-Authenticate: Bearer realm=\"open\r\n", NVT_PISTE_WRONG_PATH, NVT_E_STATUS,
                  "open");
    static const char *const silent[] = {
        "",
        "WWW-Authenticate: Bearer\r\n",
        "WWW-Authenticate:\r\n",
        "WWW-Authenticate: \"PISTE\"\r\n",
        "WWW-Authenticate: Bearer realm=\"\"\r\n",
        "X-Realm: realm=\"PISTE\"\r\n",
        "WWW-Authenticate: Bearer domain=\"realm=\"\r\n",
    };
    for (size_t i = 0; i < sizeof silent / sizeof silent[0]; i++) {
        expect_denial(silent[i], NVT_PISTE_DENIED, NVT_E_UNAUTHORIZED, "");
    }
    answer(403, "");
    assert_int_equal(nvt_piste_denied(&call), NVT_PISTE_NOT_SUBSCRIBED);
    assert_int_equal(judge(), NVT_E_STATUS);
    answer(404, "WWW-Authenticate: Bearer realm=\"DefaultRealm\"\r\n");
    assert_int_equal(nvt_piste_denied(&call), NVT_PISTE_NOT_DENIED);
    assert_int_equal(judge(), NVT_E_STATUS);
    /* No answer to the request itself: the token server's is none. */
    answer(401, "WWW-Authenticate: Bearer realm=\"DefaultRealm\"\r\n");
    call.outcome.status = 0;
    call.outcome.failure.err = NVT_E_GRANT_REFUSED;
    assert_int_equal(nvt_piste_denied(&call), NVT_PISTE_NOT_DENIED);
    assert_int_equal(judge(), NVT_E_GRANT_REFUSED);
}

/* What failed on the way is not looked at: the watch may have seen half of it. */
static void test_failed(void **state)
{
    (void)state;
    struct taken t = {"", 0, NVT_OK};
    q.sink = take;
    q.sink_ctx = &t;
    assert_int_equal(nvt_piste_call(&call, &request, &q), NVT_OK);
    pass("{\"codeRetour\":1,", NVT_OK);
    call.outcome.verdict = NVT_RETRY;
    call.outcome.failure.err = NVT_E_HTTP_TRUNCATED;
    assert_int_equal(judge(), NVT_E_HTTP_TRUNCATED);
    assert_int_equal(call.outcome.verdict, NVT_RETRY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_profile, set_up),
        cmocka_unit_test_setup(test_flags, set_up),
        cmocka_unit_test_setup(test_sink, set_up),
        cmocka_unit_test_setup(test_without_sink, set_up),
        cmocka_unit_test_setup(test_no_secret, set_up),
        cmocka_unit_test_setup(test_account, set_up),
        cmocka_unit_test_setup(test_chorus, set_up),
        cmocka_unit_test_setup(test_ping, set_up),
        cmocka_unit_test_setup(test_denied, set_up),
        cmocka_unit_test_setup(test_failed, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
