/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registre de preuve de covoiturage, API v3.3: journeys as the registry's server keeps them. Quirks
 * of the real one are kept on purpose: a terms violation answers 422 but is stored, a repeated id
 * answers 409 whatever the content, statuses come without an envelope.
 */
#include "standin.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BUCKETS 4096U
#define DAY_S 86400

enum status {
    PENDING,
    OK,
    CANCELED,
    TERMS_VIOLATION,
    FRAUD,
    ANOMALY,
    VALIDATION,
    ACQUISITION,
    NORMALIZATION,
    UNKNOWN,
    STATUS_COUNT
};

static const char *const status_names[STATUS_COUNT] = {"pending",
                                                       "ok",
                                                       "canceled",
                                                       "terms_violation_error",
                                                       "fraud_error",
                                                       "anomaly_error",
                                                       "validation_error",
                                                       "acquisition_error",
                                                       "normalization_error",
                                                       "unknown"};

struct journey {
    json_t *document;
    json_t *violations; /* NULL: none */
    json_t *labels;     /* of fraud or of an anomaly; NULL: none */
    const char *id;     /* these four point into the document */
    const char *trip_id;
    const char *keys[2]; /* driver, passenger */
    unsigned operator_id;
    int64_t start_s, end_s, created_s;
    enum status status;
    struct journey *next_id;        /* in its bucket of by_id */
    struct journey *next_person[2]; /* in the bucket of each person */
    struct journey *older;          /* all, newest first */
};

static struct journey *by_id[BUCKETS];
static struct journey *by_person[BUCKETS];
static struct journey *newest;
static unsigned journey_count;
static unsigned cancel_calls;

/* ---- store ---- */

static unsigned bucket_of(const char *text)
{
    uint32_t h = 2166136261U; /* FNV-1a */
    for (; *text != '\0'; text++) {
        h = (h ^ (unsigned char)*text) * 16777619U;
    }
    return h % BUCKETS;
}

static struct journey *find(unsigned operator_id, const char *id)
{
    struct journey *j = by_id[bucket_of(id)];
    while (j != NULL && (j->operator_id != operator_id || strcmp(j->id, id) != 0)) {
        j = j->next_id;
    }
    return j;
}

static void store(struct journey *j)
{
    struct journey **slot = &by_id[bucket_of(j->id)];
    j->next_id = *slot;
    *slot = j;
    for (size_t i = 0; i < 2U; i++) {
        slot = &by_person[bucket_of(j->keys[i])];
        if (i == 1U && *slot == j) { /* both persons share a bucket: listed once */
            continue;
        }
        j->next_person[i] = *slot;
        *slot = j;
    }
    j->older = newest;
    newest = j;
    journey_count++;
}

/* The next one in the bucket that lists persons under this number. */
static const struct journey *next_in(const struct journey *j, unsigned bucket)
{
    return bucket_of(j->keys[0]) == bucket ? j->next_person[0] : j->next_person[1];
}

static bool takes_part(const struct journey *j, const char *key)
{
    return strcmp(j->keys[0], key) == 0 || strcmp(j->keys[1], key) == 0;
}

/* ---- terms ---- */

static bool other_trip(const struct journey *a, const struct journey *b)
{
    return a->operator_id == b->operator_id && strcmp(a->trip_id, b->trip_id) != 0;
}

/* Is this the first journey of its trip that the person takes part in, as the list goes? A trip of
 * three passengers is one trip. */
static bool first_of_trip(const struct journey *from, const struct journey *j, const char *key,
                          unsigned bucket)
{
    for (; from != j; from = next_in(from, bucket)) {
        if (takes_part(from, key) && !other_trip(from, j) &&
            from->start_s / DAY_S == j->start_s / DAY_S) {
            return false;
        }
    }
    return true;
}

static bool too_many_trips(const struct journey *new, const char *key)
{
    const unsigned bucket = bucket_of(key);
    unsigned trips = 0;
    for (const struct journey *j = by_person[bucket]; j != NULL; j = next_in(j, bucket)) {
        if (takes_part(j, key) && other_trip(j, new) &&
            j->start_s / DAY_S == new->start_s / DAY_S &&
            first_of_trip(by_person[bucket], j, key, bucket)) {
            trips++;
        }
    }
    return trips >= 4U;
}

