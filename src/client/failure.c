/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Error bodies of five systems have a dozen shapes; this reads them all, so that a caller finds the
 * server's reason in one place.
 */
#include "call.h"

#if NVT_SERVER_WORDS

/* Paths of the JSON shapes, in the order in which they are tried; the first that holds a text for
 * its message wins. Registry: error.message says the class, error.data the reason. OAuth 2 (RFC
 * 6749 section 5.2): error, error_description, some servers with a hint. GraphQL: errors, the place
 * in path. API Platform (Hydra) and RFC 7807: hydra:description, detail, violations. PISTE:
 * messages, libelle. */
struct shape {
    const char *message, *code, *field, *data;
};

static const struct shape shapes[] = {
    {"error.message", "error.code", "", "error.data"},
    {"error_description", "error", "", "hint"},
    {"error", "code", "", ""},
    {"errors.0.message", "errors.0.extensions.code", "errors.0.path", ""},
    {"hydra:description", "violations.0.code", "violations.0.propertyPath", ""},
    {"detail", "violations.0.code", "violations.0.propertyPath", ""},
    {"violations.0.message", "violations.0.code", "violations.0.propertyPath", ""},
    {"messages.0.description", "messages.0.code", "", ""},
    {"libelle", "codeRetour", "", ""},
    {"message", "code", "", ""},
    {"errors.0", "code", "", ""},
    {"title", "status", "", ""},
    {"hydra:title", "", "", ""},
};

/* Names of texts that may be the reason where the JSON is no whole one: it was cut, or has more
 * values than there are tokens. */
static const char *const names[] = {
    "error_description",
    "hydra:description",
    "detail",
    "description",
    "libelle",
    "data",
    "message",
    "error",
};

struct reader {
    struct nvt_failure *f;
    const struct nvt_json *doc;
    const struct nvt_hidden *hidden;
};

static bool is_type(const struct reader *r, nvt_json_node node, enum nvt_json_type type)
{
    return nvt_json_type(r->doc, node) == type;
}

/* A string or number at path, added to out. False when there is none. */
static bool put_scalar(const struct reader *r, const char *path, char *out, size_t cap)
{
    nvt_json_node node = 0;
    if (path[0] == '\0' || nvt_json_find(r->doc, 0, path, &node) != NVT_OK) {
        return false;
    }
    if (!is_type(r, node, NVT_JSON_STRING) && !is_type(r, node, NVT_JSON_NUMBER)) {
        return false;
    }
    nvt_failure_words(out, cap, nvt_json_raw(r->doc, node), true, r->hidden);
    return true;
}

/* Added to the message. */
static void put(const struct reader *r, struct nvt_span text, bool escaped)
{
    nvt_failure_words(r->f->message, sizeof(r->f->message), text, escaped, r->hidden);
}

static void put_separator(const struct reader *r, const char *text)
{
    if (r->f->message[0] != '\0') {
        put(r, nvt_span_str(text), false);
    }
}

/* Strings of an array, or one string: each added to the message. */
static void put_texts(const struct reader *r, nvt_json_node node, const char *separator)
{
    struct nvt_json_iter it = {0, 0, false};
    struct nvt_span name;
    nvt_json_node item = 0;
    if (is_type(r, node, NVT_JSON_STRING)) {
        put_separator(r, separator);
        put(r, nvt_json_raw(r->doc, node), true);
        return;
    }
    if (!is_type(r, node, NVT_JSON_ARRAY)) {
        return;
    }
    while (nvt_json_next(r->doc, node, &it, &name, &item)) {
        if (is_type(r, item, NVT_JSON_STRING)) {
            put_separator(r, it.left + 1U == nvt_json_size(r->doc, node) ? separator : ", ");
            put(r, nvt_json_raw(r->doc, item), true);
        }
    }
}

