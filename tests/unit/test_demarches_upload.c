/* SPDX-License-Identifier: Apache-2.0 */
/* Demarches simplifiees: a file's sum, its announcement, where it goes. */
#include "demarches_stand.h"

#include <stdio.h>

static struct nvt_demarches_upload up;

/* ---- a source with faults ---- */

static struct {
    const uint8_t *bytes;
    size_t len;
    size_t piece;   /* most bytes at once */
    size_t fail_at; /* offset at which it breaks off */
    nvt_err err;    /* with this, or with nothing more */
    size_t boast;   /* says so many bytes more than it gave */
    unsigned calls;
    uint64_t next; /* offset that must come next */
} source;

static nvt_err bring(void *ctx, uint64_t offset, uint8_t *out, size_t cap, size_t *out_n)
{
    assert_ptr_equal(ctx, &source);
    assert_int_equal(offset, source.next);
    assert_true(cap > 0U);
    source.calls++;
    *out_n = 0;
    if (offset >= source.fail_at) {
        return source.err;
    }
    size_t left = source.len - (size_t)offset;
    size_t n = cap < source.piece ? cap : source.piece;
    n = n < left ? n : left;
    (void)memcpy(out, source.bytes + offset, n);
    *out_n = n + source.boast;
    source.next = offset + n;
    return NVT_OK;
}

static void from(const void *bytes, size_t len)
{
    (void)memset(&up, 0, sizeof up);
    (void)memset(&source, 0, sizeof source);
    source.bytes = (const uint8_t *)bytes;
    source.len = len;
    source.piece = SIZE_MAX;
    source.fail_at = SIZE_MAX;
    up.dossier_id = NVT_LIT("RG9zc2llci0x");
    up.filename = NVT_LIT("a \"b\".pdf");
    up.media_type = NVT_LIT("application/pdf");
    up.source = bring;
    up.source_ctx = &source;
    up.len = len;
}

static void sum(const char *text, size_t len, const char *wanted)
{
    uint8_t room[64];
    for (size_t piece = 1; piece <= 64U; piece *= 4U) {
        for (size_t cap = 1; cap <= sizeof room; cap *= 8U) {
            from(text, len);
            source.piece = piece;
            is_err(nvt_demarches_upload_sum(&up, room, cap), NVT_OK);
            assert_string_equal(up.checksum, wanted);
        }
    }
}

static void test_sum(void **state)
{
    static char long_text[1000];
    (void)state;
    (void)memset(long_text, 'a', sizeof long_text);
    /* RFC 1321 appendix A.5, in base64 */
    sum("a", 1, "DMF1ucDxtqgxw5niaXcmYQ==");
    sum("abc", 3, "kAFQmDzST7DWlj99KOF/cg==");
    sum("message digest", 14, "+WtpfXy3k41SWi8xqvFh0A==");
    sum("12345678901234567890123456789012345678901234567890123456789012345678901234567890", 80,
        "V+30oivjyVWsSdouIQe2eg==");
    sum(long_text, sizeof long_text, "yr5F3MmuW2a6hmAMymuLqA==");
}

static void no_sum(nvt_err wanted)
{
    uint8_t room[8];
    (void)memset(up.checksum, 'x', sizeof up.checksum);
    is_err(nvt_demarches_upload_sum(&up, room, sizeof room), wanted);
    assert_string_equal(up.checksum, "");
}

static void test_no_sum(void **state)
{
    uint8_t room[8];
    (void)state;
    from("0123456789", 10);
    up.len = 0;
    no_sum(NVT_E_FIELD_RANGE);
    up.len = (uint64_t)INT32_MAX + 1U;
    no_sum(NVT_E_FIELD_RANGE);
    assert_int_equal(source.calls, 0);
    up.len = 11; /* the file became shorter */
    source.fail_at = 10;
    no_sum(NVT_E_SOURCE);
    from("0123456789", 10);
    source.fail_at = 8;
    source.err = NVT_E_ARG;
    no_sum(NVT_E_SOURCE);
    from("0123456789", 10);
    source.boast = 1;
    no_sum(NVT_E_SOURCE);
    from("0123456789", 10);
    is_err(nvt_demarches_upload_sum(&up, room, 0), NVT_E_ARG);
    is_err(nvt_demarches_upload_sum(&up, NULL, 8), NVT_E_ARG);
    up.source = NULL;
    is_err(nvt_demarches_upload_sum(&up, room, 8), NVT_E_ARG);
}

