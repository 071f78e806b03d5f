/* SPDX-License-Identifier: Apache-2.0 */
/* Does the self-test notice? Breaks one function of the POSIX port at a time. */
#include "server.h"
#include "tell.h"

#include <navette/posix.h>
#include <navette/selftest.h>

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct nvt_posix posix;
static struct nvt_port whole; /* the port before it is broken */

static uint64_t mono_still(void *ctx)
{
    (void)ctx;
    return 7U;
}

static uint64_t mono_in_ticks(void *ctx)
{
    return whole.clock.mono_ms(ctx) / 10U;
}

static bool wall_jumps(void *ctx, int64_t *out_s)
{
    static int64_t step;
    step += 100;
    bool known = whole.clock.wall_s(ctx, out_s);
    *out_s += step;
    return known;
}

static nvt_err fill_constant(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    (void)memset(out, 4, len);
    return NVT_OK;
}

static nvt_err fill_one_more(void *ctx, uint8_t *out, size_t len)
{
    return whole.entropy.fill(ctx, out, len + 1U);
}

static nvt_err resolve_no_port(void *ctx, const char *host, uint16_t port, struct nvt_addr *addrs,
                               size_t *out_count)
{
    (void)port;
    return whole.net.resolve(ctx, host, 0, addrs, out_count);
}

static nvt_err resolve_all(void *ctx, const char *host, uint16_t port, struct nvt_addr *addrs,
                           size_t *out_count)
{
    nvt_err err = whole.net.resolve(ctx, host, port, addrs, out_count);
    return err == NVT_E_NET_NAME ? NVT_AGAIN : err;
}

static nvt_err connected_always(void *ctx, nvt_sock sock)
{
    (void)ctx;
    (void)sock;
    return NVT_OK;
}

static nvt_err send_says_all(void *ctx, nvt_sock sock, const uint8_t *data, size_t len,
                             size_t *out_n)
{
    nvt_err err = whole.net.send(ctx, sock, data, len, out_n);
    *out_n = len;
    return err == NVT_AGAIN ? NVT_OK : err;
}

static nvt_err recv_ok_zero(void *ctx, nvt_sock sock, uint8_t *data, size_t cap, size_t *out_n)
{
    nvt_err err = whole.net.recv(ctx, sock, data, cap, out_n);
    return err == NVT_AGAIN ? NVT_OK : err;
}

static nvt_err recv_reset_is_end(void *ctx, nvt_sock sock, uint8_t *data, size_t cap, size_t *out_n)
{
    nvt_err err = whole.net.recv(ctx, sock, data, cap, out_n);
    return err == NVT_E_NET_RESET ? NVT_E_NET_CLOSED : err;
}

static nvt_err recv_end_is_again(void *ctx, nvt_sock sock, uint8_t *data, size_t cap, size_t *out_n)
{
    nvt_err err = whole.net.recv(ctx, sock, data, cap, out_n);
    return err == NVT_E_NET_CLOSED ? NVT_E_NET_IO : err;
}

static nvt_err recv_too_much(void *ctx, nvt_sock sock, uint8_t *data, size_t cap, size_t *out_n)
{
    return whole.net.recv(ctx, sock, data, cap + 1U, out_n);
}

static nvt_err recv_drops_a_byte(void *ctx, nvt_sock sock, uint8_t *data, size_t cap, size_t *out_n)
{
    nvt_err err = whole.net.recv(ctx, sock, data, cap, out_n);
    if (err == NVT_OK && *out_n > 100U) {
        (*out_n)--;
    }
    return err;
}

/* Sets one function of the port; a use for a macro, since each has its own type. */
#define MUTANT(name, member, function)                                                             \
    static void name(struct nvt_port *port)                                                        \
    {                                                                                              \
        port->member = (function);                                                                 \
    }
