/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every typed call of the five systems against answers that are what its API documents, and against
 * all that is not: one row of data for each call, and what is expected of the rest follows from it.
 * Written from the APIs' documents, not from the rows of src/api.
 */
#include "world.h"

#include <navette/api.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/* What a row leaves out of the rules. */
enum {
    OPEN = 1,         /* the document leaves the body open: any JSON is done, and text */
    MAY_BE_EMPTY = 2, /* so is no body at all */
    ANY_STATUS = 4,   /* the document leaves the status open */
    NO_JSON = 8,      /* the body is no JSON */
    ANY_ERROR = 16,   /* the gateway answers by itself, in any form */
    ANY_OBJECT = 32,  /* of the body it says no more than that it is an object */
    BUFFERED = 64,    /* the whole answer is read, into the caller's memory */
};

struct typed {
    const char *name;
    const struct nvt_profile *profile;
    nvt_err (*begin)(struct nvt_call *call);
    unsigned status;
    const char *body;     /* of a done answer */
    const char *other_id; /* the same of another one; NULL: it has no id */
    const char *error;    /* of its own */
    unsigned is;
};

static struct nvt_rpc_request rpc;
static struct nvt_coopcycle_request coopcycle;
static struct nvt_piste_request piste;
static struct nvt_piste_account account;
static struct nvt_request jindexe;
static struct nvt_demarches_request demarches;
static uint8_t graphql_body[NVT_DEMARCHES_BODY_MIN], graphql_answer[20000];

/* ---- the registry ---- */

#define ID "a\xC3\xA9/\\\" b"
#define ID_JSON "a\\u00e9\\/\\\\\\\" b"
#define UUID "0b5f2a4e-8c1d-4c61-9a5e-2f7d3b1c0e94"
#define OTHER_UUID "1b5f2a4e-8c1d-4c61-9a5e-2f7d3b1c0e94"
#define RPC_ERROR                                                                                  \
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32602,\"message\":\"Invalid params\"}}"
#define RECEIPT(id)                                                                                \
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"meta\":null,\"data\":{\"operator_journey_id\":"   \
    "\"" id "\",\"created_at\":\"2025-06-02T10:00:00.000Z\"}}}"
#define STATUS(id)                                                                                 \
    "{\"operator_journey_id\":\"" id "\",\"status\":\"ok\",\"created_at\":"                        \
    "\"2025-06-02T10:00:00.000Z\",\"fraud_error_labels\":[],\"anomaly_error_details\":[]}"
#define APPLICATION(id)                                                                            \
    "{\"uuid\":\"" id                                                                              \
    "\",\"datetime\":\"2025-06-02T10:00:00Z\",\"token\":\"x\",\"journey_id\":4711}"

static nvt_err send(struct nvt_call *c)
{
    return nvt_rpc_send(c, &rpc,
                        NVT_LIT("{\"driver\":{\"operator_journey_id\":\"no\"},"
                                "\"operator_journey_id\" : \"" ID_JSON "\"}"));
}

static nvt_err status(struct nvt_call *c)
{
    return nvt_rpc_status(c, &rpc, NVT_LIT(ID));
}

static nvt_err list(struct nvt_call *c)
{
    static const struct nvt_rpc_filter filter = {.status = {(const uint8_t *)"ok", 2U}};
    return nvt_rpc_list(c, &rpc, &filter);
}

static nvt_err update(struct nvt_call *c)
{
    return nvt_rpc_update(c, &rpc, NVT_LIT(ID), NVT_LIT("{}"));
}

static nvt_err cancel(struct nvt_call *c)
{
    return nvt_rpc_cancel(c, &rpc, NVT_LIT(ID), NVT_LIT("x"), NVT_LIT(""));
}

static nvt_err route(struct nvt_call *c)
{
    const struct nvt_rpc_place here = {487000000, 21000000};
    return nvt_rpc_route(c, &rpc, here, here);
}

static nvt_err address(struct nvt_call *c)
{
    return nvt_rpc_point_by_address(c, &rpc, NVT_LIT("1 rue"), NVT_LIT("France"));
}

static nvt_err insee(struct nvt_call *c)
{
    return nvt_rpc_point_by_insee(c, &rpc, NVT_LIT("75056"));
}

static nvt_err simulate(struct nvt_call *c)
{
    return nvt_rpc_cee_simulate(c, &rpc, NVT_LIT("{}"));
}

static nvt_err apply(struct nvt_call *c)
{
    return nvt_rpc_cee_register(c, &rpc, NVT_LIT("{}"));
}

static nvt_err find(struct nvt_call *c)
{
    return nvt_rpc_cee_find(c, &rpc, NVT_LIT(UUID));
}

static nvt_err delete (struct nvt_call *c)
{
    return nvt_rpc_cee_delete(c, &rpc, NVT_LIT(UUID));
}

#define RECEIPT_V2(id) "{\"journey_id\":\"" id "\",\"created_at\":\"2021-11-08T13:32:26.307Z\"}"
#define PAGE_V2(id)                                                                                \
    "{\"id\":1,\"result\":{\"meta\":null,\"data\":" RECEIPT_V2(id) "},\"jsonrpc\":\"2.0\"}"
#define STATUS_V2(id)                                                                              \
    "{\"status\":\"ok\",\"journey_id\":\"" id "\",\"created_at\":\"2021-11-08T13:32:26.307Z\"}"
