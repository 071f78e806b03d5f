/* SPDX-License-Identifier: Apache-2.0 */
/* What the proofs share: values of which nothing is known, and exact-size inputs. */
#ifndef NAVETTE_PROOF_H
#define NAVETTE_PROOF_H

#include <navette/base.h>

#include <stdlib.h>

uint8_t nondet_uint8(void);
uint32_t nondet_uint32(void);
uint64_t nondet_uint64(void);
size_t nondet_size(void);
bool nondet_bool(void);

/* len bytes of any content, at the end of an object of max bytes: a byte read behind it is an
 * error. An object of unknown size would say more and cost a hundred times the time. */
#define ANY_BYTES(name, max)                                                                       \
    uint8_t name##_mem[max];                                                                       \
    size_t name##_len = nondet_size();                                                             \
    __CPROVER_assume(name##_len <= (max));                                                         \
    struct nvt_span name = nvt_span_of(name##_mem + ((max)-name##_len), name##_len)

#endif
