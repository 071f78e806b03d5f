/* SPDX-License-Identifier: Apache-2.0 */
/* The CRC of the library eight bytes at a time, linked instead of it: the checker, which mounts a
 * spool a million times, would spend more than half of its time there. */
#include <navette/base.h>

static uint32_t table[8][256];

static void fill_table(void)
{
    for (uint32_t i = 0; i < 256U; i++) {
        uint32_t rest = i;
        for (unsigned bit = 0; bit < 8U; bit++) {
            rest = rest >> 1U ^ ((rest & 1U) != 0U ? 0xEDB88320U : 0U);
        }
        table[0][i] = rest;
    }
    for (uint32_t i = 0; i < 256U; i++) {
        for (unsigned n = 1; n < 8U; n++) {
            table[n][i] = table[n - 1U][i] >> 8U ^ table[0][table[n - 1U][i] & 255U];
        }
    }
}

static uint32_t eight(uint32_t rest, const uint8_t *p)
{
    rest ^= (uint32_t)p[0] | (uint32_t)p[1] << 8U | (uint32_t)p[2] << 16U | (uint32_t)p[3] << 24U;
    return table[7][rest & 255U] ^ table[6][rest >> 8U & 255U] ^ table[5][rest >> 16U & 255U] ^
           table[4][rest >> 24U] ^ table[3][p[4]] ^ table[2][p[5]] ^ table[1][p[6]] ^
           table[0][p[7]];
}

uint32_t nvt_crc32(uint32_t crc, struct nvt_span bytes)
{
    uint32_t rest = ~crc;
    size_t i = 0;
    if (table[0][1] == 0U) {
        fill_table();
    }
    for (; i + 8U <= bytes.len; i += 8U) {
        rest = eight(rest, bytes.ptr + i);
    }
    for (; i < bytes.len; i++) {
        rest = rest >> 8U ^ table[0][(rest ^ bytes.ptr[i]) & 255U];
    }
    return ~rest;
}
