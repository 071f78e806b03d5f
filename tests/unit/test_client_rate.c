/* SPDX-License-Identifier: Apache-2.0 */
/* Quotas: no window ever sees more than its limit, and the allowed rate is reached. */
#include "../../src/client/call.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

enum { SENT_MAX = 4000 };

struct sent {
    uint64_t at_ms[SENT_MAX];
    size_t count;
};

/* splitmix64, so that a failure found here can be repeated */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = (*state += 0x9E3779B97F4A7C15U);
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31U);
}

/* Requests that come at random and leave as soon as they may. */
static void run(const struct nvt_rate *r, uint64_t seed, uint64_t gap_ms, struct sent *s)
{
    uint64_t due_us = 0;
    uint64_t now_ms = seed % 5000U;
    for (s->count = 0; s->count < SENT_MAX; s->count++) {
        /* now in crowds, now after a rest */
        uint64_t rest_ms = next_random(&seed) % 20U == 0U ? (uint64_t)r->window_ms : gap_ms;
        now_ms += rest_ms == 0U ? 0U : next_random(&seed) % (rest_ms + 1U);
        uint64_t at_ms = nvt_rate_at(r, due_us, now_ms);
        assert_true(at_ms >= now_ms);
        assert_int_equal(nvt_rate_at(r, due_us, at_ms), at_ms);
        assert_true(at_ms == now_ms || nvt_rate_at(r, due_us, at_ms - 1U) == at_ms);
        now_ms = at_ms;
        s->at_ms[s->count] = now_ms;
        nvt_rate_take(r, &due_us, now_ms);
    }
}

/* Even with both of its ends counted in. */
static void check_windows(const struct nvt_rate *r, const struct sent *s)
{
    for (size_t i = 0; i + r->limit < s->count; i++) {
        assert_true(s->at_ms[i + r->limit] - s->at_ms[i] > r->window_ms);
    }
}

static const struct nvt_rate rates[] = {
    {5, 61000, 3}, {20, 1000, 1},    {20, 1000, 5},    {400, 60000, 20}, {100, 300000, 10},
    {1, 1000, 1},  {1, 1000, 0},     {7, 1000, 7},     {3, 1000, 99},    {2000, 60000, 100},
    {3, 10, 2},    {1000, 1000, 10}, {2000, 1000, 50},
};

static void test_no_window_is_exceeded(void **state)
{
    static struct sent s;
    (void)state;
    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        const struct nvt_rate *r = &rates[i];
        for (uint64_t seed = 1; seed <= 8U; seed++) {
            run(r, seed, (uint64_t)r->window_ms / (r->limit * seed), &s);
            check_windows(r, &s);
        }
        run(r, 99, 0, &s);
        check_windows(r, &s);
    }
}

/* Whoever always has something to send gets limit - burst + 1 through in each window. */
static void test_rate_is_reached(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        const struct nvt_rate *r = &rates[i];
        uint32_t burst = r->burst == 0U ? 1U : r->burst < r->limit ? r->burst : r->limit;
        uint64_t due_us = 0;
        uint64_t now_ms = 7;
        size_t at_once = 0;
        size_t count = 0;
        uint64_t end_ms = 7U + (uint64_t)r->window_ms * 20U;
        while (now_ms <= end_ms) {
            at_once += now_ms == 7U ? 1U : 0U;
            nvt_rate_take(r, &due_us, now_ms);
            count++;
            now_ms = nvt_rate_at(r, due_us, now_ms);
        }
        assert_in_range(at_once, burst, burst + 1U);
        uint64_t lasting = (uint64_t)(r->limit - burst + 1U) * 20U;
        /* each window is a millisecond longer than told, each interval up to a microsecond */
        assert_in_range(count, lasting * r->window_ms / (r->window_ms + 1U) * 999U / 1000U,
                        lasting + burst);
    }
}

/* A million a day, of 86.4 ms each. */
static void test_day(void **state)
{
    const struct nvt_rate day = {1000000, 86400000, 1};
    uint64_t due_us = 0;
    uint64_t now_ms = 0;
    size_t count = 0;
    (void)state;
    while (now_ms < 86400000U) {
        nvt_rate_take(&day, &due_us, now_ms);
        count++;
        now_ms = nvt_rate_at(&day, due_us, now_ms);
    }
    assert_in_range(count, 999980, 1000000);
}

static void test_none(void **state)
{
    const struct nvt_rate none = {0, 0, 0};
    uint64_t due_us = 0;
    (void)state;
    for (unsigned i = 0; i < 1000U; i++) {
        assert_int_equal(nvt_rate_at(&none, due_us, 5), 5);
        nvt_rate_take(&none, &due_us, 5);
    }
    assert_int_equal(due_us, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_window_is_exceeded),
        cmocka_unit_test(test_rate_is_reached),
        cmocka_unit_test(test_day),
        cmocka_unit_test(test_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
