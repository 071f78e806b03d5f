/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints realistic journeys as JSON Lines, the same ones for the same seed and time.
 *
 *   journeys [--count N] [--seed S] [--now EPOCH] [--bad]
 *
 * Nobody appears in two trips, so that the registry's rules on trips a day and between trips do not
 * strike by chance. With --bad, each 24th line is one that must not be delivered: see enum fault.
 */
#include "journeys_data.h"

#include <navette/rpc.h>

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define FAULT_EVERY 24U

/* What is wrong with a bad line, and who finds it. */
enum fault {
    FAULT_REPEAT,     /* the line before once more: 409 */
    FAULT_SHORT,      /* under 2 000 m: 422, distance_too_short */
    FAULT_EXPIRED,    /* started more than 24 h ago: 422, expired */
    FAULT_FUTURE,     /* ends in ten minutes: found here by a known clock, else 422, -32700 */
    FAULT_COUNTRY,    /* a phone of country code +999, which nobody has: 400 */
    FAULT_UNKNOWN,    /* application_timestamp, which the specification lists: found here */
    FAULT_SIRET,      /* 13 digits: found here */
    FAULT_BROKEN,     /* half a line: found here */
    FAULT_COORDINATE, /* printed with an exponent: found here */
    FAULT_KINDS
};

struct options {
    uint64_t count;
    uint64_t seed;
    int64_t now_s;
    bool bad;
};

/* All that the spans of one journey point into. */
struct journey {
    struct nvt_rpc_journey j;
    struct nvt_rpc_incentive incentive[3];
    struct nvt_rpc_payment payment[2];
    const struct region *region;
    char id[40], trip[40];
    char key[2][65];
    char phone[2][20];
    char user[2][40];
    char plate[16];
    char pass[24];
};

/* ---- chance: xorshift64* ---- */

static uint64_t draw(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 2685821657736338717U;
}

static uint32_t below(uint64_t *state, uint32_t limit)
{
    return (uint32_t)((draw(state) >> 33) % limit);
}

static void put_uuid(char out[40], uint64_t *state)
{
    uint64_t a = draw(state);
    uint64_t b = draw(state);
    (void)snprintf(out, 40U, "%08" PRIx32 "-%04x-4%03x-%04x-%012" PRIx64, (uint32_t)(a >> 32),
                   (unsigned)(a >> 16) & 0xFFFFU, (unsigned)a & 0xFFFU,
                   ((unsigned)(b >> 48) & 0x3FFFU) | 0x8000U, b & 0xFFFFFFFFFFFFU);
}

/* count capitals and a NUL; one draw each, in order, so that every compiler prints the same. */
static void put_letters(char *out, size_t count, uint64_t *state)
{
    for (size_t i = 0; i < count; i++) {
        out[i] = (char)('A' + (int)below(state, 26U));
    }
    out[count] = '\0';
}

/* ---- geography ---- */

static uint64_t isqrt(uint64_t n)
{
    uint64_t r = 0;
    for (uint64_t bit = (uint64_t)1 << 31; bit != 0U; bit >>= 1) {
        if ((r + bit) * (r + bit) <= n) {
            r += bit;
        }
    }
    return r;
}

/* Metres on a plane that touches the region: 1e-7 degree is 11.132 mm. */
static uint32_t straight_m(const struct region *r, const struct nvt_rpc_point *a,
                           const struct nvt_rpc_point *b)
{
    int64_t dy = ((int64_t)a->lat_e7 - b->lat_e7) * 11132 / 1000000;
    int64_t dx = ((int64_t)a->lon_e7 - b->lon_e7) * r->cos_e4 / 10000 * 11132 / 1000000;
    return (uint32_t)isqrt((uint64_t)(dx * dx + dy * dy));
}

static void place_near(uint64_t *state, const struct place *p, struct nvt_rpc_point *out)
{
    out->lat_e7 = p->lat_e7 + (int32_t)below(state, 160000U) - 80000;
    out->lon_e7 = p->lon_e7 + (int32_t)below(state, 160000U) - 80000;
}

