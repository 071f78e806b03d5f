/* SPDX-License-Identifier: Apache-2.0 */
/* The vehicle's own days: journeys, the ignition, and the order in which things happen. */
#include "life.h"

enum { BOOTS_MAX = 50, DAY_MS = 24 * LIFE_H };

static uint64_t now_ms(const struct life *l)
{
    return registry_now_ms(&l->v.registry);
}

/* Hours of the vehicle's day, which begins at six. */
static unsigned hour_of(const struct life *l)
{
    return (unsigned)((now_ms(l) / (uint64_t)LIFE_H) % 24U);
}

/* ---- power ---- */

static void arm_cut(struct life *l)
{
    struct nvt_sim_flash *f = &l->v.flash;
    f->torn = (enum nvt_sim_torn)vehicle_draw(&l->v, (uint32_t)NVT_SIM_TORN_COUNT);
    f->noise = vehicle_draw(&l->v, UINT32_MAX);
    f->steps_left = 1U + vehicle_draw(&l->v, 20000U);
}

/* Starts until a start succeeds: some ignitions flicker. */
static void boot(struct life *l)
{
    bool up = false;
    for (unsigned i = 0; i < (unsigned)BOOTS_MAX && !up && l->v.fault == NULL; i++) {
        if (life_once(l, 12U)) {
            arm_cut(l);
            l->v.flash.steps_left /= 40U;
            l->v.flash.steps_left++;
        }
        life_clock_boot(l);
        up = vehicle_boot(&l->v);
        if (!up && l->v.fault == NULL) {
            vehicle_cut(&l->v, life_span(l, 1, 30, LIFE_S));
        }
    }
    if (!up) {
        vehicle_note(&l->v, "never comes up", 0U);
    }
}

static void lose_power(struct life *l, uint64_t gap_ms)
{
    if (l->v.fault == NULL) {
        vehicle_cut(&l->v, gap_ms);
        boot(l);
    }
}

static void power(struct life *l)
{
    bool night = hour_of(l) >= 15U;
    uint64_t gap_ms = night ? life_span(l, 30, 600, LIFE_MIN) : life_span(l, 1, 3600, LIFE_S);
    l->next_ms[LIFE_POWER] = now_ms(l) + gap_ms + life_span(l, 10, 700, LIFE_MIN);
    switch (vehicle_draw(&l->v, 3U)) {
    case 0:
        arm_cut(l); /* it goes while the flash is written next */
        break;
    case 1:
        vehicle_halt(&l->v, 10000U, gap_ms);
        boot(l);
        break;
    default:
        lose_power(l, gap_ms);
        break;
    }
}

/* ---- journeys ---- */

/* The application's clock: a satellite's mostly, the vehicle's else. */
static int64_t clock_s(struct life *l)
{
    int64_t s = (int64_t)(now_ms(l) / 1000U);
    if (life_once(l, 4U) && l->v.sim.wall_known) {
        s = l->v.sim.wall_s + (int64_t)(l->v.sim.mono_ms / 1000U);
    }
    return s;
}

static void journey(struct life *l)
{
    unsigned count = life_once(l, 6U) ? 1U + vehicle_draw(&l->v, 12U) : 1U;
    bool day = hour_of(l) < 15U;
    l->next_ms[LIFE_JOURNEYS] =
        now_ms(l) + (day ? life_span(l, 5, 100, LIFE_MIN) : life_span(l, 2, 9, LIFE_H));
    for (unsigned i = 0; i < count && l->v.fault == NULL && !l->v.flash.off; i++) {
        int64_t end_s = clock_s(l); /* over now */
        int64_t start_s = end_s - (int64_t)life_span(l, 5, 60, 60U);
        uint32_t due_s = (uint32_t)(start_s + 86400);
        start_s = start_s < 0 ? 0 : start_s;
        l->v.registry.trip_s = end_s < 0 ? 0 : end_s - start_s;
        (void)vehicle_append(&l->v, start_s, life_once(l, 20U) ? UINT32_MAX : due_s);
    }
}

/* ---- all together ---- */

