/* SPDX-License-Identifier: Apache-2.0 */
/* Block devices: what is programmed is there, where it belongs and nowhere else. */
#include "parts.h"

enum { SAMPLES = 16, GUARD = 0xA5, ERASED = 0xFF };

struct block_run {
    struct run run;
    const struct nvt_selftest_block *t;
    const struct nvt_port_block *d;
    uint32_t samples;
};

static struct block_run *of(struct run *r)
{
    return (struct block_run *)r->own;
}

/* The first six blocks, the last six, and some between. */
static uint32_t sample(const struct block_run *b, uint32_t i)
{
    uint32_t count = b->d->block_count;
    if (i < 6U || b->samples < (uint32_t)SAMPLES) {
        return i;
    }
    return i >= 10U ? count - (uint32_t)SAMPLES + i : 6U + (count - 12U) / 4U * (i - 6U);
}

/* No two blocks, units or neighbours look the same for long. */
static uint8_t pattern(uint32_t block, uint32_t offset)
{
    uint32_t x = block * 2654435761U ^ (offset + 1U) * 2246822519U;
    return (uint8_t)((x ^ x >> 15U) * 3266489917U >> 24U);
}

static uint32_t chunk_of(const struct block_run *b)
{
    return b->t->mem_len < 512U ? 0U : 256U;
}

/* ---- what a part of a block holds ---- */

/* With a guard before and behind the bytes that are read. */
static bool read_part(struct block_run *b, uint32_t block, uint32_t offset, uint32_t len)
{
    uint8_t *mem = b->t->mem;
    (void)memset(mem, GUARD, (size_t)len + 2U);
    nvt_err err = b->d->read(b->d->ctx, block, offset, mem + 1, len);
    if (err != NVT_OK) {
        return complain(&b->run, "read failed", err);
    }
    if (mem[0] != (uint8_t)GUARD || mem[len + 1U] != (uint8_t)GUARD) {
        return complain(&b->run, "read wrote outside its buffer", NVT_OK);
    }
    return true;
}

static bool has_pattern(struct block_run *b, uint32_t block, uint32_t offset, uint32_t len)
{
    if (!read_part(b, block, offset, len)) {
        return false;
    }
    for (uint32_t i = 0; i < len; i++) {
        if (b->t->mem[i + 1U] != pattern(block, offset + i)) {
            return complain(&b->run, "what was programmed is not what is read", NVT_OK);
        }
    }
    return true;
}

static bool has_erased(struct block_run *b, uint32_t block, uint32_t offset, uint32_t len)
{
    if (!read_part(b, block, offset, len)) {
        return false;
    }
    for (uint32_t i = 0; i < len; i++) {
        if (b->t->mem[i + 1U] != (uint8_t)ERASED) {
            return complain(&b->run, "erased bytes do not read 0xff", NVT_OK);
        }
    }
    return true;
}

typedef bool (*part_fn)(struct block_run *b, uint32_t block, uint32_t offset, uint32_t len);

static bool whole_block(struct block_run *b, uint32_t block, part_fn part)
{
    uint32_t size = b->d->block_size;
    bool ok = true;
    for (uint32_t at = 0; ok && at < size; at += chunk_of(b)) {
        ok = part(b, block, at, size - at < chunk_of(b) ? size - at : chunk_of(b));
    }
    return ok;
}

static bool all_patterns(struct block_run *b)
{
    bool ok = true;
    for (uint32_t i = 0; ok && i < b->samples; i++) {
        ok = whole_block(b, sample(b, i), has_pattern);
    }
    return ok;
}

/* ---- changing it ---- */

static bool erase(struct block_run *b, uint32_t block)
{
    nvt_err err = b->d->erase(b->d->ctx, block);
    return err == NVT_OK || complain(&b->run, "erase failed", err);
}

static bool sync(struct block_run *b)
{
    nvt_err err = b->d->sync(b->d->ctx);
    return err == NVT_OK || complain(&b->run, "sync failed", err);
}

static bool prog(struct block_run *b, uint32_t block, uint32_t offset, uint32_t len)
{
    for (uint32_t i = 0; i < len; i++) {
        b->t->mem[i] = pattern(block, offset + i);
    }
    nvt_err err = b->d->prog(b->d->ctx, block, offset, b->t->mem, len);
    for (uint32_t i = 0; i < len; i++) {
        if (b->t->mem[i] != pattern(block, offset + i)) {
            return complain(&b->run, "prog changed its data", NVT_OK);
        }
    }
    return err == NVT_OK || complain(&b->run, "prog failed", err);
}

/* One unit, two, three, and so on, as many as there is room for. */
static bool fill_block(struct block_run *b, uint32_t block, uint32_t from)
{
    uint32_t most = b->t->mem_len / b->d->prog_size;
    uint32_t units = 1U;
    bool ok = true;
    for (uint32_t at = from; ok && at < b->d->block_size;) {
        uint32_t left = (b->d->block_size - at) / b->d->prog_size;
        uint32_t n = units < left ? units : left;
        ok = prog(b, block, at, n * b->d->prog_size);
        at += n * b->d->prog_size;
        units = units < most ? units + 1U : 1U;
    }
    return ok;
}

/* ---- the checks ---- */

