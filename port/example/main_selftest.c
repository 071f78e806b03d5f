/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The port self-test on the board, with FreeRTOS and without: what an integrator runs first. The
 * other end of the network checks is build/conformance/server on the emulator's host; host= and
 * port= say where it listens. The image ends with the number of failed checks.
 */
#include "mps2.h"
#ifdef GATEWAY_FREERTOS
#include "rtos.h"
#else
#include "bare.h"
#endif

#include <navette/selftest.h>

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

static unsigned run(const struct nvt_port *port)
{
    static struct nvt_port_block flash;
    static uint8_t mem[512];
    const struct nvt_selftest net = {port,  settings.host, settings.port, CLOSED_PORT,
                                     print, idle,          NULL};
    const struct nvt_selftest_block block = {&flash, mem, sizeof mem, NULL, print, NULL};
    mps2_nor_init(&flash);
    unsigned failures = nvt_selftest_port(&net);
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
