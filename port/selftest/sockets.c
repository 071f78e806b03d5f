/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets: connecting, the four outcomes of send and recv, much data, many connections. */
#include "parts.h"

#include "wire.h"

#define BIG ((size_t)512 * 1024)
#define FLOOD ((size_t)64 * 1024 * 1024)

/* Within which a few pieces of NVT_SELFTEST_DRIP are there. */
#define DRIP_MS 150U

/* ---- the port's calls, watched ---- */

static bool opened(struct run *r, const struct nvt_addr *addr, nvt_sock *out_sock, nvt_err *out_err)
{
    const struct nvt_port_net *net = &r->port->net;
    uint64_t start = now_ms(r);
    *out_err = net->open(net->ctx, addr, out_sock);
    if (now_ms(r) - start > AT_ONCE_MS) {
        return complain(r, "open blocks", *out_err);
    }
    return true;
}

static nvt_err wait_connected(struct run *r, nvt_sock sock)
{
    const struct nvt_port_net *net = &r->port->net;
    uint64_t end = now_ms(r) + PATIENCE_MS;
    for (;;) {
        nvt_err err = net->connected(net->ctx, sock);
        if (err != NVT_AGAIN || now_ms(r) > end) {
            return err;
        }
        idle(r);
    }
}

static nvt_err send_some(struct run *r, nvt_sock sock, const uint8_t *data, size_t len,
                         size_t *out_n)
{
    const struct nvt_port_net *net = &r->port->net;
    uint64_t start = now_ms(r);
    *out_n = 0;
    nvt_err err = net->send(net->ctx, sock, data, len, out_n);
    if (now_ms(r) - start > AT_ONCE_MS) {
        (void)complain(r, "send blocks", err);
    }
    if (err == NVT_OK && (*out_n == 0U || *out_n > len)) {
        (void)complain(r, "send succeeded with a count outside 1 to len", err);
        *out_n = len;
    }
    return err;
}

/* The byte behind cap must survive. */
static nvt_err recv_some(struct run *r, nvt_sock sock, uint8_t *data, size_t cap, size_t *out_n)
{
    const struct nvt_port_net *net = &r->port->net;
    uint64_t start = now_ms(r);
    *out_n = 0;
    data[cap] = 0xA5U;
    nvt_err err = net->recv(net->ctx, sock, data, cap, out_n);
    if (now_ms(r) - start > AT_ONCE_MS) {
        (void)complain(r, "recv blocks", err);
    }
    if (err == NVT_OK && (*out_n == 0U || *out_n > cap)) {
        (void)complain(r, "recv succeeded with a count outside 1 to cap", err);
        *out_n = cap;
    }
    if (data[cap] != 0xA5U) {
        (void)complain(r, "recv wrote behind its buffer", err);
    }
    return err;
}

static nvt_err recv_wait(struct run *r, nvt_sock sock, uint8_t *data, size_t cap, size_t *out_n)
{
    uint64_t end = now_ms(r) + PATIENCE_MS;
    for (;;) {
        nvt_err err = recv_some(r, sock, data, cap, out_n);
        if (err != NVT_AGAIN || now_ms(r) > end) {
            return err;
        }
        idle(r);
    }
}

static bool send_all(struct run *r, nvt_sock sock, const char *text)
{
    const uint8_t *data = (const uint8_t *)text;
    size_t left = strlen(text);
    uint64_t end = now_ms(r) + PATIENCE_MS;
    while (left > 0U && now_ms(r) <= end) {
        size_t n = 0;
        nvt_err err = send_some(r, sock, data, left, &n);
        if (err != NVT_OK && err != NVT_AGAIN) {
            return complain(r, "send failed", err);
        }
        data += n;
        left -= n;
        idle(r);
    }
    return left == 0U || complain(r, "send never took a short line", NVT_AGAIN);
}

