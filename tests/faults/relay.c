/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options, sockets and the loop of the relay; `relay --help` tells what it can do.
 *     relay --to PORT --port-file FILE --control SOCKET 'delay 25 25'
 *     relay --tell SOCKET fault cut down 1200
 */
#define _GNU_SOURCE
#include "relay.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { LOOPBACK_NET = 127 };

static struct relay relay = {.listener = -1, .control = -1, .random = 1};
static volatile sig_atomic_t stop;

static void on_signal(int number)
{
    (void)number;
    stop = 1;
}

uint64_t now_us(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000U + (uint64_t)t.tv_nsec / 1000U;
}

uint32_t draw(struct relay *r, uint32_t below)
{
    r->random ^= r->random << 13U; /* xorshift */
    r->random ^= r->random >> 17U;
    r->random ^= r->random << 5U;
    return r->random % below;
}

/* ---- sockets ---- */

static void set_up(int fd)
{
    const int on = 1;
    (void)fcntl(fd, F_SETFL, O_NONBLOCK);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

/* All of 127.0.0.0/8 leads here, which a sweep makes use of; other networks are turned away. */
bool relay_listen(struct relay *r)
{
    const int on = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(r->listen_port)};
    socklen_t len = sizeof address;
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (const struct sockaddr *)&address, sizeof address) != 0 ||
        listen(fd, PAIRS_MAX) != 0 || getsockname(fd, (struct sockaddr *)&address, &len) != 0) {
        (void)close(fd);
        return false;
    }
    r->listen_port = ntohs(address.sin_port);
    r->listener = fd;
    return true;
}

void relay_close(struct relay *r, struct pair *p, bool reset)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    for (int i = 0; i < 2; i++) {
        if (reset) {
            (void)setsockopt(p->fd[i], SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        }
        (void)close(p->fd[i]);
        r->last[i] = p->flow[i].passed;
    }
    p->used = false;
}

static struct pair *free_pair(struct relay *r)
{
    size_t i = 0;
    while (i < PAIRS_MAX && r->pairs[i].used) {
        i++;
    }
    if (i == PAIRS_MAX) {
        return NULL;
    }
    r->high = i < r->high ? r->high : i + 1U;
    return &r->pairs[i];
}

static void reset_flow(struct flow *f)
{
    memset(f, 0, offsetof(struct flow, bytes));
}

static void start_pair(struct relay *r, struct pair *p, int client)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(r->to_port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    p->fd[0] = client;
    p->fd[1] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    set_up(p->fd[0]);
    set_up(p->fd[1]);
    reset_flow(&p->flow[UP]);
    reset_flow(&p->flow[DOWN]);
    p->used = true;
    p->connecting = true;
    p->close_us = 0;
    p->ready_us = now_us() + ((uint64_t)r->delay_ms[UP] + r->delay_ms[DOWN]) * 1000U;
    r->connections++;
    if (connect(p->fd[1], (const struct sockaddr *)&to, sizeof to) != 0 && errno != EINPROGRESS) {
        r->refused++;
        relay_close(r, p, true);
    }
}

/* False: nobody waits. */
static bool take_one(struct relay *r)
{
    struct sockaddr_in own = {.sin_family = AF_INET};
    socklen_t len = sizeof own;
    struct pair *p = free_pair(r);
    const int client = p == NULL ? -1 : accept(r->listener, NULL, NULL);
    if (client < 0) {
        return false;
    }
    (void)getsockname(client, (struct sockaddr *)&own, &len);
    const uint32_t address = ntohl(own.sin_addr.s_addr);
    if (address >> 24U != LOOPBACK_NET) {
        (void)close(client);
        return true;
    }
    p->fault = fault_choose(r, address);
    start_pair(r, p, client);
    return true;
}

/* ---- the loop ---- */

static void finish_connect(struct relay *r, struct pair *p)
{
    int error = 0;
    socklen_t len = sizeof error;
    (void)getsockopt(p->fd[1], SOL_SOCKET, SO_ERROR, &error, &len);
    p->connecting = false;
    if (error != 0) {
        r->refused++;
        relay_close(r, p, true);
    }
}

/* Stalled for good, and its source has gone. */
static bool is_stuck(const struct flow *f)
{
    return f->ended && f->stall_us == UINT64_MAX;
}

/* A hole ends when its client goes away, a cut when one of both does. */
static bool is_over(const struct pair *p, uint64_t now)
{
    const struct flow *up = &p->flow[UP];
    const struct flow *down = &p->flow[DOWN];
    const bool told = up->told && down->told;
    return (told && !up->swallow && !down->swallow) || (told && down->ended) ||
           (up->swallow && down->swallow && up->ended) || is_stuck(up) || is_stuck(down) ||
           (p->close_us != 0U && now >= p->close_us);
}

