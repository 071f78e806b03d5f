/* SPDX-License-Identifier: Apache-2.0 */
/* Commands: from the command line at the start, from the control socket later. */
#include "relay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { WORDS_MAX = 8, LINE_CAP = 256 };

const char control_usage[] =
    "commands (WAY: up, from the client, or down):\n"
    "  delay UP DOWN            milliseconds each way; a connection takes both before it is there\n"
    "  jitter MS                up to that much more, differently for each piece of bytes\n"
    "  rate UP DOWN             bytes a second of all connections together, 0: no limit\n"
    "  fault KIND WAY AT [ARG [COUNT]]\n"
    "                           harms the next COUNT (1) connections, 0: all, after AT bytes of "
    "WAY\n"
    "                           KIND: cut, reset, stall (ARG ms), garble (ARG bits), hole\n"
    "  chaos PERCENT SPAN       harms that many of the connections to come, within SPAN bytes\n"
    "  sweep KIND WAY FIRST STEP COUNT ARG N\n"
    "                           the first connection to 127.N.0.0 + i is harmed after FIRST + i * "
    "STEP\n"
    "  clear                    no more faults for connections to come\n"
    "  now KIND                 harms all that are open\n"
    "  freeze, thaw             nothing passes, and nothing is lost\n"
    "  refuse, accept           new connections are refused; they are taken again\n"
    "  to PORT                  the server for connections to come\n"
    "  state                    counters\n"
    "  hits N                   the same, hits of sweep N alone from now on\n";

struct words {
    const char *word[WORDS_MAX];
    size_t count;
};

static uint32_t number(const struct words *w, size_t i, uint32_t otherwise)
{
    return i < w->count ? (uint32_t)strtoul(w->word[i], NULL, 10) : otherwise;
}

static bool kind_named(const char *name, enum kind *out)
{
    static const char *const names[] = {"pass", "cut", "reset", "stall", "garble", "hole"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i], name) == 0) {
            *out = (enum kind)i;
            return true;
        }
    }
    return false;
}

static bool read_fault(const struct words *w, struct fault *out)
{
    if (w->count < 4U || !kind_named(w->word[1], &out->kind)) {
        return false;
    }
    out->way = strcmp(w->word[2], "down") == 0 ? DOWN : UP;
    out->at = number(w, 3, 0);
    return out->way == DOWN || strcmp(w->word[2], "up") == 0;
}

/* ---- commands ---- */

static bool do_delay(struct relay *r, const struct words *w)
{
    r->delay_ms[UP] = number(w, 1, 0);
    r->delay_ms[DOWN] = number(w, 2, 0);
    return w->count == 3U;
}

static bool do_jitter(struct relay *r, const struct words *w)
{
    r->jitter_ms = number(w, 1, 0);
    return w->count == 2U;
}

static bool do_rate(struct relay *r, const struct words *w)
{
    r->rate[UP] = number(w, 1, 0);
    r->rate[DOWN] = number(w, 2, 0);
    return w->count == 3U;
}

static bool do_fault(struct relay *r, const struct words *w)
{
    struct fault fault = {.kind = PASS};
    if (!read_fault(w, &fault)) {
        return false;
    }
    fault.arg = number(w, 4, 0);
    r->next = fault;
    r->next_left = number(w, 5, 1);
    return true;
}

static bool do_chaos(struct relay *r, const struct words *w)
{
    r->chaos_percent = number(w, 1, 0);
    r->chaos_span = number(w, 2, 0);
    return w->count == 3U;
}

static bool do_sweep(struct relay *r, const struct words *w)
{
    struct fault fault = {.kind = PASS};
    const uint32_t n = number(w, 7, 0);
    const uint32_t count = number(w, 5, 0);
    if (!read_fault(w, &fault) || n == 0U || n >= (uint32_t)SWEEPS_MAX ||
        count > (uint32_t)SWEEP_MAX) {
        return false;
    }
    struct sweep *sweep = &r->sweeps[n];
    memset(sweep, 0, sizeof *sweep);
    fault.arg = number(w, 6, 0);
    fault.sweep = (uint8_t)n;
    sweep->fault = fault;
    sweep->step = number(w, 4, 1);
    sweep->count = count;
    return true;
}

/* How many faults of a sweep took effect, in place of the state. */
static bool do_hits(struct relay *r, const struct words *w)
{
    const uint32_t n = number(w, 1, 0);
    r->shown = n < (uint32_t)SWEEPS_MAX ? n : 0U;
    return n < (uint32_t)SWEEPS_MAX;
}

