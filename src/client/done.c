/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether an answer is what its API documents: the status and form of a done one, the form of its
 * own errors. What stands between here and there answers too (firewalls, proxies, captive portals,
 * pages of maintenance), mostly in HTML and with any status.
 */
#include "call.h"

/* ---- media types ---- */

static bool ends_with(struct nvt_span text, struct nvt_span end)
{
    return text.len >= end.len && nvt_span_eq_nocase(nvt_span_drop(text, text.len - end.len), end);
}

static bool starts_with(struct nvt_span text, struct nvt_span start)
{
    return text.len >= start.len && nvt_span_eq_nocase(nvt_span_of(text.ptr, start.len), start);
}

/* media-type = type "/" subtype parameters                          RFC 9110 section 8.3.1 */
static struct nvt_span without_parameters(struct nvt_span type)
{
    const uint8_t *end =
        type.len == 0U ? NULL : (const uint8_t *)memchr(type.ptr, (int)';', type.len);
    return nvt_span_trim(end == NULL ? type : nvt_span_of(type.ptr, (size_t)(end - type.ptr)));
}

static bool is_json(struct nvt_span type)
{
    struct nvt_span media = without_parameters(type);
    return ends_with(media, NVT_LIT("/json")) || ends_with(media, NVT_LIT("+json"));
}

static bool is_html(struct nvt_span type)
{
    struct nvt_span media = without_parameters(type);
    return ends_with(media, NVT_LIT("/html")) || ends_with(media, NVT_LIT("/xhtml+xml"));
}

/* ---- bodies ---- */

static struct nvt_span without_space(struct nvt_span body)
{
    if (starts_with(body, NVT_LIT("\xEF\xBB\xBF"))) {
        nvt_span_skip(&body, 3U);
    }
    while (body.len > 0U && body.ptr[0] <= 0x20U) {
        nvt_span_skip(&body, 1U);
    }
    return body;
}

static bool is_page(const struct nvt_said *a)
{
    struct nvt_span body = without_space(a->body);
    return (is_html(a->type) && a->body.len > 0U) || starts_with(body, NVT_LIT("<!doctype html")) ||
           starts_with(body, NVT_LIT("<html"));
}

/* Whole, or as much of it as was kept. */
static bool is_checked(const struct nvt_said *a)
{
    size_t at = 0;
    bool whole = nvt_json_check(a->body, &at) == NVT_OK;
    return whole || (a->cut && at == a->body.len);
}

static bool is_value(const struct nvt_said *a)
{
    return (a->type.len == 0U || is_json(a->type)) && a->body.len > 0U && is_checked(a);
}

static bool is_object(const struct nvt_said *a)
{
    return is_value(a) && nvt_json_starts(a->body, '{');
}

static bool is_cut(const struct nvt_said *a, struct nvt_span value)
{
    return a->cut && value.len > 0U && value.ptr + value.len == a->body.ptr + a->body.len;
}

/* The member's value, or the beginning of it; empty when it is not there, null, or a word of which
 * that is not sure yet. */
static struct nvt_span find(const struct nvt_said *a, struct nvt_span path)
{
    struct nvt_span value = nvt_json_at(a->body, path);
    uint8_t first = value.len > 0U ? value.ptr[0] : (uint8_t)'"';
    bool word = first != (uint8_t)'"' && (first | 0x20U) != (uint8_t)'{';
    bool none = nvt_span_eq(value, NVT_LIT("null")) || (word && is_cut(a, value));
    return none ? NVT_LIT("") : value;
}

/* ---- words ---- */

static struct nvt_span take_until(struct nvt_span *rest, char byte)
{
    const uint8_t *at =
        rest->len == 0U ? NULL : (const uint8_t *)memchr(rest->ptr, (int)byte, rest->len);
    size_t n = at == NULL ? rest->len : (size_t)(at - rest->ptr);
    struct nvt_span taken = nvt_span_of(rest->ptr, n);
    nvt_span_skip(rest, n + 1U);
    return taken;
}

/* word = path [ "=" value ] */
static bool has_word(const struct nvt_said *a, struct nvt_span word)
{
    struct nvt_span path = take_until(&word, '=');
    struct nvt_span value = find(a, path);
    return word.len == 0U ? value.len > 0U : nvt_span_eq(value, word);
}

static bool has_one(const struct nvt_said *a, const char *words)
{
    struct nvt_span rest = nvt_span_str(words);
    bool found = rest.len == 0U;
    while (rest.len > 0U && !found) {
        found = has_word(a, take_until(&rest, ' '));
    }
    return found;
}

/* What is there is held to its value. Where the answer names what was sent, what is not there may
 * have been cut off; else it must be there: a stranger's long answer has none of it either. */
static bool has_all(const struct nvt_said *a, const char *words, bool named)
{
    struct nvt_span rest = nvt_span_str(words);
    bool all = true;
    while (rest.len > 0U && all) {
        struct nvt_span word = take_until(&rest, ' ');
        struct nvt_span path = word;
        struct nvt_span value = find(a, take_until(&path, '='));
        all = has_word(a, word) || (a->cut && ((value.len == 0U && named) || is_cut(a, value)));
    }
    return all;
}

/* ---- what was sent ---- */

/* One byte off *text, which is percent-encoded (RFC 3986 section 2.1). */
static uint8_t take_byte(struct nvt_span *text)
{
    uint8_t byte = text->ptr[0];
    bool encoded = byte == (uint8_t)'%' && text->len > 2U;
    if (encoded) {
        byte = (uint8_t)(nvt_hex_value(text->ptr[1]) << 4U | nvt_hex_value(text->ptr[2]));
    }
    nvt_span_skip(text, encoded ? 3U : 1U);
    return byte;
}

