/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A spool's file that is removed under the running service lives on only until the service ends,
 * and all that is in it would go then. So it is written anew from what is still open.
 */
#include "serve.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOOK_EVERY_MS 1000U
#define TRY_EVERY_MS 10000U
#define PIECE 4096U

/* ---- is it there? ---- */

enum standing { IN_PLACE, REMOVED, REPLACED };

static enum standing look(const struct serve *s)
{
    struct stat mine;
    struct stat named;
    if (fstat(s->file.fd, &mine) != 0) {
        return IN_PLACE; /* no way to tell; the device shows its errors by itself */
    }
    if (stat(s->set.spool_file, &named) != 0) {
        return errno == ENOENT ? REMOVED : IN_PLACE;
    }
    return mine.st_dev == named.st_dev && mine.st_ino == named.st_ino ? IN_PLACE : REPLACED;
}

/* ---- writing it anew ---- */

static bool copy_block(const struct nvt_port_block *from, uint32_t block, int to)
{
    uint8_t piece[PIECE];
    bool ok = true;
    for (uint32_t at = 0; ok && at < from->block_size; at += PIECE) {
        uint32_t left = from->block_size - at;
        uint32_t n = left < PIECE ? left : PIECE;
        errno = EIO;
        ok = from->read(from->ctx, block, at, piece, n) == NVT_OK &&
             file_write(to, nvt_span_of(piece, n));
    }
    return ok;
}

/* Whole and durable under its name, or not there: link() does not replace anything. */
static bool copy_to(const struct serve *s, const char *name)
{
    const struct nvt_port_block *from = &s->file.device;
    (void)unlink(name);
    int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    bool ok = fd >= 0;
    for (uint32_t block = 0; ok && block < from->block_count; block++) {
        ok = copy_block(from, block, fd);
    }
    ok = ok && fsync(fd) == 0 && link(name, s->set.spool_file) == 0;
    int saved = errno;
    if (fd >= 0) {
        (void)close(fd);
        (void)unlink(name);
    }
    errno = saved;
    return ok && nvt_posix_sync_folder(s->set.spool_file);
}

/* Under the same descriptor, once it is locked: the old file is given up last. */
static bool take_over(struct serve *s)
{
    static struct nvt_posix_file fresh;
    const struct nvt_port_block *device = &s->file.device;
    nvt_err err = nvt_posix_file_open(&fresh, s->set.spool_file, device->block_size,
                                      device->block_count, s->file.flags);
    if (err != NVT_OK) {
        errno = err == NVT_E_SPOOL_IO ? fresh.last_errno : EBUSY;
        return false;
    }
    bool ok = dup2(fresh.fd, s->file.fd) >= 0 && fcntl(s->file.fd, F_SETFD, FD_CLOEXEC) == 0;
    nvt_posix_file_close(&fresh);
    return ok;
}

static bool restore(struct serve *s)
{
    char name[CLI_PATH_CAP + 16];
    (void)snprintf(name, sizeof name, "%s.copy", s->set.spool_file);
    spool_make_folder(s->set.spool_file);
    return copy_to(s, name) && take_over(s);
}

/* ---- now and then ---- */

static void tell_trouble(struct serve *s, const char *what, const char *why)
{
    if (!s->spool_gone) {
        tell(TELL_ERROR,
             "the spool %s was %s while it was in use: what it holds is lost when the service ends "
             "(%s)",
             s->set.spool_file, what, why);
    }
    s->spool_gone = true;
}

void spool_guard(struct serve *s)
{
    uint64_t now = session_now_ms(&s->session);
    if (now < s->guard_ms) {
        return;
    }
    s->guard_ms = now + LOOK_EVERY_MS;
    enum standing standing = look(s);
    if (standing == REPLACED) {
        tell_trouble(s, "replaced", "move the other file away, and it is written anew");
    } else if (standing == REMOVED && restore(s)) {
        tell(TELL_WARNING, "the spool %s was removed while it was in use: it is written anew",
             s->set.spool_file);
        s->spool_gone = false;
    } else if (standing == REMOVED) {
        tell_trouble(s, "removed", strerror(errno));
        s->guard_ms = now + TRY_EVERY_MS;
    } else {
        s->spool_gone = false;
    }
}
