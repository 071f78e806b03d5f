/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A server's words made fit for people: a server may send anything, its caller's secrets included,
 * and what it sends ends up in logs and on terminals.
 */
#include "call.h"

#if NVT_SERVER_WORDS

struct words {
    struct nvt_span text;
    bool escaped;
};

/* "\uXXXX" or a pair of them; half a pair becomes U+FFFD. */
static uint32_t take_unit(struct nvt_span *t, int32_t unit)
{
    nvt_span_skip(t, 6);
    if (unit < 0xD800 || unit > 0xDFFF) {
        return (uint32_t)unit;
    }
    int32_t low = nvt_escape_unit(*t);
    if (unit > 0xDBFF || low < 0xDC00 || low > 0xDFFF) {
        return 0xFFFDU;
    }
    nvt_span_skip(t, 6);
    return 0x10000U + ((uint32_t)(unit - 0xD800) << 10U) + (uint32_t)(low - 0xDC00);
}

static uint32_t simple_escape(uint8_t c)
{
    static const char from[] = "bfnrt";
    const char *at = c == 0U ? NULL : strchr(from, (int)c);
    return at == NULL ? (uint32_t)c : (uint32_t)' ';
}

/* Controls, also those of Unicode that turn text around on a terminal (bidi marks, line
 * separators). */
static bool is_control(uint32_t cp)
{
    return cp < 0x20U || (cp >= 0x7FU && cp <= 0x9FU) || (cp >= 0x2028U && cp <= 0x202EU) ||
           (cp >= 0x2066U && cp <= 0x2069U);
}

/* What the front of the text stands for; what is malformed, for '?'. */
static uint32_t take_character(struct words *w)
{
    uint32_t cp = 0;
    if (w->escaped && w->text.len >= 2U && w->text.ptr[0] == (uint8_t)'\\') {
        int32_t unit = nvt_escape_unit(w->text);
        if (unit >= 0) {
            return take_unit(&w->text, unit);
        }
        if (w->text.ptr[1] < 0x80U) {
            cp = simple_escape(w->text.ptr[1]);
            nvt_span_skip(&w->text, 2);
            return cp;
        }
    }
    if (nvt_utf8_next(&w->text, &cp) != NVT_OK) {
        nvt_span_skip(&w->text, 1);
        cp = (uint32_t)'?';
    }
    return cp;
}

/* Takes the next character as it is going to show. False at the end. */
static bool next(struct words *w, uint32_t *out_cp)
{
    if (w->text.len == 0U) {
        return false;
    }
    uint32_t cp = take_character(w);
    *out_cp = is_control(cp) ? (uint32_t)' ' : cp;
    return true;
}

void nvt_failure_words(char *out, size_t cap, struct nvt_span text, bool escaped,
                       const struct nvt_hidden *hidden)
{
    struct nvt_redaction r = {.hidden = hidden, .text = text};
    struct nvt_span piece;
    struct nvt_buf b;
    bool secret = false;
    size_t used = strlen(out);
    nvt_buf_init(&b, out + used, cap - used - 1U);
    while (!b.overflow && nvt_redact_next(&r, &piece, &secret)) {
        struct words w = {piece, escaped};
        uint32_t cp = 0;
        if (secret) {
            nvt_buf_put(&b, NVT_LIT("***"));
        }
        while (!secret && !b.overflow && next(&w, &cp)) {
            nvt_utf8_put(&b, cp);
        }
    }
    out[used + b.len] = '\0';
}

#else

/* Codes that the client acts on. Everything else is left out. */
void nvt_failure_words(char *out, size_t cap, struct nvt_span text, bool escaped,
                       const struct nvt_hidden *hidden)
{
    static const char codes[][14] = {"invalid_grant", "timeout"};
    (void)escaped;
    (void)hidden;
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        struct nvt_span code = nvt_span_str(codes[i]);
        if (nvt_span_eq(text, code) && code.len < cap) {
            (void)memcpy(out, codes[i], code.len + 1U);
        }
    }
}

#endif
