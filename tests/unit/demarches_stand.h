/* SPDX-License-Identifier: Apache-2.0 */
/* In place of the client: what was begun, and an outcome of the test's own. */
#ifndef NAVETTE_TESTS_DEMARCHES_STAND_H
#define NAVETTE_TESTS_DEMARCHES_STAND_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <navette/api.h>

static struct nvt_client client;
static struct nvt_call call;
static struct nvt_demarches_request request;
static struct nvt_failure failure;
static const struct nvt_request *begun;
static nvt_err begin_err; /* what the next begin returns */

nvt_err nvt_call_begin(struct nvt_call *c, const struct nvt_request *r)
{
    assert_ptr_equal(c, &call);
    begun = begin_err == NVT_OK ? r : NULL;
    (void)memset(&call.outcome, 0, sizeof call.outcome);
    return begin_err;
}

/* Rooms of exact size on the heap, so that a sanitizer sees a byte too many. */
static uint8_t *room_body, *room_answer;

static void stand_open(size_t body_cap, size_t answer_cap)
{
    (void)memset(&client, 0, sizeof client);
    (void)memset(&call, 0, sizeof call);
    (void)memcpy(client.token.text, "dG9rZW4tdGhhdC1tdXN0LW5vdC1zaG93", 32);
    client.token.len = 32;
    call.client = &client;
    room_body = (uint8_t *)malloc(body_cap);
    room_answer = (uint8_t *)malloc(answer_cap);
    assert_non_null(room_body);
    assert_non_null(room_answer);
    nvt_demarches_init(&request, room_body, body_cap, room_answer, answer_cap);
    begun = NULL;
    begin_err = NVT_OK;
}

static void stand_close(void)
{
    free(room_body);
    free(room_answer);
}

/* The request that was begun is over: so it ended. */
static void ended(enum nvt_verdict verdict, nvt_err err, uint16_t status)
{
    assert_non_null(begun);
    call.request = begun;
    call.outcome.verdict = verdict;
    call.outcome.status = status;
    call.outcome.failure.err = err;
    call.outcome.failure.http_status = status;
}

/* What the call does with a done answer: the row's own check comes before the verdict. */
static void check_row(void)
{
    struct nvt_outcome *o = &call.outcome;
    assert_non_null(begun->done);
    if (o->verdict == NVT_DELIVERED && begun->done->check != NULL) {
        o->verdict = begun->done->check(&call);
    }
    if (o->verdict == NVT_UNKNOWN && (begun->flags & NVT_REQ_IDEMPOTENT) != 0U) {
        o->verdict = NVT_RETRY;
    }
}

/* ... with a 200 and this body, which comes in two pieces. */
static void answered_with(const char *text, size_t len)
{
    assert_non_null(begun);
    assert_non_null(begun->sink);
    nvt_err err = begun->sink(begun->sink_ctx, nvt_span_of(text, len / 2U));
    if (err == NVT_OK) {
        err = begun->sink(begun->sink_ctx, nvt_span_of(text + len / 2U, len - len / 2U));
    }
    if (err == NVT_OK) {
        ended(NVT_DELIVERED, NVT_OK, 200U);
        check_row();
    } else {
        ended((begun->flags & NVT_REQ_IDEMPOTENT) != 0U ? NVT_RETRY : NVT_UNKNOWN, NVT_E_SINK, 0U);
    }
}

static void answered(const char *text)
{
    answered_with(text, strlen(text));
}

static void is_err(nvt_err got, nvt_err wanted)
{
    assert_string_equal(nvt_err_name(got), nvt_err_name(wanted));
}

static void is_text(struct nvt_span got, const char *wanted)
{
    assert_int_equal(got.len, strlen(wanted));
    assert_memory_equal(got.ptr, wanted, got.len);
}

/* The body that was begun, as written. */
static void is_body(const char *wanted)
{
    assert_non_null(begun);
    is_text(begun->body, wanted);
}

#endif
