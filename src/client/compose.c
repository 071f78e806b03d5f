/* SPDX-License-Identifier: Apache-2.0 */
/* Requests are composed whole in the call's memory, so that head and body leave in one TLS record.
 */
#include "call.h"

uint8_t nvt_call_flags(const struct nvt_call *call)
{
    unsigned flags = call->request->flags;
    if (call->request->origin != NULL) {
        flags = (flags | (unsigned)NVT_REQ_NO_AUTH) & ~(unsigned)NVT_REQ_API_KEY;
    }
    return (uint8_t)flags;
}

uint64_t nvt_call_body_len(const struct nvt_request *q)
{
    return q->source != NULL ? q->source_len : q->body.len;
}

static bool has_token_origin(const struct nvt_client *c)
{
    return c->token_origin.host[0] != '\0';
}

/* Whose host is that of the client's origin is reached over the same connection. */
static const struct nvt_origin *token_origin(const struct nvt_client *c)
{
    bool same =
        c->token_origin.port == c->origin.port && strcmp(c->token_origin.host, c->origin.host) == 0;
    return has_token_origin(c) && !same ? &c->token_origin : &c->origin;
}

const struct nvt_origin *nvt_call_origin(const struct nvt_call *call)
{
    if (call->token_leg) {
        return token_origin(call->client);
    }
    return call->request->origin != NULL ? call->request->origin : &call->client->origin;
}

/* Fields that frame the message or bind the connection: only the call may write them. */
static bool is_reserved(struct nvt_span name, bool no_auth)
{
    static const char *const reserved[] = {
        "Host", "Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive",
        "TE",   "Trailer",        "Upgrade",           "Expect",
    };
    for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
        if (nvt_span_eq_nocase(name, nvt_span_str(reserved[i]))) {
            return true;
        }
    }
    return !no_auth && nvt_span_eq_nocase(name, NVT_LIT("Authorization"));
}

static bool has_header(const struct nvt_request *q, struct nvt_span name)
{
    for (size_t i = 0; i < q->header_count; i++) {
        if (nvt_span_eq_nocase(q->headers[i].name, name)) {
            return true;
        }
    }
    return false;
}

/* The name behind the front's CRLF. */
static struct nvt_span name_of(struct nvt_http_front front)
{
    struct nvt_span line = nvt_span_drop(front.text, 2U);
    const uint8_t *colon = (const uint8_t *)memchr(line.ptr, ':', line.len);
    return colon == NULL ? line : nvt_span_of(line.ptr, (size_t)(colon - line.ptr));
}

/* A field of the call's own. */
static void put_unless_given(struct nvt_http_request *r, const struct nvt_request *q,
                             struct nvt_http_front front, struct nvt_span value)
{
    if (!has_header(q, name_of(front))) {
        nvt_http_request_const(r, front, value);
    }
}

static nvt_err put_headers(struct nvt_http_request *r, const struct nvt_call *call)
{
    const struct nvt_request *q = call->request;
    bool no_auth = (nvt_call_flags(call) & (uint8_t)NVT_REQ_NO_AUTH) != 0U;
    for (size_t i = 0; i < q->header_count; i++) {
        if (is_reserved(q->headers[i].name, no_auth)) {
            return NVT_E_HTTP_NAME;
        }
        nvt_http_request_field(r, q->headers[i].name, q->headers[i].value, NVT_LIT(""));
    }
    return NVT_OK;
}

/* Request line and Host. Authority and target are put together in the upper half of the cap bytes
 * that out is going to have; they are free again afterwards. */
static nvt_err begin(struct nvt_http_request *r, struct nvt_buf *out, const struct nvt_origin *o,
                     struct nvt_span method, struct nvt_span path, size_t cap)
{
    struct nvt_buf parts;
    nvt_buf_init(&parts, out->ptr + cap / 2U, cap - cap / 2U);
    nvt_origin_put_authority(&parts, o);
    struct nvt_span authority = nvt_buf_span(&parts);
    struct nvt_span target = path;
    if (o->base_path[0] != '\0') {
        nvt_buf_put(&parts, nvt_span_str(o->base_path));
        nvt_buf_put(&parts, path);
        target = nvt_span_drop(nvt_buf_span(&parts), authority.len);
    }
    out->cap = cap / 2U;
    nvt_http_request_begin(r, out, method, target, authority);
    out->cap = cap;
    return nvt_buf_err(&parts);
}

