/* SPDX-License-Identifier: Apache-2.0 */
/* The registry's API v2, all of it: an image that does without leaves this file out. */
#include "member.h"
#include "rpc_call.h"
#include "rpc_fields.h"

#include <navette/rpc_v2.h>

#define TEXT_MAX 255U
#define LITERAL_MAX 511U
#define CENTS_MAX 1000000U
#define METRES_MAX 1000000U
#define SECONDS_MAX 86400U
#define REQUIRED ((uint8_t)NVT_FIELD_REQUIRED)
#define FROM_1 ((uint8_t)NVT_FIELD_FROM_1)
#define JSON_ONLY ((uint8_t)NVT_FIELD_JSON_ONLY)

/* The struct has it in one form, finished JSON may have it in another: this row is the struct's,
 * the next one JSON's. */
#define STRUCTS                                                                                    \
    ((uint8_t)NVT_FIELD_REQUIRED | (uint8_t)NVT_FIELD_STRUCT_ONLY | (uint8_t)NVT_FIELD_OR)

/* ---- the tables ---- */

#define PERSON(member) NVT_FIELD_AT(nvt_rpc_identity, member)
static const struct nvt_field identity_rows[] = {
    {"phone_trunc", {NULL}, 2U, PERSON(phone_trunc), NVT_FIELD_PHONE, 0U},
    {"phone", {NULL}, 0U, PERSON(phone), NVT_FIELD_PHONE, 0U},
    {"operator_user_id", {NULL}, TEXT_MAX, PERSON(operator_user_id), NVT_FIELD_COLUMN, 0U},
    {"firstname", {NULL}, TEXT_MAX, PERSON(firstname), NVT_FIELD_TEXT, 0U},
    {"lastname", {NULL}, TEXT_MAX, PERSON(lastname), NVT_FIELD_TEXT, 0U},
    {"email", {NULL}, TEXT_MAX, PERSON(email), NVT_FIELD_EMAIL, 0U},
    {"company", {NULL}, TEXT_MAX, PERSON(company), NVT_FIELD_TEXT, 0U},
    {"over_18", {NULL}, 0U, PERSON(over_18), NVT_FIELD_BOOL, NVT_FIELD_NULLABLE},
    {"travel_pass", {&nvt_rpc_shape_pass}, 0U, PERSON(travel_pass_user_id), NVT_FIELD_OBJECT, 0U},
};
/* Without a whole number (row 1), a person is known by the cut one and the operator's own id. */
static const struct nvt_shape identity = {NVT_SHAPE_ROWS(identity_rows), false, 0U, 1U << 1,
                                          1U | 1U << 2};

/* A place by its position, its commune, or its address; the struct has the position. Without the
 * other two the position is required. What goes with what is checked apart. */
static const struct nvt_field place_rows[] = {
    {"datetime", {NULL}, 0U, 0U, NVT_FIELD_TIME, REQUIRED},
    {"lat", {NULL}, 90U, 0U, NVT_FIELD_DEGREE, JSON_ONLY},
    {"lon", {NULL}, 180U, 0U, NVT_FIELD_DEGREE, JSON_ONLY},
    {"insee", {.words = "09AB"}, 5U, 0U, NVT_FIELD_CHARS, JSON_ONLY | (uint8_t)NVT_FIELD_EXACT},
    {"literal", {NULL}, LITERAL_MAX, 0U, NVT_FIELD_TEXT, JSON_ONLY},
    {"country", {NULL}, TEXT_MAX, 0U, NVT_FIELD_TEXT, JSON_ONLY},
};
static const struct nvt_shape place = {NVT_SHAPE_ROWS(place_rows), false, 0U, 1U << 3 | 1U << 4,
                                       1U << 1 | 1U << 2};

#define ROOT(member) NVT_FIELD_AT(nvt_rpc_journey, member)
#define INCENTIVES {&nvt_rpc_shape_incentive}, NVT_RPC_LIST_MAX
#define PAYMENTS {&nvt_rpc_shape_payment}, NVT_RPC_LIST_MAX
#define TIME_AND_PLACE                                                                             \
    {"start", {&nvt_rpc_shape_point}, 0U, ROOT(start), NVT_FIELD_OBJECT, STRUCTS},                 \
        {"start", {&place}, 0U, ROOT(start), NVT_FIELD_OBJECT, JSON_ONLY},                         \
        {"end", {&nvt_rpc_shape_point}, 0U, ROOT(end), NVT_FIELD_OBJECT, STRUCTS},                 \
        {"end", {&place}, 0U, ROOT(end), NVT_FIELD_OBJECT, JSON_ONLY},                             \
    {                                                                                              \
        "distance", {NULL}, METRES_MAX, ROOT(distance_m), NVT_FIELD_U32, FROM_1                    \
    }

