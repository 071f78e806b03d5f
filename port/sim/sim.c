/* SPDX-License-Identifier: Apache-2.0 */
/* The scripted network: tables of the port, and the clock that moves to the next event. */
#include "parts.h"

static struct nvt_sim *sim_of(void *ctx)
{
    return (struct nvt_sim *)ctx;
}

/* Counts a call of the network table; an error when this is the one to fail. */
static nvt_err fault(struct nvt_sim *s, nvt_err usual)
{
    s->calls++;
    bool hit =
        s->fail_at != 0U && (s->calls == s->fail_at || (s->fail_on && s->calls > s->fail_at));
    if (!hit) {
        return NVT_OK;
    }
    return s->fail_err == NVT_OK ? usual : s->fail_err;
}

static struct nvt_sim_sock *sock_of(struct nvt_sim *s, nvt_sock sock)
{
    if (sock < 0 || sock >= NVT_SIM_SOCKS || !s->socks[sock].open) {
        s->misuse++;
        return NULL;
    }
    return &s->socks[sock];
}

static bool is_known(const struct nvt_sim *s, nvt_sock sock)
{
    return sock >= 0 && sock < NVT_SIM_SOCKS && s->socks[sock].open;
}

/* ---- resolver ---- */

static nvt_err sim_resolve(void *ctx, const char *host, uint16_t port, struct nvt_addr *out_addrs,
                           size_t *out_count)
{
    struct nvt_sim *s = sim_of(ctx);
    if (host == NULL || host[0] == '\0') {
        s->misuse++;
    }
    nvt_err err = fault(s, NVT_E_NET_RESOLVER);
    if (err != NVT_OK) {
        return err;
    }
    if (!s->resolving) {
        s->resolving = true;
        s->resolve_at_ms = s->mono_ms + s->resolve_ms;
    }
    if (s->resolve_dead || s->mono_ms < s->resolve_at_ms) {
        return NVT_AGAIN;
    }
    s->resolving = false;
    if (s->resolve_err != NVT_OK) {
        return s->resolve_err;
    }
    for (size_t i = 0; i < s->host_count; i++) {
        out_addrs[i] = s->hosts[i].addr;
        out_addrs[i].port = port;
    }
    *out_count = s->host_count;
    return NVT_OK;
}

static void sim_resolve_cancel(void *ctx)
{
    sim_of(ctx)->resolving = false;
}

/* ---- sockets ---- */

static size_t find_host(const struct nvt_sim *s, const struct nvt_addr *addr)
{
    size_t i = 0;
    while (i < s->host_count && (s->hosts[i].addr.ip_len != addr->ip_len ||
                                 memcmp(s->hosts[i].addr.ip, addr->ip, addr->ip_len) != 0)) {
        i++;
    }
    return i;
}

/* A script names connections by their order: its sockets are used once. */
static struct nvt_sim_sock *free_sock(struct nvt_sim *s)
{
    if (s->server.take == NULL) {
        return s->opened < (size_t)NVT_SIM_SOCKS ? &s->socks[s->opened] : NULL;
    }
    for (size_t i = 0; i < (size_t)NVT_SIM_SOCKS; i++) {
        struct nvt_sim_sock *k = &s->socks[(s->opened + i) % (size_t)NVT_SIM_SOCKS];
        if (!k->open) {
            return k;
        }
    }
    return NULL;
}

static nvt_err sim_open(void *ctx, const struct nvt_addr *addr, nvt_sock *out_sock)
{
    struct nvt_sim *s = sim_of(ctx);
    size_t host = find_host(s, addr);
    nvt_err err = fault(s, NVT_E_NET_RESOURCE);
    struct nvt_sim_sock *k = free_sock(s);
    /* The contract knows no "not now" here. */
    if (err != NVT_OK && err != NVT_AGAIN) {
        return err;
    }
    if (host == s->host_count || k == NULL) {
        return NVT_E_NET_RESOURCE;
    }
    if (s->hosts[host].open_err != NVT_OK) {
        return s->hosts[host].open_err;
    }
    bool never = s->hosts[host].dead || s->blackout;
    (void)memset(k, 0, sizeof(*k));
    k->open = true;
    k->host = (uint8_t)host;
    k->connect_at_ms = never ? UINT64_MAX : s->mono_ms + s->hosts[host].connect_ms;
    k->shake_at_ms = UINT64_MAX;
    k->script = SIZE_MAX;
    if (s->server.take != NULL) {
        nvt_sim_line_init(s, k);
    }
    *out_sock = (nvt_sock)(k - s->socks);
    s->opened++;
    s->open_now++;
    return NVT_OK;
}