/* Two towns of one region, the road between them a fifth to a half longer than the bird's way. */
static void set_route(uint64_t *state, struct journey *v)
{
    const struct region *r = v->region;
    uint32_t from = below(state, r->place_count);
    uint32_t to = (from + 1U + below(state, r->place_count - 1U)) % r->place_count;
    uint32_t m = 0;
    while (m < 2500U) {
        place_near(state, &r->place[from], &v->j.start);
        place_near(state, &r->place[to], &v->j.end);
        m = straight_m(r, &v->j.start, &v->j.end);
    }
    v->j.distance_m = m + m * (200U + below(state, 300U)) / 1000U;
}

/* Over within the last 18 hours; 35 to 75 km/h. */
static void set_times(uint64_t *state, struct journey *v, int64_t now_s)
{
    int64_t lasts_s = (int64_t)v->j.distance_m * 36 / (350 + (int64_t)below(state, 400U)) + 120;
    v->j.end.time_s = now_s - 300 - (int64_t)below(state, 18U * 3600U);
    v->j.start.time_s = v->j.end.time_s - lasts_s;
}

/* ---- people ---- */

static void set_person(uint64_t *state, struct journey *v, unsigned who, uint32_t number)
{
    const struct region *r = v->region;
    struct nvt_rpc_identity *id = who == 0U ? &v->j.driver : &v->j.passenger;
    const char *name = surnames[below(state, (uint32_t)surname_count)];
    /* a step prime to the range visits every number once */
    uint32_t range = r->phone_digits == 8U ? 100000000U : 1000000U;
    uint32_t digits = (uint32_t)(((uint64_t)number * 7919U + 1234567U) % range);
    (void)snprintf(v->phone[who], sizeof v->phone[who], "%s%0*" PRIu32, r->phone_prefix,
                   (int)r->phone_digits, digits);
    if (nvt_rpc_identity_key(nvt_span_str(v->phone[who]), nvt_span_str(name), v->key[who]) !=
            NVT_OK ||
        nvt_rpc_phone_trunc(nvt_span_str(v->phone[who]), &id->phone_trunc) != NVT_OK) {
        (void)fprintf(stderr, "journeys: no key for %s %s\n", v->phone[who], name);
        exit(1);
    }
    put_uuid(v->user[who], state);
    id->identity_key = nvt_span_str(v->key[who]);
    id->operator_user_id = nvt_span_str(v->user[who]);
    id->over_18 = who == 0U ? NVT_RPC_ADULT_ABSENT : (enum nvt_rpc_adult)below(state, 4U);
}

static void set_pass(uint64_t *state, struct journey *v)
{
    if (v->region->cos_e4 == 6580 && below(state, 2U) == 0U) { /* Navigo: around Paris */
        char letters[4];
        put_letters(letters, 3U, state);
        (void)snprintf(v->pass, sizeof v->pass, "00-%s-%07" PRIu32, letters,
                       below(state, 10000000U));
        v->j.passenger.travel_pass_user_id = nvt_span_str(v->pass);
    }
}

/* ---- money ---- */

static void set_money(uint64_t *state, struct journey *v)
{
    static const char *const sirets[] = {"11000101300017", "20005376700014", "24440040400129",
                                         "20004697700019", "78982187900057"};
    static const char *const types[] = {"titre-mobilite", "carte-employeur",
                                        "Forfait mobilités durables"};
    uint32_t paid = v->j.distance_m / 1000U * (6U + below(state, 5U));
    uint32_t subsidy = 0;
    v->j.incentives = v->incentive;
    v->j.incentive_count = below(state, 4U);
    for (size_t i = 0; i < v->j.incentive_count; i++) {
        v->incentive[i].index = (uint8_t)i;
        v->incentive[i].amount = 50U + 5U * below(state, 31U);
        v->incentive[i].siret = nvt_span_str(sirets[below(state, 5U)]);
        subsidy += v->incentive[i].amount;
    }
    v->j.passenger_contribution = paid;
    v->j.driver_revenue = paid + subsidy;
    v->j.payments = v->payment;
    v->j.payment_count = below(state, 4U) == 0U ? 1U + below(state, 2U) : 0U;
    for (size_t i = 0; i < v->j.payment_count; i++) {
        v->payment[i].index = (uint8_t)i;
        v->payment[i].amount = paid / (uint32_t)v->j.payment_count;
        v->payment[i].siret = nvt_span_str(sirets[below(state, 5U)]);
        v->payment[i].type = nvt_span_str(types[below(state, 3U)]);
    }
}

