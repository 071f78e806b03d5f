/* SPDX-License-Identifier: Apache-2.0 */
/*
 * navette spool on any file: it finds a spool or says once why not; every entry that it tells of
 * can be read, is told once and lies inside the device, and nothing is written.
 */
#include "cli_stand.h"

#include "../src/cli/spool_tool.h"

static bool is_inside(const struct spool_look *l, struct nvt_spool_place at, uint32_t len)
{
    const struct nvt_port_block *d = &l->image.device;
    return at.block < d->block_count && at.offset <= d->block_size &&
           len <= d->block_size - at.offset;
}

static void check_rows(struct spool_look *l)
{
    uint32_t pending = 0;
    for (size_t i = 0; i < l->row_count; i++) {
        const struct spool_row *row = &l->rows[i];
        struct nvt_span bytes;
        require(i == 0U || l->rows[i - 1U].id < row->id);
        require(is_inside(l, row->place, row->len) && row->state <= ROW_SETTLED);
        require(row->reason.seq == 0U || is_inside(l, row->reason, row->reason_len));
        require(spool_look_bytes(l, row->place, row->len, &bytes) && bytes.len == row->len);
        require(spool_look_find(l, row->id) == row && row_state_name(row->state) != NULL);
        pending += row->state == ROW_PENDING ? 1U : 0U;
    }
    require(l->mounted != NVT_OK || pending == l->info.pending);
}

static void check_spots(const struct spool_look *l)
{
    for (size_t i = 0; i < l->spot_count; i++) {
        const struct nvt_spool_item *item = &l->spots[i].item;
        require(is_inside(l, item->place, l->spots[i].unread ? 0U : item->len));
    }
}

static void try_offset(const char *path, const char *offset)
{
    static struct spool_look l;
    const struct args a = {.word = {path}, .offset = offset, .word_count = 1U};
    int code = spool_look_at(&l, &a);
    require(stand_complaints() == (code == CLI_OK ? 0U : 1U));
    require(code == CLI_OK || code == CLI_INPUT || code == CLI_CHECK);
    if (code == CLI_OK) {
        require(l.head_seq != 0U && l.oldest_seq <= l.head_seq && l.blocks_in_use > 0U);
        require(l.image.base < l.image.size);
        check_rows(&l);
        check_spots(&l);
    }
    spool_look_end(&l);
}

/* Devices of 255 blocks at most: of which most are behind the end of the file, more would only take
 * time. */
static void cut_counts(uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i + NVT_SPOOL_HEAD_LEN <= len; i++) {
        if (memcmp(bytes + i, "NVS3", 4U) == 0) {
            bytes[i + 65U] = 0U;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t copy[65536];
    size_t len = size < sizeof copy ? size : sizeof copy;
    if (len > 0U) {
        (void)memcpy(copy, data, len);
    }
    cut_counts(copy, len);
    const char *path = stand_file(copy, len);
    try_offset(path, NULL);
    try_offset(path, "256");
    return 0;
}
