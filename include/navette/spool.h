/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Spool room: entries (journeys, as bytes) kept through power cuts on a block device until they are
 * settled. An append-only journal over erase blocks used in turn, so that they wear evenly; the
 * layout is described in src/spool/FORMAT.md.
 *
 * What holds through power cuts at any moment and calls of the device that fail, once or from then
 * on, in any order (each with a test of the same number):
 *  1. An entry whose append returned NVT_OK is pending until it is settled.
 *  2. An entry whose settling returned NVT_OK is never pending again.
 *  3. An entry under way when the cut or the failure came is wholly there or not at all; once a
 *     mount has told which, it stays so.
 *  4. Nothing else is ever pending, and nothing twice. No id is given to two entries.
 *  5. Entries come out by urgency, those of equal urgency in the order in which they went in.
 *  6. A value that was put is the one that is got: the new one once put returned, else either; once
 *     a mount gave one back, that one.
 *  7. What is pending can be settled while the device works, and "full" is said only when
 *     used_bytes and the new record exceed capacity_bytes, or the window is full: moving records
 *     about never runs out of room. It works as long as no more of its blocks fail for good, after
 *     it was filled, than a sixteenth of them, at most NVT_SPOOL_SPARE_MAX.
 *  8. Where bytes change afterwards, only the records that they hit are lost, and nvt_spool_info
 *     tells: nothing else is ever taken for a record than what was written in that place and in
 *     that life of its block. FORMAT.md names the two changes that no format could see.
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
    /* Its blocks have 280 bytes at least, and with program units from 256 bytes on 7 of them. */
    const struct nvt_port_block *device;

    /* For building and reading records: the longest entry that can be appended is buffer_cap less
     * 16 bytes and the padding to a program unit, at most about nine tenths of a block (two thirds
     * with 4 blocks). At least 256 bytes. */
    uint8_t *buffer;
    uint32_t buffer_cap;

    /* NVT_SPOOL_WINDOW_LEN(blocks of the device, entries): two bits for each block, and three for
     * each entry from the oldest pending one to the newest. A multiple of 4. It may be made smaller
     * from one version of a firmware to the next: a mount that finds more entries than it has room
     * for, from the oldest one on that was pending when the newest block was opened, says so and
     * changes nothing. */
    uint8_t *window;
    uint32_t window_len;

    /* Where the most urgent entries stand: one pass over the device finds pick_cap of them. At
     * least 8; a gateway that drains thousands wants 1 024. */
    struct nvt_spool_entry *picks;
    uint32_t pick_cap;

    /* Any number, another one at each format: it keeps what a device held before apart from what
     * it holds now. 0 will do where there is no source of random numbers. */
    uint32_t salt;
};

#define NVT_SPOOL_WINDOW_LEN(blocks, entries)                                                      \
    (((uint32_t)(blocks) + 15U) / 16U * 4U + ((uint32_t)(entries) + 31U) / 32U * 12U)

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
    uint32_t span, entries_max;          /* ids from the oldest pending to the newest; window's */
    uint32_t erases;                     /* of all blocks together: each block has its share */
    uint32_t failed_syncs;               /* of the device, since the mount */

    /* What the mount, or a look at all of it since, found: */
    uint32_t damaged; /* spots where records stood, blocks without a head, values that are gone */
    uint32_t lost;    /* entries that were pending in them */
    uint32_t torn;    /* spots that are no record and perhaps never were: a power cut leaves them */
    uint32_t repaired; /* heads of blocks of which one copy was damaged and the other served */
};

/* Where records are read: a device, a buffer, and two bits for each block. */
struct nvt_spool_medium {
    const struct nvt_port_block *device;
    uint8_t *buffer;
    uint32_t buffer_cap;
    uint8_t *map;
    bool lenient; /* what cannot be read is taken for damage */
};

/* A block in one of its lives, and how far its records count. */
struct nvt_spool_life {
    uint32_t seq, salt;
    uint32_t end, sure; /* holes between them are not damage: some of it was not synced */
    uint32_t block;
};

/* The blocks in use, and how far the newest of them is written. */
struct nvt_spool_ring {
    struct nvt_spool_life newest;
    uint32_t oldest, oldest_seq; /* block, and its number */
    uint32_t told;               /* the oldest block as the device tells */
    uint32_t seed;               /* of the CRCs in the newest block */
    uint32_t limit;              /* up to where entries may be written there */
    uint32_t synced;             /* up to where it is durable */
};

