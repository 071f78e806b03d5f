/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the registry's database refuses though its schema does not, phone numbers of France and its
 * overseas territories, and the forms that its validator demands: in structs and in JSON alike.
 */
#include "rpc_changes.h"

/* ---- both forms ---- */

static void expect_struct(const struct sample *s, nvt_err err, const char *field,
                          const char *bounds)
{
    struct nvt_failure failure;
    (void)memset(&failure, 0x5A, sizeof failure);
    assert_string_equal(nvt_err_name(nvt_rpc_journey_check(&s->j, NVT_RPC_V3, 0, &failure)),
                        nvt_err_name(err));
    assert_int_equal(failure.err, err);
    assert_string_equal(failure.field, field);
    assert_string_equal(failure.message, bounds);
}

static void expect_json(const char *old, unsigned nth, const char *new, nvt_err err,
                        const char *field, const char *bounds)
{
    struct nvt_failure failure;
    char *text = changed(old, nth, new);
    struct nvt_span json = exact(text, strlen(text));
    if (check(json, 0, &failure) != err || strcmp(failure.field, field) != 0 ||
        strcmp(failure.message, bounds) != 0) {
        fail_msg("%s -> %s: %s at %s (%s)", old, new, nvt_err_name(failure.err), failure.field,
                 failure.message);
    }
    exact_free(json);
    free(text);
}

/* ---- widths of columns ---- */

struct column {
    const char *old;
    size_t member; /* of struct nvt_rpc_journey */
    size_t max;
    const char *field;
    const char *bounds;
};

#define MEMBER(m) offsetof(struct nvt_rpc_journey, m)
static const struct column columns[] = {
    {"AA-123-BB", MEMBER(licence_plate), 32, "licence_plate", "1 to 32"},
    {"N-9", MEMBER(passenger.travel_pass_user_id), 128, "passenger.identity.travel_pass.user_id",
     "1 to 128"},
    {"U-1", MEMBER(driver.operator_user_id), 256, "driver.identity.operator_user_id", "1 to 256"},
};

static void fill(const struct column *c, const char *unit, size_t count, nvt_err err)
{
    struct sample s;
    char *value = repeated(unit, count);
    const struct nvt_span span = nvt_span_str(value);
    sample_init(&s);
    (void)memcpy((uint8_t *)&s.j + c->member, &span, sizeof span);
    const char *bounds = err == NVT_E_FIELD_LENGTH ? c->bounds : "";
    expect_struct(&s, err, err == NVT_OK ? "" : c->field, bounds);
    expect_json(c->old, 0, value, err, err == NVT_OK ? "" : c->field, bounds);
    free(value);
}

static void test_columns(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        const struct column *c = &columns[i];
        fill(c, "x", c->max, NVT_OK);
        fill(c, "x", c->max + 1U, NVT_E_FIELD_LENGTH);
        fill(c, "\xF0\x9F\x9A\x97", c->max, NVT_OK);
        fill(c, "\xF0\x9F\x9A\x97", c->max + 1U, NVT_E_FIELD_LENGTH);
        fill(c, "<", c->max / 4U, NVT_OK); /* "&lt;" there */
        fill(c, ">", c->max / 4U + 1U, NVT_E_FIELD_LENGTH);
    }
    expect_json("AA-123-BB", 0, "\\u003c\\u003c\\u003c\\u003c\\u003c\\u003c\\u003c\\u003c\\u003e",
                NVT_E_FIELD_LENGTH, "licence_plate", "1 to 32");
}

static void test_key(void **state)
{
    struct sample s;
    (void)state;
    sample_init(&s);
    s.j.operator_journey_id = NVT_LIT("a<b");
    expect_struct(&s, NVT_E_FIELD_FORMAT, "operator_journey_id", "");
    s.j.operator_journey_id = NVT_LIT("a&b\"'/\\");
    expect_struct(&s, NVT_OK, "", "");
    expect_json("J-1", 0, "a\\u003eb", NVT_E_FIELD_FORMAT, "operator_journey_id", "");
    expect_json("J-1", 0, "a&b", NVT_OK, "", "");
    expect_json("T-1", 0, "a<b", NVT_OK, "", "");
}

