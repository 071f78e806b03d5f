/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The service's spool: a file that is made when it is missing, and is never written over when it
 * holds something else. An existing spool keeps the sizes it was made with, whatever the settings
 * say: they are read from the heads of its blocks.
 */
#include "serve.h"
#include "spool_v2.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Holds the longest journey and the window of all of them; 1 MiB has 16 of them. */
#define BLOCK_SIZE 65536U
#define BLOCKS_PER_MIB (1048576U / BLOCK_SIZE)
#define DIRECT_UNIT 4096U
#define HEAD_STEP 256U /* the smallest block */

/* Journeys between the oldest one that waits and the newest. One takes half a KiB and more, so that
 * the bytes are used up before; but one that waits alone in front of all others may wait long, and
 * each power cut may take some numbers away. */
#define ENTRIES_PER_KIB 4U
#define ENTRIES_MIN 32768U
#define ENTRIES_MAX 1048576U

/* One pass over the device finds so many of the most urgent ones: the larger it is, the longer such
 * a pass lasts, and the fewer there should be. */
#define PICKS_PART 128U
#define PICKS_MIN 1024U
#define PICKS_MAX 8192U

/* ---- what stands in the file ---- */

enum content { A_SPOOL, FORMAT_2, ANOTHER_FORMAT, ERASED, SOMETHING_ELSE, UNREADABLE };

struct finding {
    struct nvt_spool_geometry geometry; /* of a spool, or one of format 2 */
    uint64_t size;                      /* of the file */
    bool format_2, erased;
    uint8_t other; /* the digit of another format */
};

static bool fills(const struct nvt_spool_geometry *g, uint64_t at, uint64_t size)
{
    return at % g->block_size == 0U && (uint64_t)g->block_size * g->block_count == size;
}

/* Whether these bytes at that offset are a head of a spool that fills the file; what else they may
 * be is noted. */
static bool is_head(const uint8_t *bytes, uint64_t at, struct finding *f)
{
    struct nvt_spool_geometry g;
    struct nvt_span head = nvt_span_of(bytes, NVT_SPOOL_HEAD_LEN);
    if (memcmp(bytes, "NVS", 3U) != 0) {
        return false;
    }
    if (nvt_spool_read_geometry(head, &g) == NVT_OK && fills(&g, at, f->size)) {
        f->geometry = g;
        return true;
    }
    if (v2_read_geometry(head, &g) && fills(&g, at, f->size)) {
        f->geometry = g;
        f->format_2 = true;
    } else if (bytes[3] != (uint8_t)'2' && bytes[3] != (uint8_t)'3' && at % BLOCK_SIZE == 0U) {
        f->other = bytes[3];
    } else {
        /* somebody's bytes */
    }
    return false;
}

static bool is_erased(const uint8_t *bytes, size_t len)
{
    size_t i = 0;
    while (i < len && bytes[i] == 0xFFU) {
        i++;
    }
    return i == len;
}

/* The first head in a piece of the file that begins at that offset. */
static bool find_head(const uint8_t *bytes, size_t len, uint64_t at, struct finding *f)
{
    size_t i = 0;
    while (i + NVT_SPOOL_HEAD_LEN <= len && !is_head(bytes + i, at + i, f)) {
        i += HEAD_STEP;
    }
    return i + NVT_SPOOL_HEAD_LEN <= len;
}

static enum content judge(struct finding *f)
{
    if (f->format_2) {
        return FORMAT_2;
    }
    if (f->other != 0U) {
        return ANOTHER_FORMAT;
    }
    f->geometry.block_size = BLOCK_SIZE;
    f->geometry.block_count = (uint32_t)(f->size / BLOCK_SIZE);
    return f->erased && f->size > 0U && f->size % BLOCK_SIZE == 0U ? ERASED : SOMETHING_ELSE;
}

