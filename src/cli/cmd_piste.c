/* SPDX-License-Identifier: Apache-2.0 */
/* navette piste: any API behind the gateway, Chorus Pro with its account, and whether they are
 * there. */
#include "receive.h"

#include <stdlib.h>

#define DATA_MAX ((size_t)64 * 1024 * 1024)

static struct session session;
static struct settings settings;
static struct receive answer;
static struct nvt_piste_request request;
static struct nvt_piste_account account;

/* ---- what the gateway says besides ---- */

static struct nvt_span field(struct nvt_span name)
{
    struct nvt_span value = NVT_LIT("");
    if (session.call.outcome.status != 0U) {
        (void)nvt_http_field_find(&session.call.response, name, &value);
    }
    return value;
}

static void tell_field(const char *name)
{
    struct nvt_span value = field(nvt_span_str(name));
    if (value.len > 0U) {
        (void)fprintf(stderr, "navette: %s: ", name);
        put_text(stderr, value, false);
        (void)fputc('\n', stderr);
    }
}

/* The quotas, several windows at once, and the number that the gateway's support asks for. */
static void tell_fields(void)
{
    if (settings.verbose > 0U) {
        tell_field("x-rate-limit");
        tell_field("x-correlationid");
        tell_field("x-correlation-id");
    }
}

static void print_done(const char *output)
{
    out_begin();
    out_bool("ok", true);
    out_str("output", output);
    out_raw("rate_limit", field(NVT_LIT("x-rate-limit")));
    out_figures(&session);
    out_end();
}

/* ---- running ---- */

static const char *denial(void)
{
    switch (nvt_piste_denied(&session.call)) {
    case NVT_PISTE_WRONG_PATH:
        return ": no API has that path";
    case NVT_PISTE_BAD_TOKEN:
        return ": the path is right, the token is not";
    case NVT_PISTE_NOT_SUBSCRIBED:
        return ": no subscription, or terms of use not accepted";
    case NVT_PISTE_DENIED:
    case NVT_PISTE_NOT_DENIED:
    default:
        return "";
    }
}

static int report(const char *what)
{
    char text[128];
    const struct nvt_outcome *o = &session.call.outcome;
    if (o->failure.err == NVT_E_SINK) {
        return fail(settings.json, CLI_INPUT, NVT_E_SINK, "%s cannot be written: check the disk",
                    answer.path == NULL ? "standard output" : answer.path);
    }
    /* An error's body is the answer too. */
    if (request.sink != NULL && answer.path == NULL && o->status > 299U) {
        (void)receive_piece(&answer, o->body);
    }
    (void)snprintf(text, sizeof text, "%s%s", what, denial());
    return fail_outcome(&session, text);
}

/* CLI_OK when it was delivered and the service behind the gateway did it. */
static int finish(const char *what, nvt_err begun)
{
    if (begun != NVT_OK) {
        return request_finish(&session, what, begun);
    }
    session_run(&session);
    (void)nvt_piste_judge(&session.call, &request);
    tell_fields();
    int code = exit_of(&session.call.outcome);
    return code == CLI_OK ? code : report(what);
}

/* The body came whole, though it may say that nothing was done. */
static bool is_whole(int code)
{
    return code == CLI_OK || session.call.outcome.failure.err == NVT_E_BUSINESS;
}

static int take_data(const char *path, const struct args *a, uint8_t **out_mem,
                     struct nvt_span *out_body)
{
    size_t len = 0;
    if (path == NULL) {
        return CLI_OK;
    }
    *out_mem = file_read(path, DATA_MAX, &len, a->json, CLI_INPUT);
    *out_body = nvt_span_of(*out_mem, len);
    return *out_mem == NULL ? CLI_INPUT : CLI_OK;
}

static int check_output(const struct args *a)
{
    if (a->json && (a->output == NULL || strcmp(a->output, "-") == 0)) {
        return fail(true, CLI_USAGE, NVT_OK,
                    "with --json standard output is for the result: name a file for the answer "
                    "with --output");
    }
    return CLI_OK;
}

/* ---- call ---- */

/* What may be repeated, and what only Judilibre takes. */
static uint8_t flags_of(const char *method, const char *path)
{
    unsigned flags = request_is_idempotent(method) ? (unsigned)NVT_REQ_IDEMPOTENT : 0U;
    if (strncmp(path, "/cassation/judilibre/", 21) == 0) {
        flags |= (unsigned)NVT_REQ_API_KEY;
    }
    return (uint8_t)flags;
}

