/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Grants: what to send for a token and what to keep of the answer. A further grant is one more
 * enumerator, one function that writes its body, and one case in write_body; the answer is the one
 * of RFC 6749 section 5.1 for all of them.
 */
#include <navette/auth.h>

/* ---- requests ---- */

static void put_member(struct nvt_json_writer *w, const char *name, const char *text)
{
    nvt_json_name(w, nvt_span_str(name));
    nvt_json_put_str(w, nvt_span_str(text));
}

/* { "access_key": ..., "secret_key": ... }                   registry, POST /auth/access_token */
static nvt_err write_key_pair(const struct nvt_credentials *c, struct nvt_buf *body)
{
    struct nvt_json_writer w;
    nvt_json_writer_init(&w, body);
    nvt_json_begin_object(&w);
    put_member(&w, "access_key", c->id);
    put_member(&w, "secret_key", c->secret);
    nvt_json_end_object(&w);
    return nvt_json_writer_end(&w);
}

/* grant_type=client_credentials [ &client_id=...&client_secret=... ] [ &scope=... ]
 * RFC 6749 sections 4.4.2 and 2.3.1: id and secret here, or in the Basic field. */
static nvt_err write_client(const struct nvt_credentials *c, struct nvt_span scope,
                            struct nvt_buf *body)
{
    nvt_form_put(body, NVT_LIT("grant_type"), NVT_LIT("client_credentials"));
    if (c->grant == NVT_GRANT_CLIENT_FORM) {
        nvt_form_put(body, NVT_LIT("client_id"), nvt_span_str(c->id));
        nvt_form_put(body, NVT_LIT("client_secret"), nvt_span_str(c->secret));
    }
    if (scope.len > 0U) {
        nvt_form_put(body, NVT_LIT("scope"), scope);
    }
    return nvt_buf_err(body);
}

/* { "grant_type": "refresh_token", "refresh_token": ... } while there is one, else
 * { "grant_type": "password", "username": ..., "password": ... }: RFC 6749 sections 6 and 4.3.2,
 * but in JSON. */
static nvt_err write_password(const struct nvt_credentials *c, struct nvt_buf *body)
{
    struct nvt_json_writer w;
    nvt_json_writer_init(&w, body);
    nvt_json_begin_object(&w);
    if (c->refresh[0] != '\0') {
        put_member(&w, "grant_type", "refresh_token");
        put_member(&w, "refresh_token", c->refresh);
    } else {
        put_member(&w, "grant_type", "password");
        put_member(&w, "username", c->id);
        put_member(&w, "password", c->secret);
    }
    nvt_json_end_object(&w);
    return nvt_json_writer_end(&w);
}

static nvt_err write_body(const struct nvt_credentials *c, struct nvt_span scope,
                          struct nvt_buf *body, struct nvt_span *out_media_type)
{
    *out_media_type = NVT_LIT("application/json");
    switch (c->grant) {
    case NVT_GRANT_KEY_PAIR:
        return write_key_pair(c, body);
    case NVT_GRANT_CLIENT_BASIC:
    case NVT_GRANT_CLIENT_FORM:
        *out_media_type = NVT_LIT("application/x-www-form-urlencoded");
        return write_client(c, scope, body);
    case NVT_GRANT_PASSWORD:
        return write_password(c, body);
    case NVT_GRANT_STATIC:
    default:
        return NVT_E_ARG;
    }
}

nvt_err nvt_grant_write(const struct nvt_credentials *c, struct nvt_span scope,
                        struct nvt_buf *body, struct nvt_span *out_media_type)
{
    nvt_err err = write_body(c, scope, body, out_media_type);
    if (err != NVT_OK) {
        nvt_wipe(body->ptr, body->cap); /* no half of a secret stays behind */
        body->len = 0;
    }
    return err;
}

/* ---- Basic ---- */

/* Three bytes of a text that passes by. */
struct window {
    size_t from, at;
    uint8_t bytes[3];
};

