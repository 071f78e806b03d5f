/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random runs of the spool on a device that fails in every way, beside a ledger that is kept apart:
 * power cuts with torn writes, calls that fail, forgotten syncs; and now and then damage, which may
 * cost entries but never silently. The same numbers always do the same. Ends with one line of
 * counts.
 *     random [CUTS [SEED [KINDS]]]
 * KINDS: letters of what may happen: c cuts, f failing calls, d damage; after an x each seed is
 * tried, however many fail.
 */
#include "run.h"

#include <stdio.h>
#include <stdlib.h>

static const struct run_size sizes[] = {{512U, 5U, 1U, 40U, 64U},     {512U, 6U, 16U, 40U, 64U},
                                        {512U, 8U, 32U, 40U, 64U},    {2048U, 6U, 256U, 200U, 64U},
                                        {1024U, 4U, 2U, 20U, 32U},    {512U, 20U, 4U, 40U, 128U},
                                        {4096U, 4U, 64U, 600U, 96U},  {8192U, 5U, 512U, 900U, 64U},
                                        {1024U, 16U, 8U, 100U, 256U}, {512U, 12U, 4U, 30U, 96U}};

enum { SIZES = (int)(sizeof sizes / sizeof sizes[0]), STEPS_MAX = 4000 };

static const char *const damage_words[] = {"1 bit",       "2 bits",  "3 bits", "wiped",
                                           "zeroed",      "swapped", "old",    "first half",
                                           "second half", "none"};

static enum faulty_damage last_how = FAULTY_DAMAGES; /* the last damage, and where */
static uint32_t last_block;
static bool cuts_happen = true;
static bool calls_fail = true;
static bool damage_happens = true;
static unsigned long long faulty_cuts, damages, silent, counted;

static void arm(struct run *r)
{
    struct faulty_plan *p = &r->device.plans[run_random(r, FAULTY_PLANS)];
    uint32_t how = run_random(r, 8U);
    p->call = (enum faulty_call)run_random(r, FAULTY_CALLS);
    p->after = run_random(r, how < 4U ? 6U : 60U);
    p->count = how % 4U < 2U ? 1U : how % 4U == 2U ? 1U + run_random(r, 5U) : UINT32_MAX;
    p->chance = (uint8_t)(how == 7U ? 64U : 0U);
}

/* Most cuts come soon, some late. */
static void arm_cut(struct run *r)
{
    r->device.tear = (enum faulty_tear)run_random(r, FAULTY_TEARS);
    r->device.steps_left = 1U + run_random(r, 1U << (1U + run_random(r, 10U)));
}

/* As if what was there had never been written: no format can see that. */
static bool is_unseen(const struct faulty *f, enum faulty_damage how, uint32_t block)
{
    return how == FAULTY_OLD || how == FAULTY_HALF_2 || faulty_is_blank(f, block);
}

/* Where not all ids do, lists tell of some of them late: FORMAT.md. */
static bool fit_in_a_list(const struct run *r)
{
    uint32_t bytes = r->size->block_size / 64U;
    return r->size->entries_max <= 8U * ((bytes < 32U ? 32U : bytes) - 16U);
}

static const char *judge(const struct run *r, const struct run_told *told,
                         const struct ledger_verdict *v, enum faulty_damage how, bool newest)
{
    uint32_t wrong = v->missing + v->back + v->values;
    if (v->fault != NULL) {
        return v->fault;
    }
    if (wrong > 0U && !told->any && !(newest && is_unseen(&r->device, how, last_block))) {
        return "damage: silent";
    }
    if (told->torn || r->damaged || (newest && how > FAULTY_FLIP_3)) {
        return NULL; /* how much it is cannot be known */
    }
    /* One that is back may stand for one that is gone. */
    if (v->missing > told->lost + v->back) {
        return "damage: more is lost than counted";
    }
    /* Ids that were given and undone may be taken for lost ones. */
    bool exact = !calls_fail && how == FAULTY_WIPED && fit_in_a_list(r);
    return exact && v->missing < told->lost ? "damage: less is lost than counted" : NULL;
}

