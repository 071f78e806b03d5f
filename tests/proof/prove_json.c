/* SPDX-License-Identifier: Apache-2.0 */
/* The strict JSON check: one step from any state that keeps the invariant, for any bytes. */
#include "../../src/json/check.c"

#include "proof.h"

#define IN_MAX 5U

/* What is known of the translation of short escapes, in place of its code: 0 for none. */
uint8_t nvt_json_short_meaning(uint8_t letter)
{
    uint8_t meaning = nondet_uint8();
    __CPROVER_assume(letter != 0U || meaning == 0U);
    return meaning;
}

struct checker nondet_checker(void);

/* The word-at-a-time scanner stops at the same byte as its definition does. */
void prove_plain(void)
{
    ANY_BYTES(text, 17U);
    const uint8_t *stop = nvt_json_plain(text.ptr, text.ptr + text.len);
    size_t run = (size_t)(stop - text.ptr);
    __CPROVER_assert(run <= text.len, "the run lies inside its text");
    size_t i = nondet_size();
    __CPROVER_assert(i >= run || is_plain(text.ptr[i]), "plain bytes only");
    __CPROVER_assert(run == text.len || !is_plain(text.ptr[run]), "the run is the longest");
}

void prove_step(void)
{
    ANY_BYTES(text, IN_MAX);
    struct checker c = nondet_checker();
    __CPROVER_assume(text.len > 0U);
    c.end = text.ptr + text.len;
    c.err = NVT_OK;
    __CPROVER_assume(c.expect <= EXPECT_NOTHING);
    __CPROVER_assume(c.floor <= c.depth && c.depth <= (unsigned)NVT_JSON_DEPTH_MAX);
    /* What is expected inside a container is expected only inside one of the text's own. */
    bool inside = c.depth > c.floor;
    __CPROVER_assume(inside || c.expect == EXPECT_VALUE || c.expect == EXPECT_NOTHING);
    __CPROVER_assume(!inside || c.expect != EXPECT_NOTHING);

    const uint8_t *p = step(&c, text.ptr);
    if (p == NULL) {
        __CPROVER_assert(c.err < NVT_OK, "a refusal has a cause");
        __CPROVER_assert(c.refused >= text.ptr && c.refused <= c.end, "and a place in the text");
        return;
    }
    __CPROVER_assert(p > text.ptr && p <= c.end, "a step goes on, inside the text");
    __CPROVER_assert(c.err == NVT_OK, "no refusal without a stop");
    __CPROVER_assert(c.floor <= c.depth && c.depth <= (unsigned)NVT_JSON_DEPTH_MAX, "bounded");
    __CPROVER_assert(c.depth > c.floor || c.expect == EXPECT_NOTHING || c.expect == EXPECT_VALUE,
                     "the invariant is kept");
}

/* All of a short text, with the loop around the steps. */
void prove_check(void)
{
    ANY_BYTES(text, 5U);
    size_t at = 0;
    nvt_err err = nvt_json_check(text, &at);
    __CPROVER_assert(at <= text.len, "the place is in the text");
    __CPROVER_assert(err <= NVT_OK, "accepted or refused");
    __CPROVER_assert(err != NVT_OK || text.len > 0U, "nothing is no value");
}
