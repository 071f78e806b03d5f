/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The registry's API v2, which its page for integrators names: POST /v2/journeys with the static
 * application token. Today's registry has dropped it: every route answers 404 without a body, which
 * is NVT_E_ROUTE. The journeys' struct is that of v3.3 (rpc.h). Sources: the registry's OpenAPI
 * document 2.0, its page "Alimenter le registre via l'API", its JSON Schema "Journey Schema V2".
 */
#ifndef NAVETTE_RPC_V2_H
#define NAVETTE_RPC_V2_H

#include <navette/rpc.h>

/* The token is the application's, set with nvt_token_set; it does not expire. Its environments are
 * "production", "demo" and "staging", the page's pre-production. */
extern const struct nvt_profile nvt_rpc_v2_profile;

/* Tokens that the largest legal journey needs. */
#define NVT_RPC_V2_TOKENS_MAX 800

/* Every bound of the API on a struct, which then has neither identity_key nor licence_plate; the
 * driver carries all incentives, the passenger all payments. distance_m 0: absent. As
 * nvt_rpc_journey_check, but that a journey must end after it began; failure->field is the path in
 * v2's JSON ("driver.end.datetime"). */
nvt_err nvt_rpc_v2_journey_check(const struct nvt_rpc_journey *j, int64_t now_s,
                                 struct nvt_failure *out_failure);

/* Checks, then writes. As nvt_rpc_journey_write. */
nvt_err nvt_rpc_v2_write(const struct nvt_rpc_journey *j, int64_t now_s, struct nvt_buf *out,
                         struct nvt_failure *out_failure);

/* The same bounds on a journey that is JSON already, in v2's form. Accepted besides what a struct
 * can say: places by insee or by literal and country, duration, incentives of the passenger,
 * payments of the driver, times and places that differ between the two. As nvt_rpc_json_check.
 * Texts have 1 to 255 characters, literal 511. A distance or duration of 0, which the OpenAPI
 * document allows and the JSON Schema does not, is refused. */
nvt_err nvt_rpc_v2_check(struct nvt_span json, struct nvt_json_tok *pool, size_t pool_count,
                         int64_t now_s, struct nvt_failure *out_failure);

/* By when the journey should have reached the registry: 24 hours after the earlier of its starts.
 * As nvt_rpc_due. */
nvt_err nvt_rpc_v2_due(struct nvt_span journey_json, struct nvt_json_tok *pool, size_t pool_count,
                       uint32_t *out_due_s);

/* ---- calls: as those of rpc.h ---- */

/* POST; 201 with this journey's journey_id. What is sent again is answered with 409. */
nvt_err nvt_rpc_v2_send(struct nvt_call *call, struct nvt_rpc_request *r,
                        struct nvt_span journey_json);

/* GET; read the answer with nvt_rpc_v2_read_state. */
nvt_err nvt_rpc_v2_status(struct nvt_call *call, struct nvt_rpc_request *r,
                          struct nvt_span journey_id);

/* DELETE; 200. A repeat leaves the journey cancelled. */
nvt_err nvt_rpc_v2_cancel(struct nvt_call *call, struct nvt_rpc_request *r,
                          struct nvt_span journey_id);

/* What nvt_rpc_v2_send brought back, journey_id as operator_journey_id: the two stand in the answer
 * itself (OpenAPI document) or in its result.data (the registry's page). NVT_E_ANSWER. */
nvt_err nvt_rpc_v2_read_receipt(struct nvt_call *call, struct nvt_rpc_receipt *out_receipt);

/* What nvt_rpc_v2_status brought back. A 200 may carry an error's status: acquisition_error (the
 * journey was not registered), normalization_error, fraud_error, ok, expired (sent too late),
 * canceled, pending. NVT_E_ANSWER. */
struct nvt_rpc_v2_state {
    struct nvt_span status;
    struct nvt_span journey_id;
    struct nvt_span created_at; /* or when the error was noted */
    struct nvt_span message;    /* of metadata; empty when there is none */
};
nvt_err nvt_rpc_v2_read_state(struct nvt_call *call, struct nvt_rpc_v2_state *out_state);

/* Entries are journeys in v2's JSON, checked before they were appended. As nvt_rpc_uplink; a
 * journey that a look-up finds as acquisition_error or expired is refused. */
extern const struct nvt_uplink_kind nvt_rpc_v2_uplink;

#endif
