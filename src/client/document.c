/* SPDX-License-Identifier: Apache-2.0 */
/* The kept body as JSON. */
#include "call.h"

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
