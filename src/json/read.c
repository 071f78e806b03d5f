/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading JSON: jsmn's tokens over a checked text, and walks over them. jsmn alone is no judge (its
 * strict mode accepts {"a"}, [1 2] and raw 0xFF), so nothing reaches it that nvt_json_check
 * refused.
 *
 * A caller's struct nvt_json_tok is storage for one jsmntok_t: five ints. Its members are never
 * touched as such; every access to a pool goes through jsmntok_t in this one file, by lvalues of
 * type int or of jsmn's enumeration, whose integer type C allows for an int (6.5 paragraph 7). So
 * jsmn stays out of the public header and no two views of one object meet in one translation unit.
 */
#include "scan.h"

#include <limits.h>

#define JSMN_STATIC
#define JSMN_STRICT
#define JSMN_PARENT_LINKS
#include <jsmn.h>

/* Compile-time checks in C99: an array of negative size is an error. */
struct tok_align {
    char byte;
    jsmntok_t tok;
};
struct pool_align {
    char byte;
    struct nvt_json_tok tok;
};
typedef char check_tok_size[sizeof(jsmntok_t) == sizeof(struct nvt_json_tok) ? 1 : -1];
typedef char
    check_tok_align[offsetof(struct tok_align, tok) == offsetof(struct pool_align, tok) ? 1 : -1];

/* ---- tokens ---- */

/* The token of node, or NULL when the document has none. */
static const jsmntok_t *token(const struct nvt_json *doc, nvt_json_node node)
{
    const void *tok = node < doc->count ? &doc->tok[node] : NULL;
    return (const jsmntok_t *)tok;
}

static bool is_container(const jsmntok_t *tok)
{
    return tok->type == JSMN_OBJECT || tok->type == JSMN_ARRAY;
}

/* Adds the token that jsmn would, from start to end. */
static nvt_err put_token(struct nvt_json *doc, jsmn_parser *parser, unsigned room, jsmntype_t type,
                         struct nvt_span bytes)
{
    void *pool = doc->tok;
    jsmntok_t *toks = (jsmntok_t *)pool;
    if (parser->toknext >= room) {
        return NVT_E_JSON_TOKENS;
    }
    jsmntok_t *tok = &toks[parser->toknext];
    tok->type = type;
    tok->start = (int)(bytes.ptr - doc->text.ptr);
    tok->end = tok->start + (int)bytes.len;
    tok->size = 0;
    tok->parent = parser->toksuper;
    if (parser->toksuper >= 0) {
        toks[parser->toksuper].size++;
    }
    parser->toknext++;
    parser->pos = (unsigned)tok->end;
    return NVT_OK;
}

/* Lets jsmn read on up to stop. There, inside a container, the text is incomplete to it: no error
 * unless it is the last stop. After the check the one failure left to jsmn is a full pool; the
 * others are errors all the same, should the two ever disagree. */
static nvt_err read_structure(struct nvt_json *doc, jsmn_parser *parser, const uint8_t *stop,
                              unsigned room)
{
    void *pool = doc->tok;
    size_t len = (size_t)(stop - doc->text.ptr);
    int result = jsmn_parse(parser, (const char *)doc->text.ptr, len, (jsmntok_t *)pool, room);
    if (result >= 0 || (result == JSMN_ERROR_PART && len < doc->text.len)) {
        return NVT_OK;
    }
    if (result == JSMN_ERROR_PART && parser->toknext == 0U) {
        /* jsmn demands a byte behind a number or literal: the top-level one need not have any */
        struct nvt_span rest = nvt_span_drop(doc->text, parser->pos);
        return put_token(doc, parser, room, JSMN_PRIMITIVE, rest);
    }
    return result == JSMN_ERROR_NOMEM ? NVT_E_JSON_TOKENS : NVT_E_JSON_SYNTAX;
}

/* The quote that ends the string whose content starts at p: the first one behind an even number of
 * backslashes. A checked text has one. */
