/* SPDX-License-Identifier: Apache-2.0 */
/* The state machine of one authenticated call: token, connection, exchange, verdict. */
#include "call.h"

enum {
    BUSY_POLL_MS = 20,    /* how soon to look again for a token that another call fetches */
    REPEAT_500_MS = 1000, /* pause before the one repetition after a 500 */
    TURNS_MAX = 64        /* states passed in one step; a call has about 40 at most */
};

static uint64_t now_of(const struct nvt_call *call)
{
    return call->client->port->clock.mono_ms(call->client->port->clock.ctx);
}

static void wait_until(struct nvt_wait *wait, uint64_t until_ms)
{
    if (until_ms < wait->until_ms) {
        wait->until_ms = until_ms;
    }
}

static bool goes_without_token(const struct nvt_call *call)
{
    return (nvt_call_flags(call) & (uint8_t)NVT_REQ_NO_AUTH) != 0U;
}

/* ---- the end of a call ---- */

static void release_token(struct nvt_call *call)
{
    struct nvt_client *c = call->client;
    if (c->token_busy == call) {
        c->token_busy = NULL;
        if (c->entered) {
            c->entered = false;
            c->keeper.leave(c->keeper.ctx);
        }
    }
    call->token_leg = false;
}

/* A status that says what became of this request says nothing of one that went before it. */
static bool may_have_arrived(const struct nvt_call *call, enum nvt_verdict verdict)
{
    const struct nvt_outcome *o = &call->outcome;
    bool open = o->status == 0U ? call->any_sent : nvt_verdict_open(o->status, o->failure.err);
    return verdict == NVT_UNKNOWN || (verdict != NVT_DELIVERED && (open || call->repeated));
}

static void end(struct nvt_call *call, enum nvt_verdict verdict, nvt_err err, uint64_t retry_at_ms)
{
    call->outcome.verdict = verdict;
    call->outcome.failure.err = err;
    call->outcome.retry_at_ms = retry_at_ms;
    call->outcome.arrived = may_have_arrived(call, verdict);
    release_token(call);
    nvt_compose_wipe(call);
    call->state = NVT_STATE_DONE;
}

/* answer: what to take a retry time from, or NULL. */
static void finish(struct nvt_call *call, enum nvt_verdict verdict, nvt_err err,
                   const struct nvt_http_response *answer)
{
    uint64_t retry_at_ms = 0;
    if (verdict == NVT_RETRY) {
        struct nvt_dates dates = nvt_exchange_dates(call, answer);
        uint64_t delay_ms = 0;
        call->outcome.retry_told = nvt_verdict_told_ms(answer, dates, &delay_ms);
        if (!call->outcome.retry_told) {
            delay_ms = nvt_verdict_delay_ms(NULL, dates, call->streak);
        }
        retry_at_ms = now_of(call) + delay_ms;
        call->streak = (uint8_t)(call->streak < UINT8_MAX ? call->streak + 1U : UINT8_MAX);
    } else if (verdict == NVT_DELIVERED || verdict == NVT_DUPLICATE) {
        call->streak = 0;
    }
    end(call, verdict, err, retry_at_ms);
}

/* The call ends without a whole answer. */
static void fail(struct nvt_call *call, nvt_err err)
{
    struct nvt_attempt a = {nvt_call_flags(call), 0, err, call->any_sent, NVT_SAID_OWN};
    nvt_err reported = err;
    enum nvt_verdict verdict = nvt_verdict_judge(&a, &reported);
    if (call->token_leg) {
        /* What came of the token answer may hold half a token. */
        nvt_wipe(call->mem.bytes, sizeof(call->mem.bytes));
    }
    call->body_kept = 0;
    if (err <= NVT_E_TLS_SETUP && err > NVT_E_CRED_EMPTY) {
        call->outcome.failure.detail = call->conn.detail;
    }
    nvt_conn_close(&call->conn);
    finish(call, verdict, reported, NULL);
}

/* ---- attempts ---- */

/* Towards an open connection, for the token or for the request. */
static void enter_open(struct nvt_call *call)
{
    call->on_used = call->conn.origin == nvt_call_origin(call) && nvt_conn_reusable(&call->conn) &&
                    call->conn.exchanges > 0U;
    call->received = false;
    call->state = NVT_STATE_OPEN;
}

