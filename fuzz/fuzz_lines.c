/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of the service: any bytes, in any pieces, through its socket and through its drop folder.
 * A splitter written another way says what the lines are; each gets its one answer, in order, and
 * what is accepted stands in the spool, that and nothing else.
 *
 * The first byte: 1 the spool's device fails now and then, 2 it is small, 4 the producer reads only
 * at the end, 8 the folder's service is restarted after each step, 16 all places were taken by
 * silent ones. The second seeds the pieces.
 */
#include "../src/cli/serve.h"
#include "cli_stand.h"

#include <navette/ram.h>

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { FAILING = 1, SMALL = 2, DEAF = 4, RESTARTED = 8, CROWDED = 16 };
enum { INPUT_MAX = 65536, LINES_MAX = INPUT_MAX, BLOCK = 65536, BLOCKS = 6 };
enum { BLOCK_SMALL = 2048, BLOCKS_SMALL = 4, LINE_SMALL = 1200 };

static struct serve s;
static struct nvt_ram ram;
static uint8_t flash[BLOCK * BLOCKS];
static uint8_t input[INPUT_MAX];
static size_t input_len;
static unsigned flags;
static uint32_t chance;
static bool failed_once;
static bool durable; /* what was written last */
static char folder[64];

static uint32_t draw(uint32_t below)
{
    chance = chance * 1664525U + 1013904223U;
    return (uint32_t)((uint64_t)chance * below >> 32U); /* the low bits soon repeat */
}

/* ---- what the service finds ---- */

static uint64_t now_ms;

uint64_t session_now_ms(const struct session *session)
{
    (void)session;
    now_ms++;
    return now_ms;
}

int64_t session_wall_s(const struct session *session)
{
    (void)session;
    return 0;
}

void tell(enum tell_level level, const char *format, ...)
{
    (void)level;
    (void)format;
}

static bool flush(void *ctx)
{
    (void)ctx;
    durable = (flags & (unsigned)FAILING) == 0U || draw(4U) != 0U;
    failed_once = failed_once || !durable;
    return durable;
}

/* ---- the lines, found another way ---- */

struct line {
    struct nvt_span text; /* empty: too long */
    nvt_err err;          /* what is wrong with it, but for the spool */
    bool asked;           /* it is a question */
};

static struct line lines[LINES_MAX];
static size_t line_count;

static bool is_blank(uint8_t c)
{
    return c == (uint8_t)' ' || c == (uint8_t)'\t' || c == (uint8_t)'\r';
}

static void add_line(size_t from, size_t to)
{
    static struct line_fault fault;
    struct line *l = &lines[line_count];
    bool too_long = to - from > (size_t)SERVE_ENTRY_MAX + 1U;
    uint32_t due_s = 0;
    while (from < to && is_blank(input[from])) {
        from++;
    }
    while (from < to && is_blank(input[to - 1U])) {
        to--;
    }
    if (from == to && !too_long) {
        return;
    }
    too_long = too_long || to - from > (size_t)SERVE_ENTRY_MAX;
    l->text = nvt_span_of(input + from, too_long ? 0U : to - from);
    l->err = too_long ? NVT_E_SPACE : journey_check_due(l->text, 0, &due_s, &fault);
    l->asked = nvt_span_eq(l->text, NVT_LIT("status")) || nvt_span_eq(l->text, NVT_LIT("metrics"));
    line_count++;
}

static void find_lines(void)
{
    size_t from = 0;
    line_count = 0;
    for (size_t i = 0; i < input_len; i++) {
        if (input[i] == (uint8_t)'\n') {
            add_line(from, i);
            from = i + 1U;
        }
    }
    if (from < input_len) {
        add_line(from, input_len);
    }
}

static size_t piece_len(size_t left)
{
    static const uint32_t most[] = {1U, 7U, 300U, SERVE_LINE_CAP, INPUT_MAX};
    size_t n = 1U + draw(most[draw(5U)]);
    return n < left ? n : left;
}

/* A small spool has no room for longer ones: "full" is what it is there for. */
static bool fits(void)
{
    size_t i = 0;
    while (i < line_count && (lines[i].err != NVT_OK || lines[i].text.len <= (size_t)LINE_SMALL)) {
        i++;
    }
    return i == line_count;
}

/* ---- the splitter by itself ---- */

static size_t take_fed(struct serve_feed *f, bool at_end, size_t next, size_t *taken)
{
    for (;;) {
        struct nvt_span text;
        size_t used = 0;
        enum feed_got got = feed_next(f, at_end, &text, &used);
        *taken += used;
        if (got == FEED_NONE) {
            return next;
        }
        require(next < line_count && (got == FEED_TOO_LONG) == (lines[next].text.len == 0U));
        require(got == FEED_TOO_LONG || nvt_span_eq(text, lines[next].text));
        next++;
    }
}

