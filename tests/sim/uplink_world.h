/* SPDX-License-Identifier: Apache-2.0 */
/* An uplink with its spool on a simulated flash, and a server that gives the answers of a list, in
 * the order in which requests come, over whatever connections. */
#ifndef NAVETTE_TESTS_UPLINK_WORLD_H
#define NAVETTE_TESTS_UPLINK_WORLD_H

#include "../../port/sim/flash.h"
#include "world.h"

#include <navette/uplink.h>

#define UP_DATE_S 1750000001
#define UP_CREATED                                                                                 \
    "HTTP/1.1 201 Created\r\nDate: Sun, 15 Jun 2025 15:06:41 GMT\r\nContent-Length: 2\r\n\r\n{}"

enum {
    UP_BLOCK = 4096,
    UP_BLOCKS = 16,
    UP_LANES = 4,
    UP_BODY = 512,
    UP_TOLD = 64,
    UP_PICKS = 64,
    UP_ASKED = 64
};

/* A request that came. */
struct up_asked {
    uint64_t at_ms;
    size_t connection;
    char line[96]; /* its first one */
    char body[UP_BODY];
};

/* What a receipt said. */
struct up_told {
    uint32_t id;
    enum nvt_spool_state state;
    uint16_t status;
    bool duplicate, gave_up, unsure;
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
    nvt_err (*flash_sync)(void *ctx);
    size_t syncs; /* of the device */
    uint8_t mem[UP_BLOCK * UP_BLOCKS], synced[UP_BLOCK * UP_BLOCKS];
    uint8_t buffer[1024], window[512];
    struct nvt_spool_entry picks[UP_PICKS];
    const struct nvt_sim_answer *answers; /* behind them: 201, and what is there is "ok" */
    size_t answer_count, asked_count;
    struct up_asked asked[UP_ASKED];
    const char *poison; /* what is posted with this in it meets a 500, after the answers; "": all */
    bool poison_asked;  /* its look-up meets it too */
    enum nvt_sim_end poison_end; /* not NVT_SIM_STAY: the connection ends so instead of that 500 */
    bool once_each;              /* a connection is reset when it is asked a second time */
    bool counting_only;          /* more requests than asked has room for */
    struct nvt_sim_line lines[NVT_SIM_SOCKS];
};

/* An answer: status "503 Oh", further fields with their line ends, body. A 201 or 4xx with "" or
 * "{}" gets the registry's own body for it, a look-up's {"status"...} the id that was asked for. */
struct nvt_sim_answer up_says(const char *status, const char *fields, const char *body);

/* None: the connection is reset once the request was read. */
struct nvt_sim_answer up_cuts(void);

/* A world with an empty spool, a static token and lane_count lanes; the uplink is not started. */
void up_init(struct up_world *w, const struct nvt_uplink_kind *kind, uint8_t lane_count,
             const struct nvt_sim_answer *answers, size_t count);

#define UP_INIT(w, kind, lanes, list)                                                              \
    up_init((w), (kind), (lanes), (list), sizeof(list) / sizeof((list)[0]))

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

/* Requests whose first line begins with text. */
size_t up_count_asked(const struct up_world *w, const char *text);

uint32_t up_pending(const struct up_world *w);

/* Ends it all; fails the test when something was left open. */
void up_end(struct up_world *w);

#endif