#define PLAIN_ERROR "{\"code\":404,\"error\":\"Not found\"}"

static nvt_err send_v2(struct nvt_call *c)
{
    return nvt_rpc_v2_send(
        c, &rpc, NVT_LIT("{\"driver\":{\"journey_id\":\"no\"},\"journey_id\" : \"" ID_JSON "\"}"));
}

static nvt_err status_v2(struct nvt_call *c)
{
    return nvt_rpc_v2_status(c, &rpc, NVT_LIT(ID));
}

static nvt_err cancel_v2(struct nvt_call *c)
{
    return nvt_rpc_v2_cancel(c, &rpc, NVT_LIT(ID));
}

/* ---- CoopCycle ---- */

#define HYDRA "{\"@type\":\"hydra:Error\",\"hydra:title\":\"An error occurred\"}"
#define LEXIK "{\"code\":401,\"message\":\"Invalid credentials.\"}"
#define DELIVERY(id)                                                                               \
    "{\"@context\":\"\\/api\\/contexts\\/Delivery\",\"@id\":\"\\/api\\/deliveries\\/" id           \
    "\",\"@type\":\"http:\\/\\/schema.org\\/ParcelDelivery\",\"id\":" id ",\"tasks\":[]}"

static nvt_err create(struct nvt_call *c)
{
    return nvt_coopcycle_create(c, &coopcycle, NVT_LIT("{}"), NVT_LIT("k-1"));
}

static nvt_err get(struct nvt_call *c)
{
    return nvt_coopcycle_get(c, &coopcycle, NVT_LIT("/api/deliveries/12"));
}

static nvt_err put(struct nvt_call *c)
{
    return nvt_coopcycle_update(c, &coopcycle, NVT_LIT("12"), NVT_LIT("{}"));
}

static nvt_err cancel_delivery(struct nvt_call *c)
{
    return nvt_coopcycle_cancel(c, &coopcycle, NVT_LIT("12"));
}

static nvt_err feasible(struct nvt_call *c)
{
    return nvt_coopcycle_feasible(c, &coopcycle, NVT_LIT("{}"));
}

static nvt_err quote(struct nvt_call *c)
{
    return nvt_coopcycle_quote(c, &coopcycle, NVT_LIT("{}"));
}

static nvt_err confirm(struct nvt_call *c)
{
    return nvt_coopcycle_confirm(c, &coopcycle, NVT_LIT("7"));
}

static nvt_err me(struct nvt_call *c)
{
    return nvt_coopcycle_me(c, &coopcycle);
}

static nvt_err page(struct nvt_call *c)
{
    static struct nvt_coopcycle_resolve r;
    return nvt_coopcycle_resolve(c, &r, NVT_LIT("1"), NVT_LIT("k-1"), 0);
}

/* ---- PISTE ---- */

static nvt_err through(struct nvt_call *c)
{
    const struct nvt_request q = {.method = NVT_LIT("POST"), .target = NVT_LIT("/x")};
    return nvt_piste_call(c, &piste, &q);
}

static nvt_err chorus(struct nvt_call *c)
{
    const struct nvt_request q = {.target = NVT_LIT("/cpro/factures/v1/soumettre"),
                                  .body = NVT_LIT("{}")};
    (void)nvt_piste_account_set(&account, NVT_LIT("TECH_1@cpro.fr"), NVT_LIT("technical"));
    return nvt_piste_chorus(c, &piste, &q, &account);
}

static nvt_err ping_gateway(struct nvt_call *c)
{
    return nvt_piste_ping(c, &piste, NVT_PISTE_GATEWAY);
}

static nvt_err ping_legifrance(struct nvt_call *c)
{
    return nvt_piste_ping(c, &piste, NVT_PISTE_LEGIFRANCE);
}

static nvt_err ping_judilibre(struct nvt_call *c)
{
    return nvt_piste_ping(c, &piste, NVT_PISTE_JUDILIBRE);
}

/* ---- Jindexe, Demarches simplifiees ---- */

static nvt_err ext(struct nvt_call *c)
{
    return nvt_jindexe_call(c, &jindexe, NVT_LIT("GET"), NVT_LIT("/ext/x"), NVT_LIT(""));
}

static nvt_err ext_post(struct nvt_call *c)
{
    return nvt_jindexe_call(c, &jindexe, NVT_LIT("POST"), NVT_LIT("/ext/x"), NVT_LIT("{}"));
}

#define GRAPHQL_ERROR "{\"errors\":[{\"message\":\"no\",\"extensions\":{\"code\":\"forbidden\"}}]}"

static void graphql_open(void)
{
    nvt_demarches_init(&demarches, graphql_body, sizeof graphql_body, graphql_answer,
                       sizeof graphql_answer);
}

static nvt_err query(struct nvt_call *c)
{
    const struct nvt_demarches_query q = {.text = NVT_LIT("{ a }")};
    graphql_open();
    return nvt_demarches_query(c, &demarches, &q);
}

static nvt_err mutate(struct nvt_call *c)
{
    const struct nvt_demarches_query q = {.text = NVT_LIT("mutation { a }")};
    graphql_open();
    return nvt_demarches_query(c, &demarches, &q);
}

