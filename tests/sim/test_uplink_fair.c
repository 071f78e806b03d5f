/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever the number and kind of entries that always fail, good ones keep at least half of their
 * rate. With NAVETTE_FAIR=all in the environment every kind, number and count of lanes is run; else
 * a selection of them.
 */
#include "../../port/sim/flash.h"
#include "world.h"

#include <navette/rpc.h>
#include <navette/uplink.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    BLOCK = 4096,
    BLOCKS = 40,
    BODY = 128,
    PICKS = 8,
    LANES_MAX = 32,
    GOOD = 400,
    BAD_MAX = 1000,
    DAY_MS = 86400000,
    HOLD_MS = 8000,   /* the link is taken for down once */
    LEARN_MS = 45000, /* holds until failures in a row are not taken for the link's any more */
    HOLDS = 3,        /* all wait as the server said, until it is clear that it did not mean all */
    LIMIT_MS = 60000, /* one window of a limit */
    HANG_MS = 62000   /* what is under way when the good ones come: one call that gets no answer */
};

/* How a bad entry fails. */
enum kind {
    KIND_500,
    KIND_RESET,
    KIND_TIMEOUT,
    KIND_403_HTML,
    KIND_403_JSON,
    KIND_413_HTML,
    KIND_431_HTML,
    KIND_502,
    KIND_503_TOLD,
    KIND_503_LONG,
    KIND_429_TOLD,
    KIND_429_LONG,
    KIND_401,
    KIND_GARBAGE,
    KIND_200_HTML,
    KIND_302,
    KINDS
};

static const struct {
    const char *name, *status, *fields, *body;
    enum nvt_sim_end end;
    uint32_t told_ms; /* all shall come back later, it says */
} kinds[KINDS] = {
    [KIND_500] = {"500", "500 Oh", "", "{\"error\":{\"code\":-32603}}", NVT_SIM_STAY, 0},
    [KIND_RESET] = {"reset", NULL, NULL, NULL, NVT_SIM_RESET, 0},
    [KIND_TIMEOUT] = {"time-out", NULL, NULL, NULL, NVT_SIM_SILENCE, 0},
    [KIND_403_HTML] = {"403 HTML", "403 No", "Content-Type: text/html\r\n",
                       "<html>Request Rejected", NVT_SIM_STAY, 0},
    [KIND_403_JSON] =
        {"403 JSON", "403 No", "Content-Type: application/json\r\n",
         "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32503,\"message\":\"no\"}}",
         NVT_SIM_STAY, 0},
    [KIND_413_HTML] = {"413 HTML", "413 No", "Content-Type: text/html\r\n", "<p>", NVT_SIM_STAY, 0},
    [KIND_431_HTML] = {"431 HTML", "431 No", "Content-Type: text/html\r\n", "<p>", NVT_SIM_STAY, 0},
    [KIND_502] = {"502", "502 Bad", "Content-Type: text/html\r\n", "<p>", NVT_SIM_STAY, 0},
    [KIND_503_TOLD] = {"503 told", "503 Down", "Retry-After: 30\r\n", "", NVT_SIM_STAY, 30000},
    [KIND_503_LONG] = {"503 long", "503 Down", "Retry-After: 120\r\n", "", NVT_SIM_STAY, 120000},
    [KIND_429_TOLD] = {"429 told", "429 Many", "Retry-After: 30\r\n", "", NVT_SIM_STAY, 30000},
    [KIND_429_LONG] = {"429 long", "429 Many", "Retry-After: 120\r\n", "", NVT_SIM_STAY, 120000},
    [KIND_401] = {"401", "401 No", "Content-Type: application/json\r\n",
                  "{\"error\":{\"code\":401,\"message\":\"Unauthorized Error\"}}", NVT_SIM_STAY, 0},
    [KIND_GARBAGE] = {"garbage", "abc", "", "", NVT_SIM_CLOSE, 0},
    [KIND_200_HTML] = {"200 HTML", "200 OK", "Content-Type: text/html\r\n", "<p>", NVT_SIM_STAY, 0},
    [KIND_302] = {"302", "302 Found", "Location: https://block.example/\r\n", "", NVT_SIM_STAY, 0},
};

