/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Demarches simplifiees: one GraphQL route and its envelope. Most failures come with 200; the odd
 * ones are kept: 403 without a token, 500 for an unknown stored query, 429 as plain text.
 */
#include "demarches.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HEADERS_MAX 16U

struct header_count {
    char value[256];
    unsigned count;
};

static char token[96]; /* 84 characters and a zero */
static struct limiter limit = {"demarches", 400, 1, 0, 0};
static struct header_count header_counts[HEADERS_MAX];
static int64_t minute; /* that header_counts are of */
static unsigned queries, mutations;

/* ---- answers ---- */

static void reply_error(struct request *r, unsigned status, const char *message, const char *code)
{
    reply_json(r, status,
               json_pack("{s:[{s:s,s:{s:s}}],s:n}", "errors", "message", message, "extensions",
                         "code", code, "data"));
}

static void reply_crash(struct request *r, unsigned status)
{
    char id[37];
    random_uuid(id);
    reply_json(r, status,
               json_pack("{s:[{s:s,s:{s:s,s:s}}],s:n}", "errors", "message",
                         "Internal Server Error", "extensions", "code", "internal_server_error",
                         "exception_id", id, "data"));
}

/* No Retry-After: what is left has to be worked out from the epoch time. */
static void reply_too_many(struct request *r)
{
    reply_text(r, 429, "text/plain",
               "Trop de requêtes ont été envoyées, veuillez réessayer plus tard.\n"
               "Too many requests, please try again later.\n");
    reply_field(r, "RateLimit-Limit", "%u", limit.max);
    reply_field(r, "RateLimit-Remaining", "0");
    reply_field(r, "RateLimit-Reset", "%lld",
                (long long)(now_s() / options.window_s + 1) * options.window_s);
}

/* ---- limit: fixed minutes, each Authorization value by itself ---- */

static bool within_limit(const struct request *r)
{
    const char *field = header_value(r, "Authorization");
    const int64_t now = now_s() / options.window_s;
    size_t i = 0;
    field = field == NULL ? "" : field;
    if (now != minute || limit.end_ms == 0) { /* end_ms 0: reset on demand */
        memset(header_counts, 0, sizeof header_counts);
        minute = now;
        limit.end_ms = 1;
    }
    while (i < HEADERS_MAX - 1U && header_counts[i].value[0] != '\0' &&
           strncmp(header_counts[i].value, field, 255) != 0) {
        i++;
    }
    (void)snprintf(header_counts[i].value, sizeof header_counts[i].value, "%s", field);
    return ++header_counts[i].count <= (unsigned)(limit.max * options.limit_scale);
}

/* ---- token ---- */

/* As Rails reads it: "Bearer X", "Token X", "token=X", with or without quotes. */
static bool good_token(struct request *r)
{
    const char *field = header_value(r, "Authorization");
    if (field == NULL || (strncmp(field, "Bearer ", 7) != 0 && strncmp(field, "Token ", 6) != 0)) {
        return false;
    }
    char *given = keep(r, strdup(strchr(field, ' ')));
    given += strspn(given, " ");
    if (strncmp(given, "token=", 6) == 0) {
        given += 6;
    }
    size_t len = strlen(given);
    if (len >= 2U && given[0] == '"' && given[len - 1U] == '"') {
        given[len - 1U] = '\0';
        given++;
    }
    return strcmp(given, token) == 0;
}

/* ---- what comes before a route ---- */

static const char *variables_problem(struct request *r)
{
    json_t *variables = json_object_get(r->json, "variables");
    if (variables == NULL || json_is_null(variables) || json_is_object(variables)) {
        return NULL;
    }
    if (!json_is_string(variables)) {
        return "bad_request";
    }
    const char *text = json_string_value(variables);
    json_t *parsed = text[0] == '\0' ? json_object() : json_loads(text, 0, NULL);
    if (!json_is_object(parsed)) {
        json_decref(parsed);
        return "graphql_parse_failed";
    }
    (void)json_object_set_new(r->json, "variables", parsed);
    return NULL;
}

static bool admit_token(struct request *r)
{
    r->operator_id = good_token(r) ? 1U : 0U;
    const bool stored = text_at(r->json, "queryId") != NULL;
    if (r->operator_id != 0U && faults.token_expired) {
        reply_error(r, 401, "Token expired", "unauthorized");
    } else if (r->operator_id != 0U && faults.ip_forbidden) {
        reply_error(r, 403,
                    "Request issued from a forbidden network. Add 127.0.0.1/32 to the allowed "
                    "networks of your token",
                    "forbidden");
    } else if (r->operator_id == 0U && !stored) {
        reply_error(r, 403, "Without a token, only persisted queries are allowed", "forbidden");
    } else {
        return true;
    }
    return false;
}

