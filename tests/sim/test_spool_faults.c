/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Faults after which old bytes on the flash look like new ones: a call that fails while records
 * move, a failed sync before a cut, a torn record whose id is given again, one unit of several
 * records that a cut took, a head with a flipped bit; and a window that is too small. What was
 * acknowledged is there, unchanged and in its order, after one more restart too.
 */
#include <navette/spool.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

enum {
    DEVICE_MAX = 2 * 1024 * 1024,
    IDS = 4096,
    TEXT_MAX = 8192,
    PICKS = 64,
    FEW_PICKS = 8,
    TORN_BYTES = 32
};

/* ---- the device: whatever returned is durable ---- */

static struct {
    struct nvt_port_block device;
    uint8_t mem[DEVICE_MAX];
    uint32_t calls;           /* that change something */
    uint32_t fail_at, cut_at; /* 0: never */
    bool syncs_fail;          /* fail_at is the n-th sync */
    uint32_t syncs;
    bool off;
} flash;

static bool is_failing(void)
{
    flash.calls++;
    flash.off = flash.off || flash.calls == flash.cut_at;
    return flash.off || (!flash.syncs_fail && flash.calls == flash.fail_at);
}

static uint8_t *at(uint32_t block, uint32_t offset)
{
    return flash.mem + (size_t)block * flash.device.block_size + offset;
}

static nvt_err flash_read(void *ctx, uint32_t block, uint32_t offset, uint8_t *out, uint32_t len)
{
    (void)ctx;
    (void)memcpy(out, at(block, offset), len);
    return flash.off ? NVT_E_SPOOL_IO : NVT_OK;
}

static nvt_err flash_prog(void *ctx, uint32_t block, uint32_t offset, const uint8_t *data,
                          uint32_t len)
{
    (void)ctx;
    bool was_off = flash.off;
    if (!is_failing()) {
        (void)memcpy(at(block, offset), data, len);
        return NVT_OK;
    }
    if (!was_off && flash.off) { /* torn */
        (void)memcpy(at(block, offset), data, len > TORN_BYTES ? TORN_BYTES : len / 2U);
    }
    return NVT_E_SPOOL_IO;
}

static nvt_err flash_erase(void *ctx, uint32_t block)
{
    (void)ctx;
    if (is_failing()) {
        return NVT_E_SPOOL_IO;
    }
    (void)memset(at(block, 0U), 0xFF, flash.device.block_size);
    return NVT_OK;
}

static nvt_err flash_sync(void *ctx)
{
    (void)ctx;
    flash.syncs++;
    bool fails = flash.syncs_fail && flash.syncs == flash.fail_at;
    return is_failing() || fails ? NVT_E_SPOOL_IO : NVT_OK;
}

/* ---- the spool on it ---- */

static struct nvt_spool spool;
static struct nvt_spool_config config;
static uint8_t buffer[2 * TEXT_MAX], window[NVT_SPOOL_WINDOW_LEN(32U, 2048U)], text[TEXT_MAX];
static struct nvt_spool_entry picks[PICKS];

static void begin(uint32_t block_size, uint32_t block_count, uint32_t prog_size,
                  uint32_t entries_max)
{
    (void)memset(&flash, 0, sizeof flash);
    (void)memset(flash.mem, 0xFF, (size_t)block_size * block_count);
    flash.device = (struct nvt_port_block){NULL,       block_size, block_count, prog_size,
                                           flash_read, flash_prog, flash_erase, flash_sync};
    config = (struct nvt_spool_config){.device = &flash.device,
                                       .buffer = buffer,
                                       .buffer_cap = sizeof buffer,
                                       .window = window,
                                       .window_len = NVT_SPOOL_WINDOW_LEN(block_count, entries_max),
                                       .picks = picks,
                                       .pick_cap = PICKS};
    assert_int_equal(nvt_spool_format(&spool, &config), NVT_OK);
    flash.calls = 0;
    flash.syncs = 0;
}

/* Calls fail and the power goes: nothing is damaged by that. */
static void restart(void)
{
    struct nvt_spool_info info;
    flash.off = false;
    flash.fail_at = 0;
    flash.cut_at = 0;
    assert_int_equal(nvt_spool_mount(&spool, &config), NVT_OK);
    nvt_spool_info(&spool, &info);
    assert_int_equal(info.damaged, 0);
    assert_int_equal(info.lost, 0);
}

/* ---- what must be there ---- */

enum known { NOT_THERE, THERE, UNSURE };

static struct {
    enum known known;
    uint32_t len, due_s;
    uint8_t letter;
} entries[IDS];

static uint32_t letters;