static void put_accept(struct nvt_http_request *r, const struct nvt_request *q)
{
    struct nvt_http_front front = q->accept.len > 0U ? NVT_HTTP_FRONT("Accept: ")
                                                     : NVT_HTTP_FRONT("Accept: application/json");
    put_unless_given(r, q, front, q->accept);
}

static void put_body_fields(struct nvt_http_request *r, const struct nvt_request *q)
{
    /* RFC 9110 section 8.6: a method that expects content sends a length of 0 too. */
    bool expects = nvt_span_eq(q->method, NVT_LIT("POST")) ||
                   nvt_span_eq(q->method, NVT_LIT("PUT")) ||
                   nvt_span_eq(q->method, NVT_LIT("PATCH"));
    if (q->media_type.len > 0U) {
        put_unless_given(r, q, NVT_HTTP_FRONT("Content-Type: "), q->media_type);
    }
    uint64_t len = nvt_call_body_len(q);
    if (len > 0U || expects) {
        nvt_http_request_length(r, len);
    }
}

static void put_token(struct nvt_http_request *r, const struct nvt_call *call)
{
    const struct nvt_token *t = &call->client->token;
    struct nvt_http_front front = call->client->bearer == NVT_BEARER_TOKEN
                                      ? NVT_HTTP_FRONT("Authorization: Bearer token=")
                                      : NVT_HTTP_FRONT("Authorization: Bearer ");
    if ((nvt_call_flags(call) & (uint8_t)NVT_REQ_NO_AUTH) == 0U && t->len > 0U) {
        nvt_http_request_const(r, front, nvt_span_of(t->text, t->len));
    }
}

/* Nothing without a key, or for a system that knows none. */
static void put_api_key(struct nvt_http_request *r, const struct nvt_client *c)
{
    struct nvt_span name = nvt_span_str(c->profile->api_key_name);
    if (name.len > 0U && c->credentials.api_key[0] != '\0') {
        nvt_http_request_field(r, name, nvt_span_str(c->credentials.api_key), NVT_LIT(""));
    }
}

static bool wants_api_key(const struct nvt_call *call)
{
    return (nvt_call_flags(call) & (uint8_t)NVT_REQ_API_KEY) != 0U &&
           !has_header(call->request, nvt_span_str(call->client->profile->api_key_name));
}

/* As much of the body as fits goes along with the head; the rest is sent from the caller's span. A
 * source is not asked before the head is through: this may be but a look at the request. */
static void stage_body(struct nvt_call *call, struct nvt_buf *out)
{
    size_t room = sizeof(call->mem.bytes) - out->len;
    struct nvt_span body = call->request->body;
    size_t n = body.len < room ? body.len : room;
    call->out_secret_len = out->len;
    call->body_sent = n;
    nvt_buf_put(out, nvt_span_of(body.ptr, n));
    call->out_len = out->len;
    call->out_sent = 0;
}

nvt_err nvt_compose_request(struct nvt_call *call)
{
    const struct nvt_request *q = call->request;
    struct nvt_http_request r;
    struct nvt_buf out;
    nvt_buf_init(&out, call->mem.bytes, sizeof(call->mem.bytes));
    const struct nvt_origin *origin = q->origin != NULL ? q->origin : &call->client->origin;
    nvt_err err = begin(&r, &out, origin, q->method, q->target, sizeof(call->mem.bytes));
    put_token(&r, call);
    if (wants_api_key(call)) {
        put_api_key(&r, call->client);
    }
    put_unless_given(&r, q, NVT_HTTP_FRONT("User-Agent: navette"), NVT_LIT(""));
    put_accept(&r, q);
    put_body_fields(&r, q);
    nvt_err headers_err = put_headers(&r, call);
    nvt_err end_err = nvt_http_request_end(&r);
    if (err == NVT_OK) {
        err = end_err == NVT_OK ? headers_err : end_err;
    }
    if (err != NVT_OK) {
        nvt_wipe(call->mem.bytes, sizeof(call->mem.bytes));
        return err;
    }
    stage_body(call, &out);
    call->staged = true;
    call->token_stamp = call->client->token_stamp;
    return NVT_OK;
}

