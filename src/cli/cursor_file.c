/* SPDX-License-Identifier: Apache-2.0 */
/* Where a listing of changed dossiers goes on: the file, and what is printed at all. */
#include "cursor_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_LINE "navette dossiers 1"
#define LAST_LINE "end"
#define FILE_MAX ((size_t)4 * 1024 * 1024)
#define BEGINNING "1970-01-01T00:00:00Z"

/* ---- what a dossier was when it was printed ---- */

static nvt_err from_memory(void *ctx, uint64_t offset, uint8_t *out, size_t cap, size_t *out_n)
{
    const struct nvt_span *text = (const struct nvt_span *)ctx;
    struct nvt_span rest = nvt_span_drop(*text, (size_t)offset);
    *out_n = rest.len < cap ? rest.len : cap;
    (void)memcpy(out, rest.ptr, *out_n);
    return NVT_OK;
}

/* How long the member at the front is, its value included, when it is one that differs with each
 * answer: addresses bear signatures, and a dossier's PDF is always new. Else 0. */
static size_t fleeting(struct nvt_span text)
{
    static const char *const names[] = {"\"url\":", "\"createdAt\":"};
    size_t len = 0;
    for (size_t i = 0; i < 2U && len == 0U; i++) {
        size_t n = strlen(names[i]);
        len = text.len > n && memcmp(text.ptr, names[i], n) == 0 ? n : 0U;
    }
    while (len > 0U && len < text.len && text.ptr[len] != (uint8_t)',' &&
           text.ptr[len] != (uint8_t)'}') {
        len++;
    }
    return len;
}

static size_t drop_fleeting(struct nvt_span text, uint8_t *out)
{
    size_t n = 0;
    while (text.len > 0U) {
        size_t len = fleeting(text);
        if (len == 0U) {
            out[n] = text.ptr[0];
            n++;
            len = 1U;
        }
        text = nvt_span_drop(text, len);
    }
    return n;
}

static bool sum_of(struct nvt_span dossier, char out[25])
{
    struct nvt_demarches_upload sum;
    uint8_t room[1024];
    uint8_t *plain = (uint8_t *)malloc(dossier.len);
    struct nvt_span text = nvt_span_of(plain, plain == NULL ? 0U : drop_fleeting(dossier, plain));
    (void)memset(&sum, 0, sizeof sum);
    sum.source = from_memory;
    sum.source_ctx = &text;
    sum.len = text.len;
    bool ok = nvt_demarches_upload_sum(&sum, room, sizeof room) == NVT_OK;
    free(plain);
    (void)memcpy(out, sum.checksum, sizeof sum.checksum);
    return ok;
}

static int32_t number_of(struct nvt_span dossier)
{
    uint64_t number = 0;
    (void)nvt_u64_parse(nvt_demarches_find(dossier, "number"), INT32_MAX, &number);
    return (int32_t)number;
}

static int64_t changed_s(struct nvt_span dossier)
{
    struct nvt_span text = nvt_demarches_find(dossier, "dateDerniereModification");
    int64_t time_s = 0;
    if (text.len > 2U) {
        (void)nvt_time_parse_rfc3339(nvt_span_of(text.ptr + 1, text.len - 2U), &time_s);
    }
    return time_s;
}

static bool is_known(const struct cursor_file *f, const struct cursor_seen *one)
{
    bool found = false;
    for (size_t i = 0; i < f->known && !found; i++) {
        found = f->seen[i].number == one->number && strcmp(f->seen[i].sum, one->sum) == 0;
    }
    return found;
}

static bool remember(struct cursor_file *f, const struct cursor_seen *one)
{
    if (f->seen_count == f->seen_cap) {
        size_t cap = f->seen_cap * 2U + 64U;
        void *more = realloc(f->seen, cap * sizeof f->seen[0]);
        if (more == NULL) {
            return false;
        }
        f->seen = (struct cursor_seen *)more;
        f->seen_cap = cap;
    }
    f->seen[f->seen_count] = *one;
    f->seen_count++;
    return true;
}

