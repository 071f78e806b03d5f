/* SPDX-License-Identifier: Apache-2.0 */
/* The uplink: one entry's way, and what each answer makes of it. */
#include "uplink_world.h"

#include <navette/rpc.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define TERMS                                                                                      \
    "{\"error\":{\"data\":{\"terms_violation_labels\":[\"expired\",\"distance_too_short\"]},"      \
    "\"code\":-32422,\"message\":\"Unprocessable Request\"}}"
#define STATUS(status, more)                                                                       \
    "{\"operator_journey_id\":\"a\",\"status\":\"" status "\",\"created_at\":\"2025-06-15\"" more  \
    "}"
#define KEPT_TERMS                                                                                 \
    STATUS("terms_violation_error", ",\"terms_violation_details\":[\"too_close_trips\"]")
#define ABSENT "404 Not Found", "", "{\"error\":{\"code\":-32504,\"message\":\"Nothing\"}}"
#define DUE 1750100000

static struct up_world world;

static struct up_world *fresh(const struct nvt_sim_answer *answers, size_t count)
{
    up_init(&world, &nvt_rpc_uplink, 1, answers, count);
    up_start(&world);
    return &world;
}
#define FRESH(list) fresh((list), sizeof(list) / sizeof((list)[0]))

static void test_delivers(void **state)
{
    (void)state;
    struct up_world *w = fresh(NULL, 0);
    uint32_t a = up_append(w, "a", DUE);
    uint32_t b = up_append(w, "b", DUE - 1000);
    up_run(w, 60000);
    assert_int_equal(w->told_count, 2);
    assert_int_equal(w->told[0].id, b); /* the more urgent one */
    assert_int_equal(up_receipt(w, a)->state, NVT_SPOOL_DELIVERED);
    assert_int_equal(up_receipt(w, a)->status, 201);
    assert_int_equal(up_receipt(w, a)->err, NVT_OK);
    assert_string_equal(up_receipt(w, a)->entry, w->asked[1].body);
    assert_int_equal(up_pending(w), 0);
    assert_int_equal(w->uplink.state.count.delivered, 2);
    assert_int_equal(w->uplink.state.count.attempts, 2);
    assert_int_equal(w->uplink.state.count.handshakes, 1);
    assert_true(w->uplink.state.count.bytes_out > 400U);
    assert_true(w->uplink.state.count.bytes_in > 100U);
    assert_int_equal(w->uplink.state.busy, 0);
    assert_int_equal(w->uplink.state.link, NVT_UPLINK_UP);
    assert_true(w->uplink.state.last_ok_ms > 0U);
    up_end(w);
}

static void test_refused(void **state)
{
    (void)state;
    struct nvt_sim_answer list[] = {
        up_says("422 No", "", TERMS),
        up_says("400 Bad", "",
                "{\"error\":{\"data\":[\"/distance: must be integer\"],\"code\":-32602,"
                "\"message\":\"Invalid params\"}}"),
        up_says("413 Long", "Date: Sun, 15 Jun 2025 15:06:41 GMT\r\n", ""),
    };
    struct up_world *w = FRESH(list);
    uint32_t a = up_append(w, "a", 1);
    uint32_t b = up_append(w, "b", 2);
    uint32_t c = up_append(w, "c", 3);
    up_run(w, 60000);
    assert_int_equal(up_receipt(w, a)->state, NVT_SPOOL_REFUSED);
    assert_int_equal(up_receipt(w, a)->status, 422);
    assert_string_equal(up_receipt(w, a)->reason, "expired,distance_too_short");
    assert_string_equal(up_receipt(w, b)->reason,
                        "-32602 Invalid params: /distance: must be integer");
    assert_int_equal(up_receipt(w, b)->err, NVT_E_STATUS);
    assert_string_equal(up_receipt(w, c)->reason, "0 no");
    assert_int_equal(w->uplink.state.count.refused, 3);
    uint32_t d = up_append(w, "d", 4);
    up_run(w, 60000);
    assert_int_equal(up_receipt(w, d)->state, NVT_SPOOL_EXPIRED);
    assert_int_equal(up_receipt(w, d)->err, NVT_OK); /* not that of the entry before */
    assert_int_equal(w->uplink.state.count.link_losses, 0);
    assert_int_equal(up_pending(w), 0);
    up_end(w);
}

