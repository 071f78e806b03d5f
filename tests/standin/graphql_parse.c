/* SPDX-License-Identifier: Apache-2.0 */
/* The GraphQL parser: https://spec.graphql.org/October2021/#sec-Appendix-Grammar-Summary */
#include "graphql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 40

enum kind { END, PUNCTUATOR, NAME, NUMBER, STRING, BAD };

struct parser {
    const char *p; /* behind the token */
    const char *start;
    const char *at; /* the token */
    size_t len;
    enum kind kind;
    int depth;
    bool failed;
    json_t *fragments;
};

/* ---- tokens ---- */

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static void skip(struct parser *s)
{
    for (;;) {
        s->p += strspn(s->p, " \t\r\n,");
        if (strncmp(s->p, "\xEF\xBB\xBF", 3) == 0) {
            s->p += 3;
        } else if (*s->p == '#') {
            s->p += strcspn(s->p, "\r\n");
        } else {
            return;
        }
    }
}

static void take_block(struct parser *s)
{
    const char *end = strstr(s->p + 3, "\"\"\"");
    s->kind = end == NULL ? BAD : STRING;
    s->p = end == NULL ? s->p + 3 : end + 3;
}

static void take_string(struct parser *s)
{
    s->p++;
    while (*s->p != '"' && *s->p != '\0' && *s->p != '\n') {
        s->p += *s->p == '\\' && s->p[1] != '\0' ? 2 : 1;
    }
    s->kind = *s->p == '"' ? STRING : BAD;
    s->p += s->kind == STRING ? 1 : 0;
}

static void take_name(struct parser *s)
{
    s->kind = NAME;
    while (is_name(*s->p)) {
        s->p++;
    }
}

static void take_punctuator(struct parser *s)
{
    s->kind = strchr("!$&()[]{}:=@|.", *s->p) != NULL ? PUNCTUATOR : BAD;
    s->p += strncmp(s->p, "...", 3) == 0 ? 3 : 1;
}

static void take(struct parser *s)
{
    if (strncmp(s->p, "\"\"\"", 3) == 0) {
        take_block(s);
    } else if (*s->p == '"') {
        take_string(s);
    } else if (strchr("-0123456789", *s->p) != NULL) {
        s->kind = NUMBER;
        s->p += strspn(s->p, "-+0123456789.eE");
    } else if (is_name(*s->p)) {
        take_name(s);
    } else {
        take_punctuator(s);
    }
}

static void next(struct parser *s)
{
    skip(s);
    s->at = s->p;
    s->kind = END;
    if (*s->p != '\0') {
        take(s);
    }
    s->len = (size_t)(s->p - s->at);
}

static bool is(const struct parser *s, const char *text)
{
    return (s->kind == PUNCTUATOR || s->kind == NAME) && strlen(text) == s->len &&
           memcmp(s->at, text, s->len) == 0;
}

static bool accept(struct parser *s, const char *text)
{
    const bool found = !s->failed && is(s, text);
    if (found) {
        next(s);
    }
    return found;
}

static void expect(struct parser *s, const char *text)
{
    if (!accept(s, text)) {
        s->failed = true;
    }
}

static json_t *name(struct parser *s)
{
    json_t *text = NULL;
    if (s->kind == NAME && !s->failed) {
        text = json_stringn(s->at, s->len);
        next(s);
    } else {
        s->failed = true;
    }
    return text == NULL ? json_string("") : text;
}

/* ---- values; recursion as deep as DEPTH_MAX. NOLINTBEGIN(misc-no-recursion) ---- */

static json_t *value(struct parser *s);

/* Escapes are JSON's; a block string is taken as it is. */
static json_t *string_value(struct parser *s)
{
    json_t *v = NULL;
    if (s->len >= 6U && strncmp(s->at, "\"\"\"", 3) == 0) {
        v = json_stringn(s->at + 3, s->len - 6U);
    } else {
        v = json_loadb(s->at, s->len, JSON_DECODE_ANY, NULL);
    }
    s->failed = s->failed || v == NULL;
    next(s);
    return v;
}

