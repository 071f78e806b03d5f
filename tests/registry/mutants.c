/* SPDX-License-Identifier: Apache-2.0 */
#include "mutants.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* ---- chance and text ---- */

static uint32_t state;
static char *text;
static size_t len;

static uint32_t chance(uint32_t limit)
{
    state ^= state << 13; /* Marsaglia's xorshift */
    state ^= state >> 17;
    state ^= state << 5;
    return (state >> 8) % limit;
}

#define COUNT(list) ((uint32_t)(sizeof(list) / sizeof((list)[0])))
#define PICK(list) ((list)[chance(COUNT(list))])

/* Something odd in one place of forty. */
static bool odd(void)
{
    return chance(40) == 0U;
}

static void put(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (len < MUTANT_CAP) {
        int n = vsnprintf(text + len, MUTANT_CAP - len, format, args);
        len += n > 0 ? (size_t)n : 0U;
    }
    va_end(args);
}

static void start(uint32_t seed, char *out)
{
    state = seed * 2654435761U + 12345U;
    state = state == 0U ? 1U : state;
    (void)chance(2);
    (void)chance(2);
    text = out;
    len = 0;
}

/* ---- values ---- */

static void put_other_type(void)
{
    static const char *const values[] = {"null",  "true", "0",  "-1",     "1.5",         "\"\"",
                                         "\"x\"", "[]",   "{}", "[null]", "{\"a\":[{}]}"};
    put("%s", PICK(values));
}

static void put_repeated(const char *unit, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        put("%s", unit);
    }
}

static void put_text(uint32_t max)
{
    static const char *const units[] = {
        "a", "\xC3\xA9",  "\xF0\x9F\x9A\x97", "\\u00e9", "\\ud83d\\ude97",
        "<", ">",         "\\u0000",          "\\n",     "\\\"",
        "&", "\\\\u0000", "\xE2\x80\xA8",     "\\u003c", " "};
    static const uint32_t edges[] = {0, 1, 2, 8, 9, 31, 32, 33, 64, 127, 128, 129, 255, 256, 257};
    if (!odd()) {
        put("\"t-%u\"", chance(100000));
    } else if (chance(4) == 0U) {
        put_other_type();
    } else if (chance(2) == 0U) {
        put("\"");
        put_repeated(PICK(units), chance(2) == 0U ? max + chance(2) : PICK(edges));
        put("\"");
    } else {
        put("\"");
        for (uint32_t i = chance(12); i > 0U; i--) {
            put("%s", PICK(units));
        }
        put("\"");
    }
}

static void put_integer(uint32_t min, uint32_t max)
{
    static const char *const odds[] = {"-1",
                                       "-0",
                                       "1e1",
                                       "1E0",
                                       "1.0",
                                       "2.00",
                                       "1.5",
                                       "0.0",
                                       "-1.0",
                                       "1e400",
                                       "3.0000000000000000000000001"};
    if (!odd()) {
        put("%u", min + chance(max - min + 1U));
    } else if (chance(3) == 0U) {
        put_other_type();
    } else if (chance(2) == 0U) {
        put("%s", PICK(odds));
    } else {
        const uint32_t edges[] = {min, max, max + 1U, min == 0U ? 0U : min - 1U};
        put("%u", PICK(edges));
    }
}

static void put_degree(uint32_t max)
{
    static const char *const odds[] = {
        "0",     "-0.0",      "0.000001",  "0.0000009",           "-1e-7",
        "4.8e1", "0.0000000", "-0.000001", "12.3456789012345678", "00.5"};
    if (!odd()) {
        put("%s%u.%06u", chance(2) == 0U ? "-" : "", chance(max), chance(1000000));
    } else if (chance(3) == 0U) {
        put_other_type();
    } else if (chance(2) == 0U) {
        put("%s", PICK(odds));
    } else {
        put("%s%u%s", chance(2) == 0U ? "-" : "", max + chance(2), chance(2) == 0U ? ".0" : "");
    }
}

static void put_digits(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        put("%u", chance(10));
    }
}

