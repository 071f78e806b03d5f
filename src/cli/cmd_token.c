/* SPDX-License-Identifier: Apache-2.0 */
/* navette token: makes sure there is a token, without sending anything else. */
#include "cli.h"

static const char *system_name(const struct args *a)
{
    return a->word_count > 0U ? a->word[0] : "rpc";
}

/* Seconds that the token is used on, or -1 when it is for good. */
static int64_t life_s(const struct session *s)
{
    uint64_t now = session_now_ms(s);
    uint64_t at = s->client.token.renew_at_ms;
    if (at == UINT64_MAX) {
        return -1;
    }
    return at > now ? (int64_t)((at - now) / 1000U) : 0;
}

static void print_json(const struct session *s, const char *kind, bool show)
{
    int64_t left = life_s(s);
    char token[NVT_TOKEN_CAP + 1U];
    out_begin();
    out_bool("ok", true);
    out_str("system", s->settings->system->name);
    out_str("kind", kind);
    if (left < 0) {
        out_raw("renew_in_s", NVT_LIT("null"));
    } else {
        out_int("renew_in_s", left);
    }
    out_str("cache", s->cache.path);
    if (strcmp(kind, "new") == 0) {
        out_traffic(s);
    }
    if (show) {
        (void)snprintf(token, sizeof token, "%.*s", (int)s->client.token.len,
                       (const char *)s->client.token.text);
        out_str("access_token", token);
        nvt_wipe(token, sizeof token);
    }
    out_end();
}

static void print(const struct session *s, const char *kind, bool show)
{
    int64_t left = life_s(s);
    if (show) {
        mask_forget(); /* it is asked for */
    }
    if (s->settings->json) {
        print_json(s, kind, show);
    } else if (show) {
        (void)printf("%.*s\n", (int)s->client.token.len, (const char *)s->client.token.text);
    } else if (left < 0) {
        (void)printf("token: from its file, of good shape; navette doctor asks the server\n");
    } else {
        (void)printf("token: %s, used for another %lld s%s%s\n", kind, (long long)left,
                     s->cache.path[0] == '\0' ? "" : ", kept in ", s->cache.path);
    }
}

static int run(struct session *s, bool show)
{
    bool cached = s->client.token.len > 0U;
    bool fixed = s->client.token.len > 0U && s->client.token.renew_at_ms == UINT64_MAX;
    if (!cached && !session_fetch_token(s)) {
        return fail_outcome(s, "token");
    }
    bool fresh = !cached && s->client.token_fetched; /* else another run has just fetched it */
    print(s, fixed ? "static" : (fresh ? "new" : "cached"), show);
    return CLI_OK;
}

int cmd_token(const struct args *a)
{
    static struct session session;
    static struct settings settings;
    const struct nvt_profile *system = system_named(system_name(a), a->json);
    if (system == NULL) {
        return CLI_USAGE;
    }
    int code = settings_load(&settings, system, a);
    if (code == CLI_OK) {
        code = session_open(&session, &settings, true);
    }
    if (code == CLI_OK) {
        code = run(&session, a->show);
        session_close(&session);
    }
    return code;
}
