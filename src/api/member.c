/* SPDX-License-Identifier: Apache-2.0 */
/* One text out of JSON of any length, without tokens. */
#include "member.h"

/* Takes the rest of a string, whose first quote is off already, and its final quote off *json. */
static struct nvt_span take_string(struct nvt_span *json)
{
    size_t i = 0;
    while (i < json->len && json->ptr[i] != (uint8_t)'"') {
        i += json->ptr[i] == (uint8_t)'\\' ? 2U : 1U;
    }
    size_t end = i < json->len ? i + 1U : json->len;
    struct nvt_span text = nvt_span_of(json->ptr, end > 0U ? end - 1U : 0U);
    *json = nvt_span_drop(*json, end);
    return text;
}

static bool is_space(uint8_t byte)
{
    return byte == (uint8_t)' ' || byte == (uint8_t)'\t' || byte == (uint8_t)'\n' ||
           byte == (uint8_t)'\r';
}

static struct nvt_span skip_space(struct nvt_span text)
{
    while (text.len > 0U && is_space(text.ptr[0])) {
        text = nvt_span_drop(text, 1U);
    }
    return text;
}

static bool is_next(struct nvt_span text, char byte)
{
    struct nvt_span rest = skip_space(text);
    return rest.len > 0U && rest.ptr[0] == (uint8_t)byte;
}

static uint32_t deeper(uint32_t depth, uint8_t byte)
{
    if (byte == (uint8_t)'{' || byte == (uint8_t)'[') {
        return depth + 1U;
    }
    bool closes = byte == (uint8_t)'}' || byte == (uint8_t)']';
    return closes && depth > 0U ? depth - 1U : depth;
}

struct nvt_span nvt_member_text(struct nvt_span json, struct nvt_span name, bool deep)
{
    uint32_t depth = 0;
    bool next = false; /* the next string is the value, unless another kind of value comes first */
    while (json.len > 0U) {
        uint8_t byte = json.ptr[0];
        json = nvt_span_drop(json, 1U);
        if (byte != (uint8_t)'"') {
            uint32_t now = deeper(depth, byte);
            next = next && now == depth && byte != (uint8_t)',';
            depth = now;
            continue;
        }
        struct nvt_span text = take_string(&json);
        if (next) {
            return text;
        }
        next = (deep || depth == 1U) && nvt_span_eq(text, name) && is_next(json, ':');
    }
    return NVT_LIT("");
}

struct nvt_span nvt_member_object(struct nvt_span json, struct nvt_span name)
{
    uint32_t depth = 0;
    while (json.len > 0U) {
        uint8_t byte = json.ptr[0];
        json = nvt_span_drop(json, 1U);
        if (byte != (uint8_t)'"') {
            depth = deeper(depth, byte);
            continue;
        }
        struct nvt_span text = take_string(&json);
        if (depth == 1U && nvt_span_eq(text, name) && is_next(json, ':')) {
            json = nvt_span_drop(skip_space(json), 1U);
            return is_next(json, '{') ? skip_space(json) : NVT_LIT("");
        }
    }
    return NVT_LIT("");
}
