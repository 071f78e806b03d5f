/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A spool in a file, found by the heads of its blocks. Each tells the sizes of the whole device, so
 * that any good one will do: the first bytes of the file are tried, then all heads that stand in
 * it, those of which there are most first. Which block's it is tells its checksum.
 */
#include "spool_tool.h"
#include "spool_v2.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define KINDS_MAX 16U /* different sizes or places that are told apart */
#define STEP 4U       /* sizes of blocks are multiples of it */
#define PIECE 65536U
#define MISSING_MAX 16777216U

uint8_t spool_buffer[SPOOL_BUFFER_CAP];

#define HEAD_CRC_AT (NVT_SPOOL_HEAD_LEN - 4U) /* src/spool/FORMAT.md */

/* Heads that tell the same sizes, whole blocks apart. */
struct kind {
    struct nvt_spool_geometry geometry;
    uint64_t first, last; /* where they stand in the file */
    uint32_t count;
};

struct search {
    struct kind kinds[KINDS_MAX];
    size_t count;
    bool erased;   /* the whole file */
    uint8_t other; /* of another format is a head that may be one: its number as it stands there */
};

enum found { FOUND, HEADS_ONLY, NOTHING, ERASED, UNREADABLE };

/* ---- the device ---- */

static bool read_file(struct spool_image *im, uint64_t at, uint8_t *out, size_t len)
{
    size_t done = 0;
    while (done < len) {
        ssize_t n = pread(im->fd, out + done, len - done, (off_t)(at + done));
        if (n == 0 || (n < 0 && errno != EINTR)) {
            im->error = n == 0 ? EIO : errno;
            return false;
        }
        done += n > 0 ? (size_t)n : 0U;
    }
    return true;
}

/* Records are read a few bytes at a time: through the page that was read last. */
static bool read_page(struct spool_image *im, uint64_t at, uint8_t *out, size_t len)
{
    uint64_t page = at / SPOOL_PAGE;
    size_t beyond = (size_t)(at % SPOOL_PAGE);
    if (len == 0U || len > SPOOL_PAGE - beyond) {
        return len == 0U || read_file(im, at, out, len);
    }
    if (!im->has_page || im->page_at != page) {
        uint64_t left = im->size - page * SPOOL_PAGE;
        im->has_page = false;
        if (!read_file(im, page * SPOOL_PAGE, im->page,
                       left < SPOOL_PAGE ? (size_t)left : SPOOL_PAGE)) {
            return read_file(im, at, out, len); /* of a page that is broken in part */
        }
        im->has_page = true;
        im->page_at = page;
    }
    (void)memcpy(out, im->page + beyond, len);
    return true;
}

/* What lies behind the end of the file reads as erased. */
static nvt_err do_read(void *ctx, uint32_t block, uint32_t offset, uint8_t *out, uint32_t len)
{
    struct spool_image *im = (struct spool_image *)ctx;
    uint64_t at = im->base + (uint64_t)block * im->device.block_size + offset;
    uint64_t there = at < im->size ? im->size - at : 0U;
    size_t n = there < len ? (size_t)there : len;
    if (block >= im->device.block_count || offset > im->device.block_size ||
        len > im->device.block_size - offset) {
        return NVT_E_SPOOL_IO;
    }
    (void)memset(out + n, 0xFF, len - n);
    return read_page(im, at, out, n) ? NVT_OK : NVT_E_SPOOL_IO;
}

static nvt_err no_prog(void *ctx, uint32_t block, uint32_t offset, const uint8_t *data,
                       uint32_t len)
{
    (void)ctx;
    (void)block;
    (void)offset;
    (void)data;
    (void)len;
    return NVT_E_SPOOL_IO;
}

static nvt_err no_erase(void *ctx, uint32_t block)
{
    (void)ctx;
    (void)block;
    return NVT_E_SPOOL_IO;
}

static nvt_err no_sync(void *ctx)
{
    (void)ctx;
    return NVT_OK;
}

static void set_device(struct spool_image *im, uint64_t base, const struct nvt_spool_geometry *g)
{
    uint64_t end = base + (uint64_t)g->block_size * g->block_count;
    im->base = base;
    im->missing = end > im->size ? end - im->size : 0U;
    im->device = (struct nvt_port_block){im,      g->block_size, g->block_count, g->prog_size,
                                         do_read, no_prog,       no_erase,       no_sync};
}

/* Whether a spool of these sizes stands there: one head whose CRC is right. What speaks of far more
 * than the file holds is no spool: looking through all that is missing would take minutes. */
