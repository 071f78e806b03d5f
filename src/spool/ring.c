/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The blocks as a ring: in use from the oldest to the newest (head), free from there to the oldest.
 * One good block is always kept free: when it is the last one, what lives in the oldest block is
 * moved there first. Until all of it is there the oldest block stays as it is, so a cut at any
 * moment leaves one whole copy.
 */
#include "spool_internal.h"

/* A block that is being opened, or written to. */
struct tip {
    uint32_t block, seq, salt, seed;
    uint32_t limit, end; /* of its records */
    uint32_t synced;
};

/* ---- walking ---- */

nvt_err nvt_ring_begin(const struct nvt_spool *s, bool checked, struct nvt_walk *walk)
{
    uint8_t copies = 0U;
    nvt_err err = nvt_ring_enter(&s->medium, &s->ring, s->ring.oldest, walk, &copies);
    if (err == NVT_E_SPOOL_EMPTY) { /* all of it is a hole; the next one has a head */
        walk->block = s->ring.oldest;
        walk->offset = walk->end = 0U;
        err = NVT_OK;
    }
    walk->checked = checked;
    return err;
}

nvt_err nvt_ring_next(const struct nvt_spool *s, struct nvt_walk *walk, struct nvt_record *out)
{
    nvt_err err = nvt_walk_next(&s->medium, walk, out);
    while (err == NVT_E_SPOOL_EMPTY && walk->block != s->ring.head) {
        bool checked = walk->checked;
        uint32_t block = nvt_used_after(&s->medium, walk->block);
        uint8_t copies = 0U;
        err = nvt_ring_enter(&s->medium, &s->ring, block, walk, &copies);
        walk->block = block;
        walk->checked = checked;
        if (err == NVT_OK) {
            err = nvt_walk_next(&s->medium, walk, out);
        }
    }
    return err;
}

nvt_err nvt_ring_fetch(const struct nvt_spool *s, struct nvt_spool_place place,
                       struct nvt_record *out)
{
    struct nvt_walk walk;
    uint8_t copies = 0U;
    if (place.seq == 0U || nvt_block_state(&s->medium, place.block) != NVT_BLOCK_USED) {
        return NVT_E_SPOOL_EMPTY;
    }
    nvt_err err = nvt_ring_enter(&s->medium, &s->ring, place.block, &walk, &copies);
    if (err == NVT_OK && walk.seq != place.seq) {
        err = NVT_E_SPOOL_EMPTY;
    }
    if (err == NVT_OK) {
        walk.offset = place.offset;
        err = nvt_walk_next(&s->medium, &walk, out);
    }
    return err == NVT_OK && out->place.offset != place.offset ? NVT_E_SPOOL_EMPTY : err;
}

/* ---- blocks ---- */

void nvt_ring_note(struct nvt_spool *s, uint32_t block, enum nvt_block_state state)
{
    s->bad_count -= nvt_block_state(&s->medium, block) == NVT_BLOCK_BAD ? 1U : 0U;
    s->bad_count += state == NVT_BLOCK_BAD ? 1U : 0U;
    nvt_block_set(&s->medium, block, state);
}

void nvt_ring_forgive_bad(struct nvt_spool *s)
{
    for (uint32_t b = 0; s->bad_count > 0U && b < s->config.device->block_count; b++) {
        if (nvt_block_state(&s->medium, b) == NVT_BLOCK_BAD) {
            nvt_ring_note(s, b, NVT_BLOCK_FREE);
        }
    }
}

uint32_t nvt_ring_spare(const struct nvt_spool *s)
{
    uint32_t spare = s->config.device->block_count / 16U;
    return spare < (uint32_t)NVT_SPOOL_SPARE_MAX ? spare : (uint32_t)NVT_SPOOL_SPARE_MAX;
}

static bool is_free(const struct nvt_spool *s, uint32_t block)
{
    enum nvt_block_state state = nvt_block_state(&s->medium, block);
    return state == NVT_BLOCK_FREE || state == NVT_BLOCK_ERASED;
}

