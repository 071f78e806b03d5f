/* SPDX-License-Identifier: Apache-2.0 */
/* The block devices of this project through the self-test, and does the test notice? Breaks
 * one function of a device at a time. */
#include "tell.h"

#include "../../port/sim/flash.h"

#include <navette/ram.h>
#include <navette/selftest.h>

#include <stdio.h>
#include <string.h>

enum { MEM_MAX = 512 * 1024 };

static uint8_t memory[MEM_MAX], synced[MEM_MAX], work[8192];

/* ---- as they are ---- */

struct opened {
    const char *name;
    struct nvt_ram *ram;
    struct nvt_sim_flash *flash;
};

static void print(void *ctx, const char *line)
{
    tell_line(((const struct opened *)ctx)->name, line);
}

/* RAM keeps its bytes and nothing else; the flash loses what was not synced. */
static bool reopen(void *ctx)
{
    const struct opened *o = (const struct opened *)ctx;
    if (o->ram != NULL) {
        struct nvt_port_block d = o->ram->device;
        (void)memset(o->ram, 0, sizeof *o->ram);
        return nvt_ram_init(o->ram, memory, d.block_size, d.block_count, d.prog_size) == NVT_OK;
    }
    (void)memcpy(memory, synced, sizeof memory);
    nvt_sim_flash_on(o->flash);
    return o->flash->violation == NULL;
}

static const struct {
    uint32_t block_size, block_count, prog_size;
} sizes[] = {{256, 4, 1},      {256, 1000, 4},   {4096, 64, 1},  {4096, 128, 16}, {4096, 5, 256},
             {16384, 8, 4096}, {65536, 8, 4096}, {1000, 500, 8}, {256, 16, 16},   {256, 17, 32}};

static void run_ram(void)
{
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        char name[64];
        struct nvt_ram ram;
        struct opened o = {name, &ram, NULL};
        (void)snprintf(name, sizeof name, "ram %u x %u by %u", sizes[i].block_size,
                       sizes[i].block_count, sizes[i].prog_size);
        nvt_err err = nvt_ram_init(&ram, memory, sizes[i].block_size, sizes[i].block_count,
                                   sizes[i].prog_size);
        tell(name, "takes these sizes", err == NVT_OK);
        const struct nvt_selftest_block t = {&ram.device, work, sizeof work, reopen, print, &o};
        (void)nvt_selftest_block(&t);
    }
}

static void run_flash(void)
{
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        char name[64];
        struct nvt_sim_flash flash;
        struct opened o = {name, NULL, &flash};
        (void)snprintf(name, sizeof name, "flash %u x %u by %u", sizes[i].block_size,
                       sizes[i].block_count, sizes[i].prog_size);
        nvt_sim_flash_init(&flash, memory, synced, sizes[i].block_size, sizes[i].block_count,
                           sizes[i].prog_size);
        const struct nvt_selftest_block t = {&flash.device, work, sizeof work, reopen, print, &o};
        (void)nvt_selftest_block(&t);
        tell(name, "the test keeps the rules of flash itself", flash.violation == NULL);
    }
}

/* ---- RAM beyond the contract ---- */

static bool never_flushes(void *ctx)
{
    (*(unsigned *)ctx)++;
    return false;
}

