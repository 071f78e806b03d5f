/* SPDX-License-Identifier: Apache-2.0 */
/* Token requests, token answers and the times inside a JWT. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <navette/auth.h>

#define POOL 32U

/* ---- requests ---- */

static const char key_pair_body[] = "{\"access_key\":\"id-1\",\"secret_key\":\"s3cret.-_\"}";

static void make_key_pair(struct nvt_credentials *c)
{
    nvt_err err = nvt_credentials_set_key_pair(c, NVT_LIT("id-1"), NVT_LIT("s3cret.-_"));
    assert_int_equal(err, NVT_OK);
}

static void test_key_pair_request(void **state)
{
    (void)state;
    struct nvt_credentials c;
    struct nvt_span media = {NULL, 0};
    struct nvt_buf body;
    uint8_t mem[100];
    make_key_pair(&c);
    nvt_buf_init(&body, mem, sizeof mem);
    assert_int_equal(nvt_grant_write(&c, NVT_LIT(""), &body, &media), NVT_OK);
    assert_true(nvt_span_eq(nvt_buf_span(&body), nvt_span_str(key_pair_body)));
    assert_true(nvt_span_eq(media, NVT_LIT("application/json")));
}

#define JSON "application/json"
#define FORM "application/x-www-form-urlencoded"

static const struct request {
    enum nvt_grant grant;
    const char *id, *secret, *refresh, *scope, *media, *body;
} requests[] = {
    {NVT_GRANT_KEY_PAIR, "id-1", "s3cret.-_", "", "unused", JSON, key_pair_body},
    {NVT_GRANT_CLIENT_BASIC, "id", "se:cret", "", "tasks deliveries", FORM,
     "grant_type=client_credentials&scope=tasks+deliveries"},
    {NVT_GRANT_CLIENT_BASIC, "id", "se:cret", "", "", FORM, "grant_type=client_credentials"},
    {NVT_GRANT_CLIENT_FORM, "a b&c=d", "p%q+r:s\xC3\xA9 t", "", "openid", FORM,
     "grant_type=client_credentials&client_id=a+b%26c%3Dd"
     "&client_secret=p%25q%2Br%3As%C3%A9+t&scope=openid"},
    {NVT_GRANT_CLIENT_FORM, "i", "s", "", "", FORM,
     "grant_type=client_credentials&client_id=i&client_secret=s"},
    {NVT_GRANT_PASSWORD, "x@example.org", "p\"a\\s\xC3\xA9", "", "unused", JSON,
     "{\"grant_type\":\"password\",\"username\":\"x@example.org\","
     "\"password\":\"p\\\"a\\\\s\xC3\xA9\"}"},
    {NVT_GRANT_PASSWORD, "x@example.org", "pass", "ref/resh", "", JSON,
     "{\"grant_type\":\"refresh_token\",\"refresh_token\":\"ref/resh\"}"},
    {NVT_GRANT_PASSWORD, "", "", "ref", "", JSON,
     "{\"grant_type\":\"refresh_token\",\"refresh_token\":\"ref\"}"},
};

static void make(struct nvt_credentials *c, const struct request *q)
{
    struct nvt_span id = nvt_span_str(q->id);
    struct nvt_span secret = nvt_span_str(q->secret);
    nvt_err err = NVT_OK;
    memset(c, 0, sizeof *c);
    if (q->grant == NVT_GRANT_KEY_PAIR) {
        err = nvt_credentials_set_key_pair(c, id, secret);
    } else if (q->grant == NVT_GRANT_PASSWORD) {
        err = nvt_credentials_set_password(c, id, secret);
    } else {
        err = nvt_credentials_set_client(c, q->grant, id, secret);
    }
    assert_int_equal(err, NVT_OK);
    if (q->refresh[0] != '\0') {
        assert_int_equal(nvt_credentials_set_refresh(c, nvt_span_str(q->refresh)), NVT_OK);
    }
    assert_int_equal(c->grant, q->grant);
}

