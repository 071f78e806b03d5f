/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of a journey's members, and the checks of single values. */
#include "rpc_fields.h"

#define TEXT_MAX 256U
#define CENTS_MAX 1000000U
#define METRES_MAX 1000000U
#define REQUIRED ((uint8_t)NVT_RPC_REQUIRED)
#define COUNTED ((uint8_t)NVT_RPC_REQUIRED | (uint8_t)NVT_RPC_FROM_1)
#define EXTRA ((uint8_t)NVT_RPC_JSON_ONLY)

#define SHAPE(rows, person, size)                                                                  \
    {                                                                                              \
        (rows), (uint8_t)(sizeof(rows) / sizeof((rows)[0])), person, size                          \
    }
#define AT(type, member) ((uint16_t)offsetof(struct type, member))

/* The walk over structs reads a list's pointer and count as one pair. */
struct nvt_rpc_adjacent {
    char incentives[(offsetof(struct nvt_rpc_journey, incentive_count) ==
                     offsetof(struct nvt_rpc_journey, incentives) + sizeof(void *))
                        ? 1
                        : -1];
    char payments[(offsetof(struct nvt_rpc_journey, payment_count) ==
                   offsetof(struct nvt_rpc_journey, payments) + sizeof(void *))
                      ? 1
                      : -1];
};

#define INCENTIVE(member) AT(nvt_rpc_incentive, member)
static const struct nvt_rpc_field incentive_rows[] = {
    {"index", NULL, 19U, INCENTIVE(index), NVT_RPC_U8, REQUIRED},
    {"amount", NULL, 100000U, INCENTIVE(amount), NVT_RPC_U32, REQUIRED},
    {"siret", NULL, 0U, INCENTIVE(siret), NVT_RPC_SIRET, REQUIRED},
};
static const struct nvt_rpc_shape incentive =
    SHAPE(incentive_rows, false, sizeof(struct nvt_rpc_incentive));

#define PAYMENT(member) AT(nvt_rpc_payment, member)
static const struct nvt_rpc_field payment_rows[] = {
    {"index", NULL, 19U, PAYMENT(index), NVT_RPC_U8, REQUIRED},
    {"siret", NULL, 0U, PAYMENT(siret), NVT_RPC_SIRET, REQUIRED},
    {"type", NULL, TEXT_MAX, PAYMENT(type), NVT_RPC_TEXT, REQUIRED},
    {"amount", NULL, 100000U, PAYMENT(amount), NVT_RPC_U32, REQUIRED},
};
static const struct nvt_rpc_shape payment =
    SHAPE(payment_rows, false, sizeof(struct nvt_rpc_payment));

#define POINT(member) AT(nvt_rpc_point, member)
static const struct nvt_rpc_field point_rows[] = {
    {"datetime", NULL, 0U, POINT(time_s), NVT_RPC_TIME, REQUIRED},
    {"lat", NULL, 90U, POINT(lat_e7), NVT_RPC_DEGREE, REQUIRED},
    {"lon", NULL, 180U, POINT(lon_e7), NVT_RPC_DEGREE, REQUIRED},
};
static const struct nvt_rpc_shape point = SHAPE(point_rows, false, 0U);

/* Its struct starts at the user's id, so that an empty one means that there is no pass. */
static const struct nvt_rpc_field pass_rows[] = {
    {"name", NULL, 0U, 0U, NVT_RPC_NAVIGO, REQUIRED},
    {"user_id", NULL, TEXT_MAX, 0U, NVT_RPC_TEXT, REQUIRED},
};
static const struct nvt_rpc_shape pass = SHAPE(pass_rows, false, 0U);

/* nvt_rpc_missing knows the first three rows by their position. */
#define PERSON(member) AT(nvt_rpc_identity, member)
static const struct nvt_rpc_field identity_v3_rows[] = {
    {"phone_trunc", NULL, 0U, PERSON(phone_trunc), NVT_RPC_TRUNC, 0U},
    {"phone", NULL, 0U, PERSON(phone), NVT_RPC_PHONE, 0U},
    {"operator_user_id", NULL, TEXT_MAX, PERSON(operator_user_id), NVT_RPC_TEXT, REQUIRED},
    {"identity_key", NULL, 0U, PERSON(identity_key), NVT_RPC_KEY, REQUIRED},
    {"over_18", NULL, 0U, PERSON(over_18), NVT_RPC_ADULT, 0U},
    {"travel_pass", &pass, 0U, PERSON(travel_pass_user_id), NVT_RPC_OBJECT, 0U},
    {"firstname", NULL, TEXT_MAX, PERSON(firstname), NVT_RPC_TEXT, EXTRA},
    {"lastname", NULL, TEXT_MAX, PERSON(lastname), NVT_RPC_TEXT, EXTRA},
    {"email", NULL, TEXT_MAX, PERSON(email), NVT_RPC_TEXT, EXTRA},
    {"company", NULL, TEXT_MAX, PERSON(company), NVT_RPC_TEXT, EXTRA},
};
static const struct nvt_rpc_shape identity_v3 = SHAPE(identity_v3_rows, true, 0U);

