/* SPDX-License-Identifier: Apache-2.0 */
/* navette spool ls, show and export: what an image holds. */
#include "receive.h"
#include "spool_tool.h"

static struct spool_look look;

/* ---- which entries ---- */

#define ALL_STATES (-1)

/* CLI_OK, or the exit code after a message. */
static int read_state(const struct args *a, int *out)
{
    *out = a->state == NULL ? (int)ROW_PENDING : ALL_STATES;
    if (a->state == NULL || strcmp(a->state, "all") == 0) {
        return CLI_OK;
    }
    for (int i = (int)ROW_PENDING; i <= (int)ROW_SETTLED; i++) {
        if (strcmp(a->state, row_state_name((enum row_state)i)) == 0) {
            *out = i;
            return CLI_OK;
        }
    }
    return fail(a->json, CLI_USAGE, NVT_OK,
                "--state takes pending, delivered, refused, expired, settled or all");
}

static bool is_wanted(const struct spool_row *row, int state)
{
    return state == ALL_STATES || state == (int)row->state;
}

/* Looks at the image of the command line, and says when it is not as it was. */
static int begin(const struct args *a)
{
    int code = spool_look_at(&look, a);
    bool bad = code == CLI_OK && (look.mounted != NVT_OK || look.spot_count > 0U ||
                                  look.info.lost > 0U || look.image.missing > 0U);
    if (bad) {
        say("part of %s cannot be read: navette spool check tells more", a->word[0]);
    }
    return code;
}

/* ---- parts of a row ---- */

static void put_due(char out[32], const struct spool_row *row)
{
    struct nvt_buf b;
    nvt_buf_init(&b, out, 31U);
    if (row->due_s != UINT32_MAX) {
        nvt_time_put_rfc3339(&b, (int64_t)row->due_s);
    }
    out[b.len] = '\0';
}

/* The name by which the system knows it, as it stands in JSON; empty when it has none. */
static struct nvt_span journey_of(struct nvt_span bytes)
{
    static struct nvt_json_tok pool[1024];
    struct nvt_json doc;
    nvt_json_node node = 0;
    bool found = nvt_json_parse(&doc, bytes, pool, sizeof pool / sizeof pool[0]) == NVT_OK &&
                 nvt_json_find(&doc, 0, "operator_journey_id", &node) == NVT_OK &&
                 nvt_json_type(&doc, node) == NVT_JSON_STRING;
    return found ? nvt_json_raw(&doc, node) : NVT_LIT("");
}

/* The reason why it was refused, "" when there is none; uses spool_buffer. */
static struct nvt_span reason_of(const struct spool_row *row)
{
    struct nvt_span text = NVT_LIT("");
    bool there = row->reason.seq != 0U && row->reason_len > 0U &&
                 spool_look_bytes(&look, row->reason, row->reason_len, &text);
    return there && nvt_utf8_check(text) == NVT_OK ? text : NVT_LIT("");
}

static void out_text(const char *name, struct nvt_span text)
{
    char copy[256];
    size_t len = text.len < sizeof copy ? text.len : sizeof copy - 1U;
    if (len > 0U) {
        (void)memcpy(copy, text.ptr, len);
    }
    copy[len] = '\0';
    out_str(name, copy);
}

static void out_due(const struct spool_row *row)
{
    char due[32];
    put_due(due, row);
    if (due[0] == '\0') {
        out_raw("due", NVT_LIT(""));
    } else {
        out_str("due", due);
    }
}

static void out_row(const struct spool_row *row)
{
    out_int("id", row->id);
    out_str("state", row_state_name(row->state));
    out_due(row);
    if (row->reason.seq != 0U) {
        out_int("http_status", row->status);
        out_text("reason", reason_of(row));
    }
    out_int("bytes", row->len);
    out_int("block", row->place.block);
    out_int("offset", row->place.offset);
    out_bool("in_use", row->in_use);
}

/* ---- ls ---- */

static void ls_json(const struct spool_row *row)
{
    struct nvt_span bytes;
    out_begin();
    out_row(row);
    if (spool_look_bytes(&look, row->place, row->len, &bytes)) {
        struct nvt_span journey = journey_of(bytes);
        if (journey.len > 0U) {
            out_span("journey", journey);
        }
    }
    out_end();
}

