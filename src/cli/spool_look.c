/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All entries of an image, one row each. An audit finds every record, those of blocks that only
 * wait to be erased included; a mount then says which entries are pending, as it would to the
 * service.
 */
#include "spool_tool.h"

#include <stdlib.h>

#define RECORD_HEAD 16U /* src/spool/FORMAT.md */

/* ---- lists that grow ---- */

/* Room for one item more. */
static bool grow(void **items, size_t count, size_t *cap, size_t size)
{
    if (count < *cap) {
        return true;
    }
    size_t more = *cap == 0U ? 64U : *cap * 2U;
    void *mem = realloc(*items, more * size);
    if (mem == NULL) {
        return false;
    }
    *items = mem;
    *cap = more;
    return true;
}

static bool add_row(struct spool_row **rows, size_t *count, size_t *cap,
                    const struct spool_row *row)
{
    void *items = *rows;
    bool ok = grow(&items, *count, cap, sizeof *row);
    *rows = (struct spool_row *)items;
    if (ok) {
        (*rows)[*count] = *row;
        (*count)++;
    }
    return ok;
}

static bool add_spot(struct spool_look *l, const struct nvt_spool_item *item, bool unread)
{
    void *items = l->spots;
    bool ok = grow(&items, l->spot_count, &l->spot_cap, sizeof *l->spots);
    l->spots = (struct spool_spot *)items;
    if (ok) {
        l->spots[l->spot_count] =
            (struct spool_spot){*item, item->type == NVT_SPOOL_ITEM_DAMAGE && item->place.seq == 0U,
                                item->type == NVT_SPOOL_ITEM_CUT, unread};
        l->spot_count++;
    }
    return ok;
}

/* ---- what an audit tells ---- */

/* The number in what may be a head of this device at that place; 0: it is none. */
static uint32_t told_at(const struct nvt_port_block *d, uint32_t block, uint32_t offset)
{
    uint8_t b[NVT_SPOOL_HEAD_LEN];
    struct nvt_spool_geometry g;
    bool is = d->read(d->ctx, block, offset, b, sizeof b) == NVT_OK &&
              nvt_spool_read_geometry(nvt_span_of(b, sizeof b), &g) == NVT_OK &&
              g.block_size == d->block_size && g.block_count == d->block_count;
    return is ? b[4] | (uint32_t)b[5] << 8U | (uint32_t)b[6] << 16U | (uint32_t)b[7] << 24U : 0U;
}

static bool is_erased(const struct nvt_port_block *d, uint32_t block)
{
    uint8_t piece[256];
    bool erased = true;
    for (uint32_t at = 0; erased && at < d->block_size; at += (uint32_t)sizeof piece) {
        uint32_t rest = d->block_size - at;
        uint32_t n = rest < sizeof piece ? rest : (uint32_t)sizeof piece;
        erased = d->read(d->ctx, block, at, piece, n) == NVT_OK;
        for (uint32_t i = 0; erased && i < n; i++) {
            erased = piece[i] == 0xFFU;
        }
    }
    return erased;
}

static bool note_block(struct spool_look *l, const struct nvt_spool_item *item, uint8_t copies)
{
    const struct nvt_port_block *d = &l->image.device;
    uint32_t unit = d->prog_size < 4U ? 4U : d->prog_size;
    uint32_t second = (NVT_SPOOL_HEAD_LEN + unit - 1U) / unit * unit;
    uint32_t block = item->place.block;
    void *items = l->blocks;
    bool ok = grow(&items, l->block_count, &l->block_cap, sizeof *l->blocks);
    l->blocks = (struct spool_block *)items;
    if (ok) {
        l->blocks[l->block_count] = (struct spool_block){
            .block = block,
            .seq = item->place.seq,
            .told = {told_at(d, block, 0U), told_at(d, block, second)},
            .copies = copies,
            .in_use = item->in_use,
            .erased = copies == 0U && is_erased(d, block),
        };
        l->block_count++;
    }
    l->blocks_in_use += item->in_use ? 1U : 0U;
    l->blocks_left += item->in_use ? 0U : 1U;
    return ok;
}

