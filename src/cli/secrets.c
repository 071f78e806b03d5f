/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets come from a file that only its owner can read, or from systemd. The file holds either one
 * token, or lines "access_key = ..." and "secret_key = ..." (blank lines and # lines are skipped).
 */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECRET_FILE_MAX 4096U

struct secret {
    const char *path;
    bool from_systemd;
    bool json;
    char text[SECRET_FILE_MAX + 1U];
    size_t len;
};

/* systemd gives its credentials to the service's user by an access list, which shows as group
 * bits: there only the world's count. */
static int check_mode(const struct secret *s, const struct stat *st)
{
    mode_t bad = s->from_systemd ? (mode_t)(S_IRWXO) : (mode_t)(S_IRWXG | S_IRWXO);
    if (!S_ISREG(st->st_mode)) {
        return fail(s->json, CLI_CONFIG, NVT_OK,
                    "%s is no regular file: name the file with the "
                    "token or the keys",
                    s->path);
    }
    if ((st->st_mode & bad) != 0) {
        return fail(s->json, CLI_CONFIG, NVT_OK,
                    "%s can be read or written by others than its owner: chmod 600 %s", s->path,
                    s->path);
    }
    if (st->st_uid != geteuid() && st->st_uid != 0 && !s->from_systemd) {
        return fail(s->json, CLI_CONFIG, NVT_OK, "%s belongs to somebody else: chown it", s->path);
    }
    return CLI_OK;
}

static int read_all(struct secret *s, int fd)
{
    ssize_t n = 1;
    while (n > 0 && s->len < SECRET_FILE_MAX) {
        n = read(fd, s->text + s->len, SECRET_FILE_MAX - s->len);
        s->len += n > 0 ? (size_t)n : 0U;
    }
    s->text[s->len] = '\0';
    if (n < 0 || s->len == SECRET_FILE_MAX) {
        return fail(s->json, CLI_CONFIG, NVT_OK, "%s %s", s->path,
                    n < 0 ? "can not be read: check the disk"
                          : "is far too long for a token or keys: check its name");
    }
    return CLI_OK;
}

static int read_secret(struct secret *s)
{
    struct stat st;
    int fd = open(s->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &st) != 0) {
        int saved = errno;
        if (fd >= 0) {
            (void)close(fd);
        }
        return fail(s->json, CLI_CONFIG, NVT_OK,
                    "the token file %s can not be opened (%s): check "
                    "--token-file",
                    s->path, strerror(saved));
    }
    int code = check_mode(s, &st);
    if (code == CLI_OK) {
        code = read_all(s, fd);
    }
    (void)close(fd);
    return code;
}

/* ---- what stands in it ---- */

static bool next_line(struct nvt_span *rest, struct nvt_span *out)
{
    size_t n = 0;
    if (rest->len == 0U) {
        return false;
    }
    while (n < rest->len && rest->ptr[n] != (uint8_t)'\n') {
        n++;
    }
    *out = nvt_span_of(rest->ptr, n);
    *rest = nvt_span_drop(*rest, n + 1U);
    if (out->len > 0U && out->ptr[out->len - 1U] == (uint8_t)'\r') {
        out->len--;
    }
    *out = nvt_span_trim(*out);
    return true;
}

/* "name = value" or "name: value". */
static bool is_setting(struct nvt_span line, struct nvt_span name, struct nvt_span *out)
{
    if (line.len < name.len || !nvt_span_eq(nvt_span_of(line.ptr, name.len), name)) {
        return false;
    }
    struct nvt_span rest = nvt_span_trim(nvt_span_drop(line, name.len));
    if (rest.len == 0U || (rest.ptr[0] != (uint8_t)'=' && rest.ptr[0] != (uint8_t)':')) {
        return false;
    }
    *out = nvt_span_trim(nvt_span_drop(rest, 1U));
    return true;
}

struct found {
    struct nvt_span access_key, secret_key, token;
    bool has_access, has_secret;
    size_t token_lines;
};

static void look(const struct secret *s, struct found *f)
{
    struct nvt_span rest = nvt_span_of(s->text, s->len);
    struct nvt_span line;
    (void)memset(f, 0, sizeof *f);
    while (next_line(&rest, &line)) {
        if (line.len == 0U || line.ptr[0] == (uint8_t)'#') {
            continue;
        }
        /* A key given twice is one line too many: which of them is meant? */
        if (!f->has_access && is_setting(line, NVT_LIT("access_key"), &f->access_key)) {
            f->has_access = true;
        } else if (!f->has_secret && is_setting(line, NVT_LIT("secret_key"), &f->secret_key)) {
            f->has_secret = true;
        } else {
            f->token = line;
            f->token_lines++;
        }
    }
}

static int bad_credential(const struct secret *s, const char *which, nvt_err err)
{
    return fail(s->json, CLI_CONFIG, err, "%s: %s is no good: %s; put it in again", s->path, which,
                nvt_err_text(err));
}

static int take_keys(struct nvt_client *c, const struct secret *s, const struct found *f)
{
    if (!f->has_access || !f->has_secret || f->token_lines > 0U) {
        return fail(s->json, CLI_CONFIG, NVT_OK,
                    "%s: keys need exactly the two lines "
                    "\"access_key = ...\" and \"secret_key = ...\"",
                    s->path);
    }
    nvt_err err = nvt_credential_check(f->access_key, NVT_SECRET_CAP - 1U);
    if (err != NVT_OK) {
        return bad_credential(s, "the access_key", err);
    }
    err = nvt_credentials_set_key_pair(&c->credentials, f->access_key, f->secret_key);
    return err == NVT_OK ? CLI_OK : bad_credential(s, "the secret_key", err);
}

static int take_token(struct nvt_client *c, const struct secret *s, const struct found *f)
{
    if (f->token_lines > 1U) {
        return bad_credential(s, "the token", NVT_E_CRED_EOL);
    }
    nvt_err err = nvt_token_set(&c->token, f->token, UINT64_MAX);
    return err == NVT_OK ? CLI_OK : bad_credential(s, "the token", err);
}

/* The file named, else systemd's credential of that name, if there is one. */
static bool find(struct secret *s, const struct settings *set, char *mem, size_t cap)
{
    const char *dir = getenv("CREDENTIALS_DIRECTORY");
    size_t dir_len = dir == NULL ? 0U : strlen(dir);
    if (set->token_file[0] != '\0') {
        s->path = set->token_file;
        s->from_systemd = dir_len > 0U && strncmp(s->path, dir, dir_len) == 0 &&
                          s->path[dir_len] == '/' && strstr(s->path, "/../") == NULL;
        return true;
    }
    int n = dir_len == 0U ? -1 : snprintf(mem, cap, "%s/navette-%s", dir, set->system->name);
    s->path = mem;
    s->from_systemd = true;
    return n > 0 && (size_t)n < cap && access(mem, F_OK) == 0;
}

int secrets_load(struct nvt_client *client, const struct settings *set)
{
    struct secret s = {.json = set->json};
    struct found f;
    char mem[CLI_PATH_CAP];
    if (!find(&s, set, mem, sizeof mem)) {
        return fail(set->json, CLI_CONFIG, NVT_E_CRED_EMPTY,
                    "no credentials for %s: name a file with --token-file, or set token_file in "
                    "the configuration",
                    set->system->name);
    }
    int code = read_secret(&s);
    if (code == CLI_OK) {
        look(&s, &f);
        code =
            (f.has_access || f.has_secret) ? take_keys(client, &s, &f) : take_token(client, &s, &f);
    }
    nvt_wipe(&s, sizeof s);
    return code;
}
