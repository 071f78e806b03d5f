/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Producers on a Unix socket. A round takes all lines that are there now from all of them, with one
 * sync of the spool for all, and then answers. Who does not read its answers is not read from, and
 * nobody waits for it.
 */
#include "serve.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Then the uplink has its turn. */
#define ROUNDS 4U

/* Reads of one producer in one round: who sends nothing but blank lines must not hold up the rest.
 */
#define READS 16U

/* When all places are taken, a producer that was silent for so long makes room. */
#define SILENT_MS 60000U

/* After the system had no descriptor or memory for a further connection. */
#define LISTEN_PAUSE_MS 1000U

/* Longest answer to "status" or "metrics". */
#define REPORT_MAX 8192U

enum { ASKED_STATUS = 1, ASKED_METRICS = 2 };

/* What one round has to tell one producer once the spool was committed. */
struct round {
    struct nvt_buf told; /* over the client's out */
    unsigned lines;
};

static const char io_answer[] = "{\"ok\":false,\"error\":\"NVT_E_SPOOL_IO\","
                                "\"reason\":\"the spool's device failed\"}\n";

/* ---- opening ---- */

static bool set_flags(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 &&
           fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

static int refuse_path(const struct serve *s, const char *why)
{
    return fail(s->settings.json, CLI_CONFIG, NVT_OK, "the socket %s %s", s->set.socket_path, why);
}

/* A socket that nobody listens at was left by a process that is gone. */
static int remove_stale(const struct serve *s, const struct sockaddr_un *addr)
{
    struct stat st;
    if (lstat(addr->sun_path, &st) != 0) {
        return CLI_OK;
    }
    if (!S_ISSOCK(st.st_mode)) {
        return refuse_path(s, "is something else than a socket: move it, or name another place");
    }
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    bool in_use = fd < 0 || !set_flags(fd) ||
                  connect(fd, (const struct sockaddr *)addr, sizeof *addr) == 0 ||
                  errno != ECONNREFUSED;
    if (fd >= 0) {
        (void)close(fd);
    }
    if (in_use) {
        return refuse_path(s, "is in use by another process: stop that one, or name another place");
    }
    return unlink(addr->sun_path) == 0
               ? CLI_OK
               : refuse_path(s, "is left over and cannot be removed: check its folder's mode");
}

/* From its first moment it has the mode that was asked for. */
static bool bind_with_mode(int fd, const struct sockaddr_un *addr, uint32_t mode)
{
    mode_t before = umask((mode_t)(~mode & 0x1FFU));
    bool bound = bind(fd, (const struct sockaddr *)addr, sizeof *addr) == 0;
    int saved = errno;
    (void)umask(before);
    errno = saved;
    return bound;
}

static int listen_at(struct serve *s, const struct sockaddr_un *addr)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    bool ready = fd >= 0 && set_flags(fd) && bind_with_mode(fd, addr, s->set.socket_mode) &&
                 listen(fd, 2 * SERVE_CLIENTS_MAX) == 0;
    if (!ready) {
        int saved = errno;
        if (fd >= 0) {
            (void)close(fd);
        }
        return fail(s->settings.json, CLI_CONFIG, NVT_OK,
                    "the socket %s cannot be made (%s): make its folder, or name another place",
                    s->set.socket_path, strerror(saved));
    }
    s->listener = fd;
    return CLI_OK;
}

int socket_open(struct serve *s)
{
    struct sockaddr_un addr;
    (void)memset(&addr, 0, sizeof addr);
    s->listener = -1;
    s->listen_at_ms = 0;
    for (size_t i = 0; i < SERVE_CLIENTS_MAX; i++) {
        s->clients[i].fd = -1;
    }
    if (s->set.socket_path[0] == '\0') {
        return CLI_OK;
    }
    addr.sun_family = AF_UNIX;
    if ((size_t)snprintf(addr.sun_path, sizeof addr.sun_path, "%s", s->set.socket_path) >=
        sizeof addr.sun_path) {
        return refuse_path(s, "has too long a name: 107 bytes are the system's limit");
    }
    int code = remove_stale(s, &addr);
    return code == CLI_OK ? listen_at(s, &addr) : code;
}

static void stop_listening(struct serve *s)
{
    if (s->listener >= 0) {
        (void)close(s->listener);
        (void)unlink(s->set.socket_path);
        s->listener = -1;
    }
}

static void drop_client(struct serve *s, struct serve_client *c)
{
    pool_give(s, c);
    (void)close(c->fd);
    c->fd = -1;
}

