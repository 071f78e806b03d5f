/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file as block device: made whole or not at all, locked, durable by fdatasync().
 *
 * When fdatasync() fails, Linux drops what it could not write: the pages count as clean, show what
 * was never written to all who read them, and the next fdatasync() has nothing to say about them.
 * So the page cache is not believed after that, nor after an open, which may follow a failure of
 * another process: it is emptied, and what is read comes from the drive.
 */
/* O_DIRECT, and files beyond 2 GiB on 32 bits. */
/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl*): the names that the C library asks for */
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl*) */
#include <navette/posix.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
    PAGE = 4096, /* what O_DIRECT moves: a sector of any drive or several */
    PAGES_AT_ONCE = 16,
    PATH_ROOM = 4096
};

#define NO_PAGE UINT64_MAX

static nvt_err failed(struct nvt_posix_file *f)
{
    f->last_errno = errno;
    return NVT_E_SPOOL_IO;
}

static nvt_err failed_as(struct nvt_posix_file *f, int error)
{
    f->last_errno = error;
    return NVT_E_SPOOL_IO;
}

/* The part of f->page that begins at a whole page of memory, which O_DIRECT asks for. */
static uint8_t *page_of(struct nvt_posix_file *f)
{
    uintptr_t beyond = (uintptr_t)f->page % (uintptr_t)PAGE;
    return beyond == 0U ? f->page : f->page + ((uintptr_t)PAGE - beyond);
}

static bool is_direct(const struct nvt_posix_file *f)
{
    return ((unsigned)f->flags & (unsigned)NVT_POSIX_FILE_DIRECT) != 0U;
}

static bool is_read_only(const struct nvt_posix_file *f)
{
    return ((unsigned)f->flags & (unsigned)NVT_POSIX_FILE_READ_ONLY) != 0U;
}

static uint64_t place_of(const struct nvt_posix_file *f, uint32_t block, uint32_t offset)
{
    return (uint64_t)block * f->device.block_size + offset;
}

static bool is_inside(const struct nvt_posix_file *f, uint32_t block, uint32_t offset, uint32_t len)
{
    return f->fd >= 0 && block < f->device.block_count && offset <= f->device.block_size &&
           len <= f->device.block_size - offset;
}

/* ---- reading ---- */

static nvt_err read_whole(struct nvt_posix_file *f, uint64_t at, uint8_t *out, uint32_t len)
{
    uint32_t done = 0;
    while (done < len) {
        ssize_t n = pread(f->fd, out + done, len - done, (off_t)(at + done));
        if (n < 0 && errno != EINTR) {
            return failed(f);
        }
        if (n == 0) { /* somebody cut the file */
            return failed_as(f, EIO);
        }
        done += n > 0 ? (uint32_t)n : 0U;
    }
    return NVT_OK;
}

/* By whole pages; the last one stays, since records are read piece by piece. */
static nvt_err read_pages(struct nvt_posix_file *f, uint64_t at, uint8_t *out, uint32_t len)
{
    nvt_err err = NVT_OK;
    uint32_t done = 0;
    while (err == NVT_OK && done < len) {
        uint32_t beyond = (uint32_t)((at + done) % (uint64_t)PAGE);
        uint64_t page_at = at + done - beyond;
        uint32_t n = (uint32_t)PAGE - beyond < len - done ? (uint32_t)PAGE - beyond : len - done;
        if (page_at != f->page_at) {
            f->page_at = NO_PAGE;
            err = read_whole(f, page_at, page_of(f), PAGE);
        }
        if (err == NVT_OK) {
            f->page_at = page_at;
            (void)memcpy(out + done, page_of(f) + beyond, n);
            done += n;
        }
    }
    return err;
}

static nvt_err do_read(void *ctx, uint32_t block, uint32_t offset, uint8_t *out, uint32_t len)
{
    struct nvt_posix_file *f = (struct nvt_posix_file *)ctx;
    if (!is_inside(f, block, offset, len)) {
        return failed_as(f, EINVAL);
    }
    uint64_t at = place_of(f, block, offset);
    return is_direct(f) ? read_pages(f, at, out, len) : read_whole(f, at, out, len);
}

