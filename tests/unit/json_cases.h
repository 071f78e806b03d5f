/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the json room share: valid documents, and inputs that end where memory ends. */
#ifndef NAVETTE_TEST_JSON_CASES_H
#define NAVETTE_TEST_JSON_CASES_H

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <navette/json.h>

/* A copy in a block of exactly its size: reading over the end is caught by ASan and valgrind. */
static inline struct nvt_span exact_copy(struct nvt_span text)
{
    uint8_t *mem = malloc(text.len == 0U ? 1U : text.len);
    assert_non_null(mem);
    if (text.len > 0U) {
        memcpy(mem, text.ptr, text.len);
    }
    return nvt_span_of(mem + (text.len == 0U ? 1 : 0), text.len);
}

static inline void exact_free(struct nvt_span text)
{
    free((void *)(uintptr_t)(text.ptr - (text.len == 0U ? 1 : 0)));
}

static inline nvt_err check_exact(struct nvt_span text, size_t *out_at)
{
    struct nvt_span copy = exact_copy(text);
    nvt_err err = nvt_json_check(copy, out_at);
    exact_free(copy);
    return err;
}

/* Valid documents whose top level is a container or a string: each proper prefix is incomplete. */
static const char *const closed_documents[] = {
    "{}",
    "[]",
    "\"\"",
    "{\"a\":1}",
    "[1,-0,0.5,-1.25e+10,1E9,2e-2]",
    "[true,false,null]",
    "{\"id\":7,\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32602,\"data\":[\"/x\",{\"y\":[]}]}}",
    "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\uDE97 plain text over several words\"",
    ("{\"ville\":\"Saint-\xC3\x89tienne\",\"prix\":\"2 "
     "\xE2\x82\xAC\",\"auto\":\"\xF0\x9F\x9A\x97\"}"),
    "{\"access_token\":\"eyJhbGciOiJSUzI1NiJ9.e30.c2ln\",\"expires_in\":3600,\"scope\":\"a b\"}",
    "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]",
    " \t\r\n{ \"a\" : [ 1 , { } , [ ] ] , \"\" : \"\" }",
};
#define CLOSED_COUNT (sizeof closed_documents / sizeof closed_documents[0])

#endif
