/* SPDX-License-Identifier: Apache-2.0 */
/* Percent-encoding of URI parts and of forms, and the characters it is made of. */
#include <navette/base.h>

bool nvt_is_alnum(uint8_t byte)
{
    unsigned c = byte;
    return (c | 0x20U) - (unsigned)'a' < 26U || c - (unsigned)'0' < 10U;
}

unsigned nvt_hex_value(uint8_t byte)
{
    unsigned c = byte;
    if (c - (unsigned)'0' < 10U) {
        return c - (unsigned)'0';
    }
    unsigned letter = (c | 0x20U) - (unsigned)'a';
    return letter < 6U ? letter + 10U : 16U;
}

static void put_escaped(struct nvt_buf *b, uint8_t byte)
{
    static const char hex[] = "0123456789ABCDEF";
    const uint8_t text[3] = {(uint8_t)'%', (uint8_t)hex[byte >> 4U], (uint8_t)hex[byte & 15U]};
    nvt_buf_put(b, nvt_span_of(text, sizeof text));
}

/* All of text, letters and digits and those of plain as they are. */
static void put_all(struct nvt_buf *b, struct nvt_span text, const char plain[4])
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t byte = text.ptr[i];
        if (nvt_is_alnum(byte) || memchr(plain, (int)byte, 4U) != NULL) {
            nvt_buf_put_byte(b, byte);
        } else {
            put_escaped(b, byte);
        }
    }
}

/* unreserved = ALPHA / DIGIT / "-" / "." / "_" / "~" (RFC 3986 section 2.3) */
void nvt_percent_put(struct nvt_buf *b, struct nvt_span text)
{
    static const char unreserved[4] = {'-', '.', '_', '~'};
    size_t start = b->len;
    put_all(b, text, unreserved);
    if (b->overflow) {
        b->len = start;
    }
}

/* One side of a pair: the form's own set keeps "*" but not "~", and space is "+". */
static void put_form_text(struct nvt_buf *b, struct nvt_span text)
{
    static const char plain[4] = {'*', '-', '.', '_'};
    struct nvt_span rest = text;
    while (rest.len > 0U) {
        const uint8_t *space = (const uint8_t *)memchr(rest.ptr, ' ', rest.len);
        size_t run = space == NULL ? rest.len : (size_t)(space - rest.ptr);
        put_all(b, nvt_span_of(rest.ptr, run), plain);
        if (space != NULL) {
            nvt_buf_put_byte(b, (uint8_t)'+');
            run++;
        }
        nvt_span_skip(&rest, run);
    }
}

void nvt_form_put(struct nvt_buf *b, struct nvt_span name, struct nvt_span value)
{
    size_t start = b->len;
    if (start != 0U) {
        nvt_buf_put_byte(b, (uint8_t)'&');
    }
    put_form_text(b, name);
    nvt_buf_put_byte(b, (uint8_t)'=');
    put_form_text(b, value);
    if (b->overflow) {
        b->len = start;
    }
}