/* Block 0 may be erased or broken, so the search goes on to the next head. */
static enum content look(int fd, struct finding *f)
{
    static uint8_t piece[16384];
    f->erased = true;
    for (uint64_t at = 0; at < f->size; at += sizeof piece) {
        ssize_t n = pread(fd, piece, sizeof piece, (off_t)at);
        if (n <= 0) {
            return UNREADABLE;
        }
        if (find_head(piece, (size_t)n, at, f)) {
            return A_SPOOL;
        }
        f->erased = f->erased && is_erased(piece, (size_t)n);
    }
    return judge(f);
}

bool spool_is_format_2(const char *path)
{
    struct finding f;
    struct stat st;
    (void)memset(&f, 0, sizeof f);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    if (fd < 0) {
        return false;
    }
    bool file = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    f.size = file ? (uint64_t)st.st_size : 0U;
    bool is = file && look(fd, &f) == FORMAT_2;
    (void)close(fd);
    return is;
}

/* ---- sentences ---- */

static int can_not(const struct serve *s, const char *what, int error)
{
    const char *remedy = "check its folder and its mode";
    if (error == ENOSPC || error == EDQUOT) {
        remedy = "free some room, or make it smaller with --spool-size";
    } else if (error == EROFS) {
        remedy = "name a place that can be written with --spool";
    } else if (error == EIO) {
        remedy = "check the drive";
    } else {
        /* as above */
    }
    return fail(s->settings.json, CLI_INPUT, NVT_E_SPOOL_IO, "the spool %s cannot be %s (%s): %s",
                s->set.spool_file, what, strerror(error), remedy);
}

static int foreign(const struct serve *s)
{
    return fail(s->settings.json, CLI_CONFIG, NVT_E_SPOOL_FOREIGN,
                "%s is no spool, and is left alone: move it away, or name another with --spool "
                "(navette spool check tells what it holds)",
                s->set.spool_file);
}

static int another_format(const struct serve *s, uint8_t digit)
{
    return fail(s->settings.json, CLI_CONFIG, NVT_E_SPOOL_VERSION,
                "%s is a spool of format %c, and is left alone; this navette knows format 3, and "
                "converts format 2: run the navette that made it, or name another with --spool",
                s->set.spool_file, digit);
}

int spool_in_use(const struct serve *s)
{
    return fail(s->settings.json, CLI_INPUT, NVT_E_STATE,
                "the spool %s is in use: another navette serve runs; stop it, or name another "
                "spool with --spool",
                s->set.spool_file);
}

/* ---- making ---- */

void spool_make_folder(const char *path)
{
    char folder[CLI_PATH_CAP];
    const char *slash = strrchr(path, '/');
    size_t len = slash == NULL ? 0U : (size_t)(slash - path);
    if (len > 0U) {
        (void)memcpy(folder, path, len);
        folder[len] = '\0';
        (void)place_make_dirs(folder); /* making the file tells if it failed */
    }
}

static int make(struct serve *s)
{
    uint32_t count = s->set.spool_mib * BLOCKS_PER_MIB;
    spool_make_folder(s->set.spool_file);
    nvt_err err = nvt_posix_file_make(&s->file, s->set.spool_file, BLOCK_SIZE, count);
    if (err == NVT_E_STATE && s->file.last_errno != EEXIST) {
        return spool_in_use(s);
    }
    if (err != NVT_OK) {
        return can_not(s, "made", s->file.last_errno);
    }
    tell(TELL_NOTE, "there was no spool: %s of %lu MiB is made", s->set.spool_file,
         (unsigned long)s->set.spool_mib);
    return CLI_OK;
}

/* ---- opening ---- */

