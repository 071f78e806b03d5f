/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The judge of JSON: accepts exactly RFC 8259 and names the first byte that no valid text could
 * have there. jsmn tokenises only what passed here, since its strict mode lets most invalid
 * documents through.
 *
 * Every scanner takes the position and returns the one behind what it accepted, or NULL after
 * refuse(). Invariant between two steps: position <= end, depth <= NVT_JSON_DEPTH_MAX, and bit d of
 * objects tells the kind of the open container d.
 */
#include "scan.h"

#include <navette/word.h>

#if NVT_JSON_DEPTH_MAX < 1 || NVT_JSON_DEPTH_MAX > 32
#error "NVT_JSON_DEPTH_MAX must be 1 to 32: the open containers are a bit set"
#endif

enum expect {
    EXPECT_VALUE,
    EXPECT_FIRST_ITEM, /* a value or "]" */
    EXPECT_NAME,
    EXPECT_FIRST_NAME, /* a name or "}" */
    EXPECT_NEXT,       /* "," or the container's end */
    EXPECT_NOTHING     /* the top-level value is complete */
};

struct checker {
    const uint8_t *end;
    const uint8_t *refused;
    nvt_err err;
    enum expect expect;
    uint32_t objects;
    unsigned depth;
    unsigned floor; /* containers around the text: not its own to close */
};

/* Every refusal at the end of the text has one cause: more was needed. */
static const uint8_t *refuse(struct checker *c, const uint8_t *at, nvt_err err)
{
    c->refused = at;
    c->err = at == c->end ? NVT_E_JSON_END : err;
    return NULL;
}

static bool is_digit(uint8_t byte)
{
    return byte >= (uint8_t)'0' && byte <= (uint8_t)'9';
}

static bool is_letter(uint8_t byte)
{
    uint8_t lower = byte | 0x20U;
    return lower >= (uint8_t)'a' && lower <= (uint8_t)'z';
}

/* ws = *( %x20 / %x09 / %x0A / %x0D )                                   RFC 8259 section 2 */
static const uint8_t *skip_space(const uint8_t *p, const uint8_t *end)
{
    while (
        p < end && *p <= (uint8_t)' ' &&
        (*p == (uint8_t)' ' || *p == (uint8_t)'\n' || *p == (uint8_t)'\r' || *p == (uint8_t)'\t')) {
        p++;
    }
    return p;
}

/* ---- strings ---- */

/* Marks each byte that is not plain. A subtraction borrows only out of a byte that is marked
 * itself: false marks stand above true ones only, so the lowest is always true. Flipping bit 1
 * puts the quote (0x22) next to the control bytes, which saves a comparison. */
static nvt_word mark_not_plain(nvt_word word)
{
    nvt_word control_or_quote = (word ^ NVT_WORD_EACH(0x02)) - NVT_WORD_EACH(0x21);
    nvt_word backslash = (word ^ NVT_WORD_EACH('\\')) - NVT_WORD_EACH(0x01);
    return (word | control_or_quote | backslash) & NVT_WORD_MARKS;
}

static bool is_plain(uint8_t byte)
{
    return byte >= 0x20U && byte < 0x80U && byte != (uint8_t)'"' && byte != (uint8_t)'\\';
}

const uint8_t *nvt_json_plain(const uint8_t *p, const uint8_t *end)
{
    for (size_t left = (size_t)(end - p); left >= NVT_WORD_LEN; left -= NVT_WORD_LEN) {
        nvt_word marks = mark_not_plain(nvt_word_load(p));
        if (marks != 0U) {
            return p + nvt_word_before(marks);
        }
        p += NVT_WORD_LEN;
    }
    while (p < end && is_plain(*p)) {
        p++;
    }
    return p;
}

/* Whether the first i + 1 digits, as they stand in code, can start what is expected: the low half
 * of a surrogate pair (DC to DF), or anything else. Only the first two digits tell. */
