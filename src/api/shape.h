/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a JSON body is made of, for all systems: one table an object, one row a member. The check of
 * a struct, its writer and the check of finished JSON all walk the same rows, so that a bound
 * stands in one place. Inside src/api only.
 *
 * How a struct says that an optional member is absent: an empty text, list or raw value, a NULL
 * link, a zero number, time or position, NVT_FIELD_ABSENT, and an object that starts with an empty
 * text.
 */
#ifndef NVT_API_SHAPE_H
#define NVT_API_SHAPE_H

#include <navette/json.h>

enum nvt_field_kind {
    /* what can be missing though it is required; a span in the struct but for the link */
    NVT_FIELD_TEXT,   /* 1 to max code points; U+0000 is in none: no database keeps it */
    NVT_FIELD_COLUMN, /* the same, '<' and '>' counting four: kept as "&lt;" and "&gt;" */
    NVT_FIELD_KEY,    /* the same, without '<' and '>': what comes back is then what was sent */
    NVT_FIELD_EMAIL,  /* the same, 5 at least, as ajv-formats' "email" */
    NVT_FIELD_LAST_TEXT = NVT_FIELD_EMAIL,
    NVT_FIELD_CHARS,  /* 1 to max (64 at most) bytes, each in the ranges of words: "09af" */
    NVT_FIELD_PHONE,  /* E.164 less its last max digits: 0 or 2 */
    NVT_FIELD_CHOICE, /* one of words: "short|long" */
    NVT_FIELD_ANY,    /* any JSON value, written as it is */
    NVT_FIELD_LINK,   /* an object of shape; a pointer to its struct */
    NVT_FIELD_LAST_ABSENT = NVT_FIELD_LINK,
    /* everything else */
    NVT_FIELD_LETTER, /* one byte in the ranges of words; a char in the struct */
    NVT_FIELD_CONST,  /* words; nothing in the struct */
    NVT_FIELD_TIME, /* RFC 3339; int64_t seconds in the struct. max 3: written with milliseconds */
    NVT_FIELD_U8,   /* integers up to max */
    NVT_FIELD_RANK, /* the same up to 31, each once in a list, whose first row it is: where all
                       items of a struct have 0, they are numbered from 0 on */
    NVT_FIELD_U32,
    NVT_FIELD_S32,    /* -max to max */
    NVT_FIELD_DEGREE, /* up to max degrees either way; int32_t of 1e-7 degree in the struct */
    NVT_FIELD_PAIR,   /* [latitude, longitude]; two int32_t of 1e-7 degree in the struct */
    NVT_FIELD_BOOL,   /* enum nvt_field_bool, or one of the same four values */
    NVT_FIELD_OBJECT, /* of shape; the struct's members stand behind offset */
    NVT_FIELD_LIST    /* up to max objects of shape; pointer and size_t count in the struct, one
                         behind the other. max 0: always [], nothing in the struct */
};

/* Flags of a row. */
enum {
    NVT_FIELD_REQUIRED = 1,
    NVT_FIELD_FROM_1 = 2,        /* the least integer is 1, not 0 */
    NVT_FIELD_JSON_ONLY = 4,     /* the system takes it; the struct does not send it */
    NVT_FIELD_STRUCT_ONLY = 8,   /* the other way round: finished JSON may say it otherwise */
    NVT_FIELD_EXACT = 16,        /* CHARS: max bytes, no fewer */
    NVT_FIELD_MAY_BE_EMPTY = 32, /* texts: "" is one too; a required one is then always written */
    NVT_FIELD_OR = 64,           /* the next row has the same name and is an alternative: the struct
                                    fills one of them, in JSON the first whose type fits is held
                                    against. REQUIRED stands at the first of them */
    NVT_FIELD_NULLABLE = 128     /* null is accepted in JSON */
};

#define NVT_FIELD_NO_MAX 0xFFFFFFFFU

enum nvt_field_bool { NVT_FIELD_ABSENT, NVT_FIELD_NO, NVT_FIELD_YES, NVT_FIELD_NULL };

struct nvt_shape;

union nvt_field_of {
    const struct nvt_shape *shape;
    const char *words;
};

struct nvt_field {
    const char *name;
    union nvt_field_of of;
    uint32_t max;
    uint16_t offset; /* in the struct of the object that holds the field */
    uint8_t kind;    /* enum nvt_field_kind */
    uint8_t flags;   /* NVT_FIELD_* */
};

struct nvt_shape {
    const struct nvt_field *row;
    uint8_t count;   /* up to 32 */
    bool open;       /* unknown members are let through, and told */
    uint16_t size;   /* of one item's struct, in lists */
    uint32_t unless; /* bit n: row n. When none of these is there, */
    uint32_t needed; /* these are required too. Of alternatives the first one counts */
};

/* The first two members of a shape, from an array of rows. */
#define NVT_SHAPE_ROWS(rows) (rows), (uint8_t)(sizeof(rows) / sizeof((rows)[0]))

/* A member's place in a struct. */
#define NVT_FIELD_AT(type, member) ((uint16_t)offsetof(struct type, member))

/* A line of a struct type that does not compile unless a list's count stands right behind its
 * pointer. */
#define NVT_FIELD_ADJACENT(type, items, count)                                                     \
    char items[(offsetof(struct type, count) == offsetof(struct type, items) + sizeof(void *))     \
                   ? 1                                                                             \
                   : -1]

/* How deep tables nest: the root, then each object, link, list and list item one. */
#define NVT_SHAPE_DEPTH 5

