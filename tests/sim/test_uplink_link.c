/* SPDX-License-Identifier: Apache-2.0 */
/* The uplink's link: pauses that all lanes share, one lane that tries, the others behind it. */
#include "uplink_world.h"

#include <navette/rpc.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define DUE 1750100000
#define ABSENT "404 Not Found", "", "{\"error\":{\"code\":-32504,\"message\":\"Nothing\"}}"

static struct up_world world;

static struct up_world *fresh(uint8_t lanes, const struct nvt_sim_answer *answers, size_t count)
{
    up_init(&world, &nvt_rpc_uplink, lanes, answers, count);
    up_start(&world);
    return &world;
}
#define FRESH(lanes, list) fresh((lanes), (list), sizeof(list) / sizeof((list)[0]))

static void append_many(struct up_world *w, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "j-%u", i);
        (void)up_append(w, name, DUE);
    }
}

static enum nvt_uplink_link link_of(const struct up_world *w)
{
    return w->uplink.state.link;
}

/* ---- pauses ---- */

static void test_pauses_grow_between_their_bounds(void **state)
{
    (void)state;
    struct up_world *w = fresh(UP_LANES, NULL, 0);
    w->sim.hosts[0].connect_err = NVT_E_NET_REFUSED;
    append_many(w, 8);
    uint64_t longest = 0;
    uint64_t begin_ms = w->sim.mono_ms;
    for (unsigned i = 0; i < 90U; i++) {
        up_run(w, 1);
        assert_int_equal(link_of(w), NVT_UPLINK_HELD);
        uint64_t pause = w->uplink.state.pause_ms;
        uint64_t most = (w->sim.mono_ms - begin_ms) / 6U;
        assert_true(pause >= NVT_UPLINK_PAUSE_MS);
        assert_true(pause <= 2U * NVT_UPLINK_PAUSE_MS || pause <= most);
        assert_true(pause <= NVT_UPLINK_PAUSE_MAX_MS);
        assert_int_equal(w->uplink.state.count.attempts, i + 1U); /* one lane alone */
        longest = pause > longest ? pause : longest;
        up_run(w, w->uplink.state.resume_ms - w->sim.mono_ms);
    }
    assert_true(longest > NVT_UPLINK_PAUSE_MAX_MS / 3U);
    assert_int_equal(w->uplink.state.count.link_losses, 1);
    assert_int_equal(w->uplink.state.last.err, NVT_E_NET_REFUSED);
    w->sim.hosts[0].connect_err = NVT_OK;
    up_run(w, 2U * NVT_UPLINK_PAUSE_MAX_MS);
    assert_int_equal(up_pending(w), 0);
    assert_int_equal(w->uplink.state.pause_ms, 0);
    up_end(w);
}

/* Two of a fleet that lose the network together do not come back together. */
static void test_jitter_differs(void **state)
{
    (void)state;
    uint64_t resume[4];
    for (unsigned i = 0; i < 4U; i++) {
        up_init(&world, &nvt_rpc_uplink, 1, NULL, 0);
        world.sim.random += i;
        world.sim.hosts[0].connect_err = NVT_E_NET_REFUSED;
        up_start(&world);
        append_many(&world, 1);
        up_run(&world, 1);
        resume[i] = world.uplink.state.resume_ms;
        up_end(&world);
    }
    assert_true(resume[0] != resume[1] && resume[1] != resume[2] && resume[2] != resume[3]);
}

static void test_a_told_time_holds_all_lanes(void **state)
{
    (void)state;
    static const char *const statuses[] = {"503 Down", "429 Many"};
    for (size_t i = 0; i < 2U; i++) {
        struct nvt_sim_answer list[] = {up_says("201 Created", "", "{}"),
                                        up_says("201 Created", "", "{}"),
                                        up_says(statuses[i], "Retry-After: 120\r\n", "")};
        struct up_world *w = FRESH(UP_LANES, list);
        append_many(w, 20);
        up_run(w, 100000);
        assert_int_equal(link_of(w), NVT_UPLINK_HELD);
        size_t before = w->asked_count;
        assert_in_range(before, 3, 2 + UP_LANES);
        uint64_t told_ms = w->asked[2].at_ms + 120000U;
        up_run(w, 3600000);
        assert_int_equal(up_pending(w), 0);
        /* a little behind it, by one lane first */
        assert_in_range(w->asked[before].at_ms, told_ms, told_ms + 20000U);
        assert_true(w->asked[before + 1U].at_ms > w->asked[before].at_ms);
        up_end(w);
    }
}

