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
#define NULLABLE ((uint8_t)NVT_FIELD_NULLABLE)

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

/* An address that is named by its "@id" is there already. */
#define PLACE(member) NVT_FIELD_AT(nvt_coopcycle_address, member)
static const struct nvt_field place_rows[] = {
    {"@id", NONE, FREE, 0U, NVT_FIELD_TEXT, EXTRA | LOOSE},
    {"streetAddress", NONE, FREE, PLACE(street_address), NVT_FIELD_TEXT, 0U},
    {"latLng", NONE, 0U, PLACE(position_e7), NVT_FIELD_PAIR, NULLABLE},
    {"geo", NONE, 0U, 0U, NVT_FIELD_ANY, EXTRA},
    {"telephone", NONE, FREE, PLACE(telephone), NVT_FIELD_TEXT, EITHER | LOOSE},
    {"telephone", NONE, 0U, 0U, NVT_FIELD_BOOL, EXTRA}, /* false: none */
    {"contactName", NONE, FREE, PLACE(contact_name), NVT_FIELD_TEXT, LOOSE},
    {"name", NONE, FREE, PLACE(name), NVT_FIELD_TEXT, LOOSE},
    {"description", NONE, FREE, PLACE(description), NVT_FIELD_TEXT, LOOSE},
};
static const struct nvt_shape place = {NVT_SHAPE_ROWS(place_rows), true, 0U, 1U << 0, 1U << 1};

/* Shops write quantities as texts too. */
#define PACKAGE(member) NVT_FIELD_AT(nvt_coopcycle_package, member)
static const struct nvt_field package_rows[] = {
    {"type", NONE, FREE, PACKAGE(type), NVT_FIELD_TEXT, REQUIRED},
    {"quantity", NONE, INT32_MAX, PACKAGE(quantity), NVT_FIELD_U32,
     REQUIRED | (uint8_t)NVT_FIELD_FROM_1 | EITHER},
    {"quantity", WORDS("09"), 10U, 0U, NVT_FIELD_CHARS, EXTRA},
};
static const struct nvt_shape package = {NVT_SHAPE_ROWS(package_rows), true,
                                         sizeof(struct nvt_coopcycle_package), 0U, 0U};

/* Its struct is the key itself, so that an empty one means that there are no metadata. */
static const struct nvt_field keyed_rows[] = {
    {"navette_key", WORDS(NVT_COOPCYCLE_KEY_RANGES), NVT_COOPCYCLE_KEY_MAX, 0U, NVT_FIELD_CHARS,
     REQUIRED},
};
static const struct nvt_shape keyed = {NVT_SHAPE_ROWS(keyed_rows), false, 0U, 0U, 0U};

/* Times of any form: the server reads them with PHP's parser. A type counts in lists only, in any
 * case, and a time slot may be a list of its two ends. */
