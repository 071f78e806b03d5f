/* SPDX-License-Identifier: Apache-2.0 */
/* What to do about a failure, for each system, in English and in French. */
#ifndef NAVETTE_CLI_HINTS_H
#define NAVETTE_CLI_HINTS_H

#include <navette/err.h>

#include <stdbool.h>
#include <stddef.h>

/* One sentence without its full stop, as the command's messages are. What is NULL, 0 or NVT_OK fits
 * anything; the first row that fits counts. */
struct hint {
    const char *system;
    unsigned status; /* HTTP */
    nvt_err err;
    const char *code; /* the server's own */
    const char *en, *fr;
};

/* In the place of a code: whatever became of the request, it may be sent again. */
#define HINT_HARMLESS "harmless"

extern const struct hint cli_hints[];
extern const size_t cli_hint_count;

/* The first row that fits, or NULL. code may be "". */
const struct hint *hint_find(const char *system, unsigned status, nvt_err err, const char *code);

/* By the first of NAVETTE_LANG, LC_ALL, LC_MESSAGES and LANG that is not empty. */
bool hint_in_french(void);

#endif