/* "At once", or a date that has passed, in each answer of an hour: no reason to come each second.
 */
static void test_a_told_now(void **state)
{
    (void)state;
    static const char *const told[] = {"Retry-After: 0\r\n",
                                       ("Date: Sun, 15 Jun 2025 15:06:41 GMT\r\n"
                                        "Retry-After: Sun, 15 Jun 2025 15:06:40 GMT\r\n"),
                                       "X-RateLimit-Reset: 0\r\n"};
    struct nvt_sim_answer list[UP_ASKED];
    for (size_t i = 0; i < 3U; i++) {
        for (size_t k = 0; k < (size_t)UP_ASKED; k++) {
            list[k] = up_says(i == 2U ? "429 Many" : "503 Down", told[i], "");
        }
        struct up_world *w = FRESH(1, list);
        append_many(w, 1);
        up_run(w, 3600000);
        assert_in_range(w->asked_count, 20, 70);
        up_end(w);
    }
}

/* A maintenance page that says "a day" and is gone in three seconds: it is looked at now and then,
 * soon at first, every quarter of an hour at most. */
static void test_a_told_day(void **state)
{
    (void)state;
    struct nvt_sim_answer list[UP_ASKED];
    for (size_t i = 0; i < (size_t)UP_ASKED; i++) {
        list[i] = up_says("503 Down", "Retry-After: 86400\r\n", "");
    }
    struct up_world *w = fresh(UP_LANES, list, 1);
    append_many(w, 3);
    up_run(w, 100);
    assert_in_range(w->uplink.state.resume_ms - w->asked[0].at_ms, 60000, 70000);
    up_run(w, 70000);
    assert_int_equal(up_pending(w), 0);
    up_end(w);
    w = fresh(UP_LANES, list, 60);
    append_many(w, 3);
    up_run(w, 8U * 3600000U);
    assert_in_range(w->asked_count, 32, 50);
    for (size_t i = 1; i < w->asked_count; i++) {
        assert_in_range(w->asked[i].at_ms - w->asked[i - 1U].at_ms, 60000, 900100);
    }
    up_end(w);
}

/* The same where what is most urgent has only minutes left: it is tried several times before. */
static void test_pauses_end_before_the_most_urgent(void **state)
{
    (void)state;
    static const char *const statuses[] = {"503 Down", "401 No", "500 Oh"};
    for (size_t k = 0; k < 3U; k++) {
        struct nvt_sim_answer list[UP_ASKED];
        for (size_t i = 0; i < (size_t)UP_ASKED; i++) {
            list[i] = up_says(statuses[k],
                              "Date: Sun, 15 Jun 2025 15:06:41 GMT\r\nRetry-After: 850\r\n", "");
        }
        struct up_world *w = FRESH(1, list);
        (void)up_append(w, "urgent", UP_DATE_S + 100);
        if (k < 2U) {
            (void)up_append(w, "later", UP_DATE_S + 40000);
        }
        up_run(w, 1000);
        w->uplink.date_s = UP_DATE_S; /* all say the same second */
        up_run(w, 99000);
        assert_in_range(w->asked_count, 4, 60);
        up_end(w);
    }
}

/* One that is too late already, and waits only to be asked after, says nothing of how long the
 * others may wait. */
static void test_pauses_end_before_what_is_still_in_time(void **state)
{
    (void)state;
    struct nvt_sim_answer list[UP_ASKED];
    for (size_t i = 0; i < (size_t)UP_ASKED; i++) {
        list[i] =
            up_says("503 Down", "Date: Sun, 15 Jun 2025 15:06:41 GMT\r\nRetry-After: 850\r\n", "");
    }
    struct up_world *w = FRESH(1, list);
    (void)up_append(w, "late", UP_DATE_S - 10);
    (void)up_append(w, "later still", UP_DATE_S - 5);
    (void)up_append(w, "urgent", UP_DATE_S + 100);
    (void)up_append(w, "no hurry", UP_DATE_S + 40000);
    up_restart(w); /* they may have arrived */
    up_run(w, 1000);
    w->uplink.date_s = UP_DATE_S; /* all say the same second */
    up_run(w, 99000);
    assert_in_range(w->asked_count, 4, 60);
    up_end(w);
}

