/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gateway on FreeRTOS. Beside the tasks of rtos.h:
 *
 *     producer  brings journeys into the spool
 *
 * The spool is shared with the gateway's task, so a mutex goes round it; nothing else is.
 */
#include "mps2.h"
#include "rtos.h"

#include <semphr.h>

/* In words. */
enum { PRODUCER_STACK = 544 };

enum { FULL_PAUSE_MS = 100 };

static StaticTask_t producer_task;
static StackType_t producer_stack[PRODUCER_STACK];
static StaticSemaphore_t spool_mutex_room;
static SemaphoreHandle_t spool_mutex;

static struct nvt_port_block flash;
static struct gateway gateway;
static struct gateway_settings settings;

/* ---- producer task: in a product, what the vehicle's system says ---- */

static void run_producer(void *arg)
{
    static struct gateway_journey journey;
    (void)arg;
    while (gateway_make(&gateway, &journey)) {
        (void)xSemaphoreTake(spool_mutex, portMAX_DELAY);
        nvt_err err = gateway_keep(&gateway, &journey);
        (void)xSemaphoreGive(spool_mutex);
        nvt_freertos_wake(&rtos_port);
        if (err != NVT_OK) {
            vTaskDelay(pdMS_TO_TICKS(FULL_PAUSE_MS)); /* the same one again */
        }
    }
    vTaskSuspend(NULL);
}

/* ---- gateway task ---- */

/* The mutex is held for one step: at most a handshake's arithmetic, and the uplink's task has the
 * producer's priority meanwhile. */
static bool step(struct nvt_wait *waits, size_t *out_count, enum gateway_status *out_status)
{
    (void)xSemaphoreTake(spool_mutex, portMAX_DELAY);
    bool was_open = gateway_is_open(&gateway);
    uint32_t start_us = mps2_now_us();
    gateway_step(&gateway, waits, out_count);
    gateway_measure(&gateway, was_open, mps2_since_us(start_us));
    bool ended = gateway_ended(&gateway, out_status);
    (void)xSemaphoreGive(spool_mutex);
    return !ended;
}

static enum gateway_status deliver(void)
{
    struct nvt_wait waits[GATEWAY_WAITS];
    size_t count = 0;
    mps2_nor_init(&flash);
    enum gateway_status status = gateway_open(&gateway, &settings, &rtos_port.port, &flash);
    if (status != GATEWAY_DONE) {
        return status;
    }
    (void)xTaskCreateStatic(run_producer, "produce", PRODUCER_STACK, NULL, RTOS_PRODUCER_PRIORITY,
                            producer_stack, &producer_task);
    while (step(waits, &count, &status)) {
        nvt_freertos_wait(&rtos_port, waits, count);
    }
    (void)xSemaphoreTake(spool_mutex, portMAX_DELAY); /* for good: the producer ends here, too */
    gateway_close(&gateway);
    rtos_say_stacks();
    rtos_say_stack("stack producer", (TaskHandle_t)&producer_task, (uint32_t)sizeof producer_stack);
    return status;
}

int main(void)
{
    spool_mutex = xSemaphoreCreateMutexStatic(&spool_mutex_room);
    return rtos_run(&settings, deliver);
}
