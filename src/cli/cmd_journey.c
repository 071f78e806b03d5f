/* SPDX-License-Identifier: Apache-2.0 */
/* navette journey status, update and cancel, and the table of the journey commands */
#include "cli.h"

#include <stdlib.h>

#define UPDATE_MAX ((size_t)65536)

static struct session session;
static struct settings settings;
static struct nvt_rpc_request request;

static int prepare(const struct args *a)
{
    return request_prepare(&session, &settings, &nvt_rpc_profile, a);
}

static int finish(const char *what, nvt_err begun)
{
    return request_finish(&session, what, begun);
}

static void print_done(const char *id, const char *done)
{
    if (settings.json) {
        out_begin();
        out_bool("ok", true);
        out_str(journey_api_is_v2() ? "journey_id" : "operator_journey_id", id);
        out_figures(&session);
        out_end();
    } else {
        (void)printf("%s %s\n", id, done);
    }
}

/* ---- status ---- */

static void print_labels(const char *title, struct nvt_span array)
{
    struct nvt_json_tok pool[128];
    struct nvt_json doc;
    struct nvt_json_iter it = {0, 0, false};
    struct nvt_span name;
    struct nvt_span label;
    nvt_json_node item = 0;
    if (array.len == 0U || nvt_json_parse(&doc, array, pool, 128U) != NVT_OK) {
        return;
    }
    while (nvt_json_next(&doc, 0, &it, &name, &item)) {
        if (nvt_rpc_label(&doc, item, &label) == NVT_OK) {
            (void)printf("%-20s ", title);
            put_text(stdout, label, true);
            (void)putchar('\n');
        }
    }
}

static void print_line(const char *title, struct nvt_span text)
{
    (void)printf("%-20s ", title);
    put_text(stdout, text, true);
    (void)putchar('\n');
}

static void print_state(const struct nvt_rpc_state *state)
{
    print_line("operator_journey_id", state->operator_journey_id);
    print_line("status", state->status);
    print_line("created_at", state->created_at);
    print_labels("fraud", state->fraud_labels);
    print_labels("anomaly", state->anomaly_details);
    print_labels("terms violation", state->terms_details);
}

static void print_state_v2(const struct nvt_rpc_v2_state *state)
{
    print_line("journey_id", state->journey_id);
    print_line("status", state->status);
    print_line("created_at", state->created_at);
    if (state->message.len > 0U) {
        print_line("message", state->message);
    }
}

static nvt_err read_v3(void)
{
    struct nvt_rpc_state state;
    nvt_err err = nvt_rpc_read_state(&session.call, &state);
    if (err == NVT_OK && !settings.json) {
        print_state(&state);
    }
    return err;
}

static nvt_err read_v2(void)
{
    struct nvt_rpc_v2_state state;
    nvt_err err = nvt_rpc_v2_read_state(&session.call, &state);
    if (err == NVT_OK && !settings.json) {
        print_state_v2(&state);
    }
    return err;
}

static int print_status(void)
{
    nvt_err err = journey_api_is_v2() ? read_v2() : read_v3();
    if (err != NVT_OK) {
        return fail(settings.json, CLI_ANSWER, err, "journey status: %s", nvt_err_text(err));
    }
    if (settings.json) {
        out_begin();
        out_bool("ok", true);
        out_raw("journey", session.call.outcome.body);
        out_end();
    }
    return CLI_OK;
}

static int cmd_journey_status(const struct args *a)
{
    int code = prepare(a);
    if (code != CLI_OK) {
        return code;
    }
    code = finish("journey status",
                  journey_api->status(&session.call, &request, nvt_span_str(a->word[0])));
    if (code == CLI_OK) {
        code = print_status();
    }
    session_close(&session);
    return code;
}

/* ---- cancel ---- */

/* Which of the two is at fault; the registry's own bounds. */
static const char *cancel_name(nvt_err err, const struct args *a)
{
    bool code = err == NVT_E_FIELD_FORMAT || (a->code != NULL && strlen(a->code) > 32U);
    if (err == NVT_E_FIELD_MISSING) {
        return "journey cancel: ID";
    }
    return code ? "journey cancel: --code takes up to 32 of A-Z a-z 0-9 _ -"
                : "journey cancel: --message takes up to 512 characters";
}

