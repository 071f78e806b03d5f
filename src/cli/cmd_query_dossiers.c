/* SPDX-License-Identifier: Apache-2.0 */
/* navette query dossiers: all pages, one line for each dossier */
#include "cmd_query.h"
#include "cursor_file.h"

#include <sys/stat.h>
#include <unistd.h>

#define RETRY_S 60U
#define FIRST 25U

static struct query query;

struct listing {
    struct nvt_demarches_filter filter;
    struct nvt_demarches_dossiers it;
    uint32_t limit, wait_s; /* limit 0: none */
    uint64_t wait_end_ms;   /* for the page under way; 0: it did not fail yet */
    uint64_t printed;
    struct cursor_file place; /* path "": none is kept */
    bool partial;
    int broken; /* exit code when the output or its place cannot be kept */
};

static bool take_count(const char *text, uint32_t max, uint32_t *out)
{
    return text == NULL || parse_count(text, max, out);
}

static int take_numbers(struct listing *l, const struct args *a)
{
    uint32_t first = FIRST;
    l->wait_s = RETRY_S;
    if (!take_count(a->first, 100U, &first)) {
        return fail(a->json, CLI_USAGE, NVT_E_FIELD_RANGE, "--first takes a number to 100");
    }
    if (!take_count(a->limit, UINT32_MAX, &l->limit)) {
        return fail(a->json, CLI_USAGE, NVT_E_FIELD_RANGE, "--limit takes a number");
    }
    if (!take_count(a->retry_for, 86400U, &l->wait_s)) {
        return fail(a->json, CLI_USAGE, NVT_E_FIELD_RANGE, "--retry-for takes seconds to 86400");
    }
    l->filter.first = (uint8_t)first;
    return query_include(a->include == NULL ? "" : a->include, a->json, &l->filter.include);
}

static int take_filter(struct listing *l, const struct args *a)
{
    struct nvt_demarches_filter *f = &l->filter;
    f->state = nvt_span_str(a->state);
    f->updated_since = nvt_span_str(a->updated_since);
    f->after = nvt_span_str(a->after);
    int code = query_number(a->word[0], "NUMBER", a->json, &f->number);
    return code == CLI_OK ? take_numbers(l, a) : code;
}

static int start_listing(struct listing *l, const struct args *a)
{
    nvt_err err = nvt_demarches_dossiers_init(&l->it, &l->filter);
    if (err == NVT_E_CURSOR) {
        return fail(a->json, CLI_USAGE, err,
                    "--after takes the cursor that an earlier run of the same order told: with "
                    "--updated-since they start with u, without with d");
    }
    if (err != NVT_OK) {
        return fail(a->json, CLI_USAGE, err,
                    "--state takes en_construction, en_instruction, accepte, refuse or sans_suite, "
                    "--updated-since a time as 2026-01-31T00:00:00Z");
    }
    return CLI_OK;
}

/* A failure that may pass: waits and says yes, as long as the page's patience lasts. */
static bool worth_waiting(struct listing *l)
{
    const struct nvt_outcome *o = &query.session.call.outcome;
    uint64_t now = session_now_ms(&query.session);
    if (l->wait_end_ms == 0U) {
        l->wait_end_ms = now + (uint64_t)l->wait_s * 1000U;
    }
    uint64_t until = o->retry_at_ms > now ? o->retry_at_ms : now + 1000U;
    if (o->verdict != NVT_RETRY || until > l->wait_end_ms || signals_stop()) {
        return false;
    }
    session_wait(&query.session, until);
    return !signals_stop();
}

static bool keeps_place(const struct listing *l)
{
    return l->place.path[0] != '\0';
}

/* What was printed is out of our hands, and on the disk where it goes into a file. */
static bool output_is_out(const struct listing *l)
{
    struct stat st;
    bool ok = fflush(stdout) == 0 && ferror(stdout) == 0;
    if (ok && keeps_place(l) && fstat(STDOUT_FILENO, &st) == 0 && S_ISREG(st.st_mode)) {
        ok = fsync(STDOUT_FILENO) == 0;
    }
    return ok;
}

/* The time of the service, whose changes bear it. */
static int64_t service_s(void)
{
    struct nvt_http_field field;
    size_t cursor = 0;
    int64_t time_s = session_wall_s(&query.session);
    while (nvt_http_field_next(&query.session.call.response, &cursor, &field)) {
        if (nvt_span_eq_nocase(field.name, NVT_LIT("Date"))) {
            (void)nvt_time_parse_http(field.value, &time_s);
        }
    }
    return time_s;
}

