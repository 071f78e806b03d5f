/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Look-ups by lwIP's resolver, asked directly: netconn would block the task. lwIP cannot be told
 * to give one up, so that each has a place of its own until the answer has come.
 */
#include "freertos_parts.h"

#include <lwip/dns.h>

enum { LOOKUP_IDLE, LOOKUP_ASKED, LOOKUP_FOUND, LOOKUP_FAILED };

/* Called by lwIP's thread, which has the core locked as those below have. */
static void found(const char *name, const ip_addr_t *ip, void *arg)
{
    struct nvt_freertos_lookup *l = (struct nvt_freertos_lookup *)arg;
    (void)name;
    if (l->forgotten) {
        l->state = LOOKUP_IDLE;
        l->forgotten = false;
        nvt_freertos_news(l->owner); /* somebody may wait for the place */
        return;
    }
    l->state = ip == NULL ? LOOKUP_FAILED : LOOKUP_FOUND;
    if (ip != NULL) {
        nvt_lwip_addr_from(ip, &l->addr);
    }
    nvt_freertos_news(l->owner);
}

/* The one that is under way, or one that is idle; NULL: all serve look-ups that were given up. */
static struct nvt_freertos_lookup *current_lookup(struct nvt_freertos *f)
{
    struct nvt_freertos_lookup *idle = NULL;
    for (size_t i = 0; i < NVT_FREERTOS_LOOKUPS; i++) {
        struct nvt_freertos_lookup *l = &f->lookups[i];
        if (l->state == LOOKUP_IDLE) {
            idle = l;
        } else if (!l->forgotten) {
            return l;
        } else {
            /* lwIP is still at it */
        }
    }
    return idle;
}

/* FNV-1a: a name that is looked up again is the same, one that is not is hardly ever. */
static uint32_t sum_of(const char *host)
{
    uint32_t sum = 2166136261U;
    for (; *host != '\0'; host++) {
        sum = (sum ^ (uint8_t)*host) * 16777619U;
    }
    return sum;
}

/* lwIP gives no reason. It asks DNS_MAX_RETRIES times, a second and more apart, before it gives up:
 * what failed sooner was a server's word. */
static nvt_err why_not(const struct nvt_freertos_lookup *l)
{
    uint64_t took_ms = nvt_freertos_mono_ms() - l->asked_ms;
    uint64_t all_ms = (uint64_t)DNS_TMR_INTERVAL * (uint64_t)(DNS_MAX_RETRIES - 1);
    return took_ms < all_ms ? NVT_E_NET_NAME : NVT_E_NET_RESOLVER;
}

static nvt_err ask(struct nvt_freertos *f, struct nvt_freertos_lookup *l, const char *host)
{
    ip_addr_t ip;
    /* A colon stands in no name: without IPv6 lwIP would ask the server for it. */
    l->owner = f;
    l->host_sum = sum_of(host);
    l->asked_ms = nvt_freertos_mono_ms();
    l->state = LOOKUP_ASKED; /* before lwIP has it: the answer may come at once */
    err_t err =
        LWIP_IPV6 || strchr(host, ':') == NULL ? dns_gethostbyname(host, &ip, found, l) : ERR_ARG;
    if (err == ERR_OK) {
        l->state = LOOKUP_FOUND;
        nvt_lwip_addr_from(&ip, &l->addr);
    } else if (err != ERR_INPROGRESS) {
        l->state = LOOKUP_IDLE;
        f->last_err = err;
        return err == ERR_ARG ? NVT_E_NET_NAME : NVT_E_NET_RESOLVER;
    }
    return NVT_OK;
}

/* lwIP goes on with it; its answer is nobody's. */
static void forget(struct nvt_freertos_lookup *l)
{
    if (l->state == LOOKUP_ASKED) {
        l->forgotten = true;
    } else {
        l->state = LOOKUP_IDLE;
    }
}

/* With the core locked. */
static nvt_err resolve(struct nvt_freertos *f, const char *host, struct nvt_addr *out_addr)
{
    struct nvt_freertos_lookup *l = current_lookup(f);
    nvt_err err = NVT_OK;
    if (l != NULL && l->state != LOOKUP_IDLE && l->host_sum != sum_of(host)) {
        forget(l); /* another host: nobody waits for that one */
        l = current_lookup(f);
    }
    if (l == NULL) {
        return NVT_AGAIN; /* until lwIP is done with one of those */
    }
    if (l->state == LOOKUP_IDLE) {
        err = ask(f, l, host);
    }
    if (err != NVT_OK || l->state == LOOKUP_ASKED) {
        return err == NVT_OK ? NVT_AGAIN : err;
    }
    err = l->state == LOOKUP_FOUND ? NVT_OK : why_not(l);
    *out_addr = l->addr;
    l->state = LOOKUP_IDLE;
    return err;
}

nvt_err nvt_freertos_resolve(void *ctx, const char *host, uint16_t port, struct nvt_addr *out_addrs,
                             size_t *out_count)
{
    struct nvt_freertos *f = (struct nvt_freertos *)ctx;
    *out_count = 0;
    LOCK_TCPIP_CORE();
    nvt_err err = resolve(f, host, &out_addrs[0]);
    UNLOCK_TCPIP_CORE();
    if (err == NVT_OK) {
        out_addrs[0].port = port;
        *out_count = 1;
    }
    return err;
}

void nvt_freertos_resolve_cancel(void *ctx)
{
    struct nvt_freertos *f = (struct nvt_freertos *)ctx;
    LOCK_TCPIP_CORE();
    struct nvt_freertos_lookup *l = current_lookup(f);
    if (l != NULL) {
        forget(l);
    }
    UNLOCK_TCPIP_CORE();
}

bool nvt_freertos_has_answer(struct nvt_freertos *f)
{
    LOCK_TCPIP_CORE();
    struct nvt_freertos_lookup *l = current_lookup(f);
    bool awaited = l == NULL || l->state == LOOKUP_ASKED;
    UNLOCK_TCPIP_CORE();
    return !awaited;
}
