/* SPDX-License-Identifier: Apache-2.0 */
/* The walk along tables of members: each kind and flag, on structs and on finished JSON. */
#include "../../src/api/shape.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>

#include <cmocka.h>

/* ---- a table with everything ---- */

struct leg {
    struct nvt_span note;
    uint32_t grams;
};

struct thing {
    struct nvt_span name, code, phone, mode, extra;
    struct nvt_span place;
    const struct leg *place_leg;
    const struct leg *legs;
    size_t leg_count;
    struct leg inner;
    int64_t time_s;
    int32_t position[2];
    int32_t shift;
    int32_t height_e7;
    uint32_t count;
    uint8_t small;
    char letter;
    enum nvt_field_bool flag;
    enum nvt_field_bool maybe;
};

struct adjacent {
    NVT_FIELD_ADJACENT(thing, legs, leg_count);
};

#define LEG(member) NVT_FIELD_AT(leg, member)
static const struct nvt_field leg_rows[] = {
    {"note", {NULL}, 4U, LEG(note), NVT_FIELD_TEXT, NVT_FIELD_REQUIRED},
    {"grams", {NULL}, 1000U, LEG(grams), NVT_FIELD_U32, NVT_FIELD_FROM_1},
};
static const struct nvt_shape leg = {NVT_SHAPE_ROWS(leg_rows), false, sizeof(struct leg), 0U, 0U};

#define AT(member) NVT_FIELD_AT(thing, member)
static const struct nvt_field rows[] = {
    {"name", {NULL}, 5U, AT(name), NVT_FIELD_TEXT, NVT_FIELD_MAY_BE_EMPTY | NVT_FIELD_REQUIRED},
    {"code", {.words = "09af"}, 4U, AT(code), NVT_FIELD_CHARS, NVT_FIELD_EXACT},
    {"phone", {NULL}, 0U, AT(phone), NVT_FIELD_PHONE, 0U},
    {"mode", {.words = "bike|foot"}, 0U, AT(mode), NVT_FIELD_CHOICE, 0U},
    {"extra", {NULL}, 0U, AT(extra), NVT_FIELD_ANY, 0U},
    {"place", {NULL}, NVT_FIELD_NO_MAX, AT(place), NVT_FIELD_TEXT, NVT_FIELD_OR},
    {"place", {&leg}, 0U, AT(place_leg), NVT_FIELD_LINK, 0U},
    {"legs", {&leg}, 2U, AT(legs), NVT_FIELD_LIST, 0U},
    {"inner", {&leg}, 0U, AT(inner), NVT_FIELD_OBJECT, 0U},
    {"when", {NULL}, 0U, AT(time_s), NVT_FIELD_TIME, NVT_FIELD_OR | NVT_FIELD_STRUCT_ONLY},
    {"when", {NULL}, 20U, 0U, NVT_FIELD_TEXT, NVT_FIELD_JSON_ONLY},
    {"position", {NULL}, 0U, AT(position), NVT_FIELD_PAIR, 0U},
    {"shift", {NULL}, 100U, AT(shift), NVT_FIELD_S32, 0U},
    {"height", {NULL}, 90U, AT(height_e7), NVT_FIELD_DEGREE, 0U},
    {"count", {NULL}, 4000000000U, AT(count), NVT_FIELD_U32, 0U},
    {"small", {NULL}, 200U, AT(small), NVT_FIELD_U8, 0U},
    {"letter", {.words = "ACxz"}, 0U, AT(letter), NVT_FIELD_LETTER, 0U},
    {"flag", {NULL}, 0U, AT(flag), NVT_FIELD_BOOL, 0U},
    {"maybe", {NULL}, 0U, AT(maybe), NVT_FIELD_BOOL, NVT_FIELD_NULLABLE},
    {"none", {NULL}, 0U, 0U, NVT_FIELD_LIST, NVT_FIELD_REQUIRED},
    {"kind", {.words = "T"}, 0U, 0U, NVT_FIELD_CONST, NVT_FIELD_REQUIRED},
};
/* Without legs (row 7), code and mode (rows 1 and 3) are needed. */
static const struct nvt_shape shape = {NVT_SHAPE_ROWS(rows), false, 0U, 1U << 7, 10U};
static const struct nvt_shape open_shape = {NVT_SHAPE_ROWS(leg_rows), true, 0U, 0U, 0U};

#define LEAST "{\"name\":\"\",\"code\":\"00ff\",\"mode\":\"foot\",\"none\":[],\"kind\":\"T\"}"