static bool too_close(const struct journey *new)
{
    const unsigned bucket = bucket_of(new->keys[0]);
    for (const struct journey *j = by_person[bucket]; j != NULL; j = next_in(j, bucket)) {
        const bool same_pair =
            strcmp(j->keys[0], new->keys[0]) == 0 && strcmp(j->keys[1], new->keys[1]) == 0;
        if (same_pair && other_trip(j, new) && j->start_s <= new->end_s + 1800 &&
            j->end_s >= new->start_s - 1800) {
            return true;
        }
    }
    return false;
}

static json_t *violations_of(const struct journey *j, double distance)
{
    json_t *labels = json_array();
    if (j->created_s - j->start_s > DAY_S) {
        (void)json_array_append_new(labels, json_string("expired"));
    }
    if (distance < 2000) {
        (void)json_array_append_new(labels, json_string("distance_too_short"));
    }
    if (too_many_trips(j, j->keys[0]) || too_many_trips(j, j->keys[1])) {
        (void)json_array_append_new(labels, json_string("too_many_trips_by_day"));
    }
    if (too_close(j)) {
        (void)json_array_append_new(labels, json_string("too_close_trips"));
    }
    if (json_array_size(labels) == 0U) {
        json_decref(labels);
        labels = NULL;
    }
    return labels;
}

/* ---- POST journeys ---- */

void rpc_reply_invalid(struct request *r, json_t *errors)
{
    reply_rpc_error(r, 400, -32602, "Invalid params", errors);
}

bool rpc_is_valid(struct request *r, json_t *errors)
{
    const bool valid = json_array_size(errors) == 0U;
    if (valid) {
        json_decref(errors);
    } else {
        rpc_reply_invalid(r, errors);
    }
    return valid;
}

/* JavaScript's Date as text. */
static void js_date(int64_t s, char *out, size_t cap)
{
    const time_t t = (time_t)s;
    struct tm tm;
    (void)gmtime_r(&t, &tm);
    (void)strftime(out, cap, "%a %b %d %Y %H:%M:%S GMT+0000 (Coordinated Universal Time)", &tm);
}

static void reply_conflict(struct request *r, const struct journey *j)
{
    char date[80];
    js_date(j->created_s, date, sizeof date);
    reply_rpc_error(r, 409, -32509, "Conflict",
                    json_sprintf("Carpool already registered at %s", date));
}

static void reply_created(struct request *r, const struct journey *j)
{
    char created[32];
    iso_time(j->created_s, created);
    reply_json(r, 201,
               json_pack("{s:i,s:s,s:{s:n,s:{s:s,s:s}}}", "id", 1, "jsonrpc", "2.0", "result",
                         "meta", "data", "operator_journey_id", j->id, "created_at", created));
}

static int64_t ms_at(const json_t *document, const char *point)
{
    int64_t ms = 0;
    (void)rpc_parse_time(
        json_string_value(json_object_get(json_object_get(document, point), "datetime")), &ms);
    return ms;
}

static int64_t time_at(const json_t *document, const char *point)
{
    return ms_at(document, point) / 1000;
}

static int64_t now_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_REALTIME, &t);
    return ((int64_t)t.tv_sec + options.clock_offset_s) * 1000 + t.tv_nsec / 1000000;
}

static bool in_order(const json_t *document)
{
    const int64_t end_ms = ms_at(document, "end");
    return end_ms <= now_ms() && ms_at(document, "start") <= end_ms;
}

static const char *key_of(const json_t *document, const char *person)
{
    const json_t *identity = json_object_get(json_object_get(document, person), "identity");
    return json_string_value(json_object_get(identity, "identity_key"));
}

static struct journey *journey_of(struct request *r)
{
    struct journey *j = calloc(1, sizeof *j);
    if (j == NULL) {
        return NULL;
    }
    j->document = json_incref(r->json);
    j->id = json_string_value(json_object_get(r->json, "operator_journey_id"));
    j->trip_id = json_string_value(json_object_get(r->json, "operator_trip_id"));
    j->keys[0] = key_of(r->json, "driver");
    j->keys[1] = key_of(r->json, "passenger");
    j->operator_id = r->operator_id;
    j->start_s = time_at(r->json, "start");
    j->end_s = time_at(r->json, "end");
    j->created_s = now_s();
    return j;
}

static void drop_journey(struct journey *j)
{
    json_decref(j->document);
    json_decref(j->violations);
    json_decref(j->labels);
    free(j);
}

static void accept_journey(struct request *r, struct journey *j)
{
    j->violations = violations_of(j, json_number_value(json_object_get(j->document, "distance")));
    j->status = j->violations == NULL ? PENDING : TERMS_VIOLATION;
    store(j);
    if (j->violations == NULL) {
        reply_created(r, j);
    } else {
        reply_rpc_error(r, 422, -32422, "Unprocessable Request",
                        json_pack("{s:O}", "terms_violation_labels", j->violations));
    }
}

