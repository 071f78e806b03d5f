/* SPDX-License-Identifier: Apache-2.0 */
/* The TLS tests' other side (openssl s_server, or a few raw bytes) and a port whose clock, entropy
 * and byte stream a test can bend. */
#ifndef NVT_TESTS_TLS_PEER_H
#define NVT_TESTS_TLS_PEER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <navette/tls.h>

#include <sys/types.h>

/* TLS 1.3 is in this build of Mbed TLS. */
#if MBEDTLS_VERSION_NUMBER >= 0x03000000 && defined(MBEDTLS_SSL_PROTO_TLS1_3)
#define HAS_TLS13 1
#else
#define HAS_TLS13 0
#endif

/* ---- the port ---- */

/* What happens to the byte stream; all 0: nothing. Offsets count received bytes from connect. */
struct bend {
    size_t chunk;     /* at most this many bytes per send and recv */
    bool stutter;     /* every other send and recv says NVT_AGAIN */
    size_t cut_at;    /* from this received byte on: cut_err; 0: never */
    nvt_err cut_err;  /* NVT_E_NET_CLOSED: as a FIN; NVT_E_NET_RESET: as a RST */
    size_t flip_at;   /* this received byte is changed; 0: none */
    bool block_sends; /* sends say NVT_AGAIN */
    size_t send_cap;  /* once so many bytes were sent in all sends say NVT_AGAIN; 0: never */
    bool reset_sends; /* sends say NVT_E_NET_RESET */
};

struct net {
    struct nvt_port port;
    struct bend bend;
    size_t received;
    size_t sent;
    uint8_t tail[7]; /* the last bytes sent: an alert of TLS 1.2 is that long */
    bool turn;
    bool clock_known;
    int64_t now_s;
    bool entropy_fails;
};

/* The real time, good entropy, an unbent stream. */
void net_init(struct net *n);
nvt_sock net_connect(struct net *n, uint16_t tcp_port);
void net_close(nvt_sock sock);

/* ---- the server ---- */

struct server {
    pid_t pid;
    uint16_t tcp_port;
};

/* The folder that make-pki.sh filled. */
const char *pki(void);
/* A file of it, in one of four rotating buffers. */
const char *pki_path(const char *name, const char *suffix);
/* Its bytes; the test fails when it cannot be read. */
struct nvt_span pki_read(const char *name, const char *suffix, uint8_t *mem, size_t cap);
void pki_pin(const char *name, uint8_t out_pin[32]);

/* openssl s_server with NAME's chain and key, sending each line back reversed. options: more
 * arguments separated by single spaces, or NULL. */
void server_start(struct server *s, const char *name, const char *options);
/* Accepts one connection after the other, sends bytes (any), then hangs up: with a RST when reset.
 */
void server_raw(struct server *s, struct nvt_span bytes, bool reset);
/* Shows the chain of NAME but has another's key: it cannot sign for it. */
void server_impostor(struct server *s, const char *name, const char *key_name);
void server_kill(struct server *s);
/* For a teardown: also those that a failed test left behind. */
int server_kill_all(void **state);

/* ---- driving ---- */

enum { PATIENCE_MS = 10000 };

struct client {
    struct net net;
    struct nvt_tls_config config;
    struct nvt_tls tls;
    nvt_sock sock;
    int patience_ms;
};

/* Trusts ca.pem; pin may be NULL. With NVT_TEST_FORGET in the environment no chain is remembered.
 */
void client_init(struct client *c, bool no_tls13, const uint8_t (*pins)[32], size_t pin_count);
void client_init_as(struct client *c, const struct nvt_tls_settings *settings);
void client_free(struct client *c);
/* Connects and shakes hands until that is decided; leaves the connection open when it is NVT_OK. */
nvt_err client_connect(struct client *c, const struct server *s, const char *host,
                       struct nvt_tls_ticket *ticket);
/* Waits as a call asked. A wait that lasts is a lost wake-up and fails the test, unless the test
 * lowered patience_ms: then it is NVT_E_TIMEOUT_CALL. */
nvt_err client_wait(const struct client *c, uint8_t events);
void client_hang_up(struct client *c);
nvt_err client_send(struct client *c, const char *text);
/* Receives until len bytes are there or an error comes. */
nvt_err client_recv(struct client *c, char *out, size_t len);
/* "abc\n" goes out, "cba\n" comes back. */
void client_echo(struct client *c);

#endif
