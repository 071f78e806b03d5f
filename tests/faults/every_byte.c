/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Harms real TLS exchanges at one byte each: hundreds of vehicles at once, each with a spool of one
 * journey and an uplink of one connection, go through the relay to the stand-in. The first
 * connection of each is cut, reset, stalled, garbled or swallowed at a byte of its own, from the
 * handshake to the answer; the next ones are left alone. Each journey must be delivered all the
 * same, no call may outlive its deadline, and nothing may be sent again that is not known to be
 * absent. A journey goes out with a token of its own, so that both legs are harmed.
 *
 *     every_byte --port N --control SOCKET --ca FILE --keys FILE --journeys FILE [--stride N]
 *
 * One line "ok - ..." or "not ok - ..." for each kind and way, then a line of sums.
 */
#include "relay.h"

#include <navette/posix.h>
#include <navette/ram.h>
#include <navette/rpc.h>
#include <navette/uplink.h>

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    TOGETHER = 256,
    BLOCK = 4096,
    BLOCKS = 4,
    JOURNEY_CAP = 2048,
    PATIENCE_MS = 240000, /* for one vehicle */
    SHAKING_MAX = 8,      /* handshakes at once */
    IDLE_MS = 300,        /* without a byte for that long it is no load */
    PLANS_MAX = SWEEPS_MAX,
    FIRST_PLAN = 1
};

/* ---- what is harmed ---- */

/* One kind and way: places at every stride-th byte. */
struct plan {
    const char *kind;
    const char *way;
    uint32_t arg;
    uint32_t count, started, delivered, failed;
    uint32_t lookups, retries, blocked, duplicates;
    uint64_t slowest_ms;
};

static struct plan plans[PLANS_MAX] = {
    {.kind = "pass", .way = "up", .count = 1}, /* what an exchange takes, unharmed */
    {.kind = "cut", .way = "up"},
    {.kind = "cut", .way = "down"},
    {.kind = "reset", .way = "up"},
    {.kind = "reset", .way = "down"},
    {.kind = "garble", .way = "up"},
    {.kind = "garble", .way = "down", .arg = 1},
    {.kind = "stall", .way = "up"},
    {.kind = "stall", .way = "down"},
    {.kind = "stall", .way = "up", .arg = 400},
    {.kind = "stall", .way = "down", .arg = 400},
    {.kind = "hole", .way = "up"},
    {.kind = "hole", .way = "down"},
};

struct world {
    const char *control, *ca_file, *keys_file, *journeys_file;
    uint16_t port;
    uint32_t stride;
    char access_key[NVT_SECRET_CAP], secret_key[NVT_SECRET_CAP];
    FILE *journeys;
    struct nvt_posix posix; /* for the clock and for TLS */
    struct nvt_tls_config tls;
    uint32_t failures;
};

/* ---- one vehicle ---- */

struct vehicle {
    struct nvt_posix posix; /* first: the port's functions know it by its address */
    struct nvt_port port;
    uint32_t address;
    struct nvt_client client;
    struct nvt_ram ram;
    struct nvt_spool spool;
    struct nvt_uplink uplink;
    struct nvt_uplink_lane lane;
    struct plan *plan; /* NULL: free */
    uint32_t place;
    uint64_t start_ms;
    uint64_t event_ms; /* when its socket moved last */
    bool blocked, late;
    struct nvt_wait waits[2];
    size_t wait_count;
    uint8_t mem[BLOCK * BLOCKS];
    uint8_t buffer[JOURNEY_CAP + 256];
    uint8_t window[128];
    struct nvt_spool_entry picks[8];
    uint8_t body[JOURNEY_CAP];
};

static uint64_t now_ms(const struct world *w)
{
    return w->posix.port.clock.mono_ms(w->posix.port.clock.ctx);
}

/* Each has an address of its own, by which the relay knows where to harm it. */
static nvt_err resolve(void *ctx, const char *host, uint16_t port, struct nvt_addr *out_addrs,
                       size_t *out_count)
{
    const struct vehicle *v = ctx;
    (void)host;
    memset(out_addrs, 0, sizeof *out_addrs);
    for (unsigned i = 0; i < 4U; i++) {
        out_addrs->ip[i] = (uint8_t)(v->address >> (24U - 8U * i));
    }
    out_addrs->ip_len = 4;
    out_addrs->port = port;
    *out_count = 1;
    return NVT_OK;
}