/* ---- U+0000 ---- */

static void test_nul(void **state)
{
    static const struct change c[] = {
        {"J-1", 0, "\\u0000", NVT_E_FIELD_NUL, "operator_journey_id"},
        {"T-1", 0, "a\\u0000", NVT_E_FIELD_NUL, "operator_trip_id"},
        {"AA-123-BB", 0, "\\\\\\u0000", NVT_E_FIELD_NUL, "licence_plate"},
        {"AA-123-BB", 0, "\\\\u0000", NVT_OK, ""},
        {"U-1", 0, "\\u0000x", NVT_E_FIELD_NUL, "driver.identity.operator_user_id"},
        {"N-9", 0, "\\u0000", NVT_E_FIELD_NUL, "passenger.identity.travel_pass.user_id"},
        {"card", 0, "c\\u0000rd", NVT_E_FIELD_NUL, "passenger.payments[0].type"},
        {"\"distance\"", 0, "\"incentive_counterparts\":[{\"a\":\"\\u0000\"}],\"distance\"",
         NVT_E_FIELD_NUL, "incentive_counterparts"},
        {"\"distance\"", 0, "\"incentive_counterparts\":{\"\\u0000\":1},\"distance\"",
         NVT_E_FIELD_NUL, "incentive_counterparts"},
        {"\"distance\"", 0, "\"incentive_counterparts\":[\"\\\\u0000\"],\"distance\"", NVT_OK, ""},
        {"{\"phone_trunc\"", 0, "{\"firstname\":\"\\u0000\",\"phone_trunc\"", NVT_E_FIELD_NUL,
         "driver.identity.firstname"},
        {"11000101300017", 0, "1100010130001\\u0000", NVT_E_FIELD_FORMAT, "incentives[0].siret"},
        {"navigo", 0, "navigo\\u0000", NVT_E_FIELD_FORMAT, "passenger.identity.travel_pass.name"},
        {"+336010203\"", 0, "+336010203\\u0000\"", NVT_E_FIELD_PHONE,
         "driver.identity.phone_trunc"},
        {"2025-06-02T12:00:00Z", 0, "2025-06-02T12:00:00Z\\u0000", NVT_E_FIELD_FORMAT,
         "start.datetime"},
    };
    struct sample s;
    (void)state;
    EXPECT_CHANGES(c);
    sample_init(&s);
    s.j.operator_trip_id = nvt_span_of("T\0", 2U);
    expect_struct(&s, NVT_E_FIELD_NUL, "operator_trip_id", "");
    sample_init(&s);
    s.payment[0].type = nvt_span_of("\0", 1U);
    expect_struct(&s, NVT_E_FIELD_NUL, "passenger.payments[0].type", "");
}

/* ---- the index of incentives ---- */

static void test_index(void **state)
{
    struct sample s;
    (void)state;
    expect_json("\"index\":1", 0, "\"index\":0", NVT_E_FIELD_REPEATED, "incentives[1].index", "");
    expect_json("\"index\":1", 0, "\"index\":0.0", NVT_E_FIELD_REPEATED, "incentives[1].index", "");
    expect_json("\"index\":1", 0, "\"index\":19", NVT_OK, "", "");
    expect_json("\"index\":1", 0, "\"index\":20", NVT_E_FIELD_RANGE, "incentives[1].index",
                "0 to 19");
    /* payments are one JSON column: equal ones are nobody's fault */
    expect_json("\"payments\":[", 0,
                "\"payments\":[{\"index\":0,\"siret\":\"22000202400028\",\"type\":\"x\",\"amount\":"
                "1},",
                NVT_OK, "", "");
    sample_init(&s);
    s.incentive[1].index = 0; /* one is not 0, so that the caller has numbered them */
    s.incentive[2].index = 5;
    s.j.incentive_count = 3;
    expect_struct(&s, NVT_E_FIELD_REPEATED, "incentives[1].index", "");
    s.incentive[1].index = 6;
    expect_struct(&s, NVT_OK, "", "");
}

