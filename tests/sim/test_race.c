/* SPDX-License-Identifier: Apache-2.0 */
/* Getting connected: several addresses, dead ones, slow ones, and the deadline of each phase. */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#define OK_TEXT "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok"

static const struct nvt_sim_answer answers[] = {
    {OK_TEXT, sizeof(OK_TEXT) - 1U, 0, false, NVT_SIM_STAY}};
static const struct nvt_sim_script scripts[] = {{answers, 1}};
static struct world w;

static struct nvt_sim *start(void)
{
    world_init(&w, &world_keyed, scripts, 1);
    return &w.sim;
}

static uint64_t took(enum nvt_verdict verdict, nvt_err err)
{
    struct nvt_request q = world_request("POST", 0);
    uint64_t at = w.sim.mono_ms;
    world_run(&w, &q);
    const struct nvt_outcome *o = &w.call.outcome;
    if (w.fault != NULL || o->verdict != verdict || o->failure.err != err) {
        fail_msg("%s, verdict %d, %s", w.fault == NULL ? "outcome" : w.fault, (int)o->verdict,
                 nvt_err_name(o->failure.err));
    }
    uint64_t ms = w.sim.mono_ms - at;
    if (!world_end(&w)) {
        fail_msg("%s", w.fault);
    }
    return ms;
}

static void test_dead_ipv6(void **state)
{
    struct nvt_sim *s = start();
    (void)state;
    s->host_count = 0;
    nvt_sim_add_host(s, 6, 1)->dead = true;
    nvt_sim_add_host(s, 6, 2)->dead = true;
    nvt_sim_add_host(s, 4, 1)->connect_ms = 20;
    (void)nvt_sim_add_host(s, 4, 2);
    assert_int_equal(took(NVT_DELIVERED, NVT_OK), 270);
}

static void test_refused_costs_nothing(void **state)
{
    struct nvt_sim *s = start();
    (void)state;
    s->host_count = 0;
    nvt_sim_add_host(s, 6, 1)->open_err = NVT_E_NET_UNREACHABLE;
    nvt_sim_add_host(s, 6, 2)->connect_err = NVT_E_NET_REFUSED;
    (void)nvt_sim_add_host(s, 4, 1);
    assert_int_equal(took(NVT_DELIVERED, NVT_OK), 0);
}

/* One family alone keeps the resolver's order. */
static void test_one_family(void **state)
{
    (void)state;
    struct nvt_sim *s = start();
    s->hosts[0].connect_err = NVT_E_NET_REFUSED;
    nvt_sim_add_host(s, 4, 2)->connect_err = NVT_E_NET_REFUSED;
    (void)nvt_sim_add_host(s, 4, 3);
    assert_int_equal(took(NVT_DELIVERED, NVT_OK), 0);
    assert_int_equal(s->socks[1].host, 1);
}

/* The slow first choice wins if it is there before the second. */
static void test_slow_first_choice(void **state)
{
    struct nvt_sim *s = start();
    (void)state;
    s->host_count = 0;
    nvt_sim_add_host(s, 6, 1)->connect_ms = 300;
    nvt_sim_add_host(s, 4, 1)->connect_ms = 100;
    assert_int_equal(took(NVT_DELIVERED, NVT_OK), 300);
    assert_int_equal(w.sim.opened, 2);
    assert_int_equal(w.sim.connections, 1);
    assert_int_equal(w.sim.socks[0].script, 0);
}

/* Two dead addresses hold both places only for their share of the time. */
static void test_dead_addresses_give_way(void **state)
{
    struct nvt_sim *s = start();
    (void)state;
    s->host_count = 0;
    nvt_sim_add_host(s, 6, 1)->dead = true;
    nvt_sim_add_host(s, 4, 1)->dead = true;
    nvt_sim_add_host(s, 6, 2)->dead = true;
    (void)nvt_sim_add_host(s, 4, 2);
    assert_true(took(NVT_DELIVERED, NVT_OK) < 10000);
}

