/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Session tickets. A resumed handshake shows no certificate, so a ticket stands for the check that
 * was made when it was issued: it is good for that host, that trust and those dates only.
 */
#include "tls_parts.h"

void nvt_tls_ticket_free(struct nvt_tls_ticket *ticket)
{
    if (ticket == NULL) {
        return;
    }
    if (ticket->valid) {
        mbedtls_ssl_session_free(&ticket->session);
    }
    nvt_wipe(ticket, sizeof *ticket);
}

static bool ticket_fits(const struct nvt_tls *t)
{
    const struct nvt_tls_ticket *k = t->ticket;
    if ((k->config != t->config) || (memcmp(k->host, t->host, sizeof k->host) != 0)) {
        return false;
    }
    return (t->now_s <= k->not_after_s) && (!t->now_known || (t->now_s >= k->not_before_s));
}

nvt_err nvt_tls_ticket_offer(struct nvt_tls *t)
{
    if ((t->ticket == NULL) || !t->ticket->valid) {
        return NVT_OK;
    }
    if (!ticket_fits(t)) {
        nvt_tls_ticket_free(t->ticket);
        return NVT_OK;
    }
    int code = mbedtls_ssl_set_session(&t->ssl, &t->ticket->session);
    if (nvt_tls_code_err(code) == NVT_E_TLS_MEMORY) {
        t->detail = code;
        return NVT_E_TLS_MEMORY;
    }
    t->offered = code == 0;
    if (!t->offered) {
        nvt_tls_ticket_free(t->ticket); /* not fit for this config's versions or suites */
    }
    return NVT_OK;
}

static bool resumable(const mbedtls_ssl_session *s)
{
#if defined(MBEDTLS_SSL_SESSION_TICKETS) && defined(MBEDTLS_SSL_CLI_C)
    if (s->MBEDTLS_PRIVATE(ticket) != NULL) {
        return true;
    }
#endif
    return s->MBEDTLS_PRIVATE(id_len) > 0U;
}

/* Running out of memory here costs a full handshake later, not this connection. */
void nvt_tls_ticket_keep(struct nvt_tls *t)
{
    struct nvt_tls_ticket *k = t->ticket;
    if (k == NULL) {
        return;
    }
    nvt_tls_ticket_free(k);
    mbedtls_ssl_session_init(&k->session);
    k->valid = true;
    k->config = t->config;
    k->not_before_s = t->chain.not_before_s;
    k->not_after_s = t->chain.not_after_s;
    (void)memcpy(k->host, t->host, sizeof k->host);
    if ((mbedtls_ssl_get_session(&t->ssl, &k->session) != 0) || !resumable(&k->session)) {
        nvt_tls_ticket_free(k);
    }
}

bool nvt_tls_ticket_after_handshake(struct nvt_tls *t)
{
    t->resumed = !t->chain.checked;
    if (t->resumed) {
        if (!t->offered || t->certified) {
            return false;
        }
        t->chain.not_before_s = t->ticket->not_before_s;
        t->chain.not_after_s = t->ticket->not_after_s;
    }
#if NVT_TLS_HAS_13
    /* There the tickets come later, inside nvt_tls_recv. */
    if (mbedtls_ssl_get_version_number(&t->ssl) == MBEDTLS_SSL_VERSION_TLS1_3) {
        return true;
    }
#endif
    nvt_tls_ticket_keep(t);
    return true;
}
