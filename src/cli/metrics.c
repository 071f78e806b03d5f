/* SPDX-License-Identifier: Apache-2.0 */
/* The service's state and counters: one table, told as JSON and as Prometheus text (exposition
 * format 0.0.4, to which its last line is a comment). */
#include "serve.h"

#include <stddef.h>

/* All figures as they are at one moment. */
struct figures {
    struct nvt_spool_info spool;
    struct nvt_uplink_counters uplink;
    struct serve_intake_counters intake;
};

enum group { SPOOL, UPLINK, INTAKE, GROUPS };

static const char *const group_names[GROUPS] = {"spool", "uplink", "intake"};

struct row {
    enum group group;
    bool wide;          /* 64 bits */
    size_t at;          /* in struct figures */
    const char *name;   /* in JSON */
    const char *sample; /* in Prometheus, NULL: not there */
    const char *type;   /* of the family that begins with this row, else NULL */
    const char *help;
};

#define AT(member) offsetof(struct figures, member)

/* clang-format off */
static const struct row rows[] = {
    {SPOOL, false, AT(spool.pending), "pending",
     "spool_pending", "gauge", "Journeys in the spool that are not settled"},
    {SPOOL, false, AT(spool.deferred), "failing",
     "spool_failing", "gauge", "Of these, journeys that failed and wait behind the others"},
    {SPOOL, false, AT(spool.oldest_id), "oldest_id", NULL, NULL, NULL},
    {SPOOL, false, AT(spool.delivered), "delivered",
     "spool_settled_total{state=\"delivered\"}", "counter",
     "Journeys settled in the life of the spool"},
    {SPOOL, false, AT(spool.refused), "refused",
     "spool_settled_total{state=\"refused\"}", NULL, NULL},
    {SPOOL, false, AT(spool.expired), "expired",
     "spool_settled_total{state=\"expired\"}", NULL, NULL},
    {SPOOL, false, AT(spool.used_bytes), "used_bytes",
     "spool_used_bytes", "gauge", "Room that pending journeys take"},
    {SPOOL, false, AT(spool.capacity_bytes), "capacity_bytes",
     "spool_capacity_bytes", "gauge", "Room for pending journeys"},
    {SPOOL, false, AT(spool.span), "span",
     "spool_span", "gauge", "Journeys from the oldest pending one to the newest"},
    {SPOOL, false, AT(spool.entries_max), "entries_max",
     "spool_span_max", "gauge", "The most of these"},
    {SPOOL, false, AT(spool.erases), "erases",
     "spool_erases_total", "counter", "Blocks erased, all together"},
    {SPOOL, false, AT(spool.damaged), "damaged",
     "spool_damaged_records", "gauge", "Records that could not be read at the start"},
    {SPOOL, false, AT(spool.lost), "lost",
     "spool_lost_journeys", "gauge", "Pending journeys in damaged records"},
    {SPOOL, false, AT(spool.repaired), "repaired",
     "spool_repaired_heads", "gauge", "Blocks with one good copy of their head: nothing is lost"},
    {SPOOL, false, AT(spool.torn), "torn",
     "spool_torn_records", "gauge", "Records that a power cut left unfinished, as the start found"},
    {SPOOL, false, AT(spool.failed_syncs), "failed_syncs",
     "spool_failed_syncs_total", "counter", "Syncs of the spool that failed since the start"},
    {UPLINK, false, AT(uplink.attempts), "attempts",
     "uplink_attempts_total", "counter", "Calls begun, look-ups included"},
    {UPLINK, false, AT(uplink.delivered), "delivered",
     "uplink_settled_total{state=\"delivered\"}", "counter", "Journeys settled since the start"},
    {UPLINK, false, AT(uplink.refused), "refused",
     "uplink_settled_total{state=\"refused\"}", NULL, NULL},
    {UPLINK, false, AT(uplink.expired), "expired",
     "uplink_settled_total{state=\"expired\"}", NULL, NULL},
    {UPLINK, false, AT(uplink.duplicates), "duplicates",
     "uplink_duplicates_total", "counter", "Delivered journeys that the registry had already"},
    {UPLINK, false, AT(uplink.retries), "retries",
     "uplink_retries_total", "counter", "Attempts that must be made again"},
    {UPLINK, false, AT(uplink.lookups), "lookups",
     "uplink_lookups_total", "counter", "Questions after journeys whose answer was lost"},
    {UPLINK, false, AT(uplink.quota_waits), "quota_waits",
     "uplink_quota_waits_total", "counter", "Attempts that a quota put off"},
    {UPLINK, false, AT(uplink.link_losses), "link_losses",
     "uplink_link_losses_total", "counter", "Times that the link went away"},
    {UPLINK, false, AT(uplink.report_failures), "report_failures",
     "uplink_report_failures_total", "counter", "Refusals that could not be written down at first"},
    {UPLINK, false, AT(uplink.handshakes), "handshakes",
     "uplink_handshakes_total{kind=\"full\"}", "counter", "TLS handshakes"},
    {UPLINK, false, AT(uplink.resumptions), "resumptions",
     "uplink_handshakes_total{kind=\"resumed\"}", NULL, NULL},
    {UPLINK, true, AT(uplink.bytes_out), "bytes_out",
     "uplink_bytes_total{direction=\"out\"}", "counter", "Bytes on the wire"},
    {UPLINK, true, AT(uplink.bytes_in), "bytes_in",
     "uplink_bytes_total{direction=\"in\"}", NULL, NULL},
    {INTAKE, false, AT(intake.lines), "lines",
     "intake_lines_total", "counter", "Lines from socket and drop folder"},
    {INTAKE, false, AT(intake.kept), "kept", "intake_kept_total", "counter", "Journeys taken in"},
    {INTAKE, false, AT(intake.refused), "refused",
     "intake_refused_total", "counter", "Lines that are no journeys"},
    {INTAKE, false, AT(intake.full), "full",
     "intake_full_total", "counter", "Journeys turned away by a full spool"},
    {INTAKE, false, AT(intake.crowded), "crowded", "intake_crowded_total", "counter",
     "Of these, turned away since the oldest one waits too far behind"},
    {INTAKE, false, AT(intake.files), "files",
     "intake_files_total", "counter", "Files of the drop folder done with"},
    {INTAKE, false, AT(intake.clients), "clients",
     "intake_connections_total", "counter", "Connections to the socket"},
};
/* clang-format on */