static int run_call(const struct args *a, const struct nvt_request *q)
{
    int code = request_prepare(&session, &settings, &nvt_piste_profile, a);
    if (code != CLI_OK) {
        return code;
    }
    code = finish("piste call", nvt_piste_call(&session.call, &request, q));
    code = receive_close(&answer, is_whole(code), code, a->json);
    if (code == CLI_OK && a->json) {
        print_done(a->output);
    }
    session_close(&session);
    return code;
}

static int cmd_piste_call(const struct args *a)
{
    static struct nvt_header headers[CLI_WORDS_MAX];
    struct nvt_request q = {.accept = NVT_LIT("*/*"), .sink = receive_piece, .sink_ctx = &answer};
    uint8_t *data = NULL;
    q.method = nvt_span_str(a->word[0]);
    q.target = nvt_span_str(a->word[1]);
    q.flags = flags_of(a->word[0], a->word[1]);
    int code = check_output(a);
    if (code == CLI_OK) {
        code = request_headers(a, headers, &q);
    }
    if (code == CLI_OK) {
        code = take_data(a->data, a, &data, &q.body);
    }
    if (code == CLI_OK) {
        code = receive_open(&answer, a->output, a->json);
    }
    if (q.body.len > 0U) {
        q.media_type = NVT_LIT("application/json");
    }
    if (code == CLI_OK) {
        code = run_call(a, &q);
        (void)receive_close(&answer, false, code, a->json);
    }
    free(data);
    return code;
}

/* ---- chorus ---- */

/* The lines account_login and account_password, of the secrets file unless another is named. */
static int load_account(const char *path)
{
    static struct nvt_client scratch;
    static struct settings named;
    struct secrets_extra extra = session.extra;
    int code = CLI_OK;
    if (path != NULL) {
        named = settings;
        (void)snprintf(named.token_file, sizeof named.token_file, "%s", path);
        scratch.profile = &nvt_piste_profile;
        code = secrets_load(&scratch, &named, &extra);
        nvt_credentials_wipe(&scratch.credentials);
        nvt_token_wipe(&scratch.token);
    }
    mask_learn_account(&extra);
    nvt_err err = code != CLI_OK
                      ? NVT_OK
                      : nvt_piste_account_set(&account, nvt_span_str(extra.account_login),
                                              nvt_span_str(extra.account_password));
    nvt_wipe(&extra, sizeof extra);
    if (err == NVT_OK) {
        return code;
    }
    return fail(settings.json, CLI_CONFIG, err,
                "%s: Chorus Pro's technical account: %s; it takes the lines account_login and "
                "account_password",
                path == NULL ? settings.token_file : path, nvt_err_text(err));
}

/* What only looks something up may be asked twice. */
static uint8_t chorus_flags(const char *path)
{
    bool reads = strstr(path, "/consulter/") != NULL || strstr(path, "/rechercher") != NULL;
    return (uint8_t)(reads ? (unsigned)NVT_REQ_IDEMPOTENT : 0U);
}

static int run_chorus(const struct args *a, const struct nvt_request *q)
{
    int code = request_prepare(&session, &settings, &nvt_piste_profile, a);
    if (code != CLI_OK) {
        return code;
    }
    code = load_account(a->account);
    if (code == CLI_OK) {
        code = finish("piste chorus", nvt_piste_chorus(&session.call, &request, q, &account));
        nvt_piste_account_wipe(&account);
        code = receive_close(&answer, is_whole(code), code, a->json);
    }
    if (code == CLI_OK && a->json) {
        print_done(a->output);
    }
    session_close(&session);
    return code;
}

static int cmd_piste_chorus(const struct args *a)
{
    struct nvt_request q = {.sink = receive_piece, .sink_ctx = &answer};
    uint8_t *data = NULL;
    q.target = nvt_span_str(a->word[0]);
    q.flags = chorus_flags(a->word[0]);
    int code = check_output(a);
    if (code == CLI_OK) {
        code = take_data(a->data == NULL ? "-" : a->data, a, &data, &q.body);
    }
    if (code == CLI_OK) {
        code = receive_open(&answer, a->output, a->json);
    }
    if (code == CLI_OK) {
        code = run_chorus(a, &q);
        (void)receive_close(&answer, false, code, a->json);
    }
    free(data);
    return code;
}

