/* SPDX-License-Identifier: Apache-2.0 */
/* Journeys that are JSON already: held against the tables, then sent as they are. */
#include "rpc_fields.h"

nvt_err nvt_rpc_time_at(const struct nvt_json *doc, const char *path, int64_t *out_ms,
                        struct nvt_failure *out_failure)
{
    uint8_t text[64];
    struct nvt_buf b;
    nvt_json_node node = 0;
    nvt_buf_init(&b, text, sizeof text);
    nvt_err err = nvt_json_find(doc, 0U, path, &node);
    if (err == NVT_OK) {
        err = nvt_json_get_str(doc, node, &b);
    }
    if (err == NVT_OK) {
        err = nvt_rpc_parse_time(nvt_buf_span(&b), out_ms);
    }
    return err == NVT_OK ? NVT_OK : nvt_shape_refuse(out_failure, err, path);
}

static nvt_err check_times(const struct nvt_json *doc, int64_t now_s,
                           struct nvt_failure *out_failure)
{
    int64_t start_ms = 0;
    int64_t end_ms = 0;
    nvt_err err = nvt_rpc_time_at(doc, "start.datetime", &start_ms, out_failure);
    if (err == NVT_OK) {
        err = nvt_rpc_time_at(doc, "end.datetime", &end_ms, out_failure);
    }
    if (err == NVT_OK) {
        err = nvt_rpc_check_times(start_ms, end_ms, now_s);
        err = err == NVT_OK ? NVT_OK : nvt_shape_refuse(out_failure, err, "end.datetime");
    }
    return err;
}

static nvt_err check_text(struct nvt_json *doc, const struct nvt_shape *shape, struct nvt_span json,
                          struct nvt_json_tok *pool, size_t pool_count, int64_t now_s,
                          struct nvt_failure *out_failure)
{
    nvt_err err = nvt_shape_parse(doc, json, pool, pool_count, out_failure);
    if (err == NVT_OK) {
        err = nvt_shape_json(shape, doc, out_failure);
    }
    return err == NVT_OK ? check_times(doc, now_s, out_failure) : err;
}

nvt_err nvt_rpc_json_check(struct nvt_span json, struct nvt_json_tok *pool, size_t pool_count,
                           int64_t now_s, struct nvt_failure *out_failure)
{
    struct nvt_json doc;
    return check_text(&doc, &nvt_rpc_shape_v3, json, pool, pool_count, now_s, out_failure);
}

nvt_err nvt_rpc_update_check(struct nvt_span json, struct nvt_json_tok *pool, size_t pool_count,
                             int64_t now_s, struct nvt_failure *out_failure)
{
    struct nvt_json doc;
    return check_text(&doc, &nvt_rpc_shape_update, json, pool, pool_count, now_s, out_failure);
}

/* The value as it stands in the text, quotes included. */
static struct nvt_span verbatim(const struct nvt_json *doc, nvt_json_node node)
{
    struct nvt_span raw = nvt_json_raw(doc, node);
    bool quoted = nvt_json_type(doc, node) == NVT_JSON_STRING;
    return quoted ? nvt_span_of(raw.ptr - 1, raw.len + 2U) : raw;
}

nvt_err nvt_rpc_update_body(struct nvt_span journey_json, struct nvt_json_tok *pool,
                            size_t pool_count, int64_t now_s, struct nvt_buf *out,
                            struct nvt_failure *out_failure)
{
    const struct nvt_shape *shape = &nvt_rpc_shape_update;
    struct nvt_json doc;
    struct nvt_json_writer w;
    nvt_json_node node = 0;
    nvt_err err =
        check_text(&doc, &nvt_rpc_shape_v3, journey_json, pool, pool_count, now_s, out_failure);
    if (err != NVT_OK) {
        return err;
    }
    nvt_json_writer_init(&w, out);
    nvt_json_begin_object(&w);
    for (unsigned i = 0; i < shape->count; i++) {
        if (nvt_json_find(&doc, 0U, shape->row[i].name, &node) == NVT_OK) {
            nvt_json_name(&w, nvt_span_str(shape->row[i].name));
            nvt_json_put_raw(&w, verbatim(&doc, node));
        }
    }
    nvt_json_end_object(&w);
    return nvt_json_writer_end(&w);
}