#define ROW_COUNT (sizeof rows / sizeof rows[0])

/* What is full: nothing, bytes, journeys. */
static const char *const full_names[] = {"", "bytes", "journeys"};

static const char *const link_names[] = {"up", "held", "probing", "blocked"};
#define LINK_COUNT (sizeof link_names / sizeof link_names[0])

static void read_figures(const struct serve *s, struct figures *out)
{
    nvt_spool_info(&s->spool, &out->spool);
    out->uplink = s->uplink.state.count;
    out->intake = s->intake;
}

static uint64_t value_of(const struct figures *f, const struct row *r)
{
    const uint8_t *at = (const uint8_t *)f + r->at;
    uint64_t wide = 0;
    uint32_t narrow = 0;
    if (r->wide) {
        (void)memcpy(&wide, at, sizeof wide);
        return wide;
    }
    (void)memcpy(&narrow, at, sizeof narrow);
    return narrow;
}

static size_t link_of(const struct serve *s)
{
    size_t link = (size_t)s->uplink.state.link;
    return link < LINK_COUNT ? link : 0U;
}

/* Milliseconds until the uplink goes on by itself. */
static uint64_t hold_ms(const struct serve *s, uint64_t now_ms)
{
    const struct nvt_uplink_state *u = &s->uplink.state;
    bool holds = u->link == NVT_UPLINK_HELD || u->link == NVT_UPLINK_BLOCKED;
    return holds && u->resume_ms > now_ms ? u->resume_ms - now_ms : 0U;
}

/* ---- JSON ---- */

