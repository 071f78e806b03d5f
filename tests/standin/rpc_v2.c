/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registre de preuve de covoiturage, API v2, as its OpenAPI document 2.0 has it: the static
 * application token alone, POST, GET and DELETE of a journey. Today's registry serves none of it,
 * so it answers only with --api-v2; without, each route is 404 without a body.
 */
#include "standin.h"

#include <stdlib.h>
#include <string.h>

#define DAY_S 86400

struct journey {
    json_t *document;
    const char *id; /* points into the document */
    unsigned operator_id;
    int64_t start_s, created_s;
    bool canceled, settled;
    struct journey *next;
};

static struct journey *journeys;
static unsigned journey_count;
static bool blacklisted; /* the page: tokens do not expire, but may be put on a black list */

static struct limiter limit_write = {"v2_write", 20000, 1, 0, 0};
static struct limiter limit_read = {"v2_read", 2000, 1, 0, 0};

/* ---- what comes before a route ---- */

/* {"code": 401, "error": "Unauthorized"} and its like */
static void reply_plain(struct request *r, unsigned status, const char *error)
{
    reply_json(r, status, json_pack("{s:i,s:s}", "code", (int)status, "error", error));
}

static bool authorized(struct request *r)
{
    const char *token = bearer_of(r);
    if (token != NULL && !blacklisted && jwt_is_legacy(token) &&
        jwt_check(token, now_s(), &r->operator_id) == JWT_OK) {
        return true;
    }
    reply_plain(r, 401, "Unauthorized");
    return false;
}

static bool within_limit(struct request *r)
{
    r->reply.limiter = r->route->limiter;
    if (limit_allows(r->route->limiter)) {
        return true;
    }
    (void)snprintf(r->reply.retry_after, sizeof r->reply.retry_after, "%ld",
                   (long)limit_wait_s(r->route->limiter));
    reply_plain(r, 429, "Too many requests");
    return false;
}

static bool admit(struct request *r)
{
    if (!options.api_v2) {
        r->route = NULL;
    }
    if (r->route == NULL) {
        return true;
    }
    if (!within_limit(r) || !authorized(r)) {
        return false;
    }
    if (r->body_len > 0U && has_type(r, "application/json")) {
        r->json = json_loadb((const char *)r->body, r->body_len, 0, NULL);
    }
    return true;
}

static void missing(struct request *r)
{
    reply_empty(r, 404);
}

static void failed(struct request *r, unsigned status)
{
    reply_plain(r, status, "Injected failure");
}

/* ---- the store ---- */

static struct journey *find(const struct request *r, const char *id)
{
    struct journey *j = journeys;
    while (j != NULL && (j->operator_id != r->operator_id || strcmp(j->id, id) != 0)) {
        j = j->next;
    }
    return j;
}

static const char *status_of(const struct journey *j)
{
    if (j->canceled) {
        return "canceled";
    }
    if (j->created_s - j->start_s > DAY_S) {
        return "expired";
    }
    return j->settled ? "ok" : "pending";
}

static const char *datetime(const json_t *document, const char *person, const char *point)
{
    return text_at(json_object_get(json_object_get(document, person), point), "datetime");
}

static struct journey *keep_journey(struct request *r)
{
    struct journey *j = calloc(1, sizeof *j);
    if (j == NULL) {
        return NULL;
    }
    j->document = json_incref(r->json);
    j->id = text_at(r->json, "journey_id");
    j->operator_id = r->operator_id;
    j->created_s = now_s();
    (void)parse_iso_time(datetime(r->json, "driver", "start"), &j->start_s);
    j->next = journeys;
    journeys = j;
    journey_count++;
    return j;
}

/* ---- POST journeys ---- */

/* "/driver/revenue: must be integer" of each as the document has it, in one text:
 * "data/driver/revenue must be integer, data/..." */
static json_t *in_one_text(json_t *errors)
{
    char text[4096] = "";
    size_t len = 0;
    for (size_t i = 0; i < json_array_size(errors) && len < sizeof text; i++) {
        const char *error = json_string_value(json_array_get(errors, i));
        const char *colon = strchr(error, ':');
        const int n = snprintf(text + len, sizeof text - len, "%sdata%.*s%s", i == 0U ? "" : ", ",
                               (int)(colon - error), error, colon + 1);
        len += n > 0 ? (size_t)n : 0U;
    }
    json_decref(errors);
    return json_string(text);
}

