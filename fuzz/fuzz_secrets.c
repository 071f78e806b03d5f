/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command's files of secrets: token or keys, and the token kept between runs. What is taken is
 * well formed and stands in the file; what is not leaves the client as it was, with one complaint
 * that does not quote the file.
 */
#include "cli_stand.h"

#define NOW_S 1750000000
#define NOW_MS 5000U
#define TELLTALE "S3CRET"

static struct nvt_port port;

/* One system for each way to get tokens. */
static const struct nvt_profile profiles[] = {
    {.name = "rpc", .grant = NVT_GRANT_KEY_PAIR, .token_path = "/token"},
    {.name = "coopcycle", .grant = NVT_GRANT_CLIENT_BASIC, .token_path = "/token"},
    {.name = "piste", .grant = NVT_GRANT_CLIENT_FORM, .token_path = "/token"},
    {.name = "jindexe", .grant = NVT_GRANT_PASSWORD, .token_path = "/token"},
    {.name = "demarches", .grant = NVT_GRANT_STATIC, .token_path = ""},
};

static uint64_t mono_ms(void *ctx)
{
    (void)ctx;
    return NOW_MS;
}

static bool wall_s(void *ctx, int64_t *out_s)
{
    (void)ctx;
    *out_s = NOW_S;
    return true;
}

static bool holds(struct nvt_span text, struct nvt_span part)
{
    for (size_t i = 0; i + part.len <= text.len; i++) {
        if (memcmp(text.ptr + i, part.ptr, part.len) == 0) {
            return true;
        }
    }
    return false;
}

/* It stands in the file, and is fit to be sent. */
static void check_taken(struct nvt_span file, const char *text)
{
    struct nvt_span span = nvt_span_str(text);
    if (span.len > 0U) {
        require(nvt_secret_check(span, span.len) == NVT_OK && holds(file, span));
    }
}

/* Lines that are neither blank nor a comment. */
static size_t count_lines(struct nvt_span file)
{
    size_t n = 0;
    bool blank = true;
    for (size_t i = 0; i < file.len; i++) {
        uint8_t c = file.ptr[i];
        if (c == (uint8_t)'\n') {
            blank = true;
        } else if (blank && strchr(" \t\r", (int)c) == NULL) {
            n += c == (uint8_t)'#' ? 0U : 1U;
            blank = false;
        }
    }
    return n;
}

static void client_make(struct nvt_client *c, const struct nvt_profile *profile)
{
    static struct nvt_tls_config tls;
    port.clock.mono_ms = mono_ms;
    port.clock.wall_s = wall_s;
    require(nvt_client_init(c, profile, &port, &tls, "https://api.example.net", NULL) == NVT_OK);
}

static void check_untouched(const struct nvt_client *c, const struct secrets_extra *extra)
{
    require(c->token.len == 0U && c->credentials.id[0] == '\0' && c->credentials.secret[0] == '\0');
    require(c->credentials.refresh[0] == '\0' && c->credentials.api_key[0] == '\0');
    require(extra->account_login[0] == '\0' && extra->account_password[0] == '\0');
}

static void check_secrets(struct nvt_span file, const struct nvt_client *c,
                          const struct secrets_extra *extra)
{
    const struct nvt_credentials *k = &c->credentials;
    const char *texts[] = {
        k->id, k->secret, k->refresh, k->api_key, extra->account_login, extra->account_password};
    size_t count = c->token.len > 0U ? 1U : 0U;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        check_taken(file, texts[i]);
        count += texts[i][0] == '\0' ? 0U : 1U;
    }
    /* Every line means something, and nothing is there by half. */
    require(count > 0U && count == count_lines(file));
    require(k->id[0] != '\0' || k->secret[0] == '\0');
    /* A user name does without its password once a login has been kept. */
    require(k->id[0] == '\0' || k->secret[0] != '\0' || k->grant == NVT_GRANT_PASSWORD);
    require((extra->account_login[0] == '\0') == (extra->account_password[0] == '\0'));
    require(k->id[0] == '\0' || k->grant == c->profile->grant);
    if (c->token.len > 0U) {
        struct nvt_span token = nvt_span_of(c->token.text, c->token.len);
        require(nvt_credential_check(token, NVT_TOKEN_CAP) == NVT_OK && holds(file, token));
        require(k->id[0] == '\0' && c->token.renew_at_ms == UINT64_MAX);
    }
}

static void try_secrets(struct nvt_span file, const char *path, const struct nvt_profile *profile)
{
    static struct settings set;
    struct nvt_client c;
    struct secrets_extra extra;
    (void)memset(&extra, 0, sizeof extra);
    client_make(&c, profile);
    set.system = profile;
    (void)snprintf(set.token_file, sizeof set.token_file, "%s", path);
    int code = secrets_load(&c, &set, &extra);
    if (code != CLI_OK) {
        require(code == CLI_CONFIG && stand_complaints() == 1U);
        check_untouched(&c, &extra);
        require(strstr(stand_message, TELLTALE) == NULL);
    } else {
        check_secrets(file, &c, &extra);
    }
    nvt_client_free(&c);
}

static void try_cache(struct nvt_span file, const char *path)
{
    struct nvt_client c;
    struct token_cache cache;
    client_make(&c, &profiles[0]);
    require(nvt_credentials_set_key_pair(&c.credentials, NVT_LIT("access"), NVT_LIT("secret")) ==
            NVT_OK);
    require(token_cache_open(&cache, &c));
    (void)snprintf(cache.path, sizeof cache.path, "%s", path);
    token_cache_load(&cache, &c);
    if (c.token.len > 0U) {
        struct nvt_span token = nvt_span_of(c.token.text, c.token.len);
        require(nvt_credential_check(token, NVT_TOKEN_CAP) == NVT_OK && holds(file, token));
        require(c.token.renew_at_ms > NOW_MS && c.token.renew_at_ms <= NOW_MS + 86400000U);
    }
    require(stand_complaints() == 0U);
    nvt_client_free(&c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct nvt_span file = nvt_span_of(data, size);
    const char *path = stand_file(data, size);
    for (size_t i = 0; i < sizeof profiles / sizeof profiles[0]; i++) {
        try_secrets(file, path, &profiles[i]);
    }
    try_cache(file, path);
    return 0;
}
