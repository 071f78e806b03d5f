/* SPDX-License-Identifier: Apache-2.0 */
/* The watch of PISTE's answers: one byte from any state that keeps the invariant keeps it, so that
 * a body of any length and any split does; and what the invariant bounds is never left. */
#define NVT_FAILURE_TEXT_CAP 24 /* the proof is the same for any room of libelle, and faster */

#include "../../src/api/piste_watch.c"

#include "proof.h"

struct nvt_piste_watch nondet_watch(void);

/* The length up to which name_at may have come with the bits that are left. */
static bool names_fit(const struct nvt_piste_watch *w)
{
    bool code = (w->name & (uint8_t)CODE) == 0U || w->name_at <= 10U;
    bool text = (w->name & (uint8_t)LIBELLE) == 0U || w->name_at <= 7U;
    return code && text && (w->name != 0U || w->name_at == 0U);
}

static bool depth_fits(const struct nvt_piste_watch *w)
{
    switch (w->state) {
    case START:
        return w->depth == 0U;
    case INNER:
    case INNER_STRING:
        return w->depth >= 2U && w->depth < UINT32_MAX;
    case OFF:
        return true;
    default:
        return w->depth == 1U;
    }
}

static bool holds(const struct nvt_piste_watch *w)
{
    /* The names are compared inside a name alone; behind it name_at may stand one further. */
    return w->state <= (uint8_t)OFF && depth_fits(w) && w->name <= (uint8_t)BOTH &&
           w->seen <= (uint8_t)BOTH && (w->state != (uint8_t)NAME || names_fit(w)) &&
           w->code_len <= sizeof(w->code) && w->text_len <= sizeof(w->text) &&
           (!w->failed || (w->seen & (uint8_t)CODE) != 0U) &&
           (w->state != (uint8_t)NUMBER || (w->seen & (uint8_t)CODE) != 0U);
}

void prove_watch_start(void)
{
    struct nvt_piste_watch w = nondet_watch();
    nvt_piste_watch_init(&w);
    __CPROVER_assert(holds(&w), "it holds at first");
}

void prove_watch_step(void)
{
    struct nvt_piste_watch w = nondet_watch();
    __CPROVER_assume(holds(&w));
    bool failed = w.failed;
    step(&w, nondet_uint8());
    __CPROVER_assert(holds(&w), "it holds after any byte");
    __CPROVER_assert(!failed || w.failed, "what was found stays found");
}
