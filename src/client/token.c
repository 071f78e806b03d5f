/* SPDX-License-Identifier: Apache-2.0 */
/* The client's token: when to fetch it, what to keep of it, and what to do when it is refused. */
#include "call.h"

enum { ODDS_MAX = 8 };

static bool can_ask_with(const struct nvt_credentials *c)
{
    return c->grant != NVT_GRANT_STATIC && (c->secret[0] != '\0' || c->refresh[0] != '\0');
}

nvt_err nvt_token_need(const struct nvt_call *call, uint64_t now_ms)
{
    const struct nvt_client *c = call->client;
    if ((nvt_call_flags(call) & (uint8_t)NVT_REQ_NO_AUTH) != 0U) {
        return NVT_OK;
    }
    bool route = nvt_span_str(c->profile->token_path).len > 0U || c->token_origin.host[0] != '\0';
    bool can_ask = can_ask_with(&c->credentials) && route;
    if (c->token.len > 0U && (now_ms < c->token.renew_at_ms || !can_ask)) {
        return NVT_OK;
    }
    return can_ask ? NVT_AGAIN : NVT_E_CRED_EMPTY;
}

/* ---- refresh tokens ---- */

nvt_err nvt_token_save(struct nvt_client *c)
{
    struct nvt_span refresh = nvt_span_str(c->credentials.refresh);
    bool lost = c->refresh_new && c->keeper.keep != NULL &&
                c->keeper.keep(c->keeper.ctx, refresh) != NVT_OK;
    c->refresh_new = lost;
    return lost ? NVT_E_GRANT_KEEP : NVT_OK;
}

/* A server that does not rotate sends the same one, or none. */
static nvt_err take_refresh(struct nvt_client *c, const char *refresh)
{
    if (refresh[0] == '\0' || strcmp(refresh, c->credentials.refresh) == 0) {
        return NVT_OK;
    }
    nvt_wipe(c->credentials.refresh, sizeof(c->credentials.refresh));
    (void)memcpy(c->credentials.refresh, refresh, strlen(refresh));
    c->refresh_new = true;
    return nvt_token_save(c);
}

bool nvt_token_refresh_refused(const struct nvt_call *call, uint16_t status)
{
    const struct nvt_credentials *c = &call->client->credentials;
    return (status == 400U || status == 401U) && c->grant == NVT_GRANT_PASSWORD &&
           c->refresh[0] != '\0' && strcmp(call->outcome.failure.code, "invalid_grant") == 0;
}

bool nvt_token_fall_back(struct nvt_client *c)
{
    if (c->credentials.secret[0] == '\0') {
        return false;
    }
    nvt_wipe(c->credentials.refresh, sizeof(c->credentials.refresh));
    c->refresh_new = false;
    return true;
}

/* ---- answers ---- */

/* RFC 6749 sections 5.1 and 5.2 have a JSON object in every answer, whatever some servers call it.
 * Others leave it out of a refusal; nobody on the way does, who would rather explain himself. */
enum nvt_saying nvt_token_saying(const struct nvt_call *call)
{
    const struct nvt_profile *p = call->client->profile;
    struct nvt_said said = nvt_exchange_said(call);
    if (nvt_done_no_route(&said, nvt_span_str(p->token_path), p)) {
        return NVT_SAID_NO_ROUTE;
    }
    said.type = NVT_LIT("");
    bool bare = said.status > 299U && said.body.len == 0U;
    return bare || nvt_done_is_error("", &said) ? NVT_SAID_OWN : NVT_SAID_OTHER;
}

