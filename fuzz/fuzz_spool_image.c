/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The spool on an image that anybody may have written: audited, mounted, used on and cut. The image
 * is one of:
 *   - the input as it is;
 *   - built with good CRCs from what the input says of heads and records, bytes changed afterwards;
 *   - what the spool itself wrote when it was used as the input says, damaged afterwards: bytes
 *     change, blocks change places, blocks of an earlier life are back. Then each entry that a
 *     mount believes in was written just there and in that life.
 *   - the same, with the CRCs of heads mended.
 * What holds: nothing outside of the device is touched, an audit writes nothing and ends, no more
 * is read than so many times the device, what is pending can be picked, and a second mount finds
 * the same. One device has large program units, and records that were written with a larger buffer.
 */
#include "../port/sim/flash.h"
#include "../tests/spool/random/image.h"

#include <stdlib.h>

enum {
    BLOCK_MAX = 1024,
    BLOCKS = 6,
    OPERATIONS = 8,
    BUFFER_MAX = 1024,
    BEYOND = 0xA5,
    WRITTEN_MAX = 2048,
    READ_TIMES = 64 /* the device, at most, by a mount or an audit */
};

enum mode { RAW, BUILT, RUN, RUN_MENDED, MODES };

struct shape {
    uint32_t block, unit, buffer, len_max;
};

static const struct shape shapes[] = {{512U, 4U, 512U, 48U}, {BLOCK_MAX, 128U, 300U, 480U}};
static const struct shape *shape;

static uint8_t mem[BLOCK_MAX * BLOCKS];
static uint8_t synced[BLOCK_MAX * BLOCKS];
static uint8_t old_life[BLOCK_MAX * BLOCKS]; /* of each block, before its last erase */

struct host {
    struct nvt_spool spool;
    uint8_t buffer[BUFFER_MAX]; /* beyond the part that is told of nothing may change */
    uint8_t window[NVT_SPOOL_WINDOW_LEN(BLOCKS, 128)];
    struct nvt_spool_entry picks[12];
};

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* ---- what is done to the device ---- */

struct written {
    struct nvt_spool_place place;
    uint32_t id, due_s, len, crc; /* of its bytes */
};

static struct nvt_sim_flash flash;
static struct nvt_port_block watched; /* the flash, through what notes what is done to it */
static struct written written[WRITTEN_MAX];
static uint32_t written_count;
static uint32_t life[BLOCKS]; /* number of the head that was written last */
static uint64_t read_bytes;

static nvt_err watch_read(void *ctx, uint32_t block, uint32_t offset, uint8_t *out, uint32_t len)
{
    read_bytes += len;
    return flash.device.read(ctx, block, offset, out, len);
}

static nvt_err watch_prog(void *ctx, uint32_t block, uint32_t offset, const uint8_t *data,
                          uint32_t len)
{
    require(block < (uint32_t)BLOCKS);
    if (len >= NVT_SPOOL_HEAD_LEN && memcmp(data, "NVS3", 4U) == 0) {
        life[block] = image_get_32(data + 4);
    } else if (len >= 16U && data[0] == (uint8_t)'E' && written_count < (uint32_t)WRITTEN_MAX) {
        uint32_t text = data[2] | (uint32_t)data[3] << 8U;
        require(text <= len - 16U);
        written[written_count++] = (struct written){{block, offset, life[block]},
                                                    image_get_32(data + 4),
                                                    image_get_32(data + 8),
                                                    text,
                                                    nvt_crc32(0U, nvt_span_of(data + 16, text))};
    } else {
        /* something else */
    }
    return flash.device.prog(ctx, block, offset, data, len);
}

static nvt_err watch_erase(void *ctx, uint32_t block)
{
    size_t at = (size_t)block * shape->block;
    if (block < (uint32_t)BLOCKS && mem[at] != 0xFFU) {
        (void)memcpy(old_life + at, mem + at, shape->block);
    }
    return flash.device.erase(ctx, block);
}

static void watch(void)
{
    nvt_sim_flash_init(&flash, mem, synced, shape->block, BLOCKS, shape->unit);
    watched = flash.device;
    watched.read = watch_read;
    watched.prog = watch_prog;
    watched.erase = watch_erase;
    written_count = 0U;
    read_bytes = 0U;
    (void)memset(old_life, 0xFF, sizeof old_life);
    (void)memset(life, 0, sizeof life);
}

