/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Made the images in v2/, with the last library that wrote format 2: see make_v2.sh.
 *     make_v2 FOLDER
 * writes FOLDER/NAME.img for each, and NAME.whole where an image was damaged after it was made, or
 * NAME.list: what the converter must find in it is more than that library does, what stood there
 * before. A line of FOLDER/sizes says the blocks of each.
 */
#include "contents.h"

#define NO_CUT UINT32_MAX

/* A flash that loses its power, or a sync's worth of what was written. */
static struct {
    uint8_t *mem;
    uint32_t progs;      /* since the start */
    uint32_t cut_at;     /* that one is done in part, and nothing after it */
    uint32_t cut_part;   /* in so many bytes */
    uint32_t drop;       /* that one is not done, though it says so */
    uint32_t syncs;      /* since a group began */
    uint32_t bad;        /* a block that cannot be erased */
    uint32_t move_after; /* programs into a block opened to move, so many of them, then the cut */
    uint32_t moves_left; /* in which of them */
    uint32_t in_move;    /* programs since the head of one; 0: none is under way */
    uint32_t fail_at;    /* that one fails, once */
    bool fail_first;     /* the first move that would be cut fails in this way instead */
    bool off;
} flash;
static struct nvt_port_block device;
static uint8_t buffer[131072], window[1024];
static struct nvt_spool_entry picks[64];
static struct nvt_spool spool;
static uint32_t texts, settled;
static const char *folder;
static FILE *sizes;

static void die(const char *what)
{
    (void)fprintf(stderr, "make_v2: %s\n", what);
    exit(1);
}

/* ---- the device ---- */

static uint8_t *at(uint32_t block, uint32_t offset)
{
    return flash.mem + (size_t)block * device.block_size + offset;
}

static size_t size_of_all(void)
{
    return (size_t)device.block_size * device.block_count;
}

static nvt_err do_read(void *ctx, uint32_t block, uint32_t offset, uint8_t *out, uint32_t len)
{
    (void)ctx;
    (void)memcpy(out, at(block, offset), len);
    return NVT_OK;
}

static void end_move(void)
{
    if (flash.moves_left > 0U) {
        flash.moves_left--;
    } else if (flash.fail_first) {
        flash.fail_at = flash.progs;
        flash.fail_first = false;
    } else {
        flash.cut_at = flash.progs;
    }
}

/* A block opened to move records has the top bit at 40. */
static void watch_move(uint32_t offset, const uint8_t *data)
{
    if (offset == 0U) {
        flash.in_move = (data[43] & 0x80U) != 0U ? 1U : 0U;
    } else if (flash.in_move != 0U) {
        flash.in_move++;
    }
    if (flash.in_move != 0U && flash.in_move == flash.move_after) {
        end_move();
    }
}

static nvt_err do_prog(void *ctx, uint32_t block, uint32_t offset, const uint8_t *data,
                       uint32_t len)
{
    (void)ctx;
    if (flash.off) {
        return NVT_E_SPOOL_IO;
    }
    watch_move(offset, data);
    flash.off = flash.progs == flash.cut_at;
    uint32_t n = flash.off && flash.cut_part < len ? flash.cut_part : len;
    if (flash.progs != flash.drop) {
        (void)memcpy(at(block, offset), data, n);
    }
    flash.progs++;
    return flash.off || flash.progs - 1U == flash.fail_at ? NVT_E_SPOOL_IO : NVT_OK;
}

static nvt_err do_erase(void *ctx, uint32_t block)
{
    (void)ctx;
    if (flash.off || block == flash.bad) {
        return NVT_E_SPOOL_IO;
    }
    (void)memset(at(block, 0U), 0xFF, device.block_size);
    return NVT_OK;
}

static nvt_err do_sync(void *ctx)
{
    (void)ctx;
    flash.syncs++;
    return flash.off ? NVT_E_SPOOL_IO : NVT_OK;
}

static struct nvt_spool_config config(void)
{
    return (struct nvt_spool_config){.device = &device,
                                     .buffer = buffer,
                                     .buffer_cap = sizeof buffer,
                                     .window = window,
                                     .window_len = device.block_size < 1024U ? 128U : 1024U,
                                     .picks = picks,
                                     .pick_cap = 64U};
}

static void begin(uint32_t block_size, uint32_t block_count, uint32_t unit)
{
    device = (struct nvt_port_block){NULL,    block_size, block_count, unit,
                                     do_read, do_prog,    do_erase,    do_sync};
    free(flash.mem);
    (void)memset(&flash, 0, sizeof flash);
    flash.mem = (uint8_t *)malloc(size_of_all());
    flash.cut_at = flash.drop = flash.bad = flash.move_after = flash.fail_at = NO_CUT;
    if (flash.mem == NULL) {
        die("no memory");
    }
    (void)memset(flash.mem, 0xFF, size_of_all());
    texts = 0;
    settled = 0;
    struct nvt_spool_config now = config();
    if (nvt_spool_format(&spool, &now) != NVT_OK) {
        die("format");
    }
}

