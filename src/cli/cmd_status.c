/* SPDX-License-Identifier: Apache-2.0 */
/* navette status: asks a running service on its socket. */
#include "serve.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define ANSWER_CAP 16384U
#define TOKENS 256U
#define WAIT_S 10

static uint8_t answer[ANSWER_CAP];

/* ---- asking ---- */

static bool connect_to(int fd, const char *path)
{
    struct timeval wait = {WAIT_S, 0};
    struct sockaddr_un addr;
    (void)memset(&addr, 0, sizeof addr);
    addr.sun_family = AF_UNIX;
    if ((size_t)snprintf(addr.sun_path, sizeof addr.sun_path, "%s", path) >= sizeof addr.sun_path) {
        errno = ENAMETOOLONG;
        return false;
    }
    return setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) == 0 &&
           setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait) == 0 &&
           connect(fd, (const struct sockaddr *)&addr, sizeof addr) == 0;
}

static bool is_whole(struct nvt_span text, struct nvt_span end)
{
    return text.len >= end.len && nvt_span_eq(nvt_span_drop(text, text.len - end.len), end);
}

/* The answer up to and with its end; empty with errno when it did not come. */
static struct nvt_span ask(int fd, struct nvt_span question, struct nvt_span end)
{
    size_t len = 0;
    ssize_t n = send(fd, question.ptr, question.len, MSG_NOSIGNAL);
    while (n > 0 && len < sizeof answer && !is_whole(nvt_span_of(answer, len), end)) {
        n = recv(fd, answer + len, sizeof answer - len, 0);
        len += n > 0 ? (size_t)n : 0U;
    }
    if (n == 0) {
        errno = ECONNRESET;
    }
    return nvt_span_of(answer, is_whole(nvt_span_of(answer, len), end) ? len : 0U);
}

static const char *cause(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK ? "it did not answer in time" : strerror(error);
}

static int fetch(const char *path, bool metrics, bool json, struct nvt_span *out)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    *out = NVT_LIT("");
    if (fd >= 0 && connect_to(fd, path)) {
        *out = metrics ? ask(fd, NVT_LIT("metrics\n"), NVT_LIT("# EOF\n"))
                       : ask(fd, NVT_LIT("status\n"), NVT_LIT("\n"));
    }
    int error = errno;
    if (fd >= 0) {
        (void)close(fd);
    }
    if (out->len > 0U) {
        return CLI_OK;
    }
    if (error == EACCES) {
        return fail(
            json, CLI_NETWORK, NVT_OK,
            "the service's socket %s does not let this user in: belong to its group, or ask "
            "as root",
            path);
    }
    return fail(json, CLI_NETWORK, NVT_OK,
                "no service answers at %s (%s): start navette serve, or name its socket with "
                "--socket",
                path, cause(error));
}

/* ---- telling ---- */

static int64_t number_at(const struct nvt_json *doc, const char *path)
{
    nvt_json_node node = 0;
    int64_t value = 0;
    if (nvt_json_find(doc, 0, path, &node) == NVT_OK) {
        (void)nvt_json_get_int(doc, node, INT64_MIN, INT64_MAX, &value);
    }
    return value;
}

static bool flag_at(const struct nvt_json *doc, const char *path)
{
    nvt_json_node node = 0;
    bool value = false;
    return nvt_json_find(doc, 0, path, &node) == NVT_OK &&
           nvt_json_get_bool(doc, node, &value) == NVT_OK && value;
}

/* "" where there is no text. */
static struct nvt_span text_at(const struct nvt_json *doc, const char *path)
{
    nvt_json_node node = 0;
    bool found =
        nvt_json_find(doc, 0, path, &node) == NVT_OK && nvt_json_type(doc, node) == NVT_JSON_STRING;
    return found ? nvt_json_raw(doc, node) : NVT_LIT("");
}

static void print_text(const char *before, struct nvt_span raw)
{
    if (raw.len > 0U) {
        (void)fputs(before, stdout);
        put_text(stdout, raw, true);
    }
}

static void print_time(int64_t s)
{
    if (s >= 3600) {
        (void)printf("%lld h %lld min", (long long)(s / 3600), (long long)(s / 60 % 60));
    } else if (s >= 60) {
        (void)printf("%lld min %lld s", (long long)(s / 60), (long long)(s % 60));
    } else {
        (void)printf("%lld s", (long long)s);
    }
}

