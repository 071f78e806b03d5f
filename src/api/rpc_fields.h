/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a journey is made of: one table a JSON object, one row a member. The struct check, the
 * writer and the check of finished JSON all walk these rows, so a bound stands in one place.
 */
#ifndef NVT_API_RPC_FIELDS_H
#define NVT_API_RPC_FIELDS_H

#include <navette/rpc.h>

enum nvt_rpc_kind {
    /* texts; a span in the struct, empty when absent */
    NVT_RPC_TEXT,  /* 1 to max code points */
    NVT_RPC_SIRET, /* 14 digits */
    NVT_RPC_KEY,   /* 64 lower-case hex digits */
    NVT_RPC_PHONE, /* "+", 9 to 15 digits */
    NVT_RPC_TRUNC, /* "+", 7 to 13 digits */
    NVT_RPC_LAST_TEXT = NVT_RPC_TRUNC,
    /* everything else */
    NVT_RPC_CLASS,  /* "A", "B" or "C"; a char in the struct */
    NVT_RPC_NAVIGO, /* "navigo"; nothing in the struct */
    NVT_RPC_TIME,   /* RFC 3339; int64_t seconds in the struct */
    NVT_RPC_U8,     /* integers up to max */
    NVT_RPC_U32,
    NVT_RPC_DEGREE, /* up to max degrees either way; int32_t of 1e-7 degree in the struct */
    NVT_RPC_ADULT,  /* true, false or null; enum nvt_rpc_adult in the struct */
    NVT_RPC_OBJECT, /* of shape; the struct's members stand behind offset */
    NVT_RPC_LIST,   /* up to NVT_RPC_LIST_MAX of shape; pointer and count in the struct */
    NVT_RPC_EMPTY,  /* [], nothing in the struct */
    NVT_RPC_ANY     /* accepted as it is; nothing in the struct */
};

enum {
    NVT_RPC_REQUIRED = 1,
    NVT_RPC_FROM_1 = 2,   /* the least integer is 1, not 0 */
    NVT_RPC_JSON_ONLY = 4 /* the registry takes it; the struct does not send it */
};

struct nvt_rpc_shape;

struct nvt_rpc_field {
    const char *name;
    const struct nvt_rpc_shape *shape;
    uint32_t max;
    uint16_t offset; /* in the struct of the object that holds the field */
    uint8_t kind;
    uint8_t flags;
};

struct nvt_rpc_shape {
    const struct nvt_rpc_field *field;
    uint8_t count;
    bool person;   /* the first three rows are phone_trunc, phone, operator_user_id */
    uint16_t size; /* of one item, in lists */
};

extern const struct nvt_rpc_shape nvt_rpc_shape_v3;
extern const struct nvt_rpc_shape nvt_rpc_shape_v2;
extern const struct nvt_rpc_shape nvt_rpc_shape_update;

/* A member that the object must still have when the rows in seen (bit n: row n) were there, or NULL
 * when it is complete. */
const struct nvt_rpc_field *nvt_rpc_missing(const struct nvt_rpc_shape *shape, uint32_t seen);

/* Every byte of s lies in one of the ranges, each given by its first and last character: "09af". */
bool nvt_rpc_all_in(struct nvt_span s, const char *ranges);

/* Unescaped text against the form of its kind. NVT_E_FIELD_LENGTH, NVT_E_FIELD_FORMAT. */
nvt_err nvt_rpc_check_form(uint8_t kind, struct nvt_span text);

/* NVT_E_FIELD_RANGE. */
nvt_err nvt_rpc_check_int(const struct nvt_rpc_field *field, int64_t value);

/* How many code points valid UTF-8 text holds: what the registry's validator counts as length. */
size_t nvt_rpc_code_points(struct nvt_span text);

/* NVT_E_FIELD_ORDER, NVT_E_FIELD_FUTURE. */
nvt_err nvt_rpc_check_times(int64_t start_s, int64_t end_s, int64_t now_s);

/* ---- where a walk stands, and whom to blame ---- */

#define NVT_RPC_DEPTH 4 /* root, passenger, payments, one payment */

struct nvt_rpc_step {
    const char *name; /* NULL for the root and for list items */
    int16_t index;    /* of the item under way, -1 when it is no list */
};

struct nvt_rpc_path {
    struct nvt_rpc_step step[NVT_RPC_DEPTH];
    uint8_t depth; /* steps in use */
};

/* Writes err and the JSON path of leaf below path ("incentives[2].siret") into *out_failure, cut to
 * its room. Returns err. */
nvt_err nvt_rpc_blame(struct nvt_failure *out_failure, nvt_err err, const struct nvt_rpc_path *path,
                      struct nvt_span leaf);

#endif
