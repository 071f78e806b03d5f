/* SPDX-License-Identifier: Apache-2.0 */
/* The registry's CEE applications (energy savings certificates). */
#include "rpc_call.h"
#include "rpc_fields.h"

#define CEE "/v3.3/policies/cee"

/*
 * One array for three bodies, each a run of rows: 1 to 5 simulate, 0 to 6 register a long distance,
 * 2 to 7 a short one. What is required stands in the shapes.
 */
#define JOURNEY_MAX 255U /* of its table cee_applications; the schema says 256 */
#define AT(member) NVT_FIELD_AT(nvt_rpc_cee, member)
static const struct nvt_field rows[] = {
    {"datetime", {NULL}, 3U, AT(paid_s), NVT_FIELD_TIME, 0U},
    {"phone_trunc", {NULL}, 2U, AT(phone_trunc), NVT_FIELD_PHONE, 0U},
    {"journey_type", {.words = "short|long"}, 0U, AT(journey_type), NVT_FIELD_CHOICE, 0U},
    {"identity_key", {.words = "09af"}, 64U, AT(identity_key), NVT_FIELD_CHARS, NVT_FIELD_EXACT},
    {"driving_license", {NULL}, 64U, AT(driving_license), NVT_FIELD_TEXT, 0U},
    {"last_name_trunc",
     {.words = "AZ  "},
     3U,
     AT(last_name_trunc),
     NVT_FIELD_CHARS,
     NVT_FIELD_EXACT},
    {"application_timestamp", {NULL}, 3U, AT(signed_s), NVT_FIELD_TIME, 0U},
    {"operator_journey_id", {NULL}, JOURNEY_MAX, AT(operator_journey_id), NVT_FIELD_COLUMN, 0U},
};
static const struct nvt_shape simulate = {&rows[1], 5U, false, 0U, 0U, 0x13U};
static const struct nvt_shape apply_long = {&rows[0], 7U, false, 0U, 0U, 0x7FU};
static const struct nvt_shape apply_short = {&rows[2], 6U, false, 0U, 0U, 0x3FU};

static const struct nvt_shape *shape_of(enum nvt_rpc_cee_use use, struct nvt_span journey_type)
{
    if (use == NVT_RPC_CEE_SIMULATE) {
        return &simulate;
    }
    return nvt_span_eq(journey_type, NVT_LIT("long")) ? &apply_long : &apply_short;
}

/* The dot of a JavaScript pattern stands for all but LF, CR, U+2028 and U+2029. */
static bool is_one_line(struct nvt_span s)
{
    bool line = true;
    for (size_t i = 0; i < s.len; i++) {
        struct nvt_span rest = nvt_span_drop(s, i);
        bool separator = rest.len >= 3U && memcmp(rest.ptr, "\xE2\x80", 2U) == 0 &&
                         (rest.ptr[2] & 0xFEU) == 0xA8U;
        line = line && !separator && rest.ptr[0] != (uint8_t)'\n' && rest.ptr[0] != (uint8_t)'\r';
    }
    return line;
}

/* Twelve digits since 1975; before, up to 15 of [A-Z0-9], four more digits behind them or not;
 * "99-" and a line of anything for licences from abroad. Valid UTF-8 of 1 to 64 characters comes
 * in. */
static nvt_err check_license(struct nvt_span s)
{
    if (s.len >= 4U && nvt_span_eq(nvt_span_of(s.ptr, 3U), NVT_LIT("99-"))) {
        return is_one_line(s) ? NVT_OK : NVT_E_FIELD_FORMAT;
    }
    bool ok = s.len <= 19U && nvt_shape_all_in(s, "09AZ") &&
              (s.len <= 15U || nvt_shape_all_in(nvt_span_drop(s, s.len - 4U), "09"));
    return ok ? NVT_OK : NVT_E_FIELD_FORMAT;
}

static nvt_err blame_license(nvt_err err, struct nvt_failure *out_failure)
{
    return err == NVT_OK ? err : nvt_shape_refuse(out_failure, err, "driving_license");
}

