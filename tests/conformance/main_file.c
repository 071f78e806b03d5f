/* SPDX-License-Identifier: Apache-2.0 */
/* A file as block device: the self-test with and without O_DIRECT, how it is made, locked
 * and refused, and a spool on it. Works in the folder named, else in $TMPDIR or /tmp. */
// NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl*): unshare() asks for it
#define _GNU_SOURCE
#include "tell.h"

#include <navette/posix.h>
#include <navette/selftest.h>
#include <navette/spool.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { BLOCK = 65536, COUNT = 16, SIZE = BLOCK * COUNT, UNIT_DIRECT = 4096 };

static struct nvt_posix_file file, other;
static char folder[256], path[300], fresh[310];

static void check(const char *what, bool good)
{
    tell("file", what, good);
}

static void check_err(const char *what, nvt_err got, nvt_err wanted)
{
    tell_err("file", what, got, wanted);
}

static bool exists(const char *name)
{
    struct stat st;
    return lstat(name, &st) == 0;
}

/* ---- the self-test ---- */

static int how; /* it is opened */

static const char *how_name(void)
{
    return how == NVT_POSIX_FILE_DIRECT ? "file, O_DIRECT" : "file";
}

static void print(void *ctx, const char *line)
{
    (void)ctx;
    tell_line(how_name(), line);
}

static bool reopen(void *ctx)
{
    (void)ctx;
    nvt_posix_file_close(&file);
    return nvt_posix_file_open(&file, path, BLOCK, COUNT, how) == NVT_OK;
}

/* False where the file system has no O_DIRECT. */
static bool conforms(int flags)
{
    static uint8_t work[8192];
    const struct nvt_selftest_block t = {&file.device, work, sizeof work, reopen, print, NULL};
    how = flags;
    (void)unlink(path);
    check_err("is made", nvt_posix_file_make(&file, path, BLOCK, COUNT), NVT_OK);
    nvt_err err = nvt_posix_file_open(&file, path, BLOCK, COUNT, flags);
    if (err != NVT_OK && file.last_errno == EINVAL && flags == NVT_POSIX_FILE_DIRECT) {
        (void)printf("skip file, O_DIRECT: the file system of %s refuses it\n", folder);
        return false;
    }
    check_err("opens", err, NVT_OK);
    (void)nvt_selftest_block(&t);
    nvt_posix_file_close(&file);
    return true;
}

/* ---- making it ---- */

static void makes_it_whole(void)
{
    struct stat st;
    static uint8_t bytes[BLOCK];
    (void)unlink(path);
    check_err("is made", nvt_posix_file_make(&file, path, BLOCK, COUNT), NVT_OK);
    bool there = stat(path, &st) == 0;
    check("has its size", there && st.st_size == (off_t)SIZE);
    check("has its room on the disk", there && (long)st.st_blocks * 512L >= (long)SIZE);
    check("is its owner's alone", there && (st.st_mode & (mode_t)(S_IRWXG | S_IRWXO)) == 0);
    check("leaves nothing beside it", !exists(fresh));
    check("is not open afterwards", file.fd == -1);
    (void)nvt_posix_file_open(&file, path, BLOCK, COUNT, NVT_POSIX_FILE_READ_ONLY);
    bool erased = true;
    for (uint32_t b = 0; b < (uint32_t)COUNT; b++) {
        erased = erased && file.device.read(&file, b, 0U, bytes, BLOCK) == NVT_OK;
        for (size_t i = 0; i < (size_t)BLOCK; i++) {
            erased = erased && bytes[i] == 0xFFU;
        }
    }
    check("is erased", erased);
    nvt_posix_file_close(&file);
    check_err("is not made twice", nvt_posix_file_make(&file, path, BLOCK, COUNT), NVT_E_STATE);
    check("EEXIST", file.last_errno == EEXIST);
}

