/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the checks in order, clocks first, and prints what came of each. */
#include "parts.h"

/* The longest line has 180 characters; one that is longer ends early, between two of its parts. */
enum { LINE_CAP = 224 };

static void put_result(struct nvt_buf *line, nvt_err err)
{
    nvt_buf_put(line, NVT_LIT(" ("));
    nvt_buf_put(line, nvt_span_str(nvt_err_name(err)));
    nvt_buf_put(line, NVT_LIT(" "));
    nvt_buf_put_i64(line, (int64_t)err);
    nvt_buf_put(line, NVT_LIT(")"));
}

static void print(const struct run *r, const char *name)
{
    char text[LINE_CAP];
    struct nvt_buf line;
    nvt_buf_init(&line, text, sizeof text - 1U);
    nvt_buf_put(&line, r->wrong == NULL ? NVT_LIT("ok   ") : NVT_LIT("FAIL "));
    nvt_buf_put(&line, nvt_span_str(name));
    if (r->wrong != NULL) {
        nvt_buf_put(&line, NVT_LIT(": "));
        nvt_buf_put(&line, nvt_span_str(r->wrong));
    }
    if (r->wrong != NULL && r->err != NVT_OK) {
        put_result(&line, r->err);
    }
    text[line.len] = '\0';
    r->print(r->ctx, text);
}

void nvt_selftest_check(struct run *r, const char *name, check_fn check)
{
    r->wrong = NULL;
    r->err = NVT_OK;
    check(r);
    if (r->wrong != NULL) {
        r->failures++;
    }
    print(r, name);
}

unsigned nvt_selftest_port(const struct nvt_selftest *t)
{
    struct run r = {.t = t, .port = t->port, .print = t->print, .ctx = t->ctx};
    nvt_selftest_clocks(&r);
    if (r.failures > 0U) {
        return r.failures; /* no deadline could be trusted */
    }
    nvt_selftest_entropy(&r);
    if (t->host != NULL) {
        nvt_selftest_names(&r);
        nvt_selftest_sockets(&r);
    }
    return r.failures;
}