static void test_error_of_all_addresses(void **state)
{
    (void)state;
    struct nvt_sim *s = start();
    nvt_sim_add_host(s, 6, 1)->open_err = NVT_E_NET_UNREACHABLE;
    s->hosts[0].connect_err = NVT_E_NET_REFUSED;
    s->hosts[0].connect_ms = 40;
    assert_int_equal(took(NVT_RETRY, NVT_E_NET_REFUSED), 40);
    s = start();
    s->hosts[0].open_err = NVT_E_NET_UNREACHABLE;
    assert_int_equal(took(NVT_RETRY, NVT_E_NET_UNREACHABLE), 0);
    s = start();
    s->hosts[0].open_err = NVT_E_NET_RESOURCE;
    assert_int_equal(took(NVT_RETRY, NVT_E_NET_RESOURCE), 0);
}

static void test_resolver(void **state)
{
    (void)state;
    struct nvt_sim *s = start();
    s->resolve_ms = 4999;
    assert_int_equal(took(NVT_DELIVERED, NVT_OK), 4999);
    s = start();
    s->resolve_err = NVT_E_NET_NAME;
    assert_int_equal(took(NVT_RETRY, NVT_E_NET_NAME), 0);
    s = start();
    s->host_count = 0;
    assert_int_equal(took(NVT_RETRY, NVT_E_NET_NAME), 0);
    s = start();
    s->resolve_dead = true;
    assert_int_equal(took(NVT_RETRY, NVT_E_TIMEOUT_RESOLVE), 5000);
    assert_false(s->resolving);
}

static void test_connect_deadline(void **state)
{
    (void)state;
    struct nvt_sim *s = start();
    s->hosts[0].dead = true;
    assert_int_equal(took(NVT_RETRY, NVT_E_TIMEOUT_CONNECT), 10000);
    s = start();
    s->hosts[0].dead = true;
    for (uint8_t n = 2; n <= NVT_ADDRS_MAX; n++) {
        nvt_sim_add_host(s, n % 2U == 0U ? 6U : 4U, n)->dead = true;
    }
    assert_int_equal(took(NVT_RETRY, NVT_E_TIMEOUT_CONNECT), 10000);
}

static void test_handshake(void **state)
{
    (void)state;
    struct nvt_sim *s = start();
    s->handshake_dead = true;
    assert_int_equal(took(NVT_RETRY, NVT_E_TIMEOUT_HANDSHAKE), 15000);
    s = start();
    s->handshake_ms = 14999;
    assert_int_equal(took(NVT_DELIVERED, NVT_OK), 14999);
    s = start();
    s->handshake_err = NVT_E_TLS_EXPIRED;
    assert_int_equal(took(NVT_RETRY, NVT_E_TLS_EXPIRED), 0);
    assert_int_equal(w.call.outcome.failure.detail, -0x7780);
}

static void silent(uint32_t answer_ms, uint32_t call_ms, nvt_err err, uint64_t ms)
{
    start();
    w.sim.script_count = 0;
    w.call.conn.timeouts.answer_ms = answer_ms;
    w.call.conn.timeouts.call_ms = call_ms;
    assert_int_equal(took(NVT_UNKNOWN, err), ms);
}

static void test_answer_and_call_deadlines(void **state)
{
    (void)state;
    silent(30000, 60000, NVT_E_TIMEOUT_ANSWER, 30000);
    silent(700, 60000, NVT_E_TIMEOUT_ANSWER, 700);
    silent(30000, 900, NVT_E_TIMEOUT_CALL, 900);
}

/* The call's deadline cuts into every phase. */
static void test_call_deadline_everywhere(void **state)
{
    (void)state;
    for (unsigned phase = 0; phase < 3U; phase++) {
        struct nvt_sim *s = start();
        w.call.conn.timeouts.call_ms = 1234;
        s->resolve_dead = phase == 0U;
        s->hosts[0].dead = phase == 1U;
        s->handshake_dead = phase == 2U;
        assert_int_equal(took(NVT_RETRY, NVT_E_TIMEOUT_CALL), 1234);
    }
}

