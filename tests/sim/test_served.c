/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plain client against the model registry: its answers, and a fault at every byte of an
 * exchange in both directions. A caller that repeats what it is told to repeat ends with the
 * journey in the registry, once.
 */
#include "registry.h"

#include <navette/rpc.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

enum { JOURNEYS = 64, TRIES = 4, NOW_S = 1800000000 };

struct caller {
    struct nvt_sim sim;
    struct registry registry;
    struct registry_journey journeys[JOURNEYS];
    struct nvt_tls_config tls;
    struct nvt_client client;
    struct nvt_call call;
    struct nvt_rpc_request request;
    uint8_t body[REGISTRY_BODY_MAX + 64];
    const char *fault;
};

static void begin(struct caller *c)
{
    memset(c, 0, sizeof *c);
    nvt_sim_init(&c->sim);
    registry_init(&c->registry, &c->sim, c->journeys, JOURNEYS, NOW_S);
    (void)nvt_tls_config_init(&c->tls, &c->sim.port, NULL, NULL);
    assert_int_equal(nvt_client_init(&c->client, &nvt_rpc_profile, &c->sim.port, &c->tls,
                                     "https://api.example.net", NULL),
                     NVT_OK);
    assert_int_equal(nvt_credentials_set_key_pair(&c->client.credentials, NVT_LIT(REGISTRY_ACCESS),
                                                  NVT_LIT(REGISTRY_SECRET)),
                     NVT_OK);
    nvt_call_init(&c->call, &c->client);
}

static void end(struct caller *c)
{
    nvt_call_free(&c->call);
    nvt_client_free(&c->client);
    assert_int_equal(c->sim.open_now, 0);
    assert_int_equal(c->sim.misuse, 0);
}

/* One call to its end; its deadline holds. */
static void finish(struct caller *c)
{
    struct nvt_wait wait;
    uint64_t limit = c->sim.mono_ms + 60000U;
    while (nvt_call_step(&c->call, &wait) == NVT_AGAIN) {
        if (!nvt_sim_wait(&c->sim, &wait)) {
            c->fault = "waits for nothing";
            return;
        }
    }
    if (c->sim.mono_ms > limit) {
        c->fault = "beyond its deadline";
    }
}

static enum nvt_verdict send(struct caller *c, size_t number, int64_t start_s)
{
    struct nvt_buf body;
    nvt_buf_init(&body, c->body, sizeof c->body);
    registry_write(&c->registry, number, start_s, &body);
    assert_int_equal(nvt_rpc_send(&c->call, &c->request, nvt_buf_span(&body)), NVT_OK);
    finish(c);
    return c->call.outcome.verdict;
}

/* Repeats as the verdict says. */
static enum nvt_verdict deliver(struct caller *c, size_t number)
{
    enum nvt_verdict verdict = send(c, number, NOW_S - 3600);
    for (unsigned i = 1; verdict == NVT_RETRY && i < (unsigned)TRIES; i++) {
        c->sim.mono_ms = c->call.outcome.retry_at_ms > c->sim.mono_ms ? c->call.outcome.retry_at_ms
                                                                      : c->sim.mono_ms;
        verdict = send(c, number, NOW_S - 3600);
    }
    return verdict;
}

static struct caller c;

static void test_answers(void **state)
{
    struct nvt_span labels;
    (void)state;
    begin(&c);
    assert_int_equal(send(&c, 0, NOW_S - 3600), NVT_DELIVERED);
    assert_int_equal(send(&c, 0, NOW_S - 3600), NVT_DUPLICATE);
    assert_string_equal(c.registry.fault, "sent again though its answer had come");
    assert_int_equal(send(&c, 7, NOW_S - 3600), NVT_REFUSED);
    assert_int_equal(nvt_rpc_read_terms(&c.call, &labels), NVT_OK);
    assert_true(nvt_span_eq(labels, NVT_LIT("[\"distance_too_short\"]")));
    assert_int_equal(send(&c, 1, NOW_S - 90000), NVT_REFUSED);
    assert_int_equal(nvt_rpc_read_terms(&c.call, &labels), NVT_OK);
    assert_true(nvt_span_eq(labels, NVT_LIT("[\"expired\"]")));
    assert_int_equal(send(&c, 2, NOW_S + 3600), NVT_REFUSED);
    assert_string_equal(c.call.outcome.failure.code, "-32700");
    assert_int_equal(send(&c, 11, NOW_S - 3600), NVT_REFUSED);
    assert_int_equal(c.call.outcome.status, 400);
    assert_int_equal(nvt_rpc_status(&c.call, &c.request, NVT_LIT("j-7")), NVT_OK);
    finish(&c);
    struct nvt_rpc_state status;
    assert_int_equal(nvt_rpc_read_state(&c.call, &status), NVT_OK);
    assert_true(nvt_span_eq(status.status, NVT_LIT("terms_violation_error")));
    end(&c);
}

