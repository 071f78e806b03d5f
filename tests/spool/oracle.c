/* SPDX-License-Identifier: Apache-2.0 */
#include "know.h"

#include <string.h>

struct world world;

enum { CUT_HOLDS = 96 };

/* ---- mount ---- */

static void check_lost(void)
{
    uint32_t lost = 0;
    for (uint32_t i = 0; i < world.note_count; i++) {
        lost += !world.notes[i].seen && !world.notes[i].may_go ? 1U : 0U;
    }
    if (lost > 0U) {
        fail(lost > 3U ? "1: more than three entries lost at once" : "1: lost");
    }
}

static void decide_note(struct note *n)
{
    n->live = n->seen ? TOLD_PENDING : TOLD_GONE;
    n->told = n->live;
    n->out = false;
    n->deferred = false;
    n->seen = false;
    note_is_durable(n);
}

/* As many as can be out at once, in their order; then back again. */
static void check_order(void)
{
    uint32_t n = 0;
    while (n < (uint32_t)NVT_SPOOL_OUT_MAX && world.fault == NULL &&
           pick(NVT_SPOOL_URGENT) != NULL) {
        n++;
    }
    for (uint32_t i = 0; i < world.note_count; i++) {
        if (world.notes[i].out) {
            (void)nvt_spool_put_back(&world.spool, world.notes[i].id);
            world.notes[i].out = false;
        }
    }
}

static void decide(void)
{
    world.held = false;
    world.doubt = false;
    world.sealed = true;
    world.mounted = true;
    (void)list_all(true);
    check_lost();
    for (uint32_t i = 0; i < world.note_count && world.fault == NULL; i++) {
        decide_note(&world.notes[i]);
    }
    drop_notes();
    world.given_id = world.last_id;
    for (uint32_t i = 0; i < (uint32_t)KEYS && world.fault == NULL; i++) {
        check_value((uint8_t)i, true);
    }
    if (world.fault == NULL) {
        check_info();
        check_order();
    }
}

static struct nvt_spool_config config(const struct nvt_port_block *device)
{
    static uint8_t buffer[WORLD_BUFFER];
    return (struct nvt_spool_config){
        .device = device,
        .buffer = buffer,
        .buffer_cap = WORLD_BUFFER,
        .window = world.window,
        .window_len = NVT_SPOOL_WINDOW_LEN(world.size.block_count, world.size.entries_max),
        .picks = world.picks,
        .pick_cap = WORLD_PICKS,
        .salt = world.size.same_salt ? 0U : (uint32_t)hash_of_device(),
    };
}

static nvt_err try_mount(struct chip_plan plan)
{
    static struct nvt_port_block device;
    device = chip_device(&world.chip);
    struct nvt_spool_config c = config(&device);
    (void)memset(&world.spool, 0xA5, sizeof world.spool);
    (void)memset(world.window, 0xA5, sizeof world.window);
    (void)memset(world.picks, 0xA5, sizeof world.picks);
    chip_arm(&world.chip, plan);
    return nvt_spool_mount(&world.spool, &c);
}

void world_mount(struct chip_plan plan)
{
    nvt_err err = try_mount(plan);
    bool hit = world.chip.is_hit;
    if (world.chip.off) {
        chip_cut(&world.chip, (struct chip_subset){CHIP_RANDOM, (uint32_t)CUT_HOLDS});
    } else if (hit) {
        chip_reopen(&world.chip);
    } else {
        chip_arm(&world.chip, no_plan);
    }
    if (err != NVT_OK && hit) {
        err = try_mount(no_plan);
    }
    if (world.chip.violation != NULL) {
        fail(world.chip.violation);
    } else if (err != NVT_OK) {
        fail("cannot be mounted");
    } else {
        decide();
    }
}

void world_blank(const struct world_size *size)
{
    (void)memset(&world, 0, sizeof world);
    world.size = *size;
    chip_init(&world.chip, size->block_size, size->block_count, size->prog_size);
    for (uint32_t i = 0; i < (uint32_t)KEYS; i++) {
        world.values[i].count = 1U;
        world.values[i].asked = true;
    }
}

nvt_err world_format(void)
{
    static struct nvt_port_block device;
    device = chip_device(&world.chip);
    struct nvt_spool_config c = config(&device);
    nvt_err err = nvt_spool_format(&world.spool, &c);
    world.mounted = err == NVT_OK;
    world.sealed = true;
    return err;
}

void world_init(const struct world_size *size)
{
    world_blank(size);
    if (world_format() != NVT_OK) {
        fail("cannot be formatted");
    }
}

/* Where a format was cut short nothing may stand in the way of the next one. */
void world_format_again(void)
{
    nvt_err err = try_mount(no_plan);
    if (err != NVT_OK && err != NVT_E_SPOOL_BLANK) {
        fail("a format that was cut short leaves something else than a blank device");
    } else if (world_format() != NVT_OK) {
        fail("cannot be formatted again");
    } else {
        chip_reopen(&world.chip);
        world_mount(no_plan);
    }
}
