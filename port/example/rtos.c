/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel, network and time of day on FreeRTOS. */
#include "rtos.h"

#include "mps2.h"
#include "mps2_eth.h"

#include <lwip/apps/sntp.h>
#include <lwip/dhcp.h>
#include <lwip/dns.h>
#include <lwip/ip4_addr.h>
#include <lwip/tcpip.h>
#include <netif/ethernet.h>

/* In words. What is used of each is in the memory table. */
enum { GATEWAY_STACK = 1280, NETWORK_STACK = 256, IDLE_STACK = 96 };

enum { STATUS_KERNEL = 97, POLL_MS = 10 };

struct nvt_freertos rtos_port;

static StaticTask_t gateway_task, network_task, idle_task;
static StackType_t gateway_stack[GATEWAY_STACK], network_stack[NETWORK_STACK],
    idle_stack[IDLE_STACK];
static struct netif netif;
static struct gateway_settings *told;
static enum gateway_status (*work)(void);

/* ---- what the kernel and lwIP call ---- */

void gateway_kernel_error(void)
{
    mps2_put(NVT_LIT("navette: kernel error\n"));
    mps2_exit(STATUS_KERNEL);
}

void vApplicationStackOverflowHook(TaskHandle_t task, char *name);
void vApplicationStackOverflowHook(TaskHandle_t task, char *name)
{
    (void)task;
    mps2_put(NVT_LIT("navette: stack overflow in "));
    mps2_put(nvt_span_str(name));
    mps2_put(NVT_LIT("\n"));
    mps2_exit(STATUS_KERNEL);
}

void vApplicationIdleHook(void);
void vApplicationIdleHook(void)
{
    mps2_sleep();
}

void vApplicationGetIdleTaskMemory(StaticTask_t **out_task, StackType_t **out_stack,
                                   uint32_t *out_words);
void vApplicationGetIdleTaskMemory(StaticTask_t **out_task, StackType_t **out_stack,
                                   uint32_t *out_words)
{
    *out_task = &idle_task;
    *out_stack = idle_stack;
    *out_words = (uint32_t)IDLE_STACK;
}

void gateway_clock_set(uint32_t utc_s)
{
    nvt_freertos_set_wall(&rtos_port, (int64_t)utc_s);
}

/* ---- network task ---- */

/* A board with an interrupt from its chip waits here for a semaphore instead of the next tick. */
static void run_network(void *arg)
{
    (void)arg;
    for (;;) {
        LOCK_TCPIP_CORE();
        bool more = mps2_eth_poll(&netif);
        UNLOCK_TCPIP_CORE();
        if (!more) {
            vTaskDelay(1U);
        }
    }
}

/* In lwIP's task, once it runs. */
static void start_interface(void *arg)
{
    (void)arg;
    mps2_eth_lose(told->lose_permille, told->seed);
    if (netif_add_noaddr(&netif, NULL, mps2_eth_init, ethernet_input) == NULL) {
        return;
    }
    netif_set_default(&netif);
    netif_set_up(&netif);
    (void)dhcp_start(&netif);
    (void)xTaskCreateStatic(run_network, "network", NETWORK_STACK, NULL, RTOS_NETWORK_PRIORITY,
                            network_stack, &network_task);
}

static bool bring_up(void)
{
    char text[IP4ADDR_STRLEN_MAX];
    ip_addr_t host;
    uint64_t start_ms = nvt_freertos_mono_ms();
    tcpip_init(start_interface, NULL);
    while (dhcp_supplied_address(&netif) == 0U) {
        vTaskDelay(pdMS_TO_TICKS(POLL_MS));
        if (nvt_freertos_mono_ms() - start_ms > (uint64_t)GATEWAY_NETWORK_MS) {
            return false;
        }
    }
    (void)ip4addr_ntoa_r(netif_ip4_addr(&netif), text, (int)sizeof text);
    gateway_say_network(text, nvt_freertos_mono_ms() - start_ms);
    /* The emulator's host answers names and time; a product leaves both to DHCP or has its own. */
    IP_ADDR4(&host, 10, 0, 2, 2);
    LOCK_TCPIP_CORE();
    dns_setserver(0, &host);
    sntp_setserver(0, &host);
    UNLOCK_TCPIP_CORE();
    return true;
}

static bool learn_time(void)
{
    int64_t utc_s = 0;
    uint64_t start_ms = nvt_freertos_mono_ms();
    LOCK_TCPIP_CORE();
    sntp_setoperatingmode(SNTP_OPMODE_POLL);
    sntp_init();
    UNLOCK_TCPIP_CORE();
    while (!rtos_port.port.clock.wall_s(rtos_port.port.clock.ctx, &utc_s)) {
        vTaskDelay(pdMS_TO_TICKS(POLL_MS));
        if (nvt_freertos_mono_ms() - start_ms > (uint64_t)GATEWAY_CLOCK_MS) {
            gateway_say_err("error", NVT_E_TLS_CLOCK);
            return false;
        }
    }
    gateway_say_clock(utc_s);
    return true;
}

/* ---- gateway task ---- */

static void run_gateway(void *arg)
{
    enum gateway_status status = GATEWAY_E_NETWORK;
    (void)arg;
    if (!bring_up()) {
        gateway_say_err("error", NVT_E_NET_UNREACHABLE);
    } else if (!learn_time()) {
        status = GATEWAY_E_CLOCK;
    } else {
        status = work();
    }
    mps2_exit((uint32_t)status);
}

void rtos_say_stack(const char *what, TaskHandle_t task, uint32_t size)
{
    uint32_t unused = (uint32_t)uxTaskGetStackHighWaterMark(task) * sizeof(StackType_t);
    gateway_say_mem(what, size - unused, size);
}

void rtos_say_stacks(void)
{
    rtos_say_stack("stack gateway", (TaskHandle_t)&gateway_task, (uint32_t)sizeof gateway_stack);
    rtos_say_stack("stack network", (TaskHandle_t)&network_task, (uint32_t)sizeof network_stack);
    rtos_say_stack("stack lwip", xTaskGetHandle(TCPIP_THREAD_NAME), TCPIP_THREAD_STACKSIZE);
    rtos_say_stack("stack idle", (TaskHandle_t)&idle_task, (uint32_t)sizeof idle_stack);
    gateway_say_mem("stack interrupts", mps2_stack_peak(), mps2_stack_size());
}

/* ---- start ---- */

int rtos_run(struct gateway_settings *out, enum gateway_status (*gateway_work)(void))
{
    static char words[256];
    static struct nvt_port_entropy entropy;
    mps2_arguments(words, sizeof words);
    if (!gateway_parse(words, out)) {
        gateway_say_err("error", NVT_E_ARG);
        return (int)GATEWAY_E_ARGUMENTS;
    }
    told = out;
    work = gateway_work;
    if (out->entropy != 0U) {
        mps2_unsafe_entropy_init(&entropy, out->seed);
    } else {
        mps2_no_entropy_init(&entropy);
    }
    nvt_freertos_init(&rtos_port, &entropy);
    gateway_platform_init(&rtos_port.port);
    (void)xTaskCreateStatic(run_gateway, "gateway", GATEWAY_STACK, NULL, RTOS_GATEWAY_PRIORITY,
                            gateway_stack, &gateway_task);
    vTaskStartScheduler();
    return STATUS_KERNEL;
}
