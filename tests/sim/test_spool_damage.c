/* SPDX-License-Identifier: Apache-2.0 */
/* The spool on a device that goes bad: bits that flip while it is mounted, blocks that fail. */
#include "../../src/spool/spool_internal.h"
#include "spool_bench.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { FEW_PICKS = 8, TEXT = 40, ROOM = 16 + TEXT };

/* Reads for one entry whose place is known: two heads, each twice, and its record. */
enum { CHEAP = 6 };

static nvt_err append(struct bench *b, uint32_t due_s)
{
    uint8_t text[TEXT];
    uint32_t id = 0;
    (void)memset(text, 'a', sizeof text);
    return nvt_spool_append(&b->spool, nvt_span_of(text, sizeof text), due_s, &id);
}

static void append_three(struct bench *b)
{
    for (uint32_t due = 1; due <= 3U; due++) {
        assert_int_equal(append(b, due), NVT_OK);
    }
}

static nvt_err pick(struct bench *b, struct nvt_spool_entry *e)
{
    uint8_t text[TEXT];
    struct nvt_buf out;
    nvt_buf_init(&out, text, sizeof text);
    return nvt_spool_pick(&b->spool, &out, e);
}

static void deliver(struct bench *b, uint32_t due_s)
{
    struct nvt_spool_entry e;
    assert_int_equal(pick(b, &e), NVT_OK);
    assert_int_equal(e.due_s, due_s);
    assert_int_equal(nvt_spool_settle(&b->spool, e.id, NVT_SPOOL_DELIVERED, 201U, NVT_LIT("")),
                     NVT_OK);
}

/* Of an entry that cannot be read any more only itself is lost, and that is said. */
static void test_entry_rots_while_mounted(void **state)
{
    (void)state;
    struct bench *b = spool_bench(8U, FEW_PICKS);
    struct nvt_spool_info info;
    append_three(b);
    b->mem[FIRST_RECORD + 20] ^= 1U;
    deliver(b, 2U);
    nvt_spool_info(&b->spool, &info);
    assert_int_equal(info.lost, 1);
    assert_int_equal(info.pending, 1);
    assert_int_equal(info.used_bytes, ROOM);
    deliver(b, 3U);
    nvt_spool_info(&b->spool, &info);
    assert_int_equal(info.pending, 0);
    assert_int_equal(info.used_bytes, 0);
}

/* One that is out can be settled even then: the caller has its bytes. */
static void test_entry_rots_while_out(void **state)
{
    (void)state;
    struct bench *b = spool_bench(8U, FEW_PICKS);
    struct nvt_spool_entry e;
    append_three(b);
    assert_int_equal(pick(b, &e), NVT_OK);
    b->mem[FIRST_RECORD + 20] ^= 1U;
    b->mem[FIRST_RECORD + ROOM + 20] ^= 1U;
    deliver(b, 3U); /* all was looked at again */
    assert_int_equal(b->spool.lost, 1);
    assert_int_equal(nvt_spool_settle(&b->spool, e.id, NVT_SPOOL_DELIVERED, 201U, NVT_LIT("")),
                     NVT_OK);
    assert_int_equal(b->spool.now.pending, 0);
    assert_int_equal(b->spool.live, 0);
    assert_int_equal(b->spool.now.delivered, 2);
}

/* The length of a settled entry rots: whatever a walk by heads alone makes of it, it finds all that
 * is pending. The one behind it is the last to be picked. */
static void test_length_rots(void **state)
{
    (void)state;
    static const uint8_t lens[] = {TEXT ^ 1U, TEXT ^ 0x80U, TEXT + ROOM, 0U, 255U};
    for (size_t i = 0; i < sizeof lens; i++) {
        struct bench *b = spool_bench(8U, FEW_PICKS);
        assert_int_equal(append(b, 1U), NVT_OK);
        assert_int_equal(append(b, 900U), NVT_OK);
        for (uint32_t due = 2; due < 20U; due++) {
            assert_int_equal(append(b, due), NVT_OK);
        }
        deliver(b, 1U);
        b->mem[FIRST_RECORD + 2] = lens[i];
        for (uint32_t due = 2; due < 20U; due++) {
            deliver(b, due);
        }
        deliver(b, 900U);
        assert_int_equal(b->spool.lost, 0);
        assert_int_equal(b->spool.now.pending, 0);
        b->mem[FIRST_RECORD + 2] = TEXT;
    }
}

