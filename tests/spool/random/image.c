/* SPDX-License-Identifier: Apache-2.0 */
#include "image.h"

enum { CRC_AT = NVT_SPOOL_HEAD_LEN - 4, RECORD_HEAD = 16 };

void image_put_32(uint8_t *at, uint32_t value)
{
    for (unsigned i = 0; i < 4U; i++) {
        at[i] = (uint8_t)(value >> (8U * i));
    }
}

uint32_t image_get_32(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8U | (uint32_t)at[2] << 16U | (uint32_t)at[3] << 24U;
}

uint32_t image_padded(const struct nvt_port_block *d, uint32_t len)
{
    uint32_t unit = d->prog_size < 4U ? 4U : d->prog_size;
    return (len + unit - 1U) / unit * unit;
}

/* CRC of numbers as they stand on the device, going on crc. */
static uint32_t crc_of(uint32_t crc, const uint32_t *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t bytes[4];
        image_put_32(bytes, numbers[i]);
        crc = nvt_crc32(crc, nvt_span_of(bytes, sizeof bytes));
    }
    return crc;
}

uint32_t image_salt_after(uint32_t salt, uint32_t seq)
{
    const uint32_t numbers[2] = {salt, seq};
    return crc_of(0U, numbers, 2U);
}

void image_mend_head(uint32_t block, uint8_t *head)
{
    uint32_t crc = crc_of(0U, &block, 1U);
    image_put_32(head + CRC_AT, nvt_crc32(crc, nvt_span_of(head, CRC_AT)));
}

uint32_t image_put_head(const struct nvt_port_block *d, uint32_t block, const struct image_head *h,
                        uint8_t *bytes)
{
    const uint32_t numbers[] = {h->seq,
                                h->salt,
                                h->before_seq,
                                h->before_salt,
                                h->before_end,
                                h->before_sure,
                                h->before_block | h->oldest << 16U,
                                h->oldest_seq,
                                h->tail,
                                h->next,
                                h->delivered,
                                h->refused,
                                h->expired,
                                h->window_cap,
                                d->block_size | (h->moving ? 1U << 31U : 0U),
                                d->block_count | d->prog_size << 16U,
                                h->pending};
    uint32_t second = image_padded(d, NVT_SPOOL_HEAD_LEN);
    (void)memcpy(bytes, "NVS3", 4U);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        image_put_32(bytes + 4U + 4U * i, numbers[i]);
    }
    image_mend_head(block, bytes);
    (void)memcpy(bytes + second, bytes, NVT_SPOOL_HEAD_LEN);
    return 2U * second;
}

uint32_t image_put_record(const struct nvt_port_block *d, uint32_t block,
                          const struct image_head *h, uint32_t offset, const struct image_record *r,
                          struct nvt_span text, uint8_t *bytes)
{
    const uint32_t life[3] = {h->salt, h->seq, block};
    uint32_t room = image_padded(d, (uint32_t)RECORD_HEAD + (uint32_t)text.len);
    uint8_t *at = bytes + offset;
    if (offset > d->block_size || room > d->block_size - offset) {
        return 0U;
    }
    image_put_32(at, r->type | (uint32_t)r->aux << 8U | (uint32_t)text.len << 16U);
    image_put_32(at + 4, r->id);
    image_put_32(at + 8, r->due_s);
    (void)memcpy(at + RECORD_HEAD, text.ptr, text.len);
    uint32_t crc = crc_of(crc_of(0U, life, 3U), &offset, 1U);
    crc = nvt_crc32(crc, nvt_span_of(at, 12U));
    image_put_32(at + 12, nvt_crc32(crc, text));
    return offset + room;
}
