/* SPDX-License-Identifier: Apache-2.0 */
/* The request writer: what it writes, and that no part of a request can carry a second line. */
#include <navette/http.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include <ctype.h>

static uint8_t memory[512];

struct parts {
    struct nvt_span method;
    struct nvt_span target;
    struct nvt_span authority;
    struct nvt_span name;
    struct nvt_span value;
    struct nvt_span rest;
};

static const char *const good[6] = {"POST",          "/v3.3/journeys", "api.example:8443",
                                    "Authorization", "Bearer ",        "a.b-c"};

static struct parts good_parts(void)
{
    struct parts p;
    p.method = nvt_span_str(good[0]);
    p.target = nvt_span_str(good[1]);
    p.authority = nvt_span_str(good[2]);
    p.name = nvt_span_str(good[3]);
    p.value = nvt_span_str(good[4]);
    p.rest = nvt_span_str(good[5]);
    return p;
}

static nvt_err write_request(struct parts p, struct nvt_buf *out)
{
    struct nvt_http_request r;
    nvt_http_request_begin(&r, out, p.method, p.target, p.authority);
    nvt_http_request_field(&r, p.name, p.value, p.rest);
    nvt_http_request_length(&r, 900);
    return nvt_http_request_end(&r);
}

static nvt_err write_parts(struct parts p)
{
    struct nvt_buf out;
    nvt_buf_init(&out, memory, sizeof memory);
    nvt_err err = write_request(p, &out);
    /* A refused head has no end, so it cannot be taken for a request. */
    for (size_t i = 0; err != NVT_OK && i + 4U <= out.len; i++) {
        assert_memory_not_equal(memory + i, "\r\n\r\n", 4);
    }
    return err;
}

static void test_whole_head(void **state)
{
    (void)state;
    static const char want[] = "POST /v3.3/journeys HTTP/1.1\r\nHost: api.example:8443\r\n"
                               "Authorization: Bearer a.b-c\r\nContent-Length: 900\r\n\r\n";
    struct nvt_buf out;
    nvt_buf_init(&out, memory, sizeof memory);
    assert_int_equal(write_request(good_parts(), &out), NVT_OK);
    assert_int_equal(out.len, sizeof want - 1U);
    assert_memory_equal(memory, want, out.len);
}

/* Which bytes a part may hold, written down another way than in the code. */
static bool allowed(size_t part, unsigned byte)
{
    bool ascii = byte < 128U;
    switch (part) {
    case 0:
    case 3:
        return ascii && byte != 0U &&
               (isalnum((int)byte) || strchr("!#$%&'*+-.^_`|~", (int)byte) != NULL);
    case 1:
        return byte > 32U && byte < 127U && byte != '#';
    case 2:
        return ascii && byte != 0U && (isalnum((int)byte) || strchr("-._:[]", (int)byte) != NULL);
    default:
        return byte == 9U || (byte >= 32U && byte != 127U);
    }
}

/* Every byte in the middle of every part. */
static void test_every_byte_in_every_part(void **state)
{
    (void)state;
    static const nvt_err errors[6] = {NVT_E_HTTP_METHOD, NVT_E_HTTP_TARGET, NVT_E_HTTP_HOST,
                                      NVT_E_HTTP_NAME,   NVT_E_HTTP_VALUE,  NVT_E_HTTP_VALUE};
    for (size_t part = 0; part < 6U; part++) {
        for (unsigned byte = 0; byte < 256U; byte++) {
            struct parts p = good_parts();
            struct nvt_span *spans[6] = {&p.method, &p.target, &p.authority,
                                         &p.name,   &p.value,  &p.rest};
            size_t len = strlen(good[part]);
            uint8_t *copy = malloc(len);
            assert_non_null(copy);
            memcpy(copy, good[part], len);
            copy[2] = (uint8_t)byte;
            *spans[part] = nvt_span_of(copy, len);
            nvt_err want = allowed(part, byte) ? NVT_OK : errors[part];
            if (write_parts(p) != want) {
                fail_msg("part %zu, byte %u", part, byte);
            }
            free(copy);
        }
    }
}

/* A field whose front is constant: the same, and only its value is looked at. */
static nvt_err write_const(struct nvt_span value, struct nvt_buf *out)
{
    struct nvt_http_request r;
    nvt_buf_init(out, memory, sizeof memory);
    nvt_http_request_begin(&r, out, NVT_LIT("GET"), NVT_LIT("/"), NVT_LIT("a"));
    nvt_http_request_const(&r, NVT_HTTP_FRONT("Accept: "), value);
    return nvt_http_request_end(&r);
}

