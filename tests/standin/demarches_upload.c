/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files: a place is opened with size, type and MD5, the bytes are put there with exactly the
 * fields told and without the token, and what arrived is looked at when the file is attached.
 */
#include "demarches.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BLOBS_MAX 256U
#define ATTACHMENT_MAX 20971520 /* of a message */

struct blob {
    char *filename, *type, *md5;
    json_int_t size;
    char key[29]; /* in the URL */
    char signed_id[65];
    char got_md5[32];
    char *bytes; /* with a zero behind them */
    bool arrived;
};

static struct blob blobs[BLOBS_MAX];
static size_t blob_count;
static unsigned put_count, attach_count;

static json_t *headers_of(const struct blob *b)
{
    return json_pack("{s:s,s:s,s:o}", "Content-Type", b->type, "Content-MD5", b->md5,
                     "Content-Disposition", json_sprintf("inline; filename=\"%s\"", b->key));
}

static char *copy_of(const json_t *input, const char *name)
{
    const char *text = text_at(input, name);
    return strdup(text == NULL ? "" : text);
}

json_t *demarches_upload_open(const json_t *input)
{
    if (blob_count == BLOBS_MAX) {
        return NULL;
    }
    struct blob *b = &blobs[blob_count++];
    random_text(b->key, 28, "abcdefghijklmnopqrstuvwxyz0123456789");
    random_text(b->signed_id, 64,
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-");
    b->filename = copy_of(input, "filename");
    b->type = copy_of(input, "contentType");
    b->md5 = copy_of(input, "checksum");
    b->size = json_integer_value(json_object_get(input, "byteSize"));
    json_t *headers = headers_of(b);
    char *text = json_dumps(headers, JSON_COMPACT);
    json_t *payload = json_pack(
        "{s:s,s:n,s:{s:s,s:o,s:s,s:o,s:s}}", "__typename", "CreateDirectUploadPayload",
        "clientMutationId", "directUpload", "__typename", "DirectUpload", "url",
        json_sprintf("https://127.0.0.1:%u/upload/%s?signature=e3b0c442", core_port(), b->key),
        "headers", text == NULL ? "{}" : text, "blobId", demarches_id("Blob", (int)blob_count),
        "signedBlobId", b->signed_id);
    free(text);
    json_decref(headers);
    return payload;
}

/* ---- the bytes ---- */

static bool has_fields(const struct request *r, const struct blob *b)
{
    json_t *headers = headers_of(b);
    bool good = true;
    for (void *at = json_object_iter(headers); at != NULL;
         at = json_object_iter_next(headers, at)) {
        good = good && same_text(header_value(r, json_object_iter_key(at)),
                                 json_string_value(json_object_iter_value(at)));
    }
    json_decref(headers);
    return good;
}

static void reply_storage(struct request *r, unsigned status, const char *code)
{
    char text[200];
    (void)snprintf(text, sizeof text,
                   "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>%s</Code></Error>",
                   code);
    reply_text(r, status, "application/xml", text);
}

static void keep_file(struct request *r, struct blob *b)
{
    uint8_t digest[16];
    const void *bytes = r->body_len == 0U ? (const void *)"" : r->body;
    (void)gnutls_hash_fast(GNUTLS_DIG_MD5, bytes, r->body_len, digest);
    (void)snprintf(b->got_md5, sizeof b->got_md5, "%s", keep(r, base64_of(digest, sizeof digest)));
    free(b->bytes);
    b->bytes = calloc(r->body_len + 1U, 1U);
    if (b->bytes != NULL) {
        memcpy(b->bytes, bytes, r->body_len);
    }
    b->arrived = true;
    put_count++;
    reply_empty(r, faults.upload_status == 0U ? 200U : faults.upload_status);
}

static struct blob *blob_in_url(const char *name)
{
    for (size_t i = 0; i < blob_count; i++) {
        if (strcmp(blobs[i].key, name) == 0) {
            return &blobs[i];
        }
    }
    return NULL;
}

void demarches_put_upload(struct request *r)
{
    struct blob *b = blob_in_url(r->segments[1]);
    if (b == NULL) {
        reply_storage(r, 404, "NoSuchKey");
    } else if (header_value(r, "Authorization") != NULL) {
        reply_storage(r, 400, "InvalidArgument");
    } else if (!has_fields(r, b)) {
        reply_storage(r, 403, "SignatureDoesNotMatch");
    } else if ((json_int_t)r->body_len != b->size || r->too_big) {
        reply_storage(r, 400, "IncompleteBody");
    } else {
        keep_file(r, b);
    }
}

void demarches_get_upload(struct request *r)
{
    const struct blob *b = blob_in_url(r->segments[1]);
    if (!demarches_without_token(r)) {
        reply_storage(r, 400, "InvalidArgument");
    } else if (query_value(r, "signature") == NULL) {
        reply_storage(r, 403, "AccessDenied");
    } else if (b != NULL && b->arrived) {
        reply_text(r, 200, "application/octet-stream", b->bytes);
    } else if (!demarches_get_file(r)) {
        reply_storage(r, 404, "NoSuchKey");
    }
}

/* ---- attached ---- */

json_t *demarches_upload_file(const char *signed_id, const char **refusal)
{
    const struct blob *b = NULL;
    for (size_t i = 0; i < blob_count; i++) {
        b = strcmp(blobs[i].signed_id, signed_id) == 0 ? &blobs[i] : b;
    }
    if (b == NULL) {
        *refusal = "L’identifiant du fichier téléversé est invalide";
    } else if (!b->arrived) {
        *refusal = "Le fichier téléversé est introuvable";
    } else if (strcmp(b->md5, b->got_md5) != 0) {
        *refusal = "Le hash du fichier téléversé est invalide";
    } else if (b->size > ATTACHMENT_MAX) {
        *refusal = "Le fichier joint est trop volumineux";
    } else {
        attach_count++;
        return json_pack(
            "{s:s,s:s,s:s,s:s,s:I,s:o,s:o,s:s,s:o}", "__typename", "File", "filename", b->filename,
            "contentType", b->type, "checksum", b->md5, "byteSize", b->size, "byteSizeBigInt",
            json_sprintf("%" JSON_INTEGER_FORMAT, b->size), "url",
            json_sprintf("https://127.0.0.1:%u/upload/%s?signature=e3b0c442", core_port(), b->key),
            "virusScanResult", "pending", "createdAt", demarches_time(now_s()));
    }
    return NULL;
}

void demarches_upload_state(json_t *out)
{
    (void)json_object_set_new(out, "uploads_opened", json_integer((json_int_t)blob_count));
    (void)json_object_set_new(out, "uploads", json_integer(put_count));
    (void)json_object_set_new(out, "attached", json_integer(attach_count));
}

void demarches_upload_free(void)
{
    for (size_t i = 0; i < blob_count; i++) {
        free(blobs[i].filename);
        free(blobs[i].type);
        free(blobs[i].md5);
        free(blobs[i].bytes);
    }
}
