/* SPDX-License-Identifier: Apache-2.0 */
/* A spool found on a device, or made there. */
#include "spool_internal.h"

/* Room in each block for at least one small entry, in the buffer for what stands in front of it,
 * and in the window for a few. */
static bool has_room(const struct nvt_spool *s)
{
    const struct nvt_port_block *d = s->config.device;
    return nvt_data_max(d) >= 2U * nvt_room(d, 16U) && s->config.buffer_cap >= nvt_room(d, 64U) &&
           nvt_ids_cap(s) > 0U; /* a head takes no more than that record */
}

static nvt_err begin(struct nvt_spool *s, const struct nvt_spool_config *config)
{
    if (s == NULL) {
        return NVT_E_ARG;
    }
    (void)memset(s, 0, sizeof *s);
    bool good = config != NULL && nvt_is_good_device(config->device) && config->buffer != NULL &&
                config->buffer_cap >= 256U && config->window != NULL &&
                config->window_len > nvt_map_len(config->device) && config->window_len % 4U == 0U &&
                config->picks != NULL && config->pick_cap >= 8U;
    if (!good) {
        return NVT_E_ARG;
    }
    s->config = *config;
    s->medium = (struct nvt_spool_medium){config->device, config->buffer, config->buffer_cap,
                                          config->window, false};
    s->now.tail = 1U;
    s->now.next = 1U;
    (void)memset(config->window, 0, config->window_len);
    return has_room(s) ? NVT_OK : NVT_E_ARG;
}

/* ---- nothing there ---- */

/* Erased, or no more than heads whose writing was cut off. */
static nvt_err look_at(const struct nvt_spool *s, uint32_t block)
{
    static const uint8_t magic[3] = {0x4E, 0x56, 0x53}; /* "NVS" */
    const struct nvt_port_block *d = s->config.device;
    uint8_t bytes[NVT_HEAD_LEN];
    struct nvt_spool_geometry g;
    uint32_t end = 0U;
    nvt_err err = nvt_used_end(&s->medium, block, 0U, d->block_size, &end);
    if (err == NVT_OK) {
        err = d->read(d->ctx, block, 0U, bytes, NVT_HEAD_LEN);
    }
    if (err != NVT_OK || end == 0U) {
        return err;
    }
    err = nvt_spool_read_geometry(nvt_span_of(bytes, sizeof bytes), &g);
    bool begun = end <= nvt_records_at(d) + nvt_list_room(d) && err != NVT_E_SPOOL_VERSION &&
                 !nvt_head_is_whole(block, bytes); /* a whole one is of another device */
    uint32_t n = 0;
    while (n < sizeof magic && bytes[n] == magic[n]) {
        n++;
    }
    begun = begun && (n == sizeof magic || bytes[n] == (uint8_t)NVT_ERASED);
    if (err == NVT_E_SPOOL_VERSION) {
        return err;
    }
    return begun ? NVT_OK : NVT_E_SPOOL_FOREIGN;
}

/* Of another format, if any block says so. */
static nvt_err find_nothing(const struct nvt_spool *s)
{
    nvt_err all = NVT_E_SPOOL_BLANK;
    for (uint32_t b = 0; b < s->config.device->block_count; b++) {
        nvt_err err = look_at(s, b);
        if (err == NVT_E_SPOOL_IO || err == NVT_E_SPOOL_VERSION) {
            return err;
        }
        all = err == NVT_OK ? all : err;
    }
    return all;
}

/* ---- mounting ---- */

/* Those between the oldest and the newest that are not in use were passed over. */
static void note_passed_over(struct nvt_spool *s)
{
    for (uint32_t b = s->ring.oldest; b != s->ring.newest.block;
         b = nvt_block_after(&s->medium, b)) {
        if (nvt_block_state(&s->medium, b) == NVT_BLOCK_FREE) {
            nvt_ring_note(s, b, NVT_BLOCK_BAD);
        }
    }
}

/* Ids that may have been given are not given again, as long as half of the window is left. */
static void skip_ids(struct nvt_spool *s, uint32_t skip)
{
    uint32_t span = s->now.next - s->now.tail;
    uint32_t room = (nvt_ids_cap(s) - span) / 2U;
    room = room < UINT32_MAX - s->now.next ? room : UINT32_MAX - s->now.next;
    s->now.next += skip < room ? skip : room;
    nvt_ids_follow(s, NVT_ID_GONE);
    s->synced_tail = s->now.tail;
}

/* What is read now must still be there after the next cut. */
static nvt_err sync(const struct nvt_spool *s)
{
    return s->config.device->sync(s->config.device->ctx);
}

nvt_err nvt_spool_mount(struct nvt_spool *s, const struct nvt_spool_config *config)
{
    uint32_t skip = 0U;
    nvt_err err = begin(s, config);
    if (err == NVT_OK) {
        err = sync(s);
    }
    if (err == NVT_OK) {
        err = nvt_chain_find(s, &skip);
    }
    if (err == NVT_E_SPOOL_EMPTY) {
        err = find_nothing(s);
    } else if (err == NVT_OK) {
        s->closed = true; /* what is erased there may be what a failed try left of itself */
        note_passed_over(s);
        err = nvt_recount(s);
        if (err == NVT_OK) {
            skip_ids(s, skip);
        }
    } else {
        /* as it is */
    }
    if (err == NVT_OK) {
        s->mounted = true;
    }
    return err;
}

/* ---- making ---- */

/* Numbers go on from what is there, so that none of the old blocks counts any more. Such as no
 * device lives to see, somebody else's, would leave too few: all blocks are erased then. */
static nvt_err begin_numbers(struct nvt_spool *s)
{
    uint32_t skip = 0U;
    nvt_err err = nvt_chain_find(s, &skip);
    if (err == NVT_OK && s->top_seq > NVT_SEQ_MAX / 2U) {
        for (uint32_t b = 0; b < s->config.device->block_count; b++) {
            (void)nvt_ring_erase(s, b); /* a bad one matters if its head is still good */
        }
        err = nvt_chain_find(s, &skip);
        err = s->top_seq > NVT_SEQ_MAX / 2U ? NVT_E_SPOOL_IO : err;
    }
    uint32_t salt = nvt_salt_after(s->config.salt, s->ring.newest.salt);
    uint32_t last = s->config.device->block_count - 1U;
    s->ring = (struct nvt_spool_ring){
        .newest = {.salt = salt, .block = last}, .oldest = last, .told = last};
    (void)memset(s->config.window, 0, s->config.window_len);
    s->bad_count = 0U;
    return err == NVT_E_SPOOL_EMPTY ? NVT_OK : err;
}

nvt_err nvt_spool_format_from(struct nvt_spool *s, const struct nvt_spool_config *config,
                              const struct nvt_spool_base *start)
{
    nvt_err err = begin(s, config);
    if (start == NULL || start->next == 0U || start->next != start->tail) {
        err = NVT_E_ARG;
    }
    if (err == NVT_OK) {
        err = begin_numbers(s);
    }
    if (err == NVT_OK) {
        s->now = *start;
        s->now.window_cap = nvt_ids_cap(s);
        s->now.pending = 0U;
        err = nvt_ring_move(s);
        err = err == NVT_E_SPOOL_FULL ? NVT_E_SPOOL_IO : err;
    }
    if (err == NVT_OK) {
        nvt_picks_begin(s, true);
        s->mounted = true;
    }
    return err;
}

nvt_err nvt_spool_format(struct nvt_spool *s, const struct nvt_spool_config *config)
{
    const struct nvt_spool_base start = {.tail = 1U, .next = 1U};
    return nvt_spool_format_from(s, config, &start);
}
