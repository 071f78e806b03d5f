/* SPDX-License-Identifier: Apache-2.0 */
/* Looking at the fields of a response, and the byte classes under every alignment. */
#include "http_run.h"

#define HEAD                                                                                       \
    "HTTP/1.1 200 OK\r\nServer: a\r\nX-Empty:\r\nx-two: \t one: two \t\r\nX-Two: later\r\n"        \
    "Content-Length: 0\r\n\r\n"

struct parsed {
    struct nvt_http_response r;
    uint8_t head[256];
};

static void parse(struct parsed *p, const char *text)
{
    struct nvt_span in = nvt_span_str(text);
    struct nvt_span body;
    enum nvt_http_event event;
    nvt_http_response_init(&p->r, p->head, sizeof p->head, false);
    assert_int_equal(nvt_http_response_feed(&p->r, &in, &event, &body), NVT_OK);
}

static void assert_span(struct nvt_span s, const char *text)
{
    assert_int_equal(s.len, strlen(text));
    assert_memory_equal(s.ptr, text, s.len);
}

static void test_walk(void **state)
{
    (void)state;
    static const char *const want[][2] = {{"Server", "a"},
                                          {"X-Empty", ""},
                                          {"x-two", "one: two"},
                                          {"X-Two", "later"},
                                          {"Content-Length", "0"}};
    struct parsed p;
    struct nvt_http_field field;
    size_t cursor = 0;
    parse(&p, HEAD);
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        assert_true(nvt_http_field_next(&p.r, &cursor, &field));
        assert_span(field.name, want[i][0]);
        assert_span(field.value, want[i][1]);
        assert_true(field.name.ptr >= p.head && field.name.ptr < p.head + p.r.head_len);
    }
    assert_false(nvt_http_field_next(&p.r, &cursor, &field));
    assert_false(nvt_http_field_next(&p.r, &cursor, &field));
}

static void test_find(void **state)
{
    (void)state;
    struct parsed p;
    struct nvt_span value = NVT_LIT("untouched");
    parse(&p, HEAD);
    assert_true(nvt_http_field_find(&p.r, NVT_LIT("X-TWO"), &value));
    assert_span(value, "one: two");
    assert_true(nvt_http_field_find(&p.r, NVT_LIT("x-empty"), &value));
    assert_span(value, "");
    value = NVT_LIT("untouched");
    assert_false(nvt_http_field_find(&p.r, NVT_LIT("X-Tw"), &value));
    assert_false(nvt_http_field_find(&p.r, NVT_LIT("X-Twoo"), &value));
    assert_false(nvt_http_field_find(&p.r, NVT_LIT(""), &value));
    assert_false(nvt_http_field_find(&p.r, NVT_LIT("HTTP/1.1 200 OK"), &value));
    assert_span(value, "untouched");
}

static void test_no_fields(void **state)
{
    (void)state;
    struct parsed p;
    struct nvt_http_field field;
    size_t cursor = 0;
    parse(&p, "HTTP/1.1 204 x\r\n\r\n");
    assert_false(nvt_http_field_next(&p.r, &cursor, &field));
}

/* Nothing is shown of a head that is not complete, nor of an interim one. */
static void test_nothing_before_the_head(void **state)
{
    (void)state;
    struct parsed p;
    struct nvt_http_field field;
    struct nvt_span value;
    size_t cursor = 0;
    parse(&p, "HTTP/1.1 103 x\r\nA: b\r\n\r\nHTTP/1.1 200 x\r\nA: b\r\n");
    assert_false(nvt_http_field_next(&p.r, &cursor, &field));
    assert_false(nvt_http_field_find(&p.r, NVT_LIT("A"), &value));
}

static void test_fields_outlive_the_body(void **state)
{
    (void)state;
    struct parsed p;
    struct nvt_span value;
    struct nvt_span body;
    enum nvt_http_event event;
    struct nvt_span in = NVT_LIT("1\r\na\r\n0\r\nA: trailer\r\n\r\n");
    parse(&p, "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\nA: head\r\n\r\n");
    do {
        assert_int_equal(nvt_http_response_feed(&p.r, &in, &event, &body), NVT_OK);
    } while (event != NVT_HTTP_DONE);
    assert_true(nvt_http_field_find(&p.r, NVT_LIT("A"), &value));
    assert_span(value, "head");
}

/* Each byte at each place of a run, against the grammar written another way: the scanner looks at
 * words, so a byte's place and its neighbours must not matter. */
static void check_runs(uint8_t filler, bool (*in_set)(unsigned), size_t (*run)(struct nvt_span))
{
    for (size_t len = 1; len <= 20U; len++) {
        uint8_t *text = malloc(len);
        assert_non_null(text);
        for (size_t at = 0; at < len; at++) {
            for (unsigned byte = 0; byte < 256U; byte++) {
                memset(text, filler, len);
                text[at] = (uint8_t)byte;
                assert_int_equal(run(nvt_span_of(text, len)), in_set(byte) ? len : at);
            }
        }
        free(text);
    }
}

static bool is_token(unsigned byte)
{
    static const char set[] = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                              "abcdefghijklmnopqrstuvwxyz";
    return byte != 0U && strchr(set, (int)byte) != NULL;
}

static bool is_text(unsigned byte)
{
    return byte == 9U || (byte >= 32U && byte <= 126U) || byte >= 128U;
}

static void test_token_runs(void **state)
{
    (void)state;
    check_runs('a', is_token, nvt_http_token_run);
    check_runs('Z', is_token, nvt_http_token_run);
    check_runs('-', is_token, nvt_http_token_run);
    check_runs('7', is_token, nvt_http_token_run);
}

static void test_text_runs(void **state)
{
    (void)state;
    check_runs('a', is_text, nvt_http_text_run);
    check_runs(' ', is_text, nvt_http_text_run);
    check_runs('~', is_text, nvt_http_text_run);
    check_runs('\t', is_text, nvt_http_text_run);
    check_runs(0x80, is_text, nvt_http_text_run);
    check_runs(0xff, is_text, nvt_http_text_run);
}

static void test_empty_runs(void **state)
{
    (void)state;
    assert_int_equal(nvt_http_token_run(nvt_span_of(NULL, 0)), 0);
    assert_int_equal(nvt_http_text_run(nvt_span_of(NULL, 0)), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_walk),
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_no_fields),
        cmocka_unit_test(test_nothing_before_the_head),
        cmocka_unit_test(test_fields_outlive_the_body),
        cmocka_unit_test(test_token_runs),
        cmocka_unit_test(test_text_runs),
        cmocka_unit_test(test_empty_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
