/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The port self-test on the board, with FreeRTOS and without: what an integrator runs first. The
 * other end of the network checks is build/conformance/server on the emulator's host; host= and
 * port= say where it listens. The image ends with the number of failed checks.
 */
#include "mps2.h"
#include "mps2_eth.h"
#ifdef GATEWAY_FREERTOS
#include "rtos.h"
#else
#include "bare.h"
#endif

#include <navette/selftest.h>

#include <lwip/memp.h>
#include <lwip/stats.h>

/* Nobody listens there, on any host. */
#define CLOSED_PORT 1U

static struct gateway_settings settings;

static void print(void *ctx, const char *line)
{
    (void)ctx;
    mps2_put(nvt_span_str(line));
    mps2_put(NVT_LIT("\n"));
}

static void idle(void *ctx);

/* ---- what the port alone cannot show: a close while the network is away ---- */

enum { DARK_MS = 15000, ALL_FRAMES = 1000 };

static uint16_t segments(void)
{
    return (uint16_t)lwip_stats.memp[MEMP_TCP_SEG]->used;
}

static nvt_sock connect_server(const struct nvt_port *port)
{
    const struct nvt_port_net *net = &port->net;
    struct nvt_addr addrs[NVT_ADDRS_MAX];
    size_t count = 0;
    nvt_sock sock = NVT_SOCK_NONE;
    while (net->resolve(net->ctx, settings.host, settings.port, addrs, &count) == NVT_AGAIN) {
        idle(NULL);
    }
    if (count == 0U || net->open(net->ctx, &addrs[0], &sock) != NVT_OK) {
        return NVT_SOCK_NONE;
    }
    while (net->connected(net->ctx, sock) == NVT_AGAIN) {
        idle(NULL);
    }
    return sock;
}

/* Nobody acknowledges: lwIP would keep what was sent for minutes. */
static unsigned test_dark(const struct nvt_port *port)
{
    static const uint8_t text[1024];
    size_t n = 0;
    nvt_sock sock = connect_server(port);
    mps2_eth_lose(ALL_FRAMES, 1U);
    bool sent = sock != NVT_SOCK_NONE &&
                port->net.send(port->net.ctx, sock, text, sizeof text, &n) == NVT_OK &&
                segments() > 0U;
    port->net.close(port->net.ctx, sock);
    uint64_t end = port->clock.mono_ms(port->clock.ctx) + (uint64_t)DARK_MS;
    while (segments() > 0U && port->clock.mono_ms(port->clock.ctx) < end) {
        idle(NULL);
    }
    bool good = sent && segments() == 0U;
    print(NULL, good ? "ok   close: what nobody acknowledges is given up"
                     : "FAIL close: what nobody acknowledges is given up: it stays");
    return good ? 0U : 1U;
}

/* ---- all of them ---- */

static unsigned run(const struct nvt_port *port)
{
    static struct nvt_port_block flash;
    static uint8_t mem[512];
    const struct nvt_selftest net = {port,  settings.host, settings.port, CLOSED_PORT,
                                     print, idle,          NULL};
    const struct nvt_selftest_block block = {&flash, mem, sizeof mem, NULL, print, NULL};
    mps2_nor_init(&flash);
    unsigned failures = nvt_selftest_port(&net);
    failures += test_dark(port);
    return failures + nvt_selftest_block(&block);
}

#ifdef GATEWAY_FREERTOS

/* Until something comes, or the next tick. */
static void idle(void *ctx)
{
    struct nvt_wait wait;
    (void)ctx;
    (void)memset(&wait, 0, sizeof wait);
    wait.until_ms = nvt_freertos_mono_ms() + 1U;
    nvt_freertos_wait(&rtos_port, &wait, 1U);
}

static enum gateway_status work(void)
{
    unsigned failures = run(&rtos_port.port);
    rtos_say_stacks();
    mps2_exit(failures);
    return GATEWAY_DONE;
}

int main(void)
{
    return rtos_run(&settings, work);
}

#else

static void idle(void *ctx)
{
    (void)ctx;
    (void)bare_poll();
}

int main(void)
{
    const enum gateway_status started = bare_start(&settings);
    if (started != GATEWAY_DONE) {
        return (int)started;
    }
    (void)bare_learn_time();
    return (int)run(&bare_lwip.port);
}

#endif
