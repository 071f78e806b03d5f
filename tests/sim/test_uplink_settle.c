/* SPDX-License-Identifier: Apache-2.0 */
/* The uplink's ends: receipts, marks, devices that fail, stopping, starting again; tokens. */
#include "uplink_world.h"

#include <navette/rpc.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define DUE 1750100000

static struct up_world world;

static struct up_world *fresh(uint8_t lanes, const struct nvt_sim_answer *answers, size_t count)
{
    up_init(&world, &nvt_rpc_uplink, lanes, answers, count);
    up_start(&world);
    return &world;
}
#define FRESH(lanes, list) fresh((lanes), (list), sizeof(list) / sizeof((list)[0]))

/* ---- start ---- */

static void test_what_init_refuses(void **state)
{
    (void)state;
    static const struct nvt_uplink_kind half = {.profile = &nvt_rpc_profile};
    struct up_world *w = fresh(1, NULL, 0);
    struct nvt_wait waits[2];
    size_t n = 0;
    struct nvt_uplink u;
    const struct nvt_uplink_config good = w->config;
    struct nvt_uplink_config c = good;
    assert_int_equal(nvt_uplink_init(NULL, &c), NVT_E_ARG);
    assert_int_equal(nvt_uplink_init(&u, NULL), NVT_E_ARG);
    c.kind = &half;
    assert_int_equal(nvt_uplink_init(&u, &c), NVT_E_ARG);
    c = good;
    c.lane_count = 0;
    assert_int_equal(nvt_uplink_init(&u, &c), NVT_E_ARG);
    c.lane_count = NVT_SPOOL_OUT_MAX + 1;
    assert_int_equal(nvt_uplink_init(&u, &c), NVT_E_ARG);
    c = good;
    c.bodies = NULL;
    assert_int_equal(nvt_uplink_init(&u, &c), NVT_E_ARG);
    c = good;
    w->spool.mounted = false;
    assert_int_equal(nvt_uplink_init(&u, &c), NVT_E_STATE);
    w->spool.mounted = true;
    assert_int_equal(nvt_uplink_step(&w->uplink, waits, 1, &n), NVT_E_ARG);
    assert_int_equal(nvt_uplink_step(&w->uplink, waits, 2, &n), NVT_OK);
    up_end(w);
}

static void test_an_entry_too_long_for_the_lanes(void **state)
{
    (void)state;
    struct up_world *w = fresh(1, NULL, 0);
    w->uplink.config.body_cap = 64;
    uint32_t a = up_append(w, "a-rather-long-name-for-a-journey", 2);
    uint32_t id = 0;
    assert_int_equal(nvt_spool_append(&w->spool, NVT_LIT("{\"short\":1}"), 1, &id), NVT_OK);
    up_run(w, 1000);
    assert_int_equal(up_receipt(w, a)->state, NVT_SPOOL_REFUSED);
    assert_string_equal(up_receipt(w, a)->reason, "NVT_E_SPOOL_SIZE");
    assert_string_equal(up_receipt(w, a)->entry, "");
    assert_int_equal(up_receipt(w, id)->state, NVT_SPOOL_DELIVERED);
    up_end(w);
}

/* ---- receipts and marks ---- */

static void test_a_receipt_that_is_not_taken(void **state)
{
    (void)state;
    struct nvt_sim_answer list[] = {
        up_says("400 No", "", "{\"error\":{\"code\":1,\"message\":\"x\"}}")};
    struct up_world *w = FRESH(1, list);
    uint32_t a = up_append(w, "a", DUE);
    w->refuse_told = 3;
    up_run(w, NVT_UPLINK_PAUSE_MS / 2);
    assert_int_equal(up_pending(w), 1);
    assert_int_equal(w->uplink.state.count.report_failures, 1);
    for (unsigned i = 0; i < 5U; i++) { /* only after a pause */
        up_run(w, 1);
    }
    assert_int_equal(w->uplink.state.count.report_failures, 1);
    up_run(w, 60000);
    assert_int_equal(w->uplink.state.count.report_failures, 3);
    assert_int_equal(w->asked_count, 1);
    assert_string_equal(up_receipt(w, a)->reason, "1 x");
    assert_int_equal(up_pending(w), 0);
    up_end(w);
}

