/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The registry's routes beside journeys: geography and CEE (energy savings certificates). CEE
 * failures come as the bare value, without the JSON-RPC envelope.
 */
#include "standin.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DAY_S 86400

void rpc_no_rights(struct request *r)
{
    reply_rpc_error(r, 403, -32503, "Forbidden Error", json_string("Invalid permissions"));
}

/* ---- geography ---- */

static bool number_of(struct request *r, const char *name, double max, double *out, json_t *errors)
{
    const char *text = query_value(r, name);
    char *end = NULL;
    if (text == NULL) {
        (void)json_array_append_new(errors,
                                    json_sprintf(": must have required property '%s'", name));
        return false;
    }
    *out = strtod(text, &end);
    if (end == text || *end != '\0' || fabs(*out) > max) {
        (void)json_array_append_new(errors, json_sprintf("/%s: must be number", name));
        return false;
    }
    return true;
}

#define RADIAN (3.14159265358979323846 / 180.0)

static double metres_between(double lat1, double lon1, double lat2, double lon2)
{
    const double a =
        pow(sin((lat2 - lat1) * RADIAN / 2), 2) +
        cos(lat1 * RADIAN) * cos(lat2 * RADIAN) * pow(sin((lon2 - lon1) * RADIAN / 2), 2);
    return 2 * 6371000.0 * asin(sqrt(a));
}

void rpc_get_route(struct request *r)
{
    double lat1 = 0, lon1 = 0, lat2 = 0, lon2 = 0;
    json_t *errors = json_array();
    (void)number_of(r, "start[lat]", 90, &lat1, errors);
    (void)number_of(r, "start[lon]", 180, &lon1, errors);
    (void)number_of(r, "end[lat]", 90, &lat2, errors);
    (void)number_of(r, "end[lon]", 180, &lon2, errors);
    if (!rpc_is_valid(r, errors)) {
        return;
    }
    const double metres = metres_between(lat1, lon1, lat2, lon2) * 1.3; /* roads wind */
    reply_json(r, 200,
               json_pack("{s:I,s:I}", "distance", (json_int_t)metres, "duration",
                         (json_int_t)(metres / 15)));
}

/* A place anywhere in France that depends on the text alone. */
static void reply_place(struct request *r, const char *text)
{
    uint32_t h = 2166136261U; /* FNV-1a */
    for (const char *p = text; *p != '\0'; p++) {
        h = (h ^ (unsigned char)*p) * 16777619U;
    }
    reply_json(r, 200,
               json_pack("{s:f,s:f}", "lat", 43.0 + (h % 60000U) / 10000.0, "lon",
                         -1.0 + (h / 65536U % 60000U) / 10000.0));
}

/* The query's value of that name; NULL: answered. */
static const char *wanted(struct request *r, const char *name)
{
    const char *text = query_value(r, name);
    if (text == NULL || text[0] == '\0') {
        rpc_reply_invalid(
            r, json_pack("[o]", json_sprintf(": must have required property '%s'", name)));
        return NULL;
    }
    return text;
}

static void get_point_by_insee(struct request *r)
{
    const char *code = wanted(r, "code");
    if (code == NULL) {
        return;
    }
    if (strlen(code) != 5U || strspn(code, "0123456789AB") != 5U) {
        rpc_reply_invalid(r, json_pack("[s]", "/code: must match format \"insee\""));
    } else {
        reply_place(r, code);
    }
}

void rpc_get_point(struct request *r)
{
    if (strcmp(r->segments[3], "by_insee") == 0) {
        get_point_by_insee(r);
        return;
    }
    const char *literal = wanted(r, "literal");
    if (literal != NULL && wanted(r, "country") != NULL) {
        reply_place(r, literal);
    }
}

/* ---- CEE ---- */

struct application {
    char uuid[37];
    char person[160]; /* what tells two of the same person: licence, or name and phone */
    unsigned operator_id;
    int64_t created_s;
    bool is_short;
    struct application *next;
};

static struct application *applications;
static unsigned application_count;

unsigned rpc_cee_count(void)
{
    return application_count;
}

void rpc_cee_free(void)
{
    while (applications != NULL) {
        struct application *a = applications;
        applications = a->next;
        free(a);
    }
}

/* The bare value: a text, an array or an object. */
static void reply_bare(struct request *r, unsigned status, json_t *data)
{
    reply_json(r, status, data);
}

static bool enabled(struct request *r)
{
    if (faults.cee_disabled) {
        reply_bare(r, 405, json_string("Service CEE is disabled"));
    }
    return !faults.cee_disabled;
}

static bool is_of(const char *text, size_t min, size_t max, const char *set)
{
    const size_t len = text == NULL ? 0U : strlen(text);
    return len >= min && len <= max && strspn(text, set) == len;
}

#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

