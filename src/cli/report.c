/* SPDX-License-Identifier: Apache-2.0 */
/* The table at the end of a run, for people and for machines. */
#include "journeys.h"

struct totals {
    unsigned long done;
    uint64_t took_ms;
    uint64_t per_s_x10;
    size_t memory; /* fixed memory of client, call and journeys on their way */
};

static void total(const struct run *r, struct totals *t)
{
    t->done = r->delivered + r->duplicate + r->refused_count + r->failed_count;
    t->took_ms = r->end_ms - r->start_ms;
    t->per_s_x10 = t->took_ms == 0U ? 0U : (uint64_t)t->done * 10000U / t->took_ms;
    t->memory = sizeof r->session.client + outbox_size(r) + r->lines.peak;
}

static void print_reason(const struct reason *g)
{
    (void)printf("  %8lu  ", g->count);
    if (g->http_status != 0U) {
        (void)printf("%u %s ", g->http_status, g->code);
    }
    put_text(stdout, nvt_span_str(g->text), false);
    (void)printf("  (line");
    unsigned long shown = g->count < REASON_LINES ? g->count : REASON_LINES;
    for (unsigned long i = 0; i < shown; i++) {
        (void)printf("%s %lu", i == 0U ? (g->count > 1U ? "s" : "") : ",", g->lines[i]);
    }
    (void)printf("%s)\n", g->count > shown ? ", ..." : "");
}

static void print_reasons(const struct reasons *r)
{
    for (size_t i = 0; i < r->count; i++) {
        print_reason(&r->list[i]);
    }
}

static void print_figures(const struct run *r)
{
    const struct nvt_conn_stats *stats = &r->session.call.conn.stats;
    struct totals t;
    total(r, &t);
    (void)printf("time            %llu.%03llu s, %llu.%llu journeys a second\n",
                 (unsigned long long)(t.took_ms / 1000U), (unsigned long long)(t.took_ms % 1000U),
                 (unsigned long long)(t.per_s_x10 / 10U), (unsigned long long)(t.per_s_x10 % 10U));
    (void)printf("bytes           %llu out, %llu in\n", (unsigned long long)stats->bytes_out,
                 (unsigned long long)stats->bytes_in);
    (void)printf("handshakes      %lu full, %lu resumed\n", (unsigned long)stats->handshakes,
                 (unsigned long)stats->resumptions);
    (void)printf("token requests  %lu\n", (unsigned long)r->session.call.token_requests);
    (void)printf("fixed memory    %zu bytes: client %zu, lines under way %zu, longest line %zu "
                 "(of %u)\n",
                 t.memory, sizeof r->session.client, outbox_size(r), r->lines.peak, CLI_LINE_MAX);
}

/* Lines behind the first one that is open may be done with, or have gone out. */
void report_rest(const struct run *r)
{
    struct rest rest;
    outbox_rest(r, &rest);
    if (rest.sent > 0U) {
        (void)printf(
            "unanswered      %lu, the first is line %lu  (sent, and may have arrived: send "
            "the file again)\n",
            rest.sent, rest.first_sent);
    }
    if (rest.first_unsent >= rest.all_unsent_from) {
        (void)printf("not sent        all from line %lu on\n", rest.first_unsent);
    } else if (rest.first_unsent != 0U) {
        (void)printf("not sent        some from line %lu on, all from line %lu on\n",
                     rest.first_unsent, rest.all_unsent_from);
    } else {
        /* all were */
    }
}

void report_print(struct run *r)
{
    (void)printf("delivered       %lu\n", r->delivered);
    (void)printf("duplicate       %lu%s\n", r->duplicate,
                 r->duplicate > 0U ? "  (the registry has them already)" : "");
    (void)printf("refused         %lu\n", r->refused_count);
    print_reasons(&r->refusals);
    (void)printf("failed          %lu%s\n", r->failed_count,
                 r->failed_count == 0U   ? ""
                 : r->failed_count == 1U ? "  (the server failed on it)"
                                         : "  (the server failed on them)");
    print_reasons(&r->failures);
    if (r->unsure_count > 0U) {
        (void)printf(
            "  %8lu  may have arrived all the same: look up with `navette journey status`\n",
            r->unsure_count);
    }
    (void)printf("set aside       %lu%s\n", r->set_aside_count,
                 r->set_aside_count > 0U ? "  (not sent)" : "");
    print_reasons(&r->set_aside);
    if (r->code != CLI_OK) {
        report_rest(r);
    }
    if (r->refused.count > 0U) {
        (void)printf("kept in         %s\n", r->refused.path);
    }
    print_figures(r);
}

/* ---- for machines ---- */

static void json_reasons(const char *name, const struct reasons *r)
{
    out_open_array(name);
    for (size_t i = 0; i < r->count; i++) {
        const struct reason *g = &r->list[i];
        out_open_object(NULL);
        out_int("count", (int64_t)g->count);
        out_int("http_status", g->http_status);
        out_str("code", g->code);
        out_str("reason", g->text);
        out_open_array("lines");
        for (unsigned long k = 0; k < g->count && k < REASON_LINES; k++) {
            out_int(NULL, (int64_t)g->lines[k]);
        }
        out_close_array();
        out_close_object();
    }
    out_close_array();
}

static void json_figures(const struct run *r)
{
    const struct nvt_conn_stats *stats = &r->session.call.conn.stats;
    struct totals t;
    total(r, &t);
    out_int("time_ms", (int64_t)t.took_ms);
    out_int("bytes_out", (int64_t)stats->bytes_out);
    out_int("bytes_in", (int64_t)stats->bytes_in);
    out_int("handshakes", stats->handshakes);
    out_int("resumptions", stats->resumptions);
    out_int("token_requests", r->session.call.token_requests);
    out_int("repeats", r->uplink.state.count.retries);
    out_int("fixed_memory", (int64_t)t.memory);
    out_int("longest_line", (int64_t)r->lines.peak);
}

static void json_rest(const struct run *r)
{
    struct rest rest;
    outbox_rest(r, &rest);
    out_int("unanswered", (int64_t)rest.sent);
    if (rest.sent > 0U) {
        out_int("unanswered_from", (int64_t)rest.first_sent);
    }
    if (rest.first_unsent != 0U) {
        out_int("not_sent_from", (int64_t)rest.first_unsent);
    }
}

void report_json(struct run *r, int code)
{
    out_begin();
    out_bool("ok", code == CLI_OK);
    out_int("exit", code);
    out_int("delivered", (int64_t)r->delivered);
    out_int("duplicate", (int64_t)r->duplicate);
    out_int("refused", (int64_t)r->refused_count);
    out_int("failed", (int64_t)r->failed_count);
    out_int("may_have_arrived", (int64_t)r->unsure_count);
    out_int("set_aside", (int64_t)r->set_aside_count);
    out_bool("complete", r->code == CLI_OK);
    out_int("last_line", (int64_t)r->lines.number);
    if (r->code != CLI_OK) {
        json_rest(r);
    }
    json_reasons("refusals", &r->refusals);
    json_reasons("failures", &r->failures);
    json_reasons("faults", &r->set_aside);
    out_str("refused_file", r->refused.count > 0U ? r->refused.path : "");
    json_figures(r);
    if (r->code != CLI_OK) {
        out_str("error", r->err == NVT_OK ? "" : nvt_err_name(r->err));
        out_str("message", r->stopped);
    }
    out_end();
}
