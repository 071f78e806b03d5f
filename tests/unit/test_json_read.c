/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON reader: tokens, look-ups, walks and typed getters. */
#include "json_cases.h"

#define POOL 64U

/* A parsed document whose text and pool end where their memory ends. */
struct fixture {
    struct nvt_json doc;
    struct nvt_span text;
    struct nvt_json_tok *pool;
};

static nvt_err fixture_parse(struct fixture *f, struct nvt_span text, size_t pool_count)
{
    f->text = exact_copy(text);
    f->pool = malloc(pool_count == 0U ? 1U : pool_count * sizeof f->pool[0]);
    assert_non_null(f->pool);
    return nvt_json_parse(&f->doc, f->text, f->pool, pool_count);
}

static void fixture_free(struct fixture *f)
{
    exact_free(f->text);
    free(f->pool);
}

static void open_text(struct fixture *f, const char *text)
{
    assert_int_equal(fixture_parse(f, nvt_span_str(text), POOL), NVT_OK);
}

static nvt_json_node find(const struct fixture *f, const char *path)
{
    nvt_json_node node = 12345;
    assert_int_equal(nvt_json_find(&f->doc, 0, path, &node), NVT_OK);
    return node;
}

static void assert_span(struct nvt_span got, const char *want)
{
    assert_int_equal(got.len, strlen(want));
    assert_memory_equal(got.ptr, want, got.len);
}

/* ---- parsing ---- */

static void test_top_level_of_each_type(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum nvt_json_type type;
        const char *raw;
    } cases[] = {
        {"1", NVT_JSON_NUMBER, "1"},      {" -1.5e3 \n", NVT_JSON_NUMBER, "-1.5e3"},
        {"true", NVT_JSON_BOOL, "true"},  {"\tfalse", NVT_JSON_BOOL, "false"},
        {"null ", NVT_JSON_NULL, "null"}, {" \"a\\n\" ", NVT_JSON_STRING, "a\\n"},
        {" [1] ", NVT_JSON_ARRAY, "[1]"}, {" {} ", NVT_JSON_OBJECT, "{}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fixture f;
        open_text(&f, cases[i].text);
        assert_int_equal(nvt_json_type(&f.doc, 0), cases[i].type);
        assert_span(nvt_json_raw(&f.doc, 0), cases[i].raw);
        fixture_free(&f);
    }
}

static void test_refused_text_is_an_empty_document(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "[1", "{\"a\"}", "[1 2]", "1 2", "tru", "[1,]"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct fixture f;
        nvt_json_node node = 12345;
        struct nvt_span text = nvt_span_str(texts[i]);
        assert_int_equal(fixture_parse(&f, text, POOL), nvt_json_check(text, NULL));
        assert_int_equal(f.doc.count, 0);
        assert_int_equal(nvt_json_find(&f.doc, 0, "", &node), NVT_E_JSON_MISSING);
        assert_int_equal(node, 12345);
        fixture_free(&f);
    }
}

/* Every value and every name takes one token: one less is refused, at each place. */
static void test_pool_of_each_size(void **state)
{
    (void)state;
    for (size_t i = 0; i < CLOSED_COUNT; i++) {
        struct fixture f;
        struct nvt_span text = nvt_span_str(closed_documents[i]);
        assert_int_equal(fixture_parse(&f, text, POOL), NVT_OK);
        size_t count = f.doc.count;
        fixture_free(&f);
        for (size_t room = 0; room <= count; room++) {
            nvt_err err = fixture_parse(&f, text, room);
            assert_int_equal(err, room < count ? NVT_E_JSON_TOKENS : NVT_OK);
            assert_int_equal(f.doc.count, room < count ? 0 : count);
            fixture_free(&f);
        }
    }
    struct fixture f;
    assert_int_equal(fixture_parse(&f, NVT_LIT("1"), 0), NVT_E_JSON_TOKENS);
    fixture_free(&f);
}

static void test_text_beyond_int_is_refused(void **state)
{
    (void)state;
    struct nvt_json doc;
    struct nvt_json_tok pool[1];
    struct nvt_span text = {(const uint8_t *)"1", (size_t)INT32_MAX + 1U};
    assert_int_equal(nvt_json_parse(&doc, text, pool, 1), NVT_E_ARG); /* not read at all */
    assert_int_equal(doc.count, 0);
}

/* ---- look-ups ---- */

