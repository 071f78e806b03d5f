/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A NOR chip of 1 MiB in the board's second memory. QEMU can keep that memory in a file, which so
 * becomes the chip that outlives a killed emulator:
 *     -M mps2-an385,memory-backend=psram
 *     -object memory-backend-file,id=psram,size=16M,mem-path=FILE,share=on
 */
#include "mps2_parts.h"

enum { BLOCK_SIZE = 4096, BLOCK_COUNT = 256, PROG_SIZE = 4 };

#define CHIP 0x21000000U

static volatile uint8_t *place_of(uint32_t block, uint32_t offset)
{
    // NOLINTNEXTLINE(performance-no-int-to-ptr): the address is the hardware's
    return (volatile uint8_t *)(uintptr_t)(CHIP + block * (uint32_t)BLOCK_SIZE + offset);
}

static bool is_inside(uint32_t block, uint32_t offset, uint32_t len)
{
    return block < (uint32_t)BLOCK_COUNT && offset <= (uint32_t)BLOCK_SIZE &&
           len <= (uint32_t)BLOCK_SIZE - offset;
}

static nvt_err nor_read(void *ctx, uint32_t block, uint32_t offset, uint8_t *out, uint32_t len)
{
    (void)ctx;
    if (!is_inside(block, offset, len)) {
        return NVT_E_SPOOL_IO;
    }
    const volatile uint8_t *from = place_of(block, offset);
    for (uint32_t i = 0; i < len; i++) {
        out[i] = from[i];
    }
    return NVT_OK;
}

/* As the chip does: a bit that was cleared stays cleared until the block is erased. */
static nvt_err nor_prog(void *ctx, uint32_t block, uint32_t offset, const uint8_t *data,
                        uint32_t len)
{
    (void)ctx;
    if (!is_inside(block, offset, len) || (offset | len) % (uint32_t)PROG_SIZE != 0U) {
        return NVT_E_SPOOL_IO;
    }
    volatile uint8_t *to = place_of(block, offset);
    for (uint32_t i = 0; i < len; i++) {
        to[i] = (uint8_t)(to[i] & data[i]);
    }
    return NVT_OK;
}

static nvt_err nor_erase(void *ctx, uint32_t block)
{
    (void)ctx;
    if (!is_inside(block, 0U, 0U)) {
        return NVT_E_SPOOL_IO;
    }
    volatile uint8_t *to = place_of(block, 0U);
    for (uint32_t i = 0; i < (uint32_t)BLOCK_SIZE; i++) {
        to[i] = 0xFFU;
    }
    return NVT_OK;
}

/* Each write is in the memory when it returns. */
static nvt_err nor_sync(void *ctx)
{
    (void)ctx;
    return NVT_OK;
}

/* Memory that was never written reads zero, which no chip does. */
static bool is_new(void)
{
    for (uint32_t block = 0; block < (uint32_t)BLOCK_COUNT; block++) {
        if (*place_of(block, 0U) != 0U) {
            return false;
        }
    }
    return true;
}

void mps2_nor_init(struct nvt_port_block *out_device)
{
    *out_device = (struct nvt_port_block){NULL,     BLOCK_SIZE, BLOCK_COUNT, PROG_SIZE,
                                          nor_read, nor_prog,   nor_erase,   nor_sync};
    if (is_new()) {
        for (uint32_t block = 0; block < (uint32_t)BLOCK_COUNT; block++) {
            (void)nor_erase(NULL, block);
        }
    }
}
