/* SPDX-License-Identifier: Apache-2.0 */
/* The FreeRTOS port's clocks, waiting and look-ups against a kernel and a resolver that the test
 * plays. Sockets run in the emulator only (make test-firmware). */
#include "freertos_parts.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct fake fake;

/* ---- the kernel and lwIP ---- */

void vTaskSetTimeOutState(TimeOut_t *out)
{
    assert_true(fake.critical > 0); /* else the two halves may not belong together */
    out->xOverflowCount = (BaseType_t)(fake.ticks >> 32);
    out->xTimeOnEntering = (TickType_t)fake.ticks;
}

TaskHandle_t xTaskGetCurrentTaskHandle(void)
{
    return &fake;
}

uint32_t ulTaskNotifyTake(BaseType_t clear, TickType_t ticks)
{
    uint32_t given = fake.given;
    (void)clear;
    fake.slept = given > 0U ? 0U : ticks;
    fake.given = 0;
    return given;
}

BaseType_t xTaskNotifyGive(TaskHandle_t task)
{
    assert_ptr_equal(task, &fake);
    fake.given++;
    return pdTRUE;
}

err_t dns_gethostbyname(const char *host, ip_addr_t *out, dns_found_callback found, void *arg)
{
    (void)host;
    assert_true(fake.locked > 0);
    out->addr = fake.dns_addr;
    if (fake.dns_err == ERR_INPROGRESS) {
        fake.found[fake.asked] = found;
        fake.found_arg[fake.asked] = arg;
        fake.asked++;
    }
    return fake.dns_err;
}

/* ---- net.c ---- */

bool nvt_freertos_is_ready(const struct nvt_freertos *f, nvt_sock sock, uint8_t events)
{
    (void)f;
    (void)sock;
    return fake.readable && (events & (uint8_t)NVT_WAIT_READ) != 0U;
}

nvt_err nvt_freertos_open(void *ctx, const struct nvt_addr *addr, nvt_sock *out_sock)
{
    (void)ctx;
    (void)addr;
    *out_sock = NVT_SOCK_NONE;
    return NVT_E_NET_IO;
}

nvt_err nvt_freertos_connected(void *ctx, nvt_sock sock)
{
    (void)ctx;
    (void)sock;
    return NVT_E_NET_IO;
}

nvt_err nvt_freertos_send(void *ctx, nvt_sock sock, const uint8_t *data, size_t len, size_t *out_n)
{
    (void)data;
    (void)len;
    *out_n = 0;
    return nvt_freertos_connected(ctx, sock);
}

nvt_err nvt_freertos_recv(void *ctx, nvt_sock sock, uint8_t *data, size_t cap, size_t *out_n)
{
    (void)memset(data, 0, cap);
    *out_n = 0;
    return nvt_freertos_connected(ctx, sock);
}

void nvt_freertos_close(void *ctx, nvt_sock sock)
{
    (void)ctx;
    (void)sock;
}

/* ---- tests ---- */

static struct nvt_freertos f;