/* Each grant's body; one that does not fit leaves nothing of the secret in the buffer. */
static void test_request_of_each_capacity(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        const struct request *q = &requests[i];
        struct nvt_credentials c;
        make(&c, q);
        for (size_t cap = 0; cap <= strlen(q->body); cap++) {
            struct nvt_span media = {NULL, 0};
            struct nvt_buf body;
            uint8_t mem[200] = {0};
            nvt_buf_init(&body, mem, cap);
            nvt_err err = nvt_grant_write(&c, nvt_span_str(q->scope), &body, &media);
            if (cap == strlen(q->body)) {
                assert_int_equal(err, NVT_OK);
                assert_string_equal((const char *)mem, q->body);
                assert_true(nvt_span_eq(media, nvt_span_str(q->media)));
                continue;
            }
            assert_int_equal(err, NVT_E_SPACE);
            assert_int_equal(body.len, 0);
            for (size_t k = 0; k < sizeof mem; k++) {
                assert_int_equal(mem[k], 0);
            }
        }
    }
}

static void assert_basic(const struct nvt_credentials *c, const char *plain)
{
    char want[1100];
    char got[1100];
    struct nvt_buf b;
    size_t n = 0;
    nvt_buf_init(&b, want, sizeof want - 1U);
    nvt_base64_put(&b, nvt_span_str(plain), NVT_BASE64);
    want[b.len] = '\0';
    for (size_t i = 0; nvt_grant_basic(c, i, (uint8_t *)got + n) == 4U; i++) {
        n += 4U;
        assert_true(n < sizeof got - 4U);
    }
    got[n] = '\0';
    assert_string_equal(got, want);
}

/* RFC 6749 section 2.3.1: the form's encoding first, so that no id can hold the colon. */
static void test_basic(void **state)
{
    (void)state;
    static const struct {
        const char *id, *secret, *plain;
    } cases[] = {
        {"a", "b", "a:b"},
        {"ab", "c", "ab:c"},
        {"ab", "cd", "ab:cd"},
        {"i:d", "s:e:c", "i%3Ad:s%3Ae%3Ac"},
        {"a b", "p+q%r&s=t", "a+b:p%2Bq%25r%26s%3Dt"},
        {"\xC3\xA9", "\xE2\x82\xAC", "%C3%A9:%E2%82%AC"},
    };
    struct nvt_credentials c;
    memset(&c, 0, sizeof c);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(nvt_credentials_set_client(&c, NVT_GRANT_CLIENT_BASIC,
                                                    nvt_span_str(cases[i].id),
                                                    nvt_span_str(cases[i].secret)),
                         NVT_OK);
        assert_basic(&c, cases[i].plain);
    }
    c.basic_plain = true; /* RFC 7617 section 2: as they are, so that no id can have a colon */
    assert_int_equal(nvt_credentials_set_client(&c, NVT_GRANT_CLIENT_BASIC, NVT_LIT("i d"),
                                                NVT_LIT("s3:cr et+&\xC3\xA9")),
                     NVT_OK);
    assert_basic(&c, "i d:s3:cr et+&\xC3\xA9");
    assert_int_equal(
        nvt_credentials_set_client(&c, NVT_GRANT_CLIENT_BASIC, NVT_LIT("i:d"), NVT_LIT("s")),
        NVT_E_CRED_BYTE);
    assert_basic(&c, "i d:s3:cr et+&\xC3\xA9"); /* untouched */
    nvt_credentials_wipe(&c);
    assert_true(c.basic_plain);
    c.basic_plain = false;
    /* the longest: each byte becomes three */
    char longest[NVT_SECRET_CAP];
    char plain[6 * NVT_SECRET_CAP];
    struct nvt_buf b;
    memset(longest, '%', sizeof longest);
    nvt_buf_init(&b, plain, sizeof plain - 1U);
    nvt_form_put(&b, nvt_span_of(longest, sizeof longest - 1U),
                 nvt_span_of(longest, sizeof longest - 1U));
    plain[b.len] = '\0';
    *strchr(plain, '=') = ':';
    assert_int_equal(nvt_credentials_set_client(&c, NVT_GRANT_CLIENT_BASIC,
                                                nvt_span_of(longest, sizeof longest - 1U),
                                                nvt_span_of(longest, sizeof longest - 1U)),
                     NVT_OK);
    assert_basic(&c, plain);
}