static bool note_entry(struct spool_look *l, const struct nvt_spool_item *item)
{
    const struct spool_row row = {.id = item->id,
                                  .due_s = item->due_s,
                                  .len = item->len,
                                  .place = item->place,
                                  .state = ROW_SETTLED,
                                  .in_use = item->in_use};
    return add_row(&l->rows, &l->row_count, &l->row_cap, &row);
}

static bool note_mark(struct spool_look *l, const struct nvt_spool_item *item)
{
    static const enum row_state states[] = {
        [NVT_SPOOL_DELIVERED] = ROW_DELIVERED,
        [NVT_SPOOL_REFUSED] = ROW_REFUSED,
        [NVT_SPOOL_EXPIRED] = ROW_EXPIRED,
    };
    const struct spool_row row = {.id = item->id,
                                  .place = item->place,
                                  .state = states[item->state],
                                  .status = item->status,
                                  .reason = item->place,
                                  .reason_len = item->len,
                                  .in_use = item->in_use};
    return add_row(&l->marks, &l->mark_count, &l->mark_cap, &row);
}

static bool is_newer(struct nvt_spool_place a, struct nvt_spool_place b)
{
    return a.seq > b.seq || (a.seq == b.seq && a.offset >= b.offset);
}

static void note_value(struct spool_look *l, const struct nvt_spool_item *item)
{
    if (item->in_use && item->id < (uint32_t)NVT_SPOOL_VALUES &&
        is_newer(item->place, l->values[item->id])) {
        l->values[item->id] = item->place;
        l->value_lens[item->id] = item->len;
    }
}

static void note_list(struct spool_look *l, const struct nvt_spool_item *item)
{
    if (item->in_use && is_newer(item->place, l->list)) {
        l->list = item->place;
        l->keys = item->due_s;
    }
}

static bool note(struct spool_look *l, const struct nvt_spool_item *item)
{
    switch (item->type) {
    case NVT_SPOOL_ITEM_BLOCK:
        return note_block(l, item, (uint8_t)item->len);
    case NVT_SPOOL_ITEM_ENTRY:
        return note_entry(l, item);
    case NVT_SPOOL_ITEM_MARK:
        return note_mark(l, item);
    case NVT_SPOOL_ITEM_VALUE:
        note_value(l, item);
        return true;
    case NVT_SPOOL_ITEM_LIST:
        note_list(l, item);
        return true;
    case NVT_SPOOL_ITEM_DAMAGE:
    case NVT_SPOOL_ITEM_CUT:
        return add_spot(l, item, false);
    case NVT_SPOOL_ITEM_MOVED:
    default:
        return true;
    }
}

static bool walk(struct spool_look *l)
{
    static uint8_t map[SPOOL_MAP_CAP];
    struct nvt_spool_audit audit;
    struct nvt_spool_item item = {.type = NVT_SPOOL_ITEM_DAMAGE};
    struct nvt_span bytes;
    nvt_err err = nvt_spool_audit_begin(&audit, &l->image.device, spool_buffer, SPOOL_BUFFER_CAP,
                                        map, sizeof map);
    bool ok = err == NVT_OK;
    l->oldest_seq = audit.spool.ring.oldest_seq;
    l->head_seq = audit.spool.ring.newest.seq;
    l->head = audit.spool.ring.newest.block;
    l->oldest = audit.spool.ring.oldest;
    while (ok && err != NVT_E_SPOOL_EMPTY) {
        struct nvt_spool_item failed = {.type = NVT_SPOOL_ITEM_DAMAGE,
                                        .place = {audit.block, audit.offset, audit.seq},
                                        .in_use = true};
        err = nvt_spool_audit_next(&audit, &item, &bytes);
        if (err == NVT_OK) {
            ok = note(l, &item);
        } else if (err == NVT_E_SPOOL_IO) {
            ok = add_spot(l, &failed, true);
        } else {
            /* that was the last one */
        }
    }
    return ok;
}

