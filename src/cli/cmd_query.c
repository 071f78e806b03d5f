/* SPDX-License-Identifier: Apache-2.0 */
/* navette query run, demarche, dossier, dossiers and check-token */
#include "cmd_query.h"

#include <stdlib.h>

#define ANSWER_MAX ((size_t)16 * 1024 * 1024)
#define TEXT_MAX ((size_t)1024 * 1024)

static struct query query;

/* ---- what all of them share ---- */

static int check_url(const struct settings *s)
{
    struct nvt_span base;
    if (nvt_demarches_url_check(nvt_span_str(s->base_url), &base) == NVT_OK) {
        return CLI_OK;
    }
    return fail(s->json, CLI_CONFIG, NVT_E_URL,
                "the base URL %s has a path that is added anyway, or is not the API's: use %.*s",
                s->base_url, (int)base.len, (const char *)base.ptr);
}

int query_open(struct query *q, const struct args *a, size_t body_len)
{
    size_t body_cap = body_len * 6U + 4096U; /* each byte may need an escape */
    (void)memset(q, 0, sizeof *q);
    int code = settings_load(&q->settings, &nvt_demarches_profile, a);
    if (code == CLI_OK) {
        code = check_url(&q->settings);
    }
    if (code == CLI_OK) {
        code = session_open(&q->session, &q->settings, !a->no_auth);
    }
    if (code != CLI_OK) {
        return code;
    }
    q->rooms = (uint8_t *)malloc(body_cap + ANSWER_MAX);
    if (q->rooms == NULL) {
        session_close(&q->session);
        return fail(a->json, CLI_INPUT, NVT_E_SPACE, "there is no memory for the answer");
    }
    nvt_demarches_init(&q->request, q->rooms, body_cap, q->rooms + body_cap, ANSWER_MAX);
    return CLI_OK;
}

void query_close(struct query *q)
{
    session_close(&q->session);
    free(q->rooms);
}

/* What the answer says counts for more than its status. */
static void correct(struct query *q, const struct nvt_failure *failure)
{
    q->session.call.outcome.failure = *failure;
    q->session.call.outcome.verdict = q->answer.verdict;
}

nvt_err query_run(struct query *q, nvt_err begun)
{
    struct nvt_failure failure;
    if (begun != NVT_OK) {
        return begun;
    }
    session_run(&q->session);
    nvt_err err = nvt_demarches_read(&q->session.call, &q->request, &q->answer, &failure);
    correct(q, &failure);
    return err;
}

int query_fail(struct query *q, const char *what, nvt_err err)
{
    if (q->session.call.outcome.failure.err == err && err != NVT_OK) {
        return fail_outcome(&q->session, what);
    }
    int code = exit_of_err(err);
    return fail(q->settings.json, code == CLI_INPUT ? CLI_USAGE : code, err, "%s: %s", what,
                nvt_err_text(err));
}

/* In JSON, line ends stand between values only. */
void query_put(struct nvt_span json)
{
    struct nvt_span rest = json;
    while (rest.len > 0U) {
        size_t n = 0;
        while (n < rest.len && rest.ptr[n] != (uint8_t)'\n' && rest.ptr[n] != (uint8_t)'\r') {
            n++;
        }
        mask_print(stdout, nvt_span_of(rest.ptr, n));
        if (n < rest.len) {
            (void)putchar(' ');
            n++;
        }
        rest = nvt_span_drop(rest, n);
    }
}

int query_number(const char *text, const char *what, bool json, int32_t *out)
{
    struct nvt_span span = nvt_span_str(text);
    nvt_err err = nvt_demarches_number(span, out);
    nvt_err token = nvt_demarches_token_check(span);
    if (err == NVT_OK) {
        return CLI_OK;
    }
    if (token == NVT_OK || token == NVT_E_CRED_CASE || token == NVT_E_CRED_CUT) {
        return fail(json, CLI_USAGE, err,
                    "%s: that is a token, not a number: it belongs into the token file, and is to "
                    "be made anew if others can have seen this command line",
                    what);
    }
    return fail(json, CLI_USAGE, err,
                "%s takes a number from 1 to 2147483647, as in the address of its page", what);
}

/* ---- answers ---- */

