/* SPDX-License-Identifier: Apache-2.0 */
/* Two bits for each id from tail on, in a circle: done (settled), and seen (its record is there).
 */
#include "journal.h"

uint32_t nvt_window_cap(const struct nvt_spool *s)
{
    return s->config.window_len / 2U * 8U;
}

static uint8_t *byte_of(const struct nvt_spool *s, uint32_t id, bool seen)
{
    uint32_t half = s->config.window_len / 2U;
    return &s->config.window[(seen ? half : 0U) + id % nvt_window_cap(s) / 8U];
}

static uint8_t bit_of(uint32_t id)
{
    return (uint8_t)(1U << (id % 8U));
}

bool nvt_window_is_done(const struct nvt_spool *s, uint32_t id)
{
    return (*byte_of(s, id, false) & bit_of(id)) != 0U;
}

bool nvt_window_is_seen(const struct nvt_spool *s, uint32_t id)
{
    return (*byte_of(s, id, true) & bit_of(id)) != 0U;
}

void nvt_window_set_done(struct nvt_spool *s, uint32_t id)
{
    *byte_of(s, id, false) |= bit_of(id);
}

void nvt_window_set_seen(struct nvt_spool *s, uint32_t id)
{
    *byte_of(s, id, true) |= bit_of(id);
}

void nvt_window_clear(struct nvt_spool *s)
{
    (void)memset(s->config.window, 0, s->config.window_len);
}

void nvt_window_clear_seen(struct nvt_spool *s)
{
    uint32_t half = s->config.window_len / 2U;
    (void)memset(s->config.window + half, 0, half);
}

static void drop_tail(struct nvt_spool *s)
{
    *byte_of(s, s->tail, false) &= (uint8_t)~bit_of(s->tail);
    *byte_of(s, s->tail, true) &= (uint8_t)~bit_of(s->tail);
    s->tail++;
}

void nvt_window_follow(struct nvt_spool *s)
{
    while (s->tail != s->next && nvt_window_is_done(s, s->tail)) {
        drop_tail(s);
    }
}

void nvt_window_reach(struct nvt_spool *s, uint32_t id)
{
    uint32_t cap = nvt_window_cap(s);
    if (id - s->tail >= 2U * cap) {
        nvt_window_clear(s);
        s->tail = id - cap + 1U;
    }
    while (id - s->tail >= cap) {
        drop_tail(s);
    }
    s->next = id + 1U;
}

void nvt_spool_note_settled(struct nvt_spool *s, uint32_t id, uint8_t state)
{
    if (!nvt_spool_is_pending(s, id)) {
        return;
    }
    nvt_window_set_done(s, id);
    if (state == (uint8_t)NVT_SPOOL_DELIVERED) {
        s->delivered++;
    } else if (state == (uint8_t)NVT_SPOOL_REFUSED) {
        s->refused++;
    } else {
        s->expired++;
    }
}

bool nvt_spool_is_pending(const struct nvt_spool *s, uint32_t id)
{
    return id >= s->tail && id < s->next && !nvt_window_is_done(s, id);
}
