/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CoopCycle: what comes before a route, its four error shapes, webhooks and small things. Nothing
 * detects repeats: a delivery posted twice is two deliveries.
 */
#include "coopcycle.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define LD_TYPE "application/ld+json; charset=utf-8"

static json_t *webhooks;
static unsigned imports, merges;

/* ---- answers ---- */

static bool accepts(const struct request *r, const char *type)
{
    const char *field = header_value(r, "Accept");
    return field != NULL && strstr(field, type) != NULL;
}

static bool wants_plain(const struct request *r)
{
    return accepts(r, "application/json") && !accepts(r, "application/ld+json");
}

/* What application/json lacks: all that linked data brings. The depth is that of our own answers.
 * NOLINTNEXTLINE(misc-no-recursion) */
static void strip(json_t *value)
{
    static const char *const linked[] = {"@context", "@id", "@type"};
    for (size_t i = 0; json_is_object(value) && i < 3U; i++) {
        (void)json_object_del(value, linked[i]);
    }
    for (size_t i = 0; i < json_array_size(value); i++) {
        strip(json_array_get(value, i));
    }
    for (void *at = json_object_iter(value); at != NULL; at = json_object_iter_next(value, at)) {
        strip(json_object_iter_value(at));
    }
}

/* PHP writes "\/" for a slash. */
void coopcycle_reply(struct request *r, unsigned status, json_t *body)
{
    json_t *own = body;
    r->reply.type = LD_TYPE;
    r->reply.json_flags = JSON_ESCAPE_SLASH;
    if (wants_plain(r)) {
        own = json_deep_copy(body);
        json_decref(body);
        strip(own);
        r->reply.type = "application/json; charset=utf-8";
    }
    reply_json(r, status, own);
}

void coopcycle_error(struct request *r, unsigned status, const char *format, ...)
{
    char text[400];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    r->reply.type = LD_TYPE;
    r->reply.json_flags = JSON_ESCAPE_SLASH;
    reply_json(r, status,
               json_pack("{s:s,s:s,s:s,s:s}", "@context", "/api/contexts/Error", "@type",
                         "hydra:Error", "hydra:title", "An error occurred", "hydra:description",
                         text));
}

void coopcycle_violations(struct request *r, json_t *violations)
{
    char text[1024] = "";
    size_t used = 0;
    for (size_t i = 0; i < json_array_size(violations); i++) {
        const json_t *v = json_array_get(violations, i);
        const int n = snprintf(text + used, sizeof text - used, "%s%s: %s", i == 0U ? "" : "\n",
                               text_at(v, "propertyPath"), text_at(v, "message"));
        used += n > 0 && used + (size_t)n < sizeof text ? (size_t)n : 0U;
    }
    r->reply.type = LD_TYPE;
    r->reply.json_flags = JSON_ESCAPE_SLASH;
    reply_json(r, 400,
               json_pack("{s:s,s:s,s:s,s:s,s:o}", "@context",
                         "/api/contexts/ConstraintViolationList", "@type",
                         "ConstraintViolationList", "hydra:title", "An error occurred",
                         "hydra:description", text, "violations", violations));
}

/* What answers for any bearer that fails, and for logins. */
static void reply_lexik(struct request *r, const char *text)
{
    reply_field(r, "WWW-Authenticate", "Bearer");
    r->reply.type = "application/json";
    reply_json(r, 401, json_pack("{s:i,s:s}", "code", 401, "message", text));
}

/* ---- what comes before a route ---- */

static bool has_scope(const struct request *r)
{
    const json_t *scopes = json_object_get(r->claims, "scopes");
    for (size_t i = 0; i < json_array_size(scopes); i++) {
        if (same_text(json_string_value(json_array_get(scopes, i)), "deliveries")) {
            return true;
        }
    }
    return false;
}

static bool authorized(struct request *r)
{
    const char *token = bearer_of(r);
    if (token == NULL) {
        reply_lexik(r, "JWT Token not found");
    } else if (!coopcycle_token_fits(r, token)) {
        reply_lexik(r, "Invalid credentials.");
    } else if (!has_scope(r) && r->route != NULL && strcmp(r->route->pattern, "api/me") != 0) {
        coopcycle_error(r, 403, "Access Denied.");
    } else {
        return true;
    }
    return false;
}

