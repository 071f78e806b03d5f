/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS room: Mbed TLS 2.28 and 3.6 behind one narrow face. Chain, host name and dates are always
 * verified; there is no switch to turn that off. TLS 1.2, and 1.3 where Mbed TLS has it.
 */
#ifndef NAVETTE_TLS_H
#define NAVETTE_TLS_H

#include <navette/port.h>

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

/* What to do while the wall clock is not known: never is a certificate's date silently skipped. */
enum nvt_tls_clock {
    NVT_TLS_CLOCK_REQUIRED,   /* refuse TLS: NVT_E_TLS_CLOCK */
    NVT_TLS_CLOCK_BUILD_TIME, /* compare not-after with build_time_s; not-before is not checked */
};

struct nvt_tls_settings {
    struct nvt_span
        ca; /* PEM (any number; its final NUL not needed) or one DER; only read by init */
    const uint8_t (
        *pins)[32];   /* SHA-256 of a SubjectPublicKeyInfo (RFC 7469 section 2.4), or NULL */
    size_t pin_count; /* 0: none; else leaf or any CA of the verified chain must match one */
    enum nvt_tls_clock clock;
    int64_t build_time_s;  /* for NVT_TLS_CLOCK_BUILD_TIME: seconds since 1970 */
    uint16_t max_fragment; /* 0: not offered; else 512, 1024, 2048 or 4096 (RFC 6066 section 4) */
    bool no_tls13;         /* offer TLS 1.2 alone */
};

/* Shared by every connection that trusts the same CAs; fixed in memory once initialised. */
struct nvt_tls_config {
    const struct nvt_port *port;
    mbedtls_ssl_config ssl;
    mbedtls_x509_crt ca;
    mbedtls_entropy_context entropy;
    mbedtls_ctr_drbg_context drbg;
    uint8_t pins[NVT_TLS_PINS_MAX][32];
    size_t pin_count;
    enum nvt_tls_clock clock;
    int64_t build_time_s;
    bool ready;
};

/* A session to resume with one origin; zero it before first use. */
struct nvt_tls_ticket {
    mbedtls_ssl_session session;
    bool valid;
};

/* One TLS connection over one socket of the port. It must not move while open. */
struct nvt_tls {
    struct nvt_tls_config *config;
    mbedtls_ssl_context ssl;
    nvt_sock sock;
    struct nvt_tls_ticket *ticket;
    nvt_err verdict; /* why verification refused, NVT_OK while it has not */
    nvt_err net_err; /* what the port said last, behind an Mbed TLS code */
    int32_t detail;  /* the last Mbed TLS code */
    bool pin_seen;
    bool open; /* between nvt_tls_open and nvt_tls_free */
    bool established;
    bool resumed; /* read-only: the handshake was abbreviated */
};

/* Reads the CAs, seeds the generator. NVT_E_TLS_CA, NVT_E_TLS_ENTROPY, NVT_E_TLS_SETUP,
 * NVT_E_TLS_MEMORY, NVT_E_ARG. On an error nothing stays allocated. *out_detail (may be NULL): the
 * Mbed TLS code. */
nvt_err nvt_tls_config_init(struct nvt_tls_config *c, const struct nvt_port *port,
                            const struct nvt_tls_settings *settings, int32_t *out_detail);
void nvt_tls_config_free(struct nvt_tls_config *c);

/* Starts TLS with host (SNI and name check; NUL-terminated) on a connected socket, which stays the
 * caller's to close. ticket may be NULL; it is offered when valid and refreshed when the server
 * sends one. */
nvt_err nvt_tls_open(struct nvt_tls *t, struct nvt_tls_config *c, const char *host, nvt_sock sock,
                     struct nvt_tls_ticket *ticket);

/* One step: NVT_OK once verified, NVT_AGAIN with *out_events (NVT_WAIT_*), or the exact refusal. */
nvt_err nvt_tls_handshake(struct nvt_tls *t, uint8_t *out_events);

/* As the port's send and recv, on plain text. recv: NVT_E_NET_CLOSED only after the peer's
 * close_notify, without it NVT_E_TLS_TRUNCATED. A session ticket that arrives is kept, not
 * reported. */
nvt_err nvt_tls_send(struct nvt_tls *t, struct nvt_span data, size_t *out_n, uint8_t *out_events);
nvt_err nvt_tls_recv(struct nvt_tls *t, void *data, size_t cap, size_t *out_n, uint8_t *out_events);

/* Sends close_notify if that can be done now, then releases all. Safe on a zeroed or freed object.
 */
void nvt_tls_close(struct nvt_tls *t);

void nvt_tls_ticket_free(struct nvt_tls_ticket *ticket);

/* "TLSv1.3", "TLS-..." of an open connection; "" otherwise. */
const char *nvt_tls_version(const struct nvt_tls *t);
const char *nvt_tls_suite(const struct nvt_tls *t);

#endif