static bool is_future(const json_t *document, const char *person)
{
    int64_t end_s = 0;
    (void)parse_iso_time(datetime(document, person, "end"), &end_s);
    return end_s > now_s();
}

static void reply_created(struct request *r, const struct journey *j)
{
    char created[32];
    iso_time(j->created_s, created);
    json_t *receipt = json_pack("{s:s,s:s}", "journey_id", j->id, "created_at", created);
    if (faults.v2_envelope) { /* as the page "Envoyer un trajet" shows it */
        receipt = json_pack("{s:i,s:{s:n,s:o},s:s}", "id", 1, "result", "meta", "data", receipt,
                            "jsonrpc", "2.0");
    }
    reply_json(r, 201, receipt);
}

static void post_journey(struct request *r)
{
    json_t *errors = schema_check_v2(r->json);
    if (json_array_size(errors) != 0U) {
        reply_rpc_error(r, 400, -32602, "Invalid params", in_one_text(errors));
        return;
    }
    json_decref(errors);
    if (is_future(r->json, "driver") || is_future(r->json, "passenger")) {
        reply_rpc_error(r, 422, -32700, "Parse error",
                        json_string("Journeys cannot happen in the future"));
    } else if (find(r, text_at(r->json, "journey_id")) != NULL) {
        reply_rpc_error(r, 409, -32509, "Conflict", json_string("Journey already registered"));
    } else {
        const struct journey *j = keep_journey(r);
        if (j != NULL) {
            reply_created(r, j);
        } else {
            reply_plain(r, 500, "Internal error");
        }
    }
}

/* ---- GET and DELETE journeys/ID ---- */

static void get_journey(struct request *r)
{
    const struct journey *j = find(r, r->segments[2]);
    if (j == NULL) {
        reply_plain(r, 404, "Not found");
        return;
    }
    char created[32];
    iso_time(j->created_s, created);
    json_t *body = json_pack("{s:s,s:s,s:s}", "status", status_of(j), "journey_id", j->id,
                             "created_at", created);
    if (strcmp(status_of(j), "expired") == 0) {
        (void)json_object_set_new(body, "metadata",
                                  json_pack("{s:s}", "message", "Journey was sent too late"));
    }
    reply_json(r, 200, body);
}

static void delete_journey(struct request *r)
{
    struct journey *j = find(r, r->segments[2]);
    if (j == NULL) {
        reply_plain(r, 404, "Not found");
        return;
    }
    j->canceled = true;
    reply_empty(r, 200);
}

static const struct route routes[] = {
    {"POST", "journeys", post_journey, &limit_write, AUTH_BEARER, SCOPE_JOURNEYS},
    {"GET", "journeys/*", get_journey, &limit_read, AUTH_BEARER, SCOPE_JOURNEYS},
    {"DELETE", "journeys/*", delete_journey, &limit_write, AUTH_BEARER, SCOPE_JOURNEYS},
    {NULL, NULL, NULL, NULL, AUTH_NONE, SCOPE_ANY}};

/* ---- set-up and state ---- */

static bool init(void)
{
    return true;
}

void rpc_v2_settle(void)
{
    for (struct journey *j = journeys; j != NULL; j = j->next) {
        j->settled = true;
    }
}

static void state(json_t *out)
{
    json_int_t canceled = 0;
    for (const struct journey *j = journeys; j != NULL; j = j->next) {
        canceled += j->canceled ? 1 : 0;
    }
    (void)json_object_set_new(out, "v2_journeys", json_integer(journey_count));
    (void)json_object_set_new(out, "v2_canceled", json_integer(canceled));
}

static void expire(void)
{
    blacklisted = true;
}

static void free_all(void)
{
    while (journeys != NULL) {
        struct journey *j = journeys;
        journeys = j->next;
        json_decref(j->document);
        free(j);
    }
}

static void write_keys(FILE *out)
{
    char *token = jwt_issue_legacy(1);
    (void)fprintf(out, "%s\n", token == NULL ? "" : token);
    free(token);
}

const struct system rpc_v2_system = {.name = "rpc_v2",
                                     .prefixes = "v2",
                                     .skip = 1,
                                     .routes = routes,
                                     .init = init,
                                     .admit = admit,
                                     .missing = missing,
                                     .failed = failed,
                                     .keys = write_keys,
                                     .state = state,
                                     .expire = expire,
                                     .free = free_all};