/* Free ones behind b and before the oldest; *out_last: the last of them. */
static uint32_t free_behind(const struct nvt_spool *s, uint32_t b, uint32_t *out_last)
{
    uint32_t count = 0;
    for (b = nvt_block_after(&s->medium, b); b != s->ring.oldest;
         b = nvt_block_after(&s->medium, b)) {
        if (is_free(s, b)) {
            *out_last = b;
            count++;
        }
    }
    return count;
}

/* ---- making durable ---- */

static void forget_erased(struct nvt_spool *s)
{
    for (uint32_t b = 0; b < s->config.device->block_count; b++) {
        if (nvt_block_state(&s->medium, b) == NVT_BLOCK_ERASED) {
            nvt_block_set(&s->medium, b, NVT_BLOCK_FREE);
        }
    }
}

/* What was written since the last good sync may never come to be: it stops to count at once, and
 * the next block's head says so for good. */
nvt_err nvt_ring_sync(struct nvt_spool *s)
{
    const struct nvt_port_block *d = s->config.device;
    nvt_err err = s->unsynced ? d->sync(d->ctx) : NVT_OK;
    if (err == NVT_OK) {
        s->unsynced = false;
        s->synced = s->ring.end;
        s->synced_tail = s->now.tail;
        return NVT_OK;
    }
    s->failed_syncs++;
    s->sync_failed = true;
    s->closed = true;
    forget_erased(s);
    if (s->ring.end != s->synced) {
        s->ring.end = s->synced;
        s->ring.sure = s->ring.sure < s->ring.end ? s->ring.sure : s->ring.end;
        s->stale = true;
    }
    return err;
}

/* What made the block free must be durable before. */
nvt_err nvt_ring_erase(struct nvt_spool *s, uint32_t block)
{
    nvt_err err = nvt_ring_sync(s);
    if (err == NVT_OK && nvt_block_state(&s->medium, block) != NVT_BLOCK_ERASED) {
        s->unsynced = true;
        err = s->config.device->erase(s->config.device->ctx, block);
        nvt_ring_note(s, block, err == NVT_OK ? NVT_BLOCK_ERASED : NVT_BLOCK_BAD);
    }
    return err;
}

/* The first len bytes of the buffer, up to whole units. */
static nvt_err prog(struct nvt_spool *s, uint32_t block, uint32_t offset, uint32_t len)
{
    const struct nvt_port_block *d = s->config.device;
    uint32_t padded = nvt_padded(d, len);
    (void)memset(s->config.buffer + len, NVT_ERASED, padded - len);
    s->unsynced = true;
    return d->prog(d->ctx, block, offset, s->config.buffer, padded);
}

/* ---- records ---- */

/* Behind those of the block, where its room was made before; not synced. bytes may stand in the
 * buffer behind a record's first ones. */
static nvt_err write_record(struct nvt_spool *s, struct tip *tip, struct nvt_record r,
                            struct nvt_span bytes)
{
    const struct nvt_port_block *d = s->config.device;
    uint32_t room = nvt_room(d, (uint32_t)bytes.len);
    if (room > d->block_size - tip->end) {
        return NVT_E_SPOOL_IO; /* an image that no spool of ours wrote */
    }
    if (bytes.len > 0U) {
        (void)memmove(s->config.buffer + NVT_RECORD_LEN, bytes.ptr, bytes.len);
    }
    r.place = (struct nvt_spool_place){tip->block, tip->end, tip->seq};
    r.joined = tip->end != tip->synced;
    nvt_record_encode(tip->seed, &r, nvt_span_of(s->config.buffer + NVT_RECORD_LEN, bytes.len),
                      s->config.buffer);
    nvt_err err = prog(s, tip->block, tip->end, (uint32_t)NVT_RECORD_LEN + (uint32_t)bytes.len);
    tip->end += err == NVT_OK ? room : 0U;
    return err;
}

/* ---- lists of what is pending ---- */

static size_t put_varint(uint8_t *out, uint32_t value)
{
    size_t n = 0;
    while (value > 0x7FU) {
        out[n] = (uint8_t)(value | 0x80U);
        value >>= 7U;
        n++;
    }
    out[n] = (uint8_t)value;
    return n + 1U;
}

static uint32_t keys_of(const struct nvt_spool *s)
{
    uint32_t keys = 0;
    for (uint32_t i = 0; i < (uint32_t)NVT_SPOOL_VALUES; i++) {
        keys |= s->values[i].seq != 0U ? 1U << i : 0U;
    }
    return keys;
}

