/* SPDX-License-Identifier: Apache-2.0 */
/* One text or object out of JSON of any length, without tokens. */
#include "member.h"

static void skip_space(struct nvt_span *s)
{
    while (s->len > 0U && (s->ptr[0] == (uint8_t)' ' || s->ptr[0] == (uint8_t)'\t' ||
                           s->ptr[0] == (uint8_t)'\n' || s->ptr[0] == (uint8_t)'\r')) {
        nvt_span_skip(s, 1U);
    }
}

/* Whether byte comes next; white space before it is taken off. */
static bool is_next(struct nvt_span *s, char byte)
{
    skip_space(s);
    return s->len > 0U && s->ptr[0] == (uint8_t)byte;
}

/* Takes the rest of a string, whose first quote is off already, and its final quote. */
static struct nvt_span take_string(struct nvt_span *s)
{
    size_t i = 0;
    while (i < s->len && s->ptr[i] != (uint8_t)'"') {
        i += s->ptr[i] == (uint8_t)'\\' ? 2U : 1U;
    }
    size_t end = i < s->len ? i + 1U : s->len;
    struct nvt_span text = nvt_span_of(s->ptr, end > 0U ? end - 1U : 0U);
    nvt_span_skip(s, end);
    return text;
}

/* Takes the rest of a string. True when it is the name of a member called so: its colon is then
 * taken too. */
static bool take_name(struct nvt_span *s, struct nvt_span name)
{
    bool called = nvt_span_eq(take_string(s), name) && is_next(s, ':');
    nvt_span_skip(s, called ? 1U : 0U);
    return called;
}

static uint32_t deeper(uint32_t depth, uint8_t byte)
{
    if (byte == (uint8_t)'{' || byte == (uint8_t)'[') {
        return depth + 1U;
    }
    bool closes = byte == (uint8_t)'}' || byte == (uint8_t)']';
    return closes && depth > 0U ? depth - 1U : depth;
}

/* What stands from the first value of a member called name on that starts with first. */
static struct nvt_span find_value(struct nvt_span json, struct nvt_span name, bool deep, char first)
{
    uint32_t depth = 0;
    while (json.len > 0U) {
        uint8_t byte = json.ptr[0];
        nvt_span_skip(&json, 1U);
        if (byte != (uint8_t)'"') {
            depth = deeper(depth, byte);
            continue;
        }
        if (take_name(&json, name) && (deep || depth == 1U) && is_next(&json, first)) {
            return json;
        }
    }
    return NVT_LIT("");
}

struct nvt_span nvt_member_text(struct nvt_span json, struct nvt_span name, bool deep)
{
    struct nvt_span value = find_value(json, name, deep, '"');
    nvt_span_skip(&value, 1U);
    return take_string(&value);
}

struct nvt_span nvt_member_object(struct nvt_span json, struct nvt_span name)
{
    return find_value(json, name, false, '{');
}
