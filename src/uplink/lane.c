/* SPDX-License-Identifier: Apache-2.0 */
/* One entry's way: taken from the spool, sent or asked after, until its call has ended. */
#include "parts.h"

enum { EARLY_MARGIN_S = 30 }; /* between the clock that judges and the one that writes the Date */

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

static void begin_turn(struct nvt_uplink_lane *lane, enum nvt_spool_order order, uint64_t now_ms)
{
    lane->begun_ms = now_ms;
    lane->deferred = order == NVT_SPOOL_DEFERRED;
    lane->urgent = order == NVT_SPOOL_URGENT;
    lane->attempts = 0;
    lane->again_ms = 0;
    lane->duplicate = false;
    lane->doubted = false;
    lane->told = false;
    lane->looked_up = false;
    lane->absent = false;
    lane->fresh = false;
    lane->gave_up = false;
    lane->put_off = false;
    (void)memset(&lane->request, 0, sizeof lane->request);
    (void)memset(&lane->call.outcome, 0, sizeof lane->call.outcome);
}

/* Before its last try an entry is looked up: a system that answers that is well, and what fails
 * then is the entry's own fault. */
static bool is_last_try(const struct nvt_uplink *u, const struct nvt_uplink_lane *lane)
{
    unsigned tries = nvt_spool_failures(u->config.spool, lane->entry.id) + 1U;
    return u->config.kind->ask != NULL && u->config.tries_max > 0U && tries >= u->config.tries_max;
}

/* What failed before may have arrived. NVT_E_SPOOL_EMPTY, _OUT: nothing to take now; NVT_E_SPACE:
 * it fits into no body, so nobody will ever send it. */
static nvt_err take(struct nvt_uplink *u, struct nvt_uplink_lane *lane, enum nvt_spool_order order,
                    uint64_t now_ms)
{
    struct nvt_buf body;
    nvt_buf_init(&body, body_of(u, lane), u->config.body_cap);
    nvt_err err = nvt_spool_pick_by(u->config.spool, order, &body, &lane->entry);
    if (err == NVT_E_SPACE) {
        err = nvt_spool_pick_by(u->config.spool, order, NULL, &lane->entry);
        err = err == NVT_OK ? NVT_E_SPACE : err;
    }
    if (err == NVT_OK || err == NVT_E_SPACE) {
        const struct nvt_uplink_kind *kind = u->config.kind;
        begin_turn(lane, order, now_ms);
        lane->state = (uint8_t)NVT_LANE_READY;
        lane->ask = (lane->deferred && kind->ask != NULL) ||
                    (kind->ask_first && lane->entry.id < u->old_next);
        nvt_aside_recall(u, lane);
        lane->ask = lane->ask || is_last_try(u, lane);
    }
    if (err == NVT_E_SPACE) {
        refuse(lane, NVT_E_SPOOL_SIZE);
    }
    return err;
}

bool nvt_lane_is_early(const struct nvt_uplink *u, const struct nvt_uplink_lane *lane,
                       struct nvt_call *call, int64_t date_s, uint64_t *out_ms)
{
    const struct nvt_uplink_kind *kind = u->config.kind;
    int64_t at_s = kind->not_before == NULL || date_s == 0
                       ? 0
                       : kind->not_before(call, nvt_lane_bytes(u, lane));
    int64_t wait_s = at_s + (int64_t)EARLY_MARGIN_S - date_s;
    bool early = at_s != 0 && wait_s > 0 && wait_s <= (int64_t)NVT_UPLINK_EARLY_MAX_S;
    *out_ms = early ? (uint64_t)wait_s * 1000U : 0U;
    return early;
}

/* The next deferred one whose time has come; a few that are early are passed over. Where there are
 * more, or others beside them, the next look is soon. */
