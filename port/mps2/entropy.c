/* SPDX-License-Identifier: Apache-2.0 */
/* Two sources: one that must never leave the emulator, and the refusal. */
#include "mps2_parts.h"

/* xorshift: whoever knows when the board started knows every key. */
static nvt_err unsafe_fill(void *ctx, uint8_t *out, size_t len)
{
    uint32_t *state = (uint32_t *)ctx;
    for (size_t i = 0; i < len; i++) {
        *state ^= *state << 13;
        *state ^= *state >> 17;
        *state ^= *state << 5;
        out[i] = (uint8_t)((*state ^ mps2_now_us()) >> 3);
    }
    return NVT_OK;
}

void mps2_unsafe_entropy_init(struct nvt_port_entropy *out_entropy, uint32_t seed)
{
    static uint32_t state;
    state = seed * 2U + 1U; /* never 0, where it would stay */
    out_entropy->ctx = &state;
    out_entropy->fill = unsafe_fill;
}

static nvt_err no_fill(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    (void)memset(out, 0, len);
    return NVT_E_TLS_ENTROPY;
}

void mps2_no_entropy_init(struct nvt_port_entropy *out_entropy)
{
    out_entropy->ctx = NULL;
    out_entropy->fill = no_fill;
}
