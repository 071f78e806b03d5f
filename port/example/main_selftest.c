/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The port self-test on the board, without an operating system: what an integrator runs first. The
 * other end of the network checks is build/conformance/server on the emulator's host; host= and
 * port= say where it listens. The image ends with the number of failed checks.
 */
#include "bare.h"
#include "mps2.h"

#include <navette/selftest.h>

/* Nobody listens there, on any host. */
#define CLOSED_PORT 1U

static void print(void *ctx, const char *line)
{
    (void)ctx;
    mps2_put(nvt_span_str(line));
    mps2_put(NVT_LIT("\n"));
}

static void idle(void *ctx)
{
    (void)ctx;
    (void)bare_poll();
}

static unsigned test_flash(void)
{
    static struct nvt_port_block flash;
    static uint8_t mem[512];
    const struct nvt_selftest_block test = {&flash, mem, sizeof mem, NULL, print, NULL};
    mps2_nor_init(&flash);
    return nvt_selftest_block(&test);
}

int main(void)
{
    static struct gateway_settings settings;
    const enum gateway_status started = bare_start(&settings);
    if (started != GATEWAY_DONE) {
        return (int)started;
    }
    (void)bare_learn_time();
    const struct nvt_selftest test = {&bare_lwip.port, settings.host, settings.port, CLOSED_PORT,
                                      print,           idle,          NULL};
    return (int)(nvt_selftest_port(&test) + test_flash());
}