static void test_nobody_wants_receipts(void **state)
{
    (void)state;
    struct up_world *w = fresh(1, NULL, 0);
    w->uplink.config.settled = NULL;
    (void)up_append(w, "a", DUE);
    up_run(w, 1000);
    assert_int_equal(up_pending(w), 0);
    assert_int_equal(w->told_count, 0);
    up_end(w);
}

/* All that ends in one step is made durable by one sync. */
static void test_one_sync_for_all(void **state)
{
    (void)state;
    struct up_world *w = fresh(UP_LANES, NULL, 0);
    for (unsigned i = 0; i < 12U; i++) {
        (void)up_append(w, "a", DUE);
    }
    w->syncs = 0;
    up_run(w, 1000);
    assert_int_equal(up_pending(w), 0);
    assert_in_range(w->syncs, 1, 8); /* the first lanes come one by one, then four at a time */
    assert_false(w->spool.held);
    assert_false(w->spool.unsynced);
    /* what was told survives a cut now */
    nvt_sim_flash_on(&w->flash);
    (void)memcpy(w->mem, w->synced, sizeof w->mem);
    up_restart(w);
    assert_int_equal(up_pending(w), 0);
    up_end(w);
}

static void test_a_device_that_fails(void **state)
{
    (void)state;
    struct up_world *w = fresh(1, NULL, 0);
    uint32_t a = up_append(w, "a", DUE);
    struct nvt_wait waits[2];
    size_t n = 0;
    assert_int_equal(nvt_uplink_step(&w->uplink, waits, 2, &n), NVT_AGAIN);
    w->flash.off = true;
    nvt_err err = NVT_AGAIN;
    while (err == NVT_AGAIN) {
        assert_true(nvt_sim_wait_any(&w->sim, waits, n, UINT64_MAX));
        err = nvt_uplink_step(&w->uplink, waits, 2, &n);
    }
    assert_int_equal(err, NVT_E_SPOOL_IO);
    assert_int_equal(n, 1);
    assert_true(waits[0].until_ms > w->sim.mono_ms); /* no turning without a pause */
    assert_int_equal(w->told_count, 1);
    up_run(w, 10000);
    w->flash.off = false;
    up_run(w, 60000);
    assert_int_equal(up_pending(w), 0);
    assert_int_equal(up_receipt(w, a)->state, NVT_SPOOL_DELIVERED); /* told once */
    assert_int_equal(w->asked_count, 1);
    up_end(w);
}

static void test_a_device_that_can_not_be_read(void **state)
{
    (void)state;
    struct up_world *w = fresh(1, NULL, 0);
    struct nvt_wait waits[2];
    size_t n = 0;
    (void)up_append(w, "a", DUE);
    w->flash.off = true;
    assert_int_equal(nvt_uplink_step(&w->uplink, waits, 2, &n), NVT_E_SPOOL_IO);
    assert_int_equal(n, 1);
    assert_int_equal(waits[0].until_ms, w->sim.mono_ms + NVT_UPLINK_PAUSE_MS);
    up_run(w, 10000);
    assert_int_equal(w->asked_count, 0);
    w->flash.off = false;
    up_run(w, 10000);
    assert_int_equal(up_pending(w), 0);
    up_end(w);
}

/* Its append was undone while it was out, or its mark: nothing is there to be marked. The lane goes
 * on; what is pending goes out once more. */
