/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Jindexe: password and refresh grants in JSON, refresh tokens that rotate, and four classes of
 * routes by which credentials they want. Its error bodies are those of the PHP bundle that its
 * token answer looks like; whatever is superfluous is ignored.
 */
#include "standin.h"

#include <stdlib.h>
#include <string.h>

#define REFRESH_LIFE_S 17280000
#define TOKEN_LEN 86U /* base64 of 64 hexadecimal digits, without padding */
#define ACCESS_MAX 64U

struct access {
    char token[TOKEN_LEN + 1U];
    int64_t end_s;
};

static char username[64], password[80], api_key[37];
static struct access access_tokens[ACCESS_MAX]; /* a ring */
static char refresh_token[TOKEN_LEN + 1U];
static int64_t refresh_end_s;
static unsigned logins, refreshes, refused_refreshes, listing_updates, publications;
static unsigned access_next;
static json_t *listing;

/* ---- tokens ---- */

static void make_token(char out[TOKEN_LEN + 1U])
{
    char hex[65];
    random_text(hex, 64, "0123456789abcdef");
    char *text = base64_of(hex, 64);
    (void)snprintf(out, TOKEN_LEN + 1U, "%s", text == NULL ? "" : text); /* cuts the padding off */
    free(text);
}

static void reply_oauth(struct request *r, unsigned status, const char *error, const char *text)
{
    reply_json(r, status, json_pack("{s:s,s:s}", "error", error, "error_description", text));
}

static void reply_tokens(struct request *r)
{
    struct access *a = &access_tokens[access_next++ % ACCESS_MAX];
    make_token(a->token);
    a->end_s = now_s() + options.jindexe_life_s;
    make_token(refresh_token);
    refresh_end_s = now_s() + REFRESH_LIFE_S;
    counters.token_issued++;
    reply_field(r, "Cache-Control", "no-store, private");
    reply_field(r, "Pragma", "no-cache");
    const char *answer = faults.token_answer == NULL ? a->token : keep(r, faults.token_answer);
    faults.token_answer = NULL;
    reply_json(r, 200,
               json_pack("{s:s,s:I,s:s,s:s,s:s}", "access_token", answer, "expires_in",
                         (json_int_t)options.jindexe_life_s, "token_type", "bearer", "scope",
                         "user", "refresh_token", refresh_token));
}

static void log_in(struct request *r)
{
    if (text_at(r->json, "username") == NULL || text_at(r->json, "password") == NULL) {
        reply_oauth(r, 400, "invalid_request",
                    "Missing parameters. \"username\" and \"password\" required");
    } else if (!same_text(text_at(r->json, "username"), username) ||
               !same_text(text_at(r->json, "password"), password)) {
        reply_oauth(r, 400, "invalid_grant", "Invalid username and password combination");
    } else {
        logins++;
        reply_tokens(r);
    }
}

/* The old refresh token dies with the answer made, whether that arrives or not. */
static void refresh(struct request *r)
{
    const char *given = text_at(r->json, "refresh_token");
    if (given == NULL) {
        reply_oauth(r, 400, "invalid_request", "No \"refresh_token\" parameter found");
    } else if (refresh_token[0] == '\0' || strcmp(given, refresh_token) != 0) {
        refused_refreshes++;
        reply_oauth(r, 400, "invalid_grant", "Invalid refresh token");
    } else if (refresh_end_s <= now_s()) {
        refused_refreshes++;
        reply_oauth(r, 400, "invalid_grant", "Refresh token has expired");
    } else {
        refreshes++;
        reply_tokens(r);
    }
}

static void post_token(struct request *r)
{
    const char *grant = text_at(r->json, "grant_type");
    counters.token_calls++;
    if (grant == NULL) {
        reply_oauth(r, 400, "invalid_request", "Invalid grant_type parameter or parameter missing");
    } else if (strcmp(grant, "password") == 0) {
        log_in(r);
    } else if (strcmp(grant, "refresh_token") == 0) {
        refresh(r);
    } else {
        reply_oauth(r, 400, "unsupported_grant_type", "Unsupported grant type");
    }
}

/* ---- what comes before a route ---- */

static void reply_challenge(struct request *r, const char *error, const char *text)
{
    reply_field(r, "WWW-Authenticate",
                "Bearer realm=\"Service\", error=\"%s\", "
                "error_description=\"%s\"",
                error, text);
    reply_oauth(r, 401, error, text);
}

static bool has_key(struct request *r)
{
    if (same_text(header_value(r, "X-API-KEY"), api_key)) {
        return true;
    }
    reply_oauth(r, 401, "invalid_client", "The client credentials are invalid");
    return false;
}

static bool has_token(struct request *r)
{
    const char *token = bearer_of(r);
    if (token == NULL) {
        reply_field(r, "WWW-Authenticate", "Bearer realm=\"Service\"");
        reply_oauth(r, 401, "access_denied", "OAuth2 authentication required");
        return false;
    }
    for (size_t i = 0; i < ACCESS_MAX; i++) {
        if (access_tokens[i].token[0] != '\0' && strcmp(access_tokens[i].token, token) == 0) {
            if (access_tokens[i].end_s > now_s()) {
                return true;
            }
            reply_challenge(r, "invalid_grant", "The access token provided has expired.");
            return false;
        }
    }
    reply_challenge(r, "invalid_grant", "The access token provided is invalid.");
    return false;
}

