/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A server that does what documents say, and nothing else: with --documents FILE each request must
 * be one of the file's examples to the letter (method, path, header fields, members of the body),
 * and gets the literal answer of that example. Anything else is refused with 418 and why.
 *
 * The file, a plain text (lines that begin with one of $ = + % # are the test's own):
 *     ### ID TITLE
 *     POST /path
 *     Name: value
 *                              a blank line, and the body up to the arrow
 *     {"a": 1}               or @ID: that example's body
 *     --> 201
 *     Content-Type: application/json
 *
 *     {"b": 2}
 */
#include "standin.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define EXAMPLES_MAX 128
#define LINE_CAP ((size_t)16384)

struct part {
    struct field fields[FIELDS_MAX];
    size_t field_count;
    char *text; /* the body; owned */
    size_t len;
    bool in_body;
};

struct example {
    char id[48];
    char method[8];
    char target[256];
    unsigned status;
    struct part request, answer;
    unsigned asked;
    bool on;
};

static struct example examples[EXAMPLES_MAX];
static size_t example_count;
static unsigned refused;
static char last_refused[256];

/* ---- reading the file ---- */

static void add_text(struct part *p, const char *line)
{
    const size_t len = strlen(line);
    char *grown = realloc(p->text, p->len + len + 2U);
    if (grown != NULL) {
        p->text = grown;
        memcpy(p->text + p->len, line, len);
        p->len += len;
        p->text[p->len++] = '\n';
        p->text[p->len] = '\0';
    }
}

static void add_field(struct part *p, const char *line)
{
    const char *colon = strstr(line, ": ");
    if (colon == NULL || p->field_count == FIELDS_MAX) {
        return;
    }
    struct field *f = &p->fields[p->field_count++];
    f->name = strndup(line, (size_t)(colon - line));
    (void)snprintf(f->value, sizeof f->value, "%s", colon + 2);
}

static void take_part(struct part *p, const char *line)
{
    if (p->in_body) {
        add_text(p, line);
    } else if (line[0] == '\0') {
        p->in_body = true;
    } else {
        add_field(p, line);
    }
}

static void begin_example(const char *line)
{
    if (example_count < EXAMPLES_MAX) {
        struct example *e = &examples[example_count++];
        (void)sscanf(line, "### %47s", e->id);
        e->on = true;
    }
}

static void take_line(const char *line)
{
    struct example *e = example_count == 0U ? NULL : &examples[example_count - 1U];
    if (strncmp(line, "### ", 4) == 0) {
        begin_example(line);
    } else if (e == NULL || (line[0] != '\0' && strchr("$=+%#", line[0]) != NULL)) {
        /* the test's own */
    } else if (strncmp(line, "--> ", 4) == 0) {
        e->status = (unsigned)strtoul(line + 4, NULL, 10);
    } else if (e->status != 0U) {
        take_part(&e->answer, line);
    } else if (e->method[0] == '\0') {
        (void)sscanf(line, "%7s %255s", e->method, e->target);
    } else {
        take_part(&e->request, line);
    }
}

/* Line ends behind a body are the file's. */
static void end_body(struct part *p)
{
    while (p->len > 0U && p->text[p->len - 1U] == '\n') {
        p->text[--p->len] = '\0';
    }
}

/* "@ID" stands for the body of another example. */
static void refer(struct part *p)
{
    for (size_t i = 0; i < example_count && p->len > 0U && p->text[0] == '@'; i++) {
        if (strcmp(examples[i].id, p->text + 1) == 0) {
            free(p->text);
            p->text = strdup(examples[i].request.text);
            p->len = strlen(p->text);
        }
    }
}

bool documents_load(const char *path)
{
    static char line[LINE_CAP];
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return false;
    }
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        take_line(line);
    }
    (void)fclose(file);
    for (size_t i = 0; i < example_count; i++) {
        end_body(&examples[i].request);
        end_body(&examples[i].answer);
        refer(&examples[i].request);
    }
    return example_count != 0U;
}

/* ---- is it the example? ---- */

struct search {
    const struct part *wanted;
    char target[512];
    bool asked; /* a query has begun */
    const char *odd;
};

static enum MHD_Result add_query(void *cls, enum MHD_ValueKind kind, const char *name,
                                 const char *value)
{
    struct search *s = cls;
    const size_t len = strlen(s->target);
    (void)kind;
    (void)snprintf(s->target + len, sizeof s->target - len, "%c%s=%s", s->asked ? '&' : '?', name,
                   value == NULL ? "" : value);
    s->asked = true;
    return MHD_YES;
}

static const struct field *find_field(const struct part *p, const char *name)
{
    size_t i = 0;
    while (i < p->field_count && strcasecmp(p->fields[i].name, name) != 0) {
        i++;
    }
    return i == p->field_count ? NULL : &p->fields[i];
}

