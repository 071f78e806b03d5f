/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Journeys as structs: checked, then written as JSON, by one walk along the tables. The stack is an
 * array, since the tables nest four deep.
 */
#include "rpc_fields.h"

struct frame {
    const struct nvt_rpc_shape *shape;
    const uint8_t *base; /* of the struct that holds the shape's members */
    uint32_t seen;       /* bit n: row n was there */
    size_t items_left;   /* of the list whose item this is */
    uint8_t next;        /* row */
    bool item;
};

struct walk {
    struct frame frame[NVT_RPC_DEPTH];
    struct nvt_rpc_path path;       /* path.depth frames are in use */
    struct nvt_json_writer *writer; /* NULL: check only */
};

/* ---- reading members; memcpy, since a byte offset promises no alignment to the compiler ---- */

/* A member of any kind: a text, a list as its items and their count, or a number. */
struct value {
    struct nvt_span text;
    int64_t number;
};

static uint32_t read_u32(const uint8_t *at)
{
    uint32_t v = 0;
    (void)memcpy(&v, at, sizeof v);
    return v;
}

static int64_t read_i64(const uint8_t *at)
{
    int64_t v = 0;
    (void)memcpy(&v, at, sizeof v);
    return v;
}

static int64_t read_adult(const uint8_t *at)
{
    enum nvt_rpc_adult v = NVT_RPC_ADULT_ABSENT;
    (void)memcpy(&v, at, sizeof v);
    return (int64_t)v;
}

static struct nvt_span read_span(const uint8_t *at)
{
    struct nvt_span s;
    const void *items = NULL; /* a list's pointer, or a span's */
    (void)memcpy(&items, at, sizeof items);
    (void)memcpy(&s.len, at + sizeof items, sizeof s.len);
    s.ptr = (const uint8_t *)items;
    return s;
}

static struct value load(uint8_t kind, const uint8_t *at)
{
    struct value v = {NVT_LIT(""), 0};
    switch (kind) {
    case NVT_RPC_CLASS:
        v.text = nvt_span_of(at, 1U);
        break;
    case NVT_RPC_NAVIGO:
        v.text = NVT_LIT("navigo");
        break;
    case NVT_RPC_U8:
        v.number = (int64_t)*at;
        break;
    case NVT_RPC_U32:
        v.number = (int64_t)read_u32(at);
        break;
    case NVT_RPC_DEGREE:
        v.number = (int64_t)(int32_t)read_u32(at);
        break;
    case NVT_RPC_TIME:
        v.number = read_i64(at);
        break;
    case NVT_RPC_ADULT:
        v.number = read_adult(at);
        break;
    case NVT_RPC_EMPTY:
    case NVT_RPC_ANY:
        break;
    default: /* texts, lists, and objects that start with the text they can not do without */
        v.text = read_span(at);
        break;
    }
    return v;
}

/* Empty, zero and "absent" say that an optional member is not there. A required number may be 0 and
 * a required list empty, but no text. */
static bool present(const struct nvt_rpc_field *f, const struct value *v)
{
    bool required = (f->flags & (uint8_t)NVT_RPC_REQUIRED) != 0U;
    bool text = f->kind <= (uint8_t)NVT_RPC_LAST_TEXT;
    bool empty = v->text.len == 0U && v->number == 0;
    return (f->flags & (uint8_t)NVT_RPC_JSON_ONLY) == 0U && ((required && !text) || !empty);
}

/* ---- checking ---- */

static nvt_err check_text(const struct nvt_rpc_field *f, struct nvt_span s)
{
    if (nvt_utf8_check(s) != NVT_OK) {
        return NVT_E_UTF8;
    }
    return nvt_rpc_code_points(s) <= f->max ? NVT_OK : NVT_E_FIELD_LENGTH;
}

static nvt_err check_list(struct nvt_span items)
{
    if (items.len > NVT_RPC_LIST_MAX) {
        return NVT_E_FIELD_COUNT;
    }
    return items.len == 0U || items.ptr != NULL ? NVT_OK : NVT_E_ARG;
}

static nvt_err check_range(int64_t value, int64_t min, int64_t max)
{
    return value >= min && value <= max ? NVT_OK : NVT_E_FIELD_RANGE;
}

