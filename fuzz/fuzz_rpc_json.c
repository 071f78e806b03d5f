/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a journey. What is accepted is accepted again, whatever the pool held before and
 * however much white space stands around it, is valid JSON, and gives an update body that the
 * update check accepts. What is refused names a field that is valid UTF-8 and fits.
 */
#include <navette/rpc.h>

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define POOL 1024
#define NOW_S 1800000000

static struct nvt_json_tok pool[POOL];

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void check_refusal(nvt_err err, struct nvt_span json, const struct nvt_failure *failure)
{
    size_t len = strnlen(failure->field, sizeof failure->field);
    require(failure->err == err);
    require(len < sizeof failure->field);
    require(nvt_utf8_check(nvt_span_of(failure->field, len)) == NVT_OK);
    bool field =
        (err <= NVT_E_FIELD_MISSING && err >= NVT_E_FIELD_REPEATED) || err == NVT_E_JSON_DUPLICATE;
    bool syntax = err <= NVT_E_JSON_SYNTAX && err >= NVT_E_JSON_TOKENS;
    require(field || syntax);
    require(field || len == 0U);
    require(failure->detail >= 0 && (size_t)failure->detail <= json.len);
}

static void check_update(struct nvt_span json)
{
    struct nvt_failure failure;
    size_t cap = json.len + 16U;
    uint8_t *text = (uint8_t *)malloc(cap);
    struct nvt_buf b;
    require(text != NULL);
    nvt_buf_init(&b, text, cap);
    require(nvt_rpc_update_body(json, pool, POOL, NOW_S, &b, &failure) == NVT_OK);
    require(nvt_rpc_update_check(nvt_buf_span(&b), pool, POOL, NOW_S, &failure) == NVT_OK);
    require(nvt_rpc_json_check(nvt_buf_span(&b), pool, POOL, NOW_S, &failure) ==
            NVT_E_FIELD_MISSING);
    free(text);
}

static void check_padded(struct nvt_span json)
{
    struct nvt_failure failure;
    uint8_t *text = (uint8_t *)malloc(json.len + 2U);
    require(text != NULL);
    text[0] = (uint8_t)'\n';
    (void)memcpy(text + 1, json.ptr, json.len);
    text[json.len + 1U] = (uint8_t)'\t';
    require(nvt_rpc_json_check(nvt_span_of(text, json.len + 2U), pool, POOL, NOW_S, &failure) ==
            NVT_OK);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct nvt_failure first;
    struct nvt_failure second;
    struct nvt_span json = nvt_span_of(data, size);
    (void)memset(pool, 0, sizeof pool);
    nvt_err err = nvt_rpc_json_check(json, pool, POOL, NOW_S, &first);
    (void)memset(pool, 0xFF, sizeof pool);
    require(nvt_rpc_json_check(json, pool, POOL, NOW_S, &second) == err);
    require(first.detail == second.detail && strcmp(first.field, second.field) == 0);
    if (err == NVT_OK) {
        require(nvt_json_check(json, NULL) == NVT_OK);
        check_update(json);
        check_padded(json);
    } else {
        check_refusal(err, json, &first);
    }
    return 0;
}
