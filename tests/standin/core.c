/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Receives requests, routes them below their version, answers as the real server's framework does:
 * body first (500 when it is not JSON), then rate limit, then token, then the route.
 */
#include "standin.h"

#include <gnutls/gnutls.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>

struct counters counters;
static struct request *suspended;
static gnutls_datum_t ticket_key;

/* ---- replies ---- */

void reply_json(struct request *r, unsigned status, json_t *body)
{
    r->reply.status = status;
    r->reply.body = body;
}

/* A JSON-RPC error; takes over data, which may be NULL. */
void reply_rpc_error(struct request *r, unsigned status, int code, const char *message,
                     json_t *data)
{
    json_t *error = json_object();
    if (data != NULL) {
        (void)json_object_set_new(error, "data", data);
    }
    (void)json_object_set_new(error, "code", json_integer(code));
    (void)json_object_set_new(error, "message", json_string(message));
    reply_json(r, status, json_pack("{s:s,s:i,s:o}", "jsonrpc", "2.0", "id", 1, "error", error));
}

/* What the framework's last handler makes of an exception: the status stands in for the code. */
static void reply_generic_error(struct request *r, unsigned status, const char *message)
{
    reply_json(r, status,
               json_pack("{s:i,s:s,s:{s:i,s:s,s:s}}", "id", 1, "jsonrpc", "2.0", "error", "code",
                         (int)status, "data", "Error", "message", message));
}

static void add_limit_headers(struct MHD_Response *response, const struct limiter *limiter)
{
    char text[32];
    const unsigned max = (unsigned)(limiter->max * options.limit_scale);
    const int64_t left_ms = limiter->end_ms - mono_ms();
    (void)snprintf(text, sizeof text, "%u", max);
    (void)MHD_add_response_header(response, "X-RateLimit-Limit", text);
    (void)snprintf(text, sizeof text, "%u", limiter->count >= max ? 0U : max - limiter->count);
    (void)MHD_add_response_header(response, "X-RateLimit-Remaining", text);
    (void)snprintf(text, sizeof text, "%" PRId64, now_s() + (left_ms + 999) / 1000);
    (void)MHD_add_response_header(response, "X-RateLimit-Reset", text);
}

static void add_headers(struct MHD_Response *response, const struct request *r)
{
    char date[40];
    const time_t t = (time_t)now_s();
    struct tm tm;
    (void)gmtime_r(&t, &tm);
    (void)strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &tm);
    (void)MHD_add_response_header(response, "Date", date);
    (void)MHD_add_response_header(response, "Strict-Transport-Security",
                                  "max-age=15552000; includeSubDomains");
    (void)MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    if (r->reply.body != NULL) {
        (void)MHD_add_response_header(response, "Content-Type", "application/json; charset=utf-8");
    }
    if (r->reply.limiter != NULL) {
        add_limit_headers(response, r->reply.limiter);
    }
    if (r->reply.retry_after[0] != '\0') {
        (void)MHD_add_response_header(response, "Retry-After", r->reply.retry_after);
    }
}

static bool is_path(const struct request *r, const char *name)
{
    return r->segment_count > 0U && strcmp(r->segments[0], name) == 0;
}

/* ---- answer bodies that come in pieces, or not to their end ---- */

struct pieces {
    char *text;
    size_t len;
    size_t stop; /* break off here */
};

static ssize_t next_piece(void *cls, uint64_t pos, char *out, size_t cap)
{
    const struct pieces *p = cls;
    if (pos >= p->stop) {
        return p->stop < p->len ? MHD_CONTENT_READER_END_WITH_ERROR
                                : MHD_CONTENT_READER_END_OF_STREAM;
    }
    size_t n = p->stop - (size_t)pos;
    n = n > cap ? cap : n;
    n = n > 17U ? 17U : n; /* many small chunks */
    memcpy(out, p->text + pos, n);
    return (ssize_t)n;
}

static void free_pieces(void *cls)
{
    struct pieces *p = cls;
    free(p->text);
    free(p);
}

static struct MHD_Response *piecewise(char *text, size_t len, bool truncated)
{
    struct pieces *p = malloc(sizeof *p);
    if (p == NULL) {
        free(text);
        return NULL;
    }
    *p = (struct pieces){text, len, truncated ? len / 2U : len};
    return MHD_create_response_from_callback(faults.chunked ? MHD_SIZE_UNKNOWN : len, 1024,
                                             next_piece, p, free_pieces);
}

