/* SPDX-License-Identifier: Apache-2.0 */
/* What fails a test; apart from the world, which fuzzing uses without cmocka. */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

void world_expect(const struct world *w, enum nvt_verdict verdict, nvt_err err)
{
    const struct nvt_outcome *o = &w->call.outcome;
    if (w->fault != NULL) {
        fail_msg("%s", w->fault);
    }
    if (o->verdict != verdict || o->failure.err != err) {
        fail_msg("verdict %d, %s, status %u, \"%s\"", (int)o->verdict, nvt_err_name(o->failure.err),
                 o->status, o->failure.message);
    }
}

void world_close(struct world *w)
{
    if (!world_end(w)) {
        fail_msg("%s", w->fault);
    }
}
