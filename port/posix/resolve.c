/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names to addresses without blocking. getaddrinfo() can hang for half a minute and cannot be
 * interrupted, so each look-up gets a detached thread. The thread shares no memory with anybody:
 * question and answer travel over a socket pair, of which each side owns one end. Giving a look-up
 * up means closing our end or setting it aside; the thread's answer then meets a closed socket.
 */
#include "posix_parts.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

/* Room for the resolver's own buffers (name service modules use up to 64 KiB of stack). */
#define RESOLVER_STACK ((size_t)256 * 1024)

struct question {
    char host[NVT_HOST_CAP];
    uint16_t port;
};

struct answer {
    nvt_err err;
    size_t count;
    struct nvt_addr addrs[NVT_ADDRS_MAX];
};

static nvt_err lookup_err(int code)
{
    switch (code) {
    case 0:
        return NVT_OK;
    case EAI_NONAME:
#if defined(EAI_NODATA) && EAI_NODATA != EAI_NONAME
    case EAI_NODATA:
#endif
        return NVT_E_NET_NAME;
    case EAI_MEMORY:
        return NVT_E_NET_RESOURCE;
    default:
        return NVT_E_NET_RESOLVER;
    }
}

static bool addr_from(const struct addrinfo *ai, uint16_t port, struct nvt_addr *out)
{
    (void)memset(out, 0, sizeof *out);
    out->port = port;
    if (ai->ai_family == AF_INET && ai->ai_addrlen >= sizeof(struct sockaddr_in)) {
        struct sockaddr_in v4;
        (void)memcpy(&v4, ai->ai_addr, sizeof v4);
        (void)memcpy(out->ip, &v4.sin_addr, 4U);
        out->ip_len = 4U;
        return true;
    }
    if (ai->ai_family == AF_INET6 && ai->ai_addrlen >= sizeof(struct sockaddr_in6)) {
        struct sockaddr_in6 v6;
        (void)memcpy(&v6, ai->ai_addr, sizeof v6);
        (void)memcpy(out->ip, &v6.sin6_addr, 16U);
        out->ip_len = 16U;
        out->scope_id = v6.sin6_scope_id;
        return true;
    }
    return false;
}

/* The nth address of that family, in the resolver's order. */
static bool nth_of_family(const struct addrinfo *list, int family, size_t n, uint16_t port,
                          struct nvt_addr *out)
{
    for (const struct addrinfo *ai = list; ai != NULL; ai = ai->ai_next) {
        if (ai->ai_family == family) {
            if (n == 0U) {
                return addr_from(ai, port, out);
            }
            n--;
        }
    }
    return false;
}

/* Families in turn, the resolver's favourite first (RFC 8305 section 4): a host with many
 * addresses of a dead family must not push the other family out of the few places. */
static size_t pick(const struct addrinfo *list, uint16_t port, struct nvt_addr *out_addrs)
{
    int first = (list != NULL && list->ai_family == AF_INET) ? AF_INET : AF_INET6;
    int second = (first == AF_INET) ? AF_INET6 : AF_INET;
    size_t count = 0;
    for (size_t i = 0; i < NVT_ADDRS_MAX && count < NVT_ADDRS_MAX; i++) {
        if (nth_of_family(list, first, i, port, &out_addrs[count])) {
            count++;
        }
        if (count < NVT_ADDRS_MAX && nth_of_family(list, second, i, port, &out_addrs[count])) {
            count++;
        }
    }
    return count;
}

static void look_up(const struct question *q, int flags, struct answer *a)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    hints.ai_flags = flags;
    (void)memset(a, 0, sizeof *a);
    int code = getaddrinfo(q->host, NULL, &hints, &list);
    a->err = lookup_err(code);
    if (code != 0) {
        return;
    }
    a->count = pick(list, q->port, a->addrs);
    freeaddrinfo(list);
    if (a->count == 0U) {
        a->err = NVT_E_NET_NAME;
    }
}

/* The thread: owns its end of the pair, which is all it was given. */
static void *resolver_main(void *arg)
{
    int end = (int)(intptr_t)arg;
    struct question q;
    struct answer a;
    if (recv(end, &q, sizeof q, 0) == (ssize_t)sizeof q) {
        look_up(&q, AI_ADDRCONFIG, &a);
        (void)send(end, &a, sizeof a, MSG_NOSIGNAL);
    }
    (void)close(end);
    return NULL;
}