static struct MHD_Response *make_response(const struct request *r, const struct route *route)
{
    char *text = r->reply.body == NULL ? strdup("") : json_dumps(r->reply.body, JSON_COMPACT);
    if (text == NULL) {
        return NULL;
    }
    const size_t len = strlen(text);
    const bool disturbed = len > 1U && !is_path(r, "standin");
    const bool truncated = disturbed && fault_hits(route, &faults.truncate);
    if (disturbed && (faults.chunked || truncated)) {
        return piecewise(text, len, truncated);
    }
    return MHD_create_response_from_buffer(len, text, MHD_RESPMEM_MUST_FREE);
}

/* ---- connections ---- */

/* Requests that a connection has carried, kept in its socket context. */
static unsigned *connection_requests(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info == NULL ? NULL : info->socket_context;
}

static gnutls_session_t session_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    return info == NULL ? NULL : info->tls_session;
}

static int socket_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info == NULL ? -1 : info->connect_fd;
}

void core_connection(void *cls, struct MHD_Connection *connection, void **socket_context,
                     enum MHD_ConnectionNotificationCode code)
{
    (void)cls;
    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        free(*socket_context);
        return;
    }
    *socket_context = calloc(1, sizeof(unsigned));
    if (session_of(connection) != NULL) {
        (void)gnutls_session_ticket_enable_server(session_of(connection), &ticket_key);
    }
}

static void count_request(struct request *r)
{
    unsigned *n = connection_requests(r->connection);
    counters.requests++;
    if (n == NULL) {
        return;
    }
    if (*n == 0U) {
        gnutls_session_t session = session_of(r->connection);
        counters.connections++;
        counters.resumed += session != NULL && gnutls_session_is_resumed(session) != 0 ? 1U : 0U;
    }
    (*n)++;
}

static bool is_nth(struct request *r, unsigned every)
{
    const unsigned *n = connection_requests(r->connection);
    return every != 0U && n != NULL && *n % every == 0U;
}

