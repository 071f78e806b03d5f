/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Put in front of the C library (LD_PRELOAD): the disk under one file, $DISK_PATH, and the page
 * cache above it, as Linux keeps it. The file itself is the cache; what the drive has stands in
 * $DISK_STATE, with the faults that are asked for: a struct disk_state, which tests write too.
 *
 *   - What is written is dirty until a sync takes it to the drive. A sync that fails takes any part
 *     of it there and forgets the rest: the pages are clean, are read as if they had been written,
 *     and no later sync speaks of them, until the cache gives them up (posix_fadvise) or by chance.
 *   - Writes fail with EIO, after any part of them, or with ENOSPC; they are short. Reads fail, and
 *     are short.
 *   - A power cut (at the next start) takes any part of what is dirty to the drive; the cache is
 *     gone. kill -9 leaves the cache as it is.
 *   - Read-only: nothing can be written any more, here or in any other file. Full: no other file
 *     grows.
 */
#define _GNU_SOURCE
#include "disk.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static struct disk_state *state;
enum { FDS_MAX = 256 };

static bool ours[FDS_MAX];
static int own = -1; /* descriptor of the file, without O_DIRECT */

#define REAL(name) (*(void **)&real = dlsym(RTLD_NEXT, name))

/* ---- what is underneath ---- */

static ssize_t real_pread(int fd, void *out, size_t len, off_t at)
{
    ssize_t (*real)(int, void *, size_t, off_t);
    REAL("pread64");
    return real(fd, out, len, at);
}

static ssize_t real_pwrite(int fd, const void *data, size_t len, off_t at)
{
    ssize_t (*real)(int, const void *, size_t, off_t);
    REAL("pwrite64");
    return real(fd, data, len, at);
}

static void give_state(void)
{
    const char *name = getenv("DISK_STATE");
    int (*real)(const char *, int, ...);
    REAL("open");
    int fd = name == NULL || state != NULL ? -1 : real(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        return;
    }
    void *at = ftruncate(fd, (off_t)sizeof *state) == 0
                   ? mmap(NULL, sizeof *state, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)
                   : MAP_FAILED;
    state = at == MAP_FAILED ? NULL : at;
    (void)close(fd);
}

/* ---- chance ---- */

static uint32_t draw(uint32_t below)
{
    state->random += 0x9E3779B97F4A7C15U;
    uint64_t x = state->random;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
    return (uint32_t)((x >> 32) % below);
}

static bool comes(enum disk_fault fault)
{
    bool does = state->chance[fault] > 0U && draw(DISK_ALWAYS) < state->chance[fault];
    state->count[fault] += does ? 1U : 0U;
    return does;
}

/* ---- pages ---- */

static bool is_ours(int fd)
{
    return state != NULL && fd >= 0 && fd < FDS_MAX && ours[fd];
}

static void take_to_drive(size_t page, bool whole)
{
    uint8_t bytes[DISK_PAGE];
    ssize_t n = real_pread(own, bytes, DISK_PAGE, (off_t)(page * DISK_PAGE));
    for (size_t at = 0; n == DISK_PAGE && at < DISK_PAGE; at += DISK_SECTOR) {
        if (whole || draw(2U) == 0U) {
            memcpy(&state->drive[page][at], bytes + at, DISK_SECTOR);
        }
    }
}

static void read_from_drive(size_t page)
{
    (void)!real_pwrite(own, state->drive[page], DISK_PAGE, (off_t)(page * DISK_PAGE));
    state->page[page] = DISK_SAME;
}

/* The file as it is made is on the drive. */
static void begin(const struct stat *st)
{
    memset(state->page, DISK_SAME, sizeof state->page);
    for (size_t page = 0; page < DISK_PAGES && (off_t)(page * DISK_PAGE) < st->st_size; page++) {
        take_to_drive(page, true);
    }
    state->inode = st->st_ino;
}

static void cut_power(void)
{
    for (size_t page = 0; page < DISK_PAGES; page++) {
        if (state->page[page] == DISK_DIRTY) {
            take_to_drive(page, false);
        }
        if (state->page[page] != DISK_SAME) {
            read_from_drive(page);
        }
    }
    state->cut = 0;
    state->cuts++;
}

