/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the spool room share, from the lowest layer up; each calls only those above it
 * in this list:
 *
 *     record.c             heads and records as bytes
 *     device.c             blocks read, walked through, programmed, erased
 *     chain.c              the newest block, and from there the ring
 *     ids.c picks.c        what is known of entries, in memory alone
 *     ring.c               the blocks in use and the free ones
 *     open.c room.c        records written; blocks opened for them, or moved
 *     recount.c            how all stands, by one walk
 *     mount.c entries.c values.c audit.c
 */
#ifndef NAVETTE_SPOOL_INTERNAL_H
#define NAVETTE_SPOOL_INTERNAL_H

#include <navette/spool.h>

enum {
    NVT_HEAD_LEN = NVT_SPOOL_HEAD_LEN,
    NVT_RECORD_LEN = 16, /* of a record, before its bytes */
    NVT_ERASED = 0xFF,
    NVT_KEYS_MAX = 32, /* of values: one bit each in a list */
    NVT_REASON_MAX = 64
};

/* Where the records of a block end, of which only its own head is known. */
#define NVT_END_UNKNOWN UINT32_MAX

/* Numbers of blocks end here, long after the device. */
#define NVT_SEQ_MAX 0xFFFFFF00U

/* ---- record.c ---- */

enum nvt_record_type {
    NVT_RECORD_ENTRY = 0x45, /* 'E' */
    NVT_RECORD_MARK = 0x4D,  /* 'M': an entry is settled; aux: enum nvt_spool_state */
    NVT_RECORD_VALUE = 0x56, /* 'V': aux: its key */
    NVT_RECORD_LIST = 0x57,  /* 'W': which ids were pending, a bit each; aux: bits left over */
    NVT_RECORD_MOVED = 0x47  /* 'G': all that lived in the oldest block lives here too */
};

/* Flags in aux: the record before was not synced yet when this one was written; it is a copy. */
enum { NVT_RECORD_JOINED = 0x80, NVT_RECORD_COPY = 0x40 };

/* From before to base.window_cap in the order in which they are written. */
struct nvt_head {
    struct nvt_spool_life own;
    struct nvt_spool_life before; /* the block before it in the ring; seq 0: there is none */
    uint32_t oldest_seq;
    struct nvt_spool_base base;
    uint32_t oldest;
    bool moving;    /* opened to move the oldest block's records; counts once MOVED is there */
    uint8_t copies; /* good ones that were found */
};

struct nvt_record {
    uint8_t type, aux; /* aux without flags */
    uint16_t len;      /* of its bytes */
    uint32_t id;
    uint32_t due_s; /* of an entry; status of a mark, and the low half of the next id; next id of a
                       value; keys of all values of a list; the oldest block of MOVED */
    struct nvt_spool_place place;
    bool joined, copy;
};

bool nvt_is_good_device(const struct nvt_port_block *d);

/* len up to whole program units. */
uint32_t nvt_padded(const struct nvt_port_block *d, uint32_t len);

/* Room that a record with len bytes takes. */
uint32_t nvt_room(const struct nvt_port_block *d, uint32_t len);

/* Where records begin in each block, behind the two copies of its head. */
uint32_t nvt_records_at(const struct nvt_port_block *d);

/* Room kept for a list at the beginning of each block, for MOVED at its end, and what is left. It
 * is the same in each, so that all that lives in one block fits into any other. */
uint32_t nvt_list_room(const struct nvt_port_block *d);
uint32_t nvt_data_max(const struct nvt_port_block *d);

void nvt_head_encode(const struct nvt_port_block *d, uint32_t block, const struct nvt_head *h,
                     uint8_t out[NVT_HEAD_LEN]);

/* Whether its CRC is right, be it of this device or another. */
bool nvt_head_is_whole(uint32_t block, const uint8_t bytes[NVT_HEAD_LEN]);

