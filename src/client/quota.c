/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a gateway says of its quotas in one field, x-rate-limit: a JSON array of windows, as PISTE
 * sends it. The texts in it are not documented, so they are read kindly: what is not understood is
 * passed over. Pure.
 */
#include "call.h"

/* Members of one window: about three, with room for what is new. */
enum { WINDOW_TOKENS = 17, MINUTE_S = 60, HOUR_S = 3600, DAY_S = 86400 };

/* Takes the next object off *text; objects in it end it too soon, and so it is no JSON then. */
static bool take_object(struct nvt_span *text, struct nvt_span *out_object)
{
    const uint8_t *from =
        text->len == 0U ? NULL : (const uint8_t *)memchr(text->ptr, '{', text->len);
    if (from == NULL) {
        return false;
    }
    struct nvt_span rest = nvt_span_drop(*text, (size_t)(from - text->ptr));
    const uint8_t *to = (const uint8_t *)memchr(rest.ptr, '}', rest.len);
    if (to == NULL) {
        return false;
    }
    *out_object = nvt_span_of(rest.ptr, (size_t)(to - rest.ptr) + 1U);
    *text = nvt_span_drop(rest, out_object->len);
    return true;
}

/* A number, as one or as a text. */
static bool read_number(struct nvt_span text, uint64_t *out_value)
{
    return nvt_u64_parse(nvt_span_trim(text), (uint64_t)INT32_MAX, out_value) == NVT_OK;
}

/* Seconds of "60", "1s", "1 second", "day", "24 h", 0 when that is no time. One letter tells the
 * unit but for minutes and milliseconds, which no one waits for in a quota. */
static uint64_t window_s(struct nvt_span text)
{
    struct nvt_span unit = nvt_span_trim(text);
    size_t n = 0;
    uint64_t count = 1;
    while (n < unit.len && unit.ptr[n] >= (uint8_t)'0' && unit.ptr[n] <= (uint8_t)'9') {
        n++;
    }
    if (n > 0U && !read_number(nvt_span_of(unit.ptr, n), &count)) {
        return 0;
    }
    unit = nvt_span_trim(nvt_span_drop(unit, n));
    switch (unit.len == 0U ? (uint8_t)(n > 0U ? 's' : 0) : (uint8_t)(unit.ptr[0] | 0x20U)) {
    case (uint8_t)'s':
        return count;
    case (uint8_t)'m':
        return count * (uint64_t)MINUTE_S;
    case (uint8_t)'h':
        return count * (uint64_t)HOUR_S;
    case (uint8_t)'d':
        return count * (uint64_t)DAY_S;
    default:
        return 0;
    }
}

static struct nvt_span member(const struct nvt_json *doc, const char *name)
{
    nvt_json_node node = 0;
    return nvt_json_find(doc, 0, name, &node) == NVT_OK ? nvt_json_raw(doc, node) : NVT_LIT("");
}

/* One window; false when that is none. */
static bool read_window(struct nvt_span object, uint64_t *out_left, uint64_t *out_s)
{
    struct nvt_json_tok pool[WINDOW_TOKENS];
    struct nvt_json doc;
    if (nvt_json_parse(&doc, object, pool, WINDOW_TOKENS) != NVT_OK ||
        !read_number(member(&doc, "remaining"), out_left)) {
        return false;
    }
    *out_s = window_s(member(&doc, "window"));
    return true;
}

void nvt_quota_read(const struct nvt_http_response *answer, struct nvt_quota *out_quota)
{
    struct nvt_quota q = {-1, 0U};
    struct nvt_span text = NVT_LIT("");
    struct nvt_span object;
    (void)nvt_http_field_find(answer, NVT_LIT("X-Rate-Limit"), &text);
    while (take_object(&text, &object)) {
        uint64_t left = 0;
        uint64_t s = 0;
        if (!read_window(object, &left, &s)) {
            continue;
        }
        q.left = q.left < 0 || (int32_t)left < q.left ? (int32_t)left : q.left;
        q.wait_s = left == 0U && s > q.wait_s ? s : q.wait_s;
    }
    *out_quota = q;
}
