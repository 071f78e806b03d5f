/* SPDX-License-Identifier: Apache-2.0 */
/* LAN9118 without interrupts: frames pass through two FIFOs, word by word, straight into and out of
 * lwIP's buffers. Register names and bits are those of the data sheet (SMSC LAN9118). */
#include "mps2_eth.h"

#include "mps2_parts.h"

#include <lwip/etharp.h>
#include <lwip/ethip6.h>
#include <lwip/pbuf.h>
#include <netif/ethernet.h>

#define ETH 0x40200000U
#define RX_DATA (ETH + 0x00U)
#define TX_DATA (ETH + 0x20U)
#define RX_STATUS (ETH + 0x40U)
#define TX_STATUS (ETH + 0x48U)
#define BYTE_TEST (ETH + 0x64U)
#define TX_CFG (ETH + 0x70U)
#define HW_CFG (ETH + 0x74U)
#define RX_FIFO_INF (ETH + 0x7CU)
#define TX_FIFO_INF (ETH + 0x80U)
#define MAC_CMD (ETH + 0xA4U)
#define MAC_DATA (ETH + 0xA8U)

#define BYTE_TEST_VALUE 0x87654321U
#define HW_CFG_FIFOS 0x00150000U /* must-be-one bit; 5 KiB for sending */
#define TX_CFG_ON 2U
#define TX_FIRST 0x2000U
#define TX_LAST 0x1000U
#define MAC_BUSY 0x80000000U
#define MAC_CR 1U
#define MAC_ADDRH 2U
#define MAC_ADDRL 3U
#define MAC_CR_ON (0x0010000CU | MAC_CR_GROUPS) /* full duplex, receiver, transmitter */
#if LWIP_IPV6
#define MAC_CR_GROUPS 0x00080000U /* neighbours are found by multicast */
#else
#define MAC_CR_GROUPS 0U
#endif
#define RX_ERROR 0x8000U

enum { FCS_LEN = 4, FRAME_MIN = 18, FRAME_MAX = 1522, BURST = 4 };

static uint32_t lose_permille, lose_state;

/* ---- frames that a bad line would lose ---- */

void mps2_eth_lose(uint32_t permille, uint32_t seed)
{
    lose_permille = permille;
    lose_state = seed * 2U + 1U;
}

static bool is_lost(void)
{
    if (lose_permille == 0U) {
        return false;
    }
    lose_state ^= lose_state << 13;
    lose_state ^= lose_state >> 17;
    lose_state ^= lose_state << 5;
    return (lose_state >> 8) % 1000U < lose_permille;
}

/* ---- sending ---- */

/* The chip takes a frame in pieces: each with its own command, the words filled up. */
static void push_piece(const struct pbuf *piece, uint32_t flags, uint32_t frame_len)
{
    const uint8_t *data = (const uint8_t *)piece->payload;
    *mps2_reg(TX_DATA) = flags | piece->len;
    *mps2_reg(TX_DATA) = (frame_len << 16) | frame_len;
    for (uint32_t i = 0; i < piece->len; i += 4U) {
        uint32_t word = 0;
        uint32_t left = piece->len - i;
        (void)memcpy(&word, &data[i], left < 4U ? left : 4U);
        *mps2_reg(TX_DATA) = word;
    }
}

static err_t send_frame(struct netif *netif, struct pbuf *frame)
{
    uint32_t flags = TX_FIRST;
    (void)netif;
    if (frame->tot_len > (uint16_t)(FRAME_MAX - FCS_LEN) || is_lost()) {
        return ERR_OK;
    }
    /* Room for each piece's commands besides; the wire is faster than the processor. */
    if ((*mps2_reg(TX_FIFO_INF) & 0xFFFFU) < (uint32_t)frame->tot_len + 64U) {
        return ERR_BUF;
    }
    for (const struct pbuf *p = frame; p != NULL; p = p->next) {
        bool last = p->len == p->tot_len;
        push_piece(p, flags | (last ? TX_LAST : 0U), frame->tot_len);
        flags = 0U;
    }
    while ((*mps2_reg(TX_FIFO_INF) >> 16) != 0U) {
        (void)*mps2_reg(TX_STATUS);
    }
    return ERR_OK;
}

