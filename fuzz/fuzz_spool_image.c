/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The spool on an image that anybody may have written: audited, mounted, used on and cut. The image
 * is taken as it is, or built with good CRCs from what the input says of heads and records, with
 * some bytes changed afterwards. What holds: nothing outside of the device is touched, an audit
 * writes nothing and ends, what is pending can be picked, and a second mount finds the same.
 * One device has large program units, and records that were written with a larger buffer.
 */
#include "../port/sim/flash.h"
#include <navette/spool.h>

#include <stdlib.h>

enum { BLOCK_MAX = 512, BLOCKS = 6, OPERATIONS = 8, BUFFER_MAX = 1024, BEYOND = 0xA5 };

struct shape {
    uint32_t block, unit, buffer, len_max;
};

static const struct shape shapes[] = {{256U, 4U, 512U, 48U}, {BLOCK_MAX, 128U, 300U, 480U}};
static const struct shape *shape;

static uint8_t mem[BLOCK_MAX * BLOCKS];
static uint8_t synced[BLOCK_MAX * BLOCKS];

struct host {
    struct nvt_spool spool;
    uint8_t buffer[BUFFER_MAX]; /* beyond the part that is told of nothing may change */
    uint8_t window[64];
    struct nvt_spool_entry picks[12];
};

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* ---- the image ---- */

static uint8_t take(struct nvt_span *in)
{
    if (in->len == 0U) {
        return 0U;
    }
    uint8_t byte = in->ptr[0];
    *in = nvt_span_of(in->ptr + 1, in->len - 1U);
    return byte;
}

static void put_32(uint8_t *at, uint32_t value)
{
    for (unsigned i = 0; i < 4U; i++) {
        at[i] = (uint8_t)(value >> (8U * i));
    }
}

static uint32_t padded(uint32_t len)
{
    return (len + shape->unit - 1U) / shape->unit * shape->unit;
}

static uint32_t mem_len(void)
{
    return shape->block * (uint32_t)BLOCKS;
}

/* Small, or near the end of all numbers. */
static uint32_t take_number(struct nvt_span *in)
{
    uint8_t byte = take(in);
    return byte < 240U ? byte : UINT32_MAX - 255U + byte;
}

static uint32_t build_head(uint8_t *b, struct nvt_span *in, uint32_t seq)
{
    uint32_t tail = take_number(in);
    uint32_t count = take(in) % 160U;
    uint32_t window_len = (count + 7U) / 8U;
    (void)memset(b, 0, 48);
    (void)memcpy(b, "NVS2", 4);
    put_32(b + 4, seq);
    put_32(b + 8, take_number(in));
    put_32(b + 12, tail);
    put_32(b + 16, tail + count);
    put_32(b + 32, shape->block);
    put_32(b + 36, (uint32_t)BLOCKS | shape->unit << 16U);
    uint32_t flags = take(in) % 4U == 0U ? 1U << 31U : 0U;
    put_32(b + 40, window_len | flags);
    (void)memset(b + 48, take(in), window_len);
    uint32_t crc = nvt_crc32(0U, nvt_span_of(b, 44U));
    put_32(b + 44, nvt_crc32(crc, nvt_span_of(b + 48, window_len)));
    return padded(48U + window_len);
}

/* 0: it does not fit. */
static uint32_t build_record(uint8_t *b, uint32_t room, struct nvt_span *in, uint32_t seq)
{
    static const uint8_t types[4] = {'E', 'M', 'V', 'G'};
    uint8_t what = take(in);
    uint32_t len = take(in) * (shape->len_max / 48U) % shape->len_max;
    uint8_t number[4];
    if (what == 0U || padded(16U + len) > room) {
        return 0U;
    }
    b[0] = types[what % 4U];
    b[1] = (uint8_t)((what >> 2U & 3U) | (what & 0x80U));
    b[2] = (uint8_t)len;
    b[3] = (uint8_t)(len >> 8U);
    put_32(b + 4, take_number(in));
    put_32(b + 8, take_number(in));
    (void)memset(b + 16, take(in), len);
    put_32(number, seq);
    uint32_t crc = nvt_crc32(0U, nvt_span_of(number, sizeof number));
    crc = nvt_crc32(crc, nvt_span_of(b, 12U));
    put_32(b + 12, nvt_crc32(crc, nvt_span_of(b + 16, len)));
    return padded(16U + len);
}

static void build(struct nvt_span *in)
{
    for (uint32_t i = 0; i < (uint32_t)BLOCKS; i++) {
        uint32_t seq = take_number(in);
        uint8_t *b = mem + (size_t)i * shape->block;
        if (seq == 0U) {
            continue;
        }
        uint32_t offset = build_head(b, in, seq);
        uint32_t len = 1;
        while (len != 0U) {
            len = build_record(b + offset, shape->block - offset, in, seq);
            offset += len;
        }
    }
    while (in->len >= 3U) {
        size_t at = (size_t)take(in) << 8U;
        at += take(in);
        mem[at % mem_len()] ^= take(in);
    }
}

/* ---- what must hold ---- */

