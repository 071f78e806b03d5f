/* SPDX-License-Identifier: Apache-2.0 */
/* The small parsers of the base room, for every input up to a length that covers their forms. */
#include "proof.h"

void prove_utf8(void)
{
    ANY_BYTES(text, 5U);
    struct nvt_span before = text;
    uint32_t code = 0;
    if (nvt_utf8_next(&text, &code) == NVT_OK) {
        uint8_t again[4];
        struct nvt_buf b;
        nvt_buf_init(&b, again, sizeof again);
        nvt_utf8_put(&b, code);
        __CPROVER_assert(code <= 0x10FFFFU && (code < 0xD800U || code > 0xDFFFU), "a character");
        __CPROVER_assert(!b.overflow && b.len == before.len - text.len, "in its shortest form");
    }
}

void prove_base64(void)
{
    ANY_BYTES(text, 8U);
    uint8_t form = nondet_uint8();
    __CPROVER_assume(form <= (uint8_t)NVT_BASE64URL_BARE);
    size_t cap = nondet_size();
    __CPROVER_assume(cap <= 6U);
    uint8_t *mem = malloc(cap);
    __CPROVER_assume(mem != NULL);
    struct nvt_buf b;
    nvt_buf_init(&b, mem, cap);
    nvt_err err = nvt_base64_decode(text, (enum nvt_base64)form, &b);
    __CPROVER_assert(b.len <= b.cap, "inside its buffer");
    __CPROVER_assert(err == NVT_OK || b.len == 0U, "an error adds nothing");
}

void prove_rfc3339(void)
{
    ANY_BYTES(text, 27U);
    int64_t s = -1;
    nvt_err err = nvt_time_parse_rfc3339(text, &s);
    __CPROVER_assert(err != NVT_OK || (s >= 0 && s <= 253402300799), "from 1970 to 9999");
}
