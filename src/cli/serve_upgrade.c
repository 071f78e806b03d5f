/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A service that starts on a spool of the format before converts it. At each moment SPOOL is the
 * whole old one or the whole new one:
 *     SPOOL.v3 is made, read back and durable
 *     SPOOL.v2 becomes a second name of the old one (SPOOL.v2-damaged, when something was lost)
 *     SPOOL.v3 takes the name SPOOL
 * The next start that finds the new one good removes SPOOL.v2. SPOOL.v2-damaged stays until
 * somebody removes it: more may be found in it by hand.
 */
#include "serve.h"
#include "spool_convert.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_CAP (CLI_PATH_CAP + 24)
#define KEPT_MAX 9U /* damaged ones */

/* A manager that waits for the start is asked for ten minutes more, each time. */
static void ask_for_time(void)
{
    notify_send("EXTEND_TIMEOUT_USEC=600000000\nSTATUS=converting the spool");
}

static void note(const char *text)
{
    tell(TELL_NOTE, "%s", text);
    ask_for_time();
}

/* ---- where it stands ---- */

static char spool_path[CLI_PATH_CAP]; /* of the file itself */

/* What the link at path leads to, in its place. False: errno, or too long. */
static bool follow(char path[CLI_PATH_CAP])
{
    char to[CLI_PATH_CAP];
    char joined[2U * CLI_PATH_CAP];
    ssize_t n = readlink(path, to, sizeof to - 1U);
    if (n < 0) {
        return false;
    }
    to[n] = '\0';
    const char *slash = strrchr(path, '/');
    int folder = to[0] == '/' || slash == NULL ? 0 : (int)(slash - path) + 1;
    int len = snprintf(joined, sizeof joined, "%.*s%s", folder, path, to);
    errno = ENAMETOOLONG;
    if (len < 0 || (size_t)len >= CLI_PATH_CAP) {
        return false;
    }
    (void)memcpy(path, joined, (size_t)len + 1U);
    return true;
}

/* A new file must not take the place of a link, but of what that leads to. */
static bool find_path(const struct serve *s)
{
    enum { LINKS_MAX = 16 };
    struct stat st;
    (void)snprintf(spool_path, sizeof spool_path, "%s", s->set.spool_file);
    for (unsigned i = 0; i < (unsigned)LINKS_MAX; i++) {
        if (lstat(spool_path, &st) != 0) {
            return false;
        }
        if (!S_ISLNK(st.st_mode)) {
            return true;
        }
        if (!follow(spool_path)) {
            return false;
        }
    }
    errno = ELOOP;
    return false;
}

static bool is_same_file(int fd, const char *path)
{
    struct stat open_one;
    struct stat named;
    return fstat(fd, &open_one) == 0 && stat(path, &named) == 0 &&
           open_one.st_dev == named.st_dev && open_one.st_ino == named.st_ino;
}

/* ---- keeping the old one ---- */

/* A second name of the file; one that it has already will do, as a run that was cut short left it.
 */
static bool keep_as(const char *name)
{
    if (link(spool_path, name) == 0) {
        return true;
    }
    struct stat old;
    struct stat kept;
    bool same = errno == EEXIST && stat(spool_path, &old) == 0 && lstat(name, &kept) == 0 &&
                old.st_dev == kept.st_dev && old.st_ino == kept.st_ino;
    return same;
}

/* Of that name somebody may have another file. */
static bool remove_old(const char *name)
{
    if (!spool_is_format_2(name)) {
        errno = EEXIST;
        return false;
    }
    return spool_convert_remove(name);
}

/* What was kept before goes: this start would have removed it. */
static bool keep_whole(char name[NAME_CAP])
{
    (void)snprintf(name, NAME_CAP, "%s.v2", spool_path);
    if (keep_as(name)) {
        return true;
    }
    return errno == EEXIST && remove_old(name) && keep_as(name);
}

static bool keep_damaged(char name[NAME_CAP])
{
    (void)snprintf(name, NAME_CAP, "%s.v2-damaged", spool_path);
    bool kept = keep_as(name);
    for (unsigned i = 2; i <= KEPT_MAX && !kept && errno == EEXIST; i++) {
        (void)snprintf(name, NAME_CAP, "%s.v2-damaged%u", spool_path, i);
        kept = keep_as(name);
    }
    return kept;
}

/* Some file systems know no second names. One that was whole is done without then, since all of it
 * was read back from the new one. */
