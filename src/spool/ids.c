/* SPDX-License-Identifier: Apache-2.0 */
/* Three bits for each id from the tail on, in a circle: for each 32 ids three words of 32 bits. */
#include "spool_internal.h"

/* They end the window. */
static uint32_t ids_len(const struct nvt_spool *s)
{
    return s->config.window_len - nvt_map_len(s->config.device);
}

uint32_t nvt_ids_cap(const struct nvt_spool *s)
{
    return ids_len(s) / 12U * 32U;
}

void nvt_ids_clear(struct nvt_spool *s)
{
    uint32_t len = ids_len(s);
    (void)memset(s->config.window + s->config.window_len - len, 0, len);
}

/* The byte in which the first of its bits stands; the others are 4 and 8 bytes behind. */
static uint8_t *byte_of(const struct nvt_spool *s, uint32_t id)
{
    uint32_t len = ids_len(s);
    uint32_t word = id / 32U % (len / 12U) * 12U;
    return s->config.window + s->config.window_len - len + word + id / 8U % 4U;
}

enum nvt_id_state nvt_id_state(const struct nvt_spool *s, uint32_t id)
{
    uint32_t state = 0;
    if (nvt_id_is_known(s, id)) {
        const uint8_t *at = byte_of(s, id);
        for (size_t i = 0; i < 3U; i++) {
            state |= ((uint32_t)at[4U * i] >> id % 8U & 1U) << i;
        }
    }
    return (enum nvt_id_state)state;
}

void nvt_id_set(struct nvt_spool *s, uint32_t id, enum nvt_id_state state)
{
    uint8_t *at = byte_of(s, id);
    for (size_t i = 0; i < 3U; i++) {
        uint32_t others = at[4U * i] & ~(1U << id % 8U);
        at[4U * i] = (uint8_t)(others | ((uint32_t)state >> i & 1U) << id % 8U);
    }
}

bool nvt_id_is_known(const struct nvt_spool *s, uint32_t id)
{
    return id - s->now.tail < s->now.next - s->now.tail;
}

bool nvt_id_is_pending(const struct nvt_spool *s, uint32_t id)
{
    enum nvt_id_state state = nvt_id_state(s, id);
    return state >= NVT_ID_PENDING && state <= NVT_ID_FAILED_OFTEN;
}

bool nvt_id_is_deferred(const struct nvt_spool *s, uint32_t id)
{
    enum nvt_id_state state = nvt_id_state(s, id);
    return state >= NVT_ID_DEFERRED && state <= NVT_ID_FAILED_OFTEN;
}

void nvt_ids_follow(struct nvt_spool *s, enum nvt_id_state state)
{
    while (s->now.tail != s->now.next && nvt_id_state(s, s->now.tail) == state) {
        nvt_id_set(s, s->now.tail, NVT_ID_GONE);
        s->now.tail++;
    }
}

void nvt_count_settled(struct nvt_spool_base *now, enum nvt_spool_state state)
{
    switch (state) {
    case NVT_SPOOL_DELIVERED:
        now->delivered++;
        break;
    case NVT_SPOOL_REFUSED:
        now->refused++;
        break;
    default:
        now->expired++;
        break;
    }
}

/* ---- what else is known ---- */

uint32_t nvt_value_room(const struct nvt_spool *s, uint32_t key)
{
    return s->values[key].seq == 0U ? 0U : nvt_room(s->config.device, s->value_lens[key]);
}

uint32_t nvt_list_ids(const struct nvt_spool *s)
{
    uint32_t room = nvt_list_room(s->config.device);
    uint32_t cap = s->config.buffer_cap & ~(nvt_padded(s->config.device, 1U) - 1U);
    return 8U * ((room < cap ? room : cap) - (uint32_t)NVT_RECORD_LEN);
}
