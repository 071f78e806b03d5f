/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files in memory, and files line by line in fixed memory. */
#include "cli.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_stdin(const char *path)
{
    return strcmp(path, "-") == 0;
}

static FILE *open_input(const char *path, bool json, int code)
{
    struct stat st;
    FILE *f = is_stdin(path) ? stdin : fopen(path, "rb");
    if (f == NULL) {
        int saved = errno;
        (void)fail(json, code, NVT_OK, "%s cannot be opened (%s): check its name and mode", path,
                   strerror(saved));
        errno = saved;
        return NULL;
    }
    if (fstat(fileno(f), &st) == 0 && S_ISDIR(st.st_mode)) {
        (void)fail(json, code, NVT_OK, "%s is a folder: name a file", path);
        (void)fclose(f);
        errno = EISDIR;
        return NULL;
    }
    return f;
}

/* ---- whole ---- */

static uint8_t *read_stream(FILE *f, size_t max, size_t *out_len)
{
    size_t cap = 65536;
    size_t len = 0;
    uint8_t *mem = (uint8_t *)malloc(cap + 1U);
    while (mem != NULL && len <= max) {
        size_t n = fread(mem + len, 1U, cap - len, f);
        len += n;
        if (n == 0U) {
            break;
        }
        if (len == cap) {
            uint8_t *more = (uint8_t *)realloc(mem, cap * 2U + 1U);
            if (more == NULL) {
                free(mem);
                return NULL;
            }
            mem = more;
            cap *= 2U;
        }
    }
    *out_len = len;
    return mem;
}

/* Reads and closes; *out_bad when that went wrong. */
static uint8_t *read_named(const char *path, size_t max, size_t *out_len, bool json, int code,
                           bool *out_bad)
{
    FILE *f = open_input(path, json, code);
    if (f == NULL) {
        return NULL;
    }
    uint8_t *mem = read_stream(f, max, out_len);
    *out_bad = mem == NULL || ferror(f) != 0;
    (void)fclose(f);
    return mem;
}

/* The exit code after a message. */
static int not_read(const char *path, bool too_long, bool json, int code)
{
    const char *name = is_stdin(path) ? "standard input" : path;
    if (too_long) {
        return fail(json, code, NVT_OK, "%s is too long for this: use a shorter one", name);
    }
    if (signals_stop()) { /* which interrupts reading */
        return fail(json, CLI_INTERRUPTED, NVT_E_CANCELLED, "stopped by a signal");
    }
    return fail(json, code, NVT_OK, "%s cannot be read: check the disk and the memory", name);
}

uint8_t *file_read(const char *path, size_t max, size_t *out_len, bool json, int code)
{
    bool bad = false;
    uint8_t *mem = NULL;
    *out_len = 0;
    if (is_stdin(path)) {
        mem = read_stream(stdin, max, out_len);
        bad = mem == NULL || ferror(stdin) != 0;
    } else {
        mem = read_named(path, max, out_len, json, code, &bad);
        if (mem == NULL && !bad) {
            return NULL; /* said already */
        }
    }
    if (bad || *out_len > max) {
        (void)not_read(path, !bad, json, code);
        free(mem);
        return NULL;
    }
    mem[*out_len] = 0;
    return mem;
}

/* ---- lines ---- */

int lines_open(struct lines *l, const char *path, bool json)
{
    struct stat st;
    (void)memset(l, 0, sizeof *l);
    l->name = is_stdin(path) ? "standard input" : path;
    l->file = open_input(path, json, CLI_INPUT);
    if (l->file == NULL) {
        return CLI_INPUT;
    }
    if (fstat(fileno(l->file), &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0) {
        l->size = (uint64_t)st.st_size;
    }
    return CLI_OK;
}

void lines_close(struct lines *l)
{
    if (l->file != NULL && l->file != stdin) {
        (void)fclose(l->file);
    }
    l->file = NULL;
}

static void keep(struct lines *l, char c)
{
    if (l->len < CLI_LINE_MAX) {
        l->text[l->len] = c;
        l->len++;
    } else {
        l->too_long = true;
    }
}

/* Without waiting: whether reading would bring something, be it the end. */
static bool is_readable(const struct lines *l)
{
    struct pollfd p = {.fd = fileno(l->file), .events = POLLIN};
    return poll(&p, 1U, 0) != 0;
}

/* False at the end of the input. A signal that asks us to stop ends it too. */
static bool read_piece(struct lines *l)
{
    ssize_t n = 0;
    do {
        n = read(fileno(l->file), l->piece, sizeof l->piece);
    } while (n < 0 && errno == EINTR && !signals_stop());
    l->from = 0;
    l->piece_len = n > 0 ? (size_t)n : 0U;
    l->failed = n < 0 && !signals_stop();
    l->ended = n <= 0;
    return n > 0;
}

/* The line under way has its end. */
static void end_line(struct lines *l)
{
    l->text[l->len] = '\0';
    l->number++;
    l->begun = false;
}

/* Bytes of the piece up to the line's end, or all of them. True: the line has its end. */
static bool take_bytes(struct lines *l)
{
    bool ended = false;
    while (!ended && l->from < l->piece_len) {
        char c = (char)l->piece[l->from];
        l->from++;
        l->offset++;
        ended = c == '\n';
        l->begun = true;
        if (!ended) {
            keep(l, c);
        }
    }
    return ended;
}

/* LINES_LINE: further bytes are there. */
static enum lines_got read_more(struct lines *l, bool wait)
{
    if (l->ended) {
        return LINES_END;
    }
    if (!wait && !is_readable(l)) {
        return LINES_LATER;
    }
    return read_piece(l) ? LINES_LINE : LINES_END;
}

/* One line without its end; what there is of it stays for the next call with LINES_LATER. */
static enum lines_got read_line(struct lines *l, bool wait)
{
    enum lines_got more = LINES_LINE;
    if (!l->begun) {
        l->len = 0;
        l->too_long = false;
    }
    while (more == LINES_LINE && !take_bytes(l)) {
        more = read_more(l, wait);
    }
    if (more == LINES_LATER || (more == LINES_END && !l->begun)) {
        return more;
    }
    end_line(l);
    return LINES_LINE;
}

/* White space at both ends is JSON's, so it may go; so may the mark that some editors put before
 * the first line. */
static void trim(struct lines *l)
{
    size_t from = 0;
    if (l->number == 1U && l->len >= 3U && memcmp(l->text, "\xEF\xBB\xBF", 3U) == 0) {
        from = 3;
    }
    while (from < l->len && strchr(" \t\r", l->text[from]) != NULL && l->text[from] != '\0') {
        from++;
    }
    while (l->len > from && strchr(" \t\r", l->text[l->len - 1U]) != NULL &&
           l->text[l->len - 1U] != '\0') {
        l->len--;
    }
    l->len -= from;
    (void)memmove(l->text, l->text + from, l->len);
    l->text[l->len] = '\0';
}

static enum lines_got next_line(struct lines *l, bool wait)
{
    enum lines_got got = read_line(l, wait);
    while (got == LINES_LINE) {
        trim(l);
        l->peak = l->len > l->peak ? l->len : l->peak;
        if (l->len > 0U) {
            return LINES_LINE;
        }
        got = read_line(l, wait);
    }
    return got;
}

bool lines_next(struct lines *l)
{
    return next_line(l, true) == LINES_LINE;
}

enum lines_got lines_try(struct lines *l)
{
    return next_line(l, false);
}
