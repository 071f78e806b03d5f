/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every sequence of so many operations from every one of some states of small devices, with a power
 * cut and a fault at every call that the device gets: whatever is left of what was not synced, the
 * spool is mounted, checked by the model, used on with further faults, mounted and checked again,
 * twice. States are copied, not played again; one that was seen is not looked at twice.
 *     exhaust DEPTH [DEVICE [STATE]]
 *     exhaust 0 DEVICE STATE STEPS       plays one way again, and prints what the device is told
 * SPOOL_SEED=N: other lives after the cuts and faults. SPOOL_PROGRESS=1: a line for each state.
 * Ends with a line of counts, and how many states passed. What does not hold is told with the
 * shortest way that led there.
 */
#include "oracle.h"
#include "trace.h"
#include "warm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 8, SEEN_BITS = 22, QUICK = 3, SOME_READS = 2 };

static const struct chip_plan no_plan = {0U, false, CHIP_NONE, false, false};

static struct {
    unsigned long long sequences, cuts, faults, mounts, again;
    unsigned states, wrong_states;
} counts;

static uint32_t depth;

/* ---- chance, which a state decides ---- */

static uint64_t chance, seed;

static uint32_t draw(uint32_t below)
{
    chance = chance * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(chance >> 33U) % below;
}

/* ---- what was seen ---- */

static uint64_t seen[1U << (unsigned)SEEN_BITS];

/* Whether it is new; an older one makes room when the table is full there. */
static bool is_new(uint64_t hash)
{
    uint64_t *slot = &seen[hash & ((1U << (unsigned)SEEN_BITS) - 1U)];
    bool known = *slot == hash;
    counts.again += known ? 1U : 0U;
    *slot = hash;
    return !known;
}

/* ---- a life after a cut ---- */

static struct chip_subset some_subset(void)
{
    return (struct chip_subset){CHIP_RANDOM, draw(5U) * 64U};
}

static struct chip_plan some_plan(void)
{
    if (draw(2U) == 0U) {
        return no_plan;
    }
    return (struct chip_plan){.at = 1U + draw(6U),
                              .reads = draw(8U) == 0U,
                              .how = (enum chip_how)draw((uint32_t)CHIP_HOWS),
                              .cut = draw(2U) == 0U,
                              .forever = draw(4U) == 0U};
}

static void mount_with(struct chip_plan plan)
{
    counts.mounts++;
    trace_mount(plan);
    world_mount(plan);
}

static void do_with(enum op op, struct chip_plan plan)
{
    trace_op(op, plan);
    chip_arm(&world.chip, plan);
    world_do(op);
}

static void cut_with(struct chip_subset subset)
{
    trace_cut(subset);
    chip_cut(&world.chip, subset);
}

/* The end of a process, with the power or without. */
static void end_life(void)
{
    if (world.chip.off || draw(2U) == 0U) {
        cut_with(some_subset());
    } else {
        trace_reopen();
        chip_reopen(&world.chip);
    }
    mount_with(draw(4U) == 0U ? some_plan() : no_plan);
}

static void live_on(uint32_t operations)
{
    for (uint32_t i = 0; i < operations && world.fault == NULL && !world.chip.off; i++) {
        do_with((enum op)draw((uint32_t)OPS), some_plan());
    }
    if (world.fault == NULL) {
        end_life();
    }
}

static void two_lives(void)
{
    for (uint32_t i = 0; i < 2U && world.fault == NULL; i++) {
        live_on(1U + draw(3U));
    }
    trace_judge(world.fault);
}

/* The device as the cut left it. */
static void after_cut(void)
{
    uint64_t hash = world_hash();
    counts.cuts++;
    if (!is_new(hash)) {
        return;
    }
    chance = hash ^ seed;
    mount_with(draw(16U) == 0U ? some_plan() : no_plan);
    two_lives();
}

/* ---- what a cut leaves ---- */

/* The n-th of the subsets of so many things that are tried. */
static bool subset_of(uint32_t things, uint32_t n, struct chip_subset *out)
{
    uint32_t whole = depth > (uint32_t)QUICK ? 6U : 3U;
    uint32_t singles = depth > (uint32_t)QUICK ? things : 2U;
    if (things <= whole) {
        *out = (struct chip_subset){CHIP_BITS, n};
        return n < 1U << things;
    }
    if (n < 2U) {
        *out = (struct chip_subset){CHIP_FIRST, n == 0U ? 0U : things};
    } else if (n < 4U) {
        *out = (struct chip_subset){CHIP_RANDOM, n == 2U ? 64U : 192U};
    } else if (n < 4U + singles) {
        *out = (struct chip_subset){CHIP_BUT, depth > (uint32_t)QUICK ? n - 4U : draw(things)};
    } else {
        n -= 4U + singles;
        *out = (struct chip_subset){n % 2U == 0U ? CHIP_ONLY : CHIP_FIRST,
                                    depth > (uint32_t)QUICK ? n : draw(things)};
        return n < singles;
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
        chance = ((uint64_t)at << 8U | how) ^ seed;
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

/* The process goes on beside what failed. */
static void after_fault(void)
{
    counts.faults++;
    if (world.fault != NULL) {
        trace_judge(world.fault);
        return;
    }
    chance = world_hash() ^ world.chip.plan.at ^ seed;
    for (uint32_t i = draw(3U); i > 0U && world.fault == NULL && !world.chip.off; i--) {
        do_with((enum op)draw((uint32_t)OPS), no_plan);
    }
    if (world.fault == NULL) {
        live_on(draw(2U));
    }
    two_lives();
}

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
    chip_arm(&world.chip, no_plan);
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
    uint32_t step =
        depth > (uint32_t)QUICK || reads < (uint32_t)SOME_READS ? 1U : reads / (uint32_t)SOME_READS;
    for (uint32_t at = 1; at <= reads; at += step) {
        fail_at(from, op, (struct chip_plan){at, true, CHIP_NONE, false, false});
    }
}

/* A state that another sequence led to is not gone on from; a shorter one did. */
static bool is_worth_more(uint32_t level)
{
    return level < depth && world.fault == NULL && is_new(world_hash_all() + level);
}

static void explore(void)
{
    static struct world from[DEPTH_MAX + 1];
    uint32_t next[DEPTH_MAX + 1] = {0};
    uint32_t level = 0;
    (void)memcpy(&from[0], &world, sizeof world);
    for (;;) {
        if (next[level] == (uint32_t)OPS && level == 0U) {
            return;
        }
        if (next[level] == (uint32_t)OPS) {
            level--;
            trace_back(trace_mark() - 1U);
            continue;
        }
        enum op op = (enum op)next[level]++;
        try_operation(&from[level], op);
        counts.sequences++;
        (void)memcpy(&world, &from[level], sizeof world);
        do_with(op, no_plan);
        if (is_worth_more(level + 1U)) {
            level++;
            next[level] = 0U;
            (void)memcpy(&from[level], &world, sizeof world);
        } else {
            trace_back(trace_mark() - 1U);
        }
    }
}

/* The first format of a device, cut at this call. What a cut erase of an erased block leaves is
 * taken for erased here. False: it did not come to that call. */
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
        chance = (uint64_t)at << 8U | how;
        for (uint32_t n = 0; subset_of(things, n, &subset); n++) {
            (void)memcpy(&world, &torn, sizeof torn);
            trace_back(0U);
            cut_with(subset);
            counts.cuts++;
            world_format_again();
            trace_judge(world.fault);
        }
    }
    return true;
}

