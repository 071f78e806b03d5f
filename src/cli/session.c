/* SPDX-License-Identifier: Apache-2.0 */
/* One client and one call, made ready from the settings; and the waiting around them. */
#include "cli.h"

#include <stdlib.h>
#include <unistd.h>

#define CA_FILE_MAX ((size_t)8 * 1024 * 1024)
#define TICK_MS 200U
#define HOLD_MS 86400000U

/* ---- making ready ---- */

static int open_tls(struct session *s)
{
    struct nvt_tls_settings tls = {.pin_count = s->settings->pin_count};
    size_t len = 0;
    int32_t detail = 0;
    const char *path = s->settings->ca_file;
    if (strcmp(path, CLI_CA_FILE) == 0 && access(path, F_OK) != 0) {
        return fail(
            s->settings->json, CLI_CONFIG, NVT_E_TLS_CA,
            "%s is not there: apt-get install ca-certificates, or name yours with --ca-file", path);
    }
    uint8_t *ca = file_read(path, CA_FILE_MAX, &len, s->settings->json, CLI_CONFIG);
    if (ca == NULL) {
        return CLI_CONFIG;
    }
    tls.ca = nvt_span_of(ca, len);
    tls.pins = (const uint8_t(*)[32])s->settings->pins;
    nvt_err err = nvt_tls_config_init(&s->tls, &s->posix.port, &tls, &detail);
    free(ca);
    if (err != NVT_OK) {
        char number[32] = "";
        if (detail != 0) {
            (void)snprintf(number, sizeof number, " (code %ld)", (long)detail);
        }
        return fail(s->settings->json, exit_of_err(err), err, "%s: %s%s; %s", path,
                    nvt_err_text(err), number, remedy(err));
    }
    return CLI_OK;
}

/* Each phase gets its usual share, but never more than the whole. */
static struct nvt_timeouts timeouts_of(uint32_t timeout_s)
{
    uint32_t all_ms = timeout_s * 1000U;
    struct nvt_timeouts t = {5000U, 10000U, 15000U, 30000U, all_ms};
    if (timeout_s > 60U) {
        t.answer_ms = all_ms / 2U;
    }
    t.resolve_ms = t.resolve_ms < all_ms ? t.resolve_ms : all_ms;
    t.connect_ms = t.connect_ms < all_ms ? t.connect_ms : all_ms;
    t.handshake_ms = t.handshake_ms < all_ms ? t.handshake_ms : all_ms;
    t.answer_ms = t.answer_ms < all_ms ? t.answer_ms : all_ms;
    return t;
}

static void put_origin(char *out, size_t cap, const struct nvt_origin *o)
{
    char port[8] = "";
    if (o->port != 443U) {
        (void)snprintf(port, sizeof port, ":%u", (unsigned)o->port);
    }
    (void)snprintf(out, cap, "https://%s%s%s", o->host, port, o->base_path);
}

static void tell_place(const struct session *s)
{
    char url[CLI_PATH_CAP];
    char token_url[CLI_PATH_CAP];
    bool apart = s->client.token_origin.host[0] != '\0';
    put_origin(url, sizeof url, &s->client.origin);
    put_origin(token_url, sizeof token_url, &s->client.token_origin);
    say("%s at %s%s%s", s->client.profile->name, url, apart ? ", tokens from " : "",
        apart ? token_url : "");
}

/* Settings of the token beyond what the profile says. */
static int apply(struct session *s)
{
    const struct settings *set = s->settings;
    s->client.bearer = set->bearer;
    if (set->scope[0] != '\0') {
        s->client.scope = set->scope;
    }
    nvt_err err =
        set->token_url[0] == '\0' ? NVT_OK : nvt_client_set_token_url(&s->client, set->token_url);
    if (err != NVT_OK) {
        return fail(set->json, exit_of_err(err), err, "%s: %s; mend the token URL", set->token_url,
                    nvt_err_text(err));
    }
    if (set->verbose > 0U) {
        tell_place(s);
    }
    return CLI_OK;
}

/* ---- tokens that runs share ---- */

/* The token of another run, unless this one is to fetch its own. */
static void look_into_cache(struct session *s)
{
    bool was_foreign = s->cache.foreign;
    if (!s->own_token) {
        token_cache_load(&s->cache, &s->client);
        mask_learn_tokens(&s->client);
    }
    if (s->cache.foreign && !was_foreign) {
        say("%s is not of this version of the command: it stays as it is, and no token is kept",
            s->cache.path);
    }
}

/* Another run may hang: after half of our time we go on without it. */
static bool has_waited(struct session *s)
{
    uint64_t now = session_now_ms(s);
    if (s->turn_end_ms == 0U) {
        s->turn_end_ms = now + (uint64_t)s->settings->timeout_s * 500U;
    }
    return now >= s->turn_end_ms;
}

