/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a delivery asks for, checked and turned into the tasks of the answer. Two kinds of refusal:
 * violations with a path, and one text when a value cannot even be read.
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

/* Two times in a list. */
static bool parse_ends(struct check *c, const json_t *slot, int64_t *after_s, int64_t *before_s)
{
    const char *start = json_string_value(json_array_get(slot, 0));
    const char *end = json_string_value(json_array_get(slot, 1));
    if (json_array_size(slot) != 2U || start == NULL || end == NULL) {
        refuse(c, "The type of the \"%s\" attribute must be \"TsRange\"", "timeSlot");
        return false;
    }
    return parse_time(c, start, after_s) && parse_time(c, end, before_s);
}

/* False: there is none, or it cannot be read. */
static bool window_of(struct check *c, const json_t *task, int64_t *after_s, int64_t *before_s)
{
    const char *before = either(task, "before", "doneBefore");
    const char *after = either(task, "after", "doneAfter");
    if (json_is_array(json_object_get(task, "timeSlot"))) {
        return parse_ends(c, json_object_get(task, "timeSlot"), after_s, before_s);
    }
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

/* What each member may be, as its class declares it: s text, i number, a array or object, b
 * boolean; null always. Others are not looked at. */
struct declared {
    const char *name, *kinds;
};

static const struct declared task_members[] = {
    {"id", "i"},         {"type", "s"},      {"status", "s"},    {"address", "sa"},
    {"latLng", "a"},     {"after", "s"},     {"before", "s"},    {"doneAfter", "s"},
    {"doneBefore", "s"}, {"timeSlot", "sa"}, {"comments", "s"},  {"tags", "sa"},
    {"weight", "i"},     {"packages", "a"},  {"metadata", "sa"}, {"assignedTo", "s"},
    {"timeSlotUrl", "s"}};

static const struct declared root_members[] = {{"store", "s"}, {"pickup", "a"}, {"dropoff", "a"},
                                               {"tasks", "a"}, {"weight", "i"}, {"packages", "a"},
                                               {"rrule", "s"}, {"order", "a"}};

static char kind_of(const json_t *value)
{
    static const char kinds[] = {
        [JSON_OBJECT] = 'a', [JSON_ARRAY] = 'a', [JSON_STRING] = 's', [JSON_INTEGER] = 'i',
        [JSON_REAL] = 'f',   [JSON_TRUE] = 'b',  [JSON_FALSE] = 'b',  [JSON_NULL] = 'n'};
    return kinds[json_typeof(value)];
}

static void check_kinds(struct check *c, const json_t *object, const struct declared *list,
                        size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const json_t *value = json_object_get(object, list[i].name);
        if (value != NULL && !json_is_null(value) &&
            strchr(list[i].kinds, kind_of(value)) == NULL) {
            refuse(c, "The type of the \"%s\" attribute for class \"TaskDto\" must be another one",
                   list[i].name);
        }
    }
}

/* A quantity may be a text. */
static bool is_quantity(const json_t *value)
{
    const char *text = json_string_value(value);
    return json_is_integer(value) ||
           (text != NULL && text[0] != '\0' && text[strspn(text, "0123456789")] == '\0');
}

