/* SPDX-License-Identifier: Apache-2.0 */
/* A spool of which nothing is left but a block whose move was cut off, what an audit
 * counts, and which blocks are erased. */
#include "../../src/spool/spool_internal.h"
#include "spool_bench.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* What an audit finds. */
struct tally {
    uint32_t blocks, used;       /* with a head; of these in use */
    uint32_t entries, copies;    /* in blocks in use; in others */
    uint32_t damages, headless;  /* in use */
    uint32_t newest, newest_seq; /* in use or not */
    bool newest_used;
};

static void count_item(struct tally *t, const struct nvt_spool_item *item)
{
    switch (item->type) {
    case NVT_SPOOL_ITEM_BLOCK:
        t->blocks++;
        t->used += item->in_use ? 1U : 0U;
        t->headless += item->in_use && item->len == 0U ? 1U : 0U;
        if (item->place.seq > t->newest_seq) {
            t->newest_seq = item->place.seq;
            t->newest = item->place.block;
            t->newest_used = item->in_use;
            t->copies = 0U;
        }
        break;
    case NVT_SPOOL_ITEM_ENTRY:
        t->entries += item->in_use ? 1U : 0U;
        t->copies += item->place.seq == t->newest_seq ? 1U : 0U;
        break;
    case NVT_SPOOL_ITEM_DAMAGE:
        t->damages += item->in_use ? 1U : 0U;
        break;
    default:
        break;
    }
}

static struct tally tally(struct bench *b)
{
    static uint8_t map[8];
    static uint8_t buffer[512];
    struct tally t = {0U, 0U, 0U, 0U, 0U, 0U, 0U, 0U, false};
    struct nvt_spool_audit a;
    struct nvt_spool_item item;
    struct nvt_span bytes;
    assert_int_equal(
        nvt_spool_audit_begin(&a, &b->flash.device, buffer, sizeof buffer, map, sizeof map),
        NVT_OK);
    nvt_err err = nvt_spool_audit_next(&a, &item, &bytes);
    while (err == NVT_OK) {
        count_item(&t, &item);
        err = nvt_spool_audit_next(&a, &item, &bytes);
    }
    assert_int_equal(err, NVT_E_SPOOL_EMPTY);
    return t;
}

static void append(struct bench *b, const char *text)
{
    uint32_t id = 0;
    assert_int_equal(nvt_spool_append(&b->spool, nvt_span_str(text), 77U, &id), NVT_OK);
}

/* One entry stays; values drive the blocks round, until it is moved and the power goes before the
 * move has its end: the newest block is none of the ring then. */
static struct tally cut_a_move(struct bench *b)
{
    struct tally t = tally(b);
    append(b, "stays");
    for (uint64_t steps = 200; t.newest_used || t.copies == 0U; steps += 7U) {
        assert_true(steps < 200000U);
        b->flash.steps_left = 1U + steps % 700U;
        nvt_err err = NVT_OK;
        while (err == NVT_OK) {
            err = nvt_spool_put_value(&b->spool, 0U, NVT_LIT("0123456789"));
        }
        nvt_sim_flash_on(&b->flash);
        assert_int_equal(nvt_spool_mount(&b->spool, &b->config), NVT_OK);
        assert_int_equal(b->spool.now.pending, 1);
        t = tally(b);
    }
    return t;
}

/* When nothing else is left the copies in it must do; and it is said that something is amiss. */
static void test_only_an_unfinished_block(void **state)
{
    (void)state;
    struct bench *b = spool_bench(4U, PICKS);
    struct tally t = cut_a_move(b);
    struct nvt_spool_info info;
    struct nvt_spool_entry e;
    uint8_t text[16];
    struct nvt_buf out;
    nvt_buf_init(&out, text, sizeof text);
    for (uint32_t block = 0; block < 4U; block++) {
        if (block != t.newest) {
            (void)memset(b->mem + (size_t)block * BLOCK, 0xFF, BLOCK);
        }
    }
    nvt_sim_flash_on(&b->flash);
    assert_int_equal(nvt_spool_mount(&b->spool, &b->config), NVT_OK);
    nvt_spool_info(&b->spool, &info);
    assert_int_equal(info.pending, 1);
    assert_true(info.damaged > 0U);
    assert_int_equal(nvt_spool_pick(&b->spool, &out, &e), NVT_OK);
    assert_true(nvt_span_eq(nvt_buf_span(&out), NVT_LIT("stays")));
    assert_int_equal(nvt_spool_settle(&b->spool, e.id, NVT_SPOOL_DELIVERED, 201U, NVT_LIT("")),
                     NVT_OK);
    assert_int_equal(nvt_spool_mount(&b->spool, &b->config), NVT_OK);
    assert_int_equal(b->spool.now.pending, 0);
}