/* Signals stay with the threads that the application made for them. */
static int start_thread(int end)
{
    pthread_attr_t attr;
    pthread_t thread;
    sigset_t all;
    sigset_t old;
    int code = pthread_attr_init(&attr);
    if (code != 0) {
        return code;
    }
    (void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    (void)pthread_attr_setstacksize(&attr, RESOLVER_STACK);
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &old);
    // NOLINTNEXTLINE(performance-no-int-to-ptr): the descriptor is the thread's only argument
    code = pthread_create(&thread, &attr, resolver_main, (void *)(intptr_t)end);
    (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
    (void)pthread_attr_destroy(&attr);
    return code;
}

/* Forgets given-up look-ups that have come to their end. False when all places are still taken. */
static bool sweep_stuck(struct nvt_posix *p)
{
    bool room = false;
    for (size_t i = 0; i < NVT_POSIX_STUCK_MAX; i++) {
        char byte;
        if (p->stuck[i] >= 0 && (recv(p->stuck[i], &byte, 1U, MSG_DONTWAIT) >= 0 ||
                                 (errno != EAGAIN && errno != EINTR))) {
            (void)close(p->stuck[i]);
            p->stuck[i] = -1;
        }
        room = room || p->stuck[i] < 0;
    }
    return room;
}

static nvt_err start(struct nvt_posix *p, const struct question *q)
{
    int pair[2];
    if (!sweep_stuck(p)) {
        return NVT_E_NET_RESOLVER;
    }
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        p->last_errno = errno;
        return NVT_E_NET_RESOURCE;
    }
    if (send(pair[0], q, sizeof *q, MSG_NOSIGNAL) != (ssize_t)sizeof *q ||
        start_thread(pair[1]) != 0) {
        (void)close(pair[0]);
        (void)close(pair[1]);
        return NVT_E_NET_RESOURCE;
    }
    p->lookup = pair[0];
    p->kept_count = 0;
    (void)memcpy(p->host, q->host, sizeof p->host);
    p->host_port = q->port;
    return NVT_AGAIN;
}

static void forget(struct nvt_posix *p)
{
    if (p->lookup >= 0) {
        (void)close(p->lookup);
    }
    p->lookup = -1;
}

static nvt_err collect(struct nvt_posix *p, struct answer *a)
{
    ssize_t got = recv(p->lookup, a, sizeof *a, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        return NVT_AGAIN;
    }
    forget(p);
    nvt_err err = (got == (ssize_t)sizeof *a) ? a->err : NVT_E_NET_RESOLVER;
    if (err == NVT_OK) {
        (void)memcpy(p->kept, a->addrs, sizeof p->kept);
        p->kept_count = a->count;
        p->kept_until_ms = p->port.clock.mono_ms(p->port.clock.ctx) + (uint64_t)NVT_POSIX_KEEP_MS;
    }
    return err;
}

static bool recall(const struct nvt_posix *p, struct answer *a)
{
    if (p->kept_count == 0U || p->port.clock.mono_ms(p->port.clock.ctx) >= p->kept_until_ms) {
        return false;
    }
    (void)memcpy(a->addrs, p->kept, sizeof a->addrs);
    a->count = p->kept_count;
    return true;
}

/* One look-up runs at a time. Who asks for another host meanwhile waits until it has ended; an
 * answer that nobody collected is dropped then. */
static nvt_err advance(struct nvt_posix *p, const struct question *q, struct answer *a)
{
    bool ours = strcmp(p->host, q->host) == 0 && p->host_port == q->port;
    if (p->lookup >= 0) {
        nvt_err err = collect(p, a);
        if (err == NVT_AGAIN || ours) {
            return err;
        }
    } else if (ours && recall(p, a)) {
        return NVT_OK;
    } else {
        /* nobody has asked for it of late */
    }
    return start(p, q);
}

nvt_err nvt_posix_resolve(void *ctx, const char *host, uint16_t port, struct nvt_addr *out_addrs,
                          size_t *out_count)
{
    struct nvt_posix *p = (struct nvt_posix *)ctx;
    struct question q = {.port = port};
    struct answer a;
    size_t len = strlen(host);
    *out_count = 0;
    if (len == 0U || len >= sizeof q.host) {
        return NVT_E_NET_NAME;
    }
    (void)memcpy(q.host, host, len);
    look_up(&q, AI_NUMERICHOST, &a);
    nvt_err err = a.err;
    if (err != NVT_OK) {
        err = advance(p, &q, &a);
    }
    if (err == NVT_OK) {
        (void)memcpy(out_addrs, a.addrs, a.count * sizeof a.addrs[0]);
        *out_count = a.count;
    }
    return err;
}

/* Sets the talk aside rather than closing it, so that threads which hang can be counted. */
void nvt_posix_resolve_cancel(void *ctx)
{
    struct nvt_posix *p = (struct nvt_posix *)ctx;
    if (p->lookup >= 0 && sweep_stuck(p)) {
        for (size_t i = 0; i < NVT_POSIX_STUCK_MAX; i++) {
            if (p->stuck[i] < 0) {
                p->stuck[i] = p->lookup;
                p->lookup = -1;
                break;
            }
        }
    }
    forget(p);
}
