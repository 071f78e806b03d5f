/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Port conformance: runs a port through all that navette relies on and says what is wrong. Plain
 * C99 with no system header, so that it also runs on a device; needs about 1 KiB of stack.
 * The other end is the test server: server.h describes its few commands; build/conformance/server
 * runs it on any Linux host that the device can reach.
 */
#ifndef NAVETTE_CONFORMANCE_H
#define NAVETTE_CONFORMANCE_H

#include <navette/port.h>

struct nvt_conformance {
    const struct nvt_port *port;
    const char *host;     /* of the test server: a name, or an address where there is no resolver */
    uint16_t port_number; /* of the test server */
    uint16_t closed_port; /* a port on that host where nobody listens; 0 skips the check */

    /* Told of each check: wrong is NULL when it passed, else what is wrong, and err the result
     * that the port gave (NVT_OK when it is not about a result). */
    void (*report)(void *ctx, const char *check, const char *wrong, nvt_err err);

    /* Called while the test waits: drive the network stack, feed the watchdog, let a simulated
     * clock go on. NULL: nothing is needed. */
    void (*idle)(void *ctx);
    void *ctx;
};

/* Returns the number of failed checks; takes about five seconds. */
unsigned nvt_port_conformance(const struct nvt_conformance *c);

/* ---- a block device ---- */

struct nvt_block_conformance {
    const struct nvt_port_block *device; /* what it holds is lost */
    uint8_t *mem;                        /* to work in: a program unit, and at least 512 bytes */
    uint32_t mem_len;

    /* Closes and opens the device, at best by way of a power cut: what was synced must be there
     * again. Returns whether it could. NULL skips the check. */
    bool (*reopen)(void *ctx);

    void (*report)(void *ctx, const char *check, const char *wrong, nvt_err err);
    void *ctx;
};

/* Returns the number of failed checks. Erases up to sixteen blocks, each three times. */
unsigned nvt_block_conformance(const struct nvt_block_conformance *c);

#endif