static void cut_formats(uint32_t device)
{
    uint32_t wrong = trace_wrong();
    trace_begin(device, (uint32_t)WARM_STATES);
    for (uint32_t at = 1; cut_format(device, at); at++) {
    }
    counts.states++;
    counts.wrong_states += trace_wrong() > wrong ? 1U : 0U;
}

static void explore_state(uint32_t device, uint32_t state)
{
    uint32_t wrong = trace_wrong();
    if (!warm_up(device, state)) {
        return;
    }
    trace_begin(device, state);
    trace_judge(world.fault);
    if (world.fault == NULL) {
        explore();
    }
    counts.states++;
    counts.wrong_states += trace_wrong() > wrong ? 1U : 0U;
    if (depth > (uint32_t)QUICK || getenv("SPOOL_PROGRESS") != NULL) {
        (void)fprintf(stderr,
                      "device %u, state %u: %llu sequences, %llu mounts, %llu cuts, %llu "
                      "faults, %u wrong\n",
                      (unsigned)device, (unsigned)state, counts.sequences, counts.mounts,
                      counts.cuts, counts.faults, (unsigned)trace_wrong());
    }
}

/* Each state of each device; in a quick run each state of one device that has it. */
static bool is_wanted(uint32_t device, uint32_t state, uint32_t only_device, uint32_t only_state)
{
    static const uint8_t turns[WARM_STATES] = {0U, 5U, 4U, 3U, 2U, 1U, 0U, 5U, 0U, 4U, 2U, 3U, 1U};
    if (only_device == UINT32_MAX) {
        return depth != (uint32_t)QUICK || device == turns[state];
    }
    return device == only_device && (only_state == UINT32_MAX || state == only_state);
}

/* One way, with each call that the device gets. */
static int replay(char **argv)
{
    if (!warm_up((uint32_t)atoi(argv[2]), (enum warm_state)atoi(argv[3]))) {
        return 1;
    }
    chip_tells = true;
    trace_replay(argv[4]);
    return world.fault == NULL ? 0 : 1;
}

static void tell_counts(void)
{
    (void)printf(
        "list - sequences: %llu, mounts: %llu, cut points: %llu (%llu seen before), faults: %llu, "
        "lost: %u, changed: %u, doubled: %u, else wrong: %u\n",
        counts.sequences, counts.mounts, counts.cuts, counts.again, counts.faults,
        (unsigned)trace_count(TRACE_LOST), (unsigned)trace_count(TRACE_CHANGED),
        (unsigned)trace_count(TRACE_DOUBLED), (unsigned)trace_count(TRACE_ELSE));
    (void)printf("%u passed, %u failed\n", counts.states - counts.wrong_states,
                 counts.wrong_states);
}

int main(int argc, char **argv)
{
    if (argc > 4) {
        return replay(argv);
    }
    const char *given = getenv("SPOOL_SEED");
    seed = given != NULL ? strtoull(given, NULL, 10) * 0x9E3779B97F4A7C15U : 0U;
    depth = argc > 1 ? (uint32_t)atoi(argv[1]) : (uint32_t)QUICK;
    depth = depth > (uint32_t)DEPTH_MAX ? (uint32_t)DEPTH_MAX : depth;
    uint32_t only_device = argc > 2 ? (uint32_t)atoi(argv[2]) : UINT32_MAX;
    uint32_t only_state = argc > 3 ? (uint32_t)atoi(argv[3]) : UINT32_MAX;
    for (uint32_t device = 0; device < warm_devices(); device++) {
        if (only_device == UINT32_MAX) {
            cut_formats(device);
        }
        for (uint32_t state = 0; state < (uint32_t)WARM_STATES; state++) {
            if (is_wanted(device, state, only_device, only_state)) {
                explore_state(device, state);
            }
        }
    }
    trace_tell();
    tell_counts();
    return trace_wrong() == 0U && counts.cuts > 0U ? 0 : 1;
}
