/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Spool room: entries (journeys, as bytes) kept through power cuts on a block device until they are
 * settled. An append-only journal over erase blocks used in turn, so that they wear evenly; the
 * layout is described in src/spool/FORMAT.md. Memory does not depend on the size of the device.
 *
 * What holds through a power cut at any moment (each with a test of the same number):
 *  1. An entry whose append returned NVT_OK is pending until it is settled.
 *  2. An entry whose settling returned NVT_OK is never pending again.
 *  3. An entry under way when the cut came is wholly there or not at all, never in part.
 *  4. Nothing else is ever pending.
 *  5. Entries come out by urgency, those of equal urgency in the order in which they went in.
 *  6. A value that was put is the one that is got: the new one once put returned, else either.
 *  7. What is pending can be settled, and "full" is said only when used_bytes and the new record
 *     exceed capacity_bytes, or the window is full: moving records about never runs out of room.
 * A damaged block costs the records in it, which are counted, and no others.
 */
#ifndef NAVETTE_SPOOL_H
#define NAVETTE_SPOOL_H

#include <navette/port.h>

/* Where a record stands. */
struct nvt_spool_place {
    uint32_t block;
    uint32_t offset;
    uint32_t seq; /* of the block when it was written */
};

struct nvt_spool_entry {
    uint32_t id;    /* counts up from 1 */
    uint32_t due_s; /* seconds since 1970 by which it must be delivered; UINT32_MAX: no hurry */
    uint32_t len;   /* bytes */
    struct nvt_spool_place place;
};

/* What the caller hands over; all of it must outlive the spool. */
struct nvt_spool_config {
    const struct nvt_port_block *device;

    /* For building and reading records: the longest entry that can be appended is buffer_cap less
     * 16 bytes and the padding to a program unit, at most a block less its head. At least 256
     * bytes. */
    uint8_t *buffer;
    uint32_t buffer_cap;

    /* Four bits for each entry between the oldest pending one and the newest: 512 bytes let 1 024
     * follow an entry that cannot be delivered. A multiple of 4. */
    uint8_t *window;
    uint32_t window_len;

    /* Where the most urgent entries stand: one pass over the device finds pick_cap of them. At
     * least 8; a gateway that drains thousands wants 1 024. */
    struct nvt_spool_entry *picks;
    uint32_t pick_cap;
};

enum nvt_spool_state {
    NVT_SPOOL_DELIVERED = 1, /* the system has it */
    NVT_SPOOL_REFUSED = 2,   /* it never will: status and reason go along */
    NVT_SPOOL_EXPIRED = 3    /* too late to be sent */
};

/* Readable at any time; the counts of settled entries are those of the device's whole life. */
struct nvt_spool_info {
    uint32_t pending;   /* entries, those that are out included */
    uint32_t deferred;  /* of these, since the mount put behind the others by nvt_spool_defer */
    uint32_t oldest_id; /* of the pending ones, 0: none */
    uint32_t delivered, refused, expired;
    uint32_t used_bytes, capacity_bytes; /* of pending entries and values, with their heads */
    uint32_t erases;                     /* of all blocks together: each block has its share */
    uint32_t damaged;                    /* records that were needed and could not be read */
    uint32_t lost;                       /* entries that were pending in them */
};

/* To be declared and handed over; what it holds belongs to the room. */
struct nvt_spool {
    struct nvt_spool_config config;
    uint32_t head, oldest;                  /* blocks */
    uint32_t head_seq, oldest_seq, top_seq; /* their numbers, and the highest one ever given */
    uint32_t offset;                        /* in head, of the next record; block_size: closed */
    uint32_t limit;                         /* up to which entries may be written there */
    uint32_t tail, next;                    /* ids: the oldest pending, the next to be given */
    uint32_t live, longest;                 /* bytes of live records, the longest of them */
    uint32_t pending, delivered, refused, expired, damaged, lost;
    struct nvt_spool_place values[NVT_SPOOL_VALUES]; /* seq 0: none */
    uint32_t value_lens[NVT_SPOOL_VALUES];
    struct nvt_spool_entry out[NVT_SPOOL_OUT_MAX]; /* picked and not settled; id 0: free */
    uint32_t bad[NVT_SPOOL_BAD_MAX];               /* blocks that could not be erased or written */
    uint32_t erased; /* a free block that needs no erase, plus 1; 0: none known */
    uint32_t pick_count;
    uint32_t deferred, defer_count;     /* pending ones; of these in the queue at the picks' end */
    struct nvt_spool_entry defers_from; /* the next walk takes those that are less urgent */
    uint8_t bad_count;
    bool picks_complete; /* no pending entry is missing from picks but those that are out, and those
                            that are deferred */
    bool defers_complete;            /* the same of the queue */
    bool defers_filling, defers_cut; /* the walk under way fills it; it holds more than fit there */
    bool held;                       /* operations do not sync: nvt_spool_commit will */
    bool unsynced;                   /* there is something to sync */
    bool sync_failed;                /* since hold */
    bool mounted;
};