/* May what perhaps arrived be sent again in this call? */
static bool may_repeat(const struct nvt_call *call)
{
    uint8_t flags = call->request->flags;
    return nvt_verdict_repeatable(flags) && (flags & (uint8_t)NVT_REQ_ONCE) == 0U;
}

/* RFC 9112 section 9.3.1: a kept connection may end at any time, without meaning. One more try on a
 * fresh one is safe when nothing of the request can have been acted upon, or when that is harmless.
 */
static bool is_stale(const struct nvt_call *call, nvt_err err)
{
    bool ended = err == NVT_E_NET_CLOSED || err == NVT_E_NET_RESET || err == NVT_E_TLS_TRUNCATED;
    bool harmless = call->token_leg || !call->any_sent || may_repeat(call);
    return ended && harmless && call->on_used && !call->received && !call->stale_tried;
}

static void attempt_failed(struct nvt_call *call, nvt_err err)
{
    if (!is_stale(call, err)) {
        fail(call, err);
        return;
    }
    call->stale_tried = true;
    call->repeated = call->repeated || call->any_sent;
    nvt_conn_close(&call->conn);
    nvt_compose_wipe(call);
    enter_open(call);
}

/* ---- quotas ---- */

/* The row that a token request counts for, or the request; a request without one counts for none.
 */
static size_t quota_row(const struct nvt_call *call, bool token)
{
    return token ? 0U : call->request->rate;
}

static bool has_quota(const struct nvt_call *call, bool token)
{
    return token || call->request->rate != 0U;
}

/* True when the request may go now. Else the call pauses until it may, or ends when that is long:
 * nothing of it was sent. */
static bool passes_quota(struct nvt_call *call, bool token, uint64_t now_ms)
{
    const struct nvt_client *c = call->client;
    size_t row = quota_row(call, token);
    uint64_t at_ms = now_ms;
    if (has_quota(call, token)) {
        at_ms = nvt_rate_at(&c->rates[row], c->rate_due_us[row], now_ms);
    }
    if (at_ms <= now_ms) {
        return true;
    }
    if (at_ms - now_ms <= (uint64_t)NVT_QUOTA_WAIT_MS) {
        call->pause_end_ms = at_ms;
        call->call_end_ms += at_ms - now_ms; /* it may not be sent meanwhile */
        call->state = NVT_STATE_PAUSE;
    } else {
        call->outcome.retry_told = true;
        end(call, NVT_RETRY, token ? NVT_E_GRANT_QUOTA : NVT_E_QUOTA, at_ms);
    }
    return false;
}

static void take_quota(struct nvt_call *call, uint64_t now_ms)
{
    struct nvt_client *c = call->client;
    size_t row = quota_row(call, call->token_leg);
    if (has_quota(call, call->token_leg)) {
        nvt_rate_take(&c->rates[row], &c->rate_due_us[row], now_ms);
    }
}

/* ---- PREPARE ---- */

/* Takes this client's turn among those who share its token; NVT_AGAIN: later. */
static nvt_err take_turn(struct nvt_client *c)
{
    if (c->keeper.enter == NULL || c->entered) {
        return NVT_OK;
    }
    nvt_err err = c->keeper.enter(c->keeper.ctx);
    c->entered = err == NVT_OK;
    return err;
}

static nvt_err start_token(struct nvt_call *call, uint64_t now_ms, struct nvt_wait *wait)
{
    struct nvt_client *c = call->client;
    bool busy = c->token_busy != NULL && c->token_busy != call;
    nvt_err err = busy ? NVT_AGAIN : take_turn(c);
    if (err == NVT_AGAIN) {
        wait_until(wait, now_ms + (uint64_t)BUSY_POLL_MS);
        return NVT_AGAIN;
    }
    c->token_busy = call;
    if (err == NVT_OK && nvt_token_need(call, now_ms) == NVT_OK) {
        c->token_stamp++; /* somebody else has fetched it */
        release_token(call);
        return NVT_OK;
    }
    if (err == NVT_OK) {
        err = nvt_token_save(c);
    }
    if (err != NVT_OK) {
        finish(call, NVT_RETRY, err, NULL);
        return NVT_OK;
    }
    if (!passes_quota(call, true, now_ms)) {
        return NVT_OK;
    }
    call->token_leg = true;
    nvt_compose_wipe(call);
    enter_open(call);
    return NVT_OK;
}