static void test_an_entry_that_is_not_out_any_more(void **state)
{
    (void)state;
    struct nvt_sim_answer list[] = {up_says("201 Created", "", "{}"),
                                    up_says("409 Conflict", "", "{}")};
    struct up_world *w = FRESH(1, list);
    uint32_t a = up_append(w, "a", DUE);
    (void)up_append(w, "b", DUE + 1);
    assert_true(up_step(w, UINT64_MAX));
    assert_int_equal(nvt_spool_put_back(&w->spool, a), NVT_OK);
    up_run(w, 10000);
    assert_int_equal(up_pending(w), 0);
    assert_int_equal(w->uplink.state.busy, 0);
    assert_int_equal(w->uplink.state.count.delivered, 2);
    assert_int_equal(up_count_asked(w, "POST"), 3);
    up_end(w);
}

/* The mark was not kept: the entry is pending again, and told of once more; where a repeat does
 * harm it is asked after and not sent. */
static void test_a_commit_that_fails(void **state)
{
    (void)state;
    struct nvt_uplink_kind kind = nvt_rpc_uplink;
    for (unsigned i = 0; i < 2U; i++) {
        kind.ask_first = i == 1U;
        up_init(&world, &kind, 1, NULL, 0);
        up_start(&world);
        struct up_world *w = &world;
        (void)up_append(w, "a", DUE);
        w->flash.sync_fails = true;
        up_run(w, 500);
        assert_int_equal(up_pending(w), 1);
        assert_int_equal(w->uplink.state.count.delivered, 0);
        assert_int_equal(up_count_asked(w, "POST"), 1); /* nothing more before a pause */
        w->flash.sync_fails = false;
        up_run(w, 60000);
        assert_int_equal(up_pending(w), 0);
        assert_int_equal(w->uplink.state.count.delivered, 1);
        assert_int_equal(w->told_count, 2);
        assert_int_equal(up_count_asked(w, "POST"), kind.ask_first ? 1 : 2);
        uint32_t b = up_append(w, "b", DUE);
        up_run(w, 1000);
        assert_int_equal(up_receipt(w, b)->state, NVT_SPOOL_DELIVERED);
        up_end(w);
    }
}

/* ---- stopping ---- */

static void test_stop_ends_what_is_on_the_wire(void **state)
{
    (void)state;
    struct up_world *w = fresh(1, NULL, 0);
    (void)up_append(w, "a", DUE);
    (void)up_append(w, "b", DUE);
    assert_true(up_step(w, UINT64_MAX));
    nvt_uplink_stop(&w->uplink);
    up_run(w, 60000);
    assert_int_equal(w->uplink.state.count.delivered, 1);
    assert_int_equal(up_pending(w), 1);
    assert_int_equal(w->asked_count, 1);
    struct nvt_wait waits[2];
    size_t n = 0;
    assert_int_equal(nvt_uplink_step(&w->uplink, waits, 2, &n), NVT_OK);
    up_end(w);
}

static void test_stop_puts_back_what_would_wait(void **state)
{
    (void)state;
    struct nvt_sim_answer list[] = {up_says("503 Down", "Retry-After: 3600\r\n", ""),
                                    up_says("403 No", "", "")};
    for (size_t skip = 0; skip < 2U; skip++) {
        struct up_world *w = fresh(UP_LANES, list + skip, 1);
        for (unsigned i = 0; i < 6U; i++) {
            (void)up_append(w, "a", DUE);
        }
        up_run(w, 1000);
        nvt_uplink_stop(&w->uplink);
        up_run(w, 1000);
        assert_int_equal(w->uplink.state.busy, 0);
        for (size_t i = 0; i < (size_t)NVT_SPOOL_OUT_MAX; i++) {
            assert_int_equal(w->spool.out[i].id, 0);
        }
        assert_int_equal(up_pending(w), 6);
        up_end(w);
    }
}

