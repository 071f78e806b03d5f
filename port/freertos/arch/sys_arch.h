/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lwIP's view of FreeRTOS (it includes this file as "arch/sys_arch.h"). Each object carries the
 * memory of its kernel object, so that lwIP's own pools hold all of it and nothing is allocated.
 * lwIP never copies one.
 */
#ifndef NAVETTE_FREERTOS_SYS_ARCH_H
#define NAVETTE_FREERTOS_SYS_ARCH_H

#include <FreeRTOS.h>

#include <queue.h>
#include <semphr.h>
#include <task.h>

#include <stdint.h>

/* Most messages of one mailbox: the largest of TCPIP_MBOX_SIZE and DEFAULT_TCP_RECVMBOX_SIZE. */
#ifndef NVT_FREERTOS_MBOX_MAX
#define NVT_FREERTOS_MBOX_MAX 8
#endif

/* In each object handle NULL means that it was not made, or is no more. */
struct nvt_sys_sem {
    SemaphoreHandle_t handle;
    StaticSemaphore_t room;
};

struct nvt_sys_mbox {
    QueueHandle_t handle;
    StaticQueue_t room;
    uint8_t items[NVT_FREERTOS_MBOX_MAX * sizeof(void *)];
};

/* Names that lwIP prescribes. */
typedef struct nvt_sys_sem sys_sem_t;
typedef struct nvt_sys_sem sys_mutex_t;
typedef struct nvt_sys_mbox sys_mbox_t;
typedef TaskHandle_t sys_thread_t;
typedef uint32_t sys_prot_t;

#define sys_sem_valid(sem) ((sem) != NULL && (sem)->handle != NULL)
#define sys_sem_set_invalid(sem) ((sem)->handle = NULL)
#define sys_mutex_valid(mutex) sys_sem_valid(mutex)
#define sys_mutex_set_invalid(mutex) sys_sem_set_invalid(mutex)
#define sys_mbox_valid(mbox) ((mbox) != NULL && (mbox)->handle != NULL)
#define sys_mbox_set_invalid(mbox) ((mbox)->handle = NULL)

#endif
