/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens in the shape that the registry issues: an "RS256" JWT of about 850 bytes. The signature is
 * an HMAC stretched to the length of an RSA-2048 one: only this server has to recognise it.
 */
#include "standin.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdlib.h>
#include <string.h>

#define SIGNATURE_LEN ((size_t)256)
#define MAC_LEN ((size_t)32)
#define SIGNATURE_MAX JWT_RSA4096

static uint8_t mac_key[MAC_LEN];
static unsigned generation = 1; /* tokens of an older one count as expired */

bool jwt_init(void)
{
    return gnutls_rnd(GNUTLS_RND_KEY, mac_key, sizeof mac_key) == 0;
}

void jwt_expire_all(void)
{
    generation++;
}

static char *encode(void *data, size_t len)
{
    gnutls_datum_t in = {data, (unsigned)len};
    gnutls_datum_t out = {NULL, 0};
    if (gnutls_base64_encode2(&in, &out) != 0) {
        return NULL;
    }
    char *text = strndup((const char *)out.data, out.size);
    gnutls_free(out.data);
    if (text == NULL) {
        return NULL;
    }
    for (char *p = text; *p != '\0'; p++) {
        if (*p == '+') {
            *p = '-';
        } else if (*p == '/') {
            *p = '_';
        } else if (*p == '=') {
            *p = '\0';
            break;
        }
    }
    return text;
}

static char *encode_json(json_t *value)
{
    char *dump = json_dumps(value, JSON_COMPACT);
    char *text = dump == NULL ? NULL : encode(dump, strlen(dump));
    free(dump);
    json_decref(value);
    return text;
}

static json_t *decode_json(const char *text, size_t len)
{
    char *copy = malloc(len + 5U);
    if (copy == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < len; i++) {
        copy[i] = text[i];
        if (text[i] == '-') {
            copy[i] = '+';
        } else if (text[i] == '_') {
            copy[i] = '/';
        }
    }
    while (len % 4U != 0U) {
        copy[len++] = '=';
    }
    gnutls_datum_t in = {(unsigned char *)copy, (unsigned)len};
    gnutls_datum_t out = {NULL, 0};
    json_t *value = NULL;
    if (gnutls_base64_decode2(&in, &out) == 0) {
        value = json_loadb((const char *)out.data, out.size, 0, NULL);
        gnutls_free(out.data);
    }
    free(copy);
    return value;
}

/* MAC(n || text) for n = 0, 1, ... until the signature is long enough. */
static char *sign(const char *text, size_t len, size_t signature_len)
{
    uint8_t out[SIGNATURE_MAX];
    for (size_t n = 0; n * MAC_LEN < signature_len; n++) {
        gnutls_hmac_hd_t mac;
        const uint8_t counter = (uint8_t)n;
        if (gnutls_hmac_init(&mac, GNUTLS_MAC_SHA256, mac_key, sizeof mac_key) != 0) {
            return NULL;
        }
        (void)gnutls_hmac(mac, &counter, 1);
        (void)gnutls_hmac(mac, text, len);
        gnutls_hmac_deinit(mac, out + n * MAC_LEN);
    }
    return encode(out, signature_len);
}

static char *assemble(json_t *header, json_t *payload, size_t signature_len)
{
    char *head = encode_json(header);
    char *body = encode_json(payload);
    char *token = NULL;
    char *signature = NULL;
    if (head != NULL && body != NULL) {
        const size_t len = strlen(head) + 1U + strlen(body);
        token = malloc(len + 2U + SIGNATURE_MAX * 2U);
        if (token != NULL) {
            (void)snprintf(token, len + 1U, "%s.%s", head, body);
            signature = sign(token, len, signature_len);
            (void)snprintf(token + len, SIGNATURE_MAX * 2U, ".%s",
                           signature == NULL ? "" : signature);
        }
    }
    free(head);
    free(body);
    free(signature);
    return token;
}

