/* SPDX-License-Identifier: Apache-2.0 */
/* CoopCycle: the profile, the calls and their answers. */
#include "coopcycle_scan.h"

static const struct nvt_environment environments[] = {
    {"demo", "https://demo.coopcycle.org", NULL, NULL},
};

/* Each co-operative has a host of its own; the demonstration is the only one for all. The scopes
 * are those of a store that orders deliveries. */
const struct nvt_profile nvt_coopcycle_profile = {
    .name = "coopcycle",
    .title = "CoopCycle",
    .environments = environments,
    .environment_count = sizeof environments / sizeof environments[0],
    .grant = NVT_GRANT_CLIENT_BASIC,
    .token_path = "/oauth2/token",
    .scope = "tasks deliveries",
    .basic_plain =
        true, /* its document shows base64 of key:secret, and its server decodes no more */
    .api_key_name = "",
    .token_life_s = 3600U,
    /* Hydra, with its prefix or without, RFC 7807, and the code and message of the login. */
    .errors = "hydra:title hydra:description title description violations detail message error",
    .media_type = "application/ld+json",
    .patch_media_type = "application/merge-patch+json",
};

/* ---- what done answers are ---- */

static bool is_asked_for(const struct nvt_request *q, uint64_t id)
{
    uint64_t asked = 0;
    return q->id.len == 0U || (nvt_u64_parse(q->id, UINT64_MAX, &asked) == NVT_OK && asked == id);
}

/* The scan saw all of it, however long it was. */
static enum nvt_verdict check_scan(struct nvt_call *call)
{
    const struct nvt_request *q = call->request;
    const struct nvt_coopcycle_scan *s = (const struct nvt_coopcycle_scan *)q->sink_ctx;
    bool list = s->base == (uint8_t)NVT_COOPCYCLE_LIST;
    bool ok = nvt_coopcycle_scan_whole(s) && (list || is_asked_for(q, s->receipt.id));
    call->outcome.failure.err = ok ? NVT_OK : NVT_E_ANSWER;
    return ok ? NVT_DELIVERED : NVT_UNKNOWN;
}

/* Which delivery a quote has become is told here first: it must be one. */
static enum nvt_verdict check_confirmed(struct nvt_call *call)
{
    struct nvt_span raw = nvt_json_text(nvt_json_at(call->outcome.body, NVT_LIT("delivery")));
    uint8_t iri[NVT_COOPCYCLE_IRI_CAP];
    uint8_t mem[4];
    struct nvt_buf b;
    uint64_t id = 0;
    nvt_buf_init(&b, iri, sizeof iri);
    while (raw.len > 0U && !b.overflow) {
        nvt_buf_put(&b, nvt_json_str_piece(&raw, mem));
    }
    bool ok = !b.overflow && nvt_coopcycle_number(nvt_buf_span(&b), &id);
    call->outcome.failure.err = ok ? NVT_OK : NVT_E_ANSWER;
    return ok ? NVT_DELIVERED : NVT_UNKNOWN;
}

/* In the order of routes. What the document leaves open: the body of a feasible delivery, and what
 * /api/me says of a person. A cancel is 204, which has no body (RFC 9110 section 15.3.5): nothing
 * in it says which delivery was meant. */
static const struct nvt_done dones[] = {
    {.status = 201U, .form = (uint8_t)NVT_FORM_OBJECT, .has = "@id", .check = check_scan},
    {.status = 200U, .form = (uint8_t)NVT_FORM_OBJECT, .has = "@id", .check = check_scan},
    {.status = 200U, .form = (uint8_t)NVT_FORM_OBJECT, .has = "@id", .check = check_scan},
    {.status = 204U, .form = (uint8_t)NVT_FORM_EMPTY},
    {.status = 200U, .form = (uint8_t)NVT_FORM_JSON, .lacks = "error"},
    {.status = 201U, .form = (uint8_t)NVT_FORM_OBJECT, .has = "@id amount currency"},
    {.status = 200U, .form = (uint8_t)NVT_FORM_OBJECT, .has = "delivery", .check = check_confirmed},
    {.status = 200U, .form = (uint8_t)NVT_FORM_OBJECT, .lacks = "error"},
    {.status = 200U, .form = (uint8_t)NVT_FORM_OBJECT, .check = check_scan},
};

/* ---- requests ---- */

/* What is handed over stands between path and verb, an id; without a verb it is the body. */
struct route {
    const char *method, *path, *verb;
    uint8_t flags;
    uint8_t base; /* what the answer is read as; 0: it is kept in the call */
};

enum { CREATE, GET, UPDATE, CANCEL, FEASIBLE, QUOTE, CONFIRM, ME, PAGE };