static void test_tokens(void **state)
{
    (void)state;
    begin(&c);
    assert_int_equal(send(&c, 0, NOW_S - 3600), NVT_DELIVERED);
    registry_revoke(&c.registry);
    assert_int_equal(send(&c, 1, NOW_S - 3600), NVT_DELIVERED);
    assert_int_equal(c.registry.denied, 1);
    c.sim.mono_ms += 301000U;
    assert_int_equal(send(&c, 2, NOW_S - 3600), NVT_DELIVERED);
    assert_int_equal(c.registry.denied, 1);
    assert_int_equal(c.registry.tokens, 3);
    c.registry.keys_refused = true;
    registry_revoke(&c.registry);
    assert_int_equal(send(&c, 3, NOW_S - 3600), NVT_REFUSED);
    assert_int_equal(c.call.outcome.failure.err, NVT_E_GRANT_REFUSED);
    end(&c);
}

static void test_maintenance(void **state)
{
    (void)state;
    begin(&c);
    c.registry.closed_ms = registry_now_ms(&c.registry) + 600000U;
    c.registry.retry_s = 700;
    uint64_t before = c.sim.mono_ms;
    assert_int_equal(send(&c, 0, NOW_S - 3600), NVT_RETRY);
    assert_in_range(c.call.outcome.retry_at_ms, before + 700000U, before + 701000U);
    assert_null(c.registry.fault);
    c.sim.mono_ms += 100000U;
    assert_int_equal(send(&c, 0, NOW_S - 3600), NVT_RETRY);
    assert_string_equal(c.registry.fault, "came back before the time it was told");
    end(&c);
}

static void test_idle(void **state)
{
    (void)state;
    begin(&c);
    c.registry.idle_ms = 5000;
    assert_int_equal(send(&c, 0, NOW_S - 3600), NVT_DELIVERED);
    c.sim.mono_ms += 4000U;
    assert_int_equal(send(&c, 1, NOW_S - 3600), NVT_DELIVERED);
    assert_int_equal(c.sim.opened, 1);
    c.sim.mono_ms += 6000U;
    assert_int_equal(send(&c, 2, NOW_S - 3600), NVT_DELIVERED);
    assert_int_equal(c.sim.opened, 2);
    /* The server closes while the request is on its way. */
    c.sim.latency_ms = 25;
    c.sim.mono_ms += 4990U;
    assert_int_equal(send(&c, 3, NOW_S - 3600), NVT_DELIVERED);
    assert_int_equal(c.sim.opened, 3);
    assert_null(c.registry.fault);
    end(&c);
}

static void test_blackout(void **state)
{
    (void)state;
    begin(&c);
    assert_int_equal(send(&c, 0, NOW_S - 3600), NVT_DELIVERED);
    c.sim.blackout = true;
    assert_int_equal(send(&c, 1, NOW_S - 3600), NVT_RETRY);
    assert_int_equal(c.registry.posts, 1);
    /* What was sent before the tunnel's end arrives behind it, though the caller gave it up. */
    nvt_sim_light(&c.sim);
    assert_int_equal(c.registry.late, 1);
    assert_int_equal(c.journeys[1].state, REGISTRY_STORED);
    assert_int_equal(send(&c, 1, NOW_S - 3600), NVT_DUPLICATE);
    end(&c);
}

static const struct nvt_sim_fault ways[] = {
    {.how = NVT_SIM_CLOSE},   {.how = NVT_SIM_CUT},
    {.how = NVT_SIM_RESET},   {.how = NVT_SIM_RESET, .err = NVT_E_TLS_RECORD},
    {.how = NVT_SIM_SILENCE}, {.hold_ms = 5000},
    {.hold_ms = 45000},
};

/* The bytes that one direction of the whole exchange has. */
static size_t length_of(bool answers)
{
    begin(&c);
    assert_int_equal(deliver(&c, 0), NVT_DELIVERED);
    assert_int_equal(deliver(&c, 1), NVT_DELIVERED);
    size_t n = answers ? c.registry.lines[0].went : c.registry.lines[0].came;
    end(&c);
    return n;
}

static bool is_there(enum nvt_verdict verdict)
{
    return verdict == NVT_DELIVERED || verdict == NVT_DUPLICATE;
}

static void meet(const struct nvt_sim_fault *fault)
{
    begin(&c);
    c.sim.fault = *fault;
    bool good = is_there(deliver(&c, 0)) && is_there(deliver(&c, 1));
    if (!good || c.fault != NULL || c.sim.fault.met == 0U) {
        fail_msg("%d %u at byte %u of the %s: %s", (int)fault->how, (unsigned)fault->hold_ms,
                 (unsigned)fault->at, fault->answers ? "answers" : "requests",
                 c.fault == NULL ? "not delivered" : c.fault);
    }
    assert_int_equal(c.journeys[0].state, REGISTRY_STORED);
    assert_int_equal(c.journeys[1].state, REGISTRY_STORED);
    end(&c);
}

static void meet_each(bool answers)
{
    size_t length = length_of(answers);
    for (size_t at = 0; at < length; at++) {
        for (size_t way = 0; way < sizeof ways / sizeof ways[0]; way++) {
            struct nvt_sim_fault fault = ways[way];
            fault.armed = true;
            fault.answers = answers;
            fault.at = at;
            meet(&fault);
        }
    }
}

static void test_each_byte(void **state)
{
    (void)state;
    meet_each(false);
    meet_each(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),     cmocka_unit_test(test_tokens),
        cmocka_unit_test(test_maintenance), cmocka_unit_test(test_idle),
        cmocka_unit_test(test_blackout),    cmocka_unit_test(test_each_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
