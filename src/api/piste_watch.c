/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds codeRetour and libelle in an answer that passes by: a scanner of RFC 8259 that is strict
 * about nothing, for what it reads is the receiver's to check. In every JSON object it sees what a
 * parser sees; anything else it leaves alone from the first byte on that cannot be.
 *
 * What holds between two bytes:
 * - depth is 0 in START, 1 in NEXT to NUMBER, at least 2 in INNER and INNER_STRING, anything in
 * OFF;
 * - name_at is at most the length of a name that name still has the bit of, and 0 without any;
 * - code_len and text_len are at most the room of code and text;
 * - failed only with the bit of codeRetour in seen.
 */
#include <navette/piste.h>

enum {
    START,        /* white space before the object */
    NEXT,         /* behind '{' or ',': a name, or the end */
    NAME,         /* inside a member's name */
    COLON,        /* behind it */
    VALUE,        /* before a member's value */
    AFTER,        /* behind it */
    TEXT,         /* inside libelle */
    SKIP,         /* inside another string */
    SCALAR,       /* inside a number, true, false or null */
    NUMBER,       /* inside codeRetour */
    INNER,        /* inside a value that is an object or array */
    INNER_STRING, /* inside a string of that */
    OFF           /* nothing more to find */
};

enum { CODE = 1, LIBELLE = 2, BOTH = 3 };

static const char names[2][11] = {"codeRetour", "libelle"};

static bool is_space(uint8_t c)
{
    return c == (uint8_t)' ' || c == (uint8_t)'\t' || c == (uint8_t)'\n' || c == (uint8_t)'\r';
}

/* ---- strings ---- */

/* Names as they stand in the text; nobody writes these two with escapes. Against the NUL behind
 * them, for byte '"', they are whole. */
static void compare(struct nvt_piste_watch *w, uint8_t byte)
{
    char want = (char)(byte == (uint8_t)'"' ? 0U : byte);
    for (unsigned i = 0; i < 2U; i++) {
        unsigned bit = 1U << i;
        if ((w->name & bit) != 0U && (byte == 0U || names[i][w->name_at] != want)) {
            w->name = (uint8_t)(w->name & ~bit);
        }
    }
    w->name_at = (uint8_t)(w->name == 0U ? 0U : w->name_at + 1U);
}

/* Bytes of the character or escape that starts with first, second behind it. */
static size_t width(uint8_t first, uint8_t second)
{
    if (first == (uint8_t)'\\') {
        return second == (uint8_t)'u' ? 6U : 2U;
    }
    if (first < 0xC0U) {
        return 1;
    }
    return first < 0xE0U ? 2U : (first < 0xF0U ? 3U : 4U);
}

/* No more fits: the text ends with the last character that is whole. */
static void cut(struct nvt_piste_watch *w)
{
    size_t len = 0;
    size_t next = 0;
    while (next < sizeof(w->text)) {
        len = next;
        next += width(w->text[len], len + 1U < sizeof(w->text) ? w->text[len + 1U] : 0U);
    }
    if (next == sizeof(w->text)) {
        len = next;
    }
    w->text_len = (uint16_t)len;
    w->text_full = true;
}

static void keep(struct nvt_piste_watch *w, uint8_t byte)
{
    if (w->text_len < sizeof(w->text) && !w->text_full) {
        w->text[w->text_len] = byte;
        w->text_len++;
    } else if (!w->text_full) {
        cut(w);
    } else {
        /* of what was cut */
    }
}

static void end_string(struct nvt_piste_watch *w)
{
    switch (w->state) {
    case NAME:
        compare(w, (uint8_t)'"');
        w->state = (uint8_t)COLON;
        break;
    case INNER_STRING:
        w->state = (uint8_t)INNER;
        break;
    default:
        w->state = (uint8_t)AFTER;
        break;
    }
}

static void step_string(struct nvt_piste_watch *w, uint8_t c)
{
    bool escaped = w->escaped;
    w->escaped = !escaped && c == (uint8_t)'\\';
    if (c == (uint8_t)'"' && !escaped) {
        end_string(w);
    } else if (w->state == (uint8_t)NAME) {
        compare(w, escaped ? 0U : c);
    } else if (w->state == (uint8_t)TEXT) {
        keep(w, c);
    } else {
        /* it passes by */
    }
}

