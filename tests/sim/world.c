/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#include "tls_clear.h"

static const struct nvt_environment environment = {"test", "https://api.example.net", NULL, NULL};

const struct nvt_profile world_keyed = {.name = "keyed",
                                        .title = "Keyed",
                                        .environments = &environment,
                                        .environment_count = 1,
                                        .grant = NVT_GRANT_KEY_PAIR,
                                        .token_path = "/token",
                                        .token_life_s = 300,
                                        .duplicate_status = 409,
                                        .retry_500 = true,
                                        .rates = {{5, 61000, 3}}};
const struct nvt_profile world_plain = {.name = "plain",
                                        .title = "Plain",
                                        .environments = &environment,
                                        .environment_count = 1,
                                        .grant = NVT_GRANT_KEY_PAIR,
                                        .token_path = "/token",
                                        .token_life_s = 300};

enum { STEPS_MAX = 60000 };

static void note(struct world *w, const char *fault)
{
    if (w->fault == NULL) {
        w->fault = fault;
    }
}

void world_init(struct world *w, const struct nvt_profile *profile,
                const struct nvt_sim_script *scripts, size_t count)
{
    memset(w, 0, sizeof(*w));
    nvt_sim_init(&w->sim);
    w->sim.scripts = scripts;
    w->sim.script_count = count;
    w->sim.sent = w->sent;
    w->sim.sent_cap = sizeof(w->sent);
    (void)nvt_tls_config_init(&w->tls, &w->sim.port, NULL, NULL);
    if (nvt_client_init(&w->client, profile, &w->sim.port, &w->tls, NULL, NULL) != NVT_OK ||
        nvt_token_set(&w->client.token, NVT_LIT(WORLD_TOKEN), UINT64_MAX) != NVT_OK) {
        note(w, "client does not start");
    }
    nvt_call_init(&w->call, &w->client);
}

void world_use_keys(struct world *w)
{
    nvt_token_wipe(&w->client.token);
    if (nvt_credentials_set_key_pair(&w->client.credentials, NVT_LIT(WORLD_ACCESS),
                                     NVT_LIT(WORLD_SECRET)) != NVT_OK) {
        note(w, "key pair refused");
    }
}

bool world_step(struct world *w, struct nvt_call *call)
{
    struct nvt_wait wait;
    nvt_err err = nvt_call_step(call, &wait);
    w->steps++;
    if (err == NVT_OK) {
        return true;
    }
    if (err != NVT_AGAIN) {
        note(w, "step returned an error");
        return true;
    }
    if (w->steps > STEPS_MAX) {
        note(w, "too many steps");
        return true;
    }
    if (!nvt_sim_wait(&w->sim, &wait)) {
        note(w, "waits for nothing");
        return true;
    }
    w->sim.mono_ms += w->late_ms;
    return false;
}

static bool leaves_secret(const struct world *w)
{
    const struct nvt_failure *f = &w->call.outcome.failure;
    const void *mem = w->call.mem.bytes;
    size_t len = sizeof(w->call.mem.bytes);
    if (!w->echoed &&
        (world_holds(mem, len, WORLD_SECRET) || world_holds(mem, len, "Bearer " WORLD_TOKEN))) {
        return true;
    }
    /* The client hides what it knows. */
    struct nvt_span token = nvt_span_of(w->client.token.text, w->client.token.len);
    bool keys = w->client.credentials.secret[0] != '\0';
    return (nvt_span_eq(token, NVT_LIT(WORLD_TOKEN)) && world_holds(f, sizeof(*f), WORLD_TOKEN)) ||
           (keys && world_holds(f, sizeof(*f), WORLD_SECRET));
}

static void check_outcome(struct world *w)
{
    const struct nvt_outcome *o = &w->call.outcome;
    uint64_t limit = w->begun_ms + w->call.conn.timeouts.call_ms + w->late_ms;
    if (w->sim.mono_ms > limit) {
        note(w, "beyond the call's deadline");
    }
    if ((o->verdict == NVT_DELIVERED) != (o->failure.err == NVT_OK)) {
        note(w, "verdict and error disagree");
    }
    if (o->verdict == NVT_RETRY && o->retry_at_ms < w->sim.mono_ms) {
        note(w, "retry time in the past");
    }
    if (o->verdict == NVT_UNKNOWN && nvt_call_step(&w->call, &(struct nvt_wait){0}) != NVT_OK) {
        note(w, "outcome does not stand");
    }
    if (w->client.token_busy == &w->call) {
        note(w, "token still claimed");
    }
    if (leaves_secret(w)) {
        note(w, "a secret is left in the call");
    }
}

void world_finish_run(struct world *w)
{
    while (!world_step(w, &w->call)) {
    }
    check_outcome(w);
}

void world_run(struct world *w, const struct nvt_request *request)
{
    w->begun_ms = w->sim.mono_ms;
    w->steps = 0;
    if (nvt_call_begin(&w->call, request) != NVT_OK) {
        note(w, "begin refused");
        return;
    }
    world_finish_run(w);
}

bool world_end(struct world *w)
{
    nvt_call_free(&w->call);
    nvt_client_free(&w->client);
    if (w->sim.open_now != 0U) {
        note(w, "a socket is left open");
    }
    if (w->sim.misuse != 0U) {
        note(w, "the port was misused");
    }
    if (nvt_clear_broken_retries() != 0U) {
        note(w, "a write was repeated with other bytes");
    }
    const void *call = w->echoed ? (const void *)&w->call.mem : (const void *)&w->call;
    size_t call_len = w->echoed ? sizeof(w->call.mem) : sizeof(w->call);
    if (world_holds(call, call_len, WORLD_TOKEN) || world_holds(call, call_len, WORLD_SECRET) ||
        world_holds(&w->client, sizeof(w->client), WORLD_TOKEN) ||
        world_holds(&w->client, sizeof(w->client), WORLD_SECRET)) {
        note(w, "a secret is left in memory");
    }
    return w->fault == NULL;
}

struct nvt_request world_request(const char *method, uint8_t flags)
{
    struct nvt_request q;
    memset(&q, 0, sizeof(q));
    q.method = nvt_span_str(method);
    q.target = NVT_LIT("/v3.3/journeys");
    q.flags = flags;
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0 &&
        strcmp(method, "DELETE") != 0) {
        q.media_type = NVT_LIT("application/json");
        q.body = NVT_LIT("{\"operator_journey_id\":\"j-1\"}");
    }
    return q;
}

bool world_holds(const void *mem, size_t len, const char *text)
{
    const uint8_t *p = (const uint8_t *)mem;
    size_t n = strlen(text);
    while (len >= n) {
        const uint8_t *at = (const uint8_t *)memchr(p, text[0], len - n + 1U);
        if (at == NULL) {
            return false;
        }
        if (memcmp(at, text, n) == 0) {
            return true;
        }
        len -= (size_t)(at - p) + 1U;
        p = at + 1;
    }
    return false;
}

void world_send(struct world *w, const char *method, uint8_t flags)
{
    static struct nvt_request q;
    q = world_request(method, flags);
    world_run(w, &q);
}

size_t world_count_sent(const struct world *w, const char *text)
{
    size_t found = 0;
    size_t n = strlen(text);
    for (size_t i = 0; i + n <= w->sim.sent_len; i++) {
        found += memcmp(w->sent + i, text, n) == 0 ? 1U : 0U;
    }
    return found;
}
