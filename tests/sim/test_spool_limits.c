/* SPDX-License-Identifier: Apache-2.0 */
/* The spool at the ends of its numbers: the largest device, records longer than the buffer, numbers
 * of blocks that are used up, as many moves that failed as there are free blocks. */
#include "../../src/spool/spool_internal.h"
#include "spool_bench.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { FEW_PICKS = 8 };

static nvt_err append(struct nvt_spool *s, uint32_t len, uint32_t due_s)
{
    static uint8_t bytes[1024];
    uint32_t id = 0;
    return nvt_spool_append(s, nvt_span_of(bytes, len), due_s, &id);
}

/* ---- the largest device: only its first blocks are really there ---- */

enum { HUGE = 1048576, HUGE_KEPT = 2 };

static uint8_t huge[HUGE_KEPT][HUGE];

static nvt_err huge_read(void *ctx, uint32_t block, uint32_t offset, uint8_t *out, uint32_t len)
{
    (void)ctx;
    if (block < (uint32_t)HUGE_KEPT) {
        (void)memcpy(out, &huge[block][offset], len);
    } else {
        (void)memset(out, 0xFF, len);
    }
    return NVT_OK;
}

static nvt_err huge_prog(void *ctx, uint32_t block, uint32_t offset, const uint8_t *data,
                         uint32_t len)
{
    (void)ctx;
    if (block < (uint32_t)HUGE_KEPT) {
        (void)memcpy(&huge[block][offset], data, len);
    }
    return block < (uint32_t)HUGE_KEPT ? NVT_OK : NVT_E_SPOOL_IO;
}

static nvt_err huge_erase(void *ctx, uint32_t block)
{
    (void)ctx;
    if (block < (uint32_t)HUGE_KEPT) {
        (void)memset(huge[block], 0xFF, HUGE);
    }
    return NVT_OK;
}

static nvt_err huge_sync(void *ctx)
{
    (void)ctx;
    return NVT_OK;
}

/* What a device of more than 4 GiB holds is no number of 32 bits any more. */
static void test_more_than_4_gib(void **state)
{
    (void)state;
    static const uint32_t counts[] = {4096U, 4380U, 4381U, 8751U, 65535U};
    static uint8_t window[NVT_SPOOL_WINDOW_LEN(65535, 32)];
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        struct bench *b = spool_bench(BLOCKS, FEW_PICKS);
        const struct nvt_port_block device = {NULL,      HUGE,      counts[i],  4U,
                                              huge_read, huge_prog, huge_erase, huge_sync};
        struct nvt_spool_info info;
        b->config.device = &device;
        b->config.window = window;
        b->config.window_len = sizeof window;
        (void)memset(huge, 0xFF, sizeof huge);
        assert_int_equal(nvt_spool_format(&b->spool, &b->config), NVT_OK);
        assert_int_equal(append(&b->spool, 100U, 1U), NVT_OK);
        nvt_spool_info(&b->spool, &info);
        assert_true(info.capacity_bytes > 3800U * (uint32_t)HUGE);
    }
}

/* ---- records of a spool with a larger buffer ---- */

/* A record that would fit but for its padding is too long to be mounted, and nothing is changed;
 * once it is settled that buffer does, and what lies behind it is left alone when its block is
 * moved. */