/* Zero defaults: the writer numbers what the caller did not, and the JSON check takes it. */
static void test_unnumbered(void **state)
{
    char text[NVT_RPC_BODY_MAX + 1];
    struct sample s;
    struct nvt_failure failure;
    (void)state;
    for (unsigned count = 0; count <= 20U; count++) {
        struct nvt_buf b;
        char wanted[32];
        sample_init(&s);
        s.j.incentive_count = count;
        for (unsigned i = 0; i < 20U; i++) {
            s.incentive[i].index = 0;
        }
        nvt_buf_init(&b, text, NVT_RPC_BODY_MAX);
        assert_int_equal(nvt_rpc_journey_write(&s.j, NVT_RPC_V3, 0, &b, NULL), NVT_OK);
        text[b.len] = '\0';
        (void)snprintf(wanted, sizeof wanted, "{\"index\":%u,\"amount\":%u,", count - 1U,
                       99U + count);
        assert_true(count == 0U || strstr(text, wanted) != NULL);
        assert_int_equal(check(nvt_buf_span(&b), 0, &failure), NVT_OK);
        nvt_buf_init(&b, text, NVT_RPC_BODY_MAX);
        assert_int_equal(nvt_rpc_journey_write(&s.j, NVT_RPC_UPDATE, 0, &b, NULL), NVT_OK);
    }
}

/* ---- updates, cancels ---- */

