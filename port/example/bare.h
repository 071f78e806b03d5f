/* SPDX-License-Identifier: Apache-2.0 */
/* What a program without an operating system does first, and while it waits. */
#ifndef GATEWAY_BARE_H
#define GATEWAY_BARE_H

#include "gateway.h"

#include <navette/lwip.h>

/* Hand &bare_lwip.port to the library. */
extern struct nvt_lwip bare_lwip;

/* First of all: the settings, the tick, the entropy, the port, and an address within
 * GATEWAY_NETWORK_MS. Says what is wrong. */
enum gateway_status bare_start(struct gateway_settings *out);

/* Waits for the time; false when nobody told it in GATEWAY_CLOCK_MS. */
bool bare_learn_time(void);

/* Lets the network go on; false when nothing came. */
bool bare_poll(void);

/* The same, and sleeps until the next millisecond when nothing came. */
void bare_wait(void);

#endif