/* Ends the connection without an answer. */
static enum MHD_Result drop(struct request *r)
{
    if (faults.reset) {
        const struct linger at_once = {1, 0};
        (void)setsockopt(socket_of(r->connection), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    return MHD_NO;
}

/* ---- routing ---- */

static void unescape(char *text)
{
    char *out = text;
    while (*text != '\0') {
        if (*text == '%' && strspn(text + 1, "0123456789abcdefABCDEF") >= 2U) {
            const char hex[3] = {text[1], text[2], '\0'};
            *out++ = (char)strtol(hex, NULL, 16);
            text += 3;
        } else {
            *out++ = *text++;
        }
    }
    *out = '\0';
}

/* "/v3.3/journeys/a%20b" into "v3.3", "journeys", "a b". */
static void split_path(struct request *r)
{
    char *p = r->path;
    while (*p == '/' && r->segment_count < SEGMENTS_MAX) {
        *p++ = '\0';
        r->segments[r->segment_count++] = p;
        p += strcspn(p, "/");
    }
    for (size_t i = 0; i < r->segment_count; i++) {
        unescape(r->segments[i]);
    }
}

static bool matches(const struct request *r, const char *pattern)
{
    size_t i = 1;
    while (*pattern != '\0') {
        const size_t len = strcspn(pattern, "/");
        const bool any = len == 1U && *pattern == '*';
        if (i >= r->segment_count || (!any && (strlen(r->segments[i]) != len ||
                                               memcmp(r->segments[i], pattern, len) != 0))) {
            return false;
        }
        pattern += len + (pattern[len] == '/' ? 1U : 0U);
        i++;
    }
    return i == r->segment_count;
}

static bool known_version(const struct request *r)
{
    static const char *const versions[] = {"v3", "v3.2", "v3.3"};
    for (size_t i = 0; i < 3U && r->segment_count > 0U; i++) {
        if (strcmp(r->segments[0], versions[i]) == 0) {
            return true;
        }
    }
    return false;
}

static const struct route *find_route(const struct request *r)
{
    const char *method = strcmp(r->method, "HEAD") == 0 ? "GET" : r->method;
    if (!known_version(r)) {
        return NULL;
    }
    for (const struct route *route = rpc_routes; route->method != NULL; route++) {
        if (strcmp(route->method, method) == 0 && matches(r, route->pattern)) {
            return route;
        }
    }
    return NULL;
}

const char *query_value(const struct request *r, const char *name)
{
    return MHD_lookup_connection_value(r->connection, MHD_GET_ARGUMENT_KIND, name);
}

/* ---- rate limit and token ---- */

static bool within_limit(struct request *r, struct limiter *limiter)
{
    const int64_t now = mono_ms();
    const int64_t window_ms = (int64_t)limiter->windows * options.window_s * 1000;
    const unsigned max = (unsigned)(limiter->max * options.limit_scale);
    if (now >= limiter->end_ms) {
        limiter->end_ms = now + window_ms;
        limiter->count = 0;
    }
    limiter->count++;
    r->reply.limiter = limiter;
    if (limiter->count <= max) {
        return true;
    }
    (void)snprintf(r->reply.retry_after, sizeof r->reply.retry_after, "%" PRId64,
                   (limiter->end_ms - now + 999) / 1000);
    reply_json(r, 429,
               json_pack("{s:{s:i,s:s}}", "error", "code", 429, "message", "Too many requests"));
    return false;
}

static bool authorized(struct request *r)
{
    const char *field =
        MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, "Authorization");
    if (field == NULL) {
        reply_rpc_error(r, 403, -32503, "Forbidden Error", json_string("Invalid permissions"));
        return false;
    }
    const char *token = strncmp(field, "Bearer ", 7) == 0 ? field + 7 : field;
    switch (jwt_check(token, now_s(), &r->operator_id)) {
    case JWT_OK:
        return true;
    case JWT_EXPIRED:
        reply_generic_error(r, 401, "Unauthorized Error");
        return false;
    case JWT_SIGNATURE:
        reply_generic_error(r, 500, "signature verification failed");
        return false;
    case JWT_MALFORMED:
    default:
        reply_generic_error(r, 500, "Invalid Compact JWS");
        return false;
    }
}

/* ---- one request ---- */

/* As express.json(): only application/json is read, anything else counts as an empty object. */
static bool read_body(struct request *r)
{
    const char *type = MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, "Content-Type");
    json_error_t error;
    if (r->too_big) {
        reply_generic_error(r, 500, "request entity too large");
        return false;
    }
    if (r->body_len == 0U || type == NULL || strncasecmp(type, "application/json", 16) != 0) {
        r->json = json_object();
        return true;
    }
    r->json = json_loadb((const char *)r->body, r->body_len, 0, &error);
    if (r->json == NULL) {
        char text[JSON_ERROR_TEXT_LENGTH + 32];
        (void)snprintf(text, sizeof text, "Unexpected token in JSON at position %d",
                       error.position);
        reply_generic_error(r, 500, text);
        return false;
    }
    return true;
}

static void reply_fault(struct request *r)
{
    (void)snprintf(r->reply.retry_after, sizeof r->reply.retry_after, "%s", faults.retry_after);
    if (faults.fail_status == 429U) {
        reply_json(
            r, 429,
            json_pack("{s:{s:i,s:s}}", "error", "code", 429, "message", "Too many requests"));
    } else {
        reply_generic_error(r, faults.fail_status, "Injected failure");
    }
}

static void carry_out(struct request *r, const struct route *route)
{
    if (faults.maintenance) {
        reply_json(r, 503, json_pack("{s:i,s:s}", "code", 503, "error", "Service Unavailable"));
    } else if (fault_hits(route, &faults.fail_count)) {
        reply_fault(r);
    } else if (is_path(r, "health")) {
        reply_json(r, 200, json_pack("{s:s}", "status", "OK"));
    } else if (!read_body(r)) {
        return; /* answered */
    } else if (route == NULL) {
        r->reply.status = 404; /* no such version or route: no body either */
    } else if (within_limit(r, route->limiter) && (route->open || authorized(r))) {
        route->handle(r);
    }
}

static enum MHD_Result answer(struct request *r, const struct route *route)
{
    struct MHD_Response *response = make_response(r, route);
    if (response == NULL) {
        return MHD_NO;
    }
    add_headers(response, r);
    if (is_nth(r, faults.close_after)) {
        (void)MHD_add_response_header(response, "Connection", "close");
    }
    if (r->reply.status < 600U) {
        counters.by_status[r->reply.status]++;
    }
    const enum MHD_Result result = MHD_queue_response(r->connection, r->reply.status, response);
    MHD_destroy_response(response);
    return result;
}

