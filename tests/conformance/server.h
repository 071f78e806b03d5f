/* SPDX-License-Identifier: Apache-2.0 */
/* The server at the other end of the self-test; port/selftest/wire.h has its commands. */
#ifndef NAVETTE_CONFORMANCE_SERVER_H
#define NAVETTE_CONFORMANCE_SERVER_H

#include <stdint.h>

/* Listens on an IPv4 address ("127.0.0.1", "0.0.0.0") and port (0: any). The listening socket, or
 * -1; *out_port is the port. */
int conformance_listen(const char *ip, uint16_t port, uint16_t *out_port);

/* Serves for ever, one child process a connection. */
void conformance_serve(int listener);

#endif
