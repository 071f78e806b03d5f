/* SPDX-License-Identifier: Apache-2.0 */
/* Settings of the service: option, environment, section [serve] of the configuration file, default;
 * the first that has one. */
#include "serve.h"

#include <stddef.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SPOOL_MIB_MAX 2048U /* the spool counts its bytes in 32 bits */
#define STOP_MAX_S 3600U
#define SCAN_MAX_S 3600U
#define SYSTEM_RUN "/run/navette"
#define EVERYBODY (uint32_t)(S_IRWXU | S_IRWXG | S_IRWXO)
#define OWNER (uint32_t)(S_IRUSR | S_IWUSR)

enum {
    S_SPOOL,
    S_SPOOL_SIZE,
    S_SOCKET,
    S_SOCKET_MODE,
    S_DROP,
    S_REFUSED,
    S_CONNECTIONS,
    S_DIRECT,
    S_STOP,
    S_SCAN,
    S_COUNT
};

struct row {
    const char *name;
    const char *variable; /* of the environment, NULL: none */
    size_t option;        /* its place in struct args, 0: none */
};

static const struct row rows[S_COUNT] = {
    {"spool", "NAVETTE_SPOOL", offsetof(struct args, spool)},
    {"spool_size", NULL, offsetof(struct args, spool_size)},
    {"socket", "NAVETTE_SOCKET", offsetof(struct args, socket)},
    {"socket_mode", NULL, offsetof(struct args, socket_mode)},
    {"drop", NULL, offsetof(struct args, drop)},
    {"refused", NULL, offsetof(struct args, refused)},
    {"connections", NULL, offsetof(struct args, connections)},
    {"direct", NULL, 0},
    {"stop", NULL, offsetof(struct args, stop)},
    {"scan", NULL, 0},
};

/* Texts of the section, "" where it says nothing. */
struct section {
    char text[S_COUNT][CLI_PATH_CAP];
};

static int row_of(const char *name)
{
    for (int i = 0; i < S_COUNT; i++) {
        if (strcmp(rows[i].name, name) == 0) {
            return i;
        }
    }
    return -1;
}

bool serve_knows(const char *name)
{
    return row_of(name) >= 0;
}

/* ---- texts ---- */

/* settings.c has read the file before and complained about what it does not know. */
static const char *take_setting(void *section, const char *of, const char *name, const char *value)
{
    struct section *found = (struct section *)section;
    int row = strcmp(of, "serve") == 0 ? row_of(name) : -1;
    if (row >= 0) {
        (void)snprintf(found->text[row], CLI_PATH_CAP, "%s", value);
    }
    return row >= 0 && strlen(value) >= CLI_PATH_CAP ? "its value is too long" : "";
}

static int read_section(struct section *found, const struct settings *general)
{
    const char *path = general->config_file;
    return path[0] == '\0' ? CLI_OK : config_file_read(path, take_setting, found, general->json);
}

static const char *pick(const struct section *found, int row, const struct args *a)
{
    const char *option = NULL;
    const char *variable = rows[row].variable == NULL ? NULL : getenv(rows[row].variable);
    if (rows[row].option != 0U) {
        (void)memcpy(&option, (const char *)a + rows[row].option, sizeof option);
    }
    if (option != NULL) {
        return option;
    }
    return variable != NULL && variable[0] != '\0' ? variable : found->text[row];
}

static int copy(char *out, const char *text, const char *name, bool json)
{
    if ((size_t)snprintf(out, CLI_PATH_CAP, "%s", text) >= CLI_PATH_CAP) {
        return fail(json, CLI_CONFIG, NVT_OK, "%s is longer than %d bytes: use a shorter one", name,
                    CLI_PATH_CAP - 1);
    }
    return CLI_OK;
}

/* A place that may be switched off. */
static int copy_place(char *out, const char *text, const char *name, bool json)
{
    return copy(out, strcmp(text, "none") == 0 ? "" : text, name, json);
}

/* ---- places unless they are set ---- */

static bool in_folder(char *out, const char *dir, const char *name)
{
    int n = snprintf(out, CLI_PATH_CAP, "%s/%s", dir, name);
    return n > 0 && n < CLI_PATH_CAP;
}

static bool usual_spool(char *out)
{
    char dir[CLI_PATH_CAP];
    return place_state_dir(dir, sizeof dir) && in_folder(out, dir, "spool");
}

/* Where the service itself and `navette status` look for one another. */
static bool usual_socket(char *out)
{
    const char *run = getenv("RUNTIME_DIRECTORY");
    const char *user = getenv("XDG_RUNTIME_DIR");
    char dir[CLI_PATH_CAP];
    if (run != NULL && run[0] == '/' && strchr(run, ':') == NULL) {
        return in_folder(out, run, "navette.sock");
    }
    if (geteuid() == 0) {
        return in_folder(out, SYSTEM_RUN, "navette.sock");
    }
    if (user != NULL && user[0] == '/') {
        return in_folder(out, user, "navette.sock");
    }
    return place_state_dir(dir, sizeof dir) && in_folder(out, dir, "navette.sock");
}

