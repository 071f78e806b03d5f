/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A run over the lines of a file: each becomes an entry of a spool in memory, from which the
 * library's uplink sends it as it does for the service. So a line that the server fails on, or that
 * is before its time, holds up no other one, and what may have arrived is looked up.
 */
#include "journeys.h"

#include <stdarg.h>

#define RETRY_FOR_MAX_S 604800U

/* For the answer to what is under way when a signal comes. */
#define GRACE_MS 3000U

#define TICK_MS 200U

/* When a known line is asked about although the wait is not over. */
#define LOOK_MS 1000U

/* How often another line is tried where the first one says that none would fare better. */
#define OTHERS_MAX 4U

/* A file of lines that are none must not keep answers waiting. */
#define LINES_A_TURN 64U

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

/* What failed last, as if the session's own call had met it. */
static const struct nvt_failure *last_failure(struct run *r)
{
    struct nvt_outcome *o = &r->session.call.outcome;
    o->failure = r->uplink.state.last;
    o->verdict = NVT_RETRY;
    return &o->failure;
}

static void stop_at_failure(struct run *r, const char *more)
{
    const struct nvt_failure *f = last_failure(r);
    bool hopeless = r->uplink.state.link == NVT_UPLINK_BLOCKED;
    char text[512];
    describe(text, sizeof text, f);
    stop(r, hopeless ? exit_of_err(f->err) : exit_of(&r->session.call.outcome), f->err,
         "line %lu (%s): %s%s", outbox_first(r), r->session.client.origin.host, text, more);
}

static void stop_at_signal(struct run *r)
{
    stop(r, CLI_INTERRUPTED, NVT_E_CANCELLED,
         "stopped by a signal: run the same command again, what was delivered counts as duplicate");
}

/* ---- lines in ---- */

/* False when no line is there, or none can be taken now. */
static bool take_line(struct run *r)
{
    if (!r->held_line) {
        enum lines_got got = lines_try(&r->lines);
        r->at_end = got == LINES_END;
        if (got != LINES_LINE) {
            return false;
        }
        if (!r->take(r, &r->entry)) {
            r->done++;
            r->last_done = r->lines.number;
            return true;
        }
    }
    r->held_line = !outbox_put(r);
    return !r->held_line;
}

/* True: more could be taken at once. */
static bool take_lines(struct run *r)
{
    unsigned left = LINES_A_TURN;
    while (left > 0U && !r->at_end && !outbox_is_filled(r) && !signals_stop() && take_line(r)) {
        progress_tick(r);
        left--;
    }
    return left == 0U;
}

/* ---- the way out ---- */

/* The credentials, the certificate or the address are at fault: no line would fare better, and
 * waiting mends nothing. */
static bool is_hopeless(const struct run *r)
{
    const struct nvt_uplink_state *u = &r->uplink.state;
    int code = exit_of_err(u->last.err);
    bool met = u->count.handshakes + u->count.resumptions > 0U;
    if (u->link == NVT_UPLINK_BLOCKED) {
        return code == CLI_AUTH || code == CLI_CONFIG || code == CLI_TLS || code == CLI_LOGIN ||
               code == CLI_INPUT || u->last.err == NVT_E_REDIRECT;
    }
    return !met && (u->last.err == NVT_E_NET_NAME ||
                    (code == CLI_TLS && u->last.err != NVT_E_TLS_TRUNCATED));
}

static void stop_waiting(struct run *r, uint64_t now_ms)
{
    char more[128];
    const struct nvt_uplink_state *u = &r->uplink.state;
    bool waits = u->link != NVT_UPLINK_UP && u->resume_ms > now_ms;
    char when[32] = "";
    if (waits) {
        (void)snprintf(when, sizeof when, " in %llu s",
                       (unsigned long long)((u->resume_ms - now_ms + 999U) / 1000U));
    }
    (void)snprintf(more, sizeof more, "; run it again%s, or allow more with --retry-for", when);
    stop_at_failure(r, more);
}