/* A host that slept through its deadline still takes the answer that is there. */
static void test_late_answer_counts(void **state)
{
    struct nvt_request q = world_request("POST", 0);
    struct nvt_wait wait;
    (void)state;
    start();
    assert_int_equal(nvt_call_begin(&w.call, &q), NVT_OK);
    assert_int_equal(nvt_call_step(&w.call, &wait), NVT_AGAIN); /* the deadline starts here */
    w.sim.mono_ms += 100000;
    assert_int_equal(nvt_call_step(&w.call, &wait), NVT_OK);
    assert_int_equal(w.call.outcome.verdict, NVT_DELIVERED);
    assert_true(world_end(&w));
}

/* The conn room by itself: freed in every phase, another origin, the ticket. */
static void test_conn_alone(void **state)
{
    static const struct nvt_sim_script two[] = {{answers, 1}, {answers, 1}};
    struct nvt_origin a;
    struct nvt_origin b;
    struct nvt_conn c;
    struct nvt_wait wait;
    (void)state;
    struct nvt_sim *s = start();
    s->scripts = two;
    s->script_count = 2;
    assert_int_equal(nvt_origin_parse(NVT_LIT("https://a.example"), &a), NVT_OK);
    assert_int_equal(nvt_origin_parse(NVT_LIT("https://b.example"), &b), NVT_OK);
    nvt_conn_init(&c, &s->port, &w.tls, NULL);
    assert_int_equal(nvt_conn_open(&c, NULL, &wait), NVT_E_ARG);
    assert_int_equal(nvt_conn_open(&c, &a, &wait), NVT_OK);
    assert_int_equal(nvt_conn_open(&c, &a, &wait), NVT_OK);
    assert_int_equal(s->opened, 1);
    nvt_conn_close(&c);
    nvt_conn_close(&c);
    assert_true(c.ticket.valid);
    assert_int_equal(nvt_conn_open(&c, &a, &wait), NVT_OK);
    assert_int_equal(c.stats.resumptions, 1);
    /* Open to one origin, asked for another: closed, and no ticket goes along. */
    assert_int_equal(nvt_conn_open(&c, &b, &wait), NVT_OK);
    assert_int_equal(c.stats.handshakes, 2);
    assert_int_equal(s->opened, 3);
    assert_int_equal(s->open_now, 1);
    nvt_conn_free(&c);
    assert_false(c.ticket.valid);
    s->resolve_ms = 10;
    s->hosts[0].connect_ms = 10;
    s->handshake_ms = 10;
    for (unsigned steps = 1; steps <= 3U; steps++) {
        for (unsigned i = 0; i < steps; i++) {
            assert_int_equal(nvt_conn_open(&c, &a, &wait), NVT_AGAIN);
            assert_true(i + 1U == steps || nvt_sim_wait(s, &wait));
        }
        assert_int_equal(c.phase, steps);
        nvt_conn_free(&c);
        assert_int_equal(s->open_now, 0);
        assert_false(s->resolving);
    }
    assert_true(world_end(&w));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dead_ipv6),
        cmocka_unit_test(test_refused_costs_nothing),
        cmocka_unit_test(test_one_family),
        cmocka_unit_test(test_slow_first_choice),
        cmocka_unit_test(test_dead_addresses_give_way),
        cmocka_unit_test(test_error_of_all_addresses),
        cmocka_unit_test(test_resolver),
        cmocka_unit_test(test_connect_deadline),
        cmocka_unit_test(test_handshake),
        cmocka_unit_test(test_answer_and_call_deadlines),
        cmocka_unit_test(test_call_deadline_everywhere),
        cmocka_unit_test(test_late_answer_counts),
        cmocka_unit_test(test_conn_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
