/* SPDX-License-Identifier: Apache-2.0 */
/* Board, network and time of day on bare metal. */
#include "bare.h"

#include "mps2.h"
#include "mps2_eth.h"

#include <lwip/apps/sntp.h>
#include <lwip/dhcp.h>
#include <lwip/dns.h>
#include <lwip/init.h>
#include <lwip/ip4_addr.h>
#include <lwip/timeouts.h>
#include <netif/ethernet.h>

struct nvt_lwip bare_lwip;

static struct netif netif;

/* ---- what lwIP calls ---- */

u32_t sys_now(void)
{
    return (u32_t)mps2_tick_ms();
}

void gateway_clock_set(uint32_t utc_s)
{
    nvt_lwip_set_wall(&bare_lwip, (int64_t)utc_s);
}

bool bare_poll(void)
{
    bool came = mps2_eth_poll(&netif);
    sys_check_timeouts();
    return came;
}

void bare_wait(void)
{
    if (!bare_poll()) {
        mps2_sleep();
    }
}

/* ---- start ---- */

static bool bring_up(const struct gateway_settings *s)
{
    char text[IP4ADDR_STRLEN_MAX];
    ip_addr_t host;
    uint64_t start_ms = mps2_tick_ms();
    lwip_init();
    mps2_eth_lose(s->lose_permille, s->seed);
    if (netif_add_noaddr(&netif, NULL, mps2_eth_init, ethernet_input) == NULL) {
        return false;
    }
    netif_set_default(&netif);
    netif_set_up(&netif);
    (void)dhcp_start(&netif);
    while (!dhcp_supplied_address(&netif)) {
        bare_wait();
        if (mps2_tick_ms() - start_ms > (uint64_t)GATEWAY_NETWORK_MS) {
            return false;
        }
    }
    (void)ip4addr_ntoa_r(netif_ip4_addr(&netif), text, (int)sizeof text);
    gateway_say_network(text, mps2_tick_ms() - start_ms);
    /* The emulator's host answers names and time; a product leaves both to DHCP or has its own. */
    IP_ADDR4(&host, 10, 0, 2, 2);
    dns_setserver(0, &host);
    sntp_setserver(0, &host);
    return true;
}

bool bare_learn_time(void)
{
    int64_t utc_s = 0;
    uint64_t start_ms = mps2_tick_ms();
    sntp_setoperatingmode(SNTP_OPMODE_POLL);
    sntp_init();
    while (!bare_lwip.port.clock.wall_s(bare_lwip.port.clock.ctx, &utc_s)) {
        bare_wait();
        if (mps2_tick_ms() - start_ms > (uint64_t)GATEWAY_CLOCK_MS) {
            gateway_say_err("error", NVT_E_TLS_CLOCK);
            return false;
        }
    }
    gateway_say_clock(utc_s);
    return true;
}

static void start_board(const struct gateway_settings *s)
{
    struct nvt_port_entropy entropy;
    mps2_tick_start();
    if (s->entropy != 0U) {
        mps2_unsafe_entropy_init(&entropy, s->seed);
    } else {
        mps2_no_entropy_init(&entropy);
    }
    nvt_lwip_init(&bare_lwip, &entropy);
    gateway_platform_init(&bare_lwip.port);
}

enum gateway_status bare_start(struct gateway_settings *out)
{
    static char words[256];
    mps2_arguments(words, sizeof words);
    if (!gateway_parse(words, out)) {
        gateway_say_err("error", NVT_E_ARG);
        return GATEWAY_E_ARGUMENTS;
    }
    start_board(out);
    if (!bring_up(out)) {
        gateway_say_err("error", NVT_E_NET_UNREACHABLE);
        return GATEWAY_E_NETWORK;
    }
    return GATEWAY_DONE;
}
