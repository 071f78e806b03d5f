/* SPDX-License-Identifier: Apache-2.0 */
/*
 * navette journey reconcile: what the registry has decided on journeys that it took. Delivered is
 * not accepted: it looks for fraud and anomalies within a day or two. The uplink asks as it would
 * send, within the quota for reading.
 */
#include "journeys.h"

#include <stdlib.h>

#define ID_CAP 1024U /* 256 characters of four bytes */
#define TALLIES 64U
#define NAME_CAP 64U

/* How often a status or a label was met. */
struct tally {
    const char *of; /* "status", "fraud", "anomaly", "terms" */
    char name[NAME_CAP];
    unsigned long count;
};

static struct run r;
static struct tally tallies[TALLIES];
static size_t tally_count;
static unsigned long accepted, pending, not_accepted, not_found, failed, set_aside;
static struct answer items; /* with --json, those that were not accepted */

/* ---- the ids ---- */

static const char *id_name(void)
{
    return journey_api_is_v2() ? "journey_id" : "operator_journey_id";
}

static bool is_id(struct nvt_span text)
{
    return text.len > 0U && text.len <= ID_CAP && nvt_utf8_check(text) == NVT_OK;
}

/* A journey, a record of a refused file, an answer of the registry. */
static bool id_in_object(struct nvt_span text, struct nvt_buf *out)
{
    static const char *const of_v3[] = {"operator_journey_id", "journey.operator_journey_id",
                                        "result.data.operator_journey_id"};
    static const char *const of_v2[] = {"journey_id", "journey.journey_id",
                                        "result.data.journey_id"};
    const char *const *places = journey_api_is_v2() ? of_v2 : of_v3;
    for (size_t i = 0; i < sizeof of_v3 / sizeof of_v3[0]; i++) {
        out->len = 0;
        if (journey_text_at(text, places[i], out) && out->len > 0U) {
            return true;
        }
    }
    return false;
}

static bool id_in_string(struct nvt_span text, struct nvt_buf *out)
{
    struct nvt_json_tok pool[1];
    struct nvt_json doc;
    return nvt_json_parse(&doc, text, pool, 1U) == NVT_OK &&
           nvt_json_get_str(&doc, 0U, out) == NVT_OK;
}

static bool find_id(struct nvt_span text, struct nvt_buf *out)
{
    if (text.ptr[0] == (uint8_t)'{') {
        return id_in_object(text, out);
    }
    if (text.ptr[0] == (uint8_t)'"') {
        return id_in_string(text, out);
    }
    nvt_buf_put(out, text);
    return !out->overflow;
}

/* run.take */
static bool take(struct run *run, struct nvt_span *out_entry)
{
    static uint8_t mem[ID_CAP];
    const struct lines *l = &run->lines;
    struct nvt_buf id;
    nvt_buf_init(&id, mem, sizeof mem);
    if (l->too_long || !find_id(nvt_span_of(l->text, l->len), &id) || !is_id(nvt_buf_span(&id))) {
        set_aside++;
        progress_clear(run);
        say("line %lu: there is no %s in it", l->number, id_name());
        return false;
    }
    *out_entry = nvt_buf_span(&id);
    return true;
}

/* ---- counting ---- */

static void count(const char *of, struct nvt_span name)
{
    char text[NAME_CAP];
    size_t i = 0;
    mask_copy(text, sizeof text, name);
    while (i < tally_count &&
           (strcmp(tallies[i].of, of) != 0 || strcmp(tallies[i].name, text) != 0)) {
        i++;
    }
    if (i == TALLIES) {
        return; /* the ids are listed all the same */
    }
    if (i == tally_count) {
        tally_count++;
        tallies[i].of = of;
        (void)memcpy(tallies[i].name, text, sizeof text);
    }
    tallies[i].count++;
}

/* labels: a raw JSON array. shown: they are printed behind the id. */
static void count_labels(const char *of, struct nvt_span labels, bool shown)
{
    enum { POOL = 256 };
    static struct nvt_json_tok pool[POOL];
    struct nvt_json doc;
    struct nvt_json_iter it = {0, 0, false};
    struct nvt_span label;
    nvt_json_node item = 0;
    if (labels.len == 0U || nvt_json_parse(&doc, labels, pool, POOL) != NVT_OK) {
        return;
    }
    while (nvt_json_next(&doc, 0U, &it, &label, &item)) {
        if (nvt_rpc_label(&doc, item, &label) == NVT_OK) {
            count(of, label);
            if (shown) {
                (void)fputs("  ", stdout);
                put_text(stdout, label, true);
            }
        }
    }
}

/* ---- the list of what was not accepted ---- */

static void put_raw(struct nvt_json_writer *w, const char *name, struct nvt_span array)
{
    if (array.len > 0U) {
        nvt_json_name(w, nvt_span_str(name));
        nvt_json_put_raw(w, array);
    }
}

