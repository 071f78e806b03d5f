/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Figures of the spool: usage: uplink_spool FOLDER JOURNEYS-FILE SECONDS MIB...
 * Memory of the object; what is programmed for each byte delivered, by program unit; durable
 * appends a second on a file in FOLDER; mount time of files of MIB each. The journeys are JSON
 * Lines, taken round and round.
 */
#include "../../port/sim/flash.h"
#include <navette/posix.h>
#include <navette/spool.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    BUFFER = 8448, /* these four as the service has them */
    PICKS = 1024,
    FILE_BLOCK = 65536,
    FILE_WINDOW = NVT_SPOOL_WINDOW_LEN(16384, 65536), /* 1 GiB at most */
    BACKLOG_MAX = 65536,
    NOR_BLOCK = 4096,
    LINES_MAX = 4096,
    NOR_BLOCKS = 256, /* 1 MiB */
    NOR_WINDOW = NVT_SPOOL_WINDOW_LEN(NOR_BLOCKS, 2048),
    NOR_ROUNDS = 4,    /* how often the ring is gone round before it counts as steady */
    NOR_PAGE = 256,    /* what a chip programs at once */
    NOR_PAGE_US = 700, /* usual times of SPI NOR chips: a page, a block of 4 KiB */
    NOR_ERASE_US = 45000
};

/* A device that counts what passes through. */
struct counted {
    struct nvt_port_block device;
    const struct nvt_port_block *real;
    uint64_t read, programmed, pages, erases;
};

struct bench {
    struct nvt_spool spool;
    struct nvt_spool_config config;
    struct counted counted;
    struct nvt_span lines[LINES_MAX];
    size_t line_count, next_line;
    uint64_t stored; /* bytes of entries that were appended */
    uint8_t buffer[BUFFER];
    uint8_t window[FILE_WINDOW];
    uint8_t body[BUFFER];
    struct nvt_spool_entry picks[PICKS];
};

static struct bench b;

static void must(const char *what, nvt_err err)
{
    if (err != NVT_OK) {
        (void)fprintf(stderr, "uplink_spool: %s: %s\n", what, nvt_err_text(err));
        exit(1);
    }
}