/* The same at a mount, which passes over settled entries too. */
static void test_length_rots_before_mount(void **state)
{
    (void)state;
    struct bench *b = spool_bench(8U, FEW_PICKS);
    uint8_t mem[8];
    struct nvt_buf out;
    nvt_buf_init(&out, mem, sizeof mem);
    assert_int_equal(append(b, 1U), NVT_OK);
    assert_int_equal(append(b, 2U), NVT_OK);
    assert_int_equal(nvt_spool_put_value(&b->spool, 0U, NVT_LIT("v")), NVT_OK);
    deliver(b, 1U);
    b->mem[FIRST_RECORD + 2] = 200U; /* as if it reached to the erased end */
    assert_int_equal(nvt_spool_mount(&b->spool, &b->config), NVT_OK);
    assert_int_equal(b->spool.now.pending, 1);
    assert_int_equal(b->spool.lost, 0);
    assert_int_equal(nvt_spool_get_value(&b->spool, 0U, &out), NVT_OK);
    deliver(b, 2U);
    /* with nothing pending there is no entry to be missed, but the value */
    assert_int_equal(nvt_spool_mount(&b->spool, &b->config), NVT_OK);
    assert_int_equal(nvt_spool_get_value(&b->spool, 0U, &out), NVT_OK);
    assert_true(nvt_span_eq(nvt_buf_span(&out), NVT_LIT("vv")));
}

/* Parts of an entry read as erased: what stands behind it is there all the same, for the listing
 * and the move of its block as for the mount, whether or not it was settled. */
static void test_a_part_reads_as_erased(void **state)
{
    (void)state;
    for (uint32_t settled = 0; settled <= 1U; settled++) {
        struct bench *b = spool_bench(8U, FEW_PICKS);
        struct nvt_spool_cursor cursor = {{0U, 0U, 0U}};
        struct nvt_spool_entry e;
        uint8_t text[2 * TEXT];
        struct nvt_buf out;
        nvt_buf_init(&out, text, sizeof text);
        append_three(b);
        if (settled == 1U) {
            deliver(b, 1U);
        }
        (void)memset(b->mem + FIRST_RECORD + 20, 0xFF, 24);
        assert_int_equal(nvt_spool_mount(&b->spool, &b->config), NVT_OK);
        assert_int_equal(b->spool.lost, 1U - settled);
        assert_int_equal(b->spool.now.pending, 2);
        for (uint32_t due = 2; due <= 3U; due++) {
            assert_int_equal(nvt_spool_list(&b->spool, &cursor, &out, &e), NVT_OK);
            assert_int_equal(e.due_s, due);
        }
        assert_int_equal(nvt_spool_list(&b->spool, &cursor, &out, &e), NVT_E_SPOOL_EMPTY);
    }
}

/* Neither an entry that is put back nor one that is moved costs a pass over the device. */
static void test_put_back_is_cheap(void **state)
{
    (void)state;
    struct bench *b = spool_bench(8U, FEW_PICKS);
    struct nvt_spool_entry e;
    for (uint32_t due = 1; due <= 20U; due++) {
        assert_int_equal(append(b, due), NVT_OK);
    }
    for (unsigned i = 0; i < 20U; i++) {
        uint64_t reads = b->flash.reads;
        assert_int_equal(pick(b, &e), NVT_OK);
        assert_int_equal(e.due_s, 1);
        assert_int_equal(nvt_spool_put_back(&b->spool, e.id), NVT_OK);
        assert_true(i == 0U || b->flash.reads - reads <= CHEAP);
    }
}

static void test_move_is_cheap(void **state)
{
    (void)state;
    struct bench *b = spool_bench(8U, FEW_PICKS);
    struct nvt_spool_entry e;
    for (uint32_t due = 1; due <= 6U; due++) {
        assert_int_equal(append(b, due), NVT_OK);
    }
    for (unsigned i = 0; i < 200U; i++) { /* until those in the first block were moved on */
        assert_int_equal(nvt_spool_put_value(&b->spool, 0U, NVT_LIT("0123456789")), NVT_OK);
    }
    assert_true(b->spool.ring.oldest_seq > 1U);
    uint64_t reads = b->flash.reads;
    assert_int_equal(pick(b, &e), NVT_OK);
    assert_int_equal(e.due_s, 1);
    assert_true(b->flash.reads - reads <= CHEAP);
}

