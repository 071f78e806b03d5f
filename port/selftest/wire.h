/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the self-test and its server say to each other. A connection starts with one line that tells
 * what the server does on it. Any server that keeps to this will do.
 */
#ifndef NAVETTE_SELFTEST_WIRE_H
#define NAVETTE_SELFTEST_WIRE_H

#include <stddef.h>
#include <stdint.h>

#define NVT_SELFTEST_ECHO "echo\n"          /* sends back all that follows, until the end */
#define NVT_SELFTEST_CLOSE "close\n"        /* ends the connection in order at once */
#define NVT_SELFTEST_RESET "reset\n"        /* resets it at once (SO_LINGER 0) */
#define NVT_SELFTEST_DELAY "delay\n"        /* sends "x" after 300 ms, then ends */
#define NVT_SELFTEST_HOLD "hold\n"          /* reads nothing for 1 s, then all, until the end */
#define NVT_SELFTEST_SEND_512K "send512k\n" /* sends 524 288 pattern bytes, then ends in order */
/* A digit n follows: sends "x" n times, 5 ms apart, each in a segment of its own, then ends in
 * order. */
#define NVT_SELFTEST_DRIP "drip\n"

/* The pattern: a period of 251 bytes, prime to every buffer size. */
static inline uint8_t nvt_selftest_byte(size_t at)
{
    return (uint8_t)((at % 251U) ^ 0x5AU);
}

#endif
