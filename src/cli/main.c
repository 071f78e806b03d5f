/* SPDX-License-Identifier: Apache-2.0 */
/* navette: finds the command and runs it. */
#include "cli.h"

#include <signal.h>
#include <stdlib.h>

/* "journey send" is two words of the command line. Returns how many words name c, 0: none. */
static int names(const struct command *c, int argc, char **argv)
{
    const char *space = strchr(c->name, ' ');
    size_t first = space == NULL ? strlen(c->name) : (size_t)(space - c->name);
    if (argc < 2 || strlen(argv[1]) != first || strncmp(c->name, argv[1], first) != 0) {
        return 0;
    }
    if (space == NULL) {
        return 1;
    }
    return argc > 2 && strcmp(space + 1, argv[2]) == 0 ? 2 : 0;
}

static bool is_one_of(const char *word, const char *a, const char *b)
{
    return strcmp(word, a) == 0 || strcmp(word, b) == 0;
}

/* "navette help journey send" is "navette journey send --help". */
static int help_on(int argc, char **argv)
{
    for (const struct command *c = cli_commands; argc > 2 && c->name != NULL; c++) {
        if (names(c, argc - 1, argv + 1) > 0) {
            help_command(c);
            return CLI_OK;
        }
    }
    help_all(stdout);
    return CLI_OK;
}

static int unknown(int argc, char **argv)
{
    if (argv[1][0] == '-') {
        say("options stand behind the command: navette COMMAND %s; see navette --help", argv[1]);
    } else if (strcmp(argv[1], "journey") == 0) {
        say("%s%s is no command of journey: there are send, status, update, cancel, list, check; "
            "see navette --help",
            argc > 2 ? "journey " : "journey alone", argc > 2 ? argv[2] : "");
    } else {
        say("there is no command %s; see navette --help", argv[1]);
    }
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
    return c->run(&args);
}

static int dispatch(int argc, char **argv)
{
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
    for (const struct command *c = cli_commands; c->name != NULL; c++) {
        int words = names(c, argc, argv);
        if (words > 0) {
            return run(c, words, argc, argv);
        }
    }
    if (argc > 2 && strcmp(argv[1], "journey") == 0 && is_one_of(argv[2], "--help", "-h")) {
        help_all(stdout);
        return CLI_OK;
    }
    return unknown(argc, argv);
}

int main(int argc, char **argv)
{
    int code = dispatch(argc, argv);
    /* What a full disk did to our output shows here at the latest. */
    if (fflush(stdout) != 0 || ferror(stdout) != 0) {
        if (code != CLI_OK) {
            return code; /* it has been said what was wrong */
        }
        say("standard output can not be written: check the disk or the pipe behind it");
        return CLI_INPUT;
    }
    return code;
}
