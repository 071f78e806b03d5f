/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last gate before anything is printed: a server may send back what it was sent, and an answer
 * ends up on terminals and in logs. Here is the set of what this run has sent as a secret; the
 * library's redactor finds it, in whatever coat, and "***" stands in its place.
 */
#include "cli.h"

#include <stdlib.h>

#define RECENT_MAX ((size_t)NVT_HIDDEN_MAX) /* tokens: the newest ones, those before are dead */

/* Two for each of a request's fields, and the credentials': if they should not fit, all is hidden.
 */
#define SECRETS_MAX 64U
#define TELLING_MIN 3U /* less stands in every sentence: the gaps would tell it */
static uint8_t *texts[SECRETS_MAX];
static struct nvt_span spans[SECRETS_MAX];
static size_t count;
static uint8_t recent[RECENT_MAX][NVT_TOKEN_CAP];
static size_t recent_next;

/* index and host, which do not change, and the recent ones. */
static uint8_t sieve[NVT_REDACT_INDEX_LEN];
static char hosts[2][NVT_HOST_CAP];
static struct nvt_hidden hidden = {.more = spans, .host = {hosts[0], hosts[1]}, .index = sieve};

static bool is_blind; /* a secret found no room: nothing more is shown */

/* ---- what is secret ---- */

static bool is_known(struct nvt_span text)
{
    bool known = text.len < TELLING_MIN;
    for (size_t i = 0; i < RECENT_MAX && !known; i++) {
        known = nvt_span_eq(hidden.secret[i], text);
    }
    for (size_t i = 0; i < count && !known; i++) {
        known = nvt_span_eq(spans[i], text);
    }
    return known;
}

void mask_add(struct nvt_span text)
{
    if (is_known(text)) {
        return;
    }
    texts[count] = count < SECRETS_MAX - 1U ? (uint8_t *)malloc(text.len) : NULL;
    if (texts[count] == NULL) {
        is_blind = true;
        return;
    }
    (void)memcpy(texts[count], text.ptr, text.len);
    spans[count] = nvt_span_of(texts[count], text.len);
    count++;
    hidden.more_count = count;
    nvt_redact_note(sieve, text);
}

/* What the sieve lets through of a token that goes only costs time. */
static void add_recent(struct nvt_span text)
{
    if (!is_known(text) && text.len <= NVT_TOKEN_CAP) {
        (void)memcpy(recent[recent_next], text.ptr, text.len);
        hidden.secret[recent_next] = nvt_span_of(recent[recent_next], text.len);
        recent_next = (recent_next + 1U) % RECENT_MAX;
        nvt_redact_note(sieve, text);
    }
}

/* Of "login:password" in base64 the password; else all of it, if it is text. */
static void add_decoded(struct nvt_span coded)
{
    uint8_t mem[4U * NVT_SECRET_CAP];
    struct nvt_buf b;
    size_t n = 0;
    nvt_buf_init(&b, mem, sizeof mem);
    if (nvt_base64_decode(coded, NVT_BASE64, &b) == NVT_OK &&
        nvt_utf8_check(nvt_buf_span(&b)) == NVT_OK) {
        while (n < b.len && mem[n] != (uint8_t)':') {
            n++;
        }
        mask_add(nvt_span_drop(nvt_buf_span(&b), n < b.len ? n + 1U : 0U));
    }
    nvt_wipe(mem, sizeof mem);
}

/* Behind "Bearer " or "Bearer token=" stands what is secret of it. */
void mask_add_header(const struct nvt_header *h)
{
    static const char *const fronts[] = {"Bearer ", "Basic ", "Token ", "token="};
    struct nvt_span rest = h->value;
    for (size_t i = 0; i < sizeof fronts / sizeof fronts[0]; i++) {
        struct nvt_span front = nvt_span_str(fronts[i]);
        if (rest.len > front.len && nvt_span_eq_nocase(nvt_span_of(rest.ptr, front.len), front)) {
            rest = nvt_span_trim(nvt_span_drop(rest, front.len));
        }
    }
    mask_add(rest);
    add_decoded(rest);
}

/* What follows "Basic ": the user's part of it is no secret by itself. */
static void add_basic(const struct nvt_credentials *c)
{
    uint8_t mem[8U * NVT_SECRET_CAP + 8U];
    size_t len = 0;
    size_t n = c->grant == NVT_GRANT_CLIENT_BASIC ? 4U : 0U;
    for (size_t i = 0; n > 0U && len + 4U <= sizeof mem; i++) {
        n = nvt_grant_basic(c, i, mem + len);
        len += n;
    }
    mask_add(nvt_span_of(mem, len));
    nvt_wipe(mem, sizeof mem);
}