static void test_update(void **state)
{
    static const char body[] =
        "{\"operator_trip_id\":\"%s\",\"operator_class\":\"C\",\"incentives\":[{\"index\":0,"
        "\"amount\":1,\"siret\":\"11000101300017\"},{\"index\":%u,\"amount\":1,"
        "\"siret\":\"11000101300017\"}],\"start\":{\"datetime\":\"2025-06-02T12:00:0%sZ\","
        "\"lat\":48,\"lon\":2},\"end\":{\"datetime\":\"2025-06-02T12:00:00Z\",\"lat\":48,"
        "\"lon\":2},\"distance\":1}";
    static const struct {
        const char *trip;
        unsigned index;
        const char *second;
        nvt_err err;
        const char *field;
    } cases[] = {
        {"T", 1, "0", NVT_OK, ""},
        {"T", 0, "0", NVT_E_FIELD_REPEATED, "incentives[1].index"},
        {"\\u0000", 1, "0", NVT_E_FIELD_NUL, "operator_trip_id"},
        {"T", 1, "0.001", NVT_E_FIELD_ORDER, "end.datetime"},
        {"T", 1, "0.0009", NVT_OK, ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[512];
        struct nvt_json_tok pool[64];
        struct nvt_failure failure;
        (void)snprintf(text, sizeof text, body, cases[i].trip, cases[i].index, cases[i].second);
        assert_int_equal(nvt_rpc_update_check(nvt_span_str(text), pool, 64U, 0, &failure),
                         cases[i].err);
        assert_string_equal(failure.field, cases[i].field);
    }
}

static void test_cancel(void **state)
{
    static struct nvt_call call;
    static struct nvt_rpc_request r;
    (void)state;
    assert_int_equal(nvt_rpc_cancel(&call, &r, NVT_LIT("J"), NVT_LIT("X"), nvt_span_of("a\0b", 3U)),
                     NVT_E_FIELD_NUL);
    assert_int_equal(nvt_rpc_cancel(&call, &r, nvt_span_of("J\0", 2U), NVT_LIT("X"), NVT_LIT("")),
                     NVT_E_FIELD_FORMAT);
    assert_int_equal(nvt_rpc_status(&call, &r, nvt_span_of("\0", 1U)), NVT_E_FIELD_FORMAT);
}

/* ---- phone numbers ---- */

struct number {
    const char *text;
    nvt_err whole, cut; /* in phone, in phone_trunc */
};

#define OK_ NVT_OK
#define NO NVT_E_FIELD_PHONE
#define LEAK NVT_E_FIELD_WHOLE_PHONE

static const struct number numbers[] = {
    /* the issue's */
    {"+33612345678", OK_, LEAK},
    {"+33612345", NO, NO},
    {"+3361234567", NO, NO},
    {"+330612345", NO, NO},
    {"+33000000000", NO, NO},
    {"+336123456", NO, OK_},
    /* a 0 behind the code */
    {"+330612345678", NO, LEAK},
    {"+330123456", NO, NO},
    {"+33012345678", NO, NO},
    /* overseas */
    {"+262692123456", OK_, LEAK},
    {"+2626921234", NO, OK_},
    {"+26269212345", NO, NO},
    {"+262092123456", NO, NO},
    {"+590690123456", OK_, LEAK},
    {"+5906901234", NO, OK_},
    {"+594694123456", OK_, LEAK},
    {"+5946941234", NO, OK_},
    {"+596696123456", OK_, LEAK},
    {"+5966961234", NO, OK_},
    {"+596096123456", NO, NO},
    /* short ones: cut they fall below the published 10 characters */
    {"+508551234", OK_, LEAK},
    {"+5085512", NO, OK_},
    {"+50855123", NO, NO},
    {"+508708401234", OK_, LEAK},
    {"+5087084012", NO, OK_},
    {"+681821234", OK_, LEAK},
    {"+6818212", NO, OK_},
    {"+681800123456", OK_, LEAK},
    {"+687751234", OK_, LEAK},
    {"+6877512", NO, OK_},
    {"+68775123", NO, NO},
    {"+687050123", NO, NO},
    {"+68987123456", OK_, LEAK},
    {"+689871234", OK_, OK_}, /* six digits are a number of their own there */
    {"+6898712345", NO, OK_},
    {"+6898712", NO, OK_},
    /* elsewhere: E.164 */
    {"+4915123456789", OK_, OK_},
    {"+123456789", OK_, OK_},
    {"+12345678", NO, OK_},
    {"+1234567", NO, OK_},
    {"+123456", NO, NO},
    {"+123456789012345", OK_, NO},
    {"+12345678901234", OK_, NO},
    {"+1234567890123", OK_, OK_},
    {"+1234567890123456", NO, NO},
    {"+0123456789", NO, NO},
    {"+390612345678", OK_, OK_},
    /* other notations */
    {"0612345678", NO, LEAK},
    {"06 12 34 56 78", NO, LEAK},
    {"06.12.34.56.78", NO, LEAK},
    {"+33 6 12 34 56 78", NO, LEAK},
    {"+33 (0)612345678", NO, LEAK},
    {"0033612345678", NO, LEAK},
    {"06 12 34 56", NO, NO},
    {"33612345678", NO, NO},
    {"612345678", NO, NO},
    {"+33-6-12-34-56-78", NO, LEAK},
    {"+33612345678 ", NO, LEAK},
    {" +33612345678", NO, NO},
    {"tel:+33612345678", NO, NO},
    {"+33612345678;ext=5", NO, NO},
    {"+3361234567x", NO, NO},
    {"+33", NO, NO},
    {"+", NO, NO},
    {"0", NO, NO},
    {"00", NO, NO},
    {"++33612345678", NO, NO},
    {"+33612345678901234567890", NO, NO},
};

static void test_phones(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        const struct number *n = &numbers[i];
        struct sample s;
        char quoted[40];
        sample_init(&s);
        s.j.driver.phone = exact(n->text, strlen(n->text));
        expect_struct(&s, n->whole, n->whole == NVT_OK ? "" : "driver.identity.phone", "");
        exact_free(s.j.driver.phone);
        expect_json("+33601020304", 0, n->text, n->whole,
                    n->whole == NVT_OK ? "" : "driver.identity.phone", "");
        sample_init(&s);
        s.j.passenger.phone_trunc = exact(n->text, strlen(n->text));
        expect_struct(&s, n->cut, n->cut == NVT_OK ? "" : "passenger.identity.phone_trunc", "");
        exact_free(s.j.passenger.phone_trunc);
        (void)snprintf(quoted, sizeof quoted, "%s\"", n->text);
        expect_json("+336010203\"", 1, quoted, n->cut,
                    n->cut == NVT_OK ? "" : "passenger.identity.phone_trunc", "");
    }
}