nvt_err nvt_rpc_cee_write(const struct nvt_rpc_cee *cee, enum nvt_rpc_cee_use use,
                          struct nvt_buf *out, struct nvt_failure *out_failure)
{
    const struct nvt_shape *shape = shape_of(use, cee->journey_type);
    nvt_err err = nvt_shape_check(shape, cee, out_failure);
    if (err == NVT_OK) {
        err = blame_license(check_license(cee->driving_license), out_failure);
    }
    return err == NVT_OK ? nvt_shape_write(shape, cee, out, out_failure) : err;
}

/* The member's text unescaped, empty when it is not there. */
static struct nvt_span text_at(const struct nvt_json *doc, const char *name, struct nvt_buf *room)
{
    nvt_json_node node = 0;
    room->len = 0;
    if (nvt_json_find(doc, 0U, name, &node) == NVT_OK) {
        (void)nvt_json_get_str(doc, node, room);
    }
    return nvt_buf_span(room);
}

/* An empty text stands for a member that is not there. */
static nvt_err check_time(struct nvt_span text, const char *name, struct nvt_failure *out_failure)
{
    int64_t unused_ms = 0;
    nvt_err err = text.len == 0U ? NVT_OK : nvt_rpc_parse_time(text, &unused_ms);
    return err == NVT_OK ? NVT_OK : nvt_shape_refuse(out_failure, err, name);
}

nvt_err nvt_rpc_cee_check(struct nvt_span json, struct nvt_json_tok *pool, size_t pool_count,
                          enum nvt_rpc_cee_use use, struct nvt_failure *out_failure)
{
    static const char *const times[2] = {"datetime", "application_timestamp"};
    uint8_t text[4U * 64U];
    struct nvt_buf room;
    struct nvt_json doc;
    nvt_buf_init(&room, text, sizeof text);
    nvt_err err = nvt_shape_parse(&doc, json, pool, pool_count, out_failure);
    if (err == NVT_OK) {
        const struct nvt_shape *shape = shape_of(use, text_at(&doc, "journey_type", &room));
        err = nvt_shape_json(shape, &doc, out_failure);
    }
    if (err == NVT_OK) {
        err = check_license(text_at(&doc, "driving_license", &room));
        err = blame_license(err, out_failure);
    }
    for (unsigned i = 0; i < 2U && err == NVT_OK; i++) {
        err = check_time(text_at(&doc, times[i], &room), times[i], out_failure);
    }
    return err;
}

nvt_err nvt_rpc_name_trunc(struct nvt_span lastname, char out_trunc[4])
{
    uint8_t name[256];
    struct nvt_buf b;
    nvt_buf_init(&b, name, sizeof name);
    nvt_err err = nvt_rpc_fold_name(lastname, &b);
    if (err == NVT_OK && b.len == 0U) {
        err = NVT_E_FIELD_LENGTH;
    }
    (void)memset(out_trunc, ' ', 3U);
    (void)memcpy(out_trunc, name, b.len < 3U ? b.len : 3U);
    out_trunc[err == NVT_OK ? 3 : 0] = '\0';
    nvt_wipe(name, sizeof name);
    return err;
}

/* ---- calls ----
 * Errors come without an envelope: the bare reason, which may be none, or the guard's in one. */

/* The document says no more of it than that the application is possible. */
static const struct nvt_done possible = {
    .status = 200U, .form = (uint8_t)NVT_FORM_JSON, .lacks = "error"};
/* A conflict tells at least when the other application was made. */
static const struct nvt_done applied = {.status = 201U,
                                        .form = (uint8_t)NVT_FORM_OBJECT,
                                        .has = "uuid datetime",
                                        .duplicate = "datetime error.data.datetime"};
static const struct nvt_done found = {
    .status = 200U, .form = (uint8_t)NVT_FORM_OBJECT, .has = "datetime", .same = "uuid"};
static const struct nvt_done deleted = {.status = 204U, .form = (uint8_t)NVT_FORM_EMPTY};

