/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What people paste: tokens, numbers and addresses, and one in place of the other. The service's
 * own help page lists these mistakes; it can only answer them with a 403.
 */
#include "demarches_text.h"

enum { TOKEN_LEN = 84, UUID_LEN = 36, UUID_CHARS = 48, DIGITS_MAX = 20 };

static bool starts_with(struct nvt_span s, struct nvt_span head)
{
    return s.len >= head.len && nvt_span_eq_nocase(nvt_span_of(s.ptr, head.len), head);
}

static bool is_digits(struct nvt_span s)
{
    size_t i = 0;
    while (i < s.len && s.ptr[i] >= (uint8_t)'0' && s.ptr[i] <= (uint8_t)'9') {
        i++;
    }
    return i == s.len && i > 0U && i <= (size_t)DIGITS_MAX;
}

/* ---- the form of a token ---- */

/* xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx in lower case, ";", visible characters. at counts from the
 * token's start. */
static bool is_inside(uint8_t c, size_t at)
{
    if (at == 8U || at == 13U || at == 18U || at == 23U) {
        return c == (uint8_t)'-';
    }
    if (at < (size_t)UUID_LEN) {
        return (c >= (uint8_t)'0' && c <= (uint8_t)'9') || (c >= (uint8_t)'a' && c <= (uint8_t)'f');
    }
    return at == (size_t)UUID_LEN ? c == (uint8_t)';' : c > 0x20U && c < 0x7FU;
}

static bool decodes(const uint8_t four[4], size_t at)
{
    uint8_t mem[3];
    struct nvt_buf b;
    nvt_buf_init(&b, mem, sizeof mem);
    bool fits = nvt_base64_decode(nvt_span_of(four, 4U), NVT_BASE64URL, &b) == NVT_OK;
    for (size_t i = 0; i < b.len; i++) {
        fits = fits && is_inside(mem[i], at + i);
    }
    return fits;
}

static bool is_letter(uint8_t c)
{
    return (c | 0x20U) >= (uint8_t)'a' && (c | 0x20U) <= (uint8_t)'z';
}

/* Four characters tell of three bytes, so each group is right or wrong by itself: NVT_OK,
 * NVT_E_CRED_CASE when another case of its letters would be right, else NVT_E_CRED_FORM. */
static nvt_err check_group(const uint8_t *group, size_t at)
{
    nvt_err err = decodes(group, at) ? NVT_OK : NVT_E_CRED_FORM;
    for (unsigned turn = 1U; turn < 16U && err == NVT_E_CRED_FORM; turn++) {
        uint8_t four[4];
        for (unsigned i = 0; i < 4U; i++) {
            bool flip = (turn >> i & 1U) != 0U && is_letter(group[i]);
            four[i] = (uint8_t)(flip ? group[i] ^ 0x20U : group[i]);
        }
        err = decodes(four, at) ? NVT_E_CRED_CASE : NVT_E_CRED_FORM;
    }
    return err;
}

/* The whole groups of text. */
static nvt_err check_groups(struct nvt_span text)
{
    nvt_err err = NVT_OK;
    for (size_t i = 0; i + 4U <= text.len && err != NVT_E_CRED_FORM; i += 4U) {
        nvt_err group = check_group(text.ptr + i, i / 4U * 3U);
        err = group == NVT_OK ? err : group;
    }
    return err;
}

/* base64url( UUID ";" 24 VCHAR ) */
static nvt_err check_form(struct nvt_span text)
{
    if (text.len > (size_t)TOKEN_LEN || text.len < 8U) {
        return NVT_E_CRED_FORM;
    }
    nvt_err err = check_groups(text);
    if (err != NVT_E_CRED_FORM && text.len < (size_t)TOKEN_LEN) {
        err = NVT_E_CRED_CUT;
    }
    return err;
}

nvt_err nvt_demarches_token_check(struct nvt_span text)
{
    struct nvt_span bare = nvt_span_trim(text);
    if (starts_with(bare, NVT_LIT("http://")) || starts_with(bare, NVT_LIT("https://")) ||
        starts_with(bare, NVT_LIT("www."))) {
        return NVT_E_CRED_URL;
    }
    if (starts_with(bare, NVT_LIT("token="))) {
        return NVT_E_CRED_PREFIX;
    }
    if (is_digits(bare)) {
        return NVT_E_CRED_NUMBER;
    }
    nvt_err err = nvt_credential_check(text, NVT_TOKEN_CAP);
    return err == NVT_OK ? check_form(text) : err;
}

/* ---- numbers ---- */

nvt_err nvt_demarches_number(struct nvt_span text, int32_t *out_number)
{
    uint64_t n = 0;
    if (text.len == 0U) {
        return NVT_E_FIELD_MISSING;
    }
    if (!is_digits(text)) {
        return NVT_E_FIELD_FORMAT;
    }
    if (nvt_u64_parse(text, (uint64_t)INT32_MAX, &n) != NVT_OK || n == 0U) {
        return NVT_E_FIELD_RANGE;
    }
    *out_number = (int32_t)n;
    return NVT_OK;
}

/* base64( type "-" 1*DIGIT ) */
nvt_err nvt_demarches_id_number(struct nvt_span id, int32_t *out_number)
{
    uint8_t mem[48];
    struct nvt_buf b;
    size_t at = 0;
    nvt_buf_init(&b, mem, sizeof mem);
    if (nvt_base64_decode(id, NVT_BASE64, &b) != NVT_OK) {
        return NVT_E_FIELD_FORMAT;
    }
    while (at < b.len && mem[at] != (uint8_t)'-') {
        at++;
    }
    struct nvt_span number = nvt_span_drop(nvt_buf_span(&b), at + 1U);
    return nvt_demarches_number(number, out_number) == NVT_OK ? NVT_OK : NVT_E_FIELD_FORMAT;
}

/* ---- addresses ---- */

nvt_err nvt_demarches_url_check(struct nvt_span url, struct nvt_span *out_base)
{
    size_t i = 0;
    unsigned slashes = 0;
    while (i < url.len && (slashes < 2U || url.ptr[i] != (uint8_t)'/')) {
        slashes += url.ptr[i] == (uint8_t)'/' ? 1U : 0U;
        i++;
    }
    struct nvt_span path = nvt_span_drop(url, i);
    *out_base = nvt_span_of(url.ptr, i);
    bool wrong = starts_with(path, NVT_LIT("/graphql")) || starts_with(path, NVT_LIT("/api"));
    return wrong ? NVT_E_URL : NVT_OK;
}
