/* SPDX-License-Identifier: Apache-2.0 */
/* What a call's answers must not show, and a server's words without it. */
#include "call.h"

struct nvt_hidden nvt_call_hidden(const struct nvt_call *call)
{
    const struct nvt_client *c = call->client;
    struct nvt_hidden hidden = {
        .secret = {nvt_span_of(c->token.text, c->token.len), nvt_span_str(c->credentials.secret),
                   nvt_span_str(c->credentials.refresh), nvt_span_str(c->credentials.api_key)},
        .headers = call->request->headers,
        .header_count = call->request->header_count,
        .host = {c->origin.host, c->token_origin.host}};
    if (call->body_in > call->body_kept) {
        hidden.cut = call->mem.bytes + NVT_IO_CAP + call->response.head_len + call->body_kept;
    }
    return hidden;
}

void nvt_call_words(const struct nvt_call *call, struct nvt_span text, bool escaped, char *out,
                    size_t cap)
{
    struct nvt_hidden hidden = nvt_call_hidden(call);
    nvt_failure_words(out, cap, text, escaped, &hidden);
}