static nvt_err take_deferred(struct nvt_uplink *u, struct nvt_uplink_lane *lane, uint64_t now_ms)
{
    enum { LOOKS = 4 };
    uint32_t waiting = nvt_uplink_crowd(u).waiting;
    uint64_t first_ms = UINT64_MAX;
    for (uint32_t i = 0; i < (uint32_t)LOOKS && i < waiting; i++) {
        uint64_t wait_ms = 0;
        nvt_err err = take(u, lane, NVT_SPOOL_DEFERRED, now_ms);
        if (err != NVT_OK || u->eager ||
            !nvt_lane_is_early(u, lane, NULL, nvt_uplink_date_s(u, now_ms), &wait_ms)) {
            return err;
        }
        (void)nvt_spool_defer(u->config.spool, lane->entry.id, false, false);
        lane->state = (uint8_t)NVT_LANE_FREE;
        first_ms = wait_ms < first_ms ? wait_ms : first_ms;
    }
    bool all = waiting <= (uint32_t)LOOKS && first_ms != UINT64_MAX;
    u->retry_ms = now_ms + (all ? first_ms : (uint64_t)NVT_UPLINK_PAUSE_MS);
    return NVT_E_SPOOL_EMPTY;
}

/* Where the most urgent ones fail they have the share of those that failed before. While the link
 * is not up the newest and the most urgent one try it by turns. What fails may stand together. */
static bool takes_newest(const struct nvt_uplink *u)
{
    bool up = u->state.link == NVT_UPLINK_UP;
    /* A run that must end takes in what goes out: there is always news, and each newest one may
     * stand at the same place of a pattern as the one before. */
    bool news = u->config.tries_max == 0U && nvt_link_has_news(u);
    return up ? u->urgent_fails && u->credit_ms < 0 : u->newest || news;
}

/* The most urgent one, or a deferred one when that is due. While the link is not up each attempt
 * takes one that has not failed, if there is one. */
static nvt_err take_next(struct nvt_uplink *u, struct nvt_uplink_lane *lane, uint64_t now_ms)
{
    bool up = u->state.link == NVT_UPLINK_UP;
    bool others = nvt_uplink_crowd(u).others > 0U;
    nvt_err err = NVT_E_SPOOL_EMPTY;
    if (up ? nvt_aside_is_due(u, now_ms) : !others) {
        err = take_deferred(u, lane, now_ms);
    }
    if (err == NVT_E_SPOOL_EMPTY && others && takes_newest(u)) {
        err = take(u, lane, NVT_SPOOL_NEWEST, now_ms);
    } else if (err == NVT_E_SPOOL_EMPTY) {
        err = take(u, lane, NVT_SPOOL_URGENT, now_ms);
    } else {
        /* taken, or the device failed */
    }
    u->newest = !up && !u->newest;
    return err;
}

static void fetch(struct nvt_uplink *u, struct nvt_uplink_lane *lane, struct nvt_pass *p)
{
    nvt_err err = p->now_ms < u->device_ms ? NVT_E_SPOOL_EMPTY : take_next(u, lane, p->now_ms);
    if (err == NVT_E_SPACE) {
        nvt_pass_wake(p, 0U);
    }
    if (err == NVT_E_SPOOL_IO) {
        u->device_ms = p->now_ms + (uint64_t)NVT_UPLINK_PAUSE_MS;
        p->err = err;
    }
    if (p->now_ms < u->device_ms) {
        nvt_pass_wake(p, u->device_ms);
    }
    if (p->now_ms < u->retry_ms && nvt_uplink_crowd(u).waiting > 0U) {
        nvt_pass_wake(p, u->retry_ms);
    }
}

/* ---- beginning ---- */

/* The entry cannot even be sent; with a look-up that cannot be made, it is sent without where
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
    bool idle = lane->state == (uint8_t)NVT_LANE_FREE && lane->call.conn.phase != NVT_CONN_CLOSED;
    if (idle && (u->stopping || p->now_ms >= lane->again_ms)) {
        nvt_conn_close(&lane->call.conn);
    } else if (idle) {
        nvt_pass_wake(p, lane->again_ms);
    } else {
        /* there is none, or it has an entry now */
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
        nvt_aside_put_back(u, lane);
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