static nvt_err check_value(const struct nvt_rpc_field *f, const struct value *v)
{
    int64_t degrees = (int64_t)f->max * 10000000;
    nvt_err err = NVT_OK;
    switch (f->kind) {
    case NVT_RPC_TEXT:
        err = check_text(f, v->text);
        break;
    case NVT_RPC_TIME: /* RFC 3339 has four-digit years */
        err = check_range(v->number, 0, 253402300799);
        break;
    case NVT_RPC_U8:
    case NVT_RPC_U32:
        err = nvt_rpc_check_int(f, v->number);
        break;
    case NVT_RPC_DEGREE:
        err = check_range(v->number, -degrees, degrees);
        break;
    case NVT_RPC_ADULT:
        err = check_range(v->number, 0, NVT_RPC_ADULT_NULL);
        break;
    case NVT_RPC_LIST:
        err = check_list(v->text);
        break;
    case NVT_RPC_OBJECT:
    case NVT_RPC_EMPTY:
        break;
    default:
        err = nvt_rpc_check_form(f->kind, v->text);
        break;
    }
    return err;
}

/* ---- writing ---- */

static void write_time(struct nvt_json_writer *w, int64_t s)
{
    uint8_t text[20];
    struct nvt_buf b;
    nvt_buf_init(&b, text, sizeof text);
    nvt_time_put_rfc3339(&b, s);
    nvt_json_put_str(w, nvt_buf_span(&b));
}

/* Six decimals (0.1 m), halves away from zero. Below a millionth of a degree the registry's own
 * printing turns to an exponent, which its pattern then refuses: that much is 0. */
static void write_degree(struct nvt_json_writer *w, int32_t e7)
{
    int32_t half = e7 < 0 ? -5 : 5;
    bool tiny = e7 > -10 && e7 < 10;
    nvt_json_put_dec(w, tiny ? 0 : (e7 + half) / 10, 6U);
}

static void write_adult(struct nvt_json_writer *w, int64_t adult)
{
    if (adult == (int64_t)NVT_RPC_ADULT_NULL) {
        nvt_json_put_null(w);
    } else {
        nvt_json_put_bool(w, adult == (int64_t)NVT_RPC_ADULT_YES);
    }
}

static void write_value(struct nvt_json_writer *w, uint8_t kind, const struct value *v)
{
    switch (kind) {
    case NVT_RPC_TIME:
        write_time(w, v->number);
        break;
    case NVT_RPC_U8:
    case NVT_RPC_U32:
        nvt_json_put_int(w, v->number);
        break;
    case NVT_RPC_DEGREE:
        write_degree(w, (int32_t)v->number);
        break;
    case NVT_RPC_ADULT:
        write_adult(w, v->number);
        break;
    case NVT_RPC_OBJECT:
        nvt_json_begin_object(w);
        break;
    case NVT_RPC_LIST:
        nvt_json_begin_array(w);
        break;
    case NVT_RPC_EMPTY:
        nvt_json_begin_array(w);
        nvt_json_end_array(w);
        break;
    default: /* the texts */
        nvt_json_put_str(w, v->text);
        break;
    }
}

/* ---- walking ---- */

static void enter(struct walk *w, const struct nvt_rpc_shape *shape, const uint8_t *base,
                  const char *name, size_t items)
{
    struct frame *f = &w->frame[w->path.depth];
    f->shape = shape;
    f->base = base;
    f->seen = 0U;
    f->next = 0U;
    f->item = items > 0U;
    f->items_left = items;
    w->path.step[w->path.depth].name = name;
    w->path.step[w->path.depth].index = items > 0U ? 0 : -1;
    w->path.depth++;
}

static void enter_list(struct walk *w, const struct nvt_rpc_field *field, struct nvt_span items)
{
    if (items.len > 0U) {
        enter(w, field->shape, items.ptr, field->name, items.len);
        if (w->writer != NULL) {
            nvt_json_begin_object(w->writer);
        }
    } else if (w->writer != NULL) {
        nvt_json_end_array(w->writer);
    } else {
        /* an empty list has nothing to check */
    }
}

static void visit(struct walk *w, const struct nvt_rpc_field *field, const uint8_t *at,
                  const struct value *v)
{
    if (w->writer != NULL) {
        nvt_json_name(w->writer, nvt_span_str(field->name));
        write_value(w->writer, field->kind, v);
    }
    if (field->kind == (uint8_t)NVT_RPC_OBJECT) {
        enter(w, field->shape, at, field->name, 0U);
    }
    if (field->kind == (uint8_t)NVT_RPC_LIST) {
        enter_list(w, field, v->text);
    }
}