static int set_up(void **state)
{
    (void)state;
    (void)memset(&fake, 0, sizeof fake);
    fake.rate_hz = 1000U;
    fake.dns_err = ERR_INPROGRESS;
    nvt_freertos_init(&f, NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    return fake.critical == 0 && fake.locked == 0 ? 0 : 1;
}

static void test_clock_goes_on_when_the_tick_wraps(void **state)
{
    (void)state;
    fake.ticks = UINT32_MAX;
    assert_int_equal(f.port.clock.mono_ms(f.port.clock.ctx), UINT32_MAX);
    fake.ticks += 1U;
    assert_int_equal(f.port.clock.mono_ms(f.port.clock.ctx), (uint64_t)1 << 32);
    fake.ticks = (uint64_t)7 << 32; /* nobody looked for a year */
    assert_int_equal(f.port.clock.mono_ms(f.port.clock.ctx), (uint64_t)7 << 32);
    fake.rate_hz = 100U;
    fake.ticks = ((uint64_t)1 << 32) + 5U;
    assert_int_equal(f.port.clock.mono_ms(f.port.clock.ctx), (((uint64_t)1 << 32) + 5U) * 10U);
}

static void test_wall_clock_is_unknown_until_it_is_set(void **state)
{
    int64_t now_s = 0;
    (void)state;
    assert_false(f.port.clock.wall_s(f.port.clock.ctx, &now_s));
    fake.ticks = 1500U;
    nvt_freertos_set_wall(&f, 1800000000);
    fake.ticks += 999U;
    assert_true(f.port.clock.wall_s(f.port.clock.ctx, &now_s));
    assert_int_equal(now_s, 1800000000);
    fake.ticks += 1U;
    assert_true(f.port.clock.wall_s(f.port.clock.ctx, &now_s));
    assert_int_equal(now_s, 1800000001);
}

static void test_board_without_entropy_is_refused(void **state)
{
    uint8_t out[4] = {1, 2, 3, 4};
    (void)state;
    assert_int_equal(f.port.entropy.fill(f.port.entropy.ctx, out, sizeof out), NVT_E_TLS_ENTROPY);
    assert_int_equal(out[0], 0);
}

static TickType_t wait_until(uint64_t until_ms, uint8_t events)
{
    struct nvt_wait wait;
    (void)memset(&wait, 0, sizeof wait);
    wait.count = 1U;
    wait.on[0].events = events;
    wait.until_ms = until_ms;
    nvt_freertos_wait(&f, &wait, 1U);
    return fake.slept;
}

static void test_wait_lasts_until_its_time(void **state)
{
    (void)state;
    fake.ticks = 100U;
    assert_int_equal(wait_until(150U, NVT_WAIT_READ), 50U);
    assert_int_equal(wait_until(100U, NVT_WAIT_READ), 0U);
    assert_int_equal(wait_until(3U, NVT_WAIT_READ), 0U);
    assert_int_equal(wait_until(UINT64_MAX, NVT_WAIT_READ), NVT_FREERTOS_SLEEP_MAX_MS);
    fake.rate_hz = 100U; /* 1000 ms have gone by; a part of a tick counts as one */
    assert_int_equal(wait_until(1011U, NVT_WAIT_READ), 2U);
}

static void test_wait_sees_a_socket_that_is_ready(void **state)
{
    (void)state;
    fake.readable = true;
    assert_int_equal(wait_until(1000U, NVT_WAIT_READ), 0U);
    assert_int_equal(wait_until(1000U, NVT_WAIT_WRITE), 1000U);
}

static void test_wake_ends_the_next_wait_and_that_alone(void **state)
{
    (void)state;
    nvt_freertos_wake(&f); /* before any task has waited */
    assert_int_equal(wait_until(1000U, NVT_WAIT_READ), 0U);
    assert_int_equal(wait_until(1000U, NVT_WAIT_READ), 1000U);
    nvt_freertos_wake(&f);
    assert_int_equal(wait_until(1000U, NVT_WAIT_READ), 0U);
    assert_int_equal(wait_until(1000U, NVT_WAIT_READ), 1000U);
}

static nvt_err look_up(struct nvt_addr *out)
{
    size_t count = 0;
    nvt_err err = f.port.net.resolve(f.port.net.ctx, "registre.localhost", 443U, out, &count);
    assert_int_equal(count, err == NVT_OK ? 1 : 0);
    return err;
}

static void answer(uint32_t question, const ip_addr_t *ip)
{
    fake.found[question]("registre.localhost", ip, fake.found_arg[question]);
}

static void test_look_up_waits_for_its_answer(void **state)
{
    const ip_addr_t ip = {0x01020304U};
    struct nvt_addr addr[NVT_ADDRS_MAX];
    (void)state;
    assert_int_equal(look_up(addr), NVT_AGAIN);
    assert_int_equal(look_up(addr), NVT_AGAIN);
    assert_int_equal(fake.asked, 1);
    assert_false(nvt_freertos_has_answer(&f));
    answer(0U, &ip);
    assert_true(nvt_freertos_has_answer(&f));
    assert_int_equal(wait_until(1000U, NVT_WAIT_READ), 0U);
    assert_int_equal(look_up(addr), NVT_OK);
    assert_int_equal(addr[0].ip_len, 4);
    assert_memory_equal(addr[0].ip, &ip.addr, 4U);
    assert_int_equal(addr[0].port, 443);
    fake.dns_err = ERR_OK; /* the cache knows it now */
    assert_int_equal(look_up(addr), NVT_OK);
}

static void test_answer_of_a_look_up_given_up_is_nobodys(void **state)
{
    const ip_addr_t old = {1U};
    const ip_addr_t new = {2U};
    struct nvt_addr addr[NVT_ADDRS_MAX];
    (void)state;
    assert_int_equal(look_up(addr), NVT_AGAIN);
    f.port.net.resolve_cancel(f.port.net.ctx);
    assert_int_equal(look_up(addr), NVT_AGAIN);
    answer(0U, &old);
    assert_int_equal(look_up(addr), NVT_AGAIN);
    answer(1U, &new);
    assert_int_equal(look_up(addr), NVT_OK);
    assert_memory_equal(addr[0].ip, &new.addr, 4U);
}

static void test_question_for_another_host_starts_anew(void **state)
{
    const ip_addr_t old = {1U};
    struct nvt_addr addr[NVT_ADDRS_MAX];
    size_t count = 0;
    (void)state;
    assert_int_equal(f.port.net.resolve(f.port.net.ctx, "other.localhost", 443U, addr, &count),
                     NVT_AGAIN);
    answer(0U, &old);
    assert_int_equal(look_up(addr), NVT_AGAIN);
    assert_int_equal(fake.asked, 2);
}

static void test_ipv6_address_is_no_name(void **state)
{
    struct nvt_addr addr[NVT_ADDRS_MAX];
    size_t count = 0;
    (void)state;
    assert_int_equal(f.port.net.resolve(f.port.net.ctx, "::1", 443U, addr, &count), NVT_E_NET_NAME);
    assert_int_equal(fake.asked, 0);
}

static void test_look_ups_given_up_take_all_places(void **state)
{
    struct nvt_addr addr[NVT_ADDRS_MAX];
    (void)state;
    for (uint32_t i = 0; i < (uint32_t)NVT_FREERTOS_LOOKUPS; i++) {
        assert_int_equal(look_up(addr), NVT_AGAIN);
        f.port.net.resolve_cancel(f.port.net.ctx);
    }
    assert_int_equal(look_up(addr), NVT_AGAIN);
    assert_int_equal(fake.asked, NVT_FREERTOS_LOOKUPS);
    assert_false(nvt_freertos_has_answer(&f));
    answer(0U, NULL);
    assert_int_equal(wait_until(1000U, NVT_WAIT_READ), 0U);
    assert_int_equal(look_up(addr), NVT_AGAIN);
    assert_int_equal(fake.asked, NVT_FREERTOS_LOOKUPS + 1);
}

static void test_look_up_tells_no_such_name_from_no_answer(void **state)
{
    struct nvt_addr addr[NVT_ADDRS_MAX];
    (void)state;
    assert_int_equal(look_up(addr), NVT_AGAIN);
    answer(0U, NULL);
    assert_int_equal(look_up(addr), NVT_E_NET_NAME);
    assert_int_equal(look_up(addr), NVT_AGAIN);
    fake.ticks += (uint64_t)DNS_TMR_INTERVAL * (uint64_t)DNS_MAX_RETRIES;
    answer(1U, NULL);
    assert_int_equal(look_up(addr), NVT_E_NET_RESOLVER);
    fake.dns_err = ERR_VAL; /* no server is set */
    assert_int_equal(look_up(addr), NVT_E_NET_RESOLVER);
    fake.dns_err = ERR_ARG;
    assert_int_equal(look_up(addr), NVT_E_NET_NAME);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_clock_goes_on_when_the_tick_wraps),
        TEST(test_wall_clock_is_unknown_until_it_is_set),
        TEST(test_board_without_entropy_is_refused),
        TEST(test_wait_lasts_until_its_time),
        TEST(test_wait_sees_a_socket_that_is_ready),
        TEST(test_wake_ends_the_next_wait_and_that_alone),
        TEST(test_look_up_waits_for_its_answer),
        TEST(test_answer_of_a_look_up_given_up_is_nobodys),
        TEST(test_question_for_another_host_starts_anew),
        TEST(test_ipv6_address_is_no_name),
        TEST(test_look_ups_given_up_take_all_places),
        TEST(test_look_up_tells_no_such_name_from_no_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