bool cursor_file_take(struct cursor_file *f, struct nvt_span dossier)
{
    struct cursor_seen one = {.number = number_of(dossier)};
    int64_t time_s = changed_s(dossier);
    f->broken = f->broken || dossier.ptr[0] == (uint8_t)'n' || time_s == 0;
    f->newest_s = time_s > f->newest_s ? time_s : f->newest_s;
    if (dossier.ptr[0] == (uint8_t)'n' || !sum_of(dossier, one.sum)) {
        return dossier.ptr[0] != (uint8_t)'n';
    }
    (void)remember(f, &one); /* else it is printed once more */
    return !is_known(f, &one);
}

/* ---- writing: a new file beside it, made durable, takes its place ---- */

static void put_lines(const struct cursor_file *f, struct nvt_buf *to)
{
    nvt_buf_put(to, NVT_LIT(FIRST_LINE "\ndemarche "));
    nvt_buf_put_i64(to, f->number);
    nvt_buf_put(to, NVT_LIT("\nhost "));
    nvt_buf_put(to, nvt_span_str(f->host));
    nvt_buf_put(to, NVT_LIT("\norder updated\nstate "));
    nvt_buf_put(to, nvt_span_str(f->state));
    nvt_buf_put(to, NVT_LIT("\nsince "));
    nvt_buf_put(to, nvt_span_str(f->since));
    nvt_buf_put(to, NVT_LIT("\ncursor "));
    nvt_buf_put(to, nvt_span_str(f->cursor[0] == '\0' ? "-" : f->cursor));
    for (size_t i = 0; i < f->seen_count; i++) {
        nvt_buf_put(to, NVT_LIT("\nseen "));
        nvt_buf_put_i64(to, f->seen[i].number);
        nvt_buf_put_byte(to, (uint8_t)' ');
        nvt_buf_put(to, nvt_span_str(f->seen[i].sum));
    }
    nvt_buf_put(to, NVT_LIT("\n" LAST_LINE "\n"));
}

static bool write_lines(const struct cursor_file *f, int fd)
{
    size_t cap = 1024U + f->seen_count * 48U;
    uint8_t *mem = (uint8_t *)malloc(cap);
    struct nvt_buf text;
    nvt_buf_init(&text, mem, mem == NULL ? 0U : cap);
    put_lines(f, &text);
    bool ok = nvt_buf_err(&text) == NVT_OK && ftruncate(fd, 0) == 0 &&
              file_write(fd, nvt_buf_span(&text)) && fsync(fd) == 0;
    free(mem);
    return ok;
}

static int complain(const struct cursor_file *f)
{
    if (errno == EAGAIN || errno == EACCES) {
        return fail(f->json, CLI_INPUT, NVT_E_CURSOR,
                    "%s cannot be had (%s): another run may use it, or its folder is not yours",
                    f->path, strerror(errno));
    }
    return fail(f->json, CLI_INPUT, NVT_E_SINK,
                "%s cannot be written (%s): check the disk and its mode; what was printed last is "
                "printed again by the next run",
                f->path, strerror(errno));
}

static int save(struct cursor_file *f)
{
    int fd = file_open_locked(AT_FDCWD, f->part, O_CREAT);
    if (fd < 0) {
        return complain(f);
    }
    if (write_lines(f, fd) && rename(f->part, f->path) == 0 && nvt_posix_sync_folder(f->path)) {
        if (f->fd >= 0) {
            (void)close(f->fd);
        }
        f->fd = fd;
        return CLI_OK;
    }
    int code = complain(f);
    (void)unlink(f->part);
    (void)close(fd);
    return code;
}