static void append(uint32_t len, uint32_t due_s)
{
    static uint8_t bytes[TEXT_MAX];
    uint32_t id = 0;
    uint8_t letter = (uint8_t)('a' + letters++ % 26U);
    (void)memset(bytes, letter, len);
    if (nvt_spool_append(&spool, nvt_span_of(bytes, len), due_s, &id) != NVT_OK) {
        return;
    }
    assert_in_range(id, 1, IDS - 1);
    assert_int_not_equal(entries[id].known, THERE);
    entries[id].known = THERE;
    entries[id].len = len;
    entries[id].due_s = due_s;
    entries[id].letter = letter;
}

static void check_entry(const struct nvt_spool_entry *e, const struct nvt_buf *out)
{
    assert_in_range(e->id, 1, IDS - 1);
    if (entries[e->id].known != THERE) {
        return; /* of an append that was under way */
    }
    assert_int_equal(e->len, entries[e->id].len);
    assert_int_equal(e->due_s, entries[e->id].due_s);
    for (size_t i = 0; i < out->len; i++) {
        assert_int_equal(text[i], entries[e->id].letter);
    }
}

static void check_urgent(const struct nvt_spool_entry *e)
{
    for (uint32_t i = 1; i < (uint32_t)IDS; i++) {
        if (entries[i].known == THERE && entries[i].due_s < e->due_s) {
            fail_msg("%u before %u, which is more urgent", (unsigned)e->id, (unsigned)i);
        }
    }
}

static void send_one(void)
{
    struct nvt_buf out;
    struct nvt_spool_entry e;
    nvt_buf_init(&out, text, sizeof text);
    if (nvt_spool_pick(&spool, &out, &e) != NVT_OK) {
        return;
    }
    check_entry(&e, &out);
    check_urgent(&e);
    entries[e.id].known = UNSURE;
    if (nvt_spool_settle(&spool, e.id, NVT_SPOOL_DELIVERED, 201U, NVT_LIT("")) == NVT_OK) {
        entries[e.id].known = NOT_THERE;
    } else {
        (void)nvt_spool_put_back(&spool, e.id);
    }
}

/* All that must be there is, once and unchanged; what is there stays. */
static void check_all(void)
{
    static uint8_t listed[IDS];
    struct nvt_spool_cursor cursor;
    struct nvt_spool_entry e;
    struct nvt_buf out;
    nvt_err err = NVT_OK;
    (void)memset(listed, 0, sizeof listed);
    (void)memset(&cursor, 0, sizeof cursor);
    while (err == NVT_OK) {
        nvt_buf_init(&out, text, sizeof text);
        err = nvt_spool_list(&spool, &cursor, &out, &e);
        if (err == NVT_OK) {
            check_entry(&e, &out);
            if (listed[e.id] != 0U) {
                fail_msg("entry %u is listed twice", (unsigned)e.id);
            }
            listed[e.id] = 1U;
        }
    }
    assert_int_equal(err, NVT_E_SPOOL_EMPTY);
    for (uint32_t i = 1; i < (uint32_t)IDS; i++) {
        if (entries[i].known == THERE && listed[i] == 0U) {
            fail_msg("entry %u is gone", (unsigned)i);
        }
        entries[i].known =
            entries[i].known == UNSURE && listed[i] == 0U ? NOT_THERE : entries[i].known;
    }
}

static void forget_all(void)
{
    (void)memset(entries, 0, sizeof entries);
    letters = 0;
}

/* ---- one failed call while records move, a cut a little later ---- */

struct geometry {
    uint32_t block_size, block_count, prog_size;
    uint32_t waiting, urgent;  /* bytes of the entry that waits, and of the one that goes at once */
    uint32_t turns, looked_at; /* until records move all the time; calls that fail in turn */
    uint32_t stride, entries_max;
};

static void turn(const struct geometry *g)
{
    append(g->waiting, UINT32_MAX);
    append(g->urgent, 1U);
    send_one();
}

/* The state before the fault, copied and not played again. */
static struct {
    uint8_t mem[DEVICE_MAX];
    uint8_t window[sizeof window];
    uint8_t entries[sizeof entries];
    struct nvt_spool spool;
    struct nvt_spool_entry picks[PICKS];
} before;

static void keep_state(size_t size)
{
    (void)memcpy(before.mem, flash.mem, size);
    (void)memcpy(before.window, window, sizeof window);
    (void)memcpy(before.entries, entries, sizeof entries);
    before.spool = spool;
    (void)memcpy(before.picks, picks, sizeof picks);
}

static void bring_back(size_t size)
{
    (void)memcpy(flash.mem, before.mem, size);
    (void)memcpy(window, before.window, sizeof window);
    (void)memcpy(entries, before.entries, sizeof entries);
    spool = before.spool;
    (void)memcpy(picks, before.picks, sizeof picks);
    flash.calls = 0;
}