/* What every client sends, and no document speaks of. */
static bool is_usual(const char *name)
{
    static const char *const usual[] = {"Host", "User-Agent", "Content-Length", "Connection"};
    bool found = false;
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++) {
        found = found || strcasecmp(usual[i], name) == 0;
    }
    return found;
}

/* A field that the example lacks, or has otherwise. Accept counts where the example has it. */
static enum MHD_Result look_at(void *cls, enum MHD_ValueKind kind, const char *name,
                               const char *value)
{
    struct search *s = cls;
    const struct field *f = find_field(s->wanted, name);
    (void)kind;
    const bool free_one = is_usual(name) || strcasecmp(name, "Accept") == 0;
    if (f == NULL ? !free_one : !same_text(f->value, value)) {
        s->odd = f == NULL ? "a field that is not in it" : "a field with another value";
    }
    return MHD_YES;
}

static bool has_all(const struct request *r, const struct part *p)
{
    bool all = true;
    for (size_t i = 0; i < p->field_count; i++) {
        all = all && header_value(r, p->fields[i].name) != NULL;
    }
    return all;
}

static bool same_body(const struct request *r, const struct part *p)
{
    if (r->body_len == p->len && (p->len == 0U || memcmp(r->body, p->text, p->len) == 0)) {
        return true;
    }
    json_t *wanted = json_loadb(p->text == NULL ? "" : p->text, p->len, 0, NULL);
    json_t *got = json_loadb((const char *)r->body, r->body_len, 0, NULL);
    const bool same = wanted != NULL && json_equal(wanted, got) == 1;
    json_decref(wanted);
    json_decref(got);
    return same;
}

/* NULL when it is, else why not. */
static const char *differs(struct request *r, const struct example *e)
{
    struct search s = {&e->request, "", false, NULL};
    (void)snprintf(s.target, sizeof s.target, "%s", r->url);
    (void)MHD_get_connection_values(r->connection, MHD_GET_ARGUMENT_KIND, add_query, &s);
    if (strcmp(e->method, r->method) != 0 || strcmp(e->target, s.target) != 0) {
        return "no example of that method and path";
    }
    (void)MHD_get_connection_values(r->connection, MHD_HEADER_KIND, look_at, &s);
    if (s.odd != NULL) {
        return s.odd;
    }
    if (!has_all(r, &e->request)) {
        return "a field of it is not there";
    }
    return same_body(r, &e->request) ? NULL : "another body";
}

/* ---- answers ---- */

static void give(struct request *r, struct example *e)
{
    const struct field *type = find_field(&e->answer, "Content-Type");
    e->asked++;
    if (e->answer.len > 0U) {
        reply_text(r, e->status, type == NULL ? "text/plain" : type->value, e->answer.text);
    } else {
        reply_empty(r, e->status);
    }
    for (size_t i = 0; i < e->answer.field_count; i++) {
        if (&e->answer.fields[i] != type) {
            reply_field(r, e->answer.fields[i].name, "%s", e->answer.fields[i].value);
        }
    }
}

/* The reason of the example that comes nearest: of one with that path, if there is one. */
void documents_answer(struct request *r)
{
    const char *why = "no example of that method and path";
    for (size_t i = 0; i < example_count; i++) {
        const char *odd = examples[i].on ? differs(r, &examples[i]) : why;
        if (odd == NULL) {
            give(r, &examples[i]);
            return;
        }
        why = strncmp(odd, "no ", 3) == 0 ? why : odd;
    }
    refused++;
    (void)snprintf(last_refused, sizeof last_refused, "%.8s %.160s: %s", r->method, r->url, why);
    reply_text(r, 418, "text/plain", last_refused);
}

/* {"examples": ["a", "b"]}: these alone from now on. */
void documents_choose(const json_t *ids)
{
    for (size_t i = 0; i < example_count; i++) {
        examples[i].on = false;
        examples[i].asked = 0;
        for (size_t k = 0; k < json_array_size(ids); k++) {
            examples[i].on = examples[i].on ||
                             same_text(examples[i].id, json_string_value(json_array_get(ids, k)));
        }
    }
    refused = 0;
    last_refused[0] = '\0';
}

void documents_state(json_t *out)
{
    for (size_t i = 0; i < example_count; i++) {
        char name[64];
        (void)snprintf(name, sizeof name, "example_%.47s", examples[i].id);
        (void)json_object_set_new(out, name, json_integer(examples[i].asked));
    }
    (void)json_object_set_new(out, "documents_refused", json_integer(refused));
    (void)json_object_set_new(out, "documents_why", json_string(last_refused));
}

void documents_free(void)
{
    for (size_t i = 0; i < example_count; i++) {
        struct part *parts[] = {&examples[i].request, &examples[i].answer};
        for (size_t k = 0; k < 2U; k++) {
            for (size_t n = 0; n < parts[k]->field_count; n++) {
                free((void *)parts[k]->fields[n].name);
            }
            free(parts[k]->text);
        }
    }
}