/* In the server's order: its row is written before it is known to be there already, its incentives
 * after that. */
static void register_journey(struct request *r)
{
    struct journey *j = journey_of(r);
    if (j == NULL) {
        reply_rpc_error(r, 500, -32603, "Internal error", NULL);
        return;
    }
    const struct journey *known = find(j->operator_id, j->id);
    const char *refusal = rpc_database_incentives(r->json);
    if (known != NULL) {
        drop_journey(j);
        reply_conflict(r, known);
    } else if (refusal != NULL) {
        drop_journey(j);
        rpc_reply_database(r, refusal);
    } else {
        accept_journey(r, j);
    }
}

void rpc_post_journey(struct request *r)
{
    if (!rpc_is_valid(r, schema_check_journey(r->json))) {
        return;
    }
    if (!in_order(r->json)) {
        reply_rpc_error(r, 422, -32700, "Parse error",
                        json_string("Journeys cannot happen in the future"));
        return;
    }
    const char *refusal = rpc_database_row(r->json);
    if (refusal != NULL) {
        rpc_reply_database(r, refusal);
    } else {
        register_journey(r);
    }
}

/* ---- GET journeys/ID, PATCH journeys/ID, POST journeys/ID/cancel ---- */

static void reply_unknown(struct request *r)
{
    reply_rpc_error(r, 404, -32504, "Not found", json_string("No record has been updated"));
}

static struct journey *journey_named(struct request *r)
{
    return find(r->operator_id, r->segments[2]);
}

void rpc_get_journey(struct request *r)
{
    const struct journey *j = journey_named(r);
    if (j == NULL) {
        reply_rpc_error(r, 404, -32504, "Not found", NULL);
        return;
    }
    char created[32];
    iso_time(j->created_s, created);
    json_t *body = json_pack("{s:s,s:s,s:s,s:[],s:[]}", "operator_journey_id", j->id, "status",
                             status_names[j->status], "created_at", created, "fraud_error_labels",
                             "anomaly_error_details");
    if (j->violations != NULL) {
        (void)json_object_set(body, "terms_violation_details", j->violations);
    }
    if (j->labels != NULL) {
        (void)json_object_set(
            body, j->status == FRAUD ? "fraud_error_labels" : "anomaly_error_details", j->labels);
    }
    reply_json(r, 200, body);
}

void rpc_patch_journey(struct request *r)
{
    if (!rpc_is_valid(r, schema_check_update(r->json))) {
        return;
    }
    const char *refusal = rpc_database_row(r->json);
    if (json_object_get(r->json, "incentive_counterparts") != NULL) {
        refusal = "column \"incentive_counterparts\" of relation \"carpools\" does not exist";
    }
    struct journey *j = journey_named(r);
    if (refusal == NULL && j == NULL) {
        reply_unknown(r);
        return;
    }
    refusal = refusal == NULL ? rpc_database_incentives(r->json) : refusal;
    if (refusal != NULL) {
        rpc_reply_database(r, refusal);
        return;
    }
    (void)json_object_update(j->document, r->json);
    j->trip_id = json_string_value(json_object_get(j->document, "operator_trip_id"));
    j->start_s = time_at(j->document, "start");
    j->end_s = time_at(j->document, "end");
    r->reply.status = 200;
}

void rpc_cancel_journey(struct request *r)
{
    if (!rpc_is_valid(r, schema_check_cancel(r->json))) {
        return;
    }
    struct journey *j = journey_named(r);
    if (j == NULL) {
        reply_unknown(r);
        return;
    }
    const char *refusal = rpc_database_row(r->json);
    if (refusal != NULL) {
        rpc_reply_database(r, refusal);
        return;
    }
    cancel_calls++;
    j->status = CANCELED;
    reply_json(r, 200, json_pack("{s:i,s:s}", "id", 1, "jsonrpc", "2.0"));
}

/* ---- GET journeys ---- */

struct filter {
    const char *status;
    int64_t start_s, end_s;
    long limit, offset;
};