/* What the helper cuts is what the table takes. */
static void test_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        struct sample s;
        struct nvt_span cut = NVT_LIT("");
        assert_int_equal(nvt_rpc_phone_trunc(nvt_span_str(numbers[i].text), &cut),
                         numbers[i].whole);
        if (numbers[i].whole == NVT_OK) {
            sample_init(&s);
            s.j.driver.phone_trunc = cut;
            expect_struct(&s, NVT_OK, "", "");
        }
    }
}

static void reads(const char *text, const char *wanted)
{
    char out[20] = "";
    struct nvt_buf b;
    nvt_buf_init(&b, out, sizeof out - 1U);
    nvt_err err = nvt_rpc_phone_e164(nvt_span_str(text), &b);
    assert_string_equal(out, wanted);
    assert_int_equal(err, wanted[0] == '\0' ? NVT_E_FIELD_PHONE : NVT_OK);
}

static void test_e164(void **state)
{
    struct nvt_buf small;
    char out[11];
    (void)state;
    reads("+33612345678", "+33612345678");
    reads("06 12 34 56 78", "+33612345678");
    reads("06.12.34.56.78", "+33612345678");
    reads("06-12-34-56-78", "+33612345678");
    reads("06/12/34/56/78", "+33612345678");
    reads("0033612345678", "+33612345678");
    reads("00 33 6 12 34 56 78", "+33612345678");
    reads("+33 (0)612345678", "+33612345678");
    reads("+330612345678", "+33612345678");
    reads("+262 0692 12 34 56", "+262692123456");
    reads("+49 151 23456789", "+4915123456789");
    reads("06,12,34,56,78", "");
    reads("0612345", "");
    reads("612345678", "");
    reads("0000000000", "");
    reads("", "");
    nvt_buf_init(&small, out, sizeof out);
    assert_int_equal(nvt_rpc_phone_e164(NVT_LIT("0612345678"), &small), NVT_E_SPACE);
}

/* ---- e-mail ---- */

