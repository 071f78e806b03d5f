/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the FreeRTOS port share. */
#ifndef NAVETTE_FREERTOS_PARTS_H
#define NAVETTE_FREERTOS_PARTS_H

#include "lwip_addr.h"

#include <navette/freertos.h>

#include <lwip/opt.h>

#include <lwip/err.h>
#include <lwip/ip_addr.h>
#include <lwip/sys.h>
#include <lwip/tcpip.h>

#if NO_SYS || !LWIP_NETCONN || !LWIP_DNS || !LWIP_TCPIP_CORE_LOCKING || !SYS_LIGHTWEIGHT_PROT
#error "lwipopts.h does not have what navette/freertos.h asks for"
#endif

/* freertos.c: any news for the task that waits; from any task. */
void nvt_freertos_news(struct nvt_freertos *f);

/* net.c: the network table but for look-ups. */
nvt_err nvt_freertos_open(void *ctx, const struct nvt_addr *addr, nvt_sock *out_sock);
nvt_err nvt_freertos_connected(void *ctx, nvt_sock sock);
nvt_err nvt_freertos_send(void *ctx, nvt_sock sock, const uint8_t *data, size_t len, size_t *out_n);
nvt_err nvt_freertos_recv(void *ctx, nvt_sock sock, uint8_t *data, size_t cap, size_t *out_n);
void nvt_freertos_close(void *ctx, nvt_sock sock);

/* Whether one of these events (NVT_WAIT_*) is there now. */
bool nvt_freertos_is_ready(const struct nvt_freertos *f, nvt_sock sock, uint8_t events);

/* resolve.c: look-ups. */
nvt_err nvt_freertos_resolve(void *ctx, const char *host, uint16_t port, struct nvt_addr *out_addrs,
                             size_t *out_count);
void nvt_freertos_resolve_cancel(void *ctx);

/* False while an answer is awaited. */
bool nvt_freertos_has_answer(struct nvt_freertos *f);

#endif
