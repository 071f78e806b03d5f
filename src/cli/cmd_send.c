/* SPDX-License-Identifier: Apache-2.0 */
/* navette journey send: what becomes of each line of a file. */
#include "journeys.h"

/* ---- what became of a line ---- */

static const char *words_of(const struct nvt_uplink_receipt *rc, char *room, size_t cap)
{
    const struct nvt_failure *f = rc->failure;
    if (f->message[0] != '\0') {
        return f->message;
    }
    if (rc->gave_up || rc->reason.len == 0U) {
        return nvt_err_text(f->err);
    }
    (void)snprintf(room, cap, "%.*s", (int)rc->reason.len, (const char *)rc->reason.ptr);
    return room;
}

static void count_refused(struct run *r, const struct refused_line *line,
                          const struct nvt_failure *f)
{
    r->refused_count++;
    reasons_add(&r->refusals, f->http_status, f->code, line->reason, line->number);
    if (r->settings.verbose > 0U) {
        progress_clear(r);
        say("line %lu: refused: %u %s %s", line->number, (unsigned)f->http_status, f->code,
            line->reason);
    }
}

static void count_failed(struct run *r, const struct refused_line *line,
                         const struct nvt_failure *f)
{
    char text[512];
    r->failed_count++;
    r->unsure_count += line->unsure ? 1U : 0U;
    reasons_add(&r->failures, f->http_status, f->code, line->reason, line->number);
    describe(text, sizeof text, f);
    progress_clear(r);
    say("line %lu: the server failed on it each time: %s%s", line->number, text,
        line->unsure ? "; it may have arrived: look it up with `navette journey status`" : "");
}

/* nvt_uplink_config.settled */
static nvt_err settled(void *run, const struct nvt_uplink_receipt *rc)
{
    struct run *r = (struct run *)run;
    char room[96];
    struct refused_line line = {run_done(r, rc), rc->gave_up ? "server" : "registry", NULL,
                                rc->entry, rc->unsure};
    if (rc->state == NVT_SPOOL_DELIVERED) {
        r->duplicate += rc->duplicate ? 1U : 0U;
        r->delivered += rc->duplicate ? 0U : 1U;
        return NVT_OK;
    }
    line.reason = words_of(rc, room, sizeof room);
    if (rc->gave_up) {
        count_failed(r, &line, rc->failure);
    } else {
        count_refused(r, &line, rc->failure);
    }
    refused_sent(&r->refused, &line, rc->failure);
    return NVT_OK;
}

static void set_aside(struct run *r, const struct line_fault *f)
{
    r->set_aside_count++;
    reasons_add(&r->set_aside, 0U, "", f->reason, r->lines.number);
    refused_fault(&r->refused, &r->lines, f);
    progress_clear(r);
    say("line %lu: %s", r->lines.number, f->reason);
}

/* run.take */
static bool take(struct run *r, struct nvt_span *out_entry)
{
    struct line_fault fault;
    int64_t latest_s = journey_latest_s(&r->uplink, session_now_ms(&r->session));
    if (journey_check_line(&r->lines, latest_s, &fault) != NVT_OK) {
        set_aside(r, &fault);
        return false;
    }
    *out_entry = nvt_span_of(r->lines.text, r->lines.len);
    return true;
}

/* ---- the run ---- */

static int conclude(struct run *r)
{
    int code = refused_close(&r->refused);
    bool partly = r->refused_count + r->failed_count + r->set_aside_count > 0U;
    if (run_say_stop(r) != CLI_OK) {
        code = r->code;
    } else if (code == CLI_OK && partly) {
        code = CLI_PARTLY;
    } else {
        /* all delivered, or the refused file is broken */
    }
    if (r->settings.json) {
        report_json(r, code);
    } else {
        report_print(r);
    }
    return code;
}

/* "FILE.refused" unless named. */
static int open_refused(struct run *r, const struct args *a)
{
    char path[CLI_PATH_CAP + 16U];
    bool from_stdin = strcmp(a->word[0], "-") == 0;
    (void)snprintf(path, sizeof path, "%s.refused", from_stdin ? "journeys" : a->word[0]);
    return refused_open(&r->refused, a->refused != NULL ? a->refused : path, &r->lines, a->json);
}

static int run(struct run *r, const struct args *a)
{
    int code = session_open(&r->session, &r->settings, true);
    if (code != CLI_OK) {
        return code;
    }
    r->kind = journey_api->kind;
    r->take = take;
    r->settled = settled;
    r->doing = "sending";
    code = open_refused(r, a);
    if (code == CLI_OK) {
        code = run_all(r);
    }
    if (code == CLI_OK) {
        code = conclude(r);
    }
    session_close(&r->session);
    return code;
}

int cmd_journey_send(const struct args *a)
{
    static struct run r;
    int code = run_open(&r, a);
    if (code == CLI_OK) {
        code = run(&r, a);
        lines_close(&r.lines);
    }
    return code;
}