static void test_static_token_needs_no_request(void **state)
{
    (void)state;
    struct nvt_credentials c;
    memset(&c, 0, sizeof c);
    struct nvt_span media = {NULL, 0};
    struct nvt_buf body;
    uint8_t mem[10];
    nvt_buf_init(&body, mem, sizeof mem);
    assert_int_equal(nvt_grant_write(&c, NVT_LIT(""), &body, &media), NVT_E_ARG);
    assert_int_equal(body.len, 0);
}

/* ---- answers ---- */

static nvt_err read_answer(struct nvt_span body, uint32_t default_life_s, struct nvt_token *token)
{
    struct nvt_json_tok *pool = malloc(POOL * sizeof pool[0]);
    uint8_t *mem = malloc(body.len == 0U ? 1U : body.len);
    assert_non_null(pool);
    assert_non_null(mem);
    memcpy(mem, body.ptr, body.len);
    nvt_err err = nvt_grant_read(nvt_span_of(mem, body.len), pool, POOL, 1000000U, default_life_s,
                                 token, NULL);
    free(mem);
    free(pool);
    return err;
}

/* Writes a JWT around payload. */
static struct nvt_span make_jwt(struct nvt_buf *b, const char *payload)
{
    nvt_buf_put(b, NVT_LIT("eyJhbGciOiJSUzI1NiJ9."));
    nvt_base64_put(b, nvt_span_str(payload), NVT_BASE64URL_BARE);
    nvt_buf_put(b, NVT_LIT(".c2lnbmF0dXJl"));
    assert_int_equal(nvt_buf_err(b), NVT_OK);
    return nvt_buf_span(b);
}

static void assert_token(const struct nvt_token *t, const char *text)
{
    assert_int_equal(t->len, strlen(text));
    assert_memory_equal(t->text, text, t->len);
}

static void test_answers(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        const char *token;
        uint64_t renew_after_ms;
    } cases[] = {
        {"{\"access_token\":\"abc\",\"expires_in\":3600,\"token_type\":\"Bearer\"}", "abc",
         3540000},
        {" {\"token_type\":\"bearer\",\"scope\":\"user\",\"expires_in\":86400,\"access_token\":"
         "\"a-b_c.~+/==\",\"refresh_token\":\"zzz\"}\n",
         "a-b_c.~+/==", 86340000},
        {"{\"access_token\":\"abc\",\"token_type\":\"BEARER\"}", "abc", 270000},
        {"{\"access_token\":\"abc\",\"expires_in\":null,\"token_type\":null}", "abc", 270000},
        {"{\"access_token\":\"a\\/b\\u0063=\"}", "a/bc=", 270000},
        {"{\"access_token\":\"ab\\/==\"}", "ab/==", 270000},
        {"{\"acc\\u0065ss_token\":\"abc\"}", "abc", 270000},
        {"{\"access_token\":\"abc\",\"expires_in\":1}", "abc", 500},
        {"{\"access_token\":\"abc\",\"expires_in\":20}", "abc", 10000},
        {"{\"access_token\":\"abc\",\"expires_in\":30}", "abc", 15000},
        {"{\"access_token\":\"abc\",\"expires_in\":100}", "abc", 85000},
        {"{\"access_token\":\"abc\",\"expires_in\":300}", "abc", 270000},
        {"{\"access_token\":\"abc\",\"expires_in\":600}", "abc", 540000},
        {"{\"access_token\":\"abc\",\"expires_in\":4294967295}", "abc", 4294967235000},
    };
    static struct nvt_token t;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        t.good = true;
        assert_int_equal(read_answer(nvt_span_str(cases[i].body), 300, &t), NVT_OK);
        assert_token(&t, cases[i].token);
        assert_int_equal(t.renew_at_ms, 1000000U + cases[i].renew_after_ms);
        assert_false(t.good);
    }
}

