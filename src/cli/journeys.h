/* SPDX-License-Identifier: Apache-2.0 */
/* Sending a file of journeys: what its files share. */
#ifndef NAVETTE_CLI_JOURNEYS_H
#define NAVETTE_CLI_JOURNEYS_H

#include "cli.h"

#include <navette/ram.h>

/* ---- journey_line.c: why a line is no journey, found without sending it ---- */

struct line_fault {
    nvt_err err;
    struct nvt_failure failure;
    char reason[320]; /* "distance: the number is outside its bounds" */
};

/* NVT_OK, or the fault. */
nvt_err journey_check_line(const struct lines *l, int64_t now_s, struct line_fault *out);
nvt_err journey_check_text(struct nvt_span text, int64_t now_s, struct line_fault *out);

/* The same, and by when it must have reached the registry: nvt_rpc_due. */
nvt_err journey_check_due(struct nvt_span text, int64_t now_s, uint32_t *out_due_s,
                          struct line_fault *out);

/* The string at path, unescaped. False: there is none, or out is too small. */
bool journey_text_at(struct nvt_span text, const char *path, struct nvt_buf *out);

/* What counts as the future, for now_s above: by the registry's clock, which judges in the end,
 * with a margin for what is on its way; the uplink waits for those. This clock may be set wrong,
 * and a journey refused for that would be lost. 0, so that nothing does, until the registry has
 * told its time. */
int64_t journey_latest_s(const struct nvt_uplink *u, uint64_t now_ms);

/* ---- refused.c: what was not delivered, as JSON Lines ----
 * {"line":7,"by":"check","error":"NVT_E_FIELD_RANGE","field":"distance","reason":"..","journey":{}}
 * by: "check" (set aside here), "registry" (refused there) or "server" (which failed on it each
 * time that it was sent: the registry itself has not refused it). The last two have "http_status"
 * and "code" when there was an answer. "may_have_arrived" is there, true and with a "note" that
 * says what to do, of one that the server failed on and did not answer for when it was looked up:
 * to send it again is harmless. A line that is not JSON stands as "text" when it is UTF-8, and is
 * left out when not, or when it is too long. */

struct refused {
    FILE *file; /* NULL: not wanted */
    char path[CLI_PATH_CAP];
    bool json;
    bool is_new; /* made by this run: removed again when it stays empty */
    unsigned long count;
};

int refused_open(struct refused *r, const char *path, const struct lines *input, bool json);
void refused_fault(struct refused *r, const struct lines *l, const struct line_fault *f);

/* CLI_OK, or CLI_INPUT after a message when not all could be written. */
int refused_close(struct refused *r);

/* One such record, with its line end. False when the line's text is not in it. out: room for 6
 * times the text and 2 KiB. */
struct refused_line {
    unsigned long number;
    const char *by, *reason;
    struct nvt_span text; /* empty: it was too long */
    bool unsure;          /* it may have arrived */
};
bool refused_record(struct nvt_buf *out, const struct refused_line *line,
                    const struct nvt_failure *f);

/* Adds such a record of a line that was sent. */
void refused_sent(struct refused *r, const struct refused_line *line, const struct nvt_failure *f);

/* "journey" with the text as it stands, or "text" when it is no JSON or nested too deeply for an
 * object around it, or nothing and false when it is no UTF-8 or empty. */
bool refused_put_journey(struct nvt_json_writer *w, struct nvt_span text);

/* ---- reasons.c: refusals grouped by reason ---- */

#define REASONS_MAX 32
#define REASON_LINES 5

struct reason {
    unsigned http_status; /* 0: set aside here */
    char code[32];
    char text[NVT_FAILURE_TEXT_CAP + 64];
    unsigned long count;
    unsigned long lines[REASON_LINES]; /* the first ones */
};

struct reasons {
    struct reason list[REASONS_MAX]; /* the last one takes what fits nowhere */
    size_t count;
};

void reasons_add(struct reasons *r, unsigned http_status, const char *code, const char *text,
                 unsigned long line);

/* ---- run.c: over the lines of a file, each of which the uplink sends ---- */

#define SEND_LANES_MAX 32U
#define SEND_OPEN_MAX 1024U /* lines read and not done with */

/* A line in the outbox. */
struct open_line {
    uint32_t id; /* of its entry */
    unsigned long number;
    bool sent; /* a request with it has gone out */
};