static nvt_err sim_connected(void *ctx, nvt_sock sock)
{
    struct nvt_sim *s = sim_of(ctx);
    struct nvt_sim_sock *k = sock_of(s, sock);
    nvt_err err = fault(s, NVT_E_NET_UNREACHABLE);
    if (k == NULL || err != NVT_OK) {
        return k == NULL ? NVT_E_NET_IO : err;
    }
    if (s->mono_ms < k->connect_at_ms) {
        return NVT_AGAIN;
    }
    if (s->hosts[k->host].connect_err != NVT_OK) {
        return s->hosts[k->host].connect_err;
    }
    k->connected = true;
    return NVT_OK;
}

/* The script of a connection is fixed when it first moves a byte. */
static const struct nvt_sim_answer *answer_of(struct nvt_sim *s, struct nvt_sim_sock *k)
{
    if (k->script == SIZE_MAX) {
        k->script = s->connections;
        s->connections++;
    }
    if (k->script >= s->script_count || k->answer >= s->scripts[k->script].count) {
        return NULL;
    }
    return &s->scripts[k->script].answers[k->answer];
}

/* What send and recv have in common. */
static nvt_err begin_transfer(struct nvt_sim *s, struct nvt_sim_sock *k, size_t len)
{
    nvt_err err = fault(s, NVT_E_NET_RESET);
    if (k == NULL) {
        return NVT_E_NET_IO;
    }
    if (!k->connected || len == 0U) {
        s->misuse++;
        return NVT_E_NET_IO;
    }
    if (err != NVT_OK) {
        k->killed = k->killed || err != NVT_AGAIN;
        return err;
    }
    if (k->killed) {
        return NVT_E_NET_RESET;
    }
    k->blocked = s->blocking && !k->blocked;
    return k->blocked ? NVT_AGAIN : NVT_OK;
}

static void keep_sent(struct nvt_sim *s, const uint8_t *data, size_t n)
{
    size_t room = s->sent_cap - s->sent_len;
    size_t kept = n < room ? n : room;
    if (s->sent != NULL && kept > 0U) {
        (void)memcpy(s->sent + s->sent_len, data, kept);
        s->sent_len += kept;
    }
    s->sent_total += n;
}

static nvt_err sim_send(void *ctx, nvt_sock sock, const uint8_t *data, size_t len, size_t *out_n)
{
    struct nvt_sim *s = sim_of(ctx);
    struct nvt_sim_sock *k = sock_of(s, sock);
    nvt_err err = begin_transfer(s, k, len);
    if (err != NVT_OK) {
        return err;
    }
    if (s->sent_max != 0U && k->sent >= s->sent_max) {
        return NVT_E_NET_RESET; /* what the server sent before may still be read */
    }
    size_t n = (s->send_max != 0U && len > s->send_max) ? s->send_max : len;
    if (s->server.take != NULL) {
        err = nvt_sim_line_in(s, k, data, n);
    } else {
        (void)answer_of(s, k);
    }
    if (err != NVT_OK) {
        return err;
    }
    keep_sent(s, data, n);
    k->sent += n;
    k->sent_at_ms = s->mono_ms;
    *out_n = n;
    return NVT_OK;
}

static nvt_err end_transfer(struct nvt_sim_sock *k, enum nvt_sim_end how)
{
    switch (how) {
    case NVT_SIM_CLOSE:
    case NVT_SIM_CUT:
        k->ended = true;
        return NVT_E_NET_CLOSED;
    case NVT_SIM_RESET:
        k->killed = true;
        return NVT_E_NET_RESET;
    case NVT_SIM_STAY:
    case NVT_SIM_SILENCE:
    default:
        return NVT_AGAIN;
    }
}

/* True when the connection's stream has come to the offset where it was told to end. */
static bool at_end(const struct nvt_sim *s, const struct nvt_sim_sock *k)
{
    bool applies = s->end_script == SIZE_MAX || s->end_script == k->script;
    return applies && k->stream >= s->end_at;
}

/* When the next bytes or the end come: UINT64_MAX for never. */
static uint64_t answer_at(const struct nvt_sim *s, const struct nvt_sim_sock *k,
                          const struct nvt_sim_answer *a)
{
    if (at_end(s, k) && k->sent > 0U) {
        return s->end_how == NVT_SIM_SILENCE ? UINT64_MAX : s->mono_ms;
    }
    if (a == NULL || (k->sent == 0U && !a->unasked)) {
        return UINT64_MAX;
    }
    if (k->at == a->len && (a->end == NVT_SIM_STAY || a->end == NVT_SIM_SILENCE)) {
        return UINT64_MAX;
    }
    return k->sent_at_ms + a->delay_ms;
}