/* A spool can be mounted with a smaller window as long as that has room for what was pending when
 * its newest block was opened, and for what came since. */
static void test_window_is_too_small(void **state)
{
    (void)state;
    for (uint32_t large = 0; large <= 1U; large++) { /* entries in many blocks, or in one */
        struct bench *b = spool_bench(BLOCKS_MAX, FEW_PICKS);
        uint32_t blocks = large == 1U ? 4U : (uint32_t)BLOCKS_MAX;
        struct nvt_spool_entry e;
        if (large == 1U) {
            nvt_sim_flash_init(&b->flash, b->mem, b->synced, 4U * (uint32_t)BLOCK, blocks, 4U);
            assert_int_equal(nvt_spool_format(&b->spool, &b->config), NVT_OK);
        }
        for (uint32_t due = 0; due < 33U; due++) {
            assert_int_equal(nvt_spool_append(&b->spool, NVT_LIT("x"), due, &e.id), NVT_OK);
        }
        uint64_t programmed = b->flash.programmed;
        b->config.window_len = NVT_SPOOL_WINDOW_LEN(blocks, 32U);
        assert_int_equal(nvt_spool_mount(&b->spool, &b->config), NVT_E_SPOOL_WINDOW);
        assert_true(b->flash.programmed == programmed);
        b->config.window_len = sizeof b->window;
        assert_int_equal(nvt_spool_mount(&b->spool, &b->config), NVT_OK);
        assert_int_equal(b->spool.now.pending, 33);
        for (unsigned i = 0; i < 2U; i++) {
            assert_int_equal(nvt_spool_pick(&b->spool, NULL, &e), NVT_OK);
            assert_int_equal(
                nvt_spool_settle(&b->spool, e.id, NVT_SPOOL_DELIVERED, 0U, NVT_LIT("")), NVT_OK);
        }
        assert_int_equal(nvt_spool_mount(&b->spool, &b->config), NVT_OK);
        assert_int_equal(nvt_spool_append(&b->spool, NVT_LIT("x"), 99U, &e.id), NVT_OK);
        b->config.window_len = NVT_SPOOL_WINDOW_LEN(blocks, 32U);
        assert_int_equal(nvt_spool_mount(&b->spool, &b->config), NVT_OK);
        assert_int_equal(b->spool.now.pending, 32);
        assert_int_equal(b->spool.lost, 0);
        assert_null(b->flash.violation);
    }
}

/* A block that fails when the spool is full stops nothing, also when nobody knew of it: large
 * devices keep some in reserve. */
static void test_block_fails_when_full(void **state)
{
    (void)state;
    for (uint8_t how = 1; how <= 2U; how++) {
        for (uint32_t block = 0; block < (uint32_t)BLOCKS_MAX; block++) {
            struct bench *b = spool_bench(BLOCKS_MAX, FEW_PICKS);
            uint32_t last = 0;
            while (append(b, last) == NVT_OK) {
                last++;
            }
            uint32_t end = 3U * last;
            b->bad[block] = how;
            for (uint32_t first = 0; first < end; first++) {
                deliver(b, first);
                nvt_err err = append(b, last); /* there may be less room now, by a block */
                assert_true(err == NVT_OK || err == NVT_E_SPOOL_FULL);
                last += err == NVT_OK ? 1U : 0U;
                if (first % 16U == 0U) {
                    assert_int_equal(nvt_spool_mount(&b->spool, &b->config), NVT_OK);
                    assert_int_equal(b->spool.lost, 0);
                    assert_int_equal(b->spool.now.pending, last - first - 1U);
                }
            }
        }
    }
}

/* A mount knows a bad block by its place within the ring, and has less capacity. */
static void test_bad_block_is_known_again(void **state)
{
    (void)state;
    struct bench *b = spool_bench(8U, FEW_PICKS);
    struct nvt_spool_info before;
    struct nvt_spool_info info;
    b->bad[1] = 2U;
    for (uint32_t due = 0; due < 14U; due++) {
        assert_int_equal(append(b, due), NVT_OK);
    }
    assert_true(b->spool.ring.newest.block > 1U);
    nvt_spool_info(&b->spool, &before);
    assert_int_equal(nvt_spool_mount(&b->spool, &b->config), NVT_OK);
    nvt_spool_info(&b->spool, &info);
    assert_int_equal(b->spool.bad_count, 1);
    assert_int_equal(nvt_block_state(&b->spool.medium, 1U), NVT_BLOCK_BAD);
    assert_int_equal(info.capacity_bytes, before.capacity_bytes);
}

