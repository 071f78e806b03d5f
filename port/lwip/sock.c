/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TCP on lwIP's raw API. lwIP calls back when something came or a connection died; that is kept
 * until the library asks. What is received and not taken yet keeps the peer's window closed.
 */
#include "lwip_parts.h"

#include <lwip/pbuf.h>
#include <lwip/tcp.h>

/* Smallest piece worth trying when lwIP is short of memory. */
enum { PIECE_MIN = 64 };

static struct nvt_lwip_sock *sock_of(struct nvt_lwip *l, nvt_sock sock)
{
    return &l->socks[(size_t)sock];
}

/* ---- callbacks ---- */

static err_t on_connected(void *arg, struct tcp_pcb *pcb, err_t err)
{
    struct nvt_lwip_sock *s = (struct nvt_lwip_sock *)arg;
    (void)pcb;
    (void)err; /* always ERR_OK, says lwIP */
    s->connected = true;
    return ERR_OK;
}

static err_t on_received(void *arg, struct tcp_pcb *pcb, struct pbuf *in, err_t err)
{
    struct nvt_lwip_sock *s = (struct nvt_lwip_sock *)arg;
    (void)pcb;
    (void)err;
    if (in == NULL) {
        s->ended = true;
    } else if (s->in == NULL) {
        s->in = in;
    } else if (in->tot_len > UINT16_MAX - s->in->tot_len) {
        return ERR_MEM; /* a window of more than 64 KiB: lwIP hands it over again */
    } else {
        pbuf_cat(s->in, in);
    }
    return ERR_OK;
}

/* lwIP has released the pcb already. While connecting, a reset is a refusal and an abort means that
 * nobody answered. */
static void on_error(void *arg, err_t err)
{
    struct nvt_lwip_sock *s = (struct nvt_lwip_sock *)arg;
    s->pcb = NULL;
    if (err == ERR_RST) {
        s->err = s->connected ? NVT_E_NET_RESET : NVT_E_NET_REFUSED;
    } else if (err == ERR_ABRT) {
        s->err = s->connected ? NVT_E_NET_RESET : NVT_E_NET_UNREACHABLE;
    } else {
        s->err = NVT_E_NET_IO;
    }
}

/* ---- the network table ---- */

static nvt_err err_from(err_t err)
{
    switch (err) {
    case ERR_OK:
        return NVT_OK;
    case ERR_MEM:
    case ERR_BUF:
        return NVT_E_NET_RESOURCE;
    case ERR_RTE:
        return NVT_E_NET_UNREACHABLE;
    default:
        return NVT_E_NET_IO;
    }
}

static nvt_err connect_to(struct nvt_lwip_sock *s, const ip_addr_t *ip, uint16_t port)
{
    s->pcb = tcp_new_ip_type(IP_GET_TYPE(ip));
    if (s->pcb == NULL) {
        return NVT_E_NET_RESOURCE;
    }
    tcp_arg(s->pcb, s);
    tcp_recv(s->pcb, on_received);
    tcp_err(s->pcb, on_error);
    /* Without it a small record waits for the peer's delayed acknowledgement. */
    tcp_nagle_disable(s->pcb);
    nvt_err err = err_from(tcp_connect(s->pcb, ip, port, on_connected));
    if (err != NVT_OK) {
        tcp_err(s->pcb, NULL);
        tcp_abort(s->pcb);
    }
    return err;
}

nvt_err nvt_lwip_open(void *ctx, const struct nvt_addr *addr, nvt_sock *out_sock)
{
    struct nvt_lwip *l = (struct nvt_lwip *)ctx;
    ip_addr_t ip;
    size_t i = 0;
    *out_sock = NVT_SOCK_NONE;
    while (i < NVT_LWIP_SOCKS && l->socks[i].used) {
        i++;
    }
    if (i == NVT_LWIP_SOCKS) {
        return NVT_E_NET_RESOURCE;
    }
    if (!nvt_lwip_ip_from(addr, &ip)) {
        return NVT_E_NET_UNREACHABLE;
    }
    (void)memset(&l->socks[i], 0, sizeof l->socks[i]);
    nvt_err err = connect_to(&l->socks[i], &ip, addr->port);
    if (err == NVT_OK) {
        l->socks[i].used = true;
        *out_sock = (nvt_sock)i;
    }
    return err;
}

