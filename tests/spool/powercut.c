/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Power cuts at every byte of every operation, two deep: a run of random operations is cut at each
 * step of each of them; after each cut the spool is mounted, checked and used on, and those
 * operations are cut at each step too. Ends with one line of counts.
 *     powercut [SECONDS]
 */
#include "model.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const struct model_size sizes[] = {
    {256U, 5U, 1U, 20U},
    {256U, 6U, 16U, 40U},
    {512U, 4U, 4U, 90U},
    {1024U, 6U, 256U, 200U},
};

enum { INNER_OPERATIONS = 3, WARM_UP_MAX = 300 };

static unsigned long long cuts, lost, doubled;

/* How a run is cut. */
struct plan {
    const struct model_size *size;
    unsigned seed;
    int operations;
    unsigned deep_every; /* 1: a second cut after each first one; n: after every n-th */
};

static bool report(const char *fault, const struct plan *p, int operation, uint64_t first,
                   uint64_t second)
{
    if (fault == NULL) {
        return true;
    }
    bool twice = fault[0] == '2' || fault[0] == '4';
    lost += twice ? 0U : 1U;
    doubled += twice ? 1U : 0U;
    (void)printf("not ok - %s (blocks %u x %u, unit %u, seed %u, operation %d, cut %llu, %llu)\n",
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
static bool cut_again(const struct model *start, const struct plan *p, int operation,
                      uint64_t first)
{
    static struct model from;
    static struct model m;
    bool good = true;
    model_copy(&from, start);
    for (int i = 0; i < (int)INNER_OPERATIONS && good; i++) {
        bool whole = false;
        for (uint64_t second = 1; good && !whole; second++) {
            model_copy(&m, &from);
            whole = step_until(&m, p->size, second);
            cuts += whole ? 0U : 1U;
            good = whole || report(model_recover(&m), p, operation, first, second);
        }
        (void)model_step(&from, p->size);
        good = good && report(from.fault, p, operation, first, 0U);
    }
    return good;
}

/* One operation cut at each of its steps, in one of the ways to tear. */
static bool cut_each(const struct model *from, const struct plan *p, int operation)
{
    static struct model m;
    bool good = true;
    bool whole = false;
    for (uint64_t first = 1; good && !whole; first++) {
        model_copy(&m, from);
        m.flash.torn = (enum nvt_sim_torn)((first + p->seed) % (unsigned)NVT_SIM_TORN_COUNT);
        m.flash.noise = (uint32_t)first * 7919U + p->seed;
        whole = step_until(&m, p->size, first);
        if (!whole) {
            cuts++;
            good = report(model_recover(&m), p, operation, first, 0U);
            if (good && (first + (unsigned)operation) % p->deep_every == 0U) {
                good = cut_again(&m, p, operation, first);
            }
        }
    }
    return good;
}

static bool run(const struct plan *p, unsigned warm_up)
{
    static struct model from;
    bool good = true;
    model_init(&from, p->size, p->seed);
    for (unsigned i = 0; i < warm_up; i++) {
        (void)model_step(&from, p->size);
    }
    for (int i = 0; i < p->operations && good; i++) {
        good = cut_each(&from, p, i);
        (void)model_step(&from, p->size);
        good = good && report(from.fault, p, i, 0U, 0U);
    }
    return good;
}

int main(int argc, char **argv)
{
    time_t end = time(NULL) + (argc > 1 ? atol(argv[1]) : 60);
    /* The smallest device from its format on, until it has been round more than twice. */
    const struct plan whole = {&sizes[0], 1U, 60, 1U};
    bool good = run(&whole, 0U);
    for (unsigned seed = 2; good && time(NULL) < end; seed++) {
        const struct plan p = {&sizes[seed % (sizeof sizes / sizeof sizes[0])], seed, 30, 61U};
        good = run(&p, seed * 37U % (unsigned)WARM_UP_MAX);
    }
    (void)printf("cut points: %llu, lost: %llu, doubled: %llu\n", cuts, lost, doubled);
    return good && cuts > 0U ? 0 : 1;
}
