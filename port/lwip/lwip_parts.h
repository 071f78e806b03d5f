/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the lwIP port share. */
#ifndef NAVETTE_LWIP_PARTS_H
#define NAVETTE_LWIP_PARTS_H

#include "lwip_addr.h"

#include <navette/lwip.h>

/* sock.c */
nvt_err nvt_lwip_open(void *ctx, const struct nvt_addr *addr, nvt_sock *out_sock);
nvt_err nvt_lwip_connected(void *ctx, nvt_sock sock);
nvt_err nvt_lwip_send(void *ctx, nvt_sock sock, const uint8_t *data, size_t len, size_t *out_n);
nvt_err nvt_lwip_recv(void *ctx, nvt_sock sock, uint8_t *data, size_t cap, size_t *out_n);
void nvt_lwip_close(void *ctx, nvt_sock sock);

/* Whether a socket can do one of events (NVT_WAIT_*), or tell its end. */
bool nvt_lwip_can(const struct nvt_lwip *l, nvt_sock sock, uint8_t events);

/* resolve.c */
nvt_err nvt_lwip_resolve(void *ctx, const char *host, uint16_t port, struct nvt_addr *out_addrs,
                         size_t *out_count);
void nvt_lwip_resolve_cancel(void *ctx);

/* lwip.c: milliseconds since the first reading, 64 bits. */
uint64_t nvt_lwip_mono_ms(void *ctx);

#endif
