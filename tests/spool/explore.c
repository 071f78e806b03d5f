/* SPDX-License-Identifier: Apache-2.0 */
#include "explore.h"
#include "seen.h"
#include "trace.h"
#include "warm.h"

#include <string.h>

enum { SOME_READS = 2 };

/* At this operation less is left to chance. */
static bool dense;

/* ---- what a cut leaves ---- */

/* The n-th of the sets that leave out one thing, or are made of one, or of the first so many. */
static bool set_by_one(uint32_t things, uint32_t n, struct chip_subset *out)
{
    uint32_t singles = dense ? things : 2U;
    bool without = n < singles;
    n -= without ? 0U : singles;
    enum chip_pick with = n % 2U == 0U ? CHIP_ONLY : CHIP_FIRST;
    *out = (struct chip_subset){without ? CHIP_BUT : with, dense ? n : draw(things)};
    return n < singles;
}

/* The n-th of the subsets of so many things that are tried. */
static bool subset_of(uint32_t things, uint32_t n, struct chip_subset *out)
{
    if (things <= (dense ? 6U : 3U)) {
        *out = (struct chip_subset){CHIP_BITS, n};
        return n < 1U << things;
    }
    if (n >= 4U) {
        return set_by_one(things, n - 4U, out);
    }
    if (n < 2U) {
        *out = (struct chip_subset){CHIP_FIRST, n == 0U ? 0U : things};
    } else {
        *out = (struct chip_subset){CHIP_RANDOM, n == 2U ? 64U : 192U};
    }
    return true;
}

/* The power is off. */
static void after_each_subset(void)
{
    static struct world torn;
    struct chip_subset subset;
    uint32_t things = chip_unsynced(&world.chip);
    uint32_t mark = trace_mark();
    (void)memcpy(&torn, &world, sizeof torn);
    for (uint32_t n = 0; subset_of(things, n, &subset); n++) {
        (void)memcpy(&world, &torn, sizeof torn);
        trace_back(mark);
        cut_with(subset);
        after_cut();
    }
}

static void cut_at(const struct world *from, enum op op, uint32_t at)
{
    uint32_t mark = trace_mark();
    bool more = true;
    for (uint32_t how = 0; more && how < (uint32_t)CHIP_HOWS; how++) {
        (void)memcpy(&world, from, sizeof world);
        trace_back(mark);
        chance_from((uint64_t)at << 8U | how);
        do_with(op, (struct chip_plan){at, false, (enum chip_how)how, true, false});
        if (world.fault != NULL) {
            trace_judge(world.fault);
        } else if (world.chip.off) {
            after_each_subset();
        } else {
            /* it did not come to that call */
        }
        more = world.chip.hit != CHIP_SYNC;
    }
    trace_back(mark);
}

/* ---- faults ---- */

static void fail_at(const struct world *from, enum op op, struct chip_plan plan)
{
    uint32_t mark = trace_mark();
    for (uint32_t how = 0; how < (plan.reads ? 1U : (uint32_t)CHIP_HOWS); how++) {
        (void)memcpy(&world, from, sizeof world);
        trace_back(mark);
        plan.how = (enum chip_how)how;
        do_with(op, plan);
        after_fault();
    }
    trace_back(mark);
}

/* ---- sequences ---- */

/* All that can happen to the operation. */
static void try_operation(const struct world *from, enum op op)
{
    (void)memcpy(&world, from, sizeof world);
    uint32_t mark = trace_mark();
    do_with(op, no_plan);
    trace_judge(world.fault);
    trace_back(mark);
    uint32_t writes = world.op_writes;
    uint32_t reads = world.op_reads;
    for (uint32_t at = 1; at <= writes; at++) {
        cut_at(from, op, at);
        fail_at(from, op, (struct chip_plan){at, false, CHIP_NONE, false, false});
        fail_at(from, op, (struct chip_plan){at, false, CHIP_NONE, false, true});
    }
    uint32_t step = dense || reads < (uint32_t)SOME_READS ? 1U : reads / (uint32_t)SOME_READS;
    for (uint32_t at = 1; at <= reads; at += step) {
        fail_at(from, op, (struct chip_plan){at, true, CHIP_NONE, false, false});
    }
}

/* Where the search stands: at each level a state, the operation that is next there, and whether
 * they are tried; where not, the state was, and more sequences go on from it now. */
static struct {
    struct world from;
    uint32_t next;
    bool tries;
} levels[DEPTH_MAX];

/* States, each with the operations that went on from it at most. */
static struct seen states;

/* Whether the world is a state to go on from: unless it was with as many operations left. */
static bool enter(uint32_t level)
{
    uint32_t left = search.depth - level;
    uint32_t sparse = search.depth - search.dense; /* operations left at the end */
    uint32_t had = seen_raise(&states, world_hash_all(), left);
    if (had >= left) {
        return false;
    }
    tally.states += had == 0U ? 1U : 0U;
    levels[level].next = 0U;
    levels[level].tries = had == 0U || (had <= sparse && left > sparse);
    (void)memcpy(&levels[level].from, &world, sizeof world);
    return true;
}

static double part_done(void)
{
    double part = 0.0;
    double share = 1.0;
    for (uint32_t i = 0; i < 3U && i < search.depth; i++) {
        share /= (double)OPS;
        part += share * (levels[i].next > 0U ? levels[i].next - 1U : 0U);
    }
    return part;
}

/* The operation from this level's state; whether the next level's is to be gone on from. */
static bool step(uint32_t level, enum op op)
{
    dense = level < search.dense;
    if (levels[level].tries) {
        try_operation(&levels[level].from, op);
        tally.sequences++;
    }
    (void)memcpy(&world, &levels[level].from, sizeof world);
    do_with(op, no_plan);
    return world.fault == NULL && level + 1U < search.depth && enter(level + 1U);
}

void explore(void (*tell)(double part))
{
    uint32_t level = 0;
    seen_clear(&states);
    lives_begin();
    (void)enter(0U);
    while (level > 0U || levels[0].next < (uint32_t)OPS) {
        if (levels[level].next == (uint32_t)OPS) {
            levels[level--].next = 0U;
            trace_back(trace_mark() - 1U);
            continue;
        }
        enum op op = (enum op)levels[level].next++;
        if (step(level, op)) {
            level++;
        } else {
            trace_back(trace_mark() - 1U);
        }
        tell(part_done());
    }
}

/* ---- the first format ---- */

/* Cut at this call. What a cut erase of an erased block leaves is taken for erased here. False: it
 * did not come to that call. */
static bool cut_format(uint32_t device, uint32_t at)
{
    static struct world torn;
    struct chip_subset subset;
    for (uint32_t how = 0; how < (uint32_t)CHIP_GARBAGE; how++) {
        world_blank(warm_size(device));
        chip_arm(&world.chip, (struct chip_plan){at, false, (enum chip_how)how, true, false});
        (void)world_format();
        if (!world.chip.off) {
            return false;
        }
        (void)memcpy(&torn, &world, sizeof torn);
        uint32_t things = chip_unsynced(&world.chip);
        chance_from((uint64_t)at << 8U | how);
        for (uint32_t n = 0; subset_of(things, n, &subset); n++) {
            (void)memcpy(&world, &torn, sizeof torn);
            trace_back(0U);
            cut_with(subset);
            tally.cuts++;
            world_format_again();
            trace_judge(world.fault);
        }
    }
    return true;
}

void explore_formats(uint32_t device)
{
    dense = search.dense > 0U;
    for (uint32_t at = 1; cut_format(device, at); at++) {
    }
}