static const char answer[] =
    "{\"id\":1,\"error\":{\"data\":[\"/distance: must be integer\",{\"deep\":[[7,8],9]},true],"
    "\"code\":-32602,\"message\":\"Invalid params\"},\"\":\"empty\",\"a.b\":5,\"after\":null}";

static void test_find(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        const char *raw;
    } cases[] = {
        {"id", "1"},
        {"error.code", "-32602"},
        {"error.message", "Invalid params"},
        {"error.data.0", "/distance: must be integer"},
        {"error.data.1.deep.0.1", "8"},
        {"error.data.1.deep.1", "9"},
        {"error.data.2", "true"},
        {"after", "null"},
    };
    struct fixture f;
    open_text(&f, answer);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_span(nvt_json_raw(&f.doc, find(&f, cases[i].path)), cases[i].raw);
    }
    assert_int_equal(find(&f, ""), 0);
    nvt_json_node below = 0;
    assert_int_equal(nvt_json_find(&f.doc, find(&f, "error"), "data.2", &below), NVT_OK);
    assert_span(nvt_json_raw(&f.doc, below), "true");
    fixture_free(&f);
}

static void test_find_what_is_not_there(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        nvt_err err;
    } cases[] = {
        {"nope", NVT_E_JSON_MISSING},
        {"i", NVT_E_JSON_MISSING},
        {"idd", NVT_E_JSON_MISSING},
        {"ID", NVT_E_JSON_MISSING},
        {"code", NVT_E_JSON_MISSING}, /* only deeper */
        {"error.id", NVT_E_JSON_MISSING},
        {"error.data.3", NVT_E_JSON_MISSING},
        {"error.data.x", NVT_E_JSON_MISSING},
        {"error.data.-1", NVT_E_JSON_MISSING},
        {"error.data.4294967296", NVT_E_JSON_MISSING},
        {"error.data.99999999999999999999", NVT_E_JSON_MISSING},
        {"error.data.", NVT_E_JSON_MISSING},
        {"a.b", NVT_E_JSON_MISSING}, /* a name with a point is for nvt_json_next */
        {"id.x", NVT_E_JSON_TYPE},
        {"id.", NVT_E_JSON_TYPE},
        {"error.message.0", NVT_E_JSON_TYPE},
        {"after.x", NVT_E_JSON_TYPE},
    };
    struct fixture f;
    open_text(&f, answer);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        nvt_json_node node = 12345;
        assert_int_equal(nvt_json_find(&f.doc, 0, cases[i].path, &node), cases[i].err);
        assert_int_equal(node, 12345);
    }
    nvt_json_node node = 12345;
    assert_int_equal(nvt_json_find(&f.doc, f.doc.count, "id", &node), NVT_E_JSON_MISSING);
    fixture_free(&f);
}

static void test_names_are_compared_unescaped(void **state)
{
    (void)state;
    struct fixture f;
    open_text(&f, "{\"a\\\\b\":1,\"\\u0061cc\\u0065ss\":2,\"\\uD83D\\uDE97x\":3,\"q\\\"\":4,"
                  "\"acces\\/\":5,\"\xC3\xA9t\\u00e9\":6,\"tab\\t\":7}");
    assert_span(nvt_json_raw(&f.doc, find(&f, "a\\b")), "1");
    assert_span(nvt_json_raw(&f.doc, find(&f, "access")), "2");
    assert_span(nvt_json_raw(&f.doc, find(&f, "\xF0\x9F\x9A\x97x")), "3");
    assert_span(nvt_json_raw(&f.doc, find(&f, "q\"")), "4");
    assert_span(nvt_json_raw(&f.doc, find(&f, "acces/")), "5");
    assert_span(nvt_json_raw(&f.doc, find(&f, "\xC3\xA9t\xC3\xA9")), "6");
    assert_span(nvt_json_raw(&f.doc, find(&f, "tab\t")), "7");
    static const char *const absent[] = {
        "a\\\\b", "\\u0061cc\\u0065ss", "acces", "access/", "accest", "tab\\t", "tab"};
    for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++) {
        nvt_json_node node = 0;
        assert_int_equal(nvt_json_find(&f.doc, 0, absent[i], &node), NVT_E_JSON_MISSING);
    }
    fixture_free(&f);
}

static void test_first_of_two_wins(void **state)
{
    (void)state;
    struct fixture f;
    open_text(&f, "{\"a\":1,\"a\":2}");
    assert_span(nvt_json_raw(&f.doc, find(&f, "a")), "1");
    assert_int_equal(nvt_json_unique(&f.doc), NVT_E_JSON_DUPLICATE);
    fixture_free(&f);
}

