/* SPDX-License-Identifier: Apache-2.0 */
/* Names by lwIP's resolver, which keeps answers as long as they live: one address a name. */
#include "lwip_parts.h"

#include <lwip/dns.h>

/* lwIP gives no reason. It asks DNS_MAX_RETRIES times, a second and more apart, before it gives up:
 * what failed sooner was a server's word. */
static nvt_err why_not_found(struct nvt_lwip *l)
{
    uint64_t took_ms = nvt_lwip_mono_ms(l) - l->asked_ms;
    return took_ms < (uint64_t)DNS_TMR_INTERVAL * (DNS_MAX_RETRIES - 1) ? NVT_E_NET_NAME
                                                                        : NVT_E_NET_RESOLVER;
}

/* A look-up cannot be stopped: the answer to one that was given up finds another name here. */
static void on_found(const char *name, const ip_addr_t *ip, void *arg)
{
    struct nvt_lwip *l = (struct nvt_lwip *)arg;
    if (!l->asked || l->lookup != NVT_AGAIN || strcmp(name, l->host) != 0) {
        return;
    }
    if (ip == NULL) {
        l->lookup = why_not_found(l);
    } else {
        nvt_lwip_addr_from(ip, &l->found);
        l->lookup = NVT_OK;
    }
}

static void start(struct nvt_lwip *l, const char *host, size_t len)
{
    ip_addr_t ip;
    (void)memcpy(l->host, host, len + 1U);
    l->asked = true;
    l->asked_ms = nvt_lwip_mono_ms(l);
    l->lookup = NVT_AGAIN;
    switch (dns_gethostbyname(l->host, &ip, on_found, l)) {
    case ERR_OK: /* a number, or known already */
        nvt_lwip_addr_from(&ip, &l->found);
        l->lookup = NVT_OK;
        break;
    case ERR_INPROGRESS:
        break;
    case ERR_MEM: /* lwIP is busy with look-ups that were given up: once more when one has ended */
        l->asked = false;
        break;
    default: /* no server is set, or the name is none */
        l->lookup = NVT_E_NET_RESOLVER;
        break;
    }
}

nvt_err nvt_lwip_resolve(void *ctx, const char *host, uint16_t port, struct nvt_addr *out_addrs,
                         size_t *out_count)
{
    struct nvt_lwip *l = (struct nvt_lwip *)ctx;
    size_t len = strlen(host);
    *out_count = 0;
    if (len == 0U || len >= sizeof l->host || (!LWIP_IPV6 && strchr(host, ':') != NULL)) {
        return NVT_E_NET_NAME; /* the last: an IPv6 address, where lwIP has no IPv6 */
    }
    if (!l->asked || strcmp(l->host, host) != 0) {
        start(l, host, len);
    }
    if (l->lookup == NVT_OK) {
        out_addrs[0] = l->found;
        out_addrs[0].port = port;
        *out_count = 1U;
    }
    if (l->lookup != NVT_AGAIN) {
        l->asked = false; /* the next one asks lwIP, which remembers for as long as it may */
    }
    return l->lookup;
}

void nvt_lwip_resolve_cancel(void *ctx)
{
    struct nvt_lwip *l = (struct nvt_lwip *)ctx;
    l->asked = false;
}