static void step_pair(struct relay *r, struct pair *p, const short *events, uint64_t now)
{
    for (int way = UP; way <= (int)DOWN; way++) {
        if ((events[way] & (POLLIN | POLLHUP | POLLERR)) != 0 &&
            flow_wants_in(r, p, (enum way)way, now)) {
            flow_take(r, p, (enum way)way, now);
        }
    }
    if (!flow_give(r, p, UP, now) || !flow_give(r, p, DOWN, now)) {
        return;
    }
    if (is_over(p, now)) {
        relay_close(r, p, false);
    }
}

static short events_of(const struct relay *r, const struct pair *p, int side, uint64_t now)
{
    short events = 0;
    if (p->connecting) {
        return side == 1 ? POLLOUT : 0;
    }
    if (flow_wants_in(r, p, (enum way)side, now)) {
        events |= POLLIN;
    }
    if (!r->frozen && p->flow[1 - side].blocked) {
        events |= POLLOUT;
    }
    return events;
}

static uint64_t pair_due_us(const struct pair *p, uint64_t now)
{
    const uint64_t up = flow_due_us(p, UP);
    const uint64_t down = flow_due_us(p, DOWN);
    uint64_t due_us = up < down ? up : down;
    if (p->connecting) {
        return UINT64_MAX;
    }
    if (p->ready_us > now && p->ready_us < due_us) {
        due_us = p->ready_us;
    }
    return p->close_us != 0U && p->close_us < due_us ? p->close_us : due_us;
}

/* Two entries for each pair below high, at its own place; a side that waits for nothing is left
 * out, so that an end it has told already does not wake us for ever. */
static uint64_t fill(const struct relay *r, struct pollfd *polls, uint64_t now)
{
    uint64_t due_us = UINT64_MAX;
    for (size_t i = 0; i < r->high; i++) {
        const struct pair *p = &r->pairs[i];
        for (int side = 0; side < 2; side++) {
            struct pollfd *poll = &polls[i * 2U + (size_t)side];
            poll->events = p->used ? events_of(r, p, side, now) : 0;
            poll->revents = 0;
            poll->fd = poll->events == 0 ? -1 : p->fd[side];
        }
        const uint64_t pair_us = p->used && !r->frozen ? pair_due_us(p, now) : UINT64_MAX;
        due_us = pair_us < due_us ? pair_us : due_us;
    }
    return due_us;
}

static void step_pairs(struct relay *r, const struct pollfd *polls)
{
    const uint64_t now = now_us();
    for (size_t i = 0; i < r->high; i++) {
        struct pair *p = &r->pairs[i];
        const short events[2] = {polls[i * 2U].revents, polls[i * 2U + 1U].revents};
        if (p->used && p->connecting && events[1] != 0) {
            finish_connect(r, p);
        }
        if (p->used && !p->connecting && !r->frozen) {
            step_pair(r, p, events, now);
        }
    }
    while (r->high > 0U && !r->pairs[r->high - 1U].used) {
        r->high--;
    }
}

static struct timespec until(uint64_t due_us, uint64_t now)
{
    const uint64_t most_us = 1000000;
    const uint64_t left_us = due_us <= now ? 0U : due_us - now;
    const uint64_t wait_us = left_us < most_us ? left_us : most_us;
    return (struct timespec){.tv_sec = (time_t)(wait_us / 1000000U),
                             .tv_nsec = (long)(wait_us % 1000000U) * 1000L};
}

static void loop(struct relay *r, uint64_t end_us)
{
    static struct pollfd polls[PAIRS_MAX * 2 + 2];
    while (stop == 0 && now_us() < end_us) {
        const uint64_t now = now_us();
        const uint64_t due_us = fill(r, polls, now);
        const size_t n = r->high * 2U;
        const struct timespec wait = until(due_us, now);
        polls[n] = (struct pollfd){.fd = r->frozen ? -1 : r->listener, .events = POLLIN};
        polls[n + 1U] = (struct pollfd){.fd = r->control, .events = POLLIN};
        if (ppoll(polls, n + 2U, &wait, NULL) < 0) {
            continue;
        }
        const bool new_client = polls[n].revents != 0;
        const bool new_command = polls[n + 1U].revents != 0;
        step_pairs(r, polls);
        while (new_client && take_one(r)) {
        }
        if (new_command) {
            control_serve(r);
        }
    }
}