static void put_reason(const struct spool_row *row)
{
    if (row->status != 0U) {
        (void)printf(" HTTP %u", row->status);
    }
    struct nvt_span reason = reason_of(row);
    if (reason.len > 0U) {
        (void)putchar(' ');
        put_text(stdout, reason, false);
    }
}

static void ls_text(const struct spool_row *row)
{
    char due[32];
    struct nvt_span bytes;
    put_due(due, row);
    (void)printf("%8u  %-9s  %-20s  %6u", row->id, row_state_name(row->state),
                 due[0] == '\0' ? "-" : due, row->len);
    if (spool_look_bytes(&look, row->place, row->len, &bytes)) {
        struct nvt_span journey = journey_of(bytes);
        (void)fputs("  ", stdout);
        put_text(stdout, journey.len > 0U ? journey : NVT_LIT("-"), true);
    }
    put_reason(row);
    (void)putchar('\n');
}

static void ls(const struct args *a, int state)
{
    uint32_t count = 0;
    if (!a->json) {
        (void)printf("%8s  %-9s  %-20s  %6s  %s\n", "id", "state", "due", "bytes", "journey");
    }
    for (size_t i = 0; i < look.row_count; i++) {
        if (is_wanted(&look.rows[i], state)) {
            (a->json ? ls_json : ls_text)(&look.rows[i]);
            count++;
        }
    }
    if (a->json) {
        out_begin();
        out_bool("ok", true);
        out_int("count", count);
        out_end();
    }
}

static int cmd_ls(const struct args *a)
{
    int state = 0;
    int code = read_state(a, &state);
    if (code == CLI_OK) {
        code = begin(a);
        if (code == CLI_OK) {
            ls(a, state);
        }
        spool_look_end(&look);
    }
    return code;
}

/* ---- show ---- */

static void show_json(const struct args *a)
{
    const struct nvt_spool_info *info = &look.info;
    out_begin();
    out_bool("ok", true);
    out_str("file", a->word[0]);
    out_int("offset", (int64_t)look.image.base);
    out_int("block_size", look.image.device.block_size);
    out_int("block_count", look.image.device.block_count);
    out_int("prog_size", look.image.device.prog_size);
    out_int("blocks_in_use", look.blocks_in_use);
    out_int("oldest_number", look.oldest_seq);
    out_int("newest_number", look.head_seq);
    if (look.mounted == NVT_OK) {
        out_int("pending", info->pending);
        out_int("oldest_id", info->oldest_id);
        out_int("delivered", info->delivered);
        out_int("refused", info->refused);
        out_int("expired", info->expired);
        out_int("used_bytes", info->used_bytes);
        out_int("lost", info->lost);
    }
    out_open_array("values");
    for (size_t i = 0; i < (size_t)NVT_SPOOL_VALUES; i++) {
        if (look.values[i].seq != 0U) {
            out_open_object(NULL);
            out_int("key", (int64_t)i);
            out_int("bytes", look.value_lens[i]);
            out_close_object();
        }
    }
    out_close_array();
    out_int("unreadable", (int64_t)look.spot_count);
    out_end();
}

static void show_text(const struct args *a)
{
    const struct nvt_port_block *d = &look.image.device;
    const struct nvt_spool_info *info = &look.info;
    (void)printf("%s, from byte %llu\n", a->word[0], (unsigned long long)look.image.base);
    (void)printf("  %u blocks of %u bytes, written in units of %u\n", d->block_count, d->block_size,
                 d->prog_size);
    (void)printf("  blocks in use: %u, numbers %u to %u\n", look.blocks_in_use, look.oldest_seq,
                 look.head_seq);
    if (look.mounted == NVT_OK) {
        (void)printf("  pending: %u entries", info->pending);
        (void)printf(info->pending > 0U ? ", the oldest is %u\n" : "\n", info->oldest_id);
        (void)printf("  so far: %u delivered, %u refused, %u expired\n", info->delivered,
                     info->refused, info->expired);
        (void)printf("  live: %u bytes with their heads\n", info->used_bytes);
    } else {
        (void)printf("  it cannot be mounted: %s\n", nvt_err_text(look.mounted));
    }
    for (size_t i = 0; i < (size_t)NVT_SPOOL_VALUES; i++) {
        if (look.values[i].seq != 0U) {
            (void)printf("  value %zu: %u bytes, not shown\n", i, look.value_lens[i]);
        }
    }
}

