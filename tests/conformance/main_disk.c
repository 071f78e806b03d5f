/* SPDX-License-Identifier: Apache-2.0 */
/* A file as block device whose sync fails, on the page cache of tests/e2e/disk.c: what Linux
 * dropped then is never believed. Starts itself once more with that in front of the C library. */
#include "../e2e/disk.h"
#include "tell.h"

#include <navette/posix.h>
#include <navette/spool.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { BLOCK = 65536, COUNT = 16, UNIT = 4096, LONG = 20000, SHORT = 500 };

static struct disk_state *disk;
static struct nvt_posix_file file;
static char path[300], state_path[300];
static int how; /* the file is opened */

static void check(const char *what, bool good)
{
    tell(how == NVT_POSIX_FILE_DIRECT ? "disk, O_DIRECT" : "disk", what, good);
}

static void set(enum disk_fault fault, uint32_t chance)
{
    disk->chance[fault] = chance;
}

static nvt_err reopen(void)
{
    nvt_posix_file_close(&file);
    return nvt_posix_file_open(&file, path, BLOCK, COUNT, how);
}

static bool fresh(void)
{
    (void)unlink(path);
    disk->inode = 0;
    return nvt_posix_file_make(&file, path, BLOCK, COUNT) == NVT_OK && reopen() == NVT_OK;
}

/* ---- the device ---- */

static nvt_err prog(uint32_t block, uint8_t value)
{
    static uint8_t bytes[8 * UNIT];
    (void)memset(bytes, value, sizeof bytes);
    return file.device.prog(&file, block, 0U, bytes, sizeof bytes);
}

static nvt_err sync_it(void)
{
    return file.device.sync(&file);
}

/* All of them are the value, or (either) some of them erased. */
static bool reads(uint32_t block, uint8_t value, bool either)
{
    static uint8_t bytes[8 * UNIT];
    bool good = file.device.read(&file, block, 0U, bytes, sizeof bytes) == NVT_OK;
    for (size_t i = 0; i < sizeof bytes; i++) {
        good = good && (bytes[i] == value || (either && bytes[i] == 0xFFU));
    }
    return good;
}

/* What the drive has of the block's first bytes is what is read. */
static bool reads_the_drive(uint32_t block)
{
    static uint8_t bytes[8 * UNIT];
    size_t page = (size_t)block * (BLOCK / DISK_PAGE);
    return file.device.read(&file, block, 0U, bytes, sizeof bytes) == NVT_OK &&
           memcmp(bytes, disk->drive[page], sizeof bytes) == 0;
}

static void forgets_what_was_dropped(void)
{
    check("a file", fresh());
    check("is written", prog(0U, 0xA5U) == NVT_OK && sync_it() == NVT_OK);
    set(DISK_SYNC_FAILS, DISK_ALWAYS);
    check("a sync that fails", prog(1U, 0x5AU) == NVT_OK && sync_it() == NVT_E_SPOOL_IO);
    check("EIO", file.last_errno == EIO);
    set(DISK_SYNC_FAILS, 0U);
    check("the next one goes well", prog(2U, 0x66U) == NVT_OK && sync_it() == NVT_OK);
    check("what was dropped reads as it is on the drive", reads_the_drive(1U));
    check("... which has not all of it", !reads(1U, 0x5AU, false) && reads(1U, 0x5AU, true));
    check("the rest is there", reads(0U, 0xA5U, false) && reads(2U, 0x66U, false));
}

static void fails_until_the_cache_is_empty(void)
{
    check("a file", fresh());
    set(DISK_SYNC_FAILS, DISK_ALWAYS);
    check("a sync that fails", prog(1U, 0x5AU) == NVT_OK && sync_it() == NVT_E_SPOOL_IO);
    set(DISK_SYNC_FAILS, 0U);
    set(DISK_ADVISE_FAILS, DISK_ALWAYS);
    check("the cache does not give it up: no sync goes well", sync_it() == NVT_E_SPOOL_IO);
    check("... nor the next one", sync_it() == NVT_E_SPOOL_IO);
    set(DISK_ADVISE_FAILS, 0U);
    check("it does", sync_it() == NVT_OK && reads_the_drive(1U));
}

