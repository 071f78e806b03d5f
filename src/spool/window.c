/* SPDX-License-Identifier: Apache-2.0 */
/* Four bits for each id from tail on, in a circle: done (settled), seen (its record is there), and
 * two that tell how it failed (in memory alone). */
#include "journal.h"

enum plane { DONE, SEEN, FAILED, FAILED_HIGH };

uint32_t nvt_window_cap(const struct nvt_spool *s)
{
    return s->config.window_len / 4U * 8U;
}

static uint8_t *byte_of(const struct nvt_spool *s, uint32_t id, enum plane plane)
{
    uint32_t len = s->config.window_len / 4U;
    return &s->config.window[(uint32_t)plane * len + id % nvt_window_cap(s) / 8U];
}

static uint8_t bit_of(uint32_t id)
{
    return (uint8_t)(1U << (id % 8U));
}

static bool is_set(const struct nvt_spool *s, uint32_t id, enum plane plane)
{
    return (*byte_of(s, id, plane) & bit_of(id)) != 0U;
}

static void set(struct nvt_spool *s, uint32_t id, enum plane plane, bool on)
{
    uint8_t *byte = byte_of(s, id, plane);
    *byte = on ? (uint8_t)(*byte | bit_of(id)) : (uint8_t)(*byte & ~(uint32_t)bit_of(id));
}

uint8_t nvt_window_failed(const struct nvt_spool *s, uint32_t id)
{
    return (uint8_t)((is_set(s, id, FAILED) ? 1U : 0U) + (is_set(s, id, FAILED_HIGH) ? 2U : 0U));
}

void nvt_window_set_failed(struct nvt_spool *s, uint32_t id, uint8_t failed)
{
    set(s, id, FAILED, (failed & 1U) != 0U);
    set(s, id, FAILED_HIGH, (failed & 2U) != 0U);
}

bool nvt_window_is_done(const struct nvt_spool *s, uint32_t id)
{
    return is_set(s, id, DONE);
}

bool nvt_window_is_seen(const struct nvt_spool *s, uint32_t id)
{
    return is_set(s, id, SEEN);
}

void nvt_window_set_done(struct nvt_spool *s, uint32_t id)
{
    set(s, id, DONE, true);
}

void nvt_window_set_seen(struct nvt_spool *s, uint32_t id)
{
    set(s, id, SEEN, true);
}

void nvt_window_clear(struct nvt_spool *s)
{
    (void)memset(s->config.window, 0, s->config.window_len);
}

void nvt_window_clear_seen(struct nvt_spool *s)
{
    uint32_t len = s->config.window_len / 4U;
    (void)memset(s->config.window + len, 0, len);
}

static void drop_tail(struct nvt_spool *s)
{
    set(s, s->tail, DONE, false);
    set(s, s->tail, SEEN, false);
    nvt_window_set_failed(s, s->tail, 0U);
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
    s->deferred -= nvt_window_failed(s, id) != 0U ? 1U : 0U;
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
