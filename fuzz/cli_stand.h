/* SPDX-License-Identifier: Apache-2.0 */
/* What the readers of the command find in a harness: a file, and somebody to complain to. */
#ifndef NAVETTE_FUZZ_CLI_STAND_H
#define NAVETTE_FUZZ_CLI_STAND_H

#include "../src/cli/cli.h"

/* The path of a file of these bytes, which its owner alone can read; the next one replaces it. */
const char *stand_file(const uint8_t *data, size_t size);

/* Complaints since this was last asked, and the last one. */
unsigned stand_complaints(void);
extern char stand_message[1024];

void require(bool holds);

#endif