static const char *note_of(const struct nvt_failure *f)
{
    bool quota = f->http_status == 429U || f->err == NVT_E_GRANT_QUOTA || f->err == NVT_E_QUOTA;
    return quota ? "waiting for the quota" : "waiting to try again";
}

/* Since when nothing gets through although there is something to send, 0: it does. What fails by
 * itself does not count as long as the system answers at all. */
static uint64_t down_since(const struct run *r, uint64_t now_ms)
{
    const struct nvt_uplink_state *u = &r->uplink.state;
    if (u->link == NVT_UPLINK_UP && u->deferred == 0U) {
        return 0;
    }
    uint64_t since_ms = r->down_ms == 0U ? now_ms : r->down_ms;
    return u->last_ok_ms > since_ms ? u->last_ok_ms : since_ms;
}

/* ---- whether the system is well ---- */

/* A question would wait for the token that a line's call is getting, and that for the question. */
static bool gets_token(const struct run *r)
{
    struct nvt_progress p;
    bool gets = false;
    for (uint32_t i = 0; i < r->lane_count; i++) {
        nvt_call_progress(&r->lanes[i].call, &p);
        gets = gets || p.phase == NVT_CALL_TOKEN;
    }
    return gets;
}

/* Asks about a line that it has. */
static bool is_well(struct run *r)
{
    static union {
        uint64_t align;
        void *pointer;
        uint8_t bytes[NVT_UPLINK_REQUEST_CAP];
    } request;
    struct nvt_call *call = &r->session.call;
    (void)memset(&request, 0, sizeof request);
    if (r->known_len == 0U ||
        r->kind->ask(call, request.bytes, nvt_span_of(r->known, r->known_len)) != NVT_OK) {
        return false;
    }
    nvt_conn_close(&call->conn); /* a kept one may have ended */
    session_run(&r->session);
    return r->kind->known(call, request.bytes) == NVT_UPLINK_THERE;
}

/* Nothing came of it that the system was found well, though each line had its tries. */
static bool is_in_vain(struct run *r)
{
    uint32_t retries = r->uplink.state.count.retries;
    if (r->vouched_retries == 0U || r->done != r->vouched_done) {
        r->vouched_done = r->done;
        r->vouched_retries = retries;
    }
    return retries - r->vouched_retries > 4U * (uint32_t)(r->open_count + 1U);
}

/* Where the system is well although lines fail, they do so of themselves: those that have had their
 * tries are given up, and the rest goes on. */
static bool goes_on(struct run *r)
{
    const struct nvt_uplink *u = &r->uplink;
    bool own = u->state.link == NVT_UPLINK_UP || u->doubted;
    bool well = own && !is_in_vain(r) && is_well(r);
    uint64_t now_ms = session_now_ms(&r->session);
    if (well) {
        nvt_uplink_vouch(&r->uplink);
        r->down_ms = now_ms;
    } else {
        r->looked_ms = now_ms;
    }
    return well;
}

/* There is no need to wait for long while the next line has no room, or where a row of lines that
 * failed looks like an outage. */
static bool is_time_to_look(const struct run *r, uint64_t now_ms)
{
    const struct nvt_uplink *u = &r->uplink;
    bool up = u->state.link == NVT_UPLINK_UP;
    bool full = up && r->held_line && u->vouched_next != r->spool.now.next;
    uint64_t ago_ms = now_ms - r->looked_ms;
    bool seldom = r->looked_ms <= r->down_ms || ago_ms >= r->looked_ms - r->down_ms;
    return (full || (!up && u->doubted)) && seldom && now_ms - r->down_ms >= LOOK_MS;
}

