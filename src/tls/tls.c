/* SPDX-License-Identifier: Apache-2.0 */
/* One TLS connection: its life, and the mapping of every Mbed TLS result to one of ours. */
#include "tls_parts.h"

#include <limits.h>
#include <mbedtls/net_sockets.h>

/* Steps that Mbed TLS may ask for in one call without waiting for the network (a ticket read, an
 * ignored alert). A server that sends more of them is served in the next call. */
enum { INNER_STEPS = 8 };

/* ---- the socket, as Mbed TLS calls it ---- */

static int bio_result(struct nvt_tls *t, nvt_err err, size_t n, int want, int failed)
{
    t->net_err = err;
    if (err == NVT_OK) {
        return (int)n;
    }
    if (err == NVT_AGAIN) {
        return want;
    }
    return (err == NVT_E_NET_CLOSED) ? 0 : failed;
}

static int bio_send(void *arg, const unsigned char *data, size_t len)
{
    struct nvt_tls *t = (struct nvt_tls *)arg;
    const struct nvt_port_net *net = &t->config->port->net;
    size_t n = 0;
    /* Mbed TLS flushes before it reads some messages: a failed send must not keep it from them. */
    if (t->send_end != NVT_OK) {
        return (len < (size_t)INT_MAX) ? (int)len : INT_MAX;
    }
    nvt_err err = net->send(net->ctx, t->sock, data, len, &n);
    if (err == NVT_E_NET_CLOSED) {
        err = NVT_E_NET_RESET; /* nothing was sent: not an end that a reader may meet in order */
    }
    return bio_result(t, err, n, MBEDTLS_ERR_SSL_WANT_WRITE, MBEDTLS_ERR_NET_SEND_FAILED);
}

static int bio_recv(void *arg, unsigned char *data, size_t cap)
{
    struct nvt_tls *t = (struct nvt_tls *)arg;
    const struct nvt_port_net *net = &t->config->port->net;
    size_t n = 0;
    if (t->has_early) {
        data[0] = t->early;
        t->has_early = false;
        return 1;
    }
    nvt_err err = net->recv(net->ctx, t->sock, data, cap, &n);
    for (size_t i = 0; (err == NVT_OK) && (i < n) && (t->wire_len < sizeof t->wire_version); i++) {
        t->wire_version[t->wire_len] = data[i];
        t->wire_len++;
    }
    return bio_result(t, err, n, MBEDTLS_ERR_SSL_WANT_READ, MBEDTLS_ERR_NET_RECV_FAILED);
}

/* ---- what a code of Mbed TLS means here ---- */

/* A server that knows TLS 1.1 at most finds no suite of ours and says handshake_failure, not
 * protocol_version; the record around the alert then carries the version that it chose. */
static nvt_err alert_err(struct nvt_tls *t)
{
    uint8_t alert = t->ssl.MBEDTLS_PRIVATE(in_msg)[1];
    bool old = !t->established && (t->wire_len == sizeof t->wire_version) &&
               (t->wire_version[0] == MBEDTLS_SSL_MSG_ALERT) && (t->wire_version[1] == 3U) &&
               (t->wire_version[2] < 3U) && (alert == MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE);
    t->detail = (int32_t)alert;
    return (old || (alert == MBEDTLS_SSL_ALERT_MSG_PROTOCOL_VERSION)) ? NVT_E_TLS_VERSION
                                                                      : NVT_E_TLS_ALERT;
}

static bool verify_failed(const struct nvt_tls *t, int code)
{
    nvt_err err = nvt_tls_code_err(code);
    return !t->established && (t->chain.checked || (code == MBEDTLS_ERR_X509_CERT_VERIFY_FAILED)) &&
           (err == NVT_E_TLS_CERT);
}

static nvt_err certificate_err(const struct nvt_tls *t)
{
    nvt_err err = nvt_tls_verdict(&t->chain, mbedtls_ssl_get_verify_result(&t->ssl));
    return (err == NVT_OK) ? NVT_E_TLS_CERT : err;
}

/* Neither the certificate nor the network. An end in the middle of a handshake is never in order,
 * and once that is over nothing can be its failure. */
static nvt_err tls_err(struct nvt_tls *t, int code)
{
    nvt_err err = nvt_tls_code_err(code);
    switch (err) {
    case NVT_E_TLS_ALERT:
        return alert_err(t);
    case NVT_E_NET_CLOSED:
        return t->established ? err : NVT_E_TLS_TRUNCATED;
    case NVT_E_TLS_HANDSHAKE:
        return t->established ? NVT_E_TLS_RECORD : err;
    default:
        return err;
    }
}

