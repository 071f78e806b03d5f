/* SPDX-License-Identifier: Apache-2.0 */
/* codeRetour and libelle in bodies of every form, in one piece and cut anywhere. */
#include <navette/piste.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* In memory of exactly its size. */
static void feed(struct nvt_piste_watch *w, const char *text, size_t len)
{
    uint8_t *mem = (uint8_t *)malloc(len == 0U ? 1U : len);
    assert_non_null(mem);
    (void)memcpy(mem, text, len);
    nvt_piste_watch_feed(w, nvt_span_of(mem, len));
    free(mem);
}

static void assert_same(const struct nvt_piste_watch *a, const struct nvt_piste_watch *b)
{
    assert_int_equal(a->failed, b->failed);
    assert_int_equal(a->code_len, b->code_len);
    assert_int_equal(a->text_len, b->text_len);
    assert_memory_equal(a->code, b->code, a->code_len);
    assert_memory_equal(a->text, b->text, a->text_len);
}

/* Every way to cut the body in two, and one byte at a time. */
static void watch(const char *body, struct nvt_piste_watch *out)
{
    size_t len = strlen(body);
    nvt_piste_watch_init(out);
    feed(out, body, len);
    for (size_t at = 0; at <= len; at++) {
        struct nvt_piste_watch w;
        nvt_piste_watch_init(&w);
        feed(&w, body, at);
        feed(&w, body + at, len - at);
        assert_same(&w, out);
    }
    struct nvt_piste_watch w;
    nvt_piste_watch_init(&w);
    for (size_t at = 0; at < len; at++) {
        feed(&w, body + at, 1);
    }
    assert_same(&w, out);
}

static void expect(const char *body, bool failed, const char *code, const char *text)
{
    struct nvt_piste_watch w;
    watch(body, &w);
    if (w.failed != failed || w.code_len != strlen(code) || w.text_len != strlen(text)) {
        fail_msg("%s: %d \"%.*s\" \"%.*s\"", body, (int)w.failed, (int)w.code_len,
                 (const char *)w.code, (int)w.text_len, (const char *)w.text);
    }
    assert_memory_equal(w.code, code, w.code_len);
    assert_memory_equal(w.text, text, w.text_len);
}

static void nothing(const char *body)
{
    expect(body, false, "", "");
}

static void test_found(void **state)
{
    (void)state;
    expect("{\"codeRetour\":0,\"libelle\":\"TRA_MSG_00.000\"}", false, "0", "TRA_MSG_00.000");
    expect("{\"codeRetour\":1,\"libelle\":\"no\"}", true, "1", "no");
    expect("{\"libelle\":\"no\",\"codeRetour\":20000}", true, "20000", "no");
    expect(" \t\r\n{ \"codeRetour\" : -7 , \"libelle\" : \"\" } \n", true, "-7", "");
    expect("{\"codeRetour\":1}", true, "1", "");
    expect("{\"codeRetour\":1 }", true, "1", "");
    expect("{\"libelle\":\"alone\"}", false, "", "alone");
    expect("{\"a\":{\"codeRetour\":3},\"b\":[\"}\",{\"libelle\":\"x\"}],\"codeRetour\":2}", true,
           "2", "");
    expect("{\"a\":\"\\\"codeRetour\\\":9\",\"b\":null,\"c\":true,\"d\":1.5e3,\"codeRetour\":2}",
           true, "2", "");
    expect("{\"a\":\"\\\\\",\"codeRetour\":2}", true, "2", "");
    expect("{\"a\":[[],[[]],{}],\"codeRetour\":2}", true, "2", "");
}

static void test_zero(void **state)
{
    (void)state;
    expect("{\"codeRetour\":-0}", false, "-0", "");
    expect("{\"codeRetour\":0.00}", false, "0.00", "");
    expect("{\"codeRetour\":0e5}", false, "0e5", "");
    expect("{\"codeRetour\":0E-51}", false, "0E-51", "");
    expect("{\"codeRetour\":0.01}", true, "0.01", "");
    expect("{\"codeRetour\":1e0}", true, "1e0", "");
    expect("{\"codeRetour\":9}", true, "9", "");
    expect("{\"codeRetour\":10}", true, "10", "");
}