/* ---- the announcement ---- */

static int open_stand(void **state)
{
    (void)state;
    stand_open(2048, 4096);
    from("0123456789", 10);
    (void)snprintf(up.checksum, sizeof up.checksum, "eB5eJF1ptWaXm4bijSPyxw==");
    return 0;
}

static int close_stand(void **state)
{
    (void)state;
    stand_close();
    return 0;
}

static void test_announcement(void **state)
{
    (void)state;
    is_err(nvt_demarches_upload_begin(&call, &request, &up), NVT_OK);
    is_body(
        "{\"queryId\":\"ds-mutation-v2\",\"operationName\":\"createDirectUpload\",\"variables\":{"
        "\"input\":{\"dossierId\":\"RG9zc2llci0x\",\"filename\":\"a \\\"b\\\".pdf\","
        "\"byteSize\":10,\"checksum\":\"eB5eJF1ptWaXm4bijSPyxw==\",\"contentType\":"
        "\"application/pdf\"}}}");
    assert_int_equal(begun->flags, NVT_REQ_IDEMPOTENT);
    up.len = INT32_MAX;
    is_err(nvt_demarches_upload_begin(&call, &request, &up), NVT_OK);
    begun = NULL;
    struct nvt_demarches_upload good = up;
    up.dossier_id.len = 0;
    is_err(nvt_demarches_upload_begin(&call, &request, &up), NVT_E_FIELD_MISSING);
    up = good;
    up.filename.len = 0;
    is_err(nvt_demarches_upload_begin(&call, &request, &up), NVT_E_FIELD_MISSING);
    up = good;
    up.media_type.len = 0;
    is_err(nvt_demarches_upload_begin(&call, &request, &up), NVT_E_FIELD_MISSING);
    up = good;
    up.checksum[0] = '\0';
    is_err(nvt_demarches_upload_begin(&call, &request, &up), NVT_E_FIELD_MISSING);
    assert_null(begun);
}

/* ---- where it goes ---- */

#define PLACE(url, headers, id)                                                                    \
    "{\"data\":{\"createDirectUpload\":{\"directUpload\":{\"url\":" url ",\"headers\":" headers    \
    ",\"blobId\":\"1\",\"signedBlobId\":" id "}}}}"
#define URL "\"https://store.example:8443/b/k%20x?sig=a\\u0026e=1\""
#define PLAIN_URL "\"https://store.example/b\""
#define HEADERS                                                                                    \
    "\"{\\\"Content-Type\\\":\\\"application/pdf\\\",\\\"Content-MD5\\\":\\\"eB\\\\/5=\\\"}\""
#define ID "\"eyJf--abc\""

static nvt_err place(const char *text)
{
    is_err(nvt_demarches_upload_begin(&call, &request, &up), NVT_OK);
    answered(text);
    begun = NULL;
    (void)memset(up.signed_id, 'x', sizeof up.signed_id);
    return nvt_demarches_upload_put(&call, &request, &up, &failure);
}

static void test_put(void **state)
{
    (void)state;
    is_err(place(PLACE(URL, HEADERS, ID)), NVT_OK);
    assert_ptr_equal(begun, &request.request);
    is_text(begun->method, "PUT");
    is_text(begun->target, "/b/k%20x?sig=a&e=1");
    is_text(begun->accept, "*/*");
    assert_ptr_equal(begun->origin, &up.origin);
    assert_string_equal(up.origin.host, "store.example");
    assert_int_equal(up.origin.port, 8443);
    assert_int_equal(begun->flags, NVT_REQ_IDEMPOTENT);
    assert_int_equal(begun->rate, 0);
    assert_int_equal(begun->media_type.len, 0);
    assert_int_equal(begun->body.len, 0);
    assert_ptr_equal(begun->source, bring);
    assert_ptr_equal(begun->source_ctx, &source);
    assert_int_equal(begun->source_len, 10);
    assert_null(begun->sink);
    assert_int_equal(begun->header_count, 2);
    is_text(begun->headers[0].name, "Content-Type");
    is_text(begun->headers[0].value, "application/pdf");
    is_text(begun->headers[1].name, "Content-MD5");
    is_text(begun->headers[1].value, "eB/5=");
    assert_string_equal(up.signed_id, "eyJf--abc");
    for (uint16_t status = 200; status <= 204U; status++) {
        ended(NVT_DELIVERED, NVT_OK, status);
        is_err(nvt_demarches_upload_read(&call, &up, &failure), NVT_OK);
        assert_string_equal(up.signed_id, "eyJf--abc");
    }
    ended(NVT_REFUSED, NVT_E_STATUS, 403);
    is_err(nvt_demarches_upload_read(&call, &up, &failure), NVT_E_STATUS);
    assert_int_equal(failure.http_status, 403);
    assert_string_equal(up.signed_id, "");
}