/* The first cause wins: the certificate, then the network, then what TLS made of it. */
static nvt_err failure_err(struct nvt_tls *t, int code)
{
    t->detail = (int32_t)code;
    if (verify_failed(t, code)) {
        return certificate_err(t);
    }
    if ((code == MBEDTLS_ERR_NET_SEND_FAILED) || (code == MBEDTLS_ERR_NET_RECV_FAILED)) {
        return t->net_err;
    }
    /* 0 from mbedtls_ssl_read: the stream ended without close_notify */
    return (code == 0) ? NVT_E_TLS_TRUNCATED : tls_err(t, code);
}

static bool wants_more(int code)
{
    return (code == MBEDTLS_ERR_SSL_WANT_READ) || (code == MBEDTLS_ERR_SSL_WANT_WRITE) ||
           (code == MBEDTLS_ERR_SSL_CRYPTO_IN_PROGRESS)
#if NVT_TLS_HAS_13
           || (code == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET)
#endif
        ;
}

/* True when Mbed TLS stopped for itself and not for the network: call it again. */
static bool call_again(struct nvt_tls *t, int code)
{
#if NVT_TLS_HAS_13
    if (code == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET) {
        nvt_tls_ticket_keep(t);
        return true;
    }
#endif
    return wants_more(code) && (t->net_err != NVT_AGAIN);
}

/* NVT_AGAIN, or the error that ends the connection. */
static nvt_err stopped(struct nvt_tls *t, int code, uint8_t *out_events)
{
    if (wants_more(code)) {
        /* Not blocked by the network: a writable socket wakes the caller at once. */
        bool blocked = t->net_err == NVT_AGAIN;
        *out_events =
            (blocked && (code == MBEDTLS_ERR_SSL_WANT_READ)) ? NVT_WAIT_READ : NVT_WAIT_WRITE;
        return NVT_AGAIN;
    }
    t->end = failure_err(t, code);
    return t->end;
}

/* ---- life ---- */

static nvt_err set_clock(struct nvt_tls *t)
{
    const struct nvt_port_clock *clock = &t->config->port->clock;
    t->now_known = clock->wall_s(clock->ctx, &t->now_s);
    if (t->now_known) {
        return NVT_OK;
    }
    t->now_s = t->config->build_time_s;
    return (t->config->clock == NVT_TLS_CLOCK_BUILD_TIME) ? NVT_OK : NVT_E_TLS_CLOCK;
}

/* Mbed TLS must be told of a host in any case: never told, 2.28 would skip the name check. For an
 * address it is told NULL, and nvt_tls_verify compares. */
static nvt_err set_host(struct nvt_tls *t, const char *host)
{
    t->ip_len = nvt_tls_ip_parse(host, t->ip);
    if (!nvt_tls_sha256((const uint8_t *)host, strlen(host), t->host)) {
        return NVT_E_TLS_SETUP;
    }
    t->detail = mbedtls_ssl_set_hostname(&t->ssl, (t->ip_len > 0U) ? NULL : host);
    return (t->detail == 0) ? NVT_OK : NVT_E_TLS_MEMORY;
}

static nvt_err set_up(struct nvt_tls *t, const char *host)
{
    t->detail = mbedtls_ssl_setup(&t->ssl, &t->config->ssl);
    if (t->detail != 0) {
        return (nvt_tls_code_err(t->detail) == NVT_E_TLS_MEMORY) ? NVT_E_TLS_MEMORY
                                                                 : NVT_E_TLS_SETUP;
    }
    mbedtls_ssl_set_bio(&t->ssl, t, bio_send, bio_recv, NULL);
    mbedtls_ssl_set_verify(&t->ssl, nvt_tls_verify, t);
    nvt_err err = set_host(t, host);
    return (err == NVT_OK) ? nvt_tls_ticket_offer(t) : err;
}

nvt_err nvt_tls_open(struct nvt_tls *t, struct nvt_tls_config *c, const char *host, nvt_sock sock,
                     struct nvt_tls_ticket *ticket)
{
    if ((t == NULL) || (c == NULL) || (host == NULL)) {
        return NVT_E_ARG;
    }
    (void)memset(t, 0, sizeof *t);
    if ((host[0] == '\0') || (strlen(host) >= NVT_HOST_CAP)) {
        return NVT_E_ARG;
    }
    if (!c->ready) {
        return NVT_E_STATE;
    }
    t->config = c;
    t->sock = sock;
    t->ticket = ticket;
    t->chain.not_after_s = INT64_MAX;
    nvt_err err = set_clock(t);
    if (err != NVT_OK) {
        return err;
    }
    mbedtls_ssl_init(&t->ssl);
    t->open = true;
    err = set_up(t, host);
    if (err != NVT_OK) {
        nvt_tls_close(t);
    }
    return err;
}

static nvt_err finish(struct nvt_tls *t)
{
    if (!nvt_tls_ticket_after_handshake(t)) {
        t->end = NVT_E_TLS_CERT;
        return t->end;
    }
    t->established = true;
    return NVT_OK;
}

