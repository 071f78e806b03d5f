/* SPDX-License-Identifier: Apache-2.0 */
/* The identity key and the cut phone number: what stands for a person in a journey. */
#include "shape.h"

#include <navette/rpc.h>

#include <mbedtls/sha256.h>
#include <mbedtls/version.h>

#define FOLDED_MAX 256U

static nvt_err sha256(struct nvt_span text, uint8_t out[32])
{
#if MBEDTLS_VERSION_NUMBER < 0x03000000
    int rc = mbedtls_sha256_ret(text.ptr, text.len, out, 0);
#else
    int rc = mbedtls_sha256(text.ptr, text.len, out, 0);
#endif
    return rc == 0 ? NVT_OK : NVT_E_TLS_SETUP;
}

static void put_hex(char *out, const uint8_t *bytes, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        out[2U * i] = digits[bytes[i] >> 4];
        out[2U * i + 1U] = digits[bytes[i] & 0x0FU];
    }
    out[2U * len] = '\0';
}

nvt_err nvt_rpc_identity_key(struct nvt_span phone, struct nvt_span lastname, char out_key[65])
{
    uint8_t text[16U + 1U + FOLDED_MAX]; /* the longest phone, "-", the name */
    uint8_t hash[32];
    struct nvt_buf b;
    out_key[0] = '\0';
    nvt_err err = nvt_shape_check_phone(phone, 0U);
    if (err != NVT_OK) {
        return err;
    }
    nvt_buf_init(&b, text, phone.len + 1U + FOLDED_MAX);
    nvt_buf_put(&b, phone);
    nvt_buf_put_byte(&b, (uint8_t)'-');
    err = nvt_rpc_fold_name(lastname, &b);
    if (err == NVT_OK && b.len == phone.len + 1U) {
        err = NVT_E_FIELD_LENGTH;
    }
    if (err == NVT_OK) {
        err = sha256(nvt_buf_span(&b), hash);
    }
    if (err == NVT_OK) {
        put_hex(out_key, hash, sizeof hash);
    }
    nvt_wipe(text, sizeof text);
    return err;
}

nvt_err nvt_rpc_phone_trunc(struct nvt_span phone, struct nvt_span *out_trunc)
{
    nvt_err err = nvt_shape_check_phone(phone, 0U);
    if (err == NVT_OK) {
        *out_trunc = nvt_span_of(phone.ptr, phone.len - 2U);
    }
    return err;
}

nvt_err nvt_rpc_phone_e164(struct nvt_span number, struct nvt_buf *out)
{
    uint8_t text[16];
    struct nvt_buf b;
    nvt_buf_init(&b, text, sizeof text);
    bool read = nvt_shape_to_e164(number, &b);
    if (!read || nvt_shape_check_phone(nvt_buf_span(&b), 0U) != NVT_OK) {
        return NVT_E_FIELD_PHONE;
    }
    nvt_buf_put(out, nvt_buf_span(&b));
    return nvt_buf_err(out);
}
