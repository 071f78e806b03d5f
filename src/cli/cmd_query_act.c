/* SPDX-License-Identifier: Apache-2.0 */
/* navette query instruct, accept, refuse, close, message and upload */
#include "cmd_query.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PUTS_MAX 3U
#define PUT_WAIT_MS 10000U

static struct query query;
static uint8_t dossier_id[128];
static struct nvt_demarches_upload upload;

/* ---- the dossier ---- */

/* An id stands as it is; a number becomes one: base64 of "Dossier-123". */
static int take_dossier(const char *text, bool json, struct nvt_span *out)
{
    int32_t number = 0;
    uint8_t mem[24];
    struct nvt_buf plain;
    struct nvt_buf id;
    *out = nvt_span_str(text);
    if (nvt_demarches_id_number(*out, &number) == NVT_OK) {
        return CLI_OK;
    }
    int code = query_number(text, "DOSSIER", json, &number);
    if (code != CLI_OK) {
        return code;
    }
    nvt_buf_init(&plain, mem, sizeof mem);
    nvt_buf_put(&plain, NVT_LIT("Dossier-"));
    nvt_buf_put_i64(&plain, number);
    nvt_buf_init(&id, dossier_id, sizeof dossier_id);
    nvt_base64_put(&id, nvt_buf_span(&plain), NVT_BASE64);
    *out = nvt_buf_span(&id);
    return CLI_OK;
}

/* ---- files ---- */

static nvt_err from_file(void *ctx, uint64_t offset, uint8_t *out, size_t cap, size_t *out_n)
{
    const int *fd = (const int *)ctx;
    ssize_t n = pread(*fd, out, cap, (off_t)offset);
    *out_n = n > 0 ? (size_t)n : 0U;
    return n > 0 ? NVT_OK : NVT_E_SOURCE;
}

static const char *media_type_of(const char *name)
{
    static const char *const types[][2] = {
        {".pdf", "application/pdf"}, {".png", "image/png"},        {".jpg", "image/jpeg"},
        {".jpeg", "image/jpeg"},     {".txt", "text/plain"},       {".csv", "text/csv"},
        {".zip", "application/zip"}, {".json", "application/json"}};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot != NULL && i < sizeof types / sizeof types[0]; i++) {
        if (nvt_span_eq_nocase(nvt_span_str(dot), nvt_span_str(types[i][0]))) {
            return types[i][1];
        }
    }
    return "application/octet-stream";
}

