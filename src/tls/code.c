/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mbed TLS codes as navette's errors. A code is the sum of a high part (the module, in steps of
 * 0x80) and a low part (what went wrong below it); either may be the telling one.
 */
#include "tls_parts.h"

#include <mbedtls/asn1.h>
#include <mbedtls/bignum.h>
#include <mbedtls/ecp.h>
#include <mbedtls/md.h>
#include <mbedtls/pk.h>

struct meaning {
    int code;
    nvt_err err;
};

static const struct meaning LOW[] = {
    {MBEDTLS_ERR_MPI_ALLOC_FAILED, NVT_E_TLS_MEMORY},
    {MBEDTLS_ERR_ASN1_ALLOC_FAILED, NVT_E_TLS_MEMORY},
    {MBEDTLS_ERR_CTR_DRBG_ENTROPY_SOURCE_FAILED, NVT_E_TLS_ENTROPY},
};

static const struct meaning HIGH[] = {
    {MBEDTLS_ERR_SSL_ALLOC_FAILED, NVT_E_TLS_MEMORY},
    {MBEDTLS_ERR_X509_ALLOC_FAILED, NVT_E_TLS_MEMORY},
    {MBEDTLS_ERR_PK_ALLOC_FAILED, NVT_E_TLS_MEMORY},
    {MBEDTLS_ERR_ECP_ALLOC_FAILED, NVT_E_TLS_MEMORY},
    {MBEDTLS_ERR_MD_ALLOC_FAILED, NVT_E_TLS_MEMORY},
#if NVT_TLS_MBEDTLS3
    {MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION, NVT_E_TLS_VERSION},
    {MBEDTLS_ERR_SSL_BAD_CERTIFICATE, NVT_E_TLS_CERT},
#else
    {MBEDTLS_ERR_SSL_BAD_HS_PROTOCOL_VERSION, NVT_E_TLS_VERSION},
    {MBEDTLS_ERR_SSL_BAD_HS_CERTIFICATE, NVT_E_TLS_CERT},
#endif
    {MBEDTLS_ERR_SSL_INVALID_RECORD, NVT_E_TLS_RECORD},
    {MBEDTLS_ERR_SSL_BAD_INPUT_DATA, NVT_E_TLS_RECORD}, /* a record larger than the buffer */
    {MBEDTLS_ERR_SSL_INVALID_MAC, NVT_E_TLS_RECORD},
    {MBEDTLS_ERR_SSL_UNEXPECTED_RECORD, NVT_E_TLS_RECORD},
    {MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE, NVT_E_TLS_ALERT},
    {MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY, NVT_E_NET_CLOSED},
    {MBEDTLS_ERR_SSL_CONN_EOF, NVT_E_TLS_TRUNCATED},
};

/* X.509 codes fill one range; what of it is not above is a certificate that cannot be read. */
enum { X509_FIRST = 0x2080, X509_LAST = 0x3000 };

static nvt_err look_up(const struct meaning *table, size_t count, unsigned code)
{
    for (size_t i = 0; i < count; i++) {
        if ((unsigned)(-table[i].code) == code) {
            return table[i].err;
        }
    }
    return NVT_OK;
}

nvt_err nvt_tls_code_err(int code)
{
    unsigned magnitude = (code < 0) ? 0U - (unsigned)code : 0U;
    unsigned high = magnitude & 0xFF80U;
    nvt_err err = look_up(LOW, sizeof LOW / sizeof LOW[0], magnitude & 0x7FU);
    if (err == NVT_OK) {
        err = look_up(HIGH, sizeof HIGH / sizeof HIGH[0], high);
    }
    if ((err == NVT_OK) && (high >= (unsigned)X509_FIRST) && (high <= (unsigned)X509_LAST)) {
        err = NVT_E_TLS_CERT;
    }
    return (err == NVT_OK) ? NVT_E_TLS_HANDSHAKE : err;
}
