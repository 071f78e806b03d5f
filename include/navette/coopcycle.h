/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CoopCycle: deliveries by bicycle co-operatives, each on a host of its own. Weights in grams,
 * money in cents, times in seconds since 1970 UTC, coordinates in 1e-7 degree. Source: the API of
 * coopcycle-web (API Platform, JSON-LD).
 *
 * The API detects no repeats: a delivery sent twice is made twice. Each delivery therefore carries
 * a key of the caller's, by which nvt_coopcycle_resolve finds out whether a request with unknown
 * outcome arrived.
 */
#ifndef NAVETTE_COOPCYCLE_H
#define NAVETTE_COOPCYCLE_H

#include <navette/uplink.h>

extern const struct nvt_profile nvt_coopcycle_profile;

#define NVT_COOPCYCLE_KEY_MAX 64 /* bytes of a key */
#define NVT_COOPCYCLE_IRI_CAP 64 /* "/api/deliveries/12", with its final NUL */
#define NVT_COOPCYCLE_URL_CAP 160
#define NVT_COOPCYCLE_TASKS_MAX 20 /* tasks of one delivery, as far as they are told apart */

/* 1 to NVT_COOPCYCLE_KEY_MAX of A-Z a-z 0-9 . _ - and unique among the store's deliveries.
 * NVT_E_FIELD_MISSING, NVT_E_FIELD_LENGTH, NVT_E_FIELD_FORMAT.
 *
 * A delivery carries its key in one of its tasks, in either form; resolve knows both:
 *   "metadata": {"navette_key": "KEY"}
 *   "comments": a line that is "navette:KEY" and nothing else; lines end in LF, CR or the text's
 * end Couriers see comments, and the server rewrites those of a pickup: prefer metadata.
 */
nvt_err nvt_coopcycle_check_key(struct nvt_span key);

/* ---- deliveries ---- */

/* Texts are UTF-8 without bounds of their own; empty: absent. */
struct nvt_coopcycle_address {
    struct nvt_span street_address;     /* needed */
    int32_t position_e7[2];             /* latitude, longitude; both 0: the server looks it up */
    struct nvt_span telephone;          /* the server refuses what is no number */
    struct nvt_span contact_name, name; /* who is there; what the place is called */
    struct nvt_span description;
};

struct nvt_coopcycle_package {
    struct nvt_span type; /* the name of one of the store's packages: others are ignored */
    uint32_t quantity;    /* from 1 on */
};

/* A dropoff needs a window: before_s or a time slot. When a pickup without one is due, the server
 * works out from the last dropoff's. */
struct nvt_coopcycle_task {
    struct nvt_span type;    /* "pickup" or "dropoff", needed in a list of tasks */
    uint32_t id;             /* of a task to change, in an update; 0: absent */
    struct nvt_span address; /* text to look up, or an IRI "/api/addresses/2" ... */
    const struct nvt_coopcycle_address *place; /* ... or this; neither: the store's own, for the
                                                  first pickup alone */
    int64_t after_s, before_s;                 /* 0: absent */
    struct nvt_span time_slot;                 /* "2025-06-02 10:00-11:00", or "start/end" */
    struct nvt_span time_slot_url;             /* IRI of a time slot of the store */
    struct nvt_span comments;                  /* for the courier */
    struct nvt_span tags;                      /* separated by commas */
    uint32_t weight_g;                         /* 0: absent */
    const struct nvt_coopcycle_package *packages;
    size_t package_count;     /* up to NVT_COOPCYCLE_LIST_MAX */
    struct nvt_span key;      /* see nvt_coopcycle_check_key; sent as metadata */
    struct nvt_span metadata; /* a JSON object; it and key exclude each other */
};

#define NVT_COOPCYCLE_LIST_MAX 1000

struct nvt_coopcycle_delivery {
    struct nvt_span store; /* IRI; empty: the one that the credentials belong to */
    const struct nvt_coopcycle_task *pickup; /* NULL: at the store, in time for the dropoff */
    const struct nvt_coopcycle_task *dropoff;
    const struct nvt_coopcycle_task *tasks; /* instead of pickup and dropoff */
    size_t task_count;                      /* 0, or 2 to NVT_COOPCYCLE_LIST_MAX */
};

