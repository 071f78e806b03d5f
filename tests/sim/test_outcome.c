/* SPDX-License-Identifier: Apache-2.0 */
/* What an outcome says beside its verdict: whose word the retry time is, and whether the request
 * may have arrived. */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define HEAD(line) "HTTP/1.1 " line "\r\nContent-Length: 0\r\n\r\n"
#define TOLD(line, field) "HTTP/1.1 " line "\r\n" field "\r\nContent-Length: 0\r\n\r\n"

struct fact {
    struct nvt_sim_answer answers[2];
    size_t count;
    uint8_t flags;
    enum nvt_verdict verdict;
    bool told, arrived;
    size_t requests; /* that were sent */
};

static void expect(const struct fact *f)
{
    struct world w;
    struct nvt_sim_script scripts[] = {{f->answers, f->count}, {f->answers + 1, f->count - 1U}};
    world_init(&w, &world_keyed, scripts, f->count > 0U ? 2U : 0U);
    world_send(&w, "POST", f->flags);
    assert_null(w.fault);
    assert_int_equal(w.call.outcome.verdict, f->verdict);
    assert_int_equal(w.call.outcome.retry_told, f->told);
    assert_int_equal(w.call.outcome.arrived, f->arrived);
    assert_int_equal(world_count_sent(&w, "POST "), f->requests);
    world_close(&w);
}

static void test_one_answer(void **state)
{
    (void)state;
    enum { KEYED = NVT_REQ_KEYED, ONCE = NVT_REQ_KEYED | NVT_REQ_ONCE };
    static const struct fact facts[] = {
        {{STAY(WORLD_OK)}, 1, KEYED, NVT_DELIVERED, false, false, 1},
        {{STAY(HEAD("400 No"))}, 1, KEYED, NVT_REFUSED, false, false, 1},
        {{STAY(HEAD("409 Again"))}, 1, KEYED, NVT_DUPLICATE, false, false, 1},
        {{STAY(HEAD("503 Down"))}, 1, KEYED, NVT_RETRY, false, false, 1},
        {{STAY(TOLD("503 Down", "Retry-After: 9"))}, 1, KEYED, NVT_RETRY, true, false, 1},
        {{STAY(TOLD("429 Many", "RateLimit-Reset: 9"))}, 1, KEYED, NVT_RETRY, true, false, 1},
        {{STAY(HEAD("502 Oh"))}, 1, KEYED, NVT_RETRY, false, true, 1},
        {{STAY(TOLD("504 Oh", "Retry-After: 9"))}, 1, KEYED, NVT_RETRY, true, true, 1},
        {{STAY(HEAD("520 Oh"))}, 1, KEYED, NVT_RETRY, false, true, 1},
        {{STAY(HEAD("501 Oh"))}, 1, KEYED, NVT_RETRY, false, false, 1},
        {{STAY(HEAD("511 Log in"))}, 1, 0, NVT_RETRY, false, false, 1},
        {{ENDS("", NVT_SIM_RESET)}, 1, KEYED, NVT_RETRY, false, true, 1},
        {{ENDS("HTTP/1.1 201 Cre", NVT_SIM_CUT)}, 1, KEYED, NVT_RETRY, false, true, 1},
        {{STAY(HEAD("502 Oh"))}, 1, 0, NVT_UNKNOWN, false, true, 1},
        /* repeated in the call: the second answer says nothing of the first request */
        {{STAY(WORLD_500), STAY(HEAD("409 Again"))}, 2, KEYED, NVT_DUPLICATE, false, true, 2},
        {{STAY(WORLD_500), STAY(HEAD("503 Down"))}, 2, KEYED, NVT_RETRY, false, true, 2},
        {{STAY(WORLD_500), STAY(WORLD_OK)}, 2, KEYED, NVT_DELIVERED, false, false, 2},
        {{STAY(WORLD_500), STAY(WORLD_OK)}, 2, ONCE, NVT_RETRY, false, true, 1},
    };
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++) {
        expect(&facts[i]);
    }
}

