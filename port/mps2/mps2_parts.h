/* SPDX-License-Identifier: Apache-2.0 */
/* What the board's files share: registers. */
#ifndef NAVETTE_MPS2_PARTS_H
#define NAVETTE_MPS2_PARTS_H

#include "mps2.h"

/* A register by its address. */
static inline volatile uint32_t *mps2_reg(uintptr_t address)
{
    // NOLINTNEXTLINE(performance-no-int-to-ptr): the address is the hardware's
    return (volatile uint32_t *)address;
}

/* time.c: the free-running timer, before main. */
void mps2_timer_start(void);

#endif
