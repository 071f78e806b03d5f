/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each block is read once for its head, and once for its records if they count. Which count the
 * newest head tells: the blocks whose numbers lie between the oldest one and it, whatever their
 * order. Where a head is damaged, the numbers that it may have had are tried: a record's CRC has
 * it.
 *
 * A block made to deceive may begin a record at each unit, all of them as long as it goes: the CRC
 * of each comes from the sums of the block's bytes, which are taken once.
 */
#include "spool_v2.h"

#include <stdlib.h>

#define RECORD_LEN 16U
#define SEQ_MAX 0xFFFFFF00U
#define LEN_MAX 65535U
#define JOINED 0x80U
#define NEWER_MAX 8U /* blocks behind the newest good head that are looked into */

enum type { ENTRY = 0x45, MARK = 0x4D, VALUE = 0x56, MOVED = 0x47 };

struct record {
    uint8_t type, aux;
    bool joined;
    uint32_t id, due_s;
    struct v2_place at;
};

struct walk {
    uint32_t block, seq, offset;
    uint32_t damaged; /* spots */
    bool torn;        /* the last of them has no record behind it */
};

/* ---- CRC-32 of any part of a block ---- */

#define POLY 0xEDB88320U

static uint32_t table[256];           /* of a byte */
static uint32_t shifts[LEN_MAX + 1U]; /* x to the 8 n: what n further bytes do to a CRC */

/* a times b as polynomials, bits reversed. */
static uint32_t times(uint32_t a, uint32_t b)
{
    uint32_t product = 0;
    for (uint32_t bit = 1U << 31U; bit != 0U; bit >>= 1U) {
        product ^= (a & bit) != 0U ? b : 0U;
        b = (b >> 1U) ^ ((b & 1U) != 0U ? POLY : 0U);
    }
    return product;
}

static void make_tables(void)
{
    if (shifts[0] != 0U) {
        return;
    }
    for (uint32_t i = 0; i < 256U; i++) {
        uint32_t crc = i;
        for (unsigned bit = 0; bit < 8U; bit++) {
            crc = (crc >> 1U) ^ ((crc & 1U) != 0U ? POLY : 0U);
        }
        table[i] = crc;
    }
    shifts[0] = 1U << 31U;
    for (uint32_t n = 1; n <= LEN_MAX; n++) {
        shifts[n] = (shifts[n - 1U] >> 8U) ^ table[shifts[n - 1U] & 0xFFU];
    }
}

static void sum_up(uint32_t *sums, const uint8_t *bytes, uint32_t len)
{
    uint32_t crc = UINT32_MAX;
    sums[0] = 0U;
    for (uint32_t i = 0; i < len; i++) {
        crc = (crc >> 8U) ^ table[(crc ^ bytes[i]) & 0xFFU];
        sums[i + 1U] = ~crc;
    }
}

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

/* ---- heads ---- */

static uint32_t get_32(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8U | (uint32_t)at[2] << 16U | (uint32_t)at[3] << 24U;
}

static bool is_good_geometry(const struct nvt_spool_geometry *g)
{
    bool power_of_2 = g->prog_size != 0U && (g->prog_size & (g->prog_size - 1U)) == 0U;
    return power_of_2 && g->prog_size <= 4096U && g->block_size >= 256U &&
           g->block_size <= 1048576U && g->block_size % 4U == 0U &&
           g->block_size % g->prog_size == 0U && g->block_count >= 4U && g->block_count <= 65535U;
}

bool v2_read_geometry(struct nvt_span head, struct nvt_spool_geometry *out)
{
    if (head.len < V2_HEAD_LEN || memcmp(head.ptr, "NVS2", 4U) != 0) {
        return false;
    }
    uint32_t counts = get_32(head.ptr + 36);
    *out = (struct nvt_spool_geometry){get_32(head.ptr + 32), counts & 0xFFFFU, counts >> 16U};
    return is_good_geometry(out);
}

