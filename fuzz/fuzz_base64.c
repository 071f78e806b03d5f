/* SPDX-License-Identifier: Apache-2.0 */
/* Base64: a text that is read is the very text that its bytes are written as, in each form, and any
 * bytes come back from their text. */
#include <navette/base.h>

#include <stdlib.h>

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* A buffer of just that size. */
static struct nvt_buf exact(size_t cap)
{
    struct nvt_buf b;
    void *memory = malloc(cap == 0U ? 1U : cap);
    check(memory != NULL);
    nvt_buf_init(&b, memory, cap);
    return b;
}

static void check_text(struct nvt_span text, enum nvt_base64 form)
{
    struct nvt_buf bytes = exact(text.len / 4U * 3U + 2U);
    nvt_err err = nvt_base64_decode(text, form, &bytes);
    if (err == NVT_OK) {
        struct nvt_buf again = exact(text.len);
        nvt_base64_put(&again, nvt_buf_span(&bytes), form);
        check(nvt_buf_err(&again) == NVT_OK && nvt_span_eq(nvt_buf_span(&again), text));
        free(again.ptr);
    } else {
        check(err == NVT_E_SYNTAX && bytes.len == 0U);
    }
    free(bytes.ptr);
}

static void check_bytes(struct nvt_span bytes, enum nvt_base64 form)
{
    struct nvt_buf text = exact((bytes.len + 2U) / 3U * 4U);
    struct nvt_buf back = exact(bytes.len);
    nvt_base64_put(&text, bytes, form);
    check(nvt_buf_err(&text) == NVT_OK);
    check(nvt_base64_decode(nvt_buf_span(&text), form, &back) == NVT_OK);
    check(nvt_span_eq(nvt_buf_span(&back), bytes));
    free(text.ptr);
    free(back.ptr);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum nvt_base64 forms[3] = {NVT_BASE64, NVT_BASE64URL, NVT_BASE64URL_BARE};
    for (size_t i = 0; i < 3U; i++) {
        check_text(nvt_span_of(data, size), forms[i]);
        check_bytes(nvt_span_of(data, size), forms[i]);
    }
    return 0;
}