static void put_uint(struct nvt_json_writer *w, const char *name, uint64_t value)
{
    nvt_json_name(w, nvt_span_str(name));
    nvt_json_put_int(w, value > (uint64_t)INT64_MAX ? INT64_MAX : (int64_t)value);
}

static void put_flag(struct nvt_json_writer *w, const char *name, bool value)
{
    nvt_json_name(w, nvt_span_str(name));
    nvt_json_put_bool(w, value);
}

/* A server may say what it was told: secrets are taken out. */
static void put_text_of(struct nvt_json_writer *w, const char *name, const char *text)
{
    uint8_t mem[2U * NVT_FAILURE_TEXT_CAP];
    struct nvt_buf b;
    nvt_buf_init(&b, mem, sizeof mem);
    mask_put(&b, nvt_span_str(text));
    nvt_json_name(w, nvt_span_str(name));
    if (!b.overflow && nvt_utf8_check(nvt_buf_span(&b)) == NVT_OK) {
        nvt_json_put_str(w, nvt_buf_span(&b));
    } else {
        nvt_json_put_str(w, NVT_LIT("(not shown)"));
    }
}

static void put_last(struct nvt_json_writer *w, const struct nvt_failure *f)
{
    nvt_json_name(w, NVT_LIT("last_failure"));
    if (f->err == NVT_OK) {
        nvt_json_put_null(w);
        return;
    }
    nvt_json_begin_object(w);
    put_text_of(w, "error", nvt_err_name(f->err));
    put_text_of(w, "reason", nvt_err_text(f->err));
    put_uint(w, "http_status", f->http_status);
    put_text_of(w, "code", f->code);
    put_text_of(w, "message", f->message);
    nvt_json_end_object(w);
}

static void put_link(struct nvt_json_writer *w, const struct serve *s, uint64_t now_ms)
{
    const struct nvt_uplink_state *u = &s->uplink.state;
    put_text_of(w, "link", link_names[link_of(s)]);
    put_uint(w, "resumes_in_ms", hold_ms(s, now_ms));
    nvt_json_name(w, NVT_LIT("answered_s_ago"));
    if (u->last_ok_ms == 0U) {
        nvt_json_put_null(w);
    } else {
        nvt_json_put_int(w, (int64_t)((now_ms - u->last_ok_ms) / 1000U));
    }
    put_uint(w, "connections", s->uplink.config.lane_count);
    put_uint(w, "busy", u->busy);
    put_last(w, &u->last);
}

static void put_groups(struct nvt_json_writer *w, const struct figures *f)
{
    for (size_t g = 0; g < (size_t)GROUPS; g++) {
        nvt_json_name(w, nvt_span_str(group_names[g]));
        nvt_json_begin_object(w);
        for (size_t i = 0; i < ROW_COUNT; i++) {
            if ((size_t)rows[i].group == g) {
                put_uint(w, rows[i].name, value_of(f, &rows[i]));
            }
        }
        nvt_json_end_object(w);
    }
}

void metrics_json(const struct serve *s, struct nvt_buf *out)
{
    uint64_t now_ms = session_now_ms(&s->session);
    struct nvt_json_writer w;
    struct figures f;
    read_figures(s, &f);
    nvt_json_writer_init(&w, out);
    nvt_json_begin_object(&w);
    put_flag(&w, "ok", true);
    put_text_of(&w, "version", NVT_VERSION);
    put_uint(&w, "up_s", (now_ms - s->start_ms) / 1000U);
    put_flag(&w, "stopping", s->stopping);
    put_flag(&w, "spool_failed", s->io_failed || s->intake_failed);
    nvt_json_name(&w, NVT_LIT("spool_full"));
    if (s->intake_full == FULL_NOT) {
        nvt_json_put_null(&w);
    } else {
        nvt_json_put_str(&w, nvt_span_str(full_names[s->intake_full]));
    }
    nvt_json_name(&w, NVT_LIT("drop_error"));
    if (s->drop_err == NULL) {
        nvt_json_put_null(&w);
    } else {
        nvt_json_put_str(&w, nvt_span_str(s->drop_err));
    }
    put_link(&w, s, now_ms);
    put_groups(&w, &f);
    nvt_json_end_object(&w);
}