static const struct nvt_rpc_field identity_v2_rows[] = {
    {"phone_trunc", NULL, 0U, PERSON(phone_trunc), NVT_RPC_TRUNC, 0U},
    {"phone", NULL, 0U, PERSON(phone), NVT_RPC_PHONE, 0U},
    {"operator_user_id", NULL, TEXT_MAX, PERSON(operator_user_id), NVT_RPC_TEXT, 0U},
    {"firstname", NULL, TEXT_MAX, PERSON(firstname), NVT_RPC_TEXT, 0U},
    {"lastname", NULL, TEXT_MAX, PERSON(lastname), NVT_RPC_TEXT, 0U},
    {"email", NULL, TEXT_MAX, PERSON(email), NVT_RPC_TEXT, 0U},
    {"company", NULL, TEXT_MAX, PERSON(company), NVT_RPC_TEXT, 0U},
    {"over_18", NULL, 0U, PERSON(over_18), NVT_RPC_ADULT, 0U},
    {"travel_pass", &pass, 0U, PERSON(travel_pass_user_id), NVT_RPC_OBJECT, 0U},
};
static const struct nvt_rpc_shape identity_v2 = SHAPE(identity_v2_rows, true, 0U);

#define ROOT(member) AT(nvt_rpc_journey, member)
static const struct nvt_rpc_field driver_v3_rows[] = {
    {"identity", &identity_v3, 0U, ROOT(driver), NVT_RPC_OBJECT, REQUIRED},
    {"revenue", NULL, CENTS_MAX, ROOT(driver_revenue), NVT_RPC_U32, REQUIRED},
};
static const struct nvt_rpc_shape driver_v3 = SHAPE(driver_v3_rows, false, 0U);

static const struct nvt_rpc_field passenger_v3_rows[] = {
    {"identity", &identity_v3, 0U, ROOT(passenger), NVT_RPC_OBJECT, REQUIRED},
    {"contribution", NULL, CENTS_MAX, ROOT(passenger_contribution), NVT_RPC_U32, REQUIRED},
    {"seats", NULL, 8U, ROOT(passenger_seats), NVT_RPC_U8, NVT_RPC_FROM_1},
    {"payments", &payment, 0U, ROOT(payments), NVT_RPC_LIST, 0U},
};
static const struct nvt_rpc_shape passenger_v3 = SHAPE(passenger_v3_rows, false, 0U);

static const struct nvt_rpc_field v3_rows[] = {
    {"operator_journey_id", NULL, TEXT_MAX, ROOT(operator_journey_id), NVT_RPC_TEXT, REQUIRED},
    {"operator_trip_id", NULL, TEXT_MAX, ROOT(operator_trip_id), NVT_RPC_TEXT, REQUIRED},
    {"operator_class", NULL, 0U, ROOT(operator_class), NVT_RPC_CLASS, REQUIRED},
    {"incentives", &incentive, 0U, ROOT(incentives), NVT_RPC_LIST, REQUIRED},
    {"start", &point, 0U, ROOT(start), NVT_RPC_OBJECT, REQUIRED},
    {"end", &point, 0U, ROOT(end), NVT_RPC_OBJECT, REQUIRED},
    {"distance", NULL, METRES_MAX, ROOT(distance_m), NVT_RPC_U32, COUNTED},
    {"licence_plate", NULL, TEXT_MAX, ROOT(licence_plate), NVT_RPC_TEXT, 0U},
    {"driver", &driver_v3, 0U, 0U, NVT_RPC_OBJECT, REQUIRED},
    {"passenger", &passenger_v3, 0U, 0U, NVT_RPC_OBJECT, REQUIRED},
    {"incentive_counterparts", NULL, 0U, 0U, NVT_RPC_ANY, EXTRA},
};
const struct nvt_rpc_shape nvt_rpc_shape_v3 = SHAPE(v3_rows, false, 0U);