static nvt_err act(struct nvt_call *c)
{
    const struct nvt_demarches_act a = {.verb = NVT_DEMARCHES_MESSAGE,
                                        .dossier_id = NVT_LIT("d"),
                                        .instructeur_id = NVT_LIT("i"),
                                        .text = NVT_LIT("t")};
    graphql_open();
    return nvt_demarches_act(c, &demarches, &a);
}

static nvt_err dossier(struct nvt_call *c)
{
    graphql_open();
    return nvt_demarches_dossier(c, &demarches, 1, 0U);
}

/* ---- the rows ---- */

#define RPC &nvt_rpc_profile
#define RPC_V2 &nvt_rpc_v2_profile
#define COOP &nvt_coopcycle_profile
#define PISTE &nvt_piste_profile
#define DS &nvt_demarches_profile
#define DATA "{\"data\":{\"a\":{\"errors\":null}}}"

static const struct typed calls[] = {
    {"journey send", RPC, send, 201, RECEIPT(ID_JSON), RECEIPT("j-2"), RPC_ERROR, 0},
    {"journey status", RPC, status, 200, STATUS(ID_JSON), STATUS("j-2"), RPC_ERROR, 0},
    {"journey list", RPC, list, 200, "[{\"operator_journey_id\":\"a\"}]", NULL, RPC_ERROR, 0},
    {"journey update", RPC, update, 200, "", NULL, RPC_ERROR, MAY_BE_EMPTY},
    {"journey cancel", RPC, cancel, 200, "{\"jsonrpc\":\"2.0\",\"id\":1}", NULL, RPC_ERROR, 0},
    {"route", RPC, route, 200, "{\"distance\":1,\"duration\":2.5}", NULL, RPC_ERROR, 0},
    {"point by address", RPC, address, 200, "{\"lat\":48.7,\"lon\":2.1}", NULL, RPC_ERROR, 0},
    {"point by INSEE", RPC, insee, 200, "{\"lat\":48.7,\"lon\":2.1}", NULL, RPC_ERROR, 0},
    {"CEE simulate", RPC, simulate, 200, "", NULL, "[\"/phone_trunc: no\"]", OPEN | MAY_BE_EMPTY},
    {"CEE register", RPC, apply, 201, APPLICATION(UUID), NULL, "\"Not found\"", 0},
    {"CEE find", RPC, find, 200, APPLICATION(UUID), APPLICATION(OTHER_UUID), RPC_ERROR, 0},
    {"CEE delete", RPC, delete, 204, "", NULL, "\"Not found\"", MAY_BE_EMPTY},
    {"v2 send", RPC_V2, send_v2, 201, RECEIPT_V2(ID_JSON), RECEIPT_V2("j-2"), PLAIN_ERROR, 0},
    {"v2 send, page", RPC_V2, send_v2, 201, PAGE_V2(ID_JSON), PAGE_V2("j-2"), RPC_ERROR, 0},
    {"v2 status", RPC_V2, status_v2, 200, STATUS_V2(ID_JSON), STATUS_V2("j-2"), PLAIN_ERROR, 0},
    {"v2 cancel", RPC_V2, cancel_v2, 200, "", NULL, PLAIN_ERROR, OPEN | MAY_BE_EMPTY},
    {"delivery create", COOP, create, 201, DELIVERY("12"), NULL, HYDRA, 0},
    {"delivery get", COOP, get, 200, DELIVERY("12"), DELIVERY("13"), LEXIK, 0},
    {"delivery update", COOP, put, 200, DELIVERY("12"), DELIVERY("13"), HYDRA, 0},
    {"delivery cancel", COOP, cancel_delivery, 204, "", NULL, HYDRA, MAY_BE_EMPTY},
    {"feasible", COOP, feasible, 200, "{}", NULL, "{\"title\":\"no\",\"detail\":\"no\"}",
     OPEN | MAY_BE_EMPTY},
    {"quote", COOP, quote, 201,
     "{\"@id\":\"/api/deliveries/quotes/7\",\"amount\":1,\"currency\":\"EUR\"}", NULL, HYDRA, 0},
    {"confirm", COOP, confirm, 200, "{\"delivery\":\"\\/api\\/deliveries\\/12\"}", NULL, HYDRA, 0},
    {"me", COOP, me, 200, "{\"@id\":\"/api/me\",\"store\":\"/api/stores/1\"}", NULL, LEXIK,
     ANY_OBJECT},
    {"page", COOP, page, 200, "{\"hydra:member\":[],\"hydra:totalItems\":0}", NULL, HYDRA, 0},
    {"piste call", PISTE, through, 200, "{\"a\":1}", NULL, NULL,
     OPEN | MAY_BE_EMPTY | ANY_STATUS | ANY_ERROR},
    {"chorus", PISTE, chorus, 200, "{\"codeRetour\":0}", NULL, NULL, ANY_OBJECT | ANY_ERROR},
    {"gateway", PISTE, ping_gateway, 200, "<healthcheck/>", NULL, NULL,
     OPEN | MAY_BE_EMPTY | NO_JSON | ANY_ERROR},
    {"legifrance", PISTE, ping_legifrance, 200, "pong", NULL, NULL, NO_JSON | ANY_ERROR},
    {"judilibre", PISTE, ping_judilibre, 200, "{\"status\":\"disponible\"}", NULL, NULL,
     ANY_OBJECT | ANY_ERROR},
    {"jindexe GET", &nvt_jindexe_profile, ext, 200, "{\"a\":1}", NULL, "{\"x\":1}",
     OPEN | MAY_BE_EMPTY | ANY_STATUS},
    {"jindexe POST", &nvt_jindexe_profile, ext_post, 201, "{\"a\":1}", NULL, "{\"x\":1}",
     OPEN | MAY_BE_EMPTY | ANY_STATUS},
    {"query", DS, query, 200, DATA, NULL, GRAPHQL_ERROR, BUFFERED},
    {"mutation", DS, mutate, 200, DATA, NULL, GRAPHQL_ERROR, BUFFERED},
    {"message", DS, act, 200, DATA, NULL, GRAPHQL_ERROR, BUFFERED},
    {"dossier", DS, dossier, 200, DATA, NULL, GRAPHQL_ERROR, BUFFERED},
};

