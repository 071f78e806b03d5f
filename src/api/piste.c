/* SPDX-License-Identifier: Apache-2.0 */
/* PISTE: the profile, the calls through the gateway and what their outcome says besides. */
#include <navette/piste.h>

/* ---- profile ---- */

/* 20 a second at most, 4 of them at once, with a tenth of a second for those that overtake each
 * other; 1 000 000 a day at most, 100 000 of them at once. */
static const struct nvt_rate sandbox_rates[NVT_RATES_MAX] = {
    [NVT_PISTE_RATE] = {1000000U, 86400000U, 100000U},
};

static const struct nvt_environment environments[] = {
    {"production", "https://api.piste.gouv.fr", "https://oauth.piste.gouv.fr/api/oauth/token",
     NULL},
    {"sandbox", "https://sandbox-api.piste.gouv.fr",
     "https://sandbox-oauth.piste.gouv.fr/api/oauth/token", sandbox_rates},
    {"state", "https://api.aife.finances.rie.gouv.fr",
     "https://oauth.aife.finances.rie.gouv.fr/api/oauth/token", NULL},
    {"state-sandbox", "https://sandbox-api.aife.finances.rie.gouv.fr",
     "https://sandbox-oauth.aife.finances.rie.gouv.fr/api/oauth/token", sandbox_rates},
};

const struct nvt_profile nvt_piste_profile = {
    .name = "piste",
    .title = "PISTE",
    .environments = environments,
    .environment_count = sizeof(environments) / sizeof(environments[0]),
    .grant = NVT_GRANT_CLIENT_FORM,
    .token_path = "/api/oauth/token",
    .scope = "openid",
    .api_key_name = "KeyId",
    .token_life_s = 3600U,
    .rates = {[NVT_PISTE_RATE] = {20U, 1100U, 4U}},
    .retry_500 = true,
};

/* ---- what done answers are ---- */

/* Text of the answer into one of the failure's rooms. */
static void put(const struct nvt_call *call, struct nvt_span text, char *out, size_t cap)
{
    out[0] = '\0';
    nvt_call_words(call, text, true, out, cap);
}

/* What the service behind the gateway reports in an answer of success. */
static enum nvt_verdict check_business(struct nvt_call *call)
{
    const struct nvt_request *q = call->request;
    struct nvt_failure *f = &call->outcome.failure;
    struct nvt_piste_watch own;
    const struct nvt_piste_watch *w = &own;
    if (q->sink != NULL) {
        w = &((const struct nvt_piste_request *)q->sink_ctx)->watch;
    } else {
        nvt_piste_watch_init(&own);
        nvt_piste_watch_feed(&own, call->outcome.body);
    }
    if (!w->failed) {
        return NVT_DELIVERED;
    }
    f->err = NVT_E_BUSINESS;
    put(call, nvt_span_of(w->code, w->code_len), f->code, sizeof(f->code));
    put(call, nvt_span_of(w->text, w->text_len), f->message, sizeof(f->message));
    return NVT_REFUSED;
}

static enum nvt_verdict check_pong(struct nvt_call *call)
{
    struct nvt_span body = call->outcome.body;
    bool pong = body.len >= 4U && nvt_span_eq(nvt_span_of(body.ptr, 4), NVT_LIT("pong"));
    call->outcome.failure.err = pong ? NVT_OK : NVT_E_ANSWER;
    return pong ? NVT_DELIVERED : NVT_UNKNOWN;
}

/* The services behind the gateway have forms and statuses of their own. */
static const struct nvt_done passed = {.form = (uint8_t)NVT_FORM_DATA, .check = check_business};
static const struct nvt_done chorus = {
    .status = 200U, .form = (uint8_t)NVT_FORM_OBJECT, .check = check_business};

/* In the order of enum nvt_piste_service; the gateway's own is XML. */
static const struct nvt_done alive[] = {
    {.status = 200U, .form = (uint8_t)NVT_FORM_DATA},
    {.status = 200U, .form = (uint8_t)NVT_FORM_DATA, .check = check_pong},
    {.status = 200U, .form = (uint8_t)NVT_FORM_OBJECT},
};

/* ---- calls ---- */

static nvt_err to_caller(void *ctx, struct nvt_span piece)
{
    struct nvt_piste_request *r = (struct nvt_piste_request *)ctx;
    nvt_piste_watch_feed(&r->watch, piece);
    return r->sink(r->sink_ctx, piece);
}

/* Legifrance is consulted by POST: whatever is asked there may be asked twice. */
static bool only_reads(const struct nvt_request *q)
{
    static const char legifrance[] = "/dila/legifrance/";
    size_t len = sizeof(legifrance) - 1U;
    return nvt_span_eq(q->method, NVT_LIT("GET")) ||
           (q->target.len >= len && memcmp(q->target.ptr, legifrance, len) == 0);
}

static nvt_err begin(struct nvt_call *call, struct nvt_piste_request *r)
{
    struct nvt_request *q = &r->request;
    if (only_reads(q)) {
        q->flags = (uint8_t)(q->flags | (uint8_t)NVT_REQ_IDEMPOTENT);
    }
    /* Where there is a key but nothing to get a token with, the key has to do. */
    const struct nvt_client *c = call->client;
    if ((q->flags & (uint8_t)NVT_REQ_API_KEY) != 0U && c->credentials.api_key[0] != '\0' &&
        c->credentials.secret[0] == '\0' && c->token.len == 0U) {
        q->flags = (uint8_t)(q->flags | (uint8_t)NVT_REQ_NO_AUTH);
    }
    q->rate = NVT_PISTE_RATE;
    r->sink = q->sink;
    r->sink_ctx = q->sink_ctx;
    if (q->sink != NULL) {
        q->sink = to_caller;
        q->sink_ctx = r;
    }
    return nvt_call_begin(call, q);
}

