/* SPDX-License-Identifier: Apache-2.0 */
/* navette cee simulate, register, find and delete: energy savings certificates (CEE). */
#include "cli.h"

#include <stdlib.h>

#define BODY_MAX ((size_t)16384)
#define TOKENS 256U

static struct session session;
static struct settings settings;
static struct nvt_rpc_request request;

/* The request's body, from a file or made of the options. */
static uint8_t body_mem[BODY_MAX];
static struct nvt_span body;

/* ---- bodies ---- */

static int fail_body(const struct args *a, const char *from, const struct nvt_failure *f)
{
    char reason[320];
    describe_field(reason, sizeof reason, f);
    return fail(a->json, CLI_INPUT, f->err, "%s: %s", from, reason);
}

static int read_body(const struct args *a, enum nvt_rpc_cee_use use)
{
    struct nvt_json_tok pool[TOKENS];
    struct nvt_failure failure;
    size_t len = 0;
    uint8_t *json = file_read(a->word[0], BODY_MAX, &len, a->json, CLI_INPUT);
    if (json == NULL) {
        return CLI_INPUT;
    }
    (void)memcpy(body_mem, json, len);
    free(json);
    body = nvt_span_of(body_mem, len);
    nvt_err err = nvt_rpc_cee_check(body, pool, TOKENS, use, &failure);
    return err == NVT_OK ? CLI_OK : fail_body(a, a->word[0], &failure);
}

/* simulate's body of --type, --last-name, --phone and --driving-license. */
static int make_body(const struct args *a)
{
    char trunc[4];
    char key[65];
    struct nvt_failure failure;
    struct nvt_buf b;
    struct nvt_rpc_cee cee = {.journey_type = nvt_span_str(a->type == NULL ? "short" : a->type),
                              .driving_license = nvt_span_str(a->driving_license)};
    struct nvt_span name = nvt_span_str(a->last_name);
    struct nvt_span phone = nvt_span_str(a->phone);
    nvt_err err = nvt_rpc_phone_trunc(phone, &cee.phone_trunc);
    if (err != NVT_OK) {
        return fail(a->json, CLI_USAGE, err, "--phone: %s", nvt_err_text(err));
    }
    err = nvt_rpc_name_trunc(name, trunc);
    if (err == NVT_OK) {
        err = nvt_rpc_identity_key(phone, name, key);
    }
    if (err != NVT_OK) {
        return fail(a->json, CLI_USAGE, err, "--last-name: %s", nvt_err_text(err));
    }
    cee.last_name_trunc = nvt_span_str(trunc);
    cee.identity_key = nvt_span_str(key);
    nvt_buf_init(&b, body_mem, sizeof body_mem);
    err = nvt_rpc_cee_write(&cee, NVT_RPC_CEE_SIMULATE, &b, &failure);
    body = nvt_buf_span(&b);
    return err == NVT_OK ? CLI_OK : fail_body(a, "cee simulate", &failure);
}

/* ---- answers ---- */

static void put_line(const char *title, struct nvt_span text)
{
    if (text.len > 0U) {
        (void)printf("%-12s ", title);
        put_text(stdout, text, true);
        (void)putchar('\n');
    }
}

/* known: it was there before. */
static void print_application(const struct nvt_rpc_cee_answer *answer, bool known)
{
    if (settings.json) {
        out_begin();
        out_bool("ok", true);
        out_bool("known", known);
        out_raw("application", session.call.outcome.body);
        out_figures(&session);
        out_end();
        return;
    }
    if (known) {
        say("this application was registered before");
    }
    put_line("uuid", answer->uuid);
    put_line("datetime", answer->datetime);
    put_line("status", answer->status);
    put_line("token", answer->token);
}

/* A 409: there is an application of that person already. */
static int fail_known(const char *what, const struct nvt_rpc_cee_answer *answer)
{
    return fail(settings.json, CLI_REFUSED, NVT_E_STATUS,
                "%s: there is an application of this person already, of %.*s%s%.*s (HTTP 409)",
                what, (int)answer->datetime.len, (const char *)answer->datetime.ptr,
                answer->uuid.len > 0U ? ": " : ", by another operator", (int)answer->uuid.len,
                (const char *)answer->uuid.ptr);
}

/* ---- commands ---- */

static int run_simulate(void)
{
    struct nvt_rpc_cee_answer answer;
    nvt_err err = nvt_rpc_cee_simulate(&session.call, &request, body);
    if (err != NVT_OK) {
        return request_finish(&session, "cee simulate", err);
    }
    session_run(&session);
    if (session.call.outcome.status == 409U && nvt_rpc_read_cee(&session.call, &answer) == NVT_OK) {
        return fail_known("cee simulate", &answer);
    }
    int code = exit_of(&session.call.outcome);
    if (code != CLI_OK) {
        return fail_outcome(&session, "cee simulate");
    }
    if (settings.json) {
        out_begin();
        out_bool("ok", true);
        out_bool("eligible", true);
        out_figures(&session);
        out_end();
    } else {
        (void)puts("eligible, as far as the registry knows");
    }
    return CLI_OK;
}