static void test_no_answer(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "",
        "null",
        "[]",
        "\"abc\"",
        "{}",
        "{\"access_token\":\"abc\"",
        "{\"access_token\":\"abc\"}x",
        "{\"access_token\":\"\"}",
        "{\"access_token\":\"=\"}",
        "{\"access_token\":\"a=b\"}",
        "{\"access_token\":\"a\\/=\\/b\"}",
        "{\"access_token\":\"a=\\/b\"}",
        "{\"access_token\":null}",
        "{\"access_token\":1}",
        "{\"access_token\":[\"abc\"]}",
        "{\"access_token\":\"a b\"}",
        "{\"access_token\":\"a\\nb\"}",
        "{\"access_token\":\"a\\r\\nX-Evil: 1\"}",
        "{\"access_token\":\"a\\u0000b\"}",
        "{\"access_token\":\"\xC3\xA9\"}",
        "{\"access_token\":\"Bearer abc\"}",
        "{\"access_token\":\"abc\",\"access_token\":\"abd\"}",
        "{\"access_token\":\"abc\",\"acces\\u0073_token\":\"abd\"}",
        "{\"access_token\":\"abc\",\"token_type\":\"mac\"}",
        "{\"access_token\":\"abc\",\"token_type\":\"\"}",
        "{\"access_token\":\"abc\",\"token_type\":1}",
        "{\"access_token\":\"abc\",\"expires_in\":0}",
        "{\"access_token\":\"abc\",\"expires_in\":-1}",
        "{\"access_token\":\"abc\",\"expires_in\":1.5}",
        "{\"access_token\":\"abc\",\"expires_in\":\"3600\"}",
        "{\"access_token\":\"abc\",\"expires_in\":4294967296}",
        "{\"access_token\":\"abc\",\"expires_in\":1e400}",
        "{\"error\":\"invalid_client\"}",
        "<html>502</html>",
    };
    static struct nvt_token t;
    static struct nvt_token before;
    assert_int_equal(nvt_token_set(&t, NVT_LIT("old"), 5), NVT_OK);
    t.good = true;
    before = t;
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        if (read_answer(nvt_span_str(bodies[i]), 300, &t) != NVT_E_GRANT_ANSWER) {
            fail_msg("taken: %s", bodies[i]);
        }
        assert_memory_equal(&t, &before, sizeof t);
    }
}

static nvt_err read_refresh(const char *value, char *out)
{
    static struct nvt_token t;
    struct nvt_json_tok pool[POOL];
    char body[400];
    (void)snprintf(body, sizeof body, "{\"access_token\":\"abc\"%s%s}",
                   value[0] == '\0' ? "" : ",\"refresh_token\":", value);
    memset(out, 'x', NVT_REFRESH_CAP);
    return nvt_grant_read(nvt_span_str(body), pool, POOL, 0, 300, &t, out);
}

static void test_refresh_tokens(void **state)
{
    (void)state;
    char longest[NVT_REFRESH_CAP + 3];
    char out[NVT_REFRESH_CAP];
    assert_int_equal(read_refresh("\"a\\/b\\u002B=\"", out), NVT_OK);
    assert_string_equal(out, "a/b+=");
    for (size_t i = 5; i < sizeof out; i++) {
        assert_int_equal(out[i], 0);
    }
    assert_int_equal(read_refresh("", out), NVT_OK);
    assert_string_equal(out, "");
    assert_int_equal(read_refresh("null", out), NVT_OK);
    assert_string_equal(out, "");

    memset(longest, 'r', sizeof longest);
    longest[0] = '"';
    longest[NVT_REFRESH_CAP] = '"';
    longest[NVT_REFRESH_CAP + 1] = '\0';
    assert_int_equal(read_refresh(longest, out), NVT_OK);
    assert_int_equal(strlen(out), NVT_REFRESH_CAP - 1U);
    longest[NVT_REFRESH_CAP] = 'r';
    longest[NVT_REFRESH_CAP + 1] = '"';
    longest[NVT_REFRESH_CAP + 2] = '\0';
    static const char *const bad[] = {
        "\"\"", "1", "[]", "\" a\"", "\"a\\n\"", "\"a\\u0000b\"", "\"a\\u0007b\""};
    assert_int_equal(read_refresh(longest, out), NVT_E_GRANT_ANSWER);
    assert_string_equal(out, "");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(read_refresh(bad[i], out), NVT_E_GRANT_ANSWER);
        assert_string_equal(out, "");
    }
}

