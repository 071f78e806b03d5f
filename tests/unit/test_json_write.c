/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON writer: what it emits, what it refuses, and that the reader reads it back. */
#include "json_cases.h"

struct fixture {
    uint8_t mem[512];
    struct nvt_buf out;
    struct nvt_json_writer w;
};

static void start(struct fixture *f)
{
    nvt_buf_init(&f->out, f->mem, sizeof f->mem);
    nvt_json_writer_init(&f->w, &f->out);
}

static void assert_written(struct fixture *f, const char *want)
{
    assert_int_equal(nvt_json_writer_end(&f->w), NVT_OK);
    assert_int_equal(f->out.len, strlen(want));
    assert_memory_equal(f->mem, want, f->out.len);
    assert_int_equal(check_exact(nvt_buf_span(&f->out), NULL), NVT_OK);
}

static void put_journey(struct nvt_json_writer *w)
{
    nvt_json_begin_object(w);
    nvt_json_name(w, NVT_LIT("id"));
    nvt_json_put_str(w, NVT_LIT("a\"b"));
    nvt_json_name(w, NVT_LIT("start"));
    nvt_json_begin_object(w);
    nvt_json_name(w, NVT_LIT("lat"));
    nvt_json_put_dec(w, 488566000, 7);
    nvt_json_end_object(w);
    nvt_json_name(w, NVT_LIT("incentives"));
    nvt_json_begin_array(w);
    nvt_json_begin_object(w);
    nvt_json_end_object(w);
    nvt_json_put_int(w, -150);
    nvt_json_begin_array(w);
    nvt_json_end_array(w);
    nvt_json_put_raw(w, NVT_LIT("{\"x\": [1]}"));
    nvt_json_end_array(w);
    nvt_json_name(w, NVT_LIT("over_18"));
    nvt_json_put_null(w);
    nvt_json_name(w, NVT_LIT("ok"));
    nvt_json_put_bool(w, true);
    nvt_json_name(w, NVT_LIT(""));
    nvt_json_put_bool(w, false);
    nvt_json_end_object(w);
}

static const char journey[] =
    "{\"id\":\"a\\\"b\",\"start\":{\"lat\":48.8566},\"incentives\":[{},-150,[],{\"x\": [1]}],"
    "\"over_18\":null,\"ok\":true,\"\":false}";

static void test_all_kinds(void **state)
{
    (void)state;
    struct fixture f;
    start(&f);
    put_journey(&f.w);
    assert_written(&f, journey);
}

static void test_each_capacity(void **state)
{
    (void)state;
    for (size_t cap = 0; cap <= sizeof journey - 1U; cap++) {
        struct nvt_buf out;
        struct nvt_json_writer w;
        uint8_t *mem = malloc(cap == 0U ? 1U : cap);
        assert_non_null(mem);
        nvt_buf_init(&out, mem, cap);
        nvt_json_writer_init(&w, &out);
        put_journey(&w);
        nvt_err err = nvt_json_writer_end(&w);
        assert_int_equal(err, cap < sizeof journey - 1U ? NVT_E_SPACE : NVT_OK);
        free(mem);
    }
}

static void test_top_level_scalars(void **state)
{
    (void)state;
    struct fixture f;
    start(&f);
    nvt_json_put_int(&f.w, INT64_MIN);
    assert_written(&f, "-9223372036854775808");
    start(&f);
    nvt_json_put_str(&f.w, NVT_LIT(""));
    assert_written(&f, "\"\"");
    start(&f);
    nvt_json_put_raw(&f.w, NVT_LIT("1e5"));
    assert_written(&f, "1e5");
}

