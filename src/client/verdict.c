/* SPDX-License-Identifier: Apache-2.0 */
/* What an attempt amounts to, and when the next one may follow. Pure. */
#include "call.h"

enum { DAY_S = 86400, EPOCH_FROM = 1000000000, BACKOFF_STEPS = 16 };

struct rule {
    uint16_t from, to;
    uint8_t repeatable; /* enum nvt_verdict when the request may be sent twice */
    uint8_t once;       /* when it may not */
    nvt_err err;
};

/* First match wins. 408, 423, 429, 501, 503, 505 and 511 say that the request was not processed
 * (RFC 9110 sections 15.5.9, 15.6.2, 15.6.4 and 15.6.6, RFC 4918 section 11.3, RFC 6585 sections 4
 * and 6); other 5xx leave that open. No 5xx is a refusal: what fails on the server's side may work
 * later. 304 answers a condition that the caller set; it points nowhere. */
static const struct rule rules[] = {
    {200, 299, NVT_DELIVERED, NVT_DELIVERED, NVT_OK},
    {304, 304, NVT_REFUSED, NVT_REFUSED, NVT_E_STATUS},
    {300, 399, NVT_REFUSED, NVT_REFUSED, NVT_E_REDIRECT},
    {401, 401, NVT_REFUSED, NVT_REFUSED, NVT_E_UNAUTHORIZED},
    {408, 408, NVT_RETRY, NVT_RETRY, NVT_E_STATUS},
    {423, 423, NVT_RETRY, NVT_RETRY, NVT_E_STATUS},
    {429, 429, NVT_RETRY, NVT_RETRY, NVT_E_STATUS},
    {400, 499, NVT_REFUSED, NVT_REFUSED, NVT_E_STATUS},
    {501, 501, NVT_RETRY, NVT_RETRY, NVT_E_STATUS},
    {503, 503, NVT_RETRY, NVT_RETRY, NVT_E_STATUS},
    {505, 505, NVT_RETRY, NVT_RETRY, NVT_E_STATUS},
    {511, 511, NVT_RETRY, NVT_RETRY, NVT_E_STATUS},
    {500, 599, NVT_RETRY, NVT_UNKNOWN, NVT_E_STATUS},
};

static const struct rule token_rules[] = {
    {300, 399, NVT_REFUSED, NVT_REFUSED, NVT_E_REDIRECT},
    {408, 408, NVT_RETRY, NVT_RETRY, NVT_E_STATUS},
    {429, 429, NVT_RETRY, NVT_RETRY, NVT_E_GRANT_QUOTA},
    {400, 499, NVT_REFUSED, NVT_REFUSED, NVT_E_GRANT_REFUSED},
    {500, 599, NVT_RETRY, NVT_RETRY, NVT_E_STATUS},
};

static const struct rule *find(const struct rule *table, size_t count, uint16_t status)
{
    const struct rule *found = NULL;
    for (size_t i = 0; i < count && found == NULL; i++) {
        if (status >= table[i].from && status <= table[i].to) {
            found = &table[i];
        }
    }
    return found;
}

static const struct rule *rule_of(uint16_t status)
{
    return find(rules, sizeof(rules) / sizeof(rules[0]), status);
}

bool nvt_verdict_repeatable(uint8_t flags)
{
    return (flags & ((uint8_t)NVT_REQ_IDEMPOTENT | (uint8_t)NVT_REQ_KEYED)) != 0U;
}

/* Errors of the request or of the credentials as they are: a repetition meets them again. */
static bool is_own_fault(nvt_err err)
{
    return err == NVT_E_ARG || err == NVT_E_SPACE ||
           (err <= NVT_E_HTTP_METHOD && err >= NVT_E_HTTP_VALUE) ||
           (err <= NVT_E_CRED_EMPTY && err >= NVT_E_CRED_SIZE);
}

