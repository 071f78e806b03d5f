/* SPDX-License-Identifier: Apache-2.0 */
/* The POST benchmark with navette: one nvt_call, used again and again. */
#include "post.h"

#include <navette/navette.h>
#include <navette/posix.h>

#include <stdio.h>

static struct nvt_posix posix;
static struct nvt_tls_config tls;
static struct nvt_client client;
static struct nvt_call call;
static struct nvt_request request;

static bool done(const char *what, nvt_err err)
{
    if (err != NVT_OK) {
        fprintf(stderr, "navette: %s: %s\n", what, nvt_err_text(err));
    }
    return err == NVT_OK;
}

bool client_open(const struct post_settings *s)
{
    static uint8_t ca[16384];
    FILE *f = fopen(s->ca_file, "rb");
    size_t ca_len = f == NULL ? 0U : fread(ca, 1U, sizeof ca, f);
    if (f != NULL) {
        fclose(f);
    }
    char url[64];
    snprintf(url, sizeof url, "https://localhost:%d", s->port);
    struct nvt_tls_settings settings = {0};
    settings.ca = nvt_span_of(ca, ca_len);
    settings.no_tls13 = s->tls12;
    nvt_posix_init(&posix);
    if (!done("trust", nvt_tls_config_init(&tls, &posix.port, &settings, NULL)) ||
        !done("client", nvt_client_init(&client, &nvt_rpc_profile, &posix.port, &tls, url, NULL)) ||
        !done("token", nvt_token_set(&client.token, nvt_span_str(s->token), UINT64_MAX))) {
        return false;
    }
    nvt_call_init(&call, &client);
    request.method = NVT_LIT("POST");
    request.target = NVT_LIT(POST_PATH);
    request.media_type = NVT_LIT("application/json");
    request.body = nvt_span_of(s->body, s->body_len);
    request.flags = NVT_REQ_KEYED;
    return true;
}

static nvt_err step(void *ctx, struct nvt_wait *out_wait)
{
    return nvt_call_step((struct nvt_call *)ctx, out_wait);
}

bool client_post(void)
{
    if (!done("begin", nvt_call_begin(&call, &request)) ||
        !done("run", nvt_posix_run(&posix, step, &call))) {
        return false;
    }
    if (call.outcome.status != POST_STATUS) {
        fprintf(stderr, "navette: status %d, %s\n", call.outcome.status,
                nvt_err_text(call.outcome.failure.err));
    }
    return call.outcome.status == POST_STATUS;
}

void client_close(void)
{
    nvt_call_free(&call);
    nvt_client_free(&client);
    nvt_tls_config_free(&tls);
    nvt_posix_free(&posix);
}
