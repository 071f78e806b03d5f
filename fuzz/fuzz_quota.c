/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Retry times and quotas in the fields of an answer. The input's first byte picks the status, its
 * clocks and the streak; the rest is a field section, or, when it has no line end, the value of
 * x-rate-limit. What holds: no wait is longer than a day, or than the longest back-off when the
 * answer tells none; it grows with nothing but the answer; counts are counts.
 */
#include "../src/client/call.h"

#include <stdlib.h>

#define DAY_MS ((uint64_t)86400000)

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* False when that is no answer. */
static bool parse(struct nvt_span in, struct nvt_http_response *r)
{
    static uint8_t head[NVT_HEAD_MAX];
    enum nvt_http_event event = NVT_HTTP_NEED;
    struct nvt_span body;
    nvt_http_response_init(r, head, sizeof head, true);
    do {
        if (nvt_http_response_feed(r, &in, &event, &body) != NVT_OK) {
            return false;
        }
    } while (event != NVT_HTTP_HEAD && event != NVT_HTTP_NEED && event != NVT_HTTP_DONE);
    return event == NVT_HTTP_HEAD;
}

static bool make(struct nvt_span in, bool many, struct nvt_http_response *r)
{
    static uint8_t mem[NVT_HEAD_MAX + 64];
    struct nvt_buf b;
    nvt_buf_init(&b, mem, sizeof mem);
    nvt_buf_put(&b, many ? NVT_LIT("HTTP/1.1 429 x\r\n") : NVT_LIT("HTTP/1.1 503 x\r\n"));
    if (in.len == 0U || memchr(in.ptr, '\n', in.len) == NULL) {
        nvt_buf_put(&b, NVT_LIT("x-rate-limit: "));
    }
    nvt_buf_put(&b, in);
    nvt_buf_put(&b, NVT_LIT("\r\n\r\n"));
    return nvt_buf_err(&b) == NVT_OK && parse(nvt_buf_span(&b), r);
}

static void check(const struct nvt_http_response *r, struct nvt_dates dates, unsigned streak)
{
    struct nvt_quota quota;
    uint64_t none_ms = nvt_verdict_delay_ms(NULL, dates, streak);
    uint64_t ms = nvt_verdict_delay_ms(r, dates, streak);
    require(none_ms <= NVT_BACKOFF_MAX_MS && none_ms >= NVT_BACKOFF_MS);
    require(ms <= DAY_MS && ms == nvt_verdict_delay_ms(r, dates, streak));
    /* Either the answer tells, whatever came before, or it does not. */
    require(ms == none_ms || ms == nvt_verdict_delay_ms(r, dates, streak + 1U));
    nvt_quota_read(r, &quota);
    require(quota.left >= -1 && (quota.wait_s == 0U || quota.left == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct nvt_http_response r;
    struct nvt_span in = nvt_span_of(data, size);
    if (size == 0U || !make(nvt_span_drop(in, 1), (data[0] & 1U) != 0U, &r)) {
        return 0;
    }
    struct nvt_dates dates = {nvt_verdict_date_s(&r), (data[0] & 2U) != 0U ? 1750000000 : 0};
    check(&r, dates, data[0] >> 4U);
    return 0;
}
