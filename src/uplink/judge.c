/* SPDX-License-Identifier: Apache-2.0 */
/* What a call that has ended means for its entry, and for the link that all entries share. */
#include "parts.h"

enum { ODD_S = 3600 }; /* see note_date */

void nvt_lane_done(struct nvt_uplink_lane *lane, enum nvt_spool_state fate)
{
    lane->state = (uint8_t)NVT_LANE_DONE;
    lane->fate = (uint8_t)fate;
    lane->again_ms = 0;
    if (fate == NVT_SPOOL_DELIVERED) {
        lane->call.outcome.failure.err = NVT_OK;
    }
}

/* The credentials, the address or the certificate: no entry is at fault, and only people can help.
 */
static bool is_for_people(nvt_err err)
{
    bool trust = err <= NVT_E_TLS_VERSION && err >= NVT_E_TLS_PIN;
    bool credentials = (err <= NVT_E_CRED_EMPTY && err >= NVT_E_CRED_SIZE) ||
                       (err <= NVT_E_CRED_EDGE && err >= NVT_E_CRED_CUT);
    return trust || credentials || err == NVT_E_TLS_SETUP || err == NVT_E_TLS_CA ||
           err == NVT_E_ROUTE || err == NVT_E_UNAUTHORIZED || err == NVT_E_GRANT_REFUSED ||
           err == NVT_E_GRANT_LOGIN || err == NVT_E_REDIRECT;
}

/* Statuses that may be about this entry (a firewall that dislikes a word in it) or about all of
 * them (rights that were taken away, an API that has moved). */
static bool is_doubtful(uint16_t status)
{
    return (status >= 300U && status <= 399U) || (status >= 402U && status <= 407U) ||
           status == 410U || status == 421U || status == 426U || status == 451U;
}

/* A kept connection that had ended just before: nothing is wrong with the link. */
static bool was_stale(const struct nvt_call *call)
{
    nvt_err err = call->outcome.failure.err;
    bool ended = err == NVT_E_NET_CLOSED || err == NVT_E_NET_RESET || err == NVT_E_TLS_TRUNCATED;
    return ended && call->on_used && !call->received;
}

/* ---- failures ---- */

static void note_failure(struct nvt_uplink *u, const struct nvt_uplink_lane *lane)
{
    u->state.count.retries++;
    u->state.last = lane->call.outcome.failure;
}

static void set_aside(struct nvt_uplink *u, struct nvt_uplink_lane *lane, bool counts,
                      uint64_t first_ms, uint64_t now_ms)
{
    unsigned tries = nvt_spool_failures(u->config.spool, lane->entry.id) + 1U;
    /* The system just answered for it, or for another one as the caller says; where it is only
     * asked, nothing else can tell. */
    bool well = lane->absent || lane->entry.id < u->vouched_next || u->config.kind->ask == NULL ||
                u->config.kind->ask_first;
    if (counts && well && u->config.tries_max > 0U && tries >= u->config.tries_max) {
        lane->gave_up = true;
        nvt_lane_done(lane, NVT_SPOOL_REFUSED);
    } else {
        nvt_aside_put(u, lane, counts, first_ms, now_ms);
    }
}

/* The system, or what stands before it, failed on this entry; or the link did: then it counts for
 * nothing. */
static void failed(struct nvt_uplink *u, struct nvt_uplink_lane *lane, uint64_t now_ms)
{
    const struct nvt_outcome *o = &lane->call.outcome;
    bool people = is_for_people(o->failure.err) || (o->verdict == NVT_REFUSED && o->status < 500U);
    bool counts = !nvt_link_doubted(u, lane, people, now_ms);
    set_aside(u, lane, counts, people ? NVT_UPLINK_BLOCKED_MS : NVT_UPLINK_PAUSE_MS, now_ms);
}

/* No entry is at fault: nothing of it was sent, or no credentials were given. A redirect may be a
 * firewall's answer to this one, and so may an empty 404 once others went the same way; and some
 * have no right to what one entry names, and call that 401. */
static bool is_of_link(const struct nvt_uplink *u, const struct nvt_outcome *o)
{
    bool own = o->failure.err == NVT_E_REDIRECT || o->failure.err == NVT_E_UNAUTHORIZED ||
               (o->failure.err == NVT_E_ROUTE && u->state.count.delivered > 0U);
    bool people = is_for_people(o->failure.err) && !own;
    return people || (o->status == 0U && !o->arrived);
}

/* "Come back later". */
static bool is_told(const struct nvt_outcome *o)
{
    return o->retry_told && (o->status == 0U || o->status == 429U || o->status == 503U);
}

static void link_failed(struct nvt_uplink *u, struct nvt_uplink_lane *lane, uint64_t now_ms)
{
    if (is_for_people(lane->call.outcome.failure.err)) {
        nvt_link_blocked(u, lane, now_ms);
    } else {
        nvt_link_failed(u, lane, now_ms);
    }
    nvt_aside_put_back(u, lane);
}

