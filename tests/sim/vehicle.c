/* SPDX-License-Identifier: Apache-2.0 */
/* The vehicle's life from one start to the next, and its book. */
#include "vehicle.h"

#include <navette/rpc.h>

enum { SPINS_MAX = 20000, STEP_SLACK_MS = 1 };

void vehicle_note(struct vehicle *v, const char *fault, uint32_t number)
{
    if (v->fault == NULL) {
        v->fault = fault;
        v->fault_number = number;
    }
}

uint32_t vehicle_draw(struct vehicle *v, uint32_t below)
{
    v->random ^= v->random << 13U;
    v->random ^= v->random >> 7U;
    v->random ^= v->random << 17U;
    return (uint32_t)((v->random >> 32U) % below);
}

/* ---- the book ---- */

static void note_lost(struct vehicle *v, const char *fault, uint32_t number)
{
    v->count.lost++;
    vehicle_note(v, fault, number);
}

static void note_doubled(struct vehicle *v, const char *fault, uint32_t number)
{
    v->count.doubled++;
    vehicle_note(v, fault, number);
}

/* An answer was changed on its way: the receipt may be wrong, but it must be there. */
static bool is_misled(const struct vehicle *v)
{
    return v->sim.fault.mask != 0U && v->sim.fault.met != 0U;
}

static void judge_delivered(struct vehicle *v, uint32_t n)
{
    const struct registry_journey *k = &v->known[n];
    if (k->state != REGISTRY_STORED && k->state != REGISTRY_TERMS) {
        note_lost(v, "said to be delivered, but the registry has it not", n);
    }
    if (k->state == REGISTRY_TERMS) {
        vehicle_note(v, "a refusal was hidden behind a duplicate", n);
    }
}

static void judge_refused(struct vehicle *v, uint32_t n, struct nvt_span reason)
{
    if (v->known[n].state == REGISTRY_STORED) {
        vehicle_note(v, "said to be refused, but the registry has it", n);
    }
    if (v->known[n].state == REGISTRY_ABSENT) {
        note_lost(v, "said to be refused, but the registry never judged it", n);
    }
    if (reason.len == 0U) {
        vehicle_note(v, "refused without a reason", n);
    }
}

static void judge_expired(struct vehicle *v, uint32_t n)
{
    if (registry_now_ms(&v->registry) / 1000U < v->journeys[n].due_s) {
        vehicle_note(v, "expired before its time", n);
    }
    if (v->known[n].state == REGISTRY_STORED || v->known[n].state == REGISTRY_TERMS) {
        vehicle_note(v, "said to be expired, but the registry has it", n);
    }
}

/* A receipt against what the registry knows. */
static void judge(struct vehicle *v, const struct nvt_uplink_receipt *receipt, uint32_t n)
{
    if (is_misled(v)) {
        return;
    }
    if (receipt->state == NVT_SPOOL_DELIVERED) {
        judge_delivered(v, n);
    } else if (receipt->state == NVT_SPOOL_REFUSED) {
        judge_refused(v, n, receipt->reason);
    } else {
        judge_expired(v, n);
    }
}

static nvt_err settled(void *ctx, const struct nvt_uplink_receipt *receipt)
{
    struct vehicle *v = (struct vehicle *)ctx;
    size_t n = registry_number(receipt->entry);
    if (n >= v->next || registry_hash(receipt->entry) != v->known[n].hash) {
        vehicle_note(v, "a receipt of no journey", 0U);
        return NVT_OK;
    }
    struct vehicle_journey *j = &v->journeys[n];
    if (j->fate != VEHICLE_ACCEPTED) {
        note_doubled(v, "a receipt of what is settled", (uint32_t)n);
    }
    judge(v, receipt, (uint32_t)n);
    if (v->deaf != 0U && vehicle_draw(v, 1000U) < v->deaf) {
        return NVT_E_STATE;
    }
    j->fate = VEHICLE_TOLD;
    j->told = receipt->state;
    v->fresh[v->fresh_len] = (uint16_t)n;
    v->fresh_len++;
    v->count.delivered += receipt->state == NVT_SPOOL_DELIVERED ? 1U : 0U;
    v->count.duplicates += receipt->duplicate ? 1U : 0U;
    v->count.refused += receipt->state == NVT_SPOOL_REFUSED ? 1U : 0U;
    v->count.expired += receipt->state == NVT_SPOOL_EXPIRED ? 1U : 0U;
    return NVT_OK;
}

/* The step is over and the device did not fail: what was told is marked. */
static void close_step(struct vehicle *v)
{
    for (uint32_t i = 0; i < v->fresh_len; i++) {
        v->journeys[v->fresh[i]].fate = VEHICLE_SETTLED;
        v->pending--;
    }
    v->fresh_len = 0;
}