static bool admit(struct request *r)
{
    if (r->route == NULL || r->route->auth == AUTH_NONE) {
        return true;
    }
    if (!within_limit(r)) {
        reply_too_many(r);
        return false;
    }
    if (!has_type(r, "application/json") || !read_json(r) || !json_is_object(r->json)) {
        reply_error(r, 400, "Error occurred while parsing request parameters", "bad_request");
        return false;
    }
    const char *problem = variables_problem(r);
    if (problem != NULL) {
        reply_error(r, 400, "Invalid variables", problem);
        return false;
    }
    return admit_token(r);
}

static void missing(struct request *r)
{
    reply_text(r, 404, "text/html; charset=utf-8",
               "<!DOCTYPE html><html lang=\"fr\"><title>Page non trouvée (404)</title></html>");
}

static void failed(struct request *r, unsigned status)
{
    if (status == 429U) {
        reply_too_many(r);
    } else if (status >= 502U) {
        reply_text(r, status, "text/html", "<html><body>Bad Gateway</body></html>");
    } else {
        reply_crash(r, status);
    }
}

/* ---- root fields ---- */

/* Who may see what; a null of one of these leaves no data at all. */
static json_t *hidden(struct graphql_run *run, const char *type, bool exists, const json_t *path)
{
    char text[100];
    if (exists) {
        (void)snprintf(text, sizeof text, "An object of type %s was hidden due to permissions",
                       type);
    } else {
        (void)snprintf(text, sizeof text, "%s not found", type);
    }
    demarches_fault(run, text, path, exists ? "unauthorized" : "not_found");
    return json_null();
}

static json_t *find_dossier(struct graphql_run *run, json_int_t number, bool known,
                            const json_t *path)
{
    const struct dossier *d = demarches_numbered(number);
    if (d == NULL || !known) {
        return hidden(run, "Dossier", d != NULL || number == DOSSIER_OTHER, path);
    }
    if (faults.slow_dossier != 0U && (unsigned)number == faults.slow_dossier) {
        demarches_fault(run, "Timeout on Query.dossier", path, "timeout");
        return json_null();
    }
    if (faults.bad_dossier != 0U && (unsigned)number == faults.bad_dossier) {
        demarches_fault(run, "Cannot return null for non-nullable field Dossier.usager", path,
                        "invalid_null");
        return json_null();
    }
    return demarches_dossier_json(d, true);
}

static json_t *find_descriptor(struct graphql_run *run, const json_t *args, const json_t *path)
{
    const json_t *wanted = json_object_get(args, "demarche");
    json_t *id = demarches_id("Procedure", DEMARCHE);
    const bool found = json_integer_value(json_object_get(wanted, "number")) == DEMARCHE ||
                       same_text(text_at(wanted, "id"), json_string_value(id));
    json_decref(id);
    return found ? demarches_descriptor_json() : hidden(run, "Demarche", false, path);
}

static bool lacks_argument(struct graphql_run *run, const char *name, const char *argument,
                           const json_t *args, const json_t *path)
{
    char text[120];
    if (json_object_get(args, argument) != NULL) {
        return false;
    }
    (void)snprintf(text, sizeof text, "Field '%s' is missing required arguments: %s", name,
                   argument);
    (void)json_array_append_new(
        run->errors, graphql_error(text, json_deep_copy(path), "missingRequiredArguments"));
    return true;
}

static json_t *find_demarche(struct graphql_run *run, json_int_t number, bool known,
                             const json_t *path)
{
    return known && number == DEMARCHE
               ? demarches_demarche_json()
               : hidden(run, "Demarche", number == DEMARCHE || number == DEMARCHE_OTHER, path);
}

static json_t *find_groupe(struct graphql_run *run, json_int_t number, bool known,
                           const json_t *path)
{
    const bool exists = number == GROUPE || number == GROUPE + 1;
    return known && exists ? demarches_groupe_json((int)number, true)
                           : hidden(run, "GroupeInstructeurWithDossiers", exists, path);
}