/* ---- Prometheus ---- */

static void put(struct nvt_buf *out, const char *text)
{
    nvt_buf_put(out, nvt_span_str(text));
}

/* The two lines before a family's samples; its name is that of the sample without labels. */
static void put_family(struct nvt_buf *out, const char *sample, const char *type, const char *help)
{
    struct nvt_span name = nvt_span_of(sample, strcspn(sample, "{"));
    put(out, "# HELP navette_");
    nvt_buf_put(out, name);
    put(out, " ");
    put(out, help);
    put(out, "\n# TYPE navette_");
    nvt_buf_put(out, name);
    put(out, " ");
    put(out, type);
    put(out, "\n");
}

static void put_sample(struct nvt_buf *out, const char *sample, uint64_t value)
{
    put(out, "navette_");
    put(out, sample);
    put(out, " ");
    nvt_buf_put_u64(out, value);
    put(out, "\n");
}

static void put_gauge(struct nvt_buf *out, const char *name, const char *help, uint64_t value)
{
    put_family(out, name, "gauge", help);
    put_sample(out, name, value);
}

static void put_link_samples(struct nvt_buf *out, size_t link)
{
    char sample[48];
    put_family(out, "uplink_link", "gauge", "1 for the state that the link is in");
    for (size_t i = 0; i < LINK_COUNT; i++) {
        (void)snprintf(sample, sizeof sample, "uplink_link{state=\"%s\"}", link_names[i]);
        put_sample(out, sample, i == link ? 1U : 0U);
    }
}

static void put_full_samples(struct nvt_buf *out, enum serve_full full)
{
    put_family(out, "spool_full", "gauge", "1 for what had no room when a journey came last");
    put_sample(out, "spool_full{what=\"bytes\"}", full == FULL_BYTES ? 1U : 0U);
    put_sample(out, "spool_full{what=\"journeys\"}", full == FULL_JOURNEYS ? 1U : 0U);
}

static void put_gauges(struct nvt_buf *out, const struct serve *s, uint64_t now_ms)
{
    const struct nvt_uplink_state *u = &s->uplink.state;
    put_gauge(out, "build_info{version=\"" NVT_VERSION "\"}", "The version that runs", 1U);
    put_gauge(out, "up_seconds", "Since the start", (now_ms - s->start_ms) / 1000U);
    put_gauge(out, "stopping", "1 while it stops", s->stopping ? 1U : 0U);
    put_gauge(out, "spool_failed", "1 when the spool's device failed last time",
              s->io_failed || s->intake_failed ? 1U : 0U);
    put_full_samples(out, s->intake_full);
    put_gauge(out, "drop_failed", "1 while the drop folder cannot be used",
              s->drop_err != NULL ? 1U : 0U);
    put_link_samples(out, link_of(s));
    put_gauge(out, "uplink_connections", "Connections at most", s->uplink.config.lane_count);
    put_gauge(out, "uplink_busy", "Connections with a journey", u->busy);
    put_gauge(out, "uplink_hold_seconds", "Until the link is tried again",
              (hold_ms(s, now_ms) + 999U) / 1000U);
    if (u->last_ok_ms != 0U) {
        put_gauge(out, "uplink_answer_age_seconds", "Since the last good answer",
                  (now_ms - u->last_ok_ms) / 1000U);
    }
}

void metrics_prometheus(const struct serve *s, struct nvt_buf *out)
{
    struct figures f;
    read_figures(s, &f);
    put_gauges(out, s, session_now_ms(&s->session));
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (rows[i].type != NULL) {
            put_family(out, rows[i].sample, rows[i].type, rows[i].help);
        }
        if (rows[i].sample != NULL) {
            put_sample(out, rows[i].sample, value_of(&f, &rows[i]));
        }
    }
    put(out, "# EOF\n");
}