/* What the audit says is in use is what the mount uses: each pending entry once, whatever older
 * blocks and unfinished ones hold. */
static void test_audit_counts(void **state)
{
    (void)state;
    struct bench *b = spool_bench(BLOCKS, PICKS);
    for (unsigned i = 0; i < 5U; i++) {
        append(b, "one of five");
    }
    for (unsigned i = 0; i < 150U; i++) {
        assert_int_equal(nvt_spool_put_value(&b->spool, 1U, NVT_LIT("0123456789")), NVT_OK);
    }
    struct tally t = tally(b);
    uint32_t used = (b->spool.ring.newest.block + BLOCKS - b->spool.ring.oldest) % BLOCKS + 1U;
    assert_int_equal(t.used, used);
    assert_true(t.blocks > t.used);
    assert_int_equal(t.entries, 5);
    assert_int_equal(t.newest, b->spool.ring.newest.block);
    assert_true(t.newest_used);
    assert_int_equal(t.damages + t.headless, 0);
    uint8_t *oldest = b->mem + (size_t)b->spool.ring.oldest * BLOCK;
    oldest[0] ^= 1U;
    oldest[HEAD] ^= 1U;
    t = tally(b);
    assert_int_equal(t.used, used);
    assert_int_equal(t.headless, 1);
    assert_int_equal(t.damages, 0);
    assert_int_equal(t.entries, 5);
}

/* ---- erased blocks ---- */

static struct nvt_port_block real;
static unsigned erased;

/* A cut may leave a part of any block that is erased: no mount may look there for what counts. */
static nvt_err erase_unused(void *ctx, uint32_t block)
{
    static struct nvt_spool second;
    static uint8_t window[256];
    static uint8_t buffer[512];
    static struct nvt_spool_entry picks[PICKS];
    struct nvt_spool_config config = {&real,         buffer, sizeof buffer, window,
                                      sizeof window, picks,  PICKS,         0U};
    if (nvt_spool_mount(&second, &config) == NVT_OK) {
        assert_int_not_equal(nvt_block_state(&second.medium, block), NVT_BLOCK_USED);
        erased++;
    }
    return real.erase(ctx, block);
}

static void settle_next(struct bench *b)
{
    struct nvt_spool_entry e;
    assert_int_equal(nvt_spool_pick(&b->spool, NULL, &e), NVT_OK);
    assert_int_equal(nvt_spool_settle(&b->spool, e.id, NVT_SPOOL_DELIVERED, 201U, NVT_LIT("")),
                     NVT_OK);
}

/* Entries come and go in their order, with more and more of them pending, until there is room for
 * none. */
static void test_erased_blocks_are_told_as_free(void **state)
{
    (void)state;
    struct bench *b = spool_bench(BLOCKS, PICKS);
    uint32_t id = 0;
    nvt_err err = NVT_OK;
    real = b->flash.device;
    erased = 0U;
    b->flash.device.erase = erase_unused;
    for (unsigned i = 0; err == NVT_OK; i++) {
        err = nvt_spool_append(&b->spool, NVT_LIT("comes and goes, of some length"), i, &id);
        if (err == NVT_OK && i % 50U != 0U) {
            settle_next(b);
        }
    }
    assert_int_equal(err, NVT_E_SPOOL_FULL);
    assert_true(erased > 3U * (unsigned)BLOCKS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_an_unfinished_block),
        cmocka_unit_test(test_audit_counts),
        cmocka_unit_test(test_erased_blocks_are_told_as_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