/* *out_old: it is of format 2. */
static int examine(struct serve *s, struct nvt_spool_geometry *out, bool *out_old)
{
    struct stat st;
    struct finding f;
    (void)memset(&f, 0, sizeof f);
    int fd = open(s->set.spool_file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &st) != 0) {
        int saved = errno;
        if (fd >= 0) {
            (void)close(fd);
        }
        return can_not(s, "opened", saved);
    }
    f.size = (uint64_t)st.st_size;
    enum content content = S_ISREG(st.st_mode) ? look(fd, &f) : SOMETHING_ELSE;
    int saved = errno;
    (void)close(fd);
    *out = f.geometry;
    *out_old = content == FORMAT_2;
    if (content == ERASED) {
        out->prog_size = s->set.direct ? DIRECT_UNIT : NVT_POSIX_FILE_UNIT;
    }
    if (content == UNREADABLE) {
        return can_not(s, "read", saved);
    }
    if (content == ANOTHER_FORMAT) {
        return another_format(s, f.other);
    }
    return content == SOMETHING_ELSE ? foreign(s) : CLI_OK;
}

/* As it is now, or after it was converted. */
static int prepare(struct serve *s, struct nvt_spool_geometry *out)
{
    bool old = false;
    int code = examine(s, out, &old);
    if (code == CLI_OK && old) {
        code = spool_upgrade(s, out);
        if (code == CLI_OK) {
            s->spool_converted = true;
            code = examine(s, out, &old);
        }
    }
    return code == CLI_OK && old ? foreign(s) : code;
}

/* Not every file system takes O_DIRECT; what it is for is lost then, the spool is not. */
static nvt_err open_device(struct serve *s, const struct nvt_spool_geometry *g)
{
    const char *path = s->set.spool_file;
    bool direct = s->set.direct && g->prog_size == DIRECT_UNIT;
    if (s->set.direct && !direct) {
        tell(TELL_WARNING, "%s was made without direct: it stays so", path);
    }
    nvt_err err = nvt_posix_file_open(&s->file, path, g->block_size, g->block_count,
                                      direct ? NVT_POSIX_FILE_DIRECT : 0);
    if (direct && err == NVT_E_SPOOL_IO && s->file.last_errno == EINVAL) {
        tell(TELL_WARNING, "%s: its file system does without direct", path);
        err = nvt_posix_file_open(&s->file, path, g->block_size, g->block_count, 0);
    }
    s->file.device.prog_size = g->prog_size;
    return err;
}

static int open_file(struct serve *s)
{
    struct nvt_spool_geometry g;
    (void)memset(&g, 0, sizeof g);
    int code = prepare(s, &g);
    if (code != CLI_OK) {
        return code;
    }
    nvt_err err = open_device(s, &g);
    if (err == NVT_E_STATE) {
        return spool_in_use(s);
    }
    if (err == NVT_E_SPOOL_IO) {
        return can_not(s, "opened", s->file.last_errno);
    }
    return err == NVT_OK ? CLI_OK : foreign(s);
}

/* ---- memory ---- */

static uint32_t within(uint32_t low, uint64_t value, uint32_t high)
{
    uint64_t most = value < (uint64_t)high ? value : (uint64_t)high;
    return most > (uint64_t)low ? (uint32_t)most : low;
}

/* Without one the spool does as well, but for what its file held before it. */
static uint32_t draw_salt(struct serve *s)
{
    uint8_t bytes[4] = {0};
    const struct nvt_port_entropy *entropy = &s->session.posix.port.entropy;
    nvt_posix_init(&s->session.posix); /* the session does so itself when it begins */
    (void)entropy->fill(entropy->ctx, bytes, sizeof bytes);
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8U | (uint32_t)bytes[2] << 16U |
           (uint32_t)bytes[3] << 24U;
}

