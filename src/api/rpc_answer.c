/* SPDX-License-Identifier: Apache-2.0 */
/* What the registry says of journeys. */
#include "rpc_call.h"

bool nvt_rpc_take_text(const struct nvt_json *doc, nvt_json_node from, const char *path,
                       struct nvt_span *out_raw)
{
    nvt_json_node node = 0;
    bool ok = nvt_json_find(doc, from, path, &node) == NVT_OK &&
              nvt_json_type(doc, node) == NVT_JSON_STRING;
    if (ok) {
        *out_raw = nvt_json_raw(doc, node);
    }
    return ok;
}

nvt_err nvt_rpc_read_receipt(struct nvt_call *call, struct nvt_rpc_receipt *out_receipt)
{
    struct nvt_json doc;
    bool ok = false;
    (void)memset(out_receipt, 0, sizeof *out_receipt);
    if (nvt_call_json(call, &doc) != NVT_OK) {
        return NVT_E_ANSWER;
    }
    ok = nvt_rpc_take_text(&doc, 0U, "result.data.operator_journey_id",
                           &out_receipt->operator_journey_id) &&
         nvt_rpc_take_text(&doc, 0U, "result.data.created_at", &out_receipt->created_at);
    return ok ? NVT_OK : NVT_E_ANSWER;
}

nvt_err nvt_rpc_label(const struct nvt_json *doc, nvt_json_node item, struct nvt_span *out_label)
{
    nvt_json_node label = item;
    nvt_err err = NVT_OK;
    if (nvt_json_type(doc, item) == NVT_JSON_OBJECT) {
        err = nvt_json_find(doc, item, "label", &label);
    }
    if (err != NVT_OK || nvt_json_type(doc, label) != NVT_JSON_STRING) {
        return NVT_E_ANSWER;
    }
    *out_label = nvt_json_raw(doc, label);
    return NVT_OK;
}

/* An array of labels that may be absent or null. */
static bool take_labels(const struct nvt_json *doc, const char *path, struct nvt_span *out_raw)
{
    nvt_json_node list = 0;
    nvt_json_node node = 0;
    struct nvt_span text;
    struct nvt_json_iter it;
    (void)memset(&it, 0, sizeof it);
    if (nvt_json_find(doc, 0U, path, &list) != NVT_OK ||
        nvt_json_type(doc, list) == NVT_JSON_NULL) {
        return true;
    }
    bool ok = nvt_json_type(doc, list) == NVT_JSON_ARRAY;
    while (ok && nvt_json_next(doc, list, &it, &text, &node)) {
        ok = nvt_rpc_label(doc, node, &text) == NVT_OK;
    }
    *out_raw = nvt_json_raw(doc, list);
    return ok;
}

nvt_err nvt_rpc_read_state(struct nvt_call *call, struct nvt_rpc_state *out_state)
{
    struct nvt_json doc;
    (void)memset(out_state, 0, sizeof *out_state);
    if (nvt_call_json(call, &doc) != NVT_OK) {
        return NVT_E_ANSWER;
    }
    bool ok = nvt_rpc_take_text(&doc, 0U, "status", &out_state->status) &&
              nvt_rpc_take_text(&doc, 0U, "operator_journey_id", &out_state->operator_journey_id) &&
              nvt_rpc_take_text(&doc, 0U, "created_at", &out_state->created_at) &&
              take_labels(&doc, "fraud_error_labels", &out_state->fraud_labels) &&
              take_labels(&doc, "anomaly_error_details", &out_state->anomaly_details) &&
              take_labels(&doc, "terms_violation_details", &out_state->terms_details);
    return ok ? NVT_OK : NVT_E_ANSWER;
}

nvt_err nvt_rpc_read_terms(struct nvt_call *call, struct nvt_span *out_labels)
{
    struct nvt_json doc;
    struct nvt_span labels = NVT_LIT("");
    bool ok = nvt_call_json(call, &doc) == NVT_OK &&
              take_labels(&doc, "error.data.terms_violation_labels", &labels);
    *out_labels = ok ? labels : NVT_LIT("");
    return out_labels->len > 0U ? NVT_OK : NVT_E_ANSWER;
}
