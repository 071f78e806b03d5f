/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the TLS room share, and the differences between Mbed TLS 2.28 and 3.6. */
#ifndef NVT_TLS_PARTS_H
#define NVT_TLS_PARTS_H

#include <navette/tls.h>

#include <mbedtls/version.h>

#if MBEDTLS_VERSION_NUMBER < 0x021C0000U
#error "navette needs Mbed TLS 2.28 or later"
#endif
#if MBEDTLS_VERSION_NUMBER >= 0x04000000U
#error "navette knows Mbed TLS up to 3.6"
#endif

/* Mbed TLS 3 hides its members behind this macro, 2.28 does not know it. */
#ifndef MBEDTLS_PRIVATE
#define MBEDTLS_PRIVATE(member) member
#endif

#if MBEDTLS_VERSION_NUMBER >= 0x03000000U
#define NVT_TLS_MBEDTLS3 1
#else
#define NVT_TLS_MBEDTLS3 0
#endif

/* TLS 1.3 of 2.28 is an unfinished experiment: only that of 3.x counts. */
#if NVT_TLS_MBEDTLS3 && defined(MBEDTLS_SSL_PROTO_TLS1_3)
#define NVT_TLS_HAS_13 1
#else
#define NVT_TLS_HAS_13 0
#endif

#if (NVT_TLS_CHAINS_MAX > 0) && defined(MBEDTLS_SSL_KEEP_PEER_CERTIFICATE)
#define NVT_TLS_REMEMBERS 1
#else
#define NVT_TLS_REMEMBERS 0
#endif

/* What certificates must be like. */
extern const mbedtls_x509_crt_profile nvt_tls_profile;

/* Adds the trusted certificates of ca (PEM or DER) to list. NVT_E_TLS_CA, NVT_E_TLS_MEMORY. */
nvt_err nvt_tls_ca_load(mbedtls_x509_crt *list, struct nvt_span ca, int *out_code);

/* host as an IPv4 or IPv6 address: its length (4 or 16) with out_ip filled in, or 0. */
uint8_t nvt_tls_ip_parse(const char *host, uint8_t out_ip[16]);

/* Sets *out to SHA-256 of data; false when Mbed TLS cannot. */
bool nvt_tls_sha256(const uint8_t *data, size_t len, uint8_t out[32]);

#if NVT_TLS_REMEMBERS
/* Fills in c->trust; false when Mbed TLS cannot. */
bool nvt_tls_trust_sum(struct nvt_tls_config *c);
#endif

/* One step of the handshake, the certificate check with the memory of chains included. An Mbed TLS
 * code. */
int nvt_tls_step(struct nvt_tls *t);

/* Mbed TLS's verify callback; arg is a struct nvt_tls. */
int nvt_tls_verify(void *arg, mbedtls_x509_crt *crt, int depth, uint32_t *flags);

/* Which refusal the flags of a finished check amount to; NVT_OK for none. */
nvt_err nvt_tls_verdict(const struct nvt_tls_chain *chain, uint32_t flags);

/* An Mbed TLS code as ours, without regard to the certificate or the network. */
nvt_err nvt_tls_code_err(int code);

/* Offers the connection's ticket, or drops it when it does not fit any more. */
nvt_err nvt_tls_ticket_offer(struct nvt_tls *t);

/* Keeps the session that the server just gave, if it can be resumed. */
void nvt_tls_ticket_keep(struct nvt_tls *t);

/* Tells a resumed handshake from a full one. False when no certificate was checked although no
 * ticket stood for one: that must never count as verified. */
bool nvt_tls_ticket_after_handshake(struct nvt_tls *t);

#endif
