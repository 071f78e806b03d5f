/* SPDX-License-Identifier: Apache-2.0 */
/* A spool that goes on from another one. */
#include "spool_bench.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct nvt_spool_base start = {
    .tail = 4711U, .next = 4711U, .delivered = 30U, .refused = 2U, .expired = 1U};

static void assert_counts(struct bench *b, uint32_t pending, uint32_t delivered)
{
    struct nvt_spool_info info;
    nvt_spool_info(&b->spool, &info);
    assert_int_equal(info.pending, pending);
    assert_int_equal(info.delivered, delivered);
    assert_int_equal(info.refused, 2U);
    assert_int_equal(info.expired, 1U);
    assert_int_equal(info.lost + info.damaged + info.torn, 0U);
}

/* Empty, as it was made, and after a mount. */
static void test_empty(void **state)
{
    (void)state;
    struct bench *b = spool_bench(BLOCKS, PICKS);
    assert_int_equal(nvt_spool_format_from(&b->spool, &b->config, &start), NVT_OK);
    assert_counts(b, 0U, 30U);
    assert_int_equal(nvt_spool_mount(&b->spool, &b->config), NVT_OK);
    assert_counts(b, 0U, 30U);
}

static void test_arguments(void **state)
{
    (void)state;
    struct bench *b = spool_bench(BLOCKS, PICKS);
    struct nvt_spool_base wrong = start;
    assert_int_equal(nvt_spool_format_from(NULL, &b->config, &start), NVT_E_ARG);
    assert_int_equal(nvt_spool_format_from(&b->spool, NULL, &start), NVT_E_ARG);
    assert_int_equal(nvt_spool_format_from(&b->spool, &b->config, NULL), NVT_E_ARG);
    wrong.next++;
    assert_int_equal(nvt_spool_format_from(&b->spool, &b->config, &wrong), NVT_E_ARG);
    wrong.next = wrong.tail = 0U;
    assert_int_equal(nvt_spool_format_from(&b->spool, &b->config, &wrong), NVT_E_ARG);
}

/* Ids go on, counts too, with a mount after each operation. */
static void test_goes_on(void **state)
{
    (void)state;
    struct bench *b = spool_bench(BLOCKS, PICKS);
    struct nvt_spool_entry e;
    uint32_t id = 0;
    assert_int_equal(nvt_spool_format_from(&b->spool, &b->config, &start), NVT_OK);
    for (uint32_t i = 0; i < 40U; i++) {
        assert_int_equal(nvt_spool_append(&b->spool, NVT_LIT("a journey of forty-one bytes or so"),
                                          UINT32_MAX, &id),
                         NVT_OK);
        assert_int_equal(id, 4711U + i);
        assert_int_equal(nvt_spool_mount(&b->spool, &b->config), NVT_OK);
        assert_counts(b, 1U, 30U + i);
        assert_int_equal(nvt_spool_pick(&b->spool, NULL, &e), NVT_OK);
        assert_int_equal(e.id, id);
        assert_int_equal(nvt_spool_settle(&b->spool, id, NVT_SPOOL_DELIVERED, 201U, NVT_LIT("")),
                         NVT_OK);
        assert_int_equal(nvt_spool_mount(&b->spool, &b->config), NVT_OK);
        assert_counts(b, 0U, 31U + i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
