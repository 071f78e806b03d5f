/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON that was checked, walked as text: a page of dossiers may have a hundred thousand values, and
 * a token for each would take more memory than the page itself. In checked text brackets need only
 * be counted, and no byte up to the space stands between values but white space.
 */
#include "scan.h"

static void step(struct nvt_span *s)
{
    s->ptr++;
    s->len--;
}

/* The byte in front, NUL behind the end. */
static uint8_t front(const struct nvt_span *s)
{
    return s->len > 0U ? s->ptr[0] : 0U;
}

/* ws of RFC 8259 section 2 */
static void skip_space(struct nvt_span *s)
{
    while (s->len > 0U && s->ptr[0] <= 0x20U) {
        step(s);
    }
}

/* "[" and "{" differ in that one bit, and so do their counterparts. */
static bool opens(uint8_t byte)
{
    return (byte | 0x20U) == (uint8_t)'{';
}

static bool closes(uint8_t byte)
{
    return (byte | 0x20U) == (uint8_t)'}';
}

static bool is_end(uint8_t byte)
{
    return byte <= 0x20U || byte == (uint8_t)',' || byte == (uint8_t)':' || closes(byte);
}

/* A string, or one byte of anything else. */
static void skip(struct nvt_span *s)
{
    bool string = s->ptr[0] == (uint8_t)'"';
    bool escaped = false;
    step(s);
    while (string && s->len > 0U) {
        string = escaped || s->ptr[0] != (uint8_t)'"';
        escaped = !escaped && s->ptr[0] == (uint8_t)'\\';
        step(s);
    }
}

/* Takes the value in front, and the white space around it. */
static struct nvt_span take_value(struct nvt_span *s)
{
    size_t depth = 0;
    skip_space(s);
    struct nvt_span value = *s;
    while (s->len > 0U && (depth > 0U || !is_end(s->ptr[0]))) {
        uint8_t byte = s->ptr[0];
        depth += opens(byte) ? 1U : 0U;
        depth -= closes(byte) ? 1U : 0U;
        skip(s);
    }
    value.len -= s->len;
    skip_space(s);
    return value;
}

struct nvt_span nvt_json_text(struct nvt_span value)
{
    bool string = value.len >= 2U && value.ptr[0] == (uint8_t)'"';
    return string ? nvt_span_of(value.ptr + 1, value.len - 2U) : NVT_LIT("");
}

bool nvt_json_starts(struct nvt_span s, char c)
{
    skip_space(&s);
    return front(&s) == (uint8_t)c;
}

/* object = "{" [ string ":" value *( "," string ":" value ) ] "}"     array = "[" [ value *( ","
 * value ) ] "]"                                             RFC 8259 sections 4 and 5 */
bool nvt_json_each(struct nvt_span *rest, struct nvt_span *out_name, struct nvt_span *out_value)
{
    *out_name = NVT_LIT("");
    skip_space(rest);
    if (!opens(front(rest)) && front(rest) != (uint8_t)',') {
        return false;
    }
    step(rest);
    *out_value = take_value(rest);
    if (front(rest) == (uint8_t)':') {
        *out_name = nvt_json_text(*out_value);
        step(rest);
        *out_value = take_value(rest);
    }
    return out_value->len > 0U;
}

static struct nvt_span member(struct nvt_span object, struct nvt_span wanted)
{
    struct nvt_span name;
    struct nvt_span value;
    bool is_object = nvt_json_starts(object, '{');
    while (is_object && nvt_json_each(&object, &name, &value)) {
        if (nvt_json_same(name, wanted, true)) {
            return value;
        }
    }
    return NVT_LIT("");
}

struct nvt_span nvt_json_at(struct nvt_span json, struct nvt_span path)
{
    while (path.len > 0U) {
        const uint8_t *dot = (const uint8_t *)memchr(path.ptr, '.', path.len);
        size_t n = dot == NULL ? path.len : (size_t)(dot - path.ptr);
        json = member(json, nvt_span_of(path.ptr, n));
        nvt_span_skip(&path, n + 1U);
    }
    return json;
}