/* After an outage of five minutes, whatever it looked like, the first one leaves within 60 s. */
static void test_back_within_a_minute(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < 5U; kind++) {
        for (uint64_t seed = 0; seed < 20U; seed++) {
            struct up_world *w = fresh(seed % 2U == 0U ? 1 : UP_LANES, NULL, 0);
            w->counting_only = true;
            w->sim.random += seed;
            w->uplink.random += seed * 7919U;
            w->sim.hosts[0].connect_err = kind == 0U ? NVT_E_NET_REFUSED : NVT_OK;
            w->sim.hosts[0].dead = kind == 1U;
            w->sim.handshake_err = kind == 2U ? NVT_E_TLS_HOST : NVT_OK;
            w->poison = kind >= 3U ? "" : NULL;
            w->poison_end = kind == 4U ? NVT_SIM_RESET : NVT_SIM_STAY;
            append_many(w, 1U + (unsigned)seed % 3U * 4U);
            up_run(w, 300000);
            w->sim.hosts[0].connect_err = NVT_OK;
            w->sim.hosts[0].dead = false;
            w->sim.handshake_err = NVT_OK;
            w->poison = NULL;
            assert_int_equal(w->told_count, 0);
            up_run(w, 60000);
            assert_true(w->told_count > 0U);
            up_end(w);
        }
    }
}

/* After an outage lanes join as the answers come: never more of them than answers came before. */
static void test_lanes_join_one_by_one(void **state)
{
    (void)state;
    struct nvt_sim_answer list[21];
    for (size_t i = 0; i < 20U; i++) {
        list[i] = up_says("201 Created", "", "{}");
    }
    list[20] = up_says("503 Down", "Retry-After: 5\r\n", "");
    struct up_world *w = FRESH(UP_LANES, list);
    append_many(w, 45);
    up_run(w, 500); /* all lanes were open when it came */
    assert_int_equal(link_of(w), NVT_UPLINK_HELD);
    uint32_t before = w->uplink.state.count.delivered;
    size_t asked = w->asked_count;
    assert_in_range(before, 20, 20 + UP_LANES);
    up_run(w, w->uplink.state.resume_ms - w->sim.mono_ms);
    size_t most = 0;
    for (size_t i = asked; i < asked + 15U; i++) {
        while (w->asked_count <= i && up_step(w, UINT64_MAX)) {
            size_t out = w->asked_count - asked - (w->uplink.state.count.delivered - before);
            assert_true(out <= w->uplink.state.count.delivered - before + 1U);
            most = out > most ? out : most;
        }
    }
    assert_int_equal(most, UP_LANES);
    up_run(w, 60000);
    assert_int_equal(up_pending(w), 0);
    up_end(w);
}

/* What the other lanes meet in the same outage does not lengthen the pause. */
static void test_one_outage_counts_once(void **state)
{
    (void)state;
    struct up_world *w = fresh(UP_LANES, NULL, 0);
    append_many(w, 40);
    while (w->uplink.state.busy < (uint8_t)UP_LANES && up_step(w, UINT64_MAX)) {
    }
    w->sim.blackout = true;
    while (w->uplink.state.count.retries < (uint32_t)UP_LANES && up_step(w, UINT64_MAX)) {
    }
    assert_int_equal(w->uplink.state.count.link_losses, 1);
    assert_true(w->uplink.state.pause_ms <= 3U * NVT_UPLINK_PAUSE_MS);
    up_run(w, 120000); /* those that try time out too */
    assert_int_equal(w->uplink.state.count.link_losses, 1);
    nvt_sim_light(&w->sim);
    up_run(w, 600000);
    assert_int_equal(up_pending(w), 0);
    for (uint32_t id = 1; id <= 40U; id++) {
        assert_int_equal(up_receipt(w, id)->state, NVT_SPOOL_DELIVERED);
    }
    up_end(w);
}

static void test_resume(void **state)
{
    (void)state;
    struct nvt_sim_answer list[] = {up_says("503 Down", "Retry-After: 3600\r\n", "")};
    struct up_world *w = FRESH(1, list);
    append_many(w, 1);
    up_run(w, 10000);
    assert_int_equal(up_pending(w), 1);
    nvt_uplink_resume(&w->uplink);
    up_run(w, 10000);
    assert_int_equal(up_pending(w), 0);
    up_end(w);
}

