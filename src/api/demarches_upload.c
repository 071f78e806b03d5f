/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Demarches simplifiees: a file to attach, in three steps. It is announced with its length and MD5;
 * it goes to an object store of another host, with the fields that the service named; its signed id
 * is what a message or a decision then holds.
 */
#include "demarches_text.h"

#include <mbedtls/md5.h>
#include <mbedtls/version.h>

/* ---- the sum ---- */

#if MBEDTLS_VERSION_NUMBER < 0x03000000
#define MD5_STARTS mbedtls_md5_starts_ret
#define MD5_UPDATE mbedtls_md5_update_ret
#define MD5_FINISH mbedtls_md5_finish_ret
#else
#define MD5_STARTS mbedtls_md5_starts
#define MD5_UPDATE mbedtls_md5_update
#define MD5_FINISH mbedtls_md5_finish
#endif

static nvt_err read_all(const struct nvt_demarches_upload *up, uint8_t *room, size_t cap,
                        mbedtls_md5_context *md5)
{
    uint64_t at = 0;
    while (at < up->len) {
        uint64_t left = up->len - at;
        size_t want = left < cap ? (size_t)left : cap;
        size_t n = 0;
        if (up->source(up->source_ctx, at, room, want, &n) != NVT_OK || n == 0U || n > want) {
            return NVT_E_SOURCE;
        }
        if (MD5_UPDATE(md5, room, n) != 0) {
            return NVT_E_TLS_SETUP;
        }
        at += n;
    }
    return NVT_OK;
}

nvt_err nvt_demarches_upload_sum(struct nvt_demarches_upload *up, uint8_t *room, size_t cap)
{
    mbedtls_md5_context md5;
    uint8_t sum[16];
    struct nvt_buf out;
    up->checksum[0] = '\0';
    if (up->len == 0U || up->len > (uint64_t)INT32_MAX) {
        return NVT_E_FIELD_RANGE;
    }
    if (room == NULL || cap == 0U || up->source == NULL) {
        return NVT_E_ARG;
    }
    mbedtls_md5_init(&md5);
    nvt_err err = MD5_STARTS(&md5) == 0 ? read_all(up, room, cap, &md5) : NVT_E_TLS_SETUP;
    if (err == NVT_OK && MD5_FINISH(&md5, sum) != 0) {
        err = NVT_E_TLS_SETUP;
    }
    mbedtls_md5_free(&md5);
    if (err == NVT_OK) {
        nvt_buf_init(&out, up->checksum, sizeof up->checksum - 1U);
        nvt_base64_put(&out, nvt_span_of(sum, sizeof sum), NVT_BASE64);
        up->checksum[out.len] = '\0';
    }
    return err;
}

/* ---- the announcement ---- */

nvt_err nvt_demarches_upload_begin(struct nvt_call *call, struct nvt_demarches_request *r,
                                   const struct nvt_demarches_upload *up)
{
    struct nvt_json_writer w;
    if (up->dossier_id.len == 0U || up->filename.len == 0U || up->media_type.len == 0U ||
        up->checksum[0] == '\0') {
        return NVT_E_FIELD_MISSING;
    }
    nvt_demarches_open(r, &w, NVT_DEMARCHES_MUTATIONS, "createDirectUpload");
    nvt_demarches_name(&w, "input");
    nvt_json_begin_object(&w);
    nvt_demarches_put(&w, "dossierId", up->dossier_id);
    nvt_demarches_put(&w, "filename", up->filename);
    nvt_demarches_put_number(&w, "byteSize", (int32_t)up->len);
    nvt_demarches_put(&w, "checksum", nvt_span_str(up->checksum));
    nvt_demarches_put(&w, "contentType", up->media_type);
    nvt_json_end_object(&w);
    nvt_err err = nvt_demarches_send(call, r, &w, true);
    r->mutation = true; /* its payload may hold a refusal */
    return err;
}

/* ---- the bytes ---- */

/* Stores of many makers, each with statuses and errors of its own. */
static const struct nvt_done stored = {.form = (uint8_t)NVT_FORM_DATA, .errors = NVT_ERRORS_ANY};

/* A string unescaped behind what out holds; empty when value is no string or does not fit. */
static struct nvt_span unescape(struct nvt_span value, struct nvt_buf *out)
{
    struct nvt_span raw = nvt_json_text(value);
    size_t start = out->len;
    uint8_t mem[4];
    while (raw.len > 0U) {
        nvt_buf_put(out, nvt_json_str_piece(&raw, mem));
    }
    return out->overflow ? NVT_LIT("") : nvt_span_of(out->ptr + start, out->len - start);
}

/* scheme, host and port; and all from the path on */
static nvt_err split_url(struct nvt_span url, struct nvt_demarches_upload *up,
                         struct nvt_span *out_target)
{
    size_t i = 0;
    unsigned slashes = 0;
    while (i < url.len && (slashes < 2U || url.ptr[i] != (uint8_t)'/')) {
        slashes += url.ptr[i] == (uint8_t)'/' ? 1U : 0U;
        i++;
    }
    *out_target = i < url.len ? nvt_span_drop(url, i) : NVT_LIT("/");
    return nvt_origin_parse(nvt_span_of(url.ptr, i), &up->origin);
}

