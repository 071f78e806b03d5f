/* SPDX-License-Identifier: Apache-2.0 */
/* The one list of commands, and finding the one that was meant. */
#include "cli.h"

const struct command general_commands[] = {
    {"token", "show", 0, 1, cmd_token, "[SYSTEM]",
     "get a token, or tell about the one in the cache",
     "Exchanges the credentials of the secrets file for a token and keeps it in the cache, or "
     "finds\n"
     "that the one kept is still good. SYSTEM is rpc unless given.\n"
     "  --show            print the token itself on standard output, for scripts\n"
     "\n"
     "Examples:\n"
     "  navette token --token-file ~/.config/navette/keys\n"
     "  navette token piste --environment sandbox --json\n"},
    {"call", "data header no-auth output", 3, 3, cmd_call, "SYSTEM METHOD PATH",
     "any request to one of the systems",
     "The answer's body goes to standard output as it comes, all else to standard error. Exit 0 "
     "only\n"
     "for a complete 2xx answer. PATH starts with / and goes below the base URL.\n"
     "  --data FILE|-     the request's body, at most 16 MiB; its media type is the one that the\n"
     "                    system takes (application/json, CoopCycle: application/ld+json) unless\n"
     "                    a Content-Type header is given\n"
     "  --header 'N: V'   a further field, up to 16 of them\n"
     "  --no-auth         send no credentials\n"
     "  --output FILE     the answer goes there, once it is whole; needed with --json\n"
     "\n"
     "Examples:\n"
     "  navette call rpc GET '/v3.3/journeys?status=ok&limit=5'\n"
     "  navette call rpc POST /v3.3/journeys --data journey.json -v\n"},
    {"doctor", "", 0, 1, cmd_doctor, "[SYSTEM]",
     "check name resolution, clock, TLS, token and quota",
     "One line each, OK or FAIL with what to do about it; exit 12 when anything fails.\n"
     "SYSTEM is rpc unless given.\n"
     "\n"
     "Examples:\n"
     "  navette doctor coopcycle --base-url https://acme.coopcycle.org\n"
     "  navette doctor --base-url https://localhost:8443 --ca-file root.pem\n"},
    {"version", "", 0, 0, cmd_version, "", "version of navette and of its TLS library",
     "Example:\n  navette version --json\n"},
    {.name = NULL},
};

/* A further table of commands is one line here and one in cli.h. */
/* clang-format off */
const struct command *const cli_tables[] = {
    general_commands,
    journey_commands,
    route_commands,
    cee_commands,
    query_commands,
    delivery_commands,
    piste_commands,
    jindexe_commands,
    spool_commands,
    serve_commands,
    status_commands,
    NULL,
};
/* clang-format on */

/* ---- finding ---- */

static size_t first_word(const char *name)
{
    return strcspn(name, " ");
}

bool command_in_group(const struct command *c, const char *group)
{
    size_t len = first_word(c->name);
    return c->name[len] == ' ' && strlen(group) == len && strncmp(c->name, group, len) == 0;
}

/* "journey send" is two words of the command line. Returns how many words name c, 0: none. */
static int names(const struct command *c, int argc, char **argv)
{
    if (argc > 1 && strcmp(c->name, argv[1]) == 0) {
        return 1;
    }
    bool both = argc > 2 && command_in_group(c, argv[1]) &&
                strcmp(c->name + first_word(c->name) + 1, argv[2]) == 0;
    return both ? 2 : 0;
}

/* The command behind c of whichever table, the first one when c is NULL; NULL at the end. */
static const struct command *next_command(const struct command *c, size_t *table)
{
    const struct command *at = c == NULL ? cli_tables[0] : c + 1;
    *table = c == NULL ? 0U : *table;
    while (at->name == NULL && cli_tables[*table + 1U] != NULL) {
        (*table)++;
        at = cli_tables[*table];
    }
    return at->name == NULL ? NULL : at;
}

