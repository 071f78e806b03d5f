/* SPDX-License-Identifier: Apache-2.0 */
/* One entry's way: taken from the spool, sent or asked after, until its call has ended. */
#include "parts.h"

static uint8_t *body_of(const struct nvt_uplink *u, const struct nvt_uplink_lane *lane)
{
    size_t index = (size_t)(lane - u->config.lanes);
    return u->config.bodies + index * u->config.body_cap;
}

struct nvt_span nvt_lane_bytes(const struct nvt_uplink *u, const struct nvt_uplink_lane *lane)
{
    return nvt_span_of(body_of(u, lane), lane->entry.len);
}

/* ---- expiry ---- */

/* By the system's own clock, which is the one that judges: a local clock may be set to anything. */
static bool is_expired(const struct nvt_uplink *u, const struct nvt_uplink_lane *lane,
                       uint64_t now_ms)
{
    return lane->entry.due_s != UINT32_MAX &&
           nvt_uplink_date_s(u, now_ms) > (int64_t)lane->entry.due_s;
}

/* Too late to be sent. One that an earlier start may have delivered, with the power failing in
 * front of its mark, is asked after first: the caller would be told that it never got there. */
static bool is_too_late(const struct nvt_uplink *u, struct nvt_uplink_lane *lane, uint64_t now_ms)
{
    if (lane->ask || !is_expired(u, lane, now_ms)) {
        return false;
    }
    lane->ask = u->config.kind->ask != NULL && lane->entry.id < u->old_next && !lane->absent;
    return !lane->ask;
}

/* ---- taking ---- */

/* What no call said of it. */
static void refuse(struct nvt_uplink_lane *lane, nvt_err err)
{
    (void)memset(&lane->call.outcome, 0, sizeof lane->call.outcome);
    lane->call.outcome.failure.err = err;
    nvt_lane_done(lane, NVT_SPOOL_REFUSED);
}

/* NVT_E_SPOOL_EMPTY, _OUT: nothing to take now. */
static nvt_err take(struct nvt_uplink *u, struct nvt_uplink_lane *lane, uint64_t now_ms)
{
    struct nvt_buf body;
    lane->attempts = 0;
    lane->losses = 0;
    lane->tries = 0;
    lane->gave_up = false;
    lane->loss_mark = 0;
    lane->duplicate = false;
    lane->doubted = false;
    lane->told = false;
    lane->looked_up = false;
    lane->absent = false;
    lane->fresh = false;
    (void)memset(&lane->call.outcome, 0, sizeof lane->call.outcome);
    nvt_buf_init(&body, body_of(u, lane), u->config.body_cap);
    nvt_err err = nvt_spool_pick(u->config.spool, &body, &lane->entry);
    if (err != NVT_OK) {
        return err;
    }
    if (nvt_aside_is_early(u, lane->entry.due_s, now_ms)) {
        (void)nvt_spool_put_back(u->config.spool, lane->entry.id);
        return NVT_E_SPOOL_EMPTY;
    }
    lane->again_ms = 0;
    lane->ask = u->config.kind->ask_first && lane->entry.id < u->old_next;
    (void)memset(&lane->request, 0, sizeof lane->request);
    lane->state = (uint8_t)NVT_LANE_READY;
    nvt_aside_recall(u, lane);
    return NVT_OK;
}

/* One that fits into no body: nobody will ever send it. */
static nvt_err take_too_long(struct nvt_uplink *u, struct nvt_uplink_lane *lane)
{
    nvt_err err = nvt_spool_pick(u->config.spool, NULL, &lane->entry);
    if (err == NVT_OK) {
        refuse(lane, NVT_E_SPOOL_SIZE);
    }
    return err;
}

static void fetch(struct nvt_uplink *u, struct nvt_uplink_lane *lane, struct nvt_pass *p)
{
    nvt_err err = p->now_ms < u->device_ms ? NVT_E_SPOOL_EMPTY : take(u, lane, p->now_ms);
    if (err == NVT_E_SPACE) {
        err = take_too_long(u, lane);
        nvt_pass_wake(p, 0U);
    }
    if (err == NVT_E_SPOOL_IO) {
        u->device_ms = p->now_ms + (uint64_t)NVT_UPLINK_PAUSE_MS;
        p->err = err;
    }
    if (p->now_ms < u->device_ms) {
        nvt_pass_wake(p, u->device_ms);
    }
    if (p->now_ms < u->early_ms) {
        nvt_pass_wake(p, u->early_ms);
    }
}

