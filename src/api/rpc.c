/* SPDX-License-Identifier: Apache-2.0 */
/* Registre de preuve de covoiturage: the profile, and the calls that carry journeys. */
#include "rpc_call.h"
#include "rpc_fields.h"

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
    .rates = {{5U, 61000U, 3U},
              {20000U, 61000U, 200U}, /* nearly all of it as the lasting rate: it drains spools */
              {2000U, 61000U, 1000U},
              {20000U, 61000U, 10000U},
              {100U, 301000U, 50U}},
    .duplicate_status = 409U,
    .duplicate = "error.code=-32509",
    .errors = NVT_ERRORS_JSON, /* in the rows more: CEE alone leaves its envelope out */
    .versioned = true,
    .retry_500 = true,
    .doubt_status = 500U, /* a token that it cannot read is no 401 there */
};

/* ---- what all calls share ---- */

void nvt_rpc_prepare(struct nvt_rpc_request *r, const struct nvt_rpc_verb *verb,
                     const struct nvt_span *body, struct nvt_buf *out_target)
{
    (void)memset(&r->request, 0, sizeof r->request);
    r->request.method = nvt_span_str(verb->method);
    r->request.flags = verb->flags;
    r->request.rate = verb->rate;
    r->request.done = verb->done;
    if (body != NULL && body->len > 0U) {
        r->request.body = *body;
        r->request.media_type = NVT_LIT("application/json");
    }
    nvt_buf_init(out_target, r->target, sizeof r->target);
    nvt_buf_put(out_target, nvt_span_str(verb->path));
}

nvt_err nvt_rpc_begin(struct nvt_call *call, struct nvt_rpc_request *r,
                      const struct nvt_buf *target)
{
    nvt_err err = nvt_buf_err(target);
    r->request.target = nvt_buf_span(target);
    return err == NVT_OK ? nvt_call_begin(call, &r->request) : err;
}

/* ---- journeys ---- */

#define JOURNEYS "/v3.3/journeys"

static const struct nvt_done created = {.status = 201U,
                                        .form = (uint8_t)NVT_FORM_OBJECT,
                                        .has = "result.data.created_at",
                                        .lacks = "error",
                                        .same = "result.data.operator_journey_id",
                                        .sent = "operator_journey_id",
                                        .errors = NVT_RPC_ERRORS};
static const struct nvt_done known = {.status = 200U,
                                      .form = (uint8_t)NVT_FORM_OBJECT,
                                      .has = "status",
                                      .same = "operator_journey_id",
                                      .errors = NVT_RPC_ERRORS};
static const struct nvt_done listed = {
    .status = 200U, .form = (uint8_t)NVT_FORM_ARRAY, .errors = NVT_RPC_ERRORS};
static const struct nvt_done updated = {
    .status = 200U, .form = (uint8_t)NVT_FORM_EMPTY, .errors = NVT_RPC_ERRORS};
/* The OpenAPI document has a 200 for it and leaves its body open. The registry sends its envelope
 * of JSON-RPC 2.0, in which the id is always 1 and there is no result (which section 5 wants there:
 * one is no fault). Nothing in it says which journey was meant; its status does. */
static const struct nvt_done cancelled = {.status = 200U,
                                          .form = (uint8_t)NVT_FORM_OBJECT,
                                          .has = "jsonrpc=\"2.0\" id=1",
                                          .lacks = "error",
                                          .errors = NVT_RPC_ERRORS};

/* An empty segment would make the path the list's; dot segments are resolved by servers and
 * gateways on the way, encoded or not; the registry's database fails on U+0000. */
nvt_err nvt_rpc_begin_one(struct nvt_call *call, struct nvt_rpc_request *r, struct nvt_span id,
                          const struct nvt_rpc_verb *verb, const struct nvt_span *body)
{
    struct nvt_buf target;
    if (id.len == 0U) {
        return NVT_E_FIELD_MISSING;
    }
    if ((id.len <= 2U && nvt_shape_all_in(id, "..")) || memchr(id.ptr, 0, id.len) != NULL) {
        return NVT_E_FIELD_FORMAT;
    }
    nvt_rpc_prepare(r, verb, body, &target);
    size_t at = target.len;
    nvt_percent_put(&target, id);
    r->request.id = nvt_span_drop(nvt_buf_span(&target), at);
    nvt_buf_put(&target, nvt_span_str(verb->path_end));
    return nvt_rpc_begin(call, r, &target);
}

nvt_err nvt_rpc_send(struct nvt_call *call, struct nvt_rpc_request *r, struct nvt_span journey_json)
{
    static const struct nvt_rpc_verb post = {"POST",        JOURNEYS,           "",
                                             NVT_REQ_KEYED, NVT_RPC_RATE_WRITE, &created};
    struct nvt_buf target;
    nvt_rpc_prepare(r, &post, &journey_json, &target);
    return nvt_rpc_begin(call, r, &target);
}