/* How entries stood when the newest block was opened. */
struct nvt_spool_base {
    uint32_t tail, next; /* ids: the oldest pending, the next to be given */
    uint32_t delivered, refused, expired;
    uint32_t window_cap; /* ids that the window had room for then */
    uint32_t pending;
};

/* Where some pending entries stand that are not out, in a part of config.picks. */
struct nvt_spool_picks {
    struct nvt_spool_entry *list;
    uint32_t count, room;
    uint64_t from; /* of the queue: a walk fills it with those of a higher urgency() */
    bool missing;  /* there are others */
    bool filling;  /* the walk under way fills it */
};

/* To be declared and handed over; what it holds belongs to the room. What is used most stands
 * first: short instructions reach no further than 128 bytes. */
struct nvt_spool {
    struct nvt_spool_medium medium;
    bool mounted;
    bool stale;       /* everything must be counted again: a sync failed */
    bool closed;      /* nothing more is written to the newest block */
    bool any_hole;    /* not all that stands in the ring is a record */
    bool held;        /* operations do not sync: nvt_spool_commit will */
    bool unsynced;    /* there is something to sync */
    bool sync_failed; /* since hold */
    struct nvt_spool_ring ring;
    uint32_t live, longest; /* bytes of live records, the longest of them */
    uint32_t bad_count;     /* blocks that could not be erased or written */
    struct nvt_spool_config config;
    struct nvt_spool_base now;
    uint32_t deferred; /* of those that are pending */
    struct nvt_spool_base base;
    uint32_t base_block;  /* the block whose head base is of */
    uint32_t top_seq;     /* the highest number of a block that was ever given */
    uint32_t given;       /* the next id before something was undone */
    uint32_t synced_tail; /* the tail that is durable: so far the window is free */
    uint32_t listed; /* the id where the next list of pending ones begins, if it is known; else the
                        tail */
    uint32_t failed_syncs;
    uint32_t damaged, lost, torn, repaired;
    uint32_t lost_before;            /* of lost: before the newest block was opened */
    struct nvt_spool_picks picks[2]; /* of those not deferred; the queue of those that were */
    struct nvt_spool_place values[NVT_SPOOL_VALUES]; /* seq 0: none */
    uint32_t value_lens[NVT_SPOOL_VALUES];
    struct nvt_spool_entry out[NVT_SPOOL_OUT_MAX]; /* picked and not settled; id 0: free */
};

/* Makes an empty spool of the device: whatever was on it is given up. NVT_E_ARG (a size above),
 * NVT_E_SPOOL_IO. The spool is mounted then. */
nvt_err nvt_spool_format(struct nvt_spool *s, const struct nvt_spool_config *config);

/* The same for entries that come from another spool: ids go on from start->next, which is
 * start->tail too and not 0, and what was settled there counts. */
nvt_err nvt_spool_format_from(struct nvt_spool *s, const struct nvt_spool_config *config,
                              const struct nvt_spool_base *start);

/* Finds out what the device holds, and checks all of it; the device is synced first, nothing is
 * written. NVT_E_ARG, NVT_E_SPOOL_BLANK (never formatted, or that was cut short),
 * NVT_E_SPOOL_FOREIGN (something else stands there, or a spool of another geometry),
 * NVT_E_SPOOL_VERSION (a spool of another format), NVT_E_SPOOL_WINDOW (more entries than the window
 * has room for), NVT_E_SPOOL_SIZE (an entry that the buffer has no room for, or a value of a key
 * from NVT_SPOOL_VALUES on), NVT_E_SPOOL_IO. */
nvt_err nvt_spool_mount(struct nvt_spool *s, const struct nvt_spool_config *config);

/* Keeps an entry; when this returns NVT_OK it is durable. NVT_E_SPOOL_FULL, NVT_E_SPOOL_WINDOW (no
 * room for its bytes, or for one more entry in the window: nothing was touched, settle some first),
 * NVT_E_SPOOL_SIZE, NVT_E_SPOOL_IO (it is not pending; only if power goes now, it may be),
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
 * they are; nothing is written, and a mount forgets it, as does a sync or a read that fails.
 * failed: its failures are counted, up to two. first: it is the next of those that were deferred;
 * else they all come before it. NVT_E_ARG when it is not out. */
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

