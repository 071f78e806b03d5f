/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each call of the port's network table fails in turn, once and from then on, with its usual error,
 * and once with a needless "not now": for several runs of a call. The n-th is counted, so a failure
 * found here can be repeated.
 */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#define CREATED "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok"
#define TOKEN                                                                                      \
    "HTTP/1.1 201 Created\r\nContent-Length: "                                                     \
    "43\r\n\r\n{\"access_token\":\"tok-0123456789abcdefghij\"}"
#define DENIED "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"
#define LATER "HTTP/1.1 500 Oh\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n"
#define LAST "HTTP/1.1 201 Created\r\nConnection: close\r\n\r\nok"

#define ANSWER(text, how)                                                                          \
    {                                                                                              \
        (text), sizeof(text) - 1U, 3, false, (how)                                                 \
    }

/* Connections 2 and on, where a retry may land. */
static const struct nvt_sim_answer spare[] = {ANSWER(CREATED, NVT_SIM_STAY),
                                              ANSWER(CREATED, NVT_SIM_STAY)};

struct scenario {
    const char *name;
    size_t requests;
    size_t piece;
    size_t hosts;
    struct nvt_sim_answer answers[5];
    size_t count;
    uint8_t flags;
    bool keys;
    bool elsewhere; /* the token comes from another host: its connection is a script before */
    bool source;    /* the body comes in pieces */
};

static const struct scenario scenarios[] = {
    {"one request",
     1,
     0,
     1,
     {ANSWER(CREATED, NVT_SIM_STAY)},
     1,
     NVT_REQ_KEYED,
     false,
     false,
     false},
    {"unkeyed", 1, 0, 1, {ANSWER(CREATED, NVT_SIM_STAY)}, 1, 0, false, false, false},
    {"pieces", 1, 7, 1, {ANSWER(CREATED, NVT_SIM_STAY)}, 1, NVT_REQ_KEYED, false, false, false},
    {"two addresses", 1, 0, 2, {ANSWER(CREATED, NVT_SIM_STAY)}, 1, 0, false, false, false},
    {"kept alive",
     3,
     0,
     1,
     {ANSWER(CREATED, NVT_SIM_STAY), ANSWER(CREATED, NVT_SIM_STAY), ANSWER(LAST, NVT_SIM_CLOSE)},
     3,
     0,
     false,
     false,
     false},
    {"token first",
     2,
     0,
     1,
     {ANSWER(TOKEN, NVT_SIM_STAY), ANSWER(CREATED, NVT_SIM_STAY), ANSWER(CREATED, NVT_SIM_STAY)},
     3,
     0,
     true,
     false,
     false},
    {"renewal",
     2,
     0,
     1,
     {ANSWER(TOKEN, NVT_SIM_STAY), ANSWER(CREATED, NVT_SIM_STAY), ANSWER(DENIED, NVT_SIM_STAY),
      ANSWER(TOKEN, NVT_SIM_STAY), ANSWER(CREATED, NVT_SIM_STAY)},
     5,
     0,
     true,
     false,
     false},
    {"500 first",
     1,
     0,
     1,
     {ANSWER(LATER, NVT_SIM_STAY), ANSWER(CREATED, NVT_SIM_STAY)},
     2,
     NVT_REQ_KEYED,
     false,
     false,
     false},
    {"token elsewhere", 1, 0, 1, {ANSWER(CREATED, NVT_SIM_STAY)}, 1, 0, true, true, false},
    {"source", 1, 500, 1, {ANSWER(CREATED, NVT_SIM_STAY)}, 1, NVT_REQ_KEYED, false, false, true},
    {"source, unkeyed", 1, 900, 1, {ANSWER(CREATED, NVT_SIM_STAY)}, 1, 0, false, false, true},
};

struct injection {
    size_t at;
    bool on;
    nvt_err err;
};

static size_t runs;