/* The class of a route decides, known or not. */
static bool admit(struct request *r)
{
    const char *class = r->segments[0];
    const bool open = strcmp(class, "ext") == 0;
    const bool personal = strcmp(class, "user") == 0 || strcmp(class, "pro") == 0;
    if ((!open && !has_key(r)) || (personal && !has_token(r))) {
        return false;
    }
    if (r->body_len != 0U && (!has_type(r, "application/json") || !read_json(r))) {
        reply_oauth(r, 400, "invalid_request", "The body is no JSON");
        return false;
    }
    return true;
}

static void missing(struct request *r)
{
    reply_json(r, 404, json_pack("{s:i,s:s}", "code", 404, "message", "Not Found"));
}

static void failed(struct request *r, unsigned status)
{
    reply_json(r, status,
               json_pack("{s:i,s:s}", "code", (int)status, "message", "Injected failure"));
}

/* ---- routes ---- */

static void get_ping(struct request *r)
{
    reply_json(r, 200, json_pack("{s:b}", "pong", 1));
}

static void get_categories(struct request *r)
{
    reply_json(r, 200,
               json_pack("[{s:i,s:s},{s:i,s:s}]", "id", 1, "name", "Boulangerie", "id", 2, "name",
                         "Librairie"));
}

static void get_me(struct request *r)
{
    reply_json(r, 200, json_pack("{s:i,s:s}", "id", 12, "email", username));
}

static bool is_listing(struct request *r)
{
    if (strcmp(r->segments[2], "77") == 0) {
        return true;
    }
    missing(r);
    return false;
}

static void get_listings(struct request *r)
{
    reply_json(r, 200, json_pack("[O]", listing));
}

static void get_listing(struct request *r)
{
    if (is_listing(r)) {
        reply_json(r, 200, json_incref(listing));
    }
}

static void put_listing(struct request *r)
{
    if (!is_listing(r)) {
        return;
    }
    const char *name = text_at(r->json, "name");
    if (name != NULL && name[0] == '\0') {
        reply_json(r, 400,
                   json_pack("{s:i,s:s,s:{s:{s:[s]}}}", "code", 400, "message", "Validation Failed",
                             "errors", "children", "name", "This value should not be blank."));
        return;
    }
    (void)json_object_update_existing(listing, r->json);
    (void)json_object_set_new(listing, "id", json_integer(77));
    listing_updates++;
    reply_json(r, 200, json_incref(listing));
}

static void post_publication(struct request *r)
{
    if (is_listing(r)) {
        reply_json(r, 201, json_pack("{s:i,s:s}", "id", (int)++publications, "status", "pending"));
    }
}

static const struct route routes[] = {
    {"POST", "public/token", post_token, NULL, AUTH_KEY, SCOPE_TOKEN},
    {"GET", "ext/ping", get_ping, NULL, AUTH_NONE, SCOPE_CALLS},
    {"GET", "public/categories", get_categories, NULL, AUTH_KEY, SCOPE_CALLS},
    {"GET", "user/me", get_me, NULL, AUTH_BOTH, SCOPE_CALLS},
    {"GET", "pro/listings", get_listings, NULL, AUTH_BOTH, SCOPE_CALLS},
    {"GET", "pro/listings/*", get_listing, NULL, AUTH_BOTH, SCOPE_CALLS},
    {"PUT", "pro/listings/*", put_listing, NULL, AUTH_BOTH, SCOPE_CALLS},
    {"PATCH", "pro/listings/*", put_listing, NULL, AUTH_BOTH, SCOPE_CALLS},
    {"POST", "pro/listings/*/publications", post_publication, NULL, AUTH_BOTH, SCOPE_CALLS},
    {NULL, NULL, NULL, NULL, AUTH_NONE, SCOPE_ANY}};

/* ---- set-up and state ---- */

static bool init(void)
{
    char name[9];
    random_text(name, 8, "abcdefghijklmnopqrstuvwxyz");
    (void)snprintf(username, sizeof username, "%s@shop.example", name);
    random_secret(password, sizeof password, 20,
                  "ABCDEFGHIJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789", "\"\\ :+%&=é/");
    random_uuid(api_key);
    listing = json_pack("{s:i,s:s,s:s,s:s}", "id", 77, "name", "Librairie du Port", "phone",
                        "+33123456789", "city", "Brest");
    return listing != NULL;
}

static void write_keys(FILE *out)
{
    (void)fprintf(out, "username = %s\npassword = %s\napi_key = %s\n", username, password, api_key);
}

static void state(json_t *out)
{
    (void)json_object_set_new(out, "logins", json_integer(logins));
    (void)json_object_set_new(out, "refreshes", json_integer(refreshes));
    (void)json_object_set_new(out, "refused_refreshes", json_integer(refused_refreshes));
    (void)json_object_set_new(out, "listing_updates", json_integer(listing_updates));
    (void)json_object_set_new(out, "publications", json_integer(publications));
}

static void expire(void)
{
    for (size_t i = 0; i < ACCESS_MAX; i++) {
        access_tokens[i].end_s = 0;
    }
}

static void free_all(void)
{
    json_decref(listing);
}

const struct system jindexe_system = {.name = "jindexe",
                                      .prefixes = "public ext user pro",
                                      .routes = routes,
                                      .init = init,
                                      .admit = admit,
                                      .missing = missing,
                                      .failed = failed,
                                      .keys = write_keys,
                                      .state = state,
                                      .expire = expire,
                                      .free = free_all};
