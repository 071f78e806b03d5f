/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A server's words made fit for people: a server may send anything, its caller's secrets included,
 * and what it sends ends up in logs and on terminals.
 */
#include "call.h"

#if NVT_SERVER_WORDS

/* A secret's beginning counts as the secret: servers cut what they quote. */
enum { SECRET_HEAD = 12 };

struct words {
    struct nvt_span text;
    bool escaped;
};

static int32_t hex_value(uint8_t c)
{
    if (c >= (uint8_t)'0' && c <= (uint8_t)'9') {
        return (int32_t)c - '0';
    }
    uint8_t l = (uint8_t)(c | 0x20U);
    return (l >= (uint8_t)'a' && l <= (uint8_t)'f') ? (int32_t)l - 'a' + 10 : -1;
}

/* The code unit of "\uXXXX" at the front of t, or -1. */
static int32_t unit_at(struct nvt_span t)
{
    int32_t unit = 0;
    if (t.len < 6U || t.ptr[0] != (uint8_t)'\\' || t.ptr[1] != (uint8_t)'u') {
        return -1;
    }
    for (size_t i = 2; i < 6U; i++) {
        int32_t v = hex_value(t.ptr[i]);
        if (v < 0) {
            return -1;
        }
        unit = unit * 16 + v;
    }
    return unit;
}

/* "\uXXXX" or a pair of them; half a pair becomes U+FFFD. */
static uint32_t take_unit(struct nvt_span *t, int32_t unit)
{
    nvt_span_skip(t, 6);
    if (unit < 0xD800 || unit > 0xDFFF) {
        return (uint32_t)unit;
    }
    int32_t low = unit_at(*t);
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
        int32_t unit = unit_at(w->text);
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

/* One hexadecimal digit, or -1. */
static int32_t take_hex(struct words *w)
{
    uint32_t cp = 0;
    return next(w, &cp) && cp < 0x80U ? hex_value((uint8_t)cp) : -1;
}

/* The next byte of a text that a form carries: "%XX", "+" or itself. */
static bool next_form(struct words *w, uint32_t *out_byte)
{
    if (!next(w, out_byte)) {
        return false;
    }
    struct words at = *w;
    int32_t high = *out_byte == (uint32_t)'%' ? take_hex(&at) : -1;
    int32_t low = high >= 0 ? take_hex(&at) : -1;
    if (low >= 0) {
        *out_byte = (uint32_t)(high * 16 + low);
        *w = at;
    } else if (*out_byte == (uint32_t)'+') {
        *out_byte = (uint32_t)' ';
    } else {
        /* itself */
    }
    return true;
}

/* Whether a character beyond ASCII comes next, as it is: a form does not write it so, but whoever
 * quotes one may. */
static bool is_wide(struct words w)
{
    uint32_t cp = 0;
    return next(&w, &cp) && cp >= 0x80U;
}

/* The front of text against secret, by characters or by bytes of a form. Returns the bytes of
 * secret that are there; *out_behind is what follows them. */
static size_t match(struct words text, struct nvt_span secret, bool form, struct words *out_behind)
{
    struct nvt_span left = secret;
    *out_behind = text;
    while (left.len > 0U) {
        uint32_t want = left.ptr[0];
        uint32_t got = 0;
        struct nvt_span rest = nvt_span_drop(left, 1);
        bool plain = !form || is_wide(text);
        if (plain && want >= 0x80U) {
            rest = left;
            (void)nvt_utf8_next(&rest, &want);
        }
        bool more = plain ? next(&text, &got) : next_form(&text, &got);
        if (!more || got != want || rest.len == left.len) {
            break;
        }
        *out_behind = text;
        left = rest;
    }
    return secret.len - left.len;
}

/* Takes a secret, or a telling part of one, off *w. */
static bool take_secret(struct words *w, struct nvt_span secret)
{
    for (unsigned form = 0; form < 2U; form++) {
        struct words behind;
        size_t n = match(*w, secret, form == 1U, &behind);
        if (n > 0U && (n == secret.len || n >= (size_t)SECRET_HEAD)) {
            *w = behind;
            return true;
        }
    }
    return false;
}

/* Takes what follows "Basic ", or a telling part of it. */
static bool take_basic(struct words *w, const struct nvt_credentials *c)
{
    uint8_t four[4];
    struct words at = *w;
    size_t n = 0;
    bool whole = true;
    for (size_t i = 0; whole && nvt_grant_basic(c, i, four) > 0U; i++) {
        size_t same = match(at, nvt_span_of(four, sizeof four), false, &at);
        n += same;
        whole = same == sizeof four;
    }
    if (!whole && n < (size_t)SECRET_HEAD) {
        return false;
    }
    *w = at;
    return true;
}

static bool take_hidden(struct words *w, const struct nvt_hidden *hidden)
{
    for (size_t i = 0; i < NVT_HIDDEN_MAX; i++) {
        if (take_secret(w, hidden->secret[i])) {
            return true;
        }
    }
    for (size_t i = 0; i < hidden->header_count; i++) {
        if (hidden->headers[i].secret && take_secret(w, hidden->headers[i].value)) {
            return true;
        }
    }
    return hidden->basic != NULL && hidden->basic->grant == NVT_GRANT_CLIENT_BASIC &&
           take_basic(w, hidden->basic);
}

void nvt_failure_words(char *out, size_t cap, struct nvt_span text, bool escaped,
                       const struct nvt_hidden *hidden)
{
    struct nvt_buf b;
    struct words w = {text, escaped};
    uint32_t cp = 0;
    size_t used = strlen(out);
    nvt_buf_init(&b, out + used, cap - used - 1U);
    while (!b.overflow && w.text.len > 0U) {
        if (take_hidden(&w, hidden)) {
            nvt_buf_put(&b, NVT_LIT("***"));
        } else if (next(&w, &cp)) {
            nvt_utf8_put(&b, cp);
        } else {
            break;
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
