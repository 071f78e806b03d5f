/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The new spool is made beside the old one, which is not touched. Its blocks may have to be larger
 * or more: heads take more room than they did. Before it counts it is mounted once more and read
 * back, each entry and value against the old one.
 */
#include "spool_convert.h"

#include <navette/posix.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define AT_ONCE 256U  /* entries with one sync */
#define NOTE_S 2      /* between lines of progress */
#define TRIES_MAX 64U /* sizes */
#define BLOCK_MAX 1048576U
#define BLOCKS_MAX 65535U

/* A spool under way. */
struct making {
    struct spool_convert *c;
    struct nvt_posix_file file;
    struct nvt_spool spool;
    struct nvt_spool_config config;
    struct nvt_spool_entry picks[8];
    uint8_t *window;
    uint64_t done, all; /* steps */
    time_t noted;
    uint32_t salt;
    bool stopped;
};

static uint8_t old_bytes[65536], new_bytes[65536];

/* Another one each time. */
static uint32_t any_number(void)
{
    struct timespec now = {0, 0};
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (uint32_t)now.tv_sec * 1000003U ^ (uint32_t)now.tv_nsec ^ (uint32_t)getpid() << 16U;
}

/* ---- how far it is ---- */

static bool step(struct making *m)
{
    char text[128];
    struct timespec now = {0, 0};
    m->done++;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    if (m->noted == 0) {
        m->noted = now.tv_sec;
    }
    if (now.tv_sec - m->noted >= (time_t)NOTE_S) {
        (void)snprintf(text, sizeof text, "converting: %u %% of %lu entries",
                       (unsigned)(m->done * 100U / m->all), (unsigned long)m->c->old.count);
        m->c->note(text);
        m->noted = now.tv_sec;
    }
    m->stopped = m->stopped || signals_stop();
    return !m->stopped;
}

/* ---- writing ---- */

static nvt_err put_values(struct making *m)
{
    const struct v2 *old = &m->c->old;
    nvt_err err = NVT_OK;
    for (uint8_t key = 0; key < V2_VALUES && err == NVT_OK; key++) {
        const struct v2_place *at = &old->values[key];
        if (at->seq != 0U) {
            err = v2_bytes(old, at, old_bytes);
        }
        if (at->seq != 0U && err == NVT_OK) {
            err = nvt_spool_put_value(&m->spool, key, nvt_span_of(old_bytes, at->len));
        }
    }
    return err;
}

static nvt_err append(struct making *m, const struct v2_entry *e)
{
    uint32_t id = 0;
    nvt_err err = v2_bytes(&m->c->old, &e->at, old_bytes);
    if (err == NVT_OK) {
        err = nvt_spool_append(&m->spool, nvt_span_of(old_bytes, e->at.len), e->due_s, &id);
    }
    return err;
}

static nvt_err append_all(struct making *m)
{
    const struct v2 *old = &m->c->old;
    nvt_err err = NVT_OK;
    for (size_t i = 0; i < old->count && err == NVT_OK; i++) {
        if (i % AT_ONCE == 0U) {
            nvt_spool_hold(&m->spool);
        }
        err = step(m) ? append(m, &old->entries[i]) : NVT_E_STATE;
        if (err == NVT_OK && (i % AT_ONCE == AT_ONCE - 1U || i + 1U == old->count)) {
            err = nvt_spool_commit(&m->spool);
        }
    }
    return err;
}

/* ---- reading back ---- */

static bool is_same_value(struct making *m, uint8_t key)
{
    const struct v2_place *at = &m->c->old.values[key];
    struct nvt_buf b;
    nvt_buf_init(&b, new_bytes, sizeof new_bytes);
    nvt_err err = nvt_spool_get_value(&m->spool, key, &b);
    if (at->seq == 0U) {
        return err == NVT_E_SPOOL_EMPTY;
    }
    return err == NVT_OK && v2_bytes(&m->c->old, at, old_bytes) == NVT_OK && b.len == at->len &&
           memcmp(old_bytes, new_bytes, at->len) == 0;
}

static bool is_same_entry(struct making *m, const struct v2_entry *e,
                          struct nvt_spool_cursor *cursor)
{
    struct nvt_spool_entry found;
    struct nvt_buf b;
    nvt_buf_init(&b, new_bytes, sizeof new_bytes);
    return nvt_spool_list(&m->spool, cursor, &b, &found) == NVT_OK && found.due_s == e->due_s &&
           found.len == e->at.len && b.len == e->at.len &&
           v2_bytes(&m->c->old, &e->at, old_bytes) == NVT_OK &&
           memcmp(old_bytes, new_bytes, b.len) == 0;
}

