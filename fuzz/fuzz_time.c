/* SPDX-License-Identifier: Apache-2.0 */
/* Times: what a parser reads lies in range and is written as the one text that reads back alike. */
#include <navette/base.h>

#include <stdlib.h>

#define LAST_S 253402300799

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void check_time(nvt_err err, int64_t s)
{
    uint8_t text[20];
    struct nvt_buf b;
    int64_t back = -1;
    if (err != NVT_OK) {
        check((err == NVT_E_SYNTAX || err == NVT_E_RANGE) && s == -1);
        return;
    }
    check(s >= 0 && s <= LAST_S);
    nvt_buf_init(&b, text, sizeof text);
    nvt_time_put_rfc3339(&b, s);
    check(nvt_buf_err(&b) == NVT_OK && b.len == sizeof text);
    check(nvt_time_parse_rfc3339(nvt_buf_span(&b), &back) == NVT_OK && back == s);
}

/* Read as a number, any input is a time or out of range. */
static void check_number(struct nvt_span input)
{
    uint8_t text[20];
    struct nvt_buf b;
    int64_t s = 0;
    int64_t back = 0;
    (void)memcpy(&s, input.ptr, input.len < sizeof s ? input.len : sizeof s);
    nvt_buf_init(&b, text, sizeof text);
    nvt_time_put_rfc3339(&b, s);
    check((nvt_buf_err(&b) == NVT_OK) == (s >= 0 && s <= LAST_S));
    if (nvt_buf_err(&b) == NVT_OK) {
        check(nvt_time_parse_rfc3339(nvt_buf_span(&b), &back) == NVT_OK && back == s);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct nvt_span input = nvt_span_of(data, size);
    int64_t s = -1;
    nvt_err err = nvt_time_parse_rfc3339(input, &s);
    check_time(err, s);
    s = -1;
    err = nvt_time_parse_http(input, &s);
    check_time(err, s);
    if (size > 0U) {
        check_number(input);
    }
    return 0;
}
