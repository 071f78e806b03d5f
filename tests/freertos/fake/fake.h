/* SPDX-License-Identifier: Apache-2.0 */
/* As much of FreeRTOS and lwIP as port/freertos/{freertos,resolve}.c need, with a clock that the
 * test sets and answers that it gives. */
#ifndef NAVETTE_TEST_FREERTOS_FAKE_H
#define NAVETTE_TEST_FREERTOS_FAKE_H

#include <stdbool.h>
#include <stdint.h>

/* ---- FreeRTOS ---- */

typedef uint32_t TickType_t;
typedef long BaseType_t;
typedef void *TaskHandle_t;
typedef struct {
    BaseType_t xOverflowCount;
    TickType_t xTimeOnEntering;
} TimeOut_t;
#define pdTRUE 1
#define configTICK_RATE_HZ fake.rate_hz
#define taskENTER_CRITICAL() ((void)fake.critical++)
#define taskEXIT_CRITICAL() ((void)fake.critical--)

void vTaskSetTimeOutState(TimeOut_t *out);
TaskHandle_t xTaskGetCurrentTaskHandle(void);
uint32_t ulTaskNotifyTake(BaseType_t clear, TickType_t ticks);
BaseType_t xTaskNotifyGive(TaskHandle_t task);

/* ---- lwIP ---- */

#define NO_SYS 0
#define LWIP_NETCONN 1
#define LWIP_DNS 1
#define LWIP_IPV6 0
#define LWIP_TCPIP_CORE_LOCKING 1
#define SYS_LIGHTWEIGHT_PROT 1
#define DNS_TMR_INTERVAL 1000
#define DNS_MAX_RETRIES 4
#define LOCK_TCPIP_CORE() ((void)fake.locked++)
#define UNLOCK_TCPIP_CORE() ((void)fake.locked--)

typedef int8_t err_t;
enum { ERR_OK = 0, ERR_MEM = -1, ERR_INPROGRESS = -5, ERR_VAL = -6, ERR_ARG = -16 };
typedef struct {
    uint32_t addr;
} ip_addr_t;
#define ip_2_ip4(ip) (ip)
typedef void (*dns_found_callback)(const char *name, const ip_addr_t *ip, void *arg);
err_t dns_gethostbyname(const char *host, ip_addr_t *out, dns_found_callback found, void *arg);

/* ---- what the test sets and sees ---- */

struct fake {
    uint32_t rate_hz;
    uint64_t ticks;
    int critical, locked; /* how deep; 0 after each call */
    TickType_t slept;     /* of the last wait */
    uint32_t given;       /* notifications */
    bool readable;        /* whatever socket is asked for */
    err_t dns_err;        /* what the next question gets */
    uint32_t dns_addr;
    dns_found_callback found[4]; /* of the questions asked */
    void *found_arg[4];
    uint32_t asked;
};
extern struct fake fake;

#endif
