/* SPDX-License-Identifier: Apache-2.0 */
/* The POST benchmark with libcurl: one easy handle, used again and again. */
#include "post.h"

#include <curl/curl.h>

#include <stdio.h>

static CURL *curl;
static struct curl_slist *fields;
static char url[96], authorization[512], answer[4096];
static size_t answer_len;

static size_t keep(char *data, size_t size, size_t count, void *ctx)
{
    (void)ctx;
    for (size_t i = 0; i < size * count && answer_len < sizeof answer; i++) {
        answer[answer_len++] = data[i];
    }
    return size * count;
}

bool client_open(const struct post_settings *s)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
    curl = curl_easy_init();
    snprintf(url, sizeof url, "https://localhost:%d" POST_PATH, s->port);
    snprintf(authorization, sizeof authorization, "Authorization: Bearer %s", s->token);
    fields = curl_slist_append(fields, "Content-Type: application/json");
    fields = curl_slist_append(fields, "Accept: application/json");
    fields = curl_slist_append(fields, authorization);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_CAINFO, s->ca_file);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, fields);
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION,
                     s->tls12 ? (long)CURL_SSLVERSION_TLSv1_2 | (long)CURL_SSLVERSION_MAX_TLSv1_2
                              : (long)CURL_SSLVERSION_TLSv1_3);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)s->body_len);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, s->body);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep);
    return true;
}

bool client_post(void)
{
    long status = 0;
    answer_len = 0;
    CURLcode code = curl_easy_perform(curl);
    if (code != CURLE_OK) {
        fprintf(stderr, "libcurl: %s\n", curl_easy_strerror(code));
        return false;
    }
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    return status == POST_STATUS;
}

void client_close(void)
{
    curl_easy_cleanup(curl);
    curl_slist_free_all(fields);
    curl_global_cleanup();
}
