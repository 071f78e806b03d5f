/* SPDX-License-Identifier: Apache-2.0 */
/* Byte classes of RFC 9110 and the machine that reads lines of fields, wherever they are split. */
#include "scan.h"

#include <navette/word.h>

/* n is at most text->len, and text->ptr not null. */
static inline void take(struct nvt_span *text, size_t n)
{
    text->ptr += n;
    text->len -= n;
}

/* ---- byte classes ---- */

/* tchar = "!" / "#" / "$" / "%" / "&" / "'" / "*" / "+" / "-" / "." / "^" / "_" / "`" / "|" / "~" /
 *         DIGIT / ALPHA (RFC 9110 section 5.6.2), one bit for each byte */
static const uint32_t token_set[8] = {0, 0x03ff6cfaU, 0xc7fffffeU, 0x57ffffffU, 0, 0, 0, 0};

static inline bool is_token(uint8_t byte)
{
    return (token_set[byte >> 5U] >> (byte & 31U) & 1U) != 0U;
}

static inline bool is_text(uint8_t byte)
{
    return (byte >= 0x20U && byte != 0x7fU) || byte == (uint8_t)'\t';
}

/* ---- runs, a word at a time ---- */

/*
 * Both tests below give a word whose top bits mark the bytes outside a set. Every byte in front of
 * the lowest mark is in the set; the byte marked may be, for a carry from the byte before it, and
 * is looked at by itself. A byte + (0x80 - first) has its top bit set from first on; the sum
 * carries into the next byte only from a byte above 0x7f.
 */
#define FROM(bytes, first) ((bytes) + NVT_WORD_EACH(0x80U - (unsigned)(first)))

/* Bytes that are no text: below 0x20, from which 0x20 is more than there is, or 0x7f. HTAB counts
 * as no text here. Neither a borrow nor a carry can hide a mark: both add to what sets it. */
static inline nvt_word mark_not_text(nvt_word word)
{
    nvt_word control = word - NVT_WORD_EACH(0x20U);
    nvt_word del = word + NVT_WORD_EACH(1U);
    return (control | del) & ~word & NVT_WORD_MARKS;
}

/* Bytes that are neither a letter nor "-": names hardly hold any other. Bytes above 0x7f are marked
 * themselves, so their carries reach only bytes behind the lowest mark. */
static inline nvt_word mark_not_letter(nvt_word word)
{
    nvt_word small = word | NVT_WORD_EACH(0x20U);
    nvt_word letter = FROM(small, 'a') & ~FROM(small, 'z' + 1);
    nvt_word not_dash = FROM(word ^ NVT_WORD_EACH('-'), 1);
    return ((~letter & not_dash) | word) & NVT_WORD_MARKS;
}

/* A byte outside the set of the words may still be in the run: it is looked at by itself, and the
 * words go on behind it. Near the end of the text, each byte is. */
static inline size_t token_run(struct nvt_span text)
{
    struct nvt_span rest = text;
    for (;;) {
        while (rest.len >= NVT_WORD_LEN) {
            nvt_word marks = mark_not_letter(nvt_word_load(rest.ptr));
            if (marks != 0U) {
                take(&rest, nvt_word_before(marks));
                break;
            }
            take(&rest, NVT_WORD_LEN);
        }
        if (rest.len == 0U || rest.ptr[0] == (uint8_t)':' || !is_token(rest.ptr[0])) {
            return text.len - rest.len;
        }
        take(&rest, 1U);
    }
}

static inline size_t text_run(struct nvt_span text)
{
    struct nvt_span rest = text;
    for (;;) {
        while (rest.len >= NVT_WORD_LEN) {
            nvt_word marks = mark_not_text(nvt_word_load(rest.ptr));
            if (marks != 0U) {
                take(&rest, nvt_word_before(marks));
                break;
            }
            take(&rest, NVT_WORD_LEN);
        }
        if (rest.len == 0U || !is_text(rest.ptr[0])) {
            return text.len - rest.len;
        }
        take(&rest, 1U);
    }
}

size_t nvt_http_token_run(struct nvt_span text)
{
    return token_run(text);
}

size_t nvt_http_text_run(struct nvt_span text)
{
    return text_run(text);
}