static void test_other_places(void **state)
{
    (void)state;
    is_err(place(PLACE("\"https://store.example\"", "\"{}\"", ID)), NVT_OK);
    is_text(begun->target, "/");
    assert_int_equal(begun->header_count, 0);
    assert_int_equal(up.origin.port, 443);
}

/* A Swift store names the length among its fields, as a number. */
static void test_length(void **state)
{
    (void)state;
    is_err(place(PLACE(PLAIN_URL,
                       "\"{\\\"Content-Type\\\":\\\"a/b\\\",\\\"Content-Length\\\":10,"
                       "\\\"Etag\\\":\\\"0f\\\"}\"",
                       ID)),
           NVT_OK);
    assert_int_equal(begun->header_count, 2);
    is_text(begun->headers[0].name, "Content-Type");
    is_text(begun->headers[1].name, "Etag");
    is_text(begun->headers[1].value, "0f");
    is_err(place(PLACE(PLAIN_URL, "\"{\\\"content-length\\\" : \\\"10\\\" }\"", ID)), NVT_OK);
    assert_int_equal(begun->header_count, 0);
}

static void no_place(const char *text, nvt_err wanted)
{
    is_err(place(text), wanted);
    is_err(failure.err, wanted);
    assert_null(begun);
    assert_string_equal(up.signed_id, "");
}

static void test_no_place(void **state)
{
    (void)state;
    no_place("{\"data\":{\"createDirectUpload\":null}}", NVT_E_ANSWER);
    no_place("{\"data\":{\"createDirectUpload\":{\"directUpload\":{}}}}", NVT_E_ANSWER);
    no_place(PLACE("null", HEADERS, ID), NVT_E_ANSWER);
    no_place(PLACE(URL, "null", ID), NVT_E_ANSWER);
    no_place(PLACE(URL, HEADERS, "null"), NVT_E_ANSWER);
    no_place(PLACE(URL, "{\"a\":\"b\"}", ID), NVT_E_ANSWER); /* an object, not a text */
    no_place(PLACE(URL, "\"[]\"", ID), NVT_E_ANSWER);
    no_place(PLACE(URL, "\"{\"", ID), NVT_E_ANSWER);
    no_place(PLACE(URL, "\"{\\\"a\\\":1}\"", ID), NVT_E_ANSWER);
    no_place(PLACE("\"http://store.example/\"", HEADERS, ID), NVT_E_URL_PLAIN);
    no_place(PLACE("\"ftp://store.example/\"", HEADERS, ID), NVT_E_URL);
    no_place(PLACE("\"https:/store\"", HEADERS, ID), NVT_E_URL);
    no_place(PLACE("\"https://user@store.example/\"", HEADERS, ID), NVT_E_URL);
    no_place(PLACE("\"https://store.example?x=1\"", HEADERS, ID), NVT_E_URL);
    no_place("{\"errors\":[{\"message\":\"no\",\"extensions\":{\"code\":\"not_found\"}}]}",
             NVT_E_GRAPHQL);
    no_place("{\"data\":{\"createDirectUpload\":{\"errors\":[{\"message\":\"read-only\"}]}}}",
             NVT_E_MUTATION);
    assert_string_equal(failure.message, "read-only");
}

