/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stand-in: a local server that answers as the real systems do, for tests and for `make run`.
 * One process, one thread, all state in memory. core.c receives, routes and answers; each system is
 * one file with one table of routes (rpc.c); fault.c makes it misbehave on demand.
 */
#ifndef STANDIN_H
#define STANDIN_H

#include <jansson.h>
#include <microhttpd.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BODY_MAX 2097152U /* the registry's "2mb" */
#define SEGMENTS_MAX 6
#define OPERATORS_MAX 8

/* ---- what the command line sets ---- */

struct options {
    const char *cert_file;
    const char *key_file;
    const char *port_file;
    const char *keys_file;      /* as the command's token file; NULL: one built-in pair */
    const char *app_token_file; /* a legacy application token is written there */
    const char *priorities;     /* GnuTLS priority string */
    unsigned port;
    unsigned idle_s;
    unsigned window_s; /* of the rate limits */
    long clock_offset_s;
    long token_life_s;
    long max_life_s;
    double limit_scale;
    bool verbose;
};

/* ---- a request and what answers it ---- */

struct reply {
    unsigned status;
    json_t *body;         /* owned; NULL: no body */
    char retry_after[40]; /* "": no such field */
    const struct limiter *limiter;
};

enum scope { SCOPE_ANY, SCOPE_TOKEN, SCOPE_JOURNEYS };

struct request {
    struct MHD_Connection *connection;
    const char *method;
    char *path; /* decoded segments are cut out of this copy */
    char *segments[SEGMENTS_MAX];
    size_t segment_count;
    uint8_t *body;
    size_t body_len, body_cap;
    json_t *json; /* the body, NULL when there is none */
    unsigned operator_id;
    struct reply reply;
    int64_t resume_ms; /* while suspended */
    bool too_big;
    bool delayed;
    struct request *next; /* in the list of the suspended */
};

/* ---- rate limits: fixed windows, as express-rate-limit counts them ---- */

struct limiter {
    const char *name;
    unsigned max;
    unsigned windows; /* length in windows of options.window_s */
    unsigned count;
    int64_t end_ms;
};

/* ---- clock.c ---- */

int64_t now_s(void); /* wall time of this server */
int64_t mono_ms(void);
void iso_time(int64_t s, char out[32]);
bool parse_iso_time(const char *text, int64_t *out_s);

/* ---- core.c ---- */

struct route {
    const char *method;
    const char *pattern; /* below the version; a "*" takes one segment */
    void (*handle)(struct request *r);
    struct limiter *limiter;
    bool open; /* needs no token */
    enum scope scope;
};

struct counters {
    unsigned requests, connections, resumed, token_calls, token_issued;
    unsigned by_status[600];
};

extern struct options options;
extern struct counters counters;

const char *query_value(const struct request *r, const char *name);

void reply_json(struct request *r, unsigned status, json_t *body);
void reply_rpc_error(struct request *r, unsigned status, int code, const char *message,
                     json_t *data);

enum MHD_Result core_handle(void *cls, struct MHD_Connection *connection, const char *url,
                            const char *method, const char *version, const char *upload,
                            size_t *upload_size, void **con_cls);
void core_completed(void *cls, struct MHD_Connection *connection, void **con_cls,
                    enum MHD_RequestTerminationCode code);
void core_connection(void *cls, struct MHD_Connection *connection, void **socket_context,
                     enum MHD_ConnectionNotificationCode code);
int core_resume_due(void); /* milliseconds until the next one is due, -1: none waits */
bool core_init(void);
void core_free(void);

/* ---- fault.c ---- */

struct faults {
    enum scope scope; /* which requests are hit */
    unsigned fail_status, fail_count;
    char retry_after[40];
    unsigned drop_before, drop_after; /* requests lost before or after they were carried out */
    bool reset;                       /* lost with RST instead of an orderly end */
    unsigned truncate;                /* answers that end in the middle */
    unsigned delay_ms, delay_count;
    unsigned close_after;  /* "Connection: close" on every n-th answer of a connection */
    unsigned close_silent; /* the same, unannounced */
    bool maintenance;
    bool chunked;
    char *token_answer; /* instead of the next token */
};

extern struct faults faults;

void fault_admin(struct request *r);
bool fault_hits(const struct route *route, unsigned *counter);

/* ---- jwt.c ---- */

enum jwt_state { JWT_OK, JWT_EXPIRED, JWT_MALFORMED, JWT_SIGNATURE };

bool jwt_init(void);
char *jwt_issue(unsigned operator_id, const char *email, int64_t issued_s, long life_s);
char *jwt_issue_legacy(unsigned operator_id);
enum jwt_state jwt_check(const char *token, int64_t time_s, unsigned *out_operator);
void jwt_expire_all(void);

/* ---- schema.c ---- */

json_t *schema_check_journey(json_t *journey); /* array of error texts, empty when valid */
json_t *schema_check_update(json_t *update);
json_t *schema_check_cancel(json_t *cancel);
json_t *schema_check_keys(json_t *keys);

/* ---- rpc.c ---- */

extern const struct route rpc_routes[];
bool rpc_init(void);
void rpc_state(json_t *out);
void rpc_settle(void);
void rpc_reset_limits(void);
void rpc_free(void);

#endif
