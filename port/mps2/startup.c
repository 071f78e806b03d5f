/* SPDX-License-Identifier: Apache-2.0 */
/* From reset to main: memory, the painted stack, the timer; faults end the emulator. */
#include "mps2_parts.h"

/* From link.ld. */
extern uint32_t mps2_data_load[], mps2_data[], mps2_data_end[], mps2_bss[], mps2_bss_end[];
extern uint32_t mps2_stack[], mps2_stack_end[];

#define PAINT 0xA5A5A5A5U
#define STATUS_FAULT 99U

int main(void);
void Reset_Handler(void);
void Fault_Handler(void);
void mps2_fault(const uint32_t *frame);
void SVC_Handler(void);
void PendSV_Handler(void);
void SysTick_Handler(void);

/* The processor has put eight words on the stack in use; the seventh is where it was. */
void mps2_fault(const uint32_t *frame)
{
    static const char digits[] = "0123456789abcdef";
    char text[] = "navette: fault at 00000000\n";
    for (uint32_t i = 0; i < 8U; i++) {
        text[18U + i] = digits[(frame[6] >> (28U - 4U * i)) & 0xFU];
    }
    mps2_put(nvt_span_of(text, sizeof text - 1U));
    mps2_exit(STATUS_FAULT);
}

__attribute__((naked)) void Fault_Handler(void)
{
    __asm volatile("tst lr, #4\n"
                   "ite eq\n"
                   "mrseq r0, msp\n"
                   "mrsne r0, psp\n"
                   "b mps2_fault\n");
}

/* An RTOS brings its own. */
__attribute__((weak, alias("Fault_Handler"))) void SVC_Handler(void);
__attribute__((weak, alias("Fault_Handler"))) void PendSV_Handler(void);
__attribute__((weak, alias("Fault_Handler"))) void SysTick_Handler(void);

/* What the processor reads at reset: the stack pointer, then one handler for each exception. */
struct vectors {
    uint32_t *stack;
    void (*handler[15])(void);
};

__attribute__((section(".vectors"), used)) static const struct vectors vectors = {
    mps2_stack_end,
    {Reset_Handler, Fault_Handler, Fault_Handler, Fault_Handler, Fault_Handler, Fault_Handler, NULL,
     NULL, NULL, NULL, SVC_Handler, Fault_Handler, NULL, PendSV_Handler, SysTick_Handler}};

static void paint_stack(void)
{
    volatile uint32_t here = 0;
    uintptr_t end = (uintptr_t)&here - 64U; /* below this function's own frame */
    for (volatile uint32_t *p = mps2_stack; (uintptr_t)p < end; p++) {
        *p = PAINT;
    }
}

void Reset_Handler(void)
{
    const uint32_t *from = mps2_data_load;
    for (uint32_t *p = mps2_data; p < mps2_data_end; p++) {
        *p = *from;
        from++;
    }
    for (uint32_t *p = mps2_bss; p < mps2_bss_end; p++) {
        *p = 0U;
    }
    paint_stack();
    mps2_timer_start();
    mps2_exit((uint32_t)main());
}

uint32_t mps2_stack_size(void)
{
    return (uint32_t)((uintptr_t)mps2_stack_end - (uintptr_t)mps2_stack);
}

uint32_t mps2_stack_peak(void)
{
    const uint32_t *p = mps2_stack;
    while (p < mps2_stack_end && *p == PAINT) {
        p++;
    }
    return (uint32_t)((uintptr_t)mps2_stack_end - (uintptr_t)p);
}
