/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Put in front of the C library (LD_PRELOAD): writes down in which order the service writes to its
 * spool, makes it durable and answers. One letter for each in the file that ORDER_LOG names:
 *   w  something was written to a file by pwrite()
 *   s  fdatasync()
 *   a  an answer on a socket that says "ok":true and an id
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

static void note(char what)
{
    static int fd = -1;
    const char *path = getenv("ORDER_LOG");
    if (fd < 0 && path != NULL) {
        fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    }
    if (fd >= 0) {
        (void)!write(fd, &what, 1);
    }
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
    ssize_t (*real)(int, const void *, size_t, off_t);
    *(void **)&real = dlsym(RTLD_NEXT, "pwrite");
    note('w');
    return real(fd, data, len, at);
}

/* What a program with large offsets calls. */
ssize_t pwrite64(int fd, const void *data, size_t len, off64_t at)
{
    ssize_t (*real)(int, const void *, size_t, off64_t);
    *(void **)&real = dlsym(RTLD_NEXT, "pwrite64");
    note('w');
    return real(fd, data, len, at);
}

int fdatasync(int fd)
{
    int (*real)(int);
    *(void **)&real = dlsym(RTLD_NEXT, "fdatasync");
    int result = real(fd);
    note('s');
    return result;
}

ssize_t send(int fd, const void *data, size_t len, int flags)
{
    ssize_t (*real)(int, const void *, size_t, int);
    *(void **)&real = dlsym(RTLD_NEXT, "send");
    if (memmem(data, len, "\"ok\":true,\"id\"", 14) != NULL) {
        note('a');
    }
    return real(fd, data, len, flags);
}