static void test_constant_front(void **state)
{
    (void)state;
    static const char want[] = "GET / HTTP/1.1\r\nHost: a\r\nAccept: application/json\r\n\r\n";
    static const char *const bad[] = {"a\r\nX: y", "a\nX: y", "a\rX: y", "\r\n",
                                      " a",        "a ",      "a\x7f"};
    struct nvt_buf out;
    assert_int_equal(write_const(NVT_LIT("application/json"), &out), NVT_OK);
    assert_int_equal(out.len, sizeof want - 1U);
    assert_memory_equal(memory, want, out.len);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(write_const(nvt_span_str(bad[i]), &out), NVT_E_HTTP_VALUE);
    }
}

static void test_constant_front_keeps_the_first_error(void **state)
{
    (void)state;
    struct nvt_http_request r;
    struct nvt_buf out;
    nvt_buf_init(&out, memory, sizeof memory);
    nvt_http_request_begin(&r, &out, NVT_LIT("G T"), NVT_LIT("/"), NVT_LIT("a"));
    nvt_http_request_const(&r, NVT_HTTP_FRONT("Accept: "), NVT_LIT("\n"));
    assert_int_equal(nvt_http_request_end(&r), NVT_E_HTTP_METHOD);
    assert_int_equal(out.len, 0);
}

static void test_injected_lines(void **state)
{
    (void)state;
    static const char *const lines[] = {"a\r\nX: y",      "a\nX: y", "a\rX: y", "\r\n",
                                        "a\r\n\r\nGET /", "\r\n a",  "a\r\n"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct nvt_span bad = nvt_span_str(lines[i]);
        struct parts p = good_parts();
        p.method = bad;
        assert_int_equal(write_parts(p), NVT_E_HTTP_METHOD);
        p = good_parts();
        p.target = bad;
        assert_int_equal(write_parts(p), NVT_E_HTTP_TARGET);
        p = good_parts();
        p.authority = bad;
        assert_int_equal(write_parts(p), NVT_E_HTTP_HOST);
        p = good_parts();
        p.name = bad;
        assert_int_equal(write_parts(p), NVT_E_HTTP_NAME);
        p = good_parts();
        p.value = bad;
        assert_int_equal(write_parts(p), NVT_E_HTTP_VALUE);
        p = good_parts();
        p.rest = bad;
        assert_int_equal(write_parts(p), NVT_E_HTTP_VALUE);
    }
}

/* CR at the end of one piece and LF at the start of the next are refused each by itself. */
static void test_injection_across_pieces(void **state)
{
    (void)state;
    struct parts p = good_parts();
    p.value = NVT_LIT("a\r");
    p.rest = NVT_LIT("\nX: y");
    assert_int_equal(write_parts(p), NVT_E_HTTP_VALUE);
}

static void test_empty_parts(void **state)
{
    (void)state;
    struct nvt_span none = {NULL, 0};
    struct parts p = good_parts();
    p.method = none;
    assert_int_equal(write_parts(p), NVT_E_HTTP_METHOD);
    p = good_parts();
    p.target = none;
    assert_int_equal(write_parts(p), NVT_E_HTTP_TARGET);
    p = good_parts();
    p.authority = none;
    assert_int_equal(write_parts(p), NVT_E_HTTP_HOST);
    p = good_parts();
    p.name = none;
    assert_int_equal(write_parts(p), NVT_E_HTTP_NAME);
    p = good_parts();
    p.value = none;
    assert_int_equal(write_parts(p), NVT_OK);
    p.rest = none;
    assert_int_equal(write_parts(p), NVT_OK);
}

static void test_target_forms(void **state)
{
    (void)state;
    static const char *const refused[] = {"v3/journeys", "https://a/b", "*",
                                          "?a=b",        "/a#b",        "/a b"};
    struct parts p = good_parts();
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        p.target = nvt_span_str(refused[i]);
        assert_int_equal(write_parts(p), NVT_E_HTTP_TARGET);
    }
    p.target = NVT_LIT("/geo/route?start[lat]=48.85&x=%C3%A9");
    assert_int_equal(write_parts(p), NVT_OK);
    p.target = NVT_LIT("/");
    assert_int_equal(write_parts(p), NVT_OK);
}