static bool open_own(const char *path)
{
    int (*real)(const char *, int, ...);
    REAL("open");
    if (own >= 0) {
        (void)close(own);
    }
    own = real(path, O_RDWR | O_CLOEXEC);
    return own >= 0;
}

static void opened(int fd, const char *path)
{
    struct stat st;
    const char *name = getenv("DISK_PATH");
    if (state == NULL || name == NULL || strcmp(path, name) != 0 || fd < 0 || fd >= FDS_MAX ||
        !open_own(path) || fstat(own, &st) != 0) {
        return;
    }
    ours[fd] = true;
    if (state->inode != st.st_ino) {
        begin(&st);
    } else if (state->cut != 0U) {
        cut_power();
    } else {
        /* the cache is as it was */
    }
}

/* ---- reading ---- */

ssize_t pread64(int fd, void *out, size_t len, off_t at)
{
    if (!is_ours(fd)) {
        return real_pread(fd, out, len, at);
    }
    for (size_t page = (size_t)at / DISK_PAGE;
         page < DISK_PAGES && page * DISK_PAGE < (size_t)at + len; page++) {
        if (state->page[page] == DISK_DROPPED && draw(16U) == 0U) {
            read_from_drive(page); /* memory was short */
            state->given_up++;
        }
    }
    if (comes(DISK_READ_FAILS)) {
        errno = EIO;
        return -1;
    }
    return real_pread(own, out, len > 1U && comes(DISK_READ_SHORT) ? 1U + draw((uint32_t)len) : len,
                      at);
}

ssize_t pread(int fd, void *out, size_t len, off_t at)
{
    return pread64(fd, out, len, at);
}

/* ---- writing ---- */

static ssize_t write_part(const uint8_t *data, size_t len, off_t at)
{
    for (size_t page = (size_t)at / DISK_PAGE;
         page < DISK_PAGES && page * DISK_PAGE < (size_t)at + len; page++) {
        state->page[page] = DISK_DIRTY;
    }
    return len == 0U ? 0 : real_pwrite(own, data, len, at);
}

ssize_t pwrite64(int fd, const void *data, size_t len, off_t at)
{
    if (!is_ours(fd)) {
        return real_pwrite(fd, data, len, at);
    }
    int error = state->read_only != 0U ? EROFS : 0;
    error = error == 0 && comes(DISK_NO_ROOM) ? ENOSPC : error;
    if (error == 0 && comes(DISK_WRITE_FAILS)) {
        (void)write_part(data, draw((uint32_t)len + 1U), at);
        error = EIO;
    }
    if (error != 0) {
        errno = error;
        return -1;
    }
    return write_part(data, comes(DISK_WRITE_SHORT) ? 1U + draw((uint32_t)len) : len, at);
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
    return pwrite64(fd, data, len, at);
}

ssize_t writev(int fd, const struct iovec *pieces, int count)
{
    static uint8_t bytes[1024 * 1024];
    ssize_t (*real)(int, const struct iovec *, int);
    REAL("writev");
    if (!is_ours(fd)) {
        return real(fd, pieces, count);
    }
    size_t len = 0;
    for (int i = 0; i < count && len + pieces[i].iov_len <= sizeof bytes; i++) {
        memcpy(bytes + len, pieces[i].iov_base, pieces[i].iov_len);
        len += pieces[i].iov_len;
    }
    off_t at = lseek(fd, 0, SEEK_CUR);
    ssize_t n = pwrite64(fd, bytes, len, at);
    if (n > 0) {
        (void)lseek(fd, at + n, SEEK_SET);
    }
    return n;
}

/* ---- syncing ---- */

int fdatasync(int fd)
{
    int (*real)(int);
    REAL("fdatasync");
    if (!is_ours(fd)) {
        return real(fd);
    }
    bool fails = comes(DISK_SYNC_FAILS);
    for (size_t page = 0; page < DISK_PAGES; page++) {
        if (state->page[page] == DISK_DIRTY) {
            take_to_drive(page, !fails);
            state->page[page] = fails ? DISK_DROPPED : DISK_SAME;
            state->dropped += fails ? 1U : 0U;
        }
    }
    state->syncs += fails ? 0U : 1U;
    errno = fails ? EIO : errno;
    return fails ? -1 : 0;
}