static int open_file(const char *path, int *out_fd)
{
    struct stat st;
    *out_fd = open(path, O_RDONLY | O_CLOEXEC);
    if (*out_fd < 0 || fstat(*out_fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        return fail(query.settings.json, CLI_INPUT, NVT_OK,
                    "%s is no file that can be read: check its name and mode", path);
    }
    if (st.st_size < 1 || st.st_size > INT32_MAX) {
        return fail(query.settings.json, CLI_INPUT, NVT_E_FIELD_RANGE,
                    "%s is empty or too large: up to 20 MB can be attached", path);
    }
    upload.len = (uint64_t)st.st_size;
    return CLI_OK;
}

/* The place is good for a while: what may pass is waited for, and the bytes are sent once more. */
static bool put_again(struct nvt_call *call)
{
    const struct nvt_outcome *o = &call->outcome;
    if (o->verdict != NVT_RETRY || o->retry_at_ms > session_now_ms(&query.session) + PUT_WAIT_MS ||
        signals_stop()) {
        return false;
    }
    session_wait(&query.session, o->retry_at_ms);
    return !signals_stop() && nvt_call_begin(call, &query.request.request) == NVT_OK;
}

/* The three steps. */
static int send_file(const char *path)
{
    static uint8_t room[65536];
    struct nvt_call *call = &query.session.call;
    struct nvt_failure failure;
    char what[NVT_HOST_CAP + 32U];
    nvt_err err = nvt_demarches_upload_sum(&upload, room, sizeof room);
    if (err != NVT_OK) {
        return fail(query.settings.json, exit_of_err(err), err, "%s: %s", path, nvt_err_text(err));
    }
    err = query_run(&query, nvt_demarches_upload_begin(call, &query.request, &upload));
    if (err != NVT_OK) {
        return query_fail(&query, "upload", err);
    }
    err = nvt_demarches_upload_put(call, &query.request, &upload, &failure);
    if (err != NVT_OK) {
        return fail(query.settings.json, CLI_ANSWER, err,
                    "upload: the service named no place that the file could go to: %s",
                    nvt_err_text(err));
    }
    session_run(&query.session);
    for (unsigned i = 1U; i < PUTS_MAX && put_again(call); i++) {
        session_run(&query.session);
    }
    err = nvt_demarches_upload_read(call, &upload, &failure);
    (void)snprintf(what, sizeof what, "upload to %s", upload.origin.host);
    return err == NVT_OK ? CLI_OK : fail_outcome(&query.session, what);
}

static int attach(const char *path, const char *type, struct nvt_span id)
{
    int fd = -1;
    const char *slash = strrchr(path, '/');
    int code = open_file(path, &fd);
    upload.dossier_id = id;
    upload.filename = nvt_span_str(slash == NULL ? path : slash + 1);
    upload.media_type = nvt_span_str(type == NULL ? media_type_of(path) : type);
    upload.source = from_file;
    upload.source_ctx = &fd;
    if (code == CLI_OK) {
        code = send_file(path);
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    upload.source_ctx = NULL;
    return code;
}

int cmd_query_upload(const struct args *a)
{
    struct nvt_span id;
    int code = take_dossier(a->word[0], a->json, &id);
    if (code == CLI_OK) {
        code = query_open(&query, a, id.len);
    }
    if (code != CLI_OK) {
        return code;
    }
    code = attach(a->word[1], a->type, id);
    if (code == CLI_OK && query.settings.json) {
        out_begin();
        out_bool("ok", true);
        out_str("signed_id", upload.signed_id);
        out_str("checksum", upload.checksum);
        out_int("bytes", (int64_t)upload.len);
        out_figures(&query.session);
        out_end();
    } else if (code == CLI_OK) {
        put_text(stdout, nvt_span_str(upload.signed_id), false);
        (void)putchar('\n');
    } else {
        /* it has been said */
    }
    query_close(&query);
    return code;
}

/* ---- decisions ---- */

static void print_done(const struct nvt_demarches_act *act, bool already)
{
    const char *state = nvt_demarches_state_after(act->verb);
    if (query.settings.json) {
        out_begin();
        out_bool("ok", true);
        if (state[0] != '\0') {
            out_str("state", state);
            out_bool("already", already);
        } else {
            struct nvt_span id =
                nvt_demarches_find(query.answer.data, "dossierEnvoyerMessage.message.id");
            out_raw("message_id", id);
        }
        out_figures(&query.session);
        out_end();
    } else {
        (void)printf("%s%s\n", state[0] == '\0' ? "sent" : state, already ? " already" : "");
    }
}

/* Has the dossier the state that was wanted? NVT_E_STATE: it has another one. */
static nvt_err look(const struct nvt_demarches_act *act)
{
    int32_t number = 0;
    nvt_err err = nvt_demarches_id_number(act->dossier_id, &number);
    if (err == NVT_OK) {
        err = query_run(&query,
                        nvt_demarches_dossier(&query.session.call, &query.request, number, 0U));
    }
    struct nvt_span state = nvt_demarches_find(query.answer.data, "dossier.state");
    const char *wanted = nvt_demarches_state_after(act->verb);
    if (err == NVT_OK &&
        (state.len != strlen(wanted) + 2U || memcmp(state.ptr + 1, wanted, state.len - 2U) != 0)) {
        err = NVT_E_STATE;
    }
    return err;
}

/* A message may not be sent again before somebody has looked. */
static int unsure(const struct nvt_demarches_act *act, const char *what, nvt_err err)
{
    int32_t number = 0;
    int code = query_fail(&query, what, err);
    if (nvt_demarches_id_number(act->dossier_id, &number) == NVT_OK) {
        say("look among its messages first: navette query dossier %ld --include messages",
            (long)number);
    }
    return code;
}

/* Refused, or its answer lost: the dossier's state tells what became of it. */
static int settle(const struct nvt_demarches_act *act, const char *what, nvt_err err)
{
    struct nvt_outcome first = query.session.call.outcome;
    bool unknown = first.verdict == NVT_UNKNOWN;
    if (act->verb == NVT_DEMARCHES_MESSAGE && unknown) {
        return unsure(act, what, err);
    }
    if (act->verb == NVT_DEMARCHES_MESSAGE || (!unknown && err != NVT_E_MUTATION)) {
        return query_fail(&query, what, err);
    }
    nvt_err found = look(act);
    if (found == NVT_OK) {
        print_done(act, true);
        return CLI_OK;
    }
    query.session.call.outcome = first;
    if (unknown && found == NVT_E_STATE) {
        return fail(query.settings.json, CLI_LATER, err,
                    "%s: %s; the dossier's state is still another one: nothing was done, try again",
                    what, nvt_err_text(err));
    }
    return query_fail(&query, what, err);
}

static int run_act(const struct args *a, struct nvt_demarches_act *act, const char *what)
{
    if (a->attachment != NULL) {
        int code = attach(a->attachment, a->type, act->dossier_id);
        if (code != CLI_OK) {
            return code;
        }
        act->attachment = nvt_span_str(upload.signed_id);
    }
    nvt_err err = query_run(&query, nvt_demarches_act(&query.session.call, &query.request, act));
    if (err != NVT_OK) {
        return settle(act, what, err);
    }
    print_done(act, false);
    return CLI_OK;
}

static int run_verb(const struct args *a, enum nvt_demarches_verb verb, const char *what)
{
    struct nvt_demarches_act act = {.verb = verb};
    const char *text = verb == NVT_DEMARCHES_MESSAGE ? a->body : a->motivation;
    bool needs_text = verb == NVT_DEMARCHES_MESSAGE || verb == NVT_DEMARCHES_REFUSE ||
                      verb == NVT_DEMARCHES_CLOSE;
    if (a->instructeur == NULL) {
        return fail(a->json, CLI_USAGE, NVT_E_FIELD_MISSING, "%s needs --instructeur ID", what);
    }
    if (needs_text && text == NULL) {
        return fail(a->json, CLI_USAGE, NVT_E_FIELD_MISSING, "%s needs %s TEXT", what,
                    verb == NVT_DEMARCHES_MESSAGE ? "--body" : "--motivation");
    }
    int code = take_dossier(a->word[0], a->json, &act.dossier_id);
    act.instructeur_id = nvt_span_str(a->instructeur);
    act.text = nvt_span_str(text);
    if (code == CLI_OK) {
        code = query_open(&query, a, act.dossier_id.len + act.instructeur_id.len + act.text.len);
    }
    if (code == CLI_OK) {
        code = run_act(a, &act, what);
        query_close(&query);
    }
    return code;
}

int cmd_query_instruct(const struct args *a)
{
    return run_verb(a, NVT_DEMARCHES_INSTRUCT, "query instruct");
}

int cmd_query_accept(const struct args *a)
{
    return run_verb(a, NVT_DEMARCHES_ACCEPT, "query accept");
}

int cmd_query_refuse(const struct args *a)
{
    return run_verb(a, NVT_DEMARCHES_REFUSE, "query refuse");
}

int cmd_query_close(const struct args *a)
{
    return run_verb(a, NVT_DEMARCHES_CLOSE, "query close");
}

int cmd_query_message(const struct args *a)
{
    return run_verb(a, NVT_DEMARCHES_MESSAGE, "query message");
}
