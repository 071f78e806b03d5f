/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Grants: what to send for a token and what to keep of the answer. A further grant is one more
 * enumerator, one function that writes its body, and one case in write_body; the answer is the one
 * of RFC 6749 section 5.1 for all of them.
 */
#include <navette/auth.h>

/* ---- requests ---- */

/* { "access_key": ..., "secret_key": ... }                   registry, POST /auth/access_token */
static nvt_err write_key_pair(const struct nvt_credentials *c, struct nvt_buf *body)
{
    struct nvt_json_writer w;
    nvt_json_writer_init(&w, body);
    nvt_json_begin_object(&w);
    nvt_json_name(&w, NVT_LIT("access_key"));
    nvt_json_put_str(&w, nvt_span_str(c->id));
    nvt_json_name(&w, NVT_LIT("secret_key"));
    nvt_json_put_str(&w, nvt_span_str(c->secret));
    nvt_json_end_object(&w);
    return nvt_json_writer_end(&w);
}

static nvt_err write_body(const struct nvt_credentials *c, struct nvt_buf *body,
                          struct nvt_span *out_media_type)
{
    switch (c->grant) {
    case NVT_GRANT_KEY_PAIR:
        *out_media_type = NVT_LIT("application/json");
        return write_key_pair(c, body);
    case NVT_GRANT_STATIC:
    default:
        return NVT_E_ARG;
    }
}

nvt_err nvt_grant_write(const struct nvt_credentials *c, struct nvt_buf *body,
                        struct nvt_span *out_media_type)
{
    size_t start = body->len;
    nvt_err err = write_body(c, body, out_media_type);
    if (err != NVT_OK) {
        nvt_wipe(body->ptr + start, body->len - start); /* no half of a secret stays behind */
        body->len = start;
    }
    return err;
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

/* *out_raw is the content of access_token, fit to keep. */
static nvt_err read_answer(struct nvt_span body, struct nvt_json_tok *pool, size_t pool_count,
                           struct nvt_span *out_raw, int64_t *out_life_s)
{
    struct nvt_json doc;
    nvt_json_node node;
    if (nvt_json_parse(&doc, body, pool, pool_count) != NVT_OK || nvt_json_unique(&doc) != NVT_OK ||
        !has(&doc, "access_token", &node)) {
        return NVT_E_GRANT_ANSWER;
    }
    *out_raw = nvt_json_raw(&doc, node);
    bool usable = nvt_json_type(&doc, node) == NVT_JSON_STRING && is_token(*out_raw) &&
                  is_bearer(&doc) && read_life(&doc, out_life_s);
    return usable ? NVT_OK : NVT_E_GRANT_ANSWER;
}

nvt_err nvt_grant_read(struct nvt_span body, struct nvt_json_tok *pool, size_t pool_count,
                       uint64_t now_ms, uint32_t default_life_s, struct nvt_token *token)
{
    struct nvt_span raw = {NULL, 0U};
    int64_t life_s = 0;
    nvt_err err = read_answer(body, pool, pool_count, &raw, &life_s);
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