static const struct leg two_legs[3] = {
    {{(const uint8_t *)"a", 1U}, 7U}, {{(const uint8_t *)"b", 1U}, 0U}, {{NULL, 0U}, 0U}};

static void fill(struct thing *t)
{
    (void)memset(t, 0, sizeof *t);
    t->code = NVT_LIT("00ff");
    t->mode = NVT_LIT("foot");
}

static void writes(const struct thing *t, const char *json)
{
    char text[512];
    struct nvt_failure failure;
    struct nvt_buf b;
    nvt_buf_init(&b, text, sizeof text - 1U);
    nvt_err err = nvt_shape_write(&shape, t, &b, &failure);
    text[b.len] = '\0';
    assert_string_equal(text, json);
    assert_int_equal(err, NVT_OK);
    assert_int_equal(failure.err, NVT_OK);
    assert_int_equal(nvt_shape_check(&shape, t, NULL), NVT_OK);
}

static void refuses(const struct thing *t, nvt_err err, const char *field)
{
    struct nvt_failure failure;
    (void)memset(&failure, 0x5A, sizeof failure);
    assert_string_equal(nvt_err_name(nvt_shape_check(&shape, t, &failure)), nvt_err_name(err));
    assert_string_equal(failure.field, field);
    assert_int_equal(failure.err, err);
    assert_int_equal(failure.detail, 0);
}

static nvt_err check_json(const struct nvt_shape *s, const char *json, struct nvt_failure *failure)
{
    struct nvt_json doc;
    struct nvt_json_tok pool[64];
    size_t len = strlen(json);
    char *copy = (char *)malloc(len);
    assert_non_null(copy);
    (void)memcpy(copy, json, len);
    (void)memset(failure, 0x5A, sizeof *failure);
    nvt_err err = nvt_shape_parse(&doc, nvt_span_of(copy, len), pool, 64U, failure);
    if (err == NVT_OK) {
        err = nvt_shape_json(s, &doc, failure);
        assert_int_equal(nvt_shape_json(s, &doc, NULL), err);
    }
    assert_int_equal(failure->err, err);
    free(copy);
    return err;
}

/* The least text with members added at its end. */
static void json_says(const char *members, nvt_err err, const char *field)
{
    char json[512];
    struct nvt_failure failure;
    size_t least = sizeof(LEAST) - 2U;
    (void)memcpy(json, LEAST, least);
    json[least] = ',';
    (void)memcpy(json + least + 1U, members, strlen(members) + 1U);
    (void)memcpy(json + least + 1U + strlen(members), "}", 2U);
    nvt_err got = check_json(&shape, json, &failure);
    if (got != err || strcmp(failure.field, field) != 0) {
        fail_msg("%s: %s at %s, not %s at %s", members, nvt_err_name(got), failure.field,
                 nvt_err_name(err), field);
    }
}

/* ---- structs ---- */

static void test_least(void **state)
{
    struct thing t;
    struct nvt_failure failure;
    (void)state;
    fill(&t);
    writes(&t, LEAST);
    assert_int_equal(check_json(&shape, LEAST, &failure), NVT_OK);
}

static void test_most(void **state)
{
    struct thing t;
    (void)state;
    fill(&t);
    t.name = NVT_LIT("\xC3\xA9t\xC3\xA9 \"");
    t.phone = NVT_LIT("+33601020304");
    t.extra = NVT_LIT("{\"a\": [1, null]}");
    t.place = NVT_LIT("/api/addresses/2");
    t.legs = two_legs;
    t.leg_count = 2U;
    t.inner = two_legs[0];
    t.time_s = 1748865600;
    t.position[0] = 488566140;
    t.position[1] = -23522220;
    t.shift = -100;
    t.height_e7 = 9;
    t.count = 4000000000U;
    t.small = 200U;
    t.letter = 'z';
    t.flag = NVT_FIELD_NO;
    t.maybe = NVT_FIELD_NULL;
    writes(&t, "{\"name\":\"\xC3\xA9t\xC3\xA9 \\\"\",\"code\":\"00ff\",\"phone\":\"+33601020304\","
               "\"mode\":\"foot\",\"extra\":{\"a\": [1, null]},\"place\":\"/api/addresses/2\","
               "\"legs\":[{\"note\":\"a\",\"grams\":7},{\"note\":\"b\"}],"
               "\"inner\":{\"note\":\"a\",\"grams\":7},\"when\":\"2025-06-02T12:00:00Z\","
               "\"position\":[48.856614,-2.352222],\"shift\":-100,\"height\":0,"
               "\"count\":4000000000,\"small\":200,\"letter\":\"z\",\"flag\":false,"
               "\"maybe\":null,\"none\":[],\"kind\":\"T\"}");
}

