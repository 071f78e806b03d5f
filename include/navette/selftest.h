/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Port self-test: runs a port on its own device through all that navette relies on and prints what
 * is wrong, one line a check. Plain C99 without system header; allocates nothing, waits by polling,
 * takes about 1 KiB of stack. A port is done when it passes.
 *
 * The other end of the network checks is a small server, build/conformance/server, on any Linux
 * host that the device can reach; port/selftest/wire.h has its few commands.
 */
#ifndef NAVETTE_SELFTEST_H
#define NAVETTE_SELFTEST_H

#include <navette/port.h>

struct nvt_selftest {
    const struct nvt_port *port;
    const char *host;     /* of the test server: a name, or an address where there is no resolver;
                             NULL: clocks and entropy alone are checked */
    uint16_t port_number; /* of the test server */
    uint16_t closed_port; /* a port on that host where nobody listens; 0 skips the check */

    /* Takes one line for each check, NUL-terminated, without line end: "ok   clock: mono_ms grows",
     * or "FAIL recv: reset: " with what is wrong and the result that the port gave, if it is about
     * a result. */
    void (*print)(void *ctx, const char *line);

    /* Called while the test waits: drive the network stack, feed the watchdog, let a simulated
     * clock go on. NULL: nothing is needed. */
    void (*idle)(void *ctx);
    void *ctx; /* of print and idle */
};

/* The number of failed checks. About five seconds; up to ten more for each thing that never
 * happens. When the clocks fail nothing else is tried: every other check has a deadline. */
unsigned nvt_selftest_port(const struct nvt_selftest *t);

struct nvt_selftest_block {
    const struct nvt_port_block *device; /* what it holds is lost */
    uint8_t *mem;                        /* to work in: a program unit, and at least 512 bytes */
    uint32_t mem_len;

    /* Closes and opens the device, at best by way of a power cut: what was synced must be there
     * again. Returns whether it could. NULL skips the check. */
    bool (*reopen)(void *ctx);

    void (*print)(void *ctx, const char *line); /* as above */
    void *ctx;                                  /* of print and reopen */
};

/* The number of failed checks. Erases up to sixteen blocks, each at most three times. */
unsigned nvt_selftest_block(const struct nvt_selftest_block *t);

#endif