nvt_err nvt_token_keep(struct nvt_call *call, uint64_t now_ms)
{
    struct nvt_client *c = call->client;
    char refresh[NVT_REFRESH_CAP];
    nvt_err err = NVT_E_GRANT_ANSWER;
    (void)memset(refresh, 0, sizeof(refresh));
    if (!call->outcome.body_cut) {
        err = nvt_grant_read(nvt_exchange_body(call), call->mem.tok,
                             sizeof(call->mem.tok) / sizeof(call->mem.tok[0]), now_ms,
                             c->profile->token_life_s, &c->token,
                             c->credentials.grant == NVT_GRANT_PASSWORD ? refresh : NULL);
    }
    if (err == NVT_OK) {
        c->token_fetched = true;
        c->token_stamp++;
        /* Before anyone uses the access token: from then on the old refresh token is worth nothing,
         * and without the new one on file a power cut would lock this gateway out. */
        err = take_refresh(c, refresh);
    }
    if (err == NVT_E_GRANT_KEEP) {
        nvt_token_wipe(&c->token);
    }
    nvt_wipe(refresh, sizeof(refresh));
    return err;
}

/* May it be about its request? */
static bool is_odd(struct nvt_client *c)
{
    bool odd = c->token_odds < c->token_odds_most;
    c->token_odds = (uint8_t)(c->token_odds + (odd ? 1U : 0U));
    return odd;
}

/* A new token was refused too. */
static void learn_odd(struct nvt_client *c)
{
    c->token_odds = 0;
    if (c->token_odds_most < (uint8_t)ODDS_MAX) {
        c->token_odds_most = (uint8_t)(c->token_odds_most == 0U ? 1U : 2U * c->token_odds_most);
    }
}

bool nvt_token_renewable(struct nvt_call *call)
{
    struct nvt_client *c = call->client;
    /* Another call may have dropped or renewed the token while this answer was on its way. */
    bool outdated = call->token_stamp != c->token_stamp || c->token.len == 0U;
    bool formerly_good = outdated || c->token.good || !c->token_fetched;
    if (call->renewed) {
        learn_odd(c);
        return false;
    }
    if ((nvt_call_flags(call) & (uint8_t)NVT_REQ_NO_AUTH) != 0U) {
        return false;
    }
    if (!formerly_good || !can_ask_with(&c->credentials) || (!outdated && is_odd(c))) {
        return false;
    }
    if (!outdated) {
        nvt_token_wipe(&c->token);
    }
    call->renewed = true;
    return true;
}

/* ---- doubt ---- */

/* Who answers so has understood the token. */
static bool speaks_for_token(uint16_t status)
{
    return status < 500U && status != 401U && status != 403U && status != 408U && status != 429U;
}

/* One answer may be about its request; two in a row, with none between that speaks for the token,
 * may be about the token. The token route's quota is not spent to its end on a guess. */
static void doubt(struct nvt_client *c, uint64_t now_ms)
{
    bool room = nvt_rate_at(&c->rates[0], c->rate_due_us[0], now_ms) <= now_ms;
    if (c->token_doubts == 0U) {
        c->token_doubts = 1U;
    } else if (c->token_doubts == 1U && room && can_ask_with(&c->credentials)) {
        c->token_doubts = 2U;
        nvt_token_wipe(&c->token);
    } else {
        /* it was renewed, or cannot be */
    }
}

void nvt_token_answered(struct nvt_call *call, enum nvt_verdict verdict, nvt_err err,
                        uint64_t now_ms)
{
    struct nvt_client *c = call->client;
    uint16_t status = call->response.status;
    bool with = (nvt_call_flags(call) & (uint8_t)NVT_REQ_NO_AUTH) == 0U;
    bool own = err != NVT_E_FRONT && err != NVT_E_ANSWER;
    if (!with || !own || call->token_stamp != c->token_stamp || c->token.len == 0U) {
        return;
    }
    if (verdict == NVT_DELIVERED || verdict == NVT_DUPLICATE) {
        c->token.good = true;
    }
    if (speaks_for_token(status)) {
        c->token_doubts = 0;
        c->token_odds = 0;
        c->token_odds_most = call->renewed ? 0U : c->token_odds_most;
    } else if (c->profile->doubt_status != 0U && status == c->profile->doubt_status) {
        doubt(c, now_ms);
    } else {
        /* it says nothing of the token */
    }
}