static nvt_err step_prepare(struct nvt_call *call, uint64_t now_ms, struct nvt_wait *wait)
{
    nvt_err err = nvt_token_need(call, now_ms);
    if (err == NVT_AGAIN) {
        return start_token(call, now_ms, wait);
    }
    if (err != NVT_OK) {
        fail(call, err);
        return NVT_OK;
    }
    if (passes_quota(call, false, now_ms)) {
        enter_open(call);
    }
    return NVT_OK;
}

/* ---- OPEN ---- */

static nvt_err compose(struct nvt_call *call)
{
    if (call->token_leg) {
        nvt_err err = nvt_compose_token(call);
        call->token_requests += err == NVT_OK ? 1U : 0U;
        return err;
    }
    bool current = goes_without_token(call) || call->token_stamp == call->client->token_stamp;
    return call->staged && current ? NVT_OK : nvt_compose_request(call);
}

/* Dropped by another call while this one connected? It would be sent without. */
static bool lacks_token(const struct nvt_call *call)
{
    return !call->token_leg && !goes_without_token(call) && call->client->token.len == 0U;
}

static nvt_err step_open(struct nvt_call *call, uint64_t now_ms, struct nvt_wait *wait)
{
    nvt_err err = nvt_conn_open(&call->conn, nvt_call_origin(call), wait);
    if (err == NVT_AGAIN) {
        return err;
    }
    if (err == NVT_OK && lacks_token(call)) {
        call->state = NVT_STATE_PREPARE;
        return NVT_OK;
    }
    /* Once more: another call may have gone while this one connected. */
    if (err == NVT_OK && !passes_quota(call, call->token_leg, now_ms)) {
        return NVT_OK;
    }
    if (err == NVT_OK) {
        err = compose(call);
    }
    if (err != NVT_OK) {
        fail(call, err);
        return NVT_OK;
    }
    take_quota(call, now_ms);
    call->state = NVT_STATE_SEND;
    return NVT_OK;
}

/* ---- SEND, RECEIVE ---- */

/* RFC 9112 section 9.6: a server that wants no more of a request answers and closes, which resets
 * what still comes. Its answer may be here all the same, and says more than the reset. */
static bool may_be_answered(const struct nvt_call *call, nvt_err err)
{
    return err == NVT_E_NET_RESET && call->any_sent && !call->token_leg;
}

static nvt_err step_send(struct nvt_call *call, uint64_t now_ms, struct nvt_wait *wait)
{
    nvt_err err = nvt_exchange_send(call, wait);
    if (err == NVT_AGAIN) {
        return err;
    }
    call->cut = may_be_answered(call, err);
    if (err != NVT_OK && !call->cut) {
        attempt_failed(call, err);
        return NVT_OK;
    }
    nvt_exchange_expect(call);
    call->answer_end_ms = now_ms + call->conn.timeouts.answer_ms;
    call->state = NVT_STATE_RECEIVE;
    if (now_ms >= call->call_end_ms || call->cut) {
        return NVT_OK; /* a last look */
    }
    wait_until(wait, call->answer_end_ms);
    return nvt_conn_await(&call->conn, wait);
}

/* Looks again what the request needs; it is still this call's turn. */
static void look_again(struct nvt_call *call)
{
    nvt_wipe(call->mem.bytes, sizeof(call->mem.bytes));
    call->token_leg = false;
    call->stale_tried = false;
    call->state = NVT_STATE_PREPARE;
}

/* A success that could not be read may hold a token that nobody here knows: not a word of it is
 * taken. */
static void token_unusable(struct nvt_call *call, nvt_err err)
{
    call->outcome.failure.http_status = call->response.status;
    finish(call, NVT_RETRY, err, NULL);
}

static void token_refused(struct nvt_call *call)
{
    struct nvt_failure *f = &call->outcome.failure;
    uint16_t status = call->response.status;
    enum nvt_verdict verdict = nvt_verdict_token(status, nvt_token_saying(call), &f->err);
    nvt_exchange_words(call);
    if (nvt_token_refresh_refused(call, status)) {
        if (nvt_token_fall_back(call->client)) {
            (void)memset(f, 0, sizeof(*f));
            look_again(call);
            return;
        }
        f->err = NVT_E_GRANT_LOGIN;
    }
    finish(call, verdict, f->err, &call->response);
}

