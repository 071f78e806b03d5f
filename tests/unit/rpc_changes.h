/* SPDX-License-Identifier: Apache-2.0 */
/* Changes to the sample journey's JSON, and what the check must say to them. */
#ifndef TESTS_RPC_CHANGES_H
#define TESTS_RPC_CHANGES_H

#include "rpc_sample.h"

#include <stdio.h>

#define POOL (NVT_RPC_TOKENS_MAX + 64)

static inline nvt_err check(struct nvt_span json, int64_t now_s, struct nvt_failure *failure)
{
    static struct nvt_json_tok pool[POOL];
    (void)memset(failure, 0x5A, sizeof *failure);
    nvt_err err = nvt_rpc_json_check(json, pool, POOL, now_s, failure);
    assert_int_equal(failure->err, err);
    assert_int_equal(nvt_rpc_json_check(json, pool, POOL, now_s, NULL), err);
    return err;
}

static inline void expect_text(const char *text, nvt_err err, const char *field)
{
    struct nvt_failure failure;
    struct nvt_span json = exact(text, strlen(text));
    assert_string_equal(nvt_err_name(check(json, 0, &failure)), nvt_err_name(err));
    assert_string_equal(failure.field, field);
    exact_free(json);
}

static const char sample_v3[] = SAMPLE_V3;

/* The three in a row; free it. */
static inline char *joined(const char *a, const char *b, const char *c)
{
    size_t len = strlen(a) + strlen(b) + strlen(c) + 1U;
    char *text = (char *)malloc(len);
    assert_non_null(text);
    (void)snprintf(text, len, "%s%s%s", a, b, c);
    return text;
}

/* The sample with the n-th old replaced by new; free it. */
static inline char *changed(const char *old, unsigned nth, const char *new)
{
    static char head[sizeof sample_v3];
    const char *at = strstr(sample_v3, old);
    for (unsigned i = 0; at != NULL && i < nth; i++) {
        at = strstr(at + 1, old);
    }
    if (at == NULL) {
        fail_msg("the sample has no %s", old);
        return NULL;
    }
    (void)snprintf(head, sizeof head, "%.*s", (int)(at - sample_v3), sample_v3);
    return joined(head, new, at + strlen(old));
}

struct change {
    const char *old;
    unsigned nth;
    const char *new;
    nvt_err err;
    const char *field;
};

static inline void expect_changes(const struct change *c, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char *text = changed(c[i].old, c[i].nth, c[i].new);
        struct nvt_failure failure;
        struct nvt_span json = exact(text, strlen(text));
        nvt_err err = check(json, 0, &failure);
        if (err != c[i].err || strcmp(failure.field, c[i].field) != 0) {
            fail_msg("%s -> %s: %s at %s, not %s at %s", c[i].old, c[i].new, nvt_err_name(err),
                     failure.field, nvt_err_name(c[i].err), c[i].field);
        }
        exact_free(json);
        free(text);
    }
}
#define EXPECT_CHANGES(c) expect_changes((c), sizeof(c) / sizeof((c)[0]))

#endif