static nvt_err read_back(struct making *m)
{
    const struct v2 *old = &m->c->old;
    struct nvt_spool_cursor cursor;
    struct nvt_spool_info info;
    (void)memset(&cursor, 0, sizeof cursor);
    nvt_err err = nvt_spool_mount(&m->spool, &m->config);
    if (err != NVT_OK) {
        return err;
    }
    nvt_spool_info(&m->spool, &info);
    bool same = info.pending == old->count && info.damaged == 0U && info.lost == 0U &&
                info.delivered == old->delivered && info.refused == old->refused &&
                info.expired == old->expired;
    for (uint8_t key = 0; same && key < V2_VALUES; key++) {
        same = is_same_value(m, key);
    }
    for (size_t i = 0; same && i < old->count; i++) {
        same = step(m) && is_same_entry(m, &old->entries[i], &cursor);
    }
    errno = EIO;
    return same ? NVT_OK : NVT_E_SPOOL_IO;
}

/* ---- one try ---- */

static nvt_err fill(struct making *m)
{
    const struct v2 *old = &m->c->old;
    /* Where ids have come to their end they begin anew. */
    uint32_t next = UINT32_MAX - old->next > old->count ? old->next : 1U;
    const struct nvt_spool_base start = {.tail = next,
                                         .next = next,
                                         .delivered = old->delivered,
                                         .refused = old->refused,
                                         .expired = old->expired};
    nvt_err err = nvt_spool_format_from(&m->spool, &m->config, &start);
    if (err == NVT_OK) {
        err = put_values(m);
    }
    if (err == NVT_OK) {
        err = append_all(m);
    }
    return err == NVT_OK ? read_back(m) : err;
}

static nvt_err open_new(struct making *m, const struct nvt_spool_geometry *g)
{
    const char *path = m->c->out;
    nvt_err err = nvt_posix_file_make(&m->file, path, g->block_size, g->block_count);
    if (err == NVT_OK) {
        err = nvt_posix_file_open(&m->file, path, g->block_size, g->block_count, 0);
    }
    m->file.device.prog_size = g->prog_size;
    return err;
}

static nvt_err try_sizes(struct making *m, const struct nvt_spool_geometry *g)
{
    uint32_t len = NVT_SPOOL_WINDOW_LEN(g->block_count, m->c->old.count + 32U);
    m->window = (uint8_t *)malloc(len);
    if (m->window == NULL) {
        return NVT_E_SPACE;
    }
    m->done = 0U;
    m->all = 2U * (uint64_t)m->c->old.count + 1U;
    nvt_err err = open_new(m, g);
    if (err == NVT_OK) {
        m->config = (struct nvt_spool_config){.device = &m->file.device,
                                              .buffer = spool_buffer,
                                              .buffer_cap = SPOOL_BUFFER_CAP,
                                              .window = m->window,
                                              .window_len = len,
                                              .picks = m->picks,
                                              .pick_cap = 8U,
                                              .salt = m->salt};
        err = fill(m);
        nvt_posix_file_close(&m->file);
        if (err != NVT_OK) {
            (void)unlink(m->c->out);
        }
    }
    free(m->window);
    m->window = NULL;
    return err;
}

/* ---- sizes ---- */

/* As they were; a file is written in units of 16 bytes at least. */
static struct nvt_spool_geometry first_sizes(const struct nvt_port_block *from)
{
    uint32_t unit = from->prog_size < NVT_POSIX_FILE_UNIT ? NVT_POSIX_FILE_UNIT : from->prog_size;
    uint32_t size = (from->block_size + unit - 1U) / unit * unit;
    return (struct nvt_spool_geometry){size, from->block_count, from->prog_size};
}

/* What the failure asks for; false: nothing would help. */
static bool next_sizes(struct nvt_spool_geometry *g, nvt_err err)
{
    if (err == NVT_E_SPOOL_FULL && g->block_count < BLOCKS_MAX) {
        uint32_t more = g->block_count + g->block_count / 8U + 1U;
        g->block_count = more < BLOCKS_MAX ? more : BLOCKS_MAX;
        return true;
    }
    if ((err == NVT_E_SPOOL_SIZE || err == NVT_E_ARG) && g->block_size <= BLOCK_MAX / 2U) {
        g->block_size *= 2U;
        g->block_count = g->block_count / 2U < 4U ? 4U : g->block_count / 2U;
        return true;
    }
    return false;
}