static bool is_there(struct spool_image *im, uint64_t base, const struct nvt_spool_geometry *g)
{
    static uint8_t map[SPOOL_MAP_CAP];
    struct nvt_spool_audit audit;
    set_device(im, base, g);
    if (im->missing > MISSING_MAX && im->missing > im->size) {
        return false;
    }
    if (im->format == SPOOL_FORMAT_2) {
        return v2_is_there(&im->device);
    }
    return nvt_spool_audit_begin(&audit, &im->device, spool_buffer, SPOOL_BUFFER_CAP, map,
                                 sizeof map) == NVT_OK &&
           audit.spool.ring.newest.seq != 0U;
}

/* ---- looking for heads ---- */

static bool is_same(const struct kind *k, const struct nvt_spool_geometry *g, uint64_t at)
{
    return k->geometry.block_size == g->block_size && k->geometry.block_count == g->block_count &&
           k->geometry.prog_size == g->prog_size && (at - k->first) % g->block_size == 0U;
}

static void note_head(struct search *s, const struct nvt_spool_geometry *g, uint64_t at)
{
    size_t i = 0;
    while (i < s->count && !is_same(&s->kinds[i], g, at)) {
        i++;
    }
    if (i == KINDS_MAX) {
        return;
    }
    if (i == s->count) {
        s->kinds[i] = (struct kind){*g, at, at, 0U};
        s->count++;
    }
    s->kinds[i].last = at;
    s->kinds[i].count++;
}

/* How far behind the head its second copy stands. */
static uint32_t copy_at(const struct nvt_spool_geometry *g)
{
    uint32_t unit = g->prog_size < 4U ? 4U : g->prog_size;
    return (NVT_SPOOL_HEAD_LEN + unit - 1U) / unit * unit;
}

static void take_copies(struct kind *heads, struct kind *copies)
{
    uint64_t size = heads->geometry.block_size;
    uint64_t apart = copies->first % size + size - heads->first % size;
    if (copies->count == 0U || heads->count == 0U || copies->geometry.block_size != size ||
        copies->geometry.block_count != heads->geometry.block_count ||
        apart % size != copy_at(&heads->geometry)) {
        return;
    }
    uint64_t first = copies->first - copy_at(&heads->geometry);
    uint64_t last = copies->last - copy_at(&heads->geometry);
    heads->first = first < heads->first ? first : heads->first;
    heads->last = last > heads->last ? last : heads->last;
    heads->count += copies->count;
    copies->count = 0U;
}

/* Both copies of a head speak of the same block. */
static void join_copies(struct search *s)
{
    for (size_t i = 0; i < s->count; i++) {
        for (size_t j = 0; j < s->count; j++) {
            take_copies(&s->kinds[i], &s->kinds[j]);
        }
    }
}

static bool read_geometry(enum spool_format format, const uint8_t *head,
                          struct nvt_spool_geometry *out)
{
    struct nvt_span bytes = nvt_span_of(head, NVT_SPOOL_HEAD_LEN);
    return format == SPOOL_FORMAT_2 ? v2_read_geometry(bytes, out)
                                    : nvt_spool_read_geometry(bytes, out) == NVT_OK;
}

/* A head of another format; of one that is not known its place must do. */
static bool is_other(const uint8_t *head, uint64_t at)
{
    struct nvt_spool_geometry g;
    uint8_t digit = head[3];
    if (digit == (uint8_t)'0' + (uint8_t)SPOOL_FORMAT_2 ||
        digit == (uint8_t)'0' + (uint8_t)SPOOL_FORMAT_NOW) {
        return read_geometry(SPOOL_FORMAT_2, head, &g) || read_geometry(SPOOL_FORMAT_NOW, head, &g);
    }
    return digit >= (uint8_t)'1' && digit <= (uint8_t)'9' && at % 256U == 0U;
}

static void look_through(const struct spool_image *im, struct search *s, const uint8_t *bytes,
                         size_t len, size_t own, uint64_t at)
{
    struct nvt_spool_geometry g;
    for (size_t i = 0; i < own && i + NVT_SPOOL_HEAD_LEN <= len; i += STEP) {
        if (memcmp(bytes + i, "NVS", 3U) != 0) {
            continue;
        }
        if (read_geometry(im->format, bytes + i, &g)) {
            note_head(s, &g, at + i);
        } else if (is_other(bytes + i, at + i)) {
            s->other = bytes[i + 3U];
        } else {
            /* no head */
        }
    }
    for (size_t i = 0; s->erased && i < own; i++) {
        s->erased = bytes[i] == 0xFFU;
    }
}

