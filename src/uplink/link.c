/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one way out that all lanes share: when it fails for one it would fail for all, so they are
 * held together, and one of them alone tries whether it is back.
 */
#include "parts.h"

enum {
    PATIENCE = 2,        /* failures in a row of entries that were not tried before */
    PATIENCE_MAX = 2048, /* ... where most of them were not the link's */
    BRIEF = 1,           /* a hold that was over at the second look was none of the link's */
    TOLD_ROW_MAX = 64,   /* entries told in a row, for their own sake, as it seemed */
    TOLD_LOOKS = 3,      /* into one told time */
    HEED_MAX = 64,       /* told times kept between two that are looked into */
    AGAIN = 6,           /* entries told once more, none of which passed then: no limit does that */
    NEWS_MS = 5000,      /* how soon an entry is tried that came in while the link is doubted */
    PART = 6,            /* a pause is at most such a part of the time since when it fails */
    TRIES_LEFT = 4       /* times that the most urgent entry is tried before it is due */
};

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
        return now_ms >= nvt_link_resume_ms(u);
    }
}

bool nvt_link_has_news(const struct nvt_uplink *u)
{
    return u->config.spool->now.next != u->seen_next;
}

/* Where the link is only doubted an entry that came in since is soon tried: what failed may stand
 * together. */
uint64_t nvt_link_resume_ms(const struct nvt_uplink *u)
{
    uint64_t soon_ms = u->state.resume_ms - u->state.pause_ms + (uint64_t)NEWS_MS;
    bool soon = u->doubted && nvt_link_has_news(u) && soon_ms < u->state.resume_ms;
    return soon ? soon_ms : u->state.resume_ms;
}

