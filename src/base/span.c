/* SPDX-License-Identifier: Apache-2.0 */
/* Byte ranges: cut, trim, compare. */
#include <navette/base.h>

struct nvt_span nvt_span_str(const char *str)
{
    return nvt_span_of(str, str == NULL ? 0U : strlen(str));
}

void nvt_span_skip(struct nvt_span *s, size_t n)
{
    size_t cut = n < s->len ? n : s->len;
    if (cut != 0U) { /* adding to a null pointer is undefined, adding 0 included */
        s->ptr += cut;
        s->len -= cut;
    }
}

struct nvt_span nvt_span_drop(struct nvt_span s, size_t n)
{
    nvt_span_skip(&s, n);
    return s;
}

static bool is_ows(uint8_t byte)
{
    return byte == (uint8_t)' ' || byte == (uint8_t)'\t';
}

struct nvt_span nvt_span_trim(struct nvt_span s)
{
    while (s.len > 0U && is_ows(s.ptr[0])) {
        nvt_span_skip(&s, 1U);
    }
    while (s.len > 0U && is_ows(s.ptr[s.len - 1U])) {
        s.len--;
    }
    return s;
}

bool nvt_span_eq(struct nvt_span a, struct nvt_span b)
{
    return a.len == b.len && (a.len == 0U || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* The two cases of one ASCII letter: they differ in bit 5 alone. */
static bool is_case_pair(uint8_t a, uint8_t b)
{
    unsigned lower = (unsigned)a | 0x20U;
    return ((unsigned)a ^ (unsigned)b) == 0x20U && lower - (unsigned)'a' < 26U;
}

bool nvt_span_eq_nocase(struct nvt_span a, struct nvt_span b)
{
    if (nvt_span_eq(a, b)) {
        return true; /* the usual case, and far faster than the loop */
    }
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (a.ptr[i] != b.ptr[i] && !is_case_pair(a.ptr[i], b.ptr[i])) {
            return false;
        }
    }
    return true;
}