#define TASK(member) NVT_FIELD_AT(nvt_coopcycle_task, member)
static const struct nvt_field task_rows[] = {
    {"before", NONE, 0U, TASK(before_s), NVT_FIELD_TIME, WRITTEN},
    {"before", NONE, FREE, 0U, NVT_FIELD_TEXT, EXTRA | NULLABLE},
    {"doneBefore", NONE, FREE, 0U, NVT_FIELD_TEXT, EXTRA | NULLABLE},
    {"timeSlot", NONE, FREE, TASK(time_slot), NVT_FIELD_TEXT, EITHER},
    {"timeSlot", NONE, 0U, 0U, NVT_FIELD_ANY, EXTRA},
    {"timeSlotUrl", NONE, FREE, TASK(time_slot_url), NVT_FIELD_TEXT, NULLABLE},
    {"after", NONE, 0U, TASK(after_s), NVT_FIELD_TIME, WRITTEN},
    {"after", NONE, FREE, 0U, NVT_FIELD_TEXT, EXTRA | NULLABLE},
    {"doneAfter", NONE, FREE, 0U, NVT_FIELD_TEXT, EXTRA | NULLABLE},
    {"type", WORDS("pickup|dropoff|PICKUP|DROPOFF|Pickup|Dropoff"), 0U, TASK(type),
     NVT_FIELD_CHOICE, WRITTEN},
    {"type", NONE, FREE, 0U, NVT_FIELD_TEXT, EXTRA | LOOSE},
    {"id", NONE, INT32_MAX, TASK(id), NVT_FIELD_U32, (uint8_t)NVT_FIELD_FROM_1 | NULLABLE},
    {"status", NONE, FREE, 0U, NVT_FIELD_TEXT, EXTRA | LOOSE},
    {"address", NONE, FREE, TASK(address), NVT_FIELD_TEXT, EITHER | LOOSE},
    {"address", SHAPE(place), 0U, TASK(place), NVT_FIELD_LINK, 0U},
    {"latLng", NONE, 0U, 0U, NVT_FIELD_PAIR, EXTRA | NULLABLE},
    {"comments", NONE, FREE, TASK(comments), NVT_FIELD_TEXT, LOOSE},
    {"tags", NONE, FREE, TASK(tags), NVT_FIELD_TEXT, EITHER | LOOSE},
    {"tags", NONE, 0U, 0U, NVT_FIELD_ANY, EXTRA},
    {"weight", NONE, INT32_MAX, TASK(weight_g), NVT_FIELD_U32, NULLABLE},
    {"packages", SHAPE(package), NVT_COOPCYCLE_LIST_MAX, TASK(packages), NVT_FIELD_LIST, NULLABLE},
    {"metadata", SHAPE(keyed), 0U, TASK(key), NVT_FIELD_OBJECT, WRITTEN},
    {"metadata", NONE, 0U, TASK(metadata), NVT_FIELD_ANY, 0U},
    {"assignedTo", NONE, FREE, 0U, NVT_FIELD_TEXT, EXTRA | LOOSE},
};
static const struct nvt_shape task = {NVT_SHAPE_ROWS(task_rows), true,
                                      sizeof(struct nvt_coopcycle_task), 0U, 0U};

/* Of an order and of a change: what must be there depends on what else is, see below. */
#define ROOT(member) NVT_FIELD_AT(nvt_coopcycle_delivery, member)
static const struct nvt_field delivery_rows[] = {
    {"pickup", SHAPE(task), 0U, ROOT(pickup), NVT_FIELD_LINK, NULLABLE},
    {"dropoff", SHAPE(task), 0U, ROOT(dropoff), NVT_FIELD_LINK, NULLABLE},
    {"tasks", SHAPE(task), NVT_COOPCYCLE_LIST_MAX, ROOT(tasks), NVT_FIELD_LIST, NULLABLE},
    {"store", NONE, FREE, ROOT(store), NVT_FIELD_TEXT, NULLABLE},
    {"weight", NONE, INT32_MAX, 0U, NVT_FIELD_U32, EXTRA | NULLABLE},
    {"packages", SHAPE(package), NVT_COOPCYCLE_LIST_MAX, 0U, NVT_FIELD_LIST, EXTRA | NULLABLE},
    {"rrule", NONE, FREE, 0U, NVT_FIELD_TEXT, EXTRA | LOOSE},
    {"order", NONE, 0U, 0U, NVT_FIELD_ANY, EXTRA},
};
static const struct nvt_shape delivery = {NVT_SHAPE_ROWS(delivery_rows), true, 0U, 0U, 0U};

/* ---- rules ---- */

enum role { UNKNOWN, PICKUP, DROPOFF };

/* A task as the rules see it. */
struct stop {
    const char *name; /* of the member that it is, or is an item of */
    int16_t index;    /* in the list, -1: none */
    enum role role;
    bool window;               /* it says until when */
    int64_t after_s, before_s; /* 0: not there, or in another form */
};

struct rules {
    struct nvt_failure *failure;
    int64_t pickup_s; /* before of the first pickup */
    struct stop last; /* the dropoff with the latest */
    size_t count;     /* of the list */
    bool whole;       /* a delivery, not a change of one */
    bool has_dropoff;
};