/* The body of PATCH replaces these members and may hold no other. */
static const struct nvt_rpc_field update_rows[] = {
    {"operator_trip_id", NULL, TEXT_MAX, ROOT(operator_trip_id), NVT_RPC_TEXT, 0U},
    {"operator_class", NULL, 0U, ROOT(operator_class), NVT_RPC_CLASS, REQUIRED},
    {"incentives", &incentive, 0U, ROOT(incentives), NVT_RPC_LIST, REQUIRED},
    {"start", &point, 0U, ROOT(start), NVT_RPC_OBJECT, REQUIRED},
    {"end", &point, 0U, ROOT(end), NVT_RPC_OBJECT, REQUIRED},
    {"distance", NULL, METRES_MAX, ROOT(distance_m), NVT_RPC_U32, COUNTED},
};
const struct nvt_rpc_shape nvt_rpc_shape_update = SHAPE(update_rows, false, 0U);

/* v2 has no place for the licence plate; by its convention the driver carries all incentives. */
static const struct nvt_rpc_field driver_v2_rows[] = {
    {"identity", &identity_v2, 0U, ROOT(driver), NVT_RPC_OBJECT, REQUIRED},
    {"incentives", &incentive, 0U, ROOT(incentives), NVT_RPC_LIST, REQUIRED},
    {"start", &point, 0U, ROOT(start), NVT_RPC_OBJECT, REQUIRED},
    {"end", &point, 0U, ROOT(end), NVT_RPC_OBJECT, REQUIRED},
    {"distance", NULL, METRES_MAX, ROOT(distance_m), NVT_RPC_U32, REQUIRED},
    {"revenue", NULL, CENTS_MAX, ROOT(driver_revenue), NVT_RPC_U32, REQUIRED},
};
static const struct nvt_rpc_shape driver_v2 = SHAPE(driver_v2_rows, false, 0U);

static const struct nvt_rpc_field passenger_v2_rows[] = {
    {"identity", &identity_v2, 0U, ROOT(passenger), NVT_RPC_OBJECT, REQUIRED},
    {"incentives", NULL, 0U, 0U, NVT_RPC_EMPTY, REQUIRED},
    {"payments", &payment, 0U, ROOT(payments), NVT_RPC_LIST, 0U},
    {"start", &point, 0U, ROOT(start), NVT_RPC_OBJECT, REQUIRED},
    {"end", &point, 0U, ROOT(end), NVT_RPC_OBJECT, REQUIRED},
    {"distance", NULL, METRES_MAX, ROOT(distance_m), NVT_RPC_U32, REQUIRED},
    {"contribution", NULL, CENTS_MAX, ROOT(passenger_contribution), NVT_RPC_U32, REQUIRED},
    {"seats", NULL, 8U, ROOT(passenger_seats), NVT_RPC_U8, NVT_RPC_FROM_1},
};
static const struct nvt_rpc_shape passenger_v2 = SHAPE(passenger_v2_rows, false, 0U);

/* The names change their meaning: v3's operator_journey_id is v2's journey_id. */
static const struct nvt_rpc_field v2_rows[] = {
    {"journey_id", NULL, TEXT_MAX, ROOT(operator_journey_id), NVT_RPC_TEXT, REQUIRED},
    {"operator_journey_id", NULL, TEXT_MAX, ROOT(operator_trip_id), NVT_RPC_TEXT, 0U},
    {"operator_class", NULL, 0U, ROOT(operator_class), NVT_RPC_CLASS, REQUIRED},
    {"driver", &driver_v2, 0U, 0U, NVT_RPC_OBJECT, REQUIRED},
    {"passenger", &passenger_v2, 0U, 0U, NVT_RPC_OBJECT, REQUIRED},
};
const struct nvt_rpc_shape nvt_rpc_shape_v2 = SHAPE(v2_rows, false, 0U);

/* Without a whole number, a person is known by the cut one and the operator's own id. */
const struct nvt_rpc_field *nvt_rpc_missing(const struct nvt_rpc_shape *shape, uint32_t seen)
{
    const uint32_t trunc = 1U;
    const uint32_t phone = 2U;
    const uint32_t user = 4U;
    uint32_t needed = 0U;
    if (shape->person && (seen & phone) == 0U) {
        needed = trunc | user;
    }
    for (unsigned i = 0; i < shape->count; i++) {
        bool required = (shape->field[i].flags & REQUIRED) != 0U || ((needed >> i) & 1U) != 0U;
        if (required && ((seen >> i) & 1U) == 0U) {
            return &shape->field[i];
        }
    }
    return NULL;
}

bool nvt_rpc_all_in(struct nvt_span s, const char *ranges)
{
    size_t i = 0;
    bool in = true;
    while (i < s.len && in) {
        in = false;
        for (const char *r = ranges; *r != '\0' && !in; r += 2) {
            in = s.ptr[i] >= (uint8_t)r[0] && s.ptr[i] <= (uint8_t)r[1];
        }
        i++;
    }
    return in;
}

/* E.164: "+", a country code that starts with 1 to 9, at most 15 digits in all. The registry's own
 * bounds on the text are wider (20 characters): it takes other notations and normalises them. */