struct run {
    enum kind kind;
    bool look_ups_fail; /* in the same way; else what failed is not there */
    uint32_t bad, good;
    uint8_t lanes;
    uint8_t every, phase; /* where they are mixed: which ones are bad; 0: evenly */
    uint32_t limit;       /* so many are taken in a window, all others told; 0: no limit */
};

static struct nvt_sim sim;
static struct nvt_tls_config tls;
static struct nvt_client client;
static struct nvt_sim_flash flash;
static struct nvt_spool spool;
static struct nvt_uplink uplink;
static struct nvt_uplink_lane lanes[LANES_MAX];
static uint8_t bodies[LANES_MAX * BODY];
static struct nvt_sim_line lines[NVT_SIM_SOCKS];
static uint8_t mem[BLOCK * BLOCKS], synced[BLOCK * BLOCKS];
static uint8_t buffer[1024], window[1024];
static struct nvt_spool_entry picks[PICKS];
static struct run run;
static uint8_t tried[BAD_MAX];
static bool asked[BAD_MAX]; /* since it was tried last */
static uint32_t tried_count, delivered, refused, good_asked, bad_asked, blind;
static uint32_t limit_count, limit_told; /* taken in this window; told in all */
static uint64_t window_ms;               /* when the window began */

/* ---- the server ---- */

static void answer(struct nvt_sim_line *line, const char *status, const char *fields,
                   const char *body)
{
    int n = snprintf((char *)line->out, sizeof line->out,
                     "HTTP/1.1 %s\r\n%sContent-Length: %zu\r\n\r\n%s", status, fields, strlen(body),
                     body);
    line->answer = (struct nvt_sim_answer){line->out, (size_t)n, 20, false, NVT_SIM_STAY};
}

static void fall(struct nvt_sim_line *line)
{
    if (kinds[run.kind].status == NULL) {
        line->answer = (struct nvt_sim_answer){NULL, 0, 0, false, kinds[run.kind].end};
    } else {
        answer(line, kinds[run.kind].status, kinds[run.kind].fields, kinds[run.kind].body);
        line->answer.end = kinds[run.kind].end;
    }
}

/* Was it asked after since it may have arrived? Only a 4xx says that it has not. */
static void note_bad(uint32_t number, bool post)
{
    bool open = kinds[run.kind].status == NULL || kinds[run.kind].status[0] == '5' ||
                kinds[run.kind].status[0] == '2' || run.kind == KIND_GARBAGE;
    open = open && kinds[run.kind].told_ms == 0U;
    bad_asked++;
    if (!post) {
        asked[number] = true;
        return;
    }
    blind += tried[number] > 0U && open && !asked[number] ? 1U : 0U;
    tried_count += tried[number] == 0U ? 1U : 0U;
    tried[number] = 1;
    asked[number] = false;
}

/* Whose the request is: 'b' or 'g', with its number; 't': a token's; 0: it is not whole. */
static char whose(const char *text, uint32_t *out_number)
{
    const char *end = strstr(text, "\r\n\r\n");
    bool post = text[0] == 'P';
    if (end == NULL || (post && strchr(end, '}') == NULL)) {
        return 0;
    }
    if (strstr(text, "/access_token ") != NULL) {
        return 't';
    }
    const char *at = post ? strstr(end, "id\":\"") + 5 : strstr(text, "/journeys/") + 10;
    *out_number = (uint32_t)strtoul(at + 2, NULL, 10);
    return at[0];
}

/* Is there no room in the window? */
static bool is_over_limit(struct nvt_sim_line *line)
{
    char fields[40];
    if (sim.mono_ms - window_ms >= (uint64_t)LIMIT_MS) {
        window_ms = sim.mono_ms;
        limit_count = 0;
    }
    if (run.limit == 0U || limit_count < run.limit) {
        limit_count++;
        return false;
    }
    limit_told++;
    (void)snprintf(fields, sizeof fields, "Retry-After: %u\r\n",
                   (unsigned)((window_ms + (uint64_t)LIMIT_MS - sim.mono_ms + 999U) / 1000U));
    answer(line, kinds[run.kind].status, fields, "");
    return true;
}

static void answer_absent(struct nvt_sim_line *line)
{
    answer(line, "404 Not Found", "", "{\"error\":{\"code\":-32504,\"message\":\"Nothing\"}}");
}

