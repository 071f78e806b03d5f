/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The redactor: whatever the secret and the text, what shows holds no 8 bytes of the secret in a
 * row, as it is, in base64 or behind %XX; the pieces are the text and keep its characters whole;
 * with an index all is the same; without a secret all of it shows. Where the text was cut it does
 * not end with the secret's front.
 *
 *     <length of the secret> <secret> <text>
 */
#include <navette/client.h>

#include <stdlib.h>

#define SHARED 8U
#define TEXT_MAX 4096U

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

static bool is_hidden_at[TEXT_MAX];

static void go_over(const struct nvt_hidden *hidden, struct nvt_span text)
{
    struct nvt_redaction r = {.hidden = hidden, .text = text};
    struct nvt_span piece;
    bool is_hidden = false;
    bool was_hidden = false;
    size_t at = 0;
    while (nvt_redact_next(&r, &piece, &is_hidden)) {
        require(piece.ptr == text.ptr + at && piece.len > 0U && !(is_hidden && was_hidden));
        memset(is_hidden_at + at, is_hidden ? 1 : 0, piece.len);
        at += piece.len;
        was_hidden = is_hidden;
    }
    require(at == text.len);
}

/* Does part stand there, all of it shown? */
static bool shows_at(struct nvt_span text, size_t at, struct nvt_span part)
{
    bool same = at + part.len <= text.len && memcmp(text.ptr + at, part.ptr, part.len) == 0;
    for (size_t i = 0; same && i < part.len; i++) {
        same = !is_hidden_at[at + i];
    }
    return same;
}

static bool shows(struct nvt_span text, struct nvt_span part)
{
    size_t at = 0;
    while (at < text.len && !shows_at(text, at, part)) {
        at++;
    }
    return at < text.len;
}

/* All letters but the last of 8 bytes after so many others, which hold 8 bits of each but one. */
static void check_base64(struct nvt_span text, struct nvt_span part, size_t lead)
{
    uint8_t bytes[2U + SHARED + 1U] = {0};
    uint8_t mem[16];
    struct nvt_buf b;
    memcpy(bytes + lead, part.ptr, part.len);
    nvt_buf_init(&b, mem, sizeof mem);
    nvt_base64_put(&b, nvt_span_of(bytes, (lead + part.len) / 3U * 3U), NVT_BASE64);
    struct nvt_span letters = nvt_span_drop(nvt_buf_span(&b), lead == 0U ? 0U : 4U);
    require(letters.len < 11U || !shows(text, letters));
}

static void check_percent(struct nvt_span text, struct nvt_span part)
{
    uint8_t mem[3U * SHARED];
    struct nvt_buf b;
    nvt_buf_init(&b, mem, sizeof mem);
    nvt_percent_put(&b, part);
    require(!shows(text, nvt_buf_span(&b)));
}

/* Names of fields that carry secrets are none. */
static bool is_of_name(struct nvt_span part)
{
    static const char names[] = "Authorization access_token refresh_token client_secret secret_key "
                                "client_credentials cpro-account access_key grant_type X-API-KEY "
                                "password username client_id KeyId";
    struct nvt_span rest = nvt_span_str(names);
    while (rest.len >= part.len && !nvt_span_eq_nocase(nvt_span_of(rest.ptr, part.len), part)) {
        rest = nvt_span_drop(rest, 1);
    }
    return rest.len >= part.len;
}

/* A character that begins within the part counts as a whole. */
static bool is_whole(struct nvt_span secret, size_t end)
{
    return end == secret.len || (secret.ptr[end] & 0xC0U) != 0x80U;
}

static void check(struct nvt_span secret, struct nvt_span text)
{
    size_t len = secret.len < SHARED ? secret.len : SHARED;
    for (size_t at = 0; at + len <= secret.len; at++) {
        struct nvt_span part = nvt_span_of(secret.ptr + at, len);
        if (is_whole(secret, at + len) && !is_of_name(part)) {
            require(!shows(text, part));
            check_percent(text, part);
            for (size_t lead = 0; lead < 3U && len == SHARED; lead++) {
                check_base64(text, part, lead);
            }
        }
    }
}

/* Does the text end with this, all of it shown? */
static bool shows_at_end(struct nvt_span text, struct nvt_span part)
{
    return part.len > 0U && part.len <= text.len && shows_at(text, text.len - part.len, part);
}

/* Letters of base64 after so many other bytes, those alone that hold bits of the front. */
static void check_cut_base64(struct nvt_span text, struct nvt_span front, size_t lead)
{
    uint8_t bytes[2U + SHARED] = {0};
    uint8_t mem[16];
    struct nvt_buf b;
    memcpy(bytes + lead, front.ptr, front.len);
    nvt_buf_init(&b, mem, sizeof mem);
    nvt_base64_put(&b, nvt_span_of(bytes, lead + front.len), NVT_BASE64);
    if ((lead + front.len) % 3U == 0U) {
        require(!shows_at_end(text, nvt_span_drop(nvt_buf_span(&b), lead)));
    }
}

/* A secret's front where the text was cut. */
static void check_cut(struct nvt_span secret, struct nvt_span text)
{
    for (size_t len = 1; len < secret.len && len < SHARED; len++) {
        uint8_t mem[3U * SHARED];
        struct nvt_buf b;
        struct nvt_span front = nvt_span_of(secret.ptr, len);
        nvt_buf_init(&b, mem, sizeof mem);
        nvt_percent_put(&b, front);
        if (!is_of_name(front)) {
            require(!shows_at_end(text, front));
            require(!shows_at_end(text, nvt_buf_span(&b)));
            for (size_t lead = 0; lead < 3U; lead++) {
                check_cut_base64(text, front, lead);
            }
        }
    }
}

/* The same with an index. */
static void check_index(struct nvt_hidden *hidden, struct nvt_span text)
{
    static uint8_t index[NVT_REDACT_INDEX_LEN];
    static bool before[TEXT_MAX];
    memcpy(before, is_hidden_at, text.len);
    memset(index, 0, sizeof index);
    nvt_redact_note(index, hidden->secret[2]);
    hidden->index = index;
    go_over(hidden, text);
    require(memcmp(before, is_hidden_at, text.len) == 0);
    hidden->index = NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct nvt_hidden hidden = {.host = {NULL, NULL}};
    size_t len = size == 0U ? 0U : data[0] % 64U;
    if (size < 2U + len || size - 1U - len > TEXT_MAX) {
        return 0;
    }
    struct nvt_span text = nvt_span_of(data + 1U + len, size - 1U - len);
    hidden.secret[2] = nvt_span_of(data + 1, len);
    go_over(&hidden, text);
    if (len == 0U) {
        require(memchr(is_hidden_at, 1, text.len) == NULL);
        return 0;
    }
    check(hidden.secret[2], text);
    check_index(&hidden, text);
    hidden.cut = text.ptr + text.len;
    go_over(&hidden, text);
    check(hidden.secret[2], text);
    check_cut(hidden.secret[2], text);
    check_index(&hidden, text);
    return 0;
}
