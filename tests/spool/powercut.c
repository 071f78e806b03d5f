/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Power cuts at every byte of every operation, two deep: a run of random operations, single ones
 * and held ones, is cut at each step of each of them; after each cut the spool is mounted, checked
 * and used on, and those operations are cut at each step too. In between bits flip, and some
 * devices have bad blocks. Ends with one line of counts.
 *     powercut [SECONDS]
 * SECONDS (45) are for the devices and seeds that follow the smallest device, which takes as long
 * as it needs.
 */
#include "model.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const struct model_size sizes[] = {
    {288U, 5U, 1U, 20U, 64U},      {320U, 6U, 16U, 40U, 64U},    {512U, 4U, 4U, 90U, 64U},
    {2048U, 6U, 256U, 200U, 64U},  {1024U, 4U, 2U, 4U, 16U},     {288U, 18U, 4U, 20U, 32U},
    {4096U, 4U, 64U, 600U, 64U},   {4096U, 4U, 512U, 400U, 64U}, {320U, 20U, 8U, 30U, 64U},
    {32768U, 4U, 4096U, 900U, 64U}};

enum { SIZES = (int)(sizeof sizes / sizeof sizes[0]), INNER_OPERATIONS = 3, WARM_UP_MAX = 300 };

static unsigned long long cuts, flips, lost, doubled;

/* How a run is cut. */
struct plan {
    const struct model_size *size;
    unsigned seed;
    unsigned operations;
    unsigned rounds;     /* of the ring; the run ends after the operations and not before these */
    unsigned stride;     /* 1: a cut at each step; n: at every n-th, for large program units */
    unsigned deep_every; /* 1: a second cut after each first one; n: after every n-th */
    bool all_torn;       /* each first cut in each way to tear, else one of them in turn */
};

static bool report(const char *fault, const struct plan *p, unsigned operation, uint64_t first,
                   uint64_t second)
{
    if (fault == NULL) {
        return true;
    }
    bool twice = fault[0] == '2' || fault[0] == '4';
    lost += twice ? 0U : 1U;
    doubled += twice ? 1U : 0U;
    (void)printf("not ok - %s (blocks %u x %u, unit %u, seed %u, operation %u, cut %llu, %llu)\n",
                 fault, (unsigned)p->size->block_count, (unsigned)p->size->block_size,
                 (unsigned)p->size->prog_size, p->seed, operation, (unsigned long long)first,
                 (unsigned long long)second);
    return false;
}

/* Steps the operation with the power going after so many steps; false: it went. */
static bool step_until(struct model *m, const struct model_size *size, uint64_t steps)
{
    m->flash.steps_left = steps;
    bool done = model_step(m, size);
    m->flash.steps_left = UINT64_MAX;
    return done;
}

/* From a recovered spool: a few more operations, each of them cut at each of its steps. */
static bool cut_again(const struct model *start, const struct plan *p, unsigned operation,
                      uint64_t first)
{
    static struct model from;
    static struct model m;
    bool good = true;
    model_copy(&from, start);
    for (unsigned i = 0; i < (unsigned)INNER_OPERATIONS && good; i++) {
        bool whole = false;
        for (uint64_t second = 1; good && !whole; second += p->stride) {
            model_copy(&m, &from);
            m.flash.torn = (enum nvt_sim_torn)((first + second) % (unsigned)NVT_SIM_TORN_COUNT);
            whole = step_until(&m, p->size, second);
            cuts += whole ? 0U : 1U;
            good = whole || report(model_recover(&m), p, operation, first, second);
        }
        (void)model_step(&from, p->size);
        good = good && report(from.fault, p, operation, first, 0U);
    }
    return good;
}

/* The operation cut after so many steps; *whole: it needs fewer. */
static bool cut_once(const struct model *from, const struct plan *p, unsigned operation,
                     uint64_t first, enum nvt_sim_torn torn, bool *whole)
{
    static struct model m;
    model_copy(&m, from);
    m.flash.torn = torn;
    m.flash.noise = (uint32_t)first * 7919U + p->seed;
    *whole = step_until(&m, p->size, first);
    if (*whole) {
        return true;
    }
    cuts++;
    bool good = report(model_recover(&m), p, operation, first, 0U);
    if (good && first % 7U == 0U) {
        static struct model damaged;
        model_copy(&damaged, &m);
        flips++;
        good = report(model_flip(&damaged), p, operation, first, 0U);
        if (good && first % 13U == 0U) {
            good = cut_again(&damaged, p, operation, first);
        }
    }
    if (good && (first + operation) % p->deep_every == 0U) {
        good = cut_again(&m, p, operation, first);
    }
    return good;
}

static bool cut_each(const struct model *from, const struct plan *p, unsigned operation)
{
    bool good = true;
    bool whole = false;
    for (uint64_t first = 1; good && !whole; first += p->stride) {
        unsigned torn = p->all_torn ? 0U : (unsigned)(first + p->seed);
        unsigned end = p->all_torn ? (unsigned)NVT_SIM_TORN_COUNT : torn + 1U;
        for (; good && torn < end; torn++) {
            enum nvt_sim_torn how = (enum nvt_sim_torn)(torn % (unsigned)NVT_SIM_TORN_COUNT);
            good = cut_once(from, p, operation, first, how, &whole);
        }
    }
    return good;
}

static bool run(const struct plan *p, unsigned warm_up)
{
    static struct model from;
    bool good = true;
    model_init(&from, p->size, p->seed);
    if (p->size->block_count >= 16U) { /* one block is bad, in one way or the other */
        from.bad[p->seed / 2U % p->size->block_count] = (uint8_t)(p->seed % 3U);
    }
    for (unsigned i = 0; i < warm_up; i++) {
        (void)model_step(&from, p->size);
    }
    for (unsigned i = 0; good && (i < p->operations ||
                                  from.flash.erased < (uint64_t)p->rounds * p->size->block_count);
         i++) {
        good = cut_each(&from, p, i);
        (void)model_step(&from, p->size);
        good = good && report(from.fault, p, i, 0U, 0U);
    }
    return good;
}

int main(int argc, char **argv)
{
    /* The smallest device from its format on, until it has been round twice. */
    const struct plan small = {&sizes[0], 1U, 0U, 2U, 1U, 1U, false};
    bool good = run(&small, 0U);
    time_t end = time(NULL) + (argc > 1 ? atol(argv[1]) : 45);
    for (unsigned seed = 2; good && time(NULL) < end; seed++) {
        const struct model_size *size = &sizes[seed % (unsigned)SIZES];
        unsigned stride = size->prog_size >= 64U ? size->prog_size / 8U - 3U : 1U;
        const struct plan p = {size, seed, 30U, 0U, stride, 61U, seed % 4U == 0U};
        good = run(&p, seed * 37U % (unsigned)WARM_UP_MAX);
    }
    (void)printf("bits flipped: %llu\n", flips);
    (void)printf("cut points: %llu, lost: %llu, doubled: %llu\n", cuts, lost, doubled);
    return good && cuts > 0U ? 0 : 1;
}