static void told(struct nvt_uplink *u, struct nvt_uplink_lane *lane, uint64_t now_ms)
{
    uint64_t at_ms = lane->call.outcome.retry_at_ms;
    if (lane->call.outcome.status == 0U) {
        link_failed(u, lane, now_ms);
        return;
    }
    bool again = lane->deferred;
    bool all = nvt_link_told(u, lane, now_ms);
    lane->put_off = true;
    if (all) {
        nvt_aside_told(u, lane, now_ms);
    } else {
        set_aside(u, lane, again, at_ms > now_ms ? at_ms - now_ms : NVT_UPLINK_PAUSE_MS, now_ms);
    }
}

/* Our own count leaves no room: the look-ups' quota does not hold what is sent. */
static void wait_for_quota(struct nvt_uplink *u, struct nvt_uplink_lane *lane, uint64_t now_ms)
{
    uint64_t at_ms = lane->call.outcome.retry_at_ms;
    u->state.count.quota_waits++;
    if (lane->ask) {
        nvt_aside_wait(u, lane, at_ms, now_ms);
    } else {
        lane->state = (uint8_t)NVT_LANE_READY;
        lane->again_ms = at_ms;
    }
}

/* Not now. */
static void later(struct nvt_uplink *u, struct nvt_uplink_lane *lane, uint64_t now_ms)
{
    const struct nvt_outcome *o = &lane->call.outcome;
    note_failure(u, lane);
    if (o->status == 429U || o->failure.err == NVT_E_GRANT_QUOTA) {
        u->state.count.quota_waits++;
    }
    if (o->status == 0U && o->failure.err == NVT_E_QUOTA) {
        wait_for_quota(u, lane, now_ms);
    } else if (was_stale(&lane->call)) {
        lane->state = (uint8_t)NVT_LANE_READY; /* at once */
        lane->fresh = true;
    } else if (is_told(o)) {
        told(u, lane, now_ms);
    } else if (is_of_link(u, o)) {
        link_failed(u, lane, now_ms);
    } else {
        failed(u, lane, now_ms);
    }
}

/* Refused by a status that may not be about the entry: only when another one was delivered since it
 * was first refused so, the fault is its own. */
static void doubt(struct nvt_uplink *u, struct nvt_uplink_lane *lane, uint64_t now_ms)
{
    if (lane->doubted && lane->doubt_mark != u->state.count.delivered) {
        nvt_link_good(u, lane, now_ms);
        nvt_lane_done(lane, NVT_SPOOL_REFUSED);
        return;
    }
    note_failure(u, lane);
    lane->doubted = true;
    lane->doubt_mark = u->state.count.delivered;
    failed(u, lane, now_ms);
}

/* ---- answers ---- */

/* What the answer says of the system's clock, 0: nothing. nvt_call_facts would bring along what
 * reads all the other fields. */
static int64_t date_of(const struct nvt_call *call)
{
    struct nvt_span value;
    int64_t date_s = 0;
    bool told = call->outcome.status != 0U &&
                nvt_http_field_find(&call->response, NVT_LIT("Date"), &value) &&
                nvt_time_parse_http(value, &date_s) == NVT_OK;
    return told ? date_s : 0;
}

static void refused(struct nvt_uplink *u, struct nvt_uplink_lane *lane, uint64_t now_ms)
{
    const struct nvt_outcome *o = &lane->call.outcome;
    int64_t date_s = date_of(&lane->call);
    uint64_t wait_ms = 0;
    if (is_for_people(o->failure.err) || o->status >= 500U) {
        later(u, lane, now_ms);
    } else if (is_doubtful(o->status)) {
        doubt(u, lane, now_ms);
    } else if (o->status == 0U) {
        nvt_lane_done(lane, NVT_SPOOL_REFUSED);
    } else {
        nvt_link_good(u, lane, now_ms);
        date_s = date_s != 0 ? date_s : nvt_uplink_date_s(u, now_ms);
        if (nvt_lane_is_early(u, lane, &lane->call, date_s, &wait_ms)) {
            note_failure(u, lane);
            u->eager = false;
            nvt_aside_wait(u, lane, now_ms + wait_ms, now_ms);
        } else {
            nvt_lane_done(lane, NVT_SPOOL_REFUSED);
        }
    }
}

/* "I have it already" hides what the answer to the first one was, unless this was the first one. */
static bool is_first(const struct nvt_uplink *u, const struct nvt_uplink_lane *lane)
{
    return lane->entry.id >= u->old_next && lane->attempts == 1U && !lane->deferred &&
           !lane->call.outcome.arrived;
}

