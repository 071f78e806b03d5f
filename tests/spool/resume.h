/* SPDX-License-Identifier: Apache-2.0 */
/* A file that holds which tasks passed, so that a search that was stopped goes on from there. */
#ifndef TESTS_SPOOL_RESUME_H
#define TESTS_SPOOL_RESUME_H

#include "jobs.h"

/* Those that passed when the same program searched in the same way are done; else the file is begun
 * anew. path NULL: none. */
void resume_begin(const char *path, const char *program, struct task *tasks, uint32_t count);

/* If it passed, it need not be done again. */
void resume_note(const struct task *t);

/* passed: all did, and the next search begins anew. */
void resume_end(bool passed);

#endif