/* JSON as it is, any other text as a string, any other bytes in base64. */
static void out_entry(struct nvt_span bytes)
{
    static char text[4U * (65536U / 3U + 2U)];
    struct nvt_buf b;
    if (nvt_json_check(bytes, NULL) == NVT_OK) {
        out_raw("entry", bytes);
        return;
    }
    nvt_buf_init(&b, text, sizeof text - 1U);
    bool plain = nvt_utf8_check(bytes) == NVT_OK && memchr(bytes.ptr, 0, bytes.len) == NULL;
    if (plain) {
        nvt_buf_put(&b, bytes);
    } else {
        nvt_base64_put(&b, bytes, NVT_BASE64);
    }
    text[b.len] = '\0';
    out_str(plain ? "text" : "base64", text);
}

static void entry_json(const struct spool_row *row)
{
    struct nvt_span bytes;
    out_begin();
    out_bool("ok", true);
    out_row(row);
    if (spool_look_bytes(&look, row->place, row->len, &bytes)) {
        out_entry(bytes);
    }
    out_end();
}

static void entry_text(const struct spool_row *row)
{
    char due[32];
    struct nvt_span bytes;
    put_due(due, row);
    (void)printf("entry %u: %s", row->id, row_state_name(row->state));
    put_reason(row);
    (void)printf("\ndue: %s\n", due[0] == '\0' ? "no hurry" : due);
    (void)printf("%u bytes in block %u at %u%s\n\n", row->len, row->place.block, row->place.offset,
                 row->in_use ? "" : ", which only waits to be erased");
    if (spool_look_bytes(&look, row->place, row->len, &bytes)) {
        put_text(stdout, bytes, false);
        (void)putchar('\n');
    }
}

static int show_entry(const struct args *a)
{
    uint32_t id = 0;
    if (!parse_count(a->word[1], UINT32_MAX, &id)) {
        return fail(a->json, CLI_USAGE, NVT_OK, "%s is no id: it is a number from 1", a->word[1]);
    }
    const struct spool_row *row = spool_look_find(&look, id);
    if (row == NULL) {
        return fail(a->json, CLI_INPUT, NVT_E_NOT_FOUND,
                    "%s holds no entry %u: it never did, or it was settled and erased since",
                    a->word[0], id);
    }
    (a->json ? entry_json : entry_text)(row);
    return CLI_OK;
}

static int cmd_show(const struct args *a)
{
    int code = begin(a);
    if (code == CLI_OK && a->word_count > 1U) {
        code = show_entry(a);
    } else if (code == CLI_OK) {
        (a->json ? show_json : show_text)(a);
    } else {
        /* it has been said */
    }
    spool_look_end(&look);
    return code;
}

/* ---- export ---- */

struct count {
    uint32_t done, left;
};

static bool is_line(struct nvt_span bytes)
{
    return bytes.len > 0U && memchr(bytes.ptr, '\n', bytes.len) == NULL;
}

static nvt_err export_row(struct receive *to, const struct spool_row *row, struct count *count)
{
    struct nvt_span bytes;
    if (!spool_look_bytes(&look, row->place, row->len, &bytes) || !is_line(bytes)) {
        say("entry %u is not one line: see navette spool show %s %u --json", row->id,
            look.image.name, row->id);
        count->left++;
        return NVT_OK;
    }
    nvt_err err = receive_piece(to, bytes);
    count->done++;
    return err == NVT_OK ? receive_piece(to, NVT_LIT("\n")) : err;
}