static nvt_err blame(const struct rules *r, const struct stop *s, nvt_err err, const char *leaf)
{
    const struct nvt_shape_path path = {.step = {{s->name, s->index}}, .depth = 1U};
    return nvt_shape_blame(r->failure, err, &path, nvt_span_str(leaf));
}

static void note_stop(struct rules *r, const struct stop *s)
{
    r->has_dropoff = r->has_dropoff || s->role == DROPOFF;
    if (s->role == PICKUP && r->pickup_s == 0) {
        r->pickup_s = s->before_s;
    }
    if (s->role == DROPOFF && s->before_s > r->last.before_s) {
        r->last = *s;
    }
}

/* The server estimates when a pickup without a window is due, from the last dropoff's. */
static nvt_err rule_stop(struct rules *r, const struct stop *s)
{
    if (r->whole && !s->window && s->role == DROPOFF) {
        return blame(r, s, NVT_E_FIELD_MISSING, "before");
    }
    if (s->before_s != 0 && s->after_s > s->before_s) {
        return blame(r, s, NVT_E_FIELD_ORDER, "before");
    }
    note_stop(r, s);
    return NVT_OK;
}

/* The server compares the first pickup with the dropoffs: later than all is later than any. */
static nvt_err rule_end(const struct rules *r)
{
    if (r->whole && !r->has_dropoff) {
        return nvt_shape_refuse(r->failure, NVT_E_FIELD_MISSING, "dropoff");
    }
    bool late = r->last.before_s != 0 && r->pickup_s > r->last.before_s;
    return late ? blame(r, &r->last, NVT_E_FIELD_ORDER, "before") : NVT_OK;
}

/* A change that names one task cancels the others. */
static nvt_err rule_count(const struct rules *r)
{
    bool few = r->whole && r->count < 2U;
    return few ? nvt_shape_refuse(r->failure, NVT_E_FIELD_COUNT, "tasks") : NVT_OK;
}

/* What an item of the list is: of two that are ordered the first is the pickup, whatever it says;
 * else it is a dropoff unless it says otherwise. Without a type a task to change is what it was. */
static enum role role_of(const struct rules *r, int16_t index, struct nvt_span type)
{
    enum role other = r->whole ? DROPOFF : UNKNOWN;
    if (r->whole && r->count == 2U) {
        return index == 0 ? PICKUP : DROPOFF;
    }
    if (type.len > 0U) {
        other = (type.ptr[0] | 0x20U) == (uint8_t)'p' ? PICKUP : DROPOFF;
    }
    return other;
}

/* ---- structs ---- */

static struct stop stop_of(const struct nvt_coopcycle_task *t, const char *name, int16_t index,
                           enum role role)
{
    bool window = t->before_s != 0 || t->time_slot.len > 0U;
    struct stop s = {name, index, role, window, t->after_s, t->before_s};
    return s;
}

static nvt_err rule_one(struct rules *r, const struct nvt_coopcycle_task *t, const char *name,
                        enum role role)
{
    if (t == NULL) {
        return NVT_OK;
    }
    struct stop s = stop_of(t, name, -1, role);
    return rule_stop(r, &s);
}

/* A program says what each task is. */
static nvt_err rule_item(struct rules *r, const struct nvt_coopcycle_task *t, int16_t index)
{
    struct stop s = stop_of(t, "tasks", index, role_of(r, index, t->type));
    if (r->whole && t->type.len == 0U) {
        return blame(r, &s, NVT_E_FIELD_MISSING, "type");
    }
    return rule_stop(r, &s);
}

static nvt_err rule_items(struct rules *r, const struct nvt_coopcycle_delivery *d)
{
    nvt_err err = rule_count(r);
    if (d->pickup != NULL || d->dropoff != NULL) {
        return nvt_shape_refuse(r->failure, NVT_E_FIELD_BOTH, "tasks");
    }
    for (size_t i = 0; i < d->task_count && err == NVT_OK; i++) {
        err = rule_item(r, &d->tasks[i], (int16_t)i);
    }
    return err;
}

