/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Client room: one authenticated call. A client is shared: origin, credentials, token. A call is
 * one request in flight with its own connection and buffers; many calls on one thread share a
 * client.
 */
#ifndef NAVETTE_CLIENT_H
#define NAVETTE_CLIENT_H

#include <navette/auth.h>
#include <navette/conn.h>
#include <navette/http.h>

/* ---- profile: what sets one system apart, as constant data ---- */

struct nvt_profile {
    const char *name;          /* "rpc" */
    const char *title;         /* for people */
    const char *default_url;   /* production, "" when there is none */
    enum nvt_grant grant;      /* the usual one; credentials decide */
    const char *token_path;    /* below the base URL; "" for static tokens only */
    uint32_t token_life_s;     /* when the answer tells none */
    uint16_t token_per_minute; /* token requests that the system allows, 0: not limited */
    uint16_t duplicate_status; /* status that means "I have it already", 0: no duplicate check */
    bool retry_500;            /* a 500 is worth one more try */
};

/* ---- client ---- */

struct nvt_client {
    const struct nvt_profile *profile;
    const struct nvt_port *port;
    struct nvt_tls_config *tls;
    struct nvt_timeouts timeouts;
    struct nvt_origin origin;
    struct nvt_credentials credentials;
    struct nvt_token token;
    const void *token_busy;     /* the call that is fetching it (single flight), or NULL */
    uint64_t token_times_ms[5]; /* when the last token requests left: the quota's memory */
    uint8_t token_times_next;
};

/* url NULL takes the profile's. NVT_E_URL, NVT_E_URL_PLAIN, NVT_E_ARG. */
nvt_err nvt_client_init(struct nvt_client *c, const struct nvt_profile *profile,
                        const struct nvt_port *port, struct nvt_tls_config *tls, const char *url,
                        const struct nvt_timeouts *timeouts);

/* Wipes the secrets. */
void nvt_client_free(struct nvt_client *c);

/* ---- verdict ---- */

enum nvt_verdict {
    NVT_DELIVERED, /* 2xx, whole */
    NVT_DUPLICATE, /* the system had it already: counts as delivered */
    NVT_REFUSED,   /* never will be accepted as it is; failure says why */
    NVT_RETRY,     /* not done, surely; may be sent again from retry_at_ms on */
    NVT_UNKNOWN,   /* may have been done, and sending again could do it twice */
};

struct nvt_outcome {
    enum nvt_verdict verdict;
    struct nvt_failure failure; /* err NVT_OK with NVT_DELIVERED */
    uint16_t status;            /* 0 when no answer came */
    uint64_t retry_at_ms;       /* monotonic, with NVT_RETRY */
    struct nvt_span body;  /* kept part of the answer body; dies with the next use of the call */
    bool body_cut;         /* the body was longer than what was kept */
    int64_t server_date_s; /* of the Date field, 0 when none */
    int32_t quota_limit;   /* X-RateLimit-Limit and -Remaining, -1 when not sent */
    int32_t quota_left;
};

/* ---- call ---- */

enum {
    NVT_REQ_IDEMPOTENT = 1, /* GET and the like: may be repeated */
    NVT_REQ_KEYED = 2,      /* the system detects repeats by a key: may be repeated too */
    NVT_REQ_NO_AUTH = 4,    /* no credentials go along */
};

struct nvt_header {
    struct nvt_span name;
    struct nvt_span value;
};

/* Takes a piece of a 2xx body; anything but NVT_OK ends the call with NVT_E_SINK. */
typedef nvt_err (*nvt_sink)(void *ctx, struct nvt_span piece);

/* A request; everything it points to must live until the outcome. */
struct nvt_request {
    struct nvt_span method;
    struct nvt_span target; /* below the base URL: "/v3.3/journeys", percent-encoded where needed */
    struct nvt_span media_type; /* of the body; empty without a body */
    struct nvt_span accept;     /* empty: application/json */
    struct nvt_span body;
    const struct nvt_header *headers; /* further ones */
    size_t header_count;
    uint8_t flags; /* NVT_REQ_* */
    nvt_sink sink; /* NULL: the body is kept in the call as far as it fits */
    void *sink_ctx;
};

struct nvt_call {
    struct nvt_client *client;
    struct nvt_conn conn;
    const struct nvt_request *request;
    uint8_t state;
    /* the attempt under way */
    struct nvt_http_response response;
    struct nvt_outcome outcome;
    uint64_t call_end_ms;
    uint64_t answer_end_ms;
    size_t out_len;   /* bytes staged in io */
    size_t out_sent;  /* of staged bytes */
    size_t body_sent; /* request body bytes sent beyond the staged ones */
    size_t body_kept; /* answer body bytes kept behind the head */
    bool any_sent;    /* a byte of this request may have reached the server */
    bool stale_tried; /* the one retry on a fresh connection was used */
    bool renewed;     /* the one token renewal after 401 was used */
    bool token_leg;   /* the exchange under way is the token request */
    uint32_t token_requests;
    union {
        uint8_t bytes[NVT_IO_CAP];
        struct nvt_json_tok tok[NVT_IO_CAP / sizeof(struct nvt_json_tok)]; /* for reading answers */
    } io;
    uint8_t in[NVT_IN_CAP];
};

void nvt_call_init(struct nvt_call *call, struct nvt_client *client);

/* Starts a request; the connection of the last one is kept when it can be. NVT_E_ARG (bad request
 * parts are found here, before anything is sent: NVT_E_HTTP_*), NVT_E_SPACE (the head does not fit
 * NVT_IO_CAP). */
nvt_err nvt_call_begin(struct nvt_call *call, const struct nvt_request *request);

/* Does what can be done now. NVT_AGAIN with *out_wait, or NVT_OK: call->outcome stands. Never
 * blocks; never lasts beyond its deadlines if stepped when asked. */
nvt_err nvt_call_step(struct nvt_call *call, struct nvt_wait *out_wait);

/* Gives up what is under way: the outcome tells whether it may have arrived. */
void nvt_call_cancel(struct nvt_call *call);

/* Parses the kept body; the tokens live in the call until its next use. */
nvt_err nvt_call_json(struct nvt_call *call, struct nvt_json *out_doc);

/* Closes the connection and wipes the buffers. */
void nvt_call_free(struct nvt_call *call);

#endif
