/* SPDX-License-Identifier: Apache-2.0 */
/* The TLS room's parts that need no server: addresses, CA files, settings, verdicts, codes. */
#include "peer.h"

#include "../../src/tls/tls_parts.h"

#include <mbedtls/asn1.h>
#include <mbedtls/bignum.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/pem.h>

#include <stdlib.h>

/* ---- addresses ---- */

static void test_ip_good(void **state)
{
    static const struct {
        const char *text;
        uint8_t len;
        uint8_t ip[16];
    } cases[] = {
        {"127.0.0.1", 4, {127, 0, 0, 1}},
        {"0.0.0.0", 4, {0}},
        {"255.255.255.255", 4, {255, 255, 255, 255}},
        {"::", 16, {0}},
        {"::1", 16, {[15] = 1}},
        {"1::", 16, {[1] = 1}},
        {"2001:db8::42", 16, {0x20, 0x01, 0x0D, 0xB8, [15] = 0x42}},
        {"FE80::ABCD:0:1", 16, {0xFE, 0x80, [10] = 0xAB, [11] = 0xCD, [15] = 1}},
        {"1:2:3:4:5:6:7:8", 16, {0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8}},
        {"1::3:4:5:6:7:8", 16, {0, 1, 0, 0, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8}},
        {"1:2:3:4:5:6:7::", 16, {0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7}},
        {"::2:3:4:5:6:7:8", 16, {0, 0, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8}},
        {"::ffff:192.0.2.1", 16, {[10] = 0xFF, [11] = 0xFF, [12] = 192, [14] = 2, [15] = 1}},
        {"1:2:3:4:5:6:1.2.3.4", 16, {0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 1, 2, 3, 4}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t ip[16] = {0};
        assert_int_equal(nvt_tls_ip_parse(cases[i].text, ip), cases[i].len);
        assert_memory_equal(ip, cases[i].ip, cases[i].len);
    }
}

static void test_ip_names(void **state)
{
    static const char *const cases[] = {
        "",
        "localhost",
        "1",
        "127.1",
        "1.2.3",
        "1.2.3.4.",
        "1.2.3.4.5",
        "01.2.3.4",
        "1.2.3.256",
        ".1.2.3.4",
        "1..2.3",
        " 1.2.3.4",
        "1.2.3.4 ",
        "1.2.3.-4",
        "1.2.3.0x4",
        "1.2.3.0004",
        "1.2.3.4x",
        ":",
        ":::",
        "1:",
        ":1",
        "1:2:3",
        "1::2::3",
        "1:::2",
        "12345::",
        "::g",
        "[::1]",
        "::1%eth0",
        "1:2:3:4:5:6:7",
        "::1.2.3",
        "1.2.3.4::",
        "::1.2.3.4:5",
        "1:2:3:4:5:6:7:8:9",
        "1:2:3:4:5:6:7:8::",
        "::1:2:3:4:5:6:7:8",
        "1:2:3:4:5:6:7:1.2.3.4",
        "1:2:3:4:5:6:7:8:",
        "a.localhost",
        "abcd",
        "cafe.example",
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t ip[16];
        if (nvt_tls_ip_parse(cases[i], ip) != 0U) {
            fail_msg("'%s' is taken for an address", cases[i]);
        }
    }
}

/* ---- CA files ---- */

/* In memory of exactly its size, so that a read past the end is caught by the sanitizer. */
static nvt_err load(const void *text, size_t len, size_t *out_count)
{
    mbedtls_x509_crt list;
    int code = 0;
    uint8_t *exact = malloc(len + (len == 0U));
    assert_non_null(exact);
    memcpy(exact, text, len);
    mbedtls_x509_crt_init(&list);
    nvt_err err = nvt_tls_ca_load(&list, nvt_span_of(exact, len), &code);
    *out_count = 0;
    for (const mbedtls_x509_crt *c = &list; c != NULL; c = c->next) {
        *out_count += (c->raw.len > 0U) ? 1U : 0U;
    }
    mbedtls_x509_crt_free(&list);
    free(exact);
    return err;
}

static uint8_t pem[16384];

static size_t read_ca(const char *name, size_t at)
{
    return at + pki_read(name, ".pem", &pem[at], sizeof pem - at).len;
}

static void expect_ca(size_t len, nvt_err wanted, size_t wanted_count)
{
    size_t count = 0;
    assert_int_equal(load(pem, len, &count), wanted);
    if (wanted == NVT_OK) {
        assert_int_equal(count, wanted_count);
    }
}

static void test_ca_files(void **state)
{
    (void)state;
    size_t one = read_ca("ca", 0);
    expect_ca(one, NVT_OK, 1);
    pem[one] = 0;
    expect_ca(one + 1U, NVT_OK, 1);
    expect_ca(one - 1U, NVT_OK, 1); /* without the last line end */
    expect_ca(read_ca("intermediate", one), NVT_OK, 2);
    expect_ca(read_ca("ed25519", one), NVT_OK, 1);
    expect_ca(read_ca("ed25519", 0), NVT_E_TLS_CA, 0);
    expect_ca(read_ca("ca", read_ca("ed25519", 0)), NVT_OK, 1);
    expect_ca(0, NVT_E_TLS_CA, 0);
}

/* A root with an RSA-8192 key would have 2 600 bytes; what no certificate is takes no memory. */
static void test_ca_large(void **state)
{
    (void)state;
    size_t len = read_ca("large", 0);
    assert_true(len > 4000U);
    expect_ca(len, NVT_OK, 1);
    expect_ca(read_ca("ca", len), NVT_OK, 2);
    memcpy(pem, "-----BEGIN CERTIFICATE-----\n", 28);
    memset(&pem[28], 'A', 12000);
    memcpy(&pem[28 + 12000], "\n-----END CERTIFICATE-----\n", 27);
    expect_ca(28U + 12000U + 27U, NVT_E_TLS_CA, 0);
    expect_ca(28U, NVT_E_TLS_CA, 0); /* no END */
    memcpy(&pem[28], "-----END CERTIFICATE-----\n", 26);
    expect_ca(28U + 26U, NVT_E_TLS_CA, 0); /* nothing between */
}

static void test_ca_cut_anywhere(void **state)
{
    (void)state;
    size_t len = read_ca("ca", 0);
    while ((len > 0U) && (pem[len - 1U] == '\n')) {
        len--;
    }
    for (size_t cut = 0; cut < len; cut++) {
        expect_ca(cut, NVT_E_TLS_CA, 0);
    }
    expect_ca(len, NVT_OK, 1);
}

static void test_ca_line_ends(void **state)
{
    static uint8_t crlf[16384];
    size_t n = 0;
    size_t count = 0;
    (void)state;
    size_t len = read_ca("intermediate", read_ca("ca", 0));
    memcpy(crlf, "subject=CN = some text\r\n", 24);
    n = 24;
    for (size_t i = 0; i < len; i++) {
        if (pem[i] == '\n') {
            crlf[n++] = ' ';
            crlf[n++] = '\r';
        }
        crlf[n++] = pem[i];
    }
    assert_int_equal(load(crlf, n, &count), NVT_OK);
    assert_int_equal(count, 2);
}

static void test_ca_damaged(void **state)
{
    (void)state;
    size_t len = read_ca("ca", 0);
    for (size_t i = 28; i < 200; i += 7) {
        uint8_t kept = pem[i];
        pem[i] = '*';
        expect_ca(len, NVT_E_TLS_CA, 0);
        pem[i] = kept;
    }
    pem[40] = 0;
    expect_ca(len, NVT_E_TLS_CA, 0);
    /* One good certificate does not make up for a damaged one. */
    size_t one = read_ca("ca", 0);
    len = read_ca("ca", one);
    pem[one + 100U] ^= 1U;
    expect_ca(len, NVT_E_TLS_CA, 0);
    len = read_ca("ca", 0);
    memcpy(&pem[28 + 62], "A=", 2); /* padding inside */
    expect_ca(len, NVT_E_TLS_CA, 0);
}

static void test_ca_der(void **state)
{
    size_t count = 0;
    mbedtls_x509_crt crt;
    (void)state;
    size_t len = read_ca("ca", 0);
    pem[len] = 0;
    mbedtls_x509_crt_init(&crt);
    assert_int_equal(mbedtls_x509_crt_parse(&crt, pem, len + 1U), 0);
    assert_int_equal(load(crt.raw.p, crt.raw.len, &count), NVT_OK);
    assert_int_equal(count, 1);
    for (size_t cut = 0; cut < crt.raw.len; cut += 5U) {
        assert_int_equal(load(crt.raw.p, cut, &count), NVT_E_TLS_CA);
    }
    mbedtls_x509_crt_free(&crt);
}

/* ---- settings ---- */

static void test_settings(void **state)
{
    static const uint8_t pins[NVT_TLS_PINS_MAX + 1][32] = {{0}};
    struct net n;
    struct nvt_tls_config c;
    struct nvt_tls_settings good;
    struct nvt_tls_settings s;
    int32_t detail = 0;
    (void)state;
    net_init(&n);
    memset(&good, 0, sizeof good);
    good.ca = nvt_span_of(pem, read_ca("ca", 0));
    assert_int_equal(nvt_tls_config_init(&c, NULL, &good, NULL), NVT_E_ARG);
    assert_int_equal(nvt_tls_config_init(NULL, &n.port, &good, NULL), NVT_E_ARG);
    assert_int_equal(nvt_tls_config_init(&c, &n.port, NULL, NULL), NVT_E_ARG);
    s = good;
    s.pin_count = 1;
    assert_int_equal(nvt_tls_config_init(&c, &n.port, &s, NULL), NVT_E_ARG);
    s.pins = pins;
    s.pin_count = NVT_TLS_PINS_MAX + 1;
    assert_int_equal(nvt_tls_config_init(&c, &n.port, &s, NULL), NVT_E_ARG);
    s = good;
    s.clock = NVT_TLS_CLOCK_BUILD_TIME;
    assert_int_equal(nvt_tls_config_init(&c, &n.port, &s, NULL), NVT_E_ARG);
    s = good;
    s.max_fragment = 1000;
    assert_int_equal(nvt_tls_config_init(&c, &n.port, &s, NULL), NVT_E_ARG);
    s = good;
    s.ca.len = 0;
    assert_int_equal(nvt_tls_config_init(&c, &n.port, &s, &detail), NVT_E_TLS_CA);
    assert_false(c.ready);
    s = good;
    for (uint16_t f = 512; f <= 4096U; f = (uint16_t)(f * 2U)) {
        s.max_fragment = f;
        assert_int_equal(nvt_tls_config_init(&c, &n.port, &s, NULL), NVT_OK);
        nvt_tls_config_free(&c);
    }
    n.entropy_fails = true;
    assert_int_equal(nvt_tls_config_init(&c, &n.port, &good, &detail), NVT_E_TLS_ENTROPY);
    assert_true(detail != 0);
    assert_false(c.ready);
    nvt_tls_config_free(&c);
    nvt_tls_config_free(NULL);
}

/* ---- verdicts ---- */

/* From the first to be reported to the last. */
static void test_verdict_order(void **state)
{
    static const struct {
        uint32_t flag;
        nvt_err err;
    } order[] = {
        {MBEDTLS_X509_BADCERT_REVOKED, NVT_E_TLS_REVOKED},
        {MBEDTLS_X509_BADCERT_BAD_MD, NVT_E_TLS_WEAK},
        {MBEDTLS_X509_BADCERT_BAD_PK, NVT_E_TLS_WEAK},
        {MBEDTLS_X509_BADCERT_BAD_KEY, NVT_E_TLS_WEAK},
        {MBEDTLS_X509_BADCERT_NOT_TRUSTED, NVT_E_TLS_ISSUER},
        {MBEDTLS_X509_BADCERT_EXPIRED, NVT_E_TLS_EXPIRED},
        {MBEDTLS_X509_BADCERT_FUTURE, NVT_E_TLS_NOT_YET},
        {MBEDTLS_X509_BADCERT_CN_MISMATCH, NVT_E_TLS_HOST},
        {MBEDTLS_X509_BADCERT_KEY_USAGE, NVT_E_TLS_USAGE},
        {MBEDTLS_X509_BADCERT_EXT_KEY_USAGE, NVT_E_TLS_USAGE},
        {MBEDTLS_X509_BADCERT_NS_CERT_TYPE, NVT_E_TLS_USAGE},
        {MBEDTLS_X509_BADCERT_OTHER, NVT_E_TLS_CERT},
        {MBEDTLS_X509_BADCRL_EXPIRED, NVT_E_TLS_CERT},
    };
    struct nvt_tls_chain chain = {0};
    uint32_t flags = 0;
    (void)state;
    chain.checked = true;
    chain.length = 2;
    assert_int_equal(nvt_tls_verdict(&chain, 0), NVT_OK);
    for (size_t i = sizeof order / sizeof order[0]; i > 0U; i--) {
        assert_int_equal(nvt_tls_verdict(&chain, order[i - 1U].flag), order[i - 1U].err);
        flags |= order[i - 1U].flag;
        assert_int_equal(nvt_tls_verdict(&chain, flags), order[i - 1U].err);
    }
    flags = MBEDTLS_X509_BADCERT_NOT_TRUSTED | MBEDTLS_X509_BADCERT_EXPIRED;
    chain.length = 1;
    assert_int_equal(nvt_tls_verdict(&chain, flags), NVT_E_TLS_CHAIN);
    chain.self_signed = true;
    assert_int_equal(nvt_tls_verdict(&chain, flags), NVT_E_TLS_SELF_SIGNED);
    chain.length = 3;
    assert_int_equal(nvt_tls_verdict(&chain, flags), NVT_E_TLS_ISSUER);
    chain.pin_refused = true;
    assert_int_equal(nvt_tls_verdict(&chain, MBEDTLS_X509_BADCERT_OTHER), NVT_E_TLS_PIN);
    /* Mbed TLS sets every flag when it could not check at all. */
    memset(&chain, 0, sizeof chain);
    assert_int_equal(nvt_tls_verdict(&chain, 0xFFFFFFFFU), NVT_E_TLS_CERT);
}

static void test_codes(void **state)
{
    static const struct {
        int code;
        nvt_err err;
    } cases[] = {
        {MBEDTLS_ERR_SSL_ALLOC_FAILED, NVT_E_TLS_MEMORY},
        {MBEDTLS_ERR_MPI_ALLOC_FAILED, NVT_E_TLS_MEMORY},
        {MBEDTLS_ERR_X509_INVALID_EXTENSIONS + MBEDTLS_ERR_ASN1_ALLOC_FAILED, NVT_E_TLS_MEMORY},
        {MBEDTLS_ERR_CTR_DRBG_ENTROPY_SOURCE_FAILED, NVT_E_TLS_ENTROPY},
        {MBEDTLS_ERR_X509_INVALID_DATE, NVT_E_TLS_CERT},
        {MBEDTLS_ERR_X509_INVALID_FORMAT + MBEDTLS_ERR_ASN1_OUT_OF_DATA, NVT_E_TLS_CERT},
        {MBEDTLS_ERR_X509_CERT_VERIFY_FAILED, NVT_E_TLS_CERT},
        {MBEDTLS_ERR_X509_FATAL_ERROR, NVT_E_TLS_CERT},
        {MBEDTLS_ERR_SSL_INVALID_MAC, NVT_E_TLS_RECORD},
        {MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY, NVT_E_NET_CLOSED},
        {MBEDTLS_ERR_SSL_CONN_EOF, NVT_E_TLS_TRUNCATED},
        {MBEDTLS_ERR_SSL_INTERNAL_ERROR, NVT_E_TLS_HANDSHAKE},
        {-1, NVT_E_TLS_HANDSHAKE},
        {0, NVT_E_TLS_HANDSHAKE},
        {1, NVT_E_TLS_HANDSHAKE},
        {INT_MIN, NVT_E_TLS_HANDSHAKE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(nvt_tls_code_err(cases[i].code), cases[i].err);
    }
}

/* Mbed TLS reporting success without having looked at a certificate must not count as verified. */
static void test_unverified_is_refused(void **state)
{
    struct nvt_tls t;
    (void)state;
    memset(&t, 0, sizeof t);
    assert_false(nvt_tls_ticket_after_handshake(&t));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ip_good),         cmocka_unit_test(test_ip_names),
        cmocka_unit_test(test_ca_files),        cmocka_unit_test(test_ca_large),
        cmocka_unit_test(test_ca_cut_anywhere), cmocka_unit_test(test_ca_line_ends),
        cmocka_unit_test(test_ca_damaged),      cmocka_unit_test(test_ca_der),
        cmocka_unit_test(test_settings),        cmocka_unit_test(test_verdict_order),
        cmocka_unit_test(test_codes),           cmocka_unit_test(test_unverified_is_refused),
    };
    return cmocka_run_group_tests_name("tls parts", tests, NULL, NULL);
}
