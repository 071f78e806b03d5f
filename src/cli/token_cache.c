/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A token kept between runs, so that ten short runs a minute do not ask for ten tokens (the
 * registry allows five a minute). One file for each system, origin, place of tokens, scope and
 * credentials, readable by its owner alone:
 *
 *     navette-token 1
 *     <SHA-256 of all these, hex>
 *     <renew at, seconds since 1970>
 *     <token>
 *
 * What begins like this but goes on otherwise was damaged: the worst case is one more token
 * request. Whatever else lies there (of a later version of this command, not to be read, a folder)
 * stays as it is, and nothing is kept. Beside the file lies its lock: runs that need a token at the
 * same time take turns, and all but the first find it here.
 */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <mbedtls/md.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD "navette-token 1\n"
#define KEY_LEN (CLI_CACHE_KEY_CAP - 1U)
#define FILE_MAX (NVT_TOKEN_CAP + 128U)

/* A token that claims to live longer was kept by a clock that was wrong. */
#define LIFE_MAX_S 86400

static void hash_str(mbedtls_md_context_t *md, const char *text)
{
    /* With its NUL, so that "a", "bc" is not "ab", "c". */
    (void)mbedtls_md_update(md, (const unsigned char *)text, strlen(text) + 1U);
}

static void hash_origin(mbedtls_md_context_t *md, const struct nvt_origin *o)
{
    char port[8];
    (void)snprintf(port, sizeof port, "%u", (unsigned)o->port);
    hash_str(md, o->host);
    hash_str(md, port);
    hash_str(md, o->base_path);
}

/* The secrets count too: whoever has only the id must not find the token that it stands for. */
static bool make_key(const struct nvt_client *c, char out[CLI_CACHE_KEY_CAP])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char hash[32] = {0};
    mbedtls_md_context_t md;
    mbedtls_md_init(&md);
    bool ok = mbedtls_md_setup(&md, mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), 0) == 0 &&
              mbedtls_md_starts(&md) == 0;
    if (ok) {
        hash_str(&md, c->profile->name);
        hash_origin(&md, &c->origin);
        hash_origin(&md, &c->token_origin);
        hash_str(&md, c->scope == NULL ? "" : c->scope);
        hash_str(&md, c->credentials.id);
        hash_str(&md, c->credentials.secret);
        hash_str(&md, c->credentials.refresh);
        hash_str(&md, c->credentials.api_key);
        ok = mbedtls_md_finish(&md, hash) == 0;
    }
    mbedtls_md_free(&md);
    for (size_t i = 0; i < sizeof hash; i++) {
        out[2U * i] = digits[hash[i] >> 4U];
        out[2U * i + 1U] = digits[hash[i] & 15U];
    }
    out[KEY_LEN] = '\0';
    return ok;
}

static bool make_dir(const char *path)
{
    return mkdir(path, S_IRWXU) == 0 || errno == EEXIST;
}

/* Service managers give a RuntimeDirectory=; people have a cache in their home. */
static bool cache_dir(char *out, size_t cap)
{
    const char *run = getenv("RUNTIME_DIRECTORY");
    const char *xdg = getenv("XDG_CACHE_HOME");
    const char *home = getenv("HOME");
    if (run != NULL && run[0] == '/' && strchr(run, ':') == NULL) {
        return (size_t)snprintf(out, cap, "%s", run) < cap;
    }
    if (xdg != NULL && xdg[0] == '/') {
        return (size_t)snprintf(out, cap, "%s/navette", xdg) < cap && make_dir(xdg) &&
               make_dir(out);
    }
    if (home == NULL || home[0] != '/' || (size_t)snprintf(out, cap, "%s/.cache", home) >= cap) {
        return false;
    }
    return make_dir(out) && (size_t)snprintf(out, cap, "%s/.cache/navette", home) < cap &&
           make_dir(out);
}