static bool open_client(struct world *w, struct vehicle *v)
{
    /* Short, so that stalls end soon; long enough for two hundred handshakes on one core. */
    const struct nvt_timeouts timeouts = {1000, 3000, 6000, 6000, 12000};
    char url[64];
    (void)snprintf(url, sizeof url, "https://localhost:%u", (unsigned)w->port);
    nvt_posix_init(&v->posix);
    v->port = v->posix.port;
    v->port.net.resolve = resolve;
    return nvt_client_init(&v->client, &nvt_rpc_profile, &v->port, &w->tls, url, &timeouts) ==
               NVT_OK &&
           nvt_credentials_set_key_pair(&v->client.credentials, nvt_span_str(w->access_key),
                                        nvt_span_str(w->secret_key)) == NVT_OK;
}

static bool open_spool(struct world *w, struct vehicle *v)
{
    const struct nvt_spool_config config = {.device = &v->ram.device,
                                            .buffer = v->buffer,
                                            .buffer_cap = sizeof v->buffer,
                                            .window = v->window,
                                            .window_len = sizeof v->window,
                                            .picks = v->picks,
                                            .pick_cap = sizeof v->picks / sizeof v->picks[0]};
    char line[JOURNEY_CAP];
    uint32_t id = 0;
    if (fgets(line, sizeof line, w->journeys) == NULL) {
        return false;
    }
    line[strcspn(line, "\n")] = '\0';
    return nvt_ram_init(&v->ram, v->mem, BLOCK, BLOCKS, 4) == NVT_OK &&
           nvt_spool_format(&v->spool, &config) == NVT_OK &&
           nvt_spool_append(&v->spool, nvt_span_str(line), UINT32_MAX, &id) == NVT_OK;
}

static bool open_uplink(struct vehicle *v)
{
    const struct nvt_uplink_config config = {.kind = &nvt_rpc_uplink,
                                             .client = &v->client,
                                             .spool = &v->spool,
                                             .lanes = &v->lane,
                                             .bodies = v->body,
                                             .body_cap = sizeof v->body,
                                             .lane_count = 1};
    return nvt_uplink_init(&v->uplink, &config) == NVT_OK;
}

static void start_vehicle(struct world *w, struct vehicle *v, struct plan *plan)
{
    const uint32_t sweep = (uint32_t)(plan - plans);
    v->plan = plan;
    v->place = plan->started;
    v->address = 0x7F000000U + (sweep << 16U) + plan->started + (sweep == 0U ? 1U : 0U);
    v->start_ms = now_ms(w);
    v->event_ms = v->start_ms;
    v->blocked = v->late = false;
    v->wait_count = 0;
    plan->started++;
    if (!open_client(w, v) || !open_spool(w, v) || !open_uplink(v)) {
        (void)fprintf(stderr, "every_byte: a vehicle does not start; are there enough journeys?\n");
        exit(1);
    }
}

static void complain(struct world *w, const struct vehicle *v, const char *what)
{
    const struct nvt_failure *last = &v->uplink.state.last;
    (void)printf("# %s %s at byte %u: %s; last: %s %s\n", v->plan->kind, v->plan->way,
                 (unsigned)(v->place * w->stride), what, nvt_err_name(last->err), last->message);
    v->plan->failed++;
}

static void end_vehicle(struct world *w, struct vehicle *v)
{
    const struct nvt_uplink_counters *count = &v->uplink.state.count;
    struct plan *plan = v->plan;
    const uint64_t took_ms = now_ms(w) - v->start_ms;
    if (count->delivered == 1U && count->refused == 0U && count->expired == 0U) {
        plan->delivered++;
    } else {
        complain(w, v, "not delivered");
    }
    plan->lookups += count->lookups;
    plan->retries += count->retries;
    plan->duplicates += count->duplicates;
    plan->blocked += v->blocked ? 1U : 0U;
    plan->slowest_ms = took_ms > plan->slowest_ms ? took_ms : plan->slowest_ms;
    nvt_uplink_free(&v->uplink);
    nvt_client_free(&v->client);
    nvt_posix_free(&v->posix);
    v->plan = NULL;
}