void nvt_link_begin(struct nvt_uplink *u, const struct nvt_uplink_lane *lane)
{
    u->seen_next = u->config.spool->now.next;
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

/* nvt_uplink.told */
enum { HEEDED = 1, LOOKED };

/* A told time that ended well may have been one entry's alone; one in which another entry passed
 * was. */
static void learn_told(struct nvt_uplink *u)
{
    if (u->told == (uint8_t)LOOKED) {
        u->apart = true;
        u->heed_most = 1;
    } else if (u->told == (uint8_t)HEEDED && u->heed > 0U) {
        u->heed--;
    } else {
        /* it was held for another reason */
    }
}

/* Failures that were taken for the link's and were not make it harder to think so again. */
static void learn(struct nvt_uplink *u)
{
    if (u->fails >= u->patience) {
        unsigned more = u->looks <= (uint16_t)BRIEF ? 4U * (unsigned)u->patience : PATIENCE;
        u->patience = (uint16_t)(more < (unsigned)PATIENCE_MAX ? more : (unsigned)PATIENCE_MAX);
    }
}

void nvt_uplink_vouch(struct nvt_uplink *u)
{
    unsigned more = u->fails >= u->patience ? 4U * (unsigned)u->patience : u->patience;
    nvt_uplink_resume(u);
    u->patience = (uint16_t)(more < (unsigned)PATIENCE_MAX ? more : (unsigned)PATIENCE_MAX);
    u->fails = 0;
    u->probe = 0;
    u->state.link = NVT_UPLINK_UP;
    u->vouched_next = u->config.spool->now.next;
}

void nvt_link_good(struct nvt_uplink *u, const struct nvt_uplink_lane *lane, uint64_t now_ms)
{
    u->state.last_ok_ms = now_ms;
    if (!lane->speaks) {
        return;
    }
    if (u->state.link != NVT_UPLINK_UP) {
        learn(u);
        learn_told(u);
    }
    u->fails = 0;
    u->again = lane->put_off ? 0U : u->again;
    u->urgent_fails = u->urgent_fails && !lane->urgent;
    u->state.link = NVT_UPLINK_UP;
    u->state.pause_ms = 0;
    if (u->open_lanes < u->config.lane_count) {
        u->open_lanes++;
    }
}

/* What is too late already is never sent, however short a pause is: the next one counts. */
uint64_t nvt_link_most_ms(const struct nvt_uplink *u, uint64_t floor_ms, uint64_t now_ms)
{
    int64_t date_s = nvt_uplink_date_s(u, now_ms);
    if (date_s <= 0 || date_s >= (int64_t)UINT32_MAX) {
        return UINT64_MAX;
    }
    uint32_t due_s = nvt_spool_urgent_s(u->config.spool, (uint32_t)date_s);
    if (due_s == UINT32_MAX) {
        return UINT64_MAX;
    }
    uint64_t most_ms = (uint64_t)((int64_t)due_s - date_s) * 1000U / (uint64_t)TRIES_LEFT;
    return most_ms > floor_ms ? most_ms : floor_ms;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t nvt_link_pause_ms(struct nvt_uplink *u, uint64_t since_ms, uint64_t first_ms,
                           uint64_t now_ms)
{
    uint64_t part_ms = (now_ms - since_ms) / (2U * (uint64_t)PART);
    uint64_t low_ms = part_ms > first_ms ? part_ms : first_ms;
    uint64_t most_ms = least(NVT_UPLINK_PAUSE_MAX_MS, nvt_link_most_ms(u, first_ms / 2U, now_ms));
    return least(nvt_link_random(u, low_ms, 2U * low_ms), most_ms);
}

static void hold(struct nvt_uplink *u, enum nvt_uplink_link link, uint64_t pause_ms,
                 uint64_t now_ms)
{
    if (u->state.link == NVT_UPLINK_UP) {
        u->state.count.link_losses++;
        u->down_ms = now_ms;
        u->looks = 0;
        u->newest = true;
    } else if (u->looks < UINT16_MAX) {
        u->looks++;
    } else {
        /* many */
    }
    u->state.link = link;
    u->told = 0;
    u->doubted = false;
    u->state.pause_ms = (uint32_t)pause_ms;
    u->state.resume_ms = now_ms + pause_ms;
    u->open_lanes = 1;
}

static uint64_t since(const struct nvt_uplink *u, uint64_t now_ms)
{
    return u->state.link == NVT_UPLINK_UP ? now_ms : u->down_ms;
}

static void back_off(struct nvt_uplink *u, enum nvt_uplink_link link, uint64_t first_ms,
                     uint64_t now_ms)
{
    hold(u, link, nvt_link_pause_ms(u, since(u, now_ms), first_ms, now_ms), now_ms);
}

/* What the server said holds for all lanes, whichever heard it; a little behind it, since it said
 * the same to others. A long time is not taken at its word: a look now and then, soon at first,
 * tells whether it still holds. */
static bool obey(struct nvt_uplink *u, bool speaks, uint64_t at_ms, uint64_t now_ms)
{
    const uint64_t look_ms = 2U * (uint64_t)NVT_UPLINK_BLOCKED_MS;
    uint64_t told_ms = at_ms > now_ms ? at_ms - now_ms : 0U;
    uint64_t down_ms = now_ms - since(u, now_ms);
    if (told_ms > (uint64_t)NVT_UPLINK_TOLD_MAX_MS) {
        told_ms = least(down_ms / 2U > look_ms ? down_ms / 2U : look_ms, NVT_UPLINK_TOLD_MAX_MS);
    }
    told_ms += nvt_link_random(u, 0U, (uint64_t)NVT_UPLINK_PAUSE_MS + told_ms / 8U);
    told_ms = least(told_ms, NVT_UPLINK_TOLD_MAX_MS);
    told_ms = least(told_ms, nvt_link_most_ms(u, 5U * (uint64_t)NVT_UPLINK_PAUSE_MS, now_ms));
    bool counts = speaks || now_ms + told_ms > u->state.resume_ms;
    if (counts) {
        u->probe = 0;
        hold(u, NVT_UPLINK_HELD, told_ms, now_ms);
    }
    return counts;
}

void nvt_link_failed(struct nvt_uplink *u, const struct nvt_uplink_lane *lane, uint64_t now_ms)
{
    const struct nvt_outcome *o = &lane->call.outcome;
    if (o->retry_told) {
        (void)obey(u, lane->speaks, o->retry_at_ms, now_ms);
    } else if (lane->speaks && o->failure.err == NVT_E_TLS_CLOCK) {
        /* Nothing went out: the clock will be set within seconds, or it will not. */
        hold(u, NVT_UPLINK_HELD,
             nvt_link_random(u, NVT_UPLINK_PAUSE_MS, 5U * (uint64_t)NVT_UPLINK_PAUSE_MS), now_ms);
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

static void add_to_row(struct nvt_uplink *u, uint32_t id)
{
    u->failed[u->fails % (unsigned)NVT_UPLINK_NOTES_MAX] = id;
    u->fails = (uint16_t)(u->fails < UINT16_MAX ? u->fails + 1U : UINT16_MAX);
}

/* Only the entry is meant: where that is usual, or the same one hears it again. But another one
 * must wait that will soon say otherwise, unless it was often enough so. */
static bool is_apart(struct nvt_uplink *u, const struct nvt_uplink_lane *lane, bool others)
{
    if (!lane->deferred) {
        unsigned row = 2U * (unsigned)u->patience;
        row = row < (unsigned)TOLD_ROW_MAX ? row : (unsigned)TOLD_ROW_MAX;
        add_to_row(u, lane->entry.id);
        return u->apart && others && u->fails < row;
    }
    u->again = (uint8_t)(u->again + (lane->put_off && u->again < (uint8_t)AGAIN ? 1U : 0U));
    return others || u->again == (uint8_t)AGAIN || u->config.tries_max > 0U;
}

/* Is the told time looked into before its end? While it is, the other lanes say nothing new. */
static bool looks(struct nvt_uplink *u, const struct nvt_uplink_lane *lane, bool others,
                  uint64_t now_ms)
{
    bool up = u->state.link == NVT_UPLINK_UP;
    bool looked = u->told == (uint8_t)LOOKED;
    bool more = up ? u->heed == 0U : looked && u->looks + 1U < (unsigned)TOLD_LOOKS;
    if (!lane->speaks) {
        return looked;
    }
    if (more && others) {
        back_off(u, NVT_UPLINK_HELD, NVT_UPLINK_PAUSE_MS, now_ms);
        u->told = (uint8_t)LOOKED;
    }
    return more && others;
}

/* To its end; after looks in vain the next ones too. */
static void heed(struct nvt_uplink *u, const struct nvt_uplink_lane *lane, uint64_t now_ms)
{
    if (lane->speaks && u->told == (uint8_t)LOOKED) {
        unsigned most = 2U * (unsigned)u->heed_most;
        u->heed_most = (uint8_t)(most < (unsigned)HEED_MAX ? most : (unsigned)HEED_MAX);
        u->heed = u->heed_most;
        u->apart = false;
    }
    if (obey(u, lane->speaks, lane->call.outcome.retry_at_ms, now_ms)) {
        u->told = (uint8_t)HEEDED;
    }
    u->fails = 0;
}

bool nvt_link_told(struct nvt_uplink *u, const struct nvt_uplink_lane *lane, uint64_t now_ms)
{
    bool others = nvt_uplink_crowd(u).others > 0U;
    if (u->state.link == NVT_UPLINK_UP && is_apart(u, lane, others)) {
        u->urgent_fails = u->urgent_fails || lane->urgent;
        return false;
    }
    if (!looks(u, lane, others, now_ms)) {
        heed(u, lane, now_ms);
    }
    return true;
}

/* One more in the row. What failed before it is forgiven when the link turns out to be at fault. */
static bool count_failure(struct nvt_uplink *u, uint32_t id, bool people)
{
    const unsigned most = NVT_UPLINK_NOTES_MAX;
    add_to_row(u, id);
    bool row = u->fails >= u->patience && (people || nvt_uplink_crowd(u).others > 0U);
    if (!row && !(people && u->state.last_ok_ms == 0U)) {
        return false;
    }
    for (unsigned i = 0; i < most && i < u->fails; i++) {
        if (u->failed[i] != id) {
            nvt_spool_forgive(u->config.spool, u->failed[i]);
        }
    }
    return true;
}

static void hold_doubted(struct nvt_uplink *u, bool people, uint64_t now_ms)
{
    bool never = people && u->state.last_ok_ms == 0U;
    back_off(u, people ? NVT_UPLINK_BLOCKED : NVT_UPLINK_HELD,
             never ? NVT_UPLINK_BLOCKED_MS : NVT_UPLINK_PAUSE_MS, now_ms);
    u->doubted = true;
}

bool nvt_link_doubted(struct nvt_uplink *u, const struct nvt_uplink_lane *lane, bool people,
                      uint64_t now_ms)
{
    bool held = true;
    u->urgent_fails = u->urgent_fails || lane->urgent;
    if (u->state.link == NVT_UPLINK_UP) {
        held = !lane->deferred && count_failure(u, lane->entry.id, people);
    } else if (lane->speaks && !people && nvt_uplink_crowd(u).others == 0U) {
        /* Nothing is left to be held but what failed: that backs off by itself. */
        u->state.link = NVT_UPLINK_UP;
        held = false;
    } else {
        /* the outage goes on, or is known */
    }
    if (held && lane->speaks) {
        hold_doubted(u, people, now_ms);
    }
    return held;
}