/* ---- what may have arrived is asked after ---- */

static void test_lost_answer_of_what_did_not_arrive(void **state)
{
    (void)state;
    struct nvt_sim_answer list[] = {up_cuts(), up_says(ABSENT)};
    struct up_world *w = FRESH(list);
    uint32_t a = up_append(w, "a\\u00e9/b", DUE);
    up_run(w, 60000);
    assert_int_equal(w->asked_count, 3);
    assert_string_equal(w->asked[1].line, "GET /v3.3/journeys/a%C3%A9%2Fb HTTP/1.1");
    assert_string_equal(w->asked[2].line, "POST /v3.3/journeys HTTP/1.1");
    assert_int_equal(up_receipt(w, a)->state, NVT_SPOOL_DELIVERED);
    assert_int_equal(w->uplink.state.count.lookups, 1);
    assert_int_equal(w->uplink.state.count.retries, 1);
    assert_int_equal(w->uplink.state.count.attempts, 3);
    assert_int_equal(w->uplink.state.count.link_losses, 0); /* one entry tells nothing of it */
    assert_int_equal(w->uplink.state.last.err, NVT_E_NET_RESET);
    assert_int_equal(up_receipt(w, a)->status, 201);
    /* the entry's own pause lies in between */
    assert_in_range(w->asked[1].at_ms - w->asked[0].at_ms, NVT_UPLINK_PAUSE_MS,
                    3 * NVT_UPLINK_PAUSE_MS + 100);
    up_end(w);
}

static void test_lost_answer_of_what_arrived(void **state)
{
    (void)state;
    static const char *const statuses[] = {"ok", "pending", "fraud_error", "canceled"};
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        char body[200];
        (void)snprintf(body, sizeof body, "{\"operator_journey_id\":\"a\",\"status\":\"%s\"}",
                       statuses[i]);
        struct nvt_sim_answer list[] = {up_cuts(), up_says("200 OK", "", body)};
        struct up_world *w = FRESH(list);
        uint32_t a = up_append(w, "a", DUE);
        up_run(w, 60000);
        assert_int_equal(w->asked_count, 2);
        assert_int_equal(up_receipt(w, a)->state, NVT_SPOOL_DELIVERED);
        assert_false(up_receipt(w, a)->duplicate);
        assert_int_equal(up_receipt(w, a)->status, 0); /* that of the look-up is not its own */
        uint32_t b = up_append(w, "b", DUE);
        up_run(w, 1000);
        assert_int_equal(up_receipt(w, b)->status, 201);
        up_end(w);
    }
}

static void test_lost_answer_of_what_was_refused(void **state)
{
    (void)state;
    struct nvt_sim_answer list[] = {up_cuts(), up_says("200 OK", "", KEPT_TERMS)};
    struct up_world *w = FRESH(list);
    uint32_t a = up_append(w, "a", DUE);
    up_run(w, 60000);
    assert_int_equal(w->asked_count, 2);
    assert_int_equal(up_receipt(w, a)->state, NVT_SPOOL_REFUSED);
    assert_string_equal(up_receipt(w, a)->reason, "too_close_trips");
    assert_int_equal(up_receipt(w, a)->err, NVT_E_STATUS);
    up_end(w);
}

