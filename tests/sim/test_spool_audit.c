/* SPDX-License-Identifier: Apache-2.0 */
/* Reading any image, damaged or not, without a mount: all that stands there is told, and nothing is
 * written. */
#include "spool_bench.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* What the reading is at. */
static struct nvt_spool_audit audit;
static struct nvt_spool_item item;
static struct nvt_span bytes;
static uint8_t map[8];

static void append(struct bench *b, const char *text)
{
    uint32_t id = 0;
    assert_int_equal(nvt_spool_append(&b->spool, nvt_span_str(text), 77U, &id), NVT_OK);
}

static void begin(struct bench *b)
{
    assert_int_equal(nvt_spool_audit_begin(&audit, &b->flash.device, b->buffer, sizeof b->buffer,
                                           map, sizeof map),
                     NVT_OK);
}

static enum nvt_spool_item_type next(void)
{
    assert_int_equal(nvt_spool_audit_next(&audit, &item, &bytes), NVT_OK);
    return item.type;
}

static void assert_end(void)
{
    assert_int_equal(nvt_spool_audit_next(&audit, &item, &bytes), NVT_E_SPOOL_EMPTY);
    assert_int_equal(nvt_spool_audit_next(&audit, &item, &bytes), NVT_E_SPOOL_EMPTY);
}

/* The block, so many good copies of its head, the empty list with which it begins, and what says
 * that nothing is moved there. */
static void assert_first_block(uint32_t copies)
{
    assert_int_equal(next(), NVT_SPOOL_ITEM_BLOCK);
    assert_int_equal(item.place.seq, 1);
    assert_int_equal(item.len, copies);
    assert_true(item.in_use);
    assert_int_equal(next(), NVT_SPOOL_ITEM_LIST);
    assert_int_equal(item.id, 1);
    assert_int_equal(item.len, 0);
    assert_int_equal(next(), NVT_SPOOL_ITEM_MOVED);
    assert_int_equal(next(), NVT_SPOOL_ITEM_MOVED);
}

static void test_arguments(void **state)
{
    (void)state;
    struct bench *b = spool_bench(BLOCKS, PICKS);
    struct nvt_spool_audit *a = &audit;
    struct nvt_port_block d = b->flash.device;
    assert_int_equal(nvt_spool_audit_begin(NULL, &d, b->buffer, 512U, map, sizeof map), NVT_E_ARG);
    assert_int_equal(nvt_spool_audit_begin(a, NULL, b->buffer, 512U, map, sizeof map), NVT_E_ARG);
    assert_int_equal(nvt_spool_audit_begin(a, &d, NULL, 512U, map, sizeof map), NVT_E_ARG);
    assert_int_equal(nvt_spool_audit_begin(a, &d, b->buffer, 255U, map, sizeof map), NVT_E_ARG);
    assert_int_equal(nvt_spool_audit_begin(a, &d, b->buffer, 512U, NULL, 4U), NVT_E_ARG);
    assert_int_equal(nvt_spool_audit_begin(a, &d, b->buffer, 512U, map, 3U), NVT_E_ARG);
    assert_int_equal(nvt_spool_audit_begin(a, &d, b->buffer, 512U, map, 4U), NVT_OK);
    d.block_count = 3U;
    assert_int_equal(nvt_spool_audit_begin(a, &d, b->buffer, 512U, map, sizeof map), NVT_E_ARG);
}

