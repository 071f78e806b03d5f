/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a webhook's body and signature, parted at the first NUL. Only the one signature of a
 * body passes, and it passes; with a bit changed it does not. An event's texts end in their room.
 */
#include <navette/coopcycle.h>

#include <mbedtls/md.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SECRET "bmF2ZXR0ZSB0ZXN0IHNlY3JldCwgMzIgYnl0ZXMhISE="

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void sign(struct nvt_span body, struct nvt_buf *out)
{
    uint8_t mac[32];
    const mbedtls_md_info_t *sha256 = mbedtls_md_info_from_type(MBEDTLS_MD_SHA256);
    require(mbedtls_md_hmac(sha256, (const uint8_t *)SECRET, sizeof SECRET - 1U, body.ptr, body.len,
                            mac) == 0);
    nvt_base64_put(out, nvt_span_of(mac, sizeof mac), NVT_BASE64);
    require(out->len == 44U);
}

static void try_check(struct nvt_span body, struct nvt_span given)
{
    uint8_t text[44];
    struct nvt_buf b;
    nvt_buf_init(&b, text, sizeof text);
    sign(body, &b);
    nvt_err err = nvt_coopcycle_webhook_check(body, given, NVT_LIT(SECRET));
    require(err == (nvt_span_eq(given, nvt_buf_span(&b)) ? NVT_OK : NVT_E_SIGNATURE));
    require(nvt_coopcycle_webhook_check(body, nvt_buf_span(&b), NVT_LIT(SECRET)) == NVT_OK);
    size_t at = body.len % 43U;
    text[at] ^= 1U;
    require(nvt_coopcycle_webhook_check(body, nvt_buf_span(&b), NVT_LIT(SECRET)) ==
            NVT_E_SIGNATURE);
}

static void try_read(struct nvt_span body)
{
    struct nvt_coopcycle_event e;
    memset(&e, 'x', sizeof e);
    nvt_err err = nvt_coopcycle_webhook_read(body, &e);
    require(memchr(e.object, 0, sizeof e.object) != NULL);
    require(memchr(e.event, 0, sizeof e.event) != NULL);
    require(err == NVT_OK || err == NVT_E_ANSWER);
    require(err != NVT_OK || (e.object[0] != '\0' && e.event[0] != '\0'));
    require(err != NVT_OK || nvt_json_check(body, NULL) == NVT_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = size == 0U ? NULL : (const uint8_t *)memchr(data, 0, size);
    size_t len = end == NULL ? size : (size_t)(end - data);
    struct nvt_span all = nvt_span_of(data, size);
    struct nvt_span body = nvt_span_of(data, len);
    /* A secret may be anything too, and is never taken for good when it is not one. */
    (void)nvt_coopcycle_webhook_check(body, body, all);
    try_check(body, nvt_span_drop(all, len + 1U));
    try_read(body);
    return 0;
}
