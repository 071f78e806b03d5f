/* SPDX-License-Identifier: Apache-2.0 */
/* The board's Ethernet chip, a LAN9118, as interface of lwIP. */
#ifndef NAVETTE_MPS2_ETH_H
#define NAVETTE_MPS2_ETH_H

#include <lwip/netif.h>

#include <stdbool.h>

/* Hand it to netif_add. ERR_IF when the chip does not answer. */
err_t mps2_eth_init(struct netif *netif);

/* Takes frames that came in, up to four, and hands them to netif->input. False: there were none. */
bool mps2_eth_poll(struct netif *netif);

/* From now on that many of 1 000 frames are lost, each way; the same ones for the same seed. */
void mps2_eth_lose(uint32_t permille, uint32_t seed);

#endif