static void print_service(const struct nvt_json *doc)
{
    print_text("service      navette ", text_at(doc, "version"));
    (void)fputs(", up ", stdout);
    print_time(number_at(doc, "up_s"));
    (void)puts(flag_at(doc, "stopping") ? ", stopping" : "");
}

static void print_link(const struct nvt_json *doc)
{
    nvt_json_node ago = 0;
    int64_t hold_ms = number_at(doc, "resumes_in_ms");
    print_text("link         ", text_at(doc, "link"));
    if (hold_ms > 0) {
        (void)fputs(", tried again in ", stdout);
        print_time((hold_ms + 999) / 1000);
    }
    if (nvt_json_find(doc, 0, "answered_s_ago", &ago) == NVT_OK &&
        nvt_json_type(doc, ago) == NVT_JSON_NUMBER) {
        (void)fputs(", last answer ", stdout);
        print_time(number_at(doc, "answered_s_ago"));
        (void)fputs(" ago", stdout);
    }
    (void)printf("; %lld of %lld connections busy\n", (long long)number_at(doc, "busy"),
                 (long long)number_at(doc, "connections"));
}

/* The failure behind the link's state, or behind journeys that fail by themselves; an old one says
 * nothing about now. */
static void print_failure(const struct nvt_json *doc)
{
    if (text_at(doc, "last_failure.error").len == 0U ||
        (nvt_span_eq(text_at(doc, "link"), NVT_LIT("up")) &&
         number_at(doc, "spool.failing") == 0)) {
        return;
    }
    print_text("failure      ", text_at(doc, "last_failure.reason"));
    print_text(": ", text_at(doc, "last_failure.message"));
    int64_t status = number_at(doc, "last_failure.http_status");
    if (status != 0) {
        (void)printf(" (HTTP %lld)", (long long)status);
    }
    (void)putchar('\n');
}

static void print_journeys(const struct nvt_json *doc)
{
    int64_t used = number_at(doc, "spool.used_bytes");
    int64_t room = number_at(doc, "spool.capacity_bytes");
    (void)printf("pending      %lld, the spool is %lld %% full\n",
                 (long long)number_at(doc, "spool.pending"),
                 (long long)(room > 0 ? used * 100 / room : 0));
    if (number_at(doc, "spool.failing") > 0) {
        (void)printf("failing      %lld of them, tried again behind the others\n",
                     (long long)number_at(doc, "spool.failing"));
    }
    (void)printf("delivered    %lld; since the start %lld, of which %lld were there already\n",
                 (long long)number_at(doc, "spool.delivered"),
                 (long long)number_at(doc, "uplink.delivered"),
                 (long long)number_at(doc, "uplink.duplicates"));
    (void)printf("refused      %lld, expired %lld\n", (long long)number_at(doc, "spool.refused"),
                 (long long)number_at(doc, "spool.expired"));
    (void)printf(
        "taken in     %lld lines: %lld kept, %lld no journeys, %lld turned away\n",
        (long long)number_at(doc, "intake.lines"), (long long)number_at(doc, "intake.kept"),
        (long long)number_at(doc, "intake.refused"), (long long)number_at(doc, "intake.full"));
}

static void print_full(const struct nvt_json *doc)
{
    struct nvt_span full = text_at(doc, "spool_full");
    if (nvt_span_eq(full, NVT_LIT("bytes"))) {
        (void)printf("full         %lld of %lld bytes: journeys are turned away\n",
                     (long long)number_at(doc, "spool.used_bytes"),
                     (long long)number_at(doc, "spool.capacity_bytes"));
    } else if (full.len > 0U) {
        (void)printf("full         the newest is %lld journeys behind the oldest that waits, the "
                     "most is %lld: journeys are turned away\n",
                     (long long)number_at(doc, "spool.span"),
                     (long long)number_at(doc, "spool.entries_max"));
    } else {
        /* it has room */
    }
}