static const struct nvt_field driver_rows[] = {
    {"identity", {&identity}, 0U, ROOT(driver), NVT_FIELD_OBJECT, REQUIRED},
    {"incentives", INCENTIVES, ROOT(incentives), NVT_FIELD_LIST, REQUIRED},
    {"payments", PAYMENTS, 0U, NVT_FIELD_LIST, JSON_ONLY},
    TIME_AND_PLACE,
    {"duration", {NULL}, SECONDS_MAX, 0U, NVT_FIELD_U32, JSON_ONLY | FROM_1},
    {"revenue", {NULL}, CENTS_MAX, ROOT(driver_revenue), NVT_FIELD_U32, REQUIRED},
};
static const struct nvt_shape driver = {NVT_SHAPE_ROWS(driver_rows), false, 0U, 0U, 0U};

/* By v2's convention the driver carries all incentives. */
static const struct nvt_field passenger_rows[] = {
    {"identity", {&identity}, 0U, ROOT(passenger), NVT_FIELD_OBJECT, REQUIRED},
    {"incentives", {NULL}, 0U, 0U, NVT_FIELD_LIST, STRUCTS},
    {"incentives", INCENTIVES, 0U, NVT_FIELD_LIST, JSON_ONLY},
    {"payments", PAYMENTS, ROOT(payments), NVT_FIELD_LIST, 0U},
    TIME_AND_PLACE,
    {"duration", {NULL}, SECONDS_MAX, 0U, NVT_FIELD_U32, JSON_ONLY | FROM_1},
    {"contribution", {NULL}, CENTS_MAX, ROOT(passenger_contribution), NVT_FIELD_U32, REQUIRED},
    {"seats", {NULL}, 8U, ROOT(passenger_seats), NVT_FIELD_U8, FROM_1},
};
static const struct nvt_shape passenger = {NVT_SHAPE_ROWS(passenger_rows), false, 0U, 0U, 0U};

/* The names change their meaning: v3's operator_journey_id is v2's journey_id. */
static const struct nvt_field journey_rows[] = {
    {"journey_id", {NULL}, TEXT_MAX, ROOT(operator_journey_id), NVT_FIELD_KEY, REQUIRED},
    {"operator_journey_id", {NULL}, TEXT_MAX, ROOT(operator_trip_id), NVT_FIELD_TEXT, 0U},
    {"operator_class", {.words = "AC"}, 0U, ROOT(operator_class), NVT_FIELD_LETTER, REQUIRED},
    {"driver", {&driver}, 0U, 0U, NVT_FIELD_OBJECT, REQUIRED},
    {"passenger", {&passenger}, 0U, 0U, NVT_FIELD_OBJECT, REQUIRED},
};
static const struct nvt_shape journey = {NVT_SHAPE_ROWS(journey_rows), false, 0U, 0U, 0U};

/* ---- structs ---- */

/* v2 wants the end after the start, where v3 takes both alike ("formatExclusiveMaximum"). */
static nvt_err check_times(int64_t start_ms, int64_t end_ms, int64_t now_s)
{
    return start_ms == end_ms ? NVT_E_FIELD_ORDER : nvt_rpc_check_times(start_ms, end_ms, now_s);
}

nvt_err nvt_rpc_v2_journey_check(const struct nvt_rpc_journey *j, int64_t now_s,
                                 struct nvt_failure *out_failure)
{
    nvt_err err = nvt_shape_check(&journey, j, out_failure);
    if (err == NVT_OK) {
        err = check_times(j->start.time_s * 1000, j->end.time_s * 1000, now_s);
        if (err != NVT_OK) {
            err = nvt_shape_refuse(out_failure, err, "driver.end.datetime");
        }
    }
    return err;
}

nvt_err nvt_rpc_v2_write(const struct nvt_rpc_journey *j, int64_t now_s, struct nvt_buf *out,
                         struct nvt_failure *out_failure)
{
    nvt_err err = nvt_rpc_v2_journey_check(j, now_s, out_failure);
    return err == NVT_OK ? nvt_shape_write(&journey, j, out, out_failure) : err;
}

/* ---- finished JSON ---- */

/* A member that must not be without the other. */
struct pair {
    const char *has, *needs;
};

