/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP as the model registry reads and writes it: of this one client only. */
#include "registry.h"

#include <stdio.h>

static const uint8_t *find(struct nvt_span in, const char *text)
{
    size_t n = strlen(text);
    for (size_t i = 0; i + n <= in.len; i++) {
        const uint8_t *at =
            (const uint8_t *)memchr(in.ptr + i, (uint8_t)text[0], in.len - n + 1U - i);
        if (at == NULL) {
            return NULL;
        }
        if (memcmp(at, text, n) == 0) {
            return at;
        }
        i = (size_t)(at - in.ptr);
    }
    return NULL;
}

static struct nvt_span from(struct nvt_span in, const uint8_t *at, size_t skip)
{
    return nvt_span_drop(in, (size_t)(at - in.ptr) + skip);
}

/* What follows name up to the line's end; empty when it is not there. */
static struct nvt_span field(struct nvt_span head, const char *name)
{
    const uint8_t *at = find(head, name);
    if (at == NULL) {
        return NVT_LIT("");
    }
    struct nvt_span value = from(head, at, strlen(name));
    const uint8_t *end = (const uint8_t *)memchr(value.ptr, '\r', value.len);
    return nvt_span_of(value.ptr, end == NULL ? value.len : (size_t)(end - value.ptr));
}

static bool starts(struct nvt_span s, const char *text)
{
    size_t n = strlen(text);
    return s.len >= n && memcmp(s.ptr, text, n) == 0;
}

static enum registry_verb verb_of(struct nvt_span head)
{
    if (starts(head, "POST /v3.3/auth/access_token ")) {
        return REGISTRY_TOKEN;
    }
    if (starts(head, "POST /v3.3/journeys ")) {
        return REGISTRY_POST;
    }
    return starts(head, "GET /v3.3/journeys/") ? REGISTRY_STATUS : REGISTRY_OTHER;
}

void registry_read(struct nvt_span bytes, struct registry_request *out)
{
    const uint8_t *end = find(bytes, "\r\n\r\n");
    uint64_t length = 0;
    (void)memset(out, 0, sizeof *out);
    if (end == NULL) {
        return;
    }
    struct nvt_span head = nvt_span_of(bytes.ptr, (size_t)(end - bytes.ptr) + 2U);
    (void)nvt_u64_parse(field(head, "\r\nContent-Length: "), UINT32_MAX, &length);
    struct nvt_span rest = from(bytes, end, 4U);
    if (field(head, "\r\nContent-Length: ").len > 0U && rest.len < length) {
        return;
    }
    out->verb = verb_of(head);
    out->token = field(head, "\r\nAuthorization: Bearer ");
    out->target = field(head, " /v3.3");
    out->body = nvt_span_of(rest.ptr, (size_t)length);
    out->len = head.len + 2U + (size_t)length;
}

size_t registry_number(struct nvt_span text)
{
    const uint8_t *at = find(text, "j-");
    if (at == NULL) {
        return SIZE_MAX;
    }
    struct nvt_span rest = from(text, at, 2U);
    size_t number = 0;
    size_t i = 0;
    while (i < rest.len && i < 9U && rest.ptr[i] >= '0' && rest.ptr[i] <= '9') {
        number = number * 10U + (size_t)(rest.ptr[i] - (uint8_t)'0');
        i++;
    }
    return i == 0U ? SIZE_MAX : number;
}

/* "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 section 5.6.7). */
static void put_date(char out[32], int64_t s)
{
    static const char days[] = "ThuFriSatSunMonTueWed";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    uint8_t text[24];
    struct nvt_buf b;
    nvt_buf_init(&b, text, sizeof text);
    nvt_time_put_rfc3339(&b, s);
    unsigned month = (unsigned)(text[5] - '0') * 10U + (unsigned)(text[6] - '0') - 1U;
    (void)snprintf(out, 32, "%.3s, %.2s %.3s %.4s %.8s GMT", days + 3 * (s / 86400 % 7),
                   (const char *)text + 8, months + (size_t)month * 3U, (const char *)text,
                   (const char *)text + 11);
}

void registry_answer(struct registry *r, struct nvt_sim_line *line, uint16_t status,
                     uint32_t retry_s, const char *body)
{
    char date[32];
    char retry[40] = "";
    put_date(date, (int64_t)(registry_now_ms(r) / 1000U));
    if (retry_s != 0U) {
        (void)snprintf(retry, sizeof retry, "Retry-After: %u\r\n", (unsigned)retry_s);
    }
    int n = snprintf((char *)line->out, sizeof line->out,
                     "HTTP/1.1 %u Status\r\nDate: %s\r\nContent-Type: application/json\r\n%s"
                     "Content-Length: %u\r\n\r\n%s",
                     (unsigned)status, date, retry, (unsigned)strlen(body), body);
    line->answer = (struct nvt_sim_answer){line->out, (size_t)n, 0U, false, NVT_SIM_STAY};
}
