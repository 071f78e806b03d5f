/* SPDX-License-Identifier: Apache-2.0 */
/* The command line: one table of options for all commands. */
#include "cli.h"

#include <getopt.h>
#include <stddef.h>

enum kind { TEXT, FLAG, COUNT, LIST };

/* A further option is one row here and one member of struct args. */
struct option_row {
    const char *name;
    enum kind kind;
    bool common; /* every command takes it */
    size_t at;   /* its place in struct args */
};

#define ROW(name, kind, common, member)                                                            \
    {                                                                                              \
        name, kind, common, offsetof(struct args, member)                                          \
    }

static const struct option_row rows[] = {
    ROW("base-url", TEXT, true, base_url),
    ROW("environment", TEXT, true, environment),
    ROW("token-url", TEXT, true, token_url),
    ROW("scope", TEXT, true, scope),
    ROW("ca-file", TEXT, true, ca_file),
    ROW("token-file", TEXT, true, token_file),
    ROW("timeout", TEXT, true, timeout),
    ROW("config", TEXT, true, config),
    ROW("pin", LIST, true, pin),
    ROW("json", FLAG, true, json),
    ROW("no-cache", FLAG, true, no_cache),
    ROW("verbose", COUNT, true, verbose),
    ROW("account", TEXT, false, account),
    ROW("address", TEXT, false, address),
    ROW("after", TEXT, false, after),
    ROW("all", FLAG, false, all),
    ROW("api", TEXT, false, api),
    ROW("attachment", TEXT, false, attachment),
    ROW("body", TEXT, false, body),
    ROW("code", TEXT, false, code),
    ROW("connections", TEXT, false, connections),
    ROW("country", TEXT, false, country),
    ROW("cursor-file", TEXT, false, cursor_file),
    ROW("data", TEXT, false, data),
    ROW("direct", FLAG, false, direct),
    ROW("driving-license", TEXT, false, driving_license),
    ROW("drop", TEXT, false, drop),
    ROW("end", TEXT, false, end),
    ROW("first", TEXT, false, first),
    ROW("from", TEXT, false, from),
    ROW("header", LIST, false, header),
    ROW("include", TEXT, false, include),
    ROW("insee", TEXT, false, insee),
    ROW("instructeur", TEXT, false, instructeur),
    ROW("key", TEXT, false, key),
    ROW("last-name", TEXT, false, last_name),
    ROW("limit", TEXT, false, limit),
    ROW("message", TEXT, false, message),
    ROW("metrics", FLAG, false, metrics),
    ROW("motivation", TEXT, false, motivation),
    ROW("no-auth", FLAG, false, no_auth),
    ROW("number", TEXT, false, number),
    ROW("offset", TEXT, false, offset),
    ROW("operation", TEXT, false, operation),
    ROW("output", TEXT, false, output),
    ROW("phone", TEXT, false, phone),
    ROW("query-id", TEXT, false, query_id),
    ROW("refused", TEXT, false, refused),
    ROW("retry-for", TEXT, false, retry_for),
    ROW("show", FLAG, false, show),
    ROW("socket", TEXT, false, socket),
    ROW("socket-mode", TEXT, false, socket_mode),
    ROW("spool", TEXT, false, spool),
    ROW("spool-size", TEXT, false, spool_size),
    ROW("start", TEXT, false, start),
    ROW("state", TEXT, false, state),
    ROW("status", TEXT, false, status),
    ROW("stop", TEXT, false, stop),
    ROW("to", TEXT, false, to),
    ROW("tour", FLAG, false, tour),
    ROW("type", TEXT, false, type),
    ROW("updated-since", TEXT, false, updated_since),
    ROW("variables", TEXT, false, variables),
};

#define ROW_COUNT (sizeof rows / sizeof rows[0])

/* What getopt_long answers for row i is ROW_BASE + i, out of the way of its letters. */
#define ROW_BASE 256

static void long_options(struct option out[ROW_COUNT + 2U])
{
    static const struct option help = {"help", no_argument, NULL, 'h'};
    (void)memset(out, 0, (ROW_COUNT + 2U) * sizeof out[0]);
    for (size_t i = 0; i < ROW_COUNT; i++) {
        out[i].name = rows[i].name;
        out[i].has_arg = rows[i].kind == TEXT || rows[i].kind == LIST;
        out[i].val = ROW_BASE + (int)i;
    }
    out[ROW_COUNT] = help;
}

/* takes lists names with a space between. */
static bool is_listed(const char *takes, const char *name)
{
    size_t len = strlen(name);
    for (const char *at = strstr(takes, name); at != NULL; at = strstr(at + 1, name)) {
        if ((at == takes || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0')) {
            return true;
        }
    }
    return false;
}

bool args_may_have(const struct args *a, const char *name)
{
    return is_listed(a->command->takes, name);
}

/* False when it was given too often. */
static bool add(struct words *list, const char *value)
{
    if (list->count == CLI_WORDS_MAX) {
        return false;
    }
    list->item[list->count] = value;
    list->count++;
    return true;
}

static bool set_text(const char **text, const char *value)
{
    bool first = *text == NULL;
    *text = value;
    return first;
}

static bool set(struct args *a, const struct option_row *row, const char *value)
{
    void *member = (char *)a + row->at;
    switch (row->kind) {
    case TEXT:
        return set_text((const char **)member, value);
    case LIST:
        return add((struct words *)member, value);
    case FLAG:
        *(bool *)member = true;
        return true;
    case COUNT:
    default:
        (*(unsigned *)member)++;
        return true;
    }
}

static int usage_error(const struct command *c, const char *what, const char *which)
{
    say("%s%s; see navette %s --help", what, which, c->name);
    return CLI_USAGE;
}

static int take_words(const struct command *c, int argc, char **argv, struct args *out)
{
    for (int i = optind; i < argc; i++) {
        if (out->word_count == c->max_words) {
            return usage_error(c, "too many arguments, starting with ", argv[i]);
        }
        out->word[out->word_count] = argv[i];
        out->word_count++;
    }
    if (out->word_count < c->min_words) {
        return usage_error(c, "arguments are missing: it takes ", c->usage);
    }
    return CLI_OK;
}

static int take_option(const struct command *c, int letter, char **argv, struct args *out)
{
    if (letter == 'v') {
        out->verbose++;
        return CLI_OK;
    }
    if (letter < ROW_BASE) {
        const char *word = argv[optind - 1];
        return letter == ':' ? usage_error(c, "a value is missing behind ", word)
                             : usage_error(c, "unknown or ambiguous option ", word);
    }
    const struct option_row *row = &rows[letter - ROW_BASE];
    if (!row->common && !is_listed(c->takes, row->name)) {
        return usage_error(c, "this command does not take --", row->name);
    }
    if (!set(out, row, optarg)) {
        return usage_error(c, "given more often than allowed: --", row->name);
    }
    return CLI_OK;
}

int args_parse(const struct command *c, int argc, char **argv, struct args *out, bool *out_help)
{
    struct option options[ROW_COUNT + 2U];
    (void)memset(out, 0, sizeof *out);
    out->command = c;
    *out_help = false;
    long_options(options);
    optind = 1;
    opterr = 0;
    int letter = getopt_long(argc, argv, ":hv", options, NULL);
    while (letter != -1) {
        if (letter == 'h') {
            *out_help = true;
            return CLI_OK;
        }
        int code = take_option(c, letter, argv, out);
        if (code != CLI_OK) {
            return code;
        }
        letter = getopt_long(argc, argv, ":hv", options, NULL);
    }
    return take_words(c, argc, argv, out);
}
