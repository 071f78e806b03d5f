/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TCP over lwIP's netconn, never blocking. lwIP counts for each connection what came and tells when
 * it may be written; the task that waits is woken by any of that.
 */
#include "freertos_parts.h"

#include <lwip/api.h>
#include <lwip/pbuf.h>
#include <lwip/tcp.h>

/* lwIP counts the bytes of one write in 16 bits. */
#define IO_MAX ((size_t)0xFFFF)

static struct netconn *conn_of(const struct nvt_freertos_sock *s)
{
    return (struct netconn *)s->conn;
}

static struct nvt_freertos_sock *sock_of(void *ctx, nvt_sock sock)
{
    return &((struct nvt_freertos *)ctx)->socks[(size_t)sock];
}

/* ---- news from lwIP ---- */

static void note(struct nvt_freertos_sock *s, enum netconn_evt event)
{
    switch (event) {
    case NETCONN_EVT_RCVPLUS:
        s->unread++;
        break;
    case NETCONN_EVT_RCVMINUS:
        s->unread--;
        break;
    case NETCONN_EVT_SENDPLUS:
        s->writable = true;
        break;
    case NETCONN_EVT_SENDMINUS:
        s->writable = false;
        break;
    case NETCONN_EVT_ERROR:
    default:
        s->failed = true;
        break;
    }
}

static void on_event(struct netconn *conn, enum netconn_evt event, u16_t len)
{
    struct nvt_freertos_sock *s = (struct nvt_freertos_sock *)conn->callback_arg.ptr;
    (void)len;
    if (s == NULL) {
        return;
    }
    taskENTER_CRITICAL();
    note(s, event);
    taskEXIT_CRITICAL();
    if (event != NETCONN_EVT_RCVMINUS && event != NETCONN_EVT_SENDMINUS) {
        nvt_freertos_news(s->owner);
    }
}

/* The peer's end reaches netconn through the queue of what was received, and is lost when that is
 * full. lwIP's own state keeps it: once the queue is empty, nothing else can come. */
static bool has_ended(const struct nvt_freertos_sock *s)
{
    if (s->conn == NULL) {
        return false; /* closed meanwhile */
    }
    LOCK_TCPIP_CORE();
    const struct tcp_pcb *pcb = conn_of(s)->pcb.tcp;
    bool ended =
        pcb != NULL && pcb->state == CLOSE_WAIT && pcb->refused_data == NULL && s->unread <= 0;
    UNLOCK_TCPIP_CORE();
    return ended;
}

bool nvt_freertos_is_ready(const struct nvt_freertos *f, nvt_sock sock, uint8_t events)
{
    const struct nvt_freertos_sock *s = &f->socks[(size_t)sock];
    taskENTER_CRITICAL();
    bool readable = s->rest != NULL || s->unread > 0;
    bool ready = s->failed || s->end != NVT_OK ||
                 (readable && (events & (uint8_t)NVT_WAIT_READ) != 0U) ||
                 (s->writable && (events & (uint8_t)NVT_WAIT_WRITE) != 0U);
    taskEXIT_CRITICAL();
    return ready || ((events & (uint8_t)NVT_WAIT_READ) != 0U && has_ended(s));
}

/* ---- errors ---- */

static nvt_err lasting_err(err_t code, bool established)
{
    switch (code) {
    case ERR_RST:
        return established ? NVT_E_NET_RESET : NVT_E_NET_REFUSED;
    case ERR_CLSD:
    case ERR_CONN:
        return NVT_E_NET_RESET;
    case ERR_ABRT: /* nobody has answered for too long */
    case ERR_TIMEOUT:
    case ERR_RTE:
    case ERR_IF:
        return NVT_E_NET_UNREACHABLE;
    case ERR_MEM:
    case ERR_BUF:
    case ERR_USE:
        return NVT_E_NET_RESOURCE;
    default:
        return NVT_E_NET_IO;
    }
}

static nvt_err net_err(err_t code, bool established)
{
    switch (code) {
    case ERR_OK:
        return NVT_OK;
    case ERR_WOULDBLOCK:
    case ERR_INPROGRESS:
    case ERR_ALREADY:
        return NVT_AGAIN;
    default:
        return lasting_err(code, established);
    }
}

/* lwIP tells an error once: it is kept, with what it means. */
static nvt_err ended(struct nvt_freertos_sock *s, err_t code)
{
    nvt_err err = net_err(code, s->established);
    if (err != NVT_AGAIN && err != NVT_OK) {
        s->owner->last_err = code;
        s->end = err;
    }
    return err;
}

/* ---- opening ---- */

static struct nvt_freertos_sock *free_sock(struct nvt_freertos *f)
{
    for (size_t i = 0; i < NVT_FREERTOS_SOCKS; i++) {
        if (f->socks[i].conn == NULL) {
            return &f->socks[i];
        }
    }
    return NULL;
}

static enum netconn_type type_of(const ip_addr_t *ip)
{
#if LWIP_IPV6
    if (IP_IS_V6(ip)) {
        return NETCONN_TCP_IPV6;
    }
#endif
    (void)ip;
    return NETCONN_TCP;
}

