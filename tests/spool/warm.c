/* SPDX-License-Identifier: Apache-2.0 */
#include "warm.h"

#include <string.h>

/* Small ones, so that records move all the time; in the last ones few entries fill the window. */
static const struct world_size sizes[] = {
    {512U, 5U, 4U, 90U, 64U, false},  {512U, 4U, 1U, 60U, 32U, false},
    {512U, 6U, 16U, 120U, 64U, true}, {768U, 5U, 32U, 150U, 64U, false},
    {512U, 8U, 8U, 100U, 64U, true},  {1024U, 4U, 2U, 200U, 32U, false},
};

enum { DEVICES = (int)(sizeof sizes / sizeof sizes[0]), LOOKED_AT = 160, LAPS = 120 };

static uint32_t chance;

static uint32_t draw(uint32_t below)
{
    chance = chance * 1664525U + 1013904223U;
    return (chance >> 8U) % below;
}

uint32_t warm_devices(void)
{
    return (uint32_t)DEVICES;
}

const struct world_size *warm_size(uint32_t device)
{
    return &sizes[device];
}

/* Times of filling and of draining take turns. */
static void step(uint32_t n)
{
    static const enum op filling[] = {OP_APPEND, OP_APPEND_LONG, OP_APPEND,
                                      OP_SETTLE, OP_PUT_VALUE,   OP_APPEND_LONG};
    static const enum op draining[] = {OP_SETTLE, OP_APPEND,         OP_SETTLE_NEWEST,
                                       OP_SETTLE, OP_PUT_LONG_VALUE, OP_APPEND_LONG};
    uint32_t which = draw(6U);
    chip_arm(&world.chip, no_plan);
    world_do(n / 20U % 2U == 0U ? filling[which] : draining[which]);
}

static void steps(uint32_t count)
{
    for (uint32_t i = 0; i < count && world.fault == NULL; i++) {
        step(i);
    }
}

/* How many writes the operation needs here. */
static uint32_t cost_of(enum op op)
{
    static struct world before;
    (void)memcpy(&before, &world, sizeof before);
    chip_arm(&world.chip, no_plan);
    world_do(op);
    uint32_t cost = world.fault == NULL ? world.op_writes : 0U;
    (void)memcpy(&world, &before, sizeof before);
    return cost;
}

/* Of many states the one in which an append needs the most writes. */
static void go_to_a_move(void)
{
    static struct world best;
    uint32_t most = 0;
    steps((uint32_t)LAPS);
    for (uint32_t i = 0; i < (uint32_t)LOOKED_AT && world.fault == NULL; i++) {
        uint32_t cost = cost_of(OP_APPEND_LONG);
        if (cost > most) {
            most = cost;
            (void)memcpy(&best, &world, sizeof best);
        }
        step(i);
    }
    if (world.fault == NULL && most > 0U) {
        (void)memcpy(&world, &best, sizeof world);
    }
}

static void fill_up(enum op op)
{
    uint32_t before = UINT32_MAX;
    for (uint32_t i = 0; i < 64U && world.given_id != before && world.fault == NULL; i++) {
        before = world.given_id;
        chip_arm(&world.chip, no_plan);
        world_do(op);
    }
}

/* In the middle of the move something happens. */
static void break_a_move(bool cut)
{
    go_to_a_move();
    uint32_t at = cost_of(OP_APPEND_LONG) / 2U;
    chip_arm(&world.chip, (struct chip_plan){at, false, CHIP_PART, cut, false});
    world_do(OP_APPEND_LONG);
    if (world.chip.off) {
        chip_cut(&world.chip, (struct chip_subset){CHIP_RANDOM, 128U});
        world_mount(no_plan);
    }
}

static void hold_some(void)
{
    static const enum op held[] = {OP_HOLD, OP_APPEND, OP_PUT_VALUE, OP_SETTLE, OP_APPEND};
    steps((uint32_t)LAPS);
    for (uint32_t i = 0; i < sizeof held / sizeof held[0]; i++) {
        chip_arm(&world.chip, no_plan);
        world_do(held[i]);
    }
}

static void hold_and_settle(uint32_t count)
{
    chip_arm(&world.chip, no_plan);
    world_do(OP_HOLD);
    for (uint32_t i = 0; i < count && world.fault == NULL; i++) {
        chip_arm(&world.chip, no_plan);
        world_do(OP_SETTLE);
    }
}

/* By how many writes an append gets cheaper, while it still opens a block, when entries are settled
 * that are not durably so. */
static uint32_t gain_of(uint32_t count)
{
    enum { OPENING = 5 };
    static struct world before;
    uint32_t dear = cost_of(OP_APPEND_LONG);
    (void)memcpy(&before, &world, sizeof before);
    hold_and_settle(count);
    uint32_t cheap = cost_of(OP_APPEND_LONG);
    (void)memcpy(&world, &before, sizeof before);
    return cheap >= (uint32_t)OPENING && cheap < dear ? dear - cheap : 0U;
}

static bool free_the_oldest(void)
{
    static struct world best;
    uint32_t most = 0;
    uint32_t count = 0;
    steps((uint32_t)LAPS);
    for (uint32_t i = 0; i < (uint32_t)LOOKED_AT && world.fault == NULL; i++) {
        uint32_t gain = gain_of(1U + i % 3U);
        if (gain > most) {
            most = gain;
            count = 1U + i % 3U;
            (void)memcpy(&best, &world, sizeof best);
        }
        step(i);
    }
    if (world.fault == NULL && most > 0U) {
        (void)memcpy(&world, &best, sizeof world);
        hold_and_settle(count);
    }
    return most > 0U;
}

/* One entry stays while others come and go. */
static void fill_the_window(void)
{
    steps(8U);
    fill_up(OP_APPEND);
    for (uint32_t i = 0; i < 60U && world.fault == NULL; i++) {
        chip_arm(&world.chip, no_plan);
        world_do(i % 2U == 0U ? OP_SETTLE_NEWEST : OP_APPEND);
    }
}

/* Nobody comes here one by one: what the spool counts is set, and told by what it writes next. */
static void come_late(void)
{
    world.spool.now.tail = UINT32_MAX - 150U;
    world.spool.now.next = world.spool.now.tail;
    world.spool.top_seq = UINT32_MAX - 1024U; /* the last 256 are not given */
    steps(16U);
    go_to_a_move();
}

static bool go_to(uint32_t device, enum warm_state state)
{
    chance = device * 16U + 5U;
    world_init(&sizes[device]);
    switch (state) {
    case WARM_FRESH:
        break;
    case WARM_HALF:
        steps(10U);
        break;
    case WARM_ROUND:
        steps((uint32_t)LAPS);
        break;
    case WARM_MOVE:
        go_to_a_move();
        break;
    case WARM_FULL:
        steps((uint32_t)LAPS);
        fill_up(OP_APPEND_LONG);
        fill_up(OP_APPEND);
        break;
    case WARM_WINDOW:
        fill_the_window();
        break;
    case WARM_TORN:
    case WARM_FAILED:
        break_a_move(state == WARM_TORN);
        break;
    case WARM_HELD:
        hold_some();
        break;
    case WARM_HELD_OLD:
        return free_the_oldest();
    case WARM_LATE:
        come_late();
        break;
    default:
        if (sizes[device].block_count < 5U) {
            return false;
        }
        world.chip.bad[2] = state == WARM_BAD_ERASE ? 1U : 2U;
        world.failures = 1U;
        go_to_a_move();
        break;
    }
    return true;
}

bool warm_up(uint32_t device, enum warm_state state)
{
    bool there = go_to(device, state);
    world.frugal = true;
    return there;
}
