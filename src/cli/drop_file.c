/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One file of the drop folder. How far its lines are dealt with stands in .NAME.at while it is not
 * removed yet: written after the spool was committed, so that it is never ahead of it. Without it,
 * or with one that is behind, lines are sent twice and come back as duplicates.
 */
#include "drop.h"
#include "journeys.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define MARK_CAP 128U

/* Reads of one step: a file of gigabytes without a line end must not hold up the rest. */
#define READS 512U

static const char unwritten[] = "its refused lines cannot be written down: check disk and mode";
#define MARK_FIELDS 6U

/* ---- names and files ---- */

/* What stands under these names may have been put there by a producer. */
static bool is_plain(int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

static void name_of(char out[DROP_PATH_CAP], const char *before, const char *name,
                    const char *after)
{
    (void)snprintf(out, DROP_PATH_CAP, "%s%s%s", before, name, after);
}

static struct drop_id id_of(const struct stat *st)
{
    struct drop_id id = {(uint64_t)st->st_ino, (uint64_t)st->st_size, 0U};
    if (st->st_mtim.tv_sec > 0) {
        id.mtime_ns = (uint64_t)st->st_mtim.tv_sec * 1000000000U + (uint64_t)st->st_mtim.tv_nsec;
    }
    return id;
}

static bool same_id(const struct drop_id *a, const struct drop_id *b)
{
    return a->ino == b->ino && a->size == b->size && a->mtime_ns == b->mtime_ns;
}

/* ---- the mark: inode, size, time, bytes, lines, keep ---- */

static void put_number(struct nvt_buf *b, uint64_t n)
{
    nvt_buf_put_u64(b, n);
    nvt_buf_put_byte(b, (uint8_t)' ');
}

static bool write_mark(const struct drop_ref *f, const char *path)
{
    uint8_t mem[MARK_CAP];
    struct nvt_buf b;
    (void)unlinkat(f->dir, path, 0); /* left by a run that was cut off, or not ours */
    int fd = openat(f->dir, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                    S_IRUSR | S_IWUSR);
    if (fd < 0) {
        return false;
    }
    nvt_buf_init(&b, mem, sizeof mem);
    put_number(&b, f->id.ino);
    put_number(&b, f->id.size);
    put_number(&b, f->id.mtime_ns);
    put_number(&b, f->at);
    put_number(&b, f->lines);
    nvt_buf_put_u64(&b, f->keep ? 1U : 0U);
    nvt_buf_put_byte(&b, (uint8_t)'\n');
    bool written = file_write(fd, nvt_buf_span(&b));
    return close(fd) == 0 && written;
}

bool drop_file_mark(const struct drop_ref *f)
{
    char path[DROP_PATH_CAP];
    char fresh[DROP_PATH_CAP];
    name_of(path, ".", f->name, ".at");
    name_of(fresh, ".", f->name, ".new");
    return write_mark(f, fresh) && renameat(f->dir, fresh, f->dir, path) == 0;
}

/* Numbers, a space between, and a line end. */
static bool parse_mark(struct nvt_span text, uint64_t out[MARK_FIELDS])
{
    for (size_t i = 0; i < MARK_FIELDS; i++) {
        uint8_t end = (uint8_t)(i + 1U < MARK_FIELDS ? ' ' : '\n');
        const uint8_t *at = (const uint8_t *)memchr(text.ptr, end, text.len);
        size_t len = at == NULL ? 0U : (size_t)(at - text.ptr);
        if (nvt_u64_parse(nvt_span_of(text.ptr, len), INT64_MAX, &out[i]) != NVT_OK) {
            return false;
        }
        text = nvt_span_drop(text, len + 1U);
    }
    return text.len == 0U;
}

/* How far an earlier step, or an earlier start, came with this very file. */
static void read_mark(struct drop_ref *f)
{
    char path[DROP_PATH_CAP];
    uint8_t mem[MARK_CAP];
    uint64_t n[MARK_FIELDS];
    name_of(path, ".", f->name, ".at");
    f->at = 0;
    f->lines = 0;
    int fd = openat(f->dir, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) {
        return;
    }
    ssize_t len = read(fd, mem, sizeof mem);
    (void)close(fd);
    if (len > 0 && parse_mark(nvt_span_of(mem, (size_t)len), n)) {
        struct drop_id id = {n[0], n[1], n[2]};
        bool holds = same_id(&id, &f->id) && n[3] <= f->id.size;
        f->at = holds ? n[3] : 0U;
        f->lines = holds ? n[4] : 0U;
        f->keep = holds && n[5] != 0U;
    }
}

/* ---- opening ---- */

/* From where the lines are not dealt with. */
static bool go_back(struct drop_file *f)
{
    f->feed.mem = f->mem;
    f->feed.from = 0;
    f->feed.len = 0;
    f->feed.skipping = false;
    f->feed.lines = f->ref.lines;
    f->taken = f->ref.at;
    f->ended = false;
    return lseek(f->fd, (off_t)f->ref.at, SEEK_SET) >= 0;
}

static const char *open_regular(struct drop_file *f)
{
    struct stat st;
    f->fd = openat(f->ref.dir, f->ref.name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (f->fd < 0) {
        return errno == ENOENT ? NULL : strerror(errno);
    }
    if (fstat(f->fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        return "it is no regular file";
    }
    f->ref.id = id_of(&st);
    read_mark(&f->ref);
    return go_back(f) ? NULL : "it cannot be read: check the disk";
}

bool drop_file_open(struct drop_file *f, int dir, const char *name)
{
    f->ref.dir = dir;
    f->fd = -1;
    f->refused = -1;
    f->ref.keep = false;
    f->ref.broken = false;
    f->wrong = NULL;
    if ((size_t)snprintf(f->ref.name, sizeof f->ref.name, "%s", name) >= sizeof f->ref.name) {
        f->wrong = "its name is too long";
        return false;
    }
    f->wrong = open_regular(f);
    f->marked = f->ref.at;
    f->marked_lines = f->ref.lines;
    bool done = f->fd >= 0 && f->wrong == NULL && f->ref.at > 0U && f->ref.at == f->ref.id.size;
    if (done) {
        f->wrong = drop_file_remove(&f->ref) ? NULL : "it cannot be removed: check the folder";
    }
    if (f->wrong != NULL || done) {
        drop_file_close(f);
    }
    return f->fd >= 0;
}

void drop_file_close(struct drop_file *f)
{
    if (f->fd >= 0) {
        (void)close(f->fd);
    }
    if (f->refused >= 0) {
        (void)close(f->refused);
    }
    f->fd = -1;
    f->refused = -1;
}

/* ---- what is refused ---- */

/* A record that a full disk cut short is ended first. */
static bool end_torn_line(int fd)
{
    char last = '\n';
    off_t size = lseek(fd, 0, SEEK_END);
    if (size > 0 && pread(fd, &last, 1U, size - 1) != 1) {
        return false;
    }
    return last == '\n' || file_write(fd, NVT_LIT("\n"));
}

static bool open_refused(struct drop_file *f)
{
    char path[DROP_PATH_CAP];
    if (f->refused < 0) {
        name_of(path, "", f->ref.name, ".refused");
        f->refused = openat(f->ref.dir, path,
                            O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
                            S_IRUSR | S_IWUSR);
    }
    return f->refused >= 0 && is_plain(f->refused) && end_torn_line(f->refused);
}

static bool refuse(struct drop_file *f, struct nvt_span line, const struct intake_result *r)
{
    static uint8_t mem[6U * SERVE_ENTRY_MAX + 2048U];
    struct refused_line record = {(unsigned long)f->feed.lines, "check", r->fault.reason, line,
                                  false};
    struct nvt_failure failure = r->fault.failure;
    struct nvt_buf b;
    nvt_buf_init(&b, mem, sizeof mem);
    failure.err = r->err;
    bool whole = refused_record(&b, &record, &failure);
    if (!open_refused(f) || !file_write(f->refused, nvt_buf_span(&b))) {
        f->wrong = unwritten;
        f->own = true;
        return false;
    }
    f->ref.keep = f->ref.keep || !whole;
    return true;
}

/* ---- lines ---- */

static bool take_line(struct drop_file *f, struct serve *s, enum feed_got got, struct nvt_span line)
{
    struct serve_intake_counters before = s->intake;
    struct intake_result r;
    nvt_err err = got == FEED_LINE ? intake_line(s, line, &r) : intake_too_long(s, &r);
    bool dealt_with = err == NVT_OK;
    if (intake_is_fault(err)) {
        dealt_with = refuse(f, line, &r);
    } else if (err != NVT_OK) {
        f->wrong = intake_is_full(err) ? "the spool is full" : "the spool's device failed";
    } else {
        /* kept */
    }
    if (!dealt_with) {
        s->intake = before; /* it comes again */
    }
    return dealt_with;
}

/* Some editors put a mark before the first line. */
static void blank_mark(struct serve_feed *feed, size_t n)
{
    if (n >= 3U && memcmp(feed->mem, "\xEF\xBB\xBF", 3U) == 0) {
        (void)memset(feed->mem, ' ', 3U);
    }
}

static bool read_more(struct drop_file *f)
{
    size_t room = 0;
    uint8_t *at = feed_room(&f->feed, &room);
    if (f->reads == READS) {
        return false;
    }
    f->reads++;
    ssize_t n = read(f->fd, at, room);
    if (n < 0 && errno != EINTR) {
        f->wrong = "it cannot be read: check the disk";
        return false;
    }
    if (n > 0 && f->taken == 0U && f->feed.len == 0U) {
        blank_mark(&f->feed, (size_t)n);
    }
    f->ended = n == 0;
    feed_added(&f->feed, n > 0 ? (size_t)n : 0U);
    return true;
}

/* The next line; FEED_NONE at the end, when reading failed, or when this step has read enough. */
static enum feed_got next_line(struct drop_file *f, struct nvt_span *line)
{
    for (;;) {
        size_t used = 0;
        enum feed_got got = feed_next(&f->feed, f->ended, line, &used);
        f->taken += used;
        if (got != FEED_NONE || f->ended || !read_more(f)) {
            return got;
        }
    }
}

/* False: not durable, so that the file must stay and its lines come again. */
static bool sync_refused(struct drop_file *f)
{
    bool kept = f->refused < 0 || (fdatasync(f->refused) == 0 && fsync(f->ref.dir) == 0);
    if (!kept) {
        f->wrong = unwritten;
        f->ref.at = f->marked;
        f->ref.lines = f->marked_lines;
    }
    return kept;
}

bool drop_file_take(struct drop_file *f, struct serve *s, unsigned *left)
{
    struct nvt_span line;
    f->wrong = NULL;
    f->own = false;
    f->reads = 0;
    while (*left > 0U) {
        enum feed_got got = next_line(f, &line);
        if (got == FEED_NONE) {
            break;
        }
        if (!take_line(f, s, got, line)) {
            (void)sync_refused(f);
            (void)go_back(f);
            return false;
        }
        f->ref.at = f->taken;
        f->ref.lines = f->feed.lines;
        (*left)--;
    }
    *left = f->reads == READS ? 0U : *left;
    bool whole = f->wrong == NULL && f->ended && f->feed.len == 0U && !f->feed.skipping;
    f->ref.broken = f->wrong != NULL;
    f->ref.at = whole ? f->taken : f->ref.at;
    return sync_refused(f) && (whole || f->ref.broken);
}

/* ---- done with ---- */

static bool is_free(int dir, const char *name)
{
    struct stat st;
    return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT;
}

/* Whether the name stands for this very file. */
static bool is_it(const struct drop_ref *f, const char *name)
{
    struct stat st;
    if (fstatat(f->dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
        return false;
    }
    struct drop_id id = id_of(&st);
    return same_id(&id, &f->id);
}

/* Never takes the place of one that was kept before. */
static bool keep_whole(const struct drop_ref *f, const char *as)
{
    char path[DROP_PATH_CAP];
    name_of(path, "", f->name, ".kept");
    if (!is_free(f->dir, path)) {
        (void)snprintf(path, sizeof path, "%s.%llu.kept", f->name, (unsigned long long)f->id.ino);
    }
    return renameat(f->dir, as, f->dir, path) == 0;
}

/* Between a look at what the name stands for and its removal a producer may put a newer file there.
 * So it takes a name of its own first, under which a newer one is not removed but taken in. */
static bool take_away(const struct drop_ref *f)
{
    char own[DROP_PATH_CAP];
    (void)snprintf(own, sizeof own, "%.192s.%llu.jsonl", f->name, (unsigned long long)f->id.ino);
    if (!is_free(f->dir, own) || renameat(f->dir, f->name, f->dir, own) != 0) {
        return false;
    }
    if (!is_it(f, own) || (f->keep ? keep_whole(f, own) : unlinkat(f->dir, own, 0) == 0)) {
        return true;
    }
    if (is_free(f->dir, f->name)) {
        (void)!renameat(f->dir, own, f->dir, f->name);
    }
    return false;
}

bool drop_file_remove(const struct drop_ref *f)
{
    char mark[DROP_PATH_CAP];
    if (is_it(f, f->name) && !take_away(f)) {
        return false;
    }
    name_of(mark, ".", f->name, ".at");
    (void)unlinkat(f->dir, mark, 0);
    return true;
}
