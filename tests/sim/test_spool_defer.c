/* SPDX-License-Identifier: Apache-2.0 */
/* Entries that failed stand behind those that did not, however many they are; they take turns, and
 * nothing of it is written. */
#include "../../port/sim/flash.h"

#include <navette/spool.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { BLOCK = 4096, BLOCKS = 24, PICKS_MAX = 64, IDS = 2048 };

static uint8_t mem[BLOCK * BLOCKS], synced[BLOCK * BLOCKS];
static struct nvt_sim_flash flash;
static struct nvt_spool spool;
static struct nvt_spool_config config;
static uint8_t buffer[1024], window[1024];
static struct nvt_spool_entry picks[PICKS_MAX];
static uint32_t seed = 1;

static uint32_t draw(uint32_t below)
{
    seed ^= seed << 13U;
    seed ^= seed >> 17U;
    seed ^= seed << 5U;
    return seed % below;
}

static void fresh(uint32_t pick_cap)
{
    nvt_sim_flash_init(&flash, mem, synced, BLOCK, BLOCKS, 4U);
    config = (struct nvt_spool_config){&flash.device, buffer, sizeof buffer, window,
                                       sizeof window, picks,  pick_cap,      0U};
    assert_int_equal(nvt_spool_format(&spool, &config), NVT_OK);
}

static uint32_t append(uint32_t due_s)
{
    uint32_t id = 0;
    assert_int_equal(nvt_spool_append(&spool, NVT_LIT("entry"), due_s, &id), NVT_OK);
    return id;
}

static uint32_t take(enum nvt_spool_order order)
{
    struct nvt_spool_entry e = {.id = 0U};
    nvt_err err = nvt_spool_pick_by(&spool, order, NULL, &e);
    assert_true(err == NVT_OK || err == NVT_E_SPOOL_EMPTY);
    return err == NVT_OK ? e.id : 0U;
}

static void settle(uint32_t id)
{
    assert_int_equal(nvt_spool_settle(&spool, id, NVT_SPOOL_DELIVERED, 201, NVT_LIT("")), NVT_OK);
}

static uint32_t deferred(void)
{
    struct nvt_spool_info info;
    nvt_spool_info(&spool, &info);
    return info.deferred;
}

/* All fail; then each comes once in each round, and whatever comes in goes before them. */
static void run_rounds(uint32_t pick_cap, uint32_t count)
{
    static uint8_t before[sizeof mem];
    static unsigned seen[IDS];
    (void)memset(seen, 0, sizeof seen);
    fresh(pick_cap);
    for (uint32_t i = 0; i < count; i++) {
        (void)append(1000U + draw(50U));
    }
    (void)memcpy(before, mem, sizeof mem);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t id = take(NVT_SPOOL_URGENT);
        assert_int_not_equal(id, 0);
        assert_int_equal(nvt_spool_defer(&spool, id, true, true), NVT_OK);
    }
    assert_int_equal(take(NVT_SPOOL_URGENT), 0);
    assert_int_equal(take(NVT_SPOOL_NEWEST), 0);
    assert_int_equal(deferred(), count);
    for (uint32_t i = 0; i < 4U * count; i++) {
        uint32_t id = take(NVT_SPOOL_DEFERRED);
        assert_int_not_equal(id, 0);
        seen[id]++;
        assert_int_equal(nvt_spool_defer(&spool, id, false, false), NVT_OK);
    }
    for (uint32_t id = 1; id <= count; id++) {
        assert_in_range(seen[id], 3, 5);
    }
    assert_memory_equal(before, mem, sizeof mem);
    uint32_t late = append(9999);
    uint32_t soon = append(1);
    assert_int_equal(take(NVT_SPOOL_URGENT), soon);
    assert_int_equal(take(NVT_SPOOL_NEWEST), late);
    assert_int_equal(take(NVT_SPOOL_URGENT), 0);
}

static void test_they_take_turns(void **state)
{
    (void)state;
    static const uint32_t caps[] = {8, 9, 16, 64};
    static const uint32_t counts[] = {1, 2, 3, 7, 16, 17, 100, 1000};
    for (size_t i = 0; i < sizeof caps / sizeof caps[0]; i++) {
        for (size_t k = 0; k < sizeof counts / sizeof counts[0]; k++) {
            run_rounds(caps[i], counts[k]);
        }
    }
}

/* ---- against a model ---- */

enum fate { NONE, PENDING, OUT, DEFERRED, DEFERRED_OUT, DONE };

static struct {
    enum fate fate;
    uint32_t due_s;
    unsigned failures;
} book[IDS];

static uint32_t best(bool newest)
{
    uint32_t found = 0;
    for (uint32_t id = 1; id < spool.now.next; id++) {
        bool better = found == 0U || newest || book[id].due_s < book[found].due_s;
        found = book[id].fate == PENDING && better ? id : found;
    }
    return found;
}

static unsigned count_of(enum fate fate)
{
    unsigned count = 0;
    for (uint32_t id = 1; id < spool.now.next; id++) {
        count += book[id].fate == fate ? 1U : 0U;
    }
    return count;
}

