/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The refresh token of a system that rotates them: the old one is worth nothing once the server has
 * answered, so the new one must outlive a power cut before its access token is used. One file for
 * each system, origin and user, readable by its owner alone, 256 bytes:
 *
 *     navette-refresh 1
 *     <SHA-256 of system, origin, place of tokens, user name and first refresh token, hex>
 *     <SHA-256 of the line above and the token, hex>
 *     <token, spaces>
 *
 * Beside it lies a file of the same size and no content, the spare, made before anything is asked
 * of the server: a full or read-only disk shows while the old token is still good. The new record
 * is written into it and made durable; then it takes the file's name. A spare that holds a whole
 * record was on its way there when the power failed: it is the newer one.
 */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <mbedtls/md.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define HEAD "navette-refresh 1\n"
#define HEX_LEN ((size_t)64)
#define RECORD_LEN ((size_t)256)
#define TOKEN_AT (sizeof HEAD - 1U + 2U * (HEX_LEN + 1U))
#define LOCK_POLL_MS 50U

typedef char refresh_record_holds_a_token[TOKEN_AT + NVT_REFRESH_CAP <= RECORD_LEN
                                              ? 1
                                              : -1]; /* C99 has no static assertion */

/* ---- hashes ---- */

static void put_hex(char out[HEX_LEN + 1U], const unsigned char hash[32])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < 32U; i++) {
        out[2U * i] = digits[hash[i] >> 4U];
        out[2U * i + 1U] = digits[hash[i] & 15U];
    }
    out[HEX_LEN] = '\0';
}

/* SHA-256 of texts, each with its NUL, so that "a", "bc" is not "ab", "c". */
static bool hash_texts(const char *const *texts, size_t count, char out[HEX_LEN + 1U])
{
    unsigned char hash[32] = {0};
    mbedtls_md_context_t md;
    mbedtls_md_init(&md);
    bool ok = mbedtls_md_setup(&md, mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), 0) == 0 &&
              mbedtls_md_starts(&md) == 0;
    for (size_t i = 0; ok && i < count; i++) {
        ok = mbedtls_md_update(&md, (const unsigned char *)texts[i], strlen(texts[i]) + 1U) == 0;
    }
    ok = ok && mbedtls_md_finish(&md, hash) == 0;
    mbedtls_md_free(&md);
    put_hex(out, hash);
    return ok;
}

/* The password and the API key do not count: they may change while the token stays good. */
static bool make_key(struct refresh_store *st, const struct nvt_client *c)
{
    char port[8];
    char token_port[8];
    const char *const texts[] = {
        c->profile->name,          c->origin.host,       port,
        c->origin.base_path,       c->token_origin.host, token_port,
        c->token_origin.base_path, c->credentials.id,    c->credentials.refresh};
    (void)snprintf(port, sizeof port, "%u", (unsigned)c->origin.port);
    (void)snprintf(token_port, sizeof token_port, "%u", (unsigned)c->token_origin.port);
    return hash_texts(texts, sizeof texts / sizeof texts[0], st->key);
}

static bool make_check(const char *key, const char *token, char out[HEX_LEN + 1U])
{
    const char *const texts[] = {key, token};
    return hash_texts(texts, 2U, out);
}

/* ---- the record ---- */

static bool write_record(const struct refresh_store *st, const char *token, char out[RECORD_LEN])
{
    char check[HEX_LEN + 1U];
    char text[RECORD_LEN + 1U];
    if (!make_check(st->key, token, check)) {
        return false;
    }
    int n = snprintf(text, sizeof text, HEAD "%s\n%s\n%s", st->key, check, token);
    bool fits = n > 0 && (size_t)n < RECORD_LEN;
    if (fits) {
        (void)memset(out, ' ', RECORD_LEN);
        (void)memcpy(out, text, (size_t)n);
        out[RECORD_LEN - 1U] = '\n';
    }
    nvt_wipe(text, sizeof text);
    return fits;
}

