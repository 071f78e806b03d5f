/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mbed TLS's n-th allocation fails, for every n near the beginning and a spread of later ones: the
 * room says an error, never crashes, and gives everything back. Where the C library lets calloc be
 * replaced; under a sanitizer the allocator is the sanitizer's, and this test is left out.
 */
#include "peer.h"

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__)
#define CAN_FAIL 1
#else
#define CAN_FAIL 0
#endif
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#undef CAN_FAIL
#define CAN_FAIL 0
#endif
#endif

#if CAN_FAIL
extern void *__libc_calloc(size_t n, size_t size);
extern void __libc_free(void *p);
void *calloc(size_t n, size_t size);
void free(void *p);

static bool counting;
static size_t allocations;
static size_t fail_at;
static long live;

void *calloc(size_t n, size_t size)
{
    if (counting) {
        allocations++;
        if (allocations == fail_at) {
            return NULL;
        }
        live++;
    }
    return __libc_calloc(n, size);
}

void free(void *p)
{
    if (counting && (p != NULL)) {
        live--;
    }
    __libc_free(p);
}

static struct nvt_span ca;

/* Everything from init to free, counted; the last error. */
static nvt_err whole_life(struct client *c, const struct server *s, bool no_tls13)
{
    struct nvt_tls_settings settings;
    struct nvt_tls_ticket ticket = {0};
    memset(&settings, 0, sizeof settings);
    settings.ca = ca;
    settings.no_tls13 = no_tls13;
    allocations = 0;
    live = 0;
    counting = true;
    nvt_err err = nvt_tls_config_init(&c->config, &c->net.port, &settings, NULL);
    if (err == NVT_OK) {
        err = client_connect(c, s, "localhost", &ticket);
    }
    if (err == NVT_OK) {
        err = client_send(c, "abc\n");
    }
    if (err == NVT_OK) {
        char back[4];
        err = client_recv(c, back, sizeof back);
    }
    client_hang_up(c);
    nvt_tls_ticket_free(&ticket);
    nvt_tls_config_free(&c->config);
    counting = false;
    return err;
}

static void exhaust(bool no_tls13)
{
    static uint8_t mem[4096];
    struct server s;
    struct client c;
    size_t refused = 0;
    size_t told = 0;
    ca = pki_read("ca", ".pem", mem, sizeof mem);
    server_start(&s, "server", NULL);
    client_init(&c, no_tls13, NULL, 0);
    nvt_tls_config_free(&c.config);
    fail_at = 0;
    assert_int_equal(whole_life(&c, &s, no_tls13), NVT_OK); /* what stays for good is there now */
    assert_int_equal(whole_life(&c, &s, no_tls13), NVT_OK);
    assert_int_equal(live, 0);
    const size_t all = allocations;
    assert_true(all > 50U);
    for (fail_at = 1; fail_at < all; fail_at += (fail_at < 60U) ? 1U : all / 40U) {
        nvt_err err = whole_life(&c, &s, no_tls13);
        if (live != 0) {
            fail_msg("allocation %zu failed: %ld blocks lost", fail_at, live);
        }
        assert_true((err == NVT_OK) || ((err <= NVT_E_TLS_SETUP) && (err > NVT_E_NET_CLOSED)));
        refused += (err != NVT_OK) ? 1U : 0U;
        told += (err == NVT_E_TLS_MEMORY) ? 1U : 0U;
    }
    print_message("%zu allocations; of %zu failures %zu were told as such\n", all, refused, told);
    assert_true(told * 2U > refused);
    fail_at = 0;
    server_kill(&s);
}

static void test_tls12(void **state)
{
    (void)state;
    exhaust(true);
}

static void test_tls13(void **state)
{
    (void)state;
    if (HAS_TLS13) {
        exhaust(false);
    }
}
#else
static void test_tls12(void **state)
{
    (void)state;
    print_message("left out: the allocator cannot be replaced here\n");
}

static void test_tls13(void **state)
{
    (void)state;
    print_message("left out: the allocator cannot be replaced here\n");
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_tls12, server_kill_all),
        cmocka_unit_test_teardown(test_tls13, server_kill_all),
    };
    return cmocka_run_group_tests_name("tls memory", tests, NULL, NULL);
}