#define ONCE 0U
#define FREELY NVT_REQ_IDEMPOTENT
#define DELIVERIES "/api/deliveries"

static const struct route routes[] = {
    {"POST", DELIVERIES, NULL, ONCE, NVT_COOPCYCLE_ONE},
    {"GET", DELIVERIES "/", "", FREELY, NVT_COOPCYCLE_ONE},
    {"PUT", DELIVERIES "/", "", FREELY, NVT_COOPCYCLE_ONE},
    {"DELETE", DELIVERIES "/", "", FREELY, 0U},
    {"POST", DELIVERIES "/assert", NULL, FREELY, 0U},
    {"POST", DELIVERIES "/quotes", NULL, FREELY, 0U},
    {"PUT", DELIVERIES "/quotes/", "/confirm", ONCE, 0U},
    {"GET", "/api/me", NULL, FREELY, 0U},
    {"GET", "/api/stores/", "/deliveries?itemsPerPage=20&page=", FREELY, NVT_COOPCYCLE_LIST},
};

static nvt_err put_id(struct nvt_buf *b, struct nvt_span id)
{
    uint64_t number = 0;
    if (id.len == 0U) {
        return NVT_E_FIELD_MISSING;
    }
    if (!nvt_coopcycle_number(id, &number)) {
        return NVT_E_FIELD_FORMAT;
    }
    nvt_buf_put_u64(b, number);
    return NVT_OK;
}

/* All of the request but the body that stands beside an id. b may take more of the target. */
static nvt_err prepare(struct nvt_coopcycle_request *r, struct nvt_span what, unsigned n,
                       struct nvt_buf *b)
{
    const struct route *route = &routes[n];
    struct nvt_request *q = &r->request;
    nvt_err err = NVT_OK;
    (void)memset(q, 0, sizeof *q);
    nvt_coopcycle_scan_start(&r->scan, route->base);
    q->method = nvt_span_str(route->method);
    q->flags = route->flags;
    q->done = &dones[n];
    if (route->base > 0U) {
        q->sink = nvt_coopcycle_scan_put;
        q->sink_ctx = &r->scan;
    }
    nvt_buf_init(b, r->target, sizeof r->target); /* the longest has 84 bytes */
    nvt_buf_put(b, nvt_span_str(route->path));
    if (route->verb == NULL) {
        q->body = what;
    } else {
        size_t at = b->len;
        err = put_id(b, what);
        q->id = nvt_span_drop(nvt_buf_span(b), at);
        nvt_buf_put(b, nvt_span_str(route->verb));
    }
    return err;
}

/* POST /api/deliveries takes nothing but JSON-LD; the other routes would answer without "@id" if
 * they were asked in another form. */
static nvt_err start(struct nvt_call *call, struct nvt_coopcycle_request *r,
                     const struct nvt_buf *target)
{
    struct nvt_request *q = &r->request;
    q->target = nvt_buf_span(target);
    q->accept = NVT_LIT("application/ld+json");
    if (q->body.len > 0U) {
        q->media_type = q->accept;
    }
    return nvt_call_begin(call, q);
}

static nvt_err begin(struct nvt_call *call, struct nvt_coopcycle_request *r, struct nvt_span what,
                     unsigned n)
{
    struct nvt_buf b;
    nvt_err err = prepare(r, what, n, &b);
    return err == NVT_OK ? start(call, r, &b) : err;
}

static nvt_err begin_put(struct nvt_call *call, struct nvt_coopcycle_request *r, struct nvt_span id,
                         struct nvt_span json, unsigned n)
{
    struct nvt_buf b;
    nvt_err err = prepare(r, id, n, &b);
    r->request.body = json;
    return err == NVT_OK ? start(call, r, &b) : err;
}

nvt_err nvt_coopcycle_create(struct nvt_call *call, struct nvt_coopcycle_request *r,
                             struct nvt_span json, struct nvt_span key)
{
    nvt_err err = begin(call, r, json, CREATE);
    r->scan.key = key;
    return err;
}

nvt_err nvt_coopcycle_get(struct nvt_call *call, struct nvt_coopcycle_request *r,
                          struct nvt_span id)
{
    return begin(call, r, id, GET);
}

nvt_err nvt_coopcycle_update(struct nvt_call *call, struct nvt_coopcycle_request *r,
                             struct nvt_span id, struct nvt_span json)
{
    return begin_put(call, r, id, json, UPDATE);
}

nvt_err nvt_coopcycle_cancel(struct nvt_call *call, struct nvt_coopcycle_request *r,
                             struct nvt_span id)
{
    return begin(call, r, id, CANCEL);
}

