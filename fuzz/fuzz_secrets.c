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
static const struct nvt_environment environment = {"test", "https://api.example.net", NULL, NULL};
static const struct nvt_profile profile = {.name = "rpc",
                                           .title = "Fuzz",
                                           .environments = &environment,
                                           .environment_count = 1,
                                           .grant = NVT_GRANT_KEY_PAIR,
                                           .token_path = "/token",
                                           .token_life_s = 300};

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

static void check_taken(struct nvt_span file, struct nvt_span text, size_t max)
{
    require(nvt_credential_check(text, max) == NVT_OK);
    require(holds(file, text));
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

static void client_make(struct nvt_client *c)
{
    static struct nvt_tls_config tls;
    port.clock.mono_ms = mono_ms;
    port.clock.wall_s = wall_s;
    require(nvt_client_init(c, &profile, &port, &tls, NULL, NULL) == NVT_OK);
}

static void try_secrets(struct nvt_span file, const char *path)
{
    static struct settings set;
    struct nvt_client c;
    client_make(&c);
    set.system = &profile;
    (void)snprintf(set.token_file, sizeof set.token_file, "%s", path);
    int code = secrets_load(&c, &set);
    if (code != CLI_OK) {
        require(code == CLI_CONFIG && stand_complaints() == 1U);
        require(c.token.len == 0U && c.credentials.id[0] == '\0' &&
                c.credentials.secret[0] == '\0');
        require(strstr(stand_message, TELLTALE) == NULL);
    } else if (c.token.len > 0U) {
        require(count_lines(file) == 1U);
        check_taken(file, nvt_span_of(c.token.text, c.token.len), NVT_TOKEN_CAP);
        require(c.credentials.id[0] == '\0' && c.token.renew_at_ms == UINT64_MAX);
    } else {
        check_taken(file, nvt_span_str(c.credentials.id), NVT_SECRET_CAP - 1U);
        check_taken(file, nvt_span_str(c.credentials.secret), NVT_SECRET_CAP - 1U);
        require(count_lines(file) == 2U);
        require(c.credentials.grant == NVT_GRANT_KEY_PAIR);
    }
    nvt_client_free(&c);
}

static void try_cache(struct nvt_span file, const char *path)
{
    struct nvt_client c;
    client_make(&c);
    require(nvt_credentials_set_key_pair(&c.credentials, NVT_LIT("access"), NVT_LIT("secret")) ==
            NVT_OK);
    token_cache_load(&c, path);
    if (c.token.len > 0U) {
        check_taken(file, nvt_span_of(c.token.text, c.token.len), NVT_TOKEN_CAP);
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
    try_secrets(file, path);
    try_cache(file, path);
    return 0;
}