void socket_close(struct serve *s)
{
    stop_listening(s);
    for (size_t i = 0; i < SERVE_CLIENTS_MAX; i++) {
        if (s->clients[i].fd >= 0) {
            drop_client(s, &s->clients[i]);
        }
    }
}

/* ---- connections ---- */

static struct serve_client *free_place(struct serve *s)
{
    for (size_t i = 0; i < SERVE_CLIENTS_MAX; i++) {
        if (s->clients[i].fd < 0) {
            return &s->clients[i];
        }
    }
    return NULL;
}

static struct serve_client *most_silent(struct serve *s)
{
    struct serve_client *found = &s->clients[0];
    for (size_t i = 1; i < SERVE_CLIENTS_MAX; i++) {
        found = s->clients[i].moved_ms < found->moved_ms ? &s->clients[i] : found;
    }
    return found;
}

/* Where a further producer can go at that time; NULL: nowhere. */
static struct serve_client *place_at(struct serve *s, uint64_t now_ms)
{
    struct serve_client *c = free_place(s);
    if (c == NULL) {
        c = most_silent(s);
        c = now_ms >= c->moved_ms + SILENT_MS ? c : NULL;
    }
    return c;
}

static void welcome(struct serve *s, struct serve_client *c, int fd, uint64_t now_ms)
{
    if (c->fd >= 0) {
        drop_client(s, c);
    }
    c->fd = fd;
    c->ended = false;
    c->asked = 0;
    c->moved_ms = now_ms;
    c->out_len = 0;
    c->sent = 0;
    c->in.mem = NULL;
    c->in.from = 0;
    c->in.len = 0;
    c->in.skipping = false;
    c->in.lines = 0;
    s->intake.clients++;
}

/* A connection that was broken off already is none; anything else would fail again at once. */
static void note_no_connection(struct serve *s, int error, uint64_t now_ms)
{
    if (error != EAGAIN && error != EWOULDBLOCK && error != ECONNABORTED && error != EINTR) {
        s->listen_at_ms = now_ms + LISTEN_PAUSE_MS;
    }
}

static void accept_all(struct serve *s, uint64_t now_ms)
{
    struct serve_client *c = place_at(s, now_ms);
    while (c != NULL && s->listener >= 0 && now_ms >= s->listen_at_ms) {
        int fd = accept(s->listener, NULL, NULL);
        if (fd < 0) {
            note_no_connection(s, errno, now_ms);
            return;
        }
        if (!set_flags(fd)) {
            (void)close(fd);
            return;
        }
        welcome(s, c, fd, now_ms);
        c = place_at(s, now_ms);
    }
}

/* ---- line buffers ---- */

