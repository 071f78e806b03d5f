/* SPDX-License-Identifier: Apache-2.0 */
/* The commands and their help. */
#include "cli.h"

const struct command cli_commands[] = {
    {"token", "S", 0, 1, true, cmd_token, "[SYSTEM]",
     "get a token, or tell about the one in the cache",
     "Exchanges access_key and secret_key for a token and keeps it in the cache, or finds that "
     "the\n"
     "one kept is still good. SYSTEM is rpc unless given.\n"
     "  --show            print the token itself on standard output, for scripts\n"
     "\n"
     "Examples:\n"
     "  navette token --token-file ~/.config/navette/keys\n"
     "  navette token --json\n"},
    {"journey send", "Rr", 1, 1, true, cmd_journey_send, "FILE|-",
     "send the journeys of a JSON Lines file",
     "Sends each line of FILE (one journey, JSON, at most 16384 bytes) to the registry. A line "
     "that\n"
     "breaks a rule of the API is not sent: it is named with field and reason and set aside. What\n"
     "the registry has already counts as delivered, so the same file may be sent again.\n"
     "Ctrl-C stops after the journey under way (3 s at most) and prints the table; a second one "
     "ends\n"
     "it at once.\n"
     "  --refused FILE    where refused and set-aside journeys go, with reasons, as JSON Lines\n"
     "                    (FILE.refused, made anew; with - journeys.refused, added to)\n"
     "  --retry-for S     how long one journey is tried again before the run stops (300)\n"
     "\n"
     "Examples:\n"
     "  navette journey send today.jsonl\n"
     "  producer | navette journey send - --refused /var/lib/navette/refused.jsonl --json\n"},
    {"journey check", "R", 1, 1, false, cmd_journey_check, "FILE|-",
     "check such a file without sending anything",
     "Checks each line as `journey send` does before sending. Needs no server and no credentials.\n"
     "  --refused FILE    write the broken lines there, with reasons\n"
     "\n"
     "Examples:\n"
     "  navette journey check today.jsonl\n"
     "  navette journey check - --json <today.jsonl\n"},
    {"journey status", "", 1, 1, true, cmd_journey_status, "ID",
     "what the registry says of one journey",
     "ID is the operator_journey_id that the journey was sent with.\n"
     "\n"
     "Examples:\n"
     "  navette journey status 2f6c2f0e-5a3e-4a55-8a5e-0c9a7a1d3b10\n"
     "  navette journey status 2f6c2f0e-5a3e-4a55-8a5e-0c9a7a1d3b10 --json\n"},
    {"journey update", "", 2, 2, true, cmd_journey_update, "ID FILE|-",
     "replace incentives, class, times, places and distance of a journey",
     "FILE holds the journey as one JSON object, whole or with only the members that may change:\n"
     "incentives, operator_class, operator_trip_id, start, end, distance.\n"
     "\n"
     "Examples:\n"
     "  navette journey update 2f6c2f0e-5a3e-4a55-8a5e-0c9a7a1d3b10 corrected.json\n"},
    {"journey cancel", "km", 1, 1, true, cmd_journey_cancel, "ID", "cancel one journey",
     "  --code CODE       why: up to 32 of A-Z a-z 0-9 _ - (empty)\n"
     "  --message TEXT    why, in words, up to 512 characters\n"
     "\n"
     "Examples:\n"
     "  navette journey cancel 2f6c2f0e-5a3e-4a55-8a5e-0c9a7a1d3b10 --code no_show\n"},
    {"journey list", "sfelo", 0, 0, true, cmd_journey_list, "", "ids of journeys in one status",
     "Prints one id a line, newest first. A journey may take a day to show.\n"
     "  --status STATUS   ok (the default), pending, canceled, acquisition_error,\n"
     "                    validation_error, normalization_error, fraud_error, anomaly_error, "
     "expired\n"
     "  --start TIME      from this time on, as 2026-01-31T00:00:00Z (the registry's default: 7 "
     "days\n"
     "                    ago; it goes back 90)\n"
     "  --end TIME        up to this time\n"
     "  --limit N, --offset N   how many, and from which on (50, 0)\n"
     "\n"
     "Examples:\n"
     "  navette journey list --status pending --limit 100\n"},
    {"call", "dHA", 3, 3, true, cmd_call, "SYSTEM METHOD PATH", "any request to one of the systems",
     "The answer's body goes to standard output as it comes, all else to standard error. Exit 0 "
     "only\n"
     "for a complete 2xx answer. PATH starts with / and goes below the base URL.\n"
     "  --data FILE|-     the request's body, at most 16 MiB (media type application/json unless "
     "a\n"
     "                    Content-Type header is given)\n"
     "  --header 'N: V'   a further field, up to 16 of them\n"
     "  --no-auth         send no credentials\n"
     "\n"
     "Examples:\n"
     "  navette call rpc GET '/v3.3/journeys?status=ok&limit=5'\n"
     "  navette call rpc POST /v3.3/journeys --data journey.json -v\n"},
    {"doctor", "", 0, 1, true, cmd_doctor, "[SYSTEM]",
     "check name resolution, clock, TLS, token and quota",
     "One line each, OK or FAIL with what to do about it; exit 12 when anything fails.\n"
     "SYSTEM is rpc unless given.\n"
     "\n"
     "Examples:\n"
     "  navette doctor\n"
     "  navette doctor --base-url https://localhost:8443 --ca-file root.pem\n"},
    {"version", "", 0, 0, false, cmd_version, "", "version of navette and of its TLS library",
     "Example:\n  navette version --json\n"},
    {NULL, NULL, 0, 0, false, NULL, NULL, NULL, NULL},
};

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

void help_all(FILE *to)
{
    (void)fputs("navette carries tokens and journeys from gateways to public APIs.\n\n"
                "usage: navette COMMAND [ARGUMENTS] [OPTIONS]\n\n",
                to);
    for (const struct command *c = cli_commands; c->name != NULL; c++) {
        (void)fprintf(to, "  %-15s %-19s %s\n", c->name, c->usage, c->about);
    }
    (void)fprintf(to, "  %-15s %-19s %s\n\nSystems:", "help", "[COMMAND]",
                  "this text, or a command's");
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