static enum nvt_verdict judge_error(const struct nvt_attempt *a)
{
    if (!a->sent) {
        return is_own_fault(a->err) ? NVT_REFUSED : NVT_RETRY;
    }
    return nvt_verdict_repeatable(a->flags) ? NVT_RETRY : NVT_UNKNOWN;
}

enum nvt_verdict nvt_verdict_unsure(uint8_t flags)
{
    bool harmless = (flags & (uint8_t)NVT_REQ_IDEMPOTENT) != 0U;
    return harmless ? NVT_RETRY : NVT_UNKNOWN;
}

/* Whose word is it? A 2xx is nobody's but the API's own, and then unsure what it means; of a 4xx
 * the rest may have been written by anyone on the way. */
static enum nvt_verdict judge_other(const struct nvt_attempt *a, nvt_err *out_err)
{
    bool success = a->status <= 299U;
    *out_err = success ? NVT_E_ANSWER : NVT_E_FRONT;
    return success ? nvt_verdict_unsure(a->flags) : NVT_RETRY;
}

static enum nvt_verdict judge_status(const struct nvt_attempt *a, const struct rule *r,
                                     nvt_err *out_err)
{
    bool without = r->err == NVT_E_UNAUTHORIZED && (a->flags & (uint8_t)NVT_REQ_NO_AUTH) != 0U;
    *out_err = without ? NVT_E_STATUS : r->err;
    return (enum nvt_verdict)(nvt_verdict_repeatable(a->flags) ? r->repeatable : r->once);
}

enum nvt_verdict nvt_verdict_judge(const struct nvt_attempt *a, nvt_err *out_err)
{
    const struct rule *r = rule_of(a->status);
    *out_err = a->err;
    if (a->err != NVT_OK) {
        return judge_error(a);
    }
    *out_err = NVT_E_STATUS;
    if (r == NULL) {
        return nvt_verdict_repeatable(a->flags) ? NVT_RETRY : NVT_UNKNOWN;
    }
    /* Elsewhere it is the same whoever says so. */
    bool matters =
        a->status <= 299U || (a->status >= 400U && r->repeatable == (uint8_t)NVT_REFUSED);
    switch (a->saying) {
    case NVT_SAID_DUPLICATE:
        return NVT_DUPLICATE;
    case NVT_SAID_NO_ROUTE:
        *out_err = NVT_E_ROUTE;
        return NVT_REFUSED;
    case NVT_SAID_OTHER:
        return matters ? judge_other(a, out_err) : judge_status(a, r, out_err);
    case NVT_SAID_OWN:
    default:
        return judge_status(a, r, out_err);
    }
}

enum nvt_verdict nvt_verdict_token(uint16_t status, enum nvt_saying saying, nvt_err *out_err)
{
    const struct rule *r = find(token_rules, sizeof(token_rules) / sizeof(token_rules[0]), status);
    bool refused = r != NULL && r->err == NVT_E_GRANT_REFUSED;
    *out_err = r == NULL ? NVT_E_GRANT_ANSWER : r->err;
    if (saying == NVT_SAID_NO_ROUTE) {
        *out_err = NVT_E_ROUTE;
    } else if (saying == NVT_SAID_OTHER && (refused || r == NULL)) {
        *out_err = NVT_E_FRONT;
        return NVT_RETRY;
    } else {
        /* the token server's own word */
    }
    return r == NULL ? NVT_RETRY : (enum nvt_verdict)r->repeatable;
}

/* A front may have put its page in the place of what the API answered: some look into answers as
 * they look into requests. */
bool nvt_verdict_open(uint16_t status, nvt_err err)
{
    const struct rule *r = rule_of(status);
    return r == NULL || r->once == (uint8_t)NVT_UNKNOWN || err == NVT_E_ANSWER ||
           err == NVT_E_FRONT;
}

