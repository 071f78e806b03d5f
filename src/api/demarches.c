/* SPDX-License-Identifier: Apache-2.0 */
/* Demarches simplifiees: the profile, queries and what their answers say. */
#include "demarches_text.h"

static const struct nvt_environment environments[] = {
    {"production", "https://www.demarches-simplifiees.fr", NULL, NULL},
    {"numerique", "https://demarche.numerique.gouv.fr", NULL, NULL},
};

const struct nvt_profile nvt_demarches_profile = {
    .name = "demarches",
    .title = "D\xC3\xA9marches simplifi\xC3\xA9"
             "es",
    .environments = environments,
    .environment_count = sizeof environments / sizeof environments[0],
    .grant = NVT_GRANT_STATIC,
    .token_path = "",
    .scope = "",
    .api_key_name = "",
    .errors = "errors",
    .retry_500 = true,
    .rates = {{0U, 0U, 0U}, {400U, 61000U, 40U}},
};

static enum nvt_verdict check_answer(struct nvt_call *call);

static const struct nvt_done done = {
    .status = 200U, .form = (uint8_t)NVT_FORM_OBJECT, .check = check_answer};

/* ---- requests ---- */

void nvt_demarches_init(struct nvt_demarches_request *r, void *body, size_t body_cap, void *answer,
                        size_t answer_cap)
{
    (void)memset(r, 0, sizeof *r);
    nvt_buf_init(&r->body, body, body_cap);
    nvt_buf_init(&r->answer, answer, answer_cap);
}

static nvt_err take_answer(void *ctx, struct nvt_span piece)
{
    struct nvt_buf *answer = &((struct nvt_demarches_request *)ctx)->answer;
    nvt_buf_put(answer, piece);
    return nvt_buf_err(answer);
}

void nvt_demarches_clear(struct nvt_demarches_request *r, struct nvt_json_writer *w)
{
    (void)memset(&r->request, 0, sizeof r->request);
    r->body.len = 0;
    r->body.overflow = false;
    r->answer.len = 0;
    r->answer.overflow = false;
    r->listed = true;
    r->data = NVT_LIT("");
    r->errors = NVT_LIT("");
    nvt_json_writer_init(w, &r->body);
    nvt_json_begin_object(w);
}

void nvt_demarches_name(struct nvt_json_writer *w, const char *name)
{
    nvt_json_name(w, nvt_span_str(name));
}

void nvt_demarches_put(struct nvt_json_writer *w, const char *name, struct nvt_span text)
{
    if (text.len > 0U) {
        nvt_demarches_name(w, name);
        nvt_json_put_str(w, text);
    }
}

nvt_err nvt_demarches_send(struct nvt_call *call, struct nvt_demarches_request *r,
                           struct nvt_json_writer *w, bool repeatable)
{
    if (w->depth > 1U) {
        nvt_json_end_object(w);
    }
    nvt_json_end_object(w);
    r->mutation = !repeatable;
    r->request.method = NVT_LIT("POST");
    r->request.target = NVT_LIT("/api/v2/graphql");
    r->request.media_type = NVT_LIT("application/json");
    r->request.body = nvt_buf_span(&r->body);
    r->request.flags |= repeatable ? (uint8_t)NVT_REQ_IDEMPOTENT : 0U;
    r->request.rate = 1U;
    r->request.done = &done;
    r->request.sink = take_answer;
    r->request.sink_ctx = r;
    nvt_err err = nvt_json_writer_end(w);
    return err == NVT_OK ? nvt_call_begin(call, &r->request) : err;
}

/* The word for it cannot be written in any other way, and may stand in a comment at worst. */
static bool may_mutate(struct nvt_span text)
{
    static const char word[] = "mutation";
    size_t len = sizeof word - 1U;
    bool found = false;
    for (size_t i = 0; i + len <= text.len && !found; i++) {
        found = memcmp(text.ptr + i, word, len) == 0;
    }
    return found;
}

static bool is(struct nvt_span text, const char *wanted)
{
    return nvt_span_eq(text, nvt_span_str(wanted));
}

nvt_err nvt_demarches_query(struct nvt_call *call, struct nvt_demarches_request *r,
                            const struct nvt_demarches_query *q)
{
    struct nvt_json_writer w;
    bool own = q->text.len > 0U;
    bool reads = own ? !may_mutate(q->text)
                     : is(q->query_id, NVT_DEMARCHES_QUERIES) || is(q->query_id, "introspection");
    if (own == (q->query_id.len > 0U)) {
        return own ? NVT_E_FIELD_BOTH : NVT_E_FIELD_MISSING;
    }
    if (q->variables.len > 0U && !nvt_json_starts(q->variables, '{')) {
        return NVT_E_FIELD_TYPE;
    }
    nvt_demarches_clear(r, &w);
    r->listed = own || reads || is(q->query_id, NVT_DEMARCHES_MUTATIONS);
    r->request.flags = q->open_data ? (uint8_t)NVT_REQ_NO_AUTH : 0U;
    nvt_demarches_put(&w, "query", q->text);
    nvt_demarches_put(&w, "queryId", q->query_id);
    nvt_demarches_put(&w, "operationName", q->operation);
    if (q->variables.len > 0U) {
        nvt_demarches_name(&w, "variables");
        nvt_json_put_raw(&w, q->variables);
    }
    return nvt_demarches_send(call, r, &w, reads);
}

