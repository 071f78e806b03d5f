/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests of a caller who hands in anything: method|target|authority|name|value|rest|name|...
 * What the writer or the call accepts is a head of exactly the lines asked for, each as given: no
 * line more, no byte that ends one early.
 */
#include "../tests/sim/world.h"

#include <stdlib.h>

#define FIELDS_MAX 6U
#define LENGTH 12U
#define KEY "api-key-0123456789"

struct parts {
    struct nvt_span method, target, authority;
    struct nvt_span name[FIELDS_MAX], value[FIELDS_MAX], rest[FIELDS_MAX];
    size_t count;
};

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* ---- input ---- */

static struct nvt_span take_part(struct nvt_span *in)
{
    size_t n = 0;
    while (n < in->len && in->ptr[n] != (uint8_t)'|') {
        n++;
    }
    struct nvt_span part = nvt_span_of(in->ptr, n);
    *in = nvt_span_drop(*in, n + 1U);
    return part;
}

static void take_parts(struct nvt_span in, struct parts *p)
{
    memset(p, 0, sizeof *p);
    p->method = take_part(&in);
    p->target = take_part(&in);
    p->authority = take_part(&in);
    while (in.len > 0U && p->count < FIELDS_MAX) {
        p->name[p->count] = take_part(&in);
        p->value[p->count] = take_part(&in);
        p->rest[p->count] = take_part(&in);
        p->count++;
    }
}

/* ---- lines of a head ---- */

static struct nvt_span take_line(struct nvt_span *head)
{
    size_t n = 0;
    while (n < head->len && head->ptr[n] != (uint8_t)'\n') {
        uint8_t c = head->ptr[n];
        require((c >= 0x20U && c != 0x7FU) || c == (uint8_t)'\t' || c == (uint8_t)'\r');
        require(c != (uint8_t)'\r' || (n + 1U < head->len && head->ptr[n + 1U] == (uint8_t)'\n'));
        n++;
    }
    require(n > 0U && n < head->len && head->ptr[n - 1U] == (uint8_t)'\r');
    struct nvt_span line = nvt_span_of(head->ptr, n - 1U);
    *head = nvt_span_drop(*head, n + 1U);
    return line;
}

static void take_text(struct nvt_span *line, struct nvt_span text)
{
    require(line->len >= text.len && nvt_span_eq(nvt_span_of(line->ptr, text.len), text));
    *line = nvt_span_drop(*line, text.len);
}

static bool is_named(struct nvt_span line, struct nvt_span name)
{
    return line.len > name.len && line.ptr[name.len] == (uint8_t)':' &&
           nvt_span_eq_nocase(nvt_span_of(line.ptr, name.len), name);
}

static void check_request_line(struct nvt_span *head, const struct parts *p, struct nvt_span prefix)
{
    struct nvt_span line = take_line(head);
    take_text(&line, p->method);
    take_text(&line, NVT_LIT(" "));
    take_text(&line, prefix);
    take_text(&line, p->target);
    take_text(&line, NVT_LIT(" HTTP/1.1"));
    require(line.len == 0U && memchr(p->method.ptr, ' ', p->method.len) == NULL &&
            memchr(p->target.ptr, ' ', p->target.len) == NULL);
}

static void check_field(struct nvt_span *head, struct nvt_span name, struct nvt_span value,
                        struct nvt_span rest)
{
    struct nvt_span line = take_line(head);
    take_text(&line, name);
    take_text(&line, NVT_LIT(": "));
    take_text(&line, value);
    take_text(&line, rest);
    require(line.len == 0U && name.len > 0U && memchr(name.ptr, ':', name.len) == NULL);
}

/* ---- the writer ---- */

static nvt_err write_head(const struct parts *p, struct nvt_buf *out)
{
    struct nvt_http_request r;
    nvt_http_request_begin(&r, out, p->method, p->target, p->authority);
    for (size_t i = 0; i < p->count; i++) {
        nvt_http_request_field(&r, p->name[i], p->value[i], p->rest[i]);
    }
    nvt_http_request_length(&r, LENGTH);
    return nvt_http_request_end(&r);
}

static void check_head(struct nvt_span head, const struct parts *p)
{
    check_request_line(&head, p, NVT_LIT(""));
    check_field(&head, NVT_LIT("Host"), p->authority, NVT_LIT(""));
    for (size_t i = 0; i < p->count; i++) {
        require(!nvt_span_eq_nocase(p->name[i], NVT_LIT("Host")) &&
                !nvt_span_eq_nocase(p->name[i], NVT_LIT("Content-Length")) &&
                !nvt_span_eq_nocase(p->name[i], NVT_LIT("Transfer-Encoding")));
        check_field(&head, p->name[i], p->value[i], p->rest[i]);
    }
    check_field(&head, NVT_LIT("Content-Length"), NVT_LIT("12"), NVT_LIT(""));
    require(take_line(&head).len == 0U && head.len == 0U);
}

/* In memory of exactly cap bytes. */
static nvt_err try_room(const struct parts *p, size_t cap, size_t *out_len)
{
    struct nvt_buf out;
    uint8_t *mem = malloc(cap + 1U);
    require(mem != NULL);
    nvt_buf_init(&out, mem + 1, cap);
    nvt_err err = write_head(p, &out);
    *out_len = out.len;
    if (err == NVT_OK) {
        check_head(nvt_buf_span(&out), p);
    }
    free(mem);
    return err;
}

