/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was seen: a set of hashes of 61 bits that forgets nothing, each with a number from 1 to 7.
 * It grows; where there is no memory left the program ends.
 */
#ifndef TESTS_SPOOL_SEEN_H
#define TESTS_SPOOL_SEEN_H

#include <stdbool.h>
#include <stdint.h>

struct seen {
    uint64_t *slots; /* {0}: none yet */
    uint64_t count, room;
};

/* The number that it had, 0: it was not seen before; it has the higher one of the two now. */
uint32_t seen_raise(struct seen *set, uint64_t hash, uint32_t number);

bool seen_is_new(struct seen *set, uint64_t hash);
void seen_clear(struct seen *set);

#endif
