/* SPDX-License-Identifier: Apache-2.0 */
/*
 * navette query run: a file that is the request already, {"query": "...", "variables": {...}}, as
 * the service's own documentation shows it and other tools keep it.
 */
#include "cmd_query.h"

#include <stdlib.h>

struct nvt_span query_drop_bom(struct nvt_span text)
{
    bool bom = text.len >= 3U && memcmp(text.ptr, "\xEF\xBB\xBF", 3U) == 0;
    return nvt_span_drop(text, bom ? 3U : 0U);
}

static struct nvt_span skip_space(struct nvt_span s)
{
    size_t i = 0;
    while (i < s.len && (s.ptr[i] == (uint8_t)' ' || s.ptr[i] == (uint8_t)'\t' ||
                         s.ptr[i] == (uint8_t)'\n' || s.ptr[i] == (uint8_t)'\r')) {
        i++;
    }
    return nvt_span_drop(s, i);
}

/* In GraphQL a name, "..." or "#" stands behind the brace that opens a query. */
bool query_is_body(struct nvt_span text)
{
    struct nvt_span s = skip_space(text);
    if (s.len == 0U || s.ptr[0] != (uint8_t)'{') {
        return s.len > 0U && s.ptr[0] == (uint8_t)'[';
    }
    s = skip_space(nvt_span_drop(s, 1U));
    return s.len > 0U && (s.ptr[0] == (uint8_t)'"' || s.ptr[0] == (uint8_t)'}');
}

enum { QUERY, QUERY_ID, OPERATION, VARIABLES, MEMBERS };

static unsigned member_named(struct nvt_span name)
{
    static const char *const names[MEMBERS] = {"query", "queryId", "operationName", "variables"};
    unsigned i = 0;
    while (i < MEMBERS && !nvt_span_eq(name, nvt_span_str(names[i]))) {
        i++;
    }
    return i;
}

/* A string without its quotes and escapes, behind what b holds. */
static struct nvt_span unescape(struct nvt_span value, struct nvt_buf *b)
{
    struct nvt_span raw = nvt_span_of(value.ptr + 1, value.len - 2U);
    size_t start = b->len;
    uint8_t mem[4];
    while (raw.len > 0U) {
        nvt_buf_put(b, nvt_json_str_piece(&raw, mem));
    }
    return nvt_span_of(b->ptr + start, b->len - start);
}

/* A text; but variables are an object, or a text with one in it. */
static bool take_value(struct nvt_span value, unsigned member, struct nvt_buf *b,
                       struct nvt_span *out)
{
    bool text = value.ptr[0] == (uint8_t)'"';
    *out = text ? unescape(value, b) : value;
    if (member == VARIABLES) {
        return nvt_json_check(*out, NULL) == NVT_OK && skip_space(*out).ptr[0] == (uint8_t)'{';
    }
    return text;
}

/* One member of the request: "" or what is wrong with it. */
static const char *take_member(struct nvt_span value, unsigned member, struct nvt_buf *b,
                               struct nvt_span *taken)
{
    if (value.ptr[0] == (uint8_t)'n') { /* null: as if it were not there */
        return "";
    }
    if (taken->len > 0U) {
        return "stands there twice";
    }
    if (!take_value(value, member, b, taken)) {
        return member == VARIABLES ? "is no object" : "is no text";
    }
    return "";
}

/* "" or what is wrong with one of them, which *out_name is then. */
static const char *walk_members(struct nvt_span text, const char *path, struct nvt_buf *b,
                                struct nvt_span taken[MEMBERS], struct nvt_span *out_name)
{
    struct nvt_span value;
    const char *wrong = "";
    while (wrong[0] == '\0' && nvt_demarches_walk(&text, out_name, &value)) {
        unsigned member = member_named(*out_name);
        if (member < MEMBERS) {
            wrong = take_member(value, member, b, &taken[member]);
        } else {
            say("%s: the service reads no member \"%.*s\": it is left out", path,
                (int)(out_name->len < 64U ? out_name->len : 64U), (const char *)out_name->ptr);
        }
    }
    return wrong;
}

static int take_members(struct nvt_span text, const char *path, bool json, struct nvt_buf *b,
                        struct nvt_span taken[MEMBERS])
{
    struct nvt_span name = NVT_LIT("");
    const char *wrong = walk_members(text, path, b, taken, &name);
    bool has_text = taken[QUERY].len > 0U;
    if (wrong[0] != '\0') {
        return fail(json, CLI_INPUT, NVT_E_FIELD_TYPE, "%s is a request as JSON, but its %.*s %s",
                    path, (int)name.len, (const char *)name.ptr, wrong);
    }
    if (has_text == (taken[QUERY_ID].len > 0U)) {
        return fail(json, CLI_INPUT, has_text ? NVT_E_FIELD_BOTH : NVT_E_FIELD_MISSING,
                    "%s is a request as JSON, and needs either query or queryId", path);
    }
    return CLI_OK;
}

int query_take_body(struct nvt_span text, const char *path, bool json,
                    struct nvt_demarches_query *q, uint8_t **out_mem)
{
    struct nvt_span taken[MEMBERS];
    struct nvt_buf b;
    size_t at = 0;
    nvt_err err = nvt_json_check(text, &at);
    (void)memset(taken, 0, sizeof taken);
    if (err != NVT_OK) {
        return fail(json, CLI_INPUT, err, "%s looks like a request as JSON: %s, at byte %zu", path,
                    nvt_err_text(err), at);
    }
    if (skip_space(text).ptr[0] == (uint8_t)'[') {
        return fail(json, CLI_INPUT, NVT_E_FIELD_TYPE,
                    "%s is a list as JSON: the service takes one request at a time", path);
    }
    *out_mem = (uint8_t *)malloc(text.len); /* unescaped texts are shorter */
    nvt_buf_init(&b, *out_mem, *out_mem == NULL ? 0U : text.len);
    if (*out_mem == NULL) {
        return fail(json, CLI_INPUT, NVT_E_SPACE, "there is no memory for %s", path);
    }
    int code = take_members(text, path, json, &b, taken);
    q->text = taken[QUERY];
    q->query_id = taken[QUERY_ID];
    q->operation = taken[OPERATION];
    q->variables = taken[VARIABLES];
    return code;
}
