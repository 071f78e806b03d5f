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
static bool keep_as(const struct serve *s, const char *name)
{
    if (link(s->set.spool_file, name) == 0) {
        return true;
    }
    struct stat old;
    struct stat kept;
    bool same = errno == EEXIST && stat(s->set.spool_file, &old) == 0 && lstat(name, &kept) == 0 &&
                old.st_dev == kept.st_dev && old.st_ino == kept.st_ino;
    return same;
}

/* What was kept before goes: this start would have removed it. */
static bool keep_whole(const struct serve *s, char name[NAME_CAP])
{
    (void)snprintf(name, NAME_CAP, "%s.v2", s->set.spool_file);
    if (keep_as(s, name)) {
        return true;
    }
    return errno == EEXIST && spool_convert_remove(name) && keep_as(s, name);
}

static bool keep_damaged(const struct serve *s, char name[NAME_CAP])
{
    (void)snprintf(name, NAME_CAP, "%s.v2-damaged", s->set.spool_file);
    bool kept = keep_as(s, name);
    for (unsigned i = 2; i <= KEPT_MAX && !kept && errno == EEXIST; i++) {
        (void)snprintf(name, NAME_CAP, "%s.v2-damaged%u", s->set.spool_file, i);
        kept = keep_as(s, name);
    }
    return kept;
}

/* Some file systems know no second names. One that was whole is done without then, since all of it
 * was read back from the new one. */
static int keep_old(const struct serve *s, bool damaged, char name[NAME_CAP])
{
    bool kept = damaged ? keep_damaged(s, name) : keep_whole(s, name);
    bool no_links = errno == EPERM || errno == EOPNOTSUPP || errno == ENOSYS || errno == EMLINK;
    if (!kept && no_links && !damaged) {
        name[0] = '\0';
        return CLI_OK;
    }
    if (!kept) {
        return fail(s->settings.json, CLI_INPUT, NVT_E_SPOOL_IO,
                    "the old spool cannot be kept as %s (%s): make room for that name, or convert "
                    "it with navette spool convert; %s is as it was",
                    name, strerror(errno), s->set.spool_file);
    }
    return nvt_posix_sync_folder(s->set.spool_file)
               ? CLI_OK
               : fail(s->settings.json, CLI_INPUT, NVT_E_SPOOL_IO, "the folder of %s: %s",
                      s->set.spool_file, strerror(errno));
}

/* ---- converting ---- */

static void tell_done(const struct serve *s, const struct spool_convert *c, const char *kept)
{
    char losses[256];
    bool damaged = spool_convert_losses(c, losses, sizeof losses);
    tell(TELL_NOTE, "%s was of format 2 and is of format 3 now, with %lu journeys%s%s",
         s->set.spool_file, (unsigned long)c->old.count,
         kept[0] == '\0' ? "" : "; the old one is kept as ", kept);
    if (damaged) {
        tell(TELL_WARNING, "%s was damaged before it was converted: %s", s->set.spool_file, losses);
    }
}

static int put_in_place(const struct serve *s, const struct spool_convert *c, int code)
{
    char kept[NAME_CAP] = "";
    int kept_code = keep_old(s, code == CLI_CHECK, kept);
    if (kept_code != CLI_OK) {
        return kept_code;
    }
    if (rename(c->out, s->set.spool_file) != 0 || !nvt_posix_sync_folder(s->set.spool_file)) {
        return fail(s->settings.json, CLI_INPUT, NVT_E_SPOOL_IO, "%s cannot become %s (%s)", c->out,
                    s->set.spool_file, strerror(errno));
    }
    tell_done(s, c, kept);
    return CLI_OK;
}

static int convert(struct serve *s, const struct nvt_posix_file *old)
{
    static struct spool_convert c;
    char made[NAME_CAP];
    (void)snprintf(made, sizeof made, "%s.v3", s->set.spool_file);
    (void)memset(&c, 0, sizeof c);
    c.from = &old->device;
    c.name = s->set.spool_file;
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
    const char *path = s->set.spool_file;
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
    (void)snprintf(name, sizeof name, "%s.v2", s->set.spool_file);
    if (lstat(name, &st) != 0 || is_same_file(s->file.fd, name)) {
        return;
    }
    if (spool_convert_remove(name)) {
        tell(TELL_NOTE, "%s, the spool before it was converted, is removed", name);
    }
}