static void ram_refuses(void)
{
    static const char name[] = "ram";
    struct nvt_ram r;
    uint8_t bytes[8] = {0};
    unsigned calls = 0;
    tell(name, "no memory", nvt_ram_init(&r, NULL, 256, 4, 4) == NVT_E_ARG);
    tell(name, "blocks too small", nvt_ram_init(&r, memory, 252, 4, 4) == NVT_E_ARG);
    tell(name, "blocks too large", nvt_ram_init(&r, memory, 1048580, 4, 4) == NVT_E_ARG);
    tell(name, "too few blocks", nvt_ram_init(&r, memory, 256, 3, 4) == NVT_E_ARG);
    tell(name, "too many blocks", nvt_ram_init(&r, memory, 256, 65536, 4) == NVT_E_ARG);
    tell(name, "a unit of 3", nvt_ram_init(&r, memory, 300, 4, 3) == NVT_E_ARG);
    tell(name, "no unit", nvt_ram_init(&r, memory, 256, 4, 0) == NVT_E_ARG);
    tell(name, "a unit of 8192", nvt_ram_init(&r, memory, 8192, 4, 8192) == NVT_E_ARG);
    tell(name, "blocks of parts of units", nvt_ram_init(&r, memory, 260, 4, 8) == NVT_E_ARG);
    (void)nvt_ram_init(&r, memory, 256, 4, 4);
    const struct nvt_port_block *d = &r.device;
    (void)memset(memory, 7, 2048);
    tell(name, "reads no block behind the last", d->read(&r, 4, 0, bytes, 1) == NVT_E_SPOOL_IO);
    tell(name, "reads not over an end", d->read(&r, 3, 252, bytes, 5) == NVT_E_SPOOL_IO);
    tell(name, "reads no length that wraps",
         d->read(&r, 0, 4, bytes, UINT32_MAX) == NVT_E_SPOOL_IO);
    tell(name, "programs no block behind the last", d->prog(&r, 4, 0, bytes, 4) == NVT_E_SPOOL_IO);
    tell(name, "programs not over an end", d->prog(&r, 3, 252, bytes, 8) == NVT_E_SPOOL_IO);
    tell(name, "programs no part of a unit", d->prog(&r, 0, 0, bytes, 3) == NVT_E_SPOOL_IO);
    tell(name, "programs not between units", d->prog(&r, 0, 2, bytes, 4) == NVT_E_SPOOL_IO);
    tell(name, "erases no block behind the last", d->erase(&r, 4) == NVT_E_SPOOL_IO);
    bool same = true;
    for (size_t i = 0; i < 2048U; i++) {
        same = same && memory[i] == 7U;
    }
    tell(name, "nothing of that touched anything", same);
    r.flush = never_flushes;
    r.flush_ctx = &calls;
    tell(name, "a flush that fails shows", d->sync(&r) == NVT_E_SPOOL_IO && calls == 1U);
}

/* ---- broken ones ---- */

static struct nvt_ram whole;

static nvt_err read_aligned(void *ctx, uint32_t block, uint32_t offset, uint8_t *out, uint32_t len)
{
    return whole.device.read(ctx, block, offset & ~3U, out, len);
}

static nvt_err read_more(void *ctx, uint32_t block, uint32_t offset, uint8_t *out, uint32_t len)
{
    out[len] = 0;
    return whole.device.read(ctx, block, offset, out, len);
}

static nvt_err read_fewer_blocks(void *ctx, uint32_t block, uint32_t offset, uint8_t *out,
                                 uint32_t len)
{
    return whole.device.read(ctx, block % 64U, offset, out, len);
}

static nvt_err prog_fewer_blocks(void *ctx, uint32_t block, uint32_t offset, const uint8_t *data,
                                 uint32_t len)
{
    return whole.device.prog(ctx, block % 64U, offset, data, len);
}

static nvt_err prog_first_unit(void *ctx, uint32_t block, uint32_t offset, const uint8_t *data,
                               uint32_t len)
{
    return whole.device.prog(ctx, block, offset, data, len < 16U ? len : 16U);
}

static nvt_err prog_swapped(void *ctx, uint32_t block, uint32_t offset, const uint8_t *data,
                            uint32_t len)
{
    for (uint32_t i = 0; i < len; i += 4U) {
        const uint8_t word[4] = {data[i + 3U], data[i + 2U], data[i + 1U], data[i]};
        (void)whole.device.prog(ctx, block, offset + i, word, 4U);
    }
    return NVT_OK;
}

/* A page program that wraps round inside its page, as flash chips do. */
static nvt_err prog_wraps(void *ctx, uint32_t block, uint32_t offset, const uint8_t *data,
                          uint32_t len)
{
    for (uint32_t i = 0; i < len; i += 4U) {
        uint32_t at = offset / 256U * 256U + (offset + i) % 256U;
        (void)whole.device.prog(ctx, block, at, data + i, 4U);
    }
    return NVT_OK;
}

static nvt_err erase_nothing(void *ctx, uint32_t block)
{
    (void)ctx;
    (void)block;
    return NVT_OK;
}

static nvt_err erase_half(void *ctx, uint32_t block)
{
    (void)ctx;
    (void)memset(memory + (size_t)block * 512U, 0xFF, 256U);
    return NVT_OK;
}

static nvt_err erase_two(void *ctx, uint32_t block)
{
    (void)whole.device.erase(ctx, block == 0U ? block + 1U : block - 1U);
    return whole.device.erase(ctx, block);
}