/* ---- all else ---- */

static void step_inner(struct nvt_piste_watch *w, uint8_t c)
{
    if (c == (uint8_t)'"') {
        w->state = (uint8_t)INNER_STRING;
    } else if (c == (uint8_t)'{' || c == (uint8_t)'[') {
        w->depth++;
        w->state = (uint8_t)(w->depth == UINT32_MAX ? OFF : INNER);
    } else if (c == (uint8_t)'}' || c == (uint8_t)']') {
        w->depth--;
        w->state = (uint8_t)(w->depth == 1U ? AFTER : INNER);
    } else {
        /* it passes by */
    }
}

static void count(struct nvt_piste_watch *w, uint8_t c)
{
    w->exponent = w->exponent || c == (uint8_t)'e' || c == (uint8_t)'E';
    w->nonzero = w->nonzero || (!w->exponent && c >= (uint8_t)'1' && c <= (uint8_t)'9');
    if (w->code_len < sizeof(w->code)) {
        w->code[w->code_len] = c;
        w->code_len++;
    }
}

/* Behind a value. */
static void step_after(struct nvt_piste_watch *w, uint8_t c)
{
    if (!is_space(c)) {
        bool more = c == (uint8_t)',' && w->seen != (uint8_t)BOTH;
        w->state = (uint8_t)(more ? NEXT : OFF);
    }
}

static void step_scalar(struct nvt_piste_watch *w, uint8_t c)
{
    if (is_space(c) || c == (uint8_t)',' || c == (uint8_t)'}') {
        w->failed = w->failed || (w->state == (uint8_t)NUMBER && w->nonzero);
        w->state = (uint8_t)AFTER;
        step_after(w, c);
    } else if (w->state == (uint8_t)NUMBER) {
        count(w, c);
    } else {
        /* it passes by */
    }
}

/* The first byte of a value. */
static void step_value(struct nvt_piste_watch *w, uint8_t c)
{
    unsigned which = (unsigned)w->name & ~(unsigned)w->seen;
    w->seen = (uint8_t)(w->seen | w->name);
    if (c == (uint8_t)'"') {
        w->state = (uint8_t)(which == (unsigned)LIBELLE ? TEXT : SKIP);
    } else if (c == (uint8_t)'{' || c == (uint8_t)'[') {
        w->depth++;
        w->state = (uint8_t)INNER;
    } else if (which == (unsigned)CODE && (c == (uint8_t)'-' || (c >= 0x30U && c <= 0x39U))) {
        w->state = (uint8_t)NUMBER;
        count(w, c);
    } else {
        w->state = (uint8_t)SCALAR;
    }
}

static void step_between(struct nvt_piste_watch *w, uint8_t c)
{
    uint8_t state = (uint8_t)OFF;
    if (is_space(c)) {
        return;
    }
    if (w->state == (uint8_t)START && c == (uint8_t)'{') {
        w->depth = 1;
        state = (uint8_t)NEXT;
    } else if (w->state == (uint8_t)NEXT && c == (uint8_t)'"') {
        w->name = (uint8_t)BOTH;
        w->name_at = 0;
        state = (uint8_t)NAME;
    } else if (w->state == (uint8_t)COLON && c == (uint8_t)':') {
        state = (uint8_t)VALUE;
    } else {
        /* no object, or its end */
    }
    w->state = state;
}

static void step(struct nvt_piste_watch *w, uint8_t c)
{
    switch (w->state) {
    case NAME:
    case TEXT:
    case SKIP:
    case INNER_STRING:
        step_string(w, c);
        break;
    case INNER:
        step_inner(w, c);
        break;
    case SCALAR:
    case NUMBER:
        step_scalar(w, c);
        break;
    case AFTER:
        step_after(w, c);
        break;
    case VALUE:
        if (!is_space(c)) {
            step_value(w, c);
        }
        break;
    default:
        step_between(w, c);
        break;
    }
}

void nvt_piste_watch_init(struct nvt_piste_watch *w)
{
    (void)memset(w, 0, sizeof(*w));
}

void nvt_piste_watch_feed(struct nvt_piste_watch *w, struct nvt_span piece)
{
    for (size_t i = 0; i < piece.len && w->state != (uint8_t)OFF; i++) {
        step(w, piece.ptr[i]);
    }
}