static void put_errors(void)
{
    struct nvt_span rest = query.answer.errors;
    struct nvt_span name;
    struct nvt_span error;
    while (nvt_demarches_walk(&rest, &name, &error)) {
        (void)fputs("navette: GraphQL: ", stderr);
        put_text(stderr, error, false);
        (void)fputc('\n', stderr);
    }
}

/* What there is of the data goes to standard output, in an object of its own with --json. */
static void put_data(struct nvt_span data, bool ok)
{
    if (!query.settings.json) {
        query_put(data);
        (void)putchar('\n');
        return;
    }
    (void)printf("{\"ok\":%s,\"data\":", ok ? "true" : "false");
    query_put(data);
    if (query.answer.errors.len > 0U) {
        (void)fputs(",\"errors\":", stdout);
        query_put(query.answer.errors);
    }
    (void)printf(",\"exit\":%d}\n", ok ? CLI_OK : CLI_REFUSED);
}

/* One request, whose data below path is the answer. */
static int answer(const char *what, nvt_err begun, const char *path)
{
    nvt_err err = query_run(&query, begun);
    if (query.answer.data.len == 0U || (err != NVT_OK && err != NVT_E_GRAPHQL)) {
        return query_fail(&query, what, err);
    }
    put_data(nvt_demarches_find(query.answer.data, path), err == NVT_OK);
    if (err == NVT_OK) {
        return CLI_OK;
    }
    put_errors();
    /* Standard output is taken: what was wrong is told on the other one. */
    query.settings.json = false;
    return query_fail(&query, what, err);
}

/* ---- query run ---- */

struct given {
    uint8_t *text, *variables, *parts;
    struct nvt_demarches_query q;
};

/* By a file that is a whole request, and by an option. */
static int said_twice(const struct args *a, const char *what)
{
    return fail(a->json, CLI_USAGE, NVT_E_FIELD_BOTH,
                "%s is a request that says %s by itself: leave the option out, or take it out of "
                "the file",
                a->word[0], what);
}

static int take_operation(struct given *g, const struct args *a)
{
    if (a->operation == NULL) {
        return CLI_OK;
    }
    if (g->q.operation.len > 0U) {
        return said_twice(a, "operationName");
    }
    g->q.operation = nvt_span_str(a->operation);
    return CLI_OK;
}

static int take_variables(struct given *g, const struct args *a)
{
    size_t len = 0;
    if (a->variables == NULL) {
        return CLI_OK;
    }
    if (g->q.variables.len > 0U) {
        return said_twice(a, "variables");
    }
    g->q.variables = nvt_span_str(a->variables);
    if (a->variables[0] == '@') {
        g->variables = file_read(a->variables + 1, TEXT_MAX, &len, a->json, CLI_INPUT);
        if (g->variables == NULL) {
            return CLI_INPUT;
        }
        g->q.variables = query_drop_bom(nvt_span_of(g->variables, len));
    }
    size_t at = 0;
    nvt_err err = nvt_json_check(g->q.variables, &at);
    if (err != NVT_OK) {
        return fail(a->json, CLI_USAGE, err, "--variables: %s, at byte %zu", nvt_err_text(err), at);
    }
    return CLI_OK;
}

/* GraphQL, or the whole request. */
static int take_text(struct given *g, const struct args *a)
{
    size_t len = 0;
    g->text = file_read(a->word[0], TEXT_MAX, &len, a->json, CLI_INPUT);
    if (g->text == NULL) {
        return CLI_INPUT;
    }
    g->q.text = query_drop_bom(nvt_span_of(g->text, len));
    if (g->q.text.len == 0U) {
        return fail(a->json, CLI_INPUT, NVT_E_FIELD_MISSING, "%s holds no query", a->word[0]);
    }
    return query_is_body(g->q.text)
               ? query_take_body(g->q.text, a->word[0], a->json, &g->q, &g->parts)
               : CLI_OK;
}

static int take_query(struct given *g, const struct args *a)
{
    int code = CLI_OK;
    if ((a->word_count == 1U) == (a->query_id != NULL)) {
        return fail(a->json, CLI_USAGE,
                    a->query_id == NULL ? NVT_E_FIELD_MISSING : NVT_E_FIELD_BOTH,
                    "query run takes either a FILE with a query or --query-id");
    }
    if (a->word_count == 1U) {
        code = take_text(g, a);
    } else {
        g->q.query_id = nvt_span_str(a->query_id);
    }
    g->q.open_data = a->no_auth;
    if (code == CLI_OK) {
        code = take_operation(g, a);
    }
    return code == CLI_OK ? take_variables(g, a) : code;
}

