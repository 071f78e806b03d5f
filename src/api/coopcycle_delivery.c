/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a delivery is made of: the tables, and the rules between members that tables do not know.
 * Structs and finished JSON go through the same ones.
 */
#include "coopcycle_scan.h"
#include "shape.h"

#define FREE NVT_FIELD_NO_MAX
#define EXTRA ((uint8_t)NVT_FIELD_JSON_ONLY)
#define EITHER ((uint8_t)NVT_FIELD_OR)
#define WRITTEN ((uint8_t)NVT_FIELD_OR | (uint8_t)NVT_FIELD_STRUCT_ONLY)
#define LOOSE ((uint8_t)NVT_FIELD_MAY_BE_EMPTY | (uint8_t)NVT_FIELD_NULLABLE)
#define REQUIRED ((uint8_t)NVT_FIELD_REQUIRED)

#define WORDS(w)                                                                                   \
    {                                                                                              \
        .words = (w)                                                                               \
    }
#define SHAPE(s)                                                                                   \
    {                                                                                              \
        .shape = &(s)                                                                              \
    }
#define NONE                                                                                       \
    {                                                                                              \
        .shape = NULL                                                                              \
    }

/* The walk over structs reads a list's pointer and count as one pair. */
struct nvt_coopcycle_adjacent {
    NVT_FIELD_ADJACENT(nvt_coopcycle_task, packages, package_count);
    NVT_FIELD_ADJACENT(nvt_coopcycle_delivery, tasks, task_count);
};

#define PLACE(member) NVT_FIELD_AT(nvt_coopcycle_address, member)
static const struct nvt_field place_rows[] = {
    {"streetAddress", NONE, FREE, PLACE(street_address), NVT_FIELD_TEXT, REQUIRED},
    {"latLng", NONE, 0U, PLACE(position_e7), NVT_FIELD_PAIR, 0U},
    {"telephone", NONE, FREE, PLACE(telephone), NVT_FIELD_TEXT, EITHER | LOOSE},
    {"telephone", NONE, 0U, 0U, NVT_FIELD_BOOL, EXTRA}, /* false: none */
    {"contactName", NONE, FREE, PLACE(contact_name), NVT_FIELD_TEXT, LOOSE},
    {"name", NONE, FREE, PLACE(name), NVT_FIELD_TEXT, LOOSE},
    {"description", NONE, FREE, PLACE(description), NVT_FIELD_TEXT, LOOSE},
};
static const struct nvt_shape place = {NVT_SHAPE_ROWS(place_rows), true, 0U, 0U, 0U};

#define PACKAGE(member) NVT_FIELD_AT(nvt_coopcycle_package, member)
static const struct nvt_field package_rows[] = {
    {"type", NONE, FREE, PACKAGE(type), NVT_FIELD_TEXT, REQUIRED},
    {"quantity", NONE, INT32_MAX, PACKAGE(quantity), NVT_FIELD_U32,
     REQUIRED | (uint8_t)NVT_FIELD_FROM_1},
};
static const struct nvt_shape package = {NVT_SHAPE_ROWS(package_rows), false,
                                         sizeof(struct nvt_coopcycle_package), 0U, 0U};

/* Its struct is the key itself, so that an empty one means that there are no metadata. */
static const struct nvt_field keyed_rows[] = {
    {"navette_key", WORDS(NVT_COOPCYCLE_KEY_RANGES), NVT_COOPCYCLE_KEY_MAX, 0U, NVT_FIELD_CHARS,
     REQUIRED},
};
static const struct nvt_shape keyed = {NVT_SHAPE_ROWS(keyed_rows), false, 0U, 0U, 0U};