/* Exactly what write_record writes for this key; the token goes to out. */
static bool read_record(const struct refresh_store *st, const char record[RECORD_LEN],
                        char out[NVT_REFRESH_CAP])
{
    char again[RECORD_LEN];
    struct nvt_span rest = nvt_span_of(record + TOKEN_AT, RECORD_LEN - TOKEN_AT - 1U);
    struct nvt_span token = nvt_span_trim(rest);
    out[0] = '\0';
    if (token.len == 0U || token.len >= NVT_REFRESH_CAP ||
        memchr(token.ptr, 0, token.len) != NULL) {
        return false;
    }
    (void)memcpy(out, token.ptr, token.len);
    out[token.len] = '\0';
    bool same = write_record(st, out, again) && memcmp(record, again, RECORD_LEN) == 0;
    nvt_wipe(again, sizeof again);
    if (!same) {
        nvt_wipe(out, NVT_REFRESH_CAP);
    }
    return same;
}

/* ---- files ---- */

/* A regular file that is ours and nobody else's to read. */
static bool is_private(int fd)
{
    struct stat s;
    return fstat(fd, &s) == 0 && S_ISREG(s.st_mode) && s.st_uid == geteuid() &&
           (s.st_mode & (mode_t)(S_IRWXG | S_IRWXO)) == 0;
}

/* What went wrong, for whoever is told. Returns false. */
static bool broken(struct refresh_store *st, const char *what)
{
    st->wrong = what;
    st->error = errno;
    return false;
}

enum lying { LIES_NOTHING, LIES_DAMAGED, LIES_FOREIGN };

/* What lies where no record of ours does. A record of a later version is not ours to replace; nor
 * is what cannot be read, or no file. The power may have failed while the spare was written. */
static enum lying judge(const struct refresh_store *st, const char *path, const char *start,
                        size_t len)
{
    size_t version = sizeof HEAD - 3U; /* behind the name of the form */
    size_t n = len < sizeof HEAD - 1U ? len : sizeof HEAD - 1U;
    bool same = memcmp(start, HEAD, n) == 0;
    bool later = n > version && memcmp(start, HEAD, version) == 0;
    if (len == 0U || same || (path == st->spare && !later)) {
        return len == 0U ? LIES_NOTHING : LIES_DAMAGED;
    }
    return LIES_FOREIGN;
}

/* True when the file at path holds a record of ours, else *out_lying. */
static bool load(const struct refresh_store *st, const char *path, char out[NVT_REFRESH_CAP],
                 enum lying *out_lying)
{
    char record[RECORD_LEN + 1U];
    struct stat s;
    size_t len = 0;
    ssize_t n = 1;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) {
        *out_lying =
            errno == ENOENT ? LIES_NOTHING : (errno == ELOOP ? LIES_DAMAGED : LIES_FOREIGN);
        return false;
    }
    bool regular = fstat(fd, &s) == 0 && S_ISREG(s.st_mode);
    bool ours = regular && is_private(fd);
    while (regular && n > 0 && len < sizeof record) {
        n = read(fd, record + len, sizeof record - len);
        len += n > 0 ? (size_t)n : 0U;
    }
    (void)close(fd);
    bool ok = ours && len == RECORD_LEN && read_record(st, record, out);
    *out_lying = regular && n >= 0 ? judge(st, path, record, len) : LIES_FOREIGN;
    nvt_wipe(record, sizeof record);
    return ok;
}

/* The spare with these bytes, durable but for its name. */
static bool write_spare(struct refresh_store *st, const char bytes[RECORD_LEN])
{
    int fd = open(st->spare, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
                  S_IRUSR | S_IWUSR);
    if (fd < 0) {
        return broken(st, "it cannot be made");
    }
    bool ok = is_private(fd) || broken(st, "it is readable by others");
    ok = ok &&
         (file_write(fd, nvt_span_of(bytes, RECORD_LEN)) || broken(st, "it cannot be written"));
    ok = ok && (ftruncate(fd, (off_t)RECORD_LEN) == 0 || broken(st, "it cannot be cut"));
    ok = ok && (fsync(fd) == 0 || broken(st, "it cannot be made durable"));
    return (close(fd) == 0 || broken(st, "it cannot be closed")) && ok;
}

/* Before anything is asked: room for the record that is going to come. */
static bool make_spare(struct refresh_store *st)
{
    static const char nothing[RECORD_LEN];
    struct stat s;
    if (lstat(st->spare, &s) == 0 && S_ISREG(s.st_mode) && s.st_size == (off_t)RECORD_LEN &&
        access(st->dir, W_OK | X_OK) == 0 && access(st->spare, W_OK) == 0) {
        return true;
    }
    (void)unlink(st->spare);
    return write_spare(st, nothing);
}

