/* SPDX-License-Identifier: Apache-2.0 */
/* An answer's body on its way to standard output or a file, piece by piece. */
#ifndef NAVETTE_CLI_RECEIVE_H
#define NAVETTE_CLI_RECEIVE_H

#include "cli.h"

struct receive {
    FILE *file;
    const char *path; /* NULL: standard output */
    char part[CLI_PATH_CAP + 16U];
    uint64_t bytes;
};

/* path NULL or "-": standard output. A device or a pipe is written to as the body comes. Else a new
 * file beside path, which takes its place when the body is whole. CLI_OK, or the exit code after a
 * message. */
int receive_open(struct receive *r, const char *path, bool json);

/* The sink; ctx is the struct. */
nvt_err receive_piece(void *ctx, struct nvt_span piece);

/* whole: the body came whole and is kept; else nothing is left of it. The exit code: code, or
 * CLI_INPUT after a message when it cannot be kept. */
int receive_close(struct receive *r, bool whole, int code, bool json);

#endif
