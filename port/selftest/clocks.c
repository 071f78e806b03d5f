/* SPDX-License-Identifier: Apache-2.0 */
/* Clocks and entropy. */
#include "parts.h"

/* Calls of a clock within which it must have moved, also when a call takes few nanoseconds and a
 * tick ten milliseconds. */
#define CLOCK_CALLS 10000000U

static bool mono_reaches(struct run *r, uint64_t ms)
{
    uint64_t last = now_ms(r);
    uint64_t end = last + ms;
    for (uint32_t still = 0; still < CLOCK_CALLS;) {
        uint64_t now = now_ms(r);
        if (now < last) {
            return complain(r, "mono_ms went backwards", NVT_OK);
        }
        if (now >= end) {
            return true;
        }
        still = now > last ? 0U : still + 1U;
        last = now;
        idle(r);
    }
    return complain(r, "mono_ms stands still", NVT_OK);
}

static void mono_grows(struct run *r)
{
    (void)mono_reaches(r, 50U);
}

/* Both clocks over the same second: catches ticks taken for milliseconds. */
static void wall_agrees(struct run *r)
{
    const struct nvt_port_clock *clock = &r->port->clock;
    int64_t before = 0;
    int64_t after = 0;
    if (!clock->wall_s(clock->ctx, &before)) {
        return; /* not known yet: allowed */
    }
    if (before < 1577836800 || before > 253402300799) {
        (void)complain(r, "wall_s is known, but outside the years 2020 to 9999", NVT_OK);
    }
    if (!mono_reaches(r, 1500U)) {
        return;
    }
    if (!clock->wall_s(clock->ctx, &after)) {
        (void)complain(r, "wall_s was known and is not any more", NVT_OK);
    } else if (after - before < 1 || after - before > 3) {
        (void)complain(r, "wall_s and mono_ms run at different speeds", NVT_OK);
    } else {
        /* as it should be */
    }
}

void nvt_selftest_clocks(struct run *r)
{
    nvt_selftest_check(r, "clock: mono_ms grows", mono_grows);
    nvt_selftest_check(r, "clock: wall_s agrees with mono_ms", wall_agrees);
}

/* ---- entropy ---- */

static bool fill(struct run *r, uint8_t *out, size_t len)
{
    nvt_err err = r->port->entropy.fill(r->port->entropy.ctx, out, len);
    return err == NVT_OK || complain(r, "fill failed", err);
}

static void entropy_fills(struct run *r)
{
    uint8_t mem[80];
    for (size_t len = 1; len <= 64U; len++) {
        (void)memset(mem, 0xA5, sizeof mem);
        if (!fill(r, mem + 8, len)) {
            return;
        }
        for (size_t i = 0; i < 8U; i++) {
            if (mem[i] != 0xA5U || mem[8U + len + i] != 0xA5U) {
                (void)complain(r, "fill wrote outside its buffer", NVT_OK);
                return;
            }
        }
    }
}

static unsigned ones(const uint8_t *mem, size_t len)
{
    unsigned count = 0;
    for (size_t i = 0; i < len; i++) {
        for (unsigned bit = 0; bit < 8U; bit++) {
            count += ((unsigned)mem[i] >> bit) & 1U;
        }
    }
    return count;
}

/* 2 048 bits have 1 024 ones, give or take 23; 824 to 1 224 is nearly nine times that. */
static void entropy_varies(struct run *r)
{
    uint8_t one[256] = {0};
    uint8_t two[256] = {0};
    if (!fill(r, one, sizeof one) || !fill(r, two, sizeof two)) {
        return;
    }
    unsigned count = ones(one, sizeof one);
    if (memcmp(one, two, sizeof one) == 0) {
        (void)complain(r, "fill gave the same bytes twice", NVT_OK);
    } else if (memcmp(one, one + 128, 128U) == 0) {
        (void)complain(r, "fill repeats itself", NVT_OK);
    } else if (count < 824U || count > 1224U) {
        (void)complain(r, "the bytes of fill are far from evenly spread", NVT_OK);
    } else {
        /* as it should be */
    }
}

void nvt_selftest_entropy(struct run *r)
{
    nvt_selftest_check(r, "entropy: fills exactly what it is asked for", entropy_fills);
    nvt_selftest_check(r, "entropy: differs each time", entropy_varies);
}
