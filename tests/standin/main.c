/* SPDX-License-Identifier: Apache-2.0 */
/* Options, the listening socket and the loop of the stand-in server. */
#include "standin.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct options options = {
    .priorities = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2",
    .idle_s = 65,
    .window_s = 60,
    .dossiers = 250,
    .token_life_s = 300,
    .piste_life_s = 3600,
    .coopcycle_life_s = 3600,
    .jindexe_life_s = 86400,
    .max_life_s = 3600,
    .limit_scale = 1.0,
};

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
    (void)number;
    stop = 1;
}

static const char usage[] =
    "usage: standin --cert PEM --key PEM [options]\n"
    "A local server that answers as the five systems do, on 127.0.0.1 over TLS.\n"
    "  --cert FILE            certificate chain, leaf first\n"
    "  --key FILE             its private key\n"
    "  --port N               0 (the default) takes a free one\n"
    "  --port-file FILE       writes the port there once it listens\n"
    "  --keys FILE            the command's token file: \"access_key = ...\", \"secret_key = "
    "...\"\n"
    "  --secrets-dir DIR      writes DIR/SYSTEM.keys, what each system knows its client by\n"
    "  --api-v2               the registry still serves API v2\n"
    "  --odd-secrets          with characters that forms must escape\n"
    "  --documents FILE       answers the examples of that file alone, to the letter\n"
    "  --dossiers N           of the demarche (250)\n"
    "  --app-token-file FILE  writes a legacy application token there\n"
    "  --clock-offset S       its clock is S seconds ahead of the real one\n"
    "  --token-life S         life of access tokens (300)\n"
    "  --limit-scale F        multiplies all rate limits (1)\n"
    "  --limit-window S       window of the rate limits (60)\n"
    "  --idle S               closes idle connections after that (65)\n"
    "  --tls PRIORITIES       GnuTLS priority string\n"
    "  --max-life S           ends by itself after that (3600)\n"
    "  --verbose              one line a request\n"
    "POST /standin/fault sets faults, GET /standin/state shows counters.\n";

static const struct option long_options[] = {{"cert", required_argument, NULL, 'c'},
                                             {"key", required_argument, NULL, 'k'},
                                             {"port", required_argument, NULL, 'p'},
                                             {"port-file", required_argument, NULL, 'P'},
                                             {"keys", required_argument, NULL, 'K'},
                                             {"secrets-dir", required_argument, NULL, 'S'},
                                             {"api-v2", no_argument, NULL, '2'},
                                             {"odd-secrets", no_argument, NULL, 'O'},
                                             {"documents", required_argument, NULL, 'D'},
                                             {"dossiers", required_argument, NULL, 'd'},
                                             {"app-token-file", required_argument, NULL, 'a'},
                                             {"clock-offset", required_argument, NULL, 'o'},
                                             {"token-life", required_argument, NULL, 'l'},
                                             {"limit-scale", required_argument, NULL, 's'},
                                             {"limit-window", required_argument, NULL, 'w'},
                                             {"idle", required_argument, NULL, 'i'},
                                             {"tls", required_argument, NULL, 't'},
                                             {"max-life", required_argument, NULL, 'm'},
                                             {"verbose", no_argument, NULL, 'v'},
                                             {"help", no_argument, NULL, 'h'},
                                             {NULL, 0, NULL, 0}};

static bool set_path(int option, const char *value)
{
    switch (option) {
    case 'c':
        options.cert_file = value;
        return true;
    case 'k':
        options.key_file = value;
        return true;
    case 'P':
        options.port_file = value;
        return true;
    case 'K':
        options.keys_file = value;
        return true;
    case 'S':
        options.secrets_dir = value;
        return true;
    case 'D':
        options.documents = value;
        return true;
    case 'a':
        options.app_token_file = value;
        return true;
    case 't':
        options.priorities = value;
        return true;
    default:
        return false;
    }
}

static bool set_number(int option, const char *value)
{
    char *end = NULL;
    const double number = value == NULL ? 0 : strtod(value, &end);
    if (value != NULL && (end == value || *end != '\0')) {
        return false;
    }
    switch (option) {
    case 'p':
        options.port = (unsigned)number;
        return number >= 0 && number <= 65535;
    case 'o':
        options.clock_offset_s = (long)number;
        return true;
    case 'l':
        options.token_life_s = (long)number;
        return true;
    case 's':
        options.limit_scale = number;
        return true;
    case 'w':
        options.window_s = (unsigned)number;
        return number >= 1;
    case 'i':
        options.idle_s = (unsigned)number;
        return true;
    case 'm':
        options.max_life_s = (long)number;
        return true;
    case 'd':
        options.dossiers = (unsigned)number;
        return number >= 0 && number <= 1000;
    case '2':
        options.api_v2 = true;
        return true;
    case 'O':
        options.odd_secrets = true;
        return true;
    case 'v':
        options.verbose = true;
        return true;
    default:
        return false;
    }
}

static bool read_options(int argc, char **argv)
{
    for (;;) {
        const int option = getopt_long(argc, argv, "", long_options, NULL);
        if (option == -1) {
            break;
        }
        if (option == 'h') {
            (void)fputs(usage, stdout);
            exit(0);
        }
        if (!set_path(option, optarg) && !set_number(option, optarg)) {
            return false;
        }
    }
    return options.cert_file != NULL && options.key_file != NULL && optind == argc;
}