/* False: that is no head of this device's block. */
bool nvt_head_decode(const struct nvt_port_block *d, uint32_t block,
                     const uint8_t bytes[NVT_HEAD_LEN], struct nvt_head *out);

/* The salt of the block that is opened as seq behind one with that salt. */
uint32_t nvt_salt_after(uint32_t salt, uint32_t seq);

/* With what the CRCs of a block's records begin: where and in which life they were written. */
uint32_t nvt_life_seed(const struct nvt_spool_life *life);

/* The record's first bytes with the CRC of all. */
void nvt_record_encode(uint32_t seed, const struct nvt_record *r, struct nvt_span bytes,
                       uint8_t out[NVT_RECORD_LEN]);

/* NVT_OK: it may be a record, if its CRC is right; NVT_E_SPOOL_EMPTY: erased; NVT_AGAIN: else.
 * out->place is what the record must be at. */
nvt_err nvt_record_decode(const struct nvt_port_block *d, const uint8_t bytes[NVT_RECORD_LEN],
                          struct nvt_record *out);

/* CRC of a record's first bytes; that of the bytes behind goes on it. */
uint32_t nvt_record_crc(uint32_t seed, uint32_t offset, const uint8_t bytes[NVT_RECORD_LEN]);
uint32_t nvt_record_wanted(const uint8_t bytes[NVT_RECORD_LEN]);

/* ---- device.c ---- */

enum nvt_block_state {
    NVT_BLOCK_FREE,
    NVT_BLOCK_USED,
    NVT_BLOCK_BAD,   /* could not be erased or written since the mount, or was passed over before */
    NVT_BLOCK_ERASED /* since the mount, and durably if no sync failed: free as well */
};

enum nvt_block_state nvt_block_state(const struct nvt_spool_medium *m, uint32_t block);
void nvt_block_set(const struct nvt_spool_medium *m, uint32_t block, enum nvt_block_state state);

/* Bytes of the map. */
uint32_t nvt_map_len(const struct nvt_port_block *d);

/* The next block, round to the first; and the next in use. */
uint32_t nvt_block_after(const struct nvt_spool_medium *m, uint32_t block);
uint32_t nvt_used_after(const struct nvt_spool_medium *m, uint32_t block);

/* From which to which block one has to go forward. */
uint32_t nvt_distance(const struct nvt_spool_medium *m, uint32_t from, uint32_t to);

/* NVT_E_SPOOL_IO. */
nvt_err nvt_read_at(const struct nvt_spool_medium *m, uint32_t block, uint32_t offset, uint8_t *out,
                    uint32_t len);

/* Copies and number are 0 if neither copy is good. NVT_E_SPOOL_IO. */
nvt_err nvt_read_head(const struct nvt_spool_medium *m, uint32_t block, struct nvt_head *out);

/* Where in the block, from offset up to limit, the last unit ends that is not erased; offset: there
 * is none. */
nvt_err nvt_used_end(const struct nvt_spool_medium *m, uint32_t block, uint32_t offset,
                     uint32_t limit, uint32_t *out_end);

/* A walk through the records of one block. */
struct nvt_walk {
    struct nvt_spool_life of;
    uint32_t seed;
    uint32_t offset; /* of the next record */
    uint32_t stop;   /* all is erased from there on; the last record may end in such bytes */
    uint32_t holes;  /* spots without a record, before sure */
    bool any_hole;   /* wherever */
    uint32_t budget; /* bytes that may still be read in vain */
    bool checked;    /* each record by its CRC; else only behind a hole */
    uint8_t copies;  /* good ones of the block's head */
};

/* From the first record on. NVT_E_SPOOL_IO. */
nvt_err nvt_walk_begin(const struct nvt_spool_medium *m, const struct nvt_spool_life *life,
                       struct nvt_walk *walk);

/* The next record; its bytes are in the buffer behind the record's first ones, if it was checked
 * and the buffer is long enough. Where one is damaged, the next may begin at any unit behind it.
 * NVT_E_SPOOL_EMPTY after the last, NVT_E_SPOOL_IO. */
