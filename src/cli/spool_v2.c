/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each block is read once for its head, and once for its records if they count. Which count the
 * newest head tells: the blocks whose numbers lie between the oldest one's and its own, whatever
 * their order. Where a head is damaged, the numbers that it may have had are tried: a record's CRC
 * has it.
 */
#include "spool_v2_block.h"

#include <stdlib.h>

#define NEWER_MAX 8U /* blocks behind the newest good head that are looked into */

/* ---- lists that grow ---- */

static void *grown(void *items, size_t count, size_t *cap, size_t size)
{
    if (items != NULL && count < *cap) {
        return items;
    }
    size_t more = *cap == 0U ? 64U : *cap * 2U;
    void *mem = more > SIZE_MAX / size ? NULL : realloc(items, more * size);
    *cap = mem == NULL ? *cap : more;
    return mem;
}

/* ---- which blocks there are ---- */

static bool has_moved(const struct v2 *v, uint32_t block)
{
    struct v2_walk w = v2_walk_of(v, block, v->blocks[block].seq);
    struct v2_record r;
    while (v2_next_record(v, &w, &r)) {
        if (r.type == (uint8_t)V2_MOVED) {
            return true;
        }
    }
    return false;
}

static void look_at_block(struct v2 *v, uint32_t block)
{
    struct v2_block *b = &v->blocks[block];
    if (!v2_read_block(v, block)) {
        v->unread++;
        return;
    }
    if (!v2_is_good_head(v)) {
        b->headless = v->used > 0U;
        return;
    }
    *b = (struct v2_block){.seq = v2_get_32(v->mem + 4),
                           .oldest_seq = v2_get_32(v->mem + 8),
                           .records_at = v2_padded(v, V2_HEAD_LEN + v2_window_len(v->mem)),
                           .moving = (v2_get_32(v->mem + 40) >> 31U) != 0U};
    if (b->moving) {
        v2_sum_up(v->sums, v->mem, v->device->block_size);
        b->moved = has_moved(v, block);
    }
}

/* whole: of those that are complete, or were not opened to move records. block_count: there is
 * none.
 */
static uint32_t find_newest(const struct v2 *v, bool whole)
{
    uint32_t best = v->device->block_count;
    uint32_t seq = 0U;
    for (uint32_t b = 0; b < v->device->block_count; b++) {
        const struct v2_block *at = &v->blocks[b];
        if (at->seq > seq && (!whole || !at->moving || at->moved)) {
            seq = at->seq;
            best = b;
        }
    }
    return best;
}

/* The newest block; one that is not complete counts only when there is nothing else. */
static uint32_t find_head(const struct v2 *v)
{
    uint32_t best = find_newest(v, true);
    return best == v->device->block_count ? find_newest(v, false) : best;
}

/* ---- what the newest ones say ---- */

static nvt_err note_mark(struct v2 *v, const struct v2_record *r)
{
    struct v2_settled *marks =
        (struct v2_settled *)grown(v->marks, v->mark_count, &v->mark_cap, sizeof *v->marks);
    if (marks == NULL) {
        return NVT_E_SPACE;
    }
    v->marks = marks;
    v->marks[v->mark_count] = (struct v2_settled){r->id, r->aux};
    v->mark_count++;
    return NVT_OK;
}

static nvt_err replay_record(struct v2 *v, const struct v2_record *r)
{
    v->sure = r->joined ? v->sure : v->next;
    if (r->type == (uint8_t)V2_MARK) {
        return note_mark(v, r);
    }
    if (r->type == (uint8_t)V2_MOVED) {
        v->oldest_seq = r->id;
    } else if (r->type == (uint8_t)V2_ENTRY && r->id >= v->next && r->id != UINT32_MAX) {
        v->next = r->id + 1U;
    } else {
        /* moved here, or a value */
    }
    return NVT_OK;
}

/* The block in memory. */
static nvt_err replay(struct v2 *v, uint32_t block, uint32_t seq)
{
    struct v2_walk w = v2_walk_of(v, block, seq);
    struct v2_record r;
    nvt_err err = NVT_OK;
    v->head_seq = seq;
    while (err == NVT_OK && v2_next_record(v, &w, &r)) {
        err = replay_record(v, &r);
    }
    return err;
}

