/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks written by what src/spool/FORMAT.md says of them, and by nothing of the spool itself. */
#ifndef TESTS_SPOOL_IMAGE_H
#define TESTS_SPOOL_IMAGE_H

#include <navette/spool.h>

struct image_head {
    uint32_t seq, salt;
    uint32_t before_block, before_seq, before_salt, before_end, before_sure;
    uint32_t oldest, oldest_seq;
    uint32_t tail, next;
    uint32_t delivered, refused, expired, window_cap, pending;
    bool moving;
};

struct image_record {
    uint8_t type, aux;
    uint32_t id, due_s;
};

/* Both copies of a block's head; where its records begin. */
uint32_t image_put_head(const struct nvt_port_block *d, uint32_t block, const struct image_head *h,
                        uint8_t *bytes);

/* A record at that offset of the block; where the next one begins, 0: it does not fit. */
uint32_t image_put_record(const struct nvt_port_block *d, uint32_t block,
                          const struct image_head *h, uint32_t offset, const struct image_record *r,
                          struct nvt_span text, uint8_t *bytes);

/* The salt of the block that comes behind one with that salt, and gets that number. */
uint32_t image_salt_after(uint32_t salt, uint32_t seq);

/* Mends the CRC of the block's head at that offset. */
void image_mend_head(uint32_t block, uint8_t *head);

uint32_t image_padded(const struct nvt_port_block *d, uint32_t len);
uint32_t image_get_32(const uint8_t *at);
void image_put_32(uint8_t *at, uint32_t value);

#endif