static nvt_err erase_zeros(void *ctx, uint32_t block)
{
    (void)ctx;
    (void)memset(memory + (size_t)block * 512U, 0, 512U);
    return NVT_OK;
}

static nvt_err sync_fails(void *ctx)
{
    (void)ctx;
    return NVT_E_SPOOL_IO;
}

/* What was written since the copy was taken is gone when it is opened again. */
static nvt_err sync_late(void *ctx)
{
    static uint8_t last[MEM_MAX];
    (void)ctx;
    (void)memcpy(synced, last, sizeof synced);
    (void)memcpy(last, memory, sizeof last);
    return NVT_OK;
}

static nvt_err sync_whole(void *ctx)
{
    (void)ctx;
    (void)memcpy(synced, memory, sizeof synced);
    return NVT_OK;
}

static bool reopen_synced(void *ctx)
{
    (void)ctx;
    (void)memcpy(memory, synced, sizeof memory);
    return true;
}

static bool never_opens(void *ctx)
{
    (void)ctx;
    return false;
}

#define MUTANT(name, member, function)                                                             \
    static void name(struct nvt_port_block *d)                                                     \
    {                                                                                              \
        d->member = (function);                                                                    \
    }
MUTANT(m_none, sync, sync_whole)
MUTANT(m_size, block_size, 511U)
MUTANT(m_small, block_size, 128U)
MUTANT(m_few, block_count, 3U)
MUTANT(m_unit, prog_size, 12U)
MUTANT(m_read_aligned, read, read_aligned)
MUTANT(m_read_more, read, read_more)
MUTANT(m_read_fewer, read, read_fewer_blocks)
MUTANT(m_prog_first, prog, prog_first_unit)
MUTANT(m_prog_swapped, prog, prog_swapped)
MUTANT(m_prog_wraps, prog, prog_wraps)
MUTANT(m_erase_nothing, erase, erase_nothing)
MUTANT(m_erase_half, erase, erase_half)
MUTANT(m_erase_two, erase, erase_two)
MUTANT(m_erase_zeros, erase, erase_zeros)
MUTANT(m_sync_fails, sync, sync_fails)
MUTANT(m_sync_late, sync, sync_late)

static void m_fewer(struct nvt_port_block *d)
{
    d->read = read_fewer_blocks;
    d->prog = prog_fewer_blocks;
}

static const struct {
    const char *name;
    void (*apply)(struct nvt_port_block *d);
    bool (*reopen)(void *ctx);
} mutants[] = {
    {"not broken at all", m_none, reopen_synced},
    {"blocks of parts of units", m_size, NULL},
    {"blocks too small", m_small, NULL},
    {"too few blocks", m_few, NULL},
    {"a unit of 12", m_unit, NULL},
    {"reads from whole words", m_read_aligned, NULL},
    {"reads a byte too many", m_read_more, NULL},
    {"address lines that read alone lacks", m_read_fewer, NULL},
    {"address lines that are missing", m_fewer, NULL},
    {"programs one unit only", m_prog_first, NULL},
    {"programs in the other order", m_prog_swapped, NULL},
    {"programs round inside a page", m_prog_wraps, NULL},
    {"erases nothing", m_erase_nothing, NULL},
    {"erases half a block", m_erase_half, NULL},
    {"erases the neighbour too", m_erase_two, NULL},
    {"erases to zeros", m_erase_zeros, NULL},
    {"sync fails", m_sync_fails, NULL},
    {"sync is one late", m_sync_late, reopen_synced},
    {"does not open again", m_none, never_opens},
};

static void count_failed(void *ctx, const char *line)
{
    *(unsigned *)ctx += line_failed(line) ? 1U : 0U;
}

static void run_mutants(void)
{
    for (size_t i = 0; i < sizeof mutants / sizeof mutants[0]; i++) {
        unsigned found = 0;
        (void)memset(memory, 0x5A, sizeof memory);
        (void)nvt_ram_init(&whole, memory, 512, 200, 4);
        struct nvt_port_block broken = whole.device;
        mutants[i].apply(&broken);
        const struct nvt_selftest_block t = {&broken,           work,         sizeof work,
                                             mutants[i].reopen, count_failed, &found};
        (void)nvt_selftest_block(&t);
        tell("broken device", mutants[i].name, (found > 0U) == (i > 0U));
    }
}

int main(void)
{
    run_ram();
    run_flash();
    ram_refuses();
    run_mutants();
    return tell_sum();
}
