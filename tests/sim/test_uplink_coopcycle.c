/* SPDX-License-Identifier: Apache-2.0 */
/* CoopCycle through the uplink: nothing is made twice. */
#include "uplink_world.h"

#include <navette/coopcycle.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define MADE "201 Created", "", "{\"@id\":\"/api/deliveries/9\",\"id\":9,\"tasks\":[]}"
#define ME "200 OK", "", "{\"store\":\"/api/stores/1\",\"name\":\"x\"}"
#define LIST(items, total)                                                                         \
    "200 OK", "",                                                                                  \
        "{\"@id\":\"/api/stores/1/deliveries\",\"hydra:member\":[" items                           \
        "],\"hydra:totalItems\":" total "}"
#define ITEM(n, key)                                                                               \
    "{\"@id\":\"/api/deliveries/" n "\",\"tasks\":[{\"metadata\":{\"navette_key\":\"" key "\"}}]}"

static struct up_world world;

static struct up_world *fresh(const struct nvt_sim_answer *answers, size_t count)
{
    up_init(&world, &nvt_coopcycle_uplink, 1, answers, count);
    up_start(&world);
    return &world;
}
#define FRESH(list) fresh((list), sizeof(list) / sizeof((list)[0]))

static uint32_t append(struct up_world *w, const char *key)
{
    char text[UP_BODY];
    uint32_t id = 0;
    (void)snprintf(text, sizeof text,
                   "{\"dropoff\":{\"address\":\"x\",\"before\":\"2025-06-02 12:00\","
                   "\"metadata\":{\"n\":1,\"navette_key\":\"%s\"}}}",
                   key);
    assert_int_equal(nvt_spool_append(&w->spool, nvt_span_str(text), UINT32_MAX, &id), NVT_OK);
    return id;
}

static void test_delivers(void **state)
{
    (void)state;
    struct nvt_sim_answer list[] = {up_says(MADE)};
    struct up_world *w = FRESH(list);
    uint32_t a = append(w, "k-1");
    up_run(w, 60000);
    assert_int_equal(w->asked_count, 1);
    assert_string_equal(w->asked[0].line, "POST /api/deliveries HTTP/1.1");
    assert_int_equal(up_receipt(w, a)->state, NVT_SPOOL_DELIVERED);
    up_end(w);
}

static void test_lost_answer(void **state)
{
    (void)state;
    for (unsigned there = 0; there < 2U; there++) {
        struct nvt_sim_answer list[] = {up_cuts(),
                                        up_says(ME),
                                        up_says(LIST(ITEM("8", "k-2"), "2")),
                                        there == 1U ? up_says(LIST(ITEM("7", "k-1"), "2"))
                                                    : up_says(LIST(ITEM("7", "k-3"), "2")),
                                        there == 1U ? up_says(MADE) : up_says(LIST("", "2")),
                                        up_says(MADE)};
        struct up_world *w = FRESH(list);
        uint32_t a = append(w, "k-1");
        up_run(w, 60000);
        assert_int_equal(up_receipt(w, a)->state, NVT_SPOOL_DELIVERED);
        assert_int_equal(up_count_asked(w, "POST"), there == 1U ? 1 : 2);
        assert_int_equal(w->asked_count, there == 1U ? 4 : 6);
        up_end(w);
    }
}

/* A look-up that broke off begins anew, and nothing is sent before it has come to its end. */
static void test_look_up_breaks_off(void **state)
{
    (void)state;
    struct nvt_sim_answer list[] = {up_cuts(),
                                    up_says(ME),
                                    up_says(LIST(ITEM("8", "k-2"), "2")),
                                    up_says("503 Down", "", ""),
                                    up_says(ME),
                                    up_says(LIST(ITEM("8", "k-2"), "2")),
                                    up_says(LIST(ITEM("7", "k-1"), "2"))};
    struct up_world *w = FRESH(list);
    uint32_t a = append(w, "k-1");
    up_run(w, 600000);
    assert_int_equal(up_receipt(w, a)->state, NVT_SPOOL_DELIVERED);
    assert_int_equal(up_count_asked(w, "POST"), 1);
    assert_int_equal(w->asked_count, 7);
    up_end(w);
}

/* The link is held while a look-up stands between two of its pages: the next one goes out behind
 * the hold, with all its time before it. */
static void test_a_page_waits_for_the_link(void **state)
{
    (void)state;
    struct nvt_sim_answer me = up_says(ME);
    me.delay_ms = 1000;
    struct nvt_sim_answer list[] = {up_says(MADE),
                                    up_cuts(),
                                    me,
                                    up_says("503 Down", "Retry-After: 120\r\n", ""),
                                    up_says(LIST(ITEM("7", "k-1"), "1")),
                                    up_says(MADE)};
    UP_INIT(&world, &nvt_coopcycle_uplink, 2, list);
    up_start(&world);
    struct up_world *w = &world;
    (void)append(w, "k-0");
    up_run(w, 100);
    uint32_t a = append(w, "k-1");
    while (w->asked_count < 3U) {
        up_run(w, 1);
    }
    uint32_t b = append(w, "k-2");
    up_run(w, 5000);
    assert_int_equal(w->uplink.state.link, NVT_UPLINK_HELD);
    assert_int_equal(w->asked_count, 4);
    up_run(w, 200000);
    assert_int_equal(up_receipt(w, a)->state, NVT_SPOOL_DELIVERED);
    assert_int_equal(up_receipt(w, b)->state, NVT_SPOOL_DELIVERED);
    assert_int_equal(w->uplink.state.count.link_losses, 1);
    assert_int_equal(w->asked_count, 6);
    up_end(w);
}

static void test_old_entries_are_looked_for_first(void **state)
{
    (void)state;
    struct nvt_sim_answer list[] = {up_says(ME), up_says(LIST(ITEM("7", "k-1"), "1"))};
    struct up_world *w = FRESH(list);
    uint32_t a = append(w, "k-1");
    up_restart(w);
    up_run(w, 60000);
    assert_int_equal(up_receipt(w, a)->state, NVT_SPOOL_DELIVERED);
    assert_int_equal(up_count_asked(w, "POST"), 0);
    up_end(w);
}

static void test_without_a_key(void **state)
{
    (void)state;
    struct up_world *w = fresh(NULL, 0);
    uint32_t a = append(w, "");
    up_run(w, 60000);
    assert_int_equal(w->asked_count, 0);
    assert_string_equal(up_receipt(w, a)->reason, "NVT_E_FIELD_MISSING");
    up_end(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_delivers),
        cmocka_unit_test(test_lost_answer),
        cmocka_unit_test(test_look_up_breaks_off),
        cmocka_unit_test(test_a_page_waits_for_the_link),
        cmocka_unit_test(test_old_entries_are_looked_for_first),
        cmocka_unit_test(test_without_a_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
