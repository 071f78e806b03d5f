/* SPDX-License-Identifier: Apache-2.0 */
/* Settings: option, environment, system's section, general lines, default; the first that has one.
 */
#include "cli.h"

#include <stdlib.h>
#include <unistd.h>

#define SYSTEM_CONFIG "/etc/navette/navette.conf"
#define TIMEOUT_MAX_S 86400U

/* What the configuration file may say, once for all systems and once for ours. */
enum {
    K_BASE_URL,
    K_ENVIRONMENT,
    K_TOKEN_URL,
    K_SCOPE,
    K_BEARER,
    K_CA_FILE,
    K_TOKEN_FILE,
    K_TIMEOUT,
    K_PIN,
    K_TOKEN_CACHE,
    K_API,
    K_COUNT
};

struct key {
    const char *name;
    const char *variable; /* of the environment, NULL: none */
};

static const struct key keys[K_COUNT] = {
    {"base_url", "NAVETTE_BASE_URL"},
    {"environment", "NAVETTE_ENVIRONMENT"},
    {"token_url", "NAVETTE_TOKEN_URL"},
    {"scope", "NAVETTE_SCOPE"},
    {"bearer", NULL},
    {"ca_file", "NAVETTE_CA_FILE"},
    {"token_file", "NAVETTE_TOKEN_FILE"},
    {"timeout", "NAVETTE_TIMEOUT"},
    {"pin", "NAVETTE_PIN"},
    {"token_cache", NULL},
    {"api", NULL}, /* of the registry */
};

struct reading {
    const char *system;
    char general[K_COUNT][CLI_PATH_CAP];
    char own[K_COUNT][CLI_PATH_CAP];
    char wrong[200]; /* what was wrong with the line taken last */
};

bool parse_count(const char *text, uint64_t max, uint32_t *out)
{
    uint64_t value = 0;
    if (max > UINT32_MAX || nvt_u64_parse(nvt_span_str(text), max, &value) != NVT_OK ||
        value == 0U) {
        return false;
    }
    *out = (uint32_t)value;
    return true;
}

/* ---- the configuration file ---- */

static int key_of(const char *name)
{
    for (int i = 0; i < K_COUNT; i++) {
        if (strcmp(keys[i].name, name) == 0) {
            return i;
        }
    }
    return -1;
}

static const char *complain(struct reading *r, const char *what, const char *which)
{
    (void)snprintf(r->wrong, sizeof r->wrong, "%s %s", what, which);
    return r->wrong;
}

/* What is wrong with a setting where it stands, "" when nothing is. */
static const char *complain_of(struct reading *r, const char *section, const char *name,
                               const char *value)
{
    int key = key_of(name);
    if (key < 0) {
        return complain(r, "it knows no setting", name);
    }
    if (section[0] != '\0' && nvt_profile_find(nvt_span_str(section)) == NULL) {
        return complain(r, "it knows no system", section);
    }
    if (key == (int)K_API && strcmp(section, nvt_rpc_profile.name) != 0) {
        return complain(r, "only [rpc] knows the setting", name);
    }
    return strlen(value) >= CLI_PATH_CAP ? complain(r, "too long is the value of", name) : "";
}

static const char *take_setting(void *reading, const char *section, const char *name,
                                const char *value)
{
    struct reading *r = (struct reading *)reading;
    if (strcmp(section, "serve") == 0) { /* serve_settings.c reads it, but no command takes typos */
        return serve_knows(name) ? "" : complain(r, "[serve] knows no setting", name);
    }
    const char *wrong = complain_of(r, section, name, value);
    if (wrong[0] != '\0') {
        return wrong;
    }
    int key = key_of(name);
    if (section[0] == '\0') {
        (void)snprintf(r->general[key], CLI_PATH_CAP, "%s", value);
    } else if (strcmp(section, r->system) == 0) {
        (void)snprintf(r->own[key], CLI_PATH_CAP, "%s", value);
    } else {
        /* of another system */
    }
    return "";
}

/* $XDG_CONFIG_HOME, or ~/.config; false without either. */
static bool home_config(char *out, size_t cap)
{
    const char *xdg = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");
    int n = -1;
    if (xdg != NULL && xdg[0] == '/') {
        n = snprintf(out, cap, "%s/navette/navette.conf", xdg);
    } else if (home != NULL && home[0] == '/') {
        n = snprintf(out, cap, "%s/.config/navette/navette.conf", home);
    } else {
        return false;
    }
    return n > 0 && (size_t)n < cap;
}

/* A file that was named must be there; of the usual ones the first that exists is taken. */
static int find_config(struct settings *s, struct reading *r, const struct args *a)
{
    const char *named = a->config != NULL ? a->config : getenv("NAVETTE_CONFIG");
    if (named != NULL && named[0] != '\0') {
        (void)snprintf(s->config_file, sizeof s->config_file, "%s", named);
    } else if (home_config(s->config_file, sizeof s->config_file) &&
               access(s->config_file, F_OK) == 0) {
        /* found */
    } else if (access(SYSTEM_CONFIG, F_OK) == 0) {
        (void)snprintf(s->config_file, sizeof s->config_file, "%s", SYSTEM_CONFIG);
    } else {
        s->config_file[0] = '\0';
        return CLI_OK;
    }
    return config_file_read(s->config_file, take_setting, r, s->json);
}

