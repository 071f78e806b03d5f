/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of the FreeRTOS port, its clocks, its entropy, and the waiting. */
#include "freertos_parts.h"

/* ---- clocks ---- */

/* The kernel counts how often its tick has wrapped, for time-outs of its own. */
uint64_t nvt_freertos_mono_ms(void)
{
    TimeOut_t now;
    taskENTER_CRITICAL();
    vTaskSetTimeOutState(&now);
    taskEXIT_CRITICAL();
    uint64_t wraps = (uint64_t)(uint32_t)now.xOverflowCount;
    uint64_t ticks = (wraps << 32) | (uint64_t)now.xTimeOnEntering;
    return ticks * 1000U / (uint64_t)configTICK_RATE_HZ;
}

static uint64_t mono_ms(void *ctx)
{
    (void)ctx;
    return nvt_freertos_mono_ms();
}

void nvt_freertos_set_wall(struct nvt_freertos *f, int64_t wall_s)
{
    int64_t less = wall_s * 1000 - (int64_t)nvt_freertos_mono_ms();
    taskENTER_CRITICAL();
    f->wall_less_mono_ms = less;
    f->wall_known = true;
    taskEXIT_CRITICAL();
}

static bool wall_s(void *ctx, int64_t *out_s)
{
    struct nvt_freertos *f = (struct nvt_freertos *)ctx;
    taskENTER_CRITICAL();
    bool known = f->wall_known;
    int64_t less = f->wall_less_mono_ms;
    taskEXIT_CRITICAL();
    if (known) {
        *out_s = (less + (int64_t)nvt_freertos_mono_ms()) / 1000;
    }
    return known;
}

/* ---- entropy ---- */

static nvt_err no_fill(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    (void)memset(out, 0, len);
    return NVT_E_TLS_ENTROPY;
}

/* ---- set-up ---- */

void nvt_freertos_init(struct nvt_freertos *f, const struct nvt_port_entropy *entropy)
{
    (void)memset(f, 0, sizeof *f);
    f->port.net = (struct nvt_port_net){f,
                                        nvt_freertos_resolve,
                                        nvt_freertos_resolve_cancel,
                                        nvt_freertos_open,
                                        nvt_freertos_connected,
                                        nvt_freertos_send,
                                        nvt_freertos_recv,
                                        nvt_freertos_close};
    f->port.clock = (struct nvt_port_clock){f, mono_ms, wall_s};
    f->port.entropy = entropy == NULL ? (struct nvt_port_entropy){NULL, no_fill} : *entropy;
}

/* ---- waiting ---- */

void nvt_freertos_news(struct nvt_freertos *f)
{
    taskENTER_CRITICAL();
    f->woken = true;
    TaskHandle_t task = (TaskHandle_t)f->task;
    taskEXIT_CRITICAL();
    if (task != NULL) {
        (void)xTaskNotifyGive(task);
    }
}

void nvt_freertos_wake(struct nvt_freertos *f)
{
    nvt_freertos_news(f);
}

static bool is_due(struct nvt_freertos *f, const struct nvt_wait *wait)
{
    for (uint8_t i = 0; i < wait->count && i < NVT_RACE_MAX; i++) {
        if (nvt_freertos_is_ready(f, wait->on[i].sock, wait->on[i].events)) {
            return true;
        }
    }
    return wait->resolver && nvt_freertos_has_answer(f);
}

/* Rounded up: a task that wakes before the time would only sleep again. */
static TickType_t ticks_until(uint64_t until_ms)
{
    uint64_t now = nvt_freertos_mono_ms();
    uint64_t left = until_ms > now ? until_ms - now : 0U;
    if (left > (uint64_t)NVT_FREERTOS_SLEEP_MAX_MS) {
        left = (uint64_t)NVT_FREERTOS_SLEEP_MAX_MS;
    }
    return (TickType_t)((left * (uint64_t)configTICK_RATE_HZ + 999U) / 1000U);
}

/* What came before the look at the sockets is seen by it; what comes after leaves a notification,
 * with which the sleep ends at once. */
void nvt_freertos_wait(struct nvt_freertos *f, const struct nvt_wait *waits, size_t n)
{
    uint64_t until_ms = UINT64_MAX;
    taskENTER_CRITICAL();
    f->task = xTaskGetCurrentTaskHandle();
    bool due = f->woken;
    taskEXIT_CRITICAL();
    for (size_t i = 0; i < n && !due; i++) {
        due = is_due(f, &waits[i]);
        until_ms = waits[i].until_ms < until_ms ? waits[i].until_ms : until_ms;
    }
    TickType_t ticks = due ? 0U : ticks_until(until_ms);
    (void)ulTaskNotifyTake(pdTRUE, ticks);
    taskENTER_CRITICAL();
    f->woken = false;
    taskEXIT_CRITICAL();
}

nvt_err nvt_freertos_run(struct nvt_freertos *f, nvt_freertos_step step, void *ctx)
{
    for (;;) {
        struct nvt_wait wait;
        (void)memset(&wait, 0, sizeof wait);
        wait.until_ms = UINT64_MAX;
        nvt_err err = step(ctx, &wait);
        if (err != NVT_AGAIN) {
            return err;
        }
        nvt_freertos_wait(f, &wait, 1U);
    }
}