static void answer_good(struct nvt_sim_line *line, uint32_t number, bool post)
{
    char body[160];
    if (is_over_limit(line)) {
        return;
    }
    if (!post) {
        answer_absent(line);
        return;
    }
    (void)snprintf(body, sizeof body,
                   "{\"result\":{\"data\":{\"operator_journey_id\":\"g-%u\","
                   "\"created_at\":\"2025-06-15T15:06:41Z\"}}}",
                   (unsigned)number);
    good_asked++;
    answer(line, "201 Created", "Date: Sun, 15 Jun 2025 15:06:41 GMT\r\n", body);
}

static void answer_bad(struct nvt_sim_line *line, uint32_t number, bool post)
{
    note_bad(number, post);
    if (post || run.look_ups_fail) {
        fall(line);
    } else {
        answer_absent(line);
    }
}

static size_t take_request(void *ctx, struct nvt_sim_line *line)
{
    char text[NVT_SIM_LINE_IN + 1];
    uint32_t number = 0;
    (void)ctx;
    (void)memcpy(text, line->in, line->in_len);
    text[line->in_len] = '\0';
    char type = whose(text, &number);
    if (type == 'b') {
        answer_bad(line, number, text[0] == 'P');
    } else if (type == 'g') {
        bool post = text[0] == 'P';
        assert_true(post || run.limit > 0U); /* it never failed */
        answer_good(line, number, post);
    } else if (type == 't') {
        answer(line, "201 Created", "", "{\"access_token\":\"" WORLD_TOKEN "\"}");
    } else {
        return 0;
    }
    return line->in_len;
}

/* ---- the client ---- */

static nvt_err settled(void *ctx, const struct nvt_uplink_receipt *r)
{
    (void)ctx;
    delivered += r->state == NVT_SPOOL_DELIVERED ? 1U : 0U;
    refused += r->state == NVT_SPOOL_REFUSED ? 1U : 0U;
    return NVT_OK;
}

/* None: the rate is the lanes' own. Where a token is refused, another one is asked for, and that
 * has a quota. */
static void give_credentials(enum kind kind)
{
    static struct nvt_rate rates[NVT_RATES_MAX];
    rates[0] = kind == KIND_401 ? nvt_rpc_profile.rates[0] : (struct nvt_rate){0};
    client.rates = rates;
    if (kind == KIND_401) {
        assert_int_equal(nvt_credentials_set_key_pair(&client.credentials, NVT_LIT(WORLD_ACCESS),
                                                      NVT_LIT(WORLD_SECRET)),
                         NVT_OK);
    } else {
        assert_int_equal(nvt_token_set(&client.token, NVT_LIT(WORLD_TOKEN), UINT64_MAX), NVT_OK);
    }
}

static void start(const struct run *r)
{
    const struct nvt_spool_config sc = {&flash.device, buffer, sizeof buffer, window,
                                        sizeof window, picks,  PICKS,         0U};
    const struct nvt_uplink_config uc = {.kind = &nvt_rpc_uplink,
                                         .client = &client,
                                         .spool = &spool,
                                         .lanes = lanes,
                                         .bodies = bodies,
                                         .body_cap = BODY,
                                         .lane_count = r->lanes,
                                         .settled = settled};
    run = *r;
    tried_count = delivered = refused = good_asked = bad_asked = blind = 0;
    limit_count = limit_told = 0;
    window_ms = 0;
    (void)memset(tried, 0, sizeof tried);
    (void)memset(asked, 0, sizeof asked);
    (void)memset(lines, 0, sizeof lines);
    nvt_sim_init(&sim);
    sim.server = (struct nvt_sim_server){NULL, lines, take_request, NULL};
    sim.latency_ms = 10;
    (void)nvt_tls_config_init(&tls, &sim.port, NULL, NULL);
    assert_int_equal(nvt_client_init(&client, &nvt_rpc_profile, &sim.port, &tls,
                                     "https://api.example.net", NULL),
                     NVT_OK);
    give_credentials(r->kind);
    nvt_sim_flash_init(&flash, mem, synced, BLOCK, BLOCKS, 4U);
    assert_int_equal(nvt_spool_format(&spool, &sc), NVT_OK);
    assert_int_equal(nvt_uplink_init(&uplink, &uc), NVT_OK);
}