enum { COUNT = sizeof calls / sizeof calls[0] };

/* ---- one run ---- */

#define PAGE "<!DOCTYPE html>\n<html><head><title>Request Rejected</title></head></html>"
#define HTML "text/html; charset=utf-8"
#define JSON "application/json; charset=utf-8"

static struct world w;
static const struct typed *now;

/* Answers the call as often as it asks. */
static void answer(unsigned with, const char *type, const char *body)
{
    static const struct nvt_environment environment = {"test", "https://api.example.net", NULL,
                                                       NULL};
    static struct nvt_profile profile;
    static char text[9000];
    struct nvt_sim_answer answers[3];
    struct nvt_sim_script script = {answers, 3};
    char field[80] = "";
    if (type != NULL) {
        (void)snprintf(field, sizeof field, "Content-Type: %s\r\n", type);
    }
    int n = with == 204U
                ? snprintf(text, sizeof text, "HTTP/1.1 204 No\r\n\r\n")
                : snprintf(text, sizeof text, "HTTP/1.1 %u Text\r\n%sContent-Length: %zu\r\n\r\n%s",
                           with, field, strlen(body), body);
    assert_in_range(n, 1, sizeof text - 1U);
    for (size_t i = 0; i < 3U; i++) {
        answers[i] = (struct nvt_sim_answer){text, (size_t)n, 3, false, NVT_SIM_STAY};
    }
    profile = *now->profile;
    profile.environments = &environment;
    profile.environment_count = 1;
    world_init(&w, &profile, &script, 1);
    w.echoed = true; /* what is sent may stand in the target */
    nvt_err err = now->begin(&w.call);
    if (err != NVT_OK) {
        fail_msg("%s: %s", now->name, nvt_err_name(err));
    }
    assert_non_null(w.call.request->done);
    world_finish_run(&w);
    if (w.fault != NULL) {
        fail_msg("%s, %u %s: %s", now->name, with, body, w.fault);
    }
}

static void expect(enum nvt_verdict verdict, nvt_err err, bool arrived, const char *what)
{
    const struct nvt_outcome *o = &w.call.outcome;
    if (o->verdict != verdict || o->failure.err != err || o->arrived != arrived) {
        fail_msg("%s, status %u, %s: verdict %d, %s, arrived %d", now->name, (unsigned)o->status,
                 what, (int)o->verdict, nvt_err_name(o->failure.err), (int)o->arrived);
    }
    world_close(&w);
}

static bool is(unsigned what)
{
    return (now->is & what) != 0U;
}

static void expect_done(const char *what)
{
    expect(NVT_DELIVERED, NVT_OK, false, what);
}

static void expect_unsure(const char *what)
{
    bool harmless = (w.call.request->flags & NVT_REQ_IDEMPOTENT) != 0U;
    expect(harmless ? NVT_RETRY : NVT_UNKNOWN, NVT_E_ANSWER, true, what);
}

static const char *type_of(void)
{
    return is(NO_JSON) ? "text/plain" : JSON;
}

static void each(void (*test)(void))
{
    for (size_t i = 0; i < (size_t)COUNT; i++) {
        now = &calls[i];
        test();
    }
}

/* ---- 2xx ---- */

static void right(void)
{
    answer(now->status, type_of(), now->body);
    expect_done("right");
    answer(now->status, NULL, now->body);
    expect_done("right, without a type");
    if (!is(NO_JSON)) {
        answer(now->status, "Application/Vnd.api+JSON;x=y", now->body);
        expect_done("another name of JSON");
    }
}

static void test_right(void **state)
{
    (void)state;
    each(right);
}

static void other_status(void)
{
    static const unsigned statuses[] = {200, 201, 202, 203, 204, 206, 226, 299};
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        if (statuses[i] == now->status) {
            continue;
        }
        answer(statuses[i], type_of(), now->body);
        if (is(ANY_STATUS)) {
            expect_done("another status");
        } else {
            expect_unsure("another status");
        }
    }
}

static void test_other_status(void **state)
{
    (void)state;
    each(other_status);
}