static void test_authority_forms(void **state)
{
    (void)state;
    struct parts p = good_parts();
    p.authority = NVT_LIT("[2001:db8::1]:443");
    assert_int_equal(write_parts(p), NVT_OK);
    p.authority = NVT_LIT("user@host");
    assert_int_equal(write_parts(p), NVT_E_HTTP_HOST);
    p.authority = NVT_LIT("host/path");
    assert_int_equal(write_parts(p), NVT_E_HTTP_HOST);
}

/* A recipient would drop that white space, so the value would not arrive as given. */
static void test_white_space_around_values(void **state)
{
    (void)state;
    static const char *const refused[][2] = {{" a", ""}, {"a ", ""}, {"\ta", ""}, {"a", "b\t"},
                                             {"", " b"}, {"", "b "}, {" ", ""},   {"", "\t"},
                                             {"a", " "}, {" ", "b"}};
    struct parts p = good_parts();
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        p.value = nvt_span_str(refused[i][0]);
        p.rest = nvt_span_str(refused[i][1]);
        assert_int_equal(write_parts(p), NVT_E_HTTP_VALUE);
    }
    p.value = NVT_LIT("a");
    p.rest = NVT_LIT(" \tb");
    assert_int_equal(write_parts(p), NVT_OK);
}

/* A second Host, length or coding would let the caller move the request's end. */
static void test_reserved_fields(void **state)
{
    (void)state;
    static const char *const names[] = {"Host", "hOST", "Content-Length", "CONTENT-LENGTH",
                                        "transfer-encoding"};
    struct parts p = good_parts();
    p.value = NVT_LIT("chunked");
    p.rest = NVT_LIT("");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        p.name = nvt_span_str(names[i]);
        assert_int_equal(write_parts(p), NVT_E_HTTP_NAME);
    }
    p.name = NVT_LIT("Connection");
    assert_int_equal(write_parts(p), NVT_OK);
    p.name = NVT_LIT("Hosts");
    assert_int_equal(write_parts(p), NVT_OK);
}

static void test_first_error_sticks(void **state)
{
    (void)state;
    struct nvt_buf out;
    struct nvt_http_request r;
    nvt_buf_init(&out, memory, sizeof memory);
    nvt_http_request_begin(&r, &out, NVT_LIT("GET"), NVT_LIT("/"), NVT_LIT("h"));
    nvt_http_request_field(&r, NVT_LIT("a b"), NVT_LIT("c"), NVT_LIT(""));
    size_t len = out.len;
    nvt_http_request_field(&r, NVT_LIT("A"), NVT_LIT("\n"), NVT_LIT(""));
    nvt_http_request_field(&r, NVT_LIT("A"), NVT_LIT("b"), NVT_LIT(""));
    nvt_http_request_length(&r, 1);
    assert_int_equal(nvt_http_request_end(&r), NVT_E_HTTP_NAME);
    assert_int_equal(nvt_http_request_end(&r), NVT_E_HTTP_NAME);
    assert_int_equal(out.len, len);
}

/* Every buffer that is too small is an error, and none is written past. */
static void test_every_buffer_size(void **state)
{
    (void)state;
    struct nvt_buf out;
    nvt_buf_init(&out, memory, sizeof memory);
    assert_int_equal(write_request(good_parts(), &out), NVT_OK);
    size_t need = out.len;
    for (size_t cap = 0; cap <= need; cap++) {
        uint8_t *exact = malloc(cap == 0U ? 1U : cap);
        assert_non_null(exact);
        nvt_buf_init(&out, exact, cap);
        assert_int_equal(write_request(good_parts(), &out), cap == need ? NVT_OK : NVT_E_SPACE);
        free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_head),
        cmocka_unit_test(test_every_byte_in_every_part),
        cmocka_unit_test(test_injected_lines),
        cmocka_unit_test(test_constant_front),
        cmocka_unit_test(test_constant_front_keeps_the_first_error),
        cmocka_unit_test(test_injection_across_pieces),
        cmocka_unit_test(test_empty_parts),
        cmocka_unit_test(test_target_forms),
        cmocka_unit_test(test_authority_forms),
        cmocka_unit_test(test_white_space_around_values),
        cmocka_unit_test(test_reserved_fields),
        cmocka_unit_test(test_first_error_sticks),
        cmocka_unit_test(test_every_buffer_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
