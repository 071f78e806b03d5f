/* SPDX-License-Identifier: Apache-2.0 */
/* Help: what all commands share, one group, one command. */
#include "cli.h"

static const char common[] =
    "Options of every command:\n"
    "  --environment NAME where the system runs, by name: production, demo, sandbox, ... (its "
    "first)\n"
    "  --base-url URL    the same by address: https://host[:port][/path]\n"
    "  --token-url URL   where its tokens come from, when that is another place\n"
    "  --scope TEXT      what the token is asked for, with a space between scopes\n"
    "  --ca-file PEM     trusted CA certificates (/etc/ssl/certs/ca-certificates.crt)\n"
    "  --token-file FILE the secrets file, readable by its owner alone (chmod 600): one line with "
    "a\n"
    "                    token, or lines \"name = value\"; navette help tells which\n"
    "  --timeout SECONDS for one whole call, retries on the wire included (60)\n"
    "  --pin SHA256      hex SHA-256 of a public key (SubjectPublicKeyInfo) that the server's "
    "chain\n"
    "                    must hold; may be given twice\n"
    "  --config FILE     read this configuration file\n"
    "  --no-cache        neither use nor keep a token between runs\n"
    "  --json            one JSON object on standard output, for machines\n"
    "  -v, --verbose     tell more on standard error\n"
    "  -h, --help        this text\n";

static const char secrets[] =
    "Lines of a secrets file (blank lines and # lines are skipped):\n"
    "  rpc        access_key, secret_key; with API v2 one line with the application's token\n"
    "  coopcycle  client_id, client_secret\n"
    "  piste      client_id, client_secret; api_key for Judilibre; account_login and\n"
    "             account_password for Chorus Pro\n"
    "  jindexe    api_key; username, password, or refresh_token\n"
    "  demarches  one line with the token, as for all systems whose token was made by hand\n";

static const char places[] =
    "Each setting is taken from the first place that has it: option; environment\n"
    "(NAVETTE_ENVIRONMENT, NAVETTE_BASE_URL, NAVETTE_TOKEN_URL, NAVETTE_SCOPE, NAVETTE_CA_FILE,\n"
    "NAVETTE_TOKEN_FILE, NAVETTE_TIMEOUT, NAVETTE_PIN, NAVETTE_CONFIG); the system's section of "
    "the\n"
    "configuration file; its lines before any section; the default. Of environment and base URL "
    "the\n"
    "one from the nearer place counts. The configuration file is the first that exists of\n"
    "$XDG_CONFIG_HOME/navette/navette.conf (~/.config/navette/navette.conf) and\n"
    "/etc/navette/navette.conf:\n"
    "  ca_file = /etc/navette/ca.pem\n"
    "  timeout = 30\n"
    "  token_cache = yes\n"
    "  [rpc]\n"
    "  environment = demo\n"
    "  api = v3.3         (or v2, which has an environment staging too)\n"
    "  token_file = /etc/navette/rpc.keys\n"
    "  pin = 64 hex digits\n"
    "  [coopcycle]\n"
    "  base_url = https://acme.coopcycle.org\n"
    "  scope = deliveries\n"
    "  [demarches]\n"
    "  bearer = token     (Authorization: Bearer token=..., plain unless set)\n"
    "Without a token file, the systemd credential navette-SYSTEM ($CREDENTIALS_DIRECTORY) is "
    "used.\n"
    "Tokens are kept in $RUNTIME_DIRECTORY, or $XDG_CACHE_HOME/navette (~/.cache/navette). Of "
    "runs\n"
    "that need one at the same time a single one asks for it. What lies there in another form, or "
    "of\n"
    "a later version, stays as it is.\n"
    "Hints are in French where NAVETTE_LANG, LC_ALL, LC_MESSAGES or LANG starts with fr.\n";

/* Its environments, where there are any. */
static void put_system(FILE *to, const struct nvt_profile *p)
{
    (void)fprintf(to, "  %-10s %s", p->name, p->title);
    for (size_t i = 0; i < p->environment_count; i++) {
        (void)fprintf(to, "%s%s", i == 0U ? ": " : ", ", p->environments[i].name);
    }
    (void)fputs(p->environment_count == 0U ? ": needs a base URL\n" : "\n", to);
}

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
    (void)fprintf(to, LINE "\nSystems, and their environments:\n", "help", "[COMMAND]",
                  "this text, or a command's");
    for (size_t i = 0; nvt_profiles[i] != NULL; i++) {
        put_system(to, nvt_profiles[i]);
    }
    (void)fprintf(to, "\n%s\n%s\n%s\n", common, secrets, places);
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