static int run_cancel(const struct args *a)
{
    if (journey_api_is_v2() && (a->code != NULL || a->message != NULL)) {
        return fail(a->json, CLI_USAGE, NVT_OK,
                    "API v2 takes no reason: leave --code and --message out");
    }
    nvt_err err = journey_api->cancel(&session.call, &request, nvt_span_str(a->word[0]),
                                      nvt_span_str(a->code), nvt_span_str(a->message));
    int code = finish(err == NVT_OK ? "journey cancel" : cancel_name(err, a), err);
    if (code == CLI_OK) {
        print_done(a->word[0], "cancelled");
    }
    return code;
}

static int cmd_journey_cancel(const struct args *a)
{
    int code = prepare(a);
    if (code == CLI_OK) {
        code = run_cancel(a);
        session_close(&session);
    }
    return code;
}

/* ---- update ---- */

/* The update's body: given as such, or cut out of a whole journey. */
static nvt_err update_body(struct nvt_span json, struct nvt_buf *out, struct nvt_failure *failure)
{
    static struct nvt_json_tok pool[4096];
    int64_t now = session_wall_s(&session);
    if (nvt_rpc_update_check(json, pool, 4096U, now, failure) == NVT_OK) {
        nvt_buf_put(out, json);
        return nvt_buf_err(out);
    }
    struct nvt_failure whole = {.err = NVT_OK};
    if (nvt_rpc_update_body(json, pool, 4096U, now, out, &whole) == NVT_OK) {
        return NVT_OK;
    }
    out->len = 0;
    /* A file with a driver was meant as a whole journey: what that misses is the reason. */
    if (failure->err == NVT_E_FIELD_UNKNOWN) {
        *failure = whole;
    }
    return failure->err;
}

static int send_update(const char *id, const char *path, struct nvt_span json)
{
    static uint8_t mem[UPDATE_MAX];
    struct nvt_failure failure = {.err = NVT_OK};
    struct nvt_buf body;
    nvt_buf_init(&body, mem, sizeof mem);
    nvt_err err = update_body(json, &body, &failure);
    if (err != NVT_OK) {
        char reason[320];
        describe_field(reason, sizeof reason, &failure);
        return fail(settings.json, CLI_INPUT, err, "%s: %s", path, reason);
    }
    return finish("journey update",
                  nvt_rpc_update(&session.call, &request, nvt_span_str(id), nvt_buf_span(&body)));
}

static int cmd_journey_update(const struct args *a)
{
    size_t len = 0;
    uint8_t *json = file_read(a->word[1], UPDATE_MAX, &len, a->json, CLI_INPUT);
    if (json == NULL) {
        return CLI_INPUT;
    }
    int code = prepare(a);
    if (code == CLI_OK) {
        code = send_update(a->word[0], a->word[1], nvt_span_of(json, len));
        if (code == CLI_OK) {
            print_done(a->word[0], "updated");
        }
        session_close(&session);
    }
    free(json);
    return code;
}

/* ---- the table ---- */

