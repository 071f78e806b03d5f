/* SPDX-License-Identifier: Apache-2.0 */
/*
 * navette spool: what its files share. An image (a spool file, a dump of a flash) is found out
 * about and read, never written; whatever became of it.
 *
 *     spool_image.c -> spool_look.c -> cmd_spool.c  spool_check.c
 *     spool_image.c, spool_v2.c -> spool_convert.c -> cmd_spool_convert.c
 */
#ifndef NAVETTE_CLI_SPOOL_TOOL_H
#define NAVETTE_CLI_SPOOL_TOOL_H

#include "cli.h"

#include <navette/spool.h>

/* ---- spool_image.c: where in a file a spool stands, and that part as block device ---- */

/* The formats that can be found: today's, and the one before, to be converted. */
enum spool_format { SPOOL_FORMAT_2 = 2, SPOOL_FORMAT_NOW = 3 };

#define SPOOL_PAGE 4096U

struct spool_image {
    struct nvt_port_block device; /* read-only; its context is the image, which must not move */
    const char *name;
    enum spool_format format;
    int fd;
    uint64_t size;    /* of the file */
    uint64_t base;    /* where the spool begins in it */
    uint64_t missing; /* bytes that the file ends too early: they read as erased */
    int error;        /* errno of the read that failed last */
    bool has_page;
    uint64_t page_at; /* which one of the file it is */
    uint8_t page[SPOOL_PAGE];
    uint8_t other; /* the digit of another format of which something that may be a head is there */
};

/* A spool of that format; offset NULL: it is looked for. CLI_OK, or the exit code after a message;
 * then it is closed. */
int spool_image_open(struct spool_image *im, const char *path, enum spool_format format,
                     const char *offset, bool json);
void spool_image_close(struct spool_image *im);

/* Room for the longest record, and for the longest head of a block; shared by all. */
#define SPOOL_BUFFER_CAP 131072U
#define SPOOL_MAP_CAP 16384U       /* two bits for each block of the largest device */
#define SPOOL_ENTRIES_MAX 1048576U /* between the oldest pending one and the newest */
extern uint8_t spool_buffer[SPOOL_BUFFER_CAP];

/* ---- spool_look.c: all that is on it ---- */

enum row_state {
    ROW_PENDING,
    ROW_DELIVERED,
    ROW_REFUSED,
    ROW_EXPIRED,
    ROW_SETTLED /* one of the three: the record that says which is gone */
};

struct spool_row {
    uint32_t id, due_s, len;
    struct nvt_spool_place place;
    enum row_state state;
    uint16_t status;
    struct nvt_spool_place reason; /* seq 0: none */
    uint32_t reason_len;
    bool in_use; /* else it is left over in a block that waits to be erased */
};

/* A place that cannot be read. */
struct spool_spot {
    struct nvt_spool_item item;
    bool is_head; /* of a block */
    bool is_cut;  /* behind the last record of a block, as a power cut leaves it */
    bool unread;  /* the file could not be read */
};

/* A block that is told of. */
struct spool_block {
    uint32_t block, seq;
    uint32_t told[2]; /* numbers that the copies of its head tell, right or not; 0: no head */
    uint8_t copies;   /* good ones */
    bool in_use;
    bool erased; /* all of it */
};

struct spool_look {
    struct spool_image image;
    struct spool_row *rows; /* by id; one for each */
    size_t row_count, row_cap;
    struct spool_row *marks;
    size_t mark_count, mark_cap;
    struct spool_spot *spots;
    size_t spot_count, spot_cap;
    struct spool_block *blocks; /* by block */
    size_t block_count, block_cap;
    uint32_t *numbers; /* of the blocks in use, in order */
    size_t number_count;
    uint32_t oldest_seq, head_seq; /* of the ring */
    uint32_t oldest, head;         /* its first and last block */
    struct nvt_spool_place list;   /* the newest list of what was pending; seq 0: none */
    uint32_t keys;                 /* values that it tells of, one bit each */
    uint32_t blocks_in_use, blocks_left;
    struct nvt_spool_place values[NVT_SPOOL_VALUES]; /* seq 0: none */
    uint32_t value_lens[NVT_SPOOL_VALUES];
    nvt_err mounted; /* NVT_OK: info holds, and states are what the service would find */
    struct nvt_spool_info info;
};

/* CLI_OK, or the exit code after a message. Either way spool_look_end. */
int spool_look_at(struct spool_look *l, const struct args *a);
void spool_look_end(struct spool_look *l);

/* What is known of a block, NULL: nothing stands there that is a block's. */
const struct spool_block *spool_look_block(const struct spool_look *l, uint32_t block);

/* Whether a block in use has that number. */
bool spool_look_has_number(const struct spool_look *l, uint32_t seq);

/* NULL: no such entry on the device. */
const struct spool_row *spool_look_find(const struct spool_look *l, uint32_t id);

/* The bytes of a record, in spool_buffer. False when they cannot be read. */
bool spool_look_bytes(struct spool_look *l, struct nvt_spool_place place, uint32_t len,
                      struct nvt_span *out);

const char *row_state_name(enum row_state state);

/* ---- cmd_spool_convert.c ---- */

int cmd_spool_convert(const struct args *a);

/* ---- spool_check.c ---- */

int cmd_spool_check(const struct args *a);

#endif
