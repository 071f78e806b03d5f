/* SPDX-License-Identifier: Apache-2.0 */
/* An uplink with its spool on a simulated flash and the scripted network. */
#ifndef NAVETTE_TESTS_UPLINK_WORLD_H
#define NAVETTE_TESTS_UPLINK_WORLD_H

#include "../../port/sim/flash.h"
#include "world.h"

#include <navette/uplink.h>

enum { UP_BLOCK = 4096, UP_BLOCKS = 16, UP_LANES = 4, UP_BODY = 512, UP_TOLD = 64, UP_PICKS = 64 };

/* What a receipt said. */
struct up_told {
    uint32_t id;
    enum nvt_spool_state state;
    uint16_t status;
    bool duplicate;
    nvt_err err;
    char reason[97];
    char entry[UP_BODY + 1];
};

struct up_world {
    struct nvt_sim sim;
    struct nvt_tls_config tls;
    struct nvt_client client;
    struct nvt_sim_flash flash;
    struct nvt_spool spool;
    struct nvt_spool_config spool_config;
    struct nvt_uplink uplink;
    struct nvt_uplink_config config;
    struct nvt_uplink_lane lanes[UP_LANES];
    uint8_t bodies[UP_LANES * UP_BODY];
    struct up_told told[UP_TOLD];
    size_t told_count;
    size_t refuse_told; /* receipts that are not taken */
    uint8_t mem[UP_BLOCK * UP_BLOCKS], synced[UP_BLOCK * UP_BLOCKS];
    uint8_t buffer[1024], window[256];
    struct nvt_spool_entry picks[UP_PICKS];
    uint8_t sent[65536];
};

/* A world with an empty spool, a static token and lane_count lanes; the uplink is not started. */
void up_init(struct up_world *w, const struct nvt_uplink_kind *kind, uint8_t lane_count,
             const struct nvt_sim_script *scripts, size_t count);

void up_start(struct up_world *w);

/* Mounts the spool anew and starts the uplink, as after a power cut. */
void up_restart(struct up_world *w);

/* Appends {"operator_journey_id":"name",...}. */
uint32_t up_append(struct up_world *w, const char *name, uint32_t due_s);

/* One step; then the clock is at what it waits for, at most at end_ms. False when the step said
 * that there is nothing to do, or end_ms has come. */
bool up_step(struct up_world *w, uint64_t end_ms);

/* Steps until the time has come or nothing is left to do. */
void up_run(struct up_world *w, uint64_t ms);

/* The receipt of id; fails the test when there is not just one. */
const struct up_told *up_receipt(const struct up_world *w, uint32_t id);

size_t up_count_sent(const struct up_world *w, const char *text);
uint32_t up_pending(const struct up_world *w);

/* Ends it all; fails the test when something was left open. */
void up_end(struct up_world *w);

#endif