static void pages(void)
{
    static const char *const bodies[] = {PAGE, "  \r\n<HTML>", "\xEF\xBB\xBF<html lang=\"fr\">",
                                         "<html"};
    static const char *const types[] = {HTML, NULL, JSON, "text/plain", "TEXT/HTML"};
    for (size_t i = 0; i < 4U; i++) {
        for (size_t k = 0; k < 5U; k++) {
            if (now->status != 204U) {
                answer(now->status, types[k], bodies[i]);
                expect_unsure("a page");
            }
            answer(200, types[k], bodies[i]);
            expect_unsure("a page with 200");
        }
    }
    answer(now->status == 204U ? 200U : now->status, HTML, "Request Rejected");
    expect_unsure("text that is called HTML");
}

static void test_pages(void **state)
{
    (void)state;
    each(pages);
}

static void empty(void)
{
    answer(now->status, JSON, "");
    if (is(MAY_BE_EMPTY)) {
        expect_done("empty");
    } else {
        expect_unsure("empty");
    }
    answer(202, NULL, "");
    if (is(ANY_STATUS)) {
        expect_done("202, empty");
    } else {
        expect_unsure("202, empty");
    }
}

static void test_empty(void **state)
{
    (void)state;
    each(empty);
}

static void other_json(void)
{
    static const char *const bodies[] = {
        "{\"x\":1}",       "[1]",           "[",          "\"text\"", "42", "null",
        "{\"data\":null}", "{\"data\":[]}", "{\"x\":1}}", "{\"x\":"};
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        bool broken = i == 2U || i >= 8U;
        bool whole = !broken && !is(NO_JSON);
        bool done = is(OPEN) && (whole || is(ANY_STATUS) || is(NO_JSON));
        done = done || (is(ANY_OBJECT) && bodies[i][0] == '{' && whole);
        done = done || (now->begin == list && i == 1U);
        if (now->status == 204U) {
            continue; /* it has no body */
        }
        answer(now->status, JSON, bodies[i]);
        if (done) {
            expect_done(bodies[i]);
        } else {
            expect_unsure(bodies[i]);
        }
    }
}

static void test_other_json(void **state)
{
    (void)state;
    each(other_json);
}

/* A failure in a JSON-RPC envelope, under a status of success. */
static void reports_error(void)
{
    static const char *const bodies[] = {
        "{\"error\":{}}", "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32603}}"};
    bool open = is(ANY_STATUS) || is(NO_JSON) || now->profile == PISTE;
    for (size_t i = 0; i < 2U && now->status != 204U && !(open && is(OPEN | ANY_OBJECT)); i++) {
        answer(now->status, JSON, bodies[i]);
        expect_unsure(bodies[i]);
    }
}

static void test_reports_error(void **state)
{
    (void)state;
    each(reports_error);
}

static void other_id(void)
{
    if (now->other_id != NULL) {
        answer(now->status, JSON, now->other_id);
        expect_unsure("another id");
    }
}

static void test_other_id(void **state)
{
    (void)state;
    each(other_id);
}

/* Right at both ends, and cut in the middle: with a length that says so it is whole to HTTP. */
static void cut(void)
{
    char text[700];
    size_t len = strlen(now->body);
    if (is(OPEN) || len < 2U) {
        return;
    }
    for (size_t n = 1; n < len; n++) {
        (void)snprintf(text, sizeof text, "%.*s", (int)n, now->body);
        answer(now->status, type_of(), text);
        expect_unsure(text);
    }
}

static void test_cut(void **state)
{
    (void)state;
    each(cut);
}

/* ---- answers that are larger than what the call keeps ---- */

static void pad(char *text, size_t cap, const char *head, const char *tail)
{
    size_t n = strlen(head);
    (void)memset(text, 'a', cap - 1U);
    (void)memcpy(text, head, n);
    (void)memcpy(text + cap - 1U - strlen(tail), tail, strlen(tail) + 1U);
}

static void large(void)
{
    static char text[6000];
    char head[700];
    size_t len = strlen(now->body);
    if (now->status == 204U) {
        return;
    }
    pad(text, sizeof text, PAGE, "</html>");
    answer(now->status, HTML, text);
    expect_unsure("a large page");
    answer(now->status, JSON, text);
    expect_unsure("a large page that is called JSON");
    if (len > 0U && now->body[0] == '{') {
        (void)snprintf(head, sizeof head, "%.*s%s\"pad\":\"", (int)len - 1, now->body,
                       len > 2U ? "," : "");
        pad(text, sizeof text, head, "\"}");
        answer(now->status, JSON, text);
        expect_done("right and large");
        pad(text, sizeof text, "{\"pad\":\"\\ud83d\\ude00\xC3\xA9", "\"}");
        answer(now->status, JSON, text);
        /* Who reads all of it sees that nothing else comes; else what the row asks for must stand
         * in what is kept. */
        const struct nvt_done *row = w.call.request->done;
        bool reads = now->profile == DS || (now->profile == COOP && w.call.request->sink != NULL);
        if (reads || row->has != NULL || row->same != NULL ||
            (row->check != NULL && now->profile == &nvt_rpc_v2_profile)) {
            expect_unsure("large and nothing else");
        } else {
            expect_done("large");
        }
    }
    if (now->other_id != NULL) {
        (void)snprintf(head, sizeof head, "%.*s,\"pad\":\"", (int)strlen(now->other_id) - 1,
                       now->other_id);
        pad(text, sizeof text, head, "\"}");
        answer(now->status, JSON, text);
        expect_unsure("another id, large");
    }
}