static bool surrogate_fits(unsigned code, unsigned i, bool low)
{
    if (i == 0U) {
        return !low || code == 0xDU;
    }
    return i > 1U || low == ((code & 0xFCU) == 0xDCU);
}

/* 4HEXDIG behind "\u"; *out_code is the code unit. */
static const uint8_t *code_unit(struct checker *c, const uint8_t *p, bool low, unsigned *out_code)
{
    unsigned code = 0U;
    for (unsigned i = 0U; i < 4U; i++) {
        unsigned digit = p < c->end ? nvt_hex_value(*p) : 16U;
        code = code << 4U | digit;
        if (digit > 15U) {
            return refuse(c, p, NVT_E_JSON_ESCAPE);
        }
        if (!surrogate_fits(code, i, low)) {
            return refuse(c, p, NVT_E_JSON_SURROGATE);
        }
        p++;
    }
    *out_code = code;
    return p;
}

/* A high surrogate says nothing alone: "\uD83D" must be followed by "\uDC00" to "\uDFFF". */
static const uint8_t *unicode_escape(struct checker *c, const uint8_t *p)
{
    unsigned code = 0U;
    p = code_unit(c, p, false, &code);
    if (p == NULL || (code & 0xFC00U) != 0xD800U) {
        return p;
    }
    if (p == c->end || *p != (uint8_t)'\\') {
        return refuse(c, p, NVT_E_JSON_SURROGATE);
    }
    p++;
    if (p == c->end || *p != (uint8_t)'u') {
        return refuse(c, p, NVT_E_JSON_SURROGATE);
    }
    return code_unit(c, p + 1, true, &code);
}

/* escape = "\" ( quote / "\" / "/" / "b" / "f" / "n" / "r" / "t" / "u" 4HEXDIG )
 *                                                    RFC 8259 section 7; p is behind the "\" */
static const uint8_t *escape(struct checker *c, const uint8_t *p)
{
    if (p < c->end && *p == (uint8_t)'u') {
        return unicode_escape(c, p + 1);
    }
    if (p < c->end && nvt_json_short_meaning(*p) != 0U) {
        return p + 1;
    }
    return refuse(c, p, NVT_E_JSON_ESCAPE);
}

/* Only the second byte's range depends on the first: that keeps out overlong forms, surrogates and
 * what lies above U+10FFFF. */
static void second_byte_range(uint8_t lead, uint8_t *out_low, uint8_t *out_high)
{
    *out_low = 0x80U;
    *out_high = 0xBFU;
    switch (lead) {
    case 0xE0U:
        *out_low = 0xA0U;
        break;
    case 0xEDU:
        *out_high = 0x9FU;
        break;
    case 0xF0U:
        *out_low = 0x90U;
        break;
    case 0xF4U:
        *out_high = 0x8FU;
        break;
    default:
        break;
    }
}

/* UTF8-2 / UTF8-3 / UTF8-4 of RFC 3629 section 4. Not base's check: the refused byte counts. */
static const uint8_t *multibyte(struct checker *c, const uint8_t *p)
{
    uint8_t low;
    uint8_t high;
    unsigned more = 1U + (*p >= 0xE0U ? 1U : 0U) + (*p >= 0xF0U ? 1U : 0U);

    if (*p < 0xC2U || *p > 0xF4U) {
        return refuse(c, p, NVT_E_JSON_UTF8);
    }
    second_byte_range(*p, &low, &high);
    for (; more > 0U; more--) {
        p++;
        if (p == c->end || *p < low || *p > high) {
            return refuse(c, p, NVT_E_JSON_UTF8);
        }
        low = 0x80U;
        high = 0xBFU;
    }
    return p + 1;
}

