/* SPDX-License-Identifier: Apache-2.0 */
/*
 * navette journey send: line by line over one kept-alive connection. A journey carries its own key
 * (operator_journey_id), so one whose outcome is not known is simply sent again: what the registry
 * has already answers 409, a duplicate.
 */
#include "journeys.h"

#include <stdarg.h>

#define RETRY_FOR_MAX_S 604800U

/* Before a journey with unknown outcome is sent again. */
#define UNKNOWN_PAUSE_MS 1000U

/* For the answer to the journey under way when a signal comes. */
#define GRACE_MS 3000U

/* ---- stopping early ---- */

static void stop(struct run *r, int code, nvt_err err, const char *format, ...) CLI_PRINTF(4, 5);

static void stop(struct run *r, int code, nvt_err err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    // NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): taken over from a file analysed before
    (void)vsnprintf(r->stopped, sizeof r->stopped, format, args);
    va_end(args);
    r->code = code;
    r->err = err;
}

static void stop_at_outcome(struct run *r, const char *more)
{
    const struct nvt_outcome *o = &r->session.call.outcome;
    char text[512];
    describe(text, sizeof text, &o->failure);
    stop(r, exit_of(o), o->failure.err, "line %lu (%s): %s%s", r->lines.number,
         r->session.client.origin.host, text, more);
}

static void stop_at_signal(struct run *r)
{
    stop(r, CLI_INTERRUPTED, NVT_E_CANCELLED,
         "stopped by a signal: run the same command again, what was delivered counts as duplicate");
}

/* ---- one journey ---- */

/* The credentials, the server's certificate or its address are at fault: no other journey would
 * fare better. */
static bool is_hopeless(const struct run *r)
{
    const struct nvt_outcome *o = &r->session.call.outcome;
    int code = exit_of(o);
    if (o->verdict == NVT_REFUSED) {
        return code == CLI_AUTH || code == CLI_CONFIG || code == CLI_TLS ||
               o->failure.err == NVT_E_REDIRECT;
    }
    const struct nvt_conn_stats *stats = &r->session.call.conn.stats;
    if (stats->handshakes + stats->resumptions == 0U) {
        return code == CLI_NETWORK || code == CLI_TLS;
    }
    return !r->reached && code == CLI_ANSWER && o->failure.err != NVT_E_HTTP_TRUNCATED;
}

static void count_refused(struct run *r)
{
    const struct nvt_failure *f = &r->session.call.outcome.failure;
    const char *text = f->message[0] == '\0' ? nvt_err_text(f->err) : f->message;
    r->refused_count++;
    reasons_add(&r->refusals, f->http_status, f->code, text, r->lines.number);
    refused_by_registry(&r->refused, &r->lines, f);
    if (r->settings.verbose > 0U) {
        progress_clear(r);
        say("line %lu: refused: %u %s %s", r->lines.number, (unsigned)f->http_status, f->code,
            text);
    }
}

/* When this journey may be tried again; 0: not within the time allowed. */
static uint64_t next_try_ms(const struct run *r, uint64_t give_up_ms)
{
    const struct nvt_outcome *o = &r->session.call.outcome;
    uint64_t now = session_now_ms(&r->session);
    uint64_t at = o->verdict == NVT_RETRY ? o->retry_at_ms : now + UNKNOWN_PAUSE_MS;
    return at <= give_up_ms ? at : 0U;
}

static void stop_waiting(struct run *r)
{
    const struct nvt_outcome *o = &r->session.call.outcome;
    uint64_t now = session_now_ms(&r->session);
    char more[128];
    unsigned long long wait_s = o->verdict == NVT_RETRY && o->retry_at_ms > now
                                    ? (unsigned long long)((o->retry_at_ms - now + 999U) / 1000U)
                                    : 0U;
    (void)snprintf(more, sizeof more, "; run it again in %llu s, or allow more with --retry-for",
                   wait_s);
    stop_at_outcome(r, more);
}

static void pause_until(struct run *r, uint64_t at_ms)
{
    const struct nvt_failure *f = &r->session.call.outcome.failure;
    r->note = f->http_status == 429U || f->err == NVT_E_GRANT_QUOTA ? "waiting for the quota"
                                                                    : "waiting to try again";
    if (r->settings.verbose > 0U) {
        progress_clear(r);
        say("line %lu: %s; trying again in %llu ms", r->lines.number, nvt_err_text(f->err),
            (unsigned long long)(at_ms - session_now_ms(&r->session)));
    }
    session_wait(&r->session, at_ms);
    r->note = NULL;
    r->repeats++;
}