/* A connection to the test server that was told what to do; NVT_SOCK_NONE after a complaint. */
static nvt_sock connect_for(struct run *r, const char *command)
{
    const struct nvt_port_net *net = &r->port->net;
    struct nvt_addr addr;
    nvt_sock sock = NVT_SOCK_NONE;
    nvt_err err = NVT_OK;
    if (!nvt_selftest_find_server(r, &addr) || !opened(r, &addr, &sock, &err)) {
        return NVT_SOCK_NONE;
    }
    if (err == NVT_OK) {
        err = wait_connected(r, sock);
        if (err == NVT_OK && send_all(r, sock, command)) {
            return sock;
        }
        net->close(net->ctx, sock);
    }
    (void)complain(r, "no connection to the test server", err);
    return NVT_SOCK_NONE;
}

static void drop(struct run *r, nvt_sock sock)
{
    r->port->net.close(r->port->net.ctx, sock);
}

/* ---- checks ---- */

static void refused(struct run *r)
{
    struct nvt_addr addr;
    nvt_sock sock = NVT_SOCK_NONE;
    nvt_err err = NVT_OK;
    if (r->t->closed_port == 0U || !nvt_selftest_find_server(r, &addr)) {
        return;
    }
    addr.port = r->t->closed_port;
    if (!opened(r, &addr, &sock, &err)) {
        return;
    }
    if (err == NVT_OK) {
        err = wait_connected(r, sock);
        drop(r, sock);
    }
    if (err != NVT_E_NET_REFUSED) {
        (void)complain(r, "a port where nobody listens must give NVT_E_NET_REFUSED", err);
    }
}

/* 192.0.2.1 belongs to nobody (RFC 5737): the attempt fails or goes on, but is never waited for. */
static void nowhere(struct run *r)
{
    struct nvt_addr addr = {.ip = {192, 0, 2, 1}, .ip_len = 4, .port = 443};
    nvt_sock sock = NVT_SOCK_NONE;
    nvt_err err = NVT_OK;
    if (opened(r, &addr, &sock, &err) && err == NVT_OK) {
        uint64_t start = now_ms(r);
        (void)r->port->net.connected(r->port->net.ctx, sock);
        if (now_ms(r) - start > AT_ONCE_MS) {
            (void)complain(r, "connected blocks", NVT_OK);
        }
        drop(r, sock);
    }
}

static void connected_stays(struct run *r)
{
    nvt_sock sock = connect_for(r, "");
    if (sock != NVT_SOCK_NONE) {
        nvt_err err = wait_connected(r, sock);
        if (err != NVT_OK) {
            (void)complain(r, "connected does not stay NVT_OK", err);
        }
        drop(r, sock);
    }
}

/* Nothing is there for a while, then one byte. */
static void recv_would_block(struct run *r)
{
    uint8_t data[9];
    size_t n = 0;
    nvt_sock sock = connect_for(r, NVT_SELFTEST_DELAY);
    if (sock == NVT_SOCK_NONE) {
        return;
    }
    nvt_err err = recv_some(r, sock, data, 8U, &n);
    if (err != NVT_AGAIN) {
        (void)complain(r, "recv with nothing there must say NVT_AGAIN", err);
    }
    err = recv_wait(r, sock, data, 8U, &n);
    if (err != NVT_OK || n != 1U || data[0] != (uint8_t)'x') {
        (void)complain(r, "recv missed the byte that came late", err);
    }
    drop(r, sock);
}

static void ends_in_order(struct run *r)
{
    uint8_t data[9];
    size_t n = 0;
    nvt_sock sock = connect_for(r, NVT_SELFTEST_CLOSE);
    if (sock == NVT_SOCK_NONE) {
        return;
    }
    nvt_err err = recv_wait(r, sock, data, 8U, &n);
    if (err != NVT_E_NET_CLOSED) {
        (void)complain(r, "an orderly end must give NVT_E_NET_CLOSED", err);
    }
    drop(r, sock);
}

/* Nobody reads until all of it is there: as many pieces as a stack's queue may have places, and the
 * end behind them must not be lost. */