/* Times of any form: the server reads them with PHP's parser. */
#define TASK(member) NVT_FIELD_AT(nvt_coopcycle_task, member)
static const struct nvt_field task_rows[] = {
    {"before", NONE, 0U, TASK(before_s), NVT_FIELD_TIME, WRITTEN},
    {"before", NONE, 64U, 0U, NVT_FIELD_TEXT, EXTRA},
    {"doneBefore", NONE, 64U, 0U, NVT_FIELD_TEXT, EXTRA},
    {"timeSlot", NONE, 64U, TASK(time_slot), NVT_FIELD_TEXT, 0U},
    {"timeSlotUrl", NONE, FREE, TASK(time_slot_url), NVT_FIELD_TEXT, 0U},
    {"after", NONE, 0U, TASK(after_s), NVT_FIELD_TIME, WRITTEN},
    {"after", NONE, 64U, 0U, NVT_FIELD_TEXT, EXTRA},
    {"doneAfter", NONE, 64U, 0U, NVT_FIELD_TEXT, EXTRA},
    {"type", WORDS("pickup|dropoff|PICKUP|DROPOFF|Pickup|Dropoff"), 0U, TASK(type),
     NVT_FIELD_CHOICE, 0U},
    {"id", NONE, INT32_MAX, TASK(id), NVT_FIELD_U32, NVT_FIELD_FROM_1},
    {"address", NONE, FREE, TASK(address), NVT_FIELD_TEXT, EITHER},
    {"address", SHAPE(place), 0U, TASK(place), NVT_FIELD_LINK, 0U},
    {"latLng", NONE, 0U, 0U, NVT_FIELD_PAIR, EXTRA},
    {"comments", NONE, FREE, TASK(comments), NVT_FIELD_TEXT, LOOSE},
    {"tags", NONE, FREE, TASK(tags), NVT_FIELD_TEXT, EITHER | LOOSE},
    {"tags", NONE, 0U, 0U, NVT_FIELD_ANY, EXTRA},
    {"weight", NONE, INT32_MAX, TASK(weight_g), NVT_FIELD_U32, NVT_FIELD_NULLABLE},
    {"packages", SHAPE(package), NVT_COOPCYCLE_LIST_MAX, TASK(packages), NVT_FIELD_LIST, 0U},
    {"metadata", SHAPE(keyed), 0U, TASK(key), NVT_FIELD_OBJECT, WRITTEN},
    {"metadata", NONE, 0U, TASK(metadata), NVT_FIELD_ANY, 0U},
    {"assignedTo", NONE, FREE, 0U, NVT_FIELD_TEXT, EXTRA},
};
/* Rows by their place in the table above: what makes a window, and what is missed without one. A
 * time slot's IRI only says which one "timeSlot" belongs to. */
#define WINDOW ((1U << 0) | (1U << 2) | (1U << 3))
#define BEFORE (1U << 0)
static const struct nvt_shape task = {NVT_SHAPE_ROWS(task_rows), false,
                                      sizeof(struct nvt_coopcycle_task), WINDOW, BEFORE};
/* Of an update: nothing is required. */
static const struct nvt_shape change = {NVT_SHAPE_ROWS(task_rows), false,
                                        sizeof(struct nvt_coopcycle_task), 0U, 0U};

#define ROOT(member) NVT_FIELD_AT(nvt_coopcycle_delivery, member)
#define ROWS(shape)                                                                                \
    {"pickup", SHAPE(shape), 0U, ROOT(pickup), NVT_FIELD_LINK, 0U},                                \
        {"dropoff", SHAPE(shape), 0U, ROOT(dropoff), NVT_FIELD_LINK, 0U},                          \
        {"tasks", SHAPE(shape), NVT_COOPCYCLE_LIST_MAX, ROOT(tasks), NVT_FIELD_LIST, 0U},          \
        {"store", NONE, FREE, ROOT(store), NVT_FIELD_TEXT, 0U},                                    \
        {"weight", NONE, INT32_MAX, 0U, NVT_FIELD_U32, EXTRA | (uint8_t)NVT_FIELD_NULLABLE},       \
        {"packages", SHAPE(package), NVT_COOPCYCLE_LIST_MAX, 0U, NVT_FIELD_LIST, EXTRA},           \
        {"rrule", NONE, FREE, 0U, NVT_FIELD_TEXT, EXTRA},                                          \
    {                                                                                              \
        "order", NONE, 0U, 0U, NVT_FIELD_ANY, EXTRA                                                \
    }
static const struct nvt_field whole_rows[] = {ROWS(task)};
static const struct nvt_field change_rows[] = {ROWS(change)};
#define DROPOFF (1U << 1)
#define TASKS (1U << 2)
static const struct nvt_shape whole = {NVT_SHAPE_ROWS(whole_rows), false, 0U, DROPOFF | TASKS,
                                       DROPOFF};
static const struct nvt_shape part = {NVT_SHAPE_ROWS(change_rows), false, 0U, 0U, 0U};

/* ---- rules ---- */

