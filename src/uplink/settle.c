/* SPDX-License-Identifier: Apache-2.0 */
/* An entry's end: its fate is told to the caller, then marked in the spool. */
#include "parts.h"

enum { REASON_CAP = 96 }; /* the spool keeps 64 bytes of it */

static void put_cut(struct nvt_buf *out, struct nvt_span text)
{
    size_t room = out->cap - out->len;
    nvt_buf_put(out, nvt_span_of(text.ptr, text.len < room ? text.len : room));
}

/* Our own name of the error, or its number where names were left out. */
static void put_error(struct nvt_buf *out, nvt_err err)
{
#if NVT_ERR_SENTENCES
    put_cut(out, nvt_span_str(nvt_err_name(err)));
#else
    nvt_buf_put_i64(out, (int64_t)err);
#endif
}

/* The system's labels, else its code and words, else the error. */
static void put_reason(const struct nvt_uplink *u, struct nvt_uplink_lane *lane,
                       struct nvt_buf *out)
{
    const struct nvt_failure *f = &lane->call.outcome.failure;
    if (u->config.kind->reason != NULL && lane->call.outcome.status != 0U) {
        u->config.kind->reason(&lane->call, out);
    }
    if (out->len > 0U) {
        return;
    }
    out->overflow = false;
    put_cut(out, nvt_span_str(f->code));
    if (f->code[0] != '\0' && f->message[0] != '\0') {
        put_cut(out, NVT_LIT(" "));
    }
    put_cut(out, nvt_span_str(f->message));
    if (out->len == 0U) {
        put_error(out, f->err);
    }
}

/* What the receipt says of the last call, or that there was none. */
static void fill(const struct nvt_uplink *u, struct nvt_uplink_lane *lane,
                 struct nvt_uplink_receipt *r, struct nvt_buf *reason)
{
    *r = (struct nvt_uplink_receipt){
        .id = lane->entry.id,
        .state = (enum nvt_spool_state)lane->fate,
        .duplicate = lane->duplicate && lane->fate == (uint8_t)NVT_SPOOL_DELIVERED,
        .gave_up = lane->gave_up,
        .unsure = lane->gave_up && lane->ask,
        .reason = NVT_LIT(""),
        .entry = nvt_lane_bytes(u, lane),
        .failure = &lane->call.outcome.failure,
    };
    if (lane->entry.len > u->config.body_cap) {
        r->entry = NVT_LIT("");
    }
    if (lane->fate == (uint8_t)NVT_SPOOL_REFUSED) {
        put_reason(u, lane, reason);
        r->reason = nvt_buf_span(reason);
    }
    if (lane->fate != (uint8_t)NVT_SPOOL_EXPIRED && !lane->looked_up) {
        r->status = lane->call.outcome.status;
    }
}

static bool tell(struct nvt_uplink *u, struct nvt_uplink_lane *lane,
                 const struct nvt_uplink_receipt *r)
{
    if (!lane->told && u->config.settled != NULL) {
        lane->told = u->config.settled(u->config.ctx, r) == NVT_OK;
        u->state.count.report_failures += lane->told ? 0U : 1U;
        return lane->told;
    }
    return true;
}

static void count(struct nvt_uplink *u, const struct nvt_uplink_receipt *r)
{
    struct nvt_uplink_counters *c = &u->state.count;
    c->delivered += r->state == NVT_SPOOL_DELIVERED ? 1U : 0U;
    c->duplicates += r->duplicate ? 1U : 0U;
    c->refused += r->state == NVT_SPOOL_REFUSED ? 1U : 0U;
    c->expired += r->state == NVT_SPOOL_EXPIRED ? 1U : 0U;
}

static void settle(struct nvt_uplink *u, struct nvt_uplink_lane *lane, struct nvt_pass *p)
{
    uint8_t text[REASON_CAP];
    struct nvt_buf reason;
    struct nvt_uplink_receipt r;
    nvt_buf_init(&reason, text, sizeof text);
    fill(u, lane, &r, &reason);
    bool told = tell(u, lane, &r);
    nvt_err err =
        told ? nvt_spool_settle(u->config.spool, r.id, r.state, r.status, r.reason) : NVT_OK;
    /* One that the spool does not know as out was undone by a commit that failed: there is nothing
     * to mark, now or later. */
    if (told && (err == NVT_OK || err == NVT_E_ARG)) {
        if (err == NVT_OK) {
            count(u, &r);
        }
        nvt_aside_ended(u, lane, p->now_ms);
        lane->state = (uint8_t)NVT_LANE_FREE;
        lane->again_ms = p->now_ms + (uint64_t)NVT_UPLINK_IDLE_MS;
    } else {
        p->err = err != NVT_OK ? NVT_E_SPOOL_IO : p->err;
        lane->again_ms = p->now_ms + (uint64_t)NVT_UPLINK_PAUSE_MS;
    }
}

/* What was marked since the last commit is pending again: it was told and counted too early, is
 * taken once more after a pause, and may have arrived. */
static void undo(struct nvt_uplink *u, const struct nvt_uplink_counters *before, struct nvt_pass *p)
{
    struct nvt_uplink_counters *c = &u->state.count;
    c->delivered = before->delivered;
    c->duplicates = before->duplicates;
    c->refused = before->refused;
    c->expired = before->expired;
    u->old_next = u->old_next > u->config.spool->now.next ? u->old_next : u->config.spool->now.next;
    u->device_ms = p->now_ms + (uint64_t)NVT_UPLINK_PAUSE_MS;
    p->err = NVT_E_SPOOL_IO;
}

void nvt_settle_all(struct nvt_uplink *u, struct nvt_pass *p)
{
    const struct nvt_uplink_counters before = u->state.count;
    nvt_spool_hold(u->config.spool);
    for (uint8_t i = 0; i < u->config.lane_count; i++) {
        struct nvt_uplink_lane *lane = &u->config.lanes[i];
        if (lane->state == (uint8_t)NVT_LANE_DONE && p->now_ms >= lane->again_ms) {
            settle(u, lane, p);
        }
        if (lane->state == (uint8_t)NVT_LANE_DONE && u->stopping) {
            nvt_aside_put_back(u, lane); /* told of next time */
        } else if (lane->state == (uint8_t)NVT_LANE_DONE) {
            nvt_pass_wake(p, lane->again_ms);
        } else {
            /* free again, or not done yet */
        }
    }
    if (nvt_spool_commit(u->config.spool) != NVT_OK) {
        undo(u, &before, p);
    }
}
