/* SPDX-License-Identifier: Apache-2.0 */
/* "Come back later", and who is not let in: is it meant for all, or for one entry? */
#include "uplink_world.h"

#include <navette/rpc.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define DUE 1750100000
#define OK up_says("201 Created", "", "{}")

enum { TOLD_MS = 30000, SOON_MS = 5000, BEHIND_MS = 5000 };

static const char *const statuses[] = {"503 Down", "429 Many"};

static struct up_world world;

/* Entries a to f, the most urgent one first, over one lane. */
static struct up_world *run(const struct nvt_sim_answer *answers, size_t count, uint64_t ms)
{
    static const char *const names[] = {"a", "b", "c", "d", "e", "f"};
    up_init(&world, &nvt_rpc_uplink, 1, answers, count);
    up_start(&world);
    for (unsigned i = 0; i < 6U; i++) {
        (void)up_append(&world, names[i], DUE + i);
    }
    up_run(&world, ms);
    return &world;
}
#define RUN(list, ms) run((list), sizeof(list) / sizeof((list)[0]), (ms))

static uint64_t gap_ms(const struct up_world *w, size_t i)
{
    return w->asked[i].at_ms - w->asked[i - 1U].at_ms;
}

static char posted(const struct up_world *w, size_t i)
{
    assert_memory_equal(w->asked[i].line, "POST", 4);
    return strstr(w->asked[i].body, "\" : \"")[5];
}

/* After the told time another one tries the link; when the first is told once more then, all others
 * go on, and it waits as it was told. */
static void test_told_again_waits_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2U; i++) {
        struct nvt_sim_answer told = up_says(statuses[i], "Retry-After: 30\r\n", "");
        struct nvt_sim_answer list[] = {told, OK, told};
        struct up_world *w = RUN(list, 120000);
        assert_int_equal(w->asked_count, 8);
        assert_int_equal(posted(w, 0), 'a');
        assert_int_equal(posted(w, 1), 'f');
        assert_in_range(gap_ms(w, 1), TOLD_MS, TOLD_MS + BEHIND_MS);
        assert_int_equal(posted(w, 2), 'a');
        for (size_t k = 3; k < 7U; k++) {
            assert_true(posted(w, k) != 'a');
            assert_true(gap_ms(w, k) < 1000U);
        }
        assert_int_equal(posted(w, 7), 'a');
        assert_true(w->asked[7].at_ms - w->asked[2].at_ms >= TOLD_MS);
        assert_int_equal(w->uplink.state.count.link_losses, 1);
        assert_int_equal(up_pending(w), 0);
        up_end(w);
    }
}

/* Once such a hold ended well the next one is looked into, by another entry: when that passes, what
 * is told is not for all. */
static void test_a_look_that_passes(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2U; i++) {
        struct nvt_sim_answer told = up_says(statuses[i], "Retry-After: 30\r\n", "");
        struct nvt_sim_answer list[] = {told, OK, OK, told, OK, OK, told};
        struct up_world *w = RUN(list, 120000);
        assert_int_equal(posted(w, 2), 'a');
        assert_int_equal(posted(w, 3), 'b');
        assert_int_equal(posted(w, 4), 'e');
        assert_in_range(gap_ms(w, 4), NVT_UPLINK_PAUSE_MS, SOON_MS);
        assert_int_equal(posted(w, 6), 'c');
        assert_int_equal(posted(w, 7), 'd'); /* not held again */
        assert_true(gap_ms(w, 7) < 1000U);
        assert_int_equal(w->uplink.state.count.link_losses, 2);
        assert_int_equal(up_pending(w), 0);
        up_end(w);
    }
}

/* When it meets the same answer the time is kept, and the next ones are to their end. */
static void test_a_look_in_vain(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2U; i++) {
        struct nvt_sim_answer told = up_says(statuses[i], "Retry-After: 30\r\n", "");
        struct nvt_sim_answer list[] = {told, OK, OK, told, told, told, told, OK, told};
        struct up_world *w = RUN(list, 180000);
        for (size_t k = 4; k < 7U; k++) {
            assert_in_range(gap_ms(w, k), NVT_UPLINK_PAUSE_MS, SOON_MS);
        }
        assert_in_range(gap_ms(w, 7), TOLD_MS, TOLD_MS + BEHIND_MS);
        assert_int_equal(up_pending(w), 0);
        up_end(w);
    }
}

/* One whose credentials do not reach so far stops no other, and is not given up. */
static void test_a_401_for_one(void **state)
{
    (void)state;
    struct nvt_sim_answer no =
        up_says("401 No", "", "{\"error\":{\"code\":401,\"message\":\"who\"}}");
    struct nvt_sim_answer list[] = {OK, no, OK, OK, OK, OK, no, no};
    struct up_world *w = RUN(list, 10000);
    assert_int_equal(posted(w, 1), 'b');
    for (size_t k = 2; k < 6U; k++) {
        assert_true(posted(w, k) != 'b');
        assert_true(gap_ms(w, k) < 1000U);
    }
    assert_int_equal(w->uplink.state.link, NVT_UPLINK_UP);
    up_run(w, 600000);
    assert_int_equal(w->uplink.state.count.refused, 0);
    assert_int_equal(w->uplink.state.count.delivered, 6);
    assert_int_equal(w->uplink.state.count.link_losses, 0);
    up_end(w);
}

/* Two of them in a row, not tried before: it is for people. */
static void test_a_401_for_all(void **state)
{
    (void)state;
    struct nvt_sim_answer no =
        up_says("401 No", "", "{\"error\":{\"code\":401,\"message\":\"who\"}}");
    struct nvt_sim_answer list[] = {OK, no, no};
    struct up_world *w = RUN(list, 1500);
    assert_int_equal(w->uplink.state.link, NVT_UPLINK_BLOCKED);
    assert_int_equal(w->uplink.state.last.err, NVT_E_UNAUTHORIZED);
    assert_int_equal(w->asked_count, 3);
    up_run(w, 600000);
    assert_int_equal(w->uplink.state.count.delivered, 6);
    up_end(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_told_again_waits_alone), cmocka_unit_test(test_a_look_that_passes),
        cmocka_unit_test(test_a_look_in_vain),         cmocka_unit_test(test_a_401_for_one),
        cmocka_unit_test(test_a_401_for_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
