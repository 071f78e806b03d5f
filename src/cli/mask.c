/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last gate before anything is printed: a server may send back what it was sent, and an answer
 * ends up on terminals and in logs. Whatever this run has sent as a secret comes out as "***", in
 * the forms in which it went out. What is shorter than 8 bytes is left alone: it would be found in
 * harmless text too.
 */
#include "cli.h"

#define SHORTEST 8U
#define FIXED_MAX 40U /* what does not change during a run */
#define RECENT_MAX 4U /* tokens: the newest ones */

struct secret {
    uint8_t text[NVT_TOKEN_CAP];
    size_t len; /* 0: none */
};

static struct secret secrets[FIXED_MAX + RECENT_MAX];
static bool starts[256]; /* bytes that a secret starts with: most of a long body does not */
static size_t fixed_count;
static size_t recent_next;

/* ---- what is secret ---- */

static bool is_known(struct nvt_span text)
{
    size_t i = 0;
    while (i < FIXED_MAX + RECENT_MAX &&
           !nvt_span_eq(nvt_span_of(secrets[i].text, secrets[i].len), text)) {
        i++;
    }
    return i < FIXED_MAX + RECENT_MAX;
}

static bool is_fit(struct nvt_span text)
{
    return text.len >= SHORTEST && text.len <= NVT_TOKEN_CAP && !is_known(text);
}

static void keep(struct secret *s, struct nvt_span text)
{
    (void)memcpy(s->text, text.ptr, text.len);
    s->len = text.len;
    starts[text.ptr[0]] = true;
}

static void add_as_is(struct nvt_span text)
{
    if (is_fit(text) && fixed_count < FIXED_MAX) {
        keep(&secrets[fixed_count], text);
        fixed_count++;
    }
}

static void add_recent(struct nvt_span text)
{
    if (is_fit(text)) {
        keep(&secrets[FIXED_MAX + recent_next], text);
        recent_next = (recent_next + 1U) % RECENT_MAX;
    }
}

static void put_unit(struct nvt_buf *b, uint32_t unit)
{
    static const char digits[] = "0123456789abcdef";
    nvt_buf_put(b, NVT_LIT("\\u"));
    for (unsigned shift = 16U; shift > 0U; shift -= 4U) {
        nvt_buf_put_byte(b, (uint8_t)digits[(unit >> (shift - 4U)) & 15U]);
    }
}

static bool is_escaped(uint32_t cp, bool slashes)
{
    return cp == (uint32_t)'"' || cp == (uint32_t)'\\' || (slashes && cp == (uint32_t)'/');
}

/* A string's inside in JSON, with two liberties that writers take: "\\/" and "\\u00e9". */
static bool put_json(struct nvt_buf *b, struct nvt_span text, bool slashes, bool ascii)
{
    struct nvt_span rest = text;
    uint32_t cp = 0;
    while (nvt_utf8_next(&rest, &cp) == NVT_OK) {
        if (is_escaped(cp, slashes)) {
            nvt_buf_put_byte(b, (uint8_t)'\\');
        }
        if (ascii && cp >= 0x80U && cp < 0x10000U) {
            put_unit(b, cp);
        } else {
            nvt_utf8_put(b, cp);
        }
    }
    return rest.len == 0U && !b->overflow;
}

void mask_add(struct nvt_span text)
{
    uint8_t mem[NVT_TOKEN_CAP];
    add_as_is(text);
    for (unsigned how = 0; how < 4U; how++) {
        struct nvt_buf b;
        nvt_buf_init(&b, mem, sizeof mem);
        if (put_json(&b, text, (how & 1U) != 0U, (how & 2U) != 0U)) {
            add_as_is(nvt_buf_span(&b));
        }
    }
    nvt_wipe(mem, sizeof mem);
}

/* As a form carries it, too. */
static void add_text(const char *text)
{
    uint8_t mem[3U * NVT_SECRET_CAP + 2U];
    struct nvt_buf b;
    nvt_buf_init(&b, mem, sizeof mem);
    mask_add(nvt_span_str(text));
    nvt_form_put(&b, NVT_LIT(""), nvt_span_str(text));
    if (!b.overflow) {
        add_as_is(nvt_span_drop(nvt_buf_span(&b), 1)); /* without the '=' */
    }
    nvt_wipe(mem, sizeof mem);
}

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

/* Chorus Pro's field. */
static void add_account(const struct secrets_extra *extra)
{
    struct nvt_piste_account account;
    if (nvt_piste_account_set(&account, nvt_span_str(extra->account_login),
                              nvt_span_str(extra->account_password)) == NVT_OK) {
        mask_add(nvt_span_of(account.text, account.len));
    }
    nvt_piste_account_wipe(&account);
}

void mask_learn(const struct nvt_client *c, const struct secrets_extra *extra)
{
    add_text(c->credentials.secret);
    add_text(c->credentials.api_key);
    add_text(extra->account_password);
    add_basic(&c->credentials);
    add_account(extra);
    mask_learn_tokens(c);
}

void mask_learn_tokens(const struct nvt_client *c)
{
    add_recent(nvt_span_of(c->token.text, c->token.len));
    add_recent(nvt_span_str(c->credentials.refresh));
}

void mask_forget(void)
{
    /* Places never used stay untouched, and so take no memory. */
    for (size_t i = 0; i < FIXED_MAX + RECENT_MAX; i++) {
        if (secrets[i].len > 0U) {
            nvt_wipe(&secrets[i], sizeof secrets[i]);
        }
    }
    nvt_wipe(starts, sizeof starts);
    fixed_count = 0;
}

/* ---- taking it out ---- */

/* The length of the secret that text starts with, 0: none. */
static size_t secret_at(struct nvt_span text)
{
    size_t found = 0;
    for (size_t i = 0; starts[text.ptr[0]] && i < FIXED_MAX + RECENT_MAX; i++) {
        const struct secret *s = &secrets[i];
        bool same = s->len > found && s->len <= text.len && memcmp(s->text, text.ptr, s->len) == 0;
        found = same ? s->len : found;
    }
    return found;
}

/* Bytes before the next secret. */
static size_t plain_len(struct nvt_span text)
{
    struct nvt_span rest = text;
    while (rest.len > 0U && secret_at(rest) == 0U) {
        rest = nvt_span_drop(rest, 1U);
    }
    return text.len - rest.len;
}

void mask_print(FILE *to, struct nvt_span text)
{
    struct nvt_span rest = text;
    while (rest.len > 0U) {
        size_t n = plain_len(rest);
        (void)fwrite(rest.ptr, 1U, n, to);
        rest = nvt_span_drop(rest, n);
        if (rest.len > 0U) {
            (void)fputs("***", to);
            rest = nvt_span_drop(rest, secret_at(rest));
        }
    }
}

void mask_put(struct nvt_buf *out, struct nvt_span text)
{
    struct nvt_span rest = text;
    while (rest.len > 0U) {
        size_t n = plain_len(rest);
        nvt_buf_put(out, nvt_span_of(rest.ptr, n));
        rest = nvt_span_drop(rest, n);
        if (rest.len > 0U) {
            nvt_buf_put(out, NVT_LIT("***"));
            rest = nvt_span_drop(rest, secret_at(rest));
        }
    }
}