nvt_err nvt_lwip_connected(void *ctx, nvt_sock sock)
{
    const struct nvt_lwip_sock *s = sock_of((struct nvt_lwip *)ctx, sock);
    if (s->err != NVT_OK) {
        return s->err;
    }
    return s->connected ? NVT_OK : NVT_AGAIN;
}

/* Copies as much as lwIP takes; short of memory it is offered less. */
static nvt_err write_some(struct tcp_pcb *pcb, const uint8_t *data, size_t len, size_t *out_n)
{
    size_t n = len < tcp_sndbuf(pcb) ? len : tcp_sndbuf(pcb);
    err_t err = n > 0U ? tcp_write(pcb, data, (u16_t)n, TCP_WRITE_FLAG_COPY) : (err_t)ERR_MEM;
    while (err == ERR_MEM && n > (size_t)PIECE_MIN) {
        n /= 2U;
        err = tcp_write(pcb, data, (u16_t)n, TCP_WRITE_FLAG_COPY);
    }
    if (err == ERR_MEM) {
        return NVT_AGAIN; /* room comes with the peer's acknowledgements */
    }
    if (err == ERR_OK) {
        *out_n = n;
    }
    return err_from(err);
}

nvt_err nvt_lwip_send(void *ctx, nvt_sock sock, const uint8_t *data, size_t len, size_t *out_n)
{
    struct nvt_lwip_sock *s = sock_of((struct nvt_lwip *)ctx, sock);
    *out_n = 0;
    if (s->err != NVT_OK) {
        return s->err;
    }
    if (!s->connected) {
        return NVT_AGAIN;
    }
    nvt_err err = write_some(s->pcb, data, len, out_n);
    if (err == NVT_OK) {
        (void)tcp_output(s->pcb);
    }
    return err;
}

nvt_err nvt_lwip_recv(void *ctx, nvt_sock sock, uint8_t *data, size_t cap, size_t *out_n)
{
    struct nvt_lwip_sock *s = sock_of((struct nvt_lwip *)ctx, sock);
    *out_n = 0;
    if (s->in == NULL) {
        nvt_err end = s->ended ? NVT_E_NET_CLOSED : NVT_AGAIN;
        return s->err != NVT_OK && !s->ended ? s->err : end;
    }
    u16_t n = s->in->tot_len;
    n = (size_t)n < cap ? n : (u16_t)cap;
    (void)pbuf_copy_partial(s->in, data, n, 0U);
    s->in = pbuf_free_header(s->in, n);
    if (s->pcb != NULL) {
        tcp_recved(s->pcb, n);
    }
    *out_n = n;
    return NVT_OK;
}

void nvt_lwip_close(void *ctx, nvt_sock sock)
{
    if (sock == NVT_SOCK_NONE) {
        return;
    }
    struct nvt_lwip_sock *s = sock_of((struct nvt_lwip *)ctx, sock);
    if (s->in != NULL) {
        (void)pbuf_free(s->in);
    }
    if (s->pcb != NULL) {
        nvt_lwip_hang_up(s->pcb);
    }
    (void)memset(s, 0, sizeof *s);
}

bool nvt_lwip_can(const struct nvt_lwip *l, nvt_sock sock, uint8_t events)
{
    const struct nvt_lwip_sock *s = &l->socks[(size_t)sock];
    if (s->err != NVT_OK || s->ended) {
        return true;
    }
    if ((events & (uint8_t)NVT_WAIT_READ) != 0U && s->in != NULL) {
        return true;
    }
    return (events & (uint8_t)NVT_WAIT_WRITE) != 0U && s->connected && s->pcb != NULL &&
           tcp_sndbuf(s->pcb) > 0U;
}