static void fail_and_cut(const struct geometry *g, uint32_t fail_at, uint32_t cut_at, uint32_t more)
{
    flash.fail_at = fail_at;
    flash.cut_at = cut_at;
    for (uint32_t i = 0; i < 40U && !flash.off; i++) {
        turn(g);
    }
    restart();
    check_all();
    for (uint32_t i = 0; i < more; i++) {
        turn(g);
    }
    restart();
    check_all();
}

static void move_with_faults(const struct geometry *g)
{
    size_t size = (size_t)g->block_size * g->block_count;
    forget_all();
    begin(g->block_size, g->block_count, g->prog_size, g->entries_max);
    for (uint32_t i = 0; i < g->turns; i++) {
        turn(g);
    }
    keep_state(size);
    for (uint32_t f = 1; f < g->looked_at; f += g->stride) {
        for (uint32_t d = 1; d < 20U; d += g->stride) {
            bring_back(size);
            fail_and_cut(g, f, f + d, 1U + d % 2U * 2U);
        }
    }
}

static void test_failed_call_while_records_move(void **state)
{
    static const struct geometry small = {512U, 24U, 4U, 100U, 60U, 110U, 120U, 3U, 320U};
    (void)state;
    move_with_faults(&small);
}

static void test_failed_call_in_the_services_geometry(void **state)
{
    static const struct geometry service = {65536U, 32U, 16U, 7000U, 700U, 300U, 90U, 7U, 1024U};
    (void)state;
    move_with_faults(&service);
}

/* ---- a failed sync, a cut, a restart, and an append that is acknowledged ---- */

static bool is_there(uint32_t id, struct nvt_span wanted)
{
    struct nvt_spool_cursor cursor;
    struct nvt_spool_entry e;
    struct nvt_buf out;
    (void)memset(&cursor, 0, sizeof cursor);
    for (;;) {
        nvt_buf_init(&out, text, sizeof text);
        if (nvt_spool_list(&spool, &cursor, &out, &e) != NVT_OK) {
            return false;
        }
        if (e.id == id) {
            return nvt_span_eq(nvt_buf_span(&out), wanted);
        }
    }
}

static uint32_t append_new_ones_until(uint32_t fail_at, uint32_t cut_at)
{
    uint32_t id = 0;
    begin(1024U, 8U, 4U, 128U);
    flash.syncs_fail = true;
    flash.fail_at = fail_at;
    flash.cut_at = cut_at;
    for (uint32_t i = 0; i < 12U && !flash.off; i++) {
        (void)nvt_spool_append(&spool, NVT_LIT("an OLD journey"), UINT32_MAX, &id);
    }
    return flash.calls;
}

static void test_nothing_old_under_a_new_id(void **state)
{
    (void)state;
    uint32_t calls = append_new_ones_until(0U, 0U);
    for (uint32_t f = 1; f <= 13U; f++) {
        for (uint32_t cut = 1; cut <= calls; cut++) {
            uint32_t id = 0;
            (void)append_new_ones_until(f, cut);
            restart();
            assert_int_equal(nvt_spool_append(&spool, NVT_LIT("a NEW journey!"), UINT32_MAX, &id),
                             NVT_OK);
            restart();
            assert_true(is_there(id, NVT_LIT("a NEW journey!")));
        }
    }
}

/* ---- a plain cut that tears a record, and more entries than picks ---- */

static uint32_t chance;

static void mixed_turn(uint32_t n)
{
    struct nvt_spool_info info;
    chance = chance * 1103515245U + 12345U;
    append(20U + (chance >> 16U) % 120U, 100U + (chance >> 8U) % 1000U);
    nvt_spool_info(&spool, &info);
    if (info.pending > 30U || n % 2U == 1U) {
        send_one();
    }
}

static void test_torn_record_and_its_id_again(void **state)
{
    (void)state;
    bool is_over = false;
    for (uint32_t cut = 5; !is_over; cut += 3U) {
        forget_all();
        begin(1024U, 8U, 4U, 256U);
        config.pick_cap = FEW_PICKS;
        assert_int_equal(nvt_spool_format(&spool, &config), NVT_OK);
        flash.calls = 0;
        chance = 2U;
        flash.cut_at = cut;
        for (uint32_t i = 0; i < 300U && !flash.off; i++) {
            mixed_turn(i);
        }
        is_over = !flash.off;
        restart();
        check_all();
        for (uint32_t i = 0; i < 120U; i++) {
            mixed_turn(i);
        }
    }
}

/* ---- one unit of several records that were not synced ---- */

static struct nvt_span value_now(uint8_t *mem, size_t cap)
{
    struct nvt_buf out;
    nvt_buf_init(&out, mem, cap);
    assert_int_equal(nvt_spool_get_value(&spool, 0U, &out), NVT_OK);
    return nvt_buf_span(&out);
}