static void append(char type, uint32_t number)
{
    char text[64];
    uint32_t id = 0;
    (void)snprintf(text, sizeof text, "{\"operator_journey_id\":\"%c-%u\"}", type,
                   (unsigned)number);
    assert_int_equal(nvt_spool_append(&spool, nvt_span_str(text), UINT32_MAX, &id), NVT_OK);
}

/* Until so many were delivered, or (0) all bad ones tried. */
static uint64_t run_until(uint32_t wanted, uint64_t limit_ms)
{
    struct nvt_wait waits[LANES_MAX + 1];
    uint64_t begin_ms = sim.mono_ms;
    bool done = false;
    while (!done && sim.mono_ms - begin_ms < limit_ms) {
        size_t n = 0;
        nvt_err err = nvt_uplink_step(&uplink, waits, (size_t)run.lanes + 1U, &n);
        assert_true(err == NVT_OK || err == NVT_AGAIN);
        done = wanted == 0U ? tried_count == run.bad : delivered >= wanted;
        assert_true(done || nvt_sim_wait_any(&sim, waits, n, begin_ms + limit_ms));
    }
    return sim.mono_ms - begin_ms;
}

static void stop(void)
{
    nvt_uplink_free(&uplink);
    nvt_client_free(&client);
    assert_null(flash.violation);
    assert_int_equal(sim.misuse, 0);
    assert_int_equal(blind, 0);
}

/* The link is up and all lanes are open. */
static void warm_up(uint32_t *good)
{
    uint32_t count = 2U * (uint32_t)run.lanes;
    for (uint32_t i = 0; i < count; i++) {
        append('g', *good + i);
    }
    *good += count;
    (void)run_until(*good, DAY_MS);
}

/* How long so many take where nothing fails. */
static uint64_t undisturbed(uint8_t lane_count, uint32_t count)
{
    uint32_t good = 0;
    struct run r = {KIND_500, false, 0U, count, lane_count, 0, 0, 0};
    start(&r);
    warm_up(&good);
    for (uint32_t i = 0; i < count; i++) {
        append('g', good + i);
    }
    uint64_t ms = run_until(good + count, DAY_MS);
    stop();
    return ms;
}

static uint64_t told_hang_ms(enum kind kind, unsigned holds)
{
    uint64_t told_ms = kinds[kind].told_ms;
    return told_ms == 0U ? 0U : holds * (told_ms + told_ms / 8U + NVT_UPLINK_PAUSE_MS);
}

/* Good ones come in while the others fail already. */
static void check_later(const struct run *r)
{
    uint32_t good = 0;
    start(r);
    warm_up(&good);
    for (uint32_t i = 0; i < r->bad; i++) {
        append('b', i);
    }
    uint64_t first_ms = run_until(0U, 3600000U);
    uint32_t left = r->bad - tried_count;
    for (uint32_t i = 0; i < r->good; i++) {
        append('g', good + i);
    }
    uint32_t bad_before = bad_asked, good_before = good_asked;
    uint64_t ms = run_until(good + r->good, DAY_MS);
    assert_int_equal(delivered, good + r->good);
    uint64_t hang_ms = r->kind == KIND_TIMEOUT ? HANG_MS : HOLD_MS;
    hang_ms += told_hang_ms(r->kind, 1U);
    hang_ms += left > 0U ? LEARN_MS : 0U;
    uint32_t share = bad_asked - bad_before;
    uint32_t held = uplink.state.count.link_losses;
    uint32_t all = share + good_asked - good_before;
    stop();
    uint64_t alone_ms = undisturbed(r->lanes, r->good + left);
    if (getenv("NAVETTE_FAIR") != NULL) {
        (void)printf("%-9s %s %4u bad, %2u lanes: %4u untried after %6.1f s; %u good in %6.1f s, "
                     "alone %5.1f s; bad %u of %u; held %u\n",
                     kinds[r->kind].name, r->look_ups_fail ? "both" : "post", r->bad, r->lanes,
                     (unsigned)left, (double)first_ms / 1000.0, r->good, (double)ms / 1000.0,
                     (double)alone_ms / 1000.0, share, all, held);
    }
    assert_true(ms <= 2U * alone_ms + hang_ms);
    assert_true(share <= left + (r->good + left) / 3U + 4U + 2U * (uint32_t)r->lanes);
}