static void suspend(struct request *r)
{
    r->delayed = true;
    r->resume_ms = mono_ms() + faults.delay_ms;
    r->next = suspended;
    suspended = r;
    MHD_suspend_connection(r->connection);
}

static enum MHD_Result process(struct request *r)
{
    if (is_path(r, "standin")) {
        (void)read_body(r);
        fault_admin(r);
        const enum MHD_Result result = answer(r, NULL);
        counters.by_status[r->reply.status]--;
        return result;
    }
    const struct route *route = find_route(r);
    if (!r->delayed) {
        count_request(r);
        if (fault_hits(route, &faults.delay_count)) {
            suspend(r);
            return MHD_YES;
        }
    }
    if (fault_hits(route, &faults.drop_before)) {
        return drop(r);
    }
    carry_out(r, route);
    if (options.verbose) {
        (void)fprintf(stderr, "%s %s %u\n", r->method, r->segment_count > 1U ? r->segments[1] : "/",
                      r->reply.status);
    }
    return fault_hits(route, &faults.drop_after) ? drop(r) : answer(r, route);
}

int core_resume_due(void)
{
    int64_t wait = -1;
    const int64_t now = mono_ms();
    struct request **link = &suspended;
    while (*link != NULL) {
        struct request *r = *link;
        if (r->resume_ms <= now) {
            *link = r->next;
            MHD_resume_connection(r->connection);
            wait = 0;
            continue;
        }
        wait = wait < 0 || r->resume_ms - now < wait ? r->resume_ms - now : wait;
        link = &r->next;
    }
    return (int)wait;
}

/* ---- what libmicrohttpd calls ---- */

static void take_body(struct request *r, const char *data, size_t len)
{
    if (r->body_len + len > BODY_MAX) {
        r->too_big = true;
        return;
    }
    if (r->body_len + len > r->body_cap) {
        const size_t cap = (r->body_len + len) * 2U;
        uint8_t *grown = realloc(r->body, cap);
        if (grown == NULL) {
            r->too_big = true;
            return;
        }
        r->body = grown;
        r->body_cap = cap;
    }
    memcpy(r->body + r->body_len, data, len);
    r->body_len += len;
}

static struct request *new_request(struct MHD_Connection *connection, const char *url,
                                   const char *method)
{
    struct request *r = calloc(1, sizeof *r);
    if (r == NULL) {
        return NULL;
    }
    r->connection = connection;
    r->method = method;
    r->path = strdup(url);
    if (r->path == NULL) {
        free(r);
        return NULL;
    }
    split_path(r);
    return r;
}

enum MHD_Result core_handle(void *cls, struct MHD_Connection *connection, const char *url,
                            const char *method, const char *version, const char *upload,
                            size_t *upload_size, void **con_cls)
{
    (void)cls;
    (void)version;
    struct request *r = *con_cls;
    if (r == NULL) {
        r = new_request(connection, url, method);
        *con_cls = r;
        return r == NULL ? MHD_NO : MHD_YES;
    }
    if (*upload_size != 0U) {
        take_body(r, upload, *upload_size);
        *upload_size = 0;
        return MHD_YES;
    }
    return process(r);
}

/* A connection closed after its answer, without having said so: as an idle time-out looks. */
static void close_unannounced(struct request *r)
{
    gnutls_session_t session = session_of(r->connection);
    if (session != NULL) {
        (void)gnutls_bye(session, GNUTLS_SHUT_WR);
    }
    (void)shutdown(socket_of(r->connection), SHUT_RDWR);
}

void core_completed(void *cls, struct MHD_Connection *connection, void **con_cls,
                    enum MHD_RequestTerminationCode code)
{
    (void)cls;
    (void)connection;
    struct request *r = *con_cls;
    if (r == NULL) {
        return;
    }
    if (code == MHD_REQUEST_TERMINATED_COMPLETED_OK && !is_path(r, "standin") &&
        is_nth(r, faults.close_silent)) {
        close_unannounced(r);
    }
    json_decref(r->json);
    json_decref(r->reply.body);
    free(r->body);
    free(r->path);
    free(r);
    *con_cls = NULL;
}

bool core_init(void)
{
    return gnutls_session_ticket_key_generate(&ticket_key) == 0 && jwt_init() && rpc_init();
}

void core_free(void)
{
    gnutls_free(ticket_key.data);
    free(faults.token_answer);
    rpc_free();
}