/* ---- a cut, and then a bit ---- */

enum { STEPS_APART = 5, BYTES_APART = 6 };

struct state {
    uint8_t mem[BLOCK * BLOCKS];
    struct nvt_spool spool;
    uint8_t window[128];
    struct nvt_spool_entry picks[PICKS];
};

static void save(const struct bench *b, struct state *to)
{
    (void)memcpy(to->mem, b->mem, sizeof to->mem);
    (void)memcpy(to->window, b->window, sizeof to->window);
    (void)memcpy(to->picks, b->picks, sizeof to->picks);
    to->spool = b->spool;
}

static void restore(struct bench *b, const struct state *from)
{
    (void)memcpy(b->mem, from->mem, sizeof from->mem);
    (void)memcpy(b->synced, from->mem, sizeof from->mem);
    (void)memcpy(b->window, from->window, sizeof from->window);
    (void)memcpy(b->picks, from->picks, sizeof from->picks);
    b->spool = from->spool;
    nvt_sim_flash_on(&b->flash);
}

/* One bit of the newest block after the other: each costs one entry at most. */
static void flip_each(struct bench *b)
{
    assert_int_equal(nvt_spool_mount(&b->spool, &b->config), NVT_OK);
    assert_int_equal(b->spool.lost, 0);
    uint32_t pending = b->spool.now.pending;
    uint8_t *block = b->mem + (size_t)b->spool.ring.newest.block * BLOCK;
    for (size_t i = 0; i < (size_t)BLOCK; i += (size_t)BYTES_APART) {
        block[i] ^= 0x20U;
        assert_int_equal(nvt_spool_mount(&b->spool, &b->config), NVT_OK);
        assert_true(b->spool.now.pending + 1U >= pending);
        block[i] ^= 0x20U;
    }
}

/* Most of what fits stays where it is and is moved; the rest comes and goes. */
static bool step_with_moves(struct bench *b, uint32_t n)
{
    struct nvt_spool_entry e;
    if (append(b, n < 18U ? UINT32_MAX : 1U) == NVT_OK && n >= 18U &&
        nvt_spool_pick(&b->spool, NULL, &e) == NVT_OK) {
        (void)nvt_spool_settle(&b->spool, e.id, NVT_SPOOL_DELIVERED, 201U, NVT_LIT(""));
    }
    return !b->flash.off;
}

/* Also when the newest block was opened to move records, and what it was made from is gone. */
static void test_a_cut_and_a_bit(void **state)
{
    (void)state;
    static struct state before;
    struct bench *b = spool_bench(BLOCKS, FEW_PICKS);
    for (uint32_t n = 0; n < 90U; n++) {
        bool whole = n < 60U;
        save(b, &before);
        for (uint64_t steps = 1; !whole; steps += (uint64_t)STEPS_APART) {
            restore(b, &before);
            b->flash.steps_left = steps;
            whole = step_with_moves(b, n);
            nvt_sim_flash_on(&b->flash);
            flip_each(b);
        }
        restore(b, &before);
        assert_true(step_with_moves(b, n));
    }
}

/* Counting again while the spool is mounted does not add to what was counted before. */
static void test_repairs_are_counted_once(void **state)
{
    (void)state;
    struct bench *b = spool_bench(8U, FEW_PICKS);
    struct nvt_spool_info info;
    append_three(b);
    b->mem[8] ^= 1U; /* in the first copy of the head */
    assert_int_equal(nvt_spool_mount(&b->spool, &b->config), NVT_OK);
    b->mem[FIRST_RECORD + 20] ^= 1U;
    deliver(b, 2U);
    nvt_spool_info(&b->spool, &info);
    assert_int_equal(info.lost, 1);
    assert_int_equal(info.repaired, 1);
}

