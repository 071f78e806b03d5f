/* SPDX-License-Identifier: Apache-2.0 */
/* SysTick as clock of a build without an RTOS; one with an RTOS leaves this file out. */
#include "mps2_parts.h"

#define SYSTICK_CTRL 0xE000E010U
#define SYSTICK_RELOAD 0xE000E014U
#define SYSTICK_VALUE 0xE000E018U
#define SYSTICK_ON 7U /* processor clock, interrupt, enabled */

static volatile uint64_t ticks_ms;

void SysTick_Handler(void);

void SysTick_Handler(void)
{
    ticks_ms++;
}

void mps2_tick_start(void)
{
    *mps2_reg(SYSTICK_RELOAD) = MPS2_CLOCK_HZ / 1000U - 1U;
    *mps2_reg(SYSTICK_VALUE) = 0U;
    *mps2_reg(SYSTICK_CTRL) = SYSTICK_ON;
}

/* The processor reads 64 bits in two halves: a tick may come in between. */
uint64_t mps2_tick_ms(void)
{
    uint64_t first = ticks_ms;
    uint64_t second = ticks_ms;
    while (first != second) {
        first = second;
        second = ticks_ms;
    }
    return second;
}