static const struct pair pairs[] = {
    {"driver.start.lat", "driver.start.lon"},
    {"driver.start.lon", "driver.start.lat"},
    {"driver.start.literal", "driver.start.country"},
    {"driver.start.country", "driver.start.literal"},
    {"driver.end.lat", "driver.end.lon"},
    {"driver.end.lon", "driver.end.lat"},
    {"driver.end.literal", "driver.end.country"},
    {"driver.end.country", "driver.end.literal"},
    {"passenger.start.lat", "passenger.start.lon"},
    {"passenger.start.lon", "passenger.start.lat"},
    {"passenger.start.literal", "passenger.start.country"},
    {"passenger.start.country", "passenger.start.literal"},
    {"passenger.end.lat", "passenger.end.lon"},
    {"passenger.end.lon", "passenger.end.lat"},
    {"passenger.end.literal", "passenger.end.country"},
    {"passenger.end.country", "passenger.end.literal"},
};

static bool has(const struct nvt_json *doc, const char *path)
{
    nvt_json_node node = 0;
    return nvt_json_find(doc, 0U, path, &node) == NVT_OK;
}

static nvt_err check_pairs(const struct nvt_json *doc, struct nvt_failure *out_failure)
{
    nvt_err err = NVT_OK;
    for (size_t i = 0; err == NVT_OK && i < sizeof pairs / sizeof pairs[0]; i++) {
        if (has(doc, pairs[i].has) && !has(doc, pairs[i].needs)) {
            err = nvt_shape_refuse(out_failure, NVT_E_FIELD_MISSING, pairs[i].needs);
        }
    }
    return err;
}

/* From one time to another. */
static nvt_err check_ride(const struct nvt_json *doc, const char *start, const char *end,
                          int64_t now_s, struct nvt_failure *out_failure)
{
    int64_t start_ms = 0;
    int64_t end_ms = 0;
    nvt_err err = nvt_rpc_time_at(doc, start, &start_ms, out_failure);
    if (err == NVT_OK) {
        err = nvt_rpc_time_at(doc, end, &end_ms, out_failure);
    }
    if (err == NVT_OK) {
        err = check_times(start_ms, end_ms, now_s);
        err = err == NVT_OK ? NVT_OK : nvt_shape_refuse(out_failure, err, end);
    }
    return err;
}

nvt_err nvt_rpc_v2_check(struct nvt_span json, struct nvt_json_tok *pool, size_t pool_count,
                         int64_t now_s, struct nvt_failure *out_failure)
{
    struct nvt_json doc;
    nvt_err err = nvt_shape_parse(&doc, json, pool, pool_count, out_failure);
    if (err == NVT_OK) {
        err = nvt_shape_json(&journey, &doc, out_failure);
    }
    if (err == NVT_OK) {
        err = check_pairs(&doc, out_failure);
    }
    if (err == NVT_OK) {
        err = check_ride(&doc, "driver.start.datetime", "driver.end.datetime", now_s, out_failure);
    }
    if (err == NVT_OK) {
        err = check_ride(&doc, "passenger.start.datetime", "passenger.end.datetime", now_s,
                         out_failure);
    }
    return err;
}

nvt_err nvt_rpc_v2_due(struct nvt_span journey_json, struct nvt_json_tok *pool, size_t pool_count,
                       uint32_t *out_due_s)
{
    enum { DAY_S = 86400 };
    struct nvt_json doc;
    int64_t first_ms = 0;
    int64_t second_ms = 0;
    nvt_err err = nvt_json_parse(&doc, journey_json, pool, pool_count);
    if (err != NVT_OK) {
        return err;
    }
    if (nvt_rpc_time_at(&doc, "driver.start.datetime", &first_ms, NULL) != NVT_OK ||
        nvt_rpc_time_at(&doc, "passenger.start.datetime", &second_ms, NULL) != NVT_OK) {
        return NVT_E_SYNTAX;
    }
    int64_t due_s = (first_ms < second_ms ? first_ms : second_ms) / 1000 + (int64_t)DAY_S;
    *out_due_s = due_s < (int64_t)UINT32_MAX ? (uint32_t)due_s : UINT32_MAX - 1U;
    return NVT_OK;
}

/* ---- profile and calls ---- */

static const struct nvt_environment environments[] = {
    {"production", "https://api.covoiturage.beta.gouv.fr", NULL, NULL},
    {"demo", "https://api.demo.covoiturage.beta.gouv.fr", NULL, NULL},
    {"staging", "https://api-staging.covoiturage.beta.gouv.fr", NULL, NULL},
};