/* Only what is out counts as listed. */
static void settle_page(struct listing *l)
{
    if (!output_is_out(l)) {
        l->broken = fail(query.settings.json, CLI_INPUT, NVT_E_SINK,
                         "standard output cannot be written: check the disk or the pipe behind it");
    } else if (keeps_place(l)) {
        l->broken = cursor_file_keep(&l->place, l->it.cursor, l->it.more, service_s());
    } else {
        l->broken = CLI_OK;
    }
}

static void print_page(struct listing *l)
{
    struct nvt_span dossier;
    while (nvt_demarches_dossiers_next(&l->it, &dossier)) {
        bool wanted =
            keeps_place(l) ? cursor_file_take(&l->place, dossier) : dossier.ptr[0] != (uint8_t)'n';
        if (wanted) {
            query_put(dossier);
            (void)putchar('\n');
            l->printed++;
        }
    }
    settle_page(l);
    l->wait_end_ms = 0;
}

/* Towards --limit: what a run before has printed is passed over. */
static uint64_t counted(const struct listing *l)
{
    return keeps_place(l) ? l->printed : l->it.position;
}

/* NVT_OK with a page printed, NVT_AGAIN to go on without, or what ends the run. */
static nvt_err next_page(struct listing *l)
{
    struct nvt_failure failure;
    if (l->limit > 0U && l->limit - counted(l) < l->it.size) {
        l->it.size = (uint8_t)(l->limit - counted(l));
    }
    nvt_err err = nvt_demarches_dossiers_begin(&query.session.call, &query.request, &l->it);
    if (err != NVT_OK) {
        return err;
    }
    session_run(&query.session);
    query.answer.verdict = query.session.call.outcome.verdict;
    err = nvt_demarches_dossiers_read(&query.session.call, &query.request, &l->it, &failure);
    if (err == NVT_AGAIN && query.settings.verbose > 0U) {
        say("the page was too much (%s): the next has %u dossiers", nvt_err_text(failure.err),
            (unsigned)l->it.size);
    }
    if (err == NVT_OK) {
        print_page(l);
    }
    if (failure.err == NVT_E_GRAPHQL && err == NVT_OK) {
        char about[512];
        describe(about, sizeof about, &failure);
        say("query dossiers: %s", about);
        l->partial = true;
    }
    if (query.session.call.outcome.verdict == NVT_DELIVERED) {
        query.session.call.outcome.verdict = NVT_REFUSED;
    }
    query.session.call.outcome.failure = failure;
    return err;
}

static int put_summary(const struct listing *l, int code)
{
    if (query.settings.json && code != CLI_OK && !l->partial) {
        return code; /* it has been said */
    }
    if (query.settings.json) {
        out_begin();
        out_bool("ok", code == CLI_OK);
        out_int("dossiers", (int64_t)l->printed);
        out_str("cursor", l->it.cursor);
        out_bool("more", l->it.more);
        out_int("exit", code);
        out_end();
    } else if (l->it.more && keeps_place(l)) {
        say("there are more: the next run goes on behind them");
    } else if (l->it.more && l->it.cursor[0] != '\0') {
        say("there are more: go on with --after %s", l->it.cursor);
    } else {
        /* all of them */
    }
    return code;
}

static int list(struct listing *l)
{
    nvt_err err = NVT_OK;
    bool go_on = true;
    while (l->it.more && go_on && (l->limit == 0U || counted(l) < l->limit)) {
        err = next_page(l);
        go_on = l->broken == CLI_OK && (err == NVT_OK || err == NVT_AGAIN || worth_waiting(l));
    }
    if (l->broken != CLI_OK) {
        return l->broken; /* it has been said */
    }
    if (err != NVT_OK) {
        return put_summary(l, query_fail(&query, "query dossiers", err));
    }
    return put_summary(l, l->partial ? CLI_REFUSED : CLI_OK);
}

static int open_place(struct listing *l, const struct args *a)
{
    if (a->cursor_file == NULL) {
        return CLI_OK;
    }
    int code = cursor_file_open(&l->place, a, query.session.client.origin.host, &l->filter);
    return code == CLI_OK ? start_listing(l, a) : code;
}

int cmd_query_dossiers(const struct args *a)
{
    static struct listing l;
    if (a->cursor_file != NULL && a->after != NULL) {
        return fail(a->json, CLI_USAGE, NVT_E_FIELD_BOTH,
                    "--cursor-file keeps the place by itself: leave --after out");
    }
    int code = take_filter(&l, a);
    if (code == CLI_OK) {
        code = start_listing(&l, a);
    }
    if (code == CLI_OK) {
        code = query_open(&query, a, 0U);
    }
    if (code != CLI_OK) {
        return code;
    }
    code = open_place(&l, a);
    if (code == CLI_OK) {
        code = list(&l);
    }
    cursor_file_close(&l.place);
    query_close(&query);
    return code;
}
