/* SPDX-License-Identifier: Apache-2.0 */
/* What the model registry knows, decides and watches. */
#include "registry.h"

#include <stdio.h>

enum { DAY_S = 86400, QUIET_SLACK_MS = 40000, TOLD_MAX_S = 900 };

static void note(struct registry *r, const char *fault, size_t number)
{
    if (r->fault == NULL) {
        r->fault = fault;
        r->fault_number = number;
    }
}

static uint32_t draw(struct registry *r, uint32_t below)
{
    r->random ^= r->random << 13U;
    r->random ^= r->random >> 7U;
    r->random ^= r->random << 17U;
    return (uint32_t)((r->random >> 32U) % below);
}

static bool happens(struct registry *r, uint16_t thousandths)
{
    return thousandths != 0U && draw(r, 1000U) < thousandths;
}

uint64_t registry_now_ms(const struct registry *r)
{
    return r->base_ms + r->sim->mono_ms;
}

/* ---- journeys ---- */

enum registry_state registry_verdict(size_t number)
{
    if (number % 23U == 7U) {
        return REGISTRY_TERMS;
    }
    return number % 29U == 11U ? REGISTRY_INVALID : REGISTRY_STORED;
}

/* Eight bytes at a time: a run of thousands of lives hashes little else. */
uint32_t registry_hash(struct nvt_span bytes)
{
    uint64_t h = bytes.len;
    for (size_t i = 0; i < bytes.len; i += 8U) {
        uint64_t word = 0;
        (void)memcpy(&word, bytes.ptr + i, bytes.len - i < 8U ? bytes.len - i : 8U);
        h = (h ^ word) * 0x9E3779B97F4A7C15U;
        h ^= h >> 29U;
    }
    return (uint32_t)(h ^ h >> 32U);
}

void registry_write(struct registry *r, size_t number, int64_t start_s, struct nvt_buf *out)
{
    size_t begin = out->len;
    size_t most = (size_t)REGISTRY_BODY_MAX - (size_t)REGISTRY_BODY_MIN;
    size_t pad = (size_t)((uint64_t)number * 2654435761U % (number % 8U == 0U ? most : most / 8U));
    nvt_buf_put(out, NVT_LIT("{\"operator_journey_id\":\"j-"));
    nvt_buf_put_u64(out, number);
    nvt_buf_put(out, NVT_LIT("\",\"operator_class\":\"C\",\"start\":{\"datetime\":\""));
    nvt_time_put_rfc3339(out, start_s);
    nvt_buf_put(out, NVT_LIT("\",\"lat\":48.7,\"lon\":2.1},\"end\":{\"datetime\":\""));
    nvt_time_put_rfc3339(out, start_s + r->trip_s);
    nvt_buf_put(out, NVT_LIT("\"},\"distance\":"));
    nvt_buf_put_u64(out, registry_verdict(number) == REGISTRY_TERMS ? 1200U : 34567U);
    nvt_buf_put(out, NVT_LIT(",\"operator_trip_id\":\""));
    for (size_t i = 0; i < pad; i++) {
        nvt_buf_put_byte(out, (uint8_t)('a' + (number + i) % 26U));
    }
    nvt_buf_put(out, NVT_LIT("\"}"));
    r->journeys[number].hash = registry_hash(nvt_span_of(out->ptr + begin, out->len - begin));
}

/* The first time behind from: the start's, and behind that the end's. */
static bool time_from(struct nvt_span body, size_t *from, int64_t *out_s)
{
    static const char name[] = "\"datetime\":\"";
    for (size_t i = *from; i + sizeof name + 20U < body.len; i++) {
        if (memcmp(body.ptr + i, name, sizeof name - 1U) == 0) {
            *from = i + sizeof name;
            return nvt_time_parse_rfc3339(nvt_span_of(body.ptr + i + sizeof name - 1U, 20U),
                                          out_s) == NVT_OK;
        }
    }
    return false;
}

static bool times_of(struct nvt_span body, int64_t *out_start_s, int64_t *out_end_s)
{
    size_t at = 0;
    return time_from(body, &at, out_start_s) && time_from(body, &at, out_end_s);
}

/* ---- what no client may do ---- */