/* The longest of several told times counts, whichever lane heard it. */
static void test_several_told_times(void **state)
{
    (void)state;
    struct nvt_sim_answer ok = up_says("201 Created", "", "{}");
    for (unsigned turn = 0; turn < 2U; turn++) {
        struct nvt_sim_answer longer = up_says("503 Down", "Retry-After: 500\r\n", "");
        struct nvt_sim_answer shorter = up_says("503 Down", "Retry-After: 5\r\n", "");
        struct nvt_sim_answer list[] = {ok, turn == 0U ? longer : shorter,
                                        turn == 0U ? shorter : longer};
        struct up_world *w = FRESH(2, list);
        append_many(w, 4);
        up_run(w, 100);
        assert_int_equal(w->asked_count, 3);
        assert_true(w->uplink.state.resume_ms >= w->asked[1].at_ms + 500000U);
        up_end(w);
    }
}

/* The one that tries the link finds its kept connection ended: it tries at once on another. */
static void test_stale_probe(void **state)
{
    (void)state;
    struct nvt_sim_answer list[] = {up_says("503 Down", "", ""), up_cuts()};
    struct up_world *w = FRESH(1, list);
    append_many(w, 2);
    up_run(w, 5000);
    assert_int_equal(up_pending(w), 0);
    assert_int_equal(up_count_asked(w, "GET"), 1);
    up_end(w);
}

/* ---- what only people can mend ---- */

static void test_refused_credentials_settle_nothing(void **state)
{
    (void)state;
    struct nvt_sim_answer no =
        up_says("401 No", "", "{\"error\":{\"code\":401,\"message\":\"who\"}}");
    struct nvt_sim_answer list[] = {no, no, no};
    struct up_world *w = FRESH(UP_LANES, list);
    append_many(w, 3);
    up_run(w, 1000);
    assert_int_equal(link_of(w), NVT_UPLINK_BLOCKED);
    assert_int_equal(w->uplink.state.last.err, NVT_E_UNAUTHORIZED);
    assert_in_range(w->uplink.state.pause_ms, NVT_UPLINK_BLOCKED_MS, 3U * NVT_UPLINK_BLOCKED_MS);
    up_run(w, 2U * NVT_UPLINK_PAUSE_MAX_MS);
    assert_int_equal(w->told_count, 3); /* mended meanwhile */
    assert_int_equal(w->uplink.state.count.refused, 0);
    assert_int_equal(w->uplink.state.count.delivered, 3);
    up_end(w);
}

static void test_certificates_and_redirects_block(void **state)
{
    (void)state;
    struct nvt_sim_answer list[] = {up_says("302 Found", "Location: https://x.example/\r\n", "")};
    struct up_world *w = FRESH(1, list);
    append_many(w, 1);
    up_run(w, 1000);
    assert_int_equal(link_of(w), NVT_UPLINK_BLOCKED);
    assert_int_equal(w->uplink.state.last.err, NVT_E_REDIRECT);
    up_end(w);
    w = fresh(1, NULL, 0);
    w->sim.handshake_err = NVT_E_TLS_HOST;
    append_many(w, 1);
    up_run(w, 1000);
    assert_int_equal(link_of(w), NVT_UPLINK_BLOCKED);
    assert_int_equal(w->uplink.state.last.err, NVT_E_TLS_HOST);
    assert_int_equal(up_pending(w), 1);
    up_end(w);
}

/* A board whose clock is set a minute after boot is not made to wait longer than that. */
static void test_unknown_clock_is_a_short_hold(void **state)
{
    (void)state;
    struct up_world *w = fresh(1, NULL, 0);
    w->sim.handshake_err = NVT_E_TLS_CLOCK;
    append_many(w, 1);
    up_run(w, 60000);
    assert_int_equal(link_of(w), NVT_UPLINK_HELD);
    w->sim.handshake_err = NVT_OK;
    up_run(w, 5U * NVT_UPLINK_PAUSE_MS + 100U);
    assert_int_equal(up_pending(w), 0);
    up_end(w);
}

/* ---- one entry's fault, or everybody's? ---- */