/* ---- writing ---- */

static nvt_err write_whole(struct nvt_posix_file *f, uint64_t at, const uint8_t *data, uint32_t len)
{
    uint32_t done = 0;
    while (done < len) {
        ssize_t n = pwrite(f->fd, data + done, len - done, (off_t)(at + done));
        if (n < 0 && errno != EINTR) {
            return failed(f);
        }
        if (n == 0) {
            return failed_as(f, EIO);
        }
        done += n > 0 ? (uint32_t)n : 0U;
    }
    return NVT_OK;
}

static nvt_err write_pages(struct nvt_posix_file *f, uint64_t at, const uint8_t *data, uint32_t len)
{
    nvt_err err = NVT_OK;
    f->page_at = NO_PAGE;
    for (uint32_t done = 0; err == NVT_OK && done < len; done += (uint32_t)PAGE) {
        (void)memcpy(page_of(f), data + done, PAGE);
        err = write_whole(f, at + done, page_of(f), PAGE);
    }
    return err;
}

static nvt_err do_prog(void *ctx, uint32_t block, uint32_t offset, const uint8_t *data,
                       uint32_t len)
{
    struct nvt_posix_file *f = (struct nvt_posix_file *)ctx;
    uint32_t unit = f->device.prog_size;
    bool whole = offset % unit == 0U && len % unit == 0U;
    if (!is_inside(f, block, offset, len) || !whole) {
        return failed_as(f, EINVAL);
    }
    if (is_read_only(f)) {
        return failed_as(f, EROFS);
    }
    uint64_t at = place_of(f, block, offset);
    return is_direct(f) ? write_pages(f, at, data, len) : write_whole(f, at, data, len);
}

/* Erased bytes, one page of memory many times over; as many as the system takes at once. */
static ssize_t write_some_erased(struct nvt_posix_file *f, uint64_t at, uint64_t len)
{
    struct iovec pieces[PAGES_AT_ONCE];
    uint64_t left = len;
    int count = 0;
    while (left > 0U && count < (int)PAGES_AT_ONCE) {
        size_t n = left < (uint64_t)PAGE ? (size_t)left : (size_t)PAGE;
        pieces[count] = (struct iovec){page_of(f), n};
        left -= n;
        count++;
    }
    return lseek(f->fd, (off_t)at, SEEK_SET) < 0 ? -1 : writev(f->fd, pieces, count);
}

static nvt_err write_erased(struct nvt_posix_file *f, uint64_t at, uint64_t len)
{
    uint64_t done = 0;
    f->page_at = NO_PAGE;
    (void)memset(page_of(f), 0xFF, PAGE);
    while (done < len) {
        ssize_t n = write_some_erased(f, at + done, len - done);
        if (n == 0) {
            return failed_as(f, EIO);
        }
        if (n < 0 && errno != EINTR) {
            return failed(f);
        }
        done += n > 0 ? (uint64_t)n : 0U;
    }
    return NVT_OK;
}

static nvt_err do_erase(void *ctx, uint32_t block)
{
    struct nvt_posix_file *f = (struct nvt_posix_file *)ctx;
    if (!is_inside(f, block, 0U, f->device.block_size)) {
        return failed_as(f, EINVAL);
    }
    if (is_read_only(f)) {
        return failed_as(f, EROFS);
    }
    return write_erased(f, place_of(f, block, 0U), f->device.block_size);
}

/* ---- durable or not ---- */

/* All pages are clean: what is read from now on is what the drive has. Where the system cannot do
 * that at all, there is no way to find out. */
static nvt_err empty_cache(struct nvt_posix_file *f)
{
    f->page_at = NO_PAGE;
    int error = posix_fadvise(f->fd, 0, 0, POSIX_FADV_DONTNEED);
    return error == 0 || error == ENOSYS ? NVT_OK : failed_as(f, error);
}