static bool is_import(const struct request *r)
{
    return strcmp(r->route->pattern, "api/deliveries/import_async") == 0;
}

/* What a route takes in. */
static bool takes_type(const struct request *r)
{
    const bool create = r->route->handle == coopcycle_create;
    if (r->method[0] != 'P') { /* POST, PUT, PATCH */
        return true;
    }
    if (strcmp(r->method, "PATCH") == 0 && has_type(r, "application/merge-patch+json")) {
        return true;
    }
    if (is_import(r)) {
        return has_type(r, "text/csv");
    }
    return has_type(r, "application/ld+json") || (!create && has_type(r, "application/json"));
}

static bool negotiated(struct request *r)
{
    const char *type = header_value(r, "Content-Type");
    if (header_value(r, "Accept") != NULL && !accepts(r, "application/ld+json") &&
        !accepts(r, "application/json") && !accepts(r, "*/*")) {
        coopcycle_error(r, 406,
                        "Requested format \"%.80s\" is not supported. Supported MIME types are "
                        "\"application/ld+json\", \"application/json\".",
                        header_value(r, "Accept"));
        return false;
    }
    if (takes_type(r)) {
        return true;
    }
    coopcycle_error(r, 415,
                    "The content-type \"%.80s\" is not supported. Supported MIME types are "
                    "\"application/ld+json\"%s.",
                    type == NULL ? "" : type,
                    r->route->handle == coopcycle_create ? "" : ", \"application/json\"");
    return false;
}

/* A path that exists with another method. */
static bool other_method(const struct request *r)
{
    return r->segment_count >= 2U &&
           (strcmp(r->segments[1], "deliveries") == 0 || strcmp(r->segments[1], "me") == 0);
}

static bool admit(struct request *r)
{
    if (r->route != NULL && r->route->auth == AUTH_NONE) {
        return true;
    }
    if (!authorized(r)) {
        return false;
    }
    if (r->route == NULL) {
        return true;
    }
    if (!negotiated(r)) {
        return false;
    }
    if (r->body_len != 0U && strcmp(r->method, "GET") != 0 && !is_import(r) &&
        (!read_json(r) || !json_is_object(r->json))) {
        coopcycle_error(r, 400, "Syntax error");
        return false;
    }
    return true;
}

static void missing(struct request *r)
{
    if (other_method(r)) {
        coopcycle_error(r, 405, "No route found for \"%s %.200s\": Method Not Allowed", r->method,
                        r->url);
    } else {
        coopcycle_error(r, 404, "No route found for \"%s %.200s\"", r->method, r->url);
    }
}

static void failed(struct request *r, unsigned status)
{
    if (status >= 502U && status <= 504U) { /* the proxy before it */
        reply_text(r, status, "text/html",
                   "<html>\r\n<head><title>Bad Gateway</title></head>\r\n<body>\r\n<center><h1>Bad "
                   "Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n");
    } else {
        coopcycle_error(r, status, "Injected failure");
    }
}

/* ---- small routes ---- */

static void get_me(struct request *r)
{
    coopcycle_reply(r, 200,
                    json_pack("{s:s,s:s,s:s,s:s,s:n,s:s}", "@context", "/api/contexts/ApiApp",
                              "@id", "/api/me", "@type", "http://schema.org/SoftwareApplication",
                              "store", "/api/stores/1", "shop", "name", "Stand-in"));
}

/* The store's places may be changed; none is. */
static void patch_address(struct request *r)
{
    merges += has_type(r, "application/merge-patch+json") ? 1U : 0U;
    coopcycle_reply(r, 200,
                    json_pack("{s:s,s:s}", "@context", "/api/contexts/Address", "@id",
                              keep(r, strdup(r->url))));
}

/* The third error shape. */
static void post_register(struct request *r)
{
    r->reply.type = "application/problem+json; charset=utf-8";
    r->reply.json_flags = JSON_ESCAPE_SLASH;
    reply_json(r, 400,
               json_pack("{s:s,s:s,s:s,s:[{s:s,s:s,s:s}]}", "type",
                         "https://tools.ietf.org/html/rfc2616#section-10", "title",
                         "An error occurred", "detail", "email: This value is already used.",
                         "violations", "propertyPath", "email", "message",
                         "This value is already used.", "code",
                         "23bd9dbf-6b9b-41cd-a99e-4844bcf3077f"));
}

