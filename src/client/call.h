/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the client room share: the steps of one call. */
#ifndef NAVETTE_CLIENT_CALL_H
#define NAVETTE_CLIENT_CALL_H

#include <navette/client.h>

/* nvt_call.state */
enum nvt_call_state {
    NVT_STATE_IDLE,
    NVT_STATE_PREPARE, /* is there a token? */
    NVT_STATE_OPEN,
    NVT_STATE_SEND,
    NVT_STATE_RECEIVE,
    NVT_STATE_PAUSE, /* before the repetition after a 500, and until a quota has room */
    NVT_STATE_DONE
};

/* ---- compose.c: requests into call->mem ---- */

/* Stages the caller's request, with the client's token unless it goes without. NVT_E_HTTP_*,
 * NVT_E_ARG, NVT_E_SPACE. */
nvt_err nvt_compose_request(struct nvt_call *call);

/* What the request may carry along: its flags, but for another origin than the client's never a
 * token nor a key. */
uint8_t nvt_call_flags(const struct nvt_call *call);

/* Bytes of the request's body. */
uint64_t nvt_call_body_len(const struct nvt_request *q);

/* Where the exchange under way goes: to the token server, or with the request. */
const struct nvt_origin *nvt_call_origin(const struct nvt_call *call);

/* Stages the token request. NVT_E_ARG, NVT_E_SPACE, NVT_E_HTTP_*. */
nvt_err nvt_compose_token(struct nvt_call *call);

/* Wipes what was staged. */
void nvt_compose_wipe(struct nvt_call *call);

/* ---- done.c: whether an answer is what its API documents; pure ---- */

/* An answer, as far as it was kept. */
struct nvt_said {
    uint16_t status;
    bool cut;             /* there was more of the body */
    struct nvt_span type; /* Content-Type, "": none */
    struct nvt_span body;
};

enum nvt_saying {
    NVT_SAID_OWN,       /* what the API documents, or nothing is known of that */
    NVT_SAID_OTHER,     /* something else: the API did not say it, or not so */
    NVT_SAID_DUPLICATE, /* that it has it already */
    NVT_SAID_NO_ROUTE   /* that it has no such version */
};

enum nvt_saying nvt_done_judge(const struct nvt_said *a, const struct nvt_request *q,
                               const struct nvt_profile *p);

/* By its head alone: may it be a done answer? Only such a one goes to a sink. row may be NULL. */
bool nvt_done_begins(const struct nvt_done *row, uint16_t status, struct nvt_span type);

/* Is it an error of an API whose errors are such? */
bool nvt_done_is_error(const char *errors, const struct nvt_said *a);

/* Does it say that the system has no such version? */
bool nvt_done_no_route(const struct nvt_said *a, struct nvt_span target,
                       const struct nvt_profile *p);

/* What the server's clock and ours say when a retry time is worked out. */
struct nvt_dates {
    int64_t server_s; /* Date of the answer, 0: none */
    int64_t wall_s;   /* 0: not known */
};

/* ---- exchange.c: one request and its answer over an open connection ---- */

/* NVT_OK once all is handed to TLS; NVT_AGAIN with *wait; else the connection's error, or
 * NVT_E_SOURCE. */
nvt_err nvt_exchange_send(struct nvt_call *call, struct nvt_wait *wait);

/* Makes ready for the answer to what was sent. */
void nvt_exchange_expect(struct nvt_call *call);

/* NVT_OK once the answer is whole; NVT_AGAIN with *wait; NVT_E_NET_*, NVT_E_TLS_*, NVT_E_HTTP_*,
 * NVT_E_SINK. */
nvt_err nvt_exchange_receive(struct nvt_call *call, struct nvt_wait *wait);

/* The kept part of the answer's body, also of one that went to a sink. */
struct nvt_span nvt_exchange_body(const struct nvt_call *call);

/* Did the body go to the request's sink? */
bool nvt_exchange_sinks(const struct nvt_call *call);

/* The answer as far as it was kept. */
struct nvt_said nvt_exchange_said(const struct nvt_call *call);

/* Whose word the answer to the request is. */
enum nvt_saying nvt_exchange_saying(const struct nvt_call *call);

/* The server's words on an answer that is not a success, into the outcome's failure. */
void nvt_exchange_words(struct nvt_call *call);

/* answer: whose Date it is, or NULL. */
struct nvt_dates nvt_exchange_dates(const struct nvt_call *call,
                                    const struct nvt_http_response *answer);

/* What the row's own check says of an answer that is what its data says. Its words stand. */
enum nvt_verdict nvt_exchange_check(struct nvt_call *call);

/* ---- verdict.c: what an attempt amounts to; pure ---- */

