/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trusted certificates from memory. The PEM is taken apart here and not by Mbed TLS, which wants a
 * final NUL counted in (a file or a flash section has none) and copies all of it to its heap.
 */
#include "tls_parts.h"

#include <mbedtls/bignum.h>
#include <mbedtls/pk.h>

/* Largest CA certificate accepted in PEM, bytes of DER: a root with an RSA-4096 key has about
 * 1 400, the largest one of the public trust stores about 2 000, one with RSA-8192 2 600. */
enum { CA_DER_MAX = 8192 };

static const char BEGIN[] = "-----BEGIN CERTIFICATE-----";
static const char END[] = "-----END CERTIFICATE-----";

/* Well-formed but of a kind that this Mbed TLS was built without. */
static bool kind_unknown(int code)
{
    int high = -(int)((unsigned)(-code) & 0xFF80U);
    return (high == MBEDTLS_ERR_X509_UNKNOWN_SIG_ALG) ||
           (high == MBEDTLS_ERR_X509_UNKNOWN_VERSION) ||
           (high == MBEDTLS_ERR_X509_FEATURE_UNAVAILABLE) ||
           (high == MBEDTLS_ERR_PK_UNKNOWN_PK_ALG) ||
           (high == MBEDTLS_ERR_PK_UNKNOWN_NAMED_CURVE) ||
           (high == MBEDTLS_ERR_PK_FEATURE_UNAVAILABLE);
}

static nvt_err add_der(mbedtls_x509_crt *list, struct nvt_span der, int *out_code)
{
    *out_code = mbedtls_x509_crt_parse_der(list, der.ptr, der.len);
    if (*out_code == 0) {
        return NVT_OK;
    }
    return nvt_tls_code_err(*out_code) == NVT_E_TLS_MEMORY ? NVT_E_TLS_MEMORY : NVT_E_TLS_CA;
}

/* Takes one line off *text, without its LF, CRLF and blanks at both ends. */
static struct nvt_span take_line(struct nvt_span *text)
{
    size_t n = 0;
    while ((n < text->len) && (text->ptr[n] != (uint8_t)'\n')) {
        n++;
    }
    struct nvt_span line = nvt_span_of(text->ptr, n);
    nvt_span_skip(text, n + 1U);
    if ((n > 0U) && (line.ptr[n - 1U] == (uint8_t)'\r')) {
        line.len--;
    }
    return nvt_span_trim(line);
}

static bool line_is(struct nvt_span line, const char *mark, size_t mark_size)
{
    return nvt_span_eq(line, nvt_span_of(mark, mark_size - 1U));
}

/* Takes the lines up to END off *text, and END. False when it is not there. */
static bool take_block(struct nvt_span *text, struct nvt_span *out_lines)
{
    *out_lines = *text;
    while (text->len > 0U) {
        size_t left = text->len;
        if (line_is(take_line(text), END, sizeof END)) {
            out_lines->len -= left;
            return true;
        }
    }
    return false;
}

/* Lines of RFC 7468 section 2 have 64 characters; any multiple of four is taken. Padding inside
 * makes DER of a wrong length, which Mbed TLS refuses. */
static bool decode(struct nvt_span lines, struct nvt_buf *der)
{
    while (lines.len > 0U) {
        struct nvt_span line = take_line(&lines);
        if ((line.len > 0U) && (nvt_base64_decode(line, NVT_BASE64, der) != NVT_OK)) {
            return false;
        }
    }
    return der->len > 0U;
}

/* Mbed TLS wants the DER in one piece, below its deepest frames: on the stack that piece would be
 * the deepest place of all, a handshake included. It is lent by Mbed TLS itself, which gives memory
 * to numbers, and given back at once. */
static nvt_err add_lines(mbedtls_x509_crt *list, struct nvt_span lines, int *out_code)
{
    const size_t cap = lines.len / 4U * 3U;
    mbedtls_mpi room;
    struct nvt_buf der;
    nvt_err err = NVT_E_TLS_MEMORY;
    if (cap > (size_t)CA_DER_MAX) {
        return NVT_E_TLS_CA;
    }
    mbedtls_mpi_init(&room);
    *out_code = mbedtls_mpi_grow(&room, cap / sizeof(mbedtls_mpi_uint) + 1U);
    if (*out_code == 0) {
        nvt_buf_init(&der, room.MBEDTLS_PRIVATE(p), cap);
        err = decode(lines, &der) ? add_der(list, nvt_buf_span(&der), out_code) : NVT_E_TLS_CA;
    }
    mbedtls_mpi_free(&room);
    return err;
}

/* One certificate, from the line after BEGIN on. */
static nvt_err add_block(mbedtls_x509_crt *list, struct nvt_span *pem, size_t *added, int *out_code)
{
    struct nvt_span lines;
    if (!take_block(pem, &lines)) {
        return NVT_E_TLS_CA;
    }
    nvt_err err = add_lines(list, lines, out_code);
    if (err == NVT_OK) {
        (*added)++;
    }
    /* A bundle may hold CAs of kinds that this build has no use for. */
    return ((err != NVT_OK) && kind_unknown(*out_code)) ? NVT_OK : err;
}

static nvt_err load_pem(mbedtls_x509_crt *list, struct nvt_span pem, int *out_code)
{
    size_t added = 0;
    while (pem.len > 0U) {
        /* Text between certificates is allowed (RFC 7468 section 2). */
        if (line_is(take_line(&pem), BEGIN, sizeof BEGIN)) {
            nvt_err err = add_block(list, &pem, &added, out_code);
            if (err != NVT_OK) {
                return err;
            }
        }
    }
    return added > 0U ? NVT_OK : NVT_E_TLS_CA;
}

nvt_err nvt_tls_ca_load(mbedtls_x509_crt *list, struct nvt_span ca, int *out_code)
{
    /* A certificate in DER is a SEQUENCE of over 127 bytes: 0x30 0x81 or 0x30 0x82. */
    if ((ca.len > 2U) && (ca.ptr[0] == 0x30U) && ((ca.ptr[1] & 0x80U) != 0U)) {
        return add_der(list, ca, out_code);
    }
    return load_pem(list, ca, out_code);
}
