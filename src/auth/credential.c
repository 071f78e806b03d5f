/* SPDX-License-Identifier: Apache-2.0 */
/* Credentials and tokens as people and servers hand them over: their shape, keeping, wiping. */
#include <navette/auth.h>

/* ---- what a paste brings along ---- */

static bool in_range(uint32_t code, uint32_t first, uint32_t last)
{
    return code >= first && code <= last;
}

/* CR, LF and Unicode's line ends */
static bool is_line_end(uint32_t code)
{
    return code == 0x0AU || code == 0x0DU || code == 0x85U || in_range(code, 0x2028U, 0x2029U);
}

/* Space, tab and those that no one sees: no-break, thin and zero-width spaces, byte order mark. */
static bool is_space(uint32_t code)
{
    return code == 0x20U || in_range(code, 0x09U, 0x0CU) || code == 0xA0U ||
           in_range(code, 0x2000U, 0x200BU) || code == 0x202FU || code == 0x2060U ||
           code == 0x3000U || code == 0xFEFFU;
}

/* ASCII quotes, the accent used as one, guillemets, the curly ones and primes of word processors */
static bool is_quote(uint32_t code)
{
    return code == 0x22U || code == 0x27U || code == 0x60U || code == 0xABU || code == 0xB4U ||
           code == 0xBBU || in_range(code, 0x2018U, 0x201FU) || in_range(code, 0x2032U, 0x2033U) ||
           in_range(code, 0x2039U, 0x203AU);
}

static bool is_alnum(uint32_t code)
{
    return in_range(code, 'a', 'z') || in_range(code, 'A', 'Z') || in_range(code, '0', '9');
}

/* ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/"                     RFC 6750 section 2.1 */
static bool is_token_byte(uint32_t code)
{
    return is_alnum(code) || code == (uint32_t)'-' || code == (uint32_t)'.' ||
           code == (uint32_t)'_' || code == (uint32_t)'~' || code == (uint32_t)'+' ||
           code == (uint32_t)'/';
}

static nvt_err judge(uint32_t code)
{
    if (is_line_end(code)) {
        return NVT_E_CRED_EOL;
    }
    if (is_space(code)) {
        return NVT_E_CRED_SPACE;
    }
    if (is_quote(code)) {
        return NVT_E_CRED_QUOTE;
    }
    return is_token_byte(code) ? NVT_OK : NVT_E_CRED_BYTE;
}

/* The next character of what may be no UTF-8 at all: a byte that is none counts as a NUL. */
static uint32_t take_character(struct nvt_span *text)
{
    uint32_t code = 0U;
    if (nvt_utf8_next(text, &code) != NVT_OK) {
        nvt_span_skip(text, 1U);
    }
    return code;
}

/* The most telling fault of text. The errors are numbered in that order: whoever pasted a quoted
 * line has quotes and a line end, and should hear of the line end first. */
static nvt_err judge_all(struct nvt_span text)
{
    nvt_err worst = NVT_OK;
    while (text.len > 0U) {
        nvt_err err = judge(take_character(&text));
        if (err != NVT_OK && (worst == NVT_OK || err > worst)) {
            worst = err;
        }
    }
    return worst;
}

/* "Bearer", alone or with white space behind: a whole header value was pasted. */
static bool has_prefix(struct nvt_span text)
{
    struct nvt_span trimmed = nvt_span_trim(text);
    size_t len = NVT_LIT("Bearer").len;
    if (trimmed.len < len ||
        !nvt_span_eq_nocase(nvt_span_of(trimmed.ptr, len), NVT_LIT("Bearer"))) {
        return false;
    }
    return trimmed.len == len || trimmed.ptr[len] == (uint8_t)' ' ||
           trimmed.ptr[len] == (uint8_t)'\t';
}

/* b64token = 1*( token byte ) *"="                                      RFC 6750 section 2.1 */
nvt_err nvt_credential_check(struct nvt_span text, size_t max_len)
{
    if (text.len == 0U) {
        return NVT_E_CRED_EMPTY;
    }
    if (has_prefix(text)) {
        return NVT_E_CRED_PREFIX;
    }
    struct nvt_span bare = text;
    while (bare.len > 1U && bare.ptr[bare.len - 1U] == (uint8_t)'=') {
        bare.len--;
    }
    nvt_err err = judge_all(bare);
    if (err == NVT_OK && text.len > max_len) {
        err = NVT_E_CRED_SIZE;
    }
    return err;
}

/* Controls but for the line ends; what is no UTF-8 counts as NUL. */
static bool is_control(uint32_t code)
{
    return code < 0x20U || in_range(code, 0x7FU, 0x9FU);
}

/* A space or a quote inside may belong to a text that a person chose; one at an end came with the
 * paste. */
static nvt_err judge_text(uint32_t code, bool at_end)
{
    if (is_line_end(code)) {
        return NVT_E_CRED_EOL;
    }
    if (at_end && (is_space(code) || is_quote(code))) {
        return NVT_E_CRED_EDGE;
    }
    return is_control(code) ? NVT_E_CRED_BYTE : NVT_OK;
}

