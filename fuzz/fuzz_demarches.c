/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Demarches simplifiees. The first byte chooses: any text as a token; any bytes as an answer, which
 * is walked as the JSON reader reads it; a service that fails as the bytes say, whose dossiers come
 * each once and in order; any fields and address for an upload.
 */
#include <navette/demarches.h>

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct nvt_client client;
static struct nvt_call call;
static struct nvt_demarches_request request;
static const struct nvt_request *begun;

nvt_err nvt_call_begin(struct nvt_call *c, const struct nvt_request *r)
{
    begun = r;
    (void)memset(&c->outcome, 0, sizeof c->outcome);
    c->request = r;
    return NVT_OK;
}

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

static uint8_t *copy_of(const uint8_t *data, size_t size)
{
    uint8_t *mem = (uint8_t *)malloc(size == 0U ? 1U : size);
    require(mem != NULL);
    if (size > 0U) {
        (void)memcpy(mem, data, size);
    }
    return mem;
}

/* ---- tokens ---- */

static void check_good_token(const uint8_t *text, size_t size)
{
    uint8_t other[84];
    uint8_t plain[61];
    struct nvt_buf b;
    nvt_buf_init(&b, plain, sizeof plain);
    require(size == 84U && text[83] == (uint8_t)'=' && text[82] == (uint8_t)'=');
    require(nvt_base64_decode(nvt_span_of(text, size), NVT_BASE64URL, &b) == NVT_OK);
    require(b.len == 61U && plain[36] == (uint8_t)';' && plain[8] == (uint8_t)'-');
    for (size_t i = 0; i < size; i++) {
        other[i] = text[i] >= (uint8_t)'A' && text[i] <= (uint8_t)'Z' ? text[i] | 0x20U : text[i];
    }
    require(nvt_demarches_token_check(nvt_span_of(other, size)) == NVT_E_CRED_CASE);
    for (size_t len = 8; len < size; len++) {
        uint8_t *cut = copy_of(text, len);
        require(nvt_demarches_token_check(nvt_span_of(cut, len)) == NVT_E_CRED_CUT);
        free(cut);
    }
}

static void try_token(const uint8_t *data, size_t size)
{
    uint8_t *text = copy_of(data, size);
    struct nvt_span span = nvt_span_of(text, size);
    struct nvt_span base = NVT_LIT("");
    int32_t number = 0;
    nvt_err err = nvt_demarches_token_check(span);
    nvt_err counted = nvt_demarches_number(span, &number);
    if (err == NVT_OK) {
        check_good_token(text, size);
    }
    require(counted != NVT_OK || (number > 0 && err == NVT_E_CRED_NUMBER));
    (void)nvt_demarches_url_check(span, &base);
    require(base.len <= size);
    number = 0;
    require((nvt_demarches_id_number(span, &number) == NVT_OK) == (number > 0));
    free(text);
}

/* ---- answers ---- */

/* Everything that was written for people is whole. */
static void check_words(const struct nvt_failure *f)
{
    require(strnlen(f->code, sizeof f->code) < sizeof f->code);
    require(strnlen(f->field, sizeof f->field) < sizeof f->field);
    require(strnlen(f->message, sizeof f->message) < sizeof f->message);
    require(nvt_utf8_check(nvt_span_str(f->code)) == NVT_OK);
    require(nvt_utf8_check(nvt_span_str(f->field)) == NVT_OK);
    require(nvt_utf8_check(nvt_span_str(f->message)) == NVT_OK);
}

/* The walk finds what the reader finds: the same values, the same names, as many. */
static void check_walk(const struct nvt_json *doc, nvt_json_node node, struct nvt_span text)
{
    struct nvt_json_iter it = {0, 0, false};
    struct nvt_span name;
    struct nvt_span value;
    struct nvt_span wanted;
    nvt_json_node item = 0;
    while (nvt_json_next(doc, node, &it, &wanted, &item)) {
        struct nvt_span raw = nvt_json_raw(doc, item);
        require(nvt_demarches_walk(&text, &name, &value));
        require(nvt_span_eq(name, wanted));
        if (nvt_json_type(doc, item) == NVT_JSON_STRING) {
            require(value.len == raw.len + 2U && value.ptr + 1 == raw.ptr);
        } else {
            require(value.ptr == raw.ptr && value.len == raw.len);
            check_walk(doc, item, value);
        }
    }
    require(!nvt_demarches_walk(&text, &name, &value));
}

static bool lies_in(struct nvt_span part, struct nvt_span whole)
{
    return part.len == 0U ||
           (part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len);
}

static void feed(const uint8_t *data, size_t size)
{
    size_t half = size / 2U;
    uint8_t *piece = copy_of(data, half);
    nvt_err err = begun->sink(begun->sink_ctx, nvt_span_of(piece, half));
    free(piece);
    piece = copy_of(data + half, size - half);
    if (err == NVT_OK) {
        err = begun->sink(begun->sink_ctx, nvt_span_of(piece, size - half));
    }
    free(piece);
    call.outcome.verdict = err == NVT_OK ? NVT_DELIVERED : NVT_RETRY;
    call.outcome.status = err == NVT_OK ? 200U : 0U;
    call.outcome.failure.err = err == NVT_OK ? NVT_OK : NVT_E_SINK;
    if (err == NVT_OK) { /* what the call does with a done answer */
        call.outcome.verdict = begun->done->check(&call);
    }
}

