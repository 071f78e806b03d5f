/* SPDX-License-Identifier: Apache-2.0 */
#include "chip.h"

#include <stdio.h>
#include <string.h>

const struct chip_plan no_plan = {0U, false, CHIP_NONE, false, false};

enum { CLEAN, PROGRAMMED, ERASED_FRONT, ERASED_BACK };

/* STALE: not erased, or not wholly; whatever it looks like. */
enum { STALE, FRESH, USED };

bool chip_tells;

static void tell(const char *what, uint32_t block, uint32_t offset, uint32_t len, bool fails)
{
    if (chip_tells) {
        (void)printf("        %s block %u +%u, %u bytes%s\n", what, (unsigned)block,
                     (unsigned)offset, (unsigned)len, fails ? ": fails" : "");
    }
}

static uint32_t noise(struct chip *c)
{
    c->noise ^= c->noise << 13U;
    c->noise ^= c->noise >> 17U;
    c->noise ^= c->noise << 5U;
    return c->noise;
}

static uint32_t units(const struct chip *c)
{
    return c->block_size * c->block_count / c->prog_size;
}

static void break_rule(struct chip *c, const char *rule)
{
    c->violation = c->violation == NULL ? rule : c->violation;
}

static bool is_inside(struct chip *c, uint32_t block, uint32_t offset, uint32_t len)
{
    bool inside =
        block < c->block_count && offset <= c->block_size && len <= c->block_size - offset;
    if (!inside) {
        break_rule(c, "outside of the device");
    }
    return inside;
}

/* Whether this call fails; it is counted. */
static bool is_planned(struct chip *c, enum chip_kind kind)
{
    bool is_read = kind == CHIP_READ;
    uint32_t *n = is_read ? &c->reads : &c->writes;
    ++*n;
    bool now = *n == c->plan.at && is_read == c->plan.reads;
    if (now) {
        c->is_hit = true;
        c->hit = kind;
    }
    return now || (c->is_hit && c->plan.forever);
}

static nvt_err do_read(void *ctx, uint32_t block, uint32_t offset, uint8_t *out, uint32_t len)
{
    struct chip *c = (struct chip *)ctx;
    if (!is_inside(c, block, offset, len) || c->off || is_planned(c, CHIP_READ)) {
        c->off = c->off || (c->is_hit && c->plan.cut);
        return NVT_E_SPOOL_IO;
    }
    (void)memcpy(out, c->mem + (size_t)block * c->block_size + offset, len);
    return NVT_OK;
}

/* ---- programming ---- */

static void check_units(struct chip *c, uint32_t from, uint32_t offset, uint32_t len)
{
    uint32_t unit = c->prog_size;
    if (offset % unit != 0U || len % unit != 0U) {
        break_rule(c, "not whole units");
    }
    for (uint32_t i = from / unit; i < (from + len) / unit; i++) {
        if (c->fresh[i] != (uint8_t)FRESH) {
            break_rule(c, "programmed without an erase before");
        }
    }
}

static void note_dirty(struct chip *c, uint32_t from, uint32_t end)
{
    bool none = c->dirty_from == c->dirty_end;
    c->dirty_from = none || from < c->dirty_from ? from : c->dirty_from;
    c->dirty_end = none || end > c->dirty_end ? end : c->dirty_end;
}

static void note_programmed(struct chip *c, uint32_t from, uint32_t end)
{
    uint32_t first = from / c->prog_size;
    uint32_t count = (end - from + c->prog_size - 1U) / c->prog_size;
    (void)memset(c->fresh + first, USED, count);
    (void)memset(c->dirty + first, PROGRAMMED, count);
    note_dirty(c, first, first + count);
}

/* Some of the bits that were to be cleared are, and some others. */
static void blur(struct chip *c, uint8_t *mem, const uint8_t *data, uint32_t len)
{
    for (uint32_t i = 0; i < len; i++) {
        uint8_t luck = (uint8_t)noise(c);
        mem[i] &= (uint8_t)(data[i] | luck);
        mem[i] &= noise(c) % 8U == 0U ? (uint8_t)~luck : 0xFFU;
    }
}

static void prog_bytes(struct chip *c, uint32_t from, const uint8_t *data, uint32_t len)
{
    for (uint32_t i = 0; i < len; i++) {
        c->mem[from + i] &= data[i];
    }
}

/* What is left of it: the end of the bytes that may differ. */
static uint32_t prog_partly(struct chip *c, uint32_t from, const uint8_t *data, uint32_t len,
                            enum chip_how how)
{
    if (how == CHIP_GARBAGE) {
        blur(c, c->mem + from, data, len);
        return from + len;
    }
    uint32_t n = how == CHIP_NONE ? 0U : how == CHIP_PART ? (len + 1U) / 2U : len;
    prog_bytes(c, from, data, n);
    return from + n;
}

/* What was programmed with ones, or not at all by a call that failed, nobody can tell from what was
 * never tried, once the device is opened again. */