MUTANT(m_mono_still, clock.mono_ms, mono_still)
MUTANT(m_mono_ticks, clock.mono_ms, mono_in_ticks)
MUTANT(m_wall, clock.wall_s, wall_jumps)
MUTANT(m_fill_constant, entropy.fill, fill_constant)
MUTANT(m_fill_more, entropy.fill, fill_one_more)
MUTANT(m_no_port, net.resolve, resolve_no_port)
MUTANT(m_resolve, net.resolve, resolve_all)
MUTANT(m_connected, net.connected, connected_always)
MUTANT(m_send, net.send, send_says_all)
MUTANT(m_recv_zero, net.recv, recv_ok_zero)
MUTANT(m_recv_reset, net.recv, recv_reset_is_end)
MUTANT(m_recv_end, net.recv, recv_end_is_again)
MUTANT(m_recv_much, net.recv, recv_too_much)
MUTANT(m_recv_drop, net.recv, recv_drops_a_byte)

static void print(void *ctx, const char *line)
{
    if (line_failed(line)) {
        (void)printf("     %s: %s\n", (const char *)ctx, line);
    }
}

static const struct {
    const char *name;
    void (*apply)(struct nvt_port *port);
} mutants[] = {
    {"clock that stands still", m_mono_still},  {"ticks for milliseconds", m_mono_ticks},
    {"wall clock that jumps", m_wall},          {"constant entropy", m_fill_constant},
    {"entropy beyond its buffer", m_fill_more}, {"resolver that loses the port", m_no_port},
    {"resolver that never says no", m_resolve}, {"connected before it is", m_connected},
    {"send that claims all", m_send},           {"recv of zero bytes", m_recv_zero},
    {"reset taken for an end", m_recv_reset},   {"end taken for an error", m_recv_end},
    {"recv beyond its buffer", m_recv_much},    {"recv that loses bytes", m_recv_drop},
};

/* Waiting without burning a core that other tests need. */
static void doze(void *ctx)
{
    const struct timespec t = {0, 100000};
    (void)ctx;
    (void)nanosleep(&t, NULL);
}

/* In a child process, which an alarm ends if the test should hang: a hang counts as not noticed. */
static pid_t start(size_t i, const struct nvt_selftest *base)
{
    (void)fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        struct nvt_selftest c = *base;
        struct nvt_port broken = whole;
        mutants[i].apply(&broken);
        c.port = &broken;
        c.idle = broken.clock.mono_ms == whole.clock.mono_ms ? doze : NULL;
        c.ctx = (void *)(uintptr_t)mutants[i].name;
        (void)alarm(120);
        unsigned failed = nvt_selftest_port(&c);
        (void)fflush(stdout);
        _exit(failed > 0U ? 0 : 1);
    }
    return child;
}

static bool noticed(pid_t child)
{
    int status = 0;
    return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

#define MUTANTS (sizeof mutants / sizeof mutants[0])

/* All at once: most of their time is spent waiting. */
static unsigned run_all(const struct nvt_selftest *base)
{
    pid_t children[MUTANTS];
    unsigned missed = 0;
    for (size_t i = 0; i < MUTANTS; i++) {
        children[i] = start(i, base);
    }
    for (size_t i = 0; i < MUTANTS; i++) {
        bool good = noticed(children[i]);
        (void)printf("%s %s\n", good ? "ok  " : "FAIL", mutants[i].name);
        missed += good ? 0U : 1U;
    }
    return missed;
}

int main(void)
{
    struct nvt_selftest c = {.host = "127.0.0.1", .print = print};
    int listener = conformance_listen("127.0.0.1", 0, &c.port_number);
    int probe = conformance_listen("127.0.0.1", 0, &c.closed_port);
    (void)close(probe);
    nvt_posix_init(&posix);
    whole = posix.port;
    pid_t server = fork();
    if (server == 0) {
        conformance_serve(listener);
    }
    (void)close(listener);
    unsigned missed = run_all(&c);
    (void)kill(server, SIGTERM);
    (void)waitpid(server, NULL, 0);
    (void)printf("%u passed, %u failed\n", (unsigned)MUTANTS - missed, missed);
    return missed == 0U ? 0 : 1;
}