/* The process ended after the failure; another one opens the file. */
static void opens_what_is_there(void)
{
    check("a file", fresh());
    set(DISK_SYNC_FAILS, DISK_ALWAYS);
    check("a sync that fails", prog(1U, 0x5AU) == NVT_OK && sync_it() == NVT_E_SPOOL_IO);
    set(DISK_SYNC_FAILS, 0U);
    check("opened again it reads what is on the drive", reopen() == NVT_OK && reads_the_drive(1U));
    check("written and not synced", prog(2U, 0x66U) == NVT_OK && reopen() == NVT_OK);
    disk->cut = 1;
    check("is durable once it was opened again",
          reopen() == NVT_OK && disk->cut == 0U && reads(2U, 0x66U, false));
    check("written", prog(3U, 0x66U) == NVT_OK);
    nvt_posix_file_close(&file);
    set(DISK_SYNC_FAILS, DISK_ALWAYS);
    check("a disk that syncs nothing is not opened",
          nvt_posix_file_open(&file, path, BLOCK, COUNT, how) == NVT_E_SPOOL_IO);
    check("EIO", file.last_errno == EIO && file.fd == -1);
    check("it is to be read",
          nvt_posix_file_open(&file, path, BLOCK, COUNT, how | NVT_POSIX_FILE_READ_ONLY) == NVT_OK);
    check("... as it is on the drive", reads_the_drive(3U));
    set(DISK_SYNC_FAILS, 0U);
    nvt_posix_file_close(&file);
}

/* ---- a spool on it ---- */

static uint8_t buffer[LONG + 2 * UNIT];
static uint32_t window[512];
static struct nvt_spool_entry picks[64];
static struct nvt_spool spool;

static struct nvt_spool_config config(void)
{
    struct nvt_spool_config c;
    (void)memset(&c, 0, sizeof c);
    c.device = &file.device;
    c.buffer = buffer;
    c.buffer_cap = sizeof buffer;
    c.window = (uint8_t *)window;
    c.window_len = sizeof window;
    c.picks = picks;
    c.pick_cap = 64U;
    return c;
}

static bool mounts(void)
{
    struct nvt_spool_config c = config();
    return reopen() == NVT_OK && nvt_spool_mount(&spool, &c) == NVT_OK;
}

static nvt_err append(char letter, size_t len)
{
    static uint8_t bytes[LONG];
    uint32_t id = 0;
    (void)memset(bytes, letter, sizeof bytes);
    return nvt_spool_append(&spool, nvt_span_of(bytes, len), UINT32_MAX, &id);
}

/* An entry of one letter: which, '?' when it is none of ours. */
static char letter_of(struct nvt_span bytes)
{
    size_t i = 0;
    while (i < bytes.len && bytes.ptr[i] == bytes.ptr[0]) {
        i++;
    }
    bool whole = bytes.len > 0U && i == bytes.len;
    return whole && (bytes.len == (size_t)LONG || bytes.len == (size_t)SHORT) ? (char)bytes.ptr[0]
                                                                              : '?';
}

/* What is pending, a letter each. */
static void list(char out[16])
{
    static uint8_t mem[LONG];
    struct nvt_spool_cursor cursor;
    struct nvt_spool_entry e;
    struct nvt_buf b;
    size_t n = 0;
    (void)memset(&cursor, 0, sizeof cursor);
    nvt_buf_init(&b, mem, sizeof mem);
    while (n < 15U && nvt_spool_list(&spool, &cursor, &b, &e) == NVT_OK) {
        out[n] = letter_of(nvt_buf_span(&b));
        n++;
        nvt_buf_init(&b, mem, sizeof mem);
    }
    out[n] = '\0';
}

static bool nothing_is_lost(void)
{
    struct nvt_spool_info info;
    nvt_spool_info(&spool, &info);
    return info.damaged == 0U && info.lost == 0U;
}

/* A long entry's sync fails, and part of it is not on the drive; what comes after it, in this life
 * and in the next, must not stand on that. NULL, or what went wrong. */