static uint8_t fresh_again(const struct chip *c, uint32_t i)
{
    const uint8_t *p = c->mem + (size_t)i * c->prog_size;
    bool blank = c->fresh[i] == (uint8_t)USED;
    for (uint32_t j = 0; blank && j < c->prog_size; j++) {
        blank = p[j] == 0xFFU;
    }
    return blank ? FRESH : c->fresh[i];
}

/* So many units become durable as they are. */
static void sync_units(struct chip *c, uint32_t first, uint32_t count)
{
    size_t at = (size_t)first * c->prog_size;
    (void)memcpy(c->durable + at, c->mem + at, (size_t)count * c->prog_size);
    for (uint32_t i = first; i < first + count; i++) {
        c->durable_fresh[i] = fresh_again(c, i);
    }
    (void)memset(c->dirty + first, CLEAN, count);
}

/* What a torn call did is there, whatever becomes of the rest. */
static void settle_units(struct chip *c, uint32_t from, uint32_t end)
{
    uint32_t first = from / c->prog_size;
    sync_units(c, first, (end + c->prog_size - 1U) / c->prog_size - first);
}

static nvt_err do_prog(void *ctx, uint32_t block, uint32_t offset, const uint8_t *data,
                       uint32_t len)
{
    struct chip *c = (struct chip *)ctx;
    if (!is_inside(c, block, offset, len) || c->off) {
        return NVT_E_SPOOL_IO;
    }
    uint32_t from = block * c->block_size + offset;
    bool fails = is_planned(c, CHIP_PROG) || c->bad[block] == 2U;
    enum chip_how how = c->bad[block] == 2U ? CHIP_PART : c->plan.how;
    tell("prog", block, offset, len, fails);
    check_units(c, from, offset, len);
    uint32_t end = prog_partly(c, from, data, len, fails ? how : CHIP_ALL);
    note_programmed(c, from, end);
    if (fails && c->plan.cut && c->is_hit) {
        settle_units(c, from, end);
        c->off = true;
    } else if (fails) { /* whatever it did, it was tried here */
        (void)memset(c->fresh + from / c->prog_size, USED, len / c->prog_size);
    } else {
        /* done */
    }
    return fails ? NVT_E_SPOOL_IO : NVT_OK;
}

/* ---- erasing ---- */

static void erase_bytes(struct chip *c, uint32_t block, uint32_t len)
{
    uint32_t first = block * c->block_size / c->prog_size;
    uint32_t count = c->block_size / c->prog_size;
    (void)memset(c->mem + (size_t)block * c->block_size, 0xFF, len);
    (void)memset(c->dirty + first, ERASED_FRONT, count / 2U);
    (void)memset(c->dirty + first + count / 2U, ERASED_BACK, count - count / 2U);
    (void)memset(c->fresh + first, len == c->block_size ? FRESH : STALE, count);
    note_dirty(c, first, first + count);
}

/* An erase that was cut or failed: whatever the bytes look like, they are not erased. */
static void erase_partly(struct chip *c, uint32_t block, enum chip_how how)
{
    uint8_t *mem = c->mem + (size_t)block * c->block_size;
    uint32_t first = block * c->block_size / c->prog_size;
    if (how != CHIP_NONE) {
        erase_bytes(c, block, how == CHIP_PART ? c->block_size / 2U : c->block_size);
        (void)memset(c->fresh + first, STALE, c->block_size / c->prog_size);
    }
    for (uint32_t i = 0; how == CHIP_GARBAGE && i < c->block_size; i++) {
        mem[i] = noise(c) % 4U == 0U ? (uint8_t)noise(c) : mem[i];
    }
}

static nvt_err do_erase(void *ctx, uint32_t block)
{
    struct chip *c = (struct chip *)ctx;
    if (!is_inside(c, block, 0U, 0U) || c->off) {
        return NVT_E_SPOOL_IO;
    }
    bool planned = is_planned(c, CHIP_ERASE);
    tell("erase", block, 0U, c->block_size, planned || c->bad[block] == 1U);
    if (!planned && c->bad[block] != 1U) {
        erase_bytes(c, block, c->block_size);
        return NVT_OK;
    }
    erase_partly(c, block, planned ? c->plan.how : CHIP_NONE);
    if (planned && c->plan.cut) {
        settle_units(c, block * c->block_size, (block + 1U) * c->block_size);
        c->off = true;
    }
    return NVT_E_SPOOL_IO;
}

/* ---- syncing ---- */

/* As many units from this one on as are alike, before the end. */
static uint32_t alike(const struct chip *c, uint32_t i, uint32_t end)
{
    uint32_t n = 1U;
    while (i + n < end && c->dirty[i + n] == c->dirty[i]) {
        n++;
    }
    return n;
}

/* All that is to be synced is. */
static void sync_all(struct chip *c)
{
    uint32_t n = 0;
    for (uint32_t i = c->dirty_from; i < c->dirty_end; i += n) {
        n = alike(c, i, c->dirty_end);
        if (c->dirty[i] != (uint8_t)CLEAN) {
            sync_units(c, i, n);
        }
    }
    c->dirty_from = c->dirty_end;
}

static void sync_unit(struct chip *c, uint32_t i)
{
    if (c->dirty[i] != (uint8_t)CLEAN) {
        sync_units(c, i, 1U);
    }
}