static void refuses_to_make(void)
{
    char long_path[4200];
    struct rlimit limit;
    (void)unlink(path);
    check_err("blocks too small", nvt_posix_file_make(&file, path, 128, 64), NVT_E_ARG);
    check_err("blocks of parts of units", nvt_posix_file_make(&file, path, 1000, 64), NVT_E_ARG);
    check_err("blocks too large", nvt_posix_file_make(&file, path, 1048592, 64), NVT_E_ARG);
    check_err("too few blocks", nvt_posix_file_make(&file, path, BLOCK, 3), NVT_E_ARG);
    check_err("too many blocks", nvt_posix_file_make(&file, path, BLOCK, 65536), NVT_E_ARG);
    check("none of these was made", !exists(path) && !exists(fresh));
    (void)memset(long_path, 'x', sizeof long_path);
    long_path[sizeof long_path - 1U] = '\0';
    check_err("a name too long", nvt_posix_file_make(&file, long_path, BLOCK, COUNT),
              NVT_E_SPOOL_IO);
    check("ENAMETOOLONG", file.last_errno == ENAMETOOLONG);
    (void)snprintf(long_path, sizeof long_path, "%s/none/spool", folder);
    check_err("a folder that is missing", nvt_posix_file_make(&file, long_path, BLOCK, COUNT),
              NVT_E_SPOOL_IO);
    check("ENOENT", file.last_errno == ENOENT);
    (void)getrlimit(RLIMIT_FSIZE, &limit);
    const struct rlimit small = {SIZE / 2, limit.rlim_max};
    (void)signal(SIGXFSZ, SIG_IGN);
    (void)setrlimit(RLIMIT_FSIZE, &small);
    check_err("no room for it", nvt_posix_file_make(&file, path, BLOCK, COUNT), NVT_E_SPOOL_IO);
    (void)setrlimit(RLIMIT_FSIZE, &limit);
    check("EFBIG", file.last_errno == EFBIG);
    check("nothing is left of it", !exists(path) && !exists(fresh));
}

/* In a name space of its own, which ends with it. */
static bool mount_there(const char *type, const char *options)
{
    return unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("none", folder, type, 0, options) == 0;
}

enum { NOT_PERMITTED = 9 };

static int fill_small_disk(void)
{
    if (!mount_there("tmpfs", "size=512k")) {
        return NOT_PERMITTED;
    }
    if (nvt_posix_file_make(&file, path, BLOCK, COUNT) != NVT_E_SPOOL_IO) {
        return 1;
    }
    return file.last_errno == ENOSPC && !exists(path) && !exists(fresh) ? 0 : 2;
}

static int open_without_direct(void)
{
    uint8_t bytes[UNIT_DIRECT] = {0};
    if (!mount_there("ramfs", "")) {
        return NOT_PERMITTED;
    }
    if (nvt_posix_file_make(&file, path, BLOCK, COUNT) != NVT_OK) {
        return 1;
    }
    nvt_err err = nvt_posix_file_open(&file, path, BLOCK, COUNT, NVT_POSIX_FILE_DIRECT);
    if (err != NVT_E_SPOOL_IO || file.last_errno != EINVAL || file.fd != -1) {
        return 2;
    }
    if (nvt_posix_file_open(&file, path, BLOCK, COUNT, 0) != NVT_OK) {
        return 3;
    }
    file.device.prog_size = UNIT_DIRECT;
    return file.device.prog(&file, 0U, 0U, bytes, sizeof bytes) == NVT_OK &&
                   file.device.prog(&file, 0U, 16U, bytes, 16U) == NVT_E_SPOOL_IO
               ? 0
               : 4;
}

static void in_child(const char *what, int (*run)(void))
{
    int status = 0;
    (void)fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        _exit(run());
    }
    (void)waitpid(child, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == (int)NOT_PERMITTED) {
        (void)printf("skip file: %s: mounting is not permitted\n", what);
    } else {
        check(what, status == 0);
    }
}

/* A name for another file, or a pipe: left as it is. path is a file of SIZE bytes. */
static void takes_over_nothing_else(void)
{
    struct stat st;
    char kept[320];
    (void)snprintf(kept, sizeof kept, "%s/kept", folder);
    check("a second name",
          rename(path, kept) == 0 && truncate(kept, 5) == 0 && link(kept, fresh) == 0);
    check_err("is not taken over", nvt_posix_file_make(&file, path, BLOCK, COUNT), NVT_E_SPOOL_IO);
    check("EEXIST", file.last_errno == EEXIST);
    check("the file is as it was", stat(kept, &st) == 0 && st.st_size == 5 && exists(fresh));
    (void)unlink(kept);
    (void)unlink(fresh);
    check("a pipe", mkfifo(fresh, 0600) == 0);
    check_err("is none either", nvt_posix_file_make(&file, path, BLOCK, COUNT), NVT_E_SPOOL_IO);
    check("and stays", exists(fresh) && !exists(path));
    (void)unlink(fresh);
}