/* It certainly did not arrive at first, then it may have; the look-up is put off by a quota. */
static void test_doubt_outlives_a_quota(void **state)
{
    (void)state;
    struct nvt_sim_answer list[] = {up_says("503 Down", "", ""), up_cuts(),
                                    up_says("429 Many", "Retry-After: 5\r\n", ""),
                                    up_says("200 OK", "", STATUS("ok", ""))};
    struct up_world *w = FRESH(list);
    uint32_t a = up_append(w, "a", DUE);
    up_run(w, 100000);
    assert_int_equal(up_count_asked(w, "POST"), 2);
    assert_int_equal(up_count_asked(w, "GET"), 2);
    assert_int_equal(up_receipt(w, a)->state, NVT_SPOOL_DELIVERED);
    up_end(w);
}

/* What looks into answers may have put its page in the place of the system's. */
static void test_fronts_are_asked_behind(void **state)
{
    (void)state;
    static const char *const statuses[] = {"403 Forbidden", "404 Not Found", "409 Conflict"};
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        struct nvt_sim_answer list[] = {up_says(statuses[i], "", "<html>blocked</html>"),
                                        up_says("200 OK", "", STATUS("ok", ""))};
        struct up_world *w = FRESH(list);
        uint32_t a = up_append(w, "a", DUE);
        up_run(w, 60000);
        assert_int_equal(up_count_asked(w, "POST"), 1);
        assert_int_equal(up_receipt(w, a)->state, NVT_SPOOL_DELIVERED);
        up_end(w);
    }
}

/* Gateways answer so when they do not know what the system behind them did. */
static void test_open_statuses_are_asked_after(void **state)
{
    (void)state;
    static const char *const statuses[] = {"500 Oh", "502 Bad Gateway", "504 Late", "520 Hm"};
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        struct nvt_sim_answer list[] = {up_says(statuses[i], "", ""),
                                        up_says("200 OK", "", STATUS("ok", ""))};
        struct up_world *w = FRESH(list);
        uint32_t a = up_append(w, "a", DUE);
        up_run(w, 60000);
        assert_int_equal(up_count_asked(w, "POST"), 1);
        assert_int_equal(up_receipt(w, a)->state, NVT_SPOOL_DELIVERED);
        up_end(w);
    }
}

static void test_closed_statuses_are_not(void **state)
{
    (void)state;
    static const char *const statuses[] = {"503 Down", "408 Slow", "429 Many"};
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        struct nvt_sim_answer list[] = {up_says(statuses[i], "", "")};
        struct up_world *w = FRESH(list);
        uint32_t a = up_append(w, "a", DUE);
        up_run(w, 60000);
        assert_int_equal(up_count_asked(w, "POST"), 2);
        assert_int_equal(up_count_asked(w, "GET"), 0);
        assert_int_equal(up_receipt(w, a)->state, NVT_SPOOL_DELIVERED);
        assert_int_equal(w->uplink.state.count.quota_waits, i == 2U ? 1 : 0);
        up_end(w);
    }
}

/* The look-up is not answered either: it is made again, and nothing is sent before. */
static void test_look_up_fails(void **state)
{
    (void)state;
    struct nvt_sim_answer list[] = {up_cuts(), up_cuts(), up_says("503 Oh", "", ""),
                                    up_says("520 Oh", "", ""),
                                    up_says("200 OK", "", STATUS("ok", ""))};
    struct up_world *w = FRESH(list);
    uint32_t a = up_append(w, "a", DUE);
    up_run(w, 100000);
    assert_int_equal(up_count_asked(w, "POST"), 1);
    assert_int_equal(up_count_asked(w, "GET"), 4);
    assert_int_equal(up_receipt(w, a)->state, NVT_SPOOL_DELIVERED);
    up_end(w);
}

/* An answer that says neither puts the entry aside: others go on, and it is asked after later. */
static void test_look_up_is_unsure(void **state)
{
    (void)state;
    struct nvt_sim_answer html = up_says("200 OK", "", "<html>");
    struct nvt_sim_answer list[] = {up_cuts(), up_says("201 Created", "", "{}"), html, html,
                                    up_says("200 OK", "", STATUS("ok", ""))};
    struct up_world *w = FRESH(list);
    uint32_t a = up_append(w, "a", DUE);
    uint32_t b = up_append(w, "b", DUE);
    up_run(w, 3000);
    assert_int_equal(w->told_count, 1);
    assert_int_equal(up_receipt(w, b)->state, NVT_SPOOL_DELIVERED);
    up_run(w, 60000);
    assert_int_equal(up_receipt(w, a)->state, NVT_SPOOL_DELIVERED);
    assert_int_equal(up_count_asked(w, "POST"), 2);
    assert_int_equal(up_count_asked(w, "GET"), 3);
    up_end(w);
}

