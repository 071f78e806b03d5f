/* SPDX-License-Identifier: Apache-2.0 */
/* Registre de preuve de covoiturage: the profile, the calls and their answers. */
#include "rpc_fields.h"

#define JOURNEYS "/v3.3/journeys"

static const struct nvt_environment environments[] = {
    {"production", "https://api.covoiturage.beta.gouv.fr", NULL, NULL},
    {"demo", "https://api.demo.covoiturage.beta.gouv.fr", NULL, NULL},
};

const struct nvt_profile nvt_rpc_profile = {
    .name = "rpc",
    .title = "Registre de preuve de covoiturage",
    .environments = environments,
    .environment_count = sizeof environments / sizeof environments[0],
    .grant = NVT_GRANT_KEY_PAIR,
    .token_path = "/v3.3/auth/access_token",
    .scope = "",
    .api_key_name = "",
    .token_life_s = 300U,
    .rates = {{5U, 61000U, 3U}},
    .duplicate_status = 409U,
    .retry_500 = true,
};

/* ---- calls ---- */

static void prepare(struct nvt_rpc_request *r, const char *method, struct nvt_span body,
                    uint8_t flags, struct nvt_buf *out_target)
{
    (void)memset(&r->request, 0, sizeof r->request);
    r->request.method = nvt_span_str(method);
    r->request.body = body;
    r->request.flags = flags;
    if (body.len > 0U) {
        r->request.media_type = NVT_LIT("application/json");
    }
    nvt_buf_init(out_target, r->target, sizeof r->target);
    nvt_buf_put(out_target, NVT_LIT(JOURNEYS));
}

/* An empty segment would make the path the list's; dot segments are resolved by servers and
 * gateways on the way, encoded or not. */
static nvt_err prepare_one(struct nvt_rpc_request *r, const char *method, struct nvt_span id,
                           struct nvt_span body, struct nvt_buf *out_target)
{
    if (id.len == 0U) {
        return NVT_E_FIELD_MISSING;
    }
    if (nvt_span_eq(id, NVT_LIT(".")) || nvt_span_eq(id, NVT_LIT(".."))) {
        return NVT_E_FIELD_FORMAT;
    }
    prepare(r, method, body, NVT_REQ_IDEMPOTENT, out_target);
    nvt_buf_put_byte(out_target, (uint8_t)'/');
    nvt_percent_put(out_target, id);
    return NVT_OK;
}

static nvt_err begin(struct nvt_call *call, struct nvt_rpc_request *r, const struct nvt_buf *target)
{
    nvt_err err = nvt_buf_err(target);
    r->request.target = nvt_buf_span(target);
    return err == NVT_OK ? nvt_call_begin(call, &r->request) : err;
}

nvt_err nvt_rpc_send(struct nvt_call *call, struct nvt_rpc_request *r, struct nvt_span journey_json)
{
    struct nvt_buf target;
    prepare(r, "POST", journey_json, NVT_REQ_KEYED, &target);
    return begin(call, r, &target);
}

nvt_err nvt_rpc_status(struct nvt_call *call, struct nvt_rpc_request *r,
                       struct nvt_span operator_journey_id)
{
    struct nvt_buf target;
    nvt_err err = prepare_one(r, "GET", operator_journey_id, NVT_LIT(""), &target);
    return err == NVT_OK ? begin(call, r, &target) : err;
}

nvt_err nvt_rpc_update(struct nvt_call *call, struct nvt_rpc_request *r,
                       struct nvt_span operator_journey_id, struct nvt_span update_json)
{
    struct nvt_buf target;
    nvt_err err = prepare_one(r, "PATCH", operator_journey_id, update_json, &target);
    return err == NVT_OK ? begin(call, r, &target) : err;
}

static nvt_err check_cancel(struct nvt_span code, struct nvt_span message)
{
    if (code.len > 32U) {
        return NVT_E_FIELD_LENGTH;
    }
    if (!nvt_shape_all_in(code, "09AZaz__--")) {
        return NVT_E_FIELD_FORMAT;
    }
    nvt_err err = nvt_utf8_check(message);
    if (err == NVT_OK && nvt_shape_code_points(message) > 512U) {
        err = NVT_E_FIELD_LENGTH;
    }
    return err;
}

