/* SPDX-License-Identifier: Apache-2.0 */
/* What the programs of this folder print of each check, and their closing count. */
#ifndef NAVETTE_CONFORMANCE_TELL_H
#define NAVETTE_CONFORMANCE_TELL_H

#include <navette/base.h>

void tell(const char *name, const char *check, bool good);
void tell_err(const char *name, const char *check, nvt_err got, nvt_err wanted);

/* A line of the self-test, with the name of what it ran on. */
void tell_line(const char *name, const char *line);

bool line_failed(const char *line);

/* "N passed, N failed"; the exit code. */
int tell_sum(void);

#endif
