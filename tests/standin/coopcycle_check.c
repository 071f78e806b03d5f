/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a delivery asks for, checked and turned into the tasks of the answer. Two kinds of refusal:
 * violations with a path, and one text when a value can not even be read.
 */
#include "coopcycle.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ADDRESS_IRI "/api/addresses/"
#define ADDRESSES 3U /* known to the store: /api/addresses/1 to 3 */

/* What one check carries along. */
struct check {
    struct request *r;
    json_t *violations;
    bool refused; /* with one text: answered */
};

static void violate(struct check *c, const char *path, const char *message, const char *code)
{
    (void)json_array_append_new(c->violations,
                                json_pack("{s:s,s:s,s:o}", "propertyPath", path, "message", message,
                                          "code", code == NULL ? json_null() : json_string(code)));
}

static void refuse(struct check *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void refuse(struct check *c, const char *format, ...)
{
    char text[300];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (!c->refused) {
        coopcycle_error(c->r, 400, "%s", text);
    }
    c->refused = true;
}

/* ---- times ---- */

/* "2026-01-31 14:00", with T, seconds, an offset or none: the server is in Paris' winter. */
static bool parse_plain(const char *text, int64_t *out_s)
{
    char full[64];
    size_t n = strcspn(text, "+Z");
    if (n < 16U || strlen(text) > 40U) {
        return false;
    }
    const char *minus = strchr(text + 10, '-');
    n = minus != NULL && (size_t)(minus - text) < n ? (size_t)(minus - text) : n;
    const char *zone = text[n] == '\0' ? "+01:00" : text + n;
    (void)snprintf(full, sizeof full, "%.10sT%.*s%s%s", text, (int)(n - 11U), text + 11,
                   n == 16U ? ":00" : "", zone);
    return parse_iso_time(full, out_s);
}

static bool parse_relative(const char *text, int64_t *out_s)
{
    const bool tomorrow = strncmp(text, "tomorrow", 8) == 0;
    const bool today = strncmp(text, "today", 5) == 0;
    if (!tomorrow && !today) {
        return false;
    }
    char *colon = NULL;
    const int64_t hour = strtol(text + (tomorrow ? 8 : 5), &colon, 10);
    const int64_t minute = *colon == ':' ? strtol(colon + 1, NULL, 10) : 0;
    *out_s = (now_s() / 86400 + (tomorrow ? 1 : 0)) * 86400 + (hour - 1) * 3600 + minute * 60;
    return true;
}

static bool parse_time(struct check *c, const char *text, int64_t *out_s)
{
    if (parse_relative(text, out_s) || parse_plain(text, out_s)) {
        return true;
    }
    refuse(c,
           "Failed to parse time string (%s) at position 0: The timezone could not be found in "
           "the database",
           text);
    return false;
}

/* "2026-01-31 14:00-16:00" or two times with a slash between. */
static bool parse_slot(struct check *c, const char *text, int64_t *after_s, int64_t *before_s)
{
    char start[64];
    char end[64];
    const char *slash = strchr(text, '/');
    if (slash != NULL && strlen(text) < 64U) {
        (void)snprintf(start, sizeof start, "%.*s", (int)(slash - text), text);
        (void)snprintf(end, sizeof end, "%s", slash + 1);
    } else if (strlen(text) == 22U && text[16] == '-') {
        (void)snprintf(start, sizeof start, "%.16s", text);
        (void)snprintf(end, sizeof end, "%.10s %.5s", text, text + 17);
    } else {
        refuse(c, "Time slot \"%s\" is not valid", text);
        return false;
    }
    return parse_time(c, start, after_s) && parse_time(c, end, before_s);
}

static const char *either(const json_t *task, const char *name, const char *old_name)
{
    const char *text = text_at(task, name);
    return text == NULL ? text_at(task, old_name) : text;
}

/* False: there is none, or it can not be read. */
static bool window_of(struct check *c, const json_t *task, int64_t *after_s, int64_t *before_s)
{
    const char *before = either(task, "before", "doneBefore");
    const char *after = either(task, "after", "doneAfter");
    if (text_at(task, "timeSlot") != NULL) {
        return parse_slot(c, text_at(task, "timeSlot"), after_s, before_s);
    }
    if (before == NULL || !parse_time(c, before, before_s)) {
        return false;
    }
    *after_s = *before_s - 900;
    return after == NULL || parse_time(c, after, after_s);
}

/* ---- addresses ---- */

static bool is_phone(const char *text)
{
    const size_t len = strspn(text, "+0123456789 .-()");
    size_t digits = 0;
    for (const char *p = text; *p != '\0'; p++) {
        digits += *p >= '0' && *p <= '9' ? 1U : 0U;
    }
    return text[len] == '\0' && digits >= 10U && digits <= 15U &&
           (text[0] == '+' || text[0] == '0');
}

static json_t *address_json(unsigned id, const char *street, double lat, double lng)
{
    char iri[40];
    (void)snprintf(iri, sizeof iri, "/api/addresses/%u", id);
    return json_pack("{s:s,s:s,s:n,s:{s:s,s:f,s:f},s:s,s:n,s:n,s:n,s:s}", "@id", iri, "@type",
                     "http://schema.org/Place", "contactName", "geo", "@type", "GeoCoordinates",
                     "latitude", lat, "longitude", lng, "streetAddress", street, "telephone",
                     "name", "description", "provider", "addok");
}

static void take_texts(json_t *address, const json_t *input)
{
    static const char *const names[] = {"contactName", "telephone", "name", "description"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *text = text_at(input, names[i]);
        if (text != NULL && text[0] != '\0') {
            (void)json_object_set_new(address, names[i], json_string(text));
        }
    }
}

static json_t *address_of_object(struct check *c, const json_t *input, const char *path)
{
    static unsigned next = 100;
    const json_t *place = json_object_get(input, "latLng");
    const char *phone = text_at(input, "telephone");
    const char *street = text_at(input, "streetAddress");
    char where[80];
    if (phone != NULL && phone[0] != '\0' && !is_phone(phone)) {
        refuse(c, "The string supplied did not seem to be a phone number: \"%s\".", phone);
    }
    if (place != NULL &&
        (json_array_size(place) != 2U || !json_is_number(json_array_get(place, 0)) ||
         !json_is_number(json_array_get(place, 1)))) {
        refuse(c, "%s must hold latitude and longitude", "latLng");
    }
    if (street == NULL || street[0] == '\0') {
        (void)snprintf(where, sizeof where, "%s.address.streetAddress", path);
        violate(c, where, "This value should not be blank.",
                "c1051bb4-d103-4f74-8988-acbcafc7fdc3");
        street = "";
    }
    json_t *address = address_json(
        next++, street, place == NULL ? 48.8712 : json_number_value(json_array_get(place, 0)),
        place == NULL ? 2.3651 : json_number_value(json_array_get(place, 1)));
    take_texts(address, input);
    return address;
}

/* "/api/addresses/2" */
static json_t *address_of_iri(struct check *c, const char *iri)
{
    const unsigned long id = strtoul(iri + sizeof ADDRESS_IRI - 1U, NULL, 10);
    if (id == 0UL || id > ADDRESSES) {
        refuse(c, "Item not found for \"%s\".", iri);
    }
    return address_json((unsigned)id, "18 Avenue Ledru-Rollin, 75012 Paris", 48.8478, 2.3705);
}

static json_t *address_of_text(struct check *c, const char *text, const char *path)
{
    if (strncmp(text, ADDRESS_IRI, sizeof ADDRESS_IRI - 1U) == 0) {
        return address_of_iri(c, text);
    }
    if (text[0] == '\0') {
        char where[80];
        (void)snprintf(where, sizeof where, "%s.address", path);
        violate(c, where, "This value should not be null.", "ad32d13f-c3d4-423b-909a-857b961eb720");
    }
    return address_json(2, text, 48.8712, 2.3651);
}

static json_t *address_of(struct check *c, const json_t *input, const char *path)
{
    if (json_is_object(input)) {
        return address_of_object(c, input, path);
    }
    if (input == NULL || json_is_null(input)) {
        return address_json(1, "64 Rue Alexandre Dumas, 75011 Paris", 48.8549, 2.3937);
    }
    return address_of_text(c, json_is_string(input) ? json_string_value(input) : "", path);
}

/* ---- one task ---- */

static json_t *packages_of(struct check *c, const json_t *input)
{
    json_t *packages = json_array();
    if (input != NULL && !json_is_array(input) && !json_is_null(input)) {
        refuse(c, "The type of the \"%s\" attribute must be array.", "packages");
    }
    for (size_t i = 0; i < json_array_size(input); i++) {
        const json_t *p = json_array_get(input, i);
        const char *type = text_at(p, "type");
        const json_t *quantity = json_object_get(p, "quantity");
        if (type == NULL || !json_is_integer(quantity)) {
            refuse(c, "The type of the \"%s\" attribute must be \"int\".", "packages.quantity");
            break;
        }
        (void)json_array_append_new(
            packages, json_pack("{s:o,s:s,s:s,s:i,s:I,s:[],s:[]}", "short_code",
                                json_stringn(type, type[0] == '\0' ? 0U : 1U), "name", type, "type",
                                type, "volume_per_package", 3, "quantity",
                                json_integer_value(quantity), "labels", "tasks"));
    }
    return packages;
}

static json_t *tags_of(struct request *r, const json_t *input)
{
    json_t *tags = json_array();
    char *rest = NULL;
    char *copy = keep(r, json_is_string(input) ? strdup(json_string_value(input)) : NULL);
    for (char *t = copy == NULL ? NULL : strtok_r(copy, ", ", &rest); t != NULL;
         t = strtok_r(NULL, ", ", &rest)) {
        (void)json_array_append_new(tags, json_pack("{s:s,s:s}", "name", t, "slug", t));
    }
    for (size_t i = 0; i < json_array_size(input); i++) {
        const char *t = json_string_value(json_array_get(input, i));
        (void)json_array_append_new(
            tags, json_pack("{s:s,s:s}", "name", t == NULL ? "" : t, "slug", t == NULL ? "" : t));
    }
    return tags;
}

static json_t *whole_number(struct check *c, const json_t *input, const char *name)
{
    if (input != NULL && !json_is_integer(input) && !json_is_null(input)) {
        refuse(c, "The type of the \"%s\" attribute must be \"int\".", name);
    }
    return json_is_integer(input) ? json_integer(json_integer_value(input)) : json_null();
}

static void set_times(json_t *task, int64_t after_s, int64_t before_s)
{
    static const char *const names[4] = {"doneAfter", "after", "doneBefore", "before"};
    char text[32];
    for (size_t i = 0; i < 4U; i++) {
        iso_time((i < 2U ? after_s : before_s) + 3600, text);
        (void)snprintf(text + 19, sizeof text - 19U, "+01:00");
        (void)json_object_set_new(task, names[i], json_string(text));
    }
}

static json_t *task_of(struct check *c, const json_t *input, size_t index, const char *type,
                       int64_t *before_s)
{
    char path[32];
    char where[64];
    int64_t after_s = 0;
    (void)snprintf(path, sizeof path, "items[%u].task", (unsigned)index);
    if (!window_of(c, input, &after_s, before_s)) {
        (void)snprintf(where, sizeof where, "%s.doneBefore", path);
        violate(c, where, "This value should not be null.", "ad32d13f-c3d4-423b-909a-857b961eb720");
    }
    const char *comments = text_at(input, "comments");
    json_t *metadata = json_object_get(input, "metadata");
    json_t *task = json_pack(
        "{s:s,s:s,s:s,s:o,s:s,s:o,s:o,s:{s:s,s:s},s:o,s:o}", "@type", "Task", "status", "TODO",
        "type", type, "address", address_of(c, json_object_get(input, "address"), path), "comments",
        comments == NULL ? "" : comments, "weight",
        whole_number(c, json_object_get(input, "weight"), "weight"), "packages",
        packages_of(c, json_object_get(input, "packages")), "barcode", "barcode", "6767", "label",
        "", "tags", tags_of(c->r, json_object_get(input, "tags")), "metadata",
        metadata == NULL ? json_array() : json_incref(metadata));
    set_times(task, after_s, *before_s);
    if (text_at(input, "assignedTo") != NULL) {
        (void)json_object_set(task, "assignedTo", json_object_get(input, "assignedTo"));
    }
    return task;
}

/* ---- all tasks ---- */

static const char *type_of(struct check *c, const json_t *task)
{
    const char *type = text_at(task, "type");
    if (type != NULL && strcasecmp(type, "pickup") == 0) {
        return "PICKUP";
    }
    if (type == NULL || strcasecmp(type, "dropoff") != 0) {
        refuse(c, "The task type \"%s\" is not valid", type == NULL ? "" : type);
    }
    return "DROPOFF";
}

/* A pickup at the store, half an hour before the dropoff is due. */
static json_t *ready_before(struct check *c, const json_t *dropoff)
{
    char text[32];
    int64_t after_s = 0;
    int64_t before_s = 0;
    if (!window_of(c, dropoff, &after_s, &before_s)) {
        before_s = now_s(); /* the dropoff is refused for it */
    }
    iso_time(before_s - 1800, text);
    return json_pack("{s:s}", "before", text);
}

/* Neither may be missing but the pickup: the store then, ready when asked for. */
static json_t *tasks_of_pair(struct check *c, const json_t *input)
{
    int64_t before_s[2] = {0, 0};
    json_t *pickup = json_object_get(input, "pickup");
    const json_t *dropoff = json_object_get(input, "dropoff");
    if (!json_is_object(dropoff)) {
        violate(c, "items", "This collection should contain 2 elements or more.",
                "bef8e338-6ae5-4caf-b8e2-50e7b0579e69");
        return json_array();
    }
    json_t *computed = json_is_object(pickup) ? json_incref(pickup) : ready_before(c, dropoff);
    json_t *first = task_of(c, computed, 0, "PICKUP", &before_s[0]);
    json_t *second = task_of(c, dropoff, 1, "DROPOFF", &before_s[1]);
    json_decref(computed);
    if (before_s[0] > before_s[1] && before_s[1] != 0) {
        violate(c, "items", "Pickup must be before dropoff", NULL);
    }
    return json_pack("[o,o]", first, second);
}

static json_t *tasks_of_list(struct check *c, const json_t *list)
{
    json_t *tasks = json_array();
    int64_t pickup_s = 0;
    int64_t before_s = 0;
    bool late = false;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *input = json_array_get(list, i);
        const char *type = type_of(c, input);
        before_s = 0;
        (void)json_array_append_new(tasks, task_of(c, input, i, type, &before_s));
        if (strcmp(type, "PICKUP") == 0) {
            pickup_s = before_s;
        } else {
            late = late || (before_s != 0 && pickup_s > before_s);
        }
    }
    if (json_array_size(list) < 2U) {
        violate(c, "items", "This collection should contain 2 elements or more.",
                "bef8e338-6ae5-4caf-b8e2-50e7b0579e69");
    }
    if (late) {
        violate(c, "items", "Pickup must be before dropoff", NULL);
    }
    return tasks;
}

json_t *coopcycle_tasks_of(struct request *r, const json_t *input)
{
    struct check c = {r, json_array(), false};
    const json_t *list = json_object_get(input, "tasks");
    json_t *tasks = json_is_array(list) ? tasks_of_list(&c, list) : tasks_of_pair(&c, input);
    json_decref(whole_number(&c, json_object_get(input, "weight"), "weight"));
    const bool violated = json_array_size(c.violations) != 0U;
    if (violated && !c.refused) {
        coopcycle_violations(r, json_incref(c.violations));
    }
    json_decref(c.violations);
    if (violated || c.refused) {
        json_decref(tasks);
        return NULL;
    }
    return tasks;
}

bool coopcycle_store_fits(struct request *r, const json_t *input)
{
    const char *store = text_at(input, "store");
    if (store == NULL || strcmp(store, "/api/stores/1") == 0) {
        return true;
    }
    if (strcmp(store, "/api/stores/2") == 0) {
        coopcycle_error(r, 403, "Access Denied.");
    } else {
        coopcycle_error(r, 400, "Item not found for \"%.100s\".", store);
    }
    return false;
}
