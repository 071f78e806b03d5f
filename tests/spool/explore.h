/* SPDX-License-Identifier: Apache-2.0 */
/* The search from one state on: explore.c; what becomes of it after a cut or a fault: lives.c. */
#ifndef TESTS_SPOOL_EXPLORE_H
#define TESTS_SPOOL_EXPLORE_H

#include "oracle.h"

enum { DEPTH_MAX = 7 };

struct search {
    uint32_t depth; /* operations in a row */
    uint32_t dense; /* of these the first ones at which less is left to chance */
    bool merge;     /* what was lived on from once is not again */
    uint64_t seed;
};

struct tally {
    unsigned long long sequences; /* played: an operation in a state that no shorter one led to */
    unsigned long long states;    /* different ones that operations led to, the first included */
    unsigned long long cuts, cuts_known, faults, faults_known, mounts;
};

extern struct search search;
extern struct tally tally;

/* Every sequence of operations from the world as it is. part: how much of it is done, of 1. */
void explore(void (*tell)(double part));

/* The first format of a device, cut at each call. */
void explore_formats(uint32_t device);

/* ---- lives.c ---- */

void lives_begin(void);

/* Chance, which a state decides. */
void chance_from(uint64_t state);
uint32_t draw(uint32_t below);

/* As the world does them, counted and noted for the way. */
void do_with(enum op op, struct chip_plan plan);
void cut_with(struct chip_subset subset);

/* The device as a cut left it: mounted, and used in two more lives. */
void after_cut(void);

/* The process goes on beside what failed, and has two more lives. */
void after_fault(void);

#endif