static void test_forbidden_for_one(void **state)
{
    (void)state;
    for (uint8_t lanes = 1; lanes <= (uint8_t)UP_LANES; lanes = (uint8_t)(lanes + 3U)) {
        struct nvt_sim_answer no =
            up_says("403 No", "", "{\"error\":{\"code\":7,\"message\":\"word\"}}");
        struct nvt_sim_answer list[] = {no, up_says("201 Created", "", "{}"), no};
        struct up_world *w = FRESH(lanes, list);
        uint32_t a = up_append(w, "a", 1);
        uint32_t b = up_append(w, "b", 2);
        up_run(w, 1000);
        assert_int_equal(link_of(w), NVT_UPLINK_BLOCKED);
        up_run(w, 2U * NVT_UPLINK_PAUSE_MAX_MS);
        assert_int_equal(up_receipt(w, b)->state, NVT_SPOOL_DELIVERED);
        assert_int_equal(up_receipt(w, a)->state, NVT_SPOOL_REFUSED);
        assert_string_equal(up_receipt(w, a)->reason, "7 word");
        assert_int_equal(w->asked_count, 3);
        up_end(w);
    }
}

static void test_forbidden_for_all(void **state)
{
    (void)state;
    struct nvt_sim_answer no = up_says("403 No", "", "");
    struct nvt_sim_answer list[40];
    for (size_t i = 0; i < 40U; i++) {
        list[i] = no;
    }
    struct up_world *w = FRESH(1, list);
    append_many(w, 10);
    up_run(w, 8U * NVT_UPLINK_PAUSE_MAX_MS);
    assert_int_equal(w->told_count, 0);
    assert_int_equal(up_pending(w), 10);
    assert_in_range(w->asked_count, 5, 40);
    assert_int_equal(w->uplink.state.link, NVT_UPLINK_BLOCKED);
    w->answer_count = 0; /* the rights are back */
    w->counting_only = true;
    up_run(w, 4U * NVT_UPLINK_PAUSE_MAX_MS);
    assert_int_equal(up_pending(w), 0);
    assert_int_equal(w->uplink.state.count.delivered, 10);
    up_end(w);
}

/* A server that falls over one entry is not asked to take it again and again while others wait. */
static void test_poison_is_put_aside(void **state)
{
    (void)state;
    static const char *const statuses[] = {"500 Oh", "502 Oh", "504 Oh", "520 Oh"};
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        struct nvt_sim_answer oh = up_says(statuses[i], "", "");
        struct nvt_sim_answer list[] = {oh, up_says("201 Created", "", "{}"), up_says(ABSENT), oh,
                                        up_says(ABSENT)};
        struct up_world *w = FRESH(1, list);
        uint32_t a = up_append(w, "a", DUE);
        uint32_t b = up_append(w, "b", DUE + 1);
        up_run(w, 900);
        assert_int_equal(up_pending(w), 1);
        assert_int_equal(w->uplink.state.deferred, 1);
        assert_int_equal(w->uplink.state.busy, 0); /* it keeps no lane */
        assert_non_null(strstr(w->asked[1].body, "\"b\""));
        assert_int_equal(up_receipt(w, b)->state, NVT_SPOOL_DELIVERED);
        up_run(w, 10000);
        assert_string_equal(w->asked[2].line, "GET /v3.3/journeys/a HTTP/1.1");
        assert_string_equal(w->asked[4].line, "GET /v3.3/journeys/a HTTP/1.1");
        assert_int_equal(up_receipt(w, a)->state, NVT_SPOOL_DELIVERED);
        up_end(w);
    }
}

/* The same where what it does to the server, or to a firewall before it, leaves no answer. */
static void test_poison_without_answer(void **state)
{
    static const enum nvt_sim_end ends[] = {NVT_SIM_RESET, NVT_SIM_CLOSE, NVT_SIM_CUT,
                                            NVT_SIM_SILENCE};
    (void)state;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        struct up_world *w = fresh(1, NULL, 0);
        w->poison = "poison";
        w->poison_end = ends[i];
        w->counting_only = true;
        (void)up_append(w, "poison", DUE);
        uint32_t good[4];
        for (size_t k = 0; k < 4U; k++) {
            good[k] = up_append(w, "good", DUE + 1);
        }
        up_run(w, 600000);
        for (size_t k = 0; k < 4U; k++) {
            assert_int_equal(up_receipt(w, good[k])->state, NVT_SPOOL_DELIVERED);
        }
        assert_int_equal(up_pending(w), 1);
        size_t before = w->asked_count;
        up_run(w, 3600000); /* a few requests about every 225 s */
        assert_in_range(w->asked_count - before, 20, 80);
        up_end(w);
    }
}

