/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A NOR flash in memory whose power can be cut at every byte: programming only clears bits, each
 * unit once between two erases, and what breaks a rule is noticed.
 */
#ifndef NAVETTE_PORT_SIM_FLASH_H
#define NAVETTE_PORT_SIM_FLASH_H

#include <navette/port.h>

/* What the bytes look like that were under way when the power went. */
enum nvt_sim_torn {
    NVT_SIM_PREFIX,  /* the first ones are there, the rest is not */
    NVT_SIM_GARBAGE, /* the same, and some bits of the rest are cleared */
    NVT_SIM_REORDER, /* the same, and nothing else that was not synced ever happened */
    NVT_SIM_SCATTER, /* of all that was not synced any unit is there, not there, or in part */
    NVT_SIM_TORN_COUNT
};

struct nvt_sim_flash {
    struct nvt_port_block device;
    uint8_t *mem;        /* block_size * block_count */
    uint8_t *synced;     /* the same: what it was at the last sync */
    uint64_t steps_left; /* until the power goes: one a byte programmed, three an erase */
    enum nvt_sim_torn torn;
    uint32_t noise;
    bool off;              /* the power is gone: every call fails */
    const uint8_t *bad;    /* one byte a block: 1 fails to erase, 2 fails to program; or NULL */
    const char *violation; /* the first rule broken, NULL */
    bool sync_fails;
    uint64_t programmed, erased, syncs, reads; /* bytes, blocks, calls, calls */
};

/* All erased; sizes as in struct nvt_port_block. mem and synced are the caller's. */
void nvt_sim_flash_init(struct nvt_sim_flash *f, uint8_t *mem, uint8_t *synced, uint32_t block_size,
                        uint32_t block_count, uint32_t prog_size);

/* The power is back. */
void nvt_sim_flash_on(struct nvt_sim_flash *f);

#endif
