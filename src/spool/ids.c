/* SPDX-License-Identifier: Apache-2.0 */
/* Three bits for each id from the tail on, in a circle. */
#include "spool_internal.h"

enum { PLANES = 3 };

static uint32_t plane_len(const struct nvt_spool *s)
{
    return (s->config.window_len - nvt_map_len(s->config.device)) / (4U * (unsigned)PLANES) * 4U;
}

static uint8_t *planes(const struct nvt_spool *s)
{
    return s->config.window + nvt_map_len(s->config.device);
}

uint32_t nvt_ids_cap(const struct nvt_spool *s)
{
    return plane_len(s) * 8U;
}

void nvt_ids_clear(struct nvt_spool *s)
{
    (void)memset(planes(s), 0, (size_t)plane_len(s) * (size_t)PLANES);
}

enum nvt_id_state nvt_id_state(const struct nvt_spool *s, uint32_t id)
{
    size_t len = plane_len(s);
    const uint8_t *at = planes(s) + id % (len * 8U) / 8U;
    uint32_t state = 0;
    for (uint32_t i = 0; i < (uint32_t)PLANES; i++) {
        state |= ((uint32_t)at[i * len] >> id % 8U & 1U) << i;
    }
    return (enum nvt_id_state)state;
}

void nvt_id_set(struct nvt_spool *s, uint32_t id, enum nvt_id_state state)
{
    size_t len = plane_len(s);
    uint8_t *at = planes(s) + id % (len * 8U) / 8U;
    for (uint32_t i = 0; i < (uint32_t)PLANES; i++) {
        uint32_t others = at[i * len] & ~(1U << id % 8U);
        at[i * len] = (uint8_t)(others | ((uint32_t)state >> i & 1U) << id % 8U);
    }
}

bool nvt_id_is_known(const struct nvt_spool *s, uint32_t id)
{
    return id - s->now.tail < s->now.next - s->now.tail;
}

bool nvt_id_is_pending(const struct nvt_spool *s, uint32_t id)
{
    enum nvt_id_state state = nvt_id_is_known(s, id) ? nvt_id_state(s, id) : NVT_ID_GONE;
    return state != NVT_ID_GONE && state < NVT_ID_DONE;
}

bool nvt_id_is_deferred(const struct nvt_spool *s, uint32_t id)
{
    return nvt_id_is_pending(s, id) && nvt_id_state(s, id) != NVT_ID_PENDING;
}

void nvt_ids_follow(struct nvt_spool *s, enum nvt_id_state state)
{
    while (s->now.tail != s->now.next && nvt_id_state(s, s->now.tail) == state) {
        nvt_id_set(s, s->now.tail, NVT_ID_GONE);
        s->now.tail++;
    }
}
