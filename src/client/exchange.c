/* SPDX-License-Identifier: Apache-2.0 */
/* One request and its answer over an open connection. */
#include "call.h"

/* Reads of one step, and pieces of a source: a fast network must not keep the caller's loop from
 * its other work. */
enum { READS_PER_STEP = 16, PIECES_PER_STEP = 16 };

/* TLS demands the same bytes on a retried write: both spans stand still until they are through. */
static nvt_err send_span(struct nvt_call *call, const uint8_t *data, size_t len, size_t *sent,
                         struct nvt_wait *wait)
{
    while (*sent < len) {
        size_t n = 0;
        nvt_err err = nvt_conn_send(&call->conn, nvt_span_of(data + *sent, len - *sent), &n, wait);
        if (err != NVT_OK) {
            return err;
        }
        /* Before this a record was at most half way: no peer can read half a record. */
        call->any_sent = call->any_sent || !call->token_leg;
        *sent += n;
    }
    return NVT_OK;
}

static nvt_err send_staged(struct nvt_call *call, struct nvt_wait *wait)
{
    nvt_err err = send_span(call, call->mem.bytes, call->out_len, &call->out_sent, wait);
    if (err == NVT_OK) {
        nvt_compose_wipe(call);
    }
    return err;
}

static nvt_err send_body(struct nvt_call *call, struct nvt_wait *wait)
{
    struct nvt_span body = call->request->body;
    size_t sent = (size_t)call->body_sent;
    nvt_err err = send_span(call, body.ptr, body.len, &sent, wait);
    call->body_sent = sent;
    return err;
}

/* The next piece of the source, staged: it stands still until it is through. */
static nvt_err take_piece(struct nvt_call *call)
{
    const struct nvt_request *q = call->request;
    uint64_t left = q->source_len - call->body_sent;
    size_t cap = left < sizeof(call->mem.bytes) ? (size_t)left : sizeof(call->mem.bytes);
    size_t n = 0;
    nvt_err err = q->source(q->source_ctx, call->body_sent, call->mem.bytes, cap, &n);
    if (err != NVT_OK || n == 0U || n > cap) {
        return NVT_E_SOURCE;
    }
    call->body_sent += n;
    call->out_len = n;
    return NVT_OK;
}

static nvt_err send_source(struct nvt_call *call, struct nvt_wait *wait)
{
    for (unsigned i = 0; i < (unsigned)PIECES_PER_STEP; i++) {
        if (call->body_sent == call->request->source_len) {
            return NVT_OK;
        }
        nvt_err err = take_piece(call);
        if (err == NVT_OK) {
            err = send_staged(call, wait);
        }
        if (err != NVT_OK) {
            return err;
        }
    }
    wait->until_ms = 0;
    return NVT_AGAIN;
}

nvt_err nvt_exchange_send(struct nvt_call *call, struct nvt_wait *wait)
{
    nvt_err err = send_staged(call, wait);
    if (err != NVT_OK || call->token_leg) {
        return err;
    }
    return call->request->source != NULL ? send_source(call, wait) : send_body(call, wait);
}

void nvt_exchange_expect(struct nvt_call *call)
{
    nvt_compose_wipe(call); /* of a request that was cut: its room takes the answer */
    bool head = !call->token_leg && nvt_span_eq(call->request->method, NVT_LIT("HEAD"));
    nvt_http_response_init(&call->response, call->mem.bytes + NVT_IO_CAP, NVT_HEAD_MAX, head);
    call->body_in = 0;
    call->body_kept = 0;
    call->received = false;
    call->excess = false;
    call->outcome.body_cut = false;
}

struct nvt_span nvt_exchange_body(const struct nvt_call *call)
{
    return nvt_span_of(call->mem.bytes + NVT_IO_CAP + call->response.head_len, call->body_kept);
}

static struct nvt_span type_of(const struct nvt_call *call)
{
    struct nvt_span type = NVT_LIT("");
    (void)nvt_http_field_find(&call->response, NVT_LIT("Content-Type"), &type);
    return type;
}

struct nvt_said nvt_exchange_said(const struct nvt_call *call)
{
    struct nvt_said said = {call->response.status, call->body_in > call->body_kept, type_of(call),
                            nvt_exchange_body(call)};
    return said;
}

/* An answer to HEAD has no body to go by. */
enum nvt_saying nvt_exchange_saying(const struct nvt_call *call)
{
    struct nvt_said said = nvt_exchange_said(call);
    bool head = nvt_span_eq(call->request->method, NVT_LIT("HEAD"));
    return head ? NVT_SAID_OWN : nvt_done_judge(&said, call->request, call->client->profile);
}