static void act(struct life *l, enum life_actor actor)
{
    switch (actor) {
    case LIFE_JOURNEYS:
        journey(l);
        break;
    case LIFE_NETWORK:
        life_network(l);
        break;
    case LIFE_REGISTRY:
        life_registry(l);
        break;
    case LIFE_POWER:
        power(l);
        break;
    case LIFE_CLOCK:
        life_clock(l);
        break;
    case LIFE_TOKENS:
        life_tokens(l);
        break;
    case LIFE_ACTORS:
    default:
        break;
    }
}

static enum life_actor next_of(const struct life *l)
{
    unsigned next = 0;
    for (unsigned i = 1; i < (unsigned)LIFE_ACTORS; i++) {
        next = l->next_ms[i] < l->next_ms[next] ? i : next;
    }
    return (enum life_actor)next;
}

static void begin(struct life *l, uint64_t seed)
{
    static const struct vehicle_setup sizes[] = {
        {2048U, 32U, 1U, 1U, 0, 0U, 0U},   {4096U, 16U, 4U, 2U, 0, 0U, 0U},
        {4096U, 31U, 16U, 3U, 0, 0U, 0U},  {4096U, 24U, 64U, 4U, 0, 0U, 0U},
        {8192U, 8U, 256U, 1U, 0, 0U, 0U},  {16384U, 6U, 8U, 4U, 0, 0U, 0U},
        {4096U, 12U, 256U, 2U, 0, 0U, 0U}, {16384U, 8U, 32U, 3U, 0, 0U, 0U},
    };
    struct vehicle_setup setup = sizes[seed % (sizeof sizes / sizeof sizes[0])];
    setup.seed = seed;
    setup.true_s = LIFE_START_S;
    vehicle_init(&l->v, &setup);
    l->network_bad = true;
    l->registry_bad = true;
    l->clock_lost = false;
    l->has_rtc = life_once(l, 2U);
    l->v.deaf = life_once(l, 5U) ? 100U : 0U;
    l->v.late_ms = life_once(l, 3U) ? 400U : 0U;
    l->v.keeps_tokens = life_once(l, 2U);
    if (setup.block_count >= 16U && life_once(l, 3U)) {
        /* One that cannot be erased, or not written: smaller devices have none to spare. */
        l->v.bad[vehicle_draw(&l->v, setup.block_count)] = (uint8_t)(1U + vehicle_draw(&l->v, 2U));
    }
    for (unsigned i = 0; i < (unsigned)LIFE_ACTORS; i++) {
        l->next_ms[i] = now_ms(l) + life_span(l, 0, 60, LIFE_S);
    }
    l->next_ms[LIFE_POWER] += life_span(l, 10, 300, LIFE_MIN);
    boot(l);
    life_network(l);
    life_registry(l);
}

/* The power stays, all is well: everything must find its end, and a last start find nothing. */
static void finish(struct life *l)
{
    l->v.flash.steps_left = UINT64_MAX;
    life_fair(l);
    (void)vehicle_drain(&l->v, 26U * (uint64_t)LIFE_H);
    if (l->v.fault == NULL) {
        (void)vehicle_audit(&l->v);
    }
    if (l->v.fault == NULL) {
        lose_power(l, 1000U);
    }
    if (l->v.pending != 0U) {
        vehicle_note(&l->v, "pending after the last start", l->v.pending);
    }
}

bool life_run(struct life *l, uint64_t seed, unsigned days)
{
    begin(l, seed);
    uint64_t end_ms = now_ms(l) + (uint64_t)days * (uint64_t)DAY_MS;
    while (l->v.fault == NULL && now_ms(l) < end_ms) {
        enum life_actor actor = next_of(l);
        uint64_t at = l->next_ms[actor];
        uint64_t wait = at > now_ms(l) ? at - now_ms(l) : 0U;
        (void)vehicle_run(&l->v, l->v.sim.mono_ms + wait);
        if (l->v.flash.off) {
            lose_power(l, life_span(l, 1, 1200, LIFE_S));
        } else if (l->v.fault == NULL) {
            act(l, actor);
        }
        if (l->v.flash.off) {
            lose_power(l, life_span(l, 1, 1200, LIFE_S));
        }
    }
    if (l->v.fault == NULL) {
        finish(l);
    }
    return l->v.fault == NULL;
}
