/* SPDX-License-Identifier: Apache-2.0 */
/* What every connection shares: versions, suites, groups, trust and the random generator. */
#include "tls_parts.h"

#include <mbedtls/ssl_ciphersuites.h>
#if NVT_TLS_HAS_13
#include <psa/crypto.h>
#endif

/* Forward secrecy and AEAD only; what this Mbed TLS was built without is skipped by itself. */
static const int SUITES[] = {
#if NVT_TLS_HAS_13
    MBEDTLS_TLS1_3_AES_128_GCM_SHA256,
    MBEDTLS_TLS1_3_AES_256_GCM_SHA384,
    MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256,
#endif
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    0,
};

/* The first group is the one whose key share TLS 1.3 sends, and which most servers take. P-256 is
 * there anyway to verify certificates. Million instructions of one key agreement (key pair and
 * secret) with Mbed TLS 3.6, measured:
 *
 *                                  P-256   X25519
 *     x86-64 -O2, as delivered      11.1     15.2
 *     x86-64 -O3, with Everest      10.9      1.0 (TLS 1.3, through PSA: 7.6)
 *     Cortex-M3 -Os, comb tables    20.2     25.1
 *     Cortex-M3 -Os, no tables      29.8     25.1 (P-256 by p256-m: 52.1) */
#ifndef NVT_TLS_X25519_FIRST
#if defined(MBEDTLS_ECDH_VARIANT_EVEREST_ENABLED)
#define NVT_TLS_X25519_FIRST 1
#elif defined(MBEDTLS_ECP_FIXED_POINT_OPTIM)
#define NVT_TLS_X25519_FIRST (MBEDTLS_ECP_FIXED_POINT_OPTIM == 0)
#else
#define NVT_TLS_X25519_FIRST 0
#endif
#endif
#if defined(MBEDTLS_ECP_HAVE_CURVE25519) || defined(MBEDTLS_ECP_DP_CURVE25519_ENABLED)
#define HAS_X25519 1
#else
#define HAS_X25519 0
#endif

#if NVT_TLS_MBEDTLS3
static const uint16_t GROUPS[] = {
#if HAS_X25519 && NVT_TLS_X25519_FIRST
    MBEDTLS_SSL_IANA_TLS_GROUP_X25519,
#endif
#if defined(MBEDTLS_ECP_HAVE_SECP256R1) || defined(MBEDTLS_ECP_DP_SECP256R1_ENABLED)
    MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1,
#endif
#if HAS_X25519 && !NVT_TLS_X25519_FIRST
    MBEDTLS_SSL_IANA_TLS_GROUP_X25519,
#endif
#if defined(MBEDTLS_ECP_HAVE_SECP384R1) || defined(MBEDTLS_ECP_DP_SECP384R1_ENABLED)
    MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1,
#endif
#if defined(MBEDTLS_ECP_HAVE_SECP521R1) || defined(MBEDTLS_ECP_DP_SECP521R1_ENABLED)
    MBEDTLS_SSL_IANA_TLS_GROUP_SECP521R1,
#endif
    MBEDTLS_SSL_IANA_TLS_GROUP_NONE,
};
#else
static const mbedtls_ecp_group_id GROUPS[] = {
#if HAS_X25519 && NVT_TLS_X25519_FIRST
    MBEDTLS_ECP_DP_CURVE25519,
#endif
#if defined(MBEDTLS_ECP_DP_SECP256R1_ENABLED)
    MBEDTLS_ECP_DP_SECP256R1,
#endif
#if HAS_X25519 && !NVT_TLS_X25519_FIRST
    MBEDTLS_ECP_DP_CURVE25519,
#endif
#if defined(MBEDTLS_ECP_DP_SECP384R1_ENABLED)
    MBEDTLS_ECP_DP_SECP384R1,
#endif
#if defined(MBEDTLS_ECP_DP_SECP521R1_ENABLED)
    MBEDTLS_ECP_DP_SECP521R1,
#endif
    MBEDTLS_ECP_DP_NONE,
};

/* What the server may sign the handshake with; 3.6 offers no more than this by default. */
static const int HASHES[] = {
    MBEDTLS_MD_SHA256,
#if defined(MBEDTLS_SHA512_C)
    MBEDTLS_MD_SHA384,
    MBEDTLS_MD_SHA512,
#endif
    MBEDTLS_MD_NONE,
};
#endif

