/* SPDX-License-Identifier: Apache-2.0 */
/* navette doctor: name resolution, clock, TLS, token, quota: one line each, with the remedy. */
#include "cli.h"

#include <arpa/inet.h>

/* A journey that ends this much in the server's future is refused: the clock must agree. */
#define SKEW_MAX_S 30

static struct session session;
static struct settings settings;
static unsigned failures;
static int64_t opened_s; /* this clock when the answer came */

static void line(const char *check, bool good, const char *text)
{
    failures += good ? 0U : 1U;
    if (settings.json) {
        out_open_object(NULL);
        out_str("check", check);
        out_bool("ok", good);
        out_str("text", text);
        out_close_object();
    } else {
        (void)printf("%-4s  %-8s  ", good ? "OK" : "FAIL", check);
        put_text(stdout, nvt_span_str(text), false);
        (void)putchar('\n');
        (void)fflush(stdout);
    }
}

static void line_err(const char *check, nvt_err err)
{
    char text[256];
    const char *advice = remedy(err);
    (void)snprintf(text, sizeof text, "%s%s%s", nvt_err_text(err), advice[0] == '\0' ? "" : "; ",
                   advice);
    line(check, false, text);
}

/* ---- name ---- */

static bool put_addr(char *out, size_t cap, const struct nvt_addr *addr)
{
    char text[INET6_ADDRSTRLEN] = "";
    size_t used = strlen(out);
    if (inet_ntop(addr->ip_len == 4U ? AF_INET : AF_INET6, addr->ip, text, sizeof text) == NULL) {
        return false;
    }
    int n = snprintf(out + used, cap - used, "%s%s", used == 0U ? "" : ", ", text);
    return n > 0 && (size_t)n < cap - used;
}

static bool check_name(void)
{
    const struct nvt_port_net *net = &session.posix.port.net;
    const struct nvt_origin *origin = &session.client.origin;
    struct nvt_addr addrs[NVT_ADDRS_MAX];
    size_t count = 0;
    char list[NVT_ADDRS_MAX * (INET6_ADDRSTRLEN + 2U)] = "";
    char text[sizeof list + NVT_HOST_CAP + 8U];
    uint64_t end = session_now_ms(&session) + 5000U;
    nvt_err err = net->resolve(net->ctx, origin->host, origin->port, addrs, &count);
    while (err == NVT_AGAIN && session_now_ms(&session) < end && !signals_stop()) {
        session_wait(&session, session_now_ms(&session) + 20U);
        err = net->resolve(net->ctx, origin->host, origin->port, addrs, &count);
    }
    net->resolve_cancel(net->ctx);
    if (err != NVT_OK) {
        line_err("name", err == NVT_AGAIN ? NVT_E_TIMEOUT_RESOLVE : err);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        (void)put_addr(list, sizeof list, &addrs[i]);
    }
    (void)snprintf(text, sizeof text, "%s is %s", origin->host, list);
    line("name", true, text);
    return true;
}

/* ---- clock ---- */

static void check_clock(void)
{
    char text[160];
    uint8_t mem[32];
    struct nvt_buf now;
    int64_t wall = session_wall_s(&session);
    struct nvt_facts facts;
    nvt_call_facts(&session.call, &facts);
    int64_t server = facts.date_s;
    nvt_buf_init(&now, mem, sizeof mem);
    if (wall == 0) {
        line_err("clock", NVT_E_TLS_CLOCK);
        return;
    }
    nvt_time_put_rfc3339(&now, wall);
    if (server == 0) {
        (void)snprintf(text, sizeof text, "%.*s; the server told no time to compare with",
                       (int)now.len, (const char *)now.ptr);
        line("clock", true, text);
        return;
    }
    int64_t skew = opened_s - server;
    bool good = skew <= SKEW_MAX_S && skew >= -SKEW_MAX_S;
    (void)snprintf(text, sizeof text, "%.*s, %lld s %s the server's%s", (int)now.len,
                   (const char *)now.ptr, (long long)(skew < 0 ? -skew : skew),
                   skew < 0 ? "behind" : "ahead of",
                   good ? "" : "; set this clock (timedatectl set-ntp true, or date -u -s)");
    line("clock", good, text);
}

/* ---- TLS ---- */

static bool check_tls(void)
{
    struct nvt_conn *conn = &session.call.conn;
    char text[192];
    nvt_err err = session_connect(&session);
    if (err != NVT_OK) {
        int code = exit_of_err(err);
        line_err(code == CLI_NETWORK ? "connect" : "tls", err);
        return false;
    }
    (void)snprintf(text, sizeof text, "%s, %s, certificate chain and host name verified",
                   nvt_tls_version(&conn->tls), nvt_tls_suite(&conn->tls));
    line("tls", true, text);
    return true;
}

/* ---- token and quota ---- */

/* A request of each system that needs the token, changes nothing and is answered shortly. */
struct probe {
    const struct nvt_profile *system;
    const char *target;
    const char *body;     /* NULL: GET without one */
    uint16_t good_status; /* beside 2xx: says that the token was accepted all the same; 0: none */
    struct nvt_done done; /* what the system itself answers: a page on the way accepts no token */
};