/* Nobody takes the receipt: it comes after the next start. */
static void test_stop_with_a_receipt_left(void **state)
{
    (void)state;
    struct nvt_sim_answer list[] = {up_says("400 No", "", "{}"), up_says("400 No", "", "{}")};
    struct up_world *w = FRESH(1, list);
    uint32_t a = up_append(w, "a", DUE);
    w->refuse_told = 1;
    up_run(w, 100);
    nvt_uplink_stop(&w->uplink);
    up_run(w, 100);
    assert_int_equal(w->uplink.state.busy, 0);
    assert_int_equal(up_pending(w), 1);
    up_restart(w);
    up_run(w, 1000);
    assert_int_equal(up_receipt(w, a)->state, NVT_SPOOL_REFUSED);
    up_end(w);
}

/* Given up in the middle: after the next start the registry says that it has it. */
static void test_free_and_start_again(void **state)
{
    (void)state;
    struct nvt_sim_answer list[] = {up_says("201 Created", "", "{}"),
                                    up_says("409 Conflict", "", "{}")};
    struct up_world *w = FRESH(1, list);
    uint32_t a = up_append(w, "a", DUE);
    while (w->asked_count == 0U && up_step(w, UINT64_MAX)) {
    }
    nvt_uplink_free(&w->uplink);
    assert_int_equal(w->sim.open_now, 0);
    assert_int_equal(up_pending(w), 1);
    up_start(w);
    up_run(w, 60000);
    assert_int_equal(up_receipt(w, a)->state, NVT_SPOOL_DELIVERED);
    assert_true(up_receipt(w, a)->duplicate);
    up_end(w);
}

/* ---- other kinds ---- */

static void test_what_may_not_be_doubled_is_asked_after_first(void **state)
{
    (void)state;
    struct nvt_uplink_kind kind = nvt_rpc_uplink;
    kind.ask_first = true;
    up_init(&world, &kind, 1, NULL, 0);
    up_start(&world);
    struct up_world *w = &world;
    uint32_t a = up_append(w, "a", DUE);
    up_restart(w);
    uint32_t b = up_append(w, "b", DUE);
    up_run(w, 60000);
    assert_string_equal(w->asked[0].line, "GET /v3.3/journeys/a HTTP/1.1");
    assert_int_equal(up_count_asked(w, "GET"), 1);
    assert_int_equal(up_count_asked(w, "POST"), 2);
    assert_int_equal(up_receipt(w, a)->state, NVT_SPOOL_DELIVERED);
    assert_int_equal(up_receipt(w, b)->state, NVT_SPOOL_DELIVERED);
    /* one that cannot be asked after is not sent on a guess */
    uint32_t id = 0;
    assert_int_equal(nvt_spool_append(&w->spool, NVT_LIT("{}"), DUE, &id), NVT_OK);
    up_restart(w);
    up_run(w, 60000);
    assert_int_equal(up_receipt(w, id)->state, NVT_SPOOL_REFUSED);
    assert_string_equal(up_receipt(w, id)->reason, "NVT_E_FIELD_MISSING");
    assert_int_equal(up_count_asked(w, "POST"), 2);
    up_end(w);
}

static void test_without_a_look_up(void **state)
{
    (void)state;
    struct nvt_uplink_kind kind = nvt_rpc_uplink;
    struct nvt_sim_answer list[] = {up_cuts(), up_says("409 Conflict", "", "{}")};
    kind.ask = NULL;
    up_init(&world, &kind, 1, list, 2);
    up_start(&world);
    uint32_t a = up_append(&world, "a", DUE);
    up_run(&world, 60000);
    assert_int_equal(up_count_asked(&world, "POST"), 2);
    assert_int_equal(up_receipt(&world, a)->state, NVT_SPOOL_DELIVERED);
    up_end(&world);
}

/* ---- connections ---- */