static nvt_err check_phone(struct nvt_span s, size_t min, size_t digits_max)
{
    if (s.len < min || s.len > 20U) {
        return NVT_E_FIELD_LENGTH;
    }
    bool ok = s.ptr[0] == (uint8_t)'+' && s.ptr[1] != (uint8_t)'0' && s.len - 1U <= digits_max &&
              nvt_rpc_all_in(nvt_span_drop(s, 1U), "09");
    return ok ? NVT_OK : NVT_E_FIELD_FORMAT;
}

static nvt_err check_exact(struct nvt_span s, size_t len, const char *ranges)
{
    if (s.len != len) {
        return NVT_E_FIELD_LENGTH;
    }
    return nvt_rpc_all_in(s, ranges) ? NVT_OK : NVT_E_FIELD_FORMAT;
}

static nvt_err check_time(struct nvt_span s)
{
    int64_t time_s = 0;
    if (s.len > 64U) {
        return NVT_E_FIELD_LENGTH;
    }
    return nvt_time_parse_rfc3339(s, &time_s) == NVT_OK ? NVT_OK : NVT_E_FIELD_FORMAT;
}

nvt_err nvt_rpc_check_form(uint8_t kind, struct nvt_span text)
{
    nvt_err err = NVT_OK;
    switch (kind) {
    case NVT_RPC_SIRET:
        err = check_exact(text, 14U, "09");
        break;
    case NVT_RPC_KEY:
        err = check_exact(text, 64U, "09af");
        break;
    case NVT_RPC_PHONE:
        err = check_phone(text, 10U, 15U);
        break;
    case NVT_RPC_TRUNC:
        err = check_phone(text, 8U, 13U);
        break;
    case NVT_RPC_TIME:
        err = check_time(text);
        break;
    case NVT_RPC_CLASS:
        err = text.len == 1U && nvt_rpc_all_in(text, "AC") ? NVT_OK : NVT_E_FIELD_FORMAT;
        break;
    default: /* NVT_RPC_NAVIGO */
        err = nvt_span_eq(text, NVT_LIT("navigo")) ? NVT_OK : NVT_E_FIELD_FORMAT;
        break;
    }
    return err;
}

nvt_err nvt_rpc_check_int(const struct nvt_rpc_field *field, int64_t value)
{
    int64_t min = (field->flags & (uint8_t)NVT_RPC_FROM_1) != 0U ? 1 : 0;
    return value >= min && value <= (int64_t)field->max ? NVT_OK : NVT_E_FIELD_RANGE;
}

size_t nvt_rpc_code_points(struct nvt_span text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++) {
        count += (text.ptr[i] & 0xC0U) != 0x80U ? 1U : 0U;
    }
    return count;
}

nvt_err nvt_rpc_check_times(int64_t start_s, int64_t end_s, int64_t now_s)
{
    if (start_s > end_s) {
        return NVT_E_FIELD_ORDER;
    }
    return now_s != 0 && end_s > now_s ? NVT_E_FIELD_FUTURE : NVT_OK;
}

static void put_step(struct nvt_buf *b, const struct nvt_rpc_step *step)
{
    if (step->name != NULL) {
        if (b->len > 0U) {
            nvt_buf_put_byte(b, (uint8_t)'.');
        }
        nvt_buf_put(b, nvt_span_str(step->name));
    }
    if (step->index >= 0) {
        nvt_buf_put_byte(b, (uint8_t)'[');
        nvt_buf_put_u64(b, (uint64_t)step->index);
        nvt_buf_put_byte(b, (uint8_t)']');
    }
}

/* Only names that the sender made up are longer than the room: they are cut at a character. */
static struct nvt_span cut(struct nvt_span s, size_t room)
{
    size_t len = s.len < room ? s.len : room;
    while (len < s.len && len > 0U && (s.ptr[len] & 0xC0U) == 0x80U) {
        len--;
    }
    return nvt_span_of(s.ptr, len);
}

nvt_err nvt_rpc_blame(struct nvt_failure *out_failure, nvt_err err, const struct nvt_rpc_path *path,
                      struct nvt_span leaf)
{
    if (out_failure == NULL) {
        return err;
    }
    struct nvt_buf b;
    nvt_buf_init(&b, out_failure->field, sizeof(out_failure->field) - 1U);
    for (unsigned i = 0; i < path->depth; i++) {
        put_step(&b, &path->step[i]);
    }
    if (leaf.len > 0U && b.len > 0U) {
        nvt_buf_put_byte(&b, (uint8_t)'.');
    }
    nvt_buf_put(&b, cut(leaf, b.cap - b.len));
    out_failure->field[b.len] = '\0';
    out_failure->err = err;
    return err;
}
