/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the conformance test share. */
#ifndef NAVETTE_CONFORMANCE_PARTS_H
#define NAVETTE_CONFORMANCE_PARTS_H

#include "conformance.h"

/* A run in progress. A check ends at its first complaint. */
struct run {
    const struct nvt_conformance *c;
    const struct nvt_port *port;
    unsigned failures;
    const char *wrong; /* of the check under way, NULL so far */
    nvt_err err;
};

typedef void (*check_fn)(struct run *r);

void run_check(struct run *r, const char *name, check_fn check);

/* Notes the first complaint of the check; always returns false, for "return complain(...)". */
bool complain(struct run *r, const char *wrong, nvt_err err);

void idle(const struct run *r);
uint64_t now_ms(const struct run *r);

/* How long any single thing may take here. */
#define PATIENCE_MS 10000U

/* A function of the port "returns at once" when it takes less than this. */
#define AT_ONCE_MS 500U

/* clocks.c, names.c, sockets.c */
void check_clocks(struct run *r);
void check_entropy(struct run *r);
void check_names(struct run *r);
void check_sockets(struct run *r);

/* names.c: the test server's first address. */
bool find_server(struct run *r, struct nvt_addr *out_addr);

#endif
