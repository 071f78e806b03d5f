/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What CoopCycle's code reads: any bytes as a delivery, as a page of a store's list, as a short
 * answer, and as a delivery to send. The first byte chooses. However an answer is cut into pieces,
 * it is read alike; JSON is never refused for its structure, and what is read of it is what the
 * reader of whole texts finds; a delivery that is accepted stays so, with a key put in too.
 */
#include <navette/coopcycle.h>

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define POOL 1024
#define KEY "k-1"

static struct nvt_json_tok pool[POOL];
static struct nvt_call call;
static const struct nvt_request *begun;
static struct nvt_span answer;

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* ---- in place of the client ---- */

nvt_err nvt_call_begin(struct nvt_call *of, const struct nvt_request *request)
{
    (void)of;
    begun = request;
    require(request->target.len > 0U && request->target.ptr[0] == (uint8_t)'/');
    return NVT_OK;
}

nvt_err nvt_call_json(struct nvt_call *of, struct nvt_json *out_doc)
{
    (void)of;
    return nvt_json_parse(out_doc, answer, pool, POOL);
}

/* In pieces of step bytes; 0: in one. */
static void feed(struct nvt_span text, size_t step)
{
    if (step == 0U || text.len == 0U) {
        require(begun->sink(begun->sink_ctx, text) == NVT_OK);
        return;
    }
    while (text.len > 0U) {
        struct nvt_span piece = nvt_span_of(text.ptr, text.len < step ? text.len : step);
        require(begun->sink(begun->sink_ctx, piece) == NVT_OK);
        text = nvt_span_drop(text, piece.len);
    }
}

static void check_text(const char *text, size_t cap)
{
    require(memchr(text, 0, cap) != NULL);
}

static bool same_receipt(const struct nvt_coopcycle_receipt *a,
                         const struct nvt_coopcycle_receipt *b)
{
    return a->id == b->id && strcmp(a->iri, b->iri) == 0 && a->keyed == b->keyed &&
           strcmp(a->tracking_url, b->tracking_url) == 0 && a->task_count == b->task_count &&
           memcmp(a->status, b->status, sizeof a->status) == 0;
}

/* ---- a delivery ---- */

static nvt_err read_one(struct nvt_span text, size_t step, struct nvt_coopcycle_receipt *out)
{
    static struct nvt_coopcycle_request r;
    require(nvt_coopcycle_create(&call, &r, NVT_LIT("{}"), NVT_LIT(KEY)) == NVT_OK);
    feed(text, step);
    return nvt_coopcycle_read_receipt(&r, out);
}

static bool holds(struct nvt_span text, const char *part)
{
    size_t len = strlen(part);
    bool found = false;
    for (size_t i = 0; i + len <= text.len && !found; i++) {
        found = memcmp(text.ptr + i, part, len) == 0;
    }
    return found;
}

/* The "@id" that the other reader finds, where both must agree. */
static void compare(struct nvt_span text, nvt_err err, const struct nvt_coopcycle_receipt *r)
{
    struct nvt_json doc;
    struct nvt_span iri;
    uint64_t id = 0;
    nvt_json_node node = 0;
    if (nvt_json_parse(&doc, text, pool, POOL) != NVT_OK || nvt_json_unique(&doc) != NVT_OK ||
        holds(text, "hydra:") || nvt_json_type(&doc, 0) != NVT_JSON_OBJECT) {
        return;
    }
    if (nvt_json_find(&doc, 0, "@id", &node) != NVT_OK ||
        nvt_json_get_span(&doc, node, &iri) != NVT_OK || iri.len >= NVT_COOPCYCLE_IRI_CAP) {
        return;
    }
    size_t at = iri.len;
    while (at > 0U && iri.ptr[at - 1U] != (uint8_t)'/') {
        at--;
    }
    if (nvt_u64_parse(nvt_span_drop(iri, at), UINT64_MAX, &id) == NVT_OK) {
        require(err == NVT_OK && r->id == id && nvt_span_eq(nvt_span_str(r->iri), iri));
    } else {
        require(err == NVT_E_ANSWER);
    }
}

static void try_one(struct nvt_span text)
{
    struct nvt_coopcycle_receipt whole;
    struct nvt_coopcycle_receipt cut;
    nvt_err err = read_one(text, 0, &whole);
    for (size_t step = 1; step < 8U; step += 3U) {
        require(read_one(text, step, &cut) == err);
        require(err != NVT_OK || same_receipt(&whole, &cut));
    }
    check_text(whole.iri, sizeof whole.iri);
    check_text(whole.tracking_url, sizeof whole.tracking_url);
    require(whole.task_count <= NVT_COOPCYCLE_TASKS_MAX);
    require(err == NVT_OK || err == NVT_E_ANSWER);
    require(err != NVT_OK || whole.iri[0] != '\0');
    compare(text, err, &whole);
}