static bool promote(struct refresh_store *st)
{
    return (rename(st->spare, st->path) == 0 || broken(st, "it cannot be renamed")) &&
           (nvt_posix_sync_folder(st->path) || broken(st, "the folder cannot be made durable"));
}

/* ---- one run at a time ---- */

static void unlock(struct refresh_store *st)
{
    if (st->lock >= 0) {
        (void)close(st->lock);
        st->lock = -1;
    }
}

/* Two runs that show the same refresh token would end one of them. NVT_AGAIN: another has it. */
static nvt_err try_lock(struct refresh_store *st)
{
    char path[sizeof st->spare];
    (void)snprintf(path, sizeof path, "%s.lock", st->path);
    st->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (st->lock < 0) {
        (void)broken(st, "its lock cannot be made");
        return NVT_E_GRANT_KEEP;
    }
    if (flock(st->lock, LOCK_EX | LOCK_NB) != 0) {
        (void)broken(st, "another run holds it");
        unlock(st);
        return NVT_AGAIN;
    }
    return NVT_OK;
}

static bool lock(struct refresh_store *st, uint32_t timeout_s)
{
    nvt_err err = try_lock(st);
    for (uint32_t ms = 0; err == NVT_AGAIN; ms += LOCK_POLL_MS) {
        struct timespec pause = {0, (long)LOCK_POLL_MS * 1000000L};
        if (ms / 1000U >= timeout_s || signals_stop()) {
            return false;
        }
        (void)nanosleep(&pause, NULL);
        err = try_lock(st);
    }
    return err == NVT_OK;
}

/* ---- keeping ---- */

nvt_err refresh_store_keep(struct refresh_store *st, struct nvt_span refresh_token)
{
    char token[NVT_REFRESH_CAP] = "";
    char record[RECORD_LEN];
    bool ok = refresh_token.len < sizeof token;
    if (ok) {
        (void)memcpy(token, refresh_token.ptr, refresh_token.len);
        ok = write_record(st, token, record) && write_spare(st, record) && promote(st);
    }
    nvt_wipe(token, sizeof token);
    nvt_wipe(record, sizeof record);
    if (!ok) {
        say("%s: %s (%s)", st->path, st->wrong, strerror(st->error));
        return NVT_E_GRANT_KEEP;
    }
    return NVT_OK;
}

/* ---- opening ---- */

bool place_make_dirs(char *path)
{
    for (char *at = strchr(path + 1, '/'); at != NULL; at = strchr(at + 1, '/')) {
        *at = '\0';
        bool ok = mkdir(path, S_IRWXU) == 0 || errno == EEXIST || access(path, F_OK) == 0;
        *at = '/';
        if (!ok) {
            return false;
        }
    }
    return mkdir(path, S_IRWXU) == 0 || errno == EEXIST || access(path, F_OK) == 0;
}

/* Service managers give a StateDirectory=; people have a place in their home. */
bool place_state_dir(char *out, size_t cap)
{
    const char *state = getenv("STATE_DIRECTORY");
    const char *xdg = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    int n = -1;
    if (state != NULL && state[0] == '/' && strchr(state, ':') == NULL) {
        n = snprintf(out, cap, "%s", state);
    } else if (xdg != NULL && xdg[0] == '/') {
        n = snprintf(out, cap, "%s/navette", xdg);
    } else if (home != NULL && home[0] == '/') {
        n = snprintf(out, cap, "%s/.local/state/navette", home);
    } else {
        out[0] = '\0';
    }
    return n > 0 && (size_t)n < cap;
}

static bool find_place(struct refresh_store *st, const struct nvt_client *c)
{
    if (!place_state_dir(st->dir, sizeof st->dir)) {
        errno = ENOENT;
        return broken(st, "neither STATE_DIRECTORY nor XDG_STATE_HOME nor HOME names a place");
    }
    if (!make_key(st, c)) {
        errno = EIO;
        return broken(st, "its name cannot be made");
    }
    int n = snprintf(st->path, sizeof st->path, "%s/refresh-%.32s", st->dir, st->key);
    int m = snprintf(st->spare, sizeof st->spare, "%s.spare", st->path);
    if (n < 0 || (size_t)n >= sizeof st->path || m < 0 || (size_t)m >= sizeof st->spare) {
        errno = ENAMETOOLONG;
        return broken(st, "its name is too long");
    }
    return place_make_dirs(st->dir) || broken(st, "the folder cannot be made");
}

