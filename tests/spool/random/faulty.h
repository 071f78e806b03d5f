/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A block device in memory with all that may go wrong with one: power cuts with torn writes, calls
 * that fail (once, for a while, by chance), syncs that fail and forget what was to be synced,
 * writes that are reported and never done, and damage to what is stored. It knows what is durable,
 * and notices when a unit is programmed twice between two erases.
 */
#ifndef TESTS_SPOOL_FAULTY_H
#define TESTS_SPOOL_FAULTY_H

#include <navette/port.h>

enum { FAULTY_BLOCKS_MAX = 32, FAULTY_SIZE_MAX = 65536, FAULTY_PLANS = 2, FAULTY_LIVES = 2 };

enum faulty_call { FAULTY_READ, FAULTY_PROG, FAULTY_ERASE, FAULTY_SYNC, FAULTY_CALLS };

/* Which calls fail. */
struct faulty_plan {
    enum faulty_call call;
    uint32_t after; /* so many that succeed first */
    uint32_t count; /* then so many that fail; 0: no plan */
    uint8_t chance; /* of 256 that one of these fails; 0: all do */
};

/* What is left of what was not synced when the power goes. */
enum faulty_tear { FAULTY_ALL, FAULTY_NOISE, FAULTY_NONE, FAULTY_ANY, FAULTY_TEARS };

enum faulty_damage {
    FAULTY_FLIP_1, /* bits, close to one another */
    FAULTY_FLIP_2,
    FAULTY_FLIP_3,
    FAULTY_WIPED,   /* a block reads as erased */
    FAULTY_ZEROED,  /* or as zeros */
    FAULTY_SWAPPED, /* two blocks stand in each other's place */
    FAULTY_OLD,     /* a block's bytes of an earlier life are back */
    FAULTY_HALF_1,  /* the first half of a block reads as erased */
    FAULTY_HALF_2,  /* the second half does */
    FAULTY_DAMAGES
};

struct faulty {
    struct nvt_port_block device;
    struct faulty_plan plans[FAULTY_PLANS];
    uint32_t drop; /* the write that is reported and not done, counted down; 0: none */
    struct {
        uint32_t block, offset;
        bool done;
    } dropped;           /* since it was noted */
    bool forgets;        /* a sync that failed drops what it was to sync */
    uint64_t steps_left; /* until the power goes: one a byte programmed or a sync, three an erase */
    enum faulty_tear tear;
    uint32_t random;
    size_t torn_at; /* what was being programmed when the power went */
    uint32_t torn_len;
    bool off;                           /* the power is gone */
    const char *violation;              /* the first rule broken */
    uint64_t calls, failed, cuts, read; /* read: bytes */
    struct {
        uint32_t from, to; /* what is not synced */
    } dirty[FAULTY_BLOCKS_MAX];
    bool lived[FAULTY_LIVES][FAULTY_BLOCKS_MAX];
    /* For each byte; what follows is copied as far as the device reaches. */
    uint8_t now[FAULTY_SIZE_MAX];     /* what is read */
    uint8_t durable[FAULTY_SIZE_MAX]; /* what a power cut leaves */
    uint8_t state[FAULTY_SIZE_MAX];   /* enum of faulty.c */
    uint8_t lives[FAULTY_LIVES][FAULTY_SIZE_MAX];
};

/* All erased. */
void faulty_init(struct faulty *f, uint32_t block_size, uint32_t block_count, uint32_t prog_size,
                 uint32_t seed);

void faulty_copy(struct faulty *to, const struct faulty *from);

uint32_t faulty_random(struct faulty *f);

/* The process that uses it ended: what was forgotten is not read any more. cut: the power went. */
void faulty_restart(struct faulty *f, bool cut);

/* No call fails any more, and the power stays. */
void faulty_heal(struct faulty *f);

/* Nothing is programmed there: as if it had been erased. */
bool faulty_is_blank(const struct faulty *f, uint32_t block);

/* Damages the block, or the byte there; true: it differs now. */
bool faulty_damage(struct faulty *f, enum faulty_damage how, uint32_t block, uint32_t offset);

#endif