/* What no fault may bring about. */
static const char *judge(const struct world *w, const struct scenario *c, uint64_t accepted)
{
    const struct nvt_outcome *o = &w->call.outcome;
    if (w->fault != NULL) {
        return w->fault;
    }
    if (o->verdict == NVT_UNKNOWN && (c->flags != 0U || !w->call.any_sent)) {
        return "unknown outcome of a request that is known";
    }
    if (o->verdict == NVT_RETRY && c->flags == 0U && o->status == 0U && w->call.any_sent) {
        return "a retry that could do it twice";
    }
    if (o->verdict == NVT_DELIVERED && accepted == 0U) {
        return "delivered without an answer";
    }
    return NULL;
}

static nvt_err bring(void *ctx, uint64_t offset, uint8_t *out, size_t cap, size_t *out_n)
{
    (void)ctx;
    (void)offset;
    *out_n = cap < 700U ? cap : 700U;
    memset(out, 'x', *out_n);
    return NVT_OK;
}

static void set_up(struct world *w, const struct scenario *c, const struct injection *in)
{
    if (c->keys) {
        world_use_keys(w);
    }
    if (c->elsewhere) {
        (void)nvt_client_set_token_url(&w->client, "https://login.example.net/token");
    }
    if (c->hosts == 2U) {
        w->sim.hosts[0].dead = true;
        (void)nvt_sim_add_host(&w->sim, 6, 2);
    }
    w->sim.recv_max = c->piece;
    w->sim.send_max = c->piece;
    w->sim.resolve_ms = 2;
    w->sim.hosts[0].connect_ms = 2;
    w->sim.fail_at = in->at;
    w->sim.fail_on = in->on;
    w->sim.fail_err = in->err;
}

static void check(const struct world *w, const struct scenario *c, const struct injection *in)
{
    const struct nvt_outcome *o = &w->call.outcome;
    const char *why = judge(w, c, w->call.conn.stats.bytes_in);
    bool harmless = in->at == 0U || in->err == NVT_AGAIN;
    if (why == NULL && harmless && o->verdict != NVT_DELIVERED) {
        why = "not delivered";
    }
    if (why != NULL) {
        fail_msg("%s, call %zu%s fails with %s: %s; verdict %d, %s", c->name, in->at,
                 in->on ? " and on" : "", nvt_err_name(in->err), why, (int)o->verdict,
                 nvt_err_name(o->failure.err));
    }
}

static size_t run(const struct scenario *c, const struct injection *in)
{
    static struct world w;
    static const struct nvt_sim_answer token[] = {ANSWER(TOKEN, NVT_SIM_STAY)};
    struct nvt_sim_script scripts[4] = {{token, 1}, {c->answers, c->count}, {spare, 2}, {spare, 2}};
    struct nvt_request q = world_request("POST", c->flags);
    if (c->source) {
        q.body = NVT_LIT("");
        q.source = bring;
        q.source_len = 9000;
    }
    world_init(&w, &world_keyed, c->elsewhere ? scripts : scripts + 1, 3);
    set_up(&w, c, in);
    for (size_t i = 0; i < c->requests; i++) {
        world_run(&w, &q);
        check(&w, c, in);
    }
    if (!world_end(&w)) {
        fail_msg("%s, call %zu: %s", c->name, in->at, w.fault);
    }
    runs++;
    return w.sim.calls;
}

static void test_every_call_fails(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
        struct injection in = {0, false, NVT_OK};
        size_t calls = run(&scenarios[i], &in);
        for (in.at = 1; in.at <= calls; in.at++) {
            in.on = false;
            (void)run(&scenarios[i], &in);
            in.on = true;
            (void)run(&scenarios[i], &in);
        }
    }
}

static void test_every_call_is_told_to_wait(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
        struct injection in = {0, false, NVT_AGAIN};
        size_t calls = run(&scenarios[i], &in);
        for (in.at = 1; in.at <= calls; in.at++) {
            (void)run(&scenarios[i], &in);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_call_fails),
        cmocka_unit_test(test_every_call_is_told_to_wait),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    printf("faults: %zu scenarios in %zu runs\n", sizeof(scenarios) / sizeof(scenarios[0]), runs);
    return failed;
}