/* A redirect or an empty 404 may be the line's own: what would end the run is seen with others. */
static bool try_another(struct run *r)
{
    nvt_err err = r->uplink.state.last.err;
    bool tries = (err == NVT_E_REDIRECT || err == NVT_E_ROUTE) && r->open_count > 1U &&
                 r->others_tried < OTHERS_MAX;
    if (tries) {
        r->others_tried++;
        nvt_uplink_resume(&r->uplink);
        r->uplink.newest = true;
    }
    return tries;
}

/* Nothing gets through: whether it is still worth waiting for. */
static void judge_wait(struct run *r, uint64_t now_ms)
{
    const struct nvt_uplink_state *u = &r->uplink.state;
    uint64_t give_up_ms = r->down_ms + (uint64_t)r->retry_for_s * 1000U;
    bool waits = u->link == NVT_UPLINK_HELD || u->link == NVT_UPLINK_BLOCKED;
    bool over = now_ms >= give_up_ms || (waits && u->resume_ms > give_up_ms);
    bool hopeless = is_hopeless(r);
    bool looks = (over || hopeless || is_time_to_look(r, now_ms)) && !gets_token(r);
    if (!looks || goes_on(r) || signals_stop()) {
        return;
    }
    if (hopeless && !try_another(r)) {
        stop_at_failure(r, "");
    } else if (over && !hopeless) {
        stop_waiting(r, session_now_ms(&r->session));
    } else {
        /* it may come back */
    }
}

static void watch_link(struct run *r)
{
    const struct nvt_uplink_state *u = &r->uplink.state;
    uint64_t now_ms = session_now_ms(&r->session);
    r->down_ms = down_since(r, now_ms);
    r->note = u->link == NVT_UPLINK_UP ? NULL : note_of(&u->last);
    if (r->down_ms != 0U) {
        judge_wait(r, now_ms);
    }
}

/* The line whose attempt failed last, 0: not known. */
static unsigned long line_that_failed(const struct run *r)
{
    const struct nvt_failure *last = &r->uplink.state.last;
    unsigned long number = 0;
    for (uint32_t i = 0; i < r->lane_count && number == 0U; i++) {
        const struct nvt_uplink_lane *lane = &r->lanes[i];
        if (lane->call.outcome.failure.err == last->err) {
            number = outbox_line_of(r, lane);
        }
    }
    return number;
}

static void say_retries(struct run *r)
{
    const struct nvt_uplink_state *u = &r->uplink.state;
    if (u->count.retries != r->retries_said && r->settings.verbose > 0U) {
        unsigned long number = line_that_failed(r);
        progress_clear(r);
        say("line %lu: %s; trying again", number == 0U ? outbox_first(r) : number,
            nvt_err_text(u->last.err));
    }
    r->retries_said = u->count.retries;
}

/* ---- the loop ---- */

/* Whether the answer to a request that has gone out may still come. */
static bool is_out(const struct run *r)
{
    bool out = false;
    for (uint32_t i = 0; i < r->lane_count; i++) {
        out = out || session_is_out(&r->lanes[i].call);
    }
    return out;
}

/* What has gone out gets a moment for its answer: its outcome is better known. */
static bool obey_signal(struct run *r)
{
    uint64_t now_ms = session_now_ms(&r->session);
    if (r->stop_ms == 0U) {
        r->stop_ms = now_ms + GRACE_MS;
        nvt_uplink_stop(&r->uplink);
    }
    return now_ms < r->stop_ms && is_out(r);
}

/* For further lines, a signal, and the next look at the time. */
static void own_waits(const struct run *r, bool more, struct nvt_wait out[2])
{
    (void)memset(out, 0, 2U * sizeof out[0]);
    out[0].until_ms = more ? 0U : session_now_ms(&r->session) + TICK_MS;
    out[1].until_ms = UINT64_MAX;
    /* Once it has come, the pipe stays readable. */
    if (signals_fd() >= 0 && !signals_stop()) {
        out[0].on[0].sock = (nvt_sock)signals_fd();
        out[0].on[0].events = NVT_WAIT_READ;
        out[0].count = 1U;
    }
    if (!r->at_end && !r->held_line && r->stop_ms == 0U) {
        out[1].on[0].sock = (nvt_sock)fileno(r->lines.file);
        out[1].on[0].events = NVT_WAIT_READ;
        out[1].count = 1U;
    }
}