static void test_longest_token(void **state)
{
    (void)state;
    static char body[NVT_TOKEN_CAP + 64];
    static struct nvt_token t;
    for (int extra = 0; extra <= 1; extra++) {
        int len = NVT_TOKEN_CAP + extra;
        static char text[NVT_TOKEN_CAP + 2];
        memset(text, 'x', sizeof text);
        (void)snprintf(body, sizeof body, "{\"access_token\":\"%.*s\"}", len, text);
        nvt_err err = read_answer(nvt_span_str(body), 300, &t);
        assert_int_equal(err, extra == 0 ? NVT_OK : NVT_E_GRANT_ANSWER);
        assert_int_equal(t.len, NVT_TOKEN_CAP);
        (void)snprintf(body, sizeof body, "{\"access_token\":\"\\/%.*s\"}", len - 1, text);
        err = read_answer(nvt_span_str(body), 300, &t);
        assert_int_equal(err, extra == 0 ? NVT_OK : NVT_E_GRANT_ANSWER);
        assert_int_equal(t.len, NVT_TOKEN_CAP);
    }
}

static void test_small_pool(void **state)
{
    (void)state;
    static struct nvt_token t;
    struct nvt_json_tok pool[3];
    struct nvt_span body = NVT_LIT("{\"access_token\":\"abc\"}");
    assert_int_equal(nvt_grant_read(body, pool, 2, 0, 300, &t, NULL), NVT_E_GRANT_ANSWER);
    assert_int_equal(nvt_grant_read(body, pool, 3, 0, 300, &t, NULL), NVT_OK);
}

static void test_life_out_of_the_jwt(void **state)
{
    (void)state;
    static const struct {
        const char *payload;
        uint64_t renew_after_ms;
    } cases[] = {
        {"{\"iss\":\"https://auth.example\",\"iat\":1750000000,\"exp\":1750000300}", 270000},
        {"{\"iat\":1750000000.75,\"exp\":1750003600.123456}", 3540000},
        {"{\"exp\":1750000300}", 900000}, /* no iat, and no clock here: the default */
        {"{\"iat\":1750000000}", 900000}, /* never expires by itself */
        {"{\"iat\":1750000300,\"exp\":1750000000}", 900000},
        {"{\"iat\":1750000000,\"exp\":1750000000}", 900000},
        {"{\"iat\":\"x\",\"exp\":1750000000}", 900000},
        {"[]", 900000},
        {"not json", 900000},
    };
    static struct nvt_token t;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char body[400];
        uint8_t mem[300];
        struct nvt_buf b;
        nvt_buf_init(&b, mem, sizeof mem);
        struct nvt_span jwt = make_jwt(&b, cases[i].payload);
        (void)snprintf(body, sizeof body, "{\"access_token\":\"%.*s\"}", (int)jwt.len,
                       (const char *)jwt.ptr);
        memset(t.text, 'o', sizeof t.text); /* a longer token before */
        assert_int_equal(read_answer(nvt_span_str(body), 960, &t), NVT_OK);
        assert_true(nvt_span_eq(nvt_span_of(t.text, t.len), jwt));
        assert_int_equal(t.renew_at_ms, 1000000U + cases[i].renew_after_ms);
        for (size_t k = t.len; k < sizeof t.text; k++) {
            assert_int_equal(t.text[k], 0);
        }
    }
}