/* ---- journeys ---- */

static void new_trip(uint64_t *state, struct journey *v, uint32_t line, int64_t now_s)
{
    (void)memset(v, 0, sizeof *v);
    v->region = &regions[below(state, (uint32_t)region_count)];
    put_uuid(v->trip, state);
    v->j.operator_trip_id = nvt_span_str(v->trip);
    v->j.operator_class = "AABCCCCC"[below(state, 8U)];
    set_route(state, v);
    set_times(state, v, now_s);
    set_person(state, v, 0U, 2U * line);
    if (below(state, 3U) == 0U) {
        char left[3];
        char right[3];
        put_letters(left, 2U, state);
        put_letters(right, 2U, state);
        (void)snprintf(v->plate, sizeof v->plate, "%s-%03" PRIu32 "-%s", left,
                       1U + below(state, 999U), right);
        v->j.licence_plate = nvt_span_str(v->plate);
    }
}

/* A further passenger of the trip in *v. */
static void new_journey(uint64_t *state, struct journey *v, uint32_t line)
{
    if (below(state, 8U) == 0U) {
        (void)snprintf(v->id, sizeof v->id, "COV_%08" PRIX32 "_%" PRIu32, below(state, UINT32_MAX),
                       line);
    } else {
        put_uuid(v->id, state);
    }
    v->j.operator_journey_id = nvt_span_str(v->id);
    (void)memset(&v->j.passenger, 0, sizeof v->j.passenger);
    set_person(state, v, 1U, 2U * line + 1U);
    set_pass(state, v);
    set_money(state, v);
    v->j.passenger_seats = (uint8_t)(below(state, 3U) == 0U ? 1U + below(state, 2U) : 0U);
}

/* ---- faults ---- */

static void spoil_struct(struct journey *v, enum fault fault, int64_t now_s)
{
    int64_t lasts_s = v->j.end.time_s - v->j.start.time_s;
    switch (fault) {
    case FAULT_SHORT:
        v->j.end.lat_e7 = v->j.start.lat_e7 + 90000; /* 1 km */
        v->j.end.lon_e7 = v->j.start.lon_e7;
        v->j.distance_m = 1200U;
        v->j.end.time_s = v->j.start.time_s + 240;
        break;
    case FAULT_EXPIRED:
        v->j.start.time_s = now_s - (int64_t)30 * 3600;
        v->j.end.time_s = v->j.start.time_s + lasts_s;
        break;
    case FAULT_FUTURE:
        v->j.end.time_s = now_s + 600;
        v->j.start.time_s = v->j.end.time_s - lasts_s;
        break;
    case FAULT_COUNTRY:
        v->j.passenger.phone_trunc = NVT_LIT("+9996010203");
        break;
    case FAULT_SIRET:
        v->j.incentive_count = 1U;
        v->incentive[0].siret = NVT_LIT("11000101300017");
        break;
    default:
        break;
    }
}

/* Prints text with the first old in it replaced by new. */
static void print_replaced(const char *text, const char *old, const char *new)
{
    const char *at = strstr(text, old);
    if (at == NULL) {
        (void)puts(text);
    } else {
        (void)printf("%.*s%s%s\n", (int)(at - text), text, new, at + strlen(old));
    }
}