static void token_answered(struct nvt_call *call, uint64_t now_ms)
{
    uint16_t status = call->response.status;
    if (status > 299U) {
        token_refused(call);
    } else {
        bool own = nvt_token_saying(call) == NVT_SAID_OWN; /* there is no token in a page */
        nvt_err err = own ? nvt_token_keep(call, now_ms) : NVT_E_FRONT;
        if (err == NVT_OK) {
            release_token(call);
            look_again(call);
        } else {
            token_unusable(call, err);
        }
    }
    if (call->state == (uint8_t)NVT_STATE_DONE) {
        /* Only now: the fields and words were read from it. */
        nvt_wipe(call->mem.bytes, sizeof(call->mem.bytes));
        call->body_kept = 0;
    }
}

/* An answer that asks for the same request once more, in this call. */
static bool repeats(struct nvt_call *call, uint64_t now_ms)
{
    if (call->response.status == 401U && nvt_token_renewable(call)) {
        call->any_sent = false;
        call->state = NVT_STATE_PREPARE;
        return true;
    }
    bool worth =
        call->response.status == 500U && call->client->profile->retry_500 && may_repeat(call);
    if (!worth || call->tried_500) {
        return false;
    }
    call->tried_500 = true;
    call->repeated = true;
    call->pause_end_ms = now_ms + (uint64_t)REPEAT_500_MS;
    call->state = NVT_STATE_PAUSE;
    return true;
}

static void request_answered(struct nvt_call *call, uint64_t now_ms)
{
    struct nvt_outcome *o = &call->outcome;
    struct nvt_attempt a = {nvt_call_flags(call), call->response.status, NVT_OK, true,
                            NVT_SAID_OWN};
    if (repeats(call, now_ms)) {
        return;
    }
    a.saying = nvt_exchange_saying(call);
    enum nvt_verdict verdict = nvt_verdict_judge(&a, &o->failure.err);
    o->status = call->response.status;
    o->body = nvt_exchange_sinks(call) ? NVT_LIT("") : nvt_exchange_body(call);
    if (verdict == NVT_DELIVERED) {
        verdict = nvt_exchange_check(call);
    } else {
        nvt_exchange_words(call);
    }
    /* after the words: they hide the token in hand */
    nvt_token_answered(call, verdict, o->failure.err, now_ms);
    o->failure.http_status = o->status;
    finish(call, verdict, o->failure.err, &call->response);
}

/* After a request that was cut short nothing more can come. */
static nvt_err receive(struct nvt_call *call, struct nvt_wait *wait)
{
    nvt_err err = nvt_exchange_receive(call, wait);
    return (call->cut && err != NVT_OK) ? NVT_E_NET_RESET : err;
}

static nvt_err step_receive(struct nvt_call *call, uint64_t now_ms, struct nvt_wait *wait)
{
    nvt_err err = receive(call, wait);
    if (err == NVT_AGAIN && !call->received) {
        if (now_ms >= call->answer_end_ms) {
            attempt_failed(call, NVT_E_TIMEOUT_ANSWER);
            return NVT_OK;
        }
        wait_until(wait, call->answer_end_ms);
    }
    if (err == NVT_AGAIN) {
        return err;
    }
    if (err != NVT_OK) {
        attempt_failed(call, err);
        return NVT_OK;
    }
    call->conn.exchanges++;
    if (!call->response.keep_alive || call->excess || call->cut) {
        nvt_conn_close(&call->conn);
    }
    if (call->token_leg) {
        token_answered(call, now_ms);
    } else {
        request_answered(call, now_ms);
    }
    return NVT_OK;
}

/* ---- PAUSE ---- */

static nvt_err step_pause(struct nvt_call *call, uint64_t now_ms, struct nvt_wait *wait)
{
    if (now_ms < call->pause_end_ms) {
        wait_until(wait, call->pause_end_ms);
        return NVT_AGAIN;
    }
    call->state = NVT_STATE_PREPARE;
    return NVT_OK;
}

