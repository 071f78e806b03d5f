/* SPDX-License-Identifier: Apache-2.0 */
/* navette journey list: the list page by page. */
#include "cli.h"

#include <stdlib.h>

#define LIMIT_MAX 1000000U

static struct session session;
static struct settings settings;
static struct nvt_rpc_request request;
static struct nvt_json_tok *pool;
static size_t pool_count;

/* With --json, the items of all pages, joined. */
static struct answer items;

/* ---- options ---- */

static bool read_time(const char *text, int64_t *out)
{
    return text == NULL || nvt_time_parse_rfc3339(nvt_span_str(text), out) == NVT_OK;
}

static bool read_count(const char *text, uint32_t *out)
{
    if (text == NULL || strcmp(text, "0") == 0) {
        return true;
    }
    return parse_count(text, LIMIT_MAX, out);
}

static int read_walk(const struct args *a, struct nvt_rpc_walk *w)
{
    (void)memset(w, 0, sizeof *w);
    w->left = a->all ? LIMIT_MAX : 50U;
    w->filter.limit = NVT_RPC_PAGE_MAX;
    w->filter.status = nvt_span_str(a->status == NULL ? "ok" : a->status);
    if (!read_time(a->start, &w->filter.start_s) || !read_time(a->end, &w->filter.end_s)) {
        return fail(a->json, CLI_USAGE, NVT_OK,
                    "--start and --end take a time as 2026-01-31T00:00:00Z");
    }
    if (!read_count(a->limit, &w->left) || !read_count(a->offset, &w->filter.offset)) {
        return fail(a->json, CLI_USAGE, NVT_OK, "--limit and --offset take a number to %u",
                    LIMIT_MAX);
    }
    return CLI_OK;
}

/* ---- pages ---- */

static int fail_list(nvt_err err)
{
    return fail(settings.json, exit_of_err(err), err, "journey list: %s", nvt_err_text(err));
}

static void print_ids(const struct nvt_json *page)
{
    struct nvt_json_iter it = {0, 0, false};
    struct nvt_span name;
    nvt_json_node item = 0;
    nvt_json_node id = 0;
    while (nvt_json_next(page, 0, &it, &name, &item)) {
        if (nvt_json_find(page, item, "operator_journey_id", &id) == NVT_OK) {
            put_text(stdout, nvt_json_raw(page, id), true);
            (void)putchar('\n');
        }
    }
}

/* What stands between the page's brackets. */
static nvt_err keep_items(struct nvt_span page)
{
    struct nvt_span inside = nvt_span_of(page.ptr + 1, page.len - 2U);
    nvt_err err = items.len == 0U ? NVT_OK : answer_keep(&items, NVT_LIT(","));
    return err == NVT_OK ? answer_keep(&items, inside) : err;
}

/* A server that knows no offset would send its first page for ever. */
static bool repeats(const struct nvt_json *page)
{
    static uint8_t last[512];
    static size_t last_len;
    nvt_json_node first = 0;
    if (nvt_json_find(page, 0, "0", &first) != NVT_OK) {
        return false;
    }
    struct nvt_span raw = nvt_json_raw(page, first);
    bool same = raw.len > 0U && nvt_span_eq(raw, nvt_span_of(last, last_len));
    last_len = raw.len < sizeof last ? raw.len : 0U;
    (void)memcpy(last, raw.ptr, last_len);
    return same;
}

static nvt_err parse_page(struct nvt_json *page, struct nvt_span text)
{
    size_t count = text.len / 2U + 1U; /* more tokens than a text of that length can have */
    if (count > pool_count) {
        free(pool);
        pool = (struct nvt_json_tok *)calloc(count, sizeof *pool);
        pool_count = pool == NULL ? 0U : count;
    }
    return nvt_json_parse(page, text, pool, pool_count) == NVT_OK ? NVT_OK : NVT_E_ANSWER;
}

static int take_page(struct nvt_span text, struct nvt_rpc_walk *walk, bool *out_more)
{
    struct nvt_json page;
    nvt_err err = parse_page(&page, text);
    if (err == NVT_OK) {
        err = nvt_rpc_next_page(&page, walk, out_more);
    }
    if (err == NVT_OK && repeats(&page)) {
        err = NVT_E_CURSOR;
    }
    if (err == NVT_OK && settings.json && nvt_json_size(&page, 0) > 0U) {
        err = keep_items(nvt_json_raw(&page, 0));
    }
    if (err != NVT_OK) {
        return fail_list(err);
    }
    if (!settings.json) {
        print_ids(&page);
    }
    return CLI_OK;
}

static int one_page(struct nvt_rpc_walk *walk, bool *out_more)
{
    struct answer answer = {NULL, 0, 0};
    nvt_err err = nvt_rpc_list_page(&session.call, &request, walk);
    request.request.sink = answer_keep;
    request.request.sink_ctx = &answer;
    int code = request_finish(&session, "journey list", err);
    if (code == CLI_OK) {
        code = take_page(nvt_span_of(answer.mem, answer.len), walk, out_more);
    }
    free(answer.mem);
    return code;
}

static int all_pages(struct nvt_rpc_walk *walk)
{
    int code = CLI_OK;
    bool more = true;
    while (code == CLI_OK && more) {
        code = one_page(walk, &more);
    }
    if (code == CLI_OK && settings.json) {
        (void)fputs("{\"ok\":true,\"journeys\":[", stdout);
        mask_print(stdout, nvt_span_of(items.mem, items.len));
        (void)fputs("]}\n", stdout);
    }
    free(items.mem);
    free(pool);
    return code;
}

int cmd_journey_list(const struct args *a)
{
    struct nvt_rpc_walk walk;
    int code = read_walk(a, &walk);
    if (code == CLI_OK) {
        code = request_prepare(&session, &settings, &nvt_rpc_profile, a);
    }
    if (code == CLI_OK) {
        code = all_pages(&walk);
        session_close(&session);
    }
    return code;
}