static const char *run_name(nvt_err err)
{
    return err == NVT_E_FIELD_TYPE ? "query run: --variables is no JSON object" : "query run";
}

static int cmd_run(const struct args *a)
{
    struct given g;
    (void)memset(&g, 0, sizeof g);
    int code = take_query(&g, a);
    if (code == CLI_OK) {
        code = query_open(&query, a, g.q.text.len + g.q.variables.len);
    }
    if (code == CLI_OK) {
        nvt_err err = nvt_demarches_query(&query.session.call, &query.request, &g.q);
        code = answer(run_name(err), err, "");
        query_close(&query);
    }
    free(g.text);
    free(g.variables);
    free(g.parts);
    return code;
}

/* ---- query demarche, query dossier ---- */

static int cmd_demarche(const struct args *a)
{
    int32_t number = 0;
    int code = query_number(a->word[0], "NUMBER", a->json, &number);
    if (code == CLI_OK) {
        code = query_open(&query, a, 0U);
    }
    if (code == CLI_OK) {
        code =
            answer("query demarche",
                   nvt_demarches_demarche(&query.session.call, &query.request, number), "demarche");
        query_close(&query);
    }
    return code;
}

/* "champs,messages" */
static unsigned bit_of(const char *name, size_t len)
{
    static const char *const names[] = {"champs", "annotations", "traitements", "instructeurs",
                                        "avis",   "messages",    "corrections", "geometry"};
    for (unsigned i = 0; i < 8U; i++) {
        if (strlen(names[i]) == len && strncmp(names[i], name, len) == 0) {
            return 1U << i;
        }
    }
    return 0U;
}

int query_include(const char *text, bool json, uint8_t *out)
{
    const char *at = text;
    while (*at != '\0') {
        size_t len = strcspn(at, ",");
        unsigned bit = bit_of(at, len);
        if (bit == 0U) {
            return fail(json, CLI_USAGE, NVT_OK,
                        "--include takes some of champs, annotations, traitements, instructeurs, "
                        "avis, messages, corrections, geometry, with commas");
        }
        *out |= (uint8_t)bit;
        at += len + (at[len] == ',' ? 1U : 0U);
    }
    return CLI_OK;
}

static int cmd_dossier(const struct args *a)
{
    int32_t number = 0;
    uint8_t include = 0;
    int code = query_number(a->word[0], "NUMBER", a->json, &number);
    if (code == CLI_OK) {
        code = query_include(a->include == NULL ? "champs,annotations,traitements,messages"
                                                : a->include,
                             a->json, &include);
    }
    if (code == CLI_OK) {
        code = query_open(&query, a, 0U);
    }
    if (code == CLI_OK) {
        code = answer("query dossier",
                      nvt_demarches_dossier(&query.session.call, &query.request, number, include),
                      "dossier");
        query_close(&query);
    }
    return code;
}

/* ---- query check-token ---- */

static int check_token(const struct args *a)
{
    struct settings *set = &query.settings;
    struct nvt_client *client = &query.session.client;
    static struct secrets_extra extra;
    const char *url = set->base_url[0] == '\0' ? NULL : set->base_url;
    nvt_posix_init(&query.session.posix);
    nvt_err err = nvt_client_init(client, set->system, &query.session.posix.port,
                                  &query.session.tls, url, NULL);
    int code = err == NVT_OK
                   ? secrets_load(client, set, &extra)
                   : fail(a->json, CLI_CONFIG, err, "%s: %s", set->base_url, nvt_err_text(err));
    if (code == CLI_OK && set->json) {
        out_begin();
        out_bool("ok", true);
        out_str("host", client->origin.host);
        out_end();
    } else if (code == CLI_OK) {
        (void)printf("the token has the right form; it would be sent to %s\n", client->origin.host);
    } else {
        /* it has been said */
    }
    nvt_client_free(client);
    nvt_posix_free(&query.session.posix);
    return code;
}