/* What stands in a string besides plain text and its end. */
static const uint8_t *unplain(struct checker *c, const uint8_t *p)
{
    if (p == c->end || *p < 0x20U) {
        return refuse(c, p, NVT_E_JSON_CONTROL);
    }
    return *p == (uint8_t)'\\' ? escape(c, p + 1) : multibyte(c, p);
}

/* string = quotation-mark *char quotation-mark                          RFC 8259 section 7
 * p is behind the opening quote. */
static const uint8_t *string(struct checker *c, const uint8_t *p)
{
    while (p != NULL) {
        p = nvt_json_plain(p, c->end);
        if (p < c->end && *p == (uint8_t)'"') {
            return p + 1;
        }
        p = unplain(c, p);
    }
    return NULL;
}

/* ---- numbers and literals ---- */

/* 1*DIGIT */
static const uint8_t *digits(struct checker *c, const uint8_t *p)
{
    if (p == c->end || !is_digit(*p)) {
        return refuse(c, p, NVT_E_JSON_NUMBER);
    }
    while (p < c->end && is_digit(*p)) {
        p++;
    }
    return p;
}

/* "01", "1.2.3", "0x1" and "nullx" are one broken word each to whoever wrote them: say so, not
 * that a comma is missing. */
static const uint8_t *word_end(struct checker *c, const uint8_t *p, nvt_err err)
{
    if (p < c->end && (is_digit(*p) || is_letter(*p) || *p == (uint8_t)'.' || *p == (uint8_t)'+' ||
                       *p == (uint8_t)'-')) {
        return refuse(c, p, err);
    }
    return p;
}

/* exp = e [ minus / plus ] 1*DIGIT; p is behind the "e" */
static const uint8_t *exponent(struct checker *c, const uint8_t *p)
{
    if (p < c->end && (*p == (uint8_t)'+' || *p == (uint8_t)'-')) {
        p++;
    }
    return digits(c, p);
}

/* number = [ minus ] int [ frac ] [ exp ]                               RFC 8259 section 6
 * int = zero / ( digit1-9 *DIGIT ); frac = decimal-point 1*DIGIT */
static const uint8_t *number(struct checker *c, const uint8_t *p)
{
    if (*p == (uint8_t)'-') {
        p++;
    }
    p = p < c->end && *p == (uint8_t)'0' ? p + 1 : digits(c, p);
    if (p != NULL && p < c->end && *p == (uint8_t)'.') {
        p = digits(c, p + 1);
    }
    if (p != NULL && p < c->end && (*p | 0x20U) == (uint8_t)'e') {
        p = exponent(c, p + 1);
    }
    return p == NULL ? NULL : word_end(c, p, NVT_E_JSON_NUMBER);
}

/* The rest of a literal, after its first letter matched. */
static const uint8_t *literal(struct checker *c, const uint8_t *p, const char *rest)
{
    for (p++; *rest != '\0'; rest++) {
        if (p == c->end || *p != (uint8_t)*rest) {
            return refuse(c, p, NVT_E_JSON_LITERAL);
        }
        p++;
    }
    return word_end(c, p, NVT_E_JSON_LITERAL);
}

/* ---- structure ---- */

static bool in_object(const struct checker *c)
{
    return c->depth > c->floor && (c->objects >> (c->depth - 1U) & 1U) != 0U;
}

static void value_done(struct checker *c)
{
    c->expect = c->depth == c->floor ? EXPECT_NOTHING : EXPECT_NEXT;
}

static const uint8_t *open_container(struct checker *c, const uint8_t *p, bool object)
{
    if (c->depth >= (unsigned)NVT_JSON_DEPTH_MAX) {
        return refuse(c, p, NVT_E_JSON_DEPTH);
    }
    uint32_t bit = (uint32_t)1U << c->depth;
    c->objects = object ? c->objects | bit : c->objects & ~bit;
    c->depth++;
    c->expect = object ? EXPECT_FIRST_NAME : EXPECT_FIRST_ITEM;
    return p + 1;
}