/* ---- one setting from the first place that has it ---- */

enum place { FROM_OPTION, FROM_VARIABLE, FROM_SECTION, FROM_GENERAL, FROM_NOWHERE };

struct picked {
    const char *text; /* "" from nowhere */
    enum place from;
};

static struct picked pick(const struct reading *r, int key, const char *option)
{
    const char *variable = keys[key].variable == NULL ? NULL : getenv(keys[key].variable);
    struct picked p = {option, FROM_OPTION};
    if (option != NULL) {
        return p;
    }
    if (variable != NULL && variable[0] != '\0') {
        p.text = variable;
        p.from = FROM_VARIABLE;
    } else if (r->own[key][0] != '\0') {
        p.text = r->own[key];
        p.from = FROM_SECTION;
    } else {
        p.text = r->general[key];
        p.from = p.text[0] == '\0' ? FROM_NOWHERE : FROM_GENERAL;
    }
    return p;
}

/* How that place calls the setting. */
static const char *called(int key, enum place from, const char *option)
{
    return from == FROM_OPTION ? option
                               : (from == FROM_VARIABLE ? keys[key].variable : keys[key].name);
}

static int copy(struct settings *s, char *out, const char *value, const char *name)
{
    int n = snprintf(out, CLI_PATH_CAP, "%s", value);
    if (n < 0 || n >= CLI_PATH_CAP) {
        return fail(s->json, CLI_CONFIG, NVT_OK, "%s is longer than %d bytes: use a shorter one",
                    name, CLI_PATH_CAP - 1);
    }
    return CLI_OK;
}

static bool parse_pin(const char *text, uint8_t out[32])
{
    static const char digits[] = "0123456789abcdef";
    if (strlen(text) != 64U) {
        return false;
    }
    for (size_t i = 0; i < 64U; i++) {
        char low = (char)((text[i] >= 'A' && text[i] <= 'F') ? text[i] - 'A' + 'a' : text[i]);
        const char *at = strchr(digits, low);
        if (at == NULL) {
            return false;
        }
        unsigned value = (unsigned)(at - digits);
        out[i / 2U] = (uint8_t)((i % 2U == 0U) ? value << 4U : ((unsigned)out[i / 2U] | value));
    }
    return true;
}

static int load_pins(struct settings *s, const struct reading *r, const struct args *a)
{
    struct words list = a->pin;
    if (list.count == 0U) {
        list.item[0] = pick(r, K_PIN, NULL).text;
        list.count = list.item[0][0] == '\0' ? 0U : 1U;
    }
    if (list.count > NVT_TLS_PINS_MAX) {
        return fail(s->json, CLI_USAGE, NVT_OK, "--pin may be given %d times at most",
                    NVT_TLS_PINS_MAX);
    }
    for (size_t i = 0; i < list.count; i++) {
        if (!parse_pin(list.item[i], s->pins[i])) {
            return fail(s->json, CLI_CONFIG, NVT_OK,
                        "a pin is not 64 hex digits: take the SHA-256 of the public key");
        }
    }
    s->pin_count = list.count;
    return CLI_OK;
}

static int load_timeout(struct settings *s, const char *text)
{
    s->timeout_s = 60U;
    if (text[0] != '\0' && !parse_count(text, TIMEOUT_MAX_S, &s->timeout_s)) {
        return fail(s->json, CLI_CONFIG, NVT_OK, "the timeout is not a number from 1 to %u seconds",
                    (unsigned)TIMEOUT_MAX_S);
    }
    return CLI_OK;
}

static int load_cache(struct settings *s, const struct reading *r, const struct args *a)
{
    const char *text = pick(r, K_TOKEN_CACHE, NULL).text;
    bool no = strcmp(text, "no") == 0;
    s->token_cache = !a->no_cache && !no;
    if (text[0] != '\0' && !no && strcmp(text, "yes") != 0) {
        return fail(s->json, CLI_CONFIG, NVT_OK, "%s: token_cache is neither yes nor no",
                    s->config_file);
    }
    return CLI_OK;
}

/* ---- where the system is ---- */

static int no_environment(const struct settings *s, const char *name)
{
    char known[256] = "";
    size_t used = 0;
    const struct nvt_profile *system = s->system;
    for (size_t i = 0; i < system->environment_count && used < sizeof known; i++) {
        int n = snprintf(known + used, sizeof known - used, "%s%s", i == 0U ? "" : ", ",
                         system->environments[i].name);
        used += n > 0 ? (size_t)n : 0U;
    }
    if (used == 0U) {
        return fail(s->json, CLI_CONFIG, NVT_OK,
                    "%s has no environments: give its address with --base-url", system->name);
    }
    return fail(s->json, CLI_CONFIG, NVT_OK, "%s has no environment %s: there are %s", system->name,
                name, known);
}

