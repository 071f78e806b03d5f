/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Auth room: what to send for a token and what to keep of the answer; the shape of credentials; the
 * expiry of a JWT. No I/O and no clock: times are handed in.
 */
#ifndef NAVETTE_AUTH_H
#define NAVETTE_AUTH_H

#include <navette/json.h>

enum nvt_grant {
    NVT_GRANT_STATIC,   /* the token was issued once, by hand */
    NVT_GRANT_KEY_PAIR, /* POST JSON {access_key, secret_key} -> {access_token} (registry, v3) */
    NVT_GRANT_CLIENT_BASIC, /* client credentials (RFC 6749 section 4.4), HTTP Basic (CoopCycle) */
    NVT_GRANT_CLIENT_FORM,  /* the same with id and secret in the form (PISTE) */
    NVT_GRANT_PASSWORD,     /* JSON password grant, then refresh tokens that rotate (Jindexe) */
};

/* All secrets of one client, and how they are written. Wipe with nvt_credentials_wipe. */
struct nvt_credentials {
    enum nvt_grant grant;
    char id[NVT_SECRET_CAP];       /* access_key, client_id, user name; "" with a static token */
    char secret[NVT_SECRET_CAP];   /* secret_key, client_secret, password; the same */
    char refresh[NVT_REFRESH_CAP]; /* refresh token; "" when there is none */
    char api_key[NVT_API_KEY_CAP]; /* goes along where a route asks for it; "" when there is none */
    bool basic_plain; /* as nvt_profile.basic_plain, which nvt_client_init takes over; wiping leaves
                         it */
};

/* An access token and its life, on the monotonic clock. */
struct nvt_token {
    uint8_t text[NVT_TOKEN_CAP];
    size_t len;           /* 0: none */
    uint64_t renew_at_ms; /* UINT64_MAX: never */
    bool good;            /* the server accepted it at least once */
};

/* What is wrong with a credential as it was pasted, before it is sent: NVT_E_CRED_*, the most
 * telling one when there are several. Tokens and keys are b64token of RFC 6750 section 2.1.
 * max_len: most bytes it may have. */
nvt_err nvt_credential_check(struct nvt_span text, size_t max_len);

/* The same for ids, passwords and keys, which may be any UTF-8 text without controls: a space or a
 * quote is refused at the ends only (NVT_E_CRED_EDGE), else NVT_E_CRED_EMPTY, _EOL, _BYTE, _SIZE.
 */
nvt_err nvt_secret_check(struct nvt_span text, size_t max_len);

/* Checks and copies. NVT_E_CRED_*. The object is untouched on an error. */
nvt_err nvt_credentials_set_key_pair(struct nvt_credentials *c, struct nvt_span id,
                                     struct nvt_span secret);

/* Client credentials, grant NVT_GRANT_CLIENT_BASIC or _FORM. Ids and secrets are UTF-8 without
 * controls (RFC 6749 appendix A.1 and A.2 allow ASCII; some servers more): spaces, quotes and
 * colons may stand inside, but not at the ends; an id that goes out plain in Basic has no colon
 * (NVT_E_CRED_BYTE). NVT_E_CRED_*, NVT_E_ARG (another grant). */
nvt_err nvt_credentials_set_client(struct nvt_credentials *c, enum nvt_grant grant,
                                   struct nvt_span id, struct nvt_span secret);

/* User name and password of NVT_GRANT_PASSWORD, as above. Without a password (the user name may be
 * empty too) only a refresh token gets the user in. */
nvt_err nvt_credentials_set_password(struct nvt_credentials *c, struct nvt_span username,
                                     struct nvt_span password);

/* The last refresh token that was kept, for NVT_GRANT_PASSWORD; and the key of an API. Texts as
 * above. */
nvt_err nvt_credentials_set_refresh(struct nvt_credentials *c, struct nvt_span refresh_token);
nvt_err nvt_credentials_set_api_key(struct nvt_credentials *c, struct nvt_span api_key);

nvt_err nvt_token_set(struct nvt_token *t, struct nvt_span text, uint64_t renew_at_ms);

void nvt_credentials_wipe(struct nvt_credentials *c);
void nvt_token_wipe(struct nvt_token *t);

/* Body and media type of the token request; scope (may be empty) goes along with client
 * credentials. body is empty at first, and after an error empty and wiped: NVT_E_SPACE, NVT_E_UTF8
 * (credentials that no nvt_credentials_set_... checked), NVT_E_ARG (a static token needs no
 * request). */
nvt_err nvt_grant_write(const struct nvt_credentials *c, struct nvt_span scope,
                        struct nvt_buf *body, struct nvt_span *out_media_type);

/* What follows "Basic " for NVT_GRANT_CLIENT_BASIC, four characters a group from 0 on: base64 of id
 * ":" secret, both form-encoded (RFC 6749 section 2.3.1) unless c->basic_plain. 4, or 0 behind the
 * last group. In pieces, so that nobody needs a buffer of 1 020 bytes to write the field or to find
 * it in a text. */
size_t nvt_grant_basic(const struct nvt_credentials *c, size_t group, uint8_t out[4]);

/* Reads a 2xx token answer: access_token (required), expires_in (whole seconds from 1 up; else the
 * JWT's exp minus its iat; else default_life_s, 0: it lives for ever), token_type (must be Bearer
 * when there). null counts as absent, a member named twice as no answer. The token is renewed after
 * its life less a margin of a tenth of it, at least 15 s and at most 60 s, but never more than half
 * the life. out_refresh: NVT_REFRESH_CAP bytes for the refresh token, "" when there is none; one
 * that could not be set by nvt_credentials_set_refresh makes it no answer. NULL: it is not looked
 * at. NVT_E_GRANT_ANSWER; token is untouched on an error. */
nvt_err nvt_grant_read(struct nvt_span body, struct nvt_json_tok *pool, size_t pool_count,
                       uint64_t now_ms, uint32_t default_life_s, struct nvt_token *token,
                       char *out_refresh);

/* exp and iat (0 when absent) of a JWT's payload (RFC 7519 section 4.1), read without trusting it:
 * fractional seconds cut. NVT_E_JWT for what is no JWT, for times outside the years 1970 to 9999,
 * and for an exp that is not after iat; the times are then untouched. The room left in scratch
 * takes the decoded payload (3/4 of the token's length will do) and is wiped. */
nvt_err nvt_jwt_times(struct nvt_span token, struct nvt_buf *scratch, struct nvt_json_tok *pool,
                      size_t pool_count, int64_t *out_exp_s, int64_t *out_iat_s);

#endif
