/* SPDX-License-Identifier: Apache-2.0 */
/* One line in: checked, appended to the spool, answered. */
#include "serve.h"

static nvt_err refuse(struct serve *s, struct intake_result *out)
{
    s->intake.refused++;
    out->err = out->fault.err;
    return out->err;
}

static nvt_err fault_of(struct intake_result *out, nvt_err err)
{
    out->fault.err = err;
    (void)snprintf(out->fault.reason, sizeof out->fault.reason, "%s", nvt_err_text(err));
    out->err = err;
    return err;
}

/* What is full, and how full. */
static void describe_full(const struct serve *s, enum serve_full full, char *out, size_t cap)
{
    struct nvt_spool_info info;
    nvt_spool_info(&s->spool, &info);
    if (full == FULL_BYTES) {
        (void)snprintf(out, cap, "the spool is full: %lu of %lu bytes are taken",
                       (unsigned long)info.used_bytes, (unsigned long)info.capacity_bytes);
    } else {
        (void)snprintf(
            out, cap,
            "the spool is full: the newest is %lu journeys behind the oldest that waits, "
            "the most is %lu",
            (unsigned long)info.span, (unsigned long)info.entries_max);
    }
}

/* Said once, and once more when it is over. */
static void note_full(struct serve *s, enum serve_full full, const char *what)
{
    if (full != FULL_NOT && full != s->intake_full) {
        tell(TELL_WARNING, "%s; journeys are turned away until some are delivered", what);
    } else if (full == FULL_NOT && s->intake_full != FULL_NOT) {
        tell(TELL_NOTE, "the spool has room again");
    } else {
        /* as before */
    }
    s->intake_full = full;
}

static void turn_away(struct serve *s, struct intake_result *out)
{
    enum serve_full full = out->err == NVT_E_SPOOL_FULL ? FULL_BYTES : FULL_JOURNEYS;
    describe_full(s, full, out->fault.reason, sizeof out->fault.reason);
    s->intake.full++;
    s->intake.crowded += full == FULL_JOURNEYS ? 1U : 0U;
    note_full(s, full, out->fault.reason);
}

void intake_note_failure(struct serve *s, bool failed)
{
    if (failed && !s->intake_failed) {
        tell(TELL_ERROR, "the spool's device failed: journeys are not taken in until it works");
    } else if (!failed && s->intake_failed) {
        tell(TELL_NOTE, "the spool's device works again");
    } else {
        /* as before */
    }
    s->intake_failed = failed;
}

static nvt_err append(struct serve *s, struct nvt_span line, uint32_t due_s,
                      struct intake_result *out)
{
    nvt_err err = nvt_spool_append(&s->spool, line, due_s, &out->id);
    if (err == NVT_OK) {
        s->intake.kept++;
        note_full(s, FULL_NOT, "");
        return NVT_OK;
    }
    (void)fault_of(out, err);
    if (intake_is_full(err)) {
        turn_away(s, out);
    } else if (err == NVT_E_SPOOL_SIZE) {
        s->intake.refused++;
    } else {
        intake_note_failure(s, true);
    }
    return err;
}

nvt_err intake_line(struct serve *s, struct nvt_span line, struct intake_result *out)
{
    uint32_t due_s = 0;
    (void)memset(out, 0, sizeof *out);
    s->intake.lines++;
    int64_t latest_s = journey_latest_s(&s->uplink, session_now_ms(&s->session));
    if (journey_check_due(line, latest_s, &due_s, &out->fault) != NVT_OK) {
        return refuse(s, out);
    }
    return append(s, line, due_s, out);
}

nvt_err intake_too_long(struct serve *s, struct intake_result *out)
{
    (void)memset(out, 0, sizeof *out);
    s->intake.lines++;
    out->fault.err = NVT_E_SPACE;
    (void)snprintf(out->fault.reason, sizeof out->fault.reason, "the line is longer than %u bytes",
                   (unsigned)SERVE_ENTRY_MAX);
    return refuse(s, out);
}

bool intake_is_full(nvt_err err)
{
    return err == NVT_E_SPOOL_FULL || err == NVT_E_SPOOL_WINDOW;
}

bool intake_is_fault(nvt_err err)
{
    return err != NVT_OK && !intake_is_full(err) && err != NVT_E_SPOOL_IO && err != NVT_E_STATE;
}

/* ---- answers ---- */

/* What came in may show in a field's name: it is left out when it is no text. */
static void put_member(struct nvt_json_writer *w, const char *name, const char *value)
{
    struct nvt_span text = nvt_span_str(value);
    if (text.len > 0U && nvt_utf8_check(text) == NVT_OK) {
        nvt_json_name(w, nvt_span_str(name));
        nvt_json_put_str(w, text);
    }
}

static void put_result(struct nvt_json_writer *w, const struct intake_result *r, bool at_length)
{
    nvt_json_begin_object(w);
    nvt_json_name(w, NVT_LIT("ok"));
    nvt_json_put_bool(w, r->err == NVT_OK);
    if (r->err == NVT_OK) {
        nvt_json_name(w, NVT_LIT("id"));
        nvt_json_put_int(w, (int64_t)r->id);
    } else {
        put_member(w, "error", nvt_err_name(r->err));
        put_member(w, "field", at_length ? r->fault.failure.field : "");
        put_member(w, "reason", at_length ? r->fault.reason : nvt_err_text(r->err));
    }
    nvt_json_end_object(w);
}

static bool write_result(const struct intake_result *r, bool at_length, struct nvt_buf *out)
{
    struct nvt_json_writer w;
    out->len = 0;
    out->overflow = false;
    nvt_json_writer_init(&w, out);
    put_result(&w, r, at_length);
    return nvt_json_writer_end(&w) == NVT_OK;
}

void intake_answer(const struct intake_result *r, struct nvt_buf *out)
{
    uint8_t mem[INTAKE_ANSWER_MAX];
    struct nvt_buf b;
    nvt_buf_init(&b, mem, sizeof mem);
    if (write_result(r, true, &b) || write_result(r, false, &b)) {
        nvt_buf_put(out, nvt_buf_span(&b));
    }
}