/* When nothing is answered and only what failed is left, that backs off by itself. */
static void test_outage_of_all(void **state)
{
    (void)state;
    struct up_world *w = fresh(1, NULL, 0);
    w->counting_only = true;
    (void)up_append(w, "before", DUE);
    up_run(w, 60000);
    w->poison = "";
    w->poison_end = NVT_SIM_SILENCE;
    uint32_t urgent = up_append(w, "urgent", DUE);
    uint32_t other = up_append(w, "other", DUE + 1);
    up_run(w, 7200000);
    assert_int_equal(up_pending(w), 2);
    assert_int_equal(w->uplink.state.deferred, 2);
    assert_in_range(w->asked_count, 40, 120); /* in two hours, each of them taking 30 s */
    w->poison = NULL;
    up_run(w, 2U * NVT_UPLINK_PAUSE_MAX_MS);
    assert_int_equal(up_receipt(w, urgent)->state, NVT_SPOOL_DELIVERED);
    assert_int_equal(up_receipt(w, other)->state, NVT_SPOOL_DELIVERED);
    up_end(w);
}

/* For hours: it is tried now and then, nobody else waits for it. */
static void test_poison_for_hours(void **state)
{
    (void)state;
    struct up_world *w = fresh(1, NULL, 0);
    w->poison = "poison";
    w->counting_only = true;
    uint32_t a = up_append(w, "poison", DUE);
    for (unsigned i = 0; i < 6U; i++) {
        uint32_t id = up_append(w, "good", DUE + 1);
        up_run(w, 1800000);
        assert_int_equal(up_receipt(w, id)->state, NVT_SPOOL_DELIVERED);
    }
    /* three hours, a look-up and an attempt about every 225 s in the end */
    assert_in_range(w->asked_count, 60, 180);
    size_t before = w->asked_count;
    nvt_uplink_resume(&w->uplink);
    up_run(w, 1000);
    assert_true(w->asked_count > before);
    uint32_t id = up_append(w, "good", DUE + 1);
    up_run(w, 60000);
    assert_int_equal(up_receipt(w, id)->state, NVT_SPOOL_DELIVERED);
    /* given up: it is in its place again */
    nvt_uplink_free(&w->uplink);
    for (size_t i = 0; i < (size_t)NVT_SPOOL_OUT_MAX; i++) {
        assert_int_equal(w->spool.out[i].id, 0);
    }
    w->poison = NULL;
    up_start(w);
    up_run(w, 60000);
    assert_int_equal(up_receipt(w, a)->state, NVT_SPOOL_DELIVERED);
    up_end(w);
}

/* A run that must end: what failed a few times is told as such, with the server's words. */
static void test_gives_up(void **state)
{
    (void)state;
    struct up_world *w = fresh(1, NULL, 0);
    w->uplink.config.tries_max = 3;
    w->poison = "poison";
    uint32_t bad = up_append(w, "poison", DUE);
    uint32_t good = up_append(w, "good", DUE + 1);
    up_run(w, 1200000);
    assert_int_equal(up_receipt(w, good)->state, NVT_SPOOL_DELIVERED);
    assert_false(up_receipt(w, good)->gave_up);
    const struct up_told *t = up_receipt(w, bad);
    assert_int_equal(t->state, NVT_SPOOL_REFUSED);
    assert_true(t->gave_up);
    assert_int_equal(t->status, 500);
    assert_int_equal(t->err, NVT_E_STATUS);
    assert_string_equal(t->reason, "word of the server");
    assert_int_equal(up_count_asked(w, "POST"), 4);
    assert_int_equal(up_pending(w), 0);
    up_end(w);
}

/* Wherever in a run the bad ones stand, and all of them: each is tried three times, the run ends.
 */
static void run_with_bad(unsigned bad, uint8_t lanes, enum nvt_sim_end end)
{
    enum { LINES = 7 };
    uint32_t ids[LINES];
    struct up_world *w = fresh(lanes, NULL, 0);
    w->uplink.config.tries_max = 3;
    w->poison = "poison";
    w->poison_end = end;
    w->counting_only = true;
    for (unsigned i = 0; i < (unsigned)LINES; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "%s-%u", (bad >> i & 1U) != 0U ? "poison" : "good", i);
        ids[i] = up_append(w, name, DUE);
    }
    uint64_t begin_ms = w->sim.mono_ms;
    while (up_pending(w) > 0U && w->sim.mono_ms - begin_ms < 120000U) {
        up_run(w, 100);
    }
    assert_int_equal(up_pending(w), 0);
    assert_true(w->sim.mono_ms - begin_ms < 60000U);
    for (unsigned i = 0; i < (unsigned)LINES; i++) {
        const struct up_told *t = up_receipt(w, ids[i]);
        bool is_bad = (bad >> i & 1U) != 0U;
        assert_int_equal(t->gave_up, is_bad);
        assert_int_equal(t->state, is_bad ? NVT_SPOOL_REFUSED : NVT_SPOOL_DELIVERED);
    }
    up_end(w);
}