static json_t *object_value(struct parser *s)
{
    json_t *object = json_object();
    while (!s->failed && !accept(s, "}")) {
        json_t *key = name(s);
        expect(s, ":");
        json_t *v = value(s);
        if (v != NULL) {
            (void)json_object_set_new(object, json_string_value(key), v);
        }
        json_decref(key);
    }
    return object;
}

static json_t *list_value(struct parser *s)
{
    json_t *list = json_array();
    while (!s->failed && !accept(s, "]")) {
        json_t *v = value(s);
        if (v != NULL) {
            (void)json_array_append_new(list, v);
        }
    }
    return list;
}

static json_t *word_value(struct parser *s)
{
    if (accept(s, "true")) {
        return json_true();
    }
    if (accept(s, "false")) {
        return json_false();
    }
    return accept(s, "null") ? json_null() : name(s); /* an enum value is its name */
}

static json_t *value(struct parser *s)
{
    json_t *v = NULL;
    if (++s->depth > DEPTH_MAX) {
        s->failed = true;
    } else if (accept(s, "$")) {
        v = json_pack("{s:o}", "$", name(s));
    } else if (accept(s, "[")) {
        v = list_value(s);
    } else if (accept(s, "{")) {
        v = object_value(s);
    } else if (s->kind == STRING) {
        v = string_value(s);
    } else if (s->kind == NUMBER) {
        v = json_loadb(s->at, s->len, JSON_DECODE_ANY, NULL);
        next(s);
    } else if (s->kind == NAME) {
        v = word_value(s);
    }
    s->failed = s->failed || v == NULL;
    s->depth--;
    return v;
}

/* ---- selections ---- */

static json_t *arguments(struct parser *s)
{
    json_t *args = json_object();
    while (!s->failed && !accept(s, ")")) {
        json_t *key = name(s);
        expect(s, ":");
        json_t *v = value(s);
        if (v != NULL) {
            (void)json_object_set_new(args, json_string_value(key), v);
        }
        json_decref(key);
    }
    return args;
}

/* Conditions of @include and @skip go into the selection's "if". */
static void directives(struct parser *s, json_t *selection)
{
    while (accept(s, "@")) {
        json_t *what = name(s);
        json_t *args = accept(s, "(") ? arguments(s) : json_object();
        json_t *conditions = json_object_get(selection, "if");
        if (conditions == NULL) {
            conditions = json_array();
            (void)json_object_set_new(selection, "if", conditions);
        }
        (void)json_array_append_new(conditions,
                                    json_pack("{s:b,s:O?}", "skip",
                                              strcmp(json_string_value(what), "skip") == 0 ? 1 : 0,
                                              "value", json_object_get(args, "if")));
        json_decref(what);
        json_decref(args);
    }
}

static json_t *selections(struct parser *s);

static void place(const struct parser *s, const char *at, json_t *out)
{
    int line = 1;
    int column = 1;
    for (const char *p = s->start; p < at; p++) {
        line += *p == '\n' ? 1 : 0;
        column = *p == '\n' ? 1 : column + 1;
    }
    (void)json_object_set_new(out, "line", json_integer(line));
    (void)json_object_set_new(out, "column", json_integer(column));
}

static json_t *field(struct parser *s)
{
    json_t *f = json_object();
    place(s, s->at, f);
    json_t *first = name(s);
    (void)json_object_set(f, "alias", first);
    (void)json_object_set_new(f, "name", accept(s, ":") ? name(s) : json_incref(first));
    json_decref(first);
    if (accept(s, "(")) {
        (void)json_object_set_new(f, "args", arguments(s));
    }
    directives(s, f);
    if (accept(s, "{")) {
        (void)json_object_set_new(f, "fields", selections(s));
    }
    return f;
}

static json_t *fragment_use(struct parser *s)
{
    json_t *f = json_object();
    if (s->kind == NAME && !is(s, "on")) {
        (void)json_object_set_new(f, "spread", name(s));
        directives(s, f);
        return f;
    }
    if (accept(s, "on")) {
        (void)json_object_set_new(f, "on", name(s));
    } else {
        (void)json_object_set_new(f, "on", json_null());
    }
    directives(s, f);
    expect(s, "{");
    (void)json_object_set_new(f, "fields", selections(s));
    return f;
}

