/* SPDX-License-Identifier: Apache-2.0 */
/* The registry's calls with the client replaced by two functions. One file of a program includes
 * this. */
#ifndef TESTS_RPC_CALLS_H
#define TESTS_RPC_CALLS_H

#include "rpc_sample.h"

/* ---- in place of the client ---- */

static const struct nvt_request *begun;
static const char *answer;
static struct nvt_json_tok answer_pool[128];

nvt_err nvt_call_begin(struct nvt_call *call, const struct nvt_request *request)
{
    (void)call;
    begun = request;
    return NVT_OK;
}

nvt_err nvt_call_json(struct nvt_call *call, struct nvt_json *out_doc)
{
    (void)call;
    return nvt_json_parse(out_doc, nvt_span_str(answer), answer_pool, 128);
}

enum { WRITE = 1, READ, CEE }; /* the registry's groups of routes */

static struct nvt_call call;
static struct nvt_rpc_request request;

static inline void expect_request(nvt_err err, const char *method, const char *target,
                                  const char *body, unsigned flags, unsigned rate)
{
    assert_int_equal(err, NVT_OK);
    assert_ptr_equal(begun, &request.request);
    assert_true(nvt_span_eq(begun->method, nvt_span_str(method)));
    assert_int_equal(begun->target.len, strlen(target));
    assert_true(nvt_span_eq(begun->target, nvt_span_str(target)));
    assert_true(nvt_span_eq(begun->body, nvt_span_str(body)));
    assert_true(
        nvt_span_eq(begun->media_type, nvt_span_str(body[0] == '\0' ? "" : "application/json")));
    assert_int_equal(begun->flags, flags);
    assert_int_equal(begun->rate, rate);
    assert_int_equal(begun->header_count, 0);
    assert_null(begun->sink);
    begun = NULL;
}

static inline void expect_refused(nvt_err err, nvt_err wanted)
{
    assert_string_equal(nvt_err_name(err), nvt_err_name(wanted));
    assert_null(begun);
}

#endif