nvt_err nvt_coopcycle_feasible(struct nvt_call *call, struct nvt_coopcycle_request *r,
                               struct nvt_span json)
{
    return begin(call, r, json, FEASIBLE);
}

nvt_err nvt_coopcycle_quote(struct nvt_call *call, struct nvt_coopcycle_request *r,
                            struct nvt_span json)
{
    return begin(call, r, json, QUOTE);
}

nvt_err nvt_coopcycle_confirm(struct nvt_call *call, struct nvt_coopcycle_request *r,
                              struct nvt_span id)
{
    return begin_put(call, r, id, NVT_LIT("{}"), CONFIRM);
}

nvt_err nvt_coopcycle_me(struct nvt_call *call, struct nvt_coopcycle_request *r)
{
    return begin(call, r, NVT_LIT(""), ME);
}

nvt_err nvt_coopcycle_page(struct nvt_call *call, struct nvt_coopcycle_request *r,
                           struct nvt_span store, unsigned page, struct nvt_span key)
{
    struct nvt_buf b;
    nvt_err err = prepare(r, store, PAGE, &b);
    r->scan.key = key;
    nvt_buf_put_u64(&b, page);
    return err == NVT_OK ? start(call, r, &b) : err;
}

/* ---- answers ---- */

nvt_err nvt_coopcycle_read_receipt(const struct nvt_coopcycle_request *r,
                                   struct nvt_coopcycle_receipt *out_receipt)
{
    *out_receipt = r->scan.receipt;
    return nvt_coopcycle_scan_whole(&r->scan) ? NVT_OK : NVT_E_ANSWER;
}

/* A text with its NUL. The server escapes every '/', so that a view would not do. */
static bool take_text(const struct nvt_json *doc, const char *path, char *out, size_t cap)
{
    nvt_json_node node = 0;
    out[0] = '\0';
    return nvt_json_find(doc, 0U, path, &node) == NVT_OK &&
           nvt_json_get_text(doc, node, out, cap) == NVT_OK;
}

nvt_err nvt_coopcycle_read_quote(struct nvt_call *call, struct nvt_coopcycle_price *out_price)
{
    struct nvt_json doc;
    char iri[NVT_COOPCYCLE_IRI_CAP];
    char time[40];
    nvt_json_node node = 0;
    (void)memset(out_price, 0, sizeof *out_price);
    bool ok = nvt_call_json(call, &doc) == NVT_OK && take_text(&doc, "@id", iri, sizeof iri) &&
              nvt_coopcycle_number(nvt_span_str(iri), &out_price->id) &&
              nvt_json_find(&doc, 0U, "amount", &node) == NVT_OK &&
              nvt_json_get_int(&doc, node, 0, INT64_MAX, &out_price->amount) == NVT_OK &&
              take_text(&doc, "currency", out_price->currency, sizeof out_price->currency);
    if (ok && take_text(&doc, "expiresAt", time, sizeof time)) {
        (void)nvt_time_parse_rfc3339(nvt_span_str(time), &out_price->expires_s);
    }
    return ok ? NVT_OK : NVT_E_ANSWER;
}

nvt_err nvt_coopcycle_read_confirmed(struct nvt_call *call,
                                     struct nvt_coopcycle_receipt *out_receipt)
{
    struct nvt_json doc;
    (void)memset(out_receipt, 0, sizeof *out_receipt);
    bool ok = nvt_call_json(call, &doc) == NVT_OK &&
              take_text(&doc, "delivery", out_receipt->iri, sizeof out_receipt->iri) &&
              nvt_coopcycle_number(nvt_span_str(out_receipt->iri), &out_receipt->id);
    return ok ? NVT_OK : NVT_E_ANSWER;
}

nvt_err nvt_coopcycle_read_me(struct nvt_call *call, struct nvt_coopcycle_self *out_self)
{
    struct nvt_json doc;
    nvt_json_node node = 0;
    (void)memset(out_self, 0, sizeof *out_self);
    bool ok = nvt_call_json(call, &doc) == NVT_OK && nvt_json_type(&doc, 0U) == NVT_JSON_OBJECT;
    /* A shop's credentials have null there, those of a person nothing. */
    if (ok && nvt_json_find(&doc, 0U, "store", &node) == NVT_OK &&
        nvt_json_type(&doc, node) != NVT_JSON_NULL) {
        ok = take_text(&doc, "store", out_self->store, sizeof out_self->store);
    }
    if (ok) {
        (void)take_text(&doc, "name", out_self->name, sizeof out_self->name);
    }
    return ok ? NVT_OK : NVT_E_ANSWER;
}