static void test_geometry(void **state)
{
    (void)state;
    struct bench *b = spool_bench(BLOCKS, PICKS);
    struct nvt_spool_geometry g;
    struct nvt_span head = nvt_span_of(b->mem, NVT_SPOOL_HEAD_LEN);
    assert_int_equal(nvt_spool_read_geometry(head, &g), NVT_OK);
    assert_int_equal(g.block_size, BLOCK);
    assert_int_equal(g.block_count, BLOCKS);
    assert_int_equal(g.prog_size, 4);
    head.len--;
    assert_int_equal(nvt_spool_read_geometry(head, &g), NVT_E_SPOOL_FOREIGN);
    head.len++;
    b->mem[66] = 3U; /* no power of two */
    assert_int_equal(nvt_spool_read_geometry(head, &g), NVT_E_SPOOL_FOREIGN);
    b->mem[66] = 4U;
    b->mem[3] = (uint8_t)'2';
    assert_int_equal(nvt_spool_read_geometry(head, &g), NVT_E_SPOOL_VERSION);
    b->mem[3] = (uint8_t)'x';
    assert_int_equal(nvt_spool_read_geometry(head, &g), NVT_E_SPOOL_FOREIGN);
    b->mem[3] = (uint8_t)'3';
    b->mem[0] = 0U;
    assert_int_equal(nvt_spool_read_geometry(head, &g), NVT_E_SPOOL_FOREIGN);
}

/* Each kind of record once, with what it holds; of a value no byte. */
static void test_each_kind(void **state)
{
    (void)state;
    struct bench *b = spool_bench(BLOCKS, PICKS);
    struct nvt_spool_entry e;
    struct nvt_buf out;
    char mem[16];
    append(b, "one");
    nvt_buf_init(&out, mem, sizeof mem);
    assert_int_equal(nvt_spool_pick(&b->spool, &out, &e), NVT_OK);
    assert_int_equal(nvt_spool_settle(&b->spool, e.id, NVT_SPOOL_REFUSED, 422U, NVT_LIT("too far")),
                     NVT_OK);
    assert_int_equal(nvt_spool_put_value(&b->spool, 1U, NVT_LIT("a secret token")), NVT_OK);
    uint64_t programmed = b->flash.programmed;
    begin(b);
    assert_first_block(2);
    assert_int_equal(item.place.seq, 1);
    assert_true(item.in_use);
    assert_int_equal(next(), NVT_SPOOL_ITEM_ENTRY);
    assert_int_equal(item.id, 1);
    assert_int_equal(item.due_s, 77);
    assert_true(nvt_span_eq(bytes, NVT_LIT("one")));
    assert_int_equal(next(), NVT_SPOOL_ITEM_MARK);
    assert_int_equal(item.id, 1);
    assert_int_equal(item.state, NVT_SPOOL_REFUSED);
    assert_int_equal(item.status, 422);
    assert_true(nvt_span_eq(bytes, NVT_LIT("too far")));
    assert_int_equal(next(), NVT_SPOOL_ITEM_VALUE);
    assert_int_equal(item.id, 1);
    assert_int_equal(item.len, 14);
    assert_int_equal(bytes.len, 0);
    for (size_t i = 0; i + 6U < sizeof b->buffer; i++) {
        assert_true(memcmp(b->buffer + i, "secret", 6) != 0);
    }
    assert_end();
    assert_true(b->flash.programmed == programmed);
}

/* Damage between records, at their end, in a head; the rest is told all the same. */
static void test_damage(void **state)
{
    (void)state;
    struct bench *b = spool_bench(BLOCKS, PICKS);
    append(b, "one");
    append(b, "two");
    b->mem[FIRST_RECORD + 17] ^= 1U;
    begin(b);
    assert_first_block(2);
    assert_int_equal(next(), NVT_SPOOL_ITEM_DAMAGE);
    assert_int_equal(item.len, 20);
    assert_int_equal(item.place.seq, 1);
    assert_int_equal(next(), NVT_SPOOL_ITEM_ENTRY);
    assert_true(nvt_span_eq(bytes, NVT_LIT("two")));
    assert_end();
    b->mem[FIRST_RECORD + 37] ^= 1U; /* the last one: as if it had been cut off */
    begin(b);
    assert_first_block(2);
    assert_int_equal(next(), NVT_SPOOL_ITEM_CUT);
    assert_int_equal(item.len, 40);
    assert_end();
    b->mem[9] ^= 1U; /* a copy of the only head */
    begin(b);
    assert_first_block(1);
    b->mem[HEAD + 9] ^= 1U; /* the other */
    begin(b);
    assert_int_equal(next(), NVT_SPOOL_ITEM_DAMAGE);
    assert_int_equal(item.place.seq, 0);
    assert_false(item.in_use);
    assert_end();
}

