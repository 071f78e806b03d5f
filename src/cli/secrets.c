/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets come from a file that only its owner can read, or from systemd. The file holds either one
 * token, or lines "name = value" with what the system asks for (blank lines and # lines are
 * skipped). A system with a further form of credentials is one row in forms.
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
                    n < 0 ? "cannot be read: check the disk"
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
                    "the token file %s cannot be opened (%s): check "
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

enum line {
    L_TOKEN,
    L_ACCESS_KEY,
    L_SECRET_KEY,
    L_CLIENT_ID,
    L_CLIENT_SECRET,
    L_USERNAME,
    L_PASSWORD,
    L_REFRESH_TOKEN,
    L_API_KEY,
    L_ACCOUNT_LOGIN,
    L_ACCOUNT_PASSWORD,
    L_COUNT
};

static const char *const names[L_COUNT] = {
    "token",    "access_key",    "secret_key", "client_id",     "client_secret",   "username",
    "password", "refresh_token", "api_key",    "account_login", "account_password"};

/* Lines that make sense only together. */
static const enum line pairs[][2] = {{L_ACCESS_KEY, L_SECRET_KEY},
                                     {L_CLIENT_ID, L_CLIENT_SECRET},
                                     {L_USERNAME, L_PASSWORD},
                                     {L_ACCOUNT_LOGIN, L_ACCOUNT_PASSWORD}};

#define BIT(line) (1U << (unsigned)(line))

/* Which lines a system takes, by the way it gives tokens; all take a token that was issued before.
 */
struct form {
    enum nvt_grant grant;
    unsigned lines;
    const char *says;
};

static const struct form forms[] = {
    {NVT_GRANT_STATIC, BIT(L_TOKEN), "one line with its token"},
    {NVT_GRANT_KEY_PAIR, BIT(L_TOKEN) | BIT(L_ACCESS_KEY) | BIT(L_SECRET_KEY),
     "access_key and secret_key, or one line with a token"},
    {NVT_GRANT_CLIENT_BASIC, BIT(L_TOKEN) | BIT(L_CLIENT_ID) | BIT(L_CLIENT_SECRET),
     "client_id and client_secret, or one line with a token"},
    {NVT_GRANT_CLIENT_FORM,
     BIT(L_TOKEN) | BIT(L_CLIENT_ID) | BIT(L_CLIENT_SECRET) | BIT(L_API_KEY) |
         BIT(L_ACCOUNT_LOGIN) | BIT(L_ACCOUNT_PASSWORD),
     "client_id and client_secret, with api_key for Judilibre, with account_login and "
     "account_password for Chorus Pro"},
    {NVT_GRANT_PASSWORD,
     BIT(L_TOKEN) | BIT(L_USERNAME) | BIT(L_PASSWORD) | BIT(L_REFRESH_TOKEN) | BIT(L_API_KEY),
     "api_key, and username with password, which may go after a login; or refresh_token"},
};

struct found {
    struct nvt_span text[L_COUNT];
    unsigned has;     /* BIT of each line */
    unsigned tokens;  /* how many there are */
    unsigned unnamed; /* number of the last line that is no setting, so a token; 0: none */
    enum line twice;  /* a setting that is there twice, L_COUNT: none */
};

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

/* The setting that the line is, or L_COUNT. */
static enum line which(struct nvt_span line, struct nvt_span *out_value)
{
    unsigned i = 0;
    while (i < (unsigned)L_COUNT && !is_setting(line, nvt_span_str(names[i]), out_value)) {
        i++;
    }
    return (enum line)i;
}

static void take_line(struct found *f, struct nvt_span line, unsigned number)
{
    struct nvt_span value = line;
    enum line name = which(line, &value);
    if (name == L_COUNT) {
        f->unnamed = number;
        name = L_TOKEN;
    } else if ((f->has & BIT(name)) != 0U) {
        f->twice = name;
    } else {
        /* the first of its name */
    }
    f->tokens += name == L_TOKEN ? 1U : 0U;
    f->text[name] = value;
    f->has |= BIT(name);
}

static void look(struct nvt_span text, struct found *f)
{
    struct nvt_span rest = text;
    struct nvt_span line;
    unsigned number = 0;
    (void)memset(f, 0, sizeof *f);
    f->twice = L_COUNT;
    while (next_line(&rest, &line)) {
        number++;
        if (line.len > 0U && line.ptr[0] != (uint8_t)'#') {
            take_line(f, line, number);
        }
    }
}

/* ---- whether it is what the system takes ---- */