static void drips(struct run *r, const char *command, size_t pieces)
{
    uint8_t data[17];
    size_t got = 0;
    size_t n = 0;
    nvt_err err = NVT_OK;
    nvt_sock sock = connect_for(r, command);
    if (sock == NVT_SOCK_NONE) {
        return;
    }
    uint64_t end = now_ms(r) + DRIP_MS;
    while (now_ms(r) < end) {
        idle(r);
    }
    while (err == NVT_OK && got <= pieces) {
        err = recv_wait(r, sock, data, 16U, &n);
        got += n;
    }
    if (err != NVT_E_NET_CLOSED || got != pieces) {
        (void)complain(r, "small pieces that waited, or the end behind them, were lost", err);
    }
    drop(r, sock);
}

static void ends_behind_pieces(struct run *r)
{
    drips(r, NVT_SELFTEST_DRIP "2", 2U);
    drips(r, NVT_SELFTEST_DRIP "4", 4U);
    drips(r, NVT_SELFTEST_DRIP "8", 8U);
}

static void reset(struct run *r)
{
    uint8_t data[9];
    size_t n = 0;
    nvt_sock sock = connect_for(r, NVT_SELFTEST_RESET);
    if (sock == NVT_SOCK_NONE) {
        return;
    }
    nvt_err err = recv_wait(r, sock, data, 8U, &n);
    if (err != NVT_E_NET_RESET) {
        (void)complain(r, "a reset must give NVT_E_NET_RESET, never an orderly end", err);
    }
    err = send_some(r, sock, (const uint8_t *)"x", 1U, &n);
    if (err == NVT_OK || err == NVT_AGAIN) {
        (void)complain(r, "send on a reset connection must fail", err);
    }
    drop(r, sock);
}

static bool is_pattern(const uint8_t *data, size_t len, size_t at)
{
    for (size_t i = 0; i < len; i++) {
        if (data[i] != nvt_selftest_byte(at + i)) {
            return false;
        }
    }
    return true;
}

/* The server's bytes must come whole, in order, and then the orderly end. */
static void much_in(struct run *r)
{
    uint8_t data[256 + 1];
    size_t got = 0;
    size_t n = 0;
    nvt_err err = NVT_OK;
    nvt_sock sock = connect_for(r, NVT_SELFTEST_SEND_512K);
    if (sock == NVT_SOCK_NONE) {
        return;
    }
    while (err == NVT_OK && r->wrong == NULL) {
        err = recv_wait(r, sock, data, 1U + got % 256U, &n);
        if (!is_pattern(data, n, got)) {
            (void)complain(r, "received bytes are wrong or out of order", NVT_OK);
        }
        got += n;
    }
    if (err != NVT_E_NET_CLOSED || got != BIG) {
        (void)complain(r, "not all bytes arrived before the end", err);
    }
    drop(r, sock);
}

struct echo {
    nvt_sock sock;
    size_t sent;
    size_t got;
    uint64_t moved_ms; /* when a byte last went either way */
};

static bool echo_out(struct run *r, struct echo *e)
{
    uint8_t data[512];
    size_t n = 0;
    size_t want = BIG - e->sent < sizeof data ? BIG - e->sent : sizeof data;
    if (want == 0U) {
        return true;
    }
    for (size_t i = 0; i < want; i++) {
        data[i] = nvt_selftest_byte(e->sent + i);
    }
    nvt_err err = send_some(r, e->sock, data, want, &n);
    e->sent += n;
    e->moved_ms = err == NVT_OK ? now_ms(r) : e->moved_ms;
    return err == NVT_OK || err == NVT_AGAIN || complain(r, "send failed", err);
}

static bool echo_in(struct run *r, struct echo *e)
{
    uint8_t data[512 + 1];
    size_t n = 0;
    nvt_err err = recv_some(r, e->sock, data, 512U, &n);
    if (!is_pattern(data, n, e->got)) {
        return complain(r, "echoed bytes are wrong or out of order", NVT_OK);
    }
    e->got += n;
    e->moved_ms = err == NVT_OK ? now_ms(r) : e->moved_ms;
    return err == NVT_OK || err == NVT_AGAIN || complain(r, "recv failed", err);
}

