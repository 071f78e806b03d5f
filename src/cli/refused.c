/* SPDX-License-Identifier: Apache-2.0 */
/* The file of refused journeys: see journeys.h. It holds personal data, so its owner alone may read
 * it. */
#include "journeys.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static bool same_file(int a, int b)
{
    struct stat one;
    struct stat two;
    return fstat(a, &one) == 0 && fstat(b, &two) == 0 && one.st_dev == two.st_dev &&
           one.st_ino == two.st_ino;
}

static bool exists(const char *path)
{
    return access(path, F_OK) == 0;
}

/* From a file everything can be made anew, from standard input it cannot: then we add. */
int refused_open(struct refused *r, const char *path, const struct lines *input, bool json)
{
    bool add = input->file == stdin;
    r->json = json;
    r->is_new = !exists(path);
    if ((size_t)snprintf(r->path, sizeof r->path, "%s", path) >= sizeof r->path) {
        return fail(json, CLI_INPUT, NVT_OK, "the name of the refused file is too long");
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_APPEND, S_IRUSR | S_IWUSR);
    if (fd < 0) {
        return fail(json, CLI_INPUT, NVT_OK,
                    "%s cannot be written (%s): name another with --refused", path,
                    strerror(errno));
    }
    if (same_file(fd, fileno(input->file))) {
        (void)close(fd);
        return fail(json, CLI_INPUT, NVT_OK,
                    "%s is the input itself: name another file with --refused", path);
    }
    if (!add) {
        (void)ftruncate(fd, 0);
    }
    r->file = fdopen(fd, "ab");
    if (r->file == NULL) {
        (void)close(fd);
        return fail(json, CLI_INPUT, NVT_OK, "%s cannot be written: %s", path, strerror(errno));
    }
    return CLI_OK;
}

static void put_member(struct nvt_json_writer *w, const char *name, const char *value)
{
    nvt_json_name(w, nvt_span_str(name));
    nvt_json_put_str(w, nvt_span_str(value));
}

/* As a member of an object it is nested one deeper than by itself. */
static bool is_member(struct nvt_span text)
{
    struct nvt_json_writer w;
    struct nvt_buf none;
    nvt_buf_init(&none, NULL, 0U);
    nvt_json_writer_init(&w, &none);
    nvt_json_begin_object(&w);
    nvt_json_name(&w, NVT_LIT("journey"));
    nvt_json_put_raw(&w, text);
    return w.err == NVT_OK;
}

bool refused_put_journey(struct nvt_json_writer *w, struct nvt_span text)
{
    bool json = is_member(text);
    bool shown = json || (text.len > 0U && nvt_utf8_check(text) == NVT_OK);
    if (shown) {
        nvt_json_name(w, json ? NVT_LIT("journey") : NVT_LIT("text"));
    }
    if (json) {
        nvt_json_put_raw(w, text);
    } else if (shown) {
        nvt_json_put_str(w, text);
    } else {
        /* it stands where it came from, and there alone */
    }
    return shown;
}

bool refused_record(struct nvt_buf *out, const struct refused_line *line,
                    const struct nvt_failure *f)
{
    struct nvt_json_writer w;
    nvt_json_writer_init(&w, out);
    nvt_json_begin_object(&w);
    nvt_json_name(&w, NVT_LIT("line"));
    nvt_json_put_int(&w, (int64_t)line->number);
    put_member(&w, "by", line->by);
    put_member(&w, "error", nvt_err_name(f->err));
    if (f->http_status != 0U) {
        nvt_json_name(&w, NVT_LIT("http_status"));
        nvt_json_put_int(&w, f->http_status);
        put_member(&w, "code", f->code);
    }
    put_member(&w, "field", nvt_utf8_check(nvt_span_str(f->field)) == NVT_OK ? f->field : "");
    put_member(&w, "reason",
               nvt_utf8_check(nvt_span_str(line->reason)) == NVT_OK ? line->reason : "");
    if (line->unsure) {
        nvt_json_name(&w, NVT_LIT("may_have_arrived"));
        nvt_json_put_bool(&w, true);
        put_member(&w, "note",
                   "the server failed on it; it may have arrived: look it up with "
                   "`navette journey status`");
    }
    bool shown = refused_put_journey(&w, line->text);
    nvt_json_end_object(&w);
    nvt_buf_put_byte(out, (uint8_t)'\n');
    return nvt_json_writer_end(&w) == NVT_OK && shown;
}

static void put_record(struct refused *r, const struct refused_line *line,
                       const struct nvt_failure *f)
{
    static uint8_t mem[8U * CLI_LINE_MAX];
    struct nvt_buf b;
    if (r->file == NULL) {
        return;
    }
    nvt_buf_init(&b, mem, sizeof mem);
    (void)refused_record(&b, line, f);
    (void)fwrite(b.ptr, 1U, b.len, r->file);
    r->count++;
}

void refused_fault(struct refused *r, const struct lines *l, const struct line_fault *f)
{
    struct refused_line line = {l->number, "check", f->reason, NVT_LIT(""), false};
    struct nvt_failure failure = f->failure;
    failure.err = f->err;
    failure.http_status = 0;
    line.text = nvt_span_of(l->text, l->too_long ? 0U : l->len);
    put_record(r, &line, &failure);
}

void refused_sent(struct refused *r, const struct refused_line *line, const struct nvt_failure *f)
{
    put_record(r, line, f);
}

int refused_close(struct refused *r)
{
    if (r->file == NULL) {
        return CLI_OK;
    }
    bool bad = fflush(r->file) != 0 || ferror(r->file) != 0;
    bad = fclose(r->file) != 0 || bad;
    r->file = NULL;
    if (r->count == 0U && r->is_new) {
        (void)unlink(r->path);
    }
    if (bad) {
        say("%s was not written to its end: check the disk", r->path);
        return CLI_INPUT;
    }
    return CLI_OK;
}
