/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The spool from its format on, with operations (single and held ones), cuts, bad blocks and
 * flipped bits as the input chooses them, beside the model that the power-cut simulation has too.
 * The first byte chooses the device, and from 64 on one that has been used; then three bytes a
 * step: what, and two for its chance.
 */
#include "../tests/spool/model.h"

#include <stdio.h>
#include <stdlib.h>

enum { STEPS_MAX = 32, WARM_UP = 250, SIZES = 6 };

static void require(const char *fault)
{
    if (fault != NULL) {
        (void)fprintf(stderr, "%s\n", fault);
        abort();
    }
}

static const struct model_size *choose(uint8_t which)
{
    static const struct model_size sizes[] = {
        {288U, 5U, 1U, 20U, 64U},     {320U, 6U, 16U, 40U, 64U}, {512U, 4U, 4U, 90U, 64U},
        {2048U, 6U, 256U, 200U, 64U}, {1024U, 4U, 2U, 4U, 16U},  {288U, 18U, 4U, 20U, 32U},
    };
    return &sizes[which % (sizeof sizes / sizeof sizes[0])];
}

/* Formatted, or used until the ring has been round, which is done once for each device. */
static void begin(struct model *m, uint8_t which, const struct model_size *dims)
{
    static struct model warm[SIZES];
    static bool is_warm[SIZES];
    uint8_t i = which % (uint8_t)SIZES;
    if (which < 64U) {
        model_init(m, dims, 1U);
        return;
    }
    if (!is_warm[i]) {
        model_init(&warm[i], dims, 1U);
        for (unsigned step = 0; step < (unsigned)WARM_UP; step++) {
            (void)model_step(&warm[i], dims);
        }
        is_warm[i] = true;
    }
    model_copy(m, &warm[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct model m;
    if (size < 4U) {
        return 0;
    }
    const struct model_size *dims = choose(data[0]);
    begin(&m, data[0], dims);
    if (dims->block_count >= 16U) {
        m.bad[data[0] % dims->block_count] = data[0] % 3U;
    }
    for (size_t i = 1; i + 2U < size && i < 3U * (size_t)STEPS_MAX; i += 3U) {
        uint32_t chance = (uint32_t)data[i + 1] << 8U | data[i + 2];
        m.random = (chance + 1U) * 2654435761U;
        if (data[i] < 24U) { /* the power goes during this step, if it is long enough */
            m.flash.torn = (enum nvt_sim_torn)(data[i] % (unsigned)NVT_SIM_TORN_COUNT);
            m.flash.noise = chance;
            m.flash.steps_left = 1U + chance % 400U;
        }
        bool done = model_step(&m, dims);
        m.flash.steps_left = UINT64_MAX;
        require(m.fault);
        if (!done || data[i] >= 250U) {
            require(model_recover(&m));
        }
        if (data[i] == 255U) {
            /* The last thing: a mark that rots in the newest block may let its entry come back. */
            require(model_flip(&m));
            return 0;
        }
    }
    require(model_recover(&m));
    return 0;
}
