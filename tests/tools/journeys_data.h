/* SPDX-License-Identifier: Apache-2.0 */
/* What the journeys of the generator are made of. */
#ifndef TESTS_JOURNEYS_DATA_H
#define TESTS_JOURNEYS_DATA_H

#include <stddef.h>
#include <stdint.h>

struct place {
    int32_t lat_e7, lon_e7;
};

/* Places between which people commute. */
struct region {
    const char *name;
    const char *phone_prefix; /* E.164 up to the last eight or six digits */
    unsigned phone_digits;    /* that follow the prefix */
    int32_t cos_e4;           /* of the latitude, times 10 000 */
    unsigned place_count;
    struct place place[6];
};

extern const struct region regions[];
extern const size_t region_count;

extern const char *const surnames[];
extern const size_t surname_count;

#endif
