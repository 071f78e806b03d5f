/* SPDX-License-Identifier: Apache-2.0 */
/* The way that led to a state, and of each thing that was found wrong the shortest one. */
#ifndef TESTS_SPOOL_TRACE_H
#define TESTS_SPOOL_TRACE_H

#include "oracle.h"

enum trace_class { TRACE_LOST, TRACE_CHANGED, TRACE_DOUBLED, TRACE_ELSE };

enum { TRACE_STEPS = 48, TRACE_WRONGS = 32 };

enum step_kind { STEP_OP, STEP_CUT, STEP_REOPEN, STEP_MOUNT };

struct step {
    enum step_kind kind;
    enum op op;
    struct chip_plan plan;
    struct chip_subset subset;
};

struct way {
    uint32_t device, state, count;
    struct step steps[TRACE_STEPS];
};

struct wrong {
    const char *what;
    uint32_t times;
    struct way way;
};

/* What was found wrong, {0} at its start. */
struct trace_book {
    uint32_t count, total;
    struct wrong wrongs[TRACE_WRONGS];
};

/* Where it is written from now on; and all that another one holds, which may be another process's
 * of the same program. */
void trace_use(struct trace_book *to);
void trace_merge(const struct trace_book *from);

void trace_begin(uint32_t device, uint32_t state);
void trace_op(enum op op, struct chip_plan plan);
void trace_cut(struct chip_subset subset);
void trace_reopen(void);
void trace_mount(struct chip_plan plan);

/* Steps so far; and back to so many. */
uint32_t trace_mark(void);
void trace_back(uint32_t mark);

/* What the steps ended in; NULL: nothing wrong. */
void trace_judge(const char *fault);

uint32_t trace_count(enum trace_class of);

/* Plays the steps that the text tells, each as trace_tell prints them. */
void trace_replay(const char *text);

/* Prints each thing that was wrong, how often, and its shortest way. */
void trace_tell(void);

#endif