bool token_cache_open(struct token_cache *t, const struct nvt_client *c)
{
    char dir[CLI_PATH_CAP];
    bool fixed = c->credentials.id[0] == '\0' && c->credentials.refresh[0] == '\0';
    (void)memset(t, 0, sizeof *t);
    t->lock = -1;
    if (fixed || !make_key(c, t->key) || !cache_dir(dir, sizeof dir)) {
        return false;
    }
    /* Half of the key is enough for a name; the file holds all of it. */
    int n = snprintf(t->path, sizeof t->path, "%s/token-%.32s", dir, t->key);
    if (n < 0 || (size_t)n >= sizeof t->path) {
        t->path[0] = '\0';
    }
    return t->path[0] != '\0';
}

/* ---- reading ---- */

static bool take_line(struct nvt_span *rest, struct nvt_span *out)
{
    const uint8_t *end =
        rest->len == 0U ? NULL : (const uint8_t *)memchr(rest->ptr, '\n', rest->len);
    if (end == NULL) {
        return false;
    }
    *out = nvt_span_of(rest->ptr, (size_t)(end - rest->ptr));
    *rest = nvt_span_drop(*rest, out->len + 1U);
    return true;
}

/* The form above, for this key; false when anything is different. */
static bool parse(struct nvt_span text, const char *key, int64_t now_s, int64_t *out_left_s,
                  struct nvt_span *out_token)
{
    struct nvt_span line;
    uint64_t renew_s = 0;
    struct nvt_span rest = text;
    if (text.len < sizeof HEAD || memcmp(text.ptr, HEAD, sizeof HEAD - 1U) != 0) {
        return false;
    }
    rest = nvt_span_drop(rest, sizeof HEAD - 1U);
    if (!take_line(&rest, &line) || !nvt_span_eq(line, nvt_span_str(key))) {
        return false;
    }
    if (!take_line(&rest, &line) || nvt_u64_parse(line, INT64_MAX, &renew_s) != NVT_OK) {
        return false;
    }
    *out_left_s = (int64_t)renew_s - now_s;
    return take_line(&rest, out_token) && rest.len == 0U && *out_left_s > 0 &&
           *out_left_s <= LIFE_MAX_S;
}

enum found { FOUND_NOTHING, FOUND_TEXT, FOUND_FOREIGN };

/* *out_len bytes of what lies there. A file of ours that others can read, or of another user, is
 * nothing to be used; it may be replaced. */
static enum found read_file(const char *path, uint8_t *mem, size_t cap, size_t *out_len)
{
    struct stat st;
    size_t len = 0;
    ssize_t n = 1;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) {
        return errno == ENOENT || errno == ELOOP ? FOUND_NOTHING : FOUND_FOREIGN;
    }
    bool known = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    while (known && n > 0 && len < cap) {
        n = read(fd, mem + len, cap - len);
        len += n > 0 ? (size_t)n : 0U;
    }
    (void)close(fd);
    size_t head = len < sizeof HEAD - 1U ? len : sizeof HEAD - 1U;
    if (!known || n < 0 || memcmp(mem, HEAD, head) != 0) {
        return FOUND_FOREIGN;
    }
    bool ours = st.st_uid == geteuid() && (st.st_mode & (mode_t)(S_IRWXG | S_IRWXO)) == 0;
    *out_len = ours && len < cap ? len : 0U;
    return FOUND_TEXT;
}

static void hold(struct token_cache *t, struct nvt_span token)
{
    nvt_wipe(t->held, sizeof t->held);
    t->held_len = token.len <= sizeof t->held ? token.len : 0U;
    (void)memcpy(t->held, token.ptr, t->held_len);
}

static bool is_held(const struct token_cache *t, struct nvt_span token)
{
    return t->held_len > 0U && nvt_span_eq(nvt_span_of(t->held, t->held_len), token);
}

/* The token that lies there, for as long as it says; mem takes the file. */
static bool find(struct token_cache *t, uint8_t mem[FILE_MAX], int64_t now_s, int64_t *out_left_s,
                 struct nvt_span *out_token)
{
    size_t len = 0;
    t->foreign = read_file(t->path, mem, FILE_MAX, &len) == FOUND_FOREIGN;
    return !t->foreign && parse(nvt_span_of(mem, len), t->key, now_s, out_left_s, out_token);
}

