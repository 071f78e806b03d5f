/* SPDX-License-Identifier: Apache-2.0 */
/* The registry's geography: distances by road, and places of addresses. */
#include "rpc_call.h"
#include "shape.h"

#define GEO "/v3.3/geo/"

static const struct nvt_done way = {.status = 200U,
                                    .form = (uint8_t)NVT_FORM_OBJECT,
                                    .has = "distance duration",
                                    .errors = NVT_RPC_ERRORS};
static const struct nvt_done point = {
    .status = 200U, .form = (uint8_t)NVT_FORM_OBJECT, .has = "lat lon", .errors = NVT_RPC_ERRORS};

static bool in_range(struct nvt_rpc_place place)
{
    return place.lat_e7 >= -900000000 && place.lat_e7 <= 900000000 && place.lon_e7 >= -1800000000 &&
           place.lon_e7 <= 1800000000;
}

static void put_degrees(struct nvt_buf *target, const char *name, int32_t e7)
{
    nvt_buf_put(target, nvt_span_str(name));
    nvt_buf_put_dec(target, nvt_shape_micro_degrees(e7), 6U);
}

nvt_err nvt_rpc_route(struct nvt_call *call, struct nvt_rpc_request *r, struct nvt_rpc_place from,
                      struct nvt_rpc_place to)
{
    static const struct nvt_rpc_verb get = {
        "GET", GEO "route", "", NVT_REQ_IDEMPOTENT, NVT_RPC_RATE_READ, &way};
    struct nvt_buf target;
    if (!in_range(from) || !in_range(to)) {
        return NVT_E_FIELD_RANGE;
    }
    nvt_rpc_prepare(r, &get, NULL, &target);
    put_degrees(&target, "?start%5Blat%5D=", from.lat_e7);
    put_degrees(&target, "&start%5Blon%5D=", from.lon_e7);
    put_degrees(&target, "&end%5Blat%5D=", to.lat_e7);
    put_degrees(&target, "&end%5Blon%5D=", to.lon_e7);
    return nvt_rpc_begin(call, r, &target);
}

static nvt_err check_text(struct nvt_span text)
{
    if (text.len == 0U) {
        return NVT_E_FIELD_MISSING;
    }
    nvt_err err = nvt_utf8_check(text);
    return err == NVT_OK && nvt_shape_code_points(text) > 256U ? NVT_E_FIELD_LENGTH : err;
}

nvt_err nvt_rpc_point_by_address(struct nvt_call *call, struct nvt_rpc_request *r,
                                 struct nvt_span address, struct nvt_span country)
{
    static const struct nvt_rpc_verb get = {
        "GET", GEO "point/by_address?literal=", "", NVT_REQ_IDEMPOTENT, NVT_RPC_RATE_READ, &point};
    struct nvt_buf target;
    nvt_err err = check_text(address);
    if (err == NVT_OK) {
        err = check_text(country);
    }
    if (err != NVT_OK) {
        return err;
    }
    nvt_rpc_prepare(r, &get, NULL, &target);
    nvt_percent_put(&target, address);
    nvt_buf_put(&target, NVT_LIT("&country="));
    nvt_percent_put(&target, country);
    return nvt_rpc_begin(call, r, &target);
}

nvt_err nvt_rpc_point_by_insee(struct nvt_call *call, struct nvt_rpc_request *r,
                               struct nvt_span code)
{
    static const struct nvt_rpc_verb get = {
        "GET", GEO "point/by_insee?code=", "", NVT_REQ_IDEMPOTENT, NVT_RPC_RATE_READ, &point};
    struct nvt_buf target;
    if (code.len == 0U) {
        return NVT_E_FIELD_MISSING;
    }
    if (code.len != 5U || !nvt_shape_all_in(code, "09AB")) {
        return NVT_E_FIELD_FORMAT;
    }
    nvt_rpc_prepare(r, &get, NULL, &target);
    nvt_buf_put(&target, code);
    return nvt_rpc_begin(call, r, &target);
}

/* ---- answers ---- */

static int64_t take(const struct nvt_json *doc, const char *name, unsigned scale, int64_t min,
                    int64_t max, nvt_err *err)
{
    nvt_json_node node = 0;
    int64_t value = 0;
    if (nvt_json_find(doc, 0U, name, &node) != NVT_OK ||
        nvt_json_get_dec(doc, node, scale, min, max, &value) != NVT_OK) {
        *err = NVT_E_ANSWER;
    }
    return value;
}

nvt_err nvt_rpc_read_route(struct nvt_call *call, uint32_t *out_distance_m,
                           uint32_t *out_duration_s)
{
    struct nvt_json doc;
    nvt_err err = nvt_call_json(call, &doc) == NVT_OK ? NVT_OK : NVT_E_ANSWER;
    if (err == NVT_OK) {
        *out_distance_m = (uint32_t)take(&doc, "distance", 0U, 0, UINT32_MAX, &err);
        *out_duration_s = (uint32_t)take(&doc, "duration", 0U, 0, UINT32_MAX, &err);
    }
    return err;
}

nvt_err nvt_rpc_read_place(struct nvt_call *call, struct nvt_rpc_place *out_place)
{
    struct nvt_json doc;
    nvt_err err = nvt_call_json(call, &doc) == NVT_OK ? NVT_OK : NVT_E_ANSWER;
    if (err == NVT_OK) {
        out_place->lat_e7 = (int32_t)take(&doc, "lat", 7U, -900000000, 900000000, &err);
        out_place->lon_e7 = (int32_t)take(&doc, "lon", 7U, -1800000000, 1800000000, &err);
    }
    return err;
}