static void test_no_default_lives_for_ever(void **state)
{
    (void)state;
    static struct nvt_token t;
    assert_int_equal(read_answer(NVT_LIT("{\"access_token\":\"abc\"}"), 0, &t), NVT_OK);
    assert_true(t.renew_at_ms == UINT64_MAX);
}

/* ---- JWT ---- */

static nvt_err times_of(struct nvt_span token, size_t room, int64_t *exp_s, int64_t *iat_s)
{
    uint8_t *mem = malloc(room == 0U ? 1U : room);
    uint8_t *text = malloc(token.len == 0U ? 1U : token.len);
    struct nvt_json_tok *pool = malloc(POOL * sizeof pool[0]);
    struct nvt_buf scratch;
    assert_non_null(mem);
    assert_non_null(text);
    assert_non_null(pool);
    memset(mem, 'm', room);
    memcpy(text, token.ptr, token.len);
    nvt_buf_init(&scratch, mem, room);
    nvt_err err = nvt_jwt_times(nvt_span_of(text, token.len), &scratch, pool, POOL, exp_s, iat_s);
    assert_int_equal(scratch.len, 0);
    for (size_t i = 0; i < room; i++) {
        assert_int_equal(mem[i], 0); /* wiped whatever came out */
    }
    free(mem);
    free(text);
    free(pool);
    return err;
}

