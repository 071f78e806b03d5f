/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries that failed: behind those that did not, in the spool's order of deferred ones. They keep
 * no lane, and their number does not matter. While there are others they use up to a quarter of the
 * lanes' time; among themselves they go one by one, with pauses that grow until one of them finds
 * its end.
 */
#include "parts.h"

enum {
    SHARE = 4,         /* one part of so many is theirs */
    DEBT_MAX = 900000, /* ms of lanes that they have used too much */
    BRIEF_MS = 50      /* the shortest pause in a run that must end */
};

bool nvt_aside_is_due(const struct nvt_uplink *u, uint64_t now_ms)
{
    struct nvt_crowd c = nvt_uplink_crowd(u);
    uint32_t lanes = u->config.lane_count;
    if (!u->retries_well || c.others > 0U) {
        lanes = lanes >= (uint32_t)SHARE ? lanes / (uint32_t)SHARE : 1U;
    }
    return c.waiting > 0U && now_ms >= u->retry_ms && c.busy_deferred < lanes &&
           (c.others == 0U || u->credit_ms >= 0);
}

/* ---- what is remembered ---- */

static struct nvt_uplink_note *note_of(struct nvt_uplink *u, uint32_t id)
{
    for (size_t i = 0; i < (size_t)NVT_UPLINK_NOTES_MAX; i++) {
        if (u->notes[i].id == id) {
            return &u->notes[i];
        }
    }
    return NULL;
}

static void drop(struct nvt_uplink *u, uint32_t id)
{
    struct nvt_uplink_note *note = note_of(u, id);
    if (note != NULL) {
        note->id = 0;
    }
}

/* One without a doubt gives way: to forget that costs a look-up, and no more. */
static struct nvt_uplink_note *room(struct nvt_uplink *u)
{
    struct nvt_uplink_note *note = note_of(u, 0U);
    for (size_t i = 0; i < (size_t)NVT_UPLINK_NOTES_MAX && note == NULL; i++) {
        note = u->notes[i].doubted ? NULL : &u->notes[i];
    }
    return note;
}

static void keep(struct nvt_uplink *u, const struct nvt_uplink_lane *lane)
{
    drop(u, lane->entry.id);
    struct nvt_uplink_note *note = lane->ask ? NULL : room(u);
    if (note != NULL) {
        *note = (struct nvt_uplink_note){lane->entry.id, lane->doubt_mark, lane->doubted,
                                         lane->put_off};
    }
}

void nvt_aside_recall(struct nvt_uplink *u, struct nvt_uplink_lane *lane)
{
    const struct nvt_uplink_note *note = note_of(u, lane->entry.id);
    if (note != NULL) {
        lane->ask = false;
        lane->doubt_mark = note->doubt_mark;
        lane->doubted = note->doubted;
        lane->put_off = note->put_off;
    }
}

/* ---- their share ---- */

/* Short turns count as the others', long ones as long as they are, holds included. */
static int64_t cost_of(const struct nvt_uplink *u, const struct nvt_uplink_lane *lane,
                       uint64_t now_ms)
{
    uint64_t ms = now_ms - lane->begun_ms;
    uint64_t least_ms = (uint64_t)lane->attempts * u->turn_ms;
    bool held = u->state.link != NVT_UPLINK_UP && u->state.resume_ms > now_ms;
    uint64_t held_ms = held ? u->state.resume_ms - now_ms : 0U;
    return (int64_t)((ms > least_ms ? ms : least_ms) + held_ms * u->config.lane_count);
}

static int64_t between(int64_t low, int64_t value, int64_t high)
{
    int64_t most = value < high ? value : high;
    return most > low ? most : low;
}

static void turn(struct nvt_uplink *u, const struct nvt_uplink_lane *lane, uint64_t now_ms)
{
    uint64_t ms = now_ms - lane->begun_ms;
    int64_t gain = 0; /* where nobody else wants the lane */
    if (!lane->deferred && lane->state == (uint8_t)NVT_LANE_DONE) {
        u->turn_ms = (uint32_t)ms;
        gain = (int64_t)(ms / ((uint64_t)SHARE - 1U));
    } else if (nvt_uplink_crowd(u).others > 0U) {
        gain = -cost_of(u, lane, now_ms);
    } else {
        /* free of charge */
    }
    u->credit_ms = between(-(int64_t)DEBT_MAX, u->credit_ms + gain, NVT_UPLINK_PAUSE_MS);
}