static bool do_clear(struct relay *r, const struct words *w)
{
    (void)w;
    r->next.kind = PASS;
    r->chaos_percent = 0;
    for (size_t i = 0; i < (size_t)SWEEPS_MAX; i++) {
        r->sweeps[i].count = 0;
    }
    return true;
}

static bool do_now(struct relay *r, const struct words *w)
{
    enum kind kind = PASS;
    if (w->count != 2U || !kind_named(w->word[1], &kind) || kind == GARBLE) {
        return false;
    }
    fault_now(r, kind);
    return true;
}

static bool do_freeze(struct relay *r, const struct words *w)
{
    r->frozen = strcmp(w->word[0], "freeze") == 0;
    return true;
}

static bool do_refuse(struct relay *r, const struct words *w)
{
    (void)w;
    if (r->listener >= 0) {
        (void)close(r->listener);
        r->listener = -1;
    }
    return true;
}

static bool do_accept(struct relay *r, const struct words *w)
{
    (void)w;
    return r->listener >= 0 || relay_listen(r);
}

static bool do_to(struct relay *r, const struct words *w)
{
    r->to_port = (uint16_t)number(w, 1, 0);
    return r->to_port != 0U;
}

static bool do_state(struct relay *r, const struct words *w)
{
    (void)w;
    r->shown = 0;
    return true;
}

static void show_state(const struct relay *r, char *answer, size_t cap)
{
    unsigned open = 0;
    const uint32_t hits = r->shown == 0U ? r->hits : r->sweeps[r->shown].hits;
    for (size_t i = 0; i < r->high; i++) {
        open += r->pairs[i].used ? 1U : 0U;
    }
    (void)snprintf(answer, cap,
                   "connections=%u open=%u hits=%u refused=%u up=%llu down=%llu last_up=%llu "
                   "last_down=%llu",
                   r->connections, open, hits, r->refused, (unsigned long long)r->total[UP],
                   (unsigned long long)r->total[DOWN], (unsigned long long)r->last[UP],
                   (unsigned long long)r->last[DOWN]);
}

static const struct {
    const char *name;
    bool (*act)(struct relay *r, const struct words *w);
} commands[] = {{"delay", do_delay}, {"jitter", do_jitter}, {"rate", do_rate},
                {"fault", do_fault}, {"chaos", do_chaos},   {"sweep", do_sweep},
                {"clear", do_clear}, {"now", do_now},       {"freeze", do_freeze},
                {"thaw", do_freeze}, {"refuse", do_refuse}, {"accept", do_accept},
                {"to", do_to},       {"state", do_state},   {"hits", do_hits}};

static bool do_words(struct relay *r, const struct words *w)
{
    for (size_t i = 0; w->count != 0U && i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(commands[i].name, w->word[0]) == 0) {
            return commands[i].act(r, w);
        }
    }
    return false;
}

bool control_do(struct relay *r, const char *command, char *answer, size_t cap)
{
    char line[LINE_CAP];
    char *rest = line;
    struct words w = {.count = 0};
    (void)snprintf(line, sizeof line, "%s", command);
    for (char *word = strtok_r(line, " \n", &rest); word != NULL && w.count < WORDS_MAX;
         word = strtok_r(NULL, " \n", &rest)) {
        w.word[w.count] = word;
        w.count++;
    }
    if (!do_words(r, &w)) {
        (void)snprintf(answer, cap, "not understood: %s", command);
        return false;
    }
    show_state(r, answer, cap);
    return true;
}

/* ---- the socket ---- */

int control_open(const char *path)
{
    struct sockaddr_un address;
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    (void)unlink(path);
    if (!control_address(path, &address) ||
        bind(fd, (const struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 8) != 0) {
        return -1;
    }
    return fd;
}

/* A command comes in one piece: it is far shorter than the socket's buffer. */
void control_serve(struct relay *r)
{
    const struct timeval patience = {.tv_sec = 5};
    char line[LINE_CAP] = "";
    char answer[512];
    const int fd = accept(r->control, NULL, NULL);
    if (fd < 0) {
        return;
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    const ssize_t n = recv(fd, line, sizeof line - 1U, 0);
    line[n < 0 ? 0 : n] = '\0';
    (void)control_do(r, line, answer, sizeof answer);
    (void)send(fd, answer, strlen(answer), MSG_NOSIGNAL);
    (void)close(fd);
}
