/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses, ours and lwIP's: for both ports on lwIP. */
#ifndef NAVETTE_LWIP_ADDR_H
#define NAVETTE_LWIP_ADDR_H

#include <navette/port.h>

#include <lwip/ip_addr.h>

/* False: a family that lwIP was built without. */
bool nvt_lwip_ip_from(const struct nvt_addr *addr, ip_addr_t *out);

/* Without the port, which lwIP keeps elsewhere. */
void nvt_lwip_addr_from(const ip_addr_t *ip, struct nvt_addr *out);

#endif
