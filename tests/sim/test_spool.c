/* SPDX-License-Identifier: Apache-2.0 */
/* The spool on a simulated flash: what it refuses, its order, damage and bad blocks. What holds
 * through power cuts is in tests/spool. */
#include "spool_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static uint32_t append(struct bench *b, const char *text, uint32_t due_s)
{
    uint32_t id = 0;
    assert_int_equal(nvt_spool_append(&b->spool, nvt_span_str(text), due_s, &id), NVT_OK);
    return id;
}

static nvt_err pick(struct bench *b, char text[512], struct nvt_spool_entry *e)
{
    struct nvt_buf out;
    nvt_buf_init(&out, text, 511U);
    nvt_err err = nvt_spool_pick(&b->spool, &out, e);
    text[out.len] = '\0';
    return err;
}

static void assert_picks(struct bench *b, const char *wanted)
{
    char text[512];
    struct nvt_spool_entry e;
    assert_int_equal(pick(b, text, &e), NVT_OK);
    assert_string_equal(text, wanted);
}

static void test_bad_configuration(void **state)
{
    (void)state;
    struct bench *b = spool_bench(BLOCKS, PICKS);
    struct nvt_spool s;
    struct nvt_spool_config c = b->config;
    struct nvt_port_block d = b->flash.device;
    c.device = &d;
    const struct {
        uint32_t block_size, block_count, prog_size, buffer_cap, window_len;
        nvt_err err;
    } cases[] = {
        {512, 8, 4, 512, 64, NVT_OK},
        {252, 8, 4, 512, 8, NVT_E_ARG},
        {512, 3, 4, 512, 64, NVT_E_ARG},
        {512, 65536, 4, 512, 64, NVT_E_ARG},
        {512, 8, 3, 512, 64, NVT_E_ARG},
        {512, 8, 0, 512, 64, NVT_E_ARG},
        {512, 8, 8192, 512, 64, NVT_E_ARG},
        {510, 8, 4, 512, 64, NVT_E_ARG},
        {512, 8, 4, 255, 64, NVT_E_ARG},
        {512, 8, 4, 512, 3, NVT_E_ARG},
        {512, 8, 4, 512, 62, NVT_E_ARG},
        {276, 8, 4, 512, 64, NVT_E_ARG},
        {512, 8, 4, 512, 12, NVT_E_ARG},
        {512, 8, 4, 512, 16, NVT_OK},
        {280, 8, 4, 512, 64, NVT_E_SPOOL_FOREIGN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        d.block_size = cases[i].block_size;
        d.block_count = cases[i].block_count;
        d.prog_size = cases[i].prog_size;
        c.buffer_cap = cases[i].buffer_cap;
        c.window_len = cases[i].window_len;
        nvt_err err = nvt_spool_mount(&s, &c);
        assert_int_equal(err, cases[i].err);
    }
    c = b->config;
    c.pick_cap = 7U;
    assert_int_equal(nvt_spool_mount(&s, &c), NVT_E_ARG);
    c.pick_cap = 8U;
    c.picks = NULL;
    assert_int_equal(nvt_spool_mount(&s, &c), NVT_E_ARG);
    assert_int_equal(nvt_spool_mount(&s, NULL), NVT_E_ARG);
    assert_int_equal(nvt_spool_mount(NULL, &c), NVT_E_ARG);
}

static void test_what_stands_on_a_device(void **state)
{
    (void)state;
    struct bench *b = spool_bench(BLOCKS, PICKS);
    struct nvt_spool s;
    (void)memset(b->mem, 0xFF, sizeof b->mem);
    assert_int_equal(nvt_spool_mount(&s, &b->config), NVT_E_SPOOL_BLANK);
    (void)memcpy(b->mem, "NVS", 3); /* a format that was cut short */
    assert_int_equal(nvt_spool_mount(&s, &b->config), NVT_E_SPOOL_BLANK);
    (void)memcpy(b->mem, "NVS2", 4); /* the format before, and one to come */
    assert_int_equal(nvt_spool_mount(&s, &b->config), NVT_E_SPOOL_VERSION);
    (void)memcpy(b->mem, "NVS4", 4);
    assert_int_equal(nvt_spool_mount(&s, &b->config), NVT_E_SPOOL_VERSION);
    (void)memcpy(b->mem, "hello", 5);
    assert_int_equal(nvt_spool_mount(&s, &b->config), NVT_E_SPOOL_FOREIGN);
    assert_int_equal(nvt_spool_format(&b->spool, &b->config), NVT_OK);
    assert_int_equal(nvt_spool_mount(&s, &b->config), NVT_OK);
    b->flash.device.block_count = BLOCKS / 2; /* another geometry */
    assert_int_equal(nvt_spool_mount(&s, &b->config), NVT_E_SPOOL_FOREIGN);
}

static void test_not_mounted(void **state)
{
    (void)state;
    struct bench *b = spool_bench(BLOCKS, PICKS);
    struct nvt_spool_entry e;
    struct nvt_buf out;
    uint32_t id = 0;
    nvt_buf_init(&out, NULL, 0);
    (void)memset(&b->spool, 0, sizeof b->spool);
    assert_int_equal(nvt_spool_append(&b->spool, NVT_LIT("x"), 0, &id), NVT_E_STATE);
    assert_int_equal(nvt_spool_pick(&b->spool, &out, &e), NVT_E_STATE);
    assert_int_equal(nvt_spool_put_value(&b->spool, 0, NVT_LIT("x")), NVT_E_STATE);
    assert_int_equal(nvt_spool_get_value(&b->spool, 0, &out), NVT_E_STATE);
}

static void test_most_urgent_first(void **state)
{
    (void)state;
    struct bench *b = spool_bench(BLOCKS, PICKS);
    char name[16];
    (void)append(b, "late", 900);
    (void)append(b, "never", UINT32_MAX);
    (void)append(b, "soon", 100);
    (void)append(b, "soon too", 100);
    assert_picks(b, "soon");
    (void)append(b, "sooner", 50);
    assert_picks(b, "sooner");
    assert_picks(b, "soon too");
    /* more than are remembered at once, the most urgent last */
    for (unsigned i = 0; i < PICKS + 6U; i++) {
        (void)snprintf(name, sizeof name, "n%u", i);
        (void)append(b, name, 800U - i);
    }
    for (unsigned i = PICKS + 6U; i-- > 0U;) {
        (void)snprintf(name, sizeof name, "n%u", i);
        assert_picks(b, name);
    }
    assert_picks(b, "late");
    assert_picks(b, "never");
}

static void test_out_and_back(void **state)
{
    (void)state;
    struct bench *b = spool_bench(BLOCKS, PICKS);
    struct nvt_spool_entry e;
    struct nvt_spool_info info;
    char text[512];
    uint32_t id = append(b, "one", 10);
    assert_int_equal(pick(b, text, &e), NVT_OK);
    assert_int_equal(e.id, id);
    assert_int_equal(pick(b, text, &e), NVT_E_SPOOL_EMPTY);
    assert_int_equal(nvt_spool_put_back(&b->spool, id), NVT_OK);
    assert_int_equal(nvt_spool_put_back(&b->spool, id), NVT_E_ARG);
    assert_int_equal(nvt_spool_settle(&b->spool, id, NVT_SPOOL_DELIVERED, 201, NVT_LIT("")),
                     NVT_E_ARG);
    assert_picks(b, "one");
    assert_int_equal(nvt_spool_settle(&b->spool, id, NVT_SPOOL_EXPIRED, 0, NVT_LIT("too late")),
                     NVT_OK);
    nvt_spool_info(&b->spool, &info);
    assert_int_equal(info.pending, 0);
    assert_int_equal(info.oldest_id, 0);
    assert_int_equal(info.expired, 1);
    assert_int_equal(info.used_bytes, 0);
}

static void test_too_many_out(void **state)
{
    (void)state;
    struct bench *b = spool_bench(BLOCKS, PICKS);
    struct nvt_spool_entry e;
    char text[512];
    for (unsigned i = 0; i <= NVT_SPOOL_OUT_MAX; i++) {
        (void)append(b, "x", i);
    }
    for (unsigned i = 0; i < NVT_SPOOL_OUT_MAX; i++) {
        assert_int_equal(pick(b, text, &e), NVT_OK);
    }
    assert_int_equal(pick(b, text, &e), NVT_E_SPOOL_OUT);
}

static void test_sizes(void **state)
{
    (void)state;
    struct bench *b = spool_bench(BLOCKS, PICKS);
    struct nvt_spool_entry e;
    struct nvt_buf out;
    uint8_t bytes[512] = {0};
    uint32_t id = 0;
    assert_int_equal(nvt_spool_append(&b->spool, nvt_span_of(bytes, DATA_MAX - 16 + 1), 9, &id),
                     NVT_E_SPOOL_SIZE);
    assert_int_equal(nvt_spool_append(&b->spool, nvt_span_of(bytes, 200), 0, &id), NVT_OK);
    nvt_buf_init(&out, bytes, 199);
    assert_int_equal(nvt_spool_pick(&b->spool, &out, &e), NVT_E_SPACE);
    assert_int_equal(e.len, 200);
    nvt_buf_init(&out, bytes, 200);
    assert_int_equal(nvt_spool_pick(&b->spool, &out, &e), NVT_OK);
}

/* Full before anything is touched, and room again once something is settled. */
static void test_full(void **state)
{
    (void)state;
    struct bench *b = spool_bench(BLOCKS, PICKS);
    uint8_t bytes[100] = {0};
    uint32_t id = 0;
    nvt_err err = NVT_OK;
    for (unsigned i = 0; i < 100U && err == NVT_OK; i++) {
        err = nvt_spool_append(&b->spool, nvt_span_of(bytes, sizeof bytes), i, &id);
    }
    assert_int_equal(err, NVT_E_SPOOL_FULL);
    uint64_t programmed = b->flash.programmed;
    err = nvt_spool_append(&b->spool, nvt_span_of(bytes, sizeof bytes), 0, &id);
    assert_int_equal(err, NVT_E_SPOOL_FULL);
    assert_true(b->flash.programmed == programmed);
    char text[512];
    struct nvt_spool_entry e;
    assert_int_equal(pick(b, text, &e), NVT_OK);
    assert_int_equal(nvt_spool_settle(&b->spool, e.id, NVT_SPOOL_DELIVERED, 201, NVT_LIT("")),
                     NVT_OK);
    assert_int_equal(nvt_spool_append(&b->spool, nvt_span_of(bytes, sizeof bytes), 0, &id), NVT_OK);
    assert_null(b->flash.violation);
}

static void test_window_is_full(void **state)
{
    (void)state;
    struct bench *b = spool_bench(BLOCKS, PICKS);
    struct nvt_spool_entry e;
    char text[512];
    uint32_t id = 0;
    struct nvt_spool_info info;
    b->config.window_len = NVT_SPOOL_WINDOW_LEN(BLOCKS, 32U);
    assert_int_equal(nvt_spool_format(&b->spool, &b->config), NVT_OK);
    (void)append(b, "stuck", UINT32_MAX);
    for (unsigned i = 1; i < 32U; i++) {
        (void)append(b, "x", 1);
        assert_int_equal(pick(b, text, &e), NVT_OK);
        assert_int_equal(nvt_spool_settle(&b->spool, e.id, NVT_SPOOL_DELIVERED, 201, NVT_LIT("")),
                         NVT_OK);
    }
    assert_int_equal(nvt_spool_append(&b->spool, NVT_LIT("x"), 1, &id), NVT_E_SPOOL_WINDOW);
    nvt_spool_info(&b->spool, &info);
    assert_int_equal(info.span, 32);
    assert_int_equal(info.entries_max, 32);
    assert_int_equal(info.pending, 1);
    assert_picks(b, "stuck");
    assert_int_equal(nvt_spool_settle(&b->spool, 1U, NVT_SPOOL_DELIVERED, 201, NVT_LIT("")),
                     NVT_OK);
    (void)append(b, "x", 1);
}

/* More ids in one block than the window has room for: what is done leaves it as on the first day.
 */
static void test_window_goes_round_in_a_block(void **state)
{
    (void)state;
    struct bench *b = spool_bench(BLOCKS, PICKS);
    struct nvt_spool_entry e;
    char text[512];
    b->config.window_len = NVT_SPOOL_WINDOW_LEN(4U, 32U);
    b->flash.device.block_size = 4U * BLOCK;
    b->flash.device.block_count = 4U;
    assert_int_equal(nvt_spool_format(&b->spool, &b->config), NVT_OK);
    for (unsigned i = 0; i < 44U; i++) {
        (void)append(b, "x", i);
        if (i < 42U) {
            assert_int_equal(pick(b, text, &e), NVT_OK);
            assert_int_equal(
                nvt_spool_settle(&b->spool, e.id, NVT_SPOOL_DELIVERED, 201, NVT_LIT("")), NVT_OK);
        }
    }
    assert_int_equal(b->spool.ring.newest.seq, 1);
    assert_int_equal(nvt_spool_mount(&b->spool, &b->config), NVT_OK);
    assert_int_equal(b->spool.now.pending, 2);
    assert_int_equal(b->spool.now.delivered, 42);
    assert_int_equal(b->spool.now.next, 45);
    /* with the mark of the second one gone, only that one is in doubt */
    b->mem[FIRST_RECORD + 3 * 20 - 4] ^= 1U;
    assert_int_equal(nvt_spool_mount(&b->spool, &b->config), NVT_OK);
    assert_int_equal(b->spool.now.pending, 2);
    assert_int_equal(b->spool.now.next, 45);
    assert_int_equal(b->spool.lost, 0);
    assert_int_equal(b->spool.damaged, 1);
}

/* Journeys kept and delivered in turn wear all blocks alike. */
static void test_wear(void **state)
{
    (void)state;
    struct bench *b = spool_bench(BLOCKS, PICKS);
    struct nvt_spool_entry e;
    char text[512];
    uint32_t erases[BLOCKS] = {0};
    uint32_t last = b->spool.ring.newest.block;
    for (unsigned i = 0; i < 4000U; i++) {
        (void)append(b, "0123456789012345678901234567890123456789", i);
        assert_int_equal(pick(b, text, &e), NVT_OK);
        assert_int_equal(nvt_spool_settle(&b->spool, e.id, NVT_SPOOL_DELIVERED, 201, NVT_LIT("")),
                         NVT_OK);
        if (b->spool.ring.newest.block != last) {
            last = b->spool.ring.newest.block;
            erases[last]++;
        }
    }
    for (size_t i = 1; i < BLOCKS; i++) {
        assert_true(erases[i] + 1U >= erases[0] && erases[i] <= erases[0] + 1U);
    }
    assert_true(erases[0] > 20U);
}

/* A damaged record costs itself, a damaged head nothing as long as its other copy or the next
 * block tells of its records; the rest goes on. */
static void test_damage(void **state)
{
    (void)state;
    struct bench *b = spool_bench(BLOCKS, PICKS);
    struct nvt_spool_info info;
    for (unsigned i = 0; i < 16U; i++) {
        (void)append(b, "0123456789012345678901234567890123456789", i);
    }
    b->mem[FIRST_RECORD + 20] ^= 1U;
    assert_int_equal(nvt_spool_mount(&b->spool, &b->config), NVT_OK);
    nvt_spool_info(&b->spool, &info);
    assert_int_equal(info.damaged, 1);
    assert_int_equal(info.lost, 1);
    assert_int_equal(info.pending, 15);
    assert_int_equal(info.oldest_id, 2);
    b->mem[4] ^= 1U; /* a copy of the head of the first block */
    assert_int_equal(nvt_spool_mount(&b->spool, &b->config), NVT_OK);
    nvt_spool_info(&b->spool, &info);
    assert_int_equal(info.repaired, 1);
    assert_int_equal(info.damaged, 1);
    assert_int_equal(info.lost, 1);
    b->mem[HEAD + 4] ^= 1U; /* and the other */
    assert_int_equal(nvt_spool_mount(&b->spool, &b->config), NVT_OK);
    nvt_spool_info(&b->spool, &info);
    assert_int_equal(info.repaired, 0);
    assert_int_equal(info.damaged, 2);
    assert_int_equal(info.lost, 1);
    assert_int_equal(info.pending, 15);
    b->mem[BLOCK + 4] ^= 1U; /* and those of the block that tells of it */
    b->mem[BLOCK + HEAD + 4] ^= 1U;
    assert_int_equal(nvt_spool_mount(&b->spool, &b->config), NVT_OK);
    nvt_spool_info(&b->spool, &info);
    assert_true(info.damaged > 0);
    assert_int_equal(info.lost, 5); /* those of the first block */
    assert_int_equal(info.pending, 11);
}

/* Blocks that cannot be erased or written are passed over, and nothing is lost to them. */
static void test_bad_blocks(void **state)
{
    (void)state;
    for (uint8_t how = 1; how <= 2U; how++) {
        struct bench *b = spool_bench(BLOCKS, PICKS);
        struct nvt_spool_entry e;
        char text[512];
        b->bad[2] = how;
        b->bad[5] = how;
        for (unsigned i = 0; i < 200U; i++) {
            (void)append(b, "0123456789012345678901234567890123456789", i);
            if (i >= 4U) {
                assert_int_equal(pick(b, text, &e), NVT_OK);
                assert_int_equal(e.due_s, i - 4U);
                assert_int_equal(
                    nvt_spool_settle(&b->spool, e.id, NVT_SPOOL_DELIVERED, 201, NVT_LIT("")),
                    NVT_OK);
            }
        }
        assert_int_equal(nvt_spool_mount(&b->spool, &b->config), NVT_OK);
        assert_int_equal(b->spool.now.pending, 4);
        assert_int_equal(b->spool.lost, 0);
    }
}

static void test_values(void **state)
{
    (void)state;
    struct bench *b = spool_bench(BLOCKS, PICKS);
    uint8_t mem[8];
    struct nvt_buf out;
    nvt_buf_init(&out, mem, sizeof mem);
    assert_int_equal(nvt_spool_get_value(&b->spool, 0, &out), NVT_E_SPOOL_EMPTY);
    assert_int_equal(nvt_spool_put_value(&b->spool, NVT_SPOOL_VALUES, NVT_LIT("x")), NVT_E_ARG);
    assert_int_equal(nvt_spool_get_value(&b->spool, NVT_SPOOL_VALUES, &out), NVT_E_ARG);
    for (unsigned i = 0; i < 100U; i++) { /* the first one outlives the ring */
        assert_int_equal(nvt_spool_put_value(&b->spool, 1, NVT_LIT("012345678901234567890")),
                         NVT_OK);
        if (i == 0U) {
            assert_int_equal(nvt_spool_put_value(&b->spool, 0, NVT_LIT("first")), NVT_OK);
        }
    }
    assert_int_equal(nvt_spool_mount(&b->spool, &b->config), NVT_OK);
    assert_int_equal(nvt_spool_get_value(&b->spool, 0, &out), NVT_OK);
    assert_true(nvt_span_eq(nvt_buf_span(&out), NVT_LIT("first")));
    nvt_buf_init(&out, mem, sizeof mem);
    assert_int_equal(nvt_spool_get_value(&b->spool, 1, &out), NVT_E_SPACE);
}

/* From hold to commit nothing waits for the device. */
static void test_hold_and_commit(void **state)
{
    (void)state;
    struct bench *b = spool_bench(BLOCKS, PICKS);
    struct nvt_spool_info info;
    struct nvt_spool_entry e;
    char text[512];
    uint64_t syncs = b->flash.syncs;
    nvt_spool_hold(&b->spool);
    (void)append(b, "one", 1);
    (void)append(b, "two", 2);
    assert_int_equal(pick(b, text, &e), NVT_OK);
    assert_int_equal(nvt_spool_settle(&b->spool, e.id, NVT_SPOOL_DELIVERED, 201, NVT_LIT("")),
                     NVT_OK);
    assert_int_equal(nvt_spool_put_value(&b->spool, 0, NVT_LIT("v")), NVT_OK);
    assert_true(b->flash.syncs == syncs);
    assert_int_equal(nvt_spool_commit(&b->spool), NVT_OK);
    assert_true(b->flash.syncs == syncs + 1U);
    assert_int_equal(nvt_spool_commit(&b->spool), NVT_OK); /* nothing is held */
    assert_true(b->flash.syncs == syncs + 1U);
    (void)append(b, "three", 3);
    assert_true(b->flash.syncs == syncs + 2U);
    nvt_spool_hold(&b->spool);
    (void)append(b, "four", 4);
    b->flash.sync_fails = true;
    assert_int_equal(nvt_spool_commit(&b->spool), NVT_E_SPOOL_IO);
    b->flash.sync_fails = false;
    assert_int_equal(nvt_spool_commit(&b->spool), NVT_OK);
    nvt_spool_info(&b->spool, &info); /* what was held is undone */
    assert_int_equal(info.pending, 2);
    assert_int_equal(info.failed_syncs, 1);
    assert_int_equal(append(b, "five", 5), 5);
    assert_true(b->spool.ring.newest.seq == 2U); /* not behind what is perhaps not there */
    assert_int_equal(nvt_spool_mount(&b->spool, &b->config), NVT_OK);
    assert_picks(b, "two");
    assert_picks(b, "three");
    assert_picks(b, "five");
    assert_int_equal(b->spool.lost, 0);
    (void)memset(&b->spool, 0, sizeof b->spool);
    assert_int_equal(nvt_spool_commit(&b->spool), NVT_E_STATE);
}

/* A sync that failed while operations were held fails the commit, even if a later one succeeds. */
static void test_commit_tells_of_an_earlier_sync(void **state)
{
    (void)state;
    struct bench *b = spool_bench(BLOCKS, PICKS);
    uint32_t id = 0;
    nvt_err err = NVT_OK;
    nvt_spool_hold(&b->spool);
    b->flash.sync_fails = true;
    for (unsigned i = 0; i < 100U && err == NVT_OK; i++) { /* until a block is to be erased */
        err = nvt_spool_append(&b->spool, NVT_LIT("0123456789"), i, &id);
    }
    assert_int_equal(err, NVT_E_SPOOL_IO);
    b->flash.sync_fails = false;
    assert_int_equal(nvt_spool_commit(&b->spool), NVT_E_SPOOL_IO);
    nvt_spool_hold(&b->spool);
    assert_int_equal(nvt_spool_commit(&b->spool), NVT_OK);
}

/* What a mount finds may be in some cache only: it makes that durable, or fails. */
static void test_mount_trusts_no_cache(void **state)
{
    (void)state;
    struct bench *b = spool_bench(BLOCKS, PICKS);
    nvt_spool_hold(&b->spool);
    (void)append(b, "one", 1);
    b->flash.sync_fails = true;
    assert_int_equal(nvt_spool_mount(&b->spool, &b->config), NVT_E_SPOOL_IO);
    b->flash.sync_fails = false;
    uint64_t programmed = b->flash.programmed;
    assert_int_equal(nvt_spool_mount(&b->spool, &b->config), NVT_OK);
    assert_memory_equal(b->mem, b->synced, sizeof b->mem);
    assert_true(b->flash.programmed == programmed);
    assert_int_equal(b->spool.now.pending, 1);
}

/* Of a group that a cut left in part, nothing counts as lost and no id is given twice. */
static void test_cut_before_commit(void **state)
{
    (void)state;
    struct bench *b = spool_bench(BLOCKS, PICKS);
    (void)append(b, "kept", 1);
    nvt_spool_hold(&b->spool);
    (void)append(b, "torn", 2);
    (void)append(b, "there", 3);
    (void)append(b, "too", 3);
    b->mem[FIRST_RECORD + 20 + 17] = 0U;
    assert_int_equal(nvt_spool_mount(&b->spool, &b->config), NVT_OK);
    assert_int_equal(b->spool.lost, 0);
    assert_int_equal(b->spool.now.pending, 3);
    assert_int_equal(append(b, "next", 4), 5);
    assert_int_equal(append(b, "last", 5), 6);
    assert_int_equal(nvt_spool_mount(&b->spool, &b->config), NVT_OK);
    assert_int_equal(b->spool.lost, 0); /* nor later on */
    assert_int_equal(b->spool.now.pending, 5);
    assert_picks(b, "kept");
    assert_picks(b, "there");
    assert_picks(b, "too");
    assert_picks(b, "next");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad_configuration),
        cmocka_unit_test(test_what_stands_on_a_device),
        cmocka_unit_test(test_not_mounted),
        cmocka_unit_test(test_most_urgent_first),
        cmocka_unit_test(test_out_and_back),
        cmocka_unit_test(test_too_many_out),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_window_is_full),
        cmocka_unit_test(test_window_goes_round_in_a_block),
        cmocka_unit_test(test_wear),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_bad_blocks),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_hold_and_commit),
        cmocka_unit_test(test_commit_tells_of_an_earlier_sync),
        cmocka_unit_test(test_mount_trusts_no_cache),
        cmocka_unit_test(test_cut_before_commit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