/* Somebody else's is taken only for bytes that are there, or for the end. */
static bool has_come(const struct serve_client *c)
{
    uint8_t byte = 0;
    return recv(c->fd, &byte, 1U, MSG_PEEK) >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

/* False: none is to be had now. */
static bool take_buffer(struct serve *s, struct serve_client *c, uint64_t now_ms)
{
    if (now_ms < pool_at_ms(s, c)) {
        return false;
    }
    if (c->in.mem == NULL) {
        c->in.mem = pool_take(s);
    }
    if (c->in.mem == NULL && has_come(c)) {
        drop_client(s, &s->clients[pool_stalled(s) - s->clients]);
        c->in.mem = pool_take(s);
    }
    return c->in.mem != NULL;
}

/* ---- lines in ---- */

/* Whether a further line could be answered, as it deserves or with the device's failure. */
static bool has_room(const struct serve_client *c, size_t told_len, unsigned lines)
{
    return sizeof c->out - told_len > (size_t)INTAKE_ANSWER_MAX &&
           sizeof c->out - c->out_len >= (lines + 1U) * sizeof io_answer;
}

static bool may_take(const struct serve_client *c)
{
    return c->fd >= 0 && c->asked == 0U && has_room(c, c->out_len, 0U);
}

static uint8_t question_of(struct nvt_span line)
{
    if (nvt_span_eq(line, NVT_LIT("status"))) {
        return ASKED_STATUS;
    }
    return nvt_span_eq(line, NVT_LIT("metrics")) ? ASKED_METRICS : 0U;
}

static void take_line(struct serve *s, struct round *r, enum feed_got got, struct nvt_span line)
{
    struct intake_result result;
    if (got == FEED_LINE) {
        (void)intake_line(s, line, &result);
    } else {
        (void)intake_too_long(s, &result);
    }
    intake_answer(&result, &r->told);
    nvt_buf_put_byte(&r->told, (uint8_t)'\n');
    r->lines++;
}

/* Lines that are there. False: more bytes are needed for the next. A question waits until the lines
 * before it are durable, so that it is answered behind them. */
static bool take_lines(struct serve *s, struct serve_client *c, struct round *r)
{
    while (c->asked == 0U && has_room(c, r->told.len, r->lines)) {
        struct nvt_span line;
        size_t used = 0;
        enum feed_got got = feed_next(&c->in, c->ended, &line, &used);
        if (got == FEED_NONE) {
            return false;
        }
        c->asked = got == FEED_LINE ? question_of(line) : 0U;
        if (c->asked == 0U) {
            take_line(s, r, got, line);
        }
    }
    return true;
}

/* False when nothing came. */
static bool receive(struct serve *s, struct serve_client *c, uint64_t now_ms)
{
    size_t room = 0;
    if (c->ended || !take_buffer(s, c, now_ms)) {
        return false;
    }
    uint8_t *at = feed_room(&c->in, &room);
    if (room == 0U) {
        return false;
    }
    ssize_t n = recv(c->fd, at, room, 0);
    if (n > 0) {
        feed_added(&c->in, (size_t)n);
        c->moved_ms = now_ms;
        return true;
    }
    /* A connection that broke is one that ended: what came before it was sent. */
    c->ended = n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
    return c->ended;
}

static void take(struct serve *s, struct serve_client *c, struct round *r, uint64_t now_ms)
{
    unsigned reads = 0;
    while (!take_lines(s, c, r) && reads < READS && receive(s, c, now_ms)) {
        reads++;
    }
    if (c->in.len == 0U) {
        pool_give(s, c);
    }
}

/* ---- answers out ---- */

/* All that was said of this round's lines no longer holds. */
static void put_failure(struct serve_client *c, struct round *r)
{
    r->told.len = c->out_len;
    r->told.overflow = false;
    for (unsigned i = 0; i < r->lines; i++) {
        nvt_buf_put(&r->told, nvt_span_str(io_answer));
    }
}

static void answer_question(const struct serve *s, struct serve_client *c)
{
    struct nvt_buf b;
    if (c->asked == 0U || sizeof c->out - c->out_len < REPORT_MAX) {
        return;
    }
    nvt_buf_init(&b, c->out, sizeof c->out);
    b.len = c->out_len;
    if (c->asked == ASKED_STATUS) {
        metrics_json(s, &b);
        nvt_buf_put_byte(&b, (uint8_t)'\n');
    } else {
        metrics_prometheus(s, &b);
    }
    c->out_len = b.len;
    c->asked = 0;
}

/* False when the producer is gone. */
static bool send_out(struct serve_client *c, uint64_t now_ms)
{
    while (c->sent < c->out_len) {
        ssize_t n = send(c->fd, c->out + c->sent, c->out_len - c->sent, MSG_NOSIGNAL);
        if (n < 0 && errno != EINTR) {
            return errno == EAGAIN || errno == EWOULDBLOCK;
        }
        c->sent += n > 0 ? (size_t)n : 0U;
        c->moved_ms = now_ms;
    }
    return true;
}

static bool is_done(const struct serve *s, const struct serve_client *c)
{
    bool heard = c->ended && c->in.len == 0U && !c->in.skipping && c->asked == 0U;
    return c->out_len == 0U && (heard || s->stopping);
}

static void finish_turn(struct serve *s, struct serve_client *c, uint64_t now_ms)
{
    answer_question(s, c);
    bool there = send_out(c, now_ms);
    if (c->sent > 0U) {
        (void)memmove(c->out, c->out + c->sent, c->out_len - c->sent);
        c->out_len -= c->sent;
        c->sent = 0;
    }
    if (!there || is_done(s, c)) {
        drop_client(s, c);
    }
}

/* ---- a round ---- */

static unsigned take_all(struct serve *s, struct round rounds[SERVE_CLIENTS_MAX], uint64_t now_ms)
{
    unsigned lines = 0;
    for (size_t i = 0; i < SERVE_CLIENTS_MAX; i++) {
        struct serve_client *c = &s->clients[i];
        nvt_buf_init(&rounds[i].told, c->out, sizeof c->out);
        rounds[i].told.len = c->out_len;
        rounds[i].lines = 0;
        if (may_take(c) && !s->stopping) {
            take(s, c, &rounds[i], now_ms);
        }
        lines += rounds[i].lines;
    }
    return lines;
}

static void finish_all(struct serve *s, struct round rounds[SERVE_CLIENTS_MAX], nvt_err committed,
                       uint64_t now_ms)
{
    for (size_t i = 0; i < SERVE_CLIENTS_MAX; i++) {
        struct serve_client *c = &s->clients[i];
        if (c->fd < 0) {
            continue;
        }
        if (committed != NVT_OK) {
            put_failure(c, &rounds[i]);
        }
        c->out_len = rounds[i].told.len;
        finish_turn(s, c, now_ms);
    }
}

/* With an error each line that was kept may be lost. */
static nvt_err commit(struct serve *s, uint32_t kept_before)
{
    nvt_err err = nvt_spool_commit(&s->spool);
    if (err != NVT_OK) {
        s->intake.kept = kept_before;
        intake_note_failure(s, true);
    } else if (s->intake.kept != kept_before) {
        intake_note_failure(s, false);
    } else {
        /* nothing was asked of it */
    }
    return err;
}

/* False when no line came in. */
static bool run_round(struct serve *s)
{
    struct round rounds[SERVE_CLIENTS_MAX];
    uint64_t now_ms = session_now_ms(&s->session);
    uint32_t kept = s->intake.kept;
    accept_all(s, now_ms);
    nvt_spool_hold(&s->spool);
    unsigned lines = take_all(s, rounds, now_ms);
    finish_all(s, rounds, commit(s, kept), now_ms);
    return lines > 0U;
}

void socket_step(struct serve *s)
{
    unsigned rounds = 0;
    if (s->stopping) {
        stop_listening(s);
    }
    while (run_round(s) && rounds < ROUNDS) {
        rounds++;
    }
}

/* ---- waiting ---- */

/* A line, or the end of one that is too long, is there and could be taken. */
static bool has_line(const struct serve_client *c)
{
    return c->in.len > 0U && (c->ended || memchr(c->in.mem + c->in.from, '\n', c->in.len) != NULL);
}

static void wait_for_client(const struct serve *s, const struct serve_client *c,
                            struct nvt_wait *wait)
{
    unsigned events = c->sent < c->out_len ? (unsigned)NVT_WAIT_WRITE : 0U;
    bool reads = may_take(c) && !s->stopping;
    uint64_t at_ms = pool_at_ms(s, c);
    if (reads && session_now_ms(&s->session) < at_ms) {
        wait->until_ms = at_ms;
    } else if (reads) {
        events |= c->ended ? 0U : (unsigned)NVT_WAIT_READ;
        wait->until_ms = has_line(c) ? 0U : wait->until_ms;
    } else {
        /* its answers are to be read first */
    }
    wait->on[0].sock = (nvt_sock)c->fd;
    wait->on[0].events = (uint8_t)events;
    wait->count = (uint8_t)(events == 0U ? 0U : 1U);
}

/* Nothing is asked of the listener while nobody could be taken in. */
static void wait_for_listener(const struct serve *s, struct nvt_wait *wait)
{
    uint64_t now_ms = session_now_ms(&s->session);
    uint64_t at_ms = s->listen_at_ms;
    uint64_t silent_ms = UINT64_MAX;
    for (size_t i = 0; i < SERVE_CLIENTS_MAX; i++) {
        const struct serve_client *c = &s->clients[i];
        uint64_t since_ms = c->fd < 0 ? 0U : c->moved_ms + SILENT_MS;
        silent_ms = since_ms < silent_ms ? since_ms : silent_ms;
    }
    at_ms = silent_ms > at_ms ? silent_ms : at_ms;
    if (now_ms < at_ms) {
        wait->until_ms = at_ms;
        return;
    }
    wait->on[0].sock = (nvt_sock)s->listener;
    wait->on[0].events = NVT_WAIT_READ;
    wait->count = 1U;
}

size_t socket_waits(const struct serve *s, struct nvt_wait *waits, size_t cap)
{
    size_t n = 0;
    (void)memset(waits, 0, cap * sizeof waits[0]);
    for (size_t i = 0; i < SERVE_CLIENTS_MAX && n < cap; i++) {
        if (s->clients[i].fd >= 0) {
            waits[n].until_ms = UINT64_MAX;
            wait_for_client(s, &s->clients[i], &waits[n]);
            n++;
        }
    }
    if (s->listener >= 0 && n < cap) {
        waits[n].until_ms = UINT64_MAX;
        wait_for_listener(s, &waits[n]);
        n++;
    }
    return n;
}