static err_t start(struct nvt_freertos_sock *s, const ip_addr_t *ip, uint16_t port)
{
    struct netconn *conn = conn_of(s);
    conn->callback_arg.ptr = s;
    netconn_set_nonblocking(conn, 1);
    /* Without it a small record waits for the peer's delayed acknowledgement. */
    LOCK_TCPIP_CORE();
    tcp_nagle_disable(conn->pcb.tcp);
    UNLOCK_TCPIP_CORE();
    return netconn_connect(conn, ip, port);
}

nvt_err nvt_freertos_open(void *ctx, const struct nvt_addr *addr, nvt_sock *out_sock)
{
    struct nvt_freertos *f = (struct nvt_freertos *)ctx;
    struct nvt_freertos_sock *s = free_sock(f);
    ip_addr_t ip;
    *out_sock = NVT_SOCK_NONE;
    if (s == NULL) {
        return NVT_E_NET_RESOURCE;
    }
    if (!nvt_lwip_ip_from(addr, &ip)) {
        return NVT_E_NET_UNREACHABLE;
    }
    nvt_sock sock = (nvt_sock)(s - f->socks);
    (void)memset(s, 0, sizeof *s);
    s->owner = f;
    s->conn = netconn_new_with_callback(type_of(&ip), on_event);
    if (s->conn == NULL) {
        f->last_err = ERR_MEM;
        return NVT_E_NET_RESOURCE;
    }
    nvt_err err = ended(s, start(s, &ip, addr->port));
    if (err != NVT_OK && err != NVT_AGAIN) {
        nvt_freertos_close(ctx, sock);
        return err;
    }
    *out_sock = sock;
    return NVT_OK;
}

nvt_err nvt_freertos_connected(void *ctx, nvt_sock sock)
{
    struct nvt_freertos_sock *s = sock_of(ctx, sock);
    if (s->end != NVT_OK) {
        return s->end;
    }
    if (s->failed) {
        nvt_err err = ended(s, netconn_err(conn_of(s)));
        return err == NVT_OK ? NVT_E_NET_IO : err;
    }
    s->established = s->writable;
    return s->established ? NVT_OK : NVT_AGAIN;
}

/* ---- data ---- */

nvt_err nvt_freertos_send(void *ctx, nvt_sock sock, const uint8_t *data, size_t len, size_t *out_n)
{
    struct nvt_freertos_sock *s = sock_of(ctx, sock);
    size_t sent = 0;
    *out_n = 0;
    if (s->end != NVT_OK && s->end != NVT_E_NET_CLOSED) {
        return s->end;
    }
    err_t code = netconn_write_partly(conn_of(s), data, len < IO_MAX ? len : IO_MAX,
                                      NETCONN_COPY | NETCONN_DONTBLOCK, &sent);
    *out_n = code == ERR_OK ? sent : 0U;
    if (code == ERR_OK) {
        return sent == 0U ? NVT_AGAIN : NVT_OK;
    }
    /* What came before the end is still to be read: recv finds the error by itself. */
    s->owner->last_err = code;
    return net_err(code, s->established);
}

static nvt_err fetch(struct nvt_freertos_sock *s)
{
    struct pbuf *piece = NULL;
    err_t code = netconn_recv_tcp_pbuf_flags(conn_of(s), &piece, NETCONN_DONTBLOCK);
    if (code == ERR_CLSD || (code == ERR_WOULDBLOCK && has_ended(s))) {
        s->end = NVT_E_NET_CLOSED;
        return s->end;
    }
    s->rest = piece;
    return ended(s, code);
}

nvt_err nvt_freertos_recv(void *ctx, nvt_sock sock, uint8_t *data, size_t cap, size_t *out_n)
{
    struct nvt_freertos_sock *s = sock_of(ctx, sock);
    nvt_err err = s->end;
    *out_n = 0;
    if (s->rest == NULL && err == NVT_OK) {
        err = fetch(s);
    }
    struct pbuf *rest = (struct pbuf *)s->rest;
    if (rest == NULL) {
        return err;
    }
    u16_t n = (u16_t)(cap < (size_t)rest->tot_len ? cap : (size_t)rest->tot_len);
    *out_n = (size_t)pbuf_copy_partial(rest, data, n, 0U);
    s->rest = pbuf_free_header(rest, n);
    return NVT_OK;
}

/* ---- closing ---- */

/* netconn would clear what hang_up sets, and tells of events until the end. */
static void hang_up(struct nvt_freertos_sock *s)
{
    struct netconn *conn = conn_of(s);
    LOCK_TCPIP_CORE();
    conn->callback_arg.ptr = NULL;
    if (conn->pcb.tcp != NULL) {
        nvt_lwip_hang_up(conn->pcb.tcp);
        conn->pcb.tcp = NULL; /* as after an error: to delete it waits for nothing */
    }
    UNLOCK_TCPIP_CORE();
}

void nvt_freertos_close(void *ctx, nvt_sock sock)
{
    if (sock == NVT_SOCK_NONE) {
        return;
    }
    struct nvt_freertos_sock *s = sock_of(ctx, sock);
    if (s->rest != NULL) {
        (void)pbuf_free((struct pbuf *)s->rest);
    }
    hang_up(s);
    (void)netconn_delete(conn_of(s));
    (void)memset(s, 0, sizeof *s);
}
