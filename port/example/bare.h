/* SPDX-License-Identifier: Apache-2.0 */
/* What a program without an operating system does first, and while it waits. */
#ifndef GATEWAY_BARE_H
#define GATEWAY_BARE_H

#include "gateway.h"

#include <navette/lwip.h>

/* Hand &bare_lwip.port to the library. */
extern struct nvt_lwip bare_lwip;

/* The tick, the entropy, the port. First of all. */
void bare_start(const struct gateway_settings *s);

/* Waits for an address; false when there was none in GATEWAY_NETWORK_MS. */
bool bare_bring_up(const struct gateway_settings *s);

/* Waits for the time; false when nobody told it in GATEWAY_CLOCK_MS. */
bool bare_learn_time(void);

/* Lets the network go on; false when nothing came. */
bool bare_poll(void);

/* The same, and sleeps until the next millisecond when nothing came. */
void bare_wait(void);

#endif