static nvt_err begin(struct nvt_call *call, struct nvt_rpc_request *r,
                     const struct nvt_rpc_verb *verb, const struct nvt_span *json)
{
    struct nvt_buf target;
    nvt_rpc_prepare(r, verb, json, &target);
    return nvt_rpc_begin(call, r, &target);
}

nvt_err nvt_rpc_cee_simulate(struct nvt_call *call, struct nvt_rpc_request *r, struct nvt_span json)
{
    static const struct nvt_rpc_verb post = {
        "POST", CEE "/simulate", "", NVT_REQ_IDEMPOTENT, NVT_RPC_RATE_CEE, &possible};
    return begin(call, r, &post, &json);
}

nvt_err nvt_rpc_cee_register(struct nvt_call *call, struct nvt_rpc_request *r, struct nvt_span json)
{
    static const struct nvt_rpc_verb post = {"POST",           CEE,     "", NVT_REQ_KEYED,
                                             NVT_RPC_RATE_CEE, &applied};
    return begin(call, r, &post, &json);
}

static nvt_err begin_one(struct nvt_call *call, struct nvt_rpc_request *r,
                         const struct nvt_rpc_verb *verb, struct nvt_span uuid)
{
    struct nvt_buf target;
    if (uuid.len != 36U || !nvt_shape_all_in(uuid, "09afAF--")) {
        return uuid.len == 0U ? NVT_E_FIELD_MISSING : NVT_E_FIELD_FORMAT;
    }
    nvt_rpc_prepare(r, verb, NULL, &target);
    size_t at = target.len;
    nvt_buf_put(&target, uuid);
    r->request.id = nvt_span_drop(nvt_buf_span(&target), at);
    return nvt_rpc_begin(call, r, &target);
}

nvt_err nvt_rpc_cee_find(struct nvt_call *call, struct nvt_rpc_request *r, struct nvt_span uuid)
{
    static const struct nvt_rpc_verb get = {
        "GET", CEE "/", "", NVT_REQ_IDEMPOTENT, NVT_RPC_RATE_CEE, &found};
    return begin_one(call, r, &get, uuid);
}

nvt_err nvt_rpc_cee_delete(struct nvt_call *call, struct nvt_rpc_request *r, struct nvt_span uuid)
{
    static const struct nvt_rpc_verb del = {"DELETE",           CEE "/",          "",
                                            NVT_REQ_IDEMPOTENT, NVT_RPC_RATE_CEE, &deleted};
    return begin_one(call, r, &del, uuid);
}

/* ---- answers ---- */

/* The code sends a text, the published description says a number. */
static bool take_time(const struct nvt_json *doc, nvt_json_node from, struct nvt_span *out_raw)
{
    nvt_json_node node = 0;
    bool ok = nvt_json_find(doc, from, "datetime", &node) == NVT_OK &&
              (nvt_json_type(doc, node) == NVT_JSON_STRING ||
               nvt_json_type(doc, node) == NVT_JSON_NUMBER);
    *out_raw = nvt_json_raw(doc, ok ? node : UINT32_MAX);
    return ok;
}

nvt_err nvt_rpc_read_cee(struct nvt_call *call, struct nvt_rpc_cee_answer *out_answer)
{
    struct nvt_json doc;
    nvt_json_node at = 0;
    nvt_json_node id = 0;
    (void)memset(out_answer, 0, sizeof *out_answer);
    if (nvt_call_json(call, &doc) != NVT_OK) {
        return NVT_E_ANSWER;
    }
    (void)nvt_json_find(&doc, 0U, "error.data", &at); /* should a conflict come in an envelope */
    if (nvt_json_find(&doc, at, "journey_id", &id) == NVT_OK) {
        (void)nvt_json_get_int(&doc, id, 0, INT64_MAX, &out_answer->journey_id);
    }
    (void)nvt_rpc_take_text(&doc, at, "uuid", &out_answer->uuid);
    (void)nvt_rpc_take_text(&doc, at, "status", &out_answer->status);
    (void)nvt_rpc_take_text(&doc, at, "token", &out_answer->token);
    return take_time(&doc, at, &out_answer->datetime) ? NVT_OK : NVT_E_ANSWER;
}
