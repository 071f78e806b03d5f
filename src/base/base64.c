/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 in its three forms. Strict: each byte string has one text, and no other text is read. */
#include <navette/base.h>

/* The first 62 characters are common to the forms. */
static uint8_t letter(uint32_t value, bool url)
{
    if (value < 26U) {
        return (uint8_t)((uint32_t)'A' + value);
    }
    if (value < 52U) {
        return (uint8_t)((uint32_t)'a' + value - 26U);
    }
    if (value < 62U) {
        return (uint8_t)((uint32_t)'0' + value - 52U);
    }
    if (value == 62U) {
        return (uint8_t)(url ? '-' : '+');
    }
    return (uint8_t)(url ? '_' : '/');
}

/* Writes 1 to 3 bytes as 2 to 4 letters and padding up to 4 places. */
static void put_group(struct nvt_buf *b, struct nvt_span bytes, enum nvt_base64 form)
{
    uint32_t bits = (uint32_t)bytes.ptr[0] << 16U;
    bits |= bytes.len > 1U ? (uint32_t)bytes.ptr[1] << 8U : 0U;
    bits |= bytes.len > 2U ? (uint32_t)bytes.ptr[2] : 0U;
    for (size_t i = 0; i <= bytes.len; i++) {
        uint32_t value = (bits >> (18U - 6U * (unsigned)i)) & 63U;
        nvt_buf_put_byte(b, letter(value, form != NVT_BASE64));
    }
    for (size_t i = bytes.len; i < 3U && form != NVT_BASE64URL_BARE; i++) {
        nvt_buf_put_byte(b, (uint8_t)'=');
    }
}

void nvt_base64_put(struct nvt_buf *b, struct nvt_span bytes, enum nvt_base64 form)
{
    size_t start = b->len;
    for (size_t at = 0; at < bytes.len && !b->overflow; at += 3U) {
        size_t left = bytes.len - at;
        put_group(b, nvt_span_of(bytes.ptr + at, left < 3U ? left : 3U), form);
    }
    if (b->overflow) {
        b->len = start;
    }
}

uint32_t nvt_base64_value(uint8_t byte, bool url)
{
    uint32_t c = byte;
    if ((c | 0x20U) - (uint32_t)'a' < 26U) {
        return c >= (uint32_t)'a' ? c - (uint32_t)'a' + 26U : c - (uint32_t)'A';
    }
    if (c - (uint32_t)'0' < 10U) {
        return c - (uint32_t)'0' + 52U;
    }
    if (c == (uint32_t)(url ? '-' : '+')) {
        return 62U;
    }
    return c == (uint32_t)(url ? '_' : '/') ? 63U : 64U;
}

/* Reads 2 to 4 letters into 1 to 3 bytes. False on a foreign byte or on unused bits that are set:
 * such a text would be a second one for the same bytes. */
static bool get_group(struct nvt_span letters, bool url, uint8_t *out)
{
    uint32_t bits = 0;
    for (size_t i = 0; i < 4U; i++) {
        uint32_t value = i < letters.len ? nvt_base64_value(letters.ptr[i], url) : 0U;
        if (value > 63U) {
            return false;
        }
        bits = bits << 6U | value;
    }
    uint32_t unused = (1U << (8U * (4U - (uint32_t)letters.len))) - 1U;
    for (size_t i = 0; i + 1U < letters.len; i++) {
        out[i] = (uint8_t)(bits >> (16U - 8U * (unsigned)i) & 0xffU);
    }
    return (bits & unused) == 0U;
}

/* The letters of text without its padding. False when that is not right: of padded text, letters
 * and padding together fill groups of four; in no form is one letter left over. */
static bool strip_padding(struct nvt_span text, enum nvt_base64 form, struct nvt_span *out_letters)
{
    struct nvt_span letters = text;
    if (form != NVT_BASE64URL_BARE) {
        for (size_t i = 0; i < 2U && letters.len > 0U; i++) {
            letters.len -= letters.ptr[letters.len - 1U] == (uint8_t)'=' ? 1U : 0U;
        }
        if (text.len % 4U != 0U) {
            return false;
        }
    }
    *out_letters = letters;
    return letters.len % 4U != 1U;
}

nvt_err nvt_base64_decode(struct nvt_span text, enum nvt_base64 form, struct nvt_buf *out)
{
    struct nvt_span letters = {NULL, 0};
    if (!strip_padding(text, form, &letters)) {
        return NVT_E_SYNTAX;
    }
    size_t bytes_len = letters.len / 4U * 3U + letters.len % 4U * 3U / 4U;
    if (out->overflow || bytes_len > out->cap - out->len) {
        out->overflow = true;
        return NVT_E_SPACE;
    }
    size_t written = out->len;
    for (size_t at = 0; at < letters.len; at += 4U) {
        size_t left = letters.len - at;
        struct nvt_span group = nvt_span_of(letters.ptr + at, left < 4U ? left : 4U);
        if (!get_group(group, form != NVT_BASE64, out->ptr + written)) {
            return NVT_E_SYNTAX;
        }
        written += group.len - 1U;
    }
    out->len += bytes_len;
    return NVT_OK;
}