int posix_fadvise64(int fd, off_t at, off_t len, int advice)
{
    int (*real)(int, off_t, off_t, int);
    REAL("posix_fadvise64");
    if (!is_ours(fd) || advice != POSIX_FADV_DONTNEED) {
        return real(fd, at, len, advice);
    }
    if (comes(DISK_ADVISE_FAILS)) {
        return EIO;
    }
    for (size_t page = 0; page < DISK_PAGES; page++) {
        if (state->page[page] == DISK_DROPPED) {
            read_from_drive(page);
        }
    }
    return 0;
}

int posix_fadvise(int fd, off_t at, off_t len, int advice)
{
    return posix_fadvise64(fd, at, len, advice);
}

/* ---- names ---- */

static bool is_plain(int fd)
{
    struct stat st;
    return state != NULL && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

/* The socket would not stand there. */
static bool refuses(const char *path)
{
    const char *name = strrchr(path, '/');
    name = name == NULL ? path : name + 1;
    return state != NULL && state->read_only != 0U && strncmp(path, "/dev/", 5) != 0 &&
           strstr(name, "sock") == NULL;
}

static bool writes(int flags)
{
    return (flags & O_ACCMODE) != O_RDONLY || (flags & O_CREAT) != 0;
}

static int open_any(const char *name, int dir, const char *path, int flags, mode_t mode)
{
    int (*real)(int, const char *, int, ...);
    REAL(name);
    give_state();
    if (writes(flags) && refuses(path)) {
        errno = EROFS;
        return -1;
    }
    int fd = real(dir, path, flags, mode);
    opened(fd, path);
    return fd;
}

#define OPENS(name, at_name)                                                                       \
    int name(const char *path, int flags, ...)                                                     \
    {                                                                                              \
        va_list args;                                                                              \
        va_start(args, flags);                                                                     \
        mode_t mode = (flags & O_CREAT) != 0 ? (mode_t)va_arg(args, unsigned) : 0;                 \
        va_end(args);                                                                              \
        return open_any(at_name, AT_FDCWD, path, flags, mode);                                     \
    }
OPENS(open, "openat")
OPENS(open64, "openat64")

#define OPENS_AT(name)                                                                             \
    int name(int dir, const char *path, int flags, ...)                                            \
    {                                                                                              \
        va_list args;                                                                              \
        va_start(args, flags);                                                                     \
        mode_t mode = (flags & O_CREAT) != 0 ? (mode_t)va_arg(args, unsigned) : 0;                 \
        va_end(args);                                                                              \
        return open_any(#name, dir, path, flags, mode);                                            \
    }
OPENS_AT(openat)
OPENS_AT(openat64)

int close(int fd)
{
    int (*real)(int);
    REAL("close");
    if (fd >= 0 && fd < FDS_MAX) {
        ours[fd] = false;
    }
    return real(fd);
}

ssize_t write(int fd, const void *data, size_t len)
{
    ssize_t (*real)(int, const void *, size_t);
    REAL("write");
    bool stops = state != NULL && (state->read_only != 0U || state->full != 0U) && is_plain(fd) &&
                 fd != STDERR_FILENO && fd != STDOUT_FILENO;
    if (stops) {
        errno = state->read_only != 0U ? EROFS : ENOSPC;
        return -1;
    }
    return real(fd, data, len);
}

int unlinkat(int dir, const char *path, int flags)
{
    int (*real)(int, const char *, int);
    REAL("unlinkat");
    if (refuses(path)) {
        errno = EROFS;
        return -1;
    }
    return real(dir, path, flags);
}

int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
    int (*real)(int, const char *, int, const char *);
    REAL("renameat");
    if (refuses(to)) {
        errno = EROFS;
        return -1;
    }
    return real(from_dir, from, to_dir, to);
}

int rename(const char *from, const char *to)
{
    return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int faccessat(int dir, const char *path, int mode, int flags)
{
    int (*real)(int, const char *, int, int);
    REAL("faccessat");
    if ((mode & W_OK) != 0 && refuses(path)) {
        errno = EROFS;
        return -1;
    }
    return real(dir, path, mode, flags);
}