char *jwt_issue(unsigned operator_id, const char *email, int64_t issued_s, long life_s)
{
    char name[32];
    char sub[48];
    (void)snprintf(name, sizeof name, "application:%u", operator_id);
    (void)snprintf(sub, sizeof sub, "standin-%u-%u", operator_id, generation);
    json_t *payload =
        json_pack("{s:s,s:s,s:s,s:I,s:I,s:s,s:s,s:b,s:s}", "iss", "https://auth.standin.test/dex",
                  "sub", sub, "aud", "proof-of-carpooling", "exp", (json_int_t)issued_s + life_s,
                  "iat", (json_int_t)issued_s, "at_hash", "5rwbTtYH9hcUWWZ4nDmQ3w", "email", email,
                  "email_verified", 1, "name", name);
    return assemble(
        json_pack("{s:s,s:s}", "alg", "RS256", "kid", "c2c3d0c7f1a84e7d9a30f0f3b3a4be6fd5f0c1a2"),
        payload, SIGNATURE_LEN);
}

char *jwt_issue_legacy(unsigned operator_id)
{
    json_t *payload =
        json_pack("{s:s,s:i,s:s,s:[s,s,s],s:i,s:I}", "a", "5b6f2c1e-3f5d-4a5b-8f0e-6f1b7d0c9a21",
                  "o", (int)operator_id, "s", "operator", "p", "journey.create",
                  "certificate.create", "certificate.download", "v", 2, "iat", (json_int_t)now_s());
    return assemble(json_pack("{s:s,s:s}", "alg", "HS256", "typ", "JWT"), payload, MAC_LEN);
}

static enum jwt_state check_claims(const json_t *payload, int64_t time_s, unsigned *out_operator)
{
    const char *sub = json_string_value(json_object_get(payload, "sub"));
    if (sub == NULL) { /* a legacy application token: its age does not matter */
        *out_operator = (unsigned)json_integer_value(json_object_get(payload, "o"));
        return JWT_OK;
    }
    char *rest = NULL; /* the signature was good: sub is as jwt_issue() wrote it */
    *out_operator = (unsigned)strtoul(sub + strlen("standin-"), &rest, 10);
    const bool old = strtoul(rest + 1, NULL, 10) != generation ||
                     json_integer_value(json_object_get(payload, "exp")) <= time_s;
    return old ? JWT_EXPIRED : JWT_OK;
}

enum jwt_state jwt_check(const char *token, int64_t time_s, unsigned *out_operator)
{
    const char *dot = strchr(token, '.');
    const char *last = strrchr(token, '.');
    if (dot == NULL || last == dot || strchr(dot + 1, '.') != last) {
        return JWT_MALFORMED;
    }
    json_t *header = decode_json(token, (size_t)(dot - token));
    json_t *payload = decode_json(dot + 1, (size_t)(last - dot) - 1U);
    const char *alg = json_string_value(json_object_get(header, "alg"));
    enum jwt_state state = JWT_MALFORMED;
    if (alg != NULL && json_is_object(payload)) {
        char *want = sign(token, (size_t)(last - token),
                          strcmp(alg, "HS256") == 0 ? MAC_LEN : SIGNATURE_LEN);
        state = want != NULL && strcmp(want, last + 1) == 0
                    ? check_claims(payload, time_s, out_operator)
                    : JWT_SIGNATURE;
        free(want);
    }
    json_decref(header);
    json_decref(payload);
    return state;
}

/* Issued to an application, whatever else is wrong with it. */
bool jwt_is_legacy(const char *token)
{
    const char *dot = strchr(token, '.');
    json_t *header = dot == NULL ? NULL : decode_json(token, (size_t)(dot - token));
    const bool legacy = same_text(text_at(header, "alg"), "HS256");
    json_decref(header);
    return legacy;
}

char *jwt_issue_claims(json_t *claims)
{
    return assemble(json_pack("{s:s,s:s}", "typ", "JWT", "alg", "RS256"), claims, JWT_RSA4096);
}

json_t *jwt_claims_of(const char *token)
{
    const char *dot = strchr(token, '.');
    const char *last = strrchr(token, '.');
    json_t *claims = NULL;
    if (dot == NULL || last == dot) {
        return NULL;
    }
    char *want = sign(token, (size_t)(last - token), JWT_RSA4096);
    if (same_text(want, last + 1)) {
        claims = decode_json(dot + 1, (size_t)(last - dot) - 1U);
    }
    free(want);
    return claims;
}
