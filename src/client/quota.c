/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a gateway says of its quotas in one field, x-rate-limit: a JSON array of windows, as PISTE
 * sends it. The texts in it are not documented, so they are read kindly: what is not understood is
 * passed over. Pure.
 */
#include "call.h"

enum { MINUTE_S = 60, HOUR_S = 3600, DAY_S = 86400 };

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

/* Takes the string at the front of *rest, a checked JSON text, off it: its content as it stands. */
static struct nvt_span take_string(struct nvt_span *rest)
{
    size_t n = 1;
    while (n < rest->len && rest->ptr[n] != (uint8_t)'"') {
        n += rest->ptr[n] == (uint8_t)'\\' ? 2U : 1U;
    }
    struct nvt_span text = nvt_span_of(rest->ptr + 1, (n < rest->len ? n : rest->len) - 1U);
    nvt_span_skip(rest, n + 1U);
    return text;
}

/* Does a string's content, escapes and all, mean this name? */
static bool means(struct nvt_span raw, struct nvt_span name)
{
    uint8_t mem[4];
    bool same = true;
    while (same && raw.len > 0U) {
        struct nvt_span piece = nvt_json_str_piece(&raw, mem);
        same =
            piece.len > 0U && piece.len <= name.len && memcmp(piece.ptr, name.ptr, piece.len) == 0;
        name = nvt_span_drop(name, piece.len);
    }
    return same && name.len == 0U;
}

/* A value, strings without their quotes. Of an array only its beginning, which is no number. */
static struct nvt_span take_value(struct nvt_span rest)
{
    size_t n = 0;
    if (rest.len > 0U && rest.ptr[0] == (uint8_t)'"') {
        return take_string(&rest);
    }
    while (n < rest.len && rest.ptr[n] != (uint8_t)',' && rest.ptr[n] != (uint8_t)'}') {
        n++;
    }
    return nvt_span_of(rest.ptr, n);
}

/* The value of the first member of that name in a checked object that holds no other one; empty
 * when there is none. Of all strings only names have a colon behind them. */
static struct nvt_span member(struct nvt_span object, struct nvt_span name)
{
    struct nvt_span rest = object;
    while (rest.len > 0U) {
        if (rest.ptr[0] != (uint8_t)'"') {
            nvt_span_skip(&rest, 1U);
            continue;
        }
        struct nvt_span text = take_string(&rest);
        rest = nvt_span_trim(rest);
        if (rest.len > 0U && rest.ptr[0] == (uint8_t)':' && means(text, name)) {
            return take_value(nvt_span_trim(nvt_span_drop(rest, 1U)));
        }
    }
    return NVT_LIT("");
}

/* One window; false when that is none. */
static bool read_window(struct nvt_span object, uint64_t *out_left, uint64_t *out_s)
{
    if (nvt_json_check(object, NULL) != NVT_OK ||
        !read_number(member(object, NVT_LIT("remaining")), out_left)) {
        return false;
    }
    *out_s = window_s(member(object, NVT_LIT("window")));
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
