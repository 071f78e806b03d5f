/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bodies that are JSON already: the same tables, walked by what the text holds. The text passes
 * unchanged, so this refuses what the system would refuse, and what two readers could read in two
 * ways: members named twice or by escapes.
 */
#include "shape.h"

struct frame {
    const struct nvt_shape *shape; /* of the object, or of the list's items */
    struct nvt_json_iter it;
    nvt_json_node node;
    uint32_t seen; /* bit n: row n was there; of a list: an item has the rank n */
    bool list;
};

struct walk {
    const struct nvt_json *doc;
    struct frame frame[NVT_SHAPE_DEPTH];
    struct nvt_shape_path path;    /* path.depth frames are in use */
    const struct nvt_field *field; /* the last one looked at */
    struct nvt_span loose; /* a member that no row describes in full; no pointer: there was none */
    struct nvt_failure *told;
    int32_t unknown; /* members, let through */
};

static void enter(struct walk *w, const struct nvt_shape *shape, nvt_json_node node,
                  const char *name, bool list)
{
    struct frame *f = &w->frame[w->path.depth];
    (void)memset(f, 0, sizeof *f);
    f->shape = shape;
    f->node = node;
    f->list = list;
    w->path.step[w->path.depth].name = name;
    w->path.step[w->path.depth].index = -1;
    w->path.depth++;
}

/* ---- single values ---- */

static bool has_digit(struct nvt_span s, uint8_t from)
{
    bool found = false;
    for (size_t i = 0; i < s.len; i++) {
        found = found || (s.ptr[i] >= from && s.ptr[i] <= (uint8_t)'9');
    }
    return found;
}

/* Index of the first byte that is one of the two, ASCII case ignored; s.len when there is none. */
static size_t find_either(struct nvt_span s, uint8_t a, uint8_t b)
{
    size_t i = 0;
    while (i < s.len && (s.ptr[i] | 0x20U) != a && (s.ptr[i] | 0x20U) != b) {
        i++;
    }
    return i;
}

/* 12 and 12.0 are integers for JSON Schema. 1.2e1 would be one too: nobody writes that, and it is
 * not taken here. */
static nvt_err check_integer(const struct nvt_field *field, struct nvt_span raw, int64_t *out_value)
{
    size_t dot = find_either(raw, (uint8_t)'.', (uint8_t)'e');
    struct nvt_span rest = nvt_span_drop(raw, dot);
    if (has_digit(rest, (uint8_t)'1') || find_either(rest, (uint8_t)'e', (uint8_t)'e') < rest.len) {
        return NVT_E_FIELD_TYPE;
    }
    nvt_err err = nvt_dec_parse(nvt_span_of(raw.ptr, dot), 0U, out_value);
    return err == NVT_OK ? nvt_shape_check_int(field, *out_value) : NVT_E_FIELD_RANGE;
}

/* The carpooling registry prints the number again and holds that text against
 * -?[0-9]{1,3}(\.[0-9]+)?, which an exponent fails. Its printing makes one of anything below a
 * millionth but zero. Fifteen decimals tell apart more than its own numbers do. */
static nvt_err check_degree(struct nvt_span raw, uint32_t degrees)
{
    const int64_t one = 1000000000000000;
    const int64_t millionth = one / 1000000;
    int64_t value = 0;
    if (find_either(raw, (uint8_t)'e', (uint8_t)'e') < raw.len) {
        return NVT_E_FIELD_FORMAT;
    }
    int64_t max = (int64_t)degrees * one;
    if (nvt_dec_parse(raw, 15U, &value) != NVT_OK || value > max || value < -max) {
        return NVT_E_FIELD_RANGE;
    }
    bool tiny = value > -millionth && value < millionth && has_digit(raw, (uint8_t)'1');
    return tiny ? NVT_E_FIELD_FORMAT : NVT_OK;
}

static nvt_err check_pair(const struct nvt_json *doc, nvt_json_node list)
{
    struct nvt_json_iter it;
    struct nvt_span name;
    nvt_json_node node = 0;
    nvt_err err = nvt_json_size(doc, list) == 2U ? NVT_OK : NVT_E_FIELD_COUNT;
    uint32_t degrees = 90U;
    (void)memset(&it, 0, sizeof it);
    while (err == NVT_OK && nvt_json_next(doc, list, &it, &name, &node)) {
        err = NVT_E_FIELD_TYPE;
        if (nvt_json_type(doc, node) == NVT_JSON_NUMBER) {
            err = check_degree(nvt_json_raw(doc, node), degrees);
        }
        err = err == NVT_E_FIELD_FORMAT ? NVT_OK : err; /* nobody prints these again */
        degrees = 180U;
    }
    return err;
}