/* A kept connection that the server ended just before: no outage, so no pause. */
static void test_stale_connection(void **state)
{
    (void)state;
    struct nvt_sim_answer list[] = {up_says("201 Created", "", "{}"), up_cuts(), up_says(ABSENT)};
    struct up_world *w = FRESH(list);
    (void)up_append(w, "a", DUE);
    uint32_t b = up_append(w, "b", DUE);
    up_run(w, 60000);
    assert_int_equal(up_receipt(w, b)->state, NVT_SPOOL_DELIVERED);
    assert_int_equal(w->asked_count, 4);
    assert_true(w->asked[3].at_ms - w->asked[0].at_ms < 100U);
    assert_int_equal(w->uplink.state.count.link_losses, 0);
    up_end(w);
}

static void test_server_that_answers_once_a_connection(void **state)
{
    (void)state;
    struct up_world *w = fresh(NULL, 0);
    w->once_each = true;
    for (unsigned i = 0; i < 5U; i++) {
        char name[8];
        (void)snprintf(name, sizeof name, "j-%u", i);
        (void)up_append(w, name, DUE);
    }
    w->poison = "GET"; /* what was cut is not there */
    up_run(w, 3000);
    assert_int_equal(w->told_count, 5);
    assert_in_range(w->asked_count, 5, 15);
    up_end(w);
}

/* ---- duplicates ---- */

static void test_duplicate_of_a_first_attempt(void **state)
{
    (void)state;
    struct nvt_sim_answer list[] = {up_says("409 Conflict", "", "{}")};
    struct up_world *w = FRESH(list);
    uint32_t a = up_append(w, "a", DUE);
    up_run(w, 60000);
    assert_int_equal(w->asked_count, 1);
    assert_int_equal(up_receipt(w, a)->state, NVT_SPOOL_DELIVERED);
    assert_int_equal(up_receipt(w, a)->err, NVT_OK);
    assert_true(up_receipt(w, a)->duplicate);
    assert_int_equal(w->uplink.state.count.duplicates, 1);
    assert_int_equal(w->uplink.state.count.delivered, 1);
    uint32_t b = up_append(w, "b", DUE);
    up_run(w, 60000);
    assert_false(up_receipt(w, b)->duplicate);
    up_end(w);
}

/* Not the first attempt: another's answer may have been lost behind a proxy. */
static void test_duplicate_of_a_second_attempt(void **state)
{
    (void)state;
    struct nvt_sim_answer list[] = {up_says("503 Down", "", ""), up_says("409 Conflict", "", "{}"),
                                    up_says("200 OK", "", KEPT_TERMS)};
    struct up_world *w = FRESH(list);
    uint32_t a = up_append(w, "a", DUE);
    up_run(w, 60000);
    assert_int_equal(up_receipt(w, a)->state, NVT_SPOOL_REFUSED);
    up_end(w);
}

/* The system has it, whatever its status says or does not say. */
static void test_duplicate_without_a_status(void **state)
{
    (void)state;
    struct nvt_sim_answer says[] = {up_says(ABSENT), up_says("200 OK", "", "<html>")};
    for (size_t i = 0; i < 2U; i++) {
        struct nvt_sim_answer list[] = {up_says("409 Conflict", "", "{}"), says[i]};
        struct up_world *w = FRESH(list);
        uint32_t a = up_append(w, "a", DUE);
        up_restart(w);
        up_run(w, 1000);
        assert_int_equal(up_receipt(w, a)->state, NVT_SPOOL_DELIVERED);
        assert_true(up_receipt(w, a)->duplicate);

        up_end(w);
    }
}

