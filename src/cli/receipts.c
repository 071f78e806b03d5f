/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file of journeys that will never be delivered: JSON Lines, added to, readable by its owner
 * alone since it holds personal data. A line is durable before the entry is marked, so that after a
 * power cut in between it may stand there twice, under the same id, but is never missing.
 */
#include "serve.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* An entry with all that is said of it, were it a text full of controls. */
#define LINE_CAP (6 * SERVE_ENTRY_MAX + 4096)
#define TAIL_CAP (SERVE_ENTRY_MAX + 4096)

/* ---- opening ---- */

/* How many bytes at the end belong to a line without its end; len bytes of tail end the file. */
static size_t unfinished(const uint8_t *tail, size_t len)
{
    size_t n = 0;
    while (n < len && tail[len - 1U - n] != (uint8_t)'\n') {
        n++;
    }
    return n;
}

/* What a power cut left of a line under way goes: its journey is told again. A whole line that only
 * lacks its end, as editors leave it, gets one. */
static bool mend_tail(int fd, const char *path)
{
    static uint8_t tail[TAIL_CAP];
    struct stat st;
    if (fstat(fd, &st) != 0) {
        return false;
    }
    off_t from = st.st_size > (off_t)sizeof tail ? st.st_size - (off_t)sizeof tail : 0;
    ssize_t len = pread(fd, tail, sizeof tail, from);
    size_t n = len > 0 ? unfinished(tail, (size_t)len) : 0U;
    if (len < 0 || n == 0U) {
        return len >= 0;
    }
    if (n == sizeof tail ||
        nvt_json_check(nvt_span_of(tail + (size_t)len - n, n), NULL) == NVT_OK) {
        return file_write(fd, NVT_LIT("\n"));
    }
    say("%s: its last line was cut short and is taken out: it will be told again", path);
    return ftruncate(fd, st.st_size - (off_t)n) == 0;
}

static bool is_plain(int fd)
{
    struct stat st;
    bool plain = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    if (!plain) {
        errno = EINVAL;
    }
    return plain;
}

/* False with errno. */
static bool open_file(struct serve *s)
{
    const char *path = s->set.refused_file;
    bool is_new = access(path, F_OK) != 0;
    int fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, S_IRUSR | S_IWUSR);
    bool ok =
        fd >= 0 && is_plain(fd) && mend_tail(fd, path) && (!is_new || nvt_posix_sync_folder(path));
    if (ok) {
        s->refused = fd;
    } else if (fd >= 0) {
        int saved = errno;
        (void)close(fd);
        errno = saved;
    } else {
        /* errno says why */
    }
    return ok;
}

int receipts_open(struct serve *s)
{
    if (!open_file(s)) {
        return fail(s->settings.json, CLI_INPUT, NVT_OK,
                    "%s cannot be written (%s): check the disk and its mode, or name another with "
                    "--refused",
                    s->set.refused_file, strerror(errno));
    }
    return CLI_OK;
}

void receipts_close(struct serve *s)
{
    if (s->refused >= 0) {
        (void)close(s->refused);
        s->refused = -1;
    }
}

/* ---- one line ---- */

static void put_str(struct nvt_json_writer *w, const char *name, struct nvt_span text)
{
    nvt_json_name(w, nvt_span_str(name));
    nvt_json_put_str(w, nvt_utf8_check(text) == NVT_OK ? text : NVT_LIT(""));
}

/* When it was given up, where this clock is set. */
static void put_time(const struct serve *s, struct nvt_json_writer *w)
{
    uint8_t mem[32];
    struct nvt_buf b;
    int64_t now_s = session_wall_s(&s->session);
    nvt_buf_init(&b, mem, sizeof mem);
    nvt_time_put_rfc3339(&b, now_s);
    if (now_s != 0 && !b.overflow) {
        put_str(w, "at", nvt_buf_span(&b));
    }
}

static void put_reason(struct nvt_json_writer *w, const struct nvt_uplink_receipt *r)
{
    struct nvt_span reason = r->reason;
    if (reason.len == 0U) {
        reason = r->state == NVT_SPOOL_EXPIRED
                     ? NVT_LIT("it could not be sent within the time that the registry allows")
                     : nvt_span_str(nvt_err_text(r->failure->err));
    }
    put_str(w, "reason", reason);
}

/* False when it does not fit. */
static bool make_line(const struct serve *s, const struct nvt_uplink_receipt *r, struct nvt_buf *b)
{
    struct nvt_json_writer w;
    nvt_json_writer_init(&w, b);
    nvt_json_begin_object(&w);
    nvt_json_name(&w, NVT_LIT("id"));
    nvt_json_put_int(&w, (int64_t)r->id);
    put_str(&w, "state", nvt_span_str(r->state == NVT_SPOOL_EXPIRED ? "expired" : "refused"));
    put_time(s, &w);
    if (r->status != 0U) {
        nvt_json_name(&w, NVT_LIT("http_status"));
        nvt_json_put_int(&w, (int64_t)r->status);
        put_str(&w, "code", nvt_span_str(r->failure->code));
    }
    put_reason(&w, r);
    (void)refused_put_journey(&w, r->entry);
    nvt_json_end_object(&w);
    bool ok = nvt_json_writer_end(&w) == NVT_OK;
    nvt_buf_put_byte(b, (uint8_t)'\n');
    return ok && !b->overflow;
}

/* ---- keeping ---- */

/* Whole and durable, or not there. */
static bool add_line(int fd, struct nvt_span line)
{
    struct stat st;
    if (fstat(fd, &st) != 0) {
        return false;
    }
    if (file_write(fd, line) && fdatasync(fd) == 0) {
        return true;
    }
    int saved = errno;
    (void)!ftruncate(fd, st.st_size);
    errno = saved;
    return false;
}

/* Somebody who took the file away takes it whole: the next line goes into a new one. */
static bool is_there(const struct serve *s)
{
    struct stat mine;
    struct stat named;
    return s->refused >= 0 && fstat(s->refused, &mine) == 0 &&
           stat(s->set.refused_file, &named) == 0 && mine.st_dev == named.st_dev &&
           mine.st_ino == named.st_ino;
}

static bool keep_line(struct serve *s, struct nvt_span line)
{
    bool there = is_there(s);
    if (!there) {
        receipts_close(s);
        there = open_file(s);
    }
    return there && add_line(s->refused, line);
}

nvt_err receipts_take(void *serve, const struct nvt_uplink_receipt *r)
{
    static uint8_t mem[LINE_CAP];
    struct serve *s = (struct serve *)serve;
    struct nvt_buf b;
    if (r->state == NVT_SPOOL_DELIVERED) {
        return NVT_OK;
    }
    nvt_buf_init(&b, mem, sizeof mem);
    bool kept = make_line(s, r, &b) && keep_line(s, nvt_buf_span(&b));
    if (!kept && !s->receipts_failed) {
        say("%s cannot be written (%s): what is refused waits until it can", s->set.refused_file,
            strerror(errno));
    }
    s->receipts_failed = !kept;
    return kept ? NVT_OK : NVT_E_SINK;
}
