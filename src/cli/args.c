/* SPDX-License-Identifier: Apache-2.0 */
/* The command line: one table of options for all commands. */
#include "cli.h"

#include <getopt.h>

/* Options that every command takes. */
#define COMMON "bctTCpjnvh"

static const struct option options[] = {
    {"base-url", required_argument, NULL, 'b'},
    {"ca-file", required_argument, NULL, 'c'},
    {"token-file", required_argument, NULL, 't'},
    {"timeout", required_argument, NULL, 'T'},
    {"config", required_argument, NULL, 'C'},
    {"pin", required_argument, NULL, 'p'},
    {"json", no_argument, NULL, 'j'},
    {"no-cache", no_argument, NULL, 'n'},
    {"verbose", no_argument, NULL, 'v'},
    {"help", no_argument, NULL, 'h'},
    {"refused", required_argument, NULL, 'R'},
    {"retry-for", required_argument, NULL, 'r'},
    {"data", required_argument, NULL, 'd'},
    {"header", required_argument, NULL, 'H'},
    {"no-auth", no_argument, NULL, 'A'},
    {"show", no_argument, NULL, 'S'},
    {"code", required_argument, NULL, 'k'},
    {"message", required_argument, NULL, 'm'},
    {"status", required_argument, NULL, 's'},
    {"start", required_argument, NULL, 'f'},
    {"end", required_argument, NULL, 'e'},
    {"limit", required_argument, NULL, 'l'},
    {"offset", required_argument, NULL, 'o'},
    {NULL, 0, NULL, 0},
};

static const char *option_name(int letter)
{
    for (const struct option *o = options; o->name != NULL; o++) {
        if (o->val == letter) {
            return o->name;
        }
    }
    return "?";
}

static const char **text_of(struct args *a, int letter)
{
    switch (letter) {
    case 'b':
        return &a->base_url;
    case 'c':
        return &a->ca_file;
    case 't':
        return &a->token_file;
    case 'T':
        return &a->timeout;
    case 'C':
        return &a->config;
    case 'R':
        return &a->refused;
    case 'r':
        return &a->retry_for;
    case 'd':
        return &a->data;
    case 'k':
        return &a->code;
    case 'm':
        return &a->message;
    default:
        return NULL;
    }
}

static const char **filter_of(struct args *a, int letter)
{
    switch (letter) {
    case 's':
        return &a->status;
    case 'f':
        return &a->start;
    case 'e':
        return &a->end;
    case 'l':
        return &a->limit;
    case 'o':
        return &a->offset;
    default:
        return NULL;
    }
}

static bool set_flag(struct args *a, int letter)
{
    switch (letter) {
    case 'j':
        a->json = true;
        return true;
    case 'n':
        a->no_cache = true;
        return true;
    case 'v':
        a->verbose++;
        return true;
    case 'A':
        a->no_auth = true;
        return true;
    case 'S':
        a->show = true;
        return true;
    default:
        return false;
    }
}

/* Options that may be repeated; false when there are too many. */
static bool add(const char **list, size_t *count, size_t max, const char *value)
{
    if (*count == max) {
        return false;
    }
    list[*count] = value;
    (*count)++;
    return true;
}

static bool set(struct args *a, int letter, const char *value)
{
    const char **text = text_of(a, letter);
    if (text == NULL) {
        text = filter_of(a, letter);
    }
    if (text != NULL) {
        bool first = *text == NULL;
        *text = value;
        return first;
    }
    if (letter == 'H') {
        return add(a->headers, &a->header_count, CLI_HEADERS_MAX, value);
    }
    if (letter == 'p') {
        return add(a->pin, &a->pin_count, NVT_TLS_PINS_MAX, value);
    }
    return set_flag(a, letter);
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
    if (letter == '?' || letter == ':') {
        const char *word = argv[optind - 1];
        return letter == ':' ? usage_error(c, "a value is missing behind ", word)
                             : usage_error(c, "unknown or ambiguous option ", word);
    }
    if (strchr(COMMON, letter) == NULL && strchr(c->takes, letter) == NULL) {
        return usage_error(c, "this command does not take --", option_name(letter));
    }
    if (!set(out, letter, optarg)) {
        return usage_error(c, "given more often than allowed: --", option_name(letter));
    }
    return CLI_OK;
}

int args_parse(const struct command *c, int argc, char **argv, struct args *out, bool *out_help)
{
    (void)memset(out, 0, sizeof *out);
    *out_help = false;
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
