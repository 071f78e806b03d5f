/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registre de preuve de covoiturage: journeys, geography, CEE applications. Money in euro cents,
 * distances in metres, times in seconds since 1970 UTC, coordinates in 1e-7 degree. Source: the
 * registry's API v3.3 (and v2).
 */
#ifndef NAVETTE_RPC_H
#define NAVETTE_RPC_H

#include <navette/uplink.h>

extern const struct nvt_profile nvt_rpc_profile;

#define NVT_RPC_LIST_MAX 20 /* incentives or payments of one journey */

struct nvt_rpc_point {
    int64_t time_s;
    int32_t lat_e7; /* -900000000 to 900000000 */
    int32_t lon_e7; /* -1800000000 to 1800000000 */
};

struct nvt_rpc_incentive {
    uint8_t index;   /* 0 to 19, each once; where all are 0, they are numbered as they stand */
    uint32_t amount; /* cents, 0 to 100 000 */
    struct nvt_span siret; /* 14 digits */
};

struct nvt_rpc_payment {
    uint8_t index; /* 0 to 19; the registry takes equal ones, so these go out as they are */
    uint32_t amount;
    struct nvt_span siret;
    struct nvt_span type; /* 1 to 256 characters */
};

enum nvt_rpc_adult {
    NVT_RPC_ADULT_ABSENT,
    NVT_RPC_ADULT_NO,
    NVT_RPC_ADULT_YES,
    NVT_RPC_ADULT_NULL
};

/* One of phone_trunc and phone must be there; both may. */
struct nvt_rpc_identity {
    struct nvt_span identity_key;     /* 64 lower-case hex digits: nvt_rpc_identity_key */
    struct nvt_span operator_user_id; /* 1 to 256 characters */
    struct nvt_span phone_trunc;      /* E.164 less its last two digits: "+" and 7 to 13 digits */
    struct nvt_span phone;            /* E.164: "+" and 9 to 15 digits */
    enum nvt_rpc_adult over_18;
    struct nvt_span travel_pass_user_id; /* navigo, up to 128 characters; empty: absent */
    struct nvt_span firstname, lastname, email, company; /* v2 only; empty: absent */
};

/*
 * Texts are UTF-8 without U+0000, and "characters" are code points, as the registry's validator and
 * its database count them. The registry strips markup from texts and keeps a '<' or '>' as "&lt;"
 * or
 * "&gt;": in texts with a column of fixed width (licence_plate, operator_user_id, the travel pass)
 * they count four, and operator_journey_id must have none, or no answer would name it as it was
 * sent.
 *
 * Phone numbers of France and its overseas territories (+33 +262 +508 +590 +594 +596 +681 +687
 * +689) have exactly the digits that libphonenumber knows for them, and no 0 behind the code. The
 * short ones of +508, +681 and +687 make cut numbers of 8 characters: the server takes them, so
 * that this bound wins over the 10 of the published page. Of other countries only the length is
 * checked. A whole number in phone_trunc is NVT_E_FIELD_WHOLE_PHONE, anything else
 * NVT_E_FIELD_PHONE. National and spaced forms are refused although the registry reads them: it
 * takes "0692 12 34 56" for a French number, which in Reunion is somebody else's.
 */
struct nvt_rpc_journey {
    struct nvt_span operator_journey_id; /* 1 to 256 characters: the key of the duplicate check */
    struct nvt_span operator_trip_id;    /* 1 to 256 characters */
    char operator_class;                 /* 'A', 'B' or 'C' */
    struct nvt_rpc_point start, end;
    uint32_t distance_m;           /* 1 to 1 000 000 */
    struct nvt_span licence_plate; /* up to 32 characters; empty: absent */
    struct nvt_rpc_identity driver, passenger;
    uint32_t driver_revenue;         /* cents, 0 to 1 000 000 */
    uint32_t passenger_contribution; /* cents, 0 to 1 000 000 */
    uint8_t passenger_seats;         /* 1 to 8; 0: absent, the registry takes 1 */
    const struct nvt_rpc_incentive *incentives;
    size_t incentive_count; /* 0 to 20 */
    const struct nvt_rpc_payment *payments;
    size_t payment_count; /* 0 to 20; 0: absent */
};

/* What is written of a journey. */
enum nvt_rpc_version {
    NVT_RPC_V3,
    NVT_RPC_UPDATE /* the body of nvt_rpc_update: trip, class, incentives, start, end, distance */
};

