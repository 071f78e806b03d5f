/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one way out that all lanes share: when it fails for one it would fail for all, so they are
 * held together, and one of them alone tries whether it is back.
 */
#include "parts.h"

/* xorshift64: it spreads a fleet's returns, nothing secret depends on it. */
static uint64_t next_random(struct nvt_uplink *u)
{
    u->random ^= u->random << 13U;
    u->random ^= u->random >> 7U;
    u->random ^= u->random << 17U;
    return u->random;
}

uint64_t nvt_link_random(struct nvt_uplink *u, uint64_t low, uint64_t high)
{
    return low + next_random(u) % (high - low + 1U);
}

static uint8_t number_of(const struct nvt_uplink *u, const struct nvt_uplink_lane *lane)
{
    return (uint8_t)(lane - u->config.lanes + 1);
}

static uint8_t count_busy(const struct nvt_uplink *u)
{
    uint8_t busy = 0;
    for (uint8_t i = 0; i < u->config.lane_count; i++) {
        uint8_t state = u->config.lanes[i].state;
        bool out = state == (uint8_t)NVT_LANE_SENDING || state == (uint8_t)NVT_LANE_ASKING;
        busy = (uint8_t)(busy + (out ? 1U : 0U));
    }
    return busy;
}

bool nvt_link_open(const struct nvt_uplink *u, uint64_t now_ms)
{
    switch (u->state.link) {
    case NVT_UPLINK_UP:
        return count_busy(u) < u->open_lanes;
    case NVT_UPLINK_PROBING:
        return u->probe == 0U;
    case NVT_UPLINK_HELD:
    case NVT_UPLINK_BLOCKED:
    default:
        return now_ms >= u->state.resume_ms;
    }
}

void nvt_link_begin(struct nvt_uplink *u, const struct nvt_uplink_lane *lane)
{
    if (u->state.link != NVT_UPLINK_UP) {
        u->state.link = NVT_UPLINK_PROBING;
        u->probe = number_of(u, lane);
    }
}

/* In an outage only the lane that tries the link speaks for it: the others may still be ending what
 * they began before. */
void nvt_link_end(struct nvt_uplink *u, struct nvt_uplink_lane *lane)
{
    bool probe = u->state.link == NVT_UPLINK_PROBING && u->probe == number_of(u, lane);
    lane->speaks = probe || u->state.link == NVT_UPLINK_UP;
    u->probe = probe ? 0U : u->probe;
}

void nvt_link_good(struct nvt_uplink *u, const struct nvt_uplink_lane *lane, uint64_t now_ms)
{
    u->state.last_ok_ms = now_ms;
    if (!lane->speaks) {
        return;
    }
    u->state.link = NVT_UPLINK_UP;
    u->state.pause_ms = 0;
    if (u->open_lanes < u->config.lane_count) {
        u->open_lanes++;
    }
}

static void hold(struct nvt_uplink *u, enum nvt_uplink_link link, uint64_t until_ms)
{
    u->state.count.link_losses += u->state.link == NVT_UPLINK_UP ? 1U : 0U;
    u->state.link = link;
    u->state.resume_ms = until_ms;
    u->open_lanes = 1;
}

/* Decorrelated jitter: each pause is drawn between the first one and three times the one before. */
static void back_off(struct nvt_uplink *u, enum nvt_uplink_link link, uint64_t first_ms,
                     uint64_t now_ms)
{
    const uint64_t max_ms = NVT_UPLINK_PAUSE_MAX_MS;
    uint64_t low_ms = first_ms < max_ms ? first_ms : max_ms;
    uint64_t high_ms = 3U * (u->state.pause_ms > low_ms ? u->state.pause_ms : low_ms);
    high_ms = high_ms < max_ms ? high_ms : max_ms;
    u->state.pause_ms = (uint32_t)nvt_link_random(u, low_ms, high_ms);
    hold(u, link, now_ms + u->state.pause_ms);
}

/* What the server said holds for all lanes, whichever heard it; a little behind it, since it said
 * the same to others. */
static void obey(struct nvt_uplink *u, bool speaks, uint64_t at_ms, uint64_t now_ms)
{
    uint64_t spread_ms = at_ms > now_ms ? (at_ms - now_ms) / 8U : 0U;
    spread_ms = spread_ms < (uint64_t)NVT_UPLINK_PAUSE_MAX_MS / 4U ? spread_ms
                                                                   : NVT_UPLINK_PAUSE_MAX_MS / 4U;
    uint64_t until_ms = at_ms + nvt_link_random(u, 0U, (uint64_t)NVT_UPLINK_PAUSE_MS + spread_ms);
    if (speaks || until_ms > u->state.resume_ms) {
        u->probe = 0;
        hold(u, NVT_UPLINK_HELD, until_ms);
    }
}

void nvt_link_failed(struct nvt_uplink *u, const struct nvt_uplink_lane *lane, uint64_t now_ms)
{
    const struct nvt_outcome *o = &lane->call.outcome;
    if (o->retry_told) {
        obey(u, lane->speaks, o->retry_at_ms, now_ms);
    } else if (lane->speaks && o->failure.err == NVT_E_TLS_CLOCK) {
        /* Nothing went out: the clock will be set within seconds, or it will not. */
        hold(u, NVT_UPLINK_HELD,
             now_ms + nvt_link_random(u, NVT_UPLINK_PAUSE_MS, 5U * (uint64_t)NVT_UPLINK_PAUSE_MS));
    } else if (lane->speaks) {
        back_off(u, NVT_UPLINK_HELD, NVT_UPLINK_PAUSE_MS, now_ms);
    } else {
        /* the outage is known */
    }
}

void nvt_link_blocked(struct nvt_uplink *u, const struct nvt_uplink_lane *lane, uint64_t now_ms)
{
    if (lane->speaks) {
        back_off(u, NVT_UPLINK_BLOCKED, NVT_UPLINK_BLOCKED_MS, now_ms);
    }
}
