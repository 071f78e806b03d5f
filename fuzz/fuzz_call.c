/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A whole call, token and all, against a scripted server. The first line of the input says how the
 * world is: letters with a number each, see apply(). Then come the server's bytes; "@", a letter
 * and a delay in ms end an answer: @S the connection stays, @N the next answer comes on a new one,
 * @C close in order, @T end without TLS's notice, @R reset, @Z silence; "u" behind it: the answer
 * comes unasked. A line end after it is skipped.
 *
 * What holds: world.c's checks (deadline, secrets, sockets, claims), and what check_verdict and
 * check_body say.
 */
#include "../tests/sim/world.h"

#include <stdio.h>
#include <stdlib.h>

#define ANSWERS_MAX 12U
#define NUMBER_MAX 200000U
#define STEPS_MAX 20000U

/* A byte that no other message of the client holds: the request's first. */
#define MARK "^"

struct script {
    struct nvt_sim_answer answers[ANSWERS_MAX];
    struct nvt_sim_script connections[ANSWERS_MAX + 1U];
    size_t answer_count, connection_count;
};

struct settings {
    bool has[26];
    uint32_t number[26];
};

struct sink {
    size_t bytes;
    size_t fail_at; /* 0: never */
};

struct tap {
    uint64_t next;
    uint64_t fail_at; /* 0: never */
};

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void require_sound(const struct world *w)
{
    if (w->fault != NULL) {
        (void)fprintf(stderr, "%s\n", w->fault);
        abort();
    }
}

/* ---- input ---- */

static uint32_t take_number(struct nvt_span *in)
{
    uint32_t n = 0;
    while (in->len > 0U && in->ptr[0] >= (uint8_t)'0' && in->ptr[0] <= (uint8_t)'9') {
        n = n * 10U + ((uint32_t)in->ptr[0] - (uint32_t)'0');
        n = n < NUMBER_MAX ? n : NUMBER_MAX;
        *in = nvt_span_drop(*in, 1);
    }
    return n;
}

static bool take_byte(struct nvt_span *in, char c)
{
    if (in->len == 0U || in->ptr[0] != (uint8_t)c) {
        return false;
    }
    *in = nvt_span_drop(*in, 1);
    return true;
}

static void take_settings(struct nvt_span *in, struct settings *s)
{
    memset(s, 0, sizeof *s);
    while (in->len > 0U && !take_byte(in, '\n')) {
        unsigned letter = (unsigned)in->ptr[0] - (unsigned)'a';
        *in = nvt_span_drop(*in, 1);
        if (letter < 26U) {
            s->has[letter] = true;
            s->number[letter] = take_number(in);
        }
    }
}

static bool has(const struct settings *s, char letter)
{
    return s->has[letter - 'a'];
}

static uint32_t number(const struct settings *s, char letter)
{
    return s->number[letter - 'a'];
}

static bool end_of(uint8_t letter, enum nvt_sim_end *out_end)
{
    static const char letters[] = "SNCTRZ";
    static const enum nvt_sim_end ends[] = {NVT_SIM_STAY, NVT_SIM_STAY,  NVT_SIM_CLOSE,
                                            NVT_SIM_CUT,  NVT_SIM_RESET, NVT_SIM_SILENCE};
    const char *at = letter == 0U ? NULL : strchr(letters, (int)letter);
    *out_end = at == NULL ? NVT_SIM_STAY : ends[at - letters];
    return at != NULL;
}

/* True when the next answer belongs to another connection. */
static bool take_answer(struct nvt_span *in, struct nvt_sim_answer *a)
{
    size_t n = 0;
    memset(a, 0, sizeof *a);
    a->ptr = in->ptr;
    while (n < in->len &&
           (in->ptr[n] != (uint8_t)'@' || n + 1U == in->len || !end_of(in->ptr[n + 1U], &a->end))) {
        n++;
    }
    a->len = n;
    *in = nvt_span_drop(*in, n);
    if (in->len == 0U) {
        return true;
    }
    bool next = in->ptr[1] != (uint8_t)'S';
    *in = nvt_span_drop(*in, 2);
    a->delay_ms = take_number(in);
    a->unasked = take_byte(in, 'u');
    (void)take_byte(in, '\n');
    return next;
}

static void take_script(struct nvt_span in, struct script *s)
{
    bool next = true;
    memset(s, 0, sizeof *s);
    while (in.len > 0U && s->answer_count < ANSWERS_MAX) {
        if (next) {
            s->connections[s->connection_count].answers = &s->answers[s->answer_count];
            s->connection_count++;
        }
        next = take_answer(&in, &s->answers[s->answer_count]);
        s->connections[s->connection_count - 1U].count++;
        s->answer_count++;
    }
}

/* ---- the world ---- */

static nvt_err take_piece(void *ctx, struct nvt_span piece)
{
    struct sink *s = (struct sink *)ctx;
    require(piece.len > 0U);
    s->bytes += piece.len;
    return s->fail_at != 0U && s->bytes >= s->fail_at ? NVT_E_STATE : NVT_OK;
}

