/* SPDX-License-Identifier: Apache-2.0 */
/* The response parser: its scanners do what their definition says, and a step of its machines from
 * any state that the invariant allows, for any bytes, keeps the invariant; so it holds for input of
 * any length that is fed in such steps. */
#include "../../src/http/response.c"

#include "proof.h"

#define IN_MAX 4U
#define HEAD_MAX 20U /* room for a status line, a CRLF and some of a field */

struct nvt_http_response nondet_response(void);

/* HTAB, SP, VCHAR, obs-text (RFC 9110 section 5.5) */
static bool is_text_byte(uint8_t byte)
{
    return byte == '\t' || (byte >= 0x20U && byte != 0x7fU);
}

/* tchar (RFC 9110 section 5.6.2) */
static bool is_token_byte(uint8_t byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '!' || (byte >= '#' && byte <= '\'') ||
           byte == '*' || byte == '+' || byte == '-' || byte == '.' || byte == '^' || byte == '_' ||
           byte == '`' || byte == '|' || byte == '~';
}

/* The word-at-a-time scanners stop at the same byte as their definition does. */
void prove_text_run(void)
{
    ANY_BYTES(text, 10U);
    size_t run = nvt_http_text_run(text);
    __CPROVER_assert(run <= text.len, "a run lies inside its text");
    size_t i = nondet_size();
    __CPROVER_assert(i >= run || is_text_byte(text.ptr[i]), "text only");
    __CPROVER_assert(run == text.len || !is_text_byte(text.ptr[run]), "the run is the longest");
}

void prove_token_run(void)
{
    ANY_BYTES(text, 10U);
    size_t run = nvt_http_token_run(text);
    __CPROVER_assert(run <= text.len, "a run lies inside its text");
    size_t i = nondet_size();
    __CPROVER_assert(i >= run || is_token_byte(text.ptr[i]), "token bytes only");
    __CPROVER_assert(run == text.len || !is_token_byte(text.ptr[run]), "the run is the longest");
}

void prove_line_step(void)
{
    ANY_BYTES(text, 6U);
    struct nvt_span before = text;
    uint8_t line = nondet_uint8();
    __CPROVER_assume(line < (uint8_t)NVT_HTTP_LINE_END);
    nvt_err err = nvt_http_line_step(&line, &text);
    __CPROVER_assert(text.len <= before.len && text.ptr == before.ptr + (before.len - text.len),
                     "the rest is a tail of the text");
    __CPROVER_assert(line <= (uint8_t)NVT_HTTP_LINE_END, "a known place");
    __CPROVER_assert(err != NVT_AGAIN || text.len == 0U, "asks for more only when all is taken");
    __CPROVER_assert(err != NVT_OK || line == (uint8_t)NVT_HTTP_LINE_START ||
                         line == (uint8_t)NVT_HTTP_LINE_END,
                     "a line ends at a line's end");
}

/* A response in any state that the invariant allows; its head buffer ends where its object does. */
static struct nvt_http_response any_response(uint8_t head[HEAD_MAX])
{
    struct nvt_http_response r = nondet_response();
    __CPROVER_assume(r.head_cap <= HEAD_MAX);
    r.head = head + (HEAD_MAX - r.head_cap);
    __CPROVER_assume(nvt_http_response_invariant(&r));
    return r;
}

/* The chunked body, from its first digit to the end of its trailer. */
void prove_feed_chunked(void)
{
    uint8_t head[HEAD_MAX];
    struct nvt_http_response r = any_response(head);
    ANY_BYTES(in, IN_MAX);
    struct nvt_span before = in;
    struct nvt_span body = nvt_span_of(NULL, 0U);
    enum nvt_http_event event = NVT_HTTP_NEED;
    __CPROVER_assume(r.state >= (uint8_t)NVT_HTTP_AT_SIZE_FIRST &&
                     r.state < (uint8_t)NVT_HTTP_AT_DONE && r.err == NVT_OK);
    r.err = feed_chunked(&r, &in, &event, &body);
    __CPROVER_assert(nvt_http_response_invariant(&r), "the invariant is kept");
    __CPROVER_assert(in.len <= before.len, "input is only taken");
    if (r.err == NVT_OK) {
        __CPROVER_assert(event != NVT_HTTP_NEED || in.len == 0U, "needs more only at its end");
        __CPROVER_assert(event != NVT_HTTP_BODY || body.len > 0U, "a piece of body has bytes");
        __CPROVER_assert(body.len <= before.len, "body lies inside the input");
    }
}

void prove_close(void)
{
    uint8_t head[HEAD_MAX];
    struct nvt_http_response r = any_response(head);
    nvt_err err = nvt_http_response_close(&r);
    __CPROVER_assert(nvt_http_response_invariant(&r), "the invariant is kept");
    __CPROVER_assert(err != NVT_OK || r.state == (uint8_t)NVT_HTTP_AT_DONE,
                     "no half answer counts as whole");
}