static size_t piece_len(const struct nvt_sim *s, const struct nvt_sim_sock *k, size_t len)
{
    size_t n = len;
    if (s->recv_max != 0U && n > s->recv_max) {
        n = s->recv_max;
    }
    if (k->stream < s->split_at && n > s->split_at - k->stream) {
        n = s->split_at - k->stream;
    }
    bool applies = s->end_script == SIZE_MAX || s->end_script == k->script;
    if (applies && n > s->end_at - k->stream) {
        n = s->end_at - k->stream;
    }
    return n;
}

static nvt_err deliver(struct nvt_sim *s, struct nvt_sim_sock *k, const struct nvt_sim_answer *a,
                       uint8_t *data, size_t cap, size_t *out_n)
{
    size_t left = a->len - k->at;
    if (left == 0U) {
        return end_transfer(k, a->end);
    }
    size_t n = piece_len(s, k, left < cap ? left : cap);
    (void)memcpy(data, (const uint8_t *)a->ptr + k->at, n);
    k->at += n;
    k->stream += n;
    *out_n = n;
    if (k->at == a->len && a->end == NVT_SIM_STAY) {
        k->answer++;
        k->at = 0;
        k->sent = 0;
    }
    return NVT_OK;
}

static nvt_err sim_recv(void *ctx, nvt_sock sock, uint8_t *data, size_t cap, size_t *out_n)
{
    struct nvt_sim *s = sim_of(ctx);
    struct nvt_sim_sock *k = sock_of(s, sock);
    nvt_err err = begin_transfer(s, k, cap);
    if (err != NVT_OK) {
        return err;
    }
    if (k->ended) {
        return NVT_E_NET_CLOSED;
    }
    if (s->server.take != NULL) {
        return nvt_sim_line_out(s, k, data, cap, out_n);
    }
    const struct nvt_sim_answer *a = answer_of(s, k);
    if (answer_at(s, k, a) > s->mono_ms) {
        return NVT_AGAIN;
    }
    if (at_end(s, k)) {
        return end_transfer(k, s->end_how);
    }
    return deliver(s, k, a, data, cap, out_n);
}

static void sim_close(void *ctx, nvt_sock sock)
{
    struct nvt_sim *s = sim_of(ctx);
    struct nvt_sim_sock *k = sock_of(s, sock);
    s->calls++;
    if (k != NULL) {
        k->open = false;
        s->open_now--;
    }
}

/* ---- clocks, entropy ---- */

static uint64_t sim_mono_ms(void *ctx)
{
    return sim_of(ctx)->mono_ms;
}

static bool sim_wall_s(void *ctx, int64_t *out_s)
{
    const struct nvt_sim *s = sim_of(ctx);
    *out_s = s->wall_s + (int64_t)(s->mono_ms / 1000U);
    return s->wall_known;
}

/* xorshift64: repeatable, which is all that is asked of it here. */
static nvt_err sim_fill(void *ctx, uint8_t *out, size_t len)
{
    struct nvt_sim *s = sim_of(ctx);
    for (size_t i = 0; i < len; i++) {
        s->random ^= s->random << 13U;
        s->random ^= s->random >> 7U;
        s->random ^= s->random << 17U;
        out[i] = (uint8_t)(s->random & 0xFFU);
    }
    return NVT_OK;
}

/* ---- control ---- */

struct nvt_sim_host *nvt_sim_add_host(struct nvt_sim *s, unsigned family, uint8_t n)
{
    static const uint8_t v4[4] = {192, 0, 2, 0};
    static const uint8_t v6[4] = {0x20, 0x01, 0x0d, 0xb8};
    struct nvt_sim_host *h = &s->hosts[s->host_count];
    (void)memset(h, 0, sizeof(*h));
    (void)memcpy(h->addr.ip, family == 6U ? v6 : v4, 4);
    h->addr.ip_len = family == 6U ? 16U : 4U;
    h->addr.ip[h->addr.ip_len - 1U] = n;
    s->host_count++;
    return h;
}