/* error.data is a text, an array of texts, or an object that holds such: the registry's reasons. */
static void put_data(const struct reader *r, const char *path)
{
    struct nvt_json_iter it = {0, 0, false};
    struct nvt_span name;
    nvt_json_node node = 0;
    nvt_json_node member = 0;
    if (path[0] == '\0' || nvt_json_find(r->doc, 0, path, &node) != NVT_OK) {
        return;
    }
    if (!is_type(r, node, NVT_JSON_OBJECT)) {
        put_texts(r, node, ": ");
        return;
    }
    while (nvt_json_next(r->doc, node, &it, &name, &member)) {
        put_texts(r, member, ": ");
    }
}

/* What a name or a list of names, as GraphQL has it, says of a place: "demarche.dossiers.0". */
static void put_field(const struct reader *r, const char *path)
{
    struct nvt_json_iter it = {0, 0, false};
    struct nvt_span name;
    char *field = r->f->field;
    nvt_json_node node = 0;
    nvt_json_node item = 0;
    if (put_scalar(r, path, field, sizeof(r->f->field)) || path[0] == '\0' ||
        nvt_json_find(r->doc, 0, path, &node) != NVT_OK) {
        return;
    }
    while (is_type(r, node, NVT_JSON_ARRAY) && nvt_json_next(r->doc, node, &it, &name, &item)) {
        if (field[0] != '\0') {
            nvt_failure_words(field, sizeof(r->f->field), NVT_LIT("."), false, r->hidden);
        }
        nvt_failure_words(field, sizeof(r->f->field), nvt_json_raw(r->doc, item), true, r->hidden);
    }
}

/* The validator of the registry starts a reason with the field's JSON pointer:
 * "/driver/identity/phone must be string" names driver.identity.phone. */
static void read_pointer(const struct reader *r)
{
    const char *message = r->f->message;
    const char *at = strchr(message, '/');
    char *field = r->f->field;
    if (at == NULL || (at != message && at[-1] != ' ')) {
        return;
    }
    at++;
    nvt_failure_words(field, sizeof(r->f->field), nvt_span_of(at, strcspn(at, " :,")), false,
                      r->hidden);
    for (size_t i = 0; field[i] != '\0'; i++) {
        field[i] = (char)(field[i] == '/' ? '.' : field[i]);
    }
}

/* An error of OAuth without a description: the one word is its code (RFC 6749 section 5.2). */
static void read_word(struct nvt_failure *f)
{
    size_t len = strcspn(f->message, " ");
    if (len < sizeof(f->code) && f->message[len] == '\0') {
        (void)memcpy(f->code, f->message, len + 1U);
    }
}

static bool read_shape(const struct reader *r, const struct shape *s)
{
    struct nvt_failure *f = r->f;
    bool found = put_scalar(r, s->message, f->message, sizeof(f->message));
    put_data(r, s->data);
    if (!found && f->message[0] == '\0') {
        return false;
    }
    if (!put_scalar(r, s->code, f->code, sizeof(f->code)) && strcmp(s->message, "error") == 0) {
        read_word(f);
    }
    put_field(r, s->field);
    if (strcmp(s->data, "error.data") == 0) {
        read_pointer(r);
    }
    return true;
}

/* True when the document holds any words. */
static bool read_json(const struct reader *r)
{
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        if (read_shape(r, &shapes[i])) {
            return true;
        }
    }
    /* Some services answer with the bare reason. */
    put_texts(r, 0, "");
    return r->f->message[0] != '\0';
}

/* What follows the first "name": if that is a text or a list of them; without it, nothing. */
static struct nvt_span find_text(struct nvt_span json, struct nvt_span name)
{
    struct nvt_span rest = json;
    while (rest.len > name.len + 2U) {
        const uint8_t *p = rest.ptr;
        nvt_span_skip(&rest, 1);
        if (p[0] != (uint8_t)'"' || p[name.len + 1U] != (uint8_t)'"' ||
            memcmp(p + 1, name.ptr, name.len) != 0) {
            continue;
        }
        struct nvt_span at = nvt_span_drop(rest, name.len + 1U);
        while (at.len > 0U && at.ptr[0] != 0U && strchr(" \t\r\n:[", (int)at.ptr[0]) != NULL) {
            nvt_span_skip(&at, 1);
        }
        if (at.len > 1U && at.ptr[0] == (uint8_t)'"') {
            return nvt_span_drop(at, 1);
        }
    }
    return NVT_LIT("");
}