static void try_feed(void)
{
    static struct serve_feed f;
    size_t next = 0;
    size_t at = 0;
    size_t taken = 0;
    static uint8_t mem[SERVE_LINE_CAP];
    (void)memset(&f, 0xA5, sizeof f);
    f.mem = mem;
    f.from = 0;
    f.len = 0;
    f.skipping = false;
    f.lines = 0;
    while (at < input_len) {
        size_t room = 0;
        uint8_t *to = feed_room(&f, &room);
        size_t n = piece_len(input_len - at);
        n = n < room ? n : room;
        require(n > 0U);
        (void)memcpy(to, input + at, n);
        feed_added(&f, n);
        at += n;
        next = take_fed(&f, false, next, &taken);
    }
    next = take_fed(&f, true, next, &taken);
    require(next == line_count && taken == input_len);
}

/* ---- the spool behind it ---- */

static uint32_t accepted[LINES_MAX]; /* CRCs of what must stand in it */
static size_t accepted_count;
static size_t stood_count; /* of these, those that were seen there */

static void open_spool(void)
{
    enum { PICKS = 64, WINDOW = NVT_SPOOL_WINDOW_LEN(BLOCKS, 256U) };
    static struct nvt_spool_entry picks[PICKS];
    static uint8_t window[WINDOW];
    struct nvt_spool_config config = {
        .device = &ram.device, .buffer = s.buffer, .window = window, .picks = picks};
    unsigned before = flags;
    config.buffer_cap = sizeof s.buffer;
    config.window_len = sizeof window;
    config.pick_cap = PICKS;
    flags &= ~(unsigned)FAILING;
    bool small = (flags & (unsigned)SMALL) != 0U;
    require(nvt_ram_init(&ram, flash, small ? BLOCK_SMALL : BLOCK, small ? BLOCKS_SMALL : BLOCKS,
                         4U) == NVT_OK);
    ram.flush = flush;
    require(nvt_spool_format(&s.spool, &config) == NVT_OK);
    flags = before;
    accepted_count = 0;
    stood_count = 0;
    failed_once = false;
}

static void accept_line(const struct line *l)
{
    accepted[accepted_count] = nvt_crc32(0, l->text);
    accepted_count++;
}

/* After a failure what was not acknowledged may stand there too, and more than once. */
static void match_entry(struct nvt_span entry)
{
    uint32_t crc = nvt_crc32(0, entry);
    if (stood_count < accepted_count && accepted[stood_count] == crc) {
        stood_count++;
    } else {
        require(failed_once);
    }
}

static void check_spool(void)
{
    static uint8_t mem[SERVE_ENTRY_MAX];
    struct nvt_spool_cursor cursor;
    struct nvt_spool_entry entry;
    struct nvt_buf b;
    (void)memset(&cursor, 0, sizeof cursor);
    nvt_buf_init(&b, mem, sizeof mem);
    while (nvt_spool_list(&s.spool, &cursor, &b, &entry) == NVT_OK) {
        match_entry(nvt_buf_span(&b));
        b.len = 0;
    }
}

/* Makes room, as the uplink would. */
static void deliver_all(void)
{
    static uint8_t mem[SERVE_ENTRY_MAX];
    struct nvt_spool_entry entry;
    struct nvt_buf b;
    check_spool();
    nvt_buf_init(&b, mem, sizeof mem);
    while (nvt_spool_pick(&s.spool, &b, &entry) == NVT_OK) {
        nvt_err err = NVT_E_SPOOL_IO;
        while (err != NVT_OK) {
            err = nvt_spool_settle(&s.spool, entry.id, NVT_SPOOL_DELIVERED, 201U, NVT_LIT(""));
            require(err == NVT_OK || (flags & (unsigned)FAILING) != 0U);
            if (err == NVT_E_ARG) {
                break; /* it was settled, its sync failed */
            }
        }
        b.len = 0;
    }
}

/* ---- the socket ---- */

static uint8_t answers[1U << 22U];
static size_t answers_len;