struct root {
    const char *name;
    json_t *(*find)(struct graphql_run *run, json_int_t number, bool known, const json_t *path);
};

static json_t *resolve_root(struct graphql_run *run, const char *name, const json_t *args,
                            json_t *path)
{
    static const struct root roots[] = {
        {"demarche", find_demarche}, {"dossier", find_dossier}, {"groupeInstructeur", find_groupe}};
    const struct request *r = run->ctx;
    if (strcmp(name, "demarcheDescriptor") == 0) {
        return lacks_argument(run, name, "demarche", args, path) ? json_null()
                                                                 : find_descriptor(run, args, path);
    }
    for (size_t i = 0; i < sizeof roots / sizeof roots[0]; i++) {
        if (strcmp(roots[i].name, name) != 0) {
            continue;
        }
        return lacks_argument(run, name, "number", args, path)
                   ? json_null()
                   : roots[i].find(run, json_integer_value(json_object_get(args, "number")),
                                   r->operator_id != 0U, path);
    }
    return NULL;
}

static json_t *resolve_mutation(struct graphql_run *run, const char *name, const json_t *args,
                                json_t *path)
{
    const struct request *r = run->ctx;
    return r->operator_id == 0U ? hidden(run, "Mutation", true, path)
                                : demarches_change(run, name, args, !faults.read_only, path);
}

/* Those of a groupe's are its own. */
static json_t *resolve_pages(struct graphql_run *run, const json_t *object, const char *type,
                             const json_t *args, json_t *path)
{
    const bool groupe = strcmp(type, "GroupeInstructeurWithDossiers") == 0;
    const int number = (int)json_integer_value(json_object_get(object, "number"));
    json_t *pages = demarches_pages(run, args, groupe ? number : 0, path);
    return pages == NULL ? json_null() : pages;
}

static json_t *resolve(struct graphql_run *run, const json_t *object, const char *type,
                       const char *name, const json_t *args, json_t *path)
{
    if (strcmp(type, "Query") == 0) {
        return resolve_root(run, name, args, path);
    }
    if (strcmp(type, "Mutation") == 0) {
        return resolve_mutation(run, name, args, path);
    }
    if (strcmp(name, "dossiers") == 0) {
        return resolve_pages(run, object, type, args, path);
    }
    if (strcmp(name, "deletedDossiers") == 0 || strcmp(name, "pendingDeletedDossiers") == 0) {
        return demarches_no_pages();
    }
    return NULL;
}

/* ---- one document ---- */

/* A null root or a null connection takes the whole data along: both are declared non-null. */
static bool is_void(json_t *data)
{
    for (void *at = json_object_iter(data); at != NULL; at = json_object_iter_next(data, at)) {
        const json_t *root = json_object_iter_value(at);
        const json_t *dossiers = json_object_get(root, "dossiers");
        if (json_is_null(root) || json_is_null(dossiers)) {
            return true;
        }
    }
    return false;
}

static void reply_run(struct request *r, const struct graphql_run *run, json_t *data, bool query)
{
    json_t *body = json_object();
    if (json_array_size(run->errors) != 0U) {
        (void)json_object_set(body, "errors", run->errors);
        json_decref(data);
        reply_json(r, 200, body);
        return;
    }
    if (json_array_size(run->faults) != 0U) {
        (void)json_object_set(body, "errors", run->faults);
    }
    if (query && is_void(data)) {
        json_decref(data);
        data = json_null();
    }
    (void)json_object_set_new(body, "data", data);
    reply_json(r, 200, body);
}

/* A document is checked before anything of it happens: what a payload holds, at least. */
static void check_payloads(struct graphql_run *run)
{
    const json_t *roots = json_object_get(run->operation, "fields");
    for (size_t i = 0; i < json_array_size(roots); i++) {
        const json_t *root = json_array_get(roots, i);
        const char *mutation = text_at(root, "name");
        const json_t *fields = json_object_get(root, "fields");
        for (size_t n = 0; n < json_array_size(fields); n++) {
            const char *name = text_at(json_array_get(fields, n), "name");
            if (name != NULL && mutation != NULL && !demarches_payload_has(mutation, name)) {
                char text[200];
                (void)snprintf(text, sizeof text,
                               "Field '%.60s' doesn't exist on type '%.60sPayload'", name,
                               mutation);
                (void)json_array_append_new(
                    run->errors,
                    graphql_error(text, json_pack("[s,s,s]", "mutation", mutation, name),
                                  "undefinedField"));
            }
        }
    }
}

