/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The drop folder, a step at a time: some files, or some lines of a large one, with one sync of the
 * spool for all; then the files whose lines are all durable are removed.
 */
#include "drop.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* What one step takes before the uplink has its turn. */
enum { STEP_LINES = 256, STEP_FILES = 64 };

static struct {
    DIR *dir;
    struct stat place; /* which folder is open */
    bool unsafe;       /* a file could not be removed, nor marked as done: it would come again */
    bool under_way;    /* file stands in the middle of its lines */
    struct drop_file file;
    struct drop_ref done[STEP_FILES]; /* all lines taken, not committed yet */
    size_t done_count;
    char fault[CLI_PATH_CAP]; /* what was met since the folder was looked at last, "" nothing */
    char said[CLI_PATH_CAP];
} drop;

static void set_fault(struct serve *s, const char *name, const char *wrong)
{
    (void)snprintf(drop.fault, sizeof drop.fault, "%s%s%s", name, name[0] == '\0' ? "" : ": ",
                   wrong);
    make_plain(drop.fault); /* names are what producers make them */
    s->drop_err = drop.fault;
}

/* ---- the folder ---- */

static void close_file(void)
{
    drop_file_close(&drop.file);
    drop.under_way = false;
}

static void close_folder(void)
{
    if (drop.under_way) {
        close_file();
    }
    if (drop.dir != NULL) {
        (void)closedir(drop.dir);
        drop.dir = NULL;
    }
}

static bool open_folder(const char *path)
{
    drop.dir = opendir(path);
    if (drop.dir != NULL && fstat(dirfd(drop.dir), &drop.place) != 0) {
        close_folder();
    }
    return drop.dir != NULL;
}

/* Another one may stand there by now. */
static bool is_open(const char *path)
{
    struct stat now;
    return drop.dir != NULL && stat(path, &now) == 0 && now.st_dev == drop.place.st_dev &&
           now.st_ino == drop.place.st_ino;
}

/* NULL, or why nothing can be taken from it. */
static const char *folder_fault(const char *path)
{
    if (!is_open(path)) {
        close_folder();
        if (!open_folder(path)) {
            return "it cannot be opened: make it, or check its mode";
        }
    }
    if (faccessat(dirfd(drop.dir), ".", W_OK | X_OK, AT_EACCESS) != 0) {
        return "it cannot be written: done files could not be removed";
    }
    return drop.unsafe ? "a done file can neither be removed nor marked: remove it, then restart"
                       : NULL;
}

int drop_open(struct serve *s)
{
    close_folder();
    drop.unsafe = false;
    drop.done_count = 0;
    drop.said[0] = '\0';
    s->drop_more = false;
    s->drop_err = NULL;
    s->scan_at_ms = s->set.drop_dir[0] == '\0' ? UINT64_MAX : 0U;
    if (s->set.drop_dir[0] == '\0') {
        return CLI_OK;
    }
    const char *wrong = folder_fault(s->set.drop_dir);
    return wrong == NULL ? CLI_OK
                         : fail(s->settings.json, CLI_CONFIG, NVT_OK, "the drop folder %s: %s",
                                s->set.drop_dir, wrong);
}

void drop_close(struct serve *s)
{
    (void)s;
    close_folder();
}

/* ---- a step ---- */

static bool ends_in(const char *name, const char *end)
{
    size_t len = strlen(name);
    size_t end_len = strlen(end);
    return len > end_len && strcmp(name + len - end_len, end) == 0;
}

static bool is_ours(const char *name)
{
    return name[0] != '.' && (ends_in(name, ".json") || ends_in(name, ".jsonl"));
}

/* Done, and only waiting for the commit. */
static bool is_done(const char *name)
{
    size_t i = 0;
    while (i < drop.done_count && strcmp(drop.done[i].name, name) != 0) {
        i++;
    }
    return i < drop.done_count;
}

/* The next file that has lines. False at the end of the folder. */
static bool open_next(struct serve *s)
{
    const struct dirent *e = readdir(drop.dir);
    while (e != NULL && !drop.under_way) {
        if (is_ours(e->d_name) && !is_done(e->d_name)) {
            drop.under_way = drop_file_open(&drop.file, dirfd(drop.dir), e->d_name);
            if (drop.file.wrong != NULL) {
                set_fault(s, e->d_name, drop.file.wrong);
            }
        }
        e = drop.under_way ? NULL : readdir(drop.dir);
    }
    return drop.under_way;
}