static void test_idle_connections_are_closed(void **state)
{
    (void)state;
    struct up_world *w = fresh(1, NULL, 0);
    (void)up_append(w, "a", DUE);
    up_run(w, 1000);
    assert_int_equal(w->sim.open_now, 1);
    up_run(w, NVT_UPLINK_IDLE_MS - 1500U);
    assert_int_equal(w->sim.open_now, 1);
    struct nvt_wait waits[2];
    size_t n = 0;
    assert_int_equal(nvt_uplink_step(&w->uplink, waits, 2, &n),
                     NVT_AGAIN); /* or nobody closes it */
    assert_int_equal(n, 1);
    up_run(w, 1500);
    assert_int_equal(w->sim.open_now, 0);
    assert_int_equal(nvt_uplink_step(&w->uplink, waits, 2, &n), NVT_OK);
    (void)up_append(w, "b", DUE);
    up_run(w, 1000);
    assert_int_equal(w->uplink.state.count.delivered, 2);
    assert_int_equal(w->uplink.state.count.resumptions, 1);
    up_end(w);
}

/* ---- giving up ---- */

/* One that the system does not answer for in any way is given up when the caller knows that the
 * system is well, and then only what failed before. */
static void run_vouched(enum nvt_sim_end end)
{
    struct up_world *w = fresh(1, NULL, 0);
    w->uplink.config.tries_max = 3;
    w->poison = "poison";
    w->poison_asked = true;
    w->poison_end = end;
    w->counting_only = true;
    uint32_t bad = up_append(w, "poison", DUE);
    (void)up_append(w, "good", DUE);
    up_run(w, 600000);
    assert_int_equal(w->told_count, 1);
    nvt_uplink_vouch(&w->uplink);
    uint32_t later = up_append(w, "poison-2", DUE);
    up_run(w, 1000);
    const struct up_told *t = up_receipt(w, bad);
    assert_int_equal(t->state, NVT_SPOOL_REFUSED);
    assert_true(t->gave_up && t->unsure);
    assert_int_equal(t->status, end == NVT_SIM_STAY ? 500 : 0);
    up_run(w, 600000);
    assert_int_equal(w->told_count, 2);
    w->poison = NULL;
    up_run(w, 300000);
    assert_int_equal(up_receipt(w, later)->state, NVT_SPOOL_DELIVERED);
    up_end(w);
}

static void test_vouched_for(void **state)
{
    (void)state;
    run_vouched(NVT_SIM_STAY);
    run_vouched(NVT_SIM_RESET);
}

/* What looked like an outage goes on at once, and a longer row is needed to look so again. */
static void test_vouched_for_in_a_hold(void **state)
{
    (void)state;
    struct up_world *w = fresh(1, NULL, 0);
    w->uplink.config.tries_max = 3;
    w->poison = "poison";
    w->poison_asked = true;
    w->counting_only = true;
    for (unsigned i = 0; i < 13U; i++) {
        (void)up_append(w, i < 4U || i > 8U ? "poison" : "good", DUE);
    }
    up_run(w, 500);
    assert_int_equal(w->uplink.state.link, NVT_UPLINK_HELD);
    assert_int_equal(w->told_count, 0);
    nvt_uplink_vouch(&w->uplink);
    up_run(w, 500);
    assert_int_equal(w->uplink.state.count.delivered, 5);
    assert_int_equal(w->uplink.state.count.link_losses, 1);
    up_end(w);
}

/* A look-up that meets a 500 is not repeated in its lane, which others want. */
static void test_a_look_up_is_one_request(void **state)
{
    (void)state;
    struct up_world *w = fresh(1, NULL, 0);
    w->poison = "poison";
    w->poison_asked = true;
    (void)up_append(w, "poison", DUE);
    up_run(w, 20000);
    assert_in_range(w->uplink.state.count.lookups, 3, 20);
    assert_int_equal(up_count_asked(w, "GET"), w->uplink.state.count.lookups);
    up_end(w);
}

/* ---- tokens in the spool ---- */