static nvt_err write_cancel(struct nvt_span code, struct nvt_span message, struct nvt_buf *out)
{
    struct nvt_json_writer w;
    nvt_json_writer_init(&w, out);
    nvt_json_begin_object(&w);
    nvt_json_name(&w, NVT_LIT("code"));
    nvt_json_put_str(&w, code);
    if (message.len > 0U) {
        nvt_json_name(&w, NVT_LIT("message"));
        nvt_json_put_str(&w, message);
    }
    nvt_json_end_object(&w);
    return nvt_json_writer_end(&w);
}

nvt_err nvt_rpc_cancel(struct nvt_call *call, struct nvt_rpc_request *r,
                       struct nvt_span operator_journey_id, struct nvt_span code,
                       struct nvt_span message)
{
    struct nvt_buf target;
    struct nvt_buf body;
    nvt_buf_init(&body, r->body, sizeof r->body);
    nvt_err err = check_cancel(code, message);
    if (err == NVT_OK) {
        err = write_cancel(code, message, &body);
    }
    if (err == NVT_OK) {
        err = prepare_one(r, "POST", operator_journey_id, nvt_buf_span(&body), &target);
    }
    if (err != NVT_OK) {
        return err;
    }
    nvt_buf_put(&target, NVT_LIT("/cancel"));
    return begin(call, r, &target);
}

static nvt_err check_status(struct nvt_span s)
{
    if (s.len == 0U) {
        return NVT_E_FIELD_MISSING;
    }
    return s.len <= 32U && nvt_shape_all_in(s, "az__") ? NVT_OK : NVT_E_FIELD_FORMAT;
}

/* "&name=time", percent-encoded; nothing for 0. */
static void put_time(struct nvt_buf *target, const char *name, int64_t s)
{
    uint8_t text[20];
    struct nvt_buf b;
    if (s == 0) {
        return;
    }
    nvt_buf_init(&b, text, sizeof text);
    nvt_time_put_rfc3339(&b, s);
    nvt_buf_put(target, nvt_span_str(name));
    nvt_percent_put(target, nvt_buf_span(&b));
    target->overflow = target->overflow || b.overflow;
}

static void put_count(struct nvt_buf *target, const char *name, uint32_t value)
{
    if (value != 0U) {
        nvt_buf_put(target, nvt_span_str(name));
        nvt_buf_put_u64(target, value);
    }
}

nvt_err nvt_rpc_list(struct nvt_call *call, struct nvt_rpc_request *r,
                     const struct nvt_rpc_filter *filter)
{
    struct nvt_buf target;
    nvt_err err = check_status(filter->status);
    if (err != NVT_OK) {
        return err;
    }
    if (filter->start_s != 0 && filter->end_s != 0 && filter->start_s > filter->end_s) {
        return NVT_E_FIELD_ORDER;
    }
    prepare(r, "GET", NVT_LIT(""), NVT_REQ_IDEMPOTENT, &target);
    nvt_buf_put(&target, NVT_LIT("?status="));
    nvt_buf_put(&target, filter->status);
    put_time(&target, "&start=", filter->start_s);
    put_time(&target, "&end=", filter->end_s);
    put_count(&target, "&limit=", filter->limit);
    put_count(&target, "&offset=", filter->offset);
    return begin(call, r, &target);
}

/* ---- answers ---- */

static bool take_text(const struct nvt_json *doc, const char *path, struct nvt_span *out_raw)
{
    nvt_json_node node = 0;
    bool ok = nvt_json_find(doc, 0U, path, &node) == NVT_OK &&
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
    ok = take_text(&doc, "result.data.operator_journey_id", &out_receipt->operator_journey_id) &&
         take_text(&doc, "result.data.created_at", &out_receipt->created_at);
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
    bool ok = take_text(&doc, "status", &out_state->status) &&
              take_text(&doc, "operator_journey_id", &out_state->operator_journey_id) &&
              take_text(&doc, "created_at", &out_state->created_at) &&
              take_labels(&doc, "fraud_error_labels", &out_state->fraud_labels) &&
              take_labels(&doc, "anomaly_error_details", &out_state->anomaly_details) &&
              take_labels(&doc, "terms_violation_details", &out_state->terms_details);
    return ok ? NVT_OK : NVT_E_ANSWER;
}
