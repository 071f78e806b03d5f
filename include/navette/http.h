/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP room: HTTP/1.1 request heads out, responses in (RFC 9110, RFC 9112). Pure: no I/O, no clock.
 * The writer can not be made to emit a line of the caller's data; the parser refuses whatever two
 * peers could read in two ways, each refusal with its own error.
 */
#ifndef NAVETTE_HTTP_H
#define NAVETTE_HTTP_H

#include <navette/base.h>

/* ---- requests ---- */

/* A request head being written into a caller's buffer. The first error sticks. */
struct nvt_http_request {
    struct nvt_buf *out;
    nvt_err err;
};

/* Request line and Host field. method: token; target: origin-form (RFC 9112 section 3.2.1), visible
 * ASCII without '#', starting with '/'; authority: host[:port]. */
void nvt_http_request_begin(struct nvt_http_request *r, struct nvt_buf *out, struct nvt_span method,
                            struct nvt_span target, struct nvt_span authority);

/* One field. value: visible bytes, spaces and tabs between, at least 0x20 (RFC 9110 section 5.5);
 * it may be given in pieces, e.g. "Bearer " and the token: piece 2 may be empty. */
void nvt_http_request_field(struct nvt_http_request *r, struct nvt_span name, struct nvt_span value,
                            struct nvt_span value_rest);

/* Content-Length. */
void nvt_http_request_length(struct nvt_http_request *r, uint64_t body_len);

/* The empty line. NVT_OK, or the first error: NVT_E_HTTP_METHOD, _TARGET, _HOST, _NAME, _VALUE,
 * NVT_E_SPACE. On an error out holds no complete head and must not be sent. */
nvt_err nvt_http_request_end(struct nvt_http_request *r);

/* ---- responses ---- */

enum nvt_http_event {
    NVT_HTTP_NEED, /* all input taken, more is needed */
    NVT_HTTP_HEAD, /* the final head is complete: status and fields may be read */
    NVT_HTTP_BODY, /* *out_body views decoded body bytes inside the input */
    NVT_HTTP_DONE, /* the message is complete; unread input, if any, is not part of it */
};

/* How a response's body is delimited (RFC 9112 section 6.3). */
enum nvt_http_framing { NVT_HTTP_NO_BODY, NVT_HTTP_LENGTH, NVT_HTTP_CHUNKED, NVT_HTTP_UNTIL_CLOSE };

/* One response being parsed. Fields marked read-only are the result; the others are the parser's.
 */
struct nvt_http_response {
    uint8_t *head; /* caller's head buffer */
    size_t head_cap;
    size_t head_len; /* read-only: bytes of head used */
    uint16_t status; /* read-only: 100 to 599 */
    uint8_t minor;   /* read-only: 0 or 1, of HTTP/1.x */
    uint8_t framing; /* read-only: enum nvt_http_framing */
    bool
        keep_alive; /* read-only: the connection may serve another request (RFC 9112 section 9.3) */
    bool to_head_request;    /* the request was HEAD: no body whatever the fields say */
    bool has_length;         /* a Content-Length was there */
    uint64_t content_length; /* read-only when has_length */
    uint64_t body_left;      /* of the body or of the chunk */
    uint8_t state;
    uint8_t interim; /* 1xx responses skipped */
    uint8_t fields;
    bool chunked;
    size_t scan;       /* head bytes already scanned */
    size_t line_start; /* where the line being scanned starts */
    size_t line_len;   /* bytes of the chunk-size line or trailer section so far */
    nvt_err err;       /* sticks */
};

/* Prepares for one response. head must outlive the use of any field view. to_head_request: see
 * above. */
void nvt_http_response_init(struct nvt_http_response *r, void *head, size_t head_cap,
                            bool to_head_request);

/*
 * Takes bytes off *in and reports what they complete. Call until NVT_HTTP_NEED or NVT_HTTP_DONE;
 * the result is the same for every way of splitting the input. Returns NVT_OK with *out_event set,
 * or a refusal (NVT_E_HTTP_*), which sticks.
 */
nvt_err nvt_http_response_feed(struct nvt_http_response *r, struct nvt_span *in,
                               enum nvt_http_event *out_event, struct nvt_span *out_body);

/* The peer ended the connection in order: NVT_OK when that completes the message (a body until
 * close, or already done), else NVT_E_HTTP_TRUNCATED. Call it only after a proper TLS close_notify.
 */
nvt_err nvt_http_response_close(struct nvt_http_response *r);

/* A field of the final head: name as received, value trimmed; views into the head buffer. */
struct nvt_http_field {
    struct nvt_span name;
    struct nvt_span value;
};

/* Walks the fields in order; *cursor starts at 0. False after the last one. */
bool nvt_http_field_next(const struct nvt_http_response *r, size_t *cursor,
                         struct nvt_http_field *out_field);

/* The first field of that name (ASCII case ignored). False when there is none. */
bool nvt_http_field_find(const struct nvt_http_response *r, struct nvt_span name,
                         struct nvt_span *out_value);

#endif