static json_t *selections(struct parser *s)
{
    json_t *list = json_array();
    if (++s->depth > DEPTH_MAX || is(s, "}")) {
        s->failed = true;
    }
    while (!s->failed && !accept(s, "}")) {
        (void)json_array_append_new(list, accept(s, "...") ? fragment_use(s) : field(s));
    }
    s->depth--;
    return list;
}

/* ---- definitions ---- */

static void type(struct parser *s, char *out, size_t cap)
{
    size_t used = 0;
    bool open = true;
    while (!s->failed && open && used + s->len + 1U < cap) {
        const bool wrap = is(s, "[");
        if (!wrap && s->kind != NAME && !is(s, "]") && !is(s, "!")) {
            break;
        }
        memcpy(out + used, s->at, s->len);
        used += s->len;
        next(s);
        open = wrap || is(s, "]") || is(s, "!");
    }
    out[used] = '\0';
    s->failed = s->failed || used == 0U;
}

static json_t *variables(struct parser *s)
{
    json_t *all = json_object();
    while (!s->failed && !accept(s, ")")) {
        char text[80] = "";
        expect(s, "$");
        json_t *key = name(s);
        expect(s, ":");
        type(s, text, sizeof text);
        json_t *one = json_pack("{s:s}", "type", text);
        if (accept(s, "=")) {
            (void)json_object_set_new(one, "default", value(s));
        }
        directives(s, one);
        (void)json_object_set_new(all, json_string_value(key), one);
        json_decref(key);
    }
    return all;
}

static json_t *operation(struct parser *s)
{
    json_t *o = json_pack("{s:s,s:s}", "kind", "query", "name", "");
    if (!is(s, "{")) {
        if (!is(s, "query") && !is(s, "mutation") && !is(s, "subscription")) {
            s->failed = true;
        }
        (void)json_object_set_new(o, "kind", name(s));
        if (s->kind == NAME) {
            (void)json_object_set_new(o, "name", name(s));
        }
        if (accept(s, "(")) {
            (void)json_object_set_new(o, "variables", variables(s));
        }
        directives(s, o);
    }
    expect(s, "{");
    (void)json_object_set_new(o, "fields", selections(s));
    return o;
}

static void fragment(struct parser *s)
{
    json_t *called = name(s);
    json_t *unused = json_object();
    expect(s, "on");
    json_decref(name(s));
    directives(s, unused);
    expect(s, "{");
    (void)json_object_set_new(s->fragments, json_string_value(called), selections(s));
    json_decref(called);
    json_decref(unused);
}

/* NOLINTEND(misc-no-recursion) */

/* The start of the token, whose bytes may be the middle of a character. */
static void show(const struct parser *s, char out[41])
{
    size_t n = 0;
    for (; n < s->len && n < 40U; n++) {
        const bool plain = s->at[n] >= ' ' && s->at[n] <= '~';
        out[n] = '?';
        if (plain) {
            out[n] = s->at[n];
        }
    }
    out[n] = '\0';
}

static json_t *syntax_error(const struct parser *s)
{
    char text[160];
    char token[41];
    json_t *where = json_object();
    place(s, s->at, where);
    show(s, token);
    if (s->kind == END) {
        (void)snprintf(text, sizeof text, "Unexpected end of document");
    } else {
        (void)snprintf(text, sizeof text,
                       "Expected one of NAME, LCURLY, actual: \"%s\" at [%d, %d]", token,
                       (int)json_integer_value(json_object_get(where, "line")),
                       (int)json_integer_value(json_object_get(where, "column")));
    }
    return json_pack("{s:s,s:[o]}", "message", text, "locations", where);
}

json_t *graphql_parse(const char *text, json_t **error)
{
    struct parser s = {.p = text, .start = text, .fragments = json_object()};
    json_t *operations = json_array();
    next(&s);
    while (!s.failed && s.kind != END) {
        if (accept(&s, "fragment")) {
            fragment(&s);
        } else {
            (void)json_array_append_new(operations, operation(&s));
        }
    }
    if (s.failed || json_array_size(operations) == 0U) {
        *error = syntax_error(&s);
        json_decref(operations);
        json_decref(s.fragments);
        return NULL;
    }
    return json_pack("{s:o,s:o}", "operations", operations, "fragments", s.fragments);
}
