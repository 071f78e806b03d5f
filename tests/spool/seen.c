/* SPDX-License-Identifier: Apache-2.0 */
#include "seen.h"

#include <stdio.h>
#include <stdlib.h>

enum { NUMBERS = 7, FIRST_ROOM = 1 << 16 };

static uint64_t *slot_of(const struct seen *set, uint64_t key)
{
    uint64_t i = (key >> 3U) * 0x9E3779B97F4A7C15U >> 20U & (set->room - 1U);
    while (set->slots[i] != 0U && (set->slots[i] | (unsigned)NUMBERS) != key) {
        i = (i + 1U) & (set->room - 1U);
    }
    return &set->slots[i];
}

static void grow(struct seen *set)
{
    struct seen old = *set;
    set->room = old.room == 0U ? (uint64_t)FIRST_ROOM : old.room * 2U;
    set->slots = (uint64_t *)calloc(set->room, sizeof *set->slots);
    if (set->slots == NULL) {
        (void)fprintf(stderr, "no memory left for what was seen\n");
        exit(2);
    }
    for (uint64_t i = 0; i < old.room; i++) {
        if (old.slots[i] != 0U) {
            *slot_of(set, old.slots[i] | (unsigned)NUMBERS) = old.slots[i];
        }
    }
    free(old.slots);
}

uint32_t seen_raise(struct seen *set, uint64_t hash, uint32_t number)
{
    uint64_t key = hash | (unsigned)NUMBERS;
    if (set->count * 2U >= set->room) {
        grow(set);
    }
    uint64_t *slot = slot_of(set, key);
    uint32_t had = (uint32_t)(*slot & (unsigned)NUMBERS);
    set->count += had == 0U ? 1U : 0U;
    if (number > had) {
        *slot = (key & ~(uint64_t)NUMBERS) | number;
    }
    return had;
}

bool seen_is_new(struct seen *set, uint64_t hash)
{
    return seen_raise(set, hash, 1U) == 0U;
}

void seen_clear(struct seen *set)
{
    free(set->slots);
    *set = (struct seen){NULL, 0U, 0U};
}