static void test_linked(void **state)
{
    struct thing t;
    struct leg bad = {NVT_LIT("a"), 1001U};
    (void)state;
    fill(&t);
    t.place_leg = &two_legs[0];
    writes(&t, "{\"name\":\"\",\"code\":\"00ff\",\"mode\":\"foot\","
               "\"place\":{\"note\":\"a\",\"grams\":7},\"none\":[],\"kind\":\"T\"}");
    t.place_leg = &bad;
    refuses(&t, NVT_E_FIELD_RANGE, "place.grams");
    t.place_leg = &two_legs[2];
    refuses(&t, NVT_E_FIELD_MISSING, "place.note");
    t.place = NVT_LIT("both");
    refuses(&t, NVT_E_FIELD_BOTH, "place");
}

static void test_needed(void **state)
{
    struct thing t;
    (void)state;
    fill(&t);
    t.mode.len = 0;
    refuses(&t, NVT_E_FIELD_MISSING, "mode");
    t.legs = two_legs;
    t.leg_count = 2U;
    assert_int_equal(nvt_shape_check(&shape, &t, NULL), NVT_OK);
    t.code.len = 0;
    assert_int_equal(nvt_shape_check(&shape, &t, NULL), NVT_OK);
    t.leg_count = 0U;
    refuses(&t, NVT_E_FIELD_MISSING, "code");
}

#define REFUSES(member, value, err, field)                                                         \
    do {                                                                                           \
        struct thing t;                                                                            \
        fill(&t);                                                                                  \
        t.member = value;                                                                          \
        refuses(&t, err, field);                                                                   \
    } while (0)
#define TAKES(member, value)                                                                       \
    do {                                                                                           \
        struct thing t;                                                                            \
        fill(&t);                                                                                  \
        t.member = value;                                                                          \
        refuses(&t, NVT_OK, "");                                                                   \
    } while (0)

static void test_struct_bounds(void **state)
{
    (void)state;
    TAKES(name, NVT_LIT("12345"));
    REFUSES(name, NVT_LIT("123456"), NVT_E_FIELD_LENGTH, "name");
    REFUSES(name, NVT_LIT("\xFF"), NVT_E_UTF8, "name");
    REFUSES(code, NVT_LIT("00f"), NVT_E_FIELD_LENGTH, "code");
    REFUSES(code, NVT_LIT("00fff"), NVT_E_FIELD_LENGTH, "code");
    REFUSES(code, NVT_LIT("00fF"), NVT_E_FIELD_FORMAT, "code");
    TAKES(phone, NVT_LIT("+123456789"));
    REFUSES(phone, NVT_LIT("+12345678"), NVT_E_FIELD_PHONE, "phone");
    TAKES(phone, NVT_LIT("+123456789012345"));
    REFUSES(phone, NVT_LIT("+1234567890123456"), NVT_E_FIELD_PHONE, "phone");
    REFUSES(phone, NVT_LIT("+023456789"), NVT_E_FIELD_PHONE, "phone");
    TAKES(mode, NVT_LIT("bike"));
    REFUSES(mode, NVT_LIT("bik"), NVT_E_FIELD_FORMAT, "mode");
    REFUSES(mode, NVT_LIT("bike|foot"), NVT_E_FIELD_FORMAT, "mode");
    REFUSES(extra, NVT_LIT("{"), NVT_E_JSON_END, "extra");
    TAKES(time_s, 253402300799);
    REFUSES(time_s, 253402300800, NVT_E_FIELD_RANGE, "when");
    REFUSES(time_s, -1, NVT_E_FIELD_RANGE, "when");
    TAKES(position[0], -900000000);
    REFUSES(position[0], 900000001, NVT_E_FIELD_RANGE, "position");
    TAKES(position[1], 1800000000);
    REFUSES(position[1], -1800000001, NVT_E_FIELD_RANGE, "position");
    TAKES(shift, 100);
    REFUSES(shift, 101, NVT_E_FIELD_RANGE, "shift");
    REFUSES(shift, -101, NVT_E_FIELD_RANGE, "shift");
    REFUSES(height_e7, -900000001, NVT_E_FIELD_RANGE, "height");
    REFUSES(count, 4000000001U, NVT_E_FIELD_RANGE, "count");
    REFUSES(small, 201U, NVT_E_FIELD_RANGE, "small");
    TAKES(letter, 'x');
    REFUSES(letter, 'D', NVT_E_FIELD_FORMAT, "letter");
    TAKES(flag, NVT_FIELD_YES);
    REFUSES(flag, NVT_FIELD_NULL, NVT_E_FIELD_RANGE, "flag");
    TAKES(maybe, NVT_FIELD_YES);
}

