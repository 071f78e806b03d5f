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

/* A quota of the system, kept by a token bucket (GCRA) on the monotonic clock: at most limit
 * requests in any window_ms, burst of them at once, the rest evenly spread. limit 0: none.
 * The lasting rate is limit - burst + 1 in the window: all of it with a burst of 1. Requests need
 * different times to arrive, so a window a second longer than the system's does no harm. */
struct nvt_rate {
    uint32_t limit;
    uint32_t window_ms;
    uint32_t burst; /* 1 to limit; 0 counts as 1 */
};

/* Where a system runs. */
struct nvt_environment {
    const char *name;      /* "production", "sandbox" */
    const char *url;       /* https://host */
    const char *token_url; /* when tokens come from another host; NULL: token_path below url */
    const struct nvt_rate *rates; /* NVT_RATES_MAX of them where they differ from the profile's */
};

/* ---- answers: what an API documents, as constant data ---- */

struct nvt_call;

enum nvt_verdict {
    NVT_DELIVERED, /* 2xx, whole, and what the API documents for this call (nvt_done) */
    NVT_DUPLICATE, /* the system had it already: counts as delivered */
    NVT_REFUSED,   /* never will be accepted as it is; failure says why. With NVT_E_UNAUTHORIZED,
                      NVT_E_GRANT_REFUSED, NVT_E_GRANT_LOGIN, NVT_E_ROUTE or NVT_E_CRED_* the
                      configuration is at fault, not the request: keep it until that is mended */
    NVT_RETRY,     /* not done, or harmless to do again: may be sent again from retry_at_ms on. With
                      NVT_E_QUOTA or NVT_E_GRANT_QUOTA and status 0 nothing was sent: our own count
                      said so. With NVT_E_FRONT the API was not reached, as far as one can tell */
    NVT_UNKNOWN,   /* may have been done, and sending again could do it twice */
};

/* Which bodies of an error status (4xx) are the API's own. Anything else was written by what stands
 * in front of it (a firewall, a proxy, a captive portal) and says nothing of the request:
 * NVT_E_FRONT. NULL: nothing is known, any body is its own. Else words with a space between, each a
 * member's path: a JSON object with one of them is its own; "" is any object. Or one of these. */
#define NVT_ERRORS_ANY "*"  /* whatever it is */
#define NVT_ERRORS_JSON "?" /* any JSON value, and no body at all when it is called JSON */

/* The body of a done answer. Forms of JSON are not those of an answer that is called something else
 * (Content-Type); one that is called nothing is judged by its body. */
enum nvt_form {
    NVT_FORM_ANY,    /* the document leaves it open, and pages of HTML are among it */
    NVT_FORM_DATA,   /* the document leaves it open: anything but a page of HTML */
    NVT_FORM_EMPTY,  /* nothing */
    NVT_FORM_JSON,   /* the document leaves it open: nothing, or any JSON */
    NVT_FORM_ARRAY,  /* a JSON array */
    NVT_FORM_OBJECT, /* a JSON object */
};

/*
 * What is a done answer to one call of an API: every typed call has one such row. It is checked
 * before the verdict. A 2xx that is not so is NVT_E_ANSWER: NVT_RETRY for a request that may be
 * repeated (NVT_REQ_IDEMPOTENT), else NVT_UNKNOWN, NVT_REQ_KEYED included, since a repeat would
 * hide what became of the first one.
 *
 * An answer that is larger than what the call keeps is judged by its status, its media type and
 * what was kept: that must be the beginning of such a form, and only a member that is there and is
 * wrong counts. Paths are member names with '.' between.
 */
struct nvt_done {
    uint16_t status;       /* the one that means done; 0: any 2xx, the document does not say */
    uint8_t form;          /* enum nvt_form */
    const char *has;       /* members that are there and not null: words, "path" or "path=value"
                              as it stands in the JSON; NULL: none is sure to be there */
    const char *lacks;     /* a member that is not there, or null; NULL: none */
    const char *same;      /* path of the text that is what was sent; NULL: the answer has none */
    const char *sent;      /* the member of the request's body that says what was sent; NULL: the
                              request's id does */
    const char *errors;    /* as nvt_profile.errors, where this call has others; NULL: it has not */
    const char *duplicate; /* as nvt_profile.duplicate, the same */
    /* What data alone cannot say, asked last, once the body is through the sink: NVT_DELIVERED, or
     * another verdict with its reason in call->outcome.failure. NVT_UNKNOWN becomes NVT_RETRY where
     * the request may be repeated. NULL: there is nothing more. */
    enum nvt_verdict (*check)(struct nvt_call *call);
};

