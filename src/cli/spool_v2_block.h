/* SPDX-License-Identifier: Apache-2.0 */
/* What spool_v2.c takes from one block: spool_v2_block.c. */
#ifndef NAVETTE_CLI_SPOOL_V2_BLOCK_H
#define NAVETTE_CLI_SPOOL_V2_BLOCK_H

#include "spool_v2.h"

#define V2_SEQ_MAX 0xFFFFFF00U /* numbers of blocks end here */

enum v2_type { V2_ENTRY = 0x45, V2_MARK = 0x4D, V2_VALUE = 0x56, V2_MOVED = 0x47 };

struct v2_record {
    uint8_t type, aux;
    bool joined; /* the record before was not synced yet when this one was written */
    uint32_t id, due_s;
    struct v2_place at;
};

struct v2_walk {
    uint32_t block, seq, offset;
    uint32_t damaged; /* spots */
    bool torn;        /* the last of them has no record behind it */
};

bool v2_is_good_geometry(const struct nvt_spool_geometry *g);
uint32_t v2_get_32(const uint8_t *at);

/* len up to whole units. */
uint32_t v2_padded(const struct v2 *v, uint32_t len);

/* Once, before anything below. */
void v2_make_tables(void);

/* Reads a block into v->mem; load: with its sums, which its records need. */
bool v2_read_block(struct v2 *v, uint32_t block);
bool v2_load_block(struct v2 *v, uint32_t block);
void v2_sum_up(uint32_t *sums, const uint8_t *bytes, uint32_t len);

/* Whether the block in memory has a good head, and how long its window is. */
bool v2_is_good_head(const struct v2 *v);
uint32_t v2_window_len(const uint8_t *head);

/* A walk through the records of the block in memory, as those of that number. */
struct v2_walk v2_walk_of(const struct v2 *v, uint32_t block, uint32_t seq);
bool v2_next_record(const struct v2 *v, struct v2_walk *w, struct v2_record *out);

#endif
