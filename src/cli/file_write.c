/* SPDX-License-Identifier: Apache-2.0 */
/* All of some bytes into a file, whatever signals come in between; and files of one run alone. */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

bool file_write(int fd, struct nvt_span bytes)
{
    while (bytes.len > 0U) {
        ssize_t n = write(fd, bytes.ptr, bytes.len);
        if (n == 0) {
            errno = EIO;
        }
        if (n == 0 || (n < 0 && errno != EINTR)) {
            return false;
        }
        bytes = nvt_span_drop(bytes, n > 0 ? (size_t)n : 0U);
    }
    return true;
}

/* A file may have been put in its place between the two steps of another run. */
static bool is_locked(int fd, int dir, const char *name)
{
    struct flock lock;
    struct stat ours;
    struct stat there;
    (void)memset(&lock, 0, sizeof lock);
    lock.l_type = (short)F_WRLCK;
    lock.l_whence = (short)SEEK_SET;
    if (fcntl(fd, F_SETLK, &lock) != 0) {
        return false;
    }
    errno = EAGAIN;
    return fstat(fd, &ours) == 0 && fstatat(dir, name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
           ours.st_ino == there.st_ino && ours.st_dev == there.st_dev;
}

int file_open_locked(int dir, const char *name, int flags)
{
    int fd =
        openat(dir, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | flags, S_IRUSR | S_IWUSR);
    if (fd >= 0 && !is_locked(fd, dir, name)) {
        int kept = errno;
        (void)close(fd);
        errno = kept;
        fd = -1;
    }
    return fd;
}
