/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The response parser: an input gives the same result in one piece and in pieces cut where the
 * input says, keeps the parser's invariant after every step, and shows only what it accepted.
 *
 * First byte: bit 0, the request was HEAD; bit 1, the peer closes; bit 2, a small head buffer.
 * Second byte: where to cut. The rest is what the peer sends.
 */
#include "../src/http/response.h"

#include <stdlib.h>

#define SMALL_HEAD 64U

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

struct setup {
    bool to_head_request;
    bool close;
    size_t head_cap;
};

/* All that a caller can see of a response. */
struct outcome {
    nvt_err err;
    uint16_t status;
    uint8_t framing;
    bool keep_alive;
    bool head_seen;
    bool done;
    size_t head_len;
    uint8_t head[NVT_HEAD_MAX];
    size_t unread;
    size_t body_len;
    uint8_t *body;
};

static bool is_visible(struct nvt_span value)
{
    bool edges = value.len == 0U || (value.ptr[0] > 0x20U && value.ptr[value.len - 1U] > 0x20U);
    for (size_t i = 0; i < value.len; i++) {
        uint8_t byte = value.ptr[i];
        edges = edges && (byte >= 0x20U || byte == (uint8_t)'\t') && byte != 0x7fU;
    }
    return edges;
}

/* Every field is a token and a value without controls, and is found by its name. */
static void check_fields(const struct nvt_http_response *r)
{
    struct nvt_http_field field;
    size_t cursor = 0;
    size_t count = 0;
    while (nvt_http_field_next(r, &cursor, &field)) {
        struct nvt_span value;
        check(field.name.len > 0U && nvt_http_token_run(field.name) == field.name.len);
        check(is_visible(field.value));
        check(nvt_http_field_find(r, field.name, &value));
        check(value.ptr <= field.value.ptr + field.value.len);
        count++;
    }
    check(count == r->fields);
}

static void keep_head(struct outcome *o, const struct nvt_http_response *r)
{
    check(!o->head_seen && r->head_len <= sizeof o->head);
    check_fields(r);
    o->head_seen = true;
    o->status = r->status;
    o->framing = r->framing;
    o->keep_alive = r->keep_alive;
    o->head_len = r->head_len;
    (void)memcpy(o->head, r->head, r->head_len);
}

/* One piece, in memory of its own size; false when the parser wants no more. */
static bool feed_piece(struct outcome *o, struct nvt_http_response *r, struct nvt_span piece)
{
    enum nvt_http_event event = NVT_HTTP_NEED;
    struct nvt_span in = piece;
    do {
        struct nvt_span body = {NULL, 0};
        o->err = nvt_http_response_feed(r, &in, &event, &body);
        check(nvt_http_response_invariant(r));
        if (o->err != NVT_OK) {
            return false;
        }
        if (event == NVT_HTTP_HEAD) {
            keep_head(o, r);
        }
        if (event == NVT_HTTP_BODY) {
            check(o->head_seen && body.len > 0U);
            (void)memcpy(o->body + o->body_len, body.ptr, body.len);
            o->body_len += body.len;
        }
    } while (event != NVT_HTTP_NEED && event != NVT_HTTP_DONE);
    check(event == NVT_HTTP_DONE || in.len == 0U);
    o->done = event == NVT_HTTP_DONE;
    o->unread += in.len;
    return true;
}

/* Seed 0: all that is left; seed 1: one byte; else up to seed bytes. */
static size_t piece_len(uint32_t seed, uint32_t *random, size_t left)
{
    if (seed == 0U) {
        return left;
    }
    *random = *random * 1664525U + 1013904223U;
    size_t len = (*random >> 16U) % seed + 1U;
    return len < left ? len : left;
}

static void run(struct outcome *o, const struct setup *setup, struct nvt_span text, uint32_t seed)
{
    struct nvt_http_response r;
    uint8_t *head = malloc(setup->head_cap);
    uint32_t random = seed;
    bool more = true;
    (void)memset(o, 0, sizeof *o);
    o->body = malloc(text.len + 1U);
    check(head != NULL && o->body != NULL);
    nvt_http_response_init(&r, head, setup->head_cap, setup->to_head_request);
    while (more && text.len > 0U) {
        size_t len = piece_len(seed, &random, text.len);
        uint8_t *piece = malloc(len);
        check(piece != NULL);
        (void)memcpy(piece, text.ptr, len);
        more = feed_piece(o, &r, nvt_span_of(piece, len));
        free(piece);
        text = nvt_span_drop(text, len);
    }
    if (setup->close) {
        o->err = nvt_http_response_close(&r);
        o->done = o->err == NVT_OK;
        check(nvt_http_response_invariant(&r));
    }
    free(head);
}

static void check_same(const struct outcome *a, const struct outcome *b)
{
    check(a->err == b->err && a->status == b->status && a->framing == b->framing);
    check(a->keep_alive == b->keep_alive && a->head_seen == b->head_seen && a->done == b->done);
    check(a->head_len == b->head_len && memcmp(a->head, b->head, a->head_len) == 0);
    check(a->body_len == b->body_len && memcmp(a->body, b->body, a->body_len) == 0);
    check(a->unread == b->unread);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct outcome whole;
    static struct outcome pieces;
    if (size < 2U) {
        return 0;
    }
    struct setup setup = {(data[0] & 1U) != 0U, (data[0] & 2U) != 0U,
                          (data[0] & 4U) != 0U ? SMALL_HEAD : NVT_HEAD_MAX};
    struct nvt_span text = nvt_span_of(data + 2, size - 2U);
    run(&whole, &setup, text, 0);
    run(&pieces, &setup, text, data[1] + 1U);
    check_same(&whole, &pieces);
    free(pieces.body);
    run(&pieces, &setup, text, 1);
    check_same(&whole, &pieces);
    free(pieces.body);
    free(whole.body);
    return 0;
}