static double seconds_of(clockid_t clock)
{
    struct timespec t;
    (void)clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double now_s(void)
{
    return seconds_of(CLOCK_MONOTONIC);
}

/* ---- the counting device ---- */

static nvt_err counted_read(void *ctx, uint32_t block, uint32_t offset, uint8_t *out, uint32_t len)
{
    struct counted *c = (struct counted *)ctx;
    c->read += len;
    return c->real->read(c->real->ctx, block, offset, out, len);
}

static nvt_err counted_prog(void *ctx, uint32_t block, uint32_t offset, const uint8_t *data,
                            uint32_t len)
{
    struct counted *c = (struct counted *)ctx;
    c->programmed += len;
    c->pages += (offset + len - 1U) / NOR_PAGE - offset / NOR_PAGE + 1U;
    return c->real->prog(c->real->ctx, block, offset, data, len);
}

static nvt_err counted_erase(void *ctx, uint32_t block)
{
    struct counted *c = (struct counted *)ctx;
    c->erases++;
    return c->real->erase(c->real->ctx, block);
}

/* The simulator copies the whole device at each sync; nothing is cut here. */
static nvt_err counted_no_sync(void *ctx)
{
    (void)ctx;
    return NVT_OK;
}

static nvt_err counted_sync(void *ctx)
{
    const struct counted *c = (const struct counted *)ctx;
    return c->real->sync(c->real->ctx);
}

static void count(const struct nvt_port_block *real, uint32_t window_len, bool syncs)
{
    (void)memset(&b.counted, 0, sizeof b.counted);
    b.counted.real = real;
    b.counted.device = *real;
    b.counted.device.ctx = &b.counted;
    b.counted.device.read = counted_read;
    b.counted.device.prog = counted_prog;
    b.counted.device.erase = counted_erase;
    b.counted.device.sync = syncs ? counted_sync : counted_no_sync;
    b.config = (struct nvt_spool_config){&b.counted.device, b.buffer, BUFFER, b.window,
                                         window_len,        b.picks,  PICKS,  0U};
    b.stored = 0;
}

static void counters_to_zero(void)
{
    b.counted.read = b.counted.programmed = b.counted.pages = b.counted.erases = 0;
    b.stored = 0;
}

/* ---- journeys in and out ---- */

static void load_lines(const char *path)
{
    static char text[LINES_MAX * 2048];
    FILE *f = fopen(path, "rb");
    size_t len = f == NULL ? 0U : fread(text, 1U, sizeof text, f);
    if (f != NULL) {
        (void)fclose(f);
    }
    char *at = text;
    char *end = memchr(at, '\n', len);
    while (end != NULL && b.line_count < (size_t)LINES_MAX) {
        b.lines[b.line_count++] = nvt_span_of(at, (size_t)(end - at));
        at = end + 1;
        end = memchr(at, '\n', len - (size_t)(at - text));
    }
    if (b.line_count == 0U) {
        (void)fprintf(stderr, "uplink_spool: no journeys in %s\n", path);
        exit(1);
    }
}

static nvt_err append_one(void)
{
    uint32_t id = 0;
    struct nvt_span line = b.lines[b.next_line];
    nvt_err err = nvt_spool_append(&b.spool, line, 2000000000U, &id);
    if (err == NVT_OK) {
        b.next_line = (b.next_line + 1U) % b.line_count;
        b.stored += line.len;
    }
    return err;
}

/* The most urgent one is delivered, as an uplink does it. */
static void deliver_one(void)
{
    struct nvt_buf out;
    struct nvt_spool_entry e;
    nvt_buf_init(&out, b.body, sizeof b.body);
    must("pick", nvt_spool_pick(&b.spool, &out, &e));
    must("settle",
         nvt_spool_settle(&b.spool, e.id, NVT_SPOOL_DELIVERED, 201U, nvt_span_of(NULL, 0U)));
}

/* A third of what fits stays pending, as after a tunnel; one comes in, one goes out. */
static void fill_a_third(void)
{
    struct nvt_spool_info info;
    nvt_err err = NVT_OK;
    do {
        err = append_one();
        nvt_spool_info(&b.spool, &info);
    } while (err == NVT_OK && info.used_bytes < info.capacity_bytes / 3U);
    must("append", err);
}

/* ---- simulated NOR ---- */

static void nor_row(uint32_t unit)
{
    static uint8_t mem[NOR_BLOCKS * NOR_BLOCK];
    static uint8_t synced[NOR_BLOCKS * NOR_BLOCK];
    static struct nvt_sim_flash flash;
    nvt_sim_flash_init(&flash, mem, synced, NOR_BLOCK, NOR_BLOCKS, unit);
    count(&flash.device, NOR_WINDOW, false);
    must("format", nvt_spool_format(&b.spool, &b.config));
    fill_a_third();
    for (uint64_t until = b.counted.erases + NOR_BLOCKS; b.counted.erases < until;) {
        must("append", append_one());
        deliver_one();
    }
    counters_to_zero();
    uint64_t entries = 0;
    double began = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
    while (b.counted.erases < (uint64_t)NOR_ROUNDS * NOR_BLOCKS) {
        must("append", append_one());
        deliver_one();
        entries++;
    }
    double took = seconds_of(CLOCK_PROCESS_CPUTIME_ID) - began;
    double device_s =
        ((double)b.counted.pages * NOR_PAGE_US + (double)b.counted.erases * NOR_ERASE_US) / 1e6;
    (void)printf("  %6" PRIu32 " %14" PRIu64 " %14" PRIu64 " %7.3f %10.0f %10.0f   %s\n", unit,
                 b.stored, b.counted.programmed, (double)b.counted.programmed / (double)b.stored,
                 (double)entries / took, (double)entries / device_s,
                 flash.violation == NULL ? "" : flash.violation);
}

static void nor_table(void)
{
    static const uint32_t units[] = {1, 4, 16, 64, 256};
    (void)printf("NOR, simulated: %d blocks of %d bytes, a third of it pending, then in and out "
                 "for %d rounds of the ring\n"
                 "  %6s %14s %14s %7s %10s %10s\n",
                 NOR_BLOCKS, NOR_BLOCK, NOR_ROUNDS, "unit", "bytes stored", "programmed", "ratio",
                 "CPU, /s", "chip, /s");
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        nor_row(units[i]);
    }
    (void)printf("  CPU: journeys kept and delivered a second by the processor alone. chip: on a "
                 "chip of %d us a page of %d, %d ms a block\n",
                 NOR_PAGE_US, NOR_PAGE, NOR_ERASE_US / 1000);
}

/* ---- file ---- */

static char path[4096];
static struct nvt_posix_file file;

static void file_make(uint32_t mib)
{
    (void)unlink(path);
    must("make the file",
         nvt_posix_file_make(&file, path, FILE_BLOCK, mib * (1048576U / FILE_BLOCK)));
}

static bool file_open(uint32_t mib, int flags)
{
    nvt_err err =
        nvt_posix_file_open(&file, path, FILE_BLOCK, mib * (1048576U / FILE_BLOCK), flags);
    if (err != NVT_OK && (flags & NVT_POSIX_FILE_DIRECT) != 0) {
        (void)printf("  no O_DIRECT on this file system\n");
        return false;
    }
    must("open the file", err);
    return true;
}

static void append_or_deliver(void)
{
    nvt_err err = append_one();
    while (err == NVT_E_SPOOL_FULL) {
        deliver_one();
        err = append_one();
    }
    must("append", err);
}

