/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What navette adds to Mbed TLS's check of a chain: dates by the port's clock instead of time(),
 * iPAddress names, pins, and one exact refusal instead of a set of flags.
 */
#include "tls_parts.h"

#include <mbedtls/asn1.h>
#include <mbedtls/md.h>

bool nvt_tls_sha256(const uint8_t *data, size_t len, uint8_t out[32])
{
    const mbedtls_md_info_t *md = mbedtls_md_info_from_type(MBEDTLS_MD_SHA256);
    return (md != NULL) && (mbedtls_md(md, data, len, out) == 0);
}

/* Years before 1970 are told as 1970; what is no time at all is no valid date either. */
static nvt_err date_s(const mbedtls_x509_time *date, int64_t *out_s)
{
    if (date->year < 1970) {
        *out_s = 0;
        return NVT_OK;
    }
    return nvt_time_from_civil(date->year, date->mon, date->day, date->hour, date->min, date->sec,
                               out_s);
}

/* Mbed TLS judged by time(), which may be wrong or missing on a target: its two flags are replaced.
 * With the clock unknown, now_s is the build time: a certificate that ended before this program was
 * built is surely expired; whether it has started cannot be told. */
static uint32_t check_dates(struct nvt_tls *t, const mbedtls_x509_crt *crt, uint32_t flags)
{
    int64_t from = 0;
    int64_t until = 0;
    flags &= ~(uint32_t)(MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE);
    if ((date_s(&crt->valid_from, &from) != NVT_OK) || (date_s(&crt->valid_to, &until) != NVT_OK)) {
        return flags | (uint32_t)MBEDTLS_X509_BADCERT_OTHER;
    }
    if (t->chain.not_before_s < from) {
        t->chain.not_before_s = from;
    }
    if (t->chain.not_after_s > until) {
        t->chain.not_after_s = until;
    }
    if (t->now_s > until) {
        flags |= (uint32_t)MBEDTLS_X509_BADCERT_EXPIRED;
    }
    if (t->now_known && (t->now_s < from)) {
        flags |= (uint32_t)MBEDTLS_X509_BADCERT_FUTURE;
    }
    return flags;
}

/* GeneralName ::= CHOICE { ..., iPAddress [7] OCTET STRING } (RFC 5280 section 4.2.1.6) */
static bool names_ip(const mbedtls_x509_crt *crt, const uint8_t *ip, size_t ip_len)
{
    const int tag = (int)(MBEDTLS_ASN1_CONTEXT_SPECIFIC | 7U);
    for (const mbedtls_x509_sequence *s = &crt->subject_alt_names; s != NULL; s = s->next) {
        if ((s->buf.tag == tag) && (s->buf.len == ip_len) && (memcmp(s->buf.p, ip, ip_len) == 0)) {
            return true;
        }
    }
    return false;
}

static bool pinned(const struct nvt_tls_config *c, const mbedtls_x509_crt *crt)
{
    uint8_t digest[32];
    if ((c->pin_count == 0U) || !nvt_tls_sha256(crt->pk_raw.p, crt->pk_raw.len, digest)) {
        return false;
    }
    for (size_t i = 0; i < c->pin_count; i++) {
        if (memcmp(c->pins[i], digest, sizeof digest) == 0) {
            return true;
        }
    }
    return false;
}

static bool same_raw(const mbedtls_x509_buf *a, const mbedtls_x509_buf *b)
{
    return nvt_span_eq(nvt_span_of(a->p, a->len), nvt_span_of(b->p, b->len));
}

/* The leaf comes last: the whole chain is known now. */
static uint32_t check_leaf(struct nvt_tls *t, const mbedtls_x509_crt *crt, uint32_t flags)
{
    struct nvt_tls_chain *chain = &t->chain;
    if ((t->ip_len > 0U) && !names_ip(crt, t->ip, t->ip_len)) {
        flags |= (uint32_t)MBEDTLS_X509_BADCERT_CN_MISMATCH;
    }
    chain->self_signed = same_raw(&crt->subject_raw, &crt->issuer_raw);
    chain->checked = true;
    /* A pin in a chain that is refused anyhow means nothing. */
    if (((chain->flags | flags) == 0U) && (t->config->pin_count > 0U) && !chain->pin_seen) {
        chain->pin_refused = true;
        flags |= (uint32_t)MBEDTLS_X509_BADCERT_OTHER;
    }
    return flags;
}

/* Called from the top of the chain (the trusted CA when there is one) down to the leaf, depth 0. */
int nvt_tls_verify(void *arg, mbedtls_x509_crt *crt, int depth, uint32_t *flags)
{
    struct nvt_tls *t = (struct nvt_tls *)arg;
    uint32_t found = check_dates(t, crt, *flags);
    t->chain.length++;
    t->chain.pin_seen = t->chain.pin_seen || pinned(t->config, crt);
    if (depth == 0) {
        found = check_leaf(t, crt, found);
    }
    t->chain.flags |= found;
    *flags = found;
    return 0;
}

static nvt_err untrusted(const struct nvt_tls_chain *chain)
{
    if (chain->length > 1U) {
        return NVT_E_TLS_ISSUER;
    }
    return chain->self_signed ? NVT_E_TLS_SELF_SIGNED : NVT_E_TLS_CHAIN;
}

/* In the order that navette/tls.h promises. */
nvt_err nvt_tls_verdict(const struct nvt_tls_chain *chain, uint32_t flags)
{
    static const struct {
        uint32_t flags;
        nvt_err err; /* NVT_OK: see untrusted() */
    } order[] = {
        {MBEDTLS_X509_BADCERT_REVOKED, NVT_E_TLS_REVOKED},
        {MBEDTLS_X509_BADCERT_BAD_MD | MBEDTLS_X509_BADCERT_BAD_PK | MBEDTLS_X509_BADCERT_BAD_KEY,
         NVT_E_TLS_WEAK},
        {MBEDTLS_X509_BADCERT_NOT_TRUSTED, NVT_OK},
        {MBEDTLS_X509_BADCERT_EXPIRED, NVT_E_TLS_EXPIRED},
        {MBEDTLS_X509_BADCERT_FUTURE, NVT_E_TLS_NOT_YET},
        {MBEDTLS_X509_BADCERT_CN_MISMATCH, NVT_E_TLS_HOST},
        {MBEDTLS_X509_BADCERT_KEY_USAGE | MBEDTLS_X509_BADCERT_EXT_KEY_USAGE |
             MBEDTLS_X509_BADCERT_NS_CERT_TYPE,
         NVT_E_TLS_USAGE},
    };
    if (flags == 0U) {
        return NVT_OK;
    }
    for (size_t i = 0; chain->checked && (i < sizeof order / sizeof order[0]); i++) {
        if ((flags & order[i].flags) != 0U) {
            return order[i].err == NVT_OK ? untrusted(chain) : order[i].err;
        }
    }
    return chain->pin_refused ? NVT_E_TLS_PIN : NVT_E_TLS_CERT;
}