nvt_err nvt_walk_next(const struct nvt_spool_medium *m, struct nvt_walk *walk,
                      struct nvt_record *out);

/* ---- chain.c ---- */

/* Finds the newest block that counts, the blocks in use, and how far the newest is written: the
 * ring, base, top_seq and torn of the spool. *out_skip: ids that may have been given behind that.
 * NVT_E_SPOOL_EMPTY: there is none; NVT_E_SPOOL_IO. */
nvt_err nvt_chain_find(struct nvt_spool *s, uint32_t *out_skip);

/* Begins a walk through one block of the ring. Where its head is gone, and that of the next one
 * too, which would tell of it, there is nothing in it, and its number is 0. NVT_E_SPOOL_IO. */
nvt_err nvt_ring_enter(const struct nvt_spool *s, uint32_t block, struct nvt_walk *walk);

/* ---- ids.c: three bits for each id from the oldest pending one on ---- */

enum nvt_id_state {
    NVT_ID_GONE,     /* settled, or lost; during a recount: nothing is known of it */
    NVT_ID_PENDING,  /* its record is there */
    NVT_ID_DEFERRED, /* it was put behind the others; the next two: and failed once, or more often
                      */
    NVT_ID_FAILED,
    NVT_ID_FAILED_OFTEN,
    NVT_ID_DONE,    /* during a recount: it was settled */
    NVT_ID_PROMISED /* it was pending, and its record was not met yet */
};

uint32_t nvt_ids_cap(const struct nvt_spool *s);
enum nvt_id_state nvt_id_state(const struct nvt_spool *s, uint32_t id);
void nvt_id_set(struct nvt_spool *s, uint32_t id, enum nvt_id_state state);
void nvt_ids_clear(struct nvt_spool *s);

/* Given and not settled. */
bool nvt_id_is_pending(const struct nvt_spool *s, uint32_t id);
bool nvt_id_is_deferred(const struct nvt_spool *s, uint32_t id);

/* Between the oldest pending one and the next. */
bool nvt_id_is_known(const struct nvt_spool *s, uint32_t id);

/* How many ids a list has room for. */
uint32_t nvt_list_ids(const struct nvt_spool *s);

/* Lets the tail follow to the oldest id that is not state. */
void nvt_ids_follow(struct nvt_spool *s, enum nvt_id_state state);

/* One more entry was settled so. */
void nvt_count_settled(struct nvt_spool_base *now, enum nvt_spool_state state);

/* What a value's record takes; 0: there is none. */
uint32_t nvt_value_room(const struct nvt_spool *s, uint32_t key);

/* ---- picks.c ---- */

/* As its record tells. */
void nvt_entry_of(const struct nvt_record *r, struct nvt_spool_entry *out);

struct nvt_spool_entry *nvt_entry_find(struct nvt_spool_entry *list, uint32_t count, uint32_t id);

/* The slot of an entry that is out, NULL: it is not. */
struct nvt_spool_entry *nvt_out_slot(struct nvt_spool *s, uint32_t id);

/* An entry came in, or came back, and was not deferred. */
void nvt_picks_offer(struct nvt_spool *s, const struct nvt_spool_entry *e);

/* It is taken out. */
void nvt_picks_drop(struct nvt_spool_picks *p, uint32_t id);

/* Where they stand is not known any more: the next walk finds them. */
void nvt_picks_forget(struct nvt_spool *s);

/* An entry stands there now. */
void nvt_picks_move(struct nvt_spool *s, const struct nvt_record *r);

/* A walk that fills the picks begins, finds a pending entry, has ended. all: it fills both lists,
 * even if they are not empty. */
void nvt_picks_begin(struct nvt_spool *s, bool all);
void nvt_picks_see(struct nvt_spool *s, const struct nvt_spool_entry *e);
void nvt_picks_end(struct nvt_spool *s);

/* ---- ring.c ---- */