static void mount(void)
{
    struct nvt_spool_config now = config();
    flash.off = false;
    flash.cut_at = NO_CUT;
    if (nvt_spool_mount(&spool, &now) != NVT_OK) {
        die("mount");
    }
}

/* ---- operations ---- */

/* Journeys of several lengths; in small blocks short ones. */
static nvt_err append(uint32_t due_s)
{
    char text[1024];
    uint32_t id = 0;
    uint32_t room = device.block_size < 1024U ? 40U : 700U;
    uint32_t fill = texts * 7919U % room;
    int len = snprintf(text, sizeof text, "{\"operator_journey_id\":\"trip-%u\",\"x\":\"%0*u\"}",
                       texts, (int)fill, texts);
    texts++;
    return nvt_spool_append(&spool, nvt_span_of(text, (size_t)len), due_s, &id);
}

static void append_some(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        (void)append(i % 3U == 0U ? 1800000000U + texts * 61U : UINT32_MAX);
    }
}

static nvt_err settle(enum nvt_spool_state state, uint16_t status, const char *reason)
{
    struct nvt_spool_entry e;
    nvt_err err = nvt_spool_pick(&spool, NULL, &e);
    return err == NVT_OK ? nvt_spool_settle(&spool, e.id, state, status, nvt_span_str(reason))
                         : err;
}

static void settle_some(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++, settled++) {
        if (settled % 5U == 2U) {
            (void)settle(NVT_SPOOL_REFUSED, 422, "distance_too_short");
        } else if (settled % 5U == 3U) {
            (void)settle(NVT_SPOOL_EXPIRED, 0, "");
        } else {
            (void)settle(NVT_SPOOL_DELIVERED, 201, "");
        }
    }
}

static void value(uint8_t key, const char *text)
{
    if (nvt_spool_put_value(&spool, key, nvt_span_str(text)) != NVT_OK) {
        die("value");
    }
}

/* Until it is full; every fourth of those that came is settled meanwhile, so that records move. */
static void fill_up(uint32_t turns)
{
    for (uint32_t i = 0; i < turns && !flash.off; i++) {
        if (append(i % 9U == 0U ? 1700000000U + i : UINT32_MAX) == NVT_E_SPOOL_FULL) {
            settle_some(3U);
        }
        if (i % 4U == 0U) {
            settle_some(1U);
        }
    }
}

/* ---- images ---- */

static void write_file(const char *name, const char *end)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s.%s", folder, name, end);
    FILE *f = fopen(path, "wb");
    if (f == NULL || fwrite(flash.mem, 1U, size_of_all(), f) != size_of_all() || fclose(f) != 0) {
        die(path);
    }
}

static void save(const char *geometry, const char *name)
{
    char full[64];
    (void)snprintf(full, sizeof full, "%s-%s", geometry, name);
    write_file(full, "img");
    (void)fprintf(sizes, "%s %u %u %u\n", full, device.block_size, device.block_count,
                  device.prog_size);
}

static void save_whole(const char *geometry, const char *name)
{
    char full[64];
    (void)snprintf(full, sizeof full, "%s-%s", geometry, name);
    write_file(full, "whole");
}

struct geometry {
    const char *name;
    uint32_t block_size, block_count, unit, few;
};

static void start(const struct geometry *g)
{
    begin(g->block_size, g->block_count, g->unit);
}

static void half(const struct geometry *g)
{
    start(g);
    value(0, "refresh-token-that-nobody-may-see");
    append_some(g->few);
    settle_some(g->few / 2U);
    value(1, "another value");
    append_some(g->few);
}

static void full(const struct geometry *g)
{
    start(g);
    value(0, "an old one");
    append_some(3U);
    value(0, "refresh-token-that-nobody-may-see");
    value(1, "kept through every move");
    fill_up(40U * g->few);
    while (append(UINT32_MAX) == NVT_OK) {
    }
}

static void plain(const struct geometry *g)
{
    start(g);
    save(g->name, "empty");
    half(g);
    save(g->name, "half");
    full(g);
    save(g->name, "full");
    half(g);
    value(0, "a newer one");
    value(0, "the newest one");
    value(1, "");
    save(g->name, "values");
}

/* In the middle of a move, of the first one and of a later one, and right before its last record.
 */
static void cut_moves(const struct geometry *g)
{
    static const char *const names[] = {"move-first", "move-later"};
    for (uint32_t i = 0; i < 2U; i++) {
        start(g);
        value(0, "refresh-token-that-nobody-may-see");
        flash.move_after = 2U + i;
        flash.moves_left = 5U * i;
        fill_up(100U * g->few);
        if (!flash.off) {
            die("no move was cut");
        }
        save(g->name, names[i]);
    }
}

/* A move that failed and one that was cut, then a restart and some work: the number of a block that
 * is not complete lies between those of the ring. */
