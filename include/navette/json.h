/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON room: a reader that accepts exactly RFC 8259, over jsmn's tokens in a caller's pool, and a
 * streaming writer that can only emit it. Pure: no I/O, no allocation, no recursion, no float.
 */
#ifndef NAVETTE_JSON_H
#define NAVETTE_JSON_H

#include <navette/base.h>

/* ---- checking ---- */

/* One complete value of RFC 8259 with white space around it, nested at most NVT_JSON_DEPTH_MAX
 * deep. Every NVT_E_JSON_* of the reader but _TOKENS, _MISSING, _TYPE, _DUPLICATE. *out_at (may be
 * NULL) is the offset of the first byte refused, or text.len. */
nvt_err nvt_json_check(struct nvt_span text, size_t *out_at);

/* ---- reading ---- */

/* One token's room in a pool, to be declared and handed over: what it holds belongs to the room. */
struct nvt_json_tok {
    int raw[5];
};

/* A parsed document: views into text, which must outlive it. */
struct nvt_json {
    struct nvt_span text;
    struct nvt_json_tok *tok;
    uint32_t count;
};

/* A value in the document. 0 is the top-level value. */
typedef uint32_t nvt_json_node;

enum nvt_json_type {
    NVT_JSON_NULL,
    NVT_JSON_BOOL,
    NVT_JSON_NUMBER,
    NVT_JSON_STRING,
    NVT_JSON_ARRAY,
    NVT_JSON_OBJECT
};

/* Checks and tokenises text. A document needs one token a value and one a member name.
 * The errors of nvt_json_check, NVT_E_JSON_TOKENS, and NVT_E_ARG for a text over INT_MAX bytes;
 * after an error the document is empty: every look-up in it misses. */
nvt_err nvt_json_parse(struct nvt_json *doc, struct nvt_span text, struct nvt_json_tok *pool,
                       size_t pool_count);

enum nvt_json_type nvt_json_type(const struct nvt_json *doc, nvt_json_node node);

/* Members of an object or items of an array, else 0. */
uint32_t nvt_json_size(const struct nvt_json *doc, nvt_json_node node);

/* The value at path below from: member names and array indexes joined by '.' ("error.data.0"); ""
 * is from itself. Names are compared in unescaped form; one with a '.' in it needs nvt_json_next.
 * The first of duplicate names wins: see nvt_json_unique. out_node is untouched on an error.
 * NVT_E_JSON_MISSING, NVT_E_JSON_TYPE (a step goes into a scalar). */
nvt_err nvt_json_find(const struct nvt_json *doc, nvt_json_node from, const char *path,
                      nvt_json_node *out_node);

/* Walks members or items: *it starts at 0; false after the last. out_name is NVT_LIT("") for items
 * and the raw (still escaped) name for members. */
struct nvt_json_iter {
    nvt_json_node next;
    uint32_t left;
    bool started;
};
bool nvt_json_next(const struct nvt_json *doc, nvt_json_node parent, struct nvt_json_iter *it,
                   struct nvt_span *out_name, nvt_json_node *out_node);

/* NVT_E_JSON_DUPLICATE when an object anywhere in the document names a member twice, in whatever
 * escapes. The time grows with the square of an object's members. */
nvt_err nvt_json_unique(const struct nvt_json *doc);

/* The value's bytes as they stand in the text: strings without their quotes, still escaped. Empty
 * for a node that the document does not have, which counts as null everywhere. */
struct nvt_span nvt_json_raw(const struct nvt_json *doc, nvt_json_node node);

/* Typed getters: NVT_E_JSON_TYPE; numbers: NVT_E_RANGE outside [min, max], NVT_E_JSON_TYPE when not
 * an integer (1.0 and 1e2 are not taken for integers). */
nvt_err nvt_json_get_bool(const struct nvt_json *doc, nvt_json_node node, bool *out_value);
nvt_err nvt_json_get_int(const struct nvt_json *doc, nvt_json_node node, int64_t min, int64_t max,
                         int64_t *out_value);

/* value * 10^scale as an integer, exponents included, without float, rounded half away from zero:
 * NVT_E_RANGE outside [min, max], NVT_E_ARG for a scale over 18. */
nvt_err nvt_json_get_dec(const struct nvt_json *doc, nvt_json_node node, unsigned scale,
                         int64_t min, int64_t max, int64_t *out_value);