static void test_wrong_length(void **state)
{
    (void)state;
    no_place(PLACE(PLAIN_URL, "\"{\\\"Content-Length\\\":\\\"11\\\"}\"", ID), NVT_E_HTTP_NAME);
    no_place(PLACE(PLAIN_URL, "\"{\\\"Content-Length\\\":11}\"", ID), NVT_E_HTTP_NAME);
    no_place(PLACE(PLAIN_URL, "\"{\\\"Content-Length\\\":null}\"", ID), NVT_E_HTTP_NAME);
}

static void test_reserved(void **state)
{
    static const char *const names[] = {"Host",       "content-length", "Transfer-Encoding",
                                        "Connection", "AUTHORIZATION",  "Proxy-Authorization",
                                        "Cookie",     "Expect",         "Upgrade",
                                        "TE",         "Trailer"};
    char text[512];
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void)snprintf(text, sizeof text, PLACE(PLAIN_URL, "\"{\\\"%s\\\":\\\"x\\\"}\"", ID),
                       names[i]);
        no_place(text, NVT_E_HTTP_NAME);
    }
    /* what the call itself refuses */
    is_err(nvt_demarches_upload_begin(&call, &request, &up), NVT_OK);
    answered(PLACE(URL, HEADERS, ID));
    begun = NULL;
    begin_err = NVT_E_HTTP_VALUE;
    is_err(nvt_demarches_upload_put(&call, &request, &up, &failure), NVT_E_HTTP_VALUE);
    is_err(failure.err, NVT_E_HTTP_VALUE);
    assert_string_equal(up.signed_id, "");
    begin_err = NVT_OK;
}

static void test_counts(void **state)
{
    char headers[512];
    char text[1024];
    (void)state;
    for (unsigned count = 8; count <= 9U; count++) {
        size_t n = 0;
        for (unsigned i = 0; i < count; i++) {
            n += (size_t)snprintf(headers + n, sizeof headers - n, "%s\\\"x-%u\\\":\\\"v\\\"",
                                  i == 0U ? "" : ",", i);
        }
        (void)snprintf(text, sizeof text, PLACE(PLAIN_URL, "\"{%s}\"", ID), headers);
        if (count == 8U) {
            is_err(place(text), NVT_OK);
            assert_int_equal(begun->header_count, 8);
        } else {
            no_place(text, NVT_E_FIELD_COUNT);
        }
    }
    /* the signed id's room */
    char id[NVT_DEMARCHES_SIGNED_CAP + 3];
    (void)memset(id, 'i', sizeof id);
    for (unsigned len = NVT_DEMARCHES_SIGNED_CAP - 1U; len <= NVT_DEMARCHES_SIGNED_CAP; len++) {
        (void)snprintf(text, sizeof text, PLACE(PLAIN_URL, "\"{}\"", "\"%.*s\""), (int)len, id);
        if (len < NVT_DEMARCHES_SIGNED_CAP) {
            is_err(place(text), NVT_OK);
            assert_int_equal(strlen(up.signed_id), len);
        } else {
            no_place(text, NVT_E_SPACE);
        }
    }
}

/* The parts are unescaped into the body's room: each length of it either holds all or nothing. */
static void test_room(void **state)
{
    size_t fits = 0;
    (void)state;
    is_err(nvt_demarches_upload_begin(&call, &request, &up), NVT_OK);
    size_t least = begun->body.len;
    for (size_t cap = least; cap < least + 60U; cap++) {
        stand_close();
        stand_open(cap, 4096);
        nvt_err err = place(
            PLACE("\"https://store.example/b/"
                  "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
                  "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk\"",
                  HEADERS, ID));
        assert_true(err == NVT_OK || err == NVT_E_SPACE);
        assert_true(err == NVT_OK || fits == 0U);
        fits += err == NVT_OK ? 1U : 0U;
    }
    assert_true(fits > 0U);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_stand, close_stand)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sum),
        cmocka_unit_test(test_no_sum),
        TEST(test_announcement),
        TEST(test_put),
        TEST(test_other_places),
        TEST(test_no_place),
        TEST(test_length),
        TEST(test_wrong_length),
        TEST(test_reserved),
        TEST(test_counts),
        TEST(test_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
