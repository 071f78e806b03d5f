/* SPDX-License-Identifier: Apache-2.0 */
/* The way that led to a state, and of each thing that was found wrong the shortest one. */
#ifndef TESTS_SPOOL_TRACE_H
#define TESTS_SPOOL_TRACE_H

#include "oracle.h"

enum trace_class { TRACE_LOST, TRACE_CHANGED, TRACE_DOUBLED, TRACE_ELSE, TRACE_CLASSES };

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

uint32_t trace_wrong(void);
uint32_t trace_count(enum trace_class of);

/* Plays the steps that the text tells, each as trace_tell prints them. */
void trace_replay(const char *text);

/* Prints each thing that was wrong, how often, and its shortest way. */
void trace_tell(void);

#endif
