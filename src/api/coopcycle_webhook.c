/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What CoopCycle posts to a webhook: {"data":{"object":IRI,"event":NAME}}, signed by
 * X-CoopCycle-Signature: base64(HMAC-SHA256(secret, body)).
 */
#include <navette/coopcycle.h>

#include <mbedtls/md.h>

#define TOKENS 32U

/* Over the bytes as they came: the sender escapes each '/', so that JSON written anew would differ.
 */
nvt_err nvt_coopcycle_webhook_check(struct nvt_span body, struct nvt_span signature,
                                    struct nvt_span secret)
{
    uint8_t given[32];
    uint8_t wanted[32];
    struct nvt_buf b;
    nvt_err err = nvt_credential_check(secret, NVT_SECRET_CAP);
    if (err != NVT_OK) {
        return err;
    }
    nvt_buf_init(&b, given, sizeof given);
    if (nvt_base64_decode(signature, NVT_BASE64, &b) != NVT_OK || b.len != sizeof given) {
        return NVT_E_SIGNATURE;
    }
    const mbedtls_md_info_t *sha256 = mbedtls_md_info_from_type(MBEDTLS_MD_SHA256);
    bool done = mbedtls_md_hmac(sha256, secret.ptr, secret.len, body.ptr, body.len, wanted) == 0;
    bool same = nvt_ct_equal(given, wanted, sizeof wanted);
    nvt_wipe(wanted, sizeof wanted);
    return done && same ? NVT_OK : NVT_E_SIGNATURE;
}

static bool take_text(const struct nvt_json *doc, const char *path, char *out, size_t cap)
{
    nvt_json_node node = 0;
    return nvt_json_find(doc, 0U, path, &node) == NVT_OK &&
           nvt_json_get_text(doc, node, out, cap) == NVT_OK && out[0] != '\0';
}

nvt_err nvt_coopcycle_webhook_read(struct nvt_span body, struct nvt_coopcycle_event *out_event)
{
    struct nvt_json_tok pool[TOKENS];
    struct nvt_json doc;
    (void)memset(out_event, 0, sizeof *out_event);
    bool ok = nvt_json_parse(&doc, body, pool, TOKENS) == NVT_OK &&
              take_text(&doc, "data.object", out_event->object, sizeof out_event->object) &&
              take_text(&doc, "data.event", out_event->event, sizeof out_event->event);
    return ok ? NVT_OK : NVT_E_ANSWER;
}
