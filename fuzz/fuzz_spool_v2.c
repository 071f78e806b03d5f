/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any image as a spool of format 2: what is found was written there, as its checksum says, taken in
 * another way than the reader does; each entry is told once, none that was settled, and all of it
 * costs no more than the image is long.
 */
#include "../src/cli/spool_v2.h"

#include <stdlib.h>

static const uint8_t *image;
static struct nvt_port_block device;
static size_t image_len;
static uint64_t read_bytes;

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* Behind its end the image reads as erased. */
static nvt_err do_read(void *ctx, uint32_t block, uint32_t offset, uint8_t *out, uint32_t len)
{
    (void)ctx;
    require(block < device.block_count && offset <= device.block_size &&
            len <= device.block_size - offset);
    size_t at = (size_t)block * device.block_size + offset;
    size_t there = at < image_len ? image_len - at : 0U;
    size_t n = there < len ? there : len;
    (void)memset(out + n, 0xFF, len - n);
    if (n > 0U) {
        (void)memcpy(out, image + at, n);
    }
    read_bytes += len;
    return NVT_OK;
}

/* The record in whose bytes place begins; returns its id. */
static uint32_t check_record(const struct v2_place *at, uint8_t type)
{
    static uint8_t mem[65536 + 16];
    uint8_t number[4];
    require(at->offset >= 16U);
    (void)do_read(NULL, at->block, at->offset - 16U, mem, at->len + 16U);
    for (unsigned i = 0; i < 4U; i++) {
        number[i] = (uint8_t)(at->seq >> (8U * i));
    }
    uint32_t crc = nvt_crc32(0U, nvt_span_of(number, 4U));
    crc = nvt_crc32(crc, nvt_span_of(mem, 12U));
    crc = nvt_crc32(crc, nvt_span_of(mem + 16, at->len));
    for (unsigned i = 0; i < 4U; i++) {
        require(mem[12U + i] == (uint8_t)(crc >> (8U * i)));
    }
    require(mem[0] == type && at->seq != 0U);
    return mem[4] | (uint32_t)mem[5] << 8U | (uint32_t)mem[6] << 16U | (uint32_t)mem[7] << 24U;
}

static void check(const struct v2 *v)
{
    for (size_t i = 0; i < v->count; i++) {
        const struct v2_entry *e = &v->entries[i];
        require(i == 0U || v->entries[i - 1U].id < e->id);
        require(e->id < v->next);
        require(check_record(&e->at, (uint8_t)'E') == e->id);
    }
    for (size_t i = 0; i < V2_VALUES; i++) {
        if (v->values[i].seq != 0U) {
            (void)check_record(&v->values[i], (uint8_t)'V');
        }
    }
    require(v->sure <= v->next);
}

static void try_geometry(uint32_t block_size, uint32_t prog_size)
{
    struct v2 v;
    size_t blocks = image_len / block_size;
    device = (struct nvt_port_block){.block_size = block_size,
                                     .block_count = blocks < 4U ? 4U : (uint32_t)blocks,
                                     .prog_size = prog_size,
                                     .read = do_read};
    read_bytes = 0U;
    nvt_err err = v2_read(&v, &device);
    require(err == NVT_OK || err == NVT_E_SPOOL_FOREIGN || err == NVT_E_ARG);
    require(read_bytes <= 5U * (uint64_t)block_size * device.block_count);
    if (err == NVT_OK) {
        require(v2_is_there(&device));
        check(&v);
    }
    v2_end(&v);
}

/* ---- images of somebody who knows how they are made ---- */

static uint32_t get_32(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8U | (uint32_t)at[2] << 16U | (uint32_t)at[3] << 24U;
}

static void put_32(uint8_t *at, uint32_t value)
{
    for (unsigned i = 0; i < 4U; i++) {
        at[i] = (uint8_t)(value >> (8U * i));
    }
}

/* Every record, one behind the other, gets the checksum that makes it good. */
static void seal_records(uint8_t *block, uint32_t at, uint32_t size, uint32_t unit)
{
    while (at + 16U <= size && block[at] != 0xFFU) {
        uint32_t len = (uint32_t)block[at + 2U] | (uint32_t)block[at + 3U] << 8U;
        if (len > size - at - 16U) {
            return;
        }
        uint32_t crc = nvt_crc32(0U, nvt_span_of(block + 4, 4U));
        crc = nvt_crc32(crc, nvt_span_of(block + at, 12U));
        put_32(block + at + 12U, nvt_crc32(crc, nvt_span_of(block + at + 16U, len)));
        at += (16U + len + unit - 1U) / unit * unit;
    }
}

/* The same for the head; with 0xEE in its place the checksum stays wrong. */
static void seal_block(uint8_t *block, const struct nvt_spool_geometry *g)
{
    uint32_t unit = g->prog_size < 4U ? 4U : g->prog_size;
    uint32_t len = get_32(block + 40) & 0x7FFFFFFFU;
    if (memcmp(block, "NVS2", 4U) != 0 || len > g->block_size - V2_HEAD_LEN) {
        return;
    }
    if (block[44] != 0xEEU) {
        uint32_t crc = nvt_crc32(0U, nvt_span_of(block, 44U));
        put_32(block + 44, nvt_crc32(crc, nvt_span_of(block + V2_HEAD_LEN, len)));
    }
    seal_records(block, (V2_HEAD_LEN + len + unit - 1U) / unit * unit, g->block_size, unit);
}

static void seal(uint8_t *bytes, size_t len)
{
    struct nvt_spool_geometry g;
    if (!v2_read_geometry(nvt_span_of(bytes, V2_HEAD_LEN), &g)) {
        return;
    }
    for (size_t at = 0; len - at >= g.block_size; at += g.block_size) {
        seal_block(bytes + at, &g);
    }
}

/* The first byte says which sizes are tried, unless a head tells them; the last one whether what is
 * wrong in it is made good. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct nvt_spool_geometry g;
    if (size < V2_HEAD_LEN + 1U || size > 1U << 20U) {
        return 0;
    }
    uint8_t *copy = (uint8_t *)malloc(size);
    require(copy != NULL);
    (void)memcpy(copy, data, size);
    if (data[size - 1U] != 0xFFU) {
        seal(copy, size);
    }
    image = copy;
    image_len = size;
    bool told = v2_read_geometry(nvt_span_of(data, V2_HEAD_LEN), &g);
    try_geometry(told && g.block_size <= 65536U ? g.block_size : 256U,
                 told ? g.prog_size : 1U << (data[0] % 5U));
    free(copy);
    return 0;
}
