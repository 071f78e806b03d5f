/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory of chains. Two of the three signature checks of a handshake are over certificates that
 * were checked in the one before: what is remembered is that these bytes, for this host, by these
 * CAs and pins, were found good, and between which dates. It only ever shortens the way to a yes:
 * anything else, a date that has passed too, takes the whole check and gets its exact refusal. The
 * server still signs every handshake.
 *
 * Mbed TLS cannot be told to leave one check out, so it leaves the whole of it to this file, in
 * the one step that reads the certificates and in no other: before and after it, the configuration
 * requires verification.
 */
#include "tls_parts.h"

#include <mbedtls/oid.h>

#if NVT_TLS_MBEDTLS3
enum { BAD_CERTIFICATE = MBEDTLS_ERR_SSL_BAD_CERTIFICATE };
#else
enum { BAD_CERTIFICATE = MBEDTLS_ERR_SSL_BAD_HS_CERTIFICATE };
#endif

#if NVT_TLS_REMEMBERS

/* sum = SHA-256(sum || SHA-256(data)): pieces cannot be moved from one to the next. */
static bool mix(uint8_t sum[32], const uint8_t *data, size_t len)
{
    uint8_t both[64];
    (void)memcpy(both, sum, 32);
    return nvt_tls_sha256(data, len, &both[32]) && nvt_tls_sha256(both, sizeof both, sum);
}

static bool mix_chain(uint8_t sum[32], const mbedtls_x509_crt *chain)
{
    bool mixed = true;
    for (const mbedtls_x509_crt *crt = chain; mixed && (crt != NULL); crt = crt->next) {
        mixed = mix(sum, crt->raw.p, crt->raw.len);
    }
    return mixed;
}

bool nvt_tls_trust_sum(struct nvt_tls_config *c)
{
    bool mixed = mix_chain(c->trust, &c->ca);
    for (size_t i = 0; mixed && (i < c->pin_count); i++) {
        mixed = mix(c->trust, c->pins[i], sizeof c->pins[i]);
    }
    return mixed;
}

static bool chain_key(const struct nvt_tls *t, const mbedtls_x509_crt *chain, uint8_t key[32])
{
    (void)memcpy(key, t->config->trust, sizeof t->config->trust);
    return mix(key, t->host, sizeof t->host) && mix_chain(key, chain);
}

/* True when this chain was found good before and none of its dates stands against it today. */
static bool recall(struct nvt_tls *t, const uint8_t key[32])
{
    for (size_t i = 0; i < (size_t)NVT_TLS_CHAINS_MAX; i++) {
        const struct nvt_tls_known *k = &t->config->known[i];
        if (!k->used || (memcmp(k->key, key, sizeof k->key) != 0)) {
            continue;
        }
        if ((t->now_s > k->not_after_s) || (t->now_known && (t->now_s < k->not_before_s))) {
            return false;
        }
        t->chain.not_before_s = k->not_before_s;
        t->chain.not_after_s = k->not_after_s;
        t->chain.checked = true;
        t->chain.known = true;
        return true;
    }
    return false;
}

/* The oldest entry gives way; one for the same key is written over, so that there is one at most.
 */
static void remember(struct nvt_tls *t, const uint8_t key[32])
{
    struct nvt_tls_config *c = t->config;
    size_t at = c->known_next;
    for (size_t i = 0; i < (size_t)NVT_TLS_CHAINS_MAX; i++) {
        if (c->known[i].used && (memcmp(c->known[i].key, key, sizeof c->known[i].key) == 0)) {
            at = i;
        }
    }
    if (at == c->known_next) {
        c->known_next = (c->known_next + 1U) % (size_t)NVT_TLS_CHAINS_MAX;
    }
    struct nvt_tls_known *k = &c->known[at];
    (void)memcpy(k->key, key, sizeof k->key);
    k->not_before_s = t->chain.not_before_s;
    k->not_after_s = t->chain.not_after_s;
    k->used = true;
}

/* ---- what Mbed TLS does in this place, in its order ---- */

/* All suites and groups of ours want a key that may sign. Curves: the profile allows no other than
 * the groups that are offered. */
static bool usage_good(const mbedtls_x509_crt *leaf, uint32_t *flags)
{
    uint32_t found = 0;
#if NVT_TLS_MBEDTLS3 || defined(MBEDTLS_X509_CHECK_KEY_USAGE)
    if (mbedtls_x509_crt_check_key_usage(leaf, MBEDTLS_X509_KU_DIGITAL_SIGNATURE) != 0) {
        found |= (uint32_t)MBEDTLS_X509_BADCERT_KEY_USAGE;
    }
#endif
#if NVT_TLS_MBEDTLS3 || defined(MBEDTLS_X509_CHECK_EXTENDED_KEY_USAGE)
    if (mbedtls_x509_crt_check_extended_key_usage(leaf, MBEDTLS_OID_SERVER_AUTH,
                                                  MBEDTLS_OID_SIZE(MBEDTLS_OID_SERVER_AUTH)) != 0) {
        found |= (uint32_t)MBEDTLS_X509_BADCERT_EXT_KEY_USAGE;
    }
#endif
    *flags |= found;
    return found == 0U;
}

