/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A spool on a chip, and beside them what is known of it by its answers alone: an independent model
 * that never looks at the format. The world is one object that stays where it is; snapshots of it
 * are copies that are copied back.
 */
#ifndef TESTS_SPOOL_ORACLE_H
#define TESTS_SPOOL_ORACLE_H

#include "chip.h"

#include <navette/spool.h>

enum {
    NOTES = 96,
    KEYS = NVT_SPOOL_VALUES,
    VERSIONS = 8,
    WORLD_PICKS = 8,
    WORLD_BUFFER = 1024,
    WORLD_WINDOW = 64 /* bytes at most */
};

enum told { TOLD_NOTHING, TOLD_PENDING, TOLD_GONE };

/* An entry. What a mount may find: it pending, or not, or either. */
struct note {
    uint32_t id;     /* 0: of an append that was not acknowledged; it may turn up */
    uint32_t salt;   /* its bytes and urgency are made of it */
    uint32_t min_id; /* it was appended after this one was given */
    bool may_pend, may_go;
    enum told live; /* what the spool in memory says; TOLD_NOTHING: to be asked */
    enum told told; /* what it must be when a commit succeeds */
    bool out, deferred, seen;
};

struct value {
    uint32_t may[VERSIONS]; /* salts; 0: none */
    uint32_t count;
    uint32_t live, told;
    bool asked; /* live is sure */
};

struct world_size {
    uint32_t block_size, block_count, prog_size;
    uint32_t long_len;    /* of the longer entries */
    uint32_t entries_max; /* that the window has room for, in 32s */
    bool same_salt;       /* no source of random numbers */
};

struct world {
    struct world_size size;
    struct chip chip;
    struct nvt_spool spool;
    uint8_t window[WORLD_WINDOW];
    struct nvt_spool_entry picks[WORLD_PICKS];
    struct note notes[NOTES];
    uint32_t note_count;
    struct value values[KEYS];
    uint32_t salts;    /* given to entries and values so far */
    uint32_t last_id;  /* the highest that is known to be durable */
    uint32_t given_id; /* the highest that was given since the mount */
    bool held, mounted;
    bool frugal;                  /* a salt with which nothing was written is given again */
    bool sealed;                  /* an operation returned NVT_OK since the last that failed */
    bool doubt;                   /* something failed since the last mount: counters may be old */
    uint32_t failures;            /* calls that failed so far, and bad blocks */
    const char *fault;            /* what does not hold, NULL */
    uint32_t op_writes, op_reads; /* calls of the last operation */
};

extern struct world world;

enum op {
    OP_APPEND,
    OP_APPEND_LONG,
    OP_SETTLE,
    OP_SETTLE_NEWEST,
    OP_PICK,
    OP_PUT_BACK,
    OP_DEFER,
    OP_PUT_VALUE,
    OP_PUT_LONG_VALUE,
    OP_HOLD,
    OP_REMOUNT,
    OP_LIST,
    OPS
};

extern const char *const op_names[OPS];

/* An erased chip, formatted and mounted. */
void world_init(const struct world_size *size);

/* The same in steps: an erased chip; a format, which may be cut; what must hold then. */
void world_blank(const struct world_size *size);
nvt_err world_format(void);
void world_format_again(void);

/* One operation; what it must have done is checked, unless the power went. */
void world_do(enum op op);

/* After a cut, or between processes: all that must be there is, and what is there is noted: it
 * stays. The mount itself may be made to fail by the plan; it is tried once more then. */
void world_mount(struct chip_plan plan);

/* A hash of what is durable and of what is known; and one of everything. */
uint64_t world_hash(void);
uint64_t world_hash_all(void);

#endif
