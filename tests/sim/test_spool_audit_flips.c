/* SPDX-License-Identifier: Apache-2.0 */
/* Every bit of a spool flipped, one after the other: reading the image tells of each that matters,
 * and a mount tells the same. */
#include "spool_bench.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const char text[] = "0123456789012345678901234567890123456789";

/* What reading an image finds. */
struct tally {
    uint32_t repaired, damaged, torn; /* in what counts */
    uint32_t elsewhere;               /* in what does not */
    uint32_t entries, marks, values;  /* in what counts */
};

static struct tally read_all(struct bench *b)
{
    static uint8_t map[8];
    static uint8_t buffer[1024];
    struct nvt_spool_audit audit;
    struct nvt_spool_item item;
    struct nvt_span bytes;
    struct tally t = {0U, 0U, 0U, 0U, 0U, 0U, 0U};
    assert_int_equal(
        nvt_spool_audit_begin(&audit, &b->flash.device, buffer, sizeof buffer, map, sizeof map),
        NVT_OK);
    while (nvt_spool_audit_next(&audit, &item, &bytes) == NVT_OK) {
        bool hole = item.type == NVT_SPOOL_ITEM_DAMAGE || item.type == NVT_SPOOL_ITEM_CUT;
        bool block = item.type == NVT_SPOOL_ITEM_BLOCK;
        t.elsewhere += hole && !item.in_use ? 1U : 0U;
        if (!item.in_use) {
            continue;
        }
        t.repaired += block && item.len == 1U ? 1U : 0U;
        t.damaged += item.type == NVT_SPOOL_ITEM_DAMAGE || (block && item.len == 0U) ? 1U : 0U;
        t.torn += item.type == NVT_SPOOL_ITEM_CUT ? 1U : 0U;
        t.entries += item.type == NVT_SPOOL_ITEM_ENTRY ? 1U : 0U;
        t.marks += item.type == NVT_SPOOL_ITEM_MARK ? 1U : 0U;
        t.values += item.type == NVT_SPOOL_ITEM_VALUE ? 1U : 0U;
    }
    return t;
}

/* Goes round the ring, with moves, until each block has had several lives. */
static struct bench *fill(void)
{
    struct bench *b = spool_bench(BLOCKS, PICKS);
    uint32_t id = 0;
    assert_int_equal(nvt_spool_put_value(&b->spool, 3U, NVT_LIT("a value")), NVT_OK);
    for (unsigned i = 0; i < 120U; i++) {
        struct nvt_spool_entry e;
        assert_int_equal(
            nvt_spool_append(&b->spool, nvt_span_str(text), i < 3U ? UINT32_MAX : 7U, &id), NVT_OK);
        if (i >= 10U) {
            assert_int_equal(nvt_spool_pick(&b->spool, NULL, &e), NVT_OK);
            assert_int_equal(
                nvt_spool_settle(&b->spool, e.id, NVT_SPOOL_DELIVERED, 201U, NVT_LIT("")), NVT_OK);
        }
    }
    return b;
}

/* Flips one bit, reads, and flips it back. */
static void flip(struct bench *b, size_t at, unsigned bit, const struct tally *whole,
                 uint32_t pending)
{
    struct nvt_spool_info info;
    b->mem[at] ^= (uint8_t)(1U << bit);
    struct tally t = read_all(b);
    assert_int_equal(nvt_spool_mount(&b->spool, &b->config), NVT_OK);
    nvt_spool_info(&b->spool, &info);
    uint32_t found = t.repaired + t.damaged + t.torn;
    uint32_t missing =
        whole->entries + whole->marks + whole->values - t.entries - t.marks - t.values;
    assert_true(missing == 0U || found > 0U);
    assert_true(found <= 1U && missing <= 1U);
    assert_int_equal(info.repaired, t.repaired);
    assert_true((info.damaged > 0U) == (t.damaged > 0U));
    assert_true(t.torn == 0U || info.torn > 0U);
    assert_true(info.torn == 0U || t.torn > 0U || t.elsewhere > 0U); /* in an erased block */
    assert_true(info.pending + info.lost == pending || found > 0U);
    b->mem[at] ^= (uint8_t)(1U << bit);
}

static void test_every_bit(void **state)
{
    (void)state;
    struct bench *b = fill();
    struct nvt_spool_info info;
    const struct tally whole = read_all(b);
    nvt_spool_info(&b->spool, &info);
    assert_int_equal(whole.repaired + whole.damaged + whole.torn, 0U);
    assert_true(whole.entries >= info.pending && whole.values == 1U && whole.marks > 0U);
    for (size_t at = 0; at < (size_t)BLOCK * BLOCKS; at++) {
        for (unsigned bit = 0; bit < 8U; bit++) {
            flip(b, at, bit, &whole, info.pending);
        }
    }
}

/* A head that is whole but for a bit of each copy is told apart from one of which one is good. */
static void test_both_copies(void **state)
{
    (void)state;
    struct bench *b = fill();
    const struct tally whole = read_all(b);
    uint32_t tried = 0;
    for (uint32_t block = 0; block < (uint32_t)BLOCKS; block++) {
        b->mem[block * (uint32_t)BLOCK + 9U] ^= 1U;
        struct tally one = read_all(b);
        b->mem[block * (uint32_t)BLOCK + (uint32_t)HEAD + 9U] ^= 1U;
        struct tally both = read_all(b);
        if (one.repaired == 1U) { /* it is in the ring */
            assert_int_equal(both.damaged, 1U);
            assert_int_equal(both.entries, whole.entries);
            assert_int_equal(both.values, whole.values);
            tried++;
        }
        b->mem[block * (uint32_t)BLOCK + 9U] ^= 1U;
        b->mem[block * (uint32_t)BLOCK + (uint32_t)HEAD + 9U] ^= 1U;
    }
    assert_true(tried > 2U);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_bit),
        cmocka_unit_test(test_both_copies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