/* A task as the rules see it. */
struct stop {
    const char *name; /* of the member that it is, or is an item of */
    int16_t index;    /* in the list, -1: none */
    struct nvt_span type;
    int64_t after_s, before_s; /* 0: not there, or in another form */
};

struct rules {
    struct nvt_failure *failure;
    int64_t pickup_s; /* before of the first pickup */
    struct stop last; /* the dropoff with the latest */
    bool typed;       /* items of a list need a type */
};

static nvt_err blame(const struct rules *r, const struct stop *s, nvt_err err, const char *leaf)
{
    const struct nvt_shape_path path = {.step = {{s->name, s->index}}, .depth = 1U};
    return nvt_shape_blame(r->failure, err, &path, nvt_span_str(leaf));
}

static nvt_err rule_stop(struct rules *r, const struct stop *s)
{
    if (r->typed && s->index >= 0 && s->type.len == 0U) {
        return blame(r, s, NVT_E_FIELD_MISSING, "type");
    }
    if (s->before_s != 0 && s->after_s > s->before_s) {
        return blame(r, s, NVT_E_FIELD_ORDER, "before");
    }
    if (s->type.len > 0U && (s->type.ptr[0] | 0x20U) == (uint8_t)'p') {
        r->pickup_s = r->pickup_s == 0 ? s->before_s : r->pickup_s;
    } else if (s->before_s > r->last.before_s) {
        r->last = *s;
    } else {
        /* an earlier dropoff */
    }
    return NVT_OK;
}

/* The server compares the first pickup with one of the dropoffs: later than all is later than that
 * one. */
static nvt_err rule_end(const struct rules *r)
{
    bool late = r->last.before_s != 0 && r->pickup_s > r->last.before_s;
    return late ? blame(r, &r->last, NVT_E_FIELD_ORDER, "before") : NVT_OK;
}

/* has_stops: there is a pickup or a dropoff. */
static nvt_err rule_tasks(struct nvt_failure *failure, size_t count, bool has_stops)
{
    if (has_stops) {
        return nvt_shape_refuse(failure, NVT_E_FIELD_BOTH, "tasks");
    }
    return count < 2U ? nvt_shape_refuse(failure, NVT_E_FIELD_COUNT, "tasks") : NVT_OK;
}

/* ---- structs ---- */

static struct stop stop_of(const struct nvt_coopcycle_task *t, const char *name, int16_t index)
{
    struct stop s = {name, index, t->type, t->after_s, t->before_s};
    return s;
}

static nvt_err rule_one(struct rules *r, const struct nvt_coopcycle_task *t, const char *name)
{
    if (t == NULL) {
        return NVT_OK;
    }
    struct stop s = stop_of(t, name, -1);
    s.type = nvt_span_str(name); /* the member's name says what it is */
    return rule_stop(r, &s);
}

static nvt_err rule_delivery(const struct nvt_coopcycle_delivery *d, bool typed,
                             struct nvt_failure *failure)
{
    struct rules r = {.failure = failure, .typed = typed};
    nvt_err err = NVT_OK;
    if (d->task_count > 0U) {
        err = rule_tasks(failure, d->task_count, d->pickup != NULL || d->dropoff != NULL);
    }
    for (size_t i = 0; i < d->task_count && err == NVT_OK; i++) {
        struct stop s = stop_of(&d->tasks[i], "tasks", (int16_t)i);
        err = rule_stop(&r, &s);
    }
    if (err == NVT_OK) {
        err = rule_one(&r, d->pickup, "pickup");
    }
    if (err == NVT_OK) {
        err = rule_one(&r, d->dropoff, "dropoff");
    }
    return err == NVT_OK ? rule_end(&r) : err;
}

static nvt_err check(const struct nvt_shape *shape, const struct nvt_coopcycle_delivery *d,
                     struct nvt_failure *failure)
{
    nvt_err err = nvt_shape_check(shape, d, failure);
    return err == NVT_OK ? rule_delivery(d, shape == &whole, failure) : err;
}

nvt_err nvt_coopcycle_delivery_check(const struct nvt_coopcycle_delivery *d,
                                     struct nvt_failure *out_failure)
{
    return check(&whole, d, out_failure);
}

nvt_err nvt_coopcycle_delivery_write(const struct nvt_coopcycle_delivery *d, struct nvt_buf *out,
                                     struct nvt_failure *out_failure)
{
    nvt_err err = check(&whole, d, out_failure);
    return err == NVT_OK ? nvt_shape_write(&whole, d, out, out_failure) : err;
}