static void test_padding_beyond_the_buffer(void **state)
{
    (void)state;
    struct bench *b = spool_bench(BLOCKS, FEW_PICKS);
    static uint8_t mem[32 * BLOCK];
    static uint8_t synced[sizeof mem];
    static uint8_t buffer[1024];
    struct nvt_spool_entry e;
    nvt_sim_flash_init(&b->flash, mem, synced, 8U * (uint32_t)BLOCK, 4U, 256U);
    b->config.buffer = buffer;
    b->config.buffer_cap = 512U;
    assert_int_equal(nvt_spool_format(&b->spool, &b->config), NVT_OK);
    assert_int_equal(append(&b->spool, 260U, 0U), NVT_OK); /* two units */
    assert_int_equal(append(&b->spool, 10U, UINT32_MAX), NVT_OK);
    (void)memset(buffer + 300, 0xA5, sizeof buffer - 300U);
    uint64_t programmed = b->flash.programmed;
    b->config.buffer_cap = 300U;
    assert_int_equal(nvt_spool_mount(&b->spool, &b->config), NVT_E_SPOOL_SIZE);
    assert_true(b->flash.programmed == programmed);
    b->config.buffer_cap = 512U;
    assert_int_equal(nvt_spool_mount(&b->spool, &b->config), NVT_OK);
    assert_int_equal(b->spool.now.pending, 2);
    assert_int_equal(nvt_spool_pick(&b->spool, NULL, &e), NVT_OK);
    assert_int_equal(nvt_spool_settle(&b->spool, e.id, NVT_SPOOL_DELIVERED, 201U, NVT_LIT("")),
                     NVT_OK);
    (void)memset(buffer + 300, 0xA5, sizeof buffer - 300U);
    b->config.buffer_cap = 300U;
    assert_int_equal(nvt_spool_mount(&b->spool, &b->config), NVT_OK);
    assert_int_equal(b->spool.damaged, 0);
    assert_int_equal(b->spool.lost, 0);
    assert_int_equal(b->spool.now.pending, 1);
    for (unsigned i = 0; i < 40U; i++) {
        assert_int_equal(append(&b->spool, 10U, 1U), NVT_OK);
        assert_int_equal(nvt_spool_pick(&b->spool, NULL, &e), NVT_OK);
        assert_int_equal(nvt_spool_settle(&b->spool, e.id, NVT_SPOOL_DELIVERED, 201U, NVT_LIT("")),
                         NVT_OK);
    }
    for (size_t i = 300U; i < sizeof buffer; i++) {
        assert_int_equal(buffer[i], 0xA5);
    }
    assert_null(b->flash.violation);
}

/* ---- numbers of blocks that are used up ---- */

/* The head of that block becomes one of another number, good in itself. */
static void renumber(struct bench *b, uint32_t block, uint32_t seq)
{
    struct nvt_head h;
    uint8_t *head = b->mem + (size_t)block * BLOCK;
    assert_true(nvt_head_decode(&b->flash.device, block, head, &h));
    h.own.seq = seq;
    h.oldest_seq = seq;
    nvt_head_encode(&b->flash.device, block, &h, head);
    nvt_head_encode(&b->flash.device, block, &h, head + HEAD);
}

/* Whatever number somebody wrote there: a format makes a spool that goes round for ever. */
static void test_format_begins_numbers_anew(void **state)
{
    (void)state;
    static const uint32_t last[] = {0xFFFFFF00U, 0xFFFFFEFFU, 0xFFFFF000U, 0x80000000U, 9U};
    for (size_t i = 0; i < sizeof last / sizeof last[0]; i++) {
        struct bench *b = spool_bench(BLOCKS, FEW_PICKS);
        struct nvt_spool_entry e;
        renumber(b, 0U, last[i]);
        nvt_sim_flash_on(&b->flash);
        assert_int_equal(nvt_spool_mount(&b->spool, &b->config), NVT_OK);
        assert_int_equal(nvt_spool_format(&b->spool, &b->config), NVT_OK);
        for (unsigned n = 0; n < 200U; n++) {
            assert_int_equal(append(&b->spool, 40U, 1U), NVT_OK);
            assert_int_equal(nvt_spool_pick(&b->spool, NULL, &e), NVT_OK);
            assert_int_equal(
                nvt_spool_settle(&b->spool, e.id, NVT_SPOOL_DELIVERED, 201U, NVT_LIT("")), NVT_OK);
        }
        assert_int_equal(nvt_spool_mount(&b->spool, &b->config), NVT_OK);
        assert_int_equal(b->spool.now.delivered, 200);
        assert_null(b->flash.violation);
    }
}