static nvt_err check_string(const struct walk *w, const struct nvt_field *field, nvt_json_node node)
{
    uint8_t text[72]; /* the longest that has a form is 64 */
    struct nvt_buf b;
    if (field->kind <= (uint8_t)NVT_FIELD_LAST_TEXT) {
        return nvt_shape_check_text(field, nvt_json_raw(w->doc, node), true);
    }
    nvt_buf_init(&b, text, sizeof text);
    if (nvt_json_get_str(w->doc, node, &b) != NVT_OK) {
        return NVT_E_FIELD_LENGTH;
    }
    return nvt_shape_check_form(field, nvt_buf_span(&b));
}

static nvt_err open_list(struct walk *w, const struct nvt_field *field, nvt_json_node node)
{
    if (nvt_json_size(w->doc, node) > field->max) {
        return NVT_E_FIELD_COUNT;
    }
    enter(w, field->of.shape, node, field->name, true);
    return NVT_OK;
}

/* The frame of an item lies on the one of its list. */
static nvt_err check_rank(struct walk *w, const struct nvt_field *field, struct nvt_span raw)
{
    int64_t value = 0;
    nvt_err err = check_integer(field, raw, &value);
    return err == NVT_OK ? nvt_shape_take_rank(&w->frame[w->path.depth - 2U].seen, value) : err;
}

static nvt_err check_any(struct walk *w, const struct nvt_field *field, nvt_json_node node)
{
    w->loose = nvt_span_str(field->name);
    return nvt_shape_check_text(field, nvt_json_raw(w->doc, node), true);
}

static bool type_fits(const struct nvt_field *field, enum nvt_json_type type)
{
    enum nvt_json_type wanted = NVT_JSON_STRING;
    switch (field->kind) {
    case NVT_FIELD_OBJECT:
    case NVT_FIELD_LINK:
        wanted = NVT_JSON_OBJECT;
        break;
    case NVT_FIELD_LIST:
    case NVT_FIELD_PAIR:
        wanted = NVT_JSON_ARRAY;
        break;
    case NVT_FIELD_U8:
    case NVT_FIELD_RANK:
    case NVT_FIELD_U32:
    case NVT_FIELD_S32:
    case NVT_FIELD_DEGREE:
        wanted = NVT_JSON_NUMBER;
        break;
    case NVT_FIELD_BOOL:
        wanted = NVT_JSON_BOOL;
        break;
    case NVT_FIELD_ANY:
        wanted = type;
        break;
    default:
        break;
    }
    bool null_fits = (field->flags & (uint8_t)NVT_FIELD_NULLABLE) != 0U && type == NVT_JSON_NULL;
    return (field->flags & (uint8_t)NVT_FIELD_STRUCT_ONLY) == 0U && (type == wanted || null_fits);
}

static nvt_err check_value(struct walk *w, const struct nvt_field *field, nvt_json_node node)
{
    nvt_err err = NVT_OK;
    int64_t value = 0;
    switch (field->kind) {
    case NVT_FIELD_OBJECT:
    case NVT_FIELD_LINK:
        enter(w, field->of.shape, node, field->name, false);
        break;
    case NVT_FIELD_LIST:
        err = open_list(w, field, node);
        break;
    case NVT_FIELD_U8:
    case NVT_FIELD_U32:
    case NVT_FIELD_S32:
        err = check_integer(field, nvt_json_raw(w->doc, node), &value);
        break;
    case NVT_FIELD_RANK:
        err = check_rank(w, field, nvt_json_raw(w->doc, node));
        break;
    case NVT_FIELD_DEGREE:
        err = check_degree(nvt_json_raw(w->doc, node), field->max);
        break;
    case NVT_FIELD_PAIR:
        err = check_pair(w->doc, node);
        break;
    case NVT_FIELD_BOOL:
        break;
    case NVT_FIELD_ANY:
        err = check_any(w, field, node);
        break;
    default:
        err = check_string(w, field, node);
        break;
    }
    return err;
}

/* ---- walking ---- */

static unsigned find_row(const struct nvt_shape *shape, struct nvt_span name)
{
    unsigned i = 0;
    while (i < shape->count && !nvt_span_eq(nvt_span_str(shape->row[i].name), name)) {
        i++;
    }
    return i;
}