static void test_escapes(void **state)
{
    (void)state;
    struct fixture f;
    start(&f);
    nvt_json_put_str(&f.w, NVT_LIT("\"\\/\b\f\n\r\t\x01\x1f\x7f\0z"));
    assert_written(&f, "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\\u0000z\"");
    start(&f);
    nvt_json_put_str(&f.w, NVT_LIT("Caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x9A\x97\n"));
    assert_written(&f, "\"Caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x9A\x97\\n\"");
    start(&f);
    nvt_json_begin_object(&f.w);
    nvt_json_name(&f.w, NVT_LIT("a\nb"));
    nvt_json_put_int(&f.w, 0);
    nvt_json_end_object(&f.w);
    assert_written(&f, "{\"a\\nb\":0}");
}

/* Every code point comes back as it went in. */
static void test_each_character_round_trip(void **state)
{
    (void)state;
    for (uint32_t code = 0; code < 0x110000U; code += code < 0x3000U ? 1U : 61U) {
        struct fixture f;
        struct nvt_json doc;
        struct nvt_json_tok pool[1];
        uint8_t in[4];
        uint8_t back[4];
        struct nvt_buf text;
        struct nvt_buf read;
        if (code >= 0xD800U && code <= 0xDFFFU) {
            continue;
        }
        nvt_buf_init(&text, in, sizeof in);
        nvt_utf8_put(&text, code);
        start(&f);
        nvt_json_put_str(&f.w, nvt_buf_span(&text));
        assert_int_equal(nvt_json_writer_end(&f.w), NVT_OK);
        assert_int_equal(nvt_json_parse(&doc, nvt_buf_span(&f.out), pool, 1), NVT_OK);
        nvt_buf_init(&read, back, sizeof back);
        assert_int_equal(nvt_json_get_str(&doc, 0, &read), NVT_OK);
        assert_true(nvt_span_eq(nvt_buf_span(&read), nvt_buf_span(&text)));
    }
}

static void test_invalid_utf8(void **state)
{
    (void)state;
    static const char *const texts[] = {"\xFF", "a\xC3", "\xC0\x80", "\xED\xA0\x80", "\x80"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct fixture f;
        start(&f);
        nvt_json_put_str(&f.w, nvt_span_str(texts[i]));
        assert_int_equal(nvt_json_writer_end(&f.w), NVT_E_UTF8);
        assert_int_equal(f.out.len, 0);
        start(&f);
        nvt_json_begin_object(&f.w);
        nvt_json_name(&f.w, nvt_span_str(texts[i]));
        nvt_json_put_int(&f.w, 1);
        nvt_json_end_object(&f.w);
        assert_int_equal(nvt_json_writer_end(&f.w), NVT_E_UTF8);
        assert_int_equal(f.out.len, 1);
    }
}

/* Each letter is one call: the order of calls that a test makes. */
static nvt_err play(const char *calls)
{
    struct fixture f;
    start(&f);
    for (; *calls != '\0'; calls++) {
        switch (*calls) {
        case '{':
            nvt_json_begin_object(&f.w);
            break;
        case '}':
            nvt_json_end_object(&f.w);
            break;
        case '[':
            nvt_json_begin_array(&f.w);
            break;
        case ']':
            nvt_json_end_array(&f.w);
            break;
        case 'n':
            nvt_json_name(&f.w, NVT_LIT("n"));
            break;
        case 's':
            nvt_json_put_str(&f.w, NVT_LIT("s"));
            break;
        case 'i':
            nvt_json_put_int(&f.w, 1);
            break;
        case 'd':
            nvt_json_put_dec(&f.w, 15, 1);
            break;
        case 'b':
            nvt_json_put_bool(&f.w, true);
            break;
        case '0':
            nvt_json_put_null(&f.w);
            break;
        default:
            nvt_json_put_raw(&f.w, NVT_LIT("[]"));
            break;
        }
    }
    nvt_err err = nvt_json_writer_end(&f.w);
    if (err == NVT_OK) {
        assert_int_equal(check_exact(nvt_buf_span(&f.out), NULL), NVT_OK);
    }
    return err;
}