static void watch_post(struct registry *r, const struct nvt_sim_line *line,
                       const struct registry_request *q, size_t number)
{
    struct registry_journey *j = &r->journeys[number];
    if (registry_hash(q->body) != j->hash) {
        note(r, "a journey's bytes changed", number);
    }
    if (!line->late && j->told) {
        note(r, "sent again though its answer had come", number);
    }
    if (!line->late && j->doubt) {
        note(r, "sent again blindly", number);
    }
    j->posts++;
}

/* Calls that were on their way when the time was told may still come. */
static void watch_time(struct registry *r, const struct nvt_sim_line *line, bool token)
{
    uint64_t told = token ? r->token_told_ms : r->told_ms;
    uint64_t quiet = token ? r->token_quiet_ms : r->quiet_ms;
    uint64_t begun = r->base_ms + line->begun_ms;
    if (!line->late && begun > told + (uint64_t)QUIET_SLACK_MS && begun < quiet) {
        note(r, "came back before the time it was told", r->on[line - r->lines].number);
    }
}

/* A long time may be looked into after a minute; and none is so long that the most urgent journey
 * would not be tried several times before its end. */
static uint64_t binding_ms(const struct registry *r, uint32_t retry_s)
{
    uint64_t ms = retry_s > (uint32_t)TOLD_MAX_S ? 60000U : (uint64_t)retry_s * 1000U;
    uint32_t due_s = r->urgent_s == NULL ? UINT32_MAX : r->urgent_s(r->urgent_ctx);
    uint64_t now_s = registry_now_ms(r) / 1000U;
    if (due_s == UINT32_MAX || due_s <= now_s) {
        return ms;
    }
    uint64_t most_ms = (due_s - now_s) * 1000U / 5U;
    most_ms = most_ms > 5000U ? most_ms : 5000U;
    return ms < most_ms ? ms : most_ms;
}

static void keep_time(struct registry *r, const struct registry_exchange *e)
{
    uint64_t *told = e->token ? &r->token_told_ms : &r->told_ms;
    uint64_t *quiet = e->token ? &r->token_quiet_ms : &r->quiet_ms;
    if (e->retry_s != 0U) {
        *told = registry_now_ms(r);
        *quiet = *told + binding_ms(r, e->retry_s);
    }
}

/* Was it taken or not? Nobody can tell from these. */
static bool is_open(uint16_t status)
{
    return status == 200U || status == 403U || status == 500U || status == 502U || status == 504U;
}

static bool is_final(uint16_t status)
{
    return status == 201U || status == 409U || status == 422U || status == 400U;
}

static void keep_answer(struct registry_journey *j, const struct registry_exchange *e)
{
    if (e->post) {
        j->doubt = is_open(e->status);
        j->told = j->told || (is_final(e->status) && !e->early);
    } else if (e->status == 200U || e->status == 404U) {
        j->doubt = false;
    }
}

static void taken(void *ctx, const struct nvt_sim_line *line)
{
    struct registry *r = (struct registry *)ctx;
    const struct registry_exchange *e = &r->on[line - r->lines];
    struct registry_journey *j = e->number == SIZE_MAX ? NULL : &r->journeys[e->number];
    bool changed = r->sim->fault.mask != 0U && r->sim->fault.met != 0U;
    if (!e->whole) {
        return;
    }
    if (changed && j != NULL) {
        j->doubt = false;
    }
    if (!changed) {
        keep_time(r, e);
    }
    if (!changed && j != NULL) {
        keep_answer(j, e);
    }
}

/* ---- answers ---- */

static void refuse_terms(struct registry *r, struct nvt_sim_line *line, const char *label)
{
    char body[200];
    (void)snprintf(body, sizeof body,
                   "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"data\":{\"terms_violation_labels\":"
                   "[\"%s\"]},\"code\":-32422,\"message\":\"Unprocessable Request\"}}",
                   label);
    registry_answer(r, line, 422U, 0U, body);
}

static void refuse(struct registry *r, struct nvt_sim_line *line, uint16_t status, int code,
                   const char *text)
{
    char body[200];
    (void)snprintf(body, sizeof body,
                   "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"data\":\"%s\",\"code\":%d,"
                   "\"message\":\"%s\"}}",
                   text, code, text);
    registry_answer(r, line, status, 0U, body);
}