/* ---- options ---- */

static const char usage[] =
    "usage: relay --to PORT [options] [COMMAND ...]\n"
    "       relay --tell SOCKET COMMAND\n"
    "Carries TCP connections to 127.0.0.1:PORT and harms them as told; each COMMAND is one word.\n"
    "  --listen PORT      0 (the default) takes a free one\n"
    "  --port-file FILE   writes the port there once it listens; else to standard output\n"
    "  --control SOCKET   a Unix socket that takes commands\n"
    "  --seed N           of what is left to chance (1)\n"
    "  --max-life S       ends by itself after that (3600)\n";

struct choice {
    const char *port_file, *control, *tell;
    uint32_t max_life_s;
};

static bool read_options(struct relay *r, struct choice *c, int argc, char **argv)
{
    static const struct option options[] = {
        {"to", required_argument, NULL, 't'},       {"listen", required_argument, NULL, 'l'},
        {"tell", required_argument, NULL, 'T'},     {"port-file", required_argument, NULL, 'p'},
        {"seed", required_argument, NULL, 's'},     {"control", required_argument, NULL, 'c'},
        {"max-life", required_argument, NULL, 'm'}, {NULL, 0, NULL, 0}};
    for (;;) {
        const int option = getopt_long(argc, argv, "+", options, NULL);
        const uint32_t value = option == -1 || optarg == NULL ? 0U : (uint32_t)atol(optarg);
        switch (option) {
        case -1:
            return c->tell != NULL ? optind < argc : r->to_port != 0U;
        case 't':
            r->to_port = (uint16_t)value;
            break;
        case 'l':
            r->listen_port = (uint16_t)value;
            break;
        case 'T':
            c->tell = optarg;
            break;
        case 'p':
            c->port_file = optarg;
            break;
        case 's':
            r->random = value * 2654435761U | 1U;
            break;
        case 'c':
            c->control = optarg;
            break;
        case 'm':
            c->max_life_s = value;
            break;
        default:
            return false;
        }
    }
}

/* In one move, so that whoever waits for the file never reads half of it. */
static bool announce(const struct relay *r, const char *path)
{
    char temporary[4096];
    FILE *file = stdout;
    if (path != NULL) {
        (void)snprintf(temporary, sizeof temporary, "%s.new", path);
        file = fopen(temporary, "w");
    }
    if (file == NULL || fprintf(file, "%u\n", (unsigned)r->listen_port) < 0) {
        return false;
    }
    return path == NULL ? fflush(file) == 0 : fclose(file) == 0 && rename(temporary, path) == 0;
}

static bool do_first(struct relay *r, int argc, char **argv)
{
    for (int i = optind; i < argc; i++) {
        char answer[512];
        if (!control_do(r, argv[i], answer, sizeof answer)) {
            (void)fprintf(stderr, "relay: %s\n", answer);
            return false;
        }
    }
    return true;
}

/* The command's words need no quotes. */
static int tell(const char *path, int argc, char **argv)
{
    char command[256] = "";
    char answer[512];
    for (int i = 0; i < argc; i++) {
        const size_t len = strlen(command);
        (void)snprintf(&command[len], sizeof command - len, "%s%s", i == 0 ? "" : " ", argv[i]);
    }
    const bool done = control_ask(path, command, answer, sizeof answer);
    (void)fprintf(done ? stdout : stderr, "%s\n",
                  answer[0] == '\0' ? "relay: nobody answers there" : answer);
    return done ? 0 : 1;
}

int main(int argc, char **argv)
{
    const struct sigaction action = {.sa_handler = on_signal};
    struct choice c = {.max_life_s = 3600};
    if (!read_options(&relay, &c, argc, argv)) {
        (void)fprintf(stderr, "%s%s", usage, control_usage);
        return 2;
    }
    if (c.tell != NULL) {
        return tell(c.tell, argc - optind, &argv[optind]);
    }
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGINT, &action, NULL);
    if (!relay_listen(&relay)) {
        (void)fprintf(stderr, "relay: cannot listen: %s\n", strerror(errno));
        return 1;
    }
    if (c.control != NULL) {
        relay.control = control_open(c.control);
    }
    if ((c.control != NULL && relay.control < 0) || !do_first(&relay, argc, argv) ||
        !announce(&relay, c.port_file)) {
        (void)fprintf(stderr, "relay: cannot start: %s\n", strerror(errno));
        return 1;
    }
    loop(&relay, now_us() + (uint64_t)c.max_life_s * 1000000U);
    if (c.control != NULL) {
        (void)unlink(c.control);
    }
    return 0;
}