static void next_item(struct walk *w, struct frame *f)
{
    f->base += f->shape->size;
    f->seen = 0U;
    f->next = 0U;
    w->path.step[w->path.depth - 1U].index++;
    if (w->writer != NULL) {
        nvt_json_begin_object(w->writer);
    }
}

static void leave(struct walk *w, struct frame *f)
{
    if (w->writer != NULL) {
        nvt_json_end_object(w->writer);
    }
    if (f->item) {
        f->items_left--;
    }
    if (f->items_left > 0U) {
        next_item(w, f);
        return;
    }
    if (f->item && w->writer != NULL) {
        nvt_json_end_array(w->writer);
    }
    w->path.depth--;
}

/* One row, or the end of the object. *out_leaf names the member at fault. */
static nvt_err step(struct walk *w, struct nvt_span *out_leaf)
{
    struct frame *f = &w->frame[w->path.depth - 1U];
    nvt_err err = NVT_OK;
    if (f->next == f->shape->count) {
        const struct nvt_rpc_field *missing = nvt_rpc_missing(f->shape, f->seen);
        if (missing != NULL) {
            *out_leaf = nvt_span_str(missing->name);
            return NVT_E_FIELD_MISSING;
        }
        leave(w, f);
        return NVT_OK;
    }
    const struct nvt_rpc_field *field = &f->shape->field[f->next];
    const uint8_t *at = f->base + field->offset;
    const struct value v = load(field->kind, at);
    f->next++;
    if (present(field, &v)) {
        *out_leaf = nvt_span_str(field->name);
        f->seen |= (uint32_t)1U << (f->next - 1U);
        err = check_value(field, &v);
        if (err == NVT_OK) {
            visit(w, field, at, &v);
        }
    }
    return err;
}

static const struct nvt_rpc_shape *shape_of(enum nvt_rpc_version version)
{
    const struct nvt_rpc_shape *shape = &nvt_rpc_shape_v3;
    if (version == NVT_RPC_V2) {
        shape = &nvt_rpc_shape_v2;
    }
    if (version == NVT_RPC_UPDATE) {
        shape = &nvt_rpc_shape_update;
    }
    return shape;
}

static nvt_err walk_all(const struct nvt_rpc_journey *j, enum nvt_rpc_version version,
                        struct nvt_json_writer *writer, struct nvt_failure *out_failure)
{
    struct walk w;
    nvt_err err = NVT_OK;
    struct nvt_span leaf = NVT_LIT("");
    (void)memset(&w, 0, sizeof w);
    w.writer = writer;
    enter(&w, shape_of(version), (const uint8_t *)j, NULL, 0U);
    while (err == NVT_OK && w.path.depth > 0U) {
        err = step(&w, &leaf);
    }
    return err == NVT_OK ? NVT_OK : nvt_rpc_blame(out_failure, err, &w.path, leaf);
}

nvt_err nvt_rpc_journey_check(const struct nvt_rpc_journey *j, enum nvt_rpc_version version,
                              int64_t now_s, struct nvt_failure *out_failure)
{
    const struct nvt_rpc_path root = {.depth = 0U};
    if (out_failure != NULL) {
        (void)memset(out_failure, 0, sizeof *out_failure);
    }
    nvt_err err = walk_all(j, version, NULL, out_failure);
    if (err == NVT_OK) {
        err = nvt_rpc_check_times(j->start.time_s, j->end.time_s, now_s);
        if (err != NVT_OK) {
            err = nvt_rpc_blame(out_failure, err, &root, NVT_LIT("end.datetime"));
        }
    }
    return err;
}

nvt_err nvt_rpc_journey_write(const struct nvt_rpc_journey *j, enum nvt_rpc_version version,
                              int64_t now_s, struct nvt_buf *out, struct nvt_failure *out_failure)
{
    struct nvt_json_writer w;
    nvt_err err = nvt_rpc_journey_check(j, version, now_s, out_failure);
    if (err != NVT_OK) {
        return err;
    }
    nvt_json_writer_init(&w, out);
    nvt_json_begin_object(&w);
    (void)walk_all(j, version, &w, out_failure);
    err = nvt_json_writer_end(&w);
    if (err != NVT_OK && out_failure != NULL) {
        out_failure->err = err;
    }
    return err;
}