static void list_one(struct vehicle *v, uint32_t id, struct nvt_span bytes)
{
    size_t n = registry_number(bytes);
    if (n >= v->next || registry_hash(bytes) != v->known[n].hash) {
        vehicle_note(v, "something else is pending", id);
        return;
    }
    if (v->journeys[n].seen) {
        note_doubled(v, "listed twice", (uint32_t)n);
    }
    v->journeys[n].seen = true;
}

static void read_listing(struct vehicle *v)
{
    struct nvt_spool_cursor cursor = {{0U, 0U, 0U}};
    nvt_err err = NVT_OK;
    while (err == NVT_OK && v->fault == NULL) {
        struct nvt_buf out;
        struct nvt_spool_entry entry;
        nvt_buf_init(&out, v->body, sizeof v->body);
        err = nvt_spool_list(&v->spool, &cursor, &out, &entry);
        if (err == NVT_OK) {
            list_one(v, entry.id, nvt_buf_span(&out));
        }
    }
    if (err != NVT_E_SPOOL_EMPTY) {
        vehicle_note(v, "the listing does not end", 0U);
    }
}

/* What becomes of each fate when the spool does not list the journey, or does. */
static const struct {
    enum vehicle_fate absent, there;
} after_mount[] = {
    [VEHICLE_NONE] = {VEHICLE_NONE, VEHICLE_NONE},
    [VEHICLE_MAYBE] = {VEHICLE_NONE, VEHICLE_ACCEPTED},
    [VEHICLE_ACCEPTED] = {VEHICLE_ACCEPTED, VEHICLE_ACCEPTED},
    [VEHICLE_TOLD] = {VEHICLE_SETTLED, VEHICLE_ACCEPTED},
    [VEHICLE_SETTLED] = {VEHICLE_SETTLED, VEHICLE_SETTLED},
};

/* One journey against the spool as it was mounted. */
static void compare(struct vehicle *v, uint32_t n)
{
    struct vehicle_journey *j = &v->journeys[n];
    if (j->fate == VEHICLE_ACCEPTED && !j->seen) {
        note_lost(v, "accepted and gone", n);
    }
    if (j->fate == VEHICLE_SETTLED && j->seen) {
        note_doubled(v, "settled and pending again", n);
    }
    if (j->fate == VEHICLE_NONE && j->seen) {
        vehicle_note(v, "refused by the spool and pending", n);
    }
    v->count.accepted += j->fate == VEHICLE_MAYBE && j->seen ? 1U : 0U;
    j->fate = j->seen ? after_mount[j->fate].there : after_mount[j->fate].absent;
    v->pending += j->seen ? 1U : 0U;
    j->seen = false;
}

static void check_book(struct vehicle *v)
{
    read_listing(v);
    v->pending = 0;
    v->fresh_len = 0;
    for (uint32_t n = 0; n < v->next && v->fault == NULL; n++) {
        compare(v, n);
    }
}

/* Of what can still be in time: the rest waits for its look-up. */
static uint32_t urgent_s(void *ctx)
{
    const struct vehicle *v = (const struct vehicle *)ctx;
    uint64_t now_s = registry_now_ms(&v->registry) / 1000U;
    uint32_t due_s = UINT32_MAX;
    for (uint32_t n = 0; n < v->next; n++) {
        enum vehicle_fate fate = v->journeys[n].fate;
        bool pending =
            (fate == VEHICLE_ACCEPTED || fate == VEHICLE_TOLD) && v->journeys[n].due_s > now_s;
        due_s = pending && v->journeys[n].due_s < due_s ? v->journeys[n].due_s : due_s;
    }
    return due_s;
}

/* ---- power ---- */

void vehicle_init(struct vehicle *v, const struct vehicle_setup *setup)
{
    (void)memset(v, 0, offsetof(struct vehicle, journeys));
    v->setup = *setup;
    if (setup->journeys == 0U) {
        v->setup.journeys = VEHICLE_JOURNEYS;
    }
    (void)memset(v->journeys, 0, v->setup.journeys * sizeof v->journeys[0]);
    v->random = setup->seed * 0x9E3779B97F4A7C15U + 0x1234567U;
    nvt_sim_init(&v->sim);
    v->sim.wall_s = setup->true_s - 1;
    nvt_sim_flash_init(&v->flash, v->flash_mem, v->flash_synced, setup->block_size,
                       setup->block_count, setup->prog_size);
    v->flash.bad = v->bad;
    registry_init(&v->registry, &v->sim, v->known, v->setup.journeys, setup->true_s);
    v->registry.random ^= v->random;
    v->registry.urgent_s = urgent_s;
    v->registry.urgent_ctx = v;
    v->sim.random ^= v->random;
}