/* As long as a failure is not made up for, no later sync speaks for anything. */
static nvt_err sync_file(struct nvt_posix_file *f)
{
    if (fdatasync(f->fd) != 0) {
        f->sync_failed = true;
        return failed(f);
    }
    nvt_err err = f->sync_failed ? empty_cache(f) : NVT_OK;
    f->sync_failed = err != NVT_OK;
    return err;
}

static nvt_err do_sync(void *ctx)
{
    struct nvt_posix_file *f = (struct nvt_posix_file *)ctx;
    if (f->fd < 0) {
        return failed_as(f, EBADF);
    }
    return is_read_only(f) ? NVT_OK : sync_file(f);
}

/* ---- set-up ---- */

static bool are_good_sizes(uint32_t block_size, uint32_t block_count, uint32_t unit)
{
    return block_size >= 256U && block_size <= 1048576U && block_size % unit == 0U &&
           block_count >= 4U && block_count <= 65535U;
}

static void set_up(struct nvt_posix_file *f, uint32_t block_size, uint32_t block_count, int flags)
{
    (void)memset(f, 0, sizeof *f);
    f->fd = -1;
    f->flags = flags;
    f->page_at = NO_PAGE;
    f->device = (struct nvt_port_block){
        f,       block_size, block_count, is_direct(f) ? (uint32_t)PAGE : NVT_POSIX_FILE_UNIT,
        do_read, do_prog,    do_erase,    do_sync};
}

static nvt_err lock(struct nvt_posix_file *f)
{
    if (flock(f->fd, LOCK_EX | LOCK_NB) == 0) {
        return NVT_OK;
    }
    f->last_errno = errno;
    return errno == EWOULDBLOCK ? NVT_E_STATE : NVT_E_SPOOL_IO;
}

/* ---- making ---- */

/* What stood there may be anything, or another's who has it open, or have a second name. */
static nvt_err take_over(struct nvt_posix_file *f, const struct stat *st)
{
    if (!S_ISREG(st->st_mode) || st->st_uid != geteuid() || st->st_nlink != 1) {
        return failed_as(f, EEXIST);
    }
    return fchmod(f->fd, S_IRUSR | S_IWUSR) == 0 ? NVT_OK : failed(f);
}

/* A run that was cut short may have left one: it is used again. *out_name holds its name. */
static nvt_err open_new(struct nvt_posix_file *f, const char *path, char out_name[PATH_ROOM])
{
    struct stat by_name;
    struct stat by_fd;
    static const char end[] = ".new";
    size_t len = strlen(path);
    if (len + sizeof end > (size_t)PATH_ROOM) {
        return failed_as(f, ENAMETOOLONG);
    }
    (void)memcpy(out_name, path, len);
    (void)memcpy(out_name + len, end, sizeof end);
    f->fd =
        open(out_name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, S_IRUSR | S_IWUSR);
    if (f->fd < 0) {
        return failed(f);
    }
    nvt_err err = lock(f);
    if (err != NVT_OK) {
        return err;
    }
    /* Whoever had it locked until now may have given it the path. */
    bool same = fstat(f->fd, &by_fd) == 0 && lstat(out_name, &by_name) == 0 &&
                by_fd.st_ino == by_name.st_ino && by_fd.st_dev == by_name.st_dev;
    return same ? take_over(f, &by_fd) : NVT_E_STATE;
}

static nvt_err is_free(struct nvt_posix_file *f, const char *path)
{
    struct stat st;
    if (lstat(path, &st) == 0) {
        f->last_errno = EEXIST;
        return NVT_E_STATE;
    }
    return errno == ENOENT ? NVT_OK : failed(f);
}

