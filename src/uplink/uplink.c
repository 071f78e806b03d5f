/* SPDX-License-Identifier: Apache-2.0 */
/* The uplink as a whole: its start, its steps, its end. */
#include "parts.h"

static uint64_t now_of(const struct nvt_uplink *u)
{
    const struct nvt_port_clock *clock = &u->config.client->port->clock;
    return clock->mono_ms(clock->ctx);
}

static nvt_err seed(struct nvt_uplink *u)
{
    const struct nvt_port_entropy *entropy = &u->config.client->port->entropy;
    uint8_t bytes[8];
    if (entropy->fill(entropy->ctx, bytes, sizeof bytes) != NVT_OK) {
        return NVT_E_TLS_ENTROPY;
    }
    u->random = 1U; /* never 0: it would stay there */
    for (size_t i = 0; i < sizeof bytes; i++) {
        u->random = (u->random << 8U | u->random >> 56U) ^ bytes[i];
    }
    u->random = u->random == 0U ? 1U : u->random;
    return NVT_OK;
}

static bool is_good(const struct nvt_uplink_config *c)
{
    return c != NULL && c->kind != NULL && c->kind->send != NULL &&
           (c->kind->ask == NULL || c->kind->known != NULL) &&
           (c->kind->ask != NULL || !c->kind->ask_first) && c->client != NULL && c->spool != NULL &&
           c->lanes != NULL && c->bodies != NULL && c->body_cap > 0U && c->lane_count >= 1U &&
           c->lane_count <= (uint8_t)NVT_SPOOL_OUT_MAX && c->tries_max <= NVT_UPLINK_TRIES_MAX;
}

nvt_err nvt_uplink_init(struct nvt_uplink *u, const struct nvt_uplink_config *config)
{
    if (u == NULL || !is_good(config)) {
        return NVT_E_ARG;
    }
    if (!config->spool->mounted) {
        return NVT_E_STATE;
    }
    (void)memset(u, 0, sizeof *u);
    u->config = *config;
    u->old_next = config->spool->now.next;
    u->open_lanes = 1;
    u->patience = 2;
    u->heed = 1;
    u->heed_most = 1;
    for (uint8_t i = 0; i < config->lane_count; i++) {
        struct nvt_uplink_lane *lane = &config->lanes[i];
        (void)memset(lane, 0, sizeof *lane);
        nvt_call_init(&lane->call, config->client);
    }
    return seed(u);
}

static uint32_t pending(const struct nvt_uplink *u)
{
    struct nvt_spool_info info;
    nvt_spool_info(u->config.spool, &info);
    return info.pending;
}

static void take_figures(struct nvt_uplink *u)
{
    struct nvt_uplink_counters *c = &u->state.count;
    struct nvt_spool_info info;
    nvt_spool_info(u->config.spool, &info);
    c->handshakes = 0;
    c->resumptions = 0;
    c->bytes_out = 0;
    c->bytes_in = 0;
    u->state.busy = 0;
    u->state.deferred = info.deferred;
    for (uint8_t i = 0; i < u->config.lane_count; i++) {
        const struct nvt_uplink_lane *lane = &u->config.lanes[i];
        const struct nvt_conn_stats *s = &lane->call.conn.stats;
        c->handshakes += s->handshakes;
        c->resumptions += s->resumptions;
        c->bytes_out += s->bytes_out;
        c->bytes_in += s->bytes_in;
        bool busy = lane->state != (uint8_t)NVT_LANE_FREE;
        u->state.busy = (uint8_t)(u->state.busy + (busy ? 1U : 0U));
    }
}

static void run_lanes(struct nvt_uplink *u, struct nvt_pass *p)
{
    for (uint8_t i = 0; i < u->config.lane_count; i++) {
        struct nvt_uplink_lane *lane = &u->config.lanes[i];
        if (lane->state == (uint8_t)NVT_LANE_SENDING || lane->state == (uint8_t)NVT_LANE_ASKING) {
            nvt_lane_step(u, lane, p);
        }
    }
    nvt_settle_all(u, p);
    for (uint8_t i = 0; i < u->config.lane_count; i++) { /* those with an entry come first */
        if (u->config.lanes[i].state == (uint8_t)NVT_LANE_READY) {
            nvt_lane_fill(u, &u->config.lanes[i], p);
        }
    }
    for (uint8_t i = 0; i < u->config.lane_count; i++) {
        if (u->config.lanes[i].state == (uint8_t)NVT_LANE_FREE) {
            nvt_lane_fill(u, &u->config.lanes[i], p);
        }
    }
}

nvt_err nvt_uplink_step(struct nvt_uplink *u, struct nvt_wait *waits, size_t waits_cap,
                        size_t *out_count)
{
    if (u == NULL || waits == NULL || out_count == NULL ||
        waits_cap < (size_t)u->config.lane_count + 1U) {
        return NVT_E_ARG;
    }
    struct nvt_pass p = {now_of(u), UINT64_MAX, waits, 0, NVT_OK};
    run_lanes(u, &p);
    take_figures(u);
    *out_count = 0;
    uint32_t left = u->stopping ? 0U : pending(u);
    if (u->state.busy == 0U && left == 0U && p.wake_ms == UINT64_MAX && p.err == NVT_OK) {
        return NVT_OK;
    }
    bool held = u->state.link == NVT_UPLINK_HELD || u->state.link == NVT_UPLINK_BLOCKED;
    /* Once it is over, what is still not out is put aside, and has a time of its own. */
    if (held && left > 0U && nvt_link_resume_ms(u) > p.now_ms) {
        nvt_pass_wake(&p, nvt_link_resume_ms(u));
    }
    struct nvt_wait *last = &waits[p.count];
    (void)memset(last, 0, sizeof *last);
    last->until_ms = p.wake_ms;
    *out_count = p.count + 1U;
    return p.err == NVT_OK ? NVT_AGAIN : p.err;
}

void nvt_uplink_stop(struct nvt_uplink *u)
{
    u->stopping = true;
}

void nvt_uplink_resume(struct nvt_uplink *u)
{
    u->state.pause_ms = 0;
    u->state.resume_ms = 0;
    u->doubted = false;
    u->down_ms = now_of(u);
    u->failing_ms = u->down_ms;
    u->retry_ms = 0;
    u->credit_ms = 0;
    u->eager = true; /* whether an entry is early is for the system to say again */
}

void nvt_uplink_free(struct nvt_uplink *u)
{
    if (u == NULL || u->config.lanes == NULL) {
        return;
    }
    u->stopping = true;
    for (uint8_t i = 0; i < u->config.lane_count; i++) {
        struct nvt_uplink_lane *lane = &u->config.lanes[i];
        nvt_call_free(&lane->call);
        if (lane->state != (uint8_t)NVT_LANE_FREE) {
            nvt_aside_put_back(u, lane);
        }
        (void)memset(&lane->request, 0, sizeof lane->request);
        lane->state = (uint8_t)NVT_LANE_FREE;
    }
    u->state.busy = 0;
}
