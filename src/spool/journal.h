/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the spool room share: blocks and records as FORMAT.md lays them out. */
#ifndef NAVETTE_SPOOL_JOURNAL_H
#define NAVETTE_SPOOL_JOURNAL_H

#include <navette/spool.h>

enum {
    NVT_HEAD_LEN = NVT_SPOOL_HEAD_LEN, /* of a block, before its window */
    NVT_RECORD_LEN = 16,               /* of a record, before its bytes */
    NVT_ERASED = 0xFF
};

/* Numbers of blocks end here, long after the device. */
#define NVT_SEQ_MAX 0xFFFFFF00U

/* Moves that failed one behind the other: each leaves a block that does not count, and there are no
 * more free ones, those known as bad among them. */
#define NVT_UNFINISHED_MAX (2U * (unsigned)NVT_SPOOL_BAD_MAX + 2U)

/* In aux: the record before was not synced yet when this one was written. */
enum { NVT_RECORD_JOINED = 0x80 };

enum nvt_record_type {
    NVT_RECORD_ENTRY = 0x45, /* 'E' */
    NVT_RECORD_MARK = 0x4D,  /* 'M': an entry is settled; aux: enum nvt_spool_state */
    NVT_RECORD_VALUE = 0x56, /* 'V': aux: its key */
    NVT_RECORD_MOVED = 0x47  /* 'G': all that lived in the oldest block lives here too */
};

/* A block's head: the state of the spool when the block was opened. */
struct nvt_block_head {
    uint32_t seq;
    uint32_t oldest_seq;
    uint32_t tail, next;
    uint32_t delivered, refused, expired;
    uint32_t window_len; /* bytes behind the head */
    bool moving;         /* opened to move the oldest block's records; good once MOVED is there */
};

struct nvt_record {
    uint8_t type, aux;
    uint16_t len; /* of its bytes */
    uint32_t id;
    uint32_t due_s; /* of an entry; the status of a mark */
    struct nvt_spool_place place;
    bool joined; /* a power cut may have spared it and not the records before it */
};

/* A walk through the records of one block. */
struct nvt_walk {
    uint32_t block, seq, offset;
    uint32_t damaged;
    uint32_t doubt; /* where the last record stands, when it was not checked; else 0 */
};

/* What reading takes. */
struct nvt_medium {
    const struct nvt_port_block *device;
    uint8_t *buffer;
    uint32_t buffer_cap; /* at least 256 */
};

/* ---- layout.c ---- */

uint32_t nvt_padded(const struct nvt_port_block *device, uint32_t len);

/* len up to whole program units. */
uint32_t nvt_spool_padded(const struct nvt_spool *s, uint32_t len);

/* Room that a record with len bytes takes. */
uint32_t nvt_spool_room(const struct nvt_spool *s, uint32_t len);

/* Most that the head of a block can take. */
uint32_t nvt_spool_head_max(const struct nvt_spool *s);

/* Room for records in each block. It leaves as much as the longest head and a MOVED record take, so
 * that all that lives in one block fits into any other. */
uint32_t nvt_spool_data_max(const struct nvt_spool *s);

/* Records of the head block begin at offset. */
void nvt_spool_begin_at(struct nvt_spool *s, uint32_t offset);

/* Makes durable what was written. On an error the block is closed. NVT_E_SPOOL_IO. */
nvt_err nvt_spool_sync(struct nvt_spool *s);

/* Programs the block's head and the window's bits from tail to next. NVT_E_SPOOL_IO. */
nvt_err nvt_spool_write_head(struct nvt_spool *s, uint32_t block, uint32_t seq, bool moving);

/* Adds a record to the head block, where its room was made before. bytes may stand in the buffer
 * behind a record's head. On an error the block is closed. NVT_E_SPOOL_IO. */
nvt_err nvt_spool_write_record(struct nvt_spool *s, const struct nvt_record *r,
                               struct nvt_span bytes);

/* ---- read.c ---- */

bool nvt_is_good_device(const struct nvt_port_block *d);

