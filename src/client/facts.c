/* SPDX-License-Identifier: Apache-2.0 */
/* What the head of an answer says beside its body. */
#include "call.h"

static int32_t read_count(const struct nvt_http_response *r, struct nvt_span name)
{
    struct nvt_span value;
    uint64_t n = 0;
    if (!nvt_http_field_find(r, name, &value) ||
        nvt_u64_parse(value, (uint64_t)INT32_MAX, &n) != NVT_OK) {
        return -1;
    }
    return (int32_t)n;
}

/* The count of the first of two names that has one. */
static int32_t read_either(const struct nvt_http_response *r, struct nvt_span name,
                           struct nvt_span other)
{
    int32_t n = read_count(r, name);
    return n >= 0 ? n : read_count(r, other);
}

static int32_t read_left(const struct nvt_http_response *r)
{
    struct nvt_quota quota;
    int32_t n = read_either(r, NVT_LIT("X-RateLimit-Remaining"), NVT_LIT("RateLimit-Remaining"));
    nvt_quota_read(r, &quota);
    return n >= 0 ? n : quota.left;
}

/* auth-param "realm" = token / quoted-string of the first challenge that has one (RFC 9110 sections
 * 11.2 and 11.5). Escapes in it are left as they are: it is compared, not shown. */
static struct nvt_span read_realm(const struct nvt_http_response *r)
{
    const struct nvt_span name = NVT_LIT("realm=");
    struct nvt_span rest;
    if (!nvt_http_field_find(r, NVT_LIT("WWW-Authenticate"), &rest)) {
        return NVT_LIT("");
    }
    bool fresh = true;
    while (rest.len > name.len &&
           !(fresh && nvt_span_eq_nocase(nvt_span_of(rest.ptr, name.len), name))) {
        fresh = rest.ptr[0] == (uint8_t)' ' || rest.ptr[0] == (uint8_t)',';
        nvt_span_skip(&rest, 1);
    }
    if (rest.len <= name.len) {
        return NVT_LIT("");
    }
    nvt_span_skip(&rest, name.len);
    bool quoted = rest.ptr[0] == (uint8_t)'"';
    nvt_span_skip(&rest, quoted ? 1U : 0U);
    size_t n = 0;
    while (n < rest.len && rest.ptr[n] != (uint8_t)'"' &&
           (quoted || (rest.ptr[n] != (uint8_t)',' && rest.ptr[n] != (uint8_t)' '))) {
        n++;
    }
    return nvt_span_of(rest.ptr, n);
}

void nvt_call_facts(const struct nvt_call *call, struct nvt_facts *out_facts)
{
    const struct nvt_http_response *r = &call->response;
    (void)memset(out_facts, 0, sizeof(*out_facts));
    out_facts->quota_limit = -1;
    out_facts->quota_left = -1;
    out_facts->realm = NVT_LIT("");
    if (call->state == (uint8_t)NVT_STATE_DONE && call->outcome.status != 0U) {
        out_facts->date_s = nvt_verdict_date_s(r);
        out_facts->quota_limit =
            read_either(r, NVT_LIT("X-RateLimit-Limit"), NVT_LIT("RateLimit-Limit"));
        out_facts->quota_left = read_left(r);
        out_facts->realm = read_realm(r);
    }
}