static const uint8_t *string_end(const uint8_t *p, const uint8_t *end)
{
    const uint8_t *quote = memchr(p, '"', (size_t)(end - p));
    while (quote != NULL) {
        const uint8_t *slash = quote;
        while (slash > p && slash[-1] == (uint8_t)'\\') {
            slash--;
        }
        if (((size_t)(quote - slash) & 1U) == 0U) {
            return quote;
        }
        p = quote + 1;
        quote = memchr(p, '"', (size_t)(end - p));
    }
    return end;
}

/* jsmn reads what stands between the strings; those are long, and known to be right. */
static nvt_err tokenise(struct nvt_json *doc, unsigned room)
{
    jsmn_parser parser;
    const uint8_t *quote;
    nvt_err err;
    jsmn_init(&parser);
    do {
        const uint8_t *p = doc->text.ptr + parser.pos;
        const uint8_t *end = doc->text.ptr + doc->text.len;
        quote = memchr(p, '"', (size_t)(end - p));
        err = read_structure(doc, &parser, quote == NULL ? end : quote, room);
        if (err == NVT_OK && quote != NULL) {
            size_t len = (size_t)(string_end(quote + 1, end) - quote - 1);
            err = put_token(doc, &parser, room, JSMN_STRING, nvt_span_of(quote + 1, len));
            parser.pos++; /* behind the quote */
        }
    } while (err == NVT_OK && quote != NULL);
    doc->count = err == NVT_OK ? parser.toknext : 0U;
    return err;
}

nvt_err nvt_json_parse(struct nvt_json *doc, struct nvt_span text, struct nvt_json_tok *pool,
                       size_t pool_count)
{
    doc->text = text;
    doc->tok = pool;
    doc->count = 0U;
    if (text.len > (size_t)INT_MAX) {
        return NVT_E_ARG;
    }
    nvt_err err = nvt_json_check(text, NULL);
    if (err != NVT_OK) {
        return err;
    }
    if (pool_count == 0U) {
        return NVT_E_JSON_TOKENS;
    }
    return tokenise(doc, pool_count > (size_t)INT_MAX ? (unsigned)INT_MAX : (unsigned)pool_count);
}

/* ---- one value ---- */

struct nvt_span nvt_json_raw(const struct nvt_json *doc, nvt_json_node node)
{
    const jsmntok_t *tok = token(doc, node);
    if (tok == NULL) {
        return NVT_LIT("");
    }
    return nvt_span_of(doc->text.ptr + tok->start, (size_t)(tok->end - tok->start));
}

static enum nvt_json_type scalar_type(uint8_t first)
{
    switch (first) {
    case 't':
    case 'f':
        return NVT_JSON_BOOL;
    case 'n':
        return NVT_JSON_NULL;
    default:
        return NVT_JSON_NUMBER;
    }
}

enum nvt_json_type nvt_json_type(const struct nvt_json *doc, nvt_json_node node)
{
    const jsmntok_t *tok = token(doc, node);
    if (tok == NULL) {
        return NVT_JSON_NULL;
    }
    switch (tok->type) {
    case JSMN_OBJECT:
        return NVT_JSON_OBJECT;
    case JSMN_ARRAY:
        return NVT_JSON_ARRAY;
    case JSMN_STRING:
        return NVT_JSON_STRING;
    case JSMN_PRIMITIVE:
    case JSMN_UNDEFINED:
    default:
        return scalar_type(doc->text.ptr[tok->start]);
    }
}

uint32_t nvt_json_size(const struct nvt_json *doc, nvt_json_node node)
{
    const jsmntok_t *tok = token(doc, node);
    return tok != NULL && is_container(tok) ? (uint32_t)tok->size : 0U;
}

/* ---- walks ---- */

/* The first token behind the value at node: tokens stand in the order of the text, so those inside
 * it are the next ones that start before its end. */
static nvt_json_node behind(const struct nvt_json *doc, nvt_json_node node)
{
    const jsmntok_t *tok = token(doc, node);
    if (tok == NULL || !is_container(tok)) {
        return node + 1U;
    }
    int end = tok->end;
    do {
        node++;
        tok = token(doc, node);
    } while (tok != NULL && tok->start < end);
    return node;
}