static const struct probe probes[] = {
    {&nvt_rpc_profile, "/v3.3/journeys?status=ok&limit=1", NULL, 0U, {.form = NVT_FORM_ARRAY}},
    /* 404: no journey has that id. */
    {&nvt_rpc_v2_profile, "/v2/journeys/navette-doctor", NULL, 404U, {.form = NVT_FORM_OBJECT}},
    {&nvt_coopcycle_profile, "/api/me", NULL, 0U, {.form = NVT_FORM_OBJECT}},
    /* 403: no subscription to this API, which the user may not need. */
    {&nvt_piste_profile,
     "/dila/legifrance/lf-engine-app/consult/ping",
     NULL,
     403U,
     {.form = NVT_FORM_DATA}},
    /* 404: no route of that class is known to be there for all. */
    {&nvt_jindexe_profile, "/user/", NULL, 404U, {.form = NVT_FORM_DATA}},
    {&nvt_demarches_profile,
     "/api/v2/graphql",
     "{\"query\":\"{ __typename }\"}",
     0U,
     {.form = NVT_FORM_OBJECT, .has = "data"}},
};

static const struct probe *probe_of(const struct nvt_profile *system)
{
    static const struct probe any = {NULL, "/", NULL, 404U, {.form = NVT_FORM_DATA}};
    for (size_t i = 0; i < sizeof probes / sizeof probes[0]; i++) {
        if (probes[i].system == system) {
            return &probes[i];
        }
    }
    return &any;
}

static nvt_err begin(const struct probe *p, struct nvt_request *request)
{
    (void)memset(request, 0, sizeof *request);
    request->method = p->body == NULL ? NVT_LIT("GET") : NVT_LIT("POST");
    request->target = nvt_span_str(p->target);
    request->body = nvt_span_str(p->body);
    request->media_type = p->body == NULL ? NVT_LIT("") : NVT_LIT("application/json");
    request->accept = NVT_LIT("*/*");
    request->flags = NVT_REQ_IDEMPOTENT | NVT_REQ_API_KEY;
    request->done = &p->done;
    return nvt_call_begin(&session.call, request);
}

static void token_line(bool cached)
{
    const struct nvt_token *token = &session.client.token;
    uint64_t now = session_now_ms(&session);
    char text[96];
    if (token->renew_at_ms == UINT64_MAX) {
        line("token", true, "static, accepted by the server");
        return;
    }
    unsigned long long left =
        token->renew_at_ms > now ? (unsigned long long)((token->renew_at_ms - now) / 1000U) : 0U;
    (void)snprintf(text, sizeof text, "%s, accepted by the server, used for another %llu s",
                   cached && !session.client.token_fetched ? "from the cache" : "new", left);
    line("token", true, text);
}

/* What the last outcome says, and what to do about it. */
static void line_outcome(const char *check)
{
    char about[512];
    char text[1024];
    const char *hint = hint_of(&session);
    describe(about, sizeof about, &session.call.outcome.failure);
    (void)snprintf(text, sizeof text, "%s%s%s", about, hint[0] == '\0' ? "" : "; hint: ", hint);
    line(check, false, text);
}

static void check_token(void)
{
    static struct nvt_request request;
    const struct nvt_outcome *o = &session.call.outcome;
    const struct probe *p = probe_of(settings.system);
    bool cached = session.client.token.len > 0U;
    nvt_err err = begin(p, &request);
    if (err != NVT_OK) {
        line_err("token", err);
        return;
    }
    session_run(&session);
    opened_s = session_wall_s(&session);
    bool good = o->verdict == NVT_DELIVERED ||
                (o->failure.err == NVT_E_STATUS && o->status == p->good_status);
    int code = exit_of(o);
    if (!good && (code == CLI_AUTH || code == CLI_CONFIG || code == CLI_LATER ||
                  code == CLI_LOGIN || code == CLI_ANSWER || o->status == 0U)) {
        line_outcome("token");
        return;
    }
    token_line(cached);
    if (!good) {
        line_outcome("request");
    }
}

static void check_quota(void)
{
    const struct nvt_outcome *o = &session.call.outcome;
    char text[96];
    struct nvt_facts facts;
    if (o->status == 0U) {
        return;
    }
    nvt_call_facts(&session.call, &facts);
    if (facts.quota_limit < 0) {
        line("quota", true, "the server tells none");
        return;
    }
    bool good = facts.quota_left != 0;
    (void)snprintf(text, sizeof text, "%ld of %ld requests left%s", (long)facts.quota_left,
                   (long)facts.quota_limit, good ? "" : "; wait a minute");
    line("quota", good, text);
}

static void run(bool json)
{
    if (json) {
        out_begin();
        out_str("system", settings.system->name);
        out_str("host", session.client.origin.host);
        out_open_array("checks");
    }
    if (check_name() && check_tls()) {
        check_token();
        check_quota();
    }
    check_clock();
    if (json) {
        out_close_array();
        out_bool("ok", failures == 0U);
        out_int("exit", failures == 0U ? CLI_OK : CLI_CHECK);
        out_end();
    }
}

int cmd_doctor(const struct args *a)
{
    const char *name = a->word_count > 0U ? a->word[0] : "rpc";
    const struct nvt_profile *system = system_named(name, a->json);
    if (system == NULL) {
        return CLI_USAGE;
    }
    int code = settings_load(&settings, system, a);
    if (code == CLI_OK) {
        code = session_open(&session, &settings, true);
    }
    if (code == CLI_OK) {
        run(a->json);
        session_close(&session);
        code = failures == 0U ? CLI_OK : CLI_CHECK;
    }
    return signals_stop() ? CLI_INTERRUPTED : code;
}