static void test_unique(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        nvt_err err;
    } cases[] = {
        {"{}", NVT_OK},
        {"1", NVT_OK},
        {"[\"a\",\"a\"]", NVT_OK},
        {"{\"a\":\"a\"}", NVT_OK},
        {"{\"a\":1,\"b\":{\"a\":1,\"b\":2},\"c\":[{\"a\":1},{\"a\":1}]}", NVT_OK},
        {"{\"a\":{\"x\":1},\"b\":2,\"a\":{\"x\":1}}", NVT_E_JSON_DUPLICATE},
        {"[[{\"x\":[{\"\":1,\"y\":[],\"\":2}]}]]", NVT_E_JSON_DUPLICATE},
        {"{\"a\":1,\"\\u0061\":2}", NVT_E_JSON_DUPLICATE},
        {"{\"\\u00e9\":1,\"\xC3\xA9\":2}", NVT_E_JSON_DUPLICATE},
        {"{\"\\n\":1,\"\\u000A\":2}", NVT_E_JSON_DUPLICATE},
        {"{\"\\n\":1,\"\\\\n\":2,\"n\":3}", NVT_OK},
        {"{\"a\":1,\"ab\":2,\"\":3,\"A\":4}", NVT_OK},
        {"{\"a\\u0062\":1,\"a\":2,\"abc\":3}", NVT_OK},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fixture f;
        open_text(&f, cases[i].text);
        assert_int_equal(nvt_json_unique(&f.doc), cases[i].err);
        fixture_free(&f);
    }
}

static void test_walk(void **state)
{
    (void)state;
    struct fixture f;
    struct nvt_json_iter it = {0};
    struct nvt_span name;
    nvt_json_node node = 0;
    open_text(&f, "{\"a\":[1,[2,3],{\"b\":4}],\"c\\n\":{},\"d\":\"x\"}");
    static const char *const names[] = {"a", "c\\n", "d"};
    static const char *const raws[] = {"[1,[2,3],{\"b\":4}]", "{}", "x"};
    for (size_t i = 0; i < 3U; i++) {
        assert_true(nvt_json_next(&f.doc, 0, &it, &name, &node));
        assert_span(name, names[i]);
        assert_span(nvt_json_raw(&f.doc, node), raws[i]);
    }
    assert_false(nvt_json_next(&f.doc, 0, &it, &name, &node));
    assert_false(nvt_json_next(&f.doc, 0, &it, &name, &node));

    static const char *const items[] = {"1", "[2,3]", "{\"b\":4}"};
    nvt_json_node list = find(&f, "a");
    assert_int_equal(nvt_json_size(&f.doc, list), 3);
    memset(&it, 0, sizeof it);
    for (size_t i = 0; i < 3U; i++) {
        assert_true(nvt_json_next(&f.doc, list, &it, &name, &node));
        assert_int_equal(name.len, 0);
        assert_span(nvt_json_raw(&f.doc, node), items[i]);
    }
    assert_false(nvt_json_next(&f.doc, list, &it, &name, &node));
    fixture_free(&f);
}

static void test_walk_of_what_holds_nothing(void **state)
{
    (void)state;
    struct fixture f;
    struct nvt_span name;
    nvt_json_node node = 0;
    open_text(&f, "[1,\"s\",{},[]]");
    for (nvt_json_node parent = 1; parent < 8; parent++) {
        struct nvt_json_iter it = {0};
        assert_false(nvt_json_next(&f.doc, parent, &it, &name, &node));
        assert_int_equal(nvt_json_size(&f.doc, parent), 0);
    }
    fixture_free(&f);
}

static void test_node_outside_is_null(void **state)
{
    (void)state;
    struct fixture f;
    bool yes = false;
    int64_t number = 0;
    struct nvt_span text;
    open_text(&f, "[1]");
    static const nvt_json_node outside[] = {2, 3, POOL, UINT32_MAX};
    for (size_t i = 0; i < 4U; i++) {
        assert_int_equal(nvt_json_type(&f.doc, outside[i]), NVT_JSON_NULL);
        assert_int_equal(nvt_json_raw(&f.doc, outside[i]).len, 0);
        assert_int_equal(nvt_json_get_bool(&f.doc, outside[i], &yes), NVT_E_JSON_TYPE);
        assert_int_equal(nvt_json_get_int(&f.doc, outside[i], 0, 9, &number), NVT_E_JSON_TYPE);
        assert_int_equal(nvt_json_get_dec(&f.doc, outside[i], 0, 0, 9, &number), NVT_E_JSON_TYPE);
        assert_int_equal(nvt_json_get_span(&f.doc, outside[i], &text), NVT_E_JSON_TYPE);
    }
    fixture_free(&f);
}