static int connect_producer(void)
{
    struct sockaddr_un addr;
    (void)memset(&addr, 0, sizeof addr);
    addr.sun_family = AF_UNIX;
    (void)snprintf(addr.sun_path, sizeof addr.sun_path, "%s", s.set.socket_path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    require(fd >= 0 && connect(fd, (const struct sockaddr *)&addr, sizeof addr) == 0);
    require(fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
    return fd;
}

/* False when the service has closed. */
static bool read_answers(int fd)
{
    for (;;) {
        ssize_t n = recv(fd, answers + answers_len, sizeof answers - answers_len, 0);
        if (n <= 0) {
            require(n == 0 || errno == EAGAIN);
            return n < 0;
        }
        answers_len += (size_t)n;
    }
}

static void send_all(int fd)
{
    size_t at = 0;
    while (at < input_len) {
        ssize_t n = send(fd, input + at, piece_len(input_len - at), MSG_NOSIGNAL);
        require(n > 0 || errno == EAGAIN);
        at += n > 0 ? (size_t)n : 0U;
        socket_step(&s);
        if (n < 0 || (flags & (unsigned)DEAF) == 0U) {
            require(read_answers(fd));
        }
    }
}

static bool starts(struct nvt_span text, struct nvt_span with)
{
    return text.len >= with.len && memcmp(text.ptr, with.ptr, with.len) == 0;
}

static struct nvt_span next_answer(struct nvt_span *rest)
{
    const uint8_t *lf = (const uint8_t *)memchr(rest->ptr, '\n', rest->len);
    require(lf != NULL);
    struct nvt_span line = nvt_span_of(rest->ptr, (size_t)(lf - rest->ptr));
    *rest = nvt_span_drop(*rest, line.len + 1U);
    return line;
}

static void match_report(struct nvt_span first, const struct line *l, struct nvt_span *rest)
{
    if (l->text.len == 6U) {
        require(starts(first, NVT_LIT("{\"ok\":true,\"version\":")));
        require(nvt_json_check(first, NULL) == NVT_OK);
        return;
    }
    require(starts(first, NVT_LIT("# HELP navette_")));
    while (!nvt_span_eq(next_answer(rest), NVT_LIT("# EOF"))) {
    }
}

static void match_answer(struct nvt_span answer, const struct line *l)
{
    static const char refused[] = "{\"ok\":false,\"error\":\"";
    bool kept = starts(answer, NVT_LIT("{\"ok\":true,\"id\":"));
    struct nvt_span error = nvt_span_drop(answer, sizeof refused - 1U);
    require(nvt_json_check(answer, NULL) == NVT_OK && answer.len <= (size_t)INTAKE_ANSWER_MAX);
    if (kept) {
        require(l->err == NVT_OK);
        accept_line(l);
    } else if (starts(error, NVT_LIT("NVT_E_SPOOL_IO\""))) {
        require(failed_once);
    } else if (starts(error, NVT_LIT("NVT_E_SPOOL_FULL\""))) {
        require(l->err == NVT_OK && ((flags & (unsigned)SMALL) != 0U || line_count > 255U));
    } else {
        require(starts(answer, nvt_span_str(refused)) && l->err != NVT_OK);
        require(starts(error, nvt_span_str(nvt_err_name(l->err))));
    }
}

static void match_answers(void)
{
    struct nvt_span rest = nvt_span_of(answers, answers_len);
    for (size_t i = 0; i < line_count; i++) {
        struct nvt_span answer = next_answer(&rest);
        if (lines[i].asked) {
            match_report(answer, &lines[i], &rest);
        } else {
            match_answer(answer, &lines[i]);
        }
    }
    require(rest.len == 0U);
}

/* They make room for others once they were silent for a minute, and not before. */
static void crowd(int fds[SERVE_CLIENTS_MAX])
{
    struct nvt_wait waits[SERVE_CLIENTS_MAX + 1];
    bool crowded = (flags & (unsigned)CROWDED) != 0U;
    for (size_t i = 0; i < SERVE_CLIENTS_MAX; i++) {
        fds[i] = crowded ? connect_producer() : -1;
    }
    socket_step(&s);
    size_t n = socket_waits(&s, waits, SERVE_CLIENTS_MAX + 1);
    require(n == (crowded ? SERVE_CLIENTS_MAX + 1U : 1U));
    require(waits[n - 1U].count == (crowded ? 0U : 1U));
    require(!crowded || (waits[n - 1U].until_ms > now_ms && waits[n - 1U].until_ms < UINT64_MAX));
    now_ms = crowded ? waits[n - 1U].until_ms : now_ms;
    require(socket_waits(&s, waits, SERVE_CLIENTS_MAX + 1) == n && waits[n - 1U].count == 1U);
}

static void try_socket(void)
{
    struct nvt_wait waits[SERVE_CLIENTS_MAX + 1];
    int fds[SERVE_CLIENTS_MAX];
    unsigned steps = 0;
    (void)memset(&s.intake, 0, sizeof s.intake);
    open_spool();
    require(socket_open(&s) == CLI_OK);
    crowd(fds);
    int fd = connect_producer();
    answers_len = 0;
    send_all(fd);
    require(shutdown(fd, SHUT_WR) == 0);
    while (read_answers(fd)) {
        require(socket_waits(&s, waits, SERVE_CLIENTS_MAX + 1) <= SERVE_CLIENTS_MAX + 1);
        socket_step(&s);
        steps++;
        require(steps < INPUT_MAX);
    }
    (void)close(fd);
    for (size_t i = 0; i < SERVE_CLIENTS_MAX; i++) {
        (void)(fds[i] < 0 ? 0 : close(fds[i]));
    }
    match_answers();
    check_spool();
    require(stood_count == accepted_count && s.intake.kept == accepted_count);
    socket_close(&s);
}

/* ---- the drop folder ---- */

static const char *in_folder(const char *name)
{
    static char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void remove_all(void)
{
    static const char *const names[] = {"x.jsonl",         ".x.jsonl.at",  ".x.jsonl.new",
                                        "x.jsonl.refused", "x.jsonl.kept", "socket"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void)unlink(in_folder(names[i]));
    }
}

static void write_file(void)
{
    int fd = open(in_folder("x.jsonl"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    require(fd >= 0 && write(fd, input, input_len) == (ssize_t)input_len && close(fd) == 0);
}

static bool is_there(const char *name)
{
    return access(in_folder(name), F_OK) == 0;
}

/* Some editors put a mark before the first line: it is no part of it. */
static void blank_mark(void)
{
    if (input_len >= 3U && memcmp(input, "\xEF\xBB\xBF", 3U) == 0) {
        (void)memset(input, ' ', 3U);
    }
}

static void run_folder(void)
{
    unsigned steps = 0;
    while (is_there("x.jsonl")) {
        drop_step(&s, session_now_ms(&s.session));
        require(durable || is_there("x.jsonl"));
        if (s.drop_err != NULL) {
            require((flags & (unsigned)(SMALL | FAILING)) != 0U || line_count > 255U);
            deliver_all();
        }
        /* A device that fails at each start anew would never get on. */
        if ((flags & (unsigned)(RESTARTED | FAILING)) == (unsigned)RESTARTED) {
            drop_close(&s);
            require(drop_open(&s) == CLI_OK);
        }
        steps++;
        require(steps < 4096U);
    }
}

static void check_folder(void)
{
    static uint8_t text[8U * INPUT_MAX + 1024U];
    size_t refused = 0;
    bool whole = true;
    int fd = open(in_folder("x.jsonl.refused"), O_RDONLY);
    struct nvt_span rest = nvt_span_of(text, 0U);
    if (fd >= 0) {
        rest.len = (size_t)read(fd, text, sizeof text);
        (void)close(fd);
    }
    for (size_t i = 0; i < line_count; i++) {
        if (lines[i].err != NVT_OK) {
            refused++;
            whole = whole && nvt_utf8_check(lines[i].text) == NVT_OK && lines[i].text.len > 0U;
        }
    }
    size_t found = 0;
    while (rest.len > 0U && rest.len < sizeof text) {
        require(nvt_json_check(next_answer(&rest), NULL) == NVT_OK);
        found++;
    }
    require(found == refused || failed_once || rest.len > 0U);
    require(is_there("x.jsonl.kept") == !whole);
    require(!is_there(".x.jsonl.at") && !is_there(".x.jsonl.new"));
}

static void try_folder(void)
{
    blank_mark();
    write_file();
    find_lines();
    open_spool();
    for (size_t i = 0; i < line_count; i++) {
        if (lines[i].err == NVT_OK) {
            accept_line(&lines[i]);
        }
    }
    require(drop_open(&s) == CLI_OK);
    run_folder();
    check_spool();
    require(failed_once || stood_count == accepted_count);
    check_folder();
    drop_close(&s);
}

/* ---- */

static void remove_folder(void)
{
    remove_all();
    (void)rmdir(folder);
}

static void make_folder(void)
{
    (void)snprintf(folder, sizeof folder, "%s/navette-lines-XXXXXX",
                   access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    require(mkdtemp(folder) != NULL && atexit(remove_folder) == 0);
    (void)snprintf(s.set.socket_path, sizeof s.set.socket_path, "%s/socket", folder);
    (void)snprintf(s.set.drop_dir, sizeof s.set.drop_dir, "%s", folder);
    s.set.socket_mode = 0600;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (folder[0] == '\0') {
        make_folder();
    }
    if (size < 2U || size - 2U > sizeof input) {
        return 0;
    }
    flags = data[0];
    chance = data[1];
    input_len = size - 2U;
    (void)memcpy(input, data + 2, input_len);
    remove_all();
    find_lines();
    if ((flags & (unsigned)SMALL) != 0U && !fits()) {
        return 0;
    }
    try_feed();
    try_socket();
    try_folder();
    return 0;
}
