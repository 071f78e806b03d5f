/* SPDX-License-Identifier: Apache-2.0 */
/* Help: what all commands share, one group, one command. */
#include "cli.h"

static const char common[] =
    "Options of every command:\n"
    "  --base-url URL    where the system is: https://host[:port][/path] (its production)\n"
    "  --ca-file PEM     trusted CA certificates (/etc/ssl/certs/ca-certificates.crt)\n"
    "  --token-file FILE the secret: one line with a token, or two lines\n"
    "                      access_key = ...\n"
    "                      secret_key = ...\n"
    "                    readable by its owner alone (chmod 600)\n"
    "  --timeout SECONDS for one whole call, retries on the wire included (60)\n"
    "  --pin SHA256      hex SHA-256 of a public key (SubjectPublicKeyInfo) that the server's "
    "chain\n"
    "                    must hold; may be given twice\n"
    "  --config FILE     read this configuration file\n"
    "  --no-cache        neither use nor keep a token between runs\n"
    "  --json            one JSON object on standard output, for machines\n"
    "  -v, --verbose     tell more on standard error\n"
    "  -h, --help        this text\n";

static const char places[] =
    "Each setting is taken from the first place that has it: option; environment\n"
    "(NAVETTE_BASE_URL, NAVETTE_CA_FILE, NAVETTE_TOKEN_FILE, NAVETTE_TIMEOUT, NAVETTE_PIN,\n"
    "NAVETTE_CONFIG); the system's section of the configuration file; its lines before any "
    "section;\n"
    "the default. The configuration file is the first that exists of\n"
    "$XDG_CONFIG_HOME/navette/navette.conf (~/.config/navette/navette.conf) and\n"
    "/etc/navette/navette.conf:\n"
    "  ca_file = /etc/navette/ca.pem\n"
    "  timeout = 30\n"
    "  token_cache = yes\n"
    "  [rpc]\n"
    "  base_url = https://api.demo.covoiturage.beta.gouv.fr\n"
    "  token_file = /etc/navette/rpc.keys\n"
    "  pin = 64 hex digits\n"
    "Without a token file, the systemd credential navette-SYSTEM ($CREDENTIALS_DIRECTORY) is "
    "used.\n"
    "Tokens are kept in $RUNTIME_DIRECTORY, or $XDG_CACHE_HOME/navette (~/.cache/navette).\n";

static void exit_codes(FILE *to)
{
    (void)fputs("Exit codes:\n", to);
#define EXIT_LINE(name, number, text) (void)fprintf(to, "  %3d  %s\n", number, text);
    CLI_EXIT_TABLE(EXIT_LINE)
#undef EXIT_LINE
}

#define LINE "  %-17s %-19s %s\n"

/* One table's commands, of one group alone when it is named. */
static void list(FILE *to, const struct command *table, const char *group)
{
    for (const struct command *c = table; c->name != NULL; c++) {
        if (group == NULL || command_in_group(c, group)) {
            (void)fprintf(to, LINE, c->name, c->usage, c->about);
        }
    }
}

void help_all(FILE *to)
{
    (void)fputs("navette carries tokens and journeys from gateways to public APIs.\n\n"
                "usage: navette COMMAND [ARGUMENTS] [OPTIONS]\n\n",
                to);
    for (size_t i = 0; cli_tables[i] != NULL; i++) {
        list(to, cli_tables[i], NULL);
    }
    (void)fprintf(to, LINE "\nSystems:", "help", "[COMMAND]", "this text, or a command's");
    for (size_t i = 0; nvt_profiles[i] != NULL; i++) {
        (void)fprintf(to, " %s (%s)", nvt_profiles[i]->name, nvt_profiles[i]->title);
    }
    (void)fprintf(to, "\n\n%s\n%s\n", common, places);
    exit_codes(to);
}

void help_command(const struct command *c)
{
    (void)printf("usage: navette %s %s%s[OPTIONS]\n\n%s.\n\n%s\n%s\n", c->name, c->usage,
                 c->usage[0] == '\0' ? "" : " ", c->about, c->help, common);
    exit_codes(stdout);
}

void help_group(const char *group)
{
    (void)printf("usage: navette %s COMMAND [ARGUMENTS] [OPTIONS]\n\n", group);
    for (size_t i = 0; cli_tables[i] != NULL; i++) {
        list(stdout, cli_tables[i], group);
    }
    (void)printf("\nnavette %s COMMAND --help tells more of each.\n", group);
}