static nvt_err rule_delivery(const struct nvt_coopcycle_delivery *d, bool is_whole,
                             struct nvt_failure *failure)
{
    struct rules r = {.failure = failure, .count = d->task_count, .whole = is_whole};
    nvt_err err = NVT_OK;
    if (d->task_count > 0U) {
        err = rule_items(&r, d);
    }
    if (err == NVT_OK) {
        err = rule_one(&r, d->pickup, "pickup", PICKUP);
    }
    if (err == NVT_OK) {
        err = rule_one(&r, d->dropoff, "dropoff", DROPOFF);
    }
    return err == NVT_OK ? rule_end(&r) : err;
}

static nvt_err check(const struct nvt_coopcycle_delivery *d, bool is_whole,
                     struct nvt_failure *failure)
{
    nvt_err err = nvt_shape_check(&delivery, d, failure);
    return err == NVT_OK ? rule_delivery(d, is_whole, failure) : err;
}

nvt_err nvt_coopcycle_delivery_check(const struct nvt_coopcycle_delivery *d,
                                     struct nvt_failure *out_failure)
{
    return check(d, true, out_failure);
}

nvt_err nvt_coopcycle_delivery_write(const struct nvt_coopcycle_delivery *d, struct nvt_buf *out,
                                     struct nvt_failure *out_failure)
{
    nvt_err err = check(d, true, out_failure);
    return err == NVT_OK ? nvt_shape_write(&delivery, d, out, out_failure) : err;
}

nvt_err nvt_coopcycle_update_write(const struct nvt_coopcycle_delivery *d, struct nvt_buf *out,
                                   struct nvt_failure *out_failure)
{
    nvt_err err = check(d, false, out_failure);
    return err == NVT_OK ? nvt_shape_write(&delivery, d, out, out_failure) : err;
}

/* ---- JSON ---- */

/* The first of two members that is there and not null. */
static bool find_any(const struct nvt_json *doc, nvt_json_node from, const char *const names[2],
                     nvt_json_node *out)
{
    bool found = false;
    for (unsigned i = 0; i < 2U && !found; i++) {
        found = nvt_json_find(doc, from, names[i], out) == NVT_OK &&
                nvt_json_type(doc, *out) != NVT_JSON_NULL;
    }
    return found;
}

/* The time of one of two members, 0 unless it is RFC 3339. */
static int64_t time_of(const struct nvt_json *doc, nvt_json_node from, const char *const names[2],
                       bool *out_there)
{
    uint8_t text[64];
    struct nvt_buf b;
    nvt_json_node node = 0;
    int64_t time_s = 0;
    nvt_buf_init(&b, text, sizeof text);
    *out_there = find_any(doc, from, names, &node);
    if (*out_there) {
        (void)nvt_json_get_str(doc, node, &b);
    }
    return nvt_time_parse_rfc3339(nvt_buf_span(&b), &time_s) == NVT_OK ? time_s : 0;
}

static nvt_err rule_node(struct rules *r, const struct nvt_json *doc, nvt_json_node node,
                         struct stop *s)
{
    static const char *const after[2] = {"after", "doneAfter"};
    static const char *const before[2] = {"before", "doneBefore"};
    static const char *const slot[2] = {"timeSlot", "timeSlot"};
    nvt_json_node found = 0;
    s->after_s = time_of(doc, node, after, &s->window);
    s->before_s = time_of(doc, node, before, &s->window);
    s->window = s->window || find_any(doc, node, slot, &found);
    return rule_stop(r, s);
}

