/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Put in front of the C library (LD_PRELOAD): ends the program, or fails it, at the n-th operation
 * by which it changes a file, its content, its names or what is durable.
 *
 *   STEP_AT     n, from 1 on; 0: never
 *   STEP_HOW    kill: SIGKILL before the operation is done
 *               fail: it fails with STEP_ERRNO, and the program goes on
 *               from: as fail, and each one after it
 *   STEP_LOG    a file that gets one line for each operation that was done
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
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static unsigned count;

static void note(const char *what, const char *path)
{
    const char *log = getenv("STEP_LOG");
    int fd = log == NULL ? -1
                         : (int)syscall(SYS_openat, AT_FDCWD, log,
                                        O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd >= 0) {
        (void)dprintf(fd, "%u %s %s\n", count, what, path);
        (void)syscall(SYS_close, fd);
    }
}

/* True when the operation is to fail. */
static bool step(const char *what, const char *path)
{
    const char *at = getenv("STEP_AT");
    const char *how = getenv("STEP_HOW");
    count++;
    unsigned n = at == NULL ? 0U : (unsigned)atoi(at);
    bool now = how != NULL && n != 0U && (n == count || (n < count && strcmp(how, "from") == 0));
    if (now && strcmp(how, "kill") == 0) {
        (void)kill(getpid(), SIGKILL);
    }
    if (now) {
        errno = getenv("STEP_ERRNO") == NULL ? EIO : atoi(getenv("STEP_ERRNO"));
    } else {
        note(what, path);
    }
    return now;
}

static void *real(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

static int open_any(const char *name, const char *path, int flags, mode_t mode)
{
    int (*open_)(const char *, int, ...);
    *(void **)&open_ = real(name);
    if ((flags & O_CREAT) != 0 && step("make", path)) {
        return -1;
    }
    return open_(path, flags, mode);
}

#define OPEN(name)                                                                                 \
    int name(const char *path, int flags, ...)                                                     \
    {                                                                                              \
        va_list args;                                                                              \
        va_start(args, flags);                                                                     \
        mode_t mode = (flags & O_CREAT) != 0 ? (mode_t)va_arg(args, unsigned) : 0;                 \
        va_end(args);                                                                              \
        return open_any(#name, path, flags, mode);                                                 \
    }
OPEN(open)
OPEN(open64)

#define PWRITE(name)                                                                               \
    ssize_t name(int fd, const void *bytes, size_t len, off_t at)                                  \
    {                                                                                              \
        ssize_t (*pwrite_)(int, const void *, size_t, off_t);                                      \
        *(void **)&pwrite_ = real(#name);                                                          \
        return step("write", "") ? -1 : pwrite_(fd, bytes, len, at);                               \
    }
PWRITE(pwrite)
PWRITE(pwrite64)

#define TRUNCATE(name)                                                                             \
    int name(int fd, off_t len)                                                                    \
    {                                                                                              \
        int (*truncate_)(int, off_t);                                                              \
        *(void **)&truncate_ = real(#name);                                                        \
        return step("truncate", "") ? -1 : truncate_(fd, len);                                     \
    }
TRUNCATE(ftruncate)
TRUNCATE(ftruncate64)

/* Returns its error. */
#define ALLOCATE(name)                                                                             \
    int name(int fd, off_t at, off_t len)                                                          \
    {                                                                                              \
        int (*allocate_)(int, off_t, off_t);                                                       \
        *(void **)&allocate_ = real(#name);                                                        \
        return step("allocate", "") ? errno : allocate_(fd, at, len);                              \
    }
ALLOCATE(posix_fallocate)
ALLOCATE(posix_fallocate64)

ssize_t writev(int fd, const struct iovec *pieces, int n)
{
    ssize_t (*writev_)(int, const struct iovec *, int);
    *(void **)&writev_ = real("writev");
    return step("write", "") ? -1 : writev_(fd, pieces, n);
}

#define SYNC(name)                                                                                 \
    int name(int fd)                                                                               \
    {                                                                                              \
        int (*sync_)(int);                                                                         \
        *(void **)&sync_ = real(#name);                                                            \
        return step("sync", "") ? -1 : sync_(fd);                                                  \
    }
SYNC(fsync)
SYNC(fdatasync)

#define NAMES(name)                                                                                \
    int name(const char *from, const char *to)                                                     \
    {                                                                                              \
        int (*names_)(const char *, const char *);                                                 \
        *(void **)&names_ = real(#name);                                                           \
        return step(#name, to) ? -1 : names_(from, to);                                            \
    }
NAMES(rename)
NAMES(link)

int unlink(const char *path)
{
    int (*unlink_)(const char *);
    *(void **)&unlink_ = real("unlink");
    return step("unlink", path) ? -1 : unlink_(path);
}