/* Straight into the head: no other copy to wipe. */
static void put_basic(struct nvt_http_request *r, const struct nvt_credentials *c)
{
    uint8_t four[4];
    nvt_http_request_const(r, NVT_HTTP_FRONT("Authorization: Basic "), NVT_LIT(""));
    for (size_t i = 0; nvt_grant_basic(c, i, four) > 0U; i++) {
        nvt_buf_put(r->out, nvt_span_of(four, sizeof four));
    }
    nvt_wipe(four, sizeof four);
}

/* The token request's body is written into the last part of the memory, for its length, and then
 * moved behind the head. It is a form with three times the bytes of id and secret at most. */
enum { TOKEN_BODY_CAP = NVT_IN_CAP / 2, TOKEN_HEAD_CAP = NVT_IO_CAP + NVT_IN_CAP - TOKEN_BODY_CAP };

/* Request line to the token server. Its own URL has the whole path. */
static nvt_err begin_token(struct nvt_http_request *r, struct nvt_buf *out,
                           const struct nvt_client *c)
{
    if (!has_token_origin(c)) {
        return begin(r, out, &c->origin, NVT_LIT("POST"), nvt_span_str(c->profile->token_path),
                     TOKEN_HEAD_CAP);
    }
    struct nvt_span path = c->token_origin.base_path[0] == '\0' ? NVT_LIT("/") : NVT_LIT("");
    return begin(r, out, &c->token_origin, NVT_LIT("POST"), path, TOKEN_HEAD_CAP);
}

static nvt_err put_token_request(struct nvt_call *call, struct nvt_buf *out)
{
    const struct nvt_client *c = call->client;
    struct nvt_http_request r;
    struct nvt_buf body;
    struct nvt_span media_type = NVT_LIT("");
    nvt_buf_init(&body, call->mem.bytes + TOKEN_HEAD_CAP, TOKEN_BODY_CAP);
    nvt_err err = nvt_grant_write(&c->credentials, nvt_span_str(c->scope), &body, &media_type);
    if (err != NVT_OK) {
        return err;
    }
    err = begin_token(&r, out, c);
    if (c->credentials.grant == NVT_GRANT_CLIENT_BASIC) {
        put_basic(&r, &c->credentials);
    }
    if (c->profile->api_key_for_token) {
        put_api_key(&r, c);
    }
    nvt_http_request_const(
        &r, NVT_HTTP_FRONT("User-Agent: navette\r\nAccept: application/json\r\nContent-Type: "),
        media_type);
    nvt_http_request_length(&r, body.len);
    nvt_err end_err = nvt_http_request_end(&r);
    if (err != NVT_OK || end_err != NVT_OK) {
        return err != NVT_OK ? err : end_err;
    }
    out->cap = sizeof(call->mem.bytes);
    (void)memmove(out->ptr + out->len, body.ptr, body.len);
    out->len += body.len;
    nvt_wipe(out->ptr + out->len, sizeof(call->mem.bytes) - out->len);
    return NVT_OK;
}

nvt_err nvt_compose_token(struct nvt_call *call)
{
    struct nvt_buf out;
    nvt_buf_init(&out, call->mem.bytes, TOKEN_HEAD_CAP);
    call->staged = false;
    nvt_err err = put_token_request(call, &out);
    if (err != NVT_OK) {
        nvt_wipe(call->mem.bytes, sizeof(call->mem.bytes));
        return err;
    }
    call->out_len = out.len;
    call->out_secret_len = out.len;
    call->out_sent = 0;
    call->body_sent = 0;
    return NVT_OK;
}

void nvt_compose_wipe(struct nvt_call *call)
{
    nvt_wipe(call->mem.bytes, call->out_secret_len);
    call->out_secret_len = 0;
    call->out_len = 0;
    call->out_sent = 0;
    call->staged = false;
}
