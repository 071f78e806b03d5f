/* SPDX-License-Identifier: Apache-2.0 */
/* The check of structs and the check of JSON agree. */
#include "rpc_changes.h"

/* ---- parity: what the struct check accepts, the writer writes and the JSON check accepts ---- */

static uint32_t chance(uint32_t limit)
{
    static uint32_t state = 1U;
    state = state * 1664525U + 1013904223U;
    return (state >> 8) % limit;
}

static int32_t edge_e7(int32_t max)
{
    const int32_t edges[] = {0, 1, 9, 10, 15, max / 3, max - 1, max, max + 1, 123456789};
    int32_t v = edges[chance(10)];
    return chance(2) == 0U ? v : -v;
}

static uint32_t edge_u32(uint32_t max)
{
    const uint32_t edges[] = {0, 1, max - 1U, max, max + 1U, max / 7U, 2, 3, 4, 5, 6, 7};
    return edges[chance(12)];
}

static void mix(struct sample *s, char *text)
{
    sample_init(s);
    s->j.start.lat_e7 = edge_e7(900000000);
    s->j.start.lon_e7 = edge_e7(1800000000);
    s->j.end.time_s += (int64_t)chance(3600) - 1800;
    s->j.operator_class = "ABCABCABCD"[chance(10)];
    s->j.operator_journey_id = nvt_span_of(text, 255U + chance(3));
    s->j.distance_m = edge_u32(1000000);
    s->j.driver_revenue = edge_u32(1000000);
    s->j.passenger_contribution = edge_u32(1000000);
    s->j.passenger_seats = (uint8_t)chance(10);
    s->j.incentive_count = chance(22);
    s->j.payment_count = chance(22);
    s->payment[chance(20)].amount = edge_u32(100000);
    s->incentive[chance(20)].index = (uint8_t)chance(21);
    s->j.driver.over_18 = (enum nvt_rpc_adult)chance(4);
    s->j.driver.phone_trunc.len = chance(4) == 0U ? 0U : 10U;
    s->j.passenger.travel_pass_user_id.len = chance(2);
}

static void test_parity(void **state)
{
    static uint8_t out[NVT_RPC_BODY_MAX];
    struct sample s;
    struct nvt_failure failure;
    unsigned accepted = 0;
    char *text = repeated("a", 260);
    (void)state;
    for (unsigned i = 0; i < 4000U; i++) {
        struct nvt_buf b;
        int64_t now_s = chance(2) == 0U ? 0 : SAMPLE_END - 600 + (int64_t)chance(1200);
        mix(&s, text);
        nvt_buf_init(&b, out, sizeof out);
        nvt_err err = nvt_rpc_journey_write(&s.j, NVT_RPC_V3, now_s, &b, &failure);
        if (err == NVT_OK) {
            struct nvt_span json = exact((const char *)out, b.len);
            accepted++;
            assert_int_equal(check(json, now_s, &failure), NVT_OK);
            exact_free(json);
        }
    }
    print_message("%u of 4000 accepted\n", accepted);
    assert_in_range(accepted, 200, 3000);
    free(text);
}

/* ---- parity the other way: the same fault is found, under the same name, in both forms ---- */

