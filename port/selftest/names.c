/* SPDX-License-Identifier: Apache-2.0 */
/* The resolver. */
#include "parts.h"

struct names {
    struct nvt_addr addrs[NVT_ADDRS_MAX];
    size_t count;
};

static nvt_err resolve_once(struct run *r, const char *host, uint16_t port, struct names *out)
{
    const struct nvt_port_net *net = &r->port->net;
    uint64_t start = now_ms(r);
    nvt_err err = net->resolve(net->ctx, host, port, out->addrs, &out->count);
    if (now_ms(r) - start > AT_ONCE_MS) {
        (void)complain(r, "resolve blocks", err);
    }
    return err;
}

static nvt_err resolve_wait(struct run *r, const char *host, uint16_t port, struct names *out)
{
    uint64_t end = now_ms(r) + PATIENCE_MS;
    for (;;) {
        nvt_err err = resolve_once(r, host, port, out);
        if (err != NVT_AGAIN || now_ms(r) > end) {
            return err;
        }
        idle(r);
    }
}

static void numeric_v4(struct run *r)
{
    static const uint8_t want[4] = {192, 0, 2, 33};
    struct names n = {.count = 0};
    nvt_err err = resolve_once(r, "192.0.2.33", 4433, &n);
    if (err != NVT_OK || n.count != 1U) {
        (void)complain(r, "a numeric IPv4 host must be answered at once with one address", err);
    } else if (n.addrs[0].ip_len != 4U || memcmp(n.addrs[0].ip, want, 4U) != 0) {
        (void)complain(r, "the address of a numeric IPv4 host is wrong", NVT_OK);
    } else if (n.addrs[0].port != 4433U) {
        (void)complain(r, "the port number was not handed on", NVT_OK);
    } else {
        /* as it should be */
    }
}

/* A port without IPv6 may refuse, but not wait. */
static void numeric_v6(struct run *r)
{
    static const uint8_t want[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 0x21};
    struct names n = {.count = 0};
    nvt_err err = resolve_once(r, "2001:db8::21", 443, &n);
    if (err == NVT_AGAIN) {
        (void)complain(r, "a numeric IPv6 host must be answered at once", err);
    } else if (err == NVT_OK &&
               (n.count != 1U || n.addrs[0].ip_len != 16U ||
                memcmp(n.addrs[0].ip, want, 16U) != 0 || n.addrs[0].port != 443U)) {
        (void)complain(r, "the address of a numeric IPv6 host is wrong", NVT_OK);
    } else {
        /* as it should be */
    }
}

bool nvt_selftest_find_server(struct run *r, struct nvt_addr *out_addr)
{
    struct names n = {.count = 0};
    nvt_err err = resolve_wait(r, r->t->host, r->t->port_number, &n);
    if (err != NVT_OK || n.count == 0U || n.count > NVT_ADDRS_MAX) {
        return complain(r, "the test server's host is not resolved", err);
    }
    *out_addr = n.addrs[0];
    for (size_t i = 0; i < n.count; i++) {
        if (n.addrs[i].port != r->t->port_number) {
            return complain(r, "the port number was not handed on", NVT_OK);
        }
        if (n.addrs[i].ip_len == 4U) {
            *out_addr = n.addrs[i]; /* the test server listens on IPv4 */
        }
    }
    return true;
}

static void server_name(struct run *r)
{
    struct nvt_addr addr;
    (void)nvt_selftest_find_server(r, &addr);
}

static void no_such_name(struct run *r)
{
    struct names n = {.count = 0};
    nvt_err err = resolve_wait(r, "no-such-host.invalid", 443, &n);
    if (err != NVT_E_NET_NAME && err != NVT_E_NET_RESOLVER) {
        (void)complain(r, "a name that cannot exist must give NVT_E_NET_NAME", err);
    }
    err = resolve_wait(r, "", 443, &n);
    if (err != NVT_E_NET_NAME) {
        (void)complain(r, "an empty name must give NVT_E_NET_NAME", err);
    }
}

/* Given-up look-ups must neither answer the next question nor use the resolver up. */
static void cancelled(struct run *r)
{
    const struct nvt_port_net *net = &r->port->net;
    struct names n = {.count = 0};
    struct nvt_addr addr;
    net->resolve_cancel(net->ctx);
    for (unsigned i = 0; i < 3U; i++) {
        (void)resolve_once(r, "no-such-host.invalid", 443, &n);
        net->resolve_cancel(net->ctx);
        net->resolve_cancel(net->ctx);
    }
    if (!nvt_selftest_find_server(r, &addr)) {
        (void)complain(r, "no look-up succeeds after cancelled ones", NVT_OK);
    }
}

void nvt_selftest_names(struct run *r)
{
    nvt_selftest_check(r, "resolve: numeric IPv4 host", numeric_v4);
    nvt_selftest_check(r, "resolve: numeric IPv6 host", numeric_v6);
    nvt_selftest_check(r, "resolve: the test server", server_name);
    nvt_selftest_check(r, "resolve: a name that does not exist", no_such_name);
    nvt_selftest_check(r, "resolve: cancelled look-ups leave nothing behind", cancelled);
}
