/* SPDX-License-Identifier: Apache-2.0 */
/* The content of JSON strings: from its escaped form to the text that it means. */
#include "scan.h"

static bool has_escape(struct nvt_span raw)
{
    return raw.len > 0U && memchr(raw.ptr, '\\', raw.len) != NULL;
}

/* 4HEXDIG; 0 when they are not all there, which no checked text brings about. */
static uint32_t hex4(struct nvt_span digits)
{
    uint32_t code = 0U;
    if (digits.len < 4U) {
        return 0U;
    }
    for (size_t i = 0U; i < 4U; i++) {
        code = code << 4U | (nvt_json_hex(digits.ptr[i]) & 15U);
    }
    return code;
}

/* "\uXXXX", or two of them that make one character; takes it off *raw. */
static uint32_t take_unicode(struct nvt_span *raw)
{
    uint32_t code = hex4(nvt_span_drop(*raw, 2U));
    *raw = nvt_span_drop(*raw, 6U);
    if ((code & 0xFC00U) == 0xD800U) {
        uint32_t low = hex4(nvt_span_drop(*raw, 2U));
        *raw = nvt_span_drop(*raw, 6U);
        code = 0x10000U + ((code & 0x3FFU) << 10U) + (low & 0x3FFU);
    }
    return code;
}

static uint8_t short_escape(uint8_t kind)
{
    switch (kind) {
    case 'b':
        return 0x08U;
    case 'f':
        return 0x0CU;
    case 'n':
        return 0x0AU;
    case 'r':
        return 0x0DU;
    case 't':
        return 0x09U;
    default:
        return kind; /* quote, backslash and solidus mean themselves */
    }
}

/* One escape off the front of *raw, as UTF-8 in mem. */
static struct nvt_span take_escape(struct nvt_span *raw, uint8_t mem[4])
{
    struct nvt_buf text;
    nvt_buf_init(&text, mem, 4U);
    if (raw->len > 1U && raw->ptr[1] == (uint8_t)'u') {
        nvt_utf8_put(&text, take_unicode(raw));
    } else {
        nvt_buf_put_byte(&text, short_escape(raw->ptr[raw->len > 1U ? 1U : 0U]));
        *raw = nvt_span_drop(*raw, 2U);
    }
    return nvt_buf_span(&text);
}

struct nvt_span nvt_json_str_piece(struct nvt_span *raw, uint8_t mem[4])
{
    if (raw->len == 0U) {
        return *raw;
    }
    if (raw->ptr[0] == (uint8_t)'\\') {
        return take_escape(raw, mem);
    }
    const uint8_t *escape = memchr(raw->ptr, '\\', raw->len);
    size_t len = escape == NULL ? raw->len : (size_t)(escape - raw->ptr);
    struct nvt_span piece = nvt_span_of(raw->ptr, len);
    *raw = nvt_span_drop(*raw, len);
    return piece;
}

/* ---- comparing ---- */

struct text {
    struct nvt_span raw;   /* still escaped */
    struct nvt_span piece; /* ready to compare */
    uint8_t mem[4];
};

/* Whether any text is left, and then some of it is in the piece. */
static bool refill(struct text *t)
{
    if (t->piece.len == 0U) {
        t->piece = nvt_json_str_piece(&t->raw, t->mem);
    }
    return t->piece.len > 0U;
}

static bool same(struct text *a, struct text *b)
{
    bool more_a = refill(a);
    bool more_b = refill(b);
    while (more_a && more_b) {
        size_t len = a->piece.len < b->piece.len ? a->piece.len : b->piece.len;
        if (memcmp(a->piece.ptr, b->piece.ptr, len) != 0) {
            return false;
        }
        a->piece = nvt_span_drop(a->piece, len);
        b->piece = nvt_span_drop(b->piece, len);
        more_a = refill(a);
        more_b = refill(b);
    }
    return more_a == more_b;
}

/* Every escape is longer than what it means, so a shorter content is never equal and an equally
 * long one only without escapes. */
bool nvt_json_text_is(struct nvt_span raw, struct nvt_span plain)
{
    if (raw.len <= plain.len) {
        return nvt_span_eq(raw, plain) && !has_escape(raw);
    }
    if (!has_escape(raw)) {
        return false;
    }
    struct text a = {raw, {NULL, 0U}, {0U}};
    struct text b = {{NULL, 0U}, plain, {0U}};
    return same(&a, &b);
}

bool nvt_json_text_same(struct nvt_span a, struct nvt_span b)
{
    if (nvt_span_eq(a, b)) {
        return true;
    }
    if (!has_escape(a) && !has_escape(b)) {
        return false;
    }
    struct text text_a = {a, {NULL, 0U}, {0U}};
    struct text text_b = {b, {NULL, 0U}, {0U}};
    return same(&text_a, &text_b);
}