/* ---- beginning ---- */

/* The entry can not even be sent; with a look-up that can not be made, it is sent without where
 * that does no harm. */
static void can_not_begin(struct nvt_uplink *u, struct nvt_uplink_lane *lane, nvt_err err,
                          struct nvt_pass *p)
{
    const struct nvt_uplink_kind *kind = u->config.kind;
    nvt_pass_wake(p, 0U);
    if (lane->ask && lane->duplicate) {
        nvt_lane_done(lane, NVT_SPOOL_DELIVERED);
    } else if (lane->ask && !kind->ask_first) {
        lane->ask = false;
        lane->absent = true;
    } else {
        refuse(lane, err);
    }
}

static void begin(struct nvt_uplink *u, struct nvt_uplink_lane *lane, struct nvt_pass *p)
{
    const struct nvt_uplink_kind *kind = u->config.kind;
    bool asking = lane->ask;
    if (!asking && lane->fresh) {
        /* A server that ends connections without a word after each answer would end every attempt,
         * behind the look-up's answer: this one goes over a fresh one. */
        nvt_conn_close(&lane->call.conn);
        lane->fresh = false;
    }
    nvt_err err = asking ? kind->ask(&lane->call, lane->request.bytes, nvt_lane_bytes(u, lane))
                         : kind->send(&lane->call, lane->request.bytes, nvt_lane_bytes(u, lane));
    if (err != NVT_OK) {
        can_not_begin(u, lane, err, p);
        return;
    }
    nvt_link_begin(u, lane);
    lane->state = (uint8_t)(asking ? NVT_LANE_ASKING : NVT_LANE_SENDING);
    lane->attempts++;
    u->state.count.attempts++;
    u->state.count.lookups += asking ? 1U : 0U;
    nvt_lane_step(u, lane, p);
    if (lane->state != (uint8_t)NVT_LANE_SENDING && lane->state != (uint8_t)NVT_LANE_ASKING) {
        nvt_pass_wake(p, 0U);
    }
}

static void fill_free(struct nvt_uplink *u, struct nvt_uplink_lane *lane, bool open,
                      struct nvt_pass *p)
{
    if (open && !u->stopping) {
        fetch(u, lane, p);
    }
    bool idle = lane->state == (uint8_t)NVT_LANE_FREE && p->now_ms >= lane->again_ms;
    if (idle && lane->call.conn.phase != NVT_CONN_CLOSED) {
        nvt_conn_close(&lane->call.conn);
    }
}

void nvt_lane_fill(struct nvt_uplink *u, struct nvt_uplink_lane *lane, struct nvt_pass *p)
{
    bool open = nvt_link_open(u, p->now_ms);
    if (lane->state == (uint8_t)NVT_LANE_FREE) {
        fill_free(u, lane, open, p);
    }
    if (lane->state != (uint8_t)NVT_LANE_READY) {
        return;
    }
    if (is_too_late(u, lane, p->now_ms)) {
        nvt_lane_done(lane, NVT_SPOOL_EXPIRED);
        nvt_pass_wake(p, 0U);
    } else if (u->stopping) {
        (void)nvt_spool_put_back(u->config.spool, lane->entry.id);
        lane->state = (uint8_t)NVT_LANE_FREE;
    } else if (p->now_ms < lane->again_ms) {
        nvt_pass_wake(p, lane->again_ms);
    } else if (open) {
        begin(u, lane, p);
    } else {
        /* until the link opens, or another lane is done */
    }
}

void nvt_lane_step(struct nvt_uplink *u, struct nvt_uplink_lane *lane, struct nvt_pass *p)
{
    nvt_err err = nvt_call_step(&lane->call, &p->waits[p->count]);
    if (err == NVT_AGAIN) {
        p->count++;
        return;
    }
    nvt_lane_judge(u, lane, p->now_ms);
}
