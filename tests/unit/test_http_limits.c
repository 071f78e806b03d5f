/* SPDX-License-Identifier: Apache-2.0 */
/* Every limit of the response parser, at its last allowed value and one above. */
#include "http_run.h"

static uint8_t text[16384];
static struct nvt_buf out;
static const struct run_options plain = {0, false, false};

static void start(const char *head)
{
    nvt_buf_init(&out, text, sizeof text);
    nvt_buf_put(&out, nvt_span_str(head));
}

static void add(const char *part, size_t times)
{
    for (size_t i = 0; i < times; i++) {
        nvt_buf_put(&out, nvt_span_str(part));
    }
}

/* The same result whole and byte by byte. */
static void expect(struct run_options options, nvt_err err)
{
    struct run_outcome whole;
    struct run_outcome cut;
    assert_int_equal(nvt_buf_err(&out), NVT_OK);
    run_whole(&whole, nvt_buf_span(&out), options);
    run_bytewise(&cut, nvt_buf_span(&out), options);
    run_assert_same(&whole, &cut);
    if (whole.err != err) {
        fail_msg("%s, not %s", nvt_err_name(whole.err), nvt_err_name(err));
    }
    assert_int_equal(whole.done, err == NVT_OK);
}

static void test_head_size(void **state)
{
    (void)state;
    struct run_options options = plain;
    start("HTTP/1.1 204 x\r\nServer: y\r\n\r\n");
    options.head_cap = out.len;
    expect(options, NVT_OK);
    options.head_cap = out.len - 1U;
    expect(options, NVT_E_HTTP_HEAD_SIZE);
    options.head_cap = 1;
    expect(options, NVT_E_HTTP_HEAD_SIZE);
    /* Bytes behind the head take no room in it. */
    options.head_cap = out.len;
    add("next", 500);
    expect(options, NVT_OK);
}

static void test_head_size_of_interim_answers_is_not_added_up(void **state)
{
    (void)state;
    struct run_options options = {40, false, false};
    start("");
    add("HTTP/1.1 103 Early Hints\r\nLink: 1\r\n\r\n", 3);
    add("HTTP/1.1 204 x\r\n\r\n", 1);
    expect(options, NVT_OK);
}

static void test_no_head_buffer(void **state)
{
    (void)state;
    struct nvt_http_response r;
    struct nvt_span in = NVT_LIT("H");
    struct nvt_span body;
    enum nvt_http_event event;
    nvt_http_response_init(&r, NULL, 0, false);
    assert_int_equal(nvt_http_response_feed(&r, &in, &event, &body), NVT_E_HTTP_HEAD_SIZE);
}

static void test_field_count(void **state)
{
    (void)state;
    start("HTTP/1.1 204 x\r\n");
    add("a:b\r\n", NVT_HTTP_FIELDS_MAX);
    add("\r\n", 1);
    expect(plain, NVT_OK);
    start("HTTP/1.1 204 x\r\n");
    add("a:b\r\n", NVT_HTTP_FIELDS_MAX + 1U);
    add("\r\n", 1);
    expect(plain, NVT_E_HTTP_FIELD_COUNT);
}

static void test_interim_count(void **state)
{
    (void)state;
    start("");
    add("HTTP/1.1 100 x\r\n\r\n", NVT_HTTP_INTERIM_MAX);
    add("HTTP/1.1 204 x\r\n\r\n", 1);
    expect(plain, NVT_OK);
    start("");
    add("HTTP/1.1 100 x\r\n\r\n", NVT_HTTP_INTERIM_MAX + 1U);
    add("HTTP/1.1 204 x\r\n\r\n", 1);
    expect(plain, NVT_E_HTTP_INTERIM);
}

static void start_chunked(void)
{
    start("HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n");
}

static void test_chunk_line(void **state)
{
    (void)state;
    for (size_t over = 0; over <= 1U; over++) {
        start_chunked();
        add("3;", 1);
        add("x", NVT_HTTP_CHUNK_LINE_MAX - 2U + over);
        add("\r\nabc\r\n0\r\n\r\n", 1);
        expect(plain, over == 0U ? NVT_OK : NVT_E_HTTP_CHUNK_LINE);
        start_chunked();
        add("0", NVT_HTTP_CHUNK_LINE_MAX + over);
        add("\r\n\r\n", 1);
        expect(plain, over == 0U ? NVT_OK : NVT_E_HTTP_CHUNK_LINE);
        start_chunked();
        add("0", 1);
        add(" ", NVT_HTTP_CHUNK_LINE_MAX - 2U + over);
        add(";\r\n\r\n", 1);
        expect(plain, over == 0U ? NVT_OK : NVT_E_HTTP_CHUNK_LINE);
    }
}

/* The limit is for each line, not for all. */
static void test_chunk_lines_are_not_added_up(void **state)
{
    (void)state;
    start_chunked();
    for (size_t i = 0; i < 4U; i++) {
        add("1;", 1);
        add("x", NVT_HTTP_CHUNK_LINE_MAX - 2U);
        add("\r\na\r\n", 1);
    }
    add("0\r\n\r\n", 1);
    expect(plain, NVT_OK);
}

static void test_trailer_size(void **state)
{
    (void)state;
    for (size_t over = 0; over <= 1U; over++) {
        start_chunked();
        add("0\r\nX: ", 1);
        add("y", NVT_HTTP_TRAILER_MAX - 7U + over);
        add("\r\n\r\n", 1);
        expect(plain, over == 0U ? NVT_OK : NVT_E_HTTP_TRAILER);
        start_chunked();
        add("0\r\n", 1);
        add("a:\r\n", (NVT_HTTP_TRAILER_MAX - 4U) / 4U);
        add(over == 0U ? "\r\n" : "abcd:", 1);
        expect(plain, over == 0U ? NVT_OK : NVT_E_HTTP_TRAILER);
    }
}

/* The largest sizes are taken as they are: what is received is counted down from them. */
static void test_largest_sizes(void **state)
{
    (void)state;
    static const char *const heads[] = {
        "HTTP/1.1 200 x\r\nContent-Length: 18446744073709551615\r\n\r\nabc",
        "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\nabc",
        "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n0FFFFFFFFFFFFFFFF\r\nabc",
    };
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        struct run_outcome o;
        run_whole(&o, nvt_span_str(heads[i]), plain);
        assert_int_equal(o.err, NVT_OK);
        assert_false(o.done);
        assert_int_equal(o.body_len, 3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_head_size),
        cmocka_unit_test(test_head_size_of_interim_answers_is_not_added_up),
        cmocka_unit_test(test_no_head_buffer),
        cmocka_unit_test(test_field_count),
        cmocka_unit_test(test_interim_count),
        cmocka_unit_test(test_chunk_line),
        cmocka_unit_test(test_chunk_lines_are_not_added_up),
        cmocka_unit_test(test_trailer_size),
        cmocka_unit_test(test_largest_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