nvt_err nvt_coopcycle_update_write(const struct nvt_coopcycle_delivery *d, struct nvt_buf *out,
                                   struct nvt_failure *out_failure)
{
    nvt_err err = check(&part, d, out_failure);
    return err == NVT_OK ? nvt_shape_write(&part, d, out, out_failure) : err;
}

/* ---- JSON ---- */

/* The time of one of two members, 0 unless it is RFC 3339. */
static int64_t time_of(const struct nvt_json *doc, nvt_json_node from, const char *name,
                       const char *old_name)
{
    uint8_t text[64];
    struct nvt_buf b;
    nvt_json_node node = 0;
    int64_t time_s = 0;
    nvt_buf_init(&b, text, sizeof text);
    if (nvt_json_find(doc, from, name, &node) == NVT_OK ||
        nvt_json_find(doc, from, old_name, &node) == NVT_OK) {
        (void)nvt_json_get_str(doc, node, &b);
    }
    return nvt_time_parse_rfc3339(nvt_buf_span(&b), &time_s) == NVT_OK ? time_s : 0;
}

static nvt_err rule_node(struct rules *r, const struct nvt_json *doc, nvt_json_node node,
                         const char *name, int16_t index)
{
    struct stop s = {name, index, nvt_span_str(index < 0 ? name : ""), 0, 0};
    nvt_json_node type = 0;
    if (index >= 0 && nvt_json_find(doc, node, "type", &type) == NVT_OK) {
        s.type = nvt_json_raw(doc, type);
    }
    s.after_s = time_of(doc, node, "after", "doneAfter");
    s.before_s = time_of(doc, node, "before", "doneBefore");
    return rule_stop(r, &s);
}

static nvt_err rule_list(struct rules *r, const struct nvt_json *doc, bool has_stops)
{
    struct nvt_json_iter it;
    struct nvt_span name;
    nvt_json_node list = 0;
    nvt_json_node node = 0;
    int16_t index = 0;
    (void)memset(&it, 0, sizeof it);
    if (nvt_json_find(doc, 0U, "tasks", &list) != NVT_OK) {
        return NVT_OK;
    }
    nvt_err err = rule_tasks(r->failure, nvt_json_size(doc, list), has_stops);
    while (err == NVT_OK && nvt_json_next(doc, list, &it, &name, &node)) {
        err = rule_node(r, doc, node, "tasks", index);
        index++;
    }
    return err;
}

static nvt_err rule_json(const struct nvt_json *doc, bool typed, struct nvt_failure *failure)
{
    static const char *const names[] = {"pickup", "dropoff"};
    struct rules r = {.failure = failure, .typed = typed};
    nvt_json_node node = 0;
    nvt_err err = NVT_OK;
    bool has_stops = false;
    for (unsigned i = 0; i < 2U && err == NVT_OK; i++) {
        if (nvt_json_find(doc, 0U, names[i], &node) == NVT_OK) {
            has_stops = true;
            err = rule_node(&r, doc, node, names[i], -1);
        }
    }
    if (err == NVT_OK) {
        err = rule_list(&r, doc, has_stops);
    }
    return err == NVT_OK ? rule_end(&r) : err;
}

static nvt_err check_json(const struct nvt_shape *shape, struct nvt_span json,
                          struct nvt_json_tok *pool, size_t pool_count,
                          struct nvt_failure *out_failure)
{
    struct nvt_json doc;
    nvt_err err = nvt_shape_parse(&doc, json, pool, pool_count, out_failure);
    if (err == NVT_OK) {
        err = nvt_shape_json(shape, &doc, out_failure);
    }
    return err == NVT_OK ? rule_json(&doc, shape == &whole, out_failure) : err;
}

nvt_err nvt_coopcycle_json_check(struct nvt_span json, struct nvt_json_tok *pool, size_t pool_count,
                                 struct nvt_failure *out_failure)
{
    return check_json(&whole, json, pool, pool_count, out_failure);
}

nvt_err nvt_coopcycle_update_check(struct nvt_span json, struct nvt_json_tok *pool,
                                   size_t pool_count, struct nvt_failure *out_failure)
{
    return check_json(&part, json, pool, pool_count, out_failure);
}