/* ---- pauses ---- */

/* Each of them comes again after a pause that fits how long they fail; together they come so much
 * more often, but not like a flood. */
static uint64_t pause_ms(struct nvt_uplink *u, uint64_t first_ms, uint64_t now_ms)
{
    struct nvt_crowd c = nvt_uplink_crowd(u);
    uint64_t least_ms = u->config.tries_max > 0U ? (uint64_t)BRIEF_MS : NVT_UPLINK_PAUSE_MS;
    uint64_t ms = nvt_link_pause_ms(u, u->failing_ms, first_ms, now_ms);
    uint64_t count = c.waiting + c.busy_deferred;
    uint64_t each_ms = count > 0U ? ms / count : ms;
    least_ms = ms < least_ms ? ms : least_ms;
    return each_ms > least_ms ? each_ms : least_ms;
}

/* A first failure is soon tried again; one more among many is not soon enough for that. */
static void schedule(struct nvt_uplink *u, const struct nvt_uplink_lane *lane, uint64_t at_ms)
{
    bool only = nvt_uplink_crowd(u).waiting <= 1U;
    u->retry_ms = lane->deferred || only || at_ms < u->retry_ms ? at_ms : u->retry_ms;
}

static void leave(struct nvt_uplink *u, struct nvt_uplink_lane *lane, uint64_t now_ms)
{
    lane->state = (uint8_t)NVT_LANE_FREE;
    turn(u, lane, now_ms);
}

void nvt_aside_put(struct nvt_uplink *u, struct nvt_uplink_lane *lane, bool counts,
                   uint64_t first_ms, uint64_t now_ms)
{
    bool first = !lane->deferred && !lane->put_off;
    keep(u, lane);
    (void)nvt_spool_defer(u->config.spool, lane->entry.id, counts, first);
    leave(u, lane, now_ms);
    u->failing_ms = lane->deferred ? u->failing_ms : now_ms;
    u->retries_well = u->retries_well && !lane->deferred;
    schedule(u, lane, now_ms + pause_ms(u, first_ms, now_ms));
}

void nvt_aside_told(struct nvt_uplink *u, struct nvt_uplink_lane *lane, uint64_t now_ms)
{
    keep(u, lane);
    (void)nvt_spool_defer(u->config.spool, lane->entry.id, false, !lane->deferred);
    lane->state = (uint8_t)NVT_LANE_FREE;
    u->failing_ms = now_ms;
    u->retry_ms = now_ms;
    u->credit_ms = u->credit_ms > 0 ? u->credit_ms : 0; /* the pause is not their doing */
}

void nvt_aside_wait(struct nvt_uplink *u, struct nvt_uplink_lane *lane, uint64_t until_ms,
                    uint64_t now_ms)
{
    keep(u, lane);
    (void)nvt_spool_defer(u->config.spool, lane->entry.id, false, false);
    leave(u, lane, now_ms);
    u->failing_ms = now_ms;
    /* Another one may be ready before. */
    bool soon = lane->deferred && nvt_uplink_crowd(u).waiting > 1U;
    uint64_t next_ms = now_ms + (uint64_t)NVT_UPLINK_PAUSE_MS;
    schedule(u, lane, soon && next_ms < until_ms ? next_ms : until_ms);
}

/* One that may have arrived in this turn is not sent blindly in the next. */
void nvt_aside_put_back(struct nvt_uplink *u, struct nvt_uplink_lane *lane)
{
    bool old = u->config.kind->ask_first && lane->entry.id < u->old_next;
    if (lane->ask) {
        drop(u, lane->entry.id); /* "it certainly has not arrived" holds no longer */
    }
    if (lane->ask && !old) {
        (void)nvt_spool_defer(u->config.spool, lane->entry.id, false, true);
    } else {
        (void)nvt_spool_put_back(u->config.spool, lane->entry.id);
    }
    lane->state = (uint8_t)NVT_LANE_FREE;
}

void nvt_aside_ended(struct nvt_uplink *u, const struct nvt_uplink_lane *lane, uint64_t now_ms)
{
    drop(u, lane->entry.id);
    turn(u, lane, now_ms);
    if (lane->deferred) {
        u->retries_well = !lane->gave_up;
        u->failing_ms = now_ms;
        u->retry_ms = now_ms;
    }
}
