/* SPDX-License-Identifier: Apache-2.0 */
/* Random numbers for those who ask by a fixed name: lwIP, and the PSA side of Mbed TLS. */
#include "gateway.h"

#include <mbedtls/build_info.h>

#if defined(MBEDTLS_ENTROPY_HARDWARE_ALT)
#include <mbedtls/entropy.h>
#endif

static const struct nvt_port_entropy *source;

void gateway_random_init(const struct nvt_port_entropy *entropy)
{
    source = entropy;
}

unsigned int nvt_lwip_random(void);

/* Without entropy TLS is refused anyway: then ports and sequence numbers may be guessed. */
unsigned int nvt_lwip_random(void)
{
    uint32_t number = 0;
    (void)source->fill(source->ctx, (uint8_t *)&number, sizeof number);
    return (unsigned int)number;
}

#if defined(MBEDTLS_ENTROPY_HARDWARE_ALT)
/* TLS 1.3 draws its keys from a generator that is seeded here. */
int mbedtls_hardware_poll(void *data, unsigned char *output, size_t len, size_t *out_len)
{
    (void)data;
    if (source->fill(source->ctx, output, len) != NVT_OK) {
        return MBEDTLS_ERR_ENTROPY_SOURCE_FAILED;
    }
    *out_len = len;
    return 0;
}
#endif