static int cmd_check_token(const struct args *a)
{
    int32_t number = 0;
    int code = a->number == NULL ? CLI_OK : query_number(a->number, "--number", a->json, &number);
    if (code == CLI_OK) {
        code = settings_load(&query.settings, &nvt_demarches_profile, a);
    }
    if (code == CLI_OK) {
        code = check_url(&query.settings);
    }
    return code == CLI_OK ? check_token(a) : code;
}

/* ---- the table ---- */

#define DECISION_HELP                                                                              \
    "DOSSIER is its number or its id (the base64 text in answers). When the service refuses, or\n" \
    "its answer is lost, the dossier's state is read: if it is the one wanted, the command has\n"  \
    "done its work.\n"                                                                             \
    "  --instructeur ID  who decides: the id of one of the demarche's instructeurs\n"

#define WORDS_HELP                                                                                 \
    "  --motivation TEXT the reason, for the citizen to read\n"                                    \
    "  --attachment FILE a document to go along\n"                                                 \
    "  --type MEDIA      its media type, when the name does not tell\n"

const struct command query_commands[] = {
    {"query run", "query-id variables operation no-auth", 0, 1, cmd_run, "[FILE|-]",
     "any GraphQL query or mutation",
     "Sends the query in FILE, or one that the service keeps, and prints the data. FILE holds\n"
     "GraphQL, or a request as JSON: {\"query\": ..., \"variables\": ...}; with queryId and\n"
     "operationName too. What it says by itself is no option's to say again. When there are\n"
     "errors too, what there is of the data is printed all the same, the errors go to standard\n"
     "error and the exit code is 7. Whatever may be a mutation is never sent twice. An answer may\n"
     "have up to 16 MiB.\n"
     "  --query-id ID     ds-query-v2, ds-mutation-v2 or introspection instead of FILE\n"
     "  --operation NAME  which of the document's operations\n"
     "  --variables JSON  an object; @FILE reads it from a file\n"
     "  --no-auth         without the token: public descriptors, with --query-id alone\n"
     "\n"
     "Examples:\n"
     "  navette query run --query-id ds-query-v2 --operation getDemarche \\\n"
     "    --variables '{\"demarcheNumber\": 62515, \"includeDossiers\": true, \"first\": 10}'\n"
     "  navette query run query.graphql --variables @variables.json --json\n"
     "  echo '{\"query\": \"{ demarche(number: 62515) { title } }\"}' | navette query run -\n"},
    {"query demarche", "", 1, 1, cmd_demarche, "NUMBER", "one demarche, without its dossiers",
     "Prints it as JSON. NUMBER is the one in the address of its page.\n"
     "\n"
     "Examples:\n"
     "  navette query demarche 62515\n"},
    {"query dossier", "include", 1, 1, cmd_dossier, "NUMBER", "one dossier",
     "Prints it as JSON.\n"
     "  --include LIST    some of champs, annotations, traitements, instructeurs, avis, messages,\n"
     "                    corrections, geometry (champs,annotations,traitements,messages)\n"
     "\n"
     "Examples:\n"
     "  navette query dossier 123456\n"
     "  navette query dossier 123456 --include messages --json\n"},
    {"query dossiers", "state first limit updated-since after cursor-file include retry-for", 1, 1,
     cmd_query_dossiers, "NUMBER", "all dossiers of a demarche, one JSON line each",
     "Walks all pages. A page that the service cannot make in time is asked for again with half\n"
     "the dossiers. With --json a last line tells how many there were, and where to go on.\n"
     "  --state STATE     en_construction, en_instruction, accepte, refuse or sans_suite (all)\n"
     "  --updated-since T changed since then, as 2026-01-31T00:00:00Z, in that order\n"
     "  --first N         dossiers of a page at most (25, up to 100)\n"
     "  --limit N         so many dossiers, then stop\n"
     "  --after CURSOR    go on where an earlier run stopped\n"
     "  --cursor-file F   go on where the last run with F stopped: what was deposited or changed\n"
     "                    since, in the order of the changes, each as it is now. F is written\n"
     "                    after a page is out (on the disk, when that is a file), so that a run\n"
     "                    that is cut off loses nothing: its last page may come again. One file\n"
     "                    for each demarche and state\n"
     "  --include LIST    what else of each, as in query dossier (nothing)\n"
     "  --retry-for S     how long one page is tried again before the run stops (60)\n"
     "\n"
     "Examples:\n"
     "  navette query dossiers 62515 --state en_instruction >dossiers.jsonl\n"
     "  navette query dossiers 62515 --updated-since 2026-01-31T00:00:00Z --include champs\n"
     "  navette query dossiers 62515 --cursor-file 62515.cursor >>changes.jsonl\n"},
    {"query files", "to", 1, 1, cmd_query_files, "DOSSIER", "fetch the attachments of a dossier",
     "Fetches what is attached to its champs, annotations, messages, avis and decision into a\n"
     "folder, which is made unless it is there. The files lie in a store of another host, where\n"
     "the token never goes. A file gets its name once its size and MD5 are right; names are made\n"
     "safe for any system, and what has such a name already and is another file stays: a number\n"
     "is added. Files that are there already are not fetched again. What the service's virus\n"
     "scan found bad is not fetched; what it has not looked at yet is, and told. The dossier's\n"
     "own PDF and map are left out: the service makes them anew for each reader and tells no\n"
     "sum of them; any other file without a sum counts as failed. Exit 1 when some failed.\n"
     "  --to DIR          where they go\n"
     "\n"
     "Examples:\n"
     "  navette query files 123456 --to dossiers/123456\n"
     "  navette query files 123456 --to 123456 --json\n"},
    {"query instruct", "instructeur", 1, 1, cmd_query_instruct, "DOSSIER",
     "take a dossier into instruction",
     (DECISION_HELP "\n"
                    "Examples:\n"
                    "  navette query instruct 123456 --instructeur SW5zdHJ1Y3RldXItMQ==\n")},
    {"query accept", "instructeur motivation attachment type", 1, 1, cmd_query_accept, "DOSSIER",
     "accept a dossier",
     (DECISION_HELP WORDS_HELP "\n"
                               "Examples:\n"
                               "  navette query accept 123456 --instructeur SW5zdHJ1Y3RldXItMQ== "
                               "\\\n"
                               "    --attachment decision.pdf\n")},
    {"query refuse", "instructeur motivation attachment type", 1, 1, cmd_query_refuse, "DOSSIER",
     "refuse a dossier",
     (DECISION_HELP WORDS_HELP "\n"
                               "Examples:\n"
                               "  navette query refuse 123456 --instructeur SW5zdHJ1Y3RldXItMQ== "
                               "\\\n"
                               "    --motivation 'hors du territoire'\n")},
    {"query close", "instructeur motivation attachment type", 1, 1, cmd_query_close, "DOSSIER",
     "close a dossier without decision (classer sans suite)",
     (DECISION_HELP WORDS_HELP "\n"
                               "Examples:\n"
                               "  navette query close 123456 --instructeur SW5zdHJ1Y3RldXItMQ== "
                               "\\\n"
                               "    --motivation 'demande en double'\n")},
    {"query message", "instructeur body attachment type", 1, 1, cmd_query_message, "DOSSIER",
     "send a message to a dossier's citizen",
     "Never sent twice: when its answer is lost the exit code is 9, and the dossier's messages "
     "tell\n"
     "whether it arrived (navette query dossier NUMBER --include messages).\n"
     "  --instructeur ID  who writes\n"
     "  --body TEXT       the message\n"
     "  --attachment FILE a document to go along, up to 20 MB\n"
     "  --type MEDIA      its media type, when the name does not tell\n"
     "\n"
     "Examples:\n"
     "  navette query message 123456 --instructeur SW5zdHJ1Y3RldXItMQ== --body 'Bonjour'\n"},
    {"query upload", "type", 2, 2, cmd_query_upload, "DOSSIER FILE",
     "upload a file and print its signed id",
     "The id is what the attachment or justificatif of a mutation takes.\n"
     "  --type MEDIA      its media type, when the name does not tell\n"
     "\n"
     "Examples:\n"
     "  navette query upload 123456 decision.pdf\n"},
    {"query check-token", "number", 0, 0, cmd_check_token, "",
     "check the form of the token without sending it",
     "Finds what goes wrong in pasting: spaces, quotes, line ends, changed letter case, a missing\n"
     "end, an address or a number in its place. Needs no network.\n"
     "  --number N        check a demarche's number too\n"
     "\n"
     "Examples:\n"
     "  navette query check-token --token-file ~/.config/navette/demarches.token\n"},
    {.name = NULL},
};
