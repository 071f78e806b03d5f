/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses, ours and lwIP's. */
#include "lwip_addr.h"

bool nvt_lwip_ip_from(const struct nvt_addr *addr, ip_addr_t *out)
{
    (void)memset(out, 0, sizeof *out);
    if (addr->ip_len == 4U) {
#if LWIP_IPV4
        uint32_t v4;
        (void)memcpy(&v4, addr->ip, 4U);
        ip_addr_set_ip4_u32_val(*out, v4);
        return true;
#endif
    } else {
#if LWIP_IPV6
        (void)memcpy(ip_2_ip6(out)->addr, addr->ip, 16U);
        ip6_addr_set_zone(ip_2_ip6(out), (u8_t)addr->scope_id);
        IP_SET_TYPE_VAL(*out, IPADDR_TYPE_V6);
        return true;
#endif
    }
    return false;
}

void nvt_lwip_addr_from(const ip_addr_t *ip, struct nvt_addr *out)
{
    (void)memset(out, 0, sizeof *out);
#if LWIP_IPV6
    if (IP_IS_V6(ip)) {
        (void)memcpy(out->ip, ip_2_ip6(ip)->addr, 16U);
        out->ip_len = 16U;
        out->scope_id = ip6_addr_zone(ip_2_ip6(ip));
        return;
    }
#endif
#if LWIP_IPV4 || !LWIP_IPV6
    (void)memcpy(out->ip, &ip_2_ip4(ip)->addr, 4U);
    out->ip_len = 4U;
#endif
}