static void create(struct registry *r, struct nvt_sim_line *line, size_t number)
{
    char body[200];
    (void)snprintf(body, sizeof body,
                   "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"data\":{\"operator_journey_id\":"
                   "\"j-%u\",\"created_at\":\"2026-01-01T00:00:00Z\"}}}",
                   (unsigned)number);
    registry_answer(r, line, 201U, 0U, body);
}

/* A journey that was not known: kept, or refused for its content. */
static void judge(struct registry *r, struct nvt_sim_line *line, struct nvt_span body,
                  size_t number)
{
    struct registry_journey *j = &r->journeys[number];
    int64_t now_s = (int64_t)(registry_now_ms(r) / 1000U) + r->ahead_s;
    int64_t start_s = 0;
    int64_t end_s = 0;
    if (!times_of(body, &start_s, &end_s) || registry_verdict(number) == REGISTRY_INVALID) {
        j->state = REGISTRY_INVALID;
        refuse(r, line, 400U, -32602, "Invalid params");
    } else if (end_s > now_s || start_s > end_s) {
        j->state = REGISTRY_INVALID;
        r->on[line - r->lines].early = end_s > now_s;
        r->early++;
        refuse(r, line, 422U, -32700, "Journeys cannot happen in the future");
    } else if (now_s - start_s > (int64_t)DAY_S || registry_verdict(number) == REGISTRY_TERMS) {
        j->state = REGISTRY_TERMS;
        j->label = now_s - start_s > (int64_t)DAY_S ? "expired" : "distance_too_short";
        refuse_terms(r, line, j->label);
    } else {
        j->state = REGISTRY_STORED;
        create(r, line, number);
    }
}

static void post(struct registry *r, struct nvt_sim_line *line, struct nvt_span body, size_t number)
{
    struct registry_journey *j = &r->journeys[number];
    if (j->state == REGISTRY_STORED || j->state == REGISTRY_TERMS) {
        j->conflicts++;
        r->conflicts++;
        refuse(r, line, 409U, -32509, "Conflict");
        return;
    }
    judge(r, line, body, number);
}

static void status(struct registry *r, struct nvt_sim_line *line, size_t number)
{
    const struct registry_journey *j = &r->journeys[number];
    char body[240];
    if (j->state != REGISTRY_STORED && j->state != REGISTRY_TERMS) {
        refuse(r, line, 404U, -32504, "Not found");
        return;
    }
    bool stored = j->state == REGISTRY_STORED;
    (void)snprintf(body, sizeof body,
                   "{\"operator_journey_id\":\"j-%u\",\"status\":\"%s\",\"created_at\":"
                   "\"2026-01-01T00:00:00Z\"%s%s%s}",
                   (unsigned)number, stored ? "pending" : "terms_violation_error",
                   stored ? "" : ",\"terms_violation_details\":[\"", stored ? "" : j->label,
                   stored ? "" : "\"]");
    registry_answer(r, line, 200U, 0U, body);
}

static void give_token(struct registry *r, struct nvt_sim_line *line)
{
    char body[120];
    uint64_t now = registry_now_ms(r);
    if (now - r->minute_ms >= 60000U) {
        r->minute_ms = now;
        r->minute_count = 0;
    }
    r->minute_count++;
    r->tokens++;
    if (r->minute_count > r->token_quota) {
        uint32_t left_s = (uint32_t)((r->minute_ms + 60999U - now) / 1000U);
        r->on[line - r->lines].retry_s = left_s;
        registry_answer(r, line, 429U, left_s,
                        "{\"error\":{\"code\":429,\"message\":\"Too many requests\"}}");
        return;
    }
    if (r->keys_refused) {
        refuse(r, line, 401U, -32501, "Unauthorized Error");
        return;
    }
    r->token_ms[r->token_count % (unsigned)REGISTRY_TOKENS] =
        now + (uint64_t)r->token_life_s * 1000U;
    (void)snprintf(body, sizeof body,
                   "{\"access_token\":\"tok-%08u-0123456789abcdef\",\"expires_in\":%u}",
                   (unsigned)r->token_count, (unsigned)r->token_life_s);
    r->token_count++;
    registry_answer(r, line, 201U, 0U, body);
}