static const struct form *form_of(const struct nvt_profile *system)
{
    size_t i = 0;
    while (i + 1U < sizeof forms / sizeof forms[0] && forms[i].grant != system->grant) {
        i++;
    }
    return &forms[i];
}

static int bad_credential(const struct secret *s, enum line name, nvt_err err)
{
    return fail(s->json, CLI_CONFIG, err, "%s: the %s is no good: %s; put it in again", s->path,
                names[name], nvt_err_text(err));
}

/* One half of a pair without the other. */
static int check_pairs(const struct secret *s, const struct found *f)
{
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        bool first = (f->has & BIT(pairs[i][0])) != 0U;
        bool second = (f->has & BIT(pairs[i][1])) != 0U;
        /* A user who has logged in does without the password. */
        bool does = pairs[i][0] == L_USERNAME && first;
        if (first != second && !does) {
            return fail(s->json, CLI_CONFIG, NVT_E_CRED_EMPTY,
                        "%s: the %s is missing: it goes with the %s", s->path,
                        names[pairs[i][first ? 1 : 0]], names[pairs[i][first ? 0 : 1]]);
        }
    }
    return CLI_OK;
}

/* Lines that the system does not take, or that are empty. */
static int check_names(const struct secret *s, const struct found *f,
                       const struct nvt_profile *system)
{
    const struct form *form = form_of(system);
    for (unsigned i = 0; i < (unsigned)L_COUNT; i++) {
        if ((f->has & ~form->lines & BIT(i)) != 0U) {
            return fail(s->json, CLI_CONFIG, NVT_OK, "%s: %s has no %s; it takes %s", s->path,
                        system->name, names[i], form->says);
        }
        if ((f->has & BIT(i)) != 0U && f->text[i].len == 0U) {
            return bad_credential(s, (enum line)i, NVT_E_CRED_EMPTY);
        }
    }
    return CLI_OK;
}

/* A token stands alone, but for what is no way to get one. */
static int check_token(const struct secret *s, const struct found *f,
                       const struct nvt_profile *system)
{
    unsigned beside =
        f->has & ~(BIT(L_TOKEN) | BIT(L_API_KEY) | BIT(L_ACCOUNT_LOGIN) | BIT(L_ACCOUNT_PASSWORD));
    if (f->unnamed > 0U && beside != 0U) {
        return fail(s->json, CLI_CONFIG, NVT_OK, "%s line %u: that is no setting; %s takes %s",
                    s->path, f->unnamed, system->name, form_of(system)->says);
    }
    if (f->tokens > 0U && beside != 0U) {
        return fail(s->json, CLI_CONFIG, NVT_OK,
                    "%s: a token and a way to get one: keep one of them", s->path);
    }
    return f->tokens > 1U ? bad_credential(s, L_TOKEN, NVT_E_CRED_EOL) : CLI_OK;
}

static int check_lines(const struct secret *s, const struct found *f,
                       const struct nvt_profile *system)
{
    if (f->twice != L_COUNT) {
        return fail(s->json, CLI_CONFIG, NVT_OK, "%s: %s is there twice: keep the right one",
                    s->path, names[f->twice]);
    }
    int code = check_names(s, f, system);
    if (code == CLI_OK) {
        code = check_token(s, f, system);
    }
    return code == CLI_OK ? check_pairs(s, f) : code;
}

/* ---- into the client ---- */

static nvt_err set_token(struct nvt_client *c, struct nvt_span text)
{
    nvt_err err = NVT_OK;
    if (strcmp(c->profile->name, "demarches") == 0) {
        err = nvt_demarches_token_check(text);
        if (err == NVT_E_CRED_FORM) {
            say("the token does not have the form that %s gives them today: if it is refused, copy "
                "it again",
                c->profile->title);
            err = NVT_OK;
        }
    }
    return err == NVT_OK ? nvt_token_set(&c->token, text, UINT64_MAX) : err;
}

/* The half of a pair that is at fault: the second one, unless the first is. */
static int bad_half(const struct secret *s, const struct found *f, enum line first, nvt_err err)
{
    bool colon = memchr(f->text[first].ptr, ':', f->text[first].len) != NULL;
    if (first == L_CLIENT_ID && err == NVT_E_CRED_BYTE && colon) {
        return fail(s->json, CLI_CONFIG, err,
                    "%s: the client_id holds a colon, at which HTTP Basic ends it (RFC 7617): ask "
                    "for another one",
                    s->path);
    }
    bool plain = first == L_ACCESS_KEY;
    struct nvt_span text = f->text[first];
    nvt_err own = plain ? nvt_credential_check(text, NVT_SECRET_CAP - 1U)
                        : nvt_secret_check(text, NVT_SECRET_CAP - 1U);
    enum line name = own != NVT_OK ? first : (enum line)((unsigned)first + 1U);
    return bad_credential(s, name, err);
}

