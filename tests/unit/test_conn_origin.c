/* SPDX-License-Identifier: Apache-2.0 */
/* The base URL: what is taken, what is refused, and the Host field made of it. */
#include <navette/conn.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

struct good {
    const char *url, *host, *path, *authority;
    uint16_t port;
};

static const struct good good[] = {
    {"https://a", "a", "", "a", 443},
    {"https://a/", "a", "", "a", 443},
    {"https://a///", "a", "", "a", 443},
    {"https://a//b//", "a", "//b", "a", 443},
    {"https://z.zA-Z/%aA%fF", "z.za-z", "/%aA%fF", "z.za-z", 443},
    {"https://[a::F9]", "a::f9", "", "[a::f9]", 443},
    {"HTTPS://API.Example.NET", "api.example.net", "", "api.example.net", 443},
    {"https://api.example.net:443", "api.example.net", "", "api.example.net", 443},
    {"https://api.example.net:8443", "api.example.net", "", "api.example.net:8443", 8443},
    {"https://api.example.net:65535/x", "api.example.net", "/x", "api.example.net:65535", 65535},
    {"https://127.0.0.1:1/a/b/", "127.0.0.1", "/a/b", "127.0.0.1:1", 1},
    {"https://[::1]", "::1", "", "[::1]", 443},
    {"https://[2001:DB8::1]:8443/p", "2001:db8::1", "/p", "[2001:db8::1]:8443", 8443},
    {"https://[::ffff:192.0.2.1]/", "::ffff:192.0.2.1", "", "[::ffff:192.0.2.1]", 443},
    {"https://a-b.c_d.e/%7Ea;b=c,d@e!$&'()*+:", "a-b.c_d.e", "/%7Ea;b=c,d@e!$&'()*+:", "a-b.c_d.e",
     443},
};

static const char *const bad[] = {
    "",
    "https",
    "https:",
    "https:/a",
    "https://",
    "https:///a",
    "https://:443",
    "ftp://a",
    "a.example",
    "//a",
    " https://a",
    "https://a ",
    "https://a b",
    "https://a\r\nX: y",
    "https://a:",
    "https://a:/x",
    "https://a:0",
    "https://a:65536",
    "https://a:-1",
    "https://a:+1",
    "https://a: 1",
    "https://a:1x",
    "https://a:99999999999999999999",
    "https://user@a",
    "https://user:pass@a",
    "https://a?q",
    "https://a/?q",
    "https://a#f",
    "https://a/b#f",
    "https://a/b?c",
    "https://a/b c",
    "https://a/%",
    "https://a/%4",
    "https://a/%4g",
    "https://a/\"",
    "https://a/\\",
    "https://a/\x7f",
    "https://a/\xc3\xa9",
    "https://\xc3\xa9.fr",
    "https://.a",
    "https://a.",
    "https://a..b",
    "https://-a",
    "https://a-",
    "https://a-.b",
    "https://a.-b",
    "https://_a",
    "https://[",
    "https://[]",
    "https://[::1",
    "https://[::1]x",
    "https://[::1]:",
    "https://[1.2.3.4]",
    "https://[fe80::1%25eth0]",
    "https://[::g]",
    "https://[0000:0000:0000:0000:0000:0000:0000:0000:0000:0]",
    "https://::1",
    "https://a-label-of-sixty-four-characters-is-one-more-than-names-allow-it.x",
    /* 64 bytes of path */
    "https://a/0123456789012345678901234567890123456789012345678901234567890123",
};

/* In memory of exactly its size, so that a read beyond the end is caught. */
static nvt_err parse(const char *url, struct nvt_origin *o)
{
    struct nvt_span text = nvt_span_str(url);
    uint8_t *mem = (uint8_t *)malloc(text.len + 1U);
    assert_non_null(mem);
    memcpy(mem + 1, text.ptr, text.len);
    nvt_err err = nvt_origin_parse(nvt_span_of(mem + 1, text.len), o);
    free(mem);
    return err;
}

static void test_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct nvt_origin o;
        struct nvt_buf b;
        char text[NVT_HOST_CAP + 16];
        if (parse(good[i].url, &o) != NVT_OK) {
            fail_msg("refused: %s", good[i].url);
        }
        assert_string_equal(o.host, good[i].host);
        assert_string_equal(o.base_path, good[i].path);
        assert_int_equal(o.port, good[i].port);
        nvt_buf_init(&b, text, sizeof(text));
        nvt_origin_put_authority(&b, &o);
        assert_true(nvt_span_eq(nvt_buf_span(&b), nvt_span_str(good[i].authority)));
    }
}

static void test_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct nvt_origin o;
        memset(&o, 0x5a, sizeof(o));
        struct nvt_origin before = o;
        if (parse(bad[i], &o) != NVT_E_URL) {
            fail_msg("not refused: %s", bad[i]);
        }
        assert_memory_equal(&o, &before, sizeof(o));
    }
}

static void test_plain(void **state)
{
    struct nvt_origin o;
    (void)state;
    assert_int_equal(parse("http://a", &o), NVT_E_URL_PLAIN);
    assert_int_equal(parse("HTTP://a:443/x", &o), NVT_E_URL_PLAIN);
    assert_int_equal(parse("http://", &o), NVT_E_URL_PLAIN);
    assert_int_equal(parse("http:/a", &o), NVT_E_URL);
    assert_int_equal(nvt_origin_parse(NVT_LIT("https://a"), NULL), NVT_E_ARG);
    assert_int_equal(nvt_origin_parse(nvt_span_of(NULL, 3), &o), NVT_E_ARG);
    assert_int_equal(nvt_origin_parse(nvt_span_of(NULL, 0), &o), NVT_E_URL);
}

/* 253 characters are a host name, 254 are not. */
static void test_longest(void **state)
{
    struct nvt_origin o;
    char url[8 + 256];
    (void)state;
    memcpy(url, "https://", 8);
    for (size_t i = 0; i < 254U; i++) {
        url[8U + i] = i % 60U == 59U ? '.' : 'a';
    }
    url[8 + 253] = '\0';
    assert_int_equal(parse(url, &o), NVT_OK);
    assert_int_equal(strlen(o.host), 253);
    url[8 + 253] = 'a';
    url[8 + 254] = '\0';
    assert_int_equal(parse(url, &o), NVT_E_URL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_longest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