/*
 * Every bound of the API. failure->field is the member's path in the JSON ("tasks[1].before").
 * - NVT_E_FIELD_MISSING: no dropoff, one without a window, a task without type in a list;
 * - NVT_E_FIELD_BOTH: tasks beside a pickup or dropoff, or two forms of one member;
 * - NVT_E_FIELD_COUNT: 1 task;
 * - NVT_E_FIELD_ORDER: a before that lies before its after, or the last dropoff's before the first
 *   pickup's;
 * - NVT_E_FIELD_RANGE, _LENGTH, _FORMAT, NVT_E_UTF8, NVT_E_ARG (a list without its pointer),
 *   NVT_E_JSON_* (of metadata).
 * out_failure may be NULL.
 */
nvt_err nvt_coopcycle_delivery_check(const struct nvt_coopcycle_delivery *d,
                                     struct nvt_failure *out_failure);

/* Checks, then writes the body of create, feasible or quote. NVT_E_SPACE besides (out then holds a
 * part that must not be sent). */
nvt_err nvt_coopcycle_delivery_write(const struct nvt_coopcycle_delivery *d, struct nvt_buf *out,
                                     struct nvt_failure *out_failure);

/* The same for the body of an update, which may leave out anything; tasks that a list leaves out
 * are cancelled. */
nvt_err nvt_coopcycle_update_write(const struct nvt_coopcycle_delivery *d, struct nvt_buf *out,
                                   struct nvt_failure *out_failure);

/* The same bounds on a delivery that is JSON already, which then may be sent as it is: see
 * nvt_rpc_json_check for what besides is reported how. Refused is only what the server is known to
 * refuse, and numbers below what they count. Accepted besides what a struct can say: the API's
 * older names, status, order, rrule, tags as a list, metadata of any kind, quantities as texts,
 * types in any case, null for what may be absent, and times in any form that the server reads
 * ("tomorrow 13:00"); those that are RFC 3339 are held against each other. A time without an offset
 * is in the server's time zone. Of two tasks the first is the pickup, of more each without a type a
 * dropoff. Each instance runs a version of its own, so that members which are not known here pass,
 * and so do a pickup and a dropoff beside tasks, which are not read then: NVT_OK leaves their
 * number in out_failure->detail and the first one's path in out_failure->field ("" when there is
 * none). A delivery of two tasks takes 60 to 120 tokens. */
nvt_err nvt_coopcycle_json_check(struct nvt_span json, struct nvt_json_tok *pool, size_t pool_count,
                                 struct nvt_failure *out_failure);

/* The same for the body of an update, which may leave out anything. */
nvt_err nvt_coopcycle_update_check(struct nvt_span json, struct nvt_json_tok *pool,
                                   size_t pool_count, struct nvt_failure *out_failure);

/* Appends json with the key put into the metadata of its first task, else its dropoff or pickup.
 * NVT_E_JSON_*, NVT_E_FIELD_MISSING (there is no task), NVT_E_FIELD_TYPE (its metadata is no
 * object), NVT_E_FIELD_BOTH (it has a key), what nvt_coopcycle_check_key says, NVT_E_SPACE. */
nvt_err nvt_coopcycle_json_add_key(struct nvt_span json, struct nvt_span key,
                                   struct nvt_json_tok *pool, size_t pool_count,
                                   struct nvt_buf *out);

/* ---- answers ---- */

enum nvt_coopcycle_status {
    NVT_COOPCYCLE_OTHER, /* one that is not listed here */
    NVT_COOPCYCLE_TODO,
    NVT_COOPCYCLE_DOING,
    NVT_COOPCYCLE_DONE,
    NVT_COOPCYCLE_FAILED,
    NVT_COOPCYCLE_CANCELLED
};

/* What is kept of a delivery: answers have 2 to 6 KB and more, so they are read as they come. */
struct nvt_coopcycle_receipt {
    uint64_t id;
    char iri[NVT_COOPCYCLE_IRI_CAP];
    char tracking_url[NVT_COOPCYCLE_URL_CAP]; /* "" when there is none, or none that fits */
    uint8_t status[NVT_COOPCYCLE_TASKS_MAX];  /* enum nvt_coopcycle_status of the first tasks */
    uint8_t task_count;                       /* of status */
    bool keyed;                               /* one of its tasks holds the key asked for */
};