/* Body sizes: 826 bytes is usual, the largest legal ASCII journey takes less than this. */
#define NVT_RPC_BODY_MAX 12288

/* Tokens that the largest legal journey needs, without incentive_counterparts. */
#define NVT_RPC_TOKENS_MAX 416

/*
 * The last name as the registry's identity key wants it, in [A-Z ]: upper case, accents removed
 * (composed or as combining marks), AE, OE, SS and the like spelt out, each apostrophe, hyphen and
 * no-break space one space, spaces kept as they are. Covers Latin-1, Latin Extended-A and -B where
 * names use it, and Latin Extended Additional (Vietnamese). Anything else (digits, dots, other
 * scripts) is NVT_E_FIELD_FORMAT: the rule names no letter for it, and a key that nobody else
 * computes would make one person two. NVT_E_UTF8, NVT_E_SPACE; out is whole or untouched.
 */
nvt_err nvt_rpc_fold_name(struct nvt_span lastname, struct nvt_buf *out);

/* SHA-256 of "{phone}-{LAST NAME}" as 64 hex digits and a NUL, the name folded as above to 1 to 256
 * letters. phone: E.164, as in a journey. NVT_E_FIELD_PHONE; of the name NVT_E_FIELD_LENGTH,
 * NVT_E_FIELD_FORMAT, NVT_E_UTF8, NVT_E_SPACE (too long). out_key is "" on an error. */
nvt_err nvt_rpc_identity_key(struct nvt_span phone, struct nvt_span lastname, char out_key[65]);

/* phone (E.164) less its last two digits: a view into phone. NVT_E_FIELD_PHONE. */
nvt_err nvt_rpc_phone_trunc(struct nvt_span phone, struct nvt_span *out_trunc);

/* Appends a whole number as people write it ("06 12 34 56 78", "0033 6...", "+33 (0)6...") in
 * E.164. A first 0 counts as France's, as for the registry. NVT_E_FIELD_PHONE, NVT_E_SPACE. */
nvt_err nvt_rpc_phone_e164(struct nvt_span number, struct nvt_buf *out);

/* Every bound of the API on a struct, and of the database behind it: what only the latter refuses
 * is answered with 500. now_s: wall time, or 0 when not known (the future is then not checked).
 * NVT_E_FIELD_*, NVT_E_UTF8 or NVT_E_ARG (a list without its pointer) with failure->field set to
 * the member's path in the JSON of that version ("incentives[2].siret") and failure->message to the
 * bounds crossed ("1 to 32"). out_failure may be NULL. */
nvt_err nvt_rpc_journey_check(const struct nvt_rpc_journey *j, enum nvt_rpc_version version,
                              int64_t now_s, struct nvt_failure *out_failure);

/*
 * The same bounds on a journey that is JSON already (v3 form), which then may be sent as it is.
 * - NVT_E_FIELD_* with failure->field set, "" for the journey itself. An unknown member is named as
 *   it stands in the text, cut to the room.
 * - NVT_E_JSON_DUPLICATE with failure->field set.
 * - Other NVT_E_JSON_*: failure->field empty, failure->detail is the offset of the byte refused.
 * Times count to the millisecond, as for the registry, which knows no leap second.
 * Accepted besides what a struct can say: firstname, lastname, email, company (bounded, the
 * registry still takes them in v3), incentive_counterparts (any value without U+0000), integers
 * written 12.0.
 * Refused though the registry might take it: exponents, member names twice or with escapes, phones
 * that are not E.164, times with a space for their T or before 1970, operator_id.
 * pool: NVT_RPC_TOKENS_MAX tokens read every journey without incentive_counterparts.
 */
nvt_err nvt_rpc_json_check(struct nvt_span json, struct nvt_json_tok *pool, size_t pool_count,
                           int64_t now_s, struct nvt_failure *out_failure);

/* The same for the body of nvt_rpc_update. */
nvt_err nvt_rpc_update_check(struct nvt_span json, struct nvt_json_tok *pool, size_t pool_count,
                             int64_t now_s, struct nvt_failure *out_failure);

/* Checks a whole journey as nvt_rpc_json_check does and appends the members that an update may
 * hold, their values unchanged. NVT_E_SPACE besides. */