static int take_environment(struct settings *s, const char *name)
{
    for (size_t i = 0; i < s->system->environment_count; i++) {
        if (strcmp(s->system->environments[i].name, name) == 0) {
            return copy(s, s->base_url, s->system->environments[i].url, "the base URL");
        }
    }
    return no_environment(s, name);
}

/* An environment is a base URL by name: of both the one from the nearer place counts. */
static int load_place(struct settings *s, const struct reading *r, const struct args *a)
{
    struct picked url = pick(r, K_BASE_URL, a->base_url);
    struct picked name = pick(r, K_ENVIRONMENT, a->environment);
    if (url.from == name.from && url.from != FROM_NOWHERE) {
        return fail(s->json, CLI_CONFIG, NVT_OK, "%s and %s exclude each other: give one of them",
                    called(K_ENVIRONMENT, name.from, "--environment"),
                    called(K_BASE_URL, url.from, "--base-url"));
    }
    if (name.from < url.from) {
        return take_environment(s, name.text);
    }
    return copy(s, s->base_url, url.text, "the base URL");
}

static int load_bearer(struct settings *s, const struct reading *r)
{
    const char *text = pick(r, K_BEARER, NULL).text;
    bool with_name = strcmp(text, "token") == 0;
    s->bearer = with_name ? NVT_BEARER_TOKEN : NVT_BEARER;
    if (text[0] != '\0' && !with_name && strcmp(text, "plain") != 0) {
        return fail(s->json, CLI_CONFIG, NVT_OK, "%s: bearer is neither plain nor token",
                    s->config_file);
    }
    return CLI_OK;
}

static int load_texts(struct settings *s, const struct reading *r, const struct args *a)
{
    const char *ca = pick(r, K_CA_FILE, a->ca_file).text;
    int code = copy(s, s->ca_file, ca[0] == '\0' ? CLI_CA_FILE : ca, "the CA file's name");
    if (code == CLI_OK) {
        code = copy(s, s->token_file, pick(r, K_TOKEN_FILE, a->token_file).text,
                    "the token file's name");
    }
    if (code == CLI_OK) {
        code = copy(s, s->token_url, pick(r, K_TOKEN_URL, a->token_url).text, "the token URL");
    }
    if (code == CLI_OK) {
        code = copy(s, s->scope, pick(r, K_SCOPE, a->scope).text, "the scope");
    }
    return code;
}

/* Which version of the registry's API; its profile takes the place of v3.3's. */
static int load_api(struct settings *s, const struct reading *r, const struct args *a)
{
    struct picked p = pick(r, K_API, a->api);
    const struct journey_api *api = journey_api_find(p.text[0] == '\0' ? "v3.3" : p.text);
    if (api == NULL) {
        return fail(s->json, p.from == FROM_OPTION ? CLI_USAGE : CLI_CONFIG, NVT_OK,
                    "%s takes v3.3 or v2, not %s", called(K_API, p.from, "--api"), p.text);
    }
    journey_api = api;
    s->system = api->profile;
    return CLI_OK;
}

/* The one part that failed, or CLI_OK. */
static int load_all(struct settings *s, const struct reading *r, const struct args *a)
{
    int code = strcmp(r->system, nvt_rpc_profile.name) == 0 ? load_api(s, r, a) : CLI_OK;
    if (code == CLI_OK) {
        code = load_place(s, r, a);
    }
    if (code == CLI_OK) {
        code = load_texts(s, r, a);
    }
    if (code == CLI_OK) {
        code = load_timeout(s, pick(r, K_TIMEOUT, a->timeout).text);
    }
    if (code == CLI_OK) {
        code = load_pins(s, r, a);
    }
    if (code == CLI_OK) {
        code = load_bearer(s, r);
    }
    if (code == CLI_OK) {
        code = load_cache(s, r, a);
    }
    return code;
}

int settings_load(struct settings *s, const struct nvt_profile *system, const struct args *a)
{
    static struct reading r;
    (void)memset(s, 0, sizeof *s);
    (void)memset(&r, 0, sizeof r);
    s->system = system;
    s->json = a->json;
    s->verbose = a->verbose;
    r.system = system->name;
    int code = find_config(s, &r, a);
    if (code == CLI_OK) {
        code = load_all(s, &r, a);
    }
    if (code == CLI_OK && s->verbose > 0U && s->config_file[0] != '\0') {
        say("configuration from %s", s->config_file);
    }
    return code;
}

const struct nvt_profile *system_named(const char *name, bool json)
{
    char known[256] = "";
    size_t used = 0;
    const struct nvt_profile *system = nvt_profile_find(nvt_span_str(name));
    if (system != NULL) {
        return system;
    }
    for (size_t i = 0; nvt_profiles[i] != NULL && used < sizeof known; i++) {
        int n = snprintf(known + used, sizeof known - used, "%s%s", i == 0U ? "" : ", ",
                         nvt_profiles[i]->name);
        used += n > 0 ? (size_t)n : 0U;
    }
    (void)fail(json, CLI_USAGE, NVT_OK, "there is no system %s: there are %s", name, known);
    return NULL;
}