/* Makes an empty spool of the device: whatever was on it is given up. NVT_E_ARG (a size above),
 * NVT_E_SPOOL_IO. The spool is mounted then. */
nvt_err nvt_spool_format(struct nvt_spool *s, const struct nvt_spool_config *config);

/* Finds out what the device holds: one pass over it, nothing is written. NVT_E_ARG,
 * NVT_E_SPOOL_BLANK (never formatted, or that was cut short), NVT_E_SPOOL_FOREIGN (something else
 * stands there, or a spool of another geometry), NVT_E_SPOOL_WINDOW (more entries than the window
 * has room for), NVT_E_SPOOL_IO. */
nvt_err nvt_spool_mount(struct nvt_spool *s, const struct nvt_spool_config *config);

/* Keeps an entry; when this returns NVT_OK it is durable. NVT_E_SPOOL_FULL (nothing was touched:
 * settle some first), NVT_E_SPOOL_SIZE, NVT_E_SPOOL_IO (it may or may not have been kept),
 * NVT_E_STATE (not mounted). */
nvt_err nvt_spool_append(struct nvt_spool *s, struct nvt_span bytes, uint32_t due_s,
                         uint32_t *out_id);

/* The most urgent pending entry that is not out, with its bytes (out NULL: without, for one that is
 * too long for anybody); it is out then, until it is settled or put back. NVT_E_SPOOL_EMPTY,
 * NVT_E_SPOOL_OUT (NVT_SPOOL_OUT_MAX are out), NVT_E_SPOOL_IO, NVT_E_SPACE (*out_entry tells its
 * length), NVT_E_STATE. */
nvt_err nvt_spool_pick(struct nvt_spool *s, struct nvt_buf *out, struct nvt_spool_entry *out_entry);

/* An entry that is out is pending as before. NVT_E_ARG when it is not out. */
nvt_err nvt_spool_put_back(struct nvt_spool *s, uint32_t id);

/* An entry that is out failed for now: pending still, but behind all that did not, however many
 * they are; nothing is written, and a mount forgets it. failed: its failures are counted, up to
 * two. first: it is the next of those that were deferred; else they all come before it. NVT_E_ARG
 * when it is not out. */
nvt_err nvt_spool_defer(struct nvt_spool *s, uint32_t id, bool failed, bool first);

/* How often an entry was deferred with failed set, 0 to 2; and one time less. */
unsigned nvt_spool_failures(const struct nvt_spool *s, uint32_t id);
void nvt_spool_forgive(struct nvt_spool *s, uint32_t id);

enum nvt_spool_order {
    NVT_SPOOL_URGENT,  /* the most urgent one that was not deferred: nvt_spool_pick */
    NVT_SPOOL_NEWEST,  /* of those the one that was appended last. Costs a look into the blocks from
                          the  newest one on, down to where it stands */
    NVT_SPOOL_DEFERRED /* the next of the deferred ones, which take turns. With more of them than a
                          quarter of pick_cap, a pass over the device for so many each time */
};

/* As nvt_spool_pick. */
nvt_err nvt_spool_pick_by(struct nvt_spool *s, enum nvt_spool_order order, struct nvt_buf *out,
                          struct nvt_spool_entry *out_entry);

/* When the most urgent entry is due of those whose places are known and those that are out: no
 * entry that was not deferred is due before. UINT32_MAX: none is known, or there is no hurry. */
uint32_t nvt_spool_urgent_s(const struct nvt_spool *s);

/* An entry that is out is done with; durable when this returns NVT_OK. reason is cut at 64 bytes.
 * NVT_E_ARG when it is not out, NVT_E_SPOOL_IO. */
nvt_err nvt_spool_settle(struct nvt_spool *s, uint32_t id, enum nvt_spool_state state,
                         uint16_t status, struct nvt_span reason);

/* Several operations with one sync of the device (group commit): from hold on, append, settle and
 * put_value return before they are durable; all of them are when commit returns NVT_OK, and
 * operations sync by themselves again. With NVT_E_SPOOL_IO each of them may or may not have been
 * kept. Before an erase the device is made durable all the same. After a power cut before commit
 * any of them may be there and any not, none in part. commit: NVT_E_STATE too. */