static void test_large(void **state)
{
    (void)state;
    each(large);
}

/* ---- 4xx ---- */

static const unsigned refusals[] = {400, 402, 403, 404, 405, 406, 407, 409, 410, 411, 412, 413, 414,
                                    415, 416, 417, 421, 422, 424, 425, 426, 428, 431, 451, 499};

static void refusals_of_fronts(void)
{
    static const char *const bodies[][2] = {{HTML, PAGE},
                                            {NULL, PAGE},
                                            {JSON, PAGE},
                                            {"text/plain", "Access denied"},
                                            {JSON, "{\"code\":"},
                                            {HTML, NULL},
                                            {NULL, "Blocked by policy"}};
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0] && !is(ANY_ERROR); i++) {
        unsigned s = refusals[i];
        for (size_t k = 0; k < 7U; k++) {
            const char *body = bodies[k][1] == NULL ? now->error : bodies[k][1];
            answer(s, bodies[k][0], body);
            expect(NVT_RETRY, NVT_E_FRONT, true, body);
        }
    }
}

static void test_refusals_of_fronts(void **state)
{
    (void)state;
    each(refusals_of_fronts);
}

/* JSON of somebody else, where the API's errors have a name of their own. */
static void other_errors(void)
{
    static const char *const bodies[] = {"{\"x\":1}", "{}", "{\"reason\":\"waf\"}"};
    bool named =
        !is(ANY_ERROR) && now->profile != &nvt_jindexe_profile && strncmp(now->name, "CEE", 3) != 0;
    for (size_t i = 0; i < 3U && named; i++) {
        answer(403, JSON, bodies[i]);
        expect(NVT_RETRY, NVT_E_FRONT, true, bodies[i]);
        answer(422, JSON, bodies[i]);
        expect(NVT_RETRY, NVT_E_FRONT, true, bodies[i]);
    }
}

static void test_other_errors(void **state)
{
    (void)state;
    each(other_errors);
}

static void own_refusals(void)
{
    const char *body = is(ANY_ERROR) ? "<html>PISTE</html>" : now->error;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        unsigned s = refusals[i];
        answer(s, is(ANY_ERROR) ? HTML : JSON, body);
        bool keyed = s == 409U && (w.call.request->flags & NVT_REQ_KEYED) != 0U;
        if (keyed) { /* no duplicate without the words for it */
            expect(NVT_RETRY, NVT_E_FRONT, true, "409 with another code");
        } else {
            expect(NVT_REFUSED, NVT_E_STATUS, false, body);
        }
    }
    answer(401, is(ANY_ERROR) ? HTML : JSON, body);
    bool without = (w.call.request->flags & NVT_REQ_NO_AUTH) != 0U;
    expect(NVT_REFUSED, without ? NVT_E_STATUS : NVT_E_UNAUTHORIZED, false, "401");
    if (!is(ANY_ERROR)) {
        answer(401, HTML, PAGE);
        expect(NVT_RETRY, NVT_E_FRONT, true, "401 of a front");
    }
}

static void test_own_refusals(void **state)
{
    (void)state;
    each(own_refusals);
}

/* 408, 423 and 429 mean the same whoever says so; no 5xx is a refusal, whoever says so. */
static void server_failures(void)
{
    static const unsigned told[] = {408, 423, 429, 501, 503, 505, 511};
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
        answer(told[i], HTML, PAGE);
        expect(NVT_RETRY, NVT_E_STATUS, false, "told to come back");
        answer(told[i], JSON, now->error == NULL ? "" : now->error);
        expect(NVT_RETRY, NVT_E_STATUS, false, "told to come back");
    }
    for (unsigned s = 500; s <= 599U; s++) {
        answer(s, s % 2U == 0U ? HTML : JSON, s % 2U == 0U ? PAGE : "{\"error\":{}}");
        bool sure = s == 501U || s == 503U || s == 505U || s == 511U;
        bool repeatable = (w.call.request->flags & (NVT_REQ_IDEMPOTENT | NVT_REQ_KEYED)) != 0U;
        expect(sure || repeatable ? NVT_RETRY : NVT_UNKNOWN, NVT_E_STATUS, !sure, "5xx");
    }
}

static void test_server_failures(void **state)
{
    (void)state;
    each(server_failures);
}

/* ---- what single systems say ---- */

static const struct typed *named(const char *name)
{
    const struct typed *found = NULL;
    for (size_t i = 0; i < (size_t)COUNT; i++) {
        found = strcmp(calls[i].name, name) == 0 ? &calls[i] : found;
    }
    assert_non_null(found);
    return found;
}