/* The alert says what the first of these flags means (RFC 5246 section 7.2.2). */
static uint8_t alert_of(uint32_t flags)
{
    static const struct {
        uint32_t flags;
        uint8_t alert;
    } order[] = {
        {MBEDTLS_X509_BADCERT_OTHER, MBEDTLS_SSL_ALERT_MSG_ACCESS_DENIED},
        {MBEDTLS_X509_BADCERT_CN_MISMATCH, MBEDTLS_SSL_ALERT_MSG_BAD_CERT},
        {MBEDTLS_X509_BADCERT_KEY_USAGE | MBEDTLS_X509_BADCERT_EXT_KEY_USAGE |
             MBEDTLS_X509_BADCERT_NS_CERT_TYPE | MBEDTLS_X509_BADCERT_BAD_PK |
             MBEDTLS_X509_BADCERT_BAD_KEY,
         MBEDTLS_SSL_ALERT_MSG_UNSUPPORTED_CERT},
        {MBEDTLS_X509_BADCERT_EXPIRED, MBEDTLS_SSL_ALERT_MSG_CERT_EXPIRED},
        {MBEDTLS_X509_BADCERT_REVOKED, MBEDTLS_SSL_ALERT_MSG_CERT_REVOKED},
        {MBEDTLS_X509_BADCERT_NOT_TRUSTED, MBEDTLS_SSL_ALERT_MSG_UNKNOWN_CA},
    };
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        if ((flags & order[i].flags) != 0U) {
            return order[i].alert;
        }
    }
    return MBEDTLS_SSL_ALERT_MSG_CERT_UNKNOWN;
}

static int verify(struct nvt_tls *t, mbedtls_x509_crt *chain, uint32_t *flags)
{
    /* Mbed TLS's copy; an address is compared in nvt_tls_verify. */
    const char *name = (t->ip_len > 0U) ? NULL : t->ssl.MBEDTLS_PRIVATE(hostname);
    if ((t->ip_len == 0U) && (name == NULL)) {
        return BAD_CERTIFICATE;
    }
    int code = mbedtls_x509_crt_verify_with_profile(chain, &t->config->ca, NULL, &nvt_tls_profile,
                                                    name, flags, nvt_tls_verify, t);
    bool good = usage_good(chain, flags) && t->chain.checked && (*flags == 0U);
    return (good || (code != 0)) ? code : BAD_CERTIFICATE;
}

static int check(struct nvt_tls *t)
{
    uint8_t key[32];
    mbedtls_ssl_session *session = t->ssl.MBEDTLS_PRIVATE(session_negotiate);
    mbedtls_x509_crt *chain = (session == NULL) ? NULL : session->MBEDTLS_PRIVATE(peer_cert);
    if (chain == NULL) {
        return BAD_CERTIFICATE;
    }
    uint32_t *flags = &session->MBEDTLS_PRIVATE(verify_result);
    const bool keyed = chain_key(t, chain, key);
    if (keyed && recall(t, key)) {
        *flags = 0;
        return 0;
    }
    int code = verify(t, chain, flags);
    if (code != 0) {
        (void)mbedtls_ssl_send_alert_message(&t->ssl, MBEDTLS_SSL_ALERT_LEVEL_FATAL,
                                             alert_of(*flags));
    } else if (keyed) {
        remember(t, key);
    } else {
        /* SHA-256 failed: good, but not remembered. */
    }
    return code;
}

/* What comes next is sent, or believed, only after the verdict. */
static int step_certificate(struct nvt_tls *t)
{
    mbedtls_ssl_config *conf = &t->config->ssl;
    mbedtls_ssl_conf_authmode(conf, MBEDTLS_SSL_VERIFY_NONE);
    int code = mbedtls_ssl_handshake_step(&t->ssl);
    mbedtls_ssl_conf_authmode(conf, MBEDTLS_SSL_VERIFY_REQUIRED);
    return (code == 0) ? check(t) : code;
}

#endif

int nvt_tls_step(struct nvt_tls *t)
{
    if (t->ssl.MBEDTLS_PRIVATE(state) != (int)MBEDTLS_SSL_SERVER_CERTIFICATE) {
        return mbedtls_ssl_handshake_step(&t->ssl);
    }
    t->certified = true;
#if NVT_TLS_REMEMBERS
    if (t->config->remembers) {
        return step_certificate(t);
    }
#endif
    return mbedtls_ssl_handshake_step(&t->ssl);
}