/* row and its alternatives: the first whose type fits, else the last. */
static unsigned choose_row(const struct nvt_shape *shape, unsigned row, enum nvt_json_type type)
{
    while ((shape->row[row].flags & (uint8_t)NVT_FIELD_OR) != 0U &&
           !type_fits(&shape->row[row], type)) {
        row++;
    }
    return row;
}

static nvt_err unknown(struct walk *w, const struct nvt_shape *shape, struct nvt_span name)
{
    w->loose = name;
    if (!shape->open) {
        return NVT_E_FIELD_UNKNOWN;
    }
    if (name.len == 0U || name.ptr[0] != (uint8_t)'@') {
        if (w->unknown == 0) {
            (void)nvt_shape_blame(w->told, NVT_OK, &w->path, name);
        }
        w->unknown++;
    }
    return NVT_OK;
}

static nvt_err member(struct walk *w, struct frame *f, struct nvt_span name, nvt_json_node node)
{
    enum nvt_json_type type = nvt_json_type(w->doc, node);
    unsigned row = find_row(f->shape, name);
    if (row == f->shape->count) {
        return unknown(w, f->shape, name);
    }
    if (((f->seen >> row) & 1U) != 0U) {
        return NVT_E_JSON_DUPLICATE;
    }
    f->seen |= (uint32_t)1U << row;
    row = choose_row(f->shape, row, type);
    w->field = &f->shape->row[row];
    if (!type_fits(&f->shape->row[row], type)) {
        return NVT_E_FIELD_TYPE;
    }
    return type == NVT_JSON_NULL ? NVT_OK : check_value(w, &f->shape->row[row], node);
}

static nvt_err item(struct walk *w, struct frame *f, nvt_json_node node)
{
    w->path.step[w->path.depth - 1U].index++;
    if (nvt_json_type(w->doc, node) != NVT_JSON_OBJECT) {
        return NVT_E_FIELD_TYPE;
    }
    enter(w, f->shape, node, NULL, false);
    return NVT_OK;
}

/* The next member or item, or the end of the container. *out_leaf names the member at fault. */
static nvt_err step(struct walk *w, struct nvt_span *out_leaf)
{
    struct frame *f = &w->frame[w->path.depth - 1U];
    nvt_json_node node = 0;
    const struct nvt_field *missing = NULL;
    if (nvt_json_next(w->doc, f->node, &f->it, out_leaf, &node)) {
        return f->list ? item(w, f, node) : member(w, f, *out_leaf, node);
    }
    missing = f->list ? NULL : nvt_shape_missing(f->shape, f->seen);
    if (missing != NULL) {
        *out_leaf = nvt_span_str(missing->name);
        return NVT_E_FIELD_MISSING;
    }
    w->path.depth--;
    return NVT_OK;
}

nvt_err nvt_shape_json(const struct nvt_shape *shape, const struct nvt_json *doc,
                       struct nvt_failure *out_failure)
{
    struct walk w;
    struct nvt_span leaf = NVT_LIT("");
    nvt_err err = NVT_OK;
    (void)memset(&w, 0, sizeof w);
    if (out_failure != NULL) {
        (void)memset(out_failure, 0, sizeof *out_failure);
    }
    w.doc = doc;
    w.told = out_failure;
    if (nvt_json_type(doc, 0U) != NVT_JSON_OBJECT) {
        return nvt_shape_blame(out_failure, NVT_E_FIELD_TYPE, &w.path, leaf);
    }
    enter(&w, shape, 0U, NULL, false);
    while (err == NVT_OK && w.path.depth > 0U) {
        err = step(&w, &leaf);
    }
    if (err == NVT_OK && w.loose.ptr != NULL) {
        leaf = w.loose;
        err = nvt_json_unique(doc);
    }
    if (err != NVT_OK) {
        (void)nvt_shape_blame(out_failure, err, &w.path, leaf);
    } else if (out_failure != NULL) {
        out_failure->detail = w.unknown;
    } else {
        /* nobody asks */
    }
    return nvt_shape_put_bounds(out_failure, err, w.field);
}

nvt_err nvt_shape_parse(struct nvt_json *doc, struct nvt_span json, struct nvt_json_tok *pool,
                        size_t pool_count, struct nvt_failure *out_failure)
{
    size_t at = 0;
    nvt_err err = nvt_json_parse(doc, json, pool, pool_count);
    if (out_failure == NULL) {
        return err;
    }
    (void)memset(out_failure, 0, sizeof *out_failure);
    out_failure->err = err;
    if (err != NVT_OK && nvt_json_check(json, &at) != NVT_OK && at <= (size_t)INT32_MAX) {
        out_failure->detail = (int32_t)at;
    }
    return err;
}
