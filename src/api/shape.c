/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of single values, what an object lacks, and whom to blame. */
#include "shape.h"

unsigned nvt_shape_head(const struct nvt_shape *shape, unsigned row)
{
    while (row > 0U && (shape->row[row - 1U].flags & (uint8_t)NVT_FIELD_OR) != 0U) {
        row--;
    }
    return row;
}

const struct nvt_field *nvt_shape_missing(const struct nvt_shape *shape, uint32_t seen)
{
    uint32_t needed = (seen & shape->unless) == 0U ? shape->needed : 0U;
    for (unsigned i = 0; i < shape->count; i++) {
        bool required =
            (shape->row[i].flags & (uint8_t)NVT_FIELD_REQUIRED) != 0U || ((needed >> i) & 1U) != 0U;
        if (required && ((seen >> i) & 1U) == 0U) {
            return &shape->row[i];
        }
    }
    return NULL;
}

/* ---- values ---- */

bool nvt_shape_all_in(struct nvt_span s, const char *ranges)
{
    size_t i = 0;
    bool in = true;
    while (i < s.len && in) {
        in = false;
        for (const char *r = ranges; *r != '\0' && !in; r += 2) {
            in = s.ptr[i] >= (uint8_t)r[0] && s.ptr[i] <= (uint8_t)r[1];
        }
        i++;
    }
    return in;
}

static size_t least_bytes(const struct nvt_field *f)
{
    size_t min = (f->flags & (uint8_t)NVT_FIELD_EXACT) != 0U ? f->max : 1U;
    return (f->flags & (uint8_t)NVT_FIELD_MAY_BE_EMPTY) != 0U ? 0U : min;
}

static nvt_err check_chars(const struct nvt_field *f, struct nvt_span s)
{
    if (s.len < least_bytes(f) || s.len > f->max) {
        return NVT_E_FIELD_LENGTH;
    }
    return nvt_shape_all_in(s, f->of.words) ? NVT_OK : NVT_E_FIELD_FORMAT;
}

static nvt_err check_time(struct nvt_span s)
{
    int64_t time_s = 0;
    if (s.len > 64U) {
        return NVT_E_FIELD_LENGTH;
    }
    return nvt_time_parse_rfc3339(s, &time_s) == NVT_OK ? NVT_OK : NVT_E_FIELD_FORMAT;
}

/* text is one of the words between the bars. */
static bool is_word(const char *words, struct nvt_span text)
{
    bool found = false;
    const char *p = words;
    while (*p != '\0' && !found) {
        size_t len = 0;
        while (p[len] != '\0' && p[len] != '|') {
            len++;
        }
        found = nvt_span_eq(nvt_span_of(p, len), text);
        p += len;
        p += *p == '|' ? 1 : 0;
    }
    return found;
}

nvt_err nvt_shape_check_form(const struct nvt_field *field, struct nvt_span text)
{
    nvt_err err = NVT_OK;
    switch (field->kind) {
    case NVT_FIELD_CHARS:
        err = check_chars(field, text);
        break;
    case NVT_FIELD_PHONE:
        err = nvt_shape_check_phone(text, (unsigned)field->max);
        break;
    case NVT_FIELD_TIME:
        err = check_time(text);
        break;
    case NVT_FIELD_LETTER:
        err =
            text.len == 1U && nvt_shape_all_in(text, field->of.words) ? NVT_OK : NVT_E_FIELD_FORMAT;
        break;
    default: /* NVT_FIELD_CHOICE, NVT_FIELD_CONST */
        err = is_word(field->of.words, text) ? NVT_OK : NVT_E_FIELD_FORMAT;
        break;
    }
    return err;
}

/* ---- texts ---- */

/* What was seen of a text so far. */
struct tally {
    size_t points; /* code points */
    size_t marks;  /* '<' and '>' among them */
    bool nul;
    struct nvt_shape_email email;
};

static void count(struct tally *t, struct nvt_span piece, bool email)
{
    for (size_t i = 0; i < piece.len; i++) {
        uint8_t byte = piece.ptr[i];
        t->points += (byte & 0xC0U) != 0x80U ? 1U : 0U;
        t->marks += byte == (uint8_t)'<' || byte == (uint8_t)'>' ? 1U : 0U;
        t->nul = t->nul || byte == 0U;
        if (email) {
            nvt_shape_email_take(&t->email, byte);
        }
    }
}

static void count_all(struct tally *t, struct nvt_span text, bool escaped, bool email)
{
    uint8_t mem[4];
    while (text.len > 0U) {
        struct nvt_span piece = text;
        if (escaped) {
            piece = nvt_json_str_piece(&text, mem);
        } else {
            text.len = 0U;
        }
        count(t, piece, email);
    }
}

static size_t least_points(const struct nvt_field *field)
{
    size_t min = (field->flags & (uint8_t)NVT_FIELD_MAY_BE_EMPTY) != 0U ? 0U : 1U;
    return field->kind == (uint8_t)NVT_FIELD_EMAIL ? 5U : min;
}

nvt_err nvt_shape_check_text(const struct nvt_field *field, struct nvt_span text, bool escaped)
{
    struct tally t;
    bool email = field->kind == (uint8_t)NVT_FIELD_EMAIL;
    (void)memset(&t, 0, sizeof t);
    count_all(&t, text, escaped, email);
    if (t.nul) {
        return NVT_E_FIELD_NUL;
    }
    if (field->kind == (uint8_t)NVT_FIELD_ANY) {
        return NVT_OK;
    }
    size_t points = t.points + (field->kind == (uint8_t)NVT_FIELD_COLUMN ? 3U * t.marks : 0U);
    if (points < least_points(field) || points > field->max) {
        return NVT_E_FIELD_LENGTH;
    }
    bool formed = (!email || nvt_shape_email_ok(&t.email)) &&
                  (field->kind != (uint8_t)NVT_FIELD_KEY || t.marks == 0U);
    return formed ? NVT_OK : NVT_E_FIELD_FORMAT;
}

