/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a program on FreeRTOS does first: kernel, network and time. Two tasks beside lwIP's:
 *
 *     network   takes frames from the chip to lwIP
 *     gateway   address, clock, then the program's work: navette runs here alone
 */
#ifndef GATEWAY_RTOS_H
#define GATEWAY_RTOS_H

#include "gateway.h"

#include <navette/freertos.h>

#include <FreeRTOS.h>
#include <task.h>

/* The producer may break into a handshake, and the network into both. */
enum { RTOS_GATEWAY_PRIORITY = 1, RTOS_PRODUCER_PRIORITY = 2, RTOS_NETWORK_PRIORITY = 3 };

/* Hand &rtos_port.port to the library. */
extern struct nvt_freertos rtos_port;

/* Reads the settings and starts the kernel; the gateway's task calls work once there are an address
 * and the time, and the image ends with what it returns. Says what is wrong. It returns with a
 * status when the kernel could not be started. */
int rtos_run(struct gateway_settings *out, enum gateway_status (*gateway_work)(void));

/* Lines of the memory table. */
void rtos_say_stack(const char *what, TaskHandle_t task, uint32_t size);
void rtos_say_stacks(void);

#endif
