/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the POSIX port share. */
#ifndef NAVETTE_POSIX_PARTS_H
#define NAVETTE_POSIX_PARTS_H

#include <navette/posix.h>

/* resolve.c: the two functions of the network table that look names up. */
nvt_err nvt_posix_resolve(void *ctx, const char *host, uint16_t port, struct nvt_addr *out_addrs,
                          size_t *out_count);
void nvt_posix_resolve_cancel(void *ctx);

/* net.c: sockets. */
nvt_err nvt_posix_open(void *ctx, const struct nvt_addr *addr, nvt_sock *out_sock);
nvt_err nvt_posix_connected(void *ctx, nvt_sock sock);
nvt_err nvt_posix_send(void *ctx, nvt_sock sock, const uint8_t *data, size_t len, size_t *out_n);
nvt_err nvt_posix_recv(void *ctx, nvt_sock sock, uint8_t *data, size_t cap, size_t *out_n);
void nvt_posix_close(void *ctx, nvt_sock sock);

#endif