/* The first longitude as JavaScript prints a tiny number. */
static void print_exponent(const char *text)
{
    const char *value = strstr(text, "\"lon\":") + strlen("\"lon\":");
    (void)printf("%.*s1e-7%s\n", (int)(value - text), text, strchr(value, '}'));
}

static void print_line(const char *text, enum fault fault)
{
    switch (fault) {
    case FAULT_UNKNOWN:
        print_replaced(text, "\"identity\":{",
                       "\"identity\":{\"application_timestamp\":\"2026-01-05T08:00:00Z\",");
        break;
    case FAULT_SIRET:
        print_replaced(text, "\"siret\":\"11000101300017\"", "\"siret\":\"1100010130001\"");
        break;
    case FAULT_BROKEN:
        (void)printf("%.*s\n", (int)(strlen(text) / 2U), text);
        break;
    case FAULT_COORDINATE:
        print_exponent(text);
        break;
    default:
        (void)puts(text);
        break;
    }
}

static void print_journey(const struct journey *v, enum fault fault)
{
    static char text[NVT_RPC_BODY_MAX];
    struct nvt_buf b;
    struct nvt_failure failure;
    nvt_buf_init(&b, text, sizeof text - 1U);
    nvt_err err = nvt_rpc_journey_write(&v->j, NVT_RPC_V3, 0, &b, &failure);
    if (err != NVT_OK) {
        (void)fprintf(stderr, "journeys: %s: %s\n", failure.field, nvt_err_text(err));
        exit(1);
    }
    text[b.len] = '\0';
    print_line(text, fault);
}

static void print_all(const struct options *o)
{
    struct journey v;
    uint64_t state = (o->seed + 1U) * 0x9E3779B97F4A7C15U;
    for (uint64_t i = 0; i < o->count; i++) {
        enum fault fault = FAULT_KINDS;
        if (o->bad && i % FAULT_EVERY == FAULT_EVERY - 1U) {
            fault = (enum fault)(i / FAULT_EVERY % FAULT_KINDS);
        }
        if (fault != FAULT_REPEAT) {
            bool shared = fault == FAULT_KINDS && i % FAULT_EVERY != 0U && below(&state, 6U) == 0U;
            if (!shared) {
                new_trip(&state, &v, (uint32_t)i, o->now_s);
            }
            new_journey(&state, &v, (uint32_t)i);
            spoil_struct(&v, fault, o->now_s);
        }
        print_journey(&v, fault);
    }
}

/* ---- command line ---- */

static uint64_t parse_number(const char *text)
{
    uint64_t value = 0;
    if (nvt_u64_parse(nvt_span_str(text), 253402300799U, &value) != NVT_OK) {
        (void)fprintf(stderr, "journeys: not a number: %s\n", text);
        exit(2);
    }
    return value;
}

static bool take_option(struct options *o, int option)
{
    switch (option) {
    case 'c':
        o->count = parse_number(optarg);
        break;
    case 's':
        o->seed = parse_number(optarg);
        break;
    case 'n':
        o->now_s = (int64_t)parse_number(optarg);
        break;
    case 'b':
        o->bad = true;
        break;
    default:
        return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    static const struct option names[] = {{"count", required_argument, NULL, 'c'},
                                          {"seed", required_argument, NULL, 's'},
                                          {"now", required_argument, NULL, 'n'},
                                          {"bad", no_argument, NULL, 'b'},
                                          {NULL, 0, NULL, 0}};
    struct options o = {.count = 240U, .seed = 1U, .now_s = (int64_t)time(NULL), .bad = false};
    bool ok = true;
    for (int c = getopt_long(argc, argv, "", names, NULL); c != -1 && ok;
         c = getopt_long(argc, argv, "", names, NULL)) {
        ok = take_option(&o, c);
    }
    if (!ok || optind < argc) {
        (void)fprintf(stderr, "usage: journeys [--count N] [--seed S] [--now EPOCH] [--bad]\n");
        return 2;
    }
    print_all(&o);
    return fflush(stdout) == 0 && ferror(stdout) == 0 ? 0 : 1;
}
