/* SPDX-License-Identifier: Apache-2.0 */
/* What all files of the room ask. */
#include "parts.h"

void nvt_pass_wake(struct nvt_pass *p, uint64_t at_ms)
{
    p->wake_ms = at_ms < p->wake_ms ? at_ms : p->wake_ms;
}

int64_t nvt_uplink_date_s(const struct nvt_uplink *u, uint64_t now_ms)
{
    return u->date_s == 0 ? 0 : u->date_s + (int64_t)((now_ms - u->date_mono_ms) / 1000U);
}

struct nvt_crowd nvt_uplink_crowd(const struct nvt_uplink *u)
{
    struct nvt_spool_info info;
    uint32_t busy = 0;
    struct nvt_crowd c = {0U, 0U, 0U};
    nvt_spool_info(u->config.spool, &info);
    for (uint8_t i = 0; i < u->config.lane_count; i++) {
        const struct nvt_uplink_lane *lane = &u->config.lanes[i];
        bool is = lane->state != (uint8_t)NVT_LANE_FREE;
        busy += is ? 1U : 0U;
        c.busy_deferred += is && lane->deferred ? 1U : 0U;
    }
    c.others = info.pending - info.deferred - (busy - c.busy_deferred);
    c.waiting = info.deferred - c.busy_deferred;
    return c;
}