nvt_err nvt_tls_handshake(struct nvt_tls *t, uint8_t *out_events)
{
    if (!t->open) {
        return NVT_E_STATE;
    }
    if ((t->end != NVT_OK) || t->established) {
        return t->end;
    }
    t->net_err = NVT_OK;
    int code = 0;
    while ((code == 0) && (t->ssl.MBEDTLS_PRIVATE(state) != (int)MBEDTLS_SSL_HANDSHAKE_OVER)) {
        code = nvt_tls_step(t);
    }
    if (code == 0) {
        return finish(t);
    }
    nvt_err err = stopped(t, code, out_events);
    if ((err != NVT_AGAIN) && t->offered && (code != MBEDTLS_ERR_NET_SEND_FAILED) &&
        (code != MBEDTLS_ERR_NET_RECV_FAILED)) {
        nvt_tls_ticket_free(t->ticket); /* it may be the cause: the next attempt goes without */
    }
    return err;
}

/* What both directions check first. A peer that closed in order may still be written to. */
static nvt_err may_move(const struct nvt_tls *t, bool writing)
{
    if (!t->open || !t->established) {
        return NVT_E_STATE;
    }
    if (!writing) {
        return t->end;
    }
    return ((t->end == NVT_OK) || (t->end == NVT_E_NET_CLOSED)) ? t->send_end : t->end;
}

/* Mbed TLS keeps an unfinished record and on the next call counts whatever length it is given:
 * the length of the first call is the true one. */
nvt_err nvt_tls_send(struct nvt_tls *t, struct nvt_span data, size_t *out_n, uint8_t *out_events)
{
    nvt_err err = may_move(t, true);
    if (err != NVT_OK) {
        return err;
    }
    if ((data.len == 0U) || (data.len < t->write_len)) {
        return NVT_E_ARG;
    }
    if (t->write_len > 0U) {
        data.len = t->write_len;
    }
    int code = 0;
    for (size_t i = 0; i < (size_t)INNER_STEPS; i++) {
        t->net_err = NVT_OK;
        code = mbedtls_ssl_write(&t->ssl, data.ptr, data.len);
        if (code > 0) {
            t->write_len = 0;
            *out_n = (size_t)code;
            return NVT_OK;
        }
        if (!call_again(t, code)) {
            break;
        }
    }
    t->write_len = data.len;
    err = stopped(t, code, out_events);
    if (code == MBEDTLS_ERR_NET_SEND_FAILED) {
        t->send_end = err;
        t->end = NVT_OK; /* what the peer sent before that can still be read */
    }
    return err;
}

nvt_err nvt_tls_recv(struct nvt_tls *t, void *data, size_t cap, size_t *out_n, uint8_t *out_events)
{
    nvt_err err = may_move(t, false);
    if (err != NVT_OK) {
        return err;
    }
    if (cap == 0U) {
        return NVT_E_ARG;
    }
    int code = 0;
    for (size_t i = 0; i < (size_t)INNER_STEPS; i++) {
        t->net_err = NVT_OK;
        code = mbedtls_ssl_read(&t->ssl, (unsigned char *)data, cap);
        if (code > 0) {
            *out_n = (size_t)code;
            return NVT_OK;
        }
        if (!call_again(t, code)) {
            break;
        }
    }
    return stopped(t, code, out_events);
}

bool nvt_tls_pending(const struct nvt_tls *t)
{
    return t->has_early || (mbedtls_ssl_check_pending(&t->ssl) != 0);
}

bool nvt_tls_quiet(struct nvt_tls *t)
{
    size_t n = 0;
    if ((may_move(t, false) != NVT_OK) || nvt_tls_pending(t)) {
        return false;
    }
    const struct nvt_port_net *net = &t->config->port->net;
    nvt_err err = net->recv(net->ctx, t->sock, &t->early, sizeof t->early, &n);
    t->has_early = (err == NVT_OK);
    return err == NVT_AGAIN;
}

void nvt_tls_close(struct nvt_tls *t)
{
    if ((t == NULL) || !t->open) {
        return;
    }
    /* Before a notify Mbed TLS would send the rest of a record that is under way: a request that
     * its caller was told has not left would leave. Cut, nobody can read it. */
    bool whole = t->write_len == 0U;
    if (t->established && whole && ((t->end == NVT_OK) || (t->end == NVT_E_NET_CLOSED))) {
        (void)mbedtls_ssl_close_notify(&t->ssl); /* as far as the socket takes it */
    }
    mbedtls_ssl_free(&t->ssl);
    nvt_wipe(&t->ssl, sizeof t->ssl);
    t->ticket = NULL;
    t->open = false;
    t->established = false;
}

const char *nvt_tls_version(const struct nvt_tls *t)
{
    return t->established ? mbedtls_ssl_get_version(&t->ssl) : "";
}

const char *nvt_tls_suite(const struct nvt_tls *t)
{
    return t->established ? mbedtls_ssl_get_ciphersuite(&t->ssl) : "";
}