/* Distances from each pending id to the next, from s->listed on, as many as have room. *out_all:
 * these are all up to the newest one. */
static uint32_t put_ids(struct nvt_spool *s, uint8_t *out, uint32_t room, bool *out_all)
{
    enum { VARINT_MAX = 5 };
    uint32_t len = 0;
    uint32_t last = s->listed;
    uint32_t id = s->listed;
    while (id != s->now.next && len + (uint32_t)VARINT_MAX <= room) {
        if (nvt_id_is_pending(s, id)) {
            len += (uint32_t)put_varint(out + len, id - last);
            last = id;
        }
        id++;
    }
    *out_all = id == s->now.next;
    s->listed = *out_all ? s->now.tail : last + 1U; /* the reader knows of no others */
    return len;
}

/* As many as the room for them takes; the next block goes on from there. */
static nvt_err write_lists(struct nvt_spool *s, struct tip *tip)
{
    const struct nvt_port_block *d = s->config.device;
    uint32_t end = tip->end + nvt_list_room(d);
    uint32_t unit = nvt_padded(d, 1U);
    uint32_t room = s->config.buffer_cap / unit * unit;
    nvt_err err = NVT_OK;
    bool all = false;
    if (!nvt_id_is_known(s, s->listed)) { /* settled since */
        s->listed = s->now.tail;
    }
    while (err == NVT_OK && !all && end - tip->end >= nvt_room(d, 8U)) {
        struct nvt_record r = {
            .type = (uint8_t)NVT_RECORD_LIST, .id = s->listed, .due_s = keys_of(s)};
        uint32_t rest = end - tip->end < room ? end - tip->end : room;
        uint8_t *ids = s->config.buffer + NVT_RECORD_LEN;
        uint32_t len = put_ids(s, ids, rest - (uint32_t)NVT_RECORD_LEN, &all);
        r.aux = all ? 1U : 0U;
        err = write_record(s, tip, r, nvt_span_of(ids, len));
    }
    return err;
}

/* ---- opening ---- */

static nvt_err write_heads(struct nvt_spool *s, const struct tip *tip, bool moving)
{
    const struct nvt_port_block *d = s->config.device;
    struct nvt_head h = {
        .seq = tip->seq,
        .salt = tip->salt,
        .before = {s->ring.head, s->ring.head_seq, s->ring.salt, s->ring.end, s->ring.sure},
        .oldest = s->ring.oldest,
        .oldest_seq = s->ring.oldest_seq,
        .base = s->now,
        .moving = moving,
    };
    h.base.window_cap = nvt_ids_cap(s);
    h.base.pending = s->pending;
    if (s->ring.head_seq == 0U) {
        h.oldest = tip->block;
        h.oldest_seq = tip->seq;
        h.before.block = tip->block;
    }
    nvt_err err = NVT_OK;
    for (uint32_t copy = 0; copy < 2U && err == NVT_OK; copy++) {
        nvt_head_encode(d, tip->block, &h, s->config.buffer);
        err = prog(s, tip->block, copy * nvt_padded(d, NVT_HEAD_LEN), NVT_HEAD_LEN);
    }
    return err;
}

/* Its head is durable before any record stands behind it. */
static nvt_err open_block(struct nvt_spool *s, uint32_t b, bool moving, struct tip *tip)
{
    nvt_block_set(&s->medium, b, NVT_BLOCK_FREE);
    s->closed = true; /* once a head behind it says where its records end */
    s->top_seq++;
    *tip = (struct tip){.block = b, .seq = s->top_seq};
    tip->salt = nvt_salt_after(s->ring.salt, tip->seq);
    tip->seed = nvt_life_seed(b, tip->seq, tip->salt);
    tip->end = nvt_records_at(s->config.device);
    tip->synced = tip->end;
    nvt_err err = write_heads(s, tip, moving);
    if (err == NVT_OK) {
        err = write_lists(s, tip);
    }
    if (err != NVT_OK) {
        nvt_ring_note(s, b, NVT_BLOCK_BAD);
        return err;
    }
    tip->limit = tip->end + nvt_data_max(s->config.device);
    tip->synced = tip->end;
    return nvt_ring_sync(s);
}