static void check_deadline(struct world *w, struct vehicle *v, uint64_t before_ms)
{
    struct nvt_progress progress;
    nvt_call_progress(&v->lane.call, &progress);
    if (!v->late && v->uplink.state.busy != 0U && progress.phase != NVT_CALL_IDLE &&
        progress.phase != NVT_CALL_DONE && v->lane.call.call_end_ms <= before_ms) {
        v->late = true;
        complain(w, v, "a call outlives its deadline");
    }
}

/* A certificate that was garbled looks like a wrong one, for which the uplink waits long. */
static void step_vehicle(struct world *w, struct vehicle *v)
{
    const uint64_t before_ms = now_ms(w);
    const nvt_err err =
        nvt_uplink_step(&v->uplink, v->waits, sizeof v->waits / sizeof v->waits[0], &v->wait_count);
    struct nvt_spool_info info;
    nvt_spool_info(&v->spool, &info);
    if (err == NVT_AGAIN && info.pending > 0U && before_ms - v->start_ms < (uint64_t)PATIENCE_MS) {
        check_deadline(w, v, before_ms);
        if (v->uplink.state.link == NVT_UPLINK_BLOCKED) {
            v->blocked = true;
            nvt_uplink_resume(&v->uplink);
            v->wait_count = 0;
        }
    } else {
        end_vehicle(w, v);
    }
}

/* ---- all of them ---- */

static struct vehicle vehicles[TOGETHER];

static struct plan *next_plan(uint32_t from, uint32_t to)
{
    struct plan *best = NULL;
    for (uint32_t i = from; i < to; i++) {
        struct plan *p = &plans[i];
        if (p->started < p->count && (best == NULL || p->started < best->started)) {
            best = p;
        }
    }
    return best;
}

/* Where a vehicle's sockets stand in the list of all. */
struct watch {
    struct pollfd polls[TOGETHER * 2 * NVT_RACE_MAX];
    size_t first[TOGETHER];
    nfds_t count;
    uint64_t until_ms;
};

static short events_of(unsigned wanted)
{
    return (short)(((wanted & (unsigned)NVT_WAIT_READ) != 0U ? POLLIN : 0) |
                   ((wanted & (unsigned)NVT_WAIT_WRITE) != 0U ? POLLOUT : 0));
}

static void watch_wait(struct watch *to, const struct nvt_wait *wait)
{
    to->until_ms = wait->until_ms < to->until_ms ? wait->until_ms : to->until_ms;
    for (size_t i = 0; i < wait->count; i++) {
        to->polls[to->count] =
            (struct pollfd){.fd = (int)wait->on[i].sock, .events = events_of(wait->on[i].events)};
        to->count++;
    }
}

static void watch_vehicle(struct watch *to, const struct vehicle *v)
{
    if (v->wait_count == 0U) {
        to->until_ms = 0;
    }
    for (size_t i = 0; i < v->wait_count; i++) {
        watch_wait(to, &v->waits[i]);
    }
}

static bool is_due(const struct watch *watch, size_t i, uint64_t now)
{
    struct vehicle *v = &vehicles[i];
    bool due = v->wait_count == 0U;
    for (size_t n = 0; n < v->wait_count; n++) {
        due = due || v->waits[n].until_ms <= now;
    }
    const size_t end = i + 1U < (size_t)TOGETHER ? watch->first[i + 1U] : (size_t)watch->count;
    for (size_t n = watch->first[i]; n < end; n++) {
        if (watch->polls[n].revents != 0) {
            v->event_ms = now;
            due = true;
        }
    }
    return due;
}

static void wait_for_any(struct world *w, struct watch *watch)
{
    watch->count = 0;
    watch->until_ms = now_ms(w) + (uint64_t)IDLE_MS;
    for (size_t i = 0; i < (size_t)TOGETHER; i++) {
        watch->first[i] = (size_t)watch->count;
        if (vehicles[i].plan != NULL) {
            watch_vehicle(watch, &vehicles[i]);
        }
    }
    const uint64_t now = now_ms(w);
    (void)poll(watch->polls, watch->count,
               watch->until_ms <= now ? 0 : (int)(watch->until_ms - now));
}