/* How many digits numbers of these codes have, and what one that is given out starts with. */
struct code {
    const char *code, *starts;
    uint32_t digits;
};

static const struct code codes[] = {
    {"33", "6", 9},    {"33", "7", 9},    {"33", "1", 9},     {"262", "692", 9},  {"262", "639", 9},
    {"590", "690", 9}, {"594", "694", 9}, {"596", "696", 9},  {"508", "55", 6},   {"508", "708", 9},
    {"681", "82", 6},  {"687", "75", 6},  {"689", "87", 8},   {"49", "151", 11},  {"32", "470", 9},
    {"41", "79", 9},   {"352", "621", 9}, {"44", "7400", 10}, {"1", "202555", 10}};

static void put_odd_number(const struct code *c, uint32_t digits)
{
    static const char *const separators[] = {" ", ".", "-", "/", "  ", "x", ",", "(", "\\u0000"};
    static const char *const prefixes[] = {"0", "00", "", "+", "++", "+0", " +"};
    switch (chance(5)) {
    case 0: /* a 0 behind the code */
        put("+%s0%s", c->code, c->starts);
        put_digits(digits - (uint32_t)strlen(c->starts));
        break;
    case 1: /* apart */
        put("+%s%s%s", c->code, PICK(separators), c->starts);
        put_digits(digits - (uint32_t)strlen(c->starts));
        break;
    case 2: /* national, or nearly */
        put("%s%s", PICK(prefixes), c->starts);
        put_digits(digits - (uint32_t)strlen(c->starts));
        break;
    case 3:
        put("%s%s%s", PICK(prefixes), c->code, c->starts);
        put_digits(digits - (uint32_t)strlen(c->starts));
        break;
    default: /* too short or too long */
        put("+%s%s", c->code, c->starts);
        put_digits(chance(13));
        break;
    }
}

static void put_phone(uint32_t cut)
{
    const struct code *c = &PICK(codes);
    const uint32_t digits = c->digits - (odd() ? chance(3) : cut);
    if (odd() && chance(3) == 0U) {
        put_other_type();
        return;
    }
    put("\"");
    if (odd() || odd()) {
        put_odd_number(c, digits);
    } else {
        put("+%s%s", c->code, c->starts);
        put_digits(digits - (uint32_t)strlen(c->starts));
    }
    put("\"");
}

static void put_time(uint32_t minute)
{
    static const char *const odds[] = {
        "2025-06-02T23:59:60Z",
        "2025-06-01T23:59:60Z",
        "2025-06-02t08:00:00z",
        "2025-06-02 08:00:00Z",
        "2025-06-02T08:00:00+0200",
        "2025-06-02T08:00:00+02",
        "2025-06-02T08:00:00",
        "2025-02-29T08:00:00Z",
        "2024-02-29T08:00:00Z",
        "2025-06-31T08:00:00Z",
        "2025-06-02T24:00:00Z",
        "2025-06-02T08:60:00Z",
        "2025-06-02T08:00:61Z",
        "2025-06-02T08:00:00+24:00",
        "2025-06-02T08:00:00-00:00",
        "2025-06-02T08:00:00.Z",
        "2025-06-02T08:00:00,5Z",
        "2025-6-2T08:00:00Z",
        "1969-12-31T23:59:59Z",
        "0000-01-01T00:00:00Z",
        "2025-00-02T08:00:00Z",
        "2025-06-02T08:00Z",
        "2025-06-02",
        "2025-06-02T08:00:00Z ",
        "2025-06-02T08:00:00Z\\n",
        "2025-06-02T08:00:00Z\\u0000",
        "2025-06-02T10:00:00.5+02:00",
        "2025-06-02T08:00:00.000000000000000000000000000000Z",
        "2025-06-02T08:00:00.00000000000000000000000000000000000000000000000000Z",
        "1748851200"};
    static const char *const seconds[] = {"00Z",      "00.9Z",      "00.100Z", "00.1001Z",
                                          "00.1009Z", "00.999999Z", "01Z",     "00.0Z"};
    if (odd() && chance(3) == 0U) {
        put_other_type();
    } else if (odd()) {
        put("\"%s\"", PICK(odds));
    } else if (odd() || odd()) { /* start and end in one second, or in the wrong order */
        put("\"2025-06-02T08:00:%s\"", PICK(seconds));
    } else {
        put("\"2025-06-02T08:%02u:%02uZ\"", minute, chance(60));
    }
}