/* All of it is written, so that the room is really there. */
static nvt_err fill(struct nvt_posix_file *f)
{
    uint64_t size = place_of(f, f->device.block_count, 0U);
    if (ftruncate(f->fd, 0) != 0) {
        return failed(f);
    }
    int error = posix_fallocate(f->fd, 0, (off_t)size); /* in one piece; a full disk shows now */
    if (error != 0 && error != EOPNOTSUPP && error != EINVAL && error != ENOSYS) {
        return failed_as(f, error);
    }
    nvt_err err = write_erased(f, 0U, size);
    return err == NVT_OK && fsync(f->fd) != 0 ? failed(f) : err;
}

static nvt_err put_in_place(struct nvt_posix_file *f, const char *name, const char *path)
{
    if (rename(name, path) != 0) {
        nvt_err err = failed(f);
        (void)unlink(name);
        return err;
    }
    return nvt_posix_sync_folder(path) ? NVT_OK : failed(f);
}

nvt_err nvt_posix_file_make(struct nvt_posix_file *f, const char *path, uint32_t block_size,
                            uint32_t block_count)
{
    char name[PATH_ROOM];
    set_up(f, block_size, block_count, 0);
    if (!are_good_sizes(block_size, block_count, NVT_POSIX_FILE_UNIT)) {
        return NVT_E_ARG;
    }
    nvt_err err = is_free(f, path);
    if (err != NVT_OK) {
        return err;
    }
    err = open_new(f, path, name);
    bool ours = err == NVT_OK;
    if (ours) {
        err = is_free(f, path); /* another one may have been quicker */
    }
    if (err == NVT_OK) {
        err = fill(f);
    }
    if (err == NVT_OK) {
        err = put_in_place(f, name, path);
    } else if (ours) {
        (void)unlink(name);
    } else {
        /* it is another one's */
    }
    nvt_posix_file_close(f);
    return err;
}

/* ---- opening ---- */

static nvt_err open_path(struct nvt_posix_file *f, const char *path)
{
    int mode = is_read_only(f) ? O_RDONLY : O_RDWR;
    mode |= is_direct(f) ? O_DIRECT : 0;
    f->fd = open(path, mode | O_CLOEXEC | O_NONBLOCK);
    if (f->fd >= 0) {
        return NVT_OK;
    }
    nvt_err err = failed(f);
    return f->last_errno == EISDIR || f->last_errno == ENXIO ? NVT_E_SPOOL_FOREIGN : err;
}

static nvt_err check_file(struct nvt_posix_file *f)
{
    struct stat st;
    if (fstat(f->fd, &st) != 0) {
        return failed(f);
    }
    bool ours =
        S_ISREG(st.st_mode) && (uint64_t)st.st_size == place_of(f, f->device.block_count, 0U);
    return ours ? NVT_OK : NVT_E_SPOOL_FOREIGN;
}

/* What another process left in the cache is written, or dropped: a failure of that is told once,
 * and nobody was promised what it dropped. */
static nvt_err settle_cache(struct nvt_posix_file *f)
{
    f->sync_failed = true; /* perhaps, and nobody knows */
    nvt_err err = sync_file(f);
    if (err != NVT_OK) {
        err = sync_file(f);
    }
    if (is_read_only(f)) { /* as far as it goes */
        (void)empty_cache(f);
        err = NVT_OK;
    }
    return err;
}

nvt_err nvt_posix_file_open(struct nvt_posix_file *f, const char *path, uint32_t block_size,
                            uint32_t block_count, int flags)
{
    set_up(f, block_size, block_count, flags);
    if (!are_good_sizes(block_size, block_count, f->device.prog_size)) {
        return NVT_E_ARG;
    }
    nvt_err err = open_path(f, path);
    if (err == NVT_OK) {
        err = check_file(f);
    }
    if (err == NVT_OK && !is_read_only(f)) {
        err = lock(f);
    }
    if (err == NVT_OK) {
        err = settle_cache(f);
    }
    if (err != NVT_OK) {
        nvt_posix_file_close(f);
    }
    return err;
}

void nvt_posix_file_close(struct nvt_posix_file *f)
{
    if (f->fd >= 0) {
        (void)close(f->fd);
        f->fd = -1;
    }
}
