/* SPDX-License-Identifier: Apache-2.0 */
/*
 * navette serve: what its files share. One thread and fixed memory: journeys come in over a Unix
 * socket and a drop folder, go into the spool, and the uplink delivers them.
 *
 *     socket.c  drop.c -> intake.c -> (spool) -> (uplink) -> receipts.c
 */
#ifndef NAVETTE_CLI_SERVE_H
#define NAVETTE_CLI_SERVE_H

#include "journeys.h"

#include <navette/uplink.h>

enum {
    SERVE_LANES_MAX = 32,
    SERVE_ENTRY_MAX = CLI_LINE_MAX, /* longest journey, bytes */
    SERVE_LINE_CAP = SERVE_ENTRY_MAX + 2,
    SERVE_LINES = 4,       /* buffers that producers share */
    SERVE_PAGE = 4096,     /* of memory */
    SERVE_CLIENTS_MAX = 8, /* producers connected at once */
    SERVE_WAITS_MAX = 64,
    INTAKE_ANSWER_MAX = 1000 /* bytes: a reason of 320 in JSON, and a field */
};

/* ---- serve_settings.c: the section [serve] of the configuration file, and options ---- */

struct serve_settings {
    char spool_file[CLI_PATH_CAP];
    char socket_path[CLI_PATH_CAP];  /* "": no socket */
    char drop_dir[CLI_PATH_CAP];     /* "": no drop folder */
    char refused_file[CLI_PATH_CAP]; /* what will never be delivered, as JSON Lines */
    uint32_t spool_mib;              /* size of a spool file that is made */
    uint32_t connections;            /* lanes */
    uint32_t stop_s;                 /* how long SIGTERM waits for what is on the wire */
    uint32_t scan_s;                 /* how often the drop folder is looked at */
    uint32_t socket_mode;            /* permissions of the socket, 0660 */
    bool direct;                     /* O_DIRECT */
};

int serve_settings_load(struct serve_settings *out, const struct settings *general,
                        const struct args *a);

/* ---- feed.c: lines out of bytes that come in pieces ----
 * A line ends with LF or with the end of the input; white space around it is JSON's and goes. What
 * comes out does not depend on how the bytes were split. */

struct serve_feed {
    size_t from, len; /* bytes in mem that no line was made of yet */
    bool skipping;    /* the line under way is too long: the rest of it is dropped */
    uint64_t lines;   /* how many have ended: the number of the one handed out last */
    uint8_t *mem;     /* SERVE_LINE_CAP bytes; not needed while len is 0 */
};

enum feed_got {
    FEED_NONE,    /* more bytes are needed */
    FEED_LINE,    /* blank lines are not handed out */
    FEED_TOO_LONG /* a line of more than SERVE_ENTRY_MAX bytes; what it held is gone */
};

/* Where the next bytes go, at least one of them; invalidates lines. *out_room is 0 only while a
 * line waits to be taken. */
uint8_t *feed_room(struct serve_feed *f, size_t *out_room);
void feed_added(struct serve_feed *f, size_t n);

/* The next line, a view into mem. at_end: nothing more will come. *out_used: bytes that it took,
 * its end included, blank lines before it too; also with FEED_NONE. */
enum feed_got feed_next(struct serve_feed *f, bool at_end, struct nvt_span *out_line,
                        size_t *out_used);

/* ---- socket.c ---- */

/* One producer: what it sent and did not end yet, what it was not told yet. */
struct serve_client {
    int fd;               /* -1: free */
    bool ended;           /* it sends nothing more */
    uint8_t asked;        /* a question that waits for room in out, 0: none */
    uint64_t moved_ms;    /* when bytes went in or out last */
    size_t out_len, sent; /* of out: so much is durable and may be told, so much was */
    struct serve_feed in;
    uint8_t out[16384];
};

/* Room for lines under way: whoever has a part of one holds a buffer, nobody else. */
struct serve_pool {
    bool used[SERVE_LINES];
    uint8_t mem[SERVE_LINES][SERVE_LINE_CAP];
};

struct serve_intake_counters {
    uint32_t lines, kept, refused, full; /* lines in; appended; no journey; no room */
    uint32_t crowded;                    /* of the last ones: room for bytes, not for journeys */
    uint32_t files;                      /* of the drop folder, done with */
    uint32_t clients;                    /* connections taken */
};