static const struct command *find(int argc, char **argv, int *out_words)
{
    size_t table = 0;
    const struct command *c = next_command(NULL, &table);
    *out_words = 0;
    while (c != NULL && *out_words == 0) {
        *out_words = names(c, argc, argv);
        c = *out_words > 0 ? c : next_command(c, &table);
    }
    return c;
}

static bool is_group(const char *word)
{
    size_t table = 0;
    const struct command *c = next_command(NULL, &table);
    while (c != NULL && !command_in_group(c, word)) {
        c = next_command(c, &table);
    }
    return c != NULL;
}

/* ---- running ---- */

static bool is_one_of(const char *word, const char *a, const char *b)
{
    return strcmp(word, a) == 0 || strcmp(word, b) == 0;
}

/* "navette help journey send" is "navette journey send --help"; "help journey" its group's. */
static int help_on(int argc, char **argv)
{
    int words = 0;
    const struct command *c = argc > 2 ? find(argc - 1, argv + 1, &words) : NULL;
    if (c != NULL) {
        help_command(c);
    } else if (argc > 2 && is_group(argv[2])) {
        help_group(argv[2]);
    } else if (argc > 2 && strcmp(argv[1], "help") == 0 && argv[2][0] != '-') {
        say("there is no command %s; see navette --help", argv[2]);
        return CLI_USAGE;
    } else {
        help_all(stdout);
    }
    return CLI_OK;
}

/* "send, check, status" */
static void list_group(char *out, size_t cap, const char *group)
{
    size_t used = 0;
    size_t table = 0;
    const struct command *c = next_command(NULL, &table);
    out[0] = '\0';
    for (; c != NULL && used < cap; c = next_command(c, &table)) {
        if (command_in_group(c, group)) {
            int n = snprintf(out + used, cap - used, "%s%s", used == 0U ? "" : ", ",
                             c->name + first_word(c->name) + 1);
            used += n > 0 ? (size_t)n : 0U;
        }
    }
}

/* A group without one of its commands behind it. */
static int in_group(int argc, char **argv)
{
    char list[256];
    if (argc > 2 && is_one_of(argv[2], "--help", "-h")) {
        help_group(argv[1]);
        return CLI_OK;
    }
    list_group(list, sizeof list, argv[1]);
    if (argc > 2) {
        say("%s %s is no command of %s: there are %s; see navette %s --help", argv[1], argv[2],
            argv[1], list, argv[1]);
    } else {
        say("%s is not a whole command: there are %s; see navette %s --help", argv[1], list,
            argv[1]);
    }
    return CLI_USAGE;
}

static int unknown(int argc, char **argv)
{
    if (argv[1][0] == '-') {
        say("options stand behind the command: navette COMMAND %s; see navette --help", argv[1]);
        return CLI_USAGE;
    }
    if (is_group(argv[1])) {
        return in_group(argc, argv);
    }
    say("there is no command %s; see navette --help", argv[1]);
    return CLI_USAGE;
}

static int run(const struct command *c, int skip, int argc, char **argv)
{
    struct args args;
    bool help = false;
    int code = args_parse(c, argc - skip, argv + skip, &args, &help);
    if (code != CLI_OK) {
        return code;
    }
    if (help) {
        help_command(c);
        return CLI_OK;
    }
    signals_catch();
    code = c->run(&args);
    /* Reading was what it interrupted. */
    return code == CLI_INPUT && signals_stop() ? CLI_INTERRUPTED : code;
}

int commands_run(int argc, char **argv)
{
    int words = 0;
    if (argc < 2) {
        help_all(stderr);
        return CLI_USAGE;
    }
    if (is_one_of(argv[1], "--help", "-h") || strcmp(argv[1], "help") == 0) {
        return help_on(argc, argv);
    }
    if (is_one_of(argv[1], "--version", "-V")) {
        static const struct args none;
        return cmd_version(&none);
    }
    const struct command *c = find(argc, argv, &words);
    return c != NULL ? run(c, words, argc, argv) : unknown(argc, argv);
}