/* A look-up that cannot be made: the id does not fit into a path. The registry detects repeats. */
static void test_what_can_not_be_asked_after(void **state)
{
    (void)state;
    char name[281];
    for (size_t i = 0; i < 280U; i += 2U) {
        (void)memcpy(name + i, "\xc3\xa9", 2);
    }
    name[280] = '\0';
    struct nvt_sim_answer list[] = {up_says("502 Oh", "", ""), up_says("409 Conflict", "", "{}")};
    struct up_world *w = FRESH(list);
    uint32_t a = up_append(w, name, DUE);
    up_run(w, 60000);
    assert_int_equal(up_count_asked(w, "POST"), 2);
    assert_int_equal(up_receipt(w, a)->state, NVT_SPOOL_DELIVERED);
    assert_true(up_receipt(w, a)->duplicate);
    up_end(w);
}

/* The power failed between the answer and its mark. The answer may have been a refusal. */
static void test_duplicate_of_an_old_entry(void **state)
{
    (void)state;
    for (unsigned refused = 0; refused < 2U; refused++) {
        struct nvt_sim_answer list[] = {
            up_says("409 Conflict", "", "{}"),
            up_says("200 OK", "", refused == 1U ? KEPT_TERMS : STATUS("ok", ""))};
        struct up_world *w = FRESH(list);
        uint32_t a = up_append(w, "a", DUE);
        up_restart(w);
        up_run(w, 60000);
        assert_int_equal(w->asked_count, 2);
        assert_int_equal(up_receipt(w, a)->state,
                         refused == 1U ? NVT_SPOOL_REFUSED : NVT_SPOOL_DELIVERED);
        assert_int_equal(up_receipt(w, a)->duplicate, refused == 0U);
        assert_string_equal(up_receipt(w, a)->reason, refused == 1U ? "too_close_trips" : "");
        up_end(w);
    }
}

/* ---- expiry ---- */

#define DATE(day) "Date: " day " Jun 2025 15:06:41 GMT\r\n"

/* One front with a wrong clock does not expire what is pending; two answers that agree do. */
static void test_one_wrong_date(void **state)
{
    (void)state;
    struct nvt_sim_answer wrong = up_says("201 Created", DATE("Thu, 19"), "{}");
    struct nvt_sim_answer other = up_says("201 Created", DATE("Tue, 24"), "{}");
    struct nvt_sim_answer right = up_says("201 Created", DATE("Sun, 15"), "{}");
    struct nvt_sim_answer list[] = {right, wrong, right, wrong, other, wrong, wrong};
    struct up_world *w = FRESH(list);
    uint32_t ids[8];
    for (unsigned i = 0; i < 8U; i++) {
        ids[i] = up_append(w, "a", UP_DATE_S + 86400 + i);
    }
    up_run(w, 60000);
    for (unsigned i = 0; i < 8U; i++) {
        assert_int_equal(up_receipt(w, ids[i])->state,
                         i < 7U ? NVT_SPOOL_DELIVERED : NVT_SPOOL_EXPIRED);
    }
    up_end(w);
}

