/* SPDX-License-Identifier: Apache-2.0 */
/* What a call that has ended means for its entry, and for the link that all entries share. */
#include "parts.h"

enum {
    HOPELESS = 3,       /* times that the server fell over an entry until it is put aside */
    ODD_S = 3600,       /* see note_date */
    EARLY_MARGIN_S = 30 /* between the clock that judges and the one that writes the Date */
};

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

static uint64_t long_pause_ms(struct nvt_uplink *u)
{
    return nvt_link_random(u, (uint64_t)NVT_UPLINK_PAUSE_MAX_MS / 2U, NVT_UPLINK_PAUSE_MAX_MS);
}

/* How many requests of this entry got no answer, the one that just ended included; 0: that one did.
 * In an outage, where no other answer comes between them, they count as one. */
static uint32_t count_losses(const struct nvt_uplink *u, struct nvt_uplink_lane *lane)
{
    const struct nvt_outcome *o = &lane->call.outcome;
    uint32_t mark = (uint32_t)u->state.last_ok_ms;
    if (o->status != 0U || !o->arrived || was_stale(&lane->call)) {
        return 0;
    }
    if (lane->loss_mark != mark && lane->losses < UINT8_MAX) {
        lane->losses++;
    }
    lane->loss_mark = mark;
    return lane->losses;
}

/* Does it look as if the server, or what stands before it, fell over this entry? *out_ms: for how
 * long it goes aside. That is what a 500 says; other statuses and answers that do not come may as
 * well be the gateway's or the network's fault, so it is back sooner at first. A 503 speaks for the
 * whole system. */
static bool is_hopeless(struct nvt_uplink *u, struct nvt_uplink_lane *lane, uint64_t *out_ms)
{
    const struct nvt_outcome *o = &lane->call.outcome;
    bool fell = o->status >= 500U && o->status != 503U;
    uint32_t times = fell ? lane->attempts : count_losses(u, lane);
    if (times < (uint32_t)HOPELESS) {
        return false;
    }
    uint32_t more = times - (uint32_t)HOPELESS;
    uint64_t first_ms = 8U * (uint64_t)NVT_UPLINK_PAUSE_MS << (more < 8U ? more : 8U);
    *out_ms = long_pause_ms(u);
    if (o->status != 500U && first_ms < *out_ms) {
        *out_ms = nvt_link_random(u, first_ms, 2U * first_ms);
    }
    return true;
}

/* It failed by its own fault, as far as can be told, and as often as it may. */
static bool gives_up(const struct nvt_uplink *u, struct nvt_uplink_lane *lane)
{
    const struct nvt_outcome *o = &lane->call.outcome;
    bool answered = o->status >= 500U && o->status != 503U;
    bool lost = o->status == 0U && o->arrived && !was_stale(&lane->call);
    if (u->config.tries_max == 0U || (!answered && !lost)) {
        return false;
    }
    lane->tries++;
    lane->gave_up = lane->tries >= u->config.tries_max;
    return lane->gave_up;
}

static void put_off(struct nvt_uplink *u, struct nvt_uplink_lane *lane)
{
    lane->state = (uint8_t)NVT_LANE_READY;
    u->state.count.retries++;
    u->state.last = lane->call.outcome.failure;
}

