/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A vehicle: spool on a simulated flash, client and uplink on the scripted network with the model
 * registry behind it, and a book of every journey. Wherever the power goes, the invariant holds:
 * what was accepted is in the spool, or in the registry, or was reported with its reason; nothing
 * is settled twice.
 */
#ifndef NAVETTE_TESTS_VEHICLE_H
#define NAVETTE_TESTS_VEHICLE_H

#include "../../port/sim/flash.h"
#include "registry.h"

#include <navette/uplink.h>

enum {
    VEHICLE_JOURNEYS = 8192,
    VEHICLE_FLASH = 1 << 17, /* bytes, at most */
    VEHICLE_LANES = 4,
    VEHICLE_PICKS = 32,
    VEHICLE_BODY = 2048
};

enum vehicle_fate {
    VEHICLE_NONE,     /* not there, or not taken */
    VEHICLE_MAYBE,    /* the power went while it was appended */
    VEHICLE_ACCEPTED, /* pending */
    VEHICLE_TOLD,     /* its receipt came, its mark may be missing */
    VEHICLE_SETTLED   /* both are there for good */
};

struct vehicle_journey {
    enum vehicle_fate fate;
    enum nvt_spool_state told; /* the last receipt, 0: none */
    uint32_t due_s;
    bool seen; /* in the listing under way */
};

struct vehicle_setup {
    uint32_t block_size, block_count, prog_size;
    uint8_t lanes;
    int64_t true_s;
    uint64_t seed;
    uint32_t journeys; /* at most; 0: VEHICLE_JOURNEYS */
};

struct vehicle_count {
    uint32_t accepted, full, delivered, duplicates, refused, expired;
    uint32_t boots, cuts, lost, doubled;
    uint64_t steps;
};

struct vehicle {
    struct nvt_sim sim;
    struct registry registry;
    struct nvt_sim_flash flash;
    struct nvt_spool spool;
    struct nvt_tls_config tls;
    struct nvt_client client;
    struct nvt_uplink uplink;
    struct nvt_uplink_lane lanes[VEHICLE_LANES];
    struct nvt_wait waits[VEHICLE_LANES + 1];
    struct vehicle_setup setup;
    struct vehicle_count count;
    uint32_t next;      /* number of the next journey */
    uint32_t pending;   /* journeys that are accepted or told */
    uint32_t fresh_len; /* receipts of the step under way */
    uint32_t spins;     /* steps without the clock moving */
    uint32_t deaf;      /* thousandths of the receipts that are not taken */
    uint32_t late_ms;   /* a step comes up to so much later than asked for */
    uint64_t random;
    const char *fault; /* the first broken promise, NULL */
    uint32_t fault_number;
    uint32_t stamp; /* of the token that is kept */
    bool keeps_tokens;
    bool formatted, on;
    uint8_t bad[64]; /* blocks, as struct nvt_sim_flash has them; set it between init and boot */
    struct vehicle_journey journeys[VEHICLE_JOURNEYS];
    struct registry_journey known[VEHICLE_JOURNEYS];
    uint16_t fresh[VEHICLE_JOURNEYS];
    uint8_t flash_mem[VEHICLE_FLASH], flash_synced[VEHICLE_FLASH];
    uint8_t buffer[VEHICLE_BODY + 256], window[1024];
    uint8_t bodies[VEHICLE_LANES * VEHICLE_BODY], body[VEHICLE_BODY];
    struct nvt_spool_entry picks[VEHICLE_PICKS];
};

/* Off, its flash empty, its clock right; no block is bad and no token kept unless told so before it
 * boots. */
void vehicle_init(struct vehicle *v, const struct vehicle_setup *setup);

/* The power comes: mounts the spool (formats a new one) and checks the book against it. False: the
 * power went again meanwhile, or fault is set. */
bool vehicle_boot(struct vehicle *v);

/* The power goes for gap_ms; the monotonic clock starts anew. */
void vehicle_cut(struct vehicle *v, uint64_t gap_ms);

/* Stops in order, within limit_ms, then the power goes as above. */
void vehicle_halt(struct vehicle *v, uint64_t limit_ms, uint64_t gap_ms);

/* A journey that began at start_s, due due_s later (UINT32_MAX: no hurry). NVT_E_SPOOL_FULL. */
nvt_err vehicle_append(struct vehicle *v, int64_t start_s, uint32_t due_s);

/* Steps the uplink until the simulated clock is at until_ms, or the power goes: false then, or when
 * a promise was broken. */
bool vehicle_run(struct vehicle *v, uint64_t until_ms);

/* Steps until nothing is pending, for limit_ms at most. False: something is. */
bool vehicle_drain(struct vehicle *v, uint64_t limit_ms);

/* Every journey against the registry, once all is settled. */
bool vehicle_audit(struct vehicle *v);

/* A number below `below`, repeatable. */
uint32_t vehicle_draw(struct vehicle *v, uint32_t below);

void vehicle_note(struct vehicle *v, const char *fault, uint32_t number);

#endif
