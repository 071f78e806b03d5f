/* SPDX-License-Identifier: Apache-2.0 */
/* The accept/reject table of the response parser: every row, whole, under every cut in two and byte
 * by byte, and cut off at every byte. */
#include "http_run.h"

#include "http_cases.h"

#include <stdio.h>

static const struct run_options closing = {0, false, true};

static void check_row(const struct http_case *c, const struct run_outcome *o)
{
    if (o->err != c->err) {
        fail_msg("%s: %s, not %s", c->name, nvt_err_name(o->err), nvt_err_name(c->err));
    }
    if (c->err == NVT_OK) {
        bool same = o->body_len == strlen(c->body) && memcmp(o->body, c->body, o->body_len) == 0;
        if (!o->done || o->framing != c->framing || o->keep_alive != c->keep_alive || !same) {
            fail_msg("%s: framing %d, keep-alive %d, body \"%.*s\"", c->name, o->framing,
                     o->keep_alive, (int)o->body_len, (const char *)o->body);
        }
    }
}

static void test_whole(void **state)
{
    (void)state;
    struct run_outcome o;
    for (size_t i = 0; i < HTTP_CASES; i++) {
        run_whole(&o, http_case_text(&http_cases[i]), closing);
        check_row(&http_cases[i], &o);
        assert_int_equal(o.unread, 0);
    }
}

static void test_every_cut_in_two(void **state)
{
    (void)state;
    struct run_outcome whole;
    struct run_outcome cut;
    for (size_t i = 0; i < HTTP_CASES; i++) {
        struct nvt_span text = http_case_text(&http_cases[i]);
        run_whole(&whole, text, closing);
        for (size_t at = 0; at <= text.len; at++) {
            run_cut(&cut, text, &at, 1, closing);
            run_assert_same(&whole, &cut);
        }
    }
}

static void test_byte_by_byte(void **state)
{
    (void)state;
    struct run_outcome whole;
    struct run_outcome cut;
    for (size_t i = 0; i < HTTP_CASES; i++) {
        struct nvt_span text = http_case_text(&http_cases[i]);
        run_whole(&whole, text, closing);
        run_bytewise(&cut, text, closing);
        run_assert_same(&whole, &cut);
    }
}

/* A message that is cut off is never taken for a whole one, unless its body runs until close. */
static void test_truncated_at_every_byte(void **state)
{
    (void)state;
    struct run_outcome o;
    for (size_t i = 0; i < HTTP_CASES; i++) {
        const struct http_case *c = &http_cases[i];
        for (size_t len = 0; c->err == NVT_OK && len < c->len; len++) {
            run_whole(&o, nvt_span_of(c->text, len), closing);
            bool open_end = c->framing == NVT_HTTP_UNTIL_CLOSE && o.head_seen;
            if (o.err != (open_end ? NVT_OK : NVT_E_HTTP_TRUNCATED)) {
                fail_msg("%s, %zu bytes: %s", c->name, len, nvt_err_name(o.err));
            }
        }
    }
}

/* What follows a message stays in the input, whatever the cut. */
static void test_next_message_is_left_alone(void **state)
{
    (void)state;
    static const struct run_options open = {0, false, false};
    struct run_outcome o;
    for (size_t i = 0; i < HTTP_CASES; i++) {
        const struct http_case *c = &http_cases[i];
        if (c->err != NVT_OK || c->framing == NVT_HTTP_UNTIL_CLOSE) {
            continue;
        }
        uint8_t text[1024];
        struct nvt_buf b;
        nvt_buf_init(&b, text, sizeof text);
        nvt_buf_put(&b, http_case_text(c));
        nvt_buf_put(&b, NVT_LIT("HTTP/1.1"));
        assert_int_equal(nvt_buf_err(&b), NVT_OK);
        run_whole(&o, nvt_buf_span(&b), open);
        check_row(c, &o);
        assert_int_equal(o.unread, 8);
        run_bytewise(&o, nvt_buf_span(&b), open);
        check_row(c, &o);
        assert_int_equal(o.unread, 8);
    }
}

static void test_head_request_has_no_body(void **state)
{
    (void)state;
    static const struct run_options head = {0, true, false};
    static const char *const texts[] = {OK1 CL3 "\r\n", OK1 TE "\r\n", OK1 "\r\n"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct run_outcome o;
        run_whole(&o, nvt_span_str(texts[i]), head);
        assert_int_equal(o.err, NVT_OK);
        assert_true(o.done);
        assert_true(o.keep_alive);
        assert_int_equal(o.framing, NVT_HTTP_NO_BODY);
        assert_int_equal(o.body_len, 0);
    }
}

static void test_refusal_sticks(void **state)
{
    (void)state;
    struct nvt_http_response r;
    uint8_t head[64];
    struct nvt_span in = NVT_LIT("X");
    struct nvt_span body;
    enum nvt_http_event event;
    nvt_http_response_init(&r, head, sizeof head, false);
    assert_int_equal(nvt_http_response_feed(&r, &in, &event, &body), NVT_E_HTTP_STATUS_LINE);
    in = NVT_LIT(OK1 CL3 "\r\nabc");
    assert_int_equal(nvt_http_response_feed(&r, &in, &event, &body), NVT_E_HTTP_STATUS_LINE);
    assert_int_equal(event, NVT_HTTP_NEED);
    assert_int_equal(nvt_http_response_close(&r), NVT_E_HTTP_STATUS_LINE);
}

static void test_truncation_sticks(void **state)
{
    (void)state;
    struct nvt_http_response r;
    uint8_t head[64];
    struct nvt_span in = NVT_LIT(OK1);
    struct nvt_span body;
    enum nvt_http_event event;
    nvt_http_response_init(&r, head, sizeof head, false);
    assert_int_equal(nvt_http_response_close(&r), NVT_E_HTTP_TRUNCATED);
    assert_int_equal(nvt_http_response_feed(&r, &in, &event, &body), NVT_E_HTTP_TRUNCATED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_every_cut_in_two),
        cmocka_unit_test(test_byte_by_byte),
        cmocka_unit_test(test_truncated_at_every_byte),
        cmocka_unit_test(test_next_message_is_left_alone),
        cmocka_unit_test(test_head_request_has_no_body),
        cmocka_unit_test(test_refusal_sticks),
        cmocka_unit_test(test_truncation_sticks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