/* The page tells the quota of the route that takes journeys, 20 000 a minute, and that those of the
 * others are much lower: v3.3's serve. */
const struct nvt_profile nvt_rpc_v2_profile = {
    .name = "rpc",
    .title = "Registre de preuve de covoiturage (API v2)",
    .environments = environments,
    .environment_count = sizeof environments / sizeof environments[0],
    .grant = NVT_GRANT_STATIC,
    .token_path = "",
    .scope = "",
    .api_key_name = "",
    .rates = {{0U, 0U, 0U}, {20000U, 61000U, 200U}, {2000U, 61000U, 1000U}},
    .duplicate_status = 409U,
    .duplicate = "error.code=-32509",
    .errors = "error", /* {"code":404,"error":"Not found"}, and in the envelope of JSON-RPC */
    .versioned = true,
    .retry_500 = true,
};

#define JOURNEYS "/v2/journeys"

/* The two stand in the answer itself (OpenAPI document) or in its result.data (the page). */
static struct nvt_span receipt_of(struct nvt_span body)
{
    struct nvt_span data = nvt_json_at(body, NVT_LIT("result.data"));
    return data.len > 0U ? data : body;
}

/* A text of the answer, which wanted is, if there is one. As rows are: what may have been cut off
 * an answer that is too large says nothing. */
static bool has_text(const struct nvt_outcome *o, const char *name, const struct nvt_span *wanted)
{
    struct nvt_span value = nvt_json_at(receipt_of(o->body), nvt_span_str(name));
    bool ends =
        value.len == 0U ? wanted == NULL : value.ptr + value.len == o->body.ptr + o->body.len;
    bool same =
        wanted == NULL || nvt_json_same(nvt_json_text(value), nvt_json_text(*wanted), false);
    return (o->body_cut && ends) || (nvt_json_starts(value, '"') && same);
}

static enum nvt_verdict check_created(struct nvt_call *call)
{
    const struct nvt_span sent = nvt_json_at(call->request->body, NVT_LIT("journey_id"));
    bool same = has_text(&call->outcome, "journey_id", &sent) &&
                has_text(&call->outcome, "created_at", NULL);
    if (!same) {
        call->outcome.failure.err = NVT_E_ANSWER;
    }
    return same ? NVT_DELIVERED : NVT_UNKNOWN;
}

static const struct nvt_done created = {
    .status = 201U, .form = (uint8_t)NVT_FORM_OBJECT, .lacks = "error", .check = check_created};
static const struct nvt_done known = {.status = 200U,
                                      .form = (uint8_t)NVT_FORM_OBJECT,
                                      .has = "status created_at",
                                      .same = "journey_id"};
/* The document has a 200 for it and leaves its body open, so that any JSON but an error is one, and
 * none at all. Which journey was meant its status tells. */
static const struct nvt_done cancelled = {
    .status = 200U, .form = (uint8_t)NVT_FORM_JSON, .lacks = "error"};

nvt_err nvt_rpc_v2_send(struct nvt_call *call, struct nvt_rpc_request *r,
                        struct nvt_span journey_json)
{
    static const struct nvt_rpc_verb post = {"POST",        JOURNEYS,           "",
                                             NVT_REQ_KEYED, NVT_RPC_RATE_WRITE, &created};
    struct nvt_buf target;
    nvt_rpc_prepare(r, &post, &journey_json, &target);
    return nvt_rpc_begin(call, r, &target);
}

nvt_err nvt_rpc_v2_status(struct nvt_call *call, struct nvt_rpc_request *r,
                          struct nvt_span journey_id)
{
    static const struct nvt_rpc_verb get = {
        "GET", JOURNEYS "/", "", NVT_REQ_IDEMPOTENT, NVT_RPC_RATE_READ, &known};
    return nvt_rpc_begin_one(call, r, journey_id, &get, NULL);
}

nvt_err nvt_rpc_v2_cancel(struct nvt_call *call, struct nvt_rpc_request *r,
                          struct nvt_span journey_id)
{
    static const struct nvt_rpc_verb del = {"DELETE",           JOURNEYS "/",       "",
                                            NVT_REQ_IDEMPOTENT, NVT_RPC_RATE_WRITE, &cancelled};
    return nvt_rpc_begin_one(call, r, journey_id, &del, NULL);
}

/* ---- answers ---- */