static void move_failed(const struct geometry *g)
{
    char path[512];
    start(g);
    value(0, "refresh-token-that-nobody-may-see");
    flash.move_after = 2U;
    flash.fail_first = true;
    fill_up(100U * g->few);
    if (!flash.off || flash.fail_first) {
        die("no move failed and was cut");
    }
    flash.move_after = NO_CUT;
    mount();
    uint32_t head = spool.head;
    while (spool.head == head) {
        settle_some(1U);
    }
    save(g->name, "move-failed");
    (void)snprintf(path, sizeof path, "%s/%s-move-failed.list", folder, g->name);
    FILE *f = fopen(path, "w");
    if (f == NULL || put_contents(f, &spool) != NVT_OK || fclose(f) != 0) {
        die(path);
    }
}

static void torn(const struct geometry *g)
{
    half(g);
    flash.cut_at = flash.progs;
    flash.cut_part = 30U;
    (void)append(UINT32_MAX);
    save(g->name, "torn");
    mount();
    append_some(2U);
    settle_some(1U);
    save(g->name, "torn-and-on");
    half(g);
    flash.cut_at = flash.progs;
    flash.cut_part = 7U;
    settle_some(1U);
    save(g->name, "torn-mark");
}

static void hold_group(uint32_t drop)
{
    nvt_spool_hold(&spool);
    flash.syncs = 0U;
    flash.drop = flash.progs + drop;
    append_some(1U);
    settle_some(1U);
    append_some(1U);
}

/* Entries and marks with one sync, of which a cut left all but one. No block is opened meanwhile,
 * as that would take a sync. */
static void held(const struct geometry *g)
{
    static const char *const names[] = {"held-first", "held-second", "held-last"};
    for (uint32_t i = 0; i < 3U; i++) {
        uint32_t more = 0U;
        do {
            half(g);
            append_some(more);
            more++;
            hold_group(i);
        } while (flash.syncs > 0U);
        save(g->name, names[i]);
    }
}

/* Numbers go on, blocks of the life before stay. */
static void anew(const struct geometry *g)
{
    half(g);
    struct nvt_spool_config c = config();
    if (nvt_spool_format(&spool, &c) != NVT_OK) {
        die("format anew");
    }
    append_some(4U);
    settle_some(1U);
    save(g->name, "anew");
}

static void bad_block(const struct geometry *g)
{
    start(g);
    flash.bad = 2U;
    value(0, "refresh-token-that-nobody-may-see");
    fill_up(20U * g->few);
    save(g->name, "bad-block");
}

/* ---- damage ---- */

static uint32_t number_of(uint32_t block)
{
    const uint8_t *b = at(block, 4U);
    return (uint32_t)b[0] | (uint32_t)b[1] << 8U | (uint32_t)b[2] << 16U | (uint32_t)b[3] << 24U;
}

static void damage(const struct geometry *g)
{
    struct nvt_spool_cursor cursor = {{0, 0, 0}};
    struct nvt_spool_entry e;
    struct nvt_buf out;
    static uint8_t mem[65536];
    half(g);
    for (uint32_t i = 0; i < 3U; i++) {
        nvt_buf_init(&out, mem, sizeof mem);
        if (nvt_spool_list(&spool, &cursor, &out, &e) != NVT_OK) {
            die("list");
        }
    }
    *at(e.place.block, e.place.offset + 20U) ^= 4U;
    save(g->name, "damaged-entry");
    full(g);
    save_whole(g->name, "damaged-newest");
    *at(spool.head, 14U) ^= 1U;
    save(g->name, "damaged-newest");
    full(g);
    save_whole(g->name, "damaged-head");
    uint32_t middle = (spool.oldest + 1U) % device.block_count;
    if (middle == spool.head || number_of(middle) <= spool.oldest_seq) {
        die("no block in the middle");
    }
    *at(middle, 22U) ^= 0x40U;
    save(g->name, "damaged-head");
    full(g);
    (void)memset(at(middle, 0U), 0, device.block_size);
    save(g->name, "wiped-block");
}

static void all(const struct geometry *g)
{
    plain(g);
    cut_moves(g);
    move_failed(g);
    torn(g);
    damage(g);
    if (g->block_size < 1024U) { /* large ones would be many bytes */
        held(g);
        anew(g);
        bad_block(g);
    }
}

int main(int argc, char **argv)
{
    static const struct geometry geometries[] = {
        {"small1", 256U, 16U, 1U, 8U},
        {"small16", 256U, 24U, 16U, 8U},
        {"service", 65536U, 4U, 16U, 60U},
        {"direct", 65536U, 5U, 4096U, 14U},
    };
    char path[512];
    if (argc != 2) {
        return 2;
    }
    folder = argv[1];
    (void)snprintf(path, sizeof path, "%s/sizes", folder);
    sizes = fopen(path, "w");
    if (sizes == NULL) {
        die(path);
    }
    for (size_t i = 0; i < sizeof geometries / sizeof geometries[0]; i++) {
        all(&geometries[i]);
    }
    return fclose(sizes) == 0 ? 0 : 1;
}
