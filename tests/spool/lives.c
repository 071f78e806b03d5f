/* SPDX-License-Identifier: Apache-2.0 */
#include "explore.h"
#include "seen.h"
#include "trace.h"

struct search search;
struct tally tally;

/* Devices after a cut, with what is known of them; and states after a fault. */
static struct seen images, failed;

void lives_begin(void)
{
    seen_clear(&images);
    seen_clear(&failed);
}

/* ---- chance ---- */

static uint64_t chance;

void chance_from(uint64_t state)
{
    chance = state ^ search.seed;
}

uint32_t draw(uint32_t below)
{
    chance = chance * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(chance >> 33U) % below;
}

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

/* ---- one life ---- */

static void mount_with(struct chip_plan plan)
{
    tally.mounts++;
    trace_mount(plan);
    world_mount(plan);
}

void do_with(enum op op, struct chip_plan plan)
{
    trace_op(op, plan);
    chip_arm(&world.chip, plan);
    world_do(op);
}

void cut_with(struct chip_subset subset)
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

/* ---- after a cut, after a fault ---- */

void after_cut(void)
{
    uint64_t hash = world_hash();
    world.frugal = false;
    tally.cuts++;
    if (!seen_is_new(&images, hash)) {
        tally.cuts_known++;
        return;
    }
    chance_from(hash);
    mount_with(draw(16U) == 0U ? some_plan() : no_plan);
    two_lives();
}

void after_fault(void)
{
    world.frugal = false;
    tally.faults++;
    if (world.fault != NULL) {
        trace_judge(world.fault);
        return;
    }
    if (search.merge && !seen_is_new(&failed, world_hash_all())) {
        tally.faults_known++;
        return;
    }
    chance_from(world_hash() ^ world.chip.plan.at);
    for (uint32_t i = draw(3U); i > 0U && world.fault == NULL && !world.chip.off; i--) {
        do_with((enum op)draw((uint32_t)OPS), no_plan);
    }
    if (world.fault == NULL) {
        live_on(draw(2U));
    }
    two_lives();
}
