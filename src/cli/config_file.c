/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration file, a setting at a time. inih takes the lines apart; it is handed them by us,
 * so that one that it would cut in two is refused, and one that is indented does not continue the
 * value above it. */
#include "cli.h"

#include <errno.h>
#include <ini.h>
#include <stdarg.h>

struct reader {
    FILE *file;
    config_take take;
    void *ctx;
    int line;       /* the one under way */
    int wrong_line; /* the first at fault, 0: none */
    char wrong[224];
};

static void complain(struct reader *r, const char *format, ...) CLI_PRINTF(2, 3);

static void complain(struct reader *r, const char *format, ...)
{
    va_list args;
    if (r->wrong_line == 0) {
        r->wrong_line = r->line;
        va_start(args, format);
        // NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): taken over from a file before
        (void)vsnprintf(r->wrong, sizeof r->wrong, format, args);
        va_end(args);
    }
}

static void skip_line(FILE *file)
{
    int c = getc(file);
    while (c != EOF && c != '\n') {
        c = getc(file);
    }
}

/* inih's reader: as fgets. */
static char *next_line(char *out, int cap, void *stream)
{
    struct reader *r = (struct reader *)stream;
    r->line++;
    if (fgets(out, cap, r->file) == NULL) {
        return NULL;
    }
    size_t len = strlen(out);
    size_t blank = strspn(out, " \t");
    if (len + 1U == (size_t)cap && out[len - 1U] != '\n') {
        complain(r, "it is longer than %d bytes", cap - 2);
        skip_line(r->file);
    }
    (void)memmove(out, out + blank, len - blank + 1U);
    return out;
}

/* inih's handler: 0 makes it report the line. */
static int on_setting(void *user, const char *section, const char *name, const char *value)
{
    struct reader *r = (struct reader *)user;
    const char *wrong = r->take(r->ctx, section, name, value);
    if (wrong[0] != '\0') {
        complain(r, "%s", wrong);
    }
    return wrong[0] == '\0' ? 1 : 0;
}

/* The first line at fault, 0: none, or -1 with errno. */
static int read_all(struct reader *r, const char *path)
{
    r->file = fopen(path, "rb");
    if (r->file == NULL) {
        return -1;
    }
    int line = ini_parse_stream(next_line, r, on_setting, r);
    int error = errno;
    bool failed = ferror(r->file) != 0; /* a folder, say */
    (void)fclose(r->file);
    errno = error;
    return failed ? -1 : line;
}

int config_file_read(const char *path, config_take take, void *ctx, bool json)
{
    struct reader r = {.take = take, .ctx = ctx};
    int line = read_all(&r, path);
    if (line < 0) {
        return fail(json, CLI_CONFIG, NVT_OK, "%s cannot be read (%s): check --config or its mode",
                    path, strerror(errno));
    }
    if (r.wrong_line != 0 && (line == 0 || r.wrong_line <= line)) {
        return fail(json, CLI_CONFIG, NVT_OK, "%s line %d: %s; mend or remove that line", path,
                    r.wrong_line, r.wrong);
    }
    if (line > 0) {
        return fail(json, CLI_CONFIG, NVT_OK,
                    "%s line %d: it is neither \"name = value\" nor \"[section]\"; mend or remove "
                    "that line",
                    path, line);
    }
    return CLI_OK;
}