nvt_err nvt_rpc_update_body(struct nvt_span journey_json, struct nvt_json_tok *pool,
                            size_t pool_count, int64_t now_s, struct nvt_buf *out,
                            struct nvt_failure *out_failure);

/* Checks, then writes. Coordinates get six decimals. NVT_E_FIELD_*, NVT_E_UTF8, NVT_E_SPACE (out
 * then holds a part that must not be sent). */
nvt_err nvt_rpc_journey_write(const struct nvt_rpc_journey *j, enum nvt_rpc_version version,
                              int64_t now_s, struct nvt_buf *out, struct nvt_failure *out_failure);

/* ---- calls: each fills *request and begins it; then step call until it is done ----
 * Ids: 1 to 256 bytes and more as far as they fit percent-encoded, else NVT_E_SPACE; an empty one
 * is NVT_E_FIELD_MISSING, "." and ".." are NVT_E_FIELD_FORMAT. Besides: all errors of
 * nvt_call_begin. */

/* A request with the room its target needs. It must live until the outcome. */
struct nvt_rpc_request {
    struct nvt_request request;
    char target[800];  /* a 256-byte id percent-encoded is 768 */
    uint8_t body[640]; /* of a cancel: 512 characters of French fit, text beyond is NVT_E_SPACE */
};

/* POST. A repeat is answered with 409, which is NVT_DUPLICATE: NVT_REQ_KEYED. journey_json is sent
 * as it is: check it before. A 422 with code -32422 is kept by the registry, so that a repeat of
 * that id is a duplicate too. */
nvt_err nvt_rpc_send(struct nvt_call *call, struct nvt_rpc_request *r,
                     struct nvt_span journey_json);

/* GET; read the answer with nvt_rpc_read_state. */
nvt_err nvt_rpc_status(struct nvt_call *call, struct nvt_rpc_request *r,
                       struct nvt_span operator_journey_id);

/* PATCH: replaces the members that the body holds, so that a repeat does no harm. update_json: of
 * NVT_RPC_UPDATE or nvt_rpc_update_body, not a whole journey. */
nvt_err nvt_rpc_update(struct nvt_call *call, struct nvt_rpc_request *r,
                       struct nvt_span operator_journey_id, struct nvt_span update_json);

/* POST. code: up to 32 of [0-9A-Za-z_-], may be empty; message: up to 512 characters, empty:
 * absent. A repeat leaves the journey cancelled and adds a row to its history. NVT_E_FIELD_LENGTH,
 * NVT_E_FIELD_FORMAT (of code), NVT_E_FIELD_LENGTH, NVT_E_UTF8, NVT_E_SPACE (of message). */
nvt_err nvt_rpc_cancel(struct nvt_call *call, struct nvt_rpc_request *r,
                       struct nvt_span operator_journey_id, struct nvt_span code,
                       struct nvt_span message);

struct nvt_rpc_filter {
    struct nvt_span status; /* "ok", "pending", ...: required */
    int64_t start_s, end_s; /* 0: the registry's default, the last seven days */
    uint32_t limit, offset; /* 0: the registry's default, 50 and 0 */
};

/* GET; the answer is an array of {"operator_journey_id"}, newest first. status: 1 to 32 of [a-z_],
 * else NVT_E_FIELD_MISSING or NVT_E_FIELD_FORMAT; NVT_E_FIELD_ORDER; a time outside the years 1970
 * to 9999 is NVT_E_SPACE. */
nvt_err nvt_rpc_list(struct nvt_call *call, struct nvt_rpc_request *r,
                     const struct nvt_rpc_filter *filter);

#define NVT_RPC_PAGE_MAX 100U

/* The list page by page. The registry has no cursor, only offsets, newest first: a journey that
 * comes in meanwhile moves the rest, so that an id may show up twice; an end_s in the past prevents
 * that. */
struct nvt_rpc_walk {
    struct nvt_rpc_filter filter; /* limit: ids a page, up to 100 (0: 50). offset: where to start */
    uint32_t left;                /* how many ids are wanted at most */
};

/* GET: the next page. As nvt_rpc_list; NVT_E_ARG when left is 0. */
nvt_err nvt_rpc_list_page(struct nvt_call *call, struct nvt_rpc_request *r,
                          const struct nvt_rpc_walk *walk);

