/* SPDX-License-Identifier: Apache-2.0 */
/* One verified connection: its phases, their deadlines, its bytes, its end. */
#include "race.h"

enum {
    RESOLVE_MS = 5000,
    CONNECT_MS = 10000,
    HANDSHAKE_MS = 15000,
    ANSWER_MS = 30000,
    CALL_MS = 60000
};

static uint32_t or_default(uint32_t value_ms, uint32_t default_ms)
{
    return value_ms == 0U ? default_ms : value_ms;
}

static uint64_t now_of(const struct nvt_conn *c)
{
    return c->port->clock.mono_ms(c->port->clock.ctx);
}

void nvt_conn_init(struct nvt_conn *c, const struct nvt_port *port,
                   struct nvt_tls_config *tls_config, const struct nvt_timeouts *timeouts)
{
    (void)memset(c, 0, sizeof(*c));
    c->port = port;
    c->tls_config = tls_config;
    if (timeouts != NULL) {
        c->timeouts = *timeouts;
    }
    c->timeouts.resolve_ms = or_default(c->timeouts.resolve_ms, RESOLVE_MS);
    c->timeouts.connect_ms = or_default(c->timeouts.connect_ms, CONNECT_MS);
    c->timeouts.handshake_ms = or_default(c->timeouts.handshake_ms, HANDSHAKE_MS);
    c->timeouts.answer_ms = or_default(c->timeouts.answer_ms, ANSWER_MS);
    c->timeouts.call_ms = or_default(c->timeouts.call_ms, CALL_MS);
    c->sock = NVT_SOCK_NONE;
    for (size_t i = 0; i < NVT_RACE_MAX; i++) {
        c->racing[i] = NVT_SOCK_NONE;
    }
}

static void enter(struct nvt_conn *c, enum nvt_conn_phase phase, uint32_t limit_ms)
{
    c->phase = phase;
    c->phase_end_ms = now_of(c) + limit_ms;
}

static void wait_on(const struct nvt_conn *c, uint8_t events, struct nvt_wait *wait)
{
    wait->on[0].sock = c->sock;
    wait->on[0].events = events;
    wait->count = 1;
}

static void start(struct nvt_conn *c, const struct nvt_origin *origin)
{
    if (c->origin != origin) {
        nvt_tls_ticket_free(&c->ticket);
        c->origin = origin;
    }
    c->exchanges = 0;
    c->detail = 0;
    enter(c, NVT_CONN_RESOLVE, c->timeouts.resolve_ms);
}

static nvt_err step_resolve(struct nvt_conn *c, struct nvt_wait *wait)
{
    size_t count = 0;
    const struct nvt_port_net *net = &c->port->net;
    nvt_err err = net->resolve(net->ctx, c->origin->host, c->origin->port, c->addrs, &count);
    if (err != NVT_OK) {
        wait->resolver = true;
        wait->until_ms = UINT64_MAX;
        return err;
    }
    if (count == 0U || count > NVT_ADDRS_MAX) {
        return NVT_E_NET_NAME;
    }
    c->addr_count = (uint8_t)count;
    enter(c, NVT_CONN_CONNECT, c->timeouts.connect_ms);
    nvt_race_start(c, now_of(c));
    return NVT_OK;
}

static nvt_err step_connect(struct nvt_conn *c, struct nvt_wait *wait)
{
    nvt_err err = nvt_race_step(c, now_of(c), wait);
    if (err != NVT_OK) {
        return err;
    }
    enter(c, NVT_CONN_HANDSHAKE, c->timeouts.handshake_ms);
    return nvt_tls_open(&c->tls, c->tls_config, c->origin->host, c->sock, &c->ticket);
}

static nvt_err step_handshake(struct nvt_conn *c, struct nvt_wait *wait)
{
    uint8_t events = 0;
    nvt_err err = nvt_tls_handshake(&c->tls, &events);
    if (err != NVT_OK) {
        wait_on(c, events, wait);
        wait->until_ms = UINT64_MAX;
        c->detail = c->tls.detail;
        return err;
    }
    if (c->tls.resumed) {
        c->stats.resumptions++;
    } else {
        c->stats.handshakes++;
    }
    c->phase = NVT_CONN_OPEN;
    return NVT_OK;
}

static nvt_err step_phase(struct nvt_conn *c, struct nvt_wait *wait)
{
    (void)memset(wait, 0, sizeof(*wait));
    switch (c->phase) {
    case NVT_CONN_RESOLVE:
        return step_resolve(c, wait);
    case NVT_CONN_CONNECT:
        return step_connect(c, wait);
    case NVT_CONN_HANDSHAKE:
        return step_handshake(c, wait);
    case NVT_CONN_CLOSED:
    case NVT_CONN_OPEN:
    default:
        return NVT_OK;
    }
}