/* ---- a page ---- */

static nvt_err read_page(struct nvt_span text, size_t step, struct nvt_coopcycle_receipt *out)
{
    static struct nvt_coopcycle_resolve r;
    memset(&call.outcome, 0, sizeof call.outcome);
    require(nvt_coopcycle_resolve(&call, &r, NVT_LIT("1"), NVT_LIT(KEY), 1750000000) == NVT_OK);
    feed(text, step);
    return nvt_coopcycle_resolve_next(&call, &r, out);
}

/* Whether a text anywhere in the document is the key or holds its line; escapes count as such. */
static bool may_hold_key(struct nvt_span text)
{
    return holds(text, KEY) || holds(text, "\\");
}

static void try_page(struct nvt_span text)
{
    struct nvt_coopcycle_receipt whole;
    struct nvt_coopcycle_receipt cut;
    nvt_err err = read_page(text, 0, &whole);
    for (size_t step = 1; step < 8U; step += 3U) {
        require(read_page(text, step, &cut) == err);
        require(same_receipt(&whole, &cut));
    }
    require(err == NVT_OK || err == NVT_AGAIN || err == NVT_E_NOT_FOUND || err == NVT_E_ANSWER ||
            err == NVT_E_CURSOR);
    require((err == NVT_OK) == whole.keyed);
    require(err != NVT_OK || may_hold_key(text));
    require(err != NVT_E_NOT_FOUND || holds(text, "member") || holds(text, "\\"));
}

/* ---- short answers ---- */

static void try_short(struct nvt_span text)
{
    struct nvt_coopcycle_self self;
    struct nvt_coopcycle_price price;
    struct nvt_coopcycle_receipt receipt;
    answer = text;
    (void)nvt_coopcycle_read_me(&call, &self);
    check_text(self.store, sizeof self.store);
    check_text(self.name, sizeof self.name);
    nvt_err err = nvt_coopcycle_read_quote(&call, &price);
    check_text(price.currency, sizeof price.currency);
    require(err != NVT_OK || price.amount >= 0);
    err = nvt_coopcycle_read_confirmed(&call, &receipt);
    check_text(receipt.iri, sizeof receipt.iri);
    require(err != NVT_OK || receipt.iri[0] != '\0');
}

/* ---- a delivery to send ---- */

static void check_refusal(nvt_err err, struct nvt_span json, const struct nvt_failure *f)
{
    size_t len = strnlen(f->field, sizeof f->field);
    require(f->err == err && len < sizeof f->field);
    require(nvt_utf8_check(nvt_span_of(f->field, len)) == NVT_OK);
    require(f->detail >= 0 && (size_t)f->detail <= json.len);
}

/* A key goes in once. */
static void check_keyed(struct nvt_span json)
{
    size_t cap = 2U * json.len + 192U;
    uint8_t *text = (uint8_t *)malloc(cap);
    struct nvt_buf b;
    require(text != NULL);
    nvt_buf_init(&b, text, cap);
    nvt_err err = nvt_coopcycle_json_add_key(json, NVT_LIT(KEY), pool, POOL, &b);
    struct nvt_span keyed = nvt_buf_span(&b);
    if (err == NVT_OK) {
        require(nvt_coopcycle_json_check(keyed, pool, POOL, NULL) == NVT_OK);
        require(nvt_coopcycle_json_add_key(keyed, NVT_LIT(KEY), pool, POOL, &b) ==
                NVT_E_FIELD_BOTH);
    } else {
        require(err == NVT_E_FIELD_TYPE || err == NVT_E_FIELD_BOTH);
    }
    free(text);
}

static void try_send(struct nvt_span text)
{
    struct nvt_failure first;
    struct nvt_failure second;
    memset(pool, 0, sizeof pool);
    nvt_err err = nvt_coopcycle_json_check(text, pool, POOL, &first);
    memset(pool, 0xFF, sizeof pool);
    require(nvt_coopcycle_json_check(text, pool, POOL, &second) == err);
    require(first.detail == second.detail && strcmp(first.field, second.field) == 0);
    if (err == NVT_OK) {
        require(nvt_json_check(text, NULL) == NVT_OK);
        /* In an order of two the types do not count; in a change they do. */
        err = nvt_coopcycle_update_check(text, pool, POOL, NULL);
        require(err == NVT_OK || err == NVT_E_FIELD_FORMAT || err == NVT_E_FIELD_ORDER);
        check_keyed(text);
    } else {
        check_refusal(err, text, &first);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0U) {
        return 0;
    }
    struct nvt_span text = nvt_span_of(data + 1, size - 1U);
    switch (data[0]) {
    case 'd':
        try_one(text);
        break;
    case 'p':
        try_page(text);
        break;
    case 'a':
        try_short(text);
        break;
    default:
        try_send(text);
        break;
    }
    return 0;
}
