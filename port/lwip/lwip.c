/* SPDX-License-Identifier: Apache-2.0 */
/* The lwIP port's tables, its clock, and what is due. */
#include "lwip_parts.h"

#include <lwip/sys.h>

/* ---- clocks ---- */

/* sys_now() wraps after 49 days: enough that it is read once within them. */
uint64_t nvt_lwip_mono_ms(void *ctx)
{
    struct nvt_lwip *l = (struct nvt_lwip *)ctx;
    uint32_t now_ms = sys_now();
    if (now_ms < l->last_ms) {
        l->wraps_ms += (uint64_t)1 << 32;
    }
    l->last_ms = now_ms;
    return l->wraps_ms + now_ms;
}

static bool wall_s(void *ctx, int64_t *out_s)
{
    struct nvt_lwip *l = (struct nvt_lwip *)ctx;
    *out_s = l->wall_less_mono_s + (int64_t)(nvt_lwip_mono_ms(l) / 1000U);
    return l->wall_known;
}

void nvt_lwip_set_wall(struct nvt_lwip *l, int64_t utc_s)
{
    l->wall_less_mono_s = utc_s - (int64_t)(nvt_lwip_mono_ms(l) / 1000U);
    l->wall_known = true;
}

/* ---- set-up ---- */

void nvt_lwip_init(struct nvt_lwip *l, const struct nvt_port_entropy *entropy)
{
    (void)memset(l, 0, sizeof *l);
    l->port.net = (struct nvt_port_net){l,
                                        nvt_lwip_resolve,
                                        nvt_lwip_resolve_cancel,
                                        nvt_lwip_open,
                                        nvt_lwip_connected,
                                        nvt_lwip_send,
                                        nvt_lwip_recv,
                                        nvt_lwip_close};
    l->port.clock = (struct nvt_port_clock){l, nvt_lwip_mono_ms, wall_s};
    l->port.entropy = *entropy;
}

/* ---- what is due ---- */

static bool is_due(const struct nvt_lwip *l, const struct nvt_wait *wait, uint64_t now_ms)
{
    bool due =
        wait->until_ms <= now_ms || (wait->resolver && (!l->asked || l->lookup != NVT_AGAIN));
    for (uint8_t i = 0; i < wait->count && !due; i++) {
        due = nvt_lwip_can(l, wait->on[i].sock, wait->on[i].events);
    }
    return due;
}

bool nvt_lwip_ready(struct nvt_lwip *l, const struct nvt_wait *waits, size_t n)
{
    uint64_t now_ms = nvt_lwip_mono_ms(l);
    bool due = n == 0U;
    for (size_t i = 0; i < n && !due; i++) {
        due = is_due(l, &waits[i], now_ms);
    }
    return due;
}
