/* SPDX-License-Identifier: Apache-2.0 */
/* States of the response parser, and what holds between its fields before and after every call. */
#ifndef NAVETTE_HTTP_RESPONSE_H
#define NAVETTE_HTTP_RESPONSE_H

#include <navette/http.h>

#include "scan.h"

enum nvt_http_state {
    NVT_HTTP_AT_HEAD,       /* status line and fields; r->line says where in them */
    NVT_HTTP_AT_BODY,       /* body_left more bytes, then done */
    NVT_HTTP_AT_CLOSE,      /* body bytes until the connection ends */
    NVT_HTTP_AT_SIZE_FIRST, /* the first digit of a chunk size */
    NVT_HTTP_AT_SIZE,       /* more digits, or what ends them */
    NVT_HTTP_AT_SIZE_SPACE, /* white space between the size and ";" */
    NVT_HTTP_AT_EXTENSION,  /* behind ";", up to CR */
    NVT_HTTP_AT_SIZE_LF,    /* the LF of the chunk-size line */
    NVT_HTTP_AT_DATA,       /* body_left more bytes of the chunk */
    NVT_HTTP_AT_DATA_CR,    /* the CRLF behind them */
    NVT_HTTP_AT_DATA_LF,
    NVT_HTTP_AT_TRAILER, /* trailer fields; r->line says where in them */
    NVT_HTTP_AT_DONE,
};

/* The final head is complete. */
static inline bool nvt_http_has_head(const struct nvt_http_response *r)
{
    return r->state != (uint8_t)NVT_HTTP_AT_HEAD;
}

/* The head buffer: what is scanned was received, what was received fits. */
static inline bool nvt_http_head_invariant(const struct nvt_http_response *r)
{
    return r->line_start <= r->scan && r->scan <= r->head_len && r->head_len <= r->head_cap &&
           r->fields <= NVT_HTTP_FIELDS_MAX && r->interim <= NVT_HTTP_INTERIM_MAX &&
           r->line <= (uint8_t)NVT_HTTP_LINE_END;
}

/*
 * What every call of the parser keeps, from any state and for any input; checked by the tests, the
 * fuzzer and the proofs, after each step. It bounds every index the parser uses, and says that a
 * state that waits for body bytes has some to wait for.
 */
static inline bool nvt_http_response_invariant(const struct nvt_http_response *r)
{
    bool body = r->state == (uint8_t)NVT_HTTP_AT_BODY || r->state == (uint8_t)NVT_HTTP_AT_DATA;
    bool head = !nvt_http_has_head(r) || (r->scan == r->head_len && r->status >= 200U);
    size_t most = r->state == (uint8_t)NVT_HTTP_AT_TRAILER ? (size_t)NVT_HTTP_TRAILER_MAX
                                                           : (size_t)NVT_HTTP_CHUNK_LINE_MAX;
    bool section = r->state == (uint8_t)NVT_HTTP_AT_DONE || r->section_len <= most;
    return r->err <= NVT_OK && r->state <= (uint8_t)NVT_HTTP_AT_DONE &&
           nvt_http_head_invariant(r) && head && section && (!body || r->body_left > 0U);
}

#endif