static int cmd_cee_simulate(const struct args *a)
{
    bool options = a->last_name != NULL && a->phone != NULL;
    if ((a->word_count == 0U) != options) {
        return fail(a->json, CLI_USAGE, NVT_OK,
                    "cee simulate takes a FILE, or --last-name and --phone");
    }
    int code = options ? make_body(a) : read_body(a, NVT_RPC_CEE_SIMULATE);
    if (code == CLI_OK) {
        code = request_prepare(&session, &settings, &nvt_rpc_profile, a);
    }
    if (code == CLI_OK) {
        code = run_simulate();
        session_close(&session);
    }
    return code;
}

static int run_register(void)
{
    struct nvt_rpc_cee_answer answer;
    int code = request_finish(&session, "cee register",
                              nvt_rpc_cee_register(&session.call, &request, body));
    if (code != CLI_OK) {
        return code;
    }
    bool known = session.call.outcome.verdict == NVT_DUPLICATE;
    nvt_err err = nvt_rpc_read_cee(&session.call, &answer);
    if (err != NVT_OK) {
        return fail(settings.json, CLI_ANSWER, err, "cee register: %s", nvt_err_text(err));
    }
    if (known && answer.uuid.len == 0U) {
        return fail_known("cee register", &answer);
    }
    print_application(&answer, known);
    return CLI_OK;
}

static int cmd_cee_register(const struct args *a)
{
    int code = read_body(a, NVT_RPC_CEE_REGISTER);
    if (code == CLI_OK) {
        code = request_prepare(&session, &settings, &nvt_rpc_profile, a);
    }
    if (code == CLI_OK) {
        code = run_register();
        session_close(&session);
    }
    return code;
}

static int cmd_cee_find(const struct args *a)
{
    struct nvt_rpc_cee_answer answer;
    int code = request_prepare(&session, &settings, &nvt_rpc_profile, a);
    if (code != CLI_OK) {
        return code;
    }
    nvt_err err = nvt_rpc_cee_find(&session.call, &request, nvt_span_str(a->word[0]));
    code = request_finish(&session, err == NVT_OK ? "cee find" : "cee find: UUID", err);
    if (code == CLI_OK) {
        err = nvt_rpc_read_cee(&session.call, &answer);
        if (err == NVT_OK) {
            print_application(&answer, true);
        } else {
            code = fail(settings.json, CLI_ANSWER, err, "cee find: %s", nvt_err_text(err));
        }
    }
    session_close(&session);
    return code;
}

static int cmd_cee_delete(const struct args *a)
{
    int code = request_prepare(&session, &settings, &nvt_rpc_profile, a);
    if (code != CLI_OK) {
        return code;
    }
    nvt_err err = nvt_rpc_cee_delete(&session.call, &request, nvt_span_str(a->word[0]));
    code = request_finish(&session, err == NVT_OK ? "cee delete" : "cee delete: UUID", err);
    if (code == CLI_OK && settings.json) {
        out_begin();
        out_bool("ok", true);
        out_str("uuid", a->word[0]);
        out_figures(&session);
        out_end();
    } else if (code == CLI_OK) {
        (void)printf("%s deleted\n", a->word[0]);
    } else {
        /* said already */
    }
    session_close(&session);
    return code;
}

/* ---- the table ---- */

const struct command cee_commands[] = {
    {"cee simulate", "type last-name phone driving-license", 0, 1, cmd_cee_simulate, "[FILE|-]",
     "whether a person may apply for the carpooling certificate",
     "Nothing is registered. FILE holds the request as one JSON object: journey_type, "
     "phone_trunc,\n"
     "last_name_trunc and, where known, identity_key and driving_license. Or navette makes it of\n"
     "  --type TYPE             short (the default) or long\n"
     "  --last-name NAME        as on the identity card\n"
     "  --phone NUMBER          as +33601020304\n"
     "  --driving-license TEXT  where known\n"
     "Exit 7 when there is an application of that person already.\n"
     "\n"
     "Examples:\n"
     "  navette cee simulate --type short --last-name \"D'H\xC3\xA9r\xC3\xBBg\" --phone "
     "+33701020304\n"
     "  navette cee simulate person.json --json\n"},
    {"cee register", "", 1, 1, cmd_cee_register, "FILE|-", "register one application",
     "FILE holds it as one JSON object: journey_type (short or long), identity_key,\n"
     "driving_license, last_name_trunc, application_timestamp and operator_journey_id (short) or\n"
     "phone_trunc and datetime (long). The registry takes it from a week after the journey "
     "(short)\n"
     "or the sharing of costs (long) on. What this operator registered before counts as done.\n"
     "\n"
     "Examples:\n"
     "  navette cee register application.json\n"
     "  navette cee register - --json <application.json\n"},
    {"cee find", "", 1, 1, cmd_cee_find, "UUID", "one application",
     "Examples:\n"
     "  navette cee find 7ad42f2b-4b23-45b2-8a5a-4a1a7c5d9a1e --json\n"},
    {"cee delete", "", 1, 1, cmd_cee_delete, "UUID", "delete one application",
     "Examples:\n"
     "  navette cee delete 7ad42f2b-4b23-45b2-8a5a-4a1a7c5d9a1e\n"},
    {.name = NULL},
};
