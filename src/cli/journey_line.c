/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with a line, found before it is sent or kept. */
#include "journeys.h"

/* incentive_counterparts may hold anything: a token takes two bytes at least ("1,"). What is not
 * used is never touched. */
#define POOL (CLI_LINE_MAX / 2U + 8U)

#define MARGIN_S 60

static struct nvt_json_tok pool[POOL];

static void explain(struct line_fault *f)
{
    bool json = f->err <= NVT_E_JSON_SYNTAX && f->err >= NVT_E_JSON_DEPTH;
    if (json && f->failure.field[0] == '\0') {
        (void)snprintf(f->reason, sizeof f->reason, "byte %ld: %s", (long)f->failure.detail + 1L,
                       nvt_err_text(f->err));
    } else {
        f->failure.err = f->err;
        describe_field(f->reason, sizeof f->reason, &f->failure);
    }
}

nvt_err journey_check_text(struct nvt_span text, int64_t now_s, struct line_fault *out)
{
    (void)memset(out, 0, sizeof *out);
    out->err = journey_api->check(text, pool, POOL, now_s, &out->failure);
    if (out->err != NVT_OK) {
        explain(out);
    }
    return out->err;
}

nvt_err journey_check_due(struct nvt_span text, int64_t now_s, uint32_t *out_due_s,
                          struct line_fault *out)
{
    if (journey_check_text(text, now_s, out) != NVT_OK) {
        return out->err;
    }
    out->err = journey_api->due(text, pool, POOL, out_due_s);
    if (out->err != NVT_OK) {
        explain(out);
    }
    return out->err;
}

nvt_err journey_check_line(const struct lines *l, int64_t now_s, struct line_fault *out)
{
    (void)memset(out, 0, sizeof *out);
    if (l->too_long) {
        out->err = NVT_E_SPACE;
        (void)snprintf(out->reason, sizeof out->reason, "the line is longer than %u bytes",
                       CLI_LINE_MAX);
        return out->err;
    }
    return journey_check_text(nvt_span_of(l->text, l->len), now_s, out);
}

bool journey_text_at(struct nvt_span text, const char *path, struct nvt_buf *out)
{
    struct nvt_json doc;
    nvt_json_node node = 0;
    return nvt_json_parse(&doc, text, pool, POOL) == NVT_OK &&
           nvt_json_find(&doc, 0U, path, &node) == NVT_OK &&
           nvt_json_get_str(&doc, node, out) == NVT_OK;
}

int64_t journey_latest_s(const struct nvt_uplink *u, uint64_t now_ms)
{
    return u->date_s == 0 ? 0
                          : u->date_s + (int64_t)((now_ms - u->date_mono_ms) / 1000U) + MARGIN_S;
}
