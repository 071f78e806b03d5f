/* SPDX-License-Identifier: Apache-2.0 */
#include "uplink_world.h"

#include <navette/rpc.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static nvt_err take_receipt(void *ctx, const struct nvt_uplink_receipt *r)
{
    struct up_world *w = (struct up_world *)ctx;
    if (w->refuse_told > 0U) {
        w->refuse_told--;
        return NVT_E_SPACE;
    }
    assert_true(w->told_count < (size_t)UP_TOLD);
    struct up_told *t = &w->told[w->told_count];
    *t = (struct up_told){.id = r->id,
                          .state = r->state,
                          .status = r->status,
                          .duplicate = r->duplicate,
                          .err = r->failure->err};
    (void)snprintf(t->reason, sizeof t->reason, "%.*s", (int)r->reason.len,
                   (const char *)r->reason.ptr);
    (void)snprintf(t->entry, sizeof t->entry, "%.*s", (int)r->entry.len,
                   (const char *)r->entry.ptr);
    w->told_count++;
    return NVT_OK;
}

void up_init(struct up_world *w, const struct nvt_uplink_kind *kind, uint8_t lane_count,
             const struct nvt_sim_script *scripts, size_t count)
{
    (void)memset(w, 0, sizeof *w);
    nvt_sim_init(&w->sim);
    w->sim.scripts = scripts;
    w->sim.script_count = count;
    w->sim.sent = w->sent;
    w->sim.sent_cap = sizeof w->sent;
    (void)nvt_tls_config_init(&w->tls, &w->sim.port, NULL, NULL);
    assert_int_equal(nvt_client_init(&w->client, kind->profile, &w->sim.port, &w->tls,
                                     "https://api.example.net", NULL),
                     NVT_OK);
    assert_int_equal(nvt_token_set(&w->client.token, NVT_LIT(WORLD_TOKEN), UINT64_MAX), NVT_OK);
    nvt_sim_flash_init(&w->flash, w->mem, w->synced, UP_BLOCK, UP_BLOCKS, 16U);
    w->spool_config =
        (struct nvt_spool_config){&w->flash.device, w->buffer, sizeof w->buffer, w->window,
                                  sizeof w->window, w->picks,  UP_PICKS};
    assert_int_equal(nvt_spool_format(&w->spool, &w->spool_config), NVT_OK);
    w->config = (struct nvt_uplink_config){.kind = kind,
                                           .client = &w->client,
                                           .spool = &w->spool,
                                           .lanes = w->lanes,
                                           .bodies = w->bodies,
                                           .body_cap = UP_BODY,
                                           .lane_count = lane_count,
                                           .settled = take_receipt,
                                           .ctx = w};
}

void up_start(struct up_world *w)
{
    assert_int_equal(nvt_uplink_init(&w->uplink, &w->config), NVT_OK);
}

void up_restart(struct up_world *w)
{
    for (size_t i = 0; i < (size_t)UP_LANES; i++) {
        nvt_call_free(&w->lanes[i].call);
    }
    assert_int_equal(nvt_spool_mount(&w->spool, &w->spool_config), NVT_OK);
    up_start(w);
}

uint32_t up_append(struct up_world *w, const char *name, uint32_t due_s)
{
    char text[UP_BODY];
    uint32_t id = 0;
    (void)snprintf(text, sizeof text,
                   "{\"driver\":{\"operator_journey_id\":\"no\"},"
                   "\"operator_journey_id\" : \"%s\",\"distance\":1}",
                   name);
    assert_int_equal(nvt_spool_append(&w->spool, nvt_span_str(text), due_s, &id), NVT_OK);
    return id;
}

/* The clock moves to the first thing that any of the waits is for. */
static void wait_any(struct up_world *w, const struct nvt_wait *waits, size_t n, uint64_t end_ms)
{
    uint64_t now_ms = w->sim.mono_ms;
    uint64_t first_ms = end_ms;
    for (size_t i = 0; i < n; i++) {
        w->sim.mono_ms = now_ms;
        if (nvt_sim_wait(&w->sim, &waits[i]) && w->sim.mono_ms < first_ms) {
            first_ms = w->sim.mono_ms;
        }
    }
    w->sim.mono_ms = first_ms;
}

bool up_step(struct up_world *w, uint64_t end_ms)
{
    struct nvt_wait waits[UP_LANES + 1];
    size_t n = 0;
    nvt_err err = nvt_uplink_step(&w->uplink, waits, (size_t)w->config.lane_count + 1U, &n);
    if (err == NVT_OK) {
        assert_int_equal(n, 0);
        return false;
    }
    assert_true(err == NVT_AGAIN || err == NVT_E_SPOOL_IO);
    assert_true(n >= 1U && n <= (size_t)w->config.lane_count + 1U);
    wait_any(w, waits, n, end_ms);
    return w->sim.mono_ms < end_ms;
}

void up_run(struct up_world *w, uint64_t ms)
{
    uint64_t end_ms = w->sim.mono_ms + ms;
    size_t steps = 0;
    while (up_step(w, end_ms)) {
        steps++;
        assert_true(steps < 20000U); /* else it is stepped without anything to do */
    }
}

const struct up_told *up_receipt(const struct up_world *w, uint32_t id)
{
    const struct up_told *found = NULL;
    for (size_t i = 0; i < w->told_count; i++) {
        if (w->told[i].id == id) {
            assert_null(found);
            found = &w->told[i];
        }
    }
    assert_non_null(found);
    return found;
}

size_t up_count_sent(const struct up_world *w, const char *text)
{
    size_t found = 0;
    size_t n = strlen(text);
    for (size_t i = 0; i + n <= w->sim.sent_len; i++) {
        found += memcmp(w->sent + i, text, n) == 0 ? 1U : 0U;
    }
    return found;
}

uint32_t up_pending(const struct up_world *w)
{
    struct nvt_spool_info info;
    nvt_spool_info(&w->spool, &info);
    return info.pending;
}

void up_end(struct up_world *w)
{
    nvt_uplink_free(&w->uplink);
    nvt_client_free(&w->client);
    assert_int_equal(w->sim.open_now, 0);
    assert_int_equal(w->sim.misuse, 0);
    assert_null(w->flash.violation);
}
