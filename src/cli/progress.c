/* SPDX-License-Identifier: Apache-2.0 */
/* How far a run is: a bar on a terminal, a plain line every few seconds elsewhere. */
#include "journeys.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define BAR_MS 100U
#define LINE_MS 2000U
#define BAR_WIDTH 24U

struct figures {
    unsigned long done;
    unsigned percent; /* 101: not known */
    unsigned long per_s;
    unsigned long left_s; /* with percent */
};

/* How much of the file is done with: lines that are open count for nothing. */
static uint64_t offset_done(const struct run *r, unsigned long done)
{
    uint64_t all = (uint64_t)done + r->open_count + (r->held_line ? 1U : 0U);
    if (all == 0U) {
        return r->lines.offset; /* blank lines alone */
    }
    return r->lines.offset / all * done + r->lines.offset % all * done / all;
}

static void figure(const struct run *r, struct figures *f)
{
    uint64_t took_ms = session_now_ms(&r->session) - r->start_ms;
    (void)memset(f, 0, sizeof *f);
    f->done = r->done;
    f->per_s = took_ms == 0U ? 0U : (unsigned long)((uint64_t)f->done * 1000U / took_ms);
    f->percent = 101U;
    if (r->lines.size > 0U && r->lines.offset <= r->lines.size) {
        uint64_t offset = offset_done(r, f->done);
        f->percent = (unsigned)(offset * 100U / r->lines.size);
        if (offset > 0U) {
            f->left_s = (unsigned long)(took_ms * (r->lines.size - offset) / offset / 1000U);
        }
    }
}

/* A line that is too long for the terminal would not be overwritten by the next. */
static int room(void)
{
    struct winsize size;
    bool told = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1U;
    return told ? (int)size.ws_col - 1 : 79;
}

static void bar(const struct run *r, const struct figures *f)
{
    char cells[BAR_WIDTH + 1U];
    char text[256];
    const char *note = r->note == NULL ? "" : r->note;
    const char *gap = r->note == NULL ? "" : "  ";
    for (unsigned i = 0; i < BAR_WIDTH; i++) {
        cells[i] = i < f->percent * BAR_WIDTH / 100U ? '#' : '.';
    }
    cells[BAR_WIDTH] = '\0';
    if (f->percent > 100U) {
        (void)snprintf(text, sizeof text, "%lu journeys  %lu/s%s%s", f->done, f->per_s, gap, note);
    } else {
        (void)snprintf(text, sizeof text, "[%s] %3u %%  %lu journeys  %lu/s  %lu s to go%s%s",
                       cells, f->percent, f->done, f->per_s, f->left_s, gap, note);
    }
    (void)fprintf(stderr, "\r\033[K%.*s", room(), text);
    (void)fflush(stderr);
}

static void line(const struct run *r, const struct figures *f)
{
    const char *note = r->note == NULL ? "" : r->note;
    const char *comma = r->note == NULL ? "" : ", ";
    if (f->percent > 100U) {
        say("%lu journeys, %lu/s%s%s", f->done, f->per_s, comma, note);
    } else {
        say("%u %%, %lu journeys, %lu/s, %lu s to go%s%s", f->percent, f->done, f->per_s, f->left_s,
            comma, note);
    }
}

void progress_tick(void *run)
{
    struct run *r = (struct run *)run;
    struct figures f;
    uint64_t now = session_now_ms(&r->session);
    if (now - r->shown_ms < (r->terminal ? BAR_MS : LINE_MS)) {
        return;
    }
    r->shown_ms = now;
    figure(r, &f);
    if (r->terminal) {
        bar(r, &f);
    } else {
        line(r, &f);
    }
}

/* One that can erase a line. */
static bool is_terminal(void)
{
    const char *term = getenv("TERM");
    return isatty(STDERR_FILENO) == 1 && term != NULL && strcmp(term, "dumb") != 0;
}

void progress_start(struct run *r)
{
    r->terminal = is_terminal();
    r->shown_ms = session_now_ms(&r->session);
    r->start_ms = r->shown_ms;
    r->session.tick = progress_tick;
    r->session.tick_ctx = r;
    if (!r->terminal) {
        say("%s %s: %s", r->doing, r->lines.name, r->session.client.origin.host);
    }
}

void progress_clear(struct run *r)
{
    if (r->terminal) {
        (void)fputs("\r\033[K", stderr);
        r->shown_ms = 0;
    }
}

void progress_end(struct run *r)
{
    struct figures f;
    r->end_ms = session_now_ms(&r->session);
    r->note = NULL;
    figure(r, &f);
    if (r->terminal) {
        bar(r, &f);
        (void)fputc('\n', stderr);
    } else {
        line(r, &f);
    }
}
