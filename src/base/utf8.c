/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 as RFC 3629 has it: shortest forms only, no surrogates, nothing above U+10FFFF. */
#include <navette/base.h>

#define NVT_REPLACEMENT 0xfffdU /* U+FFFD stands for what cannot be written */

/* Bytes of the character that starts so; 0 for a byte that starts none. */
static size_t length_by_first(uint8_t byte)
{
    if (byte < 0x80U) {
        return 1;
    }
    if (byte >= 0xc2U && byte < 0xe0U) {
        return 2;
    }
    if (byte >= 0xe0U && byte < 0xf0U) {
        return 3;
    }
    return byte >= 0xf0U && byte < 0xf5U ? 4 : 0;
}

static bool is_scalar(uint32_t code_point)
{
    return code_point < 0xd800U || (code_point > 0xdfffU && code_point <= 0x10ffffU);
}

/* UTF8-octets = *( UTF8-1 / UTF8-2 / UTF8-3 / UTF8-4 ) (RFC 3629 section 4) */
nvt_err nvt_utf8_next(struct nvt_span *text, uint32_t *out_code_point)
{
    static const uint32_t lowest[5] = {0, 0, 0x80U, 0x800U, 0x10000U};
    size_t len = text->len == 0U ? 0U : length_by_first(text->ptr[0]);
    if (len == 0U || len > text->len) {
        return NVT_E_UTF8;
    }
    uint32_t value = len == 1U ? text->ptr[0] : text->ptr[0] & (0x7fU >> len);
    for (size_t i = 1; i < len; i++) {
        if ((text->ptr[i] & 0xc0U) != 0x80U) {
            return NVT_E_UTF8;
        }
        value = value << 6U | (text->ptr[i] & 0x3fU);
    }
    if (value < lowest[len] || !is_scalar(value)) {
        return NVT_E_UTF8;
    }
    nvt_span_skip(text, len);
    *out_code_point = value;
    return NVT_OK;
}

nvt_err nvt_utf8_check(struct nvt_span text)
{
    struct nvt_span rest = text;
    while (rest.len > 0U) {
        uint32_t code_point = 0;
        if (nvt_utf8_next(&rest, &code_point) != NVT_OK) {
            return NVT_E_UTF8;
        }
    }
    return NVT_OK;
}

void nvt_utf8_put(struct nvt_buf *b, uint32_t code_point)
{
    uint32_t c = is_scalar(code_point) ? code_point : NVT_REPLACEMENT;
    uint8_t text[4];
    size_t len = 1U + (c >= 0x80U ? 1U : 0U) + (c >= 0x800U ? 1U : 0U) + (c >= 0x10000U ? 1U : 0U);
    for (size_t i = len - 1U; i > 0U; i--) {
        text[i] = (uint8_t)(0x80U | (c & 0x3fU));
        c >>= 6U;
    }
    text[0] = (uint8_t)(len == 1U ? c : c | (0xf00U >> len & 0xffU));
    nvt_buf_put(b, nvt_span_of(text, len));
}
