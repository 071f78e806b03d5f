/* SPDX-License-Identifier: Apache-2.0 */
/* Sending a file of journeys: what its files share. */
#ifndef NAVETTE_CLI_JOURNEYS_H
#define NAVETTE_CLI_JOURNEYS_H

#include "cli.h"

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

/* ---- refused.c: what was not delivered, as JSON Lines ----
 * {"line":7,"by":"check","error":"NVT_E_FIELD_RANGE","field":"distance","reason":"..","journey":{}}
 * by: "check" (set aside here) or "registry" (then with "http_status" and "code"). A line that is
 * not JSON stands as "text" when it is UTF-8, and is left out when not, or when it is too long. */

struct refused {
    FILE *file; /* NULL: not wanted */
    char path[CLI_PATH_CAP];
    bool json;
    bool is_new; /* made by this run: removed again when it stays empty */
    unsigned long count;
};

int refused_open(struct refused *r, const char *path, const struct lines *input, bool json);
void refused_fault(struct refused *r, const struct lines *l, const struct line_fault *f);
void refused_by_registry(struct refused *r, const struct lines *l, const struct nvt_failure *f);

/* CLI_OK, or CLI_INPUT after a message when not all could be written. */
int refused_close(struct refused *r);

/* One such record, with its line end. False when the line's text is not in it. out: room for 6
 * times the text and 2 KiB. */
struct refused_line {
    unsigned long number;
    const char *by, *reason;
    struct nvt_span text; /* empty: it was too long */
};
bool refused_record(struct nvt_buf *out, const struct refused_line *line,
                    const struct nvt_failure *f);

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

/* ---- a run ---- */

struct run {
    struct session session;
    struct settings settings;
    struct lines lines;
    struct refused refused;
    struct reasons refusals; /* by the registry */
    struct reasons set_aside;
    struct nvt_rpc_request request;
    unsigned long delivered, duplicate, refused_count, set_aside_count, repeats;
    bool reached;      /* the server has answered a journey once */
    bool open;         /* the journey under way has no outcome yet */
    int code;          /* why the run stopped early, CLI_OK while it has not */
    char stopped[640]; /* the sentence for it */
    nvt_err err;
    uint64_t start_ms, end_ms;
    uint32_t retry_for_s;
    const char *note; /* what is being waited for, NULL */
    bool terminal;    /* standard error is one */
    uint64_t shown_ms;
};

/* progress.c */
void progress_start(struct run *r);
void progress_tick(void *run);
void progress_clear(struct run *r); /* before another line is printed */
void progress_end(struct run *r);

/* report.c */
void report_print(struct run *r);
void report_json(struct run *r, int code);

#endif