nvt_err nvt_piste_call(struct nvt_call *call, struct nvt_piste_request *r,
                       const struct nvt_request *q)
{
    (void)memset(r, 0, sizeof(*r));
    r->request = *q;
    r->request.done = &passed;
    return begin(call, r);
}

nvt_err nvt_piste_chorus(struct nvt_call *call, struct nvt_piste_request *r,
                         const struct nvt_request *q, const struct nvt_piste_account *account)
{
    if (q->header_count != 0U) {
        return NVT_E_ARG;
    }
    if (account->len == 0U) {
        return NVT_E_CRED_EMPTY;
    }
    (void)memset(r, 0, sizeof(*r));
    r->request = *q;
    r->request.done = &chorus;
    r->account.name = NVT_LIT("cpro-account");
    r->account.value = nvt_span_of(account->text, account->len);
    r->account.secret = true;
    r->request.headers = &r->account;
    r->request.header_count = 1;
    if (q->method.len == 0U) {
        r->request.method = NVT_LIT("POST");
    }
    if (q->media_type.len == 0U) {
        r->request.media_type = NVT_LIT("application/json;charset=utf-8");
    }
    return begin(call, r);
}

nvt_err nvt_piste_ping(struct nvt_call *call, struct nvt_piste_request *r,
                       enum nvt_piste_service service)
{
    /* In the order of enum nvt_piste_service. */
    static const char *const targets[] = {
        "/piste/healthcheck",
        "/dila/legifrance/lf-engine-app/consult/ping",
        "/cassation/judilibre/v1.0/healthcheck",
    };
    if ((size_t)service >= sizeof(targets) / sizeof(targets[0])) {
        return NVT_E_ARG;
    }
    (void)memset(r, 0, sizeof(*r));
    r->request.method = NVT_LIT("GET");
    r->request.accept = NVT_LIT("*/*");
    r->request.target = nvt_span_str(targets[service]);
    r->request.flags = (uint8_t)(service == NVT_PISTE_JUDILIBRE ? (unsigned)NVT_REQ_API_KEY : 0U);
    r->request.done = &alive[service];
    return begin(call, r);
}

/* ---- Chorus Pro's account ---- */

/* RFC 7617 section 2, whose form this is: a login with a colon would end before it. */
static nvt_err check_account(struct nvt_span login, struct nvt_span password)
{
    nvt_err err = nvt_secret_check(login, NVT_PISTE_ACCOUNT_MAX);
    if (err == NVT_OK) {
        err = nvt_secret_check(password, NVT_PISTE_ACCOUNT_MAX);
    }
    if (err == NVT_OK && memchr(login.ptr, (int)':', login.len) != NULL) {
        err = NVT_E_CRED_BYTE;
    }
    return err;
}

nvt_err nvt_piste_account_set(struct nvt_piste_account *a, struct nvt_span login,
                              struct nvt_span password)
{
    uint8_t plain[NVT_PISTE_ACCOUNT_MAX + 1];
    struct nvt_buf pair;
    struct nvt_buf out;
    nvt_err err = check_account(login, password);
    if (err != NVT_OK) {
        return err;
    }
    nvt_buf_init(&pair, plain, sizeof(plain));
    nvt_buf_put(&pair, login);
    nvt_buf_put_byte(&pair, (uint8_t)':');
    nvt_buf_put(&pair, password);
    if (pair.overflow) {
        err = NVT_E_CRED_SIZE;
    } else {
        nvt_buf_init(&out, a->text, sizeof(a->text));
        nvt_base64_put(&out, nvt_buf_span(&pair), NVT_BASE64);
        a->len = out.len;
    }
    nvt_wipe(plain, sizeof(plain));
    return err;
}

void nvt_piste_account_wipe(struct nvt_piste_account *a)
{
    nvt_wipe(a, sizeof(*a));
}

/* ---- outcomes ---- */

static enum nvt_piste_denial denial_of(uint16_t status, struct nvt_span realm)
{
    if (status == 403U) {
        return NVT_PISTE_NOT_SUBSCRIBED;
    }
    if (status != 401U) {
        return NVT_PISTE_NOT_DENIED;
    }
    if (realm.len == 0U) {
        return NVT_PISTE_DENIED;
    }
    return nvt_span_eq(realm, NVT_LIT("PISTE")) ? NVT_PISTE_BAD_TOKEN : NVT_PISTE_WRONG_PATH;
}

enum nvt_piste_denial nvt_piste_denied(const struct nvt_call *call)
{
    struct nvt_facts facts;
    nvt_call_facts(call, &facts);
    return denial_of(call->outcome.status, facts.realm);
}

static void judge_denial(struct nvt_call *call)
{
    struct nvt_failure *f = &call->outcome.failure;
    struct nvt_facts facts;
    nvt_call_facts(call, &facts);
    if (denial_of(call->outcome.status, facts.realm) == NVT_PISTE_WRONG_PATH) {
        f->err = NVT_E_STATUS; /* no fault of the credentials */
        put(call, facts.realm, f->code, sizeof(f->code));
    }
}

nvt_err nvt_piste_judge(struct nvt_call *call, struct nvt_piste_request *r)
{
    (void)r;
    if (call->outcome.verdict != NVT_DELIVERED) {
        judge_denial(call);
    }
    return call->outcome.failure.err;
}