const struct command journey_commands[] = {
    {"journey send", "api refused retry-for connections", 1, 1, cmd_journey_send, "FILE|-",
     "send the journeys of a JSON Lines file",
     "Sends each line of FILE (one journey, JSON, at most 40960 bytes) to the registry. A line "
     "that\n"
     "breaks a rule of the API is not sent: it is named with field and reason and set aside. What\n"
     "the registry has already counts as delivered, so the same file may be sent again.\n"
     "Ctrl-C stops after the journey under way (3 s at most) and prints the table; a second one "
     "ends\n"
     "it at once.\n"
     "  --api VERSION     v3.3 (the default) or v2, with journeys in that version's form\n"
     "  --refused FILE    where refused and set-aside journeys go, with reasons, as JSON Lines\n"
     "                    (FILE.refused, made anew; with - journeys.refused, added to)\n"
     "  --retry-for S     how long to wait while nothing gets through before the run stops (300)\n"
     "  --connections N   to the registry at once, 1 to 32 (1)\n"
     "A line that the server fails on while others pass is tried a few times and set aside. Where "
     "its\n"
     "look-up fails too, that is when nothing else is left for as long as --retry-for says, and "
     "the\n"
     "registry still answers for a line that it has; it may have arrived then. The next run tries "
     "it\n"
     "again, and stops at none either.\n"
     "\n"
     "Examples:\n"
     "  navette journey send today.jsonl\n"
     "  producer | navette journey send - --refused /var/lib/navette/refused.jsonl --json\n"},
    {"journey check", "api refused", 1, 1, cmd_journey_check, "FILE|-",
     "check such a file without sending anything",
     "Checks each line as `journey send` does before sending. Needs no server and no credentials.\n"
     "  --api VERSION     v3.3 (the default) or v2\n"
     "  --refused FILE    write the broken lines there, with reasons\n"
     "\n"
     "Examples:\n"
     "  navette journey check today.jsonl\n"
     "  navette journey check - --json <today.jsonl\n"},
    {"journey status", "api", 1, 1, cmd_journey_status, "ID",
     "what the registry says of one journey",
     "ID is the operator_journey_id that the journey was sent with; its journey_id in API v2.\n"
     "  --api VERSION     v3.3 (the default) or v2\n"
     "\n"
     "Examples:\n"
     "  navette journey status 2f6c2f0e-5a3e-4a55-8a5e-0c9a7a1d3b10\n"
     "  navette journey status 2f6c2f0e-5a3e-4a55-8a5e-0c9a7a1d3b10 --json\n"},
    {"journey reconcile", "api retry-for connections", 1, 1, cmd_journey_reconcile, "FILE|-",
     "what the registry has decided on the journeys of a file",
     "Delivered is not accepted: the registry looks for fraud and anomalies within a day or two. "
     "FILE\n"
     "holds one journey a line: as it was sent, a record of a refused file, or its\n"
     "operator_journey_id alone. Each is asked about (2 000 a minute); those that were not "
     "accepted "
     "or\n"
     "are not known there are listed with the registry's labels, and the exit code is 1. Pending "
     "ones\n"
     "are counted: ask again later.\n"
     "  --api VERSION     v3.3 (the default) or v2, where the id is journey_id\n"
     "  --retry-for S     how long to wait while nothing gets through before the run stops (300)\n"
     "  --connections N   to the registry at once, 1 to 32 (1)\n"
     "\n"
     "Examples:\n"
     "  navette journey reconcile yesterday.jsonl\n"
     "  navette journey list --status pending --all | navette journey reconcile - --json\n"},
    {"journey update", "", 2, 2, cmd_journey_update, "ID FILE|-",
     "replace incentives, class, times, places and distance of a journey",
     "FILE holds the journey as one JSON object, whole or with only the members that may change:\n"
     "incentives, operator_class, operator_trip_id, start, end, distance.\n"
     "\n"
     "Examples:\n"
     "  navette journey update 2f6c2f0e-5a3e-4a55-8a5e-0c9a7a1d3b10 corrected.json\n"},
    {"journey cancel", "api code message", 1, 1, cmd_journey_cancel, "ID", "cancel one journey",
     "  --api VERSION     v3.3 (the default) or v2, which takes no reason\n"
     "  --code CODE       why: up to 32 of A-Z a-z 0-9 _ - (empty)\n"
     "  --message TEXT    why, in words, up to 512 characters\n"
     "\n"
     "Examples:\n"
     "  navette journey cancel 2f6c2f0e-5a3e-4a55-8a5e-0c9a7a1d3b10 --code no_show\n"},
    {"journey list", "status start end limit offset all", 0, 0, cmd_journey_list, "",
     "ids of journeys in one status",
     "Prints one id a line, newest first. A journey may take a day to show. More than 100 ids "
     "take\n"
     "several requests; journeys that come in meanwhile can make an id show up twice, unless --end "
     "is\n"
     "in the past.\n"
     "  --status STATUS   ok (the default), pending, canceled, acquisition_error,\n"
     "                    validation_error, normalization_error, fraud_error, anomaly_error, "
     "expired\n"
     "  --start TIME      from this time on, as 2026-01-31T00:00:00Z (the registry's default: 7 "
     "days\n"
     "                    ago; it goes back 90)\n"
     "  --end TIME        up to this time\n"
     "  --limit N         how many at most (50)\n"
     "  --all             all of them, up to a million\n"
     "  --offset N        from which on (0)\n"
     "\n"
     "Examples:\n"
     "  navette journey list --status pending --limit 100\n"
     "  navette journey list --status fraud_error --end 2026-01-31T00:00:00Z --all\n"},
    {.name = NULL},
};