int cursor_file_keep(struct cursor_file *f, const char *cursor, bool more, int64_t now_s)
{
    bool settled = !f->broken && f->newest_s > 0 && f->newest_s + CURSOR_OVERLAP_S < now_s;
    bool full = f->seen_count - f->known > CURSOR_SEEN_MAX;
    f->holding = (f->holding || (!settled && f->newest_s > 0) || f->broken) && !full;
    if (!f->holding) {
        (void)snprintf(f->cursor, sizeof f->cursor, "%s", cursor);
        f->seen_count = f->known;
    }
    if (!more) { /* all that earlier runs printed behind the cursor has come by */
        f->seen_count -= f->known;
        if (f->known > 0U) {
            (void)memmove(f->seen, f->seen + f->known, f->seen_count * sizeof f->seen[0]);
        }
        f->known = 0;
    }
    f->newest_s = 0;
    f->broken = false;
    return save(f);
}

/* ---- reading ---- */

/* The rest of the line at *at when it begins with name, whose end becomes a NUL; NULL otherwise. */
static char *take_line(char **at, const char *name)
{
    size_t len = strlen(name);
    char *value = *at + len;
    char *end = strchr(*at, '\n');
    if (end == NULL || strncmp(*at, name, len) != 0) {
        return NULL;
    }
    *end = '\0';
    *at = end + 1;
    return value;
}

static bool take_text(char **at, const char *name, char *out, size_t cap)
{
    const char *value = take_line(at, name);
    int n = value == NULL ? -1 : snprintf(out, cap, "%s", value);
    return n > 0 && (size_t)n < cap;
}

static bool take_seen(struct cursor_file *f, char **at)
{
    struct cursor_seen one;
    char *text = take_line(at, "seen ");
    char *space = text == NULL ? NULL : strchr(text, ' ');
    uint32_t number = 0;
    if (space == NULL || strlen(space + 1) != sizeof one.sum - 1U) {
        return false;
    }
    *space = '\0';
    (void)memcpy(one.sum, space + 1, sizeof one.sum);
    bool ok = parse_count(text, INT32_MAX, &number);
    one.number = (int32_t)number;
    return ok && remember(f, &one);
}

/* A whole file, as put_lines writes it. */
static bool parse(struct cursor_file *f, char *text)
{
    char number[16];
    char order[16];
    uint32_t value = 0;
    char *at = text;
    bool ok = take_line(&at, FIRST_LINE) != NULL &&
              take_text(&at, "demarche ", number, sizeof number) &&
              parse_count(number, INT32_MAX, &value) &&
              take_text(&at, "host ", f->host, sizeof f->host) &&
              take_text(&at, "order ", order, sizeof order) && strcmp(order, "updated") == 0 &&
              take_text(&at, "state ", f->state, sizeof f->state) &&
              take_text(&at, "since ", f->since, sizeof f->since) &&
              take_text(&at, "cursor ", f->cursor, sizeof f->cursor);
    while (ok && strncmp(at, "seen ", 5U) == 0) {
        ok = take_seen(f, &at);
    }
    f->number = (int32_t)value;
    f->known = f->seen_count;
    if (strcmp(f->cursor, "-") == 0) {
        f->cursor[0] = '\0';
    }
    return ok && strcmp(at, LAST_LINE "\n") == 0;
}

/* ---- whose it is ---- */

static int refuse(const struct cursor_file *f, const char *what, const char *its, const char *asked)
{
    return fail(f->json, CLI_USAGE, NVT_E_CURSOR,
                "%s belongs to another listing, %s %s, and this one is of %s: name another file, "
                "one for each listing",
                f->path, what, its, asked);
}