static nvt_err mount(struct host *h, struct nvt_sim_flash *flash)
{
    struct nvt_spool_config config = {
        &flash->device, h->buffer, shape->buffer, h->window, sizeof h->window, h->picks, 12U};
    (void)memset(h->buffer, BEYOND, sizeof h->buffer);
    return nvt_spool_mount(&h->spool, &config);
}

static void require_beyond(const struct host *h)
{
    for (size_t i = shape->buffer; i < sizeof h->buffer; i++) {
        require(h->buffer[i] == (uint8_t)BEYOND);
    }
}

static void audit(struct nvt_sim_flash *flash)
{
    uint8_t buffer[320];
    struct nvt_spool_audit a;
    struct nvt_spool_item item;
    struct nvt_span bytes;
    uint32_t count = 0;
    require(nvt_spool_audit_begin(&a, &flash->device, buffer, sizeof buffer) == NVT_OK);
    while (nvt_spool_audit_next(&a, &item, &bytes) == NVT_OK) {
        count++;
        require(item.place.block < (uint32_t)BLOCKS && item.place.offset < shape->block);
        require(bytes.len <= item.len && count < mem_len() / 2U);
        require(item.type != NVT_SPOOL_ITEM_VALUE || bytes.len == 0U);
    }
    require(flash->programmed == 0U && flash->erased == 0U);
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
        require(*out_count < mem_len() / 16U);
        nvt_buf_init(&out, bytes, sizeof bytes);
    }
    return crc;
}

/* As many as can be out, most urgent first; then back again. */
static void pick_all(struct host *h)
{
    uint8_t bytes[512];
    uint32_t ids[NVT_SPOOL_OUT_MAX];
    uint32_t last = 0;
    uint32_t n = 0;
    struct nvt_spool_info info;
    struct nvt_spool_entry e;
    nvt_err err = NVT_OK;
    nvt_spool_info(&h->spool, &info);
    while (err == NVT_OK && n < (uint32_t)NVT_SPOOL_OUT_MAX) {
        struct nvt_buf out;
        nvt_buf_init(&out, bytes, sizeof bytes);
        err = nvt_spool_pick(&h->spool, &out, &e);
        if (err == NVT_OK) {
            require(e.due_s >= last);
            last = e.due_s;
            ids[n++] = e.id;
        }
    }
    require(n == (info.pending < (uint32_t)NVT_SPOOL_OUT_MAX ? info.pending
                                                             : (uint32_t)NVT_SPOOL_OUT_MAX));
    while (n > 0U) {
        n--;
        require(nvt_spool_put_back(&h->spool, ids[n]) == NVT_OK);
    }
}

static void operate(struct host *h, uint8_t what)
{
    uint8_t bytes[512];
    struct nvt_buf out;
    struct nvt_spool_entry e;
    uint32_t id = 0;
    nvt_buf_init(&out, bytes, sizeof bytes);
    switch (what % 8U) {
    case 0:
    case 1:
        (void)nvt_spool_append(&h->spool, nvt_span_of("navette navette navette", what / 16U), what,
                               &id);
        break;
    case 2:
        (void)nvt_spool_put_value(&h->spool, what / 8U % 2U, NVT_LIT("value"));
        break;
    case 3:
    case 4:
        if (nvt_spool_pick(&h->spool, &out, &e) == NVT_OK) {
            (void)nvt_spool_settle(&h->spool, e.id, NVT_SPOOL_DELIVERED, 201U, NVT_LIT(""));
        }
        break;
    case 5:
        nvt_spool_hold(&h->spool);
        break;
    case 6:
        (void)nvt_spool_commit(&h->spool);
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
    if (size < (size_t)OPERATIONS + 2U) {
        return 0;
    }
    shape = &shapes[data[OPERATIONS + 1] / 8U % 2U];
    nvt_sim_flash_init(&flash, mem, synced, shape->block, BLOCKS, shape->unit);
    struct nvt_span in = nvt_span_of(data + OPERATIONS + 2, size - (size_t)OPERATIONS - 2U);
    if (data[OPERATIONS + 1] % 2U == 0U) {
        (void)memcpy(mem, in.ptr, in.len < mem_len() ? in.len : mem_len());
    } else {
        build(&in);
    }
    nvt_sim_flash_on(&flash); /* what stands there is durable */
    audit(&flash);
    if (mount(&first, &flash) != NVT_OK) {
        return 0;
    }
    uint32_t sum = list(&first, &count);
    require(mount(&second, &flash) == NVT_OK && list(&second, &again) == sum && again == count);
    pick_all(&second);
    flash.torn = (enum nvt_sim_torn)(data[OPERATIONS + 1] / 2U % (unsigned)NVT_SIM_TORN_COUNT);
    flash.steps_left = data[OPERATIONS] == 0U ? UINT64_MAX : 4U * (uint64_t)data[OPERATIONS];
    for (size_t i = 0; i < (size_t)OPERATIONS; i++) {
        operate(&first, data[i]);
    }
    nvt_sim_flash_on(&flash);
    if (mount(&second, &flash) == NVT_OK) { /* heads that belie one another may surface by then */
        pick_all(&second);
    }
    require(flash.violation == NULL);
    require_beyond(&first);
    require_beyond(&second);
    return 0;
}