/* ---- the service: cmd_serve.c ---- */

/* What the spool has no room for. */
enum serve_full { FULL_NOT, FULL_BYTES, FULL_JOURNEYS };

/* What was said last, so that it is said once. */
struct serve_told {
    enum nvt_uplink_link link;
    nvt_err err;        /* why it is down */
    uint64_t down_ms;   /* since when */
    uint64_t again_ms;  /* before that time a link that comes and goes is not spoken of again */
    uint64_t status_ms; /* when the manager was told */
    uint32_t done;      /* journeys whose fate was known then */
    uint32_t pending;
    enum nvt_uplink_link status_link;
    uint64_t failing_ms; /* since when journeys fail that others do not fail with; 0: none does */
    bool failing;        /* it was said */
    uint32_t damaged, lost, failed_syncs; /* in the spool */
    uint64_t syncs_ms;                    /* before that time no more is said of failed syncs */
};

struct serve {
    const struct args *args; /* of the command line: they count again after a reload */
    struct settings settings;
    struct serve_settings set;
    struct session session; /* port, TLS, client with its token; its own call is not used */
    struct nvt_posix_file file;
    struct nvt_spool spool;
    struct nvt_uplink uplink;
    struct serve_intake_counters intake;
    struct serve_told told;
    const char *drop_err; /* why the folder cannot be used now, NULL */
    uint64_t start_ms;
    uint64_t listen_at_ms;           /* no connection could be taken: tried again then */
    uint64_t scan_at_ms;             /* when the drop folder is looked at next */
    uint64_t drain_at_ms;            /* when draining is given up, with stopping or reloading */
    uint64_t beat_every_ms, beat_ms; /* the watchdog's: how often, and when next; 0: never */
    int64_t clock_origin_s;          /* the wall clock less the monotonic one */
    int listener;                    /* -1: none */
    int refused;                     /* descriptor of the refused file, -1 */
    uint32_t token_stamp;            /* of the token that was kept last */
    uint64_t guard_ms;               /* when the spool's file is looked for next */
    bool spool_converted;            /* at this start, from the format before */
    bool spool_gone;                 /* it is not where it should be, and that was said */
    bool drop_more;                  /* the folder holds more than one step takes */
    bool stopping;                   /* SIGTERM came: nothing more is taken in */
    bool reloading;                  /* SIGHUP came: what is on the wire ends first */
    bool client_open;                /* session and uplink */
    bool io_failed;                  /* the spool's device failed last time */
    bool receipts_failed;            /* the refused file could not be written last time */
    bool intake_failed;              /* the spool's device failed when a line was kept last */
    enum serve_full intake_full;     /* it had no room for that line */
    struct serve_client clients[SERVE_CLIENTS_MAX];
    struct serve_pool pool;
    struct nvt_uplink_lane lanes[SERVE_LANES_MAX];
    uint8_t bodies[SERVE_LANES_MAX * SERVE_ENTRY_MAX + SERVE_PAGE];
    uint8_t buffer[SERVE_ENTRY_MAX + 4096];
    struct nvt_spool_config
        spool_config; /* its window and its picks: as many as the spool is large */
};

/* ---- serve_spool.c ---- */

/* Opens the spool, makes it when it is missing. CLI_OK, or the exit code after a message; then the
 * file is closed. */
int spool_open(struct serve *s);

/* The spool is in use by another process: says so. */
int spool_in_use(const struct serve *s);

/* serve_upgrade.c: makes a spool of today's format of the one of format 2 that stands there.
 * CLI_OK, or the exit code after a message; then it is as it was. */
int spool_upgrade(struct serve *s, const struct nvt_spool_geometry *g);

/* Whether that file is a spool of format 2. */
bool spool_is_format_2(const char *path);

/* Removes what spool_upgrade kept of the old one when the service started before; the spool is
 * open and good. */
void spool_drop_old(struct serve *s);

/* The folder of that file, should it be missing. */
void spool_make_folder(const char *path);

/* ---- serve_guard.c ---- */

/* Looks once a second whether the spool's file was removed, and writes it anew then. */
void spool_guard(struct serve *s);

