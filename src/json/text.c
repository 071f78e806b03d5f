/* SPDX-License-Identifier: Apache-2.0 */
/* The content of JSON strings: from its escaped form to the text that it means. */
#include "scan.h"

/* The short escapes of RFC 8259 section 7, and what they mean. */
static const uint8_t letters[8] = {'b', 'f', 'n', 'r', 't', '"', '\\', '/'};
static const uint8_t meanings[8] = {0x08U, 0x0CU, 0x0AU, 0x0DU, 0x09U, '"', '\\', '/'};

static uint8_t translate(const uint8_t from[8], const uint8_t to[8], uint8_t byte)
{
    const uint8_t *found = memchr(from, byte, 8U);
    return found == NULL ? 0U : to[found - from];
}

uint8_t nvt_json_short_meaning(uint8_t letter)
{
    return translate(letters, meanings, letter);
}

uint8_t nvt_json_short_letter(uint8_t byte)
{
    return translate(meanings, letters, byte);
}

bool nvt_json_has_escape(struct nvt_span raw)
{
    return raw.len > 0U && memchr(raw.ptr, '\\', raw.len) != NULL;
}

/* The code unit of a "\uXXXX" at the front of *raw, taken off; 0 when it is not all there, which no
 * checked text brings about. */
static uint32_t take_unit(struct nvt_span *raw)
{
    uint32_t code = 0U;
    for (size_t i = 2U; i < 6U && raw->len >= 6U; i++) {
        code = code << 4U | (nvt_hex_value(raw->ptr[i]) & 15U);
    }
    nvt_span_skip(raw, 6U);
    return code;
}

/* One escape off the front of *raw, as a code point: "\uXXXX", two of them that make one character,
 * or a letter. */
static uint32_t take_escape(struct nvt_span *raw)
{
    uint8_t kind = raw->len > 1U ? raw->ptr[1] : 0U;
    if (kind == (uint8_t)'u') {
        uint32_t code = take_unit(raw);
        if ((code & 0xFC00U) == 0xD800U) {
            code = 0x10000U + ((code & 0x3FFU) << 10U) + (take_unit(raw) & 0x3FFU);
        }
        return code;
    }
    nvt_span_skip(raw, 2U);
    return nvt_json_short_meaning(kind);
}

struct nvt_span nvt_json_str_piece(struct nvt_span *raw, uint8_t mem[4])
{
    if (raw->len == 0U) {
        return *raw;
    }
    if (raw->ptr[0] == (uint8_t)'\\') {
        struct nvt_buf text;
        nvt_buf_init(&text, mem, 4U);
        nvt_utf8_put(&text, take_escape(raw));
        return nvt_buf_span(&text);
    }
    const uint8_t *escape = memchr(raw->ptr, '\\', raw->len);
    size_t len = escape == NULL ? raw->len : (size_t)(escape - raw->ptr);
    struct nvt_span piece = nvt_span_of(raw->ptr, len);
    nvt_span_skip(raw, len);
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
        nvt_span_skip(&a->piece, len);
        nvt_span_skip(&b->piece, len);
        more_a = refill(a);
        more_b = refill(b);
    }
    return more_a == more_b;
}

bool nvt_json_same(struct nvt_span a, struct nvt_span b, bool b_plain)
{
    if (b_plain && a.len < b.len) {
        return false; /* an escape is never shorter than what it means */
    }
    if (!nvt_json_has_escape(a) && (b_plain || !nvt_json_has_escape(b))) {
        return nvt_span_eq(a, b);
    }
    struct nvt_span none = {NULL, 0U};
    struct text text_a = {a, none, {0U}};
    struct text text_b = {b_plain ? none : b, b_plain ? b : none, {0U}};
    return same(&text_a, &text_b);
}