static void carry_out(struct request *r, const json_t *document)
{
    json_t *error = NULL;
    const json_t *operation =
        graphql_operation(document, text_at(r->json, "operationName"), &error);
    json_t *variables =
        operation == NULL
            ? NULL
            : graphql_variables(operation, json_object_get(r->json, "variables"), &error);
    if (variables == NULL) {
        reply_json(r, 200, json_pack("{s:[o]}", "errors", error));
        return;
    }
    const bool query = !same_text(text_at(operation, "kind"), "mutation");
    struct graphql_run run = {.document = document,
                              .operation = operation,
                              .variables = variables,
                              .errors = json_array(),
                              .faults = json_array(),
                              .resolve = resolve,
                              .ctx = r};
    json_t *root = json_pack("{s:s,s:{s:s,s:{s:s,s:s},s:{s:s,s:s}}}", "__typename",
                             query ? "Query" : "Mutation", "__schema", "__typename", "__Schema",
                             "queryType", "__typename", "__Type", "name", "Query", "mutationType",
                             "__typename", "__Type", "name", "Mutation");
    json_t *path = json_array();
    queries += query ? 1U : 0U;
    mutations += query ? 0U : 1U;
    if (!query) {
        check_payloads(&run);
    }
    json_t *data = json_array_size(run.errors) != 0U
                       ? json_null()
                       : graphql_pick(&run, root, json_object_get(operation, "fields"), path);
    reply_run(r, &run, data, query);
    json_decref(path);
    json_decref(root);
    json_decref(variables);
    json_decref(run.errors);
    json_decref(run.faults);
}

static void post_graphql(struct request *r)
{
    const char *id = text_at(r->json, "queryId");
    const char *text = id == NULL ? text_at(r->json, "query") : demarches_stored(id);
    json_t *error = NULL;
    if (text == NULL && id != NULL) {
        reply_crash(r, 500); /* "No query with id" is raised where nobody catches it */
        return;
    }
    if (text == NULL || text[0] == '\0') {
        reply_json(r, 200,
                   json_pack("{s:[{s:s}]}", "errors", "message", "No query string was present"));
        return;
    }
    json_t *document = graphql_parse(text, &error);
    if (document == NULL) {
        reply_json(r, 200, json_pack("{s:[o]}", "errors", error));
        return;
    }
    carry_out(r, document);
    json_decref(document);
}

static const struct route routes[] = {
    {"POST", "api/v2/graphql", post_graphql, &limit, AUTH_BEARER, SCOPE_CALLS},
    {"GET", "upload/*", demarches_get_upload, NULL, AUTH_NONE, SCOPE_CALLS},
    {"PUT", "upload/*", demarches_put_upload, NULL, AUTH_NONE, SCOPE_CALLS},
    {NULL, NULL, NULL, NULL, AUTH_NONE, SCOPE_ANY}};

/* ---- set-up and state ---- */

/* URL-safe base64 of "UUID;24 characters". */
static bool init(void)
{
    char plain[64];
    random_uuid(plain);
    plain[36] = ';';
    random_text(plain + 37, 24, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");
    char *text = base64_of(plain, 61);
    (void)snprintf(token, sizeof token, "%s", text == NULL ? "" : text);
    free(text);
    for (char *p = token; *p != '\0'; p++) {
        if (*p == '+') {
            *p = '-';
        } else if (*p == '/') {
            *p = '_';
        }
    }
    return strlen(token) == 84U;
}

static void write_keys(FILE *out)
{
    (void)fprintf(out, "%s\n", token);
}

static void state(json_t *out)
{
    (void)json_object_set_new(out, "queries", json_integer(queries));
    (void)json_object_set_new(out, "mutations", json_integer(mutations));
    demarches_change_state(out);
    demarches_upload_state(out);
    demarches_files_state(out);
}

/* Its tokens last for weeks: see the fault "token_expired". */
static void expire(void)
{
}

static void free_all(void)
{
    demarches_data_free();
    demarches_upload_free();
    demarches_files_free();
}

const struct system demarches_system = {.name = "demarches",
                                        .prefixes = "api/v2 upload",
                                        .routes = routes,
                                        .init = init,
                                        .admit = admit,
                                        .missing = missing,
                                        .failed = failed,
                                        .keys = write_keys,
                                        .state = state,
                                        .expire = expire,
                                        .free = free_all};