static const uint8_t *close_container(struct checker *c, const uint8_t *p)
{
    c->depth--;
    value_done(c);
    return p + 1;
}

static const uint8_t *scalar(struct checker *c, const uint8_t *p)
{
    if (*p == (uint8_t)'-' || is_digit(*p)) {
        return number(c, p);
    }
    switch (*p) {
    case 't':
        return literal(c, p, "rue");
    case 'f':
        return literal(c, p, "alse");
    case 'n':
        return literal(c, p, "ull");
    default:
        return refuse(c, p, is_letter(*p) ? NVT_E_JSON_LITERAL : NVT_E_JSON_SYNTAX);
    }
}

/* value = false / null / true / object / array / number / string        RFC 8259 section 3 */
static const uint8_t *value(struct checker *c, const uint8_t *p)
{
    uint8_t first = *p;
    if (first == (uint8_t)'{' || first == (uint8_t)'[') {
        return open_container(c, p, first == (uint8_t)'{');
    }
    value_done(c);
    return first == (uint8_t)'"' ? string(c, p + 1) : scalar(c, p);
}

/* member = string name-separator value                                  RFC 8259 section 4
 * up to the separator */
static const uint8_t *name(struct checker *c, const uint8_t *p)
{
    if (*p != (uint8_t)'"') {
        return refuse(c, p, NVT_E_JSON_SYNTAX);
    }
    p = string(c, p + 1);
    if (p == NULL) {
        return NULL;
    }
    p = skip_space(p, c->end);
    if (p == c->end || *p != (uint8_t)':') {
        return refuse(c, p, NVT_E_JSON_SYNTAX);
    }
    c->expect = EXPECT_VALUE;
    return p + 1;
}

/* value-separator, or the end of the open container */
static const uint8_t *next(struct checker *c, const uint8_t *p)
{
    bool object = in_object(c);
    if (*p == (uint8_t)',') {
        c->expect = object ? EXPECT_NAME : EXPECT_VALUE;
        return p + 1;
    }
    if (*p == (object ? (uint8_t)'}' : (uint8_t)']')) {
        return close_container(c, p);
    }
    return refuse(c, p, NVT_E_JSON_SYNTAX);
}

/* One token from any state; *p is its first byte. */
static const uint8_t *step(struct checker *c, const uint8_t *p)
{
    switch (c->expect) {
    case EXPECT_VALUE:
        return value(c, p);
    case EXPECT_FIRST_ITEM:
        return *p == (uint8_t)']' ? close_container(c, p) : value(c, p);
    case EXPECT_NAME:
        return name(c, p);
    case EXPECT_FIRST_NAME:
        return *p == (uint8_t)'}' ? close_container(c, p) : name(c, p);
    case EXPECT_NEXT:
        return next(c, p);
    case EXPECT_NOTHING:
    default:
        return refuse(c, p, NVT_E_JSON_TRAILING);
    }
}

nvt_err nvt_json_check_at(struct nvt_span text, unsigned depth, size_t *out_at)
{
    static const uint8_t none = 0U;
    const uint8_t *start = text.len == 0U ? &none : text.ptr; /* a NULL is not for arithmetic */
    struct checker c = {start + text.len, NULL, NVT_OK, EXPECT_VALUE, 0U, depth, depth};
    const uint8_t *p = skip_space(start, c.end);

    while (p != NULL && p < c.end) {
        p = step(&c, p);
        if (p != NULL) {
            p = skip_space(p, c.end);
        }
    }
    if (p != NULL && c.expect != EXPECT_NOTHING) {
        (void)refuse(&c, p, NVT_E_JSON_END);
    }
    if (out_at != NULL) {
        *out_at = c.err == NVT_OK ? text.len : (size_t)(c.refused - start);
    }
    return c.err;
}

nvt_err nvt_json_check(struct nvt_span text, size_t *out_at)
{
    return nvt_json_check_at(text, 0U, out_at);
}
