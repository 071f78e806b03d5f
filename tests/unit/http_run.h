/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the response parser over an input in pieces, each in a heap block of its own size, so that a
 * sanitizer sees one byte read too far; checks the parser's invariant after every step. */
#ifndef HTTP_RUN_H
#define HTTP_RUN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../src/http/response.h"

#define RUN_BODY_CAP 4096U

struct run_options {
    size_t head_cap; /* 0: NVT_HEAD_MAX */
    bool to_head_request;
    bool close; /* the peer closes behind the input */
};

/* All that a caller can see of one response. */
struct run_outcome {
    nvt_err err;
    bool head_seen;
    bool done;
    uint16_t status;
    uint8_t minor;
    uint8_t framing;
    bool keep_alive;
    uint8_t head[NVT_HEAD_MAX];
    size_t head_len;
    uint8_t body[RUN_BODY_CAP];
    size_t body_len;
    size_t unread; /* bytes behind the message */
};

static void run_keep_head(struct run_outcome *o, const struct nvt_http_response *r)
{
    assert_false(o->head_seen);
    assert_true(r->head_len <= sizeof o->head);
    o->head_seen = true;
    o->status = r->status;
    o->minor = r->minor;
    o->framing = r->framing;
    o->keep_alive = r->keep_alive;
    o->head_len = r->head_len;
    memcpy(o->head, r->head, r->head_len);
}

static void run_keep_body(struct run_outcome *o, struct nvt_span body, struct nvt_span piece)
{
    assert_true(o->head_seen);
    assert_true(body.len > 0U && body.len <= RUN_BODY_CAP - o->body_len);
    assert_true(body.ptr >= piece.ptr && body.ptr + body.len <= piece.ptr + piece.len);
    memcpy(o->body + o->body_len, body.ptr, body.len);
    o->body_len += body.len;
}

/* Feeds one piece; false when nothing more is to be fed. */
static bool run_piece(struct run_outcome *o, struct nvt_http_response *r, struct nvt_span piece)
{
    struct nvt_span in = piece;
    for (size_t steps = 0;; steps++) {
        enum nvt_http_event event = NVT_HTTP_NEED;
        struct nvt_span body = {NULL, 0};
        assert_true(steps <= piece.len + 3U);
        o->err = nvt_http_response_feed(r, &in, &event, &body);
        assert_true(nvt_http_response_invariant(r));
        if (o->err != NVT_OK) {
            return false;
        }
        if (event == NVT_HTTP_HEAD) {
            run_keep_head(o, r);
        } else if (event == NVT_HTTP_BODY) {
            run_keep_body(o, body, piece);
        } else if (event == NVT_HTTP_DONE) {
            o->done = true;
            o->unread += in.len;
            return true;
        } else {
            assert_int_equal(in.len, 0);
            return true;
        }
    }
}

/* Cuts input at the given places (ascending) and runs the pieces. */
static void run_cut(struct run_outcome *o, struct nvt_span input, const size_t *cuts, size_t count,
                    struct run_options options)
{
    struct nvt_http_response r;
    size_t cap = options.head_cap == 0U ? NVT_HEAD_MAX : options.head_cap;
    void *head = malloc(cap);
    size_t start = 0;
    bool more = true;
    assert_non_null(head);
    memset(o, 0, sizeof *o);
    nvt_http_response_init(&r, head, cap, options.to_head_request);
    assert_true(nvt_http_response_invariant(&r));
    for (size_t i = 0; i <= count && more; i++) {
        size_t end = i < count ? cuts[i] : input.len;
        void *piece = malloc(end - start == 0U ? 1U : end - start);
        assert_non_null(piece);
        memcpy(piece, input.ptr + start, end - start);
        more = run_piece(o, &r, nvt_span_of(piece, end - start));
        free(piece);
        start = end;
    }
    if (options.close) {
        nvt_err closed = nvt_http_response_close(&r);
        assert_true(o->err == NVT_OK || closed == o->err);
        o->err = closed;
        o->done = closed == NVT_OK;
        assert_true(nvt_http_response_invariant(&r));
    }
    free(head);
}

static inline void run_whole(struct run_outcome *o, struct nvt_span input,
                             struct run_options options)
{
    run_cut(o, input, NULL, 0, options);
}

static inline void run_bytewise(struct run_outcome *o, struct nvt_span input,
                                struct run_options options)
{
    size_t *cuts = calloc(input.len + 1U, sizeof *cuts);
    assert_non_null(cuts);
    for (size_t i = 0; i < input.len; i++) {
        cuts[i] = i;
    }
    run_cut(o, input, cuts, input.len, options);
    free(cuts);
}

static inline void run_assert_same(const struct run_outcome *a, const struct run_outcome *b)
{
    assert_int_equal(a->err, b->err);
    assert_int_equal(a->head_seen, b->head_seen);
    assert_int_equal(a->done, b->done);
    assert_int_equal(a->status, b->status);
    assert_int_equal(a->minor, b->minor);
    assert_int_equal(a->framing, b->framing);
    assert_int_equal(a->keep_alive, b->keep_alive);
    assert_int_equal(a->head_len, b->head_len);
    assert_memory_equal(a->head, b->head, a->head_len);
    assert_int_equal(a->body_len, b->body_len);
    assert_memory_equal(a->body, b->body, a->body_len);
    assert_int_equal(a->unread, b->unread);
}

#endif
