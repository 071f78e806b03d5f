/* SPDX-License-Identifier: Apache-2.0 */
#include "flash.h"

enum { ERASE_STEPS = 3 };

static uint8_t *at(const struct nvt_sim_flash *f, uint32_t block, uint32_t offset)
{
    return f->mem + (size_t)block * f->device.block_size + offset;
}

static uint8_t noise(struct nvt_sim_flash *f)
{
    f->noise = f->noise * 1664525U + 1013904223U;
    return (uint8_t)(f->noise >> 24U);
}

static bool is_inside(struct nvt_sim_flash *f, uint32_t block, uint32_t offset, uint32_t len)
{
    bool inside = block < f->device.block_count && offset <= f->device.block_size &&
                  len <= f->device.block_size - offset;
    if (!inside && f->violation == NULL) {
        f->violation = "outside of the device";
    }
    return inside && !f->off;
}

static nvt_err do_read(void *ctx, uint32_t block, uint32_t offset, uint8_t *out, uint32_t len)
{
    struct nvt_sim_flash *f = (struct nvt_sim_flash *)ctx;
    if (!is_inside(f, block, offset, len)) {
        return NVT_E_SPOOL_IO;
    }
    f->reads++;
    (void)memcpy(out, at(f, block, offset), len);
    return NVT_OK;
}

static void check_unit(struct nvt_sim_flash *f, const uint8_t *mem, uint32_t offset, uint32_t len)
{
    bool whole = offset % f->device.prog_size == 0U && len % f->device.prog_size == 0U;
    bool fresh = true;
    for (uint32_t i = 0; i < len; i++) {
        fresh = fresh && mem[i] == 0xFFU;
    }
    if (f->violation == NULL && !whole) {
        f->violation = "not a whole unit";
    }
    if (f->violation == NULL && !fresh) {
        f->violation = "programmed twice";
    }
}

static size_t size_of(const struct nvt_sim_flash *f)
{
    return (size_t)f->device.block_size * f->device.block_count;
}

/* Each unit that differs from what was synced: old, new, or some bytes of either. How many are old
 * is another share with each cut. */
static void scatter(struct nvt_sim_flash *f)
{
    uint32_t unit = f->device.prog_size;
    uint8_t share = noise(f);
    for (size_t at_unit = 0; at_unit < size_of(f); at_unit += unit) {
        uint8_t *now = f->mem + at_unit;
        const uint8_t *before = f->synced + at_unit;
        uint8_t fate = noise(f);
        bool mixed = fate % 8U == 0U;
        for (uint32_t i = 0; i < unit; i++) {
            uint8_t luck = mixed ? noise(f) : fate;
            now[i] = luck < share ? before[i] : now[i];
        }
    }
}

/* The power goes with n of len bytes programmed at mem. */
static void tear_prog(struct nvt_sim_flash *f, uint8_t *mem, uint32_t n, uint32_t len)
{
    if (f->torn == NVT_SIM_GARBAGE) {
        for (uint32_t i = n; i < len; i++) {
            mem[i] &= noise(f);
        }
    }
    if (f->torn == NVT_SIM_REORDER) {
        size_t before = (size_t)(mem - f->mem);
        (void)memcpy(f->mem, f->synced, before);
        (void)memcpy(mem + n, f->synced + before + n, size_of(f) - before - n);
    }
    if (f->torn == NVT_SIM_SCATTER) {
        scatter(f);
    }
    f->off = true;
}

static nvt_err do_prog(void *ctx, uint32_t block, uint32_t offset, const uint8_t *data,
                       uint32_t len)
{
    struct nvt_sim_flash *f = (struct nvt_sim_flash *)ctx;
    if (!is_inside(f, block, offset, len)) {
        return NVT_E_SPOOL_IO;
    }
    uint8_t *mem = at(f, block, offset);
    bool fails = f->bad != NULL && f->bad[block] == 2U;
    uint32_t n = f->steps_left < len ? (uint32_t)f->steps_left : len;
    check_unit(f, mem, offset, len);
    n = fails && n > len / 2U ? len / 2U : n;
    for (uint32_t i = 0; i < n; i++) {
        mem[i] &= data[i];
    }
    f->steps_left -= n;
    f->programmed += n;
    if (f->steps_left == 0U) {
        tear_prog(f, mem, n, len);
    }
    return n < len || f->off ? NVT_E_SPOOL_IO : NVT_OK;
}

/* The power goes with nothing erased, the first half, or all of it with weak bits. */
static void tear_erase(struct nvt_sim_flash *f, uint8_t *mem)
{
    uint32_t size = f->device.block_size;
    uint32_t part = (uint32_t)(f->steps_left - 1U) * (size / 2U);
    (void)memset(mem, 0xFF, part);
    for (uint32_t i = 0; part == size && i < size; i += 7U) {
        mem[i] &= noise(f);
    }
    if (f->torn == NVT_SIM_SCATTER) {
        scatter(f);
    }
    f->off = true;
}

static nvt_err do_erase(void *ctx, uint32_t block)
{
    struct nvt_sim_flash *f = (struct nvt_sim_flash *)ctx;
    if (!is_inside(f, block, 0U, 0U) || (f->bad != NULL && f->bad[block] == 1U)) {
        return NVT_E_SPOOL_IO;
    }
    if (f->steps_left <= (uint64_t)ERASE_STEPS) {
        tear_erase(f, at(f, block, 0U));
        return NVT_E_SPOOL_IO;
    }
    f->steps_left -= (uint64_t)ERASE_STEPS;
    f->erased++;
    (void)memset(at(f, block, 0U), 0xFF, f->device.block_size);
    return NVT_OK;
}

static nvt_err do_sync(void *ctx)
{
    struct nvt_sim_flash *f = (struct nvt_sim_flash *)ctx;
    f->syncs++;
    if (f->off || f->sync_fails) {
        return NVT_E_SPOOL_IO;
    }
    (void)memcpy(f->synced, f->mem, size_of(f));
    return NVT_OK;
}

void nvt_sim_flash_init(struct nvt_sim_flash *f, uint8_t *mem, uint8_t *synced, uint32_t block_size,
                        uint32_t block_count, uint32_t prog_size)
{
    (void)memset(f, 0, sizeof *f);
    f->device = (struct nvt_port_block){f,       block_size, block_count, prog_size,
                                        do_read, do_prog,    do_erase,    do_sync};
    f->mem = mem;
    f->synced = synced;
    f->steps_left = UINT64_MAX;
    (void)memset(mem, 0xFF, size_of(f));
    (void)memset(synced, 0xFF, size_of(f));
}

void nvt_sim_flash_on(struct nvt_sim_flash *f)
{
    f->off = false;
    f->steps_left = UINT64_MAX;
    (void)memcpy(f->synced, f->mem, size_of(f));
}