static void takes_over_what_was_left(void)
{
    struct stat st;
    (void)unlink(path);
    int fd = open(fresh, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    (void)fchmod(fd, 0644);
    (void)!write(fd, "half", 4U);
    (void)!ftruncate(fd, 3 * (off_t)SIZE);
    (void)close(fd);
    check_err("what a cut left is used again", nvt_posix_file_make(&file, path, BLOCK, COUNT),
              NVT_OK);
    check("has its size", stat(path, &st) == 0 && st.st_size == (off_t)SIZE);
    check("its owner's alone", (st.st_mode & (mode_t)(S_IRWXG | S_IRWXO)) == 0);
    check("nothing beside it", !exists(fresh));
    takes_over_nothing_else();
    check("a symbolic link", symlink("/etc/passwd", fresh) == 0);
    check_err("is not followed", nvt_posix_file_make(&file, path, BLOCK, COUNT), NVT_E_SPOOL_IO);
    check("nor touched", exists(fresh) && !exists(path));
    (void)unlink(fresh);
}

static int made_by_child(void)
{
    nvt_err err = nvt_posix_file_make(&file, path, BLOCK, COUNT);
    return err == NVT_OK ? 0 : err == NVT_E_STATE ? 1 : 2;
}

/* What the eight children came to: made it, were told, anything else. */
static void make_by_eight(unsigned count[3])
{
    for (unsigned i = 0; i < 8U; i++) {
        if (fork() == 0) {
            _exit(made_by_child());
        }
    }
    for (unsigned i = 0; i < 8U; i++) {
        int status = 0;
        (void)wait(&status);
        count[WIFEXITED(status) && WEXITSTATUS(status) < 2 ? WEXITSTATUS(status) : 2]++;
    }
}

static void makes_it_once(void)
{
    unsigned count[3] = {0, 0, 0};
    bool good = true;
    for (unsigned round = 0; round < 20U; round++) {
        (void)unlink(path);
        make_by_eight(count);
        good = good && nvt_posix_file_open(&file, path, BLOCK, COUNT, 0) == NVT_OK;
        nvt_posix_file_close(&file);
    }
    check("eight at once: one makes it", count[0] == 20U);
    check("... the others are told", count[1] == 140U && count[2] == 0U);
    check("... it is whole", good && !exists(fresh));
}

/* Killed at any moment: it is not there, or whole. */
static void survives_kills(void)
{
    unsigned absent = 0;
    unsigned whole = 0;
    for (unsigned i = 0; i < 60U; i++) {
        (void)unlink(path);
        pid_t child = fork();
        if (child == 0) {
            _exit(made_by_child());
        }
        const struct timespec pause = {0, (long)i * 60000L};
        (void)nanosleep(&pause, NULL);
        (void)kill(child, SIGKILL);
        (void)waitpid(child, NULL, 0);
        absent += exists(path) ? 0U : 1U;
        whole += nvt_posix_file_open(&file, path, BLOCK, COUNT, 0) == NVT_OK ? 1U : 0U;
        nvt_posix_file_close(&file);
    }
    (void)printf("     killed while making: %u absent, %u whole\n", absent, whole);
    check("killed while it is made: absent or whole", absent + whole == 60U && absent > 0U);
    (void)unlink(path);
    check_err("made after that", nvt_posix_file_make(&file, path, BLOCK, COUNT), NVT_OK);
}

/* ---- opening it ---- */

static void refuses_to_open(void)
{
    check_err("blocks of parts of pages with O_DIRECT",
              nvt_posix_file_open(&file, path, 6144, COUNT, NVT_POSIX_FILE_DIRECT), NVT_E_ARG);
    check_err("another size", nvt_posix_file_open(&file, path, BLOCK, COUNT + 1, 0),
              NVT_E_SPOOL_FOREIGN);
    check_err("a folder", nvt_posix_file_open(&file, folder, BLOCK, COUNT, 0), NVT_E_SPOOL_FOREIGN);
    check_err("a device", nvt_posix_file_open(&file, "/dev/null", BLOCK, COUNT, 0),
              NVT_E_SPOOL_FOREIGN);
    check("a pipe", mkfifo(fresh, 0600) == 0);
    check_err("... read-only, without waiting",
              nvt_posix_file_open(&file, fresh, BLOCK, COUNT, NVT_POSIX_FILE_READ_ONLY),
              NVT_E_SPOOL_FOREIGN);
    (void)unlink(fresh);
    check_err("nothing", nvt_posix_file_open(&file, fresh, BLOCK, COUNT, 0), NVT_E_SPOOL_IO);
    check("ENOENT", file.last_errno == ENOENT);
    check("none of these stays open", file.fd == -1);
}

static void locks(void)
{
    check_err("opens", nvt_posix_file_open(&file, path, BLOCK, COUNT, 0), NVT_OK);
    check_err("not twice", nvt_posix_file_open(&other, path, BLOCK, COUNT, 0), NVT_E_STATE);
    check_err("read-only all the same",
              nvt_posix_file_open(&other, path, BLOCK, COUNT, NVT_POSIX_FILE_READ_ONLY), NVT_OK);
    nvt_posix_file_close(&other);
    pid_t child = fork();
    if (child == 0) {
        _exit(nvt_posix_file_open(&other, path, BLOCK, COUNT, 0) == NVT_E_STATE ? 0 : 1);
    }
    int status = 1;
    (void)waitpid(child, &status, 0);
    check("nor by another process", status == 0);
    nvt_posix_file_close(&file);
    check_err("after it was closed", nvt_posix_file_open(&other, path, BLOCK, COUNT, 0), NVT_OK);
    nvt_posix_file_close(&other);
}

static void refuses_operations(void)
{
    uint8_t bytes[64] = {0};
    const struct nvt_port_block *d = &file.device;
    (void)nvt_posix_file_open(&file, path, BLOCK, COUNT, 0);
    check_err("reads no block behind the last", d->read(&file, COUNT, 0U, bytes, 1U),
              NVT_E_SPOOL_IO);
    check("EINVAL", file.last_errno == EINVAL);
    check_err("reads not over an end", d->read(&file, 0U, BLOCK - 1U, bytes, 2U), NVT_E_SPOOL_IO);
    check_err("no length that wraps", d->read(&file, 0U, 4U, bytes, UINT32_MAX), NVT_E_SPOOL_IO);
    check_err("programs not over an end", d->prog(&file, 0U, BLOCK - 16U, bytes, 32U),
              NVT_E_SPOOL_IO);
    check_err("programs no part of a unit", d->prog(&file, 0U, 0U, bytes, 8U), NVT_E_SPOOL_IO);
    check_err("nor between units", d->prog(&file, 0U, 8U, bytes, 16U), NVT_E_SPOOL_IO);
    check_err("erases no block behind the last", d->erase(&file, COUNT), NVT_E_SPOOL_IO);
    check("cut behind its back", truncate(path, (off_t)BLOCK) == 0);
    check_err("... its end is not read", d->read(&file, 1U, 0U, bytes, 16U), NVT_E_SPOOL_IO);
    check("EIO", file.last_errno == EIO);
    check("made whole again", truncate(path, (off_t)SIZE) == 0);
    nvt_posix_file_close(&file);
    check_err("reads nothing when closed", d->read(&file, 0U, 0U, bytes, 1U), NVT_E_SPOOL_IO);
    check_err("syncs nothing when closed", d->sync(&file), NVT_E_SPOOL_IO);
    (void)nvt_posix_file_open(&file, path, BLOCK, COUNT, NVT_POSIX_FILE_READ_ONLY);
    check_err("read-only: programs nothing", d->prog(&file, 0U, 0U, bytes, 16U), NVT_E_SPOOL_IO);
    check("EROFS", file.last_errno == EROFS);
    check_err("read-only: erases nothing", d->erase(&file, 0U), NVT_E_SPOOL_IO);
    check_err("read-only: has nothing to sync", d->sync(&file), NVT_OK);
    nvt_posix_file_close(&file);
}

/* ---- a spool on it ---- */

static uint8_t buffer[8192], window[512];
static struct nvt_spool_entry picks[64];
static struct nvt_spool spool;
static const struct nvt_spool_config config = {&file.device,  buffer, sizeof buffer, window,
                                               sizeof window, picks,  64U,           0U};

static bool append_some(uint32_t first, uint32_t n)
{
    nvt_err err = NVT_OK;
    for (uint32_t i = 0; err == NVT_OK && i < n; i++) {
        char text[32];
        uint32_t id = 0;
        int len = snprintf(text, sizeof text, "entry %u", first + i);
        err = nvt_spool_append(&spool, nvt_span_of((const uint8_t *)text, (size_t)len), UINT32_MAX,
                               &id);
    }
    return err == NVT_OK;
}

static bool lists(uint32_t n)
{
    struct nvt_spool_cursor cursor = {{0, 0, 0}};
    struct nvt_spool_entry e;
    uint8_t mem[64];
    char text[32];
    bool good = true;
    for (uint32_t i = 0; i < n; i++) {
        struct nvt_buf b;
        nvt_buf_init(&b, mem, sizeof mem);
        (void)snprintf(text, sizeof text, "entry %u", i);
        good = good && nvt_spool_list(&spool, &cursor, &b, &e) == NVT_OK &&
               nvt_span_eq(nvt_buf_span(&b), nvt_span_str(text));
    }
    return good;
}

static void carries_a_spool(int flags)
{
    how = flags;
    (void)unlink(path);
    check_err("is made", nvt_posix_file_make(&file, path, BLOCK, COUNT), NVT_OK);
    check_err("opens", nvt_posix_file_open(&file, path, BLOCK, COUNT, flags), NVT_OK);
    check_err("has no spool yet", nvt_spool_mount(&spool, &config), NVT_E_SPOOL_BLANK);
    check_err("a spool is made on it", nvt_spool_format(&spool, &config), NVT_OK);
    check("takes entries", append_some(0U, 20U));
    check("opens again", reopen(NULL));
    check_err("mounts", nvt_spool_mount(&spool, &config), NVT_OK);
    check("takes more", append_some(20U, 20U));
    nvt_posix_file_close(&file);
    check_err("opens read-only",
              nvt_posix_file_open(&file, path, BLOCK, COUNT, flags | NVT_POSIX_FILE_READ_ONLY),
              NVT_OK);
    check_err("mounts read-only", nvt_spool_mount(&spool, &config), NVT_OK);
    check("has all of them", spool.now.pending == 40U && lists(40U));
    nvt_posix_file_close(&file);
}

static void changes_over(void)
{
    check_err("made with O_DIRECT, opens without",
              nvt_posix_file_open(&file, path, BLOCK, COUNT, 0), NVT_OK);
    file.device.prog_size = UNIT_DIRECT;
    check_err("... mounts", nvt_spool_mount(&spool, &config), NVT_OK);
    check("... goes on", append_some(40U, 5U) && lists(45U));
    nvt_posix_file_close(&file);
}

int main(int argc, char **argv)
{
    const char *base = getenv("TMPDIR");
    base = argc > 1 ? argv[1] : base;
    (void)snprintf(folder, sizeof folder, "%s/navette-file.XXXXXX", base == NULL ? "/tmp" : base);
    if (mkdtemp(folder) == NULL) {
        (void)fprintf(stderr, "file: no folder can be made in %s\n", base == NULL ? "/tmp" : base);
        return 1;
    }
    (void)snprintf(path, sizeof path, "%s/spool", folder);
    (void)snprintf(fresh, sizeof fresh, "%s.new", path);
    bool direct = conforms(NVT_POSIX_FILE_DIRECT);
    (void)conforms(0);
    makes_it_whole();
    refuses_to_make();
    in_child("a full disk: ENOSPC, and nothing is left", fill_small_disk);
    in_child("a file system without O_DIRECT: EINVAL, and it works without", open_without_direct);
    takes_over_what_was_left();
    makes_it_once();
    survives_kills();
    refuses_to_open();
    locks();
    refuses_operations();
    carries_a_spool(0);
    if (direct) {
        carries_a_spool(NVT_POSIX_FILE_DIRECT);
        changes_over();
    }
    (void)unlink(path);
    (void)unlink(fresh);
    (void)rmdir(folder);
    return tell_sum();
}