/* In order, and from the start again; g: it breaks off at that byte. */
static nvt_err give_piece(void *ctx, uint64_t offset, uint8_t *out, size_t cap, size_t *out_n)
{
    struct tap *t = (struct tap *)ctx;
    require(cap > 0U && (offset == t->next || offset == 0U));
    size_t n = t->fail_at == 0U || offset + cap < t->fail_at ? cap : 0U;
    memset(out, 'g', n);
    t->next = offset + n;
    *out_n = n;
    return NVT_OK;
}

/* i, k, n: the request's flags; h: HEAD; m: length of the body; g: it comes from a source; s: a
 * sink, it fails at that byte. */
static void apply_request(const struct settings *s, struct nvt_request *q, struct sink *sink)
{
    static uint8_t body[6000];
    static struct tap tap;
    uint8_t flags = 0;
    flags |= (uint8_t)(has(s, 'i') ? NVT_REQ_IDEMPOTENT : 0);
    flags |= (uint8_t)(has(s, 'k') ? NVT_REQ_KEYED : 0);
    flags |= (uint8_t)(has(s, 'n') ? NVT_REQ_NO_AUTH : 0);
    *q = world_request(MARK "MAKE", flags);
    if (has(s, 'h')) {
        *q = world_request("HEAD", (uint8_t)(flags | (uint8_t)NVT_REQ_IDEMPOTENT));
    } else if (has(s, 'g')) {
        memset(&tap, 0, sizeof tap);
        tap.fail_at = number(s, 'g');
        q->body = NVT_LIT("");
        q->source = give_piece;
        q->source_ctx = &tap;
        q->source_len = number(s, 'm') % 20000U;
    } else if (has(s, 'm')) {
        q->body = nvt_span_of(body, number(s, 'm') % sizeof body);
    }
    memset(sink, 0, sizeof *sink);
    sink->fail_at = number(s, 's');
    q->sink = has(s, 's') ? take_piece : NULL;
    q->sink_ctx = sink;
}

/* p: a key pair, no token yet; b: each second transfer would block; r, w: most bytes of one;
 * f: the call of the port that fails, with error e, y: all from there on; l: late steps;
 * u: no wall clock; t, d: the handshake and the resolver take that long. */
static void apply(const struct settings *s, struct world *w)
{
    static const nvt_err errors[] = {NVT_OK, NVT_E_NET_RESET, NVT_E_NET_IO, NVT_E_NET_RESOURCE,
                                     NVT_AGAIN};
    if (has(s, 'p')) {
        world_use_keys(w);
    }
    w->late_ms = number(s, 'l');
    w->sim.blocking = has(s, 'b');
    w->sim.recv_max = number(s, 'r');
    w->sim.send_max = number(s, 'w');
    w->sim.fail_at = number(s, 'f');
    w->sim.fail_on = has(s, 'y');
    /* "Not now" for ever, and at once, would be no port. */
    w->sim.fail_err = errors[number(s, 'e') % (has(s, 'y') ? 4U : 5U)];
    w->sim.wall_known = !has(s, 'u');
    w->sim.handshake_ms = number(s, 't');
    w->sim.resolve_ms = number(s, 'd');
}

/* ---- what holds ---- */

static bool says_not_processed(uint16_t status)
{
    static const uint16_t list[] = {408U, 423U, 429U, 501U, 503U, 505U, 511U};
    bool found = false;
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        found = found || status == list[i];
    }
    return found;
}

static bool is_repeatable(const struct nvt_request *q)
{
    return (q->flags & ((uint8_t)NVT_REQ_IDEMPOTENT | (uint8_t)NVT_REQ_KEYED)) != 0U;
}

static bool is_success(uint16_t status)
{
    return status >= 200U && status <= 299U;
}

/* The server's side of what the client takes for whole. */
static void check_whole(const struct world *w)
{
    const struct nvt_http_response *r = &w->call.response;
    const struct nvt_sim_sock *k = &w->sim.socks[w->sim.opened - 1U];
    if (r->framing == (uint8_t)NVT_HTTP_LENGTH) {
        require(w->call.body_in == r->content_length);
    }
    if (r->framing == (uint8_t)NVT_HTTP_UNTIL_CLOSE) {
        require(k->ended && w->sim.scripts[k->script].answers[k->answer].end == NVT_SIM_CLOSE);
    }
}

/* A request that may not be sent twice is not, unless the first was surely not processed. */
static void check_sent_once(const struct world *w, size_t arrived)
{
    const struct nvt_outcome *o = &w->call.outcome;
    size_t denied = w->call.renewed ? 1U : 0U; /* answered 401 */
    require(arrived <= 1U + denied);
    if (o->verdict == NVT_RETRY) {
        require(says_not_processed(o->status) || arrived <= denied);
    }
    if (o->verdict == NVT_UNKNOWN) {
        require(arrived > 0U);
    }
}

/* What is half done must not meet the next request. */
static void check_connection(const struct world *w)
{
    const struct nvt_failure *f = &w->call.outcome.failure;
    bool unsent = f->err == NVT_E_GRANT_QUOTA || f->err == NVT_E_QUOTA;
    bool half = f->http_status == 0U && f->err != NVT_OK && !unsent;
    require(!half || w->sim.open_now == 0U);
}