/* ---- ping and health ---- */

static void print_there(const char *service)
{
    if (settings.json) {
        out_begin();
        out_bool("ok", true);
        out_str("service", service);
        out_raw("rate_limit", field(NVT_LIT("x-rate-limit")));
        out_figures(&session);
        out_end();
    } else {
        (void)printf("%s: ", service);
        put_text(stdout, session.call.outcome.body, false);
        (void)printf(" (%llu ms)\n", (unsigned long long)session.busy_ms);
    }
}

static int ask(const struct args *a, const char *what, enum nvt_piste_service service,
               const char *name)
{
    int code = request_prepare(&session, &settings, &nvt_piste_profile, a);
    if (code != CLI_OK) {
        return code;
    }
    code = finish(what, nvt_piste_ping(&session.call, &request, service));
    if (code == CLI_OK) {
        print_there(name);
    }
    session_close(&session);
    return code;
}

static int cmd_piste_ping(const struct args *a)
{
    const char *name = a->word_count == 0U ? "legifrance" : a->word[0];
    if (strcmp(name, "legifrance") == 0) {
        return ask(a, "piste ping", NVT_PISTE_LEGIFRANCE, name);
    }
    if (strcmp(name, "judilibre") == 0) {
        return ask(a, "piste ping", NVT_PISTE_JUDILIBRE, name);
    }
    return fail(a->json, CLI_USAGE, NVT_OK, "%s: only legifrance and judilibre answer a ping",
                name);
}

static int cmd_piste_health(const struct args *a)
{
    return ask(a, "piste health", NVT_PISTE_GATEWAY, "gateway");
}

/* ---- the table ---- */

const struct command piste_commands[] = {
    {"piste call", "data header output", 2, 2, cmd_piste_call, "METHOD PATH",
     "any request to an API behind the gateway",
     "The answer goes to standard output as it comes, whatever its size. PATH starts with / and\n"
     "goes below the gateway: /dila/legifrance/lf-engine-app/..., /cassation/judilibre/v1.0/...\n"
     "Exit 7 with code and text when the service answers 200 but reports codeRetour other than 0.\n"
     "api_key of the secrets file goes along to Judilibre, in place of a token when the file has\n"
     "no client_id. -v shows the quotas that are left.\n"
     "  --data FILE|-     the request's body, at most 64 MiB (application/json unless a\n"
     "                    Content-Type header is given)\n"
     "  --header 'N: V'   a further field, up to 16 of them\n"
     "  --output FILE     the answer goes there, once it is whole; needed with --json\n"
     "\n"
     "Examples:\n"
     "  navette piste call POST /dila/legifrance/lf-engine-app/consult/getArticle --data id.json\n"
     "  navette piste call GET '/cassation/judilibre/v1.0/search?query=bail' --output found.json\n"
     "  navette piste call GET /piste/healthcheck --environment sandbox -v\n"},
    {"piste chorus", "data account output", 1, 1, cmd_piste_chorus, "PATH",
     "a request to Chorus Pro with its technical account",
     "POSTs JSON to Chorus Pro; the technical account goes along beside the token. Chorus Pro can\n"
     "not tell a repeated submission: after exit 9, or a success whose answer has no id, look for\n"
     "the invoice before sending it again.\n"
     "  --data FILE|-     the request's body, at most 64 MiB (standard input)\n"
     "  --account FILE    account_login and account_password, when they are not in the secrets\n"
     "                    file\n"
     "  --output FILE     the answer goes there, once it is whole; needed with --json\n"
     "\n"
     "Examples:\n"
     "  navette piste chorus /cpro/factures/v1/soumettre --data invoice.json\n"
     "  navette piste chorus /cpro/factures/v1/rechercher/fournisseur --data query.json \\\n"
     "      --account /etc/navette/chorus.account\n"},
    {"piste ping", "", 0, 1, cmd_piste_ping, "[SERVICE]",
     "whether an API behind the gateway answers",
     "SERVICE is legifrance (unless given) or judilibre. Needs a token and a subscription.\n"
     "\n"
     "Examples:\n"
     "  navette piste ping\n"
     "  navette piste ping judilibre --environment sandbox --json\n"},
    {"piste health", "", 0, 0, cmd_piste_health, "", "whether the gateway itself answers",
     "Example:\n  navette piste health --environment state\n"},
    {.name = NULL},
};
