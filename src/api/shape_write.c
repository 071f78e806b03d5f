/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Structs: checked, and written as JSON, by one walk along the tables. The stack is an array, since
 * the tables nest a few deep.
 */
#include "shape.h"

struct frame {
    const struct nvt_shape *shape;
    const uint8_t *base; /* of the struct that holds the shape's members */
    uint32_t seen;       /* bit n: row n was there */
    size_t items_left;   /* of the list whose item this is */
    uint32_t ranks;      /* bit n: an item of this list has n */
    bool unranked;       /* its items have 0 all of them: they are numbered here */
    uint8_t next;        /* row */
    bool item;
};

struct walk {
    struct frame frame[NVT_SHAPE_DEPTH];
    struct nvt_shape_path path;     /* path.depth frames are in use */
    struct nvt_json_writer *writer; /* NULL: check only */
    const struct nvt_field *field;  /* the last one looked at */
};

/* ---- reading members; memcpy, since a byte offset promises no alignment to the compiler ---- */

/* A member of any kind: a text, a list as its items and their count, or one or two numbers. */
struct value {
    struct nvt_span text;
    int64_t number;
    int32_t second;
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

/* Any enum of these four values has this one's size. */
static int64_t read_bool(const uint8_t *at)
{
    enum nvt_field_bool v = NVT_FIELD_ABSENT;
    (void)memcpy(&v, at, sizeof v);
    return (int64_t)v;
}

static const uint8_t *read_pointer(const uint8_t *at)
{
    const void *p = NULL;
    (void)memcpy(&p, at, sizeof p);
    return (const uint8_t *)p;
}

static struct nvt_span read_span(const uint8_t *at)
{
    struct nvt_span s = {read_pointer(at), 0U};
    (void)memcpy(&s.len, at + sizeof(void *), sizeof s.len);
    return s;
}

static struct value load(const struct nvt_field *f, const uint8_t *at)
{
    struct value v = {NVT_LIT(""), 0, 0};
    switch (f->kind) {
    case NVT_FIELD_LETTER:
        v.text = nvt_span_of(at, *at == 0U ? 0U : 1U);
        break;
    case NVT_FIELD_CONST:
        v.text = nvt_span_str(f->of.words);
        break;
    case NVT_FIELD_U8:
    case NVT_FIELD_RANK:
        v.number = (int64_t)*at;
        break;
    case NVT_FIELD_U32:
        v.number = (int64_t)read_u32(at);
        break;
    case NVT_FIELD_S32:
    case NVT_FIELD_DEGREE:
        v.number = (int64_t)(int32_t)read_u32(at);
        break;
    case NVT_FIELD_PAIR:
        v.number = (int64_t)(int32_t)read_u32(at);
        v.second = (int32_t)read_u32(at + sizeof(uint32_t));
        break;
    case NVT_FIELD_TIME:
        v.number = read_i64(at);
        break;
    case NVT_FIELD_BOOL:
        v.number = read_bool(at);
        break;
    case NVT_FIELD_LINK:
        v.text = nvt_span_of(read_pointer(at), 0U);
        v.number = v.text.ptr == NULL ? 0 : 1;
        break;
    default: /* texts, lists, and objects that start with the text they cannot do without */
        v.text = f->max == 0U && f->kind == (uint8_t)NVT_FIELD_LIST ? v.text : read_span(at);
        break;
    }
    return v;
}

/* A required number may be 0 and a required list empty, but no text unless it is said so. */
static bool present(const struct nvt_field *f, const struct value *v)
{
    bool required = (f->flags & (uint8_t)NVT_FIELD_REQUIRED) != 0U;
    bool zero_counts = f->kind > (uint8_t)NVT_FIELD_LAST_ABSENT ||
                       (f->flags & (uint8_t)NVT_FIELD_MAY_BE_EMPTY) != 0U;
    bool zero = v->text.len == 0U && v->number == 0 && v->second == 0;
    return (f->flags & (uint8_t)NVT_FIELD_JSON_ONLY) == 0U && ((required && zero_counts) || !zero);
}

/* ---- checking ---- */

static nvt_err check_text(const struct nvt_field *f, struct nvt_span s)
{
    return nvt_utf8_check(s) == NVT_OK ? nvt_shape_check_text(f, s, false) : NVT_E_UTF8;
}

static nvt_err check_any(const struct nvt_field *f, struct nvt_span json)
{
    nvt_err err = nvt_json_check(json, NULL);
    return err == NVT_OK ? nvt_shape_check_text(f, json, true) : err;
}

static nvt_err check_list(const struct nvt_field *f, struct nvt_span items)
{
    if (items.len > f->max) {
        return NVT_E_FIELD_COUNT;
    }
    return items.len == 0U || items.ptr != NULL ? NVT_OK : NVT_E_ARG;
}

static nvt_err check_range(int64_t value, int64_t min, int64_t max)
{
    return value >= min && value <= max ? NVT_OK : NVT_E_FIELD_RANGE;
}

static nvt_err check_degrees(int64_t value, uint32_t degrees)
{
    int64_t max = (int64_t)degrees * 10000000;
    return check_range(value, -max, max);
}

static nvt_err check_value(const struct nvt_field *f, const struct value *v)
{
    bool nullable = (f->flags & (uint8_t)NVT_FIELD_NULLABLE) != 0U;
    nvt_err err = NVT_OK;
    switch (f->kind) {
    case NVT_FIELD_TEXT:
    case NVT_FIELD_COLUMN:
    case NVT_FIELD_KEY:
    case NVT_FIELD_EMAIL:
        err = check_text(f, v->text);
        break;
    case NVT_FIELD_ANY:
        err = check_any(f, v->text);
        break;
    case NVT_FIELD_TIME: /* RFC 3339 has four-digit years */
        err = check_range(v->number, 0, 253402300799);
        break;
    case NVT_FIELD_U8:
    case NVT_FIELD_U32:
    case NVT_FIELD_S32:
        err = nvt_shape_check_int(f, v->number);
        break;
    case NVT_FIELD_DEGREE:
        err = check_degrees(v->number, f->max);
        break;
    case NVT_FIELD_PAIR:
        err = check_degrees(v->number, 90U);
        err = err == NVT_OK ? check_degrees(v->second, 180U) : err;
        break;
    case NVT_FIELD_BOOL:
        err = check_range(v->number, 0, nullable ? NVT_FIELD_NULL : NVT_FIELD_YES);
        break;
    case NVT_FIELD_LIST:
        err = check_list(f, v->text);
        break;
    case NVT_FIELD_OBJECT:
    case NVT_FIELD_LINK:
        break;
    default:
        err = nvt_shape_check_form(f, v->text);
        break;
    }
    return err;
}

/* ---- writing ---- */

static void write_time(struct nvt_json_writer *w, const struct nvt_field *f, int64_t s)
{
    uint8_t text[24];
    struct nvt_buf b;
    nvt_buf_init(&b, text, sizeof text);
    nvt_time_put_rfc3339(&b, s);
    if (f->max == 3U) {
        b.len--;
        nvt_buf_put(&b, NVT_LIT(".000Z"));
    }
    nvt_json_put_str(w, nvt_buf_span(&b));
}

/* Below a millionth of a degree the carpooling registry's own printing turns to an exponent, which
 * its pattern then refuses. */
int32_t nvt_shape_micro_degrees(int32_t e7)
{
    int32_t half = e7 < 0 ? -5 : 5;
    bool tiny = e7 > -10 && e7 < 10;
    return tiny ? 0 : (e7 + half) / 10;
}

static void write_degree(struct nvt_json_writer *w, int32_t e7)
{
    nvt_json_put_dec(w, nvt_shape_micro_degrees(e7), 6U);
}

static void write_pair(struct nvt_json_writer *w, const struct value *v)
{
    nvt_json_begin_array(w);
    write_degree(w, (int32_t)v->number);
    write_degree(w, v->second);
    nvt_json_end_array(w);
}

static void write_bool(struct nvt_json_writer *w, int64_t value)
{
    if (value == (int64_t)NVT_FIELD_NULL) {
        nvt_json_put_null(w);
    } else {
        nvt_json_put_bool(w, value == (int64_t)NVT_FIELD_YES);
    }
}

static void write_value(struct nvt_json_writer *w, const struct nvt_field *f, const struct value *v)
{
    switch (f->kind) {
    case NVT_FIELD_ANY:
        nvt_json_put_raw(w, v->text);
        break;
    case NVT_FIELD_TIME:
        write_time(w, f, v->number);
        break;
    case NVT_FIELD_U8:
    case NVT_FIELD_RANK:
    case NVT_FIELD_U32:
    case NVT_FIELD_S32:
        nvt_json_put_int(w, v->number);
        break;
    case NVT_FIELD_DEGREE:
        write_degree(w, (int32_t)v->number);
        break;
    case NVT_FIELD_PAIR:
        write_pair(w, v);
        break;
    case NVT_FIELD_BOOL:
        write_bool(w, v->number);
        break;
    case NVT_FIELD_LINK:
    case NVT_FIELD_OBJECT:
        nvt_json_begin_object(w);
        break;
    case NVT_FIELD_LIST:
        nvt_json_begin_array(w);
        break;
    default: /* the texts */
        nvt_json_put_str(w, v->text);
        break;
    }
}

/* ---- walking ---- */

static void enter(struct walk *w, const struct nvt_shape *shape, const uint8_t *base,
                  const char *name, size_t items)
{
    struct frame *f = &w->frame[w->path.depth];
    f->shape = shape;
    f->base = base;
    f->seen = 0U;
    f->next = 0U;
    f->item = items > 0U;
    f->items_left = items;
    f->ranks = 0U;
    f->unranked = false;
    w->path.step[w->path.depth].name = name;
    w->path.step[w->path.depth].index = items > 0U ? 0 : -1;
    w->path.depth++;
}

/* A struct that nobody numbered has 0 everywhere: one item may be meant so, two cannot. */
static bool is_unranked(const struct nvt_shape *shape, struct nvt_span items)
{
    bool zero = shape->row[0].kind == (uint8_t)NVT_FIELD_RANK;
    for (size_t i = 0; i < items.len && zero; i++) {
        zero = items.ptr[i * shape->size + shape->row[0].offset] == 0U;
    }
    return zero;
}

static void enter_list(struct walk *w, const struct nvt_field *field, struct nvt_span items)
{
    if (items.len > 0U) {
        enter(w, field->of.shape, items.ptr, field->name, items.len);
        w->frame[w->path.depth - 1U].unranked = is_unranked(field->of.shape, items);
        if (w->writer != NULL) {
            nvt_json_begin_object(w->writer);
        }
    } else if (w->writer != NULL) {
        nvt_json_end_array(w->writer);
    } else {
        /* an empty list has nothing to check */
    }
}

static void visit(struct walk *w, const struct nvt_field *field, const uint8_t *at,
                  const struct value *v)
{
    if (w->writer != NULL) {
        nvt_json_name(w->writer, nvt_span_str(field->name));
        write_value(w->writer, field, v);
    }
    if (field->kind == (uint8_t)NVT_FIELD_OBJECT) {
        enter(w, field->of.shape, at, field->name, 0U);
    }
    if (field->kind == (uint8_t)NVT_FIELD_LINK) {
        enter(w, field->of.shape, v->text.ptr, field->name, 0U);
    }
    if (field->kind == (uint8_t)NVT_FIELD_LIST) {
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

static nvt_err check_rank(struct walk *w, struct frame *f, struct value *v)
{
    if (f->unranked) {
        v->number = w->path.step[w->path.depth - 1U].index;
    }
    nvt_err err = nvt_shape_check_int(&f->shape->row[0], v->number);
    return err == NVT_OK ? nvt_shape_take_rank(&f->ranks, v->number) : err;
}

static nvt_err step_row(struct walk *w, struct frame *f)
{
    const struct nvt_field *field = &f->shape->row[f->next];
    const uint8_t *at = f->base + field->offset;
    struct value v = load(field, at);
    uint32_t bit = (uint32_t)1U << nvt_shape_head(f->shape, f->next);
    f->next++;
    w->field = field;
    if (!present(field, &v)) {
        return NVT_OK;
    }
    if ((f->seen & bit) != 0U) {
        return NVT_E_FIELD_BOTH;
    }
    f->seen |= bit;
    bool rank = field->kind == (uint8_t)NVT_FIELD_RANK;
    nvt_err err = rank ? check_rank(w, f, &v) : check_value(field, &v);
    if (err == NVT_OK) {
        visit(w, field, at, &v);
    }
    return err;
}

/* One row, or the end of the object. *out_leaf names the member at fault. */
static nvt_err step(struct walk *w, struct nvt_span *out_leaf)
{
    struct frame *f = &w->frame[w->path.depth - 1U];
    const struct nvt_field *missing = NULL;
    if (f->next < f->shape->count) {
        *out_leaf = nvt_span_str(f->shape->row[f->next].name);
        return step_row(w, f);
    }
    missing = nvt_shape_missing(f->shape, f->seen);
    if (missing != NULL) {
        *out_leaf = nvt_span_str(missing->name);
        return NVT_E_FIELD_MISSING;
    }
    leave(w, f);
    return NVT_OK;
}

static nvt_err walk_all(const struct nvt_shape *shape, const void *object,
                        struct nvt_json_writer *writer, struct nvt_failure *out_failure)
{
    struct walk w;
    nvt_err err = NVT_OK;
    struct nvt_span leaf = NVT_LIT("");
    (void)memset(&w, 0, sizeof w);
    w.writer = writer;
    if (out_failure != NULL) {
        (void)memset(out_failure, 0, sizeof *out_failure);
    }
    enter(&w, shape, (const uint8_t *)object, NULL, 0U);
    while (err == NVT_OK && w.path.depth > 0U) {
        err = step(&w, &leaf);
    }
    if (err != NVT_OK) {
        (void)nvt_shape_blame(out_failure, err, &w.path, leaf);
    }
    return nvt_shape_put_bounds(out_failure, err, w.field);
}

nvt_err nvt_shape_check(const struct nvt_shape *shape, const void *object,
                        struct nvt_failure *out_failure)
{
    return walk_all(shape, object, NULL, out_failure);
}

nvt_err nvt_shape_write(const struct nvt_shape *shape, const void *object, struct nvt_buf *out,
                        struct nvt_failure *out_failure)
{
    struct nvt_json_writer w;
    nvt_json_writer_init(&w, out);
    nvt_json_begin_object(&w);
    nvt_err err = walk_all(shape, object, &w, out_failure);
    if (err == NVT_OK) {
        err = nvt_json_writer_end(&w);
        if (err != NVT_OK && out_failure != NULL) {
            out_failure->err = err;
        }
    }
    return err;
}
