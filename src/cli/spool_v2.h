/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The spool's format before this one (spool_v2.md), read to be converted. Whatever the image holds,
 * it costs time in proportion to its length, and memory for the entries that are pending.
 */
#ifndef NAVETTE_CLI_SPOOL_V2_H
#define NAVETTE_CLI_SPOOL_V2_H

#include <navette/spool.h>

#define V2_HEAD_LEN 48U
#define V2_VALUES 2U

/* A record: where its bytes stand. */
struct v2_place {
    uint32_t seq; /* of its block; 0: none */
    uint32_t block, offset, len;
};

struct v2_entry {
    uint32_t id, due_s;
    struct v2_place at;
};

/* What is known of a block without its records. */
struct v2_block {
    uint32_t seq; /* 0: it has no good head */
    uint32_t oldest_seq;
    uint32_t records_at;
    bool moving, moved; /* opened to move records; and all of them are there */
    uint32_t guess;     /* the number by which its records are right, without a head */
    bool headless;      /* something stands in it without a head */
};

struct v2_settled {
    uint32_t id;
    uint8_t state;
};

struct v2 {
    const struct nvt_port_block *device;
    struct v2_block *blocks;
    uint8_t *mem;       /* the block under way */
    uint32_t *sums;     /* the CRC of its bytes up to each */
    uint32_t used;      /* where its last byte ends that is not erased */
    uint8_t *window;    /* of the newest head: one bit for each id from tail on */
    uint32_t tail;      /* its first id */
    uint32_t head_next; /* behind its last one */
    uint32_t oldest_seq, head_seq;
    uint32_t sure; /* ids before it were durable */
    struct v2_settled *marks;
    size_t mark_count, mark_cap;

    /* What it holds. */
    struct v2_entry *entries; /* pending ones, by id */
    size_t count, cap;
    struct v2_place values[V2_VALUES];
    uint32_t next; /* id */
    uint32_t delivered, refused, expired;

    /* What it does not. */
    uint32_t heads;   /* blocks with a damaged head, whose records were found all the same */
    uint32_t damaged; /* spots between records that are none */
    uint32_t torn;    /* the same behind the last record of a block: a power cut leaves them */
    uint32_t unread;  /* blocks that the device does not give */
    uint64_t lost;    /* entries that were pending and are nowhere */
};

/* Whether these bytes, V2_HEAD_LEN of them, may be a head, and of which device; its CRC covers the
 * window too and is not checked here. */
bool v2_read_geometry(struct nvt_span head, struct nvt_spool_geometry *out);

/* Whether any block of the device has a good head. */
bool v2_is_there(const struct nvt_port_block *device);

/* All that is on the device; nothing is written. NVT_E_ARG: no device of that format;
 * NVT_E_SPOOL_FOREIGN: no block has a good head; NVT_E_SPACE: no memory. v2_end frees what it
 * holds, either way. */
nvt_err v2_read(struct v2 *v, const struct nvt_port_block *device);
void v2_end(struct v2 *v);

/* The bytes of a record into out, of at least 65 535 bytes. NVT_E_SPOOL_IO. */
nvt_err v2_bytes(const struct v2 *v, const struct v2_place *at, uint8_t *out);

#endif
