/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the registry's JSON schemas accept, as tables. Faults are all reported, in the words of AJV
 * 8:
 * "/driver/revenue: must be integer". No type is coerced; unknown members are refused everywhere.
 */
#include "standin.h"

#include <math.h>
#include <string.h>

enum kind { STRING, INTEGER, NUMBER, BOOLEAN_NULL, OBJECT, ARRAY, ANY };

struct rule {
    const char *name; /* NULL ends a table */
    enum kind kind;
    bool required;
    double min, max;                   /* of a number, a length in characters, a count of items */
    bool (*fits)(const json_t *value); /* NULL: no further demand */
    const char *demand;                /* what AJV says when fits() fails */
    const struct rule *members;        /* of an object, or of the objects in an array */
};

/* ---- forms ---- */

static bool is_digits(const char *s, size_t n)
{
    return strspn(s, "0123456789") == n && strlen(s) == n;
}

static bool fits_siret(const json_t *v)
{
    return is_digits(json_string_value(v), 14);
}

static bool fits_class(const json_t *v)
{
    const char *s = json_string_value(v);
    return s[0] >= 'A' && s[0] <= 'C' && s[1] == '\0';
}

static bool fits_identity_key(const json_t *v)
{
    const char *s = json_string_value(v);
    return strlen(s) == 64U && strspn(s, "0123456789abcdef") == 64U;
}

static bool fits_navigo(const json_t *v)
{
    return strcmp(json_string_value(v), "navigo") == 0;
}

static bool fits_time(const json_t *v)
{
    int64_t unused = 0;
    return rpc_parse_time(json_string_value(v), &unused);
}

static bool fits_phone(const json_t *v)
{
    return rpc_is_phone(json_string_value(v));
}

static bool fits_phone_trunc(const json_t *v)
{
    return rpc_is_phone_trunc(json_string_value(v));
}

static bool fits_email(const json_t *v)
{
    return rpc_is_email(json_string_value(v));
}

