/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The port for POSIX systems: sockets, clocks and entropy of the host, a resolver that never blocks
 * the caller, and the waiting that the core itself does not do. Allocates nothing.
 */
#ifndef NAVETTE_POSIX_H
#define NAVETTE_POSIX_H

#include <navette/port.h>

/* A wall clock before this second (2026-01-01T00:00:00Z) counts as not set yet: boards without a
 * battery start in 1970. A constant, not the compiler's date, so that builds repeat bit for bit. */
#ifndef NVT_POSIX_WALL_MIN_S
#define NVT_POSIX_WALL_MIN_S 1767225600
#endif

/* Look-ups that were given up but still hang in the system's resolver. A thread of its own serves
 * each; when all are taken, resolve() answers NVT_E_NET_RESOLVER until one ends. */
#ifndef NVT_POSIX_STUCK_MAX
#define NVT_POSIX_STUCK_MAX 4
#endif

/* An answer serves whoever asks for the same name within that time, ms: connections that start
 * together need one look-up between them, not one after the other. */
#ifndef NVT_POSIX_KEEP_MS
#define NVT_POSIX_KEEP_MS 1000
#endif

/* Sockets that one nvt_posix_wait() can watch (8 bytes of stack each). */
#ifndef NVT_POSIX_POLL_MAX
#define NVT_POSIX_POLL_MAX 128
#endif

/* One port, for one thread at a time. Hand &p.port to the library. It must not move. */
struct nvt_posix {
    struct nvt_port port;
    int last_errno;          /* of the last network call that failed, for diagnostics */
    char host[NVT_HOST_CAP]; /* being looked up or kept, "" when none is */
    uint16_t host_port;
    struct nvt_addr kept[NVT_ADDRS_MAX]; /* the last answer */
    size_t kept_count;
    uint64_t kept_until_ms;
    int lookup;                     /* our end of the talk with the resolver thread, or -1 */
    int stuck[NVT_POSIX_STUCK_MAX]; /* ends of given-up talks, or -1 */
};

/* Fills in the tables. Cannot fail; opens nothing. */
void nvt_posix_init(struct nvt_posix *p);

/* Gives up a look-up. Never waits for a resolver that hangs: its thread finds nobody to answer. */
void nvt_posix_free(struct nvt_posix *p);

/* Blocks until one of the n waits is due: a socket ready, the resolver's answer there, the time
 * come, or a signal handled. A wait of the caller's own may hold any file descriptor.
 * NVT_E_ARG: more sockets than NVT_POSIX_POLL_MAX. NVT_E_NET_IO: the system refused to wait. */
nvt_err nvt_posix_wait(struct nvt_posix *p, const struct nvt_wait *waits, size_t n);

/* A step as nvt_call_step() is one: NVT_AGAIN with *out_wait set, or its end. */
typedef nvt_err (*nvt_posix_step)(void *ctx, struct nvt_wait *out_wait);

/* Steps and waits until step returns anything but NVT_AGAIN: that, or an error of
 * nvt_posix_wait. The step's own deadlines bound the time. */
nvt_err nvt_posix_run(struct nvt_posix *p, nvt_posix_step step, void *ctx);

/* ---- a file as block device ----
 * Preallocated, so that a full disk shows when it is made and never later, and locked, so that two
 * processes do not share it. Durable means fdatasync() has returned. */

/* The program unit: how far apart records stand. Through the page cache the kernel writes whole
 * pages, so that bytes written before are written again with the same content: safe where the
 * drive writes a sector wholly or not at all, as ext4's own journal demands. With
 * NVT_POSIX_FILE_DIRECT the unit is 4 096 bytes, a sector of any drive or several, and none is ever
 * written twice between erases: nothing is asked of the drive but that it keeps what it said it
 * has; blocks of 64 KiB and more then, since each record takes whole units. A spool stays with the
 * unit it was formatted with: to open one made with O_DIRECT without it, set device.prog_size to
 * 4 096 after opening. */
#ifndef NVT_POSIX_FILE_UNIT
#define NVT_POSIX_FILE_UNIT 16
#endif

enum {
    NVT_POSIX_FILE_DIRECT = 1,   /* O_DIRECT: not through the page cache; blocks of whole 4 KiB */
    NVT_POSIX_FILE_READ_ONLY = 2 /* no lock is taken; prog and erase fail */
};

/* Hand &f.device to the spool. It must not move. 4 KiB of it are for O_DIRECT.
 *
 * A sync that failed may have dropped anything written since the last good one, for good: no later
 * sync speaks for it (the spool writes it again elsewhere). It is remembered until one that
 * succeeds has emptied the page cache too (posix_fadvise, POSIX_FADV_DONTNEED), so that nothing
 * that was dropped is read as if it were there; until that is done each sync fails. Opening does
 * the same, since the process before may have met such a failure. On a kernel without
 * posix_fadvise, or older than 4.13 (which may tell a failure to another process), only the spool's
 * own rule holds. */
struct nvt_posix_file {
    struct nvt_port_block device;
    int fd;
    int last_errno; /* of the call that failed last */
    int flags;
    bool sync_failed;   /* and the cache was not emptied since */
    uint64_t page_at;   /* place of what page holds */
    uint8_t page[8192]; /* one aligned page lies in it */
};

/* Makes the file, all of it erased, by way of PATH.new beside it: it is there whole and durable or
 * not at all. Its owner alone may read it. Sizes as in struct nvt_port_block. NVT_E_ARG,
 * NVT_E_STATE (it is there already, or another process makes it now), NVT_E_SPOOL_IO;
 * f->last_errno (ENOSPC, EROFS, EACCES; EEXIST: PATH.new is no file that is its owner's alone and
 * has one name, and is left as it is). It is not open afterwards. */
nvt_err nvt_posix_file_make(struct nvt_posix_file *f, const char *path, uint32_t block_size,
                            uint32_t block_count);

/* Opens it. NVT_E_ARG; NVT_E_STATE: another process has it; NVT_E_SPOOL_FOREIGN: its length is not
 * that of the sizes, or it is no regular file; NVT_E_SPOOL_IO: last_errno says more (ENOENT;
 * EINVAL with NVT_POSIX_FILE_DIRECT: this file system refuses O_DIRECT; EIO: it cannot be synced).
 * What is in the page cache is made durable first, and then read from the drive again. */
nvt_err nvt_posix_file_open(struct nvt_posix_file *f, const char *path, uint32_t block_size,
                            uint32_t block_count, int flags);

void nvt_posix_file_close(struct nvt_posix_file *f);

/* Makes the name of the file at path outlive a power cut: syncs its folder, where the file system
 * has something to sync there. False with errno, ENAMETOOLONG beyond 4 095 bytes of folder. */
bool nvt_posix_sync_folder(const char *path);

#endif
