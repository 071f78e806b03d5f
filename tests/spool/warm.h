/* SPDX-License-Identifier: Apache-2.0 */
/* The states that the exhaustive checker starts from. */
#ifndef TESTS_SPOOL_WARM_H
#define TESTS_SPOOL_WARM_H

#include "oracle.h"

enum warm_state {
    WARM_FRESH,     /* formatted */
    WARM_HALF,      /* half full, values there */
    WARM_ROUND,     /* the ring went round */
    WARM_MOVE,      /* the next operation moves records */
    WARM_FULL,      /* nothing fits */
    WARM_WINDOW,    /* the window is nearly full */
    WARM_TORN,      /* a cut came while records moved */
    WARM_FAILED,    /* a call failed while records moved, and the process goes on */
    WARM_HELD,      /* operations are held, none is synced */
    WARM_HELD_OLD,  /* the same, and what was settled so is all that lived in the oldest block */
    WARM_BAD_ERASE, /* a block cannot be erased, and records are to be moved */
    WARM_BAD_PROG,  /* a block cannot be programmed, and records are to be moved */
    WARM_LATE,      /* ids and numbers of blocks are near their ends */
    WARM_STATES
};

uint32_t warm_devices(void);
const struct world_size *warm_size(uint32_t device);

/* The world is in that state; false: this device has no such state. */
bool warm_up(uint32_t device, enum warm_state state);

#endif