static uint32_t padded(const struct v2 *v, uint32_t len)
{
    uint32_t unit = v->device->prog_size < 4U ? 4U : v->device->prog_size;
    return (len + unit - 1U) / unit * unit;
}

static uint32_t window_len(const uint8_t *head)
{
    return get_32(head + 40) & 0x7FFFFFFFU;
}

static bool is_of_device(const struct v2 *v, const uint8_t *head)
{
    struct nvt_spool_geometry g;
    return v2_read_geometry(nvt_span_of(head, V2_HEAD_LEN), &g) &&
           g.block_size == v->device->block_size && g.block_count == v->device->block_count &&
           g.prog_size == v->device->prog_size;
}

/* The head of the block in memory. */
static bool is_good_head(const struct v2 *v)
{
    const uint8_t *b = v->mem;
    uint32_t seq = get_32(b + 4);
    uint32_t tail = get_32(b + 12);
    uint32_t ids = get_32(b + 16) - tail;
    uint32_t len = window_len(b);
    bool fits = is_of_device(v, b) && seq != 0U && seq <= SEQ_MAX && tail != 0U &&
                get_32(b + 16) >= tail && len == ids / 8U + (ids % 8U != 0U ? 1U : 0U) &&
                len <= v->device->block_size - V2_HEAD_LEN;
    if (!fits) {
        return false;
    }
    uint32_t crc = nvt_crc32(0U, nvt_span_of(b, 44U));
    return nvt_crc32(crc, nvt_span_of(b + V2_HEAD_LEN, len)) == get_32(b + 44);
}

/* ---- records of the block in memory ---- */

static bool read_block(struct v2 *v, uint32_t block)
{
    uint32_t size = v->device->block_size;
    if (v->device->read(v->device->ctx, block, 0U, v->mem, size) != NVT_OK) {
        return false;
    }
    v->used = size;
    while (v->used > 0U && v->mem[v->used - 1U] == 0xFFU) {
        v->used--;
    }
    return true;
}

static bool load_block(struct v2 *v, uint32_t block)
{
    bool ok = read_block(v, block);
    if (ok) {
        sum_up(v->sums, v->mem, v->device->block_size);
    }
    return ok;
}

static bool is_possible(const struct record *r, uint32_t room, uint32_t rest)
{
    bool typed = (r->type == (uint8_t)ENTRY && r->aux == 0U) ||
                 (r->type == (uint8_t)MARK && r->aux >= (uint8_t)NVT_SPOOL_DELIVERED &&
                  r->aux <= (uint8_t)NVT_SPOOL_EXPIRED) ||
                 (r->type == (uint8_t)VALUE && r->aux < V2_VALUES) ||
                 (r->type == (uint8_t)MOVED && r->aux == 0U);
    return typed && room <= rest;
}

/* CRC of the block's number, the record's first 12 bytes, and those behind its 16. */
static bool is_whole(const struct v2 *v, const struct walk *w, uint32_t len)
{
    const uint8_t *b = v->mem + w->offset;
    const uint8_t number[4] = {(uint8_t)w->seq, (uint8_t)(w->seq >> 8U), (uint8_t)(w->seq >> 16U),
                               (uint8_t)(w->seq >> 24U)};
    uint32_t from = w->offset + RECORD_LEN;
    uint32_t crc = nvt_crc32(nvt_crc32(0U, nvt_span_of(number, 4U)), nvt_span_of(b, 12U));
    crc = times(shifts[len], crc ^ v->sums[from]) ^ v->sums[from + len];
    return crc == get_32(b + 12);
}

static bool read_record(const struct v2 *v, const struct walk *w, struct record *out)
{
    const uint8_t *b = v->mem + w->offset;
    uint32_t len = (uint32_t)b[2] | (uint32_t)b[3] << 8U;
    *out = (struct record){
        b[0],          b[1] & (uint8_t)~JOINED, (b[1] & JOINED) != 0U,
        get_32(b + 4), get_32(b + 8),           {w->seq, w->block, w->offset + RECORD_LEN, len}};
    return is_possible(out, padded(v, RECORD_LEN + len), v->device->block_size - w->offset) &&
           is_whole(v, w, len);
}

