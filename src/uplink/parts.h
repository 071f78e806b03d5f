/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the uplink room share. An entry's turn in a lane:
 *
 *     FREE -> READY -> SENDING -> DONE -> FREE
 *       ^       ^  \-> ASKING -/ |
 *       |       +----------------+   what became of it is asked first
 *       +------------------------+   it failed (back behind the others), or the link did (back to
 *                                    its place)
 */
#ifndef NAVETTE_UPLINK_PARTS_H
#define NAVETTE_UPLINK_PARTS_H

#include <navette/uplink.h>

/* nvt_uplink_lane.state */
enum nvt_lane_state {
    NVT_LANE_FREE,
    NVT_LANE_READY, /* has an entry that waits to go out */
    NVT_LANE_SENDING,
    NVT_LANE_ASKING,
    NVT_LANE_DONE /* its fate is known and not marked yet */
};

/* One step of the whole: what it found to wait for. */
struct nvt_pass {
    uint64_t now_ms;
    uint64_t wake_ms; /* the earliest time at which there is something to do; UINT64_MAX */
    struct nvt_wait *waits;
    size_t count;
    nvt_err err; /* of the device */
};

/* ---- common.c ---- */

void nvt_pass_wake(struct nvt_pass *p, uint64_t at_ms);

/* The system's own time as far as its answers told it; 0: not yet. */
int64_t nvt_uplink_date_s(const struct nvt_uplink *u, uint64_t now_ms);

/* Who wants a lane. */
struct nvt_crowd {
    uint32_t others;        /* pending entries that did not fail and are in no lane */
    uint32_t waiting;       /* deferred ones that are in no lane */
    uint32_t busy_deferred; /* lanes with a deferred one */
};

struct nvt_crowd nvt_uplink_crowd(const struct nvt_uplink *u);

/* ---- lane.c: one entry's way ---- */

/* The bytes of the lane's entry. */
struct nvt_span nvt_lane_bytes(const struct nvt_uplink *u, const struct nvt_uplink_lane *lane);

/* Moves the call under way on. */
void nvt_lane_step(struct nvt_uplink *u, struct nvt_uplink_lane *lane, struct nvt_pass *p);

/* Begins a call for the entry if it may go now; takes one from the spool where there is none. */
void nvt_lane_fill(struct nvt_uplink *u, struct nvt_uplink_lane *lane, struct nvt_pass *p);

/* Is its time not there yet, when it is date_s (0: not known)? *out_ms: how long it waits. call
 * NULL: as far as the entry alone tells. */
bool nvt_lane_is_early(const struct nvt_uplink *u, const struct nvt_uplink_lane *lane,
                       struct nvt_call *call, int64_t date_s, uint64_t *out_ms);

/* ---- judge.c: what a call that ended means for its entry and for the link ---- */

void nvt_lane_judge(struct nvt_uplink *u, struct nvt_uplink_lane *lane, uint64_t now_ms);

/* The entry's fate is known. */
void nvt_lane_done(struct nvt_uplink_lane *lane, enum nvt_spool_state fate);

/* ---- settle.c: receipts and marks ---- */

/* Tells of and marks all entries whose fate is known, with one sync of the device. */
void nvt_settle_all(struct nvt_uplink *u, struct nvt_pass *p);

/* ---- aside.c: entries that failed, behind those that did not ---- */

/* May one of them take a lane now, beside the others? */
bool nvt_aside_is_due(const struct nvt_uplink *u, uint64_t now_ms);

/* The lane's turn is over without its entry's end: the entry failed. counts: by its own fault; it
 * comes again after first_ms or more. */
void nvt_aside_put(struct nvt_uplink *u, struct nvt_uplink_lane *lane, bool counts,
                   uint64_t first_ms, uint64_t now_ms);

/* The same where all wait, as the server said: it is the next of those that failed once they go on,
 * but one that did not fail goes first. */
void nvt_aside_told(struct nvt_uplink *u, struct nvt_uplink_lane *lane, uint64_t now_ms);

/* The same of one that waits for a time. */
void nvt_aside_wait(struct nvt_uplink *u, struct nvt_uplink_lane *lane, uint64_t until_ms,
                    uint64_t now_ms);

/* The turn is over and nothing is the entry's fault: back to its place. */
void nvt_aside_put_back(struct nvt_uplink *u, struct nvt_uplink_lane *lane);

/* A deferred entry was taken: what is remembered of it. */
void nvt_aside_recall(struct nvt_uplink *u, struct nvt_uplink_lane *lane);

/* The lane's turn is over with its entry's end. */
void nvt_aside_ended(struct nvt_uplink *u, const struct nvt_uplink_lane *lane, uint64_t now_ms);

/* ---- link.c: the one way out that all lanes share ---- */

/* May a call begin now? */
bool nvt_link_open(const struct nvt_uplink *u, uint64_t now_ms);

/* When it may begin, while the link is held or blocked. */
uint64_t nvt_link_resume_ms(const struct nvt_uplink *u);

/* Did entries come in since a call began last? */
bool nvt_link_has_news(const struct nvt_uplink *u);

/* The lane's call begins. */
void nvt_link_begin(struct nvt_uplink *u, const struct nvt_uplink_lane *lane);

/* It has ended: lane->speaks tells whether it counts for the link. */
void nvt_link_end(struct nvt_uplink *u, struct nvt_uplink_lane *lane);

/* A whole answer came from the system itself. */
void nvt_link_good(struct nvt_uplink *u, const struct nvt_uplink_lane *lane, uint64_t now_ms);

/* The lane's attempt failed for a reason that all others meet too. */
void nvt_link_failed(struct nvt_uplink *u, const struct nvt_uplink_lane *lane, uint64_t now_ms);

/* The system said when to come back. True: that is for all, and the link is held; false: only this
 * entry waits.
 *
 * A quota is for whoever comes next, so that the link is held to the end of what was told, and
 * another entry tries it then. But some answer so to single entries, each of which would hold all
 * others anew. What tells them apart is one that passes within the told time. So where such a hold
 * ended well the next one is looked into, soon, by others; when one of them passes, told times are
 * the entries' own until several are told in a row. When none does the told time is kept, and twice
 * as many more are before the next look. An entry that is told once more, after it waited and
 * others passed, waits alone. */
bool nvt_link_told(struct nvt_uplink *u, const struct nvt_uplink_lane *lane, uint64_t now_ms);

/* The same where only people can help. */
void nvt_link_blocked(struct nvt_uplink *u, const struct nvt_uplink_lane *lane, uint64_t now_ms);

/* It failed for a reason that may be the entry's or the link's (people: and only people can help).
 * True: it is taken for the link's, since others that were not tried before failed in a row too. */
bool nvt_link_doubted(struct nvt_uplink *u, const struct nvt_uplink_lane *lane, bool people,
                      uint64_t now_ms);

/* A pause after failures since since_ms: at least first_ms, unless the most urgent entry has little
 * time left. */
uint64_t nvt_link_pause_ms(struct nvt_uplink *u, uint64_t since_ms, uint64_t first_ms,
                           uint64_t now_ms);

/* The longest pause with which the most urgent entry is tried several times before it is due. */
uint64_t nvt_link_most_ms(const struct nvt_uplink *u, uint64_t floor_ms, uint64_t now_ms);

/* A number from low to high, both included. */
uint64_t nvt_link_random(struct nvt_uplink *u, uint64_t low, uint64_t high);

#endif