/* Reads an answer byte by byte in fixed memory. It belongs to the calls below. */
struct nvt_coopcycle_scan {
    uint8_t state; /* the small members first: that makes the code small */
    uint8_t depth;
    uint8_t base; /* depth of a delivery's members: 1, or 3 in a list */
    uint8_t name; /* of the member under way */
    uint8_t text_len;
    uint8_t line_at; /* bytes of the key's line that match so far, or NO_LINE */
    uint8_t hex_left;
    bool in_name;
    bool text_cut;
    bool listed;      /* the list's items were there */
    bool found;       /* receipt is the one with the key, and stays */
    uint8_t under[6]; /* by depth: name of the member that the container is the value of */
    uint16_t code;    /* of the escape under way */
    uint32_t objects; /* bit d: the container at depth d + 1 is an object */
    uint32_t count;   /* deliveries of the page */
    struct nvt_span key;
    int64_t newest_s;  /* the latest createdAt of any task in the page, 0: none */
    uint64_t total;    /* items that the list says it has */
    uint64_t first_id; /* of the page's first delivery */
    struct nvt_coopcycle_receipt receipt;
    uint8_t text[NVT_COOPCYCLE_URL_CAP];
};

/* ---- calls: each fills *r and begins it; then step call until it is done ----
 * Ids are a delivery's or quote's number or its IRI, of which what follows the last '/' counts:
 * 1 to 20 digits. NVT_E_FIELD_MISSING, NVT_E_FIELD_FORMAT. Besides: all errors of nvt_call_begin.
 */

/* A request with the room it needs. It must live until the outcome, and so must bodies and keys. */
struct nvt_coopcycle_request {
    struct nvt_request request;
    struct nvt_coopcycle_scan scan;
    char target[96];
};

/* POST. An ambiguous failure is NVT_UNKNOWN: ask nvt_coopcycle_resolve for the key before anything
 * is sent again. json is sent as it is: check it before. key: the one that json carries; the
 * receipt's keyed then tells whether this server keeps it. Empty: none. */
nvt_err nvt_coopcycle_create(struct nvt_call *call, struct nvt_coopcycle_request *r,
                             struct nvt_span json, struct nvt_span key);

/* GET. */
nvt_err nvt_coopcycle_get(struct nvt_call *call, struct nvt_coopcycle_request *r,
                          struct nvt_span id);

/* PUT. json may hold only the members to change. In a list of tasks those without an id are new,
 * and those that it leaves out are cancelled. */
nvt_err nvt_coopcycle_update(struct nvt_call *call, struct nvt_coopcycle_request *r,
                             struct nvt_span id, struct nvt_span json);

/* DELETE: 204, or 400 when a courier has one of its tasks already. A repeat does no harm. */
nvt_err nvt_coopcycle_cancel(struct nvt_call *call, struct nvt_coopcycle_request *r,
                             struct nvt_span id);

/* POST to /assert: delivered means feasible, 400 says why it is not. Nothing is created. */
nvt_err nvt_coopcycle_feasible(struct nvt_call *call, struct nvt_coopcycle_request *r,
                               struct nvt_span json);

/* POST: a price, to be confirmed before it expires. It binds nobody: a repeat does no harm. Read
 * the answer with nvt_coopcycle_read_quote. */
nvt_err nvt_coopcycle_quote(struct nvt_call *call, struct nvt_coopcycle_request *r,
                            struct nvt_span json);

/* PUT: makes the delivery of a quote. Not to be repeated blindly: NVT_UNKNOWN as with create, and
 * resolved by the key that the quote's json carried, for which its metadata must have been a text
 * ("metadata": "navette_key=KEY"): of a quote the server's confirmation reads no other. Read it
 * with nvt_coopcycle_read_confirmed. */
nvt_err nvt_coopcycle_confirm(struct nvt_call *call, struct nvt_coopcycle_request *r,
                              struct nvt_span id);

/* GET /api/me: who these credentials are. Read it with nvt_coopcycle_read_me. */
nvt_err nvt_coopcycle_me(struct nvt_call *call, struct nvt_coopcycle_request *r);

/* The delivery of create, get or update. NVT_E_ANSWER when the answer is not one. */
nvt_err nvt_coopcycle_read_receipt(const struct nvt_coopcycle_request *r,
                                   struct nvt_coopcycle_receipt *out_receipt);