/* Handshakes take what processor there is; those that stand still for a stall take none. */
static unsigned count_shaking(const struct world *w)
{
    const uint64_t now = now_ms(w);
    unsigned count = 0;
    for (size_t i = 0; i < (size_t)TOGETHER; i++) {
        const struct vehicle *v = &vehicles[i];
        const bool open = v->lane.call.conn.phase == NVT_CONN_OPEN;
        if (v->plan != NULL && !open && now - v->event_ms < (uint64_t)IDLE_MS) {
            count++;
        }
    }
    return count;
}

/* A few at a time: hundreds of handshakes at once would all be late. */
static bool start_some(struct world *w, uint32_t from, uint32_t to)
{
    bool busy = false;
    const unsigned shaking = count_shaking(w);
    unsigned room = shaking < (unsigned)SHAKING_MAX ? (unsigned)SHAKING_MAX - shaking : 0U;
    for (size_t i = 0; i < (size_t)TOGETHER; i++) {
        struct plan *plan = vehicles[i].plan == NULL && room != 0U ? next_plan(from, to) : NULL;
        if (plan != NULL) {
            start_vehicle(w, &vehicles[i], plan);
            room--;
        }
        busy = busy || vehicles[i].plan != NULL;
    }
    return busy;
}

static void drive(struct world *w, uint32_t from, uint32_t to)
{
    static struct watch watch;
    while (start_some(w, from, to)) {
        wait_for_any(w, &watch);
        const uint64_t now = now_ms(w);
        for (size_t i = 0; i < (size_t)TOGETHER; i++) {
            if (vehicles[i].plan != NULL && is_due(&watch, i, now)) {
                step_vehicle(w, &vehicles[i]);
            }
        }
    }
}

/* ---- the relay ---- */

static uint64_t ask(const struct world *w, const char *command, const char *name)
{
    char answer[512];
    if (!control_ask(w->control, command, answer, sizeof answer)) {
        (void)fprintf(stderr, "every_byte: the relay says: %s\n", answer);
        exit(1);
    }
    const char *at = strstr(answer, name);
    return at == NULL ? 0U : strtoull(at + strlen(name), NULL, 10);
}

/* One exchange unharmed tells how many bytes there are to harm. */
static void measure(struct world *w, uint64_t bytes[2])
{
    drive(w, 0, FIRST_PLAN);
    for (unsigned tries = 0; ask(w, "state", " open=") != 0U && tries < 100U; tries++) {
        (void)nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    }
    bytes[UP] = ask(w, "state", " last_up=");
    bytes[DOWN] = ask(w, "state", " last_down=");
}

static void set_plan(struct world *w, uint32_t i, const uint64_t bytes[2])
{
    struct plan *p = &plans[i];
    char command[128];
    /* Each at bytes of its own: together they see more of them. */
    const uint32_t first = i % w->stride;
    p->count = (uint32_t)(bytes[p->way[0] == 'u' ? UP : DOWN] / w->stride);
    (void)snprintf(command, sizeof command, "sweep %s %s %u %u %u %u %u", p->kind, p->way,
                   (unsigned)first, (unsigned)w->stride, (unsigned)p->count, (unsigned)p->arg,
                   (unsigned)i);
    (void)ask(w, command, "");
}

static void tell_plan(struct world *w, uint32_t i)
{
    const struct plan *p = &plans[i];
    char command[32];
    char pause[24] = "";
    (void)snprintf(command, sizeof command, "hits %u", (unsigned)i);
    const uint32_t hits = (uint32_t)ask(w, command, " hits=");
    /* Signatures differ in length by some bytes, and on a busy machine a connection may give up
     * before its place comes: the next one is left alone. */
    const bool reached = hits + 2U + p->count / 20U >= p->count;
    const bool good = p->failed == 0U && p->delivered == p->count && reached;
    if (p->arg > 1U) {
        (void)snprintf(pause, sizeof pause, " for %u ms", (unsigned)p->arg);
    }
    (void)printf("%s - %s %s%s: %u places, %u harmed, %u delivered, %u tries put off, %u look-ups, "
                 "%u blocked, %u known already, slowest %u ms\n",
                 good ? "ok" : "not ok", p->kind, p->way, pause, (unsigned)p->count, (unsigned)hits,
                 (unsigned)p->delivered, (unsigned)p->retries, (unsigned)p->lookups,
                 (unsigned)p->blocked, (unsigned)p->duplicates, (unsigned)p->slowest_ms);
    w->failures += good ? 0U : 1U;
}

