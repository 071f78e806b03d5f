/* SPDX-License-Identifier: Apache-2.0 */
/* What the vehicle cannot help: the network, the registry, its clock, its tokens. */
#include "life.h"

uint64_t life_span(struct life *l, uint32_t from, uint32_t to, uint32_t unit_ms)
{
    uint64_t units = (uint64_t)(to - from) * 64U;
    uint64_t part = units == 0U ? 0U : vehicle_draw(&l->v, (uint32_t)units);
    return ((uint64_t)from * 64U + part) * unit_ms / 64U + 1U;
}

bool life_once(struct life *l, uint32_t n)
{
    return vehicle_draw(&l->v, n) == 0U;
}

static void next_in(struct life *l, enum life_actor actor, uint64_t ms)
{
    l->next_ms[actor] = registry_now_ms(&l->v.registry) + ms;
}

/* ---- network ---- */

static void mend_network(struct nvt_sim *s)
{
    s->hosts[0].dead = false;
    s->hosts[0].connect_err = NVT_OK;
    s->hosts[0].open_err = NVT_OK;
    s->hosts[0].connect_ms = 40;
    s->resolve_dead = false;
    s->resolve_err = NVT_OK;
    s->resolve_ms = 30;
    s->handshake_dead = false;
    s->handshake_err = NVT_OK;
    s->handshake_ms = 120;
    s->latency_ms = 30;
    s->recv_max = 0;
    nvt_sim_light(s);
}

/* Nothing passes; what hung in it arrives at its end. */
static void go_dark(struct nvt_sim *s)
{
    s->blackout = true;
    s->resolve_dead = true;
}

static void lose_route(struct life *l)
{
    static const nvt_err errs[] = {NVT_E_NET_UNREACHABLE, NVT_E_NET_REFUSED, NVT_E_NET_RESET};
    struct nvt_sim *s = &l->v.sim;
    s->hosts[0].connect_err = errs[vehicle_draw(&l->v, 3U)];
    s->hosts[0].dead = life_once(l, 4U);
    s->blackout = life_once(l, 2U);
}

static void lose_names(struct life *l)
{
    struct nvt_sim *s = &l->v.sim;
    s->resolve_err = life_once(l, 3U) ? NVT_E_NET_NAME : NVT_E_NET_RESOLVER;
    s->resolve_dead = life_once(l, 3U);
}

static void be_weak(struct life *l)
{
    struct nvt_sim *s = &l->v.sim;
    s->latency_ms = 100U + vehicle_draw(&l->v, 2500U);
    s->hosts[0].connect_ms = 2U * s->latency_ms;
    s->handshake_ms = 4U * s->latency_ms;
    s->recv_max = 1U + vehicle_draw(&l->v, 200U);
    s->handshake_err = life_once(l, 5U) ? NVT_E_TLS_HANDSHAKE : NVT_OK;
}

void life_network(struct life *l)
{
    struct nvt_sim *s = &l->v.sim;
    mend_network(s);
    l->network_bad = !l->network_bad;
    if (!l->network_bad) {
        next_in(l, LIFE_NETWORK, life_span(l, 1, 180, LIFE_MIN));
        return;
    }
    uint64_t ms = life_span(l, 10, 300, LIFE_S);
    if (life_once(l, 2U)) {
        next_in(l, LIFE_JOURNEYS, life_span(l, 0, 10, LIFE_S));
    }
    switch (vehicle_draw(&l->v, 8U)) {
    case 0:
    case 1:
        go_dark(s); /* a tunnel */
        break;
    case 2:
        go_dark(s);
        ms = 600U * (uint64_t)LIFE_S;
        break;
    case 3:
        lose_route(l);
        ms = life_span(l, 5, 900, LIFE_S);
        break;
    case 4:
        lose_names(l);
        break;
    case 5:
        lose_route(l); /* parked below ground */
        ms = life_once(l, 6U) ? life_span(l, 20, 60, LIFE_H) : life_span(l, 1, 12, LIFE_H);
        break;
    default:
        be_weak(l);
        ms = life_span(l, 1, 60, LIFE_MIN);
        break;
    }
    next_in(l, LIFE_NETWORK, ms);
}

/* ---- registry ---- */

