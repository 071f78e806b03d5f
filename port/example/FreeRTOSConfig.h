/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel for the example gateway: everything static, no heap. */
#ifndef GATEWAY_FREERTOS_CONFIG_H
#define GATEWAY_FREERTOS_CONFIG_H

#include <stdint.h>

/* rtos.c: says so and ends the emulator. */
void gateway_kernel_error(void);

#define configCPU_CLOCK_HZ 25000000UL
#define configTICK_RATE_HZ 1000U
#define configUSE_16_BIT_TICKS 0
#define configUSE_PREEMPTION 1
#define configIDLE_SHOULD_YIELD 1
#define configMAX_PRIORITIES 6
#define configMINIMAL_STACK_SIZE 96 /* words, of the idle task */
#define configMAX_TASK_NAME_LEN 8
#define configSTACK_DEPTH_TYPE uint16_t

/* ---- memory ---- */

#define configSUPPORT_STATIC_ALLOCATION 1
#define configSUPPORT_DYNAMIC_ALLOCATION 0
#define configTOTAL_HEAP_SIZE 0
#define configCHECK_FOR_STACK_OVERFLOW 2

/* ---- what is used ---- */

#define configUSE_MUTEXES 1
#define configUSE_RECURSIVE_MUTEXES 0
#define configUSE_COUNTING_SEMAPHORES 0
#define configUSE_TASK_NOTIFICATIONS 1
#define configUSE_TIMERS 0
#define configUSE_CO_ROUTINES 0
#define configUSE_TRACE_FACILITY 0
#define configUSE_IDLE_HOOK 1 /* sleeps until the next interrupt */
#define configUSE_TICK_HOOK 0
#define configUSE_TICKLESS_IDLE 0
#define INCLUDE_vTaskDelay 1
#define INCLUDE_vTaskDelete 0
#define INCLUDE_vTaskSuspend 1
#define INCLUDE_xTaskGetCurrentTaskHandle 1
#define INCLUDE_xTaskGetHandle 1
#define INCLUDE_uxTaskGetStackHighWaterMark 1

/* ---- Cortex-M3 with 3 bits of priority ---- */

#define configPRIO_BITS 3
#define configKERNEL_INTERRUPT_PRIORITY (7U << 5)
#define configMAX_SYSCALL_INTERRUPT_PRIORITY (2U << 5)
#define vPortSVCHandler SVC_Handler
#define xPortPendSVHandler PendSV_Handler
#define xPortSysTickHandler SysTick_Handler

#define configASSERT(x) ((x) ? (void)0 : gateway_kernel_error())

#endif