static void try_writer(const struct parts *p, size_t size)
{
    size_t len = 0;
    size_t same = 0;
    nvt_err err = try_room(p, size + 100U, &len);
    if (err == NVT_OK) {
        require(try_room(p, len, &same) == NVT_OK && same == len);
        require(try_room(p, len - 1U, &same) == NVT_E_SPACE);
    } else {
        require(err <= NVT_E_HTTP_METHOD && err >= NVT_E_HTTP_VALUE);
    }
}

/* ---- the call ---- */

struct seen {
    size_t lines, given, host, length, authorization, transfer, type, accept;
};

static void see_line(struct seen *s, struct nvt_span line, const struct parts *p)
{
    s->lines++;
    s->host += is_named(line, NVT_LIT("Host"));
    s->length += is_named(line, NVT_LIT("Content-Length"));
    s->authorization += is_named(line, NVT_LIT("Authorization"));
    s->transfer += is_named(line, NVT_LIT("Transfer-Encoding"));
    s->type += is_named(line, NVT_LIT("Content-Type"));
    s->accept += is_named(line, NVT_LIT("Accept"));
    for (size_t i = 0; i < p->count; i++) {
        if (is_named(line, p->name[i])) {
            s->given++;
            return;
        }
    }
}

/* What frames a message or binds a connection is the call's alone. */
static void check_names(const struct parts *p, bool authorized)
{
    static const char *const own[] = {"Host",    "Content-Length", "Transfer-Encoding",
                                      "TE",      "Connection",     "Keep-Alive",
                                      "Upgrade", "Trailer",        "Expect"};
    for (size_t i = 0; i < p->count; i++) {
        for (size_t j = 0; j < sizeof own / sizeof own[0]; j++) {
            require(!nvt_span_eq_nocase(p->name[i], nvt_span_str(own[j])));
        }
        require(!authorized || !nvt_span_eq_nocase(p->name[i], NVT_LIT("Authorization")));
    }
}

/* Request line, Host, token, the four of the call unless given, and what was given. */
static void check_staged(const struct nvt_call *call, const struct parts *p)
{
    struct seen s = {0};
    bool authorized = (call->request->flags & (uint8_t)NVT_REQ_NO_AUTH) == 0U;
    struct nvt_span head = nvt_span_of(call->mem.bytes, call->out_secret_len);
    check_request_line(&head, p, NVT_LIT(""));
    struct nvt_span line = take_line(&head);
    while (line.len > 0U) {
        see_line(&s, line, p);
        line = take_line(&head);
    }
    require(head.len == 0U);
    require(s.host == 1U && s.length == 1U && s.transfer == 0U && s.type >= 1U && s.accept >= 1U);
    require(s.given == p->count);
    require(!authorized || s.authorization == 1U);
    check_names(p, authorized);
    require(s.lines <= 6U + p->count && s.lines >= 2U + p->count);
}

static struct nvt_request make_request(const struct parts *p, uint8_t flags)
{
    static struct nvt_header headers[FIELDS_MAX];
    struct nvt_request q = world_request("POST", flags);
    q.method = p->method;
    q.target = p->target;
    q.media_type = p->authority.len > 0U ? p->authority : q.media_type;
    q.headers = headers;
    q.header_count = p->count;
    for (size_t i = 0; i < p->count; i++) {
        headers[i].name = p->name[i];
        headers[i].value = p->value[i];
        headers[i].secret = false;
    }
    return q;
}

static void try_call(const struct parts *p, uint8_t flags)
{
    static struct world w;
    struct nvt_request q = make_request(p, flags);
    world_init(&w, &world_plain, NULL, 0);
    if (nvt_call_begin(&w.call, &q) == NVT_OK) {
        check_staged(&w.call, p);
    } else {
        require(!world_holds(w.call.mem.bytes, sizeof w.call.mem.bytes, WORLD_TOKEN));
    }
    require(world_end(&w));
}

/* Another origin gets what the caller gave, and nothing that is the client's. */
static void try_other_origin(const struct parts *p)
{
    static struct world w;
    static struct nvt_origin other;
    struct nvt_profile profile = world_plain;
    struct nvt_request q = make_request(p, NVT_REQ_API_KEY);
    profile.api_key_name = "X-API-KEY";
    world_init(&w, &profile, NULL, 0);
    require(nvt_credentials_set_api_key(&w.client.credentials, NVT_LIT(KEY)) == NVT_OK);
    require(nvt_origin_parse(NVT_LIT("https://files.example.org/up"), &other) == NVT_OK);
    q.origin = &other;
    if (nvt_call_begin(&w.call, &q) == NVT_OK) {
        struct nvt_span head = nvt_span_of(w.call.mem.bytes, w.call.out_secret_len);
        check_request_line(&head, p, NVT_LIT("/up"));
        require(nvt_span_eq(take_line(&head), NVT_LIT("Host: files.example.org")));
        require(!world_holds(w.call.mem.bytes, w.call.out_len, WORLD_TOKEN));
        require(!world_holds(w.call.mem.bytes, w.call.out_len, KEY));
    }
    require(world_end(&w));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct parts p;
    take_parts(nvt_span_of(data, size), &p);
    try_writer(&p, size);
    try_call(&p, (uint8_t)(size % 2U == 0U ? NVT_REQ_NO_AUTH : 0));
    if (!world_holds(data, size, WORLD_TOKEN) && !world_holds(data, size, KEY)) {
        try_other_origin(&p);
    }
    return 0;
}