static void test_jwt_payloads(void **state)
{
    (void)state;
    static const struct {
        const char *payload;
        nvt_err err;
        int64_t exp_s, iat_s;
    } cases[] = {
        {"{\"exp\":1750000300,\"iat\":1750000000}", NVT_OK, 1750000300, 1750000000},
        {"{\"exp\":1750000300.999999,\"iat\":1750000000.5}", NVT_OK, 1750000300, 1750000000},
        {"{\"exp\":1.7500003e9}", NVT_OK, 1750000300, 0},
        {"{\"iat\":1750000000}", NVT_OK, 0, 1750000000},
        {"{}", NVT_OK, 0, 0},
        {"{\"e\\u0078p\":5}", NVT_OK, 5, 0},
        {"{\"x\":{\"exp\":5}}", NVT_OK, 0, 0},
        {"{\"exp\":253402300799}", NVT_OK, 253402300799, 0},
        {"{\"exp\":253402300800}", NVT_E_JWT, 0, 0},
        {"{\"exp\":1e30}", NVT_E_JWT, 0, 0},
        {"{\"exp\":-1}", NVT_E_JWT, 0, 0},
        {"{\"exp\":0}", NVT_E_JWT, 0, 0},
        {"{\"exp\":0.5}", NVT_E_JWT, 0, 0},
        {"{\"exp\":\"1750000300\"}", NVT_E_JWT, 0, 0},
        {"{\"exp\":null}", NVT_E_JWT, 0, 0},
        {"{\"exp\":5,\"iat\":-5}", NVT_E_JWT, 0, 0},
        {"{\"exp\":5,\"iat\":5}", NVT_E_JWT, 0, 0},
        {"{\"exp\":5,\"iat\":6}", NVT_E_JWT, 0, 0},
        {"{\"exp\":5,\"exp\":6}", NVT_E_JWT, 0, 0},
        {"[1]", NVT_E_JWT, 0, 0},
        {"1", NVT_E_JWT, 0, 0},
        {"", NVT_E_JWT, 0, 0},
        {"{\"exp\":5", NVT_E_JWT, 0, 0},
        {"{\"exp\":05}", NVT_E_JWT, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t mem[200];
        struct nvt_buf b;
        int64_t exp_s = 77;
        int64_t iat_s = 88;
        nvt_buf_init(&b, mem, sizeof mem);
        nvt_err err = times_of(make_jwt(&b, cases[i].payload), 100, &exp_s, &iat_s);
        bool ok = cases[i].err == NVT_OK;
        if (err != cases[i].err || exp_s != (ok ? cases[i].exp_s : 77) ||
            iat_s != (ok ? cases[i].iat_s : 88)) {
            fail_msg("%s: %s", cases[i].payload, nvt_err_name(err));
        }
    }
}

static void test_jwt_shapes(void **state)
{
    (void)state;
    static const struct {
        const char *token;
        nvt_err err;
    } cases[] = {
        {"eyJhIjoxfQ.eyJleHAiOjV9.c2ln", NVT_OK},
        {"eyJhIjoxfQ.eyJleHAiOjV9.", NVT_OK}, /* no signature: not for us to judge */
        {"eyJhIjoxfQ.eyJleHAiOjV9", NVT_E_JWT},
        {".eyJleHAiOjV9.c2ln", NVT_E_JWT},
        {"a..c", NVT_E_JWT},
        {"a.b.c.d.e", NVT_E_JWT},
        {"a.eyJleHAiOjV9.c.d", NVT_E_JWT},
        {"a.eyJleHAiOjV9=.c", NVT_E_JWT},
        {"a.eyJleHAiOjV9==.c", NVT_E_JWT},
        {"a.eyJleHAi OjV9.c", NVT_E_JWT},
        {"a.eyJleHAiOjV.c", NVT_E_JWT},
        {"opaque", NVT_E_JWT},
        {"", NVT_E_JWT},
        {"..", NVT_E_JWT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t exp_s = 0;
        int64_t iat_s = 0;
        nvt_err err = times_of(nvt_span_str(cases[i].token), 100, &exp_s, &iat_s);
        if (err != cases[i].err) {
            fail_msg("%s: %s", cases[i].token, nvt_err_name(err));
        }
    }
}

static void test_jwt_room(void **state)
{
    (void)state;
    struct nvt_span token = NVT_LIT("eyJhIjoxfQ.eyJleHAiOjV9.c2ln"); /* its payload is 9 bytes */
    int64_t exp_s = 0;
    int64_t iat_s = 0;
    for (size_t room = 0; room <= 9U; room++) {
        assert_int_equal(times_of(token, room, &exp_s, &iat_s), room < 9U ? NVT_E_JWT : NVT_OK);
    }
    struct nvt_json_tok pool[2];
    struct nvt_buf scratch;
    uint8_t mem[9];
    nvt_buf_init(&scratch, mem, sizeof mem);
    assert_int_equal(nvt_jwt_times(token, &scratch, pool, 2, &exp_s, &iat_s), NVT_E_JWT);
}

/* What stood in scratch before stays; only the room behind it is used and wiped. */
static void test_jwt_keeps_what_scratch_held(void **state)
{
    (void)state;
    struct nvt_json_tok pool[POOL];
    struct nvt_buf scratch;
    uint8_t mem[20];
    int64_t exp_s = 0;
    int64_t iat_s = 0;
    nvt_buf_init(&scratch, mem, sizeof mem);
    nvt_buf_put(&scratch, NVT_LIT("keep"));
    nvt_err err = nvt_jwt_times(NVT_LIT("eyJhIjoxfQ.eyJleHAiOjV9.c2ln"), &scratch, pool, POOL,
                                &exp_s, &iat_s);
    assert_int_equal(err, NVT_OK);
    assert_int_equal(exp_s, 5);
    assert_true(nvt_span_eq(nvt_buf_span(&scratch), NVT_LIT("keep")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_key_pair_request),
        cmocka_unit_test(test_request_of_each_capacity),
        cmocka_unit_test(test_basic),
        cmocka_unit_test(test_static_token_needs_no_request),
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_no_answer),
        cmocka_unit_test(test_refresh_tokens),
        cmocka_unit_test(test_longest_token),
        cmocka_unit_test(test_small_pool),
        cmocka_unit_test(test_life_out_of_the_jwt),
        cmocka_unit_test(test_no_default_lives_for_ever),
        cmocka_unit_test(test_jwt_payloads),
        cmocka_unit_test(test_jwt_shapes),
        cmocka_unit_test(test_jwt_room),
        cmocka_unit_test(test_jwt_keeps_what_scratch_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