static void keep_item(const struct nvt_uplink_receipt *rc, const char *status,
                      const struct nvt_rpc_state *s)
{
    static uint8_t mem[16384];
    struct nvt_json_writer w;
    struct nvt_buf b;
    nvt_buf_init(&b, mem, sizeof mem);
    nvt_json_writer_init(&w, &b);
    nvt_json_begin_object(&w);
    nvt_json_name(&w, nvt_span_str(id_name()));
    nvt_json_put_str(&w, rc->entry);
    nvt_json_name(&w, NVT_LIT("status"));
    nvt_json_put_str(&w, nvt_span_str(status));
    put_raw(&w, "fraud_error_labels", s->fraud_labels);
    put_raw(&w, "anomaly_error_details", s->anomaly_details);
    put_raw(&w, "terms_violation_details", s->terms_details);
    nvt_json_end_object(&w);
    if (nvt_json_writer_end(&w) == NVT_OK) {
        (void)answer_keep(&items, items.len == 0U ? NVT_LIT("") : NVT_LIT(","));
        (void)answer_keep(&items, nvt_buf_span(&b));
    }
}

static void list(const struct nvt_uplink_receipt *rc, const char *status,
                 const struct nvt_rpc_state *s)
{
    bool shown = !r.settings.json;
    if (shown) {
        progress_clear(&r);
        (void)printf("%-24s ", status);
        put_text(stdout, rc->entry, false);
    } else {
        keep_item(rc, status, s);
    }
    count_labels("fraud", s->fraud_labels, shown);
    count_labels("anomaly", s->anomaly_details, shown);
    count_labels("terms", s->terms_details, shown);
    if (shown) {
        (void)putchar('\n');
    }
}

/* ---- answers ---- */

static struct nvt_call *call_of(const struct nvt_uplink_receipt *rc)
{
    uint32_t i = 0;
    while (i + 1U < r.lane_count && r.lanes[i].entry.id != rc->id) {
        i++;
    }
    return &r.lanes[i].call;
}

static void count_state(const struct nvt_uplink_receipt *rc, const struct nvt_rpc_state *s)
{
    char status[NAME_CAP];
    mask_copy(status, sizeof status, s->status);
    make_plain(status);
    count("status", nvt_span_str(status));
    if (strcmp(status, "ok") == 0) {
        accepted++;
    } else if (strcmp(status, "pending") == 0) {
        pending++;
    } else {
        not_accepted++;
        list(rc, status, s);
    }
}

/* It was asked several times, or in a way that the registry does not take. */
static void count_failed(unsigned long line, const struct nvt_uplink_receipt *rc, nvt_err err)
{
    char text[512];
    struct nvt_failure f = *rc->failure;
    f.err = err;
    failed++;
    describe(text, sizeof text, &f);
    progress_clear(&r);
    say("line %lu: no answer about it: %s", line, text);
}

/* API v2 tells the status alone. */
static nvt_err read_state(struct nvt_call *call, struct nvt_rpc_state *out)
{
    struct nvt_rpc_v2_state v2;
    if (!journey_api_is_v2()) {
        return nvt_rpc_read_state(call, out);
    }
    nvt_err err = nvt_rpc_v2_read_state(call, &v2);
    out->status = err == NVT_OK ? v2.status : NVT_LIT("");
    return err;
}

/* nvt_uplink_config.settled */
static nvt_err settled(void *run, const struct nvt_uplink_receipt *rc)
{
    struct nvt_rpc_state s;
    (void)memset(&s, 0, sizeof s);
    unsigned long line = run_done((struct run *)run, rc);
    if (rc->state == NVT_SPOOL_DELIVERED) {
        nvt_err err = read_state(call_of(rc), &s);
        if (err == NVT_OK) {
            count_state(rc, &s);
        } else {
            count_failed(line, rc, err);
        }
    } else if (!rc->gave_up && call_of(rc)->outcome.status == 404U) {
        not_found++;
        list(rc, "not_found", &s);
    } else {
        count_failed(line, rc, rc->failure->err);
    }
    return NVT_OK;
}

/* ---- what the uplink does: it looks each up, and sends nothing ---- */

static nvt_err ask(struct nvt_call *call, void *request, struct nvt_span entry)
{
    struct nvt_rpc_request *status = (struct nvt_rpc_request *)request;
    nvt_err err = journey_api->status(call, status, entry);
    status->request.flags |= (uint8_t)NVT_REQ_ONCE; /* the uplink asks again */
    return err;
}

static enum nvt_uplink_known known(struct nvt_call *call, void *request)
{
    const struct nvt_outcome *o = &call->outcome;
    (void)request;
    if (o->verdict == NVT_DELIVERED) {
        return NVT_UPLINK_THERE;
    }
    return o->status == 404U ? NVT_UPLINK_REFUSED : NVT_UPLINK_UNSURE;
}

/* One that cannot be asked about comes here. */
static nvt_err send_none(struct nvt_call *call, void *request, struct nvt_span entry)
{
    (void)call;
    (void)request;
    (void)entry;
    return NVT_E_SPACE;
}

/* ---- the report ---- */

