/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Quotas by the generic cell rate algorithm (ITU-T I.371): one time says how far a bucket is spent,
 * however many requests it counts. Pure.
 */
#include "call.h"

static uint64_t burst_of(const struct nvt_rate *r)
{
    uint64_t burst = r->burst < r->limit ? r->burst : r->limit;
    return burst == 0U ? 1U : burst;
}

/* Behind a burst there is room for limit - burst more in the window: one interval more than that is
 * a millisecond longer than the window, so that a window with both its ends holds no more either.
 */
static uint64_t interval_us(const struct nvt_rate *r)
{
    uint64_t count = r->limit - burst_of(r) + 1U;
    return (((uint64_t)r->window_ms + 1U) * 1000U + count - 1U) / count;
}

uint64_t nvt_rate_at(const struct nvt_rate *r, uint64_t due_us, uint64_t now_ms)
{
    if (r->limit == 0U) {
        return now_ms;
    }
    uint64_t slack_us = (burst_of(r) - 1U) * interval_us(r);
    if (due_us <= now_ms * 1000U + slack_us) {
        return now_ms;
    }
    return (due_us - slack_us + 999U) / 1000U;
}

void nvt_rate_take(const struct nvt_rate *r, uint64_t *due_us, uint64_t now_ms)
{
    if (r->limit != 0U) {
        uint64_t now_us = now_ms * 1000U;
        /* Late by the clock's grain is not late: the rate would lose a millisecond each time. */
        *due_us = (*due_us + 1000U > now_us ? *due_us : now_us) + interval_us(r);
    }
}
