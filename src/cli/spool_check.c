/* SPDX-License-Identifier: Apache-2.0 */
/*
 * navette spool check: what cannot be read, and whether it counts. What stands in blocks that only
 * wait to be erased costs nothing. Behind the last record of the newest block a power cut leaves
 * what was being written: it is damage when it looks like a whole record, since nothing else would
 * tell of it. For the same reason a damaged head right behind the newest block counts. The oldest
 * block may have been under erasure: the mount tells whether anything lived in it.
 */
#include "spool_tool.h"

#define LINES_MAX 200U /* told one by one */
#define RECORD_HEAD 16U

static struct spool_look look;

struct verdict {
    uint32_t problems, notes;
};

/* What is said of a place: a word for machines, a sentence. */
struct finding {
    const char *kind;
    bool problem;
    const char *text;
};

/* ---- blocks ---- */

/* Whether anything stands there that counts. */
static bool is_alive(uint32_t block)
{
    bool alive = false;
    for (size_t i = 0; i < look.row_count && !alive; i++) {
        alive = look.rows[i].state == ROW_PENDING && look.rows[i].place.block == block;
    }
    for (size_t i = 0; i < (size_t)NVT_SPOOL_VALUES && !alive; i++) {
        alive = look.values[i].seq != 0U && look.values[i].block == block;
    }
    return alive;
}

static bool is_mount_calm(void)
{
    return look.mounted == NVT_OK && look.info.damaged == 0U && look.info.lost == 0U;
}

/* Of a block in use, neither copy of whose head is its own. */
static struct finding judge_headless(const struct spool_block *b)
{
    uint32_t told = b->told[0] == b->told[1] ? b->told[0] : 0U;
    if (b->block == look.oldest && is_mount_calm() && !is_alive(b->block)) {
        return (struct finding){"oldest", false,
                                "the oldest block, in which nothing lived any more, was being "
                                "erased"};
    }
    if (b->erased) {
        return (struct finding){"wiped", true, "the block is erased: what stood in it is lost"};
    }
    if (told == 0U || told == b->seq) {
        return (struct finding){"head", true,
                                "both copies of the block's head are damaged: what stands in it is "
                                "read by what its neighbour tells"};
    }
    return spool_look_has_number(&look, told)
               ? (struct finding){"swapped", true,
                                  "what stands here belongs into another block: what belongs here "
                                  "is lost"}
               : (struct finding){"life", true,
                                  "what stands here is of another life of the block, put back or "
                                  "left over: what belongs here is lost"};
}

/* kind NULL: there is nothing to tell. */
static struct finding judge_block(const struct spool_block *b)
{
    if (b->in_use && b->copies == 0U) {
        return judge_headless(b);
    }
    if (b->in_use && b->copies == 1U) {
        return (struct finding){"head_copy", true,
                                "one of the two copies of the block's head is damaged: the other "
                                "one serves, and nothing is lost"};
    }
    if (!b->in_use && b->seq > look.head_seq) {
        return (struct finding){"unfinished", false,
                                "opened and never finished, by a power cut or a failure: it does "
                                "not count"};
    }
    return (struct finding){NULL, false, NULL};
}

/* What is said of all of it need not be said of each spot in it. */
static bool is_told_as_whole(uint32_t block)
{
    const struct spool_block *b = spool_look_block(&look, block);
    const char *kind = b == NULL ? NULL : judge_block(b).kind;
    return kind != NULL && b->copies == 0U && strcmp(kind, "head") != 0;
}

/* ---- spots ---- */

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
    bool typed = bytes.ptr[0] != 0U && strchr("EMVWG", bytes.ptr[0]) != NULL;
    return !typed || RECORD_HEAD + len <= item->len;
}

/* It may have been the newest block itself. */
static bool is_behind_newest(const struct spool_spot *spot)
{
    return spot->is_head && !spot->item.in_use &&
           spot->item.place.block == (look.head + 1U) % look.image.device.block_count;
}

/* It may have been one of the ring, which nobody names any more; or a bad one that was passed over.
 */
static bool is_between(const struct spool_spot *spot)
{
    uint32_t count = look.image.device.block_count;
    uint32_t far = (look.head + count - look.oldest) % count;
    return spot->is_head && !is_mount_calm() &&
           (spot->item.place.block + count - look.oldest) % count < far;
}

static struct finding judge_cut(const struct spool_spot *spot)
{
    return looks_whole(&spot->item)
               ? (struct finding){"last", true,
                                  "a last record with a wrong checksum: damaged, or a power cut "
                                  "came just then"}
               : (struct finding){"cut", false,
                                  "left behind by a power cut: it was never finished"};
}

