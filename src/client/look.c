/* SPDX-License-Identifier: Apache-2.0 */
/* What a caller may look at: how far a call is, and what its answer says. */
#include "call.h"

static enum nvt_call_phase phase_of(const struct nvt_call *call)
{
    if (call->token_leg) {
        return NVT_CALL_TOKEN;
    }
    switch ((enum nvt_call_state)call->state) {
    case NVT_STATE_PREPARE:
        return NVT_CALL_TOKEN;
    case NVT_STATE_OPEN:
        return NVT_CALL_CONNECTING;
    case NVT_STATE_SEND:
        return NVT_CALL_SENDING;
    case NVT_STATE_RECEIVE:
        return call->received ? NVT_CALL_RECEIVING : NVT_CALL_WAITING;
    case NVT_STATE_PAUSE:
        return NVT_CALL_WAITING;
    case NVT_STATE_DONE:
        return NVT_CALL_DONE;
    case NVT_STATE_IDLE:
    default:
        return NVT_CALL_IDLE;
    }
}

/* Bytes of the request's body that are handed to TLS. */
static uint64_t body_out(const struct nvt_call *call)
{
    if (call->out_len == 0U) {
        return call->body_sent;
    }
    /* A piece of a source is staged by itself; what is staged with the head leaves with it. */
    bool piece = call->request->source != NULL && call->body_sent > 0U;
    return piece ? call->body_sent - (call->out_len - call->out_sent) : 0U;
}

void nvt_call_progress(const struct nvt_call *call, struct nvt_progress *out_progress)
{
    enum nvt_call_phase phase = phase_of(call);
    bool sending = phase == NVT_CALL_SENDING || phase == NVT_CALL_WAITING;
    bool receiving = phase == NVT_CALL_RECEIVING || phase == NVT_CALL_DONE;
    (void)memset(out_progress, 0, sizeof(*out_progress));
    out_progress->phase = phase;
    out_progress->in_total = UINT64_MAX;
    if (phase != NVT_CALL_IDLE) {
        out_progress->out_total = nvt_call_body_len(call->request);
    }
    if (sending || receiving) {
        out_progress->out_done = body_out(call);
    }
    if (receiving) {
        out_progress->in_done = call->body_in;
        if (call->response.has_length) {
            out_progress->in_total = call->response.content_length;
        }
    }
}

static int32_t read_count(const struct nvt_http_response *r, struct nvt_span name)
{
    struct nvt_span value;
    uint64_t n = 0;
    if (!nvt_http_field_find(r, name, &value) ||
        nvt_u64_parse(value, (uint64_t)INT32_MAX, &n) != NVT_OK) {
        return -1;
    }
    return (int32_t)n;
}

/* The count of the first of two names that has one. */
static int32_t read_either(const struct nvt_http_response *r, struct nvt_span name,
                           struct nvt_span other)
{
    int32_t n = read_count(r, name);
    return n >= 0 ? n : read_count(r, other);
}

static int32_t read_left(const struct nvt_http_response *r)
{
    struct nvt_quota quota;
    int32_t n = read_either(r, NVT_LIT("X-RateLimit-Remaining"), NVT_LIT("RateLimit-Remaining"));
    nvt_quota_read(r, &quota);
    return n >= 0 ? n : quota.left;
}

/* auth-param "realm" = token / quoted-string of the first challenge that has one (RFC 9110 sections
 * 11.2 and 11.5). Escapes in it are left as they are: it is compared, not shown. */
static struct nvt_span read_realm(const struct nvt_http_response *r)
{
    const struct nvt_span name = NVT_LIT("realm=");
    struct nvt_span rest;
    if (!nvt_http_field_find(r, NVT_LIT("WWW-Authenticate"), &rest)) {
        return NVT_LIT("");
    }
    bool fresh = true;
    while (rest.len > name.len &&
           !(fresh && nvt_span_eq_nocase(nvt_span_of(rest.ptr, name.len), name))) {
        fresh = rest.ptr[0] == (uint8_t)' ' || rest.ptr[0] == (uint8_t)',';
        rest = nvt_span_drop(rest, 1);
    }
    if (rest.len <= name.len) {
        return NVT_LIT("");
    }
    rest = nvt_span_drop(rest, name.len);
    bool quoted = rest.ptr[0] == (uint8_t)'"';
    rest = nvt_span_drop(rest, quoted ? 1U : 0U);
    size_t n = 0;
    while (n < rest.len && rest.ptr[n] != (uint8_t)'"' &&
           (quoted || (rest.ptr[n] != (uint8_t)',' && rest.ptr[n] != (uint8_t)' '))) {
        n++;
    }
    return nvt_span_of(rest.ptr, n);
}

void nvt_call_facts(const struct nvt_call *call, struct nvt_facts *out_facts)
{
    const struct nvt_http_response *r = &call->response;
    (void)memset(out_facts, 0, sizeof(*out_facts));
    out_facts->quota_limit = -1;
    out_facts->quota_left = -1;
    out_facts->realm = NVT_LIT("");
    if (call->state == (uint8_t)NVT_STATE_DONE && call->outcome.status != 0U) {
        out_facts->date_s = nvt_verdict_date_s(r);
        out_facts->quota_limit =
            read_either(r, NVT_LIT("X-RateLimit-Limit"), NVT_LIT("RateLimit-Limit"));
        out_facts->quota_left = read_left(r);
        out_facts->realm = read_realm(r);
    }
}

nvt_err nvt_call_json(struct nvt_call *call, struct nvt_json *out_doc)
{
    if (call == NULL || out_doc == NULL) {
        return NVT_E_ARG;
    }
    if (call->state != NVT_STATE_DONE) {
        return NVT_E_STATE;
    }
    if (call->outcome.body_cut) {
        return NVT_E_HTTP_BODY_SIZE;
    }
    return nvt_json_parse(out_doc, call->outcome.body, call->mem.tok,
                          sizeof(call->mem.tok) / sizeof(call->mem.tok[0]));
}