int64_t nvt_verdict_date_s(const struct nvt_http_response *answer)
{
    struct nvt_span value;
    int64_t s = 0;
    if (!nvt_http_field_find(answer, NVT_LIT("Date"), &value) ||
        nvt_time_parse_http(value, &s) != NVT_OK) {
        return 0;
    }
    return s;
}

/* Seconds until a time that was told as an absolute one; the server's own clock is the one to
 * measure it by. */
static bool until(int64_t at_s, const struct nvt_dates *dates, uint64_t *out_s)
{
    int64_t now_s = dates->server_s != 0 ? dates->server_s : dates->wall_s;
    if (now_s == 0) {
        return false;
    }
    *out_s = at_s > now_s ? (uint64_t)(at_s - now_s) : 0U;
    return true;
}

/* Retry-After = HTTP-date / delay-seconds (RFC 9110 section 10.2.3). */
static bool read_retry_after(struct nvt_span value, const struct nvt_dates *dates, uint64_t *out_s)
{
    int64_t at_s = 0;
    nvt_err err = nvt_u64_parse(value, UINT64_MAX, out_s);
    if (err == NVT_OK) {
        return true;
    }
    if (err == NVT_E_RANGE) {
        *out_s = DAY_S;
        return true;
    }
    return nvt_time_parse_http(value, &at_s) == NVT_OK && until(at_s, dates, out_s);
}

/* RateLimit-Reset of the drafts is a delta, that of other servers seconds since 1970: no delta is
 * thirty years long. */
static bool read_reset(struct nvt_span value, const struct nvt_dates *dates, uint64_t *out_s)
{
    uint64_t n = 0;
    if (nvt_u64_parse(value, (uint64_t)INT64_MAX, &n) != NVT_OK) {
        return false;
    }
    if (n > (uint64_t)EPOCH_FROM) {
        return until((int64_t)n, dates, out_s);
    }
    *out_s = n;
    return true;
}

/* Sources in the order of how exactly they answer. */
static bool read_delay(const struct nvt_http_response *answer, const struct nvt_dates *dates,
                       uint64_t *out_s)
{
    static const char *const resets[] = {"RateLimit-Reset", "X-RateLimit-Reset"};
    struct nvt_span value;
    struct nvt_quota quota;
    if (nvt_http_field_find(answer, NVT_LIT("Retry-After"), &value) &&
        read_retry_after(value, dates, out_s)) {
        return true;
    }
    /* The quota's fields stand in every answer; they are the reason of this one alone. */
    if (answer->status != 429U) {
        return false;
    }
    for (size_t i = 0; i < sizeof resets / sizeof resets[0]; i++) {
        if (nvt_http_field_find(answer, nvt_span_str(resets[i]), &value) &&
            read_reset(value, dates, out_s)) {
            return true;
        }
    }
    nvt_quota_read(answer, &quota);
    *out_s = quota.wait_s;
    return quota.wait_s > 0U;
}

bool nvt_verdict_told_ms(const struct nvt_http_response *answer, struct nvt_dates dates,
                         uint64_t *out_ms)
{
    uint64_t s = 0;
    /* Told to come at once, or at a time that has passed: how often is left to us. */
    bool told = answer != NULL && read_delay(answer, &dates, &s) && s > 0U;
    *out_ms = 1000U * (s < (uint64_t)DAY_S ? s : (uint64_t)DAY_S);
    return told;
}

uint64_t nvt_verdict_delay_ms(const struct nvt_http_response *answer, struct nvt_dates dates,
                              unsigned streak)
{
    uint64_t told_ms = 0;
    if (nvt_verdict_told_ms(answer, dates, &told_ms)) {
        return told_ms;
    }
    unsigned steps = streak < (unsigned)BACKOFF_STEPS ? streak : (unsigned)BACKOFF_STEPS;
    uint64_t ms = (uint64_t)NVT_BACKOFF_MS << steps;
    return ms < (uint64_t)NVT_BACKOFF_MAX_MS ? ms : (uint64_t)NVT_BACKOFF_MAX_MS;
}