static nvt_err mount(struct vehicle *v)
{
    const struct nvt_spool_config config = {
        &v->flash.device, v->buffer, sizeof v->buffer, v->window,
        sizeof v->window, v->picks,  VEHICLE_PICKS,    0U};
    if (!v->formatted) {
        nvt_err err = nvt_spool_format(&v->spool, &config);
        v->formatted = err == NVT_OK;
        return err;
    }
    return nvt_spool_mount(&v->spool, &config);
}

static bool start(struct vehicle *v)
{
    const struct nvt_uplink_config config = {
        &nvt_rpc_uplink, &v->client,     &v->spool, v->lanes, v->bodies,
        VEHICLE_BODY,    v->setup.lanes, settled,   v,        0U};
    (void)nvt_tls_config_init(&v->tls, &v->sim.port, NULL, NULL);
    nvt_err err = nvt_client_init(&v->client, &nvt_rpc_profile, &v->sim.port, &v->tls,
                                  "https://api.example.net", NULL);
    if (err == NVT_OK) {
        err = nvt_credentials_set_key_pair(&v->client.credentials, NVT_LIT(REGISTRY_ACCESS),
                                           NVT_LIT(REGISTRY_SECRET));
    }
    if (err == NVT_OK && v->keeps_tokens) {
        err = nvt_uplink_keep_tokens(&v->client, &v->spool);
        v->stamp = v->client.token_stamp;
    }
    if (err == NVT_OK) {
        err = nvt_uplink_init(&v->uplink, &config);
    }
    if (err != NVT_OK) {
        vehicle_note(v, "the uplink does not start", 0U);
    }
    return err == NVT_OK;
}

bool vehicle_boot(struct vehicle *v)
{
    /* Memory comes up with anything in it. */
    (void)memset(&v->spool, 0xA5, sizeof v->spool);
    (void)memset(&v->client, 0xA5, sizeof v->client);
    (void)memset(&v->uplink, 0xA5, sizeof v->uplink);
    (void)memset(v->lanes, 0xA5, v->setup.lanes * sizeof v->lanes[0]);
    nvt_err err = mount(v);
    if (err != NVT_OK) {
        if (!v->flash.off) {
            vehicle_note(v, "the spool does not mount", 0U);
        }
        return false;
    }
    v->count.boots++;
    check_book(v);
    v->on = v->fault == NULL && start(v);
    return v->on;
}

void vehicle_cut(struct vehicle *v, uint64_t gap_ms)
{
    uint64_t now_ms = 1000U + vehicle_draw(v, 5000U);
    uint64_t true_ms = registry_now_ms(&v->registry) + gap_ms;
    v->sim.wall_s += (int64_t)((v->sim.mono_ms + gap_ms) / 1000U) - (int64_t)(now_ms / 1000U);
    nvt_sim_power_off(&v->sim, now_ms);
    v->registry.base_ms = true_ms - now_ms;
    registry_forget(&v->registry);
    nvt_sim_flash_on(&v->flash);
    v->count.cuts++;
    v->on = false;
}

void vehicle_halt(struct vehicle *v, uint64_t limit_ms, uint64_t gap_ms)
{
    nvt_uplink_stop(&v->uplink);
    if (vehicle_run(v, v->sim.mono_ms + limit_ms)) {
        nvt_uplink_free(&v->uplink);
        nvt_client_free(&v->client);
        if (v->sim.open_now != 0U) {
            vehicle_note(v, "a socket is left open", 0U);
        }
    }
    v->count.cuts--;
    vehicle_cut(v, gap_ms);
}

/* ---- work ---- */

nvt_err vehicle_append(struct vehicle *v, int64_t start_s, uint32_t due_s)
{
    uint32_t n = v->next;
    uint32_t id = 0;
    struct nvt_buf out;
    if (n == v->setup.journeys) {
        return NVT_E_SPOOL_FULL;
    }
    nvt_buf_init(&out, v->body, sizeof v->body);
    registry_write(&v->registry, n, start_s, &out);
    nvt_err err = nvt_spool_append(&v->spool, nvt_buf_span(&out), due_s, &id);
    v->next++;
    v->journeys[n] = (struct vehicle_journey){VEHICLE_NONE, (enum nvt_spool_state)0, due_s, false};
    if (err == NVT_OK) {
        v->journeys[n].fate = VEHICLE_ACCEPTED;
        v->count.accepted++;
        v->pending++;
    } else if (err == NVT_E_SPOOL_FULL) {
        v->count.full++;
    } else {
        v->journeys[n].fate = VEHICLE_MAYBE;
        if (!v->flash.off) {
            vehicle_note(v, "an append failed", n);
        }
    }
    return err;
}

