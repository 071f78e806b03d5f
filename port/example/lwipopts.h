/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lwIP for one gateway: DHCP, DNS, SNTP and a few TCP connections, all from static pools. With
 * GATEWAY_FREERTOS it runs in a task of its own and is used through netconn, else it is polled.
 */
#ifndef GATEWAY_LWIPOPTS_H
#define GATEWAY_LWIPOPTS_H

#include <stdint.h>

/* ---- with or without an operating system ---- */

#ifdef GATEWAY_FREERTOS
#include "lwipopts_freertos.h"
#else
#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_NETCONN 0
#endif
#define LWIP_SOCKET 0
#define LWIP_NETIF_API 0

/* ---- protocols ---- */

#ifndef LWIP_IPV6
#define LWIP_IPV6 0
#endif
#define LWIP_DHCP 1
#define LWIP_DNS 1
#define LWIP_RAW 0
#define IP_REASSEMBLY 0
#define IP_FRAG 0
/* To see first whether somebody has the address costs seven seconds at each start. */
#define LWIP_ACD 0
#define LWIP_DHCP_DOES_ACD_CHECK 0
#define LWIP_DHCP_GET_NTP_SRV 0
#define LWIP_NETIF_HOSTNAME 0

/* The tests' servers listen on ports of their own; a product leaves these two out. */
extern uint16_t gateway_dns_port, gateway_sntp_port;
#define DNS_SERVER_PORT gateway_dns_port
#define SNTP_PORT gateway_sntp_port

/* Seconds of UTC go to the gateway's clock. Until there is an answer it asks after 0, 2, 5, 10 and
 * 19 seconds: lwIP alone would wait 15 for the first, and one lost packet cost most of
 * GATEWAY_CLOCK_MS. */
void gateway_clock_set(uint32_t utc_s);
#define SNTP_SET_SYSTEM_TIME(utc_s) gateway_clock_set(utc_s)
#define SNTP_STARTUP_DELAY 0
#define SNTP_RECV_TIMEOUT 1000
#define SNTP_RETRY_TIMEOUT 1000
#define SNTP_RETRY_TIMEOUT_MAX 16000
#define SNTP_CHECK_RESPONSE 2
#define SNTP_SERVER_DNS 0

/* ---- memory: no heap of the C library, pools for what has a fixed size ---- */

#define MEM_LIBC_MALLOC 0
#define MEMP_MEM_MALLOC 0
#define MEM_ALIGNMENT 4
/* What is sent and not acknowledged yet, with its heads: two records of 2 KiB. */
#define MEM_SIZE 5632
#define MEMP_NUM_PBUF 4
#define MEMP_NUM_UDP_PCB 4
/* lwIP's own count leaves SNTP out. */
#define MEMP_NUM_SYS_TIMEOUT (LWIP_NUM_SYS_TIMEOUT_INTERNAL + 1)
/* Two that connect at once, one that is still closing. */
#define MEMP_NUM_TCP_PCB 4
#define MEMP_NUM_TCP_PCB_LISTEN 1
#define MEMP_NUM_TCP_SEG 16
/* What arrives: a window of it, and a frame that is no part of it. */
#define PBUF_POOL_SIZE 13
#define PBUF_POOL_BUFSIZE 512

/* ---- TCP ---- */

#define TCP_MSS 1460
#define TCP_WND (3 * TCP_MSS)
#define TCP_SND_BUF (3 * TCP_MSS)
#define TCP_SND_QUEUELEN 12
#define LWIP_TCP_KEEPALIVE 0
#define TCP_LISTEN_BACKLOG 0

/* ---- figures for the memory table ---- */

#define LWIP_STATS 1
#define LWIP_STATS_DISPLAY 0
#define LINK_STATS 0
#define ETHARP_STATS 0
#define IP_STATS 0
#define IPFRAG_STATS 0
#define ICMP_STATS 0
#define UDP_STATS 0
#define TCP_STATS 0
#define SYS_STATS 0
#define MEM_STATS 1
#define MEMP_STATS 1

#endif