enum nvt_verdict nvt_exchange_check(struct nvt_call *call)
{
    const struct nvt_done *row = call->request->done;
    enum nvt_verdict verdict = NVT_DELIVERED;
    if (row != NULL && row->check != NULL) {
        verdict = row->check(call);
    }
    return verdict == NVT_UNKNOWN ? nvt_verdict_unsure(nvt_call_flags(call)) : verdict;
}

void nvt_exchange_words(struct nvt_call *call)
{
    struct nvt_failure *f = &call->outcome.failure;
    struct nvt_hidden hidden = nvt_call_hidden(call);
    struct nvt_span target;
    f->http_status = call->response.status;
    nvt_failure_read(f, nvt_exchange_body(call), call->mem.tok,
                     sizeof(call->mem.tok) / sizeof(call->mem.tok[0]), &hidden);
    if (f->err == NVT_E_REDIRECT &&
        nvt_http_field_find(&call->response, NVT_LIT("Location"), &target)) {
        f->message[0] = '\0';
        nvt_failure_words(f->message, sizeof(f->message), target, false, &hidden);
    }
}

struct nvt_dates nvt_exchange_dates(const struct nvt_call *call,
                                    const struct nvt_http_response *answer)
{
    struct nvt_dates dates = {answer == NULL ? 0 : nvt_verdict_date_s(answer), 0};
    const struct nvt_port_clock *clock = &call->client->port->clock;
    if (!clock->wall_s(clock->ctx, &dates.wall_s)) {
        dates.wall_s = 0;
    }
    return dates;
}

/* What can be no done answer is kept in the call, for its words. */
bool nvt_exchange_sinks(const struct nvt_call *call)
{
    const struct nvt_request *q = call->request;
    return !call->token_leg && q->sink != NULL &&
           nvt_done_begins(q->done, call->response.status, type_of(call));
}

static nvt_err take_body(struct nvt_call *call, struct nvt_span piece)
{
    bool sinks = nvt_exchange_sinks(call);
    size_t at = call->response.head_len + call->body_kept;
    size_t room = (size_t)NVT_IN_CAP - at;
    size_t n = piece.len < room ? piece.len : room;
    call->body_in += piece.len;
    call->outcome.body_cut = !sinks && call->body_in > call->body_kept + n;
    (void)memcpy(call->mem.bytes + NVT_IO_CAP + at, piece.ptr, n);
    call->body_kept += n;
    nvt_err err = sinks ? call->request->sink(call->request->sink_ctx, piece) : NVT_OK;
    return err == NVT_OK ? NVT_OK : NVT_E_SINK;
}

/* Hands what came to the parser. NVT_OK: the answer is whole; NVT_AGAIN: more is needed. */
static nvt_err take_bytes(struct nvt_call *call, struct nvt_span in)
{
    enum nvt_http_event event = NVT_HTTP_NEED;
    nvt_err err = NVT_OK;
    /* Every event but the last two takes a byte off in. */
    do {
        struct nvt_span body = NVT_LIT("");
        err = nvt_http_response_feed(&call->response, &in, &event, &body);
        if (err == NVT_OK && event == NVT_HTTP_BODY) {
            err = take_body(call, body);
        }
    } while (err == NVT_OK && event != NVT_HTTP_NEED && event != NVT_HTTP_DONE);
    if (err == NVT_OK && event == NVT_HTTP_NEED) {
        return NVT_AGAIN;
    }
    call->excess = in.len > 0U;
    return err;
}

static nvt_err take_close(struct nvt_call *call)
{
    return call->received ? nvt_http_response_close(&call->response) : NVT_E_NET_CLOSED;
}

nvt_err nvt_exchange_receive(struct nvt_call *call, struct nvt_wait *wait)
{
    for (unsigned i = 0; i < (unsigned)READS_PER_STEP; i++) {
        size_t n = 0;
        nvt_err err = nvt_conn_recv(&call->conn, call->mem.bytes, NVT_IO_CAP, &n, wait);
        if (err == NVT_E_NET_CLOSED) {
            return take_close(call);
        }
        if (err != NVT_OK) {
            return err;
        }
        call->received = true;
        err = take_bytes(call, nvt_span_of(call->mem.bytes, n));
        if (err != NVT_AGAIN) {
            return err;
        }
    }
    /* There may be more already: come again at once. */
    wait->until_ms = 0;
    return NVT_AGAIN;
}