void nvt_sim_init(struct nvt_sim *s)
{
    (void)memset(s, 0, sizeof(*s));
    s->port.net.ctx = s;
    s->port.net.resolve = sim_resolve;
    s->port.net.resolve_cancel = sim_resolve_cancel;
    s->port.net.open = sim_open;
    s->port.net.connected = sim_connected;
    s->port.net.send = sim_send;
    s->port.net.recv = sim_recv;
    s->port.net.close = sim_close;
    s->port.clock.ctx = s;
    s->port.clock.mono_ms = sim_mono_ms;
    s->port.clock.wall_s = sim_wall_s;
    s->port.entropy.ctx = s;
    s->port.entropy.fill = sim_fill;
    s->mono_ms = 1000;
    s->wall_s = 1750000000;
    s->wall_known = true;
    s->arrival_ms = UINT64_MAX;
    s->end_at = SIZE_MAX;
    s->end_script = SIZE_MAX;
    s->random = 0x9E3779B97F4A7C15U;
    (void)nvt_sim_add_host(s, 4, 1);
}

nvt_err nvt_sim_handshake(struct nvt_sim *s, nvt_sock sock)
{
    struct nvt_sim_sock *k = sock_of(s, sock);
    if (k == NULL) {
        return NVT_E_NET_IO;
    }
    if (!k->shaken) {
        k->shaken = true;
        k->shake_at_ms = s->handshake_dead ? UINT64_MAX : s->mono_ms + s->handshake_ms;
    }
    return s->mono_ms < k->shake_at_ms ? NVT_AGAIN : s->handshake_err;
}

bool nvt_sim_notified(const struct nvt_sim *s, nvt_sock sock)
{
    if (!is_known(s, sock) || !s->socks[sock].ended) {
        return false;
    }
    const struct nvt_sim_sock *k = &s->socks[sock];
    if (s->server.take != NULL) {
        return s->server.lines[sock].ordered;
    }
    if (at_end(s, k)) {
        return s->end_how == NVT_SIM_CLOSE;
    }
    return s->scripts[k->script].answers[k->answer].end == NVT_SIM_CLOSE;
}

/* When a socket has news for one who waits for events on it. */
static uint64_t news_at(struct nvt_sim *s, nvt_sock sock, uint8_t events)
{
    struct nvt_sim_sock *k = sock_of(s, sock);
    if (k == NULL) {
        return s->mono_ms;
    }
    if (!k->connected) {
        return k->connect_at_ms;
    }
    if (k->shaken && s->mono_ms < k->shake_at_ms) {
        return k->shake_at_ms;
    }
    if (k->blocked || k->ended || k->killed || (events & (uint8_t)NVT_WAIT_WRITE) != 0U) {
        return s->mono_ms;
    }
    return s->server.take != NULL ? nvt_sim_line_at(s, k) : answer_at(s, k, answer_of(s, k));
}

/* When what *wait waits for comes. */
static uint64_t wait_at(struct nvt_sim *s, const struct nvt_wait *wait)
{
    uint64_t next = wait->until_ms;
    for (size_t i = 0; i < wait->count; i++) {
        uint64_t at = news_at(s, wait->on[i].sock, wait->on[i].events);
        next = at < next ? at : next;
    }
    if (wait->resolver && !s->resolve_dead && s->resolve_at_ms < next) {
        next = s->resolve_at_ms;
    }
    return next;
}

bool nvt_sim_wait_any(struct nvt_sim *s, const struct nvt_wait *waits, size_t n, uint64_t limit_ms)
{
    uint64_t next = limit_ms < s->arrival_ms || s->blackout ? limit_ms : s->arrival_ms;
    for (size_t i = 0; i < n; i++) {
        uint64_t at = wait_at(s, &waits[i]);
        next = at < next ? at : next;
    }
    if (next == UINT64_MAX) {
        return false;
    }
    s->mono_ms = next > s->mono_ms ? next : s->mono_ms;
    nvt_sim_arrive(s);
    return true;
}

bool nvt_sim_wait(struct nvt_sim *s, const struct nvt_wait *wait)
{
    return nvt_sim_wait_any(s, wait, 1U, UINT64_MAX);
}

void nvt_sim_power_off(struct nvt_sim *s, uint64_t now_ms)
{
    for (size_t i = 0; i < (size_t)NVT_SIM_SOCKS; i++) {
        s->socks[i].open = false;
        if (s->server.take != NULL) {
            nvt_sim_line_init(s, &s->socks[i]);
        }
    }
    s->open_now = 0;
    s->resolving = false;
    s->arrival_ms = UINT64_MAX;
    s->mono_ms = now_ms;
}
