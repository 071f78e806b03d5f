/* SPDX-License-Identifier: Apache-2.0 */
/* What the uplink must know of the registry: how a journey is sent, asked after, and refused. */
#include "member.h"
#include "rpc_call.h"

typedef char request_fits[sizeof(struct nvt_rpc_request) <= NVT_UPLINK_REQUEST_CAP ? 1 : -1];

nvt_err nvt_rpc_entry_id(struct nvt_rpc_request *r, struct nvt_span entry, struct nvt_span name,
                         struct nvt_span *out_id)
{
    uint8_t mem[4];
    struct nvt_buf id;
    struct nvt_span raw = nvt_member_text(entry, name, false);
    struct nvt_span piece = nvt_json_str_piece(&raw, mem);
    nvt_buf_init(&id, r->body, sizeof r->body);
    while (piece.len > 0U) {
        nvt_buf_put(&id, piece);
        piece = nvt_json_str_piece(&raw, mem);
    }
    *out_id = nvt_buf_span(&id);
    return nvt_buf_err(&id);
}

/* ---- sending and asking ---- */

static nvt_err send_journey(struct nvt_call *call, void *request, struct nvt_span entry)
{
    struct nvt_rpc_request *r = (struct nvt_rpc_request *)request;
    nvt_err err = nvt_rpc_send(call, r, entry);
    r->request.flags |= (uint8_t)NVT_REQ_ONCE; /* the uplink asks before it sends again */
    return err;
}

static nvt_err ask_journey(struct nvt_call *call, void *request, struct nvt_span entry)
{
    struct nvt_rpc_request *r = (struct nvt_rpc_request *)request;
    struct nvt_span id = NVT_LIT("");
    nvt_err err = nvt_rpc_entry_id(r, entry, NVT_LIT("operator_journey_id"), &id);
    err = err == NVT_OK ? nvt_rpc_status(call, r, id) : err;
    r->request.flags |= (uint8_t)NVT_REQ_ONCE; /* the uplink asks again, and others use the lane */
    return err;
}

enum nvt_uplink_known nvt_rpc_known(const struct nvt_call *call, struct nvt_span *out_status)
{
    const struct nvt_outcome *o = &call->outcome;
    *out_status = NVT_LIT("");
    /* Only the registry's own 404 says that it has none: what stands in front of it has some too.
     */
    if (o->status == 404U && o->verdict == NVT_REFUSED && o->failure.err == NVT_E_STATUS) {
        return NVT_UPLINK_ABSENT;
    }
    *out_status = nvt_member_text(o->body, NVT_LIT("status"), false);
    bool known = o->verdict == NVT_DELIVERED && out_status->len > 0U;
    return known ? NVT_UPLINK_THERE : NVT_UPLINK_UNSURE;
}

/* The registry keeps what it refuses for its terms. Whatever else became of a journey later (fraud,
 * an anomaly, a cancel), it had been accepted when it was sent. */
static enum nvt_uplink_known known_journey(struct nvt_call *call, void *request)
{
    struct nvt_span status;
    enum nvt_uplink_known said = nvt_rpc_known(call, &status);
    (void)request;
    bool refused = nvt_span_eq(status, NVT_LIT("terms_violation_error"));
    return said == NVT_UPLINK_THERE && refused ? NVT_UPLINK_REFUSED : said;
}

/* ---- reasons ---- */

/* labels: a raw JSON array; out: "expired,distance_too_short". */
static void put_labels(struct nvt_span labels, struct nvt_buf *out)
{
    enum { LABELS_MAX = 16 };
    struct nvt_json_tok pool[LABELS_MAX];
    struct nvt_json doc;
    struct nvt_json_iter it = {0, 0, false};
    struct nvt_span label;
    nvt_json_node node = 0;
    if (nvt_json_parse(&doc, labels, pool, LABELS_MAX) != NVT_OK) {
        return;
    }
    while (nvt_json_next(&doc, 0U, &it, &label, &node)) {
        if (nvt_rpc_label(&doc, node, &label) == NVT_OK) {
            nvt_buf_put(out, out->len > 0U ? NVT_LIT(",") : NVT_LIT(""));
            nvt_buf_put(out, label);
        }
    }
}

static void reason_journey(struct nvt_call *call, struct nvt_buf *out)
{
    struct nvt_span labels = NVT_LIT("");
    struct nvt_rpc_state state;
    if (call->outcome.status == 422U) {
        (void)nvt_rpc_read_terms(call, &labels);
    } else if (call->outcome.status == 200U && nvt_rpc_read_state(call, &state) == NVT_OK) {
        labels = state.terms_details.len > 0U ? state.terms_details : labels;
        if (labels.len == 0U) {
            nvt_buf_put(out, state.status);
        }
    } else {
        /* no labels: its code and words say why */
    }
    put_labels(labels, out);
}

/* ---- too early ---- */

/* "Journeys cannot happen in the future" (422 with -32700, nothing is stored) comes of an end that
 * the registry's clock has not reached. The same code with an end in its past means something else:
 * the uplink compares. */
int64_t nvt_rpc_not_before(struct nvt_call *call, struct nvt_span end)
{
    enum { PARSE_ERROR = -32700 };
    struct nvt_json doc;
    nvt_json_node node = 0;
    int64_t code = 0;
    int64_t end_s = 0;
    bool future =
        call == NULL || (call->outcome.status == 422U && nvt_call_json(call, &doc) == NVT_OK &&
                         nvt_json_find(&doc, 0U, "error.code", &node) == NVT_OK &&
                         nvt_json_get_int(&doc, node, PARSE_ERROR, PARSE_ERROR, &code) == NVT_OK);
    struct nvt_span text = nvt_member_text(end, NVT_LIT("datetime"), false);
    return future && nvt_time_parse_rfc3339(text, &end_s) == NVT_OK ? end_s : 0;
}

static int64_t journey_not_before(struct nvt_call *call, struct nvt_span entry)
{
    return nvt_rpc_not_before(call, nvt_member_object(entry, NVT_LIT("end")));
}

const struct nvt_uplink_kind nvt_rpc_uplink = {
    .profile = &nvt_rpc_profile,
    .send = send_journey,
    .ask = ask_journey,
    .known = known_journey,
    .reason = reason_journey,
    .not_before = journey_not_before,
    .ask_first = false,
};

/* ---- urgency ---- */

nvt_err nvt_rpc_due(struct nvt_span journey_json, struct nvt_json_tok *pool, size_t pool_count,
                    uint32_t *out_due_s)
{
    enum { DAY_S = 86400 };
    char text[40];
    struct nvt_json doc;
    nvt_json_node node = 0;
    int64_t start_s = 0;
    nvt_err err = nvt_json_parse(&doc, journey_json, pool, pool_count);
    if (err != NVT_OK) {
        return err;
    }
    if (nvt_json_find(&doc, 0U, "start.datetime", &node) != NVT_OK ||
        nvt_json_get_text(&doc, node, text, sizeof text) != NVT_OK ||
        nvt_time_parse_rfc3339(nvt_span_str(text), &start_s) != NVT_OK) {
        return NVT_E_SYNTAX;
    }
    int64_t due_s = start_s + (int64_t)DAY_S;
    *out_due_s = due_s < (int64_t)UINT32_MAX ? (uint32_t)due_s : UINT32_MAX - 1U;
    return NVT_OK;
}