static void tell_sums(void)
{
    uint32_t places = 0;
    uint32_t delivered = 0;
    uint32_t lookups = 0;
    uint32_t duplicates = 0;
    for (uint32_t i = 0; i < (uint32_t)PLANS_MAX; i++) {
        places += plans[i].count;
        delivered += plans[i].delivered;
        lookups += plans[i].lookups;
        duplicates += plans[i].duplicates;
    }
    (void)printf("places: %u, delivered: %u, looked up: %u, known already: %u\n", (unsigned)places,
                 (unsigned)delivered, (unsigned)lookups, (unsigned)duplicates);
}

/* ---- options ---- */

static bool read_keys(struct world *w)
{
    FILE *file = fopen(w->keys_file, "r");
    const bool good = file != NULL && fscanf(file, " access_key = %127s secret_key = %127s",
                                             w->access_key, w->secret_key) == 2;
    if (file != NULL) {
        (void)fclose(file);
    }
    return good;
}

static bool open_tls(struct world *w)
{
    static char ca[65536];
    struct nvt_tls_settings settings = {.pin_count = 0};
    int32_t detail = 0;
    FILE *file = fopen(w->ca_file, "r");
    const size_t len = file == NULL ? 0U : fread(ca, 1, sizeof ca, file);
    if (file != NULL) {
        (void)fclose(file);
    }
    settings.ca = nvt_span_of(ca, len);
    nvt_posix_init(&w->posix);
    return len != 0U && nvt_tls_config_init(&w->tls, &w->posix.port, &settings, &detail) == NVT_OK;
}

static bool read_options(struct world *w, int argc, char **argv)
{
    static const struct option options[] = {{"port", required_argument, NULL, 'p'},
                                            {"control", required_argument, NULL, 'c'},
                                            {"ca", required_argument, NULL, 'a'},
                                            {"keys", required_argument, NULL, 'k'},
                                            {"journeys", required_argument, NULL, 'j'},
                                            {"stride", required_argument, NULL, 's'},
                                            {NULL, 0, NULL, 0}};
    for (int option = getopt_long(argc, argv, "", options, NULL); option != -1;
         option = getopt_long(argc, argv, "", options, NULL)) {
        switch (option) {
        case 'p':
            w->port = (uint16_t)strtoul(optarg, NULL, 10);
            break;
        case 'c':
            w->control = optarg;
            break;
        case 'a':
            w->ca_file = optarg;
            break;
        case 'k':
            w->keys_file = optarg;
            break;
        case 'j':
            w->journeys_file = optarg;
            break;
        case 's':
            w->stride = (uint32_t)strtoul(optarg, NULL, 10);
            break;
        default:
            return false;
        }
    }
    return w->port != 0U && w->control != NULL && w->ca_file != NULL && w->keys_file != NULL &&
           w->journeys_file != NULL && w->stride != 0U;
}

int main(int argc, char **argv)
{
    static struct world world = {.stride = 16};
    uint64_t bytes[2] = {0, 0};
    struct world *w = &world;
    if (!read_options(w, argc, argv) || !read_keys(w) || !open_tls(w)) {
        (void)fprintf(stderr, "usage: every_byte --port N --control SOCKET --ca FILE --keys FILE "
                              "--journeys FILE [--stride N]\n");
        return 2;
    }
    w->journeys = fopen(w->journeys_file, "r");
    if (w->journeys == NULL) {
        (void)fprintf(stderr, "every_byte: %s: %s\n", w->journeys_file, strerror(errno));
        return 2;
    }
    measure(w, bytes);
    (void)printf("# an exchange: %u bytes up, %u down\n", (unsigned)bytes[UP],
                 (unsigned)bytes[DOWN]);
    const uint32_t end = FIRST_PLAN + 12;
    for (uint32_t i = FIRST_PLAN; i < end; i++) {
        set_plan(w, i, bytes);
    }
    drive(w, FIRST_PLAN, end);
    for (uint32_t i = FIRST_PLAN; i < end; i++) {
        tell_plan(w, i);
    }
    tell_sums();
    (void)fclose(w->journeys);
    nvt_tls_config_free(&w->tls);
    return w->failures == 0U && plans[0].delivered == 1U ? 0 : 1;
}
