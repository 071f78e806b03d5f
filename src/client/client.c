/* SPDX-License-Identifier: Apache-2.0 */
/* What the calls to one system share. */
#include <navette/client.h>

static bool is_same(const struct nvt_origin *a, const struct nvt_origin *b)
{
    return a->port == b->port && strcmp(a->host, b->host) == 0 &&
           strcmp(a->base_path, b->base_path) == 0;
}

/* What the profile knows of the place that c->origin names. Another place has the token route below
 * its own base URL, and the profile's quotas. */
static nvt_err find_environment(struct nvt_client *c)
{
    const struct nvt_environment *found = NULL;
    for (size_t i = 0; i < c->profile->environment_count && found == NULL; i++) {
        const struct nvt_environment *e = &c->profile->environments[i];
        if (nvt_origin_parse(nvt_span_str(e->url), &c->token_origin) == NVT_OK &&
            is_same(&c->token_origin, &c->origin)) {
            found = e;
        }
    }
    (void)memset(&c->token_origin, 0, sizeof(c->token_origin));
    if (found != NULL && found->rates != NULL) {
        c->rates = found->rates;
    }
    if (found == NULL || found->token_url == NULL) {
        return NVT_OK;
    }
    return nvt_client_set_token_url(c, found->token_url);
}

nvt_err nvt_client_init(struct nvt_client *c, const struct nvt_profile *profile,
                        const struct nvt_port *port, struct nvt_tls_config *tls, const char *url,
                        const struct nvt_timeouts *timeouts)
{
    if (c == NULL || profile == NULL || port == NULL || tls == NULL) {
        return NVT_E_ARG;
    }
    (void)memset(c, 0, sizeof(*c));
    c->profile = profile;
    c->port = port;
    c->tls = tls;
    c->rates = profile->rates;
    c->scope = profile->scope;
    c->credentials.grant = NVT_GRANT_STATIC;
    c->credentials.basic_plain = profile->basic_plain;
    if (timeouts != NULL) {
        c->timeouts = *timeouts;
    }
    if (url == NULL && profile->environment_count > 0U) {
        url = profile->environments[0].url;
    }
    nvt_err err = nvt_origin_parse(nvt_span_str(url), &c->origin);
    return err == NVT_OK ? find_environment(c) : err;
}

nvt_err nvt_client_set_token_url(struct nvt_client *c, const char *token_url)
{
    struct nvt_origin o;
    struct nvt_span url = nvt_span_str(token_url);
    nvt_err err = c == NULL ? NVT_E_ARG : nvt_origin_parse(url, &o);
    if (err != NVT_OK) {
        return err;
    }
    /* A base URL loses its final '/'; here it is part of the path. */
    size_t len = strlen(o.base_path);
    if (url.ptr[url.len - 1U] == (uint8_t)'/') {
        if (len + 1U >= sizeof(o.base_path)) {
            return NVT_E_URL;
        }
        o.base_path[len] = '/';
        o.base_path[len + 1U] = '\0';
    }
    c->token_origin = o;
    return NVT_OK;
}

void nvt_client_free(struct nvt_client *c)
{
    if (c != NULL) {
        nvt_credentials_wipe(&c->credentials);
        nvt_token_wipe(&c->token);
        c->token_busy = NULL;
    }
}