/* Only what is named so, at the top, and is a number or a text. */
static void test_not_found(void **state)
{
    (void)state;
    nothing("");
    nothing("pong");
    nothing("<html><body>{\"codeRetour\":1}</body></html>");
    nothing("[{\"codeRetour\":1}]");
    nothing("{}");
    nothing("\"codeRetour\"");
    nothing(
        "{\"coderetour\":1,\"codeRetou\":1,\"codeRetourX\":1,\"\":1,\"c\":1,\"Libelle\":\"x\"}");
    nothing("{\"codeRetour\":\"1\"}");
    nothing("{\"codeRetour\":null,\"libelle\":null}");
    nothing("{\"codeRetour\":true,\"libelle\":7}");
    nothing("{\"codeRetour\":[1],\"libelle\":{\"x\":\"y\"}}");
    nothing("{\"data\":{\"codeRetour\":1,\"libelle\":\"x\"}}");
    nothing("{\"code\\u0052etour\":1,\"l\\ibelle\":\"x\"}");
    nothing("{\"codeRetour\\\"\":1}");
    nothing("{codeRetour:1}");
    nothing("{\"a\" 1,\"codeRetour\":1}");
    nothing("{,\"codeRetour\":1}");
    nothing("{\"a\":1]\"codeRetour\":1}");
    nothing("\xEF\xBB\xBF{\"codeRetour\":1}"); /* no JSON: RFC 8259 section 8.1 */
    struct nvt_piste_watch w;                  /* a NUL is not the end of a name */
    nvt_piste_watch_init(&w);
    feed(&w, "{\"libelle\0\":\"x\",\"codeRetour\0\":1}", 33);
    assert_false(w.failed);
    assert_int_equal(w.text_len, 0);
}

static void test_first_counts(void **state)
{
    (void)state;
    expect("{\"codeRetour\":0,\"codeRetour\":1}", false, "0", "");
    expect("{\"codeRetour\":\"x\",\"codeRetour\":1}", false, "", "");
    expect("{\"libelle\":\"a\",\"libelle\":\"b\",\"codeRetour\":1}", true, "1", "a");
    expect("{\"codeRetour\":1,\"libelle\":\"a\",\"codeRetour\":0}", true, "1", "a");
    expect("{\"codeRetour\":1,\"libelle\":null,\"libelle\":\"b\"}", true, "1", "");
    expect("{\"codeRetour\":5} {\"libelle\":\"b\"}", true, "5", "");
}

/* An answer that breaks off was not whole: the call says so; the number may go on. */
static void test_broken_off(void **state)
{
    (void)state;
    expect("{\"codeRetour\":12", false, "12", "");
    expect("{\"codeRetour\":1,\"libelle\":\"ab", true, "1", "ab");
}

static void test_cut(void **state)
{
    struct nvt_piste_watch w;
    char body[512];
    (void)state;
    /* 160 bytes fit; of what is longer the last whole character or escape is kept. */
    static const struct {
        size_t plain;
        const char *end;
        size_t kept;
    } cases[] = {
        {160, "", 160},
        {159, "\xC3\xA9", 159},
        {158, "\xC3\xA9", 160},
        {159, "\\n", 159},
        {158, "\\n", 160},
        {158, "\\nx", 160},
        {155, "\\u00e9", 155},
        {154, "\\u00e9", 160},
        {154, "\\u00e9more", 160},
        {157, "\xF0\x9F\x98\x80", 157},
        {156, "\xF0\x9F\x98\x80", 160},
        {158, "\xE2\x82\xAC", 158},
        {157, "\xE2\x82\xAC.", 160},
        {158, "\\\\\\\\", 160},
        {159, "\\\"", 159},
        {161, "", 160},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char plain[200];
        (void)memset(plain, 'a', sizeof plain);
        (void)snprintf(body, sizeof body, "{\"libelle\":\"%.*s%s\",\"codeRetour\":3}",
                       (int)cases[i].plain, plain, cases[i].end);
        watch(body, &w);
        assert_true(w.failed);
        assert_int_equal(w.text_len, cases[i].kept);
    }
    (void)snprintf(body, sizeof body, "{\"codeRetour\":%040d}", 7);
    watch(body, &w);
    assert_true(w.failed);
    assert_int_equal(w.code_len, sizeof w.code);
}

/* Any depth, which no parser with a bound would follow. */
static void test_deep(void **state)
{
    struct nvt_piste_watch w;
    (void)state;
    nvt_piste_watch_init(&w);
    feed(&w, "{\"a\":", 5);
    for (unsigned i = 0; i < 100000U; i++) {
        feed(&w, "[", 1);
    }
    for (unsigned i = 0; i < 100000U; i++) {
        feed(&w, "]", 1);
    }
    feed(&w, ",\"codeRetour\":1}", 16);
    assert_true(w.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_found),      cmocka_unit_test(test_zero),
        cmocka_unit_test(test_not_found),  cmocka_unit_test(test_first_counts),
        cmocka_unit_test(test_broken_off), cmocka_unit_test(test_cut),
        cmocka_unit_test(test_deep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
