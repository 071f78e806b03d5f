/* SPDX-License-Identifier: Apache-2.0 */
/* navette jindexe: calls whose path decides what goes along, and the login that ends all logins. */
#include "receive.h"

#include <stdlib.h>

#define DATA_MAX ((size_t)16 * 1024 * 1024)

static struct session session;
static struct settings settings;
static struct receive answer;
static struct nvt_request request;

/* ---- call ---- */

static int begin_failed(const char *path, nvt_err err)
{
    if (err == NVT_E_HTTP_TARGET) {
        return fail(settings.json, CLI_USAGE, err,
                    "%s: a path starts with /ext/, /public/, /user/ or /pro/ and has no empty or "
                    "dot segments, encoded ones included",
                    path);
    }
    if (err == NVT_E_CRED_EMPTY) {
        return fail(settings.json, CLI_CONFIG, err,
                    "%s asks for the API key: put api_key = ... into the secrets file", path);
    }
    return request_finish(&session, "jindexe call", err);
}

static int conclude(void)
{
    const struct nvt_outcome *o = &session.call.outcome;
    int code = exit_of(o);
    if (code == CLI_OK) {
        return code;
    }
    if (o->failure.err == NVT_E_SINK) {
        return fail(settings.json, CLI_INPUT, NVT_E_SINK, "%s cannot be written: check the disk",
                    answer.path == NULL ? "standard output" : answer.path);
    }
    /* An error's body is the answer too. */
    if (answer.path == NULL && o->status > 299U) {
        (void)receive_piece(&answer, o->body);
    }
    return fail_outcome(&session, "jindexe call");
}

static int run_call(const struct args *a, struct nvt_span body)
{
    nvt_err err = nvt_jindexe_call(&session.call, &request, nvt_span_str(a->word[0]),
                                   nvt_span_str(a->word[1]), body);
    if (err != NVT_OK) {
        return begin_failed(a->word[1], err);
    }
    request.sink = receive_piece;
    request.sink_ctx = &answer;
    session_run(&session);
    int code = conclude();
    code = receive_close(&answer, code == CLI_OK, code, a->json);
    if (code == CLI_OK && a->json) {
        out_begin();
        out_bool("ok", true);
        out_str("output", a->output);
        out_figures(&session);
        out_end();
    }
    return code;
}

/* A path that is none of the API's is left to the call to refuse. */
static bool needs_token(const char *path)
{
    enum nvt_jindexe_class of = NVT_JINDEXE_EXT;
    return nvt_jindexe_classify(nvt_span_str(path), &of) == NVT_OK && of >= NVT_JINDEXE_USER;
}

static int open_and_call(const struct args *a, struct nvt_span body)
{
    int code = receive_open(&answer, a->output, a->json);
    if (code != CLI_OK) {
        return code;
    }
    code = settings_load(&settings, &nvt_jindexe_profile, a);
    settings.no_token = !needs_token(a->word[1]);
    if (code == CLI_OK) {
        code = session_open(&session, &settings, true);
    }
    if (code == CLI_OK) {
        code = run_call(a, body);
        session_close(&session);
    }
    return receive_close(&answer, false, code, a->json);
}

static int cmd_jindexe_call(const struct args *a)
{
    size_t len = 0;
    uint8_t *data = NULL;
    if (a->json && (a->output == NULL || strcmp(a->output, "-") == 0)) {
        return fail(true, CLI_USAGE, NVT_OK,
                    "with --json standard output is for the result: name a file for the answer "
                    "with --output");
    }
    if (a->data != NULL) {
        data = file_read(a->data, DATA_MAX, &len, a->json, CLI_INPUT);
        if (data == NULL) {
            return CLI_INPUT;
        }
    }
    int code = open_and_call(a, nvt_span_of(data, len));
    free(data);
    return code;
}

/* ---- login ---- */

static void print_login(void)
{
    char until[32] = "";
    struct nvt_buf b;
    int64_t now = session_wall_s(&session);
    nvt_buf_init(&b, until, sizeof until - 1U);
    if (now > 0) {
        nvt_time_put_rfc3339(&b, now + (int64_t)NVT_JINDEXE_REFRESH_LIFE_S);
    }
    if (settings.json) {
        out_begin();
        out_bool("ok", true);
        out_str("store", session.refresh.path);
        out_str("refresh_until", until);
        out_end();
    } else {
        (void)printf("logged in: runs without the password go on until %s, and each of them that "
                     "renews its token moves that on; kept in %s\n",
                     until[0] == '\0' ? "200 days from now" : until, session.refresh.path);
    }
}

static int run_login(void)
{
    struct nvt_credentials *c = &session.client.credentials;
    if (c->id[0] == '\0' || c->secret[0] == '\0') {
        return fail(settings.json, CLI_CONFIG, NVT_E_CRED_EMPTY,
                    "a login needs username and password in the secrets file; the password may go "
                    "again afterwards");
    }
    /* With the password, whatever was kept before. */
    session.own_token = true;
    nvt_wipe(c->refresh, sizeof c->refresh);
    nvt_token_wipe(&session.client.token);
    if (!session_fetch_token(&session)) {
        return fail_outcome(&session, "jindexe login");
    }
    if (c->refresh[0] == '\0') {
        return fail(settings.json, CLI_ANSWER, NVT_E_GRANT_ANSWER,
                    "jindexe login: the answer has no refresh token: the password stays needed");
    }
    print_login();
    return CLI_OK;
}

static int cmd_jindexe_login(const struct args *a)
{
    int code = request_prepare(&session, &settings, &nvt_jindexe_profile, a);
    if (code == CLI_OK) {
        code = run_login();
        session_close(&session);
    }
    return code;
}

/* ---- the table ---- */

const struct command jindexe_commands[] = {
    {"jindexe call", "data output", 2, 2, cmd_jindexe_call, "METHOD PATH", "any request",
     "The class of PATH decides what goes along: nothing for /ext/..., the API key for "
     "/public/...,\n"
     "key and token for /user/... and /pro/... The answer goes to standard output as it comes.\n"
     "A new refresh token is kept on disk before its access token is used, in $STATE_DIRECTORY or\n"
     "$XDG_STATE_HOME/navette (~/.local/state/navette). Exit 13: it is no longer accepted and "
     "there\n"
     "is no password, log in again.\n"
     "  --data FILE|-     the request's body, JSON, at most 16 MiB\n"
     "  --output FILE     the answer goes there, once it is whole; needed with --json\n"
     "\n"
     "Examples:\n"
     "  navette jindexe call GET /user/me --base-url https://api.example.net\n"
     "  navette jindexe call PUT /pro/listings/77 --data listing.json\n"},
    {"jindexe login", "", 0, 0, cmd_jindexe_login, "", "log in once and keep the refresh token",
     "Asks for tokens with username and password of the secrets file and keeps the refresh token:\n"
     "as long as the same username is named there, later runs do without the password.\n"
     "\n"
     "Examples:\n"
     "  navette jindexe login --base-url https://api.example.net --token-file ~/.jindexe\n"
     "  navette jindexe login --json\n"},
    {.name = NULL},
};