/* Appends the unescaped string to out, whole or not at all. NVT_E_JSON_TYPE, NVT_E_SPACE. */
nvt_err nvt_json_get_str(const struct nvt_json *doc, nvt_json_node node, struct nvt_buf *out);

/* The unescaped string as a C string of at most cap - 1 bytes (cap > 0), "" on an error.
 * NVT_E_JSON_TYPE, NVT_E_SPACE, NVT_E_JSON_ESCAPE (a \u0000 in it, which would cut it short). */
nvt_err nvt_json_get_text(const struct nvt_json *doc, nvt_json_node node, char *out, size_t cap);

/* The string's unescaped bytes as a view when it holds no escape, else NVT_E_JSON_ESCAPE. */
nvt_err nvt_json_get_span(const struct nvt_json *doc, nvt_json_node node,
                          struct nvt_span *out_text);

/* Unescapes piece by piece, where no buffer holds the whole: takes the next piece off *raw (at
 * first what nvt_json_raw says of a string). A piece is whole characters, in the text or in mem; it
 * is empty only at the end. */
struct nvt_span nvt_json_str_piece(struct nvt_span *raw, uint8_t mem[4]);

/* Whether two texts mean the same. Each is the content of a string as it stands in a checked text,
 * but b is plain text when b_plain. */
bool nvt_json_same(struct nvt_span a, struct nvt_span b, bool b_plain);

/* ---- walking: without tokens, for text of any length ----
 * Of text that was checked, or of the beginning of such a text: what was cut then shows as a value
 * that reaches to the end. */

/* Members of an object or items of an array: *rest is that object or array at first. False after
 * the last. Names and values stand as in the text, names without their quotes and empty for items,
 * values with them. */
bool nvt_json_each(struct nvt_span *rest, struct nvt_span *out_name, struct nvt_span *out_value);

/* The value at path, member names joined by '.', below the object that json is: the first of equal
 * names, in whatever escapes; empty when it is not there. */
struct nvt_span nvt_json_at(struct nvt_span json, struct nvt_span path);

/* The content of a string value, still escaped; empty when value is no string. */
struct nvt_span nvt_json_text(struct nvt_span value);

/* Does s start with c, white space aside? */
bool nvt_json_starts(struct nvt_span s, char c);

/* ---- writing ---- */

/* A streaming writer. The first error sticks; a NULL-capacity buffer measures nothing: size it. */
struct nvt_json_writer {
    struct nvt_buf *out;
    uint32_t is_object; /* bit d: the container at depth d is an object */
    uint32_t has_items; /* bit d: it has an item already */
    uint8_t depth;
    bool after_name; /* a member name waits for its value */
    bool done;       /* the one top-level value is complete */
    nvt_err err;
};

void nvt_json_writer_init(struct nvt_json_writer *w, struct nvt_buf *out);
void nvt_json_begin_object(struct nvt_json_writer *w);
void nvt_json_end_object(struct nvt_json_writer *w);
void nvt_json_begin_array(struct nvt_json_writer *w);
void nvt_json_end_array(struct nvt_json_writer *w);
void nvt_json_name(struct nvt_json_writer *w, struct nvt_span name);
void nvt_json_put_str(struct nvt_json_writer *w, struct nvt_span text); /* NVT_E_UTF8 */
void nvt_json_put_int(struct nvt_json_writer *w, int64_t value);
void nvt_json_put_dec(struct nvt_json_writer *w, int64_t value,
                      unsigned scale); /* value / 10^scale; NVT_E_ARG over 18 */
void nvt_json_put_bool(struct nvt_json_writer *w, bool value);
void nvt_json_put_null(struct nvt_json_writer *w);

/* A value that is JSON already: checked (its nesting adds to the writer's), then copied as it is.
 */
void nvt_json_put_raw(struct nvt_json_writer *w, struct nvt_span json);

/* NVT_OK when exactly one value is complete, else the first error: NVT_E_JSON_NESTING,
 * NVT_E_JSON_DEPTH, NVT_E_UTF8, NVT_E_ARG, NVT_E_SPACE, or what nvt_json_check said of a raw value.
 */
nvt_err nvt_json_writer_end(struct nvt_json_writer *w);

#endif