static void mend_registry(struct life *l)
{
    struct registry *r = &l->v.registry;
    r->mood = (struct registry_mood){2U, 3U, 1U, 1U, 1U, 5U, 20000U, false, 0U, 0U};
    r->closed_ms = 0;
    r->retry_s = 0;
    r->keys_refused = false;
    r->token_life_s = 300;
    r->token_quota = 5;
    r->idle_ms = life_once(l, 2U) ? 5000U : 75000U;
}

/* Some journeys always fail, or all of them, for as long as half a day. */
static uint64_t fall_ill(struct life *l)
{
    static const uint16_t statuses[] = {500U, 502U, 403U, 200U, 0U};
    struct registry *r = &l->v.registry;
    r->mood.sick = (uint16_t)(1U + vehicle_draw(&l->v, 6U));
    r->mood.sick_status = statuses[vehicle_draw(&l->v, 5U)];
    return life_span(l, 5, 720, LIFE_MIN);
}

static uint64_t close_down(struct life *l)
{
    struct registry *r = &l->v.registry;
    uint64_t ms = life_span(l, 5, 360, LIFE_MIN);
    r->closed_ms = registry_now_ms(r) + ms;
    r->retry_s = life_once(l, 3U) ? 0U : 10U + vehicle_draw(&l->v, 3600U);
    return ms;
}

void life_registry(struct life *l)
{
    struct registry *r = &l->v.registry;
    mend_registry(l);
    l->registry_bad = !l->registry_bad;
    if (!l->registry_bad) {
        next_in(l, LIFE_REGISTRY, life_span(l, 1, 30, LIFE_H));
        return;
    }
    uint64_t ms = life_span(l, 2, 60, LIFE_MIN);
    switch (vehicle_draw(&l->v, 8U)) {
    case 0:
        ms = close_down(l);
        break;
    case 7:
        ms = fall_ill(l);
        break;
    case 1:
        r->mood.error = 400;
        break;
    case 2:
        r->mood.gateway = 500;
        break;
    case 3:
        r->mood.busy = 300;
        r->token_quota = 1;
        break;
    case 4:
        r->mood.slow = 500;
        r->mood.slow_ms = 60000;
        break;
    case 5:
        r->mood.lost = 150;
        r->mood.unanswered = 300;
        r->idle_ms = 700;
        break;
    default:
        r->keys_refused = life_once(l, 2U);
        r->token_life_s = 20U + vehicle_draw(&l->v, 4000U);
        ms = life_span(l, 1, 8, LIFE_H);
        break;
    }
    next_in(l, LIFE_REGISTRY, ms);
}

/* ---- clock and tokens ---- */

static void set_clock(struct life *l, int64_t off_s)
{
    struct nvt_sim *s = &l->v.sim;
    int64_t true_s = (int64_t)(registry_now_ms(&l->v.registry) / 1000U);
    s->wall_s = true_s + off_s - (int64_t)(s->mono_ms / 1000U);
    s->wall_known = true;
    l->clock_lost = off_s != 0;
}

void life_clock_boot(struct life *l)
{
    set_clock(l, 0);
    if (!l->has_rtc) {
        l->v.sim.wall_s = 0;
        l->v.sim.wall_known = life_once(l, 2U);
        l->clock_lost = true;
        next_in(l, LIFE_CLOCK, life_span(l, 20, 1800, LIFE_S));
    }
}

void life_clock(struct life *l)
{
    static const int64_t jumps[] = {-1, 1, -90, 90, -3700, 3700, -90000, 90000, -300000, 300000};
    if (l->clock_lost) {
        set_clock(l, 0);
        next_in(l, LIFE_CLOCK, life_span(l, 4, 100, LIFE_H));
        return;
    }
    set_clock(l, jumps[vehicle_draw(&l->v, 10U)]);
    next_in(l, LIFE_CLOCK, life_span(l, 1, 300, LIFE_MIN));
}

void life_tokens(struct life *l)
{
    registry_revoke(&l->v.registry);
    next_in(l, LIFE_TOKENS, life_span(l, 1, 90, LIFE_H));
}

void life_fair(struct life *l)
{
    mend_network(&l->v.sim);
    mend_registry(l);
    l->v.registry.mood = (struct registry_mood){0};
    l->v.deaf = 0;
    set_clock(l, 0);
}