/* Moves on by the page that was brought (nvt_call_json, or parsed from where a sink put it). A page
 * shorter than asked for is the last one. *out_more: ask for another. NVT_E_ANSWER when it is no
 * array, or longer than asked for. */
nvt_err nvt_rpc_next_page(const struct nvt_json *page, struct nvt_rpc_walk *walk, bool *out_more);

/* ---- geography ---- */

struct nvt_rpc_place {
    int32_t lat_e7; /* -900000000 to 900000000 */
    int32_t lon_e7; /* -1800000000 to 1800000000 */
};

/* GET: how far it is by road, from what the registry thinks. NVT_E_FIELD_RANGE. */
nvt_err nvt_rpc_route(struct nvt_call *call, struct nvt_rpc_request *r, struct nvt_rpc_place from,
                      struct nvt_rpc_place to);

/* GET: where an address is. Both 1 to 256 characters; country is its full name ("France").
 * NVT_E_FIELD_MISSING, NVT_E_FIELD_LENGTH, NVT_E_UTF8; NVT_E_SPACE from about 700 bytes on, letters
 * with accents counting six. */
nvt_err nvt_rpc_point_by_address(struct nvt_call *call, struct nvt_rpc_request *r,
                                 struct nvt_span address, struct nvt_span country);

/* GET: where a commune or arrondissement is, by its INSEE code: 5 digits, A or B among them in
 * Corsica. NVT_E_FIELD_MISSING, NVT_E_FIELD_FORMAT. */
nvt_err nvt_rpc_point_by_insee(struct nvt_call *call, struct nvt_rpc_request *r,
                               struct nvt_span code);

/* ---- CEE: applications for energy savings certificates ---- */

enum nvt_rpc_cee_use {
    NVT_RPC_CEE_SIMULATE, /* phone_trunc, journey_type, last_name_trunc; may have identity_key,
                             driving_license */
    NVT_RPC_CEE_REGISTER  /* all members of its journey_type */
};

/* What the use or journey_type has no place for is not written. */
struct nvt_rpc_cee {
    struct nvt_span journey_type;        /* "short" or "long" */
    struct nvt_span identity_key;        /* nvt_rpc_identity_key */
    struct nvt_span driving_license;     /* [A-Z0-9]{1,15}, four digits behind it or not; from
                                            abroad: "99-" and 1 to 61 characters of one line */
    struct nvt_span last_name_trunc;     /* nvt_rpc_name_trunc */
    struct nvt_span phone_trunc;         /* nvt_rpc_phone_trunc; long */
    struct nvt_span operator_journey_id; /* 1 to 255 characters; short */
    int64_t paid_s;                      /* when the costs were shared; long */
    int64_t signed_s;                    /* when the applicant signed */
};

/* The first three letters of the folded name, spaces where it is shorter: "D H" of D'Herug, and a
 * NUL. The errors of nvt_rpc_fold_name, and NVT_E_FIELD_LENGTH of an empty name; out_trunc is then
 * "". */
nvt_err nvt_rpc_name_trunc(struct nvt_span lastname, char out_trunc[4]);

#define NVT_RPC_CEE_MAX 1024 /* the largest body in ASCII is smaller */
#define NVT_RPC_CEE_TOKENS 24

/* Checks, then writes. NVT_E_FIELD_*, NVT_E_UTF8 with failure->field set (out_failure may be NULL),
 * NVT_E_SPACE. */
nvt_err nvt_rpc_cee_write(const struct nvt_rpc_cee *cee, enum nvt_rpc_cee_use use,
                          struct nvt_buf *out, struct nvt_failure *out_failure);

/* The same bounds on a body that is JSON already; errors as of nvt_rpc_json_check.
 * NVT_RPC_CEE_TOKENS tokens are enough for what is valid. */
nvt_err nvt_rpc_cee_check(struct nvt_span json, struct nvt_json_tok *pool, size_t pool_count,
                          enum nvt_rpc_cee_use use, struct nvt_failure *out_failure);

/* POST: whether the person may apply; delivered says yes, status 409 that an application exists
 * (nvt_rpc_read_cee). Nothing is kept. Check json before. */
nvt_err nvt_rpc_cee_simulate(struct nvt_call *call, struct nvt_rpc_request *r,
                             struct nvt_span json);

/* POST: applies. NVT_DUPLICATE says that an application of that person exists; nvt_rpc_read_cee
 * then has its uuid when it is one's own, none when it is another operator's: then nothing was
 * achieved. Check json before. */
