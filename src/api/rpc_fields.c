/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of a journey's members. */
#include "rpc_fields.h"

/* The registry's schema bounds texts by 256, its table carpools some of them by less, and asks each
 * incentive of a journey for an index of its own: what only the table refuses is answered with 500,
 * however often it is sent. */
#define TEXT_MAX 256U
#define PLATE_MAX 32U
#define PASS_MAX 128U
#define CENTS_MAX 1000000U
#define METRES_MAX 1000000U
#define REQUIRED ((uint8_t)NVT_FIELD_REQUIRED)
#define COUNTED ((uint8_t)NVT_FIELD_REQUIRED | (uint8_t)NVT_FIELD_FROM_1)
#define EXACTLY ((uint8_t)NVT_FIELD_REQUIRED | (uint8_t)NVT_FIELD_EXACT)
#define NULLABLE ((uint8_t)NVT_FIELD_NULLABLE)
#define EXTRA ((uint8_t)NVT_FIELD_JSON_ONLY)

#define SHAPE(rows, size)                                                                          \
    {                                                                                              \
        NVT_SHAPE_ROWS(rows), false, size, 0U, 0U                                                  \
    }

/* Its first three rows are phone_trunc, phone and operator_user_id: without a whole number, a
 * person is known by the cut one and the operator's own id. */
#define PERSON_SHAPE(rows)                                                                         \
    {                                                                                              \
        NVT_SHAPE_ROWS(rows), false, 0U, 2U, 1U | 4U                                               \
    }

/* What the walk over structs relies on. */
struct nvt_rpc_adjacent {
    NVT_FIELD_ADJACENT(nvt_rpc_journey, incentives, incentive_count);
    NVT_FIELD_ADJACENT(nvt_rpc_journey, payments, payment_count);
    char adult[(int)NVT_RPC_ADULT_NO == (int)NVT_FIELD_NO &&
                       (int)NVT_RPC_ADULT_YES == (int)NVT_FIELD_YES &&
                       (int)NVT_RPC_ADULT_NULL == (int)NVT_FIELD_NULL
                   ? 1
                   : -1];
};

#define INCENTIVE(member) NVT_FIELD_AT(nvt_rpc_incentive, member)
static const struct nvt_field incentive_rows[] = {
    {"index", {NULL}, 19U, INCENTIVE(index), NVT_FIELD_RANK, REQUIRED},
    {"amount", {NULL}, 100000U, INCENTIVE(amount), NVT_FIELD_U32, REQUIRED},
    {"siret", {.words = "09"}, 14U, INCENTIVE(siret), NVT_FIELD_CHARS, EXACTLY},
};
const struct nvt_shape nvt_rpc_shape_incentive =
    SHAPE(incentive_rows, sizeof(struct nvt_rpc_incentive));

#define PAYMENT(member) NVT_FIELD_AT(nvt_rpc_payment, member)
static const struct nvt_field payment_rows[] = {
    {"index", {NULL}, 19U, PAYMENT(index), NVT_FIELD_U8, REQUIRED},
    {"siret", {.words = "09"}, 14U, PAYMENT(siret), NVT_FIELD_CHARS, EXACTLY},
    {"type", {NULL}, TEXT_MAX, PAYMENT(type), NVT_FIELD_TEXT, REQUIRED},
    {"amount", {NULL}, 100000U, PAYMENT(amount), NVT_FIELD_U32, REQUIRED},
};
const struct nvt_shape nvt_rpc_shape_payment = SHAPE(payment_rows, sizeof(struct nvt_rpc_payment));

#define POINT(member) NVT_FIELD_AT(nvt_rpc_point, member)
static const struct nvt_field point_rows[] = {
    {"datetime", {NULL}, 0U, POINT(time_s), NVT_FIELD_TIME, REQUIRED},
    {"lat", {NULL}, 90U, POINT(lat_e7), NVT_FIELD_DEGREE, REQUIRED},
    {"lon", {NULL}, 180U, POINT(lon_e7), NVT_FIELD_DEGREE, REQUIRED},
};
const struct nvt_shape nvt_rpc_shape_point = SHAPE(point_rows, 0U);

/* Its struct starts at the user's id, so that an empty one means that there is no pass. */
static const struct nvt_field pass_rows[] = {
    {"name", {.words = "navigo"}, 0U, 0U, NVT_FIELD_CONST, REQUIRED},
    {"user_id", {NULL}, PASS_MAX, 0U, NVT_FIELD_COLUMN, REQUIRED},
};
const struct nvt_shape nvt_rpc_shape_pass = SHAPE(pass_rows, 0U);