static nvt_err make(struct making *m)
{
    struct nvt_spool_geometry g = first_sizes(m->c->from);
    nvt_err err = try_sizes(m, &g);
    for (unsigned i = 0; i < TRIES_MAX && err != NVT_OK && next_sizes(&g, err); i++) {
        err = try_sizes(m, &g);
    }
    m->c->made = g;
    return err;
}

/* ---- sentences ---- */

static int can_not(const struct making *m, nvt_err err)
{
    const struct spool_convert *c = m->c;
    int error = m->file.last_errno;
    if (m->stopped) {
        return fail(c->json, CLI_INTERRUPTED, err, "stopped: %s is as it was", c->name);
    }
    if (err == NVT_E_SPACE) {
        return fail(c->json, CLI_INPUT, err, "%s holds more than this memory has room for",
                    c->name);
    }
    if (error == ENOSPC || error == EDQUOT) {
        return fail(c->json, CLI_INPUT, NVT_E_SPOOL_IO,
                    "%s takes %lu MiB more beside %s to be converted: free some room; %s is as it "
                    "was",
                    c->out,
                    (unsigned long)((uint64_t)c->made.block_size * c->made.block_count >> 20U) + 1U,
                    c->name, c->name);
    }
    return fail(c->json, CLI_INPUT, err, "%s cannot be converted into %s (%s); it is as it was",
                c->name, c->out, error != 0 ? strerror(error) : nvt_err_text(err));
}

static void add(char *out, size_t cap, unsigned long n, const char *what)
{
    size_t used = strlen(out);
    if (n > 0U) {
        (void)snprintf(out + used, cap - used, "%s%lu %s", used > 0U ? ", " : "", n, what);
    }
}

bool spool_convert_losses(const struct spool_convert *c, char *out, size_t cap)
{
    const struct v2 *old = &c->old;
    out[0] = '\0';
    add(out, cap, (unsigned long)old->lost, "entries that were pending are lost");
    add(out, cap, old->damaged, "places were damaged");
    add(out, cap, old->heads, "blocks had a damaged head (what stood in them was found)");
    add(out, cap, old->unread, "blocks cannot be read");
    return out[0] != '\0';
}

/* ---- for the commands ---- */

static int read_old(struct spool_convert *c)
{
    nvt_err err = v2_read(&c->old, c->from);
    if (err == NVT_E_SPACE) {
        return fail(c->json, CLI_INPUT, err, "%s holds more than this memory has room for",
                    c->name);
    }
    if (err != NVT_OK || (c->strict && c->old.unread > 0U)) {
        return fail(c->json, CLI_INPUT, NVT_E_SPOOL_IO,
                    "%s cannot be read: check the drive; it is as it was", c->name);
    }
    return CLI_OK;
}

int spool_convert(struct spool_convert *c)
{
    static struct making m;
    char losses[256];
    int code = read_old(c);
    if (code != CLI_OK) {
        return code;
    }
    (void)memset(&m, 0, sizeof m);
    m.c = c;
    m.salt = any_number();
    if (!spool_convert_remove(c->out)) {
        return fail(c->json, CLI_INPUT, NVT_E_STATE,
                    "%s is in the way (%s): move it away; %s is as it was", c->out, strerror(errno),
                    c->name);
    }
    nvt_err err = make(&m);
    nvt_wipe(old_bytes, sizeof old_bytes);
    nvt_wipe(new_bytes, sizeof new_bytes);
    nvt_wipe(spool_buffer, sizeof spool_buffer);
    if (err != NVT_OK) {
        return can_not(&m, err);
    }
    return spool_convert_losses(c, losses, sizeof losses) ? CLI_CHECK : CLI_OK;
}

void spool_convert_end(struct spool_convert *c)
{
    v2_end(&c->old);
}

/* Erased, or a spool's first head: no file of anybody else's. */
static bool is_begun(int fd)
{
    uint8_t b[4] = {0xFFU, 0xFFU, 0xFFU, 0xFFU};
    ssize_t n = pread(fd, b, sizeof b, 0);
    return n >= 0 && (memcmp(b, "NVS", 3U) == 0 || memcmp(b, "\xFF\xFF\xFF\xFF", sizeof b) == 0);
}

bool spool_convert_remove(const char *path)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) {
        return errno == ENOENT;
    }
    bool ours = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
                st.st_nlink == 1 && is_begun(fd);
    bool gone = ours && flock(fd, LOCK_EX | LOCK_NB) == 0 && unlink(path) == 0;
    int kept = ours ? errno : EEXIST;
    (void)close(fd);
    errno = kept;
    return gone;
}
