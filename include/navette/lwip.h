/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The port for lwIP 2.2 without an operating system (NO_SYS 1): TCP and names on its raw API, the
 * clock on its sys_now(). Nothing here blocks, allocates or starts a thread; whoever polls the
 * interface and calls sys_check_timeouts() drives it, from the same thread that steps the library.
 */
#ifndef NAVETTE_LWIP_H
#define NAVETTE_LWIP_H

#include <navette/port.h>

/* Connections at once: one a lane and, while a connection is made, up to NVT_RACE_MAX. */
#ifndef NVT_LWIP_SOCKS
#define NVT_LWIP_SOCKS 3
#endif

struct nvt_lwip_sock {
    struct tcp_pcb *pcb; /* NULL: lwIP has given it up, or the place is free */
    struct pbuf *in;     /* received and not taken yet */
    nvt_err err;         /* why lwIP gave it up, NVT_OK */
    bool used;
    bool connected;
    bool ended; /* nothing comes behind in */
};

/* It must not move. */
struct nvt_lwip {
    struct nvt_port port; /* hand &l.port to the library */
    struct nvt_lwip_sock socks[NVT_LWIP_SOCKS];
    char host[NVT_HOST_CAP]; /* of the look-up under way or answered */
    struct nvt_addr found;   /* ip_len 0: none */
    uint64_t asked_ms;
    nvt_err lookup;   /* NVT_AGAIN: under way */
    bool asked;       /* host is one */
    uint32_t last_ms; /* sys_now() as it was read last */
    uint64_t wraps_ms;
    int64_t wall_less_mono_s;
    bool wall_known;
};

/* Fills in the tables; the entropy is the board's. lwip_init() must have run before the library
 * uses the network. */
void nvt_lwip_init(struct nvt_lwip *l, const struct nvt_port_entropy *entropy);

/* Sets the wall clock, seconds since 1970 UTC; until then it is not known. */
void nvt_lwip_set_wall(struct nvt_lwip *l, int64_t utc_s);

/* True when one of n waits is due: a socket of it can go on, the look-up has news, its time has
 * come; also when n is 0. */
bool nvt_lwip_ready(struct nvt_lwip *l, const struct nvt_wait *waits, size_t n);

#endif
