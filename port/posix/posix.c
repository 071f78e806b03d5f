/* SPDX-License-Identifier: Apache-2.0 */
/* The POSIX port's tables, its clocks, its entropy, and the waiting on behalf of the core. */
#include "posix_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

/* ---- clocks ---- */

static uint64_t mono_ms(void *ctx)
{
    struct timespec ts = {0, 0};
    (void)ctx;
    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000U + (uint64_t)ts.tv_nsec / 1000000U;
}

static bool wall_s(void *ctx, int64_t *out_s)
{
    struct timespec ts;
    (void)ctx;
    if (clock_gettime(CLOCK_REALTIME, &ts) != 0 || (int64_t)ts.tv_sec < NVT_POSIX_WALL_MIN_S) {
        return false;
    }
    *out_s = (int64_t)ts.tv_sec;
    return true;
}

/* ---- entropy ---- */

/* Kernels before 3.17 have no getrandom(). Their /dev/urandom also answers before the pool is
 * seeded; /dev/random being readable tells that it is. */
static bool pool_is_seeded(void)
{
    struct pollfd pfd = {.events = POLLIN};
    pfd.fd = open("/dev/random", O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (pfd.fd < 0) {
        return false;
    }
    int ready = poll(&pfd, 1U, 0);
    (void)close(pfd.fd);
    return ready == 1 && (pfd.revents & POLLIN) != 0;
}

static nvt_err fill_from_device(uint8_t *out, size_t len)
{
    if (!pool_is_seeded()) {
        return NVT_E_TLS_ENTROPY;
    }
    int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return NVT_E_TLS_ENTROPY;
    }
    size_t done = 0;
    while (done < len) {
        ssize_t got = read(fd, out + done, len - done);
        if (got <= 0) {
            break;
        }
        done += (size_t)got;
    }
    (void)close(fd);
    return done == len ? NVT_OK : NVT_E_TLS_ENTROPY;
}

/* Never waits for the kernel's pool: early at boot that could take minutes. */
static nvt_err fill(void *ctx, uint8_t *out, size_t len)
{
    size_t done = 0;
    (void)ctx;
    while (done < len) {
        ssize_t got = getrandom(out + done, len - done, GRND_NONBLOCK);
        if (got > 0) {
            done += (size_t)got;
        } else if (got < 0 && errno == ENOSYS) {
            return fill_from_device(out, len);
        } else if (got == 0 || errno != EINTR) {
            return NVT_E_TLS_ENTROPY;
        } else {
            /* interrupted: ask again */
        }
    }
    return NVT_OK;
}

/* ---- set-up ---- */

void nvt_posix_init(struct nvt_posix *p)
{
    (void)memset(p, 0, sizeof *p);
    p->port.net.ctx = p;
    p->port.net.resolve = nvt_posix_resolve;
    p->port.net.resolve_cancel = nvt_posix_resolve_cancel;
    p->port.net.open = nvt_posix_open;
    p->port.net.connected = nvt_posix_connected;
    p->port.net.send = nvt_posix_send;
    p->port.net.recv = nvt_posix_recv;
    p->port.net.close = nvt_posix_close;
    p->port.clock.ctx = p;
    p->port.clock.mono_ms = mono_ms;
    p->port.clock.wall_s = wall_s;
    p->port.entropy.ctx = p;
    p->port.entropy.fill = fill;
    p->lookup = -1;
    for (size_t i = 0; i < NVT_POSIX_STUCK_MAX; i++) {
        p->stuck[i] = -1;
    }
}

void nvt_posix_free(struct nvt_posix *p)
{
    nvt_posix_resolve_cancel(p);
    for (size_t i = 0; i < NVT_POSIX_STUCK_MAX; i++) {
        if (p->stuck[i] >= 0) {
            (void)close(p->stuck[i]);
            p->stuck[i] = -1;
        }
    }
}

/* ---- waiting ---- */

struct watch {
    struct pollfd fds[NVT_POSIX_POLL_MAX];
    nfds_t count;
    uint64_t until_ms;
};

static nvt_err watch_fd(struct watch *w, int fd, uint8_t events)
{
    if (w->count == NVT_POSIX_POLL_MAX) {
        return NVT_E_ARG;
    }
    unsigned bits = 0;
    if ((events & NVT_WAIT_READ) != 0) {
        bits |= (unsigned)POLLIN;
    }
    if ((events & NVT_WAIT_WRITE) != 0) {
        bits |= (unsigned)POLLOUT;
    }
    w->fds[w->count].fd = fd;
    w->fds[w->count].events = (short)bits;
    w->fds[w->count].revents = 0;
    w->count++;
    return NVT_OK;
}

static nvt_err watch_wait(struct watch *w, const struct nvt_posix *p, const struct nvt_wait *wait)
{
    nvt_err err = NVT_OK;
    for (uint8_t i = 0; i < wait->count && i < NVT_RACE_MAX && err == NVT_OK; i++) {
        err = watch_fd(w, (int)wait->on[i].sock, wait->on[i].events);
    }
    if (err == NVT_OK && wait->resolver && p->lookup >= 0) {
        err = watch_fd(w, p->lookup, NVT_WAIT_READ);
    }
    if (wait->resolver && p->lookup < 0) {
        w->until_ms = 0; /* somebody else has collected the answer meanwhile */
    }
    if (wait->until_ms < w->until_ms) {
        w->until_ms = wait->until_ms;
    }
    return err;
}

/* poll() takes milliseconds in an int; a longer wait ends early, which a step takes well. */
static int timeout_until(uint64_t until_ms)
{
    uint64_t now = mono_ms(NULL);
    if (until_ms == UINT64_MAX) {
        return -1;
    }
    if (until_ms <= now) {
        return 0;
    }
    uint64_t left = until_ms - now;
    return left > (uint64_t)INT_MAX ? INT_MAX : (int)left;
}

nvt_err nvt_posix_wait(struct nvt_posix *p, const struct nvt_wait *waits, size_t n)
{
    struct watch w;
    w.count = 0;
    w.until_ms = UINT64_MAX;
    for (size_t i = 0; i < n; i++) {
        nvt_err err = watch_wait(&w, p, &waits[i]);
        if (err != NVT_OK) {
            return err;
        }
    }
    if (poll(w.fds, w.count, timeout_until(w.until_ms)) < 0 && errno != EINTR) {
        p->last_errno = errno;
        return NVT_E_NET_IO;
    }
    return NVT_OK;
}

nvt_err nvt_posix_run(struct nvt_posix *p, nvt_posix_step step, void *ctx)
{
    for (;;) {
        struct nvt_wait wait;
        (void)memset(&wait, 0, sizeof wait);
        wait.until_ms = UINT64_MAX;
        nvt_err err = step(ctx, &wait);
        if (err == NVT_AGAIN) {
            err = nvt_posix_wait(p, &wait, 1U);
            if (err == NVT_OK) {
                continue;
            }
        }
        return err;
    }
}