static void test_value_that_a_mount_returned_stays(void **state)
{
    static uint8_t old[4 * 512];
    (void)state;
    for (uint32_t unit = 0; unit < sizeof old / 16U; unit++) {
        uint8_t first[16];
        uint8_t second[16];
        uint32_t id = 0;
        begin(512U, 4U, 16U, 32U);
        assert_int_equal(nvt_spool_put_value(&spool, 0U, NVT_LIT("old")), NVT_OK);
        (void)memcpy(old, flash.mem, sizeof old);
        nvt_spool_hold(&spool);
        (void)nvt_spool_append(&spool, NVT_LIT("0123456789abcdef"), UINT32_MAX, &id);
        (void)nvt_spool_put_value(&spool, 0U, NVT_LIT("new"));
        (void)memcpy(flash.mem + (size_t)unit * 16U, old + (size_t)unit * 16U, 16U);
        restart();
        struct nvt_span value = value_now(first, sizeof first);
        assert_true(nvt_span_eq(value, NVT_LIT("old")) || nvt_span_eq(value, NVT_LIT("new")));
        assert_int_equal(nvt_spool_append(&spool, NVT_LIT("x"), UINT32_MAX, &id), NVT_OK);
        restart();
        assert_true(nvt_span_eq(value, value_now(second, sizeof second)));
    }
}

/* ---- a window that is too small ---- */

static void test_window_smaller_than_before(void **state)
{
    static uint8_t image[8 * 4096];
    uint32_t refused = 0;
    (void)state;
    begin(4096U, 8U, 4U, 256U);
    for (uint32_t i = 0; i < 60U; i++) {
        uint32_t id = 0;
        assert_int_equal(nvt_spool_append(&spool, NVT_LIT("a journey"), UINT32_MAX, &id), NVT_OK);
    }
    (void)memcpy(image, flash.mem, sizeof image);
    for (config.window_len = 4U; config.window_len <= 64U; config.window_len += 4U) {
        struct nvt_spool_info info;
        nvt_err err = nvt_spool_mount(&spool, &config);
        assert_memory_equal(image, flash.mem, sizeof image);
        if (err == NVT_OK) {
            nvt_spool_info(&spool, &info);
            assert_int_equal(info.pending, 60);
        } else { /* too small for the device itself, or for the entries */
            assert_int_equal(err, config.window_len < NVT_SPOOL_WINDOW_LEN(8U, 32U)
                                      ? NVT_E_ARG
                                      : NVT_E_SPOOL_WINDOW);
            refused += err == NVT_E_SPOOL_WINDOW ? 1U : 0U;
        }
    }
    assert_in_range(refused, 1, 15);
}

/* ---- one bit of the newest block's head ---- */

/* The block of the newest entry. */
static uint32_t newest_block(void)
{
    struct nvt_spool_cursor cursor;
    struct nvt_spool_entry e;
    struct nvt_spool_entry newest = {0};
    struct nvt_buf out;
    (void)memset(&cursor, 0, sizeof cursor);
    nvt_buf_init(&out, text, sizeof text);
    while (nvt_spool_list(&spool, &cursor, &out, &e) == NVT_OK) {
        newest = e.id > newest.id ? e : newest;
        nvt_buf_init(&out, text, sizeof text);
    }
    return newest.place.block;
}

static void flip_and_look(uint8_t *byte, uint8_t bit)
{
    struct nvt_spool_info info;
    *byte ^= bit;
    nvt_err err = nvt_spool_mount(&spool, &config);
    *byte ^= bit;
    assert_int_equal(err, NVT_OK);
    nvt_spool_info(&spool, &info);
    assert_int_equal(info.pending, 400);
    assert_int_equal(info.lost, 0);
    assert_int_equal(info.repaired, 1);
}

static void test_one_bit_of_the_newest_head(void **state)
{
    (void)state;
    begin(1024U, 32U, 4U, 512U);
    for (uint32_t i = 0; i < 400U; i++) {
        uint32_t id = 0;
        assert_int_equal(nvt_spool_append(&spool, NVT_LIT("a journey"), UINT32_MAX, &id), NVT_OK);
    }
    uint32_t block = newest_block();
    for (uint32_t bit = 0; bit < NVT_SPOOL_HEAD_LEN * 8U; bit++) {
        flip_and_look(at(block, bit / 8U), (uint8_t)(1U << (bit % 8U)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_failed_call_while_records_move),
        cmocka_unit_test(test_failed_call_in_the_services_geometry),
        cmocka_unit_test(test_nothing_old_under_a_new_id),
        cmocka_unit_test(test_torn_record_and_its_id_again),
        cmocka_unit_test(test_value_that_a_mount_returned_stays),
        cmocka_unit_test(test_window_smaller_than_before),
        cmocka_unit_test(test_one_bit_of_the_newest_head),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