static void test_gives_up_wherever_they_stand(void **state)
{
    (void)state;
    for (unsigned bad = 1; bad < 128U; bad++) {
        run_with_bad(bad, 1U + bad % 4U, bad % 3U == 0U ? NVT_SIM_RESET : NVT_SIM_STAY);
    }
}

/* What is the link's fault counts for no entry, be there but one. */
static void test_an_outage_gives_nothing_up(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < 12U; kind++) {
        static const unsigned counts[] = {40, 3, 1};
        unsigned count = counts[kind / 4U];
        struct up_world *w = fresh((uint8_t)(1U + 3U * (kind % 2U)), NULL, 0);
        bool away = kind % 4U < 2U;
        w->uplink.config.tries_max = away ? 1 : 2;
        w->counting_only = true;
        w->sim.hosts[0].connect_err = away ? NVT_E_NET_REFUSED : NVT_OK;
        w->poison = away ? NULL : "";
        w->poison_end = NVT_SIM_RESET;
        append_many(w, count);
        up_run(w, 15000);
        assert_int_equal(w->told_count, 0);
        w->sim.hosts[0].connect_err = NVT_OK;
        w->poison = NULL;
        up_run(w, 60000);
        assert_int_equal(w->uplink.state.count.delivered, count);
        up_end(w);
    }
}

static size_t count_posted(const struct up_world *w, const char *name)
{
    size_t count = 0;
    for (size_t i = 0; i < w->asked_count && i < (size_t)UP_ASKED; i++) {
        count += strstr(w->asked[i].body, name) != NULL ? 1U : 0U;
    }
    return count;
}

/* Nor what looked like an entry's until others failed too. */
static void test_an_outage_is_forgiven(void **state)
{
    (void)state;
    struct up_world *w = fresh(1, NULL, 0);
    w->uplink.config.tries_max = 2;
    w->counting_only = true;
    w->poison = "";
    uint32_t bad = up_append(w, "poison", DUE);
    append_many(w, 5);
    up_run(w, 500);
    assert_int_equal(link_of(w), NVT_UPLINK_HELD);
    w->poison = "poison"; /* once more, by itself */
    size_t before = count_posted(w, "poison");
    while (count_posted(w, "poison") == before) {
        up_run(w, 10);
    }
    w->poison = NULL;
    up_run(w, 30000);
    assert_int_equal(up_receipt(w, bad)->state, NVT_SPOOL_DELIVERED);
    up_end(w);
}

/* One that fails for the first time does not wait for those that have failed for hours. */
static void test_a_first_failure_is_soon_tried_again(void **state)
{
    (void)state;
    struct up_world *w = fresh(UP_LANES, NULL, 0);
    w->counting_only = true;
    w->poison = "poison";
    for (unsigned i = 0; i < 12U; i++) {
        (void)up_append(w, "poison", DUE);
    }
    up_run(w, 3600000);
    (void)up_append(w, "good", DUE);
    up_run(w, 60000);
    assert_int_equal(w->uplink.state.deferred, 12);
    w->poison = "";
    uint32_t once = up_append(w, "once", DUE);
    up_run(w, 300);
    assert_int_equal(w->uplink.state.deferred, 13);
    w->poison = "poison";
    up_run(w, 5000);
    assert_int_equal(up_receipt(w, once)->state, NVT_SPOOL_DELIVERED);
    up_end(w);
}

/* ---- what was not the API's own word ---- */