static int export_rows(const struct args *a, int state)
{
    static struct receive to;
    struct count count = {0, 0};
    nvt_err err = NVT_OK;
    int code = receive_open(&to, a->output, a->json);
    if (code != CLI_OK) {
        return code;
    }
    for (size_t i = 0; err == NVT_OK && i < look.row_count; i++) {
        if (is_wanted(&look.rows[i], state)) {
            err = export_row(&to, &look.rows[i], &count);
        }
    }
    code = receive_close(&to, err == NVT_OK, count.left > 0U ? CLI_PARTLY : CLI_OK, a->json);
    if (a->json && code <= CLI_PARTLY) {
        out_begin();
        out_bool("ok", code == CLI_OK);
        out_int("exit", code);
        out_int("exported", count.done);
        out_int("left", count.left);
        out_end();
    }
    return code;
}

static int cmd_export(const struct args *a)
{
    int state = 0;
    if (a->json && (a->output == NULL || strcmp(a->output, "-") == 0)) {
        return fail(true, CLI_USAGE, NVT_OK,
                    "with --json standard output is for the result: name a file for the entries "
                    "with --output");
    }
    int code = read_state(a, &state);
    if (code == CLI_OK) {
        code = begin(a);
        if (code == CLI_OK) {
            code = export_rows(a, state);
        }
        spool_look_end(&look);
    }
    return code;
}

/* ---- the table ---- */

#define IMAGE_HELP                                                                                 \
    "FILE is a service's spool, or a dump of a flash that holds one somewhere; nothing is ever\n"  \
    "written to it. Secrets kept beside the entries are never shown. Of a spool in use, what\n"    \
    "changes meanwhile may look damaged.\n"

#define STATE_HELP                                                                                 \
    "  --state STATE     pending (unless given), delivered, refused, expired, settled (one of "    \
    "the\n"                                                                                        \
    "                    three, it is not known any more which) or all\n"

#define OFFSET_HELP                                                                                \
    "  --offset N        the byte of FILE at which the spool begins, if it is not found\n"

const struct command spool_commands[] = {
    {"spool ls", "state offset", 1, 1, cmd_ls, "FILE", "list the entries of a spool",
     (IMAGE_HELP
      "With --json one line each, and a last one that counts them.\n" STATE_HELP OFFSET_HELP "\n"
      "Examples:\n"
      "  navette spool ls /var/lib/navette/spool\n"
      "  navette spool ls dump.bin --state all --json\n")},
    {"spool show", "offset", 1, 2, cmd_show, "FILE [ID]", "figures of a spool, or one entry",
     (IMAGE_HELP OFFSET_HELP "\n"
                             "Examples:\n"
                             "  navette spool show /var/lib/navette/spool\n"
                             "  navette spool show /var/lib/navette/spool 17 --json\n")},
    {"spool check", "offset", 1, 1, cmd_spool_check, "FILE", "look for damage in a spool",
     (IMAGE_HELP "Exit 12 when something that counts cannot be read, with one line for each "
                 "place. What a\n"
                 "power cut left behind is no damage.\n" OFFSET_HELP "\n"
                 "Examples:\n"
                 "  navette spool check /var/lib/navette/spool\n"
                 "  navette spool check /dev/mtd3 --json\n")},
    {"spool convert", "offset", 2, 2, cmd_spool_convert, "FILE NEW",
     "make a spool of today's format of one of the format before",
     ("FILE is a service's spool, or a dump of a flash, of format 2, as navette made them before; "
      "it is\n"
      "only read. NEW is a file that is not there yet: a spool of format 3 with the same pending\n"
      "entries and values. Exit 12 when something in FILE was lost or damaged; all that can be "
      "read is\n"
      "in NEW then. (navette serve converts its own spool by itself.)\n" OFFSET_HELP "\n"
      "Examples:\n"
      "  navette spool convert dump.bin spool\n"
      "  navette spool convert /dev/mtd3 /data/spool --json\n")},
    {"spool export", "state output offset", 1, 1, cmd_export, "FILE",
     "print the entries of a spool, one line each",
     (IMAGE_HELP "The lines are what navette journey send takes. Exit 1 when an entry is no "
                 "line.\n" STATE_HELP "  --output FILE     they go there, once all are written; "
                 "needed with --json\n" OFFSET_HELP "\n"
                 "Examples:\n"
                 "  navette spool export spool.old >journeys.jsonl\n"
                 "  navette spool export dump.bin --state all --output all.jsonl\n")},
    {.name = NULL},
};
