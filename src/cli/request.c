/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands of one request share: making ready, running it, answers of any size. */
#include "cli.h"

#include <stdlib.h>

#define ANSWER_MAX ((size_t)64 * 1024 * 1024)

int request_prepare(struct session *s, struct settings *settings, const struct nvt_profile *system,
                    const struct args *a)
{
    int code = settings_load(settings, system, a);
    if (code == CLI_OK && settings->system == &nvt_rpc_v2_profile && !args_may_have(a, "api")) {
        code = fail(a->json, CLI_CONFIG, NVT_OK,
                    "API v2 has no %s: set api = v3.3 in the section [rpc] of %s", a->command->name,
                    settings->config_file);
    }
    return code == CLI_OK ? session_open(s, settings, true) : code;
}

int request_finish(struct session *s, const char *what, nvt_err begun)
{
    if (begun != NVT_OK) {
        int code = exit_of_err(begun);
        return fail(s->settings->json, code == CLI_INPUT ? CLI_USAGE : code, begun, "%s: %s", what,
                    nvt_err_text(begun));
    }
    session_run(s);
    int code = exit_of(&s->call.outcome);
    return code == CLI_OK ? code : fail_outcome(s, what);
}

/* Fields whose value is as good as a token. */
static bool is_secret(struct nvt_span name)
{
    static const char *const list[] = {"Authorization", "Proxy-Authorization", "Cookie",
                                       "KeyId",         "X-API-KEY",           "X-Auth-Token",
                                       "cpro-account"};
    size_t i = 0;
    while (i < sizeof list / sizeof list[0] && !nvt_span_eq_nocase(name, nvt_span_str(list[i]))) {
        i++;
    }
    return i < sizeof list / sizeof list[0];
}

/* "Name: value". */
static bool take_header(const char *text, struct nvt_header *out)
{
    const char *colon = strchr(text, ':');
    if (colon == NULL || colon == text) {
        return false;
    }
    out->name = nvt_span_of(text, (size_t)(colon - text));
    out->value = nvt_span_trim(nvt_span_str(colon + 1));
    out->secret = is_secret(out->name);
    if (out->secret) {
        mask_add_header(out);
    }
    return true;
}

int request_headers(const struct args *a, struct nvt_header headers[CLI_WORDS_MAX],
                    struct nvt_request *q)
{
    for (size_t i = 0; i < a->header.count; i++) {
        if (!take_header(a->header.item[i], &headers[i])) {
            return fail(a->json, CLI_USAGE, NVT_OK, "--header takes 'Name: value'");
        }
    }
    q->headers = headers;
    q->header_count = a->header.count;
    return CLI_OK;
}

bool request_is_idempotent(const char *method)
{
    static const char *const list[] = {"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"};
    size_t i = 0;
    while (i < sizeof list / sizeof list[0] && strcmp(method, list[i]) != 0) {
        i++;
    }
    return i < sizeof list / sizeof list[0];
}

void out_figures(const struct session *s)
{
    out_int("http_status", s->call.outcome.status);
    out_traffic(s);
}

void out_traffic(const struct session *s)
{
    const struct nvt_conn_stats *stats = &s->call.conn.stats;
    out_int("ms", (int64_t)s->busy_ms);
    out_int("bytes_out", (int64_t)stats->bytes_out);
    out_int("bytes_in", (int64_t)stats->bytes_in);
}

nvt_err answer_keep(void *ctx, struct nvt_span piece)
{
    struct answer *to = (struct answer *)ctx;
    if (to->cap - to->len < piece.len) {
        size_t cap = (to->cap + piece.len) * 2U;
        uint8_t *more = cap > ANSWER_MAX ? NULL : (uint8_t *)realloc(to->mem, cap);
        if (more == NULL) {
            return NVT_E_SPACE;
        }
        to->mem = more;
        to->cap = cap;
    }
    if (piece.len > 0U) {
        (void)memcpy(to->mem + to->len, piece.ptr, piece.len);
        to->len += piece.len;
    }
    return NVT_OK;
}