static void sizes(struct run *r)
{
    const struct nvt_port_block *d = of(r)->d;
    if (d->block_size < 256U || d->block_size > 1048576U) {
        (void)complain(r, "block_size is not 256 to 1 MiB", NVT_OK);
    } else if (d->block_count < 4U || d->block_count > 65535U) {
        (void)complain(r, "block_count is not 4 to 65 535", NVT_OK);
    } else if (d->prog_size == 0U || d->prog_size > 4096U ||
               (d->prog_size & (d->prog_size - 1U)) != 0U) {
        (void)complain(r, "prog_size is no power of two up to 4 096", NVT_OK);
    } else if (d->block_size % d->prog_size != 0U) {
        (void)complain(r, "block_size is no multiple of prog_size", NVT_OK);
    } else if (of(r)->t->mem_len < 512U || of(r)->t->mem_len < d->prog_size) {
        (void)complain(r, "the test needs more memory to work in", NVT_OK);
    } else {
        /* as it should be */
    }
}

static void erases(struct run *r)
{
    struct block_run *b = of(r);
    bool ok = true;
    for (uint32_t i = 0; ok && i < b->samples; i++) {
        ok = erase(b, sample(b, i));
    }
    ok = ok && sync(b);
    for (uint32_t i = 0; ok && i < b->samples; i++) {
        ok = whole_block(b, sample(b, i), has_erased);
    }
}

/* The first unit stays erased: nothing may depend on what comes before. */
static void leaves_gaps(struct run *r)
{
    struct block_run *b = of(r);
    uint32_t block = sample(b, 1U);
    uint32_t unit = b->d->prog_size;
    bool ok = b->d->block_size >= 4U * unit && prog(b, block, unit, unit) &&
              prog(b, block, 3U * unit, unit);
    ok = ok && has_erased(b, block, 0U, unit < 256U ? unit : 256U);
    ok = ok && has_pattern(b, block, unit, unit < 256U ? unit : 256U);
    ok = ok && has_erased(b, block, 2U * unit, unit < 256U ? unit : 256U);
    (void)(ok && has_pattern(b, block, 3U * unit, unit < 256U ? unit : 256U));
}

static void programs(struct run *r)
{
    struct block_run *b = of(r);
    bool ok = erase(b, sample(b, 1U));
    for (uint32_t i = 0; ok && i < b->samples; i++) {
        ok = fill_block(b, sample(b, i), 0U);
    }
    (void)(ok && sync(b) && all_patterns(b));
}

/* Around the limits of units and pages, of every length up to 40 bytes. */
static void reads_anywhere(struct run *r)
{
    struct block_run *b = of(r);
    uint32_t size = b->d->block_size;
    uint32_t places[] = {0U, 1U, b->d->prog_size - 1U, size / 2U, size - 41U, size - 40U, 4096U};
    bool ok = true;
    for (size_t i = 0; ok && i < sizeof places / sizeof places[0]; i++) {
        uint32_t at = places[i] < 20U ? places[i] : places[i] - 20U;
        for (uint32_t len = 0; ok && len <= 40U && at <= size - len; len++) {
            ok = has_pattern(b, sample(b, 1U), at, len);
        }
    }
    (void)(ok && has_pattern(b, sample(b, 1U), size - 1U, 1U) &&
           has_pattern(b, sample(b, b->samples - 1U), size - 40U, 40U));
}

static void keeps_apart(struct run *r)
{
    struct block_run *b = of(r);
    for (uint32_t i = 0; i < b->samples; i++) {
        uint32_t next = sample(b, (i + 1U) % b->samples);
        uint32_t before = sample(b, (i + b->samples - 1U) % b->samples);
        bool ok = erase(b, sample(b, i)) && whole_block(b, sample(b, i), has_erased) &&
                  whole_block(b, next, has_pattern) && whole_block(b, before, has_pattern) &&
                  fill_block(b, sample(b, i), 0U);
        if (!ok) {
            return;
        }
    }
    (void)all_patterns(b);
}

/* What was erased must stay erased, too. */
static void endures(struct run *r)
{
    struct block_run *b = of(r);
    uint32_t block = sample(b, b->samples - 1U);
    bool ok = erase(b, block) && sync(b) && prog(b, block, 0U, b->d->prog_size) && sync(b);
    if (ok && !b->t->reopen(b->t->ctx)) {
        (void)complain(r, "it cannot be opened again", NVT_OK);
        return;
    }
    uint32_t unit = b->d->prog_size;
    uint32_t rest = b->d->block_size - unit;
    ok = ok && has_pattern(b, block, 0U, unit < 256U ? unit : 256U) &&
         has_erased(b, block, unit, rest < 256U ? rest : 256U);
    ok = ok && fill_block(b, block, unit);
    (void)(ok && sync(b) && all_patterns(b));
}

unsigned nvt_selftest_block(const struct nvt_selftest_block *t)
{
    struct block_run b = {.t = t, .d = t->device};
    b.run.own = &b;
    b.run.print = t->print;
    b.run.ctx = t->ctx;
    b.samples = b.d->block_count < (uint32_t)SAMPLES ? b.d->block_count : (uint32_t)SAMPLES;
    nvt_selftest_check(&b.run, "block: sizes", sizes);
    if (b.run.failures > 0U) {
        return b.run.failures;
    }
    nvt_selftest_check(&b.run, "block: erased bytes read 0xff", erases);
    nvt_selftest_check(&b.run, "block: units may be left out", leaves_gaps);
    nvt_selftest_check(&b.run, "block: what was programmed is read", programs);
    nvt_selftest_check(&b.run, "block: reads of any place and length", reads_anywhere);
    nvt_selftest_check(&b.run, "block: an erase touches its block alone", keeps_apart);
    if (t->reopen != NULL) {
        nvt_selftest_check(&b.run, "block: what was synced is there after opening it again",
                           endures);
    }
    return b.run.failures;
}