struct nvt_profile {
    const char *name;                           /* "rpc" */
    const char *title;                          /* for people */
    const struct nvt_environment *environments; /* the usual one first */
    uint8_t environment_count;                  /* 0: every user has a host of his own */
    enum nvt_grant grant;                       /* the usual one; credentials decide */
    const char *token_path;                     /* below the base URL; "" for static tokens only */
    const char *scope;                          /* asked for with client credentials, "": none */
    bool basic_plain;          /* its token route takes id and secret as they are from Basic, not
                                  form-encoded as RFC 6749 section 2.3.1 has them */
    const char *api_key_name;  /* field that carries the API key ("X-API-KEY"), "": none */
    bool api_key_for_token;    /* the token route asks for it too */
    uint32_t token_life_s;     /* when the answer tells none */
    uint16_t duplicate_status; /* status that means "I have it already", 0: no duplicate check */
    const char *duplicate;     /* and what its body has then: words as in nvt_done.has, one of them.
                                  NULL: anything. Without it the answer is NVT_E_FRONT */
    const char *errors;        /* which error bodies are the API's own: see above */
    bool versioned;            /* paths start with a version ("/v3.3/"): an empty 404 says that the
                                  system has none of it, NVT_E_ROUTE */
    bool retry_500;            /* a 500 is worth one more try */
    uint16_t doubt_status;     /* status that a token may get whose key the system changed, 0: none.
                                  The second in a row has the token renewed, once until the next
                                  success: an outage with that status asks for no more of them */
    const char *media_type;    /* of bodies, for requests that the library does not know; NULL:
                                  application/json */
    const char *patch_media_type;         /* the same with PATCH */
    struct nvt_rate rates[NVT_RATES_MAX]; /* 0: the token route; requests name the others */
};

/* ---- client ---- */

/* Keeps a refresh token in place of the one before. NVT_OK only when it would survive a power cut
 * that comes the moment after; anything else: its access token is not used (NVT_E_GRANT_KEEP), and
 * the next call keeps the refresh token before it asks for anything. Called from nvt_call_step, for
 * each new refresh token once it is known and before its access token is. keep NULL: it stays in
 * memory only.
 *
 * With a password the client always gets in again, whenever the power fails. Without one there is a
 * single window that no client can close: a server that rotates has dropped the old token when its
 * answer is lost on the wire or with the power before keep() is done. Nothing this client does in
 * its own order adds to that. */
struct nvt_keeper {
    nvt_err (*keep)(void *ctx, struct nvt_span refresh_token);
    void *ctx;
    /* Lets those who share tokens take turns; both NULL: nobody does. enter comes before the client
     * asks for a token, and may give it the one that another has fetched meanwhile. NVT_AGAIN: it
     * is not our turn, and it is called again shortly; anything else but NVT_OK ends the call with
     * NVT_RETRY. leave comes after each NVT_OK, when there is a token or there will be none. */
    nvt_err (*enter)(void *ctx);
    void (*leave)(void *ctx);
};

/* How a token is written into Authorization. */
enum nvt_bearer {
    NVT_BEARER,       /* Bearer x                                       RFC 6750 section 2.1 */
    NVT_BEARER_TOKEN, /* Bearer token=x                                 Demarches simplifiees */
};

