/* SPDX-License-Identifier: Apache-2.0 */
/* Answers: JSON, text, empty, or a stream of any length that is made up on the way. */
#include "standin.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define JSON_TYPE "application/json; charset=utf-8"

void reply_json(struct request *r, unsigned status, json_t *body)
{
    json_decref(r->reply.body);
    r->reply.status = status;
    r->reply.body = body;
    if (r->reply.type == NULL) {
        r->reply.type = JSON_TYPE;
    }
}

void reply_text(struct request *r, unsigned status, const char *type, const char *text)
{
    r->reply.status = status;
    r->reply.type = type;
    r->reply.text = keep(r, strdup(text));
    r->reply.text_len = strlen(text);
}

void reply_empty(struct request *r, unsigned status)
{
    r->reply.status = status;
}

void reply_generated(struct request *r, uint64_t bytes, bool chunked)
{
    r->reply.status = 200;
    r->reply.type = JSON_TYPE;
    r->reply.generated = bytes;
    r->reply.chunked = chunked;
}

void reply_field(struct request *r, const char *name, const char *format, ...)
{
    va_list args;
    if (r->reply.field_count == FIELDS_MAX) {
        return;
    }
    struct field *f = &r->reply.fields[r->reply.field_count++];
    f->name = name;
    va_start(args, format);
    (void)vsnprintf(f->value, sizeof f->value, format, args);
    va_end(args);
}

/* ---- rate limits ---- */

static unsigned limit_max(const struct limiter *limiter)
{
    return (unsigned)(limiter->max * options.limit_scale);
}

bool limit_allows(struct limiter *limiter)
{
    const int64_t now = mono_ms();
    const int64_t window_ms =
        limiter->windows == 0U ? 1000 : (int64_t)limiter->windows * options.window_s * 1000;
    if (now >= limiter->end_ms) {
        limiter->end_ms = now + window_ms;
        limiter->count = 0;
    }
    limiter->count++;
    return limiter->count <= limit_max(limiter);
}

unsigned limit_left(const struct limiter *limiter)
{
    const unsigned max = limit_max(limiter);
    return limiter->count >= max ? 0U : max - limiter->count;
}

int64_t limit_wait_s(const struct limiter *limiter)
{
    return (limiter->end_ms - mono_ms() + 999) / 1000;
}

/* As express-rate-limit tells them. */
static void add_limit_headers(struct MHD_Response *response, const struct limiter *limiter)
{
    char text[32];
    (void)snprintf(text, sizeof text, "%u", limit_max(limiter));
    (void)MHD_add_response_header(response, "X-RateLimit-Limit", text);
    (void)snprintf(text, sizeof text, "%u", limit_left(limiter));
    (void)MHD_add_response_header(response, "X-RateLimit-Remaining", text);
    (void)snprintf(text, sizeof text, "%" PRId64, now_s() + limit_wait_s(limiter));
    (void)MHD_add_response_header(response, "X-RateLimit-Reset", text);
}

/* ---- header fields ---- */

static void add_headers(struct MHD_Response *response, const struct request *r)
{
    char date[40];
    const time_t t = (time_t)now_s();
    struct tm tm;
    (void)gmtime_r(&t, &tm);
    (void)strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &tm);
    (void)MHD_add_response_header(response, "Date", date);
    (void)MHD_add_response_header(response, "Strict-Transport-Security",
                                  "max-age=15552000; includeSubDomains");
    (void)MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    if (r->reply.body != NULL || r->reply.text != NULL || r->reply.generated != 0U) {
        (void)MHD_add_response_header(response, "Content-Type", r->reply.type);
    }
    for (size_t i = 0; i < r->reply.field_count; i++) {
        (void)MHD_add_response_header(response, r->reply.fields[i].name, r->reply.fields[i].value);
    }
    if (r->reply.limiter != NULL) {
        add_limit_headers(response, r->reply.limiter);
    }
    if (r->reply.retry_after[0] != '\0') {
        (void)MHD_add_response_header(response, "Retry-After", r->reply.retry_after);
    }
}

/* ---- bodies that come in pieces, or not to their end ---- */

struct pieces {
    char *text; /* NULL: made up */
    uint64_t len;
    uint64_t stop; /* break off here */
    size_t most;   /* bytes at a time */
};

/* A made-up answer: a head, numbered items of one length, a last one that fills up to the length
 * asked for. Any part of it can be made from its place alone. */
#define ITEM_LEN ((size_t)256)
static const char made_head[] = "{\"executionTime\":12,\"results\":[";
static const char made_tail[] = "{\"id\":\"LAST\",\"pad\":\"";
static const char made_end[] = "\"}]}";
#define MADE_MIN (sizeof made_head + sizeof made_tail + sizeof made_end - 3U)

