/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The library's check of journeys against the stand-in's rules, which were written from the
 * registry's own: one verdict on each of many thousand odd journeys, but for the differences listed
 * here. None of these but numbers that nobody has lets a journey out that the registry refuses.
 */
#include "../standin/standin.h"
#include "mutants.h"

#include <navette/api.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SEEDS 60000U
#define NOW_S 1748900000 /* 2025-06-02T21:33:20Z */

/* What the rules' files want of the server around them. */
struct options options;
void reply_json(struct request *r, unsigned status, json_t *body)
{
    (void)r;
    (void)status;
    json_decref(body);
}

const char *text_at(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

/* ---- the stand-in's verdict ---- */

static int64_t ms_of(const json_t *journey, const char *point)
{
    int64_t ms = 0;
    (void)rpc_parse_time(
        json_string_value(json_object_get(json_object_get(journey, point), "datetime")), &ms);
    return ms;
}

/* NULL: taken. Otherwise what it says; free it. */
static char *refusal_of(const char *text, bool update)
{
    json_t *journey = json_loads(text, JSON_ALLOW_NUL, NULL);
    if (journey == NULL) {
        return strdup("no JSON");
    }
    json_t *errors = update ? schema_check_update(journey) : schema_check_journey(journey);
    char *words = NULL;
    const char *database = NULL;
    if (json_array_size(errors) != 0U) {
        words = json_dumps(errors, JSON_ENCODE_ANY);
    } else if (!update && (ms_of(journey, "end") / 1000 > NOW_S ||
                           ms_of(journey, "start") > ms_of(journey, "end"))) {
        words = strdup("422");
    } else if (update && json_object_get(journey, "incentive_counterparts") != NULL) {
        words = strdup("no such column");
    } else {
        database = rpc_database_row(journey);
        database = database == NULL ? rpc_database_incentives(journey) : database;
        words = database == NULL ? NULL : strdup(database);
    }
    json_decref(errors);
    json_decref(journey);
    return words;
}

/* ---- the differences that are known ---- */

struct verdict {
    struct nvt_json doc;
    struct nvt_failure failure;
    struct nvt_span raw; /* the value at fault */
    enum nvt_json_type type;
};

static bool has(struct nvt_span s, const char *any)
{
    bool found = false;
    for (size_t i = 0; i < s.len; i++) {
        found = found || strchr(any, s.ptr[i]) != NULL;
    }
    return found;
}

static bool ends_with(const char *text, const char *tail)
{
    const size_t len = strlen(text);
    return len >= strlen(tail) && strcmp(text + len - strlen(tail), tail) == 0;
}

/* "incentives[1].siret": the last one of that name, as far as the path leads. */
static nvt_json_node node_at(const struct nvt_json *doc, const char *path)
{
    nvt_json_node node = 0;
    while (*path != '\0') {
        char step[80];
        const size_t len = strcspn(path, ".[");
        nvt_json_node next = 0;
        (void)snprintf(step, sizeof step, "%.*s", (int)len, path);
        if (nvt_json_find(doc, node, step, &next) != NVT_OK) {
            return node;
        }
        node = next;
        path += len;
        if (*path == '[') {
            struct nvt_json_iter it;
            struct nvt_span name;
            (void)memset(&it, 0, sizeof it);
            next = node;
            for (long i = strtol(path + 1, NULL, 10); i >= 0; i--) {
                (void)nvt_json_next(doc, next, &it, &name, &node);
            }
            path += strcspn(path, "]") + 1U;
        }
        path += *path == '.' ? 1U : 0U;
    }
    return node;
}

/* Two readers could read it in two ways. */
static bool is_twice(const struct verdict *v)
{
    return nvt_json_unique(&v->doc) != NVT_OK;
}

/* Integers with an exponent, degrees too, or with a fraction that is 0 for JavaScript alone. */
static bool is_number_form(const struct verdict *v)
{
    return v->type == NVT_JSON_NUMBER && has(v->raw, "eE.");
}

/* A 0 behind the code, as numbers are called from within. */
static bool has_trunk(struct nvt_span number)
{
    static const char *const starts[] = {"+330", "+2620", "+5080", "+5900", "+5940", "+5960"};
    bool found = false;
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        const size_t len = strlen(starts[i]);
        found = found || (number.len > len && memcmp(number.ptr, starts[i], len) == 0);
    }
    return found;
}

/* Numbers that are not in E.164: no "+", or something between the digits. */
static bool is_notation(const struct verdict *v)
{
    return (v->failure.err == NVT_E_FIELD_PHONE || v->failure.err == NVT_E_FIELD_WHOLE_PHONE) &&
           v->raw.len > 4U && (v->raw.ptr[0] != '+' || has(v->raw, " .-/()") || has_trunk(v->raw));
}

/* Times with a space for their "T", an offset without a colon, or before 1970. */
static bool is_time_form(const struct verdict *v)
{
    return ends_with(v->failure.field, "datetime") && v->failure.err == NVT_E_FIELD_FORMAT &&
           v->raw.len >= 19U &&
           (v->raw.ptr[10] == ' ' || memcmp(v->raw.ptr, "1970", 4) < 0 ||
            v->raw.ptr[v->raw.len - 5U] == '+' || v->raw.ptr[v->raw.len - 5U] == '-');
}

