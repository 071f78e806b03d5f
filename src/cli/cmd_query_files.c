/* SPDX-License-Identifier: Apache-2.0 */
/*
 * navette query files: the attachments of a dossier, into a folder. They lie in a store of another
 * host, at addresses that are good for some minutes and are secrets themselves; the token never
 * goes there. A file gets its name once size and sum are those that the service told.
 */
#include "attachments.h"
#include "cmd_query.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PART ".navette.part" /* under way; one run at a time */
#define TRIES_MAX 3U
#define WAIT_MS 10000U
#define RENEWALS_MAX 3U /* of the addresses, in a run */
#define NUMBER_MAX 999U
#define INCLUDE                                                                                    \
    ((uint8_t)(NVT_DEMARCHES_CHAMPS | NVT_DEMARCHES_ANNOTATIONS | NVT_DEMARCHES_AVIS |             \
               NVT_DEMARCHES_MESSAGES))
#define SUM_OF_NOTHING "1B2M2Y8AsgTpgAmY7PhCfg=="

static struct query query;

enum state { FETCHED, KEPT, FAILED, LEFT, STATES };
static const char *const state_names[STATES] = {"fetched", "kept", "failed", "left"};

/* What became of one. */
struct result {
    enum state state;
    char saved[SAFE_NAME_CAP]; /* "": it has no name here */
    char why[200];
};

struct fetch {
    const char *folder;
    int dir, fd; /* the folder, and PART in it; -1 */
    int32_t number;
    struct attachments all;
    struct result *result;
    size_t count[STATES];
    /* of the file under way */
    uint64_t want, bytes;
    bool disk; /* it could not be written */
    unsigned renewals;
    int stop; /* the exit code that ends the run, CLI_OK */
};

/* ---- what is there already ---- */

static nvt_err from_file(void *ctx, uint64_t offset, uint8_t *out, size_t cap, size_t *out_n)
{
    const int *fd = (const int *)ctx;
    ssize_t n = pread(*fd, out, cap, (off_t)offset);
    *out_n = n > 0 ? (size_t)n : 0U;
    return n > 0 ? NVT_OK : NVT_E_SOURCE;
}

static bool has_sum(int fd, const struct attachment *a)
{
    static uint8_t room[65536];
    struct nvt_demarches_upload sum;
    (void)memset(&sum, 0, sizeof sum);
    sum.source = from_file;
    sum.source_ctx = &fd;
    sum.len = a->size;
    if (a->size == 0U) {
        return strcmp(a->sum, SUM_OF_NOTHING) == 0;
    }
    return nvt_demarches_upload_sum(&sum, room, sizeof room) == NVT_OK &&
           strcmp(sum.checksum, a->sum) == 0;
}