static void judge_sent(struct nvt_uplink *u, struct nvt_uplink_lane *lane, uint64_t now_ms)
{
    const struct nvt_outcome *o = &lane->call.outcome;
    bool can_ask = u->config.kind->ask != NULL;
    lane->ask = o->arrived && can_ask;
    switch (o->verdict) {
    case NVT_DELIVERED:
        nvt_link_good(u, lane, now_ms);
        nvt_lane_done(lane, NVT_SPOOL_DELIVERED);
        break;
    case NVT_DUPLICATE:
        nvt_link_good(u, lane, now_ms);
        lane->duplicate = true;
        lane->ask = can_ask && !is_first(u, lane);
        lane->state = (uint8_t)NVT_LANE_READY;
        if (!lane->ask) {
            nvt_lane_done(lane, NVT_SPOOL_DELIVERED);
        }
        break;
    case NVT_REFUSED:
        refused(u, lane, now_ms);
        break;
    case NVT_RETRY:
    case NVT_UNKNOWN:
    default:
        later(u, lane, now_ms);
        break;
    }
}

/* The look-up says neither: later. */
static void unsure(struct nvt_uplink *u, struct nvt_uplink_lane *lane, uint64_t now_ms)
{
    struct nvt_failure *f = &lane->call.outcome.failure;
    f->err = f->err == NVT_OK ? NVT_E_ANSWER : f->err;
    note_failure(u, lane);
    failed(u, lane, now_ms);
}

static void judge_known(struct nvt_uplink *u, struct nvt_uplink_lane *lane, uint64_t now_ms)
{
    enum nvt_uplink_known known = u->config.kind->known(&lane->call, lane->request.bytes);
    lane->state = (uint8_t)NVT_LANE_READY;
    if (known == NVT_UPLINK_MORE) {
        return;
    }
    lane->looked_up = true;
    /* One that is absent is sent next: only that tells whether the link is back. */
    if (known == NVT_UPLINK_REFUSED || known == NVT_UPLINK_THERE || lane->duplicate) {
        nvt_link_good(u, lane, now_ms);
    }
    if (known == NVT_UPLINK_REFUSED) {
        lane->call.outcome.failure.err = NVT_E_STATUS;
        nvt_lane_done(lane, NVT_SPOOL_REFUSED);
    } else if (known == NVT_UPLINK_THERE || lane->duplicate) {
        nvt_lane_done(lane, NVT_SPOOL_DELIVERED);
    } else if (known == NVT_UPLINK_ABSENT) {
        lane->ask = false;
        lane->looked_up = false;
        lane->absent = true;
    } else {
        unsure(u, lane, now_ms);
    }
}

static void judge_asked(struct nvt_uplink *u, struct nvt_uplink_lane *lane, uint64_t now_ms)
{
    const struct nvt_outcome *o = &lane->call.outcome;
    /* NVT_E_ANSWER: another form than the API's; known() is not sure of it then. */
    bool answered = o->verdict == NVT_DELIVERED || o->verdict == NVT_DUPLICATE ||
                    o->failure.err == NVT_E_ANSWER ||
                    (o->verdict == NVT_REFUSED && o->status != 0U && o->status < 500U &&
                     !is_for_people(o->failure.err));
    if (answered) {
        u->state.last_ok_ms = o->failure.err == NVT_E_ANSWER ? u->state.last_ok_ms : now_ms;
        judge_known(u, lane, now_ms);
    } else {
        later(u, lane, now_ms);
    }
}

/* A clock that is an hour further than it can be is believed when a second answer says so too: one
 * front whose clock is wrong must not have everything expire. */
static void note_date(struct nvt_uplink *u, const struct nvt_call *call, uint64_t now_ms)
{
    int64_t date_s = date_of(call);
    int64_t ahead_s = date_s - nvt_uplink_date_s(u, now_ms);
    int64_t began_s = date_s - (int64_t)(now_ms / 1000U);
    int64_t apart_s = began_s - u->odd_s;
    if (date_s == 0) {
        return;
    }
    if (u->date_s != 0 && ahead_s > (int64_t)ODD_S &&
        (apart_s > (int64_t)ODD_S || apart_s < -(int64_t)ODD_S)) {
        u->odd_s = began_s;
        return;
    }
    u->odd_s = 0;
    u->date_s = date_s;
    u->date_mono_ms = now_ms;
}

void nvt_lane_judge(struct nvt_uplink *u, struct nvt_uplink_lane *lane, uint64_t now_ms)
{
    bool asked = lane->state == (uint8_t)NVT_LANE_ASKING;
    note_date(u, &lane->call, now_ms);
    nvt_link_end(u, lane);
    if (asked) {
        judge_asked(u, lane, now_ms);
    } else {
        judge_sent(u, lane, now_ms);
    }
    if (lane->state == (uint8_t)NVT_LANE_FREE) { /* its entry is back in the spool */
        lane->again_ms = now_ms + (uint64_t)NVT_UPLINK_IDLE_MS;
    }
}