static void check_take(void)
{
    enum nvt_spool_order order = (enum nvt_spool_order)draw(3);
    if (count_of(OUT) + count_of(DEFERRED_OUT) >= 8U) {
        return;
    }
    uint32_t expected = best(order == NVT_SPOOL_NEWEST);
    unsigned waiting = count_of(DEFERRED);
    uint32_t id = take(order);
    if (order == NVT_SPOOL_DEFERRED) {
        assert_true((id != 0U) == (waiting > 0U));
        assert_true(id == 0U || book[id].fate == DEFERRED);
        book[id].fate = id == 0U ? NONE : DEFERRED_OUT;
    } else {
        assert_int_equal(id, expected);
        book[id].fate = id == 0U ? NONE : OUT;
    }
}

static void end_one(uint32_t id)
{
    bool failed = draw(2) == 0U;
    switch (draw(3)) {
    case 0:
        settle(id);
        book[id].fate = DONE;
        break;
    case 1:
        assert_int_equal(nvt_spool_put_back(&spool, id), NVT_OK);
        book[id].fate = book[id].fate == OUT ? PENDING : DEFERRED;
        break;
    default:
        assert_int_equal(nvt_spool_defer(&spool, id, failed, draw(2) == 0U), NVT_OK);
        book[id].fate = DEFERRED;
        book[id].failures += failed && book[id].failures < 2U ? 1U : 0U;
        break;
    }
}

static void end_some(void)
{
    for (uint32_t id = 1; id < spool.now.next; id++) {
        if ((book[id].fate == OUT || book[id].fate == DEFERRED_OUT) && draw(3) == 0U) {
            end_one(id);
        }
    }
}

static void test_like_the_model(void **state)
{
    (void)state;
    for (seed = 1; seed < 40U;) {
        uint32_t first = seed;
        fresh(8U + draw(3) * 8U);
        (void)memset(book, 0, sizeof book);
        for (unsigned i = 0; i < 600U; i++) {
            if (draw(3) == 0U && spool.now.next < 400U) {
                uint32_t due = 1000U + draw(20);
                uint32_t id = append(due);
                book[id].fate = PENDING;
                book[id].due_s = due;
            }
            check_take();
            end_some();
            assert_int_equal(deferred(), count_of(DEFERRED) + count_of(DEFERRED_OUT));
        }
        for (uint32_t id = 1; id < spool.now.next; id++) {
            bool there = book[id].fate != NONE && book[id].fate != DONE;
            assert_int_equal(nvt_spool_failures(&spool, id), there ? book[id].failures : 0U);
        }
        assert_null(flash.violation);
        seed = first + 1U;
    }
}

static void defer_first(uint32_t id)
{
    assert_int_equal(nvt_spool_defer(&spool, id, true, true), NVT_OK);
}

/* What is set first comes next; what gives way in a full queue comes with the next walk, before
 * those that have not had their turn since. */
static void test_first_of_a_full_queue(void **state)
{
    (void)state;
    fresh(12); /* three of them for the queue */
    for (uint32_t due = 1; due <= 8U; due++) {
        (void)append(due);
    }
    for (uint32_t id = 1; id <= 8U; id++) {
        assert_int_equal(take(NVT_SPOOL_URGENT), id);
        assert_int_equal(nvt_spool_defer(&spool, id, true, false), NVT_OK);
    }
    for (uint32_t id = 1; id <= 6U; id++) { /* a walk finds the last three */
        assert_int_equal(take(NVT_SPOOL_DEFERRED), id);
        if (id <= 3U) {
            settle(id);
        }
    }
    for (uint32_t id = 6; id >= 4U; id--) {
        defer_first(id);
    }
    uint32_t other = append(0);
    assert_int_equal(take(NVT_SPOOL_URGENT), other);
    defer_first(other);
    assert_int_equal(take(NVT_SPOOL_DEFERRED), other);
    settle(other);
    for (uint32_t id = 4; id <= 8U; id++) {
        assert_int_equal(take(NVT_SPOOL_DEFERRED), id);
        settle(id);
    }
}

static void test_forgiven_and_forgotten(void **state)
{
    (void)state;
    fresh(8);
    uint32_t id = append(1);
    assert_int_equal(nvt_spool_defer(&spool, id, true, true), NVT_E_ARG);
    for (unsigned i = 0; i < 4U; i++) {
        assert_int_equal(take(i == 0U ? NVT_SPOOL_URGENT : NVT_SPOOL_DEFERRED), id);
        assert_int_equal(nvt_spool_defer(&spool, id, true, false), NVT_OK);
        assert_int_equal(nvt_spool_failures(&spool, id), i < 1U ? 1U : 2U);
    }
    nvt_spool_forgive(&spool, id);
    assert_int_equal(nvt_spool_failures(&spool, id), 1);
    assert_int_equal(nvt_spool_urgent_s(&spool, 0), 1);
    assert_int_equal(nvt_spool_urgent_s(&spool, 1), UINT32_MAX); /* none is due after that */
    assert_int_equal(nvt_spool_mount(&spool, &config), NVT_OK);
    assert_int_equal(deferred(), 0);
    assert_int_equal(take(NVT_SPOOL_URGENT), id);
    settle(id);
    assert_int_equal(nvt_spool_urgent_s(&spool, 0), UINT32_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_they_take_turns),
        cmocka_unit_test(test_like_the_model),
        cmocka_unit_test(test_first_of_a_full_queue),
        cmocka_unit_test(test_forgiven_and_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