/* A file of that name that is the attachment. */
static bool is_there(const struct fetch *f, const struct attachment *a, const char *name)
{
    struct stat st;
    int fd = openat(f->dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    bool same = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
                (uint64_t)st.st_size == a->size && has_sum(fd, a);
    if (fd >= 0) {
        (void)close(fd);
    }
    return same;
}

static bool exists(const struct fetch *f, const char *name)
{
    struct stat st;
    return fstatat(f->dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}

/* By another attachment of this run; some file systems know no case. */
static bool is_taken(const struct fetch *f, size_t index, const char *name)
{
    bool taken = false;
    for (size_t i = 0; i < index && !taken; i++) {
        taken = nvt_span_eq_nocase(nvt_span_str(f->result[i].saved), nvt_span_str(name));
    }
    return taken;
}

/* The first number whose name is free, or is the attachment. Files of others stay. */
static bool choose(const struct fetch *f, size_t index, unsigned *number, struct result *r)
{
    const struct attachment *a = &f->all.item[index];
    bool free_name = false;
    r->state = FAILED;
    while (!free_name && r->state != KEPT && *number < NUMBER_MAX) {
        (*number)++;
        safe_name(nvt_span_str(a->name), *number, r->saved);
        if (!is_taken(f, index, r->saved)) {
            free_name = !exists(f, r->saved);
            r->state = !free_name && is_there(f, a, r->saved) ? KEPT : FAILED;
        }
    }
    return free_name;
}

/* ---- the request ---- */

static nvt_err take_piece(void *ctx, struct nvt_span piece)
{
    struct fetch *f = (struct fetch *)ctx;
    f->bytes += piece.len;
    if (f->bytes > f->want) {
        return NVT_E_SINK; /* it is not the file, whatever follows */
    }
    f->disk = !file_write(f->fd, piece);
    return f->disk ? NVT_E_SINK : NVT_OK;
}

/* scheme, host and port; and all from the path on, up to the fragment */
static nvt_err split_url(const char *url, struct nvt_origin *origin, struct nvt_span *target)
{
    const char *host = strstr(url, "://");
    size_t len = host == NULL ? strlen(url) : (size_t)(host - url) + 3U;
    len += strcspn(url + len, "/?#");
    *target = nvt_span_of(url + len, strcspn(url + len, "#"));
    return nvt_origin_parse(nvt_span_of(url, len), origin);
}

/* Its host alone is told: whoever has the rest has the file. */
static void put_fault(struct result *r, const char *url, nvt_err err)
{
    char named[NVT_HOST_CAP];
    const char *start = strstr(url, "://");
    struct nvt_span host = nvt_span_str(start == NULL ? "" : start + 3);
    host.len = strcspn((const char *)host.ptr, "/?#");
    const void *user = host.len == 0U ? NULL : memchr(host.ptr, '@', host.len);
    if (user != NULL) {
        nvt_span_skip(&host, (size_t)((const uint8_t *)user - host.ptr) + 1U);
    }
    mask_copy(named, sizeof named, host);
    (void)snprintf(r->why, sizeof r->why, "its address at %.100s is of no use: %s",
                   named[0] == '\0' ? "no host" : named, nvt_err_text(err));
}

/* From the start, into an empty part. */
static nvt_err ask(struct fetch *f, const struct attachment *a)
{
    static struct nvt_request request;
    static struct nvt_origin origin;
    (void)memset(&request, 0, sizeof request);
    nvt_err err = split_url(a->url, &origin, &request.target);
    if (err != NVT_OK) {
        return err;
    }
    if (request.target.len == 0U || request.target.ptr[0] != (uint8_t)'/') {
        return NVT_E_URL;
    }
    f->want = a->size;
    f->bytes = 0;
    f->disk = ftruncate(f->fd, 0) != 0 || lseek(f->fd, 0, SEEK_SET) != 0;
    request.method = NVT_LIT("GET");
    request.accept = NVT_LIT("*/*");
    request.origin = &origin;
    request.flags = (uint8_t)((unsigned)NVT_REQ_IDEMPOTENT | (unsigned)NVT_REQ_NO_AUTH);
    request.sink = take_piece;
    request.sink_ctx = f;
    err = nvt_call_begin(&query.session.call, &request);
    if (err == NVT_OK) {
        session_run(&query.session);
    }
    return err;
}

/* ---- what came ---- */

static bool is_expired(void)
{
    uint16_t status = query.session.call.outcome.status;
    return status == 401U || status == 403U || status == 404U || status == 410U;
}

/* The type of an answer that is not the file tells most: a page of somebody in between. */
static void put_type(char *out, size_t cap)
{
    struct nvt_span type = NVT_LIT("");
    (void)nvt_http_field_find(&query.session.call.response, NVT_LIT("Content-Type"), &type);
    mask_copy(out, cap, type);
}

/* A 2xx, whole or stopped by the sink. */
static void judge_body(const struct fetch *f, const struct attachment *a, struct result *r)
{
    char type[48];
    put_type(type, sizeof type);
    r->state = FAILED;
    if (f->bytes > f->want) {
        (void)snprintf(r->why, sizeof r->why,
                       "what came (%s) is longer than the %llu bytes of the file", type,
                       (unsigned long long)a->size);
    } else if (f->bytes < f->want) {
        (void)snprintf(r->why, sizeof r->why, "what came (%s) has %llu bytes, the file has %llu",
                       type, (unsigned long long)f->bytes, (unsigned long long)a->size);
    } else if (!has_sum(f->fd, a)) {
        (void)snprintf(r->why, sizeof r->why, "what came (%s) has another MD5 than the file", type);
    } else {
        r->state = FETCHED;
    }
}

static void judge_status(struct result *r)
{
    const struct nvt_outcome *o = &query.session.call.outcome;
    const char *host = query.session.call.request->origin->host;
    if (o->status >= 300U && o->status <= 399U) {
        (void)snprintf(r->why, sizeof r->why,
                       "%.100s redirects elsewhere (HTTP %u), and redirects are not followed", host,
                       (unsigned)o->status);
    } else if (is_expired()) {
        (void)snprintf(r->why, sizeof r->why, "%.100s no longer has it at this address (HTTP %u)",
                       host, (unsigned)o->status);
    } else if (o->status != 0U) {
        (void)snprintf(r->why, sizeof r->why, "%.100s answered HTTP %u", host, (unsigned)o->status);
    } else {
        (void)snprintf(r->why, sizeof r->why, "%.100s: %s", host, nvt_err_text(o->failure.err));
    }
}

static void judge(struct fetch *f, const struct attachment *a, struct result *r)
{
    const struct nvt_outcome *o = &query.session.call.outcome;
    bool too_long = o->failure.err == NVT_E_SINK && f->bytes > f->want;
    r->state = FAILED;
    if (o->failure.err == NVT_E_CANCELLED) {
        f->stop = CLI_INTERRUPTED;
        (void)snprintf(r->why, sizeof r->why, "stopped");
    } else if (f->disk) {
        f->stop = CLI_INPUT;
        (void)snprintf(r->why, sizeof r->why, "it cannot be written: check the disk");
    } else if (o->verdict == NVT_DELIVERED || too_long) {
        judge_body(f, a, r);
    } else {
        judge_status(r);
    }
}

/* ---- again ---- */

/* What may pass: a wire that broke, a store that is busy, a body that ended early. */
static bool worth_waiting(const struct fetch *f)
{
    const struct nvt_outcome *o = &query.session.call.outcome;
    uint64_t now = session_now_ms(&query.session);
    bool early = o->verdict == NVT_DELIVERED && f->bytes < f->want;
    if (f->stop != CLI_OK || is_expired() || (o->verdict != NVT_RETRY && !early) ||
        o->retry_at_ms > now + WAIT_MS) {
        return false;
    }
    session_wait(&query.session, o->retry_at_ms > now + 200U ? o->retry_at_ms : now + 200U);
    return !signals_stop();
}

/* Addresses are good for some minutes: the dossier is asked for new ones. */
static bool renew(struct fetch *f, struct attachment *a)
{
    struct attachments fresh = {NULL, 0, 0};
    if (f->stop != CLI_OK || !is_expired() || f->renewals == RENEWALS_MAX) {
        return false;
    }
    f->renewals++;
    nvt_err err = query_run(
        &query, nvt_demarches_dossier(&query.session.call, &query.request, f->number, INCLUDE));
    bool ok =
        err == NVT_OK && attachments_take(&fresh, nvt_demarches_find(query.answer.data, "dossier"));
    const struct attachment *same = ok ? attachments_same(&fresh, a) : NULL;
    char *url = same == NULL ? NULL : strdup(same->url);
    if (url != NULL) {
        free(a->url);
        a->url = url;
    }
    attachments_free(&fresh);
    return url != NULL;
}

static void download(struct fetch *f, struct attachment *a, struct result *r)
{
    bool go_on = true;
    bool renewed = false;
    for (unsigned tries = 0; go_on && tries < TRIES_MAX; tries++) {
        nvt_err err = ask(f, a);
        if (err != NVT_OK) {
            put_fault(r, a->url, err);
            return;
        }
        judge(f, a, r);
        go_on = r->state != FETCHED && worth_waiting(f);
        if (r->state != FETCHED && !renewed && renew(f, a)) {
            renewed = true;
            go_on = true;
        }
    }
}

/* ---- one file ---- */

/* One that was left by a run that was cut off may be a file's second name: it must not be written
 * to. */
static bool open_part(struct fetch *f)
{
    struct stat st;
    f->fd = file_open_locked(f->dir, PART, O_CREAT);
    if (f->fd >= 0 && fstat(f->fd, &st) == 0 && (st.st_nlink != 1U || st.st_size > 0)) {
        (void)unlinkat(f->dir, PART, 0);
        (void)close(f->fd);
        f->fd = file_open_locked(f->dir, PART, O_CREAT);
    }
    return f->fd >= 0;
}

static void close_part(struct fetch *f)
{
    (void)unlinkat(f->dir, PART, 0);
    (void)close(f->fd);
    f->fd = -1;
}

/* Under its name, unless something has that meanwhile. Not every file system has links. */
static bool place(const struct fetch *f, const char *name)
{
    if (fsync(f->fd) != 0) {
        return false;
    }
    bool ok = linkat(f->dir, PART, f->dir, name, 0) == 0;
    if (!ok && errno != EEXIST && !exists(f, name)) {
        ok = renameat(f->dir, PART, f->dir, name) == 0;
    }
    return ok;
}

static void fetch_one(struct fetch *f, size_t index, struct result *r)
{
    struct attachment *a = &f->all.item[index];
    unsigned number = 0;
    if (!choose(f, index, &number, r)) {
        if (r->state != KEPT) {
            (void)snprintf(r->why, sizeof r->why, "there are too many files of that name");
        }
        return;
    }
    if (!open_part(f)) {
        (void)snprintf(r->why, sizeof r->why, "%s cannot be written (%s): another run may use it",
                       PART, strerror(errno));
        f->stop = CLI_INPUT;
        return;
    }
    download(f, a, r);
    while (r->state == FETCHED && !place(f, r->saved)) {
        if (errno != EEXIST || !choose(f, index, &number, r)) {
            (void)snprintf(r->why, sizeof r->why, "it cannot be kept: %s", strerror(errno));
            f->stop = CLI_INPUT;
            r->state = FAILED;
        } else {
            r->state = FETCHED;
        }
    }
    close_part(f);
}

/* What the service makes anew for each reader has no sum: the dossier as a PDF, its map. */
static bool is_made_anew(const struct attachment *a)
{
    return strcmp(a->place, "pdf") == 0 || strcmp(a->place, "geojson") == 0;
}

static void take_one(struct fetch *f, size_t index)
{
    const struct attachment *a = &f->all.item[index];
    struct result *r = &f->result[index];
    r->state = FAILED;
    if (a->scan == SCAN_BAD) {
        (void)snprintf(r->why, sizeof r->why, "the service's virus scan says %s", a->scan_said);
    } else if (a->sum[0] == '\0' && is_made_anew(a)) {
        r->state = LEFT;
        (void)snprintf(r->why, sizeof r->why,
                       "the service makes it anew for each reader and tells no sum of it");
    } else if (a->sum[0] == '\0') {
        (void)snprintf(r->why, sizeof r->why,
                       "the service tells no sum of it, so that nobody knows whether it is whole");
    } else {
        fetch_one(f, index, r);
    }
    if (r->state == FAILED || r->state == LEFT) {
        r->saved[0] = '\0';
    }
    f->count[r->state]++;
}

/* ---- what is told ---- */

static void tell_one(const struct attachment *a, const struct result *r)
{
    if (r->state == FAILED || r->state == LEFT) {
        say("%s (%s): %s: %s", a->name, a->place, r->state == LEFT ? "left out" : "not fetched",
            r->why);
    } else if (a->scan == SCAN_PENDING) {
        say("%s: the service has not scanned it for viruses yet", r->saved);
    } else {
        /* it is there */
    }
    if (!query.settings.json && r->saved[0] != '\0') {
        (void)printf("%-7s %10llu  %s\n", state_names[r->state], (unsigned long long)a->size,
                     r->saved);
        (void)fflush(stdout);
    }
}

static void put_one(const struct attachment *a, const struct result *r)
{
    out_open_object(NULL);
    out_str("name", a->name);
    out_str("place", a->place);
    out_str("state", state_names[r->state]);
    out_str("file", r->saved);
    out_int("bytes", (int64_t)a->size);
    out_str("checksum", a->sum);
    out_str("scan", a->scan_said);
    out_str("message", r->why);
    out_close_object();
}

static int conclude(const struct fetch *f)
{
    int code = f->stop != CLI_OK ? f->stop : f->count[FAILED] > 0U ? CLI_PARTLY : CLI_OK;
    size_t done = f->count[FETCHED] + f->count[KEPT] + f->count[FAILED] + f->count[LEFT];
    if (query.settings.json) {
        out_begin();
        out_bool("ok", code == CLI_OK);
        out_int("exit", code);
        for (unsigned i = 0; i < STATES; i++) {
            out_int(state_names[i], (int64_t)f->count[i]);
        }
        out_open_array("files");
        for (size_t i = 0; i < done; i++) {
            put_one(&f->all.item[i], &f->result[i]);
        }
        out_close_array();
        out_traffic(&query.session);
        out_end();
    }
    say("dossier %ld: %zu files: %zu fetched, %zu there already, %zu failed, %zu left out",
        (long)f->number, f->all.count, f->count[FETCHED], f->count[KEPT],
        f->all.count - done + f->count[FAILED], f->count[LEFT]);
    return code;
}

/* ---- the command ---- */

static int open_folder(struct fetch *f, const char *path, bool json)
{
    f->folder = path;
    if (mkdir(path, S_IRWXU) != 0 && errno != EEXIST) {
        return fail(json, CLI_INPUT, NVT_OK, "the folder %s cannot be made: %s", path,
                    strerror(errno));
    }
    f->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (f->dir < 0) {
        return fail(json, CLI_INPUT, NVT_OK, "%s is no folder that can be read: %s", path,
                    strerror(errno));
    }
    return CLI_OK;
}

static int take_all(struct fetch *f)
{
    nvt_err err = query_run(
        &query, nvt_demarches_dossier(&query.session.call, &query.request, f->number, INCLUDE));
    if (err != NVT_OK) {
        return query_fail(&query, "query files", err);
    }
    if (attachments_take(&f->all, nvt_demarches_find(query.answer.data, "dossier"))) {
        f->result = (struct result *)calloc(f->all.count + 1U, sizeof f->result[0]);
    }
    if (f->result == NULL) {
        return fail(query.settings.json, CLI_INPUT, NVT_E_SPACE, "there is no memory for the list");
    }
    for (size_t i = 0; i < f->all.count && f->stop == CLI_OK; i++) {
        take_one(f, i);
        tell_one(&f->all.item[i], &f->result[i]);
        f->stop = f->stop == CLI_OK && signals_stop() ? CLI_INTERRUPTED : f->stop;
    }
    (void)fsync(f->dir);
    return conclude(f);
}

int cmd_query_files(const struct args *a)
{
    struct fetch f = {.dir = -1, .fd = -1, .stop = CLI_OK};
    if (a->to == NULL) {
        return fail(a->json, CLI_USAGE, NVT_E_FIELD_MISSING, "query files needs --to DIR");
    }
    int code = query_number(a->word[0], "DOSSIER", a->json, &f.number);
    if (code == CLI_OK) {
        code = open_folder(&f, a->to, a->json);
    }
    if (code == CLI_OK) {
        code = query_open(&query, a, 0U);
    }
    if (code == CLI_OK) {
        code = take_all(&f);
        query_close(&query);
    }
    attachments_free(&f.all);
    free(f.result);
    if (f.dir >= 0) {
        (void)close(f.dir);
    }
    return code;
}
