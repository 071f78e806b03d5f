/* SPDX-License-Identifier: Apache-2.0 */
/* Bounded writing. A put goes in whole or not at all; after the first that did not, none does. */
#include <navette/base.h>

void nvt_buf_init(struct nvt_buf *b, void *mem, size_t cap)
{
    b->ptr = (uint8_t *)mem;
    b->cap = cap;
    b->len = 0;
    b->overflow = false;
}

void nvt_buf_put(struct nvt_buf *b, struct nvt_span s)
{
    if (b->overflow || s.len > b->cap - b->len) {
        b->overflow = true;
        return;
    }
    if (s.len != 0U) {
        (void)memcpy(b->ptr + b->len, s.ptr, s.len);
        b->len += s.len;
    }
}

void nvt_buf_put_byte(struct nvt_buf *b, uint8_t byte)
{
    if (b->overflow || b->len >= b->cap) {
        b->overflow = true;
        return;
    }
    b->ptr[b->len] = byte;
    b->len++;
}
