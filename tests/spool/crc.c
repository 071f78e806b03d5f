/* SPDX-License-Identifier: Apache-2.0 */
/* The CRC of the library eight bytes at a time, linked instead of it, and what was asked
 * before is not computed again: the checker, which mounts a spool a million times, would spend
 * more than half of its time there. */
#include <navette/base.h>

#include <string.h>

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

static uint32_t first_32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8U | (uint32_t)p[2] << 16U | (uint32_t)p[3] << 24U;
}

static uint32_t four(uint32_t rest, const uint32_t (*t)[256])
{
    return t[3][rest & 255U] ^ t[2][rest >> 8U & 255U] ^ t[1][rest >> 16U & 255U] ^
           t[0][rest >> 24U];
}

static uint32_t compute(uint32_t crc, struct nvt_span bytes)
{
    const uint32_t(*t)[256] = (const uint32_t(*)[256])table;
    const uint8_t *p = bytes.ptr;
    uint32_t rest = ~crc;
    size_t len = bytes.len;
    if (table[0][1] == 0U) {
        fill_table();
    }
    for (; len >= 8U; p += 8, len -= 8U) {
        rest = four(rest ^ first_32(p), t + 4) ^ four(first_32(p + 4), t);
    }
    for (; len >= 4U; p += 4, len -= 4U) {
        rest = four(rest ^ first_32(p), t);
    }
    for (; len > 0U; p++, len--) {
        rest = rest >> 8U ^ t[0][(rest ^ *p) & 255U];
    }
    return ~rest;
}

/* ---- what was computed before ---- */

/* The bytes are kept beside the result, and compared: it is the same function. */

enum { KNOWN = 2048, KNOWN_FROM = 12, KNOWN_BYTES = 116 };

static struct {
    uint32_t crc, len, result;
    uint8_t bytes[KNOWN_BYTES];
} known[KNOWN];

static uint32_t place_of(uint32_t crc, struct nvt_span bytes)
{
    uint64_t first = 0;
    uint64_t last = 0;
    (void)memcpy(&first, bytes.ptr, sizeof first);
    (void)memcpy(&last, bytes.ptr + bytes.len - sizeof last, sizeof last);
    uint64_t h = (first ^ (uint64_t)crc << 32U) * 0x9E3779B97F4A7C15U + last + bytes.len;
    return (uint32_t)(h * 0x9E3779B97F4A7C15U >> 52U) % (uint32_t)KNOWN;
}

uint32_t nvt_crc32(uint32_t crc, struct nvt_span bytes)
{
    if (bytes.len < (size_t)KNOWN_FROM || bytes.len > (size_t)KNOWN_BYTES) {
        return compute(crc, bytes);
    }
    uint32_t i = place_of(crc, bytes);
    if (known[i].crc != crc || known[i].len != bytes.len ||
        memcmp(known[i].bytes, bytes.ptr, bytes.len) != 0) {
        known[i].crc = crc;
        known[i].len = (uint32_t)bytes.len;
        (void)memcpy(known[i].bytes, bytes.ptr, bytes.len);
        known[i].result = compute(crc, bytes);
    }
    return known[i].result;
}
