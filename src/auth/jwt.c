/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The times in a JSON Web Token, read without trusting it: no signature is checked, since they
 * decide only when to ask for the next token.
 */
#include <navette/auth.h>

#define MICRO 1000000                    /* servers write times down to the microsecond */
#define LATEST_S ((int64_t)253402300799) /* 9999-12-31T23:59:59Z */

/* JWS = header "." payload "." signature, each base64url           RFC 7515 section 7.1
 * Five parts make an encrypted token, whose payload is not for us: no JWT here. */
static nvt_err find_payload(struct nvt_span token, struct nvt_span *out_payload)
{
    size_t dots[2] = {0U, 0U};
    size_t count = 0U;
    for (size_t i = 0U; i < token.len; i++) {
        if (token.ptr[i] == (uint8_t)'.') {
            if (count == 2U) {
                return NVT_E_JWT;
            }
            dots[count] = i;
            count++;
        }
    }
    if (count != 2U || dots[0] == 0U) {
        return NVT_E_JWT;
    }
    *out_payload = nvt_span_of(token.ptr + dots[0] + 1U, dots[1] - dots[0] - 1U);
    return NVT_OK;
}

/* NumericDate of RFC 7519 section 2: seconds, maybe with a fraction, which is cut. 0 is the mark
 * of an absent one, so that the first second of 1970 is refused with all before it. */
static nvt_err read_time(const struct nvt_json *doc, const char *name, int64_t *out_s)
{
    nvt_json_node node;
    int64_t micro = 0;
    *out_s = 0;
    if (nvt_json_find(doc, 0U, name, &node) != NVT_OK) {
        return NVT_OK;
    }
    if (nvt_json_get_dec(doc, node, 6U, MICRO, LATEST_S * MICRO, &micro) != NVT_OK) {
        return NVT_E_JWT;
    }
    *out_s = micro / MICRO;
    return NVT_OK;
}

/* Two parsers could take different ones of two exp, so neither is believed. */
static nvt_err read_times(struct nvt_span json, struct nvt_json_tok *pool, size_t pool_count,
                          int64_t *out_exp_s, int64_t *out_iat_s)
{
    struct nvt_json doc;
    int64_t exp_s = 0;
    int64_t iat_s = 0;
    if (nvt_json_parse(&doc, json, pool, pool_count) != NVT_OK ||
        nvt_json_type(&doc, 0U) != NVT_JSON_OBJECT || nvt_json_unique(&doc) != NVT_OK ||
        read_time(&doc, "exp", &exp_s) != NVT_OK || read_time(&doc, "iat", &iat_s) != NVT_OK ||
        (exp_s != 0 && exp_s <= iat_s)) {
        return NVT_E_JWT;
    }
    *out_exp_s = exp_s;
    *out_iat_s = iat_s;
    return NVT_OK;
}

nvt_err nvt_jwt_times(struct nvt_span token, struct nvt_buf *scratch, struct nvt_json_tok *pool,
                      size_t pool_count, int64_t *out_exp_s, int64_t *out_iat_s)
{
    struct nvt_span payload = {NULL, 0U};
    struct nvt_buf room;
    nvt_buf_init(&room, scratch->ptr + scratch->len, scratch->cap - scratch->len);

    nvt_err err = find_payload(token, &payload);
    if (err == NVT_OK && nvt_base64_decode(payload, NVT_BASE64URL_BARE, &room) != NVT_OK) {
        err = NVT_E_JWT;
    }
    if (err == NVT_OK) {
        err = read_times(nvt_buf_span(&room), pool, pool_count, out_exp_s, out_iat_s);
    }
    nvt_wipe(room.ptr, room.cap);
    return err;
}
