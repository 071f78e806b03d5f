/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the uplink room share. An entry's way through a lane:
 *
 *     FREE -> READY -> SENDING -> DONE -> FREE
 *               ^  \-> ASKING -/ |
 *               +----------------+   later: the link failed, or what became of it is asked first
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

void nvt_pass_wake(struct nvt_pass *p, uint64_t at_ms);

/* The system's own time as far as its answers told it; 0: not yet. */
int64_t nvt_uplink_date_s(const struct nvt_uplink *u, uint64_t now_ms);

/* ---- lane.c: one entry's way ---- */

/* The bytes of the lane's entry. */
struct nvt_span nvt_lane_bytes(const struct nvt_uplink *u, const struct nvt_uplink_lane *lane);

/* Moves the call under way on. */
void nvt_lane_step(struct nvt_uplink *u, struct nvt_uplink_lane *lane, struct nvt_pass *p);

/* Begins a call for the entry if it may go now; takes one from the spool where there is none. */
void nvt_lane_fill(struct nvt_uplink *u, struct nvt_uplink_lane *lane, struct nvt_pass *p);

/* ---- judge.c: what a call that ended means for its entry and for the link ---- */

void nvt_lane_judge(struct nvt_uplink *u, struct nvt_uplink_lane *lane, uint64_t now_ms);

/* The entry's fate is known. */
void nvt_lane_done(struct nvt_uplink_lane *lane, enum nvt_spool_state fate);

/* ---- settle.c: receipts and marks ---- */

/* Tells of and marks all entries whose fate is known, with one sync of the device. */
void nvt_settle_all(struct nvt_uplink *u, struct nvt_pass *p);

/* ---- aside.c: entries that fail while others do not ---- */

/* Puts the lane's entry aside; false when there is no room, it then waits in its lane. */
bool nvt_aside_put(struct nvt_uplink *u, struct nvt_uplink_lane *lane, uint64_t until_ms);

/* Puts it aside until the system's clock has come to its time, and where there is no room back into
 * the spool: until then nothing that is less urgent is taken. */
void nvt_aside_early(struct nvt_uplink *u, struct nvt_uplink_lane *lane, uint64_t until_ms);

/* Is an entry that is due then not to be taken yet? */
bool nvt_aside_is_early(const struct nvt_uplink *u, uint32_t due_s, uint64_t now_ms);

/* Those whose time has come are put back; all of them when stopping. */
void nvt_aside_return(struct nvt_uplink *u, struct nvt_pass *p);

/* An entry was taken: what was known of it when it was put aside. */
void nvt_aside_recall(struct nvt_uplink *u, struct nvt_uplink_lane *lane);

/* ---- link.c: the one way out that all lanes share ---- */

/* May a call begin now? */
bool nvt_link_open(const struct nvt_uplink *u, uint64_t now_ms);

/* The lane's call begins. */
void nvt_link_begin(struct nvt_uplink *u, const struct nvt_uplink_lane *lane);

/* It has ended: lane->speaks tells whether it counts for the link. */
void nvt_link_end(struct nvt_uplink *u, struct nvt_uplink_lane *lane);

/* A whole answer came from the system itself. */
void nvt_link_good(struct nvt_uplink *u, const struct nvt_uplink_lane *lane, uint64_t now_ms);

/* The lane's attempt failed for a reason that all others would meet too. */
void nvt_link_failed(struct nvt_uplink *u, const struct nvt_uplink_lane *lane, uint64_t now_ms);

/* The same where only people can help. */
void nvt_link_blocked(struct nvt_uplink *u, const struct nvt_uplink_lane *lane, uint64_t now_ms);

/* A number from low to high, both included. */
uint64_t nvt_link_random(struct nvt_uplink *u, uint64_t low, uint64_t high);

#endif