/* ---- getters ---- */

static void test_get_bool(void **state)
{
    (void)state;
    struct fixture f;
    bool value = false;
    open_text(&f, "[true,false,null,0,\"true\"]");
    assert_int_equal(nvt_json_get_bool(&f.doc, 1, &value), NVT_OK);
    assert_true(value);
    assert_int_equal(nvt_json_get_bool(&f.doc, 2, &value), NVT_OK);
    assert_false(value);
    for (nvt_json_node node = 3; node <= 5; node++) {
        assert_int_equal(nvt_json_get_bool(&f.doc, node, &value), NVT_E_JSON_TYPE);
    }
    assert_int_equal(nvt_json_get_bool(&f.doc, 0, &value), NVT_E_JSON_TYPE);
    fixture_free(&f);
}

struct number_case {
    const char *text;
    unsigned scale;
    int64_t min, max;
    nvt_err err;
    int64_t value;
};

static void run_number(const struct number_case *c, bool dec)
{
    struct fixture f;
    int64_t value = 424242;
    open_text(&f, c->text);
    nvt_err err = dec ? nvt_json_get_dec(&f.doc, 0, c->scale, c->min, c->max, &value)
                      : nvt_json_get_int(&f.doc, 0, c->min, c->max, &value);
    if (err != c->err || value != (c->err == NVT_OK ? c->value : 424242)) {
        fail_msg("%s: %s, %lld", c->text, nvt_err_name(err), (long long)value);
    }
    fixture_free(&f);
}

