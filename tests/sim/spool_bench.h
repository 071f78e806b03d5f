/* SPDX-License-Identifier: Apache-2.0 */
/* A spool on a small simulated flash, for the tests of the spool room. */
#ifndef NAVETTE_TESTS_SPOOL_BENCH_H
#define NAVETTE_TESTS_SPOOL_BENCH_H

#include "../../port/sim/flash.h"

#include <navette/spool.h>

enum {
    BLOCK = 512,
    BLOCKS = 8,
    BLOCKS_MAX = 18,
    PICKS = 12,
    HEAD = NVT_SPOOL_HEAD_LEN,
    RECORDS_AT = 2 * HEAD, /* in each block, behind both copies of its head */
    FIRST_RECORD =
        RECORDS_AT + 3 * 16, /* in the first block, behind what every spool begins with */
    DATA_MAX = BLOCK - RECORDS_AT - 32 - 2 * 16 /* less what is kept for a list, and MOVED twice */
};

struct bench {
    struct nvt_sim_flash flash;
    struct nvt_spool spool;
    struct nvt_spool_config config;
    uint8_t mem[BLOCK * BLOCKS_MAX];
    uint8_t synced[BLOCK * BLOCKS_MAX];
    uint8_t buffer[512];
    uint8_t window[128];
    uint8_t bad[BLOCKS_MAX];
    struct nvt_spool_entry picks[PICKS];
};

/* The one bench, its spool formatted anew; no block is bad yet. Fails the test when that fails. */
struct bench *spool_bench(uint32_t blocks, uint32_t picks);

#endif