static void make_item(uint64_t number, char out[ITEM_LEN])
{
    static const char end[3] = {'"', '}', ','};
    char head[80];
    const int n =
        snprintf(head, sizeof head, "{\"id\":\"LEGIARTI%012" PRIu64 "\",\"texte\":\"", number);
    for (size_t i = 0; i < ITEM_LEN; i++) {
        out[i] = (char)('a' + (i + number) % 26U);
    }
    memcpy(out, head, (size_t)n);
    memcpy(out + ITEM_LEN - 3, end, sizeof end);
}

static size_t copy_part(char *out, size_t cap, const char *from, size_t len, uint64_t at)
{
    const size_t left = len - (size_t)at;
    const size_t n = left < cap ? left : cap;
    memcpy(out, from + at, n);
    return n;
}

static size_t make_part(uint64_t total, uint64_t pos, char *out, size_t cap)
{
    const uint64_t items = (total - MADE_MIN) / ITEM_LEN;
    const uint64_t head_len = sizeof made_head - 1U;
    const uint64_t tail_at = head_len + items * ITEM_LEN;
    const uint64_t pad_at = tail_at + sizeof made_tail - 1U;
    const uint64_t end_at = total - (sizeof made_end - 1U);
    if (pos < head_len) {
        return copy_part(out, cap, made_head, sizeof made_head - 1U, pos);
    }
    if (pos < tail_at) {
        char item[ITEM_LEN];
        make_item((pos - head_len) / ITEM_LEN, item);
        return copy_part(out, cap, item, ITEM_LEN, (pos - head_len) % ITEM_LEN);
    }
    if (pos < pad_at) {
        return copy_part(out, cap, made_tail, sizeof made_tail - 1U, pos - tail_at);
    }
    if (pos < end_at) {
        const size_t n = end_at - pos < cap ? (size_t)(end_at - pos) : cap;
        memset(out, 'z', n);
        return n;
    }
    return copy_part(out, cap, made_end, sizeof made_end - 1U, pos - end_at);
}

static ssize_t next_piece(void *cls, uint64_t pos, char *out, size_t cap)
{
    const struct pieces *p = cls;
    if (pos >= p->stop) {
        return p->stop < p->len ? MHD_CONTENT_READER_END_WITH_ERROR
                                : MHD_CONTENT_READER_END_OF_STREAM;
    }
    size_t n = p->stop - pos > cap ? cap : (size_t)(p->stop - pos);
    n = n > p->most ? p->most : n;
    if (p->text != NULL) {
        memcpy(out, p->text + pos, n);
        return (ssize_t)n;
    }
    size_t done = 0;
    while (done < n) {
        done += make_part(p->len, pos + done, out + done, n - done);
    }
    return (ssize_t)n;
}

static void free_pieces(void *cls)
{
    struct pieces *p = cls;
    free(p->text);
    free(p);
}

static struct MHD_Response *piecewise(const struct request *r, char *text, uint64_t len,
                                      bool truncated)
{
    struct pieces *p = malloc(sizeof *p);
    if (p == NULL) {
        free(text);
        return NULL;
    }
    *p = (struct pieces){text, len, truncated ? len / 2U : len, text == NULL ? 65536U : 17U};
    return MHD_create_response_from_callback(
        faults.chunked || r->reply.chunked ? MHD_SIZE_UNKNOWN : len, text == NULL ? 32768U : 1024U,
        next_piece, p, free_pieces);
}

static char *body_text(const struct request *r, size_t *len)
{
    char *text = NULL;
    if (r->reply.body != NULL) {
        text = json_dumps(r->reply.body, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15) |
                                             r->reply.json_flags);
    } else {
        text = strdup(r->reply.text == NULL ? "" : r->reply.text);
    }
    *len = text == NULL ? 0U : strlen(text);
    return text;
}

/* Faults and the admin's answers do not meet. */
static bool is_disturbed(const struct request *r, size_t len)
{
    return len > 1U && (r->segment_count == 0U || strcmp(r->segments[0], "standin") != 0);
}

static struct MHD_Response *whole_or_pieces(struct request *r)
{
    size_t len = 0;
    char *text = body_text(r, &len);
    if (text == NULL) {
        return NULL;
    }
    const bool disturbed = is_disturbed(r, len);
    const bool cut = disturbed && fault_hits(r, &faults.truncate);
    if (disturbed && (faults.chunked || r->reply.chunked || cut)) {
        return piecewise(r, text, len, cut);
    }
    return MHD_create_response_from_buffer(len, text, MHD_RESPMEM_MUST_FREE);
}

struct MHD_Response *reply_make(struct request *r)
{
    struct MHD_Response *response =
        r->reply.generated >= MADE_MIN
            ? piecewise(r, NULL, r->reply.generated, fault_hits(r, &faults.truncate))
            : whole_or_pieces(r);
    if (response != NULL) {
        add_headers(response, r);
    }
    return response;
}