nvt_err nvt_rpc_status(struct nvt_call *call, struct nvt_rpc_request *r,
                       struct nvt_span operator_journey_id)
{
    static const struct nvt_rpc_verb get = {
        "GET", JOURNEYS "/", "", NVT_REQ_IDEMPOTENT, NVT_RPC_RATE_READ, &known};
    return nvt_rpc_begin_one(call, r, operator_journey_id, &get, NULL);
}

nvt_err nvt_rpc_update(struct nvt_call *call, struct nvt_rpc_request *r,
                       struct nvt_span operator_journey_id, struct nvt_span update_json)
{
    static const struct nvt_rpc_verb patch = {
        "PATCH", JOURNEYS "/", "", NVT_REQ_IDEMPOTENT, NVT_RPC_RATE_READ, &updated};
    return nvt_rpc_begin_one(call, r, operator_journey_id, &patch, &update_json);
}

struct cancel {
    struct nvt_span code, message;
};

static const struct nvt_field cancel_rows[] = {
    {"code",
     {.words = "09AZaz__--"},
     32U,
     NVT_FIELD_AT(cancel, code),
     NVT_FIELD_CHARS,
     (uint8_t)NVT_FIELD_REQUIRED | (uint8_t)NVT_FIELD_MAY_BE_EMPTY},
    {"message", {NULL}, 512U, NVT_FIELD_AT(cancel, message), NVT_FIELD_TEXT, 0U},
};
static const struct nvt_shape cancel_shape = {NVT_SHAPE_ROWS(cancel_rows), false, 0U, 0U, 0U};

nvt_err nvt_rpc_cancel(struct nvt_call *call, struct nvt_rpc_request *r,
                       struct nvt_span operator_journey_id, struct nvt_span code,
                       struct nvt_span message)
{
    static const struct nvt_rpc_verb post = {
        "POST", JOURNEYS "/", "/cancel", NVT_REQ_IDEMPOTENT, NVT_RPC_RATE_WRITE, &cancelled};
    const struct cancel cancel = {code, message};
    struct nvt_buf body;
    nvt_buf_init(&body, r->body, sizeof r->body);
    nvt_err err = nvt_shape_write(&cancel_shape, &cancel, &body, NULL);
    if (err != NVT_OK) {
        return err;
    }
    const struct nvt_span json = nvt_buf_span(&body);
    return nvt_rpc_begin_one(call, r, operator_journey_id, &post, &json);
}

/* ---- the list ---- */

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
    static const struct nvt_rpc_verb get = {
        "GET", JOURNEYS "?status=", "", NVT_REQ_IDEMPOTENT, NVT_RPC_RATE_READ, &listed};
    struct nvt_buf target;
    nvt_err err = check_status(filter->status);
    if (err != NVT_OK) {
        return err;
    }
    if (filter->start_s != 0 && filter->end_s != 0 && filter->start_s > filter->end_s) {
        return NVT_E_FIELD_ORDER;
    }
    nvt_rpc_prepare(r, &get, NULL, &target);
    nvt_buf_put(&target, filter->status);
    put_time(&target, "&start=", filter->start_s);
    put_time(&target, "&end=", filter->end_s);
    put_count(&target, "&limit=", filter->limit);
    put_count(&target, "&offset=", filter->offset);
    return nvt_rpc_begin(call, r, &target);
}

/* The registry meant pages of 100 at most: a shorter answer to a larger limit need not be the last.
 */
static uint32_t page_limit(const struct nvt_rpc_walk *walk)
{
    uint32_t limit = walk->filter.limit == 0U ? 50U : walk->filter.limit;
    limit = limit > NVT_RPC_PAGE_MAX ? NVT_RPC_PAGE_MAX : limit;
    return limit > walk->left ? walk->left : limit;
}

nvt_err nvt_rpc_list_page(struct nvt_call *call, struct nvt_rpc_request *r,
                          const struct nvt_rpc_walk *walk)
{
    struct nvt_rpc_filter page = walk->filter;
    page.limit = page_limit(walk);
    return page.limit == 0U ? NVT_E_ARG : nvt_rpc_list(call, r, &page);
}

nvt_err nvt_rpc_next_page(const struct nvt_json *page, struct nvt_rpc_walk *walk, bool *out_more)
{
    uint32_t asked = page_limit(walk);
    uint32_t got = nvt_json_size(page, 0U);
    *out_more = false;
    if (nvt_json_type(page, 0U) != NVT_JSON_ARRAY || got > asked) {
        return NVT_E_ANSWER;
    }
    walk->left -= got;
    *out_more = got == asked && walk->left > 0U && walk->filter.offset <= UINT32_MAX - got;
    walk->filter.offset += got;
    return NVT_OK;
}