/* `navette status` does without a spool, so that a missing place is no error yet. */
static int load_spool(struct serve_settings *out, const char *text, bool json)
{
    int code = copy(out->spool_file, text, "the spool file's name", json);
    if (code == CLI_OK && text[0] == '\0' && !usual_spool(out->spool_file)) {
        out->spool_file[0] = '\0';
    }
    return code;
}

static int load_socket(struct serve_settings *out, const char *text, bool json)
{
    int code = copy_place(out->socket_path, text, "the socket's name", json);
    if (code == CLI_OK && text[0] == '\0' && !usual_socket(out->socket_path)) {
        code = fail(json, CLI_CONFIG, NVT_OK,
                    "there is no place for the socket: name one with --socket");
    }
    return code;
}

/* Beside the spool, which outlives power cuts too. */
static int load_refused(struct serve_settings *out, const char *text, bool json)
{
    char usual[CLI_PATH_CAP + 16];
    (void)snprintf(usual, sizeof usual, "%s.refused", out->spool_file);
    return copy(out->refused_file, text[0] == '\0' ? usual : text, "the refused file's name", json);
}

static int load_places(struct serve_settings *out, const struct section *found,
                       const struct args *a)
{
    int code = load_spool(out, pick(found, S_SPOOL, a), a->json);
    if (code == CLI_OK) {
        code = load_socket(out, pick(found, S_SOCKET, a), a->json);
    }
    if (code == CLI_OK) {
        code = load_refused(out, pick(found, S_REFUSED, a), a->json);
    }
    if (code == CLI_OK) {
        code = copy_place(out->drop_dir, pick(found, S_DROP, a), "the drop folder's name", a->json);
    }
    return code;
}

/* ---- numbers ---- */

struct number {
    int row;
    uint32_t usual, max;
    size_t at; /* in struct serve_settings */
    const char *unit;
};

static const struct number numbers[] = {
    {S_SPOOL_SIZE, 16U, SPOOL_MIB_MAX, offsetof(struct serve_settings, spool_mib), " MiB"},
    {S_CONNECTIONS, NVT_UPLINK_LANES, SERVE_LANES_MAX, offsetof(struct serve_settings, connections),
     ""},
    {S_STOP, 10U, STOP_MAX_S, offsetof(struct serve_settings, stop_s), " seconds"},
    {S_SCAN, 2U, SCAN_MAX_S, offsetof(struct serve_settings, scan_s), " seconds"},
};

static int load_number(struct serve_settings *out, const struct number *n,
                       const struct section *found, const struct args *a)
{
    const char *text = pick(found, n->row, a);
    uint32_t value = n->usual;
    if (text[0] != '\0' && !parse_count(text, n->max, &value)) {
        return fail(a->json, CLI_CONFIG, NVT_OK, "%s is not a number from 1 to %lu%s",
                    rows[n->row].name, (unsigned long)n->max, n->unit);
    }
    (void)memcpy((char *)out + n->at, &value, sizeof value);
    return CLI_OK;
}

/* Octal, as chmod takes it; the owner must be able to use it. */
static bool parse_mode(const char *text, uint32_t *out)
{
    uint32_t mode = 0;
    size_t len = strlen(text);
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '7') {
            return false;
        }
        mode = mode * 8U + (uint32_t)(text[i] - '0');
    }
    *out = mode;
    return len > 0U && len <= 4U && (mode & ~EVERYBODY) == 0U && (mode & OWNER) == OWNER;
}

static int load_mode(struct serve_settings *out, const char *text, bool json)
{
    if (!parse_mode(text[0] == '\0' ? "0660" : text, &out->socket_mode)) {
        return fail(json, CLI_CONFIG, NVT_OK,
                    "socket_mode is not a mode in octal that lets the owner in, as 0660");
    }
    return CLI_OK;
}

static int load_direct(struct serve_settings *out, const char *text, const struct args *a)
{
    out->direct = a->direct || strcmp(text, "yes") == 0;
    if (text[0] != '\0' && strcmp(text, "yes") != 0 && strcmp(text, "no") != 0) {
        return fail(a->json, CLI_CONFIG, NVT_OK, "direct is neither yes nor no");
    }
    return CLI_OK;
}

int serve_settings_load(struct serve_settings *out, const struct settings *general,
                        const struct args *a)
{
    static struct section found;
    (void)memset(out, 0, sizeof *out);
    (void)memset(&found, 0, sizeof found);
    int code = read_section(&found, general);
    if (code == CLI_OK) {
        code = load_places(out, &found, a);
    }
    for (size_t i = 0; code == CLI_OK && i < sizeof numbers / sizeof numbers[0]; i++) {
        code = load_number(out, &numbers[i], &found, a);
    }
    if (code == CLI_OK) {
        code = load_mode(out, pick(&found, S_SOCKET_MODE, a), a->json);
    }
    if (code == CLI_OK) {
        code = load_direct(out, found.text[S_DIRECT], a);
    }
    return code;
}
