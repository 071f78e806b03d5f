/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS room: Mbed TLS 2.28 and 3.6 behind one narrow face. Chain, host name and dates are always
 * verified; there is no switch to turn that off. TLS 1.2, and 1.3 where Mbed TLS has it.
 *
 * When a certificate is wrong in several ways, the first of these is reported:
 *   NVT_E_TLS_REVOKED, NVT_E_TLS_WEAK (key or signature of any certificate of the chain),
 *   NVT_E_TLS_SELF_SIGNED (the server's own certificate signed itself), NVT_E_TLS_CHAIN (the
 *   server's issuer was neither sent nor is it trusted: as a rule an intermediate is missing),
 *   NVT_E_TLS_ISSUER (the chain ends at no trusted CA), NVT_E_TLS_EXPIRED, NVT_E_TLS_NOT_YET,
 *   NVT_E_TLS_HOST, NVT_E_TLS_USAGE, NVT_E_TLS_PIN, NVT_E_TLS_CERT (anything else).
 * Trust comes before dates and names because nobody vouches for what an untrusted chain says.
 *
 * Memory: Mbed TLS takes about 10 to 40 KiB from its allocator for a handshake. On a target give
 * it a static arena (MBEDTLS_MEMORY_BUFFER_ALLOC_C). With TLS 1.3 the PSA side of Mbed TLS 3.6
 * draws its own random numbers: configure its entropy too (MBEDTLS_ENTROPY_HARDWARE_ALT).
 */
#ifndef NAVETTE_TLS_H
#define NAVETTE_TLS_H

#include <navette/port.h>

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

/* What to do while the wall clock is not known: never is a certificate's date silently skipped. */
enum nvt_tls_clock {
    NVT_TLS_CLOCK_REQUIRED,   /* refuse TLS: NVT_E_TLS_CLOCK */
    NVT_TLS_CLOCK_BUILD_TIME, /* compare not-after with build_time_s; not-before is not checked */
};

struct nvt_tls_settings {
    /* PEM (any number; its final NUL not needed) or one DER; only read by init. */
    struct nvt_span ca;
    /* SHA-256 of a SubjectPublicKeyInfo (RFC 7469 section 2.4), or NULL. */
    const uint8_t (*pins)[32];
    size_t pin_count; /* 0: none; else leaf or any CA of the verified chain must match one */
    enum nvt_tls_clock clock;
    int64_t build_time_s; /* for NVT_TLS_CLOCK_BUILD_TIME: seconds since 1970 */
    /* 0: not offered; else 512, 1024, 2048 or 4096 (RFC 6066 section 4), TLS 1.2 only. With Mbed
     * TLS 2.28 the server's chain must fit: it cannot join a message from several records. */
    uint16_t max_fragment;
    bool no_tls13; /* offer TLS 1.2 alone */
    /* Verify the signatures of a chain anew in each full handshake. Otherwise a chain that was
     * found good for this host is remembered (NVT_TLS_CHAINS_MAX of them, in the config, until it
     * is freed): when the same bytes come again, only their dates are looked at, and the server's
     * signature over the handshake. Needs MBEDTLS_SSL_KEEP_PEER_CERTIFICATE, else it is always so.
     */
    bool forget_chains;
};

/* A chain that was found good: between which dates, not for whom. */
struct nvt_tls_known {
    uint8_t key[32]; /* SHA-256 over CAs, pins, host name and the certificates as sent */
    int64_t not_before_s;
    int64_t not_after_s;
    bool used;
};

/* Shared by every connection that trusts the same CAs; it must not move once initialised. One
 * thread at a time. */
struct nvt_tls_config {
    const struct nvt_port *port;
    mbedtls_ssl_config ssl;
    mbedtls_x509_crt ca;
    mbedtls_ctr_drbg_context drbg;
    const char *alpn[2];
    uint8_t pins[NVT_TLS_PINS_MAX][32];
    size_t pin_count;
    enum nvt_tls_clock clock;
    int64_t build_time_s;
    uint8_t trust[32]; /* SHA-256 over CAs and pins */
#if NVT_TLS_CHAINS_MAX > 0
    struct nvt_tls_known known[NVT_TLS_CHAINS_MAX];
    size_t known_next; /* the entry that gives way */
#endif
    bool remembers;
    bool ready;
};

/* A session to resume; zero it before first use. It holds the session's secrets. It is bound to
 * the host name that was verified and to the config that verified it: offered for another one it
 * is dropped, so that resumption cannot go round the name check. A resumed handshake carries no
 * certificate: pins were checked in the full one, and a ticket whose chain is out of its dates by
 * now is dropped. Free it before the config. With TLS 1.3 Mbed TLS needs MBEDTLS_HAVE_TIME to tell
 * the ticket's age: without it servers refuse every ticket and do a full handshake instead. */
struct nvt_tls_ticket {
    mbedtls_ssl_session session;
    const struct nvt_tls_config *config;
    int64_t not_before_s; /* the dates that all certificates of the verified chain share */
    int64_t not_after_s;
    uint8_t host[32]; /* SHA-256 of the verified host name */
    bool valid;
};

/* What the certificate check of one full handshake found. */
struct nvt_tls_chain {
    int64_t not_before_s;
    int64_t not_after_s;
    uint32_t flags;  /* MBEDTLS_X509_BAD*, our dates and pins included */
    uint32_t length; /* certificates from the leaf up to where no issuer was found */
    bool checked;    /* down to the leaf */
    bool known;      /* remembered from an earlier handshake */
    bool self_signed;
    bool pin_seen;
    bool pin_refused;
};

/* One TLS connection over one socket of the port. It must not move while open. */
struct nvt_tls {
    struct nvt_tls_config *config;
    struct nvt_tls_ticket *ticket; /* the caller's, or NULL */
    mbedtls_ssl_context ssl;
    nvt_sock sock;
    struct nvt_tls_chain chain;
    int64_t now_s; /* wall time at open, or the build time */
    bool now_known;
    bool offered;            /* the ticket was sent along */
    uint8_t host[32];        /* SHA-256 of the host name */
    uint8_t ip[16];          /* the host when it is an address */
    uint8_t ip_len;          /* 0: it is a name */
    uint8_t wire_version[3]; /* the first record's type and version, as received */
    uint8_t wire_len;
    uint8_t early; /* a byte that nvt_tls_quiet met; the next receive starts with it */
    bool has_early;
    size_t write_len; /* bytes of a record that was not sent in whole yet */
    nvt_err send_end; /* why nothing can be sent any more, NVT_OK */
    nvt_err net_err;  /* what the port said last */
    nvt_err end;      /* the error that ended this connection, repeated by later calls */
    int32_t detail;   /* the last Mbed TLS code; with NVT_E_TLS_ALERT the alert's number */
    bool open;        /* between nvt_tls_open and nvt_tls_close */
    bool established;
    bool certified; /* the server came to show a certificate: this is not a resumed handshake */
    bool resumed;   /* read-only: the handshake was abbreviated */
};

/* Reads the CAs, seeds the generator. NVT_E_TLS_CA, NVT_E_TLS_ENTROPY, NVT_E_TLS_SETUP,
 * NVT_E_TLS_MEMORY, NVT_E_ARG. On an error nothing stays allocated. *out_detail (may be NULL): the
 * Mbed TLS code. Of a PEM bundle, certificates of a kind that Mbed TLS does not know are left
 * out as long as one remains; a damaged one is NVT_E_TLS_CA. */
nvt_err nvt_tls_config_init(struct nvt_tls_config *c, const struct nvt_port *port,
                            const struct nvt_tls_settings *settings, int32_t *out_detail);

/* Safe on a zeroed object and twice. No connection may be open on it. */
void nvt_tls_config_free(struct nvt_tls_config *c);

/* Starts TLS with host (SNI and name check; NUL-terminated) on a connected socket, which stays the
 * caller's to close. An IPv4 or IPv6 address (no brackets, no zone) is checked against the
 * certificate's iPAddress names and not sent as SNI (RFC 6066 section 3). ticket may be NULL; it
 * is offered when valid and refreshed when the server sends one. NVT_E_ARG (host empty or too
 * long), NVT_E_STATE (config not ready), NVT_E_TLS_CLOCK, NVT_E_TLS_MEMORY, NVT_E_TLS_SETUP; on an
 * error nothing stays allocated. */
nvt_err nvt_tls_open(struct nvt_tls *t, struct nvt_tls_config *c, const char *host, nvt_sock sock,
                     struct nvt_tls_ticket *ticket);

/* One step: NVT_OK once verified, NVT_AGAIN with *out_events (NVT_WAIT_*), or the exact refusal:
 * NVT_E_TLS_*, or NVT_E_NET_* as the port said it. A server that hangs up: NVT_E_TLS_TRUNCATED. */
nvt_err nvt_tls_handshake(struct nvt_tls *t, uint8_t *out_events);

/* As the port's send and recv, on plain text.
 * send: one call, one TLS record, of at most the record size. After NVT_AGAIN the record is under
 * way: call again with data that starts with the same bytes (more may follow them).
 * After its NVT_E_NET_* recv goes on: the peer may have sent something before.
 * recv: NVT_E_NET_CLOSED only after the peer's close_notify, without it NVT_E_TLS_TRUNCATED. A
 * session ticket that arrives is kept, not reported. NVT_E_STATE before the handshake is done. */
nvt_err nvt_tls_send(struct nvt_tls *t, struct nvt_span data, size_t *out_n, uint8_t *out_events);
nvt_err nvt_tls_recv(struct nvt_tls *t, void *data, size_t cap, size_t *out_n, uint8_t *out_events);

/* True when something was taken off the socket that nvt_tls_recv has not given out: it is to be
 * called before one waits for the socket. */
bool nvt_tls_pending(const struct nvt_tls *t);

/* True when the peer sent nothing since and did not end: a look that costs less than nvt_tls_recv,
 * which tells what came when it is false. */
bool nvt_tls_quiet(struct nvt_tls *t);

/* Sends close_notify if that can be done now, then releases all. A record that nvt_tls_send did not
 * get out in whole stays cut: nobody can read it. Safe on a zeroed or closed object; detail and
 * resumed stay readable. */
void nvt_tls_close(struct nvt_tls *t);

/* Releases and wipes. Safe on a zeroed or freed object. */
void nvt_tls_ticket_free(struct nvt_tls_ticket *ticket);

/* "TLSv1.3", "TLS-..." of an established connection; "" otherwise. */
const char *nvt_tls_version(const struct nvt_tls *t);
const char *nvt_tls_suite(const struct nvt_tls *t);

#endif