/* Certificates: SHA-2 and RSA from 2048 bits or a NIST curve from 256 (CA/B Forum 6.1.5, 7.1.3). */
const mbedtls_x509_crt_profile nvt_tls_profile = {
    MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA256) | MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA384) |
        MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA512),
    MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_RSA) | MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_RSASSA_PSS) |
        MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_ECKEY) | MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_ECDSA),
    MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP256R1) |
        MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP384R1) |
        MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP521R1),
    2048,
};

/* The port's entropy is full (navette/port.h): it seeds the generator without a pool between. */
static int seed(void *arg, unsigned char *out, size_t len)
{
    const struct nvt_port *port = ((const struct nvt_tls_config *)arg)->port;
    return port->entropy.fill(port->entropy.ctx, out, len) == NVT_OK
               ? 0
               : MBEDTLS_ERR_CTR_DRBG_ENTROPY_SOURCE_FAILED;
}

/* TLS 1.3 of Mbed TLS computes through PSA. It is never shut down here: others may use it too. */
static nvt_err start_psa(int *out_code)
{
#if NVT_TLS_HAS_13 || defined(MBEDTLS_USE_PSA_CRYPTO)
    psa_status_t status = psa_crypto_init();
    *out_code = (int)status;
    if (status == PSA_ERROR_INSUFFICIENT_MEMORY) {
        return NVT_E_TLS_MEMORY;
    }
    if (status == PSA_ERROR_INSUFFICIENT_ENTROPY) {
        return NVT_E_TLS_ENTROPY;
    }
    return (status == PSA_SUCCESS) ? NVT_OK : NVT_E_TLS_SETUP;
#else
    *out_code = 0;
    return NVT_OK;
#endif
}

