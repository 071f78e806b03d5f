/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Receives requests, finds the system that a path belongs to and its route, and has it answered.
 * All systems share one port: their paths do not collide, and the Host field does not matter.
 */
#define _GNU_SOURCE /* POLLRDHUP */
#include "standin.h"

#include <gnutls/gnutls.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Narrow prefixes before wide ones: "api/oauth" and "api/v2" before "api". */
const struct system *const systems[] = {
    &rpc_v2_system,    &rpc_system,       &piste_system, &jindexe_system,
    &demarches_system, &coopcycle_system, NULL};

struct counters counters;
static struct request *suspended;
static gnutls_datum_t ticket_key;
static unsigned listening_port;

static bool is_path(const struct request *r, const char *name)
{
    return r->segment_count > 0U && strcmp(r->segments[0], name) == 0;
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
    for (size_t i = 0; systems[i] != NULL; i++) {
        counters.by_system[i] += systems[i] == r->system ? 1U : 0U;
    }
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

/* Has the other side closed meanwhile? */
static bool has_left(struct request *r)
{
    struct pollfd look = {.fd = socket_of(r->connection), .events = POLLRDHUP};
    return poll(&look, 1, 0) == 1 && (look.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
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
        unescape(r->segments[i], false);
    }
}

static bool is_word(const char *segment, const char *word, size_t len)
{
    return (len == 1U && *word == '*') ||
           (strlen(segment) == len && memcmp(segment, word, len) == 0);
}

/* Does the path from segment at on have the words of this pattern? */
static bool matches(const struct request *r, size_t at, const char *pattern)
{
    while (*pattern != '\0') {
        const size_t len = strcspn(pattern, "/");
        if (len == 2U && memcmp(pattern, "**", 2) == 0) {
            return at < r->segment_count;
        }
        if (at >= r->segment_count || !is_word(r->segments[at], pattern, len)) {
            return false;
        }
        pattern += len + (pattern[len] == '/' ? 1U : 0U);
        at++;
    }
    return at == r->segment_count;
}

/* Is a prefix of len characters, such as "api/oauth", where the path starts? */
static bool starts_with(const struct request *r, const char *prefix, size_t len)
{
    size_t i = 0;
    while (len > 0U) {
        const char *slash = memchr(prefix, '/', len);
        const size_t n = slash == NULL ? len : (size_t)(slash - prefix);
        if (i >= r->segment_count || !is_word(r->segments[i], prefix, n)) {
            return false;
        }
        i++;
        prefix += slash == NULL ? n : n + 1U;
        len -= slash == NULL ? n : n + 1U;
    }
    return true;
}

static bool owns(const struct system *s, const struct request *r)
{
    for (const char *p = s->prefixes; *p != '\0';) {
        const size_t len = strcspn(p, " ");
        if (starts_with(r, p, len)) {
            return true;
        }
        p += len + (p[len] == ' ' ? 1U : 0U);
    }
    return false;
}

static void find_route(struct request *r)
{
    const char *method = strcmp(r->method, "HEAD") == 0 ? "GET" : r->method;
    size_t i = 0;
    while (systems[i] != NULL && !owns(systems[i], r)) {
        i++;
    }
    r->system = systems[i];
    if (r->system == NULL) {
        return;
    }
    for (const struct route *route = r->system->routes; route->method != NULL; route++) {
        if (strcmp(route->method, method) == 0 && matches(r, r->system->skip, route->pattern)) {
            r->route = route;
            return;
        }
    }
}

/* ---- one request ---- */

static void fail_request(struct request *r)
{
    (void)snprintf(r->reply.retry_after, sizeof r->reply.retry_after, "%s", faults.retry_after);
    r->system->failed(r, faults.fail_status);
}

/* Nobody's path. */
static void answer_stray(struct request *r)
{
    if (is_path(r, "health")) {
        reply_json(r, 200, json_pack("{s:s}", "status", "OK"));
    } else {
        reply_empty(r, 404);
    }
}

/* A firewall, a proxy or a portal, which asks nobody for the form of its answers. */
static void answer_in_front(struct request *r)
{
    static const char page[] = "<!DOCTYPE html><html><head><title>Request Rejected</title></head>"
                               "<body>Your support ID is 1234567890</body></html>";
    const unsigned status = faults.front_status == 0U ? 200U : faults.front_status;
    const bool html = faults.front_type[0] == '\0';
    const char *type = html ? "text/html" : faults.front_type;
    const char *body = faults.front_body[0] == '\0' ? page : faults.front_body;
    json_decref(r->reply.body);
    memset(&r->reply, 0, sizeof r->reply);
    if (strcmp(body, "none") == 0) {
        reply_empty(r, status);
    } else {
        reply_text(r, status, strcmp(type, "none") == 0 ? NULL : type, body);
    }
}

static void carry_out(struct request *r)
{
    if (faults.maintenance) {
        reply_json(r, 503, json_pack("{s:i,s:s}", "code", 503, "error", "Service Unavailable"));
        return;
    }
    if (options.documents != NULL) {
        documents_answer(r);
        return;
    }
    if (r->system == NULL) {
        answer_stray(r);
        return;
    }
    if (fault_hits(r, &faults.fail_count)) {
        fail_request(r);
    } else if (r->system->admit(r)) {
        void (*handle)(struct request *) = r->route == NULL ? r->system->missing : r->route->handle;
        handle(r);
    }
    if (r->system->dress != NULL) {
        r->system->dress(r);
    }
}

static enum MHD_Result answer(struct request *r)
{
    struct MHD_Response *response = reply_make(r);
    if (response == NULL) {
        return MHD_NO;
    }
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

static enum MHD_Result process_admin(struct request *r)
{
    (void)read_json(r);
    fault_admin(r);
    const enum MHD_Result result = answer(r);
    counters.by_status[r->reply.status]--;
    return result;
}

static enum MHD_Result process(struct request *r)
{
    if (is_path(r, "standin")) {
        return process_admin(r);
    }
    if (!r->delayed) {
        count_request(r);
        if (fault_hits(r, &faults.delay_count)) {
            suspend(r);
            return MHD_YES;
        }
    } else if (has_left(r)) {
        return MHD_NO; /* nobody waits for it: it must not use up faults meant for others */
    }
    if (fault_hits(r, &faults.drop_before)) {
        return drop(r);
    }
    const bool in_front = fault_hits(r, &faults.front_count);
    if (!in_front || faults.front_late) {
        carry_out(r);
    }
    if (in_front) {
        answer_in_front(r);
    }
    if (options.verbose) {
        (void)fprintf(stderr, "%s %s %u\n", r->method, r->url, r->reply.status);
    }
    return fault_hits(r, &faults.drop_after) ? drop(r) : answer(r);
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
    if (r->too_big || r->body_len + len > BODY_MAX) {
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

static void free_request(struct request *r)
{
    for (size_t i = 0; i < r->kept_count; i++) {
        free(r->kept[i]);
    }
    json_decref(r->json);
    json_decref(r->claims);
    json_decref(r->reply.body);
    free(r->body);
    free(r->path);
    free(r);
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
    r->url = keep(r, strdup(url));
    r->path = strdup(url);
    if (r->path == NULL || r->url == NULL) {
        free_request(r);
        return NULL;
    }
    split_path(r);
    find_route(r);
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

/* A connection that ended while its request waited: nothing must resume it. */
static void forget_suspended(const struct request *r)
{
    struct request **link = &suspended;
    while (*link != NULL && *link != r) {
        link = &(*link)->next;
    }
    if (*link != NULL) {
        *link = r->next;
    }
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
    forget_suspended(r);
    free_request(r);
    *con_cls = NULL;
}

unsigned core_port(void)
{
    return listening_port;
}

void core_set_port(unsigned port)
{
    listening_port = port;
}

bool core_init(void)
{
    bool good = gnutls_session_ticket_key_generate(&ticket_key) == 0 && jwt_init();
    good = good && (options.documents == NULL || documents_load(options.documents));
    for (size_t i = 0; good && systems[i] != NULL; i++) {
        good = systems[i]->init();
    }
    return good;
}

void core_free(void)
{
    gnutls_free(ticket_key.data);
    free(faults.token_answer);
    documents_free();
    for (size_t i = 0; systems[i] != NULL; i++) {
        systems[i]->free();
    }
}