/* NVT_OK: a state on; NVT_AGAIN: waiting. Failures end in DONE. */
static nvt_err step_state(struct nvt_call *call, struct nvt_wait *wait)
{
    uint64_t now_ms = now_of(call);
    (void)memset(wait, 0, sizeof(*wait));
    wait->until_ms = UINT64_MAX;
    switch ((enum nvt_call_state)call->state) {
    case NVT_STATE_PREPARE:
        return step_prepare(call, now_ms, wait);
    case NVT_STATE_OPEN:
        return step_open(call, now_ms, wait);
    case NVT_STATE_SEND:
        return step_send(call, now_ms, wait);
    case NVT_STATE_RECEIVE:
        return step_receive(call, now_ms, wait);
    case NVT_STATE_PAUSE:
        return step_pause(call, now_ms, wait);
    case NVT_STATE_IDLE:
    case NVT_STATE_DONE:
    default:
        return NVT_OK;
    }
}

/* ---- public ---- */

void nvt_call_init(struct nvt_call *call, struct nvt_client *client)
{
    if (call == NULL || client == NULL) {
        return;
    }
    (void)memset(call, 0, sizeof(*call));
    call->client = client;
    nvt_conn_init(&call->conn, client->port, client->tls, &client->timeouts);
}

static bool is_good_request(const struct nvt_request *q)
{
    return (q->method.ptr != NULL && q->target.ptr != NULL) &&
           (q->body.ptr != NULL || q->body.len == 0U) && q->rate < NVT_RATES_MAX &&
           (q->source == NULL || q->body.len == 0U) &&
           (q->headers != NULL || q->header_count == 0U);
}

nvt_err nvt_call_begin(struct nvt_call *call, const struct nvt_request *request)
{
    if (call == NULL || request == NULL || call->client == NULL || !is_good_request(request)) {
        return NVT_E_ARG;
    }
    if (call->state != NVT_STATE_IDLE && call->state != NVT_STATE_DONE) {
        return NVT_E_STATE;
    }
    call->request = request;
    (void)memset(&call->outcome, 0, sizeof(call->outcome));
    call->any_sent = false;
    call->received = false;
    call->stale_tried = false;
    call->renewed = false;
    call->tried_500 = false;
    call->repeated = false;
    call->body_in = 0;
    call->body_kept = 0;
    /* Composed now, to find its faults before anything is sent; used if no token is fetched. */
    nvt_err err = nvt_compose_request(call);
    if (err != NVT_OK) {
        call->state = NVT_STATE_IDLE;
        return err;
    }
    call->call_end_ms = 0; /* it starts with the first step: the caller may hold it back */
    call->state = NVT_STATE_PREPARE;
    return NVT_OK;
}

nvt_err nvt_call_step(struct nvt_call *call, struct nvt_wait *out_wait)
{
    if (call == NULL || out_wait == NULL) {
        return NVT_E_ARG;
    }
    if (call->state == NVT_STATE_IDLE) {
        return NVT_E_STATE;
    }
    nvt_err err = NVT_OK;
    (void)memset(out_wait, 0, sizeof(*out_wait));
    if (call->call_end_ms == 0U) {
        call->call_end_ms = now_of(call) + call->conn.timeouts.call_ms;
    }
    for (unsigned i = 0; i < (unsigned)TURNS_MAX && err == NVT_OK && call->state != NVT_STATE_DONE;
         i++) {
        err = step_state(call, out_wait);
    }
    if (call->state == NVT_STATE_DONE) {
        return NVT_OK;
    }
    if (err == NVT_OK) {
        out_wait->until_ms = 0;
    }
    /* Progress comes before the deadline: an answer that is there is worth more than its lateness.
     */
    if (now_of(call) >= call->call_end_ms) {
        fail(call, NVT_E_TIMEOUT_CALL);
        return NVT_OK;
    }
    wait_until(out_wait, call->call_end_ms);
    return NVT_AGAIN;
}

void nvt_call_cancel(struct nvt_call *call)
{
    if (call != NULL && call->state != NVT_STATE_IDLE && call->state != NVT_STATE_DONE) {
        fail(call, NVT_E_CANCELLED);
    }
}

void nvt_call_free(struct nvt_call *call)
{
    if (call == NULL || call->client == NULL) {
        return;
    }
    nvt_call_cancel(call);
    nvt_conn_free(&call->conn);
    nvt_wipe(call->mem.bytes, sizeof(call->mem.bytes));
    call->outcome.body = NVT_LIT("");
    call->state = NVT_STATE_IDLE;
}
