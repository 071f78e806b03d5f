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
    SERVE_ENTRY_MAX = 8192, /* longest journey, bytes */
    SERVE_PICKS = 1024,
    SERVE_WINDOW = 8192,   /* bytes: 32 768 journeys */
    SERVE_CLIENTS_MAX = 8, /* producers connected at once */
    SERVE_WAITS_MAX = 64
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

/* ---- socket.c ---- */

/* One producer: what it sent and did not end yet, what it was not told yet. */
struct serve_client {
    int fd; /* -1: free */
    size_t in_len, out_len, out_sent;
    bool skipping; /* the line under way is too long */
    bool closing;  /* nothing more is read: close once all is told */
    uint64_t idle_ms;
    uint8_t in[SERVE_ENTRY_MAX + 2];
    uint8_t out[16384];
};

struct serve_intake_counters {
    uint32_t lines, kept, refused, full; /* lines in; appended; no journey; no room */
    uint32_t files;                      /* of the drop folder, done with */
    uint32_t clients;                    /* connections taken */
};

/* ---- the service: cmd_serve.c ---- */

struct serve {
    struct settings settings;
    struct serve_settings set;
    struct session session; /* port, TLS, client with its token; its own call is not used */
    struct nvt_posix_file file;
    struct nvt_spool spool;
    struct nvt_uplink uplink;
    struct serve_intake_counters intake;
    int listener; /* -1: none */
    int refused;  /* descriptor of the refused file, -1 */
    uint64_t start_ms;
    uint64_t scan_at_ms;  /* when the drop folder is looked at next */
    bool drop_more;       /* the folder holds more than one step takes */
    const char *drop_err; /* why the folder can not be used now, NULL */
    bool stopping;        /* SIGTERM came: nothing more is taken in */
    bool io_failed;       /* the spool's device failed last time */
    struct serve_client clients[SERVE_CLIENTS_MAX];
    struct nvt_uplink_lane lanes[SERVE_LANES_MAX];
    uint8_t bodies[SERVE_LANES_MAX][SERVE_ENTRY_MAX];
    uint8_t buffer[SERVE_ENTRY_MAX + 256];
    uint8_t window[SERVE_WINDOW];
    struct nvt_spool_entry picks[SERVE_PICKS];
};

/* ---- intake.c: one line in ---- */

struct intake_result {
    nvt_err err; /* NVT_OK: kept under id, durable once the spool was committed */
    uint32_t id;
    struct line_fault fault; /* of a line that is no journey */
};

/* Checks the line as `navette journey send` does and appends it to the spool. The caller holds the
 * spool before the first of several lines and commits it before it tells anybody. */
nvt_err intake_line(struct serve *s, struct nvt_span line, struct intake_result *out);

/* Tells a result as one JSON object, without a line end:
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

/* ---- drop.c: files that appear by rename ----
 * Every file of the folder whose name does not begin with '.' and ends in .json or .jsonl. Lines
 * that are no journeys go to NAME.refused beside it, with reasons; the file goes once all its lines
 * are durable in the spool. A spool that is full stops it in the middle: the rest is taken up
 * later.
 */

int drop_open(struct serve *s);
void drop_step(struct serve *s, uint64_t now_ms);

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