static bool is_full(const struct window *w)
{
    return w->at >= w->from + sizeof w->bytes;
}

static void pass(struct window *w, struct nvt_span text)
{
    for (size_t i = 0U; i < text.len && !is_full(w); i++) {
        if (w->at >= w->from) {
            w->bytes[w->at - w->from] = text.ptr[i];
        }
        w->at++;
    }
}

/* text as it is, or as a form would carry it, byte by byte: no buffer ever holds it whole. */
static void pass_text(struct window *w, struct nvt_span text, bool plain)
{
    if (plain) {
        pass(w, text);
        return;
    }
    for (size_t i = 0U; i < text.len && !is_full(w); i++) {
        uint8_t mem[4];
        struct nvt_buf b;
        nvt_buf_init(&b, mem, sizeof mem);
        nvt_form_put(&b, NVT_LIT(""), nvt_span_of(text.ptr + i, 1U));
        pass(w, nvt_span_drop(nvt_buf_span(&b), NVT_LIT("=").len));
    }
}

size_t nvt_grant_basic(const struct nvt_credentials *c, size_t group, uint8_t out[4])
{
    struct window w = {group * 3U, 0U, {0U, 0U, 0U}};
    struct nvt_buf b;
    pass_text(&w, nvt_span_str(c->id), c->basic_plain);
    pass(&w, NVT_LIT(":"));
    pass_text(&w, nvt_span_str(c->secret), c->basic_plain);
    nvt_buf_init(&b, out, 4U);
    if (w.at > w.from) {
        nvt_base64_put(&b, nvt_span_of(w.bytes, w.at - w.from), NVT_BASE64);
    }
    nvt_wipe(&w, sizeof w);
    return b.len;
}

/* ---- answers ---- */

/* The member of that name; false when it is absent or null. */
static bool has(const struct nvt_json *doc, const char *name, nvt_json_node *out_node)
{
    return nvt_json_find(doc, 0U, name, out_node) == NVT_OK &&
           nvt_json_type(doc, *out_node) != NVT_JSON_NULL;
}

/* token_type: "Bearer" in any case (RFC 6749 section 7.1), or nothing where only that is issued. */
static bool is_bearer(const struct nvt_json *doc)
{
    nvt_json_node node;
    struct nvt_span type;
    if (!has(doc, "token_type", &node)) {
        return true;
    }
    return nvt_json_get_span(doc, node, &type) == NVT_OK &&
           nvt_span_eq_nocase(type, NVT_LIT("bearer"));
}

/* expires_in in whole seconds (RFC 6749 section 5.1), 0 when absent. */
static bool read_life(const struct nvt_json *doc, int64_t *out_life_s)
{
    nvt_json_node node;
    *out_life_s = 0;
    if (!has(doc, "expires_in", &node)) {
        return true;
    }
    return nvt_json_get_int(doc, node, 1, (int64_t)UINT32_MAX, out_life_s) == NVT_OK;
}

/* A tenth of the life, at least 15 s and at most 60 s, but never more than half of it: else a
 * token of a few seconds would be renewed by every call, against the server's quota. */
static uint64_t margin_ms(uint64_t life_ms)
{
    uint64_t margin = life_ms / 10U;
    if (margin < 15000U) {
        margin = 15000U;
    }
    if (margin > 60000U) {
        margin = 60000U;
    }
    return margin < life_ms / 2U ? margin : life_ms / 2U;
}

static uint64_t renew_at(uint64_t now_ms, int64_t life_s)
{
    uint64_t life_ms = (uint64_t)life_s * 1000U;
    return life_s == 0 ? UINT64_MAX : now_ms + life_ms - margin_ms(life_ms);
}

/* What the token itself says, else default_life_s. Its payload is decoded into the token's own
 * room, which it never outgrows and which is filled with the token right after. */
