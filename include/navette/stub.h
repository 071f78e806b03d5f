/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A port that links on anything: every function is there and answers "not there". Programs link and
 * start with it before the board's own port exists; port/stub/stub.c is also the file to copy when
 * one begins to write it. Holds no state.
 */
#ifndef NAVETTE_STUB_H
#define NAVETTE_STUB_H

#include <navette/port.h>

/* Resolver: NVT_E_NET_RESOLVER; sockets: NVT_E_NET_UNREACHABLE; the monotonic clock stands at 0,
 * the wall clock is not known; entropy: NVT_E_TLS_ENTROPY, so that no TLS can start on it. */
extern const struct nvt_port nvt_stub_port;

/* Eight blocks of 4 096 bytes of which each read, prog, erase and sync is NVT_E_SPOOL_IO. */
extern const struct nvt_port_block nvt_stub_block;

#endif
