/* SPDX-License-Identifier: Apache-2.0 */
/* What a client needs to get in again after a power cut, kept in the spool. */
#include <navette/uplink.h>

enum {
    KEY_REFRESH = 0,
    KEY_ACCESS = 1,
    END_LEN = 8 /* the access token's end: seconds since 1970, little-endian, in front of it */
};

/* Durable when it returns: the token before it is worth nothing any more. */
static nvt_err keep_refresh(void *ctx, struct nvt_span refresh_token)
{
    struct nvt_spool *s = (struct nvt_spool *)ctx;
    bool held = s->held;
    nvt_err err = nvt_spool_put_value(s, (uint8_t)KEY_REFRESH, refresh_token);
    if (err == NVT_OK && held) {
        err = nvt_spool_commit(s);
        nvt_spool_hold(s);
    }
    return err;
}

static nvt_err load_refresh(struct nvt_client *client, struct nvt_spool *spool)
{
    uint8_t mem[NVT_REFRESH_CAP];
    struct nvt_buf b;
    nvt_buf_init(&b, mem, sizeof mem);
    nvt_err err = nvt_spool_get_value(spool, (uint8_t)KEY_REFRESH, &b);
    if (err == NVT_OK) {
        (void)nvt_credentials_set_refresh(&client->credentials, nvt_buf_span(&b));
    }
    nvt_wipe(mem, sizeof mem);
    return err;
}

static bool wall_of(const struct nvt_client *client, int64_t *out_s)
{
    const struct nvt_port_clock *clock = &client->port->clock;
    return clock->wall_s(clock->ctx, out_s);
}

static uint64_t mono_of(const struct nvt_client *client)
{
    const struct nvt_port_clock *clock = &client->port->clock;
    return clock->mono_ms(clock->ctx);
}

/* In place, so that nobody needs room for a second token. */
static nvt_err load_access(struct nvt_client *client, struct nvt_spool *spool)
{
    struct nvt_token *t = &client->token;
    struct nvt_buf b;
    int64_t now_s = 0;
    int64_t end_s = 0;
    nvt_token_wipe(t);
    nvt_buf_init(&b, t->text, sizeof t->text);
    nvt_err err = nvt_spool_get_value(spool, (uint8_t)KEY_ACCESS, &b);
    bool good = err == NVT_OK && b.len > (size_t)END_LEN && wall_of(client, &now_s);
    for (unsigned i = 0; good && i < (unsigned)END_LEN; i++) {
        end_s |= (int64_t)((uint64_t)t->text[i] << (8U * i));
    }
    if (good && end_s > now_s) {
        t->len = b.len - (size_t)END_LEN;
        (void)memmove(t->text, t->text + END_LEN, t->len);
        t->renew_at_ms = mono_of(client) + (uint64_t)(end_s - now_s) * 1000U;
    } else {
        nvt_token_wipe(t);
    }
    return err;
}

nvt_err nvt_uplink_keep_tokens(struct nvt_client *client, struct nvt_spool *spool)
{
    client->keeper = (struct nvt_keeper){.keep = keep_refresh, .ctx = spool};
    nvt_err err = load_refresh(client, spool);
    if (err == NVT_OK || err == NVT_E_SPOOL_EMPTY || err == NVT_E_SPACE) {
        err = load_access(client, spool);
    }
    return err == NVT_E_SPOOL_EMPTY || err == NVT_E_SPACE ? NVT_OK : err;
}

nvt_err nvt_uplink_save_token(struct nvt_client *client, struct nvt_spool *spool)
{
    struct nvt_token *t = &client->token;
    uint64_t mono_ms = mono_of(client);
    int64_t now_s = 0;
    if (t->len == 0U || t->len + (size_t)END_LEN > sizeof t->text || t->renew_at_ms <= mono_ms ||
        t->renew_at_ms == UINT64_MAX || !wall_of(client, &now_s)) {
        return NVT_OK;
    }
    uint64_t end_s = (uint64_t)now_s + (t->renew_at_ms - mono_ms) / 1000U;
    (void)memmove(t->text + END_LEN, t->text, t->len);
    for (unsigned i = 0; i < (unsigned)END_LEN; i++) {
        t->text[i] = (uint8_t)(end_s >> (8U * i));
    }
    nvt_err err = nvt_spool_put_value(spool, (uint8_t)KEY_ACCESS,
                                      nvt_span_of(t->text, t->len + (size_t)END_LEN));
    (void)memmove(t->text, t->text + END_LEN, t->len);
    nvt_wipe(t->text + t->len, (size_t)END_LEN);
    return err;
}