/* ---- answers ---- */

/* A string or number, behind what out holds. */
static void put_words(const struct nvt_call *call, struct nvt_span value, char *out, size_t cap)
{
    struct nvt_span text = nvt_json_text(value);
    nvt_call_words(call, text.len > 0U ? text : value, true, out, cap);
}

/* path = [ "demarche", "dossiers", 3 ]                  GraphQL, October 2021, section 7.1.2
 * In place: what is left of the brackets' text are names, numbers and a '.' for each comma. */
static void join_path(char *field)
{
    char *to = field;
    for (const char *from = field; *from != '\0'; from++) {
        if (strchr("[\"] ", *from) == NULL) {
            *to = (char)(*from == ',' ? '.' : *from);
            to++;
        }
    }
    *to = '\0';
}

/* The error that tells most: one of time, since it means that more is missing than it says, else
 * the first. Empty when there is none. */
static struct nvt_span pick(struct nvt_span errors)
{
    struct nvt_span first = NVT_LIT("");
    struct nvt_span name;
    struct nvt_span error;
    while (nvt_demarches_walk(&errors, &name, &error)) {
        if (is(nvt_demarches_find(error, "extensions.code"), "\"timeout\"")) {
            return error;
        }
        first = first.len == 0U ? error : first;
    }
    return first;
}

/* errors = [ { message, path, extensions { code } } ], or what a mutation's payload has: [ {
 * message } ]. False when there is none. */
static bool read_errors(const struct nvt_call *call, struct nvt_span errors, struct nvt_failure *f)
{
    struct nvt_span error = pick(errors);
    put_words(call, nvt_demarches_find(error, "message"), f->message, sizeof f->message);
    put_words(call, nvt_demarches_find(error, "extensions.code"), f->code, sizeof f->code);
    put_words(call, nvt_demarches_find(error, "path"), f->field, sizeof f->field);
    join_path(f->field);
    return error.len > 0U;
}

/* data = { mutation: { ..., errors: null / [ { message } ] } } */
static nvt_err read_refusal(const struct nvt_call *call, struct nvt_span data,
                            struct nvt_failure *f)
{
    struct nvt_span name;
    struct nvt_span payload;
    while (nvt_demarches_walk(&data, &name, &payload)) {
        if (read_errors(call, nvt_demarches_find(payload, "errors"), f)) {
            f->field[0] = '\0';
            put_words(call, name, f->field, sizeof f->field);
            return NVT_E_MUTATION;
        }
    }
    return NVT_OK;
}

static nvt_err read_body(const struct nvt_call *call, struct nvt_demarches_request *r,
                         struct nvt_failure *f)
{
    struct nvt_span body = nvt_buf_span(&r->answer);
    struct nvt_span data = nvt_demarches_find(body, "data");
    struct nvt_span errors = nvt_demarches_find(body, "errors");
    if (nvt_json_check(body, NULL) != NVT_OK) {
        return NVT_E_ANSWER;
    }
    if (nvt_json_starts(data, '{')) {
        r->data = data;
    }
    if (read_errors(call, errors, f)) {
        r->errors = errors;
        return NVT_E_GRAPHQL;
    }
    if (r->data.len == 0U) {
        return NVT_E_ANSWER;
    }
    return r->mutation ? read_refusal(call, data, f) : NVT_OK;
}

/* A mutation may have run before it timed out, or before its answer broke. */
static enum nvt_verdict check_answer(struct nvt_call *call)
{
    struct nvt_failure *f = &call->outcome.failure;
    f->err = read_body(call, (struct nvt_demarches_request *)call->request->sink_ctx, f);
    bool late = f->err == NVT_E_GRAPHQL && strcmp(f->code, "timeout") == 0;
    if (f->err == NVT_OK) {
        return NVT_DELIVERED;
    }
    return late || f->err == NVT_E_ANSWER ? NVT_UNKNOWN : NVT_REFUSED;
}

nvt_err nvt_demarches_read(struct nvt_call *call, const struct nvt_demarches_request *r,
                           struct nvt_demarches_answer *out, struct nvt_failure *out_failure)
{
    (void)memset(out, 0, sizeof *out);
    *out_failure = call->outcome.failure;
    out->verdict = call->outcome.verdict;
    out->data = r->data;
    out->errors = r->errors;
    if (out_failure->err == NVT_E_SINK && r->answer.overflow) {
        out_failure->err = NVT_E_HTTP_BODY_SIZE;
    } else if (call->outcome.status == 500U && !r->listed) {
        out->verdict = NVT_REFUSED;
    }
    return out_failure->err;
}