/* Damages a device whose ledger is decided; goes on with it, or with what was before. */
static void damage(struct run *r)
{
    static struct faulty device;
    static struct ledger ledger;
    enum faulty_damage how = (enum faulty_damage)run_random(r, FAULTY_DAMAGES);
    uint32_t block = run_random(r, r->size->block_count);
    bool newest = how == FAULTY_SWAPPED || block == run_newest(r);
    bool keep = run_random(r, 6U) == 0U;
    faulty_copy(&device, &r->device);
    ledger_copy(&ledger, &r->ledger);
    if (!faulty_damage(&r->device, how, block, run_random(r, r->size->block_size))) {
        return;
    }
    damages++;
    last_how = how;
    last_block = block;
    faulty_restart(&r->device, false);
    struct run_told told = run_mount(r);
    if (told.err == NVT_OK) {
        struct ledger_verdict v = ledger_check(&r->ledger, &r->spool, true);
        const char *fault = judge(r, &told, &v, how, newest);
        if (fault != NULL) {
            (void)printf("missing %u, back %u, values %u; lost %u, torn %d\n", (unsigned)v.missing,
                         (unsigned)v.back, (unsigned)v.values, (unsigned)told.lost, told.torn);
        }
        silent += fault != NULL ? 1U : 0U;
        counted += v.missing > 0U ? 1U : 0U;
        r->fault = r->fault == NULL ? fault : r->fault;
        r->damaged = r->damaged || keep;
        ledger_forget_ids(&r->ledger);
    }
    if (told.err != NVT_OK || !keep) {
        faulty_copy(&r->device, &device);
        ledger_copy(&r->ledger, &ledger);
        run_restart(r, false);
    }
}

static void step(struct run *r)
{
    uint32_t luck = run_random(r, 64U);
    if (luck < 4U && calls_fail) {
        arm(r);
    } else if (luck == 15U && damage_happens && !r->damaged && run_random(r, 8U) == 0U) {
        r->device.drop = 1U + run_random(r, 12U);
    } else if (luck < 12U && cuts_happen && r->device.steps_left == UINT64_MAX) {
        arm_cut(r);
    } else if (luck == 12U) {
        faulty_heal(&r->device);
    } else {
        /* as it is */
    }
    run_step(r);
    if (r->device.off ||
        (luck == 13U && cuts_happen)) { /* or the power goes between two operations */
        faulty_cuts += r->device.failed > 0U ? 1U : 0U;
        r->device.failed = 0U;
        if (luck % 3U != 0U) { /* else the calls go on failing while it is mounted */
            faulty_heal(&r->device);
        }
        run_restart(r, true);
        if (luck % 4U == 0U && r->fault == NULL && damage_happens && !r->damaged) {
            damage(r);
        }
    } else if (luck == 14U) {
        run_restart(r, false);
    } else {
        /* on */
    }
}

/* Each seventh run begins near the end of the numbers of blocks, or of ids, or of 31 bits. */
static bool begin(struct run *r, uint32_t seed)
{
    static const uint32_t starts[][2] = {
        {0xFFFFFF00U - 40U, 1U}, {1U, UINT32_MAX - 300U}, {0x7FFFFFF0U, 0x7FFFFFF0U}};
    static uint32_t first = 1;
    const struct run_size *size = &sizes[seed % (unsigned)SIZES];
    first += (uint32_t)LEDGER_MAX;
    if (seed % 7U == 0U) {
        const uint32_t *start = starts[seed / 7U % 3U];
        return run_init_at(r, size, seed, start[0], start[1]);
    }
    return run_init(r, size, seed, first);
}

static bool run_one(uint32_t seed, uint64_t *cuts)
{
    static struct run r;
    unsigned i = 0;
    last_how = FAULTY_DAMAGES;
    bool begun = begin(&r, seed);
    r.fault = begun ? NULL : "cannot be begun";
    r.device.forgets = calls_fail && seed / (unsigned)SIZES % 2U == 0U;
    while (i < (unsigned)STEPS_MAX && r.fault == NULL && r.ledger.count < (uint32_t)LEDGER_MAX) {
        step(&r);
        i++;
    }
    *cuts += r.device.cuts;
    if (r.fault != NULL) {
        (void)printf(
            "not ok - %s (blocks %u x %u, unit %u, seed %u, step %u, damage: %s in %u%s%s)\n",
            r.fault, (unsigned)r.size->block_count, (unsigned)r.size->block_size,
            (unsigned)r.size->prog_size, (unsigned)seed, i, damage_words[last_how],
            (unsigned)last_block, r.damaged ? ", after damage" : "",
            r.wraps ? ", near the wrap" : "");
    }
    return r.fault == NULL;
}

int main(int argc, char **argv)
{
    uint64_t wanted = argc > 1 ? strtoull(argv[1], NULL, 10) : 150000U;
    uint32_t seed = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 1U;
    const char *kinds = argc > 3 ? argv[3] : "cfd";
    uint64_t cuts = 0;
    unsigned failed = 0;
    cuts_happen = strchr(kinds, 'c') != NULL;
    calls_fail = strchr(kinds, 'f') != NULL;
    damage_happens = strchr(kinds, 'd') != NULL;
    while (cuts < wanted && (failed == 0U || strchr(kinds, 'x') != NULL)) {
        failed += run_one(seed, &cuts) ? 0U : 1U;
        seed++;
    }
    (void)printf("cut points: %llu, with failing calls: %llu, damages: %llu, counted: %llu, "
                 "silent: %llu\n",
                 (unsigned long long)cuts, faulty_cuts, damages, counted, silent);
    (void)printf("%u passed, %u failed\n", failed == 0U ? 1U : 0U, failed);
    return failed == 0U ? 0 : 1;
}