bool nvt_json_next(const struct nvt_json *doc, nvt_json_node parent, struct nvt_json_iter *it,
                   struct nvt_span *out_name, nvt_json_node *out_node)
{
    if (!it->started) {
        it->started = true;
        it->left = nvt_json_size(doc, parent);
        it->next = parent + 1U;
    }
    bool member = nvt_json_type(doc, parent) == NVT_JSON_OBJECT;
    nvt_json_node node = it->next + (member ? 1U : 0U);
    if (it->left == 0U || node >= doc->count) {
        return false;
    }
    *out_name = member ? nvt_json_raw(doc, it->next) : NVT_LIT("");
    *out_node = node;
    it->next = behind(doc, node);
    it->left--;
    return true;
}

static nvt_err find_member(const struct nvt_json *doc, struct nvt_span name, nvt_json_node *node)
{
    nvt_json_node at = *node + 1U;
    for (uint32_t left = nvt_json_size(doc, *node); left > 0U && at < doc->count; left--) {
        if (nvt_json_same(nvt_json_raw(doc, at), name, true)) {
            *node = at + 1U;
            return NVT_OK;
        }
        at = behind(doc, at + 1U);
    }
    return NVT_E_JSON_MISSING;
}

static nvt_err find_item(const struct nvt_json *doc, struct nvt_span index, nvt_json_node *node)
{
    uint64_t skip = 0U;
    if (nvt_u64_parse(index, UINT32_MAX, &skip) != NVT_OK || skip >= nvt_json_size(doc, *node)) {
        return NVT_E_JSON_MISSING;
    }
    nvt_json_node at = *node + 1U;
    for (; skip > 0U; skip--) {
        at = behind(doc, at);
    }
    *node = at;
    return NVT_OK;
}

static nvt_err find_step(const struct nvt_json *doc, struct nvt_span step, nvt_json_node *node)
{
    switch (nvt_json_type(doc, *node)) {
    case NVT_JSON_OBJECT:
        return find_member(doc, step, node);
    case NVT_JSON_ARRAY:
        return find_item(doc, step, node);
    case NVT_JSON_NULL:
    case NVT_JSON_BOOL:
    case NVT_JSON_NUMBER:
    case NVT_JSON_STRING:
    default:
        return NVT_E_JSON_TYPE;
    }
}

nvt_err nvt_json_find(const struct nvt_json *doc, nvt_json_node from, const char *path,
                      nvt_json_node *out_node)
{
    nvt_json_node node = from;
    nvt_err err = from < doc->count ? NVT_OK : NVT_E_JSON_MISSING;
    bool more = *path != '\0';

    while (more && err == NVT_OK) {
        size_t len = strcspn(path, ".");
        err = find_step(doc, nvt_span_of(path, len), &node);
        more = path[len] == '.';
        path += len + (more ? 1U : 0U);
    }
    if (err == NVT_OK) {
        *out_node = node;
    }
    return err;
}

/* ---- duplicate names ---- */

/* The token that holds node: an object holds its names, a name its value. -1 for none. */
static int parent_of(const struct nvt_json *doc, nvt_json_node node)
{
    const jsmntok_t *tok = token(doc, node);
    return tok == NULL ? -1 : tok->parent;
}

static bool is_name(const struct nvt_json *doc, nvt_json_node node)
{
    int parent = parent_of(doc, node);
    return parent >= 0 && nvt_json_type(doc, (nvt_json_node)parent) == NVT_JSON_OBJECT;
}

/* Whether a later member of the same object has the name of node. */
static bool is_repeated(const struct nvt_json *doc, nvt_json_node node)
{
    struct nvt_span name = nvt_json_raw(doc, node);
    int object = parent_of(doc, node);
    do {
        node = behind(doc, node + 1U);
        if (parent_of(doc, node) != object) {
            return false;
        }
    } while (!nvt_json_same(name, nvt_json_raw(doc, node), false));
    return true;
}

nvt_err nvt_json_unique(const struct nvt_json *doc)
{
    for (nvt_json_node node = 1U; node < doc->count; node++) {
        if (is_name(doc, node) && is_repeated(doc, node)) {
            return NVT_E_JSON_DUPLICATE;
        }
    }
    return NVT_OK;
}