/* The dot of a JavaScript pattern takes no line's end. */
static bool is_line(const char *text)
{
    return strpbrk(text, "\r\n") == NULL && strstr(text, "\xE2\x80\xA8") == NULL &&
           strstr(text, "\xE2\x80\xA9") == NULL;
}

static size_t characters(const char *text)
{
    size_t n = 0;
    for (; *text != '\0'; text++) {
        n += ((unsigned char)*text & 0xC0U) != 0x80U ? 1U : 0U;
    }
    return n;
}

/* 1 to 15 of [A-Z0-9], four digits behind them or not; or "99-" and a line. */
static bool is_licence(const char *text)
{
    const size_t len = text == NULL ? 0U : strlen(text);
    if (text != NULL && strncmp(text, "99-", 3) == 0) {
        return characters(text) >= 4U && characters(text) <= 64U && is_line(text);
    }
    return is_of(text, 1, 19, UPPER DIGITS) &&
           (len <= 15U || strspn(text + len - 4U, DIGITS) == 4U);
}

static void demand(json_t *errors, bool good, const char *text)
{
    if (!good) {
        (void)json_array_append_new(errors, json_string(text));
    }
}

static void check_person(const json_t *q, bool wants_phone, json_t *errors)
{
    const char *phone = text_at(q, "phone_trunc");
    const char *key = text_at(q, "identity_key");
    demand(errors, is_of(text_at(q, "last_name_trunc"), 3, 3, UPPER " "),
           "/last_name_trunc: must match pattern \"^[A-Z ]{3}$\"");
    demand(errors, phone == NULL ? !wants_phone : rpc_is_phone_trunc(phone),
           "/phone_trunc: must match format \"phonetrunc\"");
    demand(errors,
           json_object_get(q, "driving_license") == NULL ||
               is_licence(text_at(q, "driving_license")),
           "/driving_license: must match a schema in anyOf");
    demand(errors,
           json_object_get(q, "identity_key") == NULL || is_of(key, 64, 64, "abcdef" DIGITS),
           "/identity_key: must match pattern \"^[a-f0-9]{64}$\"");
}

/* What a body may hold besides the members that all have. */
static const char *const simulated[] = {"phone_trunc", NULL};
static const char *const short_one[] = {"application_timestamp", "operator_journey_id", NULL};
static const char *const long_one[] = {"application_timestamp", "phone_trunc", "datetime", NULL};

static bool is_among(const char *const *names, const char *name)
{
    while (*names != NULL && strcmp(*names, name) != 0) {
        names++;
    }
    return *names != NULL;
}

static void check_names(json_t *q, const char *const *more, json_t *errors)
{
    static const char *const common[] = {"journey_type", "identity_key", "driving_license",
                                         "last_name_trunc", NULL};
    for (void *at = json_object_iter(q); at != NULL; at = json_object_iter_next(q, at)) {
        const char *name = json_object_iter_key(at);
        demand(errors, is_among(common, name) || is_among(more, name),
               ": must NOT have additional properties");
    }
}

static bool is_time(const char *text)
{
    int64_t unused = 0;
    return text != NULL && rpc_parse_time(text, &unused);
}

static json_t *check_register(json_t *q, bool is_short)
{
    json_t *errors = json_array();
    check_person(q, !is_short, errors);
    check_names(q, is_short ? short_one : long_one, errors);
    demand(errors, json_object_get(q, "driving_license") != NULL,
           ": must have required property 'driving_license'");
    demand(errors, json_object_get(q, "identity_key") != NULL,
           ": must have required property 'identity_key'");
    demand(errors, is_time(text_at(q, "application_timestamp")),
           "/application_timestamp: must match format \"date-time\"");
    demand(errors, is_short || is_time(text_at(q, "datetime")),
           "/datetime: must match format \"date-time\"");
    demand(errors,
           !is_short || (text_at(q, "operator_journey_id") != NULL &&
                         characters(text_at(q, "operator_journey_id")) >= 1U &&
                         characters(text_at(q, "operator_journey_id")) <= 256U),
           ": must have required property 'operator_journey_id'");
    return errors;
}

static bool type_of(struct request *r, bool *is_short)
{
    const char *type = text_at(r->json, "journey_type");
    *is_short = same_text(type, "short");
    if (!*is_short && !same_text(type, "long")) {
        reply_bare(r, 400,
                   json_pack("[s]", "/journey_type: must be equal to one of the allowed values"));
        return false;
    }
    return true;
}

static bool refused(struct request *r, json_t *errors)
{
    if (json_array_size(errors) == 0U) {
        json_decref(errors);
        return false;
    }
    reply_bare(r, 400, errors);
    return true;
}

