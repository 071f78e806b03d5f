/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a delivery was made after all: the store's deliveries are walked, newest first, until one
 * has the key, or until none can have it any more. "Not found" leads to the delivery being sent
 * again, so that everything doubtful is an error instead.
 */
#include "coopcycle_scan.h"

static nvt_err take_store(struct nvt_coopcycle_resolve *r, struct nvt_span iri)
{
    uint64_t number = 0;
    struct nvt_buf b;
    if (!nvt_coopcycle_number(iri, &number)) {
        return NVT_E_FIELD_FORMAT;
    }
    nvt_buf_init(&b, r->store, sizeof r->store - 1U);
    nvt_buf_put_u64(&b, number);
    return NVT_OK;
}

/* From the first page on. */
static nvt_err ask(struct nvt_call *call, struct nvt_coopcycle_resolve *r)
{
    if (r->walked == (uint16_t)NVT_COOPCYCLE_PAGES_MAX) {
        return NVT_E_LIST_LENGTH;
    }
    r->walked++;
    r->page++;
    return nvt_coopcycle_page(call, &r->request, nvt_span_str(r->store), r->page, r->key);
}

nvt_err nvt_coopcycle_resolve(struct nvt_call *call, struct nvt_coopcycle_resolve *r,
                              struct nvt_span store, struct nvt_span key, int64_t since_s)
{
    nvt_err err = nvt_coopcycle_check_key(key);
    (void)memset(r, 0, sizeof *r);
    r->key = key;
    r->since_s = since_s;
    if (err != NVT_OK) {
        return err;
    }
    if (store.len == 0U) {
        return nvt_coopcycle_me(call, &r->request);
    }
    err = take_store(r, store);
    return err == NVT_OK ? ask(call, r) : err;
}

static nvt_err read_store(struct nvt_call *call, struct nvt_coopcycle_resolve *r)
{
    struct nvt_coopcycle_self self;
    nvt_err err = nvt_coopcycle_read_me(call, &self);
    if (err != NVT_OK) {
        return err;
    }
    if (self.store[0] == '\0') {
        return NVT_E_FIELD_MISSING;
    }
    return take_store(r, nvt_span_str(self.store)) == NVT_OK ? NVT_OK : NVT_E_ANSWER;
}

/* Deliveries are listed by the time of their making; those made from older tasks show these' times,
 * so that only a page without any younger one lies past that of sending. */
static bool is_past(const struct nvt_coopcycle_resolve *r)
{
    int64_t newest_s = r->request.scan.newest_s;
    return r->since_s != 0 && newest_s != 0 &&
           newest_s + (int64_t)NVT_COOPCYCLE_SLACK_S < r->since_s;
}

/* NVT_AGAIN: the next page. A list that shrinks has moved deliveries to pages already walked: it is
 * walked anew. New ones only move others on to where they are met again. */
static nvt_err judge_page(struct nvt_coopcycle_resolve *r)
{
    const struct nvt_coopcycle_scan *s = &r->request.scan;
    bool shrunk = s->total < r->total;
    if (!nvt_coopcycle_scan_whole(s)) {
        return NVT_E_ANSWER;
    }
    if (s->found) {
        return NVT_OK;
    }
    r->seen += s->count;
    if (shrunk) {
        r->seen = 0;
        r->page = 0;
        r->total = 0;
        r->first_id = 0;
        return NVT_AGAIN;
    }
    if (s->count == 0U) {
        return r->seen < s->total ? NVT_E_CURSOR : NVT_E_NOT_FOUND;
    }
    if (s->first_id == r->first_id) {
        return NVT_E_CURSOR;
    }
    r->total = s->total;
    r->first_id = s->first_id;
    return is_past(r) ? NVT_E_NOT_FOUND : NVT_AGAIN;
}

nvt_err nvt_coopcycle_resolve_next(struct nvt_call *call, struct nvt_coopcycle_resolve *r,
                                   struct nvt_coopcycle_receipt *out_receipt)
{
    nvt_err err = call->outcome.failure.err;
    (void)memset(out_receipt, 0, sizeof *out_receipt);
    if (err != NVT_OK) {
        return err;
    }
    err = r->page == 0U ? read_store(call, r) : judge_page(r);
    if (err == NVT_OK && r->page > 0U) {
        *out_receipt = r->request.scan.receipt;
        return NVT_OK;
    }
    if (err == NVT_OK || err == NVT_AGAIN) {
        err = ask(call, r);
        return err == NVT_OK ? NVT_AGAIN : err;
    }
    return err;
}
