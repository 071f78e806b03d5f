/* SPDX-License-Identifier: Apache-2.0 */
/* What a spool must hold, kept beside it: the invariants of spool.h, by their numbers. */
#ifndef TESTS_SPOOL_MODEL_H
#define TESTS_SPOOL_MODEL_H

#include "../../port/sim/flash.h"
#include <navette/spool.h>

enum {
    MODEL_WINDOW = 64, /* bytes: 160 ids at most */
    MODEL_IDS = 256,   /* kept track of: more than the window has */
    MODEL_BLOCKS_MAX = 20,
    MODEL_DEVICE_MAX = 131072,
    MODEL_BUFFER = 4096,
    MODEL_PICKS = 12,
    MODEL_VALUES = 8
};

enum model_state {
    MODEL_NONE,
    MODEL_APPENDING, /* append was under way when the power went */
    MODEL_APPENDED,  /* append returned, and is held */
    MODEL_PENDING,
    MODEL_SETTLING, /* settle was under way */
    MODEL_SETTLED,  /* settle returned, and is held */
    MODEL_DONE
};

struct model {
    struct nvt_sim_flash flash;
    struct nvt_spool spool;
    struct nvt_spool_config config;
    struct model_entry {
        uint32_t id;
        uint32_t salt;       /* what its bytes and urgency are made of */
        uint32_t mark_block; /* where it was settled */
        enum model_state state;
    } entries[MODEL_IDS];               /* by id modulo their number */
    uint32_t value;                     /* of key 0: what it is; 0: none */
    uint32_t next_values[MODEL_VALUES]; /* what it may have become */
    uint32_t next_count;
    const char *fault; /* found before the power went */
    uint32_t random;
    uint32_t appended;
    uint32_t window_len;
    bool flipped; /* damage was done: entries may be lost */
    uint8_t bad[MODEL_BLOCKS_MAX];
    struct nvt_spool_entry picks[MODEL_PICKS];
    uint8_t buffer[MODEL_BUFFER];
    uint8_t window[MODEL_WINDOW];
    uint8_t mem[MODEL_DEVICE_MAX]; /* copied as far as the device reaches */
    uint8_t synced[MODEL_DEVICE_MAX];
};

struct model_size {
    uint32_t block_size, block_count, prog_size, bytes_max, window_len;
};

/* An erased device of that size, formatted and mounted. */
void model_init(struct model *m, const struct model_size *size, uint32_t seed);

/* One random operation; false when the power went while it was under way. */
bool model_step(struct model *m, const struct model_size *size);

/* Power on, mount, and all invariants. NULL, or which of them does not hold. What was under way is
 * decided now, one way or the other. */
const char *model_recover(struct model *m);

/* Flips one random bit of a recovered spool's device and mounts it again: at most one record is
 * lost, and it says so. NULL, or what is wrong. It can be used on then. */
const char *model_flip(struct model *m);

/* The copy works on its own memory. */
void model_copy(struct model *to, const struct model *from);

#endif
