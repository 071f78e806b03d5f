/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Journeys that are JSON already: the same tables, walked by what the text holds. The text passes
 * unchanged, so this refuses what the registry would refuse, and what two readers could read in two
 * ways: members named twice or by escapes.
 */
#include "rpc_fields.h"

struct frame {
    const struct nvt_rpc_shape *shape; /* of the object, or of the list's items */
    struct nvt_json_iter it;
    nvt_json_node node;
    uint32_t seen; /* bit n: row n was there */
    bool list;
};

struct walk {
    const struct nvt_json *doc;
    struct frame frame[NVT_RPC_DEPTH];
    struct nvt_rpc_path path; /* path.depth frames are in use */
    bool anything;            /* a value was there that no row describes */
};

static void enter(struct walk *w, const struct nvt_rpc_shape *shape, nvt_json_node node,
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

/* 12 and 12.0 are integers for the registry. 1.2e1 would be one too: nobody writes that, and it is
 * not taken here. */
static nvt_err check_integer(const struct nvt_rpc_field *field, struct nvt_span raw)
{
    int64_t value = 0;
    size_t dot = find_either(raw, (uint8_t)'.', (uint8_t)'e');
    struct nvt_span rest = nvt_span_drop(raw, dot);
    if (has_digit(rest, (uint8_t)'1') || find_either(rest, (uint8_t)'e', (uint8_t)'e') < rest.len) {
        return NVT_E_FIELD_TYPE;
    }
    nvt_err err = nvt_dec_parse(nvt_span_of(raw.ptr, dot), 0U, &value);
    return err == NVT_OK ? nvt_rpc_check_int(field, value) : NVT_E_FIELD_RANGE;
}

/* The registry prints the number again and holds that text against -?[0-9]{1,3}(\.[0-9]+)?, which
 * an exponent fails. Its printing makes one of anything below a millionth but zero. Fifteen
 * decimals tell apart more than its own numbers do. */
static nvt_err check_degree(const struct nvt_rpc_field *field, struct nvt_span raw)
{
    const int64_t one = 1000000000000000;
    const int64_t millionth = one / 1000000;
    int64_t value = 0;
    if (find_either(raw, (uint8_t)'e', (uint8_t)'e') < raw.len) {
        return NVT_E_FIELD_FORMAT;
    }
    int64_t max = (int64_t)field->max * one;
    if (nvt_dec_parse(raw, 15U, &value) != NVT_OK || value > max || value < -max) {
        return NVT_E_FIELD_RANGE;
    }
    bool tiny = value > -millionth && value < millionth && has_digit(raw, (uint8_t)'1');
    return tiny ? NVT_E_FIELD_FORMAT : NVT_OK;
}

/* Code points of a string that still has its escapes: half of a surrogate pair does not count. */
static size_t escaped_code_points(struct nvt_span raw)
{
    size_t count = nvt_rpc_code_points(raw);
    for (size_t i = 0; i + 1U < raw.len; i++) {
        if (raw.ptr[i] == (uint8_t)'\\') {
            i++;
            bool four = raw.ptr[i] == (uint8_t)'u';
            bool low = four && (raw.ptr[i + 1U] | 0x20U) == (uint8_t)'d' &&
                       (raw.ptr[i + 2U] | 0x20U) >= (uint8_t)'c';
            count -= 1U + (four ? 4U : 0U) + (low ? 1U : 0U);
        }
    }
    return count;
}

static nvt_err check_string(const struct walk *w, const struct nvt_rpc_field *field,
                            nvt_json_node node)
{
    uint8_t text[72]; /* the longest that has a form is 64 */
    struct nvt_buf b;
    if (nvt_json_type(w->doc, node) != NVT_JSON_STRING) {
        return NVT_E_FIELD_TYPE;
    }
    if (field->kind == (uint8_t)NVT_RPC_TEXT) {
        size_t len = escaped_code_points(nvt_json_raw(w->doc, node));
        return len >= 1U && len <= field->max ? NVT_OK : NVT_E_FIELD_LENGTH;
    }
    nvt_buf_init(&b, text, sizeof text);
    if (nvt_json_get_str(w->doc, node, &b) != NVT_OK) {
        return NVT_E_FIELD_LENGTH;
    }
    return nvt_rpc_check_form(field->kind, nvt_buf_span(&b));
}

static nvt_err check_number(const struct walk *w, const struct nvt_rpc_field *field,
                            nvt_json_node node)
{
    struct nvt_span raw = nvt_json_raw(w->doc, node);
    if (nvt_json_type(w->doc, node) != NVT_JSON_NUMBER) {
        return NVT_E_FIELD_TYPE;
    }
    return field->kind == (uint8_t)NVT_RPC_DEGREE ? check_degree(field, raw)
                                                  : check_integer(field, raw);
}

static nvt_err open_value(struct walk *w, const struct nvt_rpc_field *field, nvt_json_node node)
{
    bool list = field->kind == (uint8_t)NVT_RPC_LIST;
    if (nvt_json_type(w->doc, node) != (list ? NVT_JSON_ARRAY : NVT_JSON_OBJECT)) {
        return NVT_E_FIELD_TYPE;
    }
    if (list && nvt_json_size(w->doc, node) > NVT_RPC_LIST_MAX) {
        return NVT_E_FIELD_COUNT;
    }
    enter(w, field->shape, node, field->name, list);
    return NVT_OK;
}

static nvt_err check_value(struct walk *w, const struct nvt_rpc_field *field, nvt_json_node node)
{
    enum nvt_json_type type = nvt_json_type(w->doc, node);
    nvt_err err = NVT_OK;
    switch (field->kind) {
    case NVT_RPC_OBJECT:
    case NVT_RPC_LIST:
        err = open_value(w, field, node);
        break;
    case NVT_RPC_U8:
    case NVT_RPC_U32:
    case NVT_RPC_DEGREE:
        err = check_number(w, field, node);
        break;
    case NVT_RPC_ADULT:
        err = type == NVT_JSON_BOOL || type == NVT_JSON_NULL ? NVT_OK : NVT_E_FIELD_TYPE;
        break;
    case NVT_RPC_ANY:
        w->anything = true;
        break;
    default:
        err = check_string(w, field, node);
        break;
    }
    return err;
}

/* ---- walking ---- */

static unsigned find_row(const struct nvt_rpc_shape *shape, struct nvt_span name)
{
    unsigned i = 0;
    while (i < shape->count && !nvt_span_eq(nvt_span_str(shape->field[i].name), name)) {
        i++;
    }
    return i;
}

static nvt_err member(struct walk *w, struct frame *f, struct nvt_span name, nvt_json_node node)
{
    unsigned row = find_row(f->shape, name);
    if (row == f->shape->count) {
        return NVT_E_FIELD_UNKNOWN;
    }
    if (((f->seen >> row) & 1U) != 0U) {
        return NVT_E_JSON_DUPLICATE;
    }
    f->seen |= (uint32_t)1U << row;
    return check_value(w, &f->shape->field[row], node);
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
    const struct nvt_rpc_field *missing = NULL;
    if (nvt_json_next(w->doc, f->node, &f->it, out_leaf, &node)) {
        return f->list ? item(w, f, node) : member(w, f, *out_leaf, node);
    }
    missing = f->list ? NULL : nvt_rpc_missing(f->shape, f->seen);
    if (missing != NULL) {
        *out_leaf = nvt_span_str(missing->name);
        return NVT_E_FIELD_MISSING;
    }
    w->path.depth--;
    return NVT_OK;
}

static nvt_err time_at(const struct nvt_json *doc, const char *path, int64_t *out_s)
{
    uint8_t text[72];
    struct nvt_buf b;
    nvt_json_node node = 0;
    nvt_buf_init(&b, text, sizeof text);
    nvt_err err = nvt_json_find(doc, 0U, path, &node);
    if (err == NVT_OK) {
        err = nvt_json_get_str(doc, node, &b);
    }
    return err == NVT_OK ? nvt_time_parse_rfc3339(nvt_buf_span(&b), out_s) : err;
}

static nvt_err check_times(const struct nvt_json *doc, int64_t now_s)
{
    int64_t start_s = 0;
    int64_t end_s = 0;
    nvt_err err = time_at(doc, "start.datetime", &start_s);
    if (err == NVT_OK) {
        err = time_at(doc, "end.datetime", &end_s);
    }
    return err == NVT_OK ? nvt_rpc_check_times(start_s, end_s, now_s) : err;
}

static nvt_err check_doc(const struct nvt_json *doc, const struct nvt_rpc_shape *shape,
                         int64_t now_s, struct nvt_failure *out_failure)
{
    struct walk w;
    struct nvt_span leaf = NVT_LIT("");
    nvt_err err = NVT_OK;
    (void)memset(&w, 0, sizeof w);
    w.doc = doc;
    if (nvt_json_type(doc, 0U) != NVT_JSON_OBJECT) {
        return nvt_rpc_blame(out_failure, NVT_E_FIELD_TYPE, &w.path, leaf);
    }
    enter(&w, shape, 0U, NULL, false);
    while (err == NVT_OK && w.path.depth > 0U) {
        err = step(&w, &leaf);
    }
    if (err == NVT_OK) {
        leaf = NVT_LIT("end.datetime");
        err = check_times(doc, now_s);
    }
    if (err == NVT_OK && w.anything) {
        leaf = NVT_LIT("incentive_counterparts");
        err = nvt_json_unique(doc);
    }
    return err == NVT_OK ? NVT_OK : nvt_rpc_blame(out_failure, err, &w.path, leaf);
}

static nvt_err parse(struct nvt_json *doc, struct nvt_span json, struct nvt_json_tok *pool,
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

nvt_err nvt_rpc_json_check(struct nvt_span json, struct nvt_json_tok *pool, size_t pool_count,
                           int64_t now_s, struct nvt_failure *out_failure)
{
    struct nvt_json doc;
    nvt_err err = parse(&doc, json, pool, pool_count, out_failure);
    return err == NVT_OK ? check_doc(&doc, &nvt_rpc_shape_v3, now_s, out_failure) : err;
}

nvt_err nvt_rpc_update_check(struct nvt_span json, struct nvt_json_tok *pool, size_t pool_count,
                             int64_t now_s, struct nvt_failure *out_failure)
{
    struct nvt_json doc;
    nvt_err err = parse(&doc, json, pool, pool_count, out_failure);
    return err == NVT_OK ? check_doc(&doc, &nvt_rpc_shape_update, now_s, out_failure) : err;
}

/* The value as it stands in the text, quotes included. */
static struct nvt_span verbatim(const struct nvt_json *doc, nvt_json_node node)
{
    struct nvt_span raw = nvt_json_raw(doc, node);
    bool quoted = nvt_json_type(doc, node) == NVT_JSON_STRING;
    return quoted ? nvt_span_of(raw.ptr - 1, raw.len + 2U) : raw;
}

nvt_err nvt_rpc_update_body(struct nvt_span journey_json, struct nvt_json_tok *pool,
                            size_t pool_count, int64_t now_s, struct nvt_buf *out,
                            struct nvt_failure *out_failure)
{
    const struct nvt_rpc_shape *shape = &nvt_rpc_shape_update;
    struct nvt_json doc;
    struct nvt_json_writer w;
    nvt_json_node node = 0;
    nvt_err err = parse(&doc, journey_json, pool, pool_count, out_failure);
    if (err == NVT_OK) {
        err = check_doc(&doc, &nvt_rpc_shape_v3, now_s, out_failure);
    }
    if (err != NVT_OK) {
        return err;
    }
    nvt_json_writer_init(&w, out);
    nvt_json_begin_object(&w);
    for (unsigned i = 0; i < shape->count; i++) {
        if (nvt_json_find(&doc, 0U, shape->field[i].name, &node) == NVT_OK) {
            nvt_json_name(&w, nvt_span_str(shape->field[i].name));
            nvt_json_put_raw(&w, verbatim(&doc, node));
        }
    }
    nvt_json_end_object(&w);
    return nvt_json_writer_end(&w);
}
