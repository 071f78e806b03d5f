/* SPDX-License-Identifier: Apache-2.0 */
/* What a caller may look at while a call goes on: how far it is. */
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
