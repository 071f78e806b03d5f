/* SPDX-License-Identifier: Apache-2.0 */
/* The caller's key: its form, and its way into a delivery that is JSON already. */
#include "coopcycle_scan.h"
#include "shape.h"

nvt_err nvt_coopcycle_check_key(struct nvt_span key)
{
    if (key.len == 0U) {
        return NVT_E_FIELD_MISSING;
    }
    if (key.len > (size_t)NVT_COOPCYCLE_KEY_MAX) {
        return NVT_E_FIELD_LENGTH;
    }
    return nvt_shape_all_in(key, NVT_COOPCYCLE_KEY_RANGES) ? NVT_OK : NVT_E_FIELD_FORMAT;
}

/* The task that is to carry it: beside a list neither of the others is read. */
static bool find_task(const struct nvt_json *doc, nvt_json_node *out_node)
{
    static const char *const paths[] = {"tasks.0", "dropoff", "pickup"};
    bool found = false;
    for (unsigned i = 0; i < 3U && !found; i++) {
        found = nvt_json_find(doc, 0U, paths[i], out_node) == NVT_OK &&
                nvt_json_type(doc, *out_node) == NVT_JSON_OBJECT;
    }
    return found;
}

/* The object that gets a member, and that member's text around the key. */
struct place {
    nvt_json_node node;
    const char *before, *behind;
};

static nvt_err find_place(const struct nvt_json *doc, struct place *out)
{
    nvt_json_node node = 0;
    if (!find_task(doc, &out->node)) {
        return NVT_E_FIELD_MISSING;
    }
    if (nvt_json_find(doc, out->node, "metadata", &node) != NVT_OK) {
        out->before = "\"metadata\":{\"navette_key\":\"";
        out->behind = "\"}";
        return NVT_OK;
    }
    if (nvt_json_type(doc, node) != NVT_JSON_OBJECT) {
        return NVT_E_FIELD_TYPE;
    }
    out->node = node;
    out->before = "\"navette_key\":\"";
    out->behind = "\"";
    return nvt_json_find(doc, node, "navette_key", &node) == NVT_OK ? NVT_E_FIELD_BOTH : NVT_OK;
}

nvt_err nvt_coopcycle_json_add_key(struct nvt_span json, struct nvt_span key,
                                   struct nvt_json_tok *pool, size_t pool_count,
                                   struct nvt_buf *out)
{
    struct nvt_json doc;
    struct place place = {0U, "", ""};
    nvt_err err = nvt_coopcycle_check_key(key);
    if (err == NVT_OK) {
        err = nvt_json_parse(&doc, json, pool, pool_count);
    }
    if (err == NVT_OK) {
        err = find_place(&doc, &place);
    }
    if (err != NVT_OK) {
        return err;
    }
    size_t at = (size_t)(nvt_json_raw(&doc, place.node).ptr - json.ptr) + 1U; /* behind its "{" */
    nvt_buf_put(out, nvt_span_of(json.ptr, at));
    nvt_buf_put(out, nvt_span_str(place.before));
    nvt_buf_put(out, key);
    nvt_buf_put(out, nvt_span_str(place.behind));
    if (nvt_json_size(&doc, place.node) > 0U) {
        nvt_buf_put_byte(out, (uint8_t)',');
    }
    nvt_buf_put(out, nvt_span_drop(json, at));
    return nvt_buf_err(out);
}