/* True when the journey must be sent again. */
static bool settle(struct run *r, uint64_t give_up_ms)
{
    const struct nvt_outcome *o = &r->session.call.outcome;
    r->reached = r->reached || o->status != 0U;
    if (signals_stop() && o->failure.err == NVT_E_CANCELLED) {
        stop_at_signal(r);
    } else if (o->verdict == NVT_DELIVERED) {
        r->delivered++;
    } else if (o->verdict == NVT_DUPLICATE) {
        r->duplicate++;
    } else if (is_hopeless(r)) {
        stop_at_outcome(r, "");
    } else if (o->verdict == NVT_REFUSED) {
        count_refused(r);
    } else {
        uint64_t at = next_try_ms(r, give_up_ms);
        if (at != 0U) {
            pause_until(r, at);
            return true;
        }
        stop_waiting(r);
    }
    return false;
}

static void send_one(struct run *r)
{
    struct session *s = &r->session;
    uint64_t give_up_ms = session_now_ms(s) + (uint64_t)r->retry_for_s * 1000U;
    bool again = true;
    r->open = true;
    const struct nvt_span line = nvt_span_of(r->lines.text, r->lines.len);
    while (again && !signals_stop()) {
        nvt_err err = journey_api_is_v2() ? nvt_rpc_v2_send(&s->call, &r->request, line)
                                          : nvt_rpc_send(&s->call, &r->request, line);
        if (err != NVT_OK) {
            stop(r, exit_of_err(err), err, "line %lu: %s", r->lines.number, nvt_err_text(err));
            return;
        }
        session_run(s);
        again = settle(r, give_up_ms);
    }
    if (again) {
        stop_at_signal(r);
    }
    r->open = r->code != CLI_OK;
}

/* ---- all of them ---- */

static void set_aside(struct run *r, const struct line_fault *f)
{
    r->set_aside_count++;
    reasons_add(&r->set_aside, 0U, "", f->reason, r->lines.number);
    refused_fault(&r->refused, &r->lines, f);
    progress_clear(r);
    say("line %lu: %s", r->lines.number, f->reason);
}

static void send_all(struct run *r)
{
    struct line_fault fault;
    while (r->code == CLI_OK && !signals_stop() && lines_next(&r->lines)) {
        if (journey_check_line(&r->lines, session_wall_s(&r->session), &fault) != NVT_OK) {
            set_aside(r, &fault);
        } else {
            send_one(r);
        }
        progress_tick(r);
    }
    if (r->code == CLI_OK && signals_stop()) {
        stop_at_signal(r);
    }
    if (r->code == CLI_OK && r->lines.failed) {
        stop(r, CLI_INPUT, NVT_OK, "%s can not be read to its end: check the disk", r->lines.name);
    }
}

static int conclude(struct run *r)
{
    int code = refused_close(&r->refused);
    bool partly = r->refused_count + r->set_aside_count > 0U;
    if (r->code != CLI_OK) {
        say("%s", r->stopped);
        if (r->err == r->session.call.outcome.failure.err) {
            say_hint(&r->session);
        }
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
    code = open_refused(r, a);
    if (code == CLI_OK) {
        r->session.grace_ms = GRACE_MS;
        progress_start(r);
        send_all(r);
        progress_end(r);
        code = conclude(r);
    }
    session_close(&r->session);
    return code;
}

int cmd_journey_send(const struct args *a)
{
    static struct run r;
    r.retry_for_s = 300U;
    if (a->retry_for != NULL && !parse_count(a->retry_for, RETRY_FOR_MAX_S, &r.retry_for_s)) {
        return fail(a->json, CLI_USAGE, NVT_OK, "--retry-for takes seconds from 1 to %u",
                    (unsigned)RETRY_FOR_MAX_S);
    }
    int code = settings_load(&r.settings, &nvt_rpc_profile, a);
    if (code == CLI_OK) {
        code = lines_open(&r.lines, a->word[0], a->json);
    }
    if (code == CLI_OK) {
        code = run(&r, a);
        lines_close(&r.lines);
    }
    return code;
}