/* Appends group by group, each group durable before the next begins. */
static void file_row(const char *name, int flags, unsigned group, double seconds)
{
    file_make(16U);
    if (!file_open(16U, flags)) {
        return;
    }
    count(&file.device, FILE_WINDOW, true);
    must("format", nvt_spool_format(&b.spool, &b.config));
    uint64_t entries = 0;
    double began = now_s();
    double took = 0;
    while (took < seconds) {
        nvt_spool_hold(&b.spool);
        for (unsigned i = 0; i < group; i++) {
            append_or_deliver();
        }
        must("commit", nvt_spool_commit(&b.spool));
        entries += group;
        took = now_s() - began;
    }
    (void)printf("  %-10s %6u %12.0f %12.0f\n", name, group, (double)entries / took,
                 (double)entries / group / took);
    nvt_posix_file_close(&file);
}

static void file_table(double seconds)
{
    static const unsigned groups[] = {1, 8, 64};
    (void)printf("file of 16 MiB: durable appends (fdatasync), singly and group by group\n"
                 "  %-10s %6s %12s %12s\n",
                 "", "group", "appends/s", "commits/s");
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        file_row("page cache", 0, groups[i], seconds);
        file_row("O_DIRECT", NVT_POSIX_FILE_DIRECT, groups[i], seconds);
    }
}

/* ---- mount ---- */

/* Half of it pending or BACKLOG_MAX, what came before delivered, the ring gone once round. */
static void fill_file(void)
{
    struct nvt_spool_info info;
    unsigned n = 0;
    nvt_spool_hold(&b.spool);
    do {
        must("append", append_one());
        nvt_spool_info(&b.spool, &info);
        if (info.used_bytes > info.capacity_bytes / 2U || info.pending > (uint32_t)BACKLOG_MAX) {
            deliver_one();
        }
        n++;
        if (n % 64U == 0U) {
            must("commit", nvt_spool_commit(&b.spool));
            nvt_spool_hold(&b.spool);
        }
    } while (b.counted.erases <= b.counted.device.block_count);
    must("commit", nvt_spool_commit(&b.spool));
}

static double least(int round, double before, double now)
{
    return round == 0 || now < before ? now : before;
}

static void mount_row(uint32_t mib)
{
    double mount = 0;
    double cpu = 0;
    double pick = 0;
    enum { TIMES = 5 };
    file_make(mib);
    (void)file_open(mib, 0);
    count(&file.device, FILE_WINDOW, true);
    must("format", nvt_spool_format(&b.spool, &b.config));
    fill_file();
    counters_to_zero();
    uint64_t mount_read = 0;
    for (int i = 0; i < TIMES; i++) {
        struct nvt_buf out;
        struct nvt_spool_entry e;
        nvt_buf_init(&out, b.body, sizeof b.body);
        counters_to_zero();
        double began = now_s();
        double cpu_began = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
        must("mount", nvt_spool_mount(&b.spool, &b.config));
        mount = least(i, mount, now_s() - began);
        cpu = least(i, cpu, seconds_of(CLOCK_PROCESS_CPUTIME_ID) - cpu_began);
        mount_read = b.counted.read;
        began = now_s();
        must("pick", nvt_spool_pick(&b.spool, &out, &e));
        pick = least(i, pick, now_s() - began);
    }
    (void)printf("  %6" PRIu32 " %10" PRIu32 " %10.2f %10.2f %12.3f %10.2f %12.3f\n", mib,
                 b.spool.now.pending, mount * 1e3, cpu * 1e3, (double)mount_read / 1048576.0 / mib,
                 pick * 1e3, (double)(b.counted.read - mount_read) / 1048576.0 / mib);
    nvt_posix_file_close(&file);
    (void)unlink(path);
}

int main(int argc, char **argv)
{
    if (argc < 5) {
        (void)fprintf(stderr, "usage: %s FOLDER JOURNEYS-FILE SECONDS MIB...\n", argv[0]);
        return 2;
    }
    (void)snprintf(path, sizeof path, "%s/bench.spool", argv[1]);
    load_lines(argv[2]);
    (void)printf("memory: spool object %zu bytes; the caller's buffer %d, window and picks beside "
                 "it as large as wanted (16 bytes and %zu for the least)\n",
                 sizeof(struct nvt_spool), BUFFER, 8U * sizeof(struct nvt_spool_entry));
    nor_table();
    file_table(strtod(argv[3], NULL));
    (void)printf("mount of a file, half pending, page cache warm; reads beside the device's "
                 "size\n  %6s %10s %10s %10s %12s %10s %12s\n",
                 "MiB", "pending", "mount ms", "CPU ms", "read/size", "pick 1 ms", "read/size");
    for (int i = 4; i < argc; i++) {
        mount_row((uint32_t)strtoul(argv[i], NULL, 10));
    }
    return 0;
}
