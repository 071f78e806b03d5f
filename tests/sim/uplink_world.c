/* SPDX-License-Identifier: Apache-2.0 */
#include "uplink_world.h"

#include <navette/rpc.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

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
                          .gave_up = r->gave_up,
                          .unsure = r->unsure,
                          .err = r->failure->err};
    (void)snprintf(t->reason, sizeof t->reason, "%.*s", (int)r->reason.len,
                   (const char *)r->reason.ptr);
    (void)snprintf(t->entry, sizeof t->entry, "%.*s", (int)r->entry.len,
                   (const char *)r->entry.ptr);
    w->told_count++;
    return NVT_OK;
}

struct nvt_sim_answer up_says(const char *status, const char *fields, const char *body)
{
    static char texts[64][700];
    static size_t next;
    char *text = texts[next % 64U];
    next++;
    int n = snprintf(text, sizeof texts[0], "HTTP/1.1 %s\r\n%sContent-Length: %zu\r\n\r\n%s",
                     status, fields, strlen(body), body);
    assert_in_range(n, 1, sizeof texts[0] - 1U);
    return (struct nvt_sim_answer){text, (size_t)n, 3, false, NVT_SIM_STAY};
}

struct nvt_sim_answer up_cuts(void)
{
    return (struct nvt_sim_answer){NULL, 0, 0, false, NVT_SIM_RESET};
}

/* The length of the whole request at the front of text, 0: it is not whole. */
static size_t request_len(const char *text, size_t *out_head)
{
    const char *end = strstr(text, "\r\n\r\n");
    const char *field = strstr(text, "Content-Length: ");
    if (end == NULL) {
        return 0;
    }
    *out_head = (size_t)(end - text) + 4U;
    bool has = field != NULL && field < end;
    size_t len = *out_head + (has ? strtoul(field + 16, NULL, 10) : 0U);
    return len <= strlen(text) ? len : 0U;
}