/* ---- names ---- */

enum nvt_http_known nvt_http_known_field(struct nvt_span name)
{
    switch (name.len) {
    case 4U:
        return nvt_span_eq_nocase(name, NVT_LIT("Host")) ? NVT_HTTP_HOST : NVT_HTTP_OTHER;
    case 10U:
        return nvt_span_eq_nocase(name, NVT_LIT("Connection")) ? NVT_HTTP_CONNECTION
                                                               : NVT_HTTP_OTHER;
    case 14U:
        return nvt_span_eq_nocase(name, NVT_LIT("Content-Length")) ? NVT_HTTP_CONTENT_LENGTH
                                                                   : NVT_HTTP_OTHER;
    case 17U:
        return nvt_span_eq_nocase(name, NVT_LIT("Transfer-Encoding")) ? NVT_HTTP_TRANSFER_ENCODING
                                                                      : NVT_HTTP_OTHER;
    default:
        return NVT_HTTP_OTHER;
    }
}

/* ---- lines ---- */

/* At the start of a line: CR ends the section; white space would continue the line before. */
static inline nvt_err pass_start(uint8_t *line, struct nvt_span *text)
{
    switch (text->ptr[0]) {
    case '\r':
        take(text, 1U);
        *line = NVT_HTTP_LINE_LAST_LF;
        return NVT_OK;
    case ' ':
    case '\t':
        return NVT_E_HTTP_OBS_FOLD;
    case ':':
        return NVT_E_HTTP_FIELD_NAME;
    default:
        *line = NVT_HTTP_LINE_NAME;
        return NVT_OK;
    }
}

static inline nvt_err pass_name(uint8_t *line, struct nvt_span *text)
{
    take(text, token_run(*text));
    if (text->len == 0U) {
        return NVT_AGAIN;
    }
    if (text->ptr[0] != (uint8_t)':') {
        return text->ptr[0] == (uint8_t)'\n' ? NVT_E_HTTP_BARE_LF : NVT_E_HTTP_FIELD_NAME;
    }
    take(text, 1U);
    *line = NVT_HTTP_LINE_TEXT;
    return NVT_OK;
}

static inline nvt_err pass_text(uint8_t *line, struct nvt_span *text)
{
    take(text, text_run(*text));
    if (text->len == 0U) {
        return NVT_AGAIN;
    }
    if (text->ptr[0] != (uint8_t)'\r') {
        return text->ptr[0] == (uint8_t)'\n' ? NVT_E_HTTP_BARE_LF : NVT_E_HTTP_FIELD_VALUE;
    }
    take(text, 1U);
    *line = NVT_HTTP_LINE_LF;
    return NVT_OK;
}

static inline nvt_err pass_lf(uint8_t *line, struct nvt_span *text)
{
    if (text->len == 0U) {
        return NVT_AGAIN;
    }
    if (text->ptr[0] != (uint8_t)'\n') {
        return NVT_E_HTTP_BARE_CR;
    }
    take(text, 1U);
    *line = *line == NVT_HTTP_LINE_LF ? NVT_HTTP_LINE_START : NVT_HTTP_LINE_END;
    return NVT_OK;
}

/* field-line CRLF / CRLF, with field-line = field-name ":" OWS field-value OWS (RFC 9112 section
 * 5). One pass down the function reads a whole line; a split line enters again at its place. */
nvt_err nvt_http_line_step(uint8_t *line, struct nvt_span *text)
{
    struct nvt_span rest = *text; /* copies, which stay in registers */
    uint8_t place = *line;
    nvt_err err = rest.len == 0U ? NVT_AGAIN : NVT_OK;
    if (err == NVT_OK && place == NVT_HTTP_LINE_START) {
        err = pass_start(&place, &rest);
    }
    if (err == NVT_OK && place == NVT_HTTP_LINE_NAME) {
        err = pass_name(&place, &rest);
    }
    if (err == NVT_OK && place == NVT_HTTP_LINE_TEXT) {
        err = pass_text(&place, &rest);
    }
    if (err == NVT_OK) {
        err = pass_lf(&place, &rest);
    }
    *line = place;
    *text = rest;
    return err;
}
