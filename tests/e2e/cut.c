/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Put in front of the C library (LD_PRELOAD): ends the program, or fails it, at the n-th operation
 * on the files of the refresh store.
 *
 *   CUT_AT     n, from 1 on; 0: never
 *   CUT_HOW    kill: SIGKILL before the operation is done
 *              power: the same, and what was not durable is undone: content that was not synced is
 *              lost, a rename whose folder was not synced did not happen
 *              fail: the operation fails with CUT_ERRNO, and the program goes on
 *   CUT_LOG    a file that gets one line for each operation that was done
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

enum kind { OTHER, SPARE, FOLDER };

#define FD_MAX 64

static enum kind kinds[FD_MAX];
static unsigned count;
static char unsynced[512];                /* file whose content is not durable yet, "" */
static char from[512], to[512], was[512]; /* a rename whose folder is not durable yet */

static void *real(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

static void note(const char *what)
{
    const char *path = getenv("CUT_LOG");
    int (*open_)(const char *, int, ...);
    *(void **)&open_ = real("open");
    int fd = path == NULL ? -1 : open_(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (fd >= 0) {
        (void)dprintf(fd, "%s\n", what);
        (void)close(fd);
    }
}

static void lose_power(void)
{
    int (*rename_)(const char *, const char *);
    int (*truncate_)(const char *, off_t);
    *(void **)&rename_ = real("rename");
    *(void **)&truncate_ = real("truncate");
    if (from[0] != '\0') {
        (void)rename_(to, from);
        (void)rename_(was, to);
    }
    if (unsynced[0] != '\0') {
        (void)truncate_(unsynced, 7);
        (void)truncate_(unsynced, 256); /* the size was there, the content was not */
    }
}

/* True when the operation is to fail. */
static bool operation(const char *what)
{
    const char *at = getenv("CUT_AT");
    const char *how = getenv("CUT_HOW");
    count++;
    if (at == NULL || how == NULL || (unsigned)atoi(at) != count) {
        note(what);
        return false;
    }
    if (strcmp(how, "fail") == 0) {
        errno = getenv("CUT_ERRNO") == NULL ? ENOSPC : atoi(getenv("CUT_ERRNO"));
        return true;
    }
    if (strcmp(how, "power") == 0) {
        lose_power();
    }
    (void)kill(getpid(), SIGKILL);
    return true;
}

static bool ends_in(const char *text, const char *end)
{
    size_t n = strlen(text);
    size_t m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

static enum kind kind_of(int fd)
{
    return fd >= 0 && fd < FD_MAX ? kinds[fd] : OTHER;
}

int open(const char *path, int flags, ...)
{
    va_list args;
    int (*open_)(const char *, int, ...);
    *(void **)&open_ = real("open");
    va_start(args, flags);
    mode_t mode = (flags & O_CREAT) != 0 ? (mode_t)va_arg(args, unsigned) : 0;
    va_end(args);
    enum kind kind = OTHER;
    if (ends_in(path, ".spare") && (flags & O_ACCMODE) != O_RDONLY) {
        kind = SPARE;
    } else if ((flags & O_DIRECTORY) != 0) {
        kind = FOLDER;
    }
    if (kind != OTHER && operation(kind == SPARE ? "open spare" : "open folder")) {
        return -1;
    }
    int fd = open_(path, flags, mode);
    if (fd >= 0 && fd < FD_MAX) {
        kinds[fd] = kind;
        if (kind == SPARE) {
            (void)snprintf(unsynced, sizeof unsynced, "%s", path);
        }
    }
    return fd;
}

ssize_t write(int fd, const void *bytes, size_t len)
{
    ssize_t (*write_)(int, const void *, size_t);
    *(void **)&write_ = real("write");
    if (kind_of(fd) == SPARE && operation("write")) {
        return -1;
    }
    return write_(fd, bytes, len);
}

int ftruncate(int fd, off_t len)
{
    int (*ftruncate_)(int, off_t);
    *(void **)&ftruncate_ = real("ftruncate");
    if (kind_of(fd) == SPARE && operation("truncate")) {
        return -1;
    }
    return ftruncate_(fd, len);
}

int fsync(int fd)
{
    int (*fsync_)(int);
    *(void **)&fsync_ = real("fsync");
    enum kind kind = kind_of(fd);
    if (kind != OTHER && operation(kind == SPARE ? "sync" : "sync folder")) {
        return -1;
    }
    if (kind == SPARE) {
        unsynced[0] = '\0';
    } else if (kind == FOLDER) {
        from[0] = '\0';
        (void)unlink(was);
    }
    return fsync_(fd);
}

int rename(const char *old, const char *new)
{
    int (*rename_)(const char *, const char *);
    *(void **)&rename_ = real("rename");
    if (!ends_in(old, ".spare")) {
        return rename_(old, new);
    }
    if (operation("rename")) {
        return -1;
    }
    (void)snprintf(from, sizeof from, "%s", old);
    (void)snprintf(to, sizeof to, "%s", new);
    (void)snprintf(was, sizeof was, "%s.was", new);
    (void)unlink(was);
    (void)link(new, was);
    return rename_(old, new);
}
