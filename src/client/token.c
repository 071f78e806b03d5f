/* SPDX-License-Identifier: Apache-2.0 */
/* The client's token: when to fetch it, how often it may be asked for, how long it is kept. */
#include "call.h"

/* The quota's minute with a second on top: requests do not all take equally long to arrive. */
enum { QUOTA_MS = 61000 };

static bool can_ask_with(const struct nvt_credentials *c)
{
    return c->grant != NVT_GRANT_STATIC && (c->id[0] != '\0' || c->refresh[0] != '\0');
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

uint64_t nvt_token_quota_at(const struct nvt_client *c, uint64_t now_ms)
{
    size_t per_minute = c->rates[0].limit;
    if (per_minute == 0U) {
        return 0;
    }
    per_minute = per_minute > NVT_TOKEN_TIMES ? NVT_TOKEN_TIMES : per_minute;
    /* The request that many back must be a minute old. */
    size_t at = (c->token_times_next + (size_t)NVT_TOKEN_TIMES - per_minute) % NVT_TOKEN_TIMES;
    uint64_t left = c->token_times_ms[at];
    if (left == 0U || now_ms >= left - 1U + QUOTA_MS) {
        return 0;
    }
    return left - 1U + QUOTA_MS;
}

void nvt_token_quota_note(struct nvt_client *c, uint64_t now_ms)
{
    c->token_times_ms[c->token_times_next] = now_ms + 1U;
    c->token_times_next = (uint8_t)((c->token_times_next + 1U) % NVT_TOKEN_TIMES);
}

nvt_err nvt_token_keep(struct nvt_call *call, uint64_t now_ms)
{
    struct nvt_client *c = call->client;
    nvt_err err = NVT_E_GRANT_ANSWER;
    if (!call->outcome.body_cut) {
        err = nvt_grant_read(nvt_exchange_body(call), call->mem.tok,
                             sizeof(call->mem.tok) / sizeof(call->mem.tok[0]), now_ms,
                             c->profile->token_life_s, &c->token);
    }
    if (err == NVT_OK) {
        c->token.good = false;
        c->token_fetched = true;
        c->token_stamp++;
    }
    return err;
}

bool nvt_token_renewable(struct nvt_call *call)
{
    struct nvt_client *c = call->client;
    /* Another call may have dropped or renewed the token while this answer was on its way. */
    bool outdated = call->token_stamp != c->token_stamp || c->token.len == 0U;
    bool formerly_good = outdated || c->token.good || !c->token_fetched;
    if (call->renewed || (nvt_call_flags(call) & (uint8_t)NVT_REQ_NO_AUTH) != 0U) {
        return false;
    }
    if (!formerly_good || !can_ask_with(&c->credentials)) {
        return false;
    }
    if (!outdated) {
        nvt_token_wipe(&c->token);
    }
    call->renewed = true;
    return true;
}
