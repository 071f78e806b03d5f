/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory as block device: battery-backed RAM, FRAM or MRAM that is mapped into the address space,
 * or plain RAM where entries need not outlive the power. Allocates nothing.
 */
#ifndef NAVETTE_RAM_H
#define NAVETTE_RAM_H

#include <navette/port.h>

/* Hand &r.device to the spool. It must not move. */
struct nvt_ram {
    struct nvt_port_block device;
    uint8_t *mem;

    /* Makes what was written durable (flushes a cache); returns whether it did. NULL: it is. */
    bool (*flush)(void *ctx);
    void *flush_ctx;
};

/* mem has block_size * block_count bytes, is the caller's and keeps what it holds: a spool that is
 * there can be mounted. Sizes as in struct nvt_port_block; a small prog_size (4) wastes least.
 * NVT_E_ARG. */
nvt_err nvt_ram_init(struct nvt_ram *r, uint8_t *mem, uint32_t block_size, uint32_t block_count,
                     uint32_t prog_size);

#endif