/* Pieces overlap by a head. */
static bool look_for_heads(struct spool_image *im, struct search *s)
{
    static uint8_t bytes[PIECE + NVT_SPOOL_HEAD_LEN];
    s->erased = true;
    s->other = 0U;
    s->count = 0;
    for (uint64_t at = 0; at < im->size; at += PIECE) {
        uint64_t left = im->size - at;
        size_t own = left < PIECE ? (size_t)left : PIECE;
        size_t len = left < sizeof bytes ? (size_t)left : sizeof bytes;
        if (!read_file(im, at, bytes, len)) {
            return false;
        }
        look_through(im, s, bytes, len, own, at);
    }
    return true;
}

/* Where the device begins: at the first head, unless the file is too short for that. Which of the
 * first blocks have no head any more cannot be told where the file holds other things too. */
static uint64_t base_of(const struct spool_image *im, const struct kind *k)
{
    uint64_t device = (uint64_t)k->geometry.block_size * k->geometry.block_count;
    uint64_t base = k->first;
    while (base >= k->geometry.block_size && base + device > im->size) {
        base -= k->geometry.block_size;
    }
    return base;
}

static struct kind *most_common(struct search *s)
{
    struct kind *best = NULL;
    for (size_t i = 0; i < s->count; i++) {
        if (s->kinds[i].count > 0U && (best == NULL || s->kinds[i].count > best->count)) {
            best = &s->kinds[i];
        }
    }
    return best;
}

/* Where a spool of that kind would begin; with a place that is told, whether it is one for it. */
static bool place_of(const struct spool_image *im, const struct kind *k, const uint64_t *told,
                     uint64_t *out)
{
    *out = told == NULL ? base_of(im, k) : *told;
    return told == NULL || (k->last >= *told && (k->last - *told) % k->geometry.block_size == 0U);
}

/* Which block's the head is: the checksum has it. The spool begins in the file. */
static bool block_of(struct spool_image *im, uint64_t at, const struct nvt_spool_geometry *g,
                     uint32_t *out)
{
    uint8_t head[NVT_SPOOL_HEAD_LEN];
    if (!read_file(im, at, head, sizeof head)) {
        return false;
    }
    const uint8_t *crc = head + HEAD_CRC_AT;
    uint32_t wanted =
        crc[0] | (uint32_t)crc[1] << 8U | (uint32_t)crc[2] << 16U | (uint32_t)crc[3] << 24U;
    for (uint32_t b = 0; b < g->block_count && (uint64_t)b * g->block_size <= at; b++) {
        const uint8_t place[4] = {(uint8_t)b, (uint8_t)(b >> 8U), 0U, 0U};
        uint32_t start = nvt_crc32(0U, nvt_span_of(place, sizeof place));
        if (nvt_crc32(start, nvt_span_of(head, HEAD_CRC_AT)) == wanted) {
            *out = b;
            return true;
        }
    }
    return false;
}

/* By a head whose checksum is right, or the only one, which may be a second copy. */
static bool is_there_by(struct spool_image *im, const struct kind *k, uint64_t at)
{
    uint32_t block = 0;
    if (!block_of(im, at, &k->geometry, &block) || (uint64_t)block * k->geometry.block_size > at) {
        return false;
    }
    uint64_t base = at - (uint64_t)block * k->geometry.block_size;
    uint64_t copy = copy_at(&k->geometry);
    bool single = k->count == 1U && base >= copy;
    return (single && is_there(im, base - copy, &k->geometry) && im->missing == 0U) ||
           is_there(im, base, &k->geometry);
}

/* Where the kind's heads say; else where it would begin if the first of them is that of the first
 * block. */
static bool try_kind(struct spool_image *im, const struct kind *k, const uint64_t *told)
{
    uint64_t base = 0;
    if (!place_of(im, k, told, &base)) {
        return false;
    }
    bool search = told == NULL && im->format == SPOOL_FORMAT_NOW;
    return (search && (is_there_by(im, k, k->first) || is_there_by(im, k, k->last))) ||
           is_there(im, base, &k->geometry);
}

/* The most common kind of which a head is good; else the most common one. */
static enum found try_kinds(struct spool_image *im, struct search *s, const uint64_t *told)
{
    struct kind likely = {{0, 0, 0}, 0, 0, 0};
    uint64_t base = 0;
    for (struct kind *k = most_common(s); k != NULL; k = most_common(s)) {
        if (try_kind(im, k, told)) {
            return FOUND;
        }
        likely = place_of(im, k, told, &base) && likely.count == 0U ? *k : likely;
        k->count = 0U; /* it has been tried */
    }
    if (likely.count == 0U) {
        return s->erased ? ERASED : NOTHING;
    }
    (void)place_of(im, &likely, told, &base);
    set_device(im, base, &likely.geometry);
    return HEADS_ONLY;
}