/* What must be true between any two steps. */
static void check_step(struct vehicle *v)
{
    struct nvt_spool_info info;
    nvt_spool_info(&v->spool, &info);
    if (info.pending != v->pending) {
        vehicle_note(v, "the spool counts other journeys than the book", info.pending);
    }
    for (uint32_t i = 0; i < v->setup.lanes; i++) {
        const struct nvt_call *call = &v->lanes[i].call;
        struct nvt_progress p;
        nvt_call_progress(call, &p);
        bool under_way = p.phase != NVT_CALL_IDLE && p.phase != NVT_CALL_DONE;
        if (under_way && v->sim.mono_ms > call->call_end_ms + v->late_ms + STEP_SLACK_MS) {
            vehicle_note(v, "a call beyond its deadline", i);
        }
    }
    if (v->registry.fault != NULL) {
        vehicle_note(v, v->registry.fault, (uint32_t)v->registry.fault_number);
    }
    if (v->sim.misuse != 0U) {
        vehicle_note(v, "the port was misused", 0U);
    }
}

static void keep_token(struct vehicle *v)
{
    if (v->keeps_tokens && v->stamp != v->client.token_stamp) {
        nvt_err err = nvt_uplink_save_token(&v->client, &v->spool);
        v->stamp = v->client.token_stamp;
        if (err != NVT_OK && err != NVT_E_SPOOL_FULL && !v->flash.off) {
            vehicle_note(v, "the token was not kept", 0U);
        }
    }
}

/* One step; the clock moves on to what is waited for. False: the power went, or a fault. *out_idle:
 * nothing is to be done any more. */
static bool step(struct vehicle *v, uint64_t until_ms, bool *out_idle)
{
    size_t n = 0;
    uint64_t before = v->sim.mono_ms;
    nvt_err err = nvt_uplink_step(&v->uplink, v->waits, (size_t)v->setup.lanes + 1U, &n);
    v->count.steps++;
    *out_idle = err == NVT_OK;
    if (v->flash.off) {
        return false;
    }
    if (err != NVT_OK && err != NVT_AGAIN) {
        vehicle_note(v, "a step failed", (uint32_t)(-(int)err));
    }
    close_step(v);
    check_step(v);
    keep_token(v);
    if (err == NVT_AGAIN) {
        if (!nvt_sim_wait_any(&v->sim, v->waits, n, until_ms)) {
            vehicle_note(v, "waits for nothing", 0U);
        }
        v->sim.mono_ms += v->late_ms == 0U ? 0U : vehicle_draw(v, v->late_ms);
    }
    v->spins = v->sim.mono_ms == before ? v->spins + 1U : 0U;
    if (v->spins > (uint32_t)SPINS_MAX) {
        vehicle_note(v, "steps on without time passing", 0U);
    }
    return v->fault == NULL;
}

bool vehicle_run(struct vehicle *v, uint64_t until_ms)
{
    bool idle = false;
    bool good = true;
    while (good && !idle && v->sim.mono_ms < until_ms) {
        good = step(v, until_ms, &idle);
    }
    if (good && idle && v->sim.mono_ms < until_ms && !v->uplink.stopping) {
        while (v->sim.mono_ms < until_ms && nvt_sim_wait_any(&v->sim, NULL, 0U, until_ms)) {
        }
    }
    return good;
}

bool vehicle_drain(struct vehicle *v, uint64_t limit_ms)
{
    uint64_t end = v->sim.mono_ms + limit_ms;
    bool idle = false;
    bool good = true;
    while (good && v->pending > 0U && v->sim.mono_ms < end) {
        good = step(v, end, &idle);
    }
    if (good && v->pending > 0U) {
        note_lost(v, "still pending after all that time", v->pending);
    }
    return good && v->pending == 0U;
}

bool vehicle_audit(struct vehicle *v)
{
    uint32_t settled_count = 0;
    for (uint32_t n = 0; n < v->next; n++) {
        const struct vehicle_journey *j = &v->journeys[n];
        settled_count += j->fate == VEHICLE_SETTLED ? 1U : 0U;
        if (j->fate == VEHICLE_NONE && v->known[n].posts != 0U) {
            vehicle_note(v, "sent though it was not accepted", n);
        }
        if (j->fate != VEHICLE_NONE && j->fate != VEHICLE_SETTLED) {
            note_lost(v, "neither settled nor reported", n);
        }
    }
    if (settled_count != v->count.accepted) {
        note_lost(v, "fewer settled than accepted", settled_count);
    }
    return v->fault == NULL;
}