/* NVT_E_SPOOL_EMPTY: no good head of a spool on this device; NVT_E_SPOOL_IO. */
nvt_err nvt_medium_read_head(const struct nvt_medium *m, uint32_t block,
                             struct nvt_block_head *out);
nvt_err nvt_spool_read_head(const struct nvt_spool *s, uint32_t block, struct nvt_block_head *out);

/* The same, and its window becomes that of s. NVT_E_SPOOL_WINDOW too. */
nvt_err nvt_spool_load_head(struct nvt_spool *s, uint32_t block, struct nvt_block_head *out);

/* Whether nothing stands in the block, or no more than a head whose writing was cut off. */
nvt_err nvt_spool_is_blank(const struct nvt_spool *s, uint32_t block, bool *out_blank);

/* CRC of a record's first bytes in the block of that number; that of the bytes behind goes on it.
 */
uint32_t nvt_record_crc(uint32_t seq, const uint8_t record[NVT_RECORD_LEN]);

/* What seems to stand at the walk's place, not checked by its CRC: NVT_OK: a record;
 * NVT_E_SPOOL_EMPTY: erased bytes; NVT_AGAIN: anything else. */
nvt_err nvt_spool_peek(const struct nvt_spool *s, const struct nvt_walk *walk,
                       struct nvt_record *out);

/* The next good record; its bytes are in the buffer behind a record's head, unless they are longer
 * (the spool passes over those that do not fit there with their padding). NVT_E_SPOOL_EMPTY after
 * the last; walk->offset is then where erased bytes begin. */
nvt_err nvt_medium_next_record(const struct nvt_medium *m, struct nvt_walk *walk,
                               struct nvt_record *out);
nvt_err nvt_spool_next_record(const struct nvt_spool *s, struct nvt_walk *walk,
                              struct nvt_record *out);

/* Where in the block, from offset on, the last byte ends that is not erased; offset: there is none.
 */
nvt_err nvt_medium_used(const struct nvt_medium *m, uint32_t block, uint32_t offset,
                        uint32_t *out_end);

/* Whether nothing is programmed from offset to the end of the block. */
nvt_err nvt_spool_is_clean(const struct nvt_spool *s, uint32_t block, uint32_t offset,
                           bool *out_clean);

/* ---- ids: window.c ---- */

uint32_t nvt_window_cap(const struct nvt_spool *s); /* ids */
bool nvt_window_is_done(const struct nvt_spool *s, uint32_t id);
bool nvt_window_is_seen(const struct nvt_spool *s, uint32_t id);
void nvt_window_set_done(struct nvt_spool *s, uint32_t id);
void nvt_window_set_seen(struct nvt_spool *s, uint32_t id);
void nvt_window_clear(struct nvt_spool *s);

/* 0: never put behind the others; 1: it was; 2, 3: and failed once, or more often. */
uint8_t nvt_window_failed(const struct nvt_spool *s, uint32_t id);
void nvt_window_set_failed(struct nvt_spool *s, uint32_t id, uint8_t failed);
void nvt_window_clear_seen(struct nvt_spool *s);

/* Lets tail follow to the oldest id that is not done. */
void nvt_window_follow(struct nvt_spool *s);

/* The id, at least next, was given: so those for which the window has no room beside it were done,
 * even if the marks that said so are damaged. */
void nvt_window_reach(struct nvt_spool *s, uint32_t id);

/* Given and not done. */
bool nvt_spool_is_pending(const struct nvt_spool *s, uint32_t id);

/* A pending id is done and counted; any other is left alone. */
void nvt_spool_note_settled(struct nvt_spool *s, uint32_t id, uint8_t state);

/* ---- ring.c ---- */

/* A walk through all blocks in use, oldest first. NVT_E_SPOOL_IO. */
nvt_err nvt_ring_begin(struct nvt_spool *s, struct nvt_walk *walk);

/* The same from that block on, or the next one in use. */
nvt_err nvt_ring_begin_at(struct nvt_spool *s, uint32_t block, struct nvt_walk *walk);

/* Which records are checked by their CRC when the ring is walked. Heads of records alone are quick
 * to read; but what is not checked may be anything, and lead astray. */
