/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registre de preuve de covoiturage: journeys. Money in euro cents, distances in metres, times in
 * seconds since 1970 UTC, coordinates in 1e-7 degree. Source: the registry's API v3.3 (and v2).
 */
#ifndef NAVETTE_RPC_H
#define NAVETTE_RPC_H

#include <navette/client.h>

extern const struct nvt_profile nvt_rpc_profile;

#define NVT_RPC_LIST_MAX 20 /* incentives or payments of one journey */

struct nvt_rpc_point {
    int64_t time_s;
    int32_t lat_e7; /* -900000000 to 900000000 */
    int32_t lon_e7; /* -1800000000 to 1800000000 */
};

struct nvt_rpc_incentive {
    uint8_t index;         /* 0 to 19 */
    uint32_t amount;       /* cents, 0 to 100 000 */
    struct nvt_span siret; /* 14 digits */
};

struct nvt_rpc_payment {
    uint8_t index;
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

struct nvt_rpc_identity {
    struct nvt_span identity_key;     /* 64 lower-case hex digits: nvt_rpc_identity_key */
    struct nvt_span operator_user_id; /* 1 to 256 characters */
    struct nvt_span phone_trunc;      /* E.164 less its last two digits; or */
    struct nvt_span phone;            /* E.164, 10 to 20 characters */
    enum nvt_rpc_adult over_18;
    struct nvt_span travel_pass_user_id;                 /* navigo; empty: absent */
    struct nvt_span firstname, lastname, email, company; /* v2 only; empty: absent */
};

struct nvt_rpc_journey {
    struct nvt_span operator_journey_id; /* 1 to 256 characters: the key of the duplicate check */
    struct nvt_span operator_trip_id;
    char operator_class; /* 'A', 'B' or 'C' */
    struct nvt_rpc_point start, end;
    uint32_t distance_m;           /* 1 to 1 000 000 */
    struct nvt_span licence_plate; /* empty: absent */
    struct nvt_rpc_identity driver, passenger;
    uint32_t driver_revenue;         /* cents, 0 to 1 000 000 */
    uint32_t passenger_contribution; /* cents, 0 to 1 000 000 */
    uint8_t passenger_seats;         /* 1 to 8; 0: absent, the registry takes 1 */
    const struct nvt_rpc_incentive *incentives;
    size_t incentive_count;
    const struct nvt_rpc_payment *payments;
    size_t payment_count;
};

enum nvt_rpc_version { NVT_RPC_V3, NVT_RPC_V2 };

/* SHA-256 of "{phone}-{LAST NAME}" as 64 hex digits and a NUL: name in upper case, without accents,
 * apostrophes and hyphens as spaces. phone: E.164. NVT_E_FIELD_FORMAT, NVT_E_UTF8. */
nvt_err nvt_rpc_identity_key(struct nvt_span phone, struct nvt_span lastname, char out_key[65]);

/* phone (E.164) less its last two digits. NVT_E_FIELD_FORMAT. */
nvt_err nvt_rpc_phone_trunc(struct nvt_span phone, struct nvt_span *out_trunc);

/* Every bound of the API on a struct. now_s: wall time, or 0 when not known (the future is then not
 * checked). NVT_E_FIELD_* with failure->field set. */
nvt_err nvt_rpc_journey_check(const struct nvt_rpc_journey *j, enum nvt_rpc_version version,
                              int64_t now_s, struct nvt_failure *out_failure);

/* The same bounds on a journey that is JSON already (v3 form). NVT_E_JSON_* with failure->field
 * empty too. */
nvt_err nvt_rpc_json_check(struct nvt_span json, struct nvt_json_tok *pool, size_t pool_count,
                           int64_t now_s, struct nvt_failure *out_failure);

/* Checks, then writes. NVT_E_FIELD_*, NVT_E_SPACE. */
nvt_err nvt_rpc_journey_write(const struct nvt_rpc_journey *j, enum nvt_rpc_version version,
                              int64_t now_s, struct nvt_buf *out, struct nvt_failure *out_failure);

/* ---- calls: each fills *request and begins it; then step call until it is done ---- */

/* A request with the room its target needs. */
struct nvt_rpc_request {
    struct nvt_request request;
    char target[800];  /* a 256-character id percent-encoded is 768 */
    uint8_t body[640]; /* of a cancel: 512-character message, escaped text beyond that is refused */
};

nvt_err nvt_rpc_send(struct nvt_call *call, struct nvt_rpc_request *r,
                     struct nvt_span journey_json);
nvt_err nvt_rpc_status(struct nvt_call *call, struct nvt_rpc_request *r,
                       struct nvt_span operator_journey_id);
nvt_err nvt_rpc_update(struct nvt_call *call, struct nvt_rpc_request *r,
                       struct nvt_span operator_journey_id, struct nvt_span journey_json);
nvt_err nvt_rpc_cancel(struct nvt_call *call, struct nvt_rpc_request *r,
                       struct nvt_span operator_journey_id, struct nvt_span code,
                       struct nvt_span message);

struct nvt_rpc_filter {
    struct nvt_span status; /* "ok", "pending", ...: required */
    int64_t start_s, end_s; /* 0: the registry's default */
    uint32_t limit, offset; /* 0: the registry's default */
};
nvt_err nvt_rpc_list(struct nvt_call *call, struct nvt_rpc_request *r,
                     const struct nvt_rpc_filter *filter);

/* ---- answers ---- */

/* What nvt_rpc_send brought back; views into the call. */
struct nvt_rpc_receipt {
    struct nvt_span operator_journey_id;
    struct nvt_span created_at;
};
nvt_err nvt_rpc_read_receipt(struct nvt_call *call, struct nvt_rpc_receipt *out_receipt);

struct nvt_rpc_state {
    struct nvt_span status;
    struct nvt_span operator_journey_id;
    struct nvt_span created_at;
    struct nvt_span fraud_labels;    /* raw JSON, empty when absent */
    struct nvt_span anomaly_details; /* raw JSON */
    struct nvt_span terms_details;   /* raw JSON */
};
nvt_err nvt_rpc_read_state(struct nvt_call *call, struct nvt_rpc_state *out_state);

#endif