struct nvt_attempt {
    uint8_t flags;          /* NVT_REQ_* */
    uint16_t status;        /* of a whole answer, else 0 */
    nvt_err err;            /* why there is no whole answer */
    bool sent;              /* a byte of the request may have reached the server */
    enum nvt_saying saying; /* of a whole answer */
};

/* May the request be sent twice? */
bool nvt_verdict_repeatable(uint8_t flags);

/* *out_err: NVT_OK with NVT_DELIVERED, else what to report. */
enum nvt_verdict nvt_verdict_judge(const struct nvt_attempt *a, nvt_err *out_err);

/* The verdict of an answer that does not say what became of the request. */
enum nvt_verdict nvt_verdict_unsure(uint8_t flags);

/* The same for the token request: a refusal of it, or NVT_RETRY. Never NVT_UNKNOWN: asking twice
 * for a token does no harm. */
enum nvt_verdict nvt_verdict_token(uint16_t status, enum nvt_saying saying, nvt_err *out_err);

/* Does an answer that is reported as err leave open whether the request was acted upon? */
bool nvt_verdict_open(uint16_t status, nvt_err err);

/* The answer's Date, 0 when there is none. */
int64_t nvt_verdict_date_s(const struct nvt_http_response *answer);

/* Milliseconds to wait as the answer says. False when it does not, or answer is NULL. */
bool nvt_verdict_told_ms(const struct nvt_http_response *answer, struct nvt_dates dates,
                         uint64_t *out_ms);

/* Milliseconds to wait before the request is sent again: from the answer (NULL: there is none)
 * if it says, else by the number of failures in a row. */
uint64_t nvt_verdict_delay_ms(const struct nvt_http_response *answer, struct nvt_dates dates,
                              unsigned streak);

/* ---- quota.c: x-rate-limit; pure ---- */

struct nvt_quota {
    int32_t left;    /* the least that remains in any window, -1 when none is told */
    uint64_t wait_s; /* the longest window of which nothing remains, 0 when there is none */
};

void nvt_quota_read(const struct nvt_http_response *answer, struct nvt_quota *out_quota);

/* ---- rate.c: quotas; pure ---- */

/* The monotonic time, now_ms or later, from which r lets the next request go. due_us: how far it is
 * spent, 0 at first. */
uint64_t nvt_rate_at(const struct nvt_rate *r, uint64_t due_us, uint64_t now_ms);

/* A request goes now. */
void nvt_rate_take(const struct nvt_rate *r, uint64_t *due_us, uint64_t now_ms);

/* ---- failure.c: the server's own words ---- */

/* The code unit of "\uXXXX" at the front of the text, or -1. */
int32_t nvt_escape_unit(struct nvt_span text);

/* Those of the call's client, and its request's secret fields. */
struct nvt_hidden nvt_call_hidden(const struct nvt_call *call);

/* Fills code, message and field from the body of an error answer, whatever its shape. */
void nvt_failure_read(struct nvt_failure *f, struct nvt_span body, struct nvt_json_tok *pool,
                      size_t pool_count, const struct nvt_hidden *hidden);

/* Copies text for people: UTF-8 whole, no control bytes, no secret, cut at a character. escaped:
 * JSON escapes are resolved. Adds after what out holds already. */
void nvt_failure_words(char *out, size_t cap, struct nvt_span text, bool escaped,
                       const struct nvt_hidden *hidden);

/* ---- token.c: the client's token, shared by its calls ---- */

/* Does this request need a token that is not in hand? NVT_OK: no. NVT_AGAIN: yes, and it can be
 * asked for. NVT_E_CRED_EMPTY: yes, and there is nothing to ask with. */
nvt_err nvt_token_need(const struct nvt_call *call, uint64_t now_ms);

/* Whose word the answer to a token request is. */
enum nvt_saying nvt_token_saying(const struct nvt_call *call);

/* Keeps the token of a 2xx token answer, and before that its refresh token for good.
 * NVT_E_GRANT_ANSWER, NVT_E_GRANT_KEEP (there is no token then). */
nvt_err nvt_token_keep(struct nvt_call *call, uint64_t now_ms);

/* Has the refresh token in hand kept, unless it was. NVT_E_GRANT_KEEP. */
nvt_err nvt_token_save(struct nvt_client *c);

/* Does this answer to a token request, its words being read, say that the refresh token is dead? */
bool nvt_token_refresh_refused(const struct nvt_call *call, uint16_t status);

/* Drops the refresh token where there is a password to go on with. */
bool nvt_token_fall_back(struct nvt_client *c);

/* A 401 came: is a new token worth a try? If so the old one is dropped. */
bool nvt_token_renewable(struct nvt_call *call);

/* What the answer that ends the call says of its token: good, or perhaps not understood any more,
 * and then dropped for a new one. One that is reported as not the API's own says nothing of it. */
void nvt_token_answered(struct nvt_call *call, enum nvt_verdict verdict, nvt_err err,
                        uint64_t now_ms);

#endif
