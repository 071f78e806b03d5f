/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The emulated board: mps2-an385, a Cortex-M3 at 25 MHz, as QEMU has it. A real board has a
 * vendor's package in this place; nothing here is part of the library.
 */
#ifndef NAVETTE_MPS2_H
#define NAVETTE_MPS2_H

#include <navette/port.h>

#define MPS2_CLOCK_HZ 25000000U

/* ---- start, end, console ---- */

/* Ends the emulator with this status (semihosting). */
void mps2_exit(uint32_t status);

/* The emulator's arg= list, words parted by spaces, cut to the room; "" without one. */
void mps2_arguments(char *out, size_t cap);

void mps2_put(struct nvt_span text);

/* ---- time ---- */

/* Counts up at 1 MHz from mps2_timer_start on and wraps at 171 798 691: use differences, taken with
 * mps2_since_us. Belongs to a timer of its own, so that an RTOS can have SysTick. */
uint32_t mps2_now_us(void);
uint32_t mps2_since_us(uint32_t start_us);

/* SysTick each millisecond, for a build without an RTOS; its count. */
void mps2_tick_start(void);
uint64_t mps2_tick_ms(void);

/* Sleeps until an interrupt comes. */
void mps2_sleep(void);

/* ---- stack of main and of interrupts, painted at start ---- */

uint32_t mps2_stack_size(void);
uint32_t mps2_stack_peak(void);

/* ---- flash: a NOR chip modelled in memory that outlives a reset ---- */

/* 256 blocks of 4 KiB: programming only clears bits, erased bytes are 0xff. A chip that was never
 * used comes erased. */
void mps2_nor_init(struct nvt_port_block *out_device);

/* ---- entropy ---- */

/* The board has no random source. This one is predictable and serves tests in an emulator alone. */
void mps2_unsafe_entropy_init(struct nvt_port_entropy *out_entropy, uint32_t seed);

/* What such a board must use outside of an emulator: it refuses. */
void mps2_no_entropy_init(struct nvt_port_entropy *out_entropy);

#endif
