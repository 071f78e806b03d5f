/* SPDX-License-Identifier: Apache-2.0 */
/* Looking at the fields of a head that the parser has accepted. */
#include <navette/http.h>

#include "response.h"

/* The line at *cursor without its CRLF; *cursor moves behind it. The parser saw to it that each
 * line ends in CRLF and holds no other CR or LF. */
static bool next_line(const struct nvt_http_response *r, size_t *cursor, struct nvt_span *out_line)
{
    if (!nvt_http_has_head(r) || *cursor >= r->head_len) {
        return false;
    }
    struct nvt_span rest = nvt_span_of(r->head + *cursor, r->head_len - *cursor);
    const uint8_t *lf = (const uint8_t *)memchr(rest.ptr, '\n', rest.len);
    if (lf == NULL || lf == rest.ptr) {
        return false;
    }
    *out_line = nvt_span_of(rest.ptr, (size_t)(lf - rest.ptr) - 1U);
    *cursor += out_line->len + 2U;
    return true;
}

/* The next line that is a field; the status line is stepped over. */
static bool next_field_line(const struct nvt_http_response *r, size_t *cursor,
                            struct nvt_span *out_line)
{
    if (*cursor == 0U && !next_line(r, cursor, out_line)) {
        return false;
    }
    return next_line(r, cursor, out_line) && out_line->len != 0U;
}

bool nvt_http_field_next(const struct nvt_http_response *r, size_t *cursor,
                         struct nvt_http_field *out_field)
{
    struct nvt_span line = {NULL, 0};
    if (!next_field_line(r, cursor, &line)) {
        return false;
    }
    const uint8_t *colon = (const uint8_t *)memchr(line.ptr, ':', line.len);
    if (colon == NULL) {
        return false;
    }
    size_t name_len = (size_t)(colon - line.ptr);
    out_field->name = nvt_span_of(line.ptr, name_len);
    out_field->value = nvt_span_trim(nvt_span_drop(line, name_len + 1U));
    return true;
}

bool nvt_http_field_find(const struct nvt_http_response *r, struct nvt_span name,
                         struct nvt_span *out_value)
{
    struct nvt_span line = {NULL, 0};
    size_t cursor = 0;
    while (next_field_line(r, &cursor, &line)) {
        /* A name holds no colon: one right behind as many bytes ends a name of that length. */
        if (line.len > name.len && line.ptr[name.len] == (uint8_t)':' &&
            nvt_span_eq_nocase(nvt_span_of(line.ptr, name.len), name)) {
            *out_value = nvt_span_trim(nvt_span_drop(line, name.len + 1U));
            return true;
        }
    }
    return false;
}
