/* SPDX-License-Identifier: Apache-2.0 */
/* The lists of pending ids with which blocks begin, read. */
#include "spool_internal.h"

struct nvt_list nvt_list_of(const struct nvt_spool *s, const struct nvt_record *r)
{
    return (struct nvt_list){nvt_span_of(s->config.buffer + NVT_RECORD_LEN, r->len), r->id};
}

/* Distances as open.c writes them, seven bits a byte. */
bool nvt_list_next(struct nvt_list *l)
{
    uint32_t step = 0;
    for (uint32_t shift = 0; l->rest.len > 0U && shift < 32U; shift += 7U) {
        uint8_t byte = l->rest.ptr[0];
        l->rest = nvt_span_of(l->rest.ptr + 1, l->rest.len - 1U);
        step |= (byte & 0x7FU) << shift;
        if (byte <= 0x7FU) {
            bool possible = step <= UINT32_MAX - l->id;
            l->id += possible ? step : 0U;
            return possible;
        }
    }
    return false;
}

/* Ids from one up to another; 0, 0: none. */
struct range {
    uint32_t from, end;
};

bool nvt_is_list(const struct nvt_spool *s, const struct nvt_record *r)
{
    return r->type == (uint8_t)NVT_RECORD_LIST &&
           nvt_room(s->config.device, r->len) <= s->config.buffer_cap;
}

/* Up to where the list, whose bytes are in the buffer, is about ids. */
static uint32_t end_of(const struct nvt_spool *s, const struct nvt_record *r)
{
    struct nvt_list l = nvt_list_of(s, r);
    bool more = r->aux == 0U;
    while (more) {
        more = nvt_list_next(&l);
    }
    return r->aux == 0U ? l.id + 1U : s->base.next;
}

/* What the lists of a block are about. */
static nvt_err find_range(const struct nvt_spool *s, uint32_t block, struct range *out)
{
    struct nvt_walk walk;
    struct nvt_record r = {.type = 0U};
    uint8_t copies = 0U;
    *out = (struct range){0U, 0U};
    if (nvt_block_state(&s->medium, block) != NVT_BLOCK_USED) {
        return NVT_OK;
    }
    nvt_err err = nvt_ring_enter(&s->medium, &s->ring, block, &walk, &copies);
    if (err == NVT_OK) {
        err = nvt_walk_next(&s->medium, &walk, &r);
    }
    while (err == NVT_OK && nvt_is_list(s, &r)) {
        out->from = out->end == 0U ? r.id : out->from;
        out->end = end_of(s, &r);
        err = nvt_walk_next(&s->medium, &walk, &r);
    }
    return err == NVT_E_SPOOL_EMPTY ? NVT_OK : err;
}

/* If they touch. */
static void join(struct range *all, const struct range *more)
{
    if (all->end == 0U) {
        *all = *more;
    } else if (more->from <= all->end && more->end >= all->from) {
        all->from = more->from < all->from ? more->from : all->from;
        all->end = more->end > all->end ? more->end : all->end;
    } else {
        /* it does not help */
    }
}

/* Going back from the newest one. What came after a list stands in records. */
nvt_err nvt_find_lists(const struct nvt_spool *s, uint32_t *out_block)
{
    uint32_t count = s->config.device->block_count;
    struct range all = {0U, 0U};
    uint32_t block = s->base_block;
    nvt_err err = NVT_OK;
    bool more = true;
    while (more) {
        struct range range;
        err = find_range(s, block, &range);
        if (range.end > range.from) {
            join(&all, &range);
        }
        *out_block = block;
        bool enough = all.from <= s->base.tail && all.end >= s->base.next;
        more = err == NVT_OK && !enough && block != s->ring.oldest;
        block = (block + count - 1U) % count;
    }
    return err;
}
