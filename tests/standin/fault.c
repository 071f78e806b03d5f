/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Misbehaviour on demand: POST /standin/fault with a JSON object sets what is named in it and
 * leaves the rest; {"clear": true} ends all. GET /standin/state tells what the server has seen.
 * Neither is counted, limited or disturbed itself.
 *
 * Which requests are hit: "scope" is "any", "token", "calls" (all but tokens), "journeys" or the
 * name of a system; "system" narrows a scope to one system; "path" to paths that start so; "match"
 * to requests with that text in their body, and with "match_url" true also to those with it in
 * their URL (a journey's look-up beside its post); "over" to those with a longer body, in bytes.
 *
 * Counted: fail_count (with fail_status, retry_after), front_count (with front_status, front_type,
 * front_body; front_late: in place of the answer to what was carried out), drop_before, drop_after
 * (with reset), truncate, delay_count (with delay_ms). Until cleared: close_after, close_silent,
 * maintenance, chunked. Once: token_answer, expire_tokens, settle, decide {ID: {status, labels}}
 * (registry), reset_limits. Settings that "clear" leaves: limits {NAME: N}, limit_scale,
 * token_life, piste_life, coopcycle_life, jindexe_life, dossiers. Names of limits: token, write,
 * read, cee, rest (registry), piste, piste_token, demarches. Of one system: assigned (CoopCycle),
 * cee_disabled (registry), unsubscribed PATH, rate_header TEXT, no_id, locked N (PISTE), page_max
 * N, slow_dossier NUMBER, bad_dossier NUMBER, upload_status, files (demarches_files.c),
 * token_expired, read_only, ip_forbidden (Demarches simplifiees).
 */
#include "standin.h"

#include <stdlib.h>
#include <string.h>

struct faults faults;

static bool body_has(const struct request *r, const char *text)
{
    const size_t len = strlen(text);
    for (size_t i = 0; len <= r->body_len && i <= r->body_len - len; i++) {
        if (memcmp(r->body + i, text, len) == 0) {
            return true;
        }
    }
    return false;
}

static bool matches(const struct request *r)
{
    if (faults.over > 0U && r->body_len <= faults.over) {
        return false;
    }
    return faults.match[0] == '\0' || body_has(r, faults.match) ||
           (faults.match_url && strstr(r->url, faults.match) != NULL);
}

bool fault_hits(const struct request *r, unsigned *counter)
{
    const enum scope of = r->route == NULL ? SCOPE_CALLS : r->route->scope;
    const bool in_scope = faults.scope == SCOPE_ANY || faults.scope == of ||
                          (faults.scope == SCOPE_CALLS && of != SCOPE_TOKEN);
    const bool in_system = faults.system == NULL || faults.system == r->system;
    if (!in_scope || !in_system || strncmp(r->url, faults.path, strlen(faults.path)) != 0 ||
        *counter == 0U || !matches(r)) {
        return false;
    }
    (*counter)--;
    return true;
}

static void clear_faults(void)
{
    free(faults.token_answer);
    json_decref(faults.files);
    memset(&faults, 0, sizeof faults);
}

/* ---- setting ---- */

static void set_number(const json_t *set, const char *name, unsigned *out)
{
    const json_t *v = json_object_get(set, name);
    if (json_is_integer(v)) {
        *out = (unsigned)json_integer_value(v);
    }
}

static void set_long(const json_t *set, const char *name, long *out)
{
    const json_t *v = json_object_get(set, name);
    if (json_is_integer(v)) {
        *out = (long)json_integer_value(v);
    }
}

static void set_flag(const json_t *set, const char *name, bool *out)
{
    const json_t *v = json_object_get(set, name);
    if (json_is_boolean(v)) {
        *out = json_is_true(v);
    }
}

static void set_text(const json_t *set, const char *name, char *out, size_t cap)
{
    const char *v = text_at(set, name);
    if (v != NULL) {
        (void)snprintf(out, cap, "%s", v);
    }
}

static const struct system *system_named(const char *name)
{
    size_t i = 0;
    while (systems[i] != NULL && strcmp(systems[i]->name, name) != 0) {
        i++;
    }
    return systems[i];
}

static enum scope scope_named(const char *name)
{
    static const char *const names[] = {"any", "token", "journeys", "calls"};
    size_t i = 0;
    while (i < sizeof names / sizeof names[0] && strcmp(names[i], name) != 0) {
        i++;
    }
    return i == sizeof names / sizeof names[0] ? SCOPE_ANY : (enum scope)i;
}

static void set_scope(const json_t *set)
{
    const char *scope = text_at(set, "scope");
    const char *system = text_at(set, "system");
    if (scope != NULL) {
        faults.scope = scope_named(scope);
        faults.system = system_named(scope);
    }
    if (system != NULL) {
        faults.system = system_named(system);
    }
    set_text(set, "path", faults.path, sizeof faults.path);
    set_text(set, "match", faults.match, sizeof faults.match);
    set_flag(set, "match_url", &faults.match_url);
    set_number(set, "over", &faults.over);
}

static void set_token_answer(const json_t *set)
{
    const char *token_answer = text_at(set, "token_answer");
    if (token_answer != NULL) {
        free(faults.token_answer);
        faults.token_answer = strdup(token_answer);
    }
}

/* Calls do() with each limiter of each route. */
static void each_limiter(void (*act)(struct limiter *limiter, const json_t *set), const json_t *set)
{
    for (size_t i = 0; systems[i] != NULL; i++) {
        for (const struct route *route = systems[i]->routes; route->method != NULL; route++) {
            if (route->limiter != NULL) {
                act(route->limiter, set);
            }
        }
    }
}

static void set_limit(struct limiter *limiter, const json_t *set)
{
    const json_t *v = json_object_get(set, limiter->name);
    if (json_is_integer(v)) {
        limiter->max = (unsigned)json_integer_value(v);
        limiter->end_ms = 0;
    }
}

static void reset_limit(struct limiter *limiter, const json_t *set)
{
    (void)set;
    limiter->end_ms = 0;
}

static void do_once(const json_t *set)
{
    if (json_is_true(json_object_get(set, "expire_tokens"))) {
        for (size_t i = 0; systems[i] != NULL; i++) {
            if (faults.system == NULL || faults.system == systems[i]) {
                systems[i]->expire();
            }
        }
    }
    if (json_is_true(json_object_get(set, "settle"))) {
        rpc_settle();
        rpc_v2_settle();
    }
    if (json_is_object(json_object_get(set, "decide"))) {
        rpc_decide(json_object_get(set, "decide"));
    }
    if (json_is_true(json_object_get(set, "reset_limits"))) {
        each_limiter(reset_limit, set);
    }
    each_limiter(set_limit, json_object_get(set, "limits"));
    if (json_object_get(set, "examples") != NULL) {
        documents_choose(json_object_get(set, "examples"));
    }
}

static void set_options(const json_t *set)
{
    const json_t *scale = json_object_get(set, "limit_scale");
    set_long(set, "token_life", &options.token_life_s);
    set_long(set, "piste_life", &options.piste_life_s);
    set_long(set, "coopcycle_life", &options.coopcycle_life_s);
    set_long(set, "jindexe_life", &options.jindexe_life_s);
    set_number(set, "dossiers", &options.dossiers);
    if (json_is_number(scale)) {
        options.limit_scale = json_number_value(scale);
    }
}

static void set_files(json_t *files)
{
    if (json_is_array(files)) {
        json_decref(faults.files);
        faults.files = json_incref(files);
    }
}

static void set_of_systems(const json_t *set)
{
    set_files(json_object_get(set, "files"));
    set_flag(set, "assigned", &faults.assigned);
    set_flag(set, "cee_disabled", &faults.cee_disabled);
    set_flag(set, "v2_envelope", &faults.v2_envelope);
    set_text(set, "unsubscribed", faults.unsubscribed, sizeof faults.unsubscribed);
    set_text(set, "rate_header", faults.rate_header, sizeof faults.rate_header);
    set_flag(set, "no_id", &faults.no_id);
    set_number(set, "locked", &faults.locked);
    set_number(set, "page_max", &faults.page_max);
    set_number(set, "slow_dossier", &faults.slow_dossier);
    set_number(set, "bad_dossier", &faults.bad_dossier);
    set_number(set, "upload_status", &faults.upload_status);
    set_flag(set, "token_expired", &faults.token_expired);
    set_flag(set, "read_only", &faults.read_only);
    set_flag(set, "ip_forbidden", &faults.ip_forbidden);
}

static void set_faults(struct request *r)
{
    const json_t *set = r->json;
    if (!json_is_object(set)) {
        reply_json(r, 400, json_pack("{s:s}", "error", "a JSON object is needed"));
        return;
    }
    if (json_is_true(json_object_get(set, "clear"))) {
        clear_faults();
    }
    set_number(set, "fail_status", &faults.fail_status);
    set_number(set, "fail_count", &faults.fail_count);
    set_number(set, "front_count", &faults.front_count);
    set_number(set, "front_status", &faults.front_status);
    set_flag(set, "front_late", &faults.front_late);
    set_text(set, "front_type", faults.front_type, sizeof faults.front_type);
    set_text(set, "front_body", faults.front_body, sizeof faults.front_body);
    set_number(set, "drop_before", &faults.drop_before);
    set_number(set, "drop_after", &faults.drop_after);
    set_number(set, "truncate", &faults.truncate);
    set_number(set, "delay_ms", &faults.delay_ms);
    set_number(set, "delay_count", &faults.delay_count);
    set_number(set, "close_after", &faults.close_after);
    set_number(set, "close_silent", &faults.close_silent);
    set_flag(set, "reset", &faults.reset);
    set_flag(set, "maintenance", &faults.maintenance);
    set_flag(set, "chunked", &faults.chunked);
    set_text(set, "retry_after", faults.retry_after, sizeof faults.retry_after);
    set_token_answer(set);
    set_scope(set);
    set_of_systems(set);
    set_options(set);
    do_once(set);
    reply_json(r, 200, json_pack("{s:b}", "done", 1));
}

/* ---- telling ---- */

static json_t *answers_by_status(void)
{
    json_t *answers = json_object();
    for (unsigned status = 100; status < 600U; status++) {
        if (counters.by_status[status] != 0U) {
            char name[8];
            (void)snprintf(name, sizeof name, "%u", status);
            (void)json_object_set_new(answers, name, json_integer(counters.by_status[status]));
        }
    }
    return answers;
}

/* Names are unique throughout, so that a script finds a number without parsing. */
static void show_state(struct request *r)
{
    json_t *state = json_object();
    for (size_t i = 0; systems[i] != NULL; i++) {
        char name[32];
        json_t *of_system = systems[i] == &rpc_system ? json_incref(state) : json_object();
        (void)snprintf(name, sizeof name, "%s_requests", systems[i]->name);
        (void)json_object_set_new(of_system, name, json_integer(counters.by_system[i]));
        systems[i]->state(of_system);
        if (of_system == state) {
            json_decref(of_system);
        } else {
            (void)json_object_set_new(state, systems[i]->name, of_system);
        }
    }
    (void)json_object_set_new(state, "requests", json_integer(counters.requests));
    (void)json_object_set_new(state, "connections", json_integer(counters.connections));
    (void)json_object_set_new(state, "resumed", json_integer(counters.resumed));
    (void)json_object_set_new(state, "token_calls", json_integer(counters.token_calls));
    (void)json_object_set_new(state, "token_issued", json_integer(counters.token_issued));
    (void)json_object_set_new(state, "answers", answers_by_status());
    documents_state(state);
    reply_json(r, 200, state);
}

void fault_admin(struct request *r)
{
    const char *what = r->segment_count > 1U ? r->segments[1] : "";
    const bool get = strcmp(r->method, "GET") == 0;
    if (strcmp(what, "state") == 0 && get) {
        show_state(r);
    } else if (strcmp(what, "webhook-sample") == 0 && get) {
        coopcycle_webhook_sample(r);
    } else if (strcmp(what, "fault") == 0 && strcmp(r->method, "POST") == 0) {
        set_faults(r);
    } else {
        reply_empty(r, 404);
    }
}