nvt_err nvt_rpc_cee_register(struct nvt_call *call, struct nvt_rpc_request *r,
                             struct nvt_span json);

/* GET and DELETE of one application; a DELETE that is repeated after a lost answer finds nothing,
 * 404. uuid: 36 of [0-9A-Fa-f-]: NVT_E_FIELD_MISSING, NVT_E_FIELD_FORMAT. */
nvt_err nvt_rpc_cee_find(struct nvt_call *call, struct nvt_rpc_request *r, struct nvt_span uuid);
nvt_err nvt_rpc_cee_delete(struct nvt_call *call, struct nvt_rpc_request *r, struct nvt_span uuid);

/* ---- answers: views into the call, as they stand in the JSON (escapes and all) ---- */

/* What nvt_rpc_send brought back. NVT_E_ANSWER when the answer is not of the documented form. */
struct nvt_rpc_receipt {
    struct nvt_span operator_journey_id;
    struct nvt_span created_at;
};
nvt_err nvt_rpc_read_receipt(struct nvt_call *call, struct nvt_rpc_receipt *out_receipt);

/* What nvt_rpc_status brought back. NVT_E_ANSWER. */
struct nvt_rpc_state {
    struct nvt_span status;
    struct nvt_span operator_journey_id;
    struct nvt_span created_at;
    struct nvt_span fraud_labels; /* raw JSON array of labels or of {"label"}; empty when absent */
    struct nvt_span anomaly_details; /* raw JSON array of {"label", "metas"} */
    struct nvt_span terms_details;   /* raw JSON array of labels */
};
nvt_err nvt_rpc_read_state(struct nvt_call *call, struct nvt_rpc_state *out_state);

/* Why nvt_rpc_send was refused with 422 and code -32422: a raw JSON array of labels ("expired",
 * "distance_too_short", "too_many_trips_by_day", "too_close_trips"). Such a journey is kept all the
 * same, in status terms_violation_error. NVT_E_ANSWER when it was refused for another reason. */
nvt_err nvt_rpc_read_terms(struct nvt_call *call, struct nvt_span *out_labels);

/* What nvt_rpc_route brought back, fractions rounded. NVT_E_ANSWER. */
nvt_err nvt_rpc_read_route(struct nvt_call *call, uint32_t *out_distance_m,
                           uint32_t *out_duration_s);

/* What nvt_rpc_point_by_address or nvt_rpc_point_by_insee brought back. NVT_E_ANSWER. */
nvt_err nvt_rpc_read_place(struct nvt_call *call, struct nvt_rpc_place *out_place);

/* What nvt_rpc_cee_register or nvt_rpc_cee_find brought back, and either's or simulate's 409.
 * NVT_E_ANSWER when it has no datetime. */
struct nvt_rpc_cee_answer {
    struct nvt_span uuid;     /* empty: it is not ours to know */
    struct nvt_span datetime; /* of the journey's end (short) or the sharing of costs (long) */
    struct nvt_span token;    /* the registry's signature for the application's file */
    struct nvt_span status;   /* of the journey, short */
    int64_t journey_id;       /* the registry's own number, short; 0: none */
};
nvt_err nvt_rpc_read_cee(struct nvt_call *call, struct nvt_rpc_cee_answer *out_answer);

/* The label of an item of one of the arrays above, parsed by the caller: the item itself, or
 * its member "label". NVT_E_ANSWER. */
nvt_err nvt_rpc_label(const struct nvt_json *doc, nvt_json_node item, struct nvt_span *out_label);

/* ---- delivery through the uplink ---- */

/* Entries are journeys in v3 JSON, checked before they were appended. After an answer was lost the
 * status is asked first: a repeat's 409 would hide that the first one was refused for the terms. */
extern const struct nvt_uplink_kind nvt_rpc_uplink;

/* By when a journey must have reached the registry: 24 hours after its start (API page "journeys",
 * label "expired"), as nvt_spool_append takes it. NVT_E_JSON_*, NVT_E_SYNTAX when there is no
 * start.datetime that is a time. pool as for nvt_rpc_json_check. */
nvt_err nvt_rpc_due(struct nvt_span journey_json, struct nvt_json_tok *pool, size_t pool_count,
                    uint32_t *out_due_s);

#endif