/* The errors below are NVT_E_FIELD_*, with failure->field set to the member's path in the JSON
 * ("incentives[2].siret"), and failure->message to the bounds that a text, a number or a list
 * crossed ("1 to 32"). out_failure may be NULL and is otherwise cleared first. */

/* Every bound of the shape on a struct. NVT_E_UTF8, NVT_E_ARG (a list without its pointer) and, of
 * ANY, NVT_E_JSON_* besides. */
nvt_err nvt_shape_check(const struct nvt_shape *shape, const void *object,
                        struct nvt_failure *out_failure);

/* Checks and writes in one go. On an error out holds a part that must not be sent: NVT_E_SPACE
 * besides the above. */
nvt_err nvt_shape_write(const struct nvt_shape *shape, const void *object, struct nvt_buf *out,
                        struct nvt_failure *out_failure);

/* Parses a text. NVT_E_JSON_*: failure->detail is the offset of the byte refused. */
nvt_err nvt_shape_parse(struct nvt_json *doc, struct nvt_span json, struct nvt_json_tok *pool,
                        size_t pool_count, struct nvt_failure *out_failure);

/* Every bound of the shape on a parsed text, which must be an object (field "" otherwise). Members
 * named twice, at any depth, are NVT_E_JSON_DUPLICATE. NVT_OK tells the unknown members that an
 * open shape let through: detail is their number, field the first of them. Names that start with
 * '@' are JSON-LD's own and never unknown. */
nvt_err nvt_shape_json(const struct nvt_shape *shape, const struct nvt_json *doc,
                       struct nvt_failure *out_failure);

/* ---- for rules that tables do not know ---- */

/* Writes err and field, a member of the root, into *out_failure. Returns err. */
nvt_err nvt_shape_refuse(struct nvt_failure *out_failure, nvt_err err, const char *field);

/* Every byte of s lies in one of the ranges, each given by its first and last character: "09af". */
bool nvt_shape_all_in(struct nvt_span s, const char *ranges);

/* A number in E.164 less its last cut digits, 0 or 2. NVT_E_FIELD_PHONE; NVT_E_FIELD_WHOLE_PHONE of
 * one that was not cut. */
nvt_err nvt_shape_check_phone(struct nvt_span s, unsigned cut);

/* A number as people write it, in E.164: the carpooling registry's reading, where "00" is "+" and a
 * first 0 is France's. out: from its start on, 16 bytes of room. False: it cannot be one. */
bool nvt_shape_to_e164(struct nvt_span number, struct nvt_buf *out);

/* 1e-7 degree in 1e-6 (0.1 m), as positions are written: halves away from zero, but 0 below a
 * millionth, where JavaScript's printing turns to an exponent. */
int32_t nvt_shape_micro_degrees(int32_t e7);

/* How many code points valid UTF-8 text holds: what JSON Schema's validators count as length. */
size_t nvt_shape_code_points(struct nvt_span text);

/* ---- between the walks ---- */

/* Unescaped text against the form of its row: all kinds of text but TEXT and ANY, and LETTER, CONST
 * and TIME. NVT_E_FIELD_LENGTH, NVT_E_FIELD_FORMAT. */
nvt_err nvt_shape_check_form(const struct nvt_field *field, struct nvt_span text);

/* The texts up to NVT_FIELD_LAST_TEXT, and ANY for its U+0000 alone; escaped: as they stand in
 * JSON. NVT_E_FIELD_LENGTH, NVT_E_FIELD_FORMAT, NVT_E_FIELD_NUL. */
nvt_err nvt_shape_check_text(const struct nvt_field *field, struct nvt_span text, bool escaped);

/* Where an address of e-mail stands, byte by byte: start with zeros. */
struct nvt_shape_email {
    bool bad, domain, dot; /* dot: the domain has one */
    uint8_t last;          /* 0: at the start of a part between dots */
};
void nvt_shape_email_take(struct nvt_shape_email *e, uint8_t byte);
bool nvt_shape_email_ok(const struct nvt_shape_email *e);

/* NVT_E_FIELD_RANGE. */
nvt_err nvt_shape_check_int(const struct nvt_field *field, int64_t value);

/* The value of a RANK is taken. NVT_E_FIELD_REPEATED. */
nvt_err nvt_shape_take_rank(uint32_t *taken, int64_t value);

/* The row that stands for row and its alternatives: the first of them. */
unsigned nvt_shape_head(const struct nvt_shape *shape, unsigned row);

/* A member that the object must still have when the rows in seen (bit n: row n) were there, or NULL
 * when it is complete. */
const struct nvt_field *nvt_shape_missing(const struct nvt_shape *shape, uint32_t seen);

struct nvt_shape_step {
    const char *name; /* NULL for the root and for list items */
    int16_t index;    /* of the item under way, -1 when it is no list */
};

/* Where a walk stands. */
struct nvt_shape_path {
    struct nvt_shape_step step[NVT_SHAPE_DEPTH];
    uint8_t depth; /* steps in use */
};

/* The bounds of field, which an error of length, range or count crossed, as failure->message: "1 to
 * 32", "14", "1 or more". out_failure may be NULL. Returns err. */
nvt_err nvt_shape_put_bounds(struct nvt_failure *out_failure, nvt_err err,
                             const struct nvt_field *field);

/* Writes err and the path of leaf below path into *out_failure, cut to its room. Returns err. */
nvt_err nvt_shape_blame(struct nvt_failure *out_failure, nvt_err err,
                        const struct nvt_shape_path *path, struct nvt_span leaf);

#endif
