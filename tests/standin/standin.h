/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stand-in: a local server that answers as the real systems do, for tests and for `make run`.
 * One process, one thread, all state in memory. core.c receives and carries out, reply.c answers,
 * input.c reads what requests bring; each system is one struct system with one table of routes
 * (rpc.c, rpc_v2.c, coopcycle.c, piste.c, jindexe.c, demarches.c); fault.c makes them misbehave on
 * demand.
 */
#ifndef STANDIN_H
#define STANDIN_H

#include <jansson.h>
#include <microhttpd.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BODY_MAX ((size_t)64 * 1024U * 1024U) /* of any request */
#define SEGMENTS_MAX 10
#define OPERATORS_MAX 8
#define KEPT_MAX 48
#define FIELDS_MAX 10

/* ---- what the command line sets ---- */

struct options {
    const char *cert_file;
    const char *key_file;
    const char *port_file;
    const char *keys_file;      /* as the command's token file; NULL: one built-in pair */
    const char *secrets_dir;    /* each system's credentials are written there */
    const char *documents;      /* examples that alone are answered, NULL: all systems are */
    const char *app_token_file; /* a legacy application token is written there */
    const char *priorities;     /* GnuTLS priority string */
    unsigned port;
    unsigned idle_s;
    unsigned window_s; /* of the rate limits */
    unsigned dossiers; /* of the one demarche */
    long clock_offset_s;
    long token_life_s; /* of the registry */
    long piste_life_s, coopcycle_life_s, jindexe_life_s;
    long max_life_s;
    double limit_scale;
    bool odd_secrets; /* with characters that forms must escape */
    bool api_v2;      /* the registry still serves it */
    bool verbose;
};

/* ---- a request and what answers it ---- */

struct field {
    const char *name;
    char value[512];
};

struct reply {
    unsigned status;
    json_t *body; /* owned; NULL: text, or no body */
    char *text;   /* owned */
    size_t text_len;
    uint64_t generated; /* length of a JSON answer that is made up on the way, 0: none */
    const char *type;   /* media type */
    size_t json_flags;
    struct field fields[FIELDS_MAX];
    size_t field_count;
    char retry_after[40]; /* "": no such field */
    const struct limiter *limiter;
    bool chunked;
};

enum scope { SCOPE_ANY, SCOPE_TOKEN, SCOPE_JOURNEYS, SCOPE_CALLS /* all but tokens */ };

/* What a route asks for. */
enum auth { AUTH_NONE, AUTH_BEARER, AUTH_KEY, AUTH_BOTH, AUTH_EITHER };

struct route;
struct system;

struct request {
    struct MHD_Connection *connection;
    const struct system *system; /* NULL: nobody's path */
    const struct route *route;   /* NULL: no such one */
    const char *method;
    const char *url; /* the path as it came, whole */
    char *path;      /* decoded segments are cut out of this copy */
    char *segments[SEGMENTS_MAX];
    size_t segment_count;
    uint8_t *body;
    size_t body_len, body_cap;
    json_t *json;         /* the body, NULL when there is none */
    unsigned operator_id; /* of the registry */
    json_t *claims;       /* of a token that is a JWT; owned */
    char *kept[KEPT_MAX]; /* freed with the request */
    size_t kept_count;
    struct reply reply;
    int64_t resume_ms; /* while suspended */
    bool too_big;
    bool delayed;
    struct request *next; /* in the list of the suspended */
};

/* ---- rate limits: fixed windows ---- */

struct limiter {
    const char *name; /* how POST /standin/fault sets it: {"limits": {"piste": 3}} */
    unsigned max;
    unsigned windows; /* length in windows of options.window_s; 0: one second */
    unsigned count;
    int64_t end_ms;
};

/* ---- routes and systems ---- */

struct route {
    const char *method;
    const char *pattern; /* "*" takes one segment, "**" at the end all that follow */
    void (*handle)(struct request *r);
    struct limiter *limiter;
    enum auth auth;
    enum scope scope;
};

