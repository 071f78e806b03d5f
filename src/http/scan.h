/* SPDX-License-Identifier: Apache-2.0 */
/* What the request writer and the response parser both need: byte classes, and the line machine. */
#ifndef NAVETTE_HTTP_SCAN_H
#define NAVETTE_HTTP_SCAN_H

#include <navette/base.h>

/* Bytes at the start of text that are token characters (RFC 9110 section 5.6.2). */
size_t nvt_http_token_run(struct nvt_span text);

/* Bytes at the start of text that a field value may hold: HTAB, SP, VCHAR, obs-text (RFC 9110
 * section 5.5). */
size_t nvt_http_text_run(struct nvt_span text);

/* Field names with a meaning to this room. */
enum nvt_http_known {
    NVT_HTTP_OTHER,
    NVT_HTTP_CONTENT_LENGTH,
    NVT_HTTP_TRANSFER_ENCODING,
    NVT_HTTP_CONNECTION,
    NVT_HTTP_HOST,
};

enum nvt_http_known nvt_http_known_field(struct nvt_span name);

/* Where in a line of fields the next byte belongs. */
enum nvt_http_line {
    NVT_HTTP_LINE_START,   /* the first byte of a field, or the CR that ends the section */
    NVT_HTTP_LINE_NAME,    /* the rest of a name, up to its colon */
    NVT_HTTP_LINE_TEXT,    /* a value (or a reason phrase), up to its CR */
    NVT_HTTP_LINE_LF,      /* the LF after it */
    NVT_HTTP_LINE_LAST_LF, /* the LF that ends the section */
    NVT_HTTP_LINE_END,     /* after it */
};

/* Takes bytes off *text up to the end of a line. NVT_OK: a line ended, or with
 * *line == NVT_HTTP_LINE_END the section; NVT_AGAIN: *text is used up; NVT_E_HTTP_FIELD_NAME,
 * _FIELD_VALUE, _OBS_FOLD, _BARE_LF, _BARE_CR with *text at the offending byte. */
nvt_err nvt_http_line_step(uint8_t *line, struct nvt_span *text);

#endif
