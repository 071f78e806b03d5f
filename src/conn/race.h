/* SPDX-License-Identifier: Apache-2.0 */
/* The race of connection attempts over a host's addresses. Part of the conn room. */
#ifndef NAVETTE_CONN_RACE_H
#define NAVETTE_CONN_RACE_H

#include <navette/conn.h>

/* Prepares the race over c->addrs: families alternate, starting with the resolver's first choice.
 */
void nvt_race_start(struct nvt_conn *c, uint64_t now_ms);

/* NVT_OK with c->sock connected and every other attempt closed; NVT_AGAIN with *wait filled but for
 * the phase's own deadline; else what the attempts met, all closed. */
nvt_err nvt_race_step(struct nvt_conn *c, uint64_t now_ms, struct nvt_wait *wait);

/* Closes every attempt in flight. */
void nvt_race_stop(struct nvt_conn *c);

#endif