static void much_both_ways(struct run *r)
{
    struct echo e = {.sock = connect_for(r, NVT_SELFTEST_ECHO)};
    if (e.sock == NVT_SOCK_NONE) {
        return;
    }
    e.moved_ms = now_ms(r);
    while (e.got < BIG && echo_out(r, &e) && echo_in(r, &e)) {
        if (now_ms(r) - e.moved_ms > PATIENCE_MS) {
            (void)complain(r, "the echo is stuck", NVT_AGAIN);
            break;
        }
        idle(r);
    }
    drop(r, e.sock);
}

/* The peer reads nothing for a while: send must say so, and go on later. */
static void send_would_block(struct run *r)
{
    uint8_t data[512] = {0};
    size_t total = 0;
    size_t n = 0;
    nvt_err err = NVT_OK;
    nvt_sock sock = connect_for(r, NVT_SELFTEST_HOLD);
    if (sock == NVT_SOCK_NONE) {
        return;
    }
    while (err == NVT_OK && total < FLOOD) {
        err = send_some(r, sock, data, sizeof data, &n);
        total += n;
        idle(r);
    }
    if (err != NVT_AGAIN) {
        (void)complain(r, "send to a peer that does not read must come to say NVT_AGAIN", err);
    }
    uint64_t end = now_ms(r) + PATIENCE_MS;
    while (err == NVT_AGAIN && now_ms(r) < end) {
        err = send_some(r, sock, data, sizeof data, &n);
        idle(r);
    }
    if (err != NVT_OK) {
        (void)complain(r, "send does not go on once the peer reads again", err);
    }
    drop(r, sock);
}

/* The server sees the end a second late. Until then the stack may keep what it knows of the
 * connection, as long as there is room for the next one. */
static void slow_to_end(struct run *r)
{
    for (unsigned i = 0; i < 4U && r->wrong == NULL; i++) {
        nvt_sock one = connect_for(r, NVT_SELFTEST_HOLD);
        nvt_sock two = connect_for(r, NVT_SELFTEST_HOLD);
        drop(r, one);
        drop(r, two);
    }
}

/* Two connections must not mix, and many in a row must not use anything up. */
static void many(struct run *r)
{
    uint8_t data[9];
    size_t n = 0;
    for (unsigned i = 0; i < 40U && r->wrong == NULL; i++) {
        nvt_sock one = connect_for(r, NVT_SELFTEST_ECHO "1");
        nvt_sock two = connect_for(r, NVT_SELFTEST_ECHO "2");
        if (two != NVT_SOCK_NONE &&
            (recv_wait(r, two, data, 8U, &n) != NVT_OK || data[0] != (uint8_t)'2')) {
            (void)complain(r, "two connections at once are mixed up", NVT_OK);
        }
        if (one != NVT_SOCK_NONE &&
            (recv_wait(r, one, data, 8U, &n) != NVT_OK || data[0] != (uint8_t)'1')) {
            (void)complain(r, "two connections at once are mixed up", NVT_OK);
        }
        drop(r, one);
        drop(r, two);
    }
}

void nvt_selftest_sockets(struct run *r)
{
    nvt_selftest_check(r, "connect: refused", refused);
    nvt_selftest_check(r, "connect: an address that does not answer", nowhere);
    nvt_selftest_check(r, "connect: connected stays so", connected_stays);
    nvt_selftest_check(r, "recv: would block", recv_would_block);
    nvt_selftest_check(r, "recv: orderly end", ends_in_order);
    nvt_selftest_check(r, "recv: orderly end behind small pieces", ends_behind_pieces);
    nvt_selftest_check(r, "recv: reset", reset);
    nvt_selftest_check(r, "recv: 512 KiB", much_in);
    nvt_selftest_check(r, "send and recv: 512 KiB both ways", much_both_ways);
    nvt_selftest_check(r, "send: would block", send_would_block);
    nvt_selftest_check(r, "close: 80 connections", many);
    nvt_selftest_check(r, "close: a server that is slow to end", slow_to_end);
}