struct nvt_client {
    const struct nvt_profile *profile;
    const struct nvt_port *port;
    struct nvt_tls_config *tls;
    struct nvt_timeouts timeouts;
    struct nvt_origin origin;
    struct nvt_credentials credentials;
    struct nvt_token token;
    struct nvt_origin token_origin; /* where tokens come from; host "": the origin itself */
    struct nvt_keeper keeper;       /* of tokens; set it before the first call */
    const char *scope;              /* asked for; the profile's unless set */
    const struct nvt_rate *rates;   /* NVT_RATES_MAX of them: the environment's or the profile's */
    uint64_t rate_due_us[NVT_RATES_MAX]; /* how far each is spent, on the monotonic clock */
    const void *token_busy; /* the call that is fetching the token (single flight), or NULL */
    uint32_t token_stamp;   /* tells one fetched token from the next */
    enum nvt_bearer bearer;
    bool token_fetched;   /* the token in hand came from a request of this client */
    bool refresh_new;     /* credentials.refresh was not kept yet */
    bool entered;         /* keeper.leave is due */
    uint8_t token_doubts; /* answers with doubt_status since the last that speaks for the token, up
                             to 2: it was renewed over them */
    uint8_t token_odds;   /* 401 since the last answer that speaks for the token, up to ... */
    uint8_t token_odds_most; /* ... so many that may be about their requests, since a new token was
                                refused like the one before: more with each such one */
};

/* Prepares a client without credentials: set them afterwards with nvt_credentials_set_... on
 * client->credentials, or nvt_token_set on client->token. A token that was kept since an earlier
 * run counts as formerly good. All pointers must outlive the client. url NULL takes the profile's
 * first environment; the url of another one brings its token host and quotas along; any other url
 * is taken for a host of the user's own. timeouts NULL takes the defaults. NVT_E_URL,
 * NVT_E_URL_PLAIN, NVT_E_ARG. */
nvt_err nvt_client_init(struct nvt_client *c, const struct nvt_profile *profile,
                        const struct nvt_port *port, struct nvt_tls_config *tls, const char *url,
                        const struct nvt_timeouts *timeouts);

/* Tokens come from this URL, path included, instead: https://host[:port]/path, a final '/' counts.
 * NVT_E_URL, NVT_E_URL_PLAIN. */
nvt_err nvt_client_set_token_url(struct nvt_client *c, const char *token_url);

/* Wipes the secrets. No call of this client may be under way. */
void nvt_client_free(struct nvt_client *c);

/* ---- outcome ---- */

struct nvt_outcome {
    enum nvt_verdict verdict;
    struct nvt_failure failure; /* err NVT_OK with NVT_DELIVERED */
    uint16_t status;            /* of the request itself; 0 when no whole answer to it came */
    uint64_t retry_at_ms;       /* monotonic, with NVT_RETRY */
    bool retry_told; /* retry_at_ms is the server's own word or our quota's count, not a guess */
    bool arrived;    /* the system may have acted on it although no answer of its own says so: ask
                        for its status where a repeat would hide what became of it. A 2xx that is
                        NVT_E_ANSWER is among it, and a 4xx that is NVT_E_FRONT */
    struct nvt_span body; /* kept part of the answer body; dies with the next use of the call */
    bool body_cut;        /* the body was longer than what was kept */
};

/* ---- call ---- */

enum {
    NVT_REQ_IDEMPOTENT = 1, /* GET and the like: may be repeated */
    NVT_REQ_KEYED = 2,      /* the system detects repeats by a key: may be repeated too */
    NVT_REQ_NO_AUTH = 4,    /* no token goes along */
    NVT_REQ_API_KEY = 8,    /* the client's API key does, if it has one */
    NVT_REQ_ONCE = 16,      /* what may have arrived is not sent again within the call, idempotent
                               or keyed as it may be: the caller asks first (outcome.arrived) */
};

/* A further field. Those that the call writes itself (Host, Content-Length, Connection and the
 * like) are refused, Authorization too unless NVT_REQ_NO_AUTH is set. Accept, Content-Type and
 * User-Agent replace the call's own. */
struct nvt_header {
    struct nvt_span name;
    struct nvt_span value;
    bool secret; /* the value never shows, even when the server sends it back */
};

/* Takes a piece of a 2xx body; anything but NVT_OK ends the call with NVT_E_SINK. */
typedef nvt_err (*nvt_sink)(void *ctx, struct nvt_span piece);

/* Brings the next 1 to cap bytes of a body that is not in memory, from offset on; none, more than
 * cap or an error end the call with NVT_E_SOURCE. It is asked in order, and from 0 again when the
 * request is repeated; first when the head has left, so never for a request that is refused here.
 */
typedef nvt_err (*nvt_source)(void *ctx, uint64_t offset, uint8_t *out, size_t cap, size_t *out_n);

