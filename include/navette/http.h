/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP room: HTTP/1.1 request heads out, responses in (RFC 9110, RFC 9112). Pure: no I/O, no clock.
 * The writer cannot be made to emit a line of the caller's data; the parser refuses whatever two
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
 * ASCII without '#', starting with '/'; authority: host[:port], an IPv6 host in brackets. */
void nvt_http_request_begin(struct nvt_http_request *r, struct nvt_buf *out, struct nvt_span method,
                            struct nvt_span target, struct nvt_span authority);

/* One field. value: bytes of at least 0x20 but 0x7f, and tabs, with no white space at its ends
 * (RFC 9110 section 5.5), or empty; it may be given in pieces, e.g. "Bearer " and the token: piece
 * 2 may be empty. Host, Content-Length and Transfer-Encoding are refused: they are the writer's. */
void nvt_http_request_field(struct nvt_http_request *r, struct nvt_span name, struct nvt_span value,
                            struct nvt_span value_rest);

/* A field that never changes, or changes only in its value: NVT_HTTP_FRONT("Accept: "). A type of
 * its own, and a macro that takes nothing but a literal, so that no text from outside gets here. */
struct nvt_http_front {
    struct nvt_span text;
};
#define NVT_HTTP_FRONT(literal) ((struct nvt_http_front){NVT_LIT("\r\n" literal)})

/* Writes the front as it is, which may hold several fields; the value, which may be empty, is
 * checked as above. */
void nvt_http_request_const(struct nvt_http_request *r, struct nvt_http_front front,
                            struct nvt_span value);

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

/* One response being parsed. The first part is the result, to be read only. */
struct nvt_http_response {
    size_t head_len;         /* bytes of the head buffer used */
    uint64_t content_length; /* when has_length */
    uint16_t status;         /* 100 to 599 */
    uint8_t minor;           /* 0 or 1, of HTTP/1.x */
    uint8_t framing;         /* enum nvt_http_framing */
    bool has_length;         /* a Content-Length was there */
    bool keep_alive;         /* this response leaves the connection open (RFC 9112 section 9.3) */

    /* The parser's own; src/http/response.c states what holds between them. */
    bool to_head_request;
    bool chunked;    /* Transfer-Encoding: chunked was there */
    bool said_close; /* Connection: close */
    bool said_keep;  /* Connection: keep-alive */
    uint8_t state;
    uint8_t line;     /* place within a line of the head or the trailer section */
    uint16_t interim; /* 1xx responses skipped */
    uint16_t fields;
    nvt_err err; /* sticks */
    uint8_t *head;
    size_t head_cap;
    size_t scan;        /* head bytes already scanned */
    size_t line_start;  /* where in the head the line being scanned starts */
    size_t section_len; /* bytes of the chunk-size line or of the trailer section so far */
    uint64_t body_left; /* of the body or of the chunk */
};

/* Prepares for one response. head: where its head is copied to; a head that does not end within
 * head_cap bytes is refused; it must outlive the use of any field view. to_head_request: the
 * request was HEAD, so there is no body whatever the fields say. */
void nvt_http_response_init(struct nvt_http_response *r, void *head, size_t head_cap,
                            bool to_head_request);

/*
 * Takes bytes off *in and reports what they complete. Call until NVT_HTTP_NEED or NVT_HTTP_DONE;
 * the result is the same for every way of splitting the input. Returns NVT_OK with *out_event set,
 * or a refusal (NVT_E_HTTP_*), which sticks. The head buffer serves as scratch until NVT_HTTP_HEAD
 * comes; from then on only its first head_len bytes are in use.
 *
 * A 1xx or 204 response with Transfer-Encoding or a Content-Length above 0 is refused: RFC 9112
 * sections 6.1 and 6.3 forbid both, and a peer that honours them would take the next response for a
 * body. "Content-Length: 0" is forbidden there too, but has one reading only, and is let through.
 */
nvt_err nvt_http_response_feed(struct nvt_http_response *r, struct nvt_span *in,
                               enum nvt_http_event *out_event, struct nvt_span *out_body);

/* The peer ended the connection in order: NVT_OK when that completes the message (a body until
 * close, or already done), else NVT_E_HTTP_TRUNCATED, or the refusal that sticks. Call it only
 * after a proper TLS close_notify. */
nvt_err nvt_http_response_close(struct nvt_http_response *r);

/* A field of the final head: name as received, value trimmed; views into the head buffer. */
struct nvt_http_field {
    struct nvt_span name;
    struct nvt_span value;
};

/* Walks the fields in order; *cursor starts at 0. False after the last one, or before the event
 * NVT_HTTP_HEAD. */
bool nvt_http_field_next(const struct nvt_http_response *r, size_t *cursor,
                         struct nvt_http_field *out_field);

/* The first field of that name (ASCII case ignored). False when there is none. */
bool nvt_http_field_find(const struct nvt_http_response *r, struct nvt_span name,
                         struct nvt_span *out_value);

#endif