static void append_mixed(const struct run *r)
{
    uint32_t good = 0, bad = 0;
    while (good < r->good || bad < r->bad) {
        bool turn = r->every > 0U ? (good + bad) % r->every == r->phase
                                  : (uint64_t)bad * r->good <= (uint64_t)good * r->bad;
        if (turn && bad < r->bad) {
            append('b', bad);
            bad++;
        } else {
            append('g', good);
            good++;
        }
    }
}

/* All come in at once, and nobody knows which are bad: each is tried once, and costs what it does.
 */
static void check_mixed(const struct run *r)
{
    uint64_t hang_ms = r->kind == KIND_TIMEOUT ? r->bad * (uint64_t)HANG_MS * 2U / 3U : 0U;
    uint64_t alone_ms = undisturbed(r->lanes, r->good + r->bad);
    start(r);
    append_mixed(r);
    uint64_t ms = run_until(r->good, DAY_MS);
    if (getenv("NAVETTE_FAIR") != NULL) {
        (void)printf("%-9s %s %4u mixed (%u of %u), %2u lanes: %u good in %7.1f s, all good %5.1f "
                     "s; held %u\n",
                     kinds[r->kind].name, r->look_ups_fail ? "both" : "post", r->bad, r->phase,
                     r->every, r->lanes, r->good, (double)ms / 1000.0, (double)alone_ms / 1000.0,
                     uplink.state.count.link_losses);
    }
    stop();
    hang_ms = hang_ms / r->lanes + told_hang_ms(r->kind, HOLDS);
    assert_int_equal(delivered, r->good);
    assert_true(ms <= 2U * alone_ms + hang_ms + 2U * (uint64_t)LEARN_MS);
}

static void check(const struct run *r)
{
    check_later(r);
    check_mixed(r);
}

/* The issue's own: more of them than lanes, and one that takes all the time of the only lane. */
static void test_few_bad_ones(void **state)
{
    static const struct run runs[] = {{KIND_500, false, 8U, 60U, 4U, 0, 0, 0},
                                      {KIND_RESET, true, 8U, 60U, 4U, 0, 0, 0},
                                      {KIND_403_HTML, false, 6U, 60U, 4U, 0, 0, 0},
                                      {KIND_403_JSON, false, 6U, 60U, 4U, 0, 0, 0},
                                      {KIND_TIMEOUT, false, 1U, 1500U, 1U, 0, 0, 0}};
    (void)state;
    for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) {
        check(&runs[i]);
    }
}

/* Refused for its own fault, once others were delivered since: however many are in doubt. */
static void test_doubts_end(void **state)
{
    const struct run r = {KIND_403_JSON, false, 30U, 0U, 4U, 0, 0, 0};
    uint32_t good = 0;
    (void)state;
    start(&r);
    warm_up(&good);
    for (uint32_t i = 0; i < r.bad; i++) {
        append('b', i);
    }
    for (uint32_t i = 0; i < 240U && refused < r.bad; i++) {
        append('g', good);
        good++;
        (void)run_until(UINT32_MAX, 60000U);
    }
    assert_int_equal(refused, r.bad);
    assert_int_equal(delivered, good);
    stop();
}

static void test_good_ones_go_on(void **state)
{
    static const uint32_t counts[] = {1, 2, 8, 60, 1000};
    static const uint8_t lane_counts[] = {1, 2, 4, 8, 32};
    bool all = getenv("NAVETTE_FAIR") != NULL;
    (void)state;
    for (unsigned kind = 0; kind < (unsigned)KINDS; kind++) {
        for (unsigned n = 0; n < 50U; n++) {
            struct run r = {
                (enum kind)kind, n >= 25U, counts[n % 5U], GOOD, lane_counts[n / 5U % 5U], 0, 0, 0};
            if (all || (n * 7U + kind) % 19U == 0U) {
                check(&r);
            }
        }
    }
}