static void put_email(void)
{
    static const char *const parts[] = {"a",   "b.c", ".",        "@",
                                        "-",   "_",   "x@y",      "com",
                                        ".fr", " ",   "\xC3\xA9", "!#$%&'*+/=?^_`{|}~",
                                        "A",   "9",   "\\u0040",  "\\\"",
                                        "(",   "..",  "\\n",      "<"};
    if (!odd() && !odd() && !odd()) {
        put("\"first.last+%u@mail-%u.example.fr\"", chance(100), chance(10));
        return;
    }
    put("\"");
    for (uint32_t i = 1U + chance(8); i > 0U; i--) {
        put("%s", PICK(parts));
    }
    put("\"");
}

static void put_siret(void)
{
    static const char *const odds[] = {"1100010130001",
                                       "110001013000170",
                                       "1100010130001x",
                                       "11000101300017\\n",
                                       " 1000101300017",
                                       "",
                                       "\\u003110001013000\\u00317"};
    put("\"%s\"", odd() ? PICK(odds) : "11000101300017");
}

static void put_key(void)
{
    put("\"");
    put_repeated(odd() ? "A" : "a", 1);
    put_repeated("0f", 31);
    put_repeated("1", odd() ? chance(4) : 1U);
    put("\"");
}

static void put_any(void)
{
    static const char *const values[] = {"null",
                                         "[]",
                                         "{}",
                                         "[{\"target\":\"driver\"}]",
                                         "1e40",
                                         "\"\\u0000\"",
                                         "[\"\\\\u0000\"]",
                                         "{\"a\":{\"a\":1}}"};
    put("%s", PICK(values));
}

/* ---- members ---- */

static bool first;

/* The name, or something odd in place of the member: false, then there is no value to write. */
static bool name(const char *member)
{
    const char *comma = first ? "" : ",";
    if (chance(200) == 0U) {
        return false;
    }
    first = false;
    if (chance(400) == 0U) {
        put("%s\"%s_\":", comma, member);
    } else if (chance(400) == 0U) {
        put("%s\"%s\":0,\"%s\":", comma, member, member);
    } else {
        put("%s\"%s\":", comma, member);
    }
    if (chance(200) == 0U) {
        put_other_type();
        return false;
    }
    return true;
}

static bool maybe(const char *member)
{
    return chance(4) == 0U && name(member);
}

static bool begin(const char *member)
{
    bool good = name(member);
    if (good) {
        put("{");
        first = true;
    }
    return good;
}

static void end(void)
{
    put("}");
    first = false;
}

static void put_items(bool payments)
{
    static const uint32_t many[] = {19, 20, 21};
    const uint32_t count = odd() ? PICK(many) : chance(4);
    put("[");
    for (uint32_t i = 0; i < count; i++) {
        put(i == 0U ? "{" : ",{");
        first = true;
        if (name("index")) {
            put("%u", odd() ? chance(22) : i);
        }
        if (name("amount")) {
            put_integer(0, 100000);
        }
        if (name("siret")) {
            put_siret();
        }
        if (payments && name("type")) {
            put_text(256);
        }
        end();
    }
    put("]");
    first = false;
}

static void put_person(void)
{
    static const char *const adult[] = {"true", "false", "null", "0", "\"true\""};
    bool cut = chance(4) != 0U;
    if (cut && name("phone_trunc")) {
        put_phone(2);
    }
    if ((!cut || chance(4) == 0U) && name("phone")) {
        put_phone(0);
    }
    if (name("operator_user_id")) {
        put_text(256);
    }
    if (name("identity_key")) {
        put_key();
    }
    if (maybe("over_18")) {
        put("%s", adult[odd() ? 3U + chance(2) : chance(3)]);
    }
    if (chance(4) == 0U && begin("travel_pass")) {
        if (name("name")) {
            put("\"%s\"", odd() ? "Navigo" : "navigo");
        }
        if (name("user_id")) {
            put_text(128);
        }
        end();
    }
    if (maybe("email")) {
        put_email();
    }
    if (maybe("firstname")) {
        put_text(256);
    }
}

