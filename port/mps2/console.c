/* SPDX-License-Identifier: Apache-2.0 */
/* The first UART, and what the emulator answers to semihosting calls. */
#include "mps2_parts.h"

#define UART_DATA 0x40004000U
#define UART_STATE 0x40004004U
#define UART_CTRL 0x40004008U
#define UART_BAUD 0x40004010U
#define UART_TX_FULL 1U
#define UART_TX_ON 1U
#define UART_BAUD_MIN 16U

#define SYS_GET_CMDLINE 0x15U
#define SYS_EXIT_EXTENDED 0x20U
#define STOPPED_EXIT 0x20026U /* ADP_Stopped_ApplicationExit */

static uint32_t host_call(uint32_t number, const void *block)
{
    register uint32_t r0 __asm("r0") = number;
    register const void *r1 __asm("r1") = block;
    __asm volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

void mps2_exit(uint32_t status)
{
    const uint32_t block[2] = {STOPPED_EXIT, status};
    (void)host_call(SYS_EXIT_EXTENDED, block);
    for (;;) {
        mps2_sleep();
    }
}

void mps2_arguments(char *out, size_t cap)
{
    struct {
        char *text;
        uint32_t len;
    } block = {out, (uint32_t)cap};
    if (host_call(SYS_GET_CMDLINE, &block) != 0U) {
        out[0] = '\0';
    }
    out[cap - 1U] = '\0';
}

void mps2_put(struct nvt_span text)
{
    *mps2_reg(UART_BAUD) = UART_BAUD_MIN;
    *mps2_reg(UART_CTRL) = UART_TX_ON;
    for (size_t i = 0; i < text.len; i++) {
        while ((*mps2_reg(UART_STATE) & UART_TX_FULL) != 0U) {
            /* it empties by itself */
        }
        *mps2_reg(UART_DATA) = text.ptr[i];
    }
}