#define PERSON(member) NVT_FIELD_AT(nvt_rpc_identity, member)
static const struct nvt_field identity_v3_rows[] = {
    {"phone_trunc", {NULL}, 2U, PERSON(phone_trunc), NVT_FIELD_PHONE, 0U},
    {"phone", {NULL}, 0U, PERSON(phone), NVT_FIELD_PHONE, 0U},
    {"operator_user_id", {NULL}, TEXT_MAX, PERSON(operator_user_id), NVT_FIELD_COLUMN, REQUIRED},
    {"identity_key", {.words = "09af"}, 64U, PERSON(identity_key), NVT_FIELD_CHARS, EXACTLY},
    {"over_18", {NULL}, 0U, PERSON(over_18), NVT_FIELD_BOOL, NULLABLE},
    {"travel_pass", {&nvt_rpc_shape_pass}, 0U, PERSON(travel_pass_user_id), NVT_FIELD_OBJECT, 0U},
    {"firstname", {NULL}, TEXT_MAX, PERSON(firstname), NVT_FIELD_TEXT, EXTRA},
    {"lastname", {NULL}, TEXT_MAX, PERSON(lastname), NVT_FIELD_TEXT, EXTRA},
    {"email", {NULL}, TEXT_MAX, PERSON(email), NVT_FIELD_EMAIL, EXTRA},
    {"company", {NULL}, TEXT_MAX, PERSON(company), NVT_FIELD_TEXT, EXTRA},
};
static const struct nvt_shape identity_v3 = PERSON_SHAPE(identity_v3_rows);

#define ROOT(member) NVT_FIELD_AT(nvt_rpc_journey, member)
static const struct nvt_field driver_v3_rows[] = {
    {"identity", {&identity_v3}, 0U, ROOT(driver), NVT_FIELD_OBJECT, REQUIRED},
    {"revenue", {NULL}, CENTS_MAX, ROOT(driver_revenue), NVT_FIELD_U32, REQUIRED},
};
static const struct nvt_shape driver_v3 = SHAPE(driver_v3_rows, 0U);

static const struct nvt_field passenger_v3_rows[] = {
    {"identity", {&identity_v3}, 0U, ROOT(passenger), NVT_FIELD_OBJECT, REQUIRED},
    {"contribution", {NULL}, CENTS_MAX, ROOT(passenger_contribution), NVT_FIELD_U32, REQUIRED},
    {"seats", {NULL}, 8U, ROOT(passenger_seats), NVT_FIELD_U8, NVT_FIELD_FROM_1},
    {"payments", {&nvt_rpc_shape_payment}, NVT_RPC_LIST_MAX, ROOT(payments), NVT_FIELD_LIST, 0U},
};
static const struct nvt_shape passenger_v3 = SHAPE(passenger_v3_rows, 0U);

static const struct nvt_field v3_rows[] = {
    {"operator_journey_id", {NULL}, TEXT_MAX, ROOT(operator_journey_id), NVT_FIELD_KEY, REQUIRED},
    {"operator_trip_id", {NULL}, TEXT_MAX, ROOT(operator_trip_id), NVT_FIELD_TEXT, 0U},
    {"operator_class", {.words = "AC"}, 0U, ROOT(operator_class), NVT_FIELD_LETTER, REQUIRED},
    {"incentives",
     {&nvt_rpc_shape_incentive},
     NVT_RPC_LIST_MAX,
     ROOT(incentives),
     NVT_FIELD_LIST,
     REQUIRED},
    {"start", {&nvt_rpc_shape_point}, 0U, ROOT(start), NVT_FIELD_OBJECT, REQUIRED},
    {"end", {&nvt_rpc_shape_point}, 0U, ROOT(end), NVT_FIELD_OBJECT, REQUIRED},
    {"distance", {NULL}, METRES_MAX, ROOT(distance_m), NVT_FIELD_U32, COUNTED},
    {"licence_plate", {NULL}, PLATE_MAX, ROOT(licence_plate), NVT_FIELD_COLUMN, 0U},
    {"driver", {&driver_v3}, 0U, 0U, NVT_FIELD_OBJECT, REQUIRED},
    {"passenger", {&passenger_v3}, 0U, 0U, NVT_FIELD_OBJECT, REQUIRED},
    {"incentive_counterparts", {NULL}, 0U, 0U, NVT_FIELD_ANY, EXTRA},
};
/* operator_trip_id is required too, but not of an update. */
const struct nvt_shape nvt_rpc_shape_v3 = {NVT_SHAPE_ROWS(v3_rows), false, 0U, 0U, 1U << 1};

/* The body of PATCH replaces six members, operator_trip_id if it is there, and may hold no other.
 */
const struct nvt_shape nvt_rpc_shape_update = {&v3_rows[1], 6U, false, 0U, 0U, 0U};

nvt_err nvt_rpc_check_times(int64_t start_ms, int64_t end_ms, int64_t now_s)
{
    if (start_ms > end_ms) {
        return NVT_E_FIELD_ORDER;
    }
    return now_s != 0 && end_ms / 1000 > now_s ? NVT_E_FIELD_FUTURE : NVT_OK;
}

/* The registry makes a JavaScript date of it, which knows milliseconds and no leap second. */
nvt_err nvt_rpc_parse_time(struct nvt_span text, int64_t *out_ms)
{
    int64_t s = 0;
    int32_t unit = 100;
    if (nvt_time_parse_rfc3339(text, &s) != NVT_OK || text.ptr[17] == (uint8_t)'6') {
        return NVT_E_FIELD_FORMAT;
    }
    *out_ms = s * 1000;
    if (text.ptr[19] != (uint8_t)'.') {
        return NVT_OK;
    }
    for (size_t i = 20U; text.ptr[i] >= (uint8_t)'0' && text.ptr[i] <= (uint8_t)'9'; i++) {
        *out_ms += (int64_t)(text.ptr[i] - '0') * unit;
        unit /= 10;
    }
    return NVT_OK;
}