static bool was_written(const struct nvt_spool_entry *e, struct nvt_span bytes)
{
    uint32_t crc = nvt_crc32(0U, bytes);
    for (uint32_t i = 0; i < written_count; i++) {
        const struct written *w = &written[i];
        if (w->place.block == e->place.block && w->place.offset == e->place.offset &&
            w->place.seq == e->place.seq && w->id == e->id && w->due_s == e->due_s &&
            w->len == bytes.len && w->crc == crc) {
            return true;
        }
    }
    return false;
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

static void take_head(struct nvt_span *in, uint32_t seq, struct image_head *h)
{
    uint8_t flags = take(in);
    h->before_salt = h->salt;
    *h = (struct image_head){.seq = seq, .before_salt = h->salt};
    h->salt = image_salt_after(h->before_salt, seq);
    h->moving = flags % 4U == 0U;
    h->before_block = (flags >> 2U) % 8U; /* two of them lie outside */
    h->oldest = (flags >> 5U) % 8U;
    h->before_seq = take_number(in);
    h->oldest_seq = take_number(in);
    h->before_end = take(in) * (shape->block / 128U);
    h->before_sure = h->before_end - take(in);
    h->tail = take_number(in);
    h->next = h->tail + take(in) % 160U;
    h->window_cap = take(in);
    h->pending = take(in);
}

/* 0: it does not fit. */
static uint32_t take_record(struct nvt_span *in, uint32_t block, const struct image_head *h,
                            uint32_t offset, uint8_t *bytes)
{
    static const uint8_t types[8] = {'E', 'M', 'V', 'W', 'E', 'G', 'E', 'M'};
    uint8_t text[512];
    uint8_t what = take(in);
    uint32_t len = take(in) * (shape->len_max / 48U) % shape->len_max;
    struct image_record r = {.type = types[what % 8U]};
    r.aux = (uint8_t)((what >> 3U & 3U) | (what & 0xC0U));
    r.id = take_number(in);
    r.due_s = take_number(in);
    if (what == 0U) {
        return 0U;
    }
    (void)memset(text, take(in), len);
    return image_put_record(&flash.device, block, h, offset, &r, nvt_span_of(text, len), bytes);
}

static void change_bytes(struct nvt_span *in)
{
    while (in->len >= 3U) {
        size_t at = (size_t)take(in) << 8U;
        at += take(in);
        mem[at % mem_len()] ^= take(in);
    }
}

/* Blocks follow one another as the input says; each salt follows from the one before. */
static void build(struct nvt_span *in)
{
    struct image_head h = {.salt = take(in)};
    for (uint32_t i = 0; i < (uint32_t)BLOCKS; i++) {
        uint32_t seq = take_number(in);
        uint8_t *bytes = mem + (size_t)i * shape->block;
        if (seq == 0U) {
            continue;
        }
        take_head(in, seq, &h);
        uint32_t offset = image_put_head(&flash.device, i, &h, bytes);
        while (offset != 0U) {
            offset = take_record(in, i, &h, offset, bytes);
        }
    }
    change_bytes(in);
}

static void swap(uint32_t one, uint32_t other)
{
    for (uint32_t i = 0; i < shape->block; i++) {
        uint8_t byte = mem[one * shape->block + i];
        mem[one * shape->block + i] = mem[other * shape->block + i];
        mem[other * shape->block + i] = byte;
    }
}

static void damage(struct nvt_span *in)
{
    uint8_t what = take(in);
    uint32_t block = what / 4U % (uint32_t)BLOCKS;
    size_t at = (size_t)block * shape->block;
    if (what % 4U == 1U) {
        (void)memcpy(mem + at, old_life + at, shape->block);
    } else if (what % 4U == 2U) {
        swap(block, take(in) % (uint32_t)BLOCKS);
    } else if (what % 4U == 3U) {
        (void)memset(mem + at, what >= 128U ? 0 : 0xFF, shape->block / (1U + take(in) % 2U));
    } else {
        /* bytes alone */
    }
}

static void mend(void)
{
    uint32_t second = image_padded(&flash.device, NVT_SPOOL_HEAD_LEN);
    for (uint32_t b = 0; b < (uint32_t)BLOCKS; b++) {
        uint8_t *head = mem + (size_t)b * shape->block;
        if (memcmp(head, "NVS3", 4U) == 0) {
            image_mend_head(b, head);
        }
        if (memcmp(head + second, "NVS3", 4U) == 0) {
            image_mend_head(b, head + second);
        }
    }
}

/* ---- what must hold ---- */

static struct nvt_spool_config config_of(struct host *h)
{
    (void)memset(h->buffer, BEYOND, sizeof h->buffer);
    return (struct nvt_spool_config){&watched,         h->buffer, shape->buffer, h->window,
                                     sizeof h->window, h->picks,  12U,           7U};
}

/* Bounded time, and nothing is written. */
static nvt_err mount(struct host *h)
{
    const struct nvt_spool_config config = config_of(h);
    uint64_t programmed = flash.programmed;
    uint64_t erased = flash.erased;
    read_bytes = 0U;
    nvt_err err = nvt_spool_mount(&h->spool, &config);
    require(read_bytes <= (uint64_t)READ_TIMES * mem_len());
    require(flash.programmed == programmed && flash.erased == erased);
    return err;
}

static void require_beyond(const struct host *h)
{
    for (size_t i = shape->buffer; i < sizeof h->buffer; i++) {
        require(h->buffer[i] == (uint8_t)BEYOND);
    }
}

static void audit(void)
{
    uint8_t buffer[320];
    uint8_t map[4];
    struct nvt_spool_audit a;
    struct nvt_spool_item item;
    struct nvt_span bytes;
    uint32_t count = 0;
    uint64_t programmed = flash.programmed;
    uint64_t erased = flash.erased;
    read_bytes = 0U;
    require(nvt_spool_audit_begin(&a, &watched, buffer, sizeof buffer, map, sizeof map) == NVT_OK);
    while (nvt_spool_audit_next(&a, &item, &bytes) == NVT_OK) {
        count++;
        require(item.place.block < (uint32_t)BLOCKS && item.place.offset < shape->block);
        require(bytes.len <= item.len && count < mem_len() / 2U);
        require(item.type != NVT_SPOOL_ITEM_VALUE || bytes.len == 0U);
    }
    require(flash.programmed == programmed && flash.erased == erased);
    require(read_bytes <= (uint64_t)READ_TIMES * mem_len());
}

/* Sum over ids and bytes of what is listed; how many. honest: all of it was written there. */
static uint32_t list(struct host *h, bool honest, uint32_t *out_count)
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
        require(!honest || was_written(&e, nvt_buf_span(&out)));
        (*out_count)++;
        require(*out_count < mem_len() / 16U);
        nvt_buf_init(&out, bytes, sizeof bytes);
    }
    return crc;
}

