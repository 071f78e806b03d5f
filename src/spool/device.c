/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks: what is known of each, and what stands in them. */
#include "spool_internal.h"

/* ---- two bits for each ---- */

uint32_t nvt_map_len(const struct nvt_port_block *d)
{
    return (d->block_count + 15U) / 16U * 4U;
}

enum nvt_block_state nvt_block_state(const struct nvt_spool_medium *m, uint32_t block)
{
    return (enum nvt_block_state)((uint32_t)m->map[block / 4U] >> (block % 4U * 2U) & 3U);
}

void nvt_block_set(const struct nvt_spool_medium *m, uint32_t block, enum nvt_block_state state)
{
    uint32_t shift = block % 4U * 2U;
    uint32_t others = m->map[block / 4U] & ~(3U << shift);
    m->map[block / 4U] = (uint8_t)(others | (uint32_t)state << shift);
}

uint32_t nvt_block_after(const struct nvt_spool_medium *m, uint32_t block)
{
    return block + 1U == m->device->block_count ? 0U : block + 1U;
}

uint32_t nvt_used_after(const struct nvt_spool_medium *m, uint32_t block)
{
    uint32_t b = nvt_block_after(m, block);
    while (b != block && nvt_block_state(m, b) != NVT_BLOCK_USED) {
        b = nvt_block_after(m, b);
    }
    return b;
}

uint32_t nvt_distance(const struct nvt_spool_medium *m, uint32_t from, uint32_t to)
{
    return to >= from ? to - from : to + m->device->block_count - from;
}

/* ---- reading ---- */

nvt_err nvt_read_at(const struct nvt_spool_medium *m, uint32_t block, uint32_t offset, uint8_t *out,
                    uint32_t len)
{
    nvt_err err = m->device->read(m->device->ctx, block, offset, out, len);
    if (err != NVT_OK && m->lenient) {
        (void)memset(out, 0, len);
        err = NVT_OK;
    }
    return err;
}

nvt_err nvt_read_head(const struct nvt_spool_medium *m, uint32_t block, struct nvt_head *out)
{
    nvt_err err = NVT_OK;
    (void)memset(out, 0, sizeof *out);
    for (uint32_t copy = 0; copy < 2U && err == NVT_OK; copy++) {
        uint8_t bytes[NVT_HEAD_LEN];
        struct nvt_head h;
        err =
            nvt_read_at(m, block, copy * nvt_padded(m->device, NVT_HEAD_LEN), bytes, NVT_HEAD_LEN);
        if (err != NVT_OK || !nvt_head_decode(m->device, block, bytes, &h)) {
            continue;
        }
        if (out->copies == 0U) {
            *out = h;
        } else if (h.own.seq == out->own.seq) {
            out->copies = 2U;
        } else {
            /* what an erase that was cut off left there */
        }
    }
    return err;
}

nvt_err nvt_used_end(const struct nvt_spool_medium *m, uint32_t block, uint32_t offset,
                     uint32_t limit, uint32_t *out_end)
{
    nvt_err err = NVT_OK;
    *out_end = offset;
    while (err == NVT_OK && offset < limit) {
        uint32_t n = limit - offset < m->buffer_cap ? limit - offset : m->buffer_cap;
        err = nvt_read_at(m, block, offset, m->buffer, n);
        for (uint32_t i = n; err == NVT_OK && i > 0U; i--) {
            if (m->buffer[i - 1U] != (uint8_t)NVT_ERASED) {
                *out_end = nvt_padded(m->device, offset + i);
                break;
            }
        }
        offset += n;
    }
    return err;
}

/* ---- walking ---- */

nvt_err nvt_walk_begin(const struct nvt_spool_medium *m, const struct nvt_spool_life *life,
                       struct nvt_walk *walk)
{
    uint32_t size = m->device->block_size;
    *walk = (struct nvt_walk){
        .of = *life,
        .seed = nvt_life_seed(life),
        .offset = nvt_records_at(m->device),
        .stop = life->end,
        .budget = 4U * size,
        .checked = true,
    };
    if (life->end != NVT_END_UNKNOWN) {
        return NVT_OK;
    }
    walk->of.end = size;
    return nvt_used_end(m, life->block, walk->offset, size, &walk->stop);
}

/* The bytes behind the record whose first ones are in the buffer. NVT_AGAIN: they are not good. */
static nvt_err check_bytes(const struct nvt_spool_medium *m, uint32_t seed,
                           const struct nvt_record *r)
{
    uint32_t wanted = nvt_record_wanted(m->buffer);
    uint32_t crc = nvt_record_crc(seed, r->place.offset, m->buffer);
    uint8_t *piece = m->buffer + NVT_RECORD_LEN;
    uint32_t room = m->buffer_cap - (uint32_t)NVT_RECORD_LEN;
    nvt_err err = NVT_OK;
    for (uint32_t from = 0; err == NVT_OK && from < r->len; from += room) {
        uint32_t rest = r->len - from;
        uint32_t n = rest < room ? rest : room;
        err = nvt_read_at(m, r->place.block, r->place.offset + (uint32_t)NVT_RECORD_LEN + from,
                          piece, n);
        crc = nvt_crc32(crc, nvt_span_of(piece, n));
    }
    return err == NVT_OK && crc != wanted ? NVT_AGAIN : err;
}

/* What an attacker wrote may look like a record at every unit: so much is read in vain, and no
 * more. */
static void note_vain(struct nvt_walk *walk, uint32_t len)
{
    walk->budget -= walk->budget > len ? len : walk->budget;
}

/* What stands at the walk's place. NVT_AGAIN: no record. */
static nvt_err try_record(const struct nvt_spool_medium *m, struct nvt_walk *walk, bool checked,
                          struct nvt_record *out)
{
    out->place = (struct nvt_spool_place){walk->of.block, walk->offset, walk->of.seq};
    nvt_err err = nvt_read_at(m, walk->of.block, walk->offset, m->buffer, NVT_RECORD_LEN);
    if (err == NVT_OK) {
        err = nvt_record_decode(m->device, m->buffer, out);
    }
    if (err == NVT_OK && nvt_room(m->device, out->len) > walk->of.end - walk->offset) {
        err = NVT_AGAIN;
    }
    if (err == NVT_OK && checked) {
        err = check_bytes(m, walk->seed, out);
        note_vain(walk, err == NVT_AGAIN ? out->len : 0U);
    }
    return err == NVT_E_SPOOL_EMPTY ? NVT_AGAIN : err;
}

nvt_err nvt_walk_next(const struct nvt_spool_medium *m, struct nvt_walk *walk,
                      struct nvt_record *out)
{
    uint32_t unit = nvt_padded(m->device, 1U);
    bool hole = false;
    while (walk->offset + (uint32_t)NVT_RECORD_LEN <= walk->of.end && walk->offset < walk->stop &&
           walk->budget > 0U) {
        nvt_err err = try_record(m, walk, walk->checked || hole, out);
        if (err == NVT_OK) {
            walk->offset += nvt_room(m->device, out->len);
        }
        if (err != NVT_AGAIN) {
            return err;
        }
        walk->holes += !hole && walk->offset < walk->of.sure ? 1U : 0U;
        hole = true;
        walk->any_hole = true;
        walk->offset += unit;
    }
    walk->offset = walk->of.end;
    return NVT_E_SPOOL_EMPTY;
}
