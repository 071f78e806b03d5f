/* SPDX-License-Identifier: Apache-2.0 */
/* The gateway on bare metal: one loop that polls the network, takes journeys and steps the uplink.
 */
#include "gateway.h"
#include "mps2.h"
#include "mps2_eth.h"

#include <navette/lwip.h>

#include <lwip/apps/sntp.h>
#include <lwip/dhcp.h>
#include <lwip/dns.h>
#include <lwip/init.h>
#include <lwip/ip4_addr.h>
#include <lwip/timeouts.h>
#include <netif/ethernet.h>

static struct netif netif;
static struct nvt_lwip lwip;
static struct nvt_port_block flash;
static struct gateway gateway;

/* ---- what lwIP calls ---- */

u32_t sys_now(void)
{
    return (u32_t)mps2_tick_ms();
}

void gateway_clock_set(uint32_t utc_s)
{
    nvt_lwip_set_wall(&lwip, (int64_t)utc_s);
}

/* Lets the network go on; sleeps until the next millisecond when nothing came. */
static void poll_network(void)
{
    if (!mps2_eth_poll(&netif)) {
        mps2_sleep();
    }
    sys_check_timeouts();
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
        poll_network();
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

static bool learn_time(void)
{
    int64_t utc_s = 0;
    uint64_t start_ms = mps2_tick_ms();
    sntp_setoperatingmode(SNTP_OPMODE_POLL);
    sntp_init();
    while (!lwip.port.clock.wall_s(lwip.port.clock.ctx, &utc_s)) {
        poll_network();
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
    mps2_nor_init(&flash);
    if (s->entropy != 0U) {
        mps2_unsafe_entropy_init(&entropy, s->seed);
    } else {
        mps2_no_entropy_init(&entropy);
    }
    nvt_lwip_init(&lwip, &entropy);
    gateway_random_init(&lwip.port.entropy);
}

/* ---- work ---- */

/* The producer: in a product, what the vehicle's system says. */
static void take_journey(void)
{
    static struct gateway_journey journey;
    if (gateway_make(&gateway, &journey)) {
        (void)gateway_keep(&gateway, &journey); /* the same one again when the spool was full */
    }
}

static enum gateway_status run(void)
{
    struct nvt_wait waits[GATEWAY_WAITS];
    size_t count = 0;
    enum gateway_status status = GATEWAY_DONE;
    while (!gateway_ended(&gateway, &status)) {
        take_journey();
        if (nvt_lwip_ready(&lwip, waits, count)) {
            bool was_open = gateway_is_open(&gateway);
            uint32_t start_us = mps2_now_us();
            gateway_step(&gateway, waits, &count);
            gateway_measure(&gateway, was_open, mps2_since_us(start_us));
        }
        poll_network();
    }
    gateway_close(&gateway);
    gateway_say_mem("stack main", mps2_stack_peak(), mps2_stack_size());
    return status;
}

int main(void)
{
    static char words[256];
    static struct gateway_settings settings;
    mps2_arguments(words, sizeof words);
    if (!gateway_parse(words, &settings)) {
        gateway_say_err("error", NVT_E_ARG);
        return (int)GATEWAY_E_ARGUMENTS;
    }
    start_board(&settings);
    if (!bring_up(&settings)) {
        gateway_say_err("error", NVT_E_NET_UNREACHABLE);
        return (int)GATEWAY_E_NETWORK;
    }
    if (!learn_time()) {
        return (int)GATEWAY_E_CLOCK;
    }
    enum gateway_status status = gateway_open(&gateway, &settings, &lwip.port, &flash);
    return (int)(status == GATEWAY_DONE ? run() : status);
}
