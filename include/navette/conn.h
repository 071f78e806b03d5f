/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conn room: one verified connection to one origin: resolve, connect (both address families in a
 * staggered race, RFC 8305), TLS handshake, each with its deadline; then bytes, until it is closed.
 */
#ifndef NAVETTE_CONN_H
#define NAVETTE_CONN_H

#include <navette/tls.h>

/* Where requests go: https only. */
struct nvt_origin {
    char host[NVT_HOST_CAP]; /* without brackets for an IPv6 literal */
    uint16_t port;
    char base_path[NVT_BASE_PATH_CAP]; /* "" or "/prefix" without a final '/' */
};

/* https://host[:port][/path]. NVT_E_URL, NVT_E_URL_PLAIN. User info, query and fragment are
 * refused. */
nvt_err nvt_origin_parse(struct nvt_span url, struct nvt_origin *out_origin);

/* "host" or "host:port" as the Host field wants it (default port left out, IPv6 in brackets). */
void nvt_origin_put_authority(struct nvt_buf *b, const struct nvt_origin *origin);

/* Milliseconds for each phase; 0 takes the default named here. */
struct nvt_timeouts {
    uint32_t resolve_ms;   /* 5 000 */
    uint32_t connect_ms;   /* 10 000: all addresses together */
    uint32_t handshake_ms; /* 15 000: a Cortex-M signs and verifies slowly */
    uint32_t answer_ms;    /* 30 000: from the last request byte to the first of the answer */
    uint32_t call_ms;      /* 60 000: everything, retries included */
};

enum nvt_conn_phase {
    NVT_CONN_CLOSED,
    NVT_CONN_RESOLVE,
    NVT_CONN_CONNECT,
    NVT_CONN_HANDSHAKE,
    NVT_CONN_OPEN
};

/* What an observer may want to count. Never reset by the library. */
struct nvt_conn_stats {
    uint32_t handshakes; /* full ones */
    uint32_t resumptions;
    uint64_t bytes_out; /* plain text */
    uint64_t bytes_in;
};

struct nvt_conn {
    const struct nvt_port *port;
    struct nvt_tls_config *tls_config;
    struct nvt_timeouts timeouts; /* defaults filled in */
    const struct nvt_origin *origin;
    enum nvt_conn_phase phase;
    uint64_t phase_end_ms;
    struct nvt_addr addrs[NVT_ADDRS_MAX];
    uint8_t addr_count;
    uint8_t addr_next;   /* the next address to try */
    uint64_t race_at_ms; /* when the next attempt may start */
    nvt_sock racing[NVT_RACE_MAX];
    uint64_t race_end_ms[NVT_RACE_MAX]; /* when a silent attempt leaves its place to the next */
    nvt_err race_err;                   /* what the failed attempts met */
    nvt_sock sock;
    struct nvt_tls tls;
    struct nvt_tls_ticket ticket; /* outlives the connection */
    struct nvt_conn_stats stats;
    uint32_t exchanges; /* answers completed on this connection */
    int32_t detail;     /* Mbed TLS code behind the last error */
};

/* timeouts may be NULL. All pointers must outlive the connection. An origin is known by its
 * address: another origin is another object. Call it once; nvt_conn_free before a second time. */
void nvt_conn_init(struct nvt_conn *c, const struct nvt_port *port,
                   struct nvt_tls_config *tls_config, const struct nvt_timeouts *timeouts);

/* One step towards an open connection to origin: starts one when closed (or open to another
 * origin), NVT_OK once open. NVT_AGAIN with *out_wait set. On an error the connection is closed:
 * NVT_E_NET_*, NVT_E_TLS_*, NVT_E_TIMEOUT_RESOLVE, _CONNECT, _HANDSHAKE. */
nvt_err nvt_conn_open(struct nvt_conn *c, const struct nvt_origin *origin,
                      struct nvt_wait *out_wait);

/* Moves bytes on an open connection; NVT_AGAIN with *out_wait set (until_ms left to the caller). */
nvt_err nvt_conn_send(struct nvt_conn *c, struct nvt_span data, size_t *out_n,
                      struct nvt_wait *out_wait);
nvt_err nvt_conn_recv(struct nvt_conn *c, void *data, size_t cap, size_t *out_n,
                      struct nvt_wait *out_wait);

/* NVT_AGAIN with *out_wait set when only the network can bring something to receive, else NVT_OK.
 * Saves a receive in vain where nothing is due yet. */
nvt_err nvt_conn_await(const struct nvt_conn *c, struct nvt_wait *out_wait);

/* Open, and neither ended nor written to by the peer since the last answer (RFC 9112 section 9.5):
 * fit for another request. Closes it when not. */
bool nvt_conn_reusable(struct nvt_conn *c);

/* Closes in order (close_notify) and releases everything but the ticket. Safe in any phase, also
 * twice. */
void nvt_conn_close(struct nvt_conn *c);

/* nvt_conn_close and the ticket too. */
void nvt_conn_free(struct nvt_conn *c);

#endif