static int keep_old(const struct serve *s, bool damaged, char name[NAME_CAP])
{
    bool kept = damaged ? keep_damaged(name) : keep_whole(name);
    bool no_links = errno == EPERM || errno == EOPNOTSUPP || errno == ENOSYS || errno == EMLINK;
    if (!kept && no_links && !damaged) {
        name[0] = '\0';
        return CLI_OK;
    }
    if (!kept) {
        return fail(s->settings.json, CLI_INPUT, NVT_E_SPOOL_IO,
                    "the old spool cannot be kept as %s (%s): make room for that name, or convert "
                    "it with navette spool convert; %s is as it was",
                    name, strerror(errno), spool_path);
    }
    return nvt_posix_sync_folder(spool_path)
               ? CLI_OK
               : fail(s->settings.json, CLI_INPUT, NVT_E_SPOOL_IO, "the folder of %s: %s",
                      spool_path, strerror(errno));
}

/* ---- converting ---- */

static void tell_done(const struct spool_convert *c, const char *kept)
{
    char losses[256];
    bool damaged = spool_convert_losses(c, losses, sizeof losses);
    tell(TELL_NOTE, "%s was of format 2 and is of format 3 now, with %lu journeys%s%s", spool_path,
         (unsigned long)c->old.count, kept[0] == '\0' ? "" : "; the old one is kept as ", kept);
    if (damaged) {
        tell(TELL_WARNING, "%s was damaged before it was converted: %s", spool_path, losses);
    }
}

static int put_in_place(const struct serve *s, const struct spool_convert *c, int code)
{
    char kept[NAME_CAP] = "";
    int kept_code = keep_old(s, code == CLI_CHECK, kept);
    if (kept_code != CLI_OK) {
        return kept_code;
    }
    if (rename(c->out, spool_path) != 0 || !nvt_posix_sync_folder(spool_path)) {
        return fail(s->settings.json, CLI_INPUT, NVT_E_SPOOL_IO, "%s cannot become %s (%s)", c->out,
                    spool_path, strerror(errno));
    }
    tell_done(c, kept);
    return CLI_OK;
}

static int convert(struct serve *s, const struct nvt_posix_file *old)
{
    static struct spool_convert c;
    char made[NAME_CAP];
    (void)snprintf(made, sizeof made, "%s.v3", spool_path);
    (void)memset(&c, 0, sizeof c);
    c.from = &old->device;
    c.name = spool_path;
    c.out = made;
    c.json = s->settings.json;
    c.strict = true;
    c.note = note;
    int code = spool_convert(&c);
    if (code == CLI_OK || code == CLI_CHECK) {
        code = put_in_place(s, &c, code);
        if (code != CLI_OK) {
            (void)unlink(made);
        }
    }
    spool_convert_end(&c);
    return code;
}

int spool_upgrade(struct serve *s, const struct nvt_spool_geometry *g)
{
    static struct nvt_posix_file old;
    const char *path = spool_path;
    if (!find_path(s)) {
        return fail(s->settings.json, CLI_INPUT, NVT_E_SPOOL_IO,
                    "the spool %s cannot be found (%s)", s->set.spool_file, strerror(errno));
    }
    nvt_err err = nvt_posix_file_open(&old, path, g->block_size, g->block_count, 0);
    if (err == NVT_E_STATE || (err == NVT_OK && !is_same_file(old.fd, path))) {
        nvt_posix_file_close(&old); /* another one has just converted it */
        return spool_in_use(s);
    }
    if (err != NVT_OK) {
        return fail(s->settings.json, CLI_INPUT, err, "the spool %s cannot be opened (%s)", path,
                    old.last_errno != 0 ? strerror(old.last_errno) : nvt_err_text(err));
    }
    old.device.prog_size = g->prog_size;
    tell(TELL_NOTE, "%s is of format 2: it is converted into format 3", path);
    ask_for_time();
    int code = convert(s, &old);
    nvt_posix_file_close(&old);
    return code;
}

/* ---- the start after it ---- */

void spool_drop_old(struct serve *s)
{
    char name[NAME_CAP];
    struct stat st;
    if (!find_path(s)) {
        return;
    }
    (void)snprintf(name, sizeof name, "%s.v2", spool_path);
    if (lstat(name, &st) != 0 || is_same_file(s->file.fd, name)) {
        return;
    }
    if (remove_old(name)) {
        tell(TELL_NOTE, "%s, the spool before it was converted, is removed", name);
    }
}