static void test_email(void **state)
{
    static const struct {
        const char *text;
        nvt_err err;
    } cases[] = {
        {"x", NVT_E_FIELD_LENGTH},
        {"a@b", NVT_E_FIELD_LENGTH},
        {"a@b.", NVT_E_FIELD_LENGTH},
        {"a b@c.fr", NVT_E_FIELD_FORMAT},
        {"abc@d", NVT_E_FIELD_FORMAT},
        {"a@b.c", NVT_OK},
        {"a.b@c.fr", NVT_OK},
        {"a..b@c.fr", NVT_E_FIELD_FORMAT},
        {".a@c.fr", NVT_E_FIELD_FORMAT},
        {"a.@c.fr", NVT_E_FIELD_FORMAT},
        {"@c.fr", NVT_E_FIELD_FORMAT},
        {"@cd.fr", NVT_E_FIELD_FORMAT},
        {"a@@c.fr", NVT_E_FIELD_FORMAT},
        {"a@b@c.fr", NVT_E_FIELD_FORMAT},
        {"A!#$%&'*+/=?^_`{|}~-Z09@C.FR", NVT_OK},
        {"a\\/b@c.fr", NVT_OK},
        {"a\\u0040c.fr", NVT_OK},
        {"a\\\"b@c.fr", NVT_E_FIELD_FORMAT},
        {"\\\"a b\\\"@c.fr", NVT_E_FIELD_FORMAT},
        {"a@c..fr", NVT_E_FIELD_FORMAT},
        {"a@.c.fr", NVT_E_FIELD_FORMAT},
        {"a@c.fr.", NVT_E_FIELD_FORMAT},
        {"a@-c.fr", NVT_E_FIELD_FORMAT},
        {"a@c-.fr", NVT_E_FIELD_FORMAT},
        {"a@c.fr-", NVT_E_FIELD_FORMAT},
        {"a@c.-fr", NVT_E_FIELD_FORMAT},
        {"a@c--d.f-r", NVT_OK},
        {"-@c-d.fr", NVT_OK},
        {"-.-@c.fr", NVT_OK},
        {"a@c_d.fr", NVT_E_FIELD_FORMAT},
        {"a@[127.0.0.1]", NVT_E_FIELD_FORMAT},
        {"a@1.2", NVT_OK},
        {"a@c.fr\\n", NVT_E_FIELD_FORMAT},
        {"\\na@c.fr", NVT_E_FIELD_FORMAT},
        {"\xC3\xA9@c.fr", NVT_E_FIELD_FORMAT},
        {"a@c\xC3\xA9.fr", NVT_E_FIELD_FORMAT},
        {"a(b)@c.fr", NVT_E_FIELD_FORMAT},
        {"a,b@c.fr", NVT_E_FIELD_FORMAT},
        {"a:b@c.fr", NVT_E_FIELD_FORMAT},
        {"a;b@c.fr", NVT_E_FIELD_FORMAT},
        {"a<b@c.fr", NVT_E_FIELD_FORMAT},
        {"a[b@c.fr", NVT_E_FIELD_FORMAT},
        {"a]b@c.fr", NVT_E_FIELD_FORMAT},
        {"a\\\\b@c.fr", NVT_E_FIELD_FORMAT},
        {"a\x7F"
         "b@c.fr",
         NVT_E_FIELD_FORMAT},
        {"a@c.fr\\u0000", NVT_E_FIELD_NUL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char member[96];
        nvt_err err = cases[i].err;
        (void)snprintf(member, sizeof member, "{\"email\":\"%s\",\"phone_trunc\"", cases[i].text);
        expect_json("{\"phone_trunc\"", 0, member, err,
                    err == NVT_OK ? "" : "driver.identity.email",
                    err == NVT_E_FIELD_LENGTH ? "5 to 256" : "");
    }
}

/* ---- times ---- */

static void test_times(void **state)
{
    static const struct {
        const char *start, *end;
        nvt_err err;
        const char *field;
    } cases[] = {
        {"2025-06-02T12:00:27.900Z", "2025-06-02T12:00:27.100Z", NVT_E_FIELD_ORDER, "end.datetime"},
        {"2025-06-02T12:00:27.100Z", "2025-06-02T12:00:27.100Z", NVT_OK, ""},
        {"2025-06-02T12:00:27.1Z", "2025-06-02T12:00:27.09Z", NVT_E_FIELD_ORDER, "end.datetime"},
        {"2025-06-02T12:00:27.1009Z", "2025-06-02T12:00:27.1001Z", NVT_OK, ""},
        {"2025-06-02T12:00:27.001Z", "2025-06-02T12:00:27Z", NVT_E_FIELD_ORDER, "end.datetime"},
        {"2025-06-02T12:00:27Z", "2025-06-02T12:00:27.001Z", NVT_OK, ""},
        {"2025-06-02T14:00:27.5+02:00", "2025-06-02T12:00:27.4Z", NVT_E_FIELD_ORDER,
         "end.datetime"},
        {"2025-06-02T23:59:60Z", "2025-06-03T00:00:10Z", NVT_E_FIELD_FORMAT, "start.datetime"},
        {"2025-06-02T23:00:00Z", "2025-06-02T23:59:60Z", NVT_E_FIELD_FORMAT, "end.datetime"},
        {"2025-06-02T23:00:00Z", "2025-06-02T23:59:60.5Z", NVT_E_FIELD_FORMAT, "end.datetime"},
        {"2025-06-02t12:00:00z", "2025-06-02t12:00:00.5-00:00", NVT_OK, ""},
        {"2025-06-02 12:00:00Z", "2025-06-02T12:00:00Z", NVT_E_FIELD_FORMAT, "start.datetime"},
        {"2025-06-02T12:00:00+0200", "2025-06-02T12:00:00Z", NVT_E_FIELD_FORMAT, "start.datetime"},
        {"2025-06-02T24:00:00Z", "2025-06-03T12:00:00Z", NVT_E_FIELD_FORMAT, "start.datetime"},
        {"2025-06-02T12:00:00+24:00", "2025-06-03T12:00:00Z", NVT_E_FIELD_FORMAT, "start.datetime"},
        {"2025-06-02T12:00:00Z\\n", "2025-06-03T12:00:00Z", NVT_E_FIELD_FORMAT, "start.datetime"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[160];
        (void)snprintf(text, sizeof text,
                       "%s\",\"lat\":48.856614,\"lon\":2.352222},\"end\":{\"datetime\":\"%s",
                       cases[i].start, cases[i].end);
        expect_json("2025-06-02T12:00:00Z\",\"lat\":48.856614,\"lon\":2.352222},"
                    "\"end\":{\"datetime\":\"2025-06-02T12:30:00Z",
                    0, text, cases[i].err, cases[i].field, "");
    }
}

/* ---- bounds are named ---- */

static void test_bounds(void **state)
{
    (void)state;
    expect_json("12000", 0, "0", NVT_E_FIELD_RANGE, "distance", "1 to 1000000");
    expect_json("\"seats\":2", 0, "\"seats\":9", NVT_E_FIELD_RANGE, "passenger.seats", "1 to 8");
    expect_json("48.856614", 0, "90.5", NVT_E_FIELD_RANGE, "start.lat", "-90 to 90");
    expect_json("55.45", 0, "181", NVT_E_FIELD_RANGE, "end.lon", "-180 to 180");
    expect_json("11000101300017", 1, "1", NVT_E_FIELD_LENGTH, "incentives[1].siret", "14");
    expect_json("J-1", 0, "", NVT_E_FIELD_LENGTH, "operator_journey_id", "1 to 256");
    expect_json("550", 0, "1000001", NVT_E_FIELD_RANGE, "driver.revenue", "0 to 1000000");
}

/* ---- CEE ---- */

#define CEE                                                                                        \
    "{\"journey_type\":\"short\",\"identity_key\":\"" SAMPLE_KEY "\",\"driving_license\":\"%s\","  \
    "\"last_name_trunc\":\"DUP\",\"application_timestamp\":\"%s\",\"operator_journey_id\":\"%s\"}"
#define SIMULATE "{\"journey_type\":\"long\",\"last_name_trunc\":\"DUP\",\"phone_trunc\":\"%s\"}"

static void cee(enum nvt_rpc_cee_use use, const char *json, nvt_err err, const char *field)
{
    struct nvt_json_tok pool[NVT_RPC_CEE_TOKENS];
    struct nvt_failure failure;
    nvt_err got = nvt_rpc_cee_check(nvt_span_str(json), pool, NVT_RPC_CEE_TOKENS, use, &failure);
    if (got != err || strcmp(failure.field, err == NVT_OK ? "" : field) != 0) {
        fail_msg("%s: %s at %s", json, nvt_err_name(got), failure.field);
    }
}

static void registers(const char *license, const char *time, const char *id, nvt_err err,
                      const char *field)
{
    char text[1400];
    (void)snprintf(text, sizeof text, CEE, license, time, id);
    cee(NVT_RPC_CEE_REGISTER, text, err, field);
}

static void test_cee(void **state)
{
    static const char now[] = "2025-06-02T12:00:00Z";
    char *id = repeated("i", 256);
    (void)state;
    registers("99-a", now, "J", NVT_OK, "");
    registers("99-a\\nb", now, "J", NVT_E_FIELD_FORMAT, "driving_license");
    registers("99-a\\r", now, "J", NVT_E_FIELD_FORMAT, "driving_license");
    registers("99-\\u2028", now, "J", NVT_E_FIELD_FORMAT, "driving_license");
    registers("99-\xE2\x80\xA9", now, "J", NVT_E_FIELD_FORMAT, "driving_license");
    registers("99-\xE2\x80\xAA\\t", now, "J", NVT_OK, "");
    registers("99-\\u0000", now, "J", NVT_E_FIELD_NUL, "driving_license");
    registers("123456789012\\n", now, "J", NVT_E_FIELD_FORMAT, "driving_license");
    registers("99-a", "2025-06-02T23:59:60Z", "J", NVT_E_FIELD_FORMAT, "application_timestamp");
    registers("99-a", now, "J\\u0000", NVT_E_FIELD_NUL, "operator_journey_id");
    registers("99-a", now, id, NVT_E_FIELD_LENGTH, "operator_journey_id");
    registers("99-a", now, id + 1, NVT_OK, "");
    free(id);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        char text[160];
        (void)snprintf(text, sizeof text, SIMULATE, numbers[i].text);
        cee(NVT_RPC_CEE_SIMULATE, text, numbers[i].cut, "phone_trunc");
    }
}

/* ---- legal journeys of any size ---- */

static void test_four_bytes(void **state)
{
    static uint8_t text[40960];
    static struct nvt_json_tok pool[NVT_RPC_TOKENS_MAX];
    struct sample s;
    struct nvt_buf b;
    char *cars = repeated("\xF0\x9F\x9A\x97", 256);
    const struct nvt_span most = nvt_span_str(cars);
    (void)state;
    sample_init(&s);
    s.j.operator_journey_id = most;
    s.j.operator_trip_id = most;
    s.j.licence_plate = nvt_span_of(cars, 4U * 32U);
    s.j.driver.operator_user_id = most;
    s.j.passenger.operator_user_id = most;
    s.j.driver.travel_pass_user_id = nvt_span_of(cars, 4U * 128U);
    s.j.passenger.travel_pass_user_id = nvt_span_of(cars, 4U * 128U);
    s.j.incentive_count = 20;
    s.j.payment_count = 20;
    for (unsigned i = 0; i < 20U; i++) {
        s.payment[i].type = most;
    }
    nvt_buf_init(&b, text, sizeof text);
    assert_int_equal(nvt_rpc_journey_write(&s.j, NVT_RPC_V3, 0, &b, NULL), NVT_OK);
    print_message("largest body of four-byte characters: %zu bytes\n", b.len);
    assert_int_equal(nvt_rpc_json_check(nvt_buf_span(&b), pool, NVT_RPC_TOKENS_MAX, 0, NULL),
                     NVT_OK);
    free(cars);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns),    cmocka_unit_test(test_key),
        cmocka_unit_test(test_nul),        cmocka_unit_test(test_index),
        cmocka_unit_test(test_unnumbered), cmocka_unit_test(test_update),
        cmocka_unit_test(test_cancel),     cmocka_unit_test(test_phones),
        cmocka_unit_test(test_cut),        cmocka_unit_test(test_e164),
        cmocka_unit_test(test_email),      cmocka_unit_test(test_times),
        cmocka_unit_test(test_bounds),     cmocka_unit_test(test_cee),
        cmocka_unit_test(test_four_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