/* The next record of all blocks in use, from the walk's on. NVT_E_SPOOL_EMPTY, NVT_E_SPOOL_IO. */
nvt_err nvt_ring_begin(const struct nvt_spool *s, bool checked, struct nvt_walk *walk);
nvt_err nvt_ring_next(const struct nvt_spool *s, struct nvt_walk *walk, struct nvt_record *out);

/* The record that stands there, its bytes in the buffer. NVT_E_SPOOL_EMPTY: it does not. */
nvt_err nvt_ring_fetch(const struct nvt_spool *s, const struct nvt_spool_place *place,
                       struct nvt_record *out);

/* Makes durable what was written. When that fails, what was not durable yet does not count any
 * more. NVT_E_SPOOL_IO. */
nvt_err nvt_ring_sync(struct nvt_spool *s);

nvt_err nvt_ring_erase(struct nvt_spool *s, uint32_t block);
void nvt_ring_note(struct nvt_spool *s, uint32_t block, enum nvt_block_state state);
void nvt_ring_forgive_bad(struct nvt_spool *s);

/* Blocks kept free besides the one. */
uint32_t nvt_ring_spare(const struct nvt_spool *s);

/* Free, and not known as bad. */
bool nvt_ring_is_free(const struct nvt_spool *s, uint32_t block);

/* Free ones behind b and before the oldest that the device tells of; *out_last: the last one. */
uint32_t nvt_ring_free_behind(const struct nvt_spool *s, uint32_t b, uint32_t *out_last);

/* ---- open.c ---- */

/* Adds a record, where its room was made before; it is not synced. bytes may stand in the buffer
 * behind a record's first ones. NVT_E_SPOOL_IO. */
nvt_err nvt_tip_write(struct nvt_spool *s, struct nvt_spool_ring *tip, struct nvt_record r,
                      struct nvt_span bytes);

/* Opens the next block that can be erased and written, its head and list are durable then; moving:
 * to move records there, even if it is the last one. NVT_E_SPOOL_FULL, NVT_E_SPOOL_IO. */
nvt_err nvt_tip_open(struct nvt_spool *s, bool moving, struct nvt_spool_ring *tip);

/* The newest block from now on. */
void nvt_tip_become_head(struct nvt_spool *s, const struct nvt_spool_ring *tip);

/* ---- room.c ---- */

/* Opens a block, moves there what lives in the oldest one, and leaves that. NVT_E_SPOOL_FULL,
 * NVT_E_SPOOL_IO. */
nvt_err nvt_ring_move(struct nvt_spool *s);

/* Makes room for a record and writes it; on blocks that fail, again elsewhere. NVT_E_SPOOL_FULL,
 * NVT_E_SPOOL_IO: it does not count. */
nvt_err nvt_ring_add(struct nvt_spool *s, const struct nvt_record *r, struct nvt_span bytes,
                     struct nvt_spool_place *out_place);

/* ---- recount.c ---- */

/* Finds out from the device how all stands: a mount does, and what follows a failed sync or a
 * record that cannot be read any more. NVT_E_SPOOL_WINDOW, NVT_E_SPOOL_SIZE, NVT_E_SPOOL_IO. */
nvt_err nvt_recount(struct nvt_spool *s);

/* Fills the picks. NVT_E_SPOOL_IO. */
nvt_err nvt_refill(struct nvt_spool *s);

/* Before each operation: NVT_E_STATE (not mounted), NVT_E_SPOOL_IO. */
nvt_err nvt_spool_ready(struct nvt_spool *s);

/* ---- entries.c ---- */

/* Whether a record with so many bytes has room when freed bytes of others go. */
nvt_err nvt_spool_check_room(struct nvt_spool *s, size_t len, uint32_t freed);

/* So many bytes behind a record's first ones in the buffer. NVT_E_SPACE. */
nvt_err nvt_spool_give(const struct nvt_spool *s, uint32_t len, struct nvt_buf *out);

#endif