struct system {
    const char *name;
    const char *prefixes; /* of paths, space between them; "v3" takes "v3.3" along */
    size_t skip;          /* segments before a pattern starts */
    const struct route *routes;
    bool (*init)(void);
    /* Body, limit and credentials, in the order and words of the real one; false: answered. */
    bool (*admit)(struct request *r);
    void (*missing)(struct request *r);                 /* no such route */
    void (*failed)(struct request *r, unsigned status); /* an injected failure, in its shape */
    void (*dress)(struct request *r);                   /* fields of all its answers; or NULL */
    void (*keys)(FILE *out);                            /* as the command's token file */
    void (*state)(json_t *out);
    void (*expire)(void); /* all tokens */
    void (*free)(void);
};

extern const struct system rpc_system, rpc_v2_system, coopcycle_system, piste_system,
    jindexe_system, demarches_system;
extern const struct system *const systems[]; /* NULL ends it */

/* ---- clock.c ---- */

int64_t now_s(void); /* wall time of this server */
int64_t mono_ms(void);
void iso_time(int64_t s, char out[32]);
bool parse_iso_time(const char *text, int64_t *out_s);

/* ---- core.c ---- */

struct counters {
    unsigned requests, connections, resumed, token_calls, token_issued;
    unsigned by_status[600];
    unsigned by_system[8];
};

extern struct options options;
extern struct counters counters;

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
unsigned core_port(void); /* 0 before it listens */
void core_set_port(unsigned port);

/* ---- reply.c ---- */

