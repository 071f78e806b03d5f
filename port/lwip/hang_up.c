/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a connection, for both ports on lwIP. */
#include "lwip_addr.h"

#include <lwip/tcp.h>

/* Calls of lwIP's slow timer, two a second. */
enum { LINGER_TICKS = 20 };

/* Nobody answers: what is still unsent or unacknowledged would hold lwIP's memory for minutes, and
 * a few connections of that kind leave none for the next. */
static err_t give_up(void *arg, struct tcp_pcb *pcb)
{
    (void)arg;
    tcp_abort(pcb);
    return ERR_ABRT;
}

void nvt_lwip_hang_up(struct tcp_pcb *pcb)
{
    tcp_arg(pcb, NULL);
    tcp_recv(pcb, NULL);
    tcp_sent(pcb, NULL);
    tcp_err(pcb, NULL);
    tcp_poll(pcb, give_up, LINGER_TICKS);
    /* A peer that is slow to end its side must not use up the connections: where lwIP has no room
     * for a new one, the oldest of lower priority goes. */
    tcp_setprio(pcb, TCP_PRIO_MIN);
    if (tcp_close(pcb) != ERR_OK) {
        tcp_abort(pcb);
    }
}