/* Are enough kept free behind b? The only one is erased, to be sure of it; but after b, which was
 * in the ring before it. */
static nvt_err reserve(struct nvt_spool *s, uint32_t b)
{
    uint32_t spare = nvt_ring_spare(s);
    uint32_t kept = spare > s->bad_count ? spare - s->bad_count : 0U;
    uint32_t last = b;
    uint32_t count = free_behind(s, b, &last);
    if (count <= kept || count == 0U) {
        return NVT_E_SPOOL_FULL;
    }
    nvt_err err = nvt_ring_erase(s, b);
    if (err == NVT_OK && count == 1U && nvt_ring_erase(s, last) != NVT_OK) {
        err = NVT_E_SPOOL_FULL;
    }
    return err;
}

static nvt_err open_next(struct nvt_spool *s, bool moving, struct tip *tip)
{
    enum { TRIES = 16 }; /* a device that is out of order is not tried to its end each time */
    unsigned tries = 0;
    uint32_t syncs = s->failed_syncs;
    nvt_err err = NVT_E_SPOOL_FULL;
    for (uint32_t b = nvt_block_after(&s->medium, s->ring.head); b != s->ring.oldest;
         b = nvt_block_after(&s->medium, b)) {
        if (!is_free(s, b) || s->top_seq == NVT_SEQ_MAX) {
            continue;
        }
        err = moving ? nvt_ring_erase(s, b) : reserve(s, b);
        if (err == NVT_OK) {
            err = open_block(s, b, moving, tip);
        }
        tries++;
        if (s->failed_syncs != syncs) {
            return NVT_E_SPOOL_IO;
        }
        if (err == NVT_OK || err == NVT_E_SPOOL_FULL || tries == (unsigned)TRIES) {
            return err;
        }
    }
    return err;
}

/* What failed as a whole device may be well again: all that are free are tried. */
static nvt_err open_to_move(struct nvt_spool *s, struct tip *tip)
{
    nvt_err err = open_next(s, true, tip);
    if (err == NVT_E_SPOOL_FULL && s->bad_count > 0U) {
        nvt_ring_forgive_bad(s);
        err = open_next(s, true, tip);
    }
    return err;
}

static void become_head(struct nvt_spool *s, const struct tip *tip)
{
    nvt_ring_note(s, tip->block, NVT_BLOCK_USED);
    s->ring.head = tip->block;
    s->ring.head_seq = tip->seq;
    s->ring.salt = tip->salt;
    s->ring.limit = tip->limit;
    s->ring.end = tip->end;
    s->ring.sure = tip->end;
    s->synced = tip->end;
    s->base = s->now;
    s->base.window_cap = nvt_ids_cap(s);
    s->base.pending = s->pending;
    s->base_block = tip->block;
    s->lost_before = s->lost;
    s->closed = false;
}

nvt_err nvt_ring_open_first(struct nvt_spool *s)
{
    struct tip tip;
    s->ring.head = s->config.device->block_count - 1U;
    s->ring.oldest = s->ring.head;
    nvt_err err = open_next(s, false, &tip);
    if (err == NVT_OK) {
        become_head(s, &tip);
        s->ring.oldest = tip.block;
        s->ring.oldest_seq = tip.seq;
    }
    return err == NVT_E_SPOOL_FULL ? NVT_E_SPOOL_IO : err;
}

/* ---- moving ---- */

static bool lives(const struct nvt_spool *s, const struct nvt_record *r)
{
    if (r->type == (uint8_t)NVT_RECORD_ENTRY) {
        return nvt_id_is_pending(s, r->id);
    }
    return r->type == (uint8_t)NVT_RECORD_VALUE && r->aux < (uint8_t)NVT_SPOOL_VALUES &&
           s->values[r->aux].seq == r->place.seq && s->values[r->aux].offset == r->place.offset;
}

/* The next living record of one block. */
static nvt_err next_living(const struct nvt_spool *s, struct nvt_walk *walk, struct nvt_record *out)
{
    nvt_err err = NVT_OK;
    do {
        err = nvt_walk_next(&s->medium, walk, out);
    } while (err == NVT_OK && !lives(s, out));
    return err;
}