static bool is_erased(const uint8_t *bytes, uint32_t len)
{
    uint32_t i = 0;
    while (i < len && bytes[i] == 0xFFU) {
        i++;
    }
    return i == len;
}

/* The next good record. Erased bytes end the block, but not in the middle of what is damaged. */
static bool next_record(const struct v2 *v, struct walk *w, struct record *out)
{
    while (w->offset <= v->device->block_size - RECORD_LEN) {
        bool end = is_erased(v->mem + w->offset, RECORD_LEN) && (!w->torn || w->offset >= v->used);
        if (end) {
            return false;
        }
        if (read_record(v, w, out)) {
            w->offset += padded(v, RECORD_LEN + out->at.len);
            w->torn = false;
            return true;
        }
        w->damaged += w->torn ? 0U : 1U;
        w->torn = true;
        w->offset += padded(v, 1U);
    }
    return false;
}

/* Without a head, what is left of it and its window comes before the records. */
static struct walk walk_of(const struct v2 *v, uint32_t block, uint32_t seq)
{
    const struct v2_block *b = &v->blocks[block];
    uint32_t from = b->headless ? padded(v, V2_HEAD_LEN) : b->records_at;
    return (struct walk){block, seq, from, 0U, b->headless};
}

/* ---- which blocks there are ---- */

static bool has_moved(const struct v2 *v, uint32_t block)
{
    struct walk w = walk_of(v, block, v->blocks[block].seq);
    struct record r;
    while (next_record(v, &w, &r)) {
        if (r.type == (uint8_t)MOVED) {
            return true;
        }
    }
    return false;
}

static void look_at_block(struct v2 *v, uint32_t block)
{
    struct v2_block *b = &v->blocks[block];
    if (!read_block(v, block)) {
        v->unread++;
        return;
    }
    if (!is_good_head(v)) {
        b->headless = v->used > 0U;
        return;
    }
    *b = (struct v2_block){.seq = get_32(v->mem + 4),
                           .oldest_seq = get_32(v->mem + 8),
                           .records_at = padded(v, V2_HEAD_LEN + window_len(v->mem)),
                           .moving = (get_32(v->mem + 40) >> 31U) != 0U};
    if (b->moving) {
        sum_up(v->sums, v->mem, v->device->block_size);
        b->moved = has_moved(v, block);
    }
}

/* The newest block; one that was opened to move records and is not complete counts only when there
 * is nothing else. block_count: there is none. */
static uint32_t find_head(const struct v2 *v)
{
    uint32_t count = v->device->block_count;
    uint32_t best = count;
    uint32_t any = count;
    for (uint32_t b = 0; b < count; b++) {
        const struct v2_block *at = &v->blocks[b];
        if (at->seq != 0U && (any == count || at->seq > v->blocks[any].seq)) {
            any = b;
        }
        if (at->seq != 0U && (!at->moving || at->moved) &&
            (best == count || at->seq > v->blocks[best].seq)) {
            best = b;
        }
    }
    return best == count ? any : best;
}

/* ---- what the newest ones say ---- */

static nvt_err note_mark(struct v2 *v, const struct record *r)
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

static nvt_err replay_record(struct v2 *v, const struct record *r)
{
    v->sure = r->joined ? v->sure : v->next;
    if (r->type == (uint8_t)MARK) {
        return note_mark(v, r);
    }
    if (r->type == (uint8_t)MOVED) {
        v->oldest_seq = r->id;
    } else if (r->type == (uint8_t)ENTRY && r->id >= v->next && r->id != UINT32_MAX) {
        v->next = r->id + 1U;
    } else {
        /* moved here, or a value */
    }
    return NVT_OK;
}

