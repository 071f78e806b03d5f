/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of CoopCycle's calls share: two functions in place of the client. */
#ifndef TESTS_UNIT_COOPCYCLE_STAND_H
#define TESTS_UNIT_COOPCYCLE_STAND_H

#include <navette/api.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

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

static struct nvt_call call;

static void expect_span(struct nvt_span got, const char *wanted)
{
    char text[256];
    assert_true(got.len < sizeof text);
    if (got.len > 0U) {
        (void)memcpy(text, got.ptr, got.len);
    }
    text[got.len] = '\0';
    assert_string_equal(text, wanted);
}

static void expect_refused(nvt_err err, nvt_err wanted)
{
    assert_string_equal(nvt_err_name(err), nvt_err_name(wanted));
    assert_null(begun);
}

/* The answer's body in two pieces, in memory that ends with it. */
static nvt_err feed(const char *json, size_t first)
{
    size_t len = strlen(json);
    uint8_t *copy = malloc(len == 0U ? 1U : len);
    assert_non_null(copy);
    (void)memcpy(copy, json, len);
    first = first < len ? first : len;
    nvt_err err = begun->sink(begun->sink_ctx, nvt_span_of(copy, first));
    if (err == NVT_OK) {
        err = begun->sink(begun->sink_ctx, nvt_span_of(copy + first, len - first));
    }
    free(copy);
    return err;
}

#endif