/* As many as can be out, most urgent first; then back again. honest: that is all of them. */
static void pick_all(struct host *h, bool honest)
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
    uint32_t most = (uint32_t)NVT_SPOOL_OUT_MAX;
    require(n == (info.pending < most ? info.pending : most) || (!honest && n < info.pending));
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
        (void)nvt_spool_put_value(&h->spool, what / 8U % (uint8_t)NVT_SPOOL_VALUES,
                                  NVT_LIT("value"));
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

/* The spool writes the image. */
static void run(struct host *h, struct nvt_span *in)
{
    const struct nvt_spool_config config = config_of(h);
    uint32_t steps = take(in) % 48U;
    require(nvt_spool_format(&h->spool, &config) == NVT_OK);
    for (uint32_t i = 0; i < steps; i++) {
        uint8_t what = take(in);
        if (what >= 250U) {
            (void)nvt_spool_mount(&h->spool, &config);
        } else {
            operate(h, what);
        }
    }
    damage(in);
    change_bytes(in);
}

static void make_image(struct host *h, enum mode mode, struct nvt_span in)
{
    watch();
    switch (mode) {
    case RAW:
        (void)memcpy(mem, in.ptr, in.len < mem_len() ? in.len : mem_len());
        break;
    case BUILT:
        build(&in);
        break;
    case RUN:
    case RUN_MENDED:
    default:
        run(h, &in);
        break;
    }
    if (mode == RUN_MENDED) {
        mend();
    }
    nvt_sim_flash_on(&flash); /* what stands there is durable */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct host first;
    static struct host second;
    uint32_t count = 0;
    uint32_t again = 0;
    if (size < (size_t)OPERATIONS + 2U) {
        return 0;
    }
    uint8_t how = data[OPERATIONS + 1];
    enum mode mode = (enum mode)(how % (unsigned)MODES);
    shape = &shapes[how / 16U % 2U];
    make_image(&first, mode, nvt_span_of(data + OPERATIONS + 2, size - (size_t)OPERATIONS - 2U));
    audit();
    if (mount(&first) != NVT_OK) {
        return 0;
    }
    uint32_t sum = list(&first, mode == RUN, &count);
    require(mount(&second) == NVT_OK && list(&second, false, &again) == sum && again == count);
    pick_all(&second, mode == RUN);
    flash.torn = (enum nvt_sim_torn)(how / 4U % (unsigned)NVT_SIM_TORN_COUNT);
    flash.steps_left = data[OPERATIONS] == 0U ? UINT64_MAX : 4U * (uint64_t)data[OPERATIONS];
    for (size_t i = 0; i < (size_t)OPERATIONS; i++) {
        operate(&first, data[i]);
    }
    nvt_sim_flash_on(&flash);
    if (mount(&second) == NVT_OK) { /* heads that belie one another may surface by then */
        (void)list(&second, mode == RUN, &again);
        pick_all(&second, mode == RUN);
    }
    require(flash.violation == NULL);
    require_beyond(&first);
    require_beyond(&second);
    return 0;
}
