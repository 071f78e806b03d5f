/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The test server at the other end of the conformance test. A connection starts with one line that
 * says what the server does on it. Any server that keeps to this will do.
 */
#ifndef NAVETTE_CONFORMANCE_SERVER_H
#define NAVETTE_CONFORMANCE_SERVER_H

#include <stddef.h>
#include <stdint.h>

#define CONFORMANCE_ECHO "echo\n"          /* sends back all that follows, until the end */
#define CONFORMANCE_CLOSE "close\n"        /* ends the connection in order at once */
#define CONFORMANCE_RESET "reset\n"        /* resets it at once (SO_LINGER 0) */
#define CONFORMANCE_DELAY "delay\n"        /* sends "x" after 300 ms, then ends */
#define CONFORMANCE_HOLD "hold\n"          /* reads nothing for 1 s, then all, until the end */
#define CONFORMANCE_SEND_512K "send512k\n" /* sends 524 288 pattern bytes, then ends in order */

/* The pattern: a period of 251 bytes, prime to every buffer size. */
static inline uint8_t conformance_byte(size_t at)
{
    return (uint8_t)((at % 251U) ^ 0x5AU);
}

/* Listens on an IPv4 address ("127.0.0.1", "0.0.0.0") and port (0: any). The listening socket, or
 * -1; *out_port is the port. */
int conformance_listen(const char *ip, uint16_t port, uint16_t *out_port);

/* Serves for ever, one child process a connection. */
void conformance_serve(int listener);

#endif
