/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Thirty days of one vehicle, all of it drawn from a seed: journeys by day, tunnels and dead cells,
 * parking, power that goes at any byte, a registry with maintenance and bad hours, keys that are
 * refused for a while, a clock that starts in 1970 and jumps.
 */
#ifndef NAVETTE_TESTS_LIFE_H
#define NAVETTE_TESTS_LIFE_H

#include "../sim/vehicle.h"

enum { LIFE_DAYS = 30, LIFE_START_S = 1790000000 };

/* What goes on beside each other, each with the time of its next change. */
enum life_actor {
    LIFE_JOURNEYS,
    LIFE_NETWORK,
    LIFE_REGISTRY,
    LIFE_POWER,
    LIFE_CLOCK,
    LIFE_TOKENS,
    LIFE_ACTORS
};

struct life {
    struct vehicle v;
    uint64_t next_ms[LIFE_ACTORS]; /* true time */
    bool network_bad, registry_bad;
    bool has_rtc;    /* the clock is right at each start */
    bool clock_lost; /* it is not right now */
};

/* Lives through days; false with v.fault set when a promise was broken. */
bool life_run(struct life *l, uint64_t seed, unsigned days);

/* ---- weather.c: what each actor does when its time has come ---- */

void life_network(struct life *l);
void life_registry(struct life *l);
void life_clock(struct life *l);
void life_tokens(struct life *l);

/* The best of all worlds, for the end. */
void life_fair(struct life *l);

/* The clock as the vehicle has it after a start. */
void life_clock_boot(struct life *l);

/* From `from` to `to` of these, in ms. */
enum { LIFE_S = 1000, LIFE_MIN = 60000, LIFE_H = 3600000 };
uint64_t life_span(struct life *l, uint32_t from, uint32_t to, uint32_t unit_ms);

/* One of n. */
bool life_once(struct life *l, uint32_t n);

#endif