/* ---- receiving ---- */

/* Pool buffers begin and end at whole words, but for the frame's last one. */
static void pull_frame(struct pbuf *frame, uint32_t words)
{
    for (struct pbuf *p = frame; p != NULL; p = p->next) {
        uint8_t *to = (uint8_t *)p->payload;
        for (uint32_t i = 0; i < p->len; i += 4U) {
            uint32_t word = *mps2_reg(RX_DATA);
            uint32_t left = p->len - i;
            (void)memcpy(&to[i], &word, left < 4U ? left : 4U);
            words--;
        }
    }
    for (; words > 0U; words--) {
        (void)*mps2_reg(RX_DATA);
    }
}

static void take_frame(struct netif *netif)
{
    uint32_t status = *mps2_reg(RX_STATUS);
    uint32_t len = (status >> 16) & 0x3FFFU;
    struct pbuf *frame = NULL;
    bool good = (status & RX_ERROR) == 0U && len >= (uint32_t)FRAME_MIN &&
                len <= (uint32_t)FRAME_MAX && !is_lost();
    if (good) {
        frame = pbuf_alloc(PBUF_RAW, (u16_t)(len - (uint32_t)FCS_LEN), PBUF_POOL);
    }
    pull_frame(frame, (len + 3U) / 4U);
    if (frame != NULL && netif->input(frame, netif) != ERR_OK) {
        (void)pbuf_free(frame);
    }
}

bool mps2_eth_poll(struct netif *netif)
{
    uint32_t taken = 0;
    while (taken < (uint32_t)BURST && ((*mps2_reg(RX_FIFO_INF) >> 16) & 0xFFU) != 0U) {
        take_frame(netif);
        taken++;
    }
    return taken > 0U;
}

/* ---- set-up ---- */

static void mac_wait(void)
{
    while ((*mps2_reg(MAC_CMD) & MAC_BUSY) != 0U) {
        /* some bus cycles */
    }
}

static void mac_write(uint32_t index, uint32_t value)
{
    mac_wait();
    *mps2_reg(MAC_DATA) = value;
    *mps2_reg(MAC_CMD) = MAC_BUSY | index;
    mac_wait();
}

err_t mps2_eth_init(struct netif *netif)
{
    static const uint8_t mac[6] = {0x02, 0x00, 0x00, 0x12, 0x34, 0x56}; /* locally administered */
    uint32_t low = 0;
    uint32_t high = 0;
    if (*mps2_reg(BYTE_TEST) != BYTE_TEST_VALUE) {
        return ERR_IF;
    }
    (void)memcpy(netif->hwaddr, mac, sizeof mac);
    netif->hwaddr_len = (u8_t)sizeof mac;
    (void)memcpy(&low, mac, 4U);
    (void)memcpy(&high, &mac[4], 2U);
    *mps2_reg(HW_CFG) = HW_CFG_FIFOS;
    mac_write(MAC_ADDRH, high);
    mac_write(MAC_ADDRL, low);
    *mps2_reg(TX_CFG) = TX_CFG_ON;
    mac_write(MAC_CR, MAC_CR_ON);
    netif->mtu = 1500U;
    netif->name[0] = 'e';
    netif->name[1] = 'n';
    netif->output = etharp_output;
#if LWIP_IPV6
    netif->output_ip6 = ethip6_output;
    netif_create_ip6_linklocal_address(netif, 1U);
    netif_set_ip6_autoconfig_enabled(netif, 1U);
#endif
    netif->linkoutput = send_frame;
    netif->flags =
        NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_LINK_UP;
    return ERR_OK;
}
