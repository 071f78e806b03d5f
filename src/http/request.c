/* SPDX-License-Identifier: Apache-2.0 */
/* Request heads. Every byte of the caller is checked where it is written, so none can end a line.
 */
#include <navette/http.h>

#include "scan.h"

/* origin-form = absolute-path [ "?" query ] (RFC 9112 section 3.2.1) */
static bool is_target(struct nvt_span target)
{
    if (target.len == 0U || target.ptr[0] != (uint8_t)'/') {
        return false;
    }
    for (size_t i = 0; i < target.len; i++) {
        uint8_t byte = target.ptr[i];
        if (byte <= 0x20U || byte >= 0x7fU || byte == (uint8_t)'#') {
            return false;
        }
    }
    return true;
}

/* Host = uri-host [ ":" port ] (RFC 9110 section 7.2), of names and addresses as they occur: no
 * sub-delims, no escapes, and no "@", which would make what stands before it a user. */
static bool is_authority(struct nvt_span authority)
{
    static const char marks[6] = {'-', '.', '_', ':', '[', ']'};
    for (size_t i = 0; i < authority.len; i++) {
        unsigned c = authority.ptr[i];
        bool alnum = (c | 0x20U) - (unsigned)'a' < 26U || c - (unsigned)'0' < 10U;
        if (!alnum && memchr(marks, (int)c, sizeof marks) == NULL) {
            return false;
        }
    }
    return authority.len != 0U;
}

static bool is_token(struct nvt_span text)
{
    return text.len != 0U && nvt_http_token_run(text) == text.len;
}

static bool is_text(struct nvt_span text)
{
    return nvt_http_text_run(text) == text.len;
}

/* field-value = *field-content, in two pieces that are one value on the wire */
static bool is_value(struct nvt_span head, struct nvt_span rest)
{
    struct nvt_span first = head.len != 0U ? head : rest;
    struct nvt_span last = rest.len != 0U ? rest : head;
    return first.len == 0U || (is_text(head) && is_text(rest) && first.ptr[0] > 0x20U &&
                               last.ptr[last.len - 1U] > 0x20U);
}

/* Fields that decide where the request ends or whom it is for: only the writer writes them. */
static bool is_reserved(struct nvt_span name)
{
    enum nvt_http_known known = nvt_http_known_field(name);
    return known != NVT_HTTP_OTHER && known != NVT_HTTP_CONNECTION;
}

/* The end of a line; its CRLF comes with what follows. */
static void put_last(struct nvt_http_request *r, struct nvt_span text)
{
    nvt_buf_put(r->out, text);
    r->err = nvt_buf_err(r->out);
}

static nvt_err check_line(struct nvt_span method, struct nvt_span target, struct nvt_span authority)
{
    if (!is_token(method)) {
        return NVT_E_HTTP_METHOD;
    }
    if (!is_target(target)) {
        return NVT_E_HTTP_TARGET;
    }
    return is_authority(authority) ? NVT_OK : NVT_E_HTTP_HOST;
}

/* request-line = method SP request-target SP HTTP-version (RFC 9112 section 3) */
void nvt_http_request_begin(struct nvt_http_request *r, struct nvt_buf *out, struct nvt_span method,
                            struct nvt_span target, struct nvt_span authority)
{
    r->out = out;
    r->err = check_line(method, target, authority);
    if (r->err != NVT_OK) {
        return;
    }
    nvt_buf_put(out, method);
    nvt_buf_put_byte(out, (uint8_t)' ');
    nvt_buf_put(out, target);
    nvt_buf_put(out, NVT_LIT(" HTTP/1.1\r\nHost: "));
    put_last(r, authority);
}

void nvt_http_request_field(struct nvt_http_request *r, struct nvt_span name, struct nvt_span value,
                            struct nvt_span value_rest)
{
    if (r->err != NVT_OK) {
        return;
    }
    if (!is_token(name) || is_reserved(name)) {
        r->err = NVT_E_HTTP_NAME;
    } else if (!is_value(value, value_rest)) {
        r->err = NVT_E_HTTP_VALUE;
    } else {
        nvt_buf_put(r->out, NVT_LIT("\r\n"));
        nvt_buf_put(r->out, name);
        nvt_buf_put(r->out, NVT_LIT(": "));
        nvt_buf_put(r->out, value);
        put_last(r, value_rest);
    }
}

void nvt_http_request_const(struct nvt_http_request *r, struct nvt_http_front front,
                            struct nvt_span value)
{
    if (r->err != NVT_OK) {
        return;
    }
    if (is_value(value, NVT_LIT(""))) {
        nvt_buf_put(r->out, front.text);
        put_last(r, value);
    } else {
        r->err = NVT_E_HTTP_VALUE;
    }
}

void nvt_http_request_length(struct nvt_http_request *r, uint64_t body_len)
{
    if (r->err != NVT_OK) {
        return;
    }
    nvt_buf_put(r->out, NVT_LIT("\r\nContent-Length: "));
    nvt_buf_put_u64(r->out, body_len);
    r->err = nvt_buf_err(r->out);
}

nvt_err nvt_http_request_end(struct nvt_http_request *r)
{
    if (r->err == NVT_OK) {
        put_last(r, NVT_LIT("\r\n\r\n"));
    }
    return r->err;
}
