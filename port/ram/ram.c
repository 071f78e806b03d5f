/* SPDX-License-Identifier: Apache-2.0 */
/* Memory as block device. */
#include <navette/ram.h>

static uint8_t *place_of(const struct nvt_ram *r, uint32_t block, uint32_t offset)
{
    return &r->mem[(size_t)block * r->device.block_size + offset];
}

static bool is_inside(const struct nvt_ram *r, uint32_t block, uint32_t offset, uint32_t len)
{
    return block < r->device.block_count && offset <= r->device.block_size &&
           len <= r->device.block_size - offset;
}

static nvt_err do_read(void *ctx, uint32_t block, uint32_t offset, uint8_t *out, uint32_t len)
{
    const struct nvt_ram *r = (const struct nvt_ram *)ctx;
    if (!is_inside(r, block, offset, len)) {
        return NVT_E_SPOOL_IO;
    }
    (void)memcpy(out, place_of(r, block, offset), len);
    return NVT_OK;
}

static nvt_err do_prog(void *ctx, uint32_t block, uint32_t offset, const uint8_t *data,
                       uint32_t len)
{
    struct nvt_ram *r = (struct nvt_ram *)ctx;
    bool whole = offset % r->device.prog_size == 0U && len % r->device.prog_size == 0U;
    if (!whole || !is_inside(r, block, offset, len)) {
        return NVT_E_SPOOL_IO;
    }
    (void)memcpy(place_of(r, block, offset), data, len);
    return NVT_OK;
}

static nvt_err do_erase(void *ctx, uint32_t block)
{
    struct nvt_ram *r = (struct nvt_ram *)ctx;
    if (!is_inside(r, block, 0U, 0U)) {
        return NVT_E_SPOOL_IO;
    }
    (void)memset(place_of(r, block, 0U), 0xFF, r->device.block_size);
    return NVT_OK;
}

static nvt_err do_sync(void *ctx)
{
    const struct nvt_ram *r = (const struct nvt_ram *)ctx;
    return r->flush == NULL || r->flush(r->flush_ctx) ? NVT_OK : NVT_E_SPOOL_IO;
}

nvt_err nvt_ram_init(struct nvt_ram *r, uint8_t *mem, uint32_t block_size, uint32_t block_count,
                     uint32_t prog_size)
{
    bool unit = prog_size >= 1U && prog_size <= 4096U && (prog_size & (prog_size - 1U)) == 0U;
    if (!unit || mem == NULL || block_size < 256U || block_size > 1048576U ||
        block_size % prog_size != 0U || block_count < 4U || block_count > 65535U) {
        return NVT_E_ARG;
    }
    (void)memset(r, 0, sizeof *r);
    r->mem = mem;
    r->device = (struct nvt_port_block){r,       block_size, block_count, prog_size,
                                        do_read, do_prog,    do_erase,    do_sync};
    return NVT_OK;
}