static void test_duplicates(void **state)
{
    static const char *const others[] = {
        "{\"error\":{}}",
        "{\"error\":{\"code\":-32508}}",
        "{\"error\":{\"code\":\"-32509\"}}",
        "{\"error\":{\"code\":-325090}}",
        "{\"error\":{\"data\":{\"code\":-32509}}}",
        "{\"code\":-32509}",
        "[{\"error\":{\"code\":-32509}}]",
        "{\"error\":{\"code\":-32509}",
        "",
    };
    (void)state;
    now = named("journey send");
    answer(
        409, JSON,
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"data\":\"Carpool already registered at Mon Jun "
        "02 2025\",\"code\":-32509,\"message\":\"Conflict\"}}");
    expect(NVT_DUPLICATE, NVT_E_STATUS, false, "its own 409");
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        answer(409, JSON, others[i]);
        expect(NVT_RETRY, NVT_E_FRONT, true, others[i]);
    }
    now = named("CEE register");
    answer(409, JSON, "{\"datetime\":\"2025-06-02T10:00:00Z\"}");
    expect(NVT_DUPLICATE, NVT_E_STATUS, false, "CEE");
    answer(409, JSON, "{\"error\":{\"data\":{\"datetime\":\"2025-06-02T10:00:00Z\"}}}");
    expect(NVT_DUPLICATE, NVT_E_STATUS, false, "CEE in an envelope");
    answer(409, JSON, "\"Conflict\"");
    expect(NVT_RETRY, NVT_E_FRONT, true, "CEE without a date");
}