/* Chorus Pro's field: the redactor looks into base64, but not into a secret that is base64. */
void mask_learn_account(const struct secrets_extra *extra)
{
    struct nvt_piste_account account;
    mask_add(nvt_span_str(extra->account_password));
    if (nvt_piste_account_set(&account, nvt_span_str(extra->account_login),
                              nvt_span_str(extra->account_password)) == NVT_OK) {
        mask_add(nvt_span_of(account.text, account.len));
    }
    nvt_piste_account_wipe(&account);
}

void mask_learn(const struct nvt_client *c, const struct secrets_extra *extra)
{
    (void)snprintf(hosts[0], sizeof hosts[0], "%s", c->origin.host);
    (void)snprintf(hosts[1], sizeof hosts[1], "%s", c->token_origin.host);
    mask_add(nvt_span_str(c->credentials.secret));
    mask_add(nvt_span_str(c->credentials.api_key));
    mask_learn_account(extra);
    add_basic(&c->credentials);
    add_decoded(nvt_span_of(c->token.text, c->token.len)); /* as Démarches simplifiées issues it */
    mask_learn_tokens(c);
}

void mask_learn_tokens(const struct nvt_client *c)
{
    add_recent(nvt_span_of(c->token.text, c->token.len));
    add_recent(nvt_span_str(c->credentials.refresh));
}

void mask_forget(void)
{
    for (size_t i = 0; i < count; i++) {
        nvt_wipe(texts[i], spans[i].len);
        free(texts[i]);
        texts[i] = NULL;
    }
    count = 0;
    is_blind = false;
    hidden.more_count = 0;
    /* Places never used stay untouched, and so take no memory. */
    for (size_t i = 0; i < RECENT_MAX; i++) {
        nvt_wipe(recent[i], hidden.secret[i].len);
        hidden.secret[i].len = 0;
    }
    nvt_wipe(sieve, sizeof sieve);
}

/* ---- taking it out ---- */

static bool next(struct nvt_redaction *r, struct nvt_span *out_piece)
{
    bool secret = is_blind;
    if (is_blind) {
        *out_piece = NVT_LIT("***");
        bool more = r->at < r->text.len;
        r->at = r->text.len;
        return more;
    }
    bool more = nvt_redact_next(r, out_piece, &secret);
    *out_piece = secret ? NVT_LIT("***") : *out_piece;
    return more;
}

void mask_print(FILE *to, struct nvt_span text)
{
    struct nvt_redaction r = {.hidden = &hidden, .text = text};
    struct nvt_span piece;
    while (next(&r, &piece)) {
        (void)fwrite(piece.ptr, 1U, piece.len, to);
    }
}

/* As much of the piece as there is room for, cut at a character. */
static size_t take_front(char *out, size_t room, struct nvt_span piece)
{
    size_t n = piece.len < room ? piece.len : room;
    while (n > 0U && n < piece.len && (piece.ptr[n] & 0xC0U) == 0x80U) {
        n--;
    }
    if (n > 0U) {
        (void)memcpy(out, piece.ptr, n);
    }
    return n;
}

/* cut: the text is the beginning of one. */
static void copy(char *out, size_t cap, struct nvt_span text, bool cut)
{
    struct nvt_hidden all = hidden;
    struct nvt_redaction r = {.hidden = &all, .text = text};
    struct nvt_span piece;
    size_t used = 0;
    bool whole = true;
    all.cut = cut ? text.ptr + text.len : NULL;
    while (whole && next(&r, &piece)) {
        size_t n = take_front(out + used, cap - 1U - used, piece);
        used += n;
        whole = n == piece.len;
    }
    out[used] = '\0';
}

void mask_copy(char *out, size_t cap, struct nvt_span text)
{
    copy(out, cap, text, false);
}

void mask_format(char *out, size_t cap, const char *format, va_list args)
{
    char text[8192];
    int n = vsnprintf(text, sizeof text, format, args);
    copy(out, cap, nvt_span_str(n < 0 ? "" : text), n >= (int)sizeof text);
}

void mask_put(struct nvt_buf *out, struct nvt_span text)
{
    struct nvt_redaction r = {.hidden = &hidden, .text = text};
    struct nvt_span piece;
    while (next(&r, &piece)) {
        nvt_buf_put(out, piece);
    }
}