nvt_err nvt_rpc_v2_read_receipt(struct nvt_call *call, struct nvt_rpc_receipt *out_receipt)
{
    struct nvt_json doc;
    nvt_json_node from = 0;
    (void)memset(out_receipt, 0, sizeof *out_receipt);
    if (nvt_call_json(call, &doc) != NVT_OK) {
        return NVT_E_ANSWER;
    }
    (void)nvt_json_find(&doc, 0U, "result.data", &from);
    bool ok = nvt_rpc_take_text(&doc, from, "journey_id", &out_receipt->operator_journey_id) &&
              nvt_rpc_take_text(&doc, from, "created_at", &out_receipt->created_at);
    return ok ? NVT_OK : NVT_E_ANSWER;
}

nvt_err nvt_rpc_v2_read_state(struct nvt_call *call, struct nvt_rpc_v2_state *out_state)
{
    struct nvt_json doc;
    (void)memset(out_state, 0, sizeof *out_state);
    if (nvt_call_json(call, &doc) != NVT_OK) {
        return NVT_E_ANSWER;
    }
    bool ok = nvt_rpc_take_text(&doc, 0U, "status", &out_state->status) &&
              nvt_rpc_take_text(&doc, 0U, "journey_id", &out_state->journey_id) &&
              nvt_rpc_take_text(&doc, 0U, "created_at", &out_state->created_at);
    (void)nvt_rpc_take_text(&doc, 0U, "metadata.message", &out_state->message);
    return ok ? NVT_OK : NVT_E_ANSWER;
}

/* ---- delivery through the uplink ---- */

static nvt_err send_journey(struct nvt_call *call, void *request, struct nvt_span entry)
{
    struct nvt_rpc_request *r = (struct nvt_rpc_request *)request;
    nvt_err err = nvt_rpc_v2_send(call, r, entry);
    r->request.flags |= (uint8_t)NVT_REQ_ONCE; /* the uplink asks before it sends again */
    return err;
}

static nvt_err ask_journey(struct nvt_call *call, void *request, struct nvt_span entry)
{
    struct nvt_rpc_request *r = (struct nvt_rpc_request *)request;
    struct nvt_span id = NVT_LIT("");
    nvt_err err = nvt_rpc_entry_id(r, entry, NVT_LIT("journey_id"), &id);
    err = err == NVT_OK ? nvt_rpc_v2_status(call, r, id) : err;
    r->request.flags |= (uint8_t)NVT_REQ_ONCE; /* see rpc_uplink.c */
    return err;
}

/* Of the statuses two say that the registry did not take it; whatever else became of it later, it
 * had been accepted. */
static enum nvt_uplink_known known_journey(struct nvt_call *call, void *request)
{
    struct nvt_span status;
    enum nvt_uplink_known said = nvt_rpc_known(call, &status);
    (void)request;
    bool refused = nvt_span_eq(status, NVT_LIT("acquisition_error")) ||
                   nvt_span_eq(status, NVT_LIT("expired"));
    return said == NVT_UPLINK_THERE && refused ? NVT_UPLINK_REFUSED : said;
}

/* Of what a look-up found refused; else the answer's own code and words say why. */
static void reason_journey(struct nvt_call *call, struct nvt_buf *out)
{
    struct nvt_rpc_v2_state state;
    if (call->outcome.status == 200U && nvt_rpc_v2_read_state(call, &state) == NVT_OK) {
        nvt_buf_put(out, state.status);
        nvt_buf_put(out, state.message.len > 0U ? NVT_LIT(": ") : NVT_LIT(""));
        nvt_buf_put(out, state.message);
    }
}

/* The later of both ends: the passenger may have left before, or after, the driver. */
static int64_t journey_not_before(struct nvt_call *call, struct nvt_span entry)
{
    struct nvt_span driver_of = nvt_member_object(entry, NVT_LIT("driver"));
    struct nvt_span passenger_of = nvt_member_object(entry, NVT_LIT("passenger"));
    int64_t first_s = nvt_rpc_not_before(call, nvt_member_object(driver_of, NVT_LIT("end")));
    int64_t second_s = nvt_rpc_not_before(call, nvt_member_object(passenger_of, NVT_LIT("end")));
    return first_s > second_s ? first_s : second_s;
}

const struct nvt_uplink_kind nvt_rpc_v2_uplink = {
    .profile = &nvt_rpc_v2_profile,
    .send = send_journey,
    .ask = ask_journey,
    .known = known_journey,
    .reason = reason_journey,
    .not_before = journey_not_before,
    .ask_first = false,
};