static void check_status(const char *status, json_t *errors)
{
    static const char *const known[] = {"ok",
                                        "expired",
                                        "pending",
                                        "canceled",
                                        "acquisition_error",
                                        "validation_error",
                                        "fraud_error",
                                        "normalization_error",
                                        "anomaly_error"};
    bool found = false;
    if (status == NULL) {
        (void)json_array_append_new(errors, json_string(": must have required property 'status'"));
        return;
    }
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        found = found || strcmp(status, known[i]) == 0;
    }
    if (!found) {
        (void)json_array_append_new(
            errors, json_string("/status: must be equal to one of the allowed values"));
    }
}

static void read_time(struct request *r, const char *name, int64_t *out_s, json_t *errors)
{
    const char *text = query_value(r, name);
    int64_t ms = *out_s * 1000;
    if (text != NULL && !rpc_parse_time(text, &ms)) {
        (void)json_array_append_new(errors,
                                    json_sprintf("/%s: must match format \"date-time\"", name));
    }
    *out_s = ms / 1000;
}

static void read_count(struct request *r, const char *name, long *out, json_t *errors)
{
    const char *text = query_value(r, name);
    if (text == NULL) {
        return;
    }
    if (text[0] == '\0' || strspn(text, "0123456789") != strlen(text) || strlen(text) > 9U) {
        (void)json_array_append_new(errors, json_sprintf("/%s: must be integer", name));
        return;
    }
    *out = strtol(text, NULL, 10);
}

static json_t *select_journeys(const struct request *r, const struct filter *f)
{
    json_t *list = json_array();
    long skip = f->offset;
    for (const struct journey *j = newest; j != NULL; j = j->older) {
        if (j->operator_id != r->operator_id || strcmp(status_names[j->status], f->status) != 0 ||
            j->start_s < f->start_s || j->start_s > f->end_s) {
            continue;
        }
        if (skip > 0) {
            skip--;
        } else if ((long)json_array_size(list) < f->limit) {
            (void)json_array_append_new(list, json_pack("{s:s}", "operator_journey_id", j->id));
        }
    }
    return list;
}

void rpc_list_journeys(struct request *r)
{
    struct filter f = {query_value(r, "status"), now_s() - 7L * DAY_S, now_s(), 50, 0};
    json_t *errors = json_array();
    check_status(f.status, errors);
    read_time(r, "start", &f.start_s, errors);
    read_time(r, "end", &f.end_s, errors);
    read_count(r, "limit", &f.limit, errors);
    read_count(r, "offset", &f.offset, errors);
    if (f.start_s < now_s() - 90L * DAY_S) {
        (void)json_array_append_new(errors, json_string("/start: must not be older than 90 days"));
    }
    if (!rpc_is_valid(r, errors)) {
        return;
    }
    reply_json(r, 200, select_journeys(r, &f));
}

/* ---- state ---- */

bool rpc_knows_journey(unsigned operator_id, const char *id)
{
    return find(operator_id, id) != NULL;
}

void rpc_journeys_state(json_t *out)
{
    json_int_t counts[STATUS_COUNT] = {0};
    for (const struct journey *j = newest; j != NULL; j = j->older) {
        counts[j->status]++;
    }
    json_t *by_status = json_object();
    for (size_t i = 0; i < STATUS_COUNT; i++) {
        (void)json_object_set_new(by_status, status_names[i], json_integer(counts[i]));
    }
    (void)json_object_set_new(out, "journeys", json_integer(journey_count));
    (void)json_object_set_new(out, "by_status", by_status);
    (void)json_object_set_new(out, "cancel_calls", json_integer(cancel_calls));
}

/* What the registry's nightly checks do after two days. */
void rpc_settle(void)
{
    for (struct journey *j = newest; j != NULL; j = j->older) {
        j->status = j->status == PENDING ? OK : j->status;
    }
}

/* The same for journeys named by id: {ID: {"status": NAME, "labels": [...]}}. Fraud labels are
 * texts in the server's code and objects in its specification; anomalies are objects with metas. */
void rpc_decide(const json_t *decisions)
{
    const char *id = NULL;
    json_t *decision = NULL;
    json_object_foreach((json_t *)decisions, id, decision)
    {
        struct journey *j = find(1U, id);
        const char *status = text_at(decision, "status");
        for (unsigned i = 0; j != NULL && status != NULL && i < (unsigned)STATUS_COUNT; i++) {
            j->status = strcmp(status, status_names[i]) == 0 ? (enum status)i : j->status;
        }
        if (j != NULL) {
            json_decref(j->labels);
            j->labels = json_incref(json_object_get(decision, "labels"));
        }
    }
}

void rpc_journeys_free(void)
{
    while (newest != NULL) {
        struct journey *j = newest;
        newest = j->older;
        drop_journey(j);
    }
}