static void test_call_order(void **state)
{
    (void)state;
    static const char *const right[] = {"i",        "{}",       "[]",           "[ii]",    "{nini}",
                                        "[[][{}]]", "{n{n[]}}", "[sidb0r{nr}]", "{nsnin0}"};
    static const char *const wrong[] = {
        "",     "[",   "{",   "{n",   "n",      "]",    "}",     "[}",  "{]",   "ii",  "[]i",
        "{i}",  "{s}", "{r}", "{nn}", "{nni}",  "{n}",  "{nii}", "[n]", "[ni]", "{}}", "[]]",
        "[]{}", "i[]", "{[}", "{n[}", "{n[n]}", "[{n]", "rr",    "{d}", "{b}",  "{0}", "[{}n]",
    };
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++) {
        assert_int_equal(play(right[i]), NVT_OK);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(play(wrong[i]), NVT_E_JSON_NESTING);
    }
}

static void test_depth(void **state)
{
    (void)state;
    for (unsigned depth = 1; depth <= 40U; depth++) {
        struct fixture f;
        start(&f);
        for (unsigned i = 0; i < depth; i++) {
            nvt_json_begin_array(&f.w);
        }
        for (unsigned i = 0; i < depth; i++) {
            nvt_json_end_array(&f.w);
        }
        nvt_err want = depth <= (unsigned)NVT_JSON_DEPTH_MAX ? NVT_OK : NVT_E_JSON_DEPTH;
        assert_int_equal(nvt_json_writer_end(&f.w), want);
    }
}

/* A raw value's own nesting counts on top of what is open: else the reader refused the whole. */
static void test_raw(void **state)
{
    (void)state;
    static const struct {
        const char *raw;
        nvt_err err;
    } cases[] = {
        {"[1, {\"a\": \"\\u00e9\"}]", NVT_OK},
        {" 1\n", NVT_OK},
        {"", NVT_E_JSON_END},
        {"1,2", NVT_E_JSON_TRAILING},
        {"1],[2", NVT_E_JSON_TRAILING},
        {"]", NVT_E_JSON_SYNTAX},
        {"\"a", NVT_E_JSON_END},
        {"\"\xFF\"", NVT_E_JSON_UTF8},
        {"[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]", NVT_OK},
        {"[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]", NVT_E_JSON_DEPTH},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fixture f;
        start(&f);
        nvt_json_begin_array(&f.w);
        nvt_json_put_raw(&f.w, nvt_span_str(cases[i].raw));
        nvt_json_end_array(&f.w);
        assert_int_equal(nvt_json_writer_end(&f.w), cases[i].err);
        if (cases[i].err == NVT_OK) {
            assert_int_equal(check_exact(nvt_buf_span(&f.out), NULL), NVT_OK);
        }
    }
}

static void test_first_error_sticks(void **state)
{
    (void)state;
    struct fixture f;
    start(&f);
    nvt_json_begin_array(&f.w);
    nvt_json_put_str(&f.w, NVT_LIT("\xFF"));
    size_t len = f.out.len;
    nvt_json_put_int(&f.w, 1);
    nvt_json_end_object(&f.w);
    nvt_json_name(&f.w, NVT_LIT("x"));
    nvt_json_end_array(&f.w);
    assert_int_equal(nvt_json_writer_end(&f.w), NVT_E_UTF8);
    assert_int_equal(f.out.len, len);
    start(&f);
    nvt_json_put_dec(&f.w, 1, 19);
    assert_int_equal(nvt_json_writer_end(&f.w), NVT_E_ARG);
    assert_int_equal(f.out.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_kinds),
        cmocka_unit_test(test_each_capacity),
        cmocka_unit_test(test_top_level_scalars),
        cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_each_character_round_trip),
        cmocka_unit_test(test_invalid_utf8),
        cmocka_unit_test(test_call_order),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_raw),
        cmocka_unit_test(test_first_error_sticks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