static bool is_foreign(struct refresh_store *st, enum lying lying)
{
    errno = EEXIST;
    return lying == LIES_FOREIGN &&
           !broken(st, "what lies there is not of this version of the command: move it away");
}

/* *out_found: the file has a token. False when something else lies there. */
static bool load_file(struct refresh_store *st, const char *path, char token[NVT_REFRESH_CAP],
                      bool *out_found)
{
    enum lying lying = LIES_NOTHING;
    *out_found = load(st, path, token, &lying);
    if (!*out_found && path == st->path && lying == LIES_DAMAGED) {
        say("%s is not of the form or mode that this command writes: it is not used", path);
    }
    return *out_found || !is_foreign(st, lying);
}

/* From the spare, which a run that may write puts in its place, or from there. */
static bool load_either(struct refresh_store *st, bool may_write, char token[NVT_REFRESH_CAP],
                        bool *out_found)
{
    if (!load_file(st, st->spare, token, out_found)) {
        return false;
    }
    if (!*out_found) {
        return load_file(st, st->path, token, out_found);
    }
    return !may_write || promote(st);
}

/* The newest token that is whole. */
static bool load_newest(struct refresh_store *st, struct nvt_client *c, bool may_write)
{
    char token[NVT_REFRESH_CAP];
    bool found = false;
    bool ok = load_either(st, may_write, token, &found);
    if (ok && found) {
        (void)nvt_credentials_set_refresh(&c->credentials, nvt_span_str(token));
    }
    nvt_wipe(token, sizeof token);
    return ok;
}

static bool prepare(struct refresh_store *st, struct nvt_client *c, const struct settings *set)
{
    bool ok = find_place(st, c);
    if (ok && c->token.len == 0U) {
        ok = lock(st, set->timeout_s) && load_newest(st, c, true) && make_spare(st);
    } else if (ok) {
        ok = load_newest(st, c, false);
    } else {
        /* nowhere to look */
    }
    return ok;
}

int refresh_store_open(struct refresh_store *st, struct nvt_client *c, const struct settings *set)
{
    const struct nvt_credentials *cred = &c->credentials;
    (void)memset(st, 0, sizeof *st);
    st->lock = -1;
    if (cred->id[0] == '\0' && cred->refresh[0] == '\0') {
        return CLI_OK; /* a token that was issued by hand, or none */
    }
    if (!prepare(st, c, set)) {
        unlock(st);
        return fail(set->json, CLI_INPUT, NVT_E_GRANT_KEEP,
                    "%s: the next refresh token could not be kept, so none is asked for: %s (%s)",
                    st->path[0] == '\0' ? c->profile->name : st->path, st->wrong,
                    strerror(st->error));
    }
    if (c->token.len == 0U && cred->secret[0] == '\0' && cred->refresh[0] == '\0') {
        unlock(st);
        return fail(set->json, CLI_LOGIN, NVT_E_GRANT_LOGIN,
                    "%s keeps no refresh token of %s: put the password into the secrets file and "
                    "run navette %s login",
                    st->dir, cred->id, c->profile->name);
    }
    return CLI_OK;
}

nvt_err refresh_store_enter(struct refresh_store *st, struct nvt_client *c)
{
    if (st->path[0] == '\0' || st->lock >= 0) {
        return NVT_OK;
    }
    nvt_err err = try_lock(st);
    if (err == NVT_OK && !(load_newest(st, c, true) && make_spare(st))) {
        err = NVT_E_GRANT_KEEP;
    }
    if (err == NVT_E_GRANT_KEEP) {
        say("%s: %s (%s)", st->path, st->wrong, strerror(st->error));
        unlock(st);
    }
    return err;
}

void refresh_store_leave(struct refresh_store *st)
{
    unlock(st);
}

void refresh_store_close(struct refresh_store *st)
{
    unlock(st);
}