/* Blocks of the ring are told from those whose time is over, a damaged head among them too. */
static void test_ring(void **state)
{
    (void)state;
    struct bench *b = spool_bench(BLOCKS, PICKS);
    struct nvt_spool_entry e;
    uint32_t used = 0;
    for (unsigned i = 0; i < 60U; i++) {
        char mem[64];
        struct nvt_buf out;
        nvt_buf_init(&out, mem, sizeof mem);
        append(b, "0123456789012345678901234567890123456789");
        if (i >= 20U) {
            assert_int_equal(nvt_spool_pick(&b->spool, &out, &e), NVT_OK);
            assert_int_equal(
                nvt_spool_settle(&b->spool, e.id, NVT_SPOOL_DELIVERED, 201U, NVT_LIT("")), NVT_OK);
        }
    }
    begin(b);
    assert_int_equal(audit.spool.ring.newest.seq, b->spool.ring.newest.seq);
    assert_true(audit.spool.ring.oldest_seq <= b->spool.ring.oldest_seq);
    uint32_t pending = 0;
    nvt_err err = nvt_spool_audit_next(&audit, &item, &bytes);
    while (err == NVT_OK) {
        used += item.type == NVT_SPOOL_ITEM_BLOCK && item.in_use ? 1U : 0U;
        pending += item.type == NVT_SPOOL_ITEM_ENTRY && item.in_use && item.id > 40U;
        err = nvt_spool_audit_next(&audit, &item, &bytes);
    }
    assert_int_equal(err, NVT_E_SPOOL_EMPTY);
    assert_int_equal(pending, 20);
    assert_true(used > 2U && used < BLOCKS);
    uint32_t second = b->spool.ring.oldest + 1U == BLOCKS ? 0U : b->spool.ring.oldest + 1U;
    b->mem[second * BLOCK + 10U] ^= 4U;
    b->mem[second * BLOCK + HEAD + 10U] ^= 4U;
    begin(b);
    while (next() != NVT_SPOOL_ITEM_BLOCK || item.len > 0U) {
        /* up to it */
    }
    assert_int_equal(item.place.block, second);
    assert_true(item.in_use);
    assert_int_equal(next(), NVT_SPOOL_ITEM_LIST); /* known by the block behind */
    uint32_t third = (second + 1U) % BLOCKS;
    b->mem[third * BLOCK + 10U] ^= 4U;
    b->mem[third * BLOCK + HEAD + 10U] ^= 4U;
    begin(b);
    while (next() != NVT_SPOOL_ITEM_DAMAGE || item.place.seq != 0U) {
        /* up to it */
    }
    assert_int_equal(item.place.block, second);
    assert_true(item.in_use);
}

/* A record longer than the buffer is told without its bytes. */
static void test_small_buffer(void **state)
{
    (void)state;
    struct bench *b = spool_bench(BLOCKS, PICKS);
    uint8_t small[256];
    uint8_t text[301];
    nvt_sim_flash_init(&b->flash, b->mem, b->synced, 2U * (uint32_t)BLOCK, BLOCKS, 4U);
    assert_int_equal(nvt_spool_format(&b->spool, &b->config), NVT_OK);
    (void)memset(text, 'a', 300U);
    text[300] = 0U;
    append(b, (const char *)text);
    append(b, "two");
    assert_int_equal(
        nvt_spool_audit_begin(&audit, &b->flash.device, small, sizeof small, map, sizeof map),
        NVT_OK);
    assert_first_block(2);
    assert_int_equal(next(), NVT_SPOOL_ITEM_ENTRY);
    assert_int_equal(item.len, 300);
    assert_int_equal(bytes.len, 0);
    assert_int_equal(next(), NVT_SPOOL_ITEM_ENTRY);
    assert_true(nvt_span_eq(bytes, NVT_LIT("two")));
    assert_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arguments), cmocka_unit_test(test_geometry),
        cmocka_unit_test(test_each_kind), cmocka_unit_test(test_damage),
        cmocka_unit_test(test_ring),      cmocka_unit_test(test_small_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
