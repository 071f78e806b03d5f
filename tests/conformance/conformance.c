/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the checks in order: clocks first, since every other check has a deadline. */
#include "parts.h"

void run_check(struct run *r, const char *name, check_fn check)
{
    r->wrong = NULL;
    r->err = NVT_OK;
    check(r);
    if (r->wrong != NULL) {
        r->failures++;
    }
    r->c->report(r->c->ctx, name, r->wrong, r->err);
}

bool complain(struct run *r, const char *wrong, nvt_err err)
{
    if (r->wrong == NULL) {
        r->wrong = wrong;
        r->err = err;
    }
    return false;
}

void idle(const struct run *r)
{
    if (r->c->idle != NULL) {
        r->c->idle(r->c->ctx);
    }
}

uint64_t now_ms(const struct run *r)
{
    return r->port->clock.mono_ms(r->port->clock.ctx);
}

unsigned nvt_port_conformance(const struct nvt_conformance *c)
{
    struct run r = {.c = c, .port = c->port};
    check_clocks(&r);
    if (r.failures > 0U) {
        return r.failures; /* no deadline could be trusted */
    }
    check_entropy(&r);
    check_names(&r);
    check_sockets(&r);
    return r.failures;
}