static void test_get_int(void **state)
{
    (void)state;
    static const struct number_case cases[] = {
        {"0", 0, 0, 0, NVT_OK, 0},
        {"-0", 0, 0, 0, NVT_OK, 0},
        {"42", 0, 0, 100, NVT_OK, 42},
        {"-42", 0, -42, -42, NVT_OK, -42},
        {"101", 0, 0, 100, NVT_E_RANGE, 0},
        {"-1", 0, 0, 100, NVT_E_RANGE, 0},
        {"9223372036854775807", 0, INT64_MIN, INT64_MAX, NVT_OK, INT64_MAX},
        {"-9223372036854775808", 0, INT64_MIN, INT64_MAX, NVT_OK, INT64_MIN},
        {"9223372036854775808", 0, INT64_MIN, INT64_MAX, NVT_E_RANGE, 0},
        {"-9223372036854775809", 0, INT64_MIN, INT64_MAX, NVT_E_RANGE, 0},
        {"18446744073709551616", 0, INT64_MIN, INT64_MAX, NVT_E_RANGE, 0},
        {"100000000000000000000000000000", 0, INT64_MIN, INT64_MAX, NVT_E_RANGE, 0},
        {"1.0", 0, 0, 9, NVT_E_JSON_TYPE, 0},
        {"1e0", 0, 0, 9, NVT_E_JSON_TYPE, 0},
        {"1E0", 0, 0, 9, NVT_E_JSON_TYPE, 0},
        {"100000000000000000000000.5", 0, 0, 9, NVT_E_JSON_TYPE, 0},
        {"\"1\"", 0, 0, 9, NVT_E_JSON_TYPE, 0},
        {"true", 0, 0, 9, NVT_E_JSON_TYPE, 0},
        {"null", 0, 0, 9, NVT_E_JSON_TYPE, 0},
        {"[1]", 0, 0, 9, NVT_E_JSON_TYPE, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        run_number(&cases[i], false);
    }
}

static void test_get_dec(void **state)
{
    (void)state;
    const int64_t lo = INT64_MIN;
    const int64_t hi = INT64_MAX;
    const struct number_case cases[] = {
        {"48.8566", 7, lo, hi, NVT_OK, 488566000},
        {"-2.3522219", 7, lo, hi, NVT_OK, -23522219},
        {"0", 7, lo, hi, NVT_OK, 0},
        {"-0.0", 7, lo, hi, NVT_OK, 0},
        {"1e-7", 7, lo, hi, NVT_OK, 1},
        {"4.88566e1", 7, lo, hi, NVT_OK, 488566000},
        {"488566E-4", 7, lo, hi, NVT_OK, 488566000},
        {"1.5e+2", 0, lo, hi, NVT_OK, 150},
        {"0.49999999999", 0, lo, hi, NVT_OK, 0},
        {"0.5", 0, lo, hi, NVT_OK, 1},
        {"-0.5", 0, lo, hi, NVT_OK, -1},
        {"1.4999", 0, lo, hi, NVT_OK, 1},
        {"-1.5", 0, lo, hi, NVT_OK, -2},
        {"0.05", 0, lo, hi, NVT_OK, 0},
        {"9.5", 0, lo, hi, NVT_OK, 10},
        {"5e-1", 0, lo, hi, NVT_OK, 1},
        {"5e-2", 0, lo, hi, NVT_OK, 0},
        {"99e-2", 0, lo, hi, NVT_OK, 1},
        {"0e99999999999999999999999999", 0, lo, hi, NVT_OK, 0},
        {"0.000e9999", 18, lo, hi, NVT_OK, 0},
        {"1e-99999999999999999999999999", 18, lo, hi, NVT_OK, 0},
        {"1e99999999999999999999999999", 0, lo, hi, NVT_E_RANGE, 0},
        {"1e19", 0, lo, hi, NVT_E_RANGE, 0},
        {"1e18", 0, lo, hi, NVT_OK, 1000000000000000000},
        {"1", 18, lo, hi, NVT_OK, 1000000000000000000},
        {"10", 18, lo, hi, NVT_E_RANGE, 0},
        {"0.00000000000000000000000000000001e32", 0, lo, hi, NVT_OK, 1},
        {"100000000000000000000000000000000e-32", 0, lo, hi, NVT_OK, 1},
        {"9223372036854775807", 0, lo, hi, NVT_OK, INT64_MAX},
        {"9223372036854775807.4", 0, lo, hi, NVT_OK, INT64_MAX},
        {"9223372036854775807.5", 0, lo, hi, NVT_E_RANGE, 0},
        {"-9223372036854775808.4", 0, lo, hi, NVT_OK, INT64_MIN},
        {"-9223372036854775808.5", 0, lo, hi, NVT_E_RANGE, 0},
        {"922337203685477580.7", 1, lo, hi, NVT_OK, INT64_MAX},
        {"18446744073709551615", 0, lo, hi, NVT_E_RANGE, 0},
        {"18446744073709551616.0", 0, lo, hi, NVT_E_RANGE, 0},
        {"90.0000001", 7, -900000000, 900000000, NVT_E_RANGE, 0},
        {"90", 7, -900000000, 900000000, NVT_OK, 900000000},
        {"1", 19, lo, hi, NVT_E_ARG, 0},
        {"\"1\"", 0, lo, hi, NVT_E_JSON_TYPE, 0},
        {"{}", 0, lo, hi, NVT_E_JSON_TYPE, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        run_number(&cases[i], true);
    }
}

static void test_get_str(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *plain;
        size_t len;
        bool escaped;
    } cases[] = {
        {"\"\"", "", 0, false},
        {"\"plain\"", "plain", 5, false},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t", 8, true},
        {"\"\\u0000\"", "\0", 1, true},
        {"\"a\\u00E9b\\u20acc\"",
         "a\xC3\xA9"
         "b\xE2\x82\xAC"
         "c",
         8, true},
        {"\"\\uD83D\\ude97!\"", "\xF0\x9F\x9A\x97!", 5, true},
        {"\"\\uDBFF\\uDFFF\"", "\xF4\x8F\xBF\xBF", 4, true},
        {"\"\xC3\xA9\"", "\xC3\xA9", 2, false},
        {"\"\\\\u0041\"", "\\u0041", 6, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fixture f;
        struct nvt_span view = {NULL, 0};
        uint8_t mem[16];
        open_text(&f, cases[i].text);
        for (size_t cap = 0; cap <= cases[i].len; cap++) {
            struct nvt_buf out;
            nvt_buf_init(&out, mem, cap);
            nvt_err err = nvt_json_get_str(&f.doc, 0, &out);
            assert_int_equal(err, cap < cases[i].len ? NVT_E_SPACE : NVT_OK);
            assert_int_equal(out.len, cap < cases[i].len ? 0 : cap);
            assert_memory_equal(mem, cases[i].plain, out.len);
        }
        nvt_err err = nvt_json_get_span(&f.doc, 0, &view);
        assert_int_equal(err, cases[i].escaped ? NVT_E_JSON_ESCAPE : NVT_OK);
        if (!cases[i].escaped) {
            assert_span(view, cases[i].plain);
        }
        fixture_free(&f);
    }
}

static void test_get_text_is_a_c_string_or_none(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        nvt_err err;
        const char *text;
    } rows[] = {
        {"\"abc\"", NVT_OK, "abc"},
        {"\"\"", NVT_OK, ""},
        {"\"\\u0061b\"", NVT_OK, "ab"},
        {"\"abcd\"", NVT_E_SPACE, ""},
        {"7", NVT_E_JSON_TYPE, ""},
        {"\"\\u0000\"", NVT_E_JSON_ESCAPE, ""},
        {"\"a\\u0000b\"", NVT_E_JSON_ESCAPE, ""},
        {"\"ab\\u0000\"", NVT_E_JSON_ESCAPE, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct nvt_json_tok pool[2];
        struct nvt_json doc;
        char out[4] = "xyz";
        assert_int_equal(nvt_json_parse(&doc, nvt_span_str(rows[i].json), pool, 2U), NVT_OK);
        assert_int_equal(nvt_json_get_text(&doc, 0, out, sizeof out), rows[i].err);
        assert_string_equal(out, rows[i].text);
    }
}

static void test_get_str_appends_whole_or_not_at_all(void **state)
{
    (void)state;
    struct fixture f;
    uint8_t mem[8] = "ab";
    struct nvt_buf out;
    open_text(&f, "[\"cd\\nef\",\"x\",1]");
    nvt_buf_init(&out, mem, 6);
    nvt_buf_put(&out, NVT_LIT("ab"));
    assert_int_equal(nvt_json_get_str(&f.doc, 3, &out), NVT_E_JSON_TYPE);
    assert_int_equal(nvt_json_get_str(&f.doc, 2, &out), NVT_OK);
    assert_span(nvt_buf_span(&out), "abx");
    assert_int_equal(nvt_json_get_str(&f.doc, 1, &out), NVT_E_SPACE);
    assert_span(nvt_buf_span(&out), "abx");
    assert_int_equal(nvt_json_get_str(&f.doc, 2, &out), NVT_E_SPACE); /* the overflow sticks */
    fixture_free(&f);
}

static void test_pieces(void **state)
{
    (void)state;
    struct nvt_span raw = NVT_LIT("ab\\/c\\uD83D\\uDE97\\n");
    static const char *const want[] = {"ab", "/", "c", "\xF0\x9F\x9A\x97", "\n"};
    uint8_t mem[4];
    for (size_t i = 0; i < 5U; i++) {
        assert_span(nvt_json_str_piece(&raw, mem), want[i]);
    }
    assert_int_equal(raw.len, 0);
    assert_int_equal(nvt_json_str_piece(&raw, mem).len, 0);
}

/* Pieces of text that was never checked end all the same. */
static void test_pieces_of_unchecked_text(void **state)
{
    (void)state;
    static const char *const texts[] = {"\\",        "\\u",     "\\u12", "\\uD83D",
                                        "\\uD83Dxx", "\\uZZZZ", "a\\x\\"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct nvt_span copy = exact_copy(nvt_span_str(texts[i]));
        struct nvt_span raw = copy;
        uint8_t mem[4];
        for (size_t n = 0; n < 20U && raw.len > 0U; n++) {
            assert_true(nvt_json_str_piece(&raw, mem).len > 0U);
        }
        assert_int_equal(raw.len, 0);
        exact_free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_top_level_of_each_type),
        cmocka_unit_test(test_refused_text_is_an_empty_document),
        cmocka_unit_test(test_pool_of_each_size),
        cmocka_unit_test(test_text_beyond_int_is_refused),
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_find_what_is_not_there),
        cmocka_unit_test(test_names_are_compared_unescaped),
        cmocka_unit_test(test_first_of_two_wins),
        cmocka_unit_test(test_unique),
        cmocka_unit_test(test_walk),
        cmocka_unit_test(test_walk_of_what_holds_nothing),
        cmocka_unit_test(test_node_outside_is_null),
        cmocka_unit_test(test_get_bool),
        cmocka_unit_test(test_get_int),
        cmocka_unit_test(test_get_dec),
        cmocka_unit_test(test_get_str),
        cmocka_unit_test(test_get_text_is_a_c_string_or_none),
        cmocka_unit_test(test_get_str_appends_whole_or_not_at_all),
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_pieces_of_unchecked_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
