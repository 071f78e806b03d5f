/* SPDX-License-Identifier: Apache-2.0 */
/* One journey with every member that v3 can say, and texts in memory of their exact size. */
#ifndef TESTS_RPC_SAMPLE_H
#define TESTS_RPC_SAMPLE_H

#include <navette/api.h>

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>

#include <cmocka.h>

#define SAMPLE_KEY "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define SAMPLE_START 1748865600 /* 2025-06-02T12:00:00Z */
#define SAMPLE_END 1748867400   /* 2025-06-02T12:30:00Z */

struct sample {
    struct nvt_rpc_journey j;
    struct nvt_rpc_incentive incentive[21];
    struct nvt_rpc_payment payment[21];
};

static inline void sample_person(struct nvt_rpc_identity *id, const char *user)
{
    id->identity_key = NVT_LIT(SAMPLE_KEY);
    id->operator_user_id = nvt_span_str(user);
    id->phone_trunc = NVT_LIT("+336010203");
}

static inline void sample_init(struct sample *s)
{
    (void)memset(s, 0, sizeof *s);
    s->j.operator_journey_id = NVT_LIT("J-1");
    s->j.operator_trip_id = NVT_LIT("T-1");
    s->j.operator_class = 'C';
    s->j.start.time_s = SAMPLE_START;
    s->j.start.lat_e7 = 488566140;
    s->j.start.lon_e7 = 23522220;
    s->j.end.time_s = SAMPLE_END;
    s->j.end.lat_e7 = -209000000;
    s->j.end.lon_e7 = 554500000;
    s->j.distance_m = 12000U;
    s->j.licence_plate = NVT_LIT("AA-123-BB");
    sample_person(&s->j.driver, "U-1");
    sample_person(&s->j.passenger, "U-2");
    s->j.driver.phone = NVT_LIT("+33601020304");
    s->j.passenger.over_18 = NVT_RPC_ADULT_YES;
    s->j.passenger.travel_pass_user_id = NVT_LIT("N-9");
    s->j.driver_revenue = 550U;
    s->j.passenger_contribution = 150U;
    s->j.passenger_seats = 2U;
    for (unsigned i = 0; i < 21U; i++) {
        s->incentive[i].index = (uint8_t)(i % 20U);
        s->incentive[i].amount = 100U + i;
        s->incentive[i].siret = NVT_LIT("11000101300017");
        s->payment[i].index = (uint8_t)(i % 20U);
        s->payment[i].amount = 75U + i;
        s->payment[i].siret = NVT_LIT("22000202400028");
        s->payment[i].type = NVT_LIT("card");
    }
    s->j.incentives = s->incentive;
    s->j.incentive_count = 2U;
    s->j.payments = s->payment;
    s->j.payment_count = 1U;
}

#define SAMPLE_V3                                                                                  \
    "{\"operator_journey_id\":\"J-1\",\"operator_trip_id\":\"T-1\",\"operator_class\":\"C\","      \
    "\"incentives\":[{\"index\":0,\"amount\":100,\"siret\":\"11000101300017\"},"                   \
    "{\"index\":1,\"amount\":101,\"siret\":\"11000101300017\"}],"                                  \
    "\"start\":{\"datetime\":\"2025-06-02T12:00:00Z\",\"lat\":48.856614,\"lon\":2.352222},"        \
    "\"end\":{\"datetime\":\"2025-06-02T12:30:00Z\",\"lat\":-20.9,\"lon\":55.45},"                 \
    "\"distance\":12000,\"licence_plate\":\"AA-123-BB\","                                          \
    "\"driver\":{\"identity\":{\"phone_trunc\":\"+336010203\",\"phone\":\"+33601020304\","         \
    "\"operator_user_id\":\"U-1\",\"identity_key\":\"" SAMPLE_KEY "\"},\"revenue\":550},"          \
    "\"passenger\":{\"identity\":{\"phone_trunc\":\"+336010203\",\"operator_user_id\":\"U-2\","    \
    "\"identity_key\":\"" SAMPLE_KEY "\",\"over_18\":true,"                                        \
    "\"travel_pass\":{\"name\":\"navigo\",\"user_id\":\"N-9\"}},\"contribution\":150,\"seats\":2," \
    "\"payments\":[{\"index\":0,\"siret\":\"22000202400028\",\"type\":\"card\",\"amount\":75}]}}"

/* What the check of the struct says, and of which member. */
static inline void expect(const struct sample *s, enum nvt_rpc_version version, nvt_err err,
                          const char *field)
{
    struct nvt_failure failure;
    (void)memset(&failure, 0x5A, sizeof failure);
    assert_string_equal(nvt_err_name(nvt_rpc_journey_check(&s->j, version, 0, &failure)),
                        nvt_err_name(err));
    assert_string_equal(failure.field, field);
    assert_int_equal(failure.err, err);
    assert_int_equal(nvt_rpc_journey_check(&s->j, version, 0, NULL), err);
}

/* A copy without a byte behind it, so that reading too far is caught. */
static inline struct nvt_span exact(const char *text, size_t len)
{
    uint8_t *copy = (uint8_t *)malloc(len > 0U ? len : 1U);
    assert_non_null(copy);
    (void)memcpy(copy, text, len);
    return nvt_span_of(copy, len);
}

static inline void exact_free(struct nvt_span s)
{
    union {
        const uint8_t *in;
        void *out;
    } pointer;
    pointer.in = s.ptr;
    free(pointer.out);
}

/* count copies of unit, as a C string; free it. */
static inline char *repeated(const char *unit, size_t count)
{
    size_t len = strlen(unit);
    char *text = (char *)malloc(len * count + 1U);
    assert_non_null(text);
    for (size_t i = 0; i < count; i++) {
        (void)memcpy(text + i * len, unit, len);
    }
    text[len * count] = '\0';
    return text;
}

#endif