static void test_lists(void **state)
{
    struct thing t;
    (void)state;
    fill(&t);
    t.leg_count = 1U;
    refuses(&t, NVT_E_ARG, "legs");
    t.legs = two_legs;
    t.leg_count = 3U;
    refuses(&t, NVT_E_FIELD_COUNT, "legs");
    t.legs = two_legs + 1;
    t.leg_count = 2U;
    refuses(&t, NVT_E_FIELD_MISSING, "legs[1].note");
}

static void test_space(void **state)
{
    struct thing t;
    struct nvt_failure failure;
    struct nvt_buf b;
    (void)state;
    fill(&t);
    for (size_t cap = 0; cap < sizeof(LEAST) - 1U; cap++) {
        uint8_t *text = (uint8_t *)malloc(cap + 1U);
        assert_non_null(text);
        nvt_buf_init(&b, text, cap);
        assert_int_equal(nvt_shape_write(&shape, &t, &b, &failure), NVT_E_SPACE);
        assert_int_equal(failure.err, NVT_E_SPACE);
        free(text);
    }
}

/* ---- JSON ---- */

static void test_json_texts(void **state)
{
    (void)state;
    json_says("\"phone\":\"+33601020304\"", NVT_OK, "");
    json_says("\"phone\":\"+3360102\"", NVT_E_FIELD_PHONE, "phone");
    json_says("\"phone\":null", NVT_E_FIELD_TYPE, "phone");
    json_says("\"letter\":\"B\"", NVT_OK, "");
    json_says("\"letter\":\"y\"", NVT_OK, "");
    json_says("\"letter\":\"Bx\"", NVT_E_FIELD_FORMAT, "letter");
    json_says("\"mode\":\"foot\"", NVT_E_JSON_DUPLICATE, "mode");
    json_says("\"when\":\"tomorrow 13:00\"", NVT_OK, "");
    json_says("\"when\":\"2025-06-02T12:00:00Z\"", NVT_OK, "");
    json_says("\"when\":\"2025-06-02T12:00:00Z+\"", NVT_E_FIELD_LENGTH, "when");
    json_says("\"when\":12", NVT_E_FIELD_TYPE, "when");
    json_says("\"other\":12", NVT_E_FIELD_UNKNOWN, "other");
}

static void test_json_kinds(void **state)
{
    (void)state;
    json_says("\"shift\":-100", NVT_OK, "");
    json_says("\"shift\":-101", NVT_E_FIELD_RANGE, "shift");
    json_says("\"shift\":1.5", NVT_E_FIELD_TYPE, "shift");
    json_says("\"count\":4000000000", NVT_OK, "");
    json_says("\"count\":4000000001", NVT_E_FIELD_RANGE, "count");
    json_says("\"count\":-1", NVT_E_FIELD_RANGE, "count");
    json_says("\"flag\":true", NVT_OK, "");
    json_says("\"flag\":null", NVT_E_FIELD_TYPE, "flag");
    json_says("\"maybe\":null", NVT_OK, "");
    json_says("\"maybe\":0", NVT_E_FIELD_TYPE, "maybe");
    json_says("\"extra\":[1,{\"a\":2}]", NVT_OK, "");
    json_says("\"extra\":{\"a\":1,\"\\u0061\":2}", NVT_E_JSON_DUPLICATE, "extra");
    json_says("\"none\":[]", NVT_E_JSON_DUPLICATE, "none");
}

static void test_json_pair(void **state)
{
    (void)state;
    json_says("\"position\":[48.85,2.35]", NVT_OK, "");
    json_says("\"position\":[90,180]", NVT_OK, "");
    json_says("\"position\":[-90,-180]", NVT_OK, "");
    json_says("\"position\":[90.01,2.35]", NVT_E_FIELD_RANGE, "position");
    json_says("\"position\":[2.35,-180.01]", NVT_E_FIELD_RANGE, "position");
    json_says("\"position\":[1]", NVT_E_FIELD_COUNT, "position");
    json_says("\"position\":[1,2,3]", NVT_E_FIELD_COUNT, "position");
    json_says("\"position\":[1,\"2\"]", NVT_E_FIELD_TYPE, "position");
    json_says("\"position\":[1e1,2]", NVT_OK, ""); /* nobody prints these again */
    json_says("\"position\":{\"a\":1,\"b\":2}", NVT_E_FIELD_TYPE, "position");
}