/* Markup, which the registry takes out or writes as entities: counted as if it were all kept. */
static bool is_markup(const struct verdict *v)
{
    return (v->failure.err == NVT_E_FIELD_LENGTH || v->failure.err == NVT_E_FIELD_FORMAT) &&
           (has(v->raw, "<>") || strstr((const char *)v->raw.ptr, "003c") != NULL);
}

/* Nobody looks at the order in an update. */
static bool is_order(const struct verdict *v)
{
    return v->failure.err == NVT_E_FIELD_ORDER || v->failure.err == NVT_E_FIELD_FUTURE;
}

static const struct excuse {
    const char *name;
    bool (*holds)(const struct verdict *v);
    bool update; /* there alone */
} excuses[] = {
    {"members twice", is_twice, false},
    {"exponents and fractions", is_number_form, false},
    {"other notations", is_notation, false},
    {"other forms of times", is_time_form, false},
    {"markup", is_markup, false},
    {"order of an update", is_order, true},
};

/* The other way round: a country code that nobody has, or a range of one of two lengths in a
 * territory that has both. */
static bool is_unassigned(const char *refusal, const struct verdict *v)
{
    static const char *const members[] = {"driver.identity.phone", "driver.identity.phone_trunc",
                                          "passenger.identity.phone",
                                          "passenger.identity.phone_trunc"};
    static const char *const french[] = {"+33", "+262", "+590", "+594", "+596", "+687"};
    bool only = strstr(refusal, "phone") != NULL && strchr(refusal, ',') == NULL;
    for (size_t i = 0; i < sizeof members / sizeof members[0] && only; i++) {
        const struct nvt_span number = nvt_json_raw(&v->doc, node_at(&v->doc, members[i]));
        char text[32];
        (void)snprintf(text, sizeof text, "%.*s", (int)(number.len < 31U ? number.len : 31U),
                       (const char *)number.ptr);
        bool taken = ends_with(members[i], "trunc") ? rpc_is_phone_trunc(text) : rpc_is_phone(text);
        for (size_t k = 0; k < sizeof french / sizeof french[0]; k++) {
            only = only && (taken || strncmp(text, french[k], strlen(french[k])) != 0);
        }
    }
    return only;
}

#define EXCUSES (sizeof excuses / sizeof excuses[0])

struct tally {
    unsigned taken, refused, unassigned, excused[EXCUSES];
};

static bool excused(const struct verdict *v, bool update, struct tally *t)
{
    for (size_t i = 0; i < EXCUSES; i++) {
        if ((update || !excuses[i].update) && excuses[i].holds(v)) {
            t->excused[i]++;
            return true;
        }
    }
    return false;
}

/* ---- the comparison ---- */

static struct nvt_json_tok pool[4096];

static nvt_err judge(struct nvt_span text, bool update, struct verdict *v)
{
    nvt_err err = update ? nvt_rpc_update_check(text, pool, 4096U, NOW_S, &v->failure)
                         : nvt_rpc_json_check(text, pool, 4096U, NOW_S, &v->failure);
    if (nvt_json_parse(&v->doc, text, pool, 4096U) == NVT_OK) {
        const nvt_json_node node = node_at(&v->doc, v->failure.field);
        v->raw = nvt_json_raw(&v->doc, node);
        v->type = nvt_json_type(&v->doc, node);
    }
    return err;
}

static void compare(uint32_t seed, bool update, struct tally *t)
{
    static char text[MUTANT_CAP];
    struct verdict v;
    const size_t len = update ? mutant_update(seed, text) : mutant_journey(seed, text);
    const nvt_err err = judge(nvt_span_of(text, len), update, &v);
    char *refusal = refusal_of(text, update);
    t->taken += err == NVT_OK ? 1U : 0U;
    t->refused += err == NVT_OK ? 0U : 1U;
    if (err == NVT_OK && refusal != NULL && is_unassigned(refusal, &v)) {
        t->unassigned++;
    } else if (err == NVT_OK && refusal != NULL) {
        fail_msg("seed %u: taken here, refused there: %s\n%s", seed, refusal, text);
    }
    if (err != NVT_OK && refusal == NULL && !excused(&v, update, t)) {
        fail_msg("seed %u: refused here (%s at %s), taken there:\n%s", seed, nvt_err_name(err),
                 v.failure.field, text);
    }
    free(refusal);
}

static void run(bool update)
{
    struct tally t;
    (void)memset(&t, 0, sizeof t);
    for (uint32_t seed = 0; seed < SEEDS; seed++) {
        compare(seed, update, &t);
    }
    print_message("%u taken, %u refused by both but for:", t.taken, t.refused);
    for (size_t i = 0; i < EXCUSES; i++) {
        print_message(" %u %s;", t.excused[i], excuses[i].name);
    }
    print_message(" taken here alone: %u unassigned numbers\n", t.unassigned);
    assert_in_range(t.taken, SEEDS / 5U, SEEDS * 4U / 5U);
}

static void test_journeys(void **state)
{
    (void)state;
    run(false);
}

static void test_updates(void **state)
{
    (void)state;
    run(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_journeys),
                                       cmocka_unit_test(test_updates)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