/* Of what was posted before, however it was answered. */
static struct nvt_sim_answer status_of(const struct up_world *w, const char *line)
{
    static const struct nvt_sim_answer there =
        STAY("HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{\"status\":\"ok\"}");
    static const struct nvt_sim_answer absent =
        STAY("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    char id[64] = "";
    bool found = false;
    (void)sscanf(line, "GET /v3.3/journeys/%40s", id + 1);
    id[0] = '"';
    (void)strcat(id, "\"");
    for (size_t i = 0; i < w->asked_count && i < (size_t)UP_ASKED && !found; i++) {
        found = w->asked[i].line[0] == 'P' && strstr(w->asked[i].body, id) != NULL;
    }
    return found ? there : absent;
}

/* ---- what the registry has in its bodies ---- */

/* The id that a journey is posted with: the one at the top. */
static void posted_id(const char *body, char out[UP_BODY])
{
    const char *name = strstr(body, "\"operator_journey_id\" : \"");
    out[0] = '\0';
    if (name != NULL) {
        const char *id = strchr(name, ':') + 3;
        (void)snprintf(out, UP_BODY, "%.*s", (int)strcspn(id, "\""), id);
    }
}

/* The id that is asked for, decoded. */
static void asked_id(const char *line, char out[UP_BODY])
{
    const char *at = strstr(line, "/journeys/");
    size_t n = 0;
    at = at == NULL ? " " : at + strlen("/journeys/");
    while (*at != ' ' && *at != '\0' && n < (size_t)UP_BODY - 1U) {
        unsigned byte = (unsigned char)*at;
        bool encoded = *at == '%' && sscanf(at + 1, "%2x", &byte) == 1;
        out[n] = (char)byte;
        n++;
        at += encoded ? 3 : 1;
    }
    out[n] = '\0';
}

static void write_body(char *out, size_t cap, unsigned status, const char *request,
                       const char *given)
{
    char id[UP_BODY];
    if (request[0] == 'G' && status == 200U) {
        asked_id(request, id);
        (void)snprintf(out, cap, "{\"operator_journey_id\":\"%s\",%s", id, given + 1);
    } else if (status == 201U) {
        posted_id(request, id);
        (void)snprintf(out, cap,
                       "{\"result\":{\"data\":{\"operator_journey_id\":\"%s\",\"created_at\":"
                       "\"2025-06-15T15:06:41Z\"}}}",
                       id);
    } else {
        (void)snprintf(out, cap, "{\"error\":{\"code\":%d,\"message\":\"no\"}}",
                       status == 409U ? -32509 : 0);
    }
}

/* An answer without a body of its own has the one that the registry gives with that status. */
static struct nvt_sim_answer complete(struct nvt_sim_answer a, const char *request)
{
    static char texts[NVT_SIM_SOCKS][1400];
    static size_t next;
    const char *body = a.len == 0U ? NULL : strstr((const char *)a.ptr, "\r\n\r\n");
    unsigned status = 0;
    if (body == NULL || sscanf((const char *)a.ptr, "HTTP/1.1 %u", &status) != 1) {
        return a;
    }
    body += 4;
    bool bare = *body == '\0' || strcmp(body, "{}") == 0;
    bool known = request[0] == 'G' && status == 200U && strncmp(body, "{\"status\"", 9) == 0;
    if (!known && !(bare && (status == 201U || (status >= 400U && status <= 499U)))) {
        return a;
    }
    char text[1000];
    char *out = texts[next % NVT_SIM_SOCKS];
    next++;
    write_body(text, sizeof text, status, request, body);
    const char *length = strstr((const char *)a.ptr, "Content-Length: ");
    int n = snprintf(out, sizeof texts[0], "%.*sContent-Length: %zu\r\n\r\n%s",
                     (int)(length - (const char *)a.ptr), (const char *)a.ptr, strlen(text), text);
    assert_in_range(n, 1, sizeof texts[0] - 1U);
    a.ptr = out;
    a.len = (size_t)n;
    return a;
}

static struct nvt_sim_answer poisoned(const struct up_world *w)
{
    struct nvt_sim_answer oh = up_cuts();
    oh.end = w->poison_end;
    return w->poison_end == NVT_SIM_STAY
               ? up_says("500 Oh", "", "{\"message\":\"word of the server\"}")
               : oh;
}

static size_t take_request(void *ctx, struct nvt_sim_line *line)
{
    static const struct nvt_sim_answer created = STAY(UP_CREATED);
    struct up_world *w = (struct up_world *)ctx;
    char text[NVT_SIM_LINE_IN + 1];
    size_t head = 0;
    (void)memcpy(text, line->in, line->in_len);
    text[line->in_len] = '\0';
    size_t len = request_len(text, &head);
    if (len == 0U) {
        return 0;
    }
    assert_true(w->counting_only || w->asked_count < (size_t)UP_ASKED);
    if (w->asked_count < (size_t)UP_ASKED) {
        struct up_asked *a = &w->asked[w->asked_count];
        a->at_ms = w->sim.mono_ms;
        a->connection = line->number;
        (void)snprintf(a->line, sizeof a->line, "%.*s", (int)strcspn(text, "\r"), text);
        (void)snprintf(a->body, sizeof a->body, "%.*s", (int)(len - head), text + head);
    }
    if (w->asked_count < w->answer_count) {
        line->answer = w->answers[w->asked_count];
    } else {
        line->answer = text[0] == 'G' ? status_of(w, text) : created;
        if (w->poison != NULL && strstr(text, w->poison) != NULL) {
            bool falls = text[0] != 'G' || w->poison[0] == '\0' || w->poison_asked;
            line->answer = falls ? poisoned(w) : up_says("404 No", "", "");
        }
    }
    line->answer = complete(line->answer, text);
    if (w->once_each && line->went > 0U) {
        line->answer = up_cuts();
    }
    w->asked_count++;
    return len;
}

static nvt_err count_sync(void *ctx)
{
    struct up_world *w =
        (struct up_world *)(void *)((uint8_t *)ctx - offsetof(struct up_world, flash));
    w->syncs++;
    return w->flash_sync(ctx);
}

void up_init(struct up_world *w, const struct nvt_uplink_kind *kind, uint8_t lane_count,
             const struct nvt_sim_answer *answers, size_t count)
{
    (void)memset(w, 0, sizeof *w);
    nvt_sim_init(&w->sim);
    w->sim.server = (struct nvt_sim_server){w, w->lines, take_request, NULL};
    w->answers = answers;
    w->answer_count = count;
    (void)nvt_tls_config_init(&w->tls, &w->sim.port, NULL, NULL);
    assert_int_equal(nvt_client_init(&w->client, kind->profile, &w->sim.port, &w->tls,
                                     "https://api.example.net", NULL),
                     NVT_OK);
    assert_int_equal(nvt_token_set(&w->client.token, NVT_LIT(WORLD_TOKEN), UINT64_MAX), NVT_OK);
    nvt_sim_flash_init(&w->flash, w->mem, w->synced, UP_BLOCK, UP_BLOCKS, 16U);
    w->flash_sync = w->flash.device.sync;
    w->flash.device.sync = count_sync;
    w->spool_config =
        (struct nvt_spool_config){&w->flash.device, w->buffer, sizeof w->buffer, w->window,
                                  sizeof w->window, w->picks,  UP_PICKS,         0U};
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
    assert_true(nvt_sim_wait_any(&w->sim, waits, n, end_ms));
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
    /* It waits for nothing more: nor does anything happen. */
    (void)nvt_sim_wait_any(&w->sim, NULL, 0U, end_ms);
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

size_t up_count_asked(const struct up_world *w, const char *text)
{
    size_t found = 0;
    for (size_t i = 0; i < w->asked_count; i++) {
        found += strncmp(w->asked[i].line, text, strlen(text)) == 0 ? 1U : 0U;
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
