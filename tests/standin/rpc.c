/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registre de preuve de covoiturage, API v3.3: tokens, and what comes before each route. Quirks of
 * the real one are kept on purpose: no token is answered with 403, a malformed one or a broken body
 * with 500.
 */
#include "standin.h"

#include <stdlib.h>
#include <string.h>

#define REGISTRY_BODY_MAX 2097152U /* its "2mb" */

struct key_pair {
    char access_key[128];
    char secret_key[128];
};

static struct key_pair key_pairs[OPERATORS_MAX];
static size_t key_pair_count;

static struct limiter limit_token = {"token", 5, 1, 0, 0};
static struct limiter limit_write = {"write", 20000, 1, 0, 0};
static struct limiter limit_read = {"read", 2000, 1, 0, 0};
static struct limiter limit_cee = {"cee", 20000, 1, 0, 0};
static struct limiter limit_rest = {"rest", 100, 5, 0, 0};

/* ---- POST auth/access_token ---- */

static size_t find_pair(const json_t *keys)
{
    const char *access_key = json_string_value(json_object_get(keys, "access_key"));
    const char *secret_key = json_string_value(json_object_get(keys, "secret_key"));
    size_t i = 0;
    while (i < key_pair_count && (strcmp(key_pairs[i].access_key, access_key) != 0 ||
                                  strcmp(key_pairs[i].secret_key, secret_key) != 0)) {
        i++;
    }
    return i;
}

static void post_token(struct request *r)
{
    counters.token_calls++;
    if (!rpc_is_valid(r, schema_check_keys(r->json))) {
        return;
    }
    const size_t pair = find_pair(r->json);
    if (pair == key_pair_count) {
        reply_rpc_error(r, 401, -32501, "Unauthorized Error",
                        json_string("Invalid access key or secret key"));
        return;
    }
    char *token =
        jwt_issue((unsigned)pair + 1U, key_pairs[pair].access_key, now_s(), options.token_life_s);
    const char *answer = faults.token_answer != NULL ? faults.token_answer : token;
    reply_json(r, 201, json_pack("{s:s}", "access_token", answer));
    counters.token_issued++;
    free(token);
    free(faults.token_answer);
    faults.token_answer = NULL;
}

/* ---- what comes before a route ---- */

/* A JSON-RPC error; takes over data, which may be NULL. */
void reply_rpc_error(struct request *r, unsigned status, int code, const char *message,
                     json_t *data)
{
    json_t *error = json_object();
    if (data != NULL) {
        (void)json_object_set_new(error, "data", data);
    }
    (void)json_object_set_new(error, "code", json_integer(code));
    (void)json_object_set_new(error, "message", json_string(message));
    reply_json(r, status, json_pack("{s:s,s:i,s:o}", "jsonrpc", "2.0", "id", 1, "error", error));
}

/* What the framework's last handler makes of an exception: the status stands in for the code. */
static void reply_generic_error(struct request *r, unsigned status, const char *message)
{
    reply_json(r, status,
               json_pack("{s:i,s:s,s:{s:i,s:s,s:s}}", "id", 1, "jsonrpc", "2.0", "error", "code",
                         (int)status, "data", "Error", "message", message));
}

static void reply_too_many(struct request *r)
{
    reply_json(r, 429,
               json_pack("{s:{s:i,s:s}}", "error", "code", 429, "message", "Too many requests"));
}

static bool within_limit(struct request *r)
{
    struct limiter *limiter = r->route->limiter;
    r->reply.limiter = limiter;
    if (limit_allows(limiter)) {
        return true;
    }
    (void)snprintf(r->reply.retry_after, sizeof r->reply.retry_after, "%ld",
                   (long)limit_wait_s(limiter));
    reply_too_many(r);
    return false;
}

static bool authorized(struct request *r)
{
    const char *field = header_value(r, "Authorization");
    if (field == NULL) {
        reply_rpc_error(r, 403, -32503, "Forbidden Error", json_string("Invalid permissions"));
        return false;
    }
    const char *token = strncmp(field, "Bearer ", 7) == 0 ? field + 7 : field;
    switch (jwt_check(token, now_s(), &r->operator_id)) {
    case JWT_OK:
        return true;
    case JWT_EXPIRED:
        reply_generic_error(r, 401, "Unauthorized Error");
        return false;
    case JWT_SIGNATURE:
        reply_generic_error(r, 500, "signature verification failed");
        return false;
    case JWT_MALFORMED:
    default:
        reply_generic_error(r, 500, "Invalid Compact JWS");
        return false;
    }
}

/* As express.json(): only application/json is read, anything else counts as an empty object. */
static bool read_body(struct request *r)
{
    json_error_t error;
    if (r->too_big || r->body_len > REGISTRY_BODY_MAX) {
        reply_generic_error(r, 500, "request entity too large");
        return false;
    }
    if (r->body_len == 0U || !has_type(r, "application/json")) {
        r->json = json_object();
        return true;
    }
    r->json = json_loadb((const char *)r->body, r->body_len, JSON_ALLOW_NUL, &error);
    if (r->json == NULL) {
        char text[JSON_ERROR_TEXT_LENGTH + 32];
        (void)snprintf(text, sizeof text, "Unexpected token in JSON at position %d",
                       error.position);
        reply_generic_error(r, 500, text);
        return false;
    }
    return true;
}

