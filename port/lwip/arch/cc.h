/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What lwIP asks of the compiler, for GCC and Clang on any little machine (lwIP includes this file
 * as "arch/cc.h"). The C library gives the integer types; there is nothing to print to.
 */
#ifndef NAVETTE_LWIP_CC_H
#define NAVETTE_LWIP_CC_H

#define LWIP_NO_INTTYPES_H 1
#define LWIP_NO_CTYPE_H 1
#define LWIP_NO_UNISTD_H 1

#define LWIP_PLATFORM_DIAG(message) ((void)0)
#define LWIP_PLATFORM_ASSERT(message) __builtin_trap()

/* Ports, sequence numbers and DNS ids are drawn with it: from the board's entropy, or answers can
 * be forged by whoever guesses them. */
unsigned int nvt_lwip_random(void);
#define LWIP_RAND() nvt_lwip_random()

#endif
