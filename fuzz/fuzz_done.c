/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether an answer is what its API documents. The input's first byte picks the row, its second the
 * status, its third the media type; the rest is the body. What holds: of what is done
 * whole, every kept beginning is done from where it has the members that make it so; nothing that
 * is done with JSON is anything but that; members are those that a parser with tokens finds.
 */
#include "../src/client/call.h"

#include <stdlib.h>

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

static const struct nvt_done rows[] = {
    {.status = 201U,
     .form = (uint8_t)NVT_FORM_OBJECT,
     .has = "a.b",
     .lacks = "error",
     .same = "a.id",
     .sent = "id"},
    {.status = 200U, .form = (uint8_t)NVT_FORM_OBJECT, .has = "status", .same = "id"},
    {.status = 200U, .form = (uint8_t)NVT_FORM_ARRAY},
    {.status = 200U, .form = (uint8_t)NVT_FORM_EMPTY},
    {.form = (uint8_t)NVT_FORM_OBJECT, .has = "a=1 id", .lacks = "error"},
    {.form = (uint8_t)NVT_FORM_JSON, .lacks = "a.error", .errors = NVT_ERRORS_JSON},
    {.form = (uint8_t)NVT_FORM_DATA, .errors = NVT_ERRORS_ANY},
    {.form = (uint8_t)NVT_FORM_ANY, .errors = ""},
    {.form = (uint8_t)NVT_FORM_OBJECT, .errors = "a.b error", .duplicate = "error.code=-1 id"},
};

static const uint16_t statuses[] = {200, 201, 204, 400, 401, 403, 404, 409, 422, 500};
static const char *const types[] = {"", "application/json; charset=utf-8", "text/html", "x/y+json"};
static const struct nvt_profile profile = {.duplicate_status = 409U,
                                           .duplicate = "error.code=-32509",
                                           .errors = "error",
                                           .versioned = true};

static enum nvt_saying judge(struct nvt_said a, const struct nvt_request *q)
{
    return nvt_done_judge(&a, q, &profile);
}

/* What was kept of it is judged as the whole is, from where that has all that makes it so. */
static void check_beginnings(struct nvt_said whole, const struct nvt_request *q)
{
    bool own = q->done->has == NULL && q->done->same == NULL;
    size_t from = 0;
    while (from < whole.body.len && whole.body.ptr[from] <= 0x20U) {
        from++;
    }
    for (size_t n = from + 1U; n < whole.body.len && n < from + 300U; n++) {
        struct nvt_said kept = whole;
        kept.body.len = n;
        kept.cut = true;
        bool now = judge(kept, q) == NVT_SAID_OWN;
        require(now || !own);
        own = now;
    }
}

static void check_form(const struct nvt_said *a, const struct nvt_done *row)
{
    bool json = row->form >= (uint8_t)NVT_FORM_JSON && a->body.len > 0U;
    require(!json || nvt_json_check(a->body, NULL) == NVT_OK);
    require(row->form != (uint8_t)NVT_FORM_OBJECT || nvt_json_starts(a->body, '{'));
    require(row->form != (uint8_t)NVT_FORM_ARRAY || nvt_json_starts(a->body, '['));
    require(row->form != (uint8_t)NVT_FORM_EMPTY || a->body.len == 0U);
    require(nvt_done_begins(row, a->status, a->type) || a->body.len == 0U);
}

/* The walk against the parser. */
static void check_members(struct nvt_span body)
{
    static struct nvt_json_tok pool[4096];
    static const char *const paths[] = {"a", "id", "a.b", "a.id", "error.code", "a.b.id"};
    struct nvt_json doc;
    if (nvt_json_parse(&doc, body, pool, 4096) != NVT_OK) {
        return;
    }
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        nvt_json_node node = 0;
        struct nvt_span value = nvt_json_at(body, nvt_span_str(paths[i]));
        bool found = nvt_json_find(&doc, 0, paths[i], &node) == NVT_OK;
        require(found == (value.len > 0U));
        bool string = found && nvt_json_type(&doc, node) == NVT_JSON_STRING;
        struct nvt_span raw = nvt_json_raw(&doc, node);
        require(!found || nvt_span_eq(raw, string ? nvt_json_text(value) : value));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3U) {
        return 0;
    }
    struct nvt_span body = nvt_span_of(data + 3, size - 3U);
    const struct nvt_done *row = &rows[data[0] % (sizeof rows / sizeof rows[0])];
    struct nvt_said a = {statuses[data[1] % (sizeof statuses / sizeof statuses[0])], false,
                         nvt_span_str(types[data[2] % 4U]), body};
    struct nvt_request q = {.target = NVT_LIT("/v3.3/x%C3%A9"),
                            .id = NVT_LIT("x%C3%A9"),
                            .body = NVT_LIT("{\"id\":\"x\\u00e9\"}"),
                            .flags = (uint8_t)((data[0] & 0x80U) != 0U ? NVT_REQ_KEYED : 0U),
                            .done = row};
    enum nvt_saying saying = judge(a, &q);
    if (a.status <= 299U && saying == NVT_SAID_OWN) {
        check_form(&a, row);
        check_beginnings(a, &q);
    }
    require(a.status < 400U || a.status != 404U || body.len > 0U || saying != NVT_SAID_DUPLICATE);
    require(saying != NVT_SAID_DUPLICATE || (a.status == 409U && (data[0] & 0x80U) != 0U));
    check_members(body);
    a.cut = true;
    (void)judge(a, &q);
    return 0;
}
