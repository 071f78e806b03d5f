/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Misbehaviour on demand: POST /standin/fault with a JSON object sets what is named in it and
 * leaves the rest; {"clear": true} ends all. GET /standin/state tells what the server has seen.
 * Neither is counted, limited or disturbed itself.
 */
#include "standin.h"

#include <stdlib.h>
#include <string.h>

struct faults faults;

bool fault_hits(const struct route *route, unsigned *counter)
{
    const bool in_scope =
        faults.scope == SCOPE_ANY || (route != NULL && route->scope == faults.scope);
    if (!in_scope || *counter == 0U) {
        return false;
    }
    (*counter)--;
    return true;
}

static void clear_faults(void)
{
    free(faults.token_answer);
    memset(&faults, 0, sizeof faults);
}

static void set_number(const json_t *set, const char *name, unsigned *out)
{
    const json_t *v = json_object_get(set, name);
    if (json_is_integer(v)) {
        *out = (unsigned)json_integer_value(v);
    }
}

static void set_flag(const json_t *set, const char *name, bool *out)
{
    const json_t *v = json_object_get(set, name);
    if (json_is_boolean(v)) {
        *out = json_is_true(v);
    }
}

static void set_texts(const json_t *set)
{
    const char *retry_after = json_string_value(json_object_get(set, "retry_after"));
    const char *token_answer = json_string_value(json_object_get(set, "token_answer"));
    const char *scope = json_string_value(json_object_get(set, "scope"));
    if (retry_after != NULL) {
        (void)snprintf(faults.retry_after, sizeof faults.retry_after, "%s", retry_after);
    }
    if (token_answer != NULL) {
        free(faults.token_answer);
        faults.token_answer = strdup(token_answer);
    }
    if (scope != NULL) {
        faults.scope = strcmp(scope, "token") == 0      ? SCOPE_TOKEN
                       : strcmp(scope, "journeys") == 0 ? SCOPE_JOURNEYS
                                                        : SCOPE_ANY;
    }
}

static void do_once(const json_t *set)
{
    if (json_is_true(json_object_get(set, "expire_tokens"))) {
        jwt_expire_all();
    }
    if (json_is_true(json_object_get(set, "settle"))) {
        rpc_settle();
    }
    if (json_is_true(json_object_get(set, "reset_limits"))) {
        rpc_reset_limits();
    }
}

static void set_options(const json_t *set)
{
    const json_t *life = json_object_get(set, "token_life");
    const json_t *scale = json_object_get(set, "limit_scale");
    if (json_is_integer(life)) {
        options.token_life_s = (long)json_integer_value(life);
    }
    if (json_is_number(scale)) {
        options.limit_scale = json_number_value(scale);
    }
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
    set_texts(set);
    set_options(set);
    do_once(set);
    reply_json(r, 200, json_pack("{s:b}", "done", 1));
}

static void show_state(struct request *r)
{
    json_t *answers = json_object();
    json_t *state = json_object();
    for (unsigned status = 100; status < 600U; status++) {
        if (counters.by_status[status] != 0U) {
            char name[8];
            (void)snprintf(name, sizeof name, "%u", status);
            (void)json_object_set_new(answers, name, json_integer(counters.by_status[status]));
        }
    }
    rpc_state(state);
    (void)json_object_set_new(state, "requests", json_integer(counters.requests));
    (void)json_object_set_new(state, "connections", json_integer(counters.connections));
    (void)json_object_set_new(state, "resumed", json_integer(counters.resumed));
    (void)json_object_set_new(state, "token_calls", json_integer(counters.token_calls));
    (void)json_object_set_new(state, "token_issued", json_integer(counters.token_issued));
    (void)json_object_set_new(state, "answers", answers);
    reply_json(r, 200, state);
}

void fault_admin(struct request *r)
{
    const char *what = r->segment_count > 1U ? r->segments[1] : "";
    if (strcmp(what, "state") == 0 && strcmp(r->method, "GET") == 0) {
        show_state(r);
    } else if (strcmp(what, "fault") == 0 && strcmp(r->method, "POST") == 0) {
        set_faults(r);
    } else {
        r->reply.status = 404;
    }
}