/* But a block that keeps such a number and cannot be erased cannot be outdone. */
static void test_number_that_stays(void **state)
{
    (void)state;
    struct bench *b = spool_bench(BLOCKS, FEW_PICKS);
    renumber(b, 0U, 0xFFFFFF00U);
    nvt_sim_flash_on(&b->flash);
    b->bad[0] = 1U;
    assert_int_equal(nvt_spool_format(&b->spool, &b->config), NVT_E_SPOOL_IO);
    b->bad[0] = 0U;
    b->bad[3] = 1U;
    assert_int_equal(nvt_spool_format(&b->spool, &b->config), NVT_OK);
    assert_int_equal(append(&b->spool, 40U, 1U), NVT_OK);
}

/* ---- moves that fail ---- */

enum { MANY_BLOCKS = 256, MOVING_AT = 63 };

static struct nvt_port_block real;
static uint32_t moving_block;
static unsigned failed_moves;
static bool moves_fail;

/* Of the blocks that are opened to move records only the heads and lists can be written. */
static nvt_err some_prog(void *ctx, uint32_t block, uint32_t offset, const uint8_t *data,
                         uint32_t len)
{
    if (offset == 0U) {
        moving_block = (data[MOVING_AT] & 0x80U) != 0U ? block : MANY_BLOCKS;
    } else if (moves_fail && block == moving_block && offset >= (uint32_t)RECORDS_AT &&
               data[0] != (uint8_t)NVT_RECORD_LIST) {
        failed_moves++;
        return NVT_E_SPOOL_IO;
    } else {
        /* as ever */
    }
    return real.prog(ctx, block, offset, data, len);
}

static void fail_moves(unsigned wanted)
{
    static uint8_t mem[MANY_BLOCKS * BLOCK];
    static uint8_t synced[sizeof mem];
    static uint8_t window[2048];
    struct bench *b = spool_bench(BLOCKS, FEW_PICKS);
    struct nvt_spool_entry e;
    nvt_sim_flash_init(&b->flash, mem, synced, BLOCK, MANY_BLOCKS, 4U);
    b->config.window = window;
    b->config.window_len = sizeof window / 4U;
    real = b->flash.device;
    b->flash.device.prog = some_prog;
    moves_fail = false;
    failed_moves = 0;
    assert_int_equal(nvt_spool_format(&b->spool, &b->config), NVT_OK);
    for (uint32_t i = 0; i < 9000U && failed_moves < wanted; i++) {
        moves_fail = i > 1000U;
        if (append(&b->spool, 100U, i * 7919U % 1000U) == NVT_E_SPOOL_FULL) {
            assert_int_equal(nvt_spool_pick(&b->spool, NULL, &e), NVT_OK);
            nvt_err err = nvt_spool_settle(&b->spool, e.id, NVT_SPOOL_DELIVERED, 201U, NVT_LIT(""));
            assert_true(err == NVT_OK || nvt_spool_put_back(&b->spool, e.id) == NVT_OK);
        }
    }
    assert_true(failed_moves >= wanted); /* each operation tries again elsewhere */
    uint32_t pending = b->spool.now.pending;
    assert_int_equal(nvt_spool_mount(&b->spool, &b->config), NVT_OK);
    assert_int_equal(b->spool.lost, 0);
    assert_int_equal(b->spool.now.pending, pending);
}

/* However often that is, what stood there before the first of them is what counts. */
static void test_all_moves_fail(void **state)
{
    (void)state;
    for (unsigned wanted = 1; wanted <= 24U; wanted++) {
        fail_moves(wanted);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_more_than_4_gib),
        cmocka_unit_test(test_padding_beyond_the_buffer),
        cmocka_unit_test(test_format_begins_numbers_anew),
        cmocka_unit_test(test_number_that_stays),
        cmocka_unit_test(test_all_moves_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
