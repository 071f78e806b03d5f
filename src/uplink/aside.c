/* SPDX-License-Identifier: Apache-2.0 */
/* Entries that fail while others do not: put aside, so that they do not keep others waiting. */
#include "parts.h"

static struct nvt_uplink_aside *find(struct nvt_uplink *u, uint32_t id)
{
    for (size_t i = 0; i < (size_t)NVT_UPLINK_ASIDE_MAX; i++) {
        if (u->aside[i].id == id) {
            return &u->aside[i];
        }
    }
    return NULL;
}

bool nvt_aside_put(struct nvt_uplink *u, struct nvt_uplink_lane *lane, uint64_t until_ms)
{
    struct nvt_uplink_aside *slot = find(u, 0U);
    lane->state = (uint8_t)NVT_LANE_READY;
    lane->again_ms = until_ms;
    if (slot == NULL) {
        return false;
    }
    *slot = (struct nvt_uplink_aside){.until_ms = until_ms,
                                      .id = lane->entry.id,
                                      .attempts = lane->attempts,
                                      .doubt_mark = lane->doubt_mark,
                                      .loss_mark = lane->loss_mark,
                                      .losses = lane->losses,
                                      .tries = lane->tries,
                                      .ask = lane->ask,
                                      .doubted = lane->doubted};
    lane->state = (uint8_t)NVT_LANE_FREE;
    return true;
}

/* The spool gives the most urgent entry first, the one that began first: behind one that is before
 * its time there is seldom one that is not. */
void nvt_aside_early(struct nvt_uplink *u, struct nvt_uplink_lane *lane, uint64_t until_ms)
{
    if (nvt_aside_put(u, lane, until_ms)) {
        return;
    }
    u->early_ms = until_ms;
    u->early_due_s = lane->entry.due_s;
    (void)nvt_spool_put_back(u->config.spool, lane->entry.id);
    lane->state = (uint8_t)NVT_LANE_FREE;
}

bool nvt_aside_is_early(const struct nvt_uplink *u, uint32_t due_s, uint64_t now_ms)
{
    return now_ms < u->early_ms && due_s >= u->early_due_s;
}

void nvt_aside_return(struct nvt_uplink *u, struct nvt_pass *p)
{
    for (size_t i = 0; i < (size_t)NVT_UPLINK_ASIDE_MAX; i++) {
        struct nvt_uplink_aside *slot = &u->aside[i];
        if (slot->id == 0U || slot->back) {
            continue;
        }
        if (u->stopping || p->now_ms >= slot->until_ms) {
            slot->back = nvt_spool_put_back(u->config.spool, slot->id) == NVT_OK;
        } else {
            nvt_pass_wake(p, slot->until_ms);
        }
    }
}

void nvt_aside_recall(struct nvt_uplink *u, struct nvt_uplink_lane *lane)
{
    struct nvt_uplink_aside *slot = find(u, lane->entry.id);
    if (slot != NULL) {
        lane->attempts = slot->attempts;
        lane->doubt_mark = slot->doubt_mark;
        lane->loss_mark = slot->loss_mark;
        lane->losses = slot->losses;
        lane->tries = slot->tries;
        lane->ask = slot->ask;
        lane->doubted = slot->doubted;
        *slot = (struct nvt_uplink_aside){.id = 0U};
    }
}