static void post_login(struct request *r)
{
    reply_lexik(r, "Invalid credentials.");
}

/* ---- deliveries from CSV: queued, and done when asked for ---- */

static json_t *import_json(unsigned id, const char *status)
{
    char iri[60];
    (void)snprintf(iri, sizeof iri, "/api/deliveries/imports/%u", id);
    return json_pack("{s:s,s:s,s:s,s:s,s:[]}", "@context", "/api/contexts/DeliveryImportQueue",
                     "@id", iri, "@type", "DeliveryImportQueue", "status", status, "errors");
}

static void post_import(struct request *r)
{
    if (r->body_len == 0U) {
        coopcycle_error(r, 400, "CSV is empty");
    } else {
        coopcycle_reply(r, 201, import_json(++imports, "pending"));
    }
}

static void get_import(struct request *r)
{
    const unsigned long id = strtoul(r->segments[3], NULL, 10);
    if (id == 0UL || id > imports) {
        coopcycle_error(r, 404, "Not Found");
    } else {
        coopcycle_reply(r, 200, import_json((unsigned)id, "completed"));
    }
}

/* ---- webhooks ---- */

static bool known_event(const char *event)
{
    static const char *const known[] = {
        "delivery.assigned",   "delivery.started",   "delivery.failed", "delivery.picked",
        "delivery.in_transit", "delivery.completed", "order.created"};
    for (size_t i = 0; event != NULL && i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(known[i], event) == 0) {
            return true;
        }
    }
    return false;
}

static void post_webhook(struct request *r)
{
    uint8_t secret[32];
    char iri[40];
    if (!known_event(text_at(r->json, "event")) || text_at(r->json, "url") == NULL) {
        coopcycle_violations(r, json_pack("[{s:s,s:s,s:n}]", "propertyPath", "event", "message",
                                          "The value you selected is not a valid choice.", "code"));
        return;
    }
    (void)gnutls_rnd(GNUTLS_RND_KEY, secret, sizeof secret);
    (void)snprintf(iri, sizeof iri, "/api/webhooks/%u", (unsigned)json_array_size(webhooks) + 1U);
    json_t *hook =
        json_pack("{s:s,s:s,s:s,s:s,s:s}", "@context", "/api/contexts/Webhook", "@id", iri, "@type",
                  "Webhook", "url", text_at(r->json, "url"), "event", text_at(r->json, "event"));
    (void)json_array_append(webhooks, hook);
    json_t *answer = json_copy(hook);
    json_decref(hook);
    (void)json_object_set_new(answer, "secret",
                              json_string(keep(r, base64_of(secret, sizeof secret))));
    coopcycle_reply(r, 201, answer);
}

static json_t *webhook_named(struct request *r)
{
    const unsigned long id = strtoul(r->segments[2], NULL, 10);
    json_t *hook = id == 0UL ? NULL : json_array_get(webhooks, id - 1U);
    if (!json_is_object(hook)) {
        coopcycle_error(r, 404, "Not Found");
        return NULL;
    }
    return hook;
}

static void get_webhook(struct request *r)
{
    json_t *hook = webhook_named(r);
    if (hook != NULL) {
        coopcycle_reply(r, 200, json_incref(hook));
    }
}

static void delete_webhook(struct request *r)
{
    if (webhook_named(r) != NULL) {
        (void)json_array_set_new(webhooks, strtoul(r->segments[2], NULL, 10) - 1U, json_null());
        reply_empty(r, 204);
    }
}

/* What a webhook's receiver gets: a body as PHP writes it, signed with the secret as it is. */
void coopcycle_webhook_sample(struct request *r)
{
    static const char body[] =
        "{\"data\":{\"object\":\"\\/api\\/deliveries\\/1\",\"event\":\"delivery.picked\"}}";
    const char *secret = query_value(r, "secret");
    uint8_t mac[32];
    if (secret == NULL || gnutls_hmac_fast(GNUTLS_MAC_SHA256, secret, strlen(secret), body,
                                           sizeof body - 1U, mac) != 0) {
        reply_empty(r, 400);
        return;
    }
    reply_text(r, 200, "application/json", body);
    reply_field(r, "X-CoopCycle-Signature", "%s", keep(r, base64_of(mac, sizeof mac)));
}