static int check_owner(const struct cursor_file *f, const struct cursor_file *mine, bool since)
{
    char its[16];
    char asked[16];
    (void)snprintf(its, sizeof its, "%ld", (long)f->number);
    (void)snprintf(asked, sizeof asked, "%ld", (long)mine->number);
    if (f->number != mine->number) {
        return refuse(f, "of demarche", its, asked);
    }
    if (strcmp(f->host, mine->host) != 0) {
        return refuse(f, "of host", f->host, mine->host);
    }
    if (strcmp(f->state, mine->state) != 0) {
        return refuse(f, "of the state", strcmp(f->state, "-") == 0 ? "(all)" : f->state,
                      strcmp(mine->state, "-") == 0 ? "all" : mine->state);
    }
    if (since && strcmp(f->since, mine->since) != 0) {
        return refuse(f, "of changes since", f->since, mine->since);
    }
    return CLI_OK;
}

/* ---- open and close ---- */

static bool take_path(struct cursor_file *f, const char *path)
{
    int n = snprintf(f->path, sizeof f->path, "%s", path);
    int m = snprintf(f->part, sizeof f->part, "%s.part", path);
    return n > 0 && (size_t)n < sizeof f->path && m > 0 && (size_t)m < sizeof f->part;
}

/* The whole of it, a NUL behind it, to be freed; NULL with errno. */
static char *read_locked(struct cursor_file *f, size_t *out_len)
{
    struct stat st;
    f->fd = file_open_locked(AT_FDCWD, f->path, 0);
    if (f->fd < 0 || fstat(f->fd, &st) != 0) {
        return NULL;
    }
    size_t len = (size_t)st.st_size < FILE_MAX ? (size_t)st.st_size : FILE_MAX;
    char *text = (char *)calloc(len + 1U, 1U);
    ssize_t n = text == NULL ? 0 : read(f->fd, text, len);
    *out_len = n > 0 ? (size_t)n : 0U;
    return text;
}

/* Of a file that is there. */
static int take_file(struct cursor_file *f, const struct cursor_file *mine, bool since)
{
    size_t len = 0;
    char *text = read_locked(f, &len);
    if (text == NULL) {
        return complain(f);
    }
    bool empty = len == 0U;
    bool ok = empty || (strlen(text) == len && parse(f, text));
    free(text);
    if (!ok) {
        return fail(f->json, CLI_INPUT, NVT_E_CURSOR,
                    "%s is not what --cursor-file wrote, or not all of it: name a file of its own, "
                    "or remove it to begin again",
                    f->path);
    }
    return empty ? CLI_OK : check_owner(f, mine, since);
}

int cursor_file_open(struct cursor_file *f, const struct args *a, const char *host,
                     struct nvt_demarches_filter *filter)
{
    struct stat st;
    struct cursor_file mine;
    (void)memset(f, 0, sizeof *f);
    f->fd = -1;
    f->json = a->json;
    f->number = filter->number;
    (void)snprintf(f->host, sizeof f->host, "%s", host);
    (void)snprintf(f->state, sizeof f->state, "%s", a->state == NULL ? "-" : a->state);
    (void)snprintf(f->since, sizeof f->since, "%s",
                   a->updated_since == NULL ? BEGINNING : a->updated_since);
    mine = *f;
    if (!take_path(f, a->cursor_file)) {
        return fail(a->json, CLI_USAGE, NVT_E_FIELD_LENGTH, "--cursor-file takes a shorter name");
    }
    bool there = lstat(f->path, &st) == 0;
    if (there && !S_ISREG(st.st_mode)) {
        return fail(
            a->json, CLI_INPUT, NVT_E_CURSOR,
            "%s is a link, a folder or a device: another file would take its place, so name "
            "one",
            f->path);
    }
    int code = there ? take_file(f, &mine, a->updated_since != NULL) : CLI_OK;
    filter->updated_since = nvt_span_str(f->since);
    filter->after = nvt_span_str(f->cursor);
    return code == CLI_OK ? save(f) : code;
}

void cursor_file_close(struct cursor_file *f)
{
    free(f->seen);
    f->seen = NULL;
    if (f->path[0] != '\0' && f->fd >= 0) {
        (void)close(f->fd);
    }
}