static void test_nothing_sent(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, &world_keyed, NULL, 0);
    w.sim.hosts[0].connect_err = NVT_E_NET_REFUSED;
    world_send(&w, "POST", NVT_REQ_KEYED);
    world_expect(&w, NVT_RETRY, NVT_E_NET_REFUSED);
    assert_false(w.call.outcome.arrived);
    assert_false(w.call.outcome.retry_told);
    world_close(&w);
}

/* A kept connection that ends under the second request. */
static void stale(uint8_t flags, const char *second, enum nvt_verdict verdict, bool arrived,
                  size_t requests)
{
    const struct nvt_sim_answer first[] = {STAY(WORLD_OK), ENDS("", NVT_SIM_RESET)};
    const struct nvt_sim_answer fresh[] = {{second, strlen(second), 3, false, NVT_SIM_STAY}};
    const struct nvt_sim_script scripts[] = {SCRIPT(first), SCRIPT(fresh)};
    struct world w;
    world_init(&w, &world_keyed, scripts, 2);
    world_send(&w, "POST", flags);
    world_send(&w, "POST", flags);
    assert_int_equal(w.call.outcome.verdict, verdict);
    assert_int_equal(w.call.outcome.arrived, arrived);
    assert_int_equal(world_count_sent(&w, "POST "), requests);
    world_close(&w);
}

static void test_stale_connection(void **state)
{
    (void)state;
    stale(NVT_REQ_KEYED, HEAD("409 Again"), NVT_DUPLICATE, true, 3);
    stale(NVT_REQ_KEYED, HEAD("503 Down"), NVT_RETRY, true, 3);
    stale(NVT_REQ_KEYED, WORLD_OK, NVT_DELIVERED, false, 3);
    stale(NVT_REQ_KEYED | NVT_REQ_ONCE, WORLD_OK, NVT_RETRY, true, 2);
}

/* A refused token was not acted upon: the request goes out again with a new one all the same. */
static void test_once_and_401(void **state)
{
    (void)state;
    static const struct nvt_sim_answer answers[] = {STAY(WORLD_DENIED), STAY(WORLD_GRANT),
                                                    STAY(WORLD_OK)};
    static const struct nvt_sim_script scripts[] = {SCRIPT(answers)};
    struct world w;
    world_init(&w, &world_keyed, scripts, 1);
    assert_int_equal(nvt_credentials_set_key_pair(&w.client.credentials, NVT_LIT(WORLD_ACCESS),
                                                  NVT_LIT(WORLD_SECRET)),
                     NVT_OK);
    world_send(&w, "POST", NVT_REQ_KEYED | NVT_REQ_ONCE);
    world_expect(&w, NVT_DELIVERED, NVT_OK);
    world_close(&w);
}

static void test_own_quota(void **state)
{
    (void)state;
    static const struct nvt_rate rates[NVT_RATES_MAX] = {{0, 0, 0}, {1, 60000, 1}};
    static const struct nvt_sim_answer answers[] = {STAY(WORLD_OK), STAY(WORLD_OK)};
    static const struct nvt_sim_script scripts[] = {SCRIPT(answers)};
    struct nvt_request q = world_request("POST", NVT_REQ_KEYED);
    struct world w;
    world_init(&w, &world_keyed, scripts, 1);
    w.client.rates = rates;
    q.rate = 1;
    world_run(&w, &q);
    world_run(&w, &q);
    world_expect(&w, NVT_RETRY, NVT_E_QUOTA);
    assert_true(w.call.outcome.retry_told);
    assert_false(w.call.outcome.arrived);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_answer),       cmocka_unit_test(test_nothing_sent),
        cmocka_unit_test(test_stale_connection), cmocka_unit_test(test_once_and_401),
        cmocka_unit_test(test_own_quota),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