static void test_expired_by_the_servers_clock(void **state)
{
    (void)state;
    struct up_world *w = fresh(NULL, 0);
    /* While no answer ever came the registry judges, whatever the local clock says. */
    w->sim.wall_s = 4000000000;
    uint32_t a = up_append(w, "a", UP_DATE_S - 10);
    uint32_t b = up_append(w, "b", UP_DATE_S - 1);
    uint32_t c = up_append(w, "c", UP_DATE_S + 1);
    up_run(w, 60000);
    assert_int_equal(up_receipt(w, a)->state, NVT_SPOOL_DELIVERED);
    assert_int_equal(up_receipt(w, b)->state, NVT_SPOOL_EXPIRED);
    assert_int_equal(up_receipt(w, b)->status, 0);
    assert_int_equal(up_receipt(w, c)->state, NVT_SPOOL_DELIVERED);
    assert_int_equal(w->asked_count, 2);
    assert_int_equal(w->uplink.state.count.expired, 1);
    /* It goes on by the monotonic clock; no wall clock moves it. */
    up_run(w, 3600000);
    w->sim.wall_s = 0;
    uint32_t d = up_append(w, "d", UP_DATE_S + 3590);
    uint32_t e = up_append(w, "e", UP_DATE_S + 3700);
    uint32_t f = up_append(w, "f", UINT32_MAX);
    up_run(w, 60000);
    assert_int_equal(up_receipt(w, d)->state, NVT_SPOOL_EXPIRED);
    assert_int_equal(up_receipt(w, e)->state, NVT_SPOOL_DELIVERED);
    assert_int_equal(up_receipt(w, f)->state, NVT_SPOOL_DELIVERED);
    up_end(w);
}

/* Sent once, asked after once; late only when it is not there. */
static void run_late(struct up_world *w, uint32_t id, bool there)
{
    up_run(w, 60000);
    assert_int_equal(up_count_asked(w, "POST"), 1);
    assert_int_equal(up_count_asked(w, "GET"), 1);
    assert_int_equal(up_receipt(w, id)->state, there ? NVT_SPOOL_DELIVERED : NVT_SPOOL_EXPIRED);
    up_end(w);
}

/* One that may have arrived is asked after even when it is late by now. */
static void test_late_but_arrived(void **state)
{
    (void)state;
    for (unsigned there = 0; there < 2U; there++) {
        struct nvt_sim_answer list[] = {
            up_says("502 Oh", "Date: Sun, 15 Jun 2025 15:06:41 GMT\r\n", ""),
            there == 1U ? up_says("200 OK", "", STATUS("ok", "")) : up_says(ABSENT)};
        struct up_world *w = FRESH(list);
        uint32_t a = up_append(w, "a", UP_DATE_S - 1);
        run_late(w, a, there == 1U);
    }
}

/* Nor is one from before this start told to be late: it may have been delivered then. */
static void test_late_but_old(void **state)
{
    (void)state;
    for (unsigned there = 0; there < 2U; there++) {
        struct nvt_sim_answer list[] = {
            up_says("201 Created", "Date: Sun, 15 Jun 2025 15:06:41 GMT\r\n", "{}"),
            there == 1U ? up_says("200 OK", "", STATUS("ok", "")) : up_says(ABSENT)};
        struct up_world *w = FRESH(list);
        (void)up_append(w, "z", UP_DATE_S - 9);
        uint32_t a = up_append(w, "a", UP_DATE_S - 1);
        up_restart(w);
        run_late(w, a, there == 1U);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_delivers),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_lost_answer_of_what_did_not_arrive),
        cmocka_unit_test(test_lost_answer_of_what_arrived),
        cmocka_unit_test(test_doubt_outlives_a_quota),
        cmocka_unit_test(test_fronts_are_asked_behind),
        cmocka_unit_test(test_lost_answer_of_what_was_refused),
        cmocka_unit_test(test_open_statuses_are_asked_after),
        cmocka_unit_test(test_closed_statuses_are_not),
        cmocka_unit_test(test_look_up_fails),
        cmocka_unit_test(test_look_up_is_unsure),
        cmocka_unit_test(test_stale_connection),
        cmocka_unit_test(test_server_that_answers_once_a_connection),
        cmocka_unit_test(test_duplicate_of_a_first_attempt),
        cmocka_unit_test(test_duplicate_of_an_old_entry),
        cmocka_unit_test(test_duplicate_of_a_second_attempt),
        cmocka_unit_test(test_duplicate_without_a_status),
        cmocka_unit_test(test_what_can_not_be_asked_after),
        cmocka_unit_test(test_one_wrong_date),
        cmocka_unit_test(test_expired_by_the_servers_clock),
        cmocka_unit_test(test_late_but_arrived),
        cmocka_unit_test(test_late_but_old),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