static nvt_err load_head(struct v2 *v, uint32_t block)
{
    if (!v2_load_block(v, block)) {
        return NVT_E_SPOOL_IO;
    }
    if (!v2_is_good_head(v)) {
        return NVT_E_SPOOL_IO; /* it was a moment ago */
    }
    uint32_t len = v2_window_len(v->mem);
    v->window = (uint8_t *)malloc(len + 1U);
    if (v->window == NULL) {
        return NVT_E_SPACE;
    }
    (void)memcpy(v->window, v->mem + V2_HEAD_LEN, len);
    v->oldest_seq = v2_get_32(v->mem + 8);
    v->tail = v2_get_32(v->mem + 12);
    v->head_next = v2_get_32(v->mem + 16);
    v->next = v->head_next;
    v->sure = v->next;
    v->delivered = v2_get_32(v->mem + 20);
    v->refused = v2_get_32(v->mem + 24);
    v->expired = v2_get_32(v->mem + 28);
    return replay(v, block, v->blocks[block].seq);
}

/* ---- blocks without a head ---- */

static bool has_records(const struct v2 *v, uint32_t block, uint32_t seq)
{
    struct v2_walk w = v2_walk_of(v, block, seq);
    struct v2_record r;
    return seq != 0U && seq <= V2_SEQ_MAX && v2_next_record(v, &w, &r);
}

/* Blocks are used in turn, with a number more each: by the distance to the next good head on one
 * side. */
static uint32_t number_by(const struct v2 *v, uint32_t block, bool up)
{
    uint32_t count = v->device->block_count;
    for (uint32_t i = 1; i <= NEWER_MAX && i < count; i++) {
        const struct v2_block *b = &v->blocks[(up ? block + i : block + count - i) % count];
        if (b->seq != 0U) {
            return up ? b->seq - i : b->seq + i;
        }
    }
    return 0U;
}

/* The number by which its records are right: the one that stands in its head, or its neighbours
 * tell. The block is in memory. 0: none. */
static uint32_t number_of(const struct v2 *v, uint32_t block)
{
    const uint32_t tries[] = {v2_get_32(v->mem + 4), number_by(v, block, false),
                              number_by(v, block, true)};
    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
        if (has_records(v, block, tries[i])) {
            return tries[i];
        }
    }
    return 0U;
}

static void find_numbers(struct v2 *v)
{
    for (uint32_t b = 0; b < v->device->block_count; b++) {
        struct v2_block *block = &v->blocks[b];
        if (block->headless && v2_load_block(v, b)) {
            block->guess = number_of(v, b);
        }
    }
    /* Now, so that what was found for one is not taken for a head by the next. */
    for (uint32_t b = 0; b < v->device->block_count; b++) {
        struct v2_block *block = &v->blocks[b];
        if (block->headless && block->guess != 0U) {
            block->seq = block->guess;
        }
    }
}

/* The next one without a head above the newest number. */
static uint32_t next_newer(const struct v2 *v)
{
    uint32_t count = v->device->block_count;
    uint32_t best = count;
    for (uint32_t b = 0; b < count; b++) {
        const struct v2_block *at = &v->blocks[b];
        bool newer = at->headless && at->seq > v->head_seq;
        if (newer && (best == count || at->seq < v->blocks[best].seq)) {
            best = b;
        }
    }
    return best;
}

/* What came behind the newest good head. */
static nvt_err replay_newer(struct v2 *v)
{
    nvt_err err = NVT_OK;
    for (unsigned i = 0; i < NEWER_MAX && err == NVT_OK; i++) {
        uint32_t b = next_newer(v);
        if (b == v->device->block_count) {
            return NVT_OK;
        }
        uint32_t seq = v->blocks[b].seq;
        err = v2_load_block(v, b) ? replay(v, b, seq) : NVT_OK;
        v->head_seq = seq;
    }
    return err;
}

/* ---- what is pending ---- */

static int compare_marks(const void *one, const void *two)
{
    uint32_t a = ((const struct v2_settled *)one)->id;
    uint32_t b = ((const struct v2_settled *)two)->id;
    return a < b ? -1 : a > b;
}

