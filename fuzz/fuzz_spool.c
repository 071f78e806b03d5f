/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The spool on an image that anybody may have written, then used and cut. The first bytes choose
 * operations, the rest is the device. What holds: a mount ends, nothing is read or written outside
 * of the device, what is listed can be picked, and a second mount of the same image lists the same.
 */
#include "../port/sim/flash.h"
#include <navette/spool.h>

#include <stdlib.h>

enum { BLOCK = 256, BLOCKS = 6, OPERATIONS = 8 };

static uint8_t mem[BLOCK * BLOCKS];
static uint8_t synced[BLOCK * BLOCKS];

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

struct host {
    struct nvt_spool spool;
    uint8_t buffer[512];
    uint8_t window[32];
    struct nvt_spool_entry picks[12];
};

static nvt_err mount(struct host *h, struct nvt_sim_flash *flash)
{
    struct nvt_spool_config config = {&flash->device, h->buffer, sizeof h->buffer, h->window,
                                      sizeof h->window, h->picks, 12U};
    return nvt_spool_mount(&h->spool, &config);
}

/* Sum over ids and bytes of what is listed; how many. */
static uint32_t list(struct host *h, uint32_t *out_count)
{
    struct nvt_spool_cursor cursor = {{0U, 0U, 0U}};
    struct nvt_spool_entry e;
    uint32_t crc = 0;
    uint8_t bytes[512];
    struct nvt_buf out;
    *out_count = 0;
    nvt_buf_init(&out, bytes, sizeof bytes);
    while (nvt_spool_list(&h->spool, &cursor, &out, &e) == NVT_OK) {
        crc = nvt_crc32(crc ^ e.id, nvt_buf_span(&out));
        (*out_count)++;
        require(*out_count < BLOCK * BLOCKS / 16U);
        nvt_buf_init(&out, bytes, sizeof bytes);
    }
    return crc;
}

static void operate(struct host *h, uint8_t what)
{
    uint8_t bytes[512];
    struct nvt_buf out;
    struct nvt_spool_entry e;
    uint32_t id = 0;
    nvt_buf_init(&out, bytes, sizeof bytes);
    switch (what % 4U) {
    case 0:
        (void)nvt_spool_append(&h->spool, nvt_span_of("navette navette navette", what / 16U), what,
                               &id);
        break;
    case 1:
        (void)nvt_spool_put_value(&h->spool, what / 4U % 2U, NVT_LIT("value"));
        break;
    case 2:
        if (nvt_spool_pick(&h->spool, &out, &e) == NVT_OK) {
            (void)nvt_spool_settle(&h->spool, e.id, NVT_SPOOL_DELIVERED, 201U, NVT_LIT(""));
        }
        break;
    default:
        if (nvt_spool_pick(&h->spool, &out, &e) == NVT_OK) {
            require(nvt_spool_put_back(&h->spool, e.id) == NVT_OK);
        }
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct host first;
    static struct host second;
    struct nvt_sim_flash flash;
    uint32_t count = 0;
    uint32_t again = 0;
    if (size < (size_t)OPERATIONS + 1U) {
        return 0;
    }
    nvt_sim_flash_init(&flash, mem, synced, BLOCK, BLOCKS, 4U);
    size_t image = size - (size_t)OPERATIONS - 1U;
    (void)memcpy(mem, data + OPERATIONS + 1, image < sizeof mem ? image : sizeof mem);
    if (mount(&first, &flash) != NVT_OK) {
        return 0;
    }
    uint32_t sum = list(&first, &count);
    require(mount(&second, &flash) == NVT_OK && list(&second, &again) == sum && again == count);
    flash.steps_left = data[OPERATIONS] == 0U ? UINT64_MAX : 4U * (uint64_t)data[OPERATIONS];
    for (size_t i = 0; i < (size_t)OPERATIONS; i++) {
        operate(&first, data[i]);
    }
    nvt_sim_flash_on(&flash);
    require(mount(&second, &flash) == NVT_OK);
    (void)list(&second, &count);
    require(flash.violation == NULL);
    return 0;
}