/* Right but for one member. */
static void test_members(void **state)
{
    static const struct {
        const char *name, *body;
    } cases[] = {
        {"journey send", "{\"result\":{\"data\":{\"operator_journey_id\":\"" ID_JSON "\"}}}"},
        {"journey send",
         "{\"error\":{\"code\":1},\"result\":{\"data\":{\"operator_journey_id\":\"" ID_JSON
         "\",\"created_at\":\"x\"}}}"},
        {"journey send",
         "{\"result\":{\"data\":{\"operator_journey_id\":null,\"created_at\":\"x\"}}}"},
        {"journey send",
         "{\"result\":{\"data\":{\"operator_journey_id\":12,\"created_at\":\"x\"}}}"},
        {"journey send",
         "{\"result\":{\"data\":{\"operator_journey_id\":\"\",\"created_at\":\"x\"}}}"},
        {"journey status", "{\"operator_journey_id\":\"" ID_JSON "\"}"},
        {"journey status", "{\"operator_journey_id\":\"" ID_JSON "\",\"status\":null}"},
        {"journey status", "{\"operator_journey_id\":\"" ID_JSON "c\",\"status\":\"ok\"}"},
        {"journey status", "{\"operator_journey_id\":\"a\\u00e9\",\"status\":\"ok\"}"},
        {"journey cancel", "{\"jsonrpc\":\"2.0\"}"},
        {"journey cancel", "{\"id\":1}"},
        {"journey cancel", "{\"jsonrpc\":\"1.0\",\"id\":1}"},
        {"journey cancel", "{\"jsonrpc\":2.0,\"id\":1}"},
        {"journey cancel", "{\"jsonrpc\":true,\"id\":true}"},
        {"journey cancel", "{\"jsonrpc\":\"2.0\",\"id\":null}"},
        {"journey cancel", "{\"jsonrpc\":\"2.0\",\"id\":\"1\"}"},
        {"journey cancel", "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"queued\":true}}"},
        {"journey cancel", "[{\"jsonrpc\":\"2.0\",\"id\":1}]"},
        {"journey cancel", "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32504}}"},
        {"v2 cancel", "{\"code\":404,\"error\":\"Not found\"}"},
        {"confirm", "{\"delivery\":null}"},
        {"confirm", "{\"delivery\":5}"},
        {"confirm", "{\"delivery\":true}"},
        {"confirm", "{\"delivery\":\"\"}"},
        {"confirm", "{\"delivery\":\"queued\"}"},
        {"confirm", "{\"delivery\":{\"id\":12}}"},
        {"confirm", "{\"delivery\":\"\\/api\\/deliveries\\/\"}"},
        {"route", "{\"distance\":1}"},
        {"route", "{\"distance\":1,\"duration\":null}"},
        {"point by INSEE", "{\"lat\":1}"},
        {"CEE register", "{\"uuid\":\"x\"}"},
        {"CEE register", "{\"datetime\":\"x\"}"},
        {"CEE find", "{\"uuid\":\"" UUID "\"}"},
        {"quote", "{\"amount\":1,\"currency\":\"EUR\"}"},
        {"quote", "{\"@id\":\"/api/deliveries/quotes/7\",\"currency\":\"EUR\"}"},
        {"page", "{\"hydra:totalItems\":0}"},
        {"page", "{\"hydra:member\":{}}"},
        {"delivery create", "{\"@id\":\"\\/api\\/deliveries\\/x\"}"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        now = named(cases[i].name);
        answer(now->status, JSON, cases[i].body);
        expect_unsure(cases[i].body);
    }
}

/* The registry has no version v2 any more: that is how it says so. */
static void test_no_route(void **state)
{
    (void)state;
    now = named("journey send");
    answer(404, NULL, "");
    expect(NVT_REFUSED, NVT_E_ROUTE, false, "no such version");
    now = named("journey status");
    answer(404, "text/plain", "");
    expect(NVT_REFUSED, NVT_E_ROUTE, false, "no such version");
    now = named("CEE find");
    answer(404, JSON, ""); /* an error of CEE whose bare value is nothing */
    expect(NVT_REFUSED, NVT_E_STATUS, false, "none of that number");
    now = named("delivery get");
    answer(404, NULL, "");
    expect(NVT_RETRY, NVT_E_FRONT, true, "CoopCycle never says so");
}

/* The token route is one of a version too; and a portal in its place refuses no keys. */
static void test_token_route(void **state)
{
    static const struct {
        const char *text;
        enum nvt_verdict verdict;
        nvt_err err;
    } cases[] = {
        {"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", NVT_REFUSED, NVT_E_ROUTE},
        {"HTTP/1.1 404 No\r\nContent-Length: 6\r\n\r\n<html>", NVT_RETRY, NVT_E_FRONT},
        {"HTTP/1.1 401 No\r\nContent-Length: 6\r\n\r\n<html>", NVT_RETRY, NVT_E_FRONT},
        {"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>", NVT_RETRY, NVT_E_FRONT},
        {"HTTP/1.1 201 OK\r\nContent-Length: 2\r\n\r\n{}", NVT_RETRY, NVT_E_GRANT_ANSWER},
        {"HTTP/1.1 401 No\r\nContent-Length: 12\r\n\r\n{\"error\":{}}", NVT_REFUSED,
         NVT_E_GRANT_REFUSED},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct nvt_sim_answer a = {cases[i].text, strlen(cases[i].text), 3, false,
                                         NVT_SIM_STAY};
        const struct nvt_sim_script script = {&a, 1};
        world_init(&w, &nvt_rpc_profile, &script, 1);
        world_use_keys(&w);
        world_send(&w, "POST", 0);
        world_expect(&w, cases[i].verdict, cases[i].err);
        world_close(&w);
    }
}

static void test_graphql(void **state)
{
    (void)state;
    now = named("query");
    answer(200, JSON, "{\"errors\":[{\"message\":\"no\"}],\"data\":null}");
    expect(NVT_REFUSED, NVT_E_GRAPHQL, false, "errors");
    answer(200, JSON, "{\"errors\":[{\"message\":\"no\"}],\"data\":{\"a\":1}}");
    expect(NVT_REFUSED, NVT_E_GRAPHQL, false, "errors beside data");
    answer(200, JSON, "{\"errors\":[{\"message\":\"x\",\"extensions\":{\"code\":\"timeout\"}}]}");
    expect(NVT_RETRY, NVT_E_GRAPHQL, false, "late");
    now = named("mutation");
    answer(200, JSON, "{\"errors\":[{\"message\":\"x\",\"extensions\":{\"code\":\"timeout\"}}]}");
    expect(NVT_UNKNOWN, NVT_E_GRAPHQL, true, "late");
    answer(200, JSON, "{\"data\":{\"a\":{\"errors\":[{\"message\":\"no\"}]}}}");
    expect(NVT_REFUSED, NVT_E_MUTATION, false, "a mutation that was refused");
}

static void test_business(void **state)
{
    (void)state;
    now = named("chorus");
    answer(200, JSON, "{\"codeRetour\":12,\"libelle\":\"no\"}");
    expect(NVT_REFUSED, NVT_E_BUSINESS, false, "codeRetour");
    now = named("legifrance");
    answer(200, "text/plain", "pongo");
    expect_done("pong");
    answer(200, "text/plain", "maintenance");
    expect_unsure("no pong");
}

/* What is refused by the front is not handed to the receiver of the body: its words are read. */
static void test_words(void **state)
{
    (void)state;
    now = named("delivery create");
    answer(200, HTML, PAGE);
    if (NVT_SERVER_WORDS) {
        assert_string_equal(w.call.outcome.failure.message, "Request Rejected");
    }
    assert_int_equal(coopcycle.scan.state, 0);
    world_close(&w);
}

/* A raw request has no row: any 2xx is done; its refusals are held to the system's form. */
static void test_raw(void **state)
{
    static const struct nvt_sim_answer answers[] = {
        STAY("HTTP/1.1 202 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>"),
        STAY("HTTP/1.1 403 No\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>"),
        STAY("HTTP/1.1 403 No\r\nContent-Length: 4\r\n\r\n\"no\""),
        STAY("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"),
        STAY("HTTP/1.1 403 No\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n"),
    };
    static const struct nvt_sim_script script = SCRIPT(answers);
    (void)state;
    world_init(&w, &nvt_rpc_profile, &script, 1);
    world_send(&w, "POST", 0);
    world_expect(&w, NVT_DELIVERED, NVT_OK);
    world_send(&w, "POST", 0);
    world_expect(&w, NVT_RETRY, NVT_E_FRONT);
    world_send(&w, "POST", 0);
    world_expect(&w, NVT_REFUSED, NVT_E_STATUS);
    world_send(&w, "POST", 0);
    world_expect(&w, NVT_REFUSED, NVT_E_ROUTE);
    world_send(&w, "HEAD", NVT_REQ_IDEMPOTENT); /* its answer has no body to go by */
    world_expect(&w, NVT_REFUSED, NVT_E_STATUS);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_right),
        cmocka_unit_test(test_other_status),
        cmocka_unit_test(test_pages),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_other_json),
        cmocka_unit_test(test_reports_error),
        cmocka_unit_test(test_other_id),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_large),
        cmocka_unit_test(test_refusals_of_fronts),
        cmocka_unit_test(test_other_errors),
        cmocka_unit_test(test_own_refusals),
        cmocka_unit_test(test_server_failures),
        cmocka_unit_test(test_duplicates),
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_no_route),
        cmocka_unit_test(test_token_route),
        cmocka_unit_test(test_graphql),
        cmocka_unit_test(test_business),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_raw),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