static void test_json_nested(void **state)
{
    (void)state;
    json_says("\"place\":\"x\"", NVT_OK, "");
    json_says("\"place\":\"\"", NVT_E_FIELD_LENGTH, "place");
    json_says("\"place\":{\"note\":\"n\"}", NVT_OK, "");
    json_says("\"place\":{\"note\":\"n\",\"grams\":0}", NVT_E_FIELD_RANGE, "place.grams");
    json_says("\"place\":{}", NVT_E_FIELD_MISSING, "place.note");
    json_says("\"place\":[]", NVT_E_FIELD_TYPE, "place");
    json_says("\"place\":\"x\",\"place\":{\"note\":\"n\"}", NVT_E_JSON_DUPLICATE, "place");
    json_says("\"legs\":[{\"note\":\"n\"},{\"note\":\"n\"}]", NVT_OK, "");
    json_says("\"legs\":[{\"note\":\"n\"},{\"note\":\"12345\"}]", NVT_E_FIELD_LENGTH,
              "legs[1].note");
    json_says("\"legs\":[{},{},{}]", NVT_E_FIELD_COUNT, "legs");
    json_says("\"legs\":[1]", NVT_E_FIELD_TYPE, "legs[0]");
    json_says("\"inner\":{\"note\":\"n\",\"more\":1}", NVT_E_FIELD_UNKNOWN, "inner.more");
}

static void test_json_needed(void **state)
{
    struct nvt_failure failure;
    (void)state;
    assert_int_equal(check_json(&shape,
                                "{\"name\":\"\",\"none\":[],\"kind\":\"T\",\"code\":\"0000\"}",
                                &failure),
                     NVT_E_FIELD_MISSING);
    assert_string_equal(failure.field, "mode");
    assert_int_equal(
        check_json(&shape, "{\"name\":\"\",\"none\":[],\"kind\":\"T\",\"legs\":[]}", &failure),
        NVT_OK);
    assert_int_equal(
        check_json(&shape, "{\"name\":\"\",\"none\":[1],\"kind\":\"T\",\"legs\":[]}", &failure),
        NVT_E_FIELD_COUNT);
    assert_int_equal(
        check_json(&shape, "{\"name\":\"\",\"none\":[],\"kind\":\"U\",\"legs\":[]}", &failure),
        NVT_E_FIELD_FORMAT);
    assert_int_equal(check_json(&shape, "[]", &failure), NVT_E_FIELD_TYPE);
    assert_string_equal(failure.field, "");
    assert_int_equal(check_json(&shape, "{\"name\":\"\",]", &failure), NVT_E_JSON_SYNTAX);
    assert_int_equal(failure.detail, 11);
}

static void test_json_open(void **state)
{
    struct nvt_failure failure;
    (void)state;
    assert_int_equal(check_json(&open_shape, "{\"note\":\"a\",\"x\":{\"y\":1}}", &failure), NVT_OK);
    assert_int_equal(check_json(&open_shape, "{\"x\":1,\"note\":\"a\",\"x\":2}", &failure),
                     NVT_E_JSON_DUPLICATE);
    assert_string_equal(failure.field, "x");
    assert_int_equal(check_json(&open_shape, "{\"\":1,\"note\":\"a\",\"\":2}", &failure),
                     NVT_E_JSON_DUPLICATE);
    assert_int_equal(check_json(&open_shape, "{\"x\":1}", &failure), NVT_E_FIELD_MISSING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_least),         cmocka_unit_test(test_most),
        cmocka_unit_test(test_linked),        cmocka_unit_test(test_needed),
        cmocka_unit_test(test_struct_bounds), cmocka_unit_test(test_lists),
        cmocka_unit_test(test_space),         cmocka_unit_test(test_json_texts),
        cmocka_unit_test(test_json_kinds),    cmocka_unit_test(test_json_pair),
        cmocka_unit_test(test_json_nested),   cmocka_unit_test(test_json_needed),
        cmocka_unit_test(test_json_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