/* With more entries than a list has room for, too: the head counts those that no list tells of. */
static void test_each_wiped_block_is_counted(void **state)
{
    (void)state;
    enum { MANY = 200 };
    struct bench *b = spool_bench(BLOCKS_MAX, FEW_PICKS);
    static uint8_t block_of[MANY + 1];
    uint32_t id = 0;
    for (uint32_t i = 0; i < (uint32_t)MANY; i++) {
        assert_int_equal(nvt_spool_append(&b->spool, NVT_LIT("tiny"), i, &id), NVT_OK);
        block_of[id] = (uint8_t)b->spool.ring.newest.block;
    }
    for (uint32_t block = 0; block < b->spool.ring.newest.block; block++) {
        struct nvt_spool_info info;
        uint8_t whole[BLOCK];
        uint8_t *at = b->mem + (size_t)block * BLOCK;
        uint32_t there = 0;
        for (id = 1; id <= (uint32_t)MANY; id++) {
            there += block_of[id] == block ? 1U : 0U;
        }
        (void)memcpy(whole, at, sizeof whole);
        (void)memset(at, 0xFF, BLOCK);
        assert_int_equal(nvt_spool_mount(&b->spool, &b->config), NVT_OK);
        nvt_spool_info(&b->spool, &info);
        assert_int_equal(info.lost, there);
        assert_int_equal(info.pending, (uint32_t)MANY - there);
        (void)memcpy(at, whole, sizeof whole);
    }
}

/* The last entries may have been promised, or not: their ids are not given again. */
static void test_torn_id_is_not_given_again(void **state)
{
    (void)state;
    struct bench *b = spool_bench(8U, FEW_PICKS);
    struct nvt_spool_info info;
    uint32_t id = 0;
    uint32_t last = 3;
    append_three(b);
    b->mem[FIRST_RECORD + ROOM + 20] ^= 1U;
    b->mem[FIRST_RECORD + 2 * ROOM + 20] ^= 1U;
    for (uint32_t more = 0; more < 2U; more++) {
        assert_int_equal(nvt_spool_mount(&b->spool, &b->config), NVT_OK);
        nvt_spool_info(&b->spool, &info);
        assert_int_equal(info.pending, 1U + more);
        assert_int_equal(nvt_spool_append(&b->spool, NVT_LIT("next"), 9U, &id), NVT_OK);
        assert_true(id > last);
        last = id;
    }
}

static nvt_err (*real_sync)(void *ctx);
static unsigned syncs;
static unsigned period;

static nvt_err some_sync(void *ctx)
{
    syncs++;
    return syncs % period == 0U ? NVT_E_SPOOL_IO : real_sync(ctx);
}

/* A device that fails as a whole for a while leaves no block marked: the smallest one, which has
 * none to spare, goes on as before. */
static void test_syncs_fail_for_a_while(void **state)
{
    (void)state;
    for (period = 1; period <= 6U; period++) {
        struct bench *b = spool_bench(4U, FEW_PICKS);
        struct nvt_spool_entry e;
        assert_int_equal(append(b, 1), NVT_OK);
        assert_int_equal(pick(b, &e), NVT_OK);
        real_sync = b->flash.device.sync;
        b->flash.device.sync = some_sync;
        for (unsigned i = 0; i < 40U; i++) {
            nvt_err err = nvt_spool_put_value(&b->spool, 0U, NVT_LIT("0123456789"));
            assert_true(err == NVT_OK || err == NVT_E_SPOOL_IO);
        }
        b->flash.device.sync = real_sync;
        assert_int_equal(nvt_spool_settle(&b->spool, e.id, NVT_SPOOL_DELIVERED, 201U, NVT_LIT("")),
                         NVT_OK);
        assert_int_equal(append(b, 3), NVT_OK);
        assert_int_equal(b->spool.bad_count, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_syncs_fail_for_a_while),
        cmocka_unit_test(test_a_cut_and_a_bit),
        cmocka_unit_test(test_entry_rots_while_mounted),
        cmocka_unit_test(test_entry_rots_while_out),
        cmocka_unit_test(test_length_rots),
        cmocka_unit_test(test_length_rots_before_mount),
        cmocka_unit_test(test_a_part_reads_as_erased),
        cmocka_unit_test(test_put_back_is_cheap),
        cmocka_unit_test(test_move_is_cheap),
        cmocka_unit_test(test_window_is_too_small),
        cmocka_unit_test(test_block_fails_when_full),
        cmocka_unit_test(test_bad_block_is_known_again),
        cmocka_unit_test(test_repairs_are_counted_once),
        cmocka_unit_test(test_each_wiped_block_is_counted),
        cmocka_unit_test(test_torn_id_is_not_given_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
