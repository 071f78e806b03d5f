/* SPDX-License-Identifier: Apache-2.0 */
/* A spool on the faulty device beside its ledger: random operations, restarts, damage. */
#ifndef TESTS_SPOOL_RUN_H
#define TESTS_SPOOL_RUN_H

#include "faulty.h"
#include "ledger.h"

enum { RUN_BUFFER = 4096, RUN_WINDOW = 512, RUN_PICKS = 12, RUN_OUT = 3 };

struct run_size {
    uint32_t block_size, block_count, prog_size, bytes_max, entries_max;
};

struct run {
    const struct run_size *size;
    struct faulty device;
    struct ledger ledger;
    struct nvt_spool spool;
    struct nvt_spool_config config;
    uint32_t random;
    uint32_t out[RUN_OUT]; /* ids, 0: none */
    uint32_t numbers;      /* of values */
    bool held;
    bool wrote;     /* since something failed */
    bool lost_told; /* before the mount: a write was not done, and what was lost was counted */
    bool damaged;   /* on this device, since its format */
    bool wraps;     /* its numbers end: then nothing can be written any more */
    const char *fault;
    uint8_t buffer[RUN_BUFFER];
    uint8_t window[RUN_WINDOW];
    struct nvt_spool_entry picks[RUN_PICKS];
};

/* What a mount says of itself. */
struct run_told {
    nvt_err err;
    uint32_t lost;
    bool any; /* of lost, damaged, torn, repaired */
    bool counted, torn;
};

/* Formatted, on an erased device. first: the number of its first entry. */
bool run_init(struct run *r, const struct run_size *size, uint32_t seed, uint32_t first);

/* The same; but its numbers of blocks and ids begin with these. */
bool run_init_at(struct run *r, const struct run_size *size, uint32_t seed, uint32_t seq,
                 uint32_t id);

uint32_t run_random(struct run *r, uint32_t below);

/* One operation. Faults may be armed; afterwards the power may be gone. */
void run_step(struct run *r);

/* The process starts again, after a cut of the power or not; all must be there. */
void run_restart(struct run *r, bool cut);

/* Mounts what is there, without a judgement. */
struct run_told run_mount(struct run *r);

/* The newest block that counts. */
uint32_t run_newest(struct run *r);

/* As many as can be out, in their order; then back again. NULL, or what is wrong. */
const char *run_check_order(struct run *r);

#endif
