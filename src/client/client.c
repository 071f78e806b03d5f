/* SPDX-License-Identifier: Apache-2.0 */
/* What the calls to one system share. */
#include <navette/client.h>

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
    if (timeouts != NULL) {
        c->timeouts = *timeouts;
    }
    if (url == NULL && profile->environment_count > 0U) {
        url = profile->environments[0].url;
    }
    return nvt_origin_parse(nvt_span_str(url), &c->origin);
}

nvt_err nvt_client_set_token_url(struct nvt_client *c, const char *token_url)
{
    return nvt_origin_parse(nvt_span_str(token_url), &c->token_origin);
}

void nvt_client_free(struct nvt_client *c)
{
    if (c != NULL) {
        nvt_credentials_wipe(&c->credentials);
        nvt_token_wipe(&c->token);
        c->token_busy = NULL;
    }
}