static struct finding judge_spot(const struct spool_spot *spot)
{
    if (spot->unread) {
        return (struct finding){"unread", true,
                                "the file cannot be read here: the rest of the block is missing"};
    }
    if (is_behind_newest(spot)) {
        return (struct finding){"behind", true,
                                "the head behind the newest block is damaged: that was the newest "
                                "one, and what stood in it is lost, or a power cut came while it "
                                "was erased"};
    }
    if (!spot->item.in_use && !is_between(spot)) {
        return (struct finding){"history", false,
                                "not readable, in what only waits to be erased: it costs nothing"};
    }
    if (spot->is_head) {
        return (struct finding){"block", true,
                                "neither the block's head nor its neighbour's is good: nothing in "
                                "it can be read (or it is a bad block)"};
    }
    return spot->is_cut ? judge_cut(spot)
                        : (struct finding){"record", true, "damaged: what stood there is lost"};
}

/* ---- telling ---- */

static void count(struct verdict *v, bool problem)
{
    v->problems += problem ? 1U : 0U;
    v->notes += problem ? 0U : 1U;
}

static void tell(bool json, const struct finding *f, const struct nvt_spool_item *item)
{
    if (json) {
        out_open_object(NULL);
        out_bool("problem", f->problem);
        out_str("kind", f->kind);
        out_int("block", item->place.block);
        out_int("number", item->place.seq);
        out_int("offset", item->place.offset);
        out_int("bytes", item->len);
        out_str("text", f->text);
        out_close_object();
    } else {
        (void)printf("%s block %u (number %u) at %u, %u bytes: %s\n", f->problem ? "FAIL" : "note",
                     item->place.block, item->place.seq, item->place.offset, item->len, f->text);
    }
}

/* A finding that has no place. */
static void tell_whole(bool json, const char *kind, const char *text)
{
    if (json) {
        out_open_object(NULL);
        out_bool("problem", true);
        out_str("kind", kind);
        out_str("text", text);
        out_close_object();
    } else {
        (void)printf("FAIL %s\n", text);
    }
}

static void tell_one(bool json, const struct finding *f, const struct nvt_spool_item *item,
                     struct verdict *v)
{
    count(v, f->problem);
    if (v->problems + v->notes <= LINES_MAX) {
        tell(json, f, item);
    }
}

static void tell_blocks(bool json, bool problems, struct verdict *v)
{
    for (size_t i = 0; i < look.block_count; i++) {
        const struct spool_block *b = &look.blocks[i];
        const struct finding f = judge_block(b);
        const struct nvt_spool_item item = {.place = {b->block, 0U, b->seq},
                                            .len = look.image.device.block_size};
        if (f.kind != NULL && f.problem == problems) {
            tell_one(json, &f, &item, v);
        }
    }
}

static void tell_spots(bool json, bool problems, struct verdict *v)
{
    for (size_t i = 0; i < look.spot_count; i++) {
        const struct spool_spot *spot = &look.spots[i];
        const struct finding f = judge_spot(spot);
        if (f.problem == problems &&
            !(spot->item.in_use && is_told_as_whole(spot->item.place.block))) {
            tell_one(json, &f, &spot->item, v);
        }
    }
}

static void tell_values(bool json, struct verdict *v)
{
    char text[80];
    for (uint32_t key = 0; key < (uint32_t)NVT_SPOOL_VALUES; key++) {
        if ((look.keys >> key & 1U) != 0U && look.values[key].seq == 0U) {
            (void)snprintf(text, sizeof text, "value %u is gone", key);
            tell_whole(json, "value", text);
            v->problems++;
        }
    }
}

static void tell_rest(bool json, struct verdict *v)
{
    char text[160];
    if (look.image.missing > 0U) {
        (void)snprintf(text, sizeof text, "the file ends %llu bytes too early",
                       (unsigned long long)look.image.missing);
        tell_whole(json, "short", text);
        v->problems++;
    }
    if (look.mounted != NVT_OK) {
        (void)snprintf(text, sizeof text, "it cannot be mounted: %s", nvt_err_text(look.mounted));
        tell_whole(json, "mount", text);
        v->problems++;
    }
    if (look.info.lost > 0U) {
        (void)snprintf(text, sizeof text, "lost: %u entries that were pending", look.info.lost);
        tell_whole(json, "lost", text);
        v->problems++;
    }
}

/* Problems first, so that none is beyond LINES_MAX because of notes. */
static void tell_all(bool json, struct verdict *v)
{
    tell_rest(json, v);
    tell_values(json, v);
    tell_blocks(json, true, v);
    tell_spots(json, true, v);
    tell_blocks(json, false, v);
    tell_spots(json, false, v);
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
    out_int("damaged", look.info.damaged);
    out_int("torn", look.info.torn);
    out_int("repaired", look.info.repaired);
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
    tell_all(a->json, &v);
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