/* ---- blocks by place and by number ---- */

static int compare_numbers(const void *one, const void *two)
{
    uint32_t a = *(const uint32_t *)one;
    uint32_t b = *(const uint32_t *)two;
    return a < b ? -1 : a > b;
}

static bool sort_numbers(struct spool_look *l)
{
    l->numbers = (uint32_t *)malloc((l->block_count + 1U) * sizeof *l->numbers);
    if (l->numbers == NULL) {
        return false;
    }
    for (size_t i = 0; i < l->block_count; i++) {
        if (l->blocks[i].in_use) {
            l->numbers[l->number_count] = l->blocks[i].seq;
            l->number_count++;
        }
    }
    if (l->number_count > 0U) {
        qsort(l->numbers, l->number_count, sizeof *l->numbers, compare_numbers);
    }
    return true;
}

bool spool_look_has_number(const struct spool_look *l, uint32_t seq)
{
    return l->number_count > 0U &&
           bsearch(&seq, l->numbers, l->number_count, sizeof seq, compare_numbers) != NULL;
}

static int compare_blocks(const void *one, const void *two)
{
    uint32_t a = ((const struct spool_block *)one)->block;
    uint32_t b = ((const struct spool_block *)two)->block;
    return a < b ? -1 : a > b;
}

const struct spool_block *spool_look_block(const struct spool_look *l, uint32_t block)
{
    const struct spool_block key = {.block = block};
    return l->block_count == 0U ? NULL
                                : (const struct spool_block *)bsearch(
                                      &key, l->blocks, l->block_count, sizeof key, compare_blocks);
}

/* ---- one row for each id ---- */

/* By id; of one id first what counts: in the ring, then the newest copy. */
static int compare(const void *one, const void *two)
{
    const struct spool_row *a = (const struct spool_row *)one;
    const struct spool_row *b = (const struct spool_row *)two;
    if (a->id != b->id) {
        return a->id < b->id ? -1 : 1;
    }
    if (a->in_use != b->in_use) {
        return a->in_use ? -1 : 1;
    }
    if (a->place.seq != b->place.seq) {
        return a->place.seq > b->place.seq ? -1 : 1;
    }
    return a->place.offset > b->place.offset ? -1 : a->place.offset < b->place.offset;
}

static size_t sort_and_thin(struct spool_row *rows, size_t count)
{
    size_t kept = 0;
    if (count > 0U) {
        qsort(rows, count, sizeof *rows, compare);
    }
    for (size_t i = 0; i < count; i++) {
        if (i == 0U || rows[i].id != rows[kept - 1U].id) {
            rows[kept] = rows[i];
            kept++;
        }
    }
    return kept;
}

/* Both are sorted. A mark never stands before its entry: that one speaks of an earlier life of the
 * device, whose ids began at 1 too. */
static void join_marks(struct spool_look *l)
{
    size_t m = 0;
    for (size_t i = 0; i < l->row_count; i++) {
        struct spool_row *row = &l->rows[i];
        while (m < l->mark_count && l->marks[m].id < row->id) {
            m++;
        }
        if (m < l->mark_count && l->marks[m].id == row->id &&
            l->marks[m].place.seq >= row->place.seq) {
            row->state = l->marks[m].state;
            row->status = l->marks[m].status;
            row->reason = l->marks[m].reason;
            row->reason_len = l->marks[m].reason_len;
        }
    }
}

static struct spool_row *row_of(const struct spool_look *l, uint32_t id)
{
    size_t from = 0;
    size_t to = l->row_count;
    while (from < to) {
        size_t middle = from + (to - from) / 2U;
        if (l->rows[middle].id < id) {
            from = middle + 1U;
        } else {
            to = middle;
        }
    }
    return from < l->row_count && l->rows[from].id == id ? &l->rows[from] : NULL;
}

/* ---- what is pending ---- */