/* What speaks of the connection or of us is not the service's to set; the call refuses the rest. */
static bool is_reserved(struct nvt_span name)
{
    static const char names[11][20] = {"Host",       "Content-Length", "Transfer-Encoding",
                                       "Connection", "Authorization",  "Proxy-Authorization",
                                       "Cookie",     "Expect",         "Upgrade",
                                       "TE",         "Trailer"};
    bool found = false;
    for (size_t i = 0; i < 11U; i++) {
        found = found || nvt_span_eq_nocase(name, nvt_span_str(names[i]));
    }
    return found;
}

/* The file's own length, as a number or a text: a Swift store names it among its fields. The call
 * writes it by itself. */
static bool is_length(struct nvt_span name, struct nvt_span value, uint64_t len)
{
    uint64_t given = 0;
    struct nvt_span text = nvt_json_text(value);
    return nvt_span_eq_nocase(name, NVT_LIT("Content-Length")) &&
           nvt_u64_parse(text.len > 0U ? text : value, UINT64_MAX, &given) == NVT_OK &&
           given == len;
}

static nvt_err add_header(struct nvt_span name, struct nvt_span value, struct nvt_buf *room,
                          struct nvt_demarches_upload *up, size_t *count)
{
    if (*count == (size_t)NVT_DEMARCHES_HEADERS_MAX) {
        return NVT_E_FIELD_COUNT;
    }
    if (is_reserved(name)) {
        return NVT_E_HTTP_NAME;
    }
    if (!nvt_json_starts(value, '"')) {
        return NVT_E_ANSWER;
    }
    struct nvt_header *h = &up->headers[*count];
    h->name = name;
    h->value = unescape(value, room);
    h->secret = false;
    (*count)++;
    return NVT_OK;
}

/* headers = "{\"Content-Type\":\"...\"}": a JSON object inside a JSON string */
static nvt_err read_headers(struct nvt_span text, struct nvt_buf *room,
                            struct nvt_demarches_upload *up, size_t *out_count)
{
    struct nvt_span name;
    struct nvt_span value;
    nvt_err err = NVT_OK;
    if (nvt_json_check(text, NULL) != NVT_OK || !nvt_json_starts(text, '{')) {
        return NVT_E_ANSWER;
    }
    *out_count = 0;
    while (err == NVT_OK && nvt_demarches_walk(&text, &name, &value)) {
        if (!is_length(name, value, up->len)) {
            err = add_header(name, value, room, up, out_count);
        }
    }
    return err == NVT_OK ? nvt_buf_err(room) : err;
}

static nvt_err read_place(struct nvt_span data, struct nvt_demarches_request *r,
                          struct nvt_demarches_upload *up)
{
    struct nvt_span place = nvt_demarches_find(data, "createDirectUpload.directUpload");
    struct nvt_span url = unescape(nvt_demarches_find(place, "url"), &r->body);
    struct nvt_span fields = unescape(nvt_demarches_find(place, "headers"), &r->body);
    struct nvt_buf id;
    nvt_buf_init(&id, up->signed_id, sizeof up->signed_id - 1U);
    (void)unescape(nvt_demarches_find(place, "signedBlobId"), &id);
    if (r->body.overflow || id.overflow) {
        return NVT_E_SPACE;
    }
    if (url.len == 0U || fields.len == 0U || id.len == 0U) {
        return NVT_E_ANSWER;
    }
    nvt_err err = split_url(url, up, &r->request.target);
    return err == NVT_OK ? read_headers(fields, &r->body, up, &r->request.header_count) : err;
}

nvt_err nvt_demarches_upload_put(struct nvt_call *call, struct nvt_demarches_request *r,
                                 struct nvt_demarches_upload *up, struct nvt_failure *out_failure)
{
    struct nvt_demarches_answer answer;
    (void)memset(up->signed_id, 0, sizeof up->signed_id);
    nvt_err err = nvt_demarches_read(call, r, &answer, out_failure);
    if (err != NVT_OK) {
        return err;
    }
    (void)memset(&r->request, 0, sizeof r->request);
    r->body.len = 0;
    err = read_place(answer.data, r, up);
    if (err == NVT_OK) {
        r->request.method = NVT_LIT("PUT");
        r->request.accept = NVT_LIT("*/*");
        r->request.headers = up->headers;
        r->request.flags = (uint8_t)NVT_REQ_IDEMPOTENT;
        r->request.done = &stored;
        r->request.origin = &up->origin;
        r->request.source = up->source;
        r->request.source_ctx = up->source_ctx;
        r->request.source_len = up->len;
        err = nvt_call_begin(call, &r->request);
    }
    if (err != NVT_OK) {
        (void)memset(up->signed_id, 0, sizeof up->signed_id);
        out_failure->err = err;
    }
    return err;
}

nvt_err nvt_demarches_upload_read(struct nvt_call *call, struct nvt_demarches_upload *up,
                                  struct nvt_failure *out_failure)
{
    *out_failure = call->outcome.failure;
    if (call->outcome.verdict != NVT_DELIVERED) {
        (void)memset(up->signed_id, 0, sizeof up->signed_id);
    }
    return out_failure->err;
}
