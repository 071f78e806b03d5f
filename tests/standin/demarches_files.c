/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of a dossier, as a store of another origin has them: at signed addresses, without the
 * token. POST /standin/fault with "files" says which there are:
 *   {"where": "champ", "name": "a.pdf", "text": "...", "repeat": 1000}
 * and how they are wrong: "size" and "sum" as they are told, "status", "type" and "location" of the
 * answer, "scan", "url" instead of their own. where: champ, annotation, message, avis, attestation.
 */
#include "demarches.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdlib.h>
#include <string.h>

static json_t *usual_files;
static json_t *served; /* by the name in the address */
static unsigned downloads, with_token;

static const json_t *usual(void)
{
    if (usual_files == NULL) {
        usual_files =
            json_pack("[{s:s,s:s,s:s},{s:s,s:s,s:s},{s:s,s:s,s:s},{s:s,s:s,s:s},{s:s,s:s,s:s}]",
                      "where", "champ", "name", "Plan de l’été.pdf", "text", "%PDF-1.4 plan",
                      "where", "annotation", "name", "note.txt", "text", "à relire\n", "where",
                      "message", "name", "réponse.pdf", "text", "%PDF-1.4 réponse", "where", "avis",
                      "name", "avis.pdf", "text", "%PDF-1.4 avis", "where", "attestation", "name",
                      "attestation.pdf", "text", "%PDF-1.4 attestation");
    }
    return usual_files;
}

/* To free(). */
static char *content_of(const json_t *file)
{
    const char *text = text_at(file, "text");
    const json_int_t repeat = json_integer_value(json_object_get(file, "repeat"));
    const size_t len = text == NULL ? 0U : strlen(text);
    const size_t times = repeat > 1 ? (size_t)repeat : 1U;
    char *out = calloc(len * times + 1U, 1U);
    for (size_t i = 0; i < times && out != NULL && len > 0U; i++) {
        memcpy(out + i * len, text, len);
    }
    return out;
}

static json_t *sum_of(const char *content)
{
    uint8_t digest[16];
    (void)gnutls_hash_fast(GNUTLS_DIG_MD5, content, strlen(content), digest);
    char *text = base64_of(digest, sizeof digest);
    json_t *sum = json_string(text == NULL ? "" : text);
    free(text);
    return sum;
}

static json_t *url_of(const json_t *file, const char *key)
{
    const char *own = text_at(file, "url");
    return own != NULL
               ? json_string(own)
               : json_sprintf("https://127.0.0.1:%u/upload/%s?signature=e3b0c442&expires=%d",
                              core_port(), key, (int)now_s() + 300);
}

static json_t *file_json(const json_t *file, const char *key)
{
    char *content = content_of(file);
    const json_t *size = json_object_get(file, "size");
    const json_t *sum = json_object_get(file, "sum");
    const char *scan = text_at(file, "scan");
    const json_int_t bytes =
        json_is_integer(size) ? json_integer_value(size) : (json_int_t)strlen(content);
    json_t *out =
        json_pack("{s:s,s:s,s:s,s:o,s:I,s:o,s:o,s:s,s:o}", "__typename", "File", "filename",
                  text_at(file, "name"), "contentType", "application/pdf", "checksum",
                  json_is_string(sum) ? json_string(json_string_value(sum)) : sum_of(content),
                  "byteSize", bytes, "byteSizeBigInt", json_sprintf("%" JSON_INTEGER_FORMAT, bytes),
                  "url", url_of(file, key), "virusScanResult", scan == NULL ? "safe" : scan,
                  "createdAt", demarches_time(1767258000));
    free(content);
    return out;
}

json_t *demarches_files(int number, const char *where)
{
    const json_t *all = faults.files == NULL ? usual() : faults.files;
    json_t *list = json_array();
    char key[64];
    served = served == NULL ? json_object() : served;
    for (size_t i = 0; i < json_array_size(all); i++) {
        json_t *file = json_array_get(all, i);
        if (strcmp(text_at(file, "where"), where) == 0) {
            (void)snprintf(key, sizeof key, "file-%d-%u", number, (unsigned)i);
            (void)json_object_set(served, key, file);
            (void)json_array_append_new(list, file_json(file, key));
        }
    }
    return list;
}

static void reply_file(struct request *r, const json_t *file)
{
    const json_int_t status = json_integer_value(json_object_get(file, "status"));
    const char *type = text_at(file, "type");
    char *content = keep(r, content_of(file));
    const char *sent = text_at(file, "sent");
    reply_text(r, status == 0 ? 200U : (unsigned)status, type == NULL ? "application/pdf" : type,
               sent == NULL ? content : sent);
    if (text_at(file, "location") != NULL) {
        reply_field(r, "Location", "%s", text_at(file, "location"));
    }
}

bool demarches_get_file(struct request *r)
{
    const json_t *file = json_object_get(served, r->segments[1]);
    if (file == NULL) {
        return false;
    }
    downloads++;
    reply_file(r, file);
    return true;
}

bool demarches_without_token(const struct request *r)
{
    const bool has = header_value(r, "Authorization") != NULL;
    with_token += has ? 1U : 0U;
    return !has;
}

void demarches_files_state(json_t *out)
{
    (void)json_object_set_new(out, "downloads", json_integer(downloads));
    (void)json_object_set_new(out, "tokens_at_store", json_integer(with_token));
}

void demarches_files_free(void)
{
    json_decref(served);
    json_decref(usual_files);
    served = NULL;
    usual_files = NULL;
}
