/* SPDX-License-Identifier: Apache-2.0 */
/* TCP sockets that never block: no delay for small writes, no SIGPIPE, not inherited by children.
 */
#include "posix_parts.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

/* Most bytes of one send or recv: keeps the count within every system's ssize_t. */
#define IO_MAX ((size_t)1 << 20)

static nvt_err unreachable_or_io(int code)
{
    switch (code) {
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case ETIMEDOUT:
    case EADDRNOTAVAIL: /* no address of our own in that family */
    case EAFNOSUPPORT:  /* the system was built without that family */
    case EACCES:        /* a local firewall says no */
    case EPERM:
        return NVT_E_NET_UNREACHABLE;
    default:
        return NVT_E_NET_IO;
    }
}

static nvt_err net_err(int code)
{
    switch (code) {
    case EAGAIN:
#if EWOULDBLOCK != EAGAIN
    case EWOULDBLOCK:
#endif
    case EINTR:
        return NVT_AGAIN;
    case ECONNREFUSED:
        return NVT_E_NET_REFUSED;
    case ECONNRESET:
    case ECONNABORTED:
    case EPIPE:
        return NVT_E_NET_RESET;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
        return NVT_E_NET_RESOURCE;
    default:
        return unreachable_or_io(code);
    }
}

static nvt_err failed(struct nvt_posix *p, int code)
{
    nvt_err err = net_err(code);
    if (err != NVT_AGAIN) {
        p->last_errno = code;
    }
    return err;
}

static socklen_t sockaddr_from(const struct nvt_addr *addr, struct sockaddr_storage *out)
{
    (void)memset(out, 0, sizeof *out);
    if (addr->ip_len == 4U) {
        struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(addr->port)};
        (void)memcpy(&v4.sin_addr, addr->ip, 4U);
        (void)memcpy(out, &v4, sizeof v4);
        return (socklen_t)sizeof v4;
    }
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(addr->port)};
    v6.sin6_scope_id = addr->scope_id;
    (void)memcpy(&v6.sin6_addr, addr->ip, 16U);
    (void)memcpy(out, &v6, sizeof v6);
    return (socklen_t)sizeof v6;
}

nvt_err nvt_posix_open(void *ctx, const struct nvt_addr *addr, nvt_sock *out_sock)
{
    struct nvt_posix *p = (struct nvt_posix *)ctx;
    struct sockaddr_storage to;
    socklen_t to_len = sockaddr_from(addr, &to);
    const int on = 1;
    *out_sock = NVT_SOCK_NONE;
    int fd = socket(to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
    if (fd < 0) {
        return failed(p, errno);
    }
    /* Without it a small record waits for the peer's delayed acknowledgement. */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd, (const struct sockaddr *)&to, to_len) != 0 && errno != EINPROGRESS &&
        errno != EINTR) {
        /* EAGAIN of connect means that the system has no local port left, not "later". */
        nvt_err err = failed(p, errno);
        (void)close(fd);
        return err == NVT_AGAIN ? NVT_E_NET_RESOURCE : err;
    }
    *out_sock = (nvt_sock)fd;
    return NVT_OK;
}

nvt_err nvt_posix_connected(void *ctx, nvt_sock sock)
{
    struct nvt_posix *p = (struct nvt_posix *)ctx;
    struct pollfd pfd = {.fd = (int)sock, .events = POLLOUT};
    int code = 0;
    socklen_t code_len = (socklen_t)sizeof code;
    int ready = poll(&pfd, 1U, 0);
    if (ready == 0 || (ready < 0 && errno == EINTR)) {
        return NVT_AGAIN;
    }
    if (ready < 0 || getsockopt((int)sock, SOL_SOCKET, SO_ERROR, &code, &code_len) != 0) {
        return failed(p, errno);
    }
    return code == 0 ? NVT_OK : failed(p, code);
}

nvt_err nvt_posix_send(void *ctx, nvt_sock sock, const uint8_t *data, size_t len, size_t *out_n)
{
    struct nvt_posix *p = (struct nvt_posix *)ctx;
    *out_n = 0;
    ssize_t sent = send((int)sock, data, len < IO_MAX ? len : IO_MAX, MSG_NOSIGNAL);
    if (sent <= 0) {
        return sent == 0 ? NVT_AGAIN : failed(p, errno);
    }
    *out_n = (size_t)sent;
    return NVT_OK;
}

nvt_err nvt_posix_recv(void *ctx, nvt_sock sock, uint8_t *data, size_t cap, size_t *out_n)
{
    struct nvt_posix *p = (struct nvt_posix *)ctx;
    *out_n = 0;
    ssize_t got = recv((int)sock, data, cap < IO_MAX ? cap : IO_MAX, 0);
    if (got <= 0) {
        return got == 0 ? NVT_E_NET_CLOSED : failed(p, errno);
    }
    *out_n = (size_t)got;
    return NVT_OK;
}

void nvt_posix_close(void *ctx, nvt_sock sock)
{
    (void)ctx;
    if (sock != NVT_SOCK_NONE) {
        (void)close((int)sock);
    }
}