struct nvt_coopcycle_price {
    uint64_t id;       /* for nvt_coopcycle_confirm */
    int64_t amount;    /* cents */
    char currency[4];  /* "EUR" */
    int64_t expires_s; /* 0 when the answer does not tell */
};
/* NVT_E_ANSWER. */
nvt_err nvt_coopcycle_read_quote(struct nvt_call *call, struct nvt_coopcycle_price *out_price);

/* The IRI and number of the delivery made. NVT_E_ANSWER. */
nvt_err nvt_coopcycle_read_confirmed(struct nvt_call *call,
                                     struct nvt_coopcycle_receipt *out_receipt);

struct nvt_coopcycle_self {
    char store[NVT_COOPCYCLE_IRI_CAP]; /* IRI; "" when the credentials belong to no store */
    char name[64];                     /* cut at a character when longer */
};
/* NVT_E_ANSWER. */
nvt_err nvt_coopcycle_read_me(struct nvt_call *call, struct nvt_coopcycle_self *out_self);

/* ---- resolve: was it made after all? ---- */

#define NVT_COOPCYCLE_PAGES_MAX 500 /* walked at most */
#define NVT_COOPCYCLE_SLACK_S 3600  /* how far the clocks of both sides may differ */

struct nvt_coopcycle_resolve {
    struct nvt_coopcycle_request request;
    struct nvt_span key;
    int64_t since_s;
    uint64_t first_id; /* of the page before */
    uint64_t total;    /* as the page before said */
    uint64_t seen;
    uint16_t page;   /* under way, from 1 on; 0: asking for the store */
    uint16_t walked; /* pages in all */
    char store[24];  /* its number */
};

/* Begins to look for the key among the deliveries of a store, newest first. store: its IRI or
 * number, empty: the one that /api/me names. since_s: when the first request with that key was
 * sent; 0: not known, the whole list is walked. What nvt_coopcycle_check_key says,
 * NVT_E_FIELD_FORMAT (of store), all errors of nvt_call_begin. */
nvt_err nvt_coopcycle_resolve(struct nvt_call *call, struct nvt_coopcycle_resolve *r,
                              struct nvt_span store, struct nvt_span key, int64_t since_s);

/* Once the call is done:
 * - NVT_AGAIN: the next request was begun; step it, then come back;
 * - NVT_OK: found, *out_receipt says which;
 * - NVT_E_NOT_FOUND: the list was walked to its end or past since_s, and no delivery had the key;
 * - NVT_E_FIELD_MISSING: the credentials belong to no store, name one;
 * - NVT_E_ANSWER: an answer was not what the API documents;
 * - NVT_E_CURSOR: the list did not go on, or shows fewer than it counts;
 * - NVT_E_LIST_LENGTH: it is longer than NVT_COOPCYCLE_PAGES_MAX;
 * - else the outcome's own error: begin again when its verdict says retry.
 * Only NVT_E_NOT_FOUND allows to send the delivery again. */
nvt_err nvt_coopcycle_resolve_next(struct nvt_call *call, struct nvt_coopcycle_resolve *r,
                                   struct nvt_coopcycle_receipt *out_receipt);

/* ---- delivery through the uplink ---- */

/* Entries are deliveries in JSON, checked before they were appended, that carry their key as
 * metadata (nvt_coopcycle_json_add_key): one without is refused with NVT_E_FIELD_MISSING. The
 * credentials belong to a store. A repeat would count twice, so that what was in the spool before a
 * start is looked for before it is sent: that walks the store's list, up to
 * NVT_COOPCYCLE_PAGES_MAX pages. */
extern const struct nvt_uplink_kind nvt_coopcycle_uplink;

/* ---- webhooks: for whoever receives them ---- */

/* Whether X-CoopCycle-Signature belongs to the raw body: base64(HMAC-SHA256(body, secret)), the
 * secret being the text that the webhook's creation answered with, as it is. The time depends on
 * the lengths alone. NVT_E_SIGNATURE; NVT_E_CRED_* (of the secret). */
nvt_err nvt_coopcycle_webhook_check(struct nvt_span body, struct nvt_span signature,
                                    struct nvt_span secret);

struct nvt_coopcycle_event {
    char object[NVT_COOPCYCLE_IRI_CAP]; /* "/api/deliveries/1" */
    char event[32];                     /* "delivery.picked" */
};
/* Reads a body whose signature was checked. NVT_E_ANSWER. */
nvt_err nvt_coopcycle_webhook_read(struct nvt_span body, struct nvt_coopcycle_event *out_event);

#endif