/* The block in memory. */
static nvt_err replay(struct v2 *v, uint32_t block, uint32_t seq)
{
    struct walk w = walk_of(v, block, seq);
    struct record r;
    nvt_err err = NVT_OK;
    v->head_seq = seq;
    while (err == NVT_OK && next_record(v, &w, &r)) {
        err = replay_record(v, &r);
    }
    return err;
}

static nvt_err load_head(struct v2 *v, uint32_t block)
{
    if (!load_block(v, block)) {
        return NVT_E_SPOOL_IO;
    }
    if (!is_good_head(v)) {
        return NVT_E_SPOOL_IO; /* it was a moment ago */
    }
    uint32_t len = window_len(v->mem);
    v->window = (uint8_t *)malloc(len + 1U);
    if (v->window == NULL) {
        return NVT_E_SPACE;
    }
    (void)memcpy(v->window, v->mem + V2_HEAD_LEN, len);
    v->oldest_seq = get_32(v->mem + 8);
    v->tail = get_32(v->mem + 12);
    v->head_next = get_32(v->mem + 16);
    v->next = v->head_next;
    v->sure = v->next;
    v->delivered = get_32(v->mem + 20);
    v->refused = get_32(v->mem + 24);
    v->expired = get_32(v->mem + 28);
    return replay(v, block, v->blocks[block].seq);
}

/* ---- blocks without a head ---- */

static bool has_records(const struct v2 *v, uint32_t block, uint32_t seq)
{
    struct walk w = walk_of(v, block, seq);
    struct record r;
    return seq != 0U && seq <= SEQ_MAX && next_record(v, &w, &r);
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
    const uint32_t tries[] = {get_32(v->mem + 4), number_by(v, block, false),
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
        if (block->headless && load_block(v, b)) {
            block->oldest_seq = number_of(v, b);
        }
    }
    /* Now, so that what was found for one is not taken for a head by the next. */
    for (uint32_t b = 0; b < v->device->block_count; b++) {
        struct v2_block *block = &v->blocks[b];
        if (block->headless && block->oldest_seq != 0U) {
            block->seq = block->oldest_seq;
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
        err = load_block(v, b) ? replay(v, b, seq) : NVT_OK;
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

/* One mark for each id, and counted. Ids that were settled before sure are none that miss. */
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
            v->delivered += m.state == (uint8_t)NVT_SPOOL_DELIVERED ? 1U : 0U;
            v->refused += m.state == (uint8_t)NVT_SPOOL_REFUSED ? 1U : 0U;
            v->expired += m.state == (uint8_t)NVT_SPOOL_EXPIRED ? 1U : 0U;
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

static nvt_err note_entry(struct v2 *v, const struct record *r)
{
    nvt_err err = v->count == v->cap ? make_room(v) : NVT_OK;
    if (err != NVT_OK) {
        return err;
    }
    v->entries[v->count] = (struct v2_entry){r->id, r->due_s, r->at};
    v->count++;
    return NVT_OK;
}

static nvt_err take_record(struct v2 *v, const struct record *r)
{
    if (r->type == (uint8_t)ENTRY && is_pending(v, r->id)) {
        return note_entry(v, r);
    }
    if (r->type == (uint8_t)VALUE) {
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
    struct walk w = walk_of(v, block, b->seq);
    struct record r;
    nvt_err err = NVT_OK;
    if (b->seq == 0U || b->seq < v->oldest_seq || b->seq > v->head_seq) {
        return NVT_OK; /* what stands in it is history */
    }
    if (!load_block(v, block)) {
        v->unread++;
        return NVT_OK;
    }
    while (err == NVT_OK && next_record(v, &w, &r)) {
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
    if (!is_good_geometry(&g)) {
        return NVT_E_ARG;
    }
    make_tables();
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
            found = read_block(&v, b) && is_good_head(&v);
        }
    }
    v2_end(&v);
    return found;
}