/* The number in it; UINT64_MAX: none. */
static uint64_t token_number(struct nvt_span token)
{
    uint64_t n = 0;
    bool ok =
        token.len >= 12U && nvt_u64_parse(nvt_span_of(token.ptr + 4, 8U), 99999999U, &n) == NVT_OK;
    return ok ? n : UINT64_MAX;
}

static bool is_good(const struct registry *r, struct nvt_span token)
{
    uint64_t n = token_number(token);
    return n < r->token_count && r->token_count - n <= (uint64_t)REGISTRY_TOKENS &&
           registry_now_ms(r) < r->token_ms[n % (unsigned)REGISTRY_TOKENS];
}

static void handle(struct registry *r, struct nvt_sim_line *line, const struct registry_request *q,
                   size_t number)
{
    if (q->verb == REGISTRY_TOKEN) {
        give_token(r, line);
    } else if (token_number(q->token) < r->first_token) {
        r->denied++;
        refuse(r, line, 500U, -32603, "signature verification failed");
    } else if (!is_good(r, q->token)) {
        r->denied++;
        refuse(r, line, 401U, 401, "Unauthorized Error");
    } else if (number >= r->journey_count || q->verb == REGISTRY_OTHER) {
        note(r, "a request that nobody sends", number);
        refuse(r, line, 404U, -32504, "Not found");
    } else if (q->verb == REGISTRY_POST) {
        post(r, line, q->body, number);
    } else {
        status(r, line, number);
    }
}

/* ---- what goes wrong ---- */

static enum nvt_sim_end some_end(struct registry *r)
{
    static const enum nvt_sim_end ends[] = {NVT_SIM_CLOSE, NVT_SIM_CUT, NVT_SIM_RESET,
                                            NVT_SIM_SILENCE};
    return ends[draw(r, 4U)];
}

/* The answer ends before its own end. */
static void cut_short(struct registry *r, struct nvt_sim_line *line)
{
    r->on[line - r->lines].whole = false;
    line->answer.end = some_end(r);
    line->answer.len = draw(r, 2U) == 0U ? 0U : draw(r, (uint32_t)line->answer.len);
}

static void fail(struct registry *r, struct nvt_sim_line *line, const struct registry_request *q,
                 size_t number, uint16_t code)
{
    if (draw(r, 2U) == 0U) {
        handle(r, line, q, number);
    }
    registry_answer(r, line, code, 0U, "<html>something went wrong</html>");
}

static void busy(struct registry *r, struct nvt_sim_line *line, uint16_t code, uint32_t retry_s)
{
    r->on[line - r->lines].retry_s = retry_s;
    registry_answer(r, line, code, retry_s, "{\"error\":{\"code\":429,\"message\":\"later\"}}");
}

/* A limit is for whoever comes before its time is over. */
static uint64_t *limit_of(struct registry *r, const struct registry_request *q)
{
    return q->verb == REGISTRY_TOKEN ? &r->token_limit_ms : &r->limit_ms;
}

static void limit(struct registry *r, struct nvt_sim_line *line, const struct registry_request *q)
{
    uint64_t left_ms = *limit_of(r, q) - registry_now_ms(r);
    busy(r, line, 429U, (uint32_t)((left_ms + 999U) / 1000U));
}

static void lose(struct registry *r, struct nvt_sim_line *line)
{
    registry_answer(r, line, 200U, 0U, "");
    cut_short(r, line);
    line->answer.len = 0;
}

/* Half of them taken all the same. */
static bool is_sick(struct registry *r, struct nvt_sim_line *line, const struct registry_request *q,
                    size_t number)
{
    const struct registry_mood *m = &r->mood;
    if (m->sick == 0U || q->verb != REGISTRY_POST || number % m->sick != 0U) {
        return false;
    }
    if (m->sick_status == 0U) {
        handle(r, line, q, number);
        cut_short(r, line);
    } else {
        fail(r, line, q, number, m->sick_status);
    }
    return true;
}

/* True when something went wrong with it. */
static bool spoil(struct registry *r, struct nvt_sim_line *line, const struct registry_request *q,
                  size_t number)
{
    const struct registry_mood *m = &r->mood;
    if (is_sick(r, line, q, number)) {
        return true;
    }
    if (happens(r, m->lost)) {
        lose(r, line);
    } else if (happens(r, m->unanswered)) {
        handle(r, line, q, number);
        cut_short(r, line);
    } else if (happens(r, m->error)) {
        fail(r, line, q, number, 500U);
    } else if (happens(r, m->gateway)) {
        fail(r, line, q, number, draw(r, 2U) == 0U ? 502U : 504U);
    } else if (happens(r, m->busy)) {
        *limit_of(r, q) = registry_now_ms(r) + (1U + draw(r, 120U)) * 1000U;
        limit(r, line, q);
    } else {
        return false;
    }
    return true;
}