static bool known_version(const struct request *r)
{
    return strcmp(r->segments[0], "v3") == 0 || strcmp(r->segments[0], "v3.2") == 0 ||
           strcmp(r->segments[0], "v3.3") == 0;
}

static bool admit(struct request *r)
{
    if (!known_version(r)) {
        r->route = NULL;
    }
    if (!read_body(r)) {
        return false;
    }
    return r->route == NULL || (within_limit(r) && (r->route->auth == AUTH_NONE || authorized(r)));
}

/* No such version or route: no body either. */
static void missing(struct request *r)
{
    reply_empty(r, 404);
}

static void failed(struct request *r, unsigned status)
{
    if (status == 429U) {
        reply_too_many(r);
    } else {
        reply_generic_error(r, status, "Injected failure");
    }
}

static const struct route routes[] = {
    {"POST", "auth/access_token", post_token, &limit_token, AUTH_NONE, SCOPE_TOKEN},
    {"POST", "journeys", rpc_post_journey, &limit_write, AUTH_BEARER, SCOPE_JOURNEYS},
    {"GET", "journeys", rpc_list_journeys, &limit_read, AUTH_BEARER, SCOPE_JOURNEYS},
    {"GET", "journeys/*", rpc_get_journey, &limit_read, AUTH_BEARER, SCOPE_JOURNEYS},
    {"PATCH", "journeys/*", rpc_patch_journey, &limit_read, AUTH_BEARER, SCOPE_JOURNEYS},
    {"POST", "journeys/*/cancel", rpc_cancel_journey, &limit_write, AUTH_BEARER, SCOPE_JOURNEYS},
    {"GET", "geo/route", rpc_get_route, &limit_read, AUTH_BEARER, SCOPE_CALLS},
    {"GET", "geo/point/by_address", rpc_get_point, &limit_read, AUTH_BEARER, SCOPE_CALLS},
    {"GET", "geo/point/by_insee", rpc_get_point, &limit_read, AUTH_BEARER, SCOPE_CALLS},
    {"POST", "policies/cee/simulate", rpc_cee_simulate, &limit_cee, AUTH_BEARER, SCOPE_CALLS},
    {"POST", "policies/cee", rpc_cee_register, &limit_cee, AUTH_BEARER, SCOPE_CALLS},
    {"GET", "policies/cee/*", rpc_cee_find, &limit_cee, AUTH_BEARER, SCOPE_CALLS},
    {"DELETE", "policies/cee/*", rpc_cee_delete, &limit_cee, AUTH_BEARER, SCOPE_CALLS},
    {"GET", "auth/credentials", rpc_no_rights, &limit_rest, AUTH_BEARER, SCOPE_CALLS},
    {"POST", "exports", rpc_no_rights, &limit_rest, AUTH_BEARER, SCOPE_CALLS},
    {NULL, NULL, NULL, NULL, AUTH_NONE, SCOPE_ANY}};

/* ---- set-up and state ---- */

static bool read_keys(FILE *file)
{
    while (key_pair_count < OPERATORS_MAX && fscanf(file, " access_key = %127s secret_key = %127s",
                                                    key_pairs[key_pair_count].access_key,
                                                    key_pairs[key_pair_count].secret_key) == 2) {
        key_pair_count++;
    }
    return key_pair_count != 0U;
}

static bool init(void)
{
    static const struct key_pair built_in = {
        "5f1b8c1e-0d5e-4c43-9a51-3f8a2c7d9e10",
        "Zr3-kP9_aQ.7mXw2LbT5vYc8NdF1gHj4KsU6eR0oWiBnVqMtCxZpAyEuGfDhJl.S"};
    bool good = true;
    if (options.keys_file == NULL) {
        key_pairs[0] = built_in;
        key_pair_count = 1;
        if (options.secrets_dir != NULL) {
            random_uuid(key_pairs[0].access_key);
            random_text(key_pairs[0].secret_key, 64,
                        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.");
        }
    } else {
        FILE *file = fopen(options.keys_file, "r");
        good = file != NULL && read_keys(file);
        if (file != NULL) {
            (void)fclose(file);
        }
    }
    return good;
}

static void state(json_t *out)
{
    rpc_journeys_state(out);
    (void)json_object_set_new(out, "cee_applications", json_integer(rpc_cee_count()));
}

static void free_all(void)
{
    rpc_journeys_free();
    rpc_cee_free();
}

static void write_keys(FILE *out)
{
    (void)fprintf(out, "access_key = %s\nsecret_key = %s\n", key_pairs[0].access_key,
                  key_pairs[0].secret_key);
}

const struct system rpc_system = {.name = "rpc",
                                  .prefixes = "v1 v3 v3.1 v3.2 v3.3 v4",
                                  .skip = 1,
                                  .routes = routes,
                                  .init = init,
                                  .admit = admit,
                                  .missing = missing,
                                  .failed = failed,
                                  .keys = write_keys,
                                  .state = state,
                                  .expire = jwt_expire_all,
                                  .free = free_all};