/* Before a token is asked for: whoever waited for its turn looks into the cache again. */
static nvt_err enter(void *ctx)
{
    struct session *s = (struct session *)ctx;
    nvt_err err = refresh_store_enter(&s->refresh, &s->client);
    if (err == NVT_OK && !token_cache_lock(&s->cache) && !has_waited(s)) {
        refresh_store_leave(&s->refresh);
        err = NVT_AGAIN;
    }
    if (err == NVT_OK) {
        s->turn_end_ms = 0;
        look_into_cache(s);
    }
    if (err == NVT_OK && s->own_token) {
        nvt_wipe(s->client.credentials.refresh, sizeof s->client.credentials.refresh);
    }
    return err;
}

static void leave(void *ctx)
{
    struct session *s = (struct session *)ctx;
    if (s->client.token.len > 0U) {
        token_cache_save(&s->cache, &s->client);
    }
    token_cache_unlock(&s->cache);
    refresh_store_leave(&s->refresh);
}

static nvt_err keep(void *ctx, struct nvt_span refresh_token)
{
    return refresh_store_keep(&((struct session *)ctx)->refresh, refresh_token);
}

/* The secrets, and what was kept of earlier runs: the newest tokens. */
static int open_secrets(struct session *s)
{
    const struct settings *set = s->settings;
    int code = secrets_load(&s->client, set, &s->extra);
    if (code == CLI_OK && set->token_cache && token_cache_open(&s->cache, &s->client)) {
        look_into_cache(s);
    }
    if (code == CLI_OK && !set->no_token && set->system->grant == NVT_GRANT_PASSWORD) {
        code = refresh_store_open(&s->refresh, &s->client, set);
    }
    if (code == CLI_OK && s->refresh.lock >= 0) {
        look_into_cache(s); /* it may have waited for another run */
    }
    if (s->client.token.len > 0U) {
        refresh_store_leave(&s->refresh);
    }
    s->client.keeper =
        (struct nvt_keeper){s->refresh.path[0] == '\0' ? NULL : keep, s, enter, leave};
    return code;
}

static int open_client(struct session *s, bool with_secrets)
{
    const struct settings *set = s->settings;
    struct nvt_timeouts t = timeouts_of(set->timeout_s);
    const char *url = set->base_url[0] == '\0' ? NULL : set->base_url;
    nvt_err err = nvt_client_init(&s->client, set->system, &s->posix.port, &s->tls, url, &t);
    if (err != NVT_OK) {
        return fail(set->json, exit_of_err(err), err, "%s: %s; set it with --base-url",
                    url == NULL ? "no base URL is set" : url, nvt_err_text(err));
    }
    int code = apply(s);
    return code == CLI_OK && with_secrets ? open_secrets(s) : code;
}

int session_open(struct session *s, const struct settings *settings, bool with_secrets)
{
    (void)memset(s, 0, sizeof *s);
    s->settings = settings;
    s->refresh.lock = -1;
    s->cache.lock = -1;
    nvt_posix_init(&s->posix);
    int code = open_client(s, with_secrets);
    if (code == CLI_OK) {
        code = open_tls(s);
    }
    if (code != CLI_OK) {
        token_cache_close(&s->cache);
        refresh_store_close(&s->refresh);
        nvt_wipe(&s->extra, sizeof s->extra);
        nvt_client_free(&s->client);
        nvt_posix_free(&s->posix);
        return code;
    }
    nvt_call_init(&s->call, &s->client);
    mask_learn(&s->client, &s->extra);
    return CLI_OK;
}

/* What the run has cost. */
static void tell_figures(const struct session *s)
{
    const struct nvt_conn_stats *stats = &s->call.conn.stats;
    say("figures: calls %u, ms %llu, bytes out %llu, in %llu, handshakes %lu full, %lu resumed",
        s->calls, (unsigned long long)s->busy_ms, (unsigned long long)stats->bytes_out,
        (unsigned long long)stats->bytes_in, (unsigned long)stats->handshakes,
        (unsigned long)stats->resumptions);
}

void session_close(struct session *s)
{
    if (s->settings->verbose > 0U && s->calls > 0U) {
        tell_figures(s);
    }
    nvt_call_free(&s->call);
    token_cache_save(&s->cache, &s->client);
    token_cache_close(&s->cache);
    refresh_store_close(&s->refresh);
    nvt_wipe(&s->extra, sizeof s->extra);
    mask_forget();
    nvt_client_free(&s->client);
    nvt_tls_config_free(&s->tls);
    nvt_posix_free(&s->posix);
}

/* ---- clocks ---- */