/* The phase's own deadline, put into *wait, or its error when it has passed. */
static nvt_err check_deadline(const struct nvt_conn *c, struct nvt_wait *wait)
{
    if (now_of(c) < c->phase_end_ms) {
        if (c->phase_end_ms < wait->until_ms) {
            wait->until_ms = c->phase_end_ms;
        }
        return NVT_AGAIN;
    }
    if (c->phase == NVT_CONN_RESOLVE) {
        return NVT_E_TIMEOUT_RESOLVE;
    }
    return c->phase == NVT_CONN_CONNECT ? NVT_E_TIMEOUT_CONNECT : NVT_E_TIMEOUT_HANDSHAKE;
}

nvt_err nvt_conn_open(struct nvt_conn *c, const struct nvt_origin *origin,
                      struct nvt_wait *out_wait)
{
    if (c == NULL || origin == NULL || out_wait == NULL) {
        return NVT_E_ARG;
    }
    if (c->phase != NVT_CONN_CLOSED && c->origin != origin) {
        nvt_conn_close(c);
    }
    if (c->phase == NVT_CONN_CLOSED) {
        start(c, origin);
    }
    nvt_err err = NVT_OK;
    /* Each turn that returns NVT_OK moves one phase on. */
    for (unsigned turn = 0; turn < 3U && c->phase != NVT_CONN_OPEN && err == NVT_OK; turn++) {
        err = step_phase(c, out_wait);
    }
    if (err == NVT_AGAIN) {
        err = check_deadline(c, out_wait);
    }
    if (err != NVT_OK && err != NVT_AGAIN) {
        nvt_conn_close(c);
    }
    return err;
}

nvt_err nvt_conn_send(struct nvt_conn *c, struct nvt_span data, size_t *out_n,
                      struct nvt_wait *out_wait)
{
    uint8_t events = 0;
    *out_n = 0;
    if (c->phase != NVT_CONN_OPEN) {
        return NVT_E_STATE;
    }
    nvt_err err = nvt_tls_send(&c->tls, data, out_n, &events);
    if (err == NVT_OK) {
        c->stats.bytes_out += *out_n;
    } else if (err == NVT_AGAIN) {
        wait_on(c, events, out_wait);
    } else {
        c->detail = c->tls.detail;
    }
    return err;
}

nvt_err nvt_conn_recv(struct nvt_conn *c, void *data, size_t cap, size_t *out_n,
                      struct nvt_wait *out_wait)
{
    uint8_t events = 0;
    *out_n = 0;
    if (c->phase != NVT_CONN_OPEN) {
        return NVT_E_STATE;
    }
    nvt_err err = nvt_tls_recv(&c->tls, data, cap, out_n, &events);
    if (err == NVT_OK) {
        c->stats.bytes_in += *out_n;
    } else if (err == NVT_AGAIN) {
        wait_on(c, events, out_wait);
    } else {
        c->detail = c->tls.detail;
    }
    return err;
}

nvt_err nvt_conn_await(const struct nvt_conn *c, struct nvt_wait *out_wait)
{
    if (c->phase != NVT_CONN_OPEN || nvt_tls_pending(&c->tls)) {
        return NVT_OK;
    }
    wait_on(c, (uint8_t)NVT_WAIT_READ, out_wait);
    return NVT_AGAIN;
}

bool nvt_conn_reusable(struct nvt_conn *c)
{
    uint8_t byte = 0;
    uint8_t events = 0;
    size_t n = 0;
    if (c->phase != NVT_CONN_OPEN) {
        return false;
    }
    if (nvt_tls_quiet(&c->tls)) {
        return true;
    }
    /* Nothing is due now: a byte, an end or an error all make the connection unfit, a session
     * ticket does not. */
    if (nvt_tls_recv(&c->tls, &byte, sizeof(byte), &n, &events) == NVT_AGAIN) {
        return true;
    }
    nvt_conn_close(c);
    return false;
}

void nvt_conn_close(struct nvt_conn *c)
{
    if (c->phase == NVT_CONN_RESOLVE) {
        c->port->net.resolve_cancel(c->port->net.ctx);
    }
    nvt_race_stop(c);
    nvt_tls_close(&c->tls);
    if (c->sock != NVT_SOCK_NONE) {
        c->port->net.close(c->port->net.ctx, c->sock);
        c->sock = NVT_SOCK_NONE;
    }
    c->phase = NVT_CONN_CLOSED;
}

void nvt_conn_free(struct nvt_conn *c)
{
    nvt_conn_close(c);
    nvt_tls_ticket_free(&c->ticket);
    c->origin = NULL;
}
