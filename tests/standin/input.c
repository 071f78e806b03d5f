/* SPDX-License-Identifier: Apache-2.0 */
/* What requests bring: queries, forms, header fields, credentials, JSON; and random texts. */
#include "standin.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

char *keep(struct request *r, char *text)
{
    if (text != NULL && r->kept_count == KEPT_MAX) {
        free(text);
        return NULL;
    }
    if (text != NULL) {
        r->kept[r->kept_count++] = text;
    }
    return text;
}

bool same_text(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

const char *text_at(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

void unescape(char *text, bool plus_is_space)
{
    char *out = text;
    while (*text != '\0') {
        if (*text == '%' && strspn(text + 1, "0123456789abcdefABCDEF") >= 2U) {
            const char hex[3] = {text[1], text[2], '\0'};
            *out++ = (char)strtol(hex, NULL, 16);
            text += 3;
        } else {
            *out = *text;
            if (plus_is_space && *text == '+') {
                *out = ' ';
            }
            out++;
            text++;
        }
    }
    *out = '\0';
}

/* ---- queries and forms ---- */

struct wanted {
    struct request *r;
    const char *name;
    const char *value;
};

static enum MHD_Result look_at(void *cls, enum MHD_ValueKind kind, const char *key,
                               const char *value)
{
    (void)kind;
    struct wanted *w = cls;
    char name[64];
    (void)snprintf(name, sizeof name, "%s", key);
    unescape(name, true);
    if (strcmp(name, w->name) != 0) {
        return MHD_YES;
    }
    char *copy = keep(w->r, strdup(value == NULL ? "" : value));
    if (copy != NULL) {
        unescape(copy, false); /* "+" is a space already */
    }
    w->value = copy;
    return MHD_NO;
}

const char *query_value(struct request *r, const char *name)
{
    struct wanted w = {r, name, NULL};
    (void)MHD_get_connection_values(r->connection, MHD_GET_ARGUMENT_KIND, look_at, &w);
    return w.value;
}

/* What follows "NAME=" in one pair, not ended; NULL: another name. */
static const char *value_in(const char *pair, size_t len, const char *name)
{
    const size_t name_len = strlen(name);
    return len > name_len && memcmp(pair, name, name_len) == 0 && pair[name_len] == '='
               ? pair + name_len + 1U
               : NULL;
}

/* The first of that name in an application/x-www-form-urlencoded body. */
const char *form_value(struct request *r, const char *name)
{
    if (!has_type(r, "application/x-www-form-urlencoded") || r->body_len == 0U) {
        return NULL;
    }
    const char *p = (const char *)r->body;
    const char *end = p + r->body_len;
    while (p < end) {
        const char *stop = memchr(p, '&', (size_t)(end - p));
        stop = stop == NULL ? end : stop;
        const char *value = value_in(p, (size_t)(stop - p), name);
        char *copy = value == NULL ? NULL : keep(r, strndup(value, (size_t)(stop - value)));
        if (copy != NULL) {
            unescape(copy, true);
            return copy;
        }
        p = stop + 1;
    }
    return NULL;
}

const char *header_value(const struct request *r, const char *name)
{
    return MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, name);
}

bool has_type(const struct request *r, const char *type)
{
    const char *field = header_value(r, "Content-Type");
    const size_t len = strlen(type);
    return field != NULL && strncasecmp(field, type, len) == 0 &&
           (field[len] == '\0' || field[len] == ';' || field[len] == ' ');
}

/* ---- credentials ---- */

const char *bearer_of(const struct request *r)
{
    const char *field = header_value(r, "Authorization");
    return field != NULL && strncasecmp(field, "Bearer ", 7) == 0 ? field + 7 : NULL;
}

/* RFC 7617; RFC 6749 section 2.3.1 has both parts form-encoded before. */
bool basic_of(struct request *r, const char **user, const char **password, bool form_encoded)
{
    const char *field = header_value(r, "Authorization");
    if (field == NULL || strncasecmp(field, "Basic ", 6) != 0) {
        return false;
    }
    size_t len = 0;
    char *pair = keep(r, base64_decode(field + 6, &len));
    char *colon = pair == NULL ? NULL : strchr(pair, ':');
    if (colon == NULL) {
        return false;
    }
    *colon = '\0';
    if (form_encoded) {
        unescape(pair, true);
        unescape(colon + 1, true);
    }
    *user = pair;
    *password = colon + 1;
    return true;
}

bool read_json(struct request *r)
{
    if (r->json == NULL && r->body_len != 0U) {
        r->json = json_loadb((const char *)r->body, r->body_len, JSON_DECODE_ANY, NULL);
    }
    return r->json != NULL;
}

/* ---- base64, random texts ---- */

/* GnuTLS reads only, though its type does not say so. */
static gnutls_datum_t datum_of(const void *data, size_t len)
{
    gnutls_datum_t datum = {NULL, (unsigned)len};
    memcpy(&datum.data, &data, sizeof data);
    return datum;
}

char *base64_of(const void *data, size_t len)
{
    const gnutls_datum_t in = datum_of(data, len);
    gnutls_datum_t out = {NULL, 0};
    if (gnutls_base64_encode2(&in, &out) != 0) {
        return NULL;
    }
    char *text = strndup((const char *)out.data, out.size);
    gnutls_free(out.data);
    return text;
}

char *base64_decode(const char *text, size_t *out_len)
{
    const gnutls_datum_t in = datum_of(text, strlen(text));
    gnutls_datum_t out = {NULL, 0};
    if (text[0] == '\0' || gnutls_base64_decode2(&in, &out) != 0) {
        return NULL;
    }
    char *bytes = malloc(out.size + 1U);
    if (bytes != NULL) {
        memcpy(bytes, out.data, out.size);
        bytes[out.size] = '\0';
        *out_len = out.size;
    }
    gnutls_free(out.data);
    return bytes;
}

void random_text(char *out, size_t len, const char *from)
{
    const size_t choices = strlen(from);
    for (size_t i = 0; i < len; i++) {
        uint8_t byte = 0;
        (void)gnutls_rnd(GNUTLS_RND_NONCE, &byte, 1);
        out[i] = from[byte % choices];
    }
    out[len] = '\0';
}

void random_uuid(char out[37])
{
    random_text(out, 36, "0123456789abcdef");
    out[8] = out[13] = out[18] = out[23] = '-';
    out[14] = '4';
    out[19] = '8';
}

void random_secret(char *out, size_t cap, size_t len, const char *from, const char *odd)
{
    random_text(out, len, from);
    if (options.odd_secrets) {
        (void)snprintf(out + len, cap - len, "%s", odd);
    }
}
