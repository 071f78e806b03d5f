/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PISTE, the gateway, and a little of three APIs behind it (piste_apis.c): opaque tokens for client
 * credentials, realms that tell a wrong path from a bad token, quotas in one JSON field, refusals
 * in HTML.
 */
#include "standin.h"
#include "piste.h"

#include <stdlib.h>
#include <string.h>

#define TOKENS_MAX 64U
#define TOKEN_LEN 54U

struct token {
    char text[TOKEN_LEN + 1U];
    int64_t end_s;
};

static char client_id[37], client_secret[80], api_key[37];
static char account_login[48], account_password[40];
static struct token tokens[TOKENS_MAX]; /* a ring */
static unsigned token_next, tokens_issued;
static struct limiter limit = {"piste", 20, 0, 0, 0};
static struct limiter limit_token = {"piste_token", 100, 0, 0, 0};

/* ---- tokens ---- */

static void reply_oauth(struct request *r, unsigned status, const char *error, const char *text)
{
    json_t *body = json_pack("{s:s}", "error", error);
    if (text != NULL) {
        (void)json_object_set_new(body, "error_description", json_string(text));
    }
    reply_json(r, status, body);
}

static bool known_client(struct request *r)
{
    const char *id = form_value(r, "client_id");
    const char *secret = form_value(r, "client_secret");
    if (id == NULL) {
        (void)basic_of(r, &id, &secret, true);
    }
    return same_text(id, client_id) && same_text(secret, client_secret);
}

