/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lives one seed after the other and ends with one line of counts:
 *     life [SECONDS [FIRST_SEED [SEEDS]]]
 */
#include "life.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct total {
    unsigned long long seeds, journeys, delivered, duplicates, refused, expired, full, boots, cuts;
    unsigned long long posts, lookups, late, lost, doubled;
};

static void add(struct total *t, const struct life *l)
{
    const struct vehicle_count *c = &l->v.count;
    t->seeds++;
    t->journeys += c->accepted;
    t->delivered += c->delivered;
    t->duplicates += c->duplicates;
    t->refused += c->refused;
    t->expired += c->expired;
    t->full += c->full;
    t->boots += c->boots;
    t->cuts += c->cuts;
    t->lost += c->lost;
    t->doubled += c->doubled;
    t->posts += l->v.registry.posts;
    t->lookups += l->v.registry.lookups;
    t->late += l->v.registry.late;
}

static void report(const struct life *l, unsigned long long seed)
{
    (void)printf("not ok - seed %llu: %s (%u), day %.3f, start %u\n", seed, l->v.fault,
                 (unsigned)l->v.fault_number,
                 ((double)registry_now_ms(&l->v.registry) / 1000.0 - (double)LIFE_START_S) /
                     86400.0,
                 (unsigned)l->v.count.boots);
}

static unsigned long long number(int argc, char **argv, int i, unsigned long long usual)
{
    return argc > i ? strtoull(argv[i], NULL, 10) : usual;
}

int main(int argc, char **argv)
{
    static struct life l;
    static struct total t;
    const time_t end = time(NULL) + (time_t)number(argc, argv, 1, 60U);
    const unsigned long long first = number(argc, argv, 2, 1U);
    const unsigned long long seeds = number(argc, argv, 3, ULLONG_MAX);
    unsigned failed = 0;
    for (unsigned long long i = 0; i < seeds && failed < 5U && (i == 0U || time(NULL) < end); i++) {
        if (!life_run(&l, first + i, LIFE_DAYS)) {
            report(&l, first + i);
            failed++;
        }
        add(&t, &l);
    }
    (void)printf("starts: %llu, power cuts: %llu, requests to deliver: %llu, look-ups: %llu, "
                 "arrived late: %llu\n",
                 t.boots, t.cuts, t.posts, t.lookups, t.late);
    (void)printf("delivered: %llu (duplicates: %llu), refused: %llu, expired: %llu, spool full: "
                 "%llu\n",
                 t.delivered, t.duplicates, t.refused, t.expired, t.full);
    (void)printf("seeds: %llu, days: %llu, journeys: %llu, lost: %llu, doubled: %llu\n", t.seeds,
                 t.seeds * (unsigned long long)LIFE_DAYS, t.journeys, t.lost, t.doubled);
    return failed == 0U ? 0 : 1;
}