static void distance_0(struct sample *s)
{
    s->j.distance_m = 0;
}
static void distance_over(struct sample *s)
{
    s->j.distance_m = 1000001;
}
static void distance_most(struct sample *s)
{
    s->j.distance_m = 1000000;
}
static void revenue_over(struct sample *s)
{
    s->j.driver_revenue = 1000001;
}
static void contribution_over(struct sample *s)
{
    s->j.passenger_contribution = 1000001;
}
static void seats_over(struct sample *s)
{
    s->j.passenger_seats = 9;
}
static void index_over(struct sample *s)
{
    s->incentive[1].index = 20;
}
static void amount_over(struct sample *s)
{
    s->incentive[1].amount = 100001;
}
static void payment_over(struct sample *s)
{
    s->payment[0].amount = 100001;
}
static void lat_over(struct sample *s)
{
    s->j.start.lat_e7 = 900000001;
}
static void lat_least(struct sample *s)
{
    s->j.start.lat_e7 = -900000000;
}
static void lon_under(struct sample *s)
{
    s->j.end.lon_e7 = -1800000001;
}
static void class_d(struct sample *s)
{
    s->j.operator_class = 'D';
}
static void siret_short(struct sample *s)
{
    s->incentive[1].siret.len = 13;
}
static void siret_letter(struct sample *s)
{
    s->payment[0].siret = NVT_LIT("2200020240002x");
}
static void key_short(struct sample *s)
{
    s->j.driver.identity_key.len = 63;
}
static void key_capital(struct sample *s)
{
    s->j.passenger.identity_key = NVT_LIT("F" SAMPLE_KEY);
    s->j.passenger.identity_key.len = 64;
}
static void trunc_short(struct sample *s)
{
    s->j.driver.phone_trunc.len = 7;
}
static void trunc_national(struct sample *s)
{
    s->j.driver.phone_trunc = NVT_LIT("0601020304");
}
static void phone_long(struct sample *s)
{
    s->j.driver.phone = NVT_LIT("+336010203040506070809");
}
static void no_phone(struct sample *s)
{
    s->j.passenger.phone_trunc.len = 0;
}
static void no_user(struct sample *s)
{
    s->j.driver.operator_user_id.len = 0;
}
static void no_id(struct sample *s)
{
    s->j.operator_journey_id.len = 0;
}
static void no_pass(struct sample *s)
{
    s->j.passenger.travel_pass_user_id.len = 0;
}
static void late_start(struct sample *s)
{
    s->j.start.time_s = SAMPLE_END + 1;
}
static void instant(struct sample *s)
{
    s->j.start.time_s = SAMPLE_END;
}

struct twin {
    void (*set)(struct sample *s);
    const char *old;
    unsigned nth;
    const char *new;
};

static void test_same_fault(void **state)
{
    static const struct twin twins[] = {
        {distance_0, "12000", 0, "0"},
        {distance_over, "12000", 0, "1000001"},
        {distance_most, "12000", 0, "1000000"},
        {revenue_over, "\"revenue\":550", 0, "\"revenue\":1000001"},
        {contribution_over, "\"contribution\":150", 0, "\"contribution\":1000001"},
        {seats_over, "\"seats\":2", 0, "\"seats\":9"},
        {index_over, "\"index\":1", 0, "\"index\":20"},
        {amount_over, "\"amount\":101", 0, "\"amount\":100001"},
        {payment_over, "\"amount\":75", 0, "\"amount\":100001"},
        {lat_over, "48.856614", 0, "90.0000001"},
        {lat_least, "48.856614", 0, "-90"},
        {lon_under, "55.45", 0, "-180.0000001"},
        {class_d, "\"C\"", 0, "\"D\""},
        {siret_short, "11000101300017", 1, "1100010130001"},
        {siret_letter, "22000202400028", 0, "2200020240002x"},
        {key_short, "cdef\"", 0, "cde\""},
        {key_capital, "\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", 1,
         "\"F0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde"},
        {trunc_short, "+336010203\"", 0, "+336010\""},
        {trunc_national, "+336010203\"", 0, "0601020304\""},
        {phone_long, "+33601020304", 0, "+336010203040506070809"},
        {no_phone, "\"phone_trunc\":\"+336010203\",", 1, ""},
        {no_user, "\"operator_user_id\":\"U-1\",", 0, ""},
        {no_id, "\"operator_journey_id\":\"J-1\",", 0, ""},
        {no_pass, ",\"travel_pass\":{\"name\":\"navigo\",\"user_id\":\"N-9\"}", 0, ""},
        {late_start, "2025-06-02T12:00:00Z", 0, "2025-06-02T12:30:01Z"},
        {instant, "2025-06-02T12:00:00Z", 0, "2025-06-02T12:30:00Z"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof twins / sizeof twins[0]; i++) {
        struct sample s;
        struct nvt_failure failure;
        sample_init(&s);
        twins[i].set(&s);
        nvt_err err = nvt_rpc_journey_check(&s.j, NVT_RPC_V3, 0, &failure);
        const struct change c = {twins[i].old, twins[i].nth, twins[i].new, err, failure.field};
        expect_changes(&c, 1U);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parity),
        cmocka_unit_test(test_same_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
