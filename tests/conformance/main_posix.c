/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the POSIX port through the conformance test, against a server process of its own. */
#include "conformance.h"
#include "server.h"

#include <navette/posix.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void report(void *ctx, const char *check, const char *wrong, nvt_err err)
{
    unsigned *count = (unsigned *)ctx;
    (*count)++;
    if (wrong == NULL) {
        (void)printf("ok   %s\n", check);
    } else {
        (void)printf("FAIL %s: %s (result %d)\n", check, wrong, (int)err);
    }
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

static unsigned own_check(unsigned *count, const char *check, bool good, const char *wrong)
{
    report(count, check, good ? NULL : wrong, NVT_OK);
    return good ? 0U : 1U;
}

int main(void)
{
    unsigned count = 0;
    struct nvt_posix posix;
    struct nvt_conformance c = {.host = "localhost", .report = report, .ctx = &count};
    int listener = conformance_listen("127.0.0.1", 0, &c.port_number);
    if (listener < 0) {
        (void)fprintf(stderr, "conformance: can not listen on 127.0.0.1\n");
        return 1;
    }
    (void)fflush(stdout);
    pid_t server = fork();
    if (server == 0) {
        conformance_serve(listener);
    }
    (void)close(listener);
    nvt_posix_init(&posix);
    c.port = &posix.port;
    c.closed_port = closed_port();
    unsigned failed = nvt_port_conformance(&c);
    failed += own_check(&count, "posix: wait", waits_for_time(&posix),
                        "nvt_posix_wait does not last as long as asked");
    failed += own_check(&count, "posix: given-up look-ups", gives_up_cleanly(&posix),
                        "they leak descriptors");
    (void)kill(server, SIGTERM);
    (void)waitpid(server, NULL, 0);
    (void)printf("%u passed, %u failed\n", count - failed, failed);
    return failed == 0U ? 0 : 1;
}
