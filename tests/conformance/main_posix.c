/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the POSIX port through the self-test, against a server process of its own. */
#include "server.h"
#include "tell.h"

#include <navette/posix.h>
#include <navette/selftest.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void print(void *ctx, const char *line)
{
    tell_line((const char *)ctx, line);
}

/* A port where nobody listens: bound once, so that it exists, and given back. */
static uint16_t closed_port(void)
{
    uint16_t port = 0;
    int fd = conformance_listen("127.0.0.1", 0, &port);
    (void)close(fd);
    return port;
}

/* Waiting for nothing but the time must last as long as asked, and not spin. */
static bool waits_for_time(struct nvt_posix *p)
{
    struct nvt_wait wait = {.count = 0};
    uint64_t start = p->port.clock.mono_ms(p->port.clock.ctx);
    wait.until_ms = start + 40U;
    bool ok = nvt_posix_wait(p, &wait, 1U) == NVT_OK;
    uint64_t took = p->port.clock.mono_ms(p->port.clock.ctx) - start;
    return ok && took >= 38U && took < 2000U;
}

/* Look-ups that are given up end by themselves: their descriptors come back. */
static bool gives_up_cleanly(struct nvt_posix *p)
{
    struct nvt_addr addrs[NVT_ADDRS_MAX];
    size_t count = 0;
    int before = dup(0);
    (void)close(before);
    for (unsigned i = 0; i < 200U; i++) {
        (void)p->port.net.resolve(p, "no-such-host.invalid", 443, addrs, &count);
        p->port.net.resolve_cancel(p);
    }
    nvt_posix_free(p);
    for (unsigned i = 0; i < 500U; i++) {
        int after = dup(0);
        (void)close(after);
        if (after <= before) {
            return true;
        }
        const struct timespec t = {0, 10000000};
        (void)nanosleep(&t, NULL);
    }
    return false;
}

int main(void)
{
    static char name[] = "posix";
    struct nvt_posix posix;
    struct nvt_selftest t = {.host = "localhost", .print = print, .ctx = name};
    int listener = conformance_listen("127.0.0.1", 0, &t.port_number);
    if (listener < 0) {
        (void)fprintf(stderr, "conformance: cannot listen on 127.0.0.1\n");
        return 1;
    }
    (void)fflush(stdout);
    pid_t server = fork();
    if (server == 0) {
        conformance_serve(listener);
    }
    (void)close(listener);
    nvt_posix_init(&posix);
    t.port = &posix.port;
    t.closed_port = closed_port();
    (void)nvt_selftest_port(&t);
    tell(name, "waits for nothing but the time, as long as asked", waits_for_time(&posix));
    tell(name, "given-up look-ups leak no descriptors", gives_up_cleanly(&posix));
    (void)kill(server, SIGTERM);
    (void)waitpid(server, NULL, 0);
    return tell_sum();
}
