/* SPDX-License-Identifier: Apache-2.0 */
/* Byte classes of RFC 9110 and the machine that reads lines of fields, wherever they are split. */
#include "scan.h"

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

/* The same byte in every place of a word. */
#define EACH(byte) (SIZE_MAX / 255U * (size_t)(byte))

/* Every byte is at least 0x20 and not 0x7f. In steps without a carry between bytes: add 1 modulo
 * 128, which moves DEL to 0 and the controls to 1..0x20; what is above 0x20 now, or was above 0x7f
 * before, ends up with its top bit set. */
static inline bool is_plain_word(size_t word)
{
    size_t moved = ((word & EACH(0x7fU)) + EACH(1U)) & EACH(0x7fU);
    return (((moved + EACH(0x5fU)) | word) & EACH(0x80U)) == EACH(0x80U);
}

size_t nvt_http_token_run(struct nvt_span text)
{
    size_t run = 0;
    while (run < text.len && is_token(text.ptr[run])) {
        run++;
    }
    return run;
}

size_t nvt_http_text_run(struct nvt_span text)
{
    size_t run = 0;
    while (text.len - run >= sizeof(size_t)) {
        size_t word;
        (void)memcpy(&word, text.ptr + run, sizeof word);
        if (!is_plain_word(word)) {
            break;
        }
        run += sizeof word;
    }
    while (run < text.len && is_text(text.ptr[run])) {
        run++;
    }
    return run;
}

/* ---- names ---- */

enum nvt_http_known nvt_http_known_field(struct nvt_span name)
{
    switch (name.len) {
    case 4U:
        return nvt_span_eq_nocase(name, NVT_LIT("host")) ? NVT_HTTP_HOST : NVT_HTTP_OTHER;
    case 10U:
        return nvt_span_eq_nocase(name, NVT_LIT("connection")) ? NVT_HTTP_CONNECTION
                                                               : NVT_HTTP_OTHER;
    case 14U:
        return nvt_span_eq_nocase(name, NVT_LIT("content-length")) ? NVT_HTTP_CONTENT_LENGTH
                                                                   : NVT_HTTP_OTHER;
    case 17U:
        return nvt_span_eq_nocase(name, NVT_LIT("transfer-encoding")) ? NVT_HTTP_TRANSFER_ENCODING
                                                                      : NVT_HTTP_OTHER;
    default:
        return NVT_HTTP_OTHER;
    }
}

/* ---- lines ---- */

static inline void take(struct nvt_span *text, size_t n)
{
    text->ptr += n;
    text->len -= n;
}

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
    take(text, nvt_http_token_run(*text));
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
    take(text, nvt_http_text_run(*text));
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
    nvt_err err = text->len == 0U ? NVT_AGAIN : NVT_OK;
    if (err == NVT_OK && *line == NVT_HTTP_LINE_START) {
        err = pass_start(line, text);
    }
    if (err == NVT_OK && *line == NVT_HTTP_LINE_NAME) {
        err = pass_name(line, text);
    }
    if (err == NVT_OK && *line == NVT_HTTP_LINE_TEXT) {
        err = pass_text(line, text);
    }
    if (err == NVT_OK) {
        err = pass_lf(line, text);
    }
    return err;
}
