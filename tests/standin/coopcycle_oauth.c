/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CoopCycle's tokens: client credentials by Basic or in the form, errors in the words of the PHP
 * library that answers there, and JWTs as long as those signed with an RSA-4096 key.
 */
#include "coopcycle.h"

#include <stdlib.h>
#include <string.h>

static char client_id[33], client_secret[96];
static unsigned generation = 1; /* tokens of an older one count as expired */
static unsigned tokens_issued;

bool coopcycle_oauth_init(void)
{
    random_text(client_id, 32, "0123456789abcdef");
    random_secret(client_secret, sizeof client_secret, 64, "0123456789abcdef", ":+% &=é/");
    return true;
}

void coopcycle_oauth_keys(FILE *out)
{
    (void)fprintf(out, "client_id = %s\nclient_secret = %s\n", client_id, client_secret);
}

void coopcycle_oauth_expire(void)
{
    generation++;
}

unsigned coopcycle_tokens(void)
{
    return tokens_issued;
}

static void reply_oauth(struct request *r, unsigned status, const char *error, const char *text,
                        const char *hint)
{
    json_t *body = json_pack("{s:s,s:s}", "error", error, "error_description", text);
    if (hint != NULL) {
        (void)json_object_set_new(body, "hint", json_string(hint));
    }
    (void)json_object_set_new(body, "message", json_string(text));
    r->reply.type = "application/json";
    r->reply.json_flags = JSON_ESCAPE_SLASH | JSON_ENSURE_ASCII;
    reply_json(r, status, body);
}

/* ---- who asks ---- */

static bool known_client(struct request *r)
{
    const char *id = form_value(r, "client_id");
    const char *secret = form_value(r, "client_secret");
    const bool basic = basic_of(r, &id, &secret, false); /* as it is */
    if (id == NULL) {
        reply_oauth(r, 400, "invalid_request",
                    "The request is missing a required parameter, includes an invalid parameter "
                    "value, includes a parameter more than once, or is otherwise malformed.",
                    "Check the `client_id` parameter");
        return false;
    }
    if (!same_text(id, client_id) || !same_text(secret, client_secret)) {
        if (basic || header_value(r, "Authorization") != NULL) {
            reply_field(r, "WWW-Authenticate", "Basic realm=\"OAuth\"");
        }
        reply_oauth(r, 401, "invalid_client", "Client authentication failed", NULL);
        return false;
    }
    return true;
}

/* ---- scopes ---- */

static bool known_scope(const char *scope)
{
    static const char *const known[] = {"tasks", "deliveries", "orders", "orders:all", "tasks:all"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(known[i], scope) == 0) {
            return true;
        }
    }
    return false;
}

/* The scopes asked for as an array; NULL: one is unknown, answered. */
static json_t *scopes_of(struct request *r)
{
    const char *asked = form_value(r, "scope");
    json_t *scopes = json_array();
    char *rest = NULL;
    char *copy = keep(r, strdup(asked == NULL || asked[0] == '\0' ? "deliveries" : asked));
    for (char *s = strtok_r(copy, " ", &rest); s != NULL; s = strtok_r(NULL, " ", &rest)) {
        if (!known_scope(s)) {
            char hint[128];
            (void)snprintf(hint, sizeof hint, "Check the `%s` scope", s);
            json_decref(scopes);
            reply_oauth(r, 400, "invalid_scope",
                        "The requested scope is invalid, unknown, or malformed", hint);
            return NULL;
        }
        (void)json_array_append_new(scopes, json_string(s));
    }
    return scopes;
}

/* ---- tokens ---- */

static char *make_jwt(json_t *scopes)
{
    char id[81];
    const double now = (double)now_s() + 0.482917;
    random_text(id, 80, "0123456789abcdef");
    return jwt_issue_claims(json_pack("{s:s,s:s,s:f,s:f,s:f,s:s,s:o,s:i}", "aud", client_id, "jti",
                                      id, "iat", now, "nbf", now, "exp",
                                      now + (double)options.coopcycle_life_s, "sub", "", "scopes",
                                      scopes, "gen", (int)generation));
}

void coopcycle_post_token(struct request *r)
{
    counters.token_calls++;
    if (!same_text(form_value(r, "grant_type"), "client_credentials")) {
        reply_oauth(r, 400, "unsupported_grant_type",
                    "The authorization grant type is not supported by the authorization server.",
                    "Check that all required parameters have been provided");
        return;
    }
    json_t *scopes = known_client(r) ? scopes_of(r) : NULL;
    if (scopes == NULL) {
        return;
    }
    char *token = keep(r, make_jwt(scopes));
    const char *answer = faults.token_answer == NULL ? token : keep(r, faults.token_answer);
    faults.token_answer = NULL;
    tokens_issued++;
    counters.token_issued++;
    reply_field(r, "Cache-Control", "no-store, private");
    reply_field(r, "Pragma", "no-cache");
    r->reply.type = "application/json; charset=UTF-8";
    reply_json(r, 200,
               json_pack("{s:s,s:I,s:s}", "token_type", "Bearer", "expires_in",
                         (json_int_t)options.coopcycle_life_s, "access_token", answer));
}

bool coopcycle_token_fits(struct request *r, const char *token)
{
    r->claims = jwt_claims_of(token);
    return r->claims != NULL &&
           json_integer_value(json_object_get(r->claims, "gen")) == (json_int_t)generation &&
           json_number_value(json_object_get(r->claims, "exp")) > (double)now_s();
}