/* Once, for as long as the service runs; what is never touched costs nothing. */
static int give_memory(struct serve *s)
{
    const struct nvt_port_block *device = &s->file.device;
    struct nvt_spool_config *c = &s->spool_config;
    uint64_t kib = (uint64_t)device->block_size * device->block_count / 1024U;
    uint32_t entries = within(ENTRIES_MIN, kib * ENTRIES_PER_KIB, ENTRIES_MAX);
    c->device = device;
    c->salt = draw_salt(s);
    c->buffer = s->buffer;
    c->buffer_cap = (uint32_t)sizeof s->buffer;
    c->window_len = (uint32_t)NVT_SPOOL_WINDOW_LEN(device->block_count, entries);
    c->pick_cap = within(PICKS_MIN, entries / PICKS_PART, PICKS_MAX);
    size_t picks_len = c->pick_cap * sizeof c->picks[0];
    void *room = calloc(1U, picks_len + c->window_len);
    if (room == NULL) {
        return fail(s->settings.json, CLI_INPUT, NVT_OK,
                    "there is no memory for the places of %lu journeys (%s): stop other programs",
                    (unsigned long)entries, strerror(errno));
    }
    c->picks = (struct nvt_spool_entry *)room;
    c->window = (uint8_t *)room + picks_len;
    return CLI_OK;
}

/* ---- mounting ---- */

/* What was lost or may be is worth a warning; what a power cut left is to be expected. */
static void tell_damage(const struct serve *s, const struct nvt_spool_info *info)
{
    const char *file = s->set.spool_file;
    if (info->damaged > 0U || info->lost > 0U) {
        tell(TELL_WARNING,
             "%s: %lu damaged records, %lu journeys of which are lost; navette spool "
             "check tells more",
             file, (unsigned long)info->damaged, (unsigned long)info->lost);
    }
    if (info->repaired > 0U) {
        tell(TELL_WARNING,
             "%s: %lu blocks had a damaged head, whose other copy is good: nothing "
             "is lost; check the drive",
             file, (unsigned long)info->repaired);
    }
    if (info->torn > 0U) {
        tell(TELL_NOTE,
             "%s: %lu records were left unfinished by a power cut or a failed sync: "
             "nobody was told that they are kept",
             file, (unsigned long)info->torn);
    }
}

static void tell_content(struct serve *s)
{
    struct nvt_spool_info info;
    nvt_spool_info(&s->spool, &info);
    tell_damage(s, &info);
    s->told.damaged = info.damaged;
    s->told.lost = info.lost;
    if (info.pending > 0U) {
        tell(TELL_NOTE, "%lu journeys wait in %s", (unsigned long)info.pending, s->set.spool_file);
    }
}

static int mount(struct serve *s)
{
    nvt_err err = nvt_spool_mount(&s->spool, &s->spool_config);
    if (err == NVT_E_SPOOL_BLANK) {
        err = nvt_spool_format(&s->spool, &s->spool_config);
    }
    if (err == NVT_E_SPOOL_IO) {
        return can_not(s, "read", s->file.last_errno);
    }
    if (err == NVT_E_SPOOL_WINDOW) {
        return fail(s->settings.json, CLI_CONFIG, err, "%s: %s: it was made by another program",
                    s->set.spool_file, nvt_err_text(err));
    }
    if (err != NVT_OK) {
        return foreign(s);
    }
    tell_content(s);
    return CLI_OK;
}

static int open_spool(struct serve *s)
{
    int code = give_memory(s);
    return code == CLI_OK ? mount(s) : code;
}

int spool_open(struct serve *s)
{
    if (s->set.spool_file[0] == '\0') {
        return fail(s->settings.json, CLI_CONFIG, NVT_OK,
                    "there is no place for the spool: name a file with --spool");
    }
    bool missing = access(s->set.spool_file, F_OK) != 0 && errno == ENOENT;
    int code = missing ? make(s) : CLI_OK;
    if (code == CLI_OK) {
        code = open_file(s);
    }
    if (code == CLI_OK) {
        code = open_spool(s);
        if (code != CLI_OK) {
            nvt_posix_file_close(&s->file);
        } else if (!s->spool_converted) {
            spool_drop_old(s);
        } else {
            /* it is kept until the next start */
        }
    }
    return code;
}