static void print_tallies(const char *of, const char *title)
{
    for (size_t i = 0; i < tally_count; i++) {
        if (strcmp(tallies[i].of, of) == 0 && strcmp(tallies[i].name, "ok") != 0 &&
            strcmp(tallies[i].name, "pending") != 0) {
            (void)printf("  %8lu  %s", tallies[i].count, title);
            put_text(stdout, nvt_span_str(tallies[i].name), true);
            (void)putchar('\n');
        }
    }
}

static void print_report(void)
{
    (void)printf("accepted        %lu\n", accepted);
    (void)printf("pending         %lu%s\n", pending,
                 pending > 0U ? "  (the registry decides within a day or two)" : "");
    (void)printf("not accepted    %lu\n", not_accepted);
    print_tallies("status", "");
    print_tallies("fraud", "fraud: ");
    print_tallies("anomaly", "anomaly: ");
    print_tallies("terms", "terms: ");
    (void)printf("not found       %lu%s\n", not_found,
                 not_found > 0U ? "  (the registry has no such journey of this operator)" : "");
    (void)printf("no answer       %lu\n", failed);
    (void)printf("set aside       %lu%s\n", set_aside,
                 set_aside > 0U ? "  (no id in the line)" : "");
    if (r.code != CLI_OK) {
        report_rest(&r);
    }
}

static void put_count(struct nvt_json_writer *w, const char *name, unsigned long n)
{
    nvt_json_name(w, nvt_span_str(name));
    nvt_json_put_int(w, (int64_t)n);
}

static void put_tallies(struct nvt_json_writer *w, const char *of, const char *name)
{
    nvt_json_name(w, nvt_span_str(name));
    nvt_json_begin_object(w);
    for (size_t i = 0; i < tally_count; i++) {
        if (strcmp(tallies[i].of, of) == 0) {
            put_count(w, tallies[i].name, tallies[i].count);
        }
    }
    nvt_json_end_object(w);
}

static void put_rest(struct nvt_json_writer *w)
{
    struct rest rest;
    outbox_rest(&r, &rest);
    if (rest.first_unsent != 0U) {
        put_count(w, "not_sent_from", rest.first_unsent);
    }
}

static void put_report(struct nvt_json_writer *w, int code)
{
    nvt_json_begin_object(w);
    nvt_json_name(w, NVT_LIT("ok"));
    nvt_json_put_bool(w, code == CLI_OK);
    put_count(w, "exit", (unsigned long)code);
    put_count(w, "accepted", accepted);
    put_count(w, "pending", pending);
    put_count(w, "not_accepted", not_accepted);
    put_count(w, "not_found", not_found);
    put_count(w, "no_answer", failed);
    put_count(w, "set_aside", set_aside);
    put_tallies(w, "status", "by_status");
    put_tallies(w, "fraud", "fraud_labels");
    put_tallies(w, "anomaly", "anomaly_labels");
    put_tallies(w, "terms", "terms_labels");
    nvt_json_name(w, NVT_LIT("complete"));
    nvt_json_put_bool(w, r.code == CLI_OK);
    if (r.code != CLI_OK) {
        put_rest(w);
        nvt_json_name(w, NVT_LIT("error"));
        nvt_json_put_str(w, nvt_span_str(r.err == NVT_OK ? "" : nvt_err_name(r.err)));
        nvt_json_name(w, NVT_LIT("message"));
        nvt_json_put_str(w, nvt_span_str(r.stopped));
    }
    nvt_json_end_object(w);
}

/* The list stands before the object's end. */
static void print_json(int code)
{
    static uint8_t mem[32768];
    struct nvt_json_writer w;
    struct nvt_buf b;
    make_plain(r.stopped);
    nvt_buf_init(&b, mem, sizeof mem);
    nvt_json_writer_init(&w, &b);
    put_report(&w, code);
    if (nvt_json_writer_end(&w) != NVT_OK) {
        say("the JSON output could not be made");
        return;
    }
    mask_print(stdout, nvt_span_of(b.ptr, b.len - 1U));
    (void)fputs(",\"journeys\":[", stdout);
    mask_print(stdout, nvt_span_of(items.mem, items.len));
    (void)fputs("]}\n", stdout);
}

static int conclude(void)
{
    int code = run_say_stop(&r);
    if (code == CLI_OK && not_accepted + not_found + failed + set_aside > 0U) {
        code = CLI_PARTLY;
    }
    if (r.settings.json) {
        print_json(code);
    } else {
        print_report();
    }
    free(items.mem);
    return code;
}

static int run(void)
{
    const struct nvt_uplink_kind kind = {.profile = journey_api->profile,
                                         .send = send_none,
                                         .ask = ask,
                                         .known = known,
                                         .ask_first = true};
    int code = session_open(&r.session, &r.settings, true);
    if (code != CLI_OK) {
        return code;
    }
    r.kind = &kind;
    r.take = take;
    r.settled = settled;
    r.doing = "asking about";
    code = run_all(&r);
    if (code == CLI_OK) {
        code = conclude();
    }
    session_close(&r.session);
    return code;
}

int cmd_journey_reconcile(const struct args *a)
{
    int code = run_open(&r, a);
    if (code == CLI_OK) {
        code = run();
        lines_close(&r.lines);
    }
    return code;
}