void reply_json(struct request *r, unsigned status, json_t *body); /* takes over body */
void reply_text(struct request *r, unsigned status, const char *type, const char *text);
void reply_empty(struct request *r, unsigned status);
void reply_generated(struct request *r, uint64_t bytes, bool chunked);
void reply_field(struct request *r, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
struct MHD_Response *reply_make(struct request *r);
bool limit_allows(struct limiter *limiter); /* counts one request */
unsigned limit_left(const struct limiter *limiter);
int64_t limit_wait_s(const struct limiter *limiter);

/* ---- input.c ---- */

char *keep(struct request *r, char *text); /* until the request ends; NULL stays NULL */
const char *query_value(struct request *r, const char *name);
const char *form_value(struct request *r, const char *name);
const char *header_value(const struct request *r, const char *name);
bool has_type(const struct request *r, const char *type); /* Content-Type, without parameters */
const char *bearer_of(const struct request *r);           /* after "Bearer ", or NULL */
bool basic_of(struct request *r, const char **user, const char **password, bool form_encoded);
bool read_json(struct request *r); /* into r->json; false: none, or broken */
void unescape(char *text, bool plus_is_space);
char *base64_of(const void *data, size_t len);             /* to free() */
char *base64_decode(const char *text, size_t *out_len);    /* to free(), zero behind it */
void random_text(char *out, size_t len, const char *from); /* len characters and a zero */
void random_uuid(char out[37]);
/* len random characters, and those of odd behind them when secrets are to be odd */
void random_secret(char *out, size_t cap, size_t len, const char *from, const char *odd);
bool same_text(const char *a, const char *b); /* false when one is NULL */
const char *text_at(const json_t *object, const char *name);

/* ---- fault.c ---- */

struct faults {
    enum scope scope; /* which requests are hit */
    const struct system *system;
    char path[128]; /* only paths that start so; "": all */
    char match[64]; /* only bodies with this text; "": all */
    bool match_url; /* or URLs with it */
    unsigned over;  /* only bodies of more bytes; 0: all */
    unsigned fail_status, fail_count;
    char retry_after[40];
    unsigned front_count;             /* answers that come from what stands in front */
    unsigned front_status;            /* 0: 200 */
    bool front_late;                  /* it lets the request through and replaces the answer */
    char front_type[64];              /* media type; "": HTML, "none": none */
    char front_body[512];             /* "": a page, "none": none */
    unsigned drop_before, drop_after; /* requests lost before or after they were carried out */
    bool reset;                       /* lost with RST instead of an orderly end */
    unsigned truncate;                /* answers that end in the middle */
    unsigned delay_ms, delay_count;
    unsigned close_after;  /* "Connection: close" on every n-th answer of a connection */
    unsigned close_silent; /* the same, unannounced */
    bool maintenance;
    bool chunked;
    char *token_answer;     /* instead of the next token */
    bool assigned;          /* CoopCycle: a task of each delivery is under way */
    bool cee_disabled;      /* registry */
    bool v2_envelope;       /* registry, API v2: its receipt in an envelope */
    char unsubscribed[128]; /* PISTE: 403 below this path */
    char rate_header[256];  /* PISTE: instead of x-rate-limit */
    bool no_id;             /* PISTE: Chorus answers without the invoice's number */
    unsigned locked;        /* PISTE: Judilibre answers with 423 */
    unsigned page_max;      /* DS: a page of more dossiers times out; 0: none */
    unsigned slow_dossier;  /* DS: the number of one that times out */
    unsigned bad_dossier;   /* DS: the number of one with bad data */
    unsigned upload_status; /* DS: of a file that arrived; 0: 200 */
    json_t *files;          /* DS: of each dossier; NULL: the usual ones */
    bool token_expired;     /* DS */
    bool read_only;         /* DS */
    bool ip_forbidden;      /* DS */
};

extern struct faults faults;

void fault_admin(struct request *r);
bool fault_hits(const struct request *r, unsigned *counter);

/* ---- jwt.c ---- */

enum jwt_state { JWT_OK, JWT_EXPIRED, JWT_MALFORMED, JWT_SIGNATURE };

#define JWT_RSA4096 ((size_t)512)

bool jwt_init(void);
char *jwt_issue(unsigned operator_id, const char *email, int64_t issued_s, long life_s);
char *jwt_issue_legacy(unsigned operator_id);
char *jwt_issue_claims(json_t *claims); /* "RS256" as with an RSA-4096 key; takes over claims */
bool jwt_is_legacy(const char *token);
json_t *jwt_claims_of(const char *token); /* NULL: not one of those */
enum jwt_state jwt_check(const char *token, int64_t time_s, unsigned *out_operator);
void jwt_expire_all(void);

/* ---- schema.c ---- */

json_t *schema_check_journey(json_t *journey); /* array of error texts, empty when valid */
json_t *schema_check_update(json_t *update);
json_t *schema_check_cancel(json_t *cancel);
json_t *schema_check_keys(json_t *keys);
json_t *schema_check_v2(json_t *journey); /* takes NULL too */

/* ---- rpc_rules.c ---- */

bool rpc_is_phone(const char *text);
bool rpc_is_phone_trunc(const char *text);
bool rpc_is_email(const char *text);
bool rpc_parse_time(const char *text, int64_t *out_ms);

/* What PostgreSQL says to what the schema let pass, NULL when it is stored: the row itself (its
 * texts then without markup), the rows of its incentives, an application. */
const char *rpc_database_row(json_t *journey);
const char *rpc_database_incentives(const json_t *journey);
const char *rpc_database_application(const json_t *application);
void rpc_reply_database(struct request *r, const char *words);

/* ---- rpc.c, rpc_journeys.c, rpc_more.c ---- */

void reply_rpc_error(struct request *r, unsigned status, int code, const char *message,
                     json_t *data);
void rpc_reply_invalid(struct request *r, json_t *errors); /* takes over errors */
bool rpc_is_valid(struct request *r, json_t *errors); /* the same, and answers when there are any */
void rpc_post_journey(struct request *r);
void rpc_get_journey(struct request *r);
void rpc_patch_journey(struct request *r);
void rpc_cancel_journey(struct request *r);
void rpc_list_journeys(struct request *r);
void rpc_settle(void);
void rpc_decide(const json_t *decisions);
void rpc_v2_settle(void);
bool rpc_knows_journey(unsigned operator_id, const char *id);
void rpc_journeys_state(json_t *out);
void rpc_journeys_free(void);
void rpc_get_route(struct request *r);
void rpc_get_point(struct request *r);
void rpc_no_rights(struct request *r);
void rpc_cee_simulate(struct request *r);
void rpc_cee_register(struct request *r);
void rpc_cee_find(struct request *r);
void rpc_cee_delete(struct request *r);
unsigned rpc_cee_count(void);
void rpc_cee_free(void);

/* ---- documents.c ---- */

bool documents_load(const char *path);
void documents_answer(struct request *r);
void documents_choose(const json_t *ids); /* POST /standin/fault {"examples": ["a", "b"]} */
void documents_state(json_t *out);
void documents_free(void);

/* ---- coopcycle.c ---- */

void coopcycle_webhook_sample(struct request *r); /* GET /standin/webhook-sample?secret=... */

#endif
