/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines out of bytes that come in pieces. A line is too long when more bytes than fit stand before
 * its end, white space included: that does not depend on how the bytes were split.
 */
#include "serve.h"

uint8_t *feed_room(struct serve_feed *f, size_t *out_room)
{
    if (f->from > 0U) {
        (void)memmove(f->mem, f->mem + f->from, f->len);
        f->from = 0;
    }
    *out_room = (size_t)SERVE_LINE_CAP - f->len;
    return f->mem + f->len;
}

void feed_added(struct serve_feed *f, size_t n)
{
    f->len += n;
}

static bool is_space(uint8_t c)
{
    return c == (uint8_t)' ' || c == (uint8_t)'\t' || c == (uint8_t)'\r';
}

static struct nvt_span trim(struct nvt_span s)
{
    while (s.len > 0U && is_space(s.ptr[0])) {
        s = nvt_span_drop(s, 1U);
    }
    while (s.len > 0U && is_space(s.ptr[s.len - 1U])) {
        s.len--;
    }
    return s;
}

/* Bytes up to the end of the line, the end included; 0 while it is not there. */
static size_t line_len(const struct serve_feed *f, bool at_end)
{
    if (f->len == 0U) {
        return 0;
    }
    const uint8_t *start = f->mem + f->from;
    const uint8_t *lf = (const uint8_t *)memchr(start, '\n', f->len);
    if (lf != NULL) {
        return (size_t)(lf - start) + 1U;
    }
    return at_end ? f->len : 0U;
}

static struct nvt_span take(struct serve_feed *f, size_t n)
{
    struct nvt_span s = nvt_span_of(f->mem + f->from, n);
    f->from += n;
    f->len -= n;
    f->lines++;
    if (n > 0U && s.ptr[n - 1U] == (uint8_t)'\n') {
        s.len--;
    }
    return trim(s);
}

/* What is there belongs to a line without an end so far. */
static enum feed_got wait_for_end(struct serve_feed *f, bool at_end, size_t *out_used)
{
    f->skipping = f->skipping || f->len == (size_t)SERVE_LINE_CAP;
    if (f->skipping) {
        *out_used += f->len;
        f->from = 0;
        f->len = 0;
    }
    if (f->skipping && at_end) {
        f->skipping = false;
        f->lines++;
        return FEED_TOO_LONG;
    }
    return FEED_NONE;
}

enum feed_got feed_next(struct serve_feed *f, bool at_end, struct nvt_span *out_line,
                        size_t *out_used)
{
    /* A full buffer without an end is too long, also at the end of the input. */
    size_t n = line_len(f, at_end && f->len < (size_t)SERVE_LINE_CAP);
    *out_used = 0;
    *out_line = NVT_LIT("");
    while (n > 0U) {
        *out_line = take(f, n);
        *out_used += n;
        if (f->skipping || out_line->len > SERVE_ENTRY_MAX) {
            f->skipping = false;
            *out_line = NVT_LIT("");
            return FEED_TOO_LONG;
        }
        if (out_line->len > 0U) {
            return FEED_LINE;
        }
        n = line_len(f, at_end);
    }
    return wait_for_end(f, at_end, out_used);
}