static void try_answer(const uint8_t *data, size_t size, bool mutation)
{
    static struct nvt_json_tok pool[4096];
    struct nvt_demarches_query q = {.text = NVT_LIT("{ a }")};
    struct nvt_demarches_answer answer;
    struct nvt_failure failure;
    struct nvt_json doc;
    uint8_t body[64];
    uint8_t *room = copy_of(data, size);
    nvt_demarches_init(&request, body, sizeof body, room, size);
    if (mutation) {
        q.text = NVT_LIT("mutation { a }");
    }
    require(nvt_demarches_query(&call, &request, &q) == NVT_OK);
    feed(data, size);
    nvt_err err = nvt_demarches_read(&call, &request, &answer, &failure);
    struct nvt_span all = nvt_span_of(room, size);
    require(err == failure.err && lies_in(answer.data, all) && lies_in(answer.errors, all));
    require((err == NVT_OK) == (answer.verdict == NVT_DELIVERED));
    require(err != NVT_E_MUTATION || mutation);
    require((err == NVT_E_GRAPHQL) == (answer.errors.len > 0U));
    check_words(&failure);
    if (err == NVT_OK) {
        require(nvt_json_check(answer.data, NULL) == NVT_OK && answer.data.ptr[0] == (uint8_t)'{');
    }
    if (nvt_json_parse(&doc, all, pool, 4096U) == NVT_OK) {
        check_walk(&doc, 0, all);
    } else {
        require(err == NVT_E_ANSWER || nvt_json_check(all, NULL) == NVT_OK);
    }
    free(room);
}

/* ---- pages ---- */

struct service {
    const uint8_t *moods; /* one a request, then good for ever */
    size_t left;
    unsigned count;
};

static unsigned number_behind(const char *name)
{
    char text[NVT_DEMARCHES_BODY_MIN + 1];
    (void)memcpy(text, begun->body.ptr, begun->body.len);
    text[begun->body.len] = '\0';
    const char *at = strstr(text, name);
    return at == NULL ? 0U : (unsigned)strtoul(at + strlen(name), NULL, 10);
}

static size_t write_page(char *text, size_t cap, const struct service *s, unsigned mood)
{
    unsigned from = number_behind("\"after\":\"c");
    unsigned to = from + number_behind("\"first\":");
    unsigned size = mood == 4U ? 400U : 1U;
    size_t n = 0;
    to = to < s->count ? to : s->count;
    n += (size_t)snprintf(text + n, cap - n, "{\"data\":{\"demarche\":{\"dossiers\":{\"nodes\":[");
    for (unsigned i = from; i < to; i++) {
        n += (size_t)snprintf(text + n, cap - n, "%s{\"n\":%u,\"x\":\"%*s\"}", i == from ? "" : ",",
                              i, (int)size, "");
    }
    n += (size_t)snprintf(text + n, cap - n,
                          "],\"pageInfo\":{\"hasNextPage\":%s,\"endCursor\":\"c%u\"}}}}%s}",
                          to < s->count ? "true" : "false", to,
                          mood == 5U ? ",\"errors\":[{\"message\":\"a\"},{\"extensions\":{\"code\":"
                                       "\"timeout\"}}]"
                                     : "");
    return n;
}

static void serve(struct service *s)
{
    static char text[65536];
    unsigned mood = 0;
    if (s->left > 0U) {
        mood = s->moods[0] % 8U;
        s->moods++;
        s->left--;
    }
    call.outcome.verdict = NVT_RETRY;
    if (mood == 1U) {
        call.outcome.failure.err = NVT_E_TIMEOUT_ANSWER;
    } else if (mood == 2U) {
        call.outcome.failure.err = NVT_E_STATUS;
        call.outcome.failure.http_status = 504U;
    } else if (mood == 3U) {
        call.outcome.failure.err = NVT_E_NET_RESET;
    } else {
        feed((const uint8_t *)text, write_page(text, sizeof text, s, mood));
    }
}

