/* SPDX-License-Identifier: Apache-2.0 */
#include "spool_bench.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct bench bench;

struct bench *spool_bench(uint32_t blocks, uint32_t picks)
{
    struct bench *b = &bench;
    (void)memset(b, 0, sizeof *b);
    nvt_sim_flash_init(&b->flash, b->mem, b->synced, BLOCK, blocks, 4U);
    b->flash.bad = b->bad;
    b->config = (struct nvt_spool_config){&b->flash.device,
                                          b->buffer,
                                          sizeof b->buffer,
                                          b->window,
                                          sizeof b->window,
                                          b->picks,
                                          picks,
                                          0U};
    assert_int_equal(nvt_spool_format(&b->spool, &b->config), NVT_OK);
    return b;
}
