/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the self-test share. */
#ifndef NAVETTE_SELFTEST_PARTS_H
#define NAVETTE_SELFTEST_PARTS_H

#include <navette/selftest.h>

/* A run in progress. */
struct run {
    const struct nvt_selftest *t; /* NULL for a block device */
    const struct nvt_port *port;
    void *own; /* what one kind of check needs besides */
    void (*print)(void *ctx, const char *line);
    void *ctx;
    unsigned failures;
    const char *wrong; /* of the check under way, NULL so far */
    nvt_err err;
};

typedef void (*check_fn)(struct run *r);

/* Runs one check, prints its line and counts. */
void nvt_selftest_check(struct run *r, const char *name, check_fn check);

/* Notes the first complaint of the check; always returns false, for "return complain(...)". */
static inline bool complain(struct run *r, const char *wrong, nvt_err err)
{
    if (r->wrong == NULL) {
        r->wrong = wrong;
        r->err = err;
    }
    return false;
}

static inline void idle(const struct run *r)
{
    if (r->t->idle != NULL) {
        r->t->idle(r->t->ctx);
    }
}

static inline uint64_t now_ms(const struct run *r)
{
    return r->port->clock.mono_ms(r->port->clock.ctx);
}

/* How long any single thing may take here. */
#define PATIENCE_MS 10000U

/* A function of the port "returns at once" when it takes less than this. */
#define AT_ONCE_MS 500U

/* clocks.c, names.c, sockets.c */
void nvt_selftest_clocks(struct run *r);
void nvt_selftest_entropy(struct run *r);
void nvt_selftest_names(struct run *r);
void nvt_selftest_sockets(struct run *r);

/* names.c: the test server's first address. */
bool nvt_selftest_find_server(struct run *r, struct nvt_addr *out_addr);

#endif
