/* SPDX-License-Identifier: Apache-2.0 */
/* navette call: any request. The answer's body, and nothing else, goes to standard output, or to a
 * file. */
#include "receive.h"

#include <stdlib.h>

#define DATA_MAX ((size_t)16 * 1024 * 1024)

static struct session session;
static struct settings settings;
static struct receive answer;

struct outgoing {
    struct nvt_request request;
    struct nvt_header headers[CLI_WORDS_MAX];
    uint8_t *data;
};

/* Of the body, unless a header says it. */
static struct nvt_span media_type_of(const struct nvt_profile *system, const char *method)
{
    bool patch = strcmp(method, "PATCH") == 0;
    const char *type = patch ? system->patch_media_type : system->media_type;
    return nvt_span_str(type == NULL ? "application/json" : type);
}

static int take_data(struct outgoing *o, const struct args *a, const struct nvt_profile *system)
{
    size_t len = 0;
    if (a->data == NULL) {
        return CLI_OK;
    }
    o->data = file_read(a->data, DATA_MAX, &len, a->json, CLI_INPUT);
    if (o->data == NULL) {
        return CLI_INPUT;
    }
    o->request.body = nvt_span_of(o->data, len);
    o->request.media_type = media_type_of(system, a->word[1]);
    return CLI_OK;
}

static int compose(struct outgoing *o, const struct args *a, const struct nvt_profile *system)
{
    unsigned flags = request_is_idempotent(a->word[1]) ? (unsigned)NVT_REQ_IDEMPOTENT : 0U;
    flags |= a->no_auth ? (unsigned)NVT_REQ_NO_AUTH : 0U;
    o->request.method = nvt_span_str(a->word[1]);
    o->request.target = nvt_span_str(a->word[2]);
    o->request.accept = NVT_LIT("*/*");
    o->request.flags = (uint8_t)flags;
    o->request.sink = receive_piece;
    o->request.sink_ctx = &answer;
    int code = request_headers(a, o->headers, &o->request);
    return code == CLI_OK ? take_data(o, a, system) : code;
}

static void tell_fields(void)
{
    struct nvt_http_field field;
    size_t cursor = 0;
    say("HTTP/1.%u %u", (unsigned)session.call.response.minor,
        (unsigned)session.call.response.status);
    while (nvt_http_field_next(&session.call.response, &cursor, &field)) {
        (void)fputs("  ", stderr);
        put_text(stderr, field.name, false);
        (void)fputs(": ", stderr);
        put_text(stderr, field.value, false);
        (void)fputc('\n', stderr);
    }
}

static int not_delivered(void)
{
    const struct nvt_outcome *o = &session.call.outcome;
    /* An error's body is the answer too. */
    if (answer.path == NULL && !settings.json && o->status > 299U) {
        (void)receive_piece(&answer, o->body);
        (void)receive_close(&answer, false, CLI_OK, false);
    }
    if (o->failure.err == NVT_E_SINK) {
        return fail(settings.json, CLI_INPUT, NVT_E_SINK,
                    "%s cannot be written: check the disk or the pipe behind it",
                    answer.path == NULL ? "standard output" : answer.path);
    }
    if (o->body_cut && answer.path == NULL) {
        say("of the error's body only the first %zu bytes were kept", o->body.len);
    }
    return fail_outcome(&session, "call");
}

static int conclude(const struct args *a)
{
    const struct nvt_outcome *o = &session.call.outcome;
    if (settings.verbose > 0U && o->status != 0U) {
        tell_fields();
    }
    int code = o->verdict == NVT_DELIVERED ? CLI_OK : not_delivered();
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

static int send(struct outgoing *o, const struct args *a)
{
    int code = session_open(&session, &settings, (o->request.flags & NVT_REQ_NO_AUTH) == 0U);
    if (code != CLI_OK) {
        return code;
    }
    nvt_err err = nvt_call_begin(&session.call, &o->request);
    if (err == NVT_OK) {
        session_run(&session);
        code = conclude(a);
    } else {
        code = fail(a->json, CLI_USAGE, err, "call: %s%s", nvt_err_text(err),
                    err == NVT_E_ARG ? ": this header is the command's own to write" : "");
    }
    session_close(&session);
    return code;
}

static int open_and_send(struct outgoing *o, const struct args *a)
{
    int code = receive_open(&answer, a->output, a->json);
    if (code != CLI_OK) {
        return code;
    }
    return receive_close(&answer, false, send(o, a), a->json);
}

int cmd_call(const struct args *a)
{
    static struct outgoing o;
    const struct nvt_profile *system = system_named(a->word[0], a->json);
    if (system == NULL) {
        return CLI_USAGE;
    }
    if (a->json && (a->output == NULL || strcmp(a->output, "-") == 0)) {
        return fail(true, CLI_USAGE, NVT_OK,
                    "with --json standard output is for the result: name a file for the answer "
                    "with --output");
    }
    int code = settings_load(&settings, system, a);
    if (code == CLI_OK) {
        code = compose(&o, a, system);
    }
    if (code == CLI_OK) {
        code = open_and_send(&o, a);
    }
    free(o.data);
    return code;
}