static bool is_over(const struct run *r)
{
    return r->at_end && !r->held_line && r->open_count == 0U;
}

/* One step of everything and the wait behind it; false when the run is over. */
static bool turn(struct run *r)
{
    struct nvt_wait waits[SEND_LANES_MAX + 3U];
    size_t n = 0;
    if (signals_stop() && !obey_signal(r)) {
        return false;
    }
    bool more = take_lines(r);
    mask_learn_tokens(&r->session.client);
    (void)nvt_uplink_step(&r->uplink, waits, SEND_LANES_MAX + 1U, &n); /* memory does not fail */
    outbox_watch(r);
    say_retries(r);
    watch_link(r);
    progress_tick(r);
    bool stopped = r->stop_ms != 0U && r->uplink.state.busy == 0U;
    if (r->code != CLI_OK || stopped || is_over(r)) {
        return false;
    }
    own_waits(r, more, &waits[n]);
    (void)nvt_posix_wait(&r->session.posix, waits, n + (outbox_is_filled(r) ? 1U : 2U));
    return true;
}

static void send_all(struct run *r)
{
    while (turn(r)) {
    }
    if (signals_stop() && !is_over(r)) {
        stop_at_signal(r);
    }
    if (r->code == CLI_OK && r->lines.failed) {
        stop(r, CLI_INPUT, NVT_OK, "%s cannot be read to its end: check the disk", r->lines.name);
    }
}

/* What the run has cost, where the session and the report look for it. */
static void take_figures(struct run *r)
{
    const struct nvt_uplink_counters *c = &r->uplink.state.count;
    struct nvt_call *call = &r->session.call;
    call->conn.stats.handshakes += c->handshakes;
    call->conn.stats.resumptions += c->resumptions;
    call->conn.stats.bytes_out += c->bytes_out;
    call->conn.stats.bytes_in += c->bytes_in;
    for (uint32_t i = 0; i < r->lane_count; i++) {
        call->token_requests += r->lanes[i].call.token_requests;
    }
    r->session.calls += c->attempts;
    r->session.busy_ms = r->end_ms - r->start_ms;
}

int run_all(struct run *r)
{
    int code = outbox_open(r);
    if (code == CLI_OK) {
        progress_start(r);
        send_all(r);
        progress_end(r);
        take_figures(r);
        nvt_uplink_free(&r->uplink);
    }
    return code;
}

int run_say_stop(struct run *r)
{
    if (r->code != CLI_OK) {
        say("%s", r->stopped);
        if (r->err == r->session.call.outcome.failure.err) {
            say_hint(&r->session);
        }
    }
    return r->code;
}

static int load_numbers(struct run *r, const struct args *a)
{
    r->retry_for_s = 300U;
    r->lane_count = 1U;
    if (a->retry_for != NULL && !parse_count(a->retry_for, RETRY_FOR_MAX_S, &r->retry_for_s)) {
        return fail(a->json, CLI_USAGE, NVT_OK, "--retry-for takes seconds from 1 to %u",
                    (unsigned)RETRY_FOR_MAX_S);
    }
    if (a->connections != NULL && !parse_count(a->connections, SEND_LANES_MAX, &r->lane_count)) {
        return fail(a->json, CLI_USAGE, NVT_OK, "--connections takes a number from 1 to %u",
                    (unsigned)SEND_LANES_MAX);
    }
    return CLI_OK;
}

int run_open(struct run *r, const struct args *a)
{
    int code = load_numbers(r, a);
    if (code == CLI_OK) {
        code = settings_load(&r->settings, &nvt_rpc_profile, a);
    }
    return code == CLI_OK ? lines_open(&r->lines, a->word[0], a->json) : code;
}
