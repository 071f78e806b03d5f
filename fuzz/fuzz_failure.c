/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server's words on a failure. Whatever it sends: each text ends, is valid UTF-8 without
 * controls, and holds no 8 bytes of a secret in a row; so does what is added to a text.
 */
#include "../src/client/call.h"

#include <stdlib.h>

#define POOL 64U
#define TELLING 8U /* bytes in a row of a secret that count as the secret */

/* A token, two keys of which one is shorter than what tells, and what a person chose. */
static const char *const secrets[NVT_HIDDEN_MAX] = {"eyJhbGciOiJSUzI1NiJ9-sig", "aaaaaaaaaaaab",
                                                    "abc", "p w&\xC3\xA9q:r=stuvwxyz+"};
#define HEADER "bG9naW46cGFzcw=="

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void check_characters(struct nvt_span text)
{
    uint32_t cp = 0;
    while (text.len > 0U) {
        require(nvt_utf8_next(&text, &cp) == NVT_OK);
        require(cp >= 0x20U && (cp < 0x7FU || cp > 0x9FU));
        require((cp < 0x2028U || cp > 0x202EU) && (cp < 0x2066U || cp > 0x2069U));
    }
}

static void check_secret(const char *text, const char *secret)
{
    char part[TELLING + 1U] = {0};
    size_t len = strlen(secret) < TELLING ? strlen(secret) : TELLING;
    for (size_t i = 0; i + len <= strlen(secret); i++) {
        memcpy(part, secret + i, len);
        require(strstr(text, part) == NULL);
    }
}

static int hex_value(char c)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *at = c == '\0' ? NULL : strchr(digits, c);
    return at == NULL ? -1 : (int)(at - digits) % 16;
}

/* Takes the coat of a form off: out is as long as text at most. */
static void undress(const char *text, char *out)
{
    while (*text != '\0') {
        int high = *text == '%' ? hex_value(text[1]) : -1;
        int low = high >= 0 ? hex_value(text[2]) : -1;
        *out = *text == '+' ? ' ' : *text;
        if (low >= 0) {
            *out = (char)(high * 16 + low);
            text += 2;
        }
        /* a NUL ends no text here */
        *out = *out == '\0' ? '\1' : *out;
        text++;
        out++;
    }
    *out = '\0';
}

static void check_text(const char *text, size_t cap)
{
    char bare[512];
    require(memchr(text, 0, cap) != NULL && cap <= sizeof bare);
    check_characters(nvt_span_str(text));
    undress(text, bare);
    for (size_t i = 0; i < NVT_HIDDEN_MAX; i++) {
        check_secret(text, secrets[i]);
        check_secret(bare, secrets[i]);
    }
    check_secret(text, HEADER);
}

static void try_read(struct nvt_span body, size_t pool_count, const struct nvt_hidden *hidden)
{
    static struct nvt_json_tok pool[POOL];
    struct nvt_failure f;
    memset(&f, 'x', sizeof f);
    nvt_failure_read(&f, body, pool, pool_count, hidden);
    check_text(f.code, sizeof f.code);
    check_text(f.message, sizeof f.message);
    check_text(f.field, sizeof f.field);
}

/* In memory of exactly its size. */
static void try_words(struct nvt_span text, size_t cap, bool escaped,
                      const struct nvt_hidden *hidden)
{
    char *out = calloc(cap, 1U);
    require(out != NULL);
    nvt_failure_words(out, cap, text, escaped, hidden);
    check_text(out, cap);
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct nvt_span text = nvt_span_of(data, size);
    static const struct nvt_header headers[] = {
        {{(const uint8_t *)"a", 1}, {(const uint8_t *)"no secret", 9}, false},
        {{(const uint8_t *)"b", 1}, {(const uint8_t *)HEADER, sizeof HEADER - 1U}, true}};
    struct nvt_hidden hidden = {.headers = headers, .header_count = 2};
    for (size_t i = 0; i < NVT_HIDDEN_MAX; i++) {
        hidden.secret[i] = nvt_span_str(secrets[i]);
    }
    hidden.cut = size > 0U && (data[size - 1U] & 1U) != 0U ? data + size : NULL;
    try_read(text, POOL, &hidden);
    if (size > 0U) {
        try_words(nvt_span_drop(text, 1), 1U + data[0] % 40U, data[0] >= 0x80U, &hidden);
    }
    return 0;
}