/* ---- serve_tell.c: one line on standard error each, with its level where that is the journal ----
 */

enum tell_level { TELL_ERROR = 3, TELL_WARNING = 4, TELL_NOTE = 5, TELL_INFO = 6 };

void tell(enum tell_level level, const char *format, ...) CLI_PRINTF(2, 3);

/* What has become of the link since the last time; the manager's status line too. Returns when to
 * call it again at the latest, UINT64_MAX: no need. */
uint64_t tell_progress(struct serve *s);

/* ---- intake.c: one line in ---- */

struct intake_result {
    nvt_err err; /* NVT_OK: kept under id, durable once the spool was committed */
    uint32_t id;
    struct line_fault fault; /* of a line that is no journey */
};

/* Checks the line as `navette journey send` does and appends it to the spool. The caller holds the
 * spool before the first of several lines and commits it before it tells anybody. */
nvt_err intake_line(struct serve *s, struct nvt_span line, struct intake_result *out);

/* The same for a line that was too long to be kept: NVT_E_SPACE. */
nvt_err intake_too_long(struct serve *s, struct intake_result *out);

/* There is no room for it now. */
bool intake_is_full(nvt_err err);

/* It is the line's own fault: it would not be taken later or elsewhere either. */
bool intake_is_fault(nvt_err err);

/* Says so when that is news: a commit failed, or one with lines in it did not. */
void intake_note_failure(struct serve *s, bool failed);

/* Tells a result as one JSON object of at most INTAKE_ANSWER_MAX bytes, without a line end:
 *     {"ok":true,"id":17}
 *     {"ok":false,"error":"NVT_E_FIELD_RANGE","field":"distance","reason":"..."} */
void intake_answer(const struct intake_result *r, struct nvt_buf *out);

/* ---- socket.c: lines in, one answer to each, in order ----
 * A line is a journey (it begins with '{') or a question: "status" is answered with one JSON object
 * on one line, "metrics" with Prometheus text that ends with the line "# EOF". */

/* CLI_OK, or the exit code after a message. A socket left by a process that is gone is replaced,
 * one that is in use is not. */
int socket_open(struct serve *s);
void socket_step(struct serve *s); /* does what can be done now */
size_t socket_waits(const struct serve *s, struct nvt_wait *waits, size_t cap);
void socket_close(struct serve *s); /* removes it */

/* ---- line_pool.c ---- */

uint8_t *pool_take(struct serve *s); /* NULL: all are held */
void pool_give(struct serve *s, struct serve_client *c);

/* Who holds one and was silent for longest. */
const struct serve_client *pool_stalled(const struct serve *s);

/* From when on the client can have one, be it another's. */
uint64_t pool_at_ms(const struct serve *s, const struct serve_client *c);

/* ---- drop.c: files that appear by rename ----
 * Every file of the folder whose name does not begin with '.' and ends in .json or .jsonl, in no
 * particular order. Lines that are no journeys go to NAME.refused beside it, with reasons; the file
 * goes once all its lines are durable in the spool, or becomes NAME.kept when the refused file
 * cannot hold one of them. A spool that is full stops it in the middle: the rest is taken up later.
 */

int drop_open(struct serve *s); /* CLI_OK, or the exit code after a message */
void drop_step(struct serve *s, uint64_t now_ms);
void drop_close(struct serve *s);

/* ---- metrics.c ---- */

void metrics_json(const struct serve *s, struct nvt_buf *out);
void metrics_prometheus(const struct serve *s, struct nvt_buf *out);

/* ---- receipts.c: nvt_uplink_config.settled ----
 * What is refused or expired is written to the refused file, durable before it is marked:
 * {"id":17,"state":"refused","http_status":422,"code":"-32422","reason":"..","journey":{..}} */

int receipts_open(struct serve *s);
nvt_err receipts_take(void *serve, const struct nvt_uplink_receipt *r);
void receipts_close(struct serve *s);

/* ---- notify.c: systemd's protocol (sd_notify(3)), silent without NOTIFY_SOCKET ---- */

void notify_send(const char *state); /* "READY=1", "STOPPING=1", "STATUS=..", "WATCHDOG=1" */
uint64_t notify_watchdog_ms(void);   /* how often to send WATCHDOG=1, 0: not asked for */

#endif