/* arrived: requests of which a byte was sent in this call. */
static void check_verdict(const struct world *w, size_t arrived)
{
    const struct nvt_outcome *o = &w->call.outcome;
    const struct nvt_request *q = w->call.request;
    require((o->verdict == NVT_DELIVERED) == (is_success(o->status) && o->failure.err == NVT_OK));
    if (is_repeatable(q)) {
        require(o->verdict != NVT_UNKNOWN && arrived <= 4U);
    } else {
        check_sent_once(w, arrived);
    }
    if (o->verdict == NVT_DUPLICATE) {
        require((q->flags & (uint8_t)NVT_REQ_KEYED) != 0U && o->status == 409U);
        require(w->client.profile->duplicate_status == 409U);
    }
    if (o->status != 0U) {
        check_whole(w);
    }
    check_connection(w);
}

/* No byte of the request left: what came belongs to tokens, and none of it stays. */
static void check_token_leg(const struct world *w)
{
    require(w->call.outcome.status == 0U && w->call.outcome.body.len == 0U);
    require(!world_holds(w->call.mem.bytes, sizeof w->call.mem.bytes, "tok-0123"));
}

static void check_body(struct world *w, const struct sink *sink)
{
    const struct nvt_outcome *o = &w->call.outcome;
    const uint8_t *mem = w->call.mem.bytes;
    bool sunk = w->call.request->sink != NULL && is_success(o->status);
    struct nvt_json doc;
    if (o->body.len > 0U) {
        require(o->status != 0U && !sunk && o->body.ptr >= mem + NVT_IO_CAP);
        require(o->body.ptr + o->body.len <= mem + sizeof w->call.mem.bytes);
    }
    if (o->status != 0U) {
        size_t kept = sunk ? sink->bytes : o->body.len;
        require(o->body_cut ? kept < w->call.body_in : kept == w->call.body_in);
    }
    require(!w->call.renewed || o->status != 0U || o->body.len == 0U);
    if (nvt_call_json(&w->call, &doc) == NVT_OK) {
        require(o->body.len > 0U && !o->body_cut);
    }
}

/* A token that only the server and the client know. */
static void check_token(const struct world *w)
{
    char token[NVT_TOKEN_CAP + 1U] = {0};
    const struct nvt_failure *f = &w->call.outcome.failure;
    memcpy(token, w->client.token.text, w->client.token.len);
    require(token[0] == '\0' ||
            (strstr(f->message, token) == NULL && strstr(f->code, token) == NULL));
    if ((w->call.request->flags & (uint8_t)NVT_REQ_NO_AUTH) != 0U) {
        require(world_count_sent(w, "Bearer") == 0U);
    }
}

static void check_progress(const struct world *w)
{
    struct nvt_progress p;
    struct nvt_facts facts;
    nvt_call_progress(&w->call, &p);
    nvt_call_facts(&w->call, &facts);
    require(p.out_done <= p.out_total && p.in_done <= p.in_total);
    require(facts.quota_limit >= -1 && facts.quota_left >= -1);
}

/* c: given up after that many steps. */
static void run(struct world *w, const struct settings *s, const struct nvt_request *q,
                const struct sink *sink)
{
    size_t before = world_count_sent(w, MARK);
    size_t left = has(s, 'c') ? number(s, 'c') : SIZE_MAX;
    w->begun_ms = w->sim.mono_ms;
    w->steps = 0;
    require(nvt_call_begin(&w->call, q) == NVT_OK);
    check_progress(w);
    while (left > 0U && !world_step(w, &w->call)) {
        check_progress(w);
        left--;
    }
    nvt_call_cancel(&w->call);
    world_finish_run(w);
    require_sound(w);
    require(w->steps < STEPS_MAX);
    check_progress(w);
    if (w->sim.sent_total <= w->sim.sent_cap && !has(s, 'h')) {
        size_t arrived = world_count_sent(w, MARK) - before;
        check_verdict(w, arrived);
        if (arrived == 0U && before == 0U) {
            check_token_leg(w);
        }
    }
    check_token(w);
    check_body(w, sink);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world w;
    static struct script script;
    struct nvt_span in = nvt_span_of(data, size);
    struct settings s;
    struct nvt_request q;
    struct sink sink;
    take_settings(&in, &s);
    take_script(in, &script);
    /* o: a profile without duplicates, retries and quota. */
    world_init(&w, has(&s, 'o') ? &world_plain : &world_keyed, script.connections,
               script.connection_count);
    w.echoed = world_holds(data, size, WORLD_TOKEN) || world_holds(data, size, WORLD_SECRET);
    apply(&s, &w);
    /* a: further requests on the same call. */
    for (uint32_t i = 0; i <= number(&s, 'a') % 4U; i++) {
        apply_request(&s, &q, &sink);
        run(&w, &s, &q, &sink);
    }
    (void)world_end(&w);
    require_sound(&w);
    return 0;
}