/* The open lines of a run that has stopped. */
struct rest {
    unsigned long sent, first_sent; /* how many, and the first; 0: none */
    unsigned long first_unsent;     /* 0: none */
    unsigned long all_unsent_from;  /* from it on nothing was sent */
};

struct run {
    struct session session; /* its own call only tells why the run stopped */
    struct settings settings;
    struct lines lines;

    /* What the command says. */
    const struct nvt_uplink_kind *kind;
    /* The line just read: true with its entry, which stays until the next line; false: it is set
     * aside. */
    bool (*take)(struct run *r, struct nvt_span *out_entry);
    nvt_err (*settled)(void *run, const struct nvt_uplink_receipt *rc); /* calls run_done first */
    const char *doing;                                                  /* "sending" */
    uint32_t retry_for_s, lane_count;

    /* How it goes. */
    struct nvt_ram ram;
    struct nvt_spool spool;
    struct nvt_uplink uplink;
    struct nvt_uplink_lane lanes[SEND_LANES_MAX];
    struct open_line open[SEND_OPEN_MAX]; /* in the file's order */
    size_t open_count;
    struct nvt_span entry;   /* of held_line */
    bool held_line;          /* a line was read, and has no room in the outbox yet */
    bool at_end;             /* of the input */
    uint32_t newest_taken;   /* the highest id that the uplink has taken so far */
    unsigned long done;      /* lines that are done with */
    unsigned long last_done; /* the highest number of one */
    uint32_t retries_said;
    uint64_t down_ms;            /* since when nothing gets through, 0: it does */
    uint64_t looked_ms;          /* when the system was found not to be well */
    unsigned long vouched_done;  /* done when it was first found well, and nothing came of it yet */
    uint32_t vouched_retries;    /* the same of the uplink's count */
    unsigned others_tried;       /* looks with another line at what ends a run at once */
    uint8_t known[CLI_LINE_MAX]; /* an entry that the system has: the shortest one, whose look-up
                                    fits */
    size_t known_len;
    uint64_t stop_ms;  /* after a signal: until when answers are waited for, 0: none came */
    int code;          /* why it stopped early, CLI_OK while it has not */
    char stopped[640]; /* the sentence for it */
    nvt_err err;
    uint64_t start_ms, end_ms;
    const char *note; /* what is being waited for, NULL */
    bool terminal;    /* standard error is one */
    uint64_t shown_ms;

    /* Of journey send. */
    struct refused refused;
    struct reasons refusals; /* by the registry */
    struct reasons failures; /* of the server */
    struct reasons set_aside;
    unsigned long delivered, duplicate, refused_count, failed_count, set_aside_count;
    unsigned long unsure_count; /* of those that failed, may have arrived */
};

/* Its numbers, its settings and its lines, which lines_close ends. CLI_OK, or the exit code after a
 * message. */
int run_open(struct run *r, const struct args *a);

/* With session and lines open: all of them, or until r->code says why not. CLI_OK, or the exit code
 * after a message when it could not begin. */
int run_all(struct run *r);

/* Says why it stopped early; returns r->code. */
int run_say_stop(struct run *r);

/* In settled: the number of the entry's line, which is done with. */
unsigned long run_done(struct run *r, const struct nvt_uplink_receipt *rc);

/* ---- outbox.c: the lines under way, in a spool in memory; each entry with its line ---- */

/* Memory, spool and uplink. CLI_OK, or the exit code after a message. */
int outbox_open(struct run *r);

/* r->entry, of the line just read; false when there is no room yet. */
bool outbox_put(struct run *r);

/* Enough lines for the uplink to go on with, and to tell a line's fault from the link's. */
bool outbox_is_filled(struct run *r);

/* The first line that is not done with. */
unsigned long outbox_first(const struct run *r);

/* Notes which lines go out. */
void outbox_watch(struct run *r);

/* What became of those that are open. */
void outbox_rest(const struct run *r, struct rest *out);

/* The line on that lane, 0: none. */
unsigned long outbox_line_of(const struct run *r, const struct nvt_uplink_lane *lane);

/* Bytes of it, rooms and journeys on their way included. */
size_t outbox_size(const struct run *r);

/* progress.c */
void progress_start(struct run *r);
void progress_tick(void *run);
void progress_clear(struct run *r); /* before another line is printed */
void progress_end(struct run *r);

/* report.c */
void report_print(struct run *r);
void report_rest(const struct run *r); /* what was not sent */
void report_json(struct run *r, int code);

#endif