static const char *goes_through(uint64_t seed)
{
    char there[16];
    struct nvt_spool_config c = config();
    disk->random = seed;
    if (!fresh() || nvt_spool_format(&spool, &c) != NVT_OK || append('A', SHORT) != NVT_OK) {
        return "it is made, and takes A";
    }
    set(DISK_SYNC_FAILS, DISK_ALWAYS);
    bool failed = append('F', LONG) != NVT_OK;
    set(DISK_SYNC_FAILS, 0U);
    if (!failed || (seed % 2U == 0U && append('D', SHORT) != NVT_OK)) {
        return "F fails, and D does not";
    }
    if (!mounts() || append('B', SHORT) != NVT_OK || append('C', LONG) != NVT_OK) {
        return "the next start takes B and C";
    }
    disk->cut = 1;
    if (!mounts() || disk->cut != 0U) {
        return "it starts after a power cut";
    }
    list(there);
    bool all = strchr(there, 'A') != NULL && strchr(there, 'B') != NULL &&
               strchr(there, 'C') != NULL && (seed % 2U != 0U || strchr(there, 'D') != NULL);
    if (!all || !nothing_is_lost()) {
        return "nothing is lost";
    }
    return strchr(there, '?') == NULL && strlen(there) <= 5U ? NULL : "nothing is changed";
}

static void believes_nothing_that_was_dropped(void)
{
    const char *wrong = NULL;
    for (uint64_t seed = 1; seed <= 100U && wrong == NULL; seed++) {
        wrong = goes_through(seed);
    }
    check(wrong == NULL ? "a spool on it, a hundred times" : wrong, wrong == NULL);
    nvt_posix_file_close(&file);
}

/* ---- the run ---- */

static void run(int flags)
{
    how = flags;
    if (flags != 0 && !fresh()) {
        (void)printf("skip disk, O_DIRECT: the file system refuses it\n");
        return;
    }
    forgets_what_was_dropped();
    fails_until_the_cache_is_empty();
    opens_what_is_there();
    believes_nothing_that_was_dropped();
}

static bool map_state(void)
{
    int fd = open(state_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && ftruncate(fd, (off_t)sizeof *disk) == 0;
    void *at = ok ? mmap(NULL, sizeof *disk, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : NULL;
    disk = at == MAP_FAILED ? NULL : at;
    return disk != NULL;
}

/* With the disk in front of the C library; it stands beside this program's folder. */
static int start_again(char **argv)
{
    char folder[256];
    char so[300];
    const char *base = getenv("TMPDIR");
    const char *slash = strrchr(argv[0], '/');
    (void)snprintf(so, sizeof so, "%.*s/../tests/disk.so",
                   slash == NULL ? 1 : (int)(slash - argv[0]), slash == NULL ? "." : argv[0]);
    (void)snprintf(folder, sizeof folder, "%s/navette-disk.XXXXXX", base == NULL ? "/tmp" : base);
    if (mkdtemp(folder) == NULL || setenv("DISK_FOLDER", folder, 1) != 0) {
        return 1;
    }
    (void)snprintf(path, sizeof path, "%s/spool", folder);
    (void)snprintf(state_path, sizeof state_path, "%s/state", folder);
    (void)setenv("DISK_PATH", path, 1);
    (void)setenv("DISK_STATE", state_path, 1);
    (void)setenv("LD_PRELOAD", so, 1);
    (void)setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 1);
    (void)execv(argv[0], argv);
    return 1;
}

int main(int argc, char **argv)
{
    const char *folder = getenv("DISK_FOLDER");
    if (folder == NULL || argc < 1) {
        return start_again(argv);
    }
    (void)snprintf(path, sizeof path, "%s/spool", folder);
    (void)snprintf(state_path, sizeof state_path, "%s/state", folder);
    if (!map_state()) {
        return 1;
    }
    run(0);
    run(NVT_POSIX_FILE_DIRECT);
    check("the disk was in front", disk->syncs > 0U && disk->dropped > 0U);
    (void)unlink(path);
    (void)unlink(state_path);
    (void)rmdir(folder);
    return tell_sum();
}