/* One of the list. A type counts in any case, and unless two are ordered it must be one. */
static nvt_err rule_entry(struct rules *r, const struct nvt_json *doc, nvt_json_node node,
                          int16_t index)
{
    uint8_t text[8];
    struct nvt_buf b;
    nvt_json_node type = 0;
    struct stop s = {.name = "tasks", .index = index};
    nvt_buf_init(&b, text, sizeof text);
    bool fits = nvt_json_find(doc, node, "type", &type) != NVT_OK ||
                nvt_json_type(doc, type) == NVT_JSON_NULL ||
                nvt_json_get_str(doc, type, &b) == NVT_OK;
    struct nvt_span word = nvt_buf_span(&b);
    fits = fits && (word.len == 0U || nvt_span_eq_nocase(word, NVT_LIT("pickup")) ||
                    nvt_span_eq_nocase(word, NVT_LIT("dropoff")));
    if (!fits && !(r->whole && r->count == 2U)) {
        return blame(r, &s, NVT_E_FIELD_FORMAT, "type");
    }
    s.role = role_of(r, index, word);
    return rule_node(r, doc, node, &s);
}

static nvt_err rule_list(struct rules *r, const struct nvt_json *doc, nvt_json_node list)
{
    struct nvt_json_iter it;
    struct nvt_span name;
    nvt_json_node node = 0;
    int16_t index = 0;
    (void)memset(&it, 0, sizeof it);
    nvt_err err = rule_count(r);
    while (err == NVT_OK && nvt_json_next(doc, list, &it, &name, &node)) {
        err = rule_entry(r, doc, node, index);
        index++;
    }
    return err;
}

/* Told as an unknown member is: beside tasks the server reads neither. */
static void tell_unread(const struct rules *r, const char *name)
{
    struct nvt_failure *f = r->failure;
    if (f != NULL) {
        f->detail++;
        if (f->detail == 1) {
            (void)nvt_shape_refuse(f, NVT_OK, name);
        }
    }
}

/* A pickup or a dropoff. */
static nvt_err rule_pair(struct rules *r, const struct nvt_json *doc, const char *name,
                         enum role role)
{
    struct stop s = {.name = name, .index = -1, .role = role};
    const char *const names[2] = {name, name};
    nvt_json_node node = 0;
    nvt_err err = NVT_OK;
    if (find_any(doc, 0U, names, &node)) {
        if (r->count > 0U) {
            tell_unread(r, name);
        } else {
            err = rule_node(r, doc, node, &s);
        }
    }
    return err;
}

static nvt_err rule_json(const struct nvt_json *doc, bool is_whole, struct nvt_failure *failure)
{
    struct rules r = {.failure = failure, .whole = is_whole};
    nvt_json_node list = 0;
    nvt_err err = NVT_OK;
    if (nvt_json_find(doc, 0U, "tasks", &list) == NVT_OK) {
        r.count = nvt_json_size(doc, list);
    }
    if (r.count > 0U) {
        err = rule_list(&r, doc, list);
    }
    if (err == NVT_OK) {
        err = rule_pair(&r, doc, "pickup", PICKUP);
    }
    if (err == NVT_OK) {
        err = rule_pair(&r, doc, "dropoff", DROPOFF);
    }
    return err == NVT_OK ? rule_end(&r) : err;
}

static nvt_err check_json(bool is_whole, struct nvt_span json, struct nvt_json_tok *pool,
                          size_t pool_count, struct nvt_failure *out_failure)
{
    struct nvt_json doc;
    nvt_err err = nvt_shape_parse(&doc, json, pool, pool_count, out_failure);
    if (err == NVT_OK) {
        err = nvt_shape_json(&delivery, &doc, out_failure);
    }
    if (err == NVT_OK) {
        err = rule_json(&doc, is_whole, out_failure);
        if (err != NVT_OK && out_failure != NULL) {
            out_failure->detail = 0; /* what was unknown no longer matters */
        }
    }
    return err;
}

nvt_err nvt_coopcycle_json_check(struct nvt_span json, struct nvt_json_tok *pool, size_t pool_count,
                                 struct nvt_failure *out_failure)
{
    return check_json(true, json, pool, pool_count, out_failure);
}

nvt_err nvt_coopcycle_update_check(struct nvt_span json, struct nvt_json_tok *pool,
                                   size_t pool_count, struct nvt_failure *out_failure)
{
    return check_json(false, json, pool, pool_count, out_failure);
}