static json_t *packages_of(struct check *c, const json_t *input)
{
    json_t *packages = json_array();
    for (size_t i = 0; i < json_array_size(input); i++) {
        const json_t *p = json_array_get(input, i);
        const char *type = text_at(p, "type");
        const json_t *quantity = json_object_get(p, "quantity");
        if (type == NULL || !is_quantity(quantity)) {
            refuse(c, "The type of the \"%s\" attribute must be \"int\".", "packages.quantity");
            break;
        }
        const char *text = json_string_value(quantity);
        (void)json_array_append_new(
            packages,
            json_pack("{s:o,s:s,s:s,s:i,s:I,s:[],s:[]}", "short_code",
                      json_stringn(type, type[0] == '\0' ? 0U : 1U), "name", type, "type", type,
                      "volume_per_package", 3, "quantity",
                      text == NULL ? json_integer_value(quantity) : (json_int_t)atoll(text),
                      "labels", "tasks"));
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

static json_t *whole_number(const json_t *input)
{
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

/* A task that is about to be written: where it stands, and what it turned out to be. */
struct stop {
    const json_t *input;
    const char *type;
    bool first_pickup;
    int64_t after_s, before_s;
};

/* What is no type at all is written, and refused. */
static const char *type_of(const json_t *input)
{
    const char *type = text_at(input, "type");
    if (type == NULL || type[0] == '\0' || strcasecmp(type, "dropoff") == 0) {
        return "DROPOFF";
    }
    return strcasecmp(type, "pickup") == 0 ? "PICKUP" : type;
}

static bool is_pickup(const struct stop *s)
{
    return strcmp(s->type, "PICKUP") == 0;
}

/* PHP takes "", null, 0 and an empty array for nothing. */
static const json_t *address_at(const json_t *input)
{
    const json_t *address = json_object_get(input, "address");
    const char *text = json_string_value(address);
    bool empty = json_is_null(address) || (text != NULL && text[0] == '\0') ||
                 (json_is_object(address) && json_object_size(address) == 0U);
    return empty ? NULL : address;
}

static void check_stop(struct check *c, const struct stop *s, const char *path)
{
    char where[64];
    if (s->before_s == 0 || (s->after_s != 0 && s->after_s >= s->before_s)) {
        (void)snprintf(where, sizeof where, "%s.doneBefore", path);
        violate(c, where,
                s->before_s == 0 ? "This value should not be blank."
                                 : "task.before.mustBeGreaterThanAfter",
                "c1051bb4-d103-4f74-8988-acbcafc7fdc3");
    }
    if (address_at(s->input) == NULL && !s->first_pickup) {
        (void)snprintf(where, sizeof where, "%s.address", path);
        violate(c, where, "This value should not be null.", "ad32d13f-c3d4-423b-909a-857b961eb720");
    }
    if (!is_pickup(s) && strcmp(s->type, "DROPOFF") != 0) {
        (void)snprintf(where, sizeof where, "%s.type", path);
        violate(c, where, "The value you selected is not a valid choice.",
                "8e179f1b-97aa-4560-a02f-2a8b42e49df7");
    }
}

/* "a=b c=d" is taken apart. */
static json_t *metadata_of(struct request *r, json_t *input)
{
    if (json_is_object(input)) {
        return json_incref(input);
    }
    json_t *metadata = json_object();
    char *rest = NULL;
    char *copy = keep(r, json_is_string(input) ? strdup(json_string_value(input)) : NULL);
    for (char *t = copy == NULL ? NULL : strtok_r(copy, " ", &rest); t != NULL;
         t = strtok_r(NULL, " ", &rest)) {
        char *equals = strchr(t, '=');
        if (equals != NULL) {
            *equals = '\0';
            equals[1 + strcspn(equals + 1, "=")] = '\0';
            (void)json_object_set_new(metadata, t, json_string(equals + 1));
        }
    }
    if (json_object_size(metadata) == 0U) { /* PHP knows no other empty one */
        json_decref(metadata);
        metadata = json_array();
    }
    return metadata;
}

static json_t *task_of(struct check *c, const struct stop *s, size_t index)
{
    const json_t *input = s->input;
    char path[32];
    (void)snprintf(path, sizeof path, "items[%u].task", (unsigned)index);
    check_stop(c, s, path);
    const char *comments = text_at(input, "comments");
    json_t *task = json_pack(
        "{s:s,s:s,s:s,s:o,s:s,s:o,s:o,s:{s:s,s:s},s:o,s:o}", "@type", "Task", "status", "TODO",
        "type", s->type, "address", address_of(c, address_at(input), path), "comments",
        comments == NULL ? "" : comments, "weight", whole_number(json_object_get(input, "weight")),
        "packages", packages_of(c, json_object_get(input, "packages")), "barcode", "barcode",
        "6767", "label", "", "tags", tags_of(c->r, json_object_get(input, "tags")), "metadata",
        metadata_of(c->r, json_object_get(input, "metadata")));
    set_times(task, s->after_s, s->before_s);
    if (text_at(input, "assignedTo") != NULL) {
        (void)json_object_set(task, "assignedTo", json_object_get(input, "assignedTo"));
    }
    return task;
}

/* ---- all tasks ---- */

#define STOPS_MAX 1000U

/* The route begins with the first pickup, and ends with the last dropoff. */
static bool has_both(struct check *c, struct stop *stops, size_t count, const struct stop **out_end)
{
    bool picked = false;
    *out_end = NULL;
    for (size_t i = 0; i < count; i++) {
        stops[i].first_pickup = is_pickup(&stops[i]) && !picked;
        picked = picked || is_pickup(&stops[i]);
        *out_end = strcmp(stops[i].type, "DROPOFF") == 0 ? &stops[i] : *out_end;
    }
    if (!picked || *out_end == NULL) {
        c->refused = true; /* nobody is prepared for it there */
        coopcycle_error(c->r, 500, "Call to a member function getBefore() on null");
    }
    return picked && *out_end != NULL;
}

/* A pickup without a window is due half an hour before the last dropoff. */
static void read_windows(struct check *c, struct stop *stops, size_t count, const struct stop *end)
{
    for (size_t i = 0; i < count; i++) {
        if (!window_of(c, stops[i].input, &stops[i].after_s, &stops[i].before_s)) {
            stops[i].before_s = 0;
        }
    }
    for (size_t i = 0; i < count; i++) {
        const bool placed = stops[i].first_pickup || address_at(stops[i].input) != NULL;
        if (is_pickup(&stops[i]) && stops[i].before_s == 0 && placed && end->before_s != 0 &&
            address_at(end->input) != NULL) {
            stops[i].before_s = end->before_s - 1800;
        }
    }
}

static bool is_late(const struct stop *stops, size_t count)
{
    int64_t pickup_s = 0;
    bool late = false;
    for (size_t i = 0; i < count; i++) {
        pickup_s = stops[i].first_pickup ? stops[i].before_s : pickup_s;
    }
    for (size_t i = 0; i < count; i++) {
        late = late ||
               (!is_pickup(&stops[i]) && stops[i].before_s != 0 && pickup_s > stops[i].before_s);
    }
    return late;
}

static json_t *tasks_of_list(struct check *c, const json_t *list)
{
    static struct stop stops[STOPS_MAX];
    json_t *tasks = json_array();
    const struct stop *end = NULL;
    size_t count = json_array_size(list) < STOPS_MAX ? json_array_size(list) : STOPS_MAX;
    for (size_t i = 0; i < count; i++) {
        const json_t *input = json_array_get(list, i);
        stops[i] = (struct stop){.input = input, .type = type_of(input)};
        check_kinds(c, input, task_members, sizeof task_members / sizeof task_members[0]);
    }
    if (c->refused || !has_both(c, stops, count, &end)) {
        return tasks;
    }
    read_windows(c, stops, count, end);
    for (size_t i = 0; i < count; i++) {
        (void)json_array_append_new(tasks, task_of(c, &stops[i], i));
    }
    if (is_late(stops, count)) {
        violate(c, "items", "Pickup must be before dropoff", NULL);
    }
    return tasks;
}

/* Of a pair, and of two in a list, the first is the pickup and the second the dropoff. */
json_t *coopcycle_inputs_of(const json_t *input)
{
    static const char *const names[2] = {"pickup", "dropoff"};
    const json_t *list = json_object_get(input, "tasks");
    json_t *inputs = json_array();
    for (size_t i = 0; i < json_array_size(list); i++) {
        (void)json_array_append_new(inputs, json_deep_copy(json_array_get(list, i)));
    }
    for (size_t i = 0; i < 2U && json_array_size(list) == 0U; i++) {
        const json_t *one = json_object_get(input, names[i]);
        (void)json_array_append_new(inputs,
                                    json_is_object(one) ? json_deep_copy(one) : json_object());
    }
    for (size_t i = 0; i < 2U && json_array_size(inputs) == 2U; i++) {
        (void)json_object_set_new(json_array_get(inputs, i), "type", json_string(names[i]));
    }
    return inputs;
}

json_t *coopcycle_tasks_of_inputs(struct request *r, const json_t *inputs)
{
    struct check c = {r, json_array(), false};
    check_kinds(&c, r->json, root_members, sizeof root_members / sizeof root_members[0]);
    json_t *tasks = c.refused ? json_array() : tasks_of_list(&c, inputs);
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

json_t *coopcycle_tasks_of(struct request *r, const json_t *input)
{
    json_t *inputs = coopcycle_inputs_of(input);
    json_t *tasks = coopcycle_tasks_of_inputs(r, inputs);
    json_decref(inputs);
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