static int64_t life_of(struct nvt_span text, struct nvt_token *token, struct nvt_json_tok *pool,
                       size_t pool_count, uint32_t default_life_s)
{
    struct nvt_buf scratch;
    int64_t exp_s = 0;
    int64_t iat_s = 0;
    nvt_buf_init(&scratch, token->text, sizeof token->text);
    nvt_err err = nvt_jwt_times(text, &scratch, pool, pool_count, &exp_s, &iat_s);
    bool known = err == NVT_OK && exp_s != 0 && iat_s != 0;
    return known ? exp_s - iat_s : (int64_t)default_life_s;
}

/* Whether a string's content means a token that fits. Some servers write "/" as "\/", so it is
 * judged piece by piece, its padding apart. */
static bool is_token(struct nvt_span raw)
{
    size_t len = 0U;
    while (raw.len > 0U && raw.ptr[raw.len - 1U] == (uint8_t)'=') {
        raw.len--;
        len++;
    }
    bool good = raw.len > 0U && len < (size_t)NVT_TOKEN_CAP;
    while (good && raw.len > 0U) {
        uint8_t mem[4];
        struct nvt_span piece = nvt_json_str_piece(&raw, mem);
        /* Padding ends the whole, not a piece of it. */
        good = nvt_credential_check(piece, (size_t)NVT_TOKEN_CAP - len) == NVT_OK &&
               piece.ptr[piece.len - 1U] != (uint8_t)'=';
        len += piece.len;
    }
    return good;
}

/* refresh_token into out, "" when there is none: what is kept must be good to be set again. */
static bool read_refresh(const struct nvt_json *doc, char *out)
{
    nvt_json_node node;
    struct nvt_buf b;
    nvt_wipe(out, NVT_REFRESH_CAP);
    if (!has(doc, "refresh_token", &node)) {
        return true;
    }
    nvt_buf_init(&b, out, NVT_REFRESH_CAP - 1U);
    bool good = nvt_json_get_str(doc, node, &b) == NVT_OK &&
                nvt_secret_check(nvt_buf_span(&b), b.cap) == NVT_OK;
    if (!good) {
        nvt_wipe(out, NVT_REFRESH_CAP);
    }
    return good;
}

/* *out_raw is the content of access_token, fit to keep. */
static nvt_err read_answer(struct nvt_span body, struct nvt_json_tok *pool, size_t pool_count,
                           struct nvt_span *out_raw, int64_t *out_life_s, char *out_refresh)
{
    struct nvt_json doc;
    nvt_json_node node;
    if (nvt_json_parse(&doc, body, pool, pool_count) != NVT_OK || nvt_json_unique(&doc) != NVT_OK ||
        !has(&doc, "access_token", &node)) {
        return NVT_E_GRANT_ANSWER;
    }
    *out_raw = nvt_json_raw(&doc, node);
    bool usable = nvt_json_type(&doc, node) == NVT_JSON_STRING && is_token(*out_raw) &&
                  is_bearer(&doc) && read_life(&doc, out_life_s) &&
                  (out_refresh == NULL || read_refresh(&doc, out_refresh));
    return usable ? NVT_OK : NVT_E_GRANT_ANSWER;
}

nvt_err nvt_grant_read(struct nvt_span body, struct nvt_json_tok *pool, size_t pool_count,
                       uint64_t now_ms, uint32_t default_life_s, struct nvt_token *token,
                       char *out_refresh)
{
    struct nvt_span raw = {NULL, 0U};
    int64_t life_s = 0;
    nvt_err err = read_answer(body, pool, pool_count, &raw, &life_s, out_refresh);
    if (err != NVT_OK) {
        return err;
    }
    if (life_s == 0) {
        life_s = life_of(raw, token, pool, pool_count, default_life_s);
    }
    nvt_token_wipe(token);
    while (raw.len > 0U) {
        uint8_t mem[4];
        struct nvt_span piece = nvt_json_str_piece(&raw, mem);
        (void)memcpy(token->text + token->len, piece.ptr, piece.len);
        token->len += piece.len;
    }
    token->renew_at_ms = renew_at(now_ms, life_s);
    return NVT_OK;
}
