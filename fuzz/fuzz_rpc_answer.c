/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as an answer of the registry, and as a CEE application. Readers give views into the
 * answer, values in range, and the same twice; a page moves the walk on by what it holds. An
 * application that is accepted is valid JSON and accepted again with white space around it.
 */
#include <navette/rpc.h>

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define POOL 1024

static struct nvt_json_tok pool[POOL];
static struct nvt_span body;
static struct nvt_call call;

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* ---- in place of the client ---- */

nvt_err nvt_call_json(struct nvt_call *c, struct nvt_json *out_doc)
{
    (void)c;
    return nvt_json_parse(out_doc, body, pool, POOL);
}

nvt_err nvt_call_begin(struct nvt_call *c, const struct nvt_request *request)
{
    (void)c;
    (void)request;
    return NVT_E_STATE;
}

/* ---- answers ---- */

static void inside(struct nvt_span s)
{
    require(s.len == 0U || (s.ptr >= body.ptr && s.ptr + s.len <= body.ptr + body.len));
}

static void labels(struct nvt_span array)
{
    struct nvt_json doc;
    struct nvt_json_iter it = {0, 0, false};
    struct nvt_span name;
    struct nvt_span label;
    nvt_json_node item = 0;
    inside(array);
    if (array.len == 0U) {
        return;
    }
    require(nvt_json_parse(&doc, array, pool, POOL) == NVT_OK);
    require(nvt_json_type(&doc, 0) == NVT_JSON_ARRAY);
    while (nvt_json_next(&doc, 0, &it, &name, &item)) {
        require(nvt_rpc_label(&doc, item, &label) == NVT_OK);
        inside(label);
    }
}

static void read_journeys(void)
{
    struct nvt_rpc_receipt receipt;
    struct nvt_rpc_state state;
    struct nvt_span terms;
    if (nvt_rpc_read_receipt(&call, &receipt) == NVT_OK) {
        inside(receipt.operator_journey_id);
        inside(receipt.created_at);
    }
    if (nvt_rpc_read_state(&call, &state) == NVT_OK) {
        inside(state.status);
        inside(state.operator_journey_id);
        inside(state.created_at);
        labels(state.fraud_labels);
        labels(state.anomaly_details);
        labels(state.terms_details);
    }
    nvt_err err = nvt_rpc_read_terms(&call, &terms);
    require((err == NVT_OK) == (terms.len > 0U));
    labels(terms);
}

static void read_geography(void)
{
    struct nvt_rpc_place place;
    uint32_t distance_m = 0;
    uint32_t duration_s = 0;
    if (nvt_rpc_read_place(&call, &place) == NVT_OK) {
        require(place.lat_e7 >= -900000000 && place.lat_e7 <= 900000000);
        require(place.lon_e7 >= -1800000000 && place.lon_e7 <= 1800000000);
    }
    (void)nvt_rpc_read_route(&call, &distance_m, &duration_s);
}

static void read_application(void)
{
    struct nvt_rpc_cee_answer answer;
    if (nvt_rpc_read_cee(&call, &answer) == NVT_OK) {
        require(answer.datetime.ptr != NULL);
        require(answer.journey_id >= 0);
    }
    inside(answer.uuid);
    inside(answer.datetime);
    inside(answer.token);
    inside(answer.status);
}

static void read_page(void)
{
    struct nvt_json page;
    struct nvt_rpc_walk walk = {.filter = {.limit = 7U, .offset = UINT32_MAX - 3U}, .left = 5U};
    bool more = true;
    if (nvt_call_json(&call, &page) != NVT_OK) {
        return;
    }
    uint32_t got = nvt_json_size(&page, 0);
    nvt_err err = nvt_rpc_next_page(&page, &walk, &more);
    require(!more);
    require(walk.left == (err == NVT_OK ? 5U - got : 5U));
}

/* ---- applications ---- */

static void check_application(enum nvt_rpc_cee_use use)
{
    struct nvt_failure failure;
    nvt_err err = nvt_rpc_cee_check(body, pool, POOL, use, &failure);
    size_t len = strnlen(failure.field, sizeof failure.field);
    require(failure.err == err && len < sizeof failure.field);
    require(nvt_utf8_check(nvt_span_of(failure.field, len)) == NVT_OK);
    require(failure.detail >= 0 && (size_t)failure.detail <= body.len);
    if (err != NVT_OK) {
        return;
    }
    uint8_t *text = (uint8_t *)malloc(body.len + 2U);
    require(text != NULL && len == 0U);
    text[0] = (uint8_t)' ';
    (void)memcpy(text + 1, body.ptr, body.len);
    text[body.len + 1U] = (uint8_t)'\r';
    require(nvt_rpc_cee_check(nvt_span_of(text, body.len + 2U), pool, NVT_RPC_CEE_TOKENS, use,
                              NULL) == NVT_OK);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    body = nvt_span_of(data, size);
    read_journeys();
    read_geography();
    read_application();
    read_page();
    check_application(NVT_RPC_CEE_SIMULATE);
    check_application(NVT_RPC_CEE_REGISTER);
    return 0;
}
