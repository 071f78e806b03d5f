/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Base room: a machine word of text at a time, for the scanners of http and json. A scanner loads a
 * word, marks in the top bit of each byte those that it must look at, and goes on behind the bytes
 * in front of the lowest mark. All is inline, and the same on every machine: no alignment, and the
 * first byte is always the lowest.
 */
#ifndef NAVETTE_WORD_H
#define NAVETTE_WORD_H

#include <stddef.h>
#include <stdint.h>

#if SIZE_MAX > UINT32_MAX
typedef uint64_t nvt_word;
#else
typedef uint32_t nvt_word;
#endif

#define NVT_WORD_LEN sizeof(nvt_word)

/* The same byte in every place of a word. */
#define NVT_WORD_EACH(byte) ((nvt_word)-1 / 255U * (nvt_word)(byte))

/* The top bit of every byte: what marks are kept of. */
#define NVT_WORD_MARKS NVT_WORD_EACH(0x80U)

static inline uint32_t nvt_word_load_4(const uint8_t *bytes)
{
    return bytes[0] | (uint32_t)bytes[1] << 8U | (uint32_t)bytes[2] << 16U |
           (uint32_t)bytes[3] << 24U;
}

/* NVT_WORD_LEN bytes, put together one by one: compilers make one load of it. */
static inline nvt_word nvt_word_load(const uint8_t *bytes)
{
#if SIZE_MAX > UINT32_MAX
    return nvt_word_load_4(bytes) | (uint64_t)nvt_word_load_4(bytes + 4) << 32U;
#else
    return nvt_word_load_4(bytes);
#endif
}

/* How many bytes stand in front of the lowest mark: the ones below it, one bit for each byte, added
 * up in the top byte by the product. marks has no bit but NVT_WORD_MARKS, and is not 0. */
static inline size_t nvt_word_before(nvt_word marks)
{
    nvt_word lowest = marks >> 7U;
    nvt_word below = (lowest - 1U) & ~lowest & NVT_WORD_EACH(1U);
    return (size_t)(below * NVT_WORD_EACH(1U) >> (8U * (NVT_WORD_LEN - 1U)));
}

#endif