static nvt_err begin_oldest(const struct nvt_spool *s, struct nvt_walk *walk)
{
    nvt_err err = nvt_ring_begin(s, true, walk);
    walk->checked = true;
    return err;
}

static void leave_oldest(struct nvt_spool *s, uint32_t next, uint32_t next_seq)
{
    nvt_ring_note(s, s->ring.oldest, NVT_BLOCK_FREE);
    s->ring.oldest = next;
    s->ring.oldest_seq = next_seq;
}

/* The block in use behind the oldest, and its number. */
static nvt_err find_second(const struct nvt_spool *s, uint32_t *out_block, uint32_t *out_seq)
{
    struct nvt_walk walk = {.seq = 0U};
    uint8_t copies = 0U;
    *out_block = nvt_used_after(&s->medium, s->ring.oldest);
    nvt_err err = nvt_ring_enter(&s->medium, &s->ring, *out_block, &walk, &copies);
    /* With no head the number is not known; but it is higher than the oldest one's. */
    *out_seq = err == NVT_OK ? walk.seq : s->ring.oldest_seq + 1U;
    return err == NVT_E_SPOOL_EMPTY ? NVT_OK : err;
}

nvt_err nvt_ring_follow(struct nvt_spool *s)
{
    nvt_err err = NVT_E_SPOOL_EMPTY;
    while (err == NVT_E_SPOOL_EMPTY && s->ring.oldest != s->ring.head) {
        struct nvt_walk walk;
        struct nvt_record r;
        uint32_t next = 0;
        uint32_t next_seq = 0;
        err = begin_oldest(s, &walk);
        if (err == NVT_OK) {
            err = next_living(s, &walk, &r);
        }
        if (err == NVT_E_SPOOL_EMPTY) {
            err = find_second(s, &next, &next_seq);
            if (err == NVT_OK) {
                leave_oldest(s, next, next_seq);
                err = NVT_E_SPOOL_EMPTY;
            }
        }
    }
    return err == NVT_E_SPOOL_EMPTY ? NVT_OK : err;
}

static nvt_err copy_living(struct nvt_spool *s, struct nvt_walk *walk, struct tip *tip)
{
    struct nvt_record r;
    nvt_err err = next_living(s, walk, &r);
    while (err == NVT_OK) {
        r.copy = true;
        err = write_record(s, tip, r, nvt_span_of(s->config.buffer + NVT_RECORD_LEN, r.len));
        if (err != NVT_OK) {
            nvt_ring_note(s, tip->block, NVT_BLOCK_BAD);
            return err;
        }
        err = next_living(s, walk, &r);
    }
    return err == NVT_E_SPOOL_EMPTY ? NVT_OK : err;
}

/* Twice, as all that was copied would be lost with the only one. */
static nvt_err write_moved(struct nvt_spool *s, struct tip *tip)
{
    struct nvt_record r = {.type = (uint8_t)NVT_RECORD_MOVED, .id = tip->seq, .due_s = tip->block};
    nvt_err err = NVT_OK;
    if (s->ring.oldest != s->ring.head) {
        err = find_second(s, &r.due_s, &r.id);
    }
    for (unsigned i = 0; i < 2U && err == NVT_OK; i++) {
        err = write_record(s, tip, r, NVT_LIT(""));
        if (err != NVT_OK) {
            nvt_ring_note(s, tip->block, NVT_BLOCK_BAD);
        }
    }
    if (err == NVT_OK) {
        err = nvt_ring_sync(s);
    }
    if (err == NVT_OK) {
        tip->limit += 2U * nvt_room(s->config.device, 0U);
        become_head(s, tip);
        leave_oldest(s, r.due_s, r.id);
    }
    return err;
}

/* Where the copies stand is told once they count. */
static nvt_err adopt(struct nvt_spool *s)
{
    struct nvt_walk walk;
    struct nvt_record r;
    uint8_t copies = 0U;
    nvt_err err = nvt_ring_enter(&s->medium, &s->ring, s->ring.head, &walk, &copies);
    walk.checked = false;
    while (err == NVT_OK) {
        err = nvt_walk_next(&s->medium, &walk, &r);
        if (err == NVT_OK && r.type == (uint8_t)NVT_RECORD_ENTRY) {
            nvt_picks_move(s, r.id, r.place);
        }
        if (err == NVT_OK && r.type == (uint8_t)NVT_RECORD_VALUE) {
            s->values[r.aux] = r.place;
        }
    }
    s->stale = s->stale || err != NVT_E_SPOOL_EMPTY;
    return err == NVT_E_SPOOL_EMPTY ? NVT_OK : err;
}