/* Is the content of a string what is percent-encoded in id? */
static bool is_id(struct nvt_span raw, struct nvt_span id)
{
    uint8_t mem[4];
    struct nvt_span piece = nvt_json_str_piece(&raw, mem);
    while (piece.len > 0U && id.len > 0U) {
        if (piece.ptr[0] != take_byte(&id)) {
            return false;
        }
        nvt_span_skip(&piece, 1U);
        if (piece.len == 0U) {
            piece = nvt_json_str_piece(&raw, mem);
        }
    }
    return piece.len == 0U && id.len == 0U;
}

static bool is_same(const struct nvt_said *a, const struct nvt_request *q)
{
    const struct nvt_done *row = q->done;
    struct nvt_span value = find(a, nvt_span_str(row->same));
    struct nvt_span text = nvt_json_text(value);
    if (is_cut(a, value)) {
        return nvt_json_starts(value, '"');
    }
    if (row->sent == NULL) {
        return nvt_json_starts(value, '"') && is_id(text, q->id);
    }
    struct nvt_span sent = nvt_json_at(q->body, nvt_span_str(row->sent));
    return nvt_json_starts(value, '"') && nvt_json_same(text, nvt_json_text(sent), false);
}

/* ---- a done answer ---- */

static bool has_form(const struct nvt_said *a, uint8_t form)
{
    switch ((enum nvt_form)form) {
    case NVT_FORM_DATA:
        return !is_page(a);
    case NVT_FORM_EMPTY:
        return a->body.len == 0U;
    case NVT_FORM_JSON:
        return a->body.len == 0U || is_value(a);
    case NVT_FORM_ARRAY:
        return is_value(a) && nvt_json_starts(a->body, '[');
    case NVT_FORM_OBJECT:
        return is_object(a);
    case NVT_FORM_ANY:
    default:
        return true;
    }
}

bool nvt_done_begins(const struct nvt_done *row, uint16_t status, struct nvt_span type)
{
    if (status < 200U || status > 299U ||
        (row != NULL && row->status != 0U && row->status != status)) {
        return false;
    }
    bool open = row == NULL || row->form == (uint8_t)NVT_FORM_ANY || type.len == 0U;
    return open || (row->form == (uint8_t)NVT_FORM_DATA ? !is_html(type) : is_json(type));
}

/* Data without members asks for none. */
static bool is_done(const struct nvt_said *a, const struct nvt_request *q)
{
    const struct nvt_done *row = q->done;
    return (row->status == 0U || row->status == a->status) && has_form(a, row->form) &&
           has_all(a, row->has, row->same != NULL) &&
           (row->lacks == NULL || find(a, nvt_span_str(row->lacks)).len == 0U) &&
           (row->same == NULL || is_same(a, q));
}

/* ---- an error of the API's own ---- */

static const char *either(const char *own, const char *common)
{
    return own != NULL ? own : common;
}

bool nvt_done_is_error(const char *errors, const struct nvt_said *a)
{
    if (errors == NULL || errors[0] == NVT_ERRORS_ANY[0]) {
        return true;
    }
    if (errors[0] == NVT_ERRORS_JSON[0]) {
        return is_value(a) || (a->body.len == 0U && is_json(a->type));
    }
    return is_object(a) && has_one(a, errors);
}

/* "/v" DIGIT */
static bool is_versioned(struct nvt_span target)
{
    return target.len > 2U && target.ptr[0] == (uint8_t)'/' && target.ptr[1] == (uint8_t)'v' &&
           target.ptr[2] >= (uint8_t)'0' && target.ptr[2] <= (uint8_t)'9';
}

bool nvt_done_no_route(const struct nvt_said *a, struct nvt_span target,
                       const struct nvt_profile *p)
{
    return p->versioned && a->status == 404U && a->body.len == 0U && !is_json(a->type) &&
           is_versioned(target);
}

static enum nvt_saying judge_error(const struct nvt_said *a, const struct nvt_request *q,
                                   const struct nvt_profile *p)
{
    const struct nvt_done *row = q->done;
    bool keyed = (q->flags & (uint8_t)NVT_REQ_KEYED) != 0U;
    const char *errors = either(row == NULL ? NULL : row->errors, p->errors);
    const char *duplicate = either(row == NULL ? NULL : row->duplicate, p->duplicate);
    if (nvt_done_no_route(a, q->target, p)) {
        return NVT_SAID_NO_ROUTE;
    }
    bool own = nvt_done_is_error(errors, a);
    if (keyed && p->duplicate_status == a->status) {
        bool first = own && (duplicate == NULL || has_one(a, duplicate));
        return first ? NVT_SAID_DUPLICATE : NVT_SAID_OTHER;
    }
    return own ? NVT_SAID_OWN : NVT_SAID_OTHER;
}

enum nvt_saying nvt_done_judge(const struct nvt_said *a, const struct nvt_request *q,
                               const struct nvt_profile *p)
{
    if (a->status >= 200U && a->status <= 299U) {
        return q->done == NULL || is_done(a, q) ? NVT_SAID_OWN : NVT_SAID_OTHER;
    }
    bool refused = a->status >= 400U && a->status <= 499U;
    /* Another origin than the client's has errors of its own. */
    bool known = q->origin == NULL || (q->done != NULL && q->done->errors != NULL);
    return refused && known ? judge_error(a, q, p) : NVT_SAID_OWN;
}