static void try_pages(const uint8_t *data, size_t size)
{
    static uint8_t body[NVT_DEMARCHES_BODY_MIN];
    static uint8_t room[3000];
    struct nvt_demarches_filter filter = {.number = 1};
    struct nvt_demarches_dossiers it;
    struct nvt_failure failure;
    struct service s = {data + 2, size - 2U, data[0] % 64U};
    unsigned seen = 0;
    filter.first = (uint8_t)(data[1] % 101U);
    nvt_demarches_init(&request, body, sizeof body, room, sizeof room);
    require(nvt_demarches_dossiers_init(&it, &filter) == NVT_OK);
    while (it.more) {
        struct nvt_span dossier;
        require(nvt_demarches_dossiers_begin(&call, &request, &it) == NVT_OK);
        require(it.size >= 1U && it.size <= it.filter.first);
        bool good = s.left == 0U;
        serve(&s);
        nvt_err err = nvt_demarches_dossiers_read(&call, &request, &it, &failure);
        check_words(&failure);
        /* Without a mood the page is good, or larger than the room. */
        require(!good || err == NVT_OK ||
                (err == NVT_AGAIN && failure.err == NVT_E_HTTP_BODY_SIZE));
        while (nvt_demarches_dossiers_next(&it, &dossier)) {
            char wanted[16];
            int len = snprintf(wanted, sizeof wanted, "{\"n\":%u,", seen);
            require(err == NVT_OK && dossier.len > (size_t)len);
            require(memcmp(dossier.ptr, wanted, (size_t)len) == 0);
            seen++;
        }
        require(it.position == seen);
    }
    require(seen == s.count);
}

/* ---- uploads ---- */

static nvt_err no_source(void *ctx, uint64_t offset, uint8_t *out, size_t cap, size_t *out_n)
{
    (void)ctx;
    (void)offset;
    (void)out;
    (void)cap;
    *out_n = 0;
    return NVT_E_SOURCE;
}

static void put_string(struct nvt_json_writer *w, const char *name, struct nvt_span text)
{
    nvt_json_name(w, nvt_span_str(name));
    nvt_json_put_str(w, nvt_utf8_check(text) == NVT_OK ? text : NVT_LIT("?"));
}

/* An answer that names this address and these fields. */
static size_t write_place(uint8_t *out, size_t cap, struct nvt_span url, struct nvt_span fields)
{
    struct nvt_buf b;
    struct nvt_json_writer w;
    nvt_buf_init(&b, out, cap);
    nvt_buf_put(&b, NVT_LIT("{\"data\":{\"createDirectUpload\":{\"directUpload\":"));
    nvt_json_writer_init(&w, &b);
    nvt_json_begin_object(&w);
    put_string(&w, "url", url);
    put_string(&w, "headers", fields);
    put_string(&w, "signedBlobId", NVT_LIT("S"));
    nvt_json_end_object(&w);
    require(nvt_json_writer_end(&w) == NVT_OK);
    nvt_buf_put(&b, NVT_LIT("}}}"));
    return b.len;
}

static void check_put(const struct nvt_demarches_upload *up)
{
    require(begun->origin == &up->origin && up->origin.host[0] != '\0');
    require(begun->header_count <= NVT_DEMARCHES_HEADERS_MAX && begun->target.len > 0U);
    require(begun->target.ptr[0] == (uint8_t)'/' && strcmp(up->signed_id, "S") == 0);
    for (size_t i = 0; i < begun->header_count; i++) {
        struct nvt_span name = begun->headers[i].name;
        require(!nvt_span_eq_nocase(name, NVT_LIT("authorization")));
        require(!nvt_span_eq_nocase(name, NVT_LIT("host")));
        require(!nvt_span_eq_nocase(name, NVT_LIT("content-length")));
        require(nvt_utf8_check(begun->headers[i].value) == NVT_OK);
    }
}

static void try_upload(const uint8_t *data, size_t size)
{
    static uint8_t text[65536];
    static uint8_t body[4096];
    static uint8_t room[65536];
    struct nvt_demarches_upload up;
    struct nvt_failure failure;
    size_t at = 0;
    if (size > 4096U) {
        return;
    }
    while (at < size && data[at] != (uint8_t)'\n') {
        at++;
    }
    (void)memset(&up, 0, sizeof up);
    up.dossier_id = NVT_LIT("D");
    up.filename = NVT_LIT("f");
    up.media_type = NVT_LIT("t/t");
    up.source = no_source;
    up.len = 1;
    up.checksum[0] = 'x';
    nvt_demarches_init(&request, body, sizeof body, room, sizeof room);
    require(nvt_demarches_upload_begin(&call, &request, &up) == NVT_OK);
    struct nvt_span url = nvt_span_of(data, at);
    feed(text,
         write_place(text, sizeof text, url, nvt_span_drop(nvt_span_of(data, size), at + 1U)));
    begun = NULL;
    nvt_err err = nvt_demarches_upload_put(&call, &request, &up, &failure);
    require((err == NVT_OK) == (begun != NULL));
    if (err == NVT_OK) {
        check_put(&up);
    } else {
        require(up.signed_id[0] == '\0' && failure.err == err);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0U) {
        return 0;
    }
    call.client = &client;
    switch (data[0]) {
    case 't':
        try_token(data + 1, size - 1U);
        break;
    case 'q':
    case 'm':
        try_answer(data + 1, size - 1U, data[0] == (uint8_t)'m');
        break;
    case 'p':
        if (size > 2U && size < 100U) {
            try_pages(data + 1, size - 1U);
        }
        break;
    case 'u':
        try_upload(data + 1, size - 1U);
        break;
    default:
        break;
    }
    return 0;
}