static void serve(struct registry *r, struct nvt_sim_line *line, const struct registry_request *q,
                  size_t number)
{
    if (registry_now_ms(r) < r->closed_ms) {
        busy(r, line, 503U, r->retry_s);
    } else if (registry_now_ms(r) < *limit_of(r, q)) {
        limit(r, line, q);
    } else if ((r->mood.tokens_well && q->verb == REGISTRY_TOKEN) || !spoil(r, line, q, number)) {
        handle(r, line, q, number);
        line->answer.delay_ms = happens(r, r->mood.slow) ? draw(r, r->mood.slow_ms) : draw(r, 80U);
    }
}

static size_t number_of(const struct registry *r, const struct registry_request *q)
{
    size_t number = SIZE_MAX;
    if (q->verb == REGISTRY_POST) {
        number = registry_number(q->body);
    } else if (q->verb == REGISTRY_STATUS) {
        number = registry_number(q->target);
    }
    return number < r->journey_count ? number : SIZE_MAX;
}

static void count(struct registry *r, const struct nvt_sim_line *line, enum registry_verb verb)
{
    r->requests++;
    r->posts += verb == REGISTRY_POST ? 1U : 0U;
    r->lookups += verb == REGISTRY_STATUS ? 1U : 0U;
    r->late += line->late ? 1U : 0U;
}

static uint16_t status_of(const struct nvt_sim_line *line)
{
    uint64_t status = 0;
    (void)nvt_u64_parse(nvt_span_of(line->out + 9, 3U), 999U, &status);
    return (uint16_t)status;
}

static size_t take(void *ctx, struct nvt_sim_line *line)
{
    struct registry *r = (struct registry *)ctx;
    struct registry_exchange *e = &r->on[line - r->lines];
    struct registry_request q;
    registry_read(nvt_span_of(line->in, line->in_len), &q);
    if (q.len == 0U) {
        return 0U;
    }
    size_t number = number_of(r, &q);
    *e = (struct registry_exchange){
        number, 0U, 0U, q.verb == REGISTRY_POST, q.verb == REGISTRY_TOKEN, true, false};
    count(r, line, q.verb);
    watch_time(r, line, e->token);
    bool posted = e->post && number != SIZE_MAX;
    if (posted) {
        watch_post(r, line, &q, number);
    }
    serve(r, line, &q, number);
    e->status = status_of(line);
    if (posted && !line->late) {
        r->journeys[number].doubt = true;
    }
    line->close_ms = r->idle_ms == 0U ? UINT64_MAX : r->sim->mono_ms + r->idle_ms;
    return q.len;
}

/* ---- control ---- */

void registry_init(struct registry *r, struct nvt_sim *sim, struct registry_journey *journeys,
                   size_t count, int64_t true_s)
{
    (void)memset(r, 0, offsetof(struct registry, lines));
    (void)memset(journeys, 0, count * sizeof *journeys);
    r->sim = sim;
    r->journeys = journeys;
    r->journey_count = count;
    r->base_ms = (uint64_t)true_s * 1000U - sim->mono_ms;
    r->token_life_s = 300;
    r->token_quota = 5;
    r->random = 0x2545F4914F6CDD1DU;
    sim->server = (struct nvt_sim_server){r, r->lines, take, taken};
    nvt_sim_power_off(sim, sim->mono_ms); /* the lines are empty */
}

void registry_forget(struct registry *r)
{
    for (size_t i = 0; i < r->journey_count; i++) {
        r->journeys[i].doubt = false;
        r->journeys[i].told = false;
    }
    r->quiet_ms = 0;
    r->token_quiet_ms = 0;
}

void registry_revoke(struct registry *r)
{
    (void)memset(r->token_ms, 0, sizeof r->token_ms);
}

void registry_rekey(struct registry *r)
{
    r->first_token = r->token_count;
}
