/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The auth room's readers: the input is taken as a JWT, as the payload of one, as a token answer
 * and as a pasted credential. What holds: times are ordered and in range or untouched, scratch is
 * wiped, a token that is kept is a b64token and renewed in the future, and a token object is
 * untouched by an answer that is refused. A refresh token that is kept can be set again; an id that
 * can be set fits every grant's request.
 */
#include <navette/auth.h>

#include <stdlib.h>

#define POOL 64U
#define NOW_MS 1000000U

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void try_jwt(struct nvt_span token)
{
    struct nvt_json_tok pool[POOL];
    uint8_t mem[512];
    struct nvt_buf scratch;
    int64_t exp_s = -1;
    int64_t iat_s = -1;
    memset(mem, 0x5A, sizeof mem);
    nvt_buf_init(&scratch, mem, sizeof mem);
    nvt_err err = nvt_jwt_times(token, &scratch, pool, POOL, &exp_s, &iat_s);
    for (size_t i = 0; i < sizeof mem; i++) {
        require(mem[i] == 0U);
    }
    if (err == NVT_OK) {
        require(exp_s >= 0 && iat_s >= 0);
        require(exp_s == 0 || exp_s > iat_s);
        require(exp_s <= 253402300799 && iat_s <= 253402300799);
    } else {
        require(err == NVT_E_JWT && exp_s == -1 && iat_s == -1);
    }
}

static void try_payload(struct nvt_span payload)
{
    uint8_t mem[1024];
    struct nvt_buf token;
    nvt_buf_init(&token, mem, sizeof mem);
    nvt_buf_put(&token, NVT_LIT("e30."));
    nvt_base64_put(&token, payload, NVT_BASE64URL_BARE);
    nvt_buf_put(&token, NVT_LIT(".c2ln"));
    if (nvt_buf_err(&token) == NVT_OK) {
        try_jwt(nvt_buf_span(&token));
    }
}

/* What is kept can be set again, and is as it was then. */
static void check_refresh(const char *refresh)
{
    struct nvt_credentials c;
    memset(&c, 0, sizeof c);
    require(memchr(refresh, 0, NVT_REFRESH_CAP) != NULL);
    if (refresh[0] != '\0') {
        require(nvt_credentials_set_refresh(&c, nvt_span_str(refresh)) == NVT_OK);
        require(strcmp(c.refresh, refresh) == 0);
    }
}

/* Ids and secrets as they are pasted; those that can be set go through every request unharmed. */
static void try_secret(struct nvt_span text)
{
    struct nvt_credentials c;
    struct nvt_buf body;
    struct nvt_span media;
    uint8_t mem[10 * NVT_SECRET_CAP];
    nvt_err err = nvt_secret_check(text, text.len);
    memset(&c, 0, sizeof c);
    require(err == NVT_OK || (err <= NVT_E_CRED_EMPTY && err >= NVT_E_CRED_EDGE));
    require((err == NVT_OK) == (nvt_secret_check(text, SIZE_MAX) == NVT_OK));
    if (nvt_credentials_set_client(&c, NVT_GRANT_CLIENT_BASIC, text, text) != NVT_OK) {
        require(c.id[0] == '\0' && (err != NVT_OK || text.len >= NVT_SECRET_CAP));
        return;
    }
    require(nvt_utf8_check(text) == NVT_OK);
    for (int grant = NVT_GRANT_CLIENT_BASIC; grant <= NVT_GRANT_PASSWORD; grant++) {
        c.grant = (enum nvt_grant)grant;
        nvt_buf_init(&body, mem, sizeof mem);
        require(nvt_grant_write(&c, text, &body, &media) == NVT_OK);
    }
    size_t groups = 0;
    if (text.len > 40U) {
        return; /* slow: each group starts at the front */
    }
    while (nvt_grant_basic(&c, groups, mem) == 4U) {
        groups++;
    }
    require(groups * 3U >= 2U * text.len + 1U && groups * 3U <= 6U * text.len + 3U);
}

static void try_answer(struct nvt_span body)
{
    static struct nvt_token token;
    static struct nvt_token before;
    struct nvt_json_tok pool[POOL];
    require(nvt_token_set(&token, NVT_LIT("old"), 7U) == NVT_OK);
    token.good = true;
    before = token;
    char refresh[NVT_REFRESH_CAP];
    if (nvt_grant_read(body, pool, POOL, NOW_MS, 300U, &token, refresh) != NVT_OK) {
        require(memcmp(&before, &token, sizeof token) == 0);
        /* the refresh token may be what was wrong */
        if (nvt_grant_read(body, pool, POOL, NOW_MS, 300U, &token, NULL) != NVT_OK) {
            require(memcmp(&before, &token, sizeof token) == 0);
            return;
        }
        refresh[0] = '\0';
    }
    check_refresh(refresh);
    require(token.len > 0U && token.len <= sizeof token.text && !token.good);
    require(nvt_credential_check(nvt_span_of(token.text, token.len), sizeof token.text) == NVT_OK);
    require(token.renew_at_ms >= NOW_MS + 500U); /* half of the shortest life */
}

static void try_credential(struct nvt_span text)
{
    if (nvt_credential_check(text, text.len) == NVT_OK) {
        require(nvt_credential_check(text, text.len - 1U) == NVT_E_CRED_SIZE);
        for (size_t i = 0; i < text.len; i++) {
            require(text.ptr[i] > 0x20U && text.ptr[i] < 0x7FU && text.ptr[i] != (uint8_t)'"');
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct nvt_span input = {data, size};
    try_jwt(input);
    try_payload(input);
    try_answer(input);
    try_credential(input);
    try_secret(input);
    return 0;
}
