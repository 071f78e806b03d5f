/* SPDX-License-Identifier: Apache-2.0 */
/* What lwIP asks of an operating system, on static FreeRTOS objects. lwIP prescribes the names. */
#include <lwip/opt.h>

#include <lwip/err.h>
#include <lwip/sys.h>

#include <stdbool.h>

#if configUSE_16_BIT_TICKS == 1
#error "lwIP's timers need 32-bit ticks"
#endif

/* The stack thread is the only one that lwIP starts by itself. */
#define THREAD_WORDS (TCPIP_THREAD_STACKSIZE / sizeof(StackType_t))
static StaticTask_t thread_task;
static StackType_t thread_stack[THREAD_WORDS];
static bool thread_made;

void sys_init(void)
{
}

u32_t sys_now(void)
{
    return (u32_t)(xTaskGetTickCount() * portTICK_PERIOD_MS);
}

u32_t sys_jiffies(void)
{
    return (u32_t)xTaskGetTickCount();
}

sys_prot_t sys_arch_protect(void)
{
    taskENTER_CRITICAL();
    return 0U;
}

void sys_arch_unprotect(sys_prot_t pval)
{
    (void)pval;
    taskEXIT_CRITICAL();
}

/* Rounded up: a shorter sleep would find lwIP's timer not due yet. lwIP's 0 means for ever. */
static TickType_t ticks_of(u32_t timeout_ms)
{
    if (timeout_ms == 0U) {
        return portMAX_DELAY;
    }
    TickType_t ticks = (TickType_t)(timeout_ms / portTICK_PERIOD_MS);
    return timeout_ms % portTICK_PERIOD_MS == 0U ? ticks : ticks + 1U;
}

/* ---- semaphores ---- */

err_t sys_sem_new(sys_sem_t *sem, u8_t count)
{
    sem->handle = xSemaphoreCreateBinaryStatic(&sem->room);
    if (sem->handle == NULL) {
        return ERR_MEM;
    }
    if (count != 0U) {
        (void)xSemaphoreGive(sem->handle);
    }
    return ERR_OK;
}

void sys_sem_signal(sys_sem_t *sem)
{
    /* One that was given already stays given. */
    (void)xSemaphoreGive(sem->handle);
}

u32_t sys_arch_sem_wait(sys_sem_t *sem, u32_t timeout_ms)
{
    return xSemaphoreTake(sem->handle, ticks_of(timeout_ms)) == pdTRUE ? 0U : SYS_ARCH_TIMEOUT;
}

void sys_sem_free(sys_sem_t *sem)
{
    vSemaphoreDelete(sem->handle);
    sem->handle = NULL;
}

/* ---- mutexes: with priority inheritance, so that a slow task does not hold up the stack ---- */

err_t sys_mutex_new(sys_mutex_t *mutex)
{
    mutex->handle = xSemaphoreCreateMutexStatic(&mutex->room);
    return mutex->handle == NULL ? ERR_MEM : ERR_OK;
}

void sys_mutex_lock(sys_mutex_t *mutex)
{
    (void)xSemaphoreTake(mutex->handle, portMAX_DELAY);
}

void sys_mutex_unlock(sys_mutex_t *mutex)
{
    (void)xSemaphoreGive(mutex->handle);
}

void sys_mutex_free(sys_mutex_t *mutex)
{
    sys_sem_free(mutex);
}

/* ---- mailboxes ---- */

err_t sys_mbox_new(sys_mbox_t *mbox, int size)
{
    mbox->handle = NULL;
    if (size < 1 || size > NVT_FREERTOS_MBOX_MAX) {
        return ERR_MEM;
    }
    mbox->handle = xQueueCreateStatic((UBaseType_t)size, sizeof(void *), mbox->items, &mbox->room);
    return mbox->handle == NULL ? ERR_MEM : ERR_OK;
}

void sys_mbox_post(sys_mbox_t *mbox, void *msg)
{
    (void)xQueueSendToBack(mbox->handle, &msg, portMAX_DELAY);
}

err_t sys_mbox_trypost(sys_mbox_t *mbox, void *msg)
{
    return xQueueSendToBack(mbox->handle, &msg, 0U) == pdTRUE ? ERR_OK : ERR_MEM;
}

err_t sys_mbox_trypost_fromisr(sys_mbox_t *mbox, void *msg)
{
    BaseType_t woken = pdFALSE;
    if (xQueueSendToBackFromISR(mbox->handle, &msg, &woken) != pdTRUE) {
        return ERR_MEM;
    }
    portYIELD_FROM_ISR(woken);
    return ERR_OK;
}

static u32_t fetch(sys_mbox_t *mbox, void **msg, TickType_t ticks, u32_t none)
{
    void *dropped = NULL;
    void **to = msg == NULL ? &dropped : msg;
    if (xQueueReceive(mbox->handle, to, ticks) == pdTRUE) {
        return 0U;
    }
    *to = NULL;
    return none;
}

u32_t sys_arch_mbox_fetch(sys_mbox_t *mbox, void **msg, u32_t timeout_ms)
{
    return fetch(mbox, msg, ticks_of(timeout_ms), SYS_ARCH_TIMEOUT);
}

u32_t sys_arch_mbox_tryfetch(sys_mbox_t *mbox, void **msg)
{
    return fetch(mbox, msg, 0U, SYS_MBOX_EMPTY);
}

void sys_mbox_free(sys_mbox_t *mbox)
{
    vQueueDelete(mbox->handle);
    mbox->handle = NULL;
}

/* ---- the stack thread ---- */

sys_thread_t sys_thread_new(const char *name, lwip_thread_fn thread, void *arg, int stacksize,
                            int prio)
{
    if (thread_made || stacksize != TCPIP_THREAD_STACKSIZE) {
        return NULL;
    }
    thread_made = true;
    return xTaskCreateStatic(thread, name, THREAD_WORDS, arg, (UBaseType_t)prio, thread_stack,
                             &thread_task);
}