/* Without a wall clock nothing is known of a token's life. */
void token_cache_load(struct token_cache *t, struct nvt_client *c)
{
    uint8_t mem[FILE_MAX];
    int64_t now_s = 0;
    int64_t left_s = 0;
    struct nvt_span token = NVT_LIT("");
    if (t->path[0] == '\0') {
        return;
    }
    bool found =
        c->port->clock.wall_s(c->port->clock.ctx, &now_s) && find(t, mem, now_s, &left_s, &token);
    if (found && !is_held(t, token)) {
        uint64_t now_ms = c->port->clock.mono_ms(c->port->clock.ctx);
        hold(t, token);
        (void)nvt_token_set(&c->token, token, now_ms + (uint64_t)left_s * 1000U);
    }
    nvt_wipe(mem, sizeof mem);
}

/* ---- writing: a new file beside it, made durable, takes its place ---- */

static bool write_file(const char *path, const char *text, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (fd < 0) {
        return false;
    }
    bool ok = file_write(fd, nvt_span_of(text, len)) && fsync(fd) == 0;
    return close(fd) == 0 && ok;
}

static void replace(const char *path, const char *text, size_t len)
{
    char temp[CLI_PATH_CAP + 32U];
    (void)snprintf(temp, sizeof temp, "%s.%ld", path, (long)getpid());
    (void)unlink(temp); /* left by a run of that number that was cut off */
    if (!write_file(temp, text, len) || rename(temp, path) != 0) {
        (void)unlink(temp);
    }
}

/* The server refused it; but another run may have put a new one in its place. */
static void remove_held(struct token_cache *t, int64_t now_s)
{
    uint8_t mem[FILE_MAX];
    int64_t left_s = 0;
    struct nvt_span token = NVT_LIT("");
    if (find(t, mem, now_s, &left_s, &token) && is_held(t, token)) {
        (void)unlink(t->path);
    }
    nvt_wipe(mem, sizeof mem);
}

static void write_token(struct token_cache *t, const struct nvt_client *c, int64_t end_s)
{
    char text[FILE_MAX];
    int n = snprintf(text, sizeof text, HEAD "%s\n%lld\n%.*s\n", t->key, (long long)end_s,
                     (int)c->token.len, (const char *)c->token.text);
    if (n > 0 && (size_t)n < sizeof text) {
        replace(t->path, text, (size_t)n);
        hold(t, nvt_span_of(c->token.text, c->token.len));
    }
    nvt_wipe(text, sizeof text);
}

void token_cache_save(struct token_cache *t, const struct nvt_client *c)
{
    uint8_t mem[FILE_MAX];
    size_t len = 0;
    int64_t now_s = 0;
    uint64_t now_ms = c->port->clock.mono_ms(c->port->clock.ctx);
    struct nvt_span token = nvt_span_of(c->token.text, c->token.len);
    if (t->path[0] == '\0' || !c->port->clock.wall_s(c->port->clock.ctx, &now_s)) {
        return;
    }
    if (token.len == 0U) {
        remove_held(t, now_s);
    } else if (c->token_fetched && c->token.renew_at_ms > now_ms && !is_held(t, token)) {
        t->foreign = read_file(t->path, mem, sizeof mem, &len) == FOUND_FOREIGN;
        if (!t->foreign) {
            write_token(t, c, now_s + (int64_t)((c->token.renew_at_ms - now_ms) / 1000U));
        }
        nvt_wipe(mem, sizeof mem);
    } else {
        /* it lies there, or is none to keep */
    }
}

/* ---- taking turns ---- */

bool token_cache_lock(struct token_cache *t)
{
    char path[sizeof t->path + 8U];
    if (t->path[0] == '\0' || t->lock >= 0) {
        return true;
    }
    (void)snprintf(path, sizeof path, "%s.lock", t->path);
    t->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (t->lock >= 0 && flock(t->lock, LOCK_EX | LOCK_NB) != 0) {
        bool other = errno == EWOULDBLOCK || errno == EINTR;
        token_cache_unlock(t);
        return !other;
    }
    return true;
}

void token_cache_unlock(struct token_cache *t)
{
    if (t->lock >= 0) {
        (void)close(t->lock);
    }
    t->lock = -1;
}

void token_cache_close(struct token_cache *t)
{
    token_cache_unlock(t);
    nvt_wipe(t->held, sizeof t->held);
    t->held_len = 0;
}