enum nvt_check {
    NVT_CHECK_NONE,   /* (but values) */
    NVT_CHECK_LIVING, /* pending entries, values */
    NVT_CHECK_ALL
};

/* The next record of the whole ring. NVT_E_SPOOL_EMPTY after the last, NVT_E_SPOOL_IO. */
nvt_err nvt_ring_next_record(struct nvt_spool *s, enum nvt_check check, struct nvt_walk *walk,
                             struct nvt_record *out);

/* A block that cannot be erased or programmed: left alone until it must be tried again. */
void nvt_ring_note_bad(struct nvt_spool *s, uint32_t block);

/* NVT_E_SPOOL_IO: noted as bad when it was the block that failed. */
nvt_err nvt_ring_erase(struct nvt_spool *s, uint32_t block);

/* Blocks kept free besides the one. */
uint32_t nvt_ring_spare(const struct nvt_spool *s);

/* Makes len bytes of room in the head block, by moving records if need be. NVT_E_SPOOL_FULL,
 * NVT_E_SPOOL_IO. */
nvt_err nvt_ring_make_room(struct nvt_spool *s, uint32_t len);

/* Opens the next block that can be erased and written. NVT_E_SPOOL_FULL: there is none. */
nvt_err nvt_ring_open(struct nvt_spool *s, bool moving);

/* ---- spool.c ---- */

/* Makes room for a record and writes it; on blocks that fail, again elsewhere. NVT_E_SPOOL_FULL,
 * NVT_E_SPOOL_IO. */
nvt_err nvt_spool_add(struct nvt_spool *s, const struct nvt_record *r, struct nvt_span bytes);

/* ---- pick.c ---- */

/* An entry came in. */
void nvt_picks_offer(struct nvt_spool *s, const struct nvt_spool_entry *e);

/* Where they stand is not known: pick anew. */
void nvt_picks_forget(struct nvt_spool *s);

/* An entry stands elsewhere now. */
void nvt_picks_move(struct nvt_spool *s, uint32_t id, struct nvt_spool_place to);

/* They do not, after all. */
void nvt_picks_forget_places(struct nvt_spool *s);

/* A pending entry was found. */
void nvt_picks_put(struct nvt_spool *s, const struct nvt_spool_entry *e);

/* The slot of an entry that is out, NULL: it is not. Id 0: a free slot. */
struct nvt_spool_entry *nvt_picks_slot(struct nvt_spool *s, uint32_t id);

/* Into a sorted list. False: one of them found no place in it. */
bool nvt_picks_insert(struct nvt_spool_entry *list, uint32_t *count, uint32_t cap,
                      const struct nvt_spool_entry *e);

bool nvt_picks_is_before(const struct nvt_spool_entry *a, const struct nvt_spool_entry *b);

/* No more of them than leave room for the deferred ones. */
void nvt_picks_trim(struct nvt_spool *s);

/* ---- defer.c: entries that failed, behind those that did not ---- */

/* How many of config.picks are kept for them, at the end. */
uint32_t nvt_defers_room(const struct nvt_spool *s);

/* The first of the queue. */
struct nvt_spool_entry *nvt_defers_front(struct nvt_spool *s);

/* A walk begins: it fills the queue when that is empty, or when anew is set. */
void nvt_defers_begin(struct nvt_spool *s, bool anew);

/* It found a pending entry that was deferred. */
void nvt_defers_see(struct nvt_spool *s, const struct nvt_spool_entry *e);

/* It has ended well. */
void nvt_defers_end(struct nvt_spool *s);

/* A deferred entry, not out any more, goes to the front of the queue. */
void nvt_defers_put_first(struct nvt_spool *s, const struct nvt_spool_entry *e);

/* ---- stock.c ---- */

/* Goes over the ring, a second time only when something is missing: which of the pending entries
 * are there, how many bytes they take, the most urgent ones, where values stand. What is missing is
 * given up; that of ids below sure counts as lost. NVT_E_SPOOL_IO. */
nvt_err nvt_spool_take_stock(struct nvt_spool *s, enum nvt_check check, uint32_t sure);

#endif