static nvt_err move_oldest(struct nvt_spool *s)
{
    struct nvt_walk source;
    struct tip tip;
    nvt_err err = open_to_move(s, &tip);
    if (err == NVT_OK) {
        err = begin_oldest(s, &source);
    }
    if (err == NVT_OK) {
        err = copy_living(s, &source, &tip);
    }
    if (err == NVT_OK) {
        err = nvt_ring_sync(s);
        tip.synced = tip.end;
    }
    if (err == NVT_OK) {
        err = write_moved(s, &tip);
    }
    return err == NVT_OK ? adopt(s) : err;
}

/* ---- making room ---- */

static bool has_room(const struct nvt_spool *s, uint32_t room)
{
    return !s->closed && s->ring.end <= s->ring.limit && s->ring.limit - s->ring.end >= room;
}

static nvt_err open_plain(struct nvt_spool *s)
{
    struct tip tip;
    nvt_err err = open_next(s, false, &tip);
    if (err == NVT_OK) {
        become_head(s, &tip);
    }
    return err;
}

/* Each turn opens one block, at worst to move the oldest one's records into it. */
static nvt_err make_room(struct nvt_spool *s, uint32_t room)
{
    uint32_t turns = 2U * s->config.device->block_count;
    /* The oldest is left only when what emptied it is durable. */
    nvt_err err = has_room(s, room) ? NVT_OK : nvt_ring_sync(s);
    while (err == NVT_OK && !has_room(s, room)) {
        err = turns == 0U ? NVT_E_SPOOL_FULL : nvt_ring_follow(s);
        if (err == NVT_OK) {
            err = open_plain(s);
            err = err == NVT_E_SPOOL_FULL ? move_oldest(s) : err;
        }
        turns--;
    }
    return err;
}

static nvt_err write_to_head(struct nvt_spool *s, const struct nvt_record *r, struct nvt_span bytes)
{
    struct tip tip = {
        .block = s->ring.head,
        .seq = s->ring.head_seq,
        .seed = nvt_life_seed(s->ring.head, s->ring.head_seq, s->ring.salt),
        .end = s->ring.end,
        .synced = s->synced,
    };
    nvt_err err = write_record(s, &tip, *r, bytes);
    if (err != NVT_OK) { /* who knows what stands there now */
        s->closed = true;
        return err;
    }
    if (s->held) {
        s->ring.end = tip.end;
        s->ring.sure = tip.end;
        return NVT_OK;
    }
    err = nvt_ring_sync(s);
    if (err == NVT_OK) {
        s->ring.end = tip.end;
        s->ring.sure = tip.end;
        s->synced = tip.end;
    }
    return err;
}

/* A block that fails is left behind, and the record written into the next one. */
nvt_err nvt_ring_add(struct nvt_spool *s, const struct nvt_record *r, struct nvt_span bytes,
                     struct nvt_spool_place *out_place)
{
    enum { TRIES = 3 };
    uint32_t room = nvt_room(s->config.device, (uint32_t)bytes.len);
    nvt_err err = NVT_E_SPOOL_IO;
    bool tried = false;
    for (unsigned i = 0; i < (unsigned)TRIES && err == NVT_E_SPOOL_IO && !s->stale; i++) {
        err = make_room(s, room);
        if (err == NVT_OK) {
            err = write_to_head(s, r, bytes);
        }
        tried = tried || err == NVT_E_SPOOL_IO;
    }
    if (err == NVT_E_SPOOL_FULL && tried) { /* it may stand in the block that failed */
        err = NVT_E_SPOOL_IO;
    }
    if (err == NVT_OK) {
        *out_place = (struct nvt_spool_place){s->ring.head, s->ring.end - room, s->ring.head_seq};
        s->longest = room > s->longest ? room : s->longest;
    }
    return s->stale ? NVT_E_SPOOL_IO : err;
}