static enum found find(struct spool_image *im, const uint64_t *told)
{
    static struct search search;
    struct nvt_spool_geometry g;
    uint8_t head[NVT_SPOOL_HEAD_LEN];
    uint64_t at = told == NULL ? 0U : *told;
    if (im->size < at + sizeof head) {
        return NOTHING;
    }
    if (!read_file(im, at, head, sizeof head)) {
        return UNREADABLE;
    }
    if (read_geometry(im->format, head, &g) && is_there(im, at, &g)) {
        return FOUND;
    }
    if (!look_for_heads(im, &search)) {
        return UNREADABLE;
    }
    im->other = search.other;
    if (im->format == SPOOL_FORMAT_NOW) {
        join_copies(&search);
    }
    return try_kinds(im, &search, told);
}

/* ---- opening ---- */

static int can_not(const struct spool_image *im, const char *what, int error, bool json)
{
    return fail(json, CLI_INPUT, NVT_E_SPOOL_IO, "%s cannot be %s (%s): check its name and mode",
                im->name, what, strerror(error));
}

static int open_file(struct spool_image *im, bool json)
{
    struct stat st;
    im->fd = open(im->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (im->fd < 0) {
        return can_not(im, "opened", errno, json);
    }
    if (fstat(im->fd, &st) == 0 && S_ISDIR(st.st_mode)) {
        return fail(json, CLI_INPUT, NVT_E_SPOOL_FOREIGN, "%s is a folder: name a file", im->name);
    }
    off_t end = lseek(im->fd, 0, SEEK_END); /* tells the size of a device, too */
    if (end < 0) {
        return fail(json, CLI_INPUT, NVT_E_SPOOL_IO,
                    "%s cannot be read from any place (%s): copy it into a file first", im->name,
                    strerror(errno));
    }
    im->size = (uint64_t)end;
    return CLI_OK;
}

static int nothing(const struct spool_image *im, bool json)
{
    if (im->other == (uint8_t)'0' + (uint8_t)SPOOL_FORMAT_2) {
        return fail(json, CLI_INPUT, NVT_E_SPOOL_VERSION,
                    "%s holds a spool of format 2: navette spool convert makes one of today's, "
                    "format 3, of it",
                    im->name);
    }
    if (im->other == (uint8_t)'0' + (uint8_t)SPOOL_FORMAT_NOW) {
        return fail(json, CLI_INPUT, NVT_E_SPOOL_VERSION,
                    "%s holds a spool of format 3, today's: there is nothing to convert", im->name);
    }
    if (im->other != 0U) {
        return fail(json, CLI_INPUT, NVT_E_SPOOL_VERSION,
                    "%s holds a spool of format %c; this navette knows format 3, and converts "
                    "format 2",
                    im->name, im->other);
    }
    return fail(json, CLI_INPUT, NVT_E_SPOOL_FOREIGN,
                "%s holds no spool: no head of one of its blocks is in it", im->name);
}

static int judge(const struct spool_image *im, enum found found, bool json)
{
    switch (found) {
    case FOUND:
        return CLI_OK;
    case HEADS_ONLY:
        return fail(json, CLI_CHECK, NVT_E_SPOOL_FOREIGN,
                    "%s held a spool (%u blocks of %u bytes), but the head of each block is "
                    "damaged: nothing in it can be read",
                    im->name, im->device.block_count, im->device.block_size);
    case ERASED:
        return fail(json, CLI_INPUT, NVT_E_SPOOL_BLANK,
                    im->size == 0U ? "%s is empty: no spool was made in it"
                                   : "%s is erased: no spool was made in it yet",
                    im->name);
    case UNREADABLE:
        return can_not(im, "read", im->error, json);
    case NOTHING:
    default:
        return nothing(im, json);
    }
}

static bool read_offset(const char *text, uint64_t *out)
{
    return text == NULL || nvt_u64_parse(nvt_span_str(text), INT64_MAX / 2, out) == NVT_OK;
}

int spool_image_open(struct spool_image *im, const char *path, enum spool_format format,
                     const char *offset, bool json)
{
    uint64_t told = 0;
    (void)memset(im, 0, sizeof *im);
    im->format = format;
    im->fd = -1;
    im->name = path;
    if (!read_offset(offset, &told)) {
        return fail(json, CLI_USAGE, NVT_OK, "--offset takes a number of bytes");
    }
    int code = open_file(im, json);
    if (code == CLI_OK) {
        code = judge(im, im->size == 0U ? ERASED : find(im, offset == NULL ? NULL : &told), json);
    }
    if (code != CLI_OK) {
        spool_image_close(im);
    }
    return code;
}

void spool_image_close(struct spool_image *im)
{
    if (im->fd >= 0) {
        (void)close(im->fd);
        im->fd = -1;
    }
    nvt_wipe(spool_buffer, sizeof spool_buffer);
    nvt_wipe(im->page, sizeof im->page);
}