static void fail_unit(struct chip *c, uint32_t i, enum chip_how how)
{
    uint32_t luck = how == CHIP_PART ? noise(c) % 3U : (uint32_t)CHIP_HOWS;
    if (how == CHIP_ALL || luck == 0U) {
        sync_unit(c, i);
    } else if (how == CHIP_GARBAGE || luck == 1U) {
        c->dirty[i] = CLEAN;
    } else {
        /* still to be synced */
    }
}

static nvt_err do_sync(void *ctx)
{
    struct chip *c = (struct chip *)ctx;
    if (c->off) {
        return NVT_E_SPOOL_IO;
    }
    bool fails = is_planned(c, CHIP_SYNC);
    c->off = fails && c->plan.cut;
    tell("sync", 0U, 0U, 0U, fails);
    if (!fails) {
        sync_all(c);
    }
    for (uint32_t i = c->dirty_from; !c->off && i < c->dirty_end; i++) {
        fail_unit(c, i, c->plan.how);
    }
    return fails ? NVT_E_SPOOL_IO : NVT_OK;
}

/* ---- from outside ---- */

void chip_init(struct chip *c, uint32_t block_size, uint32_t block_count, uint32_t prog_size)
{
    (void)memset(c, 0, sizeof *c);
    c->block_size = block_size;
    c->block_count = block_count;
    c->prog_size = prog_size;
    c->noise = 1U;
    (void)memset(c->mem, 0xFF, sizeof c->mem);
    (void)memset(c->durable, 0xFF, sizeof c->durable);
    (void)memset(c->fresh, FRESH, sizeof c->fresh);
    (void)memset(c->durable_fresh, FRESH, sizeof c->durable_fresh);
}

struct nvt_port_block chip_device(struct chip *c)
{
    return (struct nvt_port_block){c,       c->block_size, c->block_count, c->prog_size,
                                   do_read, do_prog,       do_erase,       do_sync};
}

void chip_arm(struct chip *c, struct chip_plan plan)
{
    c->plan = plan;
    c->reads = 0;
    c->writes = 0;
    c->is_hit = false;
}

/* Whether another thing begins with this unit; before: what the one before was. */
static bool begins(const struct chip *c, uint32_t i, uint8_t before)
{
    bool first = i % (c->block_size / c->prog_size) == 0U;
    return c->dirty[i] == (uint8_t)PROGRAMMED ||
           (c->dirty[i] != (uint8_t)CLEAN && (first || before != c->dirty[i]));
}

uint32_t chip_unsynced(const struct chip *c)
{
    uint32_t n = 0;
    uint8_t before = CLEAN;
    for (uint32_t i = c->dirty_from; i < c->dirty_end; i++) {
        n += begins(c, i, before) ? 1U : 0U;
        before = c->dirty[i];
    }
    return n;
}

static bool is_left(struct chip *c, struct chip_subset subset, uint32_t thing)
{
    switch (subset.pick) {
    case CHIP_BITS:
        return thing < 32U && (subset.n >> thing & 1U) != 0U;
    case CHIP_FIRST:
        return thing < subset.n;
    case CHIP_BUT:
        return thing != subset.n;
    case CHIP_ONLY:
        return thing == subset.n;
    default:
        return noise(c) % 256U < subset.n % 256U;
    }
}

/* What is still to be synced is in the memory. */
static void freshen(struct chip *c)
{
    for (uint32_t i = c->dirty_from; i < c->dirty_end; i++) {
        c->fresh[i] = fresh_again(c, i);
    }
}

void chip_reopen(struct chip *c)
{
    uint32_t end = units(c);
    uint32_t n = 0;
    for (uint32_t i = 0; i < end; i += n) {
        bool inside = i >= c->dirty_from && i < c->dirty_end;
        n = inside ? alike(c, i, c->dirty_end) : i < c->dirty_from ? c->dirty_from - i : end - i;
        if (!inside || c->dirty[i] == (uint8_t)CLEAN) {
            size_t at = (size_t)i * c->prog_size;
            (void)memcpy(c->mem + at, c->durable + at, (size_t)n * c->prog_size);
            (void)memcpy(c->fresh + i, c->durable_fresh + i, n);
        }
    }
    freshen(c);
    c->off = false;
    chip_arm(c, no_plan);
}

/* By chance each unit has its own, those of an erase too. */
void chip_cut(struct chip *c, struct chip_subset subset)
{
    uint32_t thing = 0;
    bool left = false;
    uint8_t before = CLEAN;
    for (uint32_t i = c->dirty_from; i < c->dirty_end; i++) {
        bool next = begins(c, i, before) || subset.pick == CHIP_RANDOM;
        before = c->dirty[i];
        if (before != (uint8_t)CLEAN && next) {
            left = is_left(c, subset, thing++);
        }
        if (before != (uint8_t)CLEAN && left) {
            sync_unit(c, i);
        }
        c->dirty[i] = CLEAN;
    }
    c->dirty_from = c->dirty_end;
    chip_reopen(c);
}