static void reply_token(struct request *r)
{
    const char *scope = form_value(r, "scope");
    struct token *t = &tokens[token_next++ % TOKENS_MAX];
    random_text(t->text, TOKEN_LEN,
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");
    t->end_s = now_s() + options.piste_life_s;
    tokens_issued++;
    counters.token_issued++;
    reply_field(r, "Cache-Control", "no-store");
    reply_field(r, "Connection", "close");
    const char *answer = faults.token_answer == NULL ? t->text : keep(r, faults.token_answer);
    faults.token_answer = NULL;
    reply_json(r, 200,
               json_pack("{s:s,s:s,s:I,s:s}", "access_token", answer, "token_type", "Bearer",
                         "expires_in", (json_int_t)options.piste_life_s, "scope",
                         same_text(scope, "openid") ? "openid resource.READ" : "openid"));
}

static void post_token(struct request *r)
{
    const char *grant = form_value(r, "grant_type");
    counters.token_calls++;
    if (!has_type(r, "application/x-www-form-urlencoded") || grant == NULL) {
        reply_oauth(r, 400, "invalid_request", "grant_type is missing");
    } else if (strcmp(grant, "client_credentials") != 0) {
        reply_oauth(r, 400, "unsupported_grant_type", NULL);
    } else if (!known_client(r)) {
        reply_oauth(r, 400, "invalid_client", NULL);
    } else if (form_value(r, "scope") != NULL && !same_text(form_value(r, "scope"), "openid")) {
        reply_oauth(r, 400, "invalid_scope", NULL);
    } else {
        reply_token(r);
    }
}

/* ---- what comes before a route ---- */

static void reply_html(struct request *r, unsigned status, const char *title)
{
    char page[512];
    (void)snprintf(page, sizeof page,
                   "<html><head><title>%u %s</title></head>\n<body><h1>%s</h1>\n<p>The request "
                   "could not be served.</p></body></html>\n",
                   status, title, title);
    reply_text(r, status, "text/html;charset=UTF-8", page);
}

static void reply_unauthorized(struct request *r, const char *realm)
{
    reply_field(r, "WWW-Authenticate", "Bearer realm=\"%s\"", realm);
    reply_html(r, 401, "Unauthorized");
}

static bool good_token(const struct request *r)
{
    const char *given = bearer_of(r);
    for (size_t i = 0; given != NULL && i < TOKENS_MAX; i++) {
        if (tokens[i].text[0] != '\0' && strcmp(tokens[i].text, given) == 0) {
            return tokens[i].end_s > now_s();
        }
    }
    return false;
}

/* Chorus Pro knows its technical account by a field of its own. */
bool piste_has_account(struct request *r)
{
    const char *field = header_value(r, "cpro-account");
    size_t len = 0;
    char *pair = field == NULL ? NULL : keep(r, base64_decode(field, &len));
    char *colon = pair == NULL ? NULL : strchr(pair, ':');
    if (colon == NULL) {
        return false;
    }
    *colon = '\0';
    return strcmp(pair, account_login) == 0 && strcmp(colon + 1, account_password) == 0;
}

/* Is the path below one of the APIs that the gateway knows? */
static bool known_api(const struct request *r)
{
    static const char *const apis[] = {"/dila/legifrance/lf-engine-app/",
                                       "/cassation/judilibre/v1.0/", "/cpro/", "/piste/",
                                       "/api/oauth/"};
    for (size_t i = 0; i < sizeof apis / sizeof apis[0]; i++) {
        if (strncmp(r->url, apis[i], strlen(apis[i])) == 0) {
            return true;
        }
    }
    return false;
}

static bool admitted(const struct request *r, enum auth auth)
{
    const bool key = auth == AUTH_EITHER && same_text(header_value(r, "KeyId"), api_key);
    return auth == AUTH_NONE || key || good_token(r);
}

static bool subscribed(const struct request *r)
{
    return faults.unsubscribed[0] == '\0' ||
           strncmp(r->url, faults.unsubscribed, strlen(faults.unsubscribed)) != 0;
}

static bool admit(struct request *r)
{
    const enum auth auth = r->route == NULL ? AUTH_BEARER : r->route->auth;
    if (!known_api(r)) {
        reply_unauthorized(r, "DefaultRealm");
    } else if (!admitted(r, auth)) {
        reply_unauthorized(r, "PISTE");
    } else if (!limit_allows(r->route == NULL ? &limit : r->route->limiter)) {
        reply_empty(r, 429); /* no body, no Retry-After */
    } else if (!subscribed(r)) {
        reply_html(r, 403, "Forbidden");
    } else {
        return true;
    }
    return false;
}

static void missing(struct request *r)
{
    reply_html(r, 404, "Not Found");
}

static void failed(struct request *r, unsigned status)
{
    if (status == 429U) {
        reply_empty(r, 429);
    } else {
        reply_html(r, status, "Injected failure");
    }
}

/* On all answers: the quotas, a number for the logs, a sticky cookie. */
static void dress(struct request *r)
{
    char id[25];
    const unsigned left = r->reply.status == 429U ? 0U : limit_left(&limit);
    random_text(id, 24, "0123456789abcdef");
    if (faults.rate_header[0] != '\0') {
        reply_field(r, "x-rate-limit", "%s", faults.rate_header);
    } else {
        reply_field(r, "x-rate-limit",
                    "[{\"window\":1,\"type\":\"throttle\",\"remaining\":%u},"
                    "{\"window\":86400,\"type\":\"throttle\",\"remaining\":999999}]",
                    left);
    }
    reply_field(r, "x-correlationid", "Id-%s 0", id);
    reply_field(r, "Set-Cookie", "LB_APICW=%.8s; path=/; Secure; HttpOnly", id);
}

static const struct route routes[] = {
    {"POST", "api/oauth/token", post_token, &limit_token, AUTH_NONE, SCOPE_TOKEN},
    {"GET", "piste/healthcheck", piste_health, &limit, AUTH_NONE, SCOPE_CALLS},
    {"GET", "dila/legifrance/lf-engine-app/consult/ping", piste_ping, &limit, AUTH_BEARER,
     SCOPE_CALLS},
    {"POST", "dila/legifrance/lf-engine-app/search", piste_search, &limit, AUTH_BEARER,
     SCOPE_CALLS},
    {"POST", "dila/legifrance/lf-engine-app/consult/*", piste_consult, &limit, AUTH_BEARER,
     SCOPE_CALLS},
    {"POST", "dila/legifrance/lf-engine-app/consult/code/*", piste_consult, &limit, AUTH_BEARER,
     SCOPE_CALLS},
    {"GET", "cassation/judilibre/v1.0/healthcheck", piste_judilibre_health, &limit, AUTH_EITHER,
     SCOPE_CALLS},
    {"GET", "cassation/judilibre/v1.0/search", piste_judilibre_search, &limit, AUTH_EITHER,
     SCOPE_CALLS},
    {"POST", "cpro/factures/v1/soumettre", piste_submit, &limit, AUTH_BEARER, SCOPE_CALLS},
    {"POST", "cpro/factures/v1/consulter/historique", piste_history, &limit, AUTH_BEARER,
     SCOPE_CALLS},
    {"POST", "cpro/factures/v1/rechercher/fournisseur", piste_invoices, &limit, AUTH_BEARER,
     SCOPE_CALLS},
    {"POST", "cpro/factures/v1/deposer/flux", piste_deposit, &limit, AUTH_BEARER, SCOPE_CALLS},
    {"POST", "cpro/structures/v1/rechercher", piste_structures, &limit, AUTH_BEARER, SCOPE_CALLS},
    {NULL, NULL, NULL, NULL, AUTH_NONE, SCOPE_ANY}};

/* ---- set-up and state ---- */

static bool init(void)
{
    char name[13];
    random_uuid(client_id);
    random_uuid(client_secret);
    random_uuid(api_key);
    random_text(name, 12, "0123456789abcdef");
    (void)snprintf(account_login, sizeof account_login, "TECH_1_%s@cpro.fr", name);
    random_text(account_password, 16, "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789");
    if (options.odd_secrets) {
        random_secret(client_secret, sizeof client_secret, 36, "0123456789abcdef", ":+% &=é/");
    }
    return piste_apis_init();
}

static void write_keys(FILE *out)
{
    (void)fprintf(out,
                  "client_id = %s\nclient_secret = %s\napi_key = %s\naccount_login = %s\n"
                  "account_password = %s\n",
                  client_id, client_secret, api_key, account_login, account_password);
}

static void state(json_t *out)
{
    (void)json_object_set_new(out, "piste_tokens", json_integer(tokens_issued));
    piste_apis_state(out);
}

static void expire(void)
{
    for (size_t i = 0; i < TOKENS_MAX; i++) {
        tokens[i].end_s = 0;
    }
}

const struct system piste_system = {.name = "piste",
                                    .prefixes = "api/oauth piste dila cassation cpro",
                                    .routes = routes,
                                    .init = init,
                                    .admit = admit,
                                    .missing = missing,
                                    .failed = failed,
                                    .dress = dress,
                                    .keys = write_keys,
                                    .state = state,
                                    .expire = expire,
                                    .free = piste_apis_free};