/* False when it cannot go on now. */
static bool take_file(struct serve *s, unsigned *left)
{
    bool done = drop_file_take(&drop.file, s, left);
    if (drop.file.wrong != NULL) {
        set_fault(s, drop.file.ref.name, drop.file.wrong);
    }
    if (done) {
        drop.done[drop.done_count] = drop.file.ref;
        drop.done_count++;
        close_file();
    }
    return done || drop.file.wrong == NULL;
}

/* True when the folder has been gone through, or nothing more can be taken now. */
static bool take_files(struct serve *s)
{
    unsigned left = STEP_LINES;
    while (left > 0U && drop.done_count < (size_t)STEP_FILES) {
        if (!drop.under_way && !open_next(s)) {
            return true;
        }
        if (!take_file(s, &left)) {
            return true;
        }
    }
    return false;
}

/* Its lines are durable: they must not come again. */
static void put_away(struct serve *s, const struct drop_ref *f)
{
    if (f->broken) {
        drop.unsafe = !drop_file_mark(f) || drop.unsafe;
    } else if (drop_file_remove(f)) {
        s->intake.files++;
    } else {
        drop.unsafe = !drop_file_mark(f) || drop.unsafe;
        set_fault(s, f->name, "it cannot be removed: check the folder");
    }
}

/* False when a restart would take lines of it again. */
static bool note_progress(struct serve *s, struct drop_file *f)
{
    if (f->ref.at == f->marked) {
        return true;
    }
    if (!drop_file_mark(&f->ref)) {
        set_fault(s, f->ref.name, "how far it is taken cannot be noted: check disk and mode");
        return false;
    }
    f->marked = f->ref.at;
    f->marked_lines = f->ref.lines;
    return true;
}

/* The one under way; with a fault of its own it is left for now, and the others go on. */
static void leave(struct serve *s, struct drop_file *f)
{
    if (note_progress(s, f) && f->wrong != NULL && f->own) {
        close_file();
        s->drop_more = true;
    }
}

/* Nothing of this step may have been kept: its files are read again. */
static void forget(struct serve *s, const struct serve_intake_counters *before)
{
    if (drop.under_way) {
        close_file();
    }
    s->intake = *before;
    intake_note_failure(s, true);
    set_fault(s, "", "the spool's device failed");
    s->drop_more = false;
}

static void step(struct serve *s)
{
    struct serve_intake_counters before = s->intake;
    drop.done_count = 0;
    nvt_spool_hold(&s->spool);
    s->drop_more = !take_files(s);
    if (nvt_spool_commit(&s->spool) != NVT_OK) {
        forget(s, &before);
        return;
    }
    if (s->intake.kept != before.kept) {
        intake_note_failure(s, false);
    }
    for (size_t i = 0; i < drop.done_count; i++) {
        put_away(s, &drop.done[i]);
    }
    if (drop.under_way) {
        leave(s, &drop.file);
    }
}

static void scan(struct serve *s)
{
    const char *wrong = folder_fault(s->set.drop_dir);
    if (!s->drop_more) {
        drop.fault[0] = '\0';
    }
    if (wrong != NULL) {
        s->drop_more = false;
        set_fault(s, "", wrong);
        return;
    }
    if (!s->drop_more) {
        rewinddir(drop.dir);
    }
    step(s);
}

static void say_change(const struct serve *s)
{
    if (strcmp(drop.fault, drop.said) == 0) {
        return;
    }
    if (drop.fault[0] == '\0') {
        tell(TELL_NOTE, "the drop folder %s: nothing is in the way any more", s->set.drop_dir);
    } else {
        tell(TELL_WARNING, "the drop folder %s: %s", s->set.drop_dir, drop.fault);
    }
    (void)memcpy(drop.said, drop.fault, sizeof drop.said);
}

void drop_step(struct serve *s, uint64_t now_ms)
{
    if (s->set.drop_dir[0] == '\0' || s->stopping || (!s->drop_more && now_ms < s->scan_at_ms)) {
        return;
    }
    s->scan_at_ms = now_ms + (uint64_t)s->set.scan_s * 1000U;
    scan(s);
    if (!s->drop_more) {
        s->drop_err = drop.fault[0] == '\0' ? NULL : drop.fault;
        say_change(s);
    }
}