uint64_t session_now_ms(const struct session *s)
{
    return s->posix.port.clock.mono_ms(s->posix.port.clock.ctx);
}

int64_t session_wall_s(const struct session *s)
{
    int64_t now = 0;
    return s->posix.port.clock.wall_s(s->posix.port.clock.ctx, &now) ? now : 0;
}

/* ---- waiting ---- */

/* Until the wait is due, a signal came, or it is time for the next tick. */
static void wait_for(struct session *s, const struct nvt_wait *wait)
{
    struct nvt_wait waits[2];
    waits[0] = *wait;
    (void)memset(&waits[1], 0, sizeof waits[1]);
    waits[1].until_ms = UINT64_MAX;
    /* Once it has come, the pipe stays readable. */
    if (signals_fd() >= 0 && !signals_stop()) {
        waits[1].on[0].sock = (nvt_sock)signals_fd();
        waits[1].on[0].events = NVT_WAIT_READ;
        waits[1].count = 1U;
    }
    if (s->tick != NULL) {
        waits[1].until_ms = session_now_ms(s) + TICK_MS;
    }
    (void)nvt_posix_wait(&s->posix, waits, 2U);
    if (s->tick != NULL) {
        s->tick(s->tick_ctx);
    }
}

bool session_is_out(const struct nvt_call *call)
{
    struct nvt_progress p;
    nvt_call_progress(call, &p);
    return p.phase == NVT_CALL_SENDING || p.phase == NVT_CALL_WAITING ||
           p.phase == NVT_CALL_RECEIVING;
}

/* A request that has gone out gets a moment for its answer: its outcome is better known. */
static void obey_signal(struct session *s)
{
    uint64_t now = session_now_ms(s);
    if (s->stop_at_ms == 0U) {
        s->stop_at_ms = now + (session_is_out(&s->call) ? s->grace_ms : 0U);
    }
    if (now >= s->stop_at_ms) {
        nvt_call_cancel(&s->call);
    }
}

/* One step and the wait behind it; false when the call is over. */
static bool step(struct session *s)
{
    struct nvt_wait wait;
    (void)memset(&wait, 0, sizeof wait);
    wait.until_ms = UINT64_MAX;
    if (signals_stop()) {
        obey_signal(s);
    }
    mask_learn_tokens(&s->client);
    if (nvt_call_step(&s->call, &wait) != NVT_AGAIN) {
        return false;
    }
    if (s->stop_at_ms != 0U && s->stop_at_ms < wait.until_ms) {
        wait.until_ms = s->stop_at_ms;
    }
    wait_for(s, &wait);
    return true;
}

void session_run(struct session *s)
{
    uint64_t start_ms = session_now_ms(s);
    while (step(s)) {
    }
    s->busy_ms += session_now_ms(s) - start_ms;
    s->calls++;
}

/* Any request makes the client fetch a token first. This one counts for a quota that leaves no room
 * for long: it ends once the token is there, before it is sent. */
bool session_fetch_token(struct session *s)
{
    enum { ROW = NVT_RATES_MAX - 1 };
    static struct nvt_request request; /* as long as the call tells of it */
    struct nvt_rate rates[NVT_RATES_MAX];
    const struct nvt_rate *usual = s->client.rates;
    const struct nvt_rate full = {1U, 1000U, 1U};
    uint64_t due_us = s->client.rate_due_us[ROW];
    (void)memcpy(rates, usual, sizeof rates);
    rates[ROW] = full;
    s->client.rates = rates;
    s->client.rate_due_us[ROW] = (session_now_ms(s) + HOLD_MS) * 1000U;
    request.method = NVT_LIT("GET");
    request.target = NVT_LIT("/");
    request.flags = NVT_REQ_IDEMPOTENT;
    request.rate = (uint8_t)ROW;
    if (nvt_call_begin(&s->call, &request) == NVT_OK) {
        session_run(s);
    }
    s->client.rates = usual;
    s->client.rate_due_us[ROW] = due_us;
    return s->client.token.len > 0U;
}

nvt_err session_connect(struct session *s)
{
    for (;;) {
        struct nvt_wait wait;
        (void)memset(&wait, 0, sizeof wait);
        wait.until_ms = UINT64_MAX;
        nvt_err err = signals_stop() ? NVT_E_CANCELLED
                                     : nvt_conn_open(&s->call.conn, &s->client.origin, &wait);
        if (err != NVT_AGAIN) {
            return err;
        }
        wait_for(s, &wait);
    }
}

void session_wait(struct session *s, uint64_t until_ms)
{
    struct nvt_wait wait;
    (void)memset(&wait, 0, sizeof wait);
    wait.until_ms = until_ms;
    while (!signals_stop() && session_now_ms(s) < until_ms) {
        wait_for(s, &wait);
    }
}