nvt_err nvt_secret_check(struct nvt_span text, size_t max_len)
{
    struct nvt_span left = text;
    nvt_err worst = text.len == 0U ? NVT_E_CRED_EMPTY : NVT_OK;
    while (left.len > 0U && worst != NVT_E_CRED_EOL) {
        bool first = left.len == text.len;
        uint32_t code = take_character(&left);
        nvt_err err = judge_text(code, first || left.len == 0U);
        if (worst == NVT_OK || err == NVT_E_CRED_EOL || err == NVT_E_CRED_EDGE) {
            worst = err;
        }
    }
    return worst == NVT_OK && text.len > max_len ? NVT_E_CRED_SIZE : worst;
}

/* ---- keeping ---- */

/* text and its NUL into a zeroed room of cap bytes; checked before. */
static void keep(char *room, size_t cap, struct nvt_span text)
{
    nvt_wipe(room, cap);
    if (text.len > 0U) {
        (void)memcpy(room, text.ptr, text.len);
    }
}

nvt_err nvt_credentials_set_key_pair(struct nvt_credentials *c, struct nvt_span id,
                                     struct nvt_span secret)
{
    nvt_err err = nvt_credential_check(id, sizeof c->id - 1U);
    if (err == NVT_OK) {
        err = nvt_credential_check(secret, sizeof c->secret - 1U);
    }
    if (err == NVT_OK) {
        c->grant = NVT_GRANT_KEY_PAIR;
        keep(c->id, sizeof c->id, id);
        keep(c->secret, sizeof c->secret, secret);
    }
    return err;
}

/* Both checked before either is kept. */
static nvt_err set_pair(struct nvt_credentials *c, enum nvt_grant grant, struct nvt_span id,
                        struct nvt_span secret)
{
    nvt_err err = nvt_secret_check(id, sizeof c->id - 1U);
    if (err == NVT_OK) {
        err = nvt_secret_check(secret, sizeof c->secret - 1U);
    }
    if (err == NVT_OK) {
        c->grant = grant;
        keep(c->id, sizeof c->id, id);
        keep(c->secret, sizeof c->secret, secret);
    }
    return err;
}

nvt_err nvt_credentials_set_client(struct nvt_credentials *c, enum nvt_grant grant,
                                   struct nvt_span id, struct nvt_span secret)
{
    if (grant != NVT_GRANT_CLIENT_BASIC && grant != NVT_GRANT_CLIENT_FORM) {
        return NVT_E_ARG;
    }
    /* RFC 7617 section 2: the first colon ends the id. */
    bool plain = grant == NVT_GRANT_CLIENT_BASIC && c->basic_plain;
    if (plain && id.len > 0U && memchr(id.ptr, (int)':', id.len) != NULL) {
        return NVT_E_CRED_BYTE;
    }
    return set_pair(c, grant, id, secret);
}

nvt_err nvt_credentials_set_password(struct nvt_credentials *c, struct nvt_span username,
                                     struct nvt_span password)
{
    nvt_err err = NVT_OK;
    if (password.len > 0U) {
        return set_pair(c, NVT_GRANT_PASSWORD, username, password);
    }
    if (username.len > 0U) {
        err = nvt_secret_check(username, sizeof c->id - 1U);
    }
    if (err == NVT_OK) {
        c->grant = NVT_GRANT_PASSWORD;
        keep(c->id, sizeof c->id, username);
        nvt_wipe(c->secret, sizeof c->secret);
    }
    return err;
}

nvt_err nvt_credentials_set_refresh(struct nvt_credentials *c, struct nvt_span refresh_token)
{
    nvt_err err = nvt_secret_check(refresh_token, sizeof c->refresh - 1U);
    if (err == NVT_OK) {
        c->grant = NVT_GRANT_PASSWORD;
        keep(c->refresh, sizeof c->refresh, refresh_token);
    }
    return err;
}

nvt_err nvt_credentials_set_api_key(struct nvt_credentials *c, struct nvt_span api_key)
{
    nvt_err err = nvt_secret_check(api_key, sizeof c->api_key - 1U);
    if (err == NVT_OK) {
        keep(c->api_key, sizeof c->api_key, api_key);
    }
    return err;
}

nvt_err nvt_token_set(struct nvt_token *t, struct nvt_span text, uint64_t renew_at_ms)
{
    nvt_err err = nvt_credential_check(text, sizeof t->text);
    if (err == NVT_OK) {
        nvt_token_wipe(t);
        (void)memcpy(t->text, text.ptr, text.len);
        t->len = text.len;
        t->renew_at_ms = renew_at_ms;
    }
    return err;
}

void nvt_credentials_wipe(struct nvt_credentials *c)
{
    bool plain = c->basic_plain;
    nvt_wipe(c, sizeof *c);
    c->basic_plain = plain;
}

void nvt_token_wipe(struct nvt_token *t)
{
    nvt_wipe(t, sizeof *t);
    t->renew_at_ms = UINT64_MAX;
}
