/* SPDX-License-Identifier: Apache-2.0 */
/* One text out of JSON of any length, without tokens. */
#include "member.h"

/* Behind a string's final quote; text is what follows its first one. */
static size_t string_end(struct nvt_span text)
{
    size_t i = 0;
    while (i < text.len && text.ptr[i] != (uint8_t)'"') {
        i += text.ptr[i] == (uint8_t)'\\' ? 2U : 1U;
    }
    return i < text.len ? i + 1U : text.len;
}

static bool is_space(uint8_t byte)
{
    return byte == (uint8_t)' ' || byte == (uint8_t)'\t' || byte == (uint8_t)'\n' ||
           byte == (uint8_t)'\r';
}

static bool is_colon_next(struct nvt_span text)
{
    size_t i = 0;
    while (i < text.len && is_space(text.ptr[i])) {
        i++;
    }
    return i < text.len && text.ptr[i] == (uint8_t)':';
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
        size_t end = string_end(json);
        struct nvt_span text = nvt_span_of(json.ptr, end > 0U ? end - 1U : 0U);
        json = nvt_span_drop(json, end);
        if (next) {
            return text;
        }
        next = (deep || depth == 1U) && nvt_span_eq(text, name) && is_colon_next(json);
    }
    return NVT_LIT("");
}