/* When the most urgent entry is due that is due after that second, of those whose places are known
 * and those that are out; as long as it is one whose place is known, none that was not deferred is
 * due between. UINT32_MAX: none is known, or there is no hurry. */
uint32_t nvt_spool_urgent_s(const struct nvt_spool *s, uint32_t after_s);

/* An entry that is out is done with; durable when this returns NVT_OK. reason is cut at 64 bytes.
 * NVT_E_ARG when it is not out, NVT_E_SPOOL_IO. */
nvt_err nvt_spool_settle(struct nvt_spool *s, uint32_t id, enum nvt_spool_state state,
                         uint16_t status, struct nvt_span reason);

/* Several operations with one sync of the device (group commit): from hold on, append, settle and
 * put_value return before they are durable; all of them are when commit returns NVT_OK, and
 * operations sync by themselves again. With NVT_E_SPOOL_IO a sync failed: what was held since the
 * last good one (the device is made durable before each erase too) is undone; an entry that was
 * settled is pending again, one that was appended is not. After a power cut before
 * commit any of them may be there and any not, none in part. commit: NVT_E_STATE too. */
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

/* Bytes of a block's head. */
#define NVT_SPOOL_HEAD_LEN 76U

/* Whether these bytes, the first NVT_SPOOL_HEAD_LEN of a block, seem to be a head of ours, and of
 * which device. Its CRC is not checked here, as it covers the block's place: try it with an audit.
 * NVT_E_SPOOL_FOREIGN; NVT_E_SPOOL_VERSION: of another format, whose number is head[3] - '0'. */
nvt_err nvt_spool_read_geometry(struct nvt_span head, struct nvt_spool_geometry *out_geometry);

enum nvt_spool_item_type {
    NVT_SPOOL_ITEM_BLOCK,  /* a block begins; place.seq: its number; len: good copies of its head,
                              0: both are gone, and what stands in it is known from its neighbour */
    NVT_SPOOL_ITEM_ENTRY,  /* id, due_s, bytes */
    NVT_SPOOL_ITEM_MARK,   /* id, state, status, bytes: the reason */
    NVT_SPOOL_ITEM_VALUE,  /* id: its key; bytes are not shown (a secret), len is */
    NVT_SPOOL_ITEM_LIST,   /* of pending entries, from id on; due_s: keys of values, one bit each */
    NVT_SPOOL_ITEM_MOVED,  /* all that lived in the blocks before id lives elsewhere too */
    NVT_SPOOL_ITEM_DAMAGE, /* len bytes that are no record; place.seq 0: a block of which nothing
                              can be read */
    NVT_SPOOL_ITEM_CUT     /* the same where not all was synced: a power cut leaves it */
};

struct nvt_spool_item {
    enum nvt_spool_item_type type;
    struct nvt_spool_place place;
    uint32_t id, due_s, len;
    enum nvt_spool_state state;
    uint16_t status;
    bool in_use; /* the block belongs to the ring, and the spot to what counts in it: what stands
                    elsewhere is history */
};

struct nvt_spool_audit {
    struct nvt_spool spool;      /* its ring alone; newest.seq 0: there is none */
    uint32_t block, offset, seq; /* where it stands */
    struct nvt_spool_life life;  /* of this block */
    uint32_t stop;               /* where nothing but erased bytes is left of it */
    bool inside;                 /* of a block that was told */
};

/* Finds the ring. map: (block_count + 15) / 16 * 4 bytes, which it needs until the end. NVT_E_ARG
 * (as nvt_spool_mount); a block that cannot be read is passed over here. */
nvt_err nvt_spool_audit_begin(struct nvt_spool_audit *a, const struct nvt_port_block *device,
                              uint8_t *buffer, uint32_t buffer_cap, uint8_t *map, uint32_t map_len);

/* The next thing on the device, block by block from its first one; erased blocks are passed over.
 * out_bytes are in the buffer, and none when they are longer (65 552 bytes are always enough).
 * NVT_E_SPOOL_EMPTY after the last; NVT_E_SPOOL_IO: a block cannot be read further, and the next
 * call goes on with the one behind it. */
nvt_err nvt_spool_audit_next(struct nvt_spool_audit *a, struct nvt_spool_item *out_item,
                             struct nvt_span *out_bytes);

#endif