static void set_pending(struct spool_row *row, const struct nvt_spool_entry *e)
{
    *row = (struct spool_row){.id = e->id,
                              .due_s = e->due_s,
                              .len = e->len,
                              .place = e->place,
                              .state = ROW_PENDING,
                              .in_use = true};
}

static void list_pending(struct spool_look *l, struct nvt_spool *spool)
{
    static uint8_t bytes[65536];
    struct nvt_spool_cursor cursor = {{0, 0, 0}};
    struct nvt_spool_entry e;
    struct nvt_buf b;
    do {
        nvt_buf_init(&b, bytes, sizeof bytes);
        l->mounted = nvt_spool_list(spool, &cursor, &b, &e);
        struct spool_row *row = l->mounted == NVT_OK ? row_of(l, e.id) : NULL;
        if (row != NULL) {
            set_pending(row, &e);
        }
    } while (l->mounted == NVT_OK);
    l->mounted = l->mounted == NVT_E_SPOOL_EMPTY ? NVT_OK : l->mounted;
}

static void mount(struct spool_look *l)
{
    static struct nvt_spool spool;
    static uint8_t window[NVT_SPOOL_WINDOW_LEN(65535U, SPOOL_ENTRIES_MAX)];
    static struct nvt_spool_entry picks[8];
    const struct nvt_spool_config config = {&l->image.device,
                                            spool_buffer,
                                            SPOOL_BUFFER_CAP,
                                            window,
                                            (uint32_t)sizeof window,
                                            picks,
                                            8U,
                                            0U};
    l->mounted = nvt_spool_mount(&spool, &config);
    if (l->mounted == NVT_OK) {
        nvt_spool_info(&spool, &l->info);
        list_pending(l, &spool);
    }
}

/* Without a mount: what no mark speaks of. */
static void guess_pending(struct spool_look *l)
{
    for (size_t i = 0; i < l->row_count; i++) {
        struct spool_row *row = &l->rows[i];
        if (row->state == ROW_SETTLED && row->in_use) {
            row->state = ROW_PENDING;
        }
    }
}

/* ---- for the commands ---- */

int spool_look_at(struct spool_look *l, const struct args *a)
{
    (void)memset(l, 0, sizeof *l);
    int code = spool_image_open(&l->image, a->word[0], SPOOL_FORMAT_NOW, a->offset, a->json);
    if (code != CLI_OK) {
        return code;
    }
    if (!walk(l) || !sort_numbers(l)) {
        return fail(a->json, CLI_INPUT, NVT_OK, "%s holds more than this memory has room for",
                    l->image.name);
    }
    l->row_count = sort_and_thin(l->rows, l->row_count);
    l->mark_count = sort_and_thin(l->marks, l->mark_count);
    join_marks(l);
    mount(l);
    if (l->mounted != NVT_OK) {
        guess_pending(l);
    }
    return CLI_OK;
}

void spool_look_end(struct spool_look *l)
{
    spool_image_close(&l->image);
    free(l->rows);
    free(l->marks);
    free(l->spots);
    free(l->blocks);
    free(l->numbers);
    (void)memset(l, 0, sizeof *l);
}

const struct spool_row *spool_look_find(const struct spool_look *l, uint32_t id)
{
    return row_of(l, id);
}

bool spool_look_bytes(struct spool_look *l, struct nvt_spool_place place, uint32_t len,
                      struct nvt_span *out)
{
    const struct nvt_port_block *d = &l->image.device;
    *out = nvt_span_of(spool_buffer, len);
    return len <= SPOOL_BUFFER_CAP &&
           d->read(d->ctx, place.block, place.offset + RECORD_HEAD, spool_buffer, len) == NVT_OK;
}

const char *row_state_name(enum row_state state)
{
    static const char *const names[] = {
        [ROW_PENDING] = "pending", [ROW_DELIVERED] = "delivered", [ROW_REFUSED] = "refused",
        [ROW_EXPIRED] = "expired", [ROW_SETTLED] = "settled",
    };
    return names[state];
}