/* Not now: the entry goes out again, or is asked after, once the link is back. */
static void later(struct nvt_uplink *u, struct nvt_uplink_lane *lane, uint64_t now_ms)
{
    const struct nvt_outcome *o = &lane->call.outcome;
    bool own_quota = o->status == 0U && o->failure.err == NVT_E_QUOTA;
    uint64_t pause_ms = 0;
    put_off(u, lane);
    u->state.count.quota_waits +=
        own_quota || o->status == 429U || o->failure.err == NVT_E_GRANT_QUOTA ? 1U : 0U;
    if (own_quota) {
        lane->again_ms = o->retry_at_ms; /* the look-ups' quota does not hold what is sent */
    } else if (is_for_people(o->failure.err)) {
        nvt_link_blocked(u, lane, now_ms);
    } else if (!was_stale(&lane->call)) {
        nvt_link_failed(u, lane, now_ms);
    } else {
        lane->fresh = true; /* at once */
    }
    if (gives_up(u, lane)) {
        nvt_lane_done(lane, NVT_SPOOL_REFUSED);
    } else if (is_hopeless(u, lane, &pause_ms)) {
        (void)nvt_aside_put(u, lane, now_ms + pause_ms);
    } else {
        /* it waits in its lane */
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
    put_off(u, lane);
    lane->doubted = true;
    lane->doubt_mark = u->state.count.delivered;
    nvt_link_blocked(u, lane, now_ms);
    /* Behind the others, so that one of them tries the link. */
    (void)nvt_aside_put(u, lane, u->state.resume_ms + (uint64_t)NVT_UPLINK_PAUSE_MS);
}

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

/* Refused for the time being: true and *out_ms, how long to wait. It ends: the system's clock moves
 * on, and an entry that is refused behind its time is refused for good. */
static bool is_early(const struct nvt_uplink *u, struct nvt_uplink_lane *lane, uint64_t now_ms,
                     uint64_t *out_ms)
{
    const struct nvt_uplink_kind *kind = u->config.kind;
    int64_t own_s = date_of(&lane->call);
    int64_t date_s = own_s != 0 ? own_s : nvt_uplink_date_s(u, now_ms);
    int64_t at_s = kind->not_before == NULL || date_s == 0
                       ? 0
                       : kind->not_before(&lane->call, nvt_lane_bytes(u, lane));
    int64_t wait_s = at_s + (int64_t)EARLY_MARGIN_S - date_s;
    bool early = at_s != 0 && wait_s > 0 && wait_s <= (int64_t)NVT_UPLINK_EARLY_MAX_S;
    *out_ms = early ? (uint64_t)wait_s * 1000U : 0U;
    return early;
}

static void refused(struct nvt_uplink *u, struct nvt_uplink_lane *lane, uint64_t now_ms)
{
    const struct nvt_outcome *o = &lane->call.outcome;
    uint64_t wait_ms = 0;
    if (is_for_people(o->failure.err) || o->status >= 500U) {
        later(u, lane, now_ms);
    } else if (is_doubtful(o->status)) {
        doubt(u, lane, now_ms);
    } else if (o->status == 0U) {
        nvt_lane_done(lane, NVT_SPOOL_REFUSED);
    } else {
        nvt_link_good(u, lane, now_ms);
        if (is_early(u, lane, now_ms, &wait_ms)) {
            put_off(u, lane);
            nvt_aside_early(u, lane, now_ms + wait_ms);
        } else {
            nvt_lane_done(lane, NVT_SPOOL_REFUSED);
        }
    }
}

/* "I have it already" hides what the answer to the first one was, unless this was the first one. */
static bool is_first(const struct nvt_uplink *u, const struct nvt_uplink_lane *lane)
{
    return lane->entry.id >= u->old_next && lane->attempts == 1U && !lane->call.outcome.arrived;
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

/* The look-up says neither: later, without holding up the others. */
static void unsure(struct nvt_uplink *u, struct nvt_uplink_lane *lane, uint64_t now_ms)
{
    put_off(u, lane);
    (void)nvt_aside_put(u, lane, now_ms + long_pause_ms(u));
}

static void judge_known(struct nvt_uplink *u, struct nvt_uplink_lane *lane, uint64_t now_ms)
{
    enum nvt_uplink_known known = u->config.kind->known(&lane->call, lane->request.bytes);
    lane->state = (uint8_t)NVT_LANE_READY;
    if (known == NVT_UPLINK_MORE) {
        return;
    }
    lane->looked_up = true;
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
        nvt_link_good(u, lane, now_ms);
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
    if (lane->state == (uint8_t)NVT_LANE_FREE) { /* its entry is aside */
        lane->again_ms = now_ms + (uint64_t)NVT_UPLINK_IDLE_MS;
    }
}