/* Up to the quote that ends the text, or to the cut. */
static struct nvt_span until_quote(struct nvt_span text)
{
    size_t n = 0;
    while (n < text.len && text.ptr[n] != (uint8_t)'"') {
        n += text.ptr[n] == (uint8_t)'\\' ? 2U : 1U;
    }
    return nvt_span_of(text.ptr, n < text.len ? n : text.len);
}

static void read_broken(const struct reader *r, struct nvt_span body)
{
    struct nvt_span text = NVT_LIT("");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && text.len == 0U; i++) {
        text = until_quote(find_text(body, nvt_span_str(names[i])));
    }
    put(r, text.len > 0U ? text : body, true);
}

/* At a cut a space may be a secret's. */
static struct nvt_span trim_lines(struct nvt_span text, const struct nvt_hidden *hidden)
{
    struct nvt_span s = text;
    while (s.len > 0U && s.ptr[0] <= 0x20U) {
        nvt_span_skip(&s, 1);
    }
    while (s.len > 0U && s.ptr[s.len - 1U] <= 0x20U && s.ptr + s.len != hidden->cut) {
        s.len--;
    }
    return s;
}

static size_t index_of(struct nvt_span s, uint8_t byte)
{
    size_t n = 0;
    while (n < s.len && s.ptr[n] != byte) {
        n++;
    }
    return n;
}

/* A gateway's page: the title says it all; without one, whatever stands between the tags. */
static void read_markup(const struct reader *r, struct nvt_span body)
{
    struct nvt_span rest = body;
    while (rest.len > 0U) {
        nvt_span_skip(&rest, index_of(rest, (uint8_t)'<'));
        bool title =
            rest.len > 7U && nvt_span_eq_nocase(nvt_span_of(rest.ptr, 7), NVT_LIT("<title>"));
        nvt_span_skip(&rest, index_of(rest, (uint8_t)'>') + 1U);
        struct nvt_span text = nvt_span_of(rest.ptr, index_of(rest, (uint8_t)'<'));
        if (title) {
            r->f->message[0] = '\0';
        }
        text = trim_lines(text, r->hidden);
        if (text.len > 0U) {
            put_separator(r, " ");
            put(r, text, false);
        }
        if (title) {
            return;
        }
    }
}

void nvt_failure_read(struct nvt_failure *f, struct nvt_span body, struct nvt_json_tok *pool,
                      size_t pool_count, const struct nvt_hidden *hidden)
{
    struct nvt_json doc;
    struct reader r = {f, &doc, hidden};
    struct nvt_span text = trim_lines(body, hidden);
    f->code[0] = '\0';
    f->message[0] = '\0';
    f->field[0] = '\0';
    if (text.len == 0U) {
        return;
    }
    if (nvt_json_parse(&doc, text, pool, pool_count) == NVT_OK) {
        if (read_json(&r)) {
            return;
        }
    } else if (text.ptr[0] == (uint8_t)'<') {
        read_markup(&r, text);
        return;
    }
    if (text.ptr[0] == (uint8_t)'{' || text.ptr[0] == (uint8_t)'[') {
        read_broken(&r, text);
    } else {
        put(&r, text, false);
    }
}

#else

/* The code alone, where OAuth (RFC 6749 section 5.2) or one of its kin has it. */
void nvt_failure_read(struct nvt_failure *f, struct nvt_span body, struct nvt_json_tok *pool,
                      size_t pool_count, const struct nvt_hidden *hidden)
{
    static const char *const paths[] = {"error.code", "error", "code"};
    struct nvt_json doc;
    f->code[0] = '\0';
    f->message[0] = '\0';
    f->field[0] = '\0';
    (void)nvt_json_parse(&doc, body, pool, pool_count);
    for (size_t i = 0; i < sizeof paths / sizeof paths[0] && f->code[0] == '\0'; i++) {
        nvt_json_node node = 0;
        if (nvt_json_find(&doc, 0, paths[i], &node) == NVT_OK) {
            nvt_failure_words(f->code, sizeof(f->code), nvt_json_raw(&doc, node), true, hidden);
        }
    }
}

#endif
