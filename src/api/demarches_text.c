/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON that was checked, walked as text: a page of dossiers may have a hundred thousand values, and
 * a token for each would take more memory than the page itself.
 */
#include "demarches_text.h"

/* ws of RFC 8259 section 2 */
static bool is_space(uint8_t c)
{
    return c == 0x20U || c == 0x09U || c == 0x0AU || c == 0x0DU;
}

static void skip_space(struct nvt_span *s)
{
    while (s->len > 0U && is_space(s->ptr[0])) {
        *s = nvt_span_drop(*s, 1U);
    }
}

/* "[" and "{" differ in that one bit, and so do their counterparts. */
static bool opens(uint8_t c)
{
    return (c | 0x20U) == (uint8_t)'{';
}

static bool closes(uint8_t c)
{
    return (c | 0x20U) == (uint8_t)'}';
}

static bool is_end(uint8_t c)
{
    return is_space(c) || c == (uint8_t)',' || c == (uint8_t)':' || closes(c);
}

/* Length of the string that s starts with, its quotes included. */
static size_t string_len(struct nvt_span s)
{
    size_t i = 1U;
    while (i < s.len && s.ptr[i] != (uint8_t)'"') {
        i += s.ptr[i] == (uint8_t)'\\' ? 2U : 1U;
    }
    return i < s.len ? i + 1U : s.len;
}

/* Length of the value that s starts with. In checked text brackets need only be counted. */
static size_t value_len(struct nvt_span s)
{
    size_t i = 0;
    size_t depth = 0;
    while (i < s.len && (depth > 0U || !is_end(s.ptr[i]))) {
        uint8_t c = s.ptr[i];
        i += c == (uint8_t)'"' ? string_len(nvt_span_drop(s, i)) : 1U;
        depth += opens(c) ? 1U : 0U;
        depth -= closes(c) ? 1U : 0U;
    }
    return i;
}

static struct nvt_span take_value(struct nvt_span *rest)
{
    struct nvt_span value = nvt_span_of(rest->ptr, value_len(*rest));
    *rest = nvt_span_drop(*rest, value.len);
    skip_space(rest);
    return value;
}

struct nvt_span nvt_demarches_string(struct nvt_span value)
{
    bool string = value.len >= 2U && value.ptr[0] == (uint8_t)'"';
    return string ? nvt_span_of(value.ptr + 1, value.len - 2U) : NVT_LIT("");
}

bool nvt_demarches_starts(struct nvt_span s, char c)
{
    skip_space(&s);
    return s.len > 0U && s.ptr[0] == (uint8_t)c;
}

/* object = "{" [ string ":" value *( "," string ":" value ) ] "}"     array = "[" [ value *( ","
 * value ) ] "]"                                             RFC 8259 sections 4 and 5 */
bool nvt_demarches_walk(struct nvt_span *rest, struct nvt_span *out_name,
                        struct nvt_span *out_value)
{
    *out_name = NVT_LIT("");
    skip_space(rest);
    if (rest->len == 0U || (!opens(rest->ptr[0]) && rest->ptr[0] != (uint8_t)',')) {
        return false;
    }
    *rest = nvt_span_drop(*rest, 1U);
    skip_space(rest);
    *out_value = take_value(rest);
    if (rest->len > 0U && rest->ptr[0] == (uint8_t)':') {
        *out_name = nvt_demarches_string(*out_value);
        *rest = nvt_span_drop(*rest, 1U);
        skip_space(rest);
        *out_value = take_value(rest);
    }
    return out_value->len > 0U;
}

static struct nvt_span member(struct nvt_span object, struct nvt_span wanted)
{
    struct nvt_span name;
    struct nvt_span value;
    while (nvt_demarches_walk(&object, &name, &value)) {
        if (nvt_span_eq(name, wanted)) {
            return value;
        }
    }
    return NVT_LIT("");
}

struct nvt_span nvt_demarches_find(struct nvt_span json, const char *path)
{
    struct nvt_span left = nvt_span_str(path);
    while (left.len > 0U) {
        size_t n = 0;
        while (n < left.len && left.ptr[n] != (uint8_t)'.') {
            n++;
        }
        json = member(json, nvt_span_of(left.ptr, n));
        left = nvt_span_drop(left, n + 1U);
    }
    return json;
}

struct nvt_span nvt_demarches_unescape(struct nvt_span value, struct nvt_buf *out)
{
    struct nvt_span raw = nvt_demarches_string(value);
    size_t start = out->len;
    uint8_t mem[4];
    while (raw.len > 0U) {
        nvt_buf_put(out, nvt_json_str_piece(&raw, mem));
    }
    return out->overflow ? NVT_LIT("") : nvt_span_of(out->ptr + start, out->len - start);
}