static void person_of(const json_t *q, char *out, size_t cap)
{
    const char *licence = text_at(q, "driving_license");
    const char *phone = text_at(q, "phone_trunc");
    if (licence != NULL) {
        (void)snprintf(out, cap, "%s", licence);
    } else {
        (void)snprintf(out, cap, "%s/%s", text_at(q, "last_name_trunc"),
                       phone == NULL ? "" : phone);
    }
}

static const struct application *application_of(const char *person, bool is_short)
{
    const struct application *a = applications;
    while (a != NULL && (a->is_short != is_short || strcmp(a->person, person) != 0)) {
        a = a->next;
    }
    return a;
}

/* Another operator learns the date alone. */
static void reply_conflict(struct request *r, const struct application *a)
{
    char date[32];
    iso_time(a->created_s, date);
    json_t *data = json_pack("{s:s}", "datetime", date);
    if (a->operator_id == r->operator_id) {
        (void)json_object_set_new(data, "uuid", json_string(a->uuid));
    }
    reply_bare(r, 409, data);
}

void rpc_cee_simulate(struct request *r)
{
    bool is_short = false;
    char person[160];
    if (!enabled(r) || !type_of(r, &is_short)) {
        return;
    }
    json_t *errors = json_array();
    check_person(r->json, true, errors);
    check_names(r->json, simulated, errors);
    if (refused(r, errors)) {
        return;
    }
    const char *refusal = rpc_database_application(r->json);
    if (refusal != NULL) {
        reply_json(r, 500, json_pack("{s:s}", "error", refusal));
        return;
    }
    person_of(r->json, person, sizeof person);
    const struct application *a = application_of(person, is_short);
    if (a != NULL) {
        reply_conflict(r, a);
    } else {
        reply_empty(r, 200);
    }
}

static json_t *application_json(const struct application *a)
{
    char date[32];
    iso_time(a->created_s, date);
    json_t *body = json_pack("{s:s,s:s,s:s}", "uuid", a->uuid, "datetime", date, "token",
                             "kZ3q8Yw1Vb0rT7uNf5sXc2Lh9Jm4Pg6Ea0Di1Ko8Qt=");
    if (a->is_short) {
        (void)json_object_set_new(body, "journey_id", json_integer(4711));
        (void)json_object_set_new(body, "status", json_string("ok"));
    }
    return body;
}

static void register_application(struct request *r, bool is_short)
{
    struct application *a = calloc(1, sizeof *a);
    if (a == NULL) {
        reply_bare(r, 500, json_string("Internal error"));
        return;
    }
    random_uuid(a->uuid);
    person_of(r->json, a->person, sizeof a->person);
    a->operator_id = r->operator_id;
    a->created_s = now_s();
    a->is_short = is_short;
    a->next = applications;
    applications = a;
    application_count++;
    reply_json(r, 201, application_json(a));
}

void rpc_cee_register(struct request *r)
{
    bool is_short = false;
    char person[160];
    if (!enabled(r) || !type_of(r, &is_short) || refused(r, check_register(r->json, is_short))) {
        return;
    }
    int64_t paid_ms = 0;
    person_of(r->json, person, sizeof person);
    const struct application *known = application_of(person, is_short);
    const char *refusal = rpc_database_application(r->json);
    if (refusal != NULL) {
        reply_json(r, 500, json_pack("{s:s}", "error", refusal));
    } else if (known != NULL) {
        reply_conflict(r, known);
    } else if (is_short &&
               !rpc_knows_journey(r->operator_id, text_at(r->json, "operator_journey_id"))) {
        reply_bare(r, 404, json_string("Not found"));
    } else if (!is_short && rpc_parse_time(text_at(r->json, "datetime"), &paid_ms) &&
               paid_ms / 1000 > now_s() - 7L * DAY_S) {
        reply_bare(r, 400, json_string("Date should be before 7 days from now"));
    } else {
        register_application(r, is_short);
    }
}

static struct application **application_named(struct request *r)
{
    struct application **link = &applications;
    while (*link != NULL && strcmp((*link)->uuid, r->segments[3]) != 0) {
        link = &(*link)->next;
    }
    if (*link == NULL) {
        reply_bare(r, 404, json_string("Not found"));
        return NULL;
    }
    if ((*link)->operator_id != r->operator_id) {
        reply_bare(r, 403, json_string("Forbidden Error"));
        return NULL;
    }
    return link;
}

void rpc_cee_find(struct request *r)
{
    struct application **link = enabled(r) ? application_named(r) : NULL;
    if (link != NULL) {
        reply_json(r, 200, application_json(*link));
    }
}

void rpc_cee_delete(struct request *r)
{
    struct application **link = enabled(r) ? application_named(r) : NULL;
    if (link != NULL) {
        struct application *a = *link;
        *link = a->next;
        application_count--;
        free(a);
        reply_empty(r, 204);
    }
}
