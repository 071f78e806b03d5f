/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the scripted network share. */
#ifndef NAVETTE_PORT_SIM_PARTS_H
#define NAVETTE_PORT_SIM_PARTS_H

#include "sim.h"

/* The server's end of this socket. */
struct nvt_sim_line *nvt_sim_line_of(struct nvt_sim *s, const struct nvt_sim_sock *k);

/* A socket of one's own server begins its life. */
void nvt_sim_line_init(struct nvt_sim *s, struct nvt_sim_sock *k);

/* The client sent n bytes. NVT_E_NET_RESET when it can tell that nobody takes them. */
nvt_err nvt_sim_line_in(struct nvt_sim *s, struct nvt_sim_sock *k, const uint8_t *data, size_t n);

/* It asks for bytes. */
nvt_err nvt_sim_line_out(struct nvt_sim *s, struct nvt_sim_sock *k, uint8_t *data, size_t cap,
                         size_t *out_n);

/* When the next bytes or the end can be received; UINT64_MAX for never. */
uint64_t nvt_sim_line_at(struct nvt_sim *s, const struct nvt_sim_sock *k);

/* Bytes that were held until now arrive. */
void nvt_sim_arrive(struct nvt_sim *s);

#endif
