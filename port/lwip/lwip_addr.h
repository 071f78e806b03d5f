/* SPDX-License-Identifier: Apache-2.0 */
/* For both ports on lwIP: addresses, ours and lwIP's, and the end of a connection. */
#ifndef NAVETTE_LWIP_ADDR_H
#define NAVETTE_LWIP_ADDR_H

#include <navette/port.h>

#include <lwip/ip_addr.h>

struct tcp_pcb;

/* False: a family that lwIP was built without. */
bool nvt_lwip_ip_from(const struct nvt_addr *addr, ip_addr_t *out);

/* Without the port, which lwIP keeps elsewhere. */
void nvt_lwip_addr_from(const ip_addr_t *ip, struct nvt_addr *out);

/* Closes it without waiting: from now on it is lwIP's alone, and calls nobody back. What was sent
 * has ten seconds to arrive, then it is reset; sooner when a new connection needs its place. */
void nvt_lwip_hang_up(struct tcp_pcb *pcb);

#endif