static bool fits_cancel_code(const json_t *v)
{
    const char *s = json_string_value(v);
    return strspn(s, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-") ==
           strlen(s);
}

/* The server matches a number's JavaScript text, which turns to an exponent below 1e-6. */
static bool fits_coordinate(const json_t *v)
{
    const double size = fabs(json_number_value(v));
    return size == 0.0 || size >= 1e-6;
}

/* ---- tables ---- */

#define COORDINATE "must pass \"coordinates\" keyword validation"
#define TEXT(name, required)                                                                       \
    {                                                                                              \
        name, STRING, required, 1, 256, NULL, NULL, NULL                                           \
    }
#define CENTS(name, max)                                                                           \
    {                                                                                              \
        name, INTEGER, true, 0, max, NULL, NULL, NULL                                              \
    }
#define END_OF_RULES                                                                               \
    {                                                                                              \
        NULL, ANY, false, 0, 0, NULL, NULL, NULL                                                   \
    }
#define SIRET                                                                                      \
    {                                                                                              \
        "siret", STRING, true, 0, 256, fits_siret, "must match pattern \"^[0-9]{14}$\"", NULL      \
    }

/* The schema lets fractions of a cent pass; the database does not. */
static const struct rule incentive_rules[] = {
    CENTS("index", 19), {"amount", NUMBER, true, 0, 100000, NULL, NULL, NULL}, SIRET, END_OF_RULES};

static const struct rule payment_rules[] = {CENTS("index", 19), SIRET, TEXT("type", true),
                                            CENTS("amount", 100000), END_OF_RULES};

static const struct rule point_rules[] = {
    {"datetime", STRING, true, 0, 64, fits_time, "must match format \"date-time\"", NULL},
    {"lat", NUMBER, true, -90, 90, fits_coordinate, COORDINATE, NULL},
    {"lon", NUMBER, true, -180, 180, fits_coordinate, COORDINATE, NULL},
    END_OF_RULES};

static const struct rule travel_pass_rules[] = {
    {"name", STRING, true, 1, 256, fits_navigo, "must be equal to one of the allowed values", NULL},
    TEXT("user_id", true),
    END_OF_RULES};

static const struct rule identity_rules[] = {
    {"identity_key", STRING, true, 64, 64, fits_identity_key,
     "must match pattern \"^[a-f0-9]{64}$\"", NULL},
    TEXT("operator_user_id", true),
    {"phone", STRING, false, 10, 20, fits_phone, "must match format \"phone\"", NULL},
    {"phone_trunc", STRING, false, 8, 20, fits_phone_trunc, "must match format \"phonetrunc\"",
     NULL},
    {"over_18", BOOLEAN_NULL, false, 0, 0, NULL, NULL, NULL},
    {"travel_pass", OBJECT, false, 0, 0, NULL, NULL, travel_pass_rules},
    TEXT("firstname", false),
    TEXT("lastname", false),
    {"email", STRING, false, 5, 256, fits_email, "must match format \"email\"", NULL},
    TEXT("company", false),
    END_OF_RULES};

static bool has_phone(const json_t *v)
{
    return !json_is_object(v) || json_object_get(v, "phone") != NULL ||
           json_object_get(v, "phone_trunc") != NULL;
}

#define IDENTITY                                                                                   \
    {                                                                                              \
        "identity", OBJECT, true, 0, 0, has_phone, "must match a schema in anyOf", identity_rules  \
    }

static const struct rule driver_rules[] = {IDENTITY, CENTS("revenue", 1000000), END_OF_RULES};

static const struct rule passenger_rules[] = {
    IDENTITY,
    CENTS("contribution", 1000000),
    {"seats", INTEGER, false, 1, 8, NULL, NULL, NULL},
    {"payments", ARRAY, false, 0, 20, NULL, NULL, payment_rules},
    END_OF_RULES};

#define COMMON_RULES(trip_required)                                                                \
    TEXT("operator_trip_id", trip_required),                                                       \
        {"operator_class",                                                                         \
         STRING,                                                                                   \
         true,                                                                                     \
         0,                                                                                        \
         256,                                                                                      \
         fits_class,                                                                               \
         "must be equal to one of the allowed values",                                             \
         NULL},                                                                                    \
        {"incentives", ARRAY, true, 0, 20, NULL, NULL, incentive_rules},                           \
        {"start", OBJECT, true, 0, 0, NULL, NULL, point_rules},                                    \
        {"end", OBJECT, true, 0, 0, NULL, NULL, point_rules},                                      \
    {                                                                                              \
        "distance", INTEGER, true, 1, 1000000, NULL, NULL, NULL                                    \
    }

static const struct rule journey_rules[] = {
    TEXT("operator_journey_id", true),
    COMMON_RULES(true),
    TEXT("licence_plate", false),
    {"driver", OBJECT, true, 0, 0, NULL, NULL, driver_rules},
    {"passenger", OBJECT, true, 0, 0, NULL, NULL, passenger_rules},
    {"incentive_counterparts", ANY, false, 0, 0, NULL, NULL, NULL},
    END_OF_RULES};

/* ---- API v2: OpenAPI document 2.0, and where that sets no bound the JSON Schema "Journey Schema
 * V2" of the same site ---- */

#define TEXT_V2(name, required, max)                                                               \
    {                                                                                              \
        name, STRING, required, 1, max, NULL, NULL, NULL                                           \
    }

static bool goes_with(const json_t *v, const char *name, const char *other)
{
    return (json_object_get(v, name) == NULL) == (json_object_get(v, other) == NULL);
}

/* "lon depends on lat and literal depends on country"; and a time alone is no place. */
static bool is_place(const json_t *v)
{
    return json_object_size(v) >= 2U && goes_with(v, "lat", "lon") &&
           goes_with(v, "literal", "country");
}

static bool fits_insee(const json_t *v)
{
    const char *s = json_string_value(v);
    return strlen(s) == 5U && strspn(s, "0123456789AB") == 5U;
}

static bool ends_later(const json_t *v)
{
    int64_t start_ms = 0;
    int64_t end_ms = 0;
    const char *start = json_string_value(json_object_get(json_object_get(v, "start"), "datetime"));
    const char *end = json_string_value(json_object_get(json_object_get(v, "end"), "datetime"));
    return start == NULL || end == NULL || !rpc_parse_time(start, &start_ms) ||
           !rpc_parse_time(end, &end_ms) || start_ms < end_ms;
}

static bool is_known_v2(const json_t *v)
{
    return !json_is_object(v) || json_object_get(v, "phone") != NULL ||
           (json_object_get(v, "phone_trunc") != NULL &&
            json_object_get(v, "operator_user_id") != NULL);
}

static const struct rule place_v2_rules[] = {
    {"datetime", STRING, true, 0, 64, fits_time, "must match format \"date-time\"", NULL},
    {"lat", NUMBER, false, -90, 90, NULL, NULL, NULL},
    {"lon", NUMBER, false, -180, 180, NULL, NULL, NULL},
    {"insee", STRING, false, 5, 5, fits_insee, "must match format \"insee\"", NULL},
    TEXT_V2("literal", false, 511),
    TEXT_V2("country", false, 255),
    END_OF_RULES};

static const struct rule identity_v2_rules[] = {
    TEXT_V2("firstname", false, 255),
    TEXT_V2("lastname", false, 255),
    {"email", STRING, false, 5, 256, fits_email, "must match format \"email\"", NULL},
    TEXT_V2("company", false, 255),
    {"travel_pass", OBJECT, false, 0, 0, NULL, NULL, travel_pass_rules},
    {"phone", STRING, false, 10, 15, fits_phone, "must match format \"phone\"", NULL},
    {"phone_trunc", STRING, false, 8, 15, fits_phone_trunc, "must match format \"phonetrunc\"",
     NULL},
    TEXT_V2("operator_user_id", false, 255),
    {"over_18", BOOLEAN_NULL, false, 0, 0, NULL, NULL, NULL},
    END_OF_RULES};

#define PLACE_V2(name)                                                                             \
    {                                                                                              \
        name, OBJECT, true, 0, 0, is_place, "must have a place", place_v2_rules                    \
    }

#define PERSON_V2                                                                                  \
    {"identity",       OBJECT, true, 0, 0, is_known_v2, "must match a schema in anyOf",            \
     identity_v2_rules},                                                                           \
        {"incentives", ARRAY, true, 0, 20, NULL, NULL, incentive_rules},                           \
        {"payments", ARRAY, false, 0, 20, NULL, NULL, payment_rules}, PLACE_V2("start"),           \
        PLACE_V2("end"), {"distance", INTEGER, false, 1, 1000000, NULL, NULL, NULL},               \
    {                                                                                              \
        "duration", INTEGER, false, 1, 86400, NULL, NULL, NULL                                     \
    }

static const struct rule driver_v2_rules[] = {PERSON_V2, CENTS("revenue", 1000000), END_OF_RULES};

static const struct rule passenger_v2_rules[] = {PERSON_V2,
                                                 CENTS("contribution", 1000000),
                                                 {"seats", INTEGER, false, 1, 8, NULL, NULL, NULL},
                                                 END_OF_RULES};

static const struct rule journey_v2_rules[] = {
    TEXT_V2("journey_id", true, 255),
    TEXT_V2("operator_journey_id", false, 255),
    {"operator_class", STRING, true, 0, 256, fits_class,
     "must be equal to one of the allowed values", NULL},
    {"driver", OBJECT, true, 0, 0, ends_later, "must end after it began", driver_v2_rules},
    {"passenger", OBJECT, true, 0, 0, ends_later, "must end after it began", passenger_v2_rules},
    END_OF_RULES};

static const struct rule update_rules[] = {
    COMMON_RULES(false),
    {"incentive_counterparts", ANY, false, 0, 0, NULL, NULL, NULL}, /* see rpc_patch_journey */
    END_OF_RULES};

static const struct rule cancel_rules[] = {{"code", STRING, true, 0, 32, fits_cancel_code,
                                            "must match pattern \"^[0-9A-Za-z_-]{0,32}$\"", NULL},
                                           {"message", STRING, false, 0, 512, NULL, NULL, NULL},
                                           END_OF_RULES};

static const struct rule key_rules[] = {{"access_key", STRING, true, 0, 256, NULL, NULL, NULL},
                                        {"secret_key", STRING, true, 0, 256, NULL, NULL, NULL},
                                        END_OF_RULES};

/* ---- checking ---- */

#define PATH_CAP 160

static void complain(json_t *errors, const char *path, const char *text)
{
    (void)json_array_append_new(errors, json_sprintf("%s: %s", path, text));
}

static void complain_bound(json_t *errors, const char *path, const char *format, double bound)
{
    char text[80];
    (void)snprintf(text, sizeof text, format, bound);
    complain(errors, path, text);
}

static double characters(const json_t *v)
{
    const char *s = json_string_value(v);
    double n = 0;
    for (size_t i = 0; i < json_string_length(v); i++) {
        n += ((unsigned char)s[i] & 0xC0U) != 0x80U ? 1 : 0;
    }
    return n;
}

static bool is_kind(const json_t *v, enum kind kind)
{
    switch (kind) {
    case STRING:
        return json_is_string(v);
    case INTEGER:
        return json_is_number(v) && fmod(json_number_value(v), 1.0) == 0.0;
    case NUMBER:
        return json_is_number(v);
    case BOOLEAN_NULL:
        return json_is_boolean(v) || json_is_null(v);
    case OBJECT:
        return json_is_object(v);
    case ARRAY:
        return json_is_array(v);
    case ANY:
    default:
        return true;
    }
}

static const char *const kind_names[] = {"string", "integer", "number", "boolean,null",
                                         "object", "array",   "any"};

/* How much a value measures against min and max, and how AJV names the two bounds. */
static void check_bounds(const struct rule *rule, const json_t *v, const char *path, json_t *errors)
{
    static const char *const low[] = {"must NOT have fewer than %.0f characters", "must be >= %.0f",
                                      "must NOT have fewer than %.0f items"};
    static const char *const high[] = {"must NOT have more than %.0f characters", "must be <= %.0f",
                                       "must NOT have more than %.0f items"};
    double size = 0;
    size_t words = 0;
    if (rule->kind == STRING) {
        size = characters(v);
    } else if (rule->kind == INTEGER || rule->kind == NUMBER) {
        size = json_number_value(v);
        words = 1;
    } else if (rule->kind == ARRAY) {
        size = (double)json_array_size(v);
        words = 2;
    } else {
        return;
    }
    if (size < rule->min) {
        complain_bound(errors, path, low[words], rule->min);
    } else if (size > rule->max) {
        complain_bound(errors, path, high[words], rule->max);
    }
}

static const struct rule *find_rule(const struct rule *rules, const char *name)
{
    while (rules->name != NULL && strcmp(rules->name, name) != 0) {
        rules++;
    }
    return rules->name == NULL ? NULL : rules;
}

/* No pattern takes U+0000, at which C's texts would seem to end. */
static bool has_nul(const json_t *v)
{
    return json_is_string(v) && strlen(json_string_value(v)) != json_string_length(v);
}

/* Recursion as deep as the tables, which are finite. NOLINTBEGIN(misc-no-recursion) */
static void check_value(const struct rule *rule, json_t *v, const char *path, json_t *errors);

static void check_members(const struct rule *rules, json_t *object, const char *path,
                          json_t *errors)
{
    char text[PATH_CAP];
    for (const struct rule *rule = rules; rule->name != NULL; rule++) {
        if (rule->required && json_object_get(object, rule->name) == NULL) {
            (void)snprintf(text, sizeof text, "must have required property '%s'", rule->name);
            complain(errors, path, text);
        }
    }
    for (void *at = json_object_iter(object); at != NULL; at = json_object_iter_next(object, at)) {
        const char *name = json_object_iter_key(at);
        const struct rule *rule = find_rule(rules, name);
        if (rule == NULL) {
            complain(errors, path, "must NOT have additional properties");
            continue;
        }
        (void)snprintf(text, sizeof text, "%s/%s", path, name);
        check_value(rule, json_object_iter_value(at), text, errors);
    }
}

static void check_items(const struct rule *rule, const json_t *array, const char *path,
                        json_t *errors)
{
    char text[PATH_CAP];
    for (size_t i = 0; i < json_array_size(array); i++) {
        json_t *item = json_array_get(array, i);
        (void)snprintf(text, sizeof text, "%.130s/%u", path, (unsigned)i);
        if (json_is_object(item)) {
            check_members(rule->members, item, text, errors);
        } else {
            complain(errors, text, "must be object");
        }
    }
}

static void check_value(const struct rule *rule, json_t *v, const char *path, json_t *errors)
{
    if (!is_kind(v, rule->kind)) {
        char text[40];
        (void)snprintf(text, sizeof text, "must be %s", kind_names[rule->kind]);
        complain(errors, path, text);
        return;
    }
    check_bounds(rule, v, path, errors);
    if (rule->fits != NULL && (has_nul(v) || !rule->fits(v))) {
        complain(errors, path, rule->demand);
    }
    if (rule->kind == OBJECT) {
        check_members(rule->members, v, path, errors);
    } else if (rule->kind == ARRAY) {
        check_items(rule, v, path, errors);
    }
}

/* NOLINTEND(misc-no-recursion) */

static json_t *check(const struct rule *rules, json_t *value)
{
    json_t *errors = json_array();
    if (json_is_object(value)) {
        check_members(rules, value, "", errors);
    } else {
        complain(errors, "", "must be object");
    }
    return errors;
}

json_t *schema_check_journey(json_t *journey)
{
    return check(journey_rules, journey);
}

json_t *schema_check_v2(json_t *journey)
{
    return check(journey_v2_rules, journey);
}

json_t *schema_check_update(json_t *update)
{
    return check(update_rules, update);
}

json_t *schema_check_cancel(json_t *cancel)
{
    return check(cancel_rules, cancel);
}

json_t *schema_check_keys(json_t *keys)
{
    return check(key_rules, keys);
}