static void put_point(const char *member, uint32_t minute)
{
    if (begin(member)) {
        if (name("datetime")) {
            put_time(minute);
        }
        if (name("lat")) {
            put_degree(90);
        }
        if (name("lon")) {
            put_degree(180);
        }
        end();
    }
}

static void put_common(void)
{
    static const char *const classes[] = {"\"A\"", "\"B\"",  "\"C\"",        "\"D\"",
                                          "\"\"",  "\"AB\"", "\"A\\u0000\"", "\"a\""};
    if (name("operator_trip_id")) {
        put_text(256);
    }
    if (name("operator_class")) {
        put("%s", classes[odd() ? chance(8) : chance(3)]);
    }
    if (name("incentives")) {
        put_items(false);
    }
    put_point("start", 10);
    put_point("end", 40);
    if (name("distance")) {
        put_integer(1, 1000000);
    }
    if (chance(30) == 0U && name("incentive_counterparts")) {
        put_any();
    }
}

size_t mutant_journey(uint32_t seed, char out[MUTANT_CAP])
{
    start(seed, out);
    put("{");
    first = true;
    if (name("operator_journey_id")) {
        put_text(256);
    }
    put_common();
    if (maybe("licence_plate")) {
        put_text(32);
    }
    if (begin("driver")) {
        if (begin("identity")) {
            put_person();
            end();
        }
        if (name("revenue")) {
            put_integer(0, 1000000);
        }
        end();
    }
    if (begin("passenger")) {
        if (begin("identity")) {
            put_person();
            end();
        }
        if (name("contribution")) {
            put_integer(0, 1000000);
        }
        if (maybe("seats")) {
            put_integer(1, 8);
        }
        if (maybe("payments")) {
            put_items(true);
        }
        end();
    }
    end();
    return len;
}

size_t mutant_update(uint32_t seed, char out[MUTANT_CAP])
{
    start(seed, out);
    put("{");
    first = true;
    put_common();
    end();
    return len;
}

static void put_license(void)
{
    static const char *const odds[] = {"99-a\\nb",
                                       "99-\\u2028",
                                       "99-\\r",
                                       "99-",
                                       "99-\xC3\xA9",
                                       "99-\\u0000",
                                       "123456789012",
                                       "ABC",
                                       "a",
                                       "",
                                       "123456789012345",
                                       "1234567890123456",
                                       "123456789012345678A",
                                       "1234567890123456789",
                                       "12345678901234567890",
                                       "A-1"};
    put("\"%s\"", odd() || odd() ? PICK(odds) : "051227308989");
}

static void put_three(void)
{
    static const char *const odds[] = {"D H",  "DUP", "TO ", "du ",  "DU",
                                       "DUPO", "D-H", "   ", "DU\\n"};
    put("\"%s\"", odd() ? PICK(odds) : "DUP");
}

size_t mutant_cee(uint32_t seed, int use, char out[MUTANT_CAP])
{
    bool is_long = false;
    start(seed, out);
    is_long = chance(2) == 0U;
    put("{");
    first = true;
    if (name("journey_type")) {
        put("\"%s\"", odd() ? "medium" : is_long ? "long" : "short");
    }
    if (name("last_name_trunc")) {
        put_three();
    }
    if ((use == 1 || chance(2) == 0U) && name("driving_license")) {
        put_license();
    }
    if ((use == 1 || chance(2) == 0U) && name("identity_key")) {
        put_key();
    }
    if ((use == 0 || is_long || odd()) && name("phone_trunc")) {
        put_phone(2);
    }
    if (use == 1 && name("application_timestamp")) {
        put_time(50);
    }
    if (use == 1 && (is_long || odd()) && name("datetime")) {
        put_time(40);
    }
    if (use == 1 && (!is_long || odd()) && name("operator_journey_id")) {
        put_text(255);
    }
    end();
    return len;
}