static void set_versions(mbedtls_ssl_config *ssl, bool no_tls13)
{
#if NVT_TLS_MBEDTLS3
    mbedtls_ssl_conf_min_tls_version(ssl, MBEDTLS_SSL_VERSION_TLS1_2);
#if NVT_TLS_HAS_13
    mbedtls_ssl_conf_max_tls_version(ssl, no_tls13 ? MBEDTLS_SSL_VERSION_TLS1_2
                                                   : MBEDTLS_SSL_VERSION_TLS1_3);
    /* A resumed session keeps forward secrecy. */
    mbedtls_ssl_conf_tls13_key_exchange_modes(ssl,
                                              MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL_ALL);
#if defined(MBEDTLS_SSL_SESSION_TICKETS) &&                                                        \
    defined(MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED)
    mbedtls_ssl_conf_tls13_enable_signal_new_session_tickets(
        ssl, MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED);
#endif
#else
    mbedtls_ssl_conf_max_tls_version(ssl, MBEDTLS_SSL_VERSION_TLS1_2);
    (void)no_tls13;
#endif
#else
    (void)no_tls13;
    mbedtls_ssl_conf_min_version(ssl, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
    mbedtls_ssl_conf_max_version(ssl, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
#endif
}

static void set_algorithms(mbedtls_ssl_config *ssl)
{
    mbedtls_ssl_conf_ciphersuites(ssl, SUITES);
    mbedtls_ssl_conf_cert_profile(ssl, &nvt_tls_profile);
#if NVT_TLS_MBEDTLS3
    mbedtls_ssl_conf_groups(ssl, GROUPS);
#else
    mbedtls_ssl_conf_curves(ssl, GROUPS);
    mbedtls_ssl_conf_sig_hashes(ssl, HASHES);
#endif
}

/* RFC 6066 section 4 knows four lengths. */
static nvt_err set_fragment(mbedtls_ssl_config *ssl, uint16_t length, int *out_code)
{
    static const struct {
        uint16_t length;
        uint8_t code;
    } known[] = {
        {0, MBEDTLS_SSL_MAX_FRAG_LEN_NONE},    {512, MBEDTLS_SSL_MAX_FRAG_LEN_512},
        {1024, MBEDTLS_SSL_MAX_FRAG_LEN_1024}, {2048, MBEDTLS_SSL_MAX_FRAG_LEN_2048},
        {4096, MBEDTLS_SSL_MAX_FRAG_LEN_4096},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (known[i].length == length) {
#if defined(MBEDTLS_SSL_MAX_FRAGMENT_LENGTH)
            *out_code = mbedtls_ssl_conf_max_frag_len(ssl, known[i].code);
            return (*out_code == 0) ? NVT_OK : NVT_E_TLS_SETUP;
#else
            (void)ssl;
            (void)out_code;
            return (length == 0U) ? NVT_OK : NVT_E_TLS_SETUP;
#endif
        }
    }
    return NVT_E_ARG;
}

static nvt_err set_up_ssl(struct nvt_tls_config *c, const struct nvt_tls_settings *s, int *out_code)
{
    *out_code = mbedtls_ssl_config_defaults(
        &c->ssl, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);
    if (*out_code != 0) {
        return NVT_E_TLS_SETUP;
    }
    set_versions(&c->ssl, s->no_tls13);
    set_algorithms(&c->ssl);
    mbedtls_ssl_conf_authmode(&c->ssl, MBEDTLS_SSL_VERIFY_REQUIRED);
#if defined(MBEDTLS_SSL_RENEGOTIATION)
    mbedtls_ssl_conf_renegotiation(&c->ssl, MBEDTLS_SSL_RENEGOTIATION_DISABLED);
#endif
    mbedtls_ssl_conf_ca_chain(&c->ssl, &c->ca, NULL);
    mbedtls_ssl_conf_rng(&c->ssl, mbedtls_ctr_drbg_random, &c->drbg);
#if defined(MBEDTLS_SSL_SESSION_TICKETS)
    mbedtls_ssl_conf_session_tickets(&c->ssl, MBEDTLS_SSL_SESSION_TICKETS_ENABLED);
#endif
#if defined(MBEDTLS_SSL_ALPN)
    c->alpn[0] = "http/1.1";
    c->alpn[1] = NULL;
    *out_code = mbedtls_ssl_conf_alpn_protocols(&c->ssl, c->alpn);
    if (*out_code != 0) {
        return NVT_E_TLS_SETUP;
    }
#endif
    return set_fragment(&c->ssl, s->max_fragment, out_code);
}

static nvt_err set_up(struct nvt_tls_config *c, const struct nvt_tls_settings *s, int *out_code)
{
    static const unsigned char personal[] = "navette tls";
    nvt_err err = start_psa(out_code);
    if (err == NVT_OK) {
        err = nvt_tls_ca_load(&c->ca, s->ca, out_code);
    }
    if (err != NVT_OK) {
        return err;
    }
#if NVT_TLS_REMEMBERS
    c->remembers = !s->forget_chains && nvt_tls_trust_sum(c);
#endif
    *out_code = mbedtls_ctr_drbg_seed(&c->drbg, seed, c, personal, sizeof personal - 1U);
    if (*out_code != 0) {
        err = nvt_tls_code_err(*out_code);
        return (err == NVT_E_TLS_HANDSHAKE) ? NVT_E_TLS_SETUP : err;
    }
    return set_up_ssl(c, s, out_code);
}

static bool settings_fit(const struct nvt_port *port, const struct nvt_tls_settings *s)
{
    if ((port == NULL) || (port->entropy.fill == NULL) || (port->clock.wall_s == NULL)) {
        return false;
    }
    if ((s->pin_count > NVT_TLS_PINS_MAX) || ((s->pin_count > 0U) && (s->pins == NULL))) {
        return false;
    }
    return (s->clock == NVT_TLS_CLOCK_REQUIRED) ||
           ((s->clock == NVT_TLS_CLOCK_BUILD_TIME) && (s->build_time_s > 0));
}

nvt_err nvt_tls_config_init(struct nvt_tls_config *c, const struct nvt_port *port,
                            const struct nvt_tls_settings *settings, int32_t *out_detail)
{
    if ((c == NULL) || (settings == NULL) || !settings_fit(port, settings)) {
        return NVT_E_ARG;
    }
    int code = 0;
    (void)memset(c, 0, sizeof *c);
    c->port = port;
    c->clock = settings->clock;
    c->build_time_s = settings->build_time_s;
    c->pin_count = settings->pin_count;
    for (size_t i = 0; i < c->pin_count; i++) {
        (void)memcpy(c->pins[i], settings->pins[i], sizeof c->pins[i]);
    }
    mbedtls_ssl_config_init(&c->ssl);
    mbedtls_x509_crt_init(&c->ca);
    mbedtls_ctr_drbg_init(&c->drbg);
    c->ready = true;
    nvt_err err = set_up(c, settings, &code);
    if (out_detail != NULL) {
        *out_detail = (int32_t)code;
    }
    if (err != NVT_OK) {
        nvt_tls_config_free(c);
    }
    return err;
}

void nvt_tls_config_free(struct nvt_tls_config *c)
{
    if ((c == NULL) || !c->ready) {
        return;
    }
    mbedtls_ssl_config_free(&c->ssl);
    mbedtls_x509_crt_free(&c->ca);
    mbedtls_ctr_drbg_free(&c->drbg);
    (void)memset(c, 0, sizeof *c);
}