static char *read_file(const char *path)
{
    enum { CAP = 65536 };
    FILE *file = fopen(path, "rb");
    char *text = calloc(1, CAP);
    if (file == NULL || text == NULL || fread(text, 1, CAP - 1, file) == 0U) {
        (void)fprintf(stderr, "standin: cannot read %s\n", path);
        exit(1);
    }
    (void)fclose(file);
    return text;
}

/* In one move, so that whoever waits for the file never reads half of it. */
static bool write_file(const char *path, const char *text)
{
    char temporary[4096];
    (void)snprintf(temporary, sizeof temporary, "%s.new", path);
    FILE *file = fopen(temporary, "w");
    if (file == NULL) {
        return false;
    }
    const bool written = fputs(text, file) >= 0;
    return fclose(file) == 0 && written && chmod(temporary, S_IRUSR | S_IWUSR) == 0 &&
           rename(temporary, path) == 0;
}

/* In one move too. */
static bool write_keys(const struct system *s)
{
    char path[4096];
    char *text = NULL;
    size_t len = 0;
    FILE *memory = open_memstream(&text, &len);
    if (memory == NULL) {
        return false;
    }
    s->keys(memory);
    bool good = fclose(memory) == 0;
    (void)snprintf(path, sizeof path, "%s/%s.keys", options.secrets_dir, s->name);
    good = good && write_file(path, text);
    free(text);
    return good;
}

/* Escapes in paths and queries are ours to undo, after splitting. */
static size_t keep_escapes(void *cls, struct MHD_Connection *connection, char *text)
{
    (void)cls;
    (void)connection;
    return strlen(text);
}

static struct MHD_Daemon *start(const char *cert, const char *key)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)options.port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_TLS | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_SUPPRESS_DATE_NO_CLOCK, 0,
        NULL, NULL, core_handle, NULL, MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_HTTPS_MEM_CERT,
        cert, MHD_OPTION_HTTPS_MEM_KEY, key, MHD_OPTION_HTTPS_PRIORITIES, options.priorities,
        MHD_OPTION_CONNECTION_TIMEOUT, options.idle_s, MHD_OPTION_LISTENING_ADDRESS_REUSE, 1U,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)131072, MHD_OPTION_UNESCAPE_CALLBACK,
        keep_escapes, NULL, MHD_OPTION_NOTIFY_COMPLETED, core_completed, NULL,
        MHD_OPTION_NOTIFY_CONNECTION, core_connection, NULL, MHD_OPTION_END);
}

static bool announce(struct MHD_Daemon *daemon)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT);
    char text[16];
    bool good = true;
    (void)snprintf(text, sizeof text, "%u\n", info == NULL ? 0U : (unsigned)info->port);
    if (options.app_token_file != NULL) {
        char *token = jwt_issue_legacy(1);
        good = token != NULL && write_file(options.app_token_file, token);
        free(token);
    }
    for (size_t i = 0; options.secrets_dir != NULL && systems[i] != NULL; i++) {
        good = good && write_keys(systems[i]);
    }
    core_set_port(info == NULL ? 0U : (unsigned)info->port);
    if (options.port_file == NULL) {
        (void)fputs(text, stdout);
        (void)fflush(stdout);
        return good;
    }
    return good && write_file(options.port_file, text);
}

static void serve(struct MHD_Daemon *daemon)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
    const int64_t end_ms = mono_ms() + (int64_t)options.max_life_s * 1000;
    struct pollfd events = {.fd = info->epoll_fd, .events = POLLIN};
    while (stop == 0 && mono_ms() < end_ms) {
        MHD_UNSIGNED_LONG_LONG next = 0;
        int wait_ms = 1000;
        const int due_ms = core_resume_due();
        if (MHD_get_timeout(daemon, &next) == MHD_YES && next < 1000U) {
            wait_ms = (int)next;
        }
        if (due_ms >= 0 && due_ms < wait_ms) {
            wait_ms = due_ms;
        }
        (void)poll(&events, 1, wait_ms);
        (void)MHD_run(daemon);
    }
}

int main(int argc, char **argv)
{
    const struct sigaction action = {.sa_handler = on_signal};
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    if (!read_options(argc, argv)) {
        (void)fputs(usage, stderr);
        return 2;
    }
    (void)umask(S_IRWXG | S_IRWXO); /* what it writes are secrets */
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGPIPE, &ignore, NULL);
    if (!core_init()) {
        (void)fputs("standin: cannot start: no entropy, or no key pair in the keys file\n", stderr);
        return 1;
    }
    char *cert = read_file(options.cert_file);
    char *key = read_file(options.key_file);
    struct MHD_Daemon *daemon = start(cert, key);
    int code = 1;
    if (daemon == NULL) {
        (void)fputs("standin: cannot listen: port taken, or certificate and key do not fit\n",
                    stderr);
    } else if (announce(daemon)) {
        serve(daemon);
        code = 0;
    } else {
        (void)fputs(
            "standin: cannot write the port, the token or the secrets: is there the folder?\n",
            stderr);
    }
    if (daemon != NULL) {
        MHD_stop_daemon(daemon);
    }
    core_free();
    free(cert);
    free(key);
    return code;
}
