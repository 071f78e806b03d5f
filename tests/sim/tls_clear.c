/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The TLS room without cryptography: bytes pass through, the contract of navette/tls.h stays. The
 * port must be the scripted one: it says how a handshake goes and how a connection ended. Linked
 * before the library, so that the real room is not drawn in.
 */
#include "../../port/sim/sim.h"
#include "tls_clear.h"

#include <navette/tls.h>

/* Mbed TLS wants a write that was not taken repeated with the same bytes: so does this. */
struct pending {
    const struct nvt_tls *tls;
    struct nvt_span data;
};
static struct pending pending[8];
static size_t broken_retries;

size_t nvt_clear_broken_retries(void)
{
    return broken_retries;
}

static struct nvt_sim *sim_of(const struct nvt_tls *t)
{
    return (struct nvt_sim *)t->config->port->net.ctx;
}

static struct pending *pending_of(const struct nvt_tls *t)
{
    struct pending *empty = &pending[0];
    for (size_t i = 0; i < sizeof(pending) / sizeof(pending[0]); i++) {
        if (pending[i].tls == t) {
            return &pending[i];
        }
        if (pending[i].tls == NULL) {
            empty = &pending[i];
        }
    }
    return empty;
}

nvt_err nvt_tls_config_init(struct nvt_tls_config *c, const struct nvt_port *port,
                            const struct nvt_tls_settings *settings, int32_t *out_detail)
{
    (void)settings;
    (void)memset(c, 0, sizeof(*c));
    c->port = port;
    c->ready = true;
    if (out_detail != NULL) {
        *out_detail = 0;
    }
    return NVT_OK;
}

void nvt_tls_config_free(struct nvt_tls_config *c)
{
    c->ready = false;
}

nvt_err nvt_tls_open(struct nvt_tls *t, struct nvt_tls_config *c, const char *host, nvt_sock sock,
                     struct nvt_tls_ticket *ticket)
{
    (void)memset(t, 0, sizeof(*t));
    t->config = c;
    t->sock = sock;
    t->ticket = ticket;
    t->open = true;
    return host[0] == '\0' ? NVT_E_ARG : NVT_OK;
}

nvt_err nvt_tls_handshake(struct nvt_tls *t, uint8_t *out_events)
{
    *out_events = (uint8_t)NVT_WAIT_READ;
    nvt_err err = nvt_sim_handshake(sim_of(t), t->sock);
    if (err == NVT_OK) {
        t->established = true;
        t->resumed = t->ticket != NULL && t->ticket->valid;
        if (t->ticket != NULL) {
            t->ticket->valid = true;
        }
    } else if (err != NVT_AGAIN) {
        t->detail = -0x7780;
    }
    return err;
}

nvt_err nvt_tls_send(struct nvt_tls *t, struct nvt_span data, size_t *out_n, uint8_t *out_events)
{
    struct nvt_sim *s = sim_of(t);
    struct pending *p = pending_of(t);
    *out_events = (uint8_t)NVT_WAIT_WRITE;
    if (p->tls == t && (p->data.ptr != data.ptr || p->data.len != data.len)) {
        broken_retries++;
    }
    p->tls = NULL;
    nvt_err err = s->port.net.send(s, t->sock, data.ptr, data.len, out_n);
    if (err == NVT_AGAIN) {
        p->tls = t;
        p->data = data;
    }
    return err;
}

nvt_err nvt_tls_recv(struct nvt_tls *t, void *data, size_t cap, size_t *out_n, uint8_t *out_events)
{
    struct nvt_sim *s = sim_of(t);
    *out_events = (uint8_t)NVT_WAIT_READ;
    nvt_err err = s->port.net.recv(s, t->sock, (uint8_t *)data, cap, out_n);
    if (err == NVT_E_NET_CLOSED && !nvt_sim_notified(s, t->sock)) {
        return NVT_E_TLS_TRUNCATED;
    }
    return err;
}

bool nvt_tls_pending(const struct nvt_tls *t)
{
    (void)t;
    return false;
}

/* The exact answer is nvt_tls_recv's. */
bool nvt_tls_quiet(struct nvt_tls *t)
{
    (void)t;
    return false;
}

void nvt_tls_close(struct nvt_tls *t)
{
    struct pending *p = pending_of(t);
    if (p->tls == t) {
        p->tls = NULL;
    }
    t->open = false;
    t->established = false;
}

void nvt_tls_ticket_free(struct nvt_tls_ticket *ticket)
{
    ticket->valid = false;
}

const char *nvt_tls_version(const struct nvt_tls *t)
{
    return t->established ? "clear" : "";
}

const char *nvt_tls_suite(const struct nvt_tls *t)
{
    return t->established ? "none" : "";
}
