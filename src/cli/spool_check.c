/* SPDX-License-Identifier: Apache-2.0 */
/*
 * navette spool check: what cannot be read, and whether it counts. What stands in blocks that only
 * wait to be erased costs nothing. Behind the last record of a block a power cut leaves what was
 * being written: in the newest block alone it is damage when it looks like a whole record, since
 * nothing else would tell of it; what was pending in older ones is counted as lost. For the same
 * reason a damaged head right behind the newest block counts.
 */
#include "spool_tool.h"

#define LINES_MAX 200U /* told one by one */
#define RECORD_HEAD 16U

static struct spool_look look;

struct verdict {
    uint32_t problems, notes;
};

/* ---- judging ---- */

/* A record's type and length (FORMAT.md) that were written to their end. */
static bool looks_whole(const struct nvt_spool_item *item)
{
    struct nvt_span bytes;
    const struct nvt_spool_place before = {item->place.block, item->place.offset - RECORD_HEAD,
                                           item->place.seq};
    if (item->len < RECORD_HEAD || !spool_look_bytes(&look, before, RECORD_HEAD, &bytes)) {
        return false;
    }
    uint32_t len = (uint32_t)bytes.ptr[2] | (uint32_t)bytes.ptr[3] << 8U;
    uint8_t type = bytes.ptr[0];
    bool typed = type == 0x45U || type == 0x4DU || type == 0x56U || type == 0x47U; /* E M V G */
    return !typed || RECORD_HEAD + len <= item->len;
}

/* It may have been the newest block itself. */
static bool is_behind_newest(const struct spool_spot *spot)
{
    return spot->is_head && !spot->item.in_use &&
           spot->item.place.block == (look.head + 1U) % look.image.device.block_count;
}

static bool is_problem(const struct spool_spot *spot)
{
    const struct nvt_spool_item *item = &spot->item;
    if (!item->in_use) {
        return is_behind_newest(spot);
    }
    return !spot->is_cut || (item->place.seq == look.head_seq && looks_whole(item));
}

static const char *text_of(const struct spool_spot *spot, bool problem)
{
    if (spot->unread) {
        return "the file cannot be read here: the rest of the block is missing";
    }
    if (is_behind_newest(spot)) {
        return "the head behind the newest block is damaged: that was the newest one, and what "
               "stood in it is lost, or a power cut came while it was erased";
    }
    if (!spot->item.in_use) {
        return "not readable, in a block that only waits to be erased: it costs nothing";
    }
    if (spot->is_head) {
        return "the block's head is damaged (or it is a bad block): nothing in it can be read";
    }
    if (!spot->is_cut) {
        return "damaged: what stood there is lost";
    }
    return problem ? "a last record with a wrong checksum: damaged, or a power cut came just then"
                   : "left behind by a power cut: it was never finished";
}

/* ---- telling ---- */

static void tell(bool json, bool problem, const struct nvt_spool_item *item, const char *text)
{
    if (json) {
        out_open_object(NULL);
        out_bool("problem", problem);
        out_int("block", item->place.block);
        out_int("number", item->place.seq);
        out_int("offset", item->place.offset);
        out_int("bytes", item->len);
        out_str("text", text);
        out_close_object();
    } else {
        (void)printf("%s block %u (number %u) at %u, %u bytes: %s\n", problem ? "FAIL" : "note",
                     item->place.block, item->place.seq, item->place.offset, item->len, text);
    }
}

/* A finding that has no place. */
static void tell_whole(bool json, const char *text)
{
    if (json) {
        out_open_object(NULL);
        out_bool("problem", true);
        out_str("text", text);
        out_close_object();
    } else {
        (void)printf("FAIL %s\n", text);
    }
}

/* Problems first, so that none is beyond LINES_MAX because of notes. */
static void tell_spots(bool json, bool problems, struct verdict *v)
{
    for (size_t i = 0; i < look.spot_count; i++) {
        const struct spool_spot *spot = &look.spots[i];
        bool problem = is_problem(spot);
        if (problem != problems) {
            continue;
        }
        v->problems += problem ? 1U : 0U;
        v->notes += problem ? 0U : 1U;
        if (v->problems + v->notes <= LINES_MAX) {
            tell(json, problem, &spot->item, text_of(spot, problem));
        }
    }
}

static void tell_rest(bool json, struct verdict *v)
{
    char text[160];
    if (look.image.missing > 0U) {
        (void)snprintf(text, sizeof text, "the file ends %llu bytes too early",
                       (unsigned long long)look.image.missing);
        tell_whole(json, text);
        v->problems++;
    }
    if (look.mounted != NVT_OK) {
        (void)snprintf(text, sizeof text, "it cannot be mounted: %s", nvt_err_text(look.mounted));
        tell_whole(json, text);
        v->problems++;
    }
    if (look.info.lost > 0U) {
        (void)snprintf(text, sizeof text, "lost: %u entries that were pending", look.info.lost);
        tell_whole(json, text);
        v->problems++;
    }
}

static void sum_up_json(const struct args *a, const struct verdict *v)
{
    out_str("file", a->word[0]);
    out_int("offset", (int64_t)look.image.base);
    out_int("block_size", look.image.device.block_size);
    out_int("block_count", look.image.device.block_count);
    out_int("prog_size", look.image.device.prog_size);
    out_int("pending", look.info.pending);
    out_int("lost", look.info.lost);
    out_int("problems", v->problems);
    out_int("notes", v->notes);
    out_bool("ok", v->problems == 0U);
    out_int("exit", v->problems == 0U ? CLI_OK : CLI_CHECK);
}

static void sum_up_text(const struct args *a, const struct verdict *v)
{
    const struct nvt_port_block *d = &look.image.device;
    if (v->problems + v->notes > LINES_MAX) {
        (void)printf("(the first %u of them are shown)\n", LINES_MAX);
    }
    (void)printf("%s, from byte %llu: %u blocks of %u bytes in units of %u, %u in use; %u entries "
                 "pending\n",
                 a->word[0], (unsigned long long)look.image.base, d->block_count, d->block_size,
                 d->prog_size, look.blocks_in_use, look.info.pending);
    (void)printf("%u problems, %u notes\n", v->problems, v->notes);
}

int cmd_spool_check(const struct args *a)
{
    struct verdict v = {0, 0};
    int code = spool_look_at(&look, a);
    if (code != CLI_OK) {
        spool_look_end(&look);
        return code;
    }
    if (a->json) {
        out_begin();
        out_open_array("findings");
    }
    tell_rest(a->json, &v);
    tell_spots(a->json, true, &v);
    tell_spots(a->json, false, &v);
    if (a->json) {
        out_close_array();
        sum_up_json(a, &v);
        out_end();
    } else {
        sum_up_text(a, &v);
    }
    spool_look_end(&look);
    return v.problems == 0U ? CLI_OK : CLI_CHECK;
}