static bool was_pending(const struct v2 *v, uint32_t id)
{
    if (id < v->tail || id >= v->next) {
        return false;
    }
    uint32_t i = id - v->tail;
    return id >= v->head_next || ((uint32_t)v->window[i / 8U] >> (i % 8U) & 1U) == 0U;
}

static bool is_pending(const struct v2 *v, uint32_t id)
{
    const struct v2_settled key = {id, 0U};
    return was_pending(v, id) &&
           (v->mark_count == 0U ||
            bsearch(&key, v->marks, v->mark_count, sizeof key, compare_marks) == NULL);
}

static void count_mark(struct v2 *v, uint8_t state)
{
    v->delivered += state == (uint8_t)NVT_SPOOL_DELIVERED ? 1U : 0U;
    v->refused += state == (uint8_t)NVT_SPOOL_REFUSED ? 1U : 0U;
    v->expired += state == (uint8_t)NVT_SPOOL_EXPIRED ? 1U : 0U;
}

/* One mark for each id, and counted. Returns how many of them were settled before sure. */
static uint64_t settle(struct v2 *v)
{
    uint64_t before_sure = 0;
    size_t kept = 0;
    if (v->mark_count > 0U) {
        qsort(v->marks, v->mark_count, sizeof *v->marks, compare_marks);
    }
    for (size_t i = 0; i < v->mark_count; i++) {
        const struct v2_settled m = v->marks[i];
        bool first = kept == 0U || v->marks[kept - 1U].id != m.id;
        if (first && was_pending(v, m.id)) {
            v->marks[kept] = m;
            kept++;
            before_sure += m.id < v->sure ? 1U : 0U;
            count_mark(v, m.state);
        }
    }
    v->mark_count = kept;
    return before_sure;
}

/* By id, the newest copy first: one that came later was written when all before it was gone. */
static int compare_entries(const void *one, const void *two)
{
    const struct v2_entry *a = (const struct v2_entry *)one;
    const struct v2_entry *b = (const struct v2_entry *)two;
    if (a->id != b->id) {
        return a->id < b->id ? -1 : 1;
    }
    if (a->at.seq != b->at.seq) {
        return a->at.seq > b->at.seq ? -1 : 1;
    }
    return a->at.offset > b->at.offset ? -1 : a->at.offset < b->at.offset;
}

static void sort_and_thin(struct v2 *v)
{
    size_t kept = 0;
    if (v->count > 0U) {
        qsort(v->entries, v->count, sizeof *v->entries, compare_entries);
    }
    for (size_t i = 0; i < v->count; i++) {
        if (kept == 0U || v->entries[i].id != v->entries[kept - 1U].id) {
            v->entries[kept] = v->entries[i];
            kept++;
        }
    }
    v->count = kept;
}

/* A list that is full is thinned before it grows: many copies of one entry take no memory. */
static nvt_err make_room(struct v2 *v)
{
    sort_and_thin(v);
    if (v->cap > 0U && v->count < v->cap / 2U) {
        return NVT_OK;
    }
    struct v2_entry *entries =
        (struct v2_entry *)grown(v->entries, v->cap, &v->cap, sizeof *v->entries);
    if (entries == NULL) {
        return NVT_E_SPACE;
    }
    v->entries = entries;
    return NVT_OK;
}

static nvt_err note_entry(struct v2 *v, const struct v2_record *r)
{
    nvt_err err = v->count == v->cap ? make_room(v) : NVT_OK;
    if (err != NVT_OK) {
        return err;
    }
    v->entries[v->count] = (struct v2_entry){r->id, r->due_s, r->at};
    v->count++;
    return NVT_OK;
}

static nvt_err take_record(struct v2 *v, const struct v2_record *r)
{
    if (r->type == (uint8_t)V2_ENTRY && is_pending(v, r->id)) {
        return note_entry(v, r);
    }
    if (r->type == (uint8_t)V2_VALUE) {
        struct v2_place *value = &v->values[r->aux];
        bool newer =
            r->at.seq > value->seq || (r->at.seq == value->seq && r->at.offset > value->offset);
        *value = newer ? r->at : *value;
    }
    return NVT_OK;
}