/* A request; everything it points to must live until the outcome. */
struct nvt_request {
    struct nvt_span method;
    struct nvt_span target; /* below the base URL: "/v3.3/journeys", percent-encoded where needed */
    struct nvt_span media_type; /* of the body; empty without a body */
    struct nvt_span accept;     /* empty: application/json */
    struct nvt_span body;
    const struct nvt_header *headers; /* further ones */
    size_t header_count;
    uint8_t flags;               /* NVT_REQ_* */
    uint8_t rate;                /* which of the profile's quotas it counts for; 0: none */
    const struct nvt_done *done; /* what a done answer is; NULL: any 2xx (raw requests) */
    struct nvt_span id; /* the part of target that names what is asked for, percent-encoded, for
                           done->same; empty: none */
    const struct nvt_origin *origin; /* NULL: the client's. Another one (an upload's) gets neither
                                        token nor API key, whatever the flags say */
    nvt_source source; /* NULL: body as it is; else it brings source_len bytes in pieces */
    void *source_ctx;
    uint64_t source_len;
    nvt_sink sink; /* NULL: the body is kept in the call as far as it fits */
    void *sink_ctx;
};

struct nvt_call {
    struct nvt_client *client;
    struct nvt_conn conn;
    const struct nvt_request *request;
    struct nvt_http_response response;
    struct nvt_outcome outcome;
    uint64_t call_end_ms;
    uint64_t answer_end_ms;
    uint64_t pause_end_ms;
    uint64_t body_in;        /* answer body bytes that came in */
    uint64_t body_sent;      /* request body bytes staged or sent */
    uint32_t token_stamp;    /* of the token in the staged request */
    uint32_t token_requests; /* made by this call object since its init */
    size_t out_len;          /* bytes staged in mem */
    size_t out_sent;         /* of the staged bytes */
    size_t out_secret_len;   /* staged bytes to wipe once sent */
    size_t body_kept;        /* answer body bytes kept behind the head */
    uint8_t state;
    uint8_t streak;   /* outcomes NVT_RETRY in a row: the default back-off doubles with each */
    bool staged;      /* mem holds the request, complete */
    bool on_used;     /* the connection under way has served before */
    bool any_sent;    /* a byte of the request may have reached the server */
    bool received;    /* a byte of the answer came */
    bool cut;         /* the server takes no more of the request: only its answer may be there */
    bool excess;      /* bytes followed the answer */
    bool stale_tried; /* the one retry on a fresh connection was used */
    bool renewed;     /* the one token renewal after 401 was used */
    bool tried_500;   /* the one repetition after a 500 was used */
    bool token_leg;   /* the exchange under way is the token request */
    bool repeated;    /* sent again in this call though it may have arrived before */
    /* First the request, as much as fits; then a window for what arrives and, from NVT_IO_CAP on,
     * the answer's head and body. The window's room serves as token pool for reading it. */
    union {
        uint8_t bytes[NVT_IO_CAP + NVT_IN_CAP];
        struct nvt_json_tok tok[NVT_IO_CAP / sizeof(struct nvt_json_tok)];
    } mem;
};

/* The call must not move in memory afterwards. */
void nvt_call_init(struct nvt_call *call, struct nvt_client *client);

/* Starts a request; the connection of the last one is kept when it can be. Bad request parts are
 * found here, before anything is sent: NVT_E_ARG (also for both a body and a source),
 * NVT_E_HTTP_METHOD, _TARGET, _NAME, _VALUE, NVT_E_SPACE (the head does not fit), NVT_E_STATE
 * (another request is under way). */
nvt_err nvt_call_begin(struct nvt_call *call, const struct nvt_request *request);

/* Does what can be done now. NVT_AGAIN with *out_wait, or NVT_OK: call->outcome stands. Never
 * blocks; never lasts beyond its deadlines if stepped when asked. NVT_E_ARG, NVT_E_STATE (nothing
 * was begun). */
nvt_err nvt_call_step(struct nvt_call *call, struct nvt_wait *out_wait);

/* Gives up what is under way (NVT_E_CANCELLED): the verdict tells whether it may have arrived. */
void nvt_call_cancel(struct nvt_call *call);

