/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The port: all that navette asks of its host. Three tables of functions (network, clock, entropy)
 * that an integrator fills in, about 200 lines; navette/selftest.h checks a new one.
 * No function may block: what is not ready says NVT_AGAIN.
 */
#ifndef NAVETTE_PORT_H
#define NAVETTE_PORT_H

#include <navette/base.h>

/* ---- network ---- */

/* A socket as the port knows it (a file descriptor, a pointer); NVT_SOCK_NONE is no socket. */
typedef intptr_t nvt_sock;
#define NVT_SOCK_NONE ((nvt_sock)-1)

struct nvt_addr {
    uint8_t ip[16];    /* network order; IPv4 in the first four */
    uint8_t ip_len;    /* 4 or 16 */
    uint16_t port;     /* host order */
    uint32_t scope_id; /* of a link-local IPv6 address, else 0 */
};

/* All results are four-fold: NVT_OK (something done), NVT_AGAIN (not now), NVT_E_NET_CLOSED
 * (orderly end, from recv only), any other error (the socket is of no more use but must be closed).
 */
struct nvt_port_net {
    void *ctx;

    /* Starts or continues the one look-up that is under way; call again with the same host until
     * the answer is not NVT_AGAIN. At most NVT_ADDRS_MAX addresses, in the resolver's order of
     * preference. A numeric host is answered at once. NVT_E_NET_NAME, NVT_E_NET_RESOLVER,
     * NVT_E_NET_RESOURCE. */
    nvt_err (*resolve)(void *ctx, const char *host, uint16_t port, struct nvt_addr *out_addrs,
                       size_t *out_count);

    /* Gives up the look-up under way, if any. The next resolve() starts anew. */
    void (*resolve_cancel)(void *ctx);

    /* Makes a socket and starts to connect it. NVT_OK when *out_sock is there, connected or not. */
    nvt_err (*open)(void *ctx, const struct nvt_addr *addr, nvt_sock *out_sock);

    /* NVT_OK once connected, NVT_AGAIN before; NVT_E_NET_REFUSED, _UNREACHABLE, _RESET, _IO. */
    nvt_err (*connected)(void *ctx, nvt_sock sock);

    /* Sends up to len (> 0) bytes; with NVT_OK *out_n is at least 1. */
    nvt_err (*send)(void *ctx, nvt_sock sock, const uint8_t *data, size_t len, size_t *out_n);

    /* Receives up to cap (> 0) bytes; with NVT_OK *out_n is at least 1. */
    nvt_err (*recv)(void *ctx, nvt_sock sock, uint8_t *data, size_t cap, size_t *out_n);

    /* Releases the socket. Never fails. */
    void (*close)(void *ctx, nvt_sock sock);
};

/* ---- clocks ---- */

struct nvt_port_clock {
    void *ctx;

    /* Milliseconds that only grow, from any origin; 64 bits, so that it never wraps. */
    uint64_t (*mono_ms)(void *ctx);

    /* True and the seconds since 1970 UTC, or false while the wall time is not known yet. */
    bool (*wall_s)(void *ctx, int64_t *out_s);
};

/* ---- entropy ---- */

struct nvt_port_entropy {
    void *ctx;

    /* Fills all of len bytes with full entropy, or fails: NVT_E_TLS_ENTROPY. */
    nvt_err (*fill)(void *ctx, uint8_t *out, size_t len);
};

/* ---- block device: only for whoever keeps a spool ---- */

/* Erase blocks of block_size bytes. Erased bytes read 0xff. Between two erases of a block each
 * program unit is programmed at most once, in rising order. What prog wrote and erase cleared is
 * durable when sync returned, and not before; a power cut may leave any part of what came since the
 * last sync done, undone or broken, but nothing else. Functions may block for as long as the device
 * needs. Errors: NVT_E_SPOOL_IO; a prog or erase that failed may have done any part of it. */
struct nvt_port_block {
    void *ctx;
    uint32_t block_size;  /* 256 to 1 MiB, a multiple of prog_size */
    uint32_t block_count; /* 4 to 65 535 */

    /* The least that it programs by itself, not the most: 1 for most NOR chips, whose pages of 256
     * can be programmed piece by piece, or what their error correction covers. 1 to 4096, a power
     * of two. */
    uint32_t prog_size;

    nvt_err (*read)(void *ctx, uint32_t block, uint32_t offset, uint8_t *out, uint32_t len);

    /* offset and len are multiples of prog_size; pages of the device may begin in between. */
    nvt_err (*prog)(void *ctx, uint32_t block, uint32_t offset, const uint8_t *data, uint32_t len);
    nvt_err (*erase)(void *ctx, uint32_t block);
    nvt_err (*sync)(void *ctx);
};

struct nvt_port {
    struct nvt_port_net net;
    struct nvt_port_clock clock;
    struct nvt_port_entropy entropy;
};

/* ---- waiting ---- */

enum { NVT_WAIT_READ = 1, NVT_WAIT_WRITE = 2 };

/* What a step that returned NVT_AGAIN waits for: any of its sockets, the resolver, or the time. */
struct nvt_wait {
    struct {
        nvt_sock sock;
        uint8_t events; /* NVT_WAIT_READ, NVT_WAIT_WRITE or both */
    } on[NVT_RACE_MAX];
    uint8_t count;     /* used items of on[] */
    bool resolver;     /* also wake when the look-up has news */
    uint64_t until_ms; /* monotonic time at which to step again at the latest */
};

#endif