/* A page with "200 OK" is no delivery: it is asked after, and sent again when it is not there. */
static void test_a_page_is_no_delivery(void **state)
{
    (void)state;
    for (unsigned there = 0; there < 2U; there++) {
        struct nvt_sim_answer list[] = {
            up_says("200 OK", "Content-Type: text/html\r\n", "<html>Request Rejected"),
            up_says("200 OK", "Content-Type: text/html\r\n", "<html>Request Rejected"),
            there == 1U ? up_says("200 OK", "", "{\"operator_journey_id\":\"a\",\"status\":\"ok\"}")
                        : up_says(ABSENT)};
        struct up_world *w = FRESH(1, list);
        uint32_t a = up_append(w, "a", DUE);
        up_run(w, 1000);
        assert_int_equal(w->told_count, 0);
        up_run(w, 30000);
        assert_int_equal(up_receipt(w, a)->state, NVT_SPOOL_DELIVERED);
        assert_int_equal(up_count_asked(w, "POST"), there == 1U ? 1 : 2);
        assert_int_equal(up_count_asked(w, "GET"), 2);
        up_end(w);
    }
}

/* The system does not have this version: nothing is given up, and people are told. */
static void test_no_such_version(void **state)
{
    (void)state;
    static const struct nvt_sim_answer none =
        STAY("HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    struct nvt_sim_answer list[] = {none, none};
    struct up_world *w = FRESH(UP_LANES, list);
    append_many(w, 5);
    up_run(w, 20000);
    assert_int_equal(link_of(w), NVT_UPLINK_BLOCKED);
    assert_int_equal(w->uplink.state.last.err, NVT_E_ROUTE);
    assert_int_equal(w->asked_count, 1);
    assert_int_equal(w->uplink.state.deferred, 0); /* it is no entry's fault */
    up_run(w, 300000);
    assert_int_equal(w->uplink.state.count.delivered, 5);
    up_end(w);
}

/* ---- quotas of our own ---- */

static void test_own_quota(void **state)
{
    (void)state;
    static struct nvt_rate rates[NVT_RATES_MAX];
    struct up_world *w = fresh(UP_LANES, NULL, 0);
    (void)memset(rates, 0, sizeof rates);
    rates[1] = (struct nvt_rate){3, 60000, 3};
    w->client.rates = rates;
    append_many(w, 9);
    uint64_t begin_ms = w->sim.mono_ms;
    up_run(w, 3600000);
    assert_int_equal(up_pending(w), 0);
    assert_true(w->uplink.state.count.quota_waits > 0U);
    assert_int_equal(w->uplink.state.count.link_losses, 0);
    assert_in_range(w->asked[8].at_ms - begin_ms, 119000, 7U * 60000U);
    for (size_t i = 3; i < 9U; i++) {
        assert_true(w->asked[i].at_ms - w->asked[i - 3U].at_ms > 60000U);
    }
    up_end(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pauses_grow_between_their_bounds),
        cmocka_unit_test(test_jitter_differs),
        cmocka_unit_test(test_a_told_time_holds_all_lanes),
        cmocka_unit_test(test_a_told_now),
        cmocka_unit_test(test_a_told_day),
        cmocka_unit_test(test_pauses_end_before_the_most_urgent),
        cmocka_unit_test(test_pauses_end_before_what_is_still_in_time),
        cmocka_unit_test(test_back_within_a_minute),
        cmocka_unit_test(test_lanes_join_one_by_one),
        cmocka_unit_test(test_one_outage_counts_once),
        cmocka_unit_test(test_resume),
        cmocka_unit_test(test_several_told_times),
        cmocka_unit_test(test_stale_probe),
        cmocka_unit_test(test_refused_credentials_settle_nothing),
        cmocka_unit_test(test_certificates_and_redirects_block),
        cmocka_unit_test(test_unknown_clock_is_a_short_hold),
        cmocka_unit_test(test_forbidden_for_one),
        cmocka_unit_test(test_forbidden_for_all),
        cmocka_unit_test(test_poison_is_put_aside),
        cmocka_unit_test(test_poison_without_answer),
        cmocka_unit_test(test_outage_of_all),
        cmocka_unit_test(test_poison_for_hours),
        cmocka_unit_test(test_gives_up),
        cmocka_unit_test(test_gives_up_wherever_they_stand),
        cmocka_unit_test(test_an_outage_gives_nothing_up),
        cmocka_unit_test(test_an_outage_is_forgiven),
        cmocka_unit_test(test_a_first_failure_is_soon_tried_again),
        cmocka_unit_test(test_a_page_is_no_delivery),
        cmocka_unit_test(test_no_such_version),
        cmocka_unit_test(test_own_quota),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