static const struct route routes[] = {
    {"POST", "oauth2/token", coopcycle_post_token, NULL, AUTH_NONE, SCOPE_TOKEN},
    {"POST", "api/login_check", post_login, NULL, AUTH_NONE, SCOPE_CALLS},
    {"POST", "api/register", post_register, NULL, AUTH_NONE, SCOPE_CALLS},
    {"GET", "api/me", get_me, NULL, AUTH_BEARER, SCOPE_CALLS},
    {"PATCH", "api/addresses/*", patch_address, NULL, AUTH_BEARER, SCOPE_CALLS},
    {"POST", "api/deliveries", coopcycle_create, NULL, AUTH_BEARER, SCOPE_CALLS},
    {"POST", "api/deliveries/assert", coopcycle_assert, NULL, AUTH_BEARER, SCOPE_CALLS},
    {"POST", "api/deliveries/quotes", coopcycle_quote, NULL, AUTH_BEARER, SCOPE_CALLS},
    {"PUT", "api/deliveries/quotes/*/confirm", coopcycle_confirm, NULL, AUTH_BEARER, SCOPE_CALLS},
    {"POST", "api/retail_prices/calculate", coopcycle_price, NULL, AUTH_BEARER, SCOPE_CALLS},
    {"POST", "api/deliveries/import_async", post_import, NULL, AUTH_BEARER, SCOPE_CALLS},
    {"GET", "api/deliveries/imports/*", get_import, NULL, AUTH_BEARER, SCOPE_CALLS},
    {"GET", "api/deliveries/*", coopcycle_read, NULL, AUTH_BEARER, SCOPE_CALLS},
    {"PUT", "api/deliveries/*", coopcycle_update, NULL, AUTH_BEARER, SCOPE_CALLS},
    {"DELETE", "api/deliveries/*", coopcycle_cancel, NULL, AUTH_BEARER, SCOPE_CALLS},
    {"PUT", "api/deliveries/*/pick", coopcycle_mark, NULL, AUTH_BEARER, SCOPE_CALLS},
    {"PUT", "api/deliveries/*/drop", coopcycle_mark, NULL, AUTH_BEARER, SCOPE_CALLS},
    {"GET", "api/stores/*/deliveries", coopcycle_list, NULL, AUTH_BEARER, SCOPE_CALLS},
    {"GET", "api/tasks/*", coopcycle_task, NULL, AUTH_BEARER, SCOPE_CALLS},
    {"POST", "api/webhooks", post_webhook, NULL, AUTH_BEARER, SCOPE_CALLS},
    {"GET", "api/webhooks/*", get_webhook, NULL, AUTH_BEARER, SCOPE_CALLS},
    {"DELETE", "api/webhooks/*", delete_webhook, NULL, AUTH_BEARER, SCOPE_CALLS},
    {NULL, NULL, NULL, NULL, AUTH_NONE, SCOPE_ANY}};

/* ---- set-up and state ---- */

static bool init(void)
{
    webhooks = json_array();
    return webhooks != NULL && coopcycle_oauth_init() && coopcycle_deliveries_init();
}

static void state(json_t *out)
{
    (void)json_object_set_new(out, "coopcycle_tokens", json_integer(coopcycle_tokens()));
    (void)json_object_set_new(out, "webhooks", json_integer((json_int_t)json_array_size(webhooks)));
    (void)json_object_set_new(out, "merge_patches", json_integer(merges));
    coopcycle_deliveries_state(out);
}

static void free_all(void)
{
    json_decref(webhooks);
    coopcycle_deliveries_free();
}

const struct system coopcycle_system = {.name = "coopcycle",
                                        .prefixes = "oauth2 api",
                                        .routes = routes,
                                        .init = init,
                                        .admit = admit,
                                        .missing = missing,
                                        .failed = failed,
                                        .keys = coopcycle_oauth_keys,
                                        .state = state,
                                        .expire = coopcycle_oauth_expire,
                                        .free = free_all};
