/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small NOR flash with a cache: what was programmed and erased since the last sync is kept apart,
 * unit by unit, so that a power cut can leave any part of it. One call can be made to fail or to be
 * cut. No pointer in it leads into it: it is copied with memcpy as a whole.
 */
#ifndef TESTS_SPOOL_CHIP_H
#define TESTS_SPOOL_CHIP_H

#include <navette/port.h>

enum { CHIP_BYTES = 4096, CHIP_BLOCKS = 16 };

/* What the call that fails, or that the cut interrupts, did all the same. */
enum chip_how {
    CHIP_NONE,    /* nothing; a sync: what was to be synced is still to be */
    CHIP_PART,    /* its first half; a sync: each unit is durable, or to be synced, or dropped */
    CHIP_ALL,     /* everything */
    CHIP_GARBAGE, /* something else; a sync: all is dropped, and the next sync says that all is well
                   */
    CHIP_HOWS
};

enum chip_kind { CHIP_READ, CHIP_PROG, CHIP_ERASE, CHIP_SYNC };

/* Where it happens. */
struct chip_plan {
    uint32_t at; /* the n-th of the calls that change something, 1 the next; 0: nowhere */
    bool reads;  /* of those that read */
    enum chip_how how;
    bool cut;     /* the power goes */
    bool forever; /* all later calls fail too */
};

extern const struct chip_plan no_plan;

struct chip {
    uint32_t block_size, block_count, prog_size;
    struct chip_plan plan;
    uint32_t reads, writes; /* calls since the plan was made */
    enum chip_kind hit;
    bool is_hit, off;
    uint32_t noise;
    const char *violation;          /* the first rule broken, NULL */
    uint8_t bad[CHIP_BLOCKS];       /* 1: it cannot be erased, 2: it cannot be programmed */
    uint32_t dirty_from, dirty_end; /* no unit outside of these is to be synced */

    /* Of each unit: what is to be synced; whether it was erased and not programmed since, now and
     * when the power goes. */
    uint8_t dirty[CHIP_BYTES];
    uint8_t fresh[CHIP_BYTES], durable_fresh[CHIP_BYTES];
    uint8_t mem[CHIP_BYTES], durable[CHIP_BYTES];
};

/* Each call that changes something is printed. */
extern bool chip_tells;

/* All erased. */
void chip_init(struct chip *c, uint32_t block_size, uint32_t block_count, uint32_t prog_size);

/* The functions for a chip that stays where it is. */
struct nvt_port_block chip_device(struct chip *c);

/* A call's number, in the order of its kind, counts from now on. */
void chip_arm(struct chip *c, struct chip_plan plan);

/* Which of the unsynced things a cut leaves. */
enum chip_pick { CHIP_BITS, CHIP_FIRST, CHIP_BUT, CHIP_ONLY, CHIP_RANDOM };

struct chip_subset {
    enum chip_pick pick;
    uint32_t n;
};

/* Things that are not synced: units that were programmed, and halves of blocks that were erased. */
uint32_t chip_unsynced(const struct chip *c);

/* The power went, and is back: of what was not synced this is left. */
void chip_cut(struct chip *c, struct chip_subset subset);

/* The device is opened again by another process, and the power stayed: what was dropped is gone. */
void chip_reopen(struct chip *c);

#endif
