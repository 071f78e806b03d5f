/* SPDX-License-Identifier: Apache-2.0 */
/* Tasks that need nothing of each other, in as many processes as there are processors. */
#ifndef TESTS_SPOOL_JOBS_H
#define TESTS_SPOOL_JOBS_H

#include "explore.h"
#include "trace.h"

enum { TASKS_MAX = 128 };

/* What is to be searched: one state of one device, or its first format (WARM_STATES); and what came
 * of it. */
struct task {
    uint32_t device, state;
    enum { TASK_WAITS, TASK_RUNS, TASK_DONE, TASK_BROKEN } how;
    double part;     /* that is done, of 1 */
    long pid;        /* of the process that does it */
    uint32_t millis; /* of a processor that it took */
    struct tally tally;
    struct trace_book book;
};

/* Room for as many, which all processes share. NULL: there is none. */
struct task *jobs_tasks(void);

/* Runs those that wait, so many at once, each in a process of its own; told is called every few
 * seconds, and done when one is. */
void jobs_run(struct task *tasks, uint32_t count, uint32_t at_once, void (*run)(struct task *t),
              void (*done)(const struct task *t), void (*told)(void));

/* Processors of this machine. */
uint32_t jobs_processors(void);

#endif