/* ---- numbers ---- */

nvt_err nvt_shape_check_int(const struct nvt_field *field, int64_t value)
{
    int64_t max = (int64_t)field->max;
    int64_t min = (field->flags & (uint8_t)NVT_FIELD_FROM_1) != 0U ? 1 : 0;
    if (field->kind == (uint8_t)NVT_FIELD_S32) {
        min = -max;
    }
    return value >= min && value <= max ? NVT_OK : NVT_E_FIELD_RANGE;
}

nvt_err nvt_shape_take_rank(uint32_t *taken, int64_t value)
{
    uint32_t bit = (uint32_t)1U << (unsigned)value;
    nvt_err err = (*taken & bit) == 0U ? NVT_OK : NVT_E_FIELD_REPEATED;
    *taken |= bit;
    return err;
}

size_t nvt_shape_code_points(struct nvt_span text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++) {
        count += (text.ptr[i] & 0xC0U) != 0x80U ? 1U : 0U;
    }
    return count;
}

/* ---- blame ---- */

struct bounds {
    int64_t min, max;
};

/* max 0: there is no one pair. */
static struct bounds bounds_of(const struct nvt_field *f)
{
    struct bounds b = {0, (int64_t)f->max};
    switch (f->kind) {
    case NVT_FIELD_TEXT:
    case NVT_FIELD_COLUMN:
    case NVT_FIELD_KEY:
    case NVT_FIELD_EMAIL:
        b.min = (int64_t)least_points(f);
        break;
    case NVT_FIELD_CHARS:
        b.min = (int64_t)least_bytes(f);
        break;
    case NVT_FIELD_S32:
    case NVT_FIELD_DEGREE:
        b.min = -b.max;
        break;
    case NVT_FIELD_U8:
    case NVT_FIELD_RANK:
    case NVT_FIELD_U32:
        b.min = (f->flags & (uint8_t)NVT_FIELD_FROM_1) != 0U ? 1 : 0;
        break;
    case NVT_FIELD_LIST:
        break;
    default:
        b.max = 0;
        break;
    }
    return b;
}

nvt_err nvt_shape_put_bounds(struct nvt_failure *out_failure, nvt_err err,
                             const struct nvt_field *field)
{
    struct bounds bounds = {0, 0};
    struct nvt_buf b;
    if (err == NVT_E_FIELD_RANGE || err == NVT_E_FIELD_LENGTH || err == NVT_E_FIELD_COUNT) {
        bounds = bounds_of(field);
    }
    if (out_failure == NULL || bounds.max == 0) {
        return err;
    }
    nvt_buf_init(&b, out_failure->message, sizeof(out_failure->message) - 1U);
    nvt_buf_put_dec(&b, bounds.min, 0U);
    if (bounds.max == (int64_t)NVT_FIELD_NO_MAX) {
        nvt_buf_put(&b, NVT_LIT(" or more"));
    } else if (bounds.max > bounds.min) {
        nvt_buf_put(&b, NVT_LIT(" to "));
        nvt_buf_put_dec(&b, bounds.max, 0U);
    } else {
        /* one length alone is right */
    }
    out_failure->message[b.len] = '\0';
    return err;
}

static void put_step(struct nvt_buf *b, const struct nvt_shape_step *step)
{
    if (step->name != NULL) {
        if (b->len > 0U) {
            nvt_buf_put_byte(b, (uint8_t)'.');
        }
        nvt_buf_put(b, nvt_span_str(step->name));
    }
    if (step->index >= 0) {
        nvt_buf_put_byte(b, (uint8_t)'[');
        nvt_buf_put_u64(b, (uint64_t)step->index);
        nvt_buf_put_byte(b, (uint8_t)']');
    }
}

/* Only names that the sender made up are longer than the room: they are cut at a character. */
static struct nvt_span cut(struct nvt_span s, size_t room)
{
    size_t len = s.len < room ? s.len : room;
    while (len < s.len && len > 0U && (s.ptr[len] & 0xC0U) == 0x80U) {
        len--;
    }
    return nvt_span_of(s.ptr, len);
}

nvt_err nvt_shape_blame(struct nvt_failure *out_failure, nvt_err err,
                        const struct nvt_shape_path *path, struct nvt_span leaf)
{
    if (out_failure == NULL) {
        return err;
    }
    struct nvt_buf b;
    nvt_buf_init(&b, out_failure->field, sizeof(out_failure->field) - 1U);
    for (unsigned i = 0; i < path->depth; i++) {
        put_step(&b, &path->step[i]);
    }
    if (leaf.len > 0U && b.len > 0U) {
        nvt_buf_put_byte(&b, (uint8_t)'.');
    }
    nvt_buf_put(&b, cut(leaf, b.cap - b.len));
    out_failure->field[b.len] = '\0';
    out_failure->err = err;
    return err;
}

nvt_err nvt_shape_refuse(struct nvt_failure *out_failure, nvt_err err, const char *field)
{
    const struct nvt_shape_path root = {.depth = 0U};
    return nvt_shape_blame(out_failure, err, &root, nvt_span_str(field));
}