enum nvt_call_phase {
    NVT_CALL_IDLE,       /* nothing begun */
    NVT_CALL_TOKEN,      /* getting a token, its own connection included */
    NVT_CALL_CONNECTING, /* see call->conn.phase for more */
    NVT_CALL_SENDING,
    NVT_CALL_WAITING, /* for the answer's first byte, before a repetition, or for a quota */
    NVT_CALL_RECEIVING,
    NVT_CALL_DONE
};

/* How far the call is, for whoever shows it. */
struct nvt_progress {
    enum nvt_call_phase phase;
    uint64_t out_done, out_total; /* request body, bytes */
    uint64_t in_done;             /* answer body, bytes */
    uint64_t in_total;            /* UINT64_MAX while not known */
};

void nvt_call_progress(const struct nvt_call *call, struct nvt_progress *out_progress);

/* What the head of the last whole answer says beside its body. Read when asked for: few callers do.
 */
struct nvt_facts {
    int64_t date_s;        /* Date, seconds since 1970; 0 when none */
    int32_t quota_limit;   /* X-RateLimit-Limit or RateLimit-Limit, -1 when not sent */
    int32_t quota_left;    /* the same with -Remaining, or the least of x-rate-limit's windows */
    struct nvt_span realm; /* of WWW-Authenticate, "" when none; dies with the call's next use. A
                              gateway may tell with it whether the token or the path is wrong */
};

/* Of the answer to the request itself (outcome.status is not 0), until the call's next use; else
 * all unknown. */
void nvt_call_facts(const struct nvt_call *call, struct nvt_facts *out_facts);

/* Parses the kept body; the tokens live in the call until its next use. What nvt_json_parse
 * returns; NVT_E_STATE without an outcome, NVT_E_HTTP_BODY_SIZE when the body was cut. */
nvt_err nvt_call_json(struct nvt_call *call, struct nvt_json *out_doc);

/* Adds words of this call's answer to the text in out, as struct nvt_failure has them: whole UTF-8,
 * controls as spaces, none of the call's secrets, cut at a character. escaped: as they stand in
 * JSON. For what an answer with a success status says all the same. */
void nvt_call_words(const struct nvt_call *call, struct nvt_span text, bool escaped, char *out,
                    size_t cap);

/* ---- what must not show: redact.c ---- */

#define NVT_HIDDEN_MAX 4
#define NVT_REDACT_INDEX_LEN 8192

/* What shares 8 or more bytes in a row with one of these secrets is hidden, as it is, percent-
 * encoded, in JSON escapes, in any mix of these, and in base64 of either alphabet at each of its
 * alignments; a shorter secret is hidden whole. Empty ones hide nothing. Names of fields that carry
 * secrets ("access_token") stay readable whatever a secret holds, and so do the hosts. */
struct nvt_hidden {
    struct nvt_span secret[NVT_HIDDEN_MAX];
    const struct nvt_span *more; /* and as many of these */
    size_t more_count;
    const struct nvt_header *headers; /* and the secret ones of these: the value, what follows its
                                         scheme ("Bearer "), and what that holds in base64, of
                                         "login:password" the password */
    size_t header_count;
    const char *host[2];  /* NULL: none */
    const uint8_t *index; /* NVT_REDACT_INDEX_LEN bytes for speed, or NULL. Zeros at first; then
                             nvt_redact_note with each secret, but there are no headers */
    const uint8_t *cut;   /* where a text that was cut ends, NULL: none was. The beginning of a
                             secret is hidden there however short it is, since the secret may have
                             stood there whole */
};

/* A text on its way to people: hidden and text are set, all else is zero at first. */
struct nvt_redaction {
    const struct nvt_hidden *hidden;
    struct nvt_span text; /* lives as long */
    size_t at, seen, end;
};

/* The next piece of the text: to be shown as it is, or (*out_hidden) to be replaced. All pieces
 * together are the text; two that are hidden never follow each other. No piece begins or ends
 * within a UTF-8 character or a JSON escape. False at the end. */
bool nvt_redact_next(struct nvt_redaction *r, struct nvt_span *out_piece, bool *out_hidden);

void nvt_redact_note(uint8_t index[NVT_REDACT_INDEX_LEN], struct nvt_span secret);

/* Closes the connection and wipes the buffers. */
void nvt_call_free(struct nvt_call *call);

#endif