void nvt_spool_hold(struct nvt_spool *s);
nvt_err nvt_spool_commit(struct nvt_spool *s);

/* Where a listing stands; {0} at its start. */
struct nvt_spool_cursor {
    struct nvt_spool_place at;
};

/* The next pending entry as they stand on the device, those that are out included, with its bytes.
 * Nothing may be appended, settled or put while a listing goes on. NVT_E_SPOOL_EMPTY after the
 * last, NVT_E_SPOOL_IO, NVT_E_SPACE, NVT_E_STATE. */
nvt_err nvt_spool_list(struct nvt_spool *s, struct nvt_spool_cursor *cursor, struct nvt_buf *out,
                       struct nvt_spool_entry *out_entry);

/* Small values beside the entries (a refresh token): key 0 to NVT_SPOOL_VALUES - 1; put takes the
 * place of the one before, durably. NVT_E_ARG, NVT_E_SPOOL_SIZE, _FULL, _IO, NVT_E_STATE; get:
 * NVT_E_SPOOL_EMPTY, NVT_E_SPACE. */
nvt_err nvt_spool_put_value(struct nvt_spool *s, uint8_t key, struct nvt_span value);
nvt_err nvt_spool_get_value(struct nvt_spool *s, uint8_t key, struct nvt_buf *out);

void nvt_spool_info(const struct nvt_spool *s, struct nvt_spool_info *out_info);

/* ---- reading any image, a damaged one too, without a mount and without writing ---- */

/* What the device must be for the spool on it, as the head of each block tells. */
struct nvt_spool_geometry {
    uint32_t block_size, block_count, prog_size;
};

/* The longest head of a block without its window. */
#define NVT_SPOOL_HEAD_LEN 48U

/* Whether these bytes, the first NVT_SPOOL_HEAD_LEN of a block, are a head of ours, and of which
 * device. Its CRC covers the window too and is not checked here: try it with an audit.
 * NVT_E_SPOOL_FOREIGN. */
nvt_err nvt_spool_read_geometry(struct nvt_span head, struct nvt_spool_geometry *out_geometry);

enum nvt_spool_item_type {
    NVT_SPOOL_ITEM_BLOCK,  /* a block begins: place.seq is its number; len: bytes of its window */
    NVT_SPOOL_ITEM_ENTRY,  /* id, due_s, bytes */
    NVT_SPOOL_ITEM_MARK,   /* id, state, status, bytes: the reason */
    NVT_SPOOL_ITEM_VALUE,  /* id: its key; bytes are not shown (a secret), len is */
    NVT_SPOOL_ITEM_MOVED,  /* all that lived in the blocks before id lives elsewhere too */
    NVT_SPOOL_ITEM_DAMAGE, /* len bytes that are no record; place.seq 0: a block's head itself */
    NVT_SPOOL_ITEM_CUT     /* the same behind the last record of a block: a power cut leaves it */
};

struct nvt_spool_item {
    enum nvt_spool_item_type type;
    struct nvt_spool_place place;
    uint32_t id, due_s, len;
    enum nvt_spool_state state;
    uint16_t status;
    bool in_use; /* the block belongs to the ring: what stands in others is history. One with a
                    damaged head: it lies between those of the ring, but may have been passed over
                    as bad when it was its turn */
};

struct nvt_spool_audit {
    const struct nvt_port_block *device;
    uint8_t *buffer;
    uint32_t buffer_cap;
    uint32_t oldest_seq, head_seq; /* the ring, as the newest good head tells; 0: there is none */
    uint32_t oldest, head;         /* its first and last block */
    uint32_t block, offset, seq;   /* where it stands */
    bool inside;                   /* of a block whose head was told */
};

/* Finds the newest good head. NVT_E_ARG (as nvt_spool_mount); a block that cannot be read is
 * passed over here. */
nvt_err nvt_spool_audit_begin(struct nvt_spool_audit *a, const struct nvt_port_block *device,
                              uint8_t *buffer, uint32_t buffer_cap);

/* The next thing on the device, block by block from its first one; erased blocks are passed over.
 * out_bytes are in the buffer, and none when they are longer (65 552 bytes are always enough).
 * NVT_E_SPOOL_EMPTY after the last; NVT_E_SPOOL_IO: a block cannot be read further, and the next
 * call goes on with the one behind it. */
nvt_err nvt_spool_audit_next(struct nvt_spool_audit *a, struct nvt_spool_item *out_item,
                             struct nvt_span *out_bytes);

#endif
