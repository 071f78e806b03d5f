/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The floor of the POST benchmark: a request made once, written in one TLS record, and as many
 * bytes read back as the first answer had. No parser, no deadline, blocking sockets.
 */
#include "post.h"

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/error.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>
#include <mbedtls/version.h>
#include <mbedtls/x509_crt.h>
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
#include <psa/crypto.h>
#endif

#include <stdio.h>
#include <string.h>

static mbedtls_net_context net;
static mbedtls_entropy_context entropy;
static mbedtls_ctr_drbg_context drbg;
static mbedtls_ssl_config config;
static mbedtls_ssl_context ssl;
static mbedtls_x509_crt ca;
static unsigned char request[4096], answer[4096];
static size_t request_len, answer_len;

static bool ok(const char *what, int code)
{
    if (code < 0) {
        fprintf(stderr, "bare: %s: -0x%04x\n", what, (unsigned)-code);
    }
    return code >= 0;
}

static void set_versions(bool tls12)
{
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
    mbedtls_ssl_protocol_version v =
        tls12 ? MBEDTLS_SSL_VERSION_TLS1_2 : MBEDTLS_SSL_VERSION_TLS1_3;
    mbedtls_ssl_conf_min_tls_version(&config, v);
    mbedtls_ssl_conf_max_tls_version(&config, v);
    (void)psa_crypto_init();
#else
    (void)tls12;
#endif
}

static bool handshake(void)
{
    for (;;) {
        int code = mbedtls_ssl_handshake(&ssl);
        if (code == 0) {
            return true;
        }
        if (code != MBEDTLS_ERR_SSL_WANT_READ && code != MBEDTLS_ERR_SSL_WANT_WRITE) {
            return ok("handshake", code);
        }
    }
}

bool client_open(const struct post_settings *s)
{
    char port[8];
    snprintf(port, sizeof port, "%d", s->port);
    request_len = (size_t)snprintf((char *)request, sizeof request,
                                   "POST " POST_PATH " HTTP/1.1\r\nHost: localhost:%d\r\n"
                                   "User-Agent: navette\r\nAccept: application/json\r\n"
                                   "Content-Type: application/json\r\nContent-Length: %zu\r\n"
                                   "Authorization: Bearer %s\r\n\r\n%s",
                                   s->port, s->body_len, s->token, s->body);
    mbedtls_entropy_init(&entropy);
    mbedtls_ctr_drbg_init(&drbg);
    mbedtls_ssl_config_init(&config);
    mbedtls_ssl_init(&ssl);
    mbedtls_x509_crt_init(&ca);
    mbedtls_net_init(&net);
    if (!ok("seed", mbedtls_ctr_drbg_seed(&drbg, mbedtls_entropy_func, &entropy, NULL, 0)) ||
        !ok("ca", mbedtls_x509_crt_parse_file(&ca, s->ca_file)) ||
        !ok("config", mbedtls_ssl_config_defaults(&config, MBEDTLS_SSL_IS_CLIENT,
                                                  MBEDTLS_SSL_TRANSPORT_STREAM,
                                                  MBEDTLS_SSL_PRESET_DEFAULT))) {
        return false;
    }
    mbedtls_ssl_conf_ca_chain(&config, &ca, NULL);
    mbedtls_ssl_conf_rng(&config, mbedtls_ctr_drbg_random, &drbg);
    set_versions(s->tls12);
    if (!ok("setup", mbedtls_ssl_setup(&ssl, &config)) ||
        !ok("name", mbedtls_ssl_set_hostname(&ssl, "localhost")) ||
        !ok("connect", mbedtls_net_connect(&net, "127.0.0.1", port, MBEDTLS_NET_PROTO_TCP))) {
        return false;
    }
    mbedtls_ssl_set_bio(&ssl, &net, mbedtls_net_send, mbedtls_net_recv, NULL);
    return handshake();
}

/* The first answer: until its body's last byte, which nginx sends in the same write as the head. */
static bool learn(void)
{
    static const char end[] = "}\n";
    answer_len = 0;
    while (answer_len < sizeof end ||
           memcmp(answer + answer_len - (sizeof end - 1U), end, sizeof end - 1U) != 0) {
        int n = mbedtls_ssl_read(&ssl, answer + answer_len, sizeof answer - answer_len);
        if (n > 0) {
            answer_len += (size_t)n;
        }
#ifdef MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET
        if (n == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET) {
            continue;
        }
#endif
        if (n <= 0) {
            return ok("first answer", n == 0 ? -1 : n);
        }
    }
    return memcmp(answer, "HTTP/1.1 201", 12) == 0;
}

bool client_post(void)
{
    int n = mbedtls_ssl_write(&ssl, request, request_len);
    if (n != (int)request_len) {
        return ok("write", n < 0 ? n : -1);
    }
    if (answer_len == 0) {
        return learn();
    }
    for (size_t got = 0; got < answer_len; got += (size_t)n) {
        n = mbedtls_ssl_read(&ssl, answer + got, answer_len - got);
        if (n <= 0) {
            return ok("read", n == 0 ? -1 : n);
        }
    }
    return memcmp(answer, "HTTP/1.1 201", 12) == 0;
}

void client_close(void)
{
    (void)mbedtls_ssl_close_notify(&ssl);
    mbedtls_net_free(&net);
    mbedtls_ssl_free(&ssl);
    mbedtls_ssl_config_free(&config);
    mbedtls_x509_crt_free(&ca);
    mbedtls_ctr_drbg_free(&drbg);
    mbedtls_entropy_free(&entropy);
}
