/* SPDX-License-Identifier: Apache-2.0 */
/* A free-running timer for measuring. */
#include "mps2_parts.h"

/* First half of the dual timer: 32 bits, counts down at the board's clock. */
#define TIMER_VALUE 0x40002004U
#define TIMER_CTRL 0x40002008U
#define TIMER_ON 0x82U /* enabled, free-running, 32 bits */
#define TICKS_PER_US (MPS2_CLOCK_HZ / 1000000U)
#define WRAP_US (UINT32_MAX / TICKS_PER_US)

void mps2_timer_start(void)
{
    *mps2_reg(TIMER_CTRL) = TIMER_ON;
}

uint32_t mps2_now_us(void)
{
    return (UINT32_MAX - *mps2_reg(TIMER_VALUE)) / TICKS_PER_US;
}

uint32_t mps2_since_us(uint32_t start_us)
{
    uint32_t now_us = mps2_now_us();
    return now_us >= start_us ? now_us - start_us : now_us + WRAP_US - start_us;
}

void mps2_sleep(void)
{
    __asm volatile("wfi" ::: "memory");
}
