/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lines of a run that are under way: a spool in memory, which the uplink
 * delivers. All are equally urgent, so that they go out in the file's order. Only a bounded number
 * of them is here at once, be the input endless.
 */
#include "journeys.h"

/* The longest line and the window of all entries between the first one open and the newest: one
 * that is tried for minutes does not stop the others. */
#define BLOCK_SIZE 131072U
#define BLOCKS 16U
#define WINDOW NVT_SPOOL_WINDOW_LEN(BLOCKS, 65536U)
#define UNIT 8U

/* Lines that were not tried yet, beside one for each connection. */
#define AHEAD 8U

/* Tries of a line that the server fails on. */
#define TRIES NVT_UPLINK_TRIES_MAX

static uint8_t device[BLOCKS][BLOCK_SIZE];
static uint8_t buffer[CLI_LINE_MAX + 64U];
static uint8_t window[WINDOW];
static uint8_t bodies[SEND_LANES_MAX][CLI_LINE_MAX];
static struct nvt_spool_entry picks[SEND_OPEN_MAX];

static nvt_err open_spool(struct run *r)
{
    struct nvt_spool_config config;
    nvt_err err = nvt_ram_init(&r->ram, device[0], BLOCK_SIZE, BLOCKS, UNIT);
    (void)memset(&config, 0, sizeof config);
    config.device = &r->ram.device;
    config.buffer = buffer;
    config.buffer_cap = (uint32_t)sizeof buffer;
    config.window = window;
    config.window_len = (uint32_t)sizeof window;
    config.picks = picks;
    config.pick_cap = (uint32_t)SEND_OPEN_MAX;
    return err == NVT_OK ? nvt_spool_format(&r->spool, &config) : err;
}

int outbox_open(struct run *r)
{
    struct nvt_uplink_config config;
    nvt_err err = open_spool(r);
    (void)memset(&config, 0, sizeof config);
    config.kind = r->kind;
    config.client = &r->session.client;
    config.spool = &r->spool;
    config.lanes = r->lanes;
    config.bodies = bodies[0];
    config.body_cap = CLI_LINE_MAX;
    config.lane_count = (uint8_t)r->lane_count;
    config.tries_max = TRIES;
    config.settled = r->settled;
    config.ctx = r;
    err = err == NVT_OK ? nvt_uplink_init(&r->uplink, &config) : err;
    r->uplink.old_next = r->kind->ask_first ? UINT32_MAX : r->uplink.old_next; /* all of them */
    return err == NVT_OK ? CLI_OK
                         : fail(r->settings.json, exit_of_err(err), err, "%s; %s",
                                nvt_err_text(err), remedy(err));
}

bool outbox_put(struct run *r)
{
    uint32_t id = 0;
    if (r->open_count == SEND_OPEN_MAX ||
        nvt_spool_append(&r->spool, r->entry, UINT32_MAX, &id) != NVT_OK) {
        return false;
    }
    r->open[r->open_count] = (struct open_line){id, r->lines.number, false};
    r->open_count++;
    return true;
}

bool outbox_is_filled(struct run *r)
{
    uint32_t newest = r->open_count == 0U ? 0U : r->open[r->open_count - 1U].id;
    for (uint32_t i = 0; i < r->lane_count; i++) {
        uint32_t id = r->lanes[i].entry.id;
        r->newest_taken = id > r->newest_taken ? id : r->newest_taken;
    }
    return newest > r->newest_taken && newest - r->newest_taken >= AHEAD + r->lane_count;
}

/* Where the entry's line stands in open; open_count: nowhere. */
static size_t place_of(const struct run *r, uint32_t id)
{
    size_t i = 0;
    while (i < r->open_count && r->open[i].id != id) {
        i++;
    }
    return i;
}

unsigned long run_done(struct run *r, const struct nvt_uplink_receipt *rc)
{
    size_t i = place_of(r, rc->id);
    r->done++;
    bool shorter = r->known_len == 0U || rc->entry.len < r->known_len;
    if (rc->state == NVT_SPOOL_DELIVERED && shorter && rc->entry.len <= sizeof r->known) {
        (void)memcpy(r->known, rc->entry.ptr, rc->entry.len);
        r->known_len = rc->entry.len;
    }
    if (i == r->open_count) {
        return 0;
    }
    unsigned long number = r->open[i].number;
    r->open_count--;
    (void)memmove(&r->open[i], &r->open[i + 1U], (r->open_count - i) * sizeof r->open[0]);
    r->last_done = number > r->last_done ? number : r->last_done;
    return number;
}

unsigned long outbox_first(const struct run *r)
{
    if (r->open_count > 0U) {
        return r->open[0].number;
    }
    return r->held_line ? r->lines.number : r->lines.number + 1U;
}

unsigned long outbox_line_of(const struct run *r, const struct nvt_uplink_lane *lane)
{
    size_t i = place_of(r, lane->entry.id);
    return i < r->open_count ? r->open[i].number : 0U;
}

void outbox_watch(struct run *r)
{
    for (uint32_t i = 0; i < r->lane_count && !r->kind->ask_first; i++) {
        const struct nvt_uplink_lane *lane = &r->lanes[i];
        size_t k = place_of(r, lane->entry.id);
        if (k < r->open_count && session_is_out(&lane->call)) {
            r->open[k].sent = true;
        }
    }
}

static void count_sent(struct rest *out, unsigned long number)
{
    out->sent++;
    out->first_sent = out->first_sent == 0U ? number : out->first_sent;
    out->all_unsent_from = number >= out->all_unsent_from ? number + 1U : out->all_unsent_from;
}

void outbox_rest(const struct run *r, struct rest *out)
{
    unsigned long next = r->held_line ? r->lines.number : r->lines.number + 1U;
    bool more = r->held_line || !r->at_end;
    (void)memset(out, 0, sizeof *out);
    out->all_unsent_from = r->last_done + 1U;
    for (size_t i = 0; i < r->open_count; i++) {
        const struct open_line *line = &r->open[i];
        if (line->sent) {
            count_sent(out, line->number);
        } else if (out->first_unsent == 0U) {
            out->first_unsent = line->number;
        } else {
            /* behind the first one */
        }
    }
    out->first_unsent = out->first_unsent == 0U && more ? next : out->first_unsent;
}

size_t outbox_size(const struct run *r)
{
    return sizeof r->uplink + r->lane_count * (sizeof r->lanes[0] + CLI_LINE_MAX) +
           sizeof r->spool + sizeof device + sizeof buffer + sizeof window + sizeof picks +
           sizeof r->open;
}