static void test_tokens_survive_in_the_spool(void **state)
{
    (void)state;
    struct up_world *w = fresh(1, NULL, 0);
    struct nvt_client *c = &w->client;
    assert_int_equal(nvt_uplink_keep_tokens(c, &w->spool), NVT_OK);
    assert_int_equal(c->token.len, 0); /* none is there yet */
    assert_int_equal(nvt_uplink_save_token(c, &w->spool), NVT_OK);
    assert_int_equal(nvt_token_set(&c->token, NVT_LIT(WORLD_TOKEN), w->sim.mono_ms + 200000U),
                     NVT_OK);
    assert_int_equal(nvt_uplink_save_token(c, &w->spool), NVT_OK);
    assert_memory_equal(c->token.text, WORLD_TOKEN, sizeof WORLD_TOKEN - 1U);
    assert_int_equal(c->token.len, sizeof WORLD_TOKEN - 1U);
    assert_int_equal(c->token.text[c->token.len], 0);
    nvt_spool_hold(&w->spool); /* durable at once all the same */
    assert_int_equal(c->keeper.keep(c->keeper.ctx, NVT_LIT("refresh-0123456789")), NVT_OK);
    (void)memcpy(w->mem, w->synced, sizeof w->mem);
    nvt_token_wipe(&c->token);
    assert_int_equal(nvt_spool_mount(&w->spool, &w->spool_config), NVT_OK);
    /* 150 s later by the wall clock, with a monotonic clock of its own */
    w->sim.mono_ms = 5000;
    w->sim.wall_s += 146;
    assert_int_equal(nvt_uplink_keep_tokens(c, &w->spool), NVT_OK);
    assert_int_equal(c->token.len, sizeof WORLD_TOKEN - 1U);
    assert_memory_equal(c->token.text, WORLD_TOKEN, sizeof WORLD_TOKEN - 1U);
    assert_in_range(c->token.renew_at_ms, 5000U + 49000U, 5000U + 51000U);
    assert_string_equal(c->credentials.refresh, "refresh-0123456789");
    w->sim.wall_known = false;
    assert_int_equal(nvt_uplink_keep_tokens(c, &w->spool), NVT_OK);
    assert_int_equal(c->token.len, 0);
    w->sim.wall_known = true;
    w->sim.wall_s += 60;
    assert_int_equal(nvt_uplink_keep_tokens(c, &w->spool), NVT_OK);
    assert_int_equal(c->token.len, 0); /* its life is over */
    w->flash.off = true;
    assert_int_equal(nvt_uplink_keep_tokens(c, &w->spool), NVT_E_SPOOL_IO);
    assert_int_not_equal(c->keeper.keep(c->keeper.ctx, NVT_LIT("r-2")), NVT_OK);
    w->flash.off = false;
    up_end(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_init_refuses),
        cmocka_unit_test(test_an_entry_too_long_for_the_lanes),
        cmocka_unit_test(test_a_receipt_that_is_not_taken),
        cmocka_unit_test(test_nobody_wants_receipts),
        cmocka_unit_test(test_one_sync_for_all),
        cmocka_unit_test(test_a_device_that_fails),
        cmocka_unit_test(test_a_device_that_can_not_be_read),
        cmocka_unit_test(test_an_entry_that_is_not_out_any_more),
        cmocka_unit_test(test_a_commit_that_fails),
        cmocka_unit_test(test_stop_ends_what_is_on_the_wire),
        cmocka_unit_test(test_stop_puts_back_what_would_wait),
        cmocka_unit_test(test_stop_with_a_receipt_left),
        cmocka_unit_test(test_free_and_start_again),
        cmocka_unit_test(test_what_may_not_be_doubled_is_asked_after_first),
        cmocka_unit_test(test_without_a_look_up),
        cmocka_unit_test(test_idle_connections_are_closed),
        cmocka_unit_test(test_vouched_for),
        cmocka_unit_test(test_vouched_for_in_a_hold),
        cmocka_unit_test(test_a_look_up_is_one_request),
        cmocka_unit_test(test_tokens_survive_in_the_spool),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