/* What is no trouble: nobody was told that it is kept, or it is kept all the same. */
static void print_notes(const struct nvt_json *doc)
{
    int64_t torn = number_at(doc, "spool.torn");
    int64_t repaired = number_at(doc, "spool.repaired");
    int64_t syncs = number_at(doc, "spool.failed_syncs");
    if (torn > 0) {
        (void)printf("note         %lld records were left unfinished by a power cut\n",
                     (long long)torn);
    }
    if (repaired > 0) {
        (void)printf("note         %lld blocks of the spool have a damaged head, whose other copy "
                     "is good\n",
                     (long long)repaired);
    }
    if (syncs > 0) {
        (void)printf("note         %lld syncs of the spool failed since the start; nothing rests "
                     "on them\n",
                     (long long)syncs);
    }
}

static bool has_trouble(const struct nvt_json *doc)
{
    return flag_at(doc, "spool_failed") || number_at(doc, "spool.lost") > 0 ||
           number_at(doc, "spool.damaged") > 0 || text_at(doc, "drop_error").len > 0U;
}

static void print_troubles(const struct nvt_json *doc)
{
    int64_t lost = number_at(doc, "spool.lost");
    int64_t damaged = number_at(doc, "spool.damaged");
    if (flag_at(doc, "spool_failed")) {
        (void)puts("TROUBLE      the spool's device failed: see the service's messages");
    }
    if (damaged > 0 || lost > 0) {
        (void)printf("TROUBLE      %lld damaged records in the spool, %lld journeys lost in them: "
                     "see navette spool check\n",
                     (long long)damaged, (long long)lost);
    }
    if (text_at(doc, "drop_error").len > 0U) {
        print_text("TROUBLE      drop folder: ", text_at(doc, "drop_error"));
        (void)putchar('\n');
    }
}

static int parse_status(struct nvt_json *doc, struct nvt_span text, bool json)
{
    static struct nvt_json_tok pool[TOKENS];
    nvt_err err = nvt_json_parse(doc, text, pool, TOKENS);
    return err == NVT_OK ? CLI_OK
                         : fail(json, CLI_ANSWER, err, "the service's answer is no status: %s",
                                nvt_err_text(err));
}

static int print_status(struct nvt_span text)
{
    struct nvt_json doc;
    int code = parse_status(&doc, text, false);
    if (code != CLI_OK) {
        return code;
    }
    print_service(&doc);
    print_link(&doc);
    print_failure(&doc);
    print_journeys(&doc);
    print_full(&doc);
    print_notes(&doc);
    print_troubles(&doc);
    return has_trouble(&doc) ? CLI_CHECK : CLI_OK;
}

/* As the text would say it. */
static int print_json(struct nvt_span text)
{
    struct nvt_json doc;
    int code = parse_status(&doc, text, true);
    (void)fwrite(text.ptr, 1U, text.len, stdout);
    return code == CLI_OK && has_trouble(&doc) ? CLI_CHECK : code;
}

static int cmd_status(const struct args *a)
{
    static struct settings general;
    static struct serve_settings set;
    struct nvt_span text = NVT_LIT("");
    int code = settings_load(&general, &nvt_rpc_profile, a);
    if (code == CLI_OK) {
        code = serve_settings_load(&set, &general, a);
    }
    if (code == CLI_OK && set.socket_path[0] == '\0') {
        code = fail(a->json, CLI_CONFIG, NVT_OK, "no socket is set: name it with --socket");
    }
    if (code == CLI_OK) {
        code = fetch(set.socket_path, a->metrics, a->json, &text);
    }
    if (code == CLI_OK && a->metrics) {
        (void)fwrite(text.ptr, 1U, text.len, stdout);
    } else if (code == CLI_OK && a->json) {
        code = print_json(text);
    } else if (code == CLI_OK) {
        code = print_status(text);
    } else {
        /* said already */
    }
    return code;
}

const struct command status_commands[] = {
    {"status", "socket metrics", 0, 0, cmd_status, "", "what a running `navette serve` is doing",
     "Asks the service on its socket, which its configuration names, for link, spool and "
     "counters.\n"
     "  --socket PATH     the service's socket, when it is not where the configuration says\n"
     "  --metrics         as Prometheus text (exposition format 0.0.4), for a textfile collector\n"
     "With --json one object with everything. Exit 4 when no service answers; 12 while something "
     "is\n"
     "wrong (TROUBLE): the spool lost journeys or is damaged, its device fails, the drop folder\n"
     "cannot be used; with --metrics 0 all the same.\n"
     "\n"
     "Examples:\n"
     "  navette status\n"
     "  navette status --socket /run/navette/navette.sock --metrics\n"},
    {.name = NULL},
};
