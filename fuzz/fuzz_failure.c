/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server's words on a failure. Whatever it sends: each text ends, is valid UTF-8 without
 * controls, and holds neither a secret nor a telling part of one; so does what is added to a text.
 */
#include "../src/client/call.h"

#include <stdlib.h>

#define POOL 64U
#define TELLING 12U /* bytes of a secret that count as the secret */

/* A token, and two keys of which one is shorter than its telling part. */
static const char *const secrets[NVT_HIDDEN_MAX] = {"eyJhbGciOiJSUzI1NiJ9-sig", "aaaaaaaaaaaab",
                                                    "abc", "p w&q:r=stuvwxyz+%"};

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
    char head[TELLING + 1U] = {0};
    size_t len = strlen(secret);
    memcpy(head, secret, len < TELLING ? len : TELLING);
    require(strstr(text, head) == NULL);
}

static void check_text(const char *text, size_t cap)
{
    require(memchr(text, 0, cap) != NULL);
    check_characters(nvt_span_str(text));
    for (size_t i = 0; i < NVT_HIDDEN_MAX; i++) {
        check_secret(text, secrets[i]);
    }
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
    struct nvt_hidden hidden;
    memset(&hidden, 0, sizeof hidden);
    for (size_t i = 0; i < NVT_HIDDEN_MAX; i++) {
        hidden.secret[i] = nvt_span_str(secrets[i]);
    }
    try_read(text, POOL, &hidden);
    if (size > 0U) {
        try_words(nvt_span_drop(text, 1), 1U + data[0] % 40U, data[0] >= 0x80U, &hidden);
    }
    return 0;
}