static nvt_err take_block(struct v2 *v, uint32_t block)
{
    const struct v2_block *b = &v->blocks[block];
    struct v2_walk w = v2_walk_of(v, block, b->seq);
    struct v2_record r;
    nvt_err err = NVT_OK;
    if (b->seq == 0U || b->seq < v->oldest_seq || b->seq > v->head_seq) {
        return NVT_OK; /* what stands in it is history */
    }
    if (!v2_load_block(v, block)) {
        v->unread++;
        return NVT_OK;
    }
    while (err == NVT_OK && v2_next_record(v, &w, &r)) {
        err = take_record(v, &r);
    }
    v->heads += b->headless ? 1U : 0U;
    uint32_t torn = w.torn && w.damaged > 0U ? 1U : 0U;
    v->torn += torn;
    v->damaged += w.damaged - torn;
    return err;
}

static nvt_err take_all(struct v2 *v)
{
    nvt_err err = NVT_OK;
    for (uint32_t b = 0; err == NVT_OK && b < v->device->block_count; b++) {
        err = take_block(v, b);
    }
    sort_and_thin(v);
    return err;
}

/* Ids that were durable, less those that were settled, less those that are there. */
static void count_lost(struct v2 *v, uint64_t settled)
{
    uint64_t open = v->sure > v->head_next ? v->sure - v->head_next : 0U;
    uint64_t there = settled;
    for (uint32_t i = 0; i < v->head_next - v->tail; i++) {
        open += ((uint32_t)v->window[i / 8U] >> (i % 8U) & 1U) == 0U ? 1U : 0U;
    }
    for (size_t i = 0; i < v->count; i++) {
        there += v->entries[i].id < v->sure ? 1U : 0U;
    }
    v->lost = open > there ? open - there : 0U;
}

/* ---- for the command ---- */

static nvt_err begin(struct v2 *v, const struct nvt_port_block *device)
{
    const struct nvt_spool_geometry g = {device->block_size, device->block_count,
                                         device->prog_size};
    (void)memset(v, 0, sizeof *v);
    v->device = device;
    if (!v2_is_good_geometry(&g)) {
        return NVT_E_ARG;
    }
    v2_make_tables();
    v->blocks = (struct v2_block *)calloc(g.block_count, sizeof *v->blocks);
    v->mem = (uint8_t *)malloc(g.block_size);
    v->sums = (uint32_t *)malloc(((size_t)g.block_size + 1U) * sizeof *v->sums);
    return v->blocks != NULL && v->mem != NULL && v->sums != NULL ? NVT_OK : NVT_E_SPACE;
}

nvt_err v2_read(struct v2 *v, const struct nvt_port_block *device)
{
    nvt_err err = begin(v, device);
    if (err != NVT_OK) {
        return err;
    }
    for (uint32_t b = 0; b < device->block_count; b++) {
        look_at_block(v, b);
    }
    uint32_t head = find_head(v);
    if (head == device->block_count) {
        return NVT_E_SPOOL_FOREIGN;
    }
    err = load_head(v, head);
    if (err == NVT_OK) {
        find_numbers(v);
        err = replay_newer(v);
    }
    if (err == NVT_OK) {
        uint64_t settled = settle(v);
        err = take_all(v);
        count_lost(v, settled);
    }
    return err;
}

void v2_end(struct v2 *v)
{
    free(v->blocks);
    free(v->mem);
    free(v->sums);
    free(v->window);
    free(v->marks);
    free(v->entries);
    (void)memset(v, 0, sizeof *v);
}

nvt_err v2_bytes(const struct v2 *v, const struct v2_place *at, uint8_t *out)
{
    return v->device->read(v->device->ctx, at->block, at->offset, out, at->len);
}

bool v2_is_there(const struct nvt_port_block *device)
{
    struct v2 v;
    bool found = false;
    if (begin(&v, device) == NVT_OK) {
        for (uint32_t b = 0; !found && b < device->block_count; b++) {
            found = v2_read_block(&v, b) && v2_is_good_head(&v);
        }
    }
    v2_end(&v);
    return found;
}
