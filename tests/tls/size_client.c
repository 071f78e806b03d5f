/* SPDX-License-Identifier: Apache-2.0 */
/* For port/mbedtls/size.sh: calls what a client calls, so that the linker keeps it. Never run. */
#include <navette/tls.h>

#include <mbedtls/memory_buffer_alloc.h>
#include <mbedtls/platform_time.h>

/* The arena's own size is the board's to choose: it is not counted. */
enum { ARENA_LEN = 4 };

static unsigned char arena[ARENA_LEN];
static struct nvt_port port;
static struct nvt_tls_config config;
static struct nvt_tls tls;
static struct nvt_tls_ticket ticket;

int mbedtls_hardware_poll(void *arg, unsigned char *out, size_t len, size_t *out_len);
int mbedtls_hardware_poll(void *arg, unsigned char *out, size_t len, size_t *out_len)
{
    (void)arg;
    (void)out;
    *out_len = len;
    return 0;
}

#if defined(MBEDTLS_PLATFORM_MS_TIME_ALT)
mbedtls_ms_time_t mbedtls_ms_time(void)
{
    return 0;
}
#endif

static nvt_err talk(void)
{
    static uint8_t text[16];
    uint8_t events = 0;
    size_t n = 0;
    nvt_err err = nvt_tls_handshake(&tls, &events);
    if (err == NVT_OK) {
        err = nvt_tls_send(&tls, nvt_span_of(text, sizeof text), &n, &events);
    }
    if ((err == NVT_OK) && !nvt_tls_quiet(&tls) && nvt_tls_pending(&tls)) {
        err = nvt_tls_recv(&tls, text, sizeof text, &n, &events);
    }
    return err;
}

int main(void)
{
    struct nvt_tls_settings settings = {0};
    size_t used = 0;
    size_t blocks = 0;
    mbedtls_memory_buffer_alloc_init(arena, sizeof arena);
    nvt_err err = nvt_tls_config_init(&config, &port, &settings, NULL);
    if (err == NVT_OK) {
        err = nvt_tls_open(&tls, &config, "localhost", 0, &ticket);
    }
    if (err == NVT_OK) {
        err = talk();
    }
    int sum = nvt_tls_version(&tls)[0] + nvt_tls_suite(&tls)[0];
    nvt_tls_close(&tls);
    nvt_tls_ticket_free(&ticket);
    nvt_tls_config_free(&config);
    mbedtls_memory_buffer_alloc_max_get(&used, &blocks);
    return sum + (int)err + (int)used;
}