/* Every second to fifth one, each phase: failures in a pattern. */
static void test_patterns(void **state)
{
    static const uint8_t lane_counts[] = {1, 2, 4, 8};
    bool all = getenv("NAVETTE_FAIR") != NULL;
    (void)state;
    for (unsigned kind = 0; kind < (unsigned)KINDS; kind++) {
        for (unsigned n = 0; n < 56U; n++) {
            static const uint8_t everies[] = {2, 2, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 5};
            static const uint8_t phases[] = {0, 1, 0, 1, 2, 0, 1, 2, 3, 0, 1, 2, 3, 4};
            uint32_t bad = 240U / everies[n % 14U];
            struct run r = {
                (enum kind)kind,  n % 3U == 0U,    bad, 240U - bad, lane_counts[n / 14U],
                everies[n % 14U], phases[n % 14U], 0};
            if (all || (n * 7U + kind) % 19U == 0U) {
                check_mixed(&r);
            }
        }
    }
}

/* They come in one by one, so that mostly nothing but failed ones waits: soon they do not wait for
 * the told times of these any more. */
static void check_trickle(enum kind kind, uint32_t bad, uint8_t lane_count)
{
    enum { EVERY_MS = 45000, COUNT = 200 };
    const struct run r = {kind, false, bad, COUNT, lane_count, 0, 0, 0};
    uint64_t late_ms = 0;
    uint32_t good = 0;
    start(&r);
    warm_up(&good);
    for (uint32_t i = 0; i < bad; i++) {
        append('b', i);
    }
    for (uint32_t i = 0; i < (uint32_t)COUNT; i++) {
        uint64_t next_ms = sim.mono_ms + (uint64_t)EVERY_MS;
        append('g', good);
        good++;
        uint64_t ms = run_until(good, DAY_MS);
        late_ms += i >= (uint32_t)COUNT / 2U ? ms : 0U;
        if (sim.mono_ms < next_ms) {
            (void)run_until(UINT32_MAX, next_ms - sim.mono_ms);
        }
    }
    if (getenv("NAVETTE_FAIR") != NULL) {
        (void)printf("%-9s trickle, %3u bad, %2u lanes: %5.1f s late\n", kinds[kind].name, bad,
                     lane_count, (double)late_ms / 1000.0 / (COUNT / 2));
    }
    stop();
    assert_true(late_ms <= 2000U * (uint64_t)COUNT / 2U);
}

static void test_a_trickle(void **state)
{
    static const uint32_t bads[] = {1, 2, 5, 8, 20};
    (void)state;
    for (unsigned n = 0; n < 40U; n++) {
        check_trickle((enum kind)(KIND_503_TOLD + n / 10U), bads[n % 5U],
                      n / 5U % 2U == 0U ? 1 : 4);
    }
}

/* A limit is for whoever comes next: it is found out now and then that told times are meant, more
 * and more seldom, and nobody comes beside that. */
static void check_limit(enum kind kind, uint32_t limit, uint8_t lane_count)
{
    const struct run r = {kind, false, 0U, 40U * limit, lane_count, 0, 0, limit};
    start(&r);
    for (uint32_t i = 0; i < r.good; i++) {
        append('g', i);
    }
    uint64_t ms = run_until(r.good, DAY_MS);
    if (getenv("NAVETTE_FAIR") != NULL) {
        (void)printf("%-9s limit of %2u, %2u lanes: 40 windows took %4.1f; %u told, held %u\n",
                     kinds[kind].name, limit, lane_count, (double)ms / (double)LIMIT_MS, limit_told,
                     uplink.state.count.link_losses);
    }
    stop();
    assert_int_equal(delivered, r.good);
    uint64_t windows = ms / (uint64_t)LIMIT_MS + 1U;
    assert_true(windows <= (limit == 1U ? 160U : 80U));
    assert_true(limit_told <= windows * ((limit == 1U ? 4U : 2U) + lane_count / 2U));
}

static void test_a_limit_is_kept(void **state)
{
    static const uint32_t limits[] = {1, 2, 3, 10, 50};
    static const uint8_t lane_counts[] = {1, 4, 32};
    (void)state;
    for (unsigned n = 0; n < 30U; n++) {
        check_limit(n < 15U ? KIND_429_TOLD : KIND_503_TOLD, limits[n % 5U],
                    lane_counts[n / 5U % 3U]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_few_bad_ones),    cmocka_unit_test(test_doubts_end),
        cmocka_unit_test(test_good_ones_go_on), cmocka_unit_test(test_patterns),
        cmocka_unit_test(test_a_trickle),       cmocka_unit_test(test_a_limit_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
