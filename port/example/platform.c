/* SPDX-License-Identifier: Apache-2.0 */
/* What lwIP and Mbed TLS ask for by a fixed name: random numbers and, with TLS 1.3, milliseconds.
 */
#include "gateway.h"

#include <mbedtls/build_info.h>

#if defined(MBEDTLS_ENTROPY_HARDWARE_ALT)
#include <mbedtls/entropy.h>
#endif
#if defined(MBEDTLS_PLATFORM_MS_TIME_ALT)
#include <mbedtls/platform_time.h>
#endif

static const struct nvt_port *source;

void gateway_platform_init(const struct nvt_port *port)
{
    source = port;
}

unsigned int nvt_lwip_random(void);

/* Without entropy TLS is refused anyway: then ports and sequence numbers may be guessed. */
unsigned int nvt_lwip_random(void)
{
    uint32_t number = 0;
    (void)source->entropy.fill(source->entropy.ctx, (uint8_t *)&number, sizeof number);
    return (unsigned int)number;
}

#if defined(MBEDTLS_ENTROPY_HARDWARE_ALT)
/* TLS 1.3 draws its keys from a generator that is seeded here. */
int mbedtls_hardware_poll(void *data, unsigned char *output, size_t len, size_t *out_len)
{
    (void)data;
    if (source->entropy.fill(source->entropy.ctx, output, len) != NVT_OK) {
        return MBEDTLS_ERR_ENTROPY_SOURCE_FAILED;
    }
    *out_len = len;
    return 0;
}
#endif

#if defined(MBEDTLS_PLATFORM_MS_TIME_ALT)
/* How old a ticket of TLS 1.3 is. */
mbedtls_ms_time_t mbedtls_ms_time(void)
{
    return (mbedtls_ms_time_t)source->clock.mono_ms(source->clock.ctx);
}
#endif