static int set_pair(struct nvt_client *c, const struct secret *s, const struct found *f)
{
    struct nvt_credentials *to = &c->credentials;
    const struct nvt_span *text = f->text;
    enum line first = L_ACCESS_KEY;
    nvt_err err = NVT_OK;
    if ((f->has & BIT(L_ACCESS_KEY)) != 0U) {
        err = nvt_credentials_set_key_pair(to, text[L_ACCESS_KEY], text[L_SECRET_KEY]);
    } else if ((f->has & BIT(L_CLIENT_ID)) != 0U) {
        first = L_CLIENT_ID;
        err = nvt_credentials_set_client(to, c->profile->grant, text[L_CLIENT_ID],
                                         text[L_CLIENT_SECRET]);
    } else if ((f->has & BIT(L_USERNAME)) != 0U) {
        first = L_USERNAME;
        err = nvt_credentials_set_password(to, text[L_USERNAME], text[L_PASSWORD]);
    } else {
        /* none */
    }
    return err == NVT_OK ? CLI_OK : bad_half(s, f, first, err);
}

static int set_rest(struct nvt_client *c, const struct secret *s, const struct found *f)
{
    static const enum line rest[] = {L_TOKEN, L_REFRESH_TOKEN, L_API_KEY};
    for (size_t i = 0; i < sizeof rest / sizeof rest[0]; i++) {
        struct nvt_span text = f->text[rest[i]];
        nvt_err err = NVT_OK;
        if ((f->has & BIT(rest[i])) == 0U) {
            continue;
        }
        if (rest[i] == L_TOKEN) {
            err = set_token(c, text);
        } else if (rest[i] == L_REFRESH_TOKEN) {
            err = nvt_credentials_set_refresh(&c->credentials, text);
        } else {
            err = nvt_credentials_set_api_key(&c->credentials, text);
        }
        if (err != NVT_OK) {
            return bad_credential(s, rest[i], err);
        }
    }
    return CLI_OK;
}

static int set_account(struct secrets_extra *extra, const struct secret *s, const struct found *f)
{
    static const enum line half[] = {L_ACCOUNT_LOGIN, L_ACCOUNT_PASSWORD};
    char *room[] = {extra->account_login, extra->account_password};
    for (size_t i = 0; i < 2U && (f->has & BIT(L_ACCOUNT_LOGIN)) != 0U; i++) {
        struct nvt_span text = f->text[half[i]];
        nvt_err err = nvt_secret_check(text, NVT_SECRET_CAP - 1U);
        if (err != NVT_OK) {
            return bad_credential(s, half[i], err);
        }
        (void)memcpy(room[i], text.ptr, text.len);
        room[i][text.len] = '\0';
    }
    return CLI_OK;
}

/* All or nothing. */
static int take(struct nvt_client *c, struct secrets_extra *extra, const struct secret *s,
                const struct found *f)
{
    if (f->has == 0U) {
        return fail(s->json, CLI_CONFIG, NVT_E_CRED_EMPTY, "%s: %s: %s takes %s", s->path,
                    nvt_err_text(NVT_E_CRED_EMPTY), c->profile->name, form_of(c->profile)->says);
    }
    int code = check_lines(s, f, c->profile);
    if (code == CLI_OK) {
        code = set_pair(c, s, f);
    }
    if (code == CLI_OK) {
        code = set_rest(c, s, f);
    }
    if (code == CLI_OK) {
        code = set_account(extra, s, f);
    }
    if (code != CLI_OK) {
        nvt_credentials_wipe(&c->credentials);
        nvt_token_wipe(&c->token);
        nvt_wipe(extra, sizeof *extra);
    }
    return code;
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

int secrets_load(struct nvt_client *client, const struct settings *set, struct secrets_extra *extra)
{
    struct secret s = {.json = set->json};
    struct found f;
    char mem[CLI_PATH_CAP];
    if (!find(&s, set, mem, sizeof mem)) {
        return fail(set->json, CLI_CONFIG, NVT_E_CRED_EMPTY,
                    "no credentials for %s: name a file with --token-file, or set token_file in "
                    "the configuration; it takes %s",
                    set->system->name, form_of(set->system)->says);
    }
    int code = read_secret(&s);
    if (code == CLI_OK) {
        look(nvt_span_of(s.text, s.len), &f);
        code = take(client, extra, &s, &f);
    }
    nvt_wipe(&s, sizeof s);
    return code;
}
