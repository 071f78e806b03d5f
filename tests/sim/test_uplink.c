/* SPDX-License-Identifier: Apache-2.0 */
/* The uplink: one entry's way, and what each answer makes of it. */
#include "uplink_world.h"

#include <navette/rpc.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define CREATED                                                                                    \
    "HTTP/1.1 201 Created\r\nDate: Sun, 15 Jun 2025 15:06:41 GMT\r\n"                              \
    "Content-Length: 2\r\n\r\n{}"

static struct up_world world;

static void test_delivers(void **state)
{
    (void)state;
    static const struct nvt_sim_answer answers[] = {STAY(CREATED), STAY(CREATED)};
    static const struct nvt_sim_script scripts[] = {SCRIPT(answers)};
    struct up_world *w = &world;
    up_init(w, &nvt_rpc_uplink, 1, scripts, 1);
    up_start(w);
    uint32_t a = up_append(w, "a", 1750100000);
    uint32_t b = up_append(w, "b", 1750000900);
    up_run(w, 60000);
    assert_int_equal(w->told_count, 2);
    assert_int_equal(w->told[0].id, b); /* the more urgent one */
    assert_int_equal(up_receipt(w, a)->state, NVT_SPOOL_DELIVERED);
    assert_int_equal(up_receipt(w, a)->status, 201);
    assert_int_equal(up_pending(w), 0);
    assert_int_equal(w->uplink.state.count.delivered, 2);
    assert_int_equal(w->uplink.state.count.attempts, 2);
    assert_int_equal(w->uplink.state.count.handshakes, 1);
    assert_int_equal(w->uplink.state.busy, 0);
    up_end(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_delivers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
